/* The space under many threads: readers that never wait, and a hammer of mixed operations in which every
 * value is whole. ORRERY_HAMMER_OPS sets the operations of the hammer, 10^6 by default; run it under TSan
 * with 10^7. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/platform/platform.h"
#include "space/space.h"

static void ok(orr_status status, const orr_error *err) {
    if (status) print_error("%s: %s\n", orr_status_name(status), err->message);
    assert_int_equal(status, ORR_OK);
}

/* --- a writer stopped inside set ---------------------------------------------------------------------- */

typedef struct gate {
    orr_space *space;
    atomic_bool armed, inside, open;
} gate;

static void stop_here(void *context) {
    gate *g = context;
    if (!atomic_load(&g->armed)) return;
    atomic_store(&g->inside, true);
    while (!atomic_load(&g->open)) orr_thread_yield();
}

static void stopped_writer(void *context) {
    gate *g = context;
    orr_error err = {0};
    ok(orr_space_set(g->space, "/a/b", orr_value_int(2), &err), &err);
}

static void test_readers_never_wait(void **state) {
    (void)state;
    gate g = {0};
    orr_error err = {0};
    orr_thread *thread = NULL;
    orr_handle handle;
    const orr_value *value = NULL;
    const orr_space_params params = {.on_write = stop_here, .context = &g};
    ok(orr_space_create(&params, &g.space, &err), &err);
    ok(orr_space_set(g.space, "/a/b", orr_value_int(1), &err), &err);
    ok(orr_space_resolve(g.space, "/a/b", &handle, &err), &err);
    atomic_store(&g.armed, true);
    ok(orr_thread_create(stopped_writer, &g, "writer", &thread, &err), &err);
    while (!atomic_load(&g.inside)) orr_thread_yield();
    for (int i = 0; i < 1000; i++) { /* the writer holds the lock all the while */
        int64_t number = 0;
        char **names = NULL;
        size_t count = 0;
        ok(i & 1 ? orr_space_get(g.space, "/a/b", &value, &err)
                 : orr_space_get_at(g.space, handle, &value, &err),
           &err);
        assert_true(orr_value_as_int(value, &number));
        assert_int_equal(number, 1);
        orr_value_release(value);
        ok(orr_space_list(g.space, "/a", &names, &count, &err), &err);
        orr_names_free(&names, count);
        ok(orr_space_resolve(g.space, "/a/b", &handle, &err), &err);
    }
    atomic_store(&g.open, true);
    orr_thread_join(&thread);
    ok(orr_space_get(g.space, "/a/b", &value, &err), &err);
    orr_value_release(value);
    orr_space_destroy(&g.space);
}

/* --- a mount is seen whole or not at all ------------------------------------------------------------- */

typedef struct mounter {
    orr_space *space, *aside;
    atomic_bool done;
} mounter;

static void mount_and_remove(void *context) {
    mounter *m = context;
    orr_error err = {0};
    for (int i = 0; i < 2000; i++) {
        ok(orr_space_mount(m->space, "/top/m", m->aside, &err), &err);
        if (i % 3 == 0) ok(orr_space_remove(m->space, "/top/m", &err), &err);
    }
    atomic_store(&m->done, true);
}

static void test_mount_at_once(void **state) {
    (void)state;
    enum { CHILDREN = 20 };
    mounter m = {0};
    orr_error err = {0};
    orr_thread *thread = NULL;
    ok(orr_space_create(NULL, &m.space, &err), &err);
    ok(orr_space_create(NULL, &m.aside, &err), &err);
    for (int i = 0; i < CHILDREN; i++) {
        char path[16];
        snprintf(path, sizeof path, "/c%d", i);
        ok(orr_space_set(m.aside, path, orr_value_int(i), &err), &err);
    }
    ok(orr_thread_create(mount_and_remove, &m, "mounter", &thread, &err), &err);
    while (!atomic_load(&m.done)) {
        char **names = NULL;
        size_t count = CHILDREN;
        if (orr_space_list(m.space, "/top/m", &names, &count, NULL) == ORR_OK) {
            assert_int_equal(count, CHILDREN);
            orr_names_free(&names, count);
        }
    }
    orr_thread_join(&thread);
    orr_space_destroy(&m.aside);
    orr_space_destroy(&m.space);
}

/* --- the hammer ---------------------------------------------------------------------------------------- */

enum { PATHS = 16, THREADS = 4, CHUNK = 256 };

typedef struct hammer {
    orr_space *space, *aside;
    _Atomic int64_t left;
    atomic_uint bad, reads, freed;
    uint64_t seed;
} hammer;

typedef struct worker {
    hammer *shared;
    uint64_t random;
    orr_watch *watch;
} worker;

