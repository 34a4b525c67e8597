#include "script/wire.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/platform/process.h"

static const uint32_t MAGIC = 0x4f525731, NO_TEXT = UINT32_MAX; /* "ORW1" */

/* --- writing ------------------------------------------------------------------------------------- */

void orr_wire_put_bytes(orr_text *out, const void *bytes, size_t size) {
    orr_text_append(out, bytes, size);
}
void orr_wire_put_u32(orr_text *out, uint32_t value) {
    orr_wire_put_bytes(out, &value, sizeof value);
}
void orr_wire_put_u64(orr_text *out, uint64_t value) {
    orr_wire_put_bytes(out, &value, sizeof value);
}
void orr_wire_put_f64(orr_text *out, double value) {
    orr_wire_put_bytes(out, &value, sizeof value);
}

void orr_wire_put_text(orr_text *out, const char *text) {
    size_t length = text ? strlen(text) : 0;
    if (length >= NO_TEXT) length = NO_TEXT - 1; /* far more than any reader takes */
    orr_wire_put_u32(out, text ? (uint32_t)length : NO_TEXT);
    orr_wire_put_bytes(out, text, length);
}

void orr_wire_put_value(orr_text *out, const orr_param_row *row, const orr_param_value *value) {
    uint32_t components = orr_param_components(row->type);
    if (!components) orr_wire_put_text(out, value->text ? value->text : "");
    for (uint32_t i = 0; i < components; i++) orr_wire_put_f64(out, value->number[i]);
}

/* --- reading ------------------------------------------------------------------------------------- */

void orr_wire_wrong(orr_wire_reader *reader, const char *format, ...) {
    va_list args;
    if (reader->wrong) return;
    reader->wrong = true;
    va_start(args, format);
    vsnprintf(reader->reason, sizeof reader->reason, format, args);
    va_end(args);
}

const void *orr_wire_get_bytes(orr_wire_reader *reader, size_t size) {
    if (!reader->wrong && size > reader->size - reader->at)
        orr_wire_wrong(reader, "a message that ends early: %zu more bytes are wanted at byte %zu of %zu",
                       size, reader->at, reader->size);
    if (reader->wrong) return NULL;
    const uint8_t *bytes = reader->data + reader->at;
    reader->at += size;
    return bytes;
}

static void get(orr_wire_reader *reader, void *value, size_t size) {
    const void *bytes = orr_wire_get_bytes(reader, size);
    if (bytes)
        memcpy(value, bytes, size);
    else
        memset(value, 0, size);
}

uint32_t orr_wire_get_u32(orr_wire_reader *reader) {
    uint32_t value;
    get(reader, &value, sizeof value);
    return value;
}

uint64_t orr_wire_get_u64(orr_wire_reader *reader) {
    uint64_t value;
    get(reader, &value, sizeof value);
    return value;
}

double orr_wire_get_f64(orr_wire_reader *reader) {
    double value;
    get(reader, &value, sizeof value);
    if (isfinite(value)) return value;
    orr_wire_wrong(reader, "a number that is not finite");
    return 0;
}

double orr_wire_get_number(orr_wire_reader *reader, double min, double max) {
    double value = orr_wire_get_f64(reader);
    if (value >= min && value <= max) return value;
    orr_wire_wrong(reader, "%g where %g to %g can be", value, min, max);
    return min;
}

bool orr_wire_get_bool(orr_wire_reader *reader) {
    return orr_wire_get_index(reader, 2, "true or false") != 0;
}

uint32_t orr_wire_get_index(orr_wire_reader *reader, uint32_t end, const char *what) {
    uint32_t index = orr_wire_get_u32(reader);
    if (index < end) return index;
    orr_wire_wrong(reader, "number %u of %s, where %u are there", index, what, end);
    return 0;
}

uint32_t orr_wire_get_count(orr_wire_reader *reader, uint32_t max, size_t item_bytes, const char *what) {
    uint32_t count = orr_wire_get_u32(reader);
    if (count > max)
        orr_wire_wrong(reader, "%u %s; at most %u can be", count, what, max);
    else if (count > (reader->size - reader->at) / item_bytes)
        orr_wire_wrong(reader, "a message too short for its %u %s", count, what);
    return reader->wrong ? 0 : count;
}

static char *get_text(orr_wire_reader *reader, size_t max, bool lines) {
    uint32_t length = orr_wire_get_u32(reader);
    if (reader->wrong || length == NO_TEXT) return NULL;
    if (length > max) orr_wire_wrong(reader, "a text of %u bytes; at most %zu can be", length, max);
    const void *bytes = orr_wire_get_bytes(reader, length);
    char *text = bytes ? orr_arena_alloc(reader->arena, (size_t)length + 1, 1) : NULL;
    if (bytes && !text) orr_wire_wrong(reader, "more than there is memory for");
    if (!text) return NULL;
    memcpy(text, bytes, length);
    if (!reader->trusted) orr_text_clean(text, length, lines);
    return text;
}

