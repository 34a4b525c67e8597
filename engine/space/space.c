#include "space/space.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "space/schema.h"
#include "space/space_private.h"

orr_status orr_space_create(const orr_space_params *params, orr_space **out, orr_error *err) {
    orr_space *space = orr_calloc(1, sizeof *space);
    if (!space) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a space");
    space->params = params ? *params : (orr_space_params){0};
    if (!space->params.label) space->params.label = "space";
    space->lock = orr_mutex_create();
    space->wait_lock = orr_mutex_create();
    space->wait_cond = orr_cond_create();
    atomic_store(&space->epoch, 2); /* so that `epoch + 2` never meets a wrap */
    if (!space->params.schemas) space->own_schemas = orr_schemas_create();
    space->schemas = space->params.schemas ? space->params.schemas : space->own_schemas;
    orr_node *root = space->schemas ? orr_node_new(space, NULL, "", 0) : NULL;
    atomic_store(&space->root, root);
    if (!root) {
        orr_space_destroy(&space);
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a space");
    }
    *out = space;
    return ORR_OK;
}

void orr_space_destroy(orr_space **space) {
    if (!space || !*space) return;
    orr_space *old = *space;
    orr_node *chain = NULL, *root = atomic_load(&old->root);
    if (root) orr_node_reap(root, &chain);
    orr_space_reap_all(old);
    for (int i = 0; i < ORR_SPACE_CHUNKS; i++) free(atomic_load(&old->chunks[i]));
    orr_schemas_destroy(&old->own_schemas);
    orr_cond_destroy(&old->wait_cond);
    orr_mutex_destroy(&old->wait_lock);
    orr_mutex_destroy(&old->lock);
    free(old);
    *space = NULL;
}

orr_schemas *orr_space_schemas(orr_space *space) {
    return space->schemas;
}

uint64_t orr_space_revision(const orr_space *space) {
    return atomic_load(&((orr_space *)space)->revision);
}

/* --- reading ----------------------------------------------------------------------------------------- */

orr_status orr_space_get(orr_space *space, const char *path, const orr_value **out, orr_error *err) {
    orr_pin pin = orr_space_pin(space);
    orr_node *node = orr_space_find(space, path);
    const orr_value *value = node ? orr_value_retain(atomic_load(&node->value)) : NULL;
    orr_space_unpin(pin);
    if (!value) return orr_space_missing(path, err);
    *out = value;
    return ORR_OK;
}

static orr_status stale(orr_error *err) {
    return err ? orr_fail(err, ORR_E_STALE, NULL,
                          "the node of this handle was removed or replaced; resolve its path again")
               : ORR_E_STALE;
}

orr_status orr_space_get_at(orr_space *space, orr_handle handle, const orr_value **out, orr_error *err) {
    orr_pin pin = orr_space_pin(space);
    orr_node *node = orr_space_at(space, handle);
    const orr_value *value = node ? orr_value_retain(atomic_load(&node->value)) : NULL;
    orr_space_unpin(pin);
    if (!node) return stale(err);
    if (!value)
        return err ? orr_fail(err, ORR_E_NOT_FOUND, NULL, "the node of this handle has no value")
                   : ORR_E_NOT_FOUND;
    *out = value;
    return ORR_OK;
}

orr_status orr_space_resolve(orr_space *space, const char *path, orr_handle *out, orr_error *err) {
    orr_pin pin = orr_space_pin(space);
    orr_node *node = orr_space_find(space, path);
    if (node) *out = (orr_handle){.index = node->index, .generation = atomic_load(&node->generation)};
    /* A node that was removed between the two lines has its next generation already: nobody may hold that
     * one. */
    bool alive = node && orr_space_find(space, path) == node;
    orr_space_unpin(pin);
    return alive ? ORR_OK : orr_space_missing(path, err);
}

orr_status orr_space_call(orr_space *space, const char *path, const orr_value *argument,
                          const orr_value **out, orr_error *err) {
    const orr_value *value = NULL, *result = NULL;
    orr_status status = orr_space_get(space, path, &value, err);
    if (status) return status;
    const orr_exec *exec = orr_value_callable(value);
    status = exec ? exec->call(exec->context, argument, &result, err)
                  : orr_fail(err, ORR_E_TYPE, path, "'%s' holds a value of type %s, which cannot be called",
                             path, orr_type_name(orr_value_type(value)));
    orr_value_release(value);
    if (out && !status)
        *out = result;
    else
        orr_value_release(result);
    return status;
}

