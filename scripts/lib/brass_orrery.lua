-- A brass orrery: a wooden stand with a dial, a train of gears in an open frame, and six planets on their arms about the sun.
-- Give it a scene and the length of the shot; it gives back the node that holds all of it. Whatever turns makes whole turns
-- in that time, so that the last frame leads into the first.

-- The planets, from the sun outwards. The train gives the turns: two wheels of one pair have 60 teeth together, the arbor of
-- the drivers turns twice, so a wheel of n teeth turns 2 * (60 - n) / n times.
local planets = {
  { name = "mercury", orbit = 0.150, size = 0.022, teeth = 20, from_deg = 250, bands = {"#9a8470"} },
  { name = "venus", orbit = 0.225, size = 0.034, teeth = 24, from_deg = 140, bands = {"#e9cf9d"} },
  { name = "earth", orbit = 0.320, size = 0.041, teeth = 30, from_deg = 318, bands = {"#e8eef0", "#2c68b4", "#1f57a4", "#2c68b4", "#e8eef0"} },
  { name = "mars", orbit = 0.430, size = 0.031, teeth = 40, from_deg = 208, bands = {"#e9d8cb", "#b9502a", "#b9502a", "#b9502a"} },
  { name = "jupiter", orbit = 0.550, size = 0.072, teeth = 40, from_deg = 20, bands = {"#8d6a50", "#dcc6a4", "#a8693f", "#efe0c4", "#e3cda9", "#9c5d3a", "#dcc6a4", "#8d6a50"} },
  { name = "saturn", orbit = 0.690, size = 0.056, teeth = 40, from_deg = 158, bands = {"#b79a66", "#dcc28c", "#e8d3a4", "#dcc28c", "#b79a66"} },
}

-- Stars of the twelve signs on the dial: pairs along the dial and outwards, -9 to 9.
local signs = {
  {-7,-2, 0,4, 4,3, 6,0}, {-8,7, -3,2, 0,0, 3,-3, -7,-4, -1,-1}, {-6,5, -5,-5, 0,4, 1,-6, 5,6, 7,-4}, {-6,-5, 0,0, 1,3, 5,-6, 2,7},
  {-7,-3, -2,-4, 3,-2, 4,3, 1,6, 7,5}, {-8,0, -4,3, 0,0, 3,-5, 3,5, 7,2}, {-5,-4, -1,4, 5,2, 1,-5}, {-8,5, -6,1, -3,-2, 1,-5, 5,-5, 7,-1},
  {-6,-2, -2,-5, 0,1, 3,5, 5,-2, 1,-1}, {-7,4, -3,-1, 1,-5, 6,-1, 2,3}, {-8,3, -5,5, -1,2, 2,-3, 5,-1, 7,-6}, {-8,6, -6,0, -3,-5, 2,-2, 6,2, 8,5},
}

