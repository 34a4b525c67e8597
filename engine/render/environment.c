/* The environment as the shaders read it: a prefiltered cube (environment_filter.h), its irradiance as nine
 * spherical harmonics, the map itself for the background; and the split-sum table. All are products: made
 * again only when their keys change. */
#include <stdlib.h>
#include <string.h>

#include "base/round.h"
#include "image/hdri.h"
#include "render/environment_filter.h"

enum { SIDE_LEAST = 64, SIDE_MOST = 256 };

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

/* Over a latitude-longitude grid; `map` NULL = the gradient or constant. */
static void project(const orr_environment_props *e, const orr_image *map, double sh[9][3]) {
    uint32_t width = map ? map->width : 64, height = map ? map->height : 128;
    double(*around)[2] = orr_calloc(width, sizeof *around); /* sine and cosine of each column */
    const float *pixels = map ? map->pixels : NULL;
    for (uint32_t x = 0; around && x < width; x++) {
        double phi = 2.0 * ORR_PI * ((x + 0.5) / width - 0.5);
        around[x][0] = orr_sin40(phi), around[x][1] = orr_cos40(phi);
    }
    for (uint32_t y = 0; around && y < height; y++) {
        double theta = ORR_PI * (y + 0.5) / height, up = orr_cos40(theta), across = orr_sin40(theta),
               solid = orr_hdri_row_weights(width, height, y).solid_sr;
        for (uint32_t x = 0; x < width; x++) {
            double d[3] = {across * around[x][0], up, -across * around[x][1]}, radiance[3];
            if (pixels)
                for (int c = 0; c < 3; c++)
                    radiance[c] = (double)pixels[((size_t)y * width + x) * 3 + (size_t)c];
            else if (e->source == ORR_ENV_CONSTANT)
                for (int c = 0; c < 3; c++) radiance[c] = e->luminance_nit;
            else
                gradient(e, up, radiance);
            sh_add(sh, d, radiance, solid);
        }
    }
    free(around);
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
        for (size_t c = 0; c < 3; c++) half[i * 4 + c] = orr_f32_to_f16(pixels[i * 3 + c]);
        half[i * 4 + 3] = 0x3c00;
    }
    status = orr_gpu_upload_texture(r->gpu, env->sky, 0, 0, half, count * 8, err);
    free(half);
    return status;
}

/* Half floats end at 65504, and a sun lies above: a map with one is kept at a smaller scale, a power of two,
 * which costs no precision. Returns the factor that undoes it. */
static double fit_half(orr_image *map, double peak) {
    double scale = 1.0;
    while (peak > 65504.0) peak *= 0.5, scale *= 2.0;
    float *values = map->pixels, down = (float)(1.0 / scale);
    for (size_t i = 0; scale > 1.0 && i < (size_t)map->width * map->height * 3; i++) values[i] *= down;
    return scale;
}

/* The map of an HDRI, without its sun where that was asked for, within half range. */
static orr_status map_image(orr_renderer *r, const orr_environment_props *e, orr_asset asset, orr_image *rgb,
                            orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    if (!asset.id)
        return orr_fail(err, ORR_E_NOT_READY, NULL,
                        "the environment's source is hdri, but it has no file: set hdri = \"map.hdr\"");
    orr_status status = orr_assets_wait(r->assets, asset, err);
    const orr_image *map = status ? NULL : orr_assets_image(r->assets, asset);
    if (!status && !map) status = orr_fail(err, ORR_E_NOT_READY, NULL, "the environment map is not an image");
    const char *name = orr_assets_path(r->assets, asset);
    orr_hdri_sun sun;
    if (!status) status = orr_hdri_open(map, name, rgb, &env->figures, err);
    if (!status && e->neutralize_sun) status = orr_hdri_neutralize(rgb, name, &env->figures, &sun, err);
    if (!status) env->scale = fit_half(rgb, env->figures.peak);
    return status;
}

