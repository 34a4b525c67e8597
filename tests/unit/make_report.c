/* make_report FOLDER: the sample results with drawn pictures and fourteen earlier runs, as page.html and
 * junit.xml in that folder. For tests/cli/report.sh, and for looking at the page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/platform/platform.h"
#include "check/report.h"
#include "check_sample.h"
#include "image/compare.h"

enum { WIDTH = 160, HEIGHT = 90 };

static void require(orr_status status, const orr_error *err) {
    if (status == ORR_OK) return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static double clamp01(double v) {
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* Three balls above a floor under a light from the left; `shine` is the strength of their highlights, `shift`
 * moves the light. */
static void shade(double x, double y, double shine, double shift, double rgb[3]) {
    static const double balls[3][7] = {{-0.95, 0.0, 0.38, 0.80, 0.22, 0.16, 0},
                                       {0.0, 0.06, 0.44, 0.16, 0.45, 0.72, 0},
                                       {0.98, -0.02, 0.36, 0.90, 0.68, 0.22, 0}};
    const double l[3] = {-0.55 + shift, -0.62, 0.56};
    double floor_v = clamp01((y + 0.1) * 0.9),
           tile = ((int)((x + 9) / (0.3 + y * 0.4)) + (int)(y * 9)) % 2 ? 0.9 : 1;
    for (int c = 0; c < 3; c++) rgb[c] = y > 0.3 ? (0.24 + 0.4 * floor_v) * tile : 0.34 + 0.1 * c - 0.25 * y;
    for (int b = 0; b < 3; b++) {
        const double *ball = balls[b], dx = (x - ball[0]) / ball[2], dy = (y - ball[1]) / ball[2];
        double sx = (x - ball[0] - 0.2) / ball[2], sy = (y - ball[1] - ball[2]) / (ball[2] * 0.22);
        if (y > 0.3 && sx * sx * 0.7 + sy * sy < 1)
            for (int c = 0; c < 3; c++) rgb[c] *= 0.55;
        if (dx * dx + dy * dy >= 1) continue;
        double dz = sqrt(1 - dx * dx - dy * dy), light = clamp01(dx * l[0] + dy * l[1] + dz * l[2]);
        double mirror = 2 * light * dz - l[2], gloss = shine * pow(clamp01(mirror), 24);
        for (int c = 0; c < 3; c++) rgb[c] = ball[3 + c] * (0.12 + 0.88 * light) + gloss;
    }
}

static orr_image draw(double shine, double shift) {
    orr_image image;
    orr_error err = {0};
    require(orr_image_create(WIDTH, HEIGHT, 3, ORR_PIXEL_U8, &image, &err), &err);
    image.srgb = true;
    uint8_t *pixels = image.pixels;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        double rgb[3] = {0}, sum[3] = {0};
        for (int s = 0; s < 16; s++) {
            double px = i % WIDTH + (s % 4 + 0.5) / 4, py = (double)(i / WIDTH) + (s / 4 + 0.5) / 4;
            shade((px - WIDTH / 2.0) / HEIGHT * 1.7, (py - HEIGHT / 2.0) / HEIGHT * 1.7, shine, shift, rgb);
            for (int c = 0; c < 3; c++) sum[c] += clamp01(rgb[c]) / 16;
        }
        for (int c = 0; c < 3; c++) pixels[i * 3 + c] = (uint8_t)(pow(sum[c], 1 / 1.6) * 255 + 0.5);
    }
    return image;
}

static void write_png(const char *folder, int number, const char *what, const orr_image *image) {
    char name[64], path[1024];
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    snprintf(name, sizeof name, "%d-%s.png", number, what);
    orr_path_join(path, sizeof path, folder, name);
    require(orr_png_encode(image, NULL, &data, &size, &err), &err);
    require(orr_file_write(path, data, size, &err), &err);
    free(data);
}

