-- Hable's filmic curve.
orrery.check{ golden = "../golden/tonemap_filmic", tags = {"effect", "tonemap"},
  expect = function(frame) -- brighter to the right, in the middle of each patch
    for row = 0, 3 do
      for step = 1, 14 do
        local before, here = frame:pixel(step * 10 - 5, row * 10 + 5), frame:pixel(step * 10 + 5, row * 10 + 5)
        frame:expect(here >= before, "row " .. row .. ": step " .. step .. " is darker than the one before")
      end
    end
  end,
  mutate = { { name = "another toe", file = "tonemap.glsl", find = "+ 0.20 * 0.02) /", replace = "+ 0.20 * 0.03) /" } } }
return dofile("lib/ramp.lua"){ operator = "filmic" }
