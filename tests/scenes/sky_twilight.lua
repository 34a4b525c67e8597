-- The sun 13 degrees below the horizon: a thin moon, the brightest stars, what is left of the day in the west.
orrery.check{ golden = "../golden/sky_twilight", size = {160, 90}, samples = 2, tags = {"sky"},
  mutate = {
    { name = "no moon", file = "celestial.glsl", find = "disks += celestial_bodies.moon_light.w", replace = "disks += 0.0" },
    { name = "the moon is lit from the other side", file = "celestial.glsl", find = "vec3 n = offset - celestial_bodies.moon.xyz * mu;", replace = "vec3 n = -offset - celestial_bodies.moon.xyz * mu;" },
    { name = "no stars", file = "celestial.glsl", find = "vec3 sum = stars(d, pixel_rad);", replace = "vec3 sum = vec3(0.0);" },
  } }
local scene = orrery.scene()
scene:atmosphere{ altitude_m = 2000, stars = true }
scene:sun{ azimuth_deg = 270, elevation_deg = -13 }
scene:moon{ azimuth_deg = 225, elevation_deg = 22, angular_diameter_deg = 6 }
local camera = scene:camera{ position_m = {0, 2, 0}, rotation_deg = {18, 125, 0}, vfov_deg = 55 }
return orrery.sequence{ name = "sky_twilight", scene = scene, camera = camera, size = {320, 180}, samples = 4, modules = { exposure = { mode = "manual", ev = -2.5 } } }