const char *orr_wire_get_text_or_null(orr_wire_reader *reader, size_t max) {
    return get_text(reader, max, false);
}
const char *orr_wire_get_text(orr_wire_reader *reader, size_t max) {
    const char *text = get_text(reader, max, false);
    return text ? text : "";
}
const char *orr_wire_get_lines(orr_wire_reader *reader, size_t max) {
    const char *text = get_text(reader, max, true);
    return text ? text : "";
}

void orr_wire_get_value(orr_wire_reader *reader, const orr_param_row *row, orr_param_value *value) {
    uint32_t components = orr_param_components(row->type);
    orr_error err = {0};
    *value = (orr_param_value){.type = row->type};
    if (!components) value->text = orr_wire_get_text(reader, ORR_WIRE_MAX_TEXT);
    for (uint32_t i = 0; i < components; i++) get(reader, &value->number[i], sizeof value->number[i]);
    if (!reader->wrong && orr_param_check(row, value, &err) != ORR_OK)
        orr_wire_wrong(reader, "a value that cannot be: %s", err.message);
}

orr_status orr_wire_end(orr_wire_reader *reader, orr_error *err) {
    if (!reader->wrong && reader->at != reader->size)
        orr_wire_wrong(reader, "%zu bytes more than belong to the message", reader->size - reader->at);
    if (!reader->wrong) return ORR_OK;
    orr_text_clean(reader->reason, strlen(reader->reason), false);
    return orr_fail(err, ORR_E_BAD_DATA, NULL, "the script's process sent %s", reader->reason);
}

/* --- whole messages ------------------------------------------------------------------------------ */

typedef struct head {
    uint32_t magic, type;
    uint64_t size;
} head;

orr_status orr_wire_send(int fd, orr_wire_type type, const orr_text *message, uint64_t max,
                         uint64_t timeout_ns, orr_error *err) {
    if (message->failed) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a message");
    if (message->length > max)
        return orr_fail(err, ORR_E_LIMIT, NULL, "a message of %zu MiB; at most %llu can be sent",
                        message->length >> 20, (unsigned long long)(max >> 20));
    const head h = {MAGIC, (uint32_t)type, message->length};
    orr_status status = orr_channel_write(fd, &h, sizeof h, timeout_ns, err);
    if (status == ORR_OK && h.size)
        status = orr_channel_write(fd, message->data, message->length, timeout_ns, err);
    return status;
}

static orr_status read_until(int fd, void *data, size_t size, uint64_t until_ns, orr_error *err) {
    uint64_t now = orr_time_ns();
    if (until_ns && now >= until_ns)
        return orr_fail(err, ORR_E_TIMEOUT, NULL, "the other process did not answer in time");
    return orr_channel_read(fd, data, size, until_ns ? until_ns - now : 0, err);
}

/* The first byte is waited for in short steps, so that a signal of the user's ends the waiting. */
static orr_status read_head(int fd, head *h, uint64_t until_ns, const atomic_int *stop, orr_error *err) {
    const uint64_t step_ns = 50000000;
    uint8_t bytes[sizeof *h];
    orr_status status;
    for (;;) {
        uint64_t step = orr_time_ns() + step_ns;
        bool last = until_ns && until_ns <= step;
        status = read_until(fd, bytes, 1, last ? until_ns : step, err);
        if (status != ORR_E_TIMEOUT || last) break;
        if (stop && atomic_load(stop)) return orr_fail(err, ORR_E_INTERRUPTED, NULL, "interrupted");
    }
    if (status == ORR_OK) status = read_until(fd, bytes + 1, sizeof bytes - 1, until_ns, err);
    memcpy(h, bytes, status == ORR_OK ? sizeof bytes : 0);
    return status;
}

orr_status orr_wire_receive(int fd, uint64_t max, uint64_t until_ns, const atomic_int *stop, uint32_t *type,
                            uint8_t **data, size_t *size, orr_error *err) {
    head h = {0};
    *data = NULL;
    *size = 0;
    orr_status status = read_head(fd, &h, until_ns, stop, err);
    if (status != ORR_OK) return status;
    if (h.magic != MAGIC)
        return orr_fail(err, ORR_E_BAD_DATA, NULL, "the script's process sent something that is no message");
    if (h.size > max)
        return orr_fail(err, ORR_E_BAD_DATA, NULL,
                        "the script's process sent a message of %llu MiB; at most %llu can be",
                        (unsigned long long)(h.size >> 20), (unsigned long long)(max >> 20));
    *data = malloc((size_t)h.size + 1);
    if (!*data) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a message");
    status = h.size ? read_until(fd, *data, (size_t)h.size, until_ns, err) : ORR_OK;
    if (status == ORR_OK) {
        *type = h.type;
        *size = (size_t)h.size;
    } else {
        free(*data);
        *data = NULL;
    }
    return status;
}
