#include "render/frame.h"

#include <stdlib.h>
#include <string.h>

enum { DRAW_WORDS = 5 * 4 }; /* DRAW_TEXELS of shaders/geometry.glsl */
static const double lod_range_least =
    144.0; /* samples: a level-0 node's diagonal (45.3) must fit its morph zone (terrain.vert) */

void orr_frame_jitter(uint64_t seed, uint32_t i, uint32_t n, double out[2]) {
    out[0] = out[1] = 0.0;
    if (n < 2) return;
    uint32_t bits = i;
    bits = bits << 16 | bits >> 16;
    bits = (bits & 0x00ff00ffu) << 8 | (bits & 0xff00ff00u) >> 8;
    bits = (bits & 0x0f0f0f0fu) << 4 | (bits & 0xf0f0f0f0u) >> 4;
    bits = (bits & 0x33333333u) << 2 | (bits & 0xccccccccu) >> 2;
    bits = (bits & 0x55555555u) << 1 | (bits & 0xaaaaaaaau) >> 1;
    uint64_t turn = seed ? orr_hash64(&seed, sizeof seed, 0) : 0;
    double x = (i + 0.5) / n + (double)(turn & 0xffffffffu) / 4294967296.0;
    double y = bits / 4294967296.0 + 0.5 / n + (double)(turn >> 32) / 4294967296.0;
    out[0] = x - floor(x) - 0.5, out[1] = y - floor(y) - 0.5;
}

/* --- camera
 * -------------------------------------------------------------------------------------------------------------
 */

typedef struct view {
    double half_x, half_y; /* tangents, or metres when orthographic */
    double far_m;
} view;

static double far_end(const orr_pose_camera *c, const double centre[3], double radius) {
    double d[3];
    for (int k = 0; k < 3; k++) d[k] = centre[k] - c->position_m[k];
    return orr_dot3(d, c->forward) + radius;
}

static view view_of(const orr_renderer *r, const orr_pose *pose, uint32_t width, uint32_t height) {
    const orr_pose_camera *c = &pose->camera;
    bool ortho = c->ortho_height_m > 0.0;
    view v = {.half_y = ortho ? 0.5 * c->ortho_height_m : orr_tan40(0.5 * c->vfov_rad)};
    v.half_x = v.half_y * width / height;
    v.far_m = c->near_m * 2.0;
    for (uint32_t i = 0; i < pose->draw_count; i++)
        v.far_m = fmax(v.far_m, far_end(c, pose->draws[i].centre, pose->draws[i].radius));
    for (uint32_t i = 0; i < pose->light_count; i++) {
        const orr_pose_light *l = &pose->lights[i];
        if (orr_light_seen(l, c))
            v.far_m =
                fmax(v.far_m, far_end(c, l->position_m, orr_length3(l->axis_x) + orr_length3(l->axis_y)));
    }
    for (uint32_t i = 0; i < pose->terrain_count; i++) {
        const orr_pose_terrain *t = &pose->terrains[i];
        const orr_dem *dem = orr_assets_dem(r->assets, t->asset);
        double x = 0.5 * (dem->width - 1) * dem->spacing_x_m, z = 0.5 * (dem->height - 1) * dem->spacing_y_m,
               k = t->props.exaggeration, centre[3], radius;
        orr_bounds_sphere((double[3]){-x, k * dem->min_m, -z}, (double[3]){x, k * dem->max_m, z}, t->world,
                          centre, &radius);
        v.far_m = fmax(v.far_m, far_end(c, centre, radius));
    }
    return v;
}

/* Relative world to clip, depth reversed: 1 at the near plane, 0 at infinity (orthographic: at far). Row i of
 * the matrix is m[c*4+i]. */
static void projection(const orr_pose_camera *c, const view *v, double m[16]) {
    memset(m, 0, 16 * sizeof *m);
    bool ortho = c->ortho_height_m > 0.0;
    for (int k = 0; k < 3; k++) {
        m[k * 4] = c->right[k] / v->half_x, m[k * 4 + 1] = c->up[k] / v->half_y;
        if (ortho)
            m[k * 4 + 2] = -c->forward[k] / (v->far_m - c->near_m);
        else
            m[k * 4 + 3] = c->forward[k];
    }
    m[14] = ortho ? v->far_m / (v->far_m - c->near_m) : c->near_m;
    m[15] = ortho ? 1.0 : 0.0;
}

