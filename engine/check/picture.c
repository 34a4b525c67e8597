/* AOVs as pictures for the eye: what a report shows. */
#include <math.h>

#include "base/hash.h"
#include "check/judge.h"

static const double FAR_M = 1e9; /* where nothing is seen, Z is 1e10 */

static uint8_t encode(double linear) {
    double v = linear > 0 ? (linear < 1 ? linear : 1) : 0;
    v = v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
    return (uint8_t)(v * 255 + 0.5);
}

static uint8_t as_byte(double v) {
    return (uint8_t)((v > 0 ? (v < 1 ? v : 1) : 0) * 255 + 0.5);
}

static double half_at(const orr_image *image, size_t i) {
    double v = (double)orr_f16_to_f32(((const uint16_t *)image->pixels)[i]);
    return isfinite(v) ? v : 0;
}

/* Near is bright, far is dark, nothing is black. */
static void show_depth(const orr_image *image, size_t count, uint8_t *out) {
    const float *z = image->pixels;
    double near = INFINITY, far = -INFINITY;
    for (size_t i = 0; i < count; i++)
        if ((double)z[i] < FAR_M) near = fmin(near, (double)z[i]), far = fmax(far, (double)z[i]);
    for (size_t i = 0; i < count; i++) {
        double v = (double)z[i] < FAR_M ? 1 - 0.85 * ((double)z[i] - near) / fmax(far - near, 1e-9) : 0;
        out[i * 3] = out[i * 3 + 1] = out[i * 3 + 2] = as_byte(v);
    }
}

/* A colour of its own for each pair of object and material. */
static void show_ids(const orr_image *image, size_t count, uint8_t *out) {
    const uint32_t *ids = image->pixels;
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = ids[i * 2] || ids[i * 2 + 1] ? orr_hash64(&ids[i * 2], 8, 0) : 0;
        for (int c = 0; c < 3; c++)
            out[i * 3 + (size_t)c] = hash ? (uint8_t)(64 + (hash >> (c * 8)) % 192) : 0;
    }
}

static void show_half(orr_check_aov aov, const orr_image *image, size_t count, uint8_t *out) {
    for (size_t i = 0; i < count * 3; i++) {
        double v = half_at(image, i / 3 * image->channels + i % 3);
        out[i] = aov == ORR_CHECK_N        ? as_byte(v * 0.5 + 0.5)
                 : aov == ORR_CHECK_BEAUTY ? encode(v > 0 ? v / (1 + v) * 1.5 : 0)
                                           : encode(v);
    }
}

orr_status orr_check_picture(orr_check_aov aov, const orr_image *image, orr_image *out, orr_error *err) {
    orr_status status = orr_image_create(image->width, image->height, 3, ORR_PIXEL_U8, out, err);
    if (status != ORR_OK) return status;
    const size_t count = (size_t)image->width * image->height;
    out->srgb = true;
    switch (aov) {
    case ORR_CHECK_Z:
        show_depth(image, count, out->pixels);
        break;
    case ORR_CHECK_ID:
        show_ids(image, count, out->pixels);
        break;
    case ORR_CHECK_DISPLAY:
        for (size_t i = 0; i < count * 3; i++)
            ((uint8_t *)out->pixels)[i] = ((const uint8_t *)image->pixels)[i];
        break;
    default:
        show_half(aov, image, count, out->pixels);
    }
    return ORR_OK;
}
