/* Scenes: authoring, revisions, poses. No GPU. Real axes: right-handed, Y up, north -Z, east +X. */
#include "scene_support.h"

static orr_digest digest(orr_scene *scene) {
    orr_revision *rev = publish(scene);
    orr_digest digest = orr_revision_digest(rev);
    orr_revision_release(&rev);
    return digest;
}

/* --- nodes
 * -------------------------------------------------------------------------------------------------------------
 */

static void test_parents(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_node a = add(f->scene, ORR_NODE_GROUP, none), b = add(f->scene, ORR_NODE_GROUP, a),
             c = add(f->scene, ORR_NODE_GROUP, b);
    assert_string_equal(orr_node_name(f->scene, a), "group 1");
    assert_int_equal(orr_node_set_parent(f->scene, a, c, &err), ORR_E_ARGUMENT);
    assert_non_null(strstr(err.message, "'group 1' cannot be under 'group 3'"));
    assert_int_equal(orr_node_set_parent(f->scene, a, a, &err), ORR_E_ARGUMENT);
    OK(orr_node_set_parent(f->scene, c, none, &err));
    OK(orr_node_set_parent(f->scene, a, c, &err)); /* no cycle any more */

    /* Removal takes the children along; their ids stay dead although the slots are used again. */
    OK(orr_node_remove(f->scene, a, &err));
    orr_node_kind kind;
    assert_int_equal(orr_node_kind_of(f->scene, b, &kind, &err), ORR_E_STALE);
    assert_string_equal(orr_node_name(f->scene, b), "");
    orr_node again = add(f->scene, ORR_NODE_CAMERA, c);
    assert_true((again.id & 0xffffffffu) == (a.id & 0xffffffffu) && again.id != a.id);
    assert_int_equal(orr_node_remove(f->scene, a, &err), ORR_E_STALE);
    assert_int_equal(orr_scene_node(f->scene, ORR_NODE_GROUP, "x", b, &b, &err), ORR_E_STALE);
    orr_scene *other = new_scene(f);
    assert_int_equal(orr_node_kind_of(other, again, &kind, &err), ORR_E_STALE);
    orr_scene_destroy(&other);

    /* One sun, one sky; a removed one makes room. */
    orr_node sun = add(f->scene, ORR_NODE_SUN, none), second;
    assert_int_equal(orr_scene_node(f->scene, ORR_NODE_SUN, NULL, none, &second, &err), ORR_E_EXISTS);
    OK(orr_node_remove(f->scene, sun, &err));
    OK(orr_scene_node(f->scene, ORR_NODE_SUN, NULL, none, &second, &err));
}

static void test_properties(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none);
    orr_param_value value;
    set(f, camera, "vfov_deg", "60");
    OK(orr_node_get(f->scene, camera, orr_node_row(ORR_NODE_CAMERA, "vfov_deg"), &value, &err));
    NEAR(value.number[0], 60, 0);
    assert_int_equal(try_set(f, f->scene, camera, "vfov_deg", "171", &err), ORR_E_OUT_OF_RANGE);
    value.number[0] = NAN;
    assert_int_not_equal(
        orr_node_set(f->scene, camera, orr_node_row(ORR_NODE_CAMERA, "vfov_deg"), &value, &err), ORR_OK);
    assert_int_not_equal(orr_node_set(f->scene, camera, 99, &value, &err), ORR_OK);
    assert_int_not_equal(orr_node_get(f->scene, camera, 99, &value, &err), ORR_OK);
    assert_int_equal(orr_node_row(ORR_NODE_CAMERA, "vfov"), ORR_NONE);
    OK(orr_node_get(f->scene, camera, orr_node_row(ORR_NODE_CAMERA, "vfov_deg"), &value, &err));
    NEAR(value.number[0], 60, 0); /* what was refused changed nothing */

    /* What the tables promise: the same first rows everywhere, sets of rows fit their mask, structs are
     * covered. */
    static const char *const place[] = {"position_m", "rotation", "rotation_deg", "scale", "visible"};
    for (int kind = 0; kind < ORR_NODE_KIND_COUNT; kind++) {
        const orr_param_table *table = orr_node_table((orr_node_kind)kind);
        assert_true(table->count <= ORR_MAX_ROWS);
        OK(orr_param_table_check(table, (uint32_t)orr_node_props_size((orr_node_kind)kind), &err));
        for (uint32_t i = 0; orr_node_has_place((orr_node_kind)kind) && i < ORR_PLACE_ROWS; i++)
            assert_int_equal(orr_node_row((orr_node_kind)kind, place[i]), i);
    }
    OK(orr_param_table_check(orr_material_table(), sizeof(orr_material_props), &err));

    orr_mesh mesh = box(f, f->scene, 1);
    orr_node node = add(f->scene, ORR_NODE_MESH, none);
    assert_int_equal(orr_node_set_mesh(f->scene, camera, mesh, (orr_material){0}, &err), ORR_E_TYPE);
    assert_int_equal(orr_node_set_mesh(f->scene, node, (orr_mesh){2}, (orr_material){0}, &err), ORR_E_STALE);
    assert_int_equal(orr_node_set_mesh(f->scene, node, mesh, (orr_material){1}, &err), ORR_E_STALE);
    assert_int_equal(orr_node_set_asset(f->scene, node, (orr_asset){1}, &err), ORR_E_TYPE);
}

