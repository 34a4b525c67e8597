/* Image comparison against published implementations.
 *
 * The reference figures below were made once, on a developer's machine, from the very pairs that the
 * functions here make: FLIP with `flip-evaluator` 1.7 from PyPI (the authors' own; evaluate(…,
 * applyMagma=False), mean of its map), SSIM with scikit-image 0.26 (structural_similarity of the
 * Rec.709 luma, gaussian_weights, sigma 1.5, use_sample_covariance=False, data_range=1), PSNR and the largest
 * difference with NumPy. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image/compare.h"

typedef void (*pixel_fn)(uint32_t x, uint32_t y, bool test, double rgb[3]);

/* Gradients against shifted and spotted ones. */
static void gradients(uint32_t x, uint32_t y, bool test, double rgb[3]) {
    uint32_t r = x * 4 % 256, g = y * 5 % 256, b = (x ^ y) * 3 % 256;
    if (test) {
        r = r + x * y % 17 < 255 ? r + x * y % 17 : 255;
        g = (y + 1) * 5 % 256;
        if ((x / 8 + y / 8) % 3 == 0) b = 255 - b;
    }
    rgb[0] = r, rgb[1] = g, rgb[2] = b;
}

/* A checker against itself one sample on. */
static void checker(uint32_t x, uint32_t y, bool test, double rgb[3]) {
    rgb[0] = rgb[1] = rgb[2] = ((x + test) / 4 + y / 4) % 2 * 200 + 20;
}

/* Radiance over seven stops; every value is exact in float32. */
static void radiance(uint32_t x, uint32_t y, bool test, double rgb[3]) {
    double base = (1 + (x * 7 + y * 13) % 32) / 8.0 * ldexp(1.0, (int)(x / 8 % 5) - 2);
    rgb[0] = base, rgb[1] = base * 0.5, rgb[2] = base * (1 + y % 4) / 4.0;
    for (int c = 0; test && c < 3; c++) rgb[c] *= (x / 5 + y / 5) % 4 == 0 ? 1.5 : 1.0;
    if (test) rgb[1] += x % 3 / 16.0;
}

static orr_image make(uint32_t width, uint32_t height, orr_pixel_type type, pixel_fn pixel, bool test) {
    orr_image image = {0};
    assert_int_equal(orr_image_create(width, height, 3, type, &image, NULL), ORR_OK);
    image.srgb = type == ORR_PIXEL_U8;
    for (uint32_t i = 0; i < width * height; i++) {
        double rgb[3];
        pixel(i % width, i / width, test, rgb);
        for (size_t c = 0; c < 3; c++) {
            if (type == ORR_PIXEL_U8)
                ((uint8_t *)image.pixels)[i * 3 + c] = (uint8_t)rgb[c];
            else
                ((float *)image.pixels)[i * 3 + c] = (float)rgb[c];
        }
    }
    return image;
}

typedef struct expected {
    double max, psnr, ssim, flip, at_7_5; /* the last: the map at column 7, row 5 */
} expected;

static void check_pair(uint32_t width, uint32_t height, orr_pixel_type type, pixel_fn pixel, double ppd,
                       const expected *want, orr_compare_result *result) {
    orr_image a = make(width, height, type, pixel, false), b = make(width, height, type, pixel, true);
    orr_compare_params params = {.pixels_per_degree = ppd, .keep_map = true};
    orr_error err = {0};
    orr_status status = orr_compare(&a, &b, &params, result, &err);
    assert_string_equal(err.message, "");
    assert_int_equal(status, ORR_OK);
    print_message("flip %.9f, off by %.2g; ssim off by %.2g; psnr off by %.2g\n", result->flip,
                  result->flip - want->flip, isnan(want->ssim) ? 0.0 : result->ssim - want->ssim,
                  result->psnr_db - want->psnr);
    assert_float_equal(result->max, want->max, 1e-8);
    assert_float_equal(result->psnr_db, want->psnr, 1e-6);
    if (!isnan(want->ssim)) assert_float_equal(result->ssim, want->ssim, 1e-6);
    assert_float_equal(result->flip, want->flip, 1e-4);
    assert_float_equal(((const float *)result->flip_map.pixels)[5 * width + 7], want->at_7_5, 1e-3);
    orr_image_free(&a);
    orr_image_free(&b);
}

