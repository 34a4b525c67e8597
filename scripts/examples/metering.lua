-- Against the light: three figures in front of a bright sky, and what each way of metering makes of them.
--     orrery render scripts/examples/metering.lua --set metering=average
local metering = orrery.param{ name = "metering", type = "enum", choices = {"average", "center_weighted", "spot"}, def = "spot", doc = "What of the picture counts" }
local scene = orrery.scene()
scene:sun{ azimuth_deg = 20, elevation_deg = 28, illuminance_lx = 60000 }
scene:environment{ zenith_nit = {3000, 5000, 9000}, horizon_nit = {11000, 11500, 12000}, ground_nit = {400, 380, 350} }
scene:mesh{ shape = orrery.plane{ width_m = 60, depth_m = 8 }, position_m = {0, 0, 1}, material = scene:material{ base_colour = {0.1, 0.09, 0.08}, roughness = 0.9 } }
for i, colour in ipairs{ {0.5, 0.12, 0.08}, {0.18, 0.18, 0.18}, {0.1, 0.2, 0.4} } do
  scene:mesh{ shape = orrery.sphere{ radius_m = 0.55 }, position_m = {1.5 * (i - 2), 0.55, 0}, material = scene:material{ base_colour = colour, roughness = 0.6 } }
end
return orrery.sequence{ name = "metering", scene = scene, camera = scene:camera{ position_m = {0, 1, 5}, look_at_m = {0, 0.9, 0}, focal_mm = 40 }, size = {480, 270}, samples = 16,
                        modules = { exposure = { mode = "auto", metering = metering, spot_position = metering == "spot" and {0.5, 0.6} or nil,
                                                 spot_radius = metering == "spot" and 0.1 or nil } } }
