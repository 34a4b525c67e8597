/* Times of the space's basic operations, against their bars (spec: get by handle 40 ns, by path of five parts
 * 250 ns, set 500 ns). Prints one JSON object; every number is the median of the rounds, in ns per operation.
 * A get includes the release of what it got, a set the making of the new value. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/platform/platform.h"
#include "space/space.h"

enum { ROUNDS = 15, OPS = 200000 };

static const char path[] = "/apps/demo/renderers/main/settings";

typedef struct bench {
    orr_space *space;
    orr_handle handle;
    atomic_bool stop;
} bench;

static void need(orr_status status, const orr_error *err) {
    if (!status) return;
    fprintf(stderr, "bench_space: %s\n", err->message);
    exit(1);
}

static void get_handle(bench *b) {
    const orr_value *value = NULL;
    if (orr_space_get_at(b->space, b->handle, &value, NULL)) abort();
    orr_value_release(value);
}

static void get_path(bench *b) {
    const orr_value *value = NULL;
    if (orr_space_get(b->space, path, &value, NULL)) abort();
    orr_value_release(value);
}

static void set_path(bench *b) {
    if (orr_space_set(b->space, path, orr_value_double(1), NULL)) abort();
}

static void set_handle(bench *b) {
    if (orr_space_set_at(b->space, b->handle, orr_value_double(1), NULL)) abort();
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_ns(bench *b, void (*operation)(bench *)) {
    double rounds[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t start = orr_time_ns();
        for (int i = 0; i < OPS; i++) operation(b);
        rounds[r] = (double)(orr_time_ns() - start) / OPS;
    }
    qsort(rounds, ROUNDS, sizeof rounds[0], by_size);
    return rounds[ROUNDS / 2];
}

static void keep_setting(void *context) {
    bench *b = context;
    while (!atomic_load(&b->stop)) set_handle(b);
}

int main(void) {
    bench b = {0};
    orr_error err = {0};
    orr_watch *watch = NULL;
    orr_thread *writer = NULL;
    need(orr_space_create(NULL, &b.space, &err), &err);
    for (int i = 0; i < 1000; i++) {
        char other[96];
        snprintf(other, sizeof other, "/apps/demo/renderers/main/other_%d", i);
        need(orr_space_set(b.space, other, orr_value_int(i), &err), &err);
    }
    need(orr_space_set(b.space, path, orr_value_double(0), &err), &err);
    need(orr_space_resolve(b.space, path, &b.handle, &err), &err);
    printf("{\"get_handle_ns\": %.1f, \"get_handle_bar_ns\": 40, ", median_ns(&b, get_handle));
    printf("\"get_path5_ns\": %.1f, \"get_path5_bar_ns\": 250, ", median_ns(&b, get_path));
    printf("\"set_path5_ns\": %.1f, \"set_bar_ns\": 500, ", median_ns(&b, set_path));
    printf("\"set_handle_ns\": %.1f, ", median_ns(&b, set_handle));
    need(orr_watch_create(b.space, "/apps", &watch, &err), &err);
    printf("\"set_path5_watched_ns\": %.1f, ", median_ns(&b, set_path));
    need(orr_thread_create(keep_setting, &b, "writer", &writer, &err), &err);
    printf("\"get_handle_with_writer_ns\": %.1f}\n", median_ns(&b, get_handle));
    atomic_store(&b.stop, true);
    orr_thread_join(&writer);
    orr_watch_destroy(&watch);
    orr_space_destroy(&b.space);
    return 0;
}
