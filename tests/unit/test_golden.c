/* Goldens and judging: files that read back to the same, damage that is named, rules of other devices,
 * triage. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "check/judge.h"

static char folder[1024];

/* --- helpers ------------------------------------------------------------------------------------- */

static void make_images(orr_image images[ORR_CHECK_AOV_COUNT]) {
    static const struct {
        orr_pixel_type type;
        uint32_t channels;
    } shapes[ORR_CHECK_AOV_COUNT] = {
        [ORR_CHECK_Z] = {ORR_PIXEL_F32, 1},      [ORR_CHECK_N] = {ORR_PIXEL_F16, 3},
        [ORR_CHECK_ALBEDO] = {ORR_PIXEL_F16, 3}, [ORR_CHECK_ID] = {ORR_PIXEL_U32, 2},
        [ORR_CHECK_BEAUTY] = {ORR_PIXEL_F16, 4}, [ORR_CHECK_DISPLAY] = {ORR_PIXEL_U8, 3}};
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) {
        assert_int_equal(orr_image_create(20, 12, shapes[aov].channels, shapes[aov].type, &images[aov], NULL),
                         ORR_OK);
        size_t count = (size_t)20 * 12 * shapes[aov].channels;
        for (size_t i = 0; i < count; i++) switch (shapes[aov].type) {
            case ORR_PIXEL_U8:
                ((uint8_t *)images[aov].pixels)[i] = (uint8_t)(i * 7);
                break;
            case ORR_PIXEL_U32:
                ((uint32_t *)images[aov].pixels)[i] = (uint32_t)(i / 40);
                break;
            case ORR_PIXEL_F16:
                ((uint16_t *)images[aov].pixels)[i] = orr_f32_to_f16((float)(i % 90) / 100);
                break;
            default:
                ((float *)images[aov].pixels)[i] = 2 + (float)(i % 20) / 7;
            }
    }
    images[ORR_CHECK_DISPLAY].srgb = true;
}

#define HEX  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
static const orr_golden_device here = {"llvmpipe (LLVM 15, 256 bits)", "llvmpipe Mesa 22", "lavapipe", HEX},
                               wide = {"llvmpipe (LLVM 15, 512 bits)", "llvmpipe Mesa 22", "lavapipe", ""},
                               gpu = {"NVIDIA H200", "NVIDIA 580", "gpu", HEX2},
                               gpu2 = {"Radeon", "RADV", "gpu", ""};

static void fill(orr_golden *g) {
    static const orr_golden_input inputs[] = {{"asset data:models/man.glb", HEX}, {"script a.lua", HEX}};
    *g = (orr_golden){.engine = "0.1.0",
                      .device = here,
                      .width = 20,
                      .height = 12,
                      .samples = 2,
                      .inputs = inputs,
                      .input_count = 2};
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) g->aovs[aov] = true;
}

static void parse_fails(const char *text, const char *part) {
    orr_golden g;
    orr_error err = {0};
    orr_status status = orr_golden_parse(text, strlen(text), "golden.json", &g, &err);
    if (status != ORR_E_BAD_DATA) fail_msg("status %d: %s", status, err.message);
    if (!strstr(err.message, part)) fail_msg("'%s' does not say '%s'", err.message, part);
}

static void replace(char *out, size_t size, const char *text, const char *find, const char *with) {
    const char *at = strstr(text, find);
    assert_non_null(at);
    snprintf(out, size, "%.*s%s%s", (int)(at - text), text, with, at + strlen(find));
}

/* --- golden.json --------------------------------------------------------------------------------- */