static void frustum(const orr_pose_camera *c, const double m[16], uint32_t width, uint32_t height,
                    double planes[6][4]) {
    for (int p = 0; p < 4; p++) { /* a pixel of slack around the picture, for the jitter */
        int row = p >> 1;
        double sign = p & 1 ? -1.0 : 1.0, slack = 1.0 / (1.0 + 2.0 / (row ? height : width)), length;
        for (int k = 0; k < 4; k++) planes[p][k] = m[k * 4 + 3] + sign * slack * m[k * 4 + row];
        length = orr_length3(planes[p]);
        for (int k = 0; k < 4; k++) planes[p][k] /= length;
    }
    memcpy(planes[4], c->forward, 3 * sizeof(double)), planes[4][3] = -c->near_m;
    memset(planes[5], 0, sizeof planes[5]), planes[5][3] = 1.0; /* no far plane */
}

static bool culled(double planes[6][4], const double centre[3], double radius) {
    for (int p = 0; p < 5; p++)
        if (orr_dot3(planes[p], centre) + planes[p][3] < -radius) return true;
    return false;
}

static void vec(float out[4], double x, double y, double z, double w) {
    out[0] = (float)x, out[1] = (float)y, out[2] = (float)z, out[3] = (float)w;
}
static void mat(float out[16], const double m[16]) {
    for (int i = 0; i < 16; i++) out[i] = (float)m[i];
}

static void camera_block(orr_frame_data *data, const view *v, uint32_t width, uint32_t height,
                         int64_t frame) {
    const orr_pose_camera *c = &data->pose->camera;
    orr_frame_block *b = &data->block;
    bool ortho = c->ortho_height_m > 0.0;
    vec(b->depth_params, c->near_m, ortho, v->far_m, 0);
    b->size[0] = width, b->size[1] = height, b->size[3] = (uint32_t)frame;
    float(*x)[4] = ortho ? &b->base_x : &b->dir_x, (*y)[4] = ortho ? &b->base_y : &b->dir_y;
    double sx = 2.0 * v->half_x / width, sy = -2.0 * v->half_y / height;
    vec(*x, c->right[0] * sx, c->right[1] * sx, c->right[2] * sx, 0);
    vec(*y, c->up[0] * sy, c->up[1] * sy, c->up[2] * sy, 0);
    if (ortho) vec(b->dir_0, c->forward[0], c->forward[1], c->forward[2], 0);
}

void orr_frame_sub(orr_frame_data *data, uint32_t sub_frame, const double jitter[2]) {
    const orr_pose_camera *c = &data->pose->camera;
    orr_frame_block *b = &data->block;
    bool ortho = c->ortho_height_m > 0.0;
    double m[16], jx = 2.0 * jitter[0] / b->size[0], jy = 2.0 * jitter[1] / b->size[1], corner[3];
    memcpy(m, data->view_proj, sizeof m);
    for (int k = 0; k < 4; k++) m[k * 4] -= jx * m[k * 4 + 3], m[k * 4 + 1] += jy * m[k * 4 + 3];
    mat(b->view_proj, m);
    for (int k = 0; k < 3; k++)
        corner[k] = (ortho ? 0.0 : c->forward[k]) + c->right[k] * data->half[0] * (jx - 1.0) +
                    c->up[k] * data->half[1] * (1.0 - jy);
    vec(ortho ? b->base_0 : b->dir_0, corner[0], corner[1], corner[2], 0);
    b->size[2] = sub_frame;
}

/* --- buffers
 * --------------------------------------------------------------------------------------------------------------
 */

orr_status orr_frame_room(orr_renderer *r, const char *label, uint64_t bytes, orr_gpu_buffer *buffer,
                          uint64_t *have, orr_error *err) {
    if (bytes <= *have && buffer->id) return ORR_OK;
    orr_gpu_buffer_destroy(r->gpu, buffer);
    *have = bytes + bytes / 2 < 4096 ? 4096 : bytes + bytes / 2;
    orr_gpu_buffer_params params = {
        .label = label, .size_bytes = *have, .memory = ORR_MEMORY_UPLOAD, .texel = true};
    return orr_gpu_buffer_create(r->gpu, &params, buffer, err);
}

void orr_frame_buffers_free(orr_renderer *r, orr_frame_buffers *b) {
    orr_gpu_buffer_destroy(r->gpu, &b->draws);
    orr_gpu_buffer_destroy(r->gpu, &b->patches);
    orr_gpu_buffer_destroy(r->gpu, &b->gizmos);
}

