#include "image_test.h"

#include <float.h>
#include <math.h>

#include "base/hash.h"
#include "image/exr.h"

static bool is_openexr(void) {
    return strcmp(orr_exr_backend(), "openexr") == 0;
}

/* Runs backwards: whoever counts on the order fails. */
static void run_backwards(void *ctx, uint32_t count, void (*fn)(void *, uint32_t), void *arg) {
    ++*(int *)ctx;
    while (count-- > 0) fn(arg, count);
}

#define WIDTH  37u
#define HEIGHT 53u

static struct {
    uint16_t rgba[HEIGHT][WIDTH][4];
    float depth[HEIGHT][WIDTH];
    uint32_t id[HEIGHT][WIDTH];
} picture;

static int fill_picture(void **state) {
    (void)state;
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++) {
            for (uint32_t c = 0; c < 4; c++)
                picture.rgba[y][x][c] = orr_f32_to_f16((float)(x * (c + 1)) / 16.0f - (float)y);
            picture.depth[y][x] = 1000.0f / (1.0f + (float)(x + y * WIDTH));
            picture.id[y][x] = x * 2654435761u + y;
        }
    picture.rgba[0][0][0] = 0x7c00; /* infinity, NaN, denormal, -0 stay what they are */
    picture.rgba[0][0][1] = 0x7e01;
    picture.rgba[0][0][2] = 0x0001;
    picture.rgba[0][0][3] = 0x8000;
    return 0;
}

/* Out of order on purpose. */
static const orr_exr_channel channels[] = {
    {"id.object", ORR_PIXEL_U32, picture.id, 0, 0},     {"R", ORR_PIXEL_F16, &picture.rgba[0][0][0], 8, 0},
    {"G", ORR_PIXEL_F16, &picture.rgba[0][0][1], 8, 0}, {"B", ORR_PIXEL_F16, &picture.rgba[0][0][2], 8, 0},
    {"A", ORR_PIXEL_F16, &picture.rgba[0][0][3], 8, 0}, {"Z", ORR_PIXEL_F32, picture.depth, 4, WIDTH * 4},
};

static const orr_exr_attribute attributes[] = {
    {"comment", ORR_EXR_STRING, "Grüße", {0}},
    {"exposure", ORR_EXR_DOUBLE, NULL, {0.1}},
    {"ev", ORR_EXR_FLOAT, NULL, {12.5}},
    {"frame", ORR_EXR_INT, NULL, {-73}},
    {"lens", ORR_EXR_V2F, NULL, {1.5, -2}},
    {"sun", ORR_EXR_V3F, NULL, {1, 2, 3}},
    {"framesPerSecond", ORR_EXR_RATIONAL, NULL, {24000, 1001}},
    {"chromaticities", ORR_EXR_CHROMATICITIES, NULL, {0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329}},
};

static orr_exr_params picture_params(void) {
    return (orr_exr_params){.width = WIDTH,
                            .height = HEIGHT,
                            .channels = channels,
                            .channel_count = 6,
                            .attributes = attributes,
                            .attribute_count = 8};
}

static const orr_exr_plane *plane(const orr_exr_image *image, const char *name) {
    for (uint32_t i = 0; i < image->plane_count; i++)
        if (strcmp(image->planes[i].name, name) == 0) return &image->planes[i];
    fail_msg("no channel %s", name);
    return NULL;
}

static void assert_same_pixels(const orr_exr_image *image, bool exact_floats) {
    static const char *const names[] = {"R", "G", "B", "A"};
    assert_int_equal(image->plane_count, 6);
    for (uint32_t c = 0; c < 4; c++) {
        const orr_exr_plane *p = plane(image, names[c]);
        assert_int_equal(p->type, ORR_PIXEL_F16);
        for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
            assert_int_equal(((const uint16_t *)p->pixels)[i], picture.rgba[i / WIDTH][i % WIDTH][c]);
    }
    const float *depth = plane(image, "Z")->pixels, *wanted = (const float *)(const void *)picture.depth;
    if (exact_floats)
        assert_memory_equal(depth, picture.depth, sizeof picture.depth);
    else /* pxr24 keeps 15 bits of mantissa */
        for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
            assert_true(fabsf(depth[i] - wanted[i]) <= wanted[i] * 0x1p-15f);
    assert_memory_equal(plane(image, "id.object")->pixels, picture.id, sizeof picture.id);
}

