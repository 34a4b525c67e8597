/* Content bundles: bytes that begin with '{' as a manifest, all others as the zip. What passes verification
 * must be read alike by PhysFS: there is one way to see a bundle. Of a zip the entries' own headers are made
 * to agree with the directory, or no change of the latter would get past them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle/bundle_private.h"
#include "vfs/vfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_CONTENT = 4 << 20 };

static size_t number(const uint8_t *from, size_t bytes) {
    size_t value = 0;
    for (size_t i = 0; i < bytes; i++) value |= (size_t)from[i] << 8 * i;
    return value;
}

/* Bytes 4 to 30 of an entry's header are 6 to 32 of its record in the directory; the name follows. */
static void agree(uint8_t *data, size_t size) {
    if (size < 22) return;
    size_t at = number(data + size - 6, 4);
    while (at < size && size - at >= 46 && memcmp(data + at, "PK\1\2", 4) == 0) {
        size_t name = number(data + at + 28, 2), extra = number(data + at + 30, 2),
               own = number(data + at + 42, 4);
        if (own < size && size - own >= 30 + name && size - at >= 46 + name) {
            memcpy(data + own, "PK\3\4", 4);
            memmove(data + own + 4, data + at + 6, 26);
            memmove(data + own + 30, data + at + 46, name);
        }
        at += 46 + name + extra;
    }
}

static void read_alike(const orr_bundle *bundle) {
    const orr_bundle_manifest *m = orr_bundle_get_manifest(bundle);
    orr_vfs *vfs = NULL;
    if (orr_vfs_create(&vfs, NULL) != ORR_OK) return;
    if (orr_vfs_mount_bundle(vfs, orr_bundle_fd(bundle), "fuzz", "", NULL) != ORR_OK) abort();
    for (uint32_t i = 0; i < m->file_count; i++) {
        uint8_t *data = NULL;
        size_t size = 0;
        if (orr_vfs_read(vfs, m->files[i].name, MAX_CONTENT, &data, &size, NULL) != ORR_OK) abort();
        orr_digest digest = orr_digest_of(data, size);
        if (size != m->files[i].size_bytes || !orr_digest_equal(&digest, &m->files[i].digest)) abort();
        free(data);
    }
    orr_vfs_destroy(&vfs);
}

static bool is_small(const orr_bundle *bundle) {
    const orr_bundle_manifest *m = orr_bundle_get_manifest(bundle);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < m->file_count; i++) bytes += m->files[i].size_bytes;
    return bytes <= MAX_CONTENT;
}

static void open_zip(const uint8_t *data, size_t size) {
    FILE *file = tmpfile();
    orr_bundle *bundle = NULL;
    orr_error err = {0};
    uint8_t *copy = malloc(size + 1);
    if (!file || !copy) abort();
    if (size) memcpy(copy, data, size);
    agree(copy, size);
    if (fwrite(copy, 1, size, file) != size || fflush(file) != 0) abort();
    orr_status status = orr_bundle_open_fd(fileno(file), "fuzz.zip", &bundle, &err);
    if ((status == ORR_OK) != (bundle != NULL) || (status != ORR_OK && !err.message[0])) abort();
    if (bundle && is_small(bundle) && orr_bundle_verify(bundle, NULL, NULL, NULL) == ORR_OK)
        read_alike(bundle);
    orr_bundle_close(&bundle);
    fclose(file);
    free(copy);
}

/* What is read and written again must read as the same. */
static void read_manifest(const uint8_t *data, size_t size) {
    orr_arena arena = {0};
    orr_bundle_full_manifest first, second;
    orr_error err = {0};
    orr_text text = {0}, again = {0};
    if (orr_bundle_manifest_read("fuzz.json", data, size, &arena, &first, &err) == ORR_OK) {
        orr_bundle_manifest_write(&first, &text);
        if (orr_bundle_manifest_read("again.json", (const uint8_t *)text.data, text.length, &arena, &second,
                                     &err) != ORR_OK)
            abort();
        orr_bundle_manifest_write(&second, &again);
        if (text.length != again.length || memcmp(text.data, again.data, text.length) != 0) abort();
    } else if (!err.message[0]) {
        abort();
    }
    orr_text_free(&text);
    orr_text_free(&again);
    orr_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0 && data[0] == '{')
        read_manifest(data, size);
    else
        open_zip(data, size);
    return 0;
}
