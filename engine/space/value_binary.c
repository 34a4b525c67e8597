/* The binary form of values: a type byte, then little-endian content; sizes and counts are 32 bits. */
#include "space/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "space/schema.h"

static void put_u32(orr_text *out, uint32_t number) {
    char bytes[4];
    for (int i = 0; i < 4; i++) bytes[i] = (char)(number >> (8 * i) & 0xff);
    orr_text_append(out, bytes, sizeof bytes);
}

static void put_u64(orr_text *out, uint64_t number) {
    put_u32(out, (uint32_t)number);
    put_u32(out, (uint32_t)(number >> 32));
}

static void put_doubles(orr_text *out, const double *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        put_u64(out, bits);
    }
}

static void put_name(orr_text *out, const char *name) {
    char size = (char)strlen(name); /* at most ORR_SCHEMA_MAX_NAME */
    orr_text_append(out, &size, 1);
    orr_text_puts(out, name);
}

static orr_status encode(orr_text *out, const orr_value *value, orr_error *err);

/* A record repeats its schema's field names, so that a reader with another schema says which field is off. */
static orr_status put_items(orr_text *out, const orr_value *value, orr_error *err) {
    const orr_schema *schema = orr_value_schema(value);
    size_t count = orr_value_count(value);
    if (count > UINT32_MAX)
        return orr_fail(err, ORR_E_LIMIT, NULL, "a list of %zu items is too long to encode", count);
    if (schema) put_name(out, orr_schema_name(schema));
    put_u32(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        if (schema) put_name(out, orr_schema_field_at(schema, i).name);
        orr_status status = encode(out, orr_value_item(value, i), err);
        if (status) return status;
    }
    return ORR_OK;
}

static orr_status encode(orr_text *out, const orr_value *value, orr_error *err) {
    char tag = (char)orr_value_type(value);
    bool boolean = false;
    int64_t integer = 0;
    uint64_t natural = 0;
    size_t size = 0;
    const void *bytes = orr_value_bytes(value, &size);
    if (tag == ORR_TYPE_EXEC || tag == ORR_TYPE_NONE)
        return orr_fail(err, ORR_E_UNSUPPORTED, NULL, "a value of type %s has no binary form",
                        orr_type_name((orr_type)tag));
    orr_text_append(out, &tag, 1);
    if (bytes) {
        if (size > UINT32_MAX)
            return orr_fail(err, ORR_E_LIMIT, NULL, "%zu bytes in one value are too many to encode", size);
        put_u32(out, (uint32_t)size);
        orr_text_append(out, bytes, size);
    } else if (orr_value_as_bool(value, &boolean)) {
        char byte = boolean;
        orr_text_append(out, &byte, 1);
    } else if (tag == ORR_TYPE_INT && orr_value_as_int(value, &integer)) {
        put_u64(out, (uint64_t)integer);
    } else if (tag == ORR_TYPE_UINT && orr_value_as_uint(value, &natural)) {
        put_u64(out, natural);
    } else if (tag == ORR_TYPE_LIST || tag == ORR_TYPE_RECORD) {
        return put_items(out, value, err);
    } else {
        size_t count = 0;
        const double *numbers = orr_value_numbers(value, &count);
        put_doubles(out, numbers, count);
    }
    return ORR_OK;
}

orr_status orr_value_encode(orr_text *out, const orr_value *value, orr_error *err) {
    orr_status status = encode(out, value, err);
    if (!status && out->failed) status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory to encode a value");
    return status;
}

/* --- decoding ---------------------------------------------------------------------------------------- */

typedef struct reader {
    const unsigned char *data;
    size_t size, at;
    const orr_schemas *schemas;
    orr_error *err;
    int depth;
} reader;

static orr_status need(const reader *r, size_t bytes, const char *what) {
    if (bytes <= r->size - r->at) return ORR_OK;
    return orr_fail(r->err, ORR_E_TRUNCATED, NULL, "byte %zu: %s needs %zu bytes, but only %zu are left",
                    r->at, what, bytes, r->size - r->at);
}

