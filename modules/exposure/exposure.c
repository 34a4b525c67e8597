/* Exposure: the factor from nit to the scale that frames are rendered in, known before the frame.
 *
 * exposure = key / K * 2^-(EV100 - compensation), K = 12.5 (ISO 2720:1974). With key = 18 an average
 * luminance metered at that EV comes out at 0.18, whatever the mode. The formulas are those of
 * orrery/photometry.h. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "orrery/module.h"
#include "orrery/photometry.h"

enum {
    MODE_NONE,
    MODE_MANUAL,
    MODE_CAMERA,
    MODE_AUTO,
    MODE_HIGH_NOON,
    MODE_OVERCAST,
    MODE_OFFICE,
    MODE_FULL_MOON
};

typedef struct exposure_params {
    uint32_t mode, metering;
    double ev, compensation_ev, key;
    double spot_position[2], spot_radius;
    double histogram_min_ev, histogram_max_ev, trim_low_percent, trim_high_percent;
    double min_ev, max_ev, speed_up, speed_down;
} exposure_params;

#define AT(member)                                                                                           \
    .offset = offsetof(exposure_params, member), .size = sizeof(((exposure_params *)0)->member),             \
    .flags = ORR_PARAM_CPU
#define AUTO(member) .used_when = "mode=auto", .group = "automatic", AT(member)
static const orr_param_row k_params[] = {
    {.name = "mode",
     .doc =
         "where the EV comes from: the camera's settings, the number `ev`, the light in the picture, a named "
         "scenario; none = factor 1",
     .type = ORR_PARAM_ENUM,
     .choices = "none|manual|camera|auto|high_noon|overcast|office|full_moon",
     .def = "camera",
     .interp = ORR_INTERP_STEP,
     AT(mode)},
    {.name = "ev",
     .doc = "exposure value at ISO 100 (mode manual alone)",
     .type = ORR_PARAM_F64,
     .def = "14.64",
     .min = "-32",
     .max = "48",
     .soft_min = "-6",
     .soft_max = "18",
     .used_when = "mode=manual",
     AT(ev)},
    {.name = "compensation_ev",
     .doc = "brightens by so many stops, darkens when negative",
     .type = ORR_PARAM_F64,
     .def = "0",
     .min = "-16",
     .max = "16",
     .soft_min = "-4",
     .soft_max = "4",
     .used_when = "mode=manual|camera|auto|high_noon|overcast|office|full_moon",
     AT(compensation_ev)},
    {.name = "key",
     .doc = "reflectance in percent that a metered average is brought to",
     .type = ORR_PARAM_F64,
     .def = "18",
     .min = "0.1",
     .max = "100",
     .interp = ORR_INTERP_LOG,
     .used_when = "mode=manual|camera|auto|high_noon|overcast|office|full_moon",
     AT(key)},
    {.name = "metering",
     .doc = "what of the picture counts: all of it alike, its middle most, one spot alone",
     .type = ORR_PARAM_ENUM,
     .choices = "average|center_weighted|spot",
     .def = "average",
     .interp = ORR_INTERP_STEP,
     AUTO(metering)},
    {.name = "spot_position",
     .doc = "the spot's middle, from the picture's upper left corner (0 0) to its lower right (1 1)",
     .type = ORR_PARAM_VEC2,
     .def = "0.5 0.5",
     .min = "0",
     .max = "1",
     .used_when = "metering=spot",
     .group = "automatic",
     AT(spot_position)},
    {.name = "spot_radius",
     .doc = "the spot's radius, in heights of the picture",
     .type = ORR_PARAM_F64,
     .def = "0.05",
     .min = "0.001",
     .max = "2",
     .used_when = "metering=spot",
     .group = "automatic",
     AT(spot_radius)},
    {.name = "histogram_min_ev",
     .doc = "the least luminance told apart, as stops above 1 nit: what is darker counts as this",
     .type = ORR_PARAM_F64,
     .def = "-10",
     .min = "-24",
     .max = "30",
     AUTO(histogram_min_ev)},
    {.name = "histogram_max_ev",
     .doc = "the greatest luminance told apart, as stops above 1 nit: what is brighter counts as this",
     .type = ORR_PARAM_F64,
     .def = "20",
     .min = "-24",
     .max = "30",
     AUTO(histogram_max_ev)},
    {.name = "trim_low_percent",
     .doc = "how much of the picture's weight is left out at the dark end",
     .type = ORR_PARAM_F64,
     .def = "10",
     .min = "0",
     .max = "99",
     AUTO(trim_low_percent)},
    {.name = "trim_high_percent",
     .doc = "how much of the picture's weight is left out at the bright end",
     .type = ORR_PARAM_F64,
     .def = "10",
     .min = "0",
     .max = "99",
     AUTO(trim_high_percent)},
    {.name = "min_ev",
     .doc = "the least EV that is applied, however dark it is",
     .type = ORR_PARAM_F64,
     .def = "-7",
     .min = "-32",
     .max = "48",
     AUTO(min_ev)},
    {.name = "max_ev",
     .doc = "the greatest EV that is applied, however bright it is",
     .type = ORR_PARAM_F64,
     .def = "23",
     .min = "-32",
     .max = "48",
     AUTO(max_ev)},
    {.name = "speed_up",
     .doc = "how fast the EV follows light that grows, in EV per second",
     .type = ORR_PARAM_F64,
     .def = "3",
     .min = "0",
     .max = "1000",
     .soft_max = "4.8",
     AUTO(speed_up)},
    {.name = "speed_down",
     .doc = "how fast the EV follows light that fades, in EV per second",
     .type = ORR_PARAM_F64,
     .def = "1.5",
     .min = "0",
     .max = "1000",
     .soft_max = "4.8",
     AUTO(speed_down)},
};

static orr_status refuse(orr_error *err, const char *format, const char *what, double a, double b) {
    if (err) {
        memset(err, 0, sizeof *err);
        err->code = ORR_E_OUT_OF_RANGE;
        err->severity = ORR_SEVERITY_RECOVERABLE;
        snprintf(err->message, sizeof err->message, format, what, a, b);
    }
    return ORR_E_OUT_OF_RANGE;
}

/* --- known before the frame ---------------------------------------------------------------------------- */

