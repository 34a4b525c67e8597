/* What the tests of bundles share: a scratch folder per test, bundles packed, zips made by hand. */
#ifndef BUNDLE_FIXTURE_H
#define BUNDLE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "bundle/bundle.h"
#include "vfs/vfs.h"

/* --- a scratch folder per test, removed afterwards ---------------------------------------------------- */

static char scratch[256];

static inline const char *at(const char *name) {
    static char paths[64][512]; /* each holds for 63 more calls */
    static int next;
    char *path = paths[next++ % 64];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static inline void put(const char *name, const void *data, size_t size) {
    unlink(at(name)); /* and no flush to the disk, as some systems do for what replaces: there are thousands
                         of them */
    FILE *file = fopen(at(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline uint8_t *get(const char *name, size_t *size) {
    uint8_t *data = NULL;
    orr_error err = {0};
    if (orr_file_read(at(name), 64 << 20, &data, size, &err) != ORR_OK) fail_msg("%s", err.message);
    return data;
}

static inline int setup(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/orrery-bundle-XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(scratch) == NULL;
}

static inline int teardown(void **state) {
    char **names = NULL;
    size_t count = 0;
    (void)state;
    if (orr_folder_list(scratch, &names, &count, NULL) != ORR_OK) return 1;
    for (size_t i = 0; i < count; i++) unlink(at(names[i]));
    orr_names_free(&names, count);
    return rmdir(scratch);
}

static inline void assert_same_files(const char *a, const char *b, bool same) {
    size_t sizes[2];
    uint8_t *data[] = {get(a, &sizes[0]), get(b, &sizes[1])};
    assert_int_equal(sizes[0] == sizes[1] && memcmp(data[0], data[1], sizes[0]) == 0, same);
    free(data[0]);
    free(data[1]);
}

static inline void assert_says(const orr_error *err, const char *words) {
    if (!strstr(err->message, words)) fail_msg("'%s' does not say '%s'", err->message, words);
}

static inline void must_pack(const orr_bundle_pack_params *params, const char *name) {
    orr_error err = {0};
    if (orr_bundle_pack(params, at(name), NULL, &err) != ORR_OK) fail_msg("%s", err.message);
}

static inline orr_bundle *must_open(const char *name) {
    orr_bundle *bundle = NULL;
    orr_error err = {0};
    if (orr_bundle_open(at(name), &bundle, &err) != ORR_OK) fail_msg("%s", err.message);
    return bundle;
}

/* --- zips made by hand -------------------------------------------------------------------------------- */

typedef struct raw { /* one entry; what is 0 is as it should be */
    const char *name, *content;
    const char *local_name;
    size_t size, claimed; /* 0: strlen; what the headers say */
    uint16_t flags, method, made_by, date;
    uint32_t attributes;
    int32_t crc, offset; /* added */
    size_t gap;          /* bytes of nothing before it */
    const char *extra;   /* in the directory */
    const uint8_t *packed;
    size_t packed_size;
} raw;

typedef struct zip {
    uint8_t bytes[3 << 20], directory[16384];
    size_t size, directory_size;
    uint32_t count;
} zip;

static inline void le(uint8_t *to, size_t *n, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) to[(*n)++] = (uint8_t)(value >> 8 * i);
}

static inline void common(uint8_t *to, size_t *n, const raw *r, const char *name, size_t extra) {
    size_t size = r->size ? r->size : strlen(r->content);
    uint32_t crc = (uint32_t)crc32(0, (const uint8_t *)r->content, (uInt)size) + (uint32_t)r->crc;
    le(to, n, 20, 2);
    le(to, n, 0x0800u | r->flags, 2);
    le(to, n, r->method, 2);
    le(to, n, 0, 2);
    le(to, n, 0x21u + r->date, 2);
    le(to, n, crc, 4);
    le(to, n, r->packed ? r->packed_size : size, 4);
    le(to, n, r->claimed ? r->claimed : size, 4);
    le(to, n, strlen(name), 2);
    le(to, n, extra, 2);
}

static inline void text(uint8_t *to, size_t *n, const char *words) {
    memcpy(to + *n, words, strlen(words));
    *n += strlen(words);
}

static inline void add(zip *z, const raw *r) {
    size_t size = r->size ? r->size : strlen(r->content), extra = r->extra ? strlen(r->extra) : 0;
    memset(z->bytes + z->size, 0, r->gap);
    z->size += r->gap;
    uint64_t offset = z->size + (uint64_t)(int64_t)r->offset;
    const char *local = r->local_name ? r->local_name : r->name;
    le(z->bytes, &z->size, 0x04034b50, 4);
    common(z->bytes, &z->size, r, local, 0);
    text(z->bytes, &z->size, local);
    memcpy(z->bytes + z->size, r->packed ? (const void *)r->packed : r->content,
           r->packed ? r->packed_size : size);
    z->size += r->packed ? r->packed_size : size;
    le(z->directory, &z->directory_size, 0x02014b50, 4);
    le(z->directory, &z->directory_size, 20u | (uint32_t)(r->made_by ? r->made_by : 3u) << 8, 2);
    common(z->directory, &z->directory_size, r, r->name, extra);
    le(z->directory, &z->directory_size, 0, 6);
    le(z->directory, &z->directory_size, (uint64_t)(r->attributes ? r->attributes : 0100644u) << 16, 4);
    le(z->directory, &z->directory_size, offset, 4);
    text(z->directory, &z->directory_size, r->name);
    if (r->extra) text(z->directory, &z->directory_size, r->extra);
    z->count++;
}

static inline void finish(zip *z, size_t gap, const char *comment) {
    size_t start = z->size += gap;
    memcpy(z->bytes + z->size, z->directory, z->directory_size);
    z->size += z->directory_size;
    le(z->bytes, &z->size, 0x06054b50, 4);
    le(z->bytes, &z->size, 0, 4);
    le(z->bytes, &z->size, z->count, 2);
    le(z->bytes, &z->size, z->count, 2);
    le(z->bytes, &z->size, z->directory_size, 4);
    le(z->bytes, &z->size, start, 4);
    le(z->bytes, &z->size, strlen(comment), 2);
    text(z->bytes, &z->size, comment);
    put("raw.zip", z->bytes, z->size);
}

/* A manifest that lists these entries as they are. */
static inline const char *manifest_of(const raw *list, size_t count, const char *more) {
    static char out[8192];
    size_t n = (size_t)snprintf(out, sizeof out,
                                "{\"orrery_bundle\":1,\"engine\":\"0\",\"abi\":[1,0],\"compressed\":false,"
                                "\"entries\":[],%s\"files\":[",
                                more);
    for (size_t i = 0; i < count; i++) {
        char hex[65];
        size_t size = list[i].size ? list[i].size : strlen(list[i].content);
        orr_digest digest = orr_digest_of(list[i].content, size);
        orr_digest_hex(&digest, hex);
        n += (size_t)snprintf(out + n, sizeof out - n, "%s{\"name\":\"%s\",\"bytes\":%zu,\"sha256\":\"%s\"}",
                              i ? "," : "", list[i].name, list[i].claimed ? list[i].claimed : size, hex);
    }
    snprintf(out + n, sizeof out - n, "]}");
    return out;
}

static inline orr_status open_raw(orr_error *err) {
    orr_bundle *bundle = NULL;
    *err = (orr_error){0};
    orr_status status = orr_bundle_open(at("raw.zip"), &bundle, err);
    if (status == ORR_OK) status = orr_bundle_verify(bundle, NULL, NULL, err);
    orr_bundle_close(&bundle);
    assert_int_equal(status != ORR_OK, err->message[0] != 0);
    return status;
}

static inline void small_bundle(bool compress, const char *key) {
    static const orr_bundle_entry start = {"a.lua", NULL, 0};
    const orr_bundle_source list[] = {
        {.name = "a.lua", .data = "return { 1, 1, 1, 1, 1, 1, 1, 1 }", .size = 33},
        {.name = "b", .data = "bb", .size = 2, .licence = "MIT"}};
    must_pack(&(orr_bundle_pack_params){.sources = list,
                                        .source_count = 2,
                                        .entries = &start,
                                        .entry_count = 1,
                                        .compress = compress,
                                        .secret_key = key},
              "small.zip");
}

#endif
