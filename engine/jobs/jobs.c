/* Submitting, finding, running and waiting. */
#include "jobs/jobs.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "jobs/jobs_private.h"

/* The slot whose jobs this thread is running, if any. The one thread-local of the engine: a job has to find
 * the queue of the thread that it happens to run on, and only the platform knows the thread. */
static _Thread_local slot *t_slot;

/* --- running ------------------------------------------------------------------------------------ */

/* The job may be the last that keeps its counter alive: after the count-down only its address is used. */
static inline void finish(orr_jobs *jobs, orr_job_counter *counter) {
    if (atomic_fetch_sub(&counter->pending, 1) == 1) jobs_wake_waiters(jobs, counter);
}

static inline void execute(orr_jobs *jobs, job item) {
    orr_job_counter *counter = item.counter;
    if (!counter) {
        item.run(item.argument);
        return;
    }
    if (ORR_LIKELY(!orr_cancel_asked(counter->cancel))) item.run(item.argument);
    finish(jobs, counter);
}

void job_execute(orr_jobs *jobs, job item) {
    execute(jobs, item);
}

/* --- slots -------------------------------------------------------------------------------------- */

static inline slot *own_slot(orr_jobs *jobs) {
    slot *s = t_slot;
    if (ORR_LIKELY(s && s->jobs == jobs)) return s;
    return jobs->main_key == (const void *)&t_slot ? &jobs->slots[0] : NULL;
}

unsigned jobs_place(orr_jobs *jobs) {
    const slot *s = own_slot(jobs);
    return s ? s->index : 0;
}

/* Lends a guest slot; each thread begins its search at another one and comes back to the same. */
static slot *borrow_slot(orr_jobs *jobs) {
    uint64_t start = ((uint64_t)(uintptr_t)&t_slot * UINT64_C(0x9e3779b97f4a7c15)) >> 61;
    for (unsigned i = 0; i < GUEST_SLOTS; i++) {
        slot *s = &jobs->slots[jobs->threads + (start + i) % GUEST_SLOTS];
        if (atomic_load_explicit(&s->borrowed, memory_order_relaxed)) continue;
        if (!atomic_exchange_explicit(&s->borrowed, true, memory_order_acquire)) return s;
    }
    return NULL;
}

static bool is_guest(const slot *s) {
    return s->index >= s->jobs->threads;
}

slot *jobs_enter(orr_jobs *jobs, slot **outer) {
    slot *s = own_slot(jobs);
    if (!s) s = borrow_slot(jobs);
    if (!s) return NULL;
    s->depth++;
    *outer = t_slot;
    t_slot = s;
    return s;
}

/* Makes sure that somebody awake knows of what this thread has queued. */
static void publish(slot *s) {
    for (unsigned priority = 0; priority < PRIORITIES; priority++) {
        if (deque_is_empty(&s->queues[priority])) continue;
        deque_publish(&s->queues[priority]);
        jobs_wake_for(s->jobs, (orr_job_priority)priority);
    }
}

void jobs_leave(slot *s, slot *outer) {
    t_slot = outer;
    if (--s->depth > 0) return;
    publish(s);
    if (is_guest(s)) jobs_return_slot(s);
}

/* --- submitting --------------------------------------------------------------------------------- */

static inline void raise_lowest(orr_job_counter *counter, unsigned priority) {
    unsigned lowest = atomic_load_explicit(&counter->lowest, memory_order_relaxed);
    while (ORR_UNLIKELY(lowest < priority) &&
           !atomic_compare_exchange_weak(&counter->lowest, &lowest, priority)) {
    }
}

void orr_jobs_run(orr_jobs *jobs, orr_job_fn run, void *argument, orr_job_counter *counter,
                  orr_job_priority priority) {
    job item = {.run = run, .argument = argument, .counter = counter};
    if (counter) {
        atomic_fetch_add_explicit(&counter->pending, 1, memory_order_relaxed);
        raise_lowest(counter, (unsigned)priority);
    }
    slot *s = own_slot(jobs);
    bool inside = s && s->depth > 0;
    if (!s) s = borrow_slot(jobs);
    if (ORR_UNLIKELY(!s)) {
        execute(jobs, item);
        return;
    }
    if (priority == ORR_JOB_HIGH) atomic_fetch_add(&jobs->high_queued, 1);
    bool queued = deque_push(&s->queues[priority], item, !inside);
    if (!inside && is_guest(s)) jobs_return_slot(s);
    if (ORR_LIKELY(queued)) {
        jobs_wake_for(jobs, priority);
        return;
    }
    if (priority == ORR_JOB_HIGH) atomic_fetch_sub(&jobs->high_queued, 1);
    execute(jobs, item);
}

/* --- finding ------------------------------------------------------------------------------------ */

