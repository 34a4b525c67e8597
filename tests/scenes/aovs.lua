-- Everything that a golden can hold: depth and ids exact, normals, base colours and radiance in half, the display image; and what they
-- must be, worked out by hand.
orrery.check{ golden = "../golden/aovs", aovs = { "display", "beauty", "albedo", "N", "Z", "id" }, size = {96, 54}, samples = 2, tags = {"core", "aov"},
  expect = function(frame)
    frame:near(frame:pixel(48, 27, "Z"), 4, 0.01, "the front of the box")
    frame:near(frame:min{ aov = "Z" }, 4, 0.01, "nearest of all")
    local x, y, z = frame:pixel(48, 27, "N")
    frame:expect(math.abs(x) < 1e-3 and math.abs(y) < 1e-3 and math.abs(z - 1) < 1e-3, "it faces the camera")
    local r, g, b = frame:pixel(48, 27, "albedo")
    frame:expect(math.abs(r - 0.5) < 1e-3 and math.abs(g - 0.25) < 1e-3 and math.abs(b - 0.125) < 1e-3, "its base colour")
    frame:expect(frame:pixel(48, 27, "id") ~= frame:pixel(20, 27, "id"), "two objects, two ids")
    frame:near(frame:pixel(1, 1, "id"), 0, 0, "no id where nothing is seen")
    frame:near(frame:mean{ aov = "beauty", roi = {0, 0, 10, 5} }, 800, 1, "the sky in nit")
    frame:expect(frame:edge_width{ aov = "albedo", channel = "r", from = {30, 27}, to = {47, 27}, lines = 5 } < 2.5, "the box has a sharp edge")
  end,
  mutate = {
    { name = "normals point away", file = "resolve.comp", find = "vec4(s.normal, 0.0)", replace = "vec4(-s.normal, 0.0)" },
    { name = "base colours lose their red", file = "resolve.comp", find = "vec4(s.base, s.f0)", replace = "vec4(s.base * vec3(0.9, 1.0, 1.0), s.f0)" },
    { name = "depth is along the ray", file = "resolve.comp", find = "vec4(depth));", replace = "vec4(depth * length(ray_direction(vec2(p) + 0.5))));" },
    { name = "what is covered is half transparent", file = "lighting.comp", find = "in_emission, p, 0).rgb, 1.0);", replace = "in_emission, p, 0).rgb, 0.5);" },
    { name = "ids are one too low", file = "resolve.comp", find = "id = uvec2(d.object_id, d.material + 1u);", replace = "id = uvec2(d.object_id - 1u, d.material + 1u);" },
    { name = "the environment lights half as much", file = "lighting.glsl", find = "irradiance * occlusion + single", replace = "irradiance * occlusion * 0.5 + single" },
    { name = "the sky's light turns black", file = "lighting.comp", find = "result.rgb = background(normalize(dir));", replace = "result.rgb = vec3(0.0);" },
  } }
local scene = orrery.scene()
scene:mesh{ shape = orrery.box{ size_m = 2 }, position_m = {0, 0, 0}, material = scene:material{ base_colour = {0.5, 0.25, 0.125} } }
scene:mesh{ shape = orrery.sphere{ radius_m = 0.8 }, position_m = {-2.2, 0, 0}, material = scene:material{ base_colour = {0.2, 0.4, 0.8}, roughness = 0.4 } }
scene:sun{ azimuth_deg = 150, elevation_deg = 45 }
scene:environment{ source = "constant", luminance_nit = 800 }
return orrery.sequence{ name = "aovs", scene = scene, camera = scene:camera{ position_m = {0, 0, 5}, look_at_m = {0, 0, 0}, vfov_deg = 45 }, size = {96, 54},
                        modules = { exposure = { mode = "manual", ev = 14 } } }
