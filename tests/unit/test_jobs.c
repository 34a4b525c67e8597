/* The job system. Nothing here depends on how fast a thread is: order is forced through counters and flags.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "jobs/jobs.h"

static const unsigned k_thread_counts[] = {1, 2, 4, 9};
enum { THREAD_COUNTS = sizeof k_thread_counts / sizeof k_thread_counts[0] };

static orr_jobs *start(unsigned threads) {
    orr_jobs *jobs = NULL;
    assert_int_equal(orr_jobs_create(&(orr_jobs_params){.threads = threads, .label = "test"}, &jobs, NULL),
                     ORR_OK);
    assert_int_equal(orr_jobs_threads(jobs), threads);
    return jobs;
}

static void add_one(void *argument) {
    atomic_fetch_add_explicit((atomic_uint *)argument, 1, memory_order_relaxed);
}

/* --- fork and join ------------------------------------------------------------------------------ */

typedef struct fib {
    orr_jobs *jobs;
    unsigned n, result;
} fib;

static void fib_run(void *argument) {
    fib *f = argument;
    if (f->n < 2) {
        f->result = f->n;
        return;
    }
    fib a = {.jobs = f->jobs, .n = f->n - 1}, b = {.jobs = f->jobs, .n = f->n - 2};
    orr_job_counter counter = {0};
    orr_jobs_run(f->jobs, fib_run, &a, &counter, f->n % 3);
    fib_run(&b);
    orr_jobs_wait(f->jobs, &counter);
    f->result = a.result + b.result;
}

static void test_fork_join(void **state) {
    (void)state;
    for (int i = 0; i < THREAD_COUNTS; i++) {
        orr_jobs *jobs = start(k_thread_counts[i]);
        fib f = {.jobs = jobs, .n = 18};
        fib_run(&f);
        assert_int_equal(f.result, 2584);
        orr_jobs_destroy(&jobs);
        assert_null(jobs);
    }
}

static void test_more_than_the_queue_holds(void **state) {
    (void)state;
    for (int i = 0; i < THREAD_COUNTS; i++) {
        orr_jobs *jobs = start(k_thread_counts[i]);
        atomic_uint done = 0;
        orr_job_counter counter = {0};
        for (int k = 0; k < 5000; k++) orr_jobs_run(jobs, add_one, &done, &counter, k % 3);
        orr_jobs_wait(jobs, &counter);
        assert_int_equal(done, 5000);
        orr_jobs_run(jobs, add_one, &done, &counter, ORR_JOB_NORMAL); /* the counter serves again */
        orr_jobs_wait(jobs, &counter);
        assert_int_equal(done, 5001);
        orr_jobs_destroy(&jobs);
    }
}

static void test_destroy_runs_the_rest(void **state) {
    (void)state;
    for (int i = 0; i < THREAD_COUNTS; i++) {
        orr_jobs *jobs = start(k_thread_counts[i]);
        atomic_uint done = 0;
        for (int k = 0; k < 300; k++) {
            orr_jobs_run(jobs, add_one, &done, NULL, k % 3);
            orr_jobs_run_main(jobs, add_one, &done, NULL);
            orr_jobs_run_io(jobs, add_one, &done, NULL);
        }
        orr_jobs_destroy(&jobs);
        assert_int_equal(done, 900);
    }
}

/* --- sleeping and waking ------------------------------------------------------------------------ */

/* Rounds with a pause in between let workers and waiters fall asleep: a lost wake-up would hang here. */
static void nap(void *argument) {
    orr_sleep_ns(200000);
    add_one(argument);
}

static void test_wakes_sleepers(void **state) {
    (void)state;
    orr_jobs *jobs = start(3);
    atomic_uint done = 0;
    for (int round = 0; round < 50; round++) {
        orr_job_counter counter = {0};
        for (int k = 0; k < 3; k++) orr_jobs_run(jobs, nap, &done, &counter, ORR_JOB_NORMAL);
        orr_jobs_wait(jobs, &counter);
        orr_sleep_ns(100000);
    }
    assert_int_equal(done, 150);
    for (int round = 0; round < 50; round++) { /* run by sleeping workers, nobody waits */
        orr_jobs_run(jobs, add_one, &done, NULL, ORR_JOB_LOW);
        while (atomic_load(&done) != 151u + (unsigned)round) orr_sleep_ns(50000);
    }
    orr_jobs_destroy(&jobs);
}

/* --- priorities --------------------------------------------------------------------------------- */

