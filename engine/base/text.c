#include "base/text.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- growing strings ---------------------------------------------------------------------------- */

/* Room for `more` bytes and the NUL. */
static bool reserve(orr_text *text, size_t more) {
    if (text->failed) return false;
    if (more >= SIZE_MAX - text->length) return !(text->failed = true);
    size_t need = text->length + more + 1;
    if (need <= text->capacity) return true;
    size_t capacity = text->capacity < 64 ? 64 : text->capacity;
    while (capacity < need) capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    char *data = realloc(text->data, capacity);
    if (!data) return !(text->failed = true);
    text->data = data;
    text->capacity = capacity;
    return true;
}

void orr_text_append(orr_text *text, const char *bytes, size_t length) {
    if (!reserve(text, length)) return;
    if (length) memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void orr_text_puts(orr_text *text, const char *string) {
    orr_text_append(text, string, strlen(string));
}

void orr_text_printf(orr_text *text, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0) {
        text->failed = true;
    } else if (reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(args);
}

size_t orr_utf8_next(const char *text, size_t size, uint32_t *code_point) {
    if (size == 0 || text[0] == 0) return 0;
    const unsigned char *s = (const unsigned char *)text;
    size_t length = s[0] < 0x80   ? 1
                    : s[0] < 0xc2 ? 0
                    : s[0] < 0xe0 ? 2
                    : s[0] < 0xf0 ? 3
                    : s[0] < 0xf5 ? 4
                                  : 0;
    if (length == 0 || length > size) return 0;
    uint32_t point = length == 1 ? s[0] : s[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        point = point << 6 | (s[i] & 0x3fu);
    }
    if ((length == 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) ||
        (length == 4 && (point < 0x10000 || point > 0x10ffff)))
        return 0;
    if (code_point) *code_point = point;
    return length;
}

size_t orr_utf8_length(const char *text) {
    size_t size = 0;
    while (size < 4 && text[size]) size++;
    return orr_utf8_next(text, size, NULL);
}

/* Whether a terminal may act on it: control characters, and what turns the direction of writing, which makes
 * a line read otherwise than it is. */
static bool acts(uint32_t point) {
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

size_t orr_utf8_printable(const char *text, size_t size) {
    uint32_t point = 0;
    size_t length = orr_utf8_next(text, size, &point);
    return acts(point) ? 0 : length;
}

void orr_text_clean(char *text, size_t size, bool lines) {
    for (size_t i = 0; i < size;) {
        size_t good =
            lines && (text[i] == '\n' || text[i] == '\t') ? 1 : orr_utf8_printable(text + i, size - i);
        if (!good) text[i] = '?';
        i += good ? good : 1;
    }
}

void orr_text_json_string(orr_text *text, const char *string) {
    const unsigned char *s = (const unsigned char *)string;
    orr_text_append(text, "\"", 1);
    while (*s) {
        size_t length = orr_utf8_length((const char *)s);
        if (length == 0) { /* JSON must be UTF-8: a stray byte becomes the replacement character */
            orr_text_puts(text, "\\ufffd");
            length = 1;
        } else if (*s == '"' || *s == '\\') {
            orr_text_printf(text, "\\%c", *s);
        } else if (*s == '\n') {
            orr_text_puts(text, "\\n");
        } else if (*s == '\t') {
            orr_text_puts(text, "\\t");
        } else if (*s < 0x20 || *s == 0x7f) {
            orr_text_printf(text, "\\u%04x", *s);
        } else {
            orr_text_append(text, (const char *)s, length);
        }
        s += length;
    }
    orr_text_append(text, "\"", 1);
}

void orr_text_free(orr_text *text) {
    free(text->data);
    *text = (orr_text){0};
}

const char *orr_text_cstr(const orr_text *text) {
    return text->data ? text->data : "";
}

bool orr_format(char *buffer, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(buffer, size, format, args);
    va_end(args);
    if (length < 0 && size) buffer[0] = '\0';
    return length >= 0 && (size_t)length < size;
}

/* --- numbers ------------------------------------------------------------------------------------ */

static const char *skip_digits(const char *s) {
    while (*s >= '0' && *s <= '9') s++;
    return s;
}

/* Is the whole of `s` a decimal number: [+-] digits [. digits] [e [+-] digits]? */
static bool is_decimal(const char *s) {
    if (*s == '+' || *s == '-') s++;
    const char *whole = s;
    s = skip_digits(s);
    size_t digits = (size_t)(s - whole);
    if (*s == '.') {
        const char *fraction = ++s;
        s = skip_digits(s);
        digits += (size_t)(s - fraction);
    }
    if (digits == 0) return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '+' || *s == '-') s++;
        const char *exponent = s;
        s = skip_digits(s);
        if (s == exponent) return false;
    }
    return *s == '\0';
}