static void test_meshes(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_mesh mesh;
    orr_vertex vertices[3] = {{.position = {0, 0, 0}}, {.position = {1, 0, 0}}, {.position = {0, 1, 0}}};
    uint32_t indices[3] = {0, 1, 2};
    orr_mesh_data data = {vertices, 3, indices, 3};
    OK(orr_scene_mesh(f->scene, NULL, &data, &mesh, &err));
    indices[1] = 3;
    assert_int_equal(orr_scene_mesh(f->scene, "bent", &data, &mesh, &err), ORR_E_OUT_OF_RANGE);
    assert_non_null(strstr(err.message, "index 1 is 3"));
    indices[1] = 1, vertices[2].position[1] = INFINITY;
    assert_int_equal(orr_scene_mesh(f->scene, "far", &data, &mesh, &err), ORR_E_BAD_DATA);
    assert_non_null(strstr(err.message, "vertex 2"));
    data.index_count = 2;
    assert_int_equal(orr_scene_mesh(f->scene, "line", &data, &mesh, &err), ORR_E_BAD_DATA);
}

/* --- poses
 * -------------------------------------------------------------------------------------------------------------
 */

/* z first, then x, then y, then `rotation`; scale before, position after; all below the parent. */
static void test_transforms(void **state) {
    fixture *f = *state;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), group = add(f->scene, ORR_NODE_GROUP, none),
             mesh = add(f->scene, ORR_NODE_MESH, group);
    orr_error err;
    OK(orr_node_set_mesh(f->scene, mesh, box(f, f->scene, 1), (orr_material){0}, &err));
    orr_pose pose;
    double p[3];

    set(f, mesh, "rotation_deg", "0 90 0"); /* about +Y: south (+Z) turns to east (+X) */
    orr_revision *rev = look(f, camera, &pose);
    assert_int_equal(pose.draw_count, 1);
    orr_mat_point(pose.draws[0].world, (double[3]){0, 0, 1}, p);
    NEAR3(p, 1, 0, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, mesh, "rotation_deg", "90 90 0"); /* x first: +Y goes to +Z, then y: to +X */
    rev = look(f, camera, &pose);
    orr_mat_point(pose.draws[0].world, (double[3]){0, 1, 0}, p);
    NEAR3(p, 1, 0, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, mesh, "rotation_deg", "90 0 90"); /* z first: +X goes to +Y, then x: to +Z */
    rev = look(f, camera, &pose);
    orr_mat_point(pose.draws[0].world, (double[3]){1, 0, 0}, p);
    NEAR3(p, 0, 0, 1);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, mesh, "rotation", "0 0.70710678118654752 0 0.70710678118654752"); /* after them: +Z to +X */
    set(f, mesh, "scale", "2 3 4"), set(f, mesh, "position_m", "10 0 0");
    set(f, group, "position_m", "0 5 0"), set(f, group, "rotation_deg", "0 180 0"),
        set(f, group, "scale", "2 2 2");
    rev = look(f, camera, &pose);
    orr_mat_point(pose.draws[0].world, (double[3]){1, 0, 0},
                  p); /* 2 -> (12, 0, 0) -> x2, turned: (-24, 0, 0) -> up */
    NEAR3(p, -24, 5, 0);
    assert_false(pose.draws[0].mirrored);
    NEAR3(pose.draws[0].centre, -20, 5, 0);
    NEAR(pose.draws[0].radius, sqrt(4 + 9 + 16), 1e-9);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, mesh, "scale", "-1 1 1");
    rev = look(f, camera, &pose);
    assert_true(pose.draws[0].mirrored);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, group, "visible", "false"); /* hides what is below */
    rev = look(f, camera, &pose);
    assert_int_equal(pose.draw_count, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);
}

