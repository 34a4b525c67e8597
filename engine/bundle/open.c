/* A bundle opened: everything that can be told without reading all of the contents is checked here. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "bundle/bundle_private.h"

/* The whole of an entry, without a look at its digest; malloc'd, a NUL after it. */
static orr_status read_whole(const orr_bundle *b, const orr_zip_entry *entry, uint8_t **data, size_t *size,
                             orr_error *err) {
    orr_zip_stream stream;
    uint8_t *bytes = entry->size_bytes < SIZE_MAX / 2 ? malloc((size_t)entry->size_bytes + 1) : NULL;
    if (!bytes)
        return orr_fail(err, ORR_E_MEMORY, b->path, "no memory for the %llu bytes of '%s'",
                        (unsigned long long)entry->size_bytes, entry->name);
    orr_status status = orr_zip_stream_begin(b->fd, b->path, entry, &stream, err);
    if (status == ORR_OK) {
        status = orr_zip_stream_read(&stream, bytes, (size_t)entry->size_bytes, err);
        orr_zip_stream_end(&stream);
    }
    if (status != ORR_OK) {
        free(bytes);
        return status;
    }
    bytes[entry->size_bytes] = 0;
    *data = bytes;
    *size = (size_t)entry->size_bytes;
    return ORR_OK;
}

/* --- opening ------------------------------------------------------------------------------------------ */

static orr_status no_bundle(const orr_bundle *b, orr_error *err) {
    return orr_fail(err, ORR_E_BAD_DATA, b->path,
                    "'%s' is no bundle: it does not begin with '" ORR_BUNDLE_MANIFEST
                    "', as `orrery bundle pack` writes it",
                    b->path);
}

/* A zip from elsewhere is told so, and not what is wrong with its headers. */
static orr_status check_begin(const orr_bundle *b, orr_error *err) {
    uint8_t first[ORR_ZIP_LOCAL_BYTES + sizeof ORR_BUNDLE_MANIFEST - 1];
    uint64_t bytes = 0;
    orr_status status = orr_fd_size(b->fd, b->path, &bytes, err);
    if (status != ORR_OK || bytes < sizeof first) return status; /* too short: orr_zip_read says so */
    status = orr_fd_read(b->fd, b->path, 0, first, sizeof first, err);
    if (status != ORR_OK) return status;
    bool begins = memcmp(first, "PK\3\4", 4) == 0 && memcmp(first + ORR_ZIP_LOCAL_BYTES, ORR_BUNDLE_MANIFEST,
                                                            sizeof ORR_BUNDLE_MANIFEST - 1) == 0;
    return begins ? ORR_OK : no_bundle(b, err);
}

static orr_status read_manifest(orr_bundle *b, orr_error *err) {
    const orr_zip_entry *entry = b->entries;
    if (b->entry_count == 0 || strcmp(entry->name, ORR_BUNDLE_MANIFEST) != 0) return no_bundle(b, err);
    if (entry->method != ORR_ZIP_STORED || entry->size_bytes > ORR_BUNDLE_MAX_MANIFEST)
        return orr_fail(err, ORR_E_LIMIT, b->path,
                        "the manifest of '%s' is compressed, or larger than 64 MiB", b->path);
    orr_status status = read_whole(b, entry, &b->manifest_bytes, &b->manifest_size, err);
    if (status != ORR_OK) return status;
    b->manifest_digest = orr_digest_of(b->manifest_bytes, b->manifest_size);
    if (crc32_z(0, b->manifest_bytes, b->manifest_size) != entry->crc)
        return orr_fail(err, ORR_E_BAD_DATA, b->path,
                        "the manifest of '%s' fails its checksum: it is damaged", b->path);
    return orr_bundle_manifest_read(b->path, b->manifest_bytes, b->manifest_size, &b->arena, &b->manifest,
                                    err);
}