static void test_round_trips(void **state) {
    (void)state;
    int runs = 0;
    const orr_parallel backwards = {run_backwards, &runs};
    for (orr_exr_compression c = ORR_EXR_ZIP; c <= ORR_EXR_PXR24; c++) {
        uint8_t *first = NULL, *second = NULL;
        size_t first_size = 0, second_size = 0;
        orr_exr_image image;
        orr_exr_params params = picture_params();
        params.compression = c;
        if (!orr_exr_can_write(c)) {
            assert_int_equal(orr_exr_encode(&params, &first, &first_size, NULL), ORR_E_UNSUPPORTED);
            continue;
        }
        ASSERT_OK(orr_exr_encode(&params, &first, &first_size, err));
        params.parallel = &backwards;
        ASSERT_OK(orr_exr_encode(&params, &second, &second_size, err));
        assert_int_equal(first_size, second_size);
        assert_memory_equal(first, second, first_size);
        ASSERT_OK(orr_exr_decode(first, first_size, "a.exr", &(orr_exr_read_params){.parallel = &backwards},
                                 &image, err));
        assert_int_equal(image.compression, c);
        assert_false(image.tiled);
        assert_same_pixels(&image, c != ORR_EXR_PXR24);
        orr_exr_free(&image);
        free(first);
        free(second);
    }
    assert_int_equal(runs > 0, is_openexr());
}

static void test_attributes(void **state) {
    (void)state;
    uint8_t *data;
    size_t size;
    orr_exr_image image;
    orr_exr_params params = picture_params();
    ASSERT_OK(orr_exr_encode(&params, &data, &size, err));
    ASSERT_OK(orr_exr_decode(data, size, "a.exr", NULL, &image, err));
    assert_int_equal(image.attribute_count, 8);
    for (uint32_t i = 0; i < 8; i++) {
        const orr_exr_attribute *found = NULL;
        for (uint32_t j = 0; j < 8; j++)
            if (strcmp(image.attributes[j].name, attributes[i].name) == 0) found = &image.attributes[j];
        assert_non_null(found);
        assert_int_equal(found->type, attributes[i].type);
        if (found->type == ORR_EXR_STRING) assert_string_equal(found->text, attributes[i].text);
        for (uint32_t k = 0; k < 8; k++) {
            double value = attributes[i].values[k];
            assert_true(found->values[k] == (found->type == ORR_EXR_DOUBLE ? value : (double)(float)value));
        }
    }
    orr_exr_free(&image);
    free(data);
}

static void test_windows(void **state) {
    (void)state;
    uint8_t *data = NULL;
    size_t size;
    orr_exr_image image;
    orr_exr_params params = picture_params();
    params.x = -5;
    params.y = 7;
    params.display = (orr_exr_window){-10, 0, 100, 60};
    params.pixel_aspect_ratio = 2;
    if (!is_openexr()) {
        assert_int_equal(orr_exr_encode(&params, &data, &size, NULL), ORR_E_UNSUPPORTED);
        return;
    }
    ASSERT_OK(orr_exr_encode(&params, &data, &size, err));
    ASSERT_OK(orr_exr_decode(data, size, "a.exr", NULL, &image, err));
    assert_memory_equal(&image.data, (&(orr_exr_window){-5, 7, WIDTH, HEIGHT}), sizeof image.data);
    assert_memory_equal(&image.display, &params.display, sizeof image.display);
    assert_true(image.pixel_aspect_ratio == 2);
    assert_same_pixels(&image, true);
    orr_exr_free(&image);
    free(data);
}

