/* Pipelines and their layouts. Any thread may create: what is shared is the table, the layout cache and the
 * driver's cache, which all lock. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "gpu/vk.h"

static VkDescriptorType descriptor_type(orr_bind_kind kind) {
    switch (kind) {
    case ORR_BIND_UNIFORM:
        return VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER;
    case ORR_BIND_STORAGE_READ:
    case ORR_BIND_STORAGE_WRITE:
        return VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    case ORR_BIND_TEXEL:
        return VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER;
    case ORR_BIND_SAMPLED:
        return VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
    default:
        return VK_DESCRIPTOR_TYPE_STORAGE_IMAGE;
    }
}

static orr_status copy_slots(orr_vk_pipeline *p, const orr_gpu_slot *slots, uint32_t count, orr_error *err) {
    p->slots = orr_calloc((size_t)count + 1u, sizeof *p->slots);
    if (p->slots == NULL) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for pipeline '%s'", p->label);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t elements = slots[i].count == 0 ? 1 : slots[i].count;
        if (elements > ORR_VK_DESCRIPTORS - p->descriptor_count)
            return orr_fail(err, ORR_E_LIMIT, NULL, "pipeline '%s' has more than %u descriptors", p->label,
                            ORR_VK_DESCRIPTORS);
        for (uint32_t j = 0; j < i; j++)
            if (slots[j].binding == slots[i].binding)
                return orr_fail(err, ORR_E_ARGUMENT, NULL, "pipeline '%s' declares binding %u twice",
                                p->label, slots[i].binding);
        p->slots[i] = (orr_vk_slot){.binding = slots[i].binding,
                                    .count = elements,
                                    .first = p->descriptor_count,
                                    .kind = slots[i].kind,
                                    .type = descriptor_type(slots[i].kind)};
        p->descriptor_count += elements;
    }
    p->slot_count = count;
    return ORR_OK;
}

static VkResult make_set_layout(orr_gpu *gpu, const orr_vk_pipeline *p, VkDescriptorSetLayout *out) {
    VkDescriptorSetLayoutBinding bindings[ORR_VK_DESCRIPTORS];
    for (uint32_t i = 0; i < p->slot_count; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){.binding = p->slots[i].binding,
                                                     .descriptorType = p->slots[i].type,
                                                     .descriptorCount = p->slots[i].count,
                                                     .stageFlags = p->stages};
    VkDescriptorSetLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .flags = p->push_set ? VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR : 0,
        .bindingCount = p->slot_count,
        .pBindings = bindings};
    return gpu->vk.vkCreateDescriptorSetLayout(gpu->device, &info, NULL, out);
}

/* Pipelines with the same slots share a set layout. */
static VkResult find_set_layout(orr_gpu *gpu, orr_vk_pipeline *p) {
    uint32_t words[4 * ORR_VK_DESCRIPTORS + 2], n = 0;
    words[n++] = p->stages;
    words[n++] = p->push_set;
    for (uint32_t i = 0; i < p->slot_count; i++) {
        words[n++] = p->slots[i].binding;
        words[n++] = (uint32_t)p->slots[i].type;
        words[n++] = p->slots[i].count;
    }
    uint64_t key = orr_hash64(words, n * sizeof words[0], n);
    VkResult result = VK_SUCCESS;
    orr_mutex_lock(gpu->mutex);
    uint32_t i = 0;
    while (i < gpu->set_layout_count && gpu->set_layouts[i].key != key) i++;
    if (i == gpu->set_layout_count) {
        orr_vk_set_layout *grown = orr_realloc(gpu->set_layouts, (size_t)i + 1u, sizeof *grown);
        if (grown == NULL) {
            result = VK_ERROR_OUT_OF_HOST_MEMORY;
        } else {
            gpu->set_layouts = grown;
            grown[i] = (orr_vk_set_layout){.key = key, .push = p->push_set};
            result = make_set_layout(gpu, p, &grown[i].handle);
            if (result == VK_SUCCESS) gpu->set_layout_count++;
        }
    }
    if (result == VK_SUCCESS) p->set_layout = gpu->set_layouts[i].handle;
    orr_mutex_unlock(gpu->mutex);
    return result;
}

