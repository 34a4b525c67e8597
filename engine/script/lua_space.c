/* orrery.space: reading the tree of values, and writing below the application's root. */
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

/* A relative path is one inside the application; what is written must be. */
static const char *path_of(orr_call *call, bool inside) {
    lua_State *L = call->L;
    orr_script *script = call->script;
    const char *path = lua_tostring(L, orr_call_extra(call, "path"));
    if (*path == '/' && !inside) return path;
    char absolute[1024];
    orr_error err = {0};
    orr_space_app app = {.space = orr_engine_space(script->engine)};
    orr_format(app.root, sizeof app.root, "%s", orr_engine_app_root(script->engine));
    if (orr_space_app_path(&app, path, absolute, sizeof absolute, &err) != ORR_OK) orr_bind_raise(call, &err);
    lua_pushstring(L, absolute); /* stays on the stack for the time of the call */
    return lua_tostring(L, -1);
}

/* true, 1.5, "text", {1, 2, 3}; a table of 2, 3, 4 or 16 numbers is a vector or a matrix. */
static const orr_value *value_of(orr_call *call, int index) {
    lua_State *L = call->L;
    double numbers[16];
    size_t size = 0, count = 0;
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        return orr_value_bool(lua_toboolean(L, index));
    case LUA_TNUMBER:
        return orr_value_double(lua_tonumber(L, index));
    case LUA_TSTRING: {
        const char *text = lua_tolstring(L, index, &size);
        return orr_value_string_n(text, size);
    }
    case LUA_TTABLE:
        count = lua_objlen(L, index);
        for (size_t i = 0; i < count && count <= 16; i++) {
            lua_rawgeti(L, index, (int)i + 1);
            if (!lua_isnumber(L, -1)) count = 0;
            numbers[i] = lua_tonumber(L, -1);
            lua_pop(L, 1);
        }
        if (count >= 2 && count <= 4) return orr_value_vec(numbers, count);
        if (count == 16) return orr_value_mat4(numbers);
    }
    orr_bind_fail(call, ORR_E_SCRIPT,
                  "%s: 'value' must be a boolean, a number, a string, or a table of 2, 3, 4 or 16 numbers",
                  call->row->name);
    return NULL;
}

static int space_set(orr_call *call) {
    orr_error err = {0};
    const char *path = path_of(call, true);
    const orr_value *value = value_of(call, orr_call_extra(call, "value"));
    if (orr_space_set(orr_engine_space(call->script->engine), path, value, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    return 0;
}

static int space_get(orr_call *call) {
    const orr_value *value = NULL;
    orr_error err = {0};
    const char *path = path_of(call, false);
    orr_status status = orr_space_get(orr_engine_space(call->script->engine), path, &value, &err);
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
    const char *path = path_of(call, false);
    if (orr_space_list(orr_engine_space(call->script->engine), path, &names, &count, &err) != ORR_OK)
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
    const char *path = path_of(call, false);
    orr_status status = orr_space_dump(orr_engine_space(call->script->engine), path, &text, &err);
    lua_pushstring(call->L, orr_text_cstr(&text));
    orr_text_free(&text);
    if (status != ORR_OK) orr_bind_raise(call, &err);
    return 1;
}

static const orr_lua_extra path_args[] = {
    {"path", "string", "From the root, \"/apps\", or inside the application, \"scenes/main\"", true}};
static const orr_lua_extra set_args[] = {
    {"path", "string", "Inside the application: \"scenes/main/src/camera/vfov_deg\"", true},
    {"value", "boolean|number|string|number[]", "The value; 2, 3, 4 or 16 numbers are a vector or a matrix",
     true}};

#define EXAMPLE_SHOT                                                                                         \
    "local scene = orrery.scene()\n"                                                                         \
    "scene:mesh{ shape = orrery.sphere{} }\nscene:sun{}\n"                                                   \
    "local camera = scene:camera{ name = \"eye\", position_m = {0, 0, 5}, look_at_m = {0, 0, 0} }\n"         \
    "local shot = orrery.sequence{ name = \"ball\", scene = scene, camera = camera, size = {64, 36}, "       \
    "samples = 1 }\n"                                                                                        \
    "orrery.render{ sequence = shot, out = \"ball.png\" }\n"

static const orr_lua_row rows[] = {
    {.name = "orrery.space.get",
     .call = space_get,
     ORR_LUA_ARGS(path_args),
     .doc = "The value at a path; nil when there is none.",
     .returns = "any value",
     .example =
         EXAMPLE_SHOT "local output = \"renderers/main/targets/textures/ball/output/v1/common/\"\n"
                      "print(orrery.space.get(output .. \"draws\"), orrery.space.get(output .. \"gpu_ms\"))\n"
                      "assert(orrery.space.get(\"scenes/main/src/eye/position_m\")[3] == 5)\n"
                      "assert(orrery.space.get(\"/apps/orrery/none\") == nil)"},
    {.name = "orrery.space.set",
     .call = space_set,
     .flags = ORR_LUA_HOST,
     ORR_LUA_ARGS(set_args),
     .doc =
         "Writes a value. What is written to a scene's `src/<node>/<property>` becomes part of it when it is "
         "next rendered; nodes are there once a scene was rendered.",
     .returns = NULL,
     .example = EXAMPLE_SHOT "orrery.space.set(\"scenes/main/src/eye/vfov_deg\", 20)\n"
                             "orrery.render{ sequence = shot, out = \"closer.png\" }\n"
                             "assert(orrery.space.get(\"scenes/main/current_revision\") == 2)"},
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
