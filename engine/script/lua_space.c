/* orrery.space: reading the tree of values. */
#include "script/private.h"

#include <stdlib.h>

#include "base/platform/platform.h"

static void push_value(lua_State *L, const orr_value *value) {
    luaL_checkstack(L, 4, "a value of the space");
    bool flag = false;
    double number = 0;
    size_t count = 0, size = 0;
    const double *numbers = orr_value_numbers(value, &count);
    if (orr_value_as_bool(value, &flag)) {
        lua_pushboolean(L, flag);
    } else if (orr_value_as_double(value, &number)) {
        lua_pushnumber(L, number);
    } else if (numbers) {
        lua_createtable(L, (int)count, 0);
        for (size_t i = 0; i < count; i++) {
            lua_pushnumber(L, numbers[i]);
            lua_rawseti(L, -2, (int)i + 1);
        }
    } else if (orr_value_bytes(value, &size)) {
        lua_pushlstring(L, orr_value_bytes(value, &size), size);
    } else if (orr_value_type(value) == ORR_TYPE_LIST || orr_value_type(value) == ORR_TYPE_RECORD) {
        const orr_schema *schema = orr_value_schema(value);
        lua_newtable(L);
        for (size_t i = 0; i < orr_value_count(value); i++) {
            push_value(L, orr_value_item(value, i)); /* at most ORR_VALUE_MAX_DEPTH deep */
            if (schema)
                lua_setfield(L, -2, orr_schema_field_at(schema, i).name);
            else
                lua_rawseti(L, -2, (int)i + 1);
        }
    } else { /* whole numbers past 2^53, callables: as text */
        orr_text text = {0};
        orr_value_print(&text, value);
        lua_pushstring(L, orr_text_cstr(&text));
        orr_text_free(&text);
    }
}

static const char *path_of(orr_call *call) {
    return lua_tostring(call->L, orr_call_extra(call, "path"));
}

static int space_get(orr_call *call) {
    const orr_value *value = NULL;
    orr_error err = {0};
    orr_status status = orr_space_get(orr_engine_space(call->script->engine), path_of(call), &value, &err);
    if (status == ORR_E_NOT_FOUND) {
        lua_pushnil(call->L);
        return 1;
    }
    if (status != ORR_OK) orr_bind_raise(call, &err);
    push_value(call->L, value);
    orr_value_release(value);
    return 1;
}

static int space_list(orr_call *call) {
    char **names = NULL;
    size_t count = 0;
    orr_error err = {0};
    if (orr_space_list(orr_engine_space(call->script->engine), path_of(call), &names, &count, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    lua_createtable(call->L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(call->L, names[i]);
        lua_rawseti(call->L, -2, (int)i + 1);
    }
    orr_names_free(&names, count);
    return 1;
}

static int space_dump(orr_call *call) {
    orr_text text = {0};
    orr_error err = {0};
    orr_status status = orr_space_dump(orr_engine_space(call->script->engine), path_of(call), &text, &err);
    lua_pushstring(call->L, orr_text_cstr(&text));
    orr_text_free(&text);
    if (status != ORR_OK) orr_bind_raise(call, &err);
    return 1;
}

static const orr_lua_extra path_args[] = {{"path", "string", "An absolute path: \"/apps/orrery\"", true}};

static const orr_lua_row rows[] = {
    {.name = "orrery.space.get",
     .call = space_get,
     ORR_LUA_ARGS(path_args),
     .doc = "The value at a path; nil when there is none.",
     .returns = "any value",
     .example = "assert(orrery.space.get(\"/apps/orrery/none\") == nil)"},
    {.name = "orrery.space.list",
     .call = space_list,
     ORR_LUA_ARGS(path_args),
     .doc = "Names of the children of a path, sorted.",
     .returns = "string[] names",
     .example = "for _, name in ipairs(orrery.space.list(\"/\")) do print(name) end"},
    {.name = "orrery.space.dump",
     .call = space_dump,
     ORR_LUA_ARGS(path_args),
     .doc = "All values below a path as text, one line each.",
     .returns = "string text",
     .example = "print(orrery.space.dump(\"/\"))"},
};
const orr_lua_group orr_lua_space_group = ORR_LUA_GROUP("The space", rows, NULL);