typedef struct journal {
    unsigned length;
    char text[64];
} journal;
typedef struct note {
    journal *to;
    char letter;
} note;

static void write_note(void *argument) {
    note *n = argument;
    n->to->text[n->to->length++] = n->letter;
}

static void test_priorities(void **state) {
    (void)state;
    orr_jobs *jobs = start(1); /* one thread: the order of taking is the order of running */
    journal j = {0};
    note low = {&j, 'l'}, normal = {&j, 'n'}, high = {&j, 'h'};
    orr_job_counter counter = {0};
    for (int k = 0; k < 3; k++) {
        orr_jobs_run(jobs, write_note, &low, &counter, ORR_JOB_LOW);
        orr_jobs_run(jobs, write_note, &normal, &counter, ORR_JOB_NORMAL);
        orr_jobs_run(jobs, write_note, &high, &counter, ORR_JOB_HIGH);
    }
    orr_jobs_wait(jobs, &counter);
    assert_string_equal(j.text, "hhhnnnlll");
    orr_jobs_destroy(&jobs);
}

static void long_nap(void *argument) {
    (void)argument;
    orr_sleep_ns(3000000);
}

static void test_wait_runs_nothing_less_urgent(void **state) {
    (void)state;
    orr_jobs *jobs = start(1);
    journal j = {0};
    note low = {&j, 'l'}, normal = {&j, 'n'}, high = {&j, 'h'};
    orr_job_counter frame = {0}, encode = {0};
    orr_jobs_run(jobs, write_note, &low, &encode, ORR_JOB_LOW);
    orr_jobs_run(jobs, write_note, &high, &frame, ORR_JOB_HIGH);
    orr_jobs_run(jobs, write_note, &normal, &frame, ORR_JOB_NORMAL);
    orr_jobs_run_io(jobs, long_nap, NULL, &frame); /* time enough to take the encoder, were it allowed */
    orr_jobs_wait(jobs, &frame);
    assert_string_equal(j.text, "hn");
    orr_jobs_wait(jobs, &encode);
    assert_string_equal(j.text, "hnl");
    orr_jobs_destroy(&jobs);
}

typedef struct two_waits {
    orr_jobs *jobs;
    orr_job_counter low;
    atomic_bool done;
} two_waits;

static void set_done(void *argument) {
    atomic_store(&((two_waits *)argument)->done, true);
}

static void until_done(void *argument) {
    while (!atomic_load(&((two_waits *)argument)->done)) orr_sleep_ns(100000);
}

static void submit_low_later(void *argument) {
    two_waits *w = argument;
    orr_sleep_ns(3000000); /* both waiters are asleep by now */
    orr_jobs_run(w->jobs, set_done, w, &w->low, ORR_JOB_LOW);
}

static void wait_for_low(void *argument) {
    two_waits *w = argument;
    orr_jobs_wait(w->jobs, &w->low);
}

static void test_wakes_one_who_may_run_it(void **state) {
    (void)state;
    two_waits w = {.jobs = start(1)};
    orr_job_counter urgent = {0};
    orr_thread *thread = NULL;
    orr_jobs_run_io(w.jobs, until_done, &w, &urgent);
    orr_jobs_run_io(w.jobs, submit_low_later, &w, &w.low);
    assert_int_equal(orr_thread_create(wait_for_low, &w, "low", &thread, NULL), ORR_OK);
    orr_jobs_wait(w.jobs, &urgent); /* hangs if this thread is woken for the low job in place of the other */
    orr_thread_join(&thread);
    orr_jobs_destroy(&w.jobs);
}

/* --- cancellation ------------------------------------------------------------------------------- */

static void test_cancel_drops_jobs(void **state) {
    (void)state;
    orr_jobs *jobs = start(1);
    orr_cancel cancel = {0};
    orr_job_counter counter = {.cancel = &cancel};
    atomic_uint done = 0;
    orr_jobs_run(jobs, add_one, &done, &counter, ORR_JOB_NORMAL);
    orr_jobs_wait(jobs, &counter);
    assert_int_equal(done, 1);
    for (int k = 0; k < 10; k++) orr_jobs_run(jobs, add_one, &done, &counter, ORR_JOB_NORMAL);
    orr_cancel_ask(&cancel);
    orr_jobs_wait(jobs, &counter);
    assert_int_equal(done, 1);
    assert_false(orr_cancel_asked(NULL));
    orr_jobs_destroy(&jobs);
}

typedef struct stopping {
    orr_cancel cancel;
    atomic_uint items;
} stopping;

