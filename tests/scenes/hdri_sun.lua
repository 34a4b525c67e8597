-- A photographed morning whose sun was taken out of the map and shines as a light: it casts shadows, and nothing is lit twice.
orrery.check{ golden = "../golden/hdri_sun", size = {160, 90}, samples = 4, tags = {"environment", "light"}, aovs = {"display", "beauty"}, tolerance = { beauty = false },
  expect = function(frame) -- what a white card on the meadow sends back, in the sun: the map's own illuminance over pi, as if nothing had been taken out
    frame:near(frame:mean{ aov = "beauty", channel = "g", roi = {20, 78, 16, 6} } * math.pi / 0.8, 38765, 0.03 * 38765, "illuminance of the floor")
  end,
  mutate = {
    { name = "diffuse light has a harmonic less", file = "environment.glsl", find = "frame.sh[2].rgb * n.z", replace = "frame.sh[2].rgb * 0.0" },
    { name = "its light does not arrive", file = "sun.glsl", find = "if (!SKY || frame.sun_light.w < 0.5) return frame.sun_light.rgb", replace = "if (!SKY || frame.sun_light.w < 0.5) return 0.5 * frame.sun_light.rgb" },
  } }
local sunless = orrery.param{ name = "sunless", type = "bool", def = true, doc = "Take the sun out of the map, and let it shine as a light" }
local rotation_deg = orrery.param{ name = "rotation_deg", type = "number", def = 100, doc = "Turn of the map" }
local scene = orrery.scene()
local map = { path = "hdri/morning.hdr", gain = 1000, rotation_deg = rotation_deg, neutralize_sun = sunless }
local info = orrery.hdri_info(map)
map.hdri, map.source, map.path = map.path, "hdri", nil
scene:environment(map)
if sunless then scene:sun(info.sun) end
local chalk = scene:material{ base_colour = {0.8, 0.8, 0.8}, roughness = 1, ior = 1 }
scene:mesh{ shape = orrery.plane{ width_m = 9, depth_m = 9 }, material = chalk }
scene:mesh{ shape = orrery.sphere{ radius_m = 0.6 }, position_m = {-1.5, 0.6, 0}, material = chalk }
scene:mesh{ shape = orrery.sphere{ radius_m = 0.6 }, position_m = {0, 0.6, 0}, material = scene:material{ base_colour = {0.9, 0.9, 0.9}, metallic = 1, roughness = 0.3 } }
scene:mesh{ shape = orrery.sphere{ radius_m = 0.6 }, position_m = {1.5, 0.6, 0}, material = scene:material{ base_colour = {0.5, 0.06, 0.04}, roughness = 0.25 } }
local camera = scene:camera{ position_m = {0, 1.7, 5.5}, look_at_m = {0, 0.75, 0}, vfov_deg = 38 }
return orrery.sequence{ name = "hdri_sun", scene = scene, camera = camera, size = {480, 270}, samples = 16, modules = { exposure = { mode = "manual", ev = 13.6 } } }
