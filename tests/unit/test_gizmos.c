/* Lines of gizmos: kinds by name, projection and cutting, lists of the tiles. No GPU. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "render/gizmos.h"

enum { WIDTH = 200, HEIGHT = 100 };

static void kinds_by_name(void **state) {
    (void)state;
    orr_error err = {0};
    uint32_t kinds = 0;
    assert_int_equal(orr_gizmos_parse("cone,range", &kinds, &err), ORR_OK);
    assert_int_equal(kinds, ORR_GIZMO_CONE | ORR_GIZMO_RANGE);
    assert_int_equal(orr_gizmos_parse("all", &kinds, &err), ORR_OK);
    assert_int_equal(kinds, ORR_GIZMO_ALL);
    assert_int_equal(orr_gizmos_parse("none", &kinds, &err), ORR_OK);
    assert_int_equal(kinds, 0);
    assert_int_equal(orr_gizmos_parse("cones", &kinds, &err), ORR_E_ARGUMENT);
    assert_non_null(strstr(err.message, "did you mean 'cone'"));
    assert_int_equal(orr_gizmos_parse("cone,", &kinds, &err), ORR_E_ARGUMENT);
    assert_int_equal(orr_gizmos_parse("", &kinds, &err), ORR_E_ARGUMENT);
}

/* A camera at the origin that looks along -Z; tangent of the half view 0.5 up, 1 aside. */
static orr_pose pose_of(orr_pose_light *light) {
    orr_pose pose = {.lights = light, .light_count = light ? 1 : 0};
    pose.camera =
        (orr_pose_camera){.right = {1, 0, 0}, .up = {0, 1, 0}, .forward = {0, 0, -1}, .near_m = 0.1};
    return pose;
}
static const double perspective[16] = {1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, -1, 0, 0, 0.1, 0};

static uint32_t lines_of(const orr_pose *pose, const double m[16], uint32_t kinds, orr_arena *arena,
                         orr_gizmo_line **lines) {
    orr_error err = {0};
    uint32_t count;
    orr_gizmo_view view = {.pose = pose,
                           .view_proj = m,
                           .half_y = 0.5,
                           .width = WIDTH,
                           .height = HEIGHT,
                           .kinds = kinds,
                           .size = 0.1};
    assert_int_equal(orr_gizmos_lines(&view, arena, lines, &count, &err), ORR_OK);
    return count;
}

static void a_light_stands_where_it_is(void **state) {
    (void)state;
    orr_arena arena = {0};
    orr_gizmo_line *lines;
    orr_pose_light light = {.position_m = {1, 0.5, -4}, .cos_outer = -2, .direction = {0, 0, -1}};
    orr_pose pose = pose_of(&light);
    /* x / depth = 0.25 of 1, y / depth = 0.125 of 0.5: a quarter from the middle; a cross of 0.2 x 0.1 x 4 m
     * each way */
    assert_int_equal(lines_of(&pose, perspective, ORR_GIZMO_POSITION, &arena, &lines), 3);
    assert_float_equal(0.5f * (lines[0].from[0] + lines[0].to[0]), 125, 1e-3);
    assert_float_equal(lines[0].from[1], 37.5, 1e-3);
    assert_float_equal(lines[0].to[0] - lines[0].from[0], 2 * 0.2 * 0.4 / 4 * 100, 1e-3);
    assert_float_equal(lines[1].from[1] - lines[1].to[1], 2 * 0.2 * 0.4 / 4 * 100, 1e-3);
    light.position_m[2] = 4; /* behind the camera */
    assert_int_equal(lines_of(&pose, perspective, ORR_GIZMO_POSITION, &arena, &lines), 0);
    light = (orr_pose_light){.position_m = {0, 0, -0.05}, .cos_outer = -2}; /* nearer than the near plane */
    assert_int_equal(lines_of(&pose, perspective, ORR_GIZMO_POSITION, &arena, &lines), 0);
    light.position_m[2] = -4, light.position_m[0] = 9; /* aside of the picture */
    assert_int_equal(lines_of(&pose, perspective, ORR_GIZMO_POSITION, &arena, &lines), 0);
    orr_arena_free(&arena);
}

/* A range around the camera: every line crosses the near plane or the edges, none gets far out of the
 * picture. */