void orr_vk_layouts_close(orr_gpu *gpu) {
    for (uint32_t i = 0; i < gpu->set_layout_count; i++)
        gpu->vk.vkDestroyDescriptorSetLayout(gpu->device, gpu->set_layouts[i].handle, NULL);
    free(gpu->set_layouts);
    gpu->set_layouts = NULL;
    gpu->set_layout_count = 0;
}

static orr_status make_layout(orr_gpu *gpu, orr_vk_pipeline *p, const orr_gpu_slot *slots,
                              uint32_t slot_count, uint32_t push_bytes, orr_error *err) {
    if (push_bytes > ORR_VK_PUSH_BYTES || push_bytes % 4 != 0)
        return orr_fail(err, ORR_E_LIMIT, NULL, "pipeline '%s' pushes %u bytes: at most %u, in words of 4",
                        p->label, push_bytes, ORR_VK_PUSH_BYTES);
    p->push_bytes = push_bytes;
    orr_status status = copy_slots(p, slots, slot_count, err);
    if (status != ORR_OK) return status;
    p->push_set = gpu->caps.push_descriptors && p->descriptor_count <= gpu->caps.max_push_descriptors;
    VkResult result = VK_SUCCESS;
    if (slot_count > 0) result = find_set_layout(gpu, p);
    if (result != VK_SUCCESS) return orr_vk_fail(gpu, err, result, "create the set layout of", p->label);
    VkPushConstantRange range = {.stageFlags = p->stages, .size = push_bytes};
    VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                       .setLayoutCount = slot_count > 0 ? 1 : 0,
                                       .pSetLayouts = &p->set_layout,
                                       .pushConstantRangeCount = push_bytes > 0 ? 1 : 0,
                                       .pPushConstantRanges = &range};
    result = gpu->vk.vkCreatePipelineLayout(gpu->device, &info, NULL, &p->layout);
    if (result != VK_SUCCESS) return orr_vk_fail(gpu, err, result, "create the layout of", p->label);
    orr_vk_name(gpu, VK_OBJECT_TYPE_PIPELINE_LAYOUT, ORR_VK_HANDLE(p->layout), p->label);
    return ORR_OK;
}

static orr_status make_module(orr_gpu *gpu, const orr_gpu_shader *shader, const char *label,
                              VkShaderModule *out, orr_error *err) {
    if (shader->spirv == NULL || shader->spirv_bytes < 20 || shader->spirv_bytes % 4 != 0 ||
        shader->spirv[0] != 0x07230203u)
        return orr_fail(err, ORR_E_SHADER, NULL, "pipeline '%s': its shader is not SPIR-V", label);
    VkShaderModuleCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                     .codeSize = shader->spirv_bytes,
                                     .pCode = shader->spirv};
    VkResult result = gpu->vk.vkCreateShaderModule(gpu->device, &info, NULL, out);
    if (result != VK_SUCCESS) return orr_vk_fail(gpu, err, result, "create the shader module of", label);
    orr_vk_name(gpu, VK_OBJECT_TYPE_SHADER_MODULE, ORR_VK_HANDLE(*out), label);
    return ORR_OK;
}

/* Specialisation constants; `map` has room for `count`. */
static VkSpecializationInfo specialise(const orr_gpu_spec *specs, uint32_t count,
                                       VkSpecializationMapEntry *map) {
    for (uint32_t i = 0; i < count; i++)
        map[i] = (VkSpecializationMapEntry){.constantID = specs[i].id,
                                            .offset =
                                                (uint32_t)(i * sizeof *specs + offsetof(orr_gpu_spec, value)),
                                            .size = sizeof specs[i].value};
    return (VkSpecializationInfo){
        .mapEntryCount = count, .pMapEntries = map, .dataSize = count * sizeof *specs, .pData = specs};
}

#define MAX_SPECS 64u

static orr_status begin_pipeline(orr_gpu *gpu, const char *label, uint32_t spec_count, orr_vk_pipeline **out,
                                 orr_error *err) {
    orr_item *item = NULL;
    if (spec_count > MAX_SPECS)
        return orr_fail(err, ORR_E_LIMIT, NULL, "pipeline '%s' has more than %u specialisation constants",
                        label != NULL ? label : "pipeline", MAX_SPECS);
    orr_status status = orr_table_add(&gpu->pipelines, "pipelines", &item, err);
    if (status != ORR_OK) return status;
    *out = (orr_vk_pipeline *)item;
    orr_vk_copy_label((*out)->label, label, "pipeline");
    return ORR_OK;
}