static uint64_t next_random(worker *w) { /* splitmix64 */
    uint64_t z = (w->random += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void path_of(uint64_t random, char path[64]) {
    unsigned i = (unsigned)(random % PATHS);
    snprintf(path, 64, "/root/%u/leaf/%u", i / 4, i % 4);
}

/* Sixteen times the same number: a torn or freed value would show. */
static const orr_value *whole_value(uint64_t random) {
    double numbers[16];
    for (int i = 0; i < 16; i++) numbers[i] = (double)(random % 1000);
    return orr_value_mat4(numbers);
}

static void check_value(hammer *h, const orr_value *value) {
    size_t count = 0;
    const double *numbers = orr_value_numbers(value, &count);
    bool whole = numbers && count == 16;
    for (int i = 1; i < 16 && whole; i++) whole = numbers[i] == numbers[0];
    atomic_fetch_add(&h->bad, !whole);
    atomic_fetch_add(&h->reads, 1);
    orr_value_release(value);
}

static void read_something(worker *w, uint64_t random, const char *path, orr_handle *handle) {
    orr_space *space = w->shared->space;
    const orr_value *value = NULL;
    char **names = NULL;
    size_t count = 0;
    if (random % 64 == 0) {
        if (orr_space_list(space, "/root", &names, &count, NULL) == ORR_OK) orr_names_free(&names, count);
    } else if (random % 2) {
        if (orr_space_get(space, path, &value, NULL) == ORR_OK) check_value(w->shared, value);
    } else if (orr_space_get_at(space, *handle, &value, NULL) == ORR_OK) {
        check_value(w->shared, value);
    } else if (orr_space_resolve(space, path, handle, NULL)) {
        *handle = (orr_handle){0};
    }
}

static void write_something(worker *w, uint64_t random, const char *path, orr_handle handle) {
    orr_space *space = w->shared->space;
    const orr_value *value = NULL;
    orr_status status = ORR_OK;
    switch (random >> 8 & 63) {
    case 0:
        status = orr_space_remove(space, "/root/1", NULL);
        break;
    case 1:
        status = orr_space_remove(space, path, NULL);
        break;
    case 2:
        status = orr_space_mount(space, "/root/2", w->shared->aside, NULL);
        break;
    case 3:
        status = orr_space_push(space, "/root/3/queue", whole_value(random), NULL);
        break;
    case 4:
        status = orr_space_pop(space, "/root/3/queue", 0, &value, NULL);
        if (!status) check_value(w->shared, value);
        break;
    case 5:
        orr_watch_poll(w->watch, NULL);
        break;
    case 6:
        status = orr_space_set_at(space, handle, whole_value(random), NULL);
        break;
    default:
        status = orr_space_set(space, path, whole_value(random), NULL);
        atomic_fetch_add(&w->shared->bad, status != ORR_OK);
    }
}

static void work(void *context) {
    worker *w = context;
    orr_handle handle = {0};
    char path[64];
    while (atomic_fetch_sub(&w->shared->left, CHUNK) > 0)
        for (int i = 0; i < CHUNK; i++) {
            uint64_t random = next_random(w);
            path_of(random >> 20, path);
            if (random % 4)
                read_something(w, random >> 2, path, &handle);
            else
                write_something(w, random, path, handle);
        }
}

static void test_hammer(void **state) {
    (void)state;
    const char *wanted = getenv("ORRERY_HAMMER_OPS");
    hammer h = {.seed = 1};
    orr_error err = {0};
    orr_thread *threads[THREADS];
    worker workers[THREADS];
    char path[64];
    atomic_store(&h.left, wanted ? (int64_t)atoll(wanted) : 1000000);
    ok(orr_space_create(NULL, &h.space, &err), &err);
    ok(orr_space_create(NULL, &h.aside, &err), &err);
    for (unsigned i = 0; i < PATHS; i++) {
        path_of(i, path);
        ok(orr_space_set(h.space, path, whole_value(i), &err), &err);
        ok(orr_space_set(h.aside, path + sizeof "/root/2" - 1, whole_value(i), &err), &err);
    }
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.shared = &h, .random = (uint64_t)i};
        ok(orr_watch_create(h.space, "/root", &workers[i].watch, &err), &err);
        ok(orr_thread_create(work, &workers[i], "hammer", &threads[i], &err), &err);
    }
    for (int i = 0; i < THREADS; i++) {
        orr_thread_join(&threads[i]);
        orr_watch_destroy(&workers[i].watch);
    }
    assert_int_equal(atomic_load(&h.bad), 0);
    assert_true(atomic_load(&h.reads) > 0);
    orr_space_destroy(&h.aside);
    orr_space_destroy(&h.space);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_readers_never_wait),
                                       cmocka_unit_test(test_mount_at_once), cmocka_unit_test(test_hammer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
