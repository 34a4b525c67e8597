/* Terrain on the device: heights, their gradient, the colour ramp, the terrain's own shade; and which patches
 * a frame draws. */
#include <stdlib.h>
#include <string.h>

#include "base/round.h"
#include "render/renderer_private.h"

/* --- level of detail
 * --------------------------------------------------------------------------------------------------- */

typedef struct selector {
    const orr_dem *dem;
    double camera[3]; /* column, row, height above the highest sample in samples */
    double range0;
    const double (*planes)[4];
    const double *to_world;
    orr_arena *arena;
    orr_patch *patches;
    uint32_t count, capacity;
    bool failed;
} selector;

uint32_t orr_terrain_level_count(const orr_dem *dem) {
    uint32_t side = dem->width > dem->height ? dem->width : dem->height, levels = 1;
    while ((2u * ORR_PATCH_QUADS) << (levels - 1) < side - 1) levels++;
    return levels;
}

static bool outside(const selector *s, const double centre[3], double radius) {
    for (int i = 0; i < 6; i++)
        if (s->planes[i][0] * centre[0] + s->planes[i][1] * centre[1] + s->planes[i][2] * centre[2] +
                s->planes[i][3] <
            -radius)
            return true;
    return false;
}

static void emit(selector *s, uint32_t column, uint32_t row, uint32_t level) {
    uint32_t span = (uint32_t)ORR_PATCH_QUADS << level;
    if (column >= s->dem->width - 1 || row >= s->dem->height - 1) return;
    double a[3] = {column, s->dem->min_m, row}, b[3] = {fmin(column + span, s->dem->width - 1), s->dem->max_m,
                                                        fmin(row + span, s->dem->height - 1)};
    double centre[3], radius;
    orr_bounds_sphere(a, b, s->to_world, centre, &radius);
    if (outside(s, centre, radius)) return;
    if (s->count == s->capacity) {
        uint32_t wanted = s->capacity ? s->capacity * 2 : 256;
        orr_patch *larger = ORR_ARENA_NEW(s->arena, orr_patch, wanted);
        if (!larger) {
            s->failed = true;
            return;
        }
        if (s->count) memcpy(larger, s->patches, s->count * sizeof *larger);
        s->patches = larger, s->capacity = wanted;
    }
    s->patches[s->count++] = (orr_patch){column, row, level, 0};
}

/* Distance from the camera to the nearest point of a square of the grid's plane; constant height above keeps
 * it monotonic. */
static double reach(const selector *s, double column, double row, double span) {
    double dx = fmax(fmax(column - s->camera[0], s->camera[0] - (column + span)), 0.0);
    double dz = fmax(fmax(row - s->camera[1], s->camera[1] - (row + span)), 0.0);
    return sqrt(dx * dx + dz * dz + s->camera[2] * s->camera[2]);
}

/* A node of level l spans 2 x 2 patches of that level. */
static void select_node(selector *s, uint32_t column, uint32_t row, uint32_t level) {
    uint32_t patch = (uint32_t)ORR_PATCH_QUADS << level;
    if (column >= s->dem->width - 1 || row >= s->dem->height - 1) return;
    for (uint32_t q = 0; q < 4; q++) {
        uint32_t c = column + (q & 1u) * patch, r = row + (q >> 1) * patch;
        /* Where the next finer level reaches, a quarter of this node is a whole node of that level. */
        if (level > 0 && reach(s, c, r, patch) < s->range0 * (double)(1u << (level - 1)))
            select_node(s, c, r, level - 1);
        else
            emit(s, c, r, level);
    }
}

orr_status orr_terrain_select(const orr_dem *dem, const float lod[4], const double planes[6][4],
                              const double to_world[16], orr_arena *arena, orr_patch **patches,
                              uint32_t *count, orr_error *err) {
    selector s = {.dem = dem,
                  .camera = {(double)lod[0], (double)lod[1], (double)lod[2]},
                  .range0 = (double)lod[3],
                  .planes = planes,
                  .to_world = to_world,
                  .arena = arena};
    uint32_t top = orr_terrain_level_count(dem) - 1;
    select_node(&s, 0, 0, top);
    *patches = s.patches, *count = s.count;
    return s.failed ? orr_fail(err, ORR_E_MEMORY, NULL, "no memory for terrain patches") : ORR_OK;
}

/* --- colours
 * ------------------------------------------------------------------------------------------------------------
 */

