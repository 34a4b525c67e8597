/* Lighting with many lamps: a floor of 100 x 100 m under a thousand point lights, about eight of which reach
 * each pixel; with clusters, and with each pixel looking at each light, which gives the same picture. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bench.h"
#include "render/target.h"

enum { WARM_FRAMES = 3, FRAMES = 31, LIGHTS = 1000, STEP_PX = 4 };
static const double bar_ms = 1.0; /* clusters and lighting at 1920x1080, on a data-centre GPU */
static const double side_m = 100.0, reach_m = 5.15, height_m = 1.0, pi = 3.14159265358979323846;
static const double camera_y = 24.0, camera_z = 46.0, look_z = 6.0,
                    vfov_deg = 34.0; /* all but floor is out of sight */

typedef struct lamps {
    double at[LIGHTS][2]; /* x, z */
} lamps;

static double next(uint64_t *state) { /* 0 to 1 */
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static void scatter(lamps *l) {
    uint64_t state = 1;
    for (int i = 0; i < LIGHTS; i++)
        for (int k = 0; k < 2; k++) l->at[i][k] = (next(&state) - 0.5) * side_m;
}

/* Of such intensity that the default cut, 1/1024 of display white at an exposure of 1, ends them at
 * `reach_m`. */
static void write_script(const lamps *l, orr_text *out) {
    orr_text_printf(
        out,
        "local scene = orrery.scene()\n"
        "scene:mesh{ shape = orrery.plane{ width_m = %g, depth_m = %g }, material = scene:material{ "
        "base_colour = {0.5, 0.5, 0.5}, roughness = 0.5 } }\n",
        side_m, side_m);
    for (int i = 0; i < LIGHTS; i++)
        orr_text_printf(
            out, "scene:point{ intensity_cd = %.9g, position_m = {%.9g, %g, %.9g}, casts_shadow = false }\n",
            pi / 1024.0 * reach_m * reach_m, l->at[i][0], height_m, l->at[i][1]);
    orr_text_printf(
        out,
        "local camera = scene:camera{ position_m = {0, %g, %g}, look_at_m = {0, 0, %g}, vfov_deg = %g }\n"
        "return orrery.sequence{ name = 'light', scene = scene, camera = camera, samples = 1, frames = 1, "
        "modules = { exposure = { mode = 'none' } } }\n",
        camera_y, camera_z, look_z, vfov_deg);
}

/* Lights that reach what a pixel sees, in the mean over pixels that see the floor; and their share. */
static double mean_lights(const lamps *l, uint32_t width, uint32_t height, double *floor_share) {
    double pitch = atan2(camera_y, camera_z - look_z), half = tan(vfov_deg * pi / 360.0), lights = 0,
           seen = 0, all = 0;
    double radius2 = reach_m * reach_m - height_m * height_m;
    for (uint32_t y = STEP_PX / 2; y < height; y += STEP_PX)
        for (uint32_t x = STEP_PX / 2; x < width; x += STEP_PX) {
            double u = (2.0 * x / width - 1.0) * half * width / height, v = (1.0 - 2.0 * y / height) * half;
            double down = sin(pitch) - v * cos(pitch), away = cos(pitch) + v * sin(pitch),
                   t = camera_y / down;
            double at[2] = {u * t, camera_z - away * t};
            all++;
            if (down <= 0.0 || fabs(at[0]) > side_m / 2 || fabs(at[1]) > side_m / 2) continue;
            seen++;
            for (int i = 0; i < LIGHTS; i++) {
                double dx = at[0] - l->at[i][0], dz = at[1] - l->at[i][1];
                lights += dx * dx + dz * dz < radius2;
            }
        }
    *floor_share = seen / all;
    return seen > 0 ? lights / seen : 0;
}

typedef struct times {
    double *clusters, *lighting, *both;
    uint32_t seen, count, capacity;
} times;

static void take(void *context, const orr_progress *progress) {
    times *t = context;
    const orr_frame_result *result = progress->result;
    if (t->seen++ < WARM_FRAMES || t->count == t->capacity) return;
    for (uint32_t i = 0; i < result->timing_count; i++) {
        double ms = (double)result->timings[i].ns * 1e-6;
        if (!strcmp(result->timings[i].name, "light clusters")) t->clusters[t->count] = ms;
        if (!strcmp(result->timings[i].name, "lighting")) t->lighting[t->count] = ms;
    }
    t->both[t->count] = t->clusters[t->count] + t->lighting[t->count];
    t->count++;
}

static orr_status measure(const orr_bench_stage *stage, const uint32_t size[2], bool every_light,
                          uint32_t repeats, json_t *out, double *median, orr_error *err) {
    times t = {.capacity = repeats};
    double **columns[] = {&t.clusters, &t.lighting, &t.both};
    static const char *names[] = {"clusters_ms", "lighting_ms", "together_ms"};
    uint32_t count = repeats + WARM_FRAMES;
    int64_t *list = orr_bench_frames(orr_script_sequence(stage->script), count);
    orr_status status = list ? ORR_OK : orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u frames", count);
    for (int i = 0; i < 3; i++)
        if (!(*columns[i] = orr_calloc(repeats, sizeof(double))) && status == ORR_OK)
            status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for times");
    orr_sequence_report report;
    orr_sequence_options options = {.frames = list,
                                    .frame_count = count,
                                    .width = size[0],
                                    .height = size[1],
                                    .samples = 1,
                                    .every_light = every_light,
                                    .stop = orr_cli_stop(),
                                    .progress = take,
                                    .progress_context = &t};
    if (status == ORR_OK)
        status = orr_sequence_render(stage->renderer, orr_script_sequence(stage->script),
                                     orr_script_settings(stage->script), &options, &report, err);
    for (int i = 0; status == ORR_OK && i < 3; i++)
        json_object_set_new(out, names[i], orr_bench_spread(*columns[i], t.count));
    *median = status == ORR_OK ? orr_bench_median(every_light ? t.lighting : t.both, t.count) : 0;
    for (int i = 0; i < 3; i++) free(*columns[i]);
    free(list);
    return status;
}

orr_status orr_bench_light(const orr_cli *cli, json_t *out, orr_error *err) {
    orr_bench_stage stage = {0};
    lamps *l = orr_calloc(1, sizeof *l);
    uint32_t size[2] = {cli->width ? cli->width : 1920, cli->height ? cli->height : 1080};
    orr_text text = {0};
    double with = 0, without = 0, floor_share = 0;
    if (!l) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for lamps");
    scatter(l), write_script(l, &text);
    orr_status status = orr_bench_open(cli, "scripts/turntable.lua", &stage, err);
    bool cpu = status == ORR_OK && orr_gpu_device(stage.gpu)->kind == ORR_GPU_CPU;
    uint32_t repeats = cli->repeats ? cli->repeats : cpu ? 3 : FRAMES;
    orr_script_destroy(&stage.script);
    if (status == ORR_OK)
        status = orr_script_create(&(orr_script_params){.engine = stage.engine, .stop = orr_cli_stop()},
                                   &stage.script, err);
    if (status == ORR_OK)
        status = orr_script_run_text(stage.script, orr_text_cstr(&text), strlen(orr_text_cstr(&text)),
                                     "light.lua", orr_engine_root(stage.engine), err);
    json_t *clusters = json_object(), *every = json_object();
    if (status == ORR_OK) status = measure(&stage, size, false, repeats, clusters, &with, err);
    if (status == ORR_OK) status = measure(&stage, size, true, repeats, every, &without, err);
    if (status == ORR_OK) {
        orr_bench_machine(stage.gpu, out);
        json_object_set_new(out, "width", json_integer(size[0]));
        json_object_set_new(out, "height", json_integer(size[1]));
        json_object_set_new(out, "lights", json_integer(LIGHTS));
        json_object_set_new(out, "lights_a_pixel",
                            orr_bench_number(mean_lights(l, size[0], size[1], &floor_share)));
        json_object_set_new(out, "pixels_of_floor", orr_bench_number(floor_share));
        json_object_set_new(out, "bar_ms", orr_bench_number(bar_ms));
        json_object_set_new(out, "times_faster", orr_bench_number(with > 0 ? without / with : 0));
    }
    json_object_set_new(out, "clustered", clusters);
    json_object_set_new(out, "every_light", every);
    orr_text_free(&text);
    free(l);
    orr_bench_close(&stage);
    return status;
}
