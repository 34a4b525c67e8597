/* orrery.check and the frames its `expect` sees: what is declared, what is refused, what fails and where. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "script/private.h"

static orr_engine *engine;

static orr_status run_with(const char *text, orr_script_params params, orr_script **script, orr_error *err) {
    params.engine = engine;
    orr_status status = orr_script_create(&params, script, err);
    return status == ORR_OK ? orr_script_run_text(*script, text, strlen(text), "test.lua", ".", err) : status;
}

#define EXPECT_NONE " expect = function() end "

static void expect_error(const char *text, const char *part) {
    orr_script *script = NULL;
    orr_error err = {0};
    orr_status status = run_with(text, (orr_script_params){0}, &script, &err);
    if (status != ORR_E_SCRIPT) fail_msg("status %d: %s\n--- in\n%s", status, err.message, text);
    if (!strstr(err.message, part)) fail_msg("'%s' does not say '%s'", err.message, part);
    orr_script_destroy(&script);
}

/* An even grey of 64 x 36, 3000 nit, with a step in Z: near on the left. */
static void make_frame(orr_check_frame *frame) {
    memset(frame, 0, sizeof *frame);
    frame->exposure = 1e-4;
    frame->ev100 = 13;
    frame->width = 64;
    frame->height = 36;
    const size_t count = 64 * 36;
    assert_int_equal(orr_image_create(64, 36, 3, ORR_PIXEL_U8, &frame->images[ORR_CHECK_DISPLAY], NULL), 0);
    assert_int_equal(orr_image_create(64, 36, 4, ORR_PIXEL_F32, &frame->images[ORR_CHECK_BEAUTY], NULL), 0);
    assert_int_equal(orr_image_create(64, 36, 1, ORR_PIXEL_F32, &frame->images[ORR_CHECK_Z], NULL), 0);
    assert_int_equal(orr_image_create(64, 36, 2, ORR_PIXEL_U32, &frame->images[ORR_CHECK_ID], NULL), 0);
    frame->images[ORR_CHECK_DISPLAY].srgb = true;
    for (size_t i = 0; i < count * 3; i++) {
        ((uint8_t *)frame->images[ORR_CHECK_DISPLAY].pixels)[i] = 128;
        ((float *)frame->images[ORR_CHECK_BEAUTY].pixels)[i / 3 * 4 + i % 3] = 3000;
    }
    for (size_t i = 0; i < count; i++) {
        ((float *)frame->images[ORR_CHECK_BEAUTY].pixels)[i * 4 + 3] = 1;
        ((float *)frame->images[ORR_CHECK_Z].pixels)[i] = i % 64 < 32 ? 2 : 8;
        ((uint32_t *)frame->images[ORR_CHECK_ID].pixels)[i * 2] = i % 64 < 32 ? 7 : 9;
    }
}

static void free_frame(orr_check_frame *frame) {
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) orr_image_free(&frame->images[aov]);
}

/* The failures that `text` has with that frame; caller frees. `wrong`: its beauty has one NaN. */
static orr_text failures_with(const char *text, bool wrong) {
    orr_script *script = NULL;
    orr_error err = {0};
    orr_check_frame frame;
    orr_text failures = {0};
    if (run_with(text, (orr_script_params){0}, &script, &err) != ORR_OK)
        fail_msg("%s\n--- in\n%s", err.message, text);
    const orr_check_spec *spec = orr_script_check(script);
    assert_non_null(spec);
    assert_non_null(spec->expect);
    make_frame(&frame);
    if (wrong) ((float *)frame.images[ORR_CHECK_BEAUTY].pixels)[100] = NAN;
    if (spec->expect(spec->expect_context, &frame, &failures, &err) != ORR_OK)
        fail_msg("expect: %s", err.message);
    free_frame(&frame);
    orr_script_destroy(&script);
    return failures;
}

static orr_text failures_of(const char *text) {
    return failures_with(text, false);
}

#define EXPECT(body) "orrery.check{ expect = function(frame)\n" body "\nend }"

static void fails_with(const char *text, const char *wanted) {
    orr_text failures = failures_of(text);
    if (strcmp(orr_text_cstr(&failures), wanted) != 0)
        fail_msg("'%s' is not '%s'", orr_text_cstr(&failures), wanted);
    orr_text_free(&failures);
}

