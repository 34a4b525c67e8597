#include "render/sink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/platform/platform.h"

typedef struct plane_row {
    const char *exr;
    uint32_t component;
    bool full;
} plane_row; /* full: kept as float */
typedef struct aov_row {
    const char *name, *channel;
    plane_row planes[4];
} aov_row;
/* F1 of the effects page: names group by the dot; depth in float, ids whole, the rest half. */
static const aov_row aovs[] = {
    {"beauty", "hdr", {{"R", 0, false}, {"G", 1, false}, {"B", 2, false}, {"A", 3, false}}},
    {"depth", "depth", {{"Z", 0, true}}},
    {"normal", "normal", {{"N.X", 0, false}, {"N.Y", 1, false}, {"N.Z", 2, false}}},
    {"albedo", "albedo", {{"albedo.R", 0, false}, {"albedo.G", 1, false}, {"albedo.B", 2, false}}},
    {"id", "id", {{"id.object", 0, false}, {"id.material", 1, false}}},
    {"material", "material", {{"roughness", 0, false}, {"metallic", 1, false}, {"ao", 2, false}}},
    {"emission", "emission", {{"emission.R", 0, false}, {"emission.G", 1, false}, {"emission.B", 2, false}}},
};
enum { AOV_COUNT = sizeof aovs / sizeof aovs[0] };
static const char *aov_name(const void *context, size_t i) {
    (void)context;
    return aovs[i].name;
}

static void add_output(const char *channel, orr_output *outputs, uint32_t *count) {
    for (uint32_t i = 0; i < *count; i++)
        if (!strcmp(outputs[i].channel, channel)) return;
    outputs[(*count)++] = (orr_output){.channel = channel};
}

orr_status orr_aovs_parse(const char *text, orr_output *outputs, uint32_t *count, orr_error *err) {
    for (const char *p = text; p && *p;) {
        size_t length = strcspn(p, ",");
        char name[64];
        (void)orr_format(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), p);
        size_t row = 0;
        while (row < AOV_COUNT && strcmp(aovs[row].name, name)) row++;
        if (row == AOV_COUNT) {
            const char *near = orr_nearest_name(name, AOV_COUNT, aov_name, NULL);
            return near ? orr_fail(err, ORR_E_USAGE, NULL, "--aovs: there is no AOV '%s': did you mean '%s'?",
                                   name, near)
                        : orr_fail(err, ORR_E_USAGE, NULL,
                                   "--aovs: there is no AOV '%s'; there are depth, normal, albedo, id, "
                                   "material and emission",
                                   name);
        }
        add_output(aovs[row].channel, outputs, count);
        p += length + (p[length] == ',');
    }
    return ORR_OK;
}

static const char *channel_name(const void *context, size_t i) {
    return ((const orr_channel_info *)context)[i].name;
}

orr_status orr_channels_add(const char *const *names, uint32_t name_count, orr_output *outputs,
                            uint32_t *count, orr_error *err) {
    uint32_t rows, row;
    const orr_channel_info *table = orr_channel_table(&rows);
    for (uint32_t i = 0; i < name_count; i++) {
        for (row = 0; row < rows && strcmp(table[row].name, names[i]) != 0;) row++;
        if (row < rows) {
            add_output(table[row].name, outputs, count);
            continue;
        }
        const char *near = orr_nearest_name(names[i], rows, channel_name, table);
        orr_text known = {0};
        for (uint32_t k = 0; k < rows; k++) orr_text_printf(&known, "%s%s", k ? ", " : "", table[k].name);
        orr_status status =
            near ? orr_fail(err, ORR_E_UNKNOWN_KEY, NULL,
                            "there is no channel '%.80s' to read back: did you mean '%s'?", names[i], near)
                 : orr_fail(err, ORR_E_UNKNOWN_KEY, NULL,
                            "there is no channel '%.80s' to read back; there are %s", names[i],
                            orr_text_cstr(&known));
        orr_text_free(&known);
        return status;
    }
    return ORR_OK;
}

