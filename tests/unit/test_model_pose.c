/* Poses and deformation against values worked out by hand. */
#include "gltf_fixture.h"

#include <math.h>

#include "resource/vertex.h"

/* Three floats of times at 0, s; then what each test puts. */
static char *animated(const char *path, const char *interpolation, const char *type, uint32_t count) {
    char *json = malloc(2000);
    assert_non_null(json);
    (void)snprintf(
        json, 2000,
        "{'asset':{'version':'2.0'},'nodes':[{'children':[1],'translation':[0,0,5]},{'translation':[1,0,0]}],"
        "'animations':[{'channels':[{'sampler':0,'target':{'node':1,'path':'%s'}}],"
        "'samplers':[{'input':0,'output':1,'interpolation':'%s'}]}],"
        "'accessors':[{'bufferView':0,'componentType':5126,'count':2,'type':'SCALAR'},"
        "{'bufferView':1,'componentType':5126,'count':%u,'type':'%s'}],"
        "'bufferViews':[{'buffer':0,'byteLength':8},{'buffer':0,'byteOffset':8,'byteLength':%u}],"
        "'buffers':[{'byteLength':%u}]}",
        path, interpolation, count, type, count * (type[3] == '4' ? 16 : 12),
        8 + count * (type[3] == '4' ? 16 : 12));
    return json;
}

static void pose_at(const orr_model *m, double t, bool loop, double world[32]) {
    orr_model_pose(m, 0, t, loop, world, NULL);
}

static void near3(const double *have, double x, double y, double z) {
    assert_float_equal(have[0], x, 1e-6);
    assert_float_equal(have[1], y, 1e-6);
    assert_float_equal(have[2], z, 1e-6);
}

static void linear_and_step_translation(void **state) {
    (void)state;
    fixture_bytes bin = {.size = 0};
    PUT_F32(&bin, 1, 3, 2, 0, 0, 6, 4, 0); /* keys at 1 s and 3 s */
    char *json = animated("translation", "LINEAR", "VEC3", 2);
    orr_model m;
    double world[32];
    must_decode(json, &bin, &m);
    assert_float_equal(m.animations[0].duration_s, 3, 0);
    orr_model_pose(&m, ORR_NONE, 2, false, world, NULL);
    near3(world + 16 + 12, 1, 0, 5); /* the rest pose, below its parent */
    pose_at(&m, 2, false, world);
    near3(world + 16 + 12, 4, 2, 5);
    pose_at(&m, 0, false, world);
    near3(world + 16 + 12, 2, 0, 5); /* before the first key */
    pose_at(&m, 99, false, world);
    near3(world + 16 + 12, 6, 4, 5);
    pose_at(&m, 5, true, world); /* 5 s wraps to 2 s */
    near3(world + 16 + 12, 4, 2, 5);
    pose_at(&m, -1, true, world);
    near3(world + 16 + 12, 4, 2, 5);
    orr_model_free(&m);
    free(json);
    json = animated("translation", "STEP", "VEC3", 2);
    must_decode(json, &bin, &m);
    pose_at(&m, 2.99, false, world);
    near3(world + 16 + 12, 2, 0, 5);
    pose_at(&m, 3, false, world);
    near3(world + 16 + 12, 6, 4, 5);
    orr_model_free(&m);
    free(json);
}

static void slerp_takes_the_short_way(void **state) {
    (void)state;
    float h = sqrtf(0.5f);
    fixture_bytes bin = {.size = 0};
    PUT_F32(&bin, 0, 1, 0, 0, 0, 1, 0, 0, -h, -h); /* 90 degrees about z, with the other sign */
    char *json = animated("rotation", "LINEAR", "VEC4", 2);
    orr_model m;
    double world[32];
    must_decode(json, &bin, &m);
    pose_at(&m, 1.0 / 3, false, world);
    near3(world + 16, cos(3.14159265358979 / 6), 0.5, 0); /* the x axis turned by 30 degrees */
    orr_model_free(&m);
    free(json);
}

