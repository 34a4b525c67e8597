-- What a bundle's script tries to get hold of. Each case begins at a line `--@ EXIT-CODE TEXT`; tests/cli/hostile.sh
-- packs it alone as main.lua, renders it, and wants that code and that text in the one message.

--@ 5 main.lua:1: 'ffi' is not available: a script of a bundle cannot reach native code
require "ffi"
--@ 5 main.lua:1: 'ffi' is not available
local C = ffi.C
--@ 5 main.lua:1: 'io' is not available: a script of a bundle reads files of the bundle alone
print(io.open("/etc/passwd"):read("*a"))
--@ 5 main.lua:1: 'os' is not available: a script of a bundle cannot reach the system
os.execute("touch /tmp/orrery_escaped")
--@ 5 main.lua:1: 'debug' is not available
debug.getregistry()
--@ 5 main.lua:1: package.loadlib is not available: a script of a bundle cannot load native code
package.loadlib("libc.so.6", "system")
--@ 5 everything was refused
for _, name in ipairs{ "io", "os", "debug", "jit", "ffi" } do
  assert(rawget(_G, name) == nil and not pcall(function() return _G[name] end), name)
  assert(not pcall(require, name) and type(package.loaded[name]) ~= "table", name)
end
local number = assert(load("return 1LL + 2ULL, 1i"))()
collectgarbage() collectgarbage() -- what the numbers rest on is still there
assert(type(package.loaded.ffi) ~= "table" and not pcall(require, "ffi") and type(getmetatable(number)) == "string")
for _, f in ipairs{ function() return number[0] end, function() number.x = 1 end, function() return number() end,
                    function() return #number end, function() return ("x"):rep(1)[number] end } do
  local ok, value = pcall(f)
  assert(not ok or value == nil)
end
assert(not pcall(orrery.random, number))
for _, name in ipairs{ "jit.opt", "jit.util", "jit.bc", "table.new", "string.buffer", "socket", "libc" } do
  assert(not pcall(require, name), name)
end
for _, call in ipairs{ newproxy, getfenv, setfenv, module, string.dump, package.loadlib, package.searchpath, package.seeall } do
  assert(not pcall(call, print))
end
assert(package.path == nil and package.cpath == nil and #package.loaders == 2)
assert(not pcall(collectgarbage, "stop") and not pcall(collectgarbage, "setpause", 0))
package.loaders[3] = function() return nil end
assert(not pcall(require, "nothing"))
error "everything was refused"
--@ 5 orrery.render is not available: a script of a bundle describes a scene and its sequence
local scene = orrery.scene()
orrery.render{ sequence = orrery.sequence{ scene = scene, camera = scene:camera{} }, out = "/tmp/orrery_escaped.png" }
--@ 5 orrery.space.set is not available
orrery.space.set("settings/x", 1)
--@ 5 orrery.image_diff is not available
orrery.image_diff("/etc/passwd", "/etc/shadow")

--@ 5 no bytecode was run
local code = "\27LJ\2\10\10main.lua"
assert(not load(code) and not loadstring(code) and not load(code, "x", "b") and not load(code, "x", "bt"))
assert(not load(function() local piece = code code = nil return piece end))
assert(not pcall(load, ("x"):rep(2^24 + 1)))
error "no bytecode was run"
--@ 5 parts/bytecode.lua:2: unexpected symbol near 'char(27)'
dofile("parts/bytecode.lua")
--@ 5 parts/bytecode.lua:2: unexpected symbol near 'char(27)'
require "parts.bytecode"
