-- Colour by its definitions: CIE XYZ and L*a*b*, Bradford adaptation, Rec.709 primaries and the sRGB curve, CIEDE2000.
-- Colours are lists of three numbers; XYZ has Y = 1 for white.
local colour = {}

-- White points: D65 from its chromaticity (0.3127, 0.3290), D50 as the ICC profile connection space has it.
colour.D65 = { 0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290 }
colour.D50 = { 0.9642, 1, 0.8249 }

local function times(m, v)
  local out = {}
  for row = 1, 3 do out[row] = m[row][1] * v[1] + m[row][2] * v[2] + m[row][3] * v[3] end
  return out
end
local function product(a, b)
  local out = { {}, {}, {} }
  for row = 1, 3 do
    for column = 1, 3 do
      for k = 1, 3 do out[row][column] = (out[row][column] or 0) + a[row][k] * b[k][column] end
    end
  end
  return out
end
local function inverse(m)
  local out, det = { {}, {}, {} }, 0
  local function cofactor(row, column)
    local r1, r2, c1, c2 = row % 3 + 1, (row + 1) % 3 + 1, column % 3 + 1, (column + 1) % 3 + 1
    return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
  end
  for column = 1, 3 do det = det + m[1][column] * cofactor(1, column) end
  for row = 1, 3 do
    for column = 1, 3 do out[column][row] = cofactor(row, column) / det end
  end
  return out
end

-- Linear Rec.709 to XYZ: the columns are the primaries' chromaticities (ITU-R BT.709), scaled so that they add up to white.
local primaries = { {}, {}, {} }
for i, xy in ipairs{ {0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06} } do
  primaries[1][i], primaries[2][i], primaries[3][i] = xy[1] / xy[2], 1, (1 - xy[1] - xy[2]) / xy[2]
end
local scale = times(inverse(primaries), colour.D65)
local to_xyz = product(primaries, { {scale[1], 0, 0}, {0, scale[2], 0}, {0, 0, scale[3]} })
local to_rec709 = inverse(to_xyz)
function colour.xyz_of_rec709(rgb) return times(to_xyz, rgb) end
function colour.rec709_of_xyz(xyz) return times(to_rec709, xyz) end

-- The sRGB transfer curve (IEC 61966-2-1).
function colour.srgb_encode(c) return c <= 0.0031308 and 12.92 * c or 1.055 * c ^ (1 / 2.4) - 0.055 end
function colour.srgb_decode(v) return v <= 0.04045 and v / 12.92 or ((v + 0.055) / 1.055) ^ 2.4 end

-- What looks alike under another white: Lam 1985 ("Bradford").
local bradford = { {0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296} }
function colour.adapt(xyz, from, to)
  local c, a, b = times(bradford, xyz), times(bradford, from), times(bradford, to)
  for i = 1, 3 do c[i] = c[i] * b[i] / a[i] end
  return times(inverse(bradford), c)
end

-- L*a*b* (CIE 15:2004).
local edge = 6 / 29
function colour.lab_of_xyz(xyz, white)
  local f = {}
  for i = 1, 3 do
    local t = xyz[i] / white[i]
    f[i] = t > edge ^ 3 and t ^ (1 / 3) or t / (3 * edge ^ 2) + 4 / 29
  end
  return { 116 * f[2] - 16, 500 * (f[1] - f[2]), 200 * (f[2] - f[3]) }
end
function colour.xyz_of_lab(lab, white)
  local y, out = (lab[1] + 16) / 116, {}
  for i, t in ipairs{ y + lab[2] / 500, y, y - lab[3] / 200 } do
    out[i] = white[i] * (t > edge and t ^ 3 or 3 * edge ^ 2 * (t - 4 / 29))
  end
  return out
end

-- CIEDE2000 of two L*a*b*: Sharma, Wu, Dalal 2005, "The CIEDE2000 Color-Difference Formula", equations 2 to 22.
local function hue_deg(a, b)
  if a == 0 and b == 0 then return 0 end
  return math.deg(math.atan2(b, a)) % 360
