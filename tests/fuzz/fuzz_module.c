/* libFuzzer target: modules of a bundle, as the process that read their manifests may send them. What the
 * registry takes has to be one that settings can be made of. */
#include <stdlib.h>

#include "host/modules.h"
#include "script/remote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const orr_modules_params params = {0};
    orr_modules *modules = NULL;
    orr_settings *settings = NULL;
    orr_arena arena = {0};
    orr_module_desc module;
    orr_error err = {0};
    if (orr_modules_create(&params, &modules, NULL)) abort();
    orr_wire_reader reader = {.data = data, .size = size, .arena = &arena};
    orr_module_get(&reader, &module);
    if (orr_wire_end(&reader, &err) != ORR_OK) {
        if (!err.message[0]) abort();
        orr_arena_free(&arena);
    } else if (orr_modules_add_descriptor(modules, &module, "bundle:/modules/x", &arena, &err) == ORR_OK) {
        orr_text text = {0};
        if (orr_settings_create(modules, &settings, NULL)) abort();
        orr_param_block_glsl(&orr_modules_get(modules, 0)->table, 0, &text);
        orr_text_free(&text);
        orr_settings_destroy(&settings);
    } else if (!err.message[0]) {
        abort();
    }
    orr_modules_destroy(&modules);
    return 0;
}
