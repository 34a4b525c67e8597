#include "script/private.h"

#include <luajit.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "script/remote.h"

enum { MAX_SCRIPT_BYTES = 16 << 20, HOOK_INSTRUCTIONS = 10000, WATCH_NS = 100000000 };
static const uint64_t GRACE_NS = UINT64_C(2000000000);

/* --- the timeout: a hook cannot interrupt compiled loops, so the JIT is off while there is one. The clock
 * runs only inside Lua. */

static orr_script *script_of(lua_State *L) {
    lua_getfield(L, LUA_REGISTRYINDEX, "orr.script");
    orr_script *script = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return script;
}

static void timeout_hook(lua_State *L, lua_Debug *at) {
    (void)at;
    orr_script *script = script_of(L);
    if (!script->entered || orr_time_ns() - script->entered_ns < script->budget_ns) return;
    script->timed_out = true;
    lua_sethook(L, timeout_hook, LUA_MASKCOUNT, 1); /* again at once, for scripts that catch the error */
    orr_bind_throw(L, "the script was still running after --timeout %g s", script->params.timeout_s);
}

/* What no hook can reach: a call of C that does not come back. */
static void watch(void *context) {
    orr_script *script = context;
    orr_mutex_lock(script->watch_mutex);
    while (!script->watch_ended) {
        (void)orr_cond_wait_ns(script->watch_end, script->watch_mutex, WATCH_NS);
        uint64_t hopeless_ns = atomic_load(&script->hopeless_ns);
        if (hopeless_ns && orr_time_ns() > hopeless_ns) script->params.stuck(script->params.timeout_s);
    }
    orr_mutex_unlock(script->watch_mutex);
}

static orr_status start_watching(orr_script *script, orr_error *err) {
    if (!script->params.stuck) return ORR_OK;
    script->watch_mutex = orr_mutex_create();
    script->watch_end = orr_cond_create();
    return orr_thread_create(watch, script, "orr watchdog", &script->watchdog, err);
}

static void end_watching(orr_script *script) {
    if (script->watchdog) {
        orr_mutex_lock(script->watch_mutex);
        script->watch_ended = true;
        orr_cond_signal(script->watch_end);
        orr_mutex_unlock(script->watch_mutex);
        orr_thread_join(&script->watchdog);
    }
    if (script->watch_end) orr_cond_destroy(&script->watch_end);
    if (script->watch_mutex) orr_mutex_destroy(&script->watch_mutex);
}

void orr_script_allow(orr_script *script, double timeout_s) {
    script->params.timeout_s = timeout_s;
    script->budget_ns = (uint64_t)(timeout_s * 1e9);
}

void orr_script_pause(orr_script *script) {
    atomic_store(&script->hopeless_ns, 0);
    if (!script->entered || script->params.timeout_s <= 0) return;
    uint64_t spent = orr_time_ns() - script->entered_ns;
    script->budget_ns = spent >= script->budget_ns ? 0 : script->budget_ns - spent;
}

void orr_script_resume(orr_script *script) {
    if (!script->entered) return;
    script->entered_ns = orr_time_ns();
    if (script->watchdog)
        atomic_store(&script->hopeless_ns, script->entered_ns + script->budget_ns + GRACE_NS);
}

/* --- calling ------------------------------------------------------------------------------------- */

