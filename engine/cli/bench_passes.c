/* Measurements of passes, against what the device can copy. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/bench.h"
#include "gpu/glsl.h"
#include "render/target.h"

enum { WARM_FRAMES = 3, MAX_ALONE = 200 };

/* --- what the device can do ---------------------------------------------------------------------------- */

/* A compute pipeline over a buffer to read (binding 0, only when `copies`) and one to write (binding 1). */
static orr_status make_pipeline(orr_gpu *gpu, const char *text, bool copies, orr_gpu_pipeline *out,
                                orr_error *err) {
    static const orr_gpu_slot slots[] = {{1, ORR_BIND_STORAGE_WRITE, 0}, {0, ORR_BIND_STORAGE_READ, 0}};
    orr_gpu_compute_params params = {
        .label = "bench", .slots = slots, .slot_count = copies ? 2 : 1, .push_bytes = 4};
    uint32_t *spirv = NULL;
    orr_status status =
        orr_glsl_compile(text, "bench", ORR_GLSL_COMPUTE, &spirv, &params.shader.spirv_bytes, err);
    params.shader.spirv = spirv;
    if (status == ORR_OK) status = orr_gpu_compute_create(gpu, &params, out, err);
    free(spirv);
    return status;
}

/* Device seconds of `repeats` dispatches; each waits for the one before, because both write binding 1. */
static orr_status time_dispatches(orr_gpu *gpu, orr_gpu_pipeline pipeline, const orr_gpu_buffer buffers[2],
                                  const uint32_t groups[2], uint32_t word, uint32_t repeats, double *seconds,
                                  orr_error *err) {
    orr_cmd *cmd = NULL;
    orr_gpu_timing timing = {0};
    uint64_t value = 0;
    orr_status status = orr_cmd_begin(gpu, "bench", &cmd, err);
    if (status != ORR_OK) return status;
    orr_cmd_time_begin(cmd, "all");
    for (uint32_t i = 0; i < repeats; i++) {
        uint32_t to = buffers[1].id ? i % 2 : 0; /* one buffer: nothing is read */
        const orr_gpu_bind binds[] = {{.binding = 1, .buffer = buffers[to]},
                                      {.binding = 0, .buffer = buffers[1 - to]}};
        orr_cmd_time_begin(cmd, "one"); /* as the passes have it */
        orr_cmd_dispatch(cmd, pipeline, binds, buffers[1].id ? 2 : 1, &word, sizeof word, groups[0],
                         groups[1], 1);
        orr_cmd_time_end(cmd);
    }
    orr_cmd_time_end(cmd);
    status = orr_gpu_submit(gpu, &cmd, &value, err);
    if (status == ORR_OK) status = orr_gpu_wait(gpu, value, UINT64_MAX, err);
    bool timed = status == ORR_OK && orr_gpu_timings(gpu, value, &timing, 1) == 1;
    *seconds = timed ? (double)timing.ns * 1e-9 : 0;
    return status;
}

static const char copy_text[] =
    "#version 460\nlayout(local_size_x = 256) in;\n"
    "layout(binding = 0, std430) readonly buffer A { uvec4 a[]; };\n"
    "layout(binding = 1, std430) writeonly buffer B { uvec4 b[]; };\n"
    "layout(push_constant) uniform P { uint count; } p;\n"
    "void main() {\n"
    "  uint i = gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * 256u * 4096u;\n"
    "  if (i < p.count) b[i] = a[i];\n"
    "}\n";

/* Bytes read and written a second by a compute shader that only copies: the best of four rounds of ten. Copy
 * commands are no measure: on some devices they are several times slower. */
static orr_status copy_bandwidth(orr_gpu *gpu, double *bytes_per_s, orr_error *err) {
    uint64_t size = orr_gpu_device(gpu)->kind == ORR_GPU_CPU ? 64ull << 20 : 1ull << 30;
    uint32_t count = (uint32_t)(size / 16), groups[2] = {4096, count / (256 * 4096)};
    orr_gpu_buffer_params params = {.label = "bench copy", .size_bytes = size};
    orr_gpu_buffer buffers[2] = {{0}};
    orr_gpu_pipeline pipeline = {0};
    *bytes_per_s = 0;
    orr_status status = make_pipeline(gpu, copy_text, true, &pipeline, err);
    for (int i = 0; status == ORR_OK && i < 2; i++)
        status = orr_gpu_buffer_create(gpu, &params, &buffers[i], err);
    for (int round = 0; status == ORR_OK && round < 4; round++) {
        double seconds = 0;
        status = time_dispatches(gpu, pipeline, buffers, groups, count, 10, &seconds, err);
        double rate = seconds > 0 ? 20.0 * (double)size / seconds : 0;
        if (rate > *bytes_per_s) *bytes_per_s = rate;
    }
    for (int i = 0; i < 2; i++) orr_gpu_buffer_destroy(gpu, &buffers[i]);
    orr_gpu_pipeline_destroy(gpu, &pipeline);
    return status;
}

