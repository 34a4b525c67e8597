#include "host/modules.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/descriptor.h"
#include "host/registry.h"

enum { NEWEST_ABI_LOOKED_FOR = 32 };

/* --- host services ------------------------------------------------------------------------------------ */

static void log_write(const orr_host *host, orr_severity severity, const char *line) {
    static const orr_log_level k_levels[] = {ORR_LOG_INFO, ORR_LOG_WARNING, ORR_LOG_ERROR, ORR_LOG_ERROR};
    const orr_modules *modules = host->context;
    orr_log_write(modules->log, (unsigned)severity < 4 ? k_levels[severity] : ORR_LOG_ERROR, "%s", line);
}

static const orr_log_api_v1 k_log_api = {sizeof k_log_api, log_write};
static const char *const k_services[] = {"orr.log/1", NULL};

static const void *host_api(const orr_host *host, const char *id) {
    (void)host;
    return strcmp(id, k_services[0]) == 0 ? &k_log_api : NULL;
}

/* --- registry ------------------------------------------------------------------------------------------- */

orr_status orr_modules_create(const orr_modules_params *params, orr_modules **out, orr_error *err) {
    *out = NULL;
    orr_modules *modules = orr_calloc(1, sizeof *modules);
    if (!modules) return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for the module registry");
    modules->log = params->log;
    modules->space = params->app_root ? params->space : NULL;
    modules->main_thread = orr_thread_id();
    modules->host = (orr_host){sizeof(orr_host), ORR_ABI_MAJOR, ORR_ABI_MINOR, host_api, modules};
    if (params->app_root &&
        !orr_format(modules->app_root, sizeof modules->app_root, "%s", params->app_root)) {
        free(modules);
        return orr_fail(err, ORR_E_ARGUMENT, params->app_root, "the app root '%.60s…' is too long",
                        params->app_root);
    }
    *out = modules;
    return ORR_OK;
}

static void loaded_free(const orr_modules *modules, orr_loaded *loaded) {
    const orr_module_desc *m = &loaded->effect.module;
    assert(orr_thread_id() == modules->main_thread); /* destroy() is tagged MAIN */
    if (loaded->effect.instance && m->destroy) m->destroy(&modules->host, loaded->effect.instance);
    orr_arena_free(&loaded->arena);
    orr_arena_free(&loaded->given);
    orr_library_close(&loaded->library);
    free(loaded);
}

void orr_modules_destroy(orr_modules **modules) {
    if (!*modules) return;
    for (uint32_t i = 0; i < (*modules)->count; i++) loaded_free(*modules, (*modules)->loaded[i]);
    free((*modules)->loaded);
    free((*modules)->failed);
    free(*modules);
    *modules = NULL;
}

uint32_t orr_modules_count(const orr_modules *modules) {
    return modules->count;
}

const orr_effect *orr_modules_get(const orr_modules *modules, uint32_t i) {
    return i < modules->count ? &modules->loaded[i]->effect : NULL;
}

int32_t orr_modules_find(const orr_modules *modules, const char *name) {
    for (uint32_t i = 0; i < modules->count; i++)
        if (strcmp(modules->loaded[i]->effect.module.name, name) == 0) return (int32_t)i;
    return -1;
}

static const char *name_at(const void *context, size_t i) {
    return ((const orr_modules *)context)->loaded[i]->effect.module.name;
}

orr_status orr_modules_unknown(const orr_modules *modules, const char *name, orr_error *err) {
    for (uint32_t i = 0; i < modules->failed_count; i++) {
        const orr_failed *failed = &modules->failed[i];
        if (strcmp(failed->name, name) != 0) continue;
        return orr_fail(err, ORR_E_MODULE, failed->error.path, "module '%s' could not be loaded: %s", name,
                        failed->error.message);
    }
    const char *nearest = orr_nearest_name(name, modules->count, name_at, modules);
    if (nearest)
        return orr_fail(err, ORR_E_UNKNOWN_KEY, NULL, "there is no module '%.80s': did you mean '%s'?", name,
                        nearest);
    orr_text all = {0};
    for (uint32_t i = 0; i < modules->count; i++)
        orr_text_printf(&all, "%s%s", i ? ", " : "", name_at(modules, i));
    orr_fail(err, ORR_E_UNKNOWN_KEY, NULL, "there is no module '%.80s'; loaded are: %s", name,
             modules->count ? orr_text_cstr(&all) : "none");
    orr_text_free(&all);
    return ORR_E_UNKNOWN_KEY;
}

/* --- adding --------------------------------------------------------------------------------------------- */

static orr_status insert(orr_modules *modules, orr_loaded *loaded, orr_error *err) {
    orr_loaded **grown = orr_realloc(modules->loaded, modules->count + 1, sizeof *grown);
    if (!grown)
        return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for module '%s'", loaded->effect.module.name);
    modules->loaded = grown;
    uint32_t at = modules->count;
    while (at && strcmp(grown[at - 1]->effect.module.name, loaded->effect.module.name) > 0) {
        grown[at] = grown[at - 1];
        at--;
    }
    grown[at] = loaded;
    modules->count++;
    for (uint32_t i = 0; i < modules->count; i++) grown[i]->effect.order = i;
    return ORR_OK;
}

