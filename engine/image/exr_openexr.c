/* The OpenEXRCore backend: pure C, chunk-parallel both ways. */
#include "image/exr_internal.h"

#include <openexr.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *orr_exr_backend(void) {
    return "openexr";
}

bool orr_exr_can_write(orr_exr_compression compression) {
    return compression <= ORR_EXR_PXR24;
}

static exr_compression_t to_library(orr_exr_compression compression) {
    static const exr_compression_t table[] = {
        EXR_COMPRESSION_ZIP, EXR_COMPRESSION_NONE,  EXR_COMPRESSION_RLE, EXR_COMPRESSION_ZIPS,
        EXR_COMPRESSION_PIZ, EXR_COMPRESSION_PXR24, EXR_COMPRESSION_B44, EXR_COMPRESSION_B44A};
    return table[compression];
}

static exr_pixel_type_t type_to_library(orr_pixel_type type) {
    return type == ORR_PIXEL_F16 ? EXR_PIXEL_HALF : type == ORR_PIXEL_F32 ? EXR_PIXEL_FLOAT : EXR_PIXEL_UINT;
}

/* The library tells errors to a callback as text and returns a code; the code is enough beside our own words.
 */
static void swallow_message(exr_const_context_t context, exr_result_t code, const char *text) {
    (void)context;
    (void)code;
    (void)text;
}

static orr_status library_failed(exr_result_t code, const char *name, const char *what, orr_error *err) {
    orr_status status = code == EXR_ERR_OUT_OF_MEMORY ? ORR_E_MEMORY : ORR_E_BAD_DATA;
    return orr_fail(err, status, name, "%s: %s", what, exr_get_default_error_message(code));
}

static void run_all(const orr_parallel *parallel, uint32_t count, void (*fn)(void *, uint32_t), void *arg) {
    if (parallel != NULL && count > 1) {
        parallel->run(parallel->ctx, count, fn, arg);
        return;
    }
    for (uint32_t i = 0; i < count; i++) fn(arg, i);
}

/* The first failure by chunk index, whatever order the chunks ran in: errors are deterministic too. */
typedef struct failure {
    _Atomic uint64_t first; /* chunk << 32 | code; UINT64_MAX = none */
} failure;

static void note_failure(failure *f, uint32_t chunk, exr_result_t code) {
    uint64_t mine = (uint64_t)chunk << 32 | (uint32_t)code, seen = atomic_load(&f->first);
    while (mine < seen && !atomic_compare_exchange_weak(&f->first, &seen, mine)) {
    }
}

/* --- reading ------------------------------------------------------------------------------------------ */

typedef struct source {
    const uint8_t *data;
    size_t size;
} source;

static int64_t read_at(exr_const_context_t context, void *user, void *to, uint64_t count, uint64_t offset,
                       exr_stream_error_func_ptr_t error) {
    (void)context;
    (void)error;
    const source *s = user;
    if (offset > s->size) return -1;
    if (count > s->size - offset) count = s->size - offset;
    memcpy(to, s->data + offset, (size_t)count);
    return (int64_t)count;
}

static int64_t source_size(exr_const_context_t context, void *user) {
    (void)context;
    return (int64_t)((const source *)user)->size;
}

typedef struct decoding {
    exr_context_t context;
    const orr_exr_header *header;
    void *const *planes;
    failure failed;
} decoding;

static exr_result_t chunk_info(const decoding *d, uint32_t index, exr_chunk_info_t *info) {
    const orr_exr_header *h = d->header;
    uint32_t x = index % h->chunks_x, y = index / h->chunks_x;
    if (h->tiled) return exr_read_tile_chunk_info(d->context, 0, (int)x, (int)y, 0, 0, info);
    return exr_read_scanline_chunk_info(d->context, 0, h->data.y + (int)(y * h->lines_per_chunk), info);
}

/* Points the pipeline's channels at their places in the planes. False when the library expects another
 * layout. */
static bool place_channels(const decoding *d, uint32_t index, exr_decode_pipeline_t *pipeline) {
    const orr_exr_header *h = d->header;
    uint32_t x = index % h->chunks_x * h->tile_width, step = h->tiled ? h->tile_height : h->lines_per_chunk;
    uint32_t y = index / h->chunks_x * step, width = h->data.width - x, height = h->data.height - y;
    if (h->tiled && width > h->tile_width) width = h->tile_width;
    if (height > step) height = step;
    if ((uint32_t)pipeline->channel_count != h->channel_count) return false;
    for (uint32_t i = 0; i < h->channel_count; i++) {
        exr_coding_channel_info_t *c = &pipeline->channels[i];
        size_t bytes = orr_pixel_bytes(h->channels[i].type);
        if (strcmp(c->channel_name, h->channels[i].name) != 0 ||
            c->data_type != type_to_library(h->channels[i].type) || c->width != (int32_t)width ||
            c->height != (int32_t)height)
            return false;
        if (d->planes[i] == NULL) continue;
        c->decode_to_ptr = (uint8_t *)d->planes[i] + ((size_t)y * h->data.width + x) * bytes;
        c->user_pixel_stride = (int32_t)bytes;
        c->user_line_stride = (int32_t)(h->data.width * bytes);
    }
    return true;
}

