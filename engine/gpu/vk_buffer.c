/* Buffers, and the texel views of them. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/arena.h"
#include "gpu/vk.h"

static VkBufferUsageFlags usage_of(const orr_gpu_buffer_params *params) {
    VkBufferUsageFlags usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                               VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
    if (params->vertex) usage |= VK_BUFFER_USAGE_VERTEX_BUFFER_BIT;
    if (params->index) usage |= VK_BUFFER_USAGE_INDEX_BUFFER_BIT;
    if (params->texel) usage |= VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT;
    if (params->indirect) usage |= VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT;
    return usage;
}

orr_status orr_gpu_buffer_create(orr_gpu *gpu, const orr_gpu_buffer_params *params, orr_gpu_buffer *out,
                                 orr_error *err) {
    *out = (orr_gpu_buffer){0};
    orr_item *item = NULL;
    char label[ORR_VK_LABEL];
    orr_vk_copy_label(label, params->label, "buffer");
    if (params->size_bytes == 0) return orr_fail(err, ORR_E_ARGUMENT, NULL, "buffer '%s' has no size", label);
    orr_status status = orr_table_add(&gpu->buffers, "buffers", &item, err);
    if (status != ORR_OK) return status;
    orr_vk_buffer *buffer = (orr_vk_buffer *)item;
    orr_vk_copy_label(buffer->label, label, label);
    buffer->size = params->size_bytes;
    buffer->kind = params->memory;
    buffer->texel = params->texel;
    VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                               .size = (params->size_bytes + 3u) &
                                       ~(uint64_t)3u, /* fills and copies go by words */
                               .usage = usage_of(params)};
    VkResult result = gpu->vk.vkCreateBuffer(gpu->device, &info, NULL, &buffer->handle);
    if (result != VK_SUCCESS) {
        status = orr_vk_fail(gpu, err, result, "create the buffer", label);
    } else {
        VkMemoryRequirements need;
        gpu->vk.vkGetBufferMemoryRequirements(gpu->device, buffer->handle, &need);
        status = orr_vk_memory_alloc(gpu, &need, params->memory, ORR_VK_LINEAR, label, &buffer->memory, err);
        if (status == ORR_OK) {
            result = gpu->vk.vkBindBufferMemory(gpu->device, buffer->handle,
                                                orr_vk_memory_handle(&buffer->memory), buffer->memory.offset);
            if (result != VK_SUCCESS) status = orr_vk_fail(gpu, err, result, "bind the memory of", label);
        }
    }
    if (status != ORR_OK) {
        orr_vk_buffer_free(gpu, buffer);
        return status;
    }
    buffer->mapped = orr_vk_memory_map(&buffer->memory);
    orr_vk_name(gpu, VK_OBJECT_TYPE_BUFFER, ORR_VK_HANDLE(buffer->handle), label);
    out->id = orr_table_publish(item);
    return ORR_OK;
}

void orr_gpu_buffer_destroy(orr_gpu *gpu, orr_gpu_buffer *id) {
    orr_vk_buffer *buffer = orr_table_get(&gpu->buffers, id->id);
    *id = (orr_gpu_buffer){0};
    if (buffer != NULL) orr_vk_retire(gpu, ORR_VK_BUFFER, &buffer->item);
}

void *orr_gpu_buffer_map(orr_gpu *gpu, orr_gpu_buffer id) {
    orr_vk_buffer *buffer = orr_table_get(&gpu->buffers, id.id);
    return buffer == NULL ? NULL : buffer->mapped;
}

VkBufferView orr_vk_buffer_view_get(orr_gpu *gpu, orr_vk_buffer *buffer, VkFormat format, uint64_t offset,
                                    uint64_t size) {
    for (uint32_t i = 0; i < buffer->view_count; i++) {
        const orr_vk_buffer_view *view = &buffer->views[i];
        if (view->format == format && view->offset == offset && view->size == size) return view->handle;
    }
    orr_vk_buffer_view *grown = orr_realloc(buffer->views, buffer->view_count + 1u, sizeof *grown);
    if (grown == NULL) return VK_NULL_HANDLE;
    buffer->views = grown;
    orr_vk_buffer_view *view = &grown[buffer->view_count];
    *view = (orr_vk_buffer_view){.format = format, .offset = offset, .size = size};
    VkBufferViewCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
                                   .buffer = buffer->handle,
                                   .format = format,
                                   .offset = offset,
                                   .range = size};
    if (gpu->vk.vkCreateBufferView(gpu->device, &info, NULL, &view->handle) != VK_SUCCESS)
        return VK_NULL_HANDLE;
    orr_vk_name(gpu, VK_OBJECT_TYPE_BUFFER_VIEW, ORR_VK_HANDLE(view->handle), buffer->label);
    buffer->view_count++;
    return view->handle;
}

void orr_vk_buffer_free(orr_gpu *gpu, orr_vk_buffer *buffer) {
    for (uint32_t i = 0; i < buffer->view_count; i++)
        gpu->vk.vkDestroyBufferView(gpu->device, buffer->views[i].handle, NULL);
    free(buffer->views);
    buffer->views = NULL;
    if (buffer->handle != VK_NULL_HANDLE) gpu->vk.vkDestroyBuffer(gpu->device, buffer->handle, NULL);
    orr_vk_memory_free(gpu, &buffer->memory);
    orr_table_remove(&gpu->buffers, &buffer->item);
}
