/* Images in memory, and their files: PNG, EXR, HDR, JPEG in; PNG and EXR out.
 *
 * Every decoder works from a memory buffer, is bounded by orr_image_limits, and reports the byte offset where
 * it can. Pixels are row-major from the top left, channels interleaved, rows tightly packed. */
#ifndef ORR_IMAGE_IMAGE_H
#define ORR_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef enum orr_pixel_type {
    ORR_PIXEL_U8,
    ORR_PIXEL_U16,
    ORR_PIXEL_F16,
    ORR_PIXEL_F32,
    ORR_PIXEL_U32
} orr_pixel_type;

/* Owner frees with orr_image_free. Plain data otherwise; immutable images may be read by any thread. */
typedef struct orr_image {
    uint32_t width, height, channels;
    orr_pixel_type type;
    bool srgb; /* u8/u16 values are sRGB-encoded; linear Rec.709 otherwise */
    void *pixels;
    size_t size_bytes;
} orr_image;

typedef struct orr_image_limits {
    uint32_t max_side;  /* 0 = 16384 */
    uint64_t max_bytes; /* of decoded pixels; 0 = 1 GiB */
} orr_image_limits;

size_t orr_pixel_bytes(orr_pixel_type type);
ORR_MUST_CHECK orr_status orr_image_create(uint32_t width, uint32_t height, uint32_t channels,
                                           orr_pixel_type type, orr_image *out, orr_error *err);
void orr_image_free(orr_image *image);
/* Converts to float32 linear, `channels` 1-4: sRGB decoded, integers scaled to 0..1, grey replicated, missing
 * alpha 1. */
ORR_MUST_CHECK orr_status orr_image_to_f32(const orr_image *image, uint32_t channels, orr_image *out,
                                           orr_error *err);
uint16_t orr_f32_to_f16(float value); /* round to nearest even; as packHalf2x16 */
float orr_f16_to_f32(uint16_t value);

/* Decodes PNG, JPEG, HDR or EXR by its first bytes. `name` is for messages alone. `channels` 0 keeps the
 * file's own count, 1-4 converts (u8 only). PNG gives u8 or u16, JPEG u8, HDR f32 x3, EXR f16/f32 of
 * R,G,B,(A) or Y. */
ORR_MUST_CHECK orr_status orr_image_decode(const void *data, size_t size, const char *name, uint32_t channels,
                                           const orr_image_limits *limits, orr_image *out, orr_error *err);

/* PNG of 1-4 channels of u8 or u16 into malloc'd memory. `level` 0-9 (1 is the default with the SUB filter:
 * docs/performance.md). No timestamp, so that equal pixels give equal bytes. sRGB chunk iff image->srgb. */
typedef struct orr_png_params {
    int level;                     /* 0 = 1; -1 = stored */
    const char *const *text_pairs; /* keyword, value, keyword, value, …, NULL: tEXt chunks */
} orr_png_params;
ORR_MUST_CHECK orr_status orr_png_encode(const orr_image *image, const orr_png_params *params, uint8_t **data,
                                         size_t *size, orr_error *err);

#endif
