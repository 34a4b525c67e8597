#include <stdatomic.h>

#include "base/platform/platform.h"
#include "bundle/bundle_private.h"

typedef struct many {
    orr_bundle_each_fn run;
    void *context;
    size_t count;
    atomic_size_t next, failed; /* the lowest i that failed; `count` = none */
    orr_mutex *mutex;           /* around `status` and `err` */
    orr_status status;
    orr_error err;
} many;

/* Takes one after the other. What comes after a failure is left out, what comes before it is not. */
static void work(void *argument) {
    many *m = argument;
    for (size_t i; (i = atomic_fetch_add(&m->next, 1)) < atomic_load(&m->failed);) {
        orr_error err = {0};
        orr_status status = m->run(m->context, i, &err);
        if (status == ORR_OK) continue;
        orr_mutex_lock(m->mutex);
        if (i < atomic_load(&m->failed)) {
            atomic_store(&m->failed, i);
            m->status = status;
            m->err = err;
        }
        orr_mutex_unlock(m->mutex);
    }
}

orr_status orr_bundle_each(orr_jobs *jobs, size_t count, orr_bundle_each_fn run, void *context,
                           orr_error *err) {
    many m = {.run = run, .context = context, .count = count, .mutex = orr_mutex_create()};
    orr_job_counter counter = {0};
    atomic_store(&m.failed, count);
    unsigned threads = jobs ? orr_jobs_threads(jobs) : 1;
    for (unsigned i = 1; i < threads && i < count; i++)
        orr_jobs_run(jobs, work, &m, &counter, ORR_JOB_NORMAL);
    work(&m);
    if (jobs) orr_jobs_wait(jobs, &counter);
    orr_mutex_destroy(&m.mutex);
    if (m.status != ORR_OK && err) *err = m.err;
    return m.status;
}
