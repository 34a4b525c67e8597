/* One engine: jobs, space, VFS, assets, modules, and (when first asked for) the GPU and the renderer. Several
 * can live in one process. Owner destroys; one thread at a time. */
#ifndef ORR_HOST_ENGINE_H
#define ORR_HOST_ENGINE_H

#include "base/version.h"
#include "host/modules.h"
#include "render/sequence.h"
#include "space/space.h"
#include "vfs/reads.h"

typedef struct orr_engine orr_engine;
typedef struct orr_engine_params {
    const char *app;    /* name of the app root /apps/<app>; NULL = "orrery" */
    const char *device; /* as orr_gpu_params.device */
    uint32_t threads;   /* 0 = all cores; also caps lavapipe's (LP_NUM_THREADS) */
    bool validation, sync_validation;
    const char *root; /* folder with modules/ shaders/ scripts/ content/; NULL = found from the program's own
                         place: <prefix>/share/orrery, else the source tree it was built from */
    const char *const *modules; /* more folders of modules, looked through before Orrery's own */
    uint32_t module_count;
    const char *cache_folder; /* NULL = the user's; "" = none */
    bool record_reads;        /* keep orr_engine_reads: costs a SHA-256 of each file read */
    const orr_log *log;
} orr_engine_params;
ORR_MUST_CHECK orr_status orr_engine_create(const orr_engine_params *params, orr_engine **out,
                                            orr_error *err);
void orr_engine_destroy(orr_engine **engine);

const char *orr_engine_cache_folder(const orr_engine *engine); /* with shaders/ and pipelines/; "" = none */
const char *orr_engine_root(const orr_engine *engine);         /* scripts/, content/, shaders/ are under it */
/* The folders that hold <name>/ folders of modules, in the order they are looked through: of two modules of
 * one name the first is taken. NULL past the end. */
const char *orr_engine_module_folder(const orr_engine *engine, uint32_t i);
/* Whether `folder`, a module's, is one that Orrery came with; what others read there is an input of the run.
 */
bool orr_engine_module_is_own(const orr_engine *engine, const char *folder);
/* Whether an earlier folder than i has a module of this name. */
bool orr_engine_module_is_hidden(const orr_engine *engine, uint32_t i, const char *name);
orr_jobs *orr_engine_jobs(orr_engine *engine);
orr_space *orr_engine_space(orr_engine *engine);
orr_vfs *orr_engine_vfs(orr_engine *engine);
orr_assets *orr_engine_assets(orr_engine *engine);
/* Every file that was read for the scripts of this engine; NULL without record_reads. */
orr_reads *orr_engine_reads(orr_engine *engine);
orr_modules *orr_engine_modules(
    orr_engine *engine); /* native ones loaded at create; manifests are added by engine/script */
orr_shaders *orr_engine_shaders(orr_engine *engine);
const orr_log *orr_engine_log(orr_engine *engine);
const char *orr_engine_app_root(const orr_engine *engine);

/* Files a failure at <app>/diagnostics/errors/{live,history} and in the error log of the space; `correlation`
 * (may be NULL) says of what. The engine does so itself for the GPU and for sequences. Any thread. */
void orr_engine_report(orr_engine *engine, const orr_error *error, const char *correlation);

/* Starts bringing up the GPU on another thread, so that it overlaps with loading; any failure comes out of
 * orr_engine_renderer. */
void orr_engine_start_gpu(orr_engine *engine);
ORR_MUST_CHECK orr_status orr_engine_gpu(orr_engine *engine, orr_gpu **out, orr_error *err);
ORR_MUST_CHECK orr_status orr_engine_renderer(orr_engine *engine, orr_renderer **out, orr_error *err);

/* Digest of a fixed table of libm, LuaJIT (given by the caller, may be NULL) and shader results: equal
 * fingerprints, equal bytes. */
ORR_MUST_CHECK orr_status orr_engine_fingerprint(orr_engine *engine, const char *lua_results, char hex[65],
                                                 orr_error *err);

#endif