static orr_status read_signature(orr_bundle *b, orr_error *err) {
    const orr_zip_entry *entry = &b->entries[1];
    b->first_file = 1;
    if (b->entry_count < 2 || strcmp(entry->name, ORR_BUNDLE_SIGNATURE) != 0) return ORR_OK;
    b->first_file = 2;
    b->is_signed = true;
    if (entry->method != ORR_ZIP_STORED || entry->size_bytes != ORR_BUNDLE_SIGNATURE_BYTES)
        return orr_fail(err, ORR_E_BAD_DATA, b->path, "the signature of '%s' has %llu bytes, not %d", b->path,
                        (unsigned long long)entry->size_bytes, ORR_BUNDLE_SIGNATURE_BYTES);
    return orr_fd_read(b->fd, b->path, entry->offset + orr_zip_local_bytes(entry), b->signature,
                       ORR_BUNDLE_SIGNATURE_BYTES, err);
}

/* The zip's entries are the manifest's files, in its order. */
static orr_status check_listed(const orr_bundle *b, orr_error *err) {
    const orr_bundle_manifest *m = &b->manifest.shown;
    uint32_t count = b->entry_count - b->first_file;
    for (uint32_t i = 0; i < count || i < m->file_count; i++) {
        const orr_zip_entry *entry = i < count ? &b->entries[b->first_file + i] : NULL;
        const orr_bundle_file *file = i < m->file_count ? &m->files[i] : NULL;
        int order = !entry ? 1 : !file ? -1 : strcmp(entry->name, file->name);
        if (order == 0 && entry->size_bytes == file->size_bytes) continue;
        if (order == 0)
            return orr_fail(err, ORR_E_BAD_DATA, b->path,
                            "the entry '%s' of '%s' has %llu bytes; the manifest says %llu", file->name,
                            b->path, (unsigned long long)entry->size_bytes,
                            (unsigned long long)file->size_bytes);
        if (entry && !(order > 0 && orr_bundle_manifest_find(m, entry->name)))
            return orr_fail(err, ORR_E_BAD_DATA, b->path,
                            orr_bundle_manifest_find(m, entry->name)
                                ? "the entry '%s' of '%s' is there twice, or out of order"
                                : "the entry '%s' of '%s' is not listed in the manifest",
                            entry->name, b->path);
        return orr_fail(err, ORR_E_BAD_DATA, b->path, "'%s' is listed in the manifest of '%s', but not there",
                        file->name, b->path);
    }
    return ORR_OK;
}

static orr_status check_names(const orr_bundle *b, orr_error *err) {
    const char **names = orr_calloc(b->entry_count + 1u, sizeof *names);
    if (!names) return orr_fail(err, ORR_E_MEMORY, b->path, "no memory to read '%s'", b->path);
    for (uint32_t i = 0; i < b->entry_count; i++) names[i] = b->entries[i].name;
    orr_status status = orr_bundle_check_names(names, b->entry_count, err);
    free(names);
    return status == ORR_OK ? ORR_OK : orr_error_prefix(err, "%s", b->path);
}

static orr_status check_native(const orr_bundle *b, const orr_zip_entry *entry, orr_error *err) {
    uint8_t first[ORR_BUNDLE_MAGIC_BYTES];
    size_t size = entry->size_bytes < sizeof first ? (size_t)entry->size_bytes : sizeof first;
    orr_zip_stream stream;
    orr_status status = orr_zip_stream_begin(b->fd, b->path, entry, &stream, err);
    if (status != ORR_OK) return status;
    status = orr_zip_stream_read(&stream, first, size, err);
    orr_zip_stream_end(&stream);
    if (status != ORR_OK) return status;
    const char *kind = orr_bundle_native(first, size);
    if (!kind) return ORR_OK;
    return orr_fail(err, ORR_E_UNSUPPORTED, b->path,
                    "the entry '%s' of '%s' is %s; a bundle holds no native code", entry->name, b->path,
                    kind);
}

