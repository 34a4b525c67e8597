/* The EXR reader, all channels and the colour path. Limits are small, so that the fuzzer spends its time on
 * parsing. */
#include <stddef.h>
#include <stdint.h>

#include "image/exr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const orr_image_limits limits = {.max_side = 512, .max_bytes = 1u << 20};
    orr_exr_image exr;
    orr_image image;
    const orr_exr_read_params params = {.limits = &limits};
    if (orr_exr_decode(data, size, "fuzz.exr", &params, &exr, NULL) != ORR_OK) return 0;
    orr_exr_free(&exr);
    if (orr_image_decode(data, size, "fuzz.exr", 0, &limits, &image, NULL) == ORR_OK) orr_image_free(&image);
    return 0;
}
