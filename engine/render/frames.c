/* Frame lists and frame file names. */
#include <stdlib.h>
#include <string.h>

#include "render/sequence.h"

static orr_status bad_range(const char *text, orr_error *err) {
    return orr_fail(err, ORR_E_USAGE, NULL,
                    "'%s' is not a list of frames: write numbers and ranges, as 0-47,96,100-110x5", text);
}

/* One "a", "a-b" or "a-bxstep" of `length` bytes. */
static bool parse_item(const char *item, size_t length, int64_t *from, int64_t *to, int64_t *step) {
    char copy[96];
    if (length == 0 || length >= sizeof copy) return false;
    memcpy(copy, item, length), copy[length] = '\0';
    *step = 1;
    char *by = strchr(copy, 'x'), *dash = strchr(copy + 1, '-');
    if (by) {
        *by = '\0';
        if (!orr_parse_i64(by + 1, step) || *step < 1 || !dash) return false;
    }
    if (dash) *dash = '\0';
    if (!orr_parse_i64(copy, from)) return false;
    *to = *from;
    return !dash || (orr_parse_i64(dash + 1, to) && *to >= *from);
}

orr_status orr_frames_parse(const char *text, int64_t first, int64_t count, int64_t **frames,
                            uint32_t *frame_count, orr_error *err) {
    uint32_t n = 0, capacity = 0;
    int64_t *list = NULL;
    for (const char *p = text; p;) {
        const char *end = strchr(p, ',');
        int64_t from, to, step;
        if (!parse_item(p, end ? (size_t)(end - p) : strlen(p), &from, &to, &step))
            return free(list), bad_range(text, err);
        if (from < first || to >= first + count) {
            free(list);
            return orr_fail(err, ORR_E_USAGE, NULL, "frames %lld-%lld: the sequence has frames %lld to %lld",
                            (long long)from, (long long)to, (long long)first, (long long)(first + count - 1));
        }
        for (int64_t f = from; f <= to; f += step) {
            if (n == capacity) {
                capacity = capacity ? capacity * 2 : 64;
                int64_t *larger = capacity > 1u << 24 ? NULL : orr_realloc(list, capacity, sizeof *list);
                if (!larger)
                    return free(list), orr_fail(err, ORR_E_LIMIT, NULL, "too many frames in '%s'", text);
                list = larger;
            }
            list[n++] = f;
        }
        p = end ? end + 1 : NULL;
    }
    *frames = list, *frame_count = n;
    return ORR_OK;
}

orr_status orr_frame_path(const char *pattern, int64_t frame, char *out, size_t size, orr_error *err) {
    const char *hash = strrchr(pattern, '#');
    bool fits;
    if (!hash) {
        fits = orr_format(out, size, "%s", pattern);
    } else {
        const char *begin = hash;
        while (begin > pattern && begin[-1] == '#') begin--;
        fits = orr_format(out, size, "%.*s%0*lld%s", (int)(begin - pattern), pattern, (int)(hash - begin + 1),
                          (long long)frame, hash + 1);
    }
    return fits ? ORR_OK
                : orr_fail(err, ORR_E_USAGE, pattern, "the output path is longer than %zu bytes", size);
}
