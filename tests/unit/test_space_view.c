/* Scenes, targets and errors in the space; and what is written to a scene there becomes part of it. */
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
#include "host/engine.h"
#include "render/target.h"
#include "scene/nodes.h"
#include "scene/revision.h"
#include "space/value_param.h"

static char k_folder[] = "/tmp/orrery-view-XXXXXX"; /* caches and images */
static orr_error err;
static orr_engine *engine;
static orr_space *space;

#define ok(expression) check((expression), __FILE__, __LINE__)
static void check(orr_status status, const char *file, int line) {
    if (!status) return;
    fprintf(stderr, "%s:%d: %s\n", file, line, err.message);
    _assert_true(0, "status is ORR_OK", file, line);
}

static int set_up(void **state) {
    (void)state;
    const orr_engine_params params = {
        .app = "test", .device = getenv("ORRERY_TEST_DEVICE"), .threads = 2, .cache_folder = k_folder};
    if (!mkdtemp(k_folder) || orr_engine_create(&params, &engine, &err)) return -1;
    space = orr_engine_space(engine);
    return 0;
}

static int tear_down(void **state) {
    const char *argv[] = {"rm", "-rf", k_folder, NULL};
    int code = 0;
    (void)state;
    orr_engine_destroy(&engine);
    return orr_process_run(argv, &code, NULL) == ORR_OK ? code : -1;
}

/* --- the space, shortly -------------------------------------------------------------------------------- */

static char *text_at(const char *path, char out[256]) {
    char whole[512];
    const orr_value *value = NULL;
    orr_text text = {0};
    snprintf(whole, sizeof whole, "/apps/test/%s", path);
    if (orr_space_get(space, whole, &value, NULL))
        orr_text_puts(&text, "(none)");
    else
        orr_value_print(&text, value);
    snprintf(out, 256, "%s", orr_text_cstr(&text));
    orr_value_release(value);
    orr_text_free(&text);
    return out;
}
#define assert_at(path, expected)                                                                            \
    do {                                                                                                     \
        char text_[256];                                                                                     \
        assert_string_equal(text_at(path, text_), expected);                                                 \
    } while (0)

static void write_at(const char *path, const orr_value *value) {
    char whole[512];
    snprintf(whole, sizeof whole, "/apps/test/%s", path);
    ok(orr_space_set(space, whole, value, &err));
}

static void remove_at(const char *path) {
    char whole[512];
    snprintf(whole, sizeof whole, "/apps/test/%s", path);
    ok(orr_space_remove(space, whole, &err));
}

/* --- a scene, shortly ---------------------------------------------------------------------------------- */

static orr_scene *make_scene(bool shown) {
    const orr_scene_params params = {.name = "main",
                                     .assets = orr_engine_assets(engine),
                                     .space = shown ? space : NULL,
                                     .app_root = "/apps/test"};
    orr_scene *scene = NULL;
    ok(orr_scene_create(&params, &scene, &err));
    return scene;
}

static orr_node add(orr_scene *scene, orr_node_kind kind, const char *name, orr_node parent) {
    orr_node node = {0};
    ok(orr_scene_node(scene, kind, name, parent, &node, &err));
    return node;
}

static void set(orr_scene *scene, orr_node node, const char *property, const char *text) {
    orr_node_kind kind;
    orr_param_row row;
    orr_param_value value;
    ok(orr_node_kind_of(scene, node, &kind, &err));
    orr_param_row_get(orr_node_table(kind), orr_node_row(kind, property), &row);
    ok(orr_param_parse(&row, text, NULL, &value, &err));
    ok(orr_node_set(scene, node, orr_node_row(kind, property), &value, &err));
}

static double get(orr_scene *scene, orr_node node, const char *property) {
    orr_node_kind kind;
    orr_param_value value;
    ok(orr_node_kind_of(scene, node, &kind, &err));
    ok(orr_node_get(scene, node, orr_node_row(kind, property), &value, &err));
    return value.number[0];
}

static orr_digest publish(orr_scene *scene) {
    orr_revision *revision = NULL;
    ok(orr_scene_publish(scene, &revision, &err));
    orr_digest digest = orr_revision_digest(revision);
    orr_revision_release(&revision);
    return digest;
}