static void test_ldr(void **state) {
    (void)state;
    orr_compare_result result;
    check_pair(64, 48, ORR_PIXEL_U8, gradients, 0.0,
               &(expected){1.0, 15.725738, 0.925915052, 0.351573069, 0.8800199}, &result);
    assert_false(result.hdr);
    orr_compare_result_free(&result);
    check_pair(64, 48, ORR_PIXEL_U8, gradients, 30.0,
               &(expected){1.0, 15.725738, 0.925915052, 0.33758288, 0.9611523}, &result);
    orr_compare_result_free(&result);
    check_pair(40, 33, ORR_PIXEL_U8, checker, 0.0,
               &(expected){0.784313725, 8.13080361, 0.487905535, 0.269324269, 0.4523574}, &result);
    orr_compare_result_free(&result);
    check_pair(1001, 203, ORR_PIXEL_U8, gradients, 0.0, /* several tiles */
               &(expected){1.0, 13.733963977, 0.81925848, 0.400552302, 0.8800199}, &result);
    orr_compare_result_free(&result);
    check_pair(9, 8, ORR_PIXEL_U8, gradients, 0.0, &(expected){1.0, 6.00654261, NAN, 0.929192227, 0.9091746},
               &result);
    orr_compare_result_free(&result);
}

static void test_hdr(void **state) {
    (void)state;
    orr_compare_result result;
    check_pair(64, 48, ORR_PIXEL_F32, radiance, 0.0,
               &(expected){8.0, 26.4836181, 0.942553201, 0.261987123, 0.2874984}, &result);
    assert_true(result.hdr);
    assert_float_equal(result.start_exposure, -2.2782464027404785, 1e-5);
    assert_float_equal(result.stop_exposure, 1.4738256931304932, 1e-5);
    assert_int_equal(result.exposures, 4);
    orr_compare_result_free(&result);
    check_pair(1001, 203, ORR_PIXEL_F32, radiance, 0.0,
               &(expected){8.0, 24.805206545, 0.941742609, 0.24176016, 0.2926354}, &result);
    assert_float_equal(result.stop_exposure, 1.0503060817718506, 1e-5);
    orr_compare_result_free(&result);
}

static void test_equal(void **state) {
    (void)state;
    const orr_pixel_type types[] = {ORR_PIXEL_U8, ORR_PIXEL_F32};
    for (int i = 0; i < 2; i++) {
        orr_image a = make(31, 17, types[i], i ? radiance : gradients, false);
        orr_compare_result result;
        assert_int_equal(orr_compare(&a, &a, NULL, &result, NULL), ORR_OK);
        assert_true(result.max == 0.0 && result.flip == 0.0 && isinf(result.psnr_db) && result.psnr_db > 0.0);
        assert_float_equal(result.ssim, 1.0, 1e-12);
        assert_null(result.flip_map.pixels);
        orr_compare_result_free(&result);
        orr_image_free(&a);
    }
}

static void expect_same(const orr_compare_result *a, const orr_compare_result *b) {
    assert_memory_equal(&a->max, &b->max, sizeof a->max);
    assert_memory_equal(&a->psnr_db, &b->psnr_db, sizeof a->psnr_db);
    assert_memory_equal(&a->flip, &b->flip, sizeof a->flip);
    assert_memory_equal(&a->ssim, &b->ssim, sizeof a->ssim);
    assert_memory_equal(&a->start_exposure, &b->start_exposure, sizeof a->start_exposure);
    assert_memory_equal(&a->stop_exposure, &b->stop_exposure, sizeof a->stop_exposure);
    assert_memory_equal(a->flip_map.pixels, b->flip_map.pixels, a->flip_map.size_bytes);
}

