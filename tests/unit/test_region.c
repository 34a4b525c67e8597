/* Figures of regions against what can be worked out by hand. */
#include "image_test.h"

#include <math.h>

#include "image/region.h"

static orr_image blank(uint32_t width, uint32_t height, uint32_t channels, orr_pixel_type type) {
    orr_image image = {0};
    ASSERT_OK(orr_image_create(width, height, channels, type, &image, err));
    return image;
}

static orr_image from_f32(uint32_t width, uint32_t height, const float *values) {
    orr_image image = blank(width, height, 1, ORR_PIXEL_F32);
    memcpy(image.pixels, values, image.size_bytes);
    return image;
}

static void expect_error(orr_status got, orr_status want, const orr_error *err, const char *words) {
    assert_int_equal(got, want);
    if (!strstr(err->message, words)) fail_msg("'%s' does not say '%s'", err->message, words);
}

/* --- statistics ------------------------------------------------------------------------------------------
 */

/* Of 0, 1 … n-1 the mean is (n - 1) / 2 and the variance (n^2 - 1) / 12. */
static void test_ramp(void **state) {
    (void)state;
    orr_image image = blank(40, 9, 2, ORR_PIXEL_F32);
    float *values = image.pixels;
    for (size_t i = 0; i < 40 * 9; i++) {
        values[2 * i] = (float)(i % 40);
        values[2 * i + 1] = 1e6f + (float)(i / 40);
    }
    orr_region_figures got;
    ASSERT_OK(orr_region_stats(&image, NULL, 0, &got, err));
    assert_true(got.mean == 19.5 && got.min == 0.0 && got.max == 39.0 && got.count == 360);
    assert_float_equal(got.variance, (40.0 * 40 - 1) / 12, 1e-9);
    ASSERT_OK(orr_region_stats(&image, &(orr_roi){.x = 10, .y = 2, .width = 5, .height = 3}, 0, &got, err));
    assert_true(got.mean == 12.0 && got.variance == 2.0 && got.min == 10.0 && got.max == 14.0);
    assert_true(got.count == 15 && got.non_finite == 0);
    /* Far from zero the variance must not cancel away. */
    ASSERT_OK(orr_region_stats(&image, &(orr_roi){0}, 1, &got, err));
    assert_true(got.mean == 1e6 + 4);
    assert_float_equal(got.variance, (81.0 - 1) / 12, 1e-9);
    orr_image_free(&image);
}

/* Integers are scaled and never decoded; ids stay as they are. */
static void test_stored_values(void **state) {
    (void)state;
    const struct {
        orr_pixel_type type;
        double low, high;
    } cases[] = {{ORR_PIXEL_U8, 51 / 255.0, 1.0},
                 {ORR_PIXEL_U16, 13107 / 65535.0, 1.0},
                 {ORR_PIXEL_F16, -0.25, 1024.0},
                 {ORR_PIXEL_F32, -0.25, 1024.0},
                 {ORR_PIXEL_U32, 7.0, 4294967295.0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        orr_image image = blank(2, 1, 1, cases[i].type);
        image.srgb = i < 2;
        if (i == 0) memcpy(image.pixels, (uint8_t[2]){51, 255}, 2);
        if (i == 1) memcpy(image.pixels, (uint16_t[2]){13107, 65535}, 4);
        if (i == 2) memcpy(image.pixels, (uint16_t[2]){orr_f32_to_f16(-0.25f), orr_f32_to_f16(1024)}, 4);
        if (i == 3) memcpy(image.pixels, (float[2]){-0.25f, 1024}, 8);
        if (i == 4) memcpy(image.pixels, (uint32_t[2]){7, UINT32_MAX}, 8);
        orr_region_figures got;
        ASSERT_OK(orr_region_stats(&image, NULL, 0, &got, err));
        assert_true(got.min == cases[i].low && got.max == cases[i].high);
        assert_true(got.mean == (cases[i].low + cases[i].high) / 2);
        orr_image_free(&image);
    }
}

static void test_not_finite(void **state) {
    (void)state;
    orr_image image = from_f32(3, 2, (float[]){1, NAN, 3, INFINITY, -INFINITY, 5});
    orr_region_figures got;
    ASSERT_OK(orr_region_stats(&image, NULL, 0, &got, err));
    assert_true(got.mean == 3.0 && got.min == 1.0 && got.max == 5.0 && got.count == 6 && got.non_finite == 3);
    assert_float_equal(got.variance, 8.0 / 3, 1e-12);
    ASSERT_OK(orr_region_stats(&image, &(orr_roi){0, 1, 2, 1}, 0, &got, err));
    assert_true(isnan(got.mean) && isnan(got.variance) && isnan(got.min) && isnan(got.max));
    assert_true(got.count == 2 && got.non_finite == 2);
    orr_image_free(&image);
}

static void test_bad_regions(void **state) {
    (void)state;
    orr_image image = from_f32(3, 2, (float[]){0, 1, 2, 3, 4, 5}), crop = {0};
    const orr_roi bad[] = {{3, 0, 1, 1}, {0, 2, 1, 1}, {1, 0, 3, 1},
                           {0, 1, 1, 2}, {0, 0, 1, 0}, {2, 0, UINT32_MAX, 1}};
    orr_region_figures got;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        orr_error err = {0};
        expect_error(orr_region_stats(&image, &bad[i], 0, &got, &err), ORR_E_OUT_OF_RANGE, &err,
                     "which has 3 x 2");
        assert_int_equal(orr_image_crop(&image, &bad[i], &crop, &err), ORR_E_OUT_OF_RANGE);
        assert_null(crop.pixels);
    }
    orr_error err = {0};
    expect_error(orr_region_stats(&image, NULL, 1, &got, &err), ORR_E_OUT_OF_RANGE, &err,
                 "channel 1 of an image that has 1");
    orr_image_free(&image);
}

