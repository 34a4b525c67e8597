/* Latitude-longitude maps: what they measure, how their sun is found and taken out. */
#include "image_test.h"

#include <math.h>

#include "image/hdri.h"

static const double pi = 3.14159265358979323846;
static double rad(double deg) {
    return deg * pi / 180.0;
}

static orr_image blank(uint32_t width, uint32_t height, float value) {
    orr_image image;
    ASSERT_OK(orr_image_create(width, height, 3, ORR_PIXEL_F32, &image, err));
    for (size_t i = 0; i < (size_t)width * height * 3; i++) ((float *)image.pixels)[i] = value;
    return image;
}
static float *at(orr_image *image, uint32_t x, uint32_t y) {
    return (float *)image->pixels + ((size_t)y * image->width + x) * 3;
}
static void direction(double azimuth_deg, double elevation_deg, double d[3]) {
    double a = rad(azimuth_deg), e = rad(elevation_deg);
    d[0] = cos(e) * sin(a), d[1] = sin(e), d[2] = -cos(e) * cos(a);
}

/* A sky that brightens towards the horizon and the sun, above brown ground, with the sun's disk: 16 samples a
 * side of each pixel near it. */
static orr_image sky_with_sun(uint32_t width, double azimuth, double elevation, double radius_deg,
                              double luminance) {
    orr_image map = blank(width, width / 2, 0);
    double sun[3];
    direction(azimuth, elevation, sun);
    for (uint32_t y = 0; y < width / 2; y++)
        for (uint32_t x = 0; x < width; x++) {
            double inside = 0.0, all = 0.0, off = 0.0;
            for (int k = 0; k < 256; k++) { /* weighted by the sphere's area: near the zenith it matters */
                double d[3], u = (x + (k % 16 + 0.5) / 16) / width,
                             v = (y + (k / 16 + 0.5) / 16) / (width / 2);
                direction(360.0 * (u - 0.5), 90.0 - 180.0 * v, d);
                double c = d[0] * sun[0] + d[1] * sun[1] + d[2] * sun[2], area = sin(pi * v);
                off = acos(fmin(c, 1.0));
                if (off > rad(radius_deg + 4)) break;
                inside += off < rad(radius_deg) ? area : 0.0, all += area;
            }
            inside = inside > 0 ? inside / all : 0;
            bool up = y < width / 4;
            double glow = 3000 * exp(-off / rad(8)), low = pow(1 - cos(pi * (y + 0.5) / (width / 2)), 4);
            const double tint[3] = {1.1, 1.0, 0.7}, sky[3] = {2000, 3000, 6000},
                         ground[3] = {1200, 1000, 700};
            for (int c = 0; c < 3; c++)
                at(&map, x, y)[c] =
                    (float)((up ? sky[c] + 3000 * low + glow : ground[c]) + inside * luminance * tint[c]);
        }
    return map;
}

/* --- measuring --------------------------------------------------------------------------------------------
 */

static void test_constant(void **state) {
    (void)state;
    double worst = 0;
    for (uint32_t height = 2; height <= 300; height = height * 3 / 2 + 1) { /* odd ones too */
        orr_image file = blank(height * 2, height, 1), map;
        orr_hdri_figures figures;
        ASSERT_OK(orr_hdri_open(&file, "flat", &map, &figures, err));
        worst = fmax(worst, fabs(figures.illuminance / pi - 1));
        assert_true(figures.peak == 1 && figures.negative == 0);
        orr_image_free(&map), orr_image_free(&file);
    }
    print_message("a constant map of 1 nit: off pi lx by %.2g at most (bar 0.001)\n", worst);
    assert_true(worst < 0.001);
}

/* L = elevation's sine to the n-th power gives 2 pi / (n + 2). */
static void test_cosine(void **state) {
    (void)state;
    for (int n = 0; n < 5; n++) {
        orr_image file = blank(512, 256, 0), map;
        orr_hdri_figures figures;
        for (uint32_t y = 0; y < 128; y++)
            for (uint32_t x = 0; x < 512; x++)
                for (int c = 0; c < 3; c++) at(&file, x, y)[c] = (float)pow(cos(pi * (y + 0.5) / 256), n);
        ASSERT_OK(orr_hdri_open(&file, "power", &map, &figures, err));
        assert_true(fabs(figures.illuminance / (2 * pi / (n + 2)) - 1) < 0.001);
        orr_image_free(&map), orr_image_free(&file);
    }
}

#define REFUSED(file, ...) refused(file, (const char *[]){__VA_ARGS__, NULL})
static void refused(orr_image *file, const char *const *words) {
    orr_image map;
    orr_hdri_figures figures;
    orr_error err = {0};
    assert_int_equal(orr_hdri_open(file, "sky.hdr", &map, &figures, &err), ORR_E_BAD_DATA);
    assert_null(map.pixels);
    for (; *words; words++)
        if (!strstr(err.message, *words)) fail_msg("'%s' is not in: %s", *words, err.message);
    orr_image_free(file);
}

