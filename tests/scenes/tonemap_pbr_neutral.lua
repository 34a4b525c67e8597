-- Khronos PBR Neutral.
orrery.check{ golden = "../golden/tonemap_pbr_neutral", tags = {"effect", "tonemap"},
  expect = function(frame) -- brighter to the right, in the middle of each patch
    for row = 0, 3 do
      for step = 1, 14 do
        local before, here = frame:pixel(step * 10 - 5, row * 10 + 5), frame:pixel(step * 10 + 5, row * 10 + 5)
        frame:expect(here >= before, "row " .. row .. ": step " .. step .. " is darker than the one before")
      end
    end
  end,
  mutate = { { name = "another desaturation", file = "tonemap.glsl", find = "desaturation = 0.15", replace = "desaturation = 0.25" } } }
return dofile("lib/ramp.lua"){ operator = "pbr_neutral" }
