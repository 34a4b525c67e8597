#include "host/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "host/roots.h"
#include "space/space_log.h"

struct orr_engine {
    char app_root[256];
    orr_roots roots;
    orr_arena arena;
    const char **module_folders; /* NULL-terminated; strings in the arena */
    uint32_t own_folders;        /* index of the first that is Orrery's */
    char device[256];
    bool has_device, validation, sync_validation;
    const orr_log *user_log;
    orr_log log; /* to the user's log and to the space */
    orr_space_log *space_log;
    orr_jobs *jobs;
    orr_space *space;
    orr_vfs *vfs;
    orr_reads *reads;
    orr_assets *assets;
    orr_modules *modules;
    orr_shaders *shaders;
    /* The GPU comes up on a thread of its own; its fields are that thread's until it is joined. */
    orr_thread *gpu_thread;
    bool gpu_tried;
    orr_gpu *gpu;
    orr_status gpu_status;
    orr_error gpu_error;
    orr_renderer *renderer;
};

/* --- creation --------------------------------------------------------------------------------------------
 */

static void write_log(void *context, orr_log_level level, const char *line) {
    orr_engine *engine = context;
    orr_log_write(engine->user_log, level, "%s", line);
    if (engine->space_log) orr_log_write(orr_space_log_sink(engine->space_log), level, "%s", line);
}

static orr_status create_space(orr_engine *engine, const orr_engine_params *params, orr_error *err) {
    const orr_space_params space = {.label = params->app ? params->app : "orrery"};
    orr_space_app app;
    orr_status status = orr_space_create(&space, &engine->space, err);
    if (!status) status = orr_space_app_init(&app, engine->space, params->app ? params->app : "orrery", err);
    if (status) return status;
    if (!orr_format(engine->app_root, sizeof engine->app_root, "%s", app.root))
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "the application's name is too long");
    return orr_space_log_create(engine->space, engine->app_root, NULL, &engine->space_log, err);
}

static orr_status create_shaders(orr_engine *engine, orr_error *err) {
    char cache[1100] = "";
    const char *sources[] = {engine->roots.shaders, NULL}, *built[] = {engine->roots.spirv, NULL};
    if (engine->roots.cache[0]) orr_path_join(cache, sizeof cache, engine->roots.cache, "shaders");
    const orr_shaders_params shaders = {.source_folders = sources,
                                        .spirv_folders = built,
                                        .cache_folder = cache[0] ? cache : NULL,
                                        .log = &engine->log,
                                        .vfs = engine->vfs,
                                        .reads = engine->reads,
                                        .own_folders = engine->module_folders + engine->own_folders};
    return orr_shaders_create(&shaders, &engine->shaders, err);
}

/* <root>/<name>/<name><suffix> */
static bool module_file(const char *root, const char *name, const char *suffix, char *path, size_t size) {
    return orr_format(path, size, "%s/%s/%s%s", root, name, name, suffix) && orr_file_exists(path);
}

static bool holds_module(const char *root, const char *name) {
    char path[1600];
    return module_file(root, name, ORR_LIBRARY_SUFFIX, path, sizeof path) ||
           module_file(root, name, ".lua", path, sizeof path);
}

/* A folder that somebody names and that holds nothing is a mistake of theirs. */
static orr_status check_module_folder(const char *root, orr_error *err) {
    char **names = NULL;
    size_t count = 0, modules = 0;
    if (orr_folder_list(root, &names, &count, err))
        return orr_error_prefix(err, "the folder of modules '%s'", root);
    for (size_t i = 0; i < count; i++) modules += holds_module(root, names[i]);
    orr_names_free(&names, count);
    if (modules) return ORR_OK;
    return orr_fail(err, ORR_E_NOT_FOUND, root,
                    "'%s' holds no module: a module is a folder in it, <name>/ with <name>.lua or "
                    "<name>" ORR_LIBRARY_SUFFIX,
                    root);
}

/* Those of the caller, the built ones, and (when nothing is installed) those of the source tree. */
static orr_status find_module_folders(orr_engine *engine, const orr_engine_params *params, orr_error *err) {
    char source[1200];
    uint32_t n = 0;
    orr_path_join(source, sizeof source, engine->roots.root, "modules");
    engine->module_folders = ORR_ARENA_NEW(&engine->arena, const char *, params->module_count + 3);
    if (!engine->module_folders) return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for the engine");
    for (uint32_t i = 0; i < params->module_count; i++) {
        orr_status status = check_module_folder(params->modules[i], err);
        if (status) return status;
        engine->module_folders[n++] = orr_arena_strdup(&engine->arena, params->modules[i]);
    }
    engine->own_folders = n;
    engine->module_folders[n++] = orr_arena_strdup(&engine->arena, engine->roots.modules);
    if (strcmp(source, engine->roots.modules) != 0 && orr_folder_exists(source))
        engine->module_folders[n++] = orr_arena_strdup(&engine->arena, source);
    for (uint32_t i = 0; i < n; i++)
        if (!engine->module_folders[i])
            return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for the engine");
    return ORR_OK;
}