end
function colour.delta_e_2000(one, two)
  local function sin(deg) return math.sin(math.rad(deg)) end
  local function cos(deg) return math.cos(math.rad(deg)) end
  local function knee(c) return math.sqrt(c ^ 7 / (c ^ 7 + 25 ^ 7)) end
  local function chroma(a, b) return math.sqrt(a * a + b * b) end
  local g = 1.5 - 0.5 * knee((chroma(one[2], one[3]) + chroma(two[2], two[3])) / 2) -- 1 + G
  local a1, a2 = one[2] * g, two[2] * g
  local c1, c2 = chroma(a1, one[3]), chroma(a2, two[3])
  local h1, h2 = hue_deg(a1, one[3]), hue_deg(a2, two[3])
  local grey = c1 * c2 == 0
  local turn = grey and 0 or (h2 - h1 + 180) % 360 - 180
  if not grey and h2 - h1 == 180 then turn = 180 end -- the range is -180 to 180, both included
  local hue = h1 + h2
  if not grey then
    hue = math.abs(h1 - h2) <= 180 and hue / 2 or hue < 360 and hue / 2 + 180 or hue / 2 - 180
  end
  local l, c = (one[1] + two[1]) / 2, (c1 + c2) / 2
  local t = 1 - 0.17 * cos(hue - 30) + 0.24 * cos(2 * hue) + 0.32 * cos(3 * hue + 6) - 0.20 * cos(4 * hue - 63)
  local dl = (two[1] - one[1]) / (1 + 0.015 * (l - 50) ^ 2 / math.sqrt(20 + (l - 50) ^ 2))
  local dc = (c2 - c1) / (1 + 0.045 * c)
  local dh = 2 * math.sqrt(c1 * c2) * sin(turn / 2) / (1 + 0.015 * c * t)
  local rotation = -2 * knee(c) * sin(60 * math.exp(-((hue - 275) / 25) ^ 2))
  return math.sqrt(dl * dl + dc * dc + dh * dh + rotation * dc * dh)
end

-- The 24 patches of the ColorChecker Classic, L*a*b* under D50, 2 degrees: the maker's averages (X-Rite, "New color specifications for
-- ColorChecker SG and Classic charts", the table of charts made before November 2014; Pascale 2006, "RGB coordinates of the Macbeth
-- ColorChecker", BabelColor, has the same as "ColorChecker 2005"). From the top left, six in a row.
colour.checker = {
  { "dark skin", {37.986, 13.555, 14.059} },      { "light skin", {65.711, 18.130, 17.810} },
  { "blue sky", {49.927, -4.880, -21.925} },      { "foliage", {43.139, -13.095, 21.905} },
  { "blue flower", {55.112, 8.844, -25.399} },    { "bluish green", {70.719, -33.397, -0.199} },
  { "orange", {62.661, 36.067, 57.096} },         { "purplish blue", {40.020, 10.410, -45.964} },
  { "moderate red", {51.124, 48.239, 16.248} },   { "purple", {30.325, 22.976, -21.587} },
  { "yellow green", {72.532, -23.709, 57.255} },  { "orange yellow", {71.941, 19.363, 67.857} },
  { "blue", {28.778, 14.179, -50.297} },          { "green", {55.261, -38.342, 31.370} },
  { "red", {42.101, 53.378, 28.190} },            { "yellow", {81.733, 4.039, 79.819} },
  { "magenta", {51.935, 49.986, -14.574} },       { "cyan", {51.038, -28.631, -28.638} },
  { "white 9.5", {96.539, -0.425, 1.186} },       { "neutral 8", {81.257, -0.638, -0.335} },
  { "neutral 6.5", {66.766, -0.734, -0.504} },    { "neutral 5", {50.867, -0.153, -0.270} },
  { "neutral 3.5", {35.656, -0.421, -1.231} },    { "black 2", {20.461, -0.079, -0.973} },
}

return colour
