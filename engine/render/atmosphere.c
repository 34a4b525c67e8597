/* The sky as the shaders read it: the block of numbers, and the tables, each made again only when what it
 * depends on changed. Exposure is in the block alone. */
#include "render/atmosphere.h"

#include <string.h>

#include "render/renderer_private.h"

const char *orr_sky_table_name(orr_sky_table table) {
    static const char *const names[] = {"sky transmittance", "sky multiple", "sky view", "sky aerial"};
    return names[table];
}

/* --- the block ----------------------------------------------------------------------------------------- */

static void set(float out[4], const double rgb[3], double scale, double w) {
    for (int c = 0; c < 3; c++) out[c] = (float)(rgb[c] * scale);
    out[3] = (float)w;
}
static void set_f(float out[4], const float rgb[3], double scale, double w) {
    set(out, (double[3]){(double)rgb[0], (double)rgb[1], (double)rgb[2]}, scale, w);
}

static double largest(const double rgb[3]) {
    return fmax(rgb[0], fmax(rgb[1], rgb[2]));
}

static void lights_fill(const orr_sky_input *in, orr_sky_block *b) {
    static const double none[3] = {0.0, 0.0, 0.0};
    const double *moon_lx = in->has_moon ? in->moon_lx : none;
    set(b->sun, in->sun_direction, 1.0, in->sun_radius_rad);
    set(b->moon, in->moon_direction, 1.0, in->moon_radius_rad);
    for (int i = 0; i < 2; i++) {
        const double *d = i ? in->moon_direction : in->sun_direction;
        b->elevation[i * 2] = (float)sqrt(d[0] * d[0] + d[2] * d[2]), b->elevation[i * 2 + 1] = (float)d[1];
    }
    set(b->sun_light, in->sun_lx, in->exposure, 0.0);
    set(b->moon_light, moon_lx, in->exposure, 0.0);
    double unit = fmax(largest(in->sun_lx), largest(moon_lx)), scale = unit > 0.0 ? 1.0 / unit : 0.0;
    set(b->sun_aerial, in->sun_lx, scale, unit * in->exposure);
    set(b->moon_aerial, moon_lx, scale, 0.0);
}

void orr_sky_block_fill(const orr_sky_input *in, orr_sky_block *b) {
    const orr_atmosphere_props *air = in->air;
    double radius = air->planet_radius_km, top = radius + air->height_km,
           altitude_km = fmax((air->altitude_m + in->camera_y_m) * 1e-3, 0.0), out[3];
    for (int c = 0; c < 3; c++)
        out[c] = (double)air->mie_scattering_per_km[c] + (double)air->mie_absorption_per_km[c];
    set_f(b->rayleigh, air->rayleigh_scattering_per_km, 1.0, 1.0 / air->rayleigh_height_km);
    set_f(b->mie, air->mie_scattering_per_km, air->turbidity, 1.0 / air->mie_height_km);
    set(b->mie_extinction, out, air->turbidity, air->mie_g);
    set_f(b->ozone, air->ozone_absorption_per_km, 1.0, air->ozone_centre_km);
    set_f(b->ground, air->ground_albedo, 1.0, 1.0 / air->ozone_half_width_km);
    set(b->planet, (double[3]){radius, air->height_km, sqrt(top * top - radius * radius)}, 1.0,
        air->multiple_scattering);
    set(b->camera, (double[3]){altitude_km, air->aerial_range_km, altitude_km > air->height_km}, 1.0, 0.0);
    lights_fill(in, b);
}

/* --- keys ---------------------------------------------------------------------------------------------- */

/* All but the first two rest on the tables before them. */
static void find_keys(const orr_atmosphere_props *air, const orr_sky_block *b, bool moon, const float *rays,
                      uint64_t keys[ORR_SKY_TABLE_COUNT]) {
    const uint32_t sizes[] = {air->transmittance_width, air->transmittance_height, air->multiple_size,
                              air->sky_width,           air->sky_height,           air->aerial_size};
    /* mie's scattering and the ground's albedo are in the second alone; one key for both is simpler */
    uint64_t key = orr_hash64(b, offsetof(orr_sky_block, camera), 1);
    keys[ORR_SKY_TRANSMITTANCE] = key = orr_hash64(sizes, 8, key);
    key = orr_hash64(&b->sun[3], sizeof(float), key); /* the disk sets smoothly */
    keys[ORR_SKY_MULTIPLE] = key = orr_hash64(&sizes[2], 4, key);
    const float view[] = {b->camera[0], b->sun[3],       b->elevation[0], b->elevation[1],
                          moon,         b->elevation[2], b->elevation[3], b->moon[3]};
    keys[ORR_SKY_VIEW] = orr_hash64(&sizes[3], 8, orr_hash64(view, sizeof view, key));
    key = orr_hash64(b->camera, sizeof b->camera, key);
    key = orr_hash64(b->sun, sizeof b->sun, orr_hash64(b->sun_aerial, 3 * sizeof(float), key));
    if (moon) key = orr_hash64(b->moon, sizeof b->moon, orr_hash64(b->moon_aerial, 3 * sizeof(float), key));
    keys[ORR_SKY_AERIAL] = orr_hash64(&sizes[5], 4, orr_hash64(rays, 24 * sizeof(float), key));
}