static void stop_at_once(void *context, size_t begin, size_t end) {
    stopping *s = context;
    atomic_fetch_add(&s->items, (unsigned)(end - begin));
    orr_cancel_ask(&s->cancel);
}

static void test_cancel_parallel_for(void **state) {
    (void)state;
    for (int i = 0; i < THREAD_COUNTS; i++) {
        orr_jobs *jobs = start(k_thread_counts[i]);
        stopping s = {0};
        assert_false(orr_jobs_parallel_for_cancel(jobs, 100000, 10, stop_at_once, &s, &s.cancel));
        assert_true(s.items >= 10 && s.items <= 10 * k_thread_counts[i]);
        s.items = 0;
        orr_cancel never = {0};
        assert_true(orr_jobs_parallel_for_cancel(jobs, 1000, 10, stop_at_once, &s, &never));
        assert_int_equal(s.items, 1000);
        orr_jobs_destroy(&jobs);
    }
}

/* --- parallel_for ------------------------------------------------------------------------------- */

enum { ITEMS = 10007 };
typedef struct cuts {
    atomic_uchar begins[ITEMS + 1], ends[ITEMS + 1], hits[ITEMS];
} cuts;

static void mark(void *context, size_t begin, size_t end) {
    cuts *c = context;
    atomic_fetch_add(&c->begins[begin], 1);
    atomic_fetch_add(&c->ends[end], 1);
    for (size_t i = begin; i < end; i++) atomic_fetch_add_explicit(&c->hits[i], 1, memory_order_relaxed);
}

static void test_parallel_for(void **state) {
    (void)state;
    static const size_t k_grains[] = {0, 1, 7, ITEMS - 1, ITEMS, ITEMS + 1, SIZE_MAX};
    cuts *c = malloc(2 * sizeof *c);
    for (size_t g = 0; g < sizeof k_grains / sizeof k_grains[0]; g++) {
        for (int i = 0; i < THREAD_COUNTS; i++) {
            orr_jobs *jobs = start(k_thread_counts[i]);
            memset(&c[i > 0], 0, sizeof *c);
            orr_jobs_parallel_for(jobs, ITEMS, k_grains[g], mark, &c[i > 0]);
            for (size_t k = 0; k < ITEMS; k++) assert_int_equal(c[i > 0].hits[k], 1);
            if (i > 0) assert_memory_equal(&c[0], &c[1], sizeof *c); /* cut the same for every thread count */
            orr_jobs_parallel_for(jobs, 0, k_grains[g], mark, NULL);
            orr_jobs_destroy(&jobs);
        }
    }
    free(c);
}

typedef struct nest {
    orr_jobs *jobs;
    atomic_uint *done;
} nest;

static void inner(void *context, size_t begin, size_t end) {
    const nest *n = context;
    atomic_fetch_add(n->done, (unsigned)(end - begin));
}

static void outer(void *context, size_t begin, size_t end) {
    const nest *n = context;
    for (size_t i = begin; i < end; i++) orr_jobs_parallel_for(n->jobs, 100, 7, inner, context);
}

static void test_nested_parallel_for(void **state) {
    (void)state;
    for (int i = 0; i < THREAD_COUNTS; i++) {
        atomic_uint done = 0;
        nest n = {.jobs = start(k_thread_counts[i]), .done = &done};
        orr_jobs_parallel_for(n.jobs, 50, 1, outer, &n);
        assert_int_equal(done, 5000);
        orr_jobs_destroy(&n.jobs);
    }
}

/* --- main thread and I/O lane ------------------------------------------------------------------- */

typedef struct where {
    orr_jobs *jobs;
    uint64_t thread;
    unsigned turn;
    atomic_uint *turns;
    orr_job_counter *counter;
} where;

static void note_thread(void *argument) {
    where *w = argument;
    w->thread = orr_thread_id();
    w->turn = atomic_fetch_add(w->turns, 1);
}

static void ask_main_later(void *argument) {
    where *w = argument;
    orr_sleep_ns(3000000); /* the main thread is asleep by now */
    orr_jobs_run_main(w->jobs, note_thread, w, w->counter);
}

static void ask_main(void *argument) {
    where *w = argument;
    orr_jobs_run_main(w->jobs, note_thread, w, w->counter);
}