static void decode_chunk(void *arg, uint32_t index) {
    decoding *d = arg;
    exr_chunk_info_t info;
    exr_decode_pipeline_t pipeline = EXR_DECODE_PIPELINE_INITIALIZER;
    exr_result_t code = chunk_info(d, index, &info);
    if (code == EXR_ERR_SUCCESS) code = exr_decoding_initialize(d->context, 0, &info, &pipeline);
    if (code == EXR_ERR_SUCCESS) {
        if (!place_channels(d, index, &pipeline)) code = EXR_ERR_CORRUPT_CHUNK;
        if (code == EXR_ERR_SUCCESS) code = exr_decoding_choose_default_routines(d->context, 0, &pipeline);
        if (code == EXR_ERR_SUCCESS) code = exr_decoding_run(d->context, 0, &pipeline);
        exr_decoding_destroy(d->context, &pipeline);
    }
    if (code != EXR_ERR_SUCCESS) note_failure(&d->failed, index, code);
}

/* The library parsed the header too: what it made of it must be what we allocated for. */
static bool same_header(exr_const_context_t context, const orr_exr_header *h) {
    exr_storage_t storage;
    exr_compression_t compression;
    exr_attr_box2i_t window;
    const exr_attr_chlist_t *channels;
    if (exr_get_storage(context, 0, &storage) != EXR_ERR_SUCCESS ||
        exr_get_compression(context, 0, &compression) != EXR_ERR_SUCCESS ||
        exr_get_data_window(context, 0, &window) != EXR_ERR_SUCCESS ||
        exr_get_channels(context, 0, &channels) != EXR_ERR_SUCCESS)
        return false;
    if (storage != (h->tiled ? EXR_STORAGE_TILED : EXR_STORAGE_SCANLINE) ||
        compression != to_library(h->compression) || window.min.x != h->data.x || window.min.y != h->data.y ||
        (int64_t)window.max.x - window.min.x + 1 != h->data.width ||
        (int64_t)window.max.y - window.min.y + 1 != h->data.height ||
        (uint32_t)channels->num_channels != h->channel_count)
        return false;
    uint32_t width, height;
    exr_tile_level_mode_t mode;
    exr_tile_round_mode_t rounding;
    if (h->tiled &&
        (exr_get_tile_descriptor(context, 0, &width, &height, &mode, &rounding) != EXR_ERR_SUCCESS ||
         width != h->tile_width || height != h->tile_height || (mode != EXR_TILE_ONE_LEVEL) != h->mipmapped))
        return false;
    for (uint32_t i = 0; i < h->channel_count; i++)
        if (strcmp(channels->entries[i].name.str, h->channels[i].name) != 0 ||
            channels->entries[i].pixel_type != type_to_library(h->channels[i].type))
            return false;
    return true;
}

static orr_status decode_all(exr_context_t context, const orr_exr_header *header, const char *name,
                             void *const *planes, const orr_parallel *parallel, orr_error *err) {
    if (!same_header(context, header))
        return orr_fail(err, ORR_E_BAD_DATA, name, "the EXR header is ambiguous: write the file anew");
    decoding d = {.context = context, .header = header, .planes = planes};
    atomic_init(&d.failed.first, UINT64_MAX);
    run_all(parallel, header->chunks_x * header->chunks_y, decode_chunk, &d);
    uint64_t failed = atomic_load(&d.failed.first);
    if (failed == UINT64_MAX) return ORR_OK;
    char what[64];
    snprintf(what, sizeof what, "damaged EXR, chunk %u", (unsigned)(failed >> 32));
    return library_failed((exr_result_t)(uint32_t)failed, name, what, err);
}

orr_status orr_exr_backend_decode(const orr_exr_header *header, const uint8_t *data, size_t size,
                                  const char *name, void *const *planes, const orr_parallel *parallel,
                                  orr_error *err) {
    source s = {data, size};
    exr_context_initializer_t setup = EXR_DEFAULT_CONTEXT_INITIALIZER;
    setup.error_handler_fn = swallow_message;
    setup.user_data = &s;
    setup.read_fn = read_at;
    setup.size_fn = source_size;
    setup.flags = EXR_CONTEXT_FLAG_DISABLE_CHUNK_RECONSTRUCTION;
    exr_context_t context = NULL;
    exr_result_t code = exr_start_read(&context, name != NULL ? name : "memory", &setup);
    if (code != EXR_ERR_SUCCESS) return library_failed(code, name, "damaged EXR header", err);
    orr_status status = decode_all(context, header, name, planes, parallel, err);
    exr_finish(&context);
    return status;
}

