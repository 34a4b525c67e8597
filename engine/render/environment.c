/* The environment as the shaders read it: a prefiltered cube, its irradiance as nine spherical harmonics, the map itself for the
 * background; and the split-sum table. All are products: made again only when their keys change. */
#include <stdlib.h>
#include <string.h>

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
    double k = up >= 0.0 ? orr_round40(pow(up, 0.45)) : fmin(1.0, -up * 8.0);
    const float *to = up >= 0.0 ? e->zenith_nit : e->ground_nit;
    for (int c = 0; c < 3; c++) out[c] = (double)e->horizon_nit[c] + k * ((double)to[c] - (double)e->horizon_nit[c]);
}

/* Ramamoorthi & Hanrahan 2001: coefficients of the radiance, folded with the cosine lobe and the basis constants, over pi, so that
 * the shader evaluates bare polynomials of the normal. */
static void sh_add(double sh[9][3], const double d[3], const double radiance[3], double solid_angle) {
    double basis[9] = {1.0, d[1], d[2], d[0], d[0] * d[1], d[1] * d[2], 3.0 * d[2] * d[2] - 1.0, d[0] * d[2], d[0] * d[0] - d[1] * d[1]};
    for (int i = 0; i < 9; i++)
        for (int c = 0; c < 3; c++) sh[i][c] += basis[i] * radiance[c] * solid_angle;
}
static void sh_finish(const double sh[9][3], float out[9][4]) {
    static const double y2[9] = {0.282095 * 0.282095, 0.488603 * 0.488603, 0.488603 * 0.488603, 0.488603 * 0.488603, 1.092548 * 1.092548,
                                 1.092548 * 1.092548, 0.315392 * 0.315392, 1.092548 * 1.092548, 0.546274 * 0.546274};
    for (int i = 0; i < 9; i++)
        for (int c = 0; c < 3; c++) {
            double lobe = i == 0 ? 1.0 : i < 4 ? 2.0 / 3.0 : 0.25; /* A_l / pi */
            out[i][c] = (float)(sh[i][c] * y2[i] * lobe);
        }
}

/* Sums over a latitude-longitude grid; `map` NULL = the gradient or constant. Also the illuminance of a plane facing up. */
static double integrate(const orr_environment_props *e, const orr_image *map, double sh[9][3]) {
    uint32_t width = map ? map->width : 64, height = map ? map->height : 128;
    double illuminance = 0.0;
    const float *pixels = map ? map->pixels : NULL;
    for (uint32_t y = 0; y < height; y++) {
        double top = orr_cos40(ORR_PI * y / height), bottom = orr_cos40(ORR_PI * (y + 1) / height);
        double theta = ORR_PI * (y + 0.5) / height, up = orr_cos40(theta), across = orr_sin40(theta), solid = 2.0 * ORR_PI / width * (top - bottom);
        for (uint32_t x = 0; x < width; x++) {
            double phi = 2.0 * ORR_PI * ((x + 0.5) / width - 0.5), radiance[3];
            double d[3] = {across * orr_sin40(phi), up, -across * orr_cos40(phi)};
            if (pixels)
                for (int c = 0; c < 3; c++) radiance[c] = fmin((double)pixels[((size_t)y * width + x) * 3 + c], 65504.0);
            else if (e->source == ORR_ENV_CONSTANT)
                for (int c = 0; c < 3; c++) radiance[c] = e->luminance_nit;
            else gradient(e, up, radiance);
            sh_add(sh, d, radiance, solid);
            double luminance = 0.2126 * radiance[0] + 0.7152 * radiance[1] + 0.0722 * radiance[2];
            if (up > 0.0) illuminance += luminance * up * solid;
        }
    }
    return illuminance;
}

static orr_status make_cube(orr_renderer *r, uint32_t side, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    orr_gpu_texture_destroy(r->gpu, &env->cube);
    env->mips = 1;
    while ((side >> env->mips) >= 4) env->mips++;
    orr_gpu_texture_params params = {.label = "environment", .width = side, .height = side, .layers = 6, .mips = env->mips, .cube = true,
                                     .format = ORR_FORMAT_RGBA16_SFLOAT, .sampled = true, .storage = true};
    return orr_gpu_texture_create(r->gpu, &params, &env->cube, err);
}