/* Message handler: adds the script's own lines of the stack. A caught and changed error keeps its text. */
static int traceback(lua_State *L) {
    if (!lua_isstring(L, 1)) {
        if (luaL_callmeta(L, 1, "__tostring")) return 1;
        lua_pushfstring(L, "an error that is a %s", luaL_typename(L, 1));
        return 1;
    }
    orr_text trace = {0};
    lua_Debug at;
    int lines = 0;
    for (int level = 1; lines < 6 && lua_getstack(L, level, &at); level++) {
        lua_getinfo(L, "Sln", &at);
        if (at.currentline <= 0) continue;
        orr_text_printf(&trace, "%s%s:%d", lines++ ? " < " : "",
                        at.source[0] == '@' ? at.source + 1 : at.short_src, at.currentline);
        if (at.name) orr_text_printf(&trace, " in %s", at.name);
    }
    lua_pushstring(L, orr_text_cstr(&trace));
    orr_text_free(&trace);
    if (lines < 2) { /* one line says no more than the message does */
        lua_settop(L, 1);
        return 1;
    }
    lua_pushfstring(L, "%s [%s]", lua_tostring(L, 1), lua_tostring(L, -1));
    return 1;
}

static orr_status failed(orr_script *script, int result, orr_error *err) {
    lua_State *L = script->at;
    const char *text = lua_tostring(L, -1);
    char memory[100];
    orr_status code = ORR_E_SCRIPT;
    if (result == LUA_ERRMEM) {
        code = ORR_E_MEMORY;
        text = "the script used up the memory it may have";
        if (script->cage) {
            orr_format(memory, sizeof memory, "the script used more than the %llu MiB it may have",
                       (unsigned long long)(script->cage->memory_bytes >> 20));
            text = memory;
        }
    } else if (script->timed_out) {
        code = ORR_E_SCRIPT_TIMEOUT;
        if (result == LUA_ERRERR)
            text = "the script was still running when its time was over, in the handling of an error";
    } else if (script->raised_code != ORR_OK && text &&
               strncmp(text, script->raised, strlen(script->raised)) == 0) {
        code = script->raised_code;
    }
    orr_fail(err, code, NULL, "%s", text ? text : "the script failed without a message");
    lua_pop(L, 1);
    return code;
}

orr_status orr_script_call(orr_script *script, int args, int results, orr_error *err) {
    lua_State *L = script->at;
    int base = lua_gettop(L) - args;
    lua_pushcfunction(L, traceback);
    lua_insert(L, base);
    if (script->entered++ == 0) orr_script_resume(script);
    int result = lua_pcall(L, args, results, base);
    if (script->entered == 1) orr_script_pause(script);
    script->entered--;
    script->at = L; /* what it called may have been called from coroutines */
    lua_remove(L, base);
    if (result == 0 && script->timed_out) { /* it caught the error and came to its end */
        lua_settop(L, base - 1);
        return orr_fail(err, ORR_E_SCRIPT_TIMEOUT, NULL, "the script was still running after --timeout %g s",
                        script->params.timeout_s);
    }
    if (result == 0) return ORR_OK;
    return script->help_done ? (lua_pop(L, 1), ORR_OK) : failed(script, result, err);
}

/* --- life ---------------------------------------------------------------------------------------- */

/* `--set name=value` without a dot is the script's own. */
static orr_status add_override(orr_script *script, const char *name, size_t length, const char *text,
                               const char *where, orr_status wrong, orr_error *err) {
    orr_script_override *list =
        ORR_ARENA_NEW(&script->arena, orr_script_override, script->override_count + 1);
    char *key = orr_arena_strndup(&script->arena, name, length),
         *value = orr_arena_strdup(&script->arena, text);
    if (!list || !key || !value)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the parameters of the script");
    if (script->override_count) memcpy(list, script->overrides, sizeof *list * script->override_count);
    list[script->override_count++] =
        (orr_script_override){.name = key, .text = value, .where = where, .wrong = wrong};
    script->overrides = list;
    return ORR_OK;
}

typedef struct preset_context {
    orr_script *script;
    const char *where;
} preset_context;

static orr_status preset_set(void *context, const char *name, const char *text, unsigned line,
                             orr_error *err) {
    preset_context *preset = context;
    char where[1100];
    if (!preset->script) return ORR_OK;
    orr_format(where, sizeof where, "%s:%u", preset->where, line);
    char *kept = orr_arena_strdup(&preset->script->arena, where);
    if (!kept) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a preset");
    orr_status status = add_override(preset->script, name, strlen(name), text, kept, ORR_E_BAD_DATA, err);
    if (status == ORR_OK)
        preset->script->overrides[preset->script->override_count - 1].preset = preset->where;
    return status;
}