static void lines_end_at_the_edges(void **state) {
    (void)state;
    orr_arena arena = {0};
    orr_gizmo_line *lines;
    orr_pose_light light = {.position_m = {0.2, 0.1, 0.3}, .range_m = 2, .cos_outer = -2};
    orr_pose pose = pose_of(&light);
    uint32_t count = lines_of(&pose, perspective, ORR_GIZMO_RANGE, &arena, &lines);
    assert_in_range(count, 10, 3 * 48);
    for (uint32_t i = 0; i < count; i++)
        for (int e = 0; e < 2; e++) {
            const float *p = e ? lines[i].to : lines[i].from;
            assert_true(p[0] >= -5 && p[0] <= WIDTH + 5 && p[1] >= -5 && p[1] <= HEIGHT + 5);
        }
    orr_arena_free(&arena);
}

/* In a parallel view 2 m high: ranges keep their size, and a cone without a range that of its symbol. */
static void parallel_views(void **state) {
    (void)state;
    orr_arena arena = {0};
    orr_gizmo_line *lines;
    const double m[16] = {0.5, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0.01, 0, 0, 0, 1, 1};
    orr_pose_light light = {.position_m = {0, 0, -5}, .range_m = 0.5, .cos_outer = -2};
    orr_pose pose = pose_of(&light);
    pose.camera.ortho_height_m = 2;
    float low = HEIGHT, high = 0;
    uint32_t count = lines_of(&pose, m, ORR_GIZMO_RANGE, &arena, &lines);
    assert_int_equal(count, 3 * 48);
    for (uint32_t i = 0; i < count; i++)
        low = fminf(low, lines[i].from[1]), high = fmaxf(high, lines[i].from[1]);
    assert_float_equal(low, 25, 1e-3);
    assert_float_equal(high, 75, 1e-3);
    light = (orr_pose_light){
        .position_m = {0, 0, -5}, .cos_outer = 0.5, .cos_inner = 0.8, .direction = {0, -1, 0}};
    assert_int_equal(lines_of(&pose, m, ORR_GIZMO_CONE, &arena, &lines), 2 * 48 + 4);
    pose.has_sun = true, pose.sun_direction[1] = 1; /* parallel rays see no body of the sky, but its arrow */
    pose.light_count = 0;
    assert_int_equal(lines_of(&pose, m, ORR_GIZMO_POSITION, &arena, &lines), 0);
    assert_int_equal(lines_of(&pose, m, ORR_GIZMO_DIRECTION, &arena, &lines), 5);
    orr_arena_free(&arena);
}

/* Every pixel within reach of a line finds it in its tile's list, and lists keep the lines' order. */
static void tiles_have_their_lines(void **state) {
    (void)state;
    orr_arena arena = {0};
    orr_error err = {0};
    orr_gizmo_line lines[3] = {{.from = {3, 4}, .to = {190, 93}, .half_width_px = 1},
                               {.from = {-4, 50}, .to = {204, 50}, .half_width_px = 0.5f},
                               {.from = {100, 60}, .to = {100, 60}, .half_width_px = 2}};
    uint32_t *words, columns = 13, seen = 0;
    uint64_t count;
    assert_int_equal(orr_gizmos_bin(lines, 3, WIDTH, HEIGHT, &arena, &words, &count, &err), ORR_OK);
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++)
            for (int i = 0; i < 3; i++) {
                double px = x + 0.5 - (double)lines[i].from[0], py = y + 0.5 - (double)lines[i].from[1];
                double dx = (double)lines[i].to[0] - (double)lines[i].from[0],
                       dy = (double)lines[i].to[1] - (double)lines[i].from[1], square = dx * dx + dy * dy;
                double t = square > 0 ? fmin(fmax((px * dx + py * dy) / square, 0), 1) : 0;
                if (hypot(px - t * dx, py - t * dy) > (double)lines[i].half_width_px + 1.75) continue;
                const uint32_t *tile = &words[(size_t)(y / 16 * columns + x / 16) * 4];
                bool found = false;
                for (uint32_t k = 0; k < tile[1]; k++)
                    found |= !memcmp(&words[(size_t)(tile[0] + 2 * k) * 4], &lines[i], sizeof lines[i]);
                assert_true(found);
                seen++;
            }
    assert_in_range(seen, 500, 4000);
    const uint32_t *middle = &words[(size_t)(3 * columns + 6) * 4]; /* all three, near (100, 50) */
    assert_int_equal(middle[1], 3);
    assert_memory_equal(&words[(size_t)middle[0] * 4], lines, sizeof lines);
    assert_int_equal(words[1], 1); /* the corner has the first alone */
    assert_true(count * 4 < 13 * 7 * 16 + 3 * 60 * sizeof *lines);
    orr_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_by_name),          cmocka_unit_test(a_light_stands_where_it_is),
        cmocka_unit_test(lines_end_at_the_edges), cmocka_unit_test(parallel_views),
        cmocka_unit_test(tiles_have_their_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
