/* When what a writer unlinked may be freed; the frame of every write. See space_private.h. */
#include "space/space_private.h"

#include <stdlib.h>

#include "base/arena.h"

bool orr_retire_reserve(orr_space *space, size_t n) {
    if (space->retired_count + n <= space->retired_capacity) return true;
    size_t capacity = space->retired_capacity ? space->retired_capacity * 2 : 256;
    while (capacity < space->retired_count + n) capacity *= 2;
    orr_retired *ring = orr_calloc(capacity, sizeof *ring);
    if (!ring) return false;
    for (size_t i = 0; i < space->retired_count; i++)
        ring[i] = space->retired[(space->retired_first + i) & (space->retired_capacity - 1)];
    free(space->retired);
    space->retired = ring;
    space->retired_first = 0;
    space->retired_capacity = capacity;
    return true;
}

void orr_retire(orr_space *space, void *what, orr_retired_kind kind, size_t bytes) {
    size_t at = (space->retired_first + space->retired_count++) & (space->retired_capacity - 1);
    space->retired[at] = (orr_retired){what, kind, atomic_load(&space->epoch)};
    space->retired_since++;
    space->retired_bytes += bytes;
}

/* One epoch further, if nobody is pinned in the one before. Only a writer gets here, under lock. */
static bool advance(orr_space *space) {
    uint64_t epoch = atomic_load(&space->epoch);
    for (int i = 0; i < ORR_SPACE_STRIPES; i++)
        if (atomic_load(&space->stripes[i].pinned[(epoch + 2) % 3]) != 0) return false;
    atomic_store(&space->epoch, epoch + 1);
    return true;
}

/* Moves what no reader can see any more into `batch`. */
static size_t collect(orr_space *space, orr_retired *batch) {
    size_t count = 0;
    if (space->retired_since < ORR_SPACE_REAP_EVERY && space->retired_bytes < ORR_SPACE_REAP_BYTES) return 0;
    space->retired_since = space->retired_bytes = 0;
    if (advance(space)) advance(space);
    while (space->retired_count && count < ORR_SPACE_REAP_BATCH) {
        orr_retired *oldest = &space->retired[space->retired_first];
        if (oldest->epoch + 2 > atomic_load(&space->epoch)) break;
        batch[count++] = *oldest;
        space->retired_first = (space->retired_first + 1) & (space->retired_capacity - 1);
        space->retired_count--;
    }
    return count;
}

static void reap(const orr_retired *entry, orr_node **chain) {
    if (entry->kind == ORR_RETIRED_VALUE)
        orr_value_release(entry->what);
    else if (entry->kind == ORR_RETIRED_TABLE)
        free(entry->what);
    else
        orr_node_reap(entry->what, chain);
}

void orr_space_begin(orr_space *space) {
    orr_mutex_lock(space->lock);
}

void orr_space_end(orr_space *space) {
    orr_retired batch[ORR_SPACE_REAP_BATCH];
    orr_node *chain = NULL;
    size_t count = collect(space, batch);
    bool wake = space->wake;
    space->wake = false;
    orr_mutex_unlock(space->lock);
    if (wake) {
        orr_mutex_lock(space->wait_lock);
        orr_cond_broadcast(space->wait_cond);
        orr_mutex_unlock(space->wait_lock);
    }
    /* Freed without the lock: the last reference to an exec runs its owner's code. */
    for (size_t i = 0; i < count; i++) reap(&batch[i], &chain);
    if (!chain) return;
    orr_mutex_lock(space->lock);
    orr_node_recycle(space, chain);
    orr_mutex_unlock(space->lock);
}

void orr_space_reap_all(orr_space *space) {
    orr_node *chain = NULL; /* the slots die with the pool */
    for (size_t i = 0; i < space->retired_count; i++)
        reap(&space->retired[(space->retired_first + i) & (space->retired_capacity - 1)], &chain);
    free(space->retired);
    space->retired = NULL;
    space->retired_count = space->retired_capacity = 0;
}
