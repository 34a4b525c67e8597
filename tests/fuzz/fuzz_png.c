/* The PNG decoder, for every number of channels. Limits are small, so that the fuzzer spends its time on
 * parsing. */
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const orr_image_limits limits = {.max_side = 512, .max_bytes = 1u << 20};
    orr_image image;
    if (size < 8 || memcmp(data, "\x89PNG\r\n\x1a\n", 8) != 0) return 0;
    if (orr_image_decode(data, size, "fuzz.png", (uint32_t)(size % 5), &limits, &image, NULL) == ORR_OK)
        orr_image_free(&image);
    return 0;
}