/* Applies a preset; the script's own parameters go to `script`, or are passed over when it is NULL. */
static orr_status apply_preset(orr_engine *engine, orr_script *script, const char *path,
                               orr_settings *settings, orr_value_source source, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status = orr_preset_read(engine, path, &data, &size, err);
    if (status != ORR_OK) return status;
    preset_context context = {script, path};
    orr_preset_sink sink = {preset_set, &context};
    status = orr_preset_apply((const char *)data, size, path, settings, source, &sink, err);
    free(data);
    return status;
}

static orr_status read_overlays(orr_script *script, orr_error *err) {
    for (uint32_t i = 0; i < script->params.overlay_count; i++) {
        const orr_overlay *overlay = &script->params.overlays[i];
        orr_status status = ORR_OK;
        if (overlay->kind == ORR_OVERLAY_SET) {
            const char *equals = strchr(overlay->text, '=');
            if (!equals || equals == overlay->text)
                return orr_fail(err, ORR_E_USAGE, NULL,
                                "--set %s: write --set name=value or --set module.param=value",
                                overlay->text);
            size_t length = (size_t)(equals - overlay->text);
            if (!memchr(overlay->text, '.', length))
                status = add_override(script, overlay->text, length, equals + 1, "--set", ORR_E_USAGE, err);
        } else if (overlay->kind == ORR_OVERLAY_PRESET) {
            orr_settings *scratch = NULL; /* the modules' lines are applied later, to each sequence */
            status = orr_settings_create(orr_engine_modules(script->engine), &scratch, err);
            if (status == ORR_OK)
                status = apply_preset(script->engine, script, overlay->text, scratch, ORR_FROM_CLI, err);
            orr_settings_destroy(&scratch);
        }
        if (status != ORR_OK) return status;
    }
    return ORR_OK;
}

/* A wrong name or value on the command line is wrong usage, whatever the engine calls it. */
static orr_status as_usage(orr_status status, const char *option, const char *text, orr_error *err) {
    if (status == ORR_OK || status == ORR_E_MEMORY || status == ORR_E_MODULE) return status;
    orr_error_prefix(err, "%s %s", option, text);
    if (err) err->code = ORR_E_USAGE;
    return ORR_E_USAGE;
}

orr_status orr_overlays_apply(orr_engine *engine, const orr_overlay *overlays, uint32_t count,
                              orr_settings *settings, orr_error *err) {
    orr_status status = ORR_OK;
    for (uint32_t i = 0; i < count && status == ORR_OK; i++) {
        const char *text = overlays[i].text, *equals = strchr(text, '=');
        char key[256];
        switch (overlays[i].kind) {
        case ORR_OVERLAY_PRESET:
            status = apply_preset(engine, NULL, text, settings, ORR_FROM_CLI, err);
            break;
        case ORR_OVERLAY_ENABLE:
        case ORR_OVERLAY_DISABLE: {
            bool enable = overlays[i].kind == ORR_OVERLAY_ENABLE;
            status = as_usage(orr_settings_enable(settings, text, enable, ORR_FROM_CLI, err),
                              enable ? "--enable" : "--disable", text, err);
            break;
        }
        case ORR_OVERLAY_SET:
            if (!equals || !memchr(text, '.', (size_t)(equals - text))) break;
            orr_format(key, sizeof key, "%.*s", (int)(equals - text), text);
            status = as_usage(orr_settings_set_text(settings, key, equals + 1, ORR_FROM_CLI, err), "--set",
                              text, err);
        }
    }
    return status;
}

