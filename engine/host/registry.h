/* Inside of the registry, for the files of this folder only. */
#ifndef ORR_HOST_REGISTRY_H
#define ORR_HOST_REGISTRY_H

#include "base/platform/platform.h"
#include "host/modules.h"
#include "space/space.h"

/* A loaded module and what keeps it alive. */
typedef struct orr_loaded {
    orr_effect effect;
    orr_arena arena; /* copied rows, and what a manifest's reader handed over */
    orr_arena given;
    orr_library *library; /* NULL = made by the host */
} orr_loaded;

/* A module that could not be loaded: asked for by name, it answers with its own reason instead of "no such
 * module". */
typedef struct orr_failed {
    char name[64];
    orr_error error;
} orr_failed;

struct orr_modules {
    const orr_log *log;
    orr_space *space;
    char app_root[256];
    uint64_t main_thread;
    orr_host host;
    orr_loaded **loaded; /* sorted by name */
    uint32_t count;
    orr_failed *failed;
    uint32_t failed_count;
};

/* From here on what is set is known to come from that preset file; NULL ends it. */
void orr_settings_from_preset(orr_settings *settings, const char *file);

/* Shows one module in the space: version, doc, status, diagnostics; and its parameters, NULL = their
 * defaults. */
void orr_modules_show(const orr_modules *modules, const char *name, const orr_effect *effect,
                      const orr_error *error);
void orr_modules_show_params(const orr_modules *modules, const orr_effect *effect,
                             const orr_param_value *values);

#endif
