-- The sun comes over the horizon: from one picture to the next nothing jumps, neither what is in nit nor what is exposed. A step of light is
-- held against the steps before and after it, so that it is the scene's own smooth change that bounds it.
local parts = { sky = {4, 2, 56, 12}, ground = {4, 28, 56, 6}, ["a wall that faces the sun"] = {28, 15, 8, 8} }
local seen, ev = { sky = {}, ground = {}, ["a wall that faces the sun"] = {} }, {}
orrery.check{ frames = "0-23", aovs = {"beauty"}, size = {64, 36}, samples = 1, tags = {"sky", "exposure"}, timeout_s = 300, memory_mib = 2048, -- sanitizers take more than 1024
  expect = function(frame)
    local n = frame.number
    ev[n] = frame.ev100
    if n > 0 then frame:expect(math.abs(ev[n] - ev[n - 1]) <= 0.2 + 1e-6, "EV goes from " .. ev[n - 1] .. " to " .. ev[n]) end
    for name, roi in pairs(parts) do
      local l = seen[name]
      l[n] = math.log(frame:mean{ aov = "beauty", roi = roi })
      if n > 2 then
        local before, step, after = math.abs(l[n - 2] - l[n - 3]), math.abs(l[n - 1] - l[n - 2]), math.abs(l[n] - l[n - 1])
        frame:expect(step <= 2 * math.max(before, after) + 1e-3, string.format("%s: a step of %.3g between steps of %.3g and %.3g", name, step, before, after))
      end
    end
  end,
  mutate = {
    { name = "the sun rises at once", file = "atmosphere.glsl", find = "if (above >= a) return", replace = "if (above < 0.01) return vec3(0.0);\n    if (above >= a) return" },
    { name = "the air is lit by a sun that jumps", file = "sky_view.comp", find = "float radius = push.second == 1u", replace = "axis.y = floor(axis.y * 99.0) / 99.0;\n    float radius = push.second == 1u" },
  } }
local scene = orrery.scene()
scene:atmosphere{ altitude_m = 200 }
scene:sun{ azimuth_deg = 0, elevation_deg = function(t) return 2.4 * t - 1.2 end }
scene:mesh{ shape = orrery.plane{ width_m = 2000, depth_m = 2000 }, casts_shadow = false, material = scene:material{ base_colour = {0.4, 0.35, 0.3}, roughness = 1 } }
scene:mesh{ shape = orrery.box{ size_m = 2 }, position_m = {0, 1, 0}, material = scene:material{ base_colour = {0.8, 0.8, 0.8}, roughness = 1 } }
local camera = scene:camera{ position_m = {0, 1.5, -9}, look_at_m = {0, 1.2, 0}, vfov_deg = 50 }
return orrery.sequence{ name = "sunrise", scene = scene, camera = camera, fps = 24, frames = 24, size = {64, 36}, samples = 1,
                        modules = { exposure = { mode = "auto", speed_up = 4.8, speed_down = 4.8 } } }
