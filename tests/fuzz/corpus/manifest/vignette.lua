return {
  name = "vignette",
  abi = 1,
  version = "1.0.0",
  doc = "darkens the corners of the picture, as a lens does",
  params = {
    { name = "strength", type = "f32", def = 0.35, min = 0, max = 1, neutral = 0, doc = "how much light the farthest corner loses: 0 none, 1 all" },
    { name = "radius", type = "f32", def = 0.3, min = 0, max = 1, doc = "where it begins, from the centre (0) to the corner (1)" },
    { name = "softness", type = "f32", def = 0.7, min = 0.01, max = 2, doc = "how far it takes to reach its full strength, in the same measure" },
  },
  passes = {
    { name = "main", stage = "lens", shader = "vignette.comp", size_of = "ldr", pointwise = true, binds = { { "ldr", "modify" } } },
  },
}
