/* Bounded queues at nodes. All under the space's lock; an operation moves one item or a short run of them. */
#include "space/space_private.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct queue_item {
    const orr_value *value;
    size_t bytes;
    uint64_t time_ns; /* of the push; 0 when the queue knows no age */
} queue_item;

struct orr_queue {
    orr_queue_params params;
    queue_item *items; /* a ring that grows up to params.capacity */
    size_t first, count, allocated;
    size_t bytes;
    uint64_t pushed, dropped;
};

static queue_item *item_at(const orr_queue *queue, size_t i) {
    return &queue->items[(queue->first + i) % queue->allocated];
}

void orr_queue_free(orr_queue *queue) {
    if (!queue) return;
    for (size_t i = 0; i < queue->count; i++) orr_value_release(item_at(queue, i)->value);
    free(queue->items);
    free(queue);
}

orr_queue *orr_queue_copy(const orr_queue *queue) {
    orr_queue *copy = orr_calloc(1, sizeof *copy);
    if (!copy) return NULL;
    *copy = *queue;
    copy->first = 0;
    copy->allocated = queue->count;
    copy->items = orr_calloc(queue->count + 1, sizeof *copy->items);
    for (size_t i = 0; i < queue->count && copy->items; i++) {
        copy->items[i] = *item_at(queue, i);
        orr_value_retain(copy->items[i].value);
    }
    if (copy->items) return copy;
    free(copy);
    return NULL;
}

size_t orr_queue_count(const orr_queue *queue) {
    return queue->count;
}

static queue_item take_oldest(orr_queue *queue) {
    queue_item item = *item_at(queue, 0);
    queue->first = (queue->first + 1) % queue->allocated;
    queue->count--;
    queue->bytes -= item.bytes;
    return item;
}

/* The value goes through the retired list only so that it is released without the lock. */
static bool drop_oldest(orr_space *space, orr_queue *queue) {
    if (!orr_retire_reserve(space, 1)) return false;
    queue_item item = take_oldest(queue);
    queue->dropped++;
    orr_retire(space, (void *)item.value, ORR_RETIRED_VALUE, item.bytes);
    return true;
}

static void drop_aged(orr_space *space, orr_queue *queue) {
    uint64_t now = queue->params.max_age_ns && queue->count ? orr_time_ns() : 0;
    while (queue->params.max_age_ns && queue->count &&
           now - item_at(queue, 0)->time_ns > queue->params.max_age_ns)
        if (!drop_oldest(space, queue)) return;
}

static bool over(const orr_queue *queue, size_t more_items, size_t more_bytes) {
    return queue->count + more_items > queue->params.capacity ||
           (queue->params.max_bytes && queue->bytes + more_bytes > queue->params.max_bytes);
}

static bool grow(orr_queue *queue) {
    if (queue->count < queue->allocated) return true;
    size_t capacity = queue->allocated ? queue->allocated * 2 : 8;
    if (capacity > queue->params.capacity) capacity = queue->params.capacity;
    queue_item *items = orr_calloc(capacity, sizeof *items);
    if (!items) return false;
    for (size_t i = 0; i < queue->count; i++) items[i] = *item_at(queue, i);
    free(queue->items);
    queue->items = items;
    queue->first = 0;
    queue->allocated = capacity;
    return true;
}

/* The queue of the node at `path`, made with `params` when it is not there. */
static orr_status ensure_queue(orr_space *space, const char *path, const orr_queue_params *params,
                               orr_node **node, orr_error *err) {
    orr_status status = orr_node_ensure(space, path, node, err);
    if (status || (*node)->queue) return status;
    (*node)->queue = orr_calloc(1, sizeof(orr_queue));
    if (!(*node)->queue) return orr_fail(err, ORR_E_MEMORY, path, "no memory for a queue");
    (*node)->queue->params = *params;
    if (!params->capacity) (*node)->queue->params.capacity = 1024;
    return ORR_OK;
}

orr_status orr_space_queue(orr_space *space, const char *path, const orr_queue_params *params,
                           orr_error *err) {
    orr_node *node = NULL;
    orr_space_begin(space);
    orr_status status = ensure_queue(space, path, params, &node, err);
    if (!status) {
        orr_queue *queue = node->queue;
        queue->params = *params;
        if (!params->capacity) queue->params.capacity = 1024;
        while (params->drop_oldest && queue->count && over(queue, 0, 0) && drop_oldest(space, queue))
            continue;
        orr_space_changed(space, node);
    }
    orr_space_end(space);
    return status;
}