bool orr_engine_module_is_hidden(const orr_engine *engine, uint32_t i, const char *name) {
    for (uint32_t before = 0; before < i; before++)
        if (holds_module(engine->module_folders[before], name)) return true;
    return false;
}

bool orr_engine_module_is_own(const orr_engine *engine, const char *folder) {
    const char **own = engine->module_folders + engine->own_folders;
    while (*own && !orr_path_is_below(*own, folder)) own++;
    return *own != NULL;
}

/* Libraries alone: manifests are Lua, which engine/script reads. A module that cannot be loaded is no reason
 * not to start: it answers when somebody asks for it. */
static void load_libraries(orr_engine *engine, uint32_t index) {
    const char *root = engine->module_folders[index];
    char **names = NULL;
    size_t count = 0;
    orr_error err = {0};
    if (orr_folder_list(root, &names, &count, &err)) {
        orr_log_write(&engine->log, ORR_LOG_WARNING, "no modules: %s", err.message);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char folder[1200], path[1600];
        orr_path_join(folder, sizeof folder, root, names[i]);
        if (!module_file(root, names[i], ORR_LIBRARY_SUFFIX, path, sizeof path)) continue;
        if (orr_engine_module_is_hidden(engine, index, names[i])) continue;
        if (orr_modules_add_library(engine->modules, path, folder, &err))
            orr_log_write(&engine->log, ORR_LOG_WARNING, "module '%s' is not available: %s", names[i],
                          err.message);
    }
    orr_names_free(&names, count);
}

static orr_status create_parts(orr_engine *engine, const orr_engine_params *params, orr_error *err) {
    orr_status status = orr_roots_find(params->root, params->cache_folder, &engine->roots, err);
    if (status) return status;
    /* One more than there are cores: the calling thread counts, but mostly waits for the device. */
    const orr_jobs_params jobs = {.threads = params->threads ? params->threads : orr_cpu_count() + 1,
                                  .label = params->app};
    status = orr_jobs_create(&jobs, &engine->jobs, err);
    if (!status) status = create_space(engine, params, err);
    if (!status) status = orr_vfs_create(&engine->vfs, err);
    if (!status && params->record_reads) status = orr_reads_create(&engine->reads, err);
    const orr_assets_params assets = {
        .jobs = engine->jobs, .vfs = engine->vfs, .log = &engine->log, .reads = engine->reads};
    if (!status) status = orr_assets_create(&assets, &engine->assets, err);
    if (!status) status = find_module_folders(engine, params, err);
    if (!status) status = create_shaders(engine, err);
    const orr_modules_params modules = {
        .log = &engine->log, .space = engine->space, .app_root = engine->app_root};
    if (!status) status = orr_modules_create(&modules, &engine->modules, err);
    for (uint32_t i = 0; !status && engine->module_folders[i]; i++) load_libraries(engine, i);
    return status;
}

orr_status orr_engine_create(const orr_engine_params *params, orr_engine **out, orr_error *err) {
    *out = NULL;
    orr_engine *engine = orr_calloc(1, sizeof *engine);
    if (!engine) return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for the engine");
    engine->user_log = params->log;
    engine->log = (orr_log){write_log, engine, ORR_LOG_DEBUG};
    engine->validation = params->validation;
    engine->sync_validation = params->sync_validation;
    engine->has_device = params->device != NULL;
    if (params->device) (void)orr_format(engine->device, sizeof engine->device, "%s", params->device);
    if (params->threads) { /* lavapipe reads it when its device is made; the process has one environment */
        char number[16];
        (void)orr_format(number, sizeof number, "%u", params->threads);
        orr_setenv("LP_NUM_THREADS", number, true);
    }
    orr_status status = create_parts(engine, params, err);
    if (status) {
        orr_engine_destroy(&engine);
        return status;
    }
    *out = engine;
    return ORR_OK;
}

/* --- GPU
 * ----------------------------------------------------------------------------------------------------- */

void orr_engine_report(orr_engine *engine, const orr_error *error, const char *correlation) {
    orr_error err = {0};
    if (orr_space_log_error(engine->space_log, NULL, error, correlation, NULL, &err))
        orr_log_write(engine->user_log, ORR_LOG_WARNING, "%s", err.message);
}