static void pack_draw(const orr_renderer *r, const orr_pose_draw *d, const double camera[3],
                      uint32_t vertex_offset, uint32_t *out) {
    float rows[12];
    for (int row = 0; row < 3; row++)
        for (int c = 0; c < 4; c++)
            rows[row * 4 + c] = (float)(d->world[c * 4 + row] - (c == 3 ? camera[row] : 0.0));
    memcpy(out, rows, sizeof rows);
    out[12] = r->residency.first_index[d->primitive], out[13] = vertex_offset, out[14] = d->material,
    out[15] = d->object_id;
    out[16] = r->residency.uv1_offset[d->primitive], out[17] = d->mirrored, out[18] = out[19] = 0;
}

static orr_status write_draws(orr_renderer *r, orr_frame_buffers *b, orr_arena *arena, orr_frame_data *data,
                              orr_error *err) {
    const orr_pose *pose = data->pose;
    const orr_residency *res = &r->residency;
    orr_status status = orr_frame_room(r, "draws", (uint64_t)pose->draw_count * DRAW_WORDS * 4, &b->draws,
                                       &b->draws_bytes, err);
    data->vertex_offsets = ORR_ARENA_NEW(arena, uint32_t, pose->draw_count + 1);
    if (!status && !data->vertex_offsets) status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a frame");
    uint32_t *words = status ? NULL : orr_gpu_buffer_map(r->gpu, b->draws), deform = res->deform_first;
    for (uint32_t i = 0; !status && i < pose->draw_count; i++) {
        const orr_pose_draw *d = &pose->draws[i];
        data->vertex_offsets[i] = res->vertex_offset[d->primitive];
        if (d->deformed) {
            uint32_t count = res->revision->primitives[d->primitive].vertex_count;
            status = orr_gpu_upload_buffer(r->gpu, res->vertices, (uint64_t)deform * sizeof(orr_vertex),
                                           d->deformed, (uint64_t)count * sizeof(orr_vertex), err);
            data->vertex_offsets[i] = deform;
            deform += count;
        }
        pack_draw(r, d, pose->camera.position_m, data->vertex_offsets[i], words + (size_t)i * DRAW_WORDS);
    }
    data->draws = b->draws;
    return status;
}

/* --- culling
 * ------------------------------------------------------------------------------------------------------------
 */

typedef struct depth_order {
    double depth;
    uint32_t draw;
} depth_order;
static int farther_first(const void *a, const void *b) {
    const depth_order *x = a, *y = b;
    if (x->depth != y->depth) return x->depth < y->depth ? 1 : -1;
    return x->draw < y->draw ? -1 : 1;
}

static orr_status choose_draws(orr_renderer *r, orr_arena *arena, orr_frame_data *data, double planes[6][4],
                               orr_error *err) {
    const orr_pose *pose = data->pose;
    data->visible = ORR_ARENA_NEW(arena, uint32_t, pose->draw_count + 1);
    data->blended = ORR_ARENA_NEW(arena, uint32_t, pose->draw_count + 1);
    depth_order *order = ORR_ARENA_NEW(arena, depth_order, pose->draw_count + 1);
    if (!data->visible || !data->blended || !order)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a frame");
    data->visible_count = data->blended_count = 0;
    for (uint32_t i = 0; i < pose->draw_count; i++) {
        double d[3];
        for (int k = 0; k < 3; k++) d[k] = pose->draws[i].centre[k] - pose->camera.position_m[k];
        if (culled(planes, d, pose->draws[i].radius)) continue;
        if (r->residency.revision->materials[pose->draws[i].material].alpha_mode == ORR_ALPHA_BLEND)
            order[data->blended_count++] = (depth_order){orr_dot3(d, pose->camera.forward), i};
        else
            data->visible[data->visible_count++] = i;
    }
    qsort(order, data->blended_count, sizeof *order, farther_first);
    for (uint32_t i = 0; i < data->blended_count; i++) data->blended[i] = order[i].draw;
    return ORR_OK;
}

/* --- terrain
 * --------------------------------------------------------------------------------------------------------------
 */

