/* bench_jobs [REPEATS [THREADS [CASE]]]: Orrery's job system beside oneTBB, in one process, taking turns.
 *
 * Prints JSON: for each case the medians in ms, and the median over the repeats of the ratio of the two times
 * of one repeat (below 1: Orrery is faster). Both sides get a pause before they are timed, so that neither is
 * charged for threads of the other that still spin. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "bench_jobs.h"
#include "jobs/jobs.h"

enum { FIB = 27, TASKS = 1000, JOINS = 200, REPEATS_MAX = 1001 };

typedef struct bench {
    orr_jobs *jobs;
    bench_tbb *tbb;
    uint64_t *out;
    unsigned count, rounds;
} bench;

/* --- Orrery's side ------------------------------------------------------------------------------ */

static void nothing(void *argument) {
    (void)argument;
}

static void our_spawn_join(bench *b) {
    for (unsigned j = 0; j < JOINS; j++) {
        orr_job_counter counter = {0};
        for (unsigned i = 0; i < TASKS; i++) orr_jobs_run(b->jobs, nothing, NULL, &counter, ORR_JOB_NORMAL);
        orr_jobs_wait(b->jobs, &counter);
    }
}

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
    orr_jobs_run(f->jobs, fib_run, &a, &counter, ORR_JOB_NORMAL);
    fib_run(&b);
    orr_jobs_wait(f->jobs, &counter);
    f->result = a.result + b.result;
}

static void our_fib(bench *b) {
    fib f = {.jobs = b->jobs, .n = FIB};
    orr_job_counter counter = {0};
    orr_jobs_run(b->jobs, fib_run, &f, &counter, ORR_JOB_NORMAL);
    orr_jobs_wait(b->jobs, &counter);
    b->out[0] = f.result;
}

static void items(void *context, size_t begin, size_t end) {
    const bench *b = context;
    uint64_t *out = b->out;
    unsigned rounds = b->rounds;
    for (size_t i = begin; i < end; i++) out[i] = bench_item(i + 1, rounds);
}

static void our_for(bench *b) {
    orr_jobs_parallel_for(b->jobs, b->count, 0, items, b);
}

static void serial_for(bench *b) {
    items(b, 0, b->count);
}

/* --- oneTBB's side ------------------------------------------------------------------------------ */

static void tbb_spawn_join(bench *b) {
    bench_tbb_spawn_join(b->tbb, TASKS, JOINS);
}
static void tbb_fib_group(bench *b) {
    b->out[0] = bench_tbb_fib_group(b->tbb, FIB);
}
static void tbb_fib_invoke(bench *b) {
    b->out[0] = bench_tbb_fib_invoke(b->tbb, FIB);
}
static void tbb_for(bench *b) {
    bench_tbb_for(b->tbb, b->out, b->count, b->rounds);
}

/* --- measuring ---------------------------------------------------------------------------------- */

typedef struct bench_case {
    const char *name;
    void (*ours)(bench *);
    void (*theirs)(bench *);
    unsigned count, rounds;
    uint64_t expected; /* out[0] afterwards, when not 0 */
} bench_case;

static double time_ms(void (*run)(bench *), bench *b) {
    orr_sleep_ns(3000000);
    uint64_t start = orr_time_ns();
    run(b);
    return (double)(orr_time_ns() - start) * 1e-6;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, unsigned count) {
    qsort(values, count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

static void measure(bench *b, const bench_case *c, unsigned repeats, bool last) {
    static double ours[REPEATS_MAX], theirs[REPEATS_MAX], ratios[REPEATS_MAX], serial[REPEATS_MAX];
    b->count = c->count;
    b->rounds = c->rounds;
    for (int warm = 0; warm < 2; warm++) c->ours(b), c->theirs(b);
    for (unsigned r = 0; r < repeats; r++) {
        if (r % 2) theirs[r] = time_ms(c->theirs, b);
        ours[r] = time_ms(c->ours, b);
        if (c->expected && b->out[0] != c->expected) abort();
        if (r % 2 == 0) theirs[r] = time_ms(c->theirs, b);
        if (c->expected && b->out[0] != c->expected) abort();
        serial[r] = c->count ? time_ms(serial_for, b) : 0;
        ratios[r] = ours[r] / theirs[r];
    }
    double our_median = median(ours, repeats);
    printf("    \"%s\": {\"orrery_ms\": %.4f, \"tbb_ms\": %.4f, \"ratio\": %.4f", c->name, our_median,
           median(theirs, repeats), median(ratios, repeats));
    if (c->count)
        printf(", \"serial_ms\": %.4f, \"of_linear\": %.4f", median(serial, repeats),
               median(serial, repeats) / our_median / orr_jobs_threads(b->jobs));
    printf("}%s\n", last ? "" : ",");
    fflush(stdout);
}

int main(int argc, char **argv) {
    uint64_t repeats = 21, threads = 0;
    if ((argc > 1 && !orr_parse_u64(argv[1], &repeats)) || (argc > 2 && !orr_parse_u64(argv[2], &threads)) ||
        repeats < 1 || repeats > REPEATS_MAX || threads > 512) {
        fprintf(stderr, "usage: bench_jobs [REPEATS (1-%d) [THREADS (0 = one per CPU) [CASE]]]\n",
                REPEATS_MAX);
        return 2;
    }
    bench b = {.out = calloc(1000000, sizeof(uint64_t))};
    orr_error err = {0};
    if (!b.out ||
        orr_jobs_create(&(orr_jobs_params){.threads = (unsigned)threads}, &b.jobs, &err) != ORR_OK) {
        fprintf(stderr, "bench_jobs: %s\n", err.message);
        return 1;
    }
    b.tbb = bench_tbb_create(orr_jobs_threads(b.jobs));
    static const bench_case k_cases[] = {
        {.name = "spawn_join_1000_empty_x200", .ours = our_spawn_join, .theirs = tbb_spawn_join},
        {.name = "fib27_against_task_group", .ours = our_fib, .theirs = tbb_fib_group, .expected = 196418},
        {.name = "fib27_against_parallel_invoke",
         .ours = our_fib,
         .theirs = tbb_fib_invoke,
         .expected = 196418},
        {.name = "parallel_for_1e6_of_20ns",
         .ours = our_for,
         .theirs = tbb_for,
         .count = 1000000,
         .rounds = 3},
        {.name = "parallel_for_1e4_of_10us",
         .ours = our_for,
         .theirs = tbb_for,
         .count = 10000,
         .rounds = 1200},
    };
    size_t count = sizeof k_cases / sizeof k_cases[0];
    printf("{\n  \"threads\": %u, \"repeats\": %u,\n  \"cases\": {\n", orr_jobs_threads(b.jobs),
           (unsigned)repeats);
    for (size_t i = 0; i < count; i++) {
        bool only = argc > 3;
        if (!only || strcmp(argv[3], k_cases[i].name) == 0)
            measure(&b, &k_cases[i], (unsigned)repeats, only || i + 1 == count);
    }
    printf("  }\n}\n");
    bench_tbb_destroy(b.tbb);
    orr_jobs_destroy(&b.jobs);
    free(b.out);
    return 0;
}
