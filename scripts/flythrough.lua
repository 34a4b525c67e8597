-- A fly-through: the camera follows a path over a real landscape, keeps clear of the ground, and banks into the turns.
--     orrery render flythrough.lua --set dem=alps.tif --set seconds=20 --size 1920x1080 --video alps.mp4

-- Parameters come first. `orrery render flythrough.lua --help` lists them; --set name=value changes them.
local dem     = orrery.param{ name = "dem", type = "asset", def = "dem/jacksboro_fault.tif", doc = "Elevation model: GeoTIFF, 16-bit PNG, .npy, .npz, .hgt" }
local seconds = orrery.param{ name = "seconds", def = 4, min = 0.1, max = 3600, doc = "How long the flight takes" }
local tall    = orrery.param{ name = "exaggeration", def = 2, min = 0.1, max = 20, doc = "Factor on heights" }
local ramp    = orrery.param{ name = "ramp", type = "enum", def = "alpine", choices = {"alpine", "hypsometric", "desert", "moon", "grey"}, doc = "Colours of the ground" }
local hour    = orrery.param{ name = "hour", def = 16.5, min = 6.5, max = 17.5, doc = "Time of day: where the sun stands" }

local scene  = orrery.scene()
local ground = scene:terrain{ dem = dem, exaggeration = tall, ramp = ramp, nodata = "fill" }

-- The path is given in parts of the landscape's own size, so that it fits any elevation model: x east, z south, -0.5 to 0.5.
-- Its points have no heights: the ground gives them.
local bounds = ground:bounds()
local width, depth = bounds.max[1] - bounds.min[1], bounds.max[3] - bounds.min[3]
local size = math.min(width, depth)
local function at(x, z) return {bounds.center[1] + x * width, bounds.center[3] + z * depth} end
local flight = orrery.path{
  points = { at(-0.26, 0.45), at(-0.22, 0.24), at(-0.10, 0.08), at(-0.06, -0.10), at(0.08, -0.24) },
  terrain = ground, clearance_m = 0.045 * size, smooth_m = 0.2 * size,
  duration_s = seconds, look_ahead_s = seconds / 3, look_below_m = 0.045 * size, bank_deg = 8,
}

-- The sun goes from east to west by 15 degrees an hour; low, it is warmer and weaker.
local height = math.sin(math.rad(15 * (hour - 6)))
scene:sun{ azimuth_deg = 90 + 15 * (hour - 6), elevation_deg = 50 * height, illuminance_lx = 40000 + 60000 * height,
           colour = {1, 0.80 + 0.20 * height, 0.58 + 0.42 * height} }
scene:environment{ zenith_nit = {700, 1900, 5400}, horizon_nit = {5200, 7300, 10000}, ground_nit = {4300, 6100, 8400} }

-- The camera looks where the rig tells it to. One stop more than for noon: the light is low.
local camera = scene:camera{ rig = flight, vfov_deg = 42, near_m = 0.0005 * size, f_stop = 11 }

return orrery.sequence{
  name = "flythrough", scene = scene, camera = camera,
  size = {640, 360}, fps = 12, duration_s = seconds, samples = 8, modules = { vignette = { strength = 0.2 } },
}
