#include "script/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const orr_lua_group *const orr_lua_groups[] = {
    &orr_lua_orrery_group, &orr_lua_scene_group,    &orr_lua_node_group,   &orr_lua_shapes_group,
    &orr_lua_rig_group,    &orr_lua_sequence_group, &orr_lua_assets_group, &orr_lua_atmosphere_group,
    &orr_lua_space_group,  &orr_lua_check_group,    &orr_lua_frame_group,  NULL};

/* --- errors -------------------------------------------------------------------------------------- */

void orr_bind_where(lua_State *L, char *out, size_t size) {
    out[0] = '\0';
    lua_Debug at;
    for (int level = 0; lua_getstack(L, level, &at); level++) {
        lua_getinfo(L, "Sl", &at);
        if (at.currentline <= 0) continue;
        const char *name = at.source[0] == '@' || at.source[0] == '=' ? at.source + 1 : at.short_src;
        orr_format(out, size, "%s:%d", name, at.currentline);
        return;
    }
    /* `return orrery.sequence{ … }` is a tail call: the chunk is gone, but it can only have been its last
     * statement. */
    lua_getfield(L, LUA_REGISTRYINDEX, "orr.script");
    const orr_script *script = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (script && script->in_chunk) orr_format(out, size, "%s:%u", script->name, script->last_line);
}

static void raise_text(orr_script *script, lua_State *L, orr_status code, const char *message) {
    char where[600], text[sizeof script->raised];
    orr_bind_where(L, where, sizeof where);
    orr_format(text, sizeof text, "%s%s%s", where, where[0] ? ": " : "", message);
    script->raised_code = code;
    memcpy(script->raised, text, sizeof text);
    lua_pushstring(L, text);
    lua_error(L);
    abort(); /* lua_error does not return */
}

void orr_bind_fail(orr_call *call, orr_status code, const char *format, ...) {
    orr_error err = {0};
    va_list args;
    va_start(args, format);
    orr_fail_v(&err, code, NULL, format, args);
    va_end(args);
    raise_text(call->script, call->L, code, err.message);
    abort();
}

/* The script's own line comes in front; the file that the error is about must stand in the text. */
static ORR_NORETURN void raise_as(orr_call *call, orr_status code, const orr_error *err) {
    bool says_path = !err->path[0] || strstr(err->message, err->path);
    orr_bind_fail(call, code, "%s: %s%s%s", call->row->name, says_path ? "" : err->path,
                  says_path ? "" : ": ", err->message);
}

void orr_bind_raise(orr_call *call, const orr_error *err) {
    bool machine =
        err->code == ORR_E_MEMORY || err->code == ORR_E_INTERNAL || err->code == ORR_E_SCRIPT_TIMEOUT;
    raise_as(call, machine ? err->code : ORR_E_SCRIPT, err);
}

void orr_bind_raise_data(orr_call *call, const orr_error *err) {
    bool argument = err->code == ORR_E_ARGUMENT || err->code == ORR_E_STALE || err->code == ORR_E_EXISTS;
    raise_as(call, argument ? ORR_E_SCRIPT : err->code, err);
}

void orr_bind_throw(lua_State *L, const char *format, ...) {
    char where[600], message[800];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    orr_bind_where(L, where, sizeof where);
    lua_pushfstring(L, "%s%s%s", where, where[0] ? ": " : "", message);
    lua_error(L);
    abort(); /* lua_error does not return */
}

/* --- values -------------------------------------------------------------------------------------- */

static orr_status wrong_type(lua_State *L, int index, const orr_param_row *row, const char *wanted,
                             orr_error *err) {
    return orr_fail(err, ORR_E_TYPE, NULL, "'%s' must be %s, not %s%s", row->name, wanted,
                    lua_isnil(L, index) ? "" : "a ", luaL_typename(L, index));
}

static orr_status read_numbers(lua_State *L, int index, const orr_param_row *row, orr_param_value *value,
                               orr_error *err) {
    uint32_t count = orr_param_components(row->type);
    char wanted[64];
    orr_format(wanted, sizeof wanted, "%u numbers { … }", count);
    if (!lua_istable(L, index)) return wrong_type(L, index, row, wanted, err);
    size_t length = lua_objlen(L, index);
    bool opaque = length == 3 && row->type == ORR_PARAM_VEC4; /* a colour without opacity */
    if (length != count && !opaque)
        return orr_fail(err, ORR_E_TYPE, NULL, "'%s' must be %s; this table has %zu", row->name, wanted,
                        length);
    value->number[3] = 1;
    for (uint32_t i = 0; i < (uint32_t)length; i++) {
        lua_rawgeti(L, index, (int)i + 1);
        bool ok = lua_type(L, -1) == LUA_TNUMBER;
        value->number[i] = lua_tonumber(L, -1);
        lua_pop(L, 1);
        if (!ok)
            return orr_fail(err, ORR_E_TYPE, NULL, "'%s' must be %s; item %u is something else", row->name,
                            wanted, i + 1);
    }
    return ORR_OK;
}

