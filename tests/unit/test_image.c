#include "image_test.h"

#include <math.h>
#include <png.h>

/* --- halves and conversions ------------------------------------------------------------------------------
 */

static void test_halves(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 65536; i++) {
        float wide = orr_f16_to_f32((uint16_t)i);
        uint16_t back = orr_f32_to_f16(wide);
        if (isnan(wide))
            assert_true((back & 0x7c00) == 0x7c00 && (back & 0x3ff) != 0);
        else
            assert_int_equal(back, i);
    }
    static const struct {
        float value;
        uint16_t half;
    } cases[] = {
        {1.0f, 0x3c00},           {-2.0f, 0xc000},        {65504.0f, 0x7bff},     {65519.996f, 0x7bff},
        {65520.0f, 0x7c00},       {-1e30f, 0xfc00},       {0x1p-24f, 0x0001},     {0x1p-25f, 0x0000},
        {0x1.8p-25f, 0x0001},     {0x1.8p-24f, 0x0002},   {0x1.4p-23f, 0x0002},   {1.00048828125f, 0x3c00},
        {1.00146484375f, 0x3c02}, {0x1.ff8p-15f, 0x03ff}, {0x1.ffep-15f, 0x0400}, {0x1p-14f, 0x0400},
        {0.0f, 0x0000},           {-0.0f, 0x8000},        {INFINITY, 0x7c00},     {3.14159265f, 0x4248},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(orr_f32_to_f16(cases[i].value), cases[i].half);
}

/* Every float between two halves goes to the nearer one: all neighbours of every midpoint. */
static void test_half_rounding(void **state) {
    (void)state;
    for (uint16_t i = 0; i < 0x7bff; i++) {
        float low = orr_f16_to_f32(i), high = orr_f16_to_f32((uint16_t)(i + 1)), middle = (low + high) / 2;
        assert_int_equal(orr_f32_to_f16(nextafterf(middle, 0)), i);
        assert_int_equal(orr_f32_to_f16(nextafterf(middle, INFINITY)), i + 1);
        assert_int_equal(orr_f32_to_f16(middle), (i & 1) != 0 ? i + 1 : i);
    }
}

static void test_to_f32(void **state) {
    (void)state;
    orr_image image, out;
    ASSERT_OK(orr_image_create(2, 1, 4, ORR_PIXEL_U8, &image, err));
    memcpy(image.pixels, "\x00\xff\x80\x80\x0a\x0b\x01\xff", 8);
    image.srgb = true;
    ASSERT_OK(orr_image_to_f32(&image, 4, &out, err));
    const float *v = out.pixels;
    assert_true(v[0] == 0 && v[1] == 1);
    assert_true(v[2] == (float)pow((128 / 255.0 + 0.055) / 1.055, 2.4)); /* 0.21586 */
    assert_true(fabsf(v[2] - 0.2158605f) < 1e-6f);
    assert_true(v[3] == (float)(128 / 255.0)); /* alpha is never sRGB */
    assert_true(v[4] == (float)(10 / 255.0 / 12.92));
    assert_true(v[5] == (float)pow((11 / 255.0 + 0.055) / 1.055, 2.4)); /* just past the linear toe */
    assert_false(out.srgb);
    orr_image_free(&out);
    ASSERT_OK(orr_image_to_f32(&image, 1, &out, err));
    assert_true(fabsf(((const float *)out.pixels)[0] - (0.7152f + 0.0722f * 0.2158605f)) < 1e-6f);
    orr_image_free(&out);
    orr_image_free(&image);
    ASSERT_OK(orr_image_create(1, 1, 2, ORR_PIXEL_U16, &image, err));
    ((uint16_t *)image.pixels)[0] = 32768;
    ((uint16_t *)image.pixels)[1] = 16384;
    ASSERT_OK(orr_image_to_f32(&image, 4, &out, err));
    v = out.pixels;
    assert_true(v[0] == v[1] && v[1] == v[2] && v[2] == (float)(32768 / 65535.0) &&
                v[3] == (float)(16384 / 65535.0));
    orr_image_free(&out);
    orr_image_free(&image);
    ASSERT_OK(orr_image_create(1, 1, 1, ORR_PIXEL_F16, &image, err));
    ((uint16_t *)image.pixels)[0] = 0x4248;
    ASSERT_OK(orr_image_to_f32(&image, 2, &out, err));
    assert_true(((const float *)out.pixels)[0] == 3.140625f && ((const float *)out.pixels)[1] == 1);
    orr_image_free(&out);
    assert_int_equal(orr_image_to_f32(&image, 5, &out, NULL), ORR_E_ARGUMENT);
    orr_image_free(&image);
}

