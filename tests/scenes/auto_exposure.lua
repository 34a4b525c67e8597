-- Exposure that follows the light: a field is switched from dim to bright, and the picture follows by 3 EV a second. A lamp takes less of
-- the picture than is trimmed, so what is metered is the field, whose luminance is known. Numbers alone, no golden.
local colour, dim, bright, fps = {0.5, 1, 2}, 20, 2000, 24
local luminance = 0.2126 * colour[1] + 0.7152 * colour[2] + 0.0722 * colour[3]
local before = math.log(dim * luminance * 100 / 12.5) / math.log(2)
orrery.check{ frames = "0,5,6,12,23", aovs = { "beauty", "display" }, size = {64, 36}, samples = 2, tags = {"effect", "exposure"},
  expect = function(frame)
    local ev = before + math.max(frame.number - 5, 0) * 3 / fps
    frame:near(frame.ev100, ev, 1e-3, "the EV that was come to")
    frame:near(frame.exposure / (18 / 12.5 * 2 ^ -frame.ev100), 1, 1e-9, "the factor, over what it should be")
    local shown = (frame.number < 6 and dim or bright) * luminance * frame.exposure
    frame:near(frame:mean{ aov = "beauty", roi = {0, 0, 64, 4}, channel = "g" } * frame.exposure, shown * colour[2] / luminance, 2e-3 * shown, "the field as exposed")
    if frame.number < 6 then frame:near(shown, 0.18, 1e-3, "a metered field comes out at the key") end
  end,
  mutate = {
    { name = "luminance is one channel", file = "histogram.comp", find = "vec3(0.2126, 0.7152, 0.0722)", replace = "vec3(0.0, 1.0, 0.0)" },
    { name = "means of bins are lost", file = "histogram.comp", find = "offset += w * (place % STEPS)", replace = "offset += w" },
    { name = "what the picture was exposed by is forgotten", file = "histogram.comp", find = "(log2(l) - push.begin_ev)", replace = "(log2(l) + 10.0)" },
    { name = "carries are lost where a bin is full", file = "histogram.comp", find = "uint before = atomicAdd(bins.words[word], value);", replace = "uint before = atomicAdd(bins.words[word], value & 1023u);" },
  } }
local scene = orrery.scene()
local function field(t)
  local nit = t < 6 / fps and dim or bright
  return colour[1] * nit, colour[2] * nit, colour[3] * nit
end
scene:environment{ zenith_nit = field, horizon_nit = field, ground_nit = field }
scene:mesh{ shape = orrery.sphere{ radius_m = 0.4 }, material = scene:material{ base_colour = {0, 0, 0}, ior = 1, emissive_nit = {20000, 20000, 20000} } }
return orrery.sequence{ name = "auto_exposure", scene = scene, camera = scene:camera{ position_m = {0, 0, 5}, look_at_m = {0, 0, 0} }, fps = fps, frames = 24,
                        size = {64, 36}, samples = 2, modules = { exposure = { mode = "auto" }, tonemap = { operator = "none" } } }
