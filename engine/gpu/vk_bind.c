/* Descriptors: from binds to writes, pushed where the device can, else from pools that live as long as the
 * submission. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "gpu/vk.h"

typedef struct bind_work {
    VkWriteDescriptorSet writes[ORR_VK_DESCRIPTORS];
    VkDescriptorBufferInfo buffers[ORR_VK_DESCRIPTORS];
    VkDescriptorImageInfo images[ORR_VK_DESCRIPTORS];
    VkBufferView views[ORR_VK_DESCRIPTORS];
    uint32_t count;
} bind_work;

static const orr_vk_slot *find_slot(const orr_vk_pipeline *p, uint32_t binding) {
    for (uint32_t i = 0; i < p->slot_count; i++)
        if (p->slots[i].binding == binding) return &p->slots[i];
    return NULL;
}

/* --- tracking ----------------------------------------------------------------------------------------------
 */

static uint32_t use_of(orr_bind_kind kind, bool compute) {
    bool write = kind == ORR_BIND_STORAGE_WRITE || kind == ORR_BIND_IMAGE_WRITE || kind == ORR_BIND_IMAGE_RW;
    if (write) return compute ? ORR_USE_COMPUTE_WRITE : ORR_USE_GRAPHICS_WRITE;
    return compute ? ORR_USE_COMPUTE_READ : ORR_USE_GRAPHICS_READ;
}

static bool takes_texture(orr_bind_kind kind) {
    return kind == ORR_BIND_SAMPLED || kind == ORR_BIND_IMAGE_READ || kind == ORR_BIND_IMAGE_WRITE ||
           kind == ORR_BIND_IMAGE_RW;
}

void orr_cmd_use_bind(orr_cmd *cmd, const orr_gpu_bind *bind, orr_bind_kind kind, bool compute) {
    orr_gpu *gpu = cmd->gpu;
    uint32_t use = use_of(kind, compute);
    if (!takes_texture(kind)) {
        if (kind == ORR_BIND_UNIFORM && bind->data != NULL) return;
        orr_vk_buffer *buffer = orr_table_get(&gpu->buffers, bind->buffer.id);
        if (buffer != NULL) orr_cmd_use_buffer(cmd, buffer, use);
        return;
    }
    orr_vk_texture *t = orr_table_get(&gpu->textures, bind->texture.id);
    if (t == NULL) return;
    if (kind == ORR_BIND_SAMPLED) {
        orr_layout layout = t->depth ? ORR_LAYOUT_DEPTH_READ : ORR_LAYOUT_READ;
        if (bind->mip_single)
            orr_cmd_use_texture(cmd, t, bind->mip, 1, use, layout);
        else
            orr_cmd_use_texture(cmd, t, 0, t->mips, use, layout);
    } else {
        orr_cmd_use_texture(cmd, t, bind->mip, 1, use, ORR_LAYOUT_GENERAL);
    }
}

/* --- one bind ------------------------------------------------------------------------------------------ */

static bool stale(orr_cmd *cmd, const orr_vk_pipeline *p, const orr_gpu_bind *bind, const char *what,
                  uint64_t id) {
    orr_cmd_fail(cmd, ORR_E_STALE, "pipeline '%s', binding %u: %s", p->label, bind->binding,
                 id == 0 ? "nothing is bound" : what);
    return false;
}

static bool copy_uniform(orr_cmd *cmd, const orr_vk_pipeline *p, const orr_gpu_bind *bind,
                         VkDescriptorBufferInfo *info) {
    orr_gpu *gpu = cmd->gpu;
    uint64_t alignment = gpu->caps.limits.minUniformBufferOffsetAlignment;
    if (alignment < 16) alignment = 16;
    if (bind->size == 0 || bind->size > gpu->caps.limits.maxUniformBufferRange) {
        orr_cmd_fail(cmd, ORR_E_LIMIT,
                     "pipeline '%s', binding %u: %" PRIu64 " bytes of uniform data (1 to %u)", p->label,
                     bind->binding, bind->size, gpu->caps.limits.maxUniformBufferRange);
        return false;
    }
    orr_vk_chunk *chunk = cmd->uniforms;
    uint64_t start = chunk == NULL ? 0 : (chunk->used + alignment - 1) / alignment * alignment;
    if (chunk == NULL || start + bind->size > chunk->size) {
        orr_error err;
        orr_vk_chunk *fresh = NULL;
        if (orr_vk_chunk_take(gpu, &gpu->free_uniforms, bind->size, 64u << 10, "uniforms", &fresh, &err) !=
            ORR_OK) {
            orr_cmd_fail(cmd, err.code, "%s", err.message);
            return false;
        }
        fresh->next = cmd->uniforms;
        cmd->uniforms = chunk = fresh;
        start = 0;
    }
    memcpy(chunk->mapped + start, bind->data, bind->size);
    chunk->used = start + bind->size;
    *info = (VkDescriptorBufferInfo){.buffer = chunk->handle, .offset = start, .range = bind->size};
    return true;
}