static orr_status end_pipeline(orr_gpu *gpu, orr_vk_pipeline *p, orr_status status, orr_gpu_pipeline *out) {
    if (status != ORR_OK) {
        orr_vk_pipeline_free(gpu, p);
        return status;
    }
    orr_vk_name(gpu, VK_OBJECT_TYPE_PIPELINE, ORR_VK_HANDLE(p->handle), p->label);
    out->id = orr_table_publish(&p->item);
    return ORR_OK;
}

static orr_status create_failed(orr_gpu *gpu, const orr_vk_pipeline *p, VkResult result, orr_error *err) {
    if (result == VK_SUCCESS) return ORR_OK;
    if (result == VK_ERROR_INVALID_SHADER_NV || result == VK_ERROR_UNKNOWN ||
        result == VK_ERROR_INITIALIZATION_FAILED)
        return orr_fail(err, ORR_E_SHADER, NULL, "the driver could not compile pipeline '%s' (VkResult %d)",
                        p->label, (int)result);
    return orr_vk_fail(gpu, err, result, "create pipeline", p->label);
}

orr_status orr_gpu_compute_create(orr_gpu *gpu, const orr_gpu_compute_params *params, orr_gpu_pipeline *out,
                                  orr_error *err) {
    *out = (orr_gpu_pipeline){0};
    orr_vk_pipeline *p = NULL;
    orr_status status = begin_pipeline(gpu, params->label, params->spec_count, &p, err);
    if (status != ORR_OK) return status;
    p->stages = VK_SHADER_STAGE_COMPUTE_BIT;
    VkShaderModule module = VK_NULL_HANDLE;
    status = make_layout(gpu, p, params->slots, params->slot_count, params->push_bytes, err);
    if (status == ORR_OK) status = make_module(gpu, &params->shader, p->label, &module, err);
    if (status == ORR_OK) {
        VkSpecializationMapEntry map[MAX_SPECS];
        VkSpecializationInfo spec = specialise(params->specs, params->spec_count, map);
        VkComputePipelineCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
            .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                      .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                      .module = module,
                      .pName = "main",
                      .pSpecializationInfo = &spec},
            .layout = p->layout};
        VkResult result =
            gpu->vk.vkCreateComputePipelines(gpu->device, gpu->cache, 1, &info, NULL, &p->handle);
        status = create_failed(gpu, p, result, err);
        gpu->vk.vkDestroyShaderModule(gpu->device, module, NULL);
    }
    return end_pipeline(gpu, p, status, out);
}

/* --- raster -------------------------------------------------------------------------------------------- */

#define MAX_ATTRIBUTES 16u

typedef struct raster_info { /* everything VkGraphicsPipelineCreateInfo points at */
    VkPipelineShaderStageCreateInfo stages[2];
    VkVertexInputBindingDescription binding;
    VkVertexInputAttributeDescription attributes[MAX_ATTRIBUTES];
    VkPipelineVertexInputStateCreateInfo input;
    VkPipelineInputAssemblyStateCreateInfo assembly;
    VkPipelineViewportStateCreateInfo viewport;
    VkPipelineRasterizationStateCreateInfo raster;
    VkPipelineMultisampleStateCreateInfo multisample;
    VkPipelineDepthStencilStateCreateInfo depth;
    VkPipelineColorBlendAttachmentState blends[8];
    VkPipelineColorBlendStateCreateInfo blend;
    VkPipelineDynamicStateCreateInfo dynamic;
    VkFormat colours[8];
    VkPipelineRenderingCreateInfo rendering;
} raster_info;

static const VkDynamicState dynamic_states[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};

static void fill_input(raster_info *r, const orr_gpu_raster_params *p) {
    r->binding = (VkVertexInputBindingDescription){.stride = p->vertex_stride,
                                                   .inputRate = VK_VERTEX_INPUT_RATE_VERTEX};
    for (uint32_t i = 0; i < p->attribute_count; i++)
        r->attributes[i] =
            (VkVertexInputAttributeDescription){.location = p->attributes[i].location,
                                                .format = orr_vk_format(p->attributes[i].format),
                                                .offset = p->attributes[i].offset_bytes};
    r->input = (VkPipelineVertexInputStateCreateInfo){
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
        .vertexBindingDescriptionCount = p->vertex_stride > 0 ? 1 : 0,
        .pVertexBindingDescriptions = &r->binding,
        .vertexAttributeDescriptionCount = p->attribute_count,
        .pVertexAttributeDescriptions = r->attributes};
    r->assembly = (VkPipelineInputAssemblyStateCreateInfo){
        .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
        .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST};
}

