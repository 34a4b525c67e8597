/* orrery bench NAME: the table of measurements, how they are printed, and what they share. */
#include "cli/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"

/* --- numbers ------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double orr_bench_median(double *values, size_t count) {
    if (count) qsort(values, count, sizeof *values, by_value);
    return count ? (values[(count - 1) / 2] + values[count / 2]) / 2 : 0;
}

json_t *orr_bench_number(double value) {
    char text[32];
    orr_format(text, sizeof text, "%.6g", value);
    return orr_parse_f64(text, &value) ? json_real(value) : json_null();
}

json_t *orr_bench_spread(double *values, size_t count) {
    if (!count) return json_null();
    double median = orr_bench_median(values, count);
    return json_pack("{s:o, s:o, s:o}", "median", orr_bench_number(median), "min",
                     orr_bench_number(values[0]), "max", orr_bench_number(values[count - 1]));
}

void orr_bench_machine(const orr_gpu *gpu, json_t *out) {
    json_object_set_new(out, "device", json_string(orr_gpu_device(gpu)->name));
    json_object_set_new(out, "driver", json_string(orr_gpu_device(gpu)->driver));
    json_object_set_new(out, "cores", json_integer(orr_cpu_count()));
}

/* --- a script ready to render ---------------------------------------------------------------------- */

orr_status orr_bench_open(const orr_cli *cli, const char *script, orr_bench_stage *stage, orr_error *err) {
    char path[1200];
    orr_cli without = *cli; /* the word is the bench's name */
    without.word_count = 0;
    *stage = (orr_bench_stage){0};
    orr_status status = orr_cli_engine(cli, &stage->engine, err);
    if (status != ORR_OK) return status;
    orr_engine_start_gpu(stage->engine);
    orr_path_join(path, sizeof path, orr_engine_root(stage->engine), script);
    if (cli->script) orr_format(path, sizeof path, "%s", cli->script);
    status = orr_cli_script(&without, stage->engine, path, &stage->script, err);
    if (status == ORR_OK) status = orr_engine_renderer(stage->engine, &stage->renderer, err);
    if (status == ORR_OK) status = orr_engine_gpu(stage->engine, &stage->gpu, err);
    if (status != ORR_OK) return status;
    stage->sequence = orr_script_sequence(stage->script);
    return stage->sequence ? ORR_OK : orr_fail(err, ORR_E_SCRIPT, path, "%s returned no sequence", path);
}

void orr_bench_close(orr_bench_stage *stage) {
    orr_script_destroy(&stage->script);
    if (stage->engine) orr_engine_destroy(&stage->engine);
}

int64_t *orr_bench_frames(const orr_sequence *sequence, uint32_t count) {
    int64_t *frames = orr_calloc(count, sizeof *frames);
    for (uint32_t i = 0; frames && i < count; i++)
        frames[i] = sequence->first_frame + i % sequence->frame_count;
    return frames;
}

/* --- a folder ---------------------------------------------------------------------------------------- */

orr_status orr_bench_folder(char *out, size_t size, orr_error *err) {
    char cache[1024];
    if (!orr_path_cache(cache, sizeof cache)) orr_format(cache, sizeof cache, ".");
    orr_path_join(out, size, cache, "bench");
    return orr_folder_create(out, err);
}

void orr_bench_sweep(const char *folder) {
    char **names = NULL, path[1200];
    size_t count = 0;
    if (orr_folder_list(folder, &names, &count, NULL) != ORR_OK) return;
    for (size_t i = 0; i < count; i++) {
        orr_path_join(path, sizeof path, folder, names[i]);
        orr_file_remove(path);
    }
    orr_names_free(&names, count);
}

orr_status orr_bench_read(const char *path, json_t **out, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    json_error_t problem;
    orr_status status = orr_file_read(path, 64 << 20, &data, &size, err);
    if (status != ORR_OK) return status;
    *out = json_loadb((const char *)data, size, 0, &problem);
    free(data);
    return *out ? ORR_OK : orr_fail(err, ORR_E_BAD_DATA, path, "%s:%d: %s", path, problem.line, problem.text);
}

/* --- printing ------------------------------------------------------------------------------------------ */

