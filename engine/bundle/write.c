/* Contents on their way into a bundle, a window of blocks at a time.
 *
 * Of a window each block is read, summed and (stored) written in its place or (deflated) packed, at once on
 * all threads; and at the same time the window before is digested, one thread a file, because a digest takes
 * its bytes in order. So one large file keeps two threads busy, memory is bounded, and every byte is read
 * once. Blocks are deflated each by itself and end on a byte: put together they are one stream, which is the
 * same for every number of threads. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "bundle/bundle_private.h"

enum { BLOCK_BYTES = 512 << 10, WINDOW = 32, LEVEL = 6 };

typedef struct block {
    orr_bundle_item *item;
    uint64_t offset; /* in what the item takes from its source */
    size_t size, packed_size;
    bool last;
    uint32_t crc;
    const uint8_t *bytes;
    uint8_t *buffer, *packed; /* the window's own */
} block;
typedef struct window {
    block blocks[WINDOW];
    size_t count;
    size_t groups[WINDOW + 1], group_count; /* where the blocks of another item begin */
} window;
typedef struct state {
    orr_bundle_writing *w;
    window windows[2];
    window *loading, *digesting;
    size_t item; /* the next block's */
    uint64_t offset;
    uint64_t packed_bytes; /* of the item being placed */
} state;

static uint64_t source_bytes(const orr_bundle_item *item) {
    return item->raw ? item->zip.packed_bytes : item->zip.size_bytes;
}

static const char *source_name(const orr_bundle_item *item) {
    return item->path ? item->path : item->zip.name;
}

static orr_status changed(const orr_bundle_item *item, orr_error *err) {
    return orr_fail(err, ORR_E_READ, source_name(item), "'%s' changed while it was packed; try again",
                    source_name(item));
}

/* --- a window filled ---------------------------------------------------------------------------------- */

static orr_status check_size(orr_bundle_item *item, orr_error *err) {
    uint64_t bytes = 0;
    orr_status status = orr_fd_size(item->fd, item->path, &bytes, err);
    return status == ORR_OK && bytes != item->zip.size_bytes ? changed(item, err) : status;
}

static orr_status begin_item(orr_bundle_item *item, orr_error *err) {
    orr_sha256_begin(&item->sha);
    if (!item->raw) item->zip.crc = 0;
    if (!item->path) return ORR_OK;
    orr_status status = orr_fd_open(item->path, &item->fd, err);
    return status == ORR_OK ? check_size(item, err) : status;
}

/* The next blocks in order, their files open. */
static orr_status plan_window(state *s, window *to, orr_error *err) {
    const orr_bundle_writing *w = s->w;
    to->count = to->group_count = 0;
    while (to->count < WINDOW && s->item < w->count) {
        orr_bundle_item *item = &w->items[s->item];
        uint64_t left = source_bytes(item) - s->offset;
        block *b = &to->blocks[to->count];
        orr_status status = s->offset == 0 ? begin_item(item, err) : ORR_OK;
        if (status != ORR_OK) return status;
        if (to->count == 0 || b[-1].item != item) to->groups[to->group_count++] = to->count;
        b->item = item;
        b->offset = s->offset;
        b->size = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
        b->last = b->size == left;
        s->offset = b->last ? 0 : s->offset + b->size;
        s->item += b->last;
        to->count++;
    }
    to->groups[to->group_count] = to->count;
    return ORR_OK;
}

/* --- what threads do ---------------------------------------------------------------------------------- */

static orr_status no_memory(const block *b, orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, b->item->zip.name, "no memory to pack '%s'", b->item->zip.name);
}