static void fill_raster(raster_info *r, const orr_gpu_raster_params *p) {
    static const VkCullModeFlags cull[] = {VK_CULL_MODE_NONE, VK_CULL_MODE_BACK_BIT, VK_CULL_MODE_FRONT_BIT};
    r->viewport =
        (VkPipelineViewportStateCreateInfo){.sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
                                            .viewportCount = 1,
                                            .scissorCount = 1};
    bool bias = p->depth_bias_constant != 0.0f || p->depth_bias_slope != 0.0f;
    /* The viewport has a negative height, so that +y is up; what is counter-clockwise to the eye is then so
     * for Vulkan. */
    r->raster = (VkPipelineRasterizationStateCreateInfo){
        .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO,
        .depthClampEnable = p->depth_clamp,
        .polygonMode = VK_POLYGON_MODE_FILL,
        .cullMode = cull[p->cull],
        .frontFace = VK_FRONT_FACE_COUNTER_CLOCKWISE,
        .depthBiasEnable = bias,
        .depthBiasConstantFactor = p->depth_bias_constant,
        .depthBiasSlopeFactor = p->depth_bias_slope,
        .lineWidth = 1.0f};
    r->multisample = (VkPipelineMultisampleStateCreateInfo){
        .sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
        .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT};
    r->depth = (VkPipelineDepthStencilStateCreateInfo){
        .sType = VK_STRUCTURE_TYPE_PIPELINE_DEPTH_STENCIL_STATE_CREATE_INFO,
        .depthTestEnable = p->depth_test || p->depth_write,
        .depthWriteEnable = p->depth_write,
        .depthCompareOp = p->depth_test ? VK_COMPARE_OP_GREATER_OR_EQUAL : VK_COMPARE_OP_ALWAYS};
    r->dynamic =
        (VkPipelineDynamicStateCreateInfo){.sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
                                           .dynamicStateCount = 2,
                                           .pDynamicStates = dynamic_states};
}

static void fill_output(raster_info *r, const orr_gpu_raster_params *p) {
    const VkColorComponentFlags all = VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT |
                                      VK_COLOR_COMPONENT_B_BIT | VK_COLOR_COMPONENT_A_BIT;
    for (uint32_t i = 0; i < p->colour_count; i++) {
        r->colours[i] = orr_vk_format(p->colours[i]);
        r->blends[i] = (VkPipelineColorBlendAttachmentState){
            .blendEnable = i == 0 && p->blend == ORR_BLEND_PREMULTIPLIED,
            .srcColorBlendFactor = VK_BLEND_FACTOR_ONE,
            .dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
            .srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
            .dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
            .colorWriteMask = all};
    }
    r->blend = (VkPipelineColorBlendStateCreateInfo){
        .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
        .attachmentCount = p->colour_count,
        .pAttachments = r->blends};
    r->rendering = (VkPipelineRenderingCreateInfo){.sType = VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
                                                   .colorAttachmentCount = p->colour_count,
                                                   .pColorAttachmentFormats = r->colours,
                                                   .depthAttachmentFormat = orr_vk_format(p->depth)};
}

static VkResult create_raster(orr_gpu *gpu, orr_vk_pipeline *p, const orr_gpu_raster_params *params,
                              const VkShaderModule modules[2]) {
    VkSpecializationMapEntry map[MAX_SPECS];
    VkSpecializationInfo spec = specialise(params->specs, params->spec_count, map);
    raster_info r;
    uint32_t stage_count = modules[1] != VK_NULL_HANDLE ? 2 : 1;
    for (uint32_t i = 0; i < 2; i++)
        r.stages[i] = (VkPipelineShaderStageCreateInfo){
            .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
            .stage = i == 0 ? VK_SHADER_STAGE_VERTEX_BIT : VK_SHADER_STAGE_FRAGMENT_BIT,
            .module = modules[i],
            .pName = "main",
            .pSpecializationInfo = &spec};
    fill_input(&r, params);
    fill_raster(&r, params);
    fill_output(&r, params);
    VkGraphicsPipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
                                         .pNext = &r.rendering,
                                         .stageCount = stage_count,
                                         .pStages = r.stages,
                                         .pVertexInputState = &r.input,
                                         .pInputAssemblyState = &r.assembly,
                                         .pViewportState = &r.viewport,
                                         .pRasterizationState = &r.raster,
                                         .pMultisampleState = &r.multisample,
                                         .pDepthStencilState = &r.depth,
                                         .pColorBlendState = &r.blend,
                                         .pDynamicState = &r.dynamic,
                                         .layout = p->layout};
    return gpu->vk.vkCreateGraphicsPipelines(gpu->device, gpu->cache, 1, &info, NULL, &p->handle);
}