static orr_status camera_ev(const orr_expose_in *in, double *ev100, orr_error *err) {
    static const char bad[] = "the camera's %s is %g: it must be above 0 and finite";
    if (!(in->aperture_f > 0) || !isfinite(in->aperture_f))
        return refuse(err, bad, "f-number", in->aperture_f, 0);
    if (!(in->shutter_s > 0) || !isfinite(in->shutter_s))
        return refuse(err, bad, "shutter time", in->shutter_s, 0);
    if (!(in->iso > 0) || !isfinite(in->iso)) return refuse(err, bad, "ISO", in->iso, 0);
    *ev100 = orr_camera_ev100(in->aperture_f, in->shutter_s, in->iso);
    return ORR_OK;
}

static orr_status expose(const void *instance, const void *params, const orr_expose_in *in,
                         orr_expose_out *out, orr_error *err) {
    const exposure_params *p = params;
    orr_status status = ORR_OK;
    (void)instance;
    switch (p->mode) {
    case MODE_NONE:
        out->ev100 = orr_unit_ev100(p->key);
        out->exposure = 1;
        return ORR_OK;
    case MODE_CAMERA:
        status = camera_ev(in, &out->ev100, err);
        break;
    case MODE_AUTO:
        if (in->struct_size < sizeof *in || !in->has_adapted)
            return refuse(err, "%s: this host meters no frames", "mode=auto", 0, 0);
        out->ev100 = in->adapted_ev100;
        break;
    /* Named camera presets (README.md): settings as a photographer would choose them, not meterings. */
    case MODE_HIGH_NOON:
        out->ev100 = 14.64;
        break;
    case MODE_OVERCAST:
        out->ev100 = 11.32;
        break;
    case MODE_OFFICE:
        out->ev100 = 6.97;
        break;
    case MODE_FULL_MOON:
        out->ev100 = -2.00;
        break;
    default:
        out->ev100 = p->ev;
        break;
    }
    if (!status) out->exposure = orr_exposure(out->ev100, p->compensation_ev, p->key);
    return status;
}

/* --- from the light in the picture --------------------------------------------------------------------- */

/* What a row alone cannot say. Also asked of every frame, as all of these may be functions of time. */
static orr_status check(const exposure_params *p, orr_error *err) {
    if (p->mode != MODE_AUTO) return ORR_OK;
    if (!(p->histogram_max_ev - p->histogram_min_ev >= 1))
        return refuse(err, "%s: from %g to %g: the end must lie at least 1 above the beginning",
                      "histogram_min_ev, histogram_max_ev", p->histogram_min_ev, p->histogram_max_ev);
    if (!(p->trim_low_percent + p->trim_high_percent <= 99))
        return refuse(err, "%s: %g and %g: together at most 99, or nothing is left to meter",
                      "trim_low_percent, trim_high_percent", p->trim_low_percent, p->trim_high_percent);
    if (!(p->max_ev >= p->min_ev))
        return refuse(err, "%s: %g and %g: the least lies above the greatest", "min_ev, max_ev", p->min_ev,
                      p->max_ev);
    return ORR_OK;
}

static orr_status build(const orr_host *host, void *instance, const void *params, orr_error *err) {
    (void)host, (void)instance;
    return check(params, err);
}

static orr_status meter(const void *instance, const void *params, orr_meter *out, orr_error *err) {
    const exposure_params *p = params;
    (void)instance;
    out->metering = p->mode == MODE_AUTO ? ORR_METERING_AVERAGE + p->metering : ORR_METERING_OFF;
    out->min_ev = p->histogram_min_ev, out->max_ev = p->histogram_max_ev;
    out->spot_x = p->spot_position[0], out->spot_y = p->spot_position[1], out->spot_radius = p->spot_radius;
    return check(p, err);
}

