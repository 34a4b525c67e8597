-- LightBench, EV 9.7: a stage lamp, metered off the 18 % card.
local bench, page = require "lightbench_pages"
orrery.check{ golden = "../golden/lightbench_ev_9_7", aovs = { "display", "beauty" }, tolerance = { beauty = false }, tags = {"light", "lightbench"},
  expect = function(frame) bench.expect(page, frame) end,
  mutate = {
    { name = "light is not spread over pi", file = "brdf.glsl", find = "/ PI + specular) * nl;", replace = "/ 3.12 + specular) * nl;" },
  } }
page = bench.page("ev_9_7")
return page.sequence
