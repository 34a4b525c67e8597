/* Values of the space: immutable, typed, reference-counted.
 *
 * A value never changes after its constructor returns, so any thread may read it without a lock. The creator
 * owns one reference; orr_value_retain takes another, orr_value_release gives one back, the last one frees.
 * Functions that say "takes" swallow one reference of their argument, also when they fail, so that calls
 * nest: orr_space_set(space, "/apps/demo/ev", orr_value_double(12.0), &err); A constructor returns NULL when
 * memory is out (or an argument was NULL); whoever takes a NULL value reports it. Numbers are doubles and
 * 64-bit integers; NaN is stored as the one quiet NaN; strings are valid UTF-8 without NUL. Thread-safety:
 * every function here is safe from any thread. */
#ifndef ORR_SPACE_VALUE_H
#define ORR_SPACE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "orrery/status.h"

typedef enum orr_type {
    ORR_TYPE_NONE, /* no value; never the type of one */
    ORR_TYPE_BOOL,
    ORR_TYPE_INT,  /* int64 */
    ORR_TYPE_UINT, /* uint64 */
    ORR_TYPE_DOUBLE,
    ORR_TYPE_STRING,
    ORR_TYPE_BLOB,
    ORR_TYPE_VEC2,
    ORR_TYPE_VEC3,
    ORR_TYPE_VEC4,
    ORR_TYPE_QUAT, /* x y z w */
    ORR_TYPE_MAT4, /* column-major */
    ORR_TYPE_RECORD,
    ORR_TYPE_LIST,
    ORR_TYPE_EXEC,
    ORR_TYPE_COUNT
} orr_type;
const char *orr_type_name(orr_type type);                /* "bool", "int", "uint", "double", … */
orr_type orr_type_from_name(const char *name, size_t n); /* ORR_TYPE_NONE when there is no such type */

typedef struct orr_value orr_value;

enum {
    ORR_VALUE_MAX_DEPTH = 32, /* lists and records inside each other */
    ORR_SCHEMA_MAX_FIELDS = 256,
    ORR_SCHEMA_MAX_NAME = 63 /* bytes in the name of a schema or a field: letters, digits, '_' and '.' */
};

/* --- schemas: the types of records ----------------------------------------------------------------- */
typedef struct orr_schema orr_schema; /* immutable, reference-counted */
typedef struct orr_schema_field {
    const char *name;
    orr_type type; /* of the field's value; inside a record or list anything may follow */
} orr_schema_field;

/* A registry of schemas by name. It only grows; a schema that is registered lives until the registry is
 * destroyed and every record of it is released. Owner: whoever created it (a space owns one:
 * orr_space_schemas). */
typedef struct orr_schemas orr_schemas;
orr_schemas *orr_schemas_create(void); /* NULL when memory is out */
void orr_schemas_destroy(orr_schemas **schemas);
/* Registers and returns a schema, borrowed. The same schema again is fine and returns the first; another one
 * under a known name is ORR_E_EXISTS; bad names, doubled fields or too many are ORR_E_ARGUMENT or
 * ORR_E_LIMIT. */
ORR_MUST_CHECK orr_status orr_schemas_add(orr_schemas *schemas, const char *name,
                                          const orr_schema_field *fields, size_t count,
                                          const orr_schema **out, orr_error *err);
const orr_schema *orr_schemas_find(const orr_schemas *schemas, const char *name, size_t length); /* or NULL */
const char *orr_schema_name(const orr_schema *schema);
size_t orr_schema_count(const orr_schema *schema);
orr_schema_field orr_schema_field_at(const orr_schema *schema, size_t index);
int orr_schema_index(const orr_schema *schema, const char *field, size_t length); /* -1 = no such field */

/* --- constructors ---------------------------------------------------------------------------------- */
/* A callable. `call` gets an argument (may be NULL) and may set `*result` to a value the caller then owns. It
 * runs on the thread that calls, with no lock held. `drop` (may be NULL) runs once when the value is freed,
 * on any thread, with no lock held. */
typedef struct orr_exec {
    orr_status (*call)(void *context, const orr_value *argument, const orr_value **result, orr_error *err);
    void (*drop)(void *context);
    void *context;
} orr_exec;

const orr_value *orr_value_bool(bool value);
const orr_value *orr_value_int(int64_t value);
const orr_value *orr_value_uint(uint64_t value);
const orr_value *orr_value_double(double value);
const orr_value *orr_value_string(const char *text); /* copies; each invalid UTF-8 byte becomes U+FFFD */
const orr_value *orr_value_string_n(const char *text, size_t length); /* same; ends at a NUL inside */
const orr_value *orr_value_blob(const void *data, size_t size);       /* copies */
const orr_value *orr_value_vec(const double *numbers, size_t count);  /* count 2, 3 or 4 */
const orr_value *orr_value_quat(const double xyzw[4]);
const orr_value *orr_value_mat4(const double columns[16]);
/* Takes every item. NULL also when an item is NULL or the nesting would pass ORR_VALUE_MAX_DEPTH. */
const orr_value *orr_value_list(const orr_value *const *items, size_t count);
/* Takes every value, in the order of the schema's fields. ORR_E_TYPE names the field that does not fit. */
ORR_MUST_CHECK orr_status orr_value_record(const orr_schema *schema, const orr_value *const *values,
                                           size_t count, const orr_value **out, orr_error *err);
