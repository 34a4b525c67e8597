-- Light from a photographed sky: turned, calibrated, mirrored and diffused.
orrery.check{ golden = "../golden/hdri", size = {160, 90}, samples = 2, tags = {"environment"}, data = { map = "hdri/spruit_sunrise_1k_HDR.hdr" },
  mutate = { { name = "the map turns the other way", file = "environment.glsl", find = "frame.env_params.y * d.x + frame.env_params.z * d.z", replace = "frame.env_params.y * d.x - frame.env_params.z * d.z" },
             { name = "its diffuse light does not turn", file = "environment.glsl", find = "n = env_turn(normal)", replace = "n = normal" } } }
local map = orrery.param{ name = "map", type = "asset", doc = "A latitude-longitude map" }
local scene = orrery.scene()
for i = 0, 2 do
  scene:mesh{ shape = orrery.sphere{ radius_m = 0.7 }, position_m = {1.6 * i - 1.6, 0, 0}, material = scene:material{ base_colour = {0.9, 0.9, 0.9}, metallic = i < 2 and 1 or 0, roughness = i == 0 and 0.02 or 0.45 } }
end
scene:environment{ source = "hdri", hdri = map, target_lx = 20000, rotation_deg = 100 }
local camera = scene:camera{ position_m = {0, 0.5, 6}, look_at_m = {0, 0, 0}, vfov_deg = 32 }
return orrery.sequence{ name = "hdri", scene = scene, camera = camera, size = {320, 180}, samples = 4 }
