#include "resource/gltf_private.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

orr_status gltf_fail(gltf *g, orr_status code, const char *format, ...) {
    if (g->status != ORR_OK) return g->status;
    g->status = code;
    va_list args;
    va_start(args, format);
    (void)orr_fail_v(g->err, code, g->name, format, args);
    va_end(args);
    if (g->where[0] && g->err) (void)orr_error_prefix(g->err, "%s", g->where);
    return code;
}

void gltf_where(gltf *g, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(g->where, sizeof g->where, format, args);
    va_end(args);
}

void gltf_where_item(gltf *g, const char *kind, uint32_t index, const json_t *item) {
    const char *name = json_string_value(json_object_get(item, "name"));
    if (!name || !name[0]) {
        gltf_where(g, "%s %u", kind, index);
        return;
    }
    char clean[52];
    size_t length = 0;
    for (; name[length] && length < 48; length++)
        clean[length] = (unsigned char)name[length] < 32 || name[length] == 127 ? '?' : name[length];
    while (name[length] && length > 0 && ((unsigned char)name[length] & 0xc0) == 0x80) length--;
    clean[length] = 0;
    gltf_where(g, "%s %u \"%s\"", kind, index, clean);
}

/* --- memory --------------------------------------------------------------------------------------- */
static void *budgeted(gltf *g, orr_arena *arena, size_t count, size_t size) {
    if (g->status != ORR_OK) return NULL;
    uint64_t left = g->budget_bytes - g->spent_bytes;
    if (size && count > left / size) {
        (void)gltf_fail(g, ORR_E_LIMIT,
                        "decoding it would take more than %llu MiB, the limit for a file of this size; "
                        "share accessors between meshes instead of repeating them",
                        (unsigned long long)(g->budget_bytes >> 20));
        return NULL;
    }
    g->spent_bytes += (uint64_t)count * size;
    void *memory = orr_arena_alloc(arena, count ? count : 1, size);
    if (!memory) (void)gltf_fail(g, ORR_E_MEMORY, "out of memory for %zu x %zu bytes", count, size);
    return memory;
}

void *gltf_new(gltf *g, size_t count, size_t size) {
    return budgeted(g, &g->model->arena, count, size);
}
void *gltf_temp(gltf *g, size_t count, size_t size) {
    return budgeted(g, &g->temp, count, size);
}
void *gltf_scratch(gltf *g, size_t count, size_t size) {
    return budgeted(g, &g->scratch, count, size);
}

/* --- typed values --------------------------------------------------------------------------------- */
static const char *type_name(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    default:
        return "null";
    }
}

static const json_t *typed(gltf *g, const char *key, bool right, const json_t *value, const char *wanted) {
    if (!value || right) return value;
    (void)gltf_fail(g, ORR_E_TYPE, "\"%s\" is %s; it must be %s", key, type_name(value), wanted);
    return NULL;
}

const json_t *gltf_object(gltf *g, const json_t *parent, const char *key) {
    const json_t *value = json_object_get(parent, key);
    return typed(g, key, json_is_object(value), value, "an object");
}

const json_t *gltf_array(gltf *g, const json_t *parent, const char *key, uint32_t *count) {
    const json_t *value = json_object_get(parent, key);
    value = typed(g, key, json_is_array(value), value, "an array");
    size_t size = json_array_size(value);
    if (size >= ORR_NONE / 4) {
        (void)gltf_fail(g, ORR_E_LIMIT, "\"%s\" has %zu elements; the limit is %u", key, size, ORR_NONE / 4);
        size = 0;
    }
    *count = (uint32_t)size;
    return value;
}

const json_t *gltf_item(gltf *g, const json_t *array, uint32_t index, const char *what) {
    const json_t *value = json_array_get(array, index);
    if (json_is_object(value)) return value;
    (void)gltf_fail(g, ORR_E_TYPE, "%s %u is %s; it must be an object", what, index,
                    value ? type_name(value) : "missing");
    return NULL;
}

