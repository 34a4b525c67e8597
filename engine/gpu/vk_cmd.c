/* Recording: commands, dispatches, copies. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "gpu/vk.h"

void orr_cmd_fail(orr_cmd *cmd, orr_status code, const char *format, ...) {
    if (cmd->error.code != ORR_OK) return; /* the first one counts */
    va_list args;
    va_start(args, format);
    (void)orr_fail_v(&cmd->error, code, NULL, format, args);
    va_end(args);
}

static orr_status begin_buffer(orr_gpu *gpu, VkCommandBuffer buffer, const char *label, orr_error *err) {
    VkCommandBufferBeginInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                     .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    VkResult result = gpu->vk.vkBeginCommandBuffer(buffer, &info);
    if (result != VK_SUCCESS) return orr_vk_fail(gpu, err, result, "begin", label);
    orr_vk_name(gpu, VK_OBJECT_TYPE_COMMAND_BUFFER, ORR_VK_HANDLE(buffer), label);
    return ORR_OK;
}

static orr_status new_cmd(orr_gpu *gpu, orr_cmd **out, orr_error *err) {
    orr_cmd *cmd = orr_calloc(1, sizeof *cmd);
    if (cmd == NULL) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a command");
    cmd->gpu = gpu;
    VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                    .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                    .queueFamilyIndex = gpu->caps.queue_family};
    VkResult result = gpu->vk.vkCreateCommandPool(gpu->device, &pool, NULL, &cmd->pool);
    VkCommandBuffer buffers[2] = {VK_NULL_HANDLE, VK_NULL_HANDLE};
    if (result == VK_SUCCESS) {
        orr_vk_name(gpu, VK_OBJECT_TYPE_COMMAND_POOL, ORR_VK_HANDLE(cmd->pool), "commands");
        VkCommandBufferAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                            .commandPool = cmd->pool,
                                            .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                            .commandBufferCount = 2};
        result = gpu->vk.vkAllocateCommandBuffers(gpu->device, &info, buffers);
    }
    if (result != VK_SUCCESS) {
        orr_cmd_free(cmd);
        return orr_vk_fail(gpu, err, result, "create", "a command");
    }
    cmd->before = buffers[0];
    cmd->body = buffers[1];
    *out = cmd;
    return ORR_OK;
}

orr_status orr_cmd_begin(orr_gpu *gpu, const char *label, orr_cmd **out, orr_error *err) {
    *out = NULL;
    orr_vk_collect(gpu, orr_gpu_completed(gpu), false);
    orr_cmd *cmd = gpu->idle;
    if (cmd != NULL) {
        gpu->idle = cmd->next;
    } else {
        orr_status status = new_cmd(gpu, &cmd, err);
        if (status != ORR_OK) return status;
    }
    orr_vk_copy_label(cmd->label, label, "commands");
    cmd->serial = ++gpu->serial;
    cmd->next = gpu->open;
    gpu->open = cmd;
    orr_status status = begin_buffer(gpu, cmd->body, cmd->label, err);
    if (status != ORR_OK) {
        orr_cmd_abandon(&cmd);
        return status;
    }
    *out = cmd;
    return ORR_OK;
}

VkCommandBuffer orr_cmd_before(orr_cmd *cmd) {
    if (!cmd->before_open) {
        orr_error err = {0};
        if (begin_buffer(cmd->gpu, cmd->before, "uploads and barriers", &err) != ORR_OK) cmd->error = err;
        cmd->before_open = true;
    }
    return cmd->before;
}

static void unlink_open(orr_cmd *cmd) {
    orr_cmd **link = &cmd->gpu->open;
    while (*link != NULL && *link != cmd) link = &(*link)->next;
    if (*link != NULL) *link = cmd->next;
    cmd->next = NULL;
}

