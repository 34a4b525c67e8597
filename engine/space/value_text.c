/* The text form of values: printing and the bounded parser. */
#include "space/value.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "space/value_parse.h"

/* --- printing ---------------------------------------------------------------------------------------- */

static void print_double(orr_text *out, double number, bool mark) {
    char buffer[40];
    if (number != number || number - number != 0) {
        orr_text_puts(out, number != number ? "nan" : number > 0 ? "inf" : "-inf");
        return;
    }
    orr_format_f64(buffer, sizeof buffer, number);
    orr_text_puts(out, buffer);
    if (mark && !strpbrk(buffer, ".eE")) orr_text_puts(out, ".0"); /* or it would read back as an int */
}

void orr_value_print_string(orr_text *out, const char *text, size_t size) {
    orr_text_append(out, "\"", 1);
    size_t plain = 0; /* start of the run not yet written */
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
        orr_text_append(out, text + plain, i - plain);
        plain = i + 1;
        if (c == '"' || c == '\\') {
            orr_text_printf(out, "\\%c", c);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            orr_text_puts(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
        } else {
            orr_text_printf(out, "\\u{%x}", c);
        }
    }
    orr_text_append(out, text + plain, size - plain);
    orr_text_append(out, "\"", 1);
}

static void print_blob(orr_text *out, const unsigned char *bytes, size_t size) {
    static const char digits[] = "0123456789abcdef";
    orr_text_puts(out, "blob(");
    for (size_t i = 0; i < size; i++) {
        char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
        orr_text_append(out, pair, 2);
    }
    orr_text_puts(out, ")");
}

static void print_numbers(orr_text *out, const orr_value *value) {
    size_t count = 0;
    const double *numbers = orr_value_numbers(value, &count);
    orr_text_printf(out, "%s(", orr_type_name(orr_value_type(value)));
    for (size_t i = 0; i < count; i++) {
        if (i) orr_text_puts(out, ", ");
        print_double(out, numbers[i], false);
    }
    orr_text_puts(out, ")");
}

static void print_items(orr_text *out, const orr_value *value) {
    const orr_schema *schema = orr_value_schema(value);
    if (schema) orr_text_puts(out, orr_schema_name(schema));
    orr_text_puts(out, schema ? "{" : "[");
    for (size_t i = 0; i < orr_value_count(value); i++) {
        if (i) orr_text_puts(out, ", ");
        if (schema) orr_text_printf(out, "%s: ", orr_schema_field_at(schema, i).name);
        orr_value_print(out, orr_value_item(value, i));
    }
    orr_text_puts(out, schema ? "}" : "]");
}

void orr_value_print(orr_text *out, const orr_value *value) {
    size_t size = 0;
    const void *bytes = orr_value_bytes(value, &size);
    bool boolean = false;
    int64_t integer = 0;
    uint64_t natural = 0;
    switch (orr_value_type(value)) {
    case ORR_TYPE_BOOL:
        orr_value_as_bool(value, &boolean);
        orr_text_puts(out, boolean ? "true" : "false");
        break;
    case ORR_TYPE_INT:
        orr_value_as_int(value, &integer);
        orr_text_printf(out, "%lld", (long long)integer);
        break;
    case ORR_TYPE_UINT:
        orr_value_as_uint(value, &natural);
        orr_text_printf(out, "%lluu", (unsigned long long)natural);
        break;
    case ORR_TYPE_DOUBLE:
        print_double(out, orr_value_numbers(value, NULL)[0], true);
        break;
    case ORR_TYPE_STRING:
        orr_value_print_string(out, bytes, size);
        break;
    case ORR_TYPE_BLOB:
        print_blob(out, bytes, size);
        break;
    case ORR_TYPE_RECORD:
    case ORR_TYPE_LIST:
        print_items(out, value);
        break;
    case ORR_TYPE_EXEC:
        orr_text_puts(out, "exec");
        break;
    case ORR_TYPE_NONE:
        orr_text_puts(out, "none");
        break;
    default:
        print_numbers(out, value);
        break;
    }
}

