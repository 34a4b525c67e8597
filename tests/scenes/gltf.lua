-- A textured, skinned, animated model at a time of its walk.
orrery.check{ golden = "../golden/gltf", frames = 3, size = {160, 90}, samples = 2, tags = {"gltf"}, data = { model = "models/CesiumMan.glb" },
  mutate = { { name = "texture coordinates are mirrored", file = "geometry.glsl", find = "v.uv0 = uintBitsToFloat(b.xy);", replace = "v.uv0 = uintBitsToFloat(b.yx);" } } }
local model = orrery.param{ name = "model", type = "asset", doc = "A glTF file" }
local scene = orrery.scene()
local man = scene:model{ path = model, animation = "0" }
scene:mesh{ shape = orrery.plane{ width_m = 6, depth_m = 6 }, material = scene:material{ base_colour = {0.35, 0.35, 0.35} } }
scene:sun{ azimuth_deg = 140, elevation_deg = 45 }
scene:environment{}
local b = man:bounds()
local camera = scene:camera{ position_m = {b.center[1] + 1.6, b.center[2] + 0.6, b.center[3] + 2.2}, look_at_m = b.center, vfov_deg = 40 }
return orrery.sequence{ name = "gltf", scene = scene, camera = camera, size = {320, 180}, samples = 4, fps = 6, duration_s = 1 }
