#include "space/value.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "space/schema.h"

/* One allocation: this header, then the content (`size` is bytes of a string or blob, items otherwise). */
struct orr_value {
    atomic_uint refs;
    uint8_t type;
    uint8_t depth; /* 0 for what holds no other value */
    size_t size;
    union {
        bool boolean;
        int64_t integer;
        uint64_t natural;
        double number;
        orr_exec exec;
        const orr_schema *schema;
        void *align;
    } as;
};

static void *content(const orr_value *value) {
    return (void *)(value + 1);
}

static const orr_value **items_of(const orr_value *value) {
    return content(value);
}

static orr_value *value_new(orr_type type, size_t extra_bytes) {
    if (extra_bytes > SIZE_MAX / 2) return NULL;
    orr_value *value = malloc(sizeof *value + extra_bytes);
    if (!value) return NULL;
    memset(value, 0, sizeof *value);
    atomic_init(&value->refs, 1);
    value->type = (uint8_t)type;
    return value;
}

static double canonical(double number) {
    if (number == number) return number;
    const uint64_t bits = UINT64_C(0x7ff8000000000000);
    memcpy(&number, &bits, sizeof number);
    return number;
}

const orr_value *orr_value_bool(bool boolean) {
    orr_value *value = value_new(ORR_TYPE_BOOL, 0);
    if (value) value->as.boolean = boolean;
    return value;
}

const orr_value *orr_value_int(int64_t integer) {
    orr_value *value = value_new(ORR_TYPE_INT, 0);
    if (value) value->as.integer = integer;
    return value;
}

const orr_value *orr_value_uint(uint64_t natural) {
    orr_value *value = value_new(ORR_TYPE_UINT, 0);
    if (value) value->as.natural = natural;
    return value;
}

const orr_value *orr_value_double(double number) {
    orr_value *value = value_new(ORR_TYPE_DOUBLE, 0);
    if (value) value->as.number = canonical(number);
    return value;
}

/* Copies with every invalid byte replaced by U+FFFD; `out` may be NULL to measure. */
static size_t clean_utf8(const char *text, size_t length, char *out) {
    size_t written = 0;
    for (size_t i = 0; i < length;) {
        size_t step = orr_utf8_next(text + i, length - i, NULL);
        const char *from = step ? text + i : "\xef\xbf\xbd";
        size_t bytes = step ? step : 3;
        if (out) memcpy(out + written, from, bytes);
        written += bytes;
        i += step ? step : 1;
    }
    return written;
}

const orr_value *orr_value_string_n(const char *text, size_t length) {
    if (!text) return NULL;
    const char *nul = length ? memchr(text, 0, length) : NULL;
    if (nul) length = (size_t)(nul - text);
    if (length > SIZE_MAX / 8) return NULL;
    size_t size = clean_utf8(text, length, NULL);
    orr_value *value = value_new(ORR_TYPE_STRING, size + 1);
    if (!value) return NULL;
    char *bytes = content(value);
    clean_utf8(text, length, bytes);
    bytes[size] = 0;
    value->size = size;
    return value;
}

const orr_value *orr_value_string(const char *text) {
    return text ? orr_value_string_n(text, strlen(text)) : NULL;
}

const orr_value *orr_value_blob(const void *data, size_t size) {
    if (!data && size) return NULL;
    orr_value *value = value_new(ORR_TYPE_BLOB, size);
    if (!value) return NULL;
    if (size) memcpy(content(value), data, size);
    value->size = size;
    return value;
}

static const orr_value *numbers_new(orr_type type, const double *numbers, size_t count) {
    if (!numbers) return NULL;
    orr_value *value = value_new(type, count * sizeof(double));
    if (!value) return NULL;
    double *to = content(value);
    for (size_t i = 0; i < count; i++) to[i] = canonical(numbers[i]);
    value->size = count;
    return value;
}

const orr_value *orr_value_vec(const double *numbers, size_t count) {
    if (count < 2 || count > 4) return NULL;
    return numbers_new((orr_type)(ORR_TYPE_VEC2 + (int)count - 2), numbers, count);
}

const orr_value *orr_value_quat(const double xyzw[4]) {
    return numbers_new(ORR_TYPE_QUAT, xyzw, 4);
}

const orr_value *orr_value_mat4(const double columns[16]) {
    return numbers_new(ORR_TYPE_MAT4, columns, 16);
}

static void release_all(const orr_value *const *items, size_t count) {
    for (size_t i = 0; i < count; i++) orr_value_release(items[i]);
}

