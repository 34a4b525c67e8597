/* The header of an OpenEXR file and the table of its chunks, read without any library so that every bound is
 * ours and both backends see only files that passed. Layout: openexr.com, "OpenEXR File Layout". */
#include "image/exr_internal.h"

#include <stdlib.h>
#include <string.h>

typedef struct reader {
    const uint8_t *data;
    size_t size, at;
    const char *name;
    orr_arena *arena;
    orr_exr_header *header;
    orr_error *err;
    uint32_t seen; /* bit set of required attributes */
} reader;

enum {
    SEEN_CHANNELS = 1,
    SEEN_COMPRESSION = 2,
    SEEN_DATA = 4,
    SEEN_DISPLAY = 8,
    SEEN_LINE_ORDER = 16,
    SEEN_ASPECT = 32,
    SEEN_CENTRE = 64,
    SEEN_WIDTH = 128,
    SEEN_TILES = 256,
    SEEN_TYPE = 512,
    SEEN_CHUNKS = 1024,
    REQUIRED = 255
};

static uint32_t get_u32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static uint64_t get_u64(const uint8_t *p) {
    return (uint64_t)get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}
static int32_t get_i32(const uint8_t *p) {
    uint32_t bits = get_u32(p);
    int32_t value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static float get_f32(const uint8_t *p) {
    uint32_t bits = get_u32(p);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static double get_f64(const uint8_t *p) {
    uint64_t bits = get_u64(p);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static orr_status truncated(const reader *r) {
    return orr_fail(r->err, ORR_E_TRUNCATED, r->name, "byte %zu: the EXR header ends early", r->at);
}

static orr_status bad(const reader *r, const char *what) {
    return orr_fail(r->err, ORR_E_BAD_DATA, r->name, "byte %zu: damaged EXR: %s", r->at, what);
}

/* A NUL-terminated name of 0-255 bytes inside [at, end). */
static orr_status read_name(reader *r, size_t end, const char **text, size_t *length) {
    size_t left = end - r->at, most = left < 256 ? left : 256;
    const uint8_t *stop = most == 0 ? NULL : memchr(r->data + r->at, 0, most);
    if (stop == NULL) return left < 256 ? truncated(r) : bad(r, "a name longer than 255 bytes");
    *text = (const char *)r->data + r->at;
    *length = (size_t)(stop - (r->data + r->at));
    r->at += *length + 1;
    return ORR_OK;
}

/* --- required attributes -------------------------------------------------------------------------------- */

static orr_status read_window(reader *r, const uint8_t *value, orr_exr_window *window) {
    int64_t x0 = get_i32(value), y0 = get_i32(value + 4), x1 = get_i32(value + 8), y1 = get_i32(value + 12);
    int64_t width = x1 - x0 + 1, height = y1 - y0 + 1;
    const int64_t most = 1 << 28; /* a row of floats, and any sum of coordinates, fits 31 bits */
    if (width < 1 || height < 1 || x0 <= -most || y0 <= -most || x1 >= most || y1 >= most)
        return bad(r, "a window that is empty or out of range");
    if (width > most || height > most) return bad(r, "a window that is out of range");
    *window = (orr_exr_window){(int32_t)x0, (int32_t)y0, (uint32_t)width, (uint32_t)height};
    return ORR_OK;
}

static orr_status read_channel(reader *r, size_t end, orr_exr_channel_info *channel) {
    static const orr_pixel_type types[] = {ORR_PIXEL_U32, ORR_PIXEL_F16, ORR_PIXEL_F32};
    const char *text;
    size_t length;
    orr_status status = read_name(r, end, &text, &length);
    if (status != ORR_OK) return status;
    if (length == 0 || end - r->at < 16) return bad(r, "a channel without a name or cut short");
    const uint8_t *value = r->data + r->at;
    uint32_t type = get_u32(value);
    if (type > 2) return bad(r, "a channel of unknown pixel type");
    uint32_t sampling_x = get_u32(value + 8), sampling_y = get_u32(value + 12);
    if (sampling_x - 1 > 15 || sampling_y - 1 > 15) return bad(r, "a channel of impossible sampling");
    if (sampling_x != 1 || sampling_y != 1)
        return orr_fail(r->err, ORR_E_UNSUPPORTED, r->name,
                        "EXR channel '%s' is subsampled (luminance-chroma); convert the file to RGB", text);
    channel->name = orr_arena_strndup(r->arena, text, length);
    channel->type = types[type];
    r->at += 16;
    return channel->name != NULL ? ORR_OK
                                 : orr_fail(r->err, ORR_E_MEMORY, r->name, "no memory to read an EXR");
}

static orr_status read_channels(reader *r, size_t end) {
    orr_exr_header *h = r->header;
    size_t most = (end - r->at) / 18; /* name of one byte, its NUL, 16 bytes */
    if (most == 0) return bad(r, "no channels");
    if (most > 1024)
        return orr_fail(r->err, ORR_E_LIMIT, r->name, "the EXR has more than 1024 channels; split it");
    h->channels = ORR_ARENA_NEW(r->arena, orr_exr_channel_info, most);
    if (h->channels == NULL) return orr_fail(r->err, ORR_E_MEMORY, r->name, "no memory to read an EXR");
    while (r->at < end && r->data[r->at] != 0) {
        if (h->channel_count == most) return bad(r, "the channel list is cut short");
        orr_exr_channel_info *channel = &h->channels[h->channel_count];
        orr_status status = read_channel(r, end, channel);
        if (status != ORR_OK) return status;
        if (h->channel_count > 0 && strcmp(channel[-1].name, channel->name) >= 0)
            return bad(r, "channels are not sorted by name, as the format wants: write the file anew");
        h->pixel_bytes += (uint32_t)orr_pixel_bytes(channel->type);
        h->channel_count++;
    }
    return h->channel_count > 0 && r->at + 1 == end ? ORR_OK : bad(r, "the channel list has no end");
}

static orr_status read_compression(reader *r, uint8_t value) {
    static const orr_exr_compression known[] = {ORR_EXR_NONE, ORR_EXR_RLE,   ORR_EXR_ZIPS, ORR_EXR_ZIP,
                                                ORR_EXR_PIZ,  ORR_EXR_PXR24, ORR_EXR_B44,  ORR_EXR_B44A};
    static const uint8_t lines[] = {1, 1, 1, 16, 32, 16, 32, 32};
    if (value == 8 || value == 9)
        return orr_fail(r->err, ORR_E_UNSUPPORTED, r->name,
                        "the EXR is compressed with DWA, which is not read; convert it to ZIP or PIZ "
                        "(oiiotool in.exr --compression zip -o out.exr)");
    if (value > 9) return bad(r, "unknown compression");
    r->header->compression = known[value];
    r->header->lines_per_chunk = lines[value];
    return ORR_OK;
}

static orr_status read_tiles(reader *r, const uint8_t *value) {
    orr_exr_header *h = r->header;
    h->tile_width = get_u32(value);
    h->tile_height = get_u32(value + 4);
    h->mipmapped = (value[8] & 15) != 0;
    if (h->tile_width == 0 || h->tile_height == 0 || h->tile_width > 65536 || h->tile_height > 65536 ||
        (value[8] & 15) > 2 || value[8] >> 4 > 1)
        return bad(r, "impossible tile sizes");
    return ORR_OK;
}

static orr_status read_part_type(reader *r, const uint8_t *value, size_t length) {
    orr_exr_header *h = r->header;
    bool deep = length > 4 && memcmp(value, "deep", 4) == 0;
    if (deep)
        return orr_fail(
            r->err, ORR_E_UNSUPPORTED, r->name,
            "the EXR holds deep data, which is not read; flatten it (oiiotool in.exr --flatten -o out.exr)");
    bool tiled = length == 10 && memcmp(value, "tiledimage", 10) == 0;
    if (!tiled && !(length == 13 && memcmp(value, "scanlineimage", 13) == 0))
        return bad(r, "unknown part type");
    if (h->multipart)
        h->tiled = tiled;
    else if (h->tiled != tiled)
        return bad(r, "the part type contradicts the version field");
    return ORR_OK;
}

typedef struct required {
    const char *name, *type;
    uint32_t bit, size; /* size 0 = any */
} required;

static const required required_attributes[] = {
    {"channels", "chlist", SEEN_CHANNELS, 0},       {"compression", "compression", SEEN_COMPRESSION, 1},
    {"dataWindow", "box2i", SEEN_DATA, 16},         {"displayWindow", "box2i", SEEN_DISPLAY, 16},
    {"lineOrder", "lineOrder", SEEN_LINE_ORDER, 1}, {"pixelAspectRatio", "float", SEEN_ASPECT, 4},
    {"screenWindowCenter", "v2f", SEEN_CENTRE, 8},  {"screenWindowWidth", "float", SEEN_WIDTH, 4},
    {"tiles", "tiledesc", SEEN_TILES, 9},           {"type", "string", SEEN_TYPE, 0},
    {"chunkCount", "int", SEEN_CHUNKS, 4},
};

static orr_status read_required(reader *r, const required *which, size_t length) {
    const uint8_t *value = r->data + r->at;
    switch (which->bit) {
    case SEEN_CHANNELS:
        return read_channels(r, r->at + length);
    case SEEN_COMPRESSION:
        return read_compression(r, value[0]);
    case SEEN_DATA:
        return read_window(r, value, &r->header->data);
    case SEEN_DISPLAY:
        return read_window(r, value, &r->header->display);
    case SEEN_LINE_ORDER:
        return value[0] <= 2 ? ORR_OK : bad(r, "unknown line order");
    case SEEN_ASPECT:
        r->header->pixel_aspect_ratio = get_f32(value);
        if (r->header->pixel_aspect_ratio >= 1e-6f && r->header->pixel_aspect_ratio <= 1e6f) return ORR_OK;
        return bad(r, "an impossible pixel aspect ratio");
    case SEEN_TILES:
        return read_tiles(r, value);
    case SEEN_TYPE:
        return read_part_type(r, value, length);
    default:
        return ORR_OK;
    }
}

/* --- other attributes ----------------------------------------------------------------------------------- */

static const struct {
    const char *type;
    orr_exr_attribute_type kind;
    uint32_t size, count; /* bytes (0 = any) and numbers */
} known_types[] = {
    {"string", ORR_EXR_STRING, 0, 0},     {"int", ORR_EXR_INT, 4, 1},
    {"float", ORR_EXR_FLOAT, 4, 1},       {"double", ORR_EXR_DOUBLE, 8, 1},
    {"v2f", ORR_EXR_V2F, 8, 2},           {"v3f", ORR_EXR_V3F, 12, 3},
    {"rational", ORR_EXR_RATIONAL, 8, 2}, {"chromaticities", ORR_EXR_CHROMATICITIES, 32, 8},
};

static orr_status keep_attribute(reader *r, const char *name, const char *type, size_t length,
                                 uint32_t capacity) {
    const uint8_t *value = r->data + r->at;
    orr_exr_header *h = r->header;
    for (size_t k = 0; k < sizeof known_types / sizeof known_types[0]; k++) {
        if (strcmp(type, known_types[k].type) != 0) continue;
        if (known_types[k].size != 0 && known_types[k].size != length)
            return bad(r, "an attribute of the wrong size");
        if (h->attribute_count == capacity)
            return orr_fail(r->err, ORR_E_LIMIT, r->name, "the EXR has more than %u attributes", capacity);
        orr_exr_attribute *a = &h->attributes[h->attribute_count++];
        a->name = orr_arena_strdup(r->arena, name);
        a->type = known_types[k].kind;
        if (a->type == ORR_EXR_STRING) a->text = orr_arena_strndup(r->arena, (const char *)value, length);
        if (a->name == NULL || (a->type == ORR_EXR_STRING && a->text == NULL))
            return orr_fail(r->err, ORR_E_MEMORY, r->name, "no memory to read an EXR");
        for (uint32_t i = 0; i < known_types[k].count; i++)
            a->values[i] = a->type == ORR_EXR_DOUBLE               ? get_f64(value)
                           : a->type == ORR_EXR_INT                ? get_i32(value)
                           : a->type == ORR_EXR_RATIONAL && i == 0 ? get_i32(value)
                           : a->type == ORR_EXR_RATIONAL           ? get_u32(value + 4)
                                                                   : (double)get_f32(value + 4 * i);
        return ORR_OK;
    }
    return ORR_OK; /* of a type we do not keep */
}

#define MAX_ATTRIBUTES 1024u

/* One attribute of part 0 (`first`) or of a later part, of which only the extent matters. */
static orr_status read_attribute(reader *r, bool first) {
    const char *name, *type;
    size_t name_length, type_length;
    orr_status status = read_name(r, r->size, &name, &name_length);
    if (status == ORR_OK) status = read_name(r, r->size, &type, &type_length);
    if (status != ORR_OK) return status;
    if (r->size - r->at < 4) return truncated(r);
    uint32_t length = get_u32(r->data + r->at);
    r->at += 4;
    if (length > r->size - r->at) return truncated(r);
    size_t end = r->at + length;
    if (first) {
        const required *which = NULL;
        for (size_t i = 0; i < sizeof required_attributes / sizeof required_attributes[0]; i++)
            if (strcmp(name, required_attributes[i].name) == 0) which = &required_attributes[i];
        if (which != NULL) {
            if (strcmp(type, which->type) != 0 || (which->size != 0 && which->size != length) ||
                (r->seen & which->bit) != 0)
                return bad(r, "a required attribute of the wrong type or size, or given twice");
            r->seen |= which->bit;
            status = length == 0 ? bad(r, "an empty required attribute") : read_required(r, which, length);
        } else {
            status = keep_attribute(r, name, type, length, MAX_ATTRIBUTES);
        }
    }
    r->at = end;
    return status;
}

/* --- the whole ------------------------------------------------------------------------------------------ */

static orr_status read_version(reader *r) {
    if (r->size < 8) return truncated(r);
    if (get_u32(r->data) != 20000630) return bad(r, "no OpenEXR magic number");
    uint32_t version = get_u32(r->data + 4);
    r->at = 4;
    if ((version & 255) != 2 || (version & ~(uint32_t)0x1eff) != 0)
        return orr_fail(r->err, ORR_E_VERSION, r->name, "byte 4: EXR version %u; only version 2 is read",
                        version);
    if ((version & 0x800) != 0)
        return orr_fail(
            r->err, ORR_E_UNSUPPORTED, r->name,
            "the EXR holds deep data, which is not read; flatten it (oiiotool in.exr --flatten -o out.exr)");
    r->header->tiled = (version & 0x200) != 0;
    r->header->multipart = (version & 0x1000) != 0;
    if (r->header->tiled && r->header->multipart)
        return bad(r, "the version field says tiled and multi-part");
    r->at = 8;
    return ORR_OK;
}

static orr_status read_part(reader *r, bool first) {
    while (r->at < r->size && r->data[r->at] != 0) {
        orr_status status = read_attribute(r, first);
        if (status != ORR_OK) return status;
    }
    if (r->at >= r->size) return truncated(r);
    r->at++; /* the NUL that ends a header */
    return ORR_OK;
}

static orr_status check_complete(reader *r) {
    orr_exr_header *h = r->header;
    uint32_t needed = REQUIRED | (h->tiled ? SEEN_TILES : 0u) | (h->multipart ? SEEN_TYPE | SEEN_CHUNKS : 0u);
    for (size_t i = 0; i < sizeof required_attributes / sizeof required_attributes[0]; i++)
        if ((needed & ~r->seen & required_attributes[i].bit) != 0)
            return orr_fail(r->err, ORR_E_BAD_DATA, r->name, "byte %zu: the EXR header has no attribute '%s'",
                            r->at, required_attributes[i].name);
    uint32_t w = h->tiled ? h->tile_width : h->data.width, y = h->tiled ? h->tile_height : h->lines_per_chunk;
    h->chunks_x = (h->data.width - 1) / w + 1;
    h->chunks_y = (h->data.height - 1) / y + 1;
    h->table_at = r->at;
    if ((uint64_t)h->chunks_x * h->chunks_y > (r->size - r->at) / 8)
        return orr_fail(
            r->err, ORR_E_TRUNCATED, r->name,
            "byte %zu: the EXR ends early: %ux%u pixels need %llu chunks, and not even their table fits",
            r->at, h->data.width, h->data.height, (unsigned long long)h->chunks_x * h->chunks_y);
    return ORR_OK;
}

orr_status orr_exr_header_parse(const uint8_t *data, size_t size, const char *name, orr_arena *arena,
                                orr_exr_header *out, orr_error *err) {
    *out = (orr_exr_header){0};
    reader r = {.data = data, .size = size, .name = name, .arena = arena, .header = out, .err = err};
    out->attributes = ORR_ARENA_NEW(arena, orr_exr_attribute, MAX_ATTRIBUTES);
    if (out->attributes == NULL) return orr_fail(err, ORR_E_MEMORY, name, "no memory to read an EXR");
    orr_status status = read_version(&r);
    if (status == ORR_OK) status = read_part(&r, true);
    if (status == ORR_OK && out->multipart) {
        while (status == ORR_OK && r.at < size && data[r.at] != 0) status = read_part(&r, false);
        if (status == ORR_OK && r.at >= size) status = truncated(&r);
        r.at++; /* an empty header ends the list */
    }
    return status == ORR_OK ? check_complete(&r) : status;
}

/* --- chunks --------------------------------------------------------------------------------------------- */

static orr_status check_chunk(const orr_exr_header *h, const uint8_t *data, size_t size, uint32_t cx,
                              uint32_t cy, const char *name, orr_error *err) {
    size_t index = (size_t)cy * h->chunks_x + cx, entry = h->table_at + index * 8;
    size_t pixels_at = h->table_at + (size_t)h->chunks_x * h->chunks_y * 8;
    size_t leader = (h->multipart ? 4u : 0u) + (h->tiled ? 20u : 8u);
    uint64_t offset = get_u64(data + entry);
    if (offset < pixels_at || offset > size || size - offset < leader)
        return orr_fail(
            err, ORR_E_TRUNCATED, name,
            "byte %zu: EXR chunk %zu is said to be at byte %llu, outside the pixel data: the file is "
            "incomplete or damaged",
            entry, index, (unsigned long long)offset);
    const uint8_t *p = data + offset;
    bool right = !h->multipart || get_u32(p) == 0;
    if (h->multipart) p += 4;
    uint32_t width = h->data.width, height = h->lines_per_chunk, left = 0, top;
    if (h->tiled) {
        left = cx * h->tile_width;
        width = h->tile_width < h->data.width - left ? h->tile_width : h->data.width - left;
        height = h->tile_height;
        right =
            right && get_u32(p) == cx && get_u32(p + 4) == cy && get_u32(p + 8) == 0 && get_u32(p + 12) == 0;
        p += 16;
    } else {
        right = right && get_i32(p) == h->data.y + (int32_t)(cy * h->lines_per_chunk);
        p += 4;
    }
    top = cy * height;
    if (height > h->data.height - top) height = h->data.height - top;
    uint32_t packed = get_u32(p);
    if (!right || packed == 0 || packed > (uint64_t)width * height * h->pixel_bytes)
        return orr_fail(err, ORR_E_BAD_DATA, name,
                        "byte %llu: EXR chunk %zu does not have the header it must have",
                        (unsigned long long)offset, index);
    if (packed > size - offset - leader)
        return orr_fail(err, ORR_E_TRUNCATED, name, "byte %zu: the EXR ends inside chunk %zu", size, index);
    return ORR_OK;
}

orr_status orr_exr_check_chunks(const orr_exr_header *header, const uint8_t *data, size_t size,
                                const char *name, orr_error *err) {
    for (uint32_t y = 0; y < header->chunks_y; y++)
        for (uint32_t x = 0; x < header->chunks_x; x++) {
            orr_status status = check_chunk(header, data, size, x, y, name, err);
            if (status != ORR_OK) return status;
        }
    return ORR_OK;
}