static orr_status upload_map(orr_renderer *r, const orr_image *map, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    orr_gpu_texture_params params = {.label = "environment map", .width = map->width, .height = map->height, .mips = ORR_MIPS_ALL,
                                     .format = ORR_FORMAT_RGBA16_SFLOAT, .sampled = true};
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

/* The HDRI: mip 0 resampled from the map, then each mip filtered through a cube with plain mips of its own, on the device. */
static orr_status filter_map(orr_renderer *r, orr_cmd *cmd, uint32_t side, uint32_t map_width, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    orr_gpu_pipeline source, prefilter;
    orr_status status = orr_core_get(r, ORR_CORE_ENV_SOURCE, 0, &source, err);
    if (!status) status = orr_core_get(r, ORR_CORE_ENV_PREFILTER, 0, &prefilter, err);
    orr_gpu_texture plain = {0};
    orr_gpu_texture_params params = {.label = "environment source", .width = side, .height = side, .layers = 6, .mips = ORR_MIPS_ALL, .cube = true,
                                     .format = ORR_FORMAT_RGBA16_SFLOAT, .sampled = true, .storage = true};
    if (!status) status = orr_gpu_texture_create(r->gpu, &params, &plain, err);
    if (status) return status;
    struct { uint32_t side; float lod; } push = {side, (float)fmax(0.0, orr_round40(log2(map_width / (4.0 * side))))};
    orr_cmd_time_begin(cmd, "environment");
    orr_cmd_generate_mips(cmd, env->sky);
    for (int pass = 0; pass < 2; pass++) {
        orr_gpu_bind binds[2] = {{.binding = 1, .texture = env->sky, .sampler = r->sky}, {.binding = 2, .texture = pass ? env->cube : plain}};
        orr_cmd_dispatch(cmd, source, binds, 2, &push, sizeof push, (side + 7) / 8, (side + 7) / 8, 6);
    }
    orr_cmd_generate_mips(cmd, plain);
    for (uint32_t mip = 1; mip < env->mips; mip++) {
        struct { uint32_t side, samples; float roughness, base_side; } q = {side >> mip, SAMPLES, (float)mip / (float)(env->mips - 1), (float)side};
        orr_gpu_bind binds[2] = {{.binding = 1, .texture = plain, .sampler = r->linear_clamp}, {.binding = 2, .texture = env->cube, .mip = mip}};
        orr_cmd_dispatch(cmd, prefilter, binds, 2, &q, sizeof q, (q.side + 7) / 8, (q.side + 7) / 8, 6);
    }
    orr_cmd_time_end(cmd);
    orr_gpu_texture_destroy(r->gpu, &plain); /* deferred until this submission has ended */
    return ORR_OK;
}

enum { RINGS = 129 }; /* heights -1..1 at which the gradient is tabulated */

static void ring_at(const double table[RINGS][3], double y, double out[3]) {
    double at = fmin(fmax((y + 1.0) * 0.5 * (RINGS - 1), 0.0), RINGS - 1.0);
    int i = at >= RINGS - 1 ? RINGS - 2 : (int)at;
    for (int c = 0; c < 3; c++) out[c] = table[i][c] + (at - i) * (table[i + 1][c] - table[i][c]);
}

/* The GGX-filtered gradient around height y: it depends on nothing else, since gradient and lobe (n = v = r) are symmetric. */
static void filter_ring(const double table[RINGS][3], double y, double roughness, double out[3]) {
    double a2 = roughness * roughness * roughness * roughness, across = sqrt(fmax(1.0 - y * y, 0.0)), weight = 0.0, sum[3] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        double u = (i + 0.5) / SAMPLES, turn = i * 0.61803398874989485, c = sqrt((1.0 - u) / (1.0 + (a2 - 1.0) * u)), s = sqrt(fmax(1.0 - c * c, 0.0));
        double around = orr_cos40(2.0 * ORR_PI * (turn - floor(turn))); /* of h about n, towards straight up */
        double nl = 2.0 * c * c - 1.0, h_y = c * y + s * around * across, radiance[3];
        if (nl <= 0.0) continue;
        ring_at(table, 2.0 * c * h_y - y, radiance); /* l = reflect(-n, h) */
        for (int k = 0; k < 3; k++) sum[k] += radiance[k] * nl;
        weight += nl;
    }
    for (int k = 0; k < 3; k++) out[k] = sum[k] / weight;
}

