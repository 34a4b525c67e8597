-- A fly-through: the camera follows a path over a real landscape, keeps clear of the ground, and banks into the turns.
--     orrery render flythrough.lua --set dem=alps.tif --set seconds=20 --size 1920x1080 --video alps.mp4
local dem     = orrery.param{ name = "dem", type = "asset", def = "dem/jacksboro_fault.tif", doc = "Elevation model: GeoTIFF, 16-bit PNG, .npy, .npz" }
local seconds = orrery.param{ name = "seconds", def = 4, min = 0.1, max = 3600, doc = "How long the flight takes" }
local tall    = orrery.param{ name = "exaggeration", def = 2, min = 0.1, max = 20, doc = "Factor on heights" }
local ramp    = orrery.param{ name = "ramp", type = "enum", def = "alpine", choices = {"alpine", "hypsometric", "desert", "moon", "grey"}, doc = "Colours of the ground" }
local hour    = orrery.param{ name = "hour", def = 17, min = 6, max = 18, doc = "Time of day: where the sun stands" }

local scene  = orrery.scene()
local ground = scene:terrain{ dem = dem, exaggeration = tall, ramp = ramp }

-- The path is given in parts of the landscape's own size, so that it fits any elevation model: x east, z south, -0.5 to 0.5.
local bounds = ground:bounds()
local width, depth = bounds.max[1] - bounds.min[1], bounds.max[3] - bounds.min[3]
local function at(x, z) return {bounds.center[1] + x * width, bounds.center[3] + z * depth} end
local flight = orrery.path{
  points = { at(-0.34, 0.42), at(-0.20, 0.18), at(0.02, 0.06), at(0.10, -0.14), at(0.30, -0.30) },
  terrain = ground, clearance_m = 0.022 * width, -- these points have no heights: the ground gives them
  duration_s = seconds, look_ahead_s = seconds / 3, look_below_m = 0.04 * width, bank_deg = 12,
}

-- The sun goes from east to west by 15 degrees an hour; low, it is warmer and weaker.
local height = math.sin(math.rad(15 * (hour - 6)))
scene:sun{ azimuth_deg = 90 + 15 * (hour - 6), elevation_deg = 6 + 54 * height, illuminance_lx = 40000 + 60000 * height,
           colour = {1, 0.82 + 0.18 * height, 0.62 + 0.38 * height} }
scene:environment{}
local camera = scene:camera{ rig = flight, vfov_deg = 45, near_m = 1, aperture_f = 13 }

return orrery.sequence{ name = "flythrough", scene = scene, camera = camera, size = {640, 360}, fps = 12, duration_s = seconds, samples = 8,
                        modules = { vignette = { strength = 0.15 } } }