static void fails_saying(const char *text, const char *part) {
    orr_text failures = failures_of(text);
    if (!strstr(orr_text_cstr(&failures), part))
        fail_msg("'%s' does not say '%s'", orr_text_cstr(&failures), part);
    orr_text_free(&failures);
}

static void test_declaration(void **state) {
    (void)state;
    orr_script *script = NULL;
    orr_error err = {0};
    const char *text =
        "orrery.check{ frames = '0-3,7', aovs = { 'display', 'Z', 'id' }, golden = 'golden/x', samples = 2, "
        "size = {160, 90},\n"
        "tags = { 'fast', 'light' }, tolerance = { display = { flip = 0.01, max = 0.5 }, id = 'exact', Z = "
        "false },\n"
        "budget = { gpu_ms = 5, passes = { lighting = 2.5 } }, timeout_s = 30, memory_mib = 512,\n"
        "mutate = { { file = 'a.comp', find = 'x', replace = '', name = 'no x' }, { file = 'b.comp', find = "
        "'1', replace = '2' } } }";
    assert_int_equal(run_with(text, (orr_script_params){0}, &script, &err), ORR_OK);
    const orr_check_spec *spec = orr_script_check(script);
    assert_int_equal(spec->frame_count, 5);
    assert_int_equal(spec->frames[4], 7);
    assert_true(spec->aovs[ORR_CHECK_Z] && spec->aovs[ORR_CHECK_ID] && spec->aovs[ORR_CHECK_DISPLAY]);
    assert_false(spec->aovs[ORR_CHECK_N] || spec->aovs[ORR_CHECK_BEAUTY]);
    assert_true(spec->tolerances[ORR_CHECK_DISPLAY].flip == 0.01);
    assert_true(spec->tolerances[ORR_CHECK_DISPLAY].ssim < 0);
    assert_true(spec->tolerances[ORR_CHECK_ID].exact && spec->tolerances[ORR_CHECK_Z].ignored);
    assert_int_equal(spec->budget_count, 2);
    assert_string_equal(spec->budgets[1].name, "lighting");
    assert_true(spec->budgets[1].limit == 2.5 && spec->timeout_s == 30 && spec->memory_mib == 512);
    assert_int_equal(spec->mutation_count, 2);
    assert_string_equal(spec->mutations[0].name, "no x");
    assert_string_equal(spec->mutations[1].name, "b.comp: 1 -> 2");
    assert_string_equal(spec->golden, "golden/x");
    assert_int_equal(spec->width * 1000 + spec->height, 160090);
    assert_string_equal(spec->tags[1], "light");
    assert_null(spec->expect);
    orr_script_destroy(&script);
    assert_int_equal(run_with("", (orr_script_params){0}, &script, &err), ORR_OK);
    assert_null(orr_script_check(script));
    orr_script_destroy(&script);
}

