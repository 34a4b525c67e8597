/* Submission, waiting, and what happens when a submission has ended: commands are used again, the dead are
 * buried. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "gpu/vk.h"

uint64_t orr_gpu_completed(orr_gpu *gpu) {
    uint64_t value = 0;
    if (gpu->vk.vkGetSemaphoreCounterValue(gpu->device, gpu->timeline, &value) != VK_SUCCESS) {
        atomic_store(&gpu->lost, true);
        return 0;
    }
    return value;
}

/* --- deferred destruction ------------------------------------------------------------------------------ */

#define NOT_YET UINT64_MAX

static void bury(orr_gpu *gpu, orr_vk_kind kind, orr_item *item) {
    switch (kind) {
    case ORR_VK_BUFFER:
        orr_vk_buffer_free(gpu, (orr_vk_buffer *)item);
        break;
    case ORR_VK_TEXTURE:
        orr_vk_texture_free(gpu, (orr_vk_texture *)item);
        break;
    case ORR_VK_SAMPLER:
        orr_vk_sampler_free(gpu, (orr_vk_sampler *)item);
        break;
    case ORR_VK_PIPELINE:
        orr_vk_pipeline_free(gpu, (orr_vk_pipeline *)item);
        break;
    }
}

static bool still_recorded(const orr_gpu *gpu, const orr_vk_dead *dead) {
    for (const orr_cmd *cmd = gpu->open; cmd != NULL; cmd = cmd->next)
        if (cmd->serial <= dead->serial) return true;
    return false;
}

void orr_vk_retire(orr_gpu *gpu, orr_vk_kind kind, orr_item *item) {
    orr_table_unpublish(item);
    orr_vk_dead dead = {.kind = kind, .item = item, .serial = gpu->serial, .value = NOT_YET};
    if (gpu->dead_count == gpu->dead_capacity) {
        uint32_t capacity = gpu->dead_capacity == 0 ? 64 : gpu->dead_capacity * 2;
        orr_vk_dead *grown = orr_realloc(gpu->dead, capacity, sizeof *grown);
        if (grown == NULL) return; /* lives until the GPU is destroyed: better than freeing what is in use */
        gpu->dead = grown;
        gpu->dead_capacity = capacity;
    }
    gpu->dead[gpu->dead_count++] = dead;
    uint64_t completed = gpu->open == NULL ? orr_gpu_completed(gpu) : 0;
    if (gpu->open == NULL && completed >= atomic_load(&gpu->submitted))
        orr_vk_collect(gpu, completed, false); /* idle */
}

static void collect_commands(orr_gpu *gpu, uint64_t completed) {
    while (gpu->in_flight != NULL && gpu->in_flight->value <= completed) {
        orr_cmd *cmd = gpu->in_flight;
        gpu->in_flight = cmd->next;
        if (gpu->in_flight == NULL) gpu->in_flight_last = NULL;
        orr_vk_times_read(cmd);
        orr_cmd_recycle(cmd);
    }
}

void orr_vk_collect(orr_gpu *gpu, uint64_t completed, bool everything) {
    if (!everything) collect_commands(gpu, completed);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < gpu->dead_count; i++) {
        orr_vk_dead dead = gpu->dead[i];
        if (dead.value == NOT_YET && !still_recorded(gpu, &dead)) {
            dead.value = atomic_load(&gpu->submitted);
            dead.item->retired = true; /* an upload that still waits for it is dropped */
        }
        if (everything || (dead.value != NOT_YET && dead.value <= completed))
            bury(gpu, dead.kind, dead.item);
        else
            gpu->dead[kept++] = dead;
    }
    gpu->dead_count = kept;
}

/* --- submission ---------------------------------------------------------------------------------------- */

/* An aliased texture that comes first in this command waits for whichever texture owned the memory before. */
static void enter_alias(orr_vk_texture *t) {
    orr_vk_texture *owner = t->alias->owner;
    if (owner == NULL || owner == t) return;
    uint32_t mask = 0;
    for (uint32_t i = 0; i < owner->mips; i++) mask |= orr_vk_track_mask(&owner->states[i]);
    for (uint32_t i = 0; i < t->mips; i++)
        t->states[i] = (orr_track){.writer = mask, .layout = ORR_LAYOUT_UNDEFINED};
}

static void resolve_texture(orr_cmd *cmd, const orr_vk_entry *entry) {
    orr_vk_texture *t = (orr_vk_texture *)entry->object;
    if (t->alias != NULL && entry->takes_over) enter_alias(t);
    for (uint32_t i = 0; i < entry->state_count; i++) {
        orr_track_barrier barrier;
        if (orr_track_resolve(&t->states[i], &cmd->states[entry->first_state + i], &barrier))
            orr_vk_batch_add(cmd, orr_cmd_before(cmd), t, i, &barrier);
    }
    if (t->alias != NULL && entry->takes_over) t->alias->owner = t->alias->local;
}

/* What the host will read back is made visible to it at the end of the command. */
static void show_host(orr_cmd *cmd) {
    for (uint32_t i = 0; i < cmd->entry_count; i++) {
        const orr_vk_entry *entry = &cmd->entries[i];
        orr_track_local *local = &cmd->states[entry->first_state];
        if (entry->texture || ((orr_vk_buffer *)entry->object)->mapped == NULL || local->state.writer == 0)
            continue;
        orr_track_barrier barrier;
        if (orr_track_local_use(local, ORR_USE_HOST_READ, ORR_LAYOUT_UNDEFINED, &barrier))
            orr_vk_batch_add(cmd, cmd->body, NULL, 0, &barrier);
    }
    orr_cmd_flush(cmd, cmd->body);
}

