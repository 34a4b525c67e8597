/* Terrain readers: real files against what GDAL says of them, and files made here, good and bad. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "image/dem.h"
#include "test_dem_files.h"

static double mean_of(const orr_dem *dem) {
    double sum = 0.0;
    size_t count = (size_t)dem->width * dem->height;
    for (size_t i = 0; i < count; i++) sum += isnan(dem->heights_m[i]) ? 0.0 : dem->heights_m[i];
    return sum / (double)(count - dem->nodata_count);
}

static float at(const orr_dem *dem, uint32_t x, uint32_t y) {
    return dem->heights_m[(size_t)y * dem->width + x];
}

static void decode(const bytes *file, const char *name, const orr_dem_params *params, orr_dem *dem) {
    orr_error err = {0};
    orr_status status = orr_dem_decode(file->data, file->size, name, params, dem, &err);
    assert_string_equal(err.message, "");
    assert_int_equal(status, ORR_OK);
}

/* The reader must fail with `code`, name the file, and say `words`. */
static void expect_failure(const bytes *file, const char *name, const orr_dem_params *params, orr_status code,
                           const char *words) {
    orr_dem dem;
    orr_error err = {0};
    orr_status status = orr_dem_decode(file->data, file->size, name, params, &dem, &err);
    if (!strstr(err.message, words)) fail_msg("'%s' does not say '%s'", err.message, words);
    assert_int_equal(status, code);
    assert_string_equal(err.path, name);
    assert_null(dem.heights_m);
}

/* --- real files ---------------------------------------------------------------------------------- */

typedef struct fact {
    const char *path;
    uint32_t width, height;
    double spacing_x_m, spacing_y_m, min_m, max_m, mean_m;
    uint64_t voids;
    double lat_deg, lon_deg;
    const char *crs, *source;
} fact;

/* Sizes, ranges, means, shares of voids and centres: gdalinfo -stats of GDAL 3.6.2 (for craterlake after
 * -a_nodata -32767; N48W125 unzipped). Spacing in degrees: geodesic lengths of a step about the centre,
 * pyproj 3.7 Geod(WGS84). jacksboro: NumPy. */
static const fact facts[] = {
    {"craterlake-elev-16bit-30m.tif", 429, 279, 22.0340556, 29.9909531, 1289, 1880, 1529.639036, 39489,
     42.9417914, -122.107675, "EPSG:4326", "GeoTIFF int16"},
    {"greenriver.tif", 2000, 1000, 1, 1, 1297.2900390625, 1347.0300292969, 1316.1518490069, 0, NAN, NAN,
     "EPSG:6341", "GeoTIFF float32"},
    {"input_dem_01.tif", 16, 24, 30, 30, 23.663000106812, 62.681999206543, 34.666359364986, 0, NAN, NAN,
     "EPSG:2193", "GeoTIFF float32"},
    {"mt_rainier_90m.tif", 1201, 1201, 63.9688276, 92.6342365, 263, 4371, 1247.3708475423, 9033, 46.5, -121.5,
     "EPSG:4326", "GeoTIFF int16"},
    {"N48W125.hgt.zip", 3601, 3601, 20.5281697, 30.8889, -13, 1095, 97.44994628528, 6483876, 48.5, -124.5,
     "EPSG:4326", "HGT int16"},
    {"jacksboro_fault_dem.npz", 403, 344, 74.5731567, 92.4749723, 236, 1076, 531.0311688499, 0, 36.5895833,
     -84.2458333, "EPSG:4326", "NPZ int16"},
};

static void check_fact(const orr_dem *dem, const fact *want) {
    assert_int_equal(dem->width, want->width);
    assert_int_equal(dem->height, want->height);
    assert_float_equal(dem->spacing_x_m, want->spacing_x_m, 1e-6);
    assert_float_equal(dem->spacing_y_m, want->spacing_y_m, 1e-6);
    assert_float_equal(dem->min_m, want->min_m, 1e-5);
    assert_float_equal(dem->max_m, want->max_m, 1e-5);
    assert_float_equal(mean_of(dem), want->mean_m, 1e-5);
    assert_int_equal(dem->nodata_count, want->voids);
    assert_int_equal(isnan(dem->centre_lat_deg), isnan(want->lat_deg));
    if (!isnan(want->lat_deg)) {
        assert_float_equal(dem->centre_lat_deg, want->lat_deg, 1e-6);
        assert_float_equal(dem->centre_lon_deg, want->lon_deg, 1e-6);
    }
    assert_string_equal(dem->crs, want->crs);
    assert_string_equal(dem->source, want->source);
    assert_false(dem->spacing_assumed);
}

