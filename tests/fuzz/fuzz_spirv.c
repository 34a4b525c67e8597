/* Fuzzes the SPIR-V reflector: nothing outside may make it read past a module, loop or overflow. */
#include <stdlib.h>
#include <string.h>

#include "gpu/glsl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint32_t *words = malloc(size + 4);
    if (words == NULL) return 0;
    memcpy(words, data, size);
    orr_glsl_member members[8];
    uint32_t bindings[4], count = 0;
    for (uint32_t binding = 0; binding < 4; binding++)
        if (orr_glsl_reflect_block(words, size, binding, members, 8, &count, NULL) != ORR_OK) break;
    (void)!orr_glsl_reflect_bindings(words, size, bindings, 4, &count, NULL);
    orr_glsl_spec specs[4];
    (void)!orr_glsl_reflect_specs(words, size, specs, 4, &count, NULL);
    free(words);
    return 0;
}
