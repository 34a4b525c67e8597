/* What the renderer needs to know of the loaded modules and their settings; engine/host fills it. */
#ifndef ORR_RENDER_EFFECT_H
#define ORR_RENDER_EFFECT_H

#include "base/params.h"
#include "orrery/module.h"

/* A loaded module. Owned by the host; immutable while a frame uses it. */
typedef struct orr_effect {
    orr_module_desc
        module; /* zero-extended copy of the descriptor; strings belong to the library or manifest */
    orr_param_table table; /* of its parameters */
    void *instance;
    char folder[512]; /* where its shaders are */
    uint32_t order;   /* among modules: sorted by name */
} orr_effect;

typedef enum orr_value_source {
    ORR_FROM_DEFAULT,
    ORR_FROM_PRESET,
    ORR_FROM_SCRIPT,
    ORR_FROM_CLI,
    ORR_FROM_EDITOR
} orr_value_source;

/* The settings of one target over all modules: latched whole at the start of a frame, so plain data behind a
 * const pointer. */
typedef struct orr_effect_settings {
    const orr_effect *effect;
    bool enabled;
    orr_param_value *values;   /* one per row */
    orr_value_source *sources; /* one per row */
    bool *animated;       /* one per row: it follows a track, so its value here is only where it begins */
    const char **presets; /* one per row: the preset file that said so; NULL = none */
    orr_value_source enabled_by;
    const char *enabled_preset; /* as presets */
} orr_effect_settings;

typedef struct orr_settings {
    orr_effect_settings *effects; /* one per loaded module, in the registry's order */
    uint32_t effect_count;
} orr_settings;

#endif
