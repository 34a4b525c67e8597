/* Which lights may reach which part of the view: one bit a light, in masks of tiles of pixels and of slices
 * of depth; a pixel looks at the lights that are in both of its masks (Drobot 2017, "Improved Culling for
 * Tiled and Clustered Rendering"). Masks are as long as there are lights, so they never overflow, and are
 * read from the first light to the last: the sum has its order. The shader cuts lights off itself; masks only
 * save time. */
#include "render/frame.h"
#include "render/lights.h"

enum { TILE_PX = 32, SLICES = 128, LIGHTS_A_TEXEL = 128, WORDS_A_TEXEL = 4, GROUP = 64, MOST_GROUPS = 65535 };
static const double depth_ratio = 1e4; /* of the last slice's depth to the first's */

static orr_status room(orr_renderer *r, uint64_t bytes, orr_error *err) {
    if (bytes <= r->lights.clusters_bytes) return ORR_OK;
    orr_gpu_buffer_destroy(r->gpu, &r->lights.clusters);
    r->lights.clusters_bytes = bytes;
    orr_gpu_buffer_params params = {.label = "light clusters", .size_bytes = bytes, .texel = true};
    return orr_gpu_buffer_create(r->gpu, &params, &r->lights.clusters, err);
}

orr_status orr_light_clusters(orr_renderer *r, orr_cmd *cmd, orr_frame_data *data, orr_error *err) {
    orr_frame_block *b = &data->block;
    uint32_t lights = data->pose->light_count, texels = (lights + LIGHTS_A_TEXEL - 1) / LIGHTS_A_TEXEL,
             across = (b->size[0] + TILE_PX - 1) / TILE_PX, down = (b->size[1] + TILE_PX - 1) / TILE_PX,
             masks = across * down + SLICES;
    /* Slices grow with the logarithm of depth, and end where the farthest thing ends. */
    double last = (double)b->depth_params[2], first = fmax((double)b->depth_params[0], last / depth_ratio);
    b->clusters[0] = (float)across, b->clusters[1] = (float)(across * down);
    b->clusters[2] = (float)first;
    b->clusters[3] = (float)((SLICES - 1) / fmax(orr_log2_40(last / first), 1e-3));
    orr_status status = room(r, (uint64_t)masks * texels * 16, err);
    if (status) return status;
    orr_cmd_time_begin(cmd, "light clusters");
    orr_gpu_pipeline pipeline;
    orr_gpu_bind binds[ORR_MOST_BINDS];
    orr_frame_sub(data, 0, (double[2]){0.0, 0.0}); /* tiles are a pixel wider than what jitter moves */
    uint32_t n = orr_scene_binds(r, data, orr_core_mask(ORR_CORE_LIGHT_CLUSTERS), binds),
             groups = (masks * texels * WORDS_A_TEXEL + GROUP - 1) / GROUP,
             push[3] = {masks, texels * WORDS_A_TEXEL, data->every_light};
    binds[n++] = (orr_gpu_bind){.binding = ORR_SLOT_PASS, .buffer = r->lights.clusters};
    status = orr_core_get(r, ORR_CORE_LIGHT_CLUSTERS, 0, &pipeline, err);
    if (!status)
        orr_cmd_dispatch(cmd, pipeline, binds, n, push, sizeof push,
                         groups < MOST_GROUPS ? groups : MOST_GROUPS,
                         (groups + MOST_GROUPS - 1) / MOST_GROUPS, 1);
    orr_cmd_time_end(cmd);
    data->variant |= ORR_VARIANT_CLUSTERS;
    return status;
}
