/* The manifest read: strict, every key known, every value of its type and within its bounds. */
#include <jansson.h>
#include <string.h>

#include "bundle/bundle_private.h"

enum { MAX_STARTS = 1024, MAX_SETS = 1024, MAX_VALUE = 65536, MAX_VALUES = 1 << 20 };

typedef struct reading {
    const char *path;
    orr_arena *arena;
    orr_error *err;
} reading;

static orr_status bad(const reading *r, const char *key, const char *what) {
    return orr_fail(r->err, ORR_E_BAD_DATA, r->path, "the manifest of '%s': \"%s\" %s", r->path, key, what);
}

static orr_status no_memory(const reading *r) {
    return orr_fail(r->err, ORR_E_MEMORY, r->path, "no memory for the manifest of '%s'", r->path);
}

/* Whether `object`, the value of `name`, has keys among `keys` (NULL ends them) alone, and the first `needed`
 * of them. */
static orr_status check_keys(const reading *r, json_t *object, const char *name, const char *const *keys,
                             size_t needed) {
    const char *key;
    json_t *value;
    if (!json_is_object(object)) return bad(r, name, "must hold objects, written {…}");
    json_object_foreach(object, key, value) {
        size_t i = 0;
        while (keys[i] && strcmp(keys[i], key) != 0) i++;
        if (!keys[i])
            return orr_fail(r->err, ORR_E_UNKNOWN_KEY, r->path, "the manifest of '%s': unknown key \"%.64s\"",
                            r->path, orr_bundle_is_text(key) ? key : "?");
    }
    for (size_t i = 0; i < needed; i++)
        if (!json_object_get(object, keys[i])) return bad(r, keys[i], "is missing");
    return ORR_OK;
}

static orr_status read_text(const reading *r, json_t *value, const char *key, size_t max, const char **out) {
    const char *text = json_string_value(value);
    if (!text || strlen(text) > max || !orr_bundle_is_text(text))
        return orr_fail(
            r->err, ORR_E_BAD_DATA, r->path,
            "the manifest of '%s': \"%s\" must be a text of at most %zu bytes, without control characters",
            r->path, key, max);
    *out = orr_arena_strdup(r->arena, text);
    return *out ? ORR_OK : no_memory(r);
}

static orr_status read_number(const reading *r, json_t *value, const char *key, uint64_t max, uint64_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) > max)
        return bad(r, key, "must be a whole number, not negative, and not as large");
    *out = (uint64_t)json_integer_value(value);
    return ORR_OK;
}

static orr_status read_hex(const reading *r, json_t *value, const char *key, uint8_t *out, size_t count) {
    const char *hex = json_string_value(value);
    return hex && orr_bundle_hex_read(hex, out, count) ? ORR_OK
                                                       : bad(r, key, "must be lower-case hexadecimal digits");
}

static orr_status read_name(const reading *r, json_t *value, const char *key, const char **out) {
    orr_status status = read_text(r, value, key, ORR_BUNDLE_MAX_NAME, out);
    if (status != ORR_OK) return status;
    status = orr_bundle_check_name(*out, strlen(*out), r->err);
    return status == ORR_OK ? ORR_OK : orr_error_prefix(r->err, "the manifest of '%s'", r->path);
}

static orr_status check_array(const reading *r, json_t *value, const char *key, size_t max) {
    if (json_is_array(value) && json_array_size(value) <= max) return ORR_OK;
    return orr_fail(r->err, ORR_E_BAD_DATA, r->path,
                    "the manifest of '%s': \"%s\" must be a list of at most %zu", r->path, key, max);
}

/* --- its parts ---------------------------------------------------------------------------------------- */

static orr_status read_sets(const reading *r, json_t *sets, orr_bundle_entry *out) {
    const char *key;
    json_t *value;
    uint32_t n = 0;
    if (!sets) return ORR_OK;
    if (!json_is_object(sets) || json_object_size(sets) > MAX_SETS)
        return bad(r, "set", "must be an object of names and texts");
    orr_bundle_set *copies = ORR_ARENA_NEW(r->arena, orr_bundle_set, json_object_size(sets) + 1);
    if (!copies) return no_memory(r);
    out->sets = copies;
    json_object_foreach(sets, key, value) {
        if (!orr_bundle_is_text(key)) return bad(r, "set", "has a name with control characters");
        copies[n].name = orr_arena_strdup(r->arena, key);
        if (!copies[n].name) return no_memory(r);
        orr_status status = read_text(r, value, "set", MAX_VALUE, &copies[n++].value);
        if (status != ORR_OK) return status;
        out->set_count = n;
    }
    return ORR_OK;
}

