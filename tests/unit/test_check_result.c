#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "check_sample.h"

static orr_status parse(const char *text, orr_check_result *out, orr_error *err) {
    return orr_check_result_parse(text, strlen(text), "r.json", out, err);
}

/* Prints, reads, and prints what was read. */
static void print_read_print(const orr_check_result *result, orr_check_result *read, orr_text *text,
                             orr_text *again) {
    orr_error err = {0};
    orr_check_result_print(result, text);
    if (parse(orr_text_cstr(text), read, &err) != ORR_OK) fail_msg("%s", err.message);
    orr_check_result_print(read, again);
}

static void round_trip(void **state) {
    (void)state;
    const orr_check_result *results = sample_results();
    for (uint32_t i = 0; i < SAMPLE_COUNT; i++) {
        orr_text text[4] = {0};
        orr_check_result read, reread;
        print_read_print(&results[i], &read, &text[0], &text[1]);
        print_read_print(&read, &reread, &text[2], &text[3]);
        assert_string_equal(orr_text_cstr(&text[2]), orr_text_cstr(&text[3]));
        if (i < SAMPLE_COUNT - 1) /* bytes that are no UTF-8 do not come back as they were */
            assert_string_equal(orr_text_cstr(&text[0]), orr_text_cstr(&text[1]));
        assert_int_equal(read.verdict, results[i].verdict);
        assert_int_equal(read.frame_count, results[i].frame_count);
        for (int t = 0; t < 4; t++) orr_text_free(&text[t]);
        orr_check_result_free(&read);
        orr_check_result_free(&reread);
        assert_null(read.name);
    }
}

static void values_arrive(void **state) {
    (void)state;
    orr_text text = {0};
    orr_check_result read;
    orr_check_result_print(&sample_results()[0], &text);
    assert_int_equal(parse(orr_text_cstr(&text), &read, NULL), ORR_OK);
    assert_string_equal(read.name, "lights");
    assert_string_equal(read.tags[1], "slow");
    assert_true(read.wall_s == 1.84 && read.peak_rss_bytes == (uint64_t)120 << 20);
    const orr_check_frame_result *frame = &read.frames[0];
    assert_int_equal(read.frames[1].frame, 24);
    assert_string_equal(frame->images[0].heat_file, "1-heat.png");
    assert_null(frame->images[1].heat_file);
    assert_true(isnan(frame->images[0].ulp) && frame->images[0].flip == 0.0412);
    assert_true(isinf(read.frames[1].images[0].psnr_db));
    assert_string_equal(frame->passes[3].name, "lighting");
    assert_true(frame->passes[3].budget_ms == 9);
    assert_string_equal(frame->failures[1], "lights.lua:34: edge_width is 3.4 px, at most 2 was expected");
    assert_string_equal(read.diverging_channel, "hdr");
    orr_text_free(&text);
    orr_check_result_free(&read);
}

/* `text` with the first `find` replaced. Caller frees. */
static char *edited(const char *text, const char *find, const char *replace) {
    const char *at = strstr(text, find);
    assert_non_null(at);
    size_t size = strlen(text) + strlen(replace) + 1;
    char *out = malloc(size);
    assert_non_null(out);
    snprintf(out, size, "%.*s%s%s", (int)(at - text), text, replace, at + strlen(find));
    return out;
}

static void refuses_with_the_place(void **state) {
    (void)state;
    static const struct {
        const char *find, *replace, *says;
    } k_cases[] = {
        {"{\"name\":\"lights\"", "{\"name\":7", "r.json: name: a string was expected"},
        {"{\"name\":\"lights\",", "{", "r.json: name: it is missing"},
        {"\"wall_s\":1.84", "\"wall_s\":1.84,\"extra\":1", "it has a key that a result does not have"},
        {"\"wall_s\":1.84", "\"wall_s\":1.84,\"wall_s\":2", "duplicate"},
        {"\"wall_s\":1.84", "\"wall_s\":\"much\"", "r.json: wall_s: a number was expected"},
        {"\"wall_s\":1.84", "\"wall_s\":1e999", "JSON line 1"},
        {"\"verdict\":\"failed\"", "\"verdict\":\"fine\"", "r.json: verdict: there is no such verdict"},
        {"\"flip\":0.0412", "\"flip\":[]", "r.json: frames[0].images[0].flip: a number was expected"},
        {"\"frame\":24", "\"frame\":24.5", "r.json: frames[1].frame: a whole number was expected"},
        {"\"peak_rss_bytes\":1", "\"peak_rss_bytes\":-1", "peak_rss_bytes: a whole number of at least 0"},
        {"\"tags\":[\"light\"", "\"tags\":[3", "r.json: tags: a string was expected"},
        {"\"tags\":[\"light\",\"slow\"]", "\"tags\":{}", "r.json: tags: an array was expected"},
        {"\"passes\":[\n{", "\"passes\":[[],{", "r.json: frames[0].passes[0]: an object was expected"},
        {"\"mutations\":[]}", "\"mutations\":[]", "JSON line"},
    };
    orr_text text = {0};
    orr_check_result_print(&sample_results()[0], &text);
    for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
        orr_check_result read;
        orr_error err = {0};
        char *bad = edited(orr_text_cstr(&text), k_cases[i].find, k_cases[i].replace);
        assert_int_equal(parse(bad, &read, &err), ORR_E_BAD_DATA);
        if (!strstr(err.message, k_cases[i].says)) fail_msg("'%s' lacks '%s'", err.message, k_cases[i].says);
        free(bad);
    }
    orr_text_free(&text);
}

/* Cheap bytes must not ask for much memory. */
static void refuses_too_many(void **state) {
    (void)state;
    orr_text text = {0};
    orr_check_result read;
    orr_error err = {0};
    orr_text_puts(&text, "{\"name\":\"n\",\"file\":\"f\",\"tags\":[\"\"");
    for (int i = 0; i < 65536; i++) orr_text_puts(&text, ",\"\"");
    orr_text_puts(&text, "]}");
    assert_int_equal(parse(orr_text_cstr(&text), &read, &err), ORR_E_BAD_DATA);
    assert_non_null(strstr(err.message, "tags: it has more items"));
    orr_text_free(&text);
}

/* Writes the sample as seeds for the fuzzer: test_check_result FOLDER. */
static int write_seeds(const char *folder) {
    for (uint32_t i = 0; i < SAMPLE_COUNT; i++) {
        char path[512];
        orr_text text = {0};
        orr_check_result_print(&sample_results()[i], &text);
        snprintf(path, sizeof path, "%s/sample-%u.json", folder, i);
        if (orr_file_write(path, text.data, text.length, NULL) != ORR_OK) return 1;
        orr_text_free(&text);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2) return write_seeds(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(values_arrive),
        cmocka_unit_test(refuses_with_the_place),
        cmocka_unit_test(refuses_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
