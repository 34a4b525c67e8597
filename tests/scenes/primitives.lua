-- One of each primitive on a floor: shapes, materials, the sun's shadow.
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