static void test_main_queue(void **state) {
    (void)state;
    for (int i = 0; i < THREAD_COUNTS; i++) {
        orr_jobs *jobs = start(k_thread_counts[i]);
        orr_job_counter counter = {0};
        atomic_uint turns = 0;
        where w[200] = {{0}};
        for (int k = 0; k < 200; k++) {
            w[k] = (where){.jobs = jobs, .turns = &turns, .counter = &counter};
            orr_jobs_run(jobs, ask_main, &w[k], &counter, ORR_JOB_NORMAL);
        }
        orr_jobs_wait(jobs, &counter); /* must wake up for jobs that arrive for the main thread meanwhile */
        for (int k = 0; k < 200; k++) assert_int_equal(w[k].thread, orr_thread_id());
        orr_jobs_run_io(jobs, ask_main_later, &w[0], &counter);
        orr_jobs_wait(jobs, &counter);
        assert_int_equal(w[0].thread, orr_thread_id());
        turns = 0;
        for (int k = 0; k < 200; k++) orr_jobs_run_main(jobs, note_thread, &w[k], NULL);
        assert_int_equal(orr_jobs_pump_main(jobs), 200);
        assert_int_equal(orr_jobs_pump_main(jobs), 0);
        for (int k = 0; k < 200; k++) assert_int_equal(w[k].turn, k); /* first come, first served */
        orr_jobs_destroy(&jobs);
    }
}

static void again(void *argument) {
    where *w = argument;
    if (w->turn++ < 3) orr_jobs_run_main(w->jobs, again, w, NULL);
}

static void test_pump_ends(void **state) {
    (void)state;
    orr_jobs *jobs = start(1);
    where w = {.jobs = jobs};
    orr_jobs_run_main(jobs, again, &w, NULL);
    for (unsigned k = 1; k <= 4; k++) {
        assert_int_equal(orr_jobs_pump_main(jobs), 1); /* what a job queues comes at the next pump */
        assert_int_equal(w.turn, k);
    }
    orr_jobs_destroy(&jobs);
}

typedef struct gate {
    orr_jobs *jobs;
    atomic_bool open;
    atomic_uint done;
} gate;

static void wait_for_gate(void *argument) {
    gate *g = argument;
    while (!atomic_load(&g->open)) orr_sleep_ns(20000);
    atomic_fetch_add(&g->done, 1);
}

static void open_gate(void *argument) {
    atomic_store(&((gate *)argument)->open, true);
}

static void fork_from_io(void *argument) {
    gate *g = argument;
    fib f = {.jobs = g->jobs, .n = 12};
    fib_run(&f);
    atomic_fetch_add(&g->done, f.result);
}

static void test_io_lane(void **state) {
    (void)state;
    for (int i = 0; i < THREAD_COUNTS; i++) {
        gate g = {.jobs = start(k_thread_counts[i])};
        orr_job_counter io = {0}, work = {0};
        for (int k = 0; k < 8; k++) orr_jobs_run_io(g.jobs, wait_for_gate, &g, &io);
        orr_jobs_run(g.jobs, open_gate, &g, &work,
                     ORR_JOB_NORMAL); /* would never run if I/O blocked a worker */
        orr_jobs_wait(g.jobs, &work);
        orr_jobs_wait(g.jobs, &io);
        assert_int_equal(g.done, 8);
        orr_jobs_run_io(g.jobs, fork_from_io, &g, &io); /* an I/O job may submit and wait */
        orr_jobs_wait(g.jobs, &io);
        assert_int_equal(g.done, 8 + 144);
        orr_jobs_destroy(&g.jobs);
    }
}

/* --- many submitters ---------------------------------------------------------------------------- */

enum { SUBMITTERS = 20 }; /* more than there are guest slots */

static void submit_and_wait(void *argument) {
    gate *g = argument;
    while (!atomic_load(&g->open)) orr_thread_yield();
    for (int round = 0; round < 30; round++) {
        orr_job_counter counter = {0};
        for (int k = 0; k < 20; k++) orr_jobs_run(g->jobs, add_one, &g->done, &counter, k % 3);
        fib f = {.jobs = g->jobs, .n = 5};
        fib_run(&f);
        orr_jobs_wait(g->jobs, &counter);
        if (f.result != 5) abort();
    }
}

static void test_many_submitters(void **state) {
    (void)state;
    for (int i = 0; i < 3 * THREAD_COUNTS; i++) {
        gate g = {.jobs = start(k_thread_counts[i % THREAD_COUNTS])};
        orr_thread *threads[SUBMITTERS] = {0};
        for (int k = 0; k < SUBMITTERS; k++)
            assert_int_equal(orr_thread_create(submit_and_wait, &g, "submit", &threads[k], NULL), ORR_OK);
        open_gate(&g);
        for (int k = 0; k < SUBMITTERS; k++) orr_thread_join(&threads[k]);
        assert_int_equal(g.done, SUBMITTERS * 30 * 20);
        orr_jobs_destroy(&g.jobs);
    }
}

