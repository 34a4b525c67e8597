-- LightBench: cards, lamps, spheres and a colour chart in light that is known beforehand, one page at a time.
--     orrery render scripts/lightbench.lua --set page=noon
--     orrery run scripts/lightbench_measure.lua          (measured against expected)
-- Its frames are the page's shots: a scenario's camera preset, metered off the 18 % card, metered by incident light; lamps one by one.
local bench = require "lightbench_pages"
local page = orrery.param{ name = "page", type = "enum", def = "noon", choices = bench.names, doc = "What to show: a scenario, or lamps, materials, colours" }
return bench.page(page).sequence
