/* The part of ZIP that .npz and .hgt.zip use: a central directory, members stored or deflated.
 * PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end).
 *
 * Sizes and offsets are taken from the central directory alone, so that archives written as a stream (and
 * numpy's, whose local headers carry ZIP64 sizes) read the same. Archives and members of 4 GiB are refused.
 */
#include "image/dem_private.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/arena.h"

enum { END_BYTES = 22, CENTRAL_BYTES = 46, LOCAL_BYTES = 30, COMMENT_MAX = 65535 };

static uint32_t u16_at(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}
static uint32_t u32_at(const uint8_t *p) {
    return u16_at(p) | u16_at(p + 2) << 16;
}

/* The end record: the last place where its signature and comment length fit the size. NULL = none. */
static const uint8_t *find_end(const orr_dem_job *job) {
    for (size_t back = END_BYTES; back <= job->size && back <= END_BYTES + COMMENT_MAX; back++) {
        const uint8_t *p = job->data + job->size - back;
        if (memcmp(p, "PK\5\6", 4) == 0 && u16_at(p + 20) == back - END_BYTES) return p;
    }
    return NULL;
}

static orr_status read_entry(const orr_dem_job *job, const uint8_t *p, orr_dem_member *member) {
    uint32_t name_bytes = u16_at(p + 28);
    if (name_bytes >= sizeof member->name) {
        return orr_dem_fail(job, ORR_E_LIMIT, "a zip member's name is %u bytes long; at most 127 are read",
                            name_bytes);
    }
    memcpy(member->name, p + CENTRAL_BYTES, name_bytes);
    member->name[name_bytes] = '\0';
    orr_dem_printable(member->name);
    member->method = (uint16_t)u16_at(p + 10);
    member->crc = u32_at(p + 16);
    member->packed_bytes = u32_at(p + 20);
    member->bytes = u32_at(p + 24);
    member->offset = u32_at(p + 42);
    if (u16_at(p + 8) & 1) {
        return orr_dem_fail(job, ORR_E_UNSUPPORTED, "the zip member '%s' is encrypted; unpack it first",
                            member->name);
    }
    if (member->packed_bytes == UINT32_MAX || member->bytes == UINT32_MAX || member->offset == UINT32_MAX) {
        return orr_dem_fail(job, ORR_E_UNSUPPORTED, "the zip member '%s' uses ZIP64 (4 GiB or more)",
                            member->name);
    }
    return ORR_OK;
}

orr_status orr_dem_zip_open(const orr_dem_job *job, orr_dem_zip *zip) {
    zip->count = 0;
    const uint8_t *end = find_end(job);
    if (!end) {
        return orr_dem_fail(
            job, ORR_E_TRUNCATED,
            "the zip archive has no end record in its last bytes (it is %zu bytes): it was cut short",
            job->size);
    }
    uint32_t count = u16_at(end + 10);
    if (count > ORR_DEM_MEMBERS_MAX) {
        return orr_dem_fail(job, ORR_E_LIMIT, "the zip archive has %u members; at most %d are read", count,
                            ORR_DEM_MEMBERS_MAX);
    }
    size_t at = u32_at(end + 16), limit = (size_t)(end - job->data);
    for (uint32_t i = 0; i < count; i++) {
        if (at > limit || limit - at < CENTRAL_BYTES || memcmp(job->data + at, "PK\1\2", 4) != 0) {
            return orr_dem_fail(job, ORR_E_BAD_DATA, "the zip directory entry %u at byte %zu is damaged", i,
                                at);
        }
        const uint8_t *p = job->data + at;
        size_t whole = CENTRAL_BYTES + (size_t)u16_at(p + 28) + u16_at(p + 30) + u16_at(p + 32);
        if (limit - at < whole) {
            return orr_dem_fail(job, ORR_E_BAD_DATA, "the zip directory entry %u at byte %zu passes its end",
                                i, at);
        }
        orr_status status = read_entry(job, p, &zip->members[zip->count++]);
        if (status) return status;
        at += whole;
    }
    return ORR_OK;
}