/* A list or record that now owns `items`; NULL (and the items released) when it cannot be. */
static orr_value *container_new(orr_type type, const orr_value *const *items, size_t count) {
    unsigned depth = 0;
    bool usable = count <= SIZE_MAX / 4 / sizeof *items;
    for (size_t i = 0; i < count && usable; i++) {
        usable = items[i] != NULL;
        if (usable && items[i]->depth > depth) depth = items[i]->depth;
    }
    orr_value *value =
        usable && depth + 1 <= ORR_VALUE_MAX_DEPTH ? value_new(type, count * sizeof *items) : NULL;
    if (!value) {
        release_all(items, count);
        return NULL;
    }
    value->depth = (uint8_t)(depth + 1);
    value->size = count;
    if (count) memcpy(content(value), items, count * sizeof *items);
    return value;
}

const orr_value *orr_value_list(const orr_value *const *items, size_t count) {
    if (!items && count) return NULL;
    return container_new(ORR_TYPE_LIST, items, count);
}

static orr_status record_check(const orr_schema *schema, const orr_value *const *values, size_t count,
                               orr_error *err) {
    if (!schema) return orr_fail(err, ORR_E_ARGUMENT, NULL, "a record needs a schema, and none was given");
    if (count != schema->count)
        return orr_fail(err, ORR_E_TYPE, NULL, "record '%s' has %zu fields, but %zu values were given",
                        schema->name, schema->count, count);
    for (size_t i = 0; i < count; i++) {
        const orr_schema_field *field = &schema->fields[i];
        if (!values[i])
            return orr_fail(err, ORR_E_ARGUMENT, NULL,
                            "record '%s': field '%s' got no value (memory may be out)", schema->name,
                            field->name);
        if (orr_value_type(values[i]) != field->type)
            return orr_fail(err, ORR_E_TYPE, NULL, "record '%s': field '%s' is of type %s, not %s",
                            schema->name, field->name, orr_type_name(field->type),
                            orr_type_name(orr_value_type(values[i])));
        if (values[i]->depth >= ORR_VALUE_MAX_DEPTH)
            return orr_fail(err, ORR_E_LIMIT, NULL, "record '%s': field '%s' is nested deeper than %d",
                            schema->name, field->name, ORR_VALUE_MAX_DEPTH - 1);
    }
    return ORR_OK;
}

orr_status orr_value_record(const orr_schema *schema, const orr_value *const *values, size_t count,
                            const orr_value **out, orr_error *err) {
    orr_status status = record_check(schema, values, count, err);
    if (status) {
        release_all(values, count);
        return status;
    }
    orr_value *value = container_new(ORR_TYPE_RECORD, values, count);
    if (!value) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a record '%s'", schema->name);
    value->as.schema = orr_schema_retain(schema);
    *out = value;
    return ORR_OK;
}

const orr_value *orr_value_exec(const orr_exec *exec) {
    if (!exec || !exec->call) return NULL;
    orr_value *value = value_new(ORR_TYPE_EXEC, 0);
    if (value) value->as.exec = *exec;
    return value;
}

const orr_value *orr_value_retain(const orr_value *value) {
    if (value) atomic_fetch_add_explicit(&((orr_value *)value)->refs, 1, memory_order_relaxed);
    return value;
}

static void value_free(orr_value *value) {
    if (value->type == ORR_TYPE_LIST || value->type == ORR_TYPE_RECORD)
        release_all(items_of(value), value->size);
    if (value->type == ORR_TYPE_RECORD) orr_schema_release(value->as.schema);
    if (value->type == ORR_TYPE_EXEC && value->as.exec.drop) value->as.exec.drop(value->as.exec.context);
    free(value);
}

void orr_value_release(const orr_value *value) {
    if (!value) return;
    orr_value *mine = (orr_value *)value;
    if (atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel) == 1) value_free(mine);
}

orr_type orr_value_type(const orr_value *value) {
    return value ? (orr_type)value->type : ORR_TYPE_NONE;
}

bool orr_value_as_bool(const orr_value *value, bool *out) {
    if (orr_value_type(value) != ORR_TYPE_BOOL) return false;
    *out = value->as.boolean;
    return true;
}

bool orr_value_as_int(const orr_value *value, int64_t *out) {
    switch (orr_value_type(value)) {
    case ORR_TYPE_INT:
        *out = value->as.integer;
        return true;
    case ORR_TYPE_UINT:
        if (value->as.natural > INT64_MAX) return false;
        *out = (int64_t)value->as.natural;
        return true;
    case ORR_TYPE_DOUBLE:
        if (!(value->as.number >= -0x1p63 && value->as.number < 0x1p63)) return false;
        *out = (int64_t)value->as.number;
        return (double)*out == value->as.number;
    default:
        return false;
    }
}

bool orr_value_as_uint(const orr_value *value, uint64_t *out) {
    switch (orr_value_type(value)) {
    case ORR_TYPE_INT:
        if (value->as.integer < 0) return false;
        *out = (uint64_t)value->as.integer;
        return true;
    case ORR_TYPE_UINT:
        *out = value->as.natural;
        return true;
    case ORR_TYPE_DOUBLE:
        if (!(value->as.number >= 0 && value->as.number < 0x1p64)) return false;
        *out = (uint64_t)value->as.number;
        return (double)*out == value->as.number;
    default:
        return false;
    }
}

