/* JUnit XML, in the shape that GitLab, GitHub's actions and Jenkins read. */
#include <string.h>

#include "base/platform/platform.h"
#include "check/report.h"

enum { FOLDER_LIMIT = 1024 };

bool orr_check_is_failure(const orr_check_result *result, const orr_check_run_info *info) {
    return orr_verdict_is_failure(result->verdict) ||
           (info->budgets && result->verdict == ORR_VERDICT_OVER_BUDGET);
}

/* --- text -------------------------------------------------------------------------------------------------
 */

/* XML 1.0 has no way to write most control characters, nor U+FFFE and U+FFFF: they become U+FFFD. */
static void xml(orr_text *out, const char *text) {
    for (const char *s = text; *s;) {
        size_t length = orr_utf8_length(s);
        unsigned char c = (unsigned char)*s;
        bool noncharacter = length == 3 && memcmp(s, "\xef\xbf", 2) == 0 && (unsigned char)s[2] >= 0xbe;
        if (c == '&')
            orr_text_puts(out, "&amp;");
        else if (c == '<')
            orr_text_puts(out, "&lt;");
        else if (c == '>')
            orr_text_puts(out, "&gt;");
        else if (c == '"')
            orr_text_puts(out, "&quot;");
        else if (c == '\n' || c == '\t' || c == '\r') /* as they are, an attribute would make them spaces */
            orr_text_printf(out, "&#%d;", c);
        else if (length == 0 || noncharacter || c < 0x20 || c == 0x7f)
            orr_text_puts(out, "\xef\xbf\xbd");
        else
            orr_text_append(out, s, length);
        s += length ? length : 1;
    }
}

static void attribute(orr_text *out, const char *name, const char *value) {
    orr_text_printf(out, " %s=\"", name);
    xml(out, value);
    orr_text_puts(out, "\"");
}

/* --- one scene --------------------------------------------------------------------------------------------
 */

/* "failure": it ran and is wrong. "error": it could not be judged. */
static const char *element(const orr_check_result *result, const orr_check_run_info *info) {
    if (result->verdict == ORR_VERDICT_SKIPPED) return "skipped";
    if (!orr_check_is_failure(result, info)) return NULL;
    return result->verdict >= ORR_VERDICT_ERROR ? "error" : "failure";
}

static void detail_frame(orr_text *out, const orr_check_frame_result *frame) {
    for (uint32_t i = 0; i < frame->failure_count; i++) orr_text_printf(out, "%s\n", frame->failures[i]);
    for (uint32_t i = 0; i < frame->image_count; i++) {
        const orr_check_image *image = &frame->images[i];
        if (image->verdict == ORR_VERDICT_PASSED) continue;
        orr_text_printf(out, "%s of frame %lld: %s", image->aov, (long long)frame->frame, image->reason);
        orr_text_printf(out, image->rule[0] ? " (asked: %s)\n" : "%s\n", image->rule);
    }
}

static void detail(orr_text *out, const orr_check_result *r, const orr_check_run_info *info) {
    orr_text_printf(out, "%s\n", r->message);
    for (uint32_t i = 0; i < r->frame_count; i++) detail_frame(out, &r->frames[i]);
    if (r->diverging_pass || r->diverging_channel)
        orr_text_printf(out, "first to differ: pass '%s', %s: %s\n",
                        r->diverging_pass ? r->diverging_pass : "(not known)",
                        r->diverging_channel ? r->diverging_channel : "",
                        r->diverging_how ? r->diverging_how : "");
    for (uint32_t i = 0; i < r->stale_count; i++)
        orr_text_printf(out, "changed since the golden was made: %s\n", r->stale_inputs[i]);
    for (uint32_t i = 0; i < r->mutation_count; i++)
        if (r->mutations[i].verdict != ORR_VERDICT_PASSED)
            orr_text_printf(out, "planted fault '%s': %s\n", r->mutations[i].name,
                            orr_verdict_name(r->mutations[i].verdict));
    for (uint32_t i = 0; info->budgets && i < r->budget_count; i++)
        if (r->budgets[i].value > r->budgets[i].limit)
            orr_text_printf(out, "%s: %g %s, at most %g was allowed\n", r->budgets[i].name,
                            r->budgets[i].value, r->budgets[i].unit, r->budgets[i].limit);
}

