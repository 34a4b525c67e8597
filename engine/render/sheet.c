/* Contact sheets and videos. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "render/sink.h"

enum { CELL_WIDTH = 240, GAP = 4, MOST_CELLS = 64, FRAME_BYTES = 1 << 30 };

orr_status orr_sheet_create(uint32_t frames, uint32_t width, uint32_t height, orr_sheet *sheet,
                            orr_error *err) {
    *sheet = (orr_sheet){.frames = frames ? frames : 1};
    sheet->cells = sheet->frames < MOST_CELLS ? sheet->frames : MOST_CELLS;
    sheet->cell_width = width < CELL_WIDTH ? width : CELL_WIDTH;
    sheet->cell_height = (uint32_t)fmax(1.0, floor((double)height * sheet->cell_width / width + 0.5));
    if (sheet->cell_height > 4 * CELL_WIDTH) sheet->cell_height = 4 * CELL_WIDTH;
    while (sheet->columns * sheet->columns < sheet->cells) sheet->columns++;
    sheet->rows = (sheet->cells + sheet->columns - 1) / sheet->columns;
    orr_status status =
        orr_image_create(sheet->columns * (sheet->cell_width + GAP) + GAP,
                         sheet->rows * (sheet->cell_height + GAP) + GAP, 3, ORR_PIXEL_U8, &sheet->image, err);
    if (!status) memset(sheet->image.pixels, 24, sheet->image.size_bytes), sheet->image.srgb = true;
    return status;
}

void orr_sheet_free(orr_sheet *sheet) {
    orr_image_free(&sheet->image);
}

/* Pixels of 8 or 16 bits, by whichever way they came. */
typedef struct picture {
    const void *pixels;
    uint32_t width, height, channels;
    bool wide;
} picture;

/* Area average in stored (sRGB) values: a preview, not a measurement. */
static uint8_t average(const picture *from, uint32_t x0, uint32_t x1, uint32_t y0, uint32_t y1,
                       uint32_t channel) {
    uint64_t sum = 0;
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++) {
            size_t at = ((size_t)y * from->width + x) * from->channels + channel;
            sum += from->wide ? (uint64_t)((const uint16_t *)from->pixels)[at] / 257u
                              : ((const uint8_t *)from->pixels)[at];
        }
    uint64_t n = (uint64_t)(x1 - x0) * (y1 - y0);
    return (uint8_t)((sum + n / 2) / n);
}

static uint32_t cell_of(const orr_sheet *sheet, uint32_t index) {
    return (uint32_t)((uint64_t)index * sheet->cells / sheet->frames);
}

bool orr_sheet_shows(const orr_sheet *sheet, uint32_t index) {
    return !index || cell_of(sheet, index - 1) != cell_of(sheet, index);
}

static void fill_cell(orr_sheet *sheet, uint32_t cell, const picture *from) {
    uint32_t left = GAP + cell % sheet->columns * (sheet->cell_width + GAP),
             top = GAP + cell / sheet->columns * (sheet->cell_height + GAP);
    uint8_t *pixels = sheet->image.pixels;
    for (uint32_t y = 0; y < sheet->cell_height; y++)
        for (uint32_t x = 0; x < sheet->cell_width; x++) {
            uint32_t x0 = (uint32_t)((uint64_t)x * from->width / sheet->cell_width),
                     x1 = (uint32_t)((uint64_t)(x + 1) * from->width / sheet->cell_width);
            uint32_t y0 = (uint32_t)((uint64_t)y * from->height / sheet->cell_height),
                     y1 = (uint32_t)((uint64_t)(y + 1) * from->height / sheet->cell_height);
            for (uint32_t c = 0; c < 3; c++)
                pixels[((size_t)(top + y) * sheet->image.width + left + x) * 3 + c] =
                    average(from, x0, x1 > x0 ? x1 : x0 + 1, y0, y1 > y0 ? y1 : y0 + 1, c);
        }
}

void orr_sheet_add(orr_sheet *sheet, uint32_t index, const orr_frame_output *ldr) {
    picture from = {ldr->pixels, ldr->width, ldr->height, 4, ldr->format == ORR_FORMAT_NONE};
    if (orr_sheet_shows(sheet, index)) fill_cell(sheet, cell_of(sheet, index), &from);
}

orr_status orr_sheet_add_file(orr_sheet *sheet, uint32_t index, const char *path, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_image image = {0};
    orr_status status = orr_file_read(path, FRAME_BYTES, &data, &size, err);
    if (!status) status = orr_image_decode(data, size, path, 0, NULL, &image, err);
    free(data);
    if (status) return status;
    picture from = {image.pixels, image.width, image.height, image.channels, image.type == ORR_PIXEL_U16};
    if (image.channels >= 3) fill_cell(sheet, cell_of(sheet, index), &from);
    orr_image_free(&image);
    return ORR_OK;
}

orr_status orr_sheet_write(const orr_sheet *sheet, const char *path, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status = orr_png_encode(&sheet->image, NULL, &data, &size, err);
    if (!status) status = orr_file_write(path, data, size, err);
    free(data);
    return status;
}

/* --- video
 * ----------------------------------------------------------------------------------------------------------------------
 */

orr_status orr_video_check(orr_error *err) {
    if (!orr_program_exists("ffmpeg"))
        return orr_fail(
            err, ORR_E_NOT_FOUND, "ffmpeg",
            "a video needs the program ffmpeg, which is not installed: install it, or leave --video out");
    return ORR_OK;
}

orr_status orr_video_write(const char *path, const char *pattern, int64_t first, uint32_t fps_num,
                           uint32_t fps_den, orr_error *err) {
    const char *hash = strchr(pattern, '#'), *dot = strrchr(path, '.');
    if (!hash)
        return orr_fail(err, ORR_E_USAGE, pattern, "a video needs numbered frames: put #### into --out");
    char input[1100], rate[64], start[32], part[1100];
    size_t digits = strspn(hash, "#");
    (void)orr_format(input, sizeof input, "%.*s%%0%zud%s", (int)(hash - pattern), pattern, digits,
                     hash + digits);
    (void)orr_format(rate, sizeof rate, "%u/%u", fps_num, fps_den);
    (void)orr_format(start, sizeof start, "%lld", (long long)first);
    (void)orr_format(part, sizeof part, "%.*s.part%s", (int)(dot ? dot - path : (long)strlen(path)), path,
                     dot ? dot : ".mp4");
    const char *argv[] = {"ffmpeg",
                          "-y",
                          "-hide_banner",
                          "-loglevel",
                          "error",
                          "-framerate",
                          rate,
                          "-start_number",
                          start,
                          "-i",
                          input,
                          "-vf",
                          "pad=ceil(iw/2)*2:ceil(ih/2)*2",
                          "-pix_fmt",
                          "yuv420p",
                          "-fflags",
                          "+bitexact",
                          part,
                          NULL};
    int code = 0;
    orr_status status = orr_process_run(argv, &code, err);
    if (!status && code != 0)
        status = orr_fail(err, ORR_E_PROCESS, path, "ffmpeg ended with code %d; the frames are whole", code);
    if (!status) status = orr_file_rename(part, path, err);
    if (status) orr_file_remove(part);
    return status;
}
