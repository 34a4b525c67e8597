/* Textures, their views, and memory shared by several of them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "gpu/vk.h"

VkImageAspectFlags orr_vk_aspect(const orr_vk_texture *texture) {
    return texture->depth ? VK_IMAGE_ASPECT_DEPTH_BIT : VK_IMAGE_ASPECT_COLOR_BIT;
}

static uint32_t whole_chain(uint32_t width, uint32_t height) {
    uint32_t side = width > height ? width : height, mips = 1;
    while (side > 1) {
        side >>= 1;
        mips++;
    }
    return mips;
}

static orr_status check_uses(const orr_gpu *gpu, const orr_vk_texture *t, const orr_gpu_texture_params *p,
                             orr_error *err) {
    VkFormatFeatureFlags has = gpu->caps.formats[t->format].optimalTilingFeatures;
    const struct {
        bool wanted;
        VkFormatFeatureFlags feature;
        const char *name;
    } uses[] = {
        {p->sampled, VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT, "sampled"},
        {p->storage, VK_FORMAT_FEATURE_STORAGE_IMAGE_BIT, "written as storage"},
        {p->attachment && !t->depth, VK_FORMAT_FEATURE_COLOR_ATTACHMENT_BIT, "a colour attachment"},
        {p->attachment && t->depth, VK_FORMAT_FEATURE_DEPTH_STENCIL_ATTACHMENT_BIT, "a depth attachment"}};
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
        if (uses[i].wanted && (has & uses[i].feature) == 0)
            return orr_fail(err, ORR_E_UNSUPPORTED, NULL, "texture '%s': its format cannot be %s on '%s'",
                            t->label, uses[i].name, gpu->info.name);
    return ORR_OK;
}

static orr_status check_volume(const orr_gpu *gpu, const orr_vk_texture *t, orr_error *err) {
    uint32_t side = gpu->limits.max_volume_side;
    if (t->width > side || t->height > side || t->volume > side)
        return orr_fail(err, ORR_E_LIMIT, NULL,
                        "3D texture '%s' of %u x %u x %u texels: the device takes 1 to %u a side", t->label,
                        t->width, t->height, t->volume, side);
    if (t->layers > 1 || t->array || t->mips > 1 || t->depth || t->attachment)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "3D texture '%s' has one layer and one mip, and nothing is drawn into it", t->label);
    return ORR_OK;
}

/* Fills and checks everything about the texture but its Vulkan objects. */
static orr_status describe(const orr_gpu *gpu, const orr_gpu_texture_params *p, orr_vk_texture *t,
                           orr_error *err) {
    orr_vk_copy_label(t->label, p->label, "texture");
    t->width = p->width;
    t->height = p->height;
    t->layers = p->cube ? 6 : p->layers == 0 ? 1 : p->layers;
    t->volume = p->depth;
    t->array = p->array || p->layers > 1;
    t->cube = p->cube;
    t->format = p->format;
    t->depth = p->format == ORR_FORMAT_D32_SFLOAT;
    t->sampled = p->sampled;
    t->storage = p->storage;
    t->attachment = p->attachment;
    uint32_t side = gpu->limits.max_image_side;
    if (p->format <= ORR_FORMAT_NONE || p->format >= ORR_FORMAT_COUNT)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "texture '%s' has no format", t->label);
    if (t->width == 0 || t->height == 0 || t->width > side || t->height > side ||
        t->layers > gpu->limits.max_layers)
        return orr_fail(err, ORR_E_LIMIT, NULL,
                        "texture '%s' of %u x %u pixels and %u layers: the device takes 1 to %u pixels a "
                        "side and %u layers",
                        t->label, t->width, t->height, t->layers, side, gpu->limits.max_layers);
    if (p->cube && p->width != p->height)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "cube texture '%s' is %u x %u: its faces must be square",
                        t->label, t->width, t->height);
    uint32_t all = whole_chain(t->width, t->height);
    t->mips = p->mips == 0 ? 1 : p->mips == ORR_MIPS_ALL ? all : p->mips;
    if (t->mips > all || t->mips > ORR_VK_MIPS)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "texture '%s' of %u x %u pixels has at most %u mips, not %u", t->label, t->width,
                        t->height, all, t->mips);
    orr_status status = t->volume ? check_volume(gpu, t, err) : ORR_OK;
    return status ? status : check_uses(gpu, t, p, err);
}

