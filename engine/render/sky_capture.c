/* The sky as an environment: captured around a point on the device, for diffuse light as a cube of
 * irradiance, for mirrors as a prefiltered one. A product: made again only when air, sun, moon, the point or
 * what glows around it changed; exposure is not among its keys. Everything is in nit, multiplier 1. */
#include <string.h>

#include "render/renderer_private.h"

enum { SIDE = 64, MIPS = 5, IRRADIANCE_MIP = 1, GROUND_COLUMNS = 64 };
enum { IRRADIANCE_SIDE = 15 };     /* odd: what faces up, down or along an axis has a texel of its own */
static const double near_m = 0.01; /* of the faces on which what glows is drawn */

/* What the capture draws: what glows, unless it is a light already. */
static bool glows(const orr_revision *rev, const orr_pose_draw *d) {
    const orr_rev_material *m = &rev->materials[d->material];
    return m->alpha_mode != ORR_ALPHA_BLEND && !d->emits_light &&
           (m->emissive_nit[0] > 0.0f || m->emissive_nit[1] > 0.0f || m->emissive_nit[2] > 0.0f);
}

static uint64_t hash_glow(const orr_renderer *r, const orr_pose *pose, uint64_t key) {
    orr_digest scene = orr_revision_digest(r->residency.revision); /* what the numbers below stand for */
    key = orr_hash64(scene.bytes, sizeof scene.bytes, key);
    for (uint32_t i = 0; i < pose->draw_count; i++) {
        const orr_pose_draw *d = &pose->draws[i];
        if (!glows(r->residency.revision, d)) continue;
        uint32_t which[2] = {d->primitive, d->material};
        key = orr_hash64(d->world, sizeof d->world, orr_hash64(which, sizeof which, key));
        if (d->deformed) key = orr_hash64(&pose->t_s, sizeof pose->t_s, key);
    }
    return key;
}

/* Of the air and the tables that it is marched through. */
static uint64_t air_key(const orr_renderer *r, const orr_frame_data *data) {
    return orr_hash64(&data->sky.sun[3], sizeof(float),
                      orr_hash64(&data->pose->atmosphere.multiple_size, sizeof(uint32_t),
                                 r->sky_tables.keys[ORR_SKY_TRANSMITTANCE]));
}

static uint64_t capture_key(const orr_renderer *r, const orr_frame_data *data) {
    const orr_pose *pose = data->pose;
    const orr_environment_props *e = &pose->environment;
    const orr_sky_block *b = &data->sky;
    uint64_t key = orr_hash64(b->moon_light, sizeof b->moon_light,
                              orr_hash64(b->sun_light, sizeof b->sun_light, air_key(r, data)));
    key = orr_hash64(b->moon, sizeof b->moon, orr_hash64(b->sun, sizeof b->sun, key));
    double altitude_m = pose->atmosphere.altitude_m;
    key = orr_hash64(e->capture_m, sizeof e->capture_m, orr_hash64(&altitude_m, sizeof altitude_m, key));
    key = orr_hash64(&e->ground_sky_light, sizeof e->ground_sky_light, key);
    return e->capture_emissive ? hash_glow(r, pose, key) : key;
}

/* The lights of the air without exposure. */
static void in_nit(orr_frame_data *data) {
    const orr_pose *pose = data->pose;
    double sun = pose->has_sun ? pose->sun.illuminance_lx : 0.0,
           moon = pose->has_moon ? pose->moon.illuminance_lx : 0.0;
    for (int c = 0; c < 3; c++) {
        data->sky.sun_light[c] = (float)(sun * (double)pose->sun.colour[c]);
        data->sky.moon_light[c] = (float)moon;
    }
}