static void resolve(orr_cmd *cmd, uint64_t value) {
    for (uint32_t i = 0; i < cmd->entry_count; i++) {
        orr_vk_entry *entry = &cmd->entries[i];
        entry->object->last_use = value;
        if (entry->texture) {
            resolve_texture(cmd, entry);
            continue;
        }
        orr_track_barrier barrier;
        orr_vk_buffer *buffer = (orr_vk_buffer *)entry->object;
        if (orr_track_resolve(&buffer->state, &cmd->states[entry->first_state], &barrier))
            orr_vk_batch_add(cmd, orr_cmd_before(cmd), NULL, 0, &barrier);
    }
    if (cmd->batch.image_count > 0 || cmd->batch.to != 0) orr_cmd_flush(cmd, orr_cmd_before(cmd));
}

static VkResult submit_buffers(orr_cmd *cmd, uint64_t value) {
    orr_gpu *gpu = cmd->gpu;
    VkResult result = gpu->vk.vkEndCommandBuffer(cmd->body);
    if (result == VK_SUCCESS && cmd->before_open) result = gpu->vk.vkEndCommandBuffer(cmd->before);
    if (result != VK_SUCCESS) return result;
    VkCommandBufferSubmitInfo buffers[2] = {
        {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, .commandBuffer = cmd->before},
        {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, .commandBuffer = cmd->body}};
    VkSemaphoreSubmitInfo signal = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
                                    .semaphore = gpu->timeline,
                                    .value = value,
                                    .stageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT};
    VkSubmitInfo2 submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
                            .commandBufferInfoCount = cmd->before_open ? 2 : 1,
                            .pCommandBufferInfos = cmd->before_open ? buffers : buffers + 1,
                            .signalSemaphoreInfoCount = 1,
                            .pSignalSemaphoreInfos = &signal};
    return gpu->vk.vkQueueSubmit2(gpu->queue, 1, &submit, VK_NULL_HANDLE);
}

static orr_status check_ready(const orr_cmd *cmd, orr_error *err) {
    if (atomic_load(&cmd->gpu->lost))
        return orr_fail(err, ORR_E_DEVICE_LOST, NULL, "the device '%s' was lost: start again",
                        cmd->gpu->info.name);
    if (cmd->error.code != ORR_OK) return orr_fail(err, cmd->error.code, NULL, "%s", cmd->error.message);
    if (cmd->rendering || cmd->scope_depth > 0)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "command '%s' is submitted with %s still open", cmd->label,
                        cmd->rendering ? "a raster pass" : "a time scope");
    return ORR_OK;
}

orr_status orr_vk_submit(orr_cmd *cmd, uint64_t *value, orr_error *err) {
    orr_gpu *gpu = cmd->gpu;
    orr_status status = check_ready(cmd, err);
    if (status == ORR_OK) {
        *value = atomic_load(&gpu->submitted) + 1;
        show_host(cmd);
        orr_vk_uploads_record(gpu, cmd);
        resolve(cmd, *value);
        if (cmd->error.code != ORR_OK)
            status = orr_fail(err, cmd->error.code, NULL, "%s", cmd->error.message);
    }
    if (status == ORR_OK) {
        VkResult result = submit_buffers(cmd, *value);
        if (result != VK_SUCCESS) status = orr_vk_fail(gpu, err, result, "submit", cmd->label);
    }
    if (status != ORR_OK) {
        orr_cmd_abandon(&cmd);
        return status;
    }
    atomic_store(&gpu->submitted, *value);
    orr_cmd **link = &gpu->open;
    while (*link != cmd) link = &(*link)->next;
    *link = cmd->next;
    cmd->value = *value;
    cmd->next = NULL;
    if (gpu->in_flight_last != NULL)
        gpu->in_flight_last->next = cmd;
    else
        gpu->in_flight = cmd;
    gpu->in_flight_last = cmd;
    return ORR_OK;
}

orr_status orr_gpu_submit(orr_gpu *gpu, orr_cmd **pointer, uint64_t *value, orr_error *err) {
    orr_cmd *cmd = *pointer;
    uint64_t submitted = 0;
    *pointer = NULL;
    if (value != NULL) *value = 0;
    orr_status status = orr_vk_submit(cmd, &submitted, err);
    if (status != ORR_OK) return status;
    if (value != NULL) *value = submitted;
    orr_vk_collect(gpu, orr_gpu_completed(gpu), false);
    return orr_vk_check_validation(gpu, err);
}

orr_status orr_gpu_wait(orr_gpu *gpu, uint64_t value, uint64_t timeout_ns, orr_error *err) {
    uint64_t submitted = atomic_load(&gpu->submitted);
    if (atomic_load(&gpu->given_up))
        return orr_fail(err, ORR_E_DEVICE_LOST, NULL, "the device '%s' was given up", gpu->info.name);
    if (value > submitted)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "waiting for submission %" PRIu64 ", but only %" PRIu64 " were made", value,
                        submitted);
    VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                .semaphoreCount = 1,
                                .pSemaphores = &gpu->timeline,
                                .pValues = &value};
    VkResult result = gpu->vk.vkWaitSemaphores(gpu->device, &info, timeout_ns);
    if (result == VK_TIMEOUT)
        return orr_fail(err, ORR_E_TIMEOUT, NULL, "submission %" PRIu64 " did not end within %.3f s", value,
                        (double)timeout_ns * 1e-9);
    if (result != VK_SUCCESS) return orr_vk_fail(gpu, err, result, "wait for", gpu->label);
    return orr_vk_check_validation(gpu, err);
}
