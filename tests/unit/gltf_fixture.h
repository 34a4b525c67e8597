/* Small glTF models made in memory, and the real ones under ORRERY_TEST_DATA. JSON is written with ' for ".
 */
#ifndef GLTF_FIXTURE_H
#define GLTF_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/platform/platform.h"
#include "resource/model.h"

typedef struct fixture_bytes { /* little-endian buffer under construction */
    uint8_t data[8192];
    size_t size;
} fixture_bytes;

static inline void put(fixture_bytes *b, const void *data, size_t size) {
    assert_true(b->size + size <= sizeof b->data);
    memcpy(b->data + b->size, data, size);
    b->size += size;
}
#define PUT_F32(b, ...) put((b), (const float[]){__VA_ARGS__}, sizeof((const float[]){__VA_ARGS__}))
#define PUT_U16(b, ...) put((b), (const uint16_t[]){__VA_ARGS__}, sizeof((const uint16_t[]){__VA_ARGS__}))
#define PUT_U8(b, ...)  put((b), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* malloc'd copy of `text` with the first `from` replaced by `to`; fails the test when it is not there. */
static inline char *replaced(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    if (!at) fail_msg("the fixture does not hold %s", from);
    size_t head = (size_t)(at - text), size = strlen(text) - strlen(from) + strlen(to) + 1;
    char *out = malloc(size);
    assert_non_null(out);
    (void)snprintf(out, size, "%.*s%s%s", (int)head, text, to, at + strlen(from));
    return out;
}

static inline void put_u32(uint8_t *at, size_t value) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (8 * i));
}

/* A .glb of the JSON and the buffer; malloc'd. */
static inline uint8_t *make_glb(const char *json, const fixture_bytes *bin, size_t *size) {
    size_t json_size = (strlen(json) + 3) / 4 * 4, bin_size = bin ? (bin->size + 3) / 4 * 4 : 0;
    *size = 12 + 8 + json_size + (bin ? 8 + bin_size : 0);
    uint8_t *out = calloc(*size, 1);
    assert_non_null(out);
    memcpy(out, "glTF", 4);
    put_u32(out + 4, 2);
    put_u32(out + 8, *size);
    put_u32(out + 12, json_size);
    memcpy(out + 16, "JSON", 4);
    memset(out + 20, ' ', json_size);
    for (size_t i = 0; json[i]; i++) out[20 + i] = (uint8_t)(json[i] == '\'' ? '"' : json[i]);
    if (bin) {
        put_u32(out + 20 + json_size, bin_size);
        memcpy(out + 24 + json_size, "BIN\0", 4);
        memcpy(out + 28 + json_size, bin->data, bin->size);
    }
    return out;
}

static inline orr_status decode_glb(const char *json, const fixture_bytes *bin, orr_model *model,
                                    orr_error *err) {
    size_t size = 0;
    uint8_t *glb = make_glb(json, bin, &size);
    memset(err, 0, sizeof *err);
    orr_status status = orr_model_decode(glb, size, "test.glb", NULL, NULL, model, err);
    free(glb);
    return status;
}

static inline void must_decode(const char *json, const fixture_bytes *bin, orr_model *model) {
    orr_error err;
    if (decode_glb(json, bin, model, &err) != ORR_OK) fail_msg("%s", err.message);
}

static inline void must_refuse(const char *json, const fixture_bytes *bin, orr_status code,
                               const char *message) {
    orr_model model;
    orr_error err;
    orr_status status = decode_glb(json, bin, &model, &err);
    if (status != code || !strstr(err.message, message))
        fail_msg("expected %d \"%s\", got %d \"%s\"", code, message, status, err.message);
    assert_string_equal(err.path, "test.glb");
    assert_null(model.arena.head); /* nothing is left of it */
}

/* --- real files ------------------------------------------------------------------------------------ */
static inline orr_status fetch_beside(void *folder, const char *uri, uint8_t **data, size_t *size,
                                      orr_error *err) {
    char path[4096];
    orr_path_join(path, sizeof path, folder, uri);
    return orr_file_read(path, (uint64_t)1 << 30, data, size, err);
}

/* The bytes of models/`name`; NULL when there is no test data. */
static inline uint8_t *real_bytes(const char *name, char folder[4096], size_t *size) {
    const char *root = getenv("ORRERY_TEST_DATA");
    if (!root || !root[0]) {
        printf("skipped: no test data\n");
        return NULL;
    }
    char path[4096], relative[512];
    (void)snprintf(relative, sizeof relative, "models/%s", name);
    orr_path_join(path, sizeof path, root, relative);
    orr_path_folder(folder, 4096, path);
    uint8_t *data = NULL;
    orr_error err = {0};
    if (orr_file_read(path, (uint64_t)1 << 30, &data, size, &err) != ORR_OK)
        fail_msg("%s: %s", path, err.message);
    return data;
}

static inline bool real_model(const char *name, orr_model *model) {
    char folder[4096];
    size_t size = 0;
    orr_error err = {0};
    uint8_t *data = real_bytes(name, folder, &size);
    if (!data) return false;
    if (orr_model_decode(data, size, name, fetch_beside, folder, model, &err) != ORR_OK)
        fail_msg("%s: %s", name, err.message);
    free(data);
    return true;
}

#endif
