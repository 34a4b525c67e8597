-- A desert at noon, by the rule every film box carried: sunny 16. f/16, 1/100 s, ISO 100: EV 14.64.
--     orrery render scripts/examples/noon_desert.lua --size 1280x720 --samples 32
local scene = orrery.scene()
local ground = scene:terrain{ dem = "dem/jacksboro_fault.tif", ramp = "desert", exaggeration = 1.5, nodata = "fill" }
local bounds = ground:bounds()

-- The air, and the sun above it: of 133 312 lx in space some 100 000 lx reach level ground, and the sky adds 8 000.
scene:atmosphere{ preset = "clear" }
scene:sun{ azimuth_deg = 200, elevation_deg = 62 }

-- From above a ridge, looking north-east with the sun in the back.
local x, z = bounds.center[1] - 0.20 * (bounds.max[1] - bounds.min[1]), bounds.center[3] + 0.30 * (bounds.max[3] - bounds.min[3])
local eye = ground:height(x, z) + 260
local camera = scene:camera{ position_m = {x, eye, z}, look_at_m = {x + 7000, eye - 900, z - 9000}, focal_mm = 35, sensor = "full_frame", near_m = 1,
                             f_stop = 16, shutter_s = 1 / 100, iso = 100 }
return orrery.sequence{ name = "noon_desert", scene = scene, camera = camera, size = {640, 360}, samples = 16 }
