/* Modules in the space: <app>/modules/<name>/{version,doc,status,diagnostics,params/…}. */
#include <stdio.h>

#include "host/registry.h"

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

static const orr_value *value_of(const orr_param_row *row, const orr_param_value *value) {
    char choice[80];
    switch (row->type) {
    case ORR_PARAM_BOOL:
        return orr_value_bool(value->number[0] != 0);
    case ORR_PARAM_I32:
        return orr_value_int((int64_t)value->number[0]);
    case ORR_PARAM_U32:
        return orr_value_uint((uint64_t)value->number[0]);
    case ORR_PARAM_F32:
    case ORR_PARAM_F64:
        return orr_value_double(value->number[0]);
    case ORR_PARAM_ENUM:
        return orr_value_string(orr_param_choice(row, (uint32_t)value->number[0], choice, sizeof choice));
    case ORR_PARAM_QUAT:
        return orr_value_quat(value->number);
    case ORR_PARAM_MAT4:
        return orr_value_mat4(value->number);
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        return orr_value_string(value->text ? value->text : "");
    default:
        return orr_value_vec(value->number, orr_param_components(row->type));
    }
}

void orr_modules_show_params(const orr_modules *modules, const orr_effect *effect,
                             const orr_param_value *values) {
    if (!modules->space) return;
    for (uint32_t i = 0; i < effect->table.count; i++) {
        orr_param_row row;
        char what[80];
        orr_param_row_get(&effect->table, i, &row);
        orr_format(what, sizeof what, "params/%s", row.name);
        set(modules, effect->module.name, what, value_of(&row, &values[i]));
    }
}
