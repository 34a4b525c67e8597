/* orrery.param, orrery.random, orrery.args, orrery.modules. */
#include "script/private.h"

#include <string.h>

#include "base/platform/platform.h"

/* --- parameters ---------------------------------------------------------------------------------- */

static const orr_param_row param_rows[] = {
    {.name = "name",
     .type = ORR_PARAM_STRING,
     .flags = ORR_PARAM_REQUIRED,
     .doc = "What --set calls it: lower case, digits, _"},
    {.name = "type",
     .type = ORR_PARAM_ENUM,
     .def = "number",
     .choices = "number|integer|bool|string|asset|enum|vec2|vec3|vec4",
     .doc = "Its type; an asset is the path of a file"},
    {.name = "doc", .type = ORR_PARAM_STRING, .flags = ORR_PARAM_REQUIRED, .doc = "One line for --help"},
};
static const orr_param_type param_types[] = {ORR_PARAM_F64,    ORR_PARAM_I32,   ORR_PARAM_BOOL,
                                             ORR_PARAM_STRING, ORR_PARAM_ASSET, ORR_PARAM_ENUM,
                                             ORR_PARAM_VEC2,   ORR_PARAM_VEC3,  ORR_PARAM_VEC4};
static const orr_param_table param_table = ORR_PARAM_TABLE(param_rows, "orrery.param");
static const orr_lua_extra param_extras[] = {
    {"def", "any", "Value when nobody sets it; without it, --set is required", false},
    {"min", "number", "Least value", false},
    {"max", "number", "Greatest value", false},
    {"choices", "string[]", "The choices of an enum", false},
};

static char *keep(orr_call *call, const char *text) {
    char *copy = orr_arena_strdup(&call->script->arena, text);
    if (!copy) orr_bind_fail(call, ORR_E_MEMORY, "no memory for a parameter");
    return copy;
}

static const char *keep_number(orr_call *call, const char *name) {
    int index = orr_call_extra(call, name);
    if (!index) return NULL;
    char text[32];
    orr_format_f64(text, sizeof text, lua_tonumber(call->L, index));
    return keep(call, text);
}

/* { "brass", "steel" } as "brass|steel". */
static const char *keep_choices(orr_call *call) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, "choices");
    if (!index || !lua_istable(L, index) || !lua_objlen(L, index))
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.param: an enum needs choices = { \"one\", \"other\" }");
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (int i = 1; i <= (int)lua_objlen(L, index); i++) {
        lua_rawgeti(L, index, i);
        if (lua_type(L, -1) != LUA_TSTRING || strchr(lua_tostring(L, -1), '|'))
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.param: choice %d is not a plain string", i);
        luaL_addvalue(&text);
        if (i < (int)lua_objlen(L, index)) luaL_addchar(&text, '|');
    }
    luaL_pushresult(&text);
    return keep(call, lua_tostring(L, -1));
}

static void check_name(orr_call *call, const char *name) {
    bool ok = name[0] >= 'a' && name[0] <= 'z' && strlen(name) < 64 &&
              strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
    if (!ok)
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "orrery.param: '%s' is no name: lower-case letters, digits and _ after a letter", name);
    if (orr_param_find(&call->script->table, name) >= 0)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.param: '%s' is declared twice", name);
}

/* The row as a declaration: `def` goes through the one reader, so it is of the right type and in range. */
static void declare(orr_call *call, orr_param_row *row) {
    orr_error err = {0};
    row->name = keep(call, orr_call_text(call, "name"));
    check_name(call, row->name);
    row->doc = keep(call, orr_call_text(call, "doc"));
    row->type = param_types[(int)orr_call_number(call, "type")];
    row->min = keep_number(call, "min");
    row->max = keep_number(call, "max");
    row->flags = ORR_PARAM_CPU;
    if (row->type == ORR_PARAM_ENUM) row->choices = keep_choices(call);
    int def = orr_call_extra(call, "def");
    if (!def) {
        row->flags |= ORR_PARAM_REQUIRED;
        return;
    }
    orr_param_value value;
    if (orr_bind_value(call->L, def, row, &value, &err) != ORR_OK)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.param '%s': def: %s", row->name, err.message);
    orr_text text = {0};
    orr_param_format(row, &value, &text);
    row->def = orr_arena_strdup(&call->script->arena, orr_text_cstr(&text));
    orr_text_free(&text);
    if (!row->def) orr_bind_fail(call, ORR_E_MEMORY, "no memory for a parameter");
}

/* What the command line says of it, the last one winning. A path there is relative to the current folder; in
 * a bundle, where nothing of the host is read, it is what the script itself would write. */