static void test_json(void **state) {
    (void)state;
    orr_golden g, again;
    orr_text text = {0}, twice = {0};
    orr_error err = {0};
    const orr_pass_digest passes[] = {{"visibility", "core.seen", 0x0123456789abcdefu},
                                      {"resolve", "depth", 7}};
    const orr_golden_frame frames[] = {{.frame = -3, .png = HEX, .passes = passes, .pass_count = 2},
                                       {.frame = 12345, .exr = HEX}};
    orr_golden_measured measured[] = {{.device = gpu, .repeats = 6, .threads = "1, 2"}};
    measured[0].given[ORR_CHECK_DISPLAY] = true;
    measured[0].aovs[ORR_CHECK_DISPLAY] = (orr_check_metrics){0.125, 0.003, INFINITY, 0.99, NAN, NAN};
    fill(&g);
    g.frames = frames;
    g.frame_count = 2;
    g.measured = measured;
    g.measured_count = 1;
    orr_golden_print(&g, &text);
    if (orr_golden_parse(text.data, text.length, "golden.json", &again, &err) != ORR_OK)
        fail_msg("%s\n%s", err.message, text.data);
    assert_int_equal(again.frame_count, 2);
    assert_int_equal(again.frames[0].frame, -3);
    assert_int_equal(again.frames[0].passes[0].hash, 0x0123456789abcdefu);
    assert_null(again.frames[0].exr);
    assert_true(again.measured[0].aovs[ORR_CHECK_DISPLAY].max == 0.125);
    assert_true(isinf(again.measured[0].aovs[ORR_CHECK_DISPLAY].psnr_db));
    assert_true(isnan(again.measured[0].aovs[ORR_CHECK_DISPLAY].ulp));
    assert_false(again.measured[0].given[ORR_CHECK_Z]);
    orr_golden_print(&again, &twice);
    assert_string_equal(text.data, twice.data);
    char other[8192];
    replace(other, sizeof other, text.data, "\"samples\"", "\"sampls\"");
    parse_fails(other, "did you mean 'samples'");
    replace(other, sizeof other, text.data, "\"samples\": 2", "\"samples\": -2");
    parse_fails(other, "samples");
    replace(other, sizeof other, text.data, "\"format\": 1", "\"format\": 2");
    parse_fails(other, "another Orrery");
    replace(other, sizeof other, text.data, "\"tier\": \"gpu\"", "\"tier\": \"cpu\"");
    parse_fails(other, "neither lavapipe nor gpu");
    replace(other, sizeof other, text.data, "0123456789abcdef0", "0123456789abcdeg0");
    parse_fails(other, "hex");
    replace(other, sizeof other, text.data, "\"frame\": 12345", "\"frame\": -3");
    parse_fails(other, "twice");
    replace(other, sizeof other, text.data, "\"Z\",", "\"zed\",");
    parse_fails(other, "AOV");
    replace(other, sizeof other, text.data, "0.003", "\"little\"");
    parse_fails(other, "not a number");
    parse_fails("[]", "not an object");
    parse_fails("{", "golden.json:1");
    orr_golden_free(&again);
    orr_text_free(&text);
    orr_text_free(&twice);
}

/* --- files ---------------------------------------------------------------------------------------- */

static void write_golden(orr_golden *g, orr_image *images) {
    static orr_golden_frame frame;
    fill(g);
    make_images(images);
    char picture[600];
    orr_path_join(picture, sizeof picture, folder, "0005.png");
    orr_file_remove(picture);
    for (int again = 0; again < 2; again++) { /* given up: nothing of it is in its place; then for good */
        assert_int_equal(orr_golden_write_frame(folder, 5, 0.25, images, &g->arena, &frame, NULL), ORR_OK);
        assert_false(orr_file_exists(picture));
        if (!again) orr_golden_abandon(folder);
    }
    g->frames = &frame;
    g->frame_count = 1;
    assert_int_equal(orr_golden_write(folder, g, NULL, NULL), ORR_OK);
    assert_true(orr_file_exists(picture));
    orr_path_join(picture, sizeof picture, folder, ".new");
    assert_false(orr_folder_exists(picture));
}

static const char pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n";

static orr_status read_pointer(void *context, const char *name, uint8_t **data, size_t *size,
                               orr_error *err) {
    (void)context, (void)name, (void)err;
    *size = sizeof pointer - 1;
    *data = malloc(sizeof pointer);
    assert_non_null(*data);
    memcpy(*data, pointer, sizeof pointer);
    return ORR_OK;
}

