/* What is captured, how far it lies from its golden, how far it may. */
#include "check/judge.h"

#include <math.h>
#include <string.h>

#include "image/compare.h"
#include "image/region.h"

/* --- capturing ------------------------------------------------------------------------------------- */

static uint16_t half_of(float value) {
    return orr_f32_to_f16(value > 65504.0f ? 65504.0f : value); /* finite, as EXR files of renders are */
}

static void take_components(const orr_frame_output *output, size_t from_channels, orr_image *out) {
    const size_t count = (size_t)out->width * out->height, bytes = orr_pixel_bytes(out->type);
    const bool round = out->type == ORR_PIXEL_F16 && output->size_bytes / count == from_channels * 4;
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < out->channels; c++) {
            void *to = (uint8_t *)out->pixels + (i * out->channels + c) * bytes;
            if (round)
                *(uint16_t *)to = half_of(((const float *)output->pixels)[i * from_channels + c]);
            else
                memcpy(to, (const uint8_t *)output->pixels + (i * from_channels + c) * bytes, bytes);
        }
}

orr_status orr_check_capture(orr_check_aov aov, const orr_frame_output *output, orr_image *out,
                             orr_error *err) {
    static const struct {
        orr_pixel_type type;
        uint32_t channels, stored;
    } shapes[ORR_CHECK_AOV_COUNT] = {
        [ORR_CHECK_Z] = {ORR_PIXEL_F32, 1, 1},      [ORR_CHECK_N] = {ORR_PIXEL_F16, 3, 4},
        [ORR_CHECK_ALBEDO] = {ORR_PIXEL_F16, 3, 4}, [ORR_CHECK_ID] = {ORR_PIXEL_U32, 2, 2},
        [ORR_CHECK_BEAUTY] = {ORR_PIXEL_F16, 4, 4}, [ORR_CHECK_DISPLAY] = {ORR_PIXEL_U8, 3, 4}};
    orr_status status =
        orr_image_create(output->width, output->height, shapes[aov].channels, shapes[aov].type, out, err);
    if (status != ORR_OK) return status;
    const size_t count = (size_t)output->width * output->height, stored = shapes[aov].stored;
    const size_t bytes = output->size_bytes / (count * stored), own = orr_pixel_bytes(shapes[aov].type);
    if (bytes != own && !(bytes == 4 && own == 2)) {
        orr_image_free(out);
        return orr_fail(err, ORR_E_INTERNAL, NULL, "the channel '%s' came back in an unforeseen format",
                        output->channel);
    }
    out->srgb = aov == ORR_CHECK_DISPLAY;
    take_components(output, stored, out);
    return ORR_OK;
}

orr_status orr_check_as_float(orr_check_aov aov, const orr_image *captured, double exposure, orr_image *out,
                              orr_error *err) {
    if (captured->type != ORR_PIXEL_F16) return orr_image_crop(captured, NULL, out, err);
    orr_status status =
        orr_image_create(captured->width, captured->height, captured->channels, ORR_PIXEL_F32, out, err);
    if (status != ORR_OK) return status;
    const double scale = aov == ORR_CHECK_BEAUTY && exposure > 0 ? 1 / exposure : 1;
    const size_t count = (size_t)captured->width * captured->height * captured->channels;
    for (size_t i = 0; i < count; i++) {
        const double value = (double)orr_f16_to_f32(((const uint16_t *)captured->pixels)[i]);
        const bool alpha = captured->channels == 4 && i % 4 == 3;
        ((float *)out->pixels)[i] = (float)(alpha ? value : value * scale);
    }
    return ORR_OK;
}

static const orr_frame_output *output_of(const orr_frame_result *result, orr_check_aov aov) {
    for (uint32_t i = 0; i < result->output_count; i++)
        if (!strcmp(result->outputs[i].channel, orr_check_aov_channel(aov))) return &result->outputs[i];
    return NULL;
}

orr_status orr_check_capture_all(const orr_frame_result *result, const bool aovs[ORR_CHECK_AOV_COUNT],
                                 orr_image images[ORR_CHECK_AOV_COUNT], orr_error *err) {
    orr_status status = ORR_OK;
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT && status == ORR_OK; aov++) {
        if (!aovs[aov]) continue;
        const orr_frame_output *output = output_of(result, (orr_check_aov)aov);
        if (!output)
            return orr_fail(err, ORR_E_INTERNAL, NULL, "the channel '%s' was not read back",
                            orr_check_aov_channel((orr_check_aov)aov));
        status = orr_check_capture((orr_check_aov)aov, output, &images[aov], err);
    }
    return status;
}