/* --- types -----------------------------------------------------------------------------------------------
 */

/* The same picture as another type and with other channels, of which the first three are the old ones. */
static orr_image convert(const orr_image *image, orr_pixel_type type, uint32_t channels, uint32_t alpha) {
    orr_image out = {0};
    assert_int_equal(orr_image_create(image->width, image->height, channels, type, &out, NULL), ORR_OK);
    out.srgb = image->srgb;
    for (size_t i = 0; i < (size_t)image->width * image->height * channels; i++) {
        size_t from = i / channels * 3 + (i % channels < 3 ? i % channels : 0);
        const uint8_t *bytes = image->pixels;
        const float *floats = image->pixels;
        uint32_t code = i % channels < 3 ? bytes[from] : alpha;
        if (type == ORR_PIXEL_U8) ((uint8_t *)out.pixels)[i] = (uint8_t)code;
        if (type == ORR_PIXEL_U16) ((uint16_t *)out.pixels)[i] = (uint16_t)(code * 257);
        if (type == ORR_PIXEL_F16) ((uint16_t *)out.pixels)[i] = orr_f32_to_f16(floats[from]);
    }
    return out;
}

static orr_compare_result compared(const orr_image *a, const orr_image *b) {
    orr_compare_result result;
    orr_error err = {0};
    orr_compare_params params = {.keep_map = true};
    if (orr_compare(a, b, &params, &result, &err) != ORR_OK) fail_msg("%s", err.message);
    return result;
}

static void expect_alike(const orr_compare_result *a, const orr_compare_result *b) {
    assert_float_equal(a->max, b->max, 1e-12);
    assert_float_equal(a->psnr_db, b->psnr_db, 1e-9);
    assert_float_equal(a->ssim, b->ssim, 1e-7);
    assert_float_equal(a->flip, b->flip, 1e-6);
}

/* u8 and u16 of the same values differ by nothing, and differ alike from a third picture. */
static void test_integers(void **state) {
    (void)state;
    orr_image a = make(90, 70, ORR_PIXEL_U8, gradients, false),
              b = make(90, 70, ORR_PIXEL_U8, gradients, true);
    orr_image wide_a = convert(&a, ORR_PIXEL_U16, 3, 0), wide_b = convert(&b, ORR_PIXEL_U16, 3, 0);
    orr_compare_result bytes = compared(&a, &b), words = compared(&wide_a, &wide_b),
                       mixed = compared(&a, &wide_b), same = compared(&a, &wide_a);
    expect_alike(&bytes, &words);
    expect_alike(&bytes, &mixed);
    assert_true(same.max == 0.0 && same.flip == 0.0 && same.ssim == 1.0 && isinf(same.psnr_db));
    a.srgb = b.srgb = false; /* the same codes, linear: brighter in the dark */
    orr_compare_result linear = compared(&a, &b);
    assert_true(linear.max == bytes.max && linear.ssim == bytes.ssim && linear.flip != bytes.flip);
    orr_image *images[] = {&a, &b, &wide_a, &wide_b};
    orr_compare_result *results[] = {&bytes, &words, &mixed, &same, &linear};
    for (int i = 0; i < 4; i++) orr_image_free(images[i]);
    for (int i = 0; i < 5; i++) orr_compare_result_free(results[i]);
}

