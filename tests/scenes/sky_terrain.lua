-- Land in a low sun, seen through the air: what is far takes the colour of the sky there. Something of glass lies in the air too.
orrery.check{ golden = "../golden/sky_terrain", aovs = {"display", "beauty", "Z"}, tolerance = { beauty = false }, size = {160, 90}, samples = 2, tags = {"sky", "terrain"},
  mutate = {
    { name = "no air before surfaces", file = "sky.comp", find = "seen.rgb = seen.rgb * through + air;", replace = "" },
    { name = "surfaces shine through the air unweakened", file = "sky.comp", find = "seen.rgb = seen.rgb * through + air;", replace = "seen.rgb += air;" },
    { name = "no air before what is transparent", file = "transparent.frag", find = "lit = lit * through + air;", replace = "" },
  } }
local scene = orrery.scene()
local land = scene:terrain{ dem = "dem/jacksboro_fault.tif", exaggeration = 2 }
local b = land:bounds()
local x, z = b.center[1], b.center[3]
local y = land:height(x, z)
scene:mesh{ shape = orrery.sphere{ radius_m = 1500 }, position_m = {x + 2600, y + 3500, z - 3000},
            material = scene:material{ base_colour = {0.1, 0.05, 0.02, 0.6}, alpha_mode = "blend", roughness = 1 } }
scene:atmosphere{ turbidity = 2 }
scene:sun{ azimuth_deg = 250, elevation_deg = 8 }
local camera = scene:camera{ position_m = {x, y + 2500, z + 12000}, look_at_m = {x, y + 800, z}, vfov_deg = 45, near_m = 10 }
return orrery.sequence{ name = "sky_terrain", scene = scene, camera = camera, size = {320, 180}, samples = 4, modules = { exposure = { mode = "manual", ev = 12.5 } } }
