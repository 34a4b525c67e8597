/* What a frame's passes are given: projection and rays, culling, terrain detail, matrices; frame lists and
 * names. No GPU is needed: the dummy device holds the buffers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "render/frame.h"
#include "render/sink.h"

#define OK(expression)                                                                                       \
    do {                                                                                                     \
        err = (orr_error){0};                                                                                \
        if (expression) fail_msg("%s:%d: %s", __FILE__, __LINE__, err.message);                              \
    } while (0)

/* xorshift64*, Vigna 2016; uniform in [low, high) */
static double uniform(uint64_t *state, double low, double high) {
    *state ^= *state >> 12, *state ^= *state << 25, *state ^= *state >> 27;
    return low +
           (high - low) * ((double)((*state * UINT64_C(2685821657736338717)) >> 11) / 9007199254740992.0);
}

typedef struct fixture {
    orr_jobs *jobs;
    orr_assets *assets;
    orr_revision revision;
    orr_rev_material materials[2]; /* opaque, blended */
    uint32_t offsets[1];
    orr_renderer renderer;
    orr_frame_buffers buffers;
    orr_arena arena;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    orr_error err;
    assert_non_null(f);
    OK(orr_jobs_create(&(orr_jobs_params){.threads = 1}, &f->jobs, &err));
    OK(orr_assets_create(&(orr_assets_params){.jobs = f->jobs}, &f->assets, &err));
    OK(orr_gpu_create(&(orr_gpu_params){.dummy = true}, &f->renderer.gpu, &err));
    f->materials[1].alpha_mode = ORR_ALPHA_BLEND;
    f->revision.materials = f->materials, f->revision.material_count = 2;
    f->renderer.assets = f->assets;
    f->renderer.residency.revision = &f->revision;
    f->renderer.residency.first_index = f->renderer.residency.vertex_offset =
        f->renderer.residency.uv1_offset = f->offsets;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    orr_frame_buffers_free(&f->renderer, &f->buffers);
    orr_gpu_destroy(&f->renderer.gpu);
    orr_assets_destroy(&f->assets);
    orr_jobs_destroy(&f->jobs);
    orr_arena_free(&f->arena);
    free(f);
    return 0;
}

static void random_camera(uint64_t *random, bool ortho, orr_pose_camera *c) {
    double q[4], m[16], length = 0;
    for (int k = 0; k < 4; k++) q[k] = uniform(random, -1, 1), length += q[k] * q[k];
    for (int k = 0; k < 4; k++) q[k] /= sqrt(length);
    orr_mat_from_trs((double[3]){0, 0, 0}, q, (double[3]){1, 1, 1}, m);
    *c = (orr_pose_camera){.near_m = uniform(random, 0.01, 0.5),
                           .vfov_rad = uniform(random, 0.2, 2.0),
                           .ortho_height_m = ortho ? uniform(random, 1, 30) : 0};
    for (int k = 0; k < 3; k++) {
        c->position_m[k] = uniform(random, -1e5, 1e5);
        c->right[k] = m[k], c->up[k] = m[4 + k], c->forward[k] = -m[8 + k];
    }
}

static void prepare(fixture *f, const orr_pose *pose, uint32_t width, uint32_t height, orr_frame_data *data) {
    orr_error err;
    OK(orr_frame_prepare(&f->renderer, &f->buffers, &f->arena, pose, width, height, 7, 1.0, data, &err));
}

/* --- rays and matrices
 * ----------------------------------------------------------------------------------------------------- */

static void transform(const float m[16], const double p[3], double out[4]) {
    for (int i = 0; i < 4; i++)
        out[i] = (double)m[i] * p[0] + (double)m[4 + i] * p[1] + (double)m[8 + i] * p[2] + (double)m[12 + i];
}

