-- The valley of the light guide: a long exposure by moonlight, with stars.
orrery.check{ golden = "../golden/example_valley", size = {160, 90}, aovs = { "display", "beauty" }, tolerance = { beauty = false }, samples = 2, tags = {"light", "example"},
  expect = function(frame)
    frame:near(frame.ev100, math.log(2 ^ 2 / 30 / 8) / math.log(2), 1e-9, "f/2, 30 s, ISO 800")
    frame:expect(frame:max{ aov = "beauty", roi = {0, 60, 160, 30} } < 0.05, "no ground by moonlight is brighter than white paper by full moon")
  end,
  mutate = { { name = "the moon shines through no air", file = "lights.glsl", find = "colour *= air_moon_transmittance(s.position);", replace = "colour *= 1.0;" } } }
return dofile("../../scripts/examples/moonlit_valley.lua")
