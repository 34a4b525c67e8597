/* The environment as the shaders read it: a prefiltered cube, its irradiance as nine spherical harmonics, the
 * map itself for the background; and the split-sum table. All are products: made again only when their keys
 * change. The cube is filtered on the CPU, as jobs: so it is the same on every device, and a cold start waits
 * for no pipeline. */
#include <stdlib.h>
#include <string.h>

#include "base/round.h"
#include "render/renderer_private.h"

enum { SIDE_LEAST = 64, SIDE_MOST = 256, SAMPLES = 32 };

orr_status orr_dfg_update(orr_renderer *r, orr_cmd *cmd, orr_error *err) {
    if (r->dfg_ready) return ORR_OK;
    orr_gpu_pipeline pipeline;
    orr_status status = orr_core_get(r, ORR_CORE_DFG, 0, &pipeline, err);
    if (status) return status;
    orr_gpu_bind bind = {.binding = 1, .texture = r->dfg};
    orr_cmd_time_begin(cmd, "dfg table");
    orr_cmd_dispatch(cmd, pipeline, &bind, 1, NULL, 0, 8, 8, 1);
    orr_cmd_time_end(cmd);
    r->dfg_ready = true;
    return ORR_OK;
}

/* Radiance of the gradient, as env_gradient of shaders/lighting.glsl. */
static void gradient(const orr_environment_props *e, double up, double out[3]) {
    double k = up >= 0.0 ? orr_pow40(up, 0.45) : fmin(1.0, -up * 8.0);
    const float *to = up >= 0.0 ? e->zenith_nit : e->ground_nit;
    for (int c = 0; c < 3; c++)
        out[c] = (double)e->horizon_nit[c] + k * ((double)to[c] - (double)e->horizon_nit[c]);
}

/* Ramamoorthi & Hanrahan 2001: coefficients of the radiance, folded with the cosine lobe and the basis
 * constants, over pi, so that the shader evaluates bare polynomials of the normal. */
static void sh_add(double sh[9][3], const double d[3], const double radiance[3], double solid_angle) {
    double basis[9] = {1.0,
                       d[1],
                       d[2],
                       d[0],
                       d[0] * d[1],
                       d[1] * d[2],
                       3.0 * d[2] * d[2] - 1.0,
                       d[0] * d[2],
                       d[0] * d[0] - d[1] * d[1]};
    for (int i = 0; i < 9; i++)
        for (int c = 0; c < 3; c++) sh[i][c] += basis[i] * radiance[c] * solid_angle;
}
static void sh_finish(const double sh[9][3], float out[9][4]) {
    static const double y2[9] = {0.282095 * 0.282095, 0.488603 * 0.488603, 0.488603 * 0.488603,
                                 0.488603 * 0.488603, 1.092548 * 1.092548, 1.092548 * 1.092548,
                                 0.315392 * 0.315392, 1.092548 * 1.092548, 0.546274 * 0.546274};
    for (int i = 0; i < 9; i++)
        for (int c = 0; c < 3; c++) {
            double lobe = i == 0 ? 1.0 : i < 4 ? 2.0 / 3.0 : 0.25; /* A_l / pi */
            out[i][c] = (float)(sh[i][c] * y2[i] * lobe);
        }
}

/* Sums over a latitude-longitude grid; `map` NULL = the gradient or constant. Also the illuminance of a plane
 * facing up. */
