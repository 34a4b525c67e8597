-- LightBench, measured: renders its pages and prints what each card, lamp, sphere and colour shows against what it has to.
--     orrery run scripts/lightbench_measure.lua
--     orrery run scripts/lightbench_measure.lua --set page=noon
-- It ends with an error when a line does not hold.
local bench = require "lightbench_pages"
local choices = { "all", unpack(bench.names) }
local wanted = orrery.param{ name = "page", type = "enum", def = "all", choices = choices, doc = "Which page; or all of them" }

local lines, wrong = 0, 0
for _, name in ipairs(bench.names) do
  if wanted == "all" or wanted == name then
    local page = bench.page(name)
    print("LightBench: " .. name)
    for number = 0, page.sequence.frames - 1 do
      local frame = orrery.render{ sequence = page.sequence, frame = number, pixels = page.aovs }.frame
      for _, row in ipairs(page.measure(frame)) do
        print(bench.line(row))
        if row.expected then lines = lines + 1 end
        if not bench.holds(row) then wrong = wrong + 1 end
      end
    end
  end
end
print(("%d measured, %d wrong"):format(lines, wrong))
if wrong > 0 then error("LightBench: " .. wrong .. " of " .. lines .. " lines do not hold", 0) end