static void test_create(void **state) {
    (void)state;
    orr_image image;
    assert_int_equal(orr_image_create(0, 1, 1, ORR_PIXEL_U8, &image, NULL), ORR_E_ARGUMENT);
    assert_int_equal(orr_image_create(1, 1, 0, ORR_PIXEL_U8, &image, NULL), ORR_E_ARGUMENT);
    assert_int_equal(orr_image_create(UINT32_MAX, UINT32_MAX, 4, ORR_PIXEL_F32, &image, NULL), ORR_E_LIMIT);
    ASSERT_OK(orr_image_create(3, 5, 2, ORR_PIXEL_F16, &image, err));
    assert_int_equal(image.size_bytes, 60);
    orr_image_free(&image);
    assert_null(image.pixels);
    orr_image_free(&image);
}

/* --- PNG -------------------------------------------------------------------------------------------------
 */

static orr_image noise(uint32_t channels, orr_pixel_type type) {
    orr_image image;
    ASSERT_OK(orr_image_create(19, 11, channels, type, &image, err));
    uint32_t seed = 1;
    for (size_t i = 0; i < image.size_bytes; i++) {
        seed = seed * 1664525u + 1013904223u;
        ((uint8_t *)image.pixels)[i] = (uint8_t)(seed >> 24);
    }
    return image;
}

static void test_png_round_trips(void **state) {
    (void)state;
    static const int levels[] = {0, -1, 1, 9};
    for (uint32_t i = 0; i < 64; i++) {
        orr_image image = noise(i % 4 + 1, (i & 4) != 0 ? ORR_PIXEL_U16 : ORR_PIXEL_U8), back;
        image.srgb = (i & 8) != 0;
        orr_png_params params = {.level = levels[i >> 4]};
        uint8_t *data, *again;
        size_t size, again_size;
        ASSERT_OK(orr_png_encode(&image, &params, &data, &size, err));
        ASSERT_OK(orr_png_encode(&image, &params, &again, &again_size, err));
        assert_int_equal(size, again_size);
        assert_memory_equal(data, again, size);
        ASSERT_OK(orr_image_decode(data, size, "a.png", 0, NULL, &back, err));
        assert_int_equal(back.width, 19);
        assert_int_equal(back.height, 11);
        assert_int_equal(back.channels, image.channels);
        assert_int_equal(back.type, image.type);
        assert_int_equal(back.srgb, image.srgb);
        assert_memory_equal(back.pixels, image.pixels, image.size_bytes);
        orr_image_free(&back);
        orr_image_free(&image);
        free(data);
        free(again);
    }
}

static bool contains(const uint8_t *data, size_t size, const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(data + i, text, length) == 0) return true;
    return false;
}

static void test_png_text(void **state) {
    (void)state;
    static const char *const pairs[] = {"Software", "Orrery", "Comment", "Grüße", NULL};
    static const char *const bad[] = {"", "x", NULL};
    orr_image image = noise(3, ORR_PIXEL_U8);
    image.srgb = true;
    uint8_t *data;
    size_t size;
    ASSERT_OK(orr_png_encode(&image, &(orr_png_params){.text_pairs = pairs}, &data, &size, err));
    assert_true(contains(data, size, "tEXtSoftware"));
    assert_true(contains(data, size, "iTXtComment"));
    assert_true(contains(data, size, "sRGB"));
    assert_false(contains(data, size, "tIME"));
    assert_false(contains(data, size, "gAMA"));
    free(data);
    assert_int_equal(orr_png_encode(&image, &(orr_png_params){.text_pairs = bad}, &data, &size, NULL),
                     ORR_E_ARGUMENT);
    assert_int_equal(orr_png_encode(&image, &(orr_png_params){.level = 10}, &data, &size, NULL),
                     ORR_E_OUT_OF_RANGE);
    orr_image_free(&image);
    ASSERT_OK(orr_image_create(1, 1, 3, ORR_PIXEL_F32, &image, err));
    assert_int_equal(orr_png_encode(&image, NULL, &data, &size, NULL), ORR_E_ARGUMENT);
    orr_image_free(&image);
}

