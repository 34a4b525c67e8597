/* JPEG through stb_image. Only this file compiles it; its own warnings are silenced by the build. */
#include "image/image_internal.h"

#include <stdlib.h>
#include <string.h>

#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

/* stb_image fills what is missing with grey. So walk the markers first: true when an EOI ends the image.
 * `*at` is where the walk stopped. */
static bool find_end(const uint8_t *data, size_t size, size_t *at) {
    size_t i = 2; /* past SOI */
    for (;;) {
        const uint8_t *found = i < size ? memchr(data + i, 0xff, size - i) : NULL;
        *at = found == NULL ? size : (size_t)(found - data);
        if (found == NULL || size - *at < 2) return false;
        uint8_t marker = found[1];
        i = *at + (marker == 0xff ? 1 : 2); /* fill bytes repeat ff */
        if (marker == 0xd9) return true;
        bool bare = marker == 0x00 || marker == 0x01 || marker == 0xff || (marker >= 0xd0 && marker <= 0xd8);
        if (bare) continue;
        if (size - i < 2) return false;
        size_t length = (size_t)data[i] << 8 | data[i + 1];
        if (length < 2 || length > size - i) return false;
        i += length;
    }
}

orr_status orr_jpeg_decode(const uint8_t *data, size_t size, const char *name, const orr_image_limits *limits,
                           orr_image *out, orr_error *err) {
    size_t at;
    if (size > INT32_MAX)
        return orr_fail(err, ORR_E_LIMIT, name, "the JPEG has %zu bytes; at most 2 GiB are accepted", size);
    if (!find_end(data, size, &at))
        return orr_fail(err, ORR_E_TRUNCATED, name, "byte %zu: the JPEG ends early: no end marker", at);
    int width, height, channels;
    if (!stbi_info_from_memory(data, (int)size, &width, &height, &channels))
        return orr_fail(err, ORR_E_BAD_DATA, name, "damaged JPEG: %s", stbi_failure_reason());
    orr_status status = orr_image_check_size(name, (uint64_t)width, (uint64_t)height, 4, limits, err);
    if (status != ORR_OK) return status;
    uint8_t *pixels = stbi_load_from_memory(data, (int)size, &width, &height, &channels, channels);
    if (pixels == NULL) {
        const char *reason = stbi_failure_reason();
        return orr_fail(err, strcmp(reason, "outofmem") == 0 ? ORR_E_MEMORY : ORR_E_BAD_DATA, name,
                        "damaged JPEG: %s", reason);
    }
    *out = (orr_image){.width = (uint32_t)width,
                       .height = (uint32_t)height,
                       .channels = (uint32_t)channels,
                       .type = ORR_PIXEL_U8,
                       .srgb = true,
                       .pixels = pixels,
                       .size_bytes = (size_t)width * (size_t)height * (size_t)channels};
    return ORR_OK;
}
