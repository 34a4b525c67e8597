// oneTBB's side of bench_jobs.
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include "bench_jobs.h"

struct bench_tbb {
    tbb::global_control control;
    tbb::task_arena arena;
    explicit bench_tbb(unsigned threads)
        : control(tbb::global_control::max_allowed_parallelism, threads), arena(static_cast<int>(threads)) {}
};

bench_tbb *bench_tbb_create(unsigned threads) {
    return new bench_tbb(threads);
}

void bench_tbb_destroy(bench_tbb *tbb) {
    delete tbb;
}

void bench_tbb_spawn_join(bench_tbb *tbb, unsigned tasks, unsigned joins) {
    tbb->arena.execute([=] {
        tbb::task_group group;
        for (unsigned j = 0; j < joins; j++) {
            for (unsigned i = 0; i < tasks; i++) group.run([] {});
            group.wait();
        }
    });
}

static unsigned fib_group(unsigned n) {
    if (n < 2) return n;
    unsigned a = 0;
    tbb::task_group group;
    group.run([&a, n] { a = fib_group(n - 1); });
    unsigned b = fib_group(n - 2);
    group.wait();
    return a + b;
}

unsigned bench_tbb_fib_group(bench_tbb *tbb, unsigned n) {
    return tbb->arena.execute([=] { return fib_group(n); });
}

static unsigned fib_invoke(unsigned n) {
    if (n < 2) return n;
    unsigned a = 0, b = 0;
    tbb::parallel_invoke([&a, n] { a = fib_invoke(n - 1); }, [&b, n] { b = fib_invoke(n - 2); });
    return a + b;
}

unsigned bench_tbb_fib_invoke(bench_tbb *tbb, unsigned n) {
    return tbb->arena.execute([=] { return fib_invoke(n); });
}

void bench_tbb_for(bench_tbb *tbb, uint64_t *out, unsigned count, unsigned rounds) {
    tbb->arena.execute([=] {
        tbb::parallel_for(tbb::blocked_range<unsigned>(0, count),
                          [=](const tbb::blocked_range<unsigned> &range) {
                              for (unsigned i = range.begin(); i != range.end(); i++)
                                  out[i] = bench_item(i + 1, rounds);
                          });
    });
}