static void test_crop(void **state) {
    (void)state;
    orr_image image = blank(4, 3, 3, ORR_PIXEL_U16), crop = {0};
    image.srgb = true;
    for (uint16_t i = 0; i < 36; i++) ((uint16_t *)image.pixels)[i] = i;
    ASSERT_OK(orr_image_crop(&image, &(orr_roi){.x = 1, .y = 1, .width = 2, .height = 2}, &crop, err));
    assert_true(crop.width == 2 && crop.height == 2 && crop.channels == 3 && crop.srgb);
    assert_memory_equal(crop.pixels, ((uint16_t[]){15, 16, 17, 18, 19, 20, 27, 28, 29, 30, 31, 32}), 24);
    orr_image_free(&crop);
    ASSERT_OK(orr_image_crop(&image, NULL, &crop, err));
    assert_memory_equal(crop.pixels, image.pixels, image.size_bytes);
    orr_image_free(&crop);
    orr_image_free(&image);
}

/* --- edges -----------------------------------------------------------------------------------------------
 */

/* A step from `low` to `high` blurred by a Gaussian of `sigma` pixels, along a direction. */
static orr_image blurred_step(double sigma, double angle, double low, double high) {
    orr_image image = blank(64, 64, 1, ORR_PIXEL_F32);
    for (uint32_t i = 0; i < 64 * 64; i++) {
        double along = (i % 64 + 0.5 - 32) * cos(angle) + (i / 64 + 0.5 - 32) * sin(angle);
        double share = 0.5 * (1 + erf(along / (sigma * sqrt(2))));
        ((float *)image.pixels)[i] = (float)(low + (high - low) * share);
    }
    return image;
}

static orr_edge_line through_centre(double angle, double reach, uint32_t lines) {
    double x = reach * cos(angle), y = reach * sin(angle);
    return (orr_edge_line){32 - x, 32 - y, 32 + x, 32 + y, lines};
}

/* From 10 to 90 % of a Gaussian's integral are 2.5631 sigma. A sample halfway between two pixels blurs by a
 * variance of 1/4 itself. */
