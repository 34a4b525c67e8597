-- One of each primitive on a floor: shapes, materials, the sun's shadow.
orrery.check{ golden = "../golden/primitives", size = {160, 90}, samples = 2, tags = {"core", "shadow"},
  mutate = {
    { name = "shadows lie aside", file = "shadow.vert", find = "gl_Position = push.light * vec4(position, 1.0);", replace = "gl_Position = push.light * vec4(position + vec3(0.1, 0.0, 0.0), 1.0);" },
    { name = "the sun's light is the same on every side", file = "brdf.glsl", find = "/ PI + specular) * nl;", replace = "/ PI + specular) * 0.5;" },
    { name = "things stand aside", file = "visibility.vert", find = "vec4(draw_point(d, position), 1.0)", replace = "vec4(draw_point(d, position) + vec3(0.03, 0.0, 0.0), 1.0)" },
    { name = "the wrong triangle", file = "visibility.frag", find = "uint(gl_PrimitiveID)", replace = "uint(gl_PrimitiveID) / 2u" },
    { name = "a linear display", file = "encode.comp", find = "1.0 / 2.4", replace = "1.0 / 2.2" },
  } }
local scene = orrery.scene()
local clay = scene:material{ base_colour = "#c8b090", roughness = 0.6 }
local shapes = {
  orrery.box{ size_m = 0.8, bevel_m = 0.05 }, orrery.sphere{}, orrery.icosphere{ splits = 2 }, orrery.cylinder{}, orrery.cylinder{ top_radius_m = 0 },
  orrery.torus{}, orrery.ring{ height_m = 0.3 }, orrery.gear{ thickness_m = 0.2 },
  orrery.lathe{ profile = { {0, 0.5}, {0.3, 0.5}, {0.15, 0}, {0.4, -0.5}, {0, -0.5} } },
}
for i, shape in ipairs(shapes) do
  local column, row = (i - 1) % 3 - 1, math.floor((i - 1) / 3) - 1
  scene:mesh{ shape = shape, material = clay, position_m = {1.4 * column, 0.5, 1.4 * row}, rotation_deg = {15, 30, 0} }
end
scene:mesh{ shape = orrery.plane{ width_m = 12, depth_m = 12 } }
scene:sun{ azimuth_deg = 140, elevation_deg = 40 }
scene:environment{}
local camera = scene:camera{ position_m = {0, 4.5, 6}, look_at_m = {0, 0.3, 0}, vfov_deg = 40 }
return orrery.sequence{ name = "primitives", scene = scene, camera = camera, size = {320, 180}, samples = 4 }
