-- LightBench: pages of cards, lamps, spheres and colours whose light is known beforehand. A page is a sequence and the list of what its
-- frames have to measure; scripts/lightbench.lua shows pages, scripts/lightbench_measure.lua prints measured against expected, and the
-- regression scenes tests/scenes/lightbench_*.lua hold them to it.
local colour = require "colour"
local bench = { reflected_k = 12.5, incident_c = 250 } -- calibration constants of ISO 2720:1974

-- Exposure: EV100 that a meter shows, and the factor that such a setting brings nit to (docs/light-like-a-photographer.md).
function bench.reflected_ev(luminance_nit) return math.log(luminance_nit * 100 / bench.reflected_k) / math.log(2) end
function bench.incident_ev(illuminance_lx) return math.log(illuminance_lx * 100 / bench.incident_c) / math.log(2) end
function bench.exposure(ev) return 18 / bench.reflected_k * 2 ^ -ev end

-- One line of a report. `within` is a part of the expected value unless `absolute`.
local function row(what, unit, measured, expected, within, absolute)
  return { what = what, unit = unit, measured = measured, expected = expected, within = absolute and within or within * expected, near = within ~= nil }
end
local function told(what, unit, value) return { what = what, unit = unit, measured = value } end
-- Base colours, normals and what is lit are held in half floats: a driver that rounds towards zero takes 1/1024 of each at most.
local HALF = 3 / 1024

local function matte(scene, r, g, b)
  return scene:material{ base_colour = { r, g or r, b or r }, roughness = 1, ior = 1 } -- without an interface there is no gloss: Lambert's law alone
end
local function look_down(scene, height)
  return scene:camera{ position_m = {0, 20, 0}, look_at_m = {0, 0, 0}, up = {0, 0, -1}, ortho_height_m = height }
end
-- Light in nit at a pixel, and its middle grey.
local function nit(frame, x, y)
  local r, g, b = frame:pixel(x, y, "beauty")
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
end

-- --- pages of a scenario: cards that face the light ------------------------------------------------------------------------------------

-- What lights the cards: the sun above, a sky that is the same all around, a lamp above which they lie around, the full moon above.
local lighting = {}
function lighting.sun(scene, lux) scene:sun{ elevation_deg = 90, illuminance_lx = lux } end
function lighting.sky(scene, lux)
  scene:environment{ source = "constant", luminance_nit = lux / math.pi, background = "colour" }
end
function lighting.moon(scene, lux) scene:moon{ elevation_deg = 90, illuminance_lx = lux, phase_deg = 0 } end
local CARD_Z = -1.45 -- the centre of a line of pixels
local LAMP_M = 10
function lighting.lamp(scene, lux)
  scene:point{ position_m = {0, LAMP_M, CARD_Z}, intensity_cd = lux * LAMP_M ^ 2 }
end

-- `shots`: one frame each. An 18 % card shows reflected EV = log2(0.18 / pi * E * 100 / 12.5).
local function metered(lux) return bench.reflected_ev(0.18 / math.pi * lux) end
local function lux_at(ev) return bench.reflected_k / 100 * 2 ^ ev * math.pi / 0.18 end
local function scenario(light, lux, preset, preset_ev, outdoors)
  return { light = light, outdoors = outdoors, shots = {
    { label = "camera preset " .. preset, lux = lux, mode = preset, ev = preset_ev },
    { label = "metered off the 18 % card", lux = lux, mode = "manual", ev = metered(lux) },
    { label = "metered by incident light", lux = lux, mode = "manual", ev = bench.incident_ev(lux) },
    { label = "automatic, a spot on the 18 % card", lux = lux, mode = "auto", ev = metered(lux) } } }
end
local function at_ev(light, outdoors, ...)
  local shots = {}
  for i, ev in ipairs{...} do shots[i] = { label = "EV " .. ev, lux = lux_at(ev), mode = "manual", ev = ev } end
  return { light = light, outdoors = outdoors, shots = shots }
end
local scenarios = {
  noon = scenario("sun", 100000, "high_noon", 14.64, true),
  overcast = scenario("sky", 10000, "overcast", 11.32, true),
  office = scenario("lamp", 500, "office", 6.97),
  moon = scenario("moon", 0.25, "full_moon", -2.00),
  ev_9_7 = at_ev("lamp", false, 9.7),
  ev_14_16 = at_ev("sun", true, 14, 15, 16),
}

