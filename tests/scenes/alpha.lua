-- What is cut out, what shines through, what has two sides, what is mirrored: opaque, masked, blended panes over a floor.
orrery.check{ golden = "../golden/alpha", size = {160, 90}, samples = 2, tags = {"core", "transparent"},
  mutate = {
    { name = "blended surfaces are not premultiplied", file = "transparent.frag", find = "* s.alpha, vec3(65504.0))", replace = ", vec3(65504.0))" },
    { name = "blended surfaces are shifted", file = "transparent.vert", find = "v_position = draw_point(d, position);", replace = "v_position = draw_point(d, position) + vec3(0.05, 0.0, 0.0);" },
    { name = "masks cut the other way", file = "visibility_mask.frag", find = "cutoff) < cutoff", replace = "cutoff) > cutoff" },
    { name = "masked shadows are whole", file = "shadow_mask.frag", find = "< cutoff) discard", replace = "< -1.0) discard" },
  } }
local scene = orrery.scene()
scene:mesh{ shape = orrery.plane{ width_m = 14, depth_m = 14 }, material = scene:material{ base_colour = {0.5, 0.5, 0.5} } }
local function pane(x, z, paint, more)
  local o = { shape = orrery.plane{ width_m = 1.4, depth_m = 1.6 }, material = scene:material(paint), position_m = {x, 0.9, z}, rotation_deg = {80, 20, 0} }
  for k, v in pairs(more or {}) do o[k] = v end
  scene:mesh(o)
end
pane(-3, 0, { base_colour = {0.8, 0.2, 0.1, 0.4}, alpha_mode = "mask" })                        -- below the cutoff: gone
pane(-1.5, 0, { base_colour = {0.8, 0.2, 0.1, 0.6}, alpha_mode = "mask" })
pane(0, 0, { base_colour = {0.1, 0.6, 0.2, 0.5}, alpha_mode = "blend" })
pane(0.3, -1, { base_colour = {0.1, 0.2, 0.8, 0.5}, alpha_mode = "blend", double_sided = true })
pane(1.8, 0, { base_colour = {0.8, 0.7, 0.1} }, { rotation_deg = {80, 200, 0} })                -- its back: not drawn
pane(3.3, 0, { base_colour = {0.8, 0.7, 0.1}, double_sided = true }, { rotation_deg = {80, 200, 0} })
scene:mesh{ shape = orrery.gear{ thickness_m = 0.2 }, position_m = {-2.2, 0.6, 1.6}, rotation_deg = {70, 20, 0}, scale = {-1, 1, 1} }
scene:mesh{ shape = orrery.box{ size_m = 0.8 }, position_m = {2.2, 0.5, 1.6}, rotation_deg = {0, 30, 0}, scale = {1, -1, 1}, material = scene:material{ base_colour = {0.7, 0.3, 0.7, 0.6}, alpha_mode = "blend" } }
scene:sun{ azimuth_deg = 150, elevation_deg = 50 }
scene:environment{}
local camera = scene:camera{ position_m = {0, 3, 8}, look_at_m = {0, 0.6, 0}, vfov_deg = 38 }
return orrery.sequence{ name = "alpha", scene = scene, camera = camera, size = {320, 180}, samples = 4 }