/* Publishing is refused, for a reason that has both words in it. */
static void assert_refused(orr_scene *scene, orr_status status, const char *path, const char *word) {
    orr_revision *revision = NULL;
    assert_int_equal(orr_scene_publish(scene, &revision, &err), status);
    assert_null(revision);
    if (!strstr(err.message, path) || !strstr(err.message, word)) fail_msg("%s", err.message);
}

static bool same(orr_digest a, orr_digest b) {
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

/* --- parameters as values ------------------------------------------------------------------------------ */

static void test_param_values(void **state) {
    (void)state;
    static const struct {
        orr_param_row row;
        const char *text, *value;
    } cases[] = {
        {{.name = "a", .type = ORR_PARAM_BOOL}, "true", "true"},
        {{.name = "a", .type = ORR_PARAM_I32}, "-3", "-3"},
        {{.name = "a", .type = ORR_PARAM_U32}, "4000000000", "4000000000u"},
        {{.name = "a", .type = ORR_PARAM_F32}, "0.5", "0.5"},
        {{.name = "a", .type = ORR_PARAM_F64}, "0.1", "0.1"},
        {{.name = "a", .type = ORR_PARAM_VEC2}, "1 2", "vec2(1, 2)"},
        {{.name = "a", .type = ORR_PARAM_VEC3}, "1 2 3", "vec3(1, 2, 3)"},
        {{.name = "a", .type = ORR_PARAM_VEC4}, "1 2 3 4", "vec4(1, 2, 3, 4)"},
        {{.name = "a", .type = ORR_PARAM_QUAT}, "0 0 0 1", "quat(0, 0, 0, 1)"},
        {{.name = "a", .type = ORR_PARAM_ENUM, .choices = "red|green"}, "green", "\"green\""},
        {{.name = "a", .type = ORR_PARAM_STRING}, "some text", "\"some text\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        orr_arena arena = {0};
        orr_param_value value, back;
        orr_text text = {0};
        ok(orr_param_parse(&cases[i].row, cases[i].text, &arena, &value, &err));
        const orr_value *shown = orr_value_of_param(&cases[i].row, &value);
        orr_value_print(&text, shown);
        assert_string_equal(orr_text_cstr(&text), cases[i].value);
        ok(orr_value_to_param(&cases[i].row, shown, &back, &err));
        assert_true(orr_param_equal(&value, &back));
        orr_value_release(shown);
        orr_text_free(&text);
        orr_arena_free(&arena);
    }
}

static void test_param_refusals(void **state) {
    (void)state;
    const orr_param_row number = {.name = "a", .type = ORR_PARAM_F64, .min = "0", .max = "1"},
                        whole = {.name = "a", .type = ORR_PARAM_U32},
                        choice = {.name = "a", .type = ORR_PARAM_ENUM, .choices = "red|green"};
    const struct {
        const orr_param_row *row;
        const orr_value *value;
        orr_status status;
    } cases[] = {{&number, orr_value_string("x"), ORR_E_TYPE},
                 {&number, orr_value_double(2.0), ORR_E_OUT_OF_RANGE},
                 {&number, orr_value_double(NAN), ORR_E_OUT_OF_RANGE},
                 {&whole, orr_value_double(0.5), ORR_E_OUT_OF_RANGE},
                 {&whole, orr_value_uint(UINT64_MAX), ORR_E_OUT_OF_RANGE},
                 {&choice, orr_value_string("blue"), ORR_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        orr_param_value value;
        orr_status status = orr_value_to_param(cases[i].row, cases[i].value, &value, &err);
        if (cases[i].status) assert_int_equal(status, cases[i].status);
        assert_int_not_equal(status, ORR_OK);
        orr_value_release(cases[i].value);
    }
}

/* --- a scene shown ------------------------------------------------------------------------------------- */

static void test_shown(void **state) {
    (void)state;
    orr_scene *scene = make_scene(true);
    orr_node group = add(scene, ORR_NODE_GROUP, "arm", (orr_node){0});
    orr_node second = add(scene, ORR_NODE_GROUP, "arm", group);
    add(scene, ORR_NODE_GROUP, "arm", second);
    add(scene, ORR_NODE_GROUP, "a/\x01\xff..", group);
    add(scene, ORR_NODE_GROUP, "..", group);
    orr_node camera = add(scene, ORR_NODE_CAMERA, "eye", group);
    set(scene, camera, "vfov_deg", "40");
    set(scene, camera, "position_m", "1 2 3");
    assert_at("scenes/main/current_revision", "0u");
    publish(scene);
    assert_at("scenes/main/src/arm/kind", "\"group\"");
    assert_at("scenes/main/src/arm/parent", "\"\"");
    assert_at("scenes/main/src/arm~2/parent", "\"arm\"");
    assert_at("scenes/main/src/arm~3/parent", "\"arm~2\"");
    assert_at("scenes/main/src/a___../kind", "\"group\"");
    assert_at("scenes/main/src/_/kind", "\"group\"");
    assert_at("scenes/main/src/eye/vfov_deg", "40.0");
    assert_at("scenes/main/src/eye/position_m", "vec3(1, 2, 3)");
    assert_at("scenes/main/src/eye/iso", "(none)"); /* not authored: the default */
    assert_at("scenes/main/current_revision", "1u");
    assert_at("scenes/main/builds/1/nodes", "6u");
    ok(orr_node_remove(scene, second, &err)); /* names stay with their nodes */
    add(scene, ORR_NODE_GROUP, "arm", (orr_node){0});
    for (int i = 0; i < 3; i++) publish(scene);
    assert_at("scenes/main/src/arm/kind", "\"group\"");
    assert_at("scenes/main/src/arm~3/kind", "(none)"); /* it was below */
    assert_at("scenes/main/src/arm~2/parent", "\"\"");
    assert_at("scenes/main/current_revision", "4u");
    assert_at("scenes/main/builds/1/nodes", "(none)");
    assert_at("scenes/main/builds/2/nodes", "5u");
    orr_scene *other = make_scene(true);
    publish(other);
    assert_at("scenes/main~2/current_revision", "1u");
    orr_scene_destroy(&scene);
    assert_at("scenes/main/current_revision", "(none)");
    orr_scene_destroy(&other);
}

/* Many nodes of one name: each gets its own, whatever the order in which free ones are looked for. */
static void test_one_name(void **state) {
    (void)state;
    orr_scene *scene = make_scene(true);
    char **names = NULL;
    size_t count = 0;
    for (int i = 0; i < 300; i++) add(scene, ORR_NODE_GROUP, i % 2 ? "leaf" : "leaf~7", (orr_node){0});
    publish(scene);
    ok(orr_space_list(space, "/apps/test/scenes/main/src", &names, &count, &err));
    assert_int_equal(count, 300);
    orr_names_free(&names, count);
    orr_scene_destroy(&scene);
}

/* --- a scene edited ------------------------------------------------------------------------------------ */

static void test_edited(void **state) {
    (void)state;
    orr_scene *scene = make_scene(true), *plain = make_scene(false);
    orr_node camera = add(scene, ORR_NODE_CAMERA, "eye", (orr_node){0}),
             twin = add(plain, ORR_NODE_CAMERA, "eye", (orr_node){0});
    set(scene, camera, "vfov_deg", "40"), set(plain, twin, "vfov_deg", "40");
    orr_digest before = publish(scene);
    assert_true(same(before, publish(plain))); /* showing changes nothing */
    assert_true(same(before, publish(scene)));
    /* a value, of a type that converts, beside one that the script sets meanwhile */
    write_at("scenes/main/src/eye/vfov_deg", orr_value_int(20));
    write_at("scenes/main/src/eye/iso", orr_value_double(400));
    set(scene, camera, "f_stop", "4");
    write_at("scenes/main/src/eye/focal_length_mm", orr_value_int(50)); /* by its former name */
    assert_false(same(before, publish(scene)));
    assert_true(get(scene, camera, "focal_mm") == 50);
    assert_at("scenes/main/src/eye/focal_mm", "50.0");
    assert_at("scenes/main/src/eye/focal_length_mm", "(none)");
    assert_true(get(scene, camera, "vfov_deg") == 20 && get(scene, camera, "iso") == 400);
    assert_true(get(scene, camera, "f_stop") == 4);
    assert_at("scenes/main/src/eye/vfov_deg", "20.0");
    assert_at("scenes/main/src/eye/f_stop", "4.0");
    /* removing a value is going back to the default */
    remove_at("scenes/main/src/eye/iso"), remove_at("scenes/main/src/eye/vfov_deg");
    remove_at("scenes/main/src/eye/f_stop"), remove_at("scenes/main/src/eye/focal_mm");
    assert_false(same(before, publish(scene)));
    assert_true(get(scene, camera, "iso") == 100 && get(scene, camera, "vfov_deg") == 35);
    assert_at("scenes/main/src/eye/vfov_deg", "(none)");
    set(scene, camera, "vfov_deg", "40");
    assert_true(same(before, publish(scene)));
    /* removing a node is removing it and what is below */
    add(scene, ORR_NODE_GROUP, "arm", (orr_node){0});
    orr_node group = add(scene, ORR_NODE_GROUP, "hand", (orr_node){0});
    add(scene, ORR_NODE_GROUP, "finger", group);
    publish(scene);
    remove_at("scenes/main/src/arm"), remove_at("scenes/main/src/hand");
    assert_true(same(before, publish(scene)));
    assert_at("scenes/main/src/finger/kind", "(none)");
    orr_scene_destroy(&scene), orr_scene_destroy(&plain);
}

static void test_edits_refused(void **state) {
    (void)state;
    static const struct {
        const char *path, *word;
        orr_status status;
    } cases[] = {{"eye/vfov_deg", "double", ORR_E_TYPE},
                 {"eye/vfov", "vfov_deg", ORR_E_UNKNOWN_KEY},
                 {"eye/kind", "script", ORR_E_UNSUPPORTED},
                 {"eyes/vfov_deg", "no such node", ORR_E_UNKNOWN_KEY},
                 {"sky/hdri", "script", ORR_E_UNSUPPORTED}};
    orr_scene *scene = make_scene(true);
    char path[256];
    add(scene, ORR_NODE_CAMERA, "eye", (orr_node){0});
    add(scene, ORR_NODE_ENVIRONMENT, "sky", (orr_node){0});
    write_at("scenes/main/src/eye/iso", orr_value_double(200)); /* nobody has shown the node */
    assert_refused(scene, ORR_E_UNKNOWN_KEY, "scenes/main/src/eye", "shown");
    remove_at("scenes/main/src");
    orr_digest before = publish(scene);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(path, sizeof path, "scenes/main/src/%s", cases[i].path);
        write_at(path, orr_value_string("wide"));
        for (int again = 0; again < 2; again++) /* it stays wrong till it is put right */
            assert_refused(scene, cases[i].status, i == 3 ? "src/eyes" : path, cases[i].word);
        remove_at(i == 3 ? "scenes/main/src/eyes" : path);
        if (i == 2) write_at(path, orr_value_string("camera"));
        assert_true(same(before, publish(scene)));
    }
    write_at("scenes/main/src/eye/iso", orr_value_double(-1));
    assert_refused(scene, ORR_E_OUT_OF_RANGE, "scenes/main/src/eye/iso", "iso");
    write_at("scenes/main/src/eye/iso", orr_value_double(100));
    publish(scene);
    orr_scene_destroy(&scene);
}

/* --- frames -------------------------------------------------------------------------------------------- */

static orr_status evaluate(void *context, double t_s, orr_param_value *values, orr_error *error) {
    (void)context, (void)error;
    values[0] = (orr_param_value){.type = ORR_PARAM_VEC3, .number = {t_s, 0, 3}};
    values[1] = (orr_param_value){.type = ORR_PARAM_F64, .number = {t_s}};
    return ORR_OK;
}

typedef struct shot {
    orr_scene *scene;
    orr_settings *settings;
    orr_track tracks[2];
    orr_sequence sequence;
} shot;

static shot make_shot(bool shown) {
    shot s = {.scene = make_scene(shown)};
    orr_arena arena = {0};
    orr_mesh_data ball;
    orr_mesh mesh;
    ok(orr_mesh_icosphere(&arena, &(orr_icosphere_params){.splits = 3}, &ball, &err));
    ok(orr_scene_mesh(s.scene, "ball", &ball, &mesh, &err));
    orr_arena_free(&arena);
    ok(orr_node_set_mesh(s.scene, add(s.scene, ORR_NODE_MESH, "ball", (orr_node){0}), mesh, (orr_material){0},
                         &err));
    add(s.scene, ORR_NODE_SUN, "sun", (orr_node){0});
    orr_node camera = add(s.scene, ORR_NODE_CAMERA, "eye", (orr_node){0});
    set(s.scene, camera, "position_m", "0 0 4");
    set(s.scene, camera, "look_at_m", "0 0 0");
    ok(orr_settings_create(orr_engine_modules(engine), &s.settings, &err));
    s.tracks[0] = (orr_track){.node = camera, .param = "position_m"};
    s.tracks[1] = (orr_track){.module = "exposure", .param = "compensation_ev"};
    s.sequence = (orr_sequence){.name = "shot",
                                .width = 48,
                                .height = 32,
                                .fps_num = 10,
                                .fps_den = 1,
                                .frame_count = 8,
                                .samples = 2,
                                .scene = s.scene,
                                .camera = camera,
                                .track_count = 2,
                                .evaluate = evaluate};
    return s;
}

static void free_shot(shot *s) {
    orr_settings_destroy(&s->settings);
    orr_scene_destroy(&s->scene);
}

static orr_status render(orr_renderer *renderer, shot *s, const char *pattern) {
    orr_sequence_report report;
    const orr_sequence_options options = {.out = pattern};
    s->sequence.tracks = s->tracks;
    return orr_sequence_render(renderer, &s->sequence, s->settings, &options, &report, &err);
}

static orr_renderer *get_renderer(void) {
    orr_renderer *renderer = NULL;
    orr_status status = orr_engine_renderer(engine, &renderer, &err);
    if (status == ORR_E_NO_DEVICE) {
        print_message("skipped: %s\n", err.message);
        skip();
    }
    ok(status);
    return renderer;
}

static void test_target(void **state) {
    (void)state;
    orr_renderer *renderer = get_renderer();
    shot s = make_shot(true);
    char pattern[128], folder[128];
    snprintf(pattern, sizeof pattern, "%s/target_####.png", k_folder);
    ok(render(renderer, &s, pattern));
#define AT "renderers/main/targets/textures/shot/"
    assert_at(AT "scene", "\"/apps/test/scenes/main\"");
    assert_at(AT "desc/width", "48u");
    assert_at(AT "desc/outputs", "[\"ldr\"]");
    assert_at(AT "settings/exposure/compensation_ev", "0.0");
    assert_at(AT "output/v1/common/frame_index", "7");
    assert_at(AT "output/v1/common/revision", "1u");
    assert_at(AT "output/v1/common/draws", "1u");
    assert_at(AT "output/v1/common/last_error", "\"\"");
    assert_at(AT "output/v1/evaluated/eye/position_m", "vec3(0.7, 0, 3)");
    assert_at(AT "output/v1/evaluated_settings/exposure/compensation_ev", "0.7");
    assert_at("scenes/main/src/eye/position_m", "vec3(0, 0, 4)"); /* what was authored stays */
    assert_at(AT "status", "\"ended\"");
    const orr_value *ms = NULL;
    double number = 0;
    ok(orr_space_get(space, "/apps/test/" AT "output/v1/common/passes/lighting_ms", &ms, &err));
    assert_true(orr_value_as_double(ms, &number) && number >= 0);
    orr_value_release(ms);
    /* written between two renders: the second has it, and is shown in the place of the first */
    write_at("scenes/main/src/ball/visible", orr_value_bool(false));
    ok(render(renderer, &s, pattern));
    assert_at(AT "output/v1/common/draws", "0u");
    assert_at(AT "output/v1/common/revision", "2u");
    /* so does a value where the script has a function of time, until it is taken away again */
    write_at("scenes/main/src/eye/position_m", orr_value_vec((const double[]){1, 1, 5}, 3));
    ok(render(renderer, &s, pattern));
    assert_at(AT "output/v1/evaluated/eye/position_m", "(none)");
    assert_at(AT "output/v1/evaluated_settings/exposure/compensation_ev", "0.7");
    remove_at("scenes/main/src/eye/position_m");
    ok(render(renderer, &s, pattern));
    assert_at(AT "output/v1/evaluated/eye/position_m", "vec3(0.7, 0, 3)");
    /* a failure is filed */
    snprintf(folder, sizeof folder, "%s/target_0000.png/x_####.png", k_folder);
    orr_status status = render(renderer, &s, folder);
    assert_int_not_equal(status, ORR_OK);
    const orr_value *live = NULL;
    ok(orr_space_get(space, "/apps/test/diagnostics/errors/live", &live, &err));
    assert_string_equal(orr_value_cstr(orr_value_field(live, "correlation")), "shot");
    assert_non_null(strstr(orr_value_cstr(orr_value_field(live, "message")), "target_0000.png"));
    orr_value_release(live);
    orr_queue_stats stats;
    ok(orr_space_queue_stats(space, "/apps/test/diagnostics/errors/history", &stats, &err));
    assert_int_equal(stats.pushed, 1);
    free_shot(&s);
}

/* Two targets of one label live side by side. */
static void test_labels(void **state) {
    (void)state;
    orr_renderer *renderer = get_renderer();
    shot s = make_shot(true);
    orr_revision *revision = NULL;
    orr_target *targets[2];
    const orr_output ldr = {.channel = "ldr"};
    ok(orr_scene_publish(s.scene, &revision, &err));
    const orr_target_params params = {.label = "a/b",
                                      .width = 8,
                                      .height = 8,
                                      .samples = 1,
                                      .outputs = &ldr,
                                      .output_count = 1,
                                      .settings = s.settings,
                                      .revision = revision};
    for (int i = 0; i < 2; i++) ok(orr_target_create(renderer, &params, &targets[i], &err));
    assert_at("renderers/main/targets/textures/a_b/status", "\"live\"");
    assert_at("renderers/main/targets/textures/a_b~2/status", "\"live\"");
    for (int i = 0; i < 2; i++) orr_target_destroy(&targets[i]);
    assert_at("renderers/main/targets/textures/a_b~2/status", "\"ended\"");
    orr_renderer_forget(renderer, revision);
    orr_revision_release(&revision);
    free_shot(&s);
}

/* Bit for bit the same files with and without a space. */
static void test_same_image(void **state) {
    (void)state;
    orr_renderer *renderers[2] = {get_renderer(), NULL};
    orr_gpu *gpu = NULL;
    ok(orr_engine_gpu(engine, &gpu, &err));
    const orr_renderer_params params = {.gpu = gpu,
                                        .jobs = orr_engine_jobs(engine),
                                        .assets = orr_engine_assets(engine),
                                        .shaders = orr_engine_shaders(engine),
                                        .log = orr_engine_log(engine)};
    ok(orr_renderer_create(&params, &renderers[1], &err));
    for (int i = 0; i < 2; i++) {
        shot s = make_shot(i == 0);
        char pattern[128];
        snprintf(pattern, sizeof pattern, "%s/same%d_####.png", k_folder, i);
        ok(render(renderers[i], &s, pattern));
        free_shot(&s);
    }
    for (int frame = 0; frame < 8; frame++) {
        uint8_t *data[2];
        size_t size[2];
        for (int i = 0; i < 2; i++) {
            char path[128];
            snprintf(path, sizeof path, "%s/same%d_%04d.png", k_folder, i, frame);
            ok(orr_file_read(path, 1 << 20, &data[i], &size[i], &err));
        }
        assert_int_equal(size[0], size[1]);
        assert_memory_equal(data[0], data[1], size[0]);
        free(data[0]), free(data[1]);
    }
    orr_renderer_destroy(&renderers[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_param_values), cmocka_unit_test(test_param_refusals),
        cmocka_unit_test(test_shown),        cmocka_unit_test(test_one_name),
        cmocka_unit_test(test_edited),       cmocka_unit_test(test_edits_refused),
        cmocka_unit_test(test_target),       cmocka_unit_test(test_labels),
        cmocka_unit_test(test_same_image)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
