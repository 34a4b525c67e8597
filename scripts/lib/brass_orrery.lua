-- A brass orrery: the sun, five planets on geared arms, a moon, and a ring of months. Give it a scene and the length of the
-- shot; it gives back the node that holds all of it. Every turn is a whole one, so that the last frame leads into the first.
return function(scene, seconds)
  local root  = scene:group{ name = "orrery" }
  local brass = scene:material{ name = "brass", base_colour = {0.94, 0.60, 0.25}, metallic = 1, roughness = 0.2 }
  local steel = scene:material{ name = "steel", base_colour = {0.58, 0.60, 0.63}, metallic = 1, roughness = 0.28 }

  local function turning(turns, from_deg) -- an angle about Y as a function of time
    return function(t) return 0, from_deg + 360 * turns * t / seconds, 0 end
  end
  local function part(parent, material, shape, x, y, z)
    return scene:mesh{ parent = parent, material = material, shape = shape, position_m = {x or 0, y or 0, z or 0} }
  end

  -- The stand, turned on a lathe from a profile of {radius, height}; the sun stands on its tip and shines.
  local sun_height = 0.54
  part(root, brass, orrery.lathe{ segments = 96, profile = {
    {0, 0.46}, {0.012, 0.46}, {0.012, 0.17}, {0.034, 0.15}, {0.022, 0.125}, {0.028, 0.09}, {0.10, 0.06},
    {0.20, 0.045}, {0.235, 0.03}, {0.24, 0}, {0, 0} } })
  local gold = scene:material{ name = "gold", base_colour = {1, 0.72, 0.30}, metallic = 1, roughness = 0.15, emissive_nit = {11000, 5200, 900} }
  part(root, gold, orrery.sphere{ radius_m = 0.088, segments = 96, rings = 48 }, 0, sun_height, 0)
  scene:point{ parent = root, position_m = {0, sun_height, 0}, intensity_cd = 5000, colour = {1, 0.72, 0.42} }

  -- The ring of months on twelve legs.
  part(root, brass, orrery.ring{ outer_radius_m = 0.86, inner_radius_m = 0.80, height_m = 0.016, segments = 160 }, 0, 0.10, 0)
  local leg, knob = orrery.cylinder{ radius_m = 0.010, height_m = 0.10 }, orrery.sphere{ radius_m = 0.016 }
  for month = 1, 12 do
    local angle = math.rad(30 * month)
    local x, z = 0.83 * math.cos(angle), 0.83 * math.sin(angle)
    part(root, steel, leg, x, 0.05, z)
    part(root, brass, knob, x, 0.118, z)
  end

  -- One planet: a gear on the axis, an arm out to its orbit, a rod up, and the planet on it, all in a group that turns.
  local function planet(p)
    local wheel = scene:group{ name = p.name, parent = root, position_m = {0, p.height, 0}, rotation_deg = turning(p.turns, p.from_deg) }
    local up = sun_height - p.height
    part(wheel, brass, orrery.gear{ teeth = p.teeth, radius_m = p.teeth / 280, thickness_m = 0.016 })
    part(wheel, steel, orrery.box{ size_m = {p.orbit, 0.010, 0.018}, bevel_m = 0.003 }, p.orbit / 2, 0.012, 0)
    part(wheel, brass, orrery.cylinder{ radius_m = 0.006, height_m = up }, p.orbit, up / 2, 0)
    local paint = scene:material{ name = p.name, base_colour = p.colour, roughness = 0.32 }
    part(wheel, paint, orrery.sphere{ radius_m = p.size }, p.orbit, up, 0)
    return wheel, up
  end
  planet{ name = "mercury", orbit = 0.18, size = 0.020, turns = 5, from_deg = 40, height = 0.40, teeth = 14, colour = "#a08c7c" }
  planet{ name = "venus", orbit = 0.28, size = 0.034, turns = 3, from_deg = 160, height = 0.35, teeth = 18, colour = "#e6c58d" }
  local earth, up = planet{ name = "earth", orbit = 0.40, size = 0.036, turns = 2, from_deg = 285, height = 0.30, teeth = 22, colour = "#2f66b8" }
  planet{ name = "mars", orbit = 0.52, size = 0.028, turns = 1, from_deg = 215, height = 0.25, teeth = 26, colour = "#c25a2e" }
  local saturn, high = planet{ name = "saturn", orbit = 0.68, size = 0.056, turns = 1, from_deg = 350, height = 0.20, teeth = 30, colour = "#dcc08a" }

  local moon = scene:group{ name = "moon", parent = earth, position_m = {0.40, up, 0}, rotation_deg = turning(8, 0) }
  part(moon, brass, orrery.torus{ radius_m = 0.068, tube_radius_m = 0.0018 })
  part(moon, steel, orrery.sphere{ radius_m = 0.011 }, 0.068, 0, 0)
  for i = 0, 1 do
    local ring = orrery.ring{ outer_radius_m = 0.098 + 0.026 * i, inner_radius_m = 0.078 + 0.026 * i, height_m = 0.003, segments = 96 }
    part(saturn, brass, ring, 0.68, high, 0):set{ rotation_deg = {22, 0, 10} }
  end
  return root
end
