-- A turntable: the camera goes once around a glTF model, or around a brass orrery made of the engine's own primitives.
--     orrery render turntable.lua --set model=chair.glb --size 1280x720 --video chair.mp4

-- Parameters come first. `orrery render turntable.lua --help` lists them; --set name=value changes them.
local model     = orrery.param{ name = "model", type = "asset", def = "", doc = "A .gltf or .glb file to show instead of the orrery" }
local seconds   = orrery.param{ name = "seconds", def = 3, min = 0.1, max = 600, doc = "Time for one turn" }
local elevation = orrery.param{ name = "elevation_deg", def = 24, min = -80, max = 80, doc = "How high the camera stands" }
local distance  = orrery.param{ name = "distance", def = 3.1, min = 1, max = 20, doc = "How far away, in radii of the subject" }

local scene = orrery.scene()

-- The subject: a model is one line; the orrery is built in scripts/lib/brass_orrery.lua, another page to read.
local subject
if model then
  subject = scene:model{ path = model }
else
  subject = require("brass_orrery")(scene, seconds)
end

-- Whatever it is, its bounds say how large the stage has to be, and where the camera looks.
local bounds = subject:bounds()
local middle, radius = bounds.center, bounds.radius

-- The stage: a wide dark table. Units are metres, Y is up.
scene:mesh{
  shape = orrery.cylinder{ radius_m = 60 * radius, height_m = 0.02 * radius, segments = 128 },
  material = scene:material{ base_colour = {0.10, 0.095, 0.09}, roughness = 0.4 },
  position_m = {middle[1], bounds.min[2] - 0.011 * radius, middle[3]},
}

-- The light: one warm key like a window at evening, and a room around that is bright above and dim below.
scene:sun{ azimuth_deg = 125, elevation_deg = 42, illuminance_lx = 55000, colour = {1, 0.90, 0.76}, angular_diameter_deg = 2 }
scene:environment{ zenith_nit = {7800, 7600, 7400}, horizon_nit = {1300, 1150, 1050}, ground_nit = {420, 360, 320} }

-- The camera rides on a rig: a circle around the middle, in exactly the length of the shot, so that the picture loops.
local camera = scene:camera{
  rig = orrery.orbit{ center = middle, radius_m = distance * radius, elevation_deg = elevation, duration_s = seconds },
  vfov_deg = 30, near_m = 0.01 * radius,
}

-- A script returns its sequence: what to render, from where, how large, how long.
return orrery.sequence{
  name = "turntable", scene = scene, camera = camera,
  size = {640, 360}, fps = 12, duration_s = seconds, samples = 8,
}