/* The C library reads and writes the decimal point of the process locale, which an embedder may have set. */
static char locale_point(void) {
    const struct lconv *conventions = localeconv();
    const char *point = conventions->decimal_point;
    return point && point[0] && !point[1] ? point[0] : '.';
}

bool orr_parse_f64(const char *text, double *value) {
    char copy[512]; /* longer than any sensible number; longer ones are refused */
    size_t length = strlen(text);
    if (length >= sizeof copy || !is_decimal(text)) return false;
    memcpy(copy, text, length + 1);
    char *point = strchr(copy, '.');
    if (point) *point = locale_point();
    char *end = NULL;
    double parsed = strtod(copy, &end);
    if (!end || *end != '\0' || !isfinite(parsed)) return false;
    *value = parsed;
    return true;
}

bool orr_parse_u64(const char *text, uint64_t *value) {
    const char *s = *text == '+' ? text + 1 : text;
    if (!*s) return false;
    uint64_t parsed = 0;
    for (; *s; s++) {
        if (*s < '0' || *s > '9') return false;
        uint64_t digit = (uint64_t)(*s - '0');
        if (parsed > (UINT64_MAX - digit) / 10) return false;
        parsed = parsed * 10 + digit;
    }
    *value = parsed;
    return true;
}

bool orr_parse_i64(const char *text, int64_t *value) {
    uint64_t magnitude = 0;
    bool negative = *text == '-';
    if (negative && text[1] == '+') return false;
    if (!orr_parse_u64(negative ? text + 1 : text, &magnitude)) return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) return false;
    if (negative)
        *value = magnitude > (uint64_t)INT64_MAX ? INT64_MIN : -(int64_t)magnitude;
    else
        *value = (int64_t)magnitude;
    return true;
}

bool orr_parse_bool(const char *text, bool *value) {
    static const char *const k_words[] = {"false", "true", "off", "on", "no", "yes", "0", "1"};
    for (size_t i = 0; i < sizeof k_words / sizeof k_words[0]; i++) {
        if (strcmp(text, k_words[i]) != 0) continue;
        *value = i % 2 == 1;
        return true;
    }
    return false;
}

void orr_format_f64(char *buffer, size_t size, double value) {
    if (!isfinite(value)) {
        orr_format(buffer, size, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    /* Any decimal of up to 15 digits survives double and back, so a normal number whose 15 digits read back
     * has no shorter text than those with the zeros dropped; subnormals have fewer digits than that. */
    char text[32];
    bool normal = value == 0 || fabs(value) >= DBL_MIN;
    for (int digits = normal ? 15 : 1; digits <= 17; digits++) {
        orr_format(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    char point = locale_point();
    char *found = point == '.' ? NULL : strchr(text, point);
    if (found) *found = '.';
    orr_format(buffer, size, "%s", text);
}

/* --- nearest name ------------------------------------------------------------------------------- */

enum { NAME_LIMIT = 64 };

static size_t min3(size_t a, size_t b, size_t c) {
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Damerau-Levenshtein distance with adjacent swaps (optimal string alignment); lengths < NAME_LIMIT. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t rows[3][NAME_LIMIT];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++) last[j] = j, before[j] = 0;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t change = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = min3(last[j] + 1, row[j - 1] + 1, change);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < row[j]) row[j] = before[j - 2] + 1;
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_length];
}

const char *orr_nearest_name(const char *name, size_t count,
                             const char *(*get)(const void *context, size_t i), const void *context) {
    size_t length = strlen(name);
    if (length >= NAME_LIMIT) return NULL;
    size_t best = 2 + length / 3; /* one more than what still counts as near */
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *candidate = get(context, i);
        size_t candidate_length = candidate ? strlen(candidate) : NAME_LIMIT;
        if (candidate_length >= NAME_LIMIT) continue;
        size_t distance = edit_distance(name, length, candidate, candidate_length);
        if (distance >= best) continue;
        best = distance;
        nearest = candidate;
    }
    return nearest;
}

bool orr_path_has_parent(const char *path) {
    for (const char *part = path; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return true;
    return false;
}

bool orr_path_is_below(const char *folder, const char *path) {
    size_t length = strlen(folder);
    if (length && folder[length - 1] == '/') length--; /* the root folder */
    return strncmp(folder, path, length) == 0 && path[length] == '/';
}