orr_status orr_output_format_of(const char *path, bool png16, orr_output_format *format, orr_error *err) {
    const char *dot = strrchr(path, '.');
    if (dot && !strcmp(dot, ".png")) return *format = png16 ? ORR_OUTPUT_PNG16 : ORR_OUTPUT_PNG8, ORR_OK;
    if (dot && !strcmp(dot, ".exr")) return *format = ORR_OUTPUT_EXR, ORR_OK;
    return orr_fail(err, ORR_E_USAGE, path, "the output's extension must be .png or .exr");
}

static orr_status write_file(const char *path, const uint8_t *data, size_t size, uint64_t *hash,
                             orr_error *err) {
    *hash = orr_hash64(data, size, 0);
    return orr_file_write(path, data, size, err);
}

/* --- PNG
 * --------------------------------------------------------------------------------------------------------------------
 */

static orr_status write_png(const orr_sink_frame *frame, const orr_frame_output *ldr, uint64_t *hash,
                            orr_error *err) {
    bool wide = frame->format == ORR_OUTPUT_PNG16;
    orr_image rgb;
    orr_status status =
        orr_image_create(ldr->width, ldr->height, 3, wide ? ORR_PIXEL_U16 : ORR_PIXEL_U8, &rgb, err);
    if (status) return status;
    size_t count = (size_t)ldr->width * ldr->height;
    if (wide) {
        const uint16_t *from = ldr->pixels;
        uint16_t *to = rgb.pixels;
        for (size_t i = 0; i < count; i++)
            to[i * 3] = from[i * 4], to[i * 3 + 1] = from[i * 4 + 1], to[i * 3 + 2] = from[i * 4 + 2];
    } else {
        const uint8_t *from = ldr->pixels;
        uint8_t *to = rgb.pixels;
        for (size_t i = 0; i < count; i++)
            to[i * 3] = from[i * 4], to[i * 3 + 1] = from[i * 4 + 1], to[i * 3 + 2] = from[i * 4 + 2];
    }
    rgb.srgb = true;
    uint8_t *data = NULL;
    size_t size = 0;
    status = orr_png_encode(&rgb, NULL, &data, &size, err);
    orr_image_free(&rgb);
    if (!status) status = write_file(frame->path, data, size, hash, err);
    free(data);
    return status;
}

/* --- EXR
 * --------------------------------------------------------------------------------------------------------------------
 */

/* How a device format stores a component, and how the file will. */
static orr_pixel_type stored_type(orr_gpu_format format) {
    switch (format) {
    case ORR_FORMAT_R32_SFLOAT:
    case ORR_FORMAT_RGBA32_SFLOAT:
        return ORR_PIXEL_F32;
    case ORR_FORMAT_RG32_UINT:
        return ORR_PIXEL_U32;
    default:
        return ORR_PIXEL_F16;
    }
}

/* Accumulated planes are float32; those that the file holds as half are rounded here, and kept finite. */
static uint16_t *to_half(const orr_frame_output *o) {
    size_t count = (size_t)o->width * o->height * 4;
    uint16_t *half = malloc(count * 2);
    const float *from = o->pixels;
    for (size_t i = 0; half && i < count; i++) half[i] = orr_f32_to_f16(fminf(from[i], 65504.0f));
    return half;
}

