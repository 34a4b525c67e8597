/* The Radiance HDR and JPEG decoders. Limits are small, so that the fuzzer spends its time on parsing. */
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const orr_image_limits limits = {.max_side = 512, .max_bytes = 1u << 20};
    orr_image image, linear;
    if (size == 0 || (data[0] != '#' && data[0] != 0xff)) return 0;
    if (orr_image_decode(data, size, "fuzz", (uint32_t)(size % 5), &limits, &image, NULL) != ORR_OK) return 0;
    if (orr_image_to_f32(&image, 3, &linear, NULL) == ORR_OK) orr_image_free(&linear);
    orr_image_free(&image);
    return 0;
}
