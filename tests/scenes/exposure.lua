-- Exposure by a stated EV that changes with time: numbers alone, no golden. exposure = key / 12.5 * 2 ^ (compensation - EV).
orrery.check{ frames = "0-3", aovs = { "beauty", "display" }, size = {48, 27}, samples = 1, tags = {"effect", "exposure"},
  expect = function(frame)
    local ev = 8 + 2 * frame.number
    frame:near(frame.ev100, ev, 1e-9, "EV")
    frame:near(frame.exposure / (18 / 12.5 * 2 ^ (0.5 - ev)), 1, 1e-9, "the factor, over what it should be")
    frame:near(frame:mean{ aov = "beauty", roi = {0, 0, 48, 4} }, 500, 0.5, "the sky in nit, whatever the exposure")
    frame:near(frame:mean{ aov = "beauty", roi = {20, 10, 8, 7} }, 2000, 4, "the lamp in nit, whatever the exposure")
    -- Without a tone curve the display holds exposed light, encoded.
    local exposed = math.min(500 * frame.exposure, 1)
    local encoded = exposed <= 0.0031308 and 12.92 * exposed or 1.055 * exposed ^ (1 / 2.4) - 0.055
    frame:near(frame:pixel(2, 2), encoded, 0.6 / 255, "the sky as shown")
  end,
  mutate = {
    { name = "what glows is not exposed", file = "resolve.comp", find = "s.emission * frame.params.x", replace = "s.emission * 1e-3" },
    { name = "the sky is not exposed", file = "environment.glsl", find = "if (!SKY_MAP) return frame.env_zenith.rgb;", replace = "if (!SKY_MAP) return vec3(0.1);" },
  } }
local scene = orrery.scene()
scene:mesh{ shape = orrery.sphere{ radius_m = 1 }, material = scene:material{ base_colour = {0, 0, 0}, ior = 1, emissive_nit = {2000, 2000, 2000} } }
scene:environment{ source = "constant", luminance_nit = 500 }
return orrery.sequence{ name = "exposure", scene = scene, camera = scene:camera{ position_m = {0, 0, 5}, look_at_m = {0, 0, 0} }, fps = 1, frames = 4, size = {48, 27},
                        modules = { exposure = { mode = "manual", ev = function(t) return 8 + 2 * t end, compensation_ev = 0.5 }, tonemap = { operator = "none" } } }
