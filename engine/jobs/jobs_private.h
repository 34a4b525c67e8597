/* What the files of engine/jobs share. */
#ifndef ORR_JOBS_PRIVATE_H
#define ORR_JOBS_PRIVATE_H

#include "base/platform/platform.h"
#include "jobs/deque.h"

enum { PRIORITIES = ORR_JOB_LOW + 1, GUEST_SLOTS = 8, THREADS_MAX = 512, IO_THREADS_MAX = 64 };

/* A first-come-first-served queue behind a mutex: for the main thread and for the I/O lane, where a job costs
 * far more than the lock. */
typedef struct lane {
    orr_mutex *mutex;
    orr_cond *cond;
    job *ring;
    size_t capacity, first, count;
    bool closed;
} lane;
void lane_open(lane *l);
void lane_close(lane *l);                     /* the queue must be empty */
bool lane_push(lane *l, job item);            /* false: the lane is shut, nothing was queued */
bool lane_take(lane *l, job *out, bool wait); /* `wait`: until there is a job or the lane is shut */
void lane_shut(lane *l);                      /* those who wait take what is left, then return */

/* A place to queue jobs at: one for the main thread, one per worker, and a few that other threads borrow. */
typedef struct slot {
    deque queues[PRIORITIES];
    _Alignas(CACHE_LINE) orr_jobs *jobs;
    orr_thread *thread;    /* of a worker */
    unsigned index, depth; /* depth > 0: its thread is inside a wait, or is a worker */
    uint64_t random;       /* picks victims; touches timing alone */
    /* guarded by jobs->mutex */
    orr_cond *cond;
    bool sleeping;
    orr_job_counter *waiting_for;              /* NULL: an idle worker */
    _Alignas(CACHE_LINE) atomic_bool borrowed; /* guest slots */
} slot;

struct orr_jobs {
    unsigned threads, slot_count;
    slot *slots;          /* 0: main thread; 1 … threads - 1: workers; then guests */
    const void *main_key; /* identifies the main thread */
    lane main, io;
    orr_thread *io_threads[IO_THREADS_MAX];
    unsigned io_thread_count;
    orr_mutex *mutex; /* guards sleeping and waking */
    orr_cond *slotless_cond;
    _Alignas(CACHE_LINE) atomic_uint sleepers; /* asleep and not yet chosen to wake */
    atomic_uint waiters;                       /* those of them that wait for a counter */
    atomic_uint slotless;                      /* that wait for a guest slot */
    atomic_uint main_queued, high_queued;
    atomic_bool stopping;
};

/* sleep.c */
void jobs_wake_for(orr_jobs *jobs, orr_job_priority priority); /* one thread that may run such a job */
/* Those who wait for `counter`, of which only the address is used: it may be gone already. */
void jobs_wake_waiters(orr_jobs *jobs, const orr_job_counter *counter);
void jobs_wake_main(orr_jobs *jobs);
void jobs_wake_all(orr_jobs *jobs);
void jobs_sleep(slot *s,
                orr_job_counter *counter); /* until woken, or at once when there is something to do */
void jobs_sleep_slotless(orr_jobs *jobs, orr_job_counter *counter); /* until done, or a slot is free */
void jobs_return_slot(slot *s);

/* jobs.c */
void job_execute(orr_jobs *jobs, job item);
unsigned jobs_place(orr_jobs *jobs); /* the index of this thread's slot */
/* Makes the slot of this thread, or a borrowed one, the place where it queues; NULL when all are lent. */
slot *jobs_enter(orr_jobs *jobs, slot **outer);
void jobs_leave(slot *s, slot *outer);

#endif
