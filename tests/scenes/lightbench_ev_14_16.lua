-- LightBench, EV 14 to 16: three suns outdoors, each metered off the 18 % card.
local bench, page = require "lightbench_pages"
orrery.check{ golden = "../golden/lightbench_ev_14_16", frames = "0-2", aovs = { "display", "beauty" }, tolerance = { beauty = false }, tags = {"light", "lightbench"},
  expect = function(frame) bench.expect(page, frame) end,
  mutate = {
    { name = "light is not spread over pi", file = "brdf.glsl", find = "/ PI + specular) * nl;", replace = "/ 3.12 + specular) * nl;" },
    { name = "the display clips early", file = "encode.comp", find = "c = clamp(c, 0.0, 1.0);", replace = "c = clamp(1.2 * c, 0.0, 1.0);" },
  } }
page = bench.page("ev_14_16")
return page.sequence
