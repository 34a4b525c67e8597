-- A street under an overcast sky: 10 000 lx from everywhere and no shadow. f/8, 1/125 s, ISO 200: EV 11.97, what an incident meter shows.
--     orrery render scripts/examples/overcast_street.lua --size 1280x720 --samples 32
local scene, random = orrery.scene(), orrery.random(7)
local function paint(colour, roughness) return scene:material{ base_colour = colour, roughness = roughness or 0.85 } end
local function box(size, place, material) return scene:mesh{ shape = orrery.box{ size_m = size }, position_m = place, material = material } end

-- The ground, an asphalt road with a dashed line, pavements with a kerb of 15 cm. Albedos: asphalt 0.1, concrete 0.35.
scene:mesh{ shape = orrery.plane{ width_m = 200, depth_m = 400 }, position_m = {0, -0.01, -150}, material = paint{0.16, 0.15, 0.12} }
scene:mesh{ shape = orrery.plane{ width_m = 8, depth_m = 200 }, position_m = {0, 0, -80}, material = paint({0.10, 0.10, 0.105}, 0.55) }
for i = 0, 18 do scene:mesh{ shape = orrery.plane{ width_m = 0.14, depth_m = 2.5 }, position_m = {0, 0.01, 8 - 6 * i}, material = paint{0.7, 0.7, 0.68} } end
for side = -1, 1, 2 do box({3, 0.15, 200}, {side * 5.5, 0.075, -80}, paint{0.35, 0.34, 0.32}) end

-- Houses: a body, a plinth, a roof's edge, windows in rows, a door.
local walls = { {0.62, 0.52, 0.38}, {0.50, 0.30, 0.22}, {0.66, 0.64, 0.58}, {0.36, 0.42, 0.46}, {0.70, 0.60, 0.44}, {0.44, 0.20, 0.16} }
local glass, frame, door = scene:material{ base_colour = {0.02, 0.025, 0.03}, roughness = 0.05 }, paint{0.75, 0.74, 0.70}, paint({0.10, 0.16, 0.12}, 0.4)
for side = -1, 1, 2 do
  local z = 10
  for house = 1, 9 do
    local width, storeys = random:number(9, 14), random:integer(3, 5)
    local height, x, middle = 3.3 * storeys + 0.8, side * (7 + 4), z - width / 2
    box({8, height, width - 0.02}, {x, height / 2, middle}, paint(walls[(house * 5 + side) % #walls + 1]))
    box({8.16, 0.9, width - 0.01}, {x, 0.45, middle}, paint{0.30, 0.29, 0.28})
    box({8.6, 0.35, width}, {x, height + 0.17, middle}, paint{0.28, 0.27, 0.26})
    local face, columns = side * 7, math.floor((width - 1) / 2.3)
    for column = 1, columns do
      local along = z - width * (column - 0.5) / columns
      for storey = 1, storeys do
        local y, is_door = 3.3 * storey - 1.1, storey == 1 and column == 1 + house % columns
        if is_door then
          box({0.2, 2.3, 1.1}, {face, 1.15, along}, door)
        else
          box({0.16, 1.75, 1.2}, {face, y, along}, frame)
          box({0.20, 1.55, 1.0}, {face, y, along}, glass)
        end
      end
    end
    z = z - width
  end
end

-- Lamp posts, off by day; and someone's grey card on the pavement: 18 %, turned up to the sky.
local iron = scene:material{ base_colour = {0.04, 0.045, 0.05}, roughness = 0.45 }
for i = 0, 5 do
  local x, z = (i % 2 == 0 and -1 or 1) * 4.4, -2 - 14 * i
  scene:mesh{ shape = orrery.cylinder{ radius_m = 0.06, height_m = 5 }, position_m = {x, 2.6, z}, material = iron }
  scene:mesh{ shape = orrery.sphere{ radius_m = 0.22 }, position_m = {x, 5.25, z}, material = scene:material{ base_colour = {0.75, 0.75, 0.72}, roughness = 0.15 } }
end
scene:mesh{ shape = orrery.plane{ width_m = 0.6, depth_m = 0.6 }, position_m = {4.8, 0.16, 4}, material = scene:material{ base_colour = {0.18, 0.18, 0.18}, roughness = 1, ior = 1 } }

-- The sky of an overcast day is three times as bright above as at the horizon. From horizon h to zenith z the gradient gives
-- pi (0.184 h + 0.816 z) lx on the ground: 10 000 lx. What comes back from below is the street's own albedo of 0.15.
scene:environment{ zenith_nit = {3560, 3630, 3760}, horizon_nit = {1190, 1210, 1240}, ground_nit = {500, 477, 440} }

local camera = scene:camera{ position_m = {1.6, 1.7, 10}, look_at_m = {-0.4, 2.9, -20}, focal_mm = 28, sensor = "full_frame", f_stop = 8, shutter_s = 1 / 125, iso = 200 }
return orrery.sequence{ name = "overcast_street", scene = scene, camera = camera, size = {640, 360}, samples = 16 }