static orr_status read_bundle(orr_bundle *b, orr_error *err) {
    orr_status status = check_begin(b, err);
    if (status == ORR_OK) status = orr_zip_read(b->fd, b->path, &b->arena, &b->entries, &b->entry_count, err);
    if (status == ORR_OK) status = check_names(b, err);
    if (status == ORR_OK) status = read_manifest(b, err);
    if (status == ORR_OK) status = read_signature(b, err);
    if (status == ORR_OK) status = check_listed(b, err);
    for (uint32_t i = b->first_file; status == ORR_OK && i < b->entry_count; i++)
        status = check_native(b, &b->entries[i], err);
    return status;
}

static orr_status open_bundle(int fd, bool owns, const char *name, orr_bundle **out, orr_error *err) {
    orr_bundle *b = orr_calloc(1, sizeof *b);
    if (!b) {
        if (owns) orr_fd_close(&fd);
        return orr_fail(err, ORR_E_MEMORY, name, "no memory to open '%s'", name);
    }
    b->fd = fd;
    b->owns_fd = owns;
    b->path = orr_arena_strdup(&b->arena, name);
    orr_status status =
        b->path ? read_bundle(b, err) : orr_fail(err, ORR_E_MEMORY, name, "no memory to open '%s'", name);
    if (status == ORR_OK)
        *out = b;
    else
        orr_bundle_close(&b);
    return status;
}

orr_status orr_bundle_open(const char *path, orr_bundle **out, orr_error *err) {
    int fd = -1;
    *out = NULL;
    orr_status status = orr_fd_open(path, &fd, err);
    return status == ORR_OK ? open_bundle(fd, true, path, out, err) : status;
}

orr_status orr_bundle_open_fd(int fd, const char *name, orr_bundle **out, orr_error *err) {
    *out = NULL;
    return open_bundle(fd, false, name, out, err);
}

void orr_bundle_close(orr_bundle **bundle) {
    orr_bundle *b = *bundle;
    if (!b) return;
    if (b->owns_fd) orr_fd_close(&b->fd);
    free(b->manifest_bytes);
    orr_arena_free(&b->arena);
    free(b);
    *bundle = NULL;
}

/* --- looking ------------------------------------------------------------------------------------------ */

int orr_bundle_fd(const orr_bundle *bundle) {
    return bundle->fd;
}

const char *orr_bundle_path(const orr_bundle *bundle) {
    return bundle->path;
}

const orr_bundle_manifest *orr_bundle_get_manifest(const orr_bundle *bundle) {
    return &bundle->manifest.shown;
}

void orr_bundle_manifest_digest(const orr_bundle *bundle, char hex[65]) {
    orr_digest_hex(&bundle->manifest_digest, hex);
}

bool orr_bundle_is_signed(const orr_bundle *bundle) {
    return bundle->is_signed;
}

orr_status orr_bundle_read(const orr_bundle *bundle, const char *name, uint64_t max_bytes, uint8_t **data,
                           size_t *size, orr_error *err) {
    const orr_bundle_file *file = orr_bundle_manifest_find(&bundle->manifest.shown, name);
    *data = NULL;
    *size = 0;
    if (!file)
        return orr_fail(err, ORR_E_NOT_FOUND, name, "there is no '%s' in the bundle '%s'", name,
                        bundle->path);
    if (file->size_bytes > max_bytes)
        return orr_fail(err, ORR_E_LIMIT, name, "'%s' has %llu bytes; at most %llu are accepted", name,
                        (unsigned long long)file->size_bytes, (unsigned long long)max_bytes);
    const orr_zip_entry *entry =
        &bundle->entries[bundle->first_file + (size_t)(file - bundle->manifest.shown.files)];
    orr_status status = read_whole(bundle, entry, data, size, err);
    if (status != ORR_OK) return status;
    orr_digest digest = orr_digest_of(*data, *size);
    if (orr_digest_equal(&digest, &file->digest)) return ORR_OK;
    free(*data);
    *data = NULL;
    *size = 0;
    return orr_fail(err, ORR_E_DIGEST, name, "the entry '%s' of '%s' is not what the manifest's digest says",
                    name, bundle->path);
}