static const char empty_text[] = "#version 460\nlayout(local_size_x = %u, local_size_y = %u) in;\n"
                                 "layout(binding = 1, std430) writeonly buffer B { uint b[]; };\n"
                                 "layout(push_constant) uniform P { uint never; } p;\n"
                                 "void main() { if (p.never != 0u) b[0] = 1u; }\n";

/* Dispatches that do nothing: of one workgroup (what a pass costs by being one), or of as many of `side`
 * pixels as cover an image (what launching them costs). */
static orr_status empty_pass(orr_gpu *gpu, const uint32_t side[2], const uint32_t groups[2], uint32_t repeats,
                             double *seconds, orr_error *err) {
    orr_gpu_buffer_params params = {.label = "bench empty", .size_bytes = 16};
    orr_gpu_buffer buffers[2] = {{0}};
    orr_gpu_pipeline pipeline = {0};
    char text[512];
    orr_format(text, sizeof text, empty_text, side[0], side[1]);
    orr_status status = make_pipeline(gpu, text, false, &pipeline, err);
    if (status == ORR_OK) status = orr_gpu_buffer_create(gpu, &params, &buffers[0], err);
    for (int round = 0; status == ORR_OK && round < 2; round++) /* the first warms */
        status = time_dispatches(gpu, pipeline, buffers, groups, 0, repeats, seconds, err);
    orr_gpu_buffer_destroy(gpu, &buffers[0]);
    orr_gpu_pipeline_destroy(gpu, &pipeline);
    return status;
}

static orr_status launch_costs(orr_gpu *gpu, const uint32_t size[2], uint32_t repeats, json_t *out,
                               orr_error *err) {
    static const uint32_t sides[][2] = {{8, 8}, {16, 8}, {16, 16}, {32, 32}};
    orr_status status = ORR_OK;
    for (size_t i = 0; status == ORR_OK && i < sizeof sides / sizeof sides[0]; i++) {
        const uint32_t groups[2] = {(size[0] + sides[i][0] - 1) / sides[i][0],
                                    (size[1] + sides[i][1] - 1) / sides[i][1]};
        double seconds = 0;
        char name[16];
        status = empty_pass(gpu, sides[i], groups, repeats, &seconds, err);
        orr_format(name, sizeof name, "%ux%u", sides[i][0], sides[i][1]);
        json_object_set_new(out, name, orr_bench_number(seconds / repeats * 1e3));
    }
    return status;
}

static void add_bandwidth(json_t *row, double bytes, double seconds, double copy) {
    double rate = seconds > 0 ? bytes / seconds : 0;
    json_object_set_new(row, "bytes", json_integer((json_int_t)bytes));
    json_object_set_new(row, "gb_per_s", bytes > 0 ? orr_bench_number(rate * 1e-9) : json_null());
    json_object_set_new(row, "of_copy", bytes > 0 && copy > 0 ? orr_bench_number(rate / copy) : json_null());
    json_object_set_new(row, "over_copy", rate > 0 && copy > 0 ? orr_bench_number(copy / rate) : json_null());
}

/* --- passes -------------------------------------------------------------------------------------------- */

typedef struct pass_times {
    char name[48];
    double *ms; /* one a frame that had it */
    uint32_t count;
    uint64_t bytes;
} pass_times;
typedef struct frames {
    pass_times passes[ORR_MAX_TIMINGS];
    uint32_t pass_count, capacity, seen;
    double *total_ms;
    uint32_t total_count;
    orr_status status;
} frames;

static pass_times *pass_of(frames *f, const char *name) {
    for (uint32_t i = 0; i < f->pass_count; i++)
        if (strcmp(f->passes[i].name, name) == 0) return &f->passes[i];
    if (f->pass_count == ORR_MAX_TIMINGS) return NULL;
    pass_times *pass = &f->passes[f->pass_count];
    pass->ms = orr_calloc(f->capacity, sizeof(double));
    orr_format(pass->name, sizeof pass->name, "%s", name);
    return pass->ms ? &f->passes[f->pass_count++] : NULL;
}

static void take(void *context, const orr_progress *progress) {
    frames *f = context;
    const orr_frame_result *result = progress->result;
    if (f->seen++ < WARM_FRAMES || f->total_count == f->capacity) return;
    f->total_ms[f->total_count++] = result->gpu_ms;
    for (uint32_t i = 0; i < result->timing_count; i++) {
        if (result->timings[i].depth) continue;
        pass_times *pass = pass_of(f, result->timings[i].name);
        if (!pass) continue;
        pass->ms[pass->count++] = (double)result->timings[i].ns * 1e-6;
        pass->bytes = result->pass_bytes[i];
    }
}

