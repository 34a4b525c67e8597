/* Small text tools: bounded formatting, growing strings, number parsing, nearest-name suggestions. */
#ifndef ORR_BASE_TEXT_H
#define ORR_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orrery/status.h"

/* A growing string. Zero-initialised is empty; orr_text_free it. `data` is NUL-terminated or NULL.
 * `failed` is set, and stays, when memory ran out: check once at the end. Not thread-safe. */
typedef struct orr_text {
    char *data;
    size_t length, capacity;
    bool failed;
} orr_text;
void orr_text_append(orr_text *text, const char *bytes, size_t length);
void orr_text_puts(orr_text *text, const char *string);
void orr_text_printf(orr_text *text, const char *format, ...) ORR_PRINTF(2, 3);
void orr_text_json_string(orr_text *text, const char *string); /* quoted, escaped */
void orr_text_free(orr_text *text);
const char *orr_text_cstr(const orr_text *text); /* never NULL */

/* Bytes of the well-formed UTF-8 character at `text` (RFC 3629); 0 when it is none (overlong, surrogate, cut,
 * NUL). `code_point` may be NULL. */
size_t orr_utf8_next(const char *text, size_t size, uint32_t *code_point);
size_t orr_utf8_length(const char *text); /* the same of a text that ends with NUL */
/* The same of a character that a terminal only shows: no control character, and none that turns the direction
 * of writing. */
size_t orr_utf8_printable(const char *text, size_t size);
/* Replaces every byte of what is not printable so by '?'; with `lines` line breaks and tabs stay. */
void orr_text_clean(char *text, size_t size, bool lines);

/* snprintf that always terminates; returns false when it had to cut. */
bool orr_format(char *buffer, size_t size, const char *format, ...) ORR_PRINTF(3, 4);

/* The whole string as a number, C locale, no trailing bytes. False when it is not one (or not finite
 * for doubles, out of range for integers). */
bool orr_parse_f64(const char *text, double *value);
bool orr_parse_i64(const char *text, int64_t *value);
bool orr_parse_u64(const char *text, uint64_t *value);
bool orr_parse_bool(const char *text, bool *value); /* true/false, on/off, yes/no, 1/0 */

/* Shortest "%.17g"-style text that reads back to the same double. */
void orr_format_f64(char *buffer, size_t size, double value);

/* Is `path` below `folder`, by their text ('/' between names)? Of canonical paths that is the truth. */
bool orr_path_is_below(const char *folder, const char *path);
/* Is one of the names in `path` ".."? */
bool orr_path_has_parent(const char *path);

/* The candidate nearest to `name` by Damerau-Levenshtein distance, or NULL when none is near
 * (distance > 1 + length/3). `get(context, i)` yields candidate i of `count`. For "did you mean". */
const char *orr_nearest_name(const char *name, size_t count,
                             const char *(*get)(const void *context, size_t i), const void *context);

#endif
