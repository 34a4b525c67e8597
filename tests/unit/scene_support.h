/* What the tests of scenes share: one scene with a small model, an image and an elevation model at hand. No
 * GPU. */
#ifndef ORR_TEST_SCENE_SUPPORT_H
#define ORR_TEST_SCENE_SUPPORT_H

#include <math.h>
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
#include "image/image.h"
#include "scene/scene_private.h"

typedef struct fixture {
    char folder[64];
    orr_jobs *jobs;
    orr_assets *assets;
    orr_scene *scene;
    orr_arena arena;
} fixture;

#define OK(expression)                                                                                       \
    do {                                                                                                     \
        err = (orr_error){0};                                                                                \
        if (expression) fail_msg("%s:%d: %s", __FILE__, __LINE__, err.message);                              \
    } while (0)
#define NEAR(a, b, tolerance)                                                                                \
    do {                                                                                                     \
        double near_a = (a), near_b = (b);                                                                   \
        if (!(fabs(near_a - near_b) <= (tolerance)))                                                         \
            fail_msg("%s:%d: %s is %.12g, not %.12g", __FILE__, __LINE__, #a, near_a, near_b);               \
    } while (0)
static inline void near3(const double got[3], double x, double y, double z, int line) {
    if (fabs(got[0] - x) > 1e-9 || fabs(got[1] - y) > 1e-9 || fabs(got[2] - z) > 1e-9)
        fail_msg("line %d: (%.12g, %.12g, %.12g), not (%g, %g, %g)", line, got[0], got[1], got[2], x, y, z);
}
#define NEAR3(got, x, y, z) near3(got, x, y, z, __LINE__)

static const orr_node none = {0};

static inline void write_file(const fixture *f, const char *name, const void *data, size_t size) {
    orr_error err;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", f->folder, name);
    OK(orr_file_write(path, data, size, &err));
}

/* 3 x 3 samples, 10 m apart: a slope of 1 m a column and 10 m a row, from 0 at the north-west corner. */
static inline void write_dem(const fixture *f) {
    uint8_t file[128 + 36];
    memset(file, ' ', sizeof file);
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(file + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }", 59);
    file[127] = '\n';
    for (int i = 0; i < 9; i++) memcpy(file + 128 + i * 4, &(float){(float)(i % 3 + i / 3 * 10)}, 4);
    write_file(f, "slope.npy", file, sizeof file);
}

static inline void write_png(const fixture *f) {
    orr_error err;
    orr_image image;
    uint8_t *data = NULL;
    size_t size = 0;
    OK(orr_image_create(2, 2, 3, ORR_PIXEL_U8, &image, &err));
    OK(orr_png_encode(&image, NULL, &data, &size, &err));
    write_file(f, "paint.png", data, size);
    free(data);
    orr_image_free(&image);
}

static inline orr_scene *new_scene(const fixture *f) {
    orr_error err;
    orr_scene *scene = NULL;
    OK(orr_scene_create(&(orr_scene_params){.name = "main", .assets = f->assets}, &scene, &err));
    return scene;
}

static inline int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    orr_error err;
    assert_non_null(f);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/orrery-scene-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    OK(orr_jobs_create(&(orr_jobs_params){.threads = 1}, &f->jobs, &err));
    OK(orr_assets_create(&(orr_assets_params){.jobs = f->jobs}, &f->assets, &err));
    OK(orr_assets_add_folder(f->assets, f->folder, &err));
    f->scene = new_scene(f);
    write_dem(f);
    write_png(f);
    static const char model[] =
        "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],\"nodes\":[{\"mesh\":0,"
        "\"translation\":[0,0,-2]}],"
        "\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0},\"material\":0}]}],\"materials\":[{"
        "\"emissiveFactor\":[1,0.5,0]}],"
        "\"accessors\":[{\"bufferView\":0,\"componentType\":5126,\"count\":3,\"type\":\"VEC3\",\"min\":[0,0,"
        "0],\"max\":[1,1,0]}],"
        "\"bufferViews\":[{\"buffer\":0,\"byteLength\":36}],\"buffers\":[{\"byteLength\":36,\"uri\":"
        "\"data:application/octet-stream;base64,AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAAAAAAAAgD8AAAAA\"}]}";
    write_file(f, "triangle.gltf", model, sizeof model - 1);
    *state = f;
    return 0;
}

