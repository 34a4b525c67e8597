/* From tracked uses to Vulkan's barriers. */
#include <string.h>

#include "base/arena.h"
#include "gpu/vk.h"

typedef struct use_row {
    VkPipelineStageFlags2 stage;
    VkAccessFlags2 reads, writes;
} use_row;

#define SHADER_READS                                                                                         \
    (VK_ACCESS_2_UNIFORM_READ_BIT | VK_ACCESS_2_SHADER_SAMPLED_READ_BIT | VK_ACCESS_2_SHADER_STORAGE_READ_BIT)
#define GRAPHICS (VK_PIPELINE_STAGE_2_VERTEX_SHADER_BIT | VK_PIPELINE_STAGE_2_FRAGMENT_SHADER_BIT)
#define DEPTH_TESTS                                                                                          \
    (VK_PIPELINE_STAGE_2_EARLY_FRAGMENT_TESTS_BIT | VK_PIPELINE_STAGE_2_LATE_FRAGMENT_TESTS_BIT)

static const use_row rows[ORR_USE_BITS] = {
    /* in the order of the bits of orr_use */
    {VK_PIPELINE_STAGE_2_DRAW_INDIRECT_BIT, VK_ACCESS_2_INDIRECT_COMMAND_READ_BIT, 0},
    {VK_PIPELINE_STAGE_2_VERTEX_ATTRIBUTE_INPUT_BIT, VK_ACCESS_2_VERTEX_ATTRIBUTE_READ_BIT, 0},
    {VK_PIPELINE_STAGE_2_INDEX_INPUT_BIT, VK_ACCESS_2_INDEX_READ_BIT, 0},
    {VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT, SHADER_READS, 0},
    {GRAPHICS, SHADER_READS, 0},
    {DEPTH_TESTS, VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_READ_BIT, 0},
    {VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT, VK_ACCESS_2_TRANSFER_READ_BIT, 0},
    {VK_PIPELINE_STAGE_2_HOST_BIT, VK_ACCESS_2_HOST_READ_BIT, 0},
    {VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT, SHADER_READS, VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT},
    {GRAPHICS, SHADER_READS, VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT},
    {VK_PIPELINE_STAGE_2_COLOR_ATTACHMENT_OUTPUT_BIT, VK_ACCESS_2_COLOR_ATTACHMENT_READ_BIT,
     VK_ACCESS_2_COLOR_ATTACHMENT_WRITE_BIT},
    {DEPTH_TESTS, VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_READ_BIT,
     VK_ACCESS_2_DEPTH_STENCIL_ATTACHMENT_WRITE_BIT},
    {VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT, VK_ACCESS_2_TRANSFER_READ_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT},
};

static use_row sum(uint32_t uses) {
    use_row total = {0, 0, 0};
    for (uint32_t i = 0; uses != 0; i++, uses >>= 1) {
        if ((uses & 1u) == 0) continue;
        total.stage |= rows[i].stage;
        total.reads |= rows[i].reads;
        total.writes |= rows[i].writes;
    }
    return total;
}

VkImageLayout orr_vk_layout(orr_layout layout) {
    static const VkImageLayout layouts[ORR_LAYOUT_COUNT] = {
        [ORR_LAYOUT_UNDEFINED] = VK_IMAGE_LAYOUT_UNDEFINED,
        [ORR_LAYOUT_GENERAL] = VK_IMAGE_LAYOUT_GENERAL,
        [ORR_LAYOUT_READ] = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
        [ORR_LAYOUT_COLOUR] = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
        [ORR_LAYOUT_DEPTH] = VK_IMAGE_LAYOUT_DEPTH_STENCIL_ATTACHMENT_OPTIMAL,
        [ORR_LAYOUT_DEPTH_READ] = VK_IMAGE_LAYOUT_DEPTH_STENCIL_READ_ONLY_OPTIMAL,
        [ORR_LAYOUT_COPY_FROM] = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
        [ORR_LAYOUT_COPY_TO] = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
        [ORR_LAYOUT_HOST] = VK_IMAGE_LAYOUT_PREINITIALIZED,
    };
    return layouts[layout];
}

uint32_t orr_vk_track_mask(const orr_track *state) {
    return state->writer | state->readers;
}

