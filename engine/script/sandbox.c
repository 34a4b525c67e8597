/* What Lua itself offers a script: the usual libraries, less what would make two runs differ. Scripts of the
 * user's own keep `io`, `os` and `require "ffi"`. */
#include "script/private.h"

#include <stdio.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "script/keys.h"

static const char *const removed[][3] = {
    {"os", "time", "the picture must not depend on the clock; use t"},
    {"os", "clock", "the picture must not depend on the clock; use t"},
    {"os", "date", "the picture must not depend on the clock; use t"},
    {"math", "random", "its numbers have no seed of yours; use orrery.random(seed)"},
    {"math", "randomseed", "use orrery.random(seed)"},
};

/* Upvalues: what it is called, why there is none. */
static int refuse(lua_State *L) {
    orr_bind_throw(L, "%s is not available: %s", lua_tostring(L, lua_upvalueindex(1)),
                   lua_tostring(L, lua_upvalueindex(2)));
}

void orr_lua_refuse(lua_State *L, const char *library, const char *name, const char *why) {
    if (library)
        lua_getglobal(L, library);
    else
        lua_pushvalue(L, LUA_GLOBALSINDEX);
    lua_pushfstring(L, "%s%s%s", library ? library : "", library ? "." : "", name);
    lua_pushstring(L, why);
    lua_pushcclosure(L, refuse, 2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* Reading a global that was never set is a spelling mistake. Upvalue: script. */
static int unknown_global(lua_State *L) {
    const orr_script *script = lua_touserdata(L, lua_upvalueindex(1));
    const char *why =
        script->cage && lua_type(L, 2) == LUA_TSTRING ? orr_cage_lacks(lua_tostring(L, 2)) : NULL;
    if (why) orr_bind_throw(L, "'%s' is not available: %s", lua_tostring(L, 2), why);
    orr_bind_throw(L, "there is no variable '%s'",
                   lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2));
}

/* What is wrong with Lua's text says its own line; what is wrong with the file, the line that asked for it.
 */
ORR_NORETURN static void load_failed(lua_State *L, const orr_error *err) {
    if (err->code != ORR_E_SCRIPT) orr_bind_throw(L, "%s", err->message);
    lua_pushstring(L, err->message);
    lua_error(L);
    for (;;) {
    } /* lua_error does not return */
}

/* dofile, loadfile: relative to the script's folder; what is loaded enters the digest. Upvalue: script. */
static void load_relative(lua_State *L) {
    orr_script *script = lua_touserdata(L, lua_upvalueindex(1));
    orr_error err = {0};
    size_t length = 0;
    const char *name = luaL_checklstring(L, 1, &length);
    if (strlen(name) != length) orr_bind_throw(L, "the name of a file has a zero byte");
    script->at = L;
    if (orr_script_load(script, script->folder, name, &err) != ORR_OK) load_failed(L, &err);
}

static int load_file(lua_State *L) {
    load_relative(L);
    return 1;
}

static int do_file(lua_State *L) {
    lua_settop(L, 1);
    load_relative(L);
    lua_call(L, 0, LUA_MULTRET);
    return lua_gettop(L) - 1;
}

/* package.loaders[2]: <script's folder>/name.lua, then scripts/lib/name.lua, of Orrery or of the bundle.
 * Upvalue: script. */
static int find_module(lua_State *L) {
    orr_script *script = lua_touserdata(L, lua_upvalueindex(1));
    const char *name = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/");
    char library[1100], file[600];
    const char *root = script->params.trust == ORR_TRUST_BUNDLE ? "" : orr_engine_root(script->engine);
    orr_path_join(library, sizeof library, root, "scripts/lib");
    const char *folders[2] = {script->folder, library};
    orr_format(file, sizeof file, "%s.lua", name);
    luaL_Buffer tried;
    script->at = L;
    luaL_buffinit(L, &tried);
    for (int i = 0; i < 2; i++) {
        orr_error err = {0};
        char path[ORR_SCRIPT_PATH];
        if (!orr_script_finds(script, folders[i], file)) {
            orr_script_path(folders[i], file, path, sizeof path);
            lua_pushfstring(L, "\n\tno file '%s'", path);
            luaL_addvalue(&tried);
            continue;
        }
        if (orr_script_load(script, folders[i], file, &err) != ORR_OK) load_failed(L, &err);
        return 1;
    }
    luaL_pushresult(&tried);
    return 1;
}

/* io.open, io.lines, io.input: what is opened for reading is told of. Upvalues: script, Lua's own function,
 * whether its second argument is a mode. */
static int open_told(lua_State *L) {
    orr_script *script = lua_touserdata(L, lua_upvalueindex(1));
    orr_error err = {0};
    bool has_mode = lua_toboolean(L, lua_upvalueindex(3)) && lua_type(L, 2) == LUA_TSTRING;
    const char *mode = has_mode ? lua_tostring(L, 2) : "r";
    bool reads = lua_type(L, 1) == LUA_TSTRING && (mode[0] == 'r' || (mode[0] == 'a' && strchr(mode, '+')));
    if (reads && orr_script_opens(script, lua_tostring(L, 1), &err) != ORR_OK) load_failed(L, &err);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_insert(L, 1);
    if (lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0) == 0) return lua_gettop(L);
    if (lua_type(L, -1) != LUA_TSTRING) return lua_error(L);
    luaL_where(L, 1); /* Lua's function would have named the line that called it, and that was this one */
    lua_insert(L, -2);
    lua_concat(L, 2);
    return lua_error(L);
}

