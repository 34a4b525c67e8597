/* Exposure: the factor from nit to the scale that frames are rendered in, known before the frame.
 *
 * EV100 = log2(N^2 / t) - log2(S / 100); exposure = key / K * 2^-(EV100 - compensation), K = 12.5 (ISO
 * 2720:1974). With key = 18 an average luminance metered at that EV comes out at 0.18, whatever the mode. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "orrery/module.h"

enum { MODE_NONE, MODE_MANUAL, MODE_CAMERA, MODE_HIGH_NOON, MODE_OVERCAST, MODE_OFFICE, MODE_FULL_MOON };
static const double k_calibration = 12.5; /* K of a reflected-light meter */

typedef struct exposure_params {
    uint32_t mode;
    double ev, compensation_ev, key;
} exposure_params;

#define AT(member)                                                                                           \
    .offset = offsetof(exposure_params, member), .size = sizeof(((exposure_params *)0)->member),             \
    .flags = ORR_PARAM_CPU
static const orr_param_row k_params[] = {
    {.name = "mode",
     .doc =
         "where the EV comes from: the camera's settings, the number `ev`, a named scenario; none = factor 1",
     .type = ORR_PARAM_ENUM,
     .choices = "none|manual|camera|high_noon|overcast|office|full_moon",
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
     .used_when = "mode=manual|camera|high_noon|overcast|office|full_moon",
     AT(compensation_ev)},
    {.name = "key",
     .doc = "reflectance in percent that a metered average is brought to",
     .type = ORR_PARAM_F64,
     .def = "18",
     .min = "0.1",
     .max = "100",
     .interp = ORR_INTERP_LOG,
     .used_when = "mode=manual|camera|high_noon|overcast|office|full_moon",
     AT(key)},
};

static orr_status refuse(orr_error *err, const char *what, double value) {
    if (err) {
        memset(err, 0, sizeof *err);
        err->code = ORR_E_OUT_OF_RANGE;
        err->severity = ORR_SEVERITY_RECOVERABLE;
        snprintf(err->message, sizeof err->message, "the camera's %s is %g: it must be above 0 and finite",
                 what, value);
    }
    return ORR_E_OUT_OF_RANGE;
}

static orr_status camera_ev(const orr_expose_in *in, double *ev100, orr_error *err) {
    if (!(in->aperture_f > 0) || !isfinite(in->aperture_f)) return refuse(err, "f-number", in->aperture_f);
    if (!(in->shutter_s > 0) || !isfinite(in->shutter_s)) return refuse(err, "shutter time", in->shutter_s);
    if (!(in->iso > 0) || !isfinite(in->iso)) return refuse(err, "ISO", in->iso);
    *ev100 = log2(in->aperture_f * in->aperture_f / in->shutter_s) - log2(in->iso / 100);
    return ORR_OK;
}

static orr_status expose(const void *instance, const void *params, const orr_expose_in *in,
                         orr_expose_out *out, orr_error *err) {
    const exposure_params *p = params;
    (void)instance;
    switch (p->mode) {
    case MODE_NONE: /* the EV at which the formula gives 1 */
        out->ev100 = log2(p->key / k_calibration);
        out->exposure = 1;
        return ORR_OK;
    case MODE_CAMERA: {
        orr_status status = camera_ev(in, &out->ev100, err);
        if (status) return status;
        break;
    }
    /* Named camera presets (docs of the project's light page): settings as a photographer would choose them,
     * not meterings. */
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
    out->exposure = p->key / k_calibration * exp2(p->compensation_ev - out->ev100);
    return ORR_OK;
}

ORR_MODULE_EXPORT const orr_module_desc orr_module_v1 = {
    .struct_size = sizeof(orr_module_desc),
    .abi_major = ORR_ABI_MAJOR,
    .abi_minor = ORR_ABI_MINOR,
    .name = "exposure",
    .version = "1.0.0",
    .doc = "how much light the camera takes in: from its f-number, shutter and ISO, or a stated EV",
    .role = "exposure",
    .params = k_params,
    .param_count = sizeof k_params / sizeof k_params[0],
    .param_stride = sizeof k_params[0],
    .params_size = sizeof(exposure_params),
    .expose = expose,
};
