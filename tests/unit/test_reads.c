/* The list of what a run read: each read once, sorted, from any thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "vfs/reads.h"

static void test_once_and_sorted(void **state) {
    (void)state;
    orr_reads *reads = NULL;
    const orr_read *list = NULL;
    uint32_t count = 0;
    assert_int_equal(orr_reads_create(&reads, NULL), ORR_OK);
    orr_reads_add(reads, ORR_READ_ASSET, "b.png", "/x/b.png", "/x", "bb", 2);
    orr_reads_add(reads, ORR_READ_SCRIPT, "a.lua", "/x/a.lua", "/x", "a", 1);
    orr_reads_add(reads, ORR_READ_ASSET, "b.png", "/x/b.png", "/x", "bb", 2);
    orr_reads_add(reads, ORR_READ_ASSET, "x/b.png", "/x/b.png", "/", "bb", 2); /* asked for in another way */
    orr_reads_add(reads, ORR_READ_OTHER, "b.png", "/x/b.png", "/x", "bb", 2);
    assert_int_equal(orr_reads_list(reads, &list, &count, NULL), ORR_OK);
    assert_int_equal(count, 4);
    assert_string_equal(list[0].path, "/x/a.lua");
    assert_string_equal(list[1].under, "/");
    assert_string_equal(list[1].asked, "x/b.png");
    assert_int_equal(list[1].size_bytes, 2);
    assert_string_equal(list[2].under, "/x");
    assert_int_equal(list[3].kind, ORR_READ_OTHER);
    assert_string_equal(orr_read_kind_name(list[3].kind), "other");
    const orr_digest digest = orr_digest_of("bb", 2);
    assert_true(orr_digest_equal(&list[3].digest, &digest));
    /* A file that changed in between was read twice. */
    orr_reads_add(reads, ORR_READ_SCRIPT, "a.lua", "/x/a.lua", "/x", "b", 1);
    assert_int_equal(orr_reads_list(reads, &list, &count, NULL), ORR_OK);
    assert_int_equal(count, 5);
    orr_reads_destroy(&reads);
    assert_null(reads);
    orr_reads_add(NULL, ORR_READ_ASSET, "a", "a", "", "a", 1);
}

static void add_many(void *context) {
    for (int i = 0; i < 200; i++) {
        char name[32];
        snprintf(name, sizeof name, "%03d.png", i);
        orr_reads_add(context, ORR_READ_ASSET, name, name, "", name, strlen(name));
    }
}

static void test_threads(void **state) {
    (void)state;
    orr_reads *reads = NULL;
    orr_thread *threads[4];
    const orr_read *list = NULL;
    uint32_t count = 0;
    assert_int_equal(orr_reads_create(&reads, NULL), ORR_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(orr_thread_create(add_many, reads, "reads", &threads[i], NULL), ORR_OK);
    for (int i = 0; i < 4; i++) orr_thread_join(&threads[i]);
    assert_int_equal(orr_reads_list(reads, &list, &count, NULL), ORR_OK);
    assert_int_equal(count, 200);
    for (uint32_t i = 1; i < count; i++) assert_true(strcmp(list[i - 1].path, list[i].path) < 0);
    orr_reads_destroy(&reads);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_once_and_sorted),
                                       cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