typedef struct ramp_stop {
    float at;
    uint32_t flat, steep;
} ramp_stop; /* sRGB */
static const ramp_stop ramps[ORR_RAMP_COUNT][6] = {
    [ORR_RAMP_ALPINE] = {{0.0f, 0x8b8a62, 0x7d7156},
                         {0.2f, 0x717750, 0x72684e},
                         {0.48f, 0x5f6a47, 0x6d6452},
                         {0.7f, 0x858164, 0x7d7467},
                         {0.82f, 0xb9b3a8, 0x8d877f},
                         {1.0f, 0xfafbfc, 0xb4b4b6}},
    [ORR_RAMP_HYPSOMETRIC] = {{0.0f, 0x4f8f5b, 0x4f8f5b},
                              {0.2f, 0x9dbb6c, 0x93ab66},
                              {0.4f, 0xe6d690, 0xd3bf80},
                              {0.6f, 0xcf9f62, 0xb98a54},
                              {0.8f, 0x9c6b4d, 0x8a5f46},
                              {1.0f, 0xf4efe9, 0xd8d2cc}},
    [ORR_RAMP_DESERT] = {{0.0f, 0xc99b66, 0x9a6b45},
                         {0.25f, 0xd3a873, 0xa5623c},
                         {0.5f, 0xb9794e, 0x9b4f34},
                         {0.7f, 0xcf9a6e, 0xa65a3c},
                         {0.85f, 0xd9b48c, 0xb37450},
                         {1.0f, 0xe8d3b3, 0xc39572}},
    [ORR_RAMP_MOON] = {{0.0f, 0x474644, 0x545351},
                       {0.3f, 0x575653, 0x63615f},
                       {0.5f, 0x666461, 0x716f6c},
                       {0.7f, 0x757370, 0x7e7c79},
                       {0.9f, 0x868380, 0x8d8a87},
                       {1.0f, 0x979490, 0x9a9793}},
    [ORR_RAMP_GREY] = {{0.0f, 0x9a9a9a, 0x9a9a9a},
                       {0.2f, 0x9a9a9a, 0x9a9a9a},
                       {0.4f, 0x9a9a9a, 0x9a9a9a},
                       {0.6f, 0x9a9a9a, 0x9a9a9a},
                       {0.8f, 0x9a9a9a, 0x9a9a9a},
                       {1.0f, 0x9a9a9a, 0x9a9a9a}},
};

static double linear_channel(uint32_t rgb, int channel) {
    return orr_srgb_decode((rgb >> (16 - 8 * channel) & 0xffu) / 255.0);
}

static orr_status upload_ramp(orr_renderer *r, uint32_t ramp, orr_error *err) {
    uint16_t half[2][256][4];
    for (int x = 0; x < 256; x++) {
        double at = x / 255.0;
        int i = 0;
        while (i < 4 && at > (double)ramps[ramp][i + 1].at) i++;
        const ramp_stop *a = &ramps[ramp][i], *b = &ramps[ramp][i + 1];
        double k = (at - (double)a->at) / ((double)b->at - (double)a->at);
        for (int c = 0; c < 3; c++) {
            double flat =
                linear_channel(a->flat, c) + k * (linear_channel(b->flat, c) - linear_channel(a->flat, c));
            double steep =
                linear_channel(a->steep, c) + k * (linear_channel(b->steep, c) - linear_channel(a->steep, c));
            half[0][x][c] = orr_f32_to_f16((float)flat), half[1][x][c] = orr_f32_to_f16((float)steep);
        }
        half[0][x][3] = half[1][x][3] = 0x3c00;
    }
    return orr_gpu_upload_texture(r->gpu, r->terrain.ramp, 0, 0, half, sizeof half, err);
}

/* --- products
 * ---------------------------------------------------------------------------------------------------------------
 */

void orr_terrain_free(orr_renderer *r) {
    orr_terrain_gpu *t = &r->terrain;
    orr_gpu_texture_destroy(r->gpu, &t->heights);
    orr_gpu_texture_destroy(r->gpu, &t->gradient);
    orr_gpu_texture_destroy(r->gpu, &t->ramp);
    orr_gpu_texture_destroy(r->gpu, &t->sun);
    *t = (orr_terrain_gpu){0};
}

/* One level of the pyramid that carries heights into holes: height and whether there is one. */
typedef struct fill_level {
    uint32_t width, height;
    float (*pairs)[2];
} fill_level;

static void pull(const fill_level *fine, fill_level *coarse) { /* the mean of what is valid */
    for (uint32_t y = 0; y < coarse->height; y++)
        for (uint32_t x = 0; x < coarse->width; x++) {
            double sum = 0.0, weight = 0.0;
            for (uint32_t k = 0; k < 4; k++) {
                uint32_t fx = 2 * x + (k & 1u), fy = 2 * y + (k >> 1);
                if (fx >= fine->width || fy >= fine->height) continue;
                const float *p = fine->pairs[(size_t)fy * fine->width + fx];
                sum += (double)p[0] * (double)p[1], weight += (double)p[1];
            }
            float *q = coarse->pairs[(size_t)y * coarse->width + x];
            q[0] = weight > 0.0 ? (float)(sum / weight) : 0.0f, q[1] = weight > 0.0 ? 1.0f : 0.0f;
        }
}

