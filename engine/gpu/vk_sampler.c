/* Samplers. */
#include "gpu/vk.h"

orr_status orr_gpu_sampler_create(orr_gpu *gpu, const orr_gpu_sampler_params *params, orr_gpu_sampler *out,
                                  orr_error *err) {
    *out = (orr_gpu_sampler){0};
    orr_item *item = NULL;
    orr_status status = orr_table_add(&gpu->samplers, "samplers", &item, err);
    if (status != ORR_OK) return status;
    orr_vk_sampler *sampler = (orr_vk_sampler *)item;
    VkFilter filter = params->nearest ? VK_FILTER_NEAREST : VK_FILTER_LINEAR;
    VkSamplerAddressMode wrap =
        params->clamp ? VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE : VK_SAMPLER_ADDRESS_MODE_REPEAT;
    VkSamplerCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
        .magFilter = filter,
        .minFilter = filter,
        .mipmapMode = params->mip_linear ? VK_SAMPLER_MIPMAP_MODE_LINEAR : VK_SAMPLER_MIPMAP_MODE_NEAREST,
        .addressModeU = wrap,
        .addressModeV = params->clamp_v ? VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE : wrap,
        .addressModeW = wrap,
        .compareEnable = params->compare_greater,
        .compareOp = VK_COMPARE_OP_GREATER_OR_EQUAL,
        .maxLod = VK_LOD_CLAMP_NONE};
    VkResult result = gpu->vk.vkCreateSampler(gpu->device, &info, NULL, &sampler->handle);
    if (result != VK_SUCCESS) {
        orr_table_remove(&gpu->samplers, item);
        return orr_vk_fail(gpu, err, result, "create the sampler",
                           params->label != NULL ? params->label : "sampler");
    }
    orr_vk_name(gpu, VK_OBJECT_TYPE_SAMPLER, ORR_VK_HANDLE(sampler->handle),
                params->label != NULL ? params->label : "sampler");
    out->id = orr_table_publish(item);
    return ORR_OK;
}

void orr_gpu_sampler_destroy(orr_gpu *gpu, orr_gpu_sampler *id) {
    orr_vk_sampler *sampler = orr_table_get(&gpu->samplers, id->id);
    *id = (orr_gpu_sampler){0};
    if (sampler != NULL) orr_vk_retire(gpu, ORR_VK_SAMPLER, &sampler->item);
}

void orr_vk_sampler_free(orr_gpu *gpu, orr_vk_sampler *sampler) {
    gpu->vk.vkDestroySampler(gpu->device, sampler->handle, NULL);
    orr_table_remove(&gpu->samplers, &sampler->item);
}
