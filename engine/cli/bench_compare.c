/* The image comparison on a pair that it makes itself, and the published FLIP on the same pair. */
#include <math.h>
#include <stdlib.h>

#include "base/platform/platform.h"
#include "cli/bench.h"
#include "image/compare.h"

enum { WIDTH = 3840, HEIGHT = 2160, REPEATS = 5 };

/* --- the pair ------------------------------------------------------------------------------------------ */

static uint32_t scramble(uint32_t x) {
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

/* A wave of straight lines, 0 to 255. */
static uint32_t wave(uint32_t x) {
    return x % 512 < 256 ? x % 512 : 511 - x % 512;
}

/* Slow and fast waves and a checker: 0 to 255. */
static uint32_t picture(uint32_t x, uint32_t y, uint32_t c) {
    uint32_t slow = wave(x * (1 + c) / 4 + y / 3), fast = wave((x * (y / 64 + 3) + y * 5) * 4 + 97 * c);
    return (slow * 5 + fast * 2 + ((x / 97 + y / 61) % 2) * 255) / 8;
}

/* The test image is the picture with noise, and its right half one pixel off. */
static uint32_t value_at(uint32_t width, uint32_t x, uint32_t y, uint32_t c, bool test) {
    uint32_t value = picture(test && x > width / 2 ? x - 1 : x, y, c);
    int32_t noise = (int32_t)(scramble((y * width + x) * 3 + c) % 17) - 8;
    int32_t noisy = (int32_t)value + noise;
    return !test ? value : noisy < 0 ? 0 : noisy > 255 ? 255 : (uint32_t)noisy;
}

/* u8 of a display, or f16 over a dozen stops. */
static orr_status make_image(uint32_t width, uint32_t height, bool hdr, bool test, orr_image *out,
                             orr_error *err) {
    orr_status status = orr_image_create(width, height, 3, hdr ? ORR_PIXEL_F16 : ORR_PIXEL_U8, out, err);
    if (status != ORR_OK) return status;
    out->srgb = !hdr;
    for (size_t i = 0; i < (size_t)width * height * 3; i++) {
        uint32_t x = (uint32_t)(i / 3 % width), y = (uint32_t)(i / 3 / width);
        uint32_t value = value_at(width, x, y, (uint32_t)(i % 3), test);
        double stops = 12.0 * x / width, light = ldexp(1.0 + stops - floor(stops), (int)floor(stops) - 5);
        if (hdr)
            ((uint16_t *)out->pixels)[i] =
                orr_f32_to_f16((float)(light * (value + 1) * (value + 1) / 65536.0));
        else
            ((uint8_t *)out->pixels)[i] = (uint8_t)value;
    }
    return ORR_OK;
}

/* --- the peer ------------------------------------------------------------------------------------------ */

static const char *const FIND =
    "import importlib.util as u, sys; sys.exit(u.find_spec('flip_evaluator') is None)";
/* Arguments: two raw files, height, width, type, range, repeats. Its mean is taken of its map in double,
 * because its own is a sum of floats. */
static const char *const MEASURE =
    "import json, sys, time, numpy, flip_evaluator\n"
    "first, second, height, width, kind, span, repeats = sys.argv[1:]\n"
    "def load(path):\n"
    "    values = numpy.fromfile(path, kind).astype(numpy.float32).reshape(int(height), int(width), 3)\n"
    "    return values / numpy.float32(255) if kind == 'u1' else values\n"
    "a, b, times = load(first), load(second), []\n"
    "for i in range(int(repeats)):\n"
    "    start = time.perf_counter()\n"
    "    error, mean, used = flip_evaluator.evaluate(a, b, span, inputsRGB=kind == 'u1', applyMagma=False,\n"
    "                                                parameters={'ppd': 67.020643276582255})\n"
    "    times.append(time.perf_counter() - start)\n"
    "print(json.dumps({'flip': float(error.astype(numpy.float64).mean()), 'wall_s': times}))\n";

static const char *peer_name(const orr_cli *cli) {
    return cli->peer ? cli->peer : "python3";
}

static bool has_peer(const orr_cli *cli) {
    const char *const argv[] = {peer_name(cli), "-c", FIND, NULL};
    orr_process_cost cost;
    return orr_process_measure(argv, NULL, &cost, NULL) == ORR_OK && cost.exit_code == 0;
}

static orr_status run_peer(const orr_cli *cli, const orr_image pair[2], uint32_t repeats, json_t **out,
                           orr_error *err) {
    char folder[1024], files[2][1100], answer[1100], height[16], width[16], times[16];
    const orr_image *image = &pair[0];
    bool hdr = image->type == ORR_PIXEL_F16;
    orr_format(height, sizeof height, "%u", image->height);
    orr_format(width, sizeof width, "%u", image->width);
    orr_format(times, sizeof times, "%u", repeats);
    orr_status status = orr_bench_folder(folder, sizeof folder, err);
    for (int i = 0; i < 2 && status == ORR_OK; i++) {
        orr_path_join(files[i], sizeof files[i], folder, i ? "test.raw" : "reference.raw");
        status = orr_file_write(files[i], pair[i].pixels, pair[i].size_bytes, err);
    }
    if (status != ORR_OK) return status;
    orr_path_join(answer, sizeof answer, folder, "peer.json");
    const char *const argv[] = {
        peer_name(cli),      "-c",  MEASURE, files[0], files[1], height, width, hdr ? "f2" : "u1",
        hdr ? "HDR" : "LDR", times, NULL};
    orr_process_cost cost;
    status = orr_process_measure(argv, answer, &cost, err);
    if (status == ORR_OK && cost.exit_code != 0)
        status = orr_fail(err, ORR_E_PROCESS, argv[0], "%s with flip_evaluator ended with exit code %d",
                          argv[0], cost.exit_code);
    if (status == ORR_OK) status = orr_bench_read(answer, out, err);
    orr_bench_sweep(folder);
    return status;
}

/* --- the measurement ----------------------------------------------------------------------------------- */

typedef struct timing {
    double *one_s, *all_s; /* wall, by repeat */
    double *cpu_s;         /* of one thread: what a busy machine still tells */
    uint32_t repeats;
    orr_compare_result result;
} timing;

static orr_status once(const orr_image pair[2], orr_jobs *jobs, orr_compare_result *result, double *wall_s,
                       orr_error *err) {
    uint64_t start = orr_time_ns();
    orr_status status = orr_compare(&pair[0], &pair[1], &(orr_compare_params){.jobs = jobs}, result, err);
    *wall_s = (double)(orr_time_ns() - start) * 1e-9;
    return status;
}

/* In turn; the first of each warms caches and is not counted. */
static orr_status time_pair(const orr_image pair[2], orr_jobs *jobs, timing *t, orr_error *err) {
    orr_status status = ORR_OK;
    for (uint32_t i = 0; i <= t->repeats && status == ORR_OK; i++) {
        double one_s = 0, all_s = 0;
        uint64_t start = orr_cpu_time_ns();
        status = once(pair, NULL, &t->result, &one_s, err);
        double cpu_s = (double)(orr_cpu_time_ns() - start) * 1e-9;
        if (status == ORR_OK) status = once(pair, jobs, &t->result, &all_s, err);
        if (i) t->one_s[i - 1] = one_s, t->all_s[i - 1] = all_s, t->cpu_s[i - 1] = cpu_s;
    }
    return status;
}

static void add_peer(json_t *out, json_t *peer, const timing *t) {
    size_t count = json_array_size(json_object_get(peer, "wall_s"));
    double *wall_s = orr_calloc(count ? count : 1, sizeof *wall_s);
    double flip = json_number_value(json_object_get(peer, "flip"));
    for (size_t i = 0; wall_s && i < count; i++)
        wall_s[i] = json_number_value(json_array_get(json_object_get(peer, "wall_s"), i));
    double own_s = orr_bench_median(t->all_s, t->repeats),
           peer_s = wall_s ? orr_bench_median(wall_s, count) : 0;
    json_object_set_new(out, "peer_wall_s", wall_s ? orr_bench_spread(wall_s, count) : json_null());
    json_object_set_new(out, "ratio", orr_bench_number(peer_s > 0 ? own_s / peer_s : NAN));
    json_object_set_new(out, "flip_off_peer", orr_bench_number(t->result.flip - flip));
    free(wall_s);
}

static orr_status measure_pair(const orr_cli *cli, orr_jobs *jobs, const orr_image pair[2], bool peer,
                               json_t *out, orr_error *err) {
    timing t = {.repeats = cli->repeats ? cli->repeats : REPEATS};
    json_t *answer = NULL;
    bool hdr = pair[0].type == ORR_PIXEL_F16;
    t.one_s = orr_calloc(t.repeats, 3 * sizeof(double));
    if (!t.one_s) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u measurements", t.repeats);
    t.all_s = t.one_s + t.repeats;
    t.cpu_s = t.all_s + t.repeats;
    orr_status status = time_pair(pair, jobs, &t, err);
    if (status == ORR_OK && peer) status = run_peer(cli, pair, hdr ? 1 : t.repeats, &answer, err);
    if (status == ORR_OK) {
        json_object_set_new(out, "wall_s", orr_bench_spread(t.all_s, t.repeats));
        json_object_set_new(out, "one_thread_wall_s", orr_bench_spread(t.one_s, t.repeats));
        json_object_set_new(out, "one_thread_cpu_s", orr_bench_spread(t.cpu_s, t.repeats));
        json_object_set_new(out, "flip", orr_bench_number(t.result.flip));
        json_object_set_new(out, "ssim", orr_bench_number(t.result.ssim));
        json_object_set_new(out, "psnr_db", orr_bench_number(t.result.psnr_db));
        json_object_set_new(out, "max", orr_bench_number(t.result.max));
        if (hdr) json_object_set_new(out, "exposures", json_integer(t.result.exposures));
        if (answer) add_peer(out, answer, &t);
    }
    json_decref(answer);
    free(t.one_s);
    return status;
}

static orr_status measure_range(const orr_cli *cli, orr_jobs *jobs, bool hdr, bool peer, json_t *out,
                                orr_error *err) {
    uint32_t width = cli->width ? cli->width : WIDTH, height = cli->height ? cli->height : HEIGHT;
    orr_image pair[2] = {{0}, {0}};
    orr_status status = make_image(width, height, hdr, false, &pair[0], err);
    if (status == ORR_OK) status = make_image(width, height, hdr, true, &pair[1], err);
    json_t *answer =
        json_pack("{s:s, s:i, s:i}", "type", hdr ? "f16" : "u8", "width", (int)width, "height", (int)height);
    if (status == ORR_OK) status = measure_pair(cli, jobs, pair, peer, answer, err);
    json_object_set_new(out, hdr ? "hdr" : "ldr", answer);
    orr_image_free(&pair[0]);
    orr_image_free(&pair[1]);
    return status;
}

orr_status orr_bench_compare(const orr_cli *cli, json_t *out, orr_error *err) {
    orr_jobs *jobs = NULL;
    bool peer = has_peer(cli);
    orr_status status =
        orr_jobs_create(&(orr_jobs_params){.threads = cli->threads, .label = "bench"}, &jobs, err);
    if (status != ORR_OK) return status;
    json_object_set_new(out, "threads", json_integer(orr_jobs_threads(jobs)));
    if (!peer)
        json_object_set_new(out, "skipped",
                            json_sprintf("the peer: %s has no module flip_evaluator", peer_name(cli)));
    status = measure_range(cli, jobs, false, peer, out, err);
    if (status == ORR_OK) status = measure_range(cli, jobs, true, peer, out, err);
    json_object_set_new(out, "bar", json_string("ldr.wall_s <= 1, ratio < 1, |flip_off_peer| <= 1e-3"));
    orr_jobs_destroy(&jobs);
    return status;
}
