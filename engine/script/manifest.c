/* Module manifests: strict, data-only Lua. The chunk runs in a state of its own that has no library at all,
 * with bounds on its size, instructions and memory; its table becomes a descriptor in an arena. */
#include <luajit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "script/remote.h"

enum { MAX_BYTES = 256 << 10, MAX_INSTRUCTIONS = 100000, MAX_MEMORY = 16 << 20, MAX_ITEMS = 256 };

typedef struct reader {
    orr_arena *arena;
    orr_module_desc *module;
    size_t memory;
} reader;

/* --- the state ----------------------------------------------------------------------------------- */

static void *bounded(void *context, void *memory, size_t old_size, size_t new_size) {
    reader *r = context;
    if (new_size > old_size && new_size - old_size > MAX_MEMORY - r->memory) return NULL;
    void *result = NULL;
    if (new_size == 0)
        free(memory);
    else if (!(result = realloc(memory, new_size)))
        return NULL;
    r->memory += new_size - old_size;
    return result;
}

static void out_of_budget(lua_State *L, lua_Debug *at) {
    (void)at;
    lua_sethook(L, out_of_budget, LUA_MASKCOUNT, 1);
    luaL_error(L, "a manifest is data: this one runs for more than %d instructions", MAX_INSTRUCTIONS);
}

/* --- reading fields: `path` says where in the manifest, "params[2]" ------------------------------ */

static void only_keys(lua_State *L, const char *path, const char *const *names) {
    int count = orr_bind_sorted_keys(L, lua_gettop(L));
    for (int k = 1; k <= count; k++) {
        lua_rawgeti(L, -1, k);
        bool found = false;
        size_t known = 0;
        for (; names[known]; known++)
            found =
                found || (lua_type(L, -1) == LUA_TSTRING && strcmp(names[known], lua_tostring(L, -1)) == 0);
        if (!found && !(lua_type(L, -1) == LUA_TNUMBER && names[0][0] == '['))
            luaL_error(L, "%s has the unknown key '%s'; it has: %s", path, lua_tostring(L, -1),
                       names[known + 1]);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static const char *keep(lua_State *L, reader *r, const char *text) {
    char *copy = orr_arena_strdup(r->arena, text);
    if (!copy) luaL_error(L, "no memory for a manifest");
    return copy;
}

static void *keep_array(lua_State *L, reader *r, size_t count, size_t size) {
    void *array = orr_arena_alloc(r->arena, count + 1, size);
    if (!array) luaL_error(L, "no memory for a manifest");
    return array;
}

/* A string field of the table on top, kept; NULL when absent. */
static const char *text_field(lua_State *L, reader *r, const char *path, const char *key, bool required) {
    lua_getfield(L, -1, key);
    const char *text = NULL;
    if (lua_type(L, -1) == LUA_TSTRING) {
        if (strlen(lua_tostring(L, -1)) != lua_objlen(L, -1))
            luaL_error(L, "%s.%s has a zero byte", path, key);
        text = keep(L, r, lua_tostring(L, -1));
    } else if (!lua_isnil(L, -1)) {
        luaL_error(L, "%s.%s must be a string, not a %s", path, key, luaL_typename(L, -1));
    } else if (required) {
        luaL_error(L, "%s needs '%s'", path, key);
    }
    lua_pop(L, 1);
    return text;
}

/* { "a", "b" } or "a|b" as "a|b". */
static const char *list_field(lua_State *L, reader *r, const char *path, const char *key) {
    lua_getfield(L, -1, key);
    bool table = lua_istable(L, -1);
    if (!table) {
        lua_pop(L, 1);
        return text_field(L, r, path, key, false);
    }
    int list = lua_gettop(L), count = (int)lua_objlen(L, list);
    if (count > MAX_ITEMS) luaL_error(L, "%s.%s has %d items; %d are allowed", path, key, count, MAX_ITEMS);
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, list, i);
        if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "%s.%s: item %d must be a string", path, key, i);
        luaL_addvalue(&text);
        if (i < count) luaL_addchar(&text, '|');
    }
    luaL_pushresult(&text);
    const char *kept = keep(L, r, lua_tostring(L, -1));
    lua_settop(L, list - 1);
    return kept;
}

