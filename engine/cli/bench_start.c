/* Measurements of whole programs: Orrery from its start to a finished file, and f3d beside it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/bench.h"

enum { MAX_WORDS = 40, TURN_FRAMES = 36, PAIRS = 11 };

typedef struct words {
    const char *argv[MAX_WORDS + 1];
    uint32_t count;
    char program[1024], threads[16], repeats[16], size[32], samples[16];
} words;

static void add(words *w, const char *word) {
    if (w->count < MAX_WORDS) w->argv[w->count++] = word;
}

static void add_pair(words *w, const char *option, const char *value) {
    if (value) add(w, option), add(w, value);
}

/* This program again, with the options that say which engine. */
static void start_words(const orr_cli *cli, const char *command, words *w) {
    *w = (words){0};
    if (!orr_path_program(w->program, sizeof w->program)) orr_format(w->program, sizeof w->program, "orrery");
    add(w, w->program);
    add(w, command);
    if (cli->threads) orr_format(w->threads, sizeof w->threads, "%u", cli->threads);
    add_pair(w, "--threads", cli->threads ? w->threads : NULL);
    add_pair(w, "--device", cli->device);
    add_pair(w, "--root", cli->root);
    if (cli->no_cache) add(w, "--no-cache");
}

/* The options that a bench passes on to itself. */
static void add_bench_words(const orr_cli *cli, words *w) {
    add(w, "--json");
    orr_format(w->repeats, sizeof w->repeats, "%u", cli->repeats);
    orr_format(w->samples, sizeof w->samples, "%u", cli->samples);
    orr_format(w->size, sizeof w->size, "%ux%u", cli->width, cli->height);
    add_pair(w, "--repeats", cli->repeats ? w->repeats : NULL);
    add_pair(w, "--samples", cli->samples ? w->samples : NULL);
    add_pair(w, "--size", cli->width ? w->size : NULL);
    add_pair(w, "--model", cli->model);
    add_pair(w, "--peer", cli->peer);
    add_pair(w, "--script", cli->script);
}

static orr_status measure(const words *w, const char *output, orr_process_cost *cost, orr_error *err) {
    orr_status status = orr_process_measure(w->argv, output, cost, err);
    if (status != ORR_OK || cost->exit_code == 0) return status;
    return orr_fail(err, ORR_E_PROCESS, w->argv[0], "%s %s ended with exit code %d", w->argv[0], w->argv[1],
                    cost->exit_code);
}

/* A bench run as a process of its own: what it answers becomes `*out`. */
static orr_status run_self(const orr_cli *cli, const char *wrapper, const char *name, json_t **out,
                           orr_error *err) {
    char folder[1024], file[1100];
    words self, w = {0};
    orr_process_cost cost;
    orr_status status = orr_bench_folder(folder, sizeof folder, err);
    if (status != ORR_OK) return status;
    orr_format(file, sizeof file, "%s-%s.json", folder, name); /* beside the folder, which a bench sweeps */
    start_words(cli, "bench", &self);
    if (wrapper) add(&w, wrapper), add(&w, "-a"); /* xvfb-run: a display that is free */
    for (uint32_t i = 0; i < self.count; i++) add(&w, self.argv[i]);
    add(&w, name);
    add_bench_words(cli, &w);
    status = measure(&w, file, &cost, err);
    if (status == ORR_OK) status = orr_bench_read(file, out, err);
    orr_file_remove(file);
    return status;
}

/* --- the pairs ----------------------------------------------------------------------------------------- */

typedef struct side {
    words w;
    double *wall_s, *cpu_s, *peak_rss_bytes;
    uint32_t count;
} side;

static orr_status once(side *s, bool keep, orr_error *err) {
    orr_process_cost cost;
    orr_status status = measure(&s->w, NULL, &cost, err);
    if (status != ORR_OK || !keep) return status;
    s->wall_s[s->count] = cost.wall_s;
    s->cpu_s[s->count] = cost.cpu_s;
    s->peak_rss_bytes[s->count++] = (double)cost.peak_rss_bytes;
    return ORR_OK;
}

static orr_status make_side(side *s, uint32_t repeats, orr_error *err) {
    s->wall_s = orr_calloc((size_t)repeats * 3, sizeof(double));
    if (!s->wall_s) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u measurements", repeats);
    s->cpu_s = s->wall_s + repeats;
    s->peak_rss_bytes = s->cpu_s + repeats;
    return ORR_OK;
}

