-- A day over a landscape in ten seconds: the sun goes from before dawn until after dusk, its colour and the sky's follow from the air.
--     orrery render timelapse.lua --set date=2026-06-21 --size 1920x1080 --video day.mp4
--     orrery render timelapse.lua --frames 0,60,120,180          a few of its pictures

local dem       = orrery.param{ name = "dem", type = "asset", def = "dem/jacksboro_fault.tif", doc = "Elevation model: GeoTIFF, 16-bit PNG, .npy, .npz, .hgt" }
local tall      = orrery.param{ name = "exaggeration", def = 2, min = 0.1, max = 20, doc = "Factor on heights" }
local ramp      = orrery.param{ name = "ramp", type = "enum", def = "alpine", choices = {"alpine", "hypsometric", "desert", "moon", "grey"}, doc = "Colours of the ground" }
local seconds   = orrery.param{ name = "seconds", def = 10, min = 0.1, max = 3600, doc = "How long the film takes" }
local fps       = orrery.param{ name = "fps", type = "u32", def = 24, min = 1, max = 240, doc = "Pictures a second" }
local first     = orrery.param{ name = "from_hour", def = 4.2, min = 0, max = 24, doc = "When it begins, by the sun's own time: 12 is when it stands highest" }
local last      = orrery.param{ name = "to_hour", def = 19.8, min = 0, max = 24, doc = "When it ends" }
local latitude  = orrery.param{ name = "latitude_deg", def = 36.4, min = -66, max = 66, doc = "How far north the place lies" }
local season    = orrery.param{ name = "declination_deg", def = 15, min = -23.44, max = 23.44, doc = "The season: how far north the sun stands, 23.44 at midsummer" }
local turbidity = orrery.param{ name = "turbidity", def = 1.5, min = 0, max = 10, doc = "Haze: 1 a clear day, 10 a dull one" }

local scene  = orrery.scene()
local ground = scene:terrain{ dem = dem, exaggeration = tall, ramp = ramp, nodata = "fill" }
local bounds = ground:bounds()
local width, depth = bounds.max[1] - bounds.min[1], bounds.max[3] - bounds.min[3]
local size = math.min(width, depth)

-- Where the sun stands, of the hour angle (Meeus, "Astronomical Algorithms", chapter 13): azimuth from north, and elevation.
local function sun(t)
  local hour = first + (last - first) * math.min(t / seconds, 1)
  local h, phi, delta = math.rad(15 * (hour - 12)), math.rad(latitude), math.rad(season)
  local azimuth = math.deg(math.atan2(math.sin(h), math.cos(h) * math.sin(phi) - math.tan(delta) * math.cos(phi))) + 180
  local elevation = math.deg(math.asin(math.sin(phi) * math.sin(delta) + math.cos(phi) * math.cos(delta) * math.cos(h)))
  return azimuth, elevation
end
scene:atmosphere{ turbidity = turbidity }
scene:sun{ azimuth_deg = function(t) return (sun(t)) end, elevation_deg = function(t) return select(2, sun(t)) end }

-- The camera stands still, above the southern rim, and looks over the land to the north-east.
local x, z = bounds.center[1] - 0.2 * width, bounds.center[3] + 0.42 * depth
local y = ground:height(x, z) or bounds.max[2]
local camera = scene:camera{ position_m = {x, y + 0.05 * size, z}, look_at_m = {bounds.center[1] + 0.1 * width, y + 0.02 * size, bounds.center[3] - 0.3 * depth},
                             vfov_deg = 45, near_m = 0.0005 * size }

return orrery.sequence{
  name = "timelapse", scene = scene, camera = camera,
  size = {640, 360}, fps = fps, duration_s = seconds, samples = 8,
  modules = { exposure = { mode = "auto" } },
}