/* ray_base + ray_direction * depth of shaders/frame.glsl. */
static void point_of_pixel(const orr_frame_block *b, double x, double y, double depth, double out[3]) {
    for (int k = 0; k < 3; k++)
        out[k] = (double)b->base_0[k] + (double)b->base_x[k] * x + (double)b->base_y[k] * y +
                 ((double)b->dir_0[k] + (double)b->dir_x[k] * x + (double)b->dir_y[k] * y) * depth;
}
/* linear_depth of shaders/frame.glsl. */
static double linear_depth(const orr_frame_block *b, double stored) {
    double near_m = (double)b->depth_params[0], far_m = (double)b->depth_params[2];
    return b->depth_params[1] > 0.5f ? near_m + (1.0 - stored) * (far_m - near_m) : near_m / stored;
}

/* The matrix takes the point on a pixel's ray to that pixel, and the stored depth back to its distance; for
 * every kind of camera and under jitter. Depth runs from 1 at the near plane towards 0. */
static void test_rays(void **state) {
    fixture *f = *state;
    uint64_t random = 1;
    for (int round = 0; round < 400; round++) {
        bool ortho = round % 2;
        orr_pose_draw draw = {.radius = 10};
        orr_pose pose = {.draws = &draw, .draw_count = 1};
        orr_frame_data data;
        uint32_t width = 100 + (uint32_t)uniform(&random, 0, 400),
                 height = 100 + (uint32_t)uniform(&random, 0, 400);
        random_camera(&random, ortho, &pose.camera);
        for (int k = 0; k < 3; k++) draw.centre[k] = pose.camera.position_m[k] + 90 * pose.camera.forward[k];
        prepare(f, &pose, width, height, &data);
        double jitter[2] = {uniform(&random, -0.5, 0.5), uniform(&random, -0.5, 0.5)}, p[3], clip[4];
        orr_frame_sub(&data, 3, jitter);
        assert_true(data.block.size[0] == width && data.block.size[1] == height && data.block.size[2] == 3 &&
                    data.block.size[3] == 7);
        double x = uniform(&random, 0, width), y = uniform(&random, 0, height),
               depth = uniform(&random, pose.camera.near_m, 100), before = 2;
        for (int step = 0; step < 2; step++, depth = pose.camera.near_m) {
            point_of_pixel(&data.block, x, y, depth, p);
            assert_true(fabs(orr_dot3(p, pose.camera.forward) - depth) < 1e-5 * depth + 2e-5);
            transform(data.block.view_proj, p, clip);
            double at_x = (clip[0] / clip[3] * 0.5 + 0.5) * width,
                   at_y = (0.5 - clip[1] / clip[3] * 0.5) * height, stored = clip[2] / clip[3];
            if (fabs(at_x - x) > 2e-3 || fabs(at_y - y) > 2e-3)
                fail_msg("round %d: pixel %g, %g comes back as %g, %g", round, x, y, at_x, at_y);
            if (fabs(linear_depth(&data.block, stored) - depth) > 1e-4 * depth + 2e-5)
                fail_msg("round %d: depth %g comes back as %g", round, depth,
                         linear_depth(&data.block, stored));
            assert_true(stored > -1e-6 && stored < 1 + 1e-5 && fabs(stored - before) > 0);
            if (step == 1) assert_true(fabs(stored - 1) < 1e-5 && before <= stored);
            before = stored;
        }
    }
}

/* The pixel in the middle of the picture looks along the camera; up in the picture is up in the world, right
 * is right. */
static void test_orientation(void **state) {
    fixture *f = *state;
    orr_pose pose = {.camera = {.right = {1, 0, 0},
                                .up = {0, 1, 0},
                                .forward = {0, 0, -1},
                                .near_m = 0.1,
                                .vfov_rad = ORR_PI / 2}};
    orr_frame_data data;
    double p[3];
    prepare(f, &pose, 200, 100, &data);
    orr_frame_sub(&data, 0, (double[2]){0, 0});
    point_of_pixel(&data.block, 100, 50, 10, p);
    assert_true(fabs(p[0]) < 1e-5 && fabs(p[1]) < 1e-5 && fabs(p[2] + 10) < 1e-5);
    point_of_pixel(&data.block, 200, 0, 10,
                   p); /* top right; 90 degrees: as high as far away, twice as wide */
    assert_true(fabs(p[0] - 20) < 1e-4 && fabs(p[1] - 10) < 1e-4);
}

