/* The asset cache: found once, read as jobs, damaged and escaping files refused, textures apart from
 * structure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "resource/assets.h"

typedef struct fixture {
    char folder[256];
    orr_jobs *jobs;
    orr_assets *assets;
} fixture;

static void at(const fixture *f, const char *name, char path[512]) {
    assert_true(orr_format(path, 512, "%s/%s", f->folder, name));
}

static void put(const fixture *f, const char *name, const void *data, size_t size) {
    char path[512], folder[512];
    orr_error err = {0};
    at(f, name, path);
    orr_path_folder(folder, sizeof folder, path);
    if (orr_folder_create(folder, &err) || orr_file_write(path, data, size, &err))
        fail_msg("%s", err.message);
}

/* A triangle whose buffer and one texture are files of these names. */
static void put_model(const fixture *f, const char *name, const char *buffer, const char *image) {
    orr_text text = {0};
    orr_text_printf(
        &text,
        "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],\"nodes\":[{\"mesh\":0}],"
        "\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0},\"material\":0}]}],"
        "\"materials\":[{\"pbrMetallicRoughness\":{\"baseColorTexture\":{\"index\":0}}}],"
        "\"textures\":[{\"source\":0}],\"images\":[{\"uri\":\"%s\"}],"
        "\"accessors\":[{\"bufferView\":0,\"componentType\":5126,\"count\":3,\"type\":\"VEC3\","
        "\"min\":[0,0,0],\"max\":[1,1,0]}],\"bufferViews\":[{\"buffer\":0,\"byteLength\":36}],"
        "\"buffers\":[{\"byteLength\":36,\"uri\":\"%s\"}]}",
        image, buffer);
    put(f, name, text.data, text.length);
    orr_text_free(&text);
}

static const float k_triangle[9] = {0, 0, 0, 1, 0, 0, 0, 1, 0};

static void put_png(const fixture *f, const char *name, orr_pixel_type type) {
    orr_image image;
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(orr_image_create(2, 2, 3, type, &image, NULL), ORR_OK);
    if (type == ORR_PIXEL_U16) ((uint16_t *)image.pixels)[0] = 0x8080; /* 128 of 255, exactly */
    if (type == ORR_PIXEL_U8) ((uint8_t *)image.pixels)[0] = 128;
    assert_int_equal(orr_png_encode(&image, NULL, &data, &size, NULL), ORR_OK);
    put(f, name, data, size);
    free(data);
    orr_image_free(&image);
}

static int set_up_with(void **state, unsigned threads) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    char pattern[] = "/tmp/orrery-assets-XXXXXX";
    assert_non_null(mkdtemp(pattern));
    snprintf(f->folder, sizeof f->folder, "%s", pattern);
    const orr_jobs_params jobs = {.threads = threads};
    assert_int_equal(orr_jobs_create(&jobs, &f->jobs, NULL), ORR_OK);
    const orr_assets_params params = {.jobs = f->jobs, .max_file_bytes = 1 << 20};
    assert_int_equal(orr_assets_create(&params, &f->assets, NULL), ORR_OK);
    assert_int_equal(orr_assets_add_folder(f->assets, f->folder, NULL), ORR_OK);
    put(f, "good/triangle.bin", k_triangle, sizeof k_triangle);
    put_png(f, "good/paint.png", ORR_PIXEL_U8);
    put_png(f, "good/deep.png", ORR_PIXEL_U16);
    put_model(f, "good/model.gltf", "triangle.bin", "paint.png");
    *state = f;
    return 0;
}
static int set_up(void **state) {
    return set_up_with(state, 2);
}
static int set_up_alone(void **state) {
    return set_up_with(state, 1);
}

static int tear_down(void **state) {
    fixture *f = *state;
    orr_assets_destroy(&f->assets);
    orr_jobs_destroy(&f->jobs);
    const char *argv[] = {"rm", "-rf", f->folder, NULL};
    int code = 0;
    assert_int_equal(orr_process_run(argv, &code, NULL), ORR_OK);
    free(f);
    return 0;
}

static orr_asset load(fixture *f, orr_asset_kind kind, const char *path) {
    orr_asset asset;
    orr_error err = {0};
    if (orr_assets_load(f->assets, kind, path, NULL, &asset, &err)) fail_msg("%s", err.message);
    return asset;
}

