/* The space: one tree of typed values, the public state of an engine.
 *
 * A path is absolute, "/apps/demo/scenes/main": names between slashes, UTF-8, 1 to 255 bytes, no control
 * characters, never "." or ".."; at most ORR_SPACE_MAX_DEPTH names. "/" is the root. Every node may have a
 * value, a queue and children; `set` and `push` make the parents that are missing. Every change raises the
 * space's revision by one.
 *
 * Ownership: orr_space_destroy, with no other call in flight. Handles and watches die with the space, values
 * do not. Thread-safety: every function is safe from any thread. get, list, resolve and call take no lock and
 * never wait, not even for a writer that was stopped half way; writers take turns. */
#ifndef ORR_SPACE_SPACE_H
#define ORR_SPACE_SPACE_H

#include "space/value.h"

enum { ORR_SPACE_MAX_DEPTH = 64, ORR_SPACE_MAX_NAME = 255 };

typedef struct orr_space orr_space;
typedef struct orr_space_params {
    const char *label; /* for messages; NULL = "space" */
    orr_schemas
        *schemas; /* borrowed registry, as of the space that this one will be mounted into; NULL = its own */
    void (*on_write)(
        void *context); /* test hook: called inside every set, right before the value is published */
    void *context;
} orr_space_params;

ORR_MUST_CHECK orr_status orr_space_create(const orr_space_params *params, orr_space **out, orr_error *err);
void orr_space_destroy(orr_space **space);
orr_schemas *orr_space_schemas(orr_space *space);    /* borrowed; register the types of records here */
uint64_t orr_space_revision(const orr_space *space); /* 0 = nothing was ever written */

/* Any text as a name for a path: what no name may have becomes "_", what does not fit `size` (2 to
 * ORR_SPACE_MAX_NAME + 1) is cut at a character. */
void orr_space_name(const char *text, char *out, size_t size);

/* --- values ------------------------------------------------------------------------------------------ */
/* Replaces the whole value at `path`. Takes `value`, also on failure. ORR_E_ARGUMENT (bad path), ORR_E_MEMORY
 * (`value` is NULL), ORR_E_LIMIT. */
ORR_MUST_CHECK orr_status orr_space_set(orr_space *space, const char *path, const orr_value *value,
                                        orr_error *err);
/* The value at `path`; the caller releases it. ORR_E_NOT_FOUND when there is no node or no value. Failing
 * costs the words of a message only when `err` is given. */
ORR_MUST_CHECK orr_status orr_space_get(orr_space *space, const char *path, const orr_value **out,
                                        orr_error *err);
/* As get, but waits until there is a value: ORR_E_TIMEOUT after `timeout_ns`. */
ORR_MUST_CHECK orr_status orr_space_wait(orr_space *space, const char *path, uint64_t timeout_ns,
                                         const orr_value **out, orr_error *err);
/* Calls the exec at `path` on this thread; `argument` (may be NULL) stays the caller's. `*out` is the result,
 * the caller's, or NULL; `out` may be NULL. ORR_E_TYPE when the value there is no exec; else what the
 * callable returns. */
ORR_MUST_CHECK orr_status orr_space_call(orr_space *space, const char *path, const orr_value *argument,
                                         const orr_value **out, orr_error *err);
/* Names of the children, sorted bytewise; free with orr_names_free (base/platform/platform.h). */
ORR_MUST_CHECK orr_status orr_space_list(orr_space *space, const char *path, char ***names, size_t *count,
                                         orr_error *err);
/* Removes the node and all below it. ORR_E_NOT_FOUND; ORR_E_ARGUMENT for "/". */
ORR_MUST_CHECK orr_status orr_space_remove(orr_space *space, const char *path, orr_error *err);

/* --- handles: for hot loops -------------------------------------------------------------------------- */
/* Plain data, copy it freely. Stays valid until its node is removed or replaced by mount; from then on every
 * use is ORR_E_STALE, also when another node stands at the path. {0} is never valid. */
typedef struct orr_handle {
    uint32_t index, generation;
} orr_handle;
ORR_MUST_CHECK orr_status orr_space_resolve(orr_space *space, const char *path, orr_handle *out,
                                            orr_error *err);
ORR_MUST_CHECK orr_status orr_space_get_at(orr_space *space, orr_handle handle, const orr_value **out,
                                           orr_error *err);
ORR_MUST_CHECK orr_status orr_space_set_at(orr_space *space, orr_handle handle, const orr_value *value,
                                           orr_error *err);

/* --- watching ---------------------------------------------------------------------------------------- */
/* A watch of a node and all below it, whether it exists yet or not; it outlives removals. Changes coalesce:
 * one notification carries the revision of the last one. Owner: orr_watch_destroy, before the space, with no
 * wait in flight. One thread at a time polls or waits on one watch. */
typedef struct orr_watch orr_watch;
ORR_MUST_CHECK orr_status orr_watch_create(orr_space *space, const char *path, orr_watch **out,
                                           orr_error *err);
