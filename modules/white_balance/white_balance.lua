return {
  name = "white_balance",
  abi = 1,
  version = "1.0.0",
  doc = "makes what is white in the scene's light white in the picture",
  params = {
    { name = "temperature_k", type = "f32", def = 5003, min = 1667, max = 25000, neutral = 6504, soft_min = 2500, soft_max = 12000, interp = "log", doc = "colour temperature of the light that is to look white: 2856 a light bulb, 5003 D50, 6504 as rendered" },
    { name = "tint", type = "f32", def = 0, min = -150, max = 150, neutral = 0, doc = "how far that light lies off the locus, 1/3000 of CIE 1960 uv a unit: above 0 it is greener, and the picture turns magenta" },
    { name = "method", type = "enum", choices = { "cat16", "bradford" }, def = "cat16", rebuild = "spec", doc = "chromatic adaptation: CAT16, or Bradford as ICC profiles have it" },
  },
  passes = {
    { name = "main", stage = "white_balance", shader = "white_balance.comp", size_of = "hdr", pointwise = true, binds = { { "hdr", "modify" } } },
  },
}