static double integrate(const orr_environment_props *e, const orr_image *map, double sh[9][3]) {
    uint32_t width = map ? map->width : 64, height = map ? map->height : 128;
    double illuminance = 0.0,
           (*around)[2] = orr_calloc(width, sizeof *around); /* sine and cosine of each column */
    const float *pixels = map ? map->pixels : NULL;
    for (uint32_t x = 0; around && x < width; x++) {
        double phi = 2.0 * ORR_PI * ((x + 0.5) / width - 0.5);
        around[x][0] = orr_sin40(phi), around[x][1] = orr_cos40(phi);
    }
    for (uint32_t y = 0; around && y < height; y++) {
        double top = orr_cos40(ORR_PI * y / height), bottom = orr_cos40(ORR_PI * (y + 1) / height);
        double theta = ORR_PI * (y + 0.5) / height, up = orr_cos40(theta), across = orr_sin40(theta),
               solid = 2.0 * ORR_PI / width * (top - bottom);
        for (uint32_t x = 0; x < width; x++) {
            double d[3] = {across * around[x][0], up, -across * around[x][1]}, radiance[3];
            if (pixels)
                for (int c = 0; c < 3; c++)
                    radiance[c] = fmin((double)pixels[((size_t)y * width + x) * 3 + c], 65504.0);
            else if (e->source == ORR_ENV_CONSTANT)
                for (int c = 0; c < 3; c++) radiance[c] = e->luminance_nit;
            else
                gradient(e, up, radiance);
            sh_add(sh, d, radiance, solid);
            double luminance = 0.2126 * radiance[0] + 0.7152 * radiance[1] + 0.0722 * radiance[2];
            illuminance += luminance * ORR_PI / width *
                           (fmax(top, 0.0) * fmax(top, 0.0) -
                            fmax(bottom, 0.0) * fmax(bottom, 0.0)); /* L cos, exactly */
        }
    }
    free(around);
    return illuminance;
}

static orr_status make_cube(orr_renderer *r, uint32_t side, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    orr_gpu_texture_destroy(r->gpu, &env->cube);
    env->mips = 1;
    while ((side >> env->mips) >= 4) env->mips++;
    orr_gpu_texture_params params = {.label = "environment",
                                     .width = side,
                                     .height = side,
                                     .layers = 6,
                                     .mips = env->mips,
                                     .cube = true,
                                     .format = ORR_FORMAT_RGBA16_SFLOAT,
                                     .sampled = true};
    return orr_gpu_texture_create(r->gpu, &params, &env->cube, err);
}

static orr_status upload_map(orr_renderer *r, const orr_image *map, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    orr_gpu_texture_params params = {.label = "environment map",
                                     .width = map->width,
                                     .height = map->height,
                                     .format = ORR_FORMAT_RGBA16_SFLOAT,
                                     .sampled = true};
    orr_status status = orr_gpu_texture_create(r->gpu, &params, &env->sky, err);
    if (status) return status;
    size_t count = (size_t)map->width * map->height;
    uint16_t *half = malloc(count * 8);
    if (!half) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the environment map");
    const float *pixels = map->pixels;
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < 3; c++) half[i * 4 + c] = orr_f32_to_f16(fminf(pixels[i * 3 + c], 65504.0f));
        half[i * 4 + 3] = 0x3c00;
    }
    status = orr_gpu_upload_texture(r->gpu, env->sky, 0, 0, half, count * 8, err);
    free(half);
    return status;
}

/* --- the map
 * -------------------------------------------------------------------------------------------------------------
 */

typedef struct cube_level { /* six faces of side * side texels, RGB */
    uint32_t side;
    float *rgb;
} cube_level;
typedef struct map_filter {
    cube_level plain[10]; /* mip 0 as resampled, then box-filtered: what the lobes are read from */
    uint32_t levels, mip, side;
    double roughness;
    uint16_t *out; /* of one mip: six faces, RGBA half */
} map_filter;

/* Direction of a texel; faces in Vulkan's order: +X -X +Y -Y +Z -Z. */
static void cube_direction(uint32_t face, uint32_t x, uint32_t y, uint32_t side, double d[3]) {
    double u = (x + 0.5) / side * 2.0 - 1.0, v = (y + 0.5) / side * 2.0 - 1.0;
    const double all[6][3] = {{1, -v, -u}, {-1, -v, u}, {u, 1, v}, {u, -1, -v}, {u, -v, 1}, {-u, -v, -1}};
    memcpy(d, all[face], sizeof all[face]);
    orr_normalize3(d);
}

