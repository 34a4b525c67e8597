#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/registry.h"

/* What orr_settings * points to: the part the renderer sees comes first. */
typedef struct settings {
    orr_settings shown;
    orr_arena arena;            /* everything in it, texts of values included */
    const orr_modules *modules; /* borrowed */
    const char *preset;         /* whose lines are being applied; NULL = none */
} settings;

static settings *inside(orr_settings *shown) {
    return (settings *)(void *)shown;
}

const char *orr_value_source_name(orr_value_source source) {
    static const char *const k_names[] = {"default", "preset", "script", "command line", "editor"};
    return (unsigned)source < sizeof k_names / sizeof k_names[0] ? k_names[source] : "unknown";
}

void orr_settings_from_preset(orr_settings *shown, const char *file) {
    inside(shown)->preset = file ? orr_arena_strdup(&inside(shown)->arena, file) : NULL;
}

/* --- creation ---------------------------------------------------------------------------------------------
 */

static bool allocate(settings *s, uint32_t count) {
    s->shown.effects = ORR_ARENA_NEW(&s->arena, orr_effect_settings, count ? count : 1);
    s->shown.effect_count = count;
    return s->shown.effects != NULL;
}

static bool allocate_values(settings *s, orr_effect_settings *e, const orr_effect *effect) {
    uint32_t count = effect->table.count ? effect->table.count : 1;
    e->effect = effect;
    e->values = ORR_ARENA_NEW(&s->arena, orr_param_value, count);
    e->sources = ORR_ARENA_NEW(&s->arena, orr_value_source, count);
    e->animated = ORR_ARENA_NEW(&s->arena, bool, count);
    e->presets = ORR_ARENA_NEW(&s->arena, const char *, count);
    return e->values && e->sources && e->animated && e->presets;
}

static const char *role_of(const orr_effect_settings *e) {
    return e->effect->module.role;
}

static bool same_role(const orr_effect_settings *a, const orr_effect_settings *b) {
    return role_of(a) && role_of(b) && strcmp(role_of(a), role_of(b)) == 0;
}

/* Exactly one module of each role is on: the one that bears the role's name, else the first by name. */
static void enable_roles(orr_settings *shown) {
    for (uint32_t i = 0; i < shown->effect_count; i++) {
        orr_effect_settings *e = &shown->effects[i], *other = NULL;
        for (uint32_t j = 0; j < shown->effect_count; j++)
            if (j != i && shown->effects[j].enabled && same_role(e, &shown->effects[j]))
                other = &shown->effects[j];
        if (!role_of(e) || (other && strcmp(e->effect->module.name, role_of(e)) != 0)) continue;
        e->enabled = true;
        if (other) other->enabled = false;
    }
}

orr_status orr_settings_create(const orr_modules *modules, orr_settings **out, orr_error *err) {
    *out = NULL;
    settings *s = orr_calloc(1, sizeof *s);
    bool ok = s && allocate(s, modules->count);
    orr_status status = ORR_OK;
    for (uint32_t i = 0; ok && !status && i < modules->count; i++) {
        orr_effect_settings *e = &s->shown.effects[i];
        ok = allocate_values(s, e, &modules->loaded[i]->effect);
        for (uint32_t p = 0; ok && !status && p < e->effect->table.count; p++) {
            orr_param_row row;
            orr_param_row_get(&e->effect->table, p, &row);
            status = orr_param_default(&row, &e->values[p], err);
        }
    }
    if (!ok) status = orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for module settings");
    if (status) {
        if (s) orr_arena_free(&s->arena);
        free(s);
        return status;
    }
    s->modules = modules;
    enable_roles(&s->shown);
    *out = &s->shown;
    return ORR_OK;
}

static bool copy_text(settings *s, const char **to, const char *from) {
    *to = from ? orr_arena_strdup(&s->arena, from) : NULL;
    return *to || !from;
}

static bool copy_effect(settings *s, orr_effect_settings *to, const orr_effect_settings *from) {
    if (!allocate_values(s, to, from->effect)) return false;
    to->enabled = from->enabled;
    to->enabled_by = from->enabled_by;
    if (!copy_text(s, &to->enabled_preset, from->enabled_preset)) return false;
    for (uint32_t p = 0; p < from->effect->table.count; p++) {
        to->values[p] = from->values[p];
        to->sources[p] = from->sources[p];
        to->animated[p] = from->animated[p];
        if (!copy_text(s, &to->values[p].text, from->values[p].text) ||
            !copy_text(s, &to->presets[p], from->presets[p]))
            return false;
    }
    return true;
}

