#include "render/exposing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/round.h"

/* The module's C struct filled from the values of a frame; the caller frees it. */
static orr_status pack(const orr_exposer *x, const orr_param_value *values, void **out, orr_error *err) {
    const orr_effect *effect = x->effect;
    *out = orr_calloc(1, effect->module.params_size ? effect->module.params_size : 1);
    if (!*out) return orr_fail(err, ORR_E_MEMORY, effect->module.name, "no memory for parameters");
    for (uint32_t i = 0; i < effect->table.count; i++) {
        orr_param_row row;
        orr_param_row_get(&effect->table, i, &row);
        orr_param_store(&row, &values[i], *out);
    }
    return ORR_OK;
}

/* Ends a call: frees what it was given, and turns an answer that is no number into an error. */
static orr_status done(const orr_exposer *x, orr_status status, void *params, const char *what, double *value,
                       orr_error *err) {
    const char *name = x->effect->module.name;
    free(params);
    if (status) return orr_error_prefix(err, "module '%s'", name), status;
    if (!isfinite(*value))
        return orr_fail(err, ORR_E_MODULE, name, "module '%s' answered %s of %g: it must be finite", name,
                        what, *value);
    *value = orr_round40(*value);
    return ORR_OK;
}

/* A choice that is a function of time: then each frame tells whether it is metered. */
static bool choice_moves(const orr_effect_settings *s) {
    for (uint32_t i = 0; i < s->effect->table.count; i++) {
        orr_param_row row;
        orr_param_row_get(&s->effect->table, i, &row);
        if (s->animated[i] && (row.type == ORR_PARAM_ENUM || row.type == ORR_PARAM_BOOL)) return true;
    }
    return false;
}

orr_status orr_exposer_find(const orr_settings *settings, orr_exposer *out, orr_error *err) {
    *out = (orr_exposer){0};
    for (uint32_t i = 0; i < settings->effect_count; i++) {
        const orr_effect_settings *s = &settings->effects[i];
        if (!s->enabled || !s->effect->module.expose) continue;
        *out = (orr_exposer){.effect = s->effect, .index = i};
        if (!s->effect->module.meter) return ORR_OK;
        orr_meter meter;
        orr_status status = orr_exposer_meter(out, s->values, &meter, err);
        out->may_meter = !status && (meter.metering != ORR_METERING_OFF || choice_moves(s));
        return status;
    }
    return ORR_OK;
}

orr_status orr_exposer_expose(const orr_exposer *x, const orr_param_value *values,
                              const orr_pose_camera *camera, double t_s, const orr_frame_ev *ev,
                              orr_expose_out *out, orr_error *err) {
    void *params;
    *out = (orr_expose_out){.struct_size = sizeof *out, .exposure = 1};
    if (!x->effect) return ORR_OK;
    orr_expose_in in = {.struct_size = sizeof in,
                        .aperture_f = camera->aperture_f,
                        .shutter_s = camera->shutter_s,
                        .iso = camera->iso,
                        .t_s = t_s};
    if (ev && ev->metered) in.adapted_ev100 = ev->applied_ev100, in.has_adapted = 1;
    orr_status status = pack(x, values, &params, err);
    if (!status) status = x->effect->module.expose(x->effect->instance, params, &in, out, err);
    free(params);
    if (status) return status;
    if (!(out->exposure > 0.0) || !isfinite(out->exposure))
        return orr_fail(err, ORR_E_MODULE, x->effect->module.name,
                        "module '%s' answered an exposure of %g: it must be positive and finite",
                        x->effect->module.name, out->exposure);
    out->exposure = orr_round40(out->exposure), out->ev100 = orr_round40(out->ev100);
    return ORR_OK;
}

orr_status orr_exposer_meter(const orr_exposer *x, const orr_param_value *values, orr_meter *out,
                             orr_error *err) {
    void *params;
    *out = (orr_meter){.struct_size = sizeof *out};
    if (!x->effect || !x->effect->module.meter) return ORR_OK;
    orr_status status = pack(x, values, &params, err);
    if (!status) status = x->effect->module.meter(x->effect->instance, params, out, err);
    double range = out->max_ev - out->min_ev;
    status = done(x, status, params, "a range", &range, err);
    if (!status && out->metering != ORR_METERING_OFF && (!(range > 0) || out->metering > ORR_METERING_SPOT))
        return orr_fail(err, ORR_E_MODULE, x->effect->module.name,
                        "module '%s' asks for metering %u over %g EV: see orrery/module.h",
                        x->effect->module.name, out->metering, range);
    return status;
}

orr_status orr_exposer_metered(const orr_exposer *x, const orr_param_value *values,
                               const orr_histogram *histogram, double *ev100, orr_error *err) {
    void *params;
    orr_status status = pack(x, values, &params, err);
    if (status) return status;
    status = x->effect->module.metered_ev(x->effect->instance, params, histogram, ev100, err);
    return done(x, status, params, "a metered EV", ev100, err);
}

orr_status orr_exposer_adapt(const orr_exposer *x, const orr_param_value *values, double metered_ev100,
                             const double *previous_ev100, double step_s, double *ev100, orr_error *err) {
    void *params;
    orr_adapt_in in = {.struct_size = sizeof in,
                       .has_previous = previous_ev100 != NULL,
                       .metered_ev100 = metered_ev100,
                       .previous_ev100 = previous_ev100 ? *previous_ev100 : 0,
                       .step_s = step_s};
    orr_status status = pack(x, values, &params, err);
    if (status) return status;
    status = x->effect->module.adapt(x->effect->instance, params, &in, ev100, err);
    return done(x, status, params, "an adapted EV", ev100, err);
}
