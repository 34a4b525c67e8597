/* Inside of schemas and values, for the files of this folder only. */
#ifndef ORR_SPACE_SCHEMA_H
#define ORR_SPACE_SCHEMA_H

#include <stdatomic.h>

#include "space/value.h"

struct orr_schema {
    atomic_uint refs;
    size_t count;
    char *name;
    orr_schema_field *fields; /* their names follow in the same allocation */
    orr_schema *next;         /* in the registry; written before it is published */
};

const orr_schema *orr_schema_retain(const orr_schema *schema);
void orr_schema_release(const orr_schema *schema);
bool orr_schema_equal(const orr_schema *a, const orr_schema *b); /* same name and fields */
bool orr_schema_name_ok(const char *name, size_t length);

size_t orr_value_size_hint(const orr_value *value); /* rough bytes, without looking into items */

#endif