/* Bilinear inside the face that `d` points at. */
static void cube_sample(const cube_level *level, const double d[3], double out[3]) {
    double ax = fabs(d[0]), ay = fabs(d[1]), az = fabs(d[2]), u, v, m;
    uint32_t face;
    if (ax >= ay && ax >= az)
        face = d[0] > 0.0 ? 0 : 1, m = ax, u = d[0] > 0.0 ? -d[2] : d[2], v = -d[1];
    else if (ay >= az)
        face = d[1] > 0.0 ? 2 : 3, m = ay, u = d[0], v = d[1] > 0.0 ? d[2] : -d[2];
    else
        face = d[2] > 0.0 ? 4 : 5, m = az, u = d[2] > 0.0 ? d[0] : -d[0], v = -d[1];
    double last = level->side - 1.0;
    double x = fmin(fmax((u / m + 1.0) * 0.5 * level->side - 0.5, 0.0), last),
           y = fmin(fmax((v / m + 1.0) * 0.5 * level->side - 0.5, 0.0), last);
    uint32_t x0 = (uint32_t)x, y0 = (uint32_t)y, x1 = x0 + (x0 < level->side - 1),
             y1 = y0 + (y0 < level->side - 1);
    const float *f = level->rgb + (size_t)face * level->side * level->side * 3;
    const float *a = f + ((size_t)y0 * level->side + x0) * 3, *b = f + ((size_t)y0 * level->side + x1) * 3;
    const float *c = f + ((size_t)y1 * level->side + x0) * 3, *e = f + ((size_t)y1 * level->side + x1) * 3;
    double fx = x - x0, fy = y - y0;
    for (int k = 0; k < 3; k++) {
        double top = (double)a[k] + fx * ((double)b[k] - (double)a[k]),
               bottom = (double)c[k] + fx * ((double)e[k] - (double)c[k]);
        out[k] = top + fy * (bottom - top);
    }
}

/* Latitude-longitude to direction: u to the right from south through west, north (-Z) in the middle. */
static void map_sample(const orr_image *map, const double d[3], double out[3]) {
    double u = (0.5 + orr_atan2_40(d[0], -d[2]) / (2.0 * ORR_PI)) * map->width - 0.5;
    double v = orr_acos40(fmin(fmax(d[1], -1.0), 1.0)) / ORR_PI * map->height - 0.5;
    v = fmin(fmax(v, 0.0), map->height - 1.0);
    double fu = u - floor(u), fv = v - floor(v);
    uint32_t x0 = (uint32_t)((int64_t)floor(u) + map->width) % map->width, x1 = (x0 + 1) % map->width,
             y0 = (uint32_t)v, y1 = y0 + (y0 < map->height - 1);
    const float *p = map->pixels;
    for (uint32_t k = 0; k < 3; k++) {
        double a = (double)p[((size_t)y0 * map->width + x0) * 3 + k],
               b = (double)p[((size_t)y0 * map->width + x1) * 3 + k];
        double c = (double)p[((size_t)y1 * map->width + x0) * 3 + k],
               e = (double)p[((size_t)y1 * map->width + x1) * 3 + k];
        double top = a + fu * (b - a), bottom = c + fu * (e - c);
        out[k] = fmin(top + fv * (bottom - top), 65504.0);
    }
}

/* A smaller map of the same sphere, so that resampling to a coarser cube does not skip texels. */
static orr_status halve(const orr_image *from, orr_image *to, orr_error *err) {
    orr_status status = orr_image_create(from->width / 2, from->height / 2, 3, ORR_PIXEL_F32, to, err);
    if (status) return status;
    const float *p = from->pixels;
    float *q = to->pixels;
    for (uint32_t y = 0; y < to->height; y++)
        for (uint32_t x = 0; x < to->width * 3; x++) {
            size_t at = ((size_t)2 * y * from->width + 2 * (x / 3)) * 3 + x % 3,
                   below = at + (size_t)from->width * 3;
            q[(size_t)y * to->width * 3 + x] = 0.25f * ((p[at] + p[at + 3]) + (p[below] + p[below + 3]));
        }
    return ORR_OK;
}

typedef struct resample {
    const orr_image *map;
    cube_level *level;
} resample;
static void resample_rows(void *context, size_t begin, size_t end) {
    const resample *r = context;
    uint32_t side = r->level->side;
    for (size_t row = begin; row < end; row++)
        for (uint32_t x = 0; x < side; x++) {
            double d[3], radiance[3];
            cube_direction((uint32_t)(row / side), x, (uint32_t)(row % side), side, d);
            map_sample(r->map, d, radiance);
            for (int c = 0; c < 3; c++) r->level->rgb[(row * side + x) * 3 + (size_t)c] = (float)radiance[c];
        }
}

