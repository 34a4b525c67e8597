#include "bundle/licences.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"

enum { MAX_BYTES = 1 << 20 };

bool orr_licence_matches(const char *pattern, const char *name) {
    const char *star = NULL, *retry = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*pattern && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star) { /* the star takes one more */
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return !*pattern;
}

static char *trim(char *text) {
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length && strchr(" \t\r", text[length - 1])) text[--length] = '\0';
    return text;
}

static orr_status read_line(char *line, orr_licence *out) {
    char *equals = strchr(line, '=');
    if (!equals) return ORR_E_BAD_DATA;
    *equals = '\0';
    *out = (orr_licence){trim(line), trim(equals + 1)};
    return *out->pattern && *out->words ? ORR_OK : ORR_E_BAD_DATA;
}

orr_status orr_licences_parse(const char *text, size_t size, const char *name, orr_arena *arena,
                              const orr_licence **list, uint32_t *count, orr_error *err) {
    size_t lines = 1;
    unsigned number = 1;
    orr_status status = ORR_OK;
    *list = NULL;
    *count = 0;
    if (memchr(text, 0, size)) return orr_fail(err, ORR_E_BAD_DATA, name, "%s: holds a zero byte", name);
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    orr_licence *rows = ORR_ARENA_NEW(arena, orr_licence, lines);
    char *copy = orr_arena_strndup(arena, text, size);
    if (!rows || !copy) return orr_fail(err, ORR_E_MEMORY, name, "no memory for licences");
    for (char *line = copy, *next; line && status == ORR_OK; line = next, number++) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        line[strcspn(line, "#")] = '\0';
        if (!*trim(line)) continue;
        status = read_line(line, &rows[*count]);
        if (status != ORR_OK)
            status = orr_fail(err, status, name, "%s:%u: write PATTERN = LICENCE, as in \"dem/* = CC0-1.0\"",
                              name, number);
        *count += status == ORR_OK;
    }
    *list = rows;
    return status;
}

orr_status orr_licences_read(const char *folder, orr_arena *arena, const orr_licence **list, uint32_t *count,
                             orr_error *err) {
    char path[4096];
    uint8_t *data = NULL;
    size_t size = 0;
    *list = NULL;
    *count = 0;
    orr_path_join(path, sizeof path, folder, "LICENCES");
    if (!orr_file_exists(path)) return ORR_OK;
    orr_status status = orr_file_read(path, MAX_BYTES, &data, &size, err);
    if (status == ORR_OK)
        status = orr_licences_parse((const char *)data, size, path, arena, list, count, err);
    free(data);
    return status;
}