static void wait_fails(fixture *f, const char *path, orr_status code, const char *part) {
    orr_asset asset = load(f, ORR_ASSET_MODEL, path);
    for (int again = 0; again < 2; again++) { /* the failure is remembered */
        orr_error err = {0};
        assert_int_equal(orr_assets_wait(f->assets, asset, &err), code);
        if (!strstr(err.message, part)) fail_msg("'%s' lacks '%s'", err.message, part);
    }
    assert_null(orr_assets_model(f->assets, asset));
}

static void test_model(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_asset asset = load(f, ORR_ASSET_MODEL, "good/model.gltf");
    if (orr_assets_wait(f->assets, asset, &err)) fail_msg("%s", err.message);
    const orr_model *model = orr_assets_model(f->assets, asset);
    assert_non_null(model);
    assert_int_equal(model->triangle_count, 1);
    assert_null(orr_assets_dem(f->assets, asset));
    assert_null(orr_assets_image(f->assets, asset));
    if (orr_assets_wait_all(f->assets, &err)) fail_msg("%s", err.message);
    const orr_image *image = orr_assets_model_image(f->assets, asset, 0);
    assert_non_null(image);
    assert_true(image->channels == 4 && image->type == ORR_PIXEL_U8 && image->srgb);
    assert_int_equal(((uint8_t *)image->pixels)[0], 128);
    assert_null(orr_assets_model_image(f->assets, asset, 1));
    orr_assets_drop_pixels(f->assets, asset);
    assert_null(orr_assets_model_image(f->assets, asset, 0));
    assert_non_null(strstr(orr_assets_path(f->assets, asset), "good/model.gltf"));
}

static void test_deep_texture(void **state) {
    fixture *f = *state;
    put_model(f, "good/deep.gltf", "triangle.bin", "deep.png");
    orr_asset asset = load(f, ORR_ASSET_MODEL, "good/deep.gltf");
    assert_int_equal(orr_assets_wait_all(f->assets, NULL), ORR_OK);
    const orr_image *image = orr_assets_model_image(f->assets, asset, 0);
    assert_non_null(image);
    assert_int_equal(image->type, ORR_PIXEL_U8);
    assert_int_equal(((uint8_t *)image->pixels)[0], 128);
}

static void test_once(void **state) {
    fixture *f = *state;
    char absolute[512];
    at(f, "good/../good/model.gltf", absolute);
    orr_asset a = load(f, ORR_ASSET_MODEL, "good/model.gltf"), b = load(f, ORR_ASSET_MODEL, absolute);
    assert_int_equal(a.id, b.id);
    orr_asset image = load(f, ORR_ASSET_IMAGE, "good/paint.png"), dem, other;
    assert_int_not_equal(image.id, a.id);
    const orr_dem_params far = {.spacing_m = 90}, near = {.spacing_m = 30};
    assert_int_equal(orr_assets_load(f->assets, ORR_ASSET_DEM, "good/deep.png", &far, &dem, NULL), ORR_OK);
    assert_int_equal(orr_assets_load(f->assets, ORR_ASSET_DEM, "good/deep.png", &near, &other, NULL), ORR_OK);
    assert_int_not_equal(dem.id, other.id);
    assert_int_equal(orr_assets_load(f->assets, ORR_ASSET_DEM, "good/deep.png", &far, &other, NULL), ORR_OK);
    assert_int_equal(dem.id, other.id);
    assert_int_equal(orr_assets_count(f->assets), 4);
    assert_int_equal(orr_assets_wait(f->assets, image, NULL), ORR_OK);
    assert_int_equal(orr_assets_image(f->assets, image)->channels,
                     4); /* a picture is RGBA, as those of models */
    orr_assets_drop_pixels(f->assets, image);
    assert_null(orr_assets_image(f->assets, image));
    assert_int_equal(orr_assets_restore_pixels(f->assets, image, NULL), ORR_OK);
    assert_int_equal(((const uint8_t *)orr_assets_image(f->assets, image)->pixels)[0], 128);
    orr_assets_drop_pixels(f->assets, image);
    put_png(f, "good/paint.png", ORR_PIXEL_U16); /* another file by now */
    assert_int_equal(orr_assets_restore_pixels(f->assets, image, NULL), ORR_E_STALE);
}