bool orr_value_as_double(const orr_value *value, double *out) {
    const int64_t exact = INT64_C(1) << 53;
    switch (orr_value_type(value)) {
    case ORR_TYPE_DOUBLE:
        *out = value->as.number;
        return true;
    case ORR_TYPE_INT:
        *out = (double)value->as.integer;
        return value->as.integer >= -exact && value->as.integer <= exact;
    case ORR_TYPE_UINT:
        *out = (double)value->as.natural;
        return value->as.natural <= (uint64_t)exact;
    default:
        return false;
    }
}

const char *orr_value_cstr(const orr_value *value) {
    return orr_value_type(value) == ORR_TYPE_STRING ? content(value) : NULL;
}

const void *orr_value_bytes(const orr_value *value, size_t *size) {
    orr_type type = orr_value_type(value);
    if (type != ORR_TYPE_STRING && type != ORR_TYPE_BLOB) return NULL;
    if (size) *size = value->size;
    return content(value);
}

const double *orr_value_numbers(const orr_value *value, size_t *count) {
    orr_type type = orr_value_type(value);
    if (type != ORR_TYPE_DOUBLE && (type < ORR_TYPE_VEC2 || type > ORR_TYPE_MAT4)) return NULL;
    if (count) *count = type == ORR_TYPE_DOUBLE ? 1 : value->size;
    return type == ORR_TYPE_DOUBLE ? &value->as.number : content(value);
}

size_t orr_value_count(const orr_value *value) {
    orr_type type = orr_value_type(value);
    return type == ORR_TYPE_LIST || type == ORR_TYPE_RECORD ? value->size : 0;
}

const orr_value *orr_value_item(const orr_value *value, size_t index) {
    return index < orr_value_count(value) ? items_of(value)[index] : NULL;
}

const orr_value *orr_value_field(const orr_value *value, const char *name) {
    const orr_schema *schema = orr_value_schema(value);
    int index = schema ? orr_schema_index(schema, name, strlen(name)) : -1;
    return index < 0 ? NULL : items_of(value)[index];
}

const orr_schema *orr_value_schema(const orr_value *value) {
    return orr_value_type(value) == ORR_TYPE_RECORD ? value->as.schema : NULL;
}

const orr_exec *orr_value_callable(const orr_value *value) {
    return orr_value_type(value) == ORR_TYPE_EXEC ? &value->as.exec : NULL;
}

size_t orr_value_size_bytes(const orr_value *value) {
    if (!value) return 0;
    size_t bytes = sizeof *value;
    if (orr_value_bytes(value, NULL)) return bytes + value->size;
    if (value->type >= ORR_TYPE_VEC2 && value->type <= ORR_TYPE_MAT4)
        return bytes + value->size * sizeof(double);
    for (size_t i = 0; i < orr_value_count(value); i++)
        bytes += sizeof(void *) + orr_value_size_bytes(items_of(value)[i]);
    return bytes;
}

size_t orr_value_size_hint(const orr_value *value) {
    return value->size * 8;
}

static bool items_equal(const orr_value *a, const orr_value *b) {
    if (a->size != b->size) return false;
    if (a->type == ORR_TYPE_RECORD && !orr_schema_equal(a->as.schema, b->as.schema)) return false;
    for (size_t i = 0; i < a->size; i++)
        if (!orr_value_equal(items_of(a)[i], items_of(b)[i])) return false;
    return true;
}

bool orr_value_equal(const orr_value *a, const orr_value *b) {
    if (a == b) return true;
    if (!a || !b || a->type != b->type) return false;
    switch ((orr_type)a->type) {
    case ORR_TYPE_BOOL:
        return a->as.boolean == b->as.boolean;
    case ORR_TYPE_INT:
        return a->as.integer == b->as.integer;
    case ORR_TYPE_UINT:
        return a->as.natural == b->as.natural;
    case ORR_TYPE_DOUBLE:
        return memcmp(&a->as.number, &b->as.number, sizeof(double)) == 0;
    case ORR_TYPE_STRING:
    case ORR_TYPE_BLOB:
        return a->size == b->size && (!a->size || memcmp(content(a), content(b), a->size) == 0);
    case ORR_TYPE_RECORD:
    case ORR_TYPE_LIST:
        return items_equal(a, b);
    case ORR_TYPE_EXEC:
        return a->as.exec.call == b->as.exec.call && a->as.exec.context == b->as.exec.context;
    default:
        return memcmp(content(a), content(b), a->size * sizeof(double)) == 0;
    }
}