/* A CPU reads linear rows as well as any other layout, and the host can then write them without staging or
 * copies. */
static bool linear_suits(const orr_gpu *gpu, const orr_vk_texture *t, const VkImageCreateInfo *info) {
    if (gpu->info.kind != ORR_GPU_CPU || gpu->dummy || !t->sampled || t->storage || t->attachment ||
        t->volume)
        return false;
    VkImageFormatProperties can;
    VkResult result = gpu->instance.image_formats(gpu->physical, info->format, info->imageType,
                                                  VK_IMAGE_TILING_LINEAR, info->usage, info->flags, &can);
    return result == VK_SUCCESS && can.maxMipLevels >= t->mips && can.maxArrayLayers >= t->layers &&
           can.maxExtent.width >= t->width && can.maxExtent.height >= t->height;
}

static orr_status create_image(orr_gpu *gpu, orr_vk_texture *t, bool may_be_linear,
                               VkMemoryRequirements *need, orr_error *err) {
    VkImageUsageFlags usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
    if (t->sampled) usage |= VK_IMAGE_USAGE_SAMPLED_BIT;
    if (t->storage) usage |= VK_IMAGE_USAGE_STORAGE_BIT;
    if (t->attachment)
        usage |= t->depth ? VK_IMAGE_USAGE_DEPTH_STENCIL_ATTACHMENT_BIT : VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT;
    VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                              .flags = t->cube ? VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT : 0,
                              .imageType = t->volume ? VK_IMAGE_TYPE_3D : VK_IMAGE_TYPE_2D,
                              .format = orr_vk_format(t->format),
                              .extent = {t->width, t->height, t->volume ? t->volume : 1},
                              .mipLevels = t->mips,
                              .arrayLayers = t->layers,
                              .samples = VK_SAMPLE_COUNT_1_BIT,
                              .tiling = VK_IMAGE_TILING_OPTIMAL,
                              .usage = usage,
                              .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED};
    if (may_be_linear && linear_suits(gpu, t, &info)) {
        t->linear = true;
        info.tiling = VK_IMAGE_TILING_LINEAR;
        info.initialLayout = VK_IMAGE_LAYOUT_PREINITIALIZED;
        for (uint32_t i = 0; i < t->mips; i++) t->states[i].layout = ORR_LAYOUT_HOST;
    }
    VkResult result = gpu->vk.vkCreateImage(gpu->device, &info, NULL, &t->handle);
    if (result != VK_SUCCESS) return orr_vk_fail(gpu, err, result, "create the texture", t->label);
    orr_vk_name(gpu, VK_OBJECT_TYPE_IMAGE, ORR_VK_HANDLE(t->handle), t->label);
    gpu->vk.vkGetImageMemoryRequirements(gpu->device, t->handle, need);
    return ORR_OK;
}

static orr_status bind_image(orr_gpu *gpu, orr_vk_texture *t, const orr_vk_memory *memory, orr_error *err) {
    VkResult result =
        gpu->vk.vkBindImageMemory(gpu->device, t->handle, orr_vk_memory_handle(memory), memory->offset);
    return result == VK_SUCCESS ? ORR_OK : orr_vk_fail(gpu, err, result, "bind the memory of", t->label);
}