/* Values that f16 holds exactly are compared as those of f32 are, and against them. */
static void test_halves(void **state) {
    (void)state;
    orr_image a = make(90, 70, ORR_PIXEL_F32, radiance, false),
              b = make(90, 70, ORR_PIXEL_F32, radiance, true);
    orr_image half_a = convert(&a, ORR_PIXEL_F16, 3, 0), half_b = convert(&b, ORR_PIXEL_F16, 3, 0);
    orr_compare_result floats = compared(&a, &b), halves = compared(&half_a, &half_b),
                       same = compared(&a, &half_a);
    expect_same(&floats, &halves);
    assert_true(same.max == 0.0 && same.flip == 0.0);
    ((uint16_t *)half_b.pixels)[5] = 0x7c00; /* infinite: counts for the largest difference alone */
    orr_compare_result lost = compared(&half_a, &half_b);
    assert_true(isinf(lost.max) && lost.psnr_db < 0.0 && isfinite(lost.flip) && isfinite(lost.ssim));
    orr_image *images[] = {&a, &b, &half_a, &half_b};
    orr_compare_result *results[] = {&floats, &halves, &same, &lost};
    for (int i = 0; i < 4; i++) orr_image_free(images[i]);
    for (int i = 0; i < 4; i++) orr_compare_result_free(results[i]);
}

/* Alpha is seen by the largest difference and PSNR alone; grey is what three equal channels are. */
static void test_channels(void **state) {
    (void)state;
    orr_image a = make(40, 33, ORR_PIXEL_U8, checker, false), b = make(40, 33, ORR_PIXEL_U8, checker, true);
    orr_image opaque = convert(&a, ORR_PIXEL_U8, 4, 255), clear = convert(&a, ORR_PIXEL_U8, 4, 51);
    orr_image grey_a = convert(&a, ORR_PIXEL_U8, 1, 0), grey_b = convert(&b, ORR_PIXEL_U8, 1, 0);
    orr_compare_result alpha = compared(&opaque, &clear), colour = compared(&a, &b),
                       grey = compared(&grey_a, &grey_b);
    assert_true(alpha.max == 0.8 && alpha.flip == 0.0 && alpha.ssim == 1.0);
    assert_float_equal(alpha.psnr_db, -10.0 * log10(0.64 / 4), 1e-9);
    expect_alike(&colour, &grey);
    orr_image *images[] = {&a, &b, &opaque, &clear, &grey_a, &grey_b};
    orr_compare_result *results[] = {&alpha, &colour, &grey};
    for (int i = 0; i < 6; i++) orr_image_free(images[i]);
    for (int i = 0; i < 3; i++) orr_compare_result_free(results[i]);
}

/* --- tiles -----------------------------------------------------------------------------------------------
 */

enum { SEAM_WIDTH = 1000, SEAM_HEIGHT = 220, AROUND = 24 };

/* One white pixel on grey: the comparison, and the map around the pixel. */
static orr_compare_result spot(uint32_t x, uint32_t y, float around[2 * AROUND + 1][2 * AROUND + 1]) {
    orr_image a = {0}, b = {0};
    assert_int_equal(orr_image_create(SEAM_WIDTH, SEAM_HEIGHT, 1, ORR_PIXEL_U8, &a, NULL), ORR_OK);
    assert_int_equal(orr_image_create(SEAM_WIDTH, SEAM_HEIGHT, 1, ORR_PIXEL_U8, &b, NULL), ORR_OK);
    a.srgb = b.srgb = true;
    memset(a.pixels, 90, a.size_bytes);
    memset(b.pixels, 90, b.size_bytes);
    ((uint8_t *)b.pixels)[y * SEAM_WIDTH + x] = 255;
    orr_compare_result result = compared(&a, &b);
    const float *map = result.flip_map.pixels;
    for (size_t row = 0; row < 2 * AROUND + 1; row++)
        memcpy(around[row], map + (y + row - AROUND) * SEAM_WIDTH + x - AROUND, sizeof around[row]);
    orr_image_free(&a);
    orr_image_free(&b);
    return result;
}

/* What a pixel does to the map is the same within a tile, at its corner, and across a seam to tiles that hold
 * no difference themselves; far from it the map is 0. */