static bytes read_data(const char *name) {
    const char *folder = getenv("ORRERY_TEST_DATA");
    if (!folder) {
        print_message("skipped: no test data\n");
        skip();
    }
    char path[1024];
    snprintf(path, sizeof path, "%s/dem/%s", folder, name);
    return read_whole(path);
}

static void test_real_files(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        bytes file = read_data(facts[i].path);
        orr_dem dem;
        decode(&file, facts[i].path, NULL, &dem);
        check_fact(&dem, &facts[i]);
        orr_dem_free(&dem);
        free(file.data);
    }
}

/* Cut anywhere, a file is refused with one message, and never read past its end. */
static void test_real_files_cut(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        bytes file = read_data(facts[i].path);
        for (size_t part = 1; part < 8; part++) {
            bytes cut = {malloc(file.size * part / 8), file.size * part / 8};
            memcpy(cut.data, file.data, cut.size);
            orr_dem dem;
            orr_error err = {0};
            orr_status status = orr_dem_decode(cut.data, cut.size, facts[i].path, NULL, &dem, &err);
            assert_true(status == ORR_E_TRUNCATED || status == ORR_E_BAD_DATA);
            assert_true(err.message[0] && !strchr(err.message, '\n'));
            free(cut.data);
        }
        free(file.data);
    }
}

static void test_real_picture(void **state) {
    (void)state;
    bytes file = read_data("craterlake-imagery-30m.tif");
    expect_failure(&file, "craterlake-imagery-30m.tif", NULL, ORR_E_UNSUPPORTED,
                   "is a picture (4 channel(s)");
    free(file.data);
}

/* The committed terrain is the source's, height for height. */
static void test_content(void **state) {
    (void)state;
    bytes file = read_whole("content/dem/jacksboro_fault.tif");
    orr_dem dem, source;
    decode(&file, "jacksboro_fault.tif", NULL, &dem);
    fact want = facts[5];
    want.source = "GeoTIFF int16";
    check_fact(&dem, &want);
    assert_float_equal(at(&dem, 0, 0), 483, 0);
    assert_float_equal(at(&dem, 402, 343), 272, 0);
    free(file.data);
    if (getenv("ORRERY_TEST_DATA")) {
        file = read_data("jacksboro_fault_dem.npz");
        decode(&file, "jacksboro_fault_dem.npz", NULL, &source);
        assert_memory_equal(dem.heights_m, source.heights_m, 403 * 344 * sizeof(float));
        orr_dem_free(&source);
        free(file.data);
    }
    orr_dem_free(&dem);
}

/* --- GeoTIFF -------------------------------------------------------------------------------------- */

/* 37 x 29, as no tile or strip divides it. Heights from `ramp`, in every type, layout and compression. */
static void test_tiff_types(void **state) {
    (void)state;
    static const struct {
        int format, bits;
        const char *source;
    } types[] = {{2, 16, "GeoTIFF int16"},   {1, 16, "GeoTIFF uint16"},  {2, 32, "GeoTIFF int32"},
                 {3, 32, "GeoTIFF float32"}, {3, 64, "GeoTIFF float64"}, {1, 8, "GeoTIFF uint8"}};
    static const int compressions[] = {1, 5, 32773, 8, 32946, 34925, 50000, 34887};
    int made = 0;
    for (size_t i = 0; i < 6 * 8 * 4; i++) {
        tiff_recipe recipe = {
            .width = 37, .height = 29, .format = types[i % 6].format, .bits = types[i % 6].bits};
        recipe.compression = compressions[i / 6 % 8];
        recipe.tiled = i / 48 % 2;
        recipe.big_endian = i / 96 % 2;
        bytes file = make_tiff(&recipe);
        if (!file.data) continue; /* this libtiff has not that compression */
        made++;
        orr_dem dem;
        decode(&file, "made.tif", NULL, &dem);
        assert_string_equal(dem.source, types[i % 6].source);
        assert_true(dem.spacing_assumed && dem.spacing_x_m == 30.0 && dem.crs[0] == '\0');
        for (uint32_t y = 0; y < 29; y++) {
            for (uint32_t x = 0; x < 37; x++) assert_true(at(&dem, x, y) == (float)ramp(&recipe, x, y));
        }
        orr_dem_free(&dem);
        free(file.data);
    }
    print_message("%d kinds of TIFF\n", made);
    assert_true(made >= 96);
}