static bool steal(slot *s, unsigned priority, job *out) {
    orr_jobs *jobs = s->jobs;
    s->random ^= s->random << 13, s->random ^= s->random >> 7, s->random ^= s->random << 17;
    unsigned victim = (unsigned)((s->random >> 32) * jobs->slot_count >> 32);
    for (unsigned i = 0; i < jobs->slot_count; i++) {
        deque *d = &jobs->slots[victim].queues[priority];
        if (victim != s->index && deque_steal(d, out)) return true;
        if (++victim == jobs->slot_count) victim = 0;
    }
    return false;
}

typedef enum found { FOUND_NONE, FOUND_OWN, FOUND_STOLEN } found;

static inline found pop_or_steal(slot *s, unsigned priority, job *out) {
    if (deque_pop(&s->queues[priority], out)) return FOUND_OWN;
    return steal(s, priority, out) ? FOUND_STOLEN : FOUND_NONE;
}

/* The most urgent job to be found, of priorities down to `lowest`. */
static inline found find(slot *s, unsigned lowest, job *out) {
    orr_jobs *jobs = s->jobs;
    if (ORR_UNLIKELY(atomic_load_explicit(&jobs->high_queued, memory_order_relaxed) > 0)) {
        found high = pop_or_steal(s, ORR_JOB_HIGH, out);
        if (high) atomic_fetch_sub(&jobs->high_queued, 1);
        if (high) return high;
    }
    for (unsigned priority = ORR_JOB_NORMAL; priority <= lowest; priority++) {
        found any = pop_or_steal(s, priority, out);
        if (any) return any;
    }
    return FOUND_NONE;
}

/* A few microseconds of looking again before a thread sleeps; it yields in between, since the driver that
 * renders on the CPU wants the same cores. */
enum { SPINS = 24, PAUSES = 16 };

static void spin(unsigned round) {
    if (round >= SPINS / 2) {
        orr_thread_yield();
        return;
    }
    for (unsigned i = 0; i < PAUSES; i++) orr_thread_pause();
}

/* Wakes others for what is queued anywhere: the wake-up that this thread got may have been meant for that. */
static void pass_on(orr_jobs *jobs) {
    for (unsigned priority = 0; priority < PRIORITIES; priority++)
        for (unsigned i = 0; i < jobs->slot_count; i++)
            if (!deque_is_empty(&jobs->slots[i].queues[priority])) {
                jobs_wake_for(jobs, (orr_job_priority)priority);
                break;
            }
}

static void help_until_done(slot *s, orr_job_counter *counter) {
    orr_jobs *jobs = s->jobs;
    bool slept = false;
    for (unsigned round = 0; atomic_load_explicit(&counter->pending, memory_order_acquire) != 0; round++) {
        job item;
        if (find(s, atomic_load_explicit(&counter->lowest, memory_order_relaxed), &item)) {
            execute(jobs, item);
            round = 0;
        } else if (s->index == 0 && atomic_load(&jobs->main_queued) > 0) {
            orr_jobs_pump_main(jobs);
        } else if (round < SPINS) {
            spin(round);
        } else {
            publish(s); /* what is less urgent than this wait stays with us otherwise */
            jobs_sleep(s, counter);
            slept = true;
            round = 0;
        }
    }
    if (slept) pass_on(jobs);
}

void orr_jobs_wait(orr_jobs *jobs, orr_job_counter *counter) {
    while (atomic_load_explicit(&counter->pending, memory_order_acquire) != 0) {
        slot *outer = NULL, *s = jobs_enter(jobs, &outer);
        if (ORR_UNLIKELY(!s)) {
            jobs_sleep_slotless(jobs, counter);
            continue;
        }
        help_until_done(s, counter);
        jobs_leave(s, outer);
    }
}

/* --- threads ------------------------------------------------------------------------------------ */

/* Stealing a job costs its owner more than running one that ends within SHORT_NS: then the thief keeps away
 * for a while, twice as long each time, until it meets a longer one. */
enum { SHORT_NS = 250, KEEP_AWAY_MAX_NS = 32000, YIELD_FROM_NS = 2000 };

static uint64_t execute_stolen(orr_jobs *jobs, job item, uint64_t away_ns) {
    uint64_t start = orr_time_ns();
    execute(jobs, item);
    uint64_t now = orr_time_ns();
    if (now - start >= SHORT_NS) return 0;
    away_ns = away_ns == 0 ? SHORT_NS : away_ns * 2 > KEEP_AWAY_MAX_NS ? KEEP_AWAY_MAX_NS : away_ns * 2;
    for (uint64_t until = now + away_ns; now < until; now = orr_time_ns())
        spin(away_ns < YIELD_FROM_NS ? 0 : SPINS);
    return away_ns;
}

