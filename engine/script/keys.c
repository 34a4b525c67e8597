/* The order of table keys: numbers ascending, then strings bytewise. LuaJIT's own order differs from run to
 * run, so `pairs` and `next` are replaced by these (private.h: orr_script_prepare). */
#include "script/keys.h"
#include "script/private.h"

#include <stdlib.h>
#include <string.h>

typedef struct sort_key {
    const char *text; /* NULL: a number */
    size_t length;
    double number;
} sort_key;

static int compare(const void *a_, const void *b_) {
    const sort_key *a = a_, *b = b_;
    if (!a->text || !b->text) {
        if (a->text || b->text) return a->text ? 1 : -1;
        return a->number < b->number ? -1 : a->number > b->number;
    }
    size_t shared = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, shared);
    return order ? order : a->length < b->length ? -1 : a->length > b->length;
}

static sort_key key_at(lua_State *L, int index) {
    sort_key key = {0};
    if (lua_type(L, index) == LUA_TNUMBER) {
        key.number = lua_tonumber(L, index);
    } else if (lua_type(L, index) == LUA_TSTRING) {
        key.text = lua_tolstring(L, index, &key.length);
    } else {
        orr_bind_throw(L,
                       "a %s is a key of this table, which has no order that is the same in every run; keep "
                       "such keys in an array "
                       "beside it, and use ipairs",
                       luaL_typename(L, index));
    }
    return key;
}

int orr_bind_sorted_keys(lua_State *L, int index) {
    if (index < 0 && index > LUA_REGISTRYINDEX) index = lua_gettop(L) + index + 1;
    luaL_checkstack(L, 8, "keys of a table");
    int count = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) count++;
    sort_key *keys =
        lua_newuserdata(L, sizeof *keys * (size_t)(count + 1)); /* Lua's, so that an error below frees it */
    int i = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) keys[i++] = key_at(L, -2);
    qsort(keys, (size_t)count, sizeof *keys, compare);
    lua_createtable(L, count, 0);
    for (i = 0; i < count; i++) {
        if (keys[i].text)
            lua_pushlstring(L, keys[i].text, keys[i].length);
        else
            lua_pushnumber(L, keys[i].number);
        lua_rawseti(L, -2, i + 1);
    }
    lua_remove(L, -2);
    return count;
}

/* Upvalues: sorted keys, position. What was removed meanwhile is passed over; what was added is not seen. */
static int pairs_step(lua_State *L) {
    int at = (int)lua_tointeger(L, lua_upvalueindex(2));
    for (;;) {
        lua_rawgeti(L, lua_upvalueindex(1), ++at);
        if (lua_isnil(L, -1)) return 1;
        lua_pushvalue(L, -1);
        lua_rawget(L, 1);
        if (!lua_isnil(L, -1)) break;
        lua_pop(L, 2);
    }
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(2));
    return 2;
}

static int ordered_pairs(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    orr_bind_sorted_keys(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_step, 2);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* The least key above the one given: linear, but right while the table changes. */
static int ordered_next(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    bool has_from = !lua_isnil(L, 2), found = false;
    sort_key from = has_from ? key_at(L, 2) : (sort_key){0}, best = {0};
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        sort_key key = key_at(L, -2);
        if ((has_from && compare(&key, &from) <= 0) || (found && compare(&key, &best) >= 0)) continue;
        best = key;
        found = true;
    }
    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    if (best.text)
        lua_pushlstring(L, best.text, best.length);
    else
        lua_pushnumber(L, best.number);
    lua_pushvalue(L, -1);
    lua_rawget(L, 1);
    return 2;
}

void orr_keys_open(lua_State *L) {
    lua_pushcfunction(L, ordered_pairs);
    lua_setglobal(L, "pairs");
    lua_pushcfunction(L, ordered_next);
    lua_setglobal(L, "next");
}
