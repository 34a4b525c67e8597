/* Scripts rendered through a whole engine, validation on: shared by the tests of sequences. */
#ifndef ORR_TEST_SEQUENCE_SUPPORT_H
#define ORR_TEST_SEQUENCE_SUPPORT_H

#include "gpu_support.h"

#include "base/platform/platform.h"
#include "render/sequence.h"
#include "render/target.h"
#include "script/script.h"

static inline orr_engine *open_engine(uint32_t threads, orr_renderer **renderer) {
    static const orr_log log = {print_log, NULL, ORR_LOG_ERROR};
    orr_error err = {0};
    orr_engine *engine = NULL;
    OK(orr_engine_create(&(orr_engine_params){.app = "test",
                                              .device = getenv("ORRERY_TEST_DEVICE"),
                                              .threads = threads,
                                              .validation = true,
                                              .sync_validation = true,
                                              .log = &log},
                         &engine, &err));
    OK(orr_manifests_load(engine, &err));
    orr_status status = orr_engine_renderer(engine, renderer, &err);
    keep_drivers();
    if (status == ORR_E_NO_DEVICE) {
        printf("skipped: %s\n", err.message);
        orr_engine_destroy(&engine);
        return NULL;
    }
    OK(status);
    return engine;
}

static inline void close_engine(orr_engine *engine) {
    char first[512];
    orr_error err = {0};
    orr_gpu *gpu = NULL;
    OK(orr_engine_gpu(engine, &gpu, &err));
    uint32_t errors = orr_gpu_validation_errors(gpu, first, sizeof first);
    if (errors) fprintf(stderr, "%s\n", first);
    assert_int_equal(errors, 0);
    orr_engine_destroy(&engine);
}

static inline orr_status render_text(const char *folder, orr_engine *engine, orr_renderer *renderer,
                                     const char *text, const orr_sequence_options *options,
                                     orr_sequence_report *report, orr_error *err) {
    orr_script *script = NULL;
    *err = (orr_error){0};
    check_ok(orr_script_create(&(orr_script_params){.engine = engine}, &script, err), err, __FILE__,
             __LINE__);
    orr_status status = orr_script_run_text(script, text, strlen(text), "test.lua", folder, err);
    check_ok(status, err, __FILE__, __LINE__);
    check_ok(orr_modules_build(orr_engine_modules(engine), orr_script_settings(script), err), err, __FILE__,
             __LINE__);
    status = orr_sequence_render(renderer, orr_script_sequence(script), orr_script_settings(script), options,
                                 report, err);
    orr_script_destroy(&script);
    return status;
}

#endif
