-- What takes all there is. The script may have 256 MiB; what it makes the engine hold is bounded with its process.

--@ 1 the script used more than the 256 MiB it may have
local t = {} while true do t[#t + 1] = {} end
--@ 1 the script used more than the 256 MiB it may have
local s = "x" while true do s = s .. s end
--@ 1 the script used more than the 256 MiB it may have
local s = ("x"):rep(1e9)
--@ 1 the script used more than the 256 MiB it may have
local t = {} for i = 1, 300 do t[i] = ("x"):rep(1e6) end print(table.concat(t))
--@ 1 the script used more than the 256 MiB it may have
local s = ("x"):rep(1e5) print((s:gsub("x", s)))
--@ 1 the script used more than the 256 MiB it may have
local t = {} while true do t[#t + 1] = coroutine.create(function() end) end
--@ 1 the script used more than the 256 MiB it may have
local f = function() end while true do local g = f f = function() return g end end
--@ 5 invalid option
local s = ("%99999d"):format(1)
--@ 5 too many results to unpack
unpack({}, 1, 1e8)
--@ 1 the script used more than the 256 MiB it may have
while true do pcall(function() local t = {} while true do t[#t + 1] = { t } end end) error() end
--@ 1 out of memory
local t = {} while true do t[#t + 1] = orrery.sphere{ segments = 4096, rings = 2048 } end
--@ 5 orrery.sphere
orrery.sphere{ segments = 8192, rings = 8192 }
--@ 1 out of memory
local scene = orrery.scene()
for i = 1, 1e9 do scene:mesh{ shape = orrery.plane{ columns = 1000, rows = 1000 } } end
--@ 4 the scene has 20002 nodes; a bundle's script may make 20000
local scene = orrery.scene()
for i = 1, 20001 do scene:group{} end
return orrery.sequence{ scene = scene, camera = scene:camera{} }
--@ 4 a bundle's script may make 256 MiB of them
local scene = orrery.scene()
for i = 1, 9 do scene:mesh{ shape = orrery.plane{ columns = 1000, rows = 700 } } end
return orrery.sequence{ scene = scene, camera = scene:camera{} }