orr_status orr_gpu_texture_create(orr_gpu *gpu, const orr_gpu_texture_params *params, orr_gpu_texture *out,
                                  orr_error *err) {
    *out = (orr_gpu_texture){0};
    orr_item *item = NULL;
    orr_status status = orr_table_add(&gpu->textures, "textures", &item, err);
    if (status != ORR_OK) return status;
    orr_vk_texture *t = (orr_vk_texture *)item;
    VkMemoryRequirements need = {0};
    status = describe(gpu, params, t, err);
    if (status == ORR_OK) status = create_image(gpu, t, true, &need, err);
    if (status == ORR_OK)
        status =
            orr_vk_memory_alloc(gpu, &need, ORR_MEMORY_DEVICE, ORR_VK_OPTIMAL, t->label, &t->memory, err);
    if (status == ORR_OK) status = bind_image(gpu, t, &t->memory, err);
    if (status != ORR_OK) {
        orr_vk_texture_free(gpu, t);
        return status;
    }
    out->id = orr_table_publish(item);
    return ORR_OK;
}

/* --- shared memory -----------------------------------------------------------------------------------------
 */

typedef struct alias_work {
    orr_vk_texture *texture;
    VkMemoryRequirements need;
} alias_work;

/* One heap for all textures of `slot`: as large as the largest, in a type that all can use. */
static orr_status make_alias(orr_gpu *gpu, alias_work *work, const uint32_t *slots, uint32_t count,
                             uint32_t first, orr_error *err) {
    VkMemoryRequirements need = work[first].need;
    for (uint32_t i = first + 1; i < count; i++) {
        if (slots[i] != slots[first]) continue;
        if (work[i].need.size > need.size) need.size = work[i].need.size;
        if (work[i].need.alignment > need.alignment) need.alignment = work[i].need.alignment;
        need.memoryTypeBits &= work[i].need.memoryTypeBits;
    }
    orr_vk_alias *alias = orr_calloc(1, sizeof *alias);
    if (alias == NULL)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for '%s'", work[first].texture->label);
    orr_status status = orr_vk_memory_alloc(gpu, &need, ORR_MEMORY_DEVICE, ORR_VK_OPTIMAL,
                                            work[first].texture->label, &alias->memory, err);
    if (status != ORR_OK) {
        free(alias);
        return status;
    }
    for (uint32_t i = first; i < count; i++) {
        if (slots[i] != slots[first]) continue;
        work[i].texture->alias = alias;
        alias->references++;
    }
    for (uint32_t i = first; i < count && status == ORR_OK; i++)
        if (slots[i] == slots[first]) status = bind_image(gpu, work[i].texture, &alias->memory, err);
    return status;
}

orr_status orr_gpu_texture_create_aliased(orr_gpu *gpu, const orr_gpu_texture_params *params, uint32_t count,
                                          const uint32_t *slots, orr_gpu_texture *out, orr_error *err) {
    memset(out, 0, count * sizeof *out);
    alias_work *work = orr_calloc((size_t)count + 1u, sizeof *work);
    if (work == NULL) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u textures", count);
    orr_status status = ORR_OK;
    for (uint32_t i = 0; i < count && status == ORR_OK; i++) {
        orr_item *item = NULL;
        status = orr_table_add(&gpu->textures, "textures", &item, err);
        work[i].texture = (orr_vk_texture *)item;
        if (status == ORR_OK) status = describe(gpu, &params[i], work[i].texture, err);
        if (status == ORR_OK) status = create_image(gpu, work[i].texture, false, &work[i].need, err);
    }
    for (uint32_t i = 0; i < count && status == ORR_OK; i++)
        if (work[i].texture->alias == NULL) status = make_alias(gpu, work, slots, count, i, err);
    for (uint32_t i = 0; i < count; i++) {
        if (status == ORR_OK)
            out[i].id = orr_table_publish(&work[i].texture->item);
        else if (work[i].texture != NULL)
            orr_vk_texture_free(gpu, work[i].texture);
    }
    free(work);
    return status;
}

/* --- the rest ------------------------------------------------------------------------------------------ */

void orr_gpu_texture_destroy(orr_gpu *gpu, orr_gpu_texture *id) {
    orr_vk_texture *texture = orr_table_get(&gpu->textures, id->id);
    *id = (orr_gpu_texture){0};
    if (texture != NULL) orr_vk_retire(gpu, ORR_VK_TEXTURE, &texture->item);
}