/* What the file refers to is part of its digest; where it lies is not. */
static void test_digest(void **state) {
    fixture *f = *state;
    float moved[9] = {0, 0, 0, 2, 0, 0, 0, 1, 0};
    put(f, "same/triangle.bin", k_triangle, sizeof k_triangle);
    put(f, "moved/triangle.bin", moved, sizeof moved);
    put_png(f, "same/paint.png", ORR_PIXEL_U8);
    put_png(f, "moved/paint.png", ORR_PIXEL_U8);
    put_model(f, "same/model.gltf", "triangle.bin", "paint.png");
    put_model(f, "moved/model.gltf", "triangle.bin", "paint.png");
    orr_digest digest[3];
    static const char *const k_paths[3] = {"good/model.gltf", "same/model.gltf", "moved/model.gltf"};
    for (int i = 0; i < 3; i++) {
        orr_asset asset = load(f, ORR_ASSET_MODEL, k_paths[i]);
        assert_int_equal(orr_assets_wait(f->assets, asset, NULL), ORR_OK);
        digest[i] = orr_assets_digest(f->assets, asset);
    }
    assert_true(orr_digest_equal(&digest[0], &digest[1]));
    assert_false(orr_digest_equal(&digest[0], &digest[2]));
}

static void test_missing(void **state) {
    fixture *f = *state;
    orr_asset asset = {9};
    orr_error err = {0};
    assert_int_equal(orr_assets_load(f->assets, ORR_ASSET_MODEL, "no/such.glb", NULL, &asset, &err),
                     ORR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "no/such.glb"));
    assert_non_null(strstr(err.message, f->folder));
    assert_int_equal(asset.id, 0);
    assert_int_equal(orr_assets_load(f->assets, ORR_ASSET_MODEL, "", NULL, &asset, &err), ORR_E_ARGUMENT);
    assert_int_equal(orr_assets_load(f->assets, ORR_ASSET_MODEL, "/nowhere/at/all.glb", NULL, &asset, &err),
                     ORR_E_NOT_FOUND);
    assert_int_equal(orr_assets_wait(f->assets, (orr_asset){77}, &err), ORR_E_STALE);
    put_model(f, "good/lost.gltf", "gone.bin", "paint.png");
    wait_fails(f, "good/lost.gltf", ORR_E_NOT_FOUND, "gone.bin");
}

static void test_damaged(void **state) {
    fixture *f = *state;
    put(f, "empty.glb", "", 0);
    put(f, "noise.glb", "glTF\2\0\0\0\377\377\377\177 and then nothing", 30);
    orr_asset first = load(f, ORR_ASSET_MODEL, "empty.glb");
    orr_error err = {0}, all = {0};
    assert_int_not_equal(orr_assets_wait(f->assets, first, &err), ORR_OK);
    assert_true(err.message[0] != '\0');
    orr_asset second = load(f, ORR_ASSET_MODEL, "noise.glb");
    assert_int_not_equal(orr_assets_wait(f->assets, second, NULL), ORR_OK);
    assert_int_not_equal(orr_assets_wait_all(f->assets, &all), ORR_OK);
    assert_string_equal(all.message, err.message); /* the first by id wins */
    char *large = calloc(1, (1 << 20) + 1);
    put(f, "large.glb", large, (1 << 20) + 1);
    free(large);
    wait_fails(f, "large.glb", ORR_E_LIMIT, "large.glb");
}