/* What is taken to lie in a part of a bin, as far as its weight and its neighbours' tell: as much as they
 * hold too is spread evenly over it, the rest, as a card of one luminance is, stands at one place. Only
 * trimming asks for this; means follow from the bins' sums. Lengths are of a part. */
typedef struct content {
    double spread, alone; /* weights */
    double at;            /* where the second is */
} content;

static double weight_at(const orr_histogram *h, int64_t part) {
    return part >= 0 && part < (int64_t)h->bin_count * ORR_HISTOGRAM_PARTS ? (double)h->parts[part] : 0;
}
static content content_of(const orr_histogram *h, uint32_t part) {
    double weight = (double)h->parts[part],
           spread = fmin(fmin(weight_at(h, (int64_t)part - 1), weight_at(h, (int64_t)part + 1)), weight);
    return (content){spread, weight - spread, 0.5};
}

/* How far what stands alone in a bin lies from the middle of its part, so that the bin's mean is what it is;
 * `rest`: what moving it no farther than its part leaves, for all that the bin holds. */
static double lean_of(const orr_histogram *h, uint32_t bin, double *rest) {
    double alone = 0, weight = 0, middle = 0;
    for (uint32_t p = 0; p < ORR_HISTOGRAM_PARTS; p++) {
        uint32_t part = bin * ORR_HISTOGRAM_PARTS + p;
        alone += content_of(h, part).alone;
        weight += (double)h->parts[part], middle += (double)h->parts[part] * (p + 0.5);
    }
    double off = (double)h->offsets[bin] * ORR_HISTOGRAM_PARTS / ORR_HISTOGRAM_STEPS - middle,
           lean = alone > 0 ? fmin(fmax(off / alone, -0.5), 0.5) : 0;
    *rest = weight > 0 ? (off - lean * alone) / weight : 0;
    return lean;
}

/* The integral of place in a part over its darkest `weight`. */
static double darkest(const content *c, double weight) {
    double below = c->spread * c->at;
    if (weight <= below) return c->spread > 0 ? 0.5 * weight * weight / c->spread : 0;
    if (weight <= below + c->alone) return 0.5 * below * c->at + (weight - below) * c->at;
    double x = (weight - c->alone) / c->spread;
    return 0.5 * c->spread * x * x + c->alone * c->at;
}

/* The mean log2 of what lies between the trimmed ends, as EV at ISO 100 (reflected metering). */
static orr_status metered_ev(const void *instance, const void *params, const orr_histogram *h, double *ev100,
                             orr_error *err) {
    const exposure_params *p = params;
    uint32_t count = h->bin_count * ORR_HISTOGRAM_PARTS;
    double total = 0, before = 0, kept = 0, sum = 0, lean = 0, rest = 0;
    (void)instance, (void)err;
    for (uint32_t i = 0; i < count; i++) total += (double)h->parts[i];
    double low = total * p->trim_low_percent / 100, high = total - total * p->trim_high_percent / 100;
    for (uint32_t i = 0; i < count; i++) {
        double weight = (double)h->parts[i], from = fmax(low - before, 0), to = fmin(high - before, weight);
        if (i % ORR_HISTOGRAM_PARTS == 0) lean = lean_of(h, i / ORR_HISTOGRAM_PARTS, &rest);
        before += weight;
        if (!(to > from)) continue;
        content c = content_of(h, i);
        c.at += lean;
        sum += (to - from) * (i + rest) + darkest(&c, to) - darkest(&c, from), kept += to - from;
    }
    double mean = kept > 0 ? sum / kept / count : 0; /* no light at all: the dark end */
    *ev100 = h->min_ev + (h->max_ev - h->min_ev) * mean + orr_reflected_ev100(1);
    return ORR_OK;
}

/* At most so far from the frame before as the speeds allow, and never outside the limits. */
static orr_status adapt(const void *instance, const void *params, const orr_adapt_in *in, double *ev100,
                        orr_error *err) {
    const exposure_params *p = params;
    double wanted = fmin(fmax(in->metered_ev100, p->min_ev), p->max_ev);
    (void)instance, (void)err;
    if (in->has_previous)
        wanted = fmin(fmax(wanted, in->previous_ev100 - p->speed_down * in->step_s),
                      in->previous_ev100 + p->speed_up * in->step_s);
    *ev100 = wanted;
    return ORR_OK;
}

ORR_MODULE_EXPORT const orr_module_desc orr_module_v1 = {
    .struct_size = sizeof(orr_module_desc),
    .abi_major = ORR_ABI_MAJOR,
    .abi_minor = ORR_ABI_MINOR,
    .name = "exposure",
    .version = "1.1.0",
    .doc = "how much light the camera takes in: from its f-number, shutter and ISO, a stated EV, or the "
           "light in "
           "the picture",
    .role = "exposure",
    .params = k_params,
    .param_count = sizeof k_params / sizeof k_params[0],
    .param_stride = sizeof k_params[0],
    .params_size = sizeof(exposure_params),
    .build = build,
    .expose = expose,
    .meter = meter,
    .metered_ev = metered_ev,
    .adapt = adapt,
};