static void test_tiff_nodata(void **state) {
    (void)state;
    tiff_recipe recipe = {.width = 5, .height = 4, .format = 3, .bits = 32, .nodata = "-9999.1 "};
    recipe.heights = (const double[]){-9999.1, NAN, -3.4e38, INFINITY, -9999, -12.5, 0, 0, 0, 0,
                                      0,       0,   0,       0,        0,     0,     0, 0, 0, 7};
    orr_dem dem;
    bytes file = make_tiff(&recipe);
    decode(&file, "nodata.tif", NULL, &dem);
    assert_int_equal(dem.nodata_count, 4);
    assert_true(isnan(at(&dem, 0, 0)) && at(&dem, 4, 0) == -9999.0f && dem.min_m == -9999.0 &&
                dem.max_m == 7.0);
    orr_dem_free(&dem);
    orr_dem_params params = {.has_nodata = true, .nodata = -9999, .height_scale = 2.0, .spacing_m = 12.5};
    decode(&file, "nodata.tif", &params, &dem);
    assert_true(isnan(at(&dem, 4, 0)) && at(&dem, 0, 1) == -25.0f && dem.max_m == 14.0);
    assert_true(dem.spacing_x_m == 12.5 && dem.spacing_y_m == 12.5 && !dem.spacing_assumed);
    orr_dem_free(&dem);
    /* Out of this world before it is scaled: void all the same. */
    decode(&file, "nodata.tif", &(orr_dem_params){.height_scale = 1e-9}, &dem);
    assert_int_equal(dem.nodata_count, 4);
    orr_dem_free(&dem);
    free(file.data);
    recipe = (tiff_recipe){.width = 2, .height = 2, .format = 2, .bits = 16};
    recipe.heights = (const double[]){-32768, -32767, -32766, 5};
    file = make_tiff(&recipe);
    decode(&file, "undeclared.tif", NULL, &dem);
    assert_true(dem.nodata_count == 2 && dem.min_m == -32766.0);
    orr_dem_free(&dem);
    free(file.data);
    recipe.heights = (const double[]){-32768, -32768, -32768, -32768};
    file = make_tiff(&recipe);
    expect_failure(&file, "void.tif", NULL, ORR_E_BAD_DATA, "all 4 samples are void");
    free(file.data);
}

