-- Two hundred lamps over a floor: clusters, the cut where a lamp adds too little, and a pane of glass that they light too.
orrery.check{ golden = "../golden/lights_many", size = {192, 108}, samples = 2, tags = {"core", "light"},
  mutate = {
    { name = "lamps end nowhere", file = "lights.glsl", find = "vec4 place = uintBitsToFloat(texelFetch(lights, at));", replace = "vec4 place = uintBitsToFloat(texelFetch(lights, at)); place.w = 1e30;" },
    { name = "lamps end in an edge", file = "lights.glsl", find = "window *= 1.0 - smoothstep(place.w / (FADE * FADE), place.w, d2);", replace = "window *= 1.0;" },
    { name = "tiles lie the wrong way up", file = "lights.glsl", find = "vec2(0.5, -0.5) * clip.xy", replace = "vec2(0.5, 0.5) * clip.xy" },
    { name = "lights are a tile too small", file = "light_clusters.comp", find = "float reach = sqrt(light.w) * 1.001", replace = "float reach = sqrt(light.w) * 0.6" },
    { name = "slices begin too far away", file = "lights.glsl", find = "floor(log2(max(depth, frame.clusters.z)", replace = "floor(log2(max(0.5 * depth, frame.clusters.z)" },
    { name = "every second word of a mask is left out", file = "lights.glsl", find = "for (int word = 0; word < 4; word++)", replace = "for (int word = 0; word < 4; word += 2)" },
  } }
local scene = orrery.scene()
local random = orrery.random(5)
scene:mesh{ shape = orrery.plane{ width_m = 40, depth_m = 40 }, material = scene:material{ base_colour = {0.7, 0.7, 0.7}, roughness = 0.4 } }
scene:mesh{ shape = orrery.icosphere{ radius_m = 1.5 }, position_m = {-2, 1.5, -2}, material = scene:material{ base_colour = {0.8, 0.8, 0.8}, roughness = 0.2 } }
scene:mesh{ shape = orrery.plane{ width_m = 6, depth_m = 3 }, position_m = {5, 1.6, 4}, rotation_deg = {70, 0, 0},
            material = scene:material{ base_colour = {0.9, 0.9, 1, 0.35}, alpha_mode = "blend", double_sided = true } }
for i = 1, 200 do
  local hue = random:number(0, 1)
  local lamp = { position_m = {random:number(-18, 18), random:number(0.3, 1.2), random:number(-18, 14)}, casts_shadow = false,
                 colour = {0.4 + 0.6 * hue, 0.6, 1 - 0.7 * hue} }
  if i % 9 == 0 then
    lamp.intensity_cd, lamp.inner_deg, lamp.outer_deg, lamp.rotation_deg = 40, 25, 45, {-60, 37 * i, 0}
    scene:spot(lamp)
  else
    lamp.intensity_cd = 6
    scene:point(lamp)
  end
end
local camera = scene:camera{ position_m = {0, 6, 18}, look_at_m = {0, 0.5, -1}, vfov_deg = 45 }
return orrery.sequence{ name = "lights_many", scene = scene, camera = camera, size = {640, 360}, samples = 8, light_cutoff = 1 / 128,
                        modules = { exposure = { mode = "manual", ev = 3 } } }
