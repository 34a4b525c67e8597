-- Meshes that shine: a bent tube of triangles over a table, and a coarse globe that stands in its light.
orrery.check{ golden = "../golden/lights_emissive", size = {160, 90}, samples = 2, tags = {"core", "light"},
  mutate = {
    { name = "triangles are the squares around them", file = "area_lights.glsl", find = "shape == TRIANGLE ? 3 : 16", replace = "shape == TRIANGLE ? 4 : 16" },
    { name = "a shining mesh stands in its own light", file = "light_shadows.glsl", find = "if (blockers == 0.0) return 1.0;", replace = "if (blockers == 0.0) return 0.5;" },
    { name = "the back of a shining mesh shines", file = "area_lights.glsl", find = "? abs(height) : height)", replace = "? abs(height) : abs(height))" },
  } }
local scene = orrery.scene()
local grey = scene:material{ base_colour = {0.6, 0.6, 0.6}, roughness = 0.35 }
local glow = scene:material{ base_colour = {0, 0, 0}, emissive_nit = {3000, 1800, 700} }
scene:mesh{ shape = orrery.plane{ width_m = 10, depth_m = 8 }, material = grey }
scene:mesh{ shape = orrery.box{ size_m = {1.6, 0.12, 0.12} }, material = glow, emits_light = true, position_m = {-0.8, 1.3, -0.6}, rotation_deg = {0, 20, 12} }
scene:mesh{ shape = orrery.box{ size_m = {0.25, 0.25, 0.25} }, emits_light = true, position_m = {1.6, 0.9, 0.4}, rotation_deg = {20, 30, 0},
            material = scene:material{ base_colour = {0, 0, 0}, emissive_nit = {300, 900, 2400} } }
scene:mesh{ shape = orrery.icosphere{ radius_m = 0.45 }, position_m = {0.4, 0.45, 0.3}, material = grey }
scene:mesh{ shape = orrery.box{ size_m = {0.4, 0.8, 0.4} }, position_m = {-1.7, 0.4, 0.5}, material = grey }
local camera = scene:camera{ position_m = {0, 2.1, 5}, look_at_m = {0, 0.5, -0.2}, vfov_deg = 38 }
return orrery.sequence{ name = "lights_emissive", scene = scene, camera = camera, size = {640, 360}, samples = 8,
                        modules = { exposure = { mode = "manual", ev = 7.5 } } }
