-- Metatables of what is shared, objects in the wrong places, and errors that are no messages.

--@ 5 all objects held
assert(getmetatable("") == false and getmetatable(orrery) == false and getmetatable(orrery.space) == false)
local scene, shape = orrery.scene(), orrery.sphere{}
for _, object in ipairs{ "", orrery, scene, shape, scene:group{}, orrery.random(1) } do
  assert(getmetatable(object) == false and not pcall(setmetatable, object, {}))
  assert(not pcall(rawset, scene, "x", 1) and not pcall(rawget, scene, "x"))
end
assert(not pcall(function() orrery.scene = nil end) and not pcall(function() scene.x = 1 end))
assert(not pcall(function() return shape.__gc end) and not pcall(function() return scene.__index end))
local mesh = scene.mesh
for _, self in ipairs{ 1, "", {}, shape, orrery.random(1), print, coroutine.create(print) } do
  assert(not pcall(mesh, self, { shape = shape }), tostring(self))
  assert(not pcall(mesh, scene, { shape = self ~= shape and self or scene }))
end
assert(not pcall(mesh) and not pcall(mesh, nil, { shape = shape }))
assert(not pcall(scene.mesh, scene, setmetatable({ shape = shape }, { __index = function() error("x") end })))
string.format, string.rep, table.concat, tostring, pairs, next = nil, nil, nil, print, print, print
scene:mesh{ shape = shape, name = "still" }
rawset(_G, "require", nil)
error "all objects held"
--@ 5 'tostring' must return a string to 'print'
print(setmetatable({}, { __tostring = function() return {} end }))
--@ 5 an error that is a table
error({})
--@ 5 an error that is a nil
error(nil)
--@ 5 an error that is a function
error(print)
--@ 5 orrery:
error(setmetatable({}, { __tostring = function() error("again") end }))
--@ 5 orrery:
error(setmetatable({}, { __tostring = function() return {} end }))
--@ 5 xxxxxxxx
error(("x"):rep(1e7))
--@ 5 ?[2J?]0;title? and ?? more
error("\27[2J\27]0;title\7 and \155\n more")
--@ 5 main.lua:3: two lines
local text = [[two
lines]]
error((text:gsub("\n", " ")), 0 + 1)
--@ 5 in the coroutine
local co = coroutine.wrap(function() error("in the coroutine") end)
co()
--@ 5 the script returned a function
return print
--@ 5 the script returned a string
return ("x"):rep(1e6)

--@ 5 in a coroutine all is as elsewhere
local scene = orrery.scene()
local box
coroutine.wrap(function()
  box = scene:mesh{ shape = orrery.box{}, position_m = function(t) return coroutine.wrap(function() return 1, 2, 3 end)() end }
  assert(box:bounds().center[2] == 2)
  assert(require("parts.value") == 7)
  coroutine.yield()
end)()
assert(box:bounds().center[3] == 3)
error "in a coroutine all is as elsewhere"
