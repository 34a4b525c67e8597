#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/platform/platform.h"
#include "check/report.h"
#include "check_sample.h"

static char scratch[256], path[300], history[300];
static const orr_check_run_info k_info = {
    .title = "Scenes & <more>", .version = "0.1.0", .wall_s = 3.5, .label = "a\"b"};

static int setup(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/orrery-report-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(scratch)) return 1;
    snprintf(path, sizeof path, "%s/out", scratch);
    snprintf(history, sizeof history, "%s/history", scratch);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    orr_file_remove(path);
    orr_file_remove(history);
    return rmdir(scratch);
}

static char *read_file(const char *file) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    if (orr_file_read(file, 1u << 28, &data, &size, &err) != ORR_OK) fail_msg("%s", err.message);
    assert_int_equal(strlen((const char *)data), size); /* no NUL within */
    return (char *)data;
}

static uint32_t count_of(const char *text, const char *what) {
    uint32_t count = 0;
    for (const char *s = strstr(text, what); s; s = strstr(s + 1, what)) count++;
    return count;
}

/* --- JUnit ------------------------------------------------------------------------------------------------
 */

/* &amp; and its like; numbers only of characters that XML 1.0 has. */
static void assert_reference(const char *s) {
    static const char *k_names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#9;", "&#10;", "&#13;"};
    for (size_t i = 0; i < sizeof k_names / sizeof k_names[0]; i++)
        if (strncmp(s, k_names[i], strlen(k_names[i])) == 0) return;
    fail_msg("not a reference: %.20s", s);
}

/* Characters that XML 1.0 has, as UTF-8, and no markup but what a '<' opens: returns the next '<' or the end.
 */
static const char *skip_text(const char *s, char until) {
    while (*s && *s != until) {
        size_t length = orr_utf8_length(s);
        if (length == 0 || ((unsigned char)*s < 0x20 && !strchr("\n\t", *s))) fail_msg("byte %02x", *s & 255);
        if (*s == '<' || (*s == '>' && until != '<')) fail_msg("a bare '%c': %.40s", *s, s);
        if (*s == '&') assert_reference(s);
        s += length;
    }
    return s;
}

static const char *skip_attributes(const char *s) {
    while (*s == ' ') {
        s++;
        while (islower((unsigned char)*s)) s++;
        assert_memory_equal(s, "=\"", 2);
        s = skip_text(s + 2, '"');
        assert_int_equal(*s++, '"');
    }
    return s;
}

/* Elements that close what they open, attributes in quotes: as much of XML as the report uses. */
static void assert_well_formed(const char *xml) {
    char open[8][32];
    int depth = 0;
    static const char k_head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    assert_memory_equal(xml, k_head, sizeof k_head - 1);
    for (const char *s = xml + sizeof k_head - 1; *(s = skip_text(s, '<'));) {
        bool closing = s[1] == '/';
        char name[32] = "";
        size_t length = strspn(s += 1 + closing, "abcdefghijklmnopqrstuvwxyz-");
        assert_in_range(length, 1, sizeof name - 1);
        memcpy(name, s, length);
        s = skip_attributes(s + length);
        assert_int_equal(*s++, '>');
        if (closing) {
            assert_true(depth > 0);
            assert_string_equal(open[--depth], name);
        } else {
            assert_true(depth < 8);
            memcpy(open[depth++], name, sizeof name);
        }
    }
    assert_int_equal(depth, 0);
}

