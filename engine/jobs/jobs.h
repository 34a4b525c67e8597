/* The job system: work stealing over a fixed set of threads.
 *
 * A job is a function and an argument. A counter groups jobs: wait for it, and the waiting thread runs jobs
 * meanwhile. Jobs may submit and wait for further jobs to any depth; they must not block on anything else
 * (files, locks held for long, GPU fences): blocking reads and writes go to the I/O lane.
 *
 * Results never depend on the number of threads as long as jobs of one group write to places of their own:
 * orr_jobs_parallel_for cuts its range the same way for every thread count.
 *
 * All functions are thread-safe unless stated otherwise, and may be called from any thread, worker or not. */
#ifndef ORR_JOBS_JOBS_H
#define ORR_JOBS_JOBS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orrery/status.h"

typedef struct orr_jobs orr_jobs;
typedef void (*orr_job_fn)(void *argument);

/* Urgency. A thread takes the most urgent job it finds; jobs of one priority run in no particular order. */
typedef enum orr_job_priority { ORR_JOB_HIGH, ORR_JOB_NORMAL, ORR_JOB_LOW } orr_job_priority;

/* Asks work to stop. Zero-initialised: not asked. Owned by the caller, outlives the jobs it concerns. */
typedef struct orr_cancel {
    atomic_bool asked;
} orr_cancel;
static inline void orr_cancel_ask(orr_cancel *cancel) {
    atomic_store_explicit(&cancel->asked, true, memory_order_release);
}
static inline bool orr_cancel_asked(const orr_cancel *cancel) {
    return cancel && atomic_load_explicit(&cancel->asked, memory_order_acquire);
}

/* A group of jobs to wait for. Zero-initialised is ready; may live on the stack of the one who waits, must
 * stay in place until orr_jobs_wait returned; usable again after that. Its jobs are all of one system. With
 * `cancel` set, jobs that have not begun when it is asked are dropped: they count as done and their function
 * is never called, so such jobs must not own their argument. */
typedef struct orr_job_counter {
    atomic_uint pending;
    atomic_uint lowest; /* least urgent priority submitted so far */
    const orr_cancel *cancel;
} orr_job_counter;

typedef struct orr_jobs_params {
    /* Threads that run jobs, the waiting one included; 0 = one per CPU. With 1, jobs run only in waits. */
    unsigned threads;
    unsigned io_threads; /* of the I/O lane; 0 = 2 */
    const char *label;   /* names the threads; may be NULL */
} orr_jobs_params;

/* The calling thread becomes the main thread of orr_jobs_run_main. Caller owns `*out`. */
ORR_MUST_CHECK orr_status orr_jobs_create(const orr_jobs_params *params, orr_jobs **out, orr_error *err);
/* Runs what is still queued, ends the threads, frees, nulls. No other thread may use the system any more, and
 * no job may still wait for one of orr_jobs_run_main. */
void orr_jobs_destroy(orr_jobs **jobs);
unsigned orr_jobs_threads(const orr_jobs *jobs);

/* Submits one job. `counter` may be NULL (fire and forget: done at the latest by orr_jobs_destroy). When more
 * jobs wait than the queue of the calling thread holds (1024 a priority), the job runs at once instead. */
void orr_jobs_run(orr_jobs *jobs, orr_job_fn run, void *argument, orr_job_counter *counter,
                  orr_job_priority priority);

/* Returns when every job of `counter` is done; what they wrote is visible. Runs jobs meanwhile, but none less
 * urgent than those of the counter; on the main thread also those of orr_jobs_run_main. */
void orr_jobs_wait(orr_jobs *jobs, orr_job_counter *counter);
/* Whether orr_jobs_wait would return at once; what the jobs wrote is visible then. Wait all the same before
 * the counter goes. */
static inline bool orr_jobs_done(const orr_job_counter *counter) {
    return atomic_load_explicit(&counter->pending, memory_order_acquire) == 0;
}

/* Calls `run(context, begin, end)` for [0, grain), [grain, 2 grain), … up to `count`, in parallel, in no
 * particular order, and returns when all are done. The calls are the same for every number of threads.
 * `grain` 0 picks one from `count` alone. */
typedef void (*orr_job_range_fn)(void *context, size_t begin, size_t end);
void orr_jobs_parallel_for(orr_jobs *jobs, size_t count, size_t grain, orr_job_range_fn run, void *context);

/* As above; ranges not begun when `cancel` is asked are dropped. False when any was. */
ORR_MUST_CHECK bool orr_jobs_parallel_for_cancel(orr_jobs *jobs, size_t count, size_t grain,
                                                 orr_job_range_fn run, void *context,
                                                 const orr_cancel *cancel);

/* Queues a job for the main thread, which runs it, first come first served, in orr_jobs_pump_main or in a
 * wait. */
void orr_jobs_run_main(orr_jobs *jobs, orr_job_fn run, void *argument, orr_job_counter *counter);
/* Runs what was queued for the main thread when called; returns how many. Main thread only. */
size_t orr_jobs_pump_main(orr_jobs *jobs);

/* Queues a job that may block on files or pipes; first come first served on the I/O lane's own threads. It
 * may submit and wait for ordinary jobs, but must not wait for other jobs of the lane. */
void orr_jobs_run_io(orr_jobs *jobs, orr_job_fn run, void *argument, orr_job_counter *counter);

#endif