static void push(const fill_level *coarse, fill_level *fine) { /* bilinear, into holes alone */
    for (uint32_t y = 0; y < fine->height; y++)
        for (uint32_t x = 0; x < fine->width; x++) {
            float *p = fine->pairs[(size_t)y * fine->width + x];
            if (p[1] > 0.0f) continue;
            double u = fmin(fmax(0.5 * x - 0.25, 0.0), coarse->width - 1.0),
                   v = fmin(fmax(0.5 * y - 0.25, 0.0), coarse->height - 1.0);
            uint32_t x0 = (uint32_t)u, y0 = (uint32_t)v, x1 = x0 + (x0 + 1 < coarse->width),
                     y1 = y0 + (y0 + 1 < coarse->height);
            double fu = u - x0, fv = v - y0, at[4];
            for (int k = 0; k < 4; k++)
                at[k] =
                    (double)coarse->pairs[(size_t)(k & 2 ? y1 : y0) * coarse->width + (k & 1 ? x1 : x0)][0];
            double top = at[0] + fu * (at[1] - at[0]), bottom = at[2] + fu * (at[3] - at[2]);
            p[0] = (float)(top + fv * (bottom - top));
        }
}

/* Fills holes smoothly from their rims (pull-push: Gortler et al. 1996, "The Lumigraph", 3.4); validity stays
 * as it was. */
static orr_status fill_holes(fill_level *finest, orr_error *err) {
    if (finest->width == 1 && finest->height == 1) return ORR_OK;
    fill_level coarse = {(finest->width + 1) / 2, (finest->height + 1) / 2, NULL};
    coarse.pairs = orr_calloc((size_t)coarse.width * coarse.height, sizeof *coarse.pairs);
    if (!coarse.pairs) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory to fill a terrain's holes");
    pull(finest, &coarse);
    orr_status status = fill_holes(&coarse, err);
    if (!status) push(&coarse, finest);
    free(coarse.pairs);
    return status;
}

/* Where there are holes, the texture's second channel says what is measured; the first is filled, so that no
 * wall stands at a rim. */
static orr_status upload_heights(orr_renderer *r, const orr_dem *dem, orr_error *err) {
    size_t count = (size_t)dem->width * dem->height;
    bool holes = dem->nodata_count > 0;
    r->terrain.holes = holes;
    orr_gpu_texture_params params = {.label = "terrain heights",
                                     .width = dem->width,
                                     .height = dem->height,
                                     .sampled = true,
                                     .format = holes ? ORR_FORMAT_RG32_SFLOAT : ORR_FORMAT_R32_SFLOAT};
    orr_status status = orr_gpu_texture_create(r->gpu, &params, &r->terrain.heights, err);
    if (status || !holes)
        return status
                   ? status
                   : orr_gpu_upload_texture(r->gpu, r->terrain.heights, 0, 0, dem->heights_m, count * 4, err);
    fill_level level = {dem->width, dem->height, orr_calloc(count, 2 * sizeof(float))};
    if (!level.pairs)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a terrain of %u x %u", dem->width,
                        dem->height);
    for (size_t i = 0; i < count; i++)
        if (isfinite(dem->heights_m[i])) level.pairs[i][0] = dem->heights_m[i], level.pairs[i][1] = 1.0f;
    status = fill_holes(&level, err);
    if (!status)
        status = orr_gpu_upload_texture(r->gpu, r->terrain.heights, 0, 0, level.pairs,
                                        count * 2 * sizeof(float), err);
    free(level.pairs);
    return status;
}