static void bring_up_gpu(void *context) {
    orr_engine *engine = context;
    char cache[1100] = "";
    if (engine->roots.cache[0]) orr_path_join(cache, sizeof cache, engine->roots.cache, "pipelines");
    if (cache[0] && orr_folder_create(cache, NULL))
        cache[0] = '\0'; /* the shader store has warned of the same folder */
    const orr_gpu_params params = {.label = "orrery",
                                   .device = engine->has_device ? engine->device : NULL,
                                   .cache_folder = cache[0] ? cache : NULL,
                                   .validation = engine->validation || engine->sync_validation,
                                   .sync_validation = engine->sync_validation,
                                   .log = &engine->log};
    engine->gpu_status = orr_gpu_create(&params, &engine->gpu, &engine->gpu_error);
    if (engine->gpu_status) orr_engine_report(engine, &engine->gpu_error, "device");
}

void orr_engine_start_gpu(orr_engine *engine) {
    if (engine->gpu_tried) return;
    engine->gpu_tried = true;
    if (orr_thread_create(bring_up_gpu, engine, "gpu-start", &engine->gpu_thread, NULL)) bring_up_gpu(engine);
}

orr_status orr_engine_gpu(orr_engine *engine, orr_gpu **out, orr_error *err) {
    *out = NULL;
    orr_engine_start_gpu(engine);
    if (engine->gpu_thread) orr_thread_join(&engine->gpu_thread);
    if (engine->gpu_status && err) *err = engine->gpu_error;
    if (!engine->gpu_status) *out = engine->gpu;
    return engine->gpu_status;
}

orr_status orr_engine_renderer(orr_engine *engine, orr_renderer **out, orr_error *err) {
    *out = engine->renderer;
    if (*out) return ORR_OK;
    orr_gpu *gpu = NULL;
    orr_status status = orr_engine_gpu(engine, &gpu, err);
    if (status) return status;
    const orr_renderer_params params = {.gpu = gpu,
                                        .jobs = engine->jobs,
                                        .assets = engine->assets,
                                        .shaders = engine->shaders,
                                        .log = &engine->log,
                                        .space = engine->space,
                                        .app_root = engine->app_root,
                                        .errors = engine->space_log};
    orr_error own = {0}, *error = err ? err : &own;
    status = orr_renderer_create(&params, &engine->renderer, error);
    if (status) orr_engine_report(engine, error, "renderer");
    *out = engine->renderer;
    return status;
}

void orr_engine_destroy(orr_engine **out) {
    orr_engine *engine = *out;
    if (!engine) return;
    if (engine->gpu_thread) orr_thread_join(&engine->gpu_thread);
    if (engine->renderer) orr_renderer_destroy(&engine->renderer);
    if (engine->gpu) orr_gpu_destroy(&engine->gpu);
    orr_shaders_destroy(&engine->shaders);
    orr_modules_destroy(&engine->modules);
    orr_assets_destroy(&engine->assets);
    orr_reads_destroy(&engine->reads);
    if (engine->vfs) orr_vfs_destroy(&engine->vfs);
    if (engine->jobs) orr_jobs_destroy(&engine->jobs);
    if (engine->space_log) orr_space_log_destroy(&engine->space_log);
    if (engine->space) orr_space_destroy(&engine->space);
    orr_arena_free(&engine->arena);
    free(engine);
    *out = NULL;
}

/* --- parts
 * ---------------------------------------------------------------------------------------------------- */

const char *orr_engine_cache_folder(const orr_engine *engine) {
    return engine->roots.cache;
}
const char *orr_engine_root(const orr_engine *engine) {
    return engine->roots.root;
}
const char *orr_engine_module_folder(const orr_engine *engine, uint32_t i) {
    uint32_t at = 0;
    while (at < i && engine->module_folders[at]) at++;
    return engine->module_folders[at];
}
orr_jobs *orr_engine_jobs(orr_engine *engine) {
    return engine->jobs;
}
orr_space *orr_engine_space(orr_engine *engine) {
    return engine->space;
}
orr_vfs *orr_engine_vfs(orr_engine *engine) {
    return engine->vfs;
}
orr_assets *orr_engine_assets(orr_engine *engine) {
    return engine->assets;
}
orr_reads *orr_engine_reads(orr_engine *engine) {
    return engine->reads;
}
orr_modules *orr_engine_modules(orr_engine *engine) {
    return engine->modules;
}
orr_shaders *orr_engine_shaders(orr_engine *engine) {
    return engine->shaders;
}
const orr_log *orr_engine_log(orr_engine *engine) {
    return &engine->log;
}
const char *orr_engine_app_root(const orr_engine *engine) {
    return engine->app_root;
}