static orr_status read_number(lua_State *L, int index, const orr_param_row *row, orr_param_value *value,
                              orr_error *err) {
    if (lua_type(L, index) != LUA_TNUMBER) return wrong_type(L, index, row, "a number", err);
    value->number[0] = lua_tonumber(L, index);
    bool whole = row->type == ORR_PARAM_I32 || row->type == ORR_PARAM_U32;
    if (whole && value->number[0] - (double)(int64_t)value->number[0] != 0)
        return orr_fail(err, ORR_E_TYPE, NULL, "'%s' must be a whole number, not %g", row->name,
                        value->number[0]);
    return ORR_OK;
}

orr_status orr_bind_value(lua_State *L, int index, const orr_param_row *row, orr_param_value *value,
                          orr_error *err) {
    memset(value, 0, sizeof *value);
    value->type = row->type;
    int type = lua_type(L, index);
    orr_status status = ORR_OK;
    switch (row->type) {
    case ORR_PARAM_BOOL:
        if (type != LUA_TBOOLEAN) return wrong_type(L, index, row, "true or false", err);
        value->number[0] = lua_toboolean(L, index);
        return ORR_OK;
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        if (type != LUA_TSTRING) return wrong_type(L, index, row, "a string", err);
        value->text = lua_tostring(L, index);
        return ORR_OK;
    case ORR_PARAM_ENUM: /* the parser knows the choices, and suggests */
        if (type != LUA_TSTRING) return wrong_type(L, index, row, "a string", err);
        return orr_param_parse(row, lua_tostring(L, index), NULL, value, err);
    case ORR_PARAM_VEC3:
    case ORR_PARAM_VEC4: /* one number for all, or "#rrggbb": as presets and the command line write them */
        if (type == LUA_TSTRING) return orr_param_parse(row, lua_tostring(L, index), NULL, value, err);
        if (type == LUA_TNUMBER) {
            for (uint32_t i = 0; i < orr_param_components(row->type); i++)
                value->number[i] = lua_tonumber(L, index);
            break;
        }
        status = read_numbers(L, index, row, value, err);
        break;
    case ORR_PARAM_VEC2:
    case ORR_PARAM_QUAT:
    case ORR_PARAM_MAT4:
        status = read_numbers(L, index, row, value, err);
        break;
    default:
        status = read_number(L, index, row, value, err);
    }
    return status != ORR_OK ? status : orr_param_check(row, value, err);
}

