/* Runs a compute shader given as text, which may include files of shaders/, over floats: for tests that hold
 * GLSL against formulas in double. Tests run in the source tree. */
#ifndef ORR_TEST_GLSL_RUN_H
#define ORR_TEST_GLSL_RUN_H

#include "gpu_support.h"

#include <unistd.h>

#include "base/platform/platform.h"
#include "gpu/shaders.h"

/* The shader's text through the store, so that its #include is found as a module's would be. */
static inline orr_gpu_pipeline glsl_pipeline(orr_gpu *gpu, const char *text, const orr_gpu_slot *slots,
                                             uint32_t slot_count, uint32_t push_bytes, orr_shaders **store) {
    char folder[] = "/tmp/orrery-glsl-XXXXXX", path[128];
    orr_error err = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/test.comp", folder);
    OK(orr_file_write(path, text, strlen(text), &err));
    const char *sources[] = {"shaders", NULL};
    const orr_shaders_params params = {.source_folders = sources};
    OK(orr_shaders_create(&params, store, &err));
    const orr_shader_ref ref = {.name = "test.comp", .folder = folder, .stage = ORR_GLSL_COMPUTE};
    orr_gpu_compute_params compute = {
        .label = "test", .slots = slots, .slot_count = slot_count, .push_bytes = push_bytes};
    orr_gpu_pipeline pipeline = {0};
    OK(orr_shaders_get(*store, &ref, &compute.shader, &err));
    OK(orr_gpu_compute_create(gpu, &compute, &pipeline, &err));
    orr_file_remove(path);
    (void)rmdir(folder);
    return pipeline;
}

/* Binding 0: what is given, 1: what is made; pushes the number of groups. The caller frees the result. */
static inline void *glsl_run(orr_gpu *gpu, const char *text, const void *given, uint64_t in_bytes,
                             uint64_t out_bytes, uint32_t groups) {
    static const orr_gpu_slot slots[] = {{.binding = 0, .kind = ORR_BIND_STORAGE_READ},
                                         {.binding = 1, .kind = ORR_BIND_STORAGE_WRITE}};
    orr_error err = {0};
    orr_shaders *store = NULL;
    orr_gpu_pipeline pipeline = glsl_pipeline(gpu, text, slots, 2, 4, &store);
    orr_gpu_buffer buffers[3] = {make_buffer(gpu, in_bytes, ORR_MEMORY_DEVICE),
                                 make_buffer(gpu, out_bytes, ORR_MEMORY_DEVICE),
                                 make_buffer(gpu, out_bytes, ORR_MEMORY_READBACK)};
    OK(orr_gpu_upload_buffer(gpu, buffers[0], 0, given, in_bytes, &err));
    const orr_gpu_bind binds[] = {{.binding = 0, .buffer = buffers[0]}, {.binding = 1, .buffer = buffers[1]}};
    orr_cmd *cmd = begin(gpu);
    orr_cmd_dispatch(cmd, pipeline, binds, 2, &groups, sizeof groups, groups, 1, 1);
    orr_cmd_copy_buffer(cmd, buffers[1], 0, buffers[2], 0, out_bytes);
    finish(gpu, cmd);
    void *results = malloc((size_t)out_bytes);
    assert_non_null(results);
    memcpy(results, orr_gpu_buffer_map(gpu, buffers[2]), (size_t)out_bytes);
    for (int i = 0; i < 3; i++) orr_gpu_buffer_destroy(gpu, &buffers[i]);
    orr_gpu_pipeline_destroy(gpu, &pipeline);
    orr_shaders_destroy(&store);
    return results;
}

#endif