static void test_wanted_channels(void **state) {
    (void)state;
    static const char *const wanted[] = {"Z", "R", "nothing", NULL};
    uint8_t *data;
    size_t size;
    orr_exr_image image;
    orr_exr_params params = picture_params();
    ASSERT_OK(orr_exr_encode(&params, &data, &size, err));
    ASSERT_OK(orr_exr_decode(data, size, "a.exr", &(orr_exr_read_params){.channels = wanted}, &image, err));
    assert_int_equal(image.plane_count, 6);
    assert_null(plane(&image, "G")->pixels);
    assert_null(plane(&image, "id.object")->pixels);
    assert_memory_equal(plane(&image, "Z")->pixels, picture.depth, sizeof picture.depth);
    orr_exr_free(&image);
    free(data);
}

static void test_refused_params(void **state) {
    (void)state;
    float pixel = 1;
    orr_exr_channel two[] = {{"R", ORR_PIXEL_F32, &pixel, 0, 0}, {"R", ORR_PIXEL_F32, &pixel, 0, 0}};
    orr_exr_attribute given[] = {{"owner", ORR_EXR_INT, NULL, {1}}, {"owner", ORR_EXR_INT, NULL, {1}}};
    const orr_exr_params good = {.width = 1, .height = 1, .channels = two, .channel_count = 1};
    uint8_t *data = NULL;
    size_t size = 0;
    ASSERT_OK(orr_exr_encode(&good, &data, &size, err));
    free(data);
#define REFUSED(status, change)                                                                              \
    do {                                                                                                     \
        orr_error refused_err = {0};                                                                         \
        orr_exr_params bad = good;                                                                           \
        change;                                                                                              \
        assert_int_equal(orr_exr_encode(&bad, &data, &size, &refused_err), status);                          \
        assert_true(refused_err.message[0] != 0);                                                            \
    } while (0)
    REFUSED(ORR_E_BAD_DATA, bad.width = 0);
    REFUSED(ORR_E_BAD_DATA, bad.height = 0);
    REFUSED(ORR_E_LIMIT, bad.width = 1u << 30);
    REFUSED(ORR_E_ARGUMENT, bad.channel_count = 0);
    REFUSED(ORR_E_ARGUMENT, bad.channel_count = 2);
    REFUSED(ORR_E_OUT_OF_RANGE, bad.x = INT32_MAX);
    REFUSED(ORR_E_OUT_OF_RANGE, bad.zip_level = 10);
    REFUSED(ORR_E_OUT_OF_RANGE, bad.pixel_aspect_ratio = NAN);
    REFUSED(ORR_E_UNSUPPORTED, bad.compression = ORR_EXR_B44);
    REFUSED(ORR_E_ARGUMENT, (bad.attributes = given, bad.attribute_count = 2));
    given[0].name = "compression";
    REFUSED(ORR_E_ARGUMENT, (bad.attributes = given, bad.attribute_count = 1));
    given[0] = (orr_exr_attribute){"n", ORR_EXR_INT, NULL, {0.5}};
    REFUSED(ORR_E_OUT_OF_RANGE, (bad.attributes = given, bad.attribute_count = 1));
    two[0].type = ORR_PIXEL_U8;
    REFUSED(ORR_E_ARGUMENT, (void)0);
    two[0] = (orr_exr_channel){"", ORR_PIXEL_F32, &pixel, 0, 0};
    REFUSED(ORR_E_ARGUMENT, (void)0);
    two[0] = (orr_exr_channel){"R", ORR_PIXEL_F32, &pixel, 3, 0};
    REFUSED(ORR_E_ARGUMENT, (void)0);
}