/* Gradient and constant need no device: one table a mip, spread over the faces. */
static orr_status fill_plain(orr_renderer *r, const orr_environment_props *e, uint32_t side, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    double sky[RINGS][3], filtered[RINGS][3];
    uint16_t *texels = malloc((size_t)side * side * 8);
    if (!texels) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the environment");
    orr_status status = ORR_OK;
    for (int i = 0; i < RINGS; i++) {
        if (e->source == ORR_ENV_CONSTANT) sky[i][0] = sky[i][1] = sky[i][2] = e->luminance_nit;
        else gradient(e, 2.0 * i / (RINGS - 1) - 1.0, sky[i]);
        for (int c = 0; c < 3; c++) sky[i][c] /= env->factor;
    }
    for (uint32_t mip = 0; !status && mip < env->mips; mip++) {
        for (int i = 0; i < RINGS; i++) {
            if (mip) filter_ring((const double(*)[3])sky, 2.0 * i / (RINGS - 1) - 1.0, (double)mip / (env->mips - 1), filtered[i]);
            else memcpy(filtered[i], sky[i], sizeof filtered[i]);
        }
        uint32_t n = side >> mip;
        for (uint32_t face = 0; !status && face < 6; face++) {
            for (uint32_t y = 0; y < n; y++)
                for (uint32_t x = 0; x < n; x++) {
                    double u = (x + 0.5) / n * 2.0 - 1.0, v = (y + 0.5) / n * 2.0 - 1.0, radiance[3];
                    double up = face == 2 ? 1.0 : face == 3 ? -1.0 : -v; /* as cube_direction of shaders/cube.glsl */
                    ring_at((const double(*)[3])filtered, up / sqrt(u * u + v * v + 1.0), radiance);
                    for (int c = 0; c < 3; c++) texels[((size_t)y * n + x) * 4 + (size_t)c] = orr_f32_to_f16((float)radiance[c]);
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
    if (!pose->environment_asset.id) return orr_fail(err, ORR_E_NOT_READY, NULL, "the environment's source is hdri, but it has no file: set hdri = \"map.hdr\"");
    orr_status status = orr_assets_wait(r->assets, pose->environment_asset, err);
    const orr_image *map = status ? NULL : orr_assets_image(r->assets, pose->environment_asset);
    if (!status && !map) status = orr_fail(err, ORR_E_NOT_READY, NULL, "the environment map is not an image");
    return status ? status : orr_image_to_f32(map, 3, rgb, err);
}

orr_status orr_environment_update(orr_renderer *r, orr_cmd *cmd, const orr_pose *pose, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    orr_environment_props e = pose->environment;
    if (!pose->has_environment) e = (orr_environment_props){.source = ORR_ENV_CONSTANT}; /* black */
    float keys[12] = {e.zenith_nit[0], e.zenith_nit[1], e.zenith_nit[2], e.horizon_nit[0], e.horizon_nit[1], e.horizon_nit[2],
                      e.ground_nit[0], e.ground_nit[1], e.ground_nit[2], (float)e.luminance_nit, (float)e.gain, (float)e.target_lx};
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
        if (illuminance <= 0.0) status = orr_fail(err, ORR_E_BAD_DATA, NULL, "the environment map is black above the horizon: target_lx cannot be met");
        else env->factor = e.target_lx / illuminance;
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
    if (!status) status = map.pixels ? filter_map(r, cmd, side, map.width, err) : fill_plain(r, &e, side, err);
    orr_image_free(&map);
    env->key = status ? 0 : key;
    return status;
}