static void print_cell(json_t *value, char *out, size_t size) {
    json_t *median = json_object_get(value, "median");
    out[0] = '\0';
    if (median)
        orr_format(out, size, "%.5g (%.5g to %.5g)", json_number_value(median),
                   json_number_value(json_object_get(value, "min")),
                   json_number_value(json_object_get(value, "max")));
    else if (json_is_string(value))
        orr_format(out, size, "%s", json_string_value(value));
    else if (json_is_integer(value))
        orr_format(out, size, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        orr_format(out, size, "%.5g", json_real_value(value));
    else if (json_is_boolean(value))
        orr_format(out, size, "%s", json_is_true(value) ? "yes" : "no");
}

/* Rows that all have the members of the first. */
static void print_rows(json_t *rows, orr_text *out) {
    const char *key;
    json_t *value, *row;
    size_t index;
    char cell[256];
    orr_text_puts(out, "   ");
    json_object_foreach(json_array_get(rows, 0), key, value) orr_text_printf(out, " %-26s", key);
    json_array_foreach(rows, index, row) {
        orr_text_puts(out, "\n   ");
        json_object_foreach(json_array_get(rows, 0), key, value) {
            print_cell(json_object_get(row, key), cell, sizeof cell);
            orr_text_printf(out, " %-26s", cell);
        }
    }
    orr_text_puts(out, "\n");
}

static void print_table(json_t *object, int depth, orr_text *out) {
    const char *key;
    json_t *value;
    char cell[256];
    json_object_foreach(object, key, value) {
        bool nested = json_is_object(value) && !json_object_get(value, "median");
        bool rows = json_is_object(json_array_get(value, 0));
        print_cell(value, cell, sizeof cell);
        orr_text_printf(out, "%*s%-28s %s\n", 2 * depth, "", key, cell);
        if (rows) print_rows(value, out);
        if (nested && depth < 8) print_table(value, depth + 1, out);
    }
}

static void print(const orr_cli *cli, json_t *result) {
    orr_text text = {0};
    if (cli->json) {
        char *json = json_dumps(result, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
        orr_text_printf(&text, "%s\n", json ? json : "null");
        free(json);
    } else {
        print_table(result, 0, &text);
    }
    orr_cli_print(&text);
}

/* --- the table ----------------------------------------------------------------------------------- */

typedef struct bench {
    const char *name, *doc;
    orr_status (*run)(const orr_cli *cli, json_t *out, orr_error *err);
} bench;

static const bench benches[] = {
    {"cold", "start to a finished frame of --model, against f3d; --repeats pairs (11)", orr_bench_cold},
    {"turntable", "36 frames of --model in one process, against 36 runs of f3d", orr_bench_turntable},
    {"sequence", "--repeats frames at 3840x2160: does encoding stall rendering?", orr_bench_sequence},
    {"passes", "each pass at 1920x1080: time, bytes it must move, share of the copy bandwidth",
     orr_bench_passes},
    {"pointwise", "passes that touch each pixel once, at 7680x4320, --repeats times (100)",
     orr_bench_pointwise},
    {"memory", "--repeats frames (300) at 320x180: does memory grow?", orr_bench_memory},
    {"jobs", "the job system against oneTBB", orr_bench_jobs},
    {"compare", "comparing a 4K pair, against the published FLIP (module flip_evaluator of --peer, python3)",
     orr_bench_compare},
    {"bundle", "packing and verifying 1 GiB, against openssl dgst -sha256 and cp of it; --repeats pairs (5)",
     orr_bench_bundle},
    {"check", "--repeats regression scenes (100) of 128x128, compared with their goldens", orr_bench_check},
    {"light",
     "a thousand point lights at 1920x1080: lighting with clusters, and with each pixel looking at each "
     "light",
     orr_bench_light},
    {"sky",
     "the atmosphere's tables while air, sun and camera move, and while nothing does; --repeats frames (60)",
     orr_bench_sky},
    {"all", "all of these", orr_bench_all},
};
enum { BENCH_COUNT = sizeof benches / sizeof benches[0] };
const char *const orr_bench_names[] = {"cold",   "turntable", "sequence", "passes", "pointwise",
                                       "memory", "jobs",      "compare",  "bundle", "check",
                                       "sky",    "light",     NULL};

static const char *bench_name(const void *context, size_t i) {
    return (void)context, benches[i].name;
}

static int list(void) {
    orr_text text = {0};
    for (size_t i = 0; i < BENCH_COUNT; i++)
        orr_text_printf(&text, "%-10s %s\n", benches[i].name, benches[i].doc);
    orr_cli_print(&text);
    return 0;
}

int orr_cmd_bench(orr_cli *cli) {
    orr_error err = {0};
    orr_status status = ORR_OK;
    if (!cli->word_count) return list();
    const bench *chosen = NULL;
    for (size_t i = 0; i < BENCH_COUNT; i++)
        if (strcmp(benches[i].name, cli->words[0]) == 0) chosen = &benches[i];
    json_t *result = json_pack("{s:s}", "bench", cli->words[0]);
    if (chosen) {
        status = chosen->run(cli, result, &err);
    } else {
        const char *near_name = orr_nearest_name(cli->words[0], BENCH_COUNT, bench_name, NULL);
        status = orr_fail(&err, ORR_E_USAGE, NULL, "there is no bench '%s'%s%s%s", cli->words[0],
                          near_name ? ": did you mean '" : "", near_name ? near_name : "",
                          near_name ? "'?" : "; `orrery bench` lists them");
    }
    if (status == ORR_OK) print(cli, result);
    json_decref(result);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}