orr_status orr_check_frame_make(const orr_frame_result *result, double t_s,
                                const orr_image images[ORR_CHECK_AOV_COUNT], orr_check_frame *out,
                                orr_error *err) {
    *out = (orr_check_frame){
        .frame = result->frame, .t_s = t_s, .exposure = result->exposure, .ev100 = result->ev100};
    orr_status status = ORR_OK;
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT && status == ORR_OK; aov++) {
        if (!images[aov].pixels) continue;
        out->width = images[aov].width;
        out->height = images[aov].height;
        status =
            orr_check_as_float((orr_check_aov)aov, &images[aov], result->exposure, &out->images[aov], err);
    }
    return status;
}

/* --- measuring -------------------------------------------------------------------------------------- */

static double component(const orr_image *image, size_t i) {
    switch (image->type) {
    case ORR_PIXEL_U32:
        return ((const uint32_t *)image->pixels)[i];
    case ORR_PIXEL_F16:
        return (double)orr_f16_to_f32(((const uint16_t *)image->pixels)[i]);
    default:
        return (double)((const float *)image->pixels)[i];
    }
}

/* Largest difference of Z, N and ids, and where: 1 for an id, the relative distance for the others. */
static void plain_distance(const orr_image *a, const orr_image *b, double *max, float *map) {
    const size_t count = (size_t)a->width * a->height;
    *max = 0;
    for (size_t i = 0; i < count; i++) {
        double here = 0, size = 1e-6;
        for (uint32_t c = 0; c < a->channels; c++) {
            const double x = component(a, i * a->channels + c), y = component(b, i * a->channels + c);
            double d = fabs(x - y);
            if (!(d < INFINITY)) d = memcmp(&x, &y, sizeof x) ? INFINITY : 0; /* a NaN equals itself alone */
            here = fmax(here, d);
            size = fmax(size, fmax(fabs(x), fabs(y)));
        }
        *max = fmax(*max, here);
        if (map)
            map[i] = here == 0                  ? 0
                     : a->type == ORR_PIXEL_U32 ? 1
                     : !(here < INFINITY)       ? 1
                                                : (float)(0.2 + 0.8 * fmin(here / size, 1));
    }
}

static orr_status measure_plain(const orr_image *reference, const orr_image *test, orr_check_metrics *out,
                                orr_image *heat, orr_error *err) {
    orr_image map = {0};
    orr_status status = ORR_OK;
    if (heat) status = orr_image_create(test->width, test->height, 1, ORR_PIXEL_F32, &map, err);
    if (status == ORR_OK) plain_distance(reference, test, &out->max, map.pixels);
    if (status == ORR_OK && heat) status = orr_heat_map(&map, heat, err);
    orr_image_free(&map);
    return status;
}

/* FLIP hardly shows what the eye hardly sees; a heat map has to. */
static void show_all(const orr_image *a, const orr_image *b, orr_image *map) {
    const size_t count = (size_t)a->width * a->height, bytes = a->channels * orr_pixel_bytes(a->type);
    float *heat = map->pixels;
    for (size_t i = 0; i < count; i++)
        if (memcmp((const uint8_t *)a->pixels + i * bytes, (const uint8_t *)b->pixels + i * bytes, bytes) !=
            0)
            heat[i] = fmaxf(heat[i], 0.2f);
}

static orr_status measure_picture(orr_check_aov aov, const orr_image *reference, const orr_image *test,
                                  orr_check_metrics *out, orr_image *heat, orr_error *err) {
    orr_compare_result result = {0};
    const orr_compare_params params = {.range = aov == ORR_CHECK_BEAUTY ? ORR_COMPARE_HDR : ORR_COMPARE_LDR,
                                       .keep_map = heat != NULL};
    orr_status status = orr_compare(reference, test, &params, &result, err);
    if (status == ORR_OK && heat) {
        show_all(reference, test, &result.flip_map);
        status = orr_heat_map(&result.flip_map, heat, err);
    }
    out->max = result.max;
    out->flip = result.flip;
    out->psnr_db = result.psnr_db;
    out->ssim = result.ssim;
    orr_compare_result_free(&result);
    return status;
}

