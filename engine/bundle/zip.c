/* The records of a zip: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory),
 * 4.3.14 to 4.3.16 (its ends), 4.5.3 (the ZIP64 field). */
#include "bundle/bundle_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"

enum {
    VERSION = 20,
    VERSION_64 = 45,
    FLAG_UTF8 = 0x0800,
    DATE = 0x0021, /* 1980-01-01, the earliest there is */
    MADE_BY_UNIX = 3 << 8,
    END_64_BYTES = 56,
    LOCATOR_BYTES = 20
};
#define MODE_FILE 0100644u /* read by all, written by the owner */
#define FULL_16   0xffffu
#define FULL_32   0xffffffffu

/* --- writing ------------------------------------------------------------------------------------------ */

static uint8_t *put(uint8_t *to, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) *to++ = (uint8_t)(value >> 8 * i);
    return to;
}

static uint64_t capped(uint64_t value, uint64_t most) {
    return value < most ? value : most;
}

/* Packed is never more than unpacked, so one of the two decides. */
static bool is_large(const orr_zip_entry *entry) {
    return entry->size_bytes >= FULL_32;
}

/* PhysFS wants the same in both headers, though only the directory's has the offset. */
static unsigned version_of(const orr_zip_entry *entry) {
    return is_large(entry) || entry->offset >= FULL_32 ? VERSION_64 : VERSION;
}

/* What both headers of an entry have in common; `extra` bytes of ZIP64 fields follow the name. */
static uint8_t *put_common(uint8_t *to, const orr_zip_entry *entry, unsigned version, size_t extra) {
    bool large = is_large(entry);
    to = put(to, version, 2);
    to = put(to, FLAG_UTF8, 2);
    to = put(to, entry->method, 2);
    to = put(to, (uint32_t)DATE << 16, 4);
    to = put(to, entry->crc, 4);
    to = put(to, large ? FULL_32 : entry->packed_bytes, 4);
    to = put(to, large ? FULL_32 : entry->size_bytes, 4);
    to = put(to, entry->name_bytes, 2);
    return put(to, extra, 2);
}

static uint8_t *put_sizes(uint8_t *to, const orr_zip_entry *entry) {
    to = put(to, entry->size_bytes, 8);
    return put(to, entry->packed_bytes, 8);
}

static uint8_t *put_name(uint8_t *to, const orr_zip_entry *entry) {
    memcpy(to, entry->name, entry->name_bytes);
    return to + entry->name_bytes;
}

size_t orr_zip_local_bytes(const orr_zip_entry *entry) {
    return ORR_ZIP_LOCAL_BYTES + entry->name_bytes + (is_large(entry) ? 20u : 0u);
}

size_t orr_zip_local(const orr_zip_entry *entry, uint8_t *out) {
    bool large = is_large(entry);
    uint8_t *to = put(out, 0x04034b50, 4);
    to = put_common(to, entry, version_of(entry), large ? 20 : 0);
    to = put_name(to, entry);
    if (large) to = put_sizes(put(put(to, 1, 2), 16, 2), entry);
    return (size_t)(to - out);
}

size_t orr_zip_central(const orr_zip_entry *entry, uint8_t *out) {
    bool large = is_large(entry), far_off = entry->offset >= FULL_32;
    unsigned fields = (large ? 16u : 0u) + (far_off ? 8u : 0u);
    unsigned version = version_of(entry);
    uint8_t *to = put(out, 0x02014b50, 4);
    to = put(to, MADE_BY_UNIX | version, 2);
    to = put_common(to, entry, version, fields ? fields + 4 : 0);
    to = put(to, 0, 6); /* comment, disk, inner attributes */
    to = put(to, (uint64_t)MODE_FILE << 16, 4);
    to = put(to, capped(entry->offset, FULL_32), 4);
    to = put_name(to, entry);
    if (fields) to = put(put(to, 1, 2), fields, 2);
    if (large) to = put_sizes(to, entry);
    if (far_off) to = put(to, entry->offset, 8);
    return (size_t)(to - out);
}

size_t orr_zip_end(uint64_t count, uint64_t offset, uint64_t bytes, uint8_t *out) {
    uint8_t *to = out;
    if (count >= FULL_16 || offset >= FULL_32 || bytes >= FULL_32) {
        to = put(put(to, 0x06064b50, 4), END_64_BYTES - 12, 8);
        to = put(put(to, MADE_BY_UNIX | VERSION_64, 2), VERSION_64, 2);
        to = put(to, 0, 8); /* disks */
        to = put(put(to, count, 8), count, 8);
        to = put(put(to, bytes, 8), offset, 8);
        to = put(put(to, 0x07064b50, 4), 0, 4);
        to = put(put(to, offset + bytes, 8), 1, 4);
    }
    to = put(put(to, 0x06054b50, 4), 0, 4);
    to = put(put(to, capped(count, FULL_16), 2), capped(count, FULL_16), 2);
    to = put(put(to, capped(bytes, FULL_32), 4), capped(offset, FULL_32), 4);
    return (size_t)(put(to, 0, 2) - out);
}

/* --- reading ------------------------------------------------------------------------------------------ */

