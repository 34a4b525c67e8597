-- Numbers and texts that are none, in all that takes some.

--@ 5 every value was refused
local scene = orrery.scene()
local camera = scene:camera{}
local nan, inf = 0/0, 1/0
local function refused(f, ...) local ok = pcall(f, ...) assert(not ok, debug) end
local function no(f, options) local ok = pcall(f, scene, options) assert(not ok, next(options)) end
for _, x in ipairs{ nan, inf, -inf, 1e309 } do
  no(scene.group, { position_m = { x, 0, 0 } })
  no(scene.group, { rotation = { x, 0, 0, 1 } })
  no(scene.group, { scale = x })
  no(scene.camera, { vfov_deg = x })
  no(scene.sun, { illuminance_lx = x })
  no(scene.point, { flux_lm = x })
  no(scene.environment, { target_lx = x })
  no(scene.material, { base_colour = { x, x, x } })
  no(scene.terrain, { dem = "x.tif", spacing_m = x })
  no(scene.group, { scale = { { t = x, v = 1 } } })
  no(scene.group, { scale = { { t = 0, v = { x, 1, 1 } } } })
  for _, shape in ipairs{ "sphere", "icosphere", "torus", "gear", "plane", "ring" } do
    assert(not pcall(orrery[shape], { radius_m = x, width_m = x, outer_radius_m = x }))
    assert(not pcall(orrery[shape], { segments = x, splits = x, teeth = x, columns = x }))
  end
  assert(not pcall(orrery.orbit, { radius_m = x, duration_s = 1 }))
  assert(not pcall(orrery.path, { points = { { 0, 0, 0 }, { x, 0, 0 } }, duration_s = 1 }))
  assert(not pcall(orrery.random, x))
  assert(not pcall(function() orrery.random(1):integer(1, x) end))
  for _, key in ipairs{ "frames", "duration_s", "samples", "seed", "first_frame", "fps" } do
    assert(not pcall(orrery.sequence, { scene = scene, camera = camera, [key] = x }), key)
  end
  assert(not pcall(orrery.sequence, { scene = scene, camera = camera, size = { x, 1 } }))
  assert(not pcall(orrery.sequence, { scene = scene, camera = camera, modules = { vignette = { strength = x } } }))
  assert(not pcall(orrery.param, { name = "p", def = x, doc = "P" }))
end
for _, size in ipairs{ { 0, 1 }, { 65537, 1 }, { -1, -1 }, { 1e18, 1e18 }, {}, "huge" } do
  assert(not pcall(orrery.sequence, { scene = scene, camera = camera, size = size }))
end
for _, x in ipairs{ 2^53, -2^53, 1e18, -1e18, 9.2e18 } do
  pcall(function() return orrery.random(x):integer(-9e18, 9e18) end)
  pcall(function() return orrery.random(1):integer(x, x) end)
  pcall(function() return orrery.random(1):at(x) end)
  pcall(function() return orrery.orbit{ radius_m = 1, duration_s = 1 }:position(x) end)
end
assert(not pcall(orrery.sequence, { scene = scene, camera = camera, frames = 1e12 }))
assert(not pcall(scene.mesh, scene, { shape = orrery.heightfield, name = {} }))
assert(not pcall(orrery.heightfield, { height = function() return 0/0 end }))
assert(not pcall(orrery.lathe, { profile = { { 0/0, 1 }, { 1, 1 } } }))
assert(not pcall(scene.model, scene, { path = ("x"):rep(1e6) }))
assert(not pcall(scene.model, scene, { path = "" }))
error "every value was refused"
--@ 5 'frames' must lie between 1 and 10000000
local scene = orrery.scene()
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = { 65536, 65536 }, samples = 65536, frames = 2e7 }
--@ 5 each side must be 1 to
local scene = orrery.scene()
scene:environment{}
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = { 65536, 65536 }, samples = 65536 }