static bool is_picture(orr_check_aov aov) {
    return aov == ORR_CHECK_DISPLAY || aov == ORR_CHECK_BEAUTY || aov == ORR_CHECK_ALBEDO;
}

orr_status orr_check_measure(orr_check_aov aov, const orr_image *reference, const orr_image *test,
                             orr_check_metrics *out, orr_image *heat, orr_error *err) {
    orr_ulps ulps = {0};
    *out = (orr_check_metrics){NAN, NAN, NAN, NAN, NAN, NAN};
    orr_status status = orr_image_ulps(reference, test, &ulps, err);
    if (status != ORR_OK) return status;
    out->ulp = (double)ulps.max;
    out->differing = ulps.differing_share;
    if (ulps.differing_share > 0)
        return is_picture(aov) ? measure_picture(aov, reference, test, out, heat, err)
                               : measure_plain(reference, test, out, heat, err);
    out->max = 0; /* equal, which is the rule: nothing needs to be computed */
    if (!is_picture(aov)) return ORR_OK;
    out->flip = 0;
    out->psnr_db = INFINITY;
    out->ssim = 1;
    return ORR_OK;
}

static double larger(double a, double b) {
    return isnan(a) ? b : isnan(b) ? a : fmax(a, b);
}
static double smaller(double a, double b) {
    return isnan(a) ? b : isnan(b) ? a : fmin(a, b);
}

void orr_check_worse(orr_check_metrics *worst, const orr_check_metrics *other) {
    worst->max = larger(worst->max, other->max);
    worst->flip = larger(worst->flip, other->flip);
    worst->psnr_db = smaller(worst->psnr_db, other->psnr_db);
    worst->ssim = smaller(worst->ssim, other->ssim);
    worst->ulp = larger(worst->ulp, other->ulp);
    worst->differing = larger(worst->differing, other->differing);
}

/* --- the rule ----------------------------------------------------------------------------------------- */

/* What was measured for this device (`*own`), or else the worst of its tier; false when nothing was. */
static bool find_measured(const orr_golden *golden, const orr_golden_device *device, orr_check_aov aov,
                          orr_check_metrics *out, const char **of, bool *own) {
    bool found = false;
    for (int pass = 0; pass < 2 && !found; pass++)
        for (uint32_t i = 0; i < golden->measured_count; i++) {
            const orr_golden_measured *m = &golden->measured[i];
            bool fits = pass == 0 ? orr_golden_same_numbers(&m->device, device)
                                  : !strcmp(m->device.tier, device->tier);
            if (!fits || !m->given[aov]) continue;
            if (found)
                orr_check_worse(out, &m->aovs[aov]);
            else
                *out = m->aovs[aov];
            *of = pass == 0 ? m->device.name : device->tier;
            *own = pass == 0;
            found = true;
        }
    return found;
}

/* An upper bound made as wide as what was measured. */
static void widen(double *bound, double measured) {
    if (*bound >= 0 && !isnan(measured)) *bound = fmax(*bound, measured);
}
static void widen_down(double *bound, double measured) {
    if (*bound >= 0 && !isnan(measured)) *bound = fmin(*bound, measured);
}

/* Where the script asks for equality, another device is held to what tells most of the AOV. */
static void bounds_of(orr_check_aov aov, const orr_check_metrics *m, orr_check_tolerance *bounds) {
    bounds->given = true;
    if (is_picture(aov) && !isnan(m->flip)) bounds->flip = m->flip;
    if (aov != ORR_CHECK_ID && !isnan(m->max)) bounds->max = m->max;
    if (!is_picture(aov) && !isnan(m->differing)) bounds->differing = m->differing;
    bounds->given = bounds->flip >= 0 || bounds->max >= 0 || bounds->differing >= 0;
}

static void say_bounds(const orr_check_tolerance *b, const char *of, char *out, size_t size) {
    const struct {
        const char *name;
        double value;
        bool least;
    } rows[] = {{"flip", b->flip, false}, {"max", b->max, false}, {"psnr", b->psnr_db, true},
                {"ssim", b->ssim, true},  {"ulp", b->ulp, false}, {"differing", b->differing, false}};
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!(rows[i].value >= 0)) continue;
        orr_format(out + used, size - used, "%s%s %s %.6g", used ? ", " : "", rows[i].name,
                   rows[i].least ? ">=" : "<=", rows[i].value);
        used = strlen(out);
    }
    if (!used) orr_format(out, size, "exact");
    used = strlen(out);
    if (of) orr_format(out + used, size - used, " (measured on %s)", of);
}

