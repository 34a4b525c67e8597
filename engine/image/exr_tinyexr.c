/* The tinyexr backend, for builds without OpenEXR: one thread, fewer compressions. It asserts, throws or
 * overflows on what it does not expect, so everything it cannot do is refused here before it sees it. */
#include "image/exr_internal.h"

#include <stdlib.h>
#include <string.h>
#include <tinyexr.h>

const char *orr_exr_backend(void) {
    return "tinyexr";
}

bool orr_exr_can_write(orr_exr_compression compression) {
    return compression <= ORR_EXR_PIZ;
}

static int to_library(orr_exr_compression compression) {
    static const int table[] = {TINYEXR_COMPRESSIONTYPE_ZIP, TINYEXR_COMPRESSIONTYPE_NONE,
                                TINYEXR_COMPRESSIONTYPE_RLE, TINYEXR_COMPRESSIONTYPE_ZIPS,
                                TINYEXR_COMPRESSIONTYPE_PIZ};
    return table[compression];
}

static int type_to_library(orr_pixel_type type) {
    return type == ORR_PIXEL_F16   ? TINYEXR_PIXELTYPE_HALF
           : type == ORR_PIXEL_F32 ? TINYEXR_PIXELTYPE_FLOAT
                                   : TINYEXR_PIXELTYPE_UINT;
}

/* The library's own messages are asked for nowhere: it loses the first when it makes two. */
static orr_status library_failed(const char *name, const char *what, orr_error *err) {
    return orr_fail(err, ORR_E_BAD_DATA, name, "%s, says tinyexr", what);
}

/* --- reading ------------------------------------------------------------------------------------------ */

static orr_status refuse_unread(const orr_exr_header *h, const char *name, orr_error *err) {
    const char *what = NULL;
    if (h->multipart) what = "has several parts";
    if (h->mipmapped) what = "holds levels of detail";
    if (h->compression > ORR_EXR_PIZ) what = "is compressed with PXR24 or B44";
    if (what == NULL) return ORR_OK;
    return orr_fail(err, ORR_E_UNSUPPORTED, name,
                    "the EXR %s, which the tinyexr backend does not read; convert it to one ZIP part "
                    "(oiiotool in.exr --compression zip -o out.exr), or build with ORRERY_EXR=openexr",
                    what);
}

/* The library parsed the header too: what it made of it must be what we allocated for. */
static bool same_header(const EXRHeader *theirs, const orr_exr_header *h) {
    const EXRBox2i *window = &theirs->data_window;
    if ((uint32_t)theirs->num_channels != h->channel_count ||
        theirs->compression_type != to_library(h->compression) || window->min_x != h->data.x ||
        window->min_y != h->data.y || (theirs->tiled != 0) != h->tiled ||
        (int64_t)window->max_x - window->min_x + 1 != h->data.width ||
        (int64_t)window->max_y - window->min_y + 1 != h->data.height)
        return false;
    if (h->tiled &&
        ((uint32_t)theirs->tile_size_x != h->tile_width || (uint32_t)theirs->tile_size_y != h->tile_height))
        return false;
    for (uint32_t i = 0; i < h->channel_count; i++)
        if (strcmp(theirs->channels[i].name, h->channels[i].name) != 0 ||
            theirs->pixel_types[i] != type_to_library(h->channels[i].type))
            return false;
    return true;
}

/* Copies the part of a tile that lies inside the image. */
static bool copy_tile(const EXRTile *tile, const orr_exr_header *h, void *const *planes) {
    if (tile->offset_x < 0 || tile->offset_y < 0 || (uint32_t)tile->offset_x >= h->chunks_x ||
        (uint32_t)tile->offset_y >= h->chunks_y || tile->images == NULL)
        return false;
    uint32_t x = (uint32_t)tile->offset_x * h->tile_width, y = (uint32_t)tile->offset_y * h->tile_height;
    uint32_t width = h->data.width - x, height = h->data.height - y;
    if (width > h->tile_width) width = h->tile_width;
    if (height > h->tile_height) height = h->tile_height;
    for (uint32_t c = 0; c < h->channel_count; c++) {
        size_t bytes = orr_pixel_bytes(h->channels[c].type);
        if (planes[c] == NULL) continue;
        for (uint32_t line = 0; line < height; line++)
            memcpy((uint8_t *)planes[c] + ((size_t)(y + line) * h->data.width + x) * bytes,
                   tile->images[c] + (size_t)line * h->tile_width * bytes, width * bytes);
    }
    return true;
}