static void test_jitter(void **state) {
    (void)state;
    double p[2], q[2];
    orr_frame_jitter(99, 0, 1, p);
    assert_true(p[0] == 0.0 && p[1] == 0.0);
    for (uint32_t n = 2; n <= 64; n *= 2)
        for (uint64_t seed = 0; seed < 3; seed++) {
            uint64_t columns = 0, rows = 0;
            double mean[2] = {0};
            for (uint32_t i = 0; i < n; i++) {
                orr_frame_jitter(seed, i, n, p);
                assert_true(p[0] >= -0.5 && p[0] < 0.5 && p[1] >= -0.5 && p[1] < 0.5);
                mean[0] += p[0] / n, mean[1] += p[1] / n;
                orr_frame_jitter(seed, 0, n, q); /* strata counted from the first sample */
                columns |= UINT64_C(1)
                           << (uint32_t)floor((p[0] - q[0] + 1.0 - floor(p[0] - q[0] + 1.0)) * n + 0.5) % n;
                rows |=
                    UINT64_C(1) << (uint32_t)floor((p[1] - q[1] + 1.0 - floor(p[1] - q[1] + 1.0)) * n + 0.5) %
                                       n;
            }
            uint64_t all = n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
            assert_true(columns == all && rows == all); /* each stratum once */
            assert_true(fabs(mean[0]) <= 0.5 / n + 1e-12 &&
                        fabs(mean[1]) <= 0.5 / n + 1e-12); /* the filter stays centred */
        }
}

/* --- culling
 * ------------------------------------------------------------------------------------------------------------------
 */

static bool in_list(const uint32_t *list, uint32_t count, uint32_t what) {
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == what) return true;
    return false;
}

/* No sphere is dropped of which any point falls into the picture, for any jitter. */
static void test_culling(void **state) {
    fixture *f = *state;
    uint64_t random = 5;
    uint32_t kept = 0, total = 0, needed = 0;
    for (int round = 0; round < 60; round++) {
        enum { COUNT = 200 };
        static orr_pose_draw draws[COUNT];
        orr_pose pose = {.draws = draws, .draw_count = COUNT};
        orr_frame_data data;
        uint32_t width = round % 7 == 0 ? 1 : 2 + (uint32_t)uniform(&random, 0, 99),
                 height = round % 5 == 0 ? 1 : 2 + (uint32_t)uniform(&random, 0, 99);
        random_camera(&random, round % 2, &pose.camera);
        for (uint32_t i = 0; i < COUNT; i++) {
            draws[i] = (orr_pose_draw){.radius = uniform(&random, 0.01, 4), .material = 0};
            for (int k = 0; k < 3; k++)
                draws[i].centre[k] = pose.camera.position_m[k] + uniform(&random, -40, 40);
        }
        prepare(f, &pose, width, height, &data);
        kept += data.visible_count, total += COUNT;
        for (int corner = 0; corner < 5; corner++) {
            double jitter[2] = {corner == 4  ? 0
                                : corner & 1 ? 0.5
                                             : -0.5,
                                corner == 4  ? 0
                                : corner & 2 ? 0.5
                                             : -0.5};
            orr_frame_sub(&data, 0, jitter);
            for (uint32_t i = 0; i < COUNT; i++)
                for (int sample = 0; sample < 40; sample++) {
                    double p[3], d[3], clip[4];
                    for (int k = 0; k < 3; k++) d[k] = uniform(&random, -1, 1);
                    orr_normalize3(d);
                    for (int k = 0; k < 3; k++)
                        p[k] = draws[i].centre[k] - pose.camera.position_m[k] +
                               d[k] * draws[i].radius * (sample ? 0.999 : 0.0);
                    transform(data.block.view_proj, p, clip);
                    if (orr_dot3(p, pose.camera.forward) < pose.camera.near_m || fabs(clip[0]) > clip[3] ||
                        fabs(clip[1]) > clip[3])
                        continue;
                    needed++;
                    if (!in_list(data.visible, data.visible_count, i))
                        fail_msg("round %d: sphere %u is seen and was dropped", round, i);
                    break;
                }
        }
    }
    assert_true(needed > 1000);
    assert_true(kept < total / 2); /* and it does drop things */
}