static orr_status check_raster(orr_gpu *gpu, const orr_vk_pipeline *p, const orr_gpu_raster_params *params,
                               orr_error *err) {
    if (params->colour_count > 8 || params->attribute_count > MAX_ATTRIBUTES)
        return orr_fail(err, ORR_E_LIMIT, NULL,
                        "pipeline '%s' has %u colours (at most 8) and %u vertex attributes (at most %u)",
                        p->label, params->colour_count, params->attribute_count, MAX_ATTRIBUTES);
    if (params->depth_clamp && !gpu->caps.depth_clamp)
        return orr_fail(err, ORR_E_UNSUPPORTED, NULL, "pipeline '%s': '%s' cannot clamp depth", p->label,
                        gpu->info.name);
    for (uint32_t i = 0; i < params->attribute_count; i++) {
        const orr_gpu_attribute *a = &params->attributes[i];
        if (a->offset_bytes + orr_format_bytes(a->format) > params->vertex_stride)
            return orr_fail(err, ORR_E_ARGUMENT, NULL,
                            "pipeline '%s': attribute %u ends past the vertex of %u bytes", p->label,
                            a->location, params->vertex_stride);
    }
    return ORR_OK;
}

orr_status orr_gpu_raster_create(orr_gpu *gpu, const orr_gpu_raster_params *params, orr_gpu_pipeline *out,
                                 orr_error *err) {
    *out = (orr_gpu_pipeline){0};
    orr_vk_pipeline *p = NULL;
    orr_status status = begin_pipeline(gpu, params->label, params->spec_count, &p, err);
    if (status != ORR_OK) return status;
    p->raster = true;
    p->stages = VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT;
    p->vertex_stride = params->vertex_stride;
    p->depth = params->depth != ORR_FORMAT_NONE;
    p->depth_write = params->depth_write;
    VkShaderModule modules[2] = {VK_NULL_HANDLE, VK_NULL_HANDLE};
    status = check_raster(gpu, p, params, err);
    if (status == ORR_OK)
        status = make_layout(gpu, p, params->slots, params->slot_count, params->push_bytes, err);
    if (status == ORR_OK) status = make_module(gpu, &params->vertex, p->label, &modules[0], err);
    if (status == ORR_OK && params->fragment.spirv != NULL)
        status = make_module(gpu, &params->fragment, p->label, &modules[1], err);
    if (status == ORR_OK) status = create_failed(gpu, p, create_raster(gpu, p, params, modules), err);
    for (size_t i = 0; i < 2; i++)
        if (modules[i] != VK_NULL_HANDLE) gpu->vk.vkDestroyShaderModule(gpu->device, modules[i], NULL);
    return end_pipeline(gpu, p, status, out);
}

void orr_gpu_pipeline_destroy(orr_gpu *gpu, orr_gpu_pipeline *id) {
    orr_vk_pipeline *pipeline = orr_table_get(&gpu->pipelines, id->id);
    *id = (orr_gpu_pipeline){0};
    if (pipeline != NULL) orr_vk_retire(gpu, ORR_VK_PIPELINE, &pipeline->item);
}

void orr_vk_pipeline_free(orr_gpu *gpu, orr_vk_pipeline *p) {
    if (p->handle != VK_NULL_HANDLE) gpu->vk.vkDestroyPipeline(gpu->device, p->handle, NULL);
    if (p->layout != VK_NULL_HANDLE) gpu->vk.vkDestroyPipelineLayout(gpu->device, p->layout, NULL);
    free(p->slots);
    p->slots = NULL;
    orr_table_remove(&gpu->pipelines, &p->item);
}
