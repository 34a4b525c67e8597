-- Every kind of gizmo over an even grey: in perspective, from beside the lamps, and in a parallel view.
orrery.check{ golden = "../golden/gizmos", frames = "0-2", size = {192, 108}, samples = 1, tags = {"core", "light", "gizmos"},
  expect = function(frame)
    if frame.number == 0 then -- the point light stands in the middle: its white cross; the rest of the picture is the background
      local r, g, b = frame:pixel(96, 54)
      frame:expect(math.min(r, g, b) > 0.6, "the cross of the lamp in the middle")
      frame:near(frame:pixel(190, 2), frame:pixel(2, 2), 0, "where no line is, the picture is what it was")
    end
  end,
  mutate = {
    { name = "lines without their dark edge", file = "gizmos.comp", find = "EDGE_DARKNESS = 0.6", replace = "EDGE_DARKNESS = 0.0" },
    { name = "lines as thin as a hair", file = "gizmos.comp", find = "- style.w;", replace = "- 0.2;" },
    { name = "the last line of a tile is left out", file = "gizmos.comp", find = "i < tile.y; i++", replace = "i + 1u < tile.y; i++" },
    { name = "lines have no end", file = "gizmos.comp", find = "clamp(dot(to, along) / max(dot(along, along), 1e-12), 0.0, 1.0)", replace = "dot(to, along) / max(dot(along, along), 1e-12)" },
  } }
local scene = orrery.scene()
scene:environment{ source = "constant", luminance_nit = 0.2 }
scene:point{ flux_lm = 800, position_m = {0, 1, 0}, range_m = 1.5 }
scene:spot{ flux_lm = 3500, position_m = {2.2, 2.2, 0.5}, look_at_m = {1.6, 0, -0.5}, inner_deg = 12, outer_deg = 22 }
scene:spot{ flux_lm = 3500, position_m = {-1.6, 2.2, 1}, look_at_m = {-1.4, 0, 0}, inner_deg = 10, outer_deg = 25, range_m = 2 }
scene:area{ shape = "rect", position_m = {3, 0.8, -1}, look_at_m = {0, 0.5, 2}, width_m = 1.5, height_m = 0.8, luminance_nit = 500, seen = false }
scene:area{ shape = "disc", position_m = {-3, 0.6, -1}, look_at_m = {0, 0.5, 2}, radius_m = 0.5, luminance_nit = 500, seen = false }
scene:area{ shape = "sphere", position_m = {1.4, 0, 1}, radius_m = 0.4, luminance_nit = 500, seen = false }
scene:sun{ elevation_deg = 12, azimuth_deg = 14, illuminance_lx = 1 }
scene:directional{ elevation_deg = 40, azimuth_deg = 250, illuminance_lx = 1 }
local camera = scene:camera{ look_at_m = {0, 1, 0}, vfov_deg = 40, ortho_height_m = function(t) return t > 1.5 and 5 or 0 end,
                             position_m = function(t) return ({ {0, 1, 6}, {2.6, 1.6, 1.4}, {4, 4, 4} })[math.floor(t + 0.5) + 1] end }
return orrery.sequence{ name = "gizmos", scene = scene, camera = camera, size = {640, 360}, samples = 1, fps = 1, frames = 3, gizmos = true,
                        modules = { exposure = { mode = "none" }, tonemap = { operator = "none" } } }
