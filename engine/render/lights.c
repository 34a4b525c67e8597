/* Local lights as the shaders read them: what is made of them for a frame, and bound. */
#include "render/lights.h"

#include <stdlib.h>

#include "render/ltc_table.h"

enum { FEW_LIGHTS = 16 }; /* up to here looking at each costs less than masks */

static orr_status make_ltc(orr_renderer *r, orr_error *err) {
    orr_lights_gpu *lights = &r->lights;
    if (lights->ltc_ready) return ORR_OK;
    orr_gpu_texture_params params = {.label = "ltc table",
                                     .width = ORR_LTC_SIDE,
                                     .height = ORR_LTC_SIDE,
                                     .format = ORR_FORMAT_RGBA16_SFLOAT,
                                     .sampled = true};
    orr_status status = lights->ltc.id ? ORR_OK : orr_gpu_texture_create(r->gpu, &params, &lights->ltc, err);
    if (!status)
        status = orr_gpu_upload_texture(r->gpu, lights->ltc, 0, 0, orr_ltc_table, sizeof orr_ltc_table, err);
    lights->ltc_ready = !status;
    return status;
}

/* Records on the device: each pixel reads them, so they are not left in the host's memory. */
static orr_status upload(orr_renderer *r, const void *records, uint64_t bytes, orr_error *err) {
    orr_lights_gpu *lights = &r->lights;
    if (bytes > lights->records_bytes) {
        orr_gpu_buffer_destroy(r->gpu, &lights->records);
        lights->records_bytes = bytes + bytes / 2;
        orr_gpu_buffer_params params = {
            .label = "lights", .size_bytes = lights->records_bytes, .texel = true};
        orr_status status = orr_gpu_buffer_create(r->gpu, &params, &lights->records, err);
        if (status) return lights->records_bytes = 0, status;
    }
    return orr_gpu_upload_buffer(r->gpu, lights->records, 0, records, bytes, err);
}

typedef struct packing {
    float (*texels)[4]; /* lights, then shadow maps */
    orr_light_map *maps;
    uint32_t *map_of, map_count, atlas_side;
} packing;

static orr_status pack(orr_renderer *r, orr_cmd *cmd, orr_frame_data *data, packing *p, orr_error *err) {
    const orr_pose *pose = data->pose;
    const orr_revision *rev = r->residency.revision;
    uint32_t n = pose->light_count, longer = data->block.size[data->block.size[1] > data->block.size[0]];
    orr_status status =
        orr_light_maps_plan(rev, pose, longer, p->maps, &p->map_count, p->map_of, &p->atlas_side, err);
    for (uint32_t i = 0; !status && i < n; i++) {
        const orr_pose_light *l = &pose->lights[i];
        if (l->shape >= ORR_LIGHT_RECT) data->variant |= ORR_VARIANT_AREA_LIGHTS;
        orr_light_pack(l, pose->camera.position_m, data->exposure, data->light_cutoff, p->map_of[i],
                       (uint32_t)(rev->nodes[l->node].id.id & 0xffffffffu), &p->texels[i * ORR_LIGHT_TEXELS]);
    }
    for (uint32_t i = 0; !status && i < p->map_count; i++)
        orr_light_map_pack(&p->maps[i], pose->camera.position_m,
                           &p->texels[n * ORR_LIGHT_TEXELS + i * ORR_SHADOW_TEXELS]);
    if (!status)
        status = upload(r, p->texels,
                        (uint64_t)(n * ORR_LIGHT_TEXELS + p->map_count * ORR_SHADOW_TEXELS) * 16, err);
    if (!status && p->map_count) {
        data->variant |= ORR_VARIANT_LIGHT_SHADOWS;
        status = orr_light_maps_draw(r, cmd, data, p->maps, p->map_count, p->atlas_side, err);
    }
    return status;
}

orr_status orr_lights_update(orr_renderer *r, orr_cmd *cmd, orr_frame_data *data, orr_error *err) {
    uint32_t n = data->pose->light_count;
    if (!n) return ORR_OK;
    if (n > ORR_MOST_LIGHTS)
        return orr_fail(err, ORR_E_LIMIT, NULL, "%u lights: a scene takes at most %d", n, ORR_MOST_LIGHTS);
    data->block.params[1] = (float)n;
    packing p = {.texels = orr_calloc((size_t)n * (ORR_LIGHT_TEXELS + ORR_SHADOW_TEXELS), 16),
                 .maps = orr_calloc(n, sizeof *p.maps),
                 .map_of = orr_calloc(n, sizeof *p.map_of)};
    orr_status status = p.texels && p.maps && p.map_of
                            ? pack(r, cmd, data, &p, err)
                            : orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u lights", n);
    free(p.texels), free(p.maps), free(p.map_of);
    if (!status && data->variant & ORR_VARIANT_AREA_LIGHTS) status = make_ltc(r, err);
    if (!status && n > FEW_LIGHTS) status = orr_light_clusters(r, cmd, data, err);
    return status;
}

orr_status orr_lights_draw_seen(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data, orr_error *err) {
    enum { DISC_CORNERS = 64, GLOBE_VERTICES = 32 * 16 * 6 }; /* light_seen.vert */
    orr_gpu_pipeline pipeline;
    orr_gpu_bind binds[ORR_MOST_BINDS];
    orr_status status = orr_core_get(r, ORR_CORE_LIGHT_SEEN, 0, &pipeline, err);
    if (status) return status;
    orr_cmd_bind_raster(cmd, pipeline, binds,
                        orr_scene_binds(r, data, orr_core_mask(ORR_CORE_LIGHT_SEEN), binds));
    for (uint32_t i = 0; i < data->pose->light_count; i++) {
        const orr_pose_light *l = &data->pose->lights[i];
        if (!orr_light_seen(l, &data->pose->camera)) continue;
        uint32_t push[2] = {i, l->shape == ORR_LIGHT_RECT   ? 4
                               : l->shape == ORR_LIGHT_DISC ? DISC_CORNERS
                                                            : 0};
        orr_cmd_push(cmd, push, sizeof push);
        orr_cmd_draw(cmd, push[1] ? 3 * push[1] : GLOBE_VERTICES, 1, 0, 0);
    }
    return ORR_OK;
}

void orr_lights_bind(const orr_renderer *r, const orr_frame_data *data, orr_gpu_bind *bind) {
    const orr_lights_gpu *lights = &r->lights;
    (void)data;
    switch (bind->binding) {
    case ORR_SLOT_CLUSTERS:
        bind->buffer = lights->clusters.id ? lights->clusters : r->empty;
        break;
    case ORR_SLOT_LIGHT_SHADOWS:
        bind->texture = lights->atlas.id ? lights->atlas : r->dark_depth;
        bind->sampler = r->nearest_clamp;
        break;
    default:
        bind->texture = lights->ltc_ready ? lights->ltc : r->white;
    }
}

void orr_lights_free(orr_renderer *r) {
    orr_lights_gpu *lights = &r->lights;
    orr_gpu_texture_destroy(r->gpu, &lights->ltc);
    orr_gpu_texture_destroy(r->gpu, &lights->atlas);
    orr_gpu_buffer_destroy(r->gpu, &lights->records);
    orr_gpu_buffer_destroy(r->gpu, &lights->clusters);
    *lights = (orr_lights_gpu){0};
}
