/* A bundle from its items: manifest, signature, contents, directory.
 *
 * The manifest comes first but holds the digests of what follows. Its length does not depend on them, so the
 * contents are written behind the room that it will take. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "bundle/bundle_private.h"

typedef struct assembly {
    orr_bundle_plan *plan;
    orr_part *part;
    const char *out;
    orr_bundle_file *files;
    orr_text text;         /* the manifest */
    orr_zip_entry head[2]; /* of it, and of the signature */
    size_t head_count;
    uint64_t end; /* of what was written */
} assembly;

void orr_bundle_list_items(const orr_bundle_item *items, size_t count, orr_bundle_file *files) {
    for (size_t i = 0; i < count; i++)
        files[i] = (orr_bundle_file){.name = items[i].zip.name,
                                     .size_bytes = items[i].zip.size_bytes,
                                     .digest = items[i].digest,
                                     .licence = items[i].licence};
}

static orr_status write_manifest_text(assembly *a, orr_error *err) {
    orr_bundle_plan *plan = a->plan;
    orr_bundle_list_items(plan->items, plan->count, a->files);
    plan->manifest.shown.files = a->files;
    plan->manifest.shown.file_count = (uint32_t)plan->count;
    a->text.length = 0;
    orr_bundle_manifest_write(&plan->manifest, &a->text);
    if (a->text.failed)
        return orr_fail(err, ORR_E_MEMORY, a->out, "no memory for the manifest of '%s'", a->out);
    if (a->text.length > ORR_BUNDLE_MAX_MANIFEST)
        return orr_fail(err, ORR_E_LIMIT, a->out, "the manifest of '%s' would pass 64 MiB", a->out);
    return ORR_OK;
}

/* What could not be read is not written. */
static orr_status check_manifest(const assembly *a, orr_error *err) {
    orr_arena arena = {0};
    orr_bundle_full_manifest manifest;
    orr_status status = orr_bundle_manifest_read(a->out, (const uint8_t *)a->text.data, a->text.length,
                                                 &arena, &manifest, err);
    orr_arena_free(&arena);
    return status;
}

/* The entries before the contents, and where these begin. */
static orr_status plan_head(assembly *a, uint64_t *end, orr_error *err) {
    orr_status status = write_manifest_text(a, err);
    if (status == ORR_OK) status = check_manifest(a, err);
    if (status != ORR_OK) return status;
    a->head[0] = (orr_zip_entry){.name = ORR_BUNDLE_MANIFEST,
                                 .name_bytes = sizeof ORR_BUNDLE_MANIFEST - 1,
                                 .packed_bytes = a->text.length,
                                 .size_bytes = a->text.length};
    a->head_count = 1;
    *end = orr_zip_local_bytes(&a->head[0]) + a->text.length;
    if (!a->plan->key && !a->plan->signature) return ORR_OK;
    a->head[1] = (orr_zip_entry){.name = ORR_BUNDLE_SIGNATURE,
                                 .name_bytes = sizeof ORR_BUNDLE_SIGNATURE - 1,
                                 .packed_bytes = ORR_BUNDLE_SIGNATURE_BYTES,
                                 .size_bytes = ORR_BUNDLE_SIGNATURE_BYTES,
                                 .offset = *end};
    a->head_count = 2;
    *end += orr_zip_local_bytes(&a->head[1]) + ORR_BUNDLE_SIGNATURE_BYTES;
    return ORR_OK;
}

static orr_status write_header(assembly *a, const orr_zip_entry *entry, orr_error *err) {
    uint8_t header[ORR_ZIP_LOCAL_MAX];
    return orr_part_write(a->part, entry->offset, header, orr_zip_local(entry, header), err);
}

static orr_status write_small(assembly *a, orr_zip_entry *entry, const void *data, orr_error *err) {
    entry->crc = (uint32_t)crc32_z(0, data, (size_t)entry->size_bytes);
    orr_status status = write_header(a, entry, err);
    if (status != ORR_OK) return status;
    return orr_part_write(a->part, entry->offset + orr_zip_local_bytes(entry), data,
                          (size_t)entry->size_bytes, err);
}

