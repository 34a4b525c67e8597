#include "bundle/bundle_private.h"

#include <string.h>

/* Windows opens these as devices, with any extension. */
static bool is_device(const char *name, size_t length) {
    static const char *const devices[] = {"con", "prn", "aux", "nul", "com", "lpt"};
    size_t stem = 0;
    while (stem < length && name[stem] != '.') stem++;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        bool same = stem >= 3;
        for (size_t k = 0; same && k < 3; k++) same = (name[k] | 0x20) == devices[i][k];
        if (same && (i < 4 ? stem == 3 : stem == 4 && name[3] >= '1' && name[3] <= '9')) return true;
    }
    return false;
}

static bool is_part(const char *part, size_t length) {
    if (length == 0 || part[length - 1] == '.' || part[length - 1] == ' ')
        return false; /* "." and ".." too */
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)part[i];
        if (c < 32 || c == 127 || strchr("\\:*?\"<>|", c)) return false;
    }
    return !is_device(part, length);
}

orr_status orr_bundle_check_name(const char *name, size_t length, orr_error *err) {
    bool good = length > 0 && length < ORR_BUNDLE_MAX_NAME && !memchr(name, 0, length);
    for (size_t at = 0; good && at <= length;) {
        const char *slash = memchr(name + at, '/', length - at);
        size_t part = slash ? (size_t)(slash - name) - at : length - at;
        good = is_part(name + at, part);
        at += part + 1;
    }
    if (good) return ORR_OK;
    return orr_fail(
        err, ORR_E_ESCAPE, NULL,
        "'%.*s' cannot be the name of a bundle's entry: write it like 'folder/name', without '..', a "
        "leading '/', or what not every system takes in a file's name",
        (int)(length < 200 ? length : 200), name);
}