static orr_status push_locked(orr_space *space, const char *path, const orr_value *value, orr_error *err) {
    static const orr_queue_params defaults;
    orr_node *node = NULL;
    orr_status status = ensure_queue(space, path, &defaults, &node, err);
    if (status) return status;
    orr_queue *queue = node->queue;
    size_t bytes = orr_value_size_bytes(value);
    drop_aged(space, queue);
    if (queue->params.max_bytes && bytes > queue->params.max_bytes)
        return orr_fail(err, ORR_E_LIMIT, path, "%zu bytes do not fit the queue at '%s', which holds %zu",
                        bytes, path, queue->params.max_bytes);
    while (queue->count && over(queue, 1, bytes)) {
        if (!queue->params.drop_oldest)
            return orr_fail(err, ORR_E_LIMIT, path, "the queue at '%s' is full (%zu items, %zu bytes)", path,
                            queue->count, queue->bytes);
        if (!drop_oldest(space, queue))
            return orr_fail(err, ORR_E_MEMORY, path, "no memory to push to '%s'", path);
    }
    if (!grow(queue)) return orr_fail(err, ORR_E_MEMORY, path, "no memory to push to '%s'", path);
    queue->count++;
    *item_at(queue, queue->count - 1) =
        (queue_item){value, bytes, queue->params.max_age_ns ? orr_time_ns() : 0};
    queue->bytes += bytes;
    queue->pushed++;
    orr_space_changed(space, node);
    return ORR_OK;
}

orr_status orr_space_push(orr_space *space, const char *path, const orr_value *value, orr_error *err) {
    if (!value) return orr_fail(err, ORR_E_MEMORY, path, "no value was given to push: memory ran out");
    orr_space_begin(space);
    orr_status status = push_locked(space, path, value, err);
    orr_space_end(space);
    if (status) orr_value_release(value);
    return status;
}

/* NULL when there is nothing to pop; then `*status` is a bad path's, or ORR_E_TIMEOUT. */
static const orr_value *pop_once(orr_space *space, const char *path, orr_status *status) {
    const orr_value *value = NULL;
    orr_space_begin(space);
    orr_node *node = orr_space_find(space, path);
    orr_queue *queue = node ? node->queue : NULL;
    if (queue) drop_aged(space, queue);
    if (queue && queue->count) {
        value = take_oldest(queue).value;
        orr_space_changed(space, node);
    }
    orr_space_end(space);
    *status = value ? ORR_OK : node ? ORR_E_TIMEOUT : orr_path_check(path, NULL);
    if (!value && !*status) *status = ORR_E_TIMEOUT;
    return value;
}

orr_status orr_space_pop(orr_space *space, const char *path, uint64_t timeout_ns, const orr_value **out,
                         orr_error *err) {
    orr_watch *watch = NULL;
    orr_status status = ORR_OK;
    const orr_value *value = pop_once(space, path, &status);
    if (!value && status != ORR_E_TIMEOUT) return orr_path_check(path, err);
    if (!value && timeout_ns) {
        uint64_t start = orr_time_ns(), passed = 0;
        orr_status failed = orr_watch_create(space, path, &watch, err);
        if (failed) return failed;
        while (!(value = pop_once(space, path, &status)) && passed < timeout_ns) {
            orr_watch_wait(watch, timeout_ns - passed, NULL);
            passed = orr_time_ns() - start;
        }
        orr_watch_destroy(&watch);
    }
    if (value) {
        *out = value;
        return ORR_OK;
    }
    if (!err) return ORR_E_TIMEOUT;
    return orr_fail(err, ORR_E_TIMEOUT, path, "nothing to pop at '%s' within %.3f s", path,
                    (double)timeout_ns * 1e-9);
}

static orr_status no_queue(const char *path, orr_error *err) {
    orr_status status = orr_path_check(path, err);
    return status ? status : orr_fail(err, ORR_E_NOT_FOUND, path, "there is no queue at '%s'", path);
}

orr_status orr_space_tail(orr_space *space, const char *path, uint64_t *offset, uint64_t *lost,
                          const orr_value **items, size_t capacity, size_t *count, orr_error *err) {
    orr_space_begin(space);
    orr_node *node = orr_space_find(space, path);
    orr_queue *queue = node ? node->queue : NULL;
    *count = 0;
    if (queue) {
        drop_aged(space, queue);
        uint64_t oldest = queue->pushed - queue->count;
        if (*offset < oldest && lost) *lost += oldest - *offset;
        if (*offset < oldest) *offset = oldest;
        for (; *offset < queue->pushed && *count < capacity; ++*offset)
            items[(*count)++] = orr_value_retain(item_at(queue, (size_t)(*offset - oldest))->value);
    }
    orr_space_end(space);
    return queue ? ORR_OK : no_queue(path, err);
}

orr_status orr_space_queue_stats(orr_space *space, const char *path, orr_queue_stats *out, orr_error *err) {
    orr_space_begin(space);
    orr_node *node = orr_space_find(space, path);
    const orr_queue *queue = node ? node->queue : NULL;
    if (queue) *out = (orr_queue_stats){queue->pushed, queue->dropped, queue->count, queue->bytes};
    orr_space_end(space);
    return queue ? ORR_OK : no_queue(path, err);
}