static orr_status deflate_block(block *b, orr_error *err) {
    z_stream z = {0};
    size_t room = BLOCK_BYTES + BLOCK_BYTES / 64 + 1024; /* more than deflateBound and the flush need */
    if (!b->packed && !(b->packed = malloc(room))) return no_memory(b, err);
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return no_memory(b, err);
    z.next_in = (z_const Bytef *)b->bytes;
    z.avail_in = (uInt)b->size;
    z.next_out = b->packed;
    z.avail_out = (uInt)room;
    int result = deflate(&z, b->last ? Z_FINISH : Z_SYNC_FLUSH);
    b->packed_size = room - z.avail_out;
    bool whole = z.avail_in == 0 && z.avail_out > 0 && result == (b->last ? Z_STREAM_END : Z_OK);
    deflateEnd(&z);
    return whole ? ORR_OK
                 : orr_fail(err, ORR_E_INTERNAL, b->item->zip.name, "zlib does not deflate '%s'",
                            b->item->zip.name);
}

static orr_status check_first(const block *b, orr_error *err) {
    const char *kind = b->offset == 0 ? orr_bundle_native(b->bytes, b->size) : NULL;
    if (!kind || b->item->raw) return ORR_OK;
    return orr_fail(err, ORR_E_UNSUPPORTED, b->item->zip.name, "'%s' is %s; a bundle holds no native code",
                    b->item->zip.name, kind);
}

static orr_status load_block(state *s, block *b, orr_error *err) {
    const orr_bundle_item *item = b->item;
    orr_status status = ORR_OK;
    b->bytes = item->data ? item->data + b->offset : b->buffer;
    if (!b->bytes && !(b->bytes = b->buffer = malloc(BLOCK_BYTES))) return no_memory(b, err);
    if (b->bytes == b->buffer)
        status = orr_fd_read(item->fd, source_name(item), item->at + b->offset, b->buffer, b->size, err);
    if (status == ORR_E_TRUNCATED && item->path) return changed(item, err);
    if (status == ORR_OK) status = check_first(b, err);
    if (status != ORR_OK) return status;
    b->crc = item->raw ? 0 : (uint32_t)crc32_z(0, b->bytes, b->size);
    if (!s->w->part) return ORR_OK;
    if (s->w->deflate) return deflate_block(b, err);
    uint64_t start = item->zip.offset + orr_zip_local_bytes(&item->zip);
    return orr_part_write(s->w->part, start + b->offset, b->bytes, b->size, err);
}

static orr_status digest_group(const window *from, size_t group, orr_error *err) {
    orr_bundle_item *item = from->blocks[from->groups[group]].item;
    for (size_t i = from->groups[group]; i < from->groups[group + 1] && !item->raw; i++) {
        const block *b = &from->blocks[i];
        orr_sha256_add(&item->sha, b->bytes, b->size);
        if (!b->last) continue;
        orr_digest digest = orr_sha256_end(&item->sha);
        if (item->digested && !orr_digest_equal(&digest, &item->digest))
            return orr_fail(err, ORR_E_STALE, source_name(item), "'%s' was changed since it was first read",
                            source_name(item));
        item->digest = digest;
        item->digested = true;
    }
    return ORR_OK;
}

/* Digests first: they are the longest. */
static orr_status one_task(void *context, size_t i, orr_error *err) {
    state *s = context;
    size_t groups = s->digesting->group_count;
    if (i >= groups) return load_block(s, &s->loading->blocks[i - groups], err);
    return digest_group(s->digesting, i, err);
}

/* --- a window put where it belongs -------------------------------------------------------------------- */

/* Deflating gained nothing: the file as it is, over what was written of it. It is read again, so it must
 * still be what was digested. */
static orr_status store_instead(state *s, orr_bundle_item *item, uint8_t *buffer, orr_error *err) {
    uint64_t start = item->zip.offset + orr_zip_local_bytes(&item->zip);
    uint32_t crc = 0;
    orr_status status = ORR_OK;
    item->zip.method = ORR_ZIP_STORED;
    item->zip.packed_bytes = item->zip.size_bytes;
    for (uint64_t at = 0; status == ORR_OK && at < item->zip.size_bytes;) {
        uint64_t left = item->zip.size_bytes - at;
        size_t size = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
        const uint8_t *bytes = item->data ? item->data + at : buffer;
        if (!item->data) status = orr_fd_read(item->fd, source_name(item), at, buffer, size, err);
        if (status == ORR_OK) status = orr_part_write(s->w->part, start + at, bytes, size, err);
        if (status == ORR_OK) crc = (uint32_t)crc32_z(crc, bytes, size);
        at += size;
    }
    return status == ORR_OK && crc != item->zip.crc ? changed(item, err) : status;
}