static void test_camera(void **state) {
    fixture *f = *state;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none);
    orr_pose pose;
    orr_error err;
    orr_revision *rev = look(f, camera, &pose);
    NEAR3(pose.camera.forward, 0, 0, -1); /* north */
    NEAR3(pose.camera.right, 1, 0, 0);    /* east */
    NEAR3(pose.camera.up, 0, 1, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, camera, "position_m", "0 0 10"), set(f, camera, "look_at_m", "10 0 10"); /* to the east */
    rev = look(f, camera, &pose);
    NEAR3(pose.camera.forward, 1, 0, 0);
    NEAR3(pose.camera.right, 0, 0, 1); /* south */
    NEAR3(pose.camera.up, 0, 1, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, camera, "roll_deg", "90"); /* clockwise: its head goes to the right */
    rev = look(f, camera, &pose);
    NEAR3(pose.camera.up, 0, 0, 1);
    NEAR3(pose.camera.right, 0, -1, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, camera, "roll_deg", "0"),
        set(f, camera, "look_at_m", "0 -5 10"); /* straight down: still a basis */
    rev = look(f, camera, &pose);
    NEAR3(pose.camera.forward, 0, -1, 0);
    NEAR(orr_length3(pose.camera.right), 1, 1e-12);
    NEAR(orr_dot3(pose.camera.right, pose.camera.up), 0, 1e-12);
    double cross[3];
    orr_cross3(pose.camera.right, pose.camera.up, cross);
    NEAR3(cross, 0, 1, 0); /* right-handed: backwards */
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, camera, "look_at_m", "0 0 10");
    assert_int_equal(pose_fails(f, camera, &err), ORR_E_OUT_OF_RANGE);
    assert_non_null(strstr(err.message, "looks at the point it stands on"));
    set(f, camera, "look_at_m", "0 0 0"), set(f, camera, "focal_length_mm", "24");
    rev = look(f, camera, &pose);
    NEAR(pose.camera.vfov_rad, 2 * atan(0.5), 1e-11); /* 24 mm behind a sensor 24 mm high */
    orr_pose_free(&pose), orr_revision_release(&rev);

    orr_node gone = add(f->scene, ORR_NODE_CAMERA, none);
    OK(orr_node_remove(f->scene, gone, &err));
    assert_int_equal(pose_fails(f, gone, &err), ORR_E_STALE);
}

static void expect(fixture *f, orr_node camera, const char *part, int line) {
    orr_error err;
    orr_status status = pose_fails(f, camera, &err);
    if (status != ORR_E_ARGUMENT || !strstr(err.message, part))
        fail_msg("line %d: %s, not \"%s\"", line, err.message, part);
}
#define EXPECT(part) expect(f, camera, part, __LINE__)

/* A photographer's camera: format and focal length make the field of view. */
static void test_lens(void **state) {
    fixture *f = *state;
    orr_error err;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none);
    static const struct {
        const char *sensor;
        double height_mm;
    } rows[] = {{"custom", 24},    {"full_frame", 24}, {"aps_c", 15.6},           {"super_35", 18.66},
                {"one_inch", 8.8}, {"imax_70", 52.63}, {"micro_four_thirds", 13}, {"medium_format", 32.9}};
    set(f, camera, "focal_mm", "35"), set(f, camera, "f_stop", "8");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        orr_pose pose;
        set(f, camera, "sensor", rows[i].sensor);
        orr_revision *rev = look(f, camera, &pose);
        NEAR(pose.camera.vfov_rad, 2 * atan(rows[i].height_mm / 70), 1e-10);
        NEAR(pose.camera.aperture_f, 8, 0);
        orr_pose_free(&pose), orr_revision_release(&rev);
    }
    set(f, camera, "sensor_height_mm", "16");
    EXPECT("camera 'camera 1': 'sensor_height_mm' was set, but it counts only with sensor=custom, and "
           "'sensor' is "
           "'medium_format'");
    set(f, camera, "sensor", "custom"), set(f, camera, "vfov_deg", "40");
    EXPECT("both focal_mm and vfov_deg");
    assert_int_equal(try_set(f, f->scene, camera, "sensor", "aps", &err), ORR_E_OUT_OF_RANGE);
}