/* Which row is north, and how far apart the samples lie, in every way a GeoTIFF may say so. */
static void test_tiff_ground(void **state) {
    (void)state;
    tiff_recipe recipe = {.width = 4, .height = 3, .format = 2, .bits = 16, .model = 1, .crs = 26910};
    orr_dem dem;
    recipe.scale_x = 10, recipe.scale_y = 20, recipe.tie_x = 500000, recipe.tie_y = 5000000;
    bytes file = make_tiff(&recipe);
    decode(&file, "utm.tif", NULL, &dem);
    assert_true(dem.spacing_x_m == 10.0 && dem.spacing_y_m == 20.0 && isnan(dem.centre_lat_deg));
    assert_string_equal(dem.crs, "EPSG:26910");
    assert_true(at(&dem, 1, 2) == (float)ramp(&recipe, 1, 2));
    orr_dem_free(&dem);
    free(file.data);

    recipe.linear_unit = 9003, recipe.vertical_unit = 9002;
    file = make_tiff(&recipe);
    decode(&file, "feet.tif", NULL, &dem);
    assert_float_equal(dem.spacing_x_m, 10 * 1200.0 / 3937.0, 1e-12);
    assert_float_equal(at(&dem, 1, 2), ramp(&recipe, 1, 2) * 0.3048, 1e-4);
    orr_dem_free(&dem);
    free(file.data);

    recipe.linear_unit = 9999;
    file = make_tiff(&recipe);
    expect_failure(&file, "unit.tif", NULL, ORR_E_UNSUPPORTED, "EPSG code 9999");
    free(file.data);

    recipe = (tiff_recipe){.width = 4, .height = 3, .format = 2, .bits = 16, .model = 1, .crs = 32767};
    recipe.matrix =
        (const double[16]){-10, 0, 0, 1000, 0, 5, 0, 2000, [15] = 1}; /* rows run north, columns west */
    file = make_tiff(&recipe);
    decode(&file, "matrix.tif", NULL, &dem);
    assert_true(dem.spacing_x_m == 10.0 && dem.spacing_y_m == 5.0);
    assert_string_equal(dem.crs, "user-defined");
    assert_true(at(&dem, 0, 0) == (float)ramp(&recipe, 3, 2) && at(&dem, 3, 2) == (float)ramp(&recipe, 0, 0));
    orr_dem_free(&dem);
    free(file.data);

    recipe.matrix = (const double[16]){10, 3, 0, 1000, 3, -10, 0, 2000, [15] = 1};
    file = make_tiff(&recipe);
    expect_failure(&file, "rotated.tif", NULL, ORR_E_UNSUPPORTED, "rotated");
    free(file.data);

    recipe = (tiff_recipe){.width = 4, .height = 3, .format = 2, .bits = 16, .orientation = 3};
    file = make_tiff(&recipe);
    decode(&file, "turned.tif", NULL, &dem);
    assert_true(at(&dem, 0, 0) == (float)ramp(&recipe, 3, 2));
    orr_dem_free(&dem);
    free(file.data);
}

static void test_tiff_degrees(void **state) {
    (void)state;
    tiff_recipe recipe = {.width = 4, .height = 2, .format = 2, .bits = 16, .model = 2, .crs = 4326};
    recipe.scale_x = recipe.scale_y = 1, recipe.tie_x = 10, recipe.tie_y = 1;
    orr_dem dem;
    bytes file = make_tiff(&recipe);
    decode(&file, "equator.tif", NULL, &dem);
    /* A degree at the equator: 2 pi a / 360, and that times 1 - e^2. */
    assert_float_equal(dem.spacing_x_m, 111319.4907932264, 1e-6);
    assert_float_equal(dem.spacing_y_m, 110574.2758221438, 1e-6);
    assert_true(dem.centre_lat_deg == 0.0 && dem.centre_lon_deg == 12.0);
    orr_dem_free(&dem);
    free(file.data);
    recipe.pixel_is_point = true;
    file = make_tiff(&recipe);
    decode(&file, "point.tif", NULL, &dem);
    assert_true(dem.centre_lat_deg == 0.5 && dem.centre_lon_deg == 11.5);
    orr_dem_free(&dem);
    free(file.data);
    recipe.tie_y = 200;
    file = make_tiff(&recipe);
    expect_failure(&file, "nowhere.tif", NULL, ORR_E_BAD_DATA, "latitude 199.5");
    free(file.data);
}

