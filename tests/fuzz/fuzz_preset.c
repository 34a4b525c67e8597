/* libFuzzer target: bytes as a preset over two modules, and every value that got in has to be one its row
 * allows. */
#include <stdlib.h>
#include <string.h>

#include "host/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const orr_param_row k_rows[] = {
    {.name = "on", .doc = "d", .type = ORR_PARAM_BOOL, .def = "true"},
    {.name = "count",
     .doc = "d",
     .aliases = "n|number",
     .type = ORR_PARAM_I32,
     .def = "3",
     .min = "-4",
     .max = "12"},
    {.name = "seed", .doc = "d", .type = ORR_PARAM_U32, .def = "0"},
    {.name = "kind",
     .doc = "d",
     .type = ORR_PARAM_ENUM,
     .choices = "none|reinhard|aces_fitted",
     .def = "none"},
    {.name = "strength", .doc = "d", .type = ORR_PARAM_F32, .def = "0.35", .min = "0", .max = "1"},
    {.name = "ev", .doc = "d", .type = ORR_PARAM_F64, .def = "14.64"},
    {.name = "centre", .doc = "d", .type = ORR_PARAM_VEC2, .def = "0 0"},
    {.name = "colour", .doc = "d", .type = ORR_PARAM_VEC3, .def = "1", .min = "0 0 0", .max = "100 100 200"},
    {.name = "tint", .doc = "d", .type = ORR_PARAM_VEC4, .def = "#ff8000ff"},
    {.name = "turn", .doc = "d", .type = ORR_PARAM_QUAT, .def = "0 0 0 1"},
    {.name = "matrix", .doc = "d", .type = ORR_PARAM_MAT4, .def = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"},
    {.name = "title", .doc = "d", .type = ORR_PARAM_STRING, .def = ""},
};

static void add(orr_modules *modules, const char *name, const char *role) {
    const orr_module_desc module = {.struct_size = sizeof module,
                                    .abi_major = ORR_ABI_MAJOR,
                                    .name = name,
                                    .version = "1",
                                    .doc = "d",
                                    .role = role,
                                    .params = k_rows,
                                    .param_count = sizeof k_rows / sizeof k_rows[0],
                                    .param_stride = sizeof k_rows[0]};
    if (orr_modules_add_descriptor(modules, &module, NULL, NULL, NULL)) abort();
}

static orr_status script_set(void *context, const char *name, const char *text, unsigned line,
                             orr_error *err) {
    (void)context, (void)line, (void)err;
    return strlen(name) + strlen(text) > 64 ? ORR_E_LIMIT : ORR_OK;
}

/* What is stored is allowed by its row, and prints as something that reads back to the same. */
static void check(const orr_settings *settings) {
    for (uint32_t i = 0; i < settings->effect_count; i++) {
        for (uint32_t p = 0; p < sizeof k_rows / sizeof k_rows[0]; p++) {
            const orr_param_value *value = &settings->effects[i].values[p];
            orr_param_value again;
            orr_text text = {0};
            if (orr_param_check(&k_rows[p], value, NULL)) abort();
            orr_param_format(&k_rows[p], value, &text);
            if (orr_param_parse(&k_rows[p], orr_text_cstr(&text), NULL, &again, NULL)) abort();
            if (!orr_param_equal(value, &again)) abort();
            orr_text_free(&text);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const orr_modules_params params = {0};
    const orr_preset_sink sink = {script_set, NULL};
    orr_modules *modules = NULL;
    orr_settings *settings = NULL;
    orr_error err = {0};
    if (orr_modules_create(&params, &modules, NULL)) abort();
    add(modules, "lens", NULL);
    add(modules, "curve", "tonemap");
    if (orr_settings_create(modules, &settings, NULL)) abort();
    if (orr_preset_apply((const char *)data, size, "fuzz", settings, ORR_FROM_PRESET, &sink, &err) &&
        !err.message[0])
        abort();
    check(settings);
    orr_settings_destroy(&settings);
    orr_modules_destroy(&modules);
    return 0;
}
