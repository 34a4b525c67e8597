/* Two bundles compared, and a delta put over its base. */
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle_private.h"

/* --- differences -------------------------------------------------------------------------------------- */

static bool same_file(const orr_bundle_file *a, const orr_bundle_file *b) {
    return a->size_bytes == b->size_bytes && strcmp(a->licence, b->licence) == 0 &&
           orr_digest_equal(&a->digest, &b->digest);
}

orr_status orr_bundle_diff(const orr_bundle *a, const orr_bundle *b, orr_bundle_difference **out,
                           uint32_t *count, orr_error *err) {
    const orr_bundle_manifest *x = &a->manifest.shown, *y = &b->manifest.shown;
    orr_bundle_difference *list = orr_calloc((size_t)x->file_count + y->file_count + 1, sizeof *list);
    uint32_t n = 0;
    if (!list) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory to compare two bundles");
    for (uint32_t i = 0, k = 0; i < x->file_count || k < y->file_count;) {
        const orr_bundle_file *old = i < x->file_count ? &x->files[i] : NULL;
        const orr_bundle_file *new = k < y->file_count ? &y->files[k] : NULL;
        int order = !old ? 1 : !new ? -1 : strcmp(old->name, new->name);
        if (order < 0) list[n++] = (orr_bundle_difference){ORR_BUNDLE_REMOVED, old->name, old->size_bytes, 0};
        if (order > 0) list[n++] = (orr_bundle_difference){ORR_BUNDLE_ADDED, new->name, 0, new->size_bytes};
        if (order == 0 && !same_file(old, new))
            list[n++] =
                (orr_bundle_difference){ORR_BUNDLE_CHANGED, new->name, old->size_bytes, new->size_bytes};
        i += order <= 0;
        k += order >= 0;
    }
    *out = list;
    *count = n;
    return ORR_OK;
}

/* --- applying ----------------------------------------------------------------------------------------- */

static void take(const orr_bundle *from, uint32_t i, orr_bundle_item *item) {
    const orr_bundle_file *file = &from->manifest.shown.files[i];
    item->zip = from->entries[from->first_file + i];
    item->at = item->zip.offset + orr_zip_local_bytes(&item->zip);
    item->fd = from->fd;
    item->raw = true;
    item->licence = file->licence;
    item->digest = file->digest;
}

static bool is_removed(const orr_bundle_manifest *delta, const char *name) {
    for (size_t low = 0, high = delta->removed_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(delta->removed[middle], name);
        if (order == 0) return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* The files of both in one order: the delta's win. */
static size_t merge(const orr_bundle *base, const orr_bundle *delta, orr_bundle_item *items) {
    const orr_bundle_manifest *x = &base->manifest.shown, *y = &delta->manifest.shown;
    size_t n = 0;
    for (uint32_t i = 0, k = 0; i < x->file_count || k < y->file_count;) {
        int order = i == x->file_count   ? 1
                    : k == y->file_count ? -1
                                         : strcmp(x->files[i].name, y->files[k].name);
        if (order >= 0)
            take(delta, k, &items[n++]);
        else if (!is_removed(y, x->files[i].name))
            take(base, i, &items[n++]);
        i += order <= 0;
        k += order >= 0;
    }
    return n;
}

static orr_status check_pair(const orr_bundle *base, const orr_bundle *delta, orr_error *err) {
    char hex[65];
    const char *wanted = delta->manifest.shown.base_digest;
    orr_digest_hex(&base->manifest_digest, hex);
    if (!wanted)
        return orr_fail(err, ORR_E_ARGUMENT, delta->path, "'%s' is a whole bundle, no delta: use it as it is",
                        delta->path);
    if (strcmp(hex, wanted) != 0)
        return orr_fail(
            err, ORR_E_DIGEST, base->path,
            "'%s' is no delta over '%s': it wants the base with the manifest %.16s…, this one's is "
            "%.16s…",
            delta->path, base->path, wanted, hex);
    if (base->manifest.compressed != delta->manifest.compressed)
        return orr_fail(err, ORR_E_BAD_DATA, delta->path, "'%s' and '%s' are not compressed alike",
                        base->path, delta->path);
    return ORR_OK;
}

orr_status orr_bundle_apply(const orr_bundle *base, const orr_bundle *delta, const char *out,
                            orr_bundle_pack_report *report, orr_error *err) {
    const orr_bundle_result *result = &delta->manifest.result;
    orr_status status = check_pair(base, delta, err);
    if (status != ORR_OK) return status;
    size_t most = (size_t)base->manifest.shown.file_count + delta->manifest.shown.file_count;
    orr_bundle_plan plan = {.manifest = delta->manifest, .expected = &result->manifest};
    plan.signature = result->is_signed ? result->signature : NULL;
    plan.manifest.shown.base_digest = NULL;
    plan.manifest.shown.removed = NULL;
    plan.manifest.shown.removed_count = 0;
    plan.items = orr_calloc(most + 1, sizeof *plan.items);
    if (!plan.items) return orr_fail(err, ORR_E_MEMORY, out, "no memory to make '%s'", out);
    plan.count = merge(base, delta, plan.items);
    status = orr_bundle_assemble(&plan, out, report, err);
    free(plan.items);
    return status;
}