const char *gltf_string(gltf *g, const json_t *parent, const char *key) {
    const json_t *value = json_object_get(parent, key);
    return json_string_value(typed(g, key, json_is_string(value), value, "a string"));
}

const char *gltf_name(gltf *g, const json_t *item) {
    const char *name = gltf_string(g, item, "name");
    if (!name || !name[0]) return "";
    size_t length = strlen(name);
    char *copy = gltf_new(g, length + 1, 1);
    return copy ? memcpy(copy, name, length + 1) : "";
}

bool gltf_bool(gltf *g, const json_t *parent, const char *key) {
    const json_t *value = json_object_get(parent, key);
    return json_is_true(typed(g, key, json_is_boolean(value), value, "true or false"));
}

double gltf_number(gltf *g, const json_t *parent, const char *key, double fallback, double low, double high) {
    const json_t *value = json_object_get(parent, key);
    value = typed(g, key, json_is_number(value), value, "a number");
    if (!value) return fallback;
    double number = json_number_value(value);
    if (number >= low && number <= high) return number;
    (void)gltf_fail(g, ORR_E_OUT_OF_RANGE, "\"%s\" is %g; it must be in %g..%g", key, number, low, high);
    return fallback;
}

bool gltf_numbers(gltf *g, const json_t *parent, const char *key, uint32_t count, double *out) {
    uint32_t found = 0;
    const json_t *array = gltf_array(g, parent, key, &found);
    if (!array) return false;
    if (found != count) {
        (void)gltf_fail(g, ORR_E_BAD_DATA, "\"%s\" has %u numbers; it must have %u", key, found, count);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);
        double number = json_number_value(value);
        if (!json_is_number(value) || fabs(number) > FLT_MAX) {
            (void)gltf_fail(g, ORR_E_TYPE, "\"%s\" element %u must be a number that fits a float", key, i);
            return false;
        }
        out[i] = number;
    }
    return true;
}

/* A whole number, also when it is written as 12.0. */
static bool whole(const json_t *value, uint64_t *out) {
    double number = json_number_value(value);
    if (!json_is_number(value) || number < 0 || number > 9e15 || number != floor(number)) return false;
    *out = json_is_integer(value) ? (uint64_t)json_integer_value(value) : (uint64_t)number;
    return true;
}

uint64_t gltf_size(gltf *g, const json_t *parent, const char *key, uint64_t fallback, uint64_t low,
                   uint64_t high) {
    const json_t *value = json_object_get(parent, key);
    if (!value) return fallback;
    uint64_t number = 0;
    if (whole(value, &number) && number >= low && number <= high) return number;
    if (json_is_number(value))
        (void)gltf_fail(g, ORR_E_OUT_OF_RANGE, "\"%s\" is %.17g; it must be a whole number in %llu..%llu",
                        key, json_number_value(value), (unsigned long long)low, (unsigned long long)high);
    else
        (void)typed(g, key, false, value, "a whole number");
    return fallback;
}

uint32_t gltf_index_value(gltf *g, const json_t *value, const char *key, uint32_t limit, const char *what) {
    uint64_t index = 0;
    if (!whole(value, &index)) {
        (void)gltf_fail(g, ORR_E_TYPE, "\"%s\" must be the index of a %s", key, what);
        return ORR_NONE;
    }
    if (index < limit) return (uint32_t)index;
    (void)gltf_fail(g, ORR_E_OUT_OF_RANGE, "\"%s\" names %s %llu; the file has %u", key, what,
                    (unsigned long long)index, limit);
    return ORR_NONE;
}

uint32_t gltf_index(gltf *g, const json_t *parent, const char *key, uint32_t limit, const char *what) {
    const json_t *value = json_object_get(parent, key);
    return value ? gltf_index_value(g, value, key, limit, what) : ORR_NONE;
}

const json_t *gltf_extension(gltf *g, const json_t *parent, const char *name) {
    return gltf_object(g, gltf_object(g, parent, "extensions"), name);
}