static void test_refused(void **state) {
    (void)state;
    orr_image file = blank(300, 200, 1);
    REFUSED(&file, "sky.hdr", "300 x 200", "twice as wide as high");
    file = blank(2, 1, 1);
    REFUSED(&file, "2 x 1", "4 x 2 at least");
    file = blank(64, 32, 0);
    for (uint32_t x = 0; x < 64; x++) at(&file, x, 20)[1] = 7; /* light below the horizon alone */
    REFUSED(&file, "gives 0 lx", "upper 16 rows");
    file = blank(64, 32, 0);
    for (uint32_t y = 16; y < 32; y++) /* all of it, up to the horizon, where a cosine rounds */
        for (uint32_t x = 0; x < 64; x++) at(&file, x, y)[0] = 1;
    REFUSED(&file, "upper 16 rows");
    const float bad[] = {INFINITY, -INFINITY, NAN};
    for (int i = 0; i < 3; i++) {
        file = blank(64, 32, 1);
        at(&file, 5, 30)[2] = bad[i];
        REFUSED(&file, "column 5, row 30", i == 2 ? "nan" : "inf");
    }
}

static void test_negative(void **state) {
    (void)state;
    orr_image file = blank(64, 32, 1), map;
    orr_hdri_figures figures;
    at(&file, 3, 3)[0] = -4;
    ASSERT_OK(orr_hdri_open(&file, "ringing", &map, &figures, err));
    assert_true(figures.negative == 1 && at(&map, 3, 3)[0] == 0 && figures.illuminance < pi);
    orr_image_free(&map), orr_image_free(&file);
}

/* --- the sun ----------------------------------------------------------------------------------------------
 */

/* How far direct and ambient together are from what the map gave, as a part of it. */
static double balance(double before, const orr_hdri_figures *left, const orr_hdri_sun *sun) {
    return fabs((left->illuminance + sun->illuminance * sin(rad(sun->elevation_deg))) / before - 1);
}

static void test_sun_out(void **state) {
    (void)state;
    static const double elevations[] = {90, 75, 45, 20, 8, 3, 1};
    double worst = 0, worst_angle = 0, worst_sun = 0;
    for (int i = 0; i < 7; i++)
        for (uint32_t width = 512; width <= 1024; width *= 2) {
            double azimuth = 50.0 * i, luminance = 1.4e7, radius = 0.8, d[3], found[3];
            orr_image file = sky_with_sun(width, azimuth, elevations[i], radius, luminance), map;
            orr_image bare = sky_with_sun(width, azimuth, elevations[i], radius, 0);
            orr_hdri_figures figures, left;
            orr_hdri_sun sun;
            ASSERT_OK(orr_hdri_open(&file, "sky", &map, &figures, err));
            left = figures;
            ASSERT_OK(orr_hdri_neutralize(&map, "sky", &left, &sun, err));
            worst = fmax(worst, balance(figures.illuminance, &left, &sun));
            direction(azimuth, elevations[i], d), direction(sun.azimuth_deg, sun.elevation_deg, found);
            double c = d[0] * found[0] + d[1] * found[1] + d[2] * found[2];
            worst_angle = fmax(worst_angle, acos(fmin(c, 1)) * 180 / pi * width / 360);
            double lx = 0; /* what the disk's pixels hold */
            for (uint32_t y = 0; y < width / 2; y++)
                for (uint32_t x = 0; x < width; x++) {
                    double solid = orr_hdri_row_weights(width, width / 2, y).solid_sr;
                    const double weight[3] = {0.2126, 0.7152, 0.0722};
                    for (int k = 0; k < 3; k++)
                        lx += solid * weight[k] * (double)(at(&file, x, y)[k] - at(&bare, x, y)[k]);
                }
            worst_sun = fmax(worst_sun, fabs(sun.illuminance / lx - 1));
            assert_true(fabs(sun.colour[0] / sun.colour[1] - 1.1) < 0.01 && sun.contrast > 100);
            /* as wide as its disk and a part of the pixels on its edge */
            assert_true(sun.angular_diameter_deg > 2 * radius * 0.999 &&
                        sun.angular_diameter_deg < 2 * radius + 0.6 * 360 / width);
            for (uint32_t k = 0; k < width * width / 2 * 3;
                 k++) { /* the sky that is left is the one without a sun */
                double got = (double)((float *)map.pixels)[k], was = (double)((float *)bare.pixels)[k];
                assert_true(fabs(got - was) < 0.25 * was + luminance * 2e-3 * (i > 4));
            }
            orr_image_free(&map), orr_image_free(&file), orr_image_free(&bare);
        }
    print_message("sun taken out: direct + ambient off the map's illuminance by %.2g at most (bar 0.02); the "
                  "sun's own illuminance "
                  "by %.2g; its direction by %.2g pixels\n",
                  worst, worst_sun, worst_angle);
    assert_true(worst < 0.02 && worst_sun < 0.01 && worst_angle < 0.5);
}

