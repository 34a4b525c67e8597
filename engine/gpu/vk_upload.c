/* Uploads. What is mapped and idle is written at once. The rest goes through staging chunks: copies wait in a
 * list until the next submission, or, when much is waiting, are submitted on their own, so that staging stays
 * small however much is loaded. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "gpu/vk.h"

#define CHUNK_BYTES (2ull << 20)
#define FLUSH_BYTES (4ull << 20)

/* --- chunks -------------------------------------------------------------------------------------------- */

orr_status orr_vk_chunk_take(orr_gpu *gpu, orr_vk_chunk **list, uint64_t size, uint64_t usual,
                             const char *label, orr_vk_chunk **out, orr_error *err) {
    for (orr_vk_chunk **link = list; *link != NULL; link = &(*link)->next) {
        if ((*link)->size < size) continue;
        *out = *link;
        *link = (*out)->next;
        (*out)->used = 0;
        (*out)->next = NULL;
        return ORR_OK;
    }
    orr_vk_chunk *chunk = orr_calloc(1, sizeof *chunk);
    if (chunk == NULL) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %s", label);
    chunk->size = size > usual ? size : usual;
    orr_gpu_buffer_params params = {.label = label, .size_bytes = chunk->size, .memory = ORR_MEMORY_UPLOAD};
    orr_status status = orr_gpu_buffer_create(gpu, &params, &chunk->buffer, err);
    if (status != ORR_OK) {
        free(chunk);
        return status;
    }
    orr_vk_buffer *buffer = orr_table_get(&gpu->buffers, chunk->buffer.id);
    chunk->handle = buffer->handle;
    chunk->mapped = buffer->mapped;
    *out = chunk;
    return ORR_OK;
}

void orr_vk_chunks_give(orr_vk_chunk **to, orr_vk_chunk **from) {
    while (*from != NULL) {
        orr_vk_chunk *chunk = *from;
        *from = chunk->next;
        chunk->next = *to;
        *to = chunk;
    }
}

void orr_vk_chunks_close(orr_gpu *gpu, orr_vk_chunk **list) {
    while (*list != NULL) {
        orr_vk_chunk *chunk = *list;
        *list = chunk->next;
        orr_gpu_buffer_destroy(gpu, &chunk->buffer);
        free(chunk);
    }
}

/* --- the list of copies -------------------------------------------------------------------------------- */

static orr_status wait_for(orr_gpu *gpu, uint64_t value, orr_error *err) {
    for (uint64_t seen = orr_gpu_completed(gpu), now;; seen = now) {
        orr_status status =
            orr_gpu_wait(gpu, value, gpu->patience_ns > 0 ? gpu->patience_ns : UINT64_MAX, err);
        if (status != ORR_E_TIMEOUT || (now = orr_gpu_completed(gpu)) == seen) return status;
    }
}

/* Submits what waits, and lets at most one such submission be under way. */
static orr_status flush(orr_gpu *gpu, orr_error *err) {
    orr_cmd *cmd = NULL;
    uint64_t before = gpu->uploads.last_flush;
    orr_status status = before == 0 ? ORR_OK : wait_for(gpu, before, err);
    if (status == ORR_OK) status = orr_cmd_begin(gpu, "uploads", &cmd, err);
    if (status == ORR_OK) status = orr_vk_submit(cmd, &gpu->uploads.last_flush, err);
    return status;
}

static orr_status add_copy(orr_gpu *gpu, const orr_vk_copy *copy, const void *data, orr_error *err) {
    orr_vk_uploads *uploads = &gpu->uploads;
    if (uploads->pending_bytes > 0 && uploads->pending_bytes + copy->size > FLUSH_BYTES) {
        orr_status status = flush(gpu, err);
        if (status != ORR_OK) return status;
    }
    if (uploads->count == uploads->capacity) {
        uint32_t capacity = uploads->capacity == 0 ? 64 : uploads->capacity * 2;
        orr_vk_copy *grown = orr_realloc(uploads->copies, capacity, sizeof *grown);
        if (grown == NULL) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the list of uploads");
        uploads->copies = grown;
        uploads->capacity = capacity;
    }
    uint64_t start = uploads->chunks == NULL ? 0 : (uploads->chunks->used + 15) & ~(uint64_t)15;
    if (uploads->chunks == NULL || start > uploads->chunks->size ||
        copy->size > uploads->chunks->size - start) {
        orr_vk_chunk *fresh = NULL;
        orr_status status =
            orr_vk_chunk_take(gpu, &gpu->free_staging, copy->size, CHUNK_BYTES, "staging", &fresh, err);
        if (status != ORR_OK) return status;
        fresh->next = uploads->chunks;
        uploads->chunks = fresh;
        start = 0;
    }
    memcpy(uploads->chunks->mapped + start, data, copy->size);
    uploads->chunks->used = start + copy->size;
    uploads->pending_bytes += copy->size;
    orr_vk_copy *kept = &uploads->copies[uploads->count++];
    *kept = *copy;
    kept->staging = uploads->chunks->handle;
    kept->staging_offset = start;
    return ORR_OK;
}

