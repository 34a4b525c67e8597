-- LightBench, overcast: cards under an even sky that gives 10 000 lx.
local bench, page = require "lightbench_pages"
orrery.check{ golden = "../golden/lightbench_overcast", frames = "0-3", aovs = { "display", "beauty" }, tolerance = { beauty = false }, tags = {"light", "lightbench"},
  expect = function(frame) bench.expect(page, frame) end,
  mutate = {
    { name = "the sky lights one part in a hundred less", file = "lighting.glsl", find = "irradiance * occlusion + single", replace = "irradiance * occlusion * 0.99 + single" },
  } }
page = bench.page("overcast")
return page.sequence