static orr_status place_deflated(state *s, block *b, orr_error *err) {
    orr_bundle_item *item = b->item;
    orr_bundle_writing *w = s->w;
    if (b->offset == 0) {
        item->zip.offset = w->at;
        s->packed_bytes = 0;
    }
    uint64_t start = item->zip.offset + orr_zip_local_bytes(&item->zip);
    orr_status status = orr_part_write(w->part, start + s->packed_bytes, b->packed, b->packed_size, err);
    s->packed_bytes += b->packed_size;
    if (status != ORR_OK || !b->last) return status;
    item->zip.method = ORR_ZIP_DEFLATED;
    item->zip.packed_bytes = s->packed_bytes;
    if (s->packed_bytes >= item->zip.size_bytes) status = store_instead(s, item, b->packed, err);
    w->at = start + item->zip.packed_bytes;
    return status;
}

static orr_status place_block(state *s, block *b, orr_error *err) {
    orr_bundle_item *item = b->item;
    orr_status status = ORR_OK;
    if (!item->raw) item->zip.crc = (uint32_t)crc32_combine(item->zip.crc, b->crc, (z_off_t)b->size);
    if (s->w->part && s->w->deflate) status = place_deflated(s, b, err);
    if (status != ORR_OK || !b->last) return status;
    if (s->w->part && !s->w->deflate)
        s->w->at = item->zip.offset + orr_zip_local_bytes(&item->zip) + item->zip.packed_bytes;
    if (!item->path) return ORR_OK;
    status = check_size(item, err);
    orr_fd_close(&item->fd);
    return status;
}

/* --- all of it ---------------------------------------------------------------------------------------- */

/* Where each lies when nothing is packed further. */
static void lay_out(orr_bundle_writing *w) {
    uint64_t at = w->at;
    for (size_t i = 0; i < w->count; i++) {
        orr_zip_entry *zip = &w->items[i].zip;
        if (!w->items[i].raw) zip->method = ORR_ZIP_STORED, zip->packed_bytes = zip->size_bytes;
        zip->offset = at;
        at += orr_zip_local_bytes(zip) + zip->packed_bytes;
    }
}

static orr_status write_windows(state *s, orr_error *err) {
    orr_status status = ORR_OK;
    do {
        window *done = s->digesting;
        s->digesting = s->loading;
        s->loading = done;
        status = plan_window(s, s->loading, err);
        if (status == ORR_OK)
            status =
                orr_bundle_each(s->w->jobs, s->digesting->group_count + s->loading->count, one_task, s, err);
        for (size_t i = 0; status == ORR_OK && i < s->loading->count; i++)
            status = place_block(s, &s->loading->blocks[i], err);
    } while (status == ORR_OK && (s->loading->count > 0 || s->digesting->count > 0));
    return status;
}

orr_status orr_bundle_write_items(orr_bundle_writing *w, orr_error *err) {
    state *s = calloc(1, sizeof *s);
    if (!s) return orr_fail(err, ORR_E_MEMORY, w->out, "no memory to pack '%s'", w->out);
    s->w = w;
    s->loading = &s->windows[0];
    s->digesting = &s->windows[1];
    for (size_t i = 0; i < w->count; i++)
        if (w->items[i].path) w->items[i].fd = -1;
    lay_out(w);
    orr_status status = write_windows(s, err);
    for (size_t i = 0; i < 2 * WINDOW; i++) {
        block *b = &s->windows[i / WINDOW].blocks[i % WINDOW];
        free(b->buffer);
        free(b->packed);
    }
    for (size_t i = 0; i < w->count && status != ORR_OK; i++)
        if (w->items[i].path) orr_fd_close(&w->items[i].fd);
    free(s);
    return status;
}