static bool overridden(orr_call *call, const orr_param_row *row, orr_param_value *value,
                       const char **preset) {
    orr_script *script = call->script;
    const orr_script_override *last = NULL;
    for (uint32_t i = 0; i < script->override_count; i++) {
        if (strcmp(script->overrides[i].name, row->name) != 0) continue;
        script->overrides[i].used = true;
        last = &script->overrides[i];
    }
    if (!last) return false;
    *preset = last->preset;
    orr_error err = {0};
    char here[1024], path[2048];
    const char *text = last->text;
    bool host = script->params.trust != ORR_TRUST_BUNDLE;
    if (row->type == ORR_PARAM_ASSET && host && text[0] && orr_path_real(".", here, sizeof here)) {
        orr_path_join(path, sizeof path, here, text);
        text = path;
    }
    if (orr_param_parse(row, text, &script->arena, value, &err) != ORR_OK)
        orr_bind_fail(call, last->wrong, "%s %s=%s: %s", last->where, row->name, last->text, err.message);
    return true;
}

static void add_param(orr_call *call, const orr_param_row *row, const orr_param_value *value,
                      orr_value_source source, const char *preset) {
    orr_script *script = call->script;
    uint32_t n = script->declared_count;
    orr_param_row *rows = ORR_ARENA_NEW(&script->arena, orr_param_row, n + 1);
    orr_script_param *declared = ORR_ARENA_NEW(&script->arena, orr_script_param, n + 1);
    if (!rows || !declared) orr_bind_fail(call, ORR_E_MEMORY, "no memory for a parameter");
    if (n) memcpy(rows, script->rows, sizeof *rows * n);
    if (n) memcpy(declared, script->declared, sizeof *declared * n);
    rows[n] = *row;
    declared[n] = (orr_script_param){*value, source, preset};
    if (value->text) declared[n].value.text = keep(call, value->text);
    script->rows = rows;
    script->declared = declared;
    script->declared_count = n + 1;
    script->table = (orr_param_table){rows, n + 1, (uint32_t)sizeof *rows, "the script"};
}

static int param(orr_call *call) {
    orr_param_row row = {0};
    orr_param_value value = {0};
    orr_error err = {0};
    declare(call, &row);
    orr_value_source source = ORR_FROM_CLI;
    const char *preset = NULL;
    if (!overridden(call, &row, &value, &preset)) {
        source = ORR_FROM_DEFAULT;
        if ((row.flags & ORR_PARAM_REQUIRED) && !call->script->params.help)
            orr_bind_fail(call, ORR_E_USAGE, "the script needs --set %s=…: %s", row.name, row.doc);
        if (orr_param_default(&row, &value, &err) != ORR_OK) orr_bind_raise(call, &err);
    }
    add_param(call, &row, &value, source, preset);
    if (row.type == ORR_PARAM_ASSET && (!value.text || !value.text[0]))
        lua_pushnil(call->L);
    else
        orr_bind_push_value(call->L, &row, &value);
    return 1;
}

/* --- random numbers ------------------------------------------------------------------------------ */

typedef struct orr_lua_random {
    uint64_t seed, count;
} orr_lua_random;
const orr_lua_class orr_class_random = {"random", "A seeded source of random numbers.",
                                        sizeof(orr_lua_random), NULL, NULL};

/* Number `i` of a stream, by SplitMix64 (Steele, Lea, Flood 2014): every number stands alone. 53 bits, 0 <= x
 * < 1. */