/* Makes a command that no longer runs ready for its next use. */
void orr_cmd_recycle(orr_cmd *cmd) {
    orr_gpu *gpu = cmd->gpu;
    (void)gpu->vk.vkResetCommandPool(gpu->device, cmd->pool, 0);
    for (uint32_t i = 0; i < cmd->descriptor_pool_count; i++)
        (void)gpu->vk.vkResetDescriptorPool(gpu->device, cmd->descriptor_pools[i], 0);
    cmd->descriptor_pool_current = 0;
    orr_vk_chunks_give(&gpu->free_uniforms, &cmd->uniforms);
    orr_vk_chunks_give(&gpu->free_staging, &cmd->staging);
    cmd->entry_count = cmd->state_count = 0;
    cmd->batch.image_count = cmd->batch.from = cmd->batch.to = 0;
    cmd->error = (orr_error){0};
    cmd->before_open = cmd->rendering = false;
    cmd->bound = NULL;
    cmd->raster = NULL;
    cmd->scope_count = cmd->scope_depth = cmd->query_count = 0;
    cmd->value = 0;
    cmd->next = gpu->idle;
    gpu->idle = cmd;
}

void orr_cmd_abandon(orr_cmd **pointer) {
    orr_cmd *cmd = *pointer;
    if (cmd == NULL) return;
    *pointer = NULL;
    unlink_open(cmd);
    orr_cmd_recycle(cmd);
}

void orr_cmd_free(orr_cmd *cmd) {
    orr_gpu *gpu = cmd->gpu;
    for (uint32_t i = 0; i < cmd->descriptor_pool_count; i++)
        gpu->vk.vkDestroyDescriptorPool(gpu->device, cmd->descriptor_pools[i], NULL);
    free(cmd->descriptor_pools);
    if (cmd->queries != VK_NULL_HANDLE) gpu->vk.vkDestroyQueryPool(gpu->device, cmd->queries, NULL);
    if (cmd->pool != VK_NULL_HANDLE) gpu->vk.vkDestroyCommandPool(gpu->device, cmd->pool, NULL);
    free(cmd->scopes);
    free(cmd->entries);
    free(cmd->states);
    free(cmd);
}

/* --- dispatch ------------------------------------------------------------------------------------------ */

/* Recording goes on only while nothing has failed, and outside of a pass. */
static bool ready(orr_cmd *cmd, const char *what) {
    if (cmd->error.code != ORR_OK) return false;
    if (!cmd->rendering) return true;
    orr_cmd_fail(cmd, ORR_E_ARGUMENT, "%s inside a raster pass of command '%s': end the pass first", what,
                 cmd->label);
    return false;
}

void orr_cmd_push_bytes(orr_cmd *cmd, const orr_vk_pipeline *p, const void *push, uint32_t bytes) {
    if (bytes != p->push_bytes) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT, "pipeline '%s' takes %u push bytes, not %u", p->label,
                     p->push_bytes, bytes);
    } else if (bytes > 0) {
        cmd->gpu->vk.vkCmdPushConstants(cmd->body, p->layout, p->stages, 0, bytes, push);
    }
}

void orr_cmd_dispatch(orr_cmd *cmd, orr_gpu_pipeline pipeline, const orr_gpu_bind *binds, uint32_t bind_count,
                      const void *push, uint32_t push_bytes, uint32_t x, uint32_t y, uint32_t z) {
    if (!ready(cmd, "a dispatch")) return;
    orr_gpu *gpu = cmd->gpu;
    orr_vk_pipeline *p = orr_table_get(&gpu->pipelines, pipeline.id);
    if (p == NULL || p->raster) {
        orr_cmd_fail(cmd, p == NULL ? ORR_E_STALE : ORR_E_ARGUMENT, "dispatch in command '%s': %s",
                     cmd->label, p == NULL ? "the pipeline is gone" : "not a compute pipeline");
        return;
    }
    const uint32_t *most = gpu->caps.limits.maxComputeWorkGroupCount;
    if (x > most[0] || y > most[1] || z > most[2]) {
        orr_cmd_fail(cmd, ORR_E_LIMIT,
                     "pipeline '%s': %u x %u x %u groups, but the device takes %u x %u x %u", p->label, x, y,
                     z, most[0], most[1], most[2]);
        return;
    }
    for (uint32_t i = 0; i < bind_count; i++) {
        for (uint32_t s = 0; s < p->slot_count; s++)
            if (p->slots[s].binding == binds[i].binding)
                orr_cmd_use_bind(cmd, &binds[i], p->slots[s].kind, true);
    }
    if (!orr_cmd_bind(cmd, p, binds, bind_count)) return;
    orr_cmd_push_bytes(cmd, p, push, push_bytes);
    if (cmd->error.code != ORR_OK) return;
    orr_cmd_flush(cmd, cmd->body);
    gpu->vk.vkCmdDispatch(cmd->body, x, y, z);
}

