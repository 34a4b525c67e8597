/* Which device: what each can do, what it lacks, and the choice among them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "gpu/vk.h"
#include "gpu/vk_features.h"

static orr_gpu_kind kind_of(VkPhysicalDeviceType type) {
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return ORR_GPU_DISCRETE;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return ORR_GPU_INTEGRATED;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return ORR_GPU_VIRTUAL;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return ORR_GPU_CPU;
    default:
        return ORR_GPU_OTHER;
    }
}

bool orr_vk_has_extension(const VkExtensionProperties *list, uint32_t count, const char *name) {
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(list[i].extensionName, name) == 0) return true;
    return false;
}

VkExtensionProperties *orr_vk_extensions(const orr_vk_instance *instance, VkPhysicalDevice device,
                                         uint32_t *count) {
    *count = 0;
    if (instance->extensions(device, NULL, count, NULL) != VK_SUCCESS) *count = 0;
    VkExtensionProperties *list = orr_calloc(*count + 1u, sizeof *list);
    if (list == NULL || (*count > 0 && instance->extensions(device, NULL, count, list) < 0)) *count = 0;
    return list;
}

uint32_t orr_vk_queue_family(const orr_vk_instance *instance, VkPhysicalDevice device,
                             uint32_t *timestamp_bits) {
    VkQueueFamilyProperties families[32];
    uint32_t count = 32;
    instance->queues(device, &count, families);
    for (uint32_t i = 0; i < count; i++) {
        VkQueueFlags need = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
        if ((families[i].queueFlags & need) == need) {
            *timestamp_bits = families[i].timestampValidBits;
            return i;
        }
    }
    return UINT32_MAX;
}

static void lacks(orr_gpu_device_info *info, const char *name) {
    size_t used = strlen(info->missing);
    (void)orr_format(info->missing + used, sizeof info->missing - used, "%s%s", used > 0 ? ", " : "", name);
    info->usable = false;
}

static void check_usable(const orr_vk_instance *instance, VkPhysicalDevice device, uint32_t version,
                         orr_gpu_device_info *info) {
    info->usable = true;
    uint32_t bits = 0;
    if (orr_vk_queue_family(instance, device, &bits) == UINT32_MAX)
        lacks(info, "a queue for graphics and compute");
    if (version < VK_API_VERSION_1_2) {
        lacks(info, "Vulkan 1.2");
        return;
    }
    bool core = version >= VK_API_VERSION_1_3;
    if (!core) {
        uint32_t count = 0;
        VkExtensionProperties *list = orr_vk_extensions(instance, device, &count);
        const char *const names[] = {"VK_KHR_dynamic_rendering", "VK_KHR_synchronization2"};
        for (size_t i = 0; i < 2; i++)
            if (list == NULL || !orr_vk_has_extension(list, count, names[i])) lacks(info, names[i]);
        free(list);
        if (!info->usable) return;
    }
    orr_vk_features features;
    orr_vk_features_query(instance, device, core, &features);
    if (!features.v12.timelineSemaphore) lacks(info, "timelineSemaphore");
    if (!features.rendering.dynamicRendering) lacks(info, "dynamicRendering");
    if (!features.sync2.synchronization2) lacks(info, "synchronization2");
}

static void describe(const orr_vk_instance *instance, VkPhysicalDevice device, orr_gpu_device_info *info) {
    memset(info, 0, sizeof *info);
    VkPhysicalDeviceDriverProperties driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                              .pNext = &driver};
    instance->properties(device, &properties);
    const VkPhysicalDeviceProperties *core = &properties.properties;
    (void)orr_format(info->name, sizeof info->name, "%s", core->deviceName);
    (void)orr_format(info->driver, sizeof info->driver, "%.63s %.63s", driver.driverName, driver.driverInfo);
    for (size_t i = 0; i < VK_UUID_SIZE; i++)
        (void)orr_format(info->uuid + 2 * i, 3, "%02x", core->pipelineCacheUUID[i]);
    info->kind = kind_of(core->deviceType);
    info->vulkan_major = VK_API_VERSION_MAJOR(core->apiVersion);
    info->vulkan_minor = VK_API_VERSION_MINOR(core->apiVersion);
    info->vulkan_patch = VK_API_VERSION_PATCH(core->apiVersion);
    VkPhysicalDeviceMemoryProperties2 memory = {.sType =
                                                    VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2};
    instance->memory(device, &memory);
    for (uint32_t i = 0; i < memory.memoryProperties.memoryHeapCount; i++) {
        const VkMemoryHeap *heap = &memory.memoryProperties.memoryHeaps[i];
        if ((heap->flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) && heap->size > info->device_bytes)
            info->device_bytes = heap->size;
    }
    check_usable(instance, device, core->apiVersion, info);
}

/* Both arrays are the caller's to free. */
static orr_status describe_all(const orr_vk_instance *instance, VkPhysicalDevice **devices,
                               orr_gpu_device_info **infos, uint32_t *count, orr_error *err) {
    *count = 0;
    (void)instance->enumerate(instance->handle, count, NULL);
    *devices = orr_calloc(*count + 1u, sizeof **devices);
    *infos = orr_calloc(*count + 1u, sizeof **infos);
    if (*devices == NULL || *infos == NULL)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the list of devices");
    if (*count > 0 && instance->enumerate(instance->handle, count, *devices) < 0) *count = 0;
    for (uint32_t i = 0; i < *count; i++) describe(instance, (*devices)[i], &(*infos)[i]);
    return ORR_OK;
}

