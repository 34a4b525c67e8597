/* What the passes of a target have to move, and how long one of them takes alone: for the benchmarks. */
#include <string.h>

#include "render/target_private.h"

/* Vertices and indices of some draws, each read once. */
static uint64_t geometry_bytes(const orr_revision *revision, const orr_pose *pose, const uint32_t *draws,
                               uint32_t count) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        const orr_rev_primitive *p = &revision->primitives[pose->draws[draws[i]].primitive];
        bytes += (uint64_t)p->vertex_count * sizeof(orr_vertex) + (uint64_t)p->index_count * sizeof(uint32_t);
    }
    return bytes;
}

void orr_target_count_geometry(const orr_target *t, orr_target_slot *slot) {
    const orr_revision *revision = t->params.revision;
    const orr_pose *pose = t->data.pose;
    slot->seen_bytes = geometry_bytes(revision, pose, t->data.visible, t->data.visible_count);
    slot->blended_count = t->data.blended_count;
    slot->blended_bytes = geometry_bytes(revision, pose, t->data.blended, t->data.blended_count);
    slot->caster_bytes = 0;
    for (uint32_t i = 0; i < pose->draw_count; i++)
        if (pose->draws[i].casts_shadow) slot->caster_bytes += geometry_bytes(revision, pose, &i, 1);
}

static uint64_t image_bytes(const orr_graph *graph, int32_t texture) {
    if (texture < 0) return 0;
    const orr_graph_texture *x = &graph->textures[texture];
    return (uint64_t)x->width * x->height * orr_format_bytes(x->format);
}

static uint64_t accumulation_bytes(const orr_graph *graph, uint32_t sub_frame) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < graph->accumulate_count; i++) {
        const orr_graph_accumulate *a = &graph->accumulates[i];
        if (!a->mean && sub_frame) continue;
        bytes += image_bytes(graph, a->from) + image_bytes(graph, a->to) * (sub_frame ? 2 : 1);
    }
    return bytes;
}

static uint64_t output_sum(const orr_target *t) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < t->params.output_count; i++) bytes += orr_target_output_bytes(t, &t->outputs[i]);
    return bytes;
}

static uint64_t encoded_bytes(const orr_target *t) {
    return (uint64_t)t->params.width * t->params.height * (t->wide ? 8 : 4);
}

/* Of one recording of a pass of the graph: its images, and what else is known of the core ones. */
static uint64_t graph_pass_bytes(const orr_target *t, const orr_target_slot *slot,
                                 const orr_graph_pass *pass) {
    uint64_t bytes = 0;
    for (uint32_t u = 0; u < pass->use_count; u++)
        bytes += image_bytes(&t->graph, pass->uses[u].in) + image_bytes(&t->graph, pass->uses[u].out);
    if (pass->record == orr_record_encode) bytes += encoded_bytes(t);
    if (pass->record == orr_record_visibility && slot) bytes += slot->seen_bytes;
    if (pass->record == orr_record_transparent && slot)
        bytes = slot->blended_count ? bytes + slot->blended_bytes : 0;
    return bytes;
}

uint64_t orr_target_pass_bytes(const orr_target *t, const orr_target_slot *slot, const char *name) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < t->graph.pass_count; i++)
        if (!strcmp(t->graph.passes[i].name, name))
            return graph_pass_bytes(t, slot, &t->graph.passes[i]) *
                   (i < t->graph.sub_frame_passes ? t->params.samples : 1);
    if (!strcmp(name, "accumulate"))
        for (uint32_t sub = 0; sub < t->params.samples; sub++) bytes += accumulation_bytes(&t->graph, sub);
    if (!strcmp(name, "shadow"))
        bytes = slot->caster_bytes +
                (uint64_t)t->renderer->shadow_map.side * t->renderer->shadow_map.side * sizeof(float);
    if (!strcmp(name, "readback")) bytes = 2 * output_sum(t);
    return bytes;
}

/* --- one pass alone
 * ------------------------------------------------------------------------------------------------------------
 */

static orr_status record_alone(orr_target *t, orr_cmd *cmd, const char *name, uint32_t repeats,
                               uint64_t *bytes, orr_error *err) {
    uint32_t pass = 0;
    bool accumulate = !strcmp(name, "accumulate") && t->graph.accumulate_count;
    while (pass < t->graph.pass_count && strcmp(t->graph.passes[pass].name, name)) pass++;
    if (!accumulate &&
        (pass == t->graph.pass_count || t->graph.passes[pass].stage_index < orr_stage_find("accumulation")))
        return orr_fail(err, ORR_E_NOT_FOUND, t->label,
                        "'%s' is no pass of this target that can run without a scene", name);
    for (uint32_t i = 0; i < t->graph.texture_count;
         i++) /* grey everywhere: what was there before must not decide the time */
        if (t->textures[i].id && t->graph.textures[i].format == ORR_FORMAT_RGBA16_SFLOAT)
            orr_cmd_clear_texture(cmd, t->textures[i], (float[4]){0.5f, 0.5f, 0.5f, 0.5f});
    *bytes =
        accumulate ? accumulation_bytes(&t->graph, 1) : graph_pass_bytes(t, NULL, &t->graph.passes[pass]);
    orr_cmd_time_begin(cmd, "all");
    orr_status status = ORR_OK;
    for (uint32_t i = 0; !status && i < repeats; i++)
        status = accumulate ? orr_target_accumulate(t, cmd, 1, err)
                            : orr_target_record(t, cmd, pass, pass + 1, 0, err);
    orr_cmd_time_end(cmd);
    return status;
}

orr_status orr_target_time_pass(orr_target *t, const char *name, uint32_t repeats, double *seconds,
                                uint64_t *bytes, orr_error *err) {
    orr_gpu *gpu = t->renderer->gpu;
    orr_gpu_timing timing;
    orr_cmd *cmd;
    uint64_t value;
    orr_status status = orr_cmd_begin(gpu, name, &cmd, err);
    if (status) return status;
    status = record_alone(t, cmd, name, repeats, bytes, err);
    if (status) return orr_cmd_abandon(&cmd), status;
    status = orr_gpu_submit(gpu, &cmd, &value, err);
    if (!status) status = orr_gpu_wait(gpu, value, UINT64_MAX, err);
    *seconds = !status && orr_gpu_timings(gpu, value, &timing, 1) == 1 ? (double)timing.ns * 1e-9 : 0.0;
    return status;
}
