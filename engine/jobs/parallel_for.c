/* parallel_for: chunks of a fixed size, dealt out in parts.
 *
 * Each thread begins with the part of its own slot, so that a loop over the same data again finds it in the
 * same core's cache, and then helps with the parts of others. */
#include "jobs/jobs_private.h"

enum { PARTS_MAX = 64 };

typedef struct part {
    _Alignas(CACHE_LINE) atomic_size_t next; /* chunk */
    size_t end;
} part;

typedef struct range {
    orr_jobs *jobs;
    size_t count, grain, chunks, part_count;
    orr_job_range_fn run;
    void *context;
    const orr_cancel *cancel;
    atomic_bool dropped;
    part parts[PARTS_MAX];
} range;

/* Takes the next chunks: many while much is left, so that small chunks do not fight over the index; one by
 * one towards the end, so that the threads finish together. */
static bool take_chunks(part *p, size_t *first, size_t *end) {
    size_t next = atomic_load_explicit(&p->next, memory_order_relaxed), more;
    do {
        if (next >= p->end) return false;
        more = (p->end - next) / 16;
        if (more == 0) more = 1;
    } while (!atomic_compare_exchange_weak_explicit(&p->next, &next, next + more, memory_order_relaxed,
                                                    memory_order_relaxed));
    *first = next;
    *end = next + more;
    return true;
}

/* False when cancelled. */
static bool run_chunks(range *r, size_t first, size_t end) {
    for (size_t chunk = first; chunk < end; chunk++) {
        if (orr_cancel_asked(r->cancel)) {
            atomic_store_explicit(&r->dropped, true, memory_order_relaxed);
            return false;
        }
        size_t begin = chunk * r->grain, left = r->count - begin;
        r->run(r->context, begin, begin + (left < r->grain ? left : r->grain));
    }
    return true;
}

static void share(void *argument) {
    range *r = argument;
    size_t own = jobs_place(r->jobs) % r->part_count, first = 0, end = 0;
    for (size_t i = 0; i < r->part_count; i++)
        while (take_chunks(&r->parts[(own + i) % r->part_count], &first, &end))
            if (!run_chunks(r, first, end)) return;
}

bool orr_jobs_parallel_for_cancel(orr_jobs *jobs, size_t count, size_t grain, orr_job_range_fn run,
                                  void *context, const orr_cancel *cancel) {
    if (count == 0) return true;
    if (grain == 0) grain = count / 256 + 1; /* enough chunks for many cores, whatever this machine has */
    range r = {
        .jobs = jobs, .count = count, .grain = grain, .run = run, .context = context, .cancel = cancel};
    size_t threads = orr_jobs_threads(jobs);
    r.chunks = (count - 1) / grain + 1;
    size_t sharers = threads < r.chunks ? threads : r.chunks;
    r.part_count = sharers < PARTS_MAX ? sharers : PARTS_MAX;
    for (size_t i = 0; i < r.part_count; i++) {
        size_t size = r.chunks / r.part_count, rest = r.chunks % r.part_count;
        r.parts[i].next = i * size + (i < rest ? i : rest);
        r.parts[i].end = r.parts[i].next + size + (i < rest ? 1 : 0);
    }
    orr_job_counter counter = {0};
    slot *outer = NULL,
         *s = jobs_enter(jobs,
                         &outer); /* so that helpers nobody came for are found on our own queue at once */
    for (size_t i = 1; i < sharers; i++) orr_jobs_run(jobs, share, &r, &counter, ORR_JOB_NORMAL);
    share(&r);
    orr_jobs_wait(jobs, &counter);
    if (s) jobs_leave(s, outer);
    return !atomic_load_explicit(&r.dropped, memory_order_relaxed);
}

void orr_jobs_parallel_for(orr_jobs *jobs, size_t count, size_t grain, orr_job_range_fn run, void *context) {
    bool whole = orr_jobs_parallel_for_cancel(jobs, count, grain, run, context, NULL);
    (void)whole; /* nothing can drop a range here */
}