static json_t *frames_json(frames *f, double copy) {
    json_t *rows = json_array();
    for (uint32_t i = 0; i < f->pass_count; i++) {
        pass_times *pass = &f->passes[i];
        json_t *row =
            json_pack("{s:s, s:o}", "pass", pass->name, "ms", orr_bench_spread(pass->ms, pass->count));
        add_bandwidth(row, (double)pass->bytes, orr_bench_median(pass->ms, pass->count) * 1e-3, copy);
        json_array_append_new(rows, row);
    }
    return json_pack("{s:i, s:o, s:o}", "frames", (int)f->total_count, "frame_ms",
                     orr_bench_spread(f->total_ms, f->total_count), "passes", rows);
}

static orr_status measure_frames(const orr_cli *cli, const char *script, json_t *out, json_t *scripts,
                                 orr_error *err) {
    frames f = {.capacity = cli->repeats ? cli->repeats : 21};
    uint32_t count = f.capacity + WARM_FRAMES;
    orr_bench_stage stage = {0};
    double copy = 0;
    orr_sequence_report report;
    int64_t *list = NULL;
    f.total_ms = orr_calloc(f.capacity, sizeof(double));
    orr_status status = f.total_ms ? ORR_OK : orr_fail(err, ORR_E_MEMORY, NULL, "no memory for frames");
    if (status == ORR_OK) status = orr_bench_open(cli, script, &stage, err);
    if (status == ORR_OK) status = copy_bandwidth(stage.gpu, &copy, err);
    if (status == ORR_OK && !(list = orr_bench_frames(stage.sequence, count)))
        status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u frames", count);
    orr_sequence_options options = {.frames = list,
                                    .frame_count = count,
                                    .width = cli->width ? cli->width : 1920,
                                    .height = cli->height ? cli->height : 1080,
                                    .samples = cli->samples ? cli->samples : 1,
                                    .stop = orr_cli_stop(),
                                    .progress = take,
                                    .progress_context = &f};
    if (status == ORR_OK)
        status = orr_sequence_render(stage.renderer, stage.sequence, orr_script_settings(stage.script),
                                     &options, &report, err);
    if (status == ORR_OK) {
        orr_bench_machine(stage.gpu, out);
        json_object_set_new(out, "width", json_integer(options.width));
        json_object_set_new(out, "height", json_integer(options.height));
        json_object_set_new(out, "samples", json_integer(options.samples));
        json_object_set_new(out, "copy_gb_per_s", orr_bench_number(copy * 1e-9));
        json_object_set_new(scripts, stage.sequence->name, frames_json(&f, copy));
    }
    for (uint32_t i = 0; i < f.pass_count; i++) free(f.passes[i].ms);
    free(f.total_ms);
    free(list);
    orr_bench_close(&stage);
    return status;
}

orr_status orr_bench_passes(const orr_cli *cli, json_t *out, orr_error *err) {
    json_t *scripts = json_object();
    orr_status status = measure_frames(cli, "scripts/turntable.lua", out, scripts, err);
    if (status == ORR_OK && !cli->script)
        status = measure_frames(cli, "scripts/flythrough.lua", out, scripts, err);
    json_object_set_new(out, "scripts", scripts);
    return status;
}

/* --- pointwise ----------------------------------------------------------------------------------------- */

static orr_status measure_alone(orr_target *target, const char *name, uint32_t repeats, double empty_s,
                                double copy, json_t *rows, orr_error *err) {
    double seconds = 0;
    uint64_t bytes = 0;
    orr_status status = ORR_OK;
    for (int round = 0; status == ORR_OK && round < 2; round++) /* the first warms */
        status = orr_target_time_pass(target, name, repeats, &seconds, &bytes, err);
    if (status != ORR_OK) return status;
    double one_s = (seconds - empty_s) / repeats;
    json_t *row = json_pack("{s:s, s:o}", "pass", name, "ms", orr_bench_number(one_s * 1e3));
    add_bandwidth(row, (double)bytes, one_s, copy);
    json_array_append_new(rows, row);
    return ORR_OK;
}

