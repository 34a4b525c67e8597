return { name = "m", abi = 1, version = "1.0", doc = "d", role = "tonemap",
  params = { { name = "p", type = "vec3", def = {1, 0.5, 0}, min = 0, max = 4, soft_min = 0, soft_max = 1, neutral = 1, group = "g",
    aliases = {"a", "b"}, interp = "log", doc = "d", rebuild = "spec", cpu = true },
    { name = "q", type = "enum", def = "a", choices = "a|b", doc = "d" }, { name = "r", type = "bool", def = true, doc = "d" } },
  passes = { { name = "main", stage = "lens", shader = "m.comp", after = {"x.main"}, size_of = "ldr", scale_log2 = -1, pointwise = true,
    binds = { {"ldr", "modify"}, {"depth", "read", at = "sky"}, {"m.x", "create", format = "rgba16f"} } } },
  products = { { name = "lut", doc = "d", keys = {"p"}, rate = "shot", format = "rgba16f", width = 8, height = 8, depth = 8, shader = "l.comp" } } }
