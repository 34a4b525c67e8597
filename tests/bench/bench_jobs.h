/* The two sides of bench_jobs: Orrery's job system and oneTBB, doing the same. */
#ifndef ORR_BENCH_JOBS_H
#define ORR_BENCH_JOBS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline uint64_t bench_step(uint64_t x) {
    x ^= x << 13;
    x ^= x >> 7;
    return x ^ (x << 17);
}

/* One item of work: `rounds` times 6 steps that each depend on the last, about 7 ns. Unrolled, so that the
 * loop ends where the branch predictor expects it. */
static inline uint64_t bench_item(uint64_t seed, unsigned rounds) {
    for (unsigned i = 0; i < rounds; i++)
        seed = bench_step(bench_step(bench_step(bench_step(bench_step(bench_step(seed))))));
    return seed;
}

/* oneTBB's side, limited to `threads` threads. Results go through `out` so that nothing is optimised away. */
typedef struct bench_tbb bench_tbb;
bench_tbb *bench_tbb_create(unsigned threads);
void bench_tbb_destroy(bench_tbb *tbb);
void bench_tbb_spawn_join(bench_tbb *tbb, unsigned tasks, unsigned joins);
unsigned bench_tbb_fib_group(bench_tbb *tbb, unsigned n);  /* tbb::task_group */
unsigned bench_tbb_fib_invoke(bench_tbb *tbb, unsigned n); /* tbb::parallel_invoke */
void bench_tbb_for(bench_tbb *tbb, uint64_t *out, unsigned count, unsigned rounds);

#ifdef __cplusplus
}
#endif
#endif
