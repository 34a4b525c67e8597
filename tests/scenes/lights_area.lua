-- Area lights of each shape over a floor that is rough on the left and smooth on the right, each with a thing in its light.
orrery.check{ golden = "../golden/lights_area", size = {192, 108}, samples = 2, tags = {"core", "light"},
  mutate = {
    { name = "polygons are not clipped at the horizon", file = "area_lights.glsl", find = "q = leave =", replace = "leave =" },
    { name = "the lobe of a rough surface is that of a matte one", file = "area_lights.glsl", find = "inverse * pc, inverse * px, inverse * py", replace = "pc, px, py" },
    { name = "a sphere is as near as its middle", file = "area_lights.glsl", find = "to = w * ((d2 - y.x * y.x) * inversesqrt(d2));", replace = "to = w * sqrt(d2);" },
    { name = "panels shine to both sides", file = "area_lights.glsl", find = "!= 0u ? abs(height) : height", replace = "!= 2u ? abs(height) : height" },
    { name = "soft shadows are as wide everywhere", file = "light_shadows.glsl", find = "(blockers - part) / part", replace = "0.1" },
    { name = "shadows of area lights are hard", file = "light_shadows.glsl", find = "vec2 e = disc_point(i, PENUMBRA_TAPS);", replace = "vec2 e = vec2(0.0);" },
    { name = "ranges have no window", file = "lights.glsl", find = "area_light(at, glow.w, to, axis.xyz, s) * colour * window", replace = "area_light(at, glow.w, to, axis.xyz, s) * colour" },
    { name = "lamps are not seen", file = "resolve.comp", find = "s.emission = uintBitsToFloat(glow.rgb) / frame.params.x;", replace = "s.emission = vec3(0.0);" },
  } }
local scene = orrery.scene()
local function paint(roughness, metallic) return scene:material{ base_colour = {0.6, 0.6, 0.6}, roughness = roughness, metallic = metallic } end
for i, roughness in ipairs{0.8, 0.12} do
  scene:mesh{ shape = orrery.plane{ width_m = 5, depth_m = 8 }, material = paint(roughness, 0), position_m = {5 * i - 7.5, 0, 0} }
end
scene:mesh{ shape = orrery.box{ size_m = {0.5, 1.1, 0.5} }, position_m = {-2.6, 0.55, 0.2}, material = paint(0.5, 0) }
scene:mesh{ shape = orrery.icosphere{ radius_m = 0.5 }, position_m = {0, 0.5, 0.6}, material = paint(0.2, 1) }
scene:mesh{ shape = orrery.box{ size_m = {0.5, 0.9, 0.5} }, position_m = {2.2, 0.45, 0.2}, material = paint(0.5, 0) }
scene:area{ shape = "rect", width_m = 1.6, height_m = 1, luminance_nit = 2000, position_m = {-3, 1.3, -1.8}, look_at_m = {-2.6, 0.3, 0.2}, colour = {1, 0.7, 0.4}, range_m = 6 }
scene:area{ shape = "disc", radius_m = 0.4, luminance_nit = 4000, position_m = {0, 2.2, -0.4}, look_at_m = {0, 0, 0.6} }
scene:area{ shape = "sphere", radius_m = 0.3, luminance_nit = 3000, position_m = {2.9, 0.9, -1.2}, colour = {0.4, 0.7, 1} }
scene:area{ shape = "rect", width_m = 0.8, height_m = 0.8, luminance_nit = 900, two_sided = true, position_m = {1.3, 0.42, 1.7}, rotation_deg = {0, 70, 0}, colour = {0.5, 1, 0.5} }
local camera = scene:camera{ position_m = {0, 2.3, 6}, look_at_m = {0, 0.6, -0.4}, vfov_deg = 40 }
return orrery.sequence{ name = "lights_area", scene = scene, camera = camera, size = {640, 360}, samples = 8,
                        modules = { exposure = { mode = "manual", ev = 9 } } }
