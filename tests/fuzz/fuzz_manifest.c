/* libFuzzer target: bytes as a module's manifest. Whatever is accepted must be whole: names that are there,
 * lists as long as they say. */
#include <stdlib.h>
#include <string.h>

#include "script/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    orr_arena arena = {0};
    orr_module_desc module;
    orr_error err = {0};
    size_t length = 0;
    orr_status status = orr_manifest_read((const char *)data, size, "fuzz.lua", &arena, &module, &err);
    if (status != ORR_OK) {
        if (!err.message[0]) abort();
    } else {
        length += strlen(module.name) + strlen(module.doc) + strlen(module.version);
        for (uint32_t i = 0; i < module.param_count; i++)
            length += strlen(module.params[i].name) + strlen(module.params[i].doc);
        for (uint32_t i = 0; i < module.pass_count; i++)
            for (uint32_t k = 0; k < module.passes[i].bind_count; k++)
                length +=
                    strlen(module.passes[i].binds[k].channel) + strlen(module.passes[i].binds[k].access);
        for (uint32_t i = 0; i < module.product_count; i++) length += strlen(module.products[i].shader);
        if (length > size * 4 + 64) abort();
    }
    orr_arena_free(&arena);
    return 0;
}