static orr_status make_objects(orr_renderer *r, orr_error *err) {
    orr_sky_capture_gpu *sky = &r->sky_capture;
    if (sky->irradiance.id) return ORR_OK;
    orr_gpu_texture_params cube = {.label = "captured sky",
                                   .width = SIDE,
                                   .height = SIDE,
                                   .layers = 6,
                                   .mips = ORR_MIPS_ALL,
                                   .cube = true,
                                   .format = ORR_FORMAT_RGBA32_SFLOAT, /* from starlight to lamps, in nit */
                                   .sampled = true,
                                   .storage = true,
                                   .attachment = true};
    orr_status status = orr_gpu_texture_create(r->gpu, &cube, &sky->seen, err);
    orr_gpu_texture_params depth = {.label = "capture depth",
                                    .width = SIDE,
                                    .height = SIDE,
                                    .format = ORR_FORMAT_D32_SFLOAT,
                                    .attachment = true};
    if (!status) status = orr_gpu_texture_create(r->gpu, &depth, &sky->depth, err);
    cube.label = "prefiltered sky", cube.mips = MIPS, cube.attachment = false;
    if (!status) status = orr_gpu_texture_create(r->gpu, &cube, &sky->cube, err);
    cube.label = "sky irradiance", cube.mips = 1, cube.width = cube.height = IRRADIANCE_SIDE;
    return status ? status : orr_gpu_texture_create(r->gpu, &cube, &sky->irradiance, err);
}

/* `data`: without exposure. */
static orr_status capture_air(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data, orr_error *err) {
    const orr_pose *pose = data->pose;
    struct {
        uint32_t side, sky_lights_ground;
        float altitude_km;
    } push = {SIDE, pose->environment.ground_sky_light,
              (float)((pose->environment.capture_m[1] + pose->atmosphere.altitude_m) * 1e-3)};
    orr_gpu_bind binds[ORR_MOST_BINDS];
    orr_gpu_pipeline pipeline;
    orr_status status = orr_core_get(r, ORR_CORE_SKY_CAPTURE, data->variant, &pipeline, err);
    if (status) return status;
    uint32_t n = orr_scene_binds(r, data, orr_core_mask(ORR_CORE_SKY_CAPTURE), binds);
    binds[n++] = (orr_gpu_bind){.binding = ORR_SLOT_PASS, .texture = r->sky_capture.seen};
    orr_cmd_dispatch(cmd, pipeline, binds, n, &push, sizeof push, SIDE / 8, SIDE / 8, 6);
    return ORR_OK;
}

/* Relative to the capture's point, to the clip space of a face: its axes are those of cube_direction in
 * shaders/cube.glsl. They are left-handed, as faces are seen from inside. */
static void face_matrix(uint32_t face, const double at_m[3], double m[16]) {
    static const double right[6][3] = {{0, 0, -1}, {0, 0, 1}, {1, 0, 0}, {1, 0, 0}, {1, 0, 0}, {-1, 0, 0}},
                        up[6][3] = {{0, 1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}, {0, 1, 0}, {0, 1, 0}},
                        forward[6][3] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
    memset(m, 0, 16 * sizeof *m);
    for (int k = 0; k < 3; k++)
        m[k * 4] = right[face][k], m[k * 4 + 1] = up[face][k], m[k * 4 + 3] = forward[face][k];
    m[12] = -orr_dot3(right[face], at_m), m[13] = -orr_dot3(up[face], at_m), m[14] = near_m,
    m[15] = -orr_dot3(forward[face], at_m);
}

/* The faces' mirrored axes turn the winding once more. */
static orr_core glow_core(const orr_revision *rev, const orr_pose_draw *d) {
    if (rev->materials[d->material].double_sided) return ORR_CORE_SKY_GLOW_TWO_SIDED;
    return d->mirrored ? ORR_CORE_SKY_GLOW_MIRRORED : ORR_CORE_SKY_GLOW;
}

