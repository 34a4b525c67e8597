/* PNG through libpng, from and to memory. */
#include "image/image_internal.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* Everything that must survive a longjmp lives in one of these, owned by a caller of the function that calls
 * setjmp and reached through a pointer that never changes: no local of that function is live across the jump.
 */
typedef struct decoder {
    png_structp png;
    png_infop info;
    const uint8_t *data;
    size_t size, at;
    const char *name;
    uint32_t channels;
    const orr_image_limits *limits;
    orr_image image;
    orr_status status; /* set when our own check failed, with err filled; else libpng's `message` counts */
    orr_error *err;
    char message[160];
} decoder;

static void keep_message(char *message, size_t size, const char *text) {
    size_t length = strlen(text);
    if (length >= size) length = size - 1;
    memcpy(message, text, length);
    message[length] = 0;
}

static void ignore_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void decode_failed(png_structp png, png_const_charp text) {
    decoder *d = png_get_error_ptr(png);
    keep_message(d->message, sizeof d->message, text);
    png_longjmp(png, 1);
}

static void read_bytes(png_structp png, png_bytep to, size_t count) {
    decoder *d = png_get_io_ptr(png);
    if (count > d->size - d->at) {
        d->status = orr_fail(d->err, ORR_E_TRUNCATED, d->name,
                             "byte %zu: the PNG ends early: %zu more bytes expected", d->at,
                             count - (d->size - d->at));
        png_error(png, "truncated");
    }
    memcpy(to, d->data + d->at, count);
    d->at += count;
}

/* Colour tags other than sRGB and gAMA, texts, times: nothing here uses them, and some cost time or memory.
 */
static void ignore_chunks(png_structp png) {
    static const png_byte unused[] =
        "bKGD\0cHRM\0eXIf\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0"
        "sTER\0tEXt\0tIME\0zTXt";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, unused, (int)(sizeof unused / 5));
}

/* Asks libpng for plain 8 or 16 bits in host order, and for the channels wanted where that needs no extra
 * pass. */
static void choose_transforms(decoder *d, int colour, int bits) {
    if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(d->png);
    if (colour == PNG_COLOR_TYPE_GRAY && bits < 8) png_set_expand_gray_1_2_4_to_8(d->png);
    bool has_alpha = (colour & PNG_COLOR_MASK_ALPHA) != 0;
    if (png_get_valid(d->png, d->info, PNG_INFO_tRNS)) {
        png_set_tRNS_to_alpha(d->png);
        has_alpha = true;
    }
    const uint16_t one = 1;
    if (bits == 16 && *(const uint8_t *)&one == 1) png_set_swap(d->png);
    bool wants_alpha = d->channels == 2 || d->channels == 4;
    if ((colour & PNG_COLOR_MASK_COLOR) == 0 && d->channels >= 3) png_set_gray_to_rgb(d->png);
    if (wants_alpha && !has_alpha) png_set_add_alpha(d->png, 0xffff, PNG_FILLER_AFTER);
    if (!wants_alpha && d->channels != 0 && has_alpha) png_set_strip_alpha(d->png);
}

/* No sRGB tag and a gAMA of 1 says linear; anything else is taken for sRGB, as PNG without tags is
 * everywhere. */
static bool is_srgb(const decoder *d) {
    double gamma;
    if (png_get_valid(d->png, d->info, PNG_INFO_sRGB)) return true;
    return !(png_get_gAMA(d->png, d->info, &gamma) != 0 && gamma > 0.99 && gamma < 1.01);
}

static void read_pixels(decoder *d) {
    png_read_info(d->png, d->info);
    png_uint_32 width = png_get_image_width(d->png, d->info), height = png_get_image_height(d->png, d->info);
    int bits = png_get_bit_depth(d->png, d->info);
    /* 4 channels is the most that any transform yields. */
    d->status = orr_image_check_size(d->name, width, height, bits == 16 ? 8 : 4, d->limits, d->err);
    if (d->status != ORR_OK) return;
    choose_transforms(d, png_get_color_type(d->png, d->info), bits);
    int passes = png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    d->status = orr_image_create(width, height, png_get_channels(d->png, d->info),
                                 bits == 16 ? ORR_PIXEL_U16 : ORR_PIXEL_U8, &d->image, d->err);
    if (d->status != ORR_OK) return;
    size_t row_bytes = d->image.size_bytes / height;
    if (png_get_rowbytes(d->png, d->info) != row_bytes) png_error(d->png, "rows of unexpected size");
    d->image.srgb = is_srgb(d);
    for (int pass = 0; pass < passes; pass++)
        for (png_uint_32 y = 0; y < height; y++)
            png_read_row(d->png, (png_bytep)d->image.pixels + y * row_bytes, NULL);
    png_read_end(d->png, NULL);
}