static bool invert_affine(const double m[16], double out[16]) {
    double det = orr_mat_det3(m), c[3][3];
    if (fabs(det) < 1e-30) return false;
    orr_cross3(&m[4], &m[8], c[0]), orr_cross3(&m[8], &m[0], c[1]), orr_cross3(&m[0], &m[4], c[2]);
    memset(out, 0, 16 * sizeof *out);
    for (int row = 0; row < 3; row++) {
        for (int k = 0; k < 3; k++) out[k * 4 + row] = c[row][k] / det;
        out[12 + row] = -orr_dot3(c[row], &m[12]) / det;
    }
    out[15] = 1.0;
    return true;
}

static orr_status terrain_block(orr_renderer *r, orr_frame_buffers *b, orr_arena *arena, orr_frame_data *data,
                                double planes[6][4], double half_y, orr_error *err) {
    const orr_pose *pose = data->pose;
    data->patch_count = 0;
    if (!pose->terrain_count) return ORR_OK;
    const orr_pose_terrain *place = &pose->terrains[0];
    const orr_dem *dem = orr_assets_dem(r->assets, place->asset);
    double grid[16] = {dem->spacing_x_m,
                       0,
                       0,
                       0,
                       0,
                       place->props.exaggeration,
                       0,
                       0,
                       0,
                       0,
                       dem->spacing_y_m,
                       0,
                       -0.5 * (dem->width - 1) * dem->spacing_x_m,
                       0,
                       -0.5 * (dem->height - 1) * dem->spacing_y_m,
                       1};
    double to_world[16], to_grid[16], flat = place->props.exaggeration;
    if (flat <= 0.0) grid[5] = 1e-6; /* exaggeration 0: flat, but still invertible */
    orr_mat_mul(place->world, grid, to_world);
    for (int k = 0; k < 3; k++) to_world[12 + k] -= pose->camera.position_m[k];
    if (!invert_affine(to_world, to_grid))
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                        "the terrain is scaled to nothing: give it a scale above 0");
    mat(data->block.terrain_to_world, to_world), mat(data->block.world_to_terrain, to_grid);
    double spacing = 0.5 * (dem->spacing_x_m + dem->spacing_y_m),
           above = fmax(to_grid[13] - dem->max_m, 0.0) * flat / spacing;
    bool ortho = pose->camera.ortho_height_m > 0.0;
    double range = data->block.size[1] / (2.0 * half_y * place->props.detail_px);
    if (ortho) above = 0.0, range = 1e9; /* every sample is the same size on screen: level 0 */
    vec(data->block.terrain_lod, to_grid[12], to_grid[14], above, fmax(range, lod_range_least));
    vec(data->block.terrain_extent, dem->width, dem->height, 0, 0);
    double span = place->props.ramp_max_m - place->props.ramp_min_m;
    vec(data->block.terrain_shade, place->props.ramp_min_m, span != 0.0 ? 1.0 / span : 0.0,
        place->props.roughness, flat > 0.0 ? spacing / flat : spacing);
    data->block.ids[0] = place->object_id;
    orr_patch *patches;
    orr_status status = orr_terrain_select(dem, data->block.terrain_lod, (const double(*)[4])planes, to_world,
                                           arena, &patches, &data->patch_count, err);
    if (!status)
        status = orr_frame_room(r, "terrain patches", (uint64_t)data->patch_count * sizeof *patches,
                                &b->patches, &b->patches_bytes, err);
    if (!status && data->patch_count)
        memcpy(orr_gpu_buffer_map(r->gpu, b->patches), patches, data->patch_count * sizeof *patches);
    data->patches = b->patches;
    return status;
}

/* --- together
 * -----------------------------------------------------------------------------------------------------------------
 */

orr_status orr_frame_prepare(orr_renderer *r, orr_frame_buffers *buffers, orr_arena *arena,
                             const orr_pose *pose, uint32_t width, uint32_t height, int64_t frame,
                             double exposure, orr_frame_data *data, orr_error *err) {
    *data = (orr_frame_data){.pose = pose, .variant = r->residency.variant};
    if (pose->draw_count) data->variant |= ORR_VARIANT_MESH;
    if (pose->terrain_count) data->variant |= ORR_VARIANT_TERRAIN;
    if (pose->light_count) data->variant |= ORR_VARIANT_LIGHTS;
    for (uint32_t i = 0; i < pose->light_count; i++)
        if (orr_light_seen(&pose->lights[i], &pose->camera)) data->variant |= ORR_VARIANT_SEEN_LIGHTS;
    view v = view_of(r, pose, width, height);
    data->half[0] = v.half_x, data->half[1] = v.half_y;
    projection(&pose->camera, &v, data->view_proj);
    double planes[6][4];
    frustum(&pose->camera, data->view_proj, width, height, planes);
    camera_block(data, &v, width, height, frame);
    data->exposure = exposure;
    data->block.params[0] = (float)exposure;
    orr_status status = choose_draws(r, arena, data, planes, err);
    if (!status) status = write_draws(r, buffers, arena, data, err);
    if (!status) status = terrain_block(r, buffers, arena, data, planes, v.half_y, err);
    return status;
}

