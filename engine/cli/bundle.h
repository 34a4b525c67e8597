/* What the `orrery bundle` commands share. */
#ifndef ORR_CLI_BUNDLE_H
#define ORR_CLI_BUNDLE_H

#include "bundle/licences.h"
#include "bundle/trace.h"
#include "cli/cli.h"

/* --- what a script reads (bundle_trace.c) ------------------------------------------------------ */
/* Runs the script as it would be rendered, until all its assets are read and its modules compiled; the
 * options say how. orr_arena_free the trace's arena in any case. */
ORR_MUST_CHECK orr_status orr_trace_run(const orr_cli *cli, orr_engine *engine, const char *path,
                                        orr_trace *trace, orr_error *err);

/* Waits until all is there that rendering would read. */
ORR_MUST_CHECK orr_status orr_trace_read_all(orr_engine *engine, const orr_script *script, orr_error *err);

/* --- what goes into a bundle (bundle_sources.c) ----------------------------------------------- */
/* A folder of the host and what it is in the bundle; "" = its top. */
typedef struct orr_bundle_place {
    const char *host, *inside;
    const orr_licence *licences; /* of the file LICENCES in it */
    uint32_t licence_count;
} orr_bundle_place;

typedef struct orr_bundle_sources {
    orr_arena arena;
    orr_bundle_place *places;
    uint32_t place_count, place_capacity;
    orr_bundle_source *list;
    uint32_t count, capacity;
    const char *entry;
    orr_bundle_set *sets;
    uint32_t set_count;
    const char *const *licences; /* of --licence */
    uint32_t licence_count;
} orr_bundle_sources;
void orr_bundle_sources_free(orr_bundle_sources *sources);

/* All that a trace tells of, where a bundle has it, and SPIR-V beside the shaders of its modules. What cannot
 * travel is an error that says why and what to do. */
ORR_MUST_CHECK orr_status orr_bundle_of_trace(const orr_trace *trace, orr_engine *engine,
                                              orr_bundle_sources *out, orr_error *err);
/* A folder as it is. `entry`: NULL = main.lua. `written`: the bundle, which must not lie there. */
ORR_MUST_CHECK orr_status orr_bundle_of_folder(const char *folder, const char *entry, const char *written,
                                               orr_bundle_sources *out, orr_error *err);

/* Name of the SPIR-V of a module's shader in a bundle: modules/<module>/<shader>.<begin of its digest>.spv */
ORR_MUST_CHECK orr_status orr_bundle_spirv_name(orr_engine *engine, const orr_shader_ref *ref,
                                                const char *module, char *out, size_t size, orr_error *err);

/* --- running its scripts (cmd_bundle_run.c) --------------------------------------------------- */
/* The entry of that name, or of that file name; the only one when `name` is NULL. ORR_E_USAGE. */
ORR_MUST_CHECK orr_status orr_bundle_find_entry(const orr_bundle *bundle, const char *name,
                                                const orr_bundle_entry **out, orr_error *err);

/* A bundle whose every byte was checked, in an engine that reads it alone, by its descriptor.
 * Zero-initialise, and close in any case. */
typedef struct orr_opened {
    orr_bundle *bundle;
    orr_engine *engine;
} orr_opened;
/* The bundle that the command line names, with its modules. */
ORR_MUST_CHECK orr_status orr_opened_bundle(const orr_cli *cli, orr_opened *o, orr_error *err);
void orr_opened_close(orr_opened *o);

/* A script at work, and what its parameters borrow. Zero-initialise, and end in any case. */
typedef struct orr_running {
    orr_script *script;
    orr_arena arena;
} orr_running;
/* An entry of the bundle, as someone else's script. */
ORR_MUST_CHECK orr_status orr_opened_run(const orr_cli *cli, const orr_opened *o,
                                         const orr_bundle_entry *entry, orr_running *run, orr_error *err);
void orr_running_end(orr_running *run);

#endif
