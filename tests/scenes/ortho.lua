-- An orthographic view, rolled, of a thing with depth: parallel edges stay parallel, near and far are one size.
orrery.check{ golden = "../golden/ortho", size = {160, 90}, samples = 2, tags = {"core", "camera"},
  mutate = { { name = "depth of a parallel view is taken for a perspective one", file = "frame.glsl", find = "return frame.depth_params.y > 0.5 ? frame.depth_params.x", replace = "return frame.depth_params.y > 1.5 ? frame.depth_params.x" } } }
local scene = orrery.scene()
for i = 0, 4 do
  scene:mesh{ shape = orrery.box{ size_m = 0.8 }, position_m = {1.1 * i - 2.2, 0.4, -1.1 * i}, material = scene:material{ base_colour = {0.2 + 0.15 * i, 0.5, 0.8 - 0.15 * i} } }
end
scene:mesh{ shape = orrery.plane{ width_m = 20, depth_m = 20 } }
scene:sun{ azimuth_deg = 200, elevation_deg = 35 }
scene:environment{}
local camera = scene:camera{ position_m = {6, 6, 8}, look_at_m = {0, 0, -2}, ortho_height_m = 6, roll_deg = 10 }
return orrery.sequence{ name = "ortho", scene = scene, camera = camera, size = {320, 180}, samples = 4 }