static void add_number(lua_State *L, orr_text *text, const char *path, const char *key) {
    if (lua_type(L, -1) != LUA_TNUMBER || !isfinite(lua_tonumber(L, -1))) {
        orr_text_free(text);
        luaL_error(L, "%s.%s must hold finite numbers", path, key);
    }
    char number[32];
    orr_format_f64(number, sizeof number, lua_tonumber(L, -1));
    orr_text_printf(text, "%s%s", text->length ? " " : "", number);
}

/* A value as presets write it: a number, boolean or string, or a list of numbers. */
static const char *value_field(lua_State *L, reader *r, const char *path, const char *key) {
    orr_text text = {0};
    lua_getfield(L, -1, key);
    int type = lua_type(L, -1);
    const char *kept = NULL;
    if (type == LUA_TBOOLEAN) {
        kept = keep(L, r, lua_toboolean(L, -1) ? "true" : "false");
    } else if (type == LUA_TSTRING) {
        kept = keep(L, r, lua_tostring(L, -1));
    } else if (type == LUA_TNUMBER) {
        add_number(L, &text, path, key);
    } else if (type == LUA_TTABLE) {
        for (int i = 1; i <= (int)lua_objlen(L, -1) && i <= 16; i++) {
            lua_rawgeti(L, -1, i);
            add_number(L, &text, path, key);
            lua_pop(L, 1);
        }
    } else if (type != LUA_TNIL) {
        luaL_error(L, "%s.%s cannot be a %s", path, key, luaL_typename(L, -1));
    }
    lua_pop(L, 1);
    if (!text.data) return kept;
    kept = orr_arena_strdup(r->arena, orr_text_cstr(&text));
    orr_text_free(&text);
    if (!kept) luaL_error(L, "no memory for a manifest");
    return kept;
}

static double number_field(lua_State *L, const char *path, const char *key, double otherwise, double min,
                           double max) {
    lua_getfield(L, -1, key);
    double number = lua_isnil(L, -1) ? otherwise : lua_tonumber(L, -1);
    if ((!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TNUMBER) || !(number >= min && number <= max) ||
        number - floor(number) != 0)
        luaL_error(L, "%s.%s must be a whole number from %f to %f", path, key, min, max);
    lua_pop(L, 1);
    return number;
}

static bool flag_field(lua_State *L, const char *path, const char *key) {
    lua_getfield(L, -1, key);
    if (!lua_isnil(L, -1) && !lua_isboolean(L, -1)) luaL_error(L, "%s.%s must be true or false", path, key);
    bool flag = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return flag;
}

/* The place of a word in "a|b|c". */
static uint32_t word_field(lua_State *L, reader *r, const char *path, const char *key,
                           const char *const *words) {
    const char *word = text_field(L, r, path, key, false);
    if (!word) return 0;
    orr_text all = {0};
    for (uint32_t i = 0; words[i]; i++) {
        if (strcmp(words[i], word) == 0) return orr_text_free(&all), i;
        orr_text_printf(&all, "%s'%s'", i ? ", " : "", words[i]);
    }
    lua_pushstring(L, orr_text_cstr(&all));
    orr_text_free(&all);
    luaL_error(L, "%s.%s is one of %s, not '%s'", path, key, lua_tostring(L, -1), word);
    return 0;
}

/* Pushes the list and gives its length; an absent one is empty. */
static uint32_t open_list(lua_State *L, const char *path, const char *key) {
    lua_getfield(L, -1, key);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
    }
    if (!lua_istable(L, -1)) luaL_error(L, "%s.%s must be a list", path, key);
    size_t count = lua_objlen(L, -1);
    if (count > MAX_ITEMS)
        luaL_error(L, "%s.%s has %d items; %d are allowed", path, key, (int)count, MAX_ITEMS);
    if ((int)count != orr_bind_sorted_keys(L, lua_gettop(L)))
        luaL_error(L, "%s.%s must be a list: its order matters", path, key);
    lua_pop(L, 1);
    return (uint32_t)count;
}

static void open_item(lua_State *L, const char *list, uint32_t i, char *path, size_t size) {
    orr_format(path, size, "%s[%u]", list, i + 1);
    lua_rawgeti(L, -1, (int)i + 1);
    if (!lua_istable(L, -1)) luaL_error(L, "%s must be a table", path);
}

/* --- rows ---------------------------------------------------------------------------------------- */

