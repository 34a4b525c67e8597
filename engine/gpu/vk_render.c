/* Recording: raster passes with dynamic rendering. */
#include <string.h>

#include "gpu/vk.h"

static bool in_pass(orr_cmd *cmd, const char *what) {
    if (cmd->error.code != ORR_OK) return false;
    if (cmd->rendering) return true;
    orr_cmd_fail(cmd, ORR_E_ARGUMENT, "%s outside of a raster pass in command '%s'", what, cmd->label);
    return false;
}

static bool is_uint(orr_gpu_format format) {
    return format == ORR_FORMAT_R32_UINT || format == ORR_FORMAT_RG32_UINT ||
           format == ORR_FORMAT_RGBA32_UINT;
}

/* Fills one attachment and notes its use; false when it cannot be one. */
static bool attach(orr_cmd *cmd, const orr_gpu_render_params *pass, const orr_gpu_attachment *a, bool depth,
                   VkRenderingAttachmentInfo *out) {
    orr_gpu *gpu = cmd->gpu;
    orr_vk_texture *t = orr_table_get(&gpu->textures, a->texture.id);
    const char *label = pass->label != NULL ? pass->label : "pass";
    if (t == NULL) {
        orr_cmd_fail(cmd, ORR_E_STALE, "pass '%s': an attachment is gone", label);
        return false;
    }
    if (!t->attachment || t->depth != depth || t->width < pass->width || t->height < pass->height ||
        a->layer >= t->layers) {
        orr_cmd_fail(
            cmd, ORR_E_ARGUMENT,
            "pass '%s' of %u x %u pixels cannot draw into layer %u of texture '%s' (%u x %u, %u layers%s)",
            label, pass->width, pass->height, a->layer, t->label, t->width, t->height, t->layers,
            t->attachment ? "" : ", not created as an attachment");
        return false;
    }
    bool read_only = depth && pass->depth_read_only;
    orr_layout layout = !depth ? ORR_LAYOUT_COLOUR : read_only ? ORR_LAYOUT_DEPTH_READ : ORR_LAYOUT_DEPTH;
    orr_cmd_use_texture(cmd, t, 0, 1,
                        !depth      ? ORR_USE_COLOUR
                        : read_only ? ORR_USE_DEPTH_READ
                                    : ORR_USE_DEPTH,
                        layout);
    *out = (VkRenderingAttachmentInfo){
        .sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
        .imageView = orr_vk_image_view_get(gpu, t, ORR_VK_VIEW_ATTACHMENT, 0, a->layer),
        .imageLayout = orr_vk_layout(layout),
        .loadOp = a->load || read_only ? VK_ATTACHMENT_LOAD_OP_LOAD : VK_ATTACHMENT_LOAD_OP_CLEAR,
        .storeOp = read_only ? VK_ATTACHMENT_STORE_OP_NONE : VK_ATTACHMENT_STORE_OP_STORE};
    if (depth)
        out->clearValue.depthStencil.depth = a->clear[0];
    else if (is_uint(t->format))
        memcpy(out->clearValue.color.uint32, a->clear_uint, sizeof a->clear_uint);
    else
        memcpy(out->clearValue.color.float32, a->clear, sizeof a->clear);
    if (out->imageView == VK_NULL_HANDLE)
        orr_cmd_fail(cmd, ORR_E_GPU, "pass '%s': no view of texture '%s'", label, t->label);
    return out->imageView != VK_NULL_HANDLE;
}

void orr_cmd_viewport(orr_cmd *cmd, float x, float y, float width, float height) {
    if (!in_pass(cmd, "a viewport")) return;
    /* Upside down, so that +y is up in clip space and row 0 is the top of the picture. */
    VkViewport viewport = {
        .x = x, .y = y + height, .width = width, .height = -height, .minDepth = 0.0f, .maxDepth = 1.0f};
    VkRect2D scissor = {{(int32_t)x, (int32_t)y}, {(uint32_t)width, (uint32_t)height}};
    cmd->gpu->vk.vkCmdSetViewport(cmd->body, 0, 1, &viewport);
    cmd->gpu->vk.vkCmdSetScissor(cmd->body, 0, 1, &scissor);
}

void orr_cmd_render_begin(orr_cmd *cmd, const orr_gpu_render_params *params) {
    if (cmd->error.code != ORR_OK) return;
    if (cmd->rendering || params->colour_count > 8) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT, "pass '%s': %s", params->label != NULL ? params->label : "pass",
                     cmd->rendering ? "another pass is still open" : "more than 8 colours");
        return;
    }
    for (uint32_t i = 0; i < params->read_count; i++)
        orr_cmd_use_bind(cmd, &params->reads[i], params->read_slots[i].kind, false);
    VkRenderingAttachmentInfo colours[8], depth;
    for (uint32_t i = 0; i < params->colour_count; i++)
        if (!attach(cmd, params, &params->colours[i], false, &colours[i])) return;
    bool with_depth = params->depth.texture.id != 0;
    if (with_depth && !attach(cmd, params, &params->depth, true, &depth)) return;
    orr_cmd_flush(cmd, cmd->body);
    VkRenderingInfo info = {.sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
                            .renderArea = {{0, 0}, {params->width, params->height}},
                            .layerCount = 1,
                            .colorAttachmentCount = params->colour_count,
                            .pColorAttachments = colours,
                            .pDepthAttachment = with_depth ? &depth : NULL};
    cmd->gpu->vk.vkCmdBeginRendering(cmd->body, &info);
    cmd->rendering = true;
    cmd->depth_read_only = params->depth_read_only;
    cmd->raster = NULL;
    cmd->vertices_bound = cmd->indices_bound = false;
    orr_cmd_viewport(cmd, 0, 0, (float)params->width, (float)params->height);
}