static void decode_guarded(decoder *d) {
    if (setjmp(png_jmpbuf(d->png)) != 0) {
        if (d->status == ORR_OK)
            d->status =
                orr_fail(d->err, ORR_E_BAD_DATA, d->name, "byte %zu: damaged PNG: %s", d->at, d->message);
        return;
    }
    png_set_read_fn(d->png, d, read_bytes);
    png_set_user_limits(d->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* ours says it in better words */
    png_set_chunk_cache_max(d->png, 64);
    png_set_chunk_malloc_max(d->png, 8u << 20);
    ignore_chunks(d->png);
    read_pixels(d);
}

/* The size stands at a fixed place; libpng would first walk through the chunks up to the pixels. */
static orr_status check_size(const decoder *d) {
    if (d->size < 29 || memcmp(d->data + 12, "IHDR", 4) != 0) return ORR_OK; /* libpng says what is wrong */
    const uint8_t *at = d->data + 16;
    uint32_t width = png_get_uint_32(at), height = png_get_uint_32(at + 4);
    return orr_image_check_size(d->name, width, height, at[8] == 16 ? 8 : 4, d->limits, d->err);
}

orr_status orr_png_decode(const uint8_t *data, size_t size, const char *name, uint32_t channels,
                          const orr_image_limits *limits, orr_image *out, orr_error *err) {
    decoder d = {
        .data = data, .size = size, .name = name, .channels = channels, .limits = limits, .err = err};
    if ((d.status = check_size(&d)) != ORR_OK) return d.status;
    d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, decode_failed, ignore_warning);
    if (d.png != NULL) d.info = png_create_info_struct(d.png);
    if (d.info == NULL)
        d.status = orr_fail(err, ORR_E_MEMORY, name, "no memory to read a PNG");
    else
        decode_guarded(&d);
    png_destroy_read_struct(&d.png, &d.info, NULL);
    if (d.status != ORR_OK)
        orr_image_free(&d.image);
    else
        *out = d.image;
    return d.status;
}

/* --- writing ------------------------------------------------------------------------------------------ */

typedef struct encoder {
    png_structp png;
    png_infop info;
    const orr_image *image;
    const orr_png_params *params;
    uint8_t *data;
    size_t size, capacity;
    png_textp texts;
    orr_status status;
    orr_error *err;
    char message[160];
} encoder;

static void encode_failed(png_structp png, png_const_charp text) {
    encoder *e = png_get_error_ptr(png);
    keep_message(e->message, sizeof e->message, text);
    png_longjmp(png, 1);
}

static void write_bytes(png_structp png, png_bytep from, size_t count) {
    encoder *e = png_get_io_ptr(png);
    if (count > e->capacity - e->size) {
        size_t wanted = e->capacity + (e->capacity > count ? e->capacity : count);
        uint8_t *grown = wanted > e->capacity ? realloc(e->data, wanted) : NULL;
        if (grown == NULL) {
            e->status = orr_fail(e->err, ORR_E_MEMORY, NULL, "no memory for a PNG of %zu bytes", wanted);
            png_error(png, "memory");
        }
        e->data = grown;
        e->capacity = wanted;
    }
    memcpy(e->data + e->size, from, count);
    e->size += count;
}

static void flush_nothing(png_structp png) {
    (void)png;
}

static orr_status check_keyword(const char *keyword, orr_error *err) {
    size_t length = strlen(keyword);
    bool good = length >= 1 && length <= 79 && keyword[0] != ' ' && keyword[length - 1] != ' ';
    for (size_t i = 0; i < length; i++) good = good && keyword[i] >= 32 && keyword[i] <= 126;
    if (good) return ORR_OK;
    return orr_fail(err, ORR_E_ARGUMENT, NULL,
                    "'%s' cannot be a PNG keyword; use 1-79 printable ASCII characters", keyword);
}

static bool is_ascii(const char *text) {
    for (; *text != 0; text++)
        if ((unsigned char)*text >= 128) return false;
    return true;
}