orr_status orr_settings_copy(const orr_settings *from, orr_settings **out, orr_error *err) {
    *out = NULL;
    settings *s = orr_calloc(1, sizeof *s);
    bool ok = s && allocate(s, from->effect_count);
    for (uint32_t i = 0; ok && i < from->effect_count; i++)
        ok = copy_effect(s, &s->shown.effects[i], &from->effects[i]);
    if (!ok) {
        if (s) orr_arena_free(&s->arena);
        free(s);
        return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for module settings");
    }
    s->modules = ((const settings *)(const void *)from)->modules;
    *out = &s->shown;
    return ORR_OK;
}

void orr_settings_destroy(orr_settings **shown) {
    if (!*shown) return;
    settings *s = inside(*shown);
    orr_arena_free(&s->arena);
    free(s);
    *shown = NULL;
}

/* --- changing
 * ------------------------------------------------------------------------------------------------ */

static orr_status find_effect(orr_settings *shown, const char *module, orr_effect_settings **out,
                              orr_error *err) {
    for (uint32_t i = 0; i < shown->effect_count; i++) {
        if (strcmp(shown->effects[i].effect->module.name, module) != 0) continue;
        *out = &shown->effects[i];
        return ORR_OK;
    }
    return orr_modules_unknown(inside(shown)->modules, module, err);
}

/* "vignette: " before a message about one of its parameters. */
static orr_status of_module(orr_status status, const char *module, orr_error *err) {
    if (status && err) orr_error_prefix(err, "%s", module);
    return status;
}

/* Puts a checked value in, unless what is there came from a later source. */
static orr_status put(settings *s, orr_effect_settings *e, uint32_t row, const orr_param_value *value,
                      orr_value_source source, orr_error *err) {
    if (e->sources[row] > source) return ORR_OK;
    orr_param_value kept = *value;
    if (value->text && !(kept.text = orr_arena_strdup(&s->arena, value->text)))
        return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for module settings");
    e->values[row] = kept;
    e->sources[row] = source;
    e->animated[row] = false;
    e->presets[row] = s->preset;
    return ORR_OK;
}

/* The row of a parameter that is known, or -1 with the error filled. */
static orr_status find_row(const orr_effect_settings *e, const char *param, uint32_t *index,
                           orr_param_row *row, orr_error *err) {
    int32_t found = orr_param_find(&e->effect->table, param);
    if (found < 0) return orr_param_unknown(&e->effect->table, param, err);
    *index = (uint32_t)found;
    orr_param_row_get(&e->effect->table, *index, row);
    return ORR_OK;
}

orr_status orr_settings_set(orr_settings *shown, const char *module, const char *param,
                            const orr_param_value *value, orr_value_source source, orr_error *err) {
    orr_effect_settings *e = NULL;
    uint32_t index = 0;
    orr_param_row row;
    orr_status status = find_effect(shown, module, &e, err);
    if (!status) status = find_row(e, param, &index, &row, err);
    if (status) return status;
    status = orr_param_check(&row, value, err);
    if (status) return of_module(status, module, err);
    return put(inside(shown), e, index, value, source, err);
}

orr_status orr_settings_animate(orr_settings *shown, const char *module, const char *param,
                                orr_value_source source, orr_error *err) {
    orr_effect_settings *e = NULL;
    uint32_t index = 0;
    orr_param_row row;
    orr_status status = find_effect(shown, module, &e, err);
    if (!status) status = find_row(e, param, &index, &row, err);
    if (status || e->sources[index] > source) return status;
    e->sources[index] = source;
    e->animated[index] = true;
    e->presets[index] = NULL;
    return ORR_OK;
}

static orr_status set_enable_text(orr_settings *shown, const char *module, const char *text,
                                  orr_value_source source, orr_error *err) {
    const orr_param_row row = {.name = "enable", .type = ORR_PARAM_BOOL};
    orr_param_value value;
    orr_status status = orr_param_parse(&row, text, NULL, &value, err);
    if (status) return of_module(status, module, err);
    return orr_settings_enable(shown, module, value.number[0] != 0, source, err);
}