static void test_blend_order(void **state) {
    fixture *f = *state;
    orr_pose_draw draws[4];
    orr_pose pose = {
        .camera = {.right = {1, 0, 0}, .up = {0, 1, 0}, .forward = {0, 0, -1}, .near_m = 0.1, .vfov_rad = 1},
        .draws = draws,
        .draw_count = 4};
    static const double z[4] = {-3, -9, -5, -9};
    for (int i = 0; i < 4; i++)
        draws[i] = (orr_pose_draw){.centre = {0, 0, z[i]}, .radius = 1, .material = 1};
    orr_frame_data data;
    prepare(f, &pose, 64, 64, &data);
    assert_int_equal(data.visible_count, 0);
    assert_int_equal(data.blended_count, 4);
    static const uint32_t order[4] = {1, 3, 2, 0}; /* far to near; equal ones in scene order */
    assert_memory_equal(data.blended, order, sizeof order);
}

/* --- terrain
 * ---------------------------------------------------------------------------------------------------------------------
 */

typedef struct corner {
    float x, h, z;
} corner;
typedef struct segment {
    corner a, b;
    uint32_t count;
} segment;
enum { SEGMENTS = 1 << 18 };
typedef struct borders {
    segment *table;
    uint32_t used;
} borders;

static float height_at(uint32_t column, uint32_t row) {
    return (float)((column * 31 + row * 17) % 23);
}

/* The position that shaders/terrain.vert gives to one corner of a patch. */
static corner morphed(const orr_dem *dem, const float lod[4], const orr_patch *patch, uint32_t i,
                      uint32_t j) {
    uint32_t last[2] = {dem->width - 1, dem->height - 1}, stride = 1u << patch->level;
    uint32_t cell[2] = {patch->column + i * stride, patch->row + j * stride},
             even[2] = {patch->column + (i & ~1u) * stride, patch->row + (j & ~1u) * stride};
    for (int k = 0; k < 2; k++)
        cell[k] = cell[k] < last[k] ? cell[k] : last[k], even[k] = even[k] < last[k] ? even[k] : last[k];
    float away[2] = {(float)cell[0] - lod[0], (float)cell[1] - lod[1]}, range = lod[3] * (float)stride;
    float reach = sqrtf(away[0] * away[0] + away[1] * away[1] + lod[2] * lod[2]);
    float k = fminf(fmaxf((reach / range - 0.66f) / 0.33f, 0.0f), 1.0f);
    corner fine = {(float)cell[0], height_at(cell[0], cell[1]), (float)cell[1]},
           coarse = {(float)even[0], height_at(even[0], even[1]), (float)even[1]};
    return (corner){fine.x * (1 - k) + coarse.x * k, fine.h * (1 - k) + coarse.h * k,
                    fine.z * (1 - k) + coarse.z * k};
}

static void add_segment(borders *b, corner p, corner q) {
    if (!memcmp(&p, &q, sizeof p)) return;
    if (p.x > q.x || (p.x == q.x && p.z > q.z)) {
        corner t = p;
        p = q, q = t;
    }
    corner key[2] = {p, q};
    uint32_t at = (uint32_t)orr_hash64(key, sizeof key, 0) & (SEGMENTS - 1);
    while (b->table[at].count &&
           (memcmp(&b->table[at].a, &p, sizeof p) || memcmp(&b->table[at].b, &q, sizeof q)))
        at = (at + 1) & (SEGMENTS - 1);
    if (!b->table[at].count) b->table[at] = (segment){p, q, 0}, b->used++;
    b->table[at].count++;
    assert_true(b->used < SEGMENTS / 2);
}

/* Every piece of a patch's border belongs to exactly two patches, or lies on the rim: then there is no crack.
 * And the patches cover every square of the grid exactly once. */