static void test_files(void **state) {
    (void)state;
    orr_golden g, read;
    orr_image images[ORR_CHECK_AOV_COUNT] = {0}, back[ORR_CHECK_AOV_COUNT];
    orr_error err = {0};
    write_golden(&g, images);
    const orr_golden_source source = orr_golden_folder(folder);
    if (orr_golden_open(&source, &read, &err) != ORR_OK) fail_msg("%s", err.message);
    if (orr_golden_images(&read, &source, 5, back, &err) != ORR_OK) fail_msg("%s", err.message);
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) {
        orr_check_metrics m;
        assert_int_equal(back[aov].type, images[aov].type);
        assert_memory_equal(back[aov].pixels, images[aov].pixels, images[aov].size_bytes);
        assert_int_equal(orr_check_measure((orr_check_aov)aov, &images[aov], &back[aov], &m, NULL, NULL),
                         ORR_OK);
        assert_true(m.max == 0 && m.differing == 0 && m.ulp == 0);
    }
    orr_check_images_free(back);
    assert_int_equal(orr_golden_images(&read, &source, 6, back, &err), ORR_E_NOT_FOUND);
    /* What golden.json tells of is what has to be there. */
    char path[1100];
    snprintf(path, sizeof path, "%s/0005.png", folder);
    assert_int_equal(orr_file_write(path, "x", 1, NULL), ORR_OK);
    assert_int_equal(orr_golden_images(&read, &source, 5, back, &err), ORR_E_BAD_DATA);
    assert_non_null(strstr(err.message, "0005.png"));
    assert_int_equal(orr_file_write(path, pointer, sizeof pointer - 1, NULL), ORR_OK);
    assert_int_equal(orr_golden_images(&read, &source, 5, back, &err), ORR_E_BAD_DATA);
    assert_non_null(strstr(err.message, "git lfs pull"));
    orr_file_remove(path);
    assert_int_equal(orr_golden_images(&read, &source, 5, back, &err), ORR_E_BAD_DATA);
    const orr_golden_source pointers = {read_pointer, NULL};
    orr_golden none_read;
    assert_int_equal(orr_golden_open(&pointers, &none_read, &err), ORR_E_BAD_DATA);
    assert_non_null(strstr(err.message, "golden.json is a pointer of Git LFS"));
    /* A golden without that frame leaves no file of it behind. */
    orr_golden empty = read;
    empty.frame_count = 0;
    assert_int_equal(orr_golden_write(folder, &empty, &read, NULL), ORR_OK);
    snprintf(path, sizeof path, "%s/0005.exr", folder);
    assert_false(orr_file_exists(path));
    orr_golden_free(&read);
    orr_arena_free(&g.arena);
    orr_check_images_free(images);
    const orr_golden_source nowhere = orr_golden_folder("/nonexistent");
    assert_int_equal(orr_golden_open(&nowhere, &read, &err), ORR_E_NOT_FOUND);
}

/* --- measuring and judging -------------------------------------------------------------------------- */

static void test_measures(void **state) {
    (void)state;
    orr_image a[ORR_CHECK_AOV_COUNT] = {0}, b[ORR_CHECK_AOV_COUNT] = {0};
    make_images(a);
    make_images(b);
    ((float *)b[ORR_CHECK_Z].pixels)[3] = nextafterf(((float *)a[ORR_CHECK_Z].pixels)[3], 100);
    ((uint32_t *)b[ORR_CHECK_ID].pixels)[7] += 3;
    ((uint16_t *)b[ORR_CHECK_N].pixels)[0] ^= 0x8000;
    ((uint8_t *)b[ORR_CHECK_DISPLAY].pixels)[30] ^= 0x80;
    ((uint16_t *)b[ORR_CHECK_BEAUTY].pixels)[30] = orr_f32_to_f16(3);
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) {
        orr_check_metrics m;
        orr_image heat = {0}, picture = {0};
        assert_int_equal(orr_check_measure((orr_check_aov)aov, &a[aov], &b[aov], &m, &heat, NULL), ORR_OK);
        bool same = aov == ORR_CHECK_ALBEDO;
        assert_true(same ? m.differing == 0 : fabs(m.differing - 1.0 / 240) < 1e-12);
        assert_true(same == (heat.pixels == NULL));
        assert_true(same == (m.max == 0) || aov == ORR_CHECK_N);
        assert_int_equal(orr_check_picture((orr_check_aov)aov, &b[aov], &picture, NULL), ORR_OK);
        assert_int_equal(picture.channels * 10 + (uint32_t)picture.type, 30);
        orr_image_free(&heat);
        orr_image_free(&picture);
        if (aov == ORR_CHECK_Z) assert_true(m.ulp == 1 && isnan(m.flip));
        if (aov == ORR_CHECK_ID) assert_true(m.max == 3);
        if (aov == ORR_CHECK_DISPLAY) assert_true(m.flip > 0 && m.psnr_db < 60 && m.ssim < 1);
    }
    orr_check_images_free(a);
    orr_check_images_free(b);
}

static const orr_check_tolerance none = {
    .flip = -1, .max = -1, .psnr_db = -1, .ssim = -1, .ulp = -1, .differing = -1};