uint32_t orr_gpu_texture_mips(const orr_gpu *gpu, orr_gpu_texture id) {
    const orr_vk_texture *texture = orr_table_get(&gpu->textures, id.id);
    return texture == NULL ? 0 : texture->mips;
}

uint64_t orr_gpu_texture_bytes(const orr_gpu *gpu, orr_gpu_texture id) {
    const orr_vk_texture *t = orr_table_get(&gpu->textures, id.id);
    return t == NULL
               ? 0
               : (uint64_t)t->width * t->height * (t->volume ? t->volume : 1) * orr_format_bytes(t->format);
}

static VkImageViewType view_type(const orr_vk_texture *t, orr_vk_view_kind kind) {
    if (kind == ORR_VK_VIEW_ATTACHMENT) return VK_IMAGE_VIEW_TYPE_2D;
    if (t->volume) return VK_IMAGE_VIEW_TYPE_3D;
    if (t->cube) return kind == ORR_VK_VIEW_SAMPLED ? VK_IMAGE_VIEW_TYPE_CUBE : VK_IMAGE_VIEW_TYPE_2D_ARRAY;
    return t->array ? VK_IMAGE_VIEW_TYPE_2D_ARRAY : VK_IMAGE_VIEW_TYPE_2D;
}

VkImageView orr_vk_image_view_get(orr_gpu *gpu, orr_vk_texture *t, orr_vk_view_kind kind, uint32_t mip,
                                  uint32_t layer) {
    for (uint32_t i = 0; i < t->view_count; i++) {
        const orr_vk_image_view *view = &t->views[i];
        if (view->kind == kind && view->mip == mip && view->layer == layer) return view->handle;
    }
    orr_vk_image_view *grown = orr_realloc(t->views, t->view_count + 1u, sizeof *grown);
    if (grown == NULL) return VK_NULL_HANDLE;
    t->views = grown;
    orr_vk_image_view *view = &grown[t->view_count];
    *view = (orr_vk_image_view){.kind = kind, .mip = mip, .layer = layer};
    VkImageViewCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
                                  .image = t->handle,
                                  .viewType = view_type(t, kind),
                                  .format = orr_vk_format(t->format),
                                  .subresourceRange = {.aspectMask = orr_vk_aspect(t),
                                                       .baseMipLevel = mip == UINT32_MAX ? 0 : mip,
                                                       .levelCount = mip == UINT32_MAX ? t->mips : 1,
                                                       .baseArrayLayer = layer == UINT32_MAX ? 0 : layer,
                                                       .layerCount = layer == UINT32_MAX ? t->layers : 1}};
    if (gpu->vk.vkCreateImageView(gpu->device, &info, NULL, &view->handle) != VK_SUCCESS)
        return VK_NULL_HANDLE;
    orr_vk_name(gpu, VK_OBJECT_TYPE_IMAGE_VIEW, ORR_VK_HANDLE(view->handle), t->label);
    t->view_count++;
    return view->handle;
}

static void release_alias(orr_gpu *gpu, orr_vk_texture *t) {
    orr_vk_alias *alias = t->alias;
    if (alias == NULL) return;
    if (alias->owner == t) alias->owner = NULL;
    if (alias->local == t) alias->local = NULL;
    t->alias = NULL;
    if (--alias->references > 0) return;
    orr_vk_memory_free(gpu, &alias->memory);
    free(alias);
}

void orr_vk_texture_free(orr_gpu *gpu, orr_vk_texture *t) {
    for (uint32_t i = 0; i < t->view_count; i++)
        gpu->vk.vkDestroyImageView(gpu->device, t->views[i].handle, NULL);
    free(t->views);
    t->views = NULL;
    if (t->handle != VK_NULL_HANDLE) gpu->vk.vkDestroyImage(gpu->device, t->handle, NULL);
    release_alias(gpu, t);
    orr_vk_memory_free(gpu, &t->memory);
    orr_table_remove(&gpu->textures, &t->item);
}