static void test_no_sun(void **state) {
    (void)state;
    static const struct {
        double radius, luminance;
        const char *words;
    } cases[] = {{0.8, 2e5, "times as bright as what lies 5 to 15 degrees off; a sun is 100 times or more"},
                 {9.0, 1e7, "reaches farther than 5 degrees"},
                 {0.3, 5e6, "a sun gives 0.1 times or more"}};
    for (int i = 0; i < 3; i++) {
        orr_image file = sky_with_sun(256, 120, 40, cases[i].radius, cases[i].luminance), map;
        orr_hdri_figures figures;
        orr_hdri_sun sun;
        orr_error why = {0};
        ASSERT_OK(orr_hdri_open(&file, "sky", &map, &figures, err));
        orr_hdri_figures before = figures;
        assert_int_equal(orr_hdri_neutralize(&map, "sky", &figures, &sun, &why), ORR_E_BAD_DATA);
        if (!strstr(why.message, cases[i].words) || !strstr(why.message, "finds no sun in 'sky'"))
            fail_msg("%s", why.message);
        assert_memory_equal(map.pixels, file.pixels, map.size_bytes);
        assert_memory_equal(&before, &figures, sizeof before);
        orr_image_free(&map), orr_image_free(&file);
    }
}

/* One lit pixel of a black map; the smallest map there is; a sun across the seam. None may read outside. */
static void test_edges(void **state) {
    (void)state;
    for (uint32_t height = 2; height <= 64; height *= 2)
        for (uint32_t x = 0; x < height * 2; x += height * 2 - 1) {
            orr_image file = blank(height * 2, height, 0), map;
            orr_hdri_figures figures;
            orr_hdri_sun sun;
            at(&file, x, 0)[0] = 1e9f;
            ASSERT_OK(orr_hdri_open(&file, "dot", &map, &figures, err));
            double before = figures.illuminance;
            orr_status status = orr_hdri_neutralize(&map, "dot", &figures, &sun, NULL);
            assert_true(status == ORR_OK || status == ORR_E_BAD_DATA);
            if (!status) assert_true(balance(before, &figures, &sun) < 1e-6 && figures.peak == 0);
            orr_image_free(&map), orr_image_free(&file);
        }
}

static orr_image real_map(const char *name, orr_hdri_figures *figures) {
    size_t size;
    uint8_t *data = load_file(test_data(), name, &size);
    orr_image file, map;
    ASSERT_OK(orr_image_decode(data, size, name, 0, NULL, &file, err));
    ASSERT_OK(orr_hdri_open(&file, name, &map, figures, err));
    orr_image_free(&file);
    free(data);
    return map;
}

static void test_photographs(void **state) {
    (void)state;
    orr_hdri_figures figures, left;
    orr_hdri_sun sun;
    orr_image map = real_map("hdri/spruit_sunrise_1k_HDR.hdr", &figures);
    left = figures;
    ASSERT_OK(orr_hdri_neutralize(&map, "spruit", &left, &sun, err));
    print_message("spruit_sunrise: %.4g lx for a factor of 1, of which the sun gives %.4g at azimuth %.2f, "
                  "elevation %.2f degrees, %.4g on a "
                  "plane facing it; off by %.2g together\n",
                  figures.illuminance, figures.illuminance - left.illuminance, sun.azimuth_deg,
                  sun.elevation_deg, sun.illuminance, balance(figures.illuminance, &left, &sun));
    assert_true(balance(figures.illuminance, &left, &sun) < 0.02);
    assert_true(fabs(sun.elevation_deg - 7.9) < 0.4 &&
                fabs(sun.azimuth_deg - 36) < 0.8); /* as data/SOURCES.md has it */
    assert_true(left.peak < figures.peak * 0.01);
    orr_image_free(&map);
    static const char *const without[] = {"hdri/night.hdr", "hdri/studio_small_08_1k.hdr"};
    for (int i = 0; i < 2; i++) {
        orr_error why = {0};
        map = real_map(without[i], &figures);
        assert_int_equal(orr_hdri_neutralize(&map, without[i], &figures, &sun, &why), ORR_E_BAD_DATA);
        assert_non_null(strstr(why.message, "neutralize_sun finds no sun in"));
        orr_image_free(&map);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant), cmocka_unit_test(test_cosine),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_negative), cmocka_unit_test(test_sun_out),     cmocka_unit_test(test_no_sun),
        cmocka_unit_test(test_edges),    cmocka_unit_test(test_photographs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
