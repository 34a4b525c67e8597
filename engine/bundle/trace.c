#include "bundle/trace.h"

#include <jansson.h>
#include <string.h>

#include "bundle/bundle_private.h"

enum { MAX_ROWS = 65536 };

static orr_status no_memory(orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the list of files read");
}

/* --- writing ---------------------------------------------------------------------------------- */

/* `, "name": "value"` */
static void put_text(orr_text *out, const char *name, const char *value) {
    orr_text_printf(out, ", \"%s\": ", name);
    if (value)
        orr_text_json_string(out, value);
    else
        orr_text_puts(out, "null");
}

static void print_sets(orr_text *out, const char *name, const orr_bundle_set *sets, uint32_t count) {
    orr_text_printf(out, ",\n \"%s\": [", name);
    for (uint32_t i = 0; i < count; i++) {
        orr_text_puts(out, i ? ",\n  {\"name\": " : "\n  {\"name\": ");
        orr_text_json_string(out, sets[i].name);
        put_text(out, "value", sets[i].value);
        orr_text_puts(out, "}");
    }
    orr_text_puts(out, "]");
}

void orr_trace_print(const orr_trace *trace, orr_text *out) {
    orr_text_puts(out, "{\"script\": ");
    orr_text_json_string(out, trace->script);
    put_text(out, "sequence", trace->sequence);
    put_text(out, "golden", trace->golden);
    print_sets(out, "sets", trace->sets, trace->set_count);
    print_sets(out, "assets", trace->assets, trace->asset_count);
    orr_text_puts(out, ",\n \"files\": [");
    for (uint32_t i = 0; i < trace->read_count; i++) {
        const orr_read *read = &trace->reads[i];
        char hex[65];
        orr_digest_hex(&read->digest, hex);
        orr_text_printf(out, "%s\n  {\"kind\": \"%s\"", i ? "," : "", orr_read_kind_name(read->kind));
        put_text(out, "path", read->path);
        orr_text_printf(out, ", \"size_bytes\": %llu, \"sha256\": \"%s\"",
                        (unsigned long long)read->size_bytes, hex);
        put_text(out, "asked", read->asked);
        put_text(out, "under", read->under);
        orr_text_puts(out, "}");
    }
    orr_text_puts(out, "\n ]}\n");
}

/* --- reading ---------------------------------------------------------------------------------- */

typedef struct reader {
    orr_trace *trace;
    const char *name;
    orr_error *err;
    orr_status status;
} reader;

static void wrong(reader *r, const char *what, const char *why) {
    if (r->status == ORR_OK)
        r->status =
            orr_fail(r->err, ORR_E_BAD_DATA, r->name,
                     "%s: %s %s: this is not what `orrery bundle trace --json` writes", r->name, what, why);
}

/* An object with these keys, all of them and no more. */
static bool has_keys(reader *r, const json_t *object, const char *what, const char *const *keys) {
    size_t count = 0;
    for (; keys[count]; count++)
        if (!json_object_get(object, keys[count])) wrong(r, what, "lacks a key");
    if (!json_is_object(object) || json_object_size(object) != count) wrong(r, what, "has other keys");
    return r->status == ORR_OK;
}

static const char *text_of(reader *r, const json_t *object, const char *key, bool optional) {
    const json_t *value = json_object_get(object, key);
    if (optional && json_is_null(value)) return NULL;
    const char *text = json_string_value(value);
    if (!text || strlen(text) != json_string_length(value)) wrong(r, key, "is no text");
    const char *kept = text ? orr_arena_strdup(&r->trace->arena, text) : NULL;
    if (text && !kept && r->status == ORR_OK) r->status = no_memory(r->err);
    return kept;
}

static size_t rows_of(reader *r, const json_t *object, const char *key) {
    const json_t *array = json_object_get(object, key);
    if (!json_is_array(array) || json_array_size(array) > MAX_ROWS)
        wrong(r, key, "is no list of at most 65536");
    return r->status == ORR_OK ? json_array_size(array) : 0;
}