/* --- copies -------------------------------------------------------------------------------------------- */

static orr_vk_buffer *need_buffer(orr_cmd *cmd, orr_gpu_buffer id, const char *what) {
    orr_vk_buffer *buffer = orr_table_get(&cmd->gpu->buffers, id.id);
    if (buffer == NULL)
        orr_cmd_fail(cmd, ORR_E_STALE, "%s in command '%s': %s", what, cmd->label,
                     id.id == 0 ? "no buffer" : "the buffer is gone");
    return buffer;
}

static orr_vk_texture *need_texture(orr_cmd *cmd, orr_gpu_texture id, const char *what) {
    orr_vk_texture *texture = orr_table_get(&cmd->gpu->textures, id.id);
    if (texture == NULL)
        orr_cmd_fail(cmd, ORR_E_STALE, "%s in command '%s': %s", what, cmd->label,
                     id.id == 0 ? "no texture" : "the texture is gone");
    return texture;
}

static bool in_range(orr_cmd *cmd, const orr_vk_buffer *buffer, uint64_t offset, uint64_t size,
                     const char *what) {
    if (size > 0 && offset <= buffer->size && size <= buffer->size - offset) return true;
    orr_cmd_fail(cmd, ORR_E_OUT_OF_RANGE,
                 "%s: bytes %" PRIu64 " + %" PRIu64 " of buffer '%s', which has %" PRIu64, what, offset, size,
                 buffer->label, buffer->size);
    return false;
}

void orr_cmd_copy_buffer(orr_cmd *cmd, orr_gpu_buffer from_id, uint64_t from_offset, orr_gpu_buffer to_id,
                         uint64_t to_offset, uint64_t size) {
    if (!ready(cmd, "a copy")) return;
    orr_vk_buffer *from = need_buffer(cmd, from_id, "copy"), *to = need_buffer(cmd, to_id, "copy");
    if (from == NULL || to == NULL || !in_range(cmd, from, from_offset, size, "copy from") ||
        !in_range(cmd, to, to_offset, size, "copy to"))
        return;
    if (from == to) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT, "copy of buffer '%s' onto itself", from->label);
        return;
    }
    orr_cmd_use_buffer(cmd, from, ORR_USE_COPY_READ);
    orr_cmd_use_buffer(cmd, to, ORR_USE_COPY_WRITE);
    orr_cmd_flush(cmd, cmd->body);
    VkBufferCopy region = {from_offset, to_offset, size};
    cmd->gpu->vk.vkCmdCopyBuffer(cmd->body, from->handle, to->handle, 1, &region);
}

