#include "render/sky_query.h"

#include "render/renderer_private.h"

static orr_status make_buffers(orr_gpu *gpu, const float (*directions)[3], uint32_t count,
                               orr_gpu_buffer buffers[2], orr_error *err) {
    orr_gpu_buffer_params params = {.label = "sky questions",
                                    .size_bytes = (uint64_t)count * 4 * sizeof(float),
                                    .memory = ORR_MEMORY_UPLOAD,
                                    .texel = true};
    orr_status status = orr_gpu_buffer_create(gpu, &params, &buffers[0], err);
    params.label = "sky answers", params.memory = ORR_MEMORY_READBACK;
    if (!status) status = orr_gpu_buffer_create(gpu, &params, &buffers[1], err);
    float(*out)[4] = status ? NULL : orr_gpu_buffer_map(gpu, buffers[0]);
    for (uint32_t i = 0; out && i < count; i++)
        for (int c = 0; c < 4; c++) out[i][c] = c < 3 ? directions[i][c] : 0.0f;
    return status;
}

static orr_status record(orr_renderer *r, orr_cmd *cmd, orr_frame_data *data, orr_sky_ask ask, uint32_t count,
                         const orr_gpu_buffer buffers[2], orr_error *err) {
    orr_gpu_pipeline pipeline;
    orr_gpu_bind binds[ORR_MOST_BINDS];
    orr_status status = orr_sky_tables_update(r, cmd, data, err);
    if (!status) status = orr_core_get(r, ORR_CORE_SKY_QUERY, data->variant, &pipeline, err);
    if (status) return status;
    uint32_t n = orr_scene_binds(r, data, orr_core_mask(ORR_CORE_SKY_QUERY), binds), push[2] = {count, ask};
    binds[n++] =
        (orr_gpu_bind){.binding = ORR_SLOT_PASS, .buffer = buffers[0], .format = ORR_FORMAT_RGBA32_SFLOAT};
    binds[n++] = (orr_gpu_bind){.binding = ORR_SLOT_PASS + 1, .buffer = buffers[1]};
    orr_cmd_dispatch(cmd, pipeline, binds, n, push, sizeof push, (count + 63) / 64, 1, 1);
    return ORR_OK;
}

static orr_status run(orr_renderer *r, orr_frame_data *data, orr_sky_ask ask, uint32_t count,
                      const orr_gpu_buffer buffers[2], orr_error *err) {
    orr_cmd *cmd;
    uint64_t value;
    orr_status status = orr_cmd_begin(r->gpu, "sky query", &cmd, err);
    if (status) return status;
    status = record(r, cmd, data, ask, count, buffers, err);
    if (status)
        orr_cmd_abandon(&cmd);
    else
        status = orr_gpu_submit(r->gpu, &cmd, &value, err);
    if (status) return orr_sky_free(r), status; /* tables that were recorded are not there */
    return orr_gpu_wait(r->gpu, value, UINT64_MAX, err);
}

orr_status orr_sky_query(orr_renderer *r, const orr_pose *pose, orr_sky_ask ask, const float (*directions)[3],
                         uint32_t count, float (*rgb)[3], orr_error *err) {
    if (!pose->has_atmosphere)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "a question to the sky of a scene without an atmosphere");
    if (!count) return ORR_OK;
    orr_pose asked = *pose; /* borrows the rest */
    asked.atmosphere.aerial_perspective = false;
    orr_frame_data data = {.pose = &asked, .block.params = {1.0f}};
    orr_gpu_buffer buffers[2] = {{0}};
    orr_status status = make_buffers(r->gpu, directions, count, buffers, err);
    if (!status) status = run(r, &data, ask, count, buffers, err);
    const float(*answers)[4] = status ? NULL : orr_gpu_buffer_map(r->gpu, buffers[1]);
    for (uint32_t i = 0; answers && i < count; i++)
        for (int c = 0; c < 3; c++) rgb[i][c] = answers[i][c];
    for (int i = 0; i < 2; i++) orr_gpu_buffer_destroy(r->gpu, &buffers[i]);
    return status;
}