static void check_patches(const orr_dem *dem, const float lod[4], const orr_patch *patches, uint32_t count,
                          uint32_t *levels_seen) {
    uint32_t squares = (dem->width - 1) * (dem->height - 1);
    uint8_t *covered = calloc(squares, 1);
    borders b = {calloc(SEGMENTS, sizeof *b.table), 0};
    assert_true(covered && b.table);
    for (uint32_t p = 0; p < count; p++) {
        uint32_t span = (uint32_t)ORR_PATCH_QUADS << patches[p].level;
        *levels_seen |= 1u << patches[p].level;
        for (uint32_t r = patches[p].row; r < patches[p].row + span && r < dem->height - 1; r++)
            for (uint32_t c = patches[p].column; c < patches[p].column + span && c < dem->width - 1; c++)
                covered[r * (dem->width - 1) + c]++;
        for (uint32_t i = 0; i < ORR_PATCH_QUADS; i++) {
            add_segment(&b, morphed(dem, lod, &patches[p], i, 0), morphed(dem, lod, &patches[p], i + 1, 0));
            add_segment(&b, morphed(dem, lod, &patches[p], i, 16), morphed(dem, lod, &patches[p], i + 1, 16));
            add_segment(&b, morphed(dem, lod, &patches[p], 0, i), morphed(dem, lod, &patches[p], 0, i + 1));
            add_segment(&b, morphed(dem, lod, &patches[p], 16, i), morphed(dem, lod, &patches[p], 16, i + 1));
        }
    }
    for (uint32_t s = 0; s < squares; s++)
        if (covered[s] != 1)
            fail_msg("square %u, %u is drawn %u times", s % (dem->width - 1), s / (dem->width - 1),
                     covered[s]);
    float right = (float)(dem->width - 1), bottom = (float)(dem->height - 1);
    for (uint32_t s = 0; s < SEGMENTS; s++) {
        const segment *g = &b.table[s];
        const float hair = 1e-3f; /* mixing a rim with itself may miss it by a last bit */
        bool rim = (g->a.x < hair && g->b.x < hair) || (g->a.x > right - hair && g->b.x > right - hair) ||
                   (g->a.z < hair && g->b.z < hair) || (g->a.z > bottom - hair && g->b.z > bottom - hair);
        if (g->count && !rim && g->count != 2)
            fail_msg("a crack at (%g, %g)-(%g, %g): on %u patches; camera %g, %g, %g; range %g",
                     (double)g->a.x, (double)g->a.z, (double)g->b.x, (double)g->b.z, g->count, (double)lod[0],
                     (double)lod[1], (double)lod[2], (double)lod[3]);
    }
    free(covered), free(b.table);
}

static void test_terrain_detail(void **state) {
    fixture *f = *state;
    uint64_t random = 9;
    static const uint32_t sizes[][2] = {{2, 2},     {33, 17},     {34, 34},   {344, 403},
                                        {513, 100}, {1025, 1025}, {1500, 777}};
    static const double everywhere[6][4] = {{0, 0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 1},
                                            {0, 0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 1}};
    double identity[16];
    uint32_t levels = 0;
    orr_mat_identity(identity);
    for (uint32_t round = 0; round < 210; round++) {
        const uint32_t *size = sizes[round % 7];
        orr_dem dem = {.width = size[0], .height = size[1], .max_m = 23};
        double side = size[0] > size[1] ? size[0] : size[1];
        float lod[4] = {(float)uniform(&random, -side, 2 * side), (float)uniform(&random, -side, 2 * side),
                        round % 3 ? (float)uniform(&random, 0, side) : 0.0f,
                        round % 4 ? 144.0f : (float)uniform(&random, 144, 400)};
        if (round % 5 == 0)
            lod[0] = floorf((float)uniform(&random, 0, size[0])),
            lod[1] = floorf((float)uniform(&random, 0, size[1])), lod[2] = 0;
        orr_patch *patches;
        uint32_t count;
        orr_error err;
        OK(orr_terrain_select(&dem, lod, everywhere, identity, &f->arena, &patches, &count, &err));
        check_patches(&dem, lod, patches, count, &levels);
    }
    assert_true((levels & 15u) == 15u); /* four levels met at least */
}