static uint64_t take(reader *r, size_t bytes) {
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++) number |= (uint64_t)r->data[r->at++] << (8 * i);
    return number;
}

static orr_status made(const reader *r, const orr_value *value, const orr_value **out) {
    *out = value;
    return value ? ORR_OK : orr_fail(r->err, ORR_E_MEMORY, NULL, "byte %zu: no memory for the value", r->at);
}

static orr_status decode(reader *r, const orr_value **out);

static orr_status take_name(reader *r, const char **name, size_t *length) {
    orr_status status = need(r, 1, "a name");
    if (status) return status;
    *length = (size_t)take(r, 1);
    status = need(r, *length, "a name");
    if (status) return status;
    *name = (const char *)r->data + r->at;
    if (!orr_schema_name_ok(*name, *length))
        return orr_fail(r->err, ORR_E_BAD_DATA, NULL, "byte %zu: no name of a schema or field", r->at);
    r->at += *length;
    return ORR_OK;
}

static orr_status decode_numbers(reader *r, orr_type type, const orr_value **out) {
    double numbers[16];
    size_t count = type == ORR_TYPE_MAT4     ? 16
                   : type == ORR_TYPE_QUAT   ? 4
                   : type == ORR_TYPE_DOUBLE ? 1
                                             : (size_t)(type - ORR_TYPE_VEC2) + 2;
    orr_status status = need(r, count * 8, orr_type_name(type));
    if (status) return status;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = take(r, 8);
        memcpy(&numbers[i], &bits, sizeof bits);
    }
    return made(r,
                type == ORR_TYPE_MAT4     ? orr_value_mat4(numbers)
                : type == ORR_TYPE_QUAT   ? orr_value_quat(numbers)
                : type == ORR_TYPE_DOUBLE ? orr_value_double(numbers[0])
                                          : orr_value_vec(numbers, count),
                out);
}

static orr_status decode_bytes(reader *r, orr_type type, const orr_value **out) {
    orr_status status = need(r, 4, "a size");
    if (status) return status;
    size_t size = (size_t)take(r, 4);
    status = need(r, size, orr_type_name(type));
    if (status) return status;
    const char *bytes = (const char *)r->data + r->at;
    for (size_t i = 0, n = 1; type == ORR_TYPE_STRING && i < size; i += n)
        if (!(n = orr_utf8_next(bytes + i, size - i, NULL)))
            return orr_fail(r->err, ORR_E_BAD_DATA, NULL, "byte %zu: not UTF-8 without NUL", r->at + i);
    r->at += size;
    return made(r, type == ORR_TYPE_STRING ? orr_value_string_n(bytes, size) : orr_value_blob(bytes, size),
                out);
}

static orr_status decode_list(reader *r, const orr_value **out) {
    orr_status status = need(r, 4, "a count");
    if (status) return status;
    size_t count = (size_t)take(r, 4), done = 0;
    status = need(r, count, "a list"); /* an item has at least one byte: bounds what is allocated */
    if (status) return status;
    const orr_value **items = orr_calloc(count + 1, sizeof *items);
    if (!items) return made(r, NULL, out);
    for (; done < count && !status; done += !status) status = decode(r, &items[done]);
    if (!status)
        status = made(r, orr_value_list(items, count), out);
    else
        for (size_t i = 0; i < done; i++) orr_value_release(items[i]);
    free(items);
    return status;
}

static orr_status decode_fields(reader *r, const orr_schema *schema, const orr_value **values) {
    for (size_t i = 0; i < orr_schema_count(schema); i++) {
        const char *name = NULL;
        size_t length = 0, start = r->at;
        orr_status status = take_name(r, &name, &length);
        if (status) return status;
        if (orr_schema_index(schema, name, length) != (int)i)
            return orr_fail(r->err, ORR_E_UNKNOWN_KEY, NULL,
                            "byte %zu: record '%s' has '%s' here, not '%.*s'", start, orr_schema_name(schema),
                            orr_schema_field_at(schema, i).name, (int)length, name);
        status = decode(r, &values[i]);
        if (status) return status;
    }
    return ORR_OK;
}