static int open_all(lua_State *L) {
    orr_script *script = lua_touserdata(L, 1);
    if (script->cage)
        orr_cage_open(L);
    else
        luaL_openlibs(L);
    lua_pushlightuserdata(L, script);
    lua_setfield(L, LUA_REGISTRYINDEX, "orr.script");
    orr_bind_open(script, L);
    orr_script_prepare(script, L);
    if (script->cage) orr_cage_close(L);
    return 0;
}

/* The memory of a cage is counted. */
static void *bounded(void *context, void *memory, size_t old_size, size_t new_size) {
    orr_script *script = context;
    void *result = NULL;
    if (new_size > old_size && new_size - old_size > script->cage->memory_bytes - script->memory_used)
        return NULL;
    if (new_size == 0)
        free(memory);
    else if (!(result = realloc(memory, new_size)))
        return NULL;
    script->memory_used += new_size - old_size;
    return result;
}

static orr_status start_lua(orr_script *script, orr_error *err) {
    script->L = script->at = script->cage ? lua_newstate(bounded, script) : luaL_newstate();
    if (!script->L) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for LuaJIT");
    if (lua_cpcall(script->L, open_all, script) == 0) return ORR_OK;
    return orr_fail(err, ORR_E_INTERNAL, NULL, "LuaJIT did not start: %s", lua_tostring(script->L, -1));
}

orr_status orr_script_create(const orr_script_params *params, orr_script **out, orr_error *err) {
    return orr_script_create_in(params, NULL, out, err);
}