orr_status orr_settings_set_text(orr_settings *shown, const char *key, const char *text,
                                 orr_value_source source, orr_error *err) {
    char module[64];
    const char *dot = strchr(key, '.');
    if (!dot)
        return orr_fail(err, ORR_E_UNKNOWN_KEY, NULL, "'%.80s' names no module: write module.parameter", key);
    if (!orr_format(module, sizeof module, "%.*s", (int)(dot - key < 64 ? dot - key : 64), key))
        return orr_fail(err, ORR_E_UNKNOWN_KEY, NULL, "there is no module '%.80s…'", key);
    if (strcmp(dot + 1, "enable") == 0) return set_enable_text(shown, module, text, source, err);
    orr_effect_settings *e = NULL;
    uint32_t index = 0;
    orr_param_row row;
    orr_param_value value;
    orr_status status = find_effect(shown, module, &e, err);
    if (!status) status = find_row(e, dot + 1, &index, &row, err);
    if (status) return status;
    status = orr_param_parse(&row, text, NULL, &value, err);
    if (status) return of_module(status, module, err);
    return put(inside(shown), e, index, &value, source, err);
}

orr_status orr_settings_enable(orr_settings *shown, const char *module, bool enable, orr_value_source source,
                               orr_error *err) {
    orr_effect_settings *e = NULL;
    orr_status status = find_effect(shown, module, &e, err);
    if (status || e->enabled_by > source) return status;
    if (!enable && e->enabled && role_of(e))
        return orr_fail(err, ORR_E_MODULE, NULL,
                        "'%s' cannot be disabled: one module of the role '%s' is always on; choose 'none' in "
                        "it, or enable another",
                        module, role_of(e));
    for (uint32_t i = 0; enable && i < shown->effect_count; i++) {
        orr_effect_settings *other = &shown->effects[i];
        if (other == e || !other->enabled || !same_role(other, e)) continue;
        if (other->enabled_by > source) return ORR_OK; /* a later source wants that one */
        other->enabled = false;
        other->enabled_by = source;
        other->enabled_preset = inside(shown)->preset;
    }
    e->enabled = enable;
    e->enabled_by = source;
    e->enabled_preset = inside(shown)->preset;
    return ORR_OK;
}

/* --- before a graph is built
 * ----------------------------------------------------------------------------------- */

/* A parameter that somebody set and that does not count with the others as they are. */
static orr_status check_used(const orr_effect_settings *e, orr_error *err) {
    const char *module = e->effect->module.name;
    for (uint32_t i = 0; i < e->effect->table.count; i++) {
        int32_t by = -1;
        if (e->sources[i] == ORR_FROM_DEFAULT || orr_param_is_used(&e->effect->table, i, e->values, &by))
            continue;
        if (e->animated[by]) continue; /* it may count later */
        orr_param_row row, other;
        orr_param_row_get(&e->effect->table, i, &row);
        orr_param_row_get(&e->effect->table, (uint32_t)by, &other);
        orr_text value = {0};
        orr_param_format(&other, &e->values[by], &value);
        orr_status status =
            orr_fail(err, e->sources[i] == ORR_FROM_CLI ? ORR_E_USAGE : ORR_E_OUT_OF_RANGE, NULL,
                     "module '%s': '%s' was set (%s), but it counts only with %s, and '%s' is '%s': "
                     "change '%s', or leave '%s' out",
                     module, row.name, orr_value_source_name(e->sources[i]), row.used_when, other.name,
                     orr_text_cstr(&value), other.name, row.name);
        orr_text_free(&value);
        return status;
    }
    return ORR_OK;
}

static orr_status build_one(const orr_modules *modules, const orr_effect_settings *e, orr_error *err) {
    const orr_module_desc *m = &e->effect->module;
    void *params = m->params_size ? orr_calloc(1, m->params_size) : NULL;
    if (m->params_size && !params)
        return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for the parameters of '%s'", m->name);
    for (uint32_t i = 0; params && i < e->effect->table.count; i++) {
        orr_param_row row;
        orr_param_row_get(&e->effect->table, i, &row);
        orr_param_store(&row, &e->values[i], params);
    }
    orr_error error = {0};
    orr_status status = m->build(&modules->host, e->effect->instance, params, &error);
    free(params);
    if (!status) return ORR_OK;
    if (!error.message[0]) orr_fail(&error, status, NULL, "it refused its parameters without a message");
    return orr_fail(err, status, error.path, "module '%s': %s", m->name, error.message);
}

orr_status orr_modules_build(const orr_modules *modules, const orr_settings *shown, orr_error *err) {
    for (uint32_t i = 0; i < shown->effect_count; i++) {
        const orr_effect_settings *e = &shown->effects[i];
        orr_error error = {0};
        orr_status status = ORR_OK;
        orr_modules_show_params(modules, e->effect, e->values);
        if (e->enabled) status = check_used(e, &error);
        if (!status && e->enabled && e->effect->module.build) status = build_one(modules, e, &error);
        orr_modules_show(modules, e->effect->module.name, e->effect, status ? &error : NULL);
        if (!status) continue;
        if (err) *err = error;
        return status;
    }
    return ORR_OK;
}
