-- Roughness from left to right, metal above, dielectric in the middle, refraction below; one sphere glows.
orrery.check{ golden = "../golden/materials", size = {160, 90}, samples = 2, tags = {"core", "material"},
  mutate = {
    { name = "the wrong sign in Smith's term", file = "brdf.glsl", find = "nl * nl * (1.0 - a * a) + a * a), v", replace = "nl * nl * (1.0 + a * a) + a * a), v" },
    { name = "scale and bias are swapped", file = "dfg.comp", find = "vec2(1.0 - f, f)", replace = "vec2(f, 1.0 - f)" },
    { name = "no metal", file = "material.glsl", find = "s.metallic = f.x,", replace = "s.metallic = 0.0 * f.x," },
    { name = "nothing glows", file = "resolve.comp", find = "s.emission * frame.params.x", replace = "s.emission * 0.0" },
  } }
local scene = orrery.scene()
local shape = orrery.sphere{ radius_m = 0.42 }
for i = 0, 6 do
  local rough = i / 6
  scene:mesh{ shape = shape, position_m = {i - 3, 1, 0}, material = scene:material{ base_colour = {0.9, 0.65, 0.3}, metallic = 1, roughness = rough } }
  scene:mesh{ shape = shape, position_m = {i - 3, 0, 0}, material = scene:material{ base_colour = {0.2, 0.35, 0.6}, roughness = rough } }
  scene:mesh{ shape = shape, position_m = {i - 3, -1, 0}, material = scene:material{ base_colour = {0.3, 0.05, 0.05}, roughness = 0.1, ior = 1 + i / 4,
              emissive_nit = i == 6 and {2000, 6000, 1500} or {0, 0, 0} } }
end
scene:sun{ azimuth_deg = 215, elevation_deg = 40 }
scene:environment{}
local camera = scene:camera{ position_m = {0, 0, 9}, vfov_deg = 27 }
return orrery.sequence{ name = "materials", scene = scene, camera = camera, size = {320, 180}, samples = 4 }