/* What is set must count. */
static void test_used_when(void **state) {
    fixture *f = *state;
    orr_error err;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), area = add(f->scene, ORR_NODE_AREA, none),
             environment = add(f->scene, ORR_NODE_ENVIRONMENT, none);
    orr_pose pose;
    set(f, area, "shape", "disc"), set(f, area, "width_m", "2");
    EXPECT("area 'area 2': 'width_m' was set, but it counts only with shape=rect, and 'shape' is 'disc'");
    set(f, area, "shape", "rect"), set(f, area, "two_sided", "true");
    orr_revision *rev = look(f, camera, &pose);
    orr_pose_free(&pose), orr_revision_release(&rev);
    const orr_param_value disc = {.type = ORR_PARAM_ENUM, .number = {1}}; /* a shape that changes: not now */
    const orr_track track = {.node = area, .param = "shape"};
    orr_bound_track *bound = NULL;
    uint32_t count = 0;
    rev = publish(f->scene);
    OK(orr_revision_bind(rev, &track, 1, &bound, &count, &err));
    OK(orr_revision_pose(rev, camera, 0.0, bound, count, &disc, &pose, &err));
    free(bound), orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, environment, "capture_m", "0 1 0");
    EXPECT("'capture_m' was set, but it counts only with source=sky, and 'source' is 'gradient'");
    (void)add(f->scene, ORR_NODE_SUN, none), (void)add(f->scene, ORR_NODE_ATMOSPHERE, none);
    rev = look(f, camera, &pose); /* now the source is the sky without saying so */
    orr_pose_free(&pose), orr_revision_release(&rev);
    set(f, environment, "zenith_nit", "1");
    EXPECT("'zenith_nit' was set, but it counts only with source=gradient, and 'source' is 'sky'");
}

/* Every number of every kind of node: what is not finite or out of range is refused with name, value, range.
 */
static void test_ranges(void **state) {
    (void)state;
    for (int kind = 0; kind < ORR_NODE_KIND_COUNT; kind++) {
        const orr_param_table *table = orr_node_table((orr_node_kind)kind);
        orr_error err = {0};
        OK(orr_param_table_check(table, (uint32_t)orr_node_props_size((orr_node_kind)kind), &err));
        assert_true(table->count <= ORR_MAX_ROWS);
        for (uint32_t i = 0; i < table->count; i++) {
            orr_param_row row;
            orr_param_value value = {0};
            orr_param_row_get(table, i, &row);
            if (row.type == ORR_PARAM_BOOL || row.type == ORR_PARAM_ENUM || !orr_param_components(row.type))
                continue;
            double bad[] = {NAN, INFINITY, -INFINITY, row.min ? strtod(row.min, NULL) - 1.0 : NAN,
                            row.max ? strtod(row.max, NULL) * 2.0 + 1.0 : NAN};
            for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
                OK(orr_param_default(&row, &value, &err));
                value.number[orr_param_components(row.type) - 1] = bad[k];
                err = (orr_error){0};
                assert_int_equal(orr_param_check(&row, &value, &err), ORR_E_OUT_OF_RANGE);
                char shown[40];
                orr_format_f64(shown, sizeof shown, bad[k]);
                bool told = strstr(err.message, row.name) && (!row.min || strstr(err.message, row.min)) &&
                            (!row.max || strstr(err.message, row.max)) &&
                            (!(row.min || row.max) || strstr(err.message, shown));
                if (!told) fail_msg("%s.%s = %s: %s", table->owner, row.name, shown, err.message);
            }
        }
    }
}