static void box_level(const cube_level *from, cube_level *to) {
    for (size_t row = 0; row < (size_t)6 * to->side; row++)
        for (uint32_t x = 0; x < to->side * 3; x++) {
            size_t face = row / to->side, y = row % to->side,
                   at = ((face * from->side + 2 * y) * from->side + 2 * (x / 3)) * 3 + x % 3,
                   below = at + (size_t)from->side * 3;
            to->rgb[row * to->side * 3 + x] =
                0.25f * ((from->rgb[at] + from->rgb[at + 3]) + (from->rgb[below] + from->rgb[below + 3]));
        }
}

/* GGX importance samples with n = v = r (Karis 2013), each read at the mip that its probability covers
 * (Krivanek & Colbert 2008). */
static void filter_rows(void *context, size_t begin, size_t end) {
    const map_filter *f = context;
    double a2 = f->roughness * f->roughness * f->roughness * f->roughness,
           texel = 4.0 * ORR_PI / (6.0 * f->plain[0].side * f->plain[0].side);
    double lobe[SAMPLES][3], level[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        double u = (i + 0.5) / SAMPLES, turn = i * 0.61803398874989485,
               c = sqrt((1.0 - u) / (1.0 + (a2 - 1.0) * u)), s = sqrt(fmax(1.0 - c * c, 0.0));
        double phi = 2.0 * ORR_PI * (turn - floor(turn)), d = c * c * (a2 - 1.0) + 1.0,
               pdf = a2 / (ORR_PI * d * d) * 0.25;
        lobe[i][0] = s * orr_cos40(phi), lobe[i][1] = s * orr_sin40(phi), lobe[i][2] = c;
        level[i] =
            fmin(fmax(0.5 * orr_log2_40(1.0 / (SAMPLES * pdf + 1e-6) / texel) + 1.0, 0.0), f->levels - 1.0);
    }
    for (size_t row = begin; row < end; row++)
        for (uint32_t x = 0; x < f->side; x++) {
            double n[3], t[3], b[3], sum[3] = {0}, weight = 0.0, radiance[3];
            cube_direction((uint32_t)(row / f->side), x, (uint32_t)(row % f->side), f->side, n);
            orr_cross3(fabs(n[1]) < 0.99 ? (const double[3]){0, 1, 0} : (const double[3]){1, 0, 0}, n, t);
            orr_normalize3(t);
            orr_cross3(n, t, b);
            for (int i = 0; i < SAMPLES; i++) {
                double nl = 2.0 * lobe[i][2] * lobe[i][2] - 1.0, l[3];
                if (nl <= 0.0) continue;
                for (int k = 0; k < 3; k++)
                    l[k] =
                        2.0 * lobe[i][2] * (t[k] * lobe[i][0] + b[k] * lobe[i][1] + n[k] * lobe[i][2]) - n[k];
                cube_sample(&f->plain[(int)(level[i] + 0.5)], l, radiance);
                for (int k = 0; k < 3; k++) sum[k] += radiance[k] * nl;
                weight += nl;
            }
            uint16_t *out = f->out + (row * f->side + x) * 4;
            for (int k = 0; k < 3; k++) out[k] = orr_f32_to_f16((float)(sum[k] / weight));
            out[3] = 0x3c00;
        }
}

static void copy_level(const cube_level *level, uint16_t *out) {
    for (size_t i = 0; i < (size_t)6 * level->side * level->side; i++) {
        for (size_t c = 0; c < 3; c++) out[i * 4 + c] = orr_f32_to_f16(level->rgb[i * 3 + c]);
        out[i * 4 + 3] = 0x3c00;
    }
}

static orr_status make_levels(orr_renderer *r, const orr_image *map, uint32_t side, map_filter *f,
                              orr_error *err) {
    orr_image smaller[8] = {{0}};
    uint32_t halved = 0;
    orr_status status = ORR_OK;
    while (!status && halved < 8 && map->width >= side * 8 && map->height >= 4) {
        status = halve(map, &smaller[halved], err);
        map = &smaller[halved++];
    }
    for (uint32_t s = side; !status && s; s /= 2) {
        cube_level *level = &f->plain[f->levels];
        *level = (cube_level){s, orr_calloc((size_t)6 * s * s * 3, sizeof(float))};
        if (!level->rgb)
            status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory to filter the environment map");
        else if (f->levels == 0)
            orr_jobs_parallel_for(r->jobs, (size_t)6 * s, 8, resample_rows, &(resample){map, level});
        else
            box_level(level - 1, level);
        f->levels++;
    }
    for (uint32_t i = 0; i < halved; i++) orr_image_free(&smaller[i]);
    return status;
}

