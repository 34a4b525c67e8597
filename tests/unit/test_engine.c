/* An engine put together: roots, native modules, a GPU on its own thread, the fingerprint, several at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "host/engine.h"

static char k_folder[] = "/tmp/orrery-engine-XXXXXX"; /* the cache of all tests here */

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(k_folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    const char *argv[] = {"rm", "-rf", k_folder, NULL};
    int code = 0;
    (void)state;
    return orr_process_run(argv, &code, NULL) == ORR_OK ? code : -1;
}

static orr_engine *create(const char *device) {
    orr_engine *engine = NULL;
    orr_error err = {0};
    const orr_engine_params params = {
        .app = "test", .device = device, .threads = 2, .cache_folder = k_folder};
    if (orr_engine_create(&params, &engine, &err)) fail_msg("%s", err.message);
    return engine;
}

static void test_parts(void **state) {
    (void)state;
    orr_engine *engine = create(NULL);
    char path[1200];
    orr_path_join(path, sizeof path, orr_engine_root(engine), "shaders/tonemap.glsl");
    assert_true(orr_file_exists(path));
    assert_string_equal(orr_engine_app_root(engine), "/apps/test");
    assert_int_equal(orr_jobs_threads(orr_engine_jobs(engine)), 2);
    assert_non_null(strchr(orr_version(), '.'));
    const orr_modules *modules = orr_engine_modules(engine);
    assert_true(orr_modules_find(modules, "exposure") >= 0 && orr_modules_find(modules, "tonemap") >= 0);
    const orr_value *value = NULL;
    orr_error err = {0};
    if (orr_space_get(orr_engine_space(engine), "/apps/test/modules/tonemap/status", &value, &err))
        fail_msg("%s", err.message);
    assert_string_equal(orr_value_cstr(value), "ready");
    orr_value_release(value);
    orr_log_write(orr_engine_log(engine), ORR_LOG_WARNING, "seen in the space");
    uint64_t offset = 0, lost = 0;
    const orr_value *line = NULL;
    size_t count = 0;
    assert_int_equal(orr_space_tail(orr_engine_space(engine), "/apps/test/io/log/error", &offset, &lost,
                                    &line, 1, &count, NULL),
                     ORR_OK);
    assert_int_equal(count, 1);
    assert_non_null(strstr(orr_value_cstr(line), "seen in the space"));
    orr_value_release(line);
    orr_engine_destroy(&engine);
    assert_null(engine);
}

static void test_bad_root(void **state) {
    (void)state;
    orr_engine *engine = NULL;
    orr_error err = {0};
    const orr_engine_params params = {.root = "/nowhere", .cache_folder = ""};
    assert_int_equal(orr_engine_create(&params, &engine, &err), ORR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "/nowhere"));
    assert_null(engine);
}

/* What goes wrong on the GPU's thread comes out where the GPU is asked for, as often as it is. */
static void test_no_such_device(void **state) {
    (void)state;
    orr_engine *engine = create("no such device");
    orr_engine_start_gpu(engine);
    for (int again = 0; again < 2; again++) {
        orr_gpu *gpu = NULL;
        orr_renderer *renderer = NULL;
        orr_error err = {0};
        assert_int_equal(orr_engine_gpu(engine, &gpu, &err), ORR_E_NO_DEVICE);
        assert_true(err.message[0] && !gpu);
        assert_int_equal(orr_engine_renderer(engine, &renderer, &err), ORR_E_NO_DEVICE);
    }
    orr_engine_destroy(&engine);
}

static void test_fingerprint(void **state) {
    (void)state;
    orr_engine *engines[2] = {create(getenv("ORRERY_TEST_DEVICE")), create(getenv("ORRERY_TEST_DEVICE"))};
    char hex[3][65];
    orr_error err = {0};
    orr_engine_start_gpu(engines[0]);
    orr_status status = orr_engine_fingerprint(engines[0], "lua", hex[0], &err);
    if (status != ORR_E_NO_DEVICE) {
        if (status || orr_engine_fingerprint(engines[1], "lua", hex[1], &err)) fail_msg("%s", err.message);
        assert_string_equal(hex[0], hex[1]);
        assert_int_equal(strlen(hex[0]), 64);
        assert_int_equal(orr_engine_fingerprint(engines[1], "luo", hex[2], NULL), ORR_OK);
        assert_string_not_equal(hex[0], hex[2]);
    }
    for (int i = 0; i < 2; i++) orr_engine_destroy(&engines[i]);
    if (status == ORR_E_NO_DEVICE) {
        print_message("skipped: %s\n", err.message);
        skip();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts), cmocka_unit_test(test_bad_root),
                                       cmocka_unit_test(test_no_such_device),
                                       cmocka_unit_test(test_fingerprint)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