/* A PNG of any kind, written by libpng itself. */
typedef struct raw_png {
    uint8_t data[4096];
    size_t size;
} raw_png;

static void append(png_structp png, png_bytep bytes, size_t count) {
    raw_png *out = png_get_io_ptr(png);
    assert_true(count <= sizeof out->data - out->size);
    memcpy(out->data + out->size, bytes, count);
    out->size += count;
}

static void no_flush(png_structp png) {
    (void)png;
}

static void write_png(raw_png *out, int colour, int bits, int interlace, uint8_t rows[8][64],
                      png_color_16 *transparent) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_color palette[4] = {{10, 20, 30}, {40, 50, 60}, {70, 80, 90}, {100, 110, 120}};
    png_byte alphas[2] = {0, 128}, *pointers[8];
    out->size = 0;
    for (int i = 0; i < 8; i++) pointers[i] = rows[i];
    png_set_write_fn(png, out, append, no_flush);
    png_set_IHDR(png, info, 8, 8, bits, colour, interlace, 0, 0);
    if (colour == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, 4);
        if (transparent != NULL) png_set_tRNS(png, info, alphas, 2, NULL);
    } else if (transparent != NULL) {
        png_set_tRNS(png, info, NULL, 0, transparent);
    }
    png_set_rows(png, info, pointers);
    png_write_png(png, info, 0, NULL);
    png_destroy_write_struct(&png, &info);
}

static void expect(const raw_png *png, uint32_t channels_wanted, uint32_t channels, size_t pixel,
                   const void *bytes, size_t count) {
    orr_image image;
    uint8_t *copy = tight_copy(png->data, png->size);
    ASSERT_OK(orr_image_decode(copy, png->size, "raw.png", channels_wanted, NULL, &image, err));
    assert_int_equal(image.channels, channels);
    assert_memory_equal((uint8_t *)image.pixels + pixel * count, bytes, count);
    orr_image_free(&image);
    free(copy);
}

static void test_png_kinds(void **state) {
    (void)state;
    raw_png png;
    for (int interlace = 0; interlace < 2; interlace++) {
        uint8_t rows[8][64] = {{0x1b}, {0xe4}}; /* 2 bits: 0 1 2 3 …, then 3 2 1 0 … */
        png_color_16 grey = {.gray = 1}, red = {.red = 0x0102, .green = 0x0304, .blue = 0x0506};
        write_png(&png, PNG_COLOR_TYPE_PALETTE, 2, interlace, rows, NULL);
        expect(&png, 0, 3, 1, "\x28\x32\x3c", 3);
        expect(&png, 4, 4, 8, "\x64\x6e\x78\xff", 4);
        write_png(&png, PNG_COLOR_TYPE_PALETTE, 2, interlace, rows, &grey);
        expect(&png, 0, 4, 1, "\x28\x32\x3c\x80", 4);
        expect(&png, 3, 3, 2, "\x46\x50\x5a", 3);
        write_png(&png, PNG_COLOR_TYPE_GRAY, 2, interlace, rows, NULL);
        expect(&png, 0, 1, 2, "\xaa", 1);
        expect(&png, 3, 3, 2, "\xaa\xaa\xaa", 3);
        expect(&png, 4, 4, 1, "\x55\x55\x55\xff", 4);
        expect(&png, 2, 2, 1, "\x55\xff", 2);
        write_png(&png, PNG_COLOR_TYPE_GRAY, 2, interlace, rows, &grey);
        expect(&png, 0, 2, 1, "\x55\x00", 2);
        expect(&png, 0, 2, 2, "\xaa\xff", 2);
        expect(&png, 1, 1, 2, "\xaa", 1);
        memcpy(rows[0], "\x01\x02\x03\x04\x05\x06\xff\xff\xff\xff\xff\xff", 12);
        write_png(&png, PNG_COLOR_TYPE_RGB, 16, interlace, rows, &red);
        const uint16_t first[] = {0x0102, 0x0304, 0x0506, 0}, second[] = {65535, 65535, 65535, 65535};
        expect(&png, 0, 4, 0, first, 8);
        expect(&png, 4, 4, 1, second, 8);
        expect(&png, 3, 3, 0, first, 6);
        write_png(&png, PNG_COLOR_TYPE_RGB, 8, interlace, rows, NULL);
        expect(&png, 4, 4, 0, "\x01\x02\x03\xff", 4);
        expect(&png, 1, 1, 2, "\xff", 1);
        write_png(&png, PNG_COLOR_TYPE_GRAY_ALPHA, 8, interlace, rows, NULL);
        expect(&png, 0, 2, 0, "\x01\x02", 2);
        expect(&png, 4, 4, 1, "\x03\x03\x03\x04", 4);
    }
}

