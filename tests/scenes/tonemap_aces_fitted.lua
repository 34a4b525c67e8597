-- The fit of ACES.
orrery.check{ golden = "../golden/tonemap_aces_fitted", tags = {"effect", "tonemap"},
  expect = function(frame) -- brighter to the right, in the middle of each patch
    for row = 0, 3 do
      for step = 1, 14 do
        local before, here = frame:pixel(step * 10 - 5, row * 10 + 5), frame:pixel(step * 10 + 5, row * 10 + 5)
        frame:expect(here >= before, "row " .. row .. ": step " .. step .. " is darker than the one before")
      end
    end
  end,
  mutate = { { name = "another constant", file = "tonemap.glsl", find = "+ 0.4329510) + 0.238081", replace = "+ 0.4329510) + 0.248081" } } }
return dofile("lib/ramp.lua"){ operator = "aces_fitted" }
