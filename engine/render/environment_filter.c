#include "render/environment_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/round.h"

enum { SAMPLES = 32 };

/* --- maps -------------------------------------------------------------------------------------------------
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
        out[k] = top + fv * (bottom - top);
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

orr_status orr_environment_filter_map(orr_renderer *r, const orr_image *map, uint32_t side, orr_error *err) {
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

/* --- what depends on the height alone ----------------------------------------------------------------------
 */

enum { RINGS = ORR_ENVIRONMENT_RINGS };

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

orr_status orr_environment_filter_rings(orr_renderer *r, const double sky[RINGS][3], uint32_t side,
                                        orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    double filtered[RINGS][3];
    uint16_t *texels = malloc((size_t)side * side * 8);
    if (!texels) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the environment");
    orr_status status = ORR_OK;
    for (uint32_t mip = 0; !status && mip < env->mips; mip++) {
        for (int i = 0; i < RINGS; i++) {
            if (mip)
                filter_ring(sky, 2.0 * i / (RINGS - 1) - 1.0, (double)mip / (env->mips - 1), filtered[i]);
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