/* Checks a copied descriptor, then, for the first time, runs code of the module: create(). */
static orr_status start(orr_modules *modules, orr_loaded *loaded, const char *folder, orr_error *err) {
    orr_effect *effect = &loaded->effect;
    orr_module_desc *m = &effect->module;
    orr_status status = orr_descriptor_check(m, folder, k_services, err);
    if (status) return status;
    if (orr_modules_find(modules, m->name) >= 0)
        return orr_fail(err, ORR_E_EXISTS, NULL, "there are two modules called '%s'", m->name);
    effect->table = (orr_param_table){m->params, m->param_count, m->param_stride, m->name};
    if (folder && !orr_format(effect->folder, sizeof effect->folder, "%s", folder))
        return orr_fail(err, ORR_E_LIMIT, folder, "module '%s': the path of its folder is too long", m->name);
    assert(orr_thread_id() == modules->main_thread); /* create() is tagged MAIN */
    if (m->create && (status = m->create(&modules->host, &effect->instance, err))) {
        effect->instance = NULL; /* what create() refused to make is not destroyed */
        if (err) orr_error_prefix(err, "module '%s'", m->name);
        return status;
    }
    return insert(modules, loaded, err);
}

void orr_modules_add_failed(orr_modules *modules, const char *name, const orr_error *error) {
    orr_modules_show(modules, name, NULL, error);
    orr_failed *failed = NULL;
    for (uint32_t i = 0; i < modules->failed_count && !failed; i++)
        if (strcmp(modules->failed[i].name, name) == 0) failed = &modules->failed[i];
    orr_failed *grown =
        failed ? NULL : orr_realloc(modules->failed, (size_t)modules->failed_count + 1, sizeof *grown);
    if (grown) {
        modules->failed = grown;
        failed = &grown[modules->failed_count++];
    }
    if (!failed)
        return; /* out of memory: then the answer to its name is "no such module": less helpful, not wrong */
    *failed = (orr_failed){.error = *error};
    (void)orr_format(failed->name, sizeof failed->name, "%s", name);
}

/* Ends either way of adding: the module is in, or gone and its reason kept. */
static orr_status finish(orr_modules *modules, orr_loaded *loaded, const char *name, orr_status status,
                         const orr_error *error, orr_error *err) {
    if (!status) {
        orr_modules_show(modules, loaded->effect.module.name, &loaded->effect, NULL);
        orr_modules_show_params(modules, &loaded->effect, NULL);
        return ORR_OK;
    }
    orr_error kept = *error;
    kept.code = status;
    if (!kept.message[0]) orr_fail(&kept, status, NULL, "module '%s' failed without a message", name);
    loaded_free(modules, loaded);
    if (status != ORR_E_EXISTS) orr_modules_add_failed(modules, name, &kept);
    if (err) *err = kept;
    return status;
}

orr_status orr_modules_add_descriptor(orr_modules *modules, const orr_module_desc *module,
                                      const char *shader_folder, orr_arena *arena, orr_error *err) {
    orr_loaded *loaded = orr_calloc(1, sizeof *loaded);
    if (!loaded) {
        if (arena) orr_arena_free(arena);
        return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for a module");
    }
    if (arena) {
        loaded->given = *arena;
        *arena = (orr_arena){0};
    }
    orr_error error = {0};
    char name[64];
    orr_format(name, sizeof name, "%s", module->name ? module->name : "unnamed");
    orr_status status = orr_descriptor_copy(module, shader_folder ? shader_folder : name, &loaded->arena,
                                            &loaded->effect.module, &error);
    if (!status) status = start(modules, loaded, shader_folder, &error);
    return finish(modules, loaded, name, status, &error, err);
}

/* --- libraries -------------------------------------------------------------------------------------------
 */

/* Says which other ABI a library without our symbol is for, if any. */
static orr_status fail_symbol(orr_library *library, const char *path, orr_error *err) {
    for (int abi = 0; abi <= NEWEST_ABI_LOOKED_FOR; abi++) {
        char symbol[32];
        orr_format(symbol, sizeof symbol, "orr_module_v%d", abi);
        if (!orr_library_symbol(library, symbol)) continue;
        return orr_fail(err, ORR_E_VERSION, path,
                        "'%s' exports %s: it is built for module ABI %d, this Orrery reads ABI %d.%d; build "
                        "it against this version's headers",
                        path, symbol, abi, ORR_ABI_MAJOR, ORR_ABI_MINOR);
    }
    return orr_fail(err, ORR_E_LIBRARY, path, "'%s' is no Orrery module: it exports no " ORR_MODULE_SYMBOL,
                    path);
}

/* "vignette" of "…/vignette.so". */
static void library_name(char out[64], const char *path) {
    orr_format(out, 64, "%s", orr_path_name(path));
    char *dot = strrchr(out, '.');
    if (dot) *dot = '\0';
}

static orr_status open_library(orr_modules *modules, orr_loaded *loaded, const char *path, const char *folder,
                               orr_error *err) {
    char name[64];
    library_name(name, path);
    orr_status status = orr_library_open(path, &loaded->library, err);
    if (status) return status;
    const void *symbol = orr_library_symbol(loaded->library, ORR_MODULE_SYMBOL);
    if (!symbol) return fail_symbol(loaded->library, path, err);
    orr_module_desc *m = &loaded->effect.module;
    status = orr_descriptor_copy(symbol, path, &loaded->arena, m, err);
    if (status) return status;
    if (!m->name || strcmp(m->name, name) != 0)
        return orr_fail(err, ORR_E_MODULE, path,
                        "'%s' calls itself '%.63s': a module has the name of its file", path,
                        m->name ? m->name : "");
    return start(modules, loaded, folder, err);
}

orr_status orr_modules_add_library(orr_modules *modules, const char *path, const char *shader_folder,
                                   orr_error *err) {
    orr_error error = {0};
    char name[64];
    library_name(name, path);
    orr_loaded *loaded = orr_calloc(1, sizeof *loaded);
    if (!loaded) return orr_fail(err, ORR_E_MEMORY, path, "out of memory for a module");
    orr_status status = open_library(modules, loaded, path, shader_folder, &error);
    return finish(modules, loaded, name, status, &error, err);
}
