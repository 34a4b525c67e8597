/* The dummy device: a table of Vulkan functions that execute nothing. The backend above records, tracks and
 * allocates as on a real device; buffers and their mapped memory are real host memory, submissions end at
 * once. Descriptors go through pools here, since real devices mostly push them, so both ways are tested. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "gpu/vk.h"

typedef struct dummy_object { /* behind every handle that needs to remember something */
    uint64_t size;
    _Atomic uint64_t value;
} dummy_object;

#define HANDLE(type, pointer) ((type)(uintptr_t)(pointer))
#define OBJECT(handle)        ((dummy_object *)(uintptr_t)(handle))
#define VOID                  VKAPI_ATTR void VKAPI_CALL
#define RESULT                VKAPI_ATTR VkResult VKAPI_CALL
#define ALLOCATOR             const VkAllocationCallbacks *allocator

static VkResult make(uint64_t size, dummy_object **out) {
    *out = orr_calloc(1, sizeof **out);
    if (*out == NULL) return VK_ERROR_OUT_OF_HOST_MEMORY;
    (*out)->size = size;
    return VK_SUCCESS;
}

/* --- objects: create gives a small record, destroy frees it -------------------------------------------- */

#define OBJECT_PAIR(Name, Info)                                                                              \
    static RESULT create_##Name(VkDevice device, const Info *info, ALLOCATOR, Vk##Name *out) {               \
        dummy_object *object = NULL;                                                                         \
        (void)device, (void)info, (void)allocator;                                                           \
        VkResult result = make(0, &object);                                                                  \
        *out = HANDLE(Vk##Name, object);                                                                     \
        return result;                                                                                       \
    }                                                                                                        \
    static VOID destroy_##Name(VkDevice device, Vk##Name handle, ALLOCATOR) {                                \
        (void)device, (void)allocator;                                                                       \
        free(OBJECT(handle));                                                                                \
    }
OBJECT_PAIR(BufferView, VkBufferViewCreateInfo)
OBJECT_PAIR(ImageView, VkImageViewCreateInfo)
OBJECT_PAIR(Sampler, VkSamplerCreateInfo)
OBJECT_PAIR(ShaderModule, VkShaderModuleCreateInfo)
OBJECT_PAIR(DescriptorSetLayout, VkDescriptorSetLayoutCreateInfo)
OBJECT_PAIR(PipelineLayout, VkPipelineLayoutCreateInfo)
OBJECT_PAIR(PipelineCache, VkPipelineCacheCreateInfo)
OBJECT_PAIR(DescriptorPool, VkDescriptorPoolCreateInfo)
OBJECT_PAIR(CommandPool, VkCommandPoolCreateInfo)
OBJECT_PAIR(Semaphore, VkSemaphoreCreateInfo)
OBJECT_PAIR(QueryPool, VkQueryPoolCreateInfo)

static RESULT create_buffer(VkDevice device, const VkBufferCreateInfo *info, ALLOCATOR, VkBuffer *out) {
    dummy_object *object = NULL;
    (void)device, (void)allocator;
    VkResult result = make(info->size, &object);
    *out = HANDLE(VkBuffer, object);
    return result;
}

static VOID destroy_buffer(VkDevice device, VkBuffer handle, ALLOCATOR) {
    (void)device, (void)allocator;
    free(OBJECT(handle));
}

static RESULT create_image(VkDevice device, const VkImageCreateInfo *info, ALLOCATOR, VkImage *out) {
    dummy_object *object = NULL;
    uint64_t texels =
        (uint64_t)info->extent.width * info->extent.height * info->extent.depth * info->arrayLayers;
    (void)device, (void)allocator;
    VkResult result =
        make(texels * 16u * (info->mipLevels > 1 ? 2u : 1u), &object); /* as if every texel had 16 bytes */
    *out = HANDLE(VkImage, object);
    return result;
}

static VOID destroy_image(VkDevice device, VkImage handle, ALLOCATOR) {
    (void)device, (void)allocator;
    free(OBJECT(handle));
}

static void requirements(uint64_t size, VkMemoryRequirements *out) {
    *out =
        (VkMemoryRequirements){.size = (size + 63u) & ~(uint64_t)63u, .alignment = 64, .memoryTypeBits = 1};
}

