/* Fuzzes what reads values from outside: the text form, the binary form, and dumps. The first byte picks one.
 * Whatever is accepted must come back the same through both forms. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "space/space.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
    if (!holds) abort();
}

static void round_trip(const orr_value *value, const orr_schemas *schemas) {
    orr_text text = {0}, binary = {0};
    const orr_value *read = NULL, *decoded = NULL;
    orr_value_print(&text, value);
    must(orr_value_parse(orr_text_cstr(&text), text.length, schemas, &read, NULL) == ORR_OK);
    must(orr_value_encode(&binary, value, NULL) == ORR_OK);
    must(orr_value_decode(binary.data, binary.length, schemas, &decoded, NULL) == ORR_OK);
    must(orr_value_equal(value, read) && orr_value_equal(value, decoded));
    orr_value_release(read);
    orr_value_release(decoded);
    orr_text_free(&text);
    orr_text_free(&binary);
}

static void fuzz_dump(const char *text, size_t size) {
    orr_space *space = NULL;
    orr_error err;
    orr_text once = {0}, twice = {0};
    must(orr_space_create(NULL, &space, &err) == ORR_OK);
    if (orr_space_load(space, "/fuzz", text, size, &err) == ORR_OK) {
        must(orr_space_dump(space, "/fuzz", &once, &err) == ORR_OK);
        must(orr_space_load(space, "/fuzz", once.data, once.length, &err) == ORR_OK);
        must(orr_space_dump(space, "/fuzz", &twice, &err) == ORR_OK);
        must(strcmp(once.data, twice.data) == 0);
    }
    orr_text_free(&once);
    orr_text_free(&twice);
    orr_space_destroy(&space);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const orr_schema_field fields[] = {{"a", ORR_TYPE_DOUBLE}, {"b", ORR_TYPE_LIST}};
    const orr_value *value = NULL;
    orr_error err;
    if (size == 0) return 0;
    if (data[0] == 'd') {
        fuzz_dump((const char *)data + 1, size - 1);
        return 0;
    }
    orr_schemas *schemas = orr_schemas_create();
    must(schemas && orr_schemas_add(schemas, "rec", fields, 2, NULL, &err) == ORR_OK);
    orr_status status = data[0] == 'b'
                            ? orr_value_decode(data + 1, size - 1, schemas, &value, &err)
                            : orr_value_parse((const char *)data + 1, size - 1, schemas, &value, &err);
    if (status == ORR_OK) round_trip(value, schemas);
    orr_value_release(value);
    orr_schemas_destroy(&schemas);
    return 0;
}
