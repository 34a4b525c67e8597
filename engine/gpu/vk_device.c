/* The logical device and the life of an orr_gpu. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "gpu/vk.h"
#include "gpu/vk_features.h"

void orr_vk_features_query(const orr_vk_instance *instance, VkPhysicalDevice device, bool core13,
                           orr_vk_features *out) {
    (void)core13; /* the promoted structures have the same names and types in 1.2 with the extensions */
    memset(out, 0, sizeof *out);
    out->core.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    out->v11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
    out->v12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    out->rendering.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DYNAMIC_RENDERING_FEATURES;
    out->sync2.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SYNCHRONIZATION_2_FEATURES;
    out->core.pNext = &out->v11;
    out->v11.pNext = &out->v12;
    out->v12.pNext = &out->rendering;
    out->rendering.pNext = &out->sync2;
    instance->features(device, &out->core);
}

void orr_vk_features_keep(orr_vk_features *f) {
    const VkPhysicalDeviceFeatures has = f->core.features;
    f->core.features =
        (VkPhysicalDeviceFeatures){.geometryShader = has.geometryShader, /* gl_PrimitiveID in fragments */
                                   .depthClamp = has.depthClamp,
                                   .independentBlend = has.independentBlend,
                                   .imageCubeArray = has.imageCubeArray,
                                   .fullDrawIndexUint32 = has.fullDrawIndexUint32,
                                   .fragmentStoresAndAtomics = has.fragmentStoresAndAtomics,
                                   .shaderStorageImageExtendedFormats = has.shaderStorageImageExtendedFormats,
                                   .shaderInt64 = has.shaderInt64,
                                   .shaderInt16 = has.shaderInt16};
    const VkPhysicalDeviceVulkan11Features v11 = f->v11;
    f->v11 = (VkPhysicalDeviceVulkan11Features){.sType = v11.sType,
                                                .pNext = v11.pNext,
                                                .storageBuffer16BitAccess = v11.storageBuffer16BitAccess,
                                                .shaderDrawParameters = v11.shaderDrawParameters};
    const VkPhysicalDeviceVulkan12Features v12 = f->v12;
    f->v12 =
        (VkPhysicalDeviceVulkan12Features){.sType = v12.sType,
                                           .pNext = v12.pNext,
                                           .timelineSemaphore = VK_TRUE,
                                           .storageBuffer8BitAccess = v12.storageBuffer8BitAccess,
                                           .shaderFloat16 = v12.shaderFloat16,
                                           .shaderInt8 = v12.shaderInt8,
                                           .scalarBlockLayout = v12.scalarBlockLayout,
                                           .uniformBufferStandardLayout = v12.uniformBufferStandardLayout,
                                           .hostQueryReset = v12.hostQueryReset};
}

static void read_caps(orr_gpu *gpu) {
    const orr_vk_instance *instance = &gpu->instance;
    VkPhysicalDeviceSubgroupProperties subgroup = {.sType =
                                                       VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
    VkPhysicalDevicePushDescriptorPropertiesKHR push = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PUSH_DESCRIPTOR_PROPERTIES_KHR, .pNext = &subgroup};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                              .pNext = gpu->caps.push_descriptors ? (void *)&push
                                                                                  : (void *)&subgroup};
    instance->properties(gpu->physical, &properties);
    gpu->caps.limits = properties.properties.limits;
    gpu->caps.max_push_descriptors = push.maxPushDescriptors;
    gpu->limits.subgroup_size = subgroup.subgroupSize;
    VkPhysicalDeviceMemoryProperties2 memory = {.sType =
                                                    VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2};
    instance->memory(gpu->physical, &memory);
    gpu->caps.memory = memory.memoryProperties;
    for (int i = ORR_FORMAT_NONE + 1; i < ORR_FORMAT_COUNT; i++)
        instance->formats(gpu->physical, orr_vk_format((orr_gpu_format)i), &gpu->caps.formats[i]);
}

static void fill_limits(orr_gpu *gpu) {
    const VkPhysicalDeviceLimits *limits = &gpu->caps.limits;
    gpu->limits.max_image_side = limits->maxImageDimension2D;
    gpu->limits.max_volume_side = limits->maxImageDimension3D;
    gpu->limits.max_layers = limits->maxImageArrayLayers;
    gpu->limits.max_texel_buffer_elements = limits->maxTexelBufferElements;
    gpu->limits.max_storage_bytes = limits->maxStorageBufferRange;
    gpu->limits.max_workgroup_invocations = limits->maxComputeWorkGroupInvocations;
    gpu->limits.timestamp_bits = gpu->caps.timestamp_bits;
    gpu->limits.primitive_id = gpu->caps.geometry;
    gpu->limits.depth_clamp = gpu->caps.depth_clamp;
    gpu->limits.push_descriptors = gpu->caps.push_descriptors;
    gpu->unified = gpu->info.kind == ORR_GPU_CPU || gpu->info.kind == ORR_GPU_INTEGRATED;
    gpu->limits.unified_memory = gpu->unified;
}