static VOID buffer_requirements(VkDevice device, VkBuffer handle, VkMemoryRequirements *out) {
    (void)device;
    requirements(OBJECT(handle)->size, out);
}

static VOID image_requirements(VkDevice device, VkImage handle, VkMemoryRequirements *out) {
    (void)device;
    requirements(OBJECT(handle)->size, out);
}

static RESULT allocate_memory(VkDevice device, const VkMemoryAllocateInfo *info, ALLOCATOR,
                              VkDeviceMemory *out) {
    (void)device, (void)allocator;
    void *memory = orr_calloc(1, info->allocationSize);
    *out = HANDLE(VkDeviceMemory, memory);
    return memory == NULL ? VK_ERROR_OUT_OF_DEVICE_MEMORY : VK_SUCCESS;
}

static VOID free_memory(VkDevice device, VkDeviceMemory memory, ALLOCATOR) {
    (void)device, (void)allocator;
    free((void *)(uintptr_t)memory);
}

static RESULT map_memory(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size,
                         VkMemoryMapFlags flags, void **out) {
    (void)device, (void)size, (void)flags;
    *out = (uint8_t *)(uintptr_t)memory + offset;
    return VK_SUCCESS;
}

static RESULT bind_buffer(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
    (void)device, (void)buffer, (void)memory, (void)offset;
    return VK_SUCCESS;
}

static RESULT bind_image(VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize offset) {
    (void)device, (void)image, (void)memory, (void)offset;
    return VK_SUCCESS;
}

/* --- pipelines and descriptors ------------------------------------------------------------------------- */

static RESULT create_compute(VkDevice device, VkPipelineCache cache, uint32_t count,
                             const VkComputePipelineCreateInfo *infos, ALLOCATOR, VkPipeline *out) {
    dummy_object *object = NULL;
    (void)device, (void)cache, (void)count, (void)infos, (void)allocator;
    VkResult result = make(0, &object);
    *out = HANDLE(VkPipeline, object);
    return result;
}

static RESULT create_graphics(VkDevice device, VkPipelineCache cache, uint32_t count,
                              const VkGraphicsPipelineCreateInfo *infos, ALLOCATOR, VkPipeline *out) {
    (void)infos;
    return create_compute(device, cache, count, NULL, allocator, out);
}

static VOID destroy_pipeline(VkDevice device, VkPipeline handle, ALLOCATOR) {
    (void)device, (void)allocator;
    free(OBJECT(handle));
}

static RESULT cache_data(VkDevice device, VkPipelineCache cache, size_t *size, void *data) {
    (void)device, (void)cache;
    if (data != NULL) memcpy(data, "dummy", 5);
    *size = 5;
    return VK_SUCCESS;
}

static RESULT allocate_sets(VkDevice device, const VkDescriptorSetAllocateInfo *info, VkDescriptorSet *out) {
    (void)device;
    for (uint32_t i = 0; i < info->descriptorSetCount; i++)
        out[i] = HANDLE(VkDescriptorSet, OBJECT(info->descriptorPool));
    return VK_SUCCESS;
}

static VOID update_sets(VkDevice device, uint32_t writes, const VkWriteDescriptorSet *w, uint32_t copies,
                        const VkCopyDescriptorSet *c) {
    (void)device, (void)writes, (void)w, (void)copies, (void)c;
}

static RESULT reset_sets(VkDevice device, VkDescriptorPool pool, VkDescriptorPoolResetFlags flags) {
    (void)device, (void)pool, (void)flags;
    return VK_SUCCESS;
}

/* --- commands ------------------------------------------------------------------------------------------ */

static RESULT reset_pool(VkDevice device, VkCommandPool pool, VkCommandPoolResetFlags flags) {
    (void)device, (void)pool, (void)flags;
    return VK_SUCCESS;
}

static RESULT allocate_buffers(VkDevice device, const VkCommandBufferAllocateInfo *info,
                               VkCommandBuffer *out) {
    (void)device;
    for (uint32_t i = 0; i < info->commandBufferCount; i++)
        out[i] = HANDLE(VkCommandBuffer, OBJECT(info->commandPool));
    return VK_SUCCESS;
}

