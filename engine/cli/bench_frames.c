/* Measurements of sequences: whether encoding stalls rendering, and whether memory grows. */
#include <stdlib.h>

#include "base/platform/platform.h"
#include "cli/bench.h"

typedef struct run {
    orr_sequence_report report;
    double cpu_s, first_s; /* first: until the first frame was finished */
} run;

/* Memory at the end of each frame. A CPU device takes tens of megabytes while it draws and gives them back,
 * and other frames are in flight: only the highest of several frames compares. */
typedef struct watch {
    orr_gpu *gpu;
    uint32_t early,
        window; /* from the one frame on memory ought to stand still; frames of which the most counts */
    uint64_t early_rss, last_rss, early_gpu, last_gpu;
    double first_s;
} watch;

static void note(uint64_t *most, uint64_t value) {
    if (value > *most) *most = value;
}

static void look(void *context, const orr_progress *progress) {
    watch *w = context;
    orr_gpu_memory_stats memory;
    orr_gpu_memory(w->gpu, &memory);
    uint64_t rss = orr_rss_bytes();
    bool early = progress->done >= w->early && progress->done < w->early + w->window;
    if (progress->done == 1) w->first_s = progress->elapsed_s;
    if (early) note(&w->early_rss, rss), note(&w->early_gpu, memory.allocated_bytes);
    if (progress->done + w->window > progress->total)
        note(&w->last_rss, rss), note(&w->last_gpu, memory.allocated_bytes);
}

static orr_status render(orr_bench_stage *stage, orr_sequence_options *options, uint32_t count, watch *w,
                         run *result, orr_error *err) {
    int64_t *frames = orr_bench_frames(stage->sequence, count);
    if (!frames) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u frames", count);
    options->frames = frames, options->frame_count = count;
    options->stop = orr_cli_stop();
    options->progress = look, options->progress_context = w;
    w->gpu = stage->gpu;
    uint64_t cpu = orr_cpu_time_ns();
    orr_status status = orr_sequence_render(
        stage->renderer, stage->sequence, orr_script_settings(stage->script), options, &result->report, err);
    result->cpu_s = (double)(orr_cpu_time_ns() - cpu) * 1e-9;
    result->first_s = w->first_s;
    free(frames);
    return status;
}

/* --- sequence ------------------------------------------------------------------------------------------ */

/* `alone` wrote no files: what the other run took beyond its CPU time is the encoders'. */
static json_t *sequence_row(const char *format, const run *alone, const run *r, bool shares_cores) {
    double cores = orr_cpu_count(), encode_cpu_s = r->cpu_s - alone->cpu_s;
    double gpu_s = alone->report.gpu_s, encode_s = encode_cpu_s / cores;
    double most = gpu_s > encode_s ? gpu_s : encode_s, sum = gpu_s + encode_s, wall = r->report.wall_s;
    return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "format", format, "frames",
                     (int)r->report.rendered, "wall_s", orr_bench_number(wall), "first_frame_s",
                     orr_bench_number(r->first_s), "gpu_alone_s", orr_bench_number(gpu_s), "encode_cpu_s",
                     orr_bench_number(encode_cpu_s), "encode_wall_sum_s",
                     orr_bench_number(r->report.encode_s), "wall_to_max", orr_bench_number(wall / most),
                     "wall_to_sum", orr_bench_number(wall / sum), "bar",
                     shares_cores ? "wall_to_sum <= 1.10" : "wall_to_max <= 1.10");
}