static void junit(void **state) {
    (void)state;
    orr_error err = {0};
    if (orr_check_junit(sample_results(), SAMPLE_COUNT, &k_info, path, &err) != ORR_OK)
        fail_msg("%s", err.message);
    char *xml = read_file(path);
    assert_well_formed(xml);
    assert_non_null(strstr(xml, "<testsuites name=\"Scenes &amp; &lt;more&gt;\" tests=\"9\" failures=\"4\" "
                                "errors=\"2\" skipped=\"1\" time=\"3.500\">"));
    assert_non_null(strstr(xml, "<testsuite name=\"tests/scenes\" tests=\"6\" failures=\"4\" errors=\"0\" "));
    assert_int_equal(count_of(xml, "<testcase"), 9);
    assert_int_equal(count_of(xml, "<failure"), 4);
    assert_int_equal(count_of(xml, "<error"), 2);
    assert_int_equal(count_of(xml, "<skipped"), 1);
    assert_int_equal(count_of(xml, "<system-err>"), 3);
    assert_int_equal(count_of(xml, "<script"), 0);
    assert_non_null(strstr(
        xml,
        "3.1 % of the pixels differ (asked: flip &lt;= 0.002, max &lt;= 0.02 (measured, 20 runs))&#10;"));
    assert_non_null(strstr(xml, "lights.lua:34: edge_width is 3.4 px"));
    assert_non_null(strstr(xml, "first to differ: pass 'lighting', hdr: its digest differs"));
    assert_non_null(strstr(xml, "changed since the golden was made: content/studio.hdr"));
    assert_non_null(
        strstr(xml, "name=\"gltf\" file=\"tests/scenes/gltf.lua\" time=\"0.620\">\n    </testcase>"));
    free(xml);
}

static void budgets_count_when_asked(void **state) {
    (void)state;
    orr_check_run_info info = k_info;
    info.budgets = true;
    assert_int_equal(orr_check_junit(sample_results(), SAMPLE_COUNT, &info, path, NULL), ORR_OK);
    char *xml = read_file(path);
    assert_well_formed(xml);
    assert_int_equal(count_of(xml, "<failure"), 5);
    assert_non_null(strstr(xml, "gpu_ms: 31 ms, at most 25 was allowed"));
    free(xml);
}

static void every_byte(void **state) {
    (void)state;
    orr_check_result result = sample_results()[0];
    char all[600];
    size_t used = 0;
    for (int c = 1; c < 256; c++) all[used++] = (char)c;
    memcpy(all + used, "\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\x8c\x8d\xed\xa0\x80\xc0\xaf\xe2\x82", 18);
    result.name = result.message = result.messages_text = result.file = all;
    assert_int_equal(orr_check_junit(&result, 1, &k_info, path, NULL), ORR_OK);
    char *xml = read_file(path);
    assert_well_formed(xml);
    assert_null(strstr(xml, "\xef\xbf\xbe"));
    assert_non_null(strstr(xml, "\xf0\x9f\x8c\x8d"));
    free(xml);
}

static void cannot_write(void **state) {
    (void)state;
    orr_error err = {0};
    assert_int_equal(orr_check_junit(sample_results(), 1, &k_info, "/no/such/folder/x", &err), ORR_E_WRITE);
    assert_int_equal(orr_check_html(sample_results(), 1, &k_info, NULL, "/no/such/folder/x", &err),
                     ORR_E_WRITE);
}

/* --- history ----------------------------------------------------------------------------------------------
 */

static void history_grows(void **state) {
    (void)state;
    orr_error err = {0};
    orr_file_remove(history);
    for (int i = 0; i < 2; i++)
        assert_int_equal(orr_check_history_append(sample_results(), SAMPLE_COUNT, &k_info, history, &err),
                         ORR_OK);
    char *text = read_file(history);
    static const char k_first[] =
        "{\"label\":\"a\\\"b\",\"version\":\"0.1.0\",\"device\":\"llvmpipe (LLVM 15.0.6, 256 bits)\","
        "\"wall_s\":3.5,\"failures\":6,\"scenes\":[{\"name\":\"lights\",\"verdict\":\"failed\",\"wall_s\":1."
        "84,"
        "\"gpu_ms\":37.6,\"memory_mib\":120,\"flip\":0.0412},";
    assert_memory_equal(text, k_first, sizeof k_first - 1);
    assert_int_equal(count_of(text, "\n"), 2);
    assert_non_null(
        strstr(text, "{\"name\":\"crash\",\"verdict\":\"crashed\",\"wall_s\":0.1,\"gpu_ms\":null,"));
    free(text);
}