/* Rays of the view without jitter, for uv from the upper left: base and direction at 0, and their steps to 1.
 */
static void view_rays(const orr_frame_data *data, float rays[6][4]) {
    const orr_pose_camera *c = &data->pose->camera;
    bool ortho = c->ortho_height_m > 0.0;
    double w = data->half[0], h = data->half[1];
    memset(rays, 0, 24 * sizeof(float));
    for (int k = 0; k < 3; k++) {
        double corner = -c->right[k] * w + c->up[k] * h, x = 2.0 * c->right[k] * w, y = -2.0 * c->up[k] * h;
        rays[0][k] = (float)(ortho ? corner * 1e-3 : 0.0);
        rays[1][k] = (float)(ortho ? x * 1e-3 : 0.0), rays[2][k] = (float)(ortho ? y * 1e-3 : 0.0);
        rays[3][k] = (float)(c->forward[k] + (ortho ? 0.0 : corner));
        rays[4][k] = (float)(ortho ? 0.0 : x), rays[5][k] = (float)(ortho ? 0.0 : y);
    }
}

/* --- tables -------------------------------------------------------------------------------------------- */

static orr_status fit(orr_renderer *r, orr_sky_table table, uint32_t part, uint32_t width, uint32_t height,
                      uint32_t depth, orr_error *err) {
    orr_sky_image *image = &r->sky_tables.images[table + part];
    if (image->texture.id && image->width == width && image->height == height && image->depth == depth)
        return ORR_OK;
    orr_gpu_texture_destroy(r->gpu, &image->texture);
    image->width = width, image->height = height, image->depth = depth;
    orr_gpu_texture_params params = {.label = orr_sky_table_name(table),
                                     .width = width,
                                     .height = height,
                                     .depth = depth,
                                     .format = ORR_FORMAT_RGBA16_SFLOAT,
                                     .sampled = true,
                                     .storage = true};
    return orr_gpu_texture_create(r->gpu, &params, &image->texture, err);
}

static orr_status fit_table(orr_renderer *r, orr_sky_table table, const orr_atmosphere_props *air, bool moon,
                            orr_error *err) {
    uint32_t side = air->aerial_size;
    orr_status status;
    switch (table) {
    case ORR_SKY_TRANSMITTANCE:
        return fit(r, table, 0, air->transmittance_width, air->transmittance_height, 0, err);
    case ORR_SKY_MULTIPLE:
        return fit(r, table, 0, air->multiple_size, air->multiple_size, 0, err);
    case ORR_SKY_VIEW:
        return fit(r, table, 0, air->sky_width, air->sky_height * (moon ? 2 : 1), 0, err);
    default:
        status = fit(r, table, 0, side, side, side, err);
        return status ? status : fit(r, table, 1, side, side, side, err);
    }
}

static const orr_core cores[] = {ORR_CORE_SKY_TRANSMITTANCE, ORR_CORE_SKY_MULTIPLE, ORR_CORE_SKY_VIEW,
                                 ORR_CORE_SKY_AERIAL};

static void dispatch(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data, orr_sky_table table,
                     orr_gpu_pipeline pipeline, float rays[6][4]) {
    const orr_sky_gpu *s = &r->sky_tables;
    const orr_atmosphere_props *air = &data->pose->atmosphere;
    orr_gpu_bind binds[ORR_MOST_BINDS];
    uint32_t n = orr_scene_binds(r, data, orr_core_mask(cores[table]), binds);
    binds[n++] = (orr_gpu_bind){.binding = ORR_SLOT_PASS, .texture = s->images[table].texture};
    switch (table) {
    case ORR_SKY_TRANSMITTANCE:
        orr_cmd_dispatch(cmd, pipeline, binds, n, NULL, 0, (air->transmittance_width + 7) / 8,
                         (air->transmittance_height + 7) / 8, 1);
        break;
    case ORR_SKY_MULTIPLE:
        orr_cmd_dispatch(cmd, pipeline, binds, n, NULL, 0, air->multiple_size, air->multiple_size, 1);
        break;
    case ORR_SKY_VIEW:
        for (uint32_t body = 0; body <= data->pose->has_moon; body++)
            orr_cmd_dispatch(cmd, pipeline, binds, n, &body, sizeof body, (air->sky_width + 7) / 8,
                             air->sky_height, 1);
        break;
    default:
        binds[n++] = (orr_gpu_bind){.binding = ORR_SLOT_PASS + 1, .texture = s->images[table + 1].texture};
        orr_cmd_dispatch(cmd, pipeline, binds, n, rays, 24 * sizeof(float), air->aerial_size,
                         air->aerial_size, 1);
    }
}

