/* The main-thread queue and the I/O lane. */
#include <stdlib.h>
#include <string.h>

#include "jobs/jobs_private.h"

void lane_open(lane *l) {
    l->mutex = orr_mutex_create();
    l->cond = orr_cond_create();
}

void lane_close(lane *l) {
    free(l->ring);
    l->ring = NULL;
    if (l->cond) orr_cond_destroy(&l->cond);
    if (l->mutex) orr_mutex_destroy(&l->mutex);
}

static void lane_grow(lane *l) {
    size_t capacity = l->capacity ? l->capacity * 2 : 64;
    job *ring = malloc(capacity * sizeof *ring);
    if (!ring) abort(); /* a job can be neither refused nor lost */
    for (size_t i = 0; i < l->count; i++) ring[i] = l->ring[(l->first + i) % l->capacity];
    free(l->ring);
    l->ring = ring;
    l->capacity = capacity;
    l->first = 0;
}

bool lane_push(lane *l, job item) {
    orr_mutex_lock(l->mutex);
    bool open = !l->closed;
    if (open) {
        if (l->count == l->capacity) lane_grow(l);
        l->ring[(l->first + l->count++) % l->capacity] = item;
        orr_cond_signal(l->cond);
    }
    orr_mutex_unlock(l->mutex);
    return open;
}

bool lane_take(lane *l, job *out, bool wait) {
    orr_mutex_lock(l->mutex);
    while (wait && l->count == 0 && !l->closed) orr_cond_wait(l->cond, l->mutex);
    bool found = l->count > 0;
    if (found) {
        *out = l->ring[l->first];
        l->first = (l->first + 1) % l->capacity;
        l->count--;
    }
    orr_mutex_unlock(l->mutex);
    return found;
}

void lane_shut(lane *l) {
    orr_mutex_lock(l->mutex);
    l->closed = true;
    orr_cond_broadcast(l->cond);
    orr_mutex_unlock(l->mutex);
}

static void count_up(orr_job_counter *counter) {
    if (counter) atomic_fetch_add_explicit(&counter->pending, 1, memory_order_relaxed);
}

void orr_jobs_run_main(orr_jobs *jobs, orr_job_fn run, void *argument, orr_job_counter *counter) {
    count_up(counter);
    atomic_fetch_add(&jobs->main_queued, 1);
    if (lane_push(&jobs->main, (job){.run = run, .argument = argument, .counter = counter}))
        jobs_wake_main(jobs);
}

size_t orr_jobs_pump_main(orr_jobs *jobs) {
    unsigned queued =
        atomic_load(&jobs->main_queued); /* not those that these jobs queue: the pump must end */
    size_t done = 0;
    job item;
    while (done < queued && lane_take(&jobs->main, &item, false)) {
        atomic_fetch_sub(&jobs->main_queued, 1);
        job_execute(jobs, item);
        done++;
    }
    return done;
}

void orr_jobs_run_io(orr_jobs *jobs, orr_job_fn run, void *argument, orr_job_counter *counter) {
    count_up(counter);
    job item = {.run = run, .argument = argument, .counter = counter};
    /* Shut only by orr_jobs_destroy, which still runs the last jobs when the lane's threads are gone. */
    if (!lane_push(&jobs->io, item)) job_execute(jobs, item);
}
