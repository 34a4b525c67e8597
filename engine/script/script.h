/* Scripts: LuaJIT over the engine. The only folder that includes Lua; no Lua type crosses this header.
 *
 * A script is one Lua file with its own state. A render script declares its parameters first (`orrery.param`)
 * and returns one `orrery.sequence`; a script for `orrery run` just runs. Owner destroys with
 * orr_script_destroy, after what it rendered with the script's sequence and before the engine. One thread at
 * a time. */
#ifndef ORR_SCRIPT_SCRIPT_H
#define ORR_SCRIPT_SCRIPT_H

#include <stdatomic.h>

#include "bundle/bundle.h"
#include "check/spec.h"
#include "host/engine.h"

typedef struct orr_script orr_script;

/* What the command line says about parameters and modules, in its own order (a later one wins). */
typedef enum orr_overlay_kind {
    ORR_OVERLAY_SET,
    ORR_OVERLAY_PRESET,
    ORR_OVERLAY_ENABLE,
    ORR_OVERLAY_DISABLE
} orr_overlay_kind;
typedef struct orr_overlay {
    orr_overlay_kind kind;
    const char *text; /* "name=value" or "module.param=value", a file, a module, a module */
} orr_overlay;

/* Whose script it is. BUNDLE: someone else's. It runs in a child process that may do nothing but compute: no
 * ffi, io, os.execute, no bytecode; it reads inside the bundle, and sends what it authored and the values of
 * its functions of t to this one, which renders. */
typedef enum orr_trust { ORR_TRUST_LOCAL, ORR_TRUST_BUNDLE } orr_trust;

typedef struct orr_script_params {
    orr_trust trust;
    const orr_bundle *bundle;    /* of ORR_TRUST_BUNDLE: borrowed; the engine's VFS has it mounted;
                                    orr_script_run takes    a name in it */
    uint64_t memory_bytes;       /* of ORR_TRUST_BUNDLE: what the script may take; 0 = 256 MiB */
    orr_engine *engine;          /* borrowed; its manifests are loaded already (orr_manifests_load) */
    const orr_overlay *overlays; /* borrowed until orr_script_destroy */
    uint32_t overlay_count;
    const char *const *args; /* orrery.args */
    uint32_t arg_count;
    double timeout_s; /* of the script's own time, its functions of t included; 0 = none. Turns the JIT off.
                         Of ORR_TRUST_BUNDLE: for the script, and again for each time its functions are asked;
                         0 = 30 s and 10 s */
    /* Called on another thread when a script is two seconds over its timeout inside one call of C (a pattern
     * that backtracks without end): nothing in the process can stop it then. The program's answer is to end;
     * NULL = wait for ever. */
    void (*stuck)(double timeout_s);
    bool talks; /* print and io.write go to stdout (`orrery run`); else to stderr, out of an answer's way */
    bool help;  /* declare parameters, then stop before anything is loaded */
    bool checking; /* for `orrery check`: the test data that the script's orrery.check names is set */
    const char *data_folder; /* of `checking`: where test data lies; NULL = nowhere, and a script that wants
                                some is stopped (orr_check_spec.data_missing) */
    atomic_int *stop;        /* handed to renders that the script asks for; may be NULL */
} orr_script_params;
ORR_MUST_CHECK orr_status orr_script_create(const orr_script_params *params, orr_script **out,
                                            orr_error *err);
void orr_script_destroy(orr_script **script);

/* Runs a file. ORR_E_SCRIPT carries file:line and a short traceback; ORR_E_SCRIPT_TIMEOUT; ORR_E_USAGE for a
 * `--set` that the script does not declare or accept; what the engine refused (a missing model …) keeps its
 * own code. Once per script. */
ORR_MUST_CHECK orr_status orr_script_run(orr_script *script, const char *path, orr_error *err);
/* The same for text; `name` is for messages, relative paths are looked up from `folder`. Not of a bundle. */
ORR_MUST_CHECK orr_status orr_script_run_text(orr_script *script, const char *text, size_t size,
                                              const char *name, const char *folder, orr_error *err);

/* The parameters the script declared, in order, and what they came to. */
const orr_param_table *orr_script_param_table(const orr_script *script);
const orr_param_value *orr_script_param_value(const orr_script *script, uint32_t row);
orr_value_source orr_script_param_source(const orr_script *script, uint32_t row);
const char *orr_script_param_preset(const orr_script *script,
                                    uint32_t row); /* the file it came from; NULL = none */

/* What the script returned; NULL when it returned no sequence. Alive as long as the script. The settings have
 * the script's and the command line's values. */
const orr_sequence *orr_script_sequence(const orr_script *script);
orr_settings *orr_script_settings(const orr_script *script);
/* What the script's orrery.check asks for; NULL = it is no regression scene. */
const orr_check_spec *orr_script_check(const orr_script *script);
/* SHA-256 over every file the script read until it returned its sequence, and the values of its parameters:
 * Lua files, presets, what it opened with io.open, io.lines and io.input. What ffi, io.popen, or a function
 * of t opens while frames are made is not in it; assets have digests of their own. */
void orr_script_digest(const orr_script *script, char hex[65]);

/* Applies the command line's modules settings to any settings: for `orrery params`. */
ORR_MUST_CHECK orr_status orr_overlays_apply(orr_engine *engine, const orr_overlay *overlays, uint32_t count,
                                             orr_settings *settings, orr_error *err);

/* What this program does when a bundle's script needs a process: the command `script-child`. Talks over
 * ORR_CHILD_CHANNEL_FD, and gives the process's exit code. */
#define ORR_SCRIPT_CHILD "script-child"
int orr_script_child(void);

/* --- module manifests --- strict, data-only Lua: modules/<name>/<name>.lua ----------------------- */
/* Reads every manifest under the engine's module folders into its registry. Once per engine. */
ORR_MUST_CHECK orr_status orr_manifests_load(orr_engine *engine, orr_error *err);
/* The same of modules/ of the bundle, which is mounted in the engine's VFS: in a process that is locked in,
 * as scripts of a bundle, and there their shaders are compiled once. A damaged one, or one named as one that
 * is there already, is an error; `stop` (may be NULL), once it is raised, ends it. */
ORR_MUST_CHECK orr_status orr_manifests_load_bundle(orr_engine *engine, const orr_bundle *bundle,
                                                    atomic_int *stop, orr_error *err);
/* One manifest from memory. All strings and rows of `module` live in `arena`. Bounded: size, instructions,
 * memory, rows. */
ORR_MUST_CHECK orr_status orr_manifest_read(const char *text, size_t size, const char *name, orr_arena *arena,
                                            orr_module_desc *module, orr_error *err);

/* --- the API, from its binding tables ------------------------------------------------------------ */
void orr_api_json(orr_text *out);
void orr_api_stubs(orr_text *out);    /* LuaLS annotations */
void orr_api_markdown(orr_text *out); /* docs/lua-reference.md */
uint32_t orr_api_count(void);
const char *orr_api_name(uint32_t i);    /* "scene:mesh" */
const char *orr_api_example(uint32_t i); /* a whole script */

/* Results of LuaJIT's own mathematics as text, for orr_engine_fingerprint. Caller frees. */
ORR_MUST_CHECK orr_status orr_script_numbers(char **text, orr_error *err);

#endif
