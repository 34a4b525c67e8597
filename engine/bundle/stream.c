/* One entry's content, in pieces. */
#include <stdlib.h>

#include "base/platform/platform.h"
#include "bundle/bundle_private.h"

enum { INPUT_BYTES = 256 << 10, PIECE_BYTES = 1 << 30 };

static orr_status damaged(const orr_zip_stream *s, orr_error *err) {
    return orr_fail(err, ORR_E_BAD_DATA, s->path, "the entry '%s' of '%s' does not unpack to its %llu bytes",
                    s->entry->name, s->path, (unsigned long long)s->entry->size_bytes);
}

orr_status orr_zip_stream_begin(int fd, const char *path, const orr_zip_entry *entry, orr_zip_stream *stream,
                                orr_error *err) {
    *stream = (orr_zip_stream){.fd = fd,
                               .path = path,
                               .entry = entry,
                               .at = entry->offset + orr_zip_local_bytes(entry),
                               .packed_left = entry->packed_bytes,
                               .left = entry->size_bytes};
    if (entry->method == ORR_ZIP_STORED) return ORR_OK;
    stream->input = malloc(INPUT_BYTES);
    if (stream->input && inflateInit2(&stream->z, -MAX_WBITS) == Z_OK) return ORR_OK;
    free(stream->input);
    stream->input = NULL;
    return orr_fail(err, ORR_E_MEMORY, path, "no memory to unpack '%s'", entry->name);
}

static orr_status feed(orr_zip_stream *s, orr_error *err) {
    if (s->z.avail_in > 0 || s->packed_left == 0) return ORR_OK;
    size_t bytes = s->packed_left < INPUT_BYTES ? (size_t)s->packed_left : INPUT_BYTES;
    orr_status status = orr_fd_read(s->fd, s->path, s->at, s->input, bytes, err);
    if (status != ORR_OK) return status;
    s->at += bytes;
    s->packed_left -= bytes;
    s->z.next_in = s->input;
    s->z.avail_in = (uInt)bytes;
    return ORR_OK;
}

/* One step of zlib; sets `ended` at the end mark. */
static orr_status step(orr_zip_stream *s, orr_error *err) {
    orr_status status = feed(s, err);
    if (status != ORR_OK) return status;
    int result = inflate(&s->z, Z_NO_FLUSH);
    s->ended = result == Z_STREAM_END;
    if (result == Z_MEM_ERROR)
        return orr_fail(err, ORR_E_MEMORY, s->path, "no memory to unpack '%s'", s->entry->name);
    return result == Z_OK || s->ended ? ORR_OK : damaged(s, err);
}

static orr_status inflate_piece(orr_zip_stream *s, uint8_t *out, size_t bytes, orr_error *err) {
    s->z.next_out = out;
    s->z.avail_out = (uInt)bytes;
    while (s->z.avail_out > 0) {
        orr_status status = s->ended ? damaged(s, err) : step(s, err);
        if (status != ORR_OK) return status;
    }
    return ORR_OK;
}

/* All bytes are out: what is left of the packed ones is the end mark and nothing else. */
static orr_status inflate_end(orr_zip_stream *s, orr_error *err) {
    uint8_t surplus;
    s->z.next_out = &surplus;
    s->z.avail_out = 1;
    while (!s->ended && s->z.avail_out == 1) {
        orr_status status = step(s, err);
        if (status != ORR_OK) return status;
    }
    bool clean = s->z.avail_out == 1 && s->packed_left == 0 && s->z.avail_in == 0;
    return clean ? ORR_OK : damaged(s, err);
}

orr_status orr_zip_stream_read(orr_zip_stream *s, void *data, size_t size, orr_error *err) {
    uint8_t *bytes = data;
    while (size > 0) {
        size_t piece = size < PIECE_BYTES ? size : PIECE_BYTES;
        orr_status status = s->input ? inflate_piece(s, bytes, piece, err)
                                     : orr_fd_read(s->fd, s->path, s->at, bytes, piece, err);
        if (status != ORR_OK) return status;
        if (!s->input) s->at += piece;
        bytes += piece;
        size -= piece;
        s->left -= piece;
        if (s->left == 0 && s->input && (status = inflate_end(s, err)) != ORR_OK) return status;
    }
    return ORR_OK;
}

void orr_zip_stream_end(orr_zip_stream *s) {
    if (s->input) inflateEnd(&s->z);
    free(s->input);
    s->input = NULL;
}