/* Kept within half range whatever the sky's luminance. */
static double plain_scale(const orr_environment_props *e) {
    double top = e->source == ORR_ENV_CONSTANT ? e->luminance_nit : 0.0;
    for (int c = 0; c < 3 && e->source == ORR_ENV_GRADIENT; c++)
        top = fmax(fmax(top, (double)e->zenith_nit[c]),
                   fmax((double)e->horizon_nit[c], (double)e->ground_nit[c]));
    return top > 0.0 ? top / 64.0 : 1.0;
}

static orr_status fill_plain(orr_renderer *r, const orr_environment_props *e, uint32_t side, orr_error *err) {
    double sky[ORR_ENVIRONMENT_RINGS][3];
    for (int i = 0; i < ORR_ENVIRONMENT_RINGS; i++) {
        if (e->source == ORR_ENV_CONSTANT)
            sky[i][0] = sky[i][1] = sky[i][2] = e->luminance_nit;
        else
            gradient(e, 2.0 * i / (ORR_ENVIRONMENT_RINGS - 1) - 1.0, sky[i]);
        for (int c = 0; c < 3; c++) sky[i][c] /= r->environment.scale;
    }
    return orr_environment_filter_rings(r, (const double(*)[3])sky, side, err);
}

/* All but the factor: so that gain and target_lx may be animated. */
static orr_status make(orr_renderer *r, const orr_environment_props *e, orr_asset asset, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    float keys[10] = {e->zenith_nit[0],  e->zenith_nit[1],       e->zenith_nit[2], e->horizon_nit[0],
                      e->horizon_nit[1], e->horizon_nit[2],      e->ground_nit[0], e->ground_nit[1],
                      e->ground_nit[2],  (float)e->luminance_nit};
    uint32_t which[3] = {e->source + 1u, asset.id, e->neutralize_sun};
    uint64_t key = orr_hash64(keys, sizeof keys, orr_hash64(which, sizeof which, 0));
    if (env->key == key) return ORR_OK;
    orr_image map = {0};
    orr_status status = ORR_OK;
    if (e->source == ORR_ENV_HDRI)
        status = map_image(r, e, asset, &map, err);
    else
        env->scale = plain_scale(e);
    double sh[9][3] = {{0}};
    if (!status) project(e, map.pixels ? &map : NULL, sh);
    for (int i = 0; i < 9 && !map.pixels; i++)
        for (int c = 0; c < 3; c++) sh[i][c] /= env->scale;
    sh_finish((const double(*)[3])sh, env->sh);
    orr_gpu_texture_destroy(r->gpu, &env->sky);
    uint32_t side = SIDE_LEAST; /* a quarter of a map's width is a face's own resolution */
    while (map.pixels && side < SIDE_MOST && side * 4 < map.width) side *= 2;
    if (!status) status = make_cube(r, side, err);
    if (!status && map.pixels) status = upload_map(r, &map, err);
    if (!status)
        status = map.pixels ? orr_environment_filter_map(r, &map, side, err) : fill_plain(r, e, side, err);
    orr_image_free(&map);
    env->key = status ? 0 : key;
    return status;
}

orr_status orr_environment_load(orr_renderer *r, const orr_revision *revision, orr_error *err) {
    for (uint32_t i = 0; i < revision->node_count; i++) {
        const orr_rev_node *node = &revision->nodes[i];
        const orr_environment_props *e = node->props;
        if (node->kind == ORR_NODE_ENVIRONMENT && e->source == ORR_ENV_HDRI)
            return make(r, e, node->asset, err);
    }
    return ORR_OK;
}

orr_status orr_environment_update(orr_renderer *r, const orr_pose *pose, orr_error *err) {
    orr_environment_gpu *env = &r->environment;
    orr_environment_props e = pose->environment;
    if (!pose->has_environment || e.source == ORR_ENV_SKY)
        e = (orr_environment_props){.source = ORR_ENV_CONSTANT}; /* black; the sky is captured */
    orr_status status = make(r, &e, pose->environment_asset, err);
    env->factor = env->scale;
    if (!status && e.source == ORR_ENV_HDRI)
        env->factor *= orr_hdri_factor(&env->figures, e.gain, e.target_lx);
    return status;
}