return function(scene, seconds)
  local function metal(colour, roughness) return scene:material{ base_colour = colour, metallic = 1, roughness = roughness } end
  local function enamel(colour, roughness) return scene:material{ base_colour = colour, roughness = roughness or 0.18 } end
  local brass, satin = metal({0.91, 0.72, 0.35}, 0.2), metal({0.85, 0.64, 0.29}, 0.36)
  local gold, steel = metal({1, 0.76, 0.34}, 0.16), metal({0.60, 0.61, 0.63}, 0.26)
  local wood, ink, night = enamel({0.060, 0.020, 0.008}, 0.24), enamel({0.012, 0.011, 0.010}, 0.5), enamel({0.008, 0.020, 0.070}, 0.14)

  local root = scene:group{ name = "orrery" }
  local function part(parent, material, shape, position_m, rotation_deg)
    return scene:mesh{ parent = parent, material = material, shape = shape, position_m = position_m or {0, 0, 0}, rotation_deg = rotation_deg or {0, 0, 0} }
  end
  local function group(parent, position_m, rotation_deg)
    return scene:group{ parent = parent, position_m = position_m or {0, 0, 0}, rotation_deg = rotation_deg or {0, 0, 0} }
  end
  local function turning(turns, from_deg) -- an angle about Y as a function of time
    return function(t) return 0, from_deg + 360 * turns * t / seconds, 0 end
  end
  local function around(count, radius, place) -- calls place(x, z, degrees) evenly around the axis
    for i = 0, count - 1 do
      local a = 360 * i / count
      place(radius * math.sin(math.rad(a)), radius * math.cos(math.rad(a)), a)
    end
  end
  local function disc(radius, height) return orrery.cylinder{ radius_m = radius, height_m = height, segments = 96 } end
  local function hoop(parent, material, radius, tube, y)
    return part(parent, material, orrery.torus{ radius_m = radius, tube_radius_m = tube, segments = 160, tube_segments = 12 }, {0, y, 0})
  end

  -- The stand, turned on a lathe from a profile of {radius, height}, on brass feet.
  part(root, wood, orrery.lathe{ segments = 160, crease_deg = 24, profile = {
    {0, 0.104}, {0.652, 0.104}, {0.660, 0.102}, {0.664, 0.097}, {0.664, 0.090}, {0.674, 0.086}, {0.688, 0.078}, {0.694, 0.068},
    {0.694, 0.058}, {0.702, 0.055}, {0.718, 0.050}, {0.726, 0.042}, {0.726, 0.030}, {0.720, 0.024}, {0, 0.024} } })
  hoop(root, brass, 0.695, 0.0045, 0.062)
  around(6, 0.64, function(x, z)
    part(root, brass, orrery.lathe{ segments = 32, profile = { {0, 0.026}, {0.030, 0.026}, {0.044, 0.016}, {0.044, 0.010}, {0.030, 0}, {0, 0} } }, {x, 0, z})
  end)

  -- The dial: a brass ring with divisions, and the signs as brass stars in blue enamel.
  part(root, satin, orrery.ring{ outer_radius_m = 0.640, inner_radius_m = 0.548, height_m = 0.006, segments = 160 }, {0, 0.107, 0})
  part(root, ink, orrery.gear{ teeth = 180, radius_m = 0.630, tooth_height_m = 0.016, thickness_m = 0.0008, bore_radius_m = 0.612 }, {0, 0.1101, 0})
  part(root, ink, orrery.ring{ outer_radius_m = 0.562, inner_radius_m = 0.559, height_m = 0.0008, segments = 160 }, {0, 0.1101, 0})
  part(root, night, orrery.ring{ outer_radius_m = 0.540, inner_radius_m = 0.408, height_m = 0.004, segments = 160 }, {0, 0.106, 0})
  for _, radius in ipairs{ 0.642, 0.544, 0.404 } do hoop(root, brass, radius, 0.005, 0.108) end
  local bar, mark, star = orrery.box{ size_m = {0.004, 0.004, 0.13} }, orrery.box{ size_m = {0.004, 0.0008, 0.05} }, orrery.sphere{ radius_m = 0.0048, segments = 12, rings = 8 }
  around(12, 0.474, function(x, z, a) part(root, brass, bar, {x, 0.1072, z}, {0, a, 0}) end)
  around(36, 0.588, function(x, z, a) part(root, ink, mark, {x, 0.1101, z}, {0, a, 0}) end)
  for i, stars in ipairs(signs) do
    local sign = group(root, nil, {0, 30 * i - 15, 0})
    for k = 1, #stars, 2 do
      local a, radius = math.rad(1.3 * stars[k]), 0.474 + 0.0056 * stars[k + 1]
      part(sign, brass, star, {radius * math.sin(a), 0.1085, radius * math.cos(a)})
    end
  end

  -- The frame: a plate, six turned pillars with screws, an open wheel above.
  local pillar = orrery.lathe{ segments = 32, profile = { {0, 0.276}, {0.009, 0.276}, {0.013, 0.262}, {0.006, 0.252}, {0.009, 0.20}, {0.006, 0.142},
    {0.014, 0.130}, {0.014, 0.122}, {0, 0.122} } }
  part(root, satin, orrery.lathe{ segments = 128, profile = { {0, 0.122}, {0.262, 0.122}, {0.272, 0.116}, {0.272, 0.104}, {0, 0.104} } })
  part(root, satin, orrery.ring{ outer_radius_m = 0.262, inner_radius_m = 0.228, height_m = 0.010, segments = 128 }, {0, 0.271, 0})
  local screw, slot = orrery.cylinder{ radius_m = 0.008, height_m = 0.004, segments = 24 }, orrery.box{ size_m = {0.002, 0.001, 0.014} }
  around(6, 0.245, function(x, z, a)
    part(root, brass, pillar, {x, 0, z})
    part(root, steel, screw, {x, 0.279, z})
    part(root, ink, slot, {x, 0.2811, z}, {0, 40 + 3 * a, 0})
    part(root, satin, orrery.box{ size_m = {0.022, 0.009, 0.21}, bevel_m = 0.002 }, {x / 2, 0.2705, z / 2}, {0, a, 0})
  end)
  part(root, brass, disc(0.046, 0.018), {0, 0.272, 0})

  -- The train: pairs of wheels with teeth of one size, so their axes lie half of 60 teeth apart. The arbor stands at 30 degrees.
  local tooth, axis_deg = 0.0056, 30
  local away = 60 / 2 * tooth
  local arbor = group(root, {away * math.sin(math.rad(axis_deg)), 0, away * math.cos(math.rad(axis_deg))}, turning(-2, 0))
  part(arbor, steel, orrery.cylinder{ radius_m = 0.008, height_m = 0.17 }, {0, 0.20, 0})
  local function wheel(parent, teeth, y, deg, material)
    part(parent, material, orrery.gear{ teeth = teeth, radius_m = tooth * (teeth / 2 + 1), thickness_m = 0.008, bore_radius_m = tooth * (teeth / 2 - 4.5) }, {0, y, 0}, {0, deg, 0})
    part(parent, material, disc(0.020, 0.012), {0, y, 0})
    for spoke = 0, 2 do part(parent, material, orrery.box{ size_m = {0.010, 0.006, tooth * (teeth - 8)} }, {0, y, 0}, {0, 60 * spoke, 0}) end
  end

  -- The sun stands on the innermost rod and shines.
  local sun_y = 0.60
  part(root, gold, orrery.lathe{ segments = 48, profile = { {0, sun_y}, {0.011, sun_y}, {0.011, 0.536}, {0.020, 0.524}, {0.012, 0.512}, {0.012, 0.11}, {0, 0.11} } })
  part(root, scene:material{ base_colour = {1, 0.70, 0.26}, metallic = 1, roughness = 0.22, emissive_nit = {1500, 760, 170} },
       orrery.sphere{ radius_m = 0.092, segments = 96, rings = 48 }, {0, sun_y, 0})
  scene:point{ parent = root, position_m = {0, sun_y, 0}, intensity_cd = 900, colour = {1, 0.68, 0.36} }

  -- A planet is a stack of bands, each a part of a sphere turned on the lathe.
  local function ball(parent, radius, bands, position_m, tilt_deg)
    local globe = group(parent, position_m, {0, 0, tilt_deg})
    for i, colour in ipairs(bands) do
      local profile = {}
      for k = 0, 12 do
        local a = math.pi * (i - 1 + k / 12) / #bands
        profile[k + 1] = {math.max(0, radius * math.sin(a)), radius * math.cos(a)}
      end
      part(globe, enamel(colour), orrery.lathe{ segments = 64, profile = profile })
    end
    part(globe, brass, orrery.cylinder{ radius_m = radius * 0.07, height_m = radius * 2.3, segments = 12 })
    return globe
  end

  local globes = {}
  for i, p in ipairs(planets) do
    local turns, gear_y, arm_y, planet_y = 2 * (60 - p.teeth) / p.teeth, 0.252 - 0.019 * i, 0.510 - 0.035 * i, sun_y - 0.012 * i
    local spin, tube = group(root, nil, turning(turns, p.from_deg)), 0.012 + 0.0035 * i
    wheel(spin, p.teeth, gear_y, axis_deg - 0.28 * 360 / p.teeth - p.from_deg, brass)
    wheel(arbor, 60 - p.teeth, gear_y, axis_deg + 180 - 0.78 * 360 / (60 - p.teeth), satin)
    part(spin, satin, orrery.cylinder{ radius_m = tube, height_m = arm_y - gear_y }, {0, (arm_y + gear_y) / 2, 0})
    -- The arm: a hub with its screw, a tapered rod out and a counterweight behind, a finial, a pin up.
    part(spin, brass, orrery.lathe{ segments = 48, profile = { {0, 0.013}, {tube + 0.006, 0.013}, {tube + 0.012, 0.006}, {tube + 0.012, -0.006}, {tube + 0.006, -0.013}, {0, -0.013} } }, {0, arm_y, 0})
    part(spin, steel, orrery.sphere{ radius_m = 0.006, segments = 16, rings = 8 }, {0, arm_y, tube + 0.012})
    part(spin, brass, orrery.cylinder{ radius_m = 0.0085, top_radius_m = 0.005, height_m = p.orbit, segments = 24 }, {p.orbit / 2, arm_y, 0}, {0, 0, -90})
    part(spin, brass, orrery.cylinder{ radius_m = 0.007, top_radius_m = 0.004, height_m = 0.085, segments = 24 }, {-0.045, arm_y, 0}, {0, 0, 90})
    part(spin, brass, orrery.sphere{ radius_m = 0.013, segments = 32, rings = 16 }, {-0.092, arm_y, 0})
    part(spin, brass, orrery.lathe{ segments = 32, profile = { {0, planet_y - arm_y}, {0.004, planet_y - arm_y}, {0.004, 0.030}, {0.009, 0.020}, {0.006, 0.012},
      {0.012, 0.004}, {0.012, -0.006}, {0.004, -0.014}, {0.006, -0.020}, {0, -0.026} } }, {p.orbit, arm_y, 0})
    globes[p.name] = { spin = spin, x = p.orbit, y = planet_y, node = ball(spin, p.size, p.bands, {p.orbit, planet_y, 0}, p.name == "saturn" and 20 or 8) }
  end

  -- The moon goes about the earth on its own small arm; Saturn has its rings.
  local earth = globes.earth
  local moon = group(earth.spin, {earth.x, earth.y - 0.050, 0}, turning(8, 0))
  part(moon, brass, orrery.cylinder{ radius_m = 0.0028, height_m = 0.070, segments = 16 }, {0.035, 0, 0}, {0, 0, 90})
  part(moon, brass, orrery.cylinder{ radius_m = 0.0028, height_m = 0.05, segments = 16 }, {0.070, 0.025, 0})
  part(moon, enamel{0.75, 0.74, 0.70}, orrery.sphere{ radius_m = 0.0115 }, {0.070, 0.05, 0})
  for i, width in ipairs{ 0.020, 0.016 } do
    local outer = 0.086 + 0.024 * (i - 1)
    part(globes.saturn.node, satin, orrery.ring{ outer_radius_m = outer, inner_radius_m = outer - width, height_m = 0.0026, segments = 96 })
  end
  return root
end
