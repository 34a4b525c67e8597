/* A Chase-Lev deque of jobs held by value. Private to engine/jobs.
 *
 * The owner pushes and pops at the bottom; anybody steals at the top. Chase and Lev, "Dynamic circular
 * work-stealing deque" (SPAA 2005), with the orderings of Lê et al. (PPoPP 2013) moved from fences onto the
 * variables, because ThreadSanitizer does not model fences. The ring has a fixed size: a thief reads its cell
 * before it claims it, and the owner reuses the cell only after it saw the claim. */
#ifndef ORR_JOBS_DEQUE_H
#define ORR_JOBS_DEQUE_H

#include "jobs/jobs.h"

enum { DEQUE_CAPACITY = 1024, CACHE_LINE = 64 };

typedef struct job {
    orr_job_fn run;
    void *argument;
    orr_job_counter *counter;
} job;

typedef struct job_cell {
    _Atomic(orr_job_fn) run;
    _Atomic(void *) argument;
    _Atomic(orr_job_counter *) counter;
} job_cell;

typedef struct deque {
    _Alignas(CACHE_LINE) _Atomic(int64_t) top;
    _Alignas(CACHE_LINE) _Atomic(int64_t) bottom;
    int64_t top_seen; /* the owner's last view of `top`: spares it the thieves' cache line */
    _Alignas(CACHE_LINE) job_cell cells[DEQUE_CAPACITY];
} deque;

static inline job cell_load(deque *d, int64_t i) {
    job_cell *cell = &d->cells[i & (DEQUE_CAPACITY - 1)];
    return (job){.run = atomic_load_explicit(&cell->run, memory_order_relaxed),
                 .argument = atomic_load_explicit(&cell->argument, memory_order_relaxed),
                 .counter = atomic_load_explicit(&cell->counter, memory_order_relaxed)};
}

/* Anybody. May be out of date as soon as it returns. */
static inline bool deque_is_empty(deque *d) {
    int64_t top = atomic_load_explicit(&d->top, memory_order_seq_cst);
    return atomic_load_explicit(&d->bottom, memory_order_seq_cst) <= top;
}

/* Owner. False when full. `ordered`: a read that follows is sure to see the threads asleep, see sleep.c. */
static inline bool deque_push(deque *d, job item, bool ordered) {
    int64_t bottom = atomic_load_explicit(&d->bottom, memory_order_relaxed);
    if (bottom - d->top_seen >= DEQUE_CAPACITY) {
        d->top_seen = atomic_load_explicit(&d->top, memory_order_acquire);
        if (bottom - d->top_seen >= DEQUE_CAPACITY) return false;
    }
    job_cell *cell = &d->cells[bottom & (DEQUE_CAPACITY - 1)];
    atomic_store_explicit(&cell->run, item.run, memory_order_relaxed);
    atomic_store_explicit(&cell->argument, item.argument, memory_order_relaxed);
    atomic_store_explicit(&cell->counter, item.counter, memory_order_relaxed);
    if (ordered)
        atomic_store_explicit(&d->bottom, bottom + 1, memory_order_seq_cst);
    else
        atomic_store_explicit(&d->bottom, bottom + 1, memory_order_release);
    return true;
}

/* Owner: orders what was pushed without order before the reads that follow. */
static inline void deque_publish(deque *d) {
    atomic_fetch_add_explicit(&d->bottom, 0, memory_order_seq_cst);
}

/* Owner: the newest job. */
static inline bool deque_pop(deque *d, job *out) {
    int64_t bottom = atomic_load_explicit(&d->bottom, memory_order_relaxed);
    int64_t top = atomic_load_explicit(&d->top, memory_order_relaxed);
    if (bottom <= top) return false; /* `top` only grows: empty for sure, and no costly store */
    bottom--;
    atomic_store_explicit(&d->bottom, bottom, memory_order_seq_cst);
    top = atomic_load_explicit(&d->top, memory_order_seq_cst);
    if (top < bottom) {
        *out = cell_load(d, bottom);
        return true;
    }
    bool won = false;
    if (top == bottom) { /* the last one: race the thieves for it */
        *out = cell_load(d, bottom);
        won = atomic_compare_exchange_strong_explicit(&d->top, &top, top + 1, memory_order_seq_cst,
                                                      memory_order_relaxed);
    }
    atomic_store_explicit(&d->bottom, bottom + 1, memory_order_release);
    return won;
}

/* Anybody: the oldest job. False when empty or when another thread was faster. */
static inline bool deque_steal(deque *d, job *out) {
    int64_t top = atomic_load_explicit(&d->top, memory_order_seq_cst);
    int64_t bottom = atomic_load_explicit(&d->bottom, memory_order_seq_cst);
    if (top >= bottom) return false;
    *out = cell_load(d, top);
    return atomic_compare_exchange_strong_explicit(&d->top, &top, top + 1, memory_order_seq_cst,
                                                   memory_order_relaxed);
}

#endif
