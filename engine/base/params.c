#include "base/params.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/round.h"

enum { NAME_BYTES = 64, NUMBER_BYTES = 512, MESSAGE_BYTES = 512 };

typedef struct type_info {
    const char *name;
    uint32_t components;
} type_info;

/* By orr_param_type. */
static const type_info k_types[] = {
    {"none", 0}, {"bool", 1}, {"i32", 1},  {"u32", 1},   {"f32", 1},  {"f64", 1},    {"vec2", 2},
    {"vec3", 3}, {"vec4", 4}, {"quat", 4}, {"mat4", 16}, {"enum", 1}, {"string", 0}, {"asset", 0},
};
enum { TYPE_COUNT = sizeof k_types / sizeof k_types[0] };

uint32_t orr_param_components(orr_param_type type) {
    return (unsigned)type < TYPE_COUNT ? k_types[type].components : 0;
}

const char *orr_param_type_name(orr_param_type type) {
    return (unsigned)type < TYPE_COUNT ? k_types[type].name : "unknown";
}

orr_param_type orr_param_type_of(const char *name) {
    for (uint32_t i = 1; i < TYPE_COUNT; i++)
        if (strcmp(k_types[i].name, name) == 0) return (orr_param_type)i;
    return ORR_PARAM_NONE;
}

/* --- rows and names ----------------------------------------------------------------------------- */

void orr_param_row_get(const orr_param_table *table, uint32_t i, orr_param_row *row) {
    memset(row, 0, sizeof *row);
    if (i >= table->count) return;
    size_t size = table->stride < sizeof *row ? table->stride : sizeof *row;
    memcpy(row, (const char *)table->rows + (size_t)i * table->stride, size);
}

/* The part of an "a|b|c" list that starts at `list`; returns its length, and in *next the part after it or
 * NULL. */
static size_t list_part(const char *list, const char **next) {
    size_t length = strcspn(list, "|");
    *next = list[length] == '|' ? list + length + 1 : NULL;
    return length;
}

static int32_t list_find(const char *list, const char *name, size_t length) {
    int32_t index = 0;
    for (const char *part = list; part; index++) {
        const char *next;
        size_t part_length = list_part(part, &next);
        if (part_length == length && memcmp(part, name, length) == 0) return index;
        part = next;
    }
    return -1;
}

int32_t orr_param_find(const orr_param_table *table, const char *name) {
    size_t length = strlen(name);
    int32_t by_alias = -1;
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        if (row.name && strcmp(row.name, name) == 0) return (int32_t)i;
        if (by_alias < 0 && row.aliases && length && list_find(row.aliases, name, length) >= 0)
            by_alias = (int32_t)i;
    }
    return by_alias;
}

static const char *table_name_at(const void *context, size_t i) {
    orr_param_row row;
    orr_param_row_get(context, (uint32_t)i, &row);
    return row.name;
}

orr_status orr_param_unknown(const orr_param_table *table, const char *name, orr_error *err) {
    const char *owner = table->owner ? table->owner : "this";
    if (table->count == 0)
        return orr_fail(err, ORR_E_UNKNOWN_KEY, NULL, "%s has no parameter '%s': it has none at all", owner,
                        name);
    const char *nearest = orr_nearest_name(name, table->count, table_name_at, table);
    if (nearest)
        return orr_fail(err, ORR_E_UNKNOWN_KEY, NULL, "%s has no parameter '%s': did you mean '%s'?", owner,
                        name, nearest);
    orr_text all = {0};
    for (uint32_t i = 0; i < table->count; i++)
        orr_text_printf(&all, "%s%s", i ? ", " : "", table_name_at(table, i));
    orr_fail(err, ORR_E_UNKNOWN_KEY, NULL, "%s has no parameter '%s'; it has: %s", owner, name,
             orr_text_cstr(&all));
    orr_text_free(&all);
    return ORR_E_UNKNOWN_KEY;
}

const char *orr_param_choice(const orr_param_row *row, uint32_t index, char *buffer, size_t size) {
    if (size) buffer[0] = '\0';
    for (const char *part = row->choices; part && size; index--) {
        const char *next;
        size_t length = list_part(part, &next);
        if (index == 0) {
            orr_format(buffer, size, "%.*s", (int)(length < NAME_BYTES ? length : NAME_BYTES), part);
            break;
        }
        part = next;
    }
    return size ? buffer : "";
}

/* --- text to value ------------------------------------------------------------------------------ */