static void record_buffer(orr_gpu *gpu, orr_cmd *cmd, const orr_vk_copy *copy, uint64_t value) {
    orr_vk_buffer *buffer = orr_table_peek(&gpu->buffers, copy->object);
    if (buffer == NULL) return; /* destroyed meanwhile */
    orr_track_barrier barrier;
    if (!copy->continues && orr_track_use(&buffer->state, ORR_USE_COPY_WRITE, ORR_LAYOUT_UNDEFINED, &barrier))
        orr_vk_batch_add(cmd, orr_cmd_before(cmd), NULL, 0, &barrier);
    VkCommandBuffer into = orr_cmd_before(cmd);
    orr_cmd_flush(cmd, into);
    VkBufferCopy region = {copy->staging_offset, copy->offset, copy->size};
    gpu->vk.vkCmdCopyBuffer(into, copy->staging, buffer->handle, 1, &region);
    buffer->item.last_use = value;
    buffer->staged = false;
}

static void record_texture(orr_gpu *gpu, orr_cmd *cmd, const orr_vk_copy *copy, uint64_t value) {
    orr_vk_texture *t = orr_table_peek(&gpu->textures, copy->object);
    if (t == NULL) return;
    orr_track_barrier barrier;
    if (!copy->continues &&
        orr_track_use(&t->states[copy->mip], ORR_USE_COPY_WRITE, ORR_LAYOUT_COPY_TO, &barrier))
        orr_vk_batch_add(cmd, orr_cmd_before(cmd), t, copy->mip, &barrier);
    VkCommandBuffer into = orr_cmd_before(cmd);
    orr_cmd_flush(cmd, into);
    uint32_t width = t->width >> copy->mip;
    VkBufferImageCopy region = {.bufferOffset = copy->staging_offset,
                                .imageSubresource = {orr_vk_aspect(t), copy->mip, copy->layer, 1},
                                .imageOffset = {0, (int32_t)copy->row, 0},
                                .imageExtent = {width == 0 ? 1 : width, copy->rows, 1}};
    gpu->vk.vkCmdCopyBufferToImage(into, copy->staging, t->handle, orr_vk_layout(ORR_LAYOUT_COPY_TO), 1,
                                   &region);
    t->item.last_use = value;
    t->staged = false;
}

void orr_vk_uploads_record(orr_gpu *gpu, orr_cmd *cmd) {
    orr_vk_uploads *uploads = &gpu->uploads;
    uint64_t value = atomic_load(&gpu->submitted) + 1;
    for (uint32_t i = 0; i < uploads->count; i++) {
        if (uploads->copies[i].texture)
            record_texture(gpu, cmd, &uploads->copies[i], value);
        else
            record_buffer(gpu, cmd, &uploads->copies[i], value);
    }
    uploads->count = 0;
    uploads->pending_bytes = 0;
    orr_vk_chunks_give(&cmd->staging, &uploads->chunks);
}

void orr_vk_uploads_close(orr_gpu *gpu) {
    orr_vk_chunks_close(gpu, &gpu->uploads.chunks);
    free(gpu->uploads.copies);
    gpu->uploads.copies = NULL;
}

/* --- the two uploads ----------------------------------------------------------------------------------- */

