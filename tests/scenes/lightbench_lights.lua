-- LightBench, lights: lamps of each kind at measured distances above a white card; illuminance against the closed forms.
local bench, page = require "lightbench_pages"
orrery.check{ golden = "../golden/lightbench_lights", frames = "0-7", aovs = { "display", "beauty" }, tolerance = { beauty = false }, tags = {"light", "lightbench"},
  expect = function(frame) bench.expect(page, frame) end,
  mutate = {
    { name = "light is not spread over pi", file = "brdf.glsl", find = "/ PI + specular) * nl;", replace = "/ 3.12 + specular) * nl;" },
    { name = "light falls off with distance alone", file = "lights.glsl", find = "(cone * window / falloff)", replace = "(cone * window * inversesqrt(falloff))" },
    { name = "areas shine one part in a hundred too bright", file = "lights.glsl", find = "axis.xyz, s) * colour * window", replace = "axis.xyz, s) * colour * (1.01 * window)" },
  } }
page = bench.page("lights")
return page.sequence