static void write_pictures(const char *folder) {
    static const double tests[5][2] = {{0.8, 0}, {0.0, 0}, {0.8, 0.25}, {0.8, 0}, {0.8, 0}};
    for (int n = 0; n < 5; n++) {
        orr_image golden = draw(0.8, 0), test = draw(tests[n][0], tests[n][1]), heat;
        orr_compare_result compared;
        orr_error err = {0};
        require(orr_compare(&golden, &test, &(orr_compare_params){.keep_map = true}, &compared, &err), &err);
        require(orr_heat_map(&compared.flip_map, &heat, &err), &err);
        write_png(folder, n, "golden", &golden);
        write_png(folder, n, "test", &test);
        write_png(folder, n, "heat", &heat);
        orr_compare_result_free(&compared);
        orr_image_free(&golden);
        orr_image_free(&test);
        orr_image_free(&heat);
    }
}

static const char *placed(orr_arena *arena, const char *folder, const char *file) {
    char path[1024];
    if (!file) return NULL;
    orr_path_join(path, sizeof path, folder, orr_path_name(file));
    return orr_arena_strdup(arena, path);
}

static void place_pictures(orr_check_result *results, orr_arena *arena, const char *folder) {
    for (uint32_t r = 0; r < SAMPLE_COUNT; r++)
        for (uint32_t f = 0; f < results[r].frame_count; f++)
            for (uint32_t i = 0; i < results[r].frames[f].image_count; i++) {
                orr_check_image *image = &results[r].frames[f].images[i];
                image->golden_file = placed(arena, folder, image->golden_file);
                image->test_file = placed(arena, folder, image->test_file);
                image->heat_file = placed(arena, folder, image->heat_file);
            }
}

/* Thirteen runs before this one: mostly fine, slower towards the end. */
static void write_history(const char *path, orr_check_result *results, const orr_check_run_info *now) {
    orr_error err = {0};
    orr_file_remove(path);
    for (int run = 0; run < 14; run++) {
        char label[16];
        orr_check_run_info info = *now;
        orr_check_result then[SAMPLE_COUNT];
        orr_check_frame_result frames[SAMPLE_COUNT];
        bool last = run == 13, bad = last || run == 5;
        snprintf(label, sizeof label, "%07x", (unsigned)(0x4c1a9e3 + run * 0x2b7f1d5) & 0xfffffff);
        info.label = last ? now->label : label;
        info.wall_s =
            last ? now->wall_s : now->wall_s * (0.78 + 0.03 * ((run * 7) % 5) + (run > 9 ? 0.1 : 0));
        for (uint32_t i = 0; i < SAMPLE_COUNT; i++) {
            then[i] = results[i];
            then[i].wall_s *= info.wall_s / now->wall_s;
            if (!bad) then[i].verdict = ORR_VERDICT_PASSED;
            if (last || results[i].frame_count == 0) continue;
            frames[i] = results[i].frames[0];
            frames[i].gpu_ms *= 0.8 + 0.04 * ((run * 3) % 4);
            then[i].frames = &frames[i];
            then[i].frame_count = isnan(frames[i].gpu_ms) ? 0 : 1;
        }
        require(orr_check_history_append(then, SAMPLE_COUNT, &info, path, &err), &err);
    }
}

int main(int argc, char **argv) {
    orr_check_run_info info = {
        .title = "Regression scenes", .version = "0.1.0", .wall_s = 3.62, .label = "9f2c41e"};
    orr_check_result *results = sample_results();
    orr_arena arena = {0};
    orr_error err = {0};
    char history[1024], page[1024], junit[1024];
    if (argc != 2) {
        fprintf(stderr, "usage: make_report FOLDER\n");
        return 2;
    }
    require(orr_folder_create(argv[1], &err), &err);
    orr_path_join(history, sizeof history, argv[1], "history.jsonl");
    orr_path_join(page, sizeof page, argv[1], "page.html");
    orr_path_join(junit, sizeof junit, argv[1], "junit.xml");
    write_pictures(argv[1]);
    place_pictures(results, &arena, argv[1]);
    write_history(history, results, &info);
    require(orr_check_html(results, SAMPLE_COUNT, &info, history, page, &err), &err);
    require(orr_check_junit(results, SAMPLE_COUNT, &info, junit, &err), &err);
    orr_arena_free(&arena);
    return 0;
}
