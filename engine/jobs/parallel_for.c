/* parallel_for: chunks of a fixed size, handed out from one shared index. */
#include "jobs/jobs_private.h"

typedef struct range {
    orr_jobs *jobs;
    size_t count, grain, chunks, sharers;
    orr_job_range_fn run;
    void *context;
    const orr_cancel *cancel;
    _Alignas(CACHE_LINE) atomic_size_t next; /* chunk */
    atomic_bool dropped;
} range;

/* Takes the next chunks: many while much is left, so that small chunks do not fight over the index; one by
 * one towards the end, so that the threads finish together. */
static bool take_chunks(range *r, size_t *first, size_t *end) {
    size_t next = atomic_load_explicit(&r->next, memory_order_relaxed), more;
    do {
        if (next >= r->chunks) return false;
        more = (r->chunks - next) / (4 * r->sharers);
        if (more == 0) more = 1;
    } while (!atomic_compare_exchange_weak_explicit(&r->next, &next, next + more, memory_order_relaxed,
                                                    memory_order_relaxed));
    *first = next;
    *end = next + more;
    return true;
}

static void share(void *argument) {
    range *r = argument;
    size_t first = 0, end = 0;
    while (take_chunks(r, &first, &end))
        for (size_t chunk = first; chunk < end; chunk++) {
            if (orr_cancel_asked(r->cancel)) {
                atomic_store_explicit(&r->dropped, true, memory_order_relaxed);
                return;
            }
            size_t begin = chunk * r->grain, left = r->count - begin;
            r->run(r->context, begin, begin + (left < r->grain ? left : r->grain));
        }
}

bool orr_jobs_parallel_for_cancel(orr_jobs *jobs, size_t count, size_t grain, orr_job_range_fn run,
                                  void *context, const orr_cancel *cancel) {
    if (count == 0) return true;
    if (grain == 0) grain = count / 256 + 1; /* enough chunks for many cores, whatever this machine has */
    range r = {
        .jobs = jobs, .count = count, .grain = grain, .run = run, .context = context, .cancel = cancel};
    r.chunks = (count - 1) / grain + 1;
    r.sharers = orr_jobs_threads(jobs) < r.chunks ? orr_jobs_threads(jobs) : r.chunks;
    orr_job_counter counter = {0};
    slot *outer = NULL,
         *s = jobs_enter(jobs,
                         &outer); /* so that helpers nobody came for are found on our own queue at once */
    for (size_t i = 1; i < r.sharers; i++) orr_jobs_run(jobs, share, &r, &counter, ORR_JOB_NORMAL);
    share(&r);
    orr_jobs_wait(jobs, &counter);
    if (s) jobs_leave(s, outer);
    return !atomic_load_explicit(&r.dropped, memory_order_relaxed);
}

void orr_jobs_parallel_for(orr_jobs *jobs, size_t count, size_t grain, orr_job_range_fn run, void *context) {
    bool whole = orr_jobs_parallel_for_cancel(jobs, count, grain, run, context, NULL);
    (void)whole; /* nothing can drop a range here */
}