static void test_seams(void **state) {
    (void)state;
    static float inside[2 * AROUND + 1][2 * AROUND + 1], at[2 * AROUND + 1][2 * AROUND + 1];
    const uint32_t places[][2] = {{479, 95}, {480, 96}, {479, 96}, {484, 100}, {959, 192}};
    orr_compare_result want = spot(240, 48, inside);
    assert_true(inside[AROUND][AROUND] > 0.1f && inside[AROUND][AROUND + 5] > 0.0f);
    assert_true(inside[0][0] == 0.0f && inside[AROUND][0] == 0.0f);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        orr_compare_result got = spot(places[i][0], places[i][1], at);
        assert_memory_equal(at, inside, sizeof at);
        assert_float_equal(got.flip, want.flip, 1e-15);
        assert_float_equal(got.ssim, want.ssim, 1e-13);
        assert_true(got.max == want.max && got.psnr_db == want.psnr_db);
        orr_compare_result_free(&got);
    }
    orr_compare_result_free(&want);
}

/* A black reference, a mostly black one, and numbers that are none must not upset anything. */
static void test_odd_values(void **state) {
    (void)state;
    orr_image a = make(16, 16, ORR_PIXEL_F32, radiance, false),
              b = make(16, 16, ORR_PIXEL_F32, radiance, true);
    float *values = a.pixels;
    memset(values, 0, a.size_bytes);
    orr_compare_result result;
    assert_int_equal(orr_compare(&a, &b, NULL, &result, NULL), ORR_OK);
    assert_true(result.flip > 0.0 && result.flip <= 1.0 && isfinite(result.ssim));
    values[7] = 4.0f;
    assert_int_equal(orr_compare(&a, &b, NULL, &result, NULL), ORR_OK);
    assert_true(result.flip > 0.0 && result.flip <= 1.0 && isfinite(result.stop_exposure));
    values[9] = NAN, values[10] = INFINITY, values[11] = -3.0f, values[12] = 3e38f;
    assert_int_equal(orr_compare(&a, &b, NULL, &result, NULL), ORR_OK);
    assert_true(isinf(result.max) && result.flip > 0.0 && result.flip <= 1.0 && isfinite(result.ssim));
    assert_int_equal(orr_compare(&b, &a, NULL, &result, NULL), ORR_OK);
    assert_true(isinf(result.max) && result.flip > 0.0 && result.flip <= 1.0 && isfinite(result.ssim));
    assert_int_equal(orr_compare(&a, &a, NULL, &result, NULL), ORR_OK);
    assert_true(result.max == 0.0 && result.flip == 0.0);
    orr_image_free(&a);
    orr_image_free(&b);
}

/* Every resolution down to where the filters shrink to one sample. */
static void test_coarse_view(void **state) {
    (void)state;
    orr_image a = make(20, 12, ORR_PIXEL_U8, gradients, false),
              b = make(20, 12, ORR_PIXEL_U8, gradients, true);
    const double views[] = {1.0, 2.0, 7.5, 300.0, 2000.0};
    for (size_t i = 0; i < 5; i++) {
        orr_compare_result result;
        orr_compare_params params = {.pixels_per_degree = views[i]};
        assert_int_equal(orr_compare(&a, &b, &params, &result, NULL), ORR_OK);
        assert_true(result.flip > 0.0 && result.flip <= 1.0);
    }
    orr_image_free(&a);
    orr_image_free(&b);
}

/* Neither threads nor the width of vectors; the pair takes several tiles, the last of them odd ones. */
static void test_threads_change_nothing(void **state) {
    (void)state;
    for (int hdr = 0; hdr < 2; hdr++) {
        orr_pixel_type type = hdr ? ORR_PIXEL_F32 : ORR_PIXEL_U8;
        orr_image a = make(1001, 203, type, hdr ? radiance : gradients, false);
        orr_image b = make(1001, 203, type, hdr ? radiance : gradients, true);
        orr_compare_params params = {.keep_map = true};
        orr_compare_result one, three, narrow;
        assert_int_equal(orr_compare(&a, &b, &params, &one, NULL), ORR_OK);
        assert_int_equal(orr_jobs_create(&(orr_jobs_params){.threads = 3}, &params.jobs, NULL), ORR_OK);
        assert_int_equal(orr_compare(&a, &b, &params, &three, NULL), ORR_OK);
        orr_jobs_destroy(&params.jobs);
        expect_same(&one, &three);
        params.narrow = true;
        assert_int_equal(orr_compare(&a, &b, &params, &narrow, NULL), ORR_OK);
        expect_same(&one, &narrow);
        orr_compare_result_free(&one);
        orr_compare_result_free(&three);
        orr_compare_result_free(&narrow);
        orr_image_free(&a);
        orr_image_free(&b);
    }
}