static bool copy_pixels(const EXRImage *image, const orr_exr_header *h, void *const *planes) {
    if ((uint32_t)image->num_channels != h->channel_count) return false;
    if (h->tiled) {
        if (image->tiles == NULL || (uint64_t)image->num_tiles != (uint64_t)h->chunks_x * h->chunks_y)
            return false;
        for (int i = 0; i < image->num_tiles; i++)
            if (!copy_tile(&image->tiles[i], h, planes)) return false;
        return true;
    }
    if (image->images == NULL || (uint32_t)image->width != h->data.width ||
        (uint32_t)image->height != h->data.height)
        return false;
    for (uint32_t c = 0; c < h->channel_count; c++)
        if (planes[c] != NULL)
            memcpy(planes[c], image->images[c],
                   (size_t)h->data.width * h->data.height * orr_pixel_bytes(h->channels[c].type));
    return true;
}

orr_status orr_exr_backend_decode(const orr_exr_header *header, const uint8_t *data, size_t size,
                                  const char *name, void *const *planes, const orr_parallel *parallel,
                                  orr_error *err) {
    (void)parallel;
    orr_status status = refuse_unread(header, name, err);
    if (status != ORR_OK) return status;
    EXRVersion version;
    EXRHeader theirs;
    EXRImage image;
    InitEXRHeader(&theirs);
    InitEXRImage(&image);
    if (ParseEXRVersionFromMemory(&version, data, size) != TINYEXR_SUCCESS ||
        ParseEXRHeaderFromMemory(&theirs, &version, data, size, NULL) != TINYEXR_SUCCESS) {
        status = library_failed(name, "damaged EXR header", err);
    } else if (!same_header(&theirs, header)) {
        status = orr_fail(err, ORR_E_BAD_DATA, name, "the EXR header is ambiguous: write the file anew");
    } else {
        memcpy(theirs.requested_pixel_types, theirs.pixel_types, header->channel_count * sizeof(int));
        theirs.line_order = 0; /* else it turns decreasing lines upside down; chunks say where they belong */
        image.num_channels = (int)header->channel_count; /* or it loses the planes when it fails */
        if (LoadEXRImageFromMemory(&image, &theirs, data, size, NULL) != TINYEXR_SUCCESS) {
            status = library_failed(name, "damaged EXR", err); /* it has freed the image itself */
        } else {
            if (!copy_pixels(&image, header, planes))
                status = orr_fail(err, ORR_E_BAD_DATA, name, "damaged EXR: pixels are missing");
            FreeEXRImage(&image);
        }
    }
    FreeEXRHeader(&theirs);
    return status;
}

/* --- writing ------------------------------------------------------------------------------------------ */

static orr_status refuse_unwritten(const orr_exr_params *p, orr_error *err) {
    if (p->x != 0 || p->y != 0 || p->display.x != 0 || p->display.y != 0 || p->display.width != p->width ||
        p->display.height != p->height || p->pixel_aspect_ratio != 1)
        return orr_fail(err, ORR_E_UNSUPPORTED, NULL,
                        "the tinyexr backend writes square pixels and one window at the origin only; "
                        "build with ORRERY_EXR=openexr");
    if (p->attribute_count > TINYEXR_MAX_CUSTOM_ATTRIBUTES)
        return orr_fail(err, ORR_E_UNSUPPORTED, NULL,
                        "the tinyexr backend writes at most %d attributes, not %u",
                        TINYEXR_MAX_CUSTOM_ATTRIBUTES, p->attribute_count);
    for (uint32_t i = 0; i < p->attribute_count; i++)
        if (p->attributes[i].type == ORR_EXR_STRING && p->attributes[i].text[0] == 0)
            return orr_fail(err, ORR_E_UNSUPPORTED, NULL,
                            "the tinyexr backend writes no empty text: EXR attribute '%s'",
                            p->attributes[i].name);
    return ORR_OK;
}

static void put_u32(uint8_t *to, uint32_t value) {
    for (int i = 0; i < 4; i++) to[i] = (uint8_t)(value >> 8 * i);
}

static void put_f32(uint8_t *to, double value) {
    float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    put_u32(to, bits);
}

static void put_f64(uint8_t *to, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_u32(to, (uint32_t)bits);
    put_u32(to + 4, (uint32_t)(bits >> 32));
}

