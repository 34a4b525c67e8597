-- A room by lamplight: each lamp with what stands on its box. f/2.8, 1/60 s, ISO 1600: EV 4.9.
--     orrery render scripts/examples/lamps_in_a_room.lua --gizmos all
local scene = orrery.scene()
local function paint(colour, roughness) return scene:material{ base_colour = colour, roughness = roughness or 0.8 } end
local function box(size, place, material) return scene:mesh{ shape = orrery.box{ size_m = size }, position_m = place, material = material } end

local wall, wood = paint{0.72, 0.68, 0.60}, paint({0.28, 0.16, 0.08}, 0.45)
box({6, 0.1, 5}, {0, -0.05, 0}, paint({0.34, 0.22, 0.13}, 0.5))
box({6, 0.1, 5}, {0, 2.75, 0}, paint{0.78, 0.77, 0.74})
box({6, 2.7, 0.1}, {0, 1.35, -2.5}, wall)
box({0.1, 2.7, 5}, {-3, 1.35, 0}, wall)
box({0.1, 2.7, 5}, {3, 1.35, 0}, wall)
box({1.6, 0.05, 0.8}, {-1.4, 0.74, -1.6}, wood) -- a table
for x = -1, 1, 2 do for z = -1, 1, 2 do box({0.05, 0.72, 0.05}, {-1.4 + 0.72 * x, 0.36, -1.6 + 0.33 * z}, wood) end end
scene:mesh{ shape = orrery.sphere{ radius_m = 0.14 }, position_m = {-1.0, 0.9, -1.5}, material = scene:material{ base_colour = {0.95, 0.64, 0.54}, metallic = 1, roughness = 0.2 } }
box({0.9, 1.1, 0.04}, {0.9, 1.5, -2.42}, paint{0.10, 0.16, 0.30}) -- a picture on the wall, and a block to throw a shadow
box({0.6, 0.9, 0.6}, {1.6, 0.45, -0.9}, paint{0.55, 0.20, 0.14})

-- A table lamp of 470 lm (a "40 W" bulb), a spot of 345 lm on the picture, a window at dusk, a paper globe.
scene:point{ casts_shadow = true, flux_lm = 470, position_m = {-1.8, 1.15, -1.6}, colour = {1, 0.72, 0.42} }
scene:spot{ casts_shadow = true, flux_lm = 345, position_m = {0.9, 2.6, -1.3}, look_at_m = {0.9, 1.5, -2.42}, inner_deg = 18, outer_deg = 30, range_m = 2.4, colour = {1, 0.82, 0.6} }
scene:area{ shape = "rect", width_m = 1.4, height_m = 1.1, position_m = {-2.93, 1.5, 0.4}, look_at_m = {0, 1.5, 0.4}, luminance_nit = 60, colour = {0.55, 0.75, 1} }
scene:area{ shape = "sphere", radius_m = 0.2, position_m = {1.7, 2.0, 0.3}, luminance_nit = 1500, colour = {1, 0.78, 0.5} }
scene:environment{ source = "constant", luminance_nit = 1.5 } -- what the walls throw back and forth

local camera = scene:camera{ position_m = {0.1, 1.5, 5.2}, look_at_m = {0, 1.15, -1}, focal_mm = 30, sensor = "full_frame", f_stop = 2.8, shutter_s = 1 / 60, iso = 1600 }
return orrery.sequence{ name = "lamps_in_a_room", scene = scene, camera = camera, size = {640, 360}, samples = 16 }
