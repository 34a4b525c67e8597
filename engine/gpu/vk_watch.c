/* Where the device is: marks that it leaves in host memory between scopes, and giving up one that hangs. */
#include <string.h>

#include "gpu/vk.h"

enum { NO_SCOPE = UINT8_MAX + 1 };

orr_status orr_gpu_watch(orr_gpu *gpu, uint64_t patience_ns, orr_error *err) {
    gpu->patience_ns = patience_ns;
    if (patience_ns == 0 || gpu->marks.id != 0) return ORR_OK;
    const orr_gpu_buffer_params params = {
        .label = "marks", .size_bytes = 2 * sizeof(uint32_t), .memory = ORR_MEMORY_READBACK};
    orr_status status = orr_gpu_buffer_create(gpu, &params, &gpu->marks, err);
    if (status == ORR_OK) memset(orr_gpu_buffer_map(gpu, gpu->marks), 0, params.size_bytes);
    return status;
}

static void order(orr_cmd *cmd, VkPipelineStageFlags2 from, VkPipelineStageFlags2 to) {
    const VkMemoryBarrier2 memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2,
                                     .srcStageMask = from,
                                     .srcAccessMask = VK_ACCESS_2_MEMORY_WRITE_BIT,
                                     .dstStageMask = to,
                                     .dstAccessMask =
                                         VK_ACCESS_2_MEMORY_READ_BIT | VK_ACCESS_2_MEMORY_WRITE_BIT};
    const VkDependencyInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO, .memoryBarrierCount = 1, .pMemoryBarriers = &memory};
    cmd->gpu->vk.vkCmdPipelineBarrier2(cmd->body, &info);
}

void orr_vk_mark(orr_cmd *cmd) {
    orr_gpu *gpu = cmd->gpu;
    const orr_vk_buffer *marks =
        gpu->patience_ns > 0 && !cmd->rendering ? orr_table_get(&gpu->buffers, gpu->marks.id) : NULL;
    if (marks == NULL) return;
    const uint32_t words[2] = {(uint32_t)cmd->serial,
                               cmd->scope_depth > 0 ? cmd->scope_stack[cmd->scope_depth - 1] : NO_SCOPE};
    order(cmd, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT);
    gpu->vk.vkCmdUpdateBuffer(cmd->body, marks->handle, 0, sizeof words, words);
    /* To the host too: a device may keep the write to itself until the command has ended, which is too late.
     */
    order(cmd, VK_PIPELINE_STAGE_2_ALL_TRANSFER_BIT,
          VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_2_HOST_BIT);
}

void orr_gpu_watched(const orr_gpu *gpu, char name[48]) {
    const orr_vk_buffer *marks = orr_table_get(&gpu->buffers, gpu->marks.id);
    uint32_t words[2];
    name[0] = '\0';
    if (marks == NULL) return;
    memcpy(words, marks->mapped, sizeof words);
    for (const orr_cmd *cmd = gpu->in_flight; cmd != NULL; cmd = cmd->next)
        if ((uint32_t)cmd->serial == words[0] && words[1] < cmd->scope_count)
            memcpy(name, cmd->scopes[words[1]].name, sizeof cmd->scopes[0].name);
}

void orr_gpu_give_up(orr_gpu *gpu) {
    atomic_store(&gpu->lost, true);
    atomic_store(&gpu->given_up, true);
}