orr_status orr_space_list(orr_space *space, const char *path, char ***names, size_t *count, orr_error *err) {
    orr_node **nodes = NULL;
    size_t n = 0;
    char **copy = NULL;
    orr_pin pin = orr_space_pin(space);
    orr_node *node = orr_space_find(space, path);
    bool whole = node && orr_node_sorted(node, &nodes, &n) && (copy = orr_calloc(n + 1, sizeof *copy));
    for (size_t i = 0; i < n && whole; i++) {
        copy[i] = malloc(nodes[i]->length + 1);
        whole = copy[i] != NULL;
        if (whole) memcpy(copy[i], nodes[i]->name, nodes[i]->length + 1);
    }
    orr_space_unpin(pin);
    free(nodes);
    if (whole) {
        *names = copy;
        *count = n;
        return ORR_OK;
    }
    for (size_t i = 0; i < n && copy; i++) free(copy[i]);
    free(copy);
    return node ? orr_fail(err, ORR_E_MEMORY, path, "no memory to list '%s'", path)
                : orr_space_missing(path, err);
}

/* --- writing ----------------------------------------------------------------------------------------- */

static orr_status no_value(const char *path, orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, path,
                    "no value was given for '%s': memory ran out, or a list is nested too deep",
                    path ? path : "?");
}

/* Under lock; takes `value` when it returns ORR_OK. */
static orr_status put(orr_space *space, orr_node *node, const orr_value *value, const char *path,
                      orr_error *err) {
    if (!orr_retire_reserve(space, 1))
        return orr_fail(err, ORR_E_MEMORY, path, "no memory to replace a value");
    if (space->params.on_write) space->params.on_write(space->params.context);
    const orr_value *old = atomic_exchange(&node->value, value);
    if (old) orr_retire(space, (void *)old, ORR_RETIRED_VALUE, orr_value_size_hint(old));
    orr_space_changed(space, node);
    return ORR_OK;
}

orr_status orr_space_set(orr_space *space, const char *path, const orr_value *value, orr_error *err) {
    if (!value) return no_value(path, err);
    orr_node *node = NULL;
    orr_space_begin(space);
    orr_status status = orr_node_ensure(space, path, &node, err);
    if (!status) status = put(space, node, value, path, err);
    orr_space_end(space);
    if (status) orr_value_release(value);
    return status;
}

orr_status orr_space_set_at(orr_space *space, orr_handle handle, const orr_value *value, orr_error *err) {
    if (!value) return no_value(NULL, err);
    orr_space_begin(space);
    orr_node *node = orr_space_at(space, handle);
    orr_status status = node ? put(space, node, value, NULL, err) : stale(err);
    orr_space_end(space);
    if (status) orr_value_release(value);
    return status;
}

orr_status orr_space_remove(orr_space *space, const char *path, orr_error *err) {
    orr_space_begin(space);
    orr_node *node = orr_space_find(space, path), *parent = node ? node->parent : NULL;
    orr_status status = ORR_OK;
    if (!node) {
        status = orr_path_check(path, err);
        if (!status)
            status = orr_fail(err, ORR_E_NOT_FOUND, path, "there is nothing at '%s' to remove", path);
    } else if (!parent) {
        status = orr_fail(err, ORR_E_ARGUMENT, path, "the root of a space cannot be removed");
    } else if (!orr_node_replace(space, node, NULL)) {
        status = orr_fail(err, ORR_E_MEMORY, path, "no memory to remove '%s'", path);
    } else {
        orr_space_changed_below(space, path, orr_space_changed(space, node));
    }
    orr_space_end(space);
    return status;
}

