/* How long a folder of regression scenes takes: written, given goldens, then checked against the clock. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/bench.h"
#include "cli/check.h"

enum { SCENES = 100 };

/* Scene i: a handful of shapes, materials and lights that no other scene has. */
static const char scene_text[] =
    "orrery.check{ golden = \"golden/%03u\", size = {128, 128}, samples = 4 }\n"
    "local random = orrery.random(%u)\n"
    "local scene = orrery.scene()\n"
    "local shapes = { orrery.sphere{}, orrery.box{ size_m = 0.8, bevel_m = 0.05 }, orrery.torus{}, "
    "orrery.cylinder{}, orrery.icosphere{ "
    "splits = 2 } }\n"
    "for i = 1, 12 do\n"
    "  scene:mesh{ shape = shapes[random:integer(1, #shapes)], position_m = {random:number(-3, 3), 0.5, "
    "random:number(-3, 3)},\n"
    "    material = scene:material{ base_colour = {random:number(), random:number(), random:number()}, "
    "metallic = "
    "random:integer(0, 1), roughness = random:number(0.1, 1) } }\n"
    "end\n"
    "scene:mesh{ shape = orrery.plane{ width_m = 12, depth_m = 12 } }\n"
    "scene:sun{ azimuth_deg = random:number(0, 360), elevation_deg = random:number(20, 70) }\n"
    "scene:point{ flux_lm = 2000, position_m = {0, 3, 0} }\n"
    "scene:environment{}\n"
    "local camera = scene:camera{ position_m = {0, 4, 7}, look_at_m = {0, 0.3, 0}, vfov_deg = 45 }\n"
    "return orrery.sequence{ scene = scene, camera = camera, size = {128, 128} }\n";

static orr_status write_scenes(const char *folder, uint32_t count, orr_error *err) {
    char text[sizeof scene_text + 64], name[32], path[1200];
    orr_status status = ORR_OK;
    for (uint32_t i = 0; i < count && status == ORR_OK; i++) {
        orr_format(text, sizeof text, scene_text, i, i + 1);
        orr_format(name, sizeof name, "scene%03u.lua", i);
        orr_path_join(path, sizeof path, folder, name);
        status = orr_file_write(path, text, strlen(text), err);
    }
    return status;
}

/* This program's check of the folder, as a process of its own. */
static orr_status check(const orr_cli *cli, const char *folder, const char *more, orr_process_cost *cost,
                        orr_error *err) {
    orr_arena arena = {0};
    orr_check_words words;
    orr_check_words_begin(cli, "check", cli->threads, 0, &arena, &words);
    orr_check_words_add(&words, folder);
    orr_check_words_add(&words, "--json"); /* no bar */
    if (more) orr_check_words_add(&words, more);
    orr_status status = words.failed ? orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a bench")
                                     : orr_process_measure(words.argv, NULL, cost, err);
    if (status == ORR_OK && cost->exit_code)
        status = orr_fail(err, ORR_E_PROCESS, NULL, "orrery check %s%s%s ended with exit code %d", folder,
                          more ? " " : "", more ? more : "", cost->exit_code);
    orr_arena_free(&arena);
    return status;
}

orr_status orr_bench_check(const orr_cli *cli, json_t *out, orr_error *err) {
    char folder[1024];
    orr_process_cost first = {0}, cost = {0};
    uint32_t count = cli->repeats ? cli->repeats : SCENES;
    orr_status status = orr_folder_temporary("orrery-bench-check", folder, sizeof folder, err);
    if (status != ORR_OK) return status;
    status = write_scenes(folder, count, err);
    if (status == ORR_OK) status = check(cli, folder, "--update", &first, err);
    if (status == ORR_OK) status = check(cli, folder, NULL, &cost, err);
    orr_folder_remove(folder);
    if (status != ORR_OK) return status;
    json_object_set_new(out, "scenes", json_integer(count));
    json_object_set_new(out, "cores", json_integer(orr_cpu_count()));
    json_object_set_new(out, "update_s", orr_bench_number(first.wall_s));
    json_object_set_new(out, "wall_s", orr_bench_number(cost.wall_s));
    json_object_set_new(out, "scene_s", orr_bench_number(cost.wall_s / count));
    return ORR_OK;
}
