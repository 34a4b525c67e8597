/* The device itself: times, misuse, threads, choice, validation, the cache of pipelines, and the one that
 * executes nothing. */
#include "gpu_support.h"

#include <unistd.h>

#include "base/platform/platform.h"

/* --- times, waiting, misuse ---------------------------------------------------------------------------- */

static void test_times(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    orr_gpu_buffer buffer = make_buffer(gpu, 1u << 20, ORR_MEMORY_DEVICE);
    orr_gpu_timing timings[8];
    uint64_t first = 0;
    for (int i = 0; i < 20; i++) {
        orr_cmd *cmd = begin(gpu);
        orr_cmd_time_begin(cmd, "outer");
        orr_cmd_time_begin(cmd, "inner");
        orr_cmd_fill_buffer(cmd, buffer, 0, 0, 1);
        orr_cmd_time_end(cmd);
        orr_cmd_fill_buffer(cmd, buffer, 0, 0, 2);
        orr_cmd_time_end(cmd);
        uint64_t value = finish(gpu, cmd);
        if (i == 0) first = value;
        assert_int_equal(orr_gpu_timings(gpu, value, timings, 8), 2);
        assert_string_equal(timings[0].name, "outer");
        assert_string_equal(timings[1].name, "inner");
        assert_int_equal(timings[1].depth, 1);
        assert_int_equal(timings[0].begin_ns, 0);
        assert_true(timings[0].ns >= timings[1].ns);
    }
    assert_int_equal(orr_gpu_timings(gpu, first, timings, 8), 0); /* only the last 16 are kept */
    orr_cmd *cmd = begin(gpu);
    orr_cmd_time_begin(cmd, "open");
    uint64_t value = 0;
    assert_int_equal(orr_gpu_submit(gpu, &cmd, &value, &err), ORR_E_ARGUMENT);
    cmd = begin(gpu);
    for (int i = 0; i < 5; i++) orr_cmd_time_begin(cmd, "deep");
    assert_int_equal(orr_gpu_submit(gpu, &cmd, &value, &err), ORR_E_LIMIT);
    assert_int_equal(orr_gpu_wait(gpu, 1000, 0, &err), ORR_E_ARGUMENT);
    cmd = begin(gpu);
    orr_cmd_abandon(&cmd);
    assert_null(cmd);
    orr_gpu_buffer_destroy(gpu, &buffer);
    close_gpu(gpu);
}

/* A watched command gives what another gives, and the device is in no scope when it has ended. */
static void test_watch(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    orr_gpu_buffer buffer = make_buffer(gpu, 64, ORR_MEMORY_READBACK);
    char name[48] = "nothing yet";
    orr_gpu_watched(gpu, name);
    assert_string_equal(name, "");
    for (uint32_t i = 0; i < 6; i++) {
        OK(orr_gpu_watch(gpu, i % 3 != 2 ? 1000000000 : 0, &err));
        orr_cmd *cmd = begin(gpu);
        orr_cmd_time_begin(cmd, "outer");
        orr_cmd_fill_buffer(cmd, buffer, 0, 0, i);
        orr_cmd_time_begin(cmd, "inner");
        orr_cmd_fill_buffer(cmd, buffer, 4, 4, i + 1);
        orr_cmd_time_end(cmd);
        orr_cmd_time_end(cmd);
        finish(gpu, cmd);
        const uint32_t *words = orr_gpu_buffer_map(gpu, buffer);
        assert_true(words[0] == i && words[1] == i + 1 && words[2] == i);
        orr_gpu_watched(gpu, name);
        assert_string_equal(name, "");
    }
    orr_gpu_buffer_destroy(gpu, &buffer);
    close_gpu(gpu);
}

/* A fair part of a second of work, on a GPU too: the name of its scope is known while it goes on, and uploads
 * that have to wait for it give up. */