/* Cut at every length, and one byte changed at every place: an error or an image, never a crash. */
static void test_damage(void **state) {
    (void)state;
    uint16_t pixels[40] = {0};
    for (uint16_t i = 0; i < 40; i++) pixels[i] = (uint16_t)(i * 91);
    const orr_exr_channel pair[] = {{"G", ORR_PIXEL_F16, pixels, 0, 0}, {"R", ORR_PIXEL_F16, pixels, 0, 0}};
    static const orr_exr_compression kinds[] = {ORR_EXR_ZIP, ORR_EXR_PIZ, ORR_EXR_NONE};
    for (size_t k = 0; k < 3; k++) {
        uint8_t *data;
        size_t size;
        orr_exr_params params = {
            .width = 10, .height = 4, .channels = pair, .channel_count = 2, .compression = kinds[k]};
        ASSERT_OK(orr_exr_encode(&params, &data, &size, err));
        for (size_t cut = 0; cut < size; cut++) {
            orr_exr_image image;
            orr_error err = {0};
            uint8_t *copy = tight_copy(data, cut);
            assert_int_equal(orr_exr_decode(copy, cut, "cut.exr", NULL, &image, &err), ORR_E_TRUNCATED);
            assert_true(err.message[0] != 0);
            free(copy);
        }
        for (size_t at = 0; at < size; at++) {
            orr_exr_image image;
            orr_error err = {0};
            uint8_t *copy = tight_copy(data, size);
            copy[at] ^= (uint8_t)(at * 37 | 1);
            if (orr_exr_decode(copy, size, "bad.exr", NULL, &image, &err) == ORR_OK)
                orr_exr_free(&image);
            else
                assert_true(err.message[0] != 0);
            free(copy);
        }
        free(data);
    }
}

static void test_limits(void **state) {
    (void)state;
    uint8_t *data;
    size_t size;
    orr_exr_image image;
    orr_exr_params params = picture_params();
    ASSERT_OK(orr_exr_encode(&params, &data, &size, err));
    orr_image_limits limits = {.max_side = HEIGHT - 1};
    orr_exr_read_params read = {.limits = &limits};
    assert_int_equal(orr_exr_decode(data, size, "a.exr", &read, &image, NULL), ORR_E_LIMIT);
    limits = (orr_image_limits){.max_side = HEIGHT, .max_bytes = WIDTH * HEIGHT * 16 - 1};
    assert_int_equal(orr_exr_decode(data, size, "a.exr", &read, &image, NULL), ORR_E_LIMIT);
    limits.max_bytes++;
    ASSERT_OK(orr_exr_decode(data, size, "a.exr", &read, &image, err));
    orr_exr_free(&image);
    /* A window of 65 536 pixels, claimed by a small file. */
    uint8_t *window = NULL;
    for (size_t i = 0; i + 11 < size && window == NULL; i++)
        if (memcmp(data + i, "dataWindow", 11) == 0) window = data + i + 11 + 6 + 4;
    assert_non_null(window);
    memcpy(window + 8, "\xff\xff\0\0", 4);
    assert_int_equal(orr_exr_decode(data, size, "a.exr", NULL, &image, NULL), ORR_E_LIMIT);
    memcpy(window + 8, "\xff\xff\xff\xff", 4); /* one left of the origin: empty */
    assert_int_equal(orr_exr_decode(data, size, "a.exr", NULL, &image, NULL), ORR_E_BAD_DATA);
    memcpy(window + 8, "\xff\xff\xff\x7f", 4);
    assert_int_equal(orr_exr_decode(data, size, "a.exr", NULL, &image, NULL), ORR_E_BAD_DATA);
    free(data);
}

static void test_colour(void **state) {
    (void)state;
    uint8_t *data;
    size_t size;
    orr_image image;
    orr_exr_params params = picture_params();
    ASSERT_OK(orr_exr_encode(&params, &data, &size, err));
    ASSERT_OK(orr_image_decode(data, size, "a.exr", 0, NULL, &image, err));
    assert_int_equal(image.channels, 4);
    assert_int_equal(image.type, ORR_PIXEL_F16);
    assert_false(image.srgb);
    assert_memory_equal(image.pixels, picture.rgba, sizeof picture.rgba);
    orr_image_free(&image);
    free(data);
    params.channels = &channels[5];
    params.channel_count = 1;
    ASSERT_OK(orr_exr_encode(&params, &data, &size, err));
    orr_error err = {0};
    assert_int_equal(orr_image_decode(data, size, "a.exr", 0, NULL, &image, &err), ORR_E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "'Z'"));
    free(data);
}

/* --- real files ------------------------------------------------------------------------------------------
 */

typedef struct real_file {
    const char *name;
    uint32_t width, height, planes;
    orr_exr_compression compression;
    orr_status status;      /* with OpenEXRCore */
    orr_status tiny_status; /* with tinyexr */
    uint64_t hash;          /* of all planes; the pixels were compared with what oiiotool makes of the file */
} real_file;