typedef struct reading {
    int fd;
    const char *path;
    uint64_t file_bytes, offset, bytes, count; /* of the central directory */
    orr_error *err;
} reading;

static uint64_t get(const uint8_t *from, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) value |= (uint64_t)from[i] << 8 * i;
    return value;
}

/* The directory's place and size, from the end record and, where it says so, from the one before. Both must
 * be what orr_zip_end makes of these numbers, and end the file. */
static orr_status read_end(reading *r) {
    uint8_t tail[ORR_ZIP_END_MAX], expected[ORR_ZIP_END_MAX];
    size_t have = r->file_bytes < sizeof tail ? (size_t)r->file_bytes : sizeof tail;
    const uint8_t *end = tail + have - ORR_ZIP_END_BYTES, *end_64 = tail;
    if (have >= ORR_ZIP_END_BYTES) {
        orr_status status = orr_fd_read(r->fd, r->path, r->file_bytes - have, tail, have, r->err);
        if (status != ORR_OK) return status;
    }
    if (have < ORR_ZIP_END_BYTES || memcmp(end, "PK\5\6", 4) != 0)
        return orr_fail(r->err, ORR_E_TRUNCATED, r->path,
                        "'%s' does not end as a zip without a comment does: it is cut short, or no bundle",
                        r->path);
    r->count = get(end + 10, 2);
    r->bytes = get(end + 12, 4);
    r->offset = get(end + 16, 4);
    bool large = r->count == FULL_16 || r->bytes == FULL_32 || r->offset == FULL_32;
    if (large && have == sizeof tail) {
        r->count = get(end_64 + 32, 8);
        r->bytes = get(end_64 + 40, 8);
        r->offset = get(end_64 + 48, 8);
    }
    size_t length = orr_zip_end(r->count, r->offset, r->bytes, expected);
    if (length > have || memcmp(tail + have - length, expected, length) != 0 ||
        r->offset > r->file_bytes - length || r->file_bytes - length - r->offset != r->bytes)
        return orr_fail(r->err, ORR_E_BAD_DATA, r->path,
                        "'%s' has an end record that does not fit its %llu bytes", r->path,
                        (unsigned long long)r->file_bytes);
    if (r->count > ORR_BUNDLE_MAX_ENTRIES + 2 || r->bytes > r->count * (uint64_t)ORR_ZIP_CENTRAL_MAX)
        return orr_fail(r->err, ORR_E_LIMIT, r->path, "'%s' has %llu entries; a bundle has at most %d",
                        r->path, (unsigned long long)r->count, ORR_BUNDLE_MAX_ENTRIES);
    return ORR_OK;
}

/* The ZIP64 field of a central record: what its 32-bit fields leave open. False: too short. */
static bool read_large(const uint8_t *field, size_t bytes, orr_zip_entry *entry) {
    uint64_t *const wants[] = {&entry->size_bytes, &entry->packed_bytes, &entry->offset};
    size_t at = 4;
    for (size_t i = 0; i < 3; i++) {
        if (*wants[i] != FULL_32) continue;
        if (bytes < at + 8) return false;
        *wants[i] = get(field + at, 8);
        at += 8;
    }
    return true;
}

static orr_status refuse(const reading *r, orr_status code, const char *name, const char *why) {
    return orr_fail(r->err, code, r->path, "the entry '%s' of '%s' %s", name, r->path, why);
}

/* What a bundle's entry must not be, said better than by "differs". */
static orr_status check_kind(const reading *r, const uint8_t *record, const orr_zip_entry *entry) {
    bool unix_made = record[5] == MADE_BY_UNIX >> 8;
    uint32_t kind = (uint32_t)get(record + 40, 2) & 0170000u;
    if (get(record + 8, 2) & 0x2041u) return refuse(r, ORR_E_UNSUPPORTED, entry->name, "is encrypted");
    if (unix_made && kind == 0120000u)
        return refuse(r, ORR_E_ESCAPE, entry->name, "is a symbolic link; a bundle holds plain files alone");
    if (entry->method != ORR_ZIP_STORED && entry->method != ORR_ZIP_DEFLATED)
        return refuse(r, ORR_E_UNSUPPORTED, entry->name,
                      "uses a method of compression other than stored and deflated");
    /* Deflate expands at most 1032 times (zlib's manual): a larger claim is a lie. */
    if (entry->size_bytes > ORR_BUNDLE_MAX_BYTES || entry->packed_bytes > entry->size_bytes ||
        (entry->method == ORR_ZIP_STORED && entry->packed_bytes != entry->size_bytes) ||
        (entry->method == ORR_ZIP_DEFLATED &&
         (entry->packed_bytes == entry->size_bytes || entry->size_bytes > entry->packed_bytes * 1032 + 64)))
        return refuse(r, ORR_E_BAD_DATA, entry->name, "claims sizes that cannot be");
    return ORR_OK;
}