static void cubic_follows_its_tangents(void **state) {
    (void)state;
    fixture_bytes bin = {.size = 0};
    PUT_F32(&bin, 0, 2, 0, 0, 0, 1, 0, 0, 3, 0, 0, -1, 0, 0, 5, 0, 0, 0, 0, 0);
    char *json = animated("scale", "CUBICSPLINE", "VEC3", 6);
    orr_model m;
    double world[32], u = 0.25, td = 2;
    must_decode(json, &bin, &m);
    pose_at(&m, 0.5, false, world);
    double u2 = u * u, u3 = u2 * u; /* out-tangent 3 of key 0, in-tangent -1 of key 1 */
    double expected =
        (2 * u3 - 3 * u2 + 1) * 1 + td * (u3 - 2 * u2 + u) * 3 + (3 * u2 - 2 * u3) * 5 + td * (u3 - u2) * -1;
    assert_float_equal(world[16], expected, 1e-6);
    orr_model_free(&m);
    free(json);
}

static void refuses_bad_keys(void **state) {
    (void)state;
    fixture_bytes bin = {.size = 0};
    PUT_F32(&bin, 1, 1, 2, 0, 0, 6, 4, 0);
    char *json = animated("translation", "LINEAR", "VEC3", 2);
    must_refuse(json, &bin, ORR_E_OUT_OF_RANGE,
                "key 1 at 1 s does not follow key 0 at 1 s; times must increase");
    free(json);
    json = animated("translation", "CUBICSPLINE", "VEC3", 2);
    bin.data[4] = 0; /* 1.0 -> another, larger number below */
    PUT_F32(&bin, 0);
    float later = 2;
    memcpy(bin.data + 4, &later, 4);
    must_refuse(json, &bin, ORR_E_BAD_DATA, "accessor 1 has 2 values; 2 keys of 3 each need 6");
    free(json);
}

/* A vertex half bound to a joint that turns 90 degrees about z: it lands half-way. The mesh node stands
 * elsewhere, turned and mirrored: its own transform must cancel out. */
static const char skinned[] =
    "{'asset':{'version':'2.0'},'scene':0,'scenes':[{'nodes':[0,1]}],'nodes':["
    "{'mesh':0,'skin':0,'translation':[10,20,30],'rotation':[0,1,0,0],'scale':[-2,2,2]},"
    "{'children':[2]},{'rotation':[0,0,0.70710678,0.70710678]}],"
    "'skins':[{'joints':[1,2]}],'meshes':[{'primitives':[{'attributes':{'POSITION':0,'NORMAL':1,'JOINTS_0':2,"
    "'WEIGHTS_0':3}}]}],"
    "'accessors':[{'bufferView':0,'componentType':5126,'count':3,'type':'VEC3'},"
    "{'bufferView':1,'componentType':5126,'count':3,'type':'VEC3'},{'bufferView':2,'componentType':5121,'"
    "count':3,'type':'VEC4'},"
    "{'bufferView':3,'componentType':5121,'normalized':true,'count':3,'type':'VEC4'}],"
    "'bufferViews':[{'buffer':0,'byteLength':36},{'buffer':0,'byteOffset':36,'byteLength':36},"
    "{'buffer':0,'byteOffset':72,'byteLength':12},{'buffer':0,'byteOffset':84,'byteLength':12}],'buffers':[{'"
    "byteLength':96}]}";

static fixture_bytes skinned_bytes(void) {
    fixture_bytes bin = {.size = 0};
    PUT_F32(&bin, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0);
    PUT_U8(&bin, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 9, 9);         /* joints 9 carry no weight */
    PUT_U8(&bin, 255, 0, 0, 0, 100, 0, 0, 0, 128, 128, 0, 0); /* sums other than 1 are put right */
    return bin;
}

static void skin_ignores_the_mesh_node(void **state) {
    (void)state;
    fixture_bytes bin = skinned_bytes();
    orr_model m;
    double world[48];
    orr_vertex out[3];
    must_decode(skinned, &bin, &m);
    orr_model_pose(&m, ORR_NONE, 0, false, world, NULL);
    orr_model_deform(&m, 0, &m.primitives[0], world, NULL, out);
    static const double expected[3][3] = {{1, 0, 0}, {0, 1, 0}, {0.5, 0.5, 0}};
    for (int v = 0; v < 3; v++) {
        for (int k = 0; k < 3; k++) {
            double at = world[12 + k]; /* as drawn: the node's world times the vertex */
            for (int c = 0; c < 3; c++) at += world[4 * c + k] * (double)out[v].position[c];
            assert_float_equal(at, expected[v][k], 1e-5);
        }
    }
    float normal[3];
    orr_unpack_normal(out[1].normal_oct,
                      normal); /* world (0,1,0) seen from the node, which is turned about y */
    assert_float_equal(normal[1], 1, 1e-3);
    orr_model_free(&m);
    bin.data[76] = 2;
    must_refuse(skinned, &bin, ORR_E_OUT_OF_RANGE,
                "skin 0: mesh 0 primitive 0 JOINTS_0 names joint 2; the skin has 2");
}