/* --- writing ------------------------------------------------------------------------------------------ */

typedef struct sink {
    uint8_t *data;
    size_t size, capacity;
} sink;

static int64_t write_at(exr_const_context_t context, void *user, const void *from, uint64_t count,
                        uint64_t offset, exr_stream_error_func_ptr_t error) {
    (void)context;
    (void)error;
    sink *s = user;
    if (offset > SIZE_MAX / 4 || count > SIZE_MAX / 4) return -1;
    size_t end = (size_t)(offset + count);
    if (end > s->capacity) {
        size_t wanted = end > s->capacity * 2 ? end : s->capacity * 2;
        uint8_t *grown = realloc(s->data, wanted);
        if (grown == NULL) return -1;
        s->data = grown;
        s->capacity = wanted;
    }
    if (offset > s->size) memset(s->data + s->size, 0, (size_t)offset - s->size);
    memcpy(s->data + offset, from, (size_t)count);
    if (end > s->size) s->size = end;
    return (int64_t)count;
}

typedef struct packed {
    uint8_t *data;
    size_t size;
} packed;

typedef struct encoding {
    exr_context_t context;
    const orr_exr_params *params;
    uint32_t lines_per_chunk;
    packed *chunks;
    failure failed;
} encoding;

/* Takes the compressed bytes instead of writing them: chunks are written in order afterwards, so that no
 * thread waits for another and the file is the same for every number of threads. */
static exr_result_t keep_chunk(exr_encode_pipeline_t *pipeline) {
    packed *chunk = pipeline->encoding_user_data;
    chunk->data = malloc(pipeline->compressed_bytes);
    if (chunk->data == NULL) return EXR_ERR_OUT_OF_MEMORY;
    memcpy(chunk->data, pipeline->compressed_buffer, pipeline->compressed_bytes);
    chunk->size = pipeline->compressed_bytes;
    return EXR_ERR_SUCCESS;
}

static void encode_chunk(void *arg, uint32_t index) {
    encoding *e = arg;
    uint32_t line = index * e->lines_per_chunk;
    exr_chunk_info_t info;
    exr_encode_pipeline_t pipeline = EXR_ENCODE_PIPELINE_INITIALIZER;
    exr_result_t code = exr_write_scanline_chunk_info(e->context, 0, e->params->y + (int)line, &info);
    if (code == EXR_ERR_SUCCESS) code = exr_encoding_initialize(e->context, 0, &info, &pipeline);
    if (code == EXR_ERR_SUCCESS) {
        for (int16_t i = 0; i < pipeline.channel_count; i++) {
            const orr_exr_channel *from = &e->params->channels[i];
            exr_coding_channel_info_t *c = &pipeline.channels[i];
            c->encode_from_ptr = (const uint8_t *)from->pixels + line * from->row_stride_bytes;
            c->user_pixel_stride = (int32_t)from->pixel_stride_bytes;
            c->user_line_stride = (int32_t)from->row_stride_bytes;
        }
        code = exr_encoding_choose_default_routines(e->context, 0, &pipeline);
        pipeline.encoding_user_data = &e->chunks[index];
        pipeline.yield_until_ready_fn = NULL; /* it insists on order */
        pipeline.write_fn = keep_chunk;
        if (code == EXR_ERR_SUCCESS) code = exr_encoding_run(e->context, 0, &pipeline);
        exr_encoding_destroy(e->context, &pipeline);
    }
    if (code != EXR_ERR_SUCCESS) note_failure(&e->failed, index, code);
}

static exr_result_t set_attribute(exr_context_t context, const orr_exr_attribute *a) {
    const double *v = a->values;
    switch (a->type) {
    case ORR_EXR_STRING:
        return exr_attr_set_string(context, 0, a->name, a->text);
    case ORR_EXR_INT:
        return exr_attr_set_int(context, 0, a->name, (int32_t)v[0]);
    case ORR_EXR_FLOAT:
        return exr_attr_set_float(context, 0, a->name, (float)v[0]);
    case ORR_EXR_DOUBLE:
        return exr_attr_set_double(context, 0, a->name, v[0]);
    case ORR_EXR_V2F: {
        exr_attr_v2f_t value = {.arr = {(float)v[0], (float)v[1]}};
        return exr_attr_set_v2f(context, 0, a->name, &value);
    }
    case ORR_EXR_V3F: {
        exr_attr_v3f_t value = {.arr = {(float)v[0], (float)v[1], (float)v[2]}};
        return exr_attr_set_v3f(context, 0, a->name, &value);
    }
    case ORR_EXR_RATIONAL: {
        exr_attr_rational_t value = {(int32_t)v[0], (uint32_t)v[1]};
        return exr_attr_set_rational(context, 0, a->name, &value);
    }
    case ORR_EXR_CHROMATICITIES: {
        exr_attr_chromaticities_t value = {(float)v[0], (float)v[1], (float)v[2], (float)v[3],
                                           (float)v[4], (float)v[5], (float)v[6], (float)v[7]};
        return exr_attr_set_chromaticities(context, 0, a->name, &value);
    }
    }
    return EXR_ERR_INVALID_ARGUMENT;
}