/* tEXt holds Latin-1 only; what is not ASCII goes into an uncompressed iTXt, which is UTF-8. */
static orr_status prepare_texts(encoder *e, int *count) {
    const char *const *pairs = e->params != NULL ? e->params->text_pairs : NULL;
    *count = 0;
    if (pairs == NULL) return ORR_OK;
    while (pairs[2 * *count] != NULL && pairs[2 * *count + 1] != NULL && *count < 4096) ++*count;
    if (*count == 0) return ORR_OK;
    e->texts = calloc((size_t)*count, sizeof *e->texts);
    if (e->texts == NULL) return orr_fail(e->err, ORR_E_MEMORY, NULL, "no memory to write a PNG");
    for (int i = 0; i < *count; i++) {
        orr_status status = check_keyword(pairs[2 * i], e->err);
        if (status != ORR_OK) return status;
        png_text *text = &e->texts[i];
        text->compression =
            is_ascii(pairs[2 * i + 1]) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
        text->key = (png_charp)(uintptr_t)pairs[2 * i]; /* libpng copies both; its types lack the const */
        text->text = (png_charp)(uintptr_t)pairs[2 * i + 1];
        text->text_length = strlen(text->text);
    }
    return ORR_OK;
}

static void write_image(encoder *e, int text_count) {
    static const int colours[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                  PNG_COLOR_TYPE_RGB_ALPHA};
    const orr_image *image = e->image;
    int level = e->params == NULL || e->params->level == 0 ? 1 : e->params->level < 0 ? 0 : e->params->level;
    png_set_IHDR(e->png, e->info, image->width, image->height, image->type == ORR_PIXEL_U16 ? 16 : 8,
                 colours[image->channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(e->png, level);
    png_set_compression_buffer_size(e->png, 1u << 16);
    png_set_filter(e->png, PNG_FILTER_TYPE_BASE, level == 0 ? PNG_FILTER_NONE : PNG_FILTER_SUB);
    if (image->srgb)
        png_set_sRGB(e->png, e->info, PNG_sRGB_INTENT_PERCEPTUAL);
    else
        png_set_gAMA(e->png, e->info, 1.0);
    if (text_count > 0) png_set_text(e->png, e->info, e->texts, text_count);
    png_write_info(e->png, e->info);
    const uint16_t one = 1;
    if (image->type == ORR_PIXEL_U16 && *(const uint8_t *)&one == 1) png_set_swap(e->png);
    size_t row_bytes = image->size_bytes / image->height;
    for (uint32_t y = 0; y < image->height; y++)
        png_write_row(e->png, (png_const_bytep)image->pixels + y * row_bytes);
    png_write_end(e->png, NULL);
}

static void encode_guarded(encoder *e, int text_count) {
    if (setjmp(png_jmpbuf(e->png)) != 0) {
        if (e->status == ORR_OK) e->status = orr_fail(e->err, ORR_E_INTERNAL, NULL, "libpng: %s", e->message);
        return;
    }
    png_set_write_fn(e->png, e, write_bytes, flush_nothing);
    png_set_user_limits(e->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    write_image(e, text_count);
}

static orr_status check_encodable(const orr_image *image, const orr_png_params *params, orr_error *err) {
    if (image->pixels == NULL || image->width == 0 || image->height == 0 || image->width > INT32_MAX ||
        image->height > INT32_MAX)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "cannot write an image of %ux%u pixels as PNG",
                        image->width, image->height);
    if (image->channels < 1 || image->channels > 4)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "PNG holds 1-4 channels, not %u; write EXR instead",
                        image->channels);
    if (image->type != ORR_PIXEL_U8 && image->type != ORR_PIXEL_U16)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "PNG holds 8- or 16-bit integers; convert, or write EXR instead");
    if (params != NULL && (params->level < -1 || params->level > 9))
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "PNG level %d; it must be 0-9, or -1 for stored",
                        params->level);
    return ORR_OK;
}

orr_status orr_png_encode(const orr_image *image, const orr_png_params *params, uint8_t **data, size_t *size,
                          orr_error *err) {
    orr_status status = check_encodable(image, params, err);
    if (status != ORR_OK) return status;
    encoder e = {.image = image, .params = params, .err = err};
    int text_count;
    e.status = prepare_texts(&e, &text_count);
    if (e.status == ORR_OK) {
        e.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &e, encode_failed, ignore_warning);
        if (e.png != NULL) e.info = png_create_info_struct(e.png);
        if (e.info == NULL)
            e.status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory to write a PNG");
        else
            encode_guarded(&e, text_count);
        png_destroy_write_struct(&e.png, &e.info);
    }
    free(e.texts);
    if (e.status != ORR_OK) {
        free(e.data);
    } else {
        *data = e.data;
        *size = e.size;
    }
    return e.status;
}