/* Every cut is an error that says so; every flipped byte an error or an image. */
static void test_png_damage(void **state) {
    (void)state;
    raw_png png;
    uint8_t rows[8][64] = {{1, 2, 3}};
    write_png(&png, PNG_COLOR_TYPE_RGB, 8, 1, rows, NULL);
    for (size_t cut = 0; cut < png.size; cut++) {
        orr_image image;
        orr_error err = {0};
        uint8_t *copy = tight_copy(png.data, cut);
        orr_status status = orr_image_decode(copy, cut, "cut.png", 4, NULL, &image, &err);
        assert_int_equal(status, cut == 0 || cut >= 8 ? ORR_E_TRUNCATED : ORR_E_UNSUPPORTED);
        assert_true(err.message[0] != 0);
        free(copy);
    }
    for (size_t i = 8; i < png.size; i++) {
        orr_image image;
        orr_error err = {0};
        uint8_t *copy = tight_copy(png.data, png.size);
        copy[i] ^= 0x41;
        if (orr_image_decode(copy, png.size, "bad.png", 0, NULL, &image, &err) == ORR_OK)
            orr_image_free(&image);
        else
            assert_true(err.message[0] != 0);
        free(copy);
    }
}

static void test_png_limits(void **state) {
    (void)state;
    orr_image image = noise(3, ORR_PIXEL_U8), back;
    uint8_t *data;
    size_t size;
    ASSERT_OK(orr_png_encode(&image, NULL, &data, &size, err));
    orr_image_limits limits = {.max_side = 18};
    orr_error failure = {0};
    assert_int_equal(orr_image_decode(data, size, "a.png", 0, &limits, &back, &failure), ORR_E_LIMIT);
    assert_non_null(strstr(failure.message, "19x11"));
    limits = (orr_image_limits){.max_bytes = 19 * 11 * 4 - 1};
    assert_int_equal(orr_image_decode(data, size, "a.png", 0, &limits, &back, NULL), ORR_E_LIMIT);
    /* 65 536 pixels wide: IHDR says so, with a right checksum. */
    orr_image wide;
    ASSERT_OK(orr_image_create(65536, 1, 1, ORR_PIXEL_U8, &wide, err));
    uint8_t *wide_data;
    size_t wide_size;
    ASSERT_OK(orr_png_encode(&wide, NULL, &wide_data, &wide_size, err));
    assert_int_equal(orr_image_decode(wide_data, wide_size, "wide.png", 0, NULL, &back, NULL), ORR_E_LIMIT);
    ASSERT_OK(orr_image_decode(wide_data, wide_size, "wide.png", 0, &(orr_image_limits){.max_side = 65536},
                               &back, err));
    orr_image_free(&back);
    /* Zero-sized: libpng refuses the header. */
    memset(data + 16, 0, 8);
    assert_int_equal(orr_image_decode(data, size, "zero.png", 0, NULL, &back, NULL), ORR_E_BAD_DATA);
    orr_image_free(&wide);
    orr_image_free(&image);
    free(wide_data);
    free(data);
}

/* --- HDR and JPEG ------------------------------------------------------------------------------------------
 */

