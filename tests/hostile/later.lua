-- Functions of t that behave until the frames are made.

--@ 6 main.lua:2: group 'g'.scale at t = 
local scene = orrery.scene()
scene:group{ name = "g", scale = function(t) while t > 0.01 and t < 0.9 do end return {1, 1, 1} end }
scene:environment{}
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {16, 16}, fps = 24, frames = 24, samples = 1 }
--@ 6 still inside one call
local scene = orrery.scene()
scene:group{ scale = function(t) if t > 0.01 and t < 0.9 then (("a"):rep(200000)):find(".-.-.-.-b") end return {1, 1, 1} end }
scene:environment{}
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {16, 16}, fps = 24, frames = 24, samples = 1 }
--@ 5 main.lua:2: group 'g'.scale at t = 
local scene = orrery.scene()
scene:group{ name = "g", scale = function(t) if t > 0.01 and t < 0.9 then return "wide" end return {1, 1, 1} end }
scene:environment{}
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {16, 16}, fps = 24, frames = 24, samples = 1 }
--@ 5 main.lua:2: group 'g'.scale at t = 
local scene = orrery.scene()
scene:group{ name = "g", scale = function(t) if t > 0.01 and t < 0.9 then return 0/0, 1, 1 end return {1, 1, 1} end }
scene:environment{}
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {16, 16}, fps = 24, frames = 24, samples = 1 }
--@ 5 main.lua:2: group 'g'.scale at t = 
local scene = orrery.scene()
scene:group{ name = "g", scale = function(t) if t > 0.01 and t < 0.9 then error({}) end return {1, 1, 1} end }
scene:environment{}
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {16, 16}, fps = 24, frames = 24, samples = 1 }
--@ 1 the 256 MiB
local scene, kept = orrery.scene(), {}
scene:group{ scale = function(t) while t > 0.01 and t < 0.9 do kept[#kept + 1] = ("x"):rep(2e7) .. #kept end return {1, 1, 1} end }
scene:environment{}
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {16, 16}, fps = 24, frames = 24, samples = 1 }
--@ 5 the script's process 
local scene = orrery.scene()
local function deep() return (("x"):gsub("x", deep)) end
scene:group{ scale = function(t) if t > 0.01 and t < 0.9 then deep() end return {1, 1, 1} end }
scene:environment{}
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {16, 16}, fps = 24, frames = 24, samples = 1 }
--@ 5 two different values for one t
local scene, n = orrery.scene(), 0
scene:group{ scale = function(t) n = n + 1 return n, 1, 1 end }
return orrery.sequence{ scene = scene, camera = scene:camera{}, size = {16, 16} }