void orr_cmd_copy_to_buffer(orr_cmd *cmd, orr_gpu_texture from_id, uint32_t layer, uint32_t mip,
                            orr_gpu_buffer to_id, uint64_t offset) {
    if (!ready(cmd, "a copy")) return;
    orr_vk_texture *from = need_texture(cmd, from_id, "copy to a buffer");
    orr_vk_buffer *to = need_buffer(cmd, to_id, "copy to a buffer");
    if (from == NULL || to == NULL) return;
    if (layer >= from->layers || mip >= from->mips) {
        orr_cmd_fail(cmd, ORR_E_OUT_OF_RANGE, "copy of layer %u, mip %u of texture '%s', which has %u and %u",
                     layer, mip, from->label, from->layers, from->mips);
        return;
    }
    uint32_t width = from->width >> mip, height = from->height >> mip;
    width = width == 0 ? 1 : width;
    height = height == 0 ? 1 : height;
    uint32_t texel = orr_format_bytes(from->format), slices = from->volume ? from->volume : 1;
    if (!in_range(cmd, to, offset, (uint64_t)width * height * slices * texel, "copy to a buffer")) return;
    if (offset % texel != 0 || offset % 4 != 0) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT,
                     "copy of texture '%s' to offset %" PRIu64
                     ": not a multiple of its %u bytes a texel and 4",
                     from->label, offset, texel);
        return;
    }
    orr_cmd_use_texture(cmd, from, mip, 1, ORR_USE_COPY_READ, ORR_LAYOUT_COPY_FROM);
    orr_cmd_use_buffer(cmd, to, ORR_USE_COPY_WRITE);
    orr_cmd_flush(cmd, cmd->body);
    VkBufferImageCopy region = {.bufferOffset = offset,
                                .imageSubresource = {orr_vk_aspect(from), mip, layer, 1},
                                .imageExtent = {width, height, slices}};
    cmd->gpu->vk.vkCmdCopyImageToBuffer(cmd->body, from->handle, orr_vk_layout(ORR_LAYOUT_COPY_FROM),
                                        to->handle, 1, &region);
}

void orr_cmd_copy_texture(orr_cmd *cmd, orr_gpu_texture from_id, orr_gpu_texture to_id) {
    if (!ready(cmd, "a copy")) return;
    orr_vk_texture *from = need_texture(cmd, from_id, "copy"), *to = need_texture(cmd, to_id, "copy");
    if (from == NULL || to == NULL) return;
    if (from == to || from->width != to->width || from->height != to->height || from->depth != to->depth ||
        from->volume != to->volume || orr_format_bytes(from->format) != orr_format_bytes(to->format)) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT,
                     "copy of texture '%s' to '%s': they must be two, of one size and texel size",
                     from->label, to->label);
        return;
    }
    orr_cmd_use_texture(cmd, from, 0, 1, ORR_USE_COPY_READ, ORR_LAYOUT_COPY_FROM);
    orr_cmd_use_texture(cmd, to, 0, 1, ORR_USE_COPY_WRITE, ORR_LAYOUT_COPY_TO);
    orr_cmd_flush(cmd, cmd->body);
    VkImageCopy region = {.srcSubresource = {orr_vk_aspect(from), 0, 0, 1},
                          .dstSubresource = {orr_vk_aspect(to), 0, 0, 1},
                          .extent = {from->width, from->height, from->volume ? from->volume : 1}};
    cmd->gpu->vk.vkCmdCopyImage(cmd->body, from->handle, orr_vk_layout(ORR_LAYOUT_COPY_FROM), to->handle,
                                orr_vk_layout(ORR_LAYOUT_COPY_TO), 1, &region);
}

static bool is_uint(orr_gpu_format format) {
    return format == ORR_FORMAT_R32_UINT || format == ORR_FORMAT_RG32_UINT ||
           format == ORR_FORMAT_RGBA32_UINT;
}

