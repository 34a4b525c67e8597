-- A clear noon: nothing but an atmosphere and the sun. The sky behind, the sky as light on a white and a chrome ball, the planet's ground.
orrery.check{ golden = "../golden/sky_noon", aovs = {"display", "beauty"}, tolerance = { beauty = false }, size = {160, 90}, samples = 2, tags = {"sky"},
  expect = function(frame)
    local function sky(y) return frame:pixel(150, y, "beauty") end
    local _, _, high = sky(2)
    local red, _, low = sky(36)
    frame:expect(low > high and low > red, "brighter towards the horizon, and blue")
  end,
  mutate = {
    { name = "the ground is not seen", file = "sky.comp", find = "(ground ? ground_radiance(normalize(origin + d * distance_km), true) : celestial(pixel, d))", replace = "celestial(pixel, d)" },
    { name = "the sky does not light", file = "sky_irradiance.comp", find = "vec4(sum.rgb / sum.a, 1.0)", replace = "vec4(0.0)" },
    { name = "mirrors see the sky mirrored", file = "cube.glsl", find = "case 4u: return vec3(uv.x, -uv.y, 1.0);", replace = "case 4u: return vec3(-uv.x, -uv.y, 1.0);" },
    { name = "rough mirrors are as sharp as smooth ones", file = "sky_prefilter.comp", find = "push.roughness > 0.0 ? mirrored(n) :", replace = "push.roughness > 1.5 ? mirrored(n) :" },
  } }
local scene = orrery.scene()
scene:mesh{ shape = orrery.sphere{ radius_m = 0.8 }, position_m = {-1.8, 0, 0}, material = scene:material{ base_colour = {0.9, 0.9, 0.9}, roughness = 1 } }
scene:mesh{ shape = orrery.sphere{ radius_m = 0.8 }, position_m = {0, 0, 0}, material = scene:material{ base_colour = {1, 1, 1}, metallic = 1, roughness = 0 } }
scene:mesh{ shape = orrery.sphere{ radius_m = 0.8 }, position_m = {1.8, 0, 0}, material = scene:material{ base_colour = {1, 1, 1}, metallic = 1, roughness = 0.5 } }
scene:atmosphere{ altitude_m = 100 }
scene:sun{ azimuth_deg = 150, elevation_deg = 55 }
local camera = scene:camera{ position_m = {0, 0.4, 7}, look_at_m = {0, 0, 0}, vfov_deg = 40 }
return orrery.sequence{ name = "sky_noon", scene = scene, camera = camera, size = {320, 180}, samples = 4 }