/* --- parsing ----------------------------------------------------------------------------------------- */

typedef struct parser {
    const char *text;
    size_t size, at;
    const orr_schemas *schemas;
    orr_error *err;
    int depth;
} parser;

static void skip_blanks(parser *p) {
    while (p->at < p->size && strchr(" \t\r\n", p->text[p->at]) && p->text[p->at]) p->at++;
}

static bool next_is(parser *p, char c) {
    skip_blanks(p);
    if (p->at >= p->size || p->text[p->at] != c) return false;
    p->at++;
    return true;
}

/* Says what should stand at the current byte. The end of the text is its own error code. */
static orr_status expected(const parser *p, const char *what) {
    if (p->at >= p->size)
        return orr_fail(p->err, ORR_E_TRUNCATED, NULL, "byte %zu: the text ends where %s should follow",
                        p->at, what);
    unsigned char c = (unsigned char)p->text[p->at];
    if (c > 0x20 && c < 0x7f)
        return orr_fail(p->err, ORR_E_BAD_DATA, NULL, "byte %zu: '%c' where %s should stand", p->at, c, what);
    return orr_fail(p->err, ORR_E_BAD_DATA, NULL, "byte %zu: byte 0x%02x where %s should stand", p->at, c,
                    what);
}

/* `value` as the result, or the report that memory ran out. */
static orr_status made(const parser *p, const orr_value *value, const orr_value **out) {
    *out = value;
    return value ? ORR_OK : orr_fail(p->err, ORR_E_MEMORY, NULL, "byte %zu: no memory for the value", p->at);
}

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '+' || c == '-';
}

