-- The room of the light guide: a bulb, a spot, a window and a globe, each with its shadows.
orrery.check{ golden = "../golden/example_room", size = {160, 90}, samples = 2, tags = {"light", "example"},
  mutate = {
    { name = "areas shine twice as bright as they look", file = "lights.glsl", find = "axis.xyz, s) * colour * window", replace = "axis.xyz, s) * colour * (2.0 * window)" },
  } }
return dofile("../../scripts/examples/lamps_in_a_room.lua")