static const char slow_text[] =
    "#version 460\n"
    "#define STEP x = x * 1664525u + 1013904223u; x ^= x >> 13;\n"
    "#define STEPS_8 STEP STEP STEP STEP STEP STEP STEP STEP\n"
    "#define STEPS_64 STEPS_8 STEPS_8 STEPS_8 STEPS_8 STEPS_8 STEPS_8 STEPS_8 STEPS_8\n"
    "layout(local_size_x = 64) in;\n"
    "layout(binding = 0, std430) buffer B { uint b[]; };\n"
    "void main() {\n"
    "    uint x = b[gl_GlobalInvocationID.x];\n"
    "    for (uint i = 0u; i < 100000u && x != 1u; i++) { STEPS_64 STEPS_64 STEPS_64 STEPS_64 }\n"
    "    b[gl_GlobalInvocationID.x] = x;\n"
    "}\n";

static void test_patience(void **state) {
    (void)state;
    enum { BYTES = 16 << 20 }; /* more than is staged at once */
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    const orr_gpu_slot slot = {0, ORR_BIND_STORAGE_WRITE, 0};
    orr_gpu_pipeline slow = make_compute(gpu, slow_text, &slot, 1, 0);
    orr_gpu_buffer buffer = make_buffer(gpu, BYTES, ORR_MEMORY_DEVICE);
    orr_gpu_bind bind = {.binding = 0, .buffer = buffer};
    uint8_t *data = calloc(1, BYTES);
    assert_non_null(data);
    OK(orr_gpu_watch(gpu, 20000000, &err));
    orr_cmd *cmd = begin(gpu);
    orr_cmd_time_begin(cmd, "slow");
    orr_cmd_dispatch(cmd, slow, &bind, 1, NULL, 0, 4, 1, 1);
    orr_cmd_time_end(cmd);
    uint64_t value = 0;
    char name[48];
    OK(orr_gpu_submit(gpu, &cmd, &value, &err));
    orr_status status = orr_gpu_upload_buffer(gpu, buffer, 0, data, BYTES, &err);
    orr_gpu_watched(gpu, name);
    assert_int_equal(status, ORR_E_TIMEOUT);
    assert_string_equal(name, "slow");
    OK(orr_gpu_wait(gpu, value, UINT64_MAX, &err)); /* it was slow, no more */
    orr_gpu_watched(gpu, name);
    assert_string_equal(name, "");
    free(data);
    orr_gpu_buffer_destroy(gpu, &buffer);
    orr_gpu_pipeline_destroy(gpu, &slow);
    close_gpu(gpu);
}

static void expect_submit(orr_gpu *gpu, orr_cmd *cmd, orr_status want, const char *word) {
    orr_error err = {0};
    uint64_t value = 0;
    assert_int_equal(orr_gpu_submit(gpu, &cmd, &value, &err), want);
    if (strstr(err.message, word) == NULL) fail_msg("'%s' does not say '%s'", err.message, word);
}