static orr_status write_exr(const orr_sink_frame *frame, uint64_t *hash, orr_error *err) {
    orr_exr_channel channels[ORR_MAX_OUTPUTS * 4];
    void *owned[ORR_MAX_OUTPUTS] = {0};
    uint32_t n = 0;
    orr_status status = ORR_OK;
    for (uint32_t i = 0; !status && i < frame->output_count; i++) {
        const orr_frame_output *o = &frame->result->outputs[i];
        for (size_t a = 0; a < AOV_COUNT; a++) {
            if (strcmp(aovs[a].channel, o->channel)) continue;
            orr_pixel_type stored = stored_type(o->format),
                           type = stored == ORR_PIXEL_F32 && !aovs[a].planes[0].full ? ORR_PIXEL_F16 : stored;
            const uint8_t *pixels = o->pixels;
            size_t stride = o->size_bytes / ((size_t)o->width * o->height);
            if (type != stored) {
                if (!(owned[i] = to_half(o)))
                    status =
                        orr_fail(err, ORR_E_MEMORY, frame->path, "no memory to convert '%s'", o->channel);
                pixels = owned[i], stride = 8;
            }
            for (uint32_t p = 0; !status && p < 4 && aovs[a].planes[p].exr; p++)
                channels[n++] =
                    (orr_exr_channel){.name = aovs[a].planes[p].exr,
                                      .type = type,
                                      .pixel_stride_bytes = stride,
                                      .pixels = pixels + aovs[a].planes[p].component * orr_pixel_bytes(type)};
        }
    }
    const orr_frame_ev *ev = &frame->result->ev;
    const orr_exr_attribute attributes[] = {
        {.name = "framesPerSecond", .type = ORR_EXR_RATIONAL, .values = {frame->fps_num, frame->fps_den}},
        {.name = "chromaticities",
         .type = ORR_EXR_CHROMATICITIES,
         .values = {0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290}},
        {.name = "orrery.exposure", .type = ORR_EXR_DOUBLE, .values = {frame->result->exposure}},
        {.name = "orrery.ev100", .type = ORR_EXR_DOUBLE, .values = {frame->result->ev100}},
        {.name = "orrery.frame", .type = ORR_EXR_INT, .values = {(double)frame->result->frame}},
        {.name = "orrery.seed", .type = ORR_EXR_DOUBLE, .values = {(double)frame->seed}},
        {.name = "orrery.device", .type = ORR_EXR_STRING, .text = frame->device},
        {.name = "orrery.aperture_f", .type = ORR_EXR_DOUBLE, .values = {frame->aperture_f}},
        {.name = "orrery.shutter_s", .type = ORR_EXR_DOUBLE, .values = {frame->shutter_s}},
        {.name = "orrery.iso", .type = ORR_EXR_DOUBLE, .values = {frame->iso}},
        {.name = "orrery.metered_ev",
         .type = ORR_EXR_DOUBLE,
         .values = {ev->metered_ev100}}, /* last: METERED */
        {.name = "orrery.applied_ev", .type = ORR_EXR_DOUBLE, .values = {ev->applied_ev100}},
    };
    enum { ALL = sizeof attributes / sizeof attributes[0], METERED = 2 };
    orr_exr_params params = {.width = frame->result->outputs[0].width,
                             .height = frame->result->outputs[0].height,
                             .channels = channels,
                             .channel_count = n,
                             .compression = frame->compression,
                             .attributes = attributes,
                             .attribute_count = ev->metered ? ALL : ALL - METERED,
                             .parallel = frame->parallel};
    uint8_t *data = NULL;
    size_t size = 0;
    if (!status) status = orr_exr_encode(&params, &data, &size, err);
    if (!status) status = write_file(frame->path, data, size, hash, err);
    free(data);
    for (uint32_t i = 0; i < ORR_MAX_OUTPUTS; i++) free(owned[i]);
    return status;
}

orr_status orr_sink_write(const orr_sink_frame *frame, uint64_t *hash, orr_error *err) {
    if (frame->format == ORR_OUTPUT_EXR) return write_exr(frame, hash, err);
    for (uint32_t i = 0; i < frame->output_count; i++)
        if (!strcmp(frame->result->outputs[i].channel, "ldr"))
            return write_png(frame, &frame->result->outputs[i], hash, err);
    return orr_fail(err, ORR_E_INTERNAL, frame->path, "a PNG frame without its display image");
}