void orr_cmd_bind_raster(orr_cmd *cmd, orr_gpu_pipeline pipeline, const orr_gpu_bind *binds,
                         uint32_t bind_count) {
    if (!in_pass(cmd, "a pipeline")) return;
    orr_vk_pipeline *p = orr_table_get(&cmd->gpu->pipelines, pipeline.id);
    if (p == NULL || !p->raster) {
        orr_cmd_fail(cmd, p == NULL ? ORR_E_STALE : ORR_E_ARGUMENT, "pass of command '%s': %s", cmd->label,
                     p == NULL ? "the pipeline is gone" : "not a raster pipeline");
        return;
    }
    if (p->depth_write && cmd->depth_read_only) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT, "pipeline '%s' writes depth in a pass that only reads it",
                     p->label);
        return;
    }
    for (uint32_t i = 0; i < bind_count; i++)
        for (uint32_t s = 0; s < p->slot_count; s++)
            if (p->slots[s].binding == binds[i].binding)
                orr_cmd_use_bind(cmd, &binds[i], p->slots[s].kind, false);
    if (cmd->error.code != ORR_OK) return;
    if (orr_cmd_bind(cmd, p, binds, bind_count)) cmd->raster = p;
}

static orr_vk_buffer *geometry(orr_cmd *cmd, orr_gpu_buffer id, uint64_t offset, orr_use use,
                               const char *what) {
    orr_vk_buffer *buffer = orr_table_get(&cmd->gpu->buffers, id.id);
    if (buffer == NULL || offset >= buffer->size) {
        orr_cmd_fail(cmd, buffer == NULL ? ORR_E_STALE : ORR_E_OUT_OF_RANGE,
                     "%s in command '%s': the buffer is %s", what, cmd->label,
                     buffer == NULL ? "gone" : "shorter than the offset");
        return NULL;
    }
    orr_cmd_use_buffer(cmd, buffer, use);
    return cmd->error.code == ORR_OK ? buffer : NULL;
}

void orr_cmd_vertices(orr_cmd *cmd, orr_gpu_buffer vertices, uint64_t offset, orr_gpu_buffer indices,
                      uint64_t index_offset) {
    if (!in_pass(cmd, "vertices")) return;
    if (vertices.id != 0) {
        orr_vk_buffer *buffer = geometry(cmd, vertices, offset, ORR_USE_VERTEX, "vertices");
        if (buffer == NULL) return;
        cmd->gpu->vk.vkCmdBindVertexBuffers(cmd->body, 0, 1, &buffer->handle, &offset);
        cmd->vertices_bound = true;
    }
    if (indices.id != 0) {
        orr_vk_buffer *buffer = geometry(cmd, indices, index_offset, ORR_USE_INDEX, "indices");
        if (buffer == NULL) return;
        cmd->gpu->vk.vkCmdBindIndexBuffer(cmd->body, buffer->handle, index_offset, VK_INDEX_TYPE_UINT32);
        cmd->indices_bound = true;
    }
}

void orr_cmd_push(orr_cmd *cmd, const void *data, uint32_t bytes) {
    if (!in_pass(cmd, "push data")) return;
    if (cmd->raster == NULL)
        orr_cmd_fail(cmd, ORR_E_ARGUMENT, "push data before a pipeline in command '%s'", cmd->label);
    else
        orr_cmd_push_bytes(cmd, cmd->raster, data, bytes);
}

static bool can_draw(orr_cmd *cmd, bool indexed) {
    if (!in_pass(cmd, "a draw")) return false;
    const char *missing = cmd->raster == NULL                                      ? "a pipeline"
                          : cmd->raster->vertex_stride > 0 && !cmd->vertices_bound ? "vertices"
                          : indexed && !cmd->indices_bound                         ? "indices"
                                                                                   : NULL;
    if (missing != NULL)
        orr_cmd_fail(cmd, ORR_E_ARGUMENT, "a draw without %s in command '%s'", missing, cmd->label);
    return missing == NULL;
}

void orr_cmd_draw(orr_cmd *cmd, uint32_t vertex_count, uint32_t instance_count, uint32_t first_vertex,
                  uint32_t first_instance) {
    if (can_draw(cmd, false))
        cmd->gpu->vk.vkCmdDraw(cmd->body, vertex_count, instance_count, first_vertex, first_instance);
}

void orr_cmd_draw_indexed(orr_cmd *cmd, uint32_t index_count, uint32_t instance_count, uint32_t first_index,
                          int32_t vertex_offset, uint32_t first_instance) {
    if (can_draw(cmd, true))
        cmd->gpu->vk.vkCmdDrawIndexed(cmd->body, index_count, instance_count, first_index, vertex_offset,
                                      first_instance);
}

void orr_cmd_render_end(orr_cmd *cmd) {
    if (!in_pass(cmd, "the end of a pass")) {
        cmd->rendering = false;
        return;
    }
    cmd->gpu->vk.vkCmdEndRendering(cmd->body);
    cmd->rendering = false;
}
