/* Inside of the space, for the files of this folder only.
 *
 * How reads stay free of locks. Everything a reader follows is an atomic pointer: the root, the slots of a
 * child table, the value of a node. A writer (one at a time, under `lock`) unlinks, and frees later: what it
 * unlinked is retired with the current epoch, and freed once the epoch is two further. The epoch only
 * advances when no reader is pinned in the one before. A reader pins by counting itself in one of a few
 * striped counters of the epoch, chosen by its stack address, so there is no thread registration and no
 * thread-local state; it looks at the epoch again and starts over if that moved meanwhile. All of it is
 * sequentially consistent atomics, which TSan follows. (Fraser, Practical lock-freedom, 2004, section 5.2.3,
 * with counters in place of per-thread flags.) */
#ifndef ORR_SPACE_PRIVATE_H
#define ORR_SPACE_PRIVATE_H

#include <stdatomic.h>

#include "base/platform/platform.h"
#include "space/space.h"

enum {
    ORR_SPACE_STRIPES = 32,
    ORR_SPACE_WATCH_BUCKETS = 64,
    ORR_SPACE_CHUNKS = 21,         /* chunk k of the node pool holds 64 << k nodes */
    ORR_SPACE_OFFSET_BITS = 27,    /* of a node's index; its chunk is above */
    ORR_SPACE_REAP_BATCH = 64,     /* most entries one write frees */
    ORR_SPACE_REAP_EVERY = 32,     /* retirements between two looks at the readers */
    ORR_SPACE_REAP_BYTES = 1 << 16 /* … or so many bytes of values */
};

typedef struct orr_node orr_node;
typedef struct orr_queue orr_queue;

/* Open addressing, linear probing; a slot is NULL, ORR_GONE or a node. Readers probe while one writer
 * inserts. */
typedef struct orr_table {
    uint32_t mask; /* capacity - 1, a power of two */
    uint32_t used; /* slots that are not NULL; writers only, as is live */
    uint32_t live;
    _Atomic(orr_node *) slots[];
} orr_table;
#define ORR_GONE ((orr_node *)(uintptr_t)1)

/* Lives in the pool until the space dies; its slot is used again, with another generation, after a grace
 * period. */
struct orr_node {
    _Atomic(const orr_value *) value;
    _Atomic(orr_table *) children;
    atomic_uint generation; /* of the node alive in this slot; raised when it dies */
    uint32_t index;
    uint64_t hash; /* of the path: hash of the name seeded with the parent's */
    char *name;
    size_t length;
    orr_node *parent; /* writers only; links free nodes */
    orr_queue *queue; /* writers only */
};

typedef enum orr_retired_kind { ORR_RETIRED_VALUE, ORR_RETIRED_TABLE, ORR_RETIRED_NODE } orr_retired_kind;
typedef struct orr_retired {
    void *what;
    orr_retired_kind kind;
    uint64_t epoch;
} orr_retired;

struct orr_watch {
    orr_space *space;
    orr_watch *next; /* in its bucket */
    char *path;
    uint64_t hash;
    _Atomic uint64_t changed; /* revision of the last change */
    uint64_t seen;            /* the last one handed out */
    atomic_bool waiting;
};

struct orr_space {
    /* read by readers */
    _Atomic uint64_t epoch;
    _Atomic(orr_node *) root;
    _Atomic(orr_node *) chunks[ORR_SPACE_CHUNKS];
    struct {
        atomic_uint pinned[3];                    /* by epoch modulo 3 */
        char apart[64 - 3 * sizeof(atomic_uint)]; /* no two stripes in one cache line */
    } stripes[ORR_SPACE_STRIPES];
    _Atomic uint64_t revision;
    /* writers, under lock */
    orr_mutex *lock;
    orr_space_params params;
    orr_schemas *schemas, *own_schemas;
    orr_node *free_nodes;
    uint32_t chunk_count;
    orr_retired *retired; /* a ring */
    size_t retired_first, retired_count, retired_capacity, retired_since, retired_bytes;
    orr_watch *watches[ORR_SPACE_WATCH_BUCKETS];
    size_t watch_count;
    bool wake;
    /* waiting threads */
    orr_mutex *wait_lock;
    orr_cond *wait_cond;
};

/* --- readers (reclaim.c, tree.c) ------------------------------------------------------------------------ */
typedef atomic_uint *orr_pin;
static inline orr_pin orr_space_pin(orr_space *space) {
    char here = 0;
    size_t stripe =
        (size_t)(((uintptr_t)&here >> 16) * UINT64_C(0x9e3779b97f4a7c15) >> 59) % ORR_SPACE_STRIPES;
    for (;;) {
        uint64_t epoch = atomic_load(&space->epoch);
        orr_pin pin = &space->stripes[stripe].pinned[epoch % 3];
        atomic_fetch_add(pin, 1);
        if (atomic_load(&space->epoch) == epoch) return pin;
        atomic_fetch_sub(pin, 1);
    }
}
static inline void orr_space_unpin(orr_pin pin) {
    atomic_fetch_sub_explicit(pin, 1, memory_order_release);
}

/* The node at a path, or NULL. The caller is pinned or holds the lock. */
orr_node *orr_space_find(orr_space *space, const char *path);
/* The live node of a handle, or NULL. Same. */
orr_node *orr_space_at(orr_space *space, orr_handle handle);
orr_status orr_path_check(const char *path, orr_error *err); /* ORR_E_ARGUMENT, ORR_E_LIMIT */
bool orr_path_name_ok(const char *name, size_t length);
size_t orr_path_depth(const char *path);
/* Why `path` was not found: the path is bad, or nothing is there. */
orr_status orr_space_missing(const char *path, orr_error *err);

/* --- writers ---------------------------------------------------------------------------------------- */
void orr_space_begin(orr_space *space);              /* lock */
void orr_space_end(orr_space *space);                /* reclaim some, unlock, wake waiters, free */
bool orr_retire_reserve(orr_space *space, size_t n); /* before the first change of a write */
void orr_retire(orr_space *space, void *what, orr_retired_kind kind, size_t bytes); /* reserved before */
void orr_space_reap_all(orr_space *space); /* when nobody reads any more */
/* A change at `node`, with the revision it made: tells the watches on it and above. */
uint64_t orr_space_changed(orr_space *space, const orr_node *node);
void orr_space_changed_below(orr_space *space, const char *path,
                             uint64_t revision); /* watches below `path` too */
uint64_t orr_path_hash(const char *path);

orr_status orr_node_ensure(orr_space *space, const char *path, orr_node **out, orr_error *err);
orr_node *orr_node_new(orr_space *space, const orr_node *parent, const char *name,
                       size_t length); /* not linked */
bool orr_node_link(orr_space *space, orr_node *parent, orr_node *child);
bool orr_node_replace(orr_space *space, orr_node *old,
                      orr_node *fresh);                   /* in the parent; or unlinks: fresh NULL */
void orr_node_kill(orr_node *node);                       /* raises the generations of the subtree */
void orr_node_reap(orr_node *node, orr_node **chain);     /* frees the contents, chains the slots */
void orr_node_recycle(orr_space *space, orr_node *chain); /* under lock */
bool orr_node_each(const orr_node *node, bool (*visit)(void *, orr_node *),
                   void *context); /* children, unordered */
/* Children sorted by name into *out (malloc'd, NULL when none); false when memory is out. */
bool orr_node_sorted(const orr_node *node, orr_node ***out, size_t *count);

void orr_queue_free(orr_queue *queue);
orr_queue *orr_queue_copy(const orr_queue *queue); /* NULL when memory is out */
size_t orr_queue_count(const orr_queue *queue);

#endif
