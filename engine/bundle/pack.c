/* Packing: what is asked for, checked and put in order; a delta is what remains of it over its base. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/version.h"
#include "bundle/bundle_private.h"
#include "orrery/module.h"

typedef struct packing {
    const orr_bundle_pack_params *params;
    const char *out;
    orr_arena arena;
    orr_bundle *base;
    orr_bundle_key key;
    orr_bundle_plan plan;
} packing;

static orr_status no_memory(const packing *p, orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, p->out, "no memory to pack '%s'", p->out);
}

/* --- what is asked for -------------------------------------------------------------------------------- */

static orr_status add_source(const orr_bundle_source *source, orr_bundle_item *item, orr_error *err) {
    static const uint8_t nothing[1];
    size_t length = strlen(source->name);
    orr_status status = orr_bundle_check_name(source->name, length, err);
    if (status != ORR_OK) return status;
    item->zip.name = source->name;
    item->zip.name_bytes = (uint16_t)length;
    item->zip.size_bytes = source->size;
    item->licence = source->licence ? source->licence : "";
    item->path = source->path;
    item->digested = source->expected != NULL;
    if (source->expected) item->digest = *source->expected;
    item->data = source->path ? NULL : source->data ? source->data : nothing;
    if (strlen(item->licence) > ORR_BUNDLE_MAX_LICENCE || !orr_bundle_is_text(item->licence))
        return orr_fail(err, ORR_E_BAD_DATA, source->name,
                        "the licence of '%s' must be UTF-8 without control characters, at most %d bytes",
                        source->name, ORR_BUNDLE_MAX_LICENCE);
    if (!source->path) return ORR_OK;
    int fd = -1;
    status = orr_fd_open(source->path, &fd, err);
    if (status == ORR_OK) status = orr_fd_size(fd, source->path, &item->zip.size_bytes, err);
    orr_fd_close(&fd);
    return status;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const orr_bundle_item *)a)->zip.name, ((const orr_bundle_item *)b)->zip.name);
}

static orr_status check_names(packing *p, orr_error *err) {
    const orr_bundle_plan *plan = &p->plan;
    const char **names = ORR_ARENA_NEW(&p->arena, const char *, plan->count + 2);
    if (!names) return no_memory(p, err);
    for (size_t i = 0; i < plan->count; i++) names[i] = plan->items[i].zip.name;
    names[plan->count] = ORR_BUNDLE_MANIFEST;
    names[plan->count + 1] = ORR_BUNDLE_SIGNATURE;
    return orr_bundle_check_names(names, plan->count + 2, err);
}

static orr_status add_sources(packing *p, orr_error *err) {
    const orr_bundle_pack_params *params = p->params;
    orr_bundle_plan *plan = &p->plan;
    uint64_t total = 0;
    if (params->source_count > ORR_BUNDLE_MAX_ENTRIES)
        return orr_fail(err, ORR_E_LIMIT, p->out, "%u files; a bundle has at most %d", params->source_count,
                        ORR_BUNDLE_MAX_ENTRIES);
    plan->items = ORR_ARENA_NEW(&p->arena, orr_bundle_item, params->source_count + 1u);
    if (!plan->items) return no_memory(p, err);
    for (; plan->count < params->source_count; plan->count++) {
        orr_bundle_item *item = &plan->items[plan->count];
        orr_status status = add_source(&params->sources[plan->count], item, err);
        if (status != ORR_OK) return status;
        total += item->zip.size_bytes;
        if (item->zip.size_bytes > ORR_BUNDLE_MAX_BYTES || total > ORR_BUNDLE_MAX_BYTES)
            return orr_fail(err, ORR_E_LIMIT, p->out, "a bundle holds at most 1 TiB");
    }
    qsort(plan->items, plan->count, sizeof *plan->items, by_name);
    return check_names(p, err);
}

/* The scripts to start with, and values of their parameters: as the reader wants them. */
static orr_status add_starts(packing *p, orr_error *err) {
    orr_bundle_manifest *m = &p->plan.manifest.shown;
    m->entry_count = p->params->entry_count;
    m->entries = ORR_ARENA_NEW(&p->arena, orr_bundle_entry, m->entry_count + 1u);
    if (!m->entries) return no_memory(p, err);
    if (m->entry_count) memcpy(m->entries, p->params->entries, m->entry_count * sizeof *m->entries);
    for (uint32_t i = 0; i < m->entry_count; i++) {
        const orr_bundle_entry *entry = &m->entries[i];
        const orr_bundle_item key = {.zip = {.name = entry->script}};
        if (!bsearch(&key, p->plan.items, p->plan.count, sizeof key, by_name))
            return orr_fail(err, ORR_E_NOT_FOUND, p->out, "the entry script '%s' is not among what is packed",
                            entry->script);
        for (uint32_t k = 0; k < entry->set_count; k++) {
            for (uint32_t n = 0; n < k; n++)
                if (strcmp(entry->sets[n].name, entry->sets[k].name) == 0)
                    return orr_fail(err, ORR_E_EXISTS, p->out, "'%s' is set twice for '%s'",
                                    entry->sets[k].name, entry->script);
        }
    }
    return ORR_OK;
}

