/* What the decoders of engine/image share. Not for other folders. */
#ifndef ORR_IMAGE_INTERNAL_H
#define ORR_IMAGE_INTERNAL_H

#include "image/image.h"

/* Refuses zero-sized images and those past `limits` (NULL = the defaults) before anything is allocated. */
ORR_MUST_CHECK orr_status orr_image_check_size(const char *name, uint64_t width, uint64_t height,
                                               uint64_t bytes_per_pixel, const orr_image_limits *limits,
                                               orr_error *err);

/* Turns an image of 1-4 channels into one of `channels` in place: grey is replicated, colour becomes Rec.709
 * luma, a missing alpha is opaque. */
ORR_MUST_CHECK orr_status orr_image_set_channels(orr_image *image, uint32_t channels, orr_error *err);

/* The value 0..1 of every code of an integer type of `bits` 8 or 16, sRGB decoded or not. Caller frees; NULL:
 * no memory. */
float *orr_image_code_table(uint32_t bits, bool srgb);

/* One decoder each; all as orr_image_decode. `out` is untouched on failure. */
ORR_MUST_CHECK orr_status orr_png_decode(const uint8_t *data, size_t size, const char *name,
                                         uint32_t channels, const orr_image_limits *limits, orr_image *out,
                                         orr_error *err);
ORR_MUST_CHECK orr_status orr_jpeg_decode(const uint8_t *data, size_t size, const char *name,
                                          uint32_t channels, const orr_image_limits *limits, orr_image *out,
                                          orr_error *err);
ORR_MUST_CHECK orr_status orr_hdr_decode(const uint8_t *data, size_t size, const char *name,
                                         const orr_image_limits *limits, orr_image *out, orr_error *err);
ORR_MUST_CHECK orr_status orr_exr_decode_colour(const uint8_t *data, size_t size, const char *name,
                                                const orr_image_limits *limits, orr_image *out,
                                                orr_error *err);

#endif