static inline int tear_down(void **state) {
    fixture *f = *state;
    const char *argv[] = {"rm", "-rf", f->folder, NULL};
    int code = 0;
    orr_scene_destroy(&f->scene);
    assert_null(f->scene);
    orr_assets_destroy(&f->assets);
    orr_jobs_destroy(&f->jobs);
    orr_arena_free(&f->arena);
    code = orr_process_run(argv, &code, NULL) == ORR_OK ? code : -1;
    free(f);
    return code;
}

/* --- shorthand
 * -------------------------------------------------------------------------------------------------------- */

static inline orr_node add(orr_scene *scene, orr_node_kind kind, orr_node parent) {
    orr_error err;
    orr_node node = {0};
    OK(orr_scene_node(scene, kind, NULL, parent, &node, &err));
    return node;
}

static inline orr_status try_set(fixture *f, orr_scene *scene, orr_node node, const char *name,
                                 const char *text, orr_error *err) {
    orr_node_kind kind;
    orr_param_row row;
    orr_param_value value = {0};
    orr_status status = orr_node_kind_of(scene, node, &kind, err);
    if (status) return status;
    uint32_t at = orr_node_row(kind, name);
    assert_int_not_equal(at, ORR_NONE);
    orr_param_row_get(orr_node_table(kind), at, &row);
    status = orr_param_parse(&row, text, &f->arena, &value, err);
    return status ? status : orr_node_set(scene, node, at, &value, err);
}

static inline void set(fixture *f, orr_node node, const char *name, const char *text) {
    orr_error err;
    OK(try_set(f, f->scene, node, name, text, &err));
}

static inline orr_asset load(fixture *f, orr_asset_kind kind, const char *name) {
    orr_error err;
    orr_asset asset = {0};
    OK(orr_assets_load(f->assets, kind, name,
                       kind == ORR_ASSET_DEM ? &(orr_dem_params){.spacing_m = 10} : NULL, &asset, &err));
    return asset;
}

static inline orr_mesh box(fixture *f, orr_scene *scene, double size) {
    orr_error err;
    orr_mesh_data data;
    orr_mesh mesh = {0};
    OK(orr_mesh_box(&f->arena, &(orr_box_params){.size_m = {size, size, size}}, &data, &err));
    OK(orr_scene_mesh(scene, "box", &data, &mesh, &err));
    return mesh;
}

static inline orr_revision *publish(orr_scene *scene) {
    orr_error err;
    orr_revision *rev = NULL;
    OK(orr_scene_publish(scene, &rev, &err));
    return rev;
}

static inline void pose_of(const orr_revision *rev, orr_node camera, double t_s, orr_pose *pose) {
    orr_error err;
    OK(orr_revision_pose(rev, camera, t_s, NULL, 0, NULL, pose, &err));
}

/* The pose of the fixture's scene as it is now. */
static inline orr_revision *look(fixture *f, orr_node camera, orr_pose *pose) {
    orr_revision *rev = publish(f->scene);
    pose_of(rev, camera, 0.0, pose);
    return rev;
}

static inline orr_status pose_fails(fixture *f, orr_node camera, orr_error *err) {
    orr_revision *rev = publish(f->scene);
    orr_pose pose;
    *err = (orr_error){0};
    orr_status status = orr_revision_pose(rev, camera, 0.0, NULL, 0, NULL, &pose, err);
    assert_true(status != ORR_OK);
    orr_revision_release(&rev);
    return status;
}

#endif