static orr_verdict judged(const orr_golden *g, const orr_golden_device *device, orr_check_tolerance tolerance,
                          orr_check_metrics metrics, char *reason, size_t size) {
    orr_check_rule rule;
    orr_arena arena = {0};
    orr_check_image image = {0};
    orr_check_rule_make(g, device, ORR_CHECK_DISPLAY, &tolerance, &rule);
    orr_check_judge(&rule, &metrics, &arena, &image);
    snprintf(reason, size, "%s | %s", image.rule, image.reason);
    orr_arena_free(&arena);
    return image.verdict;
}

static void test_rules(void **state) {
    (void)state;
    orr_golden g;
    char reason[600];
    fill(&g);
    const orr_check_metrics equal = {0, 0, INFINITY, 1, 0, 0}, apart = {0.1, 0.002, 40, 0.98, 9, 0.01},
                            far = {0.5, 0.1, 20, 0.8, 90, 0.5};
    orr_check_tolerance loose = none, exact = none;
    loose.given = true;
    loose.flip = 0.005;
    exact.given = exact.exact = true;
    /* On the golden's own numbers: exact, or as the script says. */
    assert_int_equal(judged(&g, &here, none, equal, reason, sizeof reason), ORR_VERDICT_PASSED);
    assert_int_equal(judged(&g, &here, none, apart, reason, sizeof reason), ORR_VERDICT_FAILED);
    assert_non_null(strstr(reason, "exact | 1 % of the pixels differ"));
    assert_int_equal(judged(&g, &here, loose, apart, reason, sizeof reason), ORR_VERDICT_PASSED);
    assert_int_equal(judged(&g, &here, loose, far, reason, sizeof reason), ORR_VERDICT_FAILED);
    assert_non_null(strstr(reason, "flip <= 0.005 | flip 0.1 > 0.005"));
    /* Elsewhere, where nothing was measured: equal is equal, and all else fails and says what to do. */
    assert_int_equal(judged(&g, &gpu, none, equal, reason, sizeof reason), ORR_VERDICT_PASSED);
    assert_int_equal(judged(&g, &gpu, none, apart, reason, sizeof reason), ORR_VERDICT_FAILED);
    assert_non_null(strstr(reason, "--calibrate"));
    assert_int_equal(judged(&g, &gpu, loose, apart, reason, sizeof reason), ORR_VERDICT_PASSED);
    /* Measured: as wide as that, for the device and for its tier, and no wider. */
    orr_golden_measured measured[] = {{.device = gpu, .repeats = 1, .threads = "1"}};
    measured[0].given[ORR_CHECK_DISPLAY] = true;
    measured[0].aovs[ORR_CHECK_DISPLAY] = (orr_check_metrics){0.1, 0.01, NAN, NAN, NAN, NAN};
    g.measured = measured;
    g.measured_count = 1;
    assert_int_equal(judged(&g, &gpu, none, apart, reason, sizeof reason), ORR_VERDICT_PASSED);
    assert_non_null(strstr(reason, "flip <= 0.01, max <= 0.1 (measured on NVIDIA H200)"));
    assert_int_equal(judged(&g, &gpu2, none, apart, reason, sizeof reason), ORR_VERDICT_PASSED);
    assert_non_null(strstr(reason, "(measured on gpu)"));
    assert_int_equal(judged(&g, &gpu, none, far, reason, sizeof reason), ORR_VERDICT_FAILED);
    assert_int_equal(
        judged(&g, &gpu, loose, (orr_check_metrics){1, 0.009, 1, 0, 1, 1}, reason, sizeof reason),
        ORR_VERDICT_PASSED);
    assert_int_equal(judged(&g, &wide, none, apart, reason, sizeof reason), ORR_VERDICT_FAILED);
    assert_int_equal(judged(&g, &gpu, exact, apart, reason, sizeof reason), ORR_VERDICT_FAILED);
    /* What was measured on the golden's own device widens nothing there. */
    measured[0].device = here;
    assert_int_equal(judged(&g, &here, none, apart, reason, sizeof reason), ORR_VERDICT_FAILED);
    /* What is not finite is too far off whatever is allowed: FLIP does not see it. */
    assert_int_equal(
        judged(&g, &here, loose, (orr_check_metrics){INFINITY, 0, 20, 1, 0, 0.01}, reason, sizeof reason),
        ORR_VERDICT_FAILED);
    assert_non_null(strstr(reason, "NaN"));
    /* Z is held to how far it lay off, not only to how many pixels of it did. */
    orr_check_rule rule;
    measured[0].device = gpu;
    measured[0].given[ORR_CHECK_Z] = true;
    measured[0].aovs[ORR_CHECK_Z] = (orr_check_metrics){0.001, NAN, NAN, NAN, 9, 0.5};
    orr_check_rule_make(&g, &gpu, ORR_CHECK_Z, &none, &rule);
    assert_true(rule.bounds.max == 0.001 && rule.bounds.differing == 0.5);
    /* A figure that could not be computed breaks its bound. */
    assert_int_equal(judged(&g, &here, loose, (orr_check_metrics){0, NAN, 0, 0, 0, 0}, reason, sizeof reason),
                     ORR_VERDICT_FAILED);
}