/* A damaged texture does not hold up the structure, and is found by the ready contract. */
static void test_damaged_texture(void **state) {
    fixture *f = *state;
    put(f, "good/half.png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
    put_model(f, "good/half.gltf", "triangle.bin", "half.png");
    orr_asset asset = load(f, ORR_ASSET_MODEL, "good/half.gltf");
    orr_error err = {0};
    if (orr_assets_wait(f->assets, asset, &err)) fail_msg("%s", err.message);
    assert_int_not_equal(orr_assets_wait_all(f->assets, &err), ORR_OK);
    assert_non_null(strstr(err.message, "half.gltf"));
    assert_null(orr_assets_model_image(f->assets, asset, 0));
}

static void test_escape(void **state) {
    fixture *f = *state;
    char target[512], link[512];
    put(f, "secret.bin", k_triangle, sizeof k_triangle);
    put_model(f, "good/up.gltf", "../secret.bin", "paint.png");
    wait_fails(f, "good/up.gltf", ORR_E_ESCAPE, "outside");
    put_model(f, "good/hidden.gltf", "%2e%2e/secret.bin", "paint.png");
    wait_fails(f, "good/hidden.gltf", ORR_E_ESCAPE, "outside");
    at(f, "secret.bin", target);
    at(f, "good/link.bin", link);
    assert_int_equal(symlink(target, link), 0);
    put_model(f, "good/link.gltf", "link.bin", "paint.png");
    wait_fails(f, "good/link.gltf", ORR_E_ESCAPE, "outside");
    put_model(f, "good/inside.gltf", "./triangle.bin", "paint.png");
    assert_int_equal(orr_assets_wait(f->assets, load(f, ORR_ASSET_MODEL, "good/inside.gltf"), NULL), ORR_OK);
}

static void test_mounted(void **state) {
    fixture *f = *state;
    char bundle[512];
    orr_vfs *vfs = NULL;
    orr_assets *assets = NULL;
    orr_asset asset;
    orr_error err = {0};
    at(f, "good", bundle);
    assert_int_equal(orr_vfs_create(&vfs, NULL), ORR_OK);
    if (orr_vfs_mount(vfs, bundle, "pack", ORR_VFS_LAST, &err)) fail_msg("%s", err.message);
    const orr_assets_params params = {.jobs = f->jobs, .vfs = vfs};
    assert_int_equal(orr_assets_create(&params, &assets, NULL), ORR_OK);
    if (orr_assets_load(assets, ORR_ASSET_MODEL, "pack/model.gltf", NULL, &asset, &err))
        fail_msg("%s", err.message);
    if (orr_assets_wait_all(assets, &err)) fail_msg("%s", err.message);
    assert_non_null(orr_assets_model_image(assets, asset, 0));
    orr_assets_destroy(&assets);
    orr_vfs_destroy(&vfs);
}

/* The list of what was read: the model and what it refers to, each with the folder it was found from. */
static void test_reads(void **state) {
    fixture *f = *state;
    orr_reads *reads = NULL;
    orr_assets *assets = NULL;
    orr_asset asset;
    const orr_read *list = NULL;
    uint32_t count = 0;
    char folder[512], good[512];
    assert_int_equal(orr_reads_create(&reads, NULL), ORR_OK);
    const orr_assets_params params = {.jobs = f->jobs, .reads = reads};
    assert_int_equal(orr_assets_create(&params, &assets, NULL), ORR_OK);
    assert_int_equal(orr_assets_add_folder(assets, f->folder, NULL), ORR_OK);
    assert_int_equal(orr_assets_load(assets, ORR_ASSET_MODEL, "good/model.gltf", NULL, &asset, NULL), ORR_OK);
    assert_int_equal(orr_assets_wait_all(assets, NULL), ORR_OK);
    assert_int_equal(orr_reads_list(reads, &list, &count, NULL), ORR_OK);
    assert_int_equal(count, 3);
    assert_true(orr_path_real(f->folder, folder, sizeof folder));
    assert_true(orr_format(good, sizeof good, "%s/good", folder));
    assert_string_equal(list[0].asked, "good/model.gltf");
    assert_string_equal(list[0].under, folder);
    assert_string_equal(list[1].asked, "paint.png");
    assert_string_equal(list[1].under, good);
    assert_string_equal(list[2].asked, "triangle.bin");
    assert_int_equal(list[2].size_bytes, sizeof k_triangle);
    assert_int_equal(list[2].kind, ORR_READ_ASSET);
    orr_assets_destroy(&assets);
    orr_reads_destroy(&reads);
}

/* Confined to a bundle: its folders in their order, and nothing of the host. */
static void test_confined(void **state) {
    fixture *f = *state;
    char path[512];
    orr_vfs *vfs = NULL;
    orr_assets *assets = NULL;
    orr_asset asset;
    orr_error err = {0};
    put(f, "pack/content/good.bin", "x", 1);
    assert_int_equal(orr_vfs_create(&vfs, NULL), ORR_OK);
    if (orr_vfs_mount(vfs, f->folder, NULL, ORR_VFS_LAST, &err)) fail_msg("%s", err.message);
    const orr_assets_params params = {.jobs = f->jobs, .vfs = vfs};
    assert_int_equal(orr_assets_create(&params, &assets, NULL), ORR_OK);
    assert_int_equal(orr_assets_add_folder(assets, f->folder, NULL), ORR_OK);
    assert_int_equal(orr_assets_confine(assets, "good", NULL), ORR_OK);
    if (orr_assets_load(assets, ORR_ASSET_MODEL, "model.gltf", NULL, &asset, &err))
        fail_msg("%s", err.message);
    if (orr_assets_wait_all(assets, &err)) fail_msg("%s", err.message);
    assert_string_equal(orr_assets_path(assets, asset), "good/model.gltf");
    assert_int_equal(orr_assets_load(assets, ORR_ASSET_MODEL, "good/model.gltf", NULL, &asset, NULL), ORR_OK);
    at(f, "good/model.gltf", path);
    assert_int_equal(orr_assets_load(assets, ORR_ASSET_MODEL, path, NULL, &asset, &err), ORR_E_ESCAPE);
    assert_non_null(strstr(err.message, "in the bundle"));
    assert_int_equal(orr_assets_load(assets, ORR_ASSET_MODEL, "../good/model.gltf", NULL, &asset, &err),
                     ORR_E_ESCAPE);
    assert_int_equal(orr_assets_load(assets, ORR_ASSET_MODEL, "none.gltf", NULL, &asset, &err),
                     ORR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "in the bundle; looked in 'good', 'content', '/'"));
    orr_assets_destroy(&assets);
    orr_vfs_destroy(&vfs);
}

