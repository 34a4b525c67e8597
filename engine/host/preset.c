/* Presets: strict text, one setting a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/registry.h"

enum { PRESET_LIMIT = 1 << 20, KEY_LIMIT = 160, VALUE_LIMIT = 8192 };

typedef struct reader {
    orr_settings *settings;
    orr_value_source source;
    const orr_preset_sink *sink;
} reader;

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* Copies a stretch of text without the blanks around it; false when it does not fit. */
static bool trimmed(char *out, size_t size, const char *begin, const char *end) {
    while (begin < end && is_blank(*begin)) begin++;
    while (end > begin && is_blank(end[-1])) end--;
    size_t length = (size_t)(end - begin);
    if (length >= size) return false;
    memcpy(out, begin, length);
    out[length] = '\0';
    return true;
}

static orr_status apply(void *context, const char *key, const char *value, unsigned line, orr_error *err) {
    const reader *r = context;
    bool enable = strcmp(key, "enable") == 0, disable = strcmp(key, "disable") == 0;
    if (enable || disable) return orr_settings_enable(r->settings, value, enable, r->source, err);
    if (strchr(key, '.')) return orr_settings_set_text(r->settings, key, value, r->source, err);
    if (r->sink && r->sink->script_set) return r->sink->script_set(r->sink->context, key, value, line, err);
    return orr_fail(
        err, ORR_E_UNKNOWN_KEY, NULL,
        "'%s' names no module, and there is no script to have it as a parameter: write module.parameter",
        key);
}

static orr_status read_line(const char *begin, const char *end, orr_preset_line *take, void *context,
                            unsigned line, orr_error *err) {
    char key[KEY_LIMIT], value[VALUE_LIMIT];
    while (begin < end && is_blank(*begin)) begin++;
    if (begin == end || *begin == '#') return ORR_OK;
    const char *equals = memchr(begin, '=', (size_t)(end - begin));
    if (!equals) return orr_fail(err, ORR_E_BAD_DATA, NULL, "a line is 'name = value', or begins with #");
    if (!trimmed(key, sizeof key, begin, equals))
        return orr_fail(err, ORR_E_LIMIT, NULL, "the name is longer than %d bytes", KEY_LIMIT - 1);
    if (!trimmed(value, sizeof value, equals + 1, end))
        return orr_fail(err, ORR_E_LIMIT, NULL, "the value is longer than %d bytes", VALUE_LIMIT - 1);
    if (!*key) return orr_fail(err, ORR_E_BAD_DATA, NULL, "there is no name before the '='");
    return take(context, key, value, line, err);
}

orr_status orr_preset_lines(const char *text, size_t size, const char *name, orr_preset_line *take,
                            void *context, orr_error *err) {
    if (size > PRESET_LIMIT)
        return orr_fail(err, ORR_E_LIMIT, name, "%s: a preset has at most 1 MiB, not %zu bytes", name, size);
    if (size && memchr(text, 0, size))
        return orr_fail(err, ORR_E_BAD_DATA, name, "%s: is no preset: it holds a zero byte", name);
    const char *begin = text, *end = text + size;
    for (unsigned line = 1; begin < end; line++) {
        const char *newline = memchr(begin, '\n', (size_t)(end - begin));
        const char *stop = newline ? newline : end;
        orr_error error = {0};
        orr_status status = read_line(begin, stop, take, context, line, &error);
        if (status) return orr_fail(err, status, name, "%s:%u: %s", name, line, error.message);
        begin = newline ? newline + 1 : end;
    }
    return ORR_OK;
}

orr_status orr_preset_apply(const char *text, size_t size, const char *name, orr_settings *settings,
                            orr_value_source source, const orr_preset_sink *sink, orr_error *err) {
    reader r = {settings, source, sink};
    orr_settings_from_preset(settings, name);
    orr_status status = orr_preset_lines(text, size, name, apply, &r, err);
    orr_settings_from_preset(settings, NULL);
    return status;
}