static bool buffer_range(orr_cmd *cmd, const orr_vk_pipeline *p, const orr_vk_slot *slot,
                         const orr_gpu_bind *bind, const orr_vk_buffer *buffer, uint64_t *size) {
    const VkPhysicalDeviceLimits *limits = &cmd->gpu->caps.limits;
    uint64_t alignment = slot->kind == ORR_BIND_UNIFORM ? limits->minUniformBufferOffsetAlignment
                         : slot->kind == ORR_BIND_TEXEL ? limits->minTexelBufferOffsetAlignment
                                                        : limits->minStorageBufferOffsetAlignment;
    uint64_t most = slot->kind == ORR_BIND_UNIFORM ? limits->maxUniformBufferRange
                    : slot->kind == ORR_BIND_TEXEL
                        ? (uint64_t)limits->maxTexelBufferElements * orr_format_bytes(bind->format)
                        : limits->maxStorageBufferRange;
    if (bind->offset >= buffer->size || bind->size > buffer->size - bind->offset ||
        (alignment > 0 && bind->offset % alignment != 0)) {
        orr_cmd_fail(cmd, ORR_E_OUT_OF_RANGE,
                     "pipeline '%s', binding %u: bytes %" PRIu64 " + %" PRIu64
                     " of buffer '%s', which has %" PRIu64 " (offsets are multiples of %" PRIu64 ")",
                     p->label, bind->binding, bind->offset, bind->size, buffer->label, buffer->size,
                     alignment);
        return false;
    }
    *size = bind->size == 0 ? buffer->size - bind->offset : bind->size;
    if (slot->kind == ORR_BIND_TEXEL && orr_format_bytes(bind->format) > 0)
        *size -= *size % orr_format_bytes(bind->format);
    if (*size == 0 || *size > most) {
        orr_cmd_fail(cmd, ORR_E_LIMIT,
                     "pipeline '%s', binding %u: %" PRIu64
                     " bytes of buffer '%s' (the device binds 1 to %" PRIu64 ")",
                     p->label, bind->binding, *size, buffer->label, most);
        return false;
    }
    return true;
}

static bool bind_buffer(orr_cmd *cmd, const orr_vk_pipeline *p, const orr_vk_slot *slot,
                        const orr_gpu_bind *bind, bind_work *work, VkWriteDescriptorSet *write) {
    uint32_t n = work->count;
    write->pBufferInfo = &work->buffers[n];
    if (slot->kind == ORR_BIND_UNIFORM && bind->data != NULL)
        return copy_uniform(cmd, p, bind, &work->buffers[n]);
    orr_vk_buffer *buffer = orr_table_get(&cmd->gpu->buffers, bind->buffer.id);
    if (buffer == NULL) return stale(cmd, p, bind, "its buffer is gone", bind->buffer.id);
    uint64_t size = 0;
    if (!buffer_range(cmd, p, slot, bind, buffer, &size)) return false;
    if (slot->kind != ORR_BIND_TEXEL) {
        work->buffers[n] =
            (VkDescriptorBufferInfo){.buffer = buffer->handle, .offset = bind->offset, .range = size};
        return true;
    }
    if (!buffer->texel || bind->format == ORR_FORMAT_NONE) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT, "pipeline '%s', binding %u: buffer '%s' was %s", p->label,
                     bind->binding, buffer->label,
                     buffer->texel ? "bound without a format" : "not created for texels");
        return false;
    }
    work->views[n] =
        orr_vk_buffer_view_get(cmd->gpu, buffer, orr_vk_format(bind->format), bind->offset, size);
    write->pTexelBufferView = &work->views[n];
    if (work->views[n] == VK_NULL_HANDLE)
        orr_cmd_fail(cmd, ORR_E_GPU, "pipeline '%s', binding %u: no texel view of buffer '%s'", p->label,
                     bind->binding, buffer->label);
    return work->views[n] != VK_NULL_HANDLE;
}

