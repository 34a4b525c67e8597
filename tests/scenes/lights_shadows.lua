-- Shadows of local lights: a bulb inside a ring of pillars (all faces of its cube), a narrow and a wide spot, and light
-- from afar.
orrery.check{ golden = "../golden/lights_shadows", size = {192, 108}, samples = 2, tags = {"core", "light", "shadow"},
  mutate = {
    { name = "local lights cast no shadows", file = "lights.glsl", find = "cone *= light_visibility(int(map), s.position, s.n)", replace = "cone *= 1.0" },
    { name = "faces of a cube are mixed up", file = "light_shadows.glsl", find = "q.x > 0.0 ? vec2(1.0, 0.0) : vec2(2.0, 0.0)", replace = "q.x > 0.0 ? vec2(2.0, 0.0) : vec2(1.0, 0.0)" },
    { name = "shadows are mirrored", file = "light_shadows.glsl", find = "0.5 + vec2(0.5, -0.5) * uv", replace = "0.5 + vec2(0.5, 0.5) * uv" },
    { name = "surfaces shade themselves", file = "light_shadows.glsl", find = "return from + n * (1.5 * texel);", replace = "return from * 1.02;" },
    { name = "shadows begin far behind what casts them", file = "light_shadows.glsl", find = "return from + n * (1.5 * texel);", replace = "return from * 0.9;" },
    { name = "shadows have hard steps", file = "light_shadows.glsl", find = "w = at - corner;", replace = "w = vec2(0.0);" },
    { name = "light from afar casts none", file = "light_shadows.glsl", find = "max(1.0 - along * m.origin.w, 0.0) :", replace = "1.0 :" },
  } }
local scene = orrery.scene()
local grey = scene:material{ base_colour = {0.6, 0.6, 0.6}, roughness = 0.7 }
scene:mesh{ shape = orrery.plane{ width_m = 14, depth_m = 10 }, material = grey }
scene:mesh{ shape = orrery.plane{ width_m = 14, depth_m = 5 }, material = grey, position_m = {0, 2.5, -3.5}, rotation_deg = {90, 0, 0} }
for i = 0, 5 do -- around the bulb, and one beam above it
  local a = math.rad(60 * i + 15)
  scene:mesh{ shape = orrery.box{ size_m = {0.12, 1, 0.12} }, material = grey, position_m = {-2.6 + 0.7 * math.cos(a), 0.5, 0.7 * math.sin(a)} }
end
scene:mesh{ shape = orrery.icosphere{ radius_m = 0.45 }, material = grey, position_m = {0.9, 0.6, 0.2} }
scene:mesh{ shape = orrery.box{ size_m = {0.5, 0.5, 0.5} }, material = grey, position_m = {2.9, 0.25, 0.5}, rotation_deg = {0, 30, 0} }
scene:point{ casts_shadow = true, intensity_cd = 25, position_m = {-2.6, 0.45, 0}, colour = {1, 0.75, 0.5} }
scene:spot{ casts_shadow = true, intensity_cd = 160, position_m = {2.2, 3.2, 2.2}, look_at_m = {0.9, 0.4, 0.2}, inner_deg = 16, outer_deg = 20, colour = {0.6, 0.8, 1} }
scene:spot{ casts_shadow = true, intensity_cd = 40, position_m = {3.4, 1.9, -0.6}, look_at_m = {3, 0, 0.4}, inner_deg = 60, outer_deg = 78, colour = {0.7, 1, 0.7} }
scene:directional{ illuminance_lx = 4, azimuth_deg = 250, elevation_deg = 35 }
local camera = scene:camera{ position_m = {0, 2.6, 6.2}, look_at_m = {0.1, 0.7, -0.5}, vfov_deg = 42 }
return orrery.sequence{ name = "lights_shadows", scene = scene, camera = camera, size = {640, 360}, samples = 8,
                        modules = { exposure = { mode = "manual", ev = 3.5 } } }