/* The run of word bytes at the current place: names, keywords, numbers. */
static size_t word_length(const parser *p) {
    size_t n = 0;
    while (p->at + n < p->size && is_word_byte(p->text[p->at + n])) n++;
    return n;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static orr_status word_is_number(parser *p, size_t n, char buffer[64]) {
    if (n == 0) return expected(p, "a number");
    if (n >= 64) return orr_fail(p->err, ORR_E_LIMIT, NULL, "byte %zu: a number of %zu characters", p->at, n);
    memcpy(buffer, p->text + p->at, n);
    buffer[n] = 0;
    return ORR_OK;
}

static bool special_double(const char *word, double *out) {
    if (strcmp(word, "nan") == 0)
        *out = (double)NAN;
    else if (strcmp(word, "inf") == 0)
        *out = (double)INFINITY;
    else if (strcmp(word, "-inf") == 0)
        *out = -(double)INFINITY;
    else
        return false;
    return true;
}

/* A number that must be a double, as inside vec3(…). */
static orr_status parse_double(parser *p, double *out) {
    char word[64];
    skip_blanks(p);
    size_t n = word_length(p);
    orr_status status = word_is_number(p, n, word);
    if (status) return status;
    if (!special_double(word, out) && !orr_parse_f64(word, out))
        return orr_fail(p->err, ORR_E_BAD_DATA, NULL, "byte %zu: '%s' is no finite number", p->at, word);
    p->at += n;
    return ORR_OK;
}

/* `12` is an int, `12u` a uint, anything with a point, an exponent, inf or nan a double. */
static orr_status parse_number(parser *p, size_t n, const orr_value **out) {
    char word[64];
    double number = 0;
    int64_t integer = 0;
    uint64_t natural = 0;
    orr_status status = word_is_number(p, n, word);
    if (status) return status;
    const char *digits = word + (word[0] == '-'), *rest = digits + strspn(digits, "0123456789");
    bool whole = rest > digits, is_uint = whole && strcmp(rest, "u") == 0, is_int = whole && *rest == 0;
    if (is_uint) word[n - 1] = 0;
    if ((is_int && !orr_parse_i64(word, &integer)) || (is_uint && !orr_parse_u64(word, &natural)))
        return orr_fail(p->err, ORR_E_OUT_OF_RANGE, NULL, "byte %zu: '%s' does not fit a %s of 64 bits",
                        p->at, word, is_int ? "signed integer" : "unsigned integer");
    if (!is_int && !is_uint && !special_double(word, &number) && !orr_parse_f64(word, &number))
        return orr_fail(p->err, ORR_E_BAD_DATA, NULL, "byte %zu: '%s' is no number", p->at, word);
    p->at += n;
    return made(p,
                is_int    ? orr_value_int(integer)
                : is_uint ? orr_value_uint(natural)
                          : orr_value_double(number),
                out);
}

static orr_status parse_escape(parser *p, orr_text *text) {
    static const char from[] = "\"\\nrt", to[] = "\"\\\n\r\t";
    size_t start = p->at - 1;
    char c = p->at < p->size ? p->text[p->at] : 0;
    const char *simple = c ? strchr(from, c) : NULL;
    if (simple) {
        p->at++;
        orr_text_append(text, &to[simple - from], 1);
        return ORR_OK;
    }
    uint32_t point = 0;
    if (c != 'u' || ++p->at >= p->size || p->text[p->at++] != '{')
        return orr_fail(p->err, ORR_E_BAD_DATA, NULL,
                        "byte %zu: unknown escape; there are \\\" \\\\ \\n \\r \\t and \\u{hex}", start);
    int digits = 0;
    for (; p->at < p->size && hex_digit(p->text[p->at]) >= 0 && digits < 6; p->at++, digits++)
        point = point << 4 | (uint32_t)hex_digit(p->text[p->at]);
    if (digits == 0 || p->at >= p->size || p->text[p->at] != '}')
        return expected(p, "\\u{1 to 6 hex digits}");
    p->at++;
    char utf8[4];
    size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 0; point >>= 6)
        utf8[i] = (char)(i ? 0x80 | (point & 0x3f) : n == 1 ? point : lead[n] | (point & 0xff));
    if (orr_utf8_next(utf8, n, NULL) != n)
        return orr_fail(p->err, ORR_E_BAD_DATA, NULL,
                        "byte %zu: the escape names no character a string may hold", start);
    orr_text_append(text, utf8, n);
    return ORR_OK;
}

/* After the opening quote, up to and with the closing one. */
static orr_status parse_string_bytes(parser *p, orr_text *text) {
    for (;;) {
        if (p->at >= p->size) return expected(p, "the closing '\"' of a string");
        char c = p->text[p->at];
        if (c == '"') {
            p->at++;
            return ORR_OK;
        }
        if (c == '\\') {
            p->at++;
            orr_status status = parse_escape(p, text);
            if (status) return status;
            continue;
        }
        size_t n = orr_utf8_next(p->text + p->at, p->size - p->at, NULL);
        if (n == 0 || (unsigned char)c < 0x20) return expected(p, "UTF-8 text without control characters");
        orr_text_append(text, p->text + p->at, n);
        p->at += n;
    }
}

static orr_status parse_string(parser *p, const orr_value **out) {
    orr_text text = {0};
    p->at++;
    orr_status status = parse_string_bytes(p, &text);
    if (!status)
        status = made(p, text.failed ? NULL : orr_value_string_n(orr_text_cstr(&text), text.length), out);
    orr_text_free(&text);
    return status;
}

static orr_status parse_blob(parser *p, const orr_value **out) {
    orr_text bytes = {0};
    orr_status status = ORR_OK;
    while (!status && !next_is(p, ')')) {
        int high = p->at < p->size ? hex_digit(p->text[p->at]) : -1;
        int low = high >= 0 && p->at + 1 < p->size ? hex_digit(p->text[p->at + 1]) : -1;
        if (low < 0) {
            if (high >= 0) p->at++;
            status = expected(p, "a pair of hex digits or ')'");
            break;
        }
        char byte = (char)(high << 4 | low);
        orr_text_append(&bytes, &byte, 1);
        p->at += 2;
    }
    if (!status)
        status = made(p, bytes.failed ? NULL : orr_value_blob(orr_text_cstr(&bytes), bytes.length), out);
    orr_text_free(&bytes);
    return status;
}