static orr_status draw_glow(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data, uint32_t face,
                            orr_error *err) {
    const orr_residency *res = &r->residency;
    const orr_pose *pose = data->pose;
    double view[16], clip[16];
    face_matrix(face, pose->environment.capture_m, view);
    orr_core bound = ORR_CORE_COUNT;
    for (uint32_t i = 0; i < pose->draw_count; i++) {
        const orr_pose_draw *d = &pose->draws[i];
        if (!glows(res->revision, d)) continue;
        orr_core which = glow_core(res->revision, d);
        if (which != bound) {
            orr_gpu_bind binds[ORR_MOST_BINDS];
            orr_gpu_pipeline pipeline;
            orr_status status = orr_core_get(r, which, data->variant, &pipeline, err);
            if (status) return status;
            orr_cmd_bind_raster(cmd, pipeline, binds, orr_scene_binds(r, data, orr_core_mask(which), binds));
            orr_cmd_vertices(cmd, res->vertices, 0, res->indices, 0);
            bound = which;
        }
        struct {
            float clip[16];
            uint32_t draw;
        } push = {.draw = i};
        orr_mat_mul(view, d->world, clip);
        for (int k = 0; k < 16; k++) push.clip[k] = (float)clip[k];
        orr_cmd_push(cmd, &push, sizeof push);
        orr_cmd_draw_indexed(cmd, res->revision->primitives[d->primitive].index_count, 1,
                             res->first_index[d->primitive], (int32_t)data->vertex_offsets[i], 0);
    }
    return ORR_OK;
}

static orr_status capture_glow(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data, orr_error *err) {
    const orr_pose *pose = data->pose;
    uint32_t count = 0;
    for (uint32_t i = 0; i < pose->draw_count; i++) count += glows(r->residency.revision, &pose->draws[i]);
    if (!count || !pose->environment.capture_emissive) return ORR_OK;
    orr_gpu_bind reads[ORR_MOST_BINDS];
    orr_gpu_slot kinds[ORR_MOST_BINDS];
    orr_gpu_render_params pass = {.label = "sky glow",
                                  .width = SIDE,
                                  .height = SIDE,
                                  .colour_count = 1,
                                  .depth = {.texture = r->sky_capture.depth},
                                  .reads = reads,
                                  .read_slots = kinds};
    pass.read_count = orr_scene_reads(r, data, orr_core_mask(ORR_CORE_SKY_GLOW), reads, kinds);
    orr_status status = ORR_OK;
    for (uint32_t face = 0; !status && face < 6; face++) {
        pass.colours[0] = (orr_gpu_attachment){.texture = r->sky_capture.seen, .layer = face, .load = true};
        orr_cmd_render_begin(cmd, &pass);
        status = draw_glow(r, cmd, data, face, err);
        orr_cmd_render_end(cmd);
    }
    return status;
}

static orr_status irradiance(orr_renderer *r, orr_cmd *cmd, orr_error *err) {
    const uint32_t push[2] = {IRRADIANCE_SIDE, SIDE >> IRRADIANCE_MIP}, groups = (IRRADIANCE_SIDE + 7) / 8;
    orr_gpu_pipeline pipeline;
    orr_status status = orr_core_get(r, ORR_CORE_SKY_IRRADIANCE, 0, &pipeline, err);
    if (status) return status;
    orr_gpu_bind binds[2] = {{.binding = 0, .texture = r->sky_capture.seen, .mip = IRRADIANCE_MIP},
                             {.binding = 1, .texture = r->sky_capture.irradiance}};
    orr_cmd_dispatch(cmd, pipeline, binds, 2, push, sizeof push, groups, groups, 6);
    return ORR_OK;
}

static orr_status prefilter(orr_renderer *r, orr_cmd *cmd, orr_error *err) {
    orr_sky_capture_gpu *sky = &r->sky_capture;
    orr_gpu_pipeline pipeline;
    orr_status status = orr_core_get(r, ORR_CORE_SKY_PREFILTER, 0, &pipeline, err);
    if (status) return status;
    for (uint32_t mip = 0; mip < MIPS; mip++) {
        struct {
            uint32_t side;
            float roughness, finest, levels;
        } push = {SIDE >> mip, (float)mip / (MIPS - 1), SIDE, (float)orr_gpu_texture_mips(r->gpu, sky->seen)};
        orr_gpu_bind binds[2] = {{.binding = 0, .texture = sky->seen, .sampler = r->linear_clamp},
                                 {.binding = 1, .texture = sky->cube, .mip = mip}};
        uint32_t groups = (push.side + 7) / 8;
        orr_cmd_dispatch(cmd, pipeline, binds, 2, &push, sizeof push, groups, groups, 6);
    }
    return ORR_OK;
}

