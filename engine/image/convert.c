/* Conversions between pixel types and channel counts. */
#include "image/image_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/round.h"

uint16_t orr_f32_to_f16(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) /* NaN keeps the top of its payload, and stays a NaN */
        return (uint16_t)(sign | 0x7e00u | ((magnitude >> 13) & 0x1ffu));
    if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u); /* >= 65520 rounds to infinity */
    if (magnitude < 0x33000001u) return (uint16_t)sign;              /* <= 2^-25 rounds to zero */
    uint32_t mantissa, shift;
    if (magnitude < 0x38800000u) { /* becomes a denormal */
        shift = 126u - (magnitude >> 23);
        mantissa = (magnitude & 0x7fffffu) | 0x800000u;
    } else {
        shift = 13;
        mantissa = magnitude - 0x38000000u; /* exponent rebiased: a carry of the rounding runs into it */
    }
    uint32_t half = mantissa >> shift, rest = mantissa & ((1u << shift) - 1), tie = 1u << (shift - 1);
    if (rest > tie || (rest == tie && (half & 1u) != 0)) half++;
    return (uint16_t)(sign | half);
}

float orr_f16_to_f32(uint16_t value) {
    uint32_t sign = (uint32_t)(value & 0x8000u) << 16, exponent = (value >> 10) & 31u,
             mantissa = value & 0x3ffu;
    if (exponent == 0) { /* zero or denormal: mantissa * 2^-24 is exact */
        float magnitude = (float)mantissa * 0x1p-24f;
        return sign != 0 ? -magnitude : magnitude;
    }
    uint32_t bits = exponent == 31 ? sign | 0x7f800000u | (mantissa << 13)
                                   : sign | ((exponent + 112u) << 23) | (mantissa << 13);
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

float *orr_image_code_table(uint32_t bits, bool srgb) {
    uint32_t count = 1u << bits;
    float *table = orr_calloc(count, sizeof *table);
    if (table == NULL) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        double v = (double)i / (count - 1);
        table[i] = (float)(srgb ? orr_srgb_decode(v) : v);
    }
    return table;
}

typedef struct reader {
    const orr_image *image;
    const float *colour, *alpha; /* code tables of integer types; else NULL */
    int alpha_channel;           /* -1: none */
} reader;

static float read_value(const reader *in, size_t pixel, uint32_t channel) {
    const orr_image *image = in->image;
    size_t i = pixel * image->channels + channel;
    const float *table = (int)channel == in->alpha_channel ? in->alpha : in->colour;
    switch (image->type) {
    case ORR_PIXEL_U8:
        return table[((const uint8_t *)image->pixels)[i]];
    case ORR_PIXEL_U16:
        return table[((const uint16_t *)image->pixels)[i]];
    case ORR_PIXEL_F16:
        return orr_f16_to_f32(((const uint16_t *)image->pixels)[i]);
    case ORR_PIXEL_F32:
        return ((const float *)image->pixels)[i];
    case ORR_PIXEL_U32:
        return (float)(((const uint32_t *)image->pixels)[i] / 4294967295.0);
    }
    return 0;
}

/* One pixel of `from` channels (1-4) to `to` channels. */
static void map_channels(const float *in, uint32_t from, float *out, uint32_t to) {
    bool colour = from >= 3, has_alpha = from == 2 || from == 4;
    float alpha = has_alpha ? in[from - 1] : 1.0f;
    if (to >= 3) {
        for (uint32_t c = 0; c < 3; c++) out[c] = in[colour ? c : 0];
    } else {
        out[0] = colour ? 0.2126f * in[0] + 0.7152f * in[1] + 0.0722f * in[2] : in[0];
    }
    if (to == 2 || to == 4) out[to - 1] = alpha;
}

static orr_status check_channels(const orr_image *image, uint32_t channels, orr_error *err) {
    if (channels < 1 || channels > 4 || image->channels < 1 || image->channels > 4 || image->pixels == NULL)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "cannot convert an image of %u channels to %u; both must be 1-4", image->channels,
                        channels);
    return ORR_OK;
}

orr_status orr_image_to_f32(const orr_image *image, uint32_t channels, orr_image *out, orr_error *err) {
    orr_status status = check_channels(image, channels, err);
    if (status != ORR_OK) return status;
    orr_image result;
    status = orr_image_create(image->width, image->height, channels, ORR_PIXEL_F32, &result, err);
    if (status != ORR_OK) return status;
    bool integer = image->type == ORR_PIXEL_U8 || image->type == ORR_PIXEL_U16;
    uint32_t bits = image->type == ORR_PIXEL_U8 ? 8 : 16;
    float *colour = integer ? orr_image_code_table(bits, image->srgb) : NULL,
          *alpha = integer ? orr_image_code_table(bits, false) : NULL;
    if (integer && (colour == NULL || alpha == NULL)) {
        status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory to convert an image");
    } else {
        reader in = {image, colour, alpha,
                     image->channels == 2 || image->channels == 4 ? (int)image->channels - 1 : -1};
        float *to = result.pixels;
        size_t pixels = (size_t)image->width * image->height;
        for (size_t p = 0; p < pixels; p++) {
            float v[4];
            for (uint32_t c = 0; c < image->channels; c++) v[c] = read_value(&in, p, c);
            map_channels(v, image->channels, to + p * channels, channels);
        }
    }
    free(colour);
    free(alpha);
    if (status != ORR_OK)
        orr_image_free(&result);
    else
        *out = result;
    return status;
}

/* Integers and halves pass through float unharmed but for u32, whose low bits it would lose. */
static float load(const orr_image *image, size_t i) {
    switch (image->type) {
    case ORR_PIXEL_U8:
        return (float)((const uint8_t *)image->pixels)[i] / 255.0f;
    case ORR_PIXEL_U16:
        return (float)((const uint16_t *)image->pixels)[i] / 65535.0f;
    case ORR_PIXEL_F16:
        return orr_f16_to_f32(((const uint16_t *)image->pixels)[i]);
    default:
        return ((const float *)image->pixels)[i];
    }
}

static void store(orr_image *image, size_t i, float v) {
    switch (image->type) {
    case ORR_PIXEL_U8:
        ((uint8_t *)image->pixels)[i] = (uint8_t)(v * 255.0f + 0.5f);
        break;
    case ORR_PIXEL_U16:
        ((uint16_t *)image->pixels)[i] = (uint16_t)(v * 65535.0f + 0.5f);
        break;
    case ORR_PIXEL_F16:
        ((uint16_t *)image->pixels)[i] = orr_f32_to_f16(v);
        break;
    default:
        ((float *)image->pixels)[i] = v;
        break;
    }
}

orr_status orr_image_set_channels(orr_image *image, uint32_t channels, orr_error *err) {
    orr_status status = check_channels(image, channels, err);
    if (status != ORR_OK || channels == image->channels) return status;
    if (image->type == ORR_PIXEL_U32)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "channels of 32-bit integers cannot be converted");
    orr_image result;
    status = orr_image_create(image->width, image->height, channels, image->type, &result, err);
    if (status != ORR_OK) return status;
    result.srgb = image->srgb;
    size_t pixels = (size_t)image->width * image->height;
    for (size_t p = 0; p < pixels; p++) {
        float in[4], out[4];
        for (uint32_t c = 0; c < image->channels; c++) in[c] = load(image, p * image->channels + c);
        map_channels(in, image->channels, out, channels);
        for (uint32_t c = 0; c < channels; c++) store(&result, p * channels + c, out[c]);
    }
    orr_image_free(image);
    *image = result;
    return ORR_OK;
}