static void test_edge_width(void **state) {
    (void)state;
    const double angles[] = {0.0, 1.5707963267948966, 0.3, 2.5, -1.1};
    for (size_t i = 0; i < 5; i++) {
        for (double sigma = 2.0; sigma < 5.0; sigma += 2.0) {
            orr_image image = blurred_step(sigma, angles[i], 0.2, 7.0);
            double want = 2 * 1.2815515655446004 * sigma, width = 0, back = 0, many = 0;
            double most = want * sqrt(1 + 0.25 / (sigma * sigma));
            orr_edge_line line = through_centre(angles[i], 30, 1);
            ASSERT_OK(orr_image_edge_width(&image, &line, 0, &width, err));
            assert_true(width > want * 0.999 && width < most);
            line = (orr_edge_line){line.x1, line.y1, line.x0, line.y0, 0}; /* a falling edge */
            ASSERT_OK(orr_image_edge_width(&image, &line, 0, &back, err));
            assert_float_equal(back, width, 1e-3);
            line.lines = 3;
            ASSERT_OK(orr_image_edge_width(&image, &line, 0, &many, err));
            assert_true(many > want * 0.999 && many < most);
            orr_image_free(&image);
        }
    }
}

/* A linear ramp over ten pixels: 10 to 90 % are eight, exactly; lines of other widths are averaged. */
static void test_ramp_edge(void **state) {
    (void)state;
    orr_image image = blank(40, 3, 1, ORR_PIXEL_F32);
    for (uint32_t i = 0; i < 120; i++) {
        double x = i % 40 + 0.5, run = i / 40 == 0 ? 5 : 10;
        ((float *)image.pixels)[i] = (float)fmin(1, fmax(0, (x - 20) / run + 0.5));
    }
    double width = 0;
    ASSERT_OK(orr_image_edge_width(&image, &(orr_edge_line){0.5, 1.5, 39.5, 1.5, 1}, 0, &width, err));
    assert_float_equal(width, 8.0, 1e-5);
    ASSERT_OK(orr_image_edge_width(&image, &(orr_edge_line){0.5, 1.5, 39.5, 1.5, 3}, 0, &width, err));
    assert_float_equal(width, (4.0 + 8.0 + 8.0) / 3, 1e-5);
    orr_image_free(&image);
}

static void test_no_edge(void **state) {
    (void)state;
    orr_image image = blurred_step(2, 0, 0.5, 0.5 + 5e-7), sharp = blurred_step(2, 0, 0, 1);
    orr_error err = {0};
    double width = -1;
    orr_edge_line line = through_centre(0, 20, 1);
    expect_error(orr_image_edge_width(&image, &line, 0, &width, &err), ORR_E_BAD_DATA, &err, "no edge");
    expect_error(orr_image_edge_width(&sharp, &line, 1, &width, &err), ORR_E_OUT_OF_RANGE, &err, "channel 1");
    line = (orr_edge_line){10, 10, 70, 10, 1};
    expect_error(orr_image_edge_width(&sharp, &line, 0, &width, &err), ORR_E_OUT_OF_RANGE, &err,
                 "leaves the image, which has 64 x 64");
    line = (orr_edge_line){10, 1, 50, 1, 9};
    expect_error(orr_image_edge_width(&sharp, &line, 0, &width, &err), ORR_E_OUT_OF_RANGE, &err, "leaves");
    line = (orr_edge_line){10, 10, 11, 10, 1};
    expect_error(orr_image_edge_width(&sharp, &line, 0, &width, &err), ORR_E_OUT_OF_RANGE, &err, "1 pixels");
    line = (orr_edge_line){NAN, 10, 11, 10, 1};
    assert_int_equal(orr_image_edge_width(&sharp, &line, 0, &width, &err), ORR_E_OUT_OF_RANGE);
    line = through_centre(0, 20, 5000);
    expect_error(orr_image_edge_width(&sharp, &line, 0, &width, &err), ORR_E_OUT_OF_RANGE, &err, "1024");
    line = through_centre(0, 20, 1);
    ((float *)sharp.pixels)[32 * 64 + 30] = NAN;
    expect_error(orr_image_edge_width(&sharp, &line, 0, &width, &err), ORR_E_BAD_DATA, &err, "not finite");
    assert_true(width == -1);
    orr_image_free(&image);
    orr_image_free(&sharp);
}

/* --- last places -----------------------------------------------------------------------------------------
 */

static orr_ulps ulps_of(orr_pixel_type type, const void *a, const void *b, uint32_t width,
                        uint32_t channels) {
    orr_image u = blank(width, 1, channels, type), v = blank(width, 1, channels, type);
    orr_ulps result = {0};
    memcpy(u.pixels, a, u.size_bytes);
    memcpy(v.pixels, b, v.size_bytes);
    ASSERT_OK(orr_image_ulps(&u, &v, &result, err));
    orr_image_free(&u);
    orr_image_free(&v);
    return result;
}