static RESULT begin(VkCommandBuffer cb, const VkCommandBufferBeginInfo *info) {
    (void)cb, (void)info;
    return VK_SUCCESS;
}

static RESULT end(VkCommandBuffer cb) {
    (void)cb;
    return VK_SUCCESS;
}

static VOID barrier(VkCommandBuffer cb, const VkDependencyInfo *info) {
    (void)cb, (void)info;
}
static VOID bind_pipeline(VkCommandBuffer cb, VkPipelineBindPoint p, VkPipeline h) {
    (void)cb, (void)p, (void)h;
}
static VOID bind_sets(VkCommandBuffer cb, VkPipelineBindPoint p, VkPipelineLayout l, uint32_t f, uint32_t n,
                      const VkDescriptorSet *s, uint32_t dn, const uint32_t *d) {
    (void)cb, (void)p, (void)l, (void)f, (void)n, (void)s, (void)dn, (void)d;
}
static VOID push(VkCommandBuffer cb, VkPipelineLayout l, VkShaderStageFlags s, uint32_t o, uint32_t n,
                 const void *d) {
    (void)cb, (void)l, (void)s, (void)o, (void)n, (void)d;
}
static VOID dispatch(VkCommandBuffer cb, uint32_t x, uint32_t y, uint32_t z) {
    (void)cb, (void)x, (void)y, (void)z;
}
static VOID begin_rendering(VkCommandBuffer cb, const VkRenderingInfo *info) {
    (void)cb, (void)info;
}
static VOID end_rendering(VkCommandBuffer cb) {
    (void)cb;
}
static VOID viewport(VkCommandBuffer cb, uint32_t f, uint32_t n, const VkViewport *v) {
    (void)cb, (void)f, (void)n, (void)v;
}
static VOID scissor(VkCommandBuffer cb, uint32_t f, uint32_t n, const VkRect2D *r) {
    (void)cb, (void)f, (void)n, (void)r;
}
static VOID vertices(VkCommandBuffer cb, uint32_t f, uint32_t n, const VkBuffer *b, const VkDeviceSize *o) {
    (void)cb, (void)f, (void)n, (void)b, (void)o;
}
static VOID indices(VkCommandBuffer cb, VkBuffer b, VkDeviceSize o, VkIndexType t) {
    (void)cb, (void)b, (void)o, (void)t;
}
static VOID draw(VkCommandBuffer cb, uint32_t v, uint32_t i, uint32_t fv, uint32_t fi) {
    (void)cb, (void)v, (void)i, (void)fv, (void)fi;
}
static VOID draw_indexed(VkCommandBuffer cb, uint32_t n, uint32_t i, uint32_t f, int32_t o, uint32_t fi) {
    (void)cb, (void)n, (void)i, (void)f, (void)o, (void)fi;
}
static VOID copy_buffer(VkCommandBuffer cb, VkBuffer a, VkBuffer b, uint32_t n, const VkBufferCopy *r) {
    (void)cb, (void)a, (void)b, (void)n, (void)r;
}
static VOID copy_in(VkCommandBuffer cb, VkBuffer a, VkImage b, VkImageLayout l, uint32_t n,
                    const VkBufferImageCopy *r) {
    (void)cb, (void)a, (void)b, (void)l, (void)n, (void)r;
}
static VOID copy_out(VkCommandBuffer cb, VkImage a, VkImageLayout l, VkBuffer b, uint32_t n,
                     const VkBufferImageCopy *r) {
    (void)cb, (void)a, (void)l, (void)b, (void)n, (void)r;
}
static VOID copy_image(VkCommandBuffer cb, VkImage a, VkImageLayout la, VkImage b, VkImageLayout lb,
                       uint32_t n, const VkImageCopy *r) {
    (void)cb, (void)a, (void)la, (void)b, (void)lb, (void)n, (void)r;
}
static VOID blit(VkCommandBuffer cb, VkImage a, VkImageLayout la, VkImage b, VkImageLayout lb, uint32_t n,
                 const VkImageBlit *r, VkFilter f) {
    (void)cb, (void)a, (void)la, (void)b, (void)lb, (void)n, (void)r, (void)f;
}
static VOID clear(VkCommandBuffer cb, VkImage a, VkImageLayout l, const VkClearColorValue *v, uint32_t n,
                  const VkImageSubresourceRange *r) {
    (void)cb, (void)a, (void)l, (void)v, (void)n, (void)r;
}
static VOID fill(VkCommandBuffer cb, VkBuffer b, VkDeviceSize o, VkDeviceSize s, uint32_t v) {
    (void)cb, (void)b, (void)o, (void)s, (void)v;
}
static VOID update(VkCommandBuffer cb, VkBuffer b, VkDeviceSize o, VkDeviceSize s, const void *data) {
    (void)cb, (void)b, (void)o, (void)s, (void)data;
}
static VOID reset_queries(VkCommandBuffer cb, VkQueryPool p, uint32_t f, uint32_t n) {
    (void)cb, (void)p, (void)f, (void)n;
}
static VOID timestamp(VkCommandBuffer cb, VkPipelineStageFlags2 s, VkQueryPool p, uint32_t q) {
    (void)cb, (void)s, (void)p, (void)q;
}