/* The structure and its digest are the same, and no picture is there. */
static void test_leave_pixels(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_digest whole, bare;
    orr_asset model = load(f, ORR_ASSET_MODEL, "good/model.gltf");
    assert_int_equal(orr_assets_wait_all(f->assets, &err), ORR_OK);
    whole = orr_assets_digest(f->assets, model);
    orr_assets_destroy(&f->assets);
    assert_int_equal(orr_assets_create(&(orr_assets_params){.jobs = f->jobs}, &f->assets, NULL), ORR_OK);
    assert_int_equal(orr_assets_add_folder(f->assets, f->folder, NULL), ORR_OK);
    orr_assets_leave_pixels(f->assets);
    model = load(f, ORR_ASSET_MODEL, "good/model.gltf");
    orr_asset image = load(f, ORR_ASSET_IMAGE, "good/paint.png");
    if (orr_assets_wait_all(f->assets, &err)) fail_msg("%s", err.message);
    bare = orr_assets_digest(f->assets, model);
    assert_true(orr_digest_equal(&whole, &bare));
    assert_int_equal(orr_assets_model(f->assets, model)->triangle_count, 1);
    assert_null(orr_assets_model_image(f->assets, model, 0));
    assert_null(orr_assets_image(f->assets, image));
}

/* Destroying while jobs are in flight waits for them. */
static void test_destroy_early(void **state) {
    fixture *f = *state;
    (void)load(f, ORR_ASSET_MODEL, "good/model.gltf");
    (void)load(f, ORR_ASSET_IMAGE, "good/paint.png");
    orr_assets_destroy(&f->assets);
    assert_null(f->assets);
}

static void test_real_model(void **state) {
    fixture *f = *state;
    const char *data = getenv("ORRERY_TEST_DATA");
    if (!data) {
        print_message("skipped: no test data\n");
        skip();
    }
    orr_assets *assets = NULL;
    orr_asset asset;
    orr_error err = {0};
    const orr_assets_params params = {.jobs = f->jobs};
    assert_int_equal(orr_assets_create(&params, &assets, NULL), ORR_OK);
    assert_int_equal(orr_assets_add_folder(assets, data, NULL), ORR_OK);
    if (orr_assets_load(assets, ORR_ASSET_MODEL, "models/FlightHelmet/FlightHelmet.gltf", NULL, &asset, &err))
        fail_msg("%s", err.message);
    if (orr_assets_wait_all(assets, &err)) fail_msg("%s", err.message);
    const orr_model *model = orr_assets_model(assets, asset);
    assert_int_equal(model->image_count, 15);
    for (uint32_t i = 0; i < model->image_count; i++) {
        const orr_image *image = orr_assets_model_image(assets, asset, i);
        assert_non_null(image);
        assert_true(image->width >= 32 && image->channels == 4 && image->type == ORR_PIXEL_U8);
    }
    orr_assets_destroy(&assets);
}

#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down),                                                \
        cmocka_unit_test_setup_teardown(test, set_up_alone, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(test_model),           BOTH(test_deep_texture), BOTH(test_once),
        BOTH(test_digest),          BOTH(test_missing),      BOTH(test_damaged),
        BOTH(test_damaged_texture), BOTH(test_escape),       BOTH(test_mounted),
        BOTH(test_reads),           BOTH(test_confined),     BOTH(test_destroy_early),
        BOTH(test_leave_pixels),    BOTH(test_real_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
