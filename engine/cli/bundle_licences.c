#include "cli/bundle_licences.h"

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

static orr_status read_line(char *line, const char *path, unsigned number, orr_arena *arena, orr_licence *out,
                            orr_error *err) {
    char *equals = strchr(line, '=');
    if (equals) *equals = '\0';
    const char *pattern = trim(line), *words = equals ? trim(equals + 1) : "";
    if (!*pattern || !*words)
        return orr_fail(err, ORR_E_BAD_DATA, path,
                        "%s:%u: write PATTERN = LICENCE, as in \"dem/* = CC0-1.0\"", path, number);
    *out = (orr_licence){orr_arena_strdup(arena, pattern), orr_arena_strdup(arena, words)};
    return out->pattern && out->words ? ORR_OK : orr_fail(err, ORR_E_MEMORY, path, "no memory for licences");
}

orr_status orr_licences_read(const char *folder, orr_arena *arena, const orr_licence **list, uint32_t *count,
                             orr_error *err) {
    char path[4096];
    uint8_t *data = NULL;
    size_t size = 0, lines = 1;
    *list = NULL;
    *count = 0;
    orr_path_join(path, sizeof path, folder, "LICENCES");
    if (!orr_file_exists(path)) return ORR_OK;
    orr_status status = orr_file_read(path, MAX_BYTES, &data, &size, err);
    if (status != ORR_OK) return status;
    for (size_t i = 0; i < size; i++) lines += data[i] == '\n';
    orr_licence *rows = ORR_ARENA_NEW(arena, orr_licence, lines);
    if (!rows) status = orr_fail(err, ORR_E_MEMORY, path, "no memory for licences");
    unsigned number = 1;
    for (char *line = (char *)data, *next; line && status == ORR_OK; line = next, number++) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        line[strcspn(line, "#")] = '\0';
        if (*trim(line))
            status = read_line(line, path, number, arena, &rows[*count], err);
        else
            continue;
        *count += status == ORR_OK;
    }
    free(data);
    *list = rows;
    return status;
}
