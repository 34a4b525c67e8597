/* What the GPU tests share: a device with fatal validation, shaders from text, readback. */
#ifndef ORR_TEST_GPU_SUPPORT_H
#define ORR_TEST_GPU_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined(__linux__)
#include <dlfcn.h>
#endif

#include "gpu/glsl.h"
#include "gpu/gpu.h"

#define OK(expression) check_ok((expression), &err, __FILE__, __LINE__)

static inline void check_ok(orr_status status, const orr_error *err, const char *file, int line) {
    if (status == ORR_OK) return;
    fprintf(stderr, "%s:%d: %s\n", file, line, err->message);
    _assert_true(0, "status is ORR_OK", file, line);
}

static inline void print_log(void *context, orr_log_level level, const char *line) {
    (void)context;
    if (level >= ORR_LOG_WARNING) fprintf(stderr, "%s\n", line);
}

/* Drivers and layers leak a little, and are unloaded with their instance: then a leak checker can no longer
 * tell that it was them. So they are kept loaded. */
static inline void keep_drivers(void) {
#if defined(__linux__)
    static const char *const names[] = {"libvulkan_lvp.so",
                                        "libvulkan_intel.so",
                                        "libvulkan_intel_hasvk.so",
                                        "libvulkan_radeon.so",
                                        "libVkLayer_khronos_validation.so",
                                        "libVkLayer_MESA_device_select.so"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)dlopen(names[i], RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
#endif
}

/* A device with validation; skips the test, saying so, where there is none. */
static inline orr_gpu *open_gpu(orr_gpu_params params) {
    static const orr_log log = {print_log, NULL, ORR_LOG_INFO};
    orr_error err = {0};
    orr_gpu *gpu = NULL;
    if (params.log == NULL) params.log = &log;
    params.validation = params.sync_validation = true;
    if (params.device == NULL) params.device = getenv("ORRERY_TEST_DEVICE");
    orr_status status = orr_gpu_create(&params, &gpu, &err);
    if (status == ORR_E_NO_DEVICE) {
        printf("skipped: %s\n", err.message);
        skip();
    }
    check_ok(status, &err, __FILE__, __LINE__);
    keep_drivers();
    return gpu;
}

/* Ends the test: nothing may have upset the validation layers. */
static inline void close_gpu(orr_gpu *gpu) {
    char first[512];
    uint32_t count = orr_gpu_validation_errors(gpu, first, sizeof first);
    if (count > 0) fprintf(stderr, "%s\n", first);
    assert_int_equal(count, 0);
    orr_gpu_destroy(&gpu);
    assert_null(gpu);
}

static inline uint32_t *compile(const char *text, orr_glsl_stage stage, size_t *bytes) {
    orr_error err = {0};
    char *expanded = NULL;
    uint32_t *words = NULL;
    orr_glsl_source source = {.name = "test.glsl", .text = text, .stage = stage};
    OK(orr_glsl_expand(&source, &expanded, &err));
    OK(orr_glsl_compile(expanded, "test.glsl", stage, &words, bytes, &err));
    free(expanded);
    return words;
}

static inline orr_gpu_pipeline make_compute(orr_gpu *gpu, const char *text, const orr_gpu_slot *slots,
                                            uint32_t count, uint32_t push_bytes) {
    orr_error err = {0};
    orr_gpu_compute_params params = {
        .label = "test", .slots = slots, .slot_count = count, .push_bytes = push_bytes};
    uint32_t *words = compile(text, ORR_GLSL_COMPUTE, &params.shader.spirv_bytes);
    params.shader.spirv = words;
    orr_gpu_pipeline pipeline = {0};
    OK(orr_gpu_compute_create(gpu, &params, &pipeline, &err));
    free(words);
    return pipeline;
}

/* b[i] = a[i] * scale + bias + b[i]: buffers at bindings 0 and 1, a uniform block at 2, and the count pushed.
 */
static inline orr_gpu_pipeline make_adder(orr_gpu *gpu) {
    static const char text[] = "#version 460\n"
                               "layout(local_size_x = 64) in;\n"
                               "layout(binding = 0, std430) readonly buffer A { uint a[]; };\n"
                               "layout(binding = 1, std430) buffer B { uint b[]; };\n"
                               "layout(binding = 2, std140) uniform U { uint scale; uint bias; } u;\n"
                               "layout(push_constant) uniform P { uint count; } p;\n"
                               "void main() {\n"
                               "    uint i = gl_GlobalInvocationID.x;\n"
                               "    if (i < p.count) b[i] = a[i] * u.scale + u.bias + b[i];\n"
                               "}\n";
    static const orr_gpu_slot slots[] = {
        {0, ORR_BIND_STORAGE_READ, 0}, {1, ORR_BIND_STORAGE_WRITE, 0}, {2, ORR_BIND_UNIFORM, 0}};
    return make_compute(gpu, text, slots, 3, 4);
}

static inline orr_gpu_buffer make_buffer(orr_gpu *gpu, uint64_t bytes, orr_gpu_memory_kind memory) {
    orr_error err = {0};
    orr_gpu_buffer buffer = {0};
    orr_gpu_buffer_params params = {
        .label = "test", .size_bytes = bytes, .memory = memory, .vertex = true, .index = true, .texel = true};
    OK(orr_gpu_buffer_create(gpu, &params, &buffer, &err));
    return buffer;
}

static inline orr_gpu_texture make_texture(orr_gpu *gpu, orr_gpu_texture_params params) {
    orr_error err = {0};
    orr_gpu_texture texture = {0};
    if (params.label == NULL) params.label = "test";
    OK(orr_gpu_texture_create(gpu, &params, &texture, &err));
    return texture;
}

static inline orr_cmd *begin(orr_gpu *gpu) {
    orr_error err = {0};
    orr_cmd *cmd = NULL;
    OK(orr_cmd_begin(gpu, "test", &cmd, &err));
    return cmd;
}

static inline uint64_t finish(orr_gpu *gpu, orr_cmd *cmd) {
    orr_error err = {0};
    uint64_t value = 0;
    OK(orr_gpu_submit(gpu, &cmd, &value, &err));
    OK(orr_gpu_wait(gpu, value, UINT64_MAX, &err));
    assert_null(cmd);
    return value;
}

#endif
