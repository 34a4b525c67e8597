/* OpenEXR: everything but the compressors. What is checked here holds for both backends. */
#include "image/exr_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/image_internal.h"

const char *orr_exr_compression_name(orr_exr_compression compression) {
    static const char *const names[] = {"zip", "none", "rle", "zips", "piz", "pxr24", "b44", "b44a"};
    return (size_t)compression < sizeof names / sizeof names[0] ? names[compression] : "unknown";
}

/* --- reading ------------------------------------------------------------------------------------------ */

struct orr_exr_memory {
    orr_arena arena;
};

void orr_exr_free(orr_exr_image *image) {
    for (uint32_t i = 0; i < image->plane_count; i++) free(image->planes[i].pixels);
    if (image->memory != NULL) orr_arena_free(&image->memory->arena);
    free(image->memory);
    *image = (orr_exr_image){0};
}

static bool is_wanted(const orr_exr_read_params *params, const char *name) {
    if (params == NULL || params->channels == NULL) return true;
    for (const char *const *wanted = params->channels; *wanted != NULL; wanted++)
        if (strcmp(*wanted, name) == 0) return true;
    return false;
}

static orr_status check_read_size(const orr_exr_header *h, const char *name,
                                  const orr_exr_read_params *params, orr_error *err) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < h->channel_count; i++)
        if (is_wanted(params, h->channels[i].name)) bytes += orr_pixel_bytes(h->channels[i].type);
    const orr_image_limits *limits = params != NULL ? params->limits : NULL;
    return orr_image_check_size(name, h->data.width, h->data.height, bytes > 0 ? bytes : 1, limits, err);
}

static orr_status read_planes(orr_exr_image *image, const orr_exr_header *h, const uint8_t *data, size_t size,
                              const char *name, const orr_exr_read_params *params, orr_error *err) {
    orr_arena *arena = &image->memory->arena;
    void **planes = ORR_ARENA_NEW(arena, void *, h->channel_count);
    image->planes = ORR_ARENA_NEW(arena, orr_exr_plane, h->channel_count);
    if (planes == NULL || image->planes == NULL)
        return orr_fail(err, ORR_E_MEMORY, name, "no memory to read an EXR");
    image->plane_count = h->channel_count;
    for (uint32_t i = 0; i < h->channel_count; i++) {
        image->planes[i] = (orr_exr_plane){.name = h->channels[i].name, .type = h->channels[i].type};
        if (!is_wanted(params, h->channels[i].name)) continue;
        planes[i] = orr_calloc((size_t)h->data.width * h->data.height, orr_pixel_bytes(h->channels[i].type));
        image->planes[i].pixels = planes[i];
        if (planes[i] == NULL)
            return orr_fail(err, ORR_E_MEMORY, name, "no memory for EXR channel '%s' of %ux%u pixels",
                            h->channels[i].name, h->data.width, h->data.height);
    }
    return orr_exr_backend_decode(h, data, size, name, planes, params != NULL ? params->parallel : NULL, err);
}

orr_status orr_exr_decode(const void *data, size_t size, const char *name, const orr_exr_read_params *params,
                          orr_exr_image *out, orr_error *err) {
    orr_exr_image image = {.memory = orr_calloc(1, sizeof *image.memory)};
    if (image.memory == NULL) return orr_fail(err, ORR_E_MEMORY, name, "no memory to read an EXR");
    orr_exr_header header;
    orr_status status = orr_exr_header_parse(data, size, name, &image.memory->arena, &header, err);
    if (status == ORR_OK) status = check_read_size(&header, name, params, err);
    if (status == ORR_OK) status = orr_exr_check_chunks(&header, data, size, name, err);
    if (status == ORR_OK) status = read_planes(&image, &header, data, size, name, params, err);
    if (status != ORR_OK) {
        orr_exr_free(&image);
        return status;
    }
    image.data = header.data;
    image.display = header.display;
    image.pixel_aspect_ratio = header.pixel_aspect_ratio;
    image.compression = header.compression;
    image.tiled = header.tiled;
    image.attributes = header.attributes;
    image.attribute_count = header.attribute_count;
    *out = image;
    return ORR_OK;
}

static const orr_exr_plane *find_plane(const orr_exr_image *image, const char *name) {
    for (uint32_t i = 0; i < image->plane_count; i++)
        if (strcmp(image->planes[i].name, name) == 0 && image->planes[i].pixels != NULL)
            return &image->planes[i];
    return NULL;
}

