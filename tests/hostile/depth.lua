-- Calls within calls: an error of the script where Lua can tell, the end of its process where it cannot.

--@ 5 stack overflow
local function f() return 1 + f() end f()
--@ 5
local function f() return pcall(f) or error("deep") end
f() error("deep")
--@ 5
local function f() return (("x"):gsub("x", f)) end f()
--@ 5
local function f(a, b) table.sort({ 1, 2, 3 }, f) return a < b end
table.sort({ 1, 2, 3 }, f)
--@ 5
local function f() return coroutine.wrap(f)() end f()
--@ 5
local t = setmetatable({}, {}) getmetatable(t).__tostring = function() return "a" .. tostring(t) end print(t)
--@ 5
local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k .. "x"] end print(t.x)
--@ 5
local t = {} for i = 1, 300 do t = setmetatable({}, { __index = t }) end print(t.x)
error("deep")
--@ 5
local scene = orrery.scene()
local options = setmetatable({}, {})
getmetatable(options).__index = function() return scene:group(options) end
scene:group(options)
--@ 5
local s = ("("):rep(100000) .. "1" .. (")"):rep(100000)
assert(load("return " .. s))
--@ 5
local s = ("{"):rep(100000) .. ("}"):rep(100000)
assert(load("return " .. s))
--@ 5
local s = {} for i = 1, 300 do s[i] = "local a" .. i end
assert(load(table.concat(s, "\n")))
--@ 5 too complex
assert(("x"):rep(300000):find(("x?"):rep(300000)))
