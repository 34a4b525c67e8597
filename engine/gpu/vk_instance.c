/* The Vulkan instance, its validation messages, and what the machine's devices can do. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gpu/vk.h"

/* volk keeps the loader's entry points in process-wide pointers; engines made at the same time must not race
 * on them. */
static atomic_flag volk_lock = ATOMIC_FLAG_INIT;

static bool open_loader(uint32_t *version) {
    while (atomic_flag_test_and_set(&volk_lock)) orr_thread_yield();
    bool ready = vkCreateInstance != NULL || volkInitialize() == VK_SUCCESS;
    if (ready) *version = volkGetInstanceVersion();
    atomic_flag_clear(&volk_lock);
    return ready;
}

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                 VkDebugUtilsMessageTypeFlagsEXT types,
                                                 const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                 void *user) {
    orr_gpu *gpu = user;
    (void)types;
    bool is_error = (severity & VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT) != 0;
    if (is_error) {
        orr_mutex_lock(gpu->validation_mutex);
        if (gpu->validation_errors++ == 0)
            (void)orr_format(gpu->validation_first, sizeof gpu->validation_first, "%s", data->pMessage);
        orr_mutex_unlock(gpu->validation_mutex);
    }
    orr_log_write(gpu->log, is_error ? ORR_LOG_ERROR : ORR_LOG_WARNING, "validation: %s", data->pMessage);
    return VK_FALSE;
}

static void load_functions(orr_vk_instance *instance) {
    VkInstance handle = instance->handle;
#define LOAD(field, type) instance->field = (PFN_##type)vkGetInstanceProcAddr(handle, #type)
    LOAD(destroy, vkDestroyInstance);
    LOAD(enumerate, vkEnumeratePhysicalDevices);
    LOAD(properties, vkGetPhysicalDeviceProperties2);
    LOAD(features, vkGetPhysicalDeviceFeatures2);
    LOAD(memory, vkGetPhysicalDeviceMemoryProperties2);
    LOAD(queues, vkGetPhysicalDeviceQueueFamilyProperties);
    LOAD(formats, vkGetPhysicalDeviceFormatProperties);
    LOAD(image_formats, vkGetPhysicalDeviceImageFormatProperties);
    LOAD(extensions, vkEnumerateDeviceExtensionProperties);
    LOAD(create_device, vkCreateDevice);
    if (instance->debug_utils) {
        LOAD(create_messenger, vkCreateDebugUtilsMessengerEXT);
        LOAD(destroy_messenger, vkDestroyDebugUtilsMessengerEXT);
        LOAD(set_name, vkSetDebugUtilsObjectNameEXT);
    }
#undef LOAD
    while (atomic_flag_test_and_set(&volk_lock)) orr_thread_yield();
    vkGetDeviceProcAddr = (PFN_vkGetDeviceProcAddr)vkGetInstanceProcAddr(handle, "vkGetDeviceProcAddr");
    atomic_flag_clear(&volk_lock);
}

/* Tries with what is wanted and drops what the loader says is absent: asking it for lists first would load
 * every driver. */
static VkResult create_handle(orr_vk_instance *instance, const orr_gpu_params *params, uint32_t version,
                              const void *messenger) {
    static const VkValidationFeatureEnableEXT sync[] = {
        VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
    static const char *const layers[] = {"VK_LAYER_KHRONOS_validation"};
    static const char *const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME,
                                             VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME};
    VkValidationFeaturesEXT features = {.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
                                        .pNext = messenger,
                                        .enabledValidationFeatureCount = 1,
                                        .pEnabledValidationFeatures = sync};
    VkApplicationInfo app = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                             .pApplicationName = "orrery",
                             .pEngineName = "orrery",
                             .apiVersion =
                                 version >= VK_API_VERSION_1_3 ? VK_API_VERSION_1_3 : VK_API_VERSION_1_2};
    bool validation = params->validation || params->sync_validation;
    instance->layer_found = validation;
    instance->debug_utils = true;
    for (;;) {
        bool with_sync = instance->layer_found && params->sync_validation;
        VkInstanceCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
            .pNext = with_sync                                        ? &features
                     : instance->layer_found && instance->debug_utils ? messenger
                                                                      : NULL,
            .pApplicationInfo = &app,
            .enabledLayerCount = instance->layer_found ? 1 : 0,
            .ppEnabledLayerNames = layers,
            .enabledExtensionCount = (instance->debug_utils ? 1u : 0u) + (with_sync ? 1u : 0u),
            .ppEnabledExtensionNames = instance->debug_utils ? extensions : extensions + 1};
        VkResult result = vkCreateInstance(&info, NULL, &instance->handle);
        if (result == VK_ERROR_LAYER_NOT_PRESENT && instance->layer_found) {
            instance->layer_found = false;
        } else if (result == VK_ERROR_EXTENSION_NOT_PRESENT && instance->debug_utils) {
            instance->debug_utils = false;
        } else {
            return result;
        }
    }
}

orr_status orr_vk_instance_open(orr_vk_instance *instance, const orr_gpu_params *params, orr_gpu *owner,
                                orr_error *err) {
    memset(instance, 0, sizeof *instance);
    uint32_t version = 0;
    if (!open_loader(&version))
        return orr_fail(err, ORR_E_NO_DEVICE, NULL,
                        "no Vulkan loader (libvulkan.so.1): install libvulkan1 and a driver, for example "
                        "mesa-vulkan-drivers");
    if (version < VK_API_VERSION_1_2)
        return orr_fail(err, ORR_E_NO_DEVICE, NULL,
                        "the Vulkan loader is version 1.%u; Orrery needs 1.2 or newer",
                        VK_API_VERSION_MINOR(version));
    VkDebugUtilsMessengerCreateInfoEXT messenger = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity =
            VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT,
        .messageType =
            VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
        .pfnUserCallback = on_message,
        .pUserData = owner};
    VkResult result = create_handle(instance, params, version, owner == NULL ? NULL : &messenger);
    if (result != VK_SUCCESS)
        return orr_fail(
            err, ORR_E_NO_DEVICE, NULL,
            "no Vulkan driver could be loaded (VkResult %d): install one, for example mesa-vulkan-drivers",
            (int)result);
    load_functions(instance);
    if ((params->validation || params->sync_validation) && !instance->layer_found)
        orr_log_write(params->log, ORR_LOG_WARNING,
                      "validation was asked for, but VK_LAYER_KHRONOS_validation is not installed "
                      "(vulkan-validationlayers): going on without");
    if (owner != NULL && instance->layer_found && instance->create_messenger != NULL)
        (void)instance->create_messenger(instance->handle, &messenger, NULL, &instance->messenger);
    return ORR_OK;
}

void orr_vk_instance_close(orr_vk_instance *instance) {
    if (instance->handle == VK_NULL_HANDLE) return;
    if (instance->messenger != VK_NULL_HANDLE)
        instance->destroy_messenger(instance->handle, instance->messenger, NULL);
    instance->destroy(instance->handle, NULL);
    memset(instance, 0, sizeof *instance);
}
