/* Watches: who is told about a change. */
#include "space/space_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"

static orr_watch **bucket(orr_space *space, uint64_t hash) {
    return &space->watches[hash % ORR_SPACE_WATCH_BUCKETS];
}

static void tell(orr_space *space, orr_watch *watch, uint64_t revision) {
    atomic_store(&watch->changed, revision);
    if (atomic_load(&watch->waiting)) space->wake = true;
}

uint64_t orr_space_changed(orr_space *space, const orr_node *node) {
    uint64_t revision = atomic_fetch_add(&space->revision, 1) + 1;
    if (space->watch_count == 0) return revision;
    for (; node; node = node->parent)
        for (orr_watch *watch = *bucket(space, node->hash); watch; watch = watch->next)
            if (watch->hash == node->hash) tell(space, watch, revision);
    return revision;
}

void orr_space_changed_below(orr_space *space, const char *path, uint64_t revision) {
    size_t length = path[1] ? strlen(path) : 0;
    for (int i = 0; i < ORR_SPACE_WATCH_BUCKETS && space->watch_count; i++)
        for (orr_watch *watch = space->watches[i]; watch; watch = watch->next)
            if (strncmp(watch->path, path, length) == 0 && watch->path[length] == '/')
                tell(space, watch, revision);
}

orr_status orr_watch_create(orr_space *space, const char *path, orr_watch **out, orr_error *err) {
    orr_status status = orr_path_check(path, err);
    if (status) return status;
    size_t size = strlen(path) + 1;
    orr_watch *watch = orr_calloc(1, sizeof *watch + size);
    if (!watch) return orr_fail(err, ORR_E_MEMORY, path, "no memory to watch '%s'", path);
    watch->space = space;
    watch->path = (char *)(watch + 1);
    memcpy(watch->path, path, size);
    watch->hash = orr_path_hash(path);
    orr_space_begin(space);
    watch->next = *bucket(space, watch->hash);
    *bucket(space, watch->hash) = watch;
    space->watch_count++;
    orr_space_end(space);
    *out = watch;
    return ORR_OK;
}

void orr_watch_destroy(orr_watch **watch) {
    if (!watch || !*watch) return;
    orr_space *space = (*watch)->space;
    orr_space_begin(space);
    orr_watch **at = bucket(space, (*watch)->hash);
    while (*at != *watch) at = &(*at)->next;
    *at = (*watch)->next;
    space->watch_count--;
    orr_space_end(space);
    free(*watch);
    *watch = NULL;
}

bool orr_watch_poll(orr_watch *watch, uint64_t *revision) {
    uint64_t changed = atomic_load(&watch->changed);
    if (changed == watch->seen) return false;
    watch->seen = changed;
    if (revision) *revision = changed;
    return true;
}

bool orr_watch_wait(orr_watch *watch, uint64_t timeout_ns, uint64_t *revision) {
    const uint64_t hour_ns = UINT64_C(3600000000000); /* one sleep at most: far from any overflow below */
    if (orr_watch_poll(watch, revision)) return true;
    uint64_t start = orr_time_ns(), passed = 0;
    orr_space *space = watch->space;
    orr_mutex_lock(space->wait_lock);
    atomic_store(&watch->waiting, true); /* before the look: a writer stores, then looks at this */
    bool changed = orr_watch_poll(watch, revision);
    while (!changed && passed < timeout_ns) {
        uint64_t left = timeout_ns - passed;
        orr_cond_wait_ns(space->wait_cond, space->wait_lock, left < hour_ns ? left : hour_ns);
        changed = orr_watch_poll(watch, revision);
        passed = orr_time_ns() - start;
    }
    atomic_store(&watch->waiting, false);
    orr_mutex_unlock(space->wait_lock);
    return changed;
}