static void tell_of_io(orr_script *script, lua_State *L) {
    static const char *const names[] = {"open", "lines", "input"};
    lua_getglobal(L, "io");
    for (int i = 0; i < 3; i++) {
        lua_pushlightuserdata(L, script);
        lua_getfield(L, -2, names[i]);
        lua_pushboolean(L, i == 0);
        lua_pushcclosure(L, open_told, 3);
        lua_setfield(L, -2, names[i]);
    }
    lua_pop(L, 1);
}

/* print, to stdout or stderr (script.h: talks). */
static int print(lua_State *L) {
    orr_script *script = lua_touserdata(L, lua_upvalueindex(1));
    int count = lua_gettop(L);
    luaL_Buffer line;
    lua_getglobal(L, "tostring");
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1) luaL_addchar(&line, '\t');
        lua_pushvalue(L, count + 1);
        lua_pushvalue(L, i);
        lua_call(L, 1, 1);
        if (!lua_isstring(L, -1)) return luaL_error(L, "'tostring' must return a string to 'print'");
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    size_t length = 0;
    const char *text = lua_tolstring(L, -1, &length);
    if (script->cage)
        script->cage->say(script->cage->context, text, length);
    else
        fwrite(text, 1, length, script->params.talks ? stdout : stderr);
    return 0;
}

static void write_to_stderr(lua_State *L) {
    lua_getglobal(L, "io");
    lua_getfield(L, -1, "output");
    lua_getfield(L, -2, "stderr");
    lua_call(L, 1, 0);
    lua_pop(L, 1);
}

static void with_script(orr_script *script, lua_State *L, lua_CFunction function) {
    lua_pushlightuserdata(L, script);
    lua_pushcclosure(L, function, 1);
}

void orr_script_prepare(orr_script *script, lua_State *L) {
    for (size_t i = 0; i < sizeof removed / sizeof removed[0]; i++)
        if (!script->cage || !orr_cage_lacks(removed[i][0]))
            orr_lua_refuse(L, removed[i][0], removed[i][1], removed[i][2]);
    orr_keys_open(L);
    with_script(script, L, print);
    lua_setglobal(L, "print");
    if (!script->params.talks && !script->cage) write_to_stderr(L);
    if (!script->cage) tell_of_io(script, L);
    with_script(script, L, load_file);
    lua_setglobal(L, "loadfile");
    with_script(script, L, do_file);
    lua_setglobal(L, "dofile");
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "loaders");
    with_script(script, L, find_module);
    lua_rawseti(L, -2, 2);
    lua_pop(L, 2);
    lua_pushvalue(L, LUA_GLOBALSINDEX);
    lua_newtable(L);
    with_script(script, L, unknown_global);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}
