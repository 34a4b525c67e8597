/* The atmosphere's tables, at their default sizes, while what they depend on moves: each from a script of its
 * own, whose frames are small, so that the device does little else. */
#include <stdlib.h>
#include <string.h>

#include "cli/bench.h"
#include "render/atmosphere.h"
#include "render/target.h"

enum { WARM_FRAMES = 3, FRAMES = 60 };
static const double bar_ms = 0.1; /* of all tables together, on a data-centre GPU */

/* turbidity, the sun's elevation, the camera's place */
static const char script_text[] =
    "local scene = orrery.scene()\n"
    "scene:atmosphere{ turbidity = %s }\n"
    "scene:sun{ elevation_deg = %s }\n"
    "scene:environment{ source = 'constant', luminance_nit = 1000 }\n"
    "scene:mesh{ shape = orrery.plane{ width_m = 1e4, depth_m = 1e4 } }\n"
    "local camera = scene:camera{ position_m = %s, rotation_deg = {-10, 0, 0} }\n"
    "return orrery.sequence{ name = 'sky', scene = scene, camera = camera, size = {64, 36}, samples = 1, fps "
    "= 60, frames = %u }\n";

typedef struct moves {
    const char *name, *turbidity, *elevation, *place;
} moves;
static const moves all_moves[] = {
    {"air_sun_and_camera", "function(t) return 1 + t end", "function(t) return 4 + 5 * t end",
     "function(t) return 0, 100 + 50 * t, 0 end"},
    {"sun_and_camera", "1", "function(t) return 4 + 5 * t end", "function(t) return 0, 100 + 50 * t, 0 end"},
    {"nothing", "1", "4", "{0, 100, 0}"},
};

typedef struct times {
    double *ms[ORR_SKY_TABLE_COUNT + 1]; /* of each frame; the last is the sum */
    uint32_t seen, count, capacity;
} times;

static void take(void *context, const orr_progress *progress) {
    times *t = context;
    const orr_frame_result *result = progress->result;
    if (t->seen++ < WARM_FRAMES || t->count == t->capacity) return;
    for (uint32_t i = 0; i < result->timing_count; i++)
        for (orr_sky_table table = 0; table < ORR_SKY_TABLE_COUNT; table++)
            if (!strcmp(result->timings[i].name, orr_sky_table_name(table))) {
                double ms = (double)result->timings[i].ns * 1e-6;
                t->ms[table][t->count] = ms;
                t->ms[ORR_SKY_TABLE_COUNT][t->count] += ms;
            }
    t->count++;
}

static orr_status render(const orr_cli *cli, orr_bench_stage *stage, const moves *m, times *t,
                         orr_error *err) {
    char text[1200];
    uint32_t count = t->capacity + WARM_FRAMES;
    orr_format(text, sizeof text, script_text, m->turbidity, m->elevation, m->place, count);
    orr_script_destroy(&stage->script);
    orr_status status = orr_script_create(
        &(orr_script_params){.engine = stage->engine, .stop = orr_cli_stop()}, &stage->script, err);
    if (status == ORR_OK)
        status = orr_script_run_text(stage->script, text, strlen(text), "sky.lua",
                                     orr_engine_root(stage->engine), err);
    if (status != ORR_OK) return status;
    orr_sequence_report report;
    int64_t *list = orr_bench_frames(orr_script_sequence(stage->script), count);
    if (!list) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u frames", count);
    orr_sequence_options options = {.frames = list,
                                    .frame_count = count,
                                    .width = cli->width ? cli->width : 64,
                                    .height = cli->height ? cli->height : 36,
                                    .samples = 1,
                                    .stop = orr_cli_stop(),
                                    .progress = take,
                                    .progress_context = t};
    status = orr_sequence_render(stage->renderer, orr_script_sequence(stage->script),
                                 orr_script_settings(stage->script), &options, &report, err);
    free(list);
    return status;
}

static json_t *times_json(times *t) {
    json_t *rows = json_array();
    for (orr_sky_table table = 0; table < ORR_SKY_TABLE_COUNT; table++)
        json_array_append_new(rows, json_pack("{s:s, s:o}", "pass", orr_sky_table_name(table), "ms",
                                              orr_bench_spread(t->ms[table], t->count)));
    return json_pack("{s:i, s:o, s:o}", "frames", (int)t->count, "sum_ms",
                     orr_bench_spread(t->ms[ORR_SKY_TABLE_COUNT], t->count), "passes", rows);
}

orr_status orr_bench_sky(const orr_cli *cli, json_t *out, orr_error *err) {
    orr_bench_stage stage = {0};
    orr_status status = orr_bench_open(cli, "scripts/turntable.lua", &stage, err);
    if (status == ORR_OK) {
        orr_bench_machine(stage.gpu, out);
        json_object_set_new(out, "bar_ms", orr_bench_number(bar_ms));
    }
    for (size_t i = 0; status == ORR_OK && i < sizeof all_moves / sizeof all_moves[0]; i++) {
        times t = {.capacity = cli->repeats ? cli->repeats : FRAMES};
        for (int k = 0; k <= ORR_SKY_TABLE_COUNT; k++) {
            t.ms[k] = orr_calloc(t.capacity, sizeof(double));
            if (!t.ms[k]) status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for times");
        }
        if (status == ORR_OK) status = render(cli, &stage, &all_moves[i], &t, err);
        if (status == ORR_OK) json_object_set_new(out, all_moves[i].name, times_json(&t));
        for (int k = 0; k <= ORR_SKY_TABLE_COUNT; k++) free(t.ms[k]);
    }
    orr_bench_close(&stage);
    return status;
}
