-- From 400 km up: the limb of the planet, its lit ground through the air, black space, the sun without air before it.
orrery.check{ golden = "../golden/sky_orbit", aovs = {"display", "beauty"}, tolerance = { beauty = false }, size = {160, 90}, samples = 2, tags = {"sky"},
  expect = function(frame)
    frame:near(frame:mean{ aov = "beauty", roi = {0, 0, 40, 10} }, 0, 1e-6, "space, in nit")
    frame:expect(frame:mean{ aov = "beauty", roi = {60, 70, 40, 20} } > 100, "the ground is lit")
  end,
  mutate = {
    { name = "the camera is taken to be inside the air", file = "sky.comp", find = "if (ABOVE_AIR) {", replace = "if (!ABOVE_AIR) {" },
    { name = "the ground is lit as if the sun stood at the camera's zenith", file = "ground.glsl", find = "float sine = dot(up, body.xyz), columns", replace = "float sine = body.y, columns" },
  } }
local scene = orrery.scene()
scene:atmosphere{ altitude_m = 400000 }
scene:sun{ azimuth_deg = 8, elevation_deg = 12 }
local camera = scene:camera{ position_m = {0, 0, 0}, rotation_deg = {-14, 0, 0}, vfov_deg = 60 }
return orrery.sequence{ name = "sky_orbit", scene = scene, camera = camera, size = {320, 180}, samples = 4, modules = { exposure = { mode = "manual", ev = 14 } } }