static void expect_refusal(const orr_image *a, const orr_image *b, const char *words) {
    orr_error err = {0};
    orr_compare_result result;
    assert_int_equal(orr_compare(a, b, NULL, &result, &err), ORR_E_ARGUMENT);
    if (!strstr(err.message, words)) fail_msg("'%s' does not say '%s'", err.message, words);
}

static void test_refusals(void **state) {
    (void)state;
    orr_image a = make(12, 12, ORR_PIXEL_U8, gradients, false),
              b = make(12, 13, ORR_PIXEL_U8, gradients, false);
    orr_image c = make(12, 12, ORR_PIXEL_F32, radiance, false), d = a;
    expect_refusal(&a, &b, "differ in size: 12 x 12 and 12 x 13");
    expect_refusal(&a, &c, "one image is sRGB integer, the other float");
    d.srgb = false;
    expect_refusal(&a, &d, "linear integer");
    d.channels = 1;
    expect_refusal(&a, &d, "differ in channels: 3 and 1");
    orr_compare_params params = {.pixels_per_degree = 0.5};
    orr_compare_result result;
    assert_int_equal(orr_compare(&a, &a, &params, &result, NULL), ORR_E_OUT_OF_RANGE);
    orr_image_free(&a);
    orr_image_free(&b);
    orr_image_free(&c);
}

/* matplotlib's magma at 0, 1/4, 1/2, 3/4, 1; the polynomial keeps within 0.02 of it (and half a step). */
static void test_heat_map(void **state) {
    (void)state;
    static const double magma[5][3] = {{0.001462, 0.000466, 0.013866},
                                       {0.316654, 0.071690, 0.485380},
                                       {0.716387, 0.214982, 0.475290},
                                       {0.986700, 0.535582, 0.382210},
                                       {0.987053, 0.991438, 0.749504}};
    static const double at[5] = {0.0, 64 / 255.0, 128 / 255.0, 192 / 255.0, 1.0};
    orr_image map = {0}, picture = {0};
    assert_int_equal(orr_image_create(8, 1, 1, ORR_PIXEL_F32, &map, NULL), ORR_OK);
    float *values = map.pixels;
    for (int i = 0; i < 5; i++) values[i] = (float)at[i];
    values[5] = -1.0f, values[6] = 9.0f, values[7] = NAN;
    assert_int_equal(orr_heat_map(&map, &picture, NULL), ORR_OK);
    const uint8_t *bytes = picture.pixels;
    assert_true(picture.srgb && picture.channels == 3);
    for (int i = 0; i < 15; i++) assert_float_equal(bytes[i] / 255.0, magma[i / 3][i % 3], 0.025);
    assert_memory_equal(bytes + 15, bytes, 3);
    assert_memory_equal(bytes + 18, bytes + 12, 3);
    assert_memory_equal(bytes + 21, bytes, 3);
    assert_int_equal(orr_heat_map(&picture, &map, NULL), ORR_E_ARGUMENT);
    orr_image_free(&map);
    orr_image_free(&picture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ldr),         cmocka_unit_test(test_hdr),
        cmocka_unit_test(test_equal),       cmocka_unit_test(test_odd_values),
        cmocka_unit_test(test_coarse_view), cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_refusals),    cmocka_unit_test(test_heat_map),
        cmocka_unit_test(test_integers),    cmocka_unit_test(test_halves),
        cmocka_unit_test(test_channels),    cmocka_unit_test(test_seams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
