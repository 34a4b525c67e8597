-- A turntable: the camera goes once around a glTF model, or around a brass orrery made of the engine's own primitives.
--     orrery render turntable.lua --set model=chair.glb --size 1280x720 --video chair.mp4

-- Parameters come first. `orrery render turntable.lua --help` lists them; --set name=value changes them.
local model     = orrery.param{ name = "model", type = "asset", def = "", doc = "A .gltf or .glb file to show instead of the orrery" }
local animation = orrery.param{ name = "animation", type = "string", def = "", doc = "The model's animation to play: its name or number" }
local seconds   = orrery.param{ name = "seconds", def = 4, min = 0.1, max = 600, doc = "Time for one turn" }
local elevation = orrery.param{ name = "elevation_deg", def = 15, min = -10, max = 80, doc = "How high the camera stands" }
local zoom      = orrery.param{ name = "zoom", def = 1, min = 0.1, max = 10, doc = "Above 1 comes closer" }

local scene = orrery.scene()

-- The subject: a model is one line; the orrery is built in scripts/lib/brass_orrery.lua, another page to read.
local subject
if model then
  subject = scene:model{ path = model, animation = animation }
else
  subject = require("brass_orrery")(scene, seconds)
end

-- Its bounds say how large the stage has to be, where the camera looks, and from how far all of it is seen.
local bounds = subject:bounds()
local middle, low = model and bounds.center or {0, bounds.center[2], 0}, bounds.min[2] -- the orrery keeps its axis in the middle
local half = { bounds.max[1] - middle[1], bounds.max[2] - middle[2], bounds.max[3] - middle[3] }
local reach = (math.max(half[1], half[3]) + math.sqrt(half[1] ^ 2 + half[3] ^ 2)) / 2 -- between a round and a square plan
local tilt, vfov = math.rad(elevation), 26
local tall, wide = half[2] * math.cos(tilt) + reach * math.sin(tilt), reach * 9 / 16
local distance = (math.max(tall, wide) / math.tan(math.rad(vfov / 2)) + 0.5 * reach) / zoom

-- The stage: a round table with a turned edge. Units are metres, Y is up. It casts no shadow: the shadow map is the subject's.
local size = 1.6 * math.max(reach, 0.7 * half[2])
scene:mesh{
  shape = orrery.lathe{ segments = 256, profile = {
    {0, 0}, {size, 0}, {1.012 * size, -0.004 * size}, {1.018 * size, -0.02 * size}, {size, -0.05 * size}, {0, -0.05 * size} } },
  material = scene:material{ base_colour = {0.058, 0.047, 0.039}, roughness = 0.6 },
  position_m = {middle[1], low, middle[3]}, casts_shadow = false,
}

-- The light: a warm key from the front left, and a studio of soft boxes all around for polished things to reflect.
scene:sun{ azimuth_deg = 232, elevation_deg = 44, illuminance_lx = 105000, colour = {1, 0.86, 0.68} }
scene:environment{ source = "hdri", hdri = "hdri/studio.hdr", target_lx = 15000 }

-- The camera rides on a rig: a circle around the middle, in exactly the length of the shot, so that the picture loops.
local camera = scene:camera{
  rig = orrery.orbit{ center = {middle[1], middle[2] - 0.35 * reach * math.sin(tilt), middle[3]}, radius_m = distance,
                      elevation_deg = elevation, duration_s = seconds },
  vfov_deg = vfov, near_m = 0.01 * distance, f_stop = 12,
}

-- A script returns its sequence: what to render, from where, how large, how long.
return orrery.sequence{
  name = "turntable", scene = scene, camera = camera,
  size = {640, 360}, fps = 12, duration_s = seconds, samples = 8, modules = { vignette = { strength = 0.3 } },
}
