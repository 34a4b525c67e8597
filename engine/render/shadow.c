/* The sun's shadow map: one orthographic map over everything that casts, in absolute space, made again only
 * when a caster or the sun moved. A product: the camera is not among its keys. */
#include <string.h>

#include "render/renderer_private.h"

/* Texels a side: about one and a half for a pixel of the picture's longer side. */
enum { SIDE_LEAST = 1024, SIDE_MOST = 4096 };
static uint32_t side_for(const orr_frame_data *data) {
    uint32_t longer = data->block.size[0] > data->block.size[1] ? data->block.size[0] : data->block.size[1],
             side = SIDE_LEAST;
    while (side < SIDE_MOST && side * 2 < longer * 3) side *= 2;
    return side;
}

uint64_t orr_casters_key(const orr_renderer *r, const orr_pose *pose, uint64_t key) {
    orr_digest scene = orr_revision_digest(r->residency.revision); /* what the numbers below stand for */
    key = orr_hash64(scene.bytes, sizeof scene.bytes, key);
    for (uint32_t i = 0; i < pose->draw_count; i++) {
        const orr_pose_draw *d = &pose->draws[i];
        if (!d->casts_shadow) continue;
        uint32_t which[2] = {d->primitive, d->material};
        key = orr_hash64(d->world, sizeof d->world, orr_hash64(which, sizeof which, key));
        if (d->deformed) key = orr_hash64(&pose->t_s, sizeof pose->t_s, key);
    }
    return key;
}

/* Absolute world to clip: x, y over the casters' sphere, depth reversed towards the sun. */
static bool fit(const orr_renderer *r, const orr_pose *pose, double m[16], double *texel_m) {
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY};
    double z[3] = {pose->sun_direction[0], pose->sun_direction[1], pose->sun_direction[2]}, x[3], y[3];
    orr_cross3(fabs(z[1]) < 0.99 ? (double[3]){0, 1, 0} : (double[3]){1, 0, 0}, z, x);
    orr_normalize3(x);
    orr_cross3(z, x, y);
    bool any = false;
    for (uint32_t i = 0; i < pose->draw_count; i++) {
        const orr_pose_draw *d = &pose->draws[i];
        if (!d->casts_shadow || r->residency.revision->materials[d->material].alpha_mode == ORR_ALPHA_BLEND)
            continue;
        double at[3] = {orr_dot3(d->centre, x), orr_dot3(d->centre, y), orr_dot3(d->centre, z)};
        for (int k = 0; k < 3; k++)
            lo[k] = fmin(lo[k], at[k] - d->radius), hi[k] = fmax(hi[k], at[k] + d->radius);
        any = true;
    }
    if (!any) return false;
    double side = fmax(fmax(hi[0] - lo[0], hi[1] - lo[1]) * 1.01, 1e-6),
           depth = fmax((hi[2] - lo[2]) * 1.01, 1e-6);
    const double *axes[3] = {x, y, z};
    double scale[3] = {2.0 / side, 2.0 / side, 1.0 / depth},
           middle[3] = {0.5 * (lo[0] + hi[0]), 0.5 * (lo[1] + hi[1]), 0.5 * (lo[2] + hi[2]) - 0.5 * depth};
    memset(m, 0, 16 * sizeof *m);
    for (int row = 0; row < 3; row++) {
        for (int c = 0; c < 3; c++) m[c * 4 + row] = axes[row][c] * scale[row];
        m[12 + row] = -middle[row] * scale[row];
    }
    m[15] = 1.0;
    *texel_m = side / r->shadow_map.side;
    return true;
}

