/* Traces as JSON and back, and files that say licences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bundle/licences.h"
#include "bundle/trace.h"

static orr_status parse(const char *text, orr_trace *trace, orr_error *err) {
    memset(trace, 0, sizeof *trace);
    return orr_trace_parse(text, strlen(text), "t.json", trace, err);
}

static void test_round_trip(void **state) {
    (void)state;
    const orr_bundle_set sets[] = {{"dem", "a.tif"}, {"seconds", "4"}}, assets[] = {{"dem", "/x/\"a\".tif"}};
    const orr_read reads[] = {
        {ORR_READ_SCRIPT, "main.lua", "/s/main.lua", "/s", 12, orr_digest_of("a", 1)},
        {ORR_READ_OTHER, "words\n", "/s/words", "", UINT64_C(1) << 40, orr_digest_of("b", 1)}};
    const orr_trace trace = {.script = "/s/main.lua",
                             .sequence = "shot",
                             .sets = sets,
                             .set_count = 2,
                             .assets = assets,
                             .asset_count = 1,
                             .reads = reads,
                             .read_count = 2};
    orr_text text = {0}, again = {0};
    orr_trace back;
    orr_error err = {0};
    orr_trace_print(&trace, &text);
    if (parse(orr_text_cstr(&text), &back, &err)) fail_msg("%s", err.message);
    assert_string_equal(back.script, "/s/main.lua");
    assert_null(back.golden);
    assert_string_equal(back.assets[0].value, "/x/\"a\".tif");
    assert_int_equal(back.reads[1].kind, ORR_READ_OTHER);
    assert_true(back.reads[1].size_bytes == UINT64_C(1) << 40);
    assert_true(orr_digest_equal(&back.reads[1].digest, &reads[1].digest));
    orr_trace_print(&back, &again);
    assert_string_equal(orr_text_cstr(&text), orr_text_cstr(&again));
    /* Cut anywhere, it is refused. */
    for (size_t i = 0; i + 2 < text.length; i++) {
        orr_trace cut = {0};
        assert_int_not_equal(orr_trace_parse(text.data, i, "t.json", &cut, NULL), ORR_OK);
        orr_arena_free(&cut.arena);
    }
    orr_arena_free(&back.arena);
    orr_text_free(&text);
    orr_text_free(&again);
}

#define HEAD "{\"script\": \"a\", \"sequence\": null, \"golden\": null, \"sets\": [], \"assets\": ["
#define FILE_OF(kind, size, sha)                                                                             \
    HEAD "], \"files\": [{\"kind\": \"" kind "\", \"path\": \"p\", \"size_bytes\": " size                    \
         ", \"sha256\": \"" sha "\", \"asked\": \"p\", \"under\": \"\"}]}"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {{"", "t.json:"},
                 {"[]", "lacks a key"},
                 {"{}", "lacks a key"},
                 {HEAD "], \"files\": [], \"more\": 1}", "has other keys"},
                 {HEAD "], \"files\": [], \"files\": []}", "t.json:1"},
                 {HEAD "1], \"files\": []}", "assets"},
                 {HEAD "{\"name\": \"a\", \"value\": 1}], \"files\": []}", "value is no text"},
                 {HEAD "], \"files\": {}}", "files is no list"},
                 {FILE_OF("thing", "1", ZEROS), "kind is none"},
                 {FILE_OF("asset", "-1", ZEROS), "size_bytes is no size"},
                 {FILE_OF("asset", "1.5", ZEROS), "size_bytes is no size"},
                 {FILE_OF("asset", "1", "00"), "sha256 is no digest"},
                 {FILE_OF("asset\\u0000", "1", ZEROS), "t.json"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        orr_trace trace;
        orr_error err = {0};
        orr_status status = parse(cases[i].text, &trace, &err);
        if (status != ORR_E_BAD_DATA || !strstr(err.message, cases[i].part))
            fail_msg("%s: %d %s", cases[i].text, status, err.message);
        orr_arena_free(&trace.arena);
    }
    orr_trace trace;
    assert_int_equal(parse(FILE_OF("asset", "1", ZEROS), &trace, NULL), ORR_OK);
    orr_arena_free(&trace.arena);
}

static void test_licences(void **state) {
    (void)state;
    static const char text[] = "# of these files\n\ndem/* = public domain (USGS) # more\r\n*.png=CC0-1.0\n";
    orr_arena arena = {0};
    orr_error err = {0};
    const orr_licence *list = NULL;
    uint32_t count = 0;
    assert_int_equal(orr_licences_parse(text, sizeof text - 1, "LICENCES", &arena, &list, &count, &err),
                     ORR_OK);
    assert_int_equal(count, 2);
    assert_string_equal(list[0].pattern, "dem/*");
    assert_string_equal(list[0].words, "public domain (USGS)");
    assert_string_equal(list[1].words, "CC0-1.0");
    assert_int_equal(orr_licences_parse("a\n", 2, "LICENCES", &arena, &list, &count, &err), ORR_E_BAD_DATA);
    assert_non_null(strstr(err.message, "LICENCES:1: write PATTERN = LICENCE"));
    assert_int_equal(orr_licences_parse("\n= x", 4, "LICENCES", &arena, &list, &count, &err), ORR_E_BAD_DATA);
    assert_non_null(strstr(err.message, "LICENCES:2"));
    assert_int_equal(orr_licences_parse("a =", 3, "LICENCES", &arena, &list, &count, &err), ORR_E_BAD_DATA);
    assert_int_equal(orr_licences_parse("a=b\0", 4, "LICENCES", &arena, &list, &count, &err), ORR_E_BAD_DATA);
    orr_arena_free(&arena);
    assert_true(orr_licence_matches("*", "") && orr_licence_matches("*", "a/b"));
    assert_true(orr_licence_matches("dem/*.tif", "dem/a/b.tif") && orr_licence_matches("a?c", "abc"));
    assert_true(orr_licence_matches("*a*b", "xxaxxbab") && orr_licence_matches("", ""));
    assert_false(orr_licence_matches("dem/*.tif", "dem/a.tiff") || orr_licence_matches("a?c", "ac"));
    assert_false(orr_licence_matches("", "a") || orr_licence_matches("a", "") ||
                 orr_licence_matches("?", ""));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_licences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