/* --- batches ------------------------------------------------------------------------------------------- */

void orr_cmd_flush(orr_cmd *cmd, VkCommandBuffer into) {
    orr_vk_batch *batch = &cmd->batch;
    if (batch->image_count == 0 && batch->to == 0) return;
    use_row from = sum(batch->from), to = sum(batch->to);
    VkMemoryBarrier2 memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2,
                               .srcStageMask = from.stage,
                               .srcAccessMask = from.writes,
                               .dstStageMask = to.stage,
                               .dstAccessMask = to.reads | to.writes};
    VkDependencyInfo info = {.sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO,
                             .memoryBarrierCount = batch->to != 0 ? 1 : 0,
                             .pMemoryBarriers = &memory,
                             .imageMemoryBarrierCount = batch->image_count,
                             .pImageMemoryBarriers = batch->images};
    cmd->gpu->vk.vkCmdPipelineBarrier2(into, &info);
    batch->image_count = 0;
    batch->from = batch->to = 0;
}

/* Adds a barrier; what keeps its layout joins one memory barrier, neighbouring mips one image barrier. */
void orr_vk_batch_add(orr_cmd *cmd, VkCommandBuffer into, const orr_vk_texture *t, uint32_t mip,
                      const orr_track_barrier *b) {
    orr_vk_batch *batch = &cmd->batch;
    if (t == NULL || b->old_layout == b->new_layout) {
        batch->from |= b->from;
        batch->to |= b->to;
        return;
    }
    use_row from = sum(b->from), to = sum(b->to);
    VkImageMemoryBarrier2 barrier = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER_2,
        .srcStageMask = from.stage,
        .srcAccessMask = from.writes,
        .dstStageMask = to.stage,
        .dstAccessMask = to.reads | to.writes,
        .oldLayout = orr_vk_layout(b->old_layout),
        .newLayout = orr_vk_layout(b->new_layout),
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = t->handle,
        .subresourceRange = {orr_vk_aspect(t), mip, 1, 0, VK_REMAINING_ARRAY_LAYERS}};
    VkImageMemoryBarrier2 *last = batch->image_count > 0 ? &batch->images[batch->image_count - 1] : NULL;
    if (last != NULL && last->image == barrier.image && last->srcStageMask == barrier.srcStageMask &&
        last->srcAccessMask == barrier.srcAccessMask && last->dstStageMask == barrier.dstStageMask &&
        last->oldLayout == barrier.oldLayout && last->newLayout == barrier.newLayout &&
        last->subresourceRange.baseMipLevel + last->subresourceRange.levelCount == mip) {
        last->subresourceRange.levelCount++;
        return;
    }
    if (batch->image_count == sizeof batch->images / sizeof batch->images[0]) orr_cmd_flush(cmd, into);
    batch->images[batch->image_count++] = barrier;
}

/* --- local states -------------------------------------------------------------------------------------- */

static bool reserve(orr_cmd *cmd, uint32_t states) {
    if (cmd->entry_count == cmd->entry_capacity) {
        uint32_t capacity = cmd->entry_capacity == 0 ? 64 : cmd->entry_capacity * 2;
        orr_vk_entry *grown = orr_realloc(cmd->entries, capacity, sizeof *grown);
        if (grown == NULL) return false;
        cmd->entries = grown;
        cmd->entry_capacity = capacity;
    }
    while (cmd->state_count + states > cmd->state_capacity) {
        uint32_t capacity = cmd->state_capacity == 0 ? 256 : cmd->state_capacity * 2;
        orr_track_local *grown = orr_realloc(cmd->states, capacity, sizeof *grown);
        if (grown == NULL) return false;
        cmd->states = grown;
        cmd->state_capacity = capacity;
    }
    return true;
}

static orr_vk_entry *find_entry(orr_cmd *cmd, orr_item *object, orr_vk_touch *touch) {
    if (touch->serial == cmd->serial) return &cmd->entries[touch->entry];
    if (touch->serial == 0) return NULL;
    for (uint32_t i = 0; i < cmd->entry_count && cmd->gpu->open->next != NULL;
         i++) { /* several commands are open */
        if (cmd->entries[i].object != object) continue;
        *touch = (orr_vk_touch){cmd->serial, i};
        return &cmd->entries[i];
    }
    return NULL;
}

