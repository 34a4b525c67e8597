-- LightBench, materials: mirror to rough spheres in the sun, in a white furnace, under a sky.
local bench, page = require "lightbench_pages"
orrery.check{ golden = "../golden/lightbench_materials", frames = "0-2", aovs = { "display", "beauty" }, tolerance = { beauty = false }, tags = {"light", "lightbench"},
  expect = function(frame) bench.expect(page, frame) end,
  mutate = {
    { name = "light is not spread over pi", file = "brdf.glsl", find = "/ PI + specular) * nl;", replace = "/ 3.12 + specular) * nl;" },
    { name = "light that is scattered twice in the surface is lost", file = "lighting.glsl", find = "+ (kd + multiple) *", replace = "+ kd *" },
    { name = "mirrors turn the sky upside down", file = "lighting.glsl", find = "reflect(-v, n)", replace = "(reflect(-v, n) * vec3(1.0, -1.0, 1.0))" },
  } }
page = bench.page("materials")
return page.sequence
