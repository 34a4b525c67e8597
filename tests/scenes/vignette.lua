-- The one effect there is, over an even field: what is darker is the effect.
local scene = orrery.scene()
scene:environment{ source = "constant", luminance_nit = 3000 }
local camera = scene:camera{}
return orrery.sequence{ name = "vignette", scene = scene, camera = camera, size = {320, 180}, samples = 4,
                        modules = { vignette = { strength = 0.8, radius = 0.2, softness = 0.6 } } }
