#include "space/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"

/* Add-only list: readers walk it without a lock, writers push in front with a compare-and-swap. */
struct orr_schemas {
    _Atomic(orr_schema *) head;
};

static const char *const type_names[ORR_TYPE_COUNT] = {"none",   "bool", "int",    "uint", "double",
                                                       "string", "blob", "vec2",   "vec3", "vec4",
                                                       "quat",   "mat4", "record", "list", "exec"};

const char *orr_type_name(orr_type type) {
    return (unsigned)type < ORR_TYPE_COUNT ? type_names[type] : "unknown";
}

orr_type orr_type_from_name(const char *name, size_t n) {
    for (int type = ORR_TYPE_NONE + 1; type < ORR_TYPE_COUNT; type++)
        if (strlen(type_names[type]) == n && memcmp(type_names[type], name, n) == 0) return (orr_type)type;
    return ORR_TYPE_NONE;
}

bool orr_schema_name_ok(const char *name, size_t length) {
    if (length == 0 || length > ORR_SCHEMA_MAX_NAME || (name[0] >= '0' && name[0] <= '9') || name[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
              c == '.'))
            return false;
    }
    return true;
}

const orr_schema *orr_schema_retain(const orr_schema *schema) {
    atomic_fetch_add_explicit(&((orr_schema *)schema)->refs, 1, memory_order_relaxed);
    return schema;
}

void orr_schema_release(const orr_schema *schema) {
    if (atomic_fetch_sub_explicit(&((orr_schema *)schema)->refs, 1, memory_order_acq_rel) == 1)
        free((void *)schema);
}

bool orr_schema_equal(const orr_schema *a, const orr_schema *b) {
    if (a == b) return true;
    if (a->count != b->count || strcmp(a->name, b->name) != 0) return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->fields[i].type != b->fields[i].type || strcmp(a->fields[i].name, b->fields[i].name) != 0)
            return false;
    return true;
}

orr_schemas *orr_schemas_create(void) {
    return orr_calloc(1, sizeof(orr_schemas));
}

void orr_schemas_destroy(orr_schemas **schemas) {
    if (!schemas || !*schemas) return;
    for (orr_schema *schema = atomic_load(&(*schemas)->head), *next; schema; schema = next) {
        next = schema->next;
        orr_schema_release(schema);
    }
    free(*schemas);
    *schemas = NULL;
}

static orr_status schema_check(const char *name, const orr_schema_field *fields, size_t count,
                               orr_error *err) {
    if (!name || !orr_schema_name_ok(name, strlen(name)))
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "'%s' is no name for a schema: 1 to %d letters, digits, '_' or '.', no digit first",
                        name ? name : "(null)", ORR_SCHEMA_MAX_NAME);
    if (orr_type_from_name(name, strlen(name)) != ORR_TYPE_NONE)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "'%s' is the name of a type and cannot name a schema",
                        name);
    if (count > ORR_SCHEMA_MAX_FIELDS)
        return orr_fail(err, ORR_E_LIMIT, NULL, "schema '%s' has %zu fields; at most %d are allowed", name,
                        count, ORR_SCHEMA_MAX_FIELDS);
    for (size_t i = 0; i < count; i++) {
        const char *field = fields[i].name;
        if (!field || !orr_schema_name_ok(field, strlen(field)))
            return orr_fail(err, ORR_E_ARGUMENT, NULL, "schema '%s': '%s' is no name for a field", name,
                            field ? field : "(null)");
        if (fields[i].type <= ORR_TYPE_NONE || fields[i].type >= ORR_TYPE_COUNT)
            return orr_fail(err, ORR_E_ARGUMENT, NULL, "schema '%s': field '%s' has no known type", name,
                            field);
        for (size_t j = 0; j < i; j++)
            if (strcmp(field, fields[j].name) == 0)
                return orr_fail(err, ORR_E_ARGUMENT, NULL, "schema '%s' has the field '%s' twice", name,
                                field);
    }
    return ORR_OK;
}

/* The struct, the field rows and all the names in one block, so that release is one free. */
static orr_schema *schema_new(const char *name, const orr_schema_field *fields, size_t count) {
    size_t bytes = sizeof(orr_schema) + count * sizeof *fields + strlen(name) + 1;
    for (size_t i = 0; i < count; i++) bytes += strlen(fields[i].name) + 1;
    orr_schema *schema = malloc(bytes);
    if (!schema) return NULL;
    atomic_init(&schema->refs, 1);
    schema->count = count;
    schema->next = NULL;
    schema->fields = (void *)(schema + 1);
    char *text = (void *)(schema->fields + count);
    schema->name = text;
    size_t size = strlen(name) + 1;
    memcpy(text, name, size);
    text += size;
    for (size_t i = 0; i < count; i++) {
        size = strlen(fields[i].name) + 1;
        memcpy(text, fields[i].name, size);
        schema->fields[i] = (orr_schema_field){.name = text, .type = fields[i].type};
        text += size;
    }
    return schema;
}

orr_status orr_schemas_add(orr_schemas *schemas, const char *name, const orr_schema_field *fields,
                           size_t count, const orr_schema **out, orr_error *err) {
    orr_status status = schema_check(name, fields, count, err);
    if (status) return status;
    orr_schema *fresh = schema_new(name, fields, count);
    if (!fresh) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for schema '%s'", name);
    orr_schema *head = atomic_load(&schemas->head);
    do {
        const orr_schema *known = orr_schemas_find(schemas, name, strlen(name));
        if (known) {
            bool same = orr_schema_equal(known, fresh);
            free(fresh);
            if (!same)
                return orr_fail(err, ORR_E_EXISTS, NULL,
                                "schema '%s' is already registered with other fields; pick another name",
                                name);
            if (out) *out = known;
            return ORR_OK;
        }
        fresh->next = head;
    } while (!atomic_compare_exchange_weak(&schemas->head, &head, fresh));
    if (out) *out = fresh;
    return ORR_OK;
}

const orr_schema *orr_schemas_find(const orr_schemas *schemas, const char *name, size_t length) {
    const orr_schema *schema = atomic_load_explicit(&((orr_schemas *)schemas)->head, memory_order_acquire);
    while (schema && (strlen(schema->name) != length || memcmp(schema->name, name, length) != 0))
        schema = schema->next;
    return schema;
}

const char *orr_schema_name(const orr_schema *schema) {
    return schema->name;
}
size_t orr_schema_count(const orr_schema *schema) {
    return schema->count;
}
orr_schema_field orr_schema_field_at(const orr_schema *schema, size_t index) {
    return schema->fields[index];
}

int orr_schema_index(const orr_schema *schema, const char *field, size_t length) {
    for (size_t i = 0; i < schema->count; i++)
        if (strlen(schema->fields[i].name) == length && memcmp(schema->fields[i].name, field, length) == 0)
            return (int)i;
    return -1;
}
