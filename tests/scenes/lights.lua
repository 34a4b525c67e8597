-- Lamps at night: a bare bulb, a ranged one, two coloured spots that overlap; exposure set by hand.
orrery.check{ golden = "../golden/lights", size = {160, 90}, samples = 2, tags = {"core", "light"},
  mutate = {
    { name = "light falls off with distance alone", file = "lights.glsl", find = "(cone * window / falloff)", replace = "(cone * window * inversesqrt(falloff))" },
    { name = "ranges have no window", file = "lights.glsl", find = "range_window(d2, axis.w)", replace = "1.0" },
    { name = "spots have hard edges", file = "lights.glsl", find = "smoothstep(edge.y, edge.x, dot(-l, axis.xyz))", replace = "step(edge.y, dot(-l, axis.xyz))" },
  } }
local scene = orrery.scene()
local wall = scene:material{ base_colour = {0.7, 0.7, 0.7}, roughness = 0.8 }
scene:mesh{ shape = orrery.plane{ width_m = 12, depth_m = 8 }, material = wall }
scene:mesh{ shape = orrery.plane{ width_m = 12, depth_m = 6 }, material = wall, position_m = {0, 3, -4}, rotation_deg = {90, 0, 0} }
scene:mesh{ shape = orrery.icosphere{ radius_m = 0.6 }, position_m = {0, 0.6, -1}, material = scene:material{ base_colour = {0.9, 0.9, 0.9}, roughness = 0.25 } }
scene:point{ flux_lm = 800, position_m = {-3.5, 1.2, -2.5}, colour = {1, 0.8, 0.6} }
scene:point{ flux_lm = 800, position_m = {3.5, 1.2, -2.5}, range_m = 2 }
scene:spot{ flux_lm = 1500, position_m = {-1.5, 3.5, 1}, look_at_m = {-0.4, 0, -1}, inner_deg = 12, outer_deg = 18, colour = {1, 0.2, 0.2} }
scene:spot{ flux_lm = 1500, position_m = {1.5, 3.5, 1}, look_at_m = {0.4, 0, -1}, inner_deg = 17, outer_deg = 18, colour = {0.2, 0.4, 1} }
local camera = scene:camera{ position_m = {0, 2.2, 6}, look_at_m = {0, 1, -2}, vfov_deg = 45 }
return orrery.sequence{ name = "lights", scene = scene, camera = camera, size = {320, 180}, samples = 4,
                        modules = { exposure = { mode = "manual", ev = 5.5 } } }