/* Of eight influences the four strongest stay, made to sum to 1. */
static void eight_influences_become_four(void **state) {
    (void)state;
    fixture_bytes bin = {.size = 0};
    for (int i = 0; i < 3; i++) PUT_F32(&bin, (float)i, (float)(i % 2), 0);
    for (int i = 0; i < 3; i++) PUT_U8(&bin, 0, 1, 2, 3);
    for (int i = 0; i < 3; i++) PUT_U8(&bin, 4, 5, 6, 7);
    for (int i = 0; i < 3; i++) PUT_U8(&bin, 10, 50, 0, 20);
    for (int i = 0; i < 3; i++) PUT_U8(&bin, 100, 30, 20, 0);
    static const char json[] =
        "{'asset':{'version':'2.0'},'meshes':[{'primitives':[{'attributes':"
        "{'POSITION':0,'JOINTS_0':1,'JOINTS_1':2,'WEIGHTS_0':3,'WEIGHTS_1':4}}]}],"
        "'accessors':[{'bufferView':0,'componentType':5126,'count':3,'type':'VEC3'},"
        "{'bufferView':1,'componentType':5121,'count':3,'type':'VEC4'},"
        "{'bufferView':1,'byteOffset':12,'componentType':5121,'count':3,'type':'VEC4'},"
        "{'bufferView':1,'byteOffset':24,'componentType':5121,'normalized':true,'count':3,'type':'VEC4'},"
        "{'bufferView':1,'byteOffset':36,'componentType':5121,'normalized':true,'count':3,'type':'VEC4'}],"
        "'bufferViews':[{'buffer':0,'byteLength':36},{'buffer':0,'byteOffset':36,'byteLength':48}],"
        "'buffers':[{'byteLength':84}]}";
    orr_model m;
    must_decode(json, &bin, &m);
    static const uint16_t joints[4] = {4, 1, 5, 3};
    static const float weights[4] = {0.5f, 0.25f, 0.15f, 0.1f};
    assert_memory_equal(m.primitives[0].joints[2], joints, sizeof joints);
    for (int k = 0; k < 4; k++) assert_float_equal(m.primitives[0].weights[2][k], weights[k], 1e-6);
    orr_model_free(&m);
}

static void morphs_add_up(void **state) {
    (void)state;
    static const char json[] =
        "{'asset':{'version':'2.0'},'nodes':[{'mesh':1},{'mesh':0,'weights':[0.5,2]}],'meshes':["
        "{'weights':[1,0],'primitives':[{'attributes':{'POSITION':0},'targets':[{'POSITION':1},{'POSITION':1}"
        "]}]},"
        "{'weights':[0.25],'primitives':[{'attributes':{'POSITION':0},'targets':[{'POSITION':1}]}]}],"
        "'accessors':[{'bufferView':0,'componentType':5126,'count':3,'type':'VEC3'},{'bufferView':1,'"
        "componentType':5126,'count':3,'type':'VEC3'}],"
        "'bufferViews':[{'buffer':0,'byteLength':36},{'buffer':0,'byteOffset':36,'byteLength':36}],'buffers':"
        "[{'byteLength':72}]}";
    fixture_bytes bin = {.size = 0};
    PUT_F32(&bin, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 2, 0, 0, 3);
    orr_model m;
    double world[32];
    float weights[3];
    orr_vertex out[3];
    must_decode(json, &bin, &m);
    assert_int_equal(orr_model_weight_count(&m), 3);
    assert_int_equal(orr_model_weight_offset(&m, 1), 1);
    orr_model_pose(&m, ORR_NONE, 0, false, world, weights);
    assert_memory_equal(weights, ((float[]){0.25f, 0.5f, 2}), sizeof weights);
    orr_model_deform(&m, 1, &m.primitives[m.meshes[0].first_primitive], world, weights, out);
    assert_float_equal(out[2].position[2], 7.5, 1e-6);
    assert_float_equal(out[1].position[0], 1, 0);
    orr_model_free(&m);
}