static orr_ulps ulps_of_one(float a, float b) {
    return ulps_of(ORR_PIXEL_F32, &a, &b, 1, 1);
}

static void test_ulps_f32(void **state) {
    (void)state;
    const float least = 1.4e-45f;
    assert_true(ulps_of_one(1, 1).max == 0 && ulps_of_one(1, 1).differing_share == 0);
    assert_int_equal(ulps_of_one(1, nextafterf(1, 2)).max, 1);
    assert_int_equal(ulps_of_one(2, 1).max, 1 << 23);
    assert_int_equal(ulps_of_one(-3, nextafterf(-3, -4)).max, 1);
    assert_int_equal(ulps_of_one(least, -least).max, 2);
    assert_true(ulps_of_one(0.0f, -0.0f).max == 0 && ulps_of_one(0.0f, -0.0f).differing_share == 1);
    assert_int_equal(ulps_of_one(NAN, NAN).max, 0);
    assert_true(ulps_of_one(NAN, 1).max == ORR_ULPS_NEVER && ulps_of_one(1, NAN).max == ORR_ULPS_NEVER);
    assert_true(ulps_of_one(NAN, -NAN).max == ORR_ULPS_NEVER);
    assert_true(ulps_of_one(INFINITY, 3.4028235e38f).max == ORR_ULPS_NEVER);
    assert_true(ulps_of_one(INFINITY, -INFINITY).max == ORR_ULPS_NEVER);
    assert_int_equal(ulps_of_one(INFINITY, INFINITY).max, 0);
}

/* Which pixel, and how many: a pixel with two channels off counts once. */
static void test_ulps_pixels(void **state) {
    (void)state;
    uint8_t a[8] = {1, 2, 3, 4, 5, 6, 7, 8}, b[8] = {1, 2, 0, 9, 5, 6, 8, 8};
    orr_ulps got = ulps_of(ORR_PIXEL_U8, a, b, 4, 2);
    assert_true(got.max == 5 && got.differing_share == 0.5 && got.x == 1 && got.y == 0);
    uint32_t ids[2] = {0, 5}, others[2] = {UINT32_MAX, 5};
    got = ulps_of(ORR_PIXEL_U32, ids, others, 2, 1);
    assert_true(got.max == UINT32_MAX && got.differing_share == 0.5);
    uint16_t halves[3] = {0x3c00, 0x8001, 0x7e00}, close[3] = {0x3c02, 0x0001, 0x7e00};
    got = ulps_of(ORR_PIXEL_F16, halves, close, 3, 1);
    assert_true(got.max == 2 && got.x == 0);
    assert_float_equal(got.differing_share, 2.0 / 3, 1e-12);
    halves[1] = 0x7c00, close[1] = 0x7bff;
    assert_true(ulps_of(ORR_PIXEL_F16, halves, close, 3, 1).max == ORR_ULPS_NEVER);
}

static void test_ulps_refusals(void **state) {
    (void)state;
    orr_image a = blank(2, 2, 1, ORR_PIXEL_F32), b = blank(2, 3, 1, ORR_PIXEL_F32),
              c = blank(2, 2, 1, ORR_PIXEL_F16);
    orr_ulps got;
    orr_error err = {0};
    expect_error(orr_image_ulps(&a, &b, &got, &err), ORR_E_ARGUMENT, &err, "differ in size");
    expect_error(orr_image_ulps(&a, &c, &got, &err), ORR_E_ARGUMENT, &err, "differ in type");
    orr_image_free(&a);
    orr_image_free(&b);
    orr_image_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ramp),          cmocka_unit_test(test_stored_values),
        cmocka_unit_test(test_not_finite),    cmocka_unit_test(test_bad_regions),
        cmocka_unit_test(test_crop),          cmocka_unit_test(test_edge_width),
        cmocka_unit_test(test_ramp_edge),     cmocka_unit_test(test_no_edge),
        cmocka_unit_test(test_ulps_f32),      cmocka_unit_test(test_ulps_pixels),
        cmocka_unit_test(test_ulps_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