orr_status orr_gpu_list(orr_gpu_device_info **infos, uint32_t *count, orr_error *err) {
    *infos = NULL;
    *count = 0;
    orr_vk_instance instance;
    orr_gpu_params params = {0};
    if (orr_vk_instance_open(&instance, &params, NULL, NULL) != ORR_OK)
        return ORR_OK; /* none: an empty list */
    VkPhysicalDevice *devices = NULL;
    orr_status status = describe_all(&instance, &devices, infos, count, err);
    free(devices);
    if (status != ORR_OK) {
        free(*infos);
        *infos = NULL;
    }
    orr_vk_instance_close(&instance);
    return status;
}

static bool contains_folded(const char *text, const char *part) {
    size_t length = strlen(part);
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (i < length && text[i] != '\0' &&
               tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (i == length) return true;
    }
    return false;
}

static bool matches(const orr_gpu_device_info *info, uint32_t index, const char *wanted) {
    uint64_t number = 0;
    if (wanted == NULL || wanted[0] == '\0') return true;
    if (strcmp(wanted, "cpu") == 0) return info->kind == ORR_GPU_CPU;
    if (orr_parse_u64(wanted, &number)) return number == index;
    return contains_folded(info->name, wanted);
}

static orr_status no_device(const orr_gpu_device_info *infos, uint32_t count, const char *wanted,
                            orr_error *err) {
    if (count == 0)
        return orr_fail(
            err, ORR_E_NO_DEVICE, NULL,
            "no Vulkan device: install a driver (mesa-vulkan-drivers has one that runs on any CPU)");
    orr_text list = {0};
    for (uint32_t i = 0; i < count; i++) {
        orr_text_printf(&list, "%s%u '%s'", i > 0 ? "; " : "", i, infos[i].name);
        if (!infos[i].usable) orr_text_printf(&list, " (lacks %s)", infos[i].missing);
    }
    orr_status status =
        wanted != NULL && wanted[0] != '\0'
            ? orr_fail(err, ORR_E_NO_DEVICE, NULL, "no usable Vulkan device matches '%s'; found: %s", wanted,
                       orr_text_cstr(&list))
            : orr_fail(err, ORR_E_NO_DEVICE, NULL, "no usable Vulkan device; found: %s",
                       orr_text_cstr(&list));
    orr_text_free(&list);
    return status;
}

orr_status orr_vk_device_choose(orr_gpu *gpu, const char *wanted, orr_error *err) {
    VkPhysicalDevice *devices = NULL;
    orr_gpu_device_info *infos = NULL;
    uint32_t count = 0, best = UINT32_MAX;
    orr_status status = describe_all(&gpu->instance, &devices, &infos, &count, err);
    if (status == ORR_OK) {
        for (uint32_t i = 0; i < count; i++)
            if (infos[i].usable && matches(&infos[i], i, wanted) &&
                (best == UINT32_MAX || infos[i].kind > infos[best].kind))
                best = i;
        if (best == UINT32_MAX) {
            status = no_device(infos, count, wanted, err);
        } else {
            gpu->physical = devices[best];
            gpu->info = infos[best];
        }
    }
    free(devices);
    free(infos);
    return status;
}
