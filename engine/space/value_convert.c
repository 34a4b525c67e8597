/* Lossless conversion between the types of values, and values as users type them. */
#include "space/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static orr_status made(const orr_value *value, const orr_value **out, orr_error *err) {
    *out = value;
    return value ? ORR_OK : orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a value");
}

static orr_status no_conversion(const orr_value *value, orr_type type, orr_error *err) {
    bool number = orr_value_type(value) >= ORR_TYPE_INT && orr_value_type(value) <= ORR_TYPE_DOUBLE;
    bool to_number = type >= ORR_TYPE_INT && type <= ORR_TYPE_DOUBLE;
    orr_text text = {0};
    if (number && to_number) orr_value_print(&text, value);
    orr_status status =
        number && to_number
            ? orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "%s does not convert to %s without loss",
                       orr_text_cstr(&text), orr_type_name(type))
            : orr_fail(err, ORR_E_TYPE, NULL, "expected a value of type %s, found %s", orr_type_name(type),
                       orr_type_name(orr_value_type(value)));
    orr_text_free(&text);
    return status;
}

static size_t numbers_of_type(orr_type type) {
    return type == ORR_TYPE_MAT4                            ? 16
           : type == ORR_TYPE_QUAT                          ? 4
           : type >= ORR_TYPE_VEC2 && type <= ORR_TYPE_VEC4 ? (size_t)(type - ORR_TYPE_VEC2) + 2
                                                            : 0;
}

/* The `count` numbers of a list or of another vector type with as many. */
static bool collect(const orr_value *value, size_t count, double numbers[16]) {
    size_t have = 0;
    const double *from = orr_value_numbers(value, &have);
    if (from && have == count) memcpy(numbers, from, count * sizeof *numbers);
    if (from) return have == count;
    if (orr_value_type(value) != ORR_TYPE_LIST || orr_value_count(value) != count) return false;
    for (size_t i = 0; i < count; i++)
        if (!orr_value_as_double(orr_value_item(value, i), &numbers[i])) return false;
    return true;
}

orr_status orr_value_convert(const orr_value *value, orr_type type, const orr_value **out, orr_error *err) {
    int64_t integer = 0;
    uint64_t natural = 0;
    double numbers[16];
    size_t count = numbers_of_type(type);
    if (value && orr_value_type(value) == type) return made(orr_value_retain(value), out, err);
    if (type == ORR_TYPE_INT && orr_value_as_int(value, &integer))
        return made(orr_value_int(integer), out, err);
    if (type == ORR_TYPE_UINT && orr_value_as_uint(value, &natural))
        return made(orr_value_uint(natural), out, err);
    if (type == ORR_TYPE_DOUBLE && orr_value_as_double(value, numbers))
        return made(orr_value_double(numbers[0]), out, err);
    if (count == 0 || !collect(value, count, numbers)) return no_conversion(value, type, err);
    return made(type == ORR_TYPE_MAT4   ? orr_value_mat4(numbers)
                : type == ORR_TYPE_QUAT ? orr_value_quat(numbers)
                                        : orr_value_vec(numbers, count),
                out, err);
}

/* `1,2,3` for a vector: the same text with its type around it. */
static orr_status parse_bare_vector(orr_type type, const char *text, const orr_value **out, orr_error *err) {
    orr_text whole = {0};
    orr_text_printf(&whole, "%s(%s)", orr_type_name(type), text);
    orr_status status = whole.failed ? orr_fail(err, ORR_E_MEMORY, NULL, "no memory to read a value")
                                     : orr_value_parse(whole.data, whole.length, NULL, out, NULL);
    orr_text_free(&whole);
    if (status == ORR_OK || status == ORR_E_MEMORY) return status;
    return orr_fail(err, status, NULL, "'%s' is no %s: it takes %zu numbers, as in 1,2,3", text,
                    orr_type_name(type), numbers_of_type(type));
}

orr_status orr_value_parse_as(orr_type type, const char *text, const orr_value **out, orr_error *err) {
    bool boolean = false;
    const char *start = text + strspn(text, " \t");
    if (type == ORR_TYPE_STRING && *start != '"') {
        for (size_t i = 0, size = strlen(text), n; i < size; i += n)
            if (!(n = orr_utf8_next(text + i, size - i, NULL)))
                return orr_fail(err, ORR_E_BAD_DATA, NULL, "byte %zu is not valid UTF-8", i);
        return made(orr_value_string(text), out, err);
    }
    if (type == ORR_TYPE_BOOL) {
        if (orr_parse_bool(start, &boolean)) return made(orr_value_bool(boolean), out, err);
        return orr_fail(err, ORR_E_TYPE, NULL, "'%s' is no bool: use true or false, on or off, yes or no",
                        text);
    }
    if (numbers_of_type(type) && *start && strchr("+-.0123456789", *start))
        return parse_bare_vector(type, start, out, err);
    const orr_value *value = NULL;
    orr_status status = orr_value_parse(text, strlen(text), NULL, &value, err);
    if (status) return status;
    status = orr_value_convert(value, type, out, err);
    orr_value_release(value);
    return status;
}
