-- Land in a low sun: its own shade, a thing that stands on it and casts a shadow, levels of detail, the colour ramp.
local scene = orrery.scene()
local land = scene:terrain{ dem = "dem/jacksboro_fault.tif", exaggeration = 2 }
local b = land:bounds()
local x, z = b.center[1], b.center[3]
local y = land:height(x, z)
scene:mesh{ shape = orrery.cylinder{ radius_m = 400, height_m = 4000 }, position_m = {x, y, z}, material = scene:material{ base_colour = "#c03020" } }
scene:sun{ azimuth_deg = 250, elevation_deg = 18 }
scene:environment{}
local camera = scene:camera{ position_m = {x + 6000, y + 5000, z + 12000}, look_at_m = {x, y, z}, vfov_deg = 45, near_m = 10 }
return orrery.sequence{ name = "terrain", scene = scene, camera = camera, size = {320, 180}, samples = 4 }
