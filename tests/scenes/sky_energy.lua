-- What the sky gives is what the sky shows: the picture of the sky is summed up over the directions that a white card faces, and
-- compared with the light that comes back from the card. Frames 0-4 look up and around, 5 at a level card in shade, 6 at a wall.
local SIDE = 48
local views = { {0, 1, -1e-6}, {1, 0, 0}, {-1, 0, 0}, {0, 0, 1}, {0, 0, -1} }
local level, wall = {0, 0, 0}, {0, 0, 0} -- illuminance of a card that faces up, and of one that faces north

local function add(frame, forward)
  -- Right and up of the camera, as it makes them of its direction.
  local up = math.abs(forward[2]) > 0.9 and {0, 0, 1} or {0, 1, 0}
  local right = { forward[2] * up[3] - forward[3] * up[2], forward[3] * up[1] - forward[1] * up[3], forward[1] * up[2] - forward[2] * up[1] }
  local above = { right[2] * forward[3] - right[3] * forward[2], right[3] * forward[1] - right[1] * forward[3], right[1] * forward[2] - right[2] * forward[1] }
  for y = 0, SIDE - 1 do
    for x = 0, SIDE - 1 do
      local u, v = (x + 0.5) / SIDE * 2 - 1, 1 - (y + 0.5) / SIDE * 2
      local length = math.sqrt(1 + u * u + v * v)
      local solid = 4 / (SIDE * SIDE) / length ^ 3
      local d_y = (forward[2] + u * right[2] + v * above[2]) / length
      local d_z = (forward[3] + u * right[3] + v * above[3]) / length
      local rgb = { frame:pixel(x, y, "beauty") }
      for c = 1, 3 do
        if d_y > 0 then level[c] = level[c] + rgb[c] * solid * d_y end
        if d_z < 0 and d_y > 0 then wall[c] = wall[c] - rgb[c] * solid * d_z end
      end
    end
  end
end

orrery.check{ frames = "0-6", aovs = {"beauty"}, size = {SIDE, SIDE}, samples = 1, tags = {"sky", "energy"}, timeout_s = 300,
  expect = function(frame)
    if frame.number < 5 then return add(frame, views[frame.number + 1]) end
    local rgb = { frame:pixel(SIDE / 2, SIDE / 2, "beauty") }
    for c = 1, 3 do
      local sky, seen = frame.number == 5 and level[c] or wall[c], math.pi * rgb[c]
      frame:near(seen / sky, 1, 0.01, "light from the card, over what the sky shows, channel " .. c)
    end
  end,
  mutate = {
    { name = "texels of the capture weigh the same", file = "sky_irradiance.comp", find = "float inverse2 = 1.0 / dot(d, d);", replace = "float inverse2 = 0.6;" },
    { name = "the capture lies on its side", file = "sky_capture.comp", find = "radiance = d.y < 0.0", replace = "radiance = d.z < 0.0" },
  } }
local scene = orrery.scene()
local white = scene:material{ base_colour = {1, 1, 1}, roughness = 1, ior = 1 }
scene:atmosphere{ sun_disk = false, ground_albedo = {0, 0, 0} }
scene:sun{ azimuth_deg = 180, elevation_deg = 50 }
-- Far below and away from where the sky is looked at, and out of the sun behind a screen.
scene:mesh{ shape = orrery.plane{ width_m = 1, depth_m = 1 }, position_m = {0, -20, 0}, material = white }
scene:mesh{ shape = orrery.plane{ width_m = 6, depth_m = 6 }, position_m = {0, -17, 2.5}, material = white }
scene:mesh{ shape = orrery.plane{ width_m = 1, depth_m = 1 }, position_m = {0, -19, 30}, rotation_deg = {-90, 0, 0}, material = white }
local function along(t) return math.floor(t + 0.5) end
local camera = scene:camera{ vfov_deg = 90,
  position_m = function(t) if along(t) == 5 then return 0, -19.7, 0 elseif along(t) == 6 then return 0, -19, 29.7 end return 0, 0, 0 end,
  up = function(t) if along(t) == 0 or along(t) == 5 then return 0, 0, 1 end return 0, 1, 0 end,
  look_at_m = function(t)
    if along(t) == 5 then return 0, -20, 0 elseif along(t) == 6 then return 0, -19, 30 end
    local v = views[along(t) + 1]
    return v[1], v[2], v[3]
  end }
return orrery.sequence{ name = "sky_energy", scene = scene, camera = camera, fps = 1, frames = 7, size = {SIDE, SIDE}, samples = 1,
                        modules = { exposure = { mode = "manual", ev = 12 }, tonemap = { operator = "none" } } }