static void test_refusals(void **state) {
    (void)state;
    expect_error("orrery.check{}", "checks nothing");
    expect_error("orrery.check{ goldn = 'x' }", "did you mean 'golden'");
    expect_error("orrery.check{ aovs = { 'beuty' }," EXPECT_NONE "}", "did you mean 'beauty'");
    expect_error("orrery.check{ aovs = 'Z'," EXPECT_NONE "}", "aovs is a list");
    expect_error("orrery.check{ tolerance = { Z = { ulp = 1 } }," EXPECT_NONE "}", "not captured");
    expect_error("orrery.check{ tolerance = { display = { flpi = 1 } }," EXPECT_NONE "}",
                 "did you mean 'flip'");
    expect_error("orrery.check{ tolerance = { display = { flip = -1 } }," EXPECT_NONE "}", "from 0 to 1");
    expect_error("orrery.check{ tolerance = { display = { } }," EXPECT_NONE "}", "bounds nothing");
    expect_error("orrery.check{ tolerance = { display = 'exakt' }," EXPECT_NONE "}", "\"exact\"");
    expect_error("orrery.check{ aovs = { 'id' }, tolerance = { id = { flip = 1 } }," EXPECT_NONE "}", "flip");
    expect_error("orrery.check{ aovs = { 'N' }, tolerance = { N = { flip = 1 } }," EXPECT_NONE "}", "flip");
    expect_error("orrery.check{ size = { 12.5, 8 }," EXPECT_NONE "}", "whole number");
    expect_error("orrery.check{ budget = { gpu_ms = { 3 } }," EXPECT_NONE "}", "budget 'gpu_ms'");
    expect_error("orrery.check{ budget = { passes = { passes = { 3 } } }," EXPECT_NONE "}",
                 "budget 'passes'");
    expect_error("orrery.check{ frames = {}," EXPECT_NONE "}", "no frame");
    expect_error("orrery.check{ frames = { 1, 1 }," EXPECT_NONE "}", "twice");
    expect_error("orrery.check{ frames = 1.5," EXPECT_NONE "}", "whole");
    expect_error("orrery.check{ frames = '0-4096'," EXPECT_NONE "}", "4097 frames are more than 4096");
    expect_error("orrery.check{ frames = '0-'," EXPECT_NONE "}", "frames");
    expect_error("orrery.check{ budget = { gpu_m = 1 }," EXPECT_NONE "}", "did you mean 'gpu_ms'");
    expect_error("orrery.check{ mutate = { { file = 'a', replace = 'b' } }," EXPECT_NONE "}", "'find'");
    expect_error("orrery.check{ mutate = { { file = 'a', find = 'b', replace = 'b' } }," EXPECT_NONE "}",
                 "changes nothing");
    expect_error("orrery.check{ tags = { 'two words' }," EXPECT_NONE "}", "one word");
    expect_error("orrery.check{" EXPECT_NONE "} orrery.check{" EXPECT_NONE "}", "twice");
    expect_error("orrery.scene() orrery.check{" EXPECT_NONE "}", "comes first");
    expect_error("orrery.param{ name = 'm', type = 'asset', def = '', doc = 'd' } orrery.check{ data = { m = "
                 "'x' }," EXPECT_NONE "}",
                 "above it");
}

static void test_data(void **state) {
    (void)state;
    const char *text = "orrery.check{ data = { m = 'a/b.glb' }, expect = function() end }\n"
                       "local m = orrery.param{ name = 'm', type = 'asset', doc = 'd' }\n"
                       "assert(m == '/data/a/b.glb', m)";
    orr_script *script = NULL;
    orr_error err = {0};
    orr_script_params params = {.checking = true, .data_folder = "/data"};
    if (run_with(text, params, &script, &err) != ORR_OK) fail_msg("%s", err.message);
    orr_script_destroy(&script);
    params.data_folder = NULL; /* stopped there, without an error: the scene is skipped */
    assert_int_equal(run_with(text, params, &script, &err), ORR_OK);
    assert_true(orr_script_check(script)->data_missing);
    orr_script_destroy(&script);
    const orr_overlay overlay = {ORR_OVERLAY_SET, "m=/data/a/b.glb"}; /* the command line's word counts */
    params.overlays = &overlay;
    params.overlay_count = 1;
    assert_int_equal(run_with(text, params, &script, &err), ORR_OK);
    assert_false(orr_script_check(script)->data_missing);
    orr_script_destroy(&script);
    /* Outside of `orrery check` the declaration sets nothing. */
    assert_int_equal(run_with(text, (orr_script_params){0}, &script, &err), ORR_E_USAGE);
    orr_script_destroy(&script);
}

static void test_figures(void **state) {
    (void)state;
    fails_with(
        EXPECT("assert(frame.number == 0 and frame.t == 0 and frame.width == 64 and frame.height == 36)\n"
               "assert(frame.exposure == 1e-4 and frame.ev100 == 13)\n"
               "local r, g, b = frame:pixel(3, 4) assert(r == 128 / 255 and g == r and b == r)\n"
               "assert(frame:pixel(0, 0, 'Z') == 2 and frame:pixel(63, 35, 'Z') == 8)\n"
               "assert(select('#', frame:pixel(0, 0, 'id')) == 2)\n"
               "frame:near(frame:mean{ aov = 'beauty' }, 3000, 1e-3)\n"
               "assert(frame:min{ aov = 'beauty', channel = 'a' } == 1)\n"
               "frame:near(frame:mean{ aov = 'Z', roi = {0, 0, 32, 36} }, 2, 0)\n"
               "frame:near(frame:variance{ aov = 'Z' }, 9, 1e-9)\n"
               "assert(frame:min{ aov = 'id', channel = 'object' } == 7)\n"
               "assert(frame:max{ aov = 'id', channel = 'object' } == 9)\n"
               "assert(frame:edge_width{ aov = 'Z', from = {24, 18}, to = {40, 18}, lines = 3 } < 2)\n"
               "assert(frame:flip(frame) == 0 and frame:flip(frame, 'beauty') == 0)\n"
               "frame:expect(true)"),
        "");
}

