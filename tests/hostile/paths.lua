-- Ways out of the bundle.

--@ 5 module '../../etc/passwd' not found
require "../../etc/passwd"
--@ 5 module '/etc/passwd' not found
require "/etc/passwd"
--@ 5 not found
require "....etc.passwd"
--@ 5 main.lua:1: 
dofile("/etc/passwd")
--@ 5 main.lua:1: 
dofile("../../../../../../etc/passwd")
--@ 5 main.lua:1: 
dofile("..\\..\\etc\\passwd")
--@ 5 main.lua:1: 
dofile("C:\\autoexec.bat")
--@ 5 main.lua:1: 
dofile("bundle:/main.lua")
--@ 5 main.lua:1: 
dofile("MAIN.LUA")
--@ 5 main.lua:1: 
dofile("main.lua\0.png")
--@ 5 main.lua:1: 
dofile("parts/")
--@ 4 '/etc/passwd' in the bundle
orrery.scene():model{ path = "/etc/passwd" }
--@ 4 in the bundle
orrery.scene():model{ path = "../../../../../../../../etc/passwd" }
--@ 4 in the bundle
orrery.scene():model{ path = "models\\..\\..\\x.gltf" }
--@ 4 in the bundle
orrery.scene():material{ base_colour_map = "file:///etc/passwd" }
--@ 4 in the bundle
orrery.scene():terrain{ dem = "/dev/zero" }
--@ 4 in the bundle
orrery.scene():environment{ hdri = "/proc/self/environ" }
--@ 4 in the bundle
orrery.dem("/dev/zero")
--@ 4 outside the model's folder
orrery.model_info("parts/escape.gltf")
--@ 4 main.lua:2: orrery.sequence: preset: '/etc/passwd' is not a path inside
local scene = orrery.scene()
orrery.sequence{ scene = scene, camera = scene:camera{}, preset = "/etc/passwd" }
--@ 5 the name '../../../tmp/x' is used for files
local scene = orrery.scene()
return orrery.sequence{ name = "../../../tmp/x", scene = scene, camera = scene:camera{} }
--@ 5 main.lua:1: orrery.check: golden
orrery.check{ golden = "../../../etc" }
