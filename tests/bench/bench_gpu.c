/* The GPU layer's own costs, as JSON on stdout: cold start, empty submission, recording, copy bandwidth.
 * Usage: bench_gpu [DEVICE] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/platform/platform.h"
#include "gpu/glsl.h"
#include "gpu/gpu.h"

static orr_error err;

static void need(orr_status status) {
    if (status == ORR_OK) return;
    fprintf(stderr, "%s\n", err.message);
    exit(orr_status_exit_code(status));
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static uint64_t empty_submit_ns(orr_gpu *gpu) {
    enum { N = 501 };
    static uint64_t times[N];
    for (int i = 0; i < N; i++) {
        uint64_t start = orr_time_ns(), value = 0;
        orr_cmd *cmd = NULL;
        need(orr_cmd_begin(gpu, "empty", &cmd, &err));
        need(orr_gpu_submit(gpu, &cmd, &value, &err));
        need(orr_gpu_wait(gpu, value, UINT64_MAX, &err));
        times[i] = orr_time_ns() - start;
    }
    return median(times, N);
}

/* A compute pipeline with a buffer to read, one to write and a pushed word. */
static orr_gpu_pipeline make_pipeline(orr_gpu *gpu, const char *text) {
    static const orr_gpu_slot slots[] = {{0, ORR_BIND_STORAGE_READ, 0}, {1, ORR_BIND_STORAGE_WRITE, 0}};
    orr_glsl_source source = {.name = "bench", .text = text, .stage = ORR_GLSL_COMPUTE};
    orr_gpu_compute_params params = {.label = "bench", .slots = slots, .slot_count = 2, .push_bytes = 4};
    orr_gpu_pipeline pipeline = {0};
    char *expanded = NULL;
    uint32_t *words = NULL;
    need(orr_glsl_expand(&source, &expanded, &err));
    need(orr_glsl_compile(expanded, "bench", ORR_GLSL_COMPUTE, &words, &params.shader.spirv_bytes, &err));
    params.shader.spirv = words;
    need(orr_gpu_compute_create(gpu, &params, &pipeline, &err));
    free(words);
    free(expanded);
    return pipeline;
}

static const char tiny_text[] = "#version 460\nlayout(local_size_x = 1) in;\n"
                                "layout(binding = 0, std430) readonly buffer A { uint a[]; };\n"
                                "layout(binding = 1, std430) writeonly buffer B { uint b[]; };\n"
                                "layout(push_constant) uniform P { uint i; } p;\n"
                                "void main() { b[p.i & 63u] = a[p.i & 63u]; }\n";
static const char copy_text[] =
    "#version 460\nlayout(local_size_x = 256) in;\n"
    "layout(binding = 0, std430) readonly buffer A { uvec4 a[]; };\n"
    "layout(binding = 1, std430) writeonly buffer B { uvec4 b[]; };\n"
    "layout(push_constant) uniform P { uint count; } p;\n"
    "void main() {\n"
    "  uint i = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * 256u * 4096u;\n"
    "  if (i < p.count) b[i] = a[i];\n"
    "}\n";

static orr_gpu_buffer buffer_of(orr_gpu *gpu, uint64_t size) {
    orr_gpu_buffer buffer = {0};
    need(orr_gpu_buffer_create(gpu, &(orr_gpu_buffer_params){.label = "bench", .size_bytes = size}, &buffer,
                               &err));
    return buffer;
}

/* Each dispatch writes what the one before wrote, so each needs a barrier. */
static void dispatches(orr_gpu *gpu, uint64_t *record_ns, uint64_t *total_ns) {
    enum { N = 20000, ROUNDS = 7 };
    uint64_t records[ROUNDS], totals[ROUNDS];
    orr_gpu_pipeline pipeline = make_pipeline(gpu, tiny_text);
    orr_gpu_buffer a = buffer_of(gpu, 256), b = buffer_of(gpu, 256);
    for (int round = 0; round < ROUNDS; round++) {
        orr_cmd *cmd = NULL;
        uint64_t value = 0, start = orr_time_ns();
        need(orr_cmd_begin(gpu, "dispatches", &cmd, &err));
        for (uint32_t i = 0; i < N; i++) {
            const orr_gpu_bind binds[] = {{.binding = 0, .buffer = a}, {.binding = 1, .buffer = b}};
            orr_cmd_dispatch(cmd, pipeline, binds, 2, &i, sizeof i, 1, 1, 1);
        }
        records[round] = orr_time_ns() - start;
        need(orr_gpu_submit(gpu, &cmd, &value, &err));
        need(orr_gpu_wait(gpu, value, UINT64_MAX, &err));
        totals[round] = orr_time_ns() - start;
    }
    *record_ns = median(records, ROUNDS) / N;
    *total_ns = median(totals, ROUNDS) / N;
    orr_gpu_pipeline_destroy(gpu, &pipeline);
    orr_gpu_buffer_destroy(gpu, &a);
    orr_gpu_buffer_destroy(gpu, &b);
}