static bool bind_texture(orr_cmd *cmd, const orr_vk_pipeline *p, const orr_vk_slot *slot,
                         const orr_gpu_bind *bind, bind_work *work, VkWriteDescriptorSet *write) {
    orr_gpu *gpu = cmd->gpu;
    VkDescriptorImageInfo *info = &work->images[work->count];
    write->pImageInfo = info;
    orr_vk_texture *t = orr_table_get(&gpu->textures, bind->texture.id);
    if (t == NULL) return stale(cmd, p, bind, "its texture is gone", bind->texture.id);
    bool sampled = slot->kind == ORR_BIND_SAMPLED;
    if (bind->mip >= t->mips || !(sampled ? t->sampled : t->storage)) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT, "pipeline '%s', binding %u: texture '%s' %s", p->label,
                     bind->binding, t->label,
                     bind->mip >= t->mips ? "has no such mip"
                     : sampled            ? "was not created to be sampled"
                                          : "was not created for storage");
        return false;
    }
    if (sampled) {
        orr_gpu_sampler id = bind->sampler.id != 0 ? bind->sampler : gpu->fallback_sampler;
        orr_vk_sampler *sampler = orr_table_get(&gpu->samplers, id.id);
        if (sampler == NULL) return stale(cmd, p, bind, "its sampler is gone", id.id);
        info->sampler = sampler->handle;
        info->imageLayout = orr_vk_layout(t->depth ? ORR_LAYOUT_DEPTH_READ : ORR_LAYOUT_READ);
        info->imageView = orr_vk_image_view_get(gpu, t, ORR_VK_VIEW_SAMPLED,
                                                bind->mip_single ? bind->mip : UINT32_MAX, UINT32_MAX);
    } else {
        info->sampler = VK_NULL_HANDLE;
        info->imageLayout = VK_IMAGE_LAYOUT_GENERAL;
        info->imageView = orr_vk_image_view_get(gpu, t, ORR_VK_VIEW_STORAGE, bind->mip, UINT32_MAX);
    }
    if (info->imageView == VK_NULL_HANDLE)
        orr_cmd_fail(cmd, ORR_E_GPU, "pipeline '%s', binding %u: no view of texture '%s'", p->label,
                     bind->binding, t->label);
    return info->imageView != VK_NULL_HANDLE;
}

/* --- the set ------------------------------------------------------------------------------------------- */

static bool gather(orr_cmd *cmd, const orr_vk_pipeline *p, const orr_gpu_bind *binds, uint32_t count,
                   bind_work *work) {
    uint64_t seen = 0;
    for (uint32_t i = 0; i < count; i++) {
        const orr_vk_slot *slot = find_slot(p, binds[i].binding);
        if (slot == NULL || binds[i].element >= slot->count) {
            orr_cmd_fail(cmd, ORR_E_ARGUMENT, "pipeline '%s' has no binding %u, element %u", p->label,
                         binds[i].binding, binds[i].element);
            return false;
        }
        uint64_t bit = 1ull << (slot->first + binds[i].element);
        if (seen & bit) {
            orr_cmd_fail(cmd, ORR_E_ARGUMENT, "pipeline '%s': binding %u, element %u is bound twice",
                         p->label, binds[i].binding, binds[i].element);
            return false;
        }
        seen |= bit;
        VkWriteDescriptorSet *write = &work->writes[work->count];
        *write = (VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                        .dstBinding = slot->binding,
                                        .dstArrayElement = binds[i].element,
                                        .descriptorCount = 1,
                                        .descriptorType = slot->type};
        bool bound = takes_texture(slot->kind) ? bind_texture(cmd, p, slot, &binds[i], work, write)
                                               : bind_buffer(cmd, p, slot, &binds[i], work, write);
        if (!bound) return false;
        work->count++;
    }
    if (work->count == p->descriptor_count) return true;
    for (uint32_t i = 0; i < p->slot_count; i++)
        for (uint32_t e = 0; e < p->slots[i].count; e++)
            if ((seen >> (p->slots[i].first + e) & 1u) == 0) {
                orr_cmd_fail(cmd, ORR_E_ARGUMENT, "pipeline '%s': nothing is bound to binding %u, element %u",
                             p->label, p->slots[i].binding, e);
                return false;
            }
    return true;
}

