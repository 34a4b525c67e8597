-- Reinhard's curve on luminance.
orrery.check{ golden = "../golden/tonemap_reinhard", tags = {"effect", "tonemap"},
  expect = function(frame) -- brighter to the right, in the middle of each patch
    for row = 0, 3 do
      for step = 1, 14 do
        local before, here = frame:pixel(step * 10 - 5, row * 10 + 5), frame:pixel(step * 10 + 5, row * 10 + 5)
        frame:expect(here >= before, "row " .. row .. ": step " .. step .. " is darker than the one before")
      end
    end
  end,
  mutate = { { name = "channel by channel instead of luminance", file = "tonemap.glsl", find = "return clamp(c / (1.0 + tonemap_luminance(c)), 0.0, 1.0);", replace = "return clamp(c / (1.0 + c), 0.0, 1.0);" } } }
return dofile("lib/ramp.lua"){ operator = "reinhard" }