static void testcase(orr_text *out, const orr_check_result *r, const char *folder,
                     const orr_check_run_info *info) {
    const char *what = element(r, info);
    orr_text_puts(out, "    <testcase");
    attribute(out, "classname", folder);
    attribute(out, "name", r->name);
    attribute(out, "file", r->file);
    orr_text_printf(out, " time=\"%.3f\">\n", r->wall_s);
    if (what) {
        orr_text text = {0};
        orr_text_printf(out, "      <%s", what);
        attribute(out, "type", orr_verdict_name(r->verdict));
        attribute(out, "message", r->message);
        detail(&text, r, info);
        orr_text_puts(out, ">");
        xml(out, orr_text_cstr(&text));
        orr_text_printf(out, "</%s>\n", what);
        out->failed = out->failed || text.failed;
        orr_text_free(&text);
    }
    if (r->messages_text[0]) {
        orr_text_puts(out, "      <system-err>");
        xml(out, r->messages_text);
        orr_text_puts(out, "</system-err>\n");
    }
    orr_text_puts(out, "    </testcase>\n");
}

/* --- folders ----------------------------------------------------------------------------------------------
 */

typedef struct sums {
    uint32_t tests, failures, errors, skipped;
    double time_s;
} sums;

static void add_to(sums *s, const orr_check_result *result, const orr_check_run_info *info) {
    const char *what = element(result, info);
    s->tests++;
    s->time_s += result->wall_s;
    if (!what) return;
    s->failures += what[0] == 'f';
    s->errors += what[0] == 'e';
    s->skipped += what[0] == 's';
}

static void print_sums(orr_text *out, const sums *s) {
    orr_text_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\">\n",
                    s->tests, s->failures, s->errors, s->skipped, s->time_s);
}

static bool is_in(const orr_check_result *result, const char *folder) {
    char own[FOLDER_LIMIT];
    orr_path_folder(own, sizeof own, result->file);
    return strcmp(own, folder) == 0;
}

static void testsuite(orr_text *out, const orr_check_result *results, uint32_t count, const char *folder,
                      const orr_check_run_info *info) {
    sums s = {0};
    for (uint32_t i = 0; i < count; i++)
        if (is_in(&results[i], folder)) add_to(&s, &results[i], info);
    orr_text_puts(out, "  <testsuite");
    attribute(out, "name", folder);
    print_sums(out, &s);
    for (uint32_t i = 0; i < count; i++)
        if (is_in(&results[i], folder)) testcase(out, &results[i], folder, info);
    orr_text_puts(out, "  </testsuite>\n");
}

orr_status orr_check_junit(const orr_check_result *results, uint32_t count, const orr_check_run_info *info,
                           const char *path, orr_error *err) {
    orr_text out = {0};
    sums all = {0};
    for (uint32_t i = 0; i < count; i++) add_to(&all, &results[i], info);
    all.time_s = info->wall_s; /* scenes ran side by side */
    orr_text_puts(&out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    attribute(&out, "name", info->title);
    print_sums(&out, &all);
    for (uint32_t i = 0; i < count; i++) {
        char folder[FOLDER_LIMIT];
        bool first = true;
        orr_path_folder(folder, sizeof folder, results[i].file);
        for (uint32_t j = 0; j < i && first; j++) first = !is_in(&results[j], folder);
        if (first) testsuite(&out, results, count, folder, info);
    }
    orr_text_puts(&out, "</testsuites>\n");
    orr_status status = out.failed ? orr_fail(err, ORR_E_MEMORY, path, "%s: out of memory", path)
                                   : orr_file_write(path, out.data, out.length, err);
    orr_text_free(&out);
    return status;
}