static void test_tiff_refusals(void **state) {
    (void)state;
    tiff_recipe recipe = {.width = 65536, .height = 2, .format = 1, .bits = 8};
    bytes file = make_tiff(&recipe);
    expect_failure(&file, "wide.tif", NULL, ORR_E_LIMIT, "65536 x 2 samples; at most 16384");
    free(file.data);
    recipe = (tiff_recipe){.width = 40, .height = 1, .format = 1, .bits = 16};
    file = make_tiff(&recipe);
    expect_failure(&file, "flat.tif", NULL, ORR_E_BAD_DATA, "at least 2 x 2");
    free(file.data);
    recipe.height = 40;
    file = make_tiff(&recipe);
    expect_failure(&file, "limit.tif", &(orr_dem_params){.max_side = 39}, ORR_E_LIMIT, "at most 39");
    for (size_t cut = 0; cut < file.size; cut += 7) {
        orr_dem dem;
        bytes part = {malloc(cut + 1), cut};
        memcpy(part.data, file.data, cut);
        assert_int_not_equal(orr_dem_decode(part.data, part.size, "cut.tif", NULL, &dem, NULL), ORR_OK);
        free(part.data);
    }
    free(file.data);
    bytes empty = {(uint8_t *)"", 0}, text = {(uint8_t *)"a text", 6};
    expect_failure(&empty, "empty.tif", NULL, ORR_E_BAD_DATA, "the file is empty");
    expect_failure(&text, "text.tif", NULL, ORR_E_BAD_DATA, "first bytes: 61 20 74 65");
    expect_failure(&text, "bad", &(orr_dem_params){.spacing_m = -1}, ORR_E_OUT_OF_RANGE, "spacing_m");
}

/* --- NumPy ------------------------------------------------------------------------------------------ */

static void test_npy_types(void **state) {
    (void)state;
    static const char *const types[] = {"<f4", ">f4", "<f8", ">f8", "<i2", ">i2", "<u2",
                                        ">u2", "<i4", ">i4", "|u1", "|i1", "<i8", ">u4"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        for (int fortran = 0; fortran < 2; fortran++) {
            bytes file = make_npy(types[i], fortran, 3, 5, 1 + (int)i % 3);
            orr_dem dem;
            decode(&file, "made.npy", NULL, &dem);
            assert_true(dem.width == 5 && dem.height == 3 && dem.spacing_assumed);
            for (uint32_t y = 0; y < 3; y++) {
                for (uint32_t x = 0; x < 5; x++) assert_true(at(&dem, x, y) == (float)(y * 5 + x + 1));
            }
            orr_dem_free(&dem);
            free(file.data);
        }
    }
}

static void test_npy_refusals(void **state) {
    (void)state;
    static const struct {
        const char *header, *words;
        orr_status code;
    } cases[] = {
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2, 2), }", "Python objects never",
         ORR_E_UNSUPPORTED},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2), }", "type '<f2'", ORR_E_UNSUPPORTED},
        {"{'descr': '<\x89\nf', 'fortran_order': False, 'shape': (2, 2), }", "type '<\?\?f'",
         ORR_E_UNSUPPORTED},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2), }", "type '<c8'", ORR_E_UNSUPPORTED},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2), }", "structured",
         ORR_E_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9, 9), }", "ends early", ORR_E_TRUNCATED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967295, 4294967295), }", "ends early",
         ORR_E_TRUNCATED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999, 2), }", "shape", ORR_E_BAD_DATA},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4), }", "4 x 0 samples", ORR_E_BAD_DATA},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", "has 1 dimensions", ORR_E_BAD_DATA},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 1)}", "has 3 dimensions", ORR_E_BAD_DATA},
        {"{'descr': '<f4', 'fortran_order': 1, 'shape': (2, 2), }", "fortran_order", ORR_E_BAD_DATA},
        {"{'descr': '<f4', 'shape': (2, 2), }", "is missing", ORR_E_BAD_DATA},
        {"{'descr': '<f4', 'extra': 1}", "a key other than", ORR_E_BAD_DATA},
        {"{'descr': '<f4'", "no comma", ORR_E_BAD_DATA},
        {"", "no dictionary", ORR_E_BAD_DATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bytes file = make_npy_with(cases[i].header, 16);
        expect_failure(&file, "bad.npy", NULL, cases[i].code, cases[i].words);
        free(file.data);
    }
    bytes file = make_npy("<f4", 0, 3, 5, 1);
    for (size_t cut = 6; cut < file.size; cut++) {
        orr_dem dem;
        bytes part = {malloc(cut), cut};
        memcpy(part.data, file.data, cut);
        assert_int_not_equal(orr_dem_decode(part.data, part.size, "cut.npy", NULL, &dem, NULL), ORR_OK);
        free(part.data);
    }
    file.data[6] = 9;
    expect_failure(&file, "version.npy", NULL, ORR_E_VERSION, "version 9.0");
    free(file.data);
}