orr_status orr_script_create_in(const orr_script_params *params, const orr_cage *cage, orr_script **out,
                                orr_error *err) {
    bool elsewhere = params->trust == ORR_TRUST_BUNDLE && !cage;
    *out = NULL;
    orr_script *script = orr_calloc(1, sizeof *script);
    if (!script) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a script");
    script->params = *params;
    script->engine = params->engine;
    script->table.owner = "the script";
    script->table.stride = (uint32_t)sizeof(orr_param_row);
    script->cage = cage;
    script->digest = orr_digest_begin();
    orr_status status = ORR_OK;
    if (!script->digest) status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a script");
    if (status == ORR_OK && !elsewhere) status = start_lua(script, err);
    if (status == ORR_OK) status = read_overlays(script, err);
    if (status == ORR_OK && !elsewhere && params->timeout_s > 0) {
        luaJIT_setmode(script->L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
        script->budget_ns = (uint64_t)(params->timeout_s * 1e9);
        lua_sethook(script->L, timeout_hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
        status = start_watching(script, err);
    }
    if (status != ORR_OK) {
        orr_script_destroy(&script);
        return status;
    }
    *out = script;
    return ORR_OK;
}

void orr_script_destroy(orr_script **script_) {
    orr_script *script = *script_;
    *script_ = NULL;
    if (!script) return;
    end_watching(script);
    orr_remote_destroy(&script->remote);
    if (script->L) lua_close(script->L);
    for (orr_script_sequence_object *s = script->sequences; s; s = s->next)
        orr_settings_destroy(&s->settings);
    for (orr_script_scene *s = script->scenes; s; s = s->next) orr_scene_destroy(&s->scene);
    if (script->digest) orr_digest_end(script->digest);
    orr_arena_free(&script->arena);
    free(script);
}

/* --- running ------------------------------------------------------------------------------------- */

static orr_status load_text(orr_script *script, const char *text, size_t size, const char *name,
                            orr_error *err) {
    if (size >= 2 && text[0] == '#' && text[1] == '!') { /* as the lua program: a first line for the shell */
        const char *end = memchr(text, '\n', size);
        size_t skip = end ? (size_t)(end - text) : size;
        text += skip;
        size -= skip;
    }
    char chunk[1100];
    orr_format(chunk, sizeof chunk, "@%s", name);
    int result = luaL_loadbufferx(script->at, text, size, chunk, "t");
    if (result == 0) return ORR_OK;
    if (result == LUA_ERRMEM) return failed(script, result, err);
    orr_fail(err, ORR_E_SCRIPT, name, "%s",
             lua_tostring(script->at, -1)); /* LuaJIT puts file:line in front */
    lua_pop(script->at, 1);
    return ORR_E_SCRIPT;
}

orr_status orr_script_load(orr_script *script, const char *folder, const char *name, orr_error *err) {
    char path[ORR_SCRIPT_PATH];
    uint8_t *data = NULL;
    size_t size = 0;
    orr_script_path(folder, name, path, sizeof path);
    orr_status status =
        orr_script_read(script, ORR_READ_SCRIPT, folder, name, MAX_SCRIPT_BYTES, &data, &size, err);
    if (status != ORR_OK) return status;
    status = load_text(script, (const char *)data, size, path, err);
    free(data);
    return status;
}

static const char *declared_name(const void *context, size_t i) {
    return ((const orr_script *)context)->rows[i].name;
}

/* A `--set` that the script never asked for would be a silent no-op. */
static orr_status check_overrides(const orr_script *script, orr_error *err) {
    for (uint32_t i = 0; i < script->override_count; i++) {
        const orr_script_override *override = &script->overrides[i];
        if (override->used) continue;
        const char *near_name =
            orr_nearest_name(override->name, script->declared_count, declared_name, script);
        return orr_fail(err, override->wrong, NULL, "%s: the script has no parameter '%s'%s%s%s",
                        override->where, override->name,
                        near_name ? ": did you mean '" : "; `--help` after the script lists them",
                        near_name ? near_name : "", near_name ? "'?" : "");
    }
    return ORR_OK;
}

static orr_status finish(orr_script *script, orr_error *err) {
    for (uint32_t i = 0; i < script->declared_count; i++) {
        orr_text text = {0};
        orr_param_format(&script->rows[i], &script->declared[i].value, &text);
        orr_digest_add_text(script->digest, script->rows[i].name);
        orr_digest_add_text(script->digest, orr_text_cstr(&text));
        orr_text_free(&text);
    }
    lua_State *L = script->L;
    orr_lua_sequence *sequence = orr_bind_object(L, -1, &orr_class_sequence);
    if (sequence) script->result = sequence->object;
    bool odd = !sequence && !lua_isnil(L, -1) && !script->help_done;
    if (odd)
        return orr_fail(err, ORR_E_SCRIPT, NULL,
                        "the script returned a %s; a render script returns one orrery.sequence{ … }",
                        luaL_typename(L, -1));
    orr_status status = check_overrides(script, err);
    if (status == ORR_OK && script->result) status = orr_sequence_seal(script->result, err);
    orr_digest digest = orr_digest_end(script->digest); /* its functions of t may have read files too */
    script->digest = NULL;
    orr_digest_hex(&digest, script->digest_hex);
    return status;
}

/* For messages about its last statement. */
static void note_chunk(orr_script *script, const char *name, const char *text, size_t size) {
    while (size && strchr(" \t\r\n", text[size - 1])) size--;
    orr_format(script->name, sizeof script->name, "%s", name);
    script->last_line = 1;
    for (size_t i = 0; i < size; i++) script->last_line += text[i] == '\n';
}

/* Where relative paths of assets are looked up. */
static orr_status place_assets(orr_script *script, orr_error *err) {
    orr_assets *assets = orr_engine_assets(script->engine);
    char content[1100];
    if (script->params.trust == ORR_TRUST_BUNDLE) return orr_assets_confine(assets, script->folder, err);
    orr_path_join(content, sizeof content, orr_engine_root(script->engine), "content");
    orr_status status = orr_assets_add_folder(assets, script->folder, err);
    return status == ORR_OK ? orr_assets_add_folder(assets, content, err) : status;
}

/* Runs the chunk on top of the stack. */
static orr_status run_chunk(orr_script *script, const char *folder, orr_error *err) {
    lua_State *L = script->L;
    orr_format(script->folder, sizeof script->folder, "%s", folder);
    orr_status status = place_assets(script, err);
    if (status != ORR_OK) return status;
    script->in_chunk = true;
    status = orr_script_call(script, 0, 1, err);
    script->in_chunk = false;
    if (status != ORR_OK) return status;
    if (lua_gettop(L) == 0) lua_pushnil(L); /* stopped for --help */
    return finish(script, err);             /* the result stays on the stack, and so alive */
}

static orr_status run_loaded(orr_script *script, const char *text, size_t size, const char *name,
                             const char *folder, orr_error *err) {
    orr_error own = {0}, *error = err ? err : &own;
    note_chunk(script, name, text, size);
    orr_status status = load_text(script, text, size, name, error);
    if (status == ORR_OK) status = run_chunk(script, folder, error);
    if (status != ORR_OK) orr_engine_report(script->engine, error, name);
    return status;
}

orr_status orr_script_run_text(orr_script *script, const char *text, size_t size, const char *name,
                               const char *folder, orr_error *err) {
    if (!script->L)
        return orr_fail(err, ORR_E_ARGUMENT, name, "a script of a bundle is run by its name in the bundle");
    orr_digest_add(script->digest, text, size);
    return run_loaded(script, text, size, name, folder, err);
}

/* In a process of its own; what it authored is made here, and sealed as any other. */
static orr_status run_elsewhere(orr_script *script, const char *path, orr_error *err) {
    orr_error own = {0}, *error = err ? err : &own;
    orr_path_folder(script->folder, sizeof script->folder, path);
    if (strcmp(script->folder, ".") == 0) script->folder[0] = '\0';
    orr_format(script->name, sizeof script->name, "%s", path);
    orr_status status = place_assets(script, error);
    if (status == ORR_OK) status = orr_remote_run(script, path, error);
    if (status == ORR_OK && script->result) status = orr_sequence_seal(script->result, error);
    if (status != ORR_OK) orr_engine_report(script->engine, error, path);
    return status;
}

orr_status orr_script_run(orr_script *script, const char *path, orr_error *err) {
    char folder[1024];
    uint8_t *data = NULL;
    size_t size = 0;
    bool inside = script->params.trust == ORR_TRUST_BUNDLE;
    if (!script->L) return run_elsewhere(script, path, err);
    orr_path_folder(folder, sizeof folder, path);
    if (inside && strcmp(folder, ".") == 0) folder[0] = '\0'; /* the VFS has no "." */
    const char *name = inside && !folder[0] ? path : orr_path_name(path);
    orr_status status =
        orr_script_read(script, ORR_READ_SCRIPT, folder, name, MAX_SCRIPT_BYTES, &data, &size, err);
    if (status == ORR_OK) status = run_loaded(script, (const char *)data, size, path, folder, err);
    free(data);
    return status;
}

/* --- results ------------------------------------------------------------------------------------- */

const orr_param_table *orr_script_param_table(const orr_script *script) {
    return &script->table;
}
const orr_param_value *orr_script_param_value(const orr_script *script, uint32_t row) {
    return &script->declared[row].value;
}
orr_value_source orr_script_param_source(const orr_script *script, uint32_t row) {
    return script->declared[row].source;
}
const char *orr_script_param_preset(const orr_script *script, uint32_t row) {
    return script->declared[row].preset;
}
const orr_sequence *orr_script_sequence(const orr_script *script) {
    return script->result ? &script->result->sequence : NULL;
}
orr_settings *orr_script_settings(const orr_script *script) {
    return script->result ? script->result->settings : NULL;
}
const orr_check_spec *orr_script_check(const orr_script *script) {
    return script->check ? &script->check->spec : NULL;
}
void orr_script_digest(const orr_script *script, char hex[65]) {
    memcpy(hex, script->digest_hex, 65);
}
