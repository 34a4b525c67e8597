-- A valley by moonlight: as bright as a photographer makes it. f/2, 30 s, ISO 800: EV -5.9.
--     orrery render scripts/examples/moonlit_valley.lua --size 1280x720 --samples 32
local scene = orrery.scene()
local ground = scene:terrain{ dem = "dem/jacksboro_fault.tif", ramp = "alpine", exaggeration = 2, nodata = "fill" }
local bounds = ground:bounds()

-- Two days after full the moon gives half of its 0.25 lx; it stands low, so the air takes more and level ground lies at a slant: 0.04 lx.
scene:atmosphere{ preset = "clear", stars = true }
scene:sun{ azimuth_deg = 20, elevation_deg = -40 }
scene:moon{ azimuth_deg = 245, elevation_deg = 24, phase_deg = 25 }

local x, z = bounds.center[1] - 0.26 * (bounds.max[1] - bounds.min[1]), bounds.center[3] + 0.42 * (bounds.max[3] - bounds.min[3])
local eye = ground:height(x, z) + 700
local camera = scene:camera{ position_m = {x, eye, z}, look_at_m = {x + 3500, eye - 700, z - 9000}, focal_mm = 24, sensor = "full_frame", near_m = 1,
                             f_stop = 2, shutter_s = 30, iso = 800 }
return orrery.sequence{ name = "moonlit_valley", scene = scene, camera = camera, size = {640, 360}, samples = 16 }
