-- LightBench, colour chart: 24 published colours through the whole pipeline; and CIEDE2000 against its published pairs.
local bench, page = require "lightbench_pages"
orrery.check{ golden = "../golden/lightbench_chart", tags = {"light", "lightbench"},
  expect = function(frame)
    local colour = require "colour"
    for i, pair in ipairs(dofile("lib/sharma_2005.lua")) do
      frame:near(colour.delta_e_2000(pair[1], pair[2]), pair[3], 0.00005, "CIEDE2000 of pair " .. i)
      frame:near(colour.delta_e_2000(pair[2], pair[1]), pair[3], 0.00005, "CIEDE2000 of pair " .. i .. ", turned around")
    end
    bench.expect(page, frame)
    frame:expect(table.concat(page.outside, ", ") == "cyan", "cyan alone lies outside of the sRGB gamut")
  end,
  mutate = {
    { name = "a display curve of 2.2", file = "encode.comp", find = "1.0 / 2.4", replace = "1.0 / 2.2" },
    { name = "red leaks into green", file = "resolve.comp", find = "vec4(s.base, s.f0)", replace = "vec4(s.base.r, mix(s.base.g, s.base.r, 0.05), s.base.b, s.f0)" },
  } }
page = bench.page("chart")
return page.sequence
