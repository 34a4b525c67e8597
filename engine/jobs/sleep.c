/* Sleeping and waking.
 *
 * A thread that finds nothing to do announces itself in `sleepers`, looks once more, and sleeps on the
 * condition of its slot. Whoever then queues a job, or counts a counter down to zero, reads `sleepers` or
 * `waiters` after its own write. All four accesses are sequentially consistent, so one side sees the other:
 * no wake-up is lost. (A worker queues its jobs with less order, for speed: it runs them itself if nobody saw
 * them.) The waker takes the sleeper off the counts, so that the next push does not wake it again. */
#include "jobs/jobs_private.h"

/* Under the mutex. */
static void wake(slot *s) {
    orr_jobs *jobs = s->jobs;
    s->sleeping = false;
    atomic_fetch_sub(&jobs->sleepers, 1);
    if (s->waiting_for) atomic_fetch_sub(&jobs->waiters, 1);
    orr_cond_signal(s->cond);
}

static unsigned least_urgent(const slot *s) {
    return s->waiting_for ? atomic_load(&s->waiting_for->lowest) : (unsigned)ORR_JOB_LOW;
}

void jobs_wake_for(orr_jobs *jobs, orr_job_priority priority) {
    if (ORR_LIKELY(atomic_load(&jobs->sleepers) == 0)) return;
    orr_mutex_lock(jobs->mutex);
    slot *chosen = NULL;
    for (unsigned i = 0; i < jobs->slot_count; i++) {
        slot *s = &jobs->slots[i];
        if (!s->sleeping || least_urgent(s) < (unsigned)priority) continue;
        if (!chosen || !s->waiting_for) chosen = s; /* idle workers before those that wait for something */
        if (!s->waiting_for) break;
    }
    if (chosen) wake(chosen);
    orr_mutex_unlock(jobs->mutex);
}

void jobs_wake_waiters(orr_jobs *jobs, const orr_job_counter *counter) {
    if (ORR_LIKELY(atomic_load(&jobs->waiters) == 0)) return;
    orr_mutex_lock(jobs->mutex);
    for (unsigned i = 0; i < jobs->slot_count; i++)
        if (jobs->slots[i].sleeping && jobs->slots[i].waiting_for == counter) wake(&jobs->slots[i]);
    orr_cond_broadcast(jobs->slotless_cond);
    orr_mutex_unlock(jobs->mutex);
}

void jobs_wake_main(orr_jobs *jobs) {
    if (atomic_load(&jobs->sleepers) == 0) return;
    orr_mutex_lock(jobs->mutex);
    if (jobs->slots[0].sleeping) wake(&jobs->slots[0]);
    orr_mutex_unlock(jobs->mutex);
}

void jobs_wake_all(orr_jobs *jobs) {
    orr_mutex_lock(jobs->mutex);
    for (unsigned i = 0; i < jobs->slot_count; i++)
        if (jobs->slots[i].sleeping) wake(&jobs->slots[i]);
    orr_mutex_unlock(jobs->mutex);
}

static bool something_to_do(slot *s, orr_job_counter *counter) {
    orr_jobs *jobs = s->jobs;
    if (counter ? atomic_load(&counter->pending) == 0 : atomic_load(&jobs->stopping)) return true;
    if (s->index == 0 && atomic_load(&jobs->main_queued) > 0) return true;
    for (unsigned priority = 0; priority <= least_urgent(s); priority++)
        for (unsigned i = 0; i < jobs->slot_count; i++)
            if (!deque_is_empty(&jobs->slots[i].queues[priority])) return true;
    return false;
}

void jobs_sleep(slot *s, orr_job_counter *counter) {
    orr_jobs *jobs = s->jobs;
    orr_mutex_lock(jobs->mutex);
    s->sleeping = true;
    s->waiting_for = counter;
    atomic_fetch_add(&jobs->sleepers, 1);
    if (counter) atomic_fetch_add(&jobs->waiters, 1);
    if (something_to_do(s, counter)) wake(s);
    while (s->sleeping) orr_cond_wait(s->cond, jobs->mutex);
    s->waiting_for = NULL;
    orr_mutex_unlock(jobs->mutex);
}

static bool guest_slot_free(orr_jobs *jobs) {
    for (unsigned i = jobs->threads; i < jobs->slot_count; i++)
        if (!atomic_load(&jobs->slots[i].borrowed)) return true;
    return false;
}

void jobs_sleep_slotless(orr_jobs *jobs, orr_job_counter *counter) {
    orr_mutex_lock(jobs->mutex);
    atomic_fetch_add(&jobs->waiters, 1);
    atomic_fetch_add(&jobs->slotless, 1);
    while (atomic_load(&counter->pending) != 0 && !guest_slot_free(jobs))
        orr_cond_wait(jobs->slotless_cond, jobs->mutex);
    atomic_fetch_sub(&jobs->slotless, 1);
    atomic_fetch_sub(&jobs->waiters, 1);
    orr_mutex_unlock(jobs->mutex);
}

/* Those who were lent a slot left when their own jobs were done: the next has to care for its own. */
void jobs_return_slot(slot *s) {
    orr_jobs *jobs = s->jobs;
    atomic_store(&s->borrowed, false);
    if (ORR_LIKELY(atomic_load(&jobs->slotless) == 0)) return;
    orr_mutex_lock(jobs->mutex);
    orr_cond_broadcast(jobs->slotless_cond);
    orr_mutex_unlock(jobs->mutex);
}
