/* JPEG in, through libjpeg-turbo. */
#include "image/image_internal.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs it first */

#include <jpeglib.h>
#include <jerror.h>

/* As in png.c: what must survive a longjmp is reached through one pointer that never changes. */
typedef struct decoder {
    struct jpeg_decompress_struct jpeg; /* first: its address is ours */
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    const uint8_t *data;
    size_t size;
    const char *name;
    uint32_t channels;
    const orr_image_limits *limits;
    orr_image image;
    orr_status status; /* set when our own check failed, with err filled; else the library's message counts */
    orr_error *err;
} decoder;

static size_t position(const decoder *d) {
    return d->jpeg.src != NULL ? d->size - d->jpeg.src->bytes_in_buffer : 0;
}

static void give_up(j_common_ptr jpeg) {
    longjmp(((decoder *)jpeg)->escape, 1);
}

/* The library guesses on after damage, with a warning. What loses pixels is an error here. */
static void hear_message(j_common_ptr jpeg, int level) {
    decoder *d = (decoder *)jpeg;
    if (level >= 0) return;
    if (jpeg->err->msg_code == JWRN_JPEG_EOF) {
        d->status = orr_fail(d->err, ORR_E_TRUNCATED, d->name, "byte %zu: the JPEG ends early", d->size);
        give_up(jpeg);
    }
    if (jpeg->err->msg_code == JWRN_HIT_MARKER || jpeg->err->msg_code == JWRN_HUFF_BAD_CODE ||
        jpeg->err->msg_code == JWRN_ARITH_BAD_CODE || jpeg->err->msg_code == JWRN_MUST_RESYNC ||
        jpeg->err->msg_code == JWRN_BOGUS_PROGRESSION || jpeg->err->msg_code == JWRN_NOT_SEQUENTIAL)
        give_up(jpeg);
}

static void print_nothing(j_common_ptr jpeg) {
    (void)jpeg;
}

/* A small progressive file can ask for endless passes over a large image. */
static void check_progress(j_common_ptr jpeg) {
    if (((j_decompress_ptr)jpeg)->input_scan_number <= 500) return;
    decoder *d = (decoder *)jpeg;
    d->status = orr_fail(d->err, ORR_E_LIMIT, d->name, "the JPEG has more than 500 scans; save it anew");
    give_up(jpeg);
}

static J_COLOR_SPACE choose_colours(const decoder *d) {
    bool grey = d->jpeg.jpeg_color_space == JCS_GRAYSCALE;
    if (d->channels == 4) return JCS_EXT_RGBA;
    return grey && d->channels != 3 ? JCS_GRAYSCALE : JCS_RGB;
}

static void read_pixels(decoder *d) {
    jpeg_mem_src(&d->jpeg, d->data, (unsigned long)d->size);
    (void)jpeg_read_header(&d->jpeg, TRUE);
    d->status =
        orr_image_check_size(d->name, d->jpeg.image_width, d->jpeg.image_height, 4, d->limits, d->err);
    if (d->status != ORR_OK) return;
    if (d->jpeg.jpeg_color_space == JCS_CMYK || d->jpeg.jpeg_color_space == JCS_YCCK) {
        d->status = orr_fail(d->err, ORR_E_UNSUPPORTED, d->name, "the JPEG is CMYK; convert it to RGB");
        return;
    }
    d->jpeg.out_color_space = choose_colours(d);
    jpeg_start_decompress(&d->jpeg);
    d->status = orr_image_create(d->jpeg.output_width, d->jpeg.output_height,
                                 (uint32_t)d->jpeg.output_components, ORR_PIXEL_U8, &d->image, d->err);
    if (d->status != ORR_OK) return;
    size_t row_bytes = d->image.size_bytes / d->image.height;
    while (d->jpeg.output_scanline < d->jpeg.output_height) {
        JSAMPROW row = (JSAMPROW)d->image.pixels + d->jpeg.output_scanline * row_bytes;
        (void)jpeg_read_scanlines(&d->jpeg, &row, 1);
    }
    (void)jpeg_finish_decompress(&d->jpeg);
    d->image.srgb = true;
}

static void decode_guarded(decoder *d) {
    if (setjmp(d->escape) != 0) {
        char message[JMSG_LENGTH_MAX];
        if (d->status != ORR_OK) return;
        d->errors.format_message((j_common_ptr)&d->jpeg, message);
        orr_status status = d->errors.msg_code == JERR_OUT_OF_MEMORY ? ORR_E_MEMORY : ORR_E_BAD_DATA;
        d->status = orr_fail(d->err, status, d->name, "byte %zu: damaged JPEG: %s", position(d), message);
        return;
    }
    jpeg_create_decompress(&d->jpeg);
    d->jpeg.progress = &d->progress;
    read_pixels(d);
}

orr_status orr_jpeg_decode(const uint8_t *data, size_t size, const char *name, uint32_t channels,
                           const orr_image_limits *limits, orr_image *out, orr_error *err) {
    decoder d = {
        .data = data, .size = size, .name = name, .channels = channels, .limits = limits, .err = err};
    if (size > INT32_MAX)
        return orr_fail(err, ORR_E_LIMIT, name, "the JPEG has %zu bytes; at most 2 GiB are accepted", size);
    d.jpeg.err = jpeg_std_error(&d.errors);
    d.errors.error_exit = give_up;
    d.errors.emit_message = hear_message;
    d.errors.output_message = print_nothing;
    d.progress.progress_monitor = check_progress;
    decode_guarded(&d);
    jpeg_destroy_decompress(&d.jpeg);
    if (d.status != ORR_OK)
        orr_image_free(&d.image);
    else
        *out = d.image;
    return d.status;
}
