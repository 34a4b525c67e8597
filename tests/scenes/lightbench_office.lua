-- LightBench, office: cards around a lamp that gives each of them 500 lx.
local bench, page = require "lightbench_pages"
orrery.check{ golden = "../golden/lightbench_office", frames = "0-3", aovs = { "display", "beauty" }, tolerance = { beauty = false }, tags = {"light", "lightbench"},
  expect = function(frame) bench.expect(page, frame) end,
  mutate = {
    { name = "light is not spread over pi", file = "brdf.glsl", find = "/ PI + specular) * nl;", replace = "/ 3.12 + specular) * nl;" },
    { name = "a card turned away gets as much", file = "brdf.glsl", find = "+ specular) * nl;", replace = "+ specular);" },
  } }
page = bench.page("office")
return page.sequence
