/* Nodes, their pool, and the tables of children. */
#include "space/space_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"

/* --- tables ------------------------------------------------------------------------------------------ */

static _Atomic(orr_node *) *table_slot(orr_table *table, uint64_t hash, const char *name, size_t length) {
    for (uint32_t i = (uint32_t)hash;; i++) {
        _Atomic(orr_node *) *slot = &table->slots[i & table->mask];
        orr_node *node = atomic_load_explicit(slot, memory_order_acquire);
        if (!node) return NULL;
        if (node != ORR_GONE && node->hash == hash && node->length == length &&
            memcmp(node->name, name, length) == 0)
            return slot;
    }
}

/* Into a table that nobody reads yet, or one with room: the store publishes the node. */
static void table_put(orr_table *table, orr_node *node) {
    uint32_t i = (uint32_t)node->hash;
    orr_node *old = NULL;
    while ((old = atomic_load_explicit(&table->slots[i & table->mask], memory_order_relaxed)) &&
           old != ORR_GONE)
        i++;
    table->used += old == NULL;
    table->live++;
    atomic_store(&table->slots[i & table->mask], node);
}

static orr_table *table_new(uint32_t capacity) {
    orr_table *table = orr_calloc(1, sizeof *table + capacity * sizeof table->slots[0]);
    if (table) table->mask = capacity - 1;
    return table;
}

/* A table with room for one more: the one there, or a new one published in its place. NULL: memory is out. */
static orr_table *table_with_room(orr_space *space, orr_node *parent) {
    orr_table *table = atomic_load_explicit(&parent->children, memory_order_relaxed);
    if (table && (table->used + 1) * 4 <= (table->mask + 1) * 3) return table;
    uint32_t capacity = 4;
    while (table && capacity / 2 < table->live + 1) {
        if (capacity > UINT32_MAX / 16) return NULL;
        capacity *= 2;
    }
    if (!orr_retire_reserve(space, 1)) return NULL;
    orr_table *fresh = table_new(capacity);
    if (!fresh) return NULL;
    for (uint32_t i = 0; table && i <= table->mask; i++) {
        orr_node *node = atomic_load_explicit(&table->slots[i], memory_order_relaxed);
        if (node && node != ORR_GONE) table_put(fresh, node);
    }
    atomic_store(&parent->children, fresh);
    if (table) orr_retire(space, table, ORR_RETIRED_TABLE, sizeof *table);
    return fresh;
}

/* --- the pool ---------------------------------------------------------------------------------------- */

static bool pool_grow(orr_space *space) {
    if (space->chunk_count == ORR_SPACE_CHUNKS) return false;
    uint32_t chunk = space->chunk_count, size = UINT32_C(64) << chunk;
    orr_node *nodes = orr_calloc(size, sizeof *nodes);
    if (!nodes) return false;
    for (uint32_t i = size; i-- > 0;) {
        nodes[i].index = chunk << ORR_SPACE_OFFSET_BITS | i;
        atomic_init(&nodes[i].generation, 1);
        nodes[i].parent = space->free_nodes;
        space->free_nodes = &nodes[i];
    }
    atomic_store(&space->chunks[chunk], nodes);
    space->chunk_count++;
    return true;
}

orr_node *orr_node_new(orr_space *space, const orr_node *parent, const char *name, size_t length) {
    if (!space->free_nodes && !pool_grow(space)) return NULL;
    char *copy = malloc(length + 1);
    if (!copy) return NULL;
    memcpy(copy, name, length);
    copy[length] = 0;
    orr_node *node = space->free_nodes;
    space->free_nodes = node->parent;
    node->name = copy;
    node->length = length;
    node->hash = parent ? orr_hash64(name, length, parent->hash) : 0;
    node->parent = (orr_node *)parent;
    return node;
}

bool orr_node_link(orr_space *space, orr_node *parent, orr_node *child) {
    orr_table *table = table_with_room(space, parent);
    if (!table) return false;
    table_put(table, child);
    return true;
}

bool orr_node_replace(orr_space *space, orr_node *old, orr_node *fresh) {
    if (!orr_retire_reserve(space, 1)) return false;
    _Atomic(orr_node *) *slot = &space->root;
    if (old->parent) {
        orr_table *table = atomic_load_explicit(&old->parent->children, memory_order_relaxed);
        slot = table_slot(table, old->hash, old->name, old->length);
        table->live -= fresh == NULL;
    }
    atomic_store(slot, fresh ? fresh : ORR_GONE);
    orr_node_kill(old);
    orr_retire(space, old, ORR_RETIRED_NODE,
               ORR_SPACE_REAP_BYTES); /* a subtree goes soon, whatever its size */
    return true;
}

static bool kill_child(void *context, orr_node *node) {
    (void)context;
    orr_node_kill(node);
    return true;
}

