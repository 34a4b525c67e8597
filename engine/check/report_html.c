/* The HTML page: engine/check/report.html with the results as JSON in its middle. The page's own script makes
 * all elements, from text, so that nothing of a result is ever read as HTML. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/platform/platform.h"
#include "check/report.h"

extern const unsigned char orr_check_page[]; /* report.html, by cmake/EmbedFile.cmake */
extern const size_t orr_check_page_size;

enum {
    PICTURE_LIMIT = 64 << 20,
    PASSED_LIMIT = 32 << 20, /* of the page's pictures, before those of scenes that passed are left out… */
    TOTAL_LIMIT = 256 << 20, /* …and before all are */
    HISTORY_LIMIT = 256 << 20,
    HISTORY_RUNS = 200
};

typedef struct page {
    orr_text out;
    size_t picture_bytes;
    uint32_t picture_count, left_out;
} page;

/* JSON within a script element: no '<' may stand there, or it could end it. It only occurs in strings. */
static void put_json(orr_text *out, const char *json, size_t size) {
    for (size_t i = 0; i < size;) {
        const char *next = memchr(json + i, '<', size - i);
        size_t run = next ? (size_t)(next - json) - i : size - i;
        orr_text_append(out, json + i, run);
        if (next) orr_text_puts(out, "\\u003c");
        i += run + (next != NULL);
    }
}

static void put_string(orr_text *out, const char *string) {
    orr_text json = {0};
    orr_text_json_string(&json, string);
    put_json(out, orr_text_cstr(&json), json.length);
    out->failed = out->failed || json.failed;
    orr_text_free(&json);
}

static void put_result(orr_text *out, const orr_check_result *result) {
    orr_text json = {0};
    orr_check_result_print(result, &json);
    put_json(out, orr_text_cstr(&json), json.length);
    out->failed = out->failed || json.failed;
    orr_text_free(&json);
}

/* --- pictures ---------------------------------------------------------------------------------------------
 */

static void put_base64(orr_text *out, const uint8_t *bytes, size_t size) {
    static const char k_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char line[4096];
    size_t used = 0;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        line[used++] = k_digits[group >> 18];
        line[used++] = k_digits[group >> 12 & 63];
        line[used++] = left > 1 ? k_digits[group >> 6 & 63] : '=';
        line[used++] = left > 2 ? k_digits[group & 63] : '=';
        if (used == sizeof line || left <= 3) {
            orr_text_append(out, line, used);
            used = 0;
        }
    }
}

/* A picture that cannot be read, or is no PNG, is not in the page: the page says so beside the scene. */
static void put_picture(page *p, const char *file, size_t limit) {
    static const uint8_t k_png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint8_t *data = NULL;
    size_t size = 0;
    if (!file) return;
    if (p->picture_bytes >= limit) {
        p->left_out++;
        return;
    }
    if (orr_file_read(file, PICTURE_LIMIT, &data, &size, NULL) == ORR_OK && size > sizeof k_png &&
        memcmp(data, k_png, sizeof k_png) == 0) {
        orr_text_puts(&p->out, p->picture_count++ ? ",\n" : "\n");
        put_string(&p->out, file);
        orr_text_puts(&p->out, ":\"data:image/png;base64,");
        put_base64(&p->out, data, size);
        orr_text_puts(&p->out, "\"");
        p->picture_bytes += size;
    }
    free(data);
}

static void put_pictures(page *p, const orr_check_result *result, size_t limit) {
    for (uint32_t f = 0; f < result->frame_count; f++)
        for (uint32_t i = 0; i < result->frames[f].image_count; i++) {
            const orr_check_image *image = &result->frames[f].images[i];
            put_picture(p, image->golden_file, limit);
            put_picture(p, image->test_file, limit);
            put_picture(p, image->heat_file, limit);
        }
}

/* --- history ----------------------------------------------------------------------------------------------
 */