local CARDS = { { "grey card", 0.5, -6 }, { "white card", 1, -2 }, { "18 % card", 0.18, 2 }, { "18 % card, turned by 60 deg", 0.18, 6, 60 } }
local STEPS, STEP_EV = 17, 0.25 -- the wedge: from 1 EV above the card of the first shot

local function wedge_ev(i) return 1 + (i - 1) * STEP_EV end
local function cards(scene, light)
  for _, card in ipairs(CARDS) do
    local place, angle = { card[3], 0, CARD_Z }, 0
    if light == "lamp" then -- on a circle around the lamp, each turned to it
      angle = card[3] / LAMP_M
      place = { LAMP_M * math.sin(angle), LAMP_M - LAMP_M * math.cos(angle), CARD_Z }
    end
    scene:mesh{ shape = orrery.plane{ width_m = 3, depth_m = 3 }, position_m = place, rotation_deg = { card[4] or 0, 0, 0 },
                rotation = { 0, 0, math.sin(angle / 2), math.cos(angle / 2) }, casts_shadow = false, material = matte(scene, card[2]) }
  end
end
local function wedge(scene, card_nit)
  for i = 1, STEPS do
    local l = card_nit * 2 ^ wedge_ev(i)
    scene:mesh{ shape = orrery.plane{ width_m = 0.86, depth_m = 1.6 }, position_m = { (i - 1 - (STEPS - 1) / 2) * 0.9, 0, 2.7 }, casts_shadow = false,
                material = scene:material{ base_colour = {0, 0, 0}, roughness = 1, ior = 1, emissive_nit = {l, l, l} } }
  end
end

-- Where the display ends: the wedge's first step that is shown as white, and its distance from the 18 % card.
local function clipping(frame, first_nit, at)
  for i = 1, STEPS do
    local x, y = at((i - 1 - (STEPS - 1) / 2) * 0.9, 2.7)
    local r = frame:pixel(x, y)
    if r == 1 then return first_nit * 2 ^ wedge_ev(i) end
  end
end