static VkDescriptorPool add_pool(orr_cmd *cmd) {
    static const VkDescriptorPoolSize sizes[] = {{VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, 512},
                                                 {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1024},
                                                 {VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, 512},
                                                 {VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1024},
                                                 {VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 512}};
    orr_gpu *gpu = cmd->gpu;
    VkDescriptorPool *grown =
        orr_realloc(cmd->descriptor_pools, cmd->descriptor_pool_count + 1u, sizeof *grown);
    if (grown == NULL) return VK_NULL_HANDLE;
    cmd->descriptor_pools = grown;
    VkDescriptorPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                       .maxSets = 256,
                                       .poolSizeCount = sizeof sizes / sizeof sizes[0],
                                       .pPoolSizes = sizes};
    VkDescriptorPool pool = VK_NULL_HANDLE;
    if (gpu->vk.vkCreateDescriptorPool(gpu->device, &info, NULL, &pool) != VK_SUCCESS) return VK_NULL_HANDLE;
    orr_vk_name(gpu, VK_OBJECT_TYPE_DESCRIPTOR_POOL, ORR_VK_HANDLE(pool), "descriptors");
    cmd->descriptor_pools[cmd->descriptor_pool_count++] = pool;
    return pool;
}

static VkDescriptorSet allocate_set(orr_cmd *cmd, const orr_vk_pipeline *p) {
    orr_gpu *gpu = cmd->gpu;
    for (;;) {
        VkDescriptorPool pool = cmd->descriptor_pool_current < cmd->descriptor_pool_count
                                    ? cmd->descriptor_pools[cmd->descriptor_pool_current]
                                    : VK_NULL_HANDLE;
        bool fresh = pool == VK_NULL_HANDLE;
        if (fresh) pool = add_pool(cmd);
        VkDescriptorSetAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                            .descriptorPool = pool,
                                            .descriptorSetCount = 1,
                                            .pSetLayouts = &p->set_layout};
        VkDescriptorSet set = VK_NULL_HANDLE;
        if (pool != VK_NULL_HANDLE &&
            gpu->vk.vkAllocateDescriptorSets(gpu->device, &info, &set) == VK_SUCCESS)
            return set;
        if (fresh) {
            orr_cmd_fail(cmd, ORR_E_GPU, "no descriptor set for pipeline '%s'", p->label);
            return VK_NULL_HANDLE;
        }
        cmd->descriptor_pool_current++; /* full: the next one */
    }
}

bool orr_cmd_bind(orr_cmd *cmd, orr_vk_pipeline *p, const orr_gpu_bind *binds, uint32_t count) {
    orr_gpu *gpu = cmd->gpu;
    VkPipelineBindPoint point = p->raster ? VK_PIPELINE_BIND_POINT_GRAPHICS : VK_PIPELINE_BIND_POINT_COMPUTE;
    bind_work work;
    work.count = 0;
    if (!gather(cmd, p, binds, count, &work)) return false;
    if (cmd->bound != p) {
        gpu->vk.vkCmdBindPipeline(cmd->body, point, p->handle);
        cmd->bound = p;
    }
    if (work.count == 0) return true;
    if (p->push_set) {
        gpu->vk.vkCmdPushDescriptorSetKHR(cmd->body, point, p->layout, 0, work.count, work.writes);
        return true;
    }
    VkDescriptorSet set = allocate_set(cmd, p);
    if (set == VK_NULL_HANDLE) return false;
    for (uint32_t i = 0; i < work.count; i++) work.writes[i].dstSet = set;
    gpu->vk.vkUpdateDescriptorSets(gpu->device, work.count, work.writes, 0, NULL);
    gpu->vk.vkCmdBindDescriptorSets(cmd->body, point, p->layout, 0, 1, &set, 0, NULL);
    return true;
}