static void orrery_words(const orr_cli *cli, const char *out, bool turntable, side *s) {
    words *w = &s->w;
    start_words(cli, "render", w);
    orr_format(w->size, sizeof w->size, "%ux%u", cli->width ? cli->width : 640,
               cli->height ? cli->height : 360);
    add_pair(w, "--frames", turntable ? "0-35" : "0");
    add_pair(w, "--samples", "1"); /* f3d does not anti-alias */
    add_pair(w, "--size", w->size);
    add_pair(w, "--out", out);
    add(w, "--quiet");
}

static void f3d_words(const orr_cli *cli, const char *peer, const char *out, side *s) {
    words *w = &s->w;
    *w = (words){0};
    orr_format(w->size, sizeof w->size, "%u,%u", cli->width ? cli->width : 640,
               cli->height ? cli->height : 360);
    add(w, peer);
    add_pair(w, "--output", out);
    add_pair(w, "--resolution", w->size);
    add(w, cli->model);
}

/* In turn, so that what else the machine does falls on both. The first run of each warms caches and is not
 * counted. */
static orr_status take_turns(side *own, side *peer, uint32_t repeats, orr_error *err) {
    orr_status status = once(own, false, err);
    if (status == ORR_OK && peer) status = once(peer, false, err);
    for (uint32_t i = 0; status == ORR_OK && i < repeats; i++) {
        side *first = i % 2 && peer ? peer : own, *second = i % 2 ? own : peer;
        status = once(first, true, err);
        if (status == ORR_OK && peer) status = once(second, true, err);
    }
    return status;
}

static json_t *side_json(side *s) {
    return json_pack("{s:o, s:o, s:o}", "wall_s", orr_bench_spread(s->wall_s, s->count), "cpu_s",
                     orr_bench_spread(s->cpu_s, s->count), "peak_rss_bytes",
                     orr_bench_spread(s->peak_rss_bytes, s->count));
}

static json_t *ratio(double *own, double *peer, size_t count) {
    double b = orr_bench_median(peer, count);
    return b > 0 ? orr_bench_number(orr_bench_median(own, count) / b) : json_null();
}

static void cold_json(json_t *out, side *own, side *peer) {
    json_object_set_new(out, "orrery", side_json(own));
    if (!peer) return;
    size_t n = own->count;
    json_object_set_new(out, "peer", side_json(peer));
    json_object_set_new(out, "ratio",
                        json_pack("{s:o, s:o, s:o}", "wall", ratio(own->wall_s, peer->wall_s, n), "cpu",
                                  ratio(own->cpu_s, peer->cpu_s, n), "peak_rss",
                                  ratio(own->peak_rss_bytes, peer->peak_rss_bytes, n)));
    json_object_set_new(out, "bar", json_string("ratio.wall < 1 and ratio.peak_rss < 1"));
}

static void turntable_json(json_t *out, side *own, side *peer) {
    double wall = orr_bench_median(own->wall_s, own->count);
    json_object_set_new(out, "frames", json_integer(TURN_FRAMES));
    json_object_set_new(out, "orrery", side_json(own));
    json_object_set_new(out, "orrery_frames_per_s", orr_bench_number(TURN_FRAMES / wall));
    if (!peer) return;
    double single = orr_bench_median(peer->wall_s, peer->count);
    json_object_set_new(out, "peer", side_json(peer));
    json_object_set_new(out, "peer_frames_per_s", orr_bench_number(1 / single));
    json_object_set_new(out, "ratio", orr_bench_number(TURN_FRAMES * single / wall));
    json_object_set_new(out, "bar", json_string("ratio >= 8"));
}

static bool installed(const char *program) {
    const char *argv[] = {program, "--version", NULL};
    orr_process_cost cost;
    return orr_process_measure(argv, NULL, &cost, NULL) == ORR_OK;
}