/* The sky's light on the ground hangs on the air alone: the table has a column for each height of the sun. */
static orr_status update_ground(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data, orr_error *err) {
    orr_sky_capture_gpu *sky = &r->sky_capture;
    uint64_t key = air_key(r, data);
    if (sky->ground_key == key) return ORR_OK;
    orr_gpu_texture_params table = {.label = "sky on the ground",
                                    .width = GROUND_COLUMNS,
                                    .height = 1,
                                    .format = ORR_FORMAT_RGBA32_SFLOAT,
                                    .sampled = true,
                                    .storage = true};
    orr_gpu_bind binds[ORR_MOST_BINDS];
    orr_gpu_pipeline pipeline;
    orr_status status = sky->ground.id ? ORR_OK : orr_gpu_texture_create(r->gpu, &table, &sky->ground, err);
    if (!status) status = orr_core_get(r, ORR_CORE_SKY_GROUND, data->variant, &pipeline, err);
    if (status) return status;
    uint32_t n = orr_scene_binds(r, data, orr_core_mask(ORR_CORE_SKY_GROUND), binds);
    binds[n++] = (orr_gpu_bind){.binding = ORR_SLOT_PASS, .texture = sky->ground};
    orr_cmd_time_begin(cmd, "sky ground");
    orr_cmd_dispatch(cmd, pipeline, binds, n, NULL, 0, GROUND_COLUMNS, 1, 1);
    orr_cmd_time_end(cmd);
    sky->ground_key = key;
    return ORR_OK;
}

orr_status orr_sky_capture_update(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data, orr_error *err) {
    orr_status status = data->pose->has_atmosphere ? update_ground(r, cmd, data, err) : ORR_OK;
    if (status || !(data->variant & ORR_VARIANT_SKY_LIGHT)) return status;
    orr_frame_data unexposed = *data;
    in_nit(&unexposed);
    data = &unexposed;
    uint64_t key = capture_key(r, data);
    if (r->sky_capture.key == key) return ORR_OK;
    r->sky_capture.key = 0;
    status = make_objects(r, err);
    orr_cmd_time_begin(cmd, "sky capture");
    if (!status) status = capture_air(r, cmd, data, err);
    if (!status) status = capture_glow(r, cmd, data, err);
    if (!status) orr_cmd_generate_mips(cmd, r->sky_capture.seen);
    orr_cmd_time_end(cmd);
    orr_cmd_time_begin(cmd, "sky irradiance");
    if (!status) status = irradiance(r, cmd, err);
    orr_cmd_time_end(cmd);
    orr_cmd_time_begin(cmd, "sky prefilter");
    if (!status) status = prefilter(r, cmd, err);
    orr_cmd_time_end(cmd);
    if (!status) r->sky_capture.key = key;
    return status;
}

uint32_t orr_sky_capture_mips(void) {
    return MIPS;
}

void orr_sky_capture_free(orr_renderer *r) {
    orr_sky_capture_gpu *sky = &r->sky_capture;
    orr_gpu_texture_destroy(r->gpu, &sky->seen);
    orr_gpu_texture_destroy(r->gpu, &sky->cube);
    orr_gpu_texture_destroy(r->gpu, &sky->depth);
    orr_gpu_texture_destroy(r->gpu, &sky->irradiance);
    orr_gpu_texture_destroy(r->gpu, &sky->ground);
    sky->key = sky->ground_key = 0;
}