void orr_check_rule_make(const orr_golden *golden, const orr_golden_device *device, orr_check_aov aov,
                         const orr_check_tolerance *tolerance, orr_check_rule *out) {
    static const orr_check_tolerance none = {
        .flip = -1, .max = -1, .psnr_db = -1, .ssim = -1, .ulp = -1, .differing = -1};
    const char *of = NULL;
    orr_check_metrics measured;
    *out =
        (orr_check_rule){.bounds = tolerance->given && !tolerance->exact ? *tolerance : none, .known = true};
    if (!orr_golden_same_numbers(&golden->device, device) && !tolerance->exact) {
        bool own = false, found = find_measured(golden, device, aov, &measured, &of, &own);
        if (found && tolerance->given) {
            widen(&out->bounds.flip, measured.flip);
            widen(&out->bounds.max, measured.max);
            widen(&out->bounds.ulp, measured.ulp);
            widen(&out->bounds.differing, measured.differing);
            widen_down(&out->bounds.psnr_db, measured.psnr_db);
            widen_down(&out->bounds.ssim, measured.ssim);
        } else if (found) {
            bounds_of(aov, &measured, &out->bounds);
        }
        out->known = own;
    }
    say_bounds(&out->bounds, of, out->words, sizeof out->words);
}

/* --- the verdict --------------------------------------------------------------------------------------- */

static void say_breach(orr_text *out, const char *name, double value, double bound, bool least) {
    if (!(bound >= 0)) return;
    if (least ? value >= bound : value <= bound) return; /* NaN breaks every bound */
    orr_text_printf(out, "%s%s %.6g %s %.6g", out->length ? ", " : "", name, value, least ? "<" : ">", bound);
}

static const char *keep(orr_arena *arena, const char *text) {
    const char *copy = orr_arena_strdup(arena, text);
    return copy ? copy : "";
}

void orr_check_judge(const orr_check_rule *rule, const orr_check_metrics *m, orr_arena *arena,
                     orr_check_image *image) {
    const orr_check_tolerance *b = &rule->bounds;
    const bool exact =
        b->flip < 0 && b->max < 0 && b->psnr_db < 0 && b->ssim < 0 && b->ulp < 0 && b->differing < 0;
    orr_text reason = {0};
    image->max = m->max;
    image->flip = m->flip;
    image->psnr_db = m->psnr_db;
    image->ssim = m->ssim;
    image->ulp = m->ulp;
    image->differing = m->differing;
    image->rule = keep(arena, rule->words);
    if (exact && m->differing > 0) {
        orr_text_printf(&reason, "%.3g %% of the pixels differ, by %.4g at most", m->differing * 100, m->max);
        if (!isnan(m->flip)) orr_text_printf(&reason, ", flip %.4g", m->flip);
    } else if (!exact && isinf(m->max)) { /* FLIP and SSIM see 0 there */
        orr_text_puts(&reason, "a NaN or infinity stands against a number");
    } else if (!exact) {
        say_breach(&reason, "flip", m->flip, b->flip, false);
        say_breach(&reason, "max", m->max, b->max, false);
        say_breach(&reason, "psnr", m->psnr_db, b->psnr_db, true);
        say_breach(&reason, "ssim", m->ssim, b->ssim, true);
        say_breach(&reason, "ulp", m->ulp, b->ulp, false);
        say_breach(&reason, "differing", m->differing, b->differing, false);
        const char *measured = strstr(rule->words, " (measured on ");
        if (reason.length && measured) orr_text_puts(&reason, measured);
    }
    if (reason.length && !rule->known)
        orr_text_puts(&reason,
                      "; the golden is of another device, and this one was not measured: `orrery check "
                      "--calibrate 3` here records how far it may lie");
    image->verdict = reason.length ? ORR_VERDICT_FAILED : ORR_VERDICT_PASSED;
    image->reason = keep(arena, orr_text_cstr(&reason));
    orr_text_free(&reason);
}