static void test_failures(void **state) {
    (void)state;
    fails_with(
        EXPECT(
            "frame:near(1, 2, 0.5, 'one')\nframe:expect(false, 'no')\nassert(false, 'gone')\nerror('never')"),
        "test.lua:2: one is 1, not 2 within 0.5\ntest.lua:3: no\ntest.lua:4: gone\n");
    fails_saying(EXPECT("error('here')"), "test.lua:2: here");
    fails_saying(EXPECT("error({})"), "test.lua:1: an error that is a table");
    fails_saying(EXPECT("frame:near(0/0, 0, 1)"), "nan");
    fails_saying(EXPECT("frame:pixl(1, 1)"), "did you mean 'pixel'");
    fails_saying(EXPECT("frame:pixel(64, 1)"), "outside of 64x36");
    fails_saying(EXPECT("frame:mean{ aov = 'N', channel = 'x' }"), "'N' was not captured");
    fails_saying(EXPECT("frame:mean{ aov = 'id' }"), "object or material");
    fails_saying(EXPECT("frame:mean{ channel = 'x' }"), "luminance, r, g and b");
    fails_saying(EXPECT("frame:mean{ channel = 'a' }"), "luminance, r, g and b");
    fails_saying(EXPECT("frame:mean{ aov = 'id', channel = 'a' }"), "object or material");
    fails_saying(EXPECT("frame:mean{ roi = {0, 0, 65, 1} }"), "64");
    fails_saying(EXPECT("frame:mean{ roi = {0, 0, 0, 1} }"), "no pixels");
    fails_saying(EXPECT("frame:edge_width{ from = {0, 1}, to = {60, 1} }"), "edge");
    fails_saying(EXPECT("frame:flip(frame, 'Z')"), "display or beauty");
    fails_saying(EXPECT("frame:flip('no-such.png')"), "no-such.png");
    fails_saying(EXPECT("frame.width = 3"), "cannot be assigned");
}

/* What is not finite is never left out of a figure. */
static void test_not_finite(void **state) {
    (void)state;
    static const char *const figures[] = {"mean", "variance", "min", "max"};
    for (size_t i = 0; i < 4; i++) {
        char text[200];
        snprintf(text, sizeof text, EXPECT("frame:%s{ aov = 'beauty' }"), figures[i]);
        orr_text failures = failures_with(text, true);
        if (!strstr(orr_text_cstr(&failures), "1 of 2304 values are NaN"))
            fail_msg("frame:%s: '%s'", figures[i], orr_text_cstr(&failures));
        orr_text_free(&failures);
    }
    orr_text failures = failures_with(EXPECT("frame:max{ aov = 'beauty', roi = {0, 0, 9, 1} }"), true);
    assert_int_equal(failures.length, 0);
    orr_text_free(&failures);
}

/* What the reference shows holds: every example of a frame's functions, with such a frame. */
static void test_examples(void **state) {
    (void)state;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < orr_api_count(); i++) {
        if (strncmp(orr_api_name(i), "frame", 5) != 0) continue;
        orr_text failures = failures_of(orr_api_example(i));
        if (failures.length) fail_msg("%s: %s", orr_api_name(i), orr_text_cstr(&failures));
        orr_text_free(&failures);
        seen++;
    }
    assert_true(seen >= 15);
}

static int start(void **state) {
    (void)state;
    return orr_engine_create(&(orr_engine_params){.cache_folder = ""}, &engine, NULL);
}
static int finish(void **state) {
    (void)state;
    orr_engine_destroy(&engine);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_declaration), cmocka_unit_test(test_refusals), cmocka_unit_test(test_data),
        cmocka_unit_test(test_figures),     cmocka_unit_test(test_failures), cmocka_unit_test(test_examples),
        cmocka_unit_test(test_not_finite),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