/* One record of the central directory, `*bytes` of it used. */
static orr_status read_central(const reading *r, const uint8_t *record, size_t left, orr_arena *arena,
                               orr_zip_entry *entry, size_t *bytes) {
    uint8_t expected[ORR_ZIP_CENTRAL_MAX];
    if (left < ORR_ZIP_CENTRAL_BYTES || memcmp(record, "PK\1\2", 4) != 0)
        return orr_fail(r->err, ORR_E_BAD_DATA, r->path, "the directory of '%s' is damaged", r->path);
    size_t name = (size_t)get(record + 28, 2), extra = (size_t)get(record + 30, 2);
    size_t whole = ORR_ZIP_CENTRAL_BYTES + name + extra;
    const char *text = (const char *)record + ORR_ZIP_CENTRAL_BYTES;
    if (left < whole)
        return orr_fail(r->err, ORR_E_BAD_DATA, r->path, "the directory of '%s' is damaged", r->path);
    orr_status status = orr_bundle_check_name(text, name, r->err);
    if (status != ORR_OK) return orr_error_prefix(r->err, "%s", r->path);
    entry->name = orr_arena_strndup(arena, text, name);
    if (!entry->name) return orr_fail(r->err, ORR_E_MEMORY, r->path, "no memory to read '%s'", r->path);
    entry->name_bytes = (uint16_t)name;
    entry->method = (uint16_t)get(record + 10, 2);
    entry->crc = (uint32_t)get(record + 16, 4);
    entry->packed_bytes = get(record + 20, 4);
    entry->size_bytes = get(record + 24, 4);
    entry->offset = get(record + 42, 4);
    if (!read_large(record + ORR_ZIP_CENTRAL_BYTES + name, extra, entry))
        return refuse(r, ORR_E_BAD_DATA, entry->name, "has no ZIP64 sizes though it claims them");
    status = check_kind(r, record, entry);
    if (status != ORR_OK) return status;
    *bytes = orr_zip_central(entry, expected);
    if (*bytes != whole || memcmp(expected, record, whole) != 0)
        return refuse(r, ORR_E_BAD_DATA, entry->name,
                      "has a directory record that `orrery bundle pack` would not write: times, attributes, "
                      "extra fields or a comment");
    return ORR_OK;
}

/* The entry's own header must say the same, and begin where the one before ended. */
static orr_status check_local(const reading *r, const orr_zip_entry *entry, uint64_t *expected_at) {
    uint8_t expected[ORR_ZIP_LOCAL_MAX], found[ORR_ZIP_LOCAL_MAX];
    size_t bytes = orr_zip_local(entry, expected);
    if (entry->offset != *expected_at)
        return refuse(r, ORR_E_BAD_DATA, entry->name,
                      "does not begin where the one before it ends: they overlap, or hide something");
    if (entry->offset > r->offset || r->offset - entry->offset < bytes ||
        r->offset - entry->offset - bytes < entry->packed_bytes)
        return refuse(r, ORR_E_BAD_DATA, entry->name, "passes the beginning of the directory");
    orr_status status = orr_fd_read(r->fd, r->path, entry->offset, found, bytes, r->err);
    if (status != ORR_OK) return status;
    if (memcmp(found, expected, bytes) != 0)
        return refuse(r, ORR_E_BAD_DATA, entry->name, "has a header that disagrees with the directory");
    *expected_at = entry->offset + bytes + entry->packed_bytes;
    return ORR_OK;
}

static orr_status read_entries(const reading *r, const uint8_t *directory, orr_arena *arena,
                               orr_zip_entry *entries) {
    uint64_t at = 0, expected_at = 0, content = 0;
    for (uint64_t i = 0; i < r->count; i++) {
        size_t bytes = 0;
        orr_status status =
            read_central(r, directory + at, (size_t)(r->bytes - at), arena, &entries[i], &bytes);
        if (status == ORR_OK) status = check_local(r, &entries[i], &expected_at);
        if (status != ORR_OK) return status;
        at += bytes;
        content += entries[i].size_bytes;
        if (content > ORR_BUNDLE_MAX_BYTES)
            return orr_fail(r->err, ORR_E_LIMIT, r->path, "'%s' unpacks to more than 1 TiB", r->path);
    }
    if (at == r->bytes && expected_at == r->offset) return ORR_OK;
    return orr_fail(r->err, ORR_E_BAD_DATA, r->path, "'%s' holds data that belongs to no entry", r->path);
}

orr_status orr_zip_read(int fd, const char *path, orr_arena *arena, orr_zip_entry **entries, uint32_t *count,
                        orr_error *err) {
    reading r = {.fd = fd, .path = path, .err = err};
    orr_status status = orr_fd_size(fd, path, &r.file_bytes, err);
    if (status == ORR_OK) status = read_end(&r);
    if (status != ORR_OK) return status;
    uint8_t *directory = malloc((size_t)r.bytes + 1);
    *entries = ORR_ARENA_NEW(arena, orr_zip_entry, (size_t)r.count + 1);
    *count = (uint32_t)r.count;
    if (!directory || !*entries)
        status = orr_fail(err, ORR_E_MEMORY, path, "no memory for the directory of '%s'", path);
    if (status == ORR_OK) status = orr_fd_read(fd, path, r.offset, directory, (size_t)r.bytes, err);
    if (status == ORR_OK) status = read_entries(&r, directory, arena, *entries);
    free(directory);
    return status;
}
