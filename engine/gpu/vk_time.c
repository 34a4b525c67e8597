/* GPU timestamps around scopes of a command. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "gpu/vk.h"

static bool prepare(orr_cmd *cmd) {
    orr_gpu *gpu = cmd->gpu;
    if (cmd->scopes == NULL) cmd->scopes = orr_calloc(ORR_VK_SCOPES, sizeof *cmd->scopes);
    if (cmd->queries == VK_NULL_HANDLE) {
        VkQueryPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                      .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                      .queryCount = 2 * ORR_VK_SCOPES};
        if (gpu->vk.vkCreateQueryPool(gpu->device, &info, NULL, &cmd->queries) != VK_SUCCESS)
            cmd->queries = VK_NULL_HANDLE;
        if (cmd->queries != VK_NULL_HANDLE)
            orr_vk_name(gpu, VK_OBJECT_TYPE_QUERY_POOL, ORR_VK_HANDLE(cmd->queries), "times");
    }
    if (cmd->scopes == NULL || cmd->queries == VK_NULL_HANDLE) {
        orr_cmd_fail(cmd, ORR_E_MEMORY, "no memory for the times of command '%s'", cmd->label);
        return false;
    }
    /* Reset in the part that runs before the body: a reset is not allowed inside a raster pass, a timestamp
     * is. */
    if (cmd->query_count == 0)
        gpu->vk.vkCmdResetQueryPool(orr_cmd_before(cmd), cmd->queries, 0, 2 * ORR_VK_SCOPES);
    return true;
}

static uint32_t stamp(orr_cmd *cmd) {
    cmd->gpu->vk.vkCmdWriteTimestamp2(cmd->body, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, cmd->queries,
                                      cmd->query_count);
    return cmd->query_count++;
}

void orr_cmd_time_begin(orr_cmd *cmd, const char *name) {
    if (cmd->error.code != ORR_OK) return;
    if (cmd->scope_depth >= ORR_VK_SCOPE_DEPTH || cmd->scope_count >= ORR_VK_SCOPES) {
        orr_cmd_fail(cmd, ORR_E_LIMIT, "time scope '%s': at most %u nested and %u in a command", name,
                     ORR_VK_SCOPE_DEPTH, ORR_VK_SCOPES);
        return;
    }
    if (cmd->gpu->caps.timestamp_bits > 0 && !prepare(cmd)) return;
    if (cmd->scopes == NULL && (cmd->scopes = orr_calloc(ORR_VK_SCOPES, sizeof *cmd->scopes)) == NULL) {
        orr_cmd_fail(cmd, ORR_E_MEMORY, "no memory for the times of command '%s'", cmd->label);
        return;
    }
    orr_vk_scope *scope = &cmd->scopes[cmd->scope_count];
    (void)orr_format(scope->name, sizeof scope->name, "%s", name);
    scope->depth = cmd->scope_depth;
    if (cmd->gpu->caps.timestamp_bits > 0) scope->begin_query = stamp(cmd);
    cmd->scope_stack[cmd->scope_depth++] = cmd->scope_count++;
    orr_vk_mark(cmd);
}

void orr_cmd_time_end(orr_cmd *cmd) {
    if (cmd->error.code != ORR_OK) return;
    if (cmd->scope_depth == 0) {
        orr_cmd_fail(cmd, ORR_E_ARGUMENT, "a time scope ends that was never begun, in command '%s'",
                     cmd->label);
        return;
    }
    orr_vk_scope *scope = &cmd->scopes[cmd->scope_stack[--cmd->scope_depth]];
    if (cmd->gpu->caps.timestamp_bits > 0) scope->end_query = stamp(cmd);
    orr_vk_mark(cmd);
}

static uint64_t span_ns(const orr_gpu *gpu, uint64_t from, uint64_t to) {
    uint32_t bits = gpu->caps.timestamp_bits;
    uint64_t mask = bits >= 64 ? UINT64_MAX : (1ull << bits) - 1;
    return (uint64_t)((double)((to - from) & mask) * (double)gpu->caps.limits.timestampPeriod);
}

/* Reads the timestamps of a command whose submission has ended into the ring. */
void orr_vk_times_read(orr_cmd *cmd) {
    orr_gpu *gpu = cmd->gpu;
    if (cmd->scope_count == 0 || gpu->caps.timestamp_bits == 0) return;
    uint64_t stamps[2 * ORR_VK_SCOPES];
    VkResult result = gpu->vk.vkGetQueryPoolResults(gpu->device, cmd->queries, 0, cmd->query_count,
                                                    cmd->query_count * sizeof stamps[0], stamps,
                                                    sizeof stamps[0], VK_QUERY_RESULT_64_BIT);
    orr_vk_times *times = &gpu->times[gpu->next_times];
    orr_gpu_timing *grown = orr_realloc(times->scopes, cmd->scope_count, sizeof *grown);
    if (result != VK_SUCCESS || grown == NULL) return;
    gpu->next_times = (gpu->next_times + 1u) % ORR_VK_TIMINGS;
    times->scopes = grown;
    times->value = cmd->value;
    times->count = cmd->scope_count;
    for (uint32_t i = 0; i < cmd->scope_count; i++) {
        const orr_vk_scope *scope = &cmd->scopes[i];
        orr_gpu_timing *timing = &grown[i];
        memset(timing, 0, sizeof *timing);
        (void)orr_format(timing->name, sizeof timing->name, "%s", scope->name);
        timing->depth = scope->depth;
        timing->ns = span_ns(gpu, stamps[scope->begin_query], stamps[scope->end_query]);
        timing->begin_ns = span_ns(gpu, stamps[0], stamps[scope->begin_query]);
    }
}

uint32_t orr_gpu_timings(orr_gpu *gpu, uint64_t value, orr_gpu_timing *out, uint32_t capacity) {
    orr_vk_collect(gpu, orr_gpu_completed(gpu), false);
    for (size_t i = 0; i < ORR_VK_TIMINGS; i++) {
        const orr_vk_times *times = &gpu->times[i];
        if (value == 0 || times->value != value) continue;
        uint32_t count = times->count < capacity ? times->count : capacity;
        if (count > 0) memcpy(out, times->scopes, count * sizeof *out);
        return count;
    }
    return 0;
}