/* --- zip -------------------------------------------------------------------------------------------- */

static void test_npz(void **state) {
    (void)state;
    bytes grid = make_npy("<i2", 0, 3, 5, 1), other = make_npy("<f8", 0, 2, 2, 1);
    bytes step = make_scalar(1.0 / 1200.0), top = make_scalar(37.0), bottom = make_scalar(37.0 - 3 / 1200.0);
    bytes left = make_scalar(-84.0);
    for (int deflated = 0; deflated < 2; deflated++) {
        zip_entry entries[] = {{"elevation.npy", grid}, {"other.npy", other}, {"dx.npy", step},
                               {"dy.npy", step},        {"ymin.npy", top},    {"ymax.npy", bottom},
                               {"xmin.npy", left}};
        bytes file = make_zip(entries, 7, deflated);
        orr_dem dem;
        decode(&file, "made.npz", NULL, &dem);
        assert_true(dem.width == 5 && dem.height == 3 && at(&dem, 4, 2) == 15.0f && !dem.spacing_assumed);
        assert_float_equal(dem.centre_lat_deg, 37.0 - 1.5 / 1200.0, 1e-12);
        assert_float_equal(dem.centre_lon_deg, -84.0 + 2.5 / 1200.0, 1e-12);
        assert_string_equal(dem.crs, "EPSG:4326");
        orr_dem_free(&dem);
        decode(&file, "made.npz", &(orr_dem_params){.array = "other", .spacing_m = 3.0}, &dem);
        assert_true(dem.width == 2 && dem.spacing_x_m == 3.0);
        orr_dem_free(&dem);
        expect_failure(&file, "made.npz", &(orr_dem_params){.array = "none"}, ORR_E_NOT_FOUND,
                       "no array 'none'; it has: elevation.npy, other.npy, dx.npy");
        free(file.data);
        file = make_zip(entries + 1, 4, deflated);
        decode(&file, "only.npz", NULL, &dem);
        assert_true(dem.width == 2 && dem.spacing_assumed); /* steps without a place say nothing */
        orr_dem_free(&dem);
        free(file.data);
        zip_entry two[] = {{"a.npy", grid}, {"b.npy", other}};
        file = make_zip(two, 2, deflated);
        expect_failure(&file, "two.npz", NULL, ORR_E_NOT_FOUND, "has 2 two-dimensional arrays");
        free(file.data);
    }
    free(grid.data), free(other.data), free(step.data), free(top.data), free(bottom.data), free(left.data);
}

static void test_zip_damage(void **state) {
    (void)state;
    bytes grid = make_npy("<i2", 0, 30, 50, 1);
    zip_entry entry = {"elevation.npy", grid};
    for (int deflated = 0; deflated < 2; deflated++) {
        bytes file = make_zip(&entry, 1, deflated);
        orr_dem dem;
        for (size_t i = 4; i < file.size; i++) { /* one damaged byte: refused, or harmless */
            file.data[i] ^= 0x55;
            if (!orr_dem_decode(file.data, file.size, "damaged.npz", NULL, &dem, NULL)) {
                assert_true(dem.max_m == 1500.0 && dem.min_m == 1.0);
                orr_dem_free(&dem);
            }
            file.data[i] ^= 0x55;
        }
        for (size_t cut = 4; cut < file.size; cut += 3) {
            assert_int_not_equal(orr_dem_decode(file.data, cut, "cut.npz", NULL, &dem, NULL), ORR_OK);
        }
        free(file.data);
    }
    bytes file = make_zip(&entry, 1, 1);
    uint8_t *central = find_bytes(&file, "PK\1\2", 4);
    memcpy(central + 24, "\xff\xff\xff\x7f", 4); /* 2 GiB out of a few kB */
    expect_failure(&file, "bomb.npz", NULL, ORR_E_BAD_DATA, "claims 2147483647 bytes out of");
    free(file.data);
    file = make_zip(&entry, 0, 1);
    memcpy(file.data, "PK\3\4", 4);
    expect_failure(&file, "nothing.npz", NULL, ORR_E_TRUNCATED, "no end record");
    free(file.data);
    free(grid.data);
}

