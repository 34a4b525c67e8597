#include "bundle/bundle_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

/* Bytes of the character at `text`; 0 = none, or one that no terminal should be given, or that breaks a line.
 */
static size_t character(const char *text, size_t left) {
    uint32_t point = 0;
    size_t bytes = orr_utf8_next(text, left, &point);
    return point == 0x2028 || point == 0x2029 ? 0 : bytes ? orr_utf8_printable(text, left) : 0;
}

bool orr_bundle_is_text(const char *text) {
    size_t left = strlen(text);
    for (size_t bytes; left > 0; text += bytes, left -= bytes)
        if ((bytes = character(text, left)) == 0) return false;
    return true;
}

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
    for (size_t i = 0, bytes; i < length; i += bytes) {
        bytes = character(part + i, length - i);
        if (bytes == 0 || strchr("\\:*?\"<>|", part[i])) return false;
    }
    return !is_device(part, length);
}

/* What can be printed of a name that cannot be one. */
static void printable(const char *name, size_t length, char *out, size_t size) {
    size_t n = 0;
    for (; n < length && n + 1 < size; n++) out[n] = name[n] >= 32 && name[n] < 127 ? name[n] : '?';
    out[n] = 0;
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
    char shown[200];
    printable(name, length, shown, sizeof shown);
    return orr_fail(
        err, ORR_E_ESCAPE, NULL,
        "'%s' cannot be the name of a bundle's entry: write it like 'folder/name', without '..', a "
        "leading '/', or what not every system takes in a file's name",
        shown);
}

/* --- names together ----------------------------------------------------------------------------------- */

/* Order of the first `length` bytes of two names, ASCII letters taken as lower-case. */
static int compare_folded(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
        if (x >= 'A' && x <= 'Z') x |= 0x20;
        if (y >= 'A' && y <= 'Z') y |= 0x20;
        if (x != y) return x < y ? -1 : 1;
        if (x == 0) return 0;
    }
    return 0;
}

static int by_folded(const void *a, const void *b) {
    return compare_folded(*(const char *const *)a, *(const char *const *)b, SIZE_MAX);
}

/* The name among the sorted ones that is the first `length` bytes of `name`; NULL = none. */
static const char *find_folder(const char *const *sorted, size_t count, const char *name, size_t length) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_folded(sorted[middle], name, length);
        if (order == 0 && sorted[middle][length] == 0) return sorted[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static orr_status check_sorted(const char *const *sorted, size_t count, orr_error *err) {
    for (size_t i = 0; i + 1 < count; i++)
        if (by_folded(&sorted[i], &sorted[i + 1]) == 0)
            return orr_fail(err, ORR_E_BAD_DATA, sorted[i],
                            "two entries would be one file on some systems: '%s' and '%s'", sorted[i],
                            sorted[i + 1]);
    for (size_t i = 0; i < count; i++) {
        for (const char *slash = strchr(sorted[i], '/'); slash; slash = strchr(slash + 1, '/')) {
            const char *folder = find_folder(sorted, count, sorted[i], (size_t)(slash - sorted[i]));
            if (folder)
                return orr_fail(err, ORR_E_BAD_DATA, sorted[i],
                                "the entry '%s' is a file and the folder of '%s'", folder, sorted[i]);
        }
    }
    return ORR_OK;
}

orr_status orr_bundle_check_names(const char *const *names, size_t count, orr_error *err) {
    const char **sorted = orr_calloc(count + 1, sizeof *sorted);
    if (!sorted) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %zu names", count);
    if (count) memcpy(sorted, names, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_folded);
    orr_status status = check_sorted(sorted, count, err);
    free(sorted);
    return status;
}

/* --- native code -------------------------------------------------------------------------------------- */

const char *orr_bundle_native(const uint8_t *bytes, size_t size) {
    static const struct {
        const char *magic;
        size_t length;
        const char *what;
    } kinds[] = {
        {"\x7f"
         "ELF",
         4, "a program or library (ELF)"},
        {"MZ", 2, "a program or library (PE)"},
        {"\xfe\xed\xfa\xce", 4, "a program or library (Mach-O)"},
        {"\xfe\xed\xfa\xcf", 4, "a program or library (Mach-O)"},
        {"\xce\xfa\xed\xfe", 4, "a program or library (Mach-O)"},
        {"\xcf\xfa\xed\xfe", 4, "a program or library (Mach-O)"},
        {"\xca\xfe\xba\xbe", 4, "a program or library (Mach-O, several machines)"},
        {"\xca\xfe\xba\xbf", 4, "a program or library (Mach-O, several machines)"},
        {"\xbe\xba\xfe\xca", 4, "a program or library (Mach-O, several machines)"},
        {"\xbf\xba\xfe\xca", 4, "a program or library (Mach-O, several machines)"},
        {"!<arch>\n", 8, "a library (ar)"},
        {"\x1bL", 2, "Lua bytecode"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (size >= kinds[i].length && memcmp(bytes, kinds[i].magic, kinds[i].length) == 0)
            return kinds[i].what;
    return NULL;
}
