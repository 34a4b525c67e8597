#include "image/image_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define DEFAULT_MAX_SIDE  16384u
#define DEFAULT_MAX_BYTES (UINT64_C(1) << 30)

size_t orr_pixel_bytes(orr_pixel_type type) {
    switch (type) {
    case ORR_PIXEL_U8:
        return 1;
    case ORR_PIXEL_U16:
    case ORR_PIXEL_F16:
        return 2;
    case ORR_PIXEL_F32:
    case ORR_PIXEL_U32:
        return 4;
    }
    return 0;
}

orr_status orr_image_check_size(const char *name, uint64_t width, uint64_t height, uint64_t bytes_per_pixel,
                                const orr_image_limits *limits, orr_error *err) {
    uint64_t max_side = limits != NULL && limits->max_side != 0 ? limits->max_side : DEFAULT_MAX_SIDE;
    uint64_t max_bytes = limits != NULL && limits->max_bytes != 0 ? limits->max_bytes : DEFAULT_MAX_BYTES;
    if (width == 0 || height == 0)
        return orr_fail(err, ORR_E_BAD_DATA, name, "the image is %llux%llu pixels; it needs at least one",
                        (unsigned long long)width, (unsigned long long)height);
    if (width > max_side || height > max_side)
        return orr_fail(err, ORR_E_LIMIT, name,
                        "the image is %llux%llu pixels; at most %llu a side are accepted: scale it down",
                        (unsigned long long)width, (unsigned long long)height, (unsigned long long)max_side);
    /* Both sides fit 32 bits here and a pixel is far below 2^16 bytes: only the last product can pass 64
     * bits. */
    uint64_t pixels = width * height;
    if (bytes_per_pixel == 0 || pixels > max_bytes / bytes_per_pixel)
        return orr_fail(err, ORR_E_LIMIT, name,
                        "the image takes %llu bytes a pixel at %llux%llu, more than the %llu bytes accepted",
                        (unsigned long long)bytes_per_pixel, (unsigned long long)width,
                        (unsigned long long)height, (unsigned long long)max_bytes);
    return ORR_OK;
}

orr_status orr_image_create(uint32_t width, uint32_t height, uint32_t channels, orr_pixel_type type,
                            orr_image *out, orr_error *err) {
    size_t pixel_bytes = orr_pixel_bytes(type);
    if (width == 0 || height == 0 || channels == 0 || channels > 65535 || pixel_bytes == 0)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "cannot create an image of %ux%u pixels with %u channels",
                        width, height, channels);
    uint64_t pixels = (uint64_t)width * height;
    if (pixels > SIZE_MAX / (channels * pixel_bytes))
        return orr_fail(err, ORR_E_LIMIT, NULL, "an image of %ux%u pixels with %u channels passes the memory",
                        width, height, channels);
    void *memory = orr_calloc((size_t)pixels, channels * pixel_bytes);
    if (memory == NULL)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for an image of %ux%u pixels with %u channels",
                        width, height, channels);
    *out = (orr_image){.width = width,
                       .height = height,
                       .channels = channels,
                       .type = type,
                       .pixels = memory,
                       .size_bytes = (size_t)pixels * channels * pixel_bytes};
    return ORR_OK;
}

void orr_image_free(orr_image *image) {
    free(image->pixels);
    *image = (orr_image){0};
}

static bool starts_with(const uint8_t *data, size_t size, const char *magic, size_t length) {
    return size >= length && memcmp(data, magic, length) == 0;
}

static orr_status decode_by_magic(const uint8_t *data, size_t size, const char *name, uint32_t channels,
                                  const orr_image_limits *limits, orr_image *out, orr_error *err) {
    if (starts_with(data, size, "\x89PNG\r\n\x1a\n", 8))
        return orr_png_decode(data, size, name, channels, limits, out, err);
    if (starts_with(data, size, "\xff\xd8\xff", 3))
        return orr_jpeg_decode(data, size, name, channels, limits, out, err);
    if (starts_with(data, size, "\x76\x2f\x31\x01", 4))
        return orr_exr_decode_colour(data, size, name, limits, out, err);
    if (starts_with(data, size, "#?RADIANCE", 10) || starts_with(data, size, "#?RGBE", 6))
        return orr_hdr_decode(data, size, name, limits, out, err);
    if (size == 0) return orr_fail(err, ORR_E_TRUNCATED, name, "the file is empty");
    return orr_fail(err, ORR_E_UNSUPPORTED, name,
                    "byte 0: not an image that Orrery reads; it must be PNG, JPEG, Radiance HDR or OpenEXR");
}

orr_status orr_image_decode(const void *data, size_t size, const char *name, uint32_t channels,
                            const orr_image_limits *limits, orr_image *out, orr_error *err) {
    if (channels > 4)
        return orr_fail(err, ORR_E_ARGUMENT, name,
                        "an image is decoded to 1-4 channels, or 0 for its own; not %u", channels);
    orr_image image;
    orr_status status = decode_by_magic(data, size, name, channels, limits, &image, err);
    if (status != ORR_OK) return status;
    if (channels != 0 && channels != image.channels) {
        status = orr_image_set_channels(&image, channels, err);
        if (status != ORR_OK) {
            orr_image_free(&image);
            return status;
        }
    }
    *out = image;
    return ORR_OK;
}