static orr_status decode_record(reader *r, const orr_value **out) {
    const char *name = NULL;
    size_t length = 0, start = r->at;
    orr_status status = take_name(r, &name, &length);
    if (!status) status = need(r, 4, "a count");
    if (status) return status;
    const orr_schema *schema = r->schemas ? orr_schemas_find(r->schemas, name, length) : NULL;
    if (!schema)
        return orr_fail(r->err, ORR_E_UNKNOWN_KEY, NULL, "byte %zu: no schema named '%.*s' is registered",
                        start, (int)length, name);
    size_t count = (size_t)take(r, 4);
    if (count != orr_schema_count(schema))
        return orr_fail(r->err, ORR_E_TYPE, NULL, "byte %zu: record '%s' has %zu fields, not %zu", start,
                        orr_schema_name(schema), orr_schema_count(schema), count);
    const orr_value *values[ORR_SCHEMA_MAX_FIELDS] = {0};
    status = decode_fields(r, schema, values);
    if (!status) return orr_value_record(schema, values, count, out, r->err);
    for (size_t i = 0; i < count; i++) orr_value_release(values[i]);
    return status;
}

static orr_status decode_scalar(reader *r, orr_type type, const orr_value **out) {
    orr_status status = need(r, type == ORR_TYPE_BOOL ? 1 : 8, orr_type_name(type));
    if (status) return status;
    if (type == ORR_TYPE_INT) return made(r, orr_value_int((int64_t)take(r, 8)), out);
    if (type == ORR_TYPE_UINT) return made(r, orr_value_uint(take(r, 8)), out);
    uint64_t byte = take(r, 1);
    if (byte > 1) return orr_fail(r->err, ORR_E_BAD_DATA, NULL, "byte %zu: a bool is 0 or 1", r->at - 1);
    return made(r, orr_value_bool(byte == 1), out);
}

static orr_status decode(reader *r, const orr_value **out) {
    orr_status status = need(r, 1, "a value");
    if (status) return status;
    if (r->depth >= ORR_VALUE_MAX_DEPTH)
        return orr_fail(r->err, ORR_E_LIMIT, NULL, "byte %zu: nested deeper than %d", r->at,
                        ORR_VALUE_MAX_DEPTH);
    r->depth++;
    unsigned type = (unsigned)take(r, 1);
    switch (type) {
    case ORR_TYPE_BOOL:
    case ORR_TYPE_INT:
    case ORR_TYPE_UINT:
        status = decode_scalar(r, (orr_type)type, out);
        break;
    case ORR_TYPE_STRING:
    case ORR_TYPE_BLOB:
        status = decode_bytes(r, (orr_type)type, out);
        break;
    case ORR_TYPE_DOUBLE:
    case ORR_TYPE_VEC2:
    case ORR_TYPE_VEC3:
    case ORR_TYPE_VEC4:
    case ORR_TYPE_QUAT:
    case ORR_TYPE_MAT4:
        status = decode_numbers(r, (orr_type)type, out);
        break;
    case ORR_TYPE_LIST:
        status = decode_list(r, out);
        break;
    case ORR_TYPE_RECORD:
        status = decode_record(r, out);
        break;
    default:
        status =
            orr_fail(r->err, ORR_E_BAD_DATA, NULL, "byte %zu: %u is no type of a value", r->at - 1, type);
    }
    r->depth--;
    return status;
}

orr_status orr_value_decode(const void *data, size_t size, const orr_schemas *schemas, const orr_value **out,
                            orr_error *err) {
    reader r = {.data = data, .size = size, .schemas = schemas, .err = err};
    const orr_value *value = NULL;
    orr_status status = decode(&r, &value);
    if (status) return status;
    if (r.at < size) {
        orr_value_release(value);
        return orr_fail(err, ORR_E_BAD_DATA, NULL, "byte %zu: %zu bytes follow the value", r.at, size - r.at);
    }
    *out = value;
    return ORR_OK;
}