/* Bytes read plus bytes written a second, by the device's own clock: by copy commands, or by a compute
 * shader. */
static double copy_bandwidth(orr_gpu *gpu, bool compute) {
    enum { N = 10 };
    uint64_t size = orr_gpu_device(gpu)->kind == ORR_GPU_CPU ? 64ull << 20 : 1ull << 30;
    orr_gpu_buffer a = buffer_of(gpu, size), b = buffer_of(gpu, size);
    orr_gpu_pipeline pipeline = make_pipeline(gpu, copy_text);
    uint64_t best = UINT64_MAX;
    uint32_t count = (uint32_t)(size / 16), rows = count / (256 * 4096);
    for (int round = 0; round < 4; round++) {
        orr_cmd *cmd = NULL;
        uint64_t value = 0;
        orr_gpu_timing timing = {0};
        need(orr_cmd_begin(gpu, "copies", &cmd, &err));
        orr_cmd_time_begin(cmd, "copies");
        for (int i = 0; i < N; i++) {
            const orr_gpu_bind binds[] = {{.binding = 0, .buffer = i % 2 ? b : a},
                                          {.binding = 1, .buffer = i % 2 ? a : b}};
            if (compute)
                orr_cmd_dispatch(cmd, pipeline, binds, 2, &count, sizeof count, 4096, rows, 1);
            else
                orr_cmd_copy_buffer(cmd, binds[0].buffer, 0, binds[1].buffer, 0, size);
        }
        orr_cmd_time_end(cmd);
        need(orr_gpu_submit(gpu, &cmd, &value, &err));
        need(orr_gpu_wait(gpu, value, UINT64_MAX, &err));
        if (orr_gpu_timings(gpu, value, &timing, 1) == 1 && timing.ns > 0 && timing.ns < best)
            best = timing.ns;
    }
    orr_gpu_buffer_destroy(gpu, &a);
    orr_gpu_buffer_destroy(gpu, &b);
    orr_gpu_pipeline_destroy(gpu, &pipeline);
    return 2.0 * N * (double)size / ((double)best * 1e-9);
}

int main(int argc, char **argv) {
    orr_gpu *gpu = NULL;
    uint64_t start = orr_time_ns(), value = 0;
    need(orr_gpu_create(&(orr_gpu_params){.device = argc > 1 ? argv[1] : NULL}, &gpu, &err));
    uint64_t created = orr_time_ns() - start;
    orr_cmd *cmd = NULL;
    need(orr_cmd_begin(gpu, "first", &cmd, &err));
    need(orr_gpu_submit(gpu, &cmd, &value, &err));
    need(orr_gpu_wait(gpu, value, UINT64_MAX, &err));
    uint64_t first = orr_time_ns() - start, rss = orr_peak_rss_bytes();
    uint64_t record = 0, total = 0, empty = empty_submit_ns(gpu);
    dispatches(gpu, &record, &total);
    printf("{\"device\": \"%s\", \"driver\": \"%s\",\n \"create_ms\": %.3f, \"first_submit_ms\": %.3f, "
           "\"start_rss_bytes\": %" PRIu64 ",\n \"empty_submit_us\": %.2f, \"record_dispatch_ns\": %" PRIu64
           ", \"run_dispatch_ns\": %" PRIu64
           ",\n \"copy_bytes_per_s\": %.4g, \"compute_copy_bytes_per_s\": %.4g}\n",
           orr_gpu_device(gpu)->name, orr_gpu_device(gpu)->driver, (double)created * 1e-6,
           (double)first * 1e-6, rss, (double)empty * 1e-3, record, total, copy_bandwidth(gpu, false),
           copy_bandwidth(gpu, true));
    orr_gpu_destroy(&gpu);
    return 0;
}