static bool is_separator(char c) {
    return c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r';
}

/* Splits numbers apart; returns how many there are, or -1 with the word that is none. Stops counting past 17.
 */
static int split_numbers(const char *text, double number[16], char word[NUMBER_BYTES]) {
    int count = 0;
    for (;;) {
        while (is_separator(*text)) text++;
        if (!*text) return count;
        size_t length = 0;
        while (text[length] && !is_separator(text[length])) length++;
        bool fits = orr_format(word, NUMBER_BYTES, "%.*s",
                               (int)(length < NUMBER_BYTES ? length : NUMBER_BYTES), text);
        double value = 0;
        if (!fits || !orr_parse_f64(word, &value)) return -1;
        if (count == 16) return 17;
        number[count++] = value;
        text += length;
    }
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "#rrggbb" or "#rrggbbaa" (vec4 alone; alpha is linear already, 1 when not given). */
static bool parse_hex_colour(orr_param_type type, const char *text, double number[16]) {
    size_t length = strlen(text);
    if (text[0] != '#' || (length != 7 && !(length == 9 && type == ORR_PARAM_VEC4))) return false;
    number[3] = 1;
    for (size_t i = 0; 2 * i + 1 < length; i++) {
        int high = hex_digit(text[2 * i + 1]), low = hex_digit(text[2 * i + 2]);
        if (high < 0 || low < 0) return false;
        double encoded = (high * 16 + low) / 255.0;
        number[i] = i < 3 ? orr_srgb_decode(encoded) : encoded;
    }
    return true;
}

/* One line a user can act on: what the parameter wants. */
static orr_status fail_type(const orr_param_row *row, const char *text, const char *wants, orr_error *err) {
    return orr_fail(err, ORR_E_TYPE, NULL, "'%s' must be %s, not '%.80s'", row->name, wants, text);
}

static orr_status parse_numbers(const orr_param_row *row, const char *text, orr_param_value *value,
                                orr_error *err) {
    char word[NUMBER_BYTES], wants[80];
    uint32_t components = orr_param_components(row->type);
    bool colour = row->type == ORR_PARAM_VEC3 || row->type == ORR_PARAM_VEC4;
    if (components == 1)
        orr_format(wants, sizeof wants, "%s",
                   row->type == ORR_PARAM_F32 || row->type == ORR_PARAM_F64 ? "a number" : "a whole number");
    else
        orr_format(wants, sizeof wants, "%u numbers%s", components,
                   colour ? ", one for all, or a colour #rrggbb" : "");
    if (colour && text[0] == '#') {
        if (parse_hex_colour(row->type, text, value->number)) return ORR_OK;
        return fail_type(row, text, wants, err);
    }
    int count = split_numbers(text, value->number, word);
    if (colour && count == 1) {
        for (uint32_t i = 1; i < components; i++) value->number[i] = value->number[0];
        return ORR_OK;
    }
    return count == (int)components ? ORR_OK : fail_type(row, text, wants, err);
}

typedef struct choice_list {
    char names[32][NAME_BYTES + 1];
} choice_list;

static const char *choice_at(const void *context, size_t i) {
    return ((const choice_list *)context)->names[i];
}

static orr_status fail_choice(const orr_param_row *row, const char *text, orr_error *err) {
    choice_list list;
    size_t count = 0;
    orr_text all = {0};
    while (count < 32 &&
           *orr_param_choice(row, (uint32_t)count, list.names[count], sizeof list.names[count])) {
        orr_text_printf(&all, "%s%s", count ? ", " : "", list.names[count]);
        count++;
    }
    const char *nearest = orr_nearest_name(text, count, choice_at, &list);
    orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "'%s' has no choice '%.80s'%s%s%s (one of: %s)", row->name, text,
             nearest ? ": did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "",
             orr_text_cstr(&all));
    orr_text_free(&all);
    return ORR_E_OUT_OF_RANGE;
}

static orr_status parse_untrimmed(const orr_param_row *row, const char *text, orr_arena *arena,
                                  orr_param_value *value, orr_error *err) {
    value->text = arena ? orr_arena_strdup(arena, text) : text;
    return value->text ? ORR_OK : orr_fail(err, ORR_E_MEMORY, NULL, "'%s': out of memory", row->name);
}