static orr_status against_f3d(const orr_cli *cli, bool turntable, json_t *out, orr_error *err) {
    const char *peer_name = cli->peer ? cli->peer : "f3d";
    uint32_t repeats = cli->repeats ? cli->repeats : PAIRS;
    char folder[1024], image[1100], peer_image[1100], model[1100];
    bool has_peer = installed(peer_name);
    side own = {0}, peer = {0};
    orr_status status = orr_bench_folder(folder, sizeof folder, err);
    if (status == ORR_OK) status = make_side(&own, repeats, err);
    if (status == ORR_OK) status = make_side(&peer, repeats, err);
    orr_path_join(image, sizeof image, folder, turntable ? "turn_####.png" : "cold.png");
    orr_path_join(peer_image, sizeof peer_image, folder, "peer.png");
    orr_format(model, sizeof model, "model=%s", cli->model);
    orrery_words(cli, image, turntable, &own);
    add_pair(&own.w, "--set", model);
    if (turntable) add_pair(&own.w, "--set", "seconds=3"); /* 36 frames are one turn */
    f3d_words(cli, peer_name, peer_image, &peer);
    if (status == ORR_OK) status = take_turns(&own, has_peer ? &peer : NULL, repeats, err);
    json_object_set_new(out, "model", json_string(cli->model));
    json_object_set_new(out, "cores", json_integer(orr_cpu_count()));
    json_object_set_new(out, "pairs", json_integer(repeats));
    if (!has_peer)
        json_object_set_new(out, "skipped",
                            json_sprintf("the peer: program '%s' is not installed", peer_name));
    if (status == ORR_OK) (turntable ? turntable_json : cold_json)(out, &own, has_peer ? &peer : NULL);
    orr_bench_sweep(folder);
    free(own.wall_s);
    free(peer.wall_s);
    return status;
}

/* f3d needs a display: without one the bench runs itself once more inside xvfb-run, which has it up
 * beforehand.
 */
static orr_status with_display(const orr_cli *cli, const char *name, json_t *out, orr_error *err) {
    json_t *result = NULL;
    if (!cli->model)
        return orr_fail(err, ORR_E_USAGE, NULL, "bench %s needs --model FILE, a glTF file", name);
    const char *peer = cli->peer ? cli->peer : "f3d";
    if (getenv("DISPLAY") || !installed(peer) || !installed("xvfb-run"))
        return against_f3d(cli, strcmp(name, "turntable") == 0, out, err);
    orr_status status = run_self(cli, "xvfb-run", name, &result, err);
    if (status == ORR_OK) json_object_update(out, result);
    json_decref(result);
    return status;
}

orr_status orr_bench_cold(const orr_cli *cli, json_t *out, orr_error *err) {
    return with_display(cli, "cold", out, err);
}

orr_status orr_bench_turntable(const orr_cli *cli, json_t *out, orr_error *err) {
    return with_display(cli, "turntable", out, err);
}

/* --- other programs --------------------------------------------------------------------------------------
 */

/* The micro-benchmark lies in the build tree beside bin/. */
orr_status orr_bench_jobs(const orr_cli *cli, json_t *out, orr_error *err) {
    char program[1024], folder[1024], path[1200], file[1100];
    orr_process_cost cost;
    words w = {0};
    json_t *result = NULL;
    (void)cli;
    if (!orr_path_program(program, sizeof program)) program[0] = '\0';
    orr_path_folder(folder, sizeof folder, program);
    orr_path_join(path, sizeof path, folder, "../tests/bench/bench_jobs");
    if (!orr_file_exists(path)) {
        json_object_set_new(
            out, "skipped",
            json_string("bench_jobs is not built: configure with -DORRERY_BENCH=ON, or run ./dev bench"));
        return ORR_OK;
    }
    orr_status status = orr_bench_folder(folder, sizeof folder, err);
    if (status != ORR_OK) return status;
    orr_path_join(file, sizeof file, folder, "jobs.json");
    add(&w, path);
    status = measure(&w, file, &cost, err);
    if (status == ORR_OK) status = orr_bench_read(file, &result, err);
    if (status == ORR_OK) json_object_set_new(out, "result", result);
    orr_bench_sweep(folder);
    return status;
}

/* Each in a process of its own: one's memory is not the other's peak. What cannot be measured says why. */
orr_status orr_bench_all(const orr_cli *cli, json_t *out, orr_error *err) {
    for (size_t i = 0; orr_bench_names[i]; i++) {
        const char *name = orr_bench_names[i];
        bool needs_model = strcmp(name, "cold") == 0 || strcmp(name, "turntable") == 0;
        json_t *result = NULL;
        if (needs_model && !cli->model) {
            result = json_pack("{s:s}", "skipped", "no --model FILE was given");
        } else {
            orr_status status = run_self(cli, NULL, name, &result, err);
            if (status != ORR_OK) return status;
        }
        json_object_set_new(out, name, result);
    }
    return ORR_OK;
}
