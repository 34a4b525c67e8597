/* The sub-allocator: a few blocks per memory type, first fit over sorted free ranges. Blocks start small,
 * because a small frame's resident set counts, and double; what is large gets an allocation of its own.
 * Linear resources (buffers) and optimal ones (images) live in different blocks, so that
 * bufferImageGranularity never matters. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "gpu/vk.h"

#define FIRST_BLOCK (4ull << 20)
#define LAST_BLOCK  (64ull << 20)

typedef struct range {
    uint64_t offset, size;
} range;

struct orr_vk_block {
    orr_vk_block *next;
    VkDeviceMemory handle;
    uint8_t *mapped;
    uint64_t size;
    uint32_t type;
    orr_vk_tiling tiling;
    bool dedicated;
    range *free; /* sorted by offset, never touching */
    uint32_t free_count, free_capacity;
};

VkDeviceMemory orr_vk_memory_handle(const orr_vk_memory *memory) {
    return memory->block->handle;
}

void *orr_vk_memory_map(const orr_vk_memory *memory) {
    return memory->block->mapped == NULL ? NULL : memory->block->mapped + memory->offset;
}

void orr_vk_memory_budget(orr_gpu *gpu) {
    if (gpu->fixed_budget || !gpu->caps.memory_budget) return;
    VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
    VkPhysicalDeviceMemoryProperties2 memory = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2, .pNext = &budget};
    gpu->instance.memory(gpu->physical, &memory);
    uint64_t best = 0;
    for (uint32_t i = 0; i < memory.memoryProperties.memoryHeapCount; i++)
        if ((memory.memoryProperties.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) &&
            budget.heapBudget[i] > best)
            best = budget.heapBudget[i];
    if (best > 0) gpu->heap.budget = best;
}

/* --- memory types ----------------------------------------------------------------------------------------
 */

static uint32_t find_type(const orr_gpu *gpu, uint32_t allowed, VkMemoryPropertyFlags need,
                          VkMemoryPropertyFlags avoid) {
    const VkPhysicalDeviceMemoryProperties *memory = &gpu->caps.memory;
    for (uint32_t i = 0; i < memory->memoryTypeCount; i++) {
        VkMemoryPropertyFlags flags = memory->memoryTypes[i].propertyFlags;
        if ((allowed >> i & 1u) && (flags & need) == need && (flags & avoid) == 0) return i;
    }
    return UINT32_MAX;
}

static uint32_t choose_type(const orr_gpu *gpu, uint32_t allowed, orr_gpu_memory_kind kind) {
    const VkMemoryPropertyFlags device = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
                                cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    const VkMemoryPropertyFlags host =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    struct {
        VkMemoryPropertyFlags need, avoid;
    } tries[3][3] = {
        [ORR_MEMORY_DEVICE] = {{gpu->unified ? device | host : device, gpu->unified ? 0 : host},
                               {device, 0},
                               {0, 0}},
        [ORR_MEMORY_UPLOAD] = {{host, cached | (gpu->unified ? 0 : device)}, {host, 0}, {host, 0}},
        [ORR_MEMORY_READBACK] = {{host | cached, 0}, {host, 0}, {host, 0}},
    };
    for (size_t i = 0; i < 3; i++) {
        uint32_t type = find_type(gpu, allowed, tries[kind][i].need, tries[kind][i].avoid);
        if (type != UINT32_MAX) return type;
    }
    return UINT32_MAX;
}

/* --- free ranges -------------------------------------------------------------------------------------------
 */

static bool insert_range(orr_vk_block *block, uint32_t at, range value) {
    if (block->free_count == block->free_capacity) {
        uint32_t capacity = block->free_capacity == 0 ? 8 : block->free_capacity * 2;
        range *grown = orr_realloc(block->free, capacity, sizeof *grown);
        if (grown == NULL) return false;
        block->free = grown;
        block->free_capacity = capacity;
    }
    memmove(block->free + at + 1, block->free + at, (block->free_count - at) * sizeof *block->free);
    block->free[at] = value;
    block->free_count++;
    return true;
}

static void erase_range(orr_vk_block *block, uint32_t at) {
    block->free_count--;
    memmove(block->free + at, block->free + at + 1, (block->free_count - at) * sizeof *block->free);
}

