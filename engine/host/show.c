/* Modules in the space: <app>/modules/<name>/{version,doc,status,diagnostics,params/…}. */
#include <stdio.h>

#include "host/registry.h"
#include "space/value_param.h"

/* The space shows what is; when it cannot, that is worth a line in the log and nothing more. */
static void set(const orr_modules *modules, const char *module, const char *what, const orr_value *value) {
    char path[512];
    orr_error err = {0};
    orr_format(path, sizeof path, "%s/modules/%s/%s", modules->app_root, module, what);
    if (orr_space_set(modules->space, path, value, &err))
        orr_log_write(modules->log, ORR_LOG_WARNING, "%s", err.message);
}

void orr_modules_show(const orr_modules *modules, const char *name, const orr_effect *effect,
                      const orr_error *error) {
    if (!modules->space) return;
    set(modules, name, "status", orr_value_string(error ? "failed" : "ready"));
    set(modules, name, "diagnostics", orr_value_string(error ? error->message : ""));
    if (!effect) return;
    set(modules, name, "version", orr_value_string(effect->module.version));
    set(modules, name, "doc", orr_value_string(effect->module.doc));
}

void orr_modules_show_params(const orr_modules *modules, const orr_effect *effect,
                             const orr_param_value *values) {
    if (!modules->space) return;
    for (uint32_t i = 0; i < effect->table.count; i++) {
        orr_param_row row;
        char what[80];
        orr_param_value fallback = {0};
        orr_param_row_get(&effect->table, i, &row);
        if (!values && orr_param_default(&row, &fallback, NULL)) continue;
        orr_format(what, sizeof what, "params/%s", row.name);
        set(modules, effect->module.name, what, orr_value_of_param(&row, values ? &values[i] : &fallback));
    }
}