static void read_param(lua_State *L, reader *r, const char *path, orr_param_row *row) {
    static const char *const keys[] = {"name",
                                       "doc",
                                       "group",
                                       "aliases",
                                       "type",
                                       "def",
                                       "neutral",
                                       "min",
                                       "max",
                                       "soft_min",
                                       "soft_max",
                                       "choices",
                                       "interp",
                                       "rebuild",
                                       "cpu",
                                       "used_when",
                                       NULL,
                                       "name, doc, group, aliases, type, def, neutral, min, max, soft_min, "
                                       "soft_max, choices, interp, rebuild, cpu, used_when"};
    static const char *const rebuilds[] = {"value", "spec", "graph", NULL}, *const interps[] = {"linear",
                                                                                                "step", "log",
                                                                                                NULL};
    only_keys(L, path, keys);
    row->name = text_field(L, r, path, "name", true);
    row->doc = text_field(L, r, path, "doc", true);
    row->group = text_field(L, r, path, "group", false);
    row->aliases = list_field(L, r, path, "aliases");
    row->def = value_field(L, r, path, "def");
    row->neutral = value_field(L, r, path, "neutral");
    row->min = value_field(L, r, path, "min");
    row->max = value_field(L, r, path, "max");
    row->soft_min = value_field(L, r, path, "soft_min");
    row->soft_max = value_field(L, r, path, "soft_max");
    row->choices = list_field(L, r, path, "choices");
    row->interp = (orr_param_interp)word_field(L, r, path, "interp", interps);
    row->rebuild = (orr_param_rebuild)word_field(L, r, path, "rebuild", rebuilds);
    if (flag_field(L, path, "cpu")) row->flags |= ORR_PARAM_CPU;
    row->used_when = text_field(L, r, path, "used_when", false);
    const char *type = text_field(L, r, path, "type", true);
    row->type = orr_param_type_of(type);
    if (row->type == ORR_PARAM_NONE) luaL_error(L, "%s.type: there is no type '%s'", path, type);
}