static orr_status read_starts(const reading *r, json_t *list, orr_bundle_manifest *out) {
    static const char *const keys[] = {"script", "set", NULL};
    orr_status status = check_array(r, list, "entries", MAX_STARTS);
    if (status != ORR_OK) return status;
    out->entries = ORR_ARENA_NEW(r->arena, orr_bundle_entry, json_array_size(list) + 1);
    if (!out->entries) return no_memory(r);
    for (; out->entry_count < json_array_size(list); out->entry_count++) {
        json_t *entry = json_array_get(list, out->entry_count);
        orr_bundle_entry *to = &out->entries[out->entry_count];
        status = check_keys(r, entry, "entries", keys, 1);
        if (status == ORR_OK) status = read_name(r, json_object_get(entry, "script"), "script", &to->script);
        if (status == ORR_OK) status = read_sets(r, json_object_get(entry, "set"), to);
        if (status != ORR_OK) return status;
    }
    return ORR_OK;
}

static orr_status read_file(const reading *r, json_t *file, orr_bundle_file *to) {
    static const char *const keys[] = {"name", "bytes", "sha256", "licence", NULL};
    json_t *licence = json_object_get(file, "licence");
    to->licence = "";
    orr_status status = check_keys(r, file, "files", keys, 3);
    if (status == ORR_OK) status = read_name(r, json_object_get(file, "name"), "name", &to->name);
    if (status == ORR_OK)
        status =
            read_number(r, json_object_get(file, "bytes"), "bytes", ORR_BUNDLE_MAX_BYTES, &to->size_bytes);
    if (status == ORR_OK)
        status = read_hex(r, json_object_get(file, "sha256"), "sha256", to->digest.bytes, 32);
    if (status == ORR_OK && licence)
        status = read_text(r, licence, "licence", ORR_BUNDLE_MAX_LICENCE, &to->licence);
    return status;
}

static orr_status read_files(const reading *r, json_t *list, orr_bundle_manifest *out) {
    orr_status status = check_array(r, list, "files", ORR_BUNDLE_MAX_ENTRIES);
    if (status != ORR_OK) return status;
    out->files = ORR_ARENA_NEW(r->arena, orr_bundle_file, json_array_size(list) + 1);
    if (!out->files) return no_memory(r);
    for (; out->file_count < json_array_size(list); out->file_count++) {
        orr_bundle_file *to = &out->files[out->file_count];
        status = read_file(r, json_array_get(list, out->file_count), to);
        if (status != ORR_OK) return status;
        if (out->file_count > 0 && strcmp(to[-1].name, to->name) >= 0)
            return bad(r, to->name, "is out of order: \"files\" is sorted by name, each once");
    }
    return ORR_OK;
}

static orr_status read_removed(const reading *r, json_t *list, orr_bundle_manifest *out) {
    orr_status status = check_array(r, list, "removed", ORR_BUNDLE_MAX_ENTRIES);
    if (status != ORR_OK) return status;
    out->removed = ORR_ARENA_NEW(r->arena, const char *, json_array_size(list) + 1);
    if (!out->removed) return no_memory(r);
    for (; out->removed_count < json_array_size(list); out->removed_count++) {
        const char **to = &out->removed[out->removed_count];
        status = read_name(r, json_array_get(list, out->removed_count), "removed", to);
        if (status != ORR_OK) return status;
        if (out->removed_count > 0 && strcmp(to[-1], *to) >= 0)
            return bad(r, *to, "is out of order: \"removed\" is sorted, each name once");
    }
    return ORR_OK;
}

