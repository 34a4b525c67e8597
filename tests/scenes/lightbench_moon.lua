-- LightBench, full moon: cards in 0.25 lx.
local bench, page = require "lightbench_pages"
orrery.check{ golden = "../golden/lightbench_moon", frames = "0-3", aovs = { "display", "beauty" }, tolerance = { beauty = false }, tags = {"light", "lightbench"},
  expect = function(frame) bench.expect(page, frame) end,
  mutate = {
    { name = "light is not spread over pi", file = "brdf.glsl", find = "/ PI + specular) * nl;", replace = "/ 3.12 + specular) * nl;" },
  } }
page = bench.page("moon")
return page.sequence