bool orr_sky_has(const orr_frame_data *data, orr_sky_table table) {
    bool above = data->sky.camera[2] > 0.5f;
    return table == ORR_SKY_TRANSMITTANCE ||
           (table == ORR_SKY_MULTIPLE && data->pose->atmosphere.multiple_scattering) ||
           (table == ORR_SKY_VIEW && !above) ||
           (table == ORR_SKY_AERIAL && !above && data->pose->atmosphere.aerial_perspective);
}

static orr_status make_tables(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data, orr_error *err) {
    orr_sky_gpu *s = &r->sky_tables;
    const orr_pose *pose = data->pose;
    uint64_t keys[ORR_SKY_TABLE_COUNT];
    float rays[6][4];
    view_rays(data, rays);
    find_keys(&pose->atmosphere, &data->sky, pose->has_moon, rays[0], keys);
    for (orr_sky_table table = 0; table < ORR_SKY_TABLE_COUNT; table++) {
        if (s->keys[table] == keys[table] || !orr_sky_has(data, table)) continue;
        orr_gpu_pipeline pipeline;
        orr_status status = orr_core_get(r, cores[table], data->variant, &pipeline, err);
        if (!status) status = fit_table(r, table, &pose->atmosphere, pose->has_moon, err);
        if (status) return status;
        orr_cmd_time_begin(cmd, orr_sky_table_name(table));
        dispatch(r, cmd, data, table, pipeline, rays);
        orr_cmd_time_end(cmd);
        s->keys[table] = keys[table], s->made[table]++;
    }
    return ORR_OK;
}

orr_status orr_sky_tables_update(orr_renderer *r, orr_cmd *cmd, orr_frame_data *data, orr_error *err) {
    const orr_pose *pose = data->pose;
    if (!pose->has_atmosphere) return ORR_OK;
    orr_sky_input in = {.air = &pose->atmosphere,
                        .camera_y_m = pose->camera.position_m[1],
                        .sun_direction = {0.0, 1.0, 0.0},
                        .moon_direction = {0.0, 1.0, 0.0},
                        .has_moon = pose->has_moon,
                        .exposure = (double)data->block.params[0]};
    for (int c = 0; c < 3; c++) {
        if (pose->has_sun) {
            in.sun_direction[c] = pose->sun_direction[c];
            in.sun_lx[c] = pose->sun.illuminance_lx * (double)pose->sun.colour[c];
        }
        if (pose->has_moon)
            in.moon_direction[c] = pose->moon_direction[c], in.moon_lx[c] = pose->moon.illuminance_lx;
    }
    in.sun_radius_rad = pose->sun.angular_diameter_deg * (ORR_PI / 360.0);
    in.moon_radius_rad = pose->moon.angular_diameter_deg * (ORR_PI / 360.0);
    orr_sky_block_fill(&in, &data->sky);
    data->variant |= ORR_VARIANT_SKY;
    if (pose->has_moon) data->variant |= ORR_VARIANT_MOON;
    if (pose->atmosphere.aerial_perspective) data->variant |= ORR_VARIANT_AERIAL;
    if (data->sky.camera[2] > 0.5f) data->variant |= ORR_VARIANT_ABOVE_AIR;
    double corner = sqrt(1.0 + data->half[0] * data->half[0] + data->half[1] * data->half[1]),
           farthest_m = (double)data->block.depth_params[2];
    if (pose->camera.ortho_height_m <= 0.0) farthest_m *= corner;
    if (farthest_m > pose->atmosphere.aerial_range_km * 1e3) data->variant |= ORR_VARIANT_BEYOND_AERIAL;
    return make_tables(r, cmd, data, err);
}

orr_status orr_sky_update(orr_renderer *r, orr_cmd *cmd, orr_frame_data *data, orr_error *err) {
    return orr_sky_tables_update(r, cmd, data, err);
}

void orr_sky_bind(const orr_renderer *r, const orr_frame_data *data, orr_gpu_bind *bind) {
    if (bind->binding == ORR_SLOT_SKY_BLOCK) {
        bind->data = &data->sky, bind->size = sizeof data->sky;
        return;
    }
    bind->texture = r->sky_tables.images[bind->binding - ORR_SLOT_SKY_TRANSMITTANCE].texture;
    if (!bind->texture.id)
        bind->texture = bind->binding >= ORR_SLOT_AERIAL_LIGHT ? r->white_volume : r->white;
}

void orr_sky_free(orr_renderer *r) {
    for (size_t i = 0; i < sizeof r->sky_tables.images / sizeof r->sky_tables.images[0]; i++)
        orr_gpu_texture_destroy(r->gpu, &r->sky_tables.images[i].texture);
    memset(r->sky_tables.keys, 0, sizeof r->sky_tables.keys);
}