typedef struct crowd {
    orr_jobs *jobs;
    atomic_bool pushed, crowded, done, ran;
} crowd;

static void hold_until_done(void *argument) {
    while (!atomic_load(&((crowd *)argument)->done)) orr_sleep_ns(100000);
}

static void set_ran(void *argument) {
    atomic_store(&((crowd *)argument)->ran, true);
}

static void wait_in_a_slot(void *argument) {
    crowd *c = argument;
    orr_job_counter counter = {0};
    orr_jobs_run_io(c->jobs, hold_until_done, c, &counter);
    orr_jobs_wait(c->jobs, &counter);
}

static void wait_without_a_slot(void *argument) {
    crowd *c = argument;
    orr_job_counter counter = {0};
    orr_jobs_run(c->jobs, set_ran, c, &counter, ORR_JOB_LOW); /* too low for those in the slots */
    atomic_store(&c->pushed, true);
    while (!atomic_load(&c->crowded)) orr_sleep_ns(100000);
    orr_jobs_wait(c->jobs, &counter); /* hangs unless this thread takes over a slot that gets free */
}

static void test_waits_without_a_slot(void **state) {
    (void)state;
    crowd c = {.jobs = start(1)};
    orr_thread *threads[9] = {0};
    assert_int_equal(orr_thread_create(wait_without_a_slot, &c, "slotless", &threads[8], NULL), ORR_OK);
    while (!atomic_load(&c.pushed)) orr_sleep_ns(100000);
    for (int k = 0; k < 8; k++)
        assert_int_equal(orr_thread_create(wait_in_a_slot, &c, "slot", &threads[k], NULL), ORR_OK);
    orr_sleep_ns(5000000); /* they are waiting by now */
    atomic_store(&c.crowded, true);
    orr_sleep_ns(5000000); /* and so is the other */
    atomic_store(&c.done, true);
    for (int k = 0; k < 9; k++) orr_thread_join(&threads[k]);
    assert_true(c.ran);
    orr_jobs_destroy(&c.jobs);
}

static void test_two_systems(void **state) {
    (void)state;
    orr_jobs *a = start(2), *b = start(2);
    fib f = {.jobs = a, .n = 10}, h = {.jobs = b, .n = 10};
    orr_job_counter in_a = {0}, in_b = {0};
    orr_jobs_run(a, fib_run, &h, &in_a, ORR_JOB_NORMAL); /* a worker of `a` is a guest in `b` */
    orr_jobs_run(b, fib_run, &f, &in_b, ORR_JOB_NORMAL);
    orr_jobs_wait(a, &in_a);
    orr_jobs_wait(b, &in_b);
    assert_int_equal(f.result, 55);
    assert_int_equal(h.result, 55);
    orr_jobs_destroy(&a);
    orr_jobs_destroy(&b);
}

static void test_bad_params(void **state) {
    (void)state;
    orr_jobs *jobs = NULL;
    orr_error err = {0};
    assert_int_equal(orr_jobs_create(&(orr_jobs_params){.threads = 100000}, &jobs, &err), ORR_E_OUT_OF_RANGE);
    assert_null(jobs);
    assert_non_null(strstr(err.message, "100000"));
    orr_jobs_destroy(&jobs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fork_join),
        cmocka_unit_test(test_more_than_the_queue_holds),
        cmocka_unit_test(test_destroy_runs_the_rest),
        cmocka_unit_test(test_wakes_sleepers),
        cmocka_unit_test(test_priorities),
        cmocka_unit_test(test_wait_runs_nothing_less_urgent),
        cmocka_unit_test(test_wakes_one_who_may_run_it),
        cmocka_unit_test(test_cancel_drops_jobs),
        cmocka_unit_test(test_cancel_parallel_for),
        cmocka_unit_test(test_parallel_for),
        cmocka_unit_test(test_nested_parallel_for),
        cmocka_unit_test(test_main_queue),
        cmocka_unit_test(test_pump_ends),
        cmocka_unit_test(test_io_lane),
        cmocka_unit_test(test_many_submitters),
        cmocka_unit_test(test_waits_without_a_slot),
        cmocka_unit_test(test_two_systems),
        cmocka_unit_test(test_bad_params),
    };
    return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