static orr_status load(orr_renderer *r, orr_cmd *cmd, const orr_dem *dem, orr_error *err) {
    orr_terrain_gpu *t = &r->terrain;
    uint32_t limit = orr_gpu_get_limits(r->gpu)->max_image_side;
    if (dem->width > limit || dem->height > limit)
        return orr_fail(err, ORR_E_LIMIT, NULL,
                        "the terrain has %u x %u samples; this device takes %u a side", dem->width,
                        dem->height, limit);
    orr_gpu_texture_params gradient = {.label = "terrain gradient",
                                       .width = dem->width,
                                       .height = dem->height,
                                       .mips = ORR_MIPS_ALL,
                                       .sampled = true,
                                       .storage = true,
                                       .format = ORR_FORMAT_RGBA16_SFLOAT};
    orr_gpu_texture_params sun = {.label = "terrain shade",
                                  .width = dem->width,
                                  .height = dem->height,
                                  .sampled = true,
                                  .storage = true,
                                  .format = ORR_FORMAT_R32_SFLOAT};
    orr_gpu_texture_params ramp = {.label = "terrain colours",
                                   .width = 256,
                                   .height = 2,
                                   .sampled = true,
                                   .format = ORR_FORMAT_RGBA16_SFLOAT};
    orr_gpu_pipeline pipeline;
    orr_status status = upload_heights(r, dem, err);
    if (!status) status = orr_gpu_texture_create(r->gpu, &gradient, &t->gradient, err);
    if (!status) status = orr_gpu_texture_create(r->gpu, &sun, &t->sun, err);
    if (!status) status = orr_gpu_texture_create(r->gpu, &ramp, &t->ramp, err);
    if (!status) status = orr_core_get(r, ORR_CORE_TERRAIN_GRADIENT, 0, &pipeline, err);
    if (status) return status;
    int32_t push[2] = {(int32_t)dem->width, (int32_t)dem->height};
    orr_gpu_bind binds[2] = {{.binding = 0, .texture = t->heights, .sampler = r->nearest_clamp},
                             {.binding = 1, .texture = t->gradient}};
    orr_cmd_time_begin(cmd, "terrain gradient");
    orr_cmd_dispatch(cmd, pipeline, binds, 2, push, sizeof push, (dem->width + 7) / 8, (dem->height + 7) / 8,
                     1);
    orr_cmd_generate_mips(cmd, t->gradient);
    orr_cmd_time_end(cmd);
    return ORR_OK;
}

/* The sun's direction in the grid's own frame: columns, metres of stored height, rows. */
static orr_status update_shade(orr_renderer *r, orr_cmd *cmd, const orr_pose *pose, const orr_dem *dem,
                               orr_error *err) {
    orr_terrain_gpu *t = &r->terrain;
    const orr_pose_terrain *place = &pose->terrains[0];
    const double *m = place->world, *s = pose->sun_direction;
    double local[3];
    for (int k = 0; k < 3; k++) {
        double length2 = orr_dot3(&m[k * 4], &m[k * 4]);
        local[k] = length2 > 0.0 ? orr_dot3(&m[k * 4], s) / length2
                                 : 0.0; /* orthogonal axes: a terrain is not sheared */
    }
    double columns = local[0] / dem->spacing_x_m, rows = local[2] / dem->spacing_y_m;
    double up = place->props.exaggeration > 0.0 ? local[1] / place->props.exaggeration : 0.0,
           across = sqrt(columns * columns + rows * rows);
    struct {
        int32_t size[2];
        float towards[2], drop, highest;
    } push = {{(int32_t)dem->width, (int32_t)dem->height}, {1.0f, 0.0f}, 1e6f, (float)dem->max_m};
    if (across > 1e-9 && up > -1.0)
        push.towards[0] = (float)(columns / across), push.towards[1] = (float)(rows / across),
        push.drop = (float)(up / across);
    uint64_t key = orr_hash64(&push, sizeof push, place->asset.id);
    if (t->sun_key == key) return ORR_OK;
    orr_gpu_pipeline pipeline;
    orr_status status = orr_core_get(r, ORR_CORE_TERRAIN_SUN, 0, &pipeline, err);
    if (status) return status;
    orr_gpu_bind binds[2] = {{.binding = 0, .texture = t->heights, .sampler = r->nearest_clamp},
                             {.binding = 1, .texture = t->sun}};
    orr_cmd_time_begin(cmd, "terrain shade");
    orr_cmd_dispatch(cmd, pipeline, binds, 2, &push, sizeof push, (dem->width + 7) / 8, (dem->height + 7) / 8,
                     1);
    orr_cmd_time_end(cmd);
    t->sun_key = key;
    return ORR_OK;
}

orr_status orr_terrain_update(orr_renderer *r, orr_cmd *cmd, const orr_pose *pose, orr_error *err) {
    if (!pose->terrain_count) return ORR_OK;
    if (pose->terrain_count > 1)
        return orr_fail(err, ORR_E_UNSUPPORTED, NULL,
                        "the scene shows %u terrains; one at a time can be drawn: make the others invisible",
                        pose->terrain_count);
    const orr_pose_terrain *place = &pose->terrains[0];
    const orr_dem *dem = orr_assets_dem(r->assets, place->asset);
    orr_status status = ORR_OK;
    if (r->terrain.asset.id != place->asset.id) {
        orr_terrain_free(r);
        status = load(r, cmd, dem, err);
        if (!status) r->terrain.asset = place->asset;
    }
    if (!status && r->terrain.ramp_key != place->props.ramp + 1u) {
        status = upload_ramp(r, place->props.ramp, err);
        r->terrain.ramp_key = place->props.ramp + 1u;
    }
    return status || !pose->has_sun || !pose->sun.casts_shadow || !place->props.casts_shadow
               ? status
               : update_shade(r, cmd, pose, dem, err);
}
