-- The sun's disk from above the air, where nothing weakens it: over the disk the luminance has the mean E / solid angle, 1.876e9 nit, and
-- the middle is brighter than the rim. Frame 1 sees it with pixels as large as itself: what it gives in all must be the same.
local LUX, ANGLE = 133312, math.rad(0.545)
orrery.check{ frames = "0-1", aovs = {"beauty"}, size = {96, 96}, samples = 1, tags = {"sky", "sun"},
  expect = function(frame)
    local size, half = 96, math.tan(math.rad(frame.number == 0 and 0.7 or 50) / 2)
    local pixel = (2 * half / size) ^ 2
    local all = frame:mean{ aov = "beauty" } * size * size * pixel
    frame:near(all / LUX, 1, 0.01, "what the disk gives, over the sun's illuminance")
    if frame.number > 0 then return end
    local disk = LUX / (2 * math.pi * (1 - math.cos(ANGLE / 2)))
    local middle = frame:pixel(48, 48, "beauty")
    frame:near(disk / 1.876e9, 1, 0.001, "the sun's mean luminance, over the published one")
    frame:near(middle / (disk * (0.5 * 0.406 + 1)), 1, 0.002, "the middle of the disk in red, over the law of its limb")
  end,
  mutate = {
    { name = "the limb is not darkened", file = "celestial.glsl", find = "return pow(vec3(mu), LIMB) * (0.5 * LIMB + 1.0);", replace = "return vec3(1.0);" },
    { name = "the limb takes light away", file = "celestial.glsl", find = "return pow(vec3(mu), LIMB) * (0.5 * LIMB + 1.0);", replace = "return pow(vec3(mu), LIMB);" },
    { name = "small disks are not dimmed", file = "celestial.glsl", find = "(sun_dim * sun_dim) * sun_limb", replace = "sun_limb" },
  } }
local scene = orrery.scene()
scene:atmosphere{ altitude_m = 400000 }
scene:sun{ azimuth_deg = 0, elevation_deg = 40, angular_diameter_deg = 0.545 }
local camera = scene:camera{ rotation_deg = {40, 0, 0}, vfov_deg = function(t) return t < 0.5 and 0.7 or 50 end }
return orrery.sequence{ name = "sky_disk", scene = scene, camera = camera, fps = 1, frames = 2, size = {96, 96}, samples = 1,
                        modules = { exposure = { mode = "manual", ev = 18 }, tonemap = { operator = "none" } } }
