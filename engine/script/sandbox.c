/* What Lua itself offers a script: the usual libraries, less what would make two runs differ. Scripts of the
 * user's own keep `io`, `os` and `require "ffi"`. */
#include "script/private.h"

#include <stdio.h>

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

static int refuse(lua_State *L) {
    orr_bind_throw(L, "%s.%s is not available: %s", lua_tostring(L, lua_upvalueindex(1)),
                   lua_tostring(L, lua_upvalueindex(2)), lua_tostring(L, lua_upvalueindex(3)));
}

/* Reading a global that was never set is a spelling mistake. */
static int unknown_global(lua_State *L) {
    orr_bind_throw(L, "there is no variable '%s'",
                   lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2));
}

ORR_NORETURN static void load_failed(lua_State *L, const orr_error *err) {
    lua_pushstring(L, err->message);
    lua_error(L);
    for (;;) {
    } /* lua_error does not return */
}

/* dofile, loadfile: relative to the script's folder; what is loaded enters the digest. Upvalue: script. */
static void load_relative(lua_State *L) {
    orr_script *script = lua_touserdata(L, lua_upvalueindex(1));
    orr_error err = {0};
    if (orr_script_load(script, script->folder, luaL_checkstring(L, 1), &err) != ORR_OK) load_failed(L, &err);
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
    bool reads = lua_type(L, 1) == LUA_TSTRING && (!has_mode || lua_tostring(L, 2)[0] == 'r');
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
    FILE *stream = script->params.talks ? stdout : stderr;
    int count = lua_gettop(L);
    lua_getglobal(L, "tostring");
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(L, -1);
        lua_pushvalue(L, i);
        lua_call(L, 1, 1);
        size_t length = 0;
        const char *text = lua_tolstring(L, -1, &length);
        if (i > 1) fputc('\t', stream);
        if (text) fwrite(text, 1, length, stream);
        lua_pop(L, 1);
    }
    fputc('\n', stream);
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
    for (size_t i = 0; i < sizeof removed / sizeof removed[0]; i++) {
        lua_getglobal(L, removed[i][0]);
        for (int k = 0; k < 3; k++) lua_pushstring(L, removed[i][k]);
        lua_pushcclosure(L, refuse, 3);
        lua_setfield(L, -2, removed[i][1]);
        lua_pop(L, 1);
    }
    orr_keys_open(L);
    with_script(script, L, print);
    lua_setglobal(L, "print");
    if (!script->params.talks) write_to_stderr(L);
    tell_of_io(script, L);
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
    lua_pushcfunction(L, unknown_global);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}
