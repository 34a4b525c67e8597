/* Every entry against its digest, and the manifest against its signature. */
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle_private.h"

enum { CHUNK_BYTES = 256 << 10 };

/* What is deflated comes in order only, so one thread does all of it. */
static orr_status digest_deflated(const orr_bundle *b, const orr_zip_entry *entry, orr_bundle_item *found,
                                  orr_error *err) {
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
        found->zip.crc = (uint32_t)crc32_z(found->zip.crc, chunk, size);
    }
    orr_zip_stream_end(&stream);
    free(chunk);
    found->digest = orr_sha256_end(&sha);
    return status;
}

typedef struct verifying {
    const orr_bundle *bundle;
    orr_bundle_item *found;    /* of the stored entries, in one row, as the files are */
    orr_bundle_item *deflated; /* of the others */
    uint32_t *deflated_index, stored_count, deflated_count;
} verifying;

static const orr_zip_entry *entry_of(const orr_bundle *b, uint32_t file) {
    return &b->entries[b->first_file + file];
}

static orr_status digest_one(void *context, size_t i, orr_error *err) {
    const verifying *v = context;
    return digest_deflated(v->bundle, entry_of(v->bundle, v->deflated_index[i]), &v->deflated[i], err);
}

static orr_status compare(const orr_bundle *b, uint32_t i, const orr_bundle_item *found, orr_error *err) {
    const orr_bundle_file *file = &b->manifest.shown.files[i];
    if (!orr_digest_equal(&found->digest, &file->digest))
        return orr_fail(err, ORR_E_DIGEST, file->name,
                        "the entry '%s' of '%s' is not what the manifest's digest says", file->name, b->path);
    if (found->zip.crc != entry_of(b, i)->crc)
        return orr_fail(err, ORR_E_DIGEST, file->name,
                        "the entry '%s' of '%s' is right, but the checksum in its header is not", file->name,
                        b->path);
    return ORR_OK;
}

/* The stored ones are read as if they were to be packed: several threads share a large file. */
static orr_status digest_all(verifying *v, orr_jobs *jobs, orr_error *err) {
    const orr_bundle *b = v->bundle;
    for (uint32_t i = 0; i < b->manifest.shown.file_count; i++) {
        const orr_zip_entry *entry = entry_of(b, i);
        if (entry->method == ORR_ZIP_STORED)
            v->found[v->stored_count++] = (orr_bundle_item){
                .zip = *entry, .fd = b->fd, .at = entry->offset + orr_zip_local_bytes(entry)};
        else
            v->deflated_index[v->deflated_count++] = i;
    }
    orr_bundle_writing stored = {.jobs = jobs, .out = b->path, .items = v->found, .count = v->stored_count};
    orr_status status = orr_bundle_write_items(&stored, err);
    return status == ORR_OK ? orr_bundle_each(jobs, v->deflated_count, digest_one, v, err) : status;
}

static orr_status verify_contents(verifying *v, orr_jobs *jobs, orr_error *err) {
    const orr_bundle *b = v->bundle;
    uint32_t stored = 0, deflated = 0;
    orr_status status = digest_all(v, jobs, err);
    for (uint32_t i = 0; status == ORR_OK && i < b->manifest.shown.file_count; i++) {
        bool is_stored = entry_of(b, i)->method == ORR_ZIP_STORED;
        status = compare(b, i, is_stored ? &v->found[stored++] : &v->deflated[deflated++], err);
    }
    return status;
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

orr_status orr_bundle_verify(const orr_bundle *bundle, const char *public_key, orr_jobs *jobs,
                             orr_error *err) {
    size_t count = bundle->manifest.shown.file_count + 1u;
    orr_status status = public_key ? check_signature(bundle, public_key, err) : ORR_OK;
    if (status != ORR_OK) return status;
    verifying v = {.bundle = bundle,
                   .found = orr_calloc(count, sizeof *v.found),
                   .deflated = orr_calloc(count, sizeof *v.deflated),
                   .deflated_index = orr_calloc(count, sizeof *v.deflated_index)};
    status = v.found && v.deflated && v.deflated_index
                 ? verify_contents(&v, jobs, err)
                 : orr_fail(err, ORR_E_MEMORY, bundle->path, "no memory to verify '%s'", bundle->path);
    free(v.found);
    free(v.deflated);
    free(v.deflated_index);
    return status;
}
