/* Radiance HDR (RGBE) in: flat, old and new run lengths. Ward, "Real Pixels", Graphics Gems II; the file
 * format of Radiance's picture(5). */
#include "image/image_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

typedef struct source {
    const uint8_t *data;
    size_t size, at;
    const char *name;
    orr_error *err;
} source;

static orr_status truncated(const source *s) {
    return orr_fail(s->err, ORR_E_TRUNCATED, s->name, "byte %zu: the HDR file ends early", s->at);
}

/* Copies the next line without its end into `line`; false when there is none or it is too long. */
static bool read_line(source *s, char *line, size_t capacity) {
    size_t left = s->size - s->at;
    const uint8_t *start = s->data + s->at, *end = left == 0 ? NULL : memchr(start, '\n', left);
    if (end == NULL || (size_t)(end - start) >= capacity) return false;
    size_t length = (size_t)(end - start);
    memcpy(line, start, length);
    line[length] = 0;
    s->at += length + 1;
    return true;
}

/* Header lines up to the empty one. EXPOSURE lines multiply; radiance is pixel / exposure. */
static orr_status read_header(source *s, double *scale) {
    char line[256];
    *scale = 1;
    while (read_line(s, line, sizeof line)) {
        if (line[0] == 0) return ORR_OK;
        if (strncmp(line, "FORMAT=", 7) == 0 && strcmp(line + 7, "32-bit_rle_rgbe") != 0)
            return orr_fail(s->err, ORR_E_UNSUPPORTED, s->name,
                            "HDR pixels are '%.64s'; only 32-bit_rle_rgbe is read: convert the file",
                            line + 7);
        if (strncmp(line, "EXPOSURE=", 9) == 0) {
            double exposure = strtod(line + 9, NULL);
            if (!(exposure > 1e-30 && exposure < 1e30))
                return orr_fail(s->err, ORR_E_BAD_DATA, s->name,
                                "byte %zu: EXPOSURE is '%.64s'; it must be a positive number", s->at,
                                line + 9);
            *scale /= exposure;
        }
    }
    return s->at >= s->size || memchr(s->data + s->at, '\n', s->size - s->at) == NULL
               ? truncated(s)
               : orr_fail(s->err, ORR_E_BAD_DATA, s->name, "byte %zu: an HDR header line is too long", s->at);
}

static orr_status read_size(source *s, uint32_t *width, uint32_t *height) {
    char line[128], end;
    size_t start = s->at;
    if (!read_line(s, line, sizeof line)) return truncated(s);
    unsigned w, h;
    if (strlen(line) > 40 || sscanf(line, "-Y %9u +X %9u%c", &h, &w, &end) != 2)
        return orr_fail(s->err, ORR_E_UNSUPPORTED, s->name,
                        "byte %zu: the HDR size line is '%.64s'; it must be '-Y height +X width'", start,
                        line);
    *width = w;
    *height = h;
    return ORR_OK;
}

/* Run-length coded components, one after the other; four bytes a pixel in `row`. */
static orr_status read_new_row(source *s, uint8_t *row, uint32_t width) {
    for (uint32_t c = 0; c < 4; c++) {
        for (uint32_t x = 0; x < width;) {
            if (s->at >= s->size) return truncated(s);
            uint32_t count = s->data[s->at++];
            bool run = count > 128;
            if (run) count -= 128;
            if (count == 0 || count > width - x)
                return orr_fail(s->err, ORR_E_BAD_DATA, s->name,
                                "byte %zu: a run of %u pixels where %u are left", s->at - 1, count,
                                width - x);
            if (s->size - s->at < (run ? 1 : count)) return truncated(s);
            for (uint32_t i = 0; i < count; i++)
                row[(size_t)(x + i) * 4 + c] = s->data[s->at + (run ? 0 : i)];
            s->at += run ? 1 : count;
            x += count;
        }
    }
    return ORR_OK;
}

/* Four bytes a pixel; 1 1 1 n repeats the pixel before n times, further such pixels counting in higher bytes.
 */
static orr_status read_old_row(source *s, uint8_t *row, uint32_t width) {
    uint32_t shift = 0;
    for (uint32_t x = 0; x < width;) {
        if (s->size - s->at < 4) return truncated(s);
        const uint8_t *p = s->data + s->at;
        s->at += 4;
        if (!(p[0] == 1 && p[1] == 1 && p[2] == 1)) {
            memcpy(row + (size_t)x++ * 4, p, 4);
            shift = 0;
            continue;
        }
        uint64_t count = shift < 32 ? (uint64_t)p[3] << shift : UINT64_MAX;
        if (x == 0 || count > width - x)
            return orr_fail(s->err, ORR_E_BAD_DATA, s->name, "byte %zu: a run that leaves its row",
                            s->at - 4);
        for (uint64_t i = 0; i < count; i++, x++) memcpy(row + (size_t)x * 4, row + (size_t)(x - 1) * 4, 4);
        shift += 8;
    }
    return ORR_OK;
}

static orr_status read_row(source *s, uint8_t *row, uint32_t width) {
    if (s->size - s->at < 4) return truncated(s);
    const uint8_t *p = s->data + s->at;
    bool coded =
        width >= 8 && width < 32768 && p[0] == 2 && p[1] == 2 && ((uint32_t)p[2] << 8 | p[3]) == width;
    if (!coded) return read_old_row(s, row, width);
    s->at += 4;
    return read_new_row(s, row, width);
}

static orr_status read_rows(source *s, orr_image *image, uint8_t *row, double exposure_scale) {
    float scale[256]; /* of a mantissa byte, by exponent byte */
    scale[0] = 0;
    for (int e = 1; e < 256; e++)
        scale[e] = (float)fmin(ldexp(1.0, e - 136) * exposure_scale, 1e36); /* stays finite */
    for (uint32_t y = 0; y < image->height; y++) {
        orr_status status = read_row(s, row, image->width);
        if (status != ORR_OK) return status;
        float *to = (float *)image->pixels + (size_t)y * image->width * 3;
        for (size_t x = 0; x < image->width; x++)
            for (size_t c = 0; c < 3; c++) to[x * 3 + c] = (float)row[x * 4 + c] * scale[row[x * 4 + 3]];
    }
    return ORR_OK;
}

orr_status orr_hdr_decode(const uint8_t *data, size_t size, const char *name, const orr_image_limits *limits,
                          orr_image *out, orr_error *err) {
    source s = {data, size, 0, name, err};
    uint32_t width = 0, height = 0;
    double scale = 1;
    orr_status status = read_header(&s, &scale);
    if (status == ORR_OK) status = read_size(&s, &width, &height);
    if (status == ORR_OK) status = orr_image_check_size(name, width, height, 12, limits, err);
    if (status != ORR_OK) return status;
    /* A row takes 4 bytes or more: a short file that claims many rows ends here, before memory is taken. */
    if ((s.size - s.at) / 4 < height) return truncated(&s);
    orr_image image;
    status = orr_image_create(width, height, 3, ORR_PIXEL_F32, &image, err);
    if (status != ORR_OK) return status;
    uint8_t *row = orr_calloc(width, 4);
    status = row == NULL ? orr_fail(err, ORR_E_MEMORY, name, "no memory to read an HDR file")
                         : read_rows(&s, &image, row, scale);
    free(row);
    if (status != ORR_OK)
        orr_image_free(&image);
    else
        *out = image;
    return status;
}