static uint32_t pick_extensions(orr_gpu *gpu, const VkExtensionProperties *list, uint32_t count,
                                const char *names[8]) {
    uint32_t n = 0;
    if (!gpu->caps.core13) {
        names[n++] = "VK_KHR_dynamic_rendering";
        names[n++] = "VK_KHR_synchronization2";
    }
    gpu->caps.push_descriptors = orr_vk_has_extension(list, count, VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME);
    if (gpu->caps.push_descriptors) names[n++] = VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME;
    gpu->caps.memory_budget = orr_vk_has_extension(list, count, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    if (gpu->caps.memory_budget) names[n++] = VK_EXT_MEMORY_BUDGET_EXTENSION_NAME;
    return n;
}

/* With 1.2 the promoted functions carry their extension's suffix; the rest of the backend calls the core
 * names. */
static void fill_promoted(struct VolkDeviceTable *vk) {
    if (vk->vkCmdPipelineBarrier2 == NULL) vk->vkCmdPipelineBarrier2 = vk->vkCmdPipelineBarrier2KHR;
    if (vk->vkCmdWriteTimestamp2 == NULL) vk->vkCmdWriteTimestamp2 = vk->vkCmdWriteTimestamp2KHR;
    if (vk->vkQueueSubmit2 == NULL) vk->vkQueueSubmit2 = vk->vkQueueSubmit2KHR;
    if (vk->vkCmdBeginRendering == NULL) vk->vkCmdBeginRendering = vk->vkCmdBeginRenderingKHR;
    if (vk->vkCmdEndRendering == NULL) vk->vkCmdEndRendering = vk->vkCmdEndRenderingKHR;
}

orr_status orr_vk_device_open(orr_gpu *gpu, orr_error *err) {
    orr_vk_instance *instance = &gpu->instance;
    gpu->caps.core13 = gpu->info.vulkan_major > 1 || gpu->info.vulkan_minor >= 3;
    uint32_t count = 0;
    VkExtensionProperties *list = orr_vk_extensions(instance, gpu->physical, &count);
    if (list == NULL) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the list of extensions");
    const char *names[8];
    uint32_t name_count = pick_extensions(gpu, list, count, names);
    free(list);
    orr_vk_features features;
    orr_vk_features_query(instance, gpu->physical, gpu->caps.core13, &features);
    orr_vk_features_keep(&features);
    gpu->caps.geometry = features.core.features.geometryShader;
    gpu->caps.depth_clamp = features.core.features.depthClamp;
    gpu->caps.queue_family = orr_vk_queue_family(instance, gpu->physical, &gpu->caps.timestamp_bits);
    read_caps(gpu);
    const float priority = 1.0f;
    VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                     .queueFamilyIndex = gpu->caps.queue_family,
                                     .queueCount = 1,
                                     .pQueuePriorities = &priority};
    VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                               .pNext = &features.core,
                               .queueCreateInfoCount = 1,
                               .pQueueCreateInfos = &queue,
                               .enabledExtensionCount = name_count,
                               .ppEnabledExtensionNames = names};
    VkResult result = instance->create_device(gpu->physical, &info, NULL, &gpu->device);
    if (result != VK_SUCCESS) return orr_vk_fail(gpu, err, result, "create a device on", gpu->info.name);
    volkLoadDeviceTable(&gpu->vk, gpu->device);
    fill_promoted(&gpu->vk);
    gpu->vk.vkGetDeviceQueue(gpu->device, gpu->caps.queue_family, 0, &gpu->queue);
    return ORR_OK;
}