static RESULT query_results(VkDevice device, VkQueryPool pool, uint32_t first, uint32_t count, size_t size,
                            void *data, VkDeviceSize stride, VkQueryResultFlags flags) {
    (void)device, (void)pool, (void)first, (void)count, (void)stride, (void)flags;
    memset(data, 0, size);
    return VK_SUCCESS;
}

/* --- queue and timeline -------------------------------------------------------------------------------- */

static RESULT submit(VkQueue queue, uint32_t count, const VkSubmitInfo2 *submits, VkFence fence) {
    (void)queue, (void)fence;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t s = 0; s < submits[i].signalSemaphoreInfoCount; s++)
            atomic_store(&OBJECT(submits[i].pSignalSemaphoreInfos[s].semaphore)->value,
                         submits[i].pSignalSemaphoreInfos[s].value);
    return VK_SUCCESS;
}

static RESULT counter(VkDevice device, VkSemaphore semaphore, uint64_t *value) {
    (void)device;
    *value = atomic_load(&OBJECT(semaphore)->value);
    return VK_SUCCESS;
}

static RESULT wait_semaphores(VkDevice device, const VkSemaphoreWaitInfo *info, uint64_t timeout) {
    (void)device, (void)timeout;
    return atomic_load(&OBJECT(info->pSemaphores[0])->value) >= info->pValues[0] ? VK_SUCCESS : VK_TIMEOUT;
}

static RESULT wait_idle(VkDevice device) {
    (void)device;
    return VK_SUCCESS;
}

static VOID destroy_device(VkDevice device, ALLOCATOR) {
    (void)allocator;
    free(OBJECT(device));
}

/* --- the table ----------------------------------------------------------------------------------------- */

static void fill_objects(struct VolkDeviceTable *vk) {
#define PAIR(Name) vk->vkCreate##Name = create_##Name, vk->vkDestroy##Name = destroy_##Name
    PAIR(BufferView), PAIR(ImageView), PAIR(Sampler), PAIR(ShaderModule), PAIR(DescriptorSetLayout),
        PAIR(PipelineLayout);
    PAIR(PipelineCache), PAIR(DescriptorPool), PAIR(CommandPool), PAIR(Semaphore), PAIR(QueryPool);
#undef PAIR
    vk->vkCreateBuffer = create_buffer, vk->vkDestroyBuffer = destroy_buffer;
    vk->vkCreateImage = create_image, vk->vkDestroyImage = destroy_image;
    vk->vkGetBufferMemoryRequirements = buffer_requirements;
    vk->vkGetImageMemoryRequirements = image_requirements;
    vk->vkAllocateMemory = allocate_memory, vk->vkFreeMemory = free_memory, vk->vkMapMemory = map_memory;
    vk->vkBindBufferMemory = bind_buffer, vk->vkBindImageMemory = bind_image;
    vk->vkCreateComputePipelines = create_compute, vk->vkCreateGraphicsPipelines = create_graphics;
    vk->vkDestroyPipeline = destroy_pipeline;
    vk->vkGetPipelineCacheData = cache_data;
    vk->vkAllocateDescriptorSets = allocate_sets, vk->vkUpdateDescriptorSets = update_sets,
    vk->vkResetDescriptorPool = reset_sets;
    vk->vkDeviceWaitIdle = wait_idle, vk->vkDestroyDevice = destroy_device;
    vk->vkGetSemaphoreCounterValue = counter, vk->vkWaitSemaphores = wait_semaphores;
    vk->vkQueueSubmit2 = submit;
    vk->vkGetQueryPoolResults = query_results;
}