/* --- real models ----------------------------------------------------------------------------------- */
static void nine_interpolations(void **state) {
    (void)state;
    orr_model m;
    if (!real_model("conformance/InterpolationTest.glb", &m)) skip();
    double *world = malloc(m.node_count * 16 * sizeof *world),
           *again = malloc(m.node_count * 16 * sizeof *again);
    assert_true(world && again);
    for (uint32_t a = 0; a < 9; a++) {
        const orr_model_channel *channel = &m.animations[a].channels[0];
        uint32_t middle = channel->interp == ORR_ANIM_CUBIC ? channel->width : 0,
                 stride = middle ? 3 * channel->width : channel->width;
        for (uint32_t key = 0; key < channel->key_count;
             key++) { /* on a key, the key's own value comes out */
            orr_model_pose(&m, a, channel->times_s[key], false, world, NULL);
            orr_model_pose(&m, a, channel->times_s[key], false, again, NULL);
            assert_memory_equal(world, again, m.node_count * 16 * sizeof *world);
            const float *value = channel->values + (size_t)key * stride + middle;
            const double *w = world + 16 * (size_t)channel->node;
            if (channel->path == ORR_ANIM_TRANSLATION) near3(w + 12, value[0], value[1], value[2]);
            if (channel->path == ORR_ANIM_SCALE) assert_float_equal(w[5], value[1], 1e-5);
        }
    }
    free(world);
    free(again);
    orr_model_free(&m);
}

/* In its rest pose a skin reproduces the mesh where the joints' matrices and inverse binds cancel. */
static void walkers_stay_in_one_piece(void **state) {
    (void)state;
    static const char *const files[] = {"Fox.glb", "CesiumMan.glb"};
    for (int f = 0; f < 2; f++) {
        orr_model m;
        if (!real_model(files[f], &m)) skip();
        double *world = malloc(m.node_count * 16 * sizeof *world);
        const orr_model_primitive *p = &m.primitives[0];
        orr_vertex *out = malloc(p->vertex_count * sizeof *out);
        uint32_t node = 0;
        while (m.nodes[node].skin == ORR_NONE) node++;
        double size = fmax(fmax(p->bounds_max[0] - p->bounds_min[0], p->bounds_max[1] - p->bounds_min[1]),
                           p->bounds_max[2] - p->bounds_min[2]);
        for (int step = 0; step < 8; step++) {
            orr_model_pose(&m, 0, step * m.animations[0].duration_s / 7, false, world, NULL);
            orr_model_deform(&m, node, p, world, NULL, out);
            for (uint32_t i = 0; i + 2 < p->index_count; i += 3) { /* no triangle is torn */
                const float *a = out[p->indices[i]].position, *b = out[p->indices[i + 1]].position;
                double edge = sqrt(pow(a[0] - b[0], 2) + pow(a[1] - b[1], 2) + pow(a[2] - b[2], 2));
                assert_true(edge < 0.5 * size);
            }
        }
        free(world);
        free(out);
        orr_model_free(&m);
    }
}

static void octahedral_packing_is_close(void **state) {
    (void)state;
    for (int i = 0; i < 2000; i++) { /* a spiral over the sphere */
        double z = 1 - 2 * (i + 0.5) / 2000, r = sqrt(1 - z * z), a = i * 2.399963;
        float d[3] = {(float)(r * cos(a)), (float)(r * sin(a)), (float)z}, n[3], t[3];
        orr_unpack_normal(orr_pack_normal(d), n);
        float sign = orr_unpack_tangent(orr_pack_tangent(d, i % 2 ? 1.0f : -1.0f), t);
        assert_true(sign == (i % 2 ? 1.0f : -1.0f));
        for (int k = 0; k < 3; k++) {
            assert_float_equal(n[k], d[k], 6e-5);
            assert_float_equal(t[k], d[k], 1.2e-4);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_and_step_translation),
        cmocka_unit_test(slerp_takes_the_short_way),
        cmocka_unit_test(cubic_follows_its_tangents),
        cmocka_unit_test(refuses_bad_keys),
        cmocka_unit_test(skin_ignores_the_mesh_node),
        cmocka_unit_test(eight_influences_become_four),
        cmocka_unit_test(morphs_add_up),
        cmocka_unit_test(nine_interpolations),
        cmocka_unit_test(walkers_stay_in_one_piece),
        cmocka_unit_test(octahedral_packing_is_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