void orr_bind_push_value(lua_State *L, const orr_param_row *row, const orr_param_value *value) {
    char choice[64];
    uint32_t count = orr_param_components(row->type);
    switch (row->type) {
    case ORR_PARAM_BOOL:
        lua_pushboolean(L, value->number[0] != 0);
        return;
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        lua_pushstring(L, value->text ? value->text : "");
        return;
    case ORR_PARAM_ENUM:
        lua_pushstring(L, orr_param_choice(row, (uint32_t)value->number[0], choice, sizeof choice));
        return;
    default:
        break;
    }
    if (count == 1) {
        lua_pushnumber(L, value->number[0]);
        return;
    }
    lua_createtable(L, (int)count, 0);
    for (uint32_t i = 0; i < count; i++) {
        lua_pushnumber(L, value->number[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

/* --- names of a call's options ------------------------------------------------------------------- */

/* Index into call->options, or -1. */
static int32_t find_option(const orr_call *call, const char *name) {
    uint32_t base = 0;
    for (int t = 0; t < 2; t++) {
        if (!call->tables[t]) continue;
        int32_t at = orr_param_find(call->tables[t], name);
        if (at >= 0) return (int32_t)base + at;
        base += call->tables[t]->count;
    }
    return -1;
}

static int32_t find_extra(const orr_lua_extra *extras, uint32_t count, const char *name) {
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(extras[i].name, name) == 0) return (int32_t)i;
    return -1;
}

/* Row `i` of both tables together. */
static void option_row(const orr_call *call, uint32_t i, orr_param_row *row) {
    uint32_t first = call->tables[0] ? call->tables[0]->count : 0;
    orr_param_row_get(i < first ? call->tables[0] : call->tables[1], i < first ? i : i - first, row);
}

static uint32_t option_count(const orr_call *call) {
    return (call->tables[0] ? call->tables[0]->count : 0) + (call->tables[1] ? call->tables[1]->count : 0);
}

static const char *name_at(const void *context, size_t i) {
    const orr_call *call = context;
    uint32_t count = option_count(call);
    if (i >= count) return call->row->extras[i - count].name;
    orr_param_row row;
    option_row(call, (uint32_t)i, &row);
    return row.name;
}

ORR_NORETURN static void unknown_option(orr_call *call, const char *key) {
    uint32_t count = option_count(call) + call->row->extra_count;
    const char *near_name = orr_nearest_name(key, count, name_at, call);
    if (near_name)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s has no option '%s': did you mean '%s'?", call->row->name, key,
                      near_name);
    orr_text names = {0};
    for (uint32_t i = 0; i < count; i++) orr_text_printf(&names, "%s%s", i ? ", " : "", name_at(call, i));
    char list[700]; /* the raise leaves by longjmp, so the text is copied and freed first */
    orr_format(list, sizeof list, "%s", orr_text_cstr(&names));
    orr_text_free(&names);
    orr_bind_fail(call, ORR_E_SCRIPT, "%s has no option '%s'; it has %s", call->row->name, key, list);
}

static const char *list_name(const void *context, size_t i) {
    return ((const char *const *)context)[i];
}

void orr_bind_check_keys(orr_call *call, int index, const char *what, const char *const *names) {
    lua_State *L = call->L;
    size_t known = 0;
    while (names[known]) known++;
    int count = orr_bind_sorted_keys(L, index);
    for (int k = 1; k <= count; k++) {
        lua_rawgeti(L, -1, k);
        const char *key = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "[item]";
        bool found = false;
        for (size_t i = 0; i < known; i++) found = found || strcmp(names[i], key) == 0;
        if (!found) {
            const char *near_name = orr_nearest_name(key, known, list_name, names);
            orr_bind_fail(call, ORR_E_SCRIPT, "%s: %s has no key '%s'%s%s%s", call->row->name, what, key,
                          near_name ? ": did you mean '" : "", near_name ? near_name : "",
                          near_name ? "'?" : "");
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* --- reading the options ------------------------------------------------------------------------- */

static const orr_lua_class *class_named(const char *name) {
    for (const orr_lua_group *const *group = orr_lua_groups; *group; group++)
        for (const orr_lua_class *const *class = (*group)->classes; class && *class; class ++)
            if (strcmp((*class)->name, name) == 0) return *class;
    return NULL;
}

static void check_extra(orr_call *call, const orr_lua_extra *extra, int index) {
    lua_State *L = call->L;
    const orr_lua_class *class = class_named(extra->type);
    static const char *const plain[] = {"table", "string", "number", "boolean", "function"};
    bool ok = class ? orr_bind_object(L, index, class) != NULL : true;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(extra->type, plain[i]) == 0) ok = strcmp(luaL_typename(L, index), plain[i]) == 0;
    if (strcmp(extra->type, "integer") == 0)
        ok = lua_type(L, index) == LUA_TNUMBER &&
             lua_tonumber(L, index) - (double)lua_tointeger(L, index) == 0;
    if (!ok)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: '%s' must be a %s, not a %s", call->row->name, extra->name,
                      extra->type, luaL_typename(L, index));
}

/* A function of t, keyframes { {t=…, v=…}, … }, or a rig where a point is wanted. */
static bool is_animated(const orr_call *call, uint32_t option, const orr_param_row *row, int index) {
    lua_State *L = call->L;
    if (!(call->row->flags & ORR_LUA_ANIMATED) || option >= call->tables[0]->count) return false;
    if (lua_isfunction(L, index)) return true;
    if (row->type == ORR_PARAM_VEC3 && orr_bind_object(L, index, &orr_class_rig)) return true;
    if (!lua_istable(L, index)) return false;
    lua_rawgeti(L, index, 1);
    bool keys = lua_istable(L, -1);
    lua_pop(L, 1);
    return keys;
}

static void read_option(orr_call *call, uint32_t i, int table, const char *key) {
    lua_State *L = call->L;
    orr_param_row row;
    orr_error err = {0};
    option_row(call, i, &row);
    orr_option *option = &call->options[i];
    if (!key) {
        if (row.flags & ORR_PARAM_REQUIRED)
            orr_bind_fail(call, ORR_E_SCRIPT, "%s needs '%s': %s", call->row->name, row.name, row.doc);
        if (orr_param_default(&row, &option->value, &err) != ORR_OK) orr_bind_raise(call, &err);
        return;
    }
    lua_getfield(L, table, key);
    int index = lua_gettop(L);
    if (is_animated(call, i, &row, index)) {
        option->state = ORR_OPTION_ANIMATED;
        option->index = index;
        return;
    }
    if (orr_bind_value(L, index, &row, &option->value, &err) != ORR_OK)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: %s", call->row->name, err.message);
    option->state = ORR_OPTION_CONSTANT;
    if (!option->value.text) lua_pop(L, 1); /* texts stay on the stack for the time of the call */
}

static void read_options(orr_call *call, int table) {
    lua_State *L = call->L;
    uint32_t count = option_count(call);
    const char *keys[ORR_LUA_MAX_OPTIONS] = {0};
    if (count > ORR_LUA_MAX_OPTIONS || call->row->extra_count > ORR_LUA_MAX_EXTRAS)
        abort(); /* raise the constants */
    luaL_checkstack(L, ORR_LUA_MAX_OPTIONS + ORR_LUA_MAX_EXTRAS + 16, call->row->name);
    if (lua_isnoneornil(L, table)) {
        lua_settop(L, table - 1);
        lua_newtable(L);
    }
    if (!lua_istable(L, table) || lua_gettop(L) > table)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s takes one table of options: %s{ … }", call->row->name,
                      call->row->name);
    int given =
        orr_bind_sorted_keys(L, table); /* sorted, so that of two unknown keys always the same is reported */
    for (int k = 1; k <= given; k++) {
        lua_rawgeti(L, -1, k);
        if (lua_type(L, -1) != LUA_TSTRING)
            orr_bind_fail(call, ORR_E_SCRIPT, "%s: item [%g] has no name; options are written name = value",
                          call->row->name, lua_tonumber(L, -1));
        const char *key = lua_tostring(L, -1); /* the options table keeps it alive */
        int32_t option = find_option(call, key);
        if (option >= 0) {
            if (keys[option]) /* a row and its former name */
                orr_bind_fail(call, ORR_E_SCRIPT, "%s: '%s' and '%s' are the same option: give one of them",
                              call->row->name, keys[option], key);
            keys[option] = key;
        } else if (find_extra(call->row->extras, call->row->extra_count, key) < 0) {
            unknown_option(call, key);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    for (uint32_t i = 0; i < count; i++) read_option(call, i, table, keys[i]);
    for (uint32_t i = 0; i < call->row->extra_count; i++) {
        const orr_lua_extra *extra = &call->row->extras[i];
        lua_getfield(L, table, extra->name);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            if (extra->required)
                orr_bind_fail(call, ORR_E_SCRIPT, "%s needs '%s': %s", call->row->name, extra->name,
                              extra->doc);
            continue;
        }
        check_extra(call, extra, lua_gettop(L));
        call->extras[i] = lua_gettop(L);
    }
}

static void read_args(orr_call *call, int first) {
    lua_State *L = call->L;
    int given = lua_gettop(L) - first + 1;
    if (given > (int)call->row->arg_count)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s takes %u argument%s, not %d", call->row->name,
                      call->row->arg_count, call->row->arg_count == 1 ? "" : "s", given);
    for (uint32_t i = 0; i < call->row->arg_count; i++) {
        const orr_lua_extra *arg = &call->row->args[i];
        int index = first + (int)i;
        if (lua_isnoneornil(L, index)) {
            if (arg->required)
                orr_bind_fail(call, ORR_E_SCRIPT, "%s needs '%s': %s", call->row->name, arg->name, arg->doc);
            continue;
        }
        check_extra(call, arg, index);
        call->extras[i] = index;
    }
}

/* --- calls --------------------------------------------------------------------------------------- */

/* "scene" of "scene:mesh" and of the field "dem.width"; "" for functions. */
static void owner_class(const orr_lua_row *row, char *out, size_t size) {
    const char *end = strchr(row->name, ':');
    if (!end && strncmp(row->name, "orrery.", 7) != 0) end = strchr(row->name, '.');
    orr_format(out, size, "%.*s", end ? (int)(end - row->name) : 0, row->name);
}

static int bound(lua_State *L) {
    orr_option options[ORR_LUA_MAX_OPTIONS] = {0};
    orr_call call = {.L = L, .options = options};
    call.row = lua_touserdata(L, lua_upvalueindex(1));
    call.script = lua_touserdata(L, lua_upvalueindex(2));
    const orr_lua_row *row = call.row;
    if (call.script->params.help && !(row->flags & ORR_LUA_HELP)) {
        call.script->help_done = true; /* all parameters are declared: nothing more is wanted of this run */
        raise_text(call.script, L, ORR_E_CANCELLED, "the run for --help ends here");
    }
    call.script->built |= !(row->flags & ORR_LUA_HELP);
    call.script->at = L;
    if (call.script->cage && (row->flags & ORR_LUA_HOST))
        orr_bind_fail(
            &call, ORR_E_SCRIPT,
            "%s is not available: a script of a bundle describes a scene and its sequence, and reaches "
            "neither the device nor files outside the bundle",
            row->name);
    char class[64];
    owner_class(row, class, sizeof class);
    int first = 1;
    if (class[0]) {
        call.self = orr_bind_object(L, 1, class_named(class));
        if (!call.self)
            orr_bind_fail(&call, ORR_E_SCRIPT, "%s is called on a %s, with a colon: %s(…)", row->name, class,
                          row->name);
        first = 2;
    }
    call.tables[0] = row->options ? row->options(&call) : NULL;
    call.tables[1] = row->more;
    if (row->options || row->more || row->extras)
        read_options(&call, first);
    else if (!(row->flags & ORR_LUA_FIELD))
        read_args(&call, first);
    return row->call(&call);
}

const orr_lua_row *orr_bind_row(lua_State *L, int index) {
    if (lua_tocfunction(L, index) != bound) return NULL;
    const char *name = lua_getupvalue(L, index, 1);
    const orr_lua_row *row = name ? lua_touserdata(L, -1) : NULL;
    lua_pop(L, name ? 1 : 0);
    return row;
}

const orr_option *orr_call_option(const orr_call *call, const char *name) {
    int32_t i = find_option(call, name);
    if (i < 0) abort();
    return &call->options[i];
}

bool orr_call_given(const orr_call *call, const char *name) {
    return orr_call_option(call, name)->state != ORR_OPTION_ABSENT;
}
double orr_call_number(const orr_call *call, const char *name) {
    return orr_call_option(call, name)->value.number[0];
}

const char *orr_call_text(const orr_call *call, const char *name) {
    const char *text = orr_call_option(call, name)->value.text;
    return text ? text : "";
}

int orr_call_extra(const orr_call *call, const char *name) {
    int32_t i = find_extra(call->row->extras, call->row->extra_count, name);
    if (i < 0) i = find_extra(call->row->args, call->row->arg_count, name);
    if (i < 0) abort();
    return call->extras[i];
}

void orr_call_store(const orr_call *call, uint32_t t, void *params) {
    uint32_t base = t && call->tables[0] ? call->tables[0]->count : 0;
    for (uint32_t i = 0; i < call->tables[t]->count; i++) {
        orr_param_row row;
        orr_param_row_get(call->tables[t], i, &row);
        orr_param_store(&row, &call->options[base + i].value, params);
    }
}

/* --- objects ------------------------------------------------------------------------------------- */

static void metatable_name(const orr_lua_class *class, char *out, size_t size) {
    orr_format(out, size, "orr.%s", class->name);
}

void *orr_bind_new(orr_call *call, const orr_lua_class *class) {
    void *object = lua_newuserdata(call->L, class->size);
    memset(object, 0, class->size);
    char name[64];
    metatable_name(class, name, sizeof name);
    luaL_getmetatable(call->L, name);
    lua_setmetatable(call->L, -2);
    return object;
}

void *orr_bind_object(lua_State *L, int index, const orr_lua_class *class) {
    char name[64];
    metatable_name(class, name, sizeof name);
    return luaL_testudata(L, index, name);
}

static int collect(lua_State *L) {
    const orr_lua_class *class = lua_touserdata(L, lua_upvalueindex(1));
    class->destroy(lua_touserdata(L, 1));
    return 0;
}

static int describe(lua_State *L) {
    const orr_lua_class *class = lua_touserdata(L, lua_upvalueindex(1));
    const char *text = class->describe ? class->describe(lua_touserdata(L, 1)) : NULL;
    lua_pushfstring(L, text ? "%s '%s'" : "%s", class->name, text);
    return 1;
}

static const char *member_name(const void *context, size_t i) {
    lua_State *L = *(lua_State *const *)context; /* the sorted names are on top */
    lua_rawgeti(L, -1, (int)i + 1);
    const char *name = lua_tostring(L, -1);
    lua_pop(L, 1);
    return name; /* the members table keeps it */
}

/* __index of objects and of `orrery`: upvalues members, script, owner's name. */
static int member(lua_State *L) {
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    const orr_lua_row *row = orr_bind_row(L, -1);
    if (row && (row->flags & ORR_LUA_FIELD)) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 1);
        return 1;
    }
    if (!lua_isnil(L, -1)) return 1;
    orr_script *script = lua_touserdata(L, lua_upvalueindex(2));
    const char *owner = lua_tostring(L, lua_upvalueindex(3));
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    int count = orr_bind_sorted_keys(L, lua_upvalueindex(1));
    const char *near_name = orr_nearest_name(key, (size_t)count, member_name, &L);
    char message[400];
    orr_format(
        message, sizeof message, "%s has no '%s'%s%s%s", owner, key, near_name ? ": did you mean '" : "",
        near_name ? near_name : "; `orrery api --markdown` lists what there is", near_name ? "'?" : "");
    raise_text(script, L, ORR_E_SCRIPT, message);
    return 0;
}

