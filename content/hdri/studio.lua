-- Makes studio.hdr, a photo studio as a latitude-longitude map: a dark room, soft boxes all around, a backdrop below.
--     orrery run content/hdri/studio.lua content/hdri/studio.hdr
-- Values are relative; the scene's environment says how bright they are (target_lx).
local width, height = 256, 128

-- Soft boxes: azimuth and elevation of the middle, half sizes, all in degrees; colour; clockwise from north, as the sun is.
local boxes = {
  {225, 48, 26, 16, 9.0, 8.0, 6.6},  -- the key, warm, front left
  {110, 40, 10, 26, 2.6, 2.9, 3.4},  -- the fill, cooler, right
  {20, 34, 30, 9, 5.5, 5.9, 6.6},    -- a strip behind, for edges
  {305, 36, 7, 28, 4.2, 4.4, 4.8},   -- an upright strip, back left
  {165, 20, 5, 14, 1.6, 1.5, 1.4},   -- a slim one near the lens
  {0, 90, 360, 12, 4.5, 4.4, 4.2},   -- overhead
}

local function smooth(a, b, x)
  local k = math.max(0, math.min(1, (x - a) / (b - a)))
  return k * k * (3 - 2 * k)
end

local function radiance(azimuth, elevation)
  local r, g, b
  if elevation < 0 then -- the backdrop: brighter towards the horizon
    local k = math.exp(elevation / 14)
    r, g, b = 0.020 + 0.42 * k, 0.018 + 0.36 * k, 0.018 + 0.31 * k
  else
    local k = math.exp(-elevation / 16)
    r, g, b = 0.06 + 0.38 * k, 0.06 + 0.318 * k, 0.065 + 0.263 * k
  end
  for _, box in ipairs(boxes) do
    local across = math.abs((azimuth - box[1] + 540) % 360 - 180)
    local light = (1 - smooth(box[3] - 3, box[3] + 3, across)) * (1 - smooth(box[4] - 3, box[4] + 3, math.abs(elevation - box[2])))
    r, g, b = r + light * box[5], g + light * box[6], b + light * box[7]
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
  for x = 0, width - 1 do -- north is in the middle
    rows[#rows + 1] = rgbe(radiance(((x + 0.5) / width * 360 + 180) % 360, 90 - (y + 0.5) / height * 180))
  end
end
local file = assert(io.open(assert(orrery.args[1], "give the file to write"), "wb"))
file:write(table.concat(rows))
file:close()
