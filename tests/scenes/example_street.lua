-- The overcast street of the light guide: an 18 % card in 10 000 lx, exposed as an incident meter says.
orrery.check{ golden = "../golden/example_street", size = {160, 90}, aovs = { "display", "beauty" }, tolerance = { beauty = false }, samples = 2, tags = {"light", "example"},
  expect = function(frame)
    local r, g, b = frame:pixel(147, 78, "beauty")
    frame:near(frame.ev100, math.log(10000 * 100 / 250) / math.log(2), 0.001, "f/8, 1/125 s, ISO 200 is what an incident meter shows")
    frame:near((0.2126 * r + 0.7152 * g + 0.0722 * b) * math.pi / 0.18, 10000, 100, "light on the card, which shows the same from every side")
  end,
  mutate = {
    { name = "the ground's light is that of the sky", file = "environment.glsl", find = "frame.sh[1].rgb * n.y", replace = "0.5 * frame.sh[1].rgb * n.y" },
  } }
return dofile("../../scripts/examples/overcast_street.lua")