static orr_status parse_numbers(parser *p, orr_type type, const orr_value **out) {
    double numbers[16];
    size_t count = type == ORR_TYPE_MAT4   ? 16
                   : type == ORR_TYPE_QUAT ? 4
                                           : (size_t)(type - ORR_TYPE_VEC2) + 2;
    for (size_t i = 0; i < count; i++) {
        if (i && !next_is(p, ',')) return expected(p, "',' and the next number");
        orr_status status = parse_double(p, &numbers[i]);
        if (status) return status;
    }
    if (!next_is(p, ')')) return expected(p, "')'");
    return made(p,
                type == ORR_TYPE_MAT4   ? orr_value_mat4(numbers)
                : type == ORR_TYPE_QUAT ? orr_value_quat(numbers)
                                        : orr_value_vec(numbers, count),
                out);
}

static orr_status parse_value(parser *p, const orr_value **out);

static orr_status parse_list(parser *p, const orr_value **out) {
    orr_text items = {0}; /* of pointers */
    orr_status status = ORR_OK;
    p->at++;
    for (bool first = true; !status && !next_is(p, ']'); first = false) {
        const orr_value *item = NULL;
        if (!first && !next_is(p, ',')) status = expected(p, "',' or ']'");
        if (!status) status = parse_value(p, &item);
        if (status) break;
        orr_text_append(&items, (const char *)&item, sizeof item);
        if (items.failed) orr_value_release(item);
        if (items.failed) status = made(p, NULL, out);
    }
    const orr_value *const *values = (void *)items.data;
    size_t count = items.length / sizeof *values;
    if (!status) {
        static const orr_value *const none[1];
        status = made(p, orr_value_list(count ? values : none, count), out);
    } else {
        for (size_t i = 0; i < count; i++) orr_value_release(values[i]);
    }
    orr_text_free(&items);
    return status;
}

/* One `name: value` into its place in `values`. */
static orr_status parse_field(parser *p, const orr_schema *schema, const orr_value **values) {
    skip_blanks(p);
    size_t start = p->at, n = word_length(p);
    if (n == 0) return expected(p, "the name of a field or '}'");
    int index = orr_schema_index(schema, p->text + start, n);
    if (index < 0)
        return orr_fail(p->err, ORR_E_UNKNOWN_KEY, NULL, "byte %zu: record '%s' has no field '%.*s'", start,
                        orr_schema_name(schema), (int)(n > 64 ? 64 : n), p->text + start);
    if (values[index])
        return orr_fail(p->err, ORR_E_BAD_DATA, NULL, "byte %zu: field '%.*s' is given twice", start, (int)n,
                        p->text + start);
    p->at += n;
    if (!next_is(p, ':')) return expected(p, "':' after the name of a field");
    return parse_value(p, &values[index]);
}

static orr_status parse_record(parser *p, const orr_schema *schema, const orr_value **out) {
    const orr_value *values[ORR_SCHEMA_MAX_FIELDS] = {0};
    size_t count = orr_schema_count(schema), start = p->at;
    orr_status status = ORR_OK;
    for (bool first = true; !status && !next_is(p, '}'); first = false) {
        if (!first && !next_is(p, ',')) status = expected(p, "',' or '}'");
        if (!status) status = parse_field(p, schema, values);
    }
    for (size_t i = 0; i < count && !status; i++)
        if (!values[i])
            status = orr_fail(p->err, ORR_E_BAD_DATA, NULL, "byte %zu: record '%s' lacks the field '%s'",
                              start, orr_schema_name(schema), orr_schema_field_at(schema, i).name);
    if (!status) {
        status = orr_value_record(schema, values, count, out, p->err);
        return status ? orr_error_prefix(p->err, "byte %zu", start), status : ORR_OK;
    }
    for (size_t i = 0; i < count; i++) orr_value_release(values[i]);
    return status;
}

