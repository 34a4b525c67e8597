-- What never ends. All are ended by `--timeout 1`: by the hook, or with their process.

--@ 6 main.lua:1: the script was still running
while true do end
--@ 6 still running
for i = 1, math.huge do end
--@ 6 still running
local x = 0 while true do x = (x * 1664525 + 1013904223) % 4294967296 end
--@ 6 still running
local function f() return f() end f()
--@ 6 still running
while true do pcall(error) end
--@ 6 still running
while true do pcall(function() while true do end end) end
--@ 6 still running
local function f() while true do end end
local function again() return pcall(f), again() end
again()
--@ 6 still
xpcall(function() error("x") end, function() while true do end end)
--@ 6 still
xpcall(function() while true do end end, function() while true do end end)
--@ 6 still running
coroutine.wrap(function() while true do end end)()
--@ 6 still running
while true do coroutine.wrap(function() coroutine.yield() end)() end
--@ 6 still running
local co = coroutine.create(function() while true do pcall(coroutine.yield) end end)
while true do coroutine.resume(co) end
--@ 6 still inside one call
local found = ("a"):rep(200000):find(".-.-.-.-.-b")
--@ 6 still inside one call
local found = ("a"):rep(300):find(("a*"):rep(20) .. "b")
--@ 6 still
local text = ("x"):rep(1000):gsub("x", function() while true do end end)
--@ 6 still running
table.sort({ 1, 2, 3 }, function() while true do end end)
--@ 6 still running
print(setmetatable({}, { __tostring = function() while true do end end }))
--@ 6 still running
orrery.scene():group(setmetatable({}, { __index = function() while true do end end }))
--@ 6 still running
error(setmetatable({}, { __tostring = function() while true do end end }))
--@ 6 still running
load(function() while true do end end)
--@ 5 a chunk of more than 16 MiB
load(function() return (" "):rep(1e6) end)
--@ 6 still running
require "parts.loop"
--@ 6 still running
orrery.heightfield{ columns = 4097, rows = 4097, height = function() while true do end end }
--@ 6 still running
local scene = orrery.scene()
scene:group{ scale = function(t) while true do end end }
return orrery.sequence{ scene = scene, camera = scene:camera{} }
--@ 6 still running
while true do print("x") end
--@ 6 still running
local scene = orrery.scene()
while true do scene:group{} end
