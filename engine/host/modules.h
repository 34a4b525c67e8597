/* The module registry: finds, checks and loads effect modules, and holds their settings.
 *
 * A module is a folder modules/<name>/ with a shared library <name>.so, or with a manifest <name>.lua (data
 * only) and GLSL. The manifest's Lua is read by engine/script, which hands the descriptor over
 * (orr_modules_add_descriptor). One thread at a time. */
#ifndef ORR_HOST_MODULES_H
#define ORR_HOST_MODULES_H

#include "base/log.h"
#include "render/effect.h"

typedef struct orr_modules orr_modules;
typedef struct orr_modules_params {
    const orr_log *log;
    struct orr_space *space; /* may be NULL */
    const char *app_root;
} orr_modules_params;
ORR_MUST_CHECK orr_status orr_modules_create(const orr_modules_params *params, orr_modules **out,
                                             orr_error *err);
void orr_modules_destroy(orr_modules **modules);

/* One library: symbol, ABI, sizes and rows are checked before any of its code runs. Messages name both
 * versions. */
ORR_MUST_CHECK orr_status orr_modules_add_library(orr_modules *modules, const char *path,
                                                  const char *shader_folder, orr_error *err);
/* A descriptor made by the host (from a manifest, or a test). Its strings live in `arena`, which the registry
 * takes over. */
ORR_MUST_CHECK orr_status orr_modules_add_descriptor(orr_modules *modules, const orr_module_desc *module,
                                                     const char *shader_folder, orr_arena *arena,
                                                     orr_error *err);
/* A module that could not even be offered (its manifest does not read): shown as failed in the space, and
 * asked for by name it answers with this reason. The two functions above do so themselves. */
void orr_modules_add_failed(orr_modules *modules, const char *name, const orr_error *error);
uint32_t orr_modules_count(const orr_modules *modules); /* sorted by name */
const orr_effect *orr_modules_get(const orr_modules *modules, uint32_t i);
int32_t orr_modules_find(const orr_modules *modules, const char *name); /* -1 = none */
/* For a name that is not there: ORR_E_UNKNOWN_KEY with the nearest one, or ORR_E_MODULE with the reason why
 * that module could not be loaded. */
orr_status orr_modules_unknown(const orr_modules *modules, const char *name, orr_error *err);

/* --- settings --- a copy is independent; every change says where it came from; a later source never loses to
 * an earlier one: default < preset < script < command line < editor, except that what is named later on one
 * level wins. */
ORR_MUST_CHECK orr_status orr_settings_create(const orr_modules *modules, orr_settings **out,
                                              orr_error *err); /* defaults; roles enabled */
ORR_MUST_CHECK orr_status orr_settings_copy(const orr_settings *from, orr_settings **out, orr_error *err);
void orr_settings_destroy(orr_settings **settings);
/* "module.param" from text. Unknown names are errors with the nearest one. */
ORR_MUST_CHECK orr_status orr_settings_set_text(orr_settings *settings, const char *key, const char *text,
                                                orr_value_source source, orr_error *err);
ORR_MUST_CHECK orr_status orr_settings_set(orr_settings *settings, const char *module, const char *param,
                                           const orr_param_value *value, orr_value_source source,
                                           orr_error *err);
/* Says that a parameter follows a track of the script: it counts as set, and as neutral at no time. */
ORR_MUST_CHECK orr_status orr_settings_animate(orr_settings *settings, const char *module, const char *param,
                                               orr_value_source source, orr_error *err);
/* Enabling a module with a role disables the other of that role; a role's last module cannot be disabled
 * ("none" is a choice of it). */
ORR_MUST_CHECK orr_status orr_settings_enable(orr_settings *settings, const char *module, bool enable,
                                              orr_value_source source, orr_error *err);
const char *orr_value_source_name(orr_value_source source);
/* Before a graph is built with them: refuses a parameter of an enabled module that was set and does not count
 * (`used_when`), calls build() of every enabled module with its values, and shows values and outcome at
 * <app>/modules/<name>/{params/…,status,diagnostics}. The first module that refuses ends it with its message.
 */
ORR_MUST_CHECK orr_status orr_modules_build(const orr_modules *modules, const orr_settings *settings,
                                            orr_error *err);

/* --- presets --- strict text: "# comment", "module.param = value", "param = value" (the script's own, handed
 * to `script_set`), "enable = module", "disable = module". Errors name file:line. Bounded (1 MiB), fuzzed. */
typedef struct orr_preset_sink {
    orr_status (*script_set)(void *context, const char *name, const char *text, unsigned line,
                             orr_error *err); /* NULL: such a line is an error */
    void *context;
} orr_preset_sink;
ORR_MUST_CHECK orr_status orr_preset_apply(const char *text, size_t size, const char *name,
                                           orr_settings *settings, orr_value_source source,
                                           const orr_preset_sink *sink, orr_error *err);
/* The same text line by line, for what has other names in it (atmospheres): `take` gets each name and value.
 */
typedef orr_status orr_preset_line(void *context, const char *key, const char *value, unsigned line,
                                   orr_error *err);
ORR_MUST_CHECK orr_status orr_preset_lines(const char *text, size_t size, const char *name,
                                           orr_preset_line *take, void *context, orr_error *err);

#endif
