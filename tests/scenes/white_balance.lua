-- Five balls in the light of a bulb (illuminant A, whose white is 1, 0.448, 0.126 in linear Rec.709), balanced for it: the white and the grey
-- ball come out without colour.
orrery.check{ golden = "../golden/white_balance", size = {160, 90}, samples = 2, tags = {"effect", "white_balance"},
  expect = function(frame)
    for _, x in ipairs{18, 145} do
      local r, g, b = frame:pixel(x, 42)
      frame:near(r, g, 3 / 255, "red and green of what has no colour")
      frame:near(b, g, 3 / 255, "blue and green of what has no colour")
    end
  end,
  mutate = {
    { name = "the light's white is that of the picture", file = "white_balance.glsl", find = "white_cones(white_of(kelvin, tint), bradford) - 1.0", replace = "white_cones(white_at(6504.0), bradford) - 1.0" },
    { name = "gains of RGB instead of cones", file = "white_balance.glsl", find = "return mat3(1.0) + back", replace = "return mat3(1.0) + mat3(1.0)" },
    { name = "half of the balance", file = "white_balance.comp", find = "balance * c.rgb", replace = "mix(c.rgb, balance * c.rgb, 0.5)" },
  } }
local scene = orrery.scene()
local bulb = {450, 202, 57}
scene:environment{ zenith_nit = bulb, horizon_nit = bulb, ground_nit = {200, 90, 25} }
scene:mesh{ shape = orrery.plane{ width_m = 20, depth_m = 20 }, material = scene:material{ base_colour = {0.6, 0.6, 0.6}, roughness = 0.9 } }
for i, c in ipairs{ {0.8, 0.8, 0.8}, {0.7, 0.1, 0.08}, {0.1, 0.45, 0.12}, {0.08, 0.15, 0.6}, {0.18, 0.18, 0.18} } do
  scene:mesh{ shape = orrery.sphere{ radius_m = 0.45 }, position_m = {i - 3, 0.45, 0}, material = scene:material{ base_colour = c, roughness = 0.5 } }
end
scene:spot{ casts_shadow = true, intensity_cd = 3000, position_m = {-3, 4, 4}, look_at_m = {0, 0, 0}, colour = {1, 0.448, 0.126} }
return orrery.sequence{ name = "white_balance", scene = scene, camera = scene:camera{ position_m = {0, 1.6, 5}, look_at_m = {0, 0.4, 0}, vfov_deg = 32 }, size = {480, 270}, samples = 16,
                        modules = { exposure = { mode = "auto", compensation_ev = 1 }, white_balance = { temperature_k = 2856 } } }
