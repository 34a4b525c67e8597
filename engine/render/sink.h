/* Sinks: one finished frame to one file, whole or not at all; and the small things around a sequence's
 * frames. */
#ifndef ORR_RENDER_SINK_H
#define ORR_RENDER_SINK_H

#include "image/exr.h"
#include "render/sequence.h"
#include "render/target.h"

/* What a sink needs to know of the frame beside its pixels. */
typedef struct orr_sink_frame {
    const orr_frame_result *result;
    uint32_t output_count; /* the first so many of its outputs are the file's */
    const char *path;
    orr_output_format format;
    orr_exr_compression compression;
    uint32_t fps_num, fps_den;
    uint64_t seed;
    const char *device;
    double aperture_f, shutter_s, iso;
    const orr_parallel *parallel;
} orr_sink_frame;
/* `hash` gets the XXH3 of the file. */
ORR_MUST_CHECK orr_status orr_sink_write(const orr_sink_frame *frame, uint64_t *hash, orr_error *err);

/* The channels that `aovs` names ("depth,normal,albedo,id"), appended to `outputs`. Unknown names: the
 * nearest is suggested. */
ORR_MUST_CHECK orr_status orr_aovs_parse(const char *aovs, orr_output *outputs, uint32_t *count,
                                         orr_error *err);
/* Those that `names` names ("hdr", "ldr", "depth": the table of channels), appended likewise. */
ORR_MUST_CHECK orr_status orr_channels_add(const char *const *names, uint32_t name_count, orr_output *outputs,
                                           uint32_t *count, orr_error *err);
ORR_MUST_CHECK orr_status orr_output_format_of(const char *path, bool png16, orr_output_format *format,
                                               orr_error *err);

/* The contact sheet: a grid of thumbnails. Cells may be filled from several threads at once. */
typedef struct orr_sheet {
    orr_image image;
    uint32_t columns, rows, cell_width, cell_height, cells;
    uint32_t frames; /* of the sequence: more than cells are thinned out evenly */
} orr_sheet;
ORR_MUST_CHECK orr_status orr_sheet_create(uint32_t frames, uint32_t width, uint32_t height, orr_sheet *sheet,
                                           orr_error *err);
bool orr_sheet_shows(const orr_sheet *sheet, uint32_t index); /* has a cell: the first of each group */
void orr_sheet_add(orr_sheet *sheet, uint32_t index, const orr_frame_output *ldr);
/* The same of a frame that is a PNG file already. */
ORR_MUST_CHECK orr_status orr_sheet_add_file(orr_sheet *sheet, uint32_t index, const char *path,
                                             orr_error *err);
ORR_MUST_CHECK orr_status orr_sheet_write(const orr_sheet *sheet, const char *path, orr_error *err);
void orr_sheet_free(orr_sheet *sheet);

ORR_MUST_CHECK orr_status orr_video_check(orr_error *err); /* is there an ffmpeg? */
ORR_MUST_CHECK orr_status orr_video_write(const char *path, const char *pattern, int64_t first,
                                          uint32_t fps_num, uint32_t fps_den, orr_error *err);

#endif