static orr_status decode_hdr(const char *header, const char *pixels, size_t pixel_bytes, orr_image *image,
                             orr_error *err) {
    size_t length = strlen(header);
    uint8_t *data = malloc(length + pixel_bytes);
    memcpy(data, header, length);
    if (pixel_bytes > 0) memcpy(data + length, pixels, pixel_bytes);
    orr_status status = orr_image_decode(data, length + pixel_bytes, "a.hdr", 0, NULL, image, err);
    free(data);
    return status;
}

#define HDR "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n"

static void test_hdr(void **state) {
    (void)state;
    orr_image image;
    /* Flat: 1, 2, 4 times 2^(129-136) = 2^-7. Zero exponent: black. */
    ASSERT_OK(decode_hdr(HDR "\n-Y 1 +X 2\n", "\x01\x02\x04\x81\xff\xff\xff\x00", 8, &image, err));
    const float *v = image.pixels;
    assert_int_equal(image.channels, 3);
    assert_int_equal(image.type, ORR_PIXEL_F32);
    assert_true(v[0] == 0x1p-7f && v[1] == 0x1p-6f && v[2] == 0x1p-5f && v[3] == 0 && v[5] == 0);
    orr_image_free(&image);
    /* Run lengths, new (8 wide: a run of 8, a dump of 8, two runs) and old (1 1 1 n). */
    ASSERT_OK(
        decode_hdr(HDR "EXPOSURE=2\n\n-Y 1 +X 8\n",
                   "\x02\x02\x00\x08\x88\x80\x08\x01\x02\x03\x04\x05\x06\x07\x08\x83\x09\x85\x0a\x88\x89", 21,
                   &image, err));
    v = image.pixels;
    assert_true(v[0] == 128.0f && v[21] == 128.0f); /* 128 * 2^(137-136) / 2 */
    assert_true(v[1] == 1 && v[22] == 8 && v[2] == 9 && v[8] == 9 && v[11] == 10);
    orr_image_free(&image);
    ASSERT_OK(decode_hdr(HDR "\n-Y 1 +X 4\n", "\x01\x02\x03\x88\x01\x01\x01\x03", 8, &image, err));
    v = image.pixels;
    assert_true(v[0] == 1 && v[9] == 1 && v[11] == 3);
    orr_image_free(&image);
}

static void test_hdr_damage(void **state) {
    (void)state;
    orr_image image;
    static const char run[] = "\x02\x02\x00\x08\x88\x80\x88\x01\x88\x02\x88\x03";
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(decode_hdr(HDR "\n-Y 1 +X 8\n", run, i, &image, NULL), ORR_E_TRUNCATED);
    ASSERT_OK(decode_hdr(HDR "\n-Y 1 +X 8\n", run, 12, &image, err));
    orr_image_free(&image);
    assert_int_equal(decode_hdr(HDR, "", 0, &image, NULL), ORR_E_TRUNCATED);
    assert_int_equal(decode_hdr(HDR "\n", "", 0, &image, NULL), ORR_E_TRUNCATED);
    assert_int_equal(decode_hdr(HDR "\n-Y 1 +X 8\n", "\x02\x02\x00\x08\x89\x80", 6, &image, NULL),
                     ORR_E_BAD_DATA);
    assert_int_equal(decode_hdr(HDR "\n-Y 1 +X 8\n", "\x02\x02\x00\x08\x00\x80", 6, &image, NULL),
                     ORR_E_BAD_DATA);
    assert_int_equal(decode_hdr(HDR "\n-Y 1 +X 4\n", "\x01\x01\x01\x03\x01\x01\x01\x03", 8, &image, NULL),
                     ORR_E_BAD_DATA);
    assert_int_equal(decode_hdr(HDR "\n-Y 0 +X 4\n", "", 0, &image, NULL), ORR_E_BAD_DATA);
    assert_int_equal(decode_hdr(HDR "\n-Y 65536 +X 4\n", "", 0, &image, NULL), ORR_E_LIMIT);
    assert_int_equal(decode_hdr(HDR "\n+Y 4 +X 4\n", "", 0, &image, NULL), ORR_E_UNSUPPORTED);
    assert_int_equal(decode_hdr("#?RADIANCE\nFORMAT=32-bit_rle_xyze\n\n-Y 1 +X 1\n", "abcd", 4, &image, NULL),
                     ORR_E_UNSUPPORTED);
    assert_int_equal(decode_hdr(HDR "EXPOSURE=0\n\n-Y 1 +X 1\n", "abcd", 4, &image, NULL), ORR_E_BAD_DATA);
    ASSERT_OK(decode_hdr(HDR "EXPOSURE=1e-29\n\n-Y 1 +X 1\n", "abc\xff", 4, &image, err));
    assert_true(isfinite(((const float *)image.pixels)[0]));
    orr_image_free(&image);
}