/* What the page reads of a run: those lines it shows, in the file's order; others count as damaged. */
static bool is_run(const json_t *run) {
    size_t i;
    const json_t *scene, *scenes = json_object_get(run, "scenes");
    if (!json_is_string(json_object_get(run, "label")) || !json_is_string(json_object_get(run, "device")) ||
        !json_is_integer(json_object_get(run, "failures")) || !json_is_array(scenes))
        return false;
    json_array_foreach(scenes, i, scene) {
        const json_t *gpu = json_object_get(scene, "gpu_ms");
        if (!json_is_string(json_object_get(scene, "name")) ||
            (gpu && !json_is_number(gpu) && !json_is_null(gpu)))
            return false;
    }
    return true;
}

static bool put_run(orr_text *out, const char *line, size_t size, bool first) {
    json_t *run = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
    bool good = run && is_run(run);
    if (good) {
        orr_text_puts(out, first ? "\n" : ",\n");
        put_json(out, line, size);
    }
    json_decref(run);
    return good;
}

/* The last runs of the file. A file that cannot be read is an error: it was asked for by name. */
static orr_status put_history(orr_text *out, const char *path, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    uint32_t damaged = 0, runs = 0, lines = 0, line_count = 0;
    orr_status status = path ? orr_file_read(path, HISTORY_LIMIT, &data, &size, err) : ORR_OK;
    if (status != ORR_OK) return status;
    for (size_t i = 0; i < size; i++) line_count += data[i] == '\n' || i + 1 == size;
    orr_text_puts(out, "\"history\":[");
    for (size_t i = 0; i < size;) {
        const char *line = (const char *)data + i, *end = memchr(line, '\n', size - i);
        size_t length = end ? (size_t)(end - line) : size - i;
        if (length && line_count - lines <= HISTORY_RUNS) {
            bool good = put_run(out, line, length, runs == 0);
            runs += good;
            damaged += !good;
        }
        lines++;
        i += length + 1;
    }
    orr_text_printf(out, "],\"damaged\":%u", damaged);
    free(data);
    return ORR_OK;
}

/* --- the page ---------------------------------------------------------------------------------------------
 */

static void put_info(orr_text *out, const orr_check_run_info *info) {
    char wall[40];
    orr_format_f64(wall, sizeof wall, info->wall_s);
    orr_text_puts(out, "{\"info\":{\"title\":");
    put_string(out, info->title);
    orr_text_puts(out, ",\"version\":");
    put_string(out, info->version);
    orr_text_puts(out, ",\"label\":");
    put_string(out, info->label);
    orr_text_printf(out, ",\"wall_s\":%s,\"budgets\":%s},\n\"results\":[", wall,
                    info->budgets ? "true" : "false");
}

static orr_status put_data(page *p, const orr_check_result *results, uint32_t count,
                           const orr_check_run_info *info, const char *history, orr_error *err) {
    put_info(&p->out, info);
    for (uint32_t i = 0; i < count; i++) {
        orr_text_puts(&p->out, i ? "," : "\n");
        put_result(&p->out, &results[i]);
    }
    orr_text_puts(&p->out, "],\n\"pictures\":{");
    for (int passed = 0; passed < 2; passed++) /* failures first: theirs are wanted most */
        for (uint32_t i = 0; i < count; i++)
            if (orr_check_is_failure(&results[i], info) != (passed != 0))
                put_pictures(p, &results[i], passed ? PASSED_LIMIT : TOTAL_LIMIT);
    orr_text_printf(&p->out, "},\n\"left_out\":%u,\n", p->left_out);
    orr_status status = put_history(&p->out, history, err);
    orr_text_puts(&p->out, "}\n");
    return status;
}

orr_status orr_check_html(const orr_check_result *results, uint32_t count, const orr_check_run_info *info,
                          const char *history, const char *path, orr_error *err) {
    static const char k_mark[] = "@DATA@";
    const char *text = (const char *)orr_check_page;
    size_t before = 0;
    page p = {0};
    while (memcmp(text + before, k_mark, sizeof k_mark - 1) != 0) before++;
    orr_text_append(&p.out, text, before);
    orr_status status = put_data(&p, results, count, info, history, err);
    before += sizeof k_mark - 1;
    orr_text_append(&p.out, text + before, orr_check_page_size - before);
    if (status == ORR_OK && p.out.failed)
        status = orr_fail(err, ORR_E_MEMORY, path, "%s: out of memory", path);
    if (status == ORR_OK) status = orr_file_write(path, p.out.data, p.out.length, err);
    orr_text_free(&p.out);
    return status;
}
