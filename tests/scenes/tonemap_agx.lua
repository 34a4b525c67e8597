-- AgX.
orrery.check{ golden = "../golden/tonemap_agx", tags = {"effect", "tonemap"},
  expect = function(frame) -- brighter to the right, in the middle of each patch
    for row = 0, 3 do
      for step = 1, 14 do
        local before, here = frame:pixel(step * 10 - 5, row * 10 + 5), frame:pixel(step * 10 + 5, row * 10 + 5)
        frame:expect(here >= before, "row " .. row .. ": step " .. step .. " is darker than the one before")
      end
    end
  end,
  mutate = { { name = "another display", file = "tonemap.glsl", find = "vec3(2.2)), 0.0, 1.0)", replace = "vec3(2.4)), 0.0, 1.0)" } } }
return dofile("lib/ramp.lua"){ operator = "agx" }