static void damaged_lines_stay(void **state) {
    (void)state;
    static const char k_damaged[] = "{\"label\":\"x\",\"dev";
    assert_int_equal(orr_file_write(history, k_damaged, sizeof k_damaged - 1, NULL), ORR_OK);
    assert_int_equal(orr_check_history_append(sample_results(), 1, &k_info, history, NULL), ORR_OK);
    char *text = read_file(history);
    assert_memory_equal(text, k_damaged, sizeof k_damaged - 1);
    assert_memory_equal(text + sizeof k_damaged - 1, "\n{\"label\":\"a", 12);
    free(text);
    assert_int_equal(orr_check_html(sample_results(), 1, &k_info, history, path, NULL), ORR_OK);
    text = read_file(path);
    assert_non_null(strstr(text, "],\"damaged\":1}"));
    assert_int_equal(count_of(text, "\"failures\":1,\"scenes\""), 1);
    free(text);
}

/* --- the page ---------------------------------------------------------------------------------------------
 */

static void page(void **state) {
    (void)state;
    orr_error err = {0};
    orr_file_remove(history);
    assert_int_equal(orr_check_history_append(sample_results(), SAMPLE_COUNT, &k_info, history, &err),
                     ORR_OK);
    assert_int_equal(orr_check_html(sample_results(), SAMPLE_COUNT, &k_info, history, path, &err), ORR_OK);
    char *html = read_file(path);
    /* What the browser sees as elements is the template's alone: all of the results is inside one of them. */
    assert_int_equal(count_of(html, "<script"), 2);
    assert_int_equal(count_of(html, "</script>"), 2);
    assert_null(strstr(html, "<!--.lua"));
    assert_int_equal(count_of(html, "\\u003c/script>\\u003cscript>"),
                     count_of(html, "document.title='owned'"));
    assert_null(strstr(html, "@DATA@"));
    const char *data = strstr(html, "id=\"data\">"), *end = strstr(data, "</script>");
    for (const char *s = data + 10; s < end; s++) assert_int_not_equal(*s, '<');
    for (const char *s = html; *s; s += orr_utf8_length(s)) assert_true(orr_utf8_length(s) > 0);
    assert_int_equal(count_of(html, "https://") + count_of(html, "url(") + count_of(html, "src=\""), 0);
    free(html);
}

/* A picture is embedded when it is a PNG; another file is not, whoever names it. */
static void pictures(void **state) {
    (void)state;
    static const uint8_t k_png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 1, 2};
    static const char k_secret[] = "root:x:0:0 is no picture";
    char png[300], other[300];
    orr_check_image image = {.aov = "display", .verdict = ORR_VERDICT_FAILED};
    orr_check_frame_result frame = {.images = &image, .image_count = 1};
    orr_check_result result = sample_results()[0];
    snprintf(png, sizeof png, "%s/a.png", scratch);
    snprintf(other, sizeof other, "%s/b.png", scratch);
    assert_int_equal(orr_file_write(png, k_png, sizeof k_png, NULL), ORR_OK);
    assert_int_equal(orr_file_write(other, k_secret, sizeof k_secret - 1, NULL), ORR_OK);
    image.golden_file = png;
    image.test_file = other;
    image.heat_file = "/no/such/picture.png";
    result.frames = &frame;
    result.frame_count = 1;
    assert_int_equal(orr_check_html(&result, 1, &k_info, NULL, path, NULL), ORR_OK);
    char *html = read_file(path);
    assert_int_equal(count_of(html, "\":\"data:image/png;base64,"), 1);
    assert_non_null(strstr(html, "a.png\":\"data:image/png;base64,iVBORw0KGgoBAg==\""));
    assert_null(strstr(html, "cm9vd"));
    free(html);
    orr_file_remove(png);
    orr_file_remove(other);
}

static void page_needs_its_history(void **state) {
    (void)state;
    orr_error err = {0};
    assert_int_equal(orr_check_html(sample_results(), 1, &k_info, "/no/such/file", path, &err),
                     ORR_E_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(junit),
        cmocka_unit_test(budgets_count_when_asked),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(cannot_write),
        cmocka_unit_test(history_grows),
        cmocka_unit_test(damaged_lines_stay),
        cmocka_unit_test(page),
        cmocka_unit_test(pictures),
        cmocka_unit_test(page_needs_its_history),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