static void shadow_block(const orr_renderer *r, orr_frame_data *data) {
    const orr_pose *pose = data->pose;
    if (!r->shadow_map.any || !orr_sun_shades(pose)) return;
    /* Clip of the light (absolute) to uv and depth, from positions relative to the camera. */
    double move[16], bias[16] = {0.5, 0, 0, 0, 0, -0.5, 0, 0, 0, 0, 1, 0, 0.5, 0.5, 0, 1}, m[16];
    orr_mat_identity(move);
    memcpy(&move[12], pose->camera.position_m, 3 * sizeof(double));
    orr_mat_mul(r->shadow_map.matrix, move, m);
    orr_mat_mul(bias, m, m);
    mat(data->block.shadow_matrix, m);
    data->variant |= ORR_VARIANT_SHADOW;
    vec(data->block.shadow_params, 0.0, 1.0 / r->shadow_map.side, 1.5 * r->shadow_map.texel_m, 0.0);
}

void orr_frame_products(const orr_renderer *r, orr_frame_data *data, double exposure) {
    const orr_pose *pose = data->pose;
    orr_frame_block *b = &data->block;
    const orr_environment_props *e = &pose->environment;
    double k = r->environment.factor * exposure, turn = e->rotation_deg * (ORR_PI / 180.0);
    for (int i = 0; i < 9; i++)
        for (int c = 0; c < 3; c++) b->sh[i][c] = (float)((double)r->environment.sh[i][c] * k);
    if (pose->has_environment) {
        double flat = e->luminance_nit * exposure;
        bool constant = e->source == ORR_ENV_CONSTANT;
        for (int c = 0; c < 3; c++) {
            b->env_zenith[c] = (float)(constant ? flat : (double)e->zenith_nit[c] * exposure);
            b->env_horizon[c] = (float)((double)e->horizon_nit[c] * exposure);
            b->env_ground[c] = (float)((double)e->ground_nit[c] * exposure);
            b->background[c] = (float)((double)e->background_nit[c] * exposure);
        }
        vec(b->env_params, 0.0, orr_cos40(turn), orr_sin40(turn), k);
        b->background[3] = e->background == 0 ? 1.0f : 0.0f;
        data->variant |= e->source == ORR_ENV_GRADIENT ? ORR_VARIANT_SKY_GRADIENT
                         : e->source == ORR_ENV_HDRI   ? ORR_VARIANT_SKY_MAP
                         : e->source == ORR_ENV_SKY    ? ORR_VARIANT_SKY_LIGHT
                                                       : 0;
    } else {
        vec(b->env_params, 0.0, 1.0, 0.0, 0.0);
    }
    b->params[2] = (float)(r->environment.mips ? r->environment.mips - 1 : 0);
    if (data->variant & ORR_VARIANT_SKY_LIGHT) {
        vec(b->env_params, 0.0, 1.0, 0.0, exposure);
        b->params[2] = (float)(orr_sky_capture_mips() - 1);
    }
    if (pose->has_sun) {
        data->variant |= ORR_VARIANT_SUN;
        double lux = pose->sun.illuminance_lx * exposure;
        vec(b->sun_direction, pose->sun_direction[0], pose->sun_direction[1], pose->sun_direction[2],
            lux > 0.0);
        vec(b->sun_light, (double)pose->sun.colour[0] * lux, (double)pose->sun.colour[1] * lux,
            (double)pose->sun.colour[2] * lux, pose->has_atmosphere && pose->sun.at != ORR_SUN_GROUND);
    }
    shadow_block(r, data);
    if (pose->terrain_count && pose->has_sun && pose->sun.casts_shadow &&
        pose->terrains[0].props.casts_shadow && r->terrain.sun_key)
        data->variant |= ORR_VARIANT_SHADE;
}