static orr_status read_delta(const reading *r, json_t *root, orr_bundle_full_manifest *out) {
    json_t *signature = json_object_get(root, "result_signature");
    uint8_t base[32];
    orr_status status = read_hex(r, json_object_get(root, "base"), "base", base, 32);
    if (status == ORR_OK)
        status = read_text(r, json_object_get(root, "base"), "base", 64, &out->shown.base_digest);
    if (status == ORR_OK)
        status = read_hex(r, json_object_get(root, "result"), "result", out->result.manifest.bytes, 32);
    if (status == ORR_OK && signature)
        status =
            read_hex(r, signature, "result_signature", out->result.signature, ORR_BUNDLE_SIGNATURE_BYTES);
    out->result.is_signed = signature != NULL;
    return status == ORR_OK ? read_removed(r, json_object_get(root, "removed"), &out->shown) : status;
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static orr_status read_head(const reading *r, json_t *root, orr_bundle_full_manifest *out) {
    uint64_t version = 0, major = 0, minor = 0;
    json_t *abi = json_object_get(root, "abi"), *compressed = json_object_get(root, "compressed");
    orr_status status =
        read_number(r, json_object_get(root, "orrery_bundle"), "orrery_bundle", 1000000, &version);
    if (status == ORR_OK && version != 1)
        return orr_fail(r->err, ORR_E_VERSION, r->path,
                        "'%s' is a bundle of format %llu; this program reads format 1", r->path,
                        (unsigned long long)version);
    if (status == ORR_OK)
        status = read_text(r, json_object_get(root, "engine"), "engine", 64, &out->shown.engine_version);
    if (status == ORR_OK && (!json_is_array(abi) || json_array_size(abi) != 2))
        status = bad(r, "abi", "must be two whole numbers");
    if (status == ORR_OK) status = read_number(r, json_array_get(abi, 0), "abi", UINT32_MAX, &major);
    if (status == ORR_OK) status = read_number(r, json_array_get(abi, 1), "abi", UINT32_MAX, &minor);
    if (status == ORR_OK && !json_is_boolean(compressed))
        status = bad(r, "compressed", "must be true or false");
    out->shown.abi_major = (uint32_t)major;
    out->shown.abi_minor = (uint32_t)minor;
    out->compressed = json_is_true(compressed);
    return status;
}

static orr_status read_root(const reading *r, json_t *root, orr_bundle_full_manifest *out) {
    static const char *const whole[] = {"orrery_bundle", "engine", "abi", "compressed",
                                        "entries",       "files",  NULL};
    static const char *const delta[] = {"orrery_bundle",    "engine", "abi",     "compressed",
                                        "entries",          "files",  "removed", "result",
                                        "result_signature", "base",   NULL};
    /* The version first: what a later format adds is no unknown key of this one. */
    if (!json_is_object(root) || !json_object_get(root, "orrery_bundle"))
        return bad(r, "orrery_bundle", "is missing: it is no manifest");
    bool is_delta = json_object_get(root, "base") != NULL;
    orr_status status = read_head(r, root, out);
    if (status == ORR_OK)
        status = check_keys(r, root, "manifest", is_delta ? delta : whole, is_delta ? 8 : 6);
    if (status == ORR_OK && is_delta) status = read_delta(r, root, out);
    if (status == ORR_OK) status = read_starts(r, json_object_get(root, "entries"), &out->shown);
    if (status == ORR_OK) status = read_files(r, json_object_get(root, "files"), &out->shown);
    return status == ORR_OK ? orr_bundle_manifest_check(r->path, &out->shown, r->err) : status;
}

/* A parsed value takes a hundred times the bytes of its text: how many there are is bounded first. */
static bool has_too_many(const uint8_t *json, size_t size) {
    size_t values = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (json[i] == '"') quoted = !quoted;
        if (quoted && json[i] == '\\') i++;
        if (!quoted && (json[i] == ',' || json[i] == '[' || json[i] == '{')) values++;
    }
    return values > MAX_VALUES;
}

orr_status orr_bundle_manifest_read(const char *path, const uint8_t *json, size_t size, orr_arena *arena,
                                    orr_bundle_full_manifest *out, orr_error *err) {
    const reading r = {path, arena, err};
    json_error_t problem;
    *out = (orr_bundle_full_manifest){0};
    if (has_too_many(json, size))
        return orr_fail(err, ORR_E_LIMIT, path, "the manifest of '%s' has more than %d values", path,
                        MAX_VALUES);
    json_t *root = json_loadb((const char *)json, size, JSON_REJECT_DUPLICATES, &problem);
    if (!root)
        return orr_fail(err, ORR_E_BAD_DATA, path,
                        "the manifest of '%s', line %d: it is no JSON, or has a key twice", path,
                        problem.line);
    orr_status status = read_root(&r, root, out);
    json_decref(root);
    return status;
}