static bool take_range(orr_vk_block *block, uint64_t size, uint64_t alignment, uint64_t *offset) {
    for (uint32_t i = 0; i < block->free_count; i++) {
        range r = block->free[i];
        uint64_t start = (r.offset + alignment - 1) / alignment * alignment;
        uint64_t end = r.offset + r.size;
        if (start > end || end - start < size) continue;
        uint64_t before = start - r.offset, after = end - start - size;
        if (before > 0 && after > 0) {
            if (!insert_range(block, i + 1, (range){start + size, after})) return false;
            block->free[i].size = before;
        } else if (before > 0) {
            block->free[i].size = before;
        } else if (after > 0) {
            block->free[i] = (range){start + size, after};
        } else {
            erase_range(block, i);
        }
        *offset = start;
        return true;
    }
    return false;
}

static void give_range(orr_vk_block *block, range r) {
    uint32_t at = 0;
    while (at < block->free_count && block->free[at].offset < r.offset) at++;
    bool joins_left = at > 0 && block->free[at - 1].offset + block->free[at - 1].size == r.offset;
    bool joins_right = at < block->free_count && r.offset + r.size == block->free[at].offset;
    if (joins_left && joins_right) {
        block->free[at - 1].size += r.size + block->free[at].size;
        erase_range(block, at);
    } else if (joins_left) {
        block->free[at - 1].size += r.size;
    } else if (joins_right) {
        block->free[at] = (range){r.offset, r.size + block->free[at].size};
    } else {
        (void)insert_range(block, at, r); /* without memory for the note the range stays unused: safe */
    }
}

/* --- blocks -------------------------------------------------------------------------------------------- */

static void free_block(orr_gpu *gpu, orr_vk_block *block) {
    orr_vk_block **link = &gpu->heap.blocks;
    while (*link != block) link = &(*link)->next;
    *link = block->next;
    gpu->vk.vkFreeMemory(gpu->device, block->handle, NULL);
    gpu->heap.allocated -= block->size;
    gpu->heap.allocations--;
    free(block->free);
    free(block);
}

static VkResult new_block(orr_gpu *gpu, uint32_t type, orr_vk_tiling tiling, uint64_t size, bool dedicated,
                          orr_vk_block **out) {
    orr_vk_block *block = orr_calloc(1, sizeof *block);
    if (block == NULL) return VK_ERROR_OUT_OF_HOST_MEMORY;
    *block = (orr_vk_block){.size = size, .type = type, .tiling = tiling, .dedicated = dedicated};
    VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = size, .memoryTypeIndex = type};
    VkResult result = gpu->vk.vkAllocateMemory(gpu->device, &info, NULL, &block->handle);
    if (result == VK_SUCCESS) {
        VkMemoryPropertyFlags flags = gpu->caps.memory.memoryTypes[type].propertyFlags;
        const VkMemoryPropertyFlags host =
            VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
        void *mapped = NULL;
        if ((flags & host) == host)
            result = gpu->vk.vkMapMemory(gpu->device, block->handle, 0, VK_WHOLE_SIZE, 0, &mapped);
        block->mapped = mapped;
        if (mapped != NULL && dedicated && gpu->info.kind == ORR_GPU_CPU) orr_memory_will_fill(mapped, size);
        if (result == VK_SUCCESS && !insert_range(block, 0, (range){0, size}))
            result = VK_ERROR_OUT_OF_HOST_MEMORY;
        if (result != VK_SUCCESS) gpu->vk.vkFreeMemory(gpu->device, block->handle, NULL);
    }
    if (result != VK_SUCCESS) {
        free(block->free);
        free(block);
        return result;
    }
    orr_vk_name(gpu, VK_OBJECT_TYPE_DEVICE_MEMORY, ORR_VK_HANDLE(block->handle),
                dedicated ? "dedicated" : "block");
    block->next = gpu->heap.blocks;
    gpu->heap.blocks = block;
    gpu->heap.allocated += size;
    gpu->heap.allocations++;
    *out = block;
    return VK_SUCCESS;
}

static orr_status past_budget(const orr_gpu *gpu, const char *label, uint64_t size, orr_error *err) {
    return orr_fail(err, ORR_E_GPU_MEMORY, NULL,
                    "'%s' needs %" PRIu64 " bytes of GPU memory, but %" PRIu64 " of the budget of %" PRIu64
                    " are in use (%" PRIu64
                    " allocated): lower the size, the samples or the channels, or raise the budget",
                    label, size, gpu->heap.used, gpu->heap.budget, gpu->heap.allocated);
}

static uint64_t next_block_size(const orr_gpu *gpu, uint32_t type, orr_vk_tiling tiling) {
    uint64_t size = FIRST_BLOCK;
    for (const orr_vk_block *b = gpu->heap.blocks; b != NULL; b = b->next)
        if (b->type == type && b->tiling == tiling && !b->dedicated && b->size >= size) size = b->size * 2;
    uint64_t most = gpu->heap.budget / 16 < LAST_BLOCK ? gpu->heap.budget / 16
                                                       : LAST_BLOCK; /* slack is not for small budgets */
    return size > most ? most : size;
}