/* Planes to interleaved pixels. Halves stay halves when all are; else everything becomes float. */
static orr_status interleave(const orr_exr_image *exr, const orr_exr_plane *const *planes, uint32_t channels,
                             orr_image *out, orr_error *err) {
    bool half = true;
    for (uint32_t c = 0; c < channels; c++) half = half && planes[c]->type == ORR_PIXEL_F16;
    orr_pixel_type type = half ? ORR_PIXEL_F16 : ORR_PIXEL_F32;
    orr_status status = orr_image_create(exr->data.width, exr->data.height, channels, type, out, err);
    if (status != ORR_OK) return status;
    size_t pixels = (size_t)exr->data.width * exr->data.height;
    for (uint32_t c = 0; c < channels; c++) {
        const uint16_t *from16 = planes[c]->pixels;
        const float *from32 = planes[c]->pixels;
        if (half)
            for (size_t p = 0; p < pixels; p++) ((uint16_t *)out->pixels)[p * channels + c] = from16[p];
        else if (planes[c]->type == ORR_PIXEL_F16)
            for (size_t p = 0; p < pixels; p++)
                ((float *)out->pixels)[p * channels + c] = orr_f16_to_f32(from16[p]);
        else
            for (size_t p = 0; p < pixels; p++) ((float *)out->pixels)[p * channels + c] = from32[p];
    }
    return ORR_OK;
}

orr_status orr_exr_decode_colour(const uint8_t *data, size_t size, const char *name,
                                 const orr_image_limits *limits, orr_image *out, orr_error *err) {
    static const char *const wanted[] = {"R", "G", "B", "A", "Y", NULL};
    orr_exr_image exr;
    orr_status status = orr_exr_decode(
        data, size, name, &(orr_exr_read_params){.limits = limits, .channels = wanted}, &exr, err);
    if (status != ORR_OK) return status;
    const orr_exr_plane *planes[4] = {find_plane(&exr, "R"), find_plane(&exr, "G"), find_plane(&exr, "B"),
                                      NULL};
    const orr_exr_plane *alpha = find_plane(&exr, "A"), *grey = find_plane(&exr, "Y");
    uint32_t channels = 0;
    if (planes[0] != NULL && planes[1] != NULL && planes[2] != NULL)
        channels = 3;
    else if (grey != NULL)
        planes[0] = grey, channels = 1;
    if (channels != 0 && alpha != NULL) planes[channels++] = alpha;
    bool has_integers = false;
    for (uint32_t c = 0; c < channels; c++) has_integers = has_integers || planes[c]->type == ORR_PIXEL_U32;
    if (channels == 0 || has_integers)
        status = orr_fail(err, ORR_E_UNSUPPORTED, name,
                          "the EXR has no %s channels R, G, B or Y (the first of its %u is '%s'); "
                          "rename the layer wanted",
                          has_integers ? "half or float" : "colour", exr.plane_count, exr.planes[0].name);
    else
        status = interleave(&exr, planes, channels, out, err);
    orr_exr_free(&exr);
    return status;
}

/* --- writing ------------------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b) {
    return strcmp(((const orr_exr_channel *)a)->name, ((const orr_exr_channel *)b)->name);
}

static orr_status check_channel(const orr_exr_params *params, const orr_exr_channel *channel,
                                orr_error *err) {
    if (channel->name == NULL || channel->name[0] == 0 || strlen(channel->name) > 255)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "an EXR channel name must have 1-255 bytes");
    if (channel->type != ORR_PIXEL_F16 && channel->type != ORR_PIXEL_F32 && channel->type != ORR_PIXEL_U32)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "EXR channel '%s' must be half, float or 32-bit integer",
                        channel->name);
    if (channel->pixels == NULL)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "EXR channel '%s' has no pixels", channel->name);
    size_t pixel = channel->pixel_stride_bytes, row = channel->row_stride_bytes,
           bytes = orr_pixel_bytes(channel->type);
    if (pixel < bytes || pixel > 65536 || row > INT32_MAX || row < pixel * (params->width - 1) + bytes)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "EXR channel '%s': strides of %zu and %zu bytes do not fit %u pixels", channel->name,
                        pixel, row, params->width);
    return ORR_OK;
}

static orr_status check_attribute(const orr_exr_params *params, uint32_t index, orr_error *err) {
    /* What the params themselves set, or what would turn the file into another kind. */
    static const char *const reserved[] = {"channels",
                                           "compression",
                                           "dataWindow",
                                           "displayWindow",
                                           "lineOrder",
                                           "pixelAspectRatio",
                                           "screenWindowCenter",
                                           "screenWindowWidth",
                                           "tiles",
                                           "type",
                                           "chunkCount",
                                           "version",
                                           "name",
                                           "view"};
    const orr_exr_attribute *a = &params->attributes[index];
    if (a->name == NULL || a->name[0] == 0 || strlen(a->name) > 255)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "an EXR attribute name must have 1-255 bytes");
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(a->name, reserved[i]) == 0)
            return orr_fail(err, ORR_E_ARGUMENT, NULL, "EXR attribute '%s' is set by the writer itself",
                            a->name);
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(params->attributes[i].name, a->name) == 0)
            return orr_fail(err, ORR_E_ARGUMENT, NULL, "EXR attribute '%s' is given twice", a->name);
    if (a->type == ORR_EXR_STRING && (a->text == NULL || strlen(a->text) > (1u << 24)))
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "EXR attribute '%s' needs a text of at most 16 MiB",
                        a->name);
    bool fits = true;
    if (a->type == ORR_EXR_INT || a->type == ORR_EXR_RATIONAL)
        fits = a->values[0] >= INT32_MIN && a->values[0] <= INT32_MAX && floor(a->values[0]) == a->values[0];
    if (a->type == ORR_EXR_RATIONAL)
        fits = fits && a->values[1] >= 1 && a->values[1] <= UINT32_MAX && floor(a->values[1]) == a->values[1];
    if (a->type > ORR_EXR_CHROMATICITIES || !fits)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "EXR attribute '%s' does not fit its type", a->name);
    return ORR_OK;
}