static void test_sun(void **state) {
    fixture *f = *state;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), sun = add(f->scene, ORR_NODE_SUN, none);
    orr_pose pose;
    static const struct {
        const char *azimuth, *elevation;
        double d[3];
    } rows[] = {
        {"0", "0", {0, 0, -1}},   {"90", "0", {1, 0, 0}},   {"180", "0", {0, 0, 1}},
        {"270", "0", {-1, 0, 0}}, {"123", "90", {0, 1, 0}}, {"90", "30", {0.86602540378, 0.5, 0}},
        {"0", "-90", {0, -1, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set(f, sun, "azimuth_deg", rows[i].azimuth), set(f, sun, "elevation_deg", rows[i].elevation);
        orr_revision *rev = look(f, camera, &pose);
        assert_true(pose.has_sun);
        NEAR3(pose.sun_direction, rows[i].d[0], rows[i].d[1], rows[i].d[2]);
        orr_pose_free(&pose), orr_revision_release(&rev);
    }
}

static void test_lights(void **state) {
    fixture *f = *state;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), group = add(f->scene, ORR_NODE_GROUP, none),
             point = add(f->scene, ORR_NODE_POINT, group), spot = add(f->scene, ORR_NODE_SPOT, group);
    orr_pose pose;
    orr_error err;
    set(f, group, "position_m", "0 2 0");
    set(f, point, "flux_lm", "1000"), set(f, point, "position_m", "1 0 0");
    set(f, spot, "flux_lm", "1000"), set(f, spot, "outer_deg", "30"), set(f, spot, "inner_deg", "10"),
        set(f, spot, "look_at_m", "0 0 0");
    orr_revision *rev = look(f, camera, &pose);
    assert_int_equal(pose.light_count, 2);
    NEAR3(pose.lights[0].position_m, 1, 2, 0);
    NEAR(pose.lights[0].intensity_cd, 1000 / (4 * ORR_PI), 1e-9);
    NEAR(pose.lights[1].intensity_cd, 1000 / (2 * ORR_PI * (1 - cos(ORR_PI / 6))), 1e-7);
    NEAR3(pose.lights[1].direction, 0, -1, 0); /* from its world place, not its own */
    NEAR(pose.lights[1].cos_inner, cos(ORR_PI / 18), 1e-11);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, spot, "inner_deg", "30");
    assert_int_equal(pose_fails(f, camera, &err), ORR_E_OUT_OF_RANGE);
    assert_non_null(strstr(err.message, "inner_deg"));
    set(f, spot, "inner_deg", "0"), set(f, spot, "intensity_cd", "5");
    assert_int_equal(pose_fails(f, camera, &err), ORR_E_ARGUMENT);
    assert_non_null(strstr(err.message, "both flux_lm ("));
    set(f, spot, "flux_lm", "0"), set(f, point, "intensity_cd", "7");
    assert_int_equal(pose_fails(f, camera, &err), ORR_E_ARGUMENT);
    set(f, point, "visible", "false");
    rev = look(f, camera, &pose);
    assert_int_equal(pose.light_count, 1);
    NEAR(pose.lights[0].intensity_cd, 5, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);
}

static void test_tracks(void **state) {
    fixture *f = *state;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), group = add(f->scene, ORR_NODE_GROUP, none),
             mesh = add(f->scene, ORR_NODE_MESH, group);
    orr_error err;
    OK(orr_node_set_mesh(f->scene, mesh, box(f, f->scene, 1), (orr_material){0}, &err));
    set(f, group, "position_m", "1 0 0");
    orr_revision *rev = publish(f->scene);
    const orr_track tracks[] = {{.module = "vignette", .param = "strength"},
                                {.node = group, .param = "position_m"},
                                {.node = camera, .param = "look_at_m"},
                                {.node = mesh, .param = "visible"}};
    orr_param_value values[4] = {{.type = ORR_PARAM_F32},
                                 {.type = ORR_PARAM_VEC3, .number = {7, 8, 9}},
                                 {.type = ORR_PARAM_VEC3, .number = {-1, 0, 0}},
                                 {.type = ORR_PARAM_BOOL, .number = {1}}};
    orr_bound_track *bound = NULL;
    uint32_t count = 0;
    OK(orr_revision_bind(rev, tracks, 4, &bound, &count, &err));
    assert_int_equal(count, 3);
    orr_pose pose, plain;
    OK(orr_revision_pose(rev, camera, 0.5, bound, count, values, &pose, &err));
    NEAR3(&pose.draws[0].world[12], 7, 8, 9);
    NEAR3(pose.camera.forward, -1, 0, 0); /* a tracked look_at_m counts as set */
    orr_pose_free(&pose);
    pose_of(rev, camera, 0.5, &plain); /* the authored values are as they were */
    NEAR3(&plain.draws[0].world[12], 1, 0, 0);
    NEAR3(plain.camera.forward, 0, 0, -1);
    orr_pose_free(&plain);
    values[3].number[0] = 0;
    OK(orr_revision_pose(rev, camera, 0.5, bound, count, values, &pose, &err));
    assert_int_equal(pose.draw_count, 0);
    orr_pose_free(&pose);
    values[1].number[1] = NAN;
    assert_int_not_equal(orr_revision_pose(rev, camera, 0.25, bound, count, values, &pose, &err), ORR_OK);
    assert_non_null(strstr(err.message, "'group 2' at t = 0.25 s"));
    free(bound);

    orr_track wrong = {.node = group, .param = "positon_m"};
    assert_int_equal(orr_revision_bind(rev, &wrong, 1, &bound, &count, &err), ORR_E_UNKNOWN_KEY);
    assert_non_null(strstr(err.message, "position_m"));
    OK(orr_node_remove(f->scene, group, &err));
    wrong.param = "position_m";
    OK(orr_revision_bind(rev, &wrong, 1, &bound, &count, &err)); /* the revision still has it */
    free(bound);
    orr_revision_release(&rev);
    rev = publish(f->scene);
    assert_int_equal(orr_revision_bind(rev, &wrong, 1, &bound, &count, &err), ORR_E_STALE);
    orr_revision_release(&rev);
}

