-- The one effect there is, over an even field: what is darker is the effect.
orrery.check{ golden = "../golden/vignette", size = {160, 90}, samples = 2, tags = {"effect", "vignette"},
  expect = function(frame)
    frame:near(frame:pixel(80, 45), frame:max{ channel = "r" }, 0, "the centre, which loses nothing")
    frame:expect(frame:pixel(0, 0) < 0.6 * frame:pixel(80, 45), "the corner loses most")
    frame:near(frame:mean{ roi = {0, 0, 80, 90} }, frame:mean{ roi = {80, 0, 80, 90} }, 1e-3, "left as right")
  end,
  mutate = { { name = "a sharper edge", file = "vignette.comp", find = "params.radius + params.softness", replace = "params.radius + 0.5 * params.softness" } } }
local scene = orrery.scene()
scene:environment{ source = "constant", luminance_nit = 3000 }
local camera = scene:camera{}
return orrery.sequence{ name = "vignette", scene = scene, camera = camera, size = {320, 180}, samples = 4,
                        modules = { vignette = { strength = 0.8, radius = 0.2, softness = 0.6 } } }