void orr_cmd_clear_texture(orr_cmd *cmd, orr_gpu_texture id, const float value[4]) {
    if (!ready(cmd, "a clear")) return;
    orr_vk_texture *t = need_texture(cmd, id, "clear");
    if (t == NULL) return;
    if (t->depth) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT, "clear of depth texture '%s': a raster pass clears depth",
                     t->label);
        return;
    }
    orr_cmd_use_texture(cmd, t, 0, t->mips, ORR_USE_COPY_WRITE, ORR_LAYOUT_COPY_TO);
    orr_cmd_flush(cmd, cmd->body);
    VkClearColorValue colour;
    for (int i = 0; i < 4; i++) {
        if (is_uint(t->format))
            colour.uint32[i] = value[i] > 0.0f && value[i] < 4294967296.0f ? (uint32_t)value[i] : 0;
        else
            colour.float32[i] = value[i];
    }
    VkImageSubresourceRange range = {VK_IMAGE_ASPECT_COLOR_BIT, 0, t->mips, 0, t->layers};
    cmd->gpu->vk.vkCmdClearColorImage(cmd->body, t->handle, orr_vk_layout(ORR_LAYOUT_COPY_TO), &colour, 1,
                                      &range);
}

void orr_cmd_fill_buffer(orr_cmd *cmd, orr_gpu_buffer id, uint64_t offset, uint64_t size, uint32_t value) {
    if (!ready(cmd, "a fill")) return;
    orr_vk_buffer *buffer = need_buffer(cmd, id, "fill");
    if (buffer == NULL) return;
    if (size == 0 && offset < buffer->size)
        size = (buffer->size - offset) & ~(uint64_t)3u; /* 0: to the end */
    if (!in_range(cmd, buffer, offset, size, "fill")) return;
    if (offset % 4 != 0 || size % 4 != 0) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT,
                     "fill of buffer '%s': bytes %" PRIu64 " + %" PRIu64 " are not whole words",
                     buffer->label, offset, size);
        return;
    }
    orr_cmd_use_buffer(cmd, buffer, ORR_USE_COPY_WRITE);
    orr_cmd_flush(cmd, cmd->body);
    cmd->gpu->vk.vkCmdFillBuffer(cmd->body, buffer->handle, offset, size, value);
}

static VkOffset3D corner(const orr_vk_texture *t, uint32_t mip) {
    uint32_t width = t->width >> mip, height = t->height >> mip;
    return (VkOffset3D){width == 0 ? 1 : (int32_t)width, height == 0 ? 1 : (int32_t)height, 1};
}

void orr_cmd_generate_mips(orr_cmd *cmd, orr_gpu_texture id) {
    if (!ready(cmd, "mips")) return;
    orr_vk_texture *t = need_texture(cmd, id, "mips");
    if (t == NULL) return;
    const VkFormatFeatureFlags need = VK_FORMAT_FEATURE_BLIT_SRC_BIT | VK_FORMAT_FEATURE_BLIT_DST_BIT |
                                      VK_FORMAT_FEATURE_SAMPLED_IMAGE_FILTER_LINEAR_BIT;
    if (t->depth || (cmd->gpu->caps.formats[t->format].optimalTilingFeatures & need) != need) {
        orr_cmd_fail(cmd, ORR_E_UNSUPPORTED, "mips of texture '%s': its format cannot be filtered", t->label);
        return;
    }
    for (uint32_t mip = 1; mip < t->mips; mip++) {
        orr_cmd_use_texture(cmd, t, mip - 1, 1, ORR_USE_COPY_READ, ORR_LAYOUT_COPY_FROM);
        orr_cmd_use_texture(cmd, t, mip, 1, ORR_USE_COPY_WRITE, ORR_LAYOUT_COPY_TO);
        orr_cmd_flush(cmd, cmd->body);
        VkImageBlit region = {.srcSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, mip - 1, 0, t->layers},
                              .srcOffsets = {{0, 0, 0}, corner(t, mip - 1)},
                              .dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, mip, 0, t->layers},
                              .dstOffsets = {{0, 0, 0}, corner(t, mip)}};
        cmd->gpu->vk.vkCmdBlitImage(cmd->body, t->handle, orr_vk_layout(ORR_LAYOUT_COPY_FROM), t->handle,
                                    orr_vk_layout(ORR_LAYOUT_COPY_TO), 1, &region, VK_FILTER_LINEAR);
    }
}