static orr_status grow(orr_gpu *gpu, uint32_t type, orr_vk_tiling tiling, uint64_t size, const char *label,
                       orr_vk_block **out, orr_error *err) {
    orr_vk_heap *heap = &gpu->heap;
    orr_vk_memory_budget(gpu);
    uint64_t block_size = next_block_size(gpu, type, tiling);
    bool dedicated = size > block_size / 2;
    if (dedicated) block_size = size;
    /* The driver's own budget is of device memory; one that the caller set is of all. */
    bool counts = gpu->fixed_budget || (gpu->caps.memory.memoryTypes[type].propertyFlags &
                                        VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT) != 0;
    if (counts && heap->allocated + block_size > heap->budget) { /* the last bytes: no slack */
        block_size = size;
        dedicated = true;
    }
    if (counts && heap->allocated + block_size > heap->budget) return past_budget(gpu, label, size, err);
    VkResult result = new_block(gpu, type, tiling, block_size, dedicated, out);
    if (result != VK_SUCCESS && block_size > size) result = new_block(gpu, type, tiling, size, true, out);
    if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY)
        return orr_fail(err, ORR_E_GPU_MEMORY, NULL,
                        "the device refused %" PRIu64 " bytes for '%s' (%" PRIu64
                        " bytes allocated, budget %" PRIu64 ")",
                        size, label, heap->allocated, heap->budget);
    return result == VK_SUCCESS ? ORR_OK : orr_vk_fail(gpu, err, result, "allocate memory for", label);
}

orr_status orr_vk_memory_alloc(orr_gpu *gpu, const VkMemoryRequirements *need, orr_gpu_memory_kind kind,
                               orr_vk_tiling tiling, const char *label, orr_vk_memory *out, orr_error *err) {
    orr_vk_heap *heap = &gpu->heap;
    *out = (orr_vk_memory){0};
    uint32_t type = choose_type(gpu, need->memoryTypeBits, kind);
    if (type == UINT32_MAX)
        return orr_fail(err, ORR_E_GPU, NULL, "no memory type of the device suits '%s'", label);
    if (gpu->fixed_budget && (need->size > heap->budget || heap->used > heap->budget - need->size))
        return past_budget(gpu, label, need->size, err);
    orr_vk_block *block = NULL;
    uint64_t offset = 0;
    for (orr_vk_block *b = heap->blocks; b != NULL && block == NULL; b = b->next)
        if (b->type == type && b->tiling == tiling && take_range(b, need->size, need->alignment, &offset))
            block = b;
    if (block == NULL) {
        orr_status status = grow(gpu, type, tiling, need->size, label, &block, err);
        if (status != ORR_OK) return status;
        if (!take_range(block, need->size, need->alignment, &offset))
            return orr_fail(err, ORR_E_INTERNAL, NULL, "a fresh block is too small for '%s'", label);
    }
    *out = (orr_vk_memory){.block = block, .offset = offset, .size = need->size};
    heap->used += need->size;
    if (heap->used > heap->peak) heap->peak = heap->used;
    return ORR_OK;
}

void orr_vk_memory_free(orr_gpu *gpu, orr_vk_memory *memory) {
    orr_vk_block *block = memory->block;
    if (block == NULL) return;
    gpu->heap.used -= memory->size;
    give_range(block, (range){memory->offset, memory->size});
    *memory = (orr_vk_memory){0};
    bool empty = block->free_count == 1 && block->free[0].size == block->size;
    /* An empty block is kept while it is the small first one: frames come and go without asking the driver.
     */
    if (empty && (block->dedicated || block->size > FIRST_BLOCK)) free_block(gpu, block);
}

void orr_vk_memory_close(orr_gpu *gpu) {
    while (gpu->heap.blocks != NULL) free_block(gpu, gpu->heap.blocks);
}

void orr_gpu_memory_restart_peak(orr_gpu *gpu) {
    gpu->heap.peak = gpu->heap.used;
}

void orr_gpu_memory(const orr_gpu *gpu, orr_gpu_memory_stats *out) {
    *out = (orr_gpu_memory_stats){.allocated_bytes = gpu->heap.allocated,
                                  .used_bytes = gpu->heap.used,
                                  .peak_bytes = gpu->heap.peak,
                                  .budget_bytes = gpu->heap.budget,
                                  .allocation_count = gpu->heap.allocations,
                                  .buffer_count = gpu->buffers.live,
                                  .texture_count = gpu->textures.live};
}
