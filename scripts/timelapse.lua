-- A day over a landscape in ten seconds, from the first light to the last: sun, sky, shade and haze follow from where the sun stands, the
-- exposure from the picture.
--     orrery render timelapse.lua --set season_deg=-20 --size 1920x1080 --video winter.mp4
--     orrery render timelapse.lua --frames 0,60,120,180 --size 320x180          a few of its pictures

local dem       = orrery.param{ name = "dem", type = "asset", def = "dem/jacksboro_fault.tif", doc = "Elevation model: GeoTIFF, 16-bit PNG, .npy, .npz, .hgt" }
local tall      = orrery.param{ name = "exaggeration", def = 2, min = 0.1, max = 20, doc = "Factor on heights" }
local ramp      = orrery.param{ name = "ramp", type = "enum", def = "alpine", choices = {"alpine", "hypsometric", "desert", "moon", "grey"}, doc = "Colours of the ground" }
local seconds   = orrery.param{ name = "seconds", def = 10, min = 0.1, max = 3600, doc = "How long the film takes" }
local fps       = orrery.param{ name = "fps", type = "integer", def = 24, min = 1, max = 240, doc = "Pictures a second" }
local lowest    = orrery.param{ name = "lowest_deg", def = -5, min = -12, max = 20, doc = "Height of the sun at both ends: it begins when the sun rises through it" }
local latitude  = orrery.param{ name = "latitude_deg", def = 36.4, min = -60, max = 60, doc = "How far north the place lies" }
local season    = orrery.param{ name = "season_deg", def = 15, min = -23.44, max = 23.44, doc = "How far north the sun stands: 23.44 at midsummer, its negative at midwinter" }
local turbidity = orrery.param{ name = "turbidity", def = 1.5, min = 0, max = 10, doc = "Haze: 1 a clear day, 10 a dull one" }

-- Where the sun stands at an hour of its own time, 12 when it is highest (Meeus, "Astronomical Algorithms", chapter 13).
local phi, delta = math.rad(latitude), math.rad(season)
local function elevation(hour)
  return math.deg(math.asin(math.sin(phi) * math.sin(delta) + math.cos(phi) * math.cos(delta) * math.cos(math.rad(15 * (hour - 12)))))
end
local function azimuth(hour)
  local h = math.rad(15 * (hour - 12))
  return 180 + math.deg(math.atan2(math.sin(h), math.cos(h) * math.sin(phi) - math.tan(delta) * math.cos(phi)))
end
local cosine = (math.sin(math.rad(lowest)) - math.sin(phi) * math.sin(delta)) / (math.cos(phi) * math.cos(delta))
if math.abs(cosine) > 1 then error("the sun does not pass a height of lowest_deg = " .. lowest .. " on that day at that place: choose another") end
local half_day = math.deg(math.acos(cosine)) / 15

-- At dawn and dusk the light doubles within minutes, at noon it hardly changes. So the film dwells where it changes: each picture is as many
-- stops from the one before as the next, and a little of the day besides. Stops of light by the sun's height, roughly (Seidelmann 1992,
-- "Explanatory Supplement to the Astronomical Almanac", page 491).
local light = { {-18, -10.6}, {-12, -6.9}, {-6, 1.8}, {-0.8, 8.7}, {5, 12.2}, {10, 13.4}, {20, 14.7}, {40, 16.1}, {90, 17} }
local function stops(degrees)
  for i = 2, #light do
    local a, b = light[i - 1], light[i]
    if degrees <= b[1] then return a[2] + (b[2] - a[2]) * (degrees - a[1]) / (b[1] - a[1]) end
  end
  return 17
end
local STEPS, STOPS_AN_HOUR = 400, 0.8
local pace = { 0 } -- progress of the film at the steps of the morning
for i = 1, STEPS do
  local from, to = 12 - half_day * (1 - (i - 1) / STEPS), 12 - half_day * (1 - i / STEPS)
  pace[i + 1] = pace[i] + math.abs(stops(elevation(to)) - stops(elevation(from))) + STOPS_AN_HOUR * (to - from)
end
local function hour(t)
  local part = math.min(t / seconds, 1) * 2 -- 0 to 1 in the morning; the afternoon goes back the same way
  local at, i = (part <= 1 and part or 2 - part) * pace[STEPS + 1], 1
  while i < STEPS and pace[i + 1] < at do i = i + 1 end
  local morning = half_day * (1 - (i - 1 + math.min((at - pace[i]) / (pace[i + 1] - pace[i]), 1)) / STEPS)
  return part <= 1 and 12 - morning or 12 + morning
end

local scene  = orrery.scene()
local ground = scene:terrain{ dem = dem, exaggeration = tall, ramp = ramp, nodata = "fill" }
scene:atmosphere{ turbidity = turbidity }
scene:sun{ azimuth_deg = function(t) return azimuth(hour(t)) end, elevation_deg = function(t) return elevation(hour(t)) end }

-- The camera stands still above the southern rim and looks over the land.
local bounds = ground:bounds()
local width, depth = bounds.max[1] - bounds.min[1], bounds.max[3] - bounds.min[3]
local size = math.min(width, depth)
local x, z = bounds.center[1] - 0.2 * width, bounds.center[3] + 0.42 * depth
local y = ground:height(x, z) or bounds.max[2]
local camera = scene:camera{ position_m = {x, y + 0.05 * size, z}, look_at_m = {bounds.center[1] + 0.1 * width, y + 0.02 * size, bounds.center[3] - 0.3 * depth},
                             vfov_deg = 45, near_m = 0.0005 * size }

-- Exposure follows as fast as a fifth of a stop a picture; where there are too few pictures for the stops of a morning, as fast as it has to.
local follow = math.max(0.2 * fps, 2.2 * (stops(elevation(12)) - stops(lowest)) / seconds)
return orrery.sequence{
  name = "timelapse", scene = scene, camera = camera, size = {640, 360}, fps = fps, duration_s = seconds, samples = 8,
  modules = { exposure = { mode = "auto", speed_up = follow, speed_down = follow, trim_low_percent = 2, trim_high_percent = 2 } },
}
