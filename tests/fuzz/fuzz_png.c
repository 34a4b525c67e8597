/* The PNG decoder, for every number of channels. Limits are small, so that the fuzzer spends its time on
 * parsing; and the chunks' checksums are put right, or nothing would get past them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fix_checksums(uint8_t *data, size_t size) {
    for (size_t at = 8; size - at >= 12;) {
        size_t length =
            (size_t)data[at] << 24 | (size_t)data[at + 1] << 16 | (size_t)data[at + 2] << 8 | data[at + 3];
        if (length > size - at - 12) return;
        uint32_t crc = (uint32_t)crc32(0, data + at + 4, (uInt)length + 4);
        at += 8 + length;
        for (int i = 0; i < 4; i++) data[at++] = (uint8_t)(crc >> (24 - 8 * i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const orr_image_limits limits = {.max_side = 512, .max_bytes = 1u << 20};
    orr_image image;
    if (size < 8 || memcmp(data, "\x89PNG\r\n\x1a\n", 8) != 0) return 0;
    uint8_t *copy = malloc(size);
    memcpy(copy, data, size);
    fix_checksums(copy, size);
    if (orr_image_decode(copy, size, "fuzz.png", (uint32_t)(size % 5), &limits, &image, NULL) == ORR_OK)
        orr_image_free(&image);
    free(copy);
    return 0;
}
