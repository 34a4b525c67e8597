/* Pixel formats: sizes, GLSL names, Vulkan's names. */
#include "gpu/vk.h"

typedef struct format_row {
    uint32_t bytes;
    const char *glsl;
    VkFormat vulkan;
} format_row;

static const format_row rows[ORR_FORMAT_COUNT] = {
    [ORR_FORMAT_R8_UNORM] = {1, "r8", VK_FORMAT_R8_UNORM},
    [ORR_FORMAT_RG8_UNORM] = {2, "rg8", VK_FORMAT_R8G8_UNORM},
    [ORR_FORMAT_RGBA8_UNORM] = {4, "rgba8", VK_FORMAT_R8G8B8A8_UNORM},
    [ORR_FORMAT_RGBA8_SRGB] = {4, NULL, VK_FORMAT_R8G8B8A8_SRGB},
    [ORR_FORMAT_R16_SFLOAT] = {2, "r16f", VK_FORMAT_R16_SFLOAT},
    [ORR_FORMAT_RG16_SFLOAT] = {4, "rg16f", VK_FORMAT_R16G16_SFLOAT},
    [ORR_FORMAT_RGBA16_SFLOAT] = {8, "rgba16f", VK_FORMAT_R16G16B16A16_SFLOAT},
    [ORR_FORMAT_R32_SFLOAT] = {4, "r32f", VK_FORMAT_R32_SFLOAT},
    [ORR_FORMAT_RG32_SFLOAT] = {8, "rg32f", VK_FORMAT_R32G32_SFLOAT},
    [ORR_FORMAT_RGB32_SFLOAT] = {12, NULL, VK_FORMAT_R32G32B32_SFLOAT},
    [ORR_FORMAT_RGBA32_SFLOAT] = {16, "rgba32f", VK_FORMAT_R32G32B32A32_SFLOAT},
    [ORR_FORMAT_R32_UINT] = {4, "r32ui", VK_FORMAT_R32_UINT},
    [ORR_FORMAT_RG32_UINT] = {8, "rg32ui", VK_FORMAT_R32G32_UINT},
    [ORR_FORMAT_RGBA32_UINT] = {16, "rgba32ui", VK_FORMAT_R32G32B32A32_UINT},
    [ORR_FORMAT_D32_SFLOAT] = {4, NULL, VK_FORMAT_D32_SFLOAT},
};

static const format_row *row_of(orr_gpu_format format) {
    static const format_row none = {0, NULL, VK_FORMAT_UNDEFINED};
    return (unsigned)format < ORR_FORMAT_COUNT ? &rows[format] : &none;
}

uint32_t orr_format_bytes(orr_gpu_format format) {
    return row_of(format)->bytes;
}

const char *orr_format_glsl(orr_gpu_format format) {
    return row_of(format)->glsl;
}

VkFormat orr_vk_format(orr_gpu_format format) {
    return row_of(format)->vulkan;
}