/* --- revisions
 * -----------------------------------------------------------------------------------------------------------
 */

static void test_immutable(void **state) {
    fixture *f = *state;
    orr_error err;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), mesh = add(f->scene, ORR_NODE_MESH, none),
             model = add(f->scene, ORR_NODE_MODEL, none);
    OK(orr_node_set_mesh(f->scene, mesh, box(f, f->scene, 1), (orr_material){0}, &err));
    OK(orr_node_set_asset(f->scene, model, load(f, ORR_ASSET_MODEL, "triangle.gltf"), &err));
    set(f, model, "animation", "");
    orr_revision *rev = publish(f->scene);
    orr_digest before = orr_revision_digest(rev);
    set(f, mesh, "position_m", "5 5 5"), set(f, model, "animation", "run"),
        set(f, model, "emissive_nit", "3");
    OK(orr_node_remove(f->scene, mesh, &err));
    for (int i = 0; i < 100; i++) (void)add(f->scene, ORR_NODE_MESH, none), (void)box(f, f->scene, 2);
    orr_pose pose;
    pose_of(rev, camera, 0.0, &pose);
    assert_int_equal(pose.draw_count, 2);
    NEAR3(&pose.draws[0].world[12], 0, 0, 0);
    NEAR(pose.draws[0].radius, sqrt(0.75), 1e-9);
    NEAR3(&pose.draws[1].world[12], 0, 0, -2); /* the model's own node */
    NEAR((double)rev->materials[pose.draws[1].material].emissive_nit[1], 500, 0);
    orr_pose_free(&pose);
    orr_digest after = orr_revision_digest(rev);
    assert_true(orr_digest_equal(&before, &after));
    orr_revision *next = publish(f->scene);
    assert_true(orr_revision_number(next) == orr_revision_number(rev) + 1);
    orr_revision_release(&rev), orr_revision_release(&next);
    assert_null(rev);

    orr_node empty = add(f->scene, ORR_NODE_TERRAIN, none);
    assert_int_equal(orr_scene_publish(f->scene, &rev, &err), ORR_E_NOT_READY);
    assert_non_null(strstr(err.message, orr_node_name(f->scene, empty)));
}

/* A value of the row's type that is not its present one. */
static bool other_value(const orr_param_row *row, orr_param_value *value) {
    switch (row->type) {
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        value->text = strcmp(row->name, "date") ? "other" : "2026-06-21T18:00Z";
        return true;
    case ORR_PARAM_BOOL:
        value->number[0] = value->number[0] == 0.0;
        return true;
    default:
        break;
    }
    for (uint32_t i = 0; i < orr_param_components(row->type);
         i++) { /* up or down, whatever its range allows */
        double before = value->number[i];
        const double tries[] = {before + 1.0, before + 1e-3, before - 1e-3, before * 0.5};
        for (size_t k = 0; k < 4; k++) {
            value->number[i] = tries[k];
            if (tries[k] != before && !orr_param_check(row, value, NULL)) return true;
        }
        value->number[i] = before;
    }
    return false;
}