/* --- HGT, PNG --------------------------------------------------------------------------------------------
 */

static void test_hgt(void **state) {
    (void)state;
    bytes tile = {calloc(1201 * 1201, 2), 1201 * 1201 * 2};
    tile.data[0] = 0x80;                                              /* -32768 */
    tile.data[2] = 0xff, tile.data[3] = 0xf3;                         /* -13 */
    tile.data[tile.size - 2] = 0x04, tile.data[tile.size - 1] = 0x47; /* 1095 */
    orr_dem dem;
    decode(&tile, "some/folder/s13W072.HGT", NULL, &dem);
    assert_true(dem.width == 1201 && dem.height == 1201 && dem.nodata_count == 1 && isnan(at(&dem, 0, 0)));
    assert_true(dem.min_m == -13.0 && dem.max_m == 1095.0 && at(&dem, 1200, 1200) == 1095.0f);
    assert_true(dem.centre_lat_deg == -12.5 && dem.centre_lon_deg == -71.5);
    assert_string_equal(dem.crs, "EPSG:4326");
    orr_dem_free(&dem);
    expect_failure(&tile, "tile.hgt", NULL, ORR_E_BAD_DATA, "must say its corner");
    decode(&tile, "tile.hgt", &(orr_dem_params){.spacing_m = 90}, &dem);
    assert_true(isnan(dem.centre_lat_deg) && dem.spacing_x_m == 90.0 && dem.crs[0] == '\0');
    orr_dem_free(&dem);
    zip_entry entry = {"N36E007.hgt", tile};
    bytes file = make_zip(&entry, 1, 1);
    decode(&file, "any.hgt.zip", NULL, &dem);
    assert_true(dem.centre_lat_deg == 36.5 && dem.centre_lon_deg == 7.5);
    orr_dem_free(&dem);
    expect_failure(&file, "any.zip", NULL, ORR_E_NOT_FOUND, "0 two-dimensional arrays");
    free(file.data);
    tile.size -= 2;
    expect_failure(&tile, "N00E000.hgt", NULL, ORR_E_BAD_DATA, "this one is 2884800");
    free(tile.data);
}

static void test_png(void **state) {
    (void)state;
    bytes file = make_png(6, 4, 16, 1);
    orr_dem dem;
    decode(&file, "made.png", &(orr_dem_params){.height_scale = 0.5, .has_nodata = true, .nodata = 2}, &dem);
    assert_true(dem.width == 6 && dem.height == 4 && dem.spacing_assumed && dem.nodata_count == 1);
    assert_true(at(&dem, 0, 0) == 0.5f && isnan(at(&dem, 1, 0)) && at(&dem, 5, 3) == 12.0f);
    assert_string_equal(dem.source, "PNG uint16");
    orr_dem_free(&dem);
    expect_failure(&file, "big.png", &(orr_dem_params){.max_side = 5}, ORR_E_LIMIT, "6");
    free(file.data);
    file = make_png(6, 4, 8, 1);
    expect_failure(&file, "eight.png", NULL, ORR_E_UNSUPPORTED, "8 bits, only 256 steps");
    free(file.data);
    file = make_png(6, 4, 16, 3);
    expect_failure(&file, "colour.png", NULL, ORR_E_UNSUPPORTED, "3 channel(s)");
    free(file.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_files),    cmocka_unit_test(test_real_files_cut),
        cmocka_unit_test(test_real_picture),  cmocka_unit_test(test_content),
        cmocka_unit_test(test_tiff_types),    cmocka_unit_test(test_tiff_nodata),
        cmocka_unit_test(test_tiff_ground),   cmocka_unit_test(test_tiff_degrees),
        cmocka_unit_test(test_tiff_refusals), cmocka_unit_test(test_npy_types),
        cmocka_unit_test(test_npy_refusals),  cmocka_unit_test(test_npz),
        cmocka_unit_test(test_zip_damage),    cmocka_unit_test(test_hgt),
        cmocka_unit_test(test_png),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