static orr_vk_entry *add_entry(orr_cmd *cmd, orr_item *object, orr_vk_touch *touch, bool texture,
                               uint32_t states) {
    if (!reserve(cmd, states)) {
        orr_cmd_fail(cmd, ORR_E_MEMORY, "no memory to track command '%s'", cmd->label);
        return NULL;
    }
    *touch = (orr_vk_touch){cmd->serial, cmd->entry_count};
    orr_vk_entry *entry = &cmd->entries[cmd->entry_count++];
    *entry = (orr_vk_entry){
        .object = object, .first_state = cmd->state_count, .state_count = states, .texture = texture};
    memset(cmd->states + cmd->state_count, 0, states * sizeof *cmd->states);
    cmd->state_count += states;
    return entry;
}

/* `t` takes its shared memory over from another texture inside this command: it waits for all that one did,
 * and its contents are undefined. */
static void take_over(orr_cmd *cmd, orr_vk_texture *t, const orr_vk_entry *entry) {
    orr_vk_texture *before = t->alias->local;
    uint32_t mask = 0;
    const orr_vk_entry *from = before == NULL ? NULL : find_entry(cmd, &before->item, &before->touch);
    for (uint32_t i = 0; from != NULL && i < from->state_count; i++)
        mask |= orr_vk_track_mask(&cmd->states[from->first_state + i].state);
    for (uint32_t i = 0; i < entry->state_count; i++) {
        orr_track_local *local = &cmd->states[entry->first_state + i];
        if (local->first == 0) {
            local->first = ORR_USE_WRITES;
            local->inside = true;
        }
        local->closed = true;
        local->state = (orr_track){.writer = mask, .layout = ORR_LAYOUT_UNDEFINED};
    }
    t->alias->local = t;
}

static const orr_vk_entry *texture_entry(orr_cmd *cmd, orr_vk_texture *t) {
    orr_vk_entry *entry = find_entry(cmd, &t->item, &t->touch);
    if (entry == NULL) entry = add_entry(cmd, &t->item, &t->touch, true, t->mips);
    orr_vk_alias *alias = t->alias;
    if (entry == NULL || alias == NULL) return entry;
    if (alias->serial != cmd->serial) {
        alias->serial = cmd->serial;
        alias->local = t;
        entry->takes_over = true;
    } else if (alias->local != t) {
        take_over(cmd, t, entry);
    }
    return entry;
}

/* Inside a raster pass no barrier can be placed. */
static bool misplaced(orr_cmd *cmd, const char *label) {
    if (!cmd->rendering) return false;
    orr_cmd_fail(cmd, ORR_E_ARGUMENT,
                 "'%s' is used by a draw but was written earlier in command '%s': name it in the pass's "
                 "`reads`, so that its "
                 "barrier comes before the pass",
                 label, cmd->label);
    return true;
}

void orr_cmd_use_texture(orr_cmd *cmd, orr_vk_texture *t, uint32_t mip, uint32_t count, uint32_t use,
                         orr_layout layout) {
    const orr_vk_entry *entry = texture_entry(cmd, t);
    if (entry == NULL || mip >= t->mips || count > t->mips - mip) return;
    for (uint32_t i = mip; i < mip + count; i++) {
        orr_track_barrier barrier;
        if (!orr_track_local_use(&cmd->states[entry->first_state + i], use, layout, &barrier)) continue;
        if (misplaced(cmd, t->label)) return;
        orr_vk_batch_add(cmd, cmd->body, t, i, &barrier);
    }
}

void orr_cmd_use_buffer(orr_cmd *cmd, orr_vk_buffer *buffer, uint32_t use) {
    const orr_vk_entry *entry = find_entry(cmd, &buffer->item, &buffer->touch);
    if (entry == NULL) entry = add_entry(cmd, &buffer->item, &buffer->touch, false, 1);
    orr_track_barrier barrier;
    if (entry == NULL ||
        !orr_track_local_use(&cmd->states[entry->first_state], use, ORR_LAYOUT_UNDEFINED, &barrier))
        return;
    if (!misplaced(cmd, buffer->label)) orr_vk_batch_add(cmd, cmd->body, NULL, 0, &barrier);
}
