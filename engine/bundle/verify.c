/* Every entry against its digest, and the manifest against its signature. */
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle_private.h"

enum { CHUNK_BYTES = 256 << 10 };

typedef struct verifying {
    const orr_bundle *bundle;
    uint32_t *order; /* large files first, so that no thread is left alone with one at the end */
} verifying;

static orr_status digest_entry(const orr_bundle *b, const orr_zip_entry *entry, orr_digest *digest,
                               uint32_t *crc, orr_error *err) {
    orr_zip_stream stream;
    orr_sha256 sha;
    size_t room = entry->size_bytes < CHUNK_BYTES ? (size_t)entry->size_bytes : CHUNK_BYTES;
    uint8_t *chunk = malloc(room + 1);
    if (!chunk) return orr_fail(err, ORR_E_MEMORY, b->path, "no memory to read '%s'", entry->name);
    orr_sha256_begin(&sha);
    orr_status status = orr_zip_stream_begin(b->fd, b->path, entry, &stream, err);
    while (status == ORR_OK && stream.left > 0) {
        size_t size = stream.left < room ? (size_t)stream.left : room;
        status = orr_zip_stream_read(&stream, chunk, size, err);
        if (status != ORR_OK) break;
        orr_sha256_add(&sha, chunk, size);
        *crc = (uint32_t)crc32_z(*crc, chunk, size);
    }
    orr_zip_stream_end(&stream);
    free(chunk);
    *digest = orr_sha256_end(&sha);
    return status;
}

static orr_status verify_one(void *context, size_t i, orr_error *err) {
    const verifying *v = context;
    const orr_bundle *b = v->bundle;
    const orr_bundle_file *file = &b->manifest.shown.files[v->order[i]];
    const orr_zip_entry *entry = &b->entries[b->first_file + v->order[i]];
    orr_digest digest;
    uint32_t crc = 0;
    orr_status status = digest_entry(b, entry, &digest, &crc, err);
    if (status != ORR_OK) return status;
    if (!orr_digest_equal(&digest, &file->digest))
        return orr_fail(err, ORR_E_DIGEST, file->name,
                        "the entry '%s' of '%s' is not what the manifest's digest says", file->name, b->path);
    if (crc != entry->crc)
        return orr_fail(err, ORR_E_DIGEST, file->name,
                        "the entry '%s' of '%s' is right, but the checksum in its header is not", file->name,
                        b->path);
    return ORR_OK;
}

static orr_status check_signature(const orr_bundle *b, const char *public_key, orr_error *err) {
    orr_bundle_key key;
    orr_status status = orr_bundle_key_read(public_key, false, &key, err);
    if (status != ORR_OK) return status;
    if (!b->is_signed)
        return orr_fail(err, ORR_E_DIGEST, b->path, "'%s' is not signed, so '%s' says nothing about it",
                        b->path, public_key);
    if (orr_bundle_signature_fits(&key, b->manifest_bytes, b->manifest_size, b->signature)) return ORR_OK;
    return orr_fail(
        err, ORR_E_DIGEST, b->path,
        "the signature of '%s' does not fit the key '%s': another key signed it, or its manifest was "
        "changed since",
        b->path, public_key);
}

typedef struct sized {
    uint64_t bytes;
    uint32_t index;
} sized;

static int larger_first(const void *a, const void *b) {
    const sized *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes > y->bytes ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* malloc'd; NULL = no memory. */
static uint32_t *order_by_size(const orr_bundle_manifest *m) {
    sized *files = orr_calloc(m->file_count + 1u, sizeof *files);
    uint32_t *order = orr_calloc(m->file_count + 1u, sizeof *order);
    for (uint32_t i = 0; files && order && i < m->file_count; i++)
        files[i] = (sized){m->files[i].size_bytes, i};
    if (files && order) qsort(files, m->file_count, sizeof *files, larger_first);
    for (uint32_t i = 0; files && order && i < m->file_count; i++) order[i] = files[i].index;
    if (!files) {
        free(order);
        order = NULL;
    }
    free(files);
    return order;
}

orr_status orr_bundle_verify(const orr_bundle *bundle, const char *public_key, orr_jobs *jobs,
                             orr_error *err) {
    orr_status status = public_key ? check_signature(bundle, public_key, err) : ORR_OK;
    if (status != ORR_OK) return status;
    verifying v = {bundle, order_by_size(&bundle->manifest.shown)};
    if (!v.order) return orr_fail(err, ORR_E_MEMORY, bundle->path, "no memory to verify '%s'", bundle->path);
    status = orr_bundle_each(jobs, bundle->manifest.shown.file_count, verify_one, &v, err);
    free(v.order);
    return status;
}
