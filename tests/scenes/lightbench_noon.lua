-- LightBench, high noon: cards under a sun of 100 000 lx, by camera preset, reflected, incident and automatic metering.
local bench, page = require "lightbench_pages"
orrery.check{ golden = "../golden/lightbench_noon", frames = "0-3", aovs = { "display", "beauty" }, tolerance = { beauty = false }, tags = {"light", "lightbench"},
  expect = function(frame) bench.expect(page, frame) end,
  mutate = {
    { name = "light is not spread over pi", file = "brdf.glsl", find = "/ PI + specular) * nl;", replace = "/ 3.12 + specular) * nl;" },
    { name = "the law of cosines is forgotten", file = "brdf.glsl", find = "+ specular) * nl;", replace = "+ specular) * sqrt(nl);" },
    { name = "middle grey is shown too dark", file = "encode.comp", find = "1.055 * pow(max(c, vec3(1e-8)), vec3(1.0 / 2.4))", replace = "1.055 * pow(max(0.96 * c, vec3(1e-8)), vec3(1.0 / 2.4))" },
    { name = "the meter sees red alone", file = "histogram.comp", find = "vec3(0.2126, 0.7152, 0.0722)", replace = "vec3(0.25, 0.0, 0.0)" },
  } }
page = bench.page("noon")
return page.sequence