local function scenario_page(name)
  local s = scenarios[name]
  local shots, size = s.shots, { 160, 90 }
  local function shot(t) return shots[math.floor(t + 0.5) + 1] end
  local scene, animated = orrery.scene(), {}
  for i = 2, #shots do if shots[i].lux ~= shots[1].lux then animated = true end end
  lighting[s.light](scene, animated == true and function(t) return shot(t).lux end or shots[1].lux)
  cards(scene, s.light)
  wedge(scene, 0.18 / math.pi * shots[1].lux)
  local function at(x, z) return math.floor((x / 16 + 0.5) * size[1]), math.floor((z / 9 + 0.5) * size[2]) end
  local exposure = { mode = function(t) return shot(t).mode end, ev = function(t) return shot(t).ev end }
  if shots[#shots].mode == "auto" then
    exposure.metering, exposure.spot_position, exposure.spot_radius = "spot", { 2 / 16 + 0.5, CARD_Z / 9 + 0.5 }, 0.05
  end
  local page = { size = size, aovs = { "display", "beauty" } }
  page.sequence = orrery.sequence{ name = "lightbench_" .. name, scene = scene, camera = look_down(scene, 9), size = size, samples = 1, fps = 1, frames = #shots,
    modules = { tonemap = { operator = "none" }, exposure = exposure } }
  function page.measure(frame)
    local now, rows = shots[frame.number + 1], {}
    for i, card in ipairs(CARDS) do
      local x, tilt = card[3], card[4] or 0
      if s.light == "lamp" then x = LAMP_M * math.sin(x / LAMP_M) end
      local measured, expected = nit(frame, at(x, CARD_Z)), now.lux / math.pi * card[2] * math.cos(math.rad(tilt))
      if tilt == 0 or s.light ~= "sky" then rows[i] = row(now.label .. ": " .. card[1], "nit", measured, expected, HALF) end
    end
    local card_nit = rows[3].measured
    local function add(r) rows[#rows + 1] = r end
    add(row(now.label .. ": EV", "EV", frame.ev100, now.ev, now.mode == "auto" and 0.005 or 1e-9, true))
    add(row(now.label .. ": the 18 % card exposed", "", card_nit * frame.exposure, 0.18 / math.pi * now.lux * bench.exposure(now.ev), 0.001, true))
    add(row(now.label .. ": a reflected meter on the 18 % card", "EV", bench.reflected_ev(card_nit), metered(now.lux), 0.002, true))
    if s.outdoors then add(row(now.label .. ": outdoors, a meter shows 12 to 16", "EV", bench.reflected_ev(card_nit), 14, 2, true)) end
    local clip, seen = 1 / frame.exposure, clipping(frame, 0.18 / math.pi * shots[1].lux, at)
    local x, y = at(2, CARD_Z)
    add(row(now.label .. ": the 18 % card as shown", "", (frame:pixel(x, y)), colour.srgb_encode(card_nit * frame.exposure), 0.6 / 255, true))
    -- between the first step that is white and the one before
    add(row(now.label .. ": the display clips, by the wedge", "nit", seen or 0, clip * 2 ^ (STEP_EV / 2), 2 ^ (STEP_EV / 2) - 0.995))
    add(told(now.label .. ": the display clips at", "nit", clip))
    add(told(now.label .. ": that is above the 18 % card by", "EV", math.log(clip / card_nit) / math.log(2)))
    return rows
  end
  return page
end

-- --- lamps at measured distances ---------------------------------------------------------------------------------------------------------

-- Illuminance of a polygon of even luminance, exact (Lambert 1760): half the luminance times the edges' angles along their normals.
local function polygon_lx(luminance_nit, corners, point)
  local sum, n = 0, #corners
  local function to(i)
    local c = corners[(i - 1) % n + 1]
    local x, y, z = c[1] - point[1], c[2] - point[2], c[3] - point[3]
    local length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length
  end
  for i = 1, n do
    local ax, ay, az = to(i)
    local bx, by, bz = to(i + 1)
    local cy = az * bx - ax * bz -- y of the cross product: the card lies flat
    local cx, cz = ay * bz - az * by, ax * by - ay * bx
    local sine = math.sqrt(cx * cx + cy * cy + cz * cz)
    sum = sum + math.atan2(sine, ax * bx + ay * by + az * bz) * cy / sine
  end
  return math.abs(luminance_nit / 2 * sum)
end
local function rect_corners(width, depth, height)
  local x, z = width / 2, depth / 2
  return { { -x, height, -z }, { x, height, -z }, { x, height, z }, { -x, height, z } }
end
local function disc_corners(radius, height)
  local corners, n = {}, 512
  local r = radius * math.sqrt(2 * math.pi / n / math.sin(2 * math.pi / n)) -- the area of the disc
  for i = 1, n do
    local angle = 2 * math.pi * i / n
    corners[i] = { r * math.cos(angle), height, r * math.sin(angle) }
  end
  return corners
end

-- Stations: what hangs D metres above the middle of a white card, and what it gives at x metres from the middle.
local D = 2
local down = { -90, 0, 0 } -- -Z turned to look down
local function of_intensity(candela) return function(x) return candela * D / (D * D + x * x) ^ 1.5 end end
local SPOT_OUTER, SPOT_INNER = 40, 35
local stations = {
  { "point, 50 000 lm", function(scene, on) scene:point{ position_m = {0, D, 0}, flux_lm = 50000, visible = on } end, of_intensity(50000 / (4 * math.pi)) },
  { "point, 4 000 cd", function(scene, on) scene:point{ position_m = {0, D, 0}, intensity_cd = 4000, visible = on } end, of_intensity(4000) },
  { "spot, 6 000 lm", function(scene, on)
      scene:spot{ position_m = {0, D, 0}, look_at_m = {0, 0, 0}, flux_lm = 6000, inner_deg = SPOT_INNER, outer_deg = SPOT_OUTER, visible = on }
    end, of_intensity(6000 / (2 * math.pi * (1 - math.cos(math.rad(SPOT_OUTER))))) },
  { "spot, 4 000 cd", function(scene, on)
      scene:spot{ position_m = {0, D, 0}, rotation_deg = down, intensity_cd = 4000, inner_deg = SPOT_INNER, outer_deg = SPOT_OUTER, visible = on }
    end, of_intensity(4000) },
  { "directional, 1 000 lx", function(scene, on)
      scene:directional{ elevation_deg = 60, azimuth_deg = 90, illuminance_lx = function(t) return on(t) and 1000 or 0 end }
    end, function() return 1000 * math.sin(math.rad(60)) end },
  { "rectangle, 2 000 nit", function(scene, on)
      scene:area{ shape = "rect", position_m = {0, D, 0}, rotation_deg = down, width_m = 2, height_m = 1, luminance_nit = 2000, seen = false, visible = on }
    end, function(x) return polygon_lx(2000, rect_corners(2, 1, D), { x, 0, 0 }) end,
    function() -- in its middle: two right triangles' form factors, four times
      local a, b = 1, 0.5
      local p, q = math.sqrt(a * a + D * D), math.sqrt(b * b + D * D)
      return 2 * 2000 * (a / p * math.atan(b / p) + b / q * math.atan(a / q))
    end },
  { "disc, 2 000 nit", function(scene, on)
      scene:area{ shape = "disc", position_m = {0, D, 0}, rotation_deg = down, radius_m = 0.8, luminance_nit = 2000, seen = false, visible = on }
    end, function(x) return polygon_lx(2000, disc_corners(0.8, D), { x, 0, 0 }) end, function() return math.pi * 2000 * 0.8 ^ 2 / (0.8 ^ 2 + D ^ 2) end },
  { "sphere, 2 000 nit", function(scene, on)
      scene:area{ shape = "sphere", position_m = {0, D, 0}, radius_m = 0.5, luminance_nit = 2000, seen = false, visible = on }
    end, function(x) return math.pi * 2000 * 0.5 ^ 2 * D / (D * D + x * x) ^ 1.5 end },
}

local function lights_page()
  local scene, size = orrery.scene(), { 161, 91 } -- odd: a pixel's centre looks at the card's
  scene:mesh{ shape = orrery.plane{ width_m = 8, depth_m = 8 }, casts_shadow = false, material = matte(scene, 1) }
  for i, station in ipairs(stations) do
    station[2](scene, function(t) return math.floor(t + 0.5) == i - 1 end)
  end
  local distance, vfov = 7, 40
  local camera = scene:camera{ position_m = { 0, distance * math.sin(math.rad(55)), distance * math.cos(math.rad(55)) }, look_at_m = {0, 0, 0}, vfov_deg = vfov }
  local pixel_m = 2 * distance * math.tan(math.rad(vfov / 2)) / size[2] -- across, through the middle
  local page = { size = size, aovs = { "display", "beauty" } }
  page.sequence = orrery.sequence{ name = "lightbench_lights", scene = scene, camera = camera, size = size, samples = 1, fps = 1, frames = #stations,
    modules = { exposure = { mode = "manual", ev = 9.2 }, tonemap = { operator = "none" } } }
  function page.measure(frame)
    local station, rows = stations[frame.number + 1], {}
    local middle = (size[2] - 1) / 2
    for i, columns in ipairs{ 0, 12, -20 } do
      local x = columns * pixel_m
      local lux = math.pi * nit(frame, (size[1] - 1) / 2 + columns, middle)
      rows[i] = row(("%s: at %.2f m from the middle"):format(station[1], x), "lx", lux, station[3](x), 0.005)
    end
    if station[4] then rows[4] = row(station[1] .. ": in the middle, by its closed form", "lx", rows[1].measured, station[4](), 0.005) end
    return rows
  end
  return page
end

-- --- materials ---------------------------------------------------------------------------------------------------------------------------

-- Seven spheres of metal, seven of other things: mirror to rough. Shots: the sun alone, a white furnace, a picture.
local function materials_page()
  local scene, size = orrery.scene(), { 160, 60 }
  local shape, sun_lx, furnace = orrery.sphere{ radius_m = 0.45 }, 50000, 1000
  local function sphere(column, line, material) scene:mesh{ shape = shape, position_m = { column - 3, line, 0 }, casts_shadow = false, material = material } end
  for i = 0, 6 do
    sphere(i, 0.5, scene:material{ base_colour = {1, 1, 1}, metallic = 1, roughness = i / 6 })
    if i < 5 then sphere(i, -0.5, scene:material{ base_colour = {1, 1, 1}, roughness = i / 4 }) end
  end
  sphere(5, -0.5, matte(scene, 1))
  sphere(6, -0.5, matte(scene, 0.18))
  local picture = { zenith = {1900, 3300, 6200}, horizon = {7200, 8600, 10500}, ground = {3200, 2900, 2600} }
  local function sky(part) return function(t)
    local shot = math.floor(t + 0.5)
    return shot == 0 and {0, 0, 0} or shot == 1 and {furnace, furnace, furnace} or picture[part]
  end end
  scene:environment{ zenith_nit = sky "zenith", horizon_nit = sky "horizon", ground_nit = sky "ground" }
  scene:sun{ azimuth_deg = 150, elevation_deg = 35, illuminance_lx = function(t) return math.floor(t + 0.5) == 1 and 0 or sun_lx end }
  local az, el = math.rad(150), math.rad(35)
  local towards = { math.sin(az) * math.cos(el), math.sin(el), -math.cos(az) * math.cos(el) }
  local camera = scene:camera{ position_m = {0, 0, 6}, look_at_m = {0, 0, 0}, ortho_height_m = 7.2 * size[2] / size[1] }
  local pixel_m = 7.2 / size[1]
  local page = { size = size, aovs = { "display", "beauty" } }
  page.sequence = orrery.sequence{ name = "lightbench_materials", scene = scene, camera = camera, size = size, samples = 1, fps = 1, frames = 3,
    modules = { exposure = { mode = "manual", ev = function(t) return ({ 14.6, 11, 15 })[math.floor(t + 0.5) + 1] end }, tonemap = { operator = "none" } } }
  local function centre(column, line) return math.floor((column - 3) / pixel_m + size[1] / 2), math.floor(-line / pixel_m + size[2] / 2) end
  local function normal(column, line, x, y) -- of the sphere, at the centre of a pixel
    local nx, ny = ((x + 0.5 - size[1] / 2) * pixel_m - (column - 3)) / 0.45, (-(y + 0.5 - size[2] / 2) * pixel_m - line) / 0.45
    return nx, ny, math.sqrt(1 - nx * nx - ny * ny)
  end
  local function sky_nit(up) -- the gradient's luminance in a direction whose height is `up`
    local function luminance(c) return 0.2126 * c[1] + 0.7152 * c[2] + 0.0722 * c[3] end
    local horizon = luminance(picture.horizon)
    if up < 0 then return horizon + math.min(1, -8 * up) * (luminance(picture.ground) - horizon) end
    return horizon + up ^ 0.45 * (luminance(picture.zenith) - horizon)
  end
  function page.measure(frame)
    local rows = {}
    local function add(...) rows[#rows + 1] = row(...) end
    if frame.number == 0 then -- Lambert's law around the sphere; a mirror shows the black sky behind the camera
      for _, white in ipairs{ true, false } do
        local column = white and 5 or 6
        local x0, y0 = centre(column, -0.5)
        for _, d in ipairs{ {0, 0}, {3, 2}, {-5, 0}, {2, -6} } do
          local x, y = x0 + d[1], y0 + d[2]
          local nx, ny, nz = normal(column, -0.5, x, y)
          local facing = nx * towards[1] + ny * towards[2] + nz * towards[3]
          add(("%s sphere in the sun, %d %d"):format(white and "white" or "18 %", d[1], d[2]), "nit", nit(frame, x, y), sun_lx / math.pi * (white and 1 or 0.18) * facing, 0.01)
        end
      end
      local x, y = centre(0, 0.5)
      add("mirror under a black sky, aside from the sun", "nit", nit(frame, x, y), 0, 1e-4 * sun_lx, true) -- the tail of its lobe
    elseif frame.number == 1 then -- a white furnace: nothing that reflects all of the light can be told from what shines on it
      for i = 0, 6 do
        local x, y = centre(i, 0.5)
        add(("furnace: metal of roughness %.2f"):format(i / 6), "nit", nit(frame, x, y), furnace, 0.01)
      end
      for i = 0, 5 do
        local x, y = centre(i, -0.5)
        add(i < 5 and ("furnace: dielectric of roughness %.2f"):format(i / 4) or "furnace: white, matte", "nit", nit(frame, x, y), furnace, 0.01)
      end
      local x, y = centre(6, -0.5)
      add("furnace: 18 %, matte", "nit", nit(frame, x, y), 0.18 * furnace, 0.01)
    else
      for _, d in ipairs{ {0, 0}, {0, 4}, {4, -4} } do
        local x, y = centre(0, 0.5)
        local nx, ny, nz = normal(0, 0.5, x + d[1], y + d[2])
        add(("mirror: what lies behind the camera, %d %d"):format(d[1], d[2]), "nit", nit(frame, x + d[1], y + d[2]), sky_nit(2 * nz * ny), 0.02)
      end
    end
    return rows
  end
  return page
end

-- --- the colour chart --------------------------------------------------------------------------------------------------------------------

-- Published L*a*b* to base colours of cards in a light under which white is 1; read back from the encoded display.
local function chart_page()
  local scene, size = orrery.scene(), { 96, 64 }
  scene:sun{ elevation_deg = 90, illuminance_lx = math.pi }
  local outside = {}
  for i, patch in ipairs(colour.checker) do
    local rgb = colour.rec709_of_xyz(colour.adapt(colour.xyz_of_lab(patch[2], colour.D50), colour.D50, colour.D65))
    for c = 1, 3 do
      if rgb[c] < 0 or rgb[c] > 1 then outside[i] = true end
      rgb[c] = math.max(0, math.min(1, rgb[c]))
    end
    scene:mesh{ shape = orrery.plane{ width_m = 0.88, depth_m = 0.88 }, casts_shadow = false, material = matte(scene, rgb[1], rgb[2], rgb[3]),
                position_m = { (i - 1) % 6 - 2.5, 0, math.floor((i - 1) / 6) - 1.5 } }
  end
  local page = { size = size, aovs = { "display" }, outside = {} }
  for i, patch in ipairs(colour.checker) do if outside[i] then page.outside[#page.outside + 1] = patch[1] end end
  page.sequence = orrery.sequence{ name = "lightbench_chart", scene = scene, camera = look_down(scene, 4), size = size, samples = 1,
    modules = { exposure = { mode = "none" }, tonemap = { operator = "none" } } }
  function page.measure(frame)
    local rows = {}
    for i, patch in ipairs(colour.checker) do
      local rgb = { frame:pixel((i - 1) % 6 * 16 + 8, math.floor((i - 1) / 6) * 16 + 8) }
      for c = 1, 3 do rgb[c] = colour.srgb_decode(rgb[c]) end
      local lab = colour.lab_of_xyz(colour.adapt(colour.xyz_of_rec709(rgb), colour.D65, colour.D50), colour.D50)
      local e = colour.delta_e_2000(lab, patch[2])
      rows[i] = outside[i] and told(patch[1] .. ": delta E 2000 (outside of the sRGB gamut)", "", e) or row(patch[1] .. ": delta E 2000", "", e, 0, 1, true)
    end
    return rows
  end
  return page
end

-- --- pages -------------------------------------------------------------------------------------------------------------------------------

bench.names = { "noon", "overcast", "office", "moon", "ev_9_7", "ev_14_16", "lights", "materials", "chart" }

-- { sequence, size, aovs, measure(frame) -> rows { what, unit, measured, expected, within } }; rows without `expected` are to be known.
function bench.page(name)
  if scenarios[name] then return scenario_page(name) end
  local make = { lights = lights_page, materials = materials_page, chart = chart_page }
  return assert(make[name], "LightBench has no page '" .. tostring(name) .. "'")()
end

-- Whether a row holds, and its line in a report.
function bench.holds(r) return not r.expected or math.abs(r.measured - r.expected) <= r.within end
function bench.line(r)
  if not r.expected then return ("        %-62s %13.6g %s"):format(r.what, r.measured, r.unit) end
  return ("  %-5s %-62s %13.6g %-3s expected %.6g, within %.3g"):format(bench.holds(r) and "ok" or "WRONG", r.what, r.measured, r.unit, r.expected, r.within)
end

-- What a regression scene's `expect` does with a page.
function bench.expect(page, frame)
  for _, r in ipairs(page.measure(frame)) do
    if r.expected then frame:near(r.measured, r.expected, r.within, r.what) end
  end
end

return bench