static orr_status write_head(assembly *a, orr_error *err) {
    uint8_t signature[ORR_BUNDLE_SIGNATURE_BYTES];
    orr_status status = write_manifest_text(a, err);
    if (status != ORR_OK) return status;
    if (a->text.length != a->head[0].size_bytes)
        return orr_fail(err, ORR_E_INTERNAL, a->out, "the manifest of '%s' changed its length", a->out);
    status = write_small(a, &a->head[0], a->text.data, err);
    if (status != ORR_OK || a->head_count == 1) return status;
    if (a->plan->key)
        orr_bundle_sign(a->plan->key, a->text.data, a->text.length, signature);
    else
        memcpy(signature, a->plan->signature, sizeof signature);
    return write_small(a, &a->head[1], signature, err);
}

static orr_status write_headers(assembly *a, orr_error *err) {
    orr_status status = ORR_OK;
    for (size_t i = 0; status == ORR_OK && i < a->plan->count; i++)
        status = write_header(a, &a->plan->items[i].zip, err);
    return status;
}

static orr_status write_directory(assembly *a, orr_error *err) {
    size_t count = a->plan->count + a->head_count, bytes = 0;
    uint8_t *directory = malloc(count * ORR_ZIP_CENTRAL_MAX + ORR_ZIP_END_MAX);
    if (!directory) return orr_fail(err, ORR_E_MEMORY, a->out, "no memory for the directory of '%s'", a->out);
    for (size_t i = 0; i < count; i++)
        bytes += orr_zip_central(i < a->head_count ? &a->head[i] : &a->plan->items[i - a->head_count].zip,
                                 directory + bytes);
    size_t whole = bytes + orr_zip_end(count, a->end, bytes, directory + bytes);
    orr_status status = orr_part_write(a->part, a->end, directory, whole, err);
    free(directory);
    a->end += whole;
    return status == ORR_OK ? orr_part_truncate(a->part, a->end, err) : status;
}

/* What was promised of the result. */
static orr_status check_result(assembly *a, orr_error *err) {
    orr_bundle *result = NULL;
    orr_status status = orr_bundle_open_fd(orr_part_fd(a->part), a->out, &result, err);
    if (status == ORR_OK) status = orr_bundle_verify(result, NULL, a->plan->jobs, err);
    if (status == ORR_OK && !orr_digest_equal(&result->manifest_digest, a->plan->expected))
        status = orr_fail(err, ORR_E_DIGEST, a->out,
                          "the result has another manifest than the delta says: the delta is damaged");
    orr_bundle_close(&result);
    return status;
}

static orr_status assemble(assembly *a, orr_error *err) {
    orr_bundle_plan *plan = a->plan;
    orr_bundle_writing writing = {.jobs = plan->jobs,
                                  .part = a->part,
                                  .out = a->out,
                                  .deflate = plan->deflate,
                                  .items = plan->items,
                                  .count = plan->count};
    orr_status status = plan_head(a, &writing.at, err);
    if (status == ORR_OK) status = orr_bundle_write_items(&writing, err);
    a->end = writing.at;
    if (status == ORR_OK) status = write_head(a, err);
    if (status == ORR_OK) status = write_headers(a, err);
    if (status == ORR_OK) status = write_directory(a, err);
    return status == ORR_OK && plan->expected ? check_result(a, err) : status;
}

static void report_of(const assembly *a, orr_bundle_pack_report *report) {
    orr_digest digest = orr_digest_of(a->text.data, a->text.length);
    *report = (orr_bundle_pack_report){.file_count = (uint32_t)a->plan->count, .bundle_bytes = a->end};
    for (size_t i = 0; i < a->plan->count; i++) report->content_bytes += a->plan->items[i].zip.size_bytes;
    orr_digest_hex(&digest, report->manifest_digest);
}

orr_status orr_bundle_assemble(orr_bundle_plan *plan, const char *out, orr_bundle_pack_report *report,
                               orr_error *err) {
    assembly a = {.plan = plan, .out = out, .files = orr_calloc(plan->count + 1, sizeof *a.files)};
    if (!a.files) return orr_fail(err, ORR_E_MEMORY, out, "no memory to pack '%s'", out);
    orr_status status = orr_part_begin(out, &a.part, err);
    if (status == ORR_OK) status = assemble(&a, err);
    /* No wait for the disk, which would take longer than all the rest: what a power failure leaves of a
     * bundle is found out by reading it. */
    if (status == ORR_OK) status = orr_part_commit(&a.part, false, err);
    if (status == ORR_OK && report) report_of(&a, report);
    orr_part_drop(&a.part);
    orr_text_free(&a.text);
    free(a.files);
    return status;
}