orr_status orr_space_wait(orr_space *space, const char *path, uint64_t timeout_ns, const orr_value **out,
                          orr_error *err) {
    orr_watch *watch = NULL;
    uint64_t start = orr_time_ns(), passed = 0;
    orr_status status = orr_space_get(space, path, out, NULL);
    if (status != ORR_E_NOT_FOUND) return status ? orr_space_missing(path, err) : ORR_OK;
    status = orr_watch_create(space, path, &watch, err);
    if (status) return status;
    while ((status = orr_space_get(space, path, out, NULL)) && passed < timeout_ns) {
        orr_watch_wait(watch, timeout_ns - passed, NULL);
        passed = orr_time_ns() - start;
    }
    orr_watch_destroy(&watch);
    if (!status) return ORR_OK;
    return orr_fail(err, ORR_E_TIMEOUT, path, "no value came to '%s' within %.3f s", path,
                    (double)timeout_ns * 1e-9);
}

/* --- mounting ---------------------------------------------------------------------------------------- */

typedef struct mount_job {
    orr_space *space;
    orr_node *parent; /* the copy whose children are being made */
    size_t depth;     /* names down to it */
} mount_job;

/* Contents and children of `from` into the fresh `to`; false when memory is out or it gets too deep. */
static bool copy_child(void *context, orr_node *from);
static bool copy_into(mount_job job, const orr_node *from) {
    orr_node *to = job.parent;
    atomic_store(&to->value, orr_value_retain(atomic_load(&((orr_node *)from)->value)));
    if (from->queue && !(to->queue = orr_queue_copy(from->queue))) return false;
    return orr_node_each(from, copy_child, &job);
}

static bool copy_child(void *context, orr_node *from) {
    const mount_job *up = context;
    if (up->depth >= ORR_SPACE_MAX_DEPTH) return false;
    orr_node *copy = orr_node_new(up->space, up->parent, from->name, from->length);
    if (!copy) return false;
    if (orr_node_link(up->space, up->parent, copy))
        return copy_into((mount_job){up->space, copy, up->depth + 1}, from);
    orr_node *chain = NULL;
    orr_node_reap(copy, &chain);
    orr_node_recycle(up->space, chain);
    return false;
}

/* The node that the last name of `path` goes under, and that name; makes the parents. */
static orr_status parent_of(orr_space *space, const char *path, orr_node **parent, orr_error *err) {
    orr_text above = {0};
    orr_status status = orr_path_check(path, err);
    if (status) return status;
    size_t length = (size_t)(strrchr(path, '/') - path);
    orr_text_append(&above, path, length ? length : 1);
    status = above.failed ? orr_fail(err, ORR_E_MEMORY, path, "no memory to mount at '%s'", path)
                          : orr_node_ensure(space, above.data, parent, err);
    orr_text_free(&above);
    return status;
}

/* Under both locks. The whole subtree is built before its one store makes it visible. */
static orr_status mount_locked(orr_space *space, const char *path, orr_space *aside, orr_error *err) {
    orr_node *old = orr_space_find(space, path), *parent = old ? old->parent : NULL, *chain = NULL;
    orr_status status = old ? ORR_OK : parent_of(space, path, &parent, err);
    if (status) return status;
    const char *name = parent ? strrchr(path, '/') + 1 : "";
    orr_node *fresh = orr_node_new(space, parent, name, strlen(name));
    mount_job job = {space, fresh, orr_path_depth(path)};
    if (fresh && copy_into(job, atomic_load(&aside->root)) &&
        (old ? orr_node_replace(space, old, fresh) : orr_node_link(space, parent, fresh))) {
        orr_space_changed_below(space, path, orr_space_changed(space, fresh));
        return ORR_OK;
    }
    if (fresh) orr_node_reap(fresh, &chain);
    orr_node_recycle(space, chain);
    return orr_fail(err, ORR_E_LIMIT, path,
                    "mounting at '%s' failed: memory is out, or it is deeper than %d names", path,
                    ORR_SPACE_MAX_DEPTH);
}

orr_status orr_space_mount(orr_space *space, const char *path, orr_space *aside, orr_error *err) {
    if (!aside || aside == space)
        return orr_fail(err, ORR_E_ARGUMENT, path, "a space cannot be mounted into itself; build it aside");
    orr_mutex_lock(aside->lock);
    orr_space_begin(space);
    orr_status status = mount_locked(space, path, aside, err);
    orr_space_end(space);
    orr_mutex_unlock(aside->lock);
    return status;
}