static orr_status sequence_rows(const orr_cli *cli, orr_bench_stage *stage, const char *folder, json_t *out,
                                orr_error *err) {
    bool shares = orr_gpu_device(stage->gpu)->kind == ORR_GPU_CPU;
    uint32_t count = cli->repeats ? cli->repeats : shares ? 12 : 240;
    orr_sequence_options base = {.width = cli->width ? cli->width : 3840,
                                 .height = cli->height ? cli->height : 2160,
                                 .samples = cli->samples ? cli->samples : 1};
    json_t *rows = json_array();
    watch w = {0};
    run warm = {0}, alone = {0};
    orr_sequence_options options = base;
    orr_status status = render(stage, &options, 2, &w, &warm, err); /* shaders, uploads */
    options = base;
    if (status == ORR_OK) status = render(stage, &options, count, &w, &alone, err);
    static const char *const formats[] = {"png", "exr"};
    for (int i = 0; status == ORR_OK && i < 2; i++) {
        char path[1200], name[32];
        run r = {0};
        orr_format(name, sizeof name, "sequence_####.%s", formats[i]);
        orr_path_join(path, sizeof path, folder, name);
        options = base;
        options.out = path;
        w = (watch){0};
        status = render(stage, &options, count, &w, &r, err);
        if (status == ORR_OK) json_array_append_new(rows, sequence_row(formats[i], &alone, &r, shares));
        orr_bench_sweep(folder);
    }
    orr_bench_machine(stage->gpu, out);
    json_object_set_new(out, "width", json_integer(base.width));
    json_object_set_new(out, "height", json_integer(base.height));
    json_object_set_new(out, "samples", json_integer(base.samples));
    json_object_set_new(out, "sequences", rows);
    return status;
}

orr_status orr_bench_sequence(const orr_cli *cli, json_t *out, orr_error *err) {
    orr_bench_stage stage = {0};
    char folder[1024];
    orr_status status = orr_bench_folder(folder, sizeof folder, err);
    if (status == ORR_OK) status = orr_bench_open(cli, "scripts/turntable.lua", &stage, err);
    if (status == ORR_OK) status = sequence_rows(cli, &stage, folder, out, err);
    orr_bench_close(&stage);
    return status;
}

/* --- memory -------------------------------------------------------------------------------------------- */

static json_t *growth(uint64_t early, uint64_t last, uint64_t peak) {
    double change = early ? 100.0 * ((double)last - (double)early) / (double)early : 0;
    return json_pack("{s:I, s:I, s:o, s:I}", "early_bytes", (json_int_t)early, "end_bytes", (json_int_t)last,
                     "change_percent", orr_bench_number(change), "peak_bytes", (json_int_t)peak);
}

orr_status orr_bench_memory(const orr_cli *cli, json_t *out, orr_error *err) {
    orr_bench_stage stage = {0};
    char folder[1024], path[1200];
    run r = {0};
    uint32_t count = cli->repeats ? cli->repeats : 300;
    watch w = {.early = count < 10 ? count : 10, .window = count < 50 ? 10 : count / 5};
    orr_sequence_options options = {.width = cli->width ? cli->width : 320,
                                    .height = cli->height ? cli->height : 180,
                                    .samples = cli->samples ? cli->samples : 1,
                                    .out = path};
    orr_status status = orr_bench_folder(folder, sizeof folder, err);
    if (status != ORR_OK) return status;
    orr_path_join(path, sizeof path, folder, "memory_####.png");
    status = orr_bench_open(cli, "scripts/turntable.lua", &stage, err);
    if (status == ORR_OK) status = render(&stage, &options, count, &w, &r, err);
    if (status == ORR_OK) {
        orr_bench_machine(stage.gpu, out);
        json_object_set_new(out, "frames", json_integer(r.report.rendered));
        json_object_set_new(out, "early_frame", json_integer(w.early));
        json_object_set_new(out, "window_frames", json_integer(w.window));
        json_object_set_new(out, "rss", growth(w.early_rss, w.last_rss, r.report.peak_rss_bytes));
        json_object_set_new(out, "gpu", growth(w.early_gpu, w.last_gpu, r.report.gpu_peak_bytes));
        json_object_set_new(out, "bar", json_string("change_percent within 1 of 0, in both"));
    }
    orr_bench_sweep(folder);
    orr_bench_close(&stage);
    return status;
}