static uint64_t hash_planes(const orr_exr_image *image) {
    uint64_t hash = 0;
    for (uint32_t i = 0; i < image->plane_count; i++) {
        size_t bytes =
            (size_t)image->data.width * image->data.height * orr_pixel_bytes(image->planes[i].type);
        hash = orr_hash64(image->planes[i].pixels, bytes, hash);
    }
    return hash;
}

static const real_file real_files[] = {
    {"openexr-images/Beachball/multipart.0001.exr", 0, 0, 0, ORR_EXR_ZIPS, ORR_OK, ORR_E_UNSUPPORTED,
     0xc75e7b215f10f038},
    {"openexr-images/Chromaticities/Rec709_YC.exr", 0, 0, 0, 0, ORR_E_UNSUPPORTED, ORR_E_UNSUPPORTED, 0},
    {"openexr-images/DisplayWindow/t01.exr", 400, 300, 0, ORR_EXR_PIZ, ORR_OK, ORR_OK, 0x0391dfbec74e20e3},
    {"openexr-images/DisplayWindow/t15.exr", 0, 0, 0, ORR_EXR_PIZ, ORR_OK, ORR_OK, 0x0391dfbec74e20e3},
    {"openexr-images/LuminanceChroma/Garden.exr", 0, 0, 1, ORR_EXR_PIZ, ORR_OK, ORR_OK, 0xc40d36008dca6dd8},
    {"openexr-images/MultiResolution/OrientationLatLong.exr", 0, 0, 0, ORR_EXR_ZIP, ORR_OK, ORR_E_UNSUPPORTED,
     0x0e317098d8e8edea},
    {"openexr-images/ScanLines/CandleGlass.exr", 0, 0, 4, ORR_EXR_PIZ, ORR_OK, ORR_OK, 0x8c9750f20e540799},
    {"openexr-images/TestImages/AllHalfValues.exr", 256, 256, 3, ORR_EXR_PIZ, ORR_OK, ORR_OK,
     0x822efb5592497b99},
    {"openexr-images/TestImages/GrayRampsHorizontal.exr", 0, 0, 1, ORR_EXR_PXR24, ORR_OK, ORR_E_UNSUPPORTED,
     0xafdbd4ae3aeeedec},
    {"openexr-images/TestImages/WideFloatRange.exr", 0, 0, 1, ORR_EXR_PXR24, ORR_OK, ORR_E_UNSUPPORTED,
     0xc281ef75f59f6920},
    {"openexr-images/v2/LowResLeftView/Trunks.exr", 0, 0, 0, 0, ORR_E_UNSUPPORTED, ORR_E_UNSUPPORTED, 0},
    {"openexr/comp_b44.exr", 0, 0, 0, 0, ORR_E_UNSUPPORTED, ORR_E_UNSUPPORTED, 0},
    {"openexr/comp_dwab_v2.exr", 0, 0, 0, 0, ORR_E_UNSUPPORTED, ORR_E_UNSUPPORTED, 0},
    {"openexr/comp_piz.exr", 587, 675, 4, ORR_EXR_PIZ, ORR_OK, ORR_OK, 0xcd36f5ee3756d322},
    {"openexr/comp_zip.exr", 587, 675, 4, ORR_EXR_ZIP, ORR_OK, ORR_OK, 0xcd36f5ee3756d322},
    {"openexr/lineOrder_decreasing.exr", 237, 119, 0, ORR_EXR_PIZ, ORR_OK, ORR_OK, 0xc31d7a07029a85dd},
    {"openexr/manifest_id.exr", 100, 100, 0, ORR_EXR_ZIP, ORR_OK, ORR_OK, 0x1cb306a35b8cf855},
    {"openexr/v1.7.test.tiled.exr", 217, 197, 0, ORR_EXR_NONE, ORR_OK, ORR_OK, 0xa58fe8568fabcd55},
    {"tinyexr/piz-bug-issue-100.exr", 0, 0, 0, ORR_EXR_PIZ, ORR_OK, ORR_OK, 0x9f0e144a81e001ea},
};