static double random_at(const orr_lua_random *random, uint64_t i) {
    uint64_t z = random->seed * 0xd1342543de82ef95u + (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static int random_new(orr_call *call) {
    double seed = lua_tonumber(call->L, orr_call_extra(call, "seed"));
    orr_lua_random *random = orr_bind_new(call, &orr_class_random);
    random->seed = (uint64_t)(int64_t)seed;
    return 1;
}

static double argument(orr_call *call, const char *name, double otherwise) {
    int index = orr_call_extra(call, name);
    return index ? lua_tonumber(call->L, index) : otherwise;
}

static int random_number(orr_call *call) {
    orr_lua_random *random = call->self;
    double min = argument(call, "min", 0), max = argument(call, "max", 1);
    lua_pushnumber(call->L, min + (max - min) * random_at(random, random->count++));
    return 1;
}

static const int64_t MAX_WHOLE = INT64_C(1) << 52;

static int random_integer(orr_call *call) {
    orr_lua_random *random = call->self;
    int64_t min = (int64_t)argument(call, "min", 0), max = (int64_t)argument(call, "max", 0);
    if (max < min) orr_bind_fail(call, ORR_E_SCRIPT, "random:integer: max is below min");
    if (min < -MAX_WHOLE || max > MAX_WHOLE)
        orr_bind_fail(call, ORR_E_SCRIPT, "random:integer: numbers beyond 2^52 are not all there");
    lua_pushnumber(call->L,
                   (double)(min + (int64_t)(random_at(random, random->count++) * (double)(max - min + 1))));
    return 1;
}

static int random_nth(orr_call *call) {
    lua_pushnumber(call->L, random_at(call->self, (uint64_t)(int64_t)argument(call, "i", 0) + (1ull << 40)));
    return 1;
}

/* --- what there is ------------------------------------------------------------------------------- */

static int script_args(orr_call *call) {
    const orr_script_params *params = &call->script->params;
    lua_createtable(call->L, (int)params->arg_count, 0);
    for (uint32_t i = 0; i < params->arg_count; i++) {
        lua_pushstring(call->L, params->args[i]);
        lua_rawseti(call->L, -2, (int)i + 1);
    }
    return 1;
}

static int list_modules(orr_call *call) {
    lua_State *L = call->L;
    const orr_modules *modules = orr_engine_modules(call->script->engine);
    lua_createtable(L, (int)orr_modules_count(modules), 0);
    for (uint32_t i = 0; i < orr_modules_count(modules); i++) {
        const orr_module_desc *module = &orr_modules_get(modules, i)->module;
        lua_createtable(L, 0, 4);
        lua_pushstring(L, module->name);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, module->version);
        lua_setfield(L, -2, "version");
        lua_pushstring(L, module->doc);
        lua_setfield(L, -2, "doc");
        lua_pushstring(L, module->role);
        lua_setfield(L, -2, "role");
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static const orr_lua_extra seed_args[] = {{"seed", "integer", "Equal seeds give equal numbers", true}};
static const orr_lua_extra range_args[] = {{"min", "number", "Least value; 0 when not given", false},
                                           {"max", "number", "It stays below this; 1 when not given", false}};
static const orr_lua_extra integer_args[] = {{"min", "integer", "Least value", true},
                                             {"max", "integer", "Greatest value", true}};
static const orr_lua_extra nth_args[] = {{"i", "integer", "Which number, from 0", true}};
static const orr_param_table *param_options(const orr_call *call) {
    return (void)call, &param_table;
}

static const orr_lua_row rows[] = {
    {.name = "orrery.param",
     .call = param,
     .flags = ORR_LUA_HELP,
     .options = param_options,
     ORR_LUA_EXTRAS(param_extras),
     .doc = "Declares a parameter of the script and gives its value: the default, or what `--set name=value` "
            "or a preset says. Declare "
            "parameters first: `--help` runs a script up to its first other call. An empty asset gives nil.",
     .returns = "any value",
     .example = "local turns = orrery.param{ name = \"turns\", def = 1.5, min = 0, max = 10, doc = \"Turns "
                "of the camera\" }\n"
                "assert(turns == 1.5)"},
    {.name = "orrery.random",
     .call = random_new,
     .flags = ORR_LUA_HELP,
     ORR_LUA_ARGS(seed_args),
     .doc = "A source of random numbers that gives the same ones in every run.",
     .returns = "random source",
     .example = "local random = orrery.random(7)\nassert(random:number() ~= random:number())"},
    {.name = "random:number",
     .call = random_number,
     .flags = ORR_LUA_HELP,
     ORR_LUA_ARGS(range_args),
     .doc = "The next number, evenly spread. Not for functions of t: use random:at there.",
     .returns = "number value",
     .example = "local x = orrery.random(7):number(10, 20)\nassert(x >= 10 and x < 20)"},
    {.name = "random:integer",
     .call = random_integer,
     .flags = ORR_LUA_HELP,
     ORR_LUA_ARGS(integer_args),
     .doc = "The next whole number, both ends included.",
     .returns = "integer value",
     .example = "local die = orrery.random(7):integer(1, 6)\nassert(die >= 1 and die <= 6)"},
    {.name = "random:at",
     .call = random_nth,
     .flags = ORR_LUA_HELP,
     ORR_LUA_ARGS(nth_args),
     .doc = "Number `i` of the stream, 0 <= x < 1. It depends on seed and i alone, so functions of t may use "
            "it.",
     .returns = "number value",
     .example = "local random = orrery.random(7)\nassert(random:at(3) == random:at(3))"},
    {.name = "orrery.args",
     .call = script_args,
     .flags = ORR_LUA_HELP | ORR_LUA_FIELD,
     .doc = "The words after the script's name on the command line of `orrery run`.",
     .returns = "string[] words",
     .example = "assert(#orrery.args == 0)"},
    {.name = "orrery.modules",
     .call = list_modules,
     .doc = "The modules that are installed, by name: tables with name, version, doc and role.",
     .returns = "table[] modules",
     .example =
         "for _, module in ipairs(orrery.modules()) do print(module.name, module.version, module.doc) end"},
};
static const orr_lua_class *const classes[] = {&orr_class_random, NULL};
const orr_lua_group orr_lua_orrery_group =
    ORR_LUA_GROUP("Parameters, random numbers, modules", rows, classes);
