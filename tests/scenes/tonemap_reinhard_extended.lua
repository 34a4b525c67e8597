-- Reinhard's curve with a white point.
orrery.check{ golden = "../golden/tonemap_reinhard_extended", tags = {"effect", "tonemap"},
  expect = function(frame) -- brighter to the right, in the middle of each patch
    for row = 0, 3 do
      for step = 1, 14 do
        local before, here = frame:pixel(step * 10 - 5, row * 10 + 5), frame:pixel(step * 10 + 5, row * 10 + 5)
        frame:expect(here >= before, "row " .. row .. ": step " .. step .. " is darker than the one before")
      end
    end
  end,
  mutate = { { name = "the white point is not squared", file = "tonemap.glsl", find = "(1.0 + l / (white * white))", replace = "(1.0 + l / white)" } } }
return dofile("lib/ramp.lua"){ operator = "reinhard_extended", white_point = 8 }
