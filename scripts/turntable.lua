-- A turntable: the camera goes once around a glTF model, or around a brass orrery made of the engine's own primitives.
--     orrery render turntable.lua --set model=chair.glb --size 1280x720 --video chair.mp4

-- Parameters come first. `orrery render turntable.lua --help` lists them; --set name=value changes them.
local model     = orrery.param{ name = "model", type = "asset", def = "", doc = "A .gltf or .glb file to show instead of the orrery" }
local seconds   = orrery.param{ name = "seconds", def = 3, min = 0.1, max = 600, doc = "Time for one turn" }
local elevation = orrery.param{ name = "elevation_deg", def = 25, min = -80, max = 80, doc = "How high the camera stands" }
local zoom      = orrery.param{ name = "zoom", def = 1, min = 0.1, max = 10, doc = "1 shows all of the subject; 2 comes twice as near" }

local scene = orrery.scene()

-- The subject: a model is one line; the orrery is built in scripts/lib/brass_orrery.lua, another page to read.
local subject
if model then
  subject = scene:model{ path = model }
else
  subject = require("brass_orrery")(scene, seconds)
end

-- Whatever it is, its bounds say how large the stage has to be. A flat subject lets the camera come nearer than a tall one.
local bounds = subject:bounds()
local middle, radius = bounds.center, bounds.radius
local flat = 1 - (bounds.max[2] - bounds.min[2]) / (2 * radius)

-- The stage: a round table of dark wood under it. Units are metres, Y is up.
local wide, thick = 0.98 * radius, 0.09 * radius
scene:mesh{
  shape = orrery.lathe{ segments = 192, profile = {
    {0, 0}, {0.985 * wide, 0}, {wide, -0.15 * thick}, {wide, -0.85 * thick}, {0.985 * wide, -thick}, {0, -thick} } },
  material = scene:material{ base_colour = {0.045, 0.016, 0.008}, roughness = 0.45 },
  position_m = {middle[1], bounds.min[2] - 0.002 * radius, middle[3]},
}

-- The light: a warm key like a window at evening, in a room that is bright above and dim below, before a dark wall.
scene:sun{ azimuth_deg = 115, elevation_deg = 38, illuminance_lx = 75000, colour = {1, 0.88, 0.72}, angular_diameter_deg = 2 }
scene:environment{
  zenith_nit = {4600, 4700, 5000}, horizon_nit = {1500, 1100, 850}, ground_nit = {420, 300, 230},
  background = "colour", background_nit = {260, 290, 380},
}

-- The camera rides on a rig: a circle around the middle, in exactly the length of the shot, so that the picture loops.
local orbit = orrery.orbit{
  center = {middle[1], middle[2] - 0.16 * flat * radius, middle[3]},
  radius_m = (5 - 2.7 * flat) * radius / zoom, elevation_deg = elevation, duration_s = seconds,
}
local camera = scene:camera{ rig = orbit, vfov_deg = 25, near_m = 0.01 * radius, aperture_f = 11 }

-- A script returns its sequence: what to render, from where, how large, how long.
return orrery.sequence{
  name = "turntable", scene = scene, camera = camera,
  size = {640, 360}, fps = 12, duration_s = seconds, samples = 8,
}