static orr_status open_backend(orr_gpu *gpu, const orr_gpu_params *params, orr_error *err) {
    if (params->dummy) {
        orr_vk_dummy_open(gpu);
    } else {
        orr_status status = orr_vk_instance_open(&gpu->instance, params, gpu, err);
        if (status == ORR_OK) status = orr_vk_device_choose(gpu, params->device, err);
        if (status == ORR_OK) status = orr_vk_device_open(gpu, err);
        if (status != ORR_OK) return status;
    }
    fill_limits(gpu);
    VkSemaphoreTypeCreateInfo type = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                      .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
    VkSemaphoreCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
    VkResult result = gpu->vk.vkCreateSemaphore(gpu->device, &info, NULL, &gpu->timeline);
    if (result != VK_SUCCESS) return orr_vk_fail(gpu, err, result, "create the timeline of", gpu->label);
    orr_vk_name(gpu, VK_OBJECT_TYPE_SEMAPHORE, ORR_VK_HANDLE(gpu->timeline), "timeline");
    gpu->fixed_budget = params->memory_budget_bytes != 0;
    gpu->heap.budget = gpu->fixed_budget ? params->memory_budget_bytes : gpu->info.device_bytes;
    orr_vk_memory_budget(gpu);
    orr_vk_cache_load(gpu, params->cache_folder);
    orr_gpu_sampler_params nearest = {.label = "fallback", .nearest = true, .clamp = true};
    return orr_gpu_sampler_create(gpu, &nearest, &gpu->fallback_sampler, err);
}

orr_status orr_gpu_create(const orr_gpu_params *params, orr_gpu **out, orr_error *err) {
    *out = NULL;
    orr_gpu *gpu = orr_calloc(1, sizeof *gpu);
    if (gpu == NULL) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the GPU");
    gpu->log = params->log;
    orr_vk_copy_label(gpu->label, params->label, "gpu");
    gpu->mutex = orr_mutex_create();
    gpu->validation_mutex = orr_mutex_create();
    orr_table_open(&gpu->buffers, sizeof(orr_vk_buffer));
    orr_table_open(&gpu->textures, sizeof(orr_vk_texture));
    orr_table_open(&gpu->samplers, sizeof(orr_vk_sampler));
    orr_table_open(&gpu->pipelines, sizeof(orr_vk_pipeline));
    orr_status status = open_backend(gpu, params, err);
    if (status != ORR_OK) {
        orr_gpu_destroy(&gpu);
        return status;
    }
    orr_log_write(gpu->log, ORR_LOG_INFO, "device: %s (%s)", gpu->info.name, gpu->info.driver);
    *out = gpu;
    return ORR_OK;
}

/* Says what its owners forgot, by name. */
static void report_left(orr_gpu *gpu) {
    for (uint32_t i = 0; i < gpu->buffers.count; i++) {
        orr_vk_buffer *buffer = (orr_vk_buffer *)orr_table_at(&gpu->buffers, i);
        if (buffer == NULL) continue;
        orr_log_write(gpu->log, ORR_LOG_DEBUG, "buffer '%s' was never destroyed", buffer->label);
        orr_vk_retire(gpu, ORR_VK_BUFFER, &buffer->item);
    }
    for (uint32_t i = 0; i < gpu->textures.count; i++) {
        orr_vk_texture *texture = (orr_vk_texture *)orr_table_at(&gpu->textures, i);
        if (texture == NULL) continue;
        orr_log_write(gpu->log, ORR_LOG_DEBUG, "texture '%s' was never destroyed", texture->label);
        orr_vk_retire(gpu, ORR_VK_TEXTURE, &texture->item);
    }
    for (uint32_t i = 0; i < gpu->samplers.count; i++) {
        orr_item *sampler = orr_table_at(&gpu->samplers, i);
        if (sampler != NULL) orr_vk_retire(gpu, ORR_VK_SAMPLER, sampler);
    }
    for (uint32_t i = 0; i < gpu->pipelines.count; i++) {
        orr_vk_pipeline *pipeline = (orr_vk_pipeline *)orr_table_at(&gpu->pipelines, i);
        if (pipeline == NULL) continue;
        orr_log_write(gpu->log, ORR_LOG_DEBUG, "pipeline '%s' was never destroyed", pipeline->label);
        orr_vk_retire(gpu, ORR_VK_PIPELINE, &pipeline->item);
    }
}