static void read_bind(lua_State *L, reader *r, const char *path, orr_pass_bind *bind) {
    static const char *const keys[] = {"[", "at", "format", NULL, "\"channel\", \"access\", at, format"};
    only_keys(L, path, keys);
    if (lua_objlen(L, -1) != 2) luaL_error(L, "%s is written { \"channel\", \"access\" }", path);
    for (int i = 1; i <= 2; i++) {
        lua_rawgeti(L, -1, i);
        if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "%s is written { \"channel\", \"access\" }", path);
        *(i == 1 ? &bind->channel : &bind->access) = keep(L, r, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    bind->at = text_field(L, r, path, "at", false);
    bind->format = text_field(L, r, path, "format", false);
}

static void read_pass(lua_State *L, reader *r, const char *path, orr_pass_row *pass) {
    static const char *const keys[] = {
        "name",      "stage",
        "shader",    "after",
        "size_of",   "scale_log2",
        "pointwise", "binds",
        NULL,        "name, stage, shader, after, size_of, scale_log2, pointwise, binds"};
    only_keys(L, path, keys);
    pass->name = text_field(L, r, path, "name", true);
    pass->stage = text_field(L, r, path, "stage", true);
    pass->shader = text_field(L, r, path, "shader", true);
    pass->after = list_field(L, r, path, "after");
    pass->size_of = text_field(L, r, path, "size_of", false);
    pass->scale_log2 = (int32_t)number_field(L, path, "scale_log2", 0, -16, 0);
    pass->pointwise = flag_field(L, path, "pointwise");
    pass->bind_count = open_list(L, path, "binds");
    pass->bind_stride = (uint32_t)sizeof(orr_pass_bind);
    orr_pass_bind *binds = keep_array(L, r, pass->bind_count, sizeof *binds);
    for (uint32_t i = 0; i < pass->bind_count; i++) {
        char list[96], at[128];
        orr_format(list, sizeof list, "%s.binds", path);
        open_item(L, list, i, at, sizeof at);
        read_bind(L, r, at, &binds[i]);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    pass->binds = binds;
}

static void read_product(lua_State *L, reader *r, const char *path, orr_product_row *product) {
    static const char *const keys[] = {"name",
                                       "doc",
                                       "keys",
                                       "rate",
                                       "format",
                                       "width",
                                       "height",
                                       "depth",
                                       "shader",
                                       NULL,
                                       "name, doc, keys, rate, format, width, height, depth, shader"};
    only_keys(L, path, keys);
    product->name = text_field(L, r, path, "name", true);
    product->doc = text_field(L, r, path, "doc", true);
    product->keys = list_field(L, r, path, "keys");
    product->rate = text_field(L, r, path, "rate", true);
    product->format = text_field(L, r, path, "format", true);
    product->shader = text_field(L, r, path, "shader", true);
    product->width = (uint32_t)number_field(L, path, "width", 1, 1, 16384);
    product->height = (uint32_t)number_field(L, path, "height", 1, 1, 16384);
    product->depth = (uint32_t)number_field(L, path, "depth", 1, 1, 2048);
}

#define READ_LIST(member, count_member, stride_member, type, read, key)                                      \
    do {                                                                                                     \
        module->count_member = open_list(L, "the manifest", key);                                            \
        module->stride_member = (uint32_t)sizeof(type);                                                      \
        type *items = keep_array(L, r, module->count_member, sizeof *items);                                 \
        for (uint32_t i = 0; i < module->count_member; i++) {                                                \
            char path[64];                                                                                   \
            open_item(L, key, i, path, sizeof path);                                                         \
            read(L, r, path, &items[i]);                                                                     \
            lua_pop(L, 1);                                                                                   \
        }                                                                                                    \
        lua_pop(L, 1);                                                                                       \
        module->member = items;                                                                              \
    } while (0)

static int read_table(lua_State *L) {
    static const char *const keys[] = {
        "name",   "abi",    "version",  "doc", "role",
        "params", "passes", "products", NULL,  "name, abi, version, doc, role, params, passes, products"};
    reader *r = lua_touserdata(L, 2);
    orr_module_desc *module = r->module;
    lua_settop(L, 1);
    if (!lua_istable(L, 1)) luaL_error(L, "a manifest returns one table, not a %s", luaL_typename(L, 1));
    only_keys(L, "the manifest", keys);
    module->struct_size = (uint32_t)sizeof *module;
    module->name = text_field(L, r, "the manifest", "name", true);
    module->abi_major = (uint32_t)number_field(L, "the manifest", "abi", 0, 0, 1e6);
    if (module->abi_major != ORR_ABI_MAJOR)
        luaL_error(L, "the manifest is for abi = %d; this Orrery understands abi = %d",
                   (int)module->abi_major, ORR_ABI_MAJOR);
    module->version = text_field(L, r, "the manifest", "version", false);
    if (!module->version) module->version = "0.0.0";
    module->doc = text_field(L, r, "the manifest", "doc", true);
    module->role = text_field(L, r, "the manifest", "role", false);
    READ_LIST(params, param_count, param_stride, orr_param_row, read_param, "params");
    READ_LIST(passes, pass_count, pass_stride, orr_pass_row, read_pass, "passes");
    READ_LIST(products, product_count, product_stride, orr_product_row, read_product, "products");
    return 0;
}

orr_status orr_manifest_read(const char *text, size_t size, const char *name, orr_arena *arena,
                             orr_module_desc *module, orr_error *err) {
    memset(module, 0, sizeof *module);
    if (size > MAX_BYTES)
        return orr_fail(err, ORR_E_LIMIT, name, "%s: a manifest of %zu bytes; %d are allowed", name, size,
                        MAX_BYTES);
    reader r = {.arena = arena, .module = module};
    lua_State *L = lua_newstate(bounded, &r);
    if (!L) return orr_fail(err, ORR_E_MEMORY, name, "no memory for the manifest %s", name);
    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
    lua_sethook(L, out_of_budget, LUA_MASKCOUNT, MAX_INSTRUCTIONS);
    char chunk[600];
    orr_format(chunk, sizeof chunk, "@%s", name);
    bool ok = luaL_loadbufferx(L, text, size, chunk, "t") == 0 && lua_pcall(L, 0, 1, 0) == 0;
    lua_sethook(L, NULL, 0, 0);
    if (ok) {
        lua_pushcfunction(L, read_table);
        lua_insert(L, 1);
        lua_pushlightuserdata(L, &r);
        ok = lua_pcall(L, 2, 0, 0) == 0;
    }
    orr_status status = ORR_OK;
    if (!ok) {
        const char *message = lua_tostring(L, -1);
        bool named =
            message && strncmp(message, name, strlen(name)) == 0; /* LuaJIT puts file:line in front itself */
        status = orr_fail(err, ORR_E_BAD_DATA, name, "%s%s%s", named ? "" : name, named ? "" : ": ",
                          message ? message : "the manifest failed");
    }
    lua_close(L);
    return status;
}

/* --- folders ------------------------------------------------------------------------------------- */

/* A manifest's text becomes a module whose shaders are in `folder`. */
static orr_status add_manifest(orr_modules *modules, const char *text, size_t size, const char *folder,
                               const char *name, const char *path, orr_error *err) {
    orr_arena arena = {0};
    orr_module_desc module;
    orr_status status = orr_manifest_read(text, size, path, &arena, &module, err);
    if (status == ORR_OK && strcmp(module.name, name) != 0)
        status = orr_fail(err, ORR_E_BAD_DATA, path, "%s calls the module '%s', but its folder is '%s'", path,
                          module.name, name);
    if (status == ORR_OK)
        return orr_modules_add_descriptor(modules, &module, folder, &arena, err); /* takes the arena over */
    orr_arena_free(&arena);
    return status;
}

static orr_status load_manifest(orr_modules *modules, const char *folder, const char *name, const char *path,
                                orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status = orr_file_read(path, MAX_BYTES, &data, &size, err);
    if (status == ORR_OK) status = add_manifest(modules, (const char *)data, size, folder, name, path, err);
    free(data);
    return status;
}

static orr_status load_folder(orr_engine *engine, uint32_t index, orr_error *err) {
    orr_modules *modules = orr_engine_modules(engine);
    const char *root = orr_engine_module_folder(engine, index);
    char **names = NULL;
    size_t count = 0;
    if (!orr_folder_exists(root)) return ORR_OK;
    orr_status status = orr_folder_list(root, &names, &count, err);
    for (size_t i = 0; i < count && status == ORR_OK; i++) {
        char folder[1024], file[300], path[1400];
        orr_path_join(folder, sizeof folder, root, names[i]);
        orr_format(file, sizeof file, "%s.lua", names[i]);
        orr_path_join(path, sizeof path, folder, file);
        if (!orr_file_exists(path) || orr_modules_find(modules, names[i]) >= 0) continue;
        if (orr_engine_module_is_hidden(engine, index, names[i])) continue;
        /* One bad module must not take the others down: it is missing, and asked for, it says why. */
        orr_error problem = {0};
        if (load_manifest(modules, folder, names[i], path, &problem) == ORR_OK) continue;
        orr_modules_add_failed(modules, names[i], &problem);
        orr_log_write(orr_engine_log(engine), ORR_LOG_WARNING, "module '%s' is not available: %s", names[i],
                      problem.message);
    }
    orr_names_free(&names, count);
    return status;
}

orr_status orr_manifests_load(orr_engine *engine, orr_error *err) {
    orr_status status = ORR_OK;
    for (uint32_t i = 0; status == ORR_OK && orr_engine_module_folder(engine, i); i++)
        status = load_folder(engine, i, err);
    return status;
}

/* One module of a bundle. It is somebody's input, so whatever is wrong with it is an error at once. */
static orr_status load_inside(orr_engine *engine, const char *name, orr_error *err) {
    orr_modules *modules = orr_engine_modules(engine);
    char path[600], folder[600];
    uint8_t *data = NULL;
    size_t size = 0;
    orr_format(folder, sizeof folder, ORR_VFS_SCHEME "modules/%s", name);
    orr_format(path, sizeof path, "modules/%s/%s.lua", name, name);
    if (orr_vfs_exists(orr_engine_vfs(engine), path) != ORR_VFS_FILE) return ORR_OK;
    if (orr_modules_find(modules, name) >= 0)
        return orr_fail(err, ORR_E_BAD_DATA, path,
                        "the bundle brings a module '%s', and one of that name is installed: render without "
                        "the installed one (--modules), or pack the bundle again under another name",
                        name);
    orr_status status = orr_vfs_read(orr_engine_vfs(engine), path, MAX_BYTES, &data, &size, err);
    if (status == ORR_OK) status = add_manifest(modules, (const char *)data, size, folder, name, path, err);
    free(data);
    return status;
}

orr_status orr_manifests_load_inside(orr_engine *engine, orr_error *err) {
    char **names = NULL;
    size_t count = 0;
    if (orr_vfs_exists(orr_engine_vfs(engine), "modules") != ORR_VFS_FOLDER) return ORR_OK;
    orr_status status = orr_vfs_list(orr_engine_vfs(engine), "modules", &names, &count, err);
    for (size_t i = 0; i < count && status == ORR_OK; i++) status = load_inside(engine, names[i], err);
    orr_names_free(&names, count);
    return status;
}