static void test_misuse(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    orr_gpu_pipeline add = make_adder(gpu);
    orr_gpu_buffer a = make_buffer(gpu, 256, ORR_MEMORY_DEVICE);
    const uint32_t words[4] = {0};
    orr_gpu_bind binds[] = {{.binding = 0, .buffer = a},
                            {.binding = 1, .buffer = a},
                            {.binding = 2, .data = words, .size = 8},
                            {.binding = 2, .data = words, .size = 8}};
    orr_cmd *cmd = begin(gpu);
    orr_cmd_dispatch(cmd, add, binds, 2, words, 4, 1, 1, 1);
    expect_submit(gpu, cmd, ORR_E_ARGUMENT, "binding 2");
    cmd = begin(gpu);
    orr_cmd_dispatch(cmd, add, binds, 4, words, 4, 1, 1, 1);
    expect_submit(gpu, cmd, ORR_E_ARGUMENT, "twice");
    cmd = begin(gpu);
    orr_cmd_dispatch(cmd, add, binds, 3, words, 8, 1, 1, 1);
    expect_submit(gpu, cmd, ORR_E_ARGUMENT, "push");
    binds[0].offset = 512;
    cmd = begin(gpu);
    orr_cmd_dispatch(cmd, add, binds, 3, words, 4, 1, 1, 1);
    expect_submit(gpu, cmd, ORR_E_OUT_OF_RANGE, "256");
    cmd = begin(gpu);
    orr_cmd_dispatch(cmd, (orr_gpu_pipeline){12345}, NULL, 0, NULL, 0, 1, 1, 1);
    expect_submit(gpu, cmd, ORR_E_STALE, "gone");
    cmd = begin(gpu);
    orr_cmd_draw(cmd, 3, 1, 0, 0);
    expect_submit(gpu, cmd, ORR_E_ARGUMENT, "outside");
    cmd = begin(gpu);
    orr_cmd_fill_buffer(cmd, a, 0, 1000, 0);
    expect_submit(gpu, cmd, ORR_E_OUT_OF_RANGE, "1000");
    orr_gpu_texture t = {0};
    assert_int_equal(orr_gpu_texture_create(
                         gpu,
                         &(orr_gpu_texture_params){
                             .label = "side", .width = 65536, .height = 1, .format = ORR_FORMAT_R8_UNORM},
                         &t, &err),
                     ORR_E_LIMIT);
    assert_int_equal(
        orr_gpu_texture_create(gpu,
                               &(orr_gpu_texture_params){
                                   .label = "none", .width = 0, .height = 1, .format = ORR_FORMAT_R8_UNORM},
                               &t, &err),
        ORR_E_LIMIT);
    assert_int_equal(
        orr_gpu_texture_create(
            gpu,
            &(orr_gpu_texture_params){
                .label = "stored", .width = 4, .height = 4, .format = ORR_FORMAT_RGBA8_SRGB, .storage = true},
            &t, &err),
        ORR_E_UNSUPPORTED);
    orr_gpu_pipeline p = {0};
    assert_int_equal(
        orr_gpu_compute_create(
            gpu, &(orr_gpu_compute_params){.label = "no code", .shader = {words, sizeof words}}, &p, &err),
        ORR_E_SHADER);
    orr_gpu_pipeline_destroy(gpu, &add);
    orr_gpu_buffer_destroy(gpu, &a);
    close_gpu(gpu);
}

/* --- threads ------------------------------------------------------------------------------------------- */

typedef struct maker {
    orr_gpu *gpu;
    orr_thread *thread;
    uint32_t index;
    orr_gpu_pipeline pipelines[8];
} maker;

static void make_pipelines(void *argument) {
    maker *m = argument;
    for (uint32_t i = 0; i < 8; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "#version 460\nlayout(local_size_x = 1) in;\n"
                 "layout(binding = %u, std430) buffer B { uint b[]; };\nvoid main() { b[%u] = %uu; }\n",
                 i % 3, m->index, 100 * m->index + i);
        const orr_gpu_slot slot = {i % 3, ORR_BIND_STORAGE_WRITE, 0};
        m->pipelines[i] = make_compute(m->gpu, text, &slot, 1, 0);
    }
}

/* Shaders are compiled and pipelines created on several threads at once, while another records. */
static void test_threads(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    enum { THREADS = 4 };
    maker makers[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        makers[i] = (maker){.gpu = gpu, .index = i};
        OK(orr_thread_create(make_pipelines, &makers[i], "maker", &makers[i].thread, &err));
    }
    orr_gpu_buffer buffer = make_buffer(gpu, 64, ORR_MEMORY_READBACK);
    for (int i = 0; i < 20; i++) {
        orr_cmd *cmd = begin(gpu);
        orr_cmd_fill_buffer(cmd, buffer, 0, 0, 0);
        finish(gpu, cmd);
    }
    for (uint32_t i = 0; i < THREADS; i++) orr_thread_join(&makers[i].thread);
    for (uint32_t k = 0; k < 8; k++) {
        orr_cmd *cmd = begin(gpu);
        const orr_gpu_bind bind = {.binding = k % 3, .buffer = buffer};
        for (uint32_t i = 0; i < THREADS; i++)
            orr_cmd_dispatch(cmd, makers[i].pipelines[k], &bind, 1, NULL, 0, 1, 1, 1);
        finish(gpu, cmd);
        const uint32_t *result = orr_gpu_buffer_map(gpu, buffer);
        for (uint32_t i = 0; i < THREADS; i++) {
            assert_int_equal(result[i], 100 * i + k);
            orr_gpu_pipeline_destroy(gpu, &makers[i].pipelines[k]);
        }
    }
    orr_gpu_buffer_destroy(gpu, &buffer);
    close_gpu(gpu);
}