static void worker_main(void *argument) {
    slot *s = argument;
    t_slot = s;
    uint64_t away_ns = 0;
    for (unsigned round = 0;; round++) {
        job item;
        found any = find(s, ORR_JOB_LOW, &item);
        if (any == FOUND_OWN) {
            execute(s->jobs, item);
            round = 0;
        } else if (any == FOUND_STOLEN) {
            away_ns = execute_stolen(s->jobs, item, away_ns);
            round = 0;
        } else if (atomic_load(&s->jobs->stopping)) {
            return;
        } else if (round < SPINS) {
            spin(round);
        } else {
            jobs_sleep(s, NULL);
            round = 0;
        }
    }
}

static void io_main(void *argument) {
    orr_jobs *jobs = argument;
    job item;
    while (lane_take(&jobs->io, &item, true)) execute(jobs, item);
}

static orr_status start_threads(orr_jobs *jobs, const orr_jobs_params *params, orr_error *err) {
    const char *label = params->label ? params->label : "orr";
    char name[32];
    for (unsigned i = 1; i < jobs->threads; i++) {
        orr_format(name, sizeof name, "%.9s-%u", label, i);
        orr_status status =
            orr_thread_create(worker_main, &jobs->slots[i], name, &jobs->slots[i].thread, err);
        if (status != ORR_OK) return status;
    }
    unsigned io_threads = params->io_threads ? params->io_threads : 2;
    for (unsigned i = 0; i < io_threads; i++) {
        orr_format(name, sizeof name, "%.9s-io%u", label, i);
        orr_status status = orr_thread_create(io_main, jobs, name, &jobs->io_threads[i], err);
        if (status != ORR_OK) return status;
        jobs->io_thread_count++;
    }
    return ORR_OK;
}

static orr_jobs *allocate(unsigned threads) {
    unsigned slot_count = threads + GUEST_SLOTS;
    orr_jobs *jobs = orr_aligned_calloc(CACHE_LINE, 1, sizeof *jobs);
    if (!jobs) return NULL;
    jobs->slots = orr_aligned_calloc(CACHE_LINE, slot_count, sizeof *jobs->slots);
    if (!jobs->slots) {
        orr_aligned_free(jobs);
        return NULL;
    }
    jobs->threads = threads;
    jobs->slot_count = slot_count;
    for (unsigned i = 0; i < slot_count; i++) {
        slot *s = &jobs->slots[i];
        s->jobs = jobs;
        s->index = i;
        s->random = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        s->depth = i > 0 && i < threads ? 1 : 0;
        s->cond = orr_cond_create();
    }
    return jobs;
}

orr_status orr_jobs_create(const orr_jobs_params *params, orr_jobs **out, orr_error *err) {
    *out = NULL;
    if (params->threads > THREADS_MAX || params->io_threads > IO_THREADS_MAX)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                        "%u job threads and %u I/O threads: at most %d and %d are possible", params->threads,
                        params->io_threads, THREADS_MAX, IO_THREADS_MAX);
    unsigned threads = params->threads ? params->threads : orr_cpu_count();
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    orr_jobs *jobs = allocate(threads);
    if (!jobs)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the queues of %u job threads", threads);
    jobs->main_key = &t_slot;
    jobs->mutex = orr_mutex_create();
    jobs->slotless_cond = orr_cond_create();
    lane_open(&jobs->main);
    lane_open(&jobs->io);
    orr_status status = start_threads(jobs, params, err);
    *out = jobs;
    if (status != ORR_OK) orr_jobs_destroy(out);
    return status;
}

/* Runs what nobody came for, on the destroying thread alone. */
static void drain(orr_jobs *jobs) {
    slot *s = &jobs->slots[0], *outer = t_slot;
    t_slot = s;
    s->depth++;
    job item;
    do {
        while (find(s, ORR_JOB_LOW, &item)) execute(jobs, item);
    } while (orr_jobs_pump_main(jobs) > 0);
    s->depth--;
    t_slot = outer;
}

void orr_jobs_destroy(orr_jobs **jobs_ptr) {
    orr_jobs *jobs = *jobs_ptr;
    if (!jobs) return;
    lane_shut(&jobs->io);
    for (unsigned i = 0; i < jobs->io_thread_count; i++) orr_thread_join(&jobs->io_threads[i]);
    atomic_store(&jobs->stopping, true);
    jobs_wake_all(jobs);
    for (unsigned i = 1; i < jobs->threads; i++) orr_thread_join(&jobs->slots[i].thread);
    drain(jobs);
    lane_close(&jobs->main);
    lane_close(&jobs->io);
    for (unsigned i = 0; i < jobs->slot_count; i++) orr_cond_destroy(&jobs->slots[i].cond);
    orr_cond_destroy(&jobs->slotless_cond);
    orr_mutex_destroy(&jobs->mutex);
    orr_aligned_free(jobs->slots);
    orr_aligned_free(jobs);
    *jobs_ptr = NULL;
}

unsigned orr_jobs_threads(const orr_jobs *jobs) {
    return jobs->threads;
}
