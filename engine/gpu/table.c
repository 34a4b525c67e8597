#include "gpu/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void orr_table_open(orr_table *table, size_t item_bytes) {
    memset(table, 0, sizeof *table);
    table->item_bytes = (item_bytes + 15u) & ~(size_t)15u;
    table->mutex = orr_mutex_create();
}

void orr_table_close(orr_table *table) {
    for (uint32_t i = 0; i < ORR_TABLE_CHUNKS; i++) free(atomic_load(&table->chunks[i]));
    if (table->mutex != NULL) orr_mutex_destroy(&table->mutex);
    table->count = 0;
}

static orr_item *slot_at(const orr_table *table, uint32_t index) {
    if (index >= ORR_TABLE_CHUNK * ORR_TABLE_CHUNKS) return NULL;
    char *chunk = atomic_load_explicit(&((orr_table *)(uintptr_t)table)->chunks[index / ORR_TABLE_CHUNK],
                                       memory_order_acquire);
    return chunk == NULL ? NULL : (orr_item *)(void *)(chunk + (index % ORR_TABLE_CHUNK) * table->item_bytes);
}

static orr_item *take_slot(orr_table *table) {
    if (table->free_head != 0) {
        orr_item *item = slot_at(table, table->free_head - 1);
        table->free_head = item->next_free;
        return item;
    }
    uint32_t index = table->count;
    if (index >= ORR_TABLE_CHUNK * ORR_TABLE_CHUNKS) return NULL;
    if (index % ORR_TABLE_CHUNK == 0) {
        char *chunk = orr_calloc(ORR_TABLE_CHUNK, table->item_bytes);
        if (chunk == NULL) return NULL;
        atomic_store_explicit(&table->chunks[index / ORR_TABLE_CHUNK], chunk, memory_order_release);
    }
    table->count++;
    orr_item *item = slot_at(table, index);
    item->index = index;
    return item;
}

orr_status orr_table_add(orr_table *table, const char *what, orr_item **out, orr_error *err) {
    orr_mutex_lock(table->mutex);
    orr_item *item = take_slot(table);
    if (item != NULL) {
        uint32_t index = item->index, generation = item->generation;
        memset(item, 0, table->item_bytes);
        item->index = index;
        item->generation = generation == UINT32_MAX ? 1 : generation + 1;
        table->live++;
    }
    orr_mutex_unlock(table->mutex);
    *out = item;
    if (item == NULL)
        return orr_fail(err, ORR_E_LIMIT, NULL, "more than %u %s alive at once: destroy some",
                        ORR_TABLE_CHUNK * ORR_TABLE_CHUNKS, what);
    return ORR_OK;
}

uint64_t orr_table_publish(orr_item *item) {
    item->live = true;
    return ((uint64_t)item->generation << 32) | (item->index + 1u);
}

void *orr_table_get(const orr_table *table, uint64_t id) {
    uint32_t slot = (uint32_t)id;
    if (slot == 0) return NULL;
    orr_item *item = slot_at(table, slot - 1u);
    return item != NULL && item->live && item->generation == (uint32_t)(id >> 32) ? item : NULL;
}

void *orr_table_peek(const orr_table *table, uint64_t id) {
    uint32_t slot = (uint32_t)id;
    orr_item *item = slot == 0 ? NULL : slot_at(table, slot - 1u);
    return item != NULL && !item->retired && item->generation == (uint32_t)(id >> 32) ? item : NULL;
}

void orr_table_unpublish(orr_item *item) {
    item->live = false;
}

void orr_table_remove(orr_table *table, orr_item *item) {
    orr_mutex_lock(table->mutex);
    item->live = false;
    item->next_free = table->free_head;
    table->free_head = item->index + 1u;
    table->live--;
    orr_mutex_unlock(table->mutex);
}

orr_item *orr_table_at(const orr_table *table, uint32_t index) {
    orr_item *item = index < table->count ? slot_at(table, index) : NULL;
    return item != NULL && item->live ? item : NULL;
}
