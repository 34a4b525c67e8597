/* The numeric fingerprint: what this machine computes where machines differ. Equal fingerprints, equal bytes.
 */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "host/engine.h"

enum { ARGUMENTS = 1024, PER_ARGUMENT = 12, GROUP = 64 };
static const uint64_t k_patience_ns = 60ull * 1000 * 1000 * 1000;

/* libm: glibc picks other code with and without FMA, and other results for one argument in some thousand. */
static void add_libm(orr_digest_builder *digest) {
    static double (*const k_functions[])(double) = {sin, cos, tan,  asin, acos, atan,
                                                    exp, log, exp2, log2, cbrt, sqrt};
    for (int i = 0; i < ARGUMENTS; i++) {
        double x = (i + 0.5) / ARGUMENTS, results[sizeof k_functions / sizeof k_functions[0] + 3];
        size_t count = 0;
        for (size_t f = 0; f < sizeof k_functions / sizeof k_functions[0]; f++)
            results[count++] = k_functions[f](x);
        results[count++] = pow(x, 2.2);
        results[count++] = atan2(x, 0.7);
        results[count++] = hypot(x, 0.3);
        orr_digest_add(digest, results, sizeof results);
    }
}

static orr_status run_shader(orr_gpu *gpu, orr_gpu_pipeline pipeline, orr_gpu_buffer results,
                             orr_gpu_buffer host, orr_error *err) {
    orr_cmd *cmd = NULL;
    uint64_t value = 0;
    const uint64_t bytes = (uint64_t)ARGUMENTS * PER_ARGUMENT * 4;
    const orr_gpu_bind bind = {.binding = 0, .buffer = results};
    orr_status status = orr_cmd_begin(gpu, "fingerprint", &cmd, err);
    if (status) return status;
    orr_cmd_dispatch(cmd, pipeline, &bind, 1, NULL, 0, ARGUMENTS / GROUP, 1, 1);
    orr_cmd_copy_buffer(cmd, results, 0, host, 0, bytes);
    status = orr_gpu_submit(gpu, &cmd, &value, err);
    return status ? status : orr_gpu_wait(gpu, value, k_patience_ns, err);
}

static orr_status add_shader(orr_engine *engine, orr_gpu *gpu, orr_digest_builder *digest, orr_error *err) {
    const uint64_t bytes = (uint64_t)ARGUMENTS * PER_ARGUMENT * 4;
    const orr_shader_ref ref = {.name = "fingerprint.comp", .stage = ORR_GLSL_COMPUTE};
    const orr_gpu_slot slot = {.binding = 0, .kind = ORR_BIND_STORAGE_WRITE};
    orr_gpu_compute_params params = {.label = "fingerprint", .slots = &slot, .slot_count = 1};
    const orr_gpu_buffer_params device = {
        .label = "fingerprint", .size_bytes = bytes, .memory = ORR_MEMORY_DEVICE};
    const orr_gpu_buffer_params read = {
        .label = "fingerprint", .size_bytes = bytes, .memory = ORR_MEMORY_READBACK};
    orr_gpu_pipeline pipeline = {0};
    orr_gpu_buffer results = {0}, host = {0};
    orr_status status = orr_shaders_get(orr_engine_shaders(engine), &ref, &params.shader, err);
    if (!status) status = orr_gpu_compute_create(gpu, &params, &pipeline, err);
    if (!status) status = orr_gpu_buffer_create(gpu, &device, &results, err);
    if (!status) status = orr_gpu_buffer_create(gpu, &read, &host, err);
    if (!status) status = run_shader(gpu, pipeline, results, host, err);
    if (!status) orr_digest_add(digest, orr_gpu_buffer_map(gpu, host), (size_t)bytes);
    if (pipeline.id) orr_gpu_pipeline_destroy(gpu, &pipeline);
    if (results.id) orr_gpu_buffer_destroy(gpu, &results);
    if (host.id) orr_gpu_buffer_destroy(gpu, &host);
    return status;
}

orr_status orr_engine_fingerprint(orr_engine *engine, const char *lua_results, char hex[65], orr_error *err) {
    orr_gpu *gpu = NULL;
    orr_status status = orr_engine_gpu(engine, &gpu, err);
    if (status) return status;
    orr_digest_builder *digest = orr_digest_begin();
    orr_digest_add_text(digest, orr_gpu_device(gpu)->driver);
    orr_digest_add_text(digest, lua_results ? lua_results : "");
    add_libm(digest);
    status = add_shader(engine, gpu, digest, err);
    const orr_digest result = orr_digest_end(digest);
    if (!status) orr_digest_hex(&result, hex);
    return status;
}