static orr_asset slope(fixture *f, char path[64]) { /* 40 x 30 samples of height_at */
    enum { W = 40, H = 30 };
    static uint8_t file[128 + W * H * 4];
    orr_error err;
    orr_asset asset = {0};
    (void)snprintf(path, 64, "/tmp/orrery-frame-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0);
    memset(file, ' ', 128);
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(file + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (30, 40), }", 61);
    file[127] = '\n';
    for (uint32_t i = 0; i < W * H; i++) {
        float h = height_at(i % W, i / W);
        memcpy(file + 128 + i * 4, &h, 4);
    }
    OK(orr_file_write(path, file, sizeof file, &err));
    OK(orr_assets_load(f->assets, ORR_ASSET_DEM, path, &(orr_dem_params){.spacing_m = 10}, &asset, &err));
    OK(orr_assets_wait(f->assets, asset, &err));
    return asset;
}

/* Grid to world and back; the middle sample stands at the node's place; an orthographic far plane just behind
 * the land. */
static void test_terrain_matrices(void **state) {
    fixture *f = *state;
    char path[64];
    orr_asset asset = slope(f, path);
    uint64_t random = 3;
    for (int round = 0; round < 40; round++) {
        double q[4] = {0, 0, 0, 1}, turn = uniform(&random, 0, 6);
        orr_pose_terrain terrain = {
            .asset = asset,
            .object_id = 5,
            .props = {.exaggeration = round == 7 ? 0.0 : uniform(&random, 0.1, 5), .detail_px = 3}};
        orr_pose pose = {.terrains = &terrain, .terrain_count = 1};
        orr_frame_data data;
        random_camera(&random, round % 2, &pose.camera);
        double place[3] = {pose.camera.position_m[0] + 50, pose.camera.position_m[1] - 70,
                           pose.camera.position_m[2]};
        q[1] = sin(turn), q[3] = cos(turn);
        orr_mat_from_trs(place, q, (double[3]){2, 3, 2}, terrain.world);
        prepare(f, &pose, 64, 36, &data);
        assert_int_equal(data.block.ids[0], 5);
        double p[4], back[4];
        transform(data.block.terrain_to_world, (double[3]){19.5, 0, 14.5}, p);
        assert_true(fabs(p[0] - 50) < 1e-3 && fabs(p[1] + 70) < 1e-3 && fabs(p[2]) < 1e-3);
        double grid[3] = {uniform(&random, 0, 39), uniform(&random, 0, 22), uniform(&random, 0, 29)};
        transform(data.block.terrain_to_world, grid, p);
        transform(data.block.world_to_terrain, p, back);
        assert_true(fabs(back[0] - grid[0]) < 1e-3 && fabs(back[2] - grid[2]) < 1e-3);
        if (terrain.props.exaggeration > 0) assert_true(fabs(back[1] - grid[1]) < 2e-3);
        assert_true(data.block.depth_params[2] <
                    2000.0f); /* a far plane at the horizon would waste the depth buffer */
        assert_true(data.block.terrain_lod[3] >= 144.0f);
    }
    orr_pose_terrain flat = {.asset = asset, .props = {.exaggeration = 1, .detail_px = 3}};
    orr_pose pose = {.terrains = &flat, .terrain_count = 1};
    orr_frame_data data;
    orr_error err = {0};
    random_camera(&random, false, &pose.camera);
    assert_int_equal(
        orr_frame_prepare(&f->renderer, &f->buffers, &f->arena, &pose, 64, 36, 0, 1.0, &data, &err),
        ORR_E_OUT_OF_RANGE);
    assert_non_null(strstr(err.message, "scaled to nothing"));
    assert_int_equal(unlink(path), 0);
}

/* --- lists and names
 * -----------------------------------------------------------------------------------------------------------
 */

static void frames(const char *text, const int64_t *expected, uint32_t count) {
    orr_error err;
    int64_t *list = NULL;
    uint32_t n = 0;
    OK(orr_frames_parse(text, 0, 100, &list, &n, &err));
    assert_int_equal(n, count);
    assert_memory_equal(list, expected, count * sizeof *list);
    free(list);
}

static void test_frame_lists(void **state) {
    (void)state;
    frames("0", (const int64_t[]){0}, 1);
    frames("3-5,99", (const int64_t[]){3, 4, 5, 99}, 4);
    frames("10-20x5,1", (const int64_t[]){10, 15, 20, 1}, 4);
    frames("7-7", (const int64_t[]){7}, 1);
    static const char *const wrong[] = {"",      ",",      "1,",  "a",      "5-3",
                                        "1-2x0", "1-2x-1", "1-",  "-1",     "1x2",
                                        "1-2-3", "1..2",   "100", "98-100", "9999999999999999999",
                                        " 1",    "0x10"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        orr_error err = {0};
        int64_t *list = NULL;
        uint32_t n = 0;
        if (orr_frames_parse(wrong[i], 0, 100, &list, &n, &err) != ORR_E_USAGE)
            fail_msg("'%s' was taken for a list of frames", wrong[i]);
        assert_true(err.message[0] && !list);
    }
    orr_error err;
    int64_t *list = NULL;
    uint32_t n = 0;
    OK(orr_frames_parse("-5--3", -10, 20, &list, &n, &err)); /* sequences may begin before 0 */
    assert_true(n == 3 && list[0] == -5 && list[2] == -3);
    free(list);
}

static void test_frame_names(void **state) {
    (void)state;
    char out[32];
    orr_error err;
    OK(orr_frame_path("a/b_####.png", 7, out, sizeof out, &err));
    assert_string_equal(out, "a/b_0007.png");
    OK(orr_frame_path("b_##.png", 12345, out, sizeof out, &err));
    assert_string_equal(out, "b_12345.png");
    OK(orr_frame_path("b#1_###x", 3, out, sizeof out, &err)); /* the last run counts */
    assert_string_equal(out, "b#1_003x");
    OK(orr_frame_path("one.png", 3, out, sizeof out, &err));
    assert_string_equal(out, "one.png");
    assert_int_equal(orr_frame_path("a_name_that_is_too_long_for_it_####", 3, out, sizeof out, &err),
                     ORR_E_USAGE);

    orr_sequence sequence = {.fps_num = 24000, .fps_den = 1001, .first_frame = 5, .frame_count = 100};
    assert_true(orr_sequence_time(&sequence, 5) == 0.0);
    assert_true(orr_sequence_time(&sequence, 5 + 24000) == 1001.0); /* no drift */
}

static void test_output_names(void **state) {
    (void)state;
    orr_error err;
    orr_output outputs[ORR_MAX_OUTPUTS] = {{.channel = "hdr"}};
    uint32_t count = 1;
    OK(orr_aovs_parse("depth,id,depth", outputs, &count, &err));
    assert_int_equal(count, 3);
    assert_string_equal(outputs[2].channel, "id");
    assert_int_equal(orr_aovs_parse("detph", outputs, &count, &err), ORR_E_USAGE);
    assert_non_null(strstr(err.message, "did you mean 'depth'?"));
    orr_output_format format;
    OK(orr_output_format_of("x.y/a.png", true, &format, &err));
    assert_int_equal(format, ORR_OUTPUT_PNG16);
    OK(orr_output_format_of("a.exr", false, &format, &err));
    assert_int_equal(format, ORR_OUTPUT_EXR);
    assert_int_equal(orr_output_format_of("a.jpg", false, &format, &err), ORR_E_USAGE);
    assert_int_equal(orr_output_format_of("png", false, &format, &err), ORR_E_USAGE);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_rays),
        TEST(test_orientation),
        cmocka_unit_test(test_jitter),
        TEST(test_culling),
        TEST(test_blend_order),
        TEST(test_terrain_detail),
        TEST(test_terrain_matrices),
        cmocka_unit_test(test_frame_lists),
        cmocka_unit_test(test_frame_names),
        cmocka_unit_test(test_output_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