/* Where the packed bytes lie; checks the local header and that they are inside the file. */
static orr_status locate(const orr_dem_job *job, const orr_dem_member *member, const uint8_t **packed) {
    size_t at = member->offset;
    if (at > job->size || job->size - at < LOCAL_BYTES || memcmp(job->data + at, "PK\3\4", 4) != 0) {
        return orr_dem_fail(job, ORR_E_BAD_DATA, "the zip member '%s' has no header at byte %zu",
                            member->name, at);
    }
    const uint8_t *p = job->data + at;
    size_t start = at + LOCAL_BYTES + u16_at(p + 26) + u16_at(p + 28);
    if (start > job->size || job->size - start < member->packed_bytes) {
        return orr_dem_fail(job, ORR_E_TRUNCATED, "the zip member '%s' ends past the file's %zu bytes",
                            member->name, job->size);
    }
    *packed = job->data + start;
    return ORR_OK;
}

static bool inflate_all(const uint8_t *packed, uint32_t packed_bytes, uint8_t *bytes, uint32_t size) {
    z_stream stream = {
        .next_in = (z_const Bytef *)packed, .avail_in = packed_bytes, .next_out = bytes, .avail_out = size};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
    int result = inflate(&stream, Z_FINISH);
    bool whole = result == Z_STREAM_END && stream.total_out == size;
    inflateEnd(&stream);
    return whole;
}

static orr_status unpack(const orr_dem_job *job, const orr_dem_member *member, const uint8_t *packed,
                         uint8_t *bytes) {
    if (member->method == 0) {
        memcpy(bytes, packed, member->bytes);
    } else if (!inflate_all(packed, member->packed_bytes, bytes, member->bytes)) {
        return orr_dem_fail(job, ORR_E_BAD_DATA, "the zip member '%s' does not inflate to its %u bytes",
                            member->name, member->bytes);
    }
    if (crc32(0, bytes, member->bytes) != member->crc) {
        return orr_dem_fail(job, ORR_E_BAD_DATA,
                            "the zip member '%s' fails its checksum: the file is damaged", member->name);
    }
    return ORR_OK;
}

orr_status orr_dem_zip_read(const orr_dem_job *job, const orr_dem_member *member, uint8_t **bytes) {
    const uint8_t *packed = NULL;
    orr_status status = locate(job, member, &packed);
    if (status) return status;
    if (member->method != 0 && member->method != 8) {
        return orr_dem_fail(job, ORR_E_UNSUPPORTED,
                            "the zip member '%s' uses method %u; stored and deflated are read", member->name,
                            member->method);
    }
    /* Deflate expands at most 1032 times (zlib's manual): a larger claim is a lie, refused before any memory.
     */
    uint64_t most = member->method == 0 ? member->packed_bytes : (uint64_t)member->packed_bytes * 1032 + 64;
    uint64_t room = (uint64_t)job->max_side * job->max_side * 8 + 65536;
    if (member->bytes > most || (member->method == 0 && member->bytes != member->packed_bytes)) {
        return orr_dem_fail(job, ORR_E_BAD_DATA, "the zip member '%s' claims %u bytes out of %u packed",
                            member->name, member->bytes, member->packed_bytes);
    }
    if (member->bytes > room) {
        return orr_dem_fail(job, ORR_E_LIMIT, "the zip member '%s' holds %u bytes; more than %u x %u samples",
                            member->name, member->bytes, job->max_side, job->max_side);
    }
    uint8_t *memory = orr_calloc((size_t)member->bytes + 1, 1);
    if (!memory)
        return orr_dem_fail(job, ORR_E_MEMORY, "no memory for the %u bytes of '%s'", member->bytes,
                            member->name);
    status = unpack(job, member, packed, memory);
    if (status) {
        free(memory);
        return status;
    }
    *bytes = memory;
    return ORR_OK;
}