void orr_watch_destroy(orr_watch **watch);
/* True when something changed since the last poll or wait that returned true; never blocks. `revision` may be
 * NULL. */
bool orr_watch_poll(orr_watch *watch, uint64_t *revision);
bool orr_watch_wait(orr_watch *watch, uint64_t timeout_ns, uint64_t *revision); /* false: timed out */

/* --- queues ------------------------------------------------------------------------------------------ */
/* A node may hold a bounded queue beside its value. `push` makes one with the defaults. */
typedef struct orr_queue_params {
    size_t capacity;     /* items; 0 = 1024 */
    size_t max_bytes;    /* of all items together; 0 = no limit */
    uint64_t max_age_ns; /* older items are dropped at the next push or read; 0 = never */
    bool drop_oldest;    /* a ring: a push that does not fit drops the oldest; else it is refused with
                            ORR_E_LIMIT */
} orr_queue_params;
typedef struct orr_queue_stats {
    uint64_t pushed;  /* ever */
    uint64_t dropped; /* oldest items dropped to make room or for age */
    size_t count, bytes;
} orr_queue_stats;
/* Makes the queue at `path`, or gives the one there new bounds (a ring drops what no longer fits). */
ORR_MUST_CHECK orr_status orr_space_queue(orr_space *space, const char *path, const orr_queue_params *params,
                                          orr_error *err);
ORR_MUST_CHECK orr_status orr_space_push(orr_space *space, const char *path, const orr_value *value,
                                         orr_error *err);
/* Oldest item; the caller releases it. ORR_E_TIMEOUT when none came within `timeout_ns` (0 = look once). */
ORR_MUST_CHECK orr_status orr_space_pop(orr_space *space, const char *path, uint64_t timeout_ns,
                                        const orr_value **out, orr_error *err);
/* Reads without taking away: up to `capacity` items from number `*offset` on (items are numbered from 0 as
 * they are pushed). `*count` items come back, the caller's to release; `*offset` becomes the number after the
 * last one;
 * `*lost` grows by the items that were gone already. */
ORR_MUST_CHECK orr_status orr_space_tail(orr_space *space, const char *path, uint64_t *offset, uint64_t *lost,
                                         const orr_value **items, size_t capacity, size_t *count,
                                         orr_error *err);
ORR_MUST_CHECK orr_status orr_space_queue_stats(orr_space *space, const char *path, orr_queue_stats *out,
                                                orr_error *err);

/* --- subtrees ---------------------------------------------------------------------------------------- */
/* Makes all that `aside` holds visible at `path` at once, in place of what was there, with one notification.
 * `aside` is another space, which nobody writes to meanwhile; it stays the caller's and unchanged. */
ORR_MUST_CHECK orr_status orr_space_mount(orr_space *space, const char *path, orr_space *aside,
                                          orr_error *err);
/* Text of the values at and below `path`, one line each, sorted, schemas first. One consistent state: writers
 * wait while it is taken. Execs and queues stand in it as comments. An empty subtree is only the first line.
 */
ORR_MUST_CHECK orr_status orr_space_dump(orr_space *space, const char *path, orr_text *out, orr_error *err);
/* The reverse: reads a dump and mounts it at `path`. Nothing changes when the text has an error; messages
 * carry the line. The new schemas stay registered. */
ORR_MUST_CHECK orr_status orr_space_load(orr_space *space, const char *path, const char *text, size_t size,
                                         orr_error *err);
/* What differs between two subtrees, sorted by path: "- a/b = 1" only or otherwise in the first, "+ a/b = 2"
 * in the second. Empty = the same values. */
ORR_MUST_CHECK orr_status orr_space_diff(orr_space *a, const char *path_a, orr_space *b, const char *path_b,
                                         orr_text *out, orr_error *err);

/* --- applications ------------------------------------------------------------------------------------ */
/* An application owns "/apps/<name>". Plain data. */
typedef struct orr_space_app {
    orr_space *space;
    char root[sizeof "/apps/" + ORR_SPACE_MAX_NAME];
} orr_space_app;
/* ORR_E_ARGUMENT for a name that is none. The root appears with the first value. */
ORR_MUST_CHECK orr_status orr_space_app_init(orr_space_app *app, orr_space *space, const char *name,
                                             orr_error *err);
/* The absolute path of `path`, which is relative to the root, or absolute and inside it; "." is the root
 * itself. A path that would leave is ORR_E_ESCAPE, one that does not fit `size` ORR_E_LIMIT. */
ORR_MUST_CHECK orr_status orr_space_app_path(const orr_space_app *app, const char *path, char *out,
                                             size_t size, orr_error *err);
ORR_MUST_CHECK orr_status orr_space_app_set(const orr_space_app *app, const char *path,
                                            const orr_value *value, orr_error *err);
ORR_MUST_CHECK orr_status orr_space_app_get(const orr_space_app *app, const char *path, const orr_value **out,
                                            orr_error *err);
void orr_space_app_end(orr_space_app *app); /* removes the root and all below it */

#endif