static exr_attr_box2i_t to_box(int32_t x, int32_t y, uint32_t width, uint32_t height) {
    exr_attr_box2i_t box;
    box.min.x = x;
    box.min.y = y;
    box.max.x = x + (int32_t)(width - 1);
    box.max.y = y + (int32_t)(height - 1);
    return box;
}

static exr_result_t write_header(exr_context_t context, const orr_exr_params *p) {
    int part;
    exr_attr_box2i_t data = to_box(p->x, p->y, p->width, p->height);
    exr_attr_box2i_t display = to_box(p->display.x, p->display.y, p->display.width, p->display.height);
    exr_attr_v2f_t centre = {.arr = {0, 0}};
    exr_result_t code =
        exr_set_longname_support(context, 1); /* the flag is set in the file only when needed */
    if (code == EXR_ERR_SUCCESS) code = exr_add_part(context, NULL, EXR_STORAGE_SCANLINE, &part);
    if (code == EXR_ERR_SUCCESS)
        code = exr_initialize_required_attr(context, 0, &display, &data, p->pixel_aspect_ratio, &centre, 1.0f,
                                            EXR_LINEORDER_INCREASING_Y, to_library(p->compression));
    if (code == EXR_ERR_SUCCESS) code = exr_set_zip_compression_level(context, 0, p->zip_level);
    for (uint32_t i = 0; i < p->channel_count && code == EXR_ERR_SUCCESS; i++)
        code = exr_add_channel(context, 0, p->channels[i].name, type_to_library(p->channels[i].type),
                               EXR_PERCEPTUALLY_LOGARITHMIC, 1, 1);
    for (uint32_t i = 0; i < p->attribute_count && code == EXR_ERR_SUCCESS; i++)
        code = set_attribute(context, &p->attributes[i]);
    return code == EXR_ERR_SUCCESS ? exr_write_header(context) : code;
}

static exr_result_t write_chunks(encoding *e) {
    int32_t lines, count;
    exr_result_t code = exr_get_scanlines_per_chunk(e->context, 0, &lines);
    if (code == EXR_ERR_SUCCESS) code = exr_get_chunk_count(e->context, 0, &count);
    if (code != EXR_ERR_SUCCESS) return code;
    e->lines_per_chunk = (uint32_t)lines;
    e->chunks = orr_calloc((size_t)count, sizeof *e->chunks);
    if (e->chunks == NULL) return EXR_ERR_OUT_OF_MEMORY;
    run_all(e->params->parallel, (uint32_t)count, encode_chunk, e);
    uint64_t failed = atomic_load(&e->failed.first);
    if (failed != UINT64_MAX) code = (exr_result_t)(uint32_t)failed;
    for (int32_t i = 0; i < count; i++) {
        if (code == EXR_ERR_SUCCESS)
            code = exr_write_scanline_chunk(e->context, 0, e->params->y + i * lines, e->chunks[i].data,
                                            e->chunks[i].size);
        free(e->chunks[i].data);
    }
    free(e->chunks);
    return code;
}

orr_status orr_exr_backend_encode(const orr_exr_params *params, uint8_t **data, size_t *size,
                                  orr_error *err) {
    sink s = {0};
    exr_context_initializer_t setup = EXR_DEFAULT_CONTEXT_INITIALIZER;
    setup.error_handler_fn = swallow_message;
    setup.user_data = &s;
    setup.write_fn = write_at;
    exr_context_t context = NULL;
    exr_result_t code = exr_start_write(&context, "memory", EXR_WRITE_FILE_DIRECTLY, &setup);
    if (code == EXR_ERR_SUCCESS) {
        encoding e = {.context = context, .params = params};
        atomic_init(&e.failed.first, UINT64_MAX);
        code = write_header(context, params);
        if (code == EXR_ERR_SUCCESS) code = write_chunks(&e);
        exr_result_t finished = exr_finish(&context); /* writes the chunk table */
        if (code == EXR_ERR_SUCCESS) code = finished;
    }
    if (code != EXR_ERR_SUCCESS) {
        free(s.data);
        return library_failed(code, NULL, "cannot write the EXR", err);
    }
    *data = s.data;
    *size = s.size;
    return ORR_OK;
}
