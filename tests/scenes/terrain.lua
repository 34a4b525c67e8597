-- Land in a low sun: its own shade, a thing that stands on it and casts a shadow, levels of detail, the colour ramp.
orrery.check{ golden = "../golden/terrain", size = {160, 90}, samples = 2, tags = {"core", "terrain"},
  mutate = {
    { name = "slopes are half as steep", file = "terrain_gradient.comp", find = "/ vec2(hi - lo)", replace = "/ vec2(hi - lo) * 0.5" },
    { name = "terrain has no shade of its own", file = "terrain_sun.comp", find = "best = max(best, height(at) - distance * push.drop);", replace = "best = max(best, -1e8 - height(at));" },
    { name = "patches are a sample off", file = "terrain.vert", find = "ivec2(patch_at.xy) + corner * stride;", replace = "ivec2(patch_at.xy) + corner * stride + 1;" },
    { name = "terrain is not seen", file = "terrain.frag", find = "seen = uvec2(0x80000000u, 0u);", replace = "seen = uvec2(0u);" },
    { name = "the ramp is upside down", file = "resolve.comp", find = "float cell = (along * 255.0", replace = "float cell = ((1.0 - along) * 255.0" },
  } }
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