/* --- devices ------------------------------------------------------------------------------------------- */

static void test_devices(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu_device_info *infos = NULL;
    uint32_t count = 0;
    OK(orr_gpu_list(&infos, &count, &err));
    if (count == 0) {
        printf("skipped: no Vulkan device\n");
        skip();
    }
    assert_true(infos[0].name[0] != '\0');
    assert_int_equal(strlen(infos[0].uuid), 32);
    orr_gpu *gpu = NULL;
    orr_gpu_params params = {.device = "no such device"};
    assert_int_equal(orr_gpu_create(&params, &gpu, &err), ORR_E_NO_DEVICE);
    assert_null(gpu);
    assert_non_null(strstr(err.message, infos[0].name));
    params.device = "0";
    OK(orr_gpu_create(&params, &gpu, &err));
    assert_string_equal(orr_gpu_device(gpu)->name, infos[0].name);
    assert_true(orr_gpu_get_limits(gpu)->max_image_side >= 4096);
    orr_gpu *second = NULL; /* several engines live in one process */
    OK(orr_gpu_create(&params, &second, &err));
    orr_gpu_destroy(&gpu);
    orr_gpu_buffer buffer = make_buffer(second, 64, ORR_MEMORY_UPLOAD);
    assert_non_null(orr_gpu_buffer_map(second, buffer));
    orr_gpu_destroy(&second); /* the forgotten buffer goes with it */
    free(infos);
}

static void test_validation(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    /* The shader is pushed data that the pipeline does not declare: no driver minds, the layers do. */
    orr_gpu_compute_params params = {.label = "liar"};
    uint32_t *words =
        compile("#version 460\nlayout(local_size_x = 1) in;\nlayout(push_constant) uniform P { uint v; } p;\n"
                "shared uint s;\nvoid main() { s = p.v; }\n",
                ORR_GLSL_COMPUTE, &params.shader.spirv_bytes);
    params.shader.spirv = words;
    orr_gpu_pipeline p = {0};
    orr_status status = orr_gpu_compute_create(gpu, &params, &p, &err);
    if (orr_gpu_validation_errors(gpu, NULL, 0) == 0) {
        printf("skipped: no validation layers\n");
    } else {
        assert_int_equal(status, ORR_OK);
        orr_cmd *cmd = begin(gpu);
        uint64_t value = 0;
        assert_int_equal(orr_gpu_submit(gpu, &cmd, &value, &err), ORR_E_VALIDATION);
    }
    free(words);
    orr_gpu_destroy(&gpu);
}

/* --- pipeline cache ------------------------------------------------------------------------------------ */

static char logged[4096];
static void keep_log(void *context, orr_log_level level, const char *line) {
    (void)context;
    if (level >= ORR_LOG_WARNING) snprintf(logged, sizeof logged, "%s", line);
}

static void cache_round(const char *folder, const char *expect) {
    orr_error err = {0};
    static const orr_log log = {keep_log, NULL, ORR_LOG_INFO};
    logged[0] = '\0';
    orr_gpu *gpu = NULL;
    orr_gpu_params params = {.cache_folder = folder, .log = &log, .dummy = true};
    OK(orr_gpu_create(&params, &gpu, &err));
    orr_gpu_destroy(&gpu);
    if (expect == NULL)
        assert_string_equal(logged, "");
    else if (strstr(logged, expect) == NULL)
        fail_msg("'%s' does not say '%s'", logged, expect);
}