static orr_status check_geometry(const orr_exr_params *p, orr_error *err) {
    const int32_t most = 1 << 26; /* so that what is written can be read back */
    orr_status status = orr_image_check_size(
        "EXR", p->width, p->height, 1, &(orr_image_limits){.max_side = 1u << 20, .max_bytes = 1u << 31}, err);
    if (status != ORR_OK) return status;
    const orr_exr_window *d = &p->display;
    if (p->x < -most || p->x > most || p->y < -most || p->y > most || d->x < -most || d->x > most ||
        d->y < -most || d->y > most || d->width > (uint32_t)most || d->height > (uint32_t)most)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "an EXR window lies beyond %d pixels from the origin",
                        most);
    if (p->channel_count == 0 || p->channel_count > 1024)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "an EXR holds 1-1024 channels, not %u", p->channel_count);
    if (!orr_exr_can_write(p->compression))
        return orr_fail(err, ORR_E_UNSUPPORTED, NULL,
                        "EXR compression '%s' cannot be written by the %s backend; use zip or piz",
                        orr_exr_compression_name(p->compression), orr_exr_backend());
    if (p->zip_level < 0 || p->zip_level > 9)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "EXR zip level %d; it must be 0-9", p->zip_level);
    if (p->pixel_aspect_ratio != 0 && !(p->pixel_aspect_ratio >= 1e-6f && p->pixel_aspect_ratio <= 1e6f))
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "EXR pixel aspect ratio %g; it must be above 0",
                        (double)p->pixel_aspect_ratio);
    return ORR_OK;
}

/* Fills defaults, sorts `channels` (a copy of the caller's), checks all. */
static orr_status complete_params(orr_exr_params *p, orr_exr_channel *channels, orr_error *err) {
    memcpy(channels, p->channels, p->channel_count * sizeof *channels);
    p->channels = channels;
    if (p->zip_level == 0) p->zip_level = 4;
    if (p->pixel_aspect_ratio == 0) p->pixel_aspect_ratio = 1;
    if (p->display.width == 0 || p->display.height == 0)
        p->display = (orr_exr_window){p->x, p->y, p->width, p->height};
    for (uint32_t i = 0; i < p->channel_count; i++) {
        orr_exr_channel *c = &channels[i];
        if (c->pixel_stride_bytes == 0) c->pixel_stride_bytes = orr_pixel_bytes(c->type);
        if (c->row_stride_bytes == 0) c->row_stride_bytes = c->pixel_stride_bytes * p->width;
        orr_status status = check_channel(p, c, err);
        if (status != ORR_OK) return status;
    }
    for (uint32_t i = 0; i < p->attribute_count; i++) {
        orr_status status = check_attribute(p, i, err);
        if (status != ORR_OK) return status;
    }
    qsort(channels, p->channel_count, sizeof *channels, by_name);
    for (uint32_t i = 1; i < p->channel_count; i++)
        if (strcmp(channels[i - 1].name, channels[i].name) == 0)
            return orr_fail(err, ORR_E_ARGUMENT, NULL, "EXR channel '%s' is given twice", channels[i].name);
    return ORR_OK;
}

orr_status orr_exr_encode(const orr_exr_params *params, uint8_t **data, size_t *size, orr_error *err) {
    orr_exr_params complete = *params;
    orr_status status = check_geometry(&complete, err);
    if (status != ORR_OK) return status;
    orr_exr_channel *channels = orr_calloc(params->channel_count, sizeof *channels);
    if (channels == NULL) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory to write an EXR");
    status = complete_params(&complete, channels, err);
    if (status == ORR_OK) status = orr_exr_backend_encode(&complete, data, size, err);
    free(channels);
    return status;
}