static void test_unknown(void **state) {
    (void)state;
    orr_image image;
    orr_error err = {0};
    assert_int_equal(orr_image_decode("GIF89a", 6, "a.gif", 0, NULL, &image, &err), ORR_E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "PNG"));
    assert_int_equal(orr_image_decode("", 0, "empty", 0, NULL, &image, NULL), ORR_E_TRUNCATED);
    assert_int_equal(orr_image_decode("GIF89a", 6, "a.gif", 5, NULL, &image, NULL), ORR_E_ARGUMENT);
}

/* --- real files ------------------------------------------------------------------------------------------
 */

static orr_image decode_file(const char *name, uint32_t channels) {
    size_t size;
    orr_image image;
    uint8_t *data = load_file(test_data(), name, &size);
    ASSERT_OK(orr_image_decode(data, size, name, channels, NULL, &image, err));
    free(data);
    return image;
}

static void test_real_png(void **state) {
    (void)state;
    orr_image image =
        decode_file("models/FlightHelmet/FlightHelmet_Materials_RubberWoodMat_BaseColor.png", 4);
    assert_int_equal(image.width, 512);
    assert_int_equal(image.height, 512);
    assert_int_equal(image.channels, 4);
    assert_true(image.srgb);
    orr_image_free(&image);
}

static void test_real_jpeg(void **state) {
    (void)state;
    static const char name[] = "models/dutch_ship_medium/textures/dutch_ship_medium_hull_diff_1k.jpg";
    orr_image image = decode_file(name, 0);
    assert_int_equal(image.width, 1024);
    assert_int_equal(image.height, 1024);
    assert_int_equal(image.channels, 3);
    assert_true(image.srgb);
    orr_image_free(&image);
    size_t size;
    uint8_t *data = load_file(test_data(), name, &size);
    for (size_t i = 0; i < 40; i++) {
        size_t cut = 3 + i * (size - 4) / 39;
        orr_error err = {0};
        uint8_t *copy = tight_copy(data, cut);
        assert_int_equal(orr_image_decode(copy, cut, name, 0, NULL, &image, &err), ORR_E_TRUNCATED);
        free(copy);
    }
    assert_int_equal(
        orr_image_decode(data, size, name, 0, &(orr_image_limits){.max_side = 1023}, &image, NULL),
        ORR_E_LIMIT);
    free(data);
}

static void test_real_hdr(void **state) {
    (void)state;
    orr_image image = decode_file("hdri/spruit_sunrise_1k_HDR.hdr", 0);
    float most[3] = {0};
    for (size_t i = 0; i < image.size_bytes / 4; i++)
        most[i % 3] = fmaxf(most[i % 3], ((const float *)image.pixels)[i]);
    assert_int_equal(image.width, 1024);
    assert_int_equal(image.height, 512);
    assert_true(most[0] == 222208 && most[1] == 154624 && most[2] == 44032); /* as oiiotool --stats has it */
    orr_image_free(&image);
    image = decode_file("hdri/studio_small_08_1k.hdr", 4);
    assert_int_equal(image.channels, 4);
    assert_true(((const float *)image.pixels)[3] == 1);
    orr_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_halves),          cmocka_unit_test(test_half_rounding),
        cmocka_unit_test(test_to_f32),          cmocka_unit_test(test_create),
        cmocka_unit_test(test_png_round_trips), cmocka_unit_test(test_png_text),
        cmocka_unit_test(test_png_kinds),       cmocka_unit_test(test_png_damage),
        cmocka_unit_test(test_png_limits),      cmocka_unit_test(test_hdr),
        cmocka_unit_test(test_hdr_damage),      cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_real_png),        cmocka_unit_test(test_real_jpeg),
        cmocka_unit_test(test_real_hdr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