/* A keyword, a number, `type(…)` or `schema{…}`. */
static orr_status parse_word(parser *p, const orr_value **out) {
    size_t start = p->at, n = word_length(p);
    const char *word = p->text + start;
    if (n == 0) return expected(p, "a value");
    bool digit = hex_digit(word[0]) >= 0 && hex_digit(word[0]) < 10;
    if (digit || word[0] == '-' || word[0] == '+' || word[0] == '.') return parse_number(p, n, out);
    p->at += n;
    if (n == 4 && memcmp(word, "true", 4) == 0) return made(p, orr_value_bool(true), out);
    if (n == 5 && memcmp(word, "false", 5) == 0) return made(p, orr_value_bool(false), out);
    orr_type type = orr_type_from_name(word, n);
    if (type == ORR_TYPE_EXEC)
        return orr_fail(p->err, ORR_E_UNSUPPORTED, NULL, "byte %zu: an exec cannot be read from text", start);
    bool call = type == ORR_TYPE_BLOB || (type >= ORR_TYPE_VEC2 && type <= ORR_TYPE_MAT4);
    if (call && !next_is(p, '(')) return expected(p, "'('");
    if (call) return type == ORR_TYPE_BLOB ? parse_blob(p, out) : parse_numbers(p, type, out);
    if (next_is(p, '{')) {
        const orr_schema *schema = p->schemas ? orr_schemas_find(p->schemas, word, n) : NULL;
        if (schema) return parse_record(p, schema, out);
        return orr_fail(p->err, ORR_E_UNKNOWN_KEY, NULL, "byte %zu: no schema named '%.*s' is registered",
                        start, (int)(n > 64 ? 64 : n), word);
    }
    p->at = start;
    if ((n == 3 && memcmp(word, "nan", 3) == 0) || (n == 3 && memcmp(word, "inf", 3) == 0))
        return parse_number(p, n, out);
    return orr_fail(p->err, ORR_E_BAD_DATA, NULL, "byte %zu: '%.*s' is no value; a string needs quotes",
                    start, (int)(n > 64 ? 64 : n), word);
}

static orr_status parse_value(parser *p, const orr_value **out) {
    skip_blanks(p);
    if (p->at >= p->size) return expected(p, "a value");
    if (p->depth >= ORR_VALUE_MAX_DEPTH)
        return orr_fail(p->err, ORR_E_LIMIT, NULL, "byte %zu: nested deeper than %d", p->at,
                        ORR_VALUE_MAX_DEPTH);
    p->depth++;
    orr_status status = p->text[p->at] == '"'   ? parse_string(p, out)
                        : p->text[p->at] == '[' ? parse_list(p, out)
                                                : parse_word(p, out);
    p->depth--;
    return status;
}

orr_status orr_value_parse(const char *text, size_t size, const orr_schemas *schemas, const orr_value **out,
                           orr_error *err) {
    parser p = {.text = text, .size = size, .schemas = schemas, .err = err};
    const orr_value *value = NULL;
    orr_status status = parse_value(&p, &value);
    if (status) return status;
    skip_blanks(&p);
    if (p.at < size) {
        orr_value_release(value);
        return expected(&p, "the end of the text");
    }
    *out = value;
    return ORR_OK;
}

orr_status orr_value_parse_quoted(const char *text, size_t size, orr_text *out, size_t *used,
                                  orr_error *err) {
    parser p = {.text = text, .size = size, .at = 1, .err = err};
    orr_status status = parse_string_bytes(&p, out);
    *used = p.at;
    return status;
}
