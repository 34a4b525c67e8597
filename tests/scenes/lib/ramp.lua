-- Grey, red, green and blue that glow in steps of a stop, from 1/512 to 32 of what is exposed: what a tone curve does with them.
return function(tonemap)
  local scene = orrery.scene()
  local shape = orrery.plane{ width_m = 1, depth_m = 1 }
  for row, colour in ipairs{ {1, 1, 1}, {1, 0.1, 0.05}, {0.1, 1, 0.1}, {0.05, 0.1, 1} } do
    for step = 0, 14 do
      local l = 2 ^ (step - 9)
      scene:mesh{ shape = shape, position_m = {step - 7, 2.5 - row, 0}, rotation_deg = {90, 0, 0},
                  material = scene:material{ base_colour = {0, 0, 0}, ior = 1, emissive_nit = {l * colour[1], l * colour[2], l * colour[3]} } }
    end
  end
  local camera = scene:camera{ position_m = {0, 0, 5}, look_at_m = {0, 0, 0}, ortho_height_m = 4 }
  return orrery.sequence{ name = "ramp", scene = scene, camera = camera, size = {150, 40}, samples = 1,
                          modules = { exposure = { mode = "none" }, tonemap = tonemap } }
end
