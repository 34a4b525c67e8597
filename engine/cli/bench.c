/* orrery bench NAME: measurements of the whole program, as JSON. One row per measurement; --repeats and the
 * rendering options apply to all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/platform/platform.h"
#include "cli/cli.h"

typedef struct bench {
    const char *name, *doc;
    orr_status (*run)(const orr_cli *cli, orr_text *out, orr_error *err);
} bench;

/* --- frame: frames of a script, and the time of each pass ---------------------------------------- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
    return count ? (values[(count - 1) / 2] + values[count / 2]) / 2 : 0;
}

/* The median over all frames of one pass's milliseconds, from the stats of a sequence. */
static double pass_median(json_t *frames, const char *pass) {
    size_t count = json_array_size(frames), n = 0;
    double *values = orr_calloc(count + 1, sizeof *values);
    for (size_t i = 0; values && i < count; i++) {
        json_t *ms = json_object_get(json_object_get(json_array_get(frames, i), "passes"), pass);
        if (json_is_number(ms)) values[n++] = json_number_value(ms);
    }
    double result = values ? median(values, n) : 0;
    free(values);
    return result;
}

static orr_status passes_json(const char *path, orr_text *out, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status = orr_file_read(path, 64 << 20, &data, &size, err);
    if (status != ORR_OK) return status;
    json_error_t problem;
    json_t *stats = json_loadb((const char *)data, size, 0, &problem);
    free(data);
    if (!stats) return orr_fail(err, ORR_E_BAD_DATA, path, "%s:%d: %s", path, problem.line, problem.text);
    json_t *frames = json_object_get(stats, "frames");
    json_t *first = json_object_get(json_array_get(frames, 0), "passes"), *value;
    const char *name, *between = "";
    orr_text_puts(out, ", \"pass_ms\": {");
    json_object_foreach(first, name, value) {
        orr_text_puts(out, between);
        orr_text_json_string(out, name);
        orr_text_puts(out, ": ");
        orr_cli_json_number(out, pass_median(frames, name));
        between = ", ";
    }
    orr_text_puts(out, "}");
    json_decref(stats);
    return ORR_OK;
}

static orr_status render_frames(const orr_cli *cli, orr_engine *engine, orr_script *script, const char *stats,
                                orr_text *out, orr_error *err) {
    const orr_sequence *sequence = orr_script_sequence(script);
    if (!sequence) return orr_fail(err, ORR_E_SCRIPT, NULL, "the script returned no sequence");
    uint32_t count = cli->repeats ? cli->repeats : 10;
    int64_t *frames = orr_calloc(count, sizeof *frames);
    if (!frames) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u frames", count);
    for (uint32_t i = 0; i < count; i++) frames[i] = sequence->first_frame + i % sequence->frame_count;
    orr_renderer *renderer = NULL;
    orr_gpu *gpu = NULL;
    orr_sequence_options options = {.frames = frames,
                                    .frame_count = count,
                                    .width = cli->width,
                                    .height = cli->height,
                                    .samples = cli->samples,
                                    .stats = stats,
                                    .stop = orr_cli_stop()};
    orr_sequence_report report = {0};
    orr_status status = orr_engine_renderer(engine, &renderer, err);
    if (status == ORR_OK) status = orr_engine_gpu(engine, &gpu, err);
    if (status == ORR_OK)
        status = orr_sequence_render(renderer, sequence, orr_script_settings(script), &options, &report, err);
    free(frames);
    if (status != ORR_OK) return status;
    orr_text_puts(out, "{\"bench\": \"frame\", \"script\": ");
    orr_text_json_string(out, sequence->name);
    orr_text_puts(out, ", \"device\": ");
    orr_text_json_string(out, orr_gpu_device(gpu)->name);
    orr_text_printf(out, ", \"width\": %u, \"height\": %u, \"samples\": %u, \"frames\": %u, \"wall_s\": ",
                    cli->width ? cli->width : sequence->width, cli->height ? cli->height : sequence->height,
                    cli->samples ? cli->samples : sequence->samples, report.rendered);
    orr_cli_json_number(out, report.wall_s);
    orr_text_puts(out, ", \"gpu_s\": ");
    orr_cli_json_number(out, report.gpu_s);
    orr_text_printf(out, ", \"peak_rss_bytes\": %llu, \"gpu_peak_bytes\": %llu",
                    (unsigned long long)report.peak_rss_bytes, (unsigned long long)report.gpu_peak_bytes);
    return ORR_OK;
}

static orr_status bench_frame(const orr_cli *cli, orr_text *out, orr_error *err) {
    orr_engine *engine = NULL;
    orr_script *script = NULL;
    char path[1200], stats[1200], cache[1024];
    orr_cli without = *cli; /* the word is the bench's name */
    without.word_count = 0;
    orr_status status = orr_cli_engine(cli, &engine, err);
    if (status == ORR_OK) orr_engine_start_gpu(engine);
    if (status == ORR_OK)
        status = orr_cli_script(&without, engine,
                                cli->script ? cli->script : orr_cli_default_script(engine, path, sizeof path),
                                &script, err);
    if (!orr_path_cache(cache, sizeof cache)) orr_format(cache, sizeof cache, ".");
    orr_path_join(stats, sizeof stats, cache, "bench-frame.json");
    if (status == ORR_OK) status = orr_folder_create(cache, err);
    if (status == ORR_OK) status = render_frames(cli, engine, script, stats, out, err);
    if (status == ORR_OK) status = passes_json(stats, out, err);
    orr_text_puts(out, "}\n");
    orr_file_remove(stats);
    orr_script_destroy(&script);
    if (engine) orr_engine_destroy(&engine);
    return status;
}

/* --- the table ----------------------------------------------------------------------------------- */

static const bench benches[] = {
    {"frame",
     "frames of a script (--script, --size, --samples; --repeats frames, 10 when not given): medians of each "
     "pass",
     bench_frame},
};

static const char *bench_name(const void *context, size_t i) {
    return (void)context, benches[i].name;
}

int orr_cmd_bench(orr_cli *cli) {
    const size_t count = sizeof benches / sizeof benches[0];
    orr_error err = {0};
    orr_text text = {0};
    orr_status status = ORR_OK;
    if (!cli->word_count) {
        for (size_t i = 0; i < count; i++)
            orr_text_printf(&text, "%-10s %s\n", benches[i].name, benches[i].doc);
        orr_cli_print(&text);
        return 0;
    }
    const bench *chosen = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(benches[i].name, cli->words[0]) == 0) chosen = &benches[i];
    if (chosen) {
        status = chosen->run(cli, &text, &err);
    } else {
        const char *near_name = orr_nearest_name(cli->words[0], count, bench_name, NULL);
        status = orr_fail(&err, ORR_E_USAGE, NULL, "there is no bench '%s'%s%s%s", cli->words[0],
                          near_name ? ": did you mean '" : "", near_name ? near_name : "",
                          near_name ? "'?" : "; `orrery bench` lists them");
    }
    if (status == ORR_OK)
        orr_cli_print(&text);
    else
        orr_text_free(&text);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}