static orr_status filter_map(orr_renderer *r, const orr_image *map, uint32_t side, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    map_filter f = {.out = orr_calloc((size_t)6 * side * side * 4, 2)};
    orr_status status = f.out ? make_levels(r, map, side, &f, err)
                              : orr_fail(err, ORR_E_MEMORY, NULL, "no memory to filter the environment map");
    for (f.mip = 0; !status && f.mip < env->mips; f.mip++) {
        f.side = side >> f.mip, f.roughness = (double)f.mip / (env->mips - 1);
        if (f.mip)
            orr_jobs_parallel_for(r->jobs, (size_t)6 * f.side, 4, filter_rows, &f);
        else
            copy_level(&f.plain[0], f.out);
        for (uint32_t face = 0; !status && face < 6; face++)
            status = orr_gpu_upload_texture(r->gpu, env->cube, face, f.mip,
                                            f.out + (size_t)face * f.side * f.side * 4,
                                            (size_t)f.side * f.side * 8, err);
    }
    for (uint32_t i = 0; i < f.levels; i++) free(f.plain[i].rgb);
    free(f.out);
    return status;
}

/* --- gradient and constant
 * -------------------------------------------------------------------------------------------------- */

enum { RINGS = 129 }; /* heights -1..1 at which the gradient is tabulated */

static void ring_at(const double table[RINGS][3], double y, double out[3]) {
    double at = fmin(fmax((y + 1.0) * 0.5 * (RINGS - 1), 0.0), RINGS - 1.0);
    int i = at >= RINGS - 1 ? RINGS - 2 : (int)at;
    for (int c = 0; c < 3; c++) out[c] = table[i][c] + (at - i) * (table[i + 1][c] - table[i][c]);
}

/* The GGX-filtered gradient around height y: it depends on nothing else, since gradient and lobe (n = v = r)
 * are symmetric. */
static void filter_ring(const double table[RINGS][3], double y, double roughness, double out[3]) {
    double a2 = roughness * roughness * roughness * roughness, across = sqrt(fmax(1.0 - y * y, 0.0)),
           weight = 0.0, sum[3] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        double u = (i + 0.5) / SAMPLES, turn = i * 0.61803398874989485,
               c = sqrt((1.0 - u) / (1.0 + (a2 - 1.0) * u)), s = sqrt(fmax(1.0 - c * c, 0.0));
        double around =
            orr_cos40(2.0 * ORR_PI * (turn - floor(turn))); /* of h about n, towards straight up */
        double nl = 2.0 * c * c - 1.0, h_y = c * y + s * around * across, radiance[3];
        if (nl <= 0.0) continue;
        ring_at(table, 2.0 * c * h_y - y, radiance); /* l = reflect(-n, h) */
        for (int k = 0; k < 3; k++) sum[k] += radiance[k] * nl;
        weight += nl;
    }
    for (int k = 0; k < 3; k++) out[k] = sum[k] / weight;
}

/* One table a mip, spread over the faces. */
static orr_status fill_plain(orr_renderer *r, const orr_environment_props *e, uint32_t side, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    double sky[RINGS][3], filtered[RINGS][3];
    uint16_t *texels = malloc((size_t)side * side * 8);
    if (!texels) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the environment");
    orr_status status = ORR_OK;
    for (int i = 0; i < RINGS; i++) {
        if (e->source == ORR_ENV_CONSTANT)
            sky[i][0] = sky[i][1] = sky[i][2] = e->luminance_nit;
        else
            gradient(e, 2.0 * i / (RINGS - 1) - 1.0, sky[i]);
        for (int c = 0; c < 3; c++) sky[i][c] /= env->factor;
    }
    for (uint32_t mip = 0; !status && mip < env->mips; mip++) {
        for (int i = 0; i < RINGS; i++) {
            if (mip)
                filter_ring((const double(*)[3])sky, 2.0 * i / (RINGS - 1) - 1.0,
                            (double)mip / (env->mips - 1), filtered[i]);
            else
                memcpy(filtered[i], sky[i], sizeof filtered[i]);
        }
        uint32_t n = side >> mip;
        for (uint32_t face = 0; !status && face < 6; face++) {
            for (uint32_t y = 0; y < n; y++)
                for (uint32_t x = 0; x < n; x++) {
                    double u = (x + 0.5) / n * 2.0 - 1.0, v = (y + 0.5) / n * 2.0 - 1.0, radiance[3];
                    double up = face == 2 ? 1.0 : face == 3 ? -1.0 : -v;
                    ring_at((const double(*)[3])filtered, up / sqrt(u * u + v * v + 1.0), radiance);
                    for (int c = 0; c < 3; c++)
                        texels[((size_t)y * n + x) * 4 + (size_t)c] = orr_f32_to_f16((float)radiance[c]);
                    texels[((size_t)y * n + x) * 4 + 3] = 0x3c00;
                }
            status = orr_gpu_upload_texture(r->gpu, env->cube, face, mip, texels, (size_t)n * n * 8, err);
        }
    }
    free(texels);
    return status;
}