static orr_status draw_casters(orr_renderer *r, orr_cmd *cmd, const orr_pose *pose,
                               const orr_frame_data *data, orr_error *err) {
    const orr_residency *res = &r->residency;
    const orr_revision *rev = res->revision;
    orr_gpu_bind binds[16];
    for (int masked = 0; masked < 2; masked++) {
        orr_core which = masked ? ORR_CORE_SHADOW_MASK : ORR_CORE_SHADOW;
        if (masked && !res->any_mask) break;
        orr_gpu_pipeline pipeline;
        orr_status status = orr_core_get(r, which, data->variant, &pipeline, err);
        if (status) return status;
        orr_cmd_bind_raster(cmd, pipeline, binds, orr_scene_binds(r, data, orr_core_mask(which), binds));
        orr_cmd_vertices(cmd, res->vertices, 0, res->indices, 0);
        for (uint32_t i = 0; i < pose->draw_count; i++) {
            const orr_pose_draw *d = &pose->draws[i];
            orr_alpha_mode mode = rev->materials[d->material].alpha_mode;
            if (!d->casts_shadow || mode != (masked ? ORR_ALPHA_MASK : ORR_ALPHA_OPAQUE)) continue;
            double clip[16];
            orr_mat_mul(r->shadow_map.matrix, d->world, clip);
            struct {
                float light[16];
                uint32_t draw;
            } push;
            for (int k = 0; k < 16; k++) push.light[k] = (float)clip[k];
            push.draw = i;
            orr_cmd_push(cmd, &push, 68);
            orr_cmd_draw_indexed(cmd, rev->primitives[d->primitive].index_count, 1,
                                 res->first_index[d->primitive], (int32_t)data->vertex_offsets[i], 0);
        }
    }
    return ORR_OK;
}

/* One map for all: what is smaller than a few of its texels shades nothing, which nobody would find out. */
static void tell_coarse(orr_renderer *r, const orr_pose *pose) {
    orr_shadow_gpu *shadow = &r->shadow_map;
    uint32_t small = 0, casters = 0;
    for (uint32_t i = 0; i < pose->draw_count; i++) {
        if (!pose->draws[i].casts_shadow) continue;
        casters++, small += pose->draws[i].radius < 2.0 * shadow->texel_m;
    }
    if (!small || shadow->told) return;
    shadow->told = true;
    orr_log_write(r->log, ORR_LOG_WARNING,
                  "the sun's shadow map covers %.4g m, %.3g m a texel: %u of %u things that cast are smaller "
                  "than 4 texels and shade next to nothing; casts_shadow = false on a large ground or on far "
                  "things makes it finer",
                  shadow->texel_m * shadow->side, shadow->texel_m, small, casters);
}

orr_status orr_shadow_update(orr_renderer *r, orr_cmd *cmd, const orr_pose *pose, const orr_frame_data *data,
                             orr_error *err) {
    orr_shadow_gpu *shadow = &r->shadow_map;
    if (!orr_sun_shades(pose)) return shadow->any = false, shadow->key = 0, ORR_OK;
    uint32_t side = side_for(data);
    if (shadow->side != side) orr_gpu_texture_destroy(r->gpu, &shadow->map);
    shadow->side = side;
    uint64_t key =
        orr_casters_key(r, pose, orr_hash64(pose->sun_direction, sizeof pose->sun_direction, side));
    if (shadow->key == key) return ORR_OK;
    shadow->any = fit(r, pose, shadow->matrix, &shadow->texel_m);
    if (!shadow->any) return shadow->key = key, ORR_OK;
    tell_coarse(r, pose);
    if (!shadow->map.id) {
        orr_gpu_texture_params params = {.label = "shadow map",
                                         .width = side,
                                         .height = side,
                                         .format = ORR_FORMAT_D32_SFLOAT,
                                         .sampled = true,
                                         .attachment = true};
        orr_status status = orr_gpu_texture_create(r->gpu, &params, &shadow->map, err);
        if (status) return status;
    }
    orr_gpu_bind reads[16];
    orr_gpu_slot kinds[16];
    orr_gpu_render_params pass = {
        .label = "shadow", .width = side, .height = side, .depth = {.texture = shadow->map}};
    pass.read_count = orr_scene_reads(r, data, orr_core_mask(ORR_CORE_SHADOW_MASK), reads, kinds);
    pass.reads = reads, pass.read_slots = kinds;
    orr_cmd_time_begin(cmd, "shadow");
    orr_cmd_render_begin(cmd, &pass);
    orr_status status = draw_casters(r, cmd, pose, data, err);
    orr_cmd_render_end(cmd);
    orr_cmd_time_end(cmd);
    shadow->key = status ? 0 : key;
    return status;
}