const orr_value *orr_value_exec(const orr_exec *exec);

const orr_value *orr_value_retain(const orr_value *value); /* returns it; NULL passes through */
void orr_value_release(const orr_value *value);            /* NULL is fine */

/* --- reading: results are borrowed, alive as long as the value ---------------------------------------- */
orr_type orr_value_type(const orr_value *value); /* ORR_TYPE_NONE for NULL */
bool orr_value_as_bool(const orr_value *value, bool *out);
/* Any number type, when it converts without loss; false otherwise. */
bool orr_value_as_int(const orr_value *value, int64_t *out);
bool orr_value_as_uint(const orr_value *value, uint64_t *out);
bool orr_value_as_double(const orr_value *value, double *out);
const char *orr_value_cstr(const orr_value *value);                /* NULL when not a string */
const void *orr_value_bytes(const orr_value *value, size_t *size); /* string or blob, else NULL */
const double *orr_value_numbers(const orr_value *value,
                                size_t *count); /* double, vec, quat, mat4, else NULL */
size_t orr_value_count(const orr_value *value); /* items of a list or record, else 0 */
const orr_value *orr_value_item(const orr_value *value,
                                size_t index); /* of a list or record; NULL past the end */
const orr_value *orr_value_field(const orr_value *value, const char *name); /* of a record; NULL = none */
const orr_schema *orr_value_schema(const orr_value *value);                 /* of a record, else NULL */
const orr_exec *orr_value_callable(const orr_value *value);                 /* of an exec, else NULL */
size_t orr_value_size_bytes(const orr_value *value); /* memory it keeps alive, items included */

/* Same type and same content, doubles bit for bit; records need the same schema fields; execs the same
 * callable. */
bool orr_value_equal(const orr_value *a, const orr_value *b);

/* The value as another type when nothing is lost: numbers into numbers, a list of 2, 3, 4 or 16 numbers into
 * vec, quat, mat4, vec4 and quat into each other. Does not take `value`. ORR_E_TYPE or ORR_E_OUT_OF_RANGE
 * otherwise. */
ORR_MUST_CHECK orr_status orr_value_convert(const orr_value *value, orr_type type, const orr_value **out,
                                            orr_error *err);

/* --- text form ------------------------------------------------------------------------------------- *
 *   true  -12  12u  1.5  nan  -inf  "a \"b\" \n \u{1f600}"  blob(00ff)  vec3(0, 1, 2)  quat(0, 0, 0, 1)
 *   mat4(1, 0, 0, 0, …)  [1, "two"]  settings{time_s: 0.0, camera: "main"}
 * One line, canonical, round-trips bit for bit. A record names its schema; every field must be there, in any
 * order. An exec has no text form: it prints as `exec` and is refused on reading. */
void orr_value_print(orr_text *out, const orr_value *value);
/* The whole of `text` (`size` bytes) as one value. `schemas` may be NULL: then records are refused. Messages
 * carry the byte offset. ORR_E_BAD_DATA, ORR_E_TRUNCATED, ORR_E_UNKNOWN_KEY, ORR_E_TYPE, ORR_E_OUT_OF_RANGE,
 * ORR_E_LIMIT. */
ORR_MUST_CHECK orr_status orr_value_parse(const char *text, size_t size, const orr_schemas *schemas,
                                          const orr_value **out, orr_error *err);
/* As typed by a user who knows the type (`--set`, presets): strings without quotes, on/off/yes/no, vectors as
 * `1,2,3`, whole numbers for doubles. Anything orr_value_parse reads and orr_value_convert converts is fine
 * too. */
ORR_MUST_CHECK orr_status orr_value_parse_as(orr_type type, const char *text, const orr_value **out,
                                             orr_error *err);

/* --- binary form: little-endian, self-delimiting, round-trips bit for bit --------------------------------
 */
/* Appends to `out`. ORR_E_UNSUPPORTED for an exec (anywhere inside), ORR_E_LIMIT for more than 4 GiB - 1 of
 * one item. */
ORR_MUST_CHECK orr_status orr_value_encode(orr_text *out, const orr_value *value, orr_error *err);
/* One value that fills `data` exactly. Same errors as orr_value_parse. */
ORR_MUST_CHECK orr_status orr_value_decode(const void *data, size_t size, const orr_schemas *schemas,
                                           const orr_value **out, orr_error *err);

#endif
