/* What Lua gives a script of a bundle: computing, and no more. Beneath it lies the lock of its process
 * (base/platform/sandbox.h); what is missing here is missing so that the script hears why, at its own line.
 */
#include "script/private.h"

#include <string.h>

enum { MAX_CHUNK_BYTES = 16 << 20 };

static const struct lacking {
    const char *library, *why;
} lacking[] = {
    {"io", "a script of a bundle reads files of the bundle alone, as scripts, models and images"},
    {"os", "a script of a bundle cannot reach the system"},
    {"debug", "a script of a bundle cannot look into others"},
    {"jit", "scripts of bundles are interpreted"},
    {"ffi", "a script of a bundle cannot reach native code"},
};
static const char *const removed[][3] = {
    {"package", "loadlib", "a script of a bundle cannot load native code"},
    {"package", "searchpath", "a script of a bundle reads files of the bundle alone; use require"},
    {"package", "seeall", "scripts of bundles have one environment"},
    {"string", "dump", "scripts of bundles have no bytecode"},
    {NULL, "newproxy", "a script of a bundle cannot make userdata"},
    {NULL, "getfenv", "scripts of bundles have one environment"},
    {NULL, "setfenv", "scripts of bundles have one environment; load takes one of its own"},
    {NULL, "module", "scripts of bundles have one environment; return a table"},
};

const char *orr_cage_lacks(const char *global) {
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++)
        if (strcmp(global, lacking[i].library) == 0) return lacking[i].why;
    return NULL;
}

/* --- load, loadstring: text alone ---------------------------------------------------------------- */

/* Argument 1 as a string at its place: what a function of pieces gives is put together. */
static void gather(lua_State *L) {
    luaL_Buffer text;
    size_t total = 0, length = 0;
    if (!lua_isfunction(L, 1)) {
        luaL_checkstring(L, 1);
        return;
    }
    luaL_buffinit(L, &text);
    for (;;) {
        lua_pushvalue(L, 1);
        lua_call(L, 0, 1);
        const char *piece = lua_tolstring(L, -1, &length);
        if (!piece && !lua_isnil(L, -1)) luaL_error(L, "reader function must return a string");
        if (!piece || !length) break;
        if ((total += length) > MAX_CHUNK_BYTES) break;
        luaL_addvalue(&text);
    }
    lua_pop(L, 1);
    luaL_pushresult(&text);
    lua_replace(L, 1);
    if (total > MAX_CHUNK_BYTES) luaL_error(L, "a chunk of more than %d MiB", MAX_CHUNK_BYTES >> 20);
}

/* load(text or function, name, mode, environment) */
static int load(lua_State *L) {
    size_t length = 0;
    lua_settop(L, 4);
    gather(L);
    const char *text = lua_tolstring(L, 1, &length);
    const char *name = luaL_optstring(L, 2, text);
    if (length > MAX_CHUNK_BYTES) luaL_error(L, "a chunk of more than %d MiB", MAX_CHUNK_BYTES >> 20);
    if (luaL_loadbufferx(L, text, length, name, "t") != 0) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (lua_istable(L, 4)) {
        lua_pushvalue(L, 4);
        lua_setfenv(L, -2);
    }
    return 1;
}

/* --- the rest ------------------------------------------------------------------------------------ */

static int collect_garbage(lua_State *L) {
    static const char *const names[] = {"collect", "count", "step", NULL};
    static const int options[] = {LUA_GCCOLLECT, LUA_GCCOUNT, LUA_GCSTEP};
    int option = luaL_checkoption(L, 1, "collect", names), result = lua_gc(L, options[option], 0);
    lua_pushnumber(L, options[option] == LUA_GCCOUNT ? result + lua_gc(L, LUA_GCCOUNTB, 0) / 1024.0 : result);
    return 1;
}

/* require of a library that is not there. Upvalues: its name, why. */
static int lacks(lua_State *L) {
    orr_bind_throw(L, "'%s' is not available: %s", lua_tostring(L, lua_upvalueindex(1)),
                   lua_tostring(L, lua_upvalueindex(2)));
}

static void close_package(lua_State *L) {
    static const char *const fields[] = {"path", "cpath", "config", NULL};
    lua_getglobal(L, "package");
    for (int i = 0; fields[i]; i++) {
        lua_pushnil(L);
        lua_setfield(L, -2, fields[i]);
    }
    lua_getfield(L, -1, "loaders"); /* what is preloaded, files of the bundle, and nothing native */
    for (int i = (int)lua_objlen(L, -1); i > 2; i--) {
        lua_pushnil(L);
        lua_rawseti(L, -2, i);
    }
    lua_newtable(L); /* LuaJIT preloads string.buffer, which hands out pointers */
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, "preload");
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "_PRELOAD");
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++) {
        lua_pushstring(L, lacking[i].library);
        lua_pushstring(L, lacking[i].why);
        lua_pushcclosure(L, lacks, 2);
        lua_setfield(L, -2, lacking[i].library);
    }
    lua_pop(L, 3);
}

void orr_cage_open(lua_State *L) {
    static const luaL_Reg libraries[] = {{"", luaopen_base},
                                         {LUA_LOADLIBNAME, luaopen_package},
                                         {LUA_TABLIBNAME, luaopen_table},
                                         {LUA_STRLIBNAME, luaopen_string},
                                         {LUA_MATHLIBNAME, luaopen_math},
                                         {LUA_BITLIBNAME, luaopen_bit},
                                         {LUA_FFILIBNAME, luaopen_ffi}};
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        lua_pushcfunction(L, libraries[i].func);
        lua_pushstring(L, libraries[i].name);
        lua_call(L, 1, 0);
    }
    /* The first literal like 1LL would load ffi, and put it where a script finds it. Loaded already it is not
     * loaded again, and nothing that a script can reach names it: what is left of it are whole numbers of 64
     * bits. It has to live: LuaJIT looks into its tables when such a number is indexed, and nothing else
     * holds them. */
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, LUA_FFILIBNAME);
    lua_setfield(L, LUA_REGISTRYINDEX, "orr.ffi");
    lua_pushnil(L);
    lua_setfield(L, -2, LUA_FFILIBNAME);
    lua_pop(L, 1);
}

void orr_cage_close(lua_State *L) {
    for (size_t i = 0; i < sizeof removed / sizeof removed[0]; i++)
        orr_lua_refuse(L, removed[i][0], removed[i][1], removed[i][2]);
    lua_pushcfunction(L, load);
    lua_setglobal(L, "load");
    lua_pushcfunction(L, load);
    lua_setglobal(L, "loadstring");
    lua_pushcfunction(L, collect_garbage);
    lua_setglobal(L, "collectgarbage");
    close_package(L);
    lua_pushstring(L, ""); /* the one metatable that all strings share */
    lua_getmetatable(L, -1);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}
