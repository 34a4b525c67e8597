/* Between exr.c, which checks, and the backend, which compresses. Not for other files. */
#ifndef ORR_IMAGE_EXR_INTERNAL_H
#define ORR_IMAGE_EXR_INTERNAL_H

#include "base/arena.h"
#include "image/exr.h"

typedef struct orr_exr_channel_info {
    const char *name;
    orr_pixel_type type;
} orr_exr_channel_info;

/* What the header of part 0 says, checked. Names and attributes live in the arena given to the parser. */
typedef struct orr_exr_header {
    orr_exr_window data, display;
    float pixel_aspect_ratio;
    orr_exr_compression compression;
    bool tiled, multipart, mipmapped;
    uint32_t tile_width, tile_height; /* of tiled files */
    uint32_t lines_per_chunk;         /* of scanline files */
    uint32_t chunks_x, chunks_y;      /* of the full-resolution level; chunks_x is 1 without tiles */
    size_t table_at;                  /* byte offset of the chunk offset table */
    orr_exr_channel_info *channels;   /* sorted, unique */
    uint32_t channel_count;
    uint32_t pixel_bytes; /* of all channels */
    orr_exr_attribute *attributes;
    uint32_t attribute_count;
} orr_exr_header;

/* Reads and checks everything before the pixels. */
ORR_MUST_CHECK orr_status orr_exr_header_parse(const uint8_t *data, size_t size, const char *name,
                                               orr_arena *arena, orr_exr_header *out, orr_error *err);
/* Checks that every chunk of the full-resolution level lies in the file, is where its header says, and is no
 * larger than its pixels: after it, a decoder has only the compressed bytes left to doubt. */
ORR_MUST_CHECK orr_status orr_exr_check_chunks(const orr_exr_header *header, const uint8_t *data, size_t size,
                                               const char *name, orr_error *err);

/* The backend. `planes[i]` takes channel i of the header, or is NULL: skipped. */
ORR_MUST_CHECK orr_status orr_exr_backend_decode(const orr_exr_header *header, const uint8_t *data,
                                                 size_t size, const char *name, void *const *planes,
                                                 const orr_parallel *parallel, orr_error *err);
/* `params` is complete and checked: channels sorted, strides, level and display window set. */
ORR_MUST_CHECK orr_status orr_exr_backend_encode(const orr_exr_params *params, uint8_t **data, size_t *size,
                                                 orr_error *err);

#endif