orr_status orr_gpu_upload_buffer(orr_gpu *gpu, orr_gpu_buffer id, uint64_t offset, const void *data,
                                 uint64_t size, orr_error *err) {
    orr_vk_buffer *buffer = orr_table_get(&gpu->buffers, id.id);
    if (buffer == NULL)
        return orr_fail(err, ORR_E_STALE, NULL, "upload: %s",
                        id.id == 0 ? "no buffer" : "the buffer is gone");
    if (offset > buffer->size || size > buffer->size - offset)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                        "upload of bytes %" PRIu64 " + %" PRIu64 " into buffer '%s', which has %" PRIu64,
                        offset, size, buffer->label, buffer->size);
    if (size == 0) return ORR_OK;
    if (buffer->mapped != NULL && !buffer->staged && buffer->item.last_use <= orr_gpu_completed(gpu)) {
        memcpy((uint8_t *)buffer->mapped + offset, data, size);
        return ORR_OK;
    }
    for (uint64_t done = 0; done < size;) {
        uint64_t piece = size - done < CHUNK_BYTES ? size - done : CHUNK_BYTES;
        orr_vk_copy copy = {.object = id.id, .offset = offset + done, .size = piece, .continues = done > 0};
        orr_status status = add_copy(gpu, &copy, (const uint8_t *)data + done, err);
        if (status != ORR_OK) return status;
        done += piece;
        buffer->staged = true;
    }
    return ORR_OK;
}

/* Writes rows straight into a linear texture that nothing has touched yet. */
static bool write_rows(orr_gpu *gpu, orr_vk_texture *t, uint32_t layer, uint32_t mip, const uint8_t *data,
                       uint64_t pitch, uint32_t height) {
    const orr_track *state = &t->states[mip];
    uint8_t *mapped = t->linear ? orr_vk_memory_map(&t->memory) : NULL;
    if (mapped == NULL || t->staged || state->layout != ORR_LAYOUT_HOST) return false;
    VkImageSubresource part = {orr_vk_aspect(t), mip, layer};
    VkSubresourceLayout where;
    gpu->vk.vkGetImageSubresourceLayout(gpu->device, t->handle, &part, &where);
    if (where.rowPitch == pitch) {
        memcpy(mapped + where.offset, data, pitch * height);
        return true;
    }
    for (uint32_t row = 0; row < height; row++)
        memcpy(mapped + where.offset + row * where.rowPitch, data + row * pitch, pitch);
    return true;
}

orr_status orr_gpu_upload_texture(orr_gpu *gpu, orr_gpu_texture id, uint32_t layer, uint32_t mip,
                                  const void *data, uint64_t size, orr_error *err) {
    orr_vk_texture *t = orr_table_get(&gpu->textures, id.id);
    if (t == NULL)
        return orr_fail(err, ORR_E_STALE, NULL, "upload: %s",
                        id.id == 0 ? "no texture" : "the texture is gone");
    if (layer >= t->layers || mip >= t->mips || t->alias != NULL)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "upload into layer %u, mip %u of texture '%s' (%u layers, %u mips%s)", layer, mip,
                        t->label, t->layers, t->mips, t->alias != NULL ? ", memory shared with others" : "");
    if (t->volume > 1)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "upload into 3D texture '%s' of %u slices: it is filled by a shader", t->label,
                        t->volume);
    uint32_t width = t->width >> mip, height = t->height >> mip;
    width = width == 0 ? 1 : width;
    height = height == 0 ? 1 : height;
    uint64_t pitch = (uint64_t)width * orr_format_bytes(t->format);
    if (size != pitch * height)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "upload of %" PRIu64
                        " bytes into mip %u of texture '%s': %u x %u texels of %u bytes are %" PRIu64,
                        size, mip, t->label, width, height, orr_format_bytes(t->format), pitch * height);
    if (write_rows(gpu, t, layer, mip, data, pitch, height)) return ORR_OK;
    uint32_t band = pitch >= CHUNK_BYTES ? 1 : (uint32_t)(CHUNK_BYTES / pitch);
    for (uint32_t row = 0; row < height; row += band) {
        uint32_t rows = height - row < band ? height - row : band;
        orr_vk_copy copy = {.object = id.id,
                            .texture = true,
                            .layer = layer,
                            .mip = mip,
                            .row = row,
                            .rows = rows,
                            .size = pitch * rows,
                            .continues = row > 0};
        orr_status status = add_copy(gpu, &copy, (const uint8_t *)data + pitch * row, err);
        if (status != ORR_OK) return status;
        t->staged = true;
    }
    return ORR_OK;
}
