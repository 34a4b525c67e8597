/* Device features: what a device has, and the subset Orrery switches on. */
#ifndef ORR_GPU_VK_FEATURES_H
#define ORR_GPU_VK_FEATURES_H

#include "gpu/vk.h"

typedef struct orr_vk_features { /* a chain; `core` is its head */
    VkPhysicalDeviceFeatures2 core;
    VkPhysicalDeviceVulkan11Features v11;
    VkPhysicalDeviceVulkan12Features v12;
    VkPhysicalDeviceDynamicRenderingFeatures rendering;
    VkPhysicalDeviceSynchronization2Features sync2;
} orr_vk_features;
void orr_vk_features_query(const orr_vk_instance *instance, VkPhysicalDevice device, bool core13,
                           orr_vk_features *out);
/* Leaves on only what Orrery uses. */
void orr_vk_features_keep(orr_vk_features *features);

uint32_t orr_vk_queue_family(const orr_vk_instance *instance, VkPhysicalDevice device,
                             uint32_t *timestamp_bits);
VkExtensionProperties *orr_vk_extensions(const orr_vk_instance *instance, VkPhysicalDevice device,
                                         uint32_t *count);
bool orr_vk_has_extension(const VkExtensionProperties *list, uint32_t count, const char *name);

#endif