static void test_real_files(void **state) {
    (void)state;
    const char *folder = test_data();
    for (size_t i = 0; i < sizeof real_files / sizeof real_files[0]; i++) {
        const real_file *f = &real_files[i];
        char name[256];
        size_t size;
        orr_exr_image image;
        orr_error err = {0};
        snprintf(name, sizeof name, "exr/%s", f->name);
        uint8_t *data = load_file(folder, name, &size);
        orr_status status = orr_exr_decode(data, size, f->name, NULL, &image, &err);
        if (getenv("ORRERY_TEST_VERBOSE") != NULL) {
            print_message("%s: %s\n", f->name, status == ORR_OK ? "read" : err.message);
            if (status == ORR_OK)
                print_message("   %ux%u %u %s\n", image.data.width, image.data.height, image.plane_count,
                              orr_exr_compression_name(image.compression));
        }
        free(data);
        if (status != (is_openexr() ? f->status : f->tiny_status))
            fail_msg("%s: %d %s", f->name, status, err.message);
        if (status != ORR_OK) continue;
        if (f->width != 0) assert_int_equal(image.data.width, f->width);
        if (f->height != 0) assert_int_equal(image.data.height, f->height);
        assert_int_equal(image.compression, f->compression);
        if (f->planes != 0) assert_int_equal(image.plane_count, f->planes);
        if (hash_planes(&image) != f->hash)
            fail_msg("%s: other pixels: hash 0x%016llx", f->name, (unsigned long long)hash_planes(&image));
        orr_exr_free(&image);
    }
}

/* AllHalfValues holds each of the 65 536 halves, in order, in each channel. */
static void test_all_halves(void **state) {
    (void)state;
    size_t size;
    orr_exr_image image;
    uint8_t *data = load_file(test_data(), "exr/openexr-images/TestImages/AllHalfValues.exr", &size);
    ASSERT_OK(orr_exr_decode(data, size, "all.exr", NULL, &image, err));
    for (uint32_t c = 0; c < 3; c++) {
        uint8_t *seen = calloc(65536, 1);
        for (uint32_t i = 0; i < 65536; i++) seen[((const uint16_t *)image.planes[c].pixels)[i]] = 1;
        for (uint32_t i = 0; i < 65536; i++) assert_int_equal(seen[i], 1);
        free(seen);
    }
    orr_exr_free(&image);
    free(data);
}

static void decode_folder(const char *folder) {
    char **names, path[1024];
    size_t count;
    ASSERT_OK(orr_folder_list(folder, &names, &count, err));
    for (size_t i = 0; i < count; i++) {
        size_t size;
        orr_exr_image image;
        orr_image colour;
        orr_error err = {0};
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (orr_folder_exists(path)) {
            decode_folder(path);
            continue;
        }
        uint8_t *read = load_file(folder, names[i], &size), *data = tight_copy(read, size);
        free(read);
        orr_status status = orr_exr_decode(data, size, names[i], NULL, &image, &err);
        assert_true((status != ORR_OK) == (err.message[0] != 0));
        if (getenv("ORRERY_TEST_VERBOSE") != NULL)
            print_message("%-40.40s %s\n", names[i], status == ORR_OK ? "OK" : err.message);
        if (status == ORR_OK) orr_exr_free(&image);
        if (orr_image_decode(data, size, names[i], 4, NULL, &colour, &err) == ORR_OK) orr_image_free(&colour);
        free(data);
    }
    orr_names_free(&names, count);
}

static void test_damaged_files(void **state) {
    (void)state;
    char folder[1024];
    snprintf(folder, sizeof folder, "%s/damaged", test_data());
    decode_folder(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),    cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_windows),        cmocka_unit_test(test_wanted_channels),
        cmocka_unit_test(test_refused_params), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_limits),         cmocka_unit_test(test_colour),
        cmocka_unit_test(test_real_files),     cmocka_unit_test(test_all_halves),
        cmocka_unit_test(test_damaged_files),
    };
    return cmocka_run_group_tests(tests, fill_picture, NULL);
}