/* --- a delta ------------------------------------------------------------------------------------------ */

/* The digest and, with a key, the signature of the manifest that packing the whole would make. */
static orr_status promise_result(packing *p, orr_error *err) {
    orr_bundle_full_manifest *m = &p->plan.manifest;
    orr_text text = {0};
    m->shown.files = ORR_ARENA_NEW(&p->arena, orr_bundle_file, p->plan.count + 1);
    m->shown.file_count = (uint32_t)p->plan.count;
    if (!m->shown.files) return no_memory(p, err);
    orr_bundle_list_items(p->plan.items, p->plan.count, m->shown.files);
    orr_bundle_manifest_write(m, &text);
    orr_status status = text.failed ? no_memory(p, err) : ORR_OK;
    if (status == ORR_OK) m->result.manifest = orr_digest_of(text.data, text.length);
    m->result.is_signed = p->plan.key != NULL;
    if (status == ORR_OK && p->plan.key)
        orr_bundle_sign(p->plan.key, text.data, text.length, m->result.signature);
    orr_text_free(&text);
    return status;
}

static orr_status list_removed(packing *p, orr_error *err) {
    const orr_bundle_manifest *base = &p->base->manifest.shown;
    orr_bundle_manifest *m = &p->plan.manifest.shown;
    m->removed = ORR_ARENA_NEW(&p->arena, const char *, base->file_count + 1u);
    if (!m->removed) return no_memory(p, err);
    for (uint32_t i = 0; i < base->file_count; i++)
        if (!orr_bundle_manifest_find(m, base->files[i].name))
            m->removed[m->removed_count++] = base->files[i].name;
    return ORR_OK;
}

/* An entry is the same when all that a manifest says of it is. */
static bool is_same(const orr_bundle_item *item, const orr_bundle_file *file) {
    return file && file->size_bytes == item->zip.size_bytes && strcmp(file->licence, item->licence) == 0 &&
           orr_digest_equal(&file->digest, &item->digest);
}

static orr_status reduce_to_delta(packing *p, orr_error *err) {
    orr_bundle_plan *plan = &p->plan;
    const orr_bundle_manifest *base = &p->base->manifest.shown;
    char *hex = ORR_ARENA_NEW(&p->arena, char, 65);
    orr_bundle_writing digests = {
        .jobs = plan->jobs, .out = p->out, .items = plan->items, .count = plan->count};
    if (base->base_digest)
        return orr_fail(err, ORR_E_BAD_DATA, p->params->base, "'%s' is a delta itself: apply it first",
                        p->params->base);
    if (p->base->manifest.compressed != plan->manifest.compressed)
        return orr_fail(err, ORR_E_ARGUMENT, p->params->base,
                        "'%s' is %scompressed: a delta over it must be so too", p->params->base,
                        p->base->manifest.compressed ? "" : "not ");
    orr_status status = orr_bundle_write_items(&digests, err);
    if (status == ORR_OK) status = promise_result(p, err);
    if (status == ORR_OK) status = list_removed(p, err);
    if (status == ORR_OK && !hex) status = no_memory(p, err);
    if (status != ORR_OK) return status;
    orr_bundle_manifest_digest(p->base, hex);
    plan->manifest.shown.base_digest = hex;
    size_t kept = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (!is_same(&plan->items[i], orr_bundle_manifest_find(base, plan->items[i].zip.name)))
            plan->items[kept++] = plan->items[i];
    plan->count = kept;
    return ORR_OK;
}

/* --- all of it ---------------------------------------------------------------------------------------- */

static orr_status pack(packing *p, orr_bundle_pack_report *report, orr_error *err) {
    const orr_bundle_pack_params *params = p->params;
    orr_status status = ORR_OK;
    if (params->secret_key) {
        status = orr_bundle_key_read(params->secret_key, true, &p->key, err);
        p->plan.key = &p->key;
    }
    if (status == ORR_OK && params->base) status = orr_bundle_open(params->base, &p->base, err);
    if (status == ORR_OK) status = add_sources(p, err);
    if (status == ORR_OK) status = add_starts(p, err);
    if (status == ORR_OK && p->base) status = reduce_to_delta(p, err);
    return status == ORR_OK ? orr_bundle_assemble(&p->plan, p->out, report, err) : status;
}

orr_status orr_bundle_pack(const orr_bundle_pack_params *params, const char *out,
                           orr_bundle_pack_report *report, orr_error *err) {
    packing p = {.params = params, .out = out};
    p.plan.jobs = params->jobs;
    p.plan.deflate = p.plan.manifest.compressed = params->compress;
    p.plan.manifest.shown.engine_version = orr_version();
    p.plan.manifest.shown.abi_major = ORR_ABI_MAJOR;
    p.plan.manifest.shown.abi_minor = ORR_ABI_MINOR;
    orr_status status = pack(&p, report, err);
    orr_bundle_close(&p.base);
    orr_bundle_key_wipe(&p.key);
    orr_arena_free(&p.arena);
    return status;
}