/* Without range: what `min` and `max` themselves are read with. */
static orr_status parse_value(const orr_param_row *row, const char *text, orr_arena *arena,
                              orr_param_value *value, orr_error *err) {
    *value = (orr_param_value){.type = row->type};
    if (row->type == ORR_PARAM_STRING || row->type == ORR_PARAM_ASSET)
        return parse_untrimmed(row, text, arena, value, err);
    char trimmed[MESSAGE_BYTES * 2];
    while (is_separator(*text) && *text != ',') text++;
    size_t length = strlen(text);
    while (length && is_separator(text[length - 1]) && text[length - 1] != ',') length--;
    if (length >= sizeof trimmed)
        return orr_fail(err, ORR_E_LIMIT, NULL, "'%s': a value of %zu bytes is too long", row->name, length);
    memcpy(trimmed, text, length);
    trimmed[length] = '\0';
    if (row->type == ORR_PARAM_BOOL) {
        bool on = false;
        if (!orr_parse_bool(trimmed, &on)) return fail_type(row, trimmed, "true or false", err);
        value->number[0] = on;
        return ORR_OK;
    }
    if (row->type == ORR_PARAM_ENUM) {
        int32_t index =
            length && row->choices && !strchr(trimmed, '|') ? list_find(row->choices, trimmed, length) : -1;
        if (index < 0) return fail_choice(row, trimmed, err);
        value->number[0] = index;
        return ORR_OK;
    }
    if (orr_param_components(row->type) == 0)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "'%s' has no type", row->name ? row->name : "?");
    return parse_numbers(row, trimmed, value, err);
}

/* --- checks --------------------------------------------------------------------------------------- */

static orr_status fail_range(const orr_param_row *row, double number, orr_error *err) {
    char shown[40];
    orr_format_f64(shown, sizeof shown, number);
    if (row->min && row->max)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "'%s' must lie between %s and %s, not %s", row->name,
                        row->min, row->max, shown);
    return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "'%s' must be %s %s, not %s", row->name,
                    row->min ? "at least" : "at most", row->min ? row->min : row->max, shown);
}

/* A bound's number for one component: the text holds one for all or one for each. NaN when there is none. */
static double bound(const orr_param_row *row, const char *text, uint32_t component) {
    double number[16];
    char word[NUMBER_BYTES];
    int count = text ? split_numbers(text, number, word) : 0;
    if (count == 1) return number[0];
    return count == (int)orr_param_components(row->type) ? number[component] : NAN;
}

static orr_status check_number(const orr_param_row *row, double number, uint32_t component, orr_error *err) {
    bool whole = row->type == ORR_PARAM_I32 || row->type == ORR_PARAM_U32;
    if (!isfinite(number) && (row->min || row->max)) return fail_range(row, number, err);
    if (!isfinite(number))
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "'%s' must be finite, not %s", row->name,
                        isnan(number) ? "NaN" : "infinite");
    if (whole && number != floor(number))
        return orr_fail(err, ORR_E_TYPE, NULL, "'%s' must be a whole number, not %g", row->name, number);
    double least = row->type == ORR_PARAM_I32 ? -2147483648.0 : row->type == ORR_PARAM_U32 ? 0 : -DBL_MAX;
    double most = row->type == ORR_PARAM_I32   ? 2147483647.0
                  : row->type == ORR_PARAM_U32 ? 4294967295.0
                                               : DBL_MAX;
    if (row->type == ORR_PARAM_F32) least = -FLT_MAX, most = FLT_MAX;
    if (number < least || number > most)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "'%s' is %g, more than its type %s holds", row->name,
                        number, orr_param_type_name(row->type));
    double min = bound(row, row->min, component), max = bound(row, row->max, component);
    if (number < min || number > max) return fail_range(row, number, err);
    return ORR_OK;
}

orr_status orr_param_check(const orr_param_row *row, const orr_param_value *value, orr_error *err) {
    if (value->type != row->type)
        return orr_fail(err, ORR_E_TYPE, NULL, "'%s' is of type %s, not %s", row->name,
                        orr_param_type_name(row->type), orr_param_type_name(value->type));
    if (row->type == ORR_PARAM_BOOL) {
        if (value->number[0] == 0 || value->number[0] == 1) return ORR_OK;
        return orr_fail(err, ORR_E_TYPE, NULL, "'%s' must be true or false", row->name);
    }
    if (row->type == ORR_PARAM_ENUM) {
        char name[NAME_BYTES + 1];
        double index = value->number[0];
        if (index >= 0 && index <= UINT16_MAX && index == floor(index) &&
            *orr_param_choice(row, (uint32_t)index, name, sizeof name))
            return ORR_OK;
        orr_format_f64(name, sizeof name, index);
        return fail_choice(row, name, err);
    }
    uint32_t components = orr_param_components(row->type);
    double length2 = 0;
    for (uint32_t i = 0; i < components; i++) {
        orr_status status = check_number(row, value->number[i], i, err);
        if (status) return status;
        length2 += value->number[i] * value->number[i];
    }
    if (row->type == ORR_PARAM_QUAT && length2 == 0)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                        "'%s' is no rotation: all four numbers are 0 (none is 0 0 0 1)", row->name);
    return ORR_OK;
}