static void test_cache(void **state) {
    (void)state;
    char folder[64], path[128];
    orr_error err = {0};
    snprintf(folder, sizeof folder, "%s", "/tmp/orrery-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/pipelines-%032d.bin", folder, 0);
    cache_round(folder, NULL); /* writes */
    uint64_t written = orr_file_mtime_ns(path);
    assert_true(written > 0);
    orr_sleep_ns(20000000);
    cache_round(folder, NULL);
    assert_int_equal(orr_file_mtime_ns(path), written); /* unchanged: not written again */
    uint8_t *data = NULL;
    size_t size = 0;
    OK(orr_file_read(path, 1 << 20, &data, &size, &err));
    data[size - 1] ^= 1;
    OK(orr_file_write(path, data, size, &err));
    cache_round(folder, "corrupt");
    cache_round(folder, NULL); /* healed */
    OK(orr_file_write(path, data, size - 2, &err));
    cache_round(folder, "cut short");
    OK(orr_file_write(path, data, 10, &err));
    cache_round(folder, "too short");
    data[30] ^= 1;
    data[size - 1] ^= 1;
    OK(orr_file_write(path, data, size, &err));
    cache_round(folder, "another driver");
    free(data);
    orr_file_remove(path);
    rmdir(folder);
}

/* --- the dummy device ---------------------------------------------------------------------------------- */

static void test_dummy(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = NULL;
    OK(orr_gpu_create(&(orr_gpu_params){.dummy = true}, &gpu, &err));
    assert_string_equal(orr_gpu_device(gpu)->name, "dummy");
    orr_gpu_pipeline add = make_adder(gpu);
    orr_gpu_buffer a = make_buffer(gpu, 256, ORR_MEMORY_DEVICE),
                   b = make_buffer(gpu, 256, ORR_MEMORY_READBACK);
    orr_gpu_texture t = make_texture(gpu, (orr_gpu_texture_params){.width = 64,
                                                                   .height = 64,
                                                                   .mips = ORR_MIPS_ALL,
                                                                   .format = ORR_FORMAT_RGBA16_SFLOAT,
                                                                   .sampled = true});
    const uint32_t uniform[2] = {1, 2}, count = 64;
    for (int frame = 0; frame < 3; frame++) {
        orr_cmd *cmd = begin(gpu);
        orr_cmd_time_begin(cmd, "frame");
        for (int i = 0; i < 300; i++) { /* more than one descriptor pool */
            const orr_gpu_bind binds[] = {{.binding = 0, .buffer = a},
                                          {.binding = 1, .buffer = b},
                                          {.binding = 2, .data = uniform, .size = 8}};
            orr_cmd_dispatch(cmd, add, binds, 3, &count, 4, 1, 1, 1);
        }
        orr_cmd_generate_mips(cmd, t);
        orr_cmd_time_end(cmd);
        uint64_t value = finish(gpu, cmd);
        orr_gpu_timing timing;
        assert_int_equal(orr_gpu_timings(gpu, value, &timing, 1), 1);
        assert_string_equal(timing.name, "frame");
    }
    orr_gpu_buffer_destroy(gpu, &a);
    orr_cmd *cmd = begin(gpu);
    orr_cmd_copy_buffer(cmd, a, 0, b, 0, 4);
    expect_submit(gpu, cmd, ORR_E_STALE, "no buffer");
    orr_gpu_destroy(&gpu); /* and what is left */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),      cmocka_unit_test(test_watch),   cmocka_unit_test(test_patience),
        cmocka_unit_test(test_misuse),     cmocka_unit_test(test_threads), cmocka_unit_test(test_devices),
        cmocka_unit_test(test_validation), cmocka_unit_test(test_cache),   cmocka_unit_test(test_dummy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