static int read_only(lua_State *L) {
    orr_script *script = lua_touserdata(L, lua_upvalueindex(1));
    raise_text(script, L, ORR_E_SCRIPT,
               "Orrery's objects cannot be assigned to; a node's properties change with node:set{ … }");
    return 0;
}

/* Pushes the members table of "orrery", "orrery.space", "scene" …, made at the first call. */
static void push_members(lua_State *L, const char *owner) {
    lua_pushfstring(L, "orr.members.%s", owner);
    lua_pushvalue(L, -1);
    lua_rawget(L, LUA_REGISTRYINDEX);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, LUA_REGISTRYINDEX);
    }
    lua_remove(L, -2);
}

/* Fills the metatable on the stack. */
static void dress(orr_script *script, lua_State *L, const char *owner) {
    push_members(L, owner);
    lua_pushlightuserdata(L, script);
    lua_pushstring(L, owner);
    lua_pushcclosure(L, member, 3);
    lua_setfield(L, -2, "__index");
    lua_pushlightuserdata(L, script);
    lua_pushcclosure(L, read_only, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable"); /* getmetatable gives nothing away */
}

/* Pushes an empty table that answers with the members of `owner`. */
static void push_space(orr_script *script, lua_State *L, const char *owner) {
    lua_newtable(L);
    lua_newtable(L);
    dress(script, L, owner);
    lua_setmetatable(L, -2);
}

static void open_class(orr_script *script, lua_State *L, const orr_lua_class *class) {
    char name[64];
    metatable_name(class, name, sizeof name);
    luaL_newmetatable(L, name);
    dress(script, L, class->name);
    lua_pushlightuserdata(L, (void *)(uintptr_t) class);
    lua_pushcclosure(L, describe, 1);
    lua_setfield(L, -2, "__tostring");
    if (class->destroy) {
        lua_pushlightuserdata(L, (void *)(uintptr_t) class);
        lua_pushcclosure(L, collect, 1);
        lua_setfield(L, -2, "__gc");
    }
    lua_pop(L, 1);
}

static void open_row(orr_script *script, lua_State *L, const orr_lua_row *row) {
    const char *last = strrchr(row->name, ':');
    if (!last) last = strrchr(row->name, '.');
    char owner[64];
    orr_format(owner, sizeof owner, "%.*s", (int)(last - row->name), row->name);
    push_members(L, owner);
    lua_pushlightuserdata(L, (void *)(uintptr_t)row);
    lua_pushlightuserdata(L, script);
    lua_pushcclosure(L, bound, 2);
    lua_setfield(L, -2, last + 1);
    lua_pop(L, 1);
}

void orr_bind_open(orr_script *script, lua_State *L) {
    for (const orr_lua_group *const *group = orr_lua_groups; *group; group++) {
        for (const orr_lua_class *const *class = (*group)->classes; class && *class; class ++)
            open_class(script, L, *class);
        for (uint32_t i = 0; i < (*group)->row_count; i++) open_row(script, L, &(*group)->rows[i]);
    }
    push_members(L, "orrery");
    push_space(script, L, "orrery.space");
    lua_setfield(L, -2, "space");
    lua_pop(L, 1);
    push_space(script, L, "orrery");
    lua_setglobal(L, "orrery");
}