/* --- triage ------------------------------------------------------------------------------------------- */

static void test_triage(void **state) {
    (void)state;
    const orr_pass_digest was[] = {
        {"shadow", "depth", 1}, {"resolve", "depth", 2}, {"resolve", "normal", 3}, {"lighting", "hdr", 4}};
    orr_pass_digest now[4];
    const orr_golden_frame frame = {.passes = was, .pass_count = 4};
    orr_check_result result = {0};
    memcpy(now, was, sizeof now);
    assert_false(orr_check_triage_passes(&frame, now, 4, &result));
    now[2].hash = now[3].hash = 9;
    assert_true(orr_check_triage_passes(&frame, now, 4, &result));
    assert_string_equal(result.diverging_pass, "resolve");
    assert_string_equal(result.diverging_channel, "normal");
    assert_non_null(strstr(result.diverging_how, "all is alike up to 'shadow'"));
    snprintf(now[0].pass, sizeof now[0].pass, "fog");
    assert_true(orr_check_triage_passes(&frame, now, 4, &result));
    assert_string_equal(result.diverging_pass, "fog");
    /* Without digests: the AOV that comes first in the pipeline, whatever the order of the list. */
    orr_check_image images[] = {{.aov = "display", .verdict = ORR_VERDICT_FAILED},
                                {.aov = "N", .verdict = ORR_VERDICT_FAILED},
                                {.aov = "Z", .verdict = ORR_VERDICT_PASSED}};
    orr_check_frame_result frames[] = {{.images = images, .image_count = 3}};
    result.frames = frames;
    result.frame_count = 1;
    orr_check_triage_aovs(&result);
    assert_null(result.diverging_pass);
    assert_string_equal(result.diverging_channel, "normal");
    orr_arena_free(&result.arena);
}

/* --- capturing ----------------------------------------------------------------------------------------- */

static void test_capture(void **state) {
    (void)state;
    const float hdr[8] = {1, 2, 3, 0.25f, 70000, -1, 0.5f, 1};
    const uint8_t ldr[8] = {1, 2, 3, 255, 4, 5, 6, 255};
    orr_frame_output output = {
        .channel = "hdr", .width = 2, .height = 1, .pixels = hdr, .size_bytes = sizeof hdr};
    orr_image image, nit;
    assert_int_equal(orr_check_capture(ORR_CHECK_BEAUTY, &output, &image, NULL), ORR_OK);
    assert_true(orr_f16_to_f32(((uint16_t *)image.pixels)[4]) == 65504);
    assert_int_equal(orr_check_as_float(ORR_CHECK_BEAUTY, &image, 0.5, &nit, NULL), ORR_OK);
    assert_true(((float *)nit.pixels)[1] == 4 && ((float *)nit.pixels)[6] == 1);
    assert_true(((float *)nit.pixels)[3] == 0.25f); /* alpha is no light */
    orr_image_free(&nit);
    orr_image_free(&image);
    output = (orr_frame_output){.channel = "ldr", .width = 2, .height = 1, .pixels = ldr, .size_bytes = 8};
    assert_int_equal(orr_check_capture(ORR_CHECK_DISPLAY, &output, &image, NULL), ORR_OK);
    assert_memory_equal(image.pixels, ((const uint8_t[]){1, 2, 3, 4, 5, 6}), 6);
    orr_image_free(&image);
}

static int start(void **state) {
    (void)state;
    return orr_folder_temporary("orrery-golden", folder, sizeof folder, NULL);
}
static int finish(void **state) {
    (void)state;
    orr_folder_remove(folder);
    return orr_folder_exists(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),  cmocka_unit_test(test_files),  cmocka_unit_test(test_measures),
        cmocka_unit_test(test_rules), cmocka_unit_test(test_triage), cmocka_unit_test(test_capture),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
