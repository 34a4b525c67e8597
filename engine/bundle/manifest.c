/* The manifest written; reading it is manifest_read.c. */
#include <string.h>

#include "base/text.h"
#include "bundle/bundle_private.h"

/* `, "name": "value"` and so on: one line of JSON for each file, so that two manifests can be told apart by
 * `diff` too. */
static void put_entry(const orr_bundle_entry *entry, orr_text *out) {
    orr_text_puts(out, "{\"script\": ");
    orr_text_json_string(out, entry->script);
    if (entry->set_count) orr_text_puts(out, ", \"set\": {");
    for (uint32_t i = 0; i < entry->set_count; i++) {
        if (i) orr_text_puts(out, ", ");
        orr_text_json_string(out, entry->sets[i].name);
        orr_text_puts(out, ": ");
        orr_text_json_string(out, entry->sets[i].value);
    }
    orr_text_puts(out, entry->set_count ? "}}" : "}");
}

static void put_file(const orr_bundle_file *file, orr_text *out) {
    char hex[65];
    orr_digest_hex(&file->digest, hex);
    orr_text_puts(out, "{\"name\": ");
    orr_text_json_string(out, file->name);
    orr_text_printf(out, ", \"bytes\": %llu, \"sha256\": \"%s\"", (unsigned long long)file->size_bytes, hex);
    if (file->licence[0]) {
        orr_text_puts(out, ", \"licence\": ");
        orr_text_json_string(out, file->licence);
    }
    orr_text_puts(out, "}");
}

static void put_delta(const orr_bundle_full_manifest *manifest, orr_text *out) {
    char hex[2 * ORR_BUNDLE_SIGNATURE_BYTES + 1];
    orr_text_printf(out, ",\n\"base\": \"%s\"", manifest->shown.base_digest);
    orr_digest_hex(&manifest->result.manifest, hex);
    orr_text_printf(out, ",\n\"result\": \"%s\"", hex);
    if (manifest->result.is_signed) {
        orr_bundle_hex_write(manifest->result.signature, ORR_BUNDLE_SIGNATURE_BYTES, hex);
        orr_text_printf(out, ",\n\"result_signature\": \"%s\"", hex);
    }
    orr_text_puts(out, ",\n\"removed\": [");
    for (uint32_t i = 0; i < manifest->shown.removed_count; i++) {
        orr_text_puts(out, i ? ",\n  " : "\n  ");
        orr_text_json_string(out, manifest->shown.removed[i]);
    }
    orr_text_puts(out, "]");
}

void orr_bundle_manifest_write(const orr_bundle_full_manifest *manifest, orr_text *out) {
    const orr_bundle_manifest *shown = &manifest->shown;
    orr_text_puts(out, "{\n\"orrery_bundle\": 1,\n\"engine\": ");
    orr_text_json_string(out, shown->engine_version);
    orr_text_printf(out, ",\n\"abi\": [%u, %u],\n\"compressed\": %s", shown->abi_major, shown->abi_minor,
                    manifest->compressed ? "true" : "false");
    if (shown->base_digest) put_delta(manifest, out);
    orr_text_puts(out, ",\n\"entries\": [");
    for (uint32_t i = 0; i < shown->entry_count; i++) {
        orr_text_puts(out, i ? ",\n  " : "\n  ");
        put_entry(&shown->entries[i], out);
    }
    orr_text_puts(out, "],\n\"files\": [");
    for (uint32_t i = 0; i < shown->file_count; i++) {
        orr_text_puts(out, i ? ",\n  " : "\n  ");
        put_file(&shown->files[i], out);
    }
    orr_text_puts(out, "]\n}\n");
}

void orr_bundle_hex_write(const uint8_t *bytes, size_t count, char *hex) {
    for (size_t i = 0; i < count; i++) orr_format(hex + 2 * i, 3, "%02x", bytes[i]);
}

bool orr_bundle_hex_read(const char *hex, uint8_t *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    if (strlen(hex) != 2 * count) return false;
    for (size_t i = 0; i < 2 * count; i++) {
        const char *digit = strchr(digits, hex[i]);
        if (!digit) return false;
        bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | (digit - digits));
    }
    return true;
}

const orr_bundle_file *orr_bundle_manifest_find(const orr_bundle_manifest *manifest, const char *name) {
    size_t low = 0, high = manifest->file_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(manifest->files[middle].name, name);
        if (order == 0) return &manifest->files[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

orr_status orr_bundle_manifest_check(const char *path, const orr_bundle_manifest *manifest, orr_error *err) {
    for (uint32_t i = 0; i < manifest->entry_count && !manifest->base_digest; i++)
        if (!orr_bundle_manifest_find(manifest, manifest->entries[i].script))
            return orr_fail(err, ORR_E_NOT_FOUND, path, "the entry script '%s' is not in the bundle '%s'",
                            manifest->entries[i].script, path);
    return ORR_OK;
}
