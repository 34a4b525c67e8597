-- Everything that moves: a function of t, keyframes, a parent that turns, a moving sun, a module's parameter, a rig.
orrery.check{ golden = "../golden/motion", frames = 7, size = {160, 90}, samples = 2, tags = {"core", "animation"},
  mutate = { { name = "only the last sub-frame counts", file = "accumulate.comp", find = "value += imageLoad(sum, p);", replace = "value += value;" } } }
local scene = orrery.scene()
local arm = scene:group{ rotation_deg = function(t) return 0, 90 * t, 0 end }
scene:mesh{ shape = orrery.sphere{ radius_m = 0.3 }, parent = arm, position_m = {1.2, 0.3, 0} }
scene:mesh{ shape = orrery.box{ size_m = 0.5 }, position_m = { {t = 0, v = {0, 0.25, 0}, ease = "smooth"}, {t = 1, v = {0, 1.25, 0}} },
            visible = { {t = 0, v = true, ease = "step"}, {t = 1.5, v = false} } }
scene:mesh{ shape = orrery.plane{ width_m = 8, depth_m = 8 } }
scene:sun{ azimuth_deg = 200, elevation_deg = { {t = 0, v = 20}, {t = 2, v = 60} } }
scene:environment{}
local camera = scene:camera{ rig = orrery.orbit{ center = {0, 0.5, 0}, radius_m = 5, elevation_deg = 25, turns = 0.25, duration_s = 2 } }
return orrery.sequence{ name = "motion", scene = scene, camera = camera, size = {320, 180}, fps = 6, duration_s = 2, samples = 4,
                        modules = { vignette = { strength = function(t) return t / 2 end } } }