static const orr_bundle_set *sets_of(reader *r, const json_t *object, const char *key, uint32_t *count) {
    static const char *const keys[] = {"name", "value", NULL};
    size_t rows = rows_of(r, object, key);
    orr_bundle_set *sets = ORR_ARENA_NEW(&r->trace->arena, orr_bundle_set, rows + 1);
    for (size_t i = 0; sets && i < rows; i++) {
        const json_t *row = json_array_get(json_object_get(object, key), i);
        if (!has_keys(r, row, key, keys)) break;
        sets[i] = (orr_bundle_set){text_of(r, row, "name", false), text_of(r, row, "value", false)};
    }
    if (!sets && r->status == ORR_OK) r->status = no_memory(r->err);
    *count = (uint32_t)rows;
    return sets;
}

static void read_file(reader *r, const json_t *row, orr_read *read) {
    static const char *const keys[] = {"kind", "path", "size_bytes", "sha256", "asked", "under", NULL};
    if (!has_keys(r, row, "files", keys)) return;
    const char *kind = text_of(r, row, "kind", false);
    bool known = false;
    for (int k = ORR_READ_SCRIPT; kind && k <= ORR_READ_OTHER; k++) {
        if (strcmp(orr_read_kind_name((orr_read_kind)k), kind) != 0) continue;
        read->kind = (orr_read_kind)k;
        known = true;
    }
    if (!known) wrong(r, "kind", "is none that there is");
    read->path = text_of(r, row, "path", false);
    read->asked = text_of(r, row, "asked", false);
    read->under = text_of(r, row, "under", false);
    json_int_t size = json_integer_value(json_object_get(row, "size_bytes"));
    if (!json_is_integer(json_object_get(row, "size_bytes")) || size < 0)
        wrong(r, "size_bytes", "is no size");
    read->size_bytes = (uint64_t)size;
    const char *hex = text_of(r, row, "sha256", false);
    if (!hex || !orr_bundle_hex_read(hex, read->digest.bytes, sizeof read->digest.bytes))
        wrong(r, "sha256", "is no digest");
}

static void read_trace(reader *r, const json_t *root) {
    static const char *const keys[] = {"script", "sequence", "golden", "sets", "assets", "files", NULL};
    orr_trace *trace = r->trace;
    if (!has_keys(r, root, "the object", keys)) return;
    trace->script = text_of(r, root, "script", false);
    trace->sequence = text_of(r, root, "sequence", true);
    trace->golden = text_of(r, root, "golden", true);
    trace->sets = sets_of(r, root, "sets", &trace->set_count);
    trace->assets = sets_of(r, root, "assets", &trace->asset_count);
    size_t rows = rows_of(r, root, "files");
    orr_read *reads = ORR_ARENA_NEW(&trace->arena, orr_read, rows + 1);
    if (!reads && r->status == ORR_OK) r->status = no_memory(r->err);
    for (size_t i = 0; i < rows && r->status == ORR_OK; i++)
        read_file(r, json_array_get(json_object_get(root, "files"), i), &reads[i]);
    trace->reads = reads;
    trace->read_count = (uint32_t)rows;
}

orr_status orr_trace_parse(const char *text, size_t size, const char *name, orr_trace *trace,
                           orr_error *err) {
    json_error_t problem;
    if (size > ORR_TRACE_MAX_BYTES)
        return orr_fail(err, ORR_E_LIMIT, name, "%s: a trace of %zu bytes; %d are accepted", name, size,
                        ORR_TRACE_MAX_BYTES);
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    if (!root) return orr_fail(err, ORR_E_BAD_DATA, name, "%s:%d: %s", name, problem.line, problem.text);
    reader r = {trace, name, err, ORR_OK};
    read_trace(&r, root);
    json_decref(root);
    return r.status;
}