static void fill_commands(struct VolkDeviceTable *vk) {
    vk->vkResetCommandPool = reset_pool, vk->vkAllocateCommandBuffers = allocate_buffers;
    vk->vkBeginCommandBuffer = begin, vk->vkEndCommandBuffer = end;
    vk->vkCmdPipelineBarrier2 = barrier, vk->vkCmdBindPipeline = bind_pipeline,
    vk->vkCmdBindDescriptorSets = bind_sets;
    vk->vkCmdPushConstants = push, vk->vkCmdDispatch = dispatch;
    vk->vkCmdBeginRendering = begin_rendering, vk->vkCmdEndRendering = end_rendering;
    vk->vkCmdSetViewport = viewport, vk->vkCmdSetScissor = scissor;
    vk->vkCmdBindVertexBuffers = vertices, vk->vkCmdBindIndexBuffer = indices;
    vk->vkCmdDraw = draw, vk->vkCmdDrawIndexed = draw_indexed;
    vk->vkCmdCopyBuffer = copy_buffer, vk->vkCmdCopyBufferToImage = copy_in,
    vk->vkCmdCopyImageToBuffer = copy_out;
    vk->vkCmdCopyImage = copy_image, vk->vkCmdBlitImage = blit, vk->vkCmdClearColorImage = clear,
    vk->vkCmdFillBuffer = fill, vk->vkCmdUpdateBuffer = update;
    vk->vkCmdResetQueryPool = reset_queries, vk->vkCmdWriteTimestamp2 = timestamp;
}

void orr_vk_dummy_open(orr_gpu *gpu) {
    gpu->dummy = true;
    fill_objects(&gpu->vk);
    fill_commands(&gpu->vk);
    gpu->device = HANDLE(VkDevice, orr_calloc(1, sizeof(dummy_object)));
    orr_vk_caps *caps = &gpu->caps;
    caps->limits = (VkPhysicalDeviceLimits){.maxImageDimension2D = 16384,
                                            .maxImageDimension3D = 2048,
                                            .maxImageArrayLayers = 2048,
                                            .maxTexelBufferElements = 1u << 27,
                                            .maxUniformBufferRange = 65536,
                                            .maxStorageBufferRange = 1u << 27,
                                            .maxComputeWorkGroupInvocations = 1024,
                                            .maxComputeWorkGroupCount = {65535, 65535, 65535},
                                            .minUniformBufferOffsetAlignment = 16,
                                            .minStorageBufferOffsetAlignment = 16,
                                            .minTexelBufferOffsetAlignment = 16,
                                            .timestampPeriod = 1.0f};
    caps->memory.memoryTypeCount = 1;
    caps->memory.memoryTypes[0].propertyFlags =
        VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
        VK_MEMORY_PROPERTY_HOST_COHERENT_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    caps->memory.memoryHeapCount = 1;
    caps->memory.memoryHeaps[0] = (VkMemoryHeap){1ull << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
    for (int i = ORR_FORMAT_NONE + 1; i < ORR_FORMAT_COUNT; i++)
        caps->formats[i].optimalTilingFeatures = caps->formats[i].bufferFeatures = 0xffffffffu;
    caps->timestamp_bits = 64;
    caps->depth_clamp = caps->geometry = true;
    gpu->limits.subgroup_size = 8;
    gpu->info = (orr_gpu_device_info){.kind = ORR_GPU_CPU,
                                      .vulkan_major = 1,
                                      .vulkan_minor = 3,
                                      .device_bytes = 1ull << 30,
                                      .usable = true};
    (void)orr_format(gpu->info.name, sizeof gpu->info.name, "dummy");
    (void)orr_format(gpu->info.driver, sizeof gpu->info.driver, "dummy, executes nothing");
    (void)orr_format(gpu->info.uuid, sizeof gpu->info.uuid, "%032d", 0);
}
