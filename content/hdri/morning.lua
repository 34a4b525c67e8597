-- Makes morning.hdr, a clear morning as a latitude-longitude map: sky, low hills, and a sun of 70 000 lx.
--     orrery run content/hdri/morning.lua content/hdri/morning.hdr
-- Values are in kilonit: gain = 1000 shows the morning as bright as it was.
local width, height = 256, 128
local sun = { azimuth = 150, elevation = 24, radius = 0.2725, klx = 70, colour = {1.07, 1.0, 0.8} }
local rad, sin, cos, exp = math.rad, math.sin, math.cos, math.exp

local disk = sun.klx / (2 * math.pi * (1 - cos(rad(sun.radius)))) -- its luminance
local luminance = 0.2126 * sun.colour[1] + 0.7152 * sun.colour[2] + 0.0722 * sun.colour[3]

local function off_sun(azimuth, elevation) -- degrees
  local c = sin(rad(elevation)) * sin(rad(sun.elevation)) + cos(rad(elevation)) * cos(rad(sun.elevation)) * cos(rad(azimuth - sun.azimuth))
  return math.deg(math.acos(math.min(c, 1)))
end

local function skyline(azimuth)
  local a = rad(azimuth)
  return 2.2 + 1.1 * sin(3 * a + 1) + 0.7 * sin(8 * a) + 0.3 * sin(19 * a + 2)
end

local function sky(azimuth, elevation)
  local off, k = off_sun(azimuth, elevation), (1 - sin(rad(math.max(elevation, 0)))) ^ 4
  local glow = 9 * exp(-off / 10) + 2.5 * exp(-off / 35)
  local r, g, b = 1.3 + 4.2 * k + glow, 2.4 + 3.9 * k + 0.92 * glow, 5.0 + 2.4 * k + 0.8 * glow
  if elevation < skyline(azimuth) and elevation > 0 then -- hills, half lost in the haze
    r, g, b = 0.35 * r + 0.5, 0.37 * g + 0.65, 0.42 * b + 0.75
  elseif elevation <= 0 then -- meadows
    local near = 1 - exp(elevation / 9)
    r, g, b = 2.6 - 1.2 * near, 2.8 - 0.9 * near, 2.7 - 1.9 * near
  end
  return r, g, b
end

-- The part of a pixel that the disk covers, from 64 x 64 points.
local function covered(x, y)
  local inside = 0
  for k = 0, 4095 do
    local u, v = (x + (k % 64 + 0.5) / 64) / width, (y + (math.floor(k / 64) + 0.5) / 64) / height
    if off_sun(360 * u - 180, 90 - 180 * v) < sun.radius then inside = inside + 1 end
  end
  return inside / 4096
end

local function radiance(x, y)
  local azimuth, elevation = (x + 0.5) / width * 360 - 180, 90 - (y + 0.5) / height * 180
  local r, g, b = sky(azimuth, elevation)
  if off_sun(azimuth, elevation) < 2 then
    local light = disk / luminance * covered(x, y)
    r, g, b = r + light * sun.colour[1], g + light * sun.colour[2], b + light * sun.colour[3]
  end
  return r, g, b
end

-- A pixel of a Radiance file: three mantissas that share an exponent. The dither hides the steps between them.
local dither = 1
local function rgbe(r, g, b)
  local fraction, exponent = math.frexp(math.max(r, g, b))
  local scale = 256 * fraction / math.max(r, g, b)
  local function byte(c)
    dither = (dither * 16807) % 2147483647
    return math.min(255, math.floor(c * scale + dither / 2147483647))
  end
  return string.char(byte(r), byte(g), byte(b), exponent + 128)
end

local rows = { "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y " .. height .. " +X " .. width .. "\n" }
for y = 0, height - 1 do
  for x = 0, width - 1 do rows[#rows + 1] = rgbe(radiance(x, y)) end -- north is in the middle
end
local file = assert(io.open(assert(orrery.args[1], "give the file to write"), "wb"))
file:write(table.concat(rows))
file:close()