void orr_node_kill(orr_node *node) {
    atomic_fetch_add(&node->generation, 1);
    orr_node_each(node, kill_child, NULL);
}

static bool reap_child(void *context, orr_node *node) {
    orr_node_reap(node, context);
    return true;
}

void orr_node_reap(orr_node *node, orr_node **chain) {
    orr_node_each(node, reap_child, chain);
    free(atomic_exchange(&node->children, NULL));
    orr_value_release(atomic_exchange(&node->value, NULL));
    orr_queue_free(node->queue);
    node->queue = NULL;
    free(node->name);
    node->name = NULL;
    node->parent = *chain;
    *chain = node;
}

void orr_node_recycle(orr_space *space, orr_node *chain) {
    while (chain) {
        orr_node *next = chain->parent;
        chain->parent = space->free_nodes;
        space->free_nodes = chain;
        chain = next;
    }
}

/* --- walking ----------------------------------------------------------------------------------------- */

orr_node *orr_space_find(orr_space *space, const char *path) {
    orr_node *node = atomic_load(&space->root);
    if (!path || path[0] != '/') return NULL;
    if (path[1] == 0) return node;
    uint64_t hash = 0;
    for (const char *name = path; *name == '/';) {
        const char *end = ++name;
        while (*end && *end != '/') end++;
        size_t length = (size_t)(end - name);
        hash = orr_hash64(name, length, hash);
        orr_table *table = atomic_load_explicit(&node->children, memory_order_acquire);
        _Atomic(orr_node *) *slot = table ? table_slot(table, hash, name, length) : NULL;
        node = slot ? atomic_load_explicit(slot, memory_order_acquire) : NULL;
        if (!node || node == ORR_GONE) return NULL;
        name = end;
    }
    return node;
}

orr_node *orr_space_at(orr_space *space, orr_handle handle) {
    uint32_t chunk = handle.index >> ORR_SPACE_OFFSET_BITS;
    uint32_t offset = handle.index & ((UINT32_C(1) << ORR_SPACE_OFFSET_BITS) - 1);
    if (chunk >= ORR_SPACE_CHUNKS || offset >= UINT32_C(64) << chunk) return NULL;
    orr_node *nodes = atomic_load_explicit(&space->chunks[chunk], memory_order_acquire);
    if (!nodes || atomic_load(&nodes[offset].generation) != handle.generation || !handle.generation)
        return NULL;
    return &nodes[offset];
}

orr_status orr_node_ensure(orr_space *space, const char *path, orr_node **out, orr_error *err) {
    *out = orr_space_find(space, path);
    if (*out) return ORR_OK;
    orr_status status = orr_path_check(path, err);
    if (status) return status;
    orr_node *node = atomic_load(&space->root);
    uint64_t hash = 0;
    for (const char *name = path; *name == '/';) {
        size_t length = strcspn(++name, "/");
        hash = orr_hash64(name, length, hash);
        orr_table *table = atomic_load(&node->children);
        _Atomic(orr_node *) *slot = table ? table_slot(table, hash, name, length) : NULL;
        orr_node *child = slot ? atomic_load(slot) : orr_node_new(space, node, name, length);
        if (!child || (!slot && !orr_node_link(space, node, child))) {
            orr_node *chain = NULL;
            if (child) orr_node_reap(child, &chain);
            orr_node_recycle(space, chain);
            return orr_fail(err, ORR_E_MEMORY, path, "no memory for the node '%s'", path);
        }
        node = child;
        name += length;
    }
    *out = node;
    return ORR_OK;
}

bool orr_node_each(const orr_node *node, bool (*visit)(void *, orr_node *), void *context) {
    orr_table *table = atomic_load_explicit(&((orr_node *)node)->children, memory_order_acquire);
    for (uint32_t i = 0; table && i <= table->mask; i++) {
        orr_node *child = atomic_load_explicit(&table->slots[i], memory_order_acquire);
        if (child && child != ORR_GONE && !visit(context, child)) return false;
    }
    return true;
}

typedef struct node_list {
    orr_node **nodes;
    size_t count, capacity;
} node_list;

static bool append_node(void *context, orr_node *node) {
    node_list *list = context;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        orr_node **nodes = orr_realloc(list->nodes, capacity, sizeof *nodes);
        if (!nodes) return false;
        list->nodes = nodes;
        list->capacity = capacity;
    }
    list->nodes[list->count++] = node;
    return true;
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(orr_node *const *)a)->name, (*(orr_node *const *)b)->name);
}

bool orr_node_sorted(const orr_node *node, orr_node ***out, size_t *count) {
    node_list list = {0};
    bool whole = orr_node_each(node, append_node, &list);
    if (whole && list.count) qsort(list.nodes, list.count, sizeof *list.nodes, by_name);
    if (!whole) free(list.nodes);
    *out = whole ? list.nodes : NULL;
    *count = whole ? list.count : 0;
    return whole;
}