static orr_scene *build_every_kind(fixture *f) {
    orr_error err;
    orr_scene *scene = new_scene(f);
    orr_node nodes[ORR_NODE_KIND_COUNT];
    for (int kind = 0; kind < ORR_NODE_KIND_COUNT; kind++)
        nodes[kind] = add(scene, (orr_node_kind)kind, none);
    OK(orr_node_set_mesh(scene, nodes[ORR_NODE_MESH], box(f, scene, 1), (orr_material){0}, &err));
    OK(orr_node_set_asset(scene, nodes[ORR_NODE_MODEL], load(f, ORR_ASSET_MODEL, "triangle.gltf"), &err));
    OK(orr_node_set_asset(scene, nodes[ORR_NODE_TERRAIN], load(f, ORR_ASSET_DEM, "slope.npy"), &err));
    return scene;
}

static void test_digests(void **state) {
    fixture *f = *state;
    orr_error err;
    orr_scene *a = build_every_kind(f), *b = build_every_kind(f);
    orr_digest first = digest(a), second = digest(b);
    assert_true(orr_digest_equal(&first, &second));
    orr_scene_destroy(&b);
    uint32_t rows = 0;
    for (uint32_t kind = 0; kind < ORR_NODE_KIND_COUNT; kind++)
        for (uint32_t i = 0; i < orr_node_table((orr_node_kind)kind)->count; i++, rows++) {
            orr_param_row row;
            orr_param_value before, after;
            orr_node node = orr_scene_id(a, kind);
            uint32_t set_rows = a->nodes[kind].set_rows;
            orr_param_row_get(orr_node_table((orr_node_kind)kind), i, &row);
            OK(orr_node_get(a, node, i, &before, &err));
            after = before;
            if (!other_value(&row, &after)) fail_msg("no other value for '%s'", row.name);
            OK(orr_node_set(a, node, i, &after, &err));
            second = digest(a);
            if (orr_digest_equal(&first, &second))
                fail_msg("%s.%s is not in the digest", orr_node_kind_name((orr_node_kind)kind), row.name);
            OK(orr_node_set(a, node, i, &before, &err));
            second = digest(a);
            if (orr_digest_equal(&first, &second))
                fail_msg("whether %s was set is not in the digest", row.name);
            a->nodes[kind].set_rows = set_rows;
        }
    assert_true(rows > 80);
    second = digest(a);
    assert_true(orr_digest_equal(&first, &second));

    OK(orr_node_set_mesh(a, orr_scene_id(a, ORR_NODE_MESH), box(f, a, 2), (orr_material){0}, &err));
    second = digest(a);
    assert_false(orr_digest_equal(&first, &second));
    orr_scene_destroy(&a);
}

static orr_digest material_digest(fixture *f, const orr_param_value *values,
                                  const orr_asset maps[ORR_MAP_COUNT]) {
    orr_error err;
    orr_material material;
    orr_scene *scene = new_scene(f);
    OK(orr_scene_material(scene, NULL, values, maps, &material, &err));
    orr_digest result = digest(scene);
    orr_scene_destroy(&scene);
    return result;
}

static void test_material_digests(void **state) {
    fixture *f = *state;
    orr_error err;
    const orr_param_table *table = orr_material_table();
    orr_param_value values[ORR_MAX_ROWS];
    orr_asset maps[ORR_MAP_COUNT] = {{0}}, paint = load(f, ORR_ASSET_IMAGE, "paint.png");
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        OK(orr_param_default(&row, &values[i], &err));
    }
    orr_digest seen[32], plain = material_digest(f, values, maps);
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_value before = values[i];
        orr_param_row_get(table, i, &row);
        if (row.type == ORR_PARAM_ASSET) continue; /* the path is for messages; the image comes apart */
        assert_true(other_value(&row, &values[i]));
        seen[0] = material_digest(f, values, maps);
        if (orr_digest_equal(&plain, &seen[0])) fail_msg("material.%s is not in the digest", row.name);
        values[i] = before;
    }
    for (uint32_t k = 0; k < ORR_MAP_COUNT; k++) { /* one image in five places: five digests */
        maps[k] = paint;
        seen[k] = material_digest(f, values, maps);
        maps[k].id = 0;
        assert_false(orr_digest_equal(&plain, &seen[k]));
        for (uint32_t j = 0; j < k; j++) assert_false(orr_digest_equal(&seen[j], &seen[k]));
    }
    values[0].number[0] = 2.0;
    orr_material material;
    assert_int_equal(orr_scene_material(f->scene, "white", values, NULL, &material, &err),
                     ORR_E_OUT_OF_RANGE);
    assert_non_null(strstr(err.message, "material 'white'"));
}

