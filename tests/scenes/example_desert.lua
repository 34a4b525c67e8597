-- The desert of the light guide: sunny 16 under a clear sky at noon.
orrery.check{ golden = "../golden/example_desert", size = {160, 90}, aovs = { "display", "beauty" }, tolerance = { beauty = false }, samples = 2, tags = {"light", "example"},
  expect = function(frame)
    frame:near(frame.ev100, math.log(16 ^ 2 * 100) / math.log(2), 1e-9, "f/16, 1/100 s, ISO 100")
    frame:near(frame:mean{ aov = "beauty", roi = {0, 60, 160, 30} }, 13000, 5000, "sand at noon, nit")
    frame:near(frame:mean{ aov = "beauty", roi = {0, 0, 160, 6} }, 2500, 1500, "the sky away from the sun, nit")
  end,
  mutate = { { name = "the sun comes through no air", file = "sun.glsl", find = "* air_sun_transmittance(position)", replace = "* 1.0" } } }
return dofile("../../scripts/examples/noon_desert.lua")
