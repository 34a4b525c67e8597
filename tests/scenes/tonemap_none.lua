-- What is above 1 is cut off.
orrery.check{ golden = "../golden/tonemap_none", tags = {"effect", "tonemap"},
  expect = function(frame) -- brighter to the right, in the middle of each patch
    for row = 0, 3 do
      for step = 1, 14 do
        local before, here = frame:pixel(step * 10 - 5, row * 10 + 5), frame:pixel(step * 10 + 5, row * 10 + 5)
        frame:expect(here >= before, "row " .. row .. ": step " .. step .. " is darker than the one before")
      end
    end
  end,
  mutate = {
    { name = "the module darkens", file = "tonemap.comp", find = "vec4(tonemap(c.rgb), c.a)", replace = "vec4(tonemap(c.rgb * 0.98), c.a)" },
    { name = "white is not white", file = "tonemap.glsl", find = "return clamp(c, 0.0, 1.0);", replace = "return clamp(c, 0.0, 0.99);" },
  } }
return dofile("lib/ramp.lua"){ operator = "none" }