static orr_status measure_pointwise(orr_bench_stage *stage, orr_target *target, const uint32_t size[2],
                                    uint32_t repeats, json_t *out, orr_error *err) {
    static const char *const names[] = {"accumulate",   "histogram",     "white_balance.main",
                                        "tonemap.main", "vignette.main", "encode"};
    double copy = 0, empty_s = 0;
    json_t *rows = json_array();
    orr_status status = copy_bandwidth(stage->gpu, &copy, err);
    const uint32_t one[2] = {1, 1}, side[2] = {8, 8};
    json_t *launch = json_object();
    if (status == ORR_OK) status = empty_pass(stage->gpu, side, one, repeats, &empty_s, err);
    if (status == ORR_OK) status = launch_costs(stage->gpu, size, repeats, launch, err);
    for (size_t i = 0; status == ORR_OK && i < sizeof names / sizeof names[0]; i++)
        status = measure_alone(target, names[i], repeats, empty_s, copy, rows, err);
    orr_bench_machine(stage->gpu, out);
    json_object_set_new(out, "width", json_integer(size[0]));
    json_object_set_new(out, "height", json_integer(size[1]));
    json_object_set_new(out, "repeats", json_integer(repeats));
    json_object_set_new(out, "copy_gb_per_s", orr_bench_number(copy * 1e-9));
    json_object_set_new(out, "empty_ms", orr_bench_number(empty_s / repeats * 1e3));
    json_object_set_new(out, "launch_ms_by_workgroup", launch);
    json_object_set_new(out, "passes", rows);
    return status;
}

/* The script's settings with every pass on that is measured. */
static orr_status every_pass(const orr_settings *from, orr_settings **out, orr_error *err) {
    static const char *const on[][2] = {{"exposure.mode", "auto"},
                                        {"white_balance.enable", "true"},
                                        {"white_balance.temperature_k", "5003"},
                                        {"vignette.enable", "true"}};
    orr_status status = orr_settings_copy(from, out, err);
    for (size_t i = 0; status == ORR_OK && i < sizeof on / sizeof on[0]; i++)
        status = orr_settings_set_text(*out, on[i][0], on[i][1], ORR_FROM_EDITOR, err);
    return status;
}

/* The histogram once more, of what a 4K frame of one sample has: half floats, a quarter of the pixels. */
static orr_status measure_metering(orr_bench_stage *stage, const orr_target_params *from, bool cpu,
                                   uint32_t repeats, json_t *out, orr_error *err) {
    orr_target_params params = *from;
    orr_target *target = NULL;
    json_t *rows = json_object_get(out, "passes");
    double empty_s = json_number_value(json_object_get(out, "empty_ms")) * 1e-3 * repeats,
           copy = json_number_value(json_object_get(out, "copy_gb_per_s")) * 1e9;
    params.samples = 1;
    if (!cpu) params.width = 3840, params.height = 2160;
    orr_status status = orr_target_create(stage->renderer, &params, &target, err);
    if (status == ORR_OK) status = measure_alone(target, "histogram", repeats, empty_s, copy, rows, err);
    json_t *row = json_array_get(rows, json_array_size(rows) - 1);
    char name[64];
    orr_format(name, sizeof name, "histogram, half, %ux%u", params.width, params.height);
    if (status == ORR_OK) json_object_set_new(row, "pass", json_string(name));
    orr_target_destroy(&target);
    return status;
}

/* 8K, so that no image fits a GPU's cache; a CPU device, whose caches are small, takes a quarter of the side.
 */
orr_status orr_bench_pointwise(const orr_cli *cli, json_t *out, orr_error *err) {
    orr_bench_stage stage = {0};
    orr_revision *revision = NULL;
    orr_target *target = NULL;
    orr_settings *settings = NULL;
    uint32_t repeats = cli->repeats ? cli->repeats : 100, size[2] = {cli->width, cli->height};
    if (repeats > MAX_ALONE)
        return orr_fail(err, ORR_E_USAGE, NULL, "--repeats %u: bench pointwise takes at most %d", repeats,
                        MAX_ALONE);
    orr_status status = orr_bench_open(cli, "scripts/turntable.lua", &stage, err);
    bool cpu = status == ORR_OK && orr_gpu_device(stage.gpu)->kind == ORR_GPU_CPU;
    if (!size[0]) size[0] = cpu ? 1920 : 7680, size[1] = cpu ? 1080 : 4320;
    const orr_output output = {.channel = "ldr"};
    orr_target_params params = {.label = "pointwise",
                                .width = size[0],
                                .height = size[1],
                                .samples = 2, /* with one there is nothing to accumulate */
                                .outputs = &output,
                                .output_count = 1,
                                .slots = 1};
    if (status == ORR_OK) status = orr_scene_publish(stage.sequence->scene, &revision, err);
    params.revision = revision;
    if (status == ORR_OK) status = every_pass(orr_script_settings(stage.script), &settings, err);
    params.settings = settings;
    if (status == ORR_OK) status = orr_target_create(stage.renderer, &params, &target, err);
    if (status == ORR_OK) status = measure_pointwise(&stage, target, size, repeats, out, err);
    orr_target_destroy(&target);
    if (status == ORR_OK) status = measure_metering(&stage, &params, cpu, repeats, out, err);
    orr_settings_destroy(&settings);
    orr_revision_release(&revision);
    orr_bench_close(&stage);
    return status;
}