static void close_device(orr_gpu *gpu) {
    if (gpu->vk.vkDeviceWaitIdle != NULL)
        (void)gpu->vk.vkDeviceWaitIdle(gpu->device); /* nothing is in a frame any more */
    while (gpu->open != NULL) {
        orr_cmd *cmd = gpu->open;
        orr_cmd_abandon(&cmd);
    }
    orr_cmd *lists[] = {gpu->in_flight, gpu->idle};
    gpu->in_flight = gpu->in_flight_last = gpu->idle = NULL;
    for (size_t i = 0; i < 2; i++) {
        for (orr_cmd *cmd = lists[i], *next; cmd != NULL; cmd = next) {
            next = cmd->next;
            orr_vk_chunks_give(&gpu->free_uniforms, &cmd->uniforms);
            orr_vk_chunks_give(&gpu->free_staging, &cmd->staging);
            orr_cmd_free(cmd);
        }
    }
    orr_vk_uploads_close(gpu);
    orr_vk_chunks_close(gpu, &gpu->free_uniforms);
    orr_vk_chunks_close(gpu, &gpu->free_staging);
    if (gpu->fallback_sampler.id != 0) orr_gpu_sampler_destroy(gpu, &gpu->fallback_sampler);
    orr_gpu_buffer_destroy(gpu, &gpu->marks);
    report_left(gpu);
    orr_vk_collect(gpu, UINT64_MAX, true);
    orr_vk_layouts_close(gpu);
    orr_vk_cache_save(gpu);
    orr_vk_memory_close(gpu);
    if (gpu->timeline != VK_NULL_HANDLE) gpu->vk.vkDestroySemaphore(gpu->device, gpu->timeline, NULL);
    gpu->vk.vkDestroyDevice(gpu->device, NULL);
}

void orr_gpu_destroy(orr_gpu **pointer) {
    orr_gpu *gpu = *pointer;
    if (gpu == NULL) return;
    *pointer = NULL;
    if (atomic_load(&gpu->given_up)) return; /* its driver works on, in memory that must stay */
    if (gpu->device != VK_NULL_HANDLE) close_device(gpu);
    orr_vk_instance_close(&gpu->instance);
    orr_table_close(&gpu->buffers);
    orr_table_close(&gpu->textures);
    orr_table_close(&gpu->samplers);
    orr_table_close(&gpu->pipelines);
    for (size_t i = 0; i < ORR_VK_TIMINGS; i++) free(gpu->times[i].scopes);
    free(gpu->dead);
    orr_mutex_destroy(&gpu->mutex);
    orr_mutex_destroy(&gpu->validation_mutex);
    free(gpu);
}

const orr_gpu_device_info *orr_gpu_device(const orr_gpu *gpu) {
    return &gpu->info;
}

const orr_gpu_limits *orr_gpu_get_limits(const orr_gpu *gpu) {
    return &gpu->limits;
}

/* --- errors and names ---------------------------------------------------------------------------------- */

orr_status orr_vk_fail(orr_gpu *gpu, orr_error *err, VkResult result, const char *what, const char *label) {
    switch (result) {
    case VK_ERROR_DEVICE_LOST:
        atomic_store(&gpu->lost, true);
        return orr_fail(err, ORR_E_DEVICE_LOST, NULL,
                        "the device '%s' was lost while trying to %s '%s': start again", gpu->info.name, what,
                        label);
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        return orr_fail(err, ORR_E_MEMORY, NULL, "the driver is out of host memory: could not %s '%s'", what,
                        label);
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        return orr_fail(err, ORR_E_GPU_MEMORY, NULL,
                        "the device is out of memory: could not %s '%s' (%" PRIu64 " bytes in use)", what,
                        label, gpu->heap.used);
    default:
        return orr_fail(err, ORR_E_GPU, NULL, "could not %s '%s': VkResult %d", what, label, (int)result);
    }
}

void orr_vk_copy_label(char *label, const char *from, const char *otherwise) {
    (void)orr_format(label, ORR_VK_LABEL, "%s", from != NULL && from[0] != '\0' ? from : otherwise);
}

void orr_vk_name(orr_gpu *gpu, VkObjectType type, uint64_t handle, const char *label) {
    if (gpu->instance.set_name == NULL) return;
    VkDebugUtilsObjectNameInfoEXT info = {.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
                                          .objectType = type,
                                          .objectHandle = handle,
                                          .pObjectName = label};
    (void)gpu->instance.set_name(gpu->device, &info);
}

uint32_t orr_gpu_validation_errors(const orr_gpu *gpu, char *first, size_t size) {
    orr_mutex_lock(gpu->validation_mutex);
    uint32_t count = gpu->validation_errors;
    if (first != NULL && size > 0) (void)orr_format(first, size, "%s", gpu->validation_first);
    orr_mutex_unlock(gpu->validation_mutex);
    return count;
}

orr_status orr_vk_check_validation(orr_gpu *gpu, orr_error *err) {
    orr_mutex_lock(gpu->validation_mutex);
    uint32_t count = gpu->validation_errors;
    bool fresh = count > gpu->validation_reported;
    gpu->validation_reported = count;
    orr_status status = ORR_OK;
    if (fresh)
        status = orr_fail(err, ORR_E_VALIDATION, NULL, "%u validation error(s); the first: %s", count,
                          gpu->validation_first);
    orr_mutex_unlock(gpu->validation_mutex);
    return status;
}