/* --- questions
 * -------------------------------------------------------------------------------------------------------------
 */

static void test_bounds(void **state) {
    fixture *f = *state;
    orr_error err;
    orr_node group = add(f->scene, ORR_NODE_GROUP, none), mesh = add(f->scene, ORR_NODE_MESH, group),
             model = add(f->scene, ORR_NODE_MODEL, group);
    double lo[3], hi[3];
    OK(orr_node_bounds(f->scene, group, lo, hi, &err));
    assert_true(lo[0] > hi[0]); /* nothing yet */
    OK(orr_node_set_mesh(f->scene, mesh, box(f, f->scene, 2), (orr_material){0}, &err));
    OK(orr_node_set_asset(f->scene, model, load(f, ORR_ASSET_MODEL, "triangle.gltf"), &err));
    set(f, group, "position_m", "10 0 0"), set(f, mesh, "rotation_deg", "0 45 0");
    OK(orr_node_bounds(f->scene, group, lo, hi, &err));
    NEAR3(lo, 10 - sqrt(2), -1, -2); /* the triangle stands 2 m to the north */
    NEAR3(hi, 10 + sqrt(2), 1, sqrt(2));
    OK(orr_node_bounds(f->scene, model, lo, hi, &err));
    NEAR3(lo, 10, 0, -2);
    NEAR3(hi, 11, 1, -2);
    orr_node terrain = add(f->scene, ORR_NODE_TERRAIN, none);
    OK(orr_node_set_asset(f->scene, terrain, load(f, ORR_ASSET_DEM, "slope.npy"), &err));
    set(f, terrain, "exaggeration", "2");
    OK(orr_node_bounds(f->scene, terrain, lo, hi, &err));
    NEAR3(lo, -10, 0, -10);
    NEAR3(hi, 10, 44, 10);
    OK(orr_node_remove(f->scene, group, &err));
    assert_int_equal(orr_node_bounds(f->scene, mesh, lo, hi, &err), ORR_E_STALE);
}

static void test_terrain_height(void **state) {
    fixture *f = *state;
    orr_error err;
    orr_node terrain = add(f->scene, ORR_NODE_TERRAIN, none);
    double height;
    bool inside;
    assert_int_equal(orr_terrain_height(f->scene, terrain, 0, 0, &height, &inside, &err), ORR_E_NOT_READY);
    OK(orr_node_set_asset(f->scene, terrain, load(f, ORR_ASSET_DEM, "slope.npy"), &err));
    OK(orr_terrain_height(f->scene, terrain, 0, 0, &height, &inside, &err));
    assert_true(inside);
    NEAR(height, 11, 1e-9); /* the middle */
    OK(orr_terrain_height(f->scene, terrain, -10, -10, &height, &inside, &err));
    NEAR(height, 0, 1e-9); /* the north-west corner */
    OK(orr_terrain_height(f->scene, terrain, 10, -7.5, &height, &inside, &err));
    NEAR(height, 4.5, 1e-9); /* bilinear: column 2, row 0.25 */
    OK(orr_terrain_height(f->scene, terrain, 10.001, 0, &height, &inside, &err));
    assert_false(inside);
    set(f, terrain, "exaggeration", "3"), set(f, terrain, "position_m", "100 7 0"),
        set(f, terrain, "rotation_deg", "0 90 0");
    OK(orr_terrain_height(f->scene, terrain, 110, 5, &height, &inside,
                          &err)); /* turned: its south edge lies east */
    assert_true(inside);
    NEAR(height, 7 + 3 * (20 + 0.5), 1e-6); /* row 2, column 0.5 */
    orr_node group = add(f->scene, ORR_NODE_GROUP, none);
    assert_int_equal(orr_terrain_height(f->scene, group, 0, 0, &height, &inside, &err), ORR_E_TYPE);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_parents),        TEST(test_properties),       TEST(test_meshes),
        TEST(test_transforms),     TEST(test_camera),           TEST(test_lens),
        TEST(test_used_when),      TEST(test_ranges),           TEST(test_sun),
        TEST(test_lights),         TEST(test_tracks),           TEST(test_immutable),
        TEST(test_digests),        TEST(test_material_digests), TEST(test_bounds),
        TEST(test_terrain_height),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
