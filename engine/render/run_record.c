#include "render/run_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/platform/platform.h"
#include "base/text.h"

enum { RECORD_BYTES = 64 << 20, SAVE_EVERY_NS = 250000000 };
#define HEAD       "orrery frames 1\ndigest "
#define FILE_BYTES (UINT64_C(1) << 40)

/* --- the list
 * -------------------------------------------------------------------------------------------------------------------
 */

/* Where `frame` is, or would be. */
static size_t place(const orr_run_record *record, int64_t frame) {
    size_t low = 0, high = record->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (record->frames[middle].frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool insert(orr_run_record *record, int64_t frame, uint64_t hash, bool replace) {
    size_t at = place(record, frame);
    if (at < record->count && record->frames[at].frame == frame) {
        if (replace) record->frames[at].hash = hash;
        return true;
    }
    if (record->count == record->capacity) {
        size_t wanted = record->capacity ? record->capacity * 2 : 64;
        orr_recorded *larger = orr_realloc(record->frames, wanted, sizeof *larger);
        if (!larger) return false;
        record->frames = larger, record->capacity = wanted;
    }
    memmove(record->frames + at + 1, record->frames + at, (record->count - at) * sizeof *record->frames);
    record->frames[at] = (orr_recorded){frame, hash};
    record->count++;
    return true;
}

/* --- the file
 * -------------------------------------------------------------------------------------------------------------------
 */

static bool hex64(const char *text, size_t length, uint64_t *out) {
    *out = 0;
    for (size_t i = 0; i < length; i++) {
        const char *digit = text[i] ? strchr("0123456789abcdef", text[i]) : NULL;
        if (!digit) return false;
        *out = *out << 4 | (uint64_t)(digit - "0123456789abcdef");
    }
    return length == 16;
}

/* One "frame N HASH". */
static bool parse_line(orr_run_record *record, const char *line, size_t length) {
    char number[24];
    int64_t frame;
    uint64_t hash;
    if (length < 24 || strncmp(line, "frame ", 6) || line[length - 17] != ' ') return false;
    if (!orr_format(number, sizeof number, "%.*s", (int)(length < 64 ? length - 23 : 64), line + 6))
        return false;
    return orr_parse_i64(number, &frame) && hex64(line + length - 16, 16, &hash) &&
           insert(record, frame, hash, false);
}

/* What a record says. A damaged one says nothing: `digest` stays empty, and no frame is believed. */
static void parse(const char *text, orr_run_record *into, char digest[65]) {
    digest[0] = '\0';
    size_t head = strlen(HEAD);
    if (strncmp(text, HEAD, head) || strlen(text + head) < 65 || text[head + 64] != '\n') return;
    memcpy(digest, text + head, 64), digest[64] = '\0';
    if (into->digest[0] && strcmp(digest, into->digest)) return;
    for (const char *line = text + head + 65, *end; (end = strchr(line, '\n')); line = end + 1)
        if (!parse_line(into, line, (size_t)(end - line))) return;
}

static orr_status read_record(orr_run_record *record, char digest[65], orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    digest[0] = '\0';
    if (!orr_file_exists(record->path)) return ORR_OK;
    orr_status status = orr_file_read(record->path, RECORD_BYTES, &data, &size, err);
    if (!status) parse((const char *)data, record, digest);
    free(data);
    return status;
}

orr_status orr_run_record_open(orr_run_record *record, const char *out, const char *digest, bool resume,
                               orr_error *err) {
    char folder[1024], name[300], found[65];
    *record = (orr_run_record){0};
    orr_path_folder(folder, sizeof folder, out);
    if (!orr_format(name, sizeof name, ".%s.orrery", orr_path_name(out)) ||
        strlen(folder) + strlen(name) + 2 > sizeof record->path)
        return orr_fail(err, ORR_E_USAGE, out, "the name of the output is too long");
    orr_path_join(record->path, sizeof record->path, folder, name);
    memcpy(record->digest, digest, sizeof record->digest);
    orr_status status = read_record(record, found, err);
    if (status) return status;
    record->on_disk = !strcmp(found, digest);
    if (!resume || record->on_disk || !found[0]) return ORR_OK;
    return orr_fail(err, ORR_E_DIGEST, record->path,
                    "the frames here were made from another script, parameters, inputs, program, shaders or "
                    "driver than now: render into another folder, or without --resume");
}

void orr_run_record_free(orr_run_record *record) {
    free(record->frames);
    *record = (orr_run_record){0};
}

static orr_status write_record(orr_run_record *record, orr_error *err) {
    orr_text text = {0};
    orr_text_printf(&text, HEAD "%s\n", record->digest);
    for (size_t i = 0; i < record->count; i++)
        orr_text_printf(&text, "frame %lld %016llx\n", (long long)record->frames[i].frame,
                        (unsigned long long)record->frames[i].hash);
    orr_status status =
        text.failed ? orr_fail(err, ORR_E_MEMORY, record->path, "no memory for the record of the frames")
                    : orr_file_write(record->path, orr_text_cstr(&text), text.length, err);
    orr_text_free(&text);
    record->on_disk |= !status;
    record->saved_ns = orr_time_ns();
    return status;
}

orr_status orr_run_record_begin(orr_run_record *record, orr_error *err) {
    return record->on_disk ? ORR_OK : write_record(record, err);
}

orr_status orr_run_record_save(orr_run_record *record, orr_error *err) {
    char found[65];
    orr_status status = read_record(record, found, err);
    if (!status && found[0] && strcmp(found, record->digest))
        status = orr_fail(
            err, ORR_E_DIGEST, record->path,
            "another run wrote its frames here meanwhile, from other inputs: give each an --out of its own");
    return status ? status : write_record(record, err);
}

/* --- frames
 * ----------------------------------------------------------------------------------------------------------------------
 */

bool orr_run_record_has(const orr_run_record *record, int64_t frame, const char *file) {
    size_t at = place(record, frame), size = 0;
    uint8_t *data = NULL;
    if (at == record->count || record->frames[at].frame != frame ||
        orr_file_read(file, FILE_BYTES, &data, &size, NULL))
        return false;
    bool same = orr_hash64(data, size, 0) == record->frames[at].hash;
    free(data);
    return same;
}

orr_status orr_run_record_add(orr_run_record *record, int64_t frame, uint64_t hash, orr_error *err) {
    if (!insert(record, frame, hash, true))
        return orr_fail(err, ORR_E_MEMORY, record->path, "no memory for the record of the frames");
    if (orr_time_ns() - record->saved_ns < SAVE_EVERY_NS) return ORR_OK;
    return orr_run_record_save(record, err);
}