static orr_status map_image(orr_renderer *r, const orr_pose *pose, orr_image *rgb, orr_error *err) {
    *rgb = (orr_image){0};
    if (pose->environment.source != ORR_ENV_HDRI) return ORR_OK;
    if (!pose->environment_asset.id)
        return orr_fail(err, ORR_E_NOT_READY, NULL,
                        "the environment's source is hdri, but it has no file: set hdri = \"map.hdr\"");
    orr_status status = orr_assets_wait(r->assets, pose->environment_asset, err);
    const orr_image *map = status ? NULL : orr_assets_image(r->assets, pose->environment_asset);
    if (!status && !map) status = orr_fail(err, ORR_E_NOT_READY, NULL, "the environment map is not an image");
    return status ? status : orr_image_to_f32(map, 3, rgb, err);
}

orr_status orr_environment_update(orr_renderer *r, const orr_pose *pose, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    orr_environment_props e = pose->environment;
    if (!pose->has_environment) e = (orr_environment_props){.source = ORR_ENV_CONSTANT}; /* black */
    float keys[12] = {e.zenith_nit[0],  e.zenith_nit[1],        e.zenith_nit[2], e.horizon_nit[0],
                      e.horizon_nit[1], e.horizon_nit[2],       e.ground_nit[0], e.ground_nit[1],
                      e.ground_nit[2],  (float)e.luminance_nit, (float)e.gain,   (float)e.target_lx};
    uint32_t which[2] = {e.source + 1u, pose->environment_asset.id};
    uint64_t key = orr_hash64(keys, sizeof keys, orr_hash64(which, sizeof which, 0));
    if (env->key == key) return ORR_OK;
    orr_image map;
    orr_status status = map_image(r, pose, &map, err);
    if (status) return status;
    double sh[9][3] = {{0}};
    double illuminance = integrate(&e, map.pixels ? &map : NULL, sh);
    env->factor = e.source == ORR_ENV_HDRI ? e.gain : 1.0;
    if (e.source == ORR_ENV_HDRI && e.target_lx > 0.0) {
        if (illuminance <= 0.0)
            status = orr_fail(err, ORR_E_BAD_DATA, NULL,
                              "the environment map is black above the horizon: target_lx cannot be met");
        else
            env->factor = e.target_lx / illuminance;
    } else if (e.source != ORR_ENV_HDRI) { /* stored within half range whatever the sky's luminance */
        double top = e.luminance_nit * (e.source == ORR_ENV_CONSTANT);
        for (int c = 0; c < 9 && e.source == ORR_ENV_GRADIENT; c++) top = fmax(top, (double)keys[c]);
        env->factor = top > 0.0 ? top / 64.0 : 1.0;
        for (int i = 0; i < 9; i++)
            for (int c = 0; c < 3; c++) sh[i][c] /= env->factor;
    }
    sh_finish((const double(*)[3])sh, env->sh);
    orr_gpu_texture_destroy(r->gpu, &env->sky);
    uint32_t side = SIDE_LEAST; /* a quarter of a map's width is a face's own resolution */
    while (map.pixels && side < SIDE_MOST && side * 4 < map.width) side *= 2;
    if (!status) status = make_cube(r, side, err);
    if (!status && map.pixels) status = upload_map(r, &map, err);
    if (!status) status = map.pixels ? filter_map(r, &map, side, err) : fill_plain(r, &e, side, err);
    orr_image_free(&map);
    env->key = status ? 0 : key;
    return status;
}