orr_status orr_param_parse(const orr_param_row *row, const char *text, orr_arena *arena,
                           orr_param_value *value, orr_error *err) {
    orr_param_value parsed;
    orr_status status = parse_value(row, text, arena, &parsed, err);
    if (!status) status = orr_param_check(row, &parsed, err);
    if (!status) *value = parsed;
    return status;
}

orr_status orr_param_default(const orr_param_row *row, orr_param_value *value, orr_error *err) {
    if (row->def && !(row->flags & ORR_PARAM_REQUIRED))
        return orr_param_parse(row, row->def, NULL, value, err);
    *value = (orr_param_value){.type = row->type, .text = ""};
    return ORR_OK;
}

/* --- value to text ------------------------------------------------------------------------------ */

void orr_param_format(const orr_param_row *row, const orr_param_value *value, orr_text *out) {
    char word[NAME_BYTES + 1];
    switch (row->type) {
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        orr_text_puts(out, value->text ? value->text : "");
        return;
    case ORR_PARAM_BOOL:
        orr_text_puts(out, value->number[0] != 0 ? "true" : "false");
        return;
    case ORR_PARAM_ENUM:
        orr_text_puts(out, orr_param_choice(row, (uint32_t)value->number[0], word, sizeof word));
        return;
    default:
        for (uint32_t i = 0; i < orr_param_components(row->type); i++) {
            orr_format_f64(word, sizeof word, value->number[i]);
            orr_text_printf(out, "%s%s", i ? " " : "", word);
        }
    }
}

static bool equal_as(const orr_param_value *a, const orr_param_value *b, bool as_float) {
    if (a->type != b->type) return false;
    if (a->type == ORR_PARAM_STRING || a->type == ORR_PARAM_ASSET)
        return strcmp(a->text ? a->text : "", b->text ? b->text : "") == 0;
    for (uint32_t i = 0; i < orr_param_components(a->type); i++) {
        bool same = as_float ? (float)a->number[i] == (float)b->number[i] : a->number[i] == b->number[i];
        if (!same) return false;
    }
    return true;
}

bool orr_param_equal(const orr_param_value *a, const orr_param_value *b) {
    return equal_as(a, b, false);
}

bool orr_param_is_neutral(const orr_param_row *row, const orr_param_value *value) {
    orr_param_value neutral;
    if (!row->neutral || parse_value(row, row->neutral, NULL, &neutral, NULL)) return false;
    /* A value that went through a float (a C struct, an animation's packet) still has to be recognised. */
    bool as_float = row->type == ORR_PARAM_F32 || orr_param_components(row->type) > 1;
    return equal_as(&neutral, value, as_float);
}

bool orr_param_is_used(const orr_param_table *table, uint32_t i, const orr_param_value *values,
                       int32_t *condition) {
    orr_param_row row, other;
    char name[NAME_BYTES], word[NUMBER_BYTES];
    if (condition) *condition = -1;
    orr_param_row_get(table, i, &row);
    size_t length = row.used_when ? strcspn(row.used_when, "=") : 0;
    if (!length || !orr_format(name, sizeof name, "%.*s", (int)length, row.used_when)) return true;
    int32_t found = orr_param_find(table, name);
    if (found < 0) return true;
    if (condition) *condition = found;
    orr_param_row_get(table, (uint32_t)found, &other);
    const char *at = row.used_when + length;
    while (*at++) { /* over the '=', then over each '|' */
        orr_param_value value;
        length = strcspn(at, "|");
        if (orr_format(word, sizeof word, "%.*s", (int)length, at) &&
            !parse_value(&other, word, NULL, &value, NULL) && orr_param_equal(&value, &values[found]))
            return true;
        at += length;
    }
    return false;
}