static bool fill_attribute(orr_arena *arena, const orr_exr_attribute *from, EXRAttribute *to) {
    static const struct {
        const char *type;
        int floats;
    } kinds[] = {{"string", 0}, {"int", 0}, {"float", 1},    {"double", 0},
                 {"v2f", 2},    {"v3f", 3}, {"rational", 0}, {"chromaticities", 8}};
    strcpy(to->name, from->name); /* 255 bytes at most: checked */
    strcpy(to->type, kinds[from->type].type);
    bool string = from->type == ORR_EXR_STRING;
    to->value = string ? (unsigned char *)orr_arena_strdup(arena, from->text) : orr_arena_alloc(arena, 1, 32);
    if (to->value == NULL) return false;
    to->size = 4 * kinds[from->type].floats;
    for (int i = 0; i < kinds[from->type].floats; i++) put_f32(to->value + 4 * i, from->values[i]);
    if (string) to->size = (int)strlen(from->text);
    if (from->type == ORR_EXR_INT || from->type == ORR_EXR_RATIONAL) {
        put_u32(to->value, (uint32_t)(int32_t)from->values[0]);
        to->size = 4;
    }
    if (from->type == ORR_EXR_RATIONAL) {
        put_u32(to->value + 4, (uint32_t)from->values[1]);
        to->size = 8;
    }
    if (from->type == ORR_EXR_DOUBLE) {
        put_f64(to->value, from->values[0]);
        to->size = 8;
    }
    return true;
}

/* The library wants planes: copies a strided channel. */
static void *to_plane(orr_arena *arena, const orr_exr_params *p, const orr_exr_channel *channel) {
    size_t bytes = orr_pixel_bytes(channel->type);
    uint8_t *plane = orr_arena_alloc(arena, (size_t)p->width * p->height, bytes), *to = plane;
    if (plane == NULL) return NULL;
    for (uint32_t y = 0; y < p->height; y++) {
        const uint8_t *from = (const uint8_t *)channel->pixels + y * channel->row_stride_bytes;
        for (uint32_t x = 0; x < p->width; x++, to += bytes, from += channel->pixel_stride_bytes)
            memcpy(to, from, bytes);
    }
    return plane;
}

static bool fill(orr_arena *arena, const orr_exr_params *p, EXRHeader *header, EXRImage *image) {
    header->num_channels = image->num_channels = (int)p->channel_count;
    header->channels = ORR_ARENA_NEW(arena, EXRChannelInfo, p->channel_count);
    header->pixel_types = ORR_ARENA_NEW(arena, int, p->channel_count);
    header->requested_pixel_types = ORR_ARENA_NEW(arena, int, p->channel_count);
    header->custom_attributes = ORR_ARENA_NEW(arena, EXRAttribute, p->attribute_count + 1);
    header->num_custom_attributes = (int)p->attribute_count;
    header->compression_type = to_library(p->compression);
    image->images = ORR_ARENA_NEW(arena, unsigned char *, p->channel_count);
    image->width = (int)p->width;
    image->height = (int)p->height;
    if (header->channels == NULL || header->pixel_types == NULL || header->requested_pixel_types == NULL ||
        header->custom_attributes == NULL || image->images == NULL)
        return false;
    for (uint32_t i = 0; i < p->channel_count; i++) {
        strcpy(header->channels[i].name, p->channels[i].name);
        header->pixel_types[i] = header->requested_pixel_types[i] = type_to_library(p->channels[i].type);
        image->images[i] = to_plane(arena, p, &p->channels[i]);
        if (image->images[i] == NULL) return false;
    }
    for (uint32_t i = 0; i < p->attribute_count; i++)
        if (!fill_attribute(arena, &p->attributes[i], &header->custom_attributes[i])) return false;
    return true;
}

orr_status orr_exr_backend_encode(const orr_exr_params *params, uint8_t **data, size_t *size,
                                  orr_error *err) {
    orr_status status = refuse_unwritten(params, err);
    if (status != ORR_OK) return status;
    orr_arena arena = {0};
    EXRHeader header;
    EXRImage image;
    InitEXRHeader(&header);
    InitEXRImage(&image);
    if (!fill(&arena, params, &header, &image)) {
        status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory to write an EXR");
    } else {
        unsigned char *bytes = NULL;
        *size = SaveEXRImageToMemory(&image, &header, &bytes, NULL);
        *data = bytes;
        if (*size == 0) status = library_failed(NULL, "cannot write the EXR", err);
    }
    orr_arena_free(&arena);
    return status;
}
