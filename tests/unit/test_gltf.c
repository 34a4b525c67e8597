/* The glTF reader: what it decodes, and every kind of damage with its message. */
#include "gltf_fixture.h"

#include <math.h>

#include "resource/vertex.h"

/* One triangle: positions at 0 (36 bytes), indices at 36 (6), spare floats at 44. Damage tests change one
 * piece of it. */
static const char triangle[] =
    "{'asset':{'version':'2.0'},'scene':0,'scenes':[{'nodes':[0]}],"
    "'nodes':[{'mesh':0,'name':'thing'}],"
    "'meshes':[{'name':'tri','primitives':[{'attributes':{'POSITION':0},'indices':1}]}],"
    "'accessors':[{'bufferView':0,'componentType':5126,'count':3,'type':'VEC3'},"
    "{'bufferView':1,'componentType':5123,'count':3,'type':'SCALAR'}],"
    "'bufferViews':[{'buffer':0,'byteLength':36},{'buffer':0,'byteOffset':36,'byteLength':6}],"
    "'buffers':[{'byteLength':108}]}";

static fixture_bytes triangle_bytes(void) {
    fixture_bytes b = {.size = 0};
    PUT_F32(&b, 0, 0, 0, 1, 0, 0, 0, 1, 0);
    PUT_U16(&b, 0, 1, 2, 0);
    PUT_F32(&b, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    return b;
}

static void decodes_a_triangle(void **state) {
    (void)state;
    fixture_bytes bin = triangle_bytes();
    orr_model m;
    must_decode(triangle, &bin, &m);
    assert_int_equal(m.triangle_count, 1);
    assert_int_equal(m.node_count, 1);
    assert_string_equal(m.nodes[0].name, "thing");
    assert_string_equal(m.meshes[0].name, "tri");
    const orr_model_primitive *p = &m.primitives[0];
    float normal[3];
    orr_unpack_normal(p->vertices[0].normal_oct, normal);
    assert_float_equal(normal[2], 1, 1e-6); /* flat, since the file has none */
    assert_true(p->vertices[0].colour_rgba8 == 0xffffffff && p->material == ORR_NONE && !p->has_tangents);
    assert_float_equal(p->bounds_max[0], 1, 0);
    assert_float_equal(p->bounds_min[1], 0, 0);
    orr_model_free(&m);
}

/* --- damage ---------------------------------------------------------------------------------------- */
static void refuses_damaged_json(void **state) {
    (void)state;
    static const struct {
        const char *from, *to;
        orr_status code;
        const char *message;
    } rows[] = {
        {"'2.0'", "'1.0'", ORR_E_VERSION, "glTF 1.0; Orrery reads glTF 2.0"},
        {"'asset'", "'asse'", ORR_E_BAD_DATA, "no asset.version"},
        {"'scene':0", "'scene':0,'scene':0", ORR_E_BAD_DATA, "duplicate object key"},
        {"'scene':0", "'scene':1", ORR_E_OUT_OF_RANGE, "\"scene\" names scene 1; the file has 1"},
        {"'scene':0", "'scene':'a'", ORR_E_TYPE, "\"scene\" must be the index of a scene"},
        {"{'asset'", "{'extensionsRequired':['KHR_draco_mesh_compression'],'asset'", ORR_E_UNSUPPORTED,
         "\"KHR_draco_mesh_compression\""},
        {"{'asset'", "{'extensionsRequired':['EXT_mesh_gpu_instancing'],'asset'", ORR_E_UNSUPPORTED,
         "\"EXT_mesh_gpu_instancing\""},
        {"'nodes':[0]", "'nodes':[7]", ORR_E_OUT_OF_RANGE, "scene 0: \"nodes\" names node 7; the file has 1"},
        {"'mesh':0", "'mesh':1", ORR_E_OUT_OF_RANGE,
         "node 0 \"thing\": \"mesh\" names mesh 1; the file has 1"},
        {"'mesh':0", "'mesh':0,'children':[0]", ORR_E_BAD_DATA, "node 0 \"thing\": it is its own child"},
        {"'name':'thing'}", "'children':[1]},{'children':[2]},{'children':[1]}", ORR_E_BAD_DATA,
         "child 1 is a child of node 0 already"},
        {"'name':'thing'}", "'name':'thing'},{'children':[2]},{'children':[1]}", ORR_E_BAD_DATA, "cycle"},
        {"'nodes':[0]}],'nodes':[{", "'nodes':[0]}],'nodes':[{},{'children':[0],", ORR_E_BAD_DATA,
         "a scene lists root nodes"},
        {"'nodes':[0]", "'nodes':[0,0]", ORR_E_BAD_DATA, "lists node 0 twice"},
        {"'mesh':0", "'rotation':[0,0,0,2]", ORR_E_OUT_OF_RANGE, "\"rotation\" has length 2"},
        {"'mesh':0", "'scale':[1,1]", ORR_E_BAD_DATA, "\"scale\" has 2 numbers; it must have 3"},
        {"'mesh':0", "'translation':[1,1e300,0]", ORR_E_TYPE, "\"translation\" element 1"},
        {"'mesh':0", "'matrix':[1,0,0,1,0,1,0,0,0,0,1,0,0,0,0,1]", ORR_E_BAD_DATA,
         "last row of \"matrix\" is 1 0 0 1"},
        {"'primitives':[{", "'primitives':[],'x':[{", ORR_E_BAD_DATA, "mesh 0 \"tri\": it has no primitives"},
        {"'POSITION'", "'POSITIO'", ORR_E_BAD_DATA, "mesh 0 \"tri\" primitive 0: it has no POSITION"},
        {"'POSITION':0", "'POSITION':9", ORR_E_OUT_OF_RANGE,
         "primitive 0: \"POSITION\" names accessor 9; the file has 2"},
        {"'POSITION':0", "'POSITION':1", ORR_E_TYPE,
         "POSITION: accessor 1 is SCALAR of unsigned short; it must be VEC3"},
        {"'indices':1", "'indices':0", ORR_E_TYPE, "accessor 0 is VEC3 of float; indices must be SCALAR"},
        {"'indices':1", "'mode':9", ORR_E_OUT_OF_RANGE, "\"mode\" is 9"},
        {"'indices':1", "'material':0", ORR_E_OUT_OF_RANGE, "\"material\" names material 0; the file has 0"},
        {"'indices':1", "'targets':[{'POSITION':1}]", ORR_E_TYPE, "morph POSITION: accessor 1 is SCALAR"},
        {"'POSITION':0", "'POSITION':0,'JOINTS_0':0", ORR_E_BAD_DATA, "only one of JOINTS_0 and WEIGHTS_0"},
        {"'indices':1}]", "'indices':1}],'weights':[1]", ORR_E_BAD_DATA, "1 weights and 0 morph targets"},
        {"'count':3", "'count':0", ORR_E_OUT_OF_RANGE, "\"count\" is 0"},
        {"'count':3", "'count':4", ORR_E_OUT_OF_RANGE,
         "accessor 0: its elements end at byte 48 of bufferView 0, which has 36"},
        {"'count':3", "'count':1073741823", ORR_E_OUT_OF_RANGE, "accessor 0: its elements end at byte"},
        {"'count':3", "'count':-1", ORR_E_OUT_OF_RANGE, "\"count\" is -1; it must be a whole number"},
        {"'count':3", "'count':3,'byteOffset':4", ORR_E_OUT_OF_RANGE, "end at byte 40 of bufferView 0"},
        {"'count':3", "'count':3,'byteOffset':9007199254740993", ORR_E_OUT_OF_RANGE, "\"byteOffset\""},
        {"'componentType':5126", "'componentType':5124", ORR_E_BAD_DATA, "no valid componentType"},
        {"'VEC3'", "'VEC9'", ORR_E_BAD_DATA, "accessor 0 has type \"VEC9\""},
        {"'byteLength':36", "'byteLength':36,'byteStride':8", ORR_E_BAD_DATA,
         "byteStride 8 of bufferView 0 is less than one element"},
        {"'byteLength':36", "'byteLength':200", ORR_E_OUT_OF_RANGE,
         "bufferView 0 ends at byte 200 of buffer 0, which has 108"},
        {"'buffer':0", "'buffer':3", ORR_E_OUT_OF_RANGE, "\"buffer\" names buffer 3; the file has 1"},
        {"'byteLength':108", "'byteLength':200", ORR_E_TRUNCATED,
         "buffer 0: the binary chunk has 108 bytes; byteLength says 200"},
        {"'byteLength':108", "'byteLength':108,'uri':'gone.bin'", ORR_E_NOT_FOUND, "\"gone.bin\""},
        {"'byteLength':108", "'byteLength':108,'uri':'http://x/y'", ORR_E_ESCAPE,
         "\"http://x/y\" is absolute"},
        {"'byteLength':108", "'byteLength':108,'uri':'/etc/passwd'", ORR_E_ESCAPE, "absolute"},
        {"'byteLength':108", "'byteLength':2,'uri':'data:;base64,A*=='", ORR_E_BAD_DATA,
         "not base64 at character 1"},
        {"'byteLength':108", "'byteLength':2,'uri':'data:text/plain,hello'", ORR_E_UNSUPPORTED, "base64"},
        {"'bufferView':0,'componentType':5126,'count':3", "'componentType':5126,'count':99999999",
         ORR_E_LIMIT, "no bufferView"},
        {"'count':3",
         "'sparse':{'count':1,'indices':{'bufferView':1,'componentType':5123,'byteOffset':4},'values':{'"
         "bufferView':0}},'count':2",
         ORR_E_OUT_OF_RANGE, "sparse index 0 is 2; they must increase and stay below 2"},
        {"'count':3",
         "'sparse':{'count':3,'indices':{'bufferView':1,'componentType':5125},'values':{'bufferView':0}},'"
         "count':3",
         ORR_E_OUT_OF_RANGE, "its sparse indices end at byte 12 of bufferView 1"},
        {"'nodes':[{",
         "'animations':[{'channels':[{'sampler':0,'target':{'node':0,'path':'spin'}}],'samplers':[{}]}],'"
         "nodes':[{",
         ORR_E_UNSUPPORTED, "animation 0 channel 0: target path \"spin\""},
        {"'nodes':[{",
         "'animations':[{'channels':[{'sampler':0,'target':{'node':0,'path':'weights'}}],'samplers':[{'input'"
         ":1,'output':1}]}],'nodes':[{",
         ORR_E_BAD_DATA, "has no morph targets"},
        {"'nodes':[{", "'materials':[{'alphaMode':'GLASS'}],'nodes':[{", ORR_E_BAD_DATA,
         "material 0: \"alphaMode\" is \"GLASS\""},
        {"'nodes':[{",
         "'materials':[{'name':'a\\nb','pbrMetallicRoughness':{'metallicFactor':2}}],'nodes':[{",
         ORR_E_OUT_OF_RANGE, "material 0 \"a?b\": \"metallicFactor\" is 2; it must be in 0..1"},
        {"'nodes':[{", "'materials':[{'normalTexture':{'index':0}}],'nodes':[{", ORR_E_OUT_OF_RANGE,
         "names texture 0; the file has 0"},
        {"'nodes':[{",
         "'materials':[{'normalTexture':{'index':0}}],'textures':[{'source':0}],'images':[{'bufferView':0}],'"
         "nodes':[{",
         ORR_E_UNSUPPORTED, "image 0 of test.glb is neither PNG nor JPEG"},
        {"'nodes':[{", "'cameras':[{'type':'perspective','perspective':{'yfov':1}}],'nodes':[{",
         ORR_E_BAD_DATA, "camera 0: it needs yfov and znear"},
        {"'nodes':[{", "'extensions':{'KHR_lights_punctual':{'lights':[{'type':'area'}]}},'nodes':[{",
         ORR_E_BAD_DATA, "light 0: \"type\" is \"area\""},
        {"'mesh':0", "'mesh':0,'skin':0}],'skins':[{'joints':[5]", ORR_E_OUT_OF_RANGE,
         "\"joints\" names node 5"},
        {"'mesh':0", "'mesh':0,'skin':0},{}],'skins':[{'joints':[1]", ORR_E_BAD_DATA, "outside the scene"},
    };
    fixture_bytes bin = triangle_bytes();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *json = replaced(triangle, rows[i].from, rows[i].to);
        must_refuse(json, &bin, rows[i].code, rows[i].message);
        free(json);
    }
}

static void refuses_damaged_data(void **state) {
    (void)state;
    fixture_bytes bin = triangle_bytes();
    float nan_value = NAN, infinite = -INFINITY;
    memcpy(bin.data + 16, &nan_value, 4);
    must_refuse(triangle, &bin, ORR_E_OUT_OF_RANGE,
                "mesh 0 \"tri\" primitive 0 POSITION: accessor 0: component 1 of element 1 is NaN; every "
                "number must be finite");
    memcpy(bin.data + 16, &infinite, 4);
    must_refuse(triangle, &bin, ORR_E_OUT_OF_RANGE, "component 1 of element 1 is infinite");
    bin = triangle_bytes();
    bin.data[38] = 3;
    must_refuse(triangle, &bin, ORR_E_OUT_OF_RANGE,
                "mesh 0 \"tri\" primitive 0: accessor 1 names vertex 3; the primitive has 3, so indices must "
                "be below that");
    must_refuse(triangle, NULL, ORR_E_BAD_DATA, "buffer 0 has no uri, and no binary chunk stands for it");
}

static void refuses_raw(const void *data, size_t size, orr_status code, const char *message) {
    orr_model model;
    orr_error err = {0};
    orr_status status = orr_model_decode(data, size, "raw", NULL, NULL, &model, &err);
    if (status != code || !strstr(err.message, message))
        fail_msg("expected %d \"%s\", got %d \"%s\"", code, message, status, err.message);
}

static void refuses_damaged_containers(void **state) {
    (void)state;
    refuses_raw("", 0, ORR_E_TRUNCATED, "the file is empty");
    refuses_raw("glTF\2\0\0", 7, ORR_E_TRUNCATED, "header of 12 bytes; the file ends after 7");
    refuses_raw("glTF\1\0\0\0\14\0\0\0", 12, ORR_E_VERSION, ".glb of version 1");
    refuses_raw("glTF\2\0\0\0\377\0\0\0", 12, ORR_E_TRUNCATED,
                "says it has 255 bytes; the file ends after 12");
    refuses_raw("glTF\2\0\0\0\24\0\0\0\377\0\0\0JSON", 20, ORR_E_TRUNCATED, "chunk at byte 12 has 255 bytes");
    refuses_raw("glTF\2\0\0\0\24\0\0\0\0\0\0\0BIN\0", 20, ORR_E_BAD_DATA, "does not begin with a JSON chunk");
    refuses_raw("\x89PNG", 4, ORR_E_BAD_DATA, "it is no glTF");
    refuses_raw("   ", 3, ORR_E_BAD_DATA, "it is no glTF");
    refuses_raw("{\"asset\":\n tru}", 15, ORR_E_BAD_DATA, "JSON line 2 column");
    char deep[400];
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"a\":", 5);
    refuses_raw(deep, sizeof deep, ORR_E_LIMIT, "nested deeper than 64");
    fixture_bytes bin = triangle_bytes();
    size_t size = 0;
    uint8_t *glb = make_glb(triangle, &bin, &size);
    for (size_t cut = 0; cut < size; cut++) { /* every truncation is refused, none crashes */
        orr_model model;
        assert_int_not_equal(orr_model_decode(glb, cut, "cut", NULL, NULL, &model, NULL), ORR_OK);
    }
    free(glb);
}

/* Small accessors that many primitives expand in ever new ways must not eat the machine. */
static void refuses_memory_bombs(void **state) {
    (void)state;
    static char json[200000];
    size_t n = (size_t)snprintf(json, sizeof json, "{'asset':{'version':'2.0'},'meshes':[{'primitives':[");
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(json + n, sizeof json - n, "%s{'attributes':{'POSITION':%d}}", i ? "," : "", i);
    n += (size_t)snprintf(json + n, sizeof json - n, "]}],'accessors':[");
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(json + n, sizeof json - n, "%s{'count':%d,'type':'VEC3','componentType':5126}",
                              i ? "," : "", 16777216 - i);
    (void)snprintf(json + n, sizeof json - n, "]}");
    must_refuse(json, NULL, ORR_E_LIMIT, "MiB, the limit for a file of this size");
}

/* --- what it reads --------------------------------------------------------------------------------- */
static void expands_strips_and_fans(void **state) {
    (void)state;
    fixture_bytes bin = {.size = 0};
    for (int i = 0; i < 5; i++) PUT_F32(&bin, (float)i, (float)(i % 2), 0);
    static const char json[] =
        "{'asset':{'version':'2.0'},'nodes':[{'mesh':0}],'meshes':[{'primitives':["
        "{'mode':5,'attributes':{'POSITION':0,'NORMAL':0}},{'mode':6,'attributes':{'POSITION':0,'NORMAL':0}},"
        "{'mode':4,'attributes':{'POSITION':0,'NORMAL':0}},{'mode':1,'attributes':{'POSITION':0}},"
        "{'mode':0,'attributes':{'POSITION':0}}]}],"
        "'accessors':[{'bufferView':0,'componentType':5126,'count':5,'type':'VEC3'}],"
        "'bufferViews':[{'buffer':0,'byteLength':60}],'buffers':[{'byteLength':60}]}";
    orr_model m;
    must_decode(json, &bin, &m);
    assert_int_equal(m.primitive_count, 3);
    assert_int_equal(m.skipped_primitives, 2);
    static const uint32_t strip[] = {0, 1, 2, 1, 3, 2, 2, 3, 4}, fan[] = {1, 2, 0, 2, 3, 0, 3, 4, 0},
                          list[] = {0, 1, 2};
    assert_int_equal(m.primitives[0].index_count, 9);
    assert_memory_equal(m.primitives[0].indices, strip, sizeof strip);
    assert_int_equal(m.primitives[1].index_count, 9);
    assert_memory_equal(m.primitives[1].indices, fan, sizeof fan);
    assert_int_equal(m.primitives[2].index_count, 3); /* the two left over are dropped */
    assert_memory_equal(m.primitives[2].indices, list, sizeof list);
    assert_ptr_equal(m.primitives[0].vertices, m.primitives[1].vertices); /* shared */
    assert_int_equal(m.triangle_count, 7);
    orr_model_free(&m);
}

static void shares_equal_accessors(void **state) {
    (void)state;
    fixture_bytes bin = triangle_bytes();
    /* accessor 2 reads the same bytes as 0 */
    char *json = replaced(triangle, "'indices':1}]",
                          "'indices':1},{'attributes':{'POSITION':2},'indices':1},"
                          "{'attributes':{'POSITION':0,'NORMAL':0},'indices':1}]");
    char *full = replaced(json, "'accessors':[", "'accessors':[");
    char *more = replaced(full, "'type':'SCALAR'}",
                          "'type':'SCALAR'},{'bufferView':0,'componentType':5126,'count':3,'type':'VEC3'}");
    orr_model m;
    must_decode(more, &bin, &m);
    assert_ptr_equal(m.primitives[0].vertices, m.primitives[1].vertices);
    assert_ptr_equal(m.primitives[0].indices, m.primitives[1].indices);
    assert_ptr_not_equal(m.primitives[0].vertices, m.primitives[2].vertices);
    orr_model_free(&m);
    free(json);
    free(full);
    free(more);
}

static void reads_small_components(void **state) {
    (void)state;
    fixture_bytes bin = {.size = 0};
    PUT_U16(&bin, 0, 0, 0, 0, 65535, 0, 0, 0, 0, 32768, 0, 0); /* 0: positions, unsigned short, stride 8 */
    PUT_U8(&bin, 0, 0, 127, 0, 0, 0, 127, 0, 0, 0, 129, 0);    /* 24: normals, byte, stride 4 */
    PUT_U8(&bin, 255, 0, 51, 0, 0, 255, 0, 0, 0, 0, 255, 0);   /* 36: colours, VEC3, stride 4 */
    PUT_U16(&bin, 0, 65535, 13107, 0, 0, 0);                   /* 48: uv */
    static const char json[] =
        "{'asset':{'version':'2.0'},'extensionsRequired':['KHR_mesh_quantization'],'meshes':[{'primitives':[{"
        "'attributes':"
        "{'POSITION':0,'NORMAL':1,'COLOR_0':2,'TEXCOORD_0':3}}]}],'accessors':["
        "{'bufferView':0,'componentType':5123,'normalized':true,'count':3,'type':'VEC3'},"
        "{'bufferView':1,'componentType':5120,'normalized':true,'count':3,'type':'VEC3'},"
        "{'bufferView':2,'componentType':5121,'normalized':true,'count':3,'type':'VEC3'},"
        "{'bufferView':3,'componentType':5123,'normalized':true,'count':3,'type':'VEC2'}],"
        "'bufferViews':[{'buffer':0,'byteLength':24,'byteStride':8},{'buffer':0,'byteOffset':24,'byteLength':"
        "12,'byteStride':4},"
        "{'buffer':0,'byteOffset':36,'byteLength':12,'byteStride':4},{'buffer':0,'byteOffset':48,'byteLength'"
        ":12}],"
        "'buffers':[{'byteLength':60}]}";
    orr_model m;
    must_decode(json, &bin, &m);
    const orr_vertex *v = m.primitives[0].vertices;
    float normal[3];
    assert_float_equal(v[1].position[0], 1, 0);
    assert_float_equal(v[2].position[1], 32768.0f / 65535, 1e-7);
    orr_unpack_normal(v[2].normal_oct, normal);
    assert_float_equal(normal[2], -1, 1e-6);
    assert_int_equal(v[0].colour_rgba8, 0xff3300ff);
    assert_float_equal(v[0].uv0[1], 1, 0);
    assert_float_equal(v[1].uv0[0], 0.2, 1e-6);
    orr_model_free(&m);
    char *bare = replaced(json, "'componentType':5121,'normalized':true", "'componentType':5121");
    must_refuse(bare, &bin, ORR_E_TYPE,
                "COLOR_0: accessor 2 is VEC3 of unsigned byte; it must be VEC3 of float, or normalized");
    free(bare);
}

static void reads_materials(void **state) {
    (void)state;
    fixture_bytes bin = triangle_bytes();
    memcpy(bin.data + 44, "\x89PNG\r\n\x1a\n#", 9);
    char *json = replaced(
        triangle, "'nodes':[{",
        "'materials':[{'name':'m','pbrMetallicRoughness':{'baseColorFactor':[1,0.5,0,0.25],'metallicFactor':"
        "0.5,"
        "'baseColorTexture':{'index':0,'extensions':{'KHR_texture_transform':{'offset':[1,2],'rotation':0.5,'"
        "scale':[3,4],'texCoord':1}}},"
        "'metallicRoughnessTexture':{'index':0}},'emissiveFactor':[1,0,0.5],'alphaMode':'MASK','alphaCutoff':"
        "0.25,'doubleSided':true,"
        "'normalTexture':{'index':0,'scale':2},'occlusionTexture':{'index':0,'strength':0.5},"
        "'extensions':{'KHR_materials_emissive_strength':{'emissiveStrength':8},'KHR_materials_ior':{'ior':1."
        "33},'KHR_materials_unlit':{}}}],"
        "'textures':[{'source':0,'sampler':0}],'samplers':[{'wrapS':33071,'wrapT':33648,'magFilter':9728}],"
        "'images':[{'bufferView':2}],'nodes':[{");
    char *whole =
        replaced(json, "'byteLength':6}", "'byteLength':6},{'buffer':0,'byteOffset':44,'byteLength':9}");
    orr_model m;
    must_decode(whole, &bin, &m);
    const orr_model_material *a = &m.materials[0];
    assert_float_equal(a->base_colour[3], 0.25, 0);
    assert_float_equal(a->emissive[2], 4, 0);
    assert_true(a->unlit && a->double_sided && a->alpha_mode == ORR_ALPHA_MASK && a->alpha_cutoff == 0.25f);
    assert_float_equal(a->ior, 1.33, 1e-6);
    assert_float_equal(a->roughness, 1, 0);
    assert_float_equal(a->base_colour_map.rotation_rad, 0.5, 0);
    assert_true(a->base_colour_map.uv_set == 1 && a->base_colour_map.scale[1] == 4 &&
                a->base_colour_map.offset[0] == 1);
    assert_true(a->normal_map.wrap_s == ORR_WRAP_CLAMP && a->normal_map.wrap_t == ORR_WRAP_MIRROR &&
                a->normal_map.nearest);
    assert_true(a->emissive_map.image == ORR_NONE && a->normal_scale == 2 && a->occlusion_strength == 0.5f);
    assert_int_equal(m.image_count, 2); /* once as sRGB, once as data, the same bytes */
    assert_ptr_equal(m.images[0].bytes, m.images[1].bytes);
    assert_true(m.images[a->base_colour_map.image].srgb && !m.images[a->normal_map.image].srgb);
    assert_int_equal(m.images[0].size, 9);
    orr_model_free(&m);
    free(whole);
    free(json);
}

static void orders_nodes_parents_first(void **state) {
    (void)state;
    static const char json[] =
        "{'asset':{'version':'2.0'},'scene':1,'scenes':[{'nodes':[4]},{'nodes':[3,2]}],'nodes':["
        "{'name':'c','camera':0},{'name':'a','children':[0],'extensions':{'KHR_lights_punctual':{'light':0}}}"
        ","
        "{'name':'x','matrix':[0,2,0,0,-3,0,0,0,0,0,4,0,7,8,9,1]},{'name':'r','children':[1]},{'name':'other'"
        "}],"
        "'cameras':[{'type':'perspective','perspective':{'yfov':0.5,'znear':0.1}}],"
        "'extensions':{'KHR_lights_punctual':{'lights':[{'type':'spot','intensity':5,'spot':{'outerConeAngle'"
        ":0.5}}]}}}";
    orr_model m;
    must_decode(json, NULL, &m);
    assert_int_equal(m.node_count, 4); /* node 4 is in another scene */
    assert_string_equal(m.nodes[0].name, "r");
    assert_string_equal(m.nodes[1].name, "a");
    assert_string_equal(m.nodes[2].name, "c");
    assert_string_equal(m.nodes[3].name, "x");
    assert_true(m.nodes[0].parent == ORR_NONE && m.nodes[1].parent == 0 && m.nodes[2].parent == 1);
    assert_true(m.nodes[2].camera == 0 && m.nodes[1].light == 0 && m.nodes[0].light == ORR_NONE);
    assert_true(m.cameras[0].zfar == 0 && m.cameras[0].aspect == 0 && m.lights[0].outer_rad == 0.5);
    const orr_model_node *x = &m.nodes[3];
    assert_false(x->has_matrix);
    assert_float_equal(x->scale[0], 2, 1e-12);
    assert_float_equal(x->scale[1], 3, 1e-12);
    assert_float_equal(x->rotation[2], sqrt(0.5), 1e-12); /* 90 degrees about z */
    assert_float_equal(x->rotation[3], sqrt(0.5), 1e-12);
    assert_float_equal(x->translation[2], 9, 0);
    orr_model_free(&m);
    char *sheared = replaced(json, "[0,2,0,0,-3,0", "[0,2,0,0,-3,1");
    must_decode(sheared, NULL, &m);
    assert_true(m.nodes[3].has_matrix);
    assert_float_equal(m.nodes[3].matrix[5], 1, 0);
    orr_model_free(&m);
    free(sheared);
}

static orr_status fetch_named(void *context, const char *uri, uint8_t **data, size_t *size, orr_error *err) {
    (void)err;
    assert_string_equal(uri, "a b/\xc3\xa9.bin");
    const fixture_bytes *bytes = context;
    *data = malloc(bytes->size);
    assert_non_null(*data);
    memcpy(*data, bytes->data, bytes->size);
    *size = bytes->size;
    return ORR_OK;
}

static void reads_uris(void **state) {
    (void)state;
    fixture_bytes bin = triangle_bytes();
    char *json = replaced(triangle, "'byteLength':108", "'byteLength':108,'uri':'a%20b/%C3%a9.bin'");
    for (char *c = json; *c; c++) *c = *c == '\'' ? '"' : *c;
    orr_model m;
    orr_error err = {0};
    if (orr_model_decode(json, strlen(json), "t", fetch_named, &bin, &m, &err) != ORR_OK)
        fail_msg("%s", err.message);
    assert_int_equal(m.triangle_count, 1);
    orr_model_free(&m);
    free(json);
    /* three floats 0 0 1 in base64, stretched over a triangle by stride-less zero tail */
    static const char data[] =
        "{'asset':{'version':'2.0'},'meshes':[{'primitives':[{'attributes':{'POSITION':0}}]}],"
        "'accessors':[{'bufferView':0,'componentType':5126,'count':1,'type':'VEC3'}],"
        "'bufferViews':[{'buffer':0,'byteLength':12}],"
        "'buffers':[{'byteLength':12,'uri':'data:application/octet-stream;base64,AAAAAAAAAAAAAIA/'}]}";
    must_decode(data, NULL, &m);
    assert_int_equal(m.skipped_primitives, 1); /* one vertex makes no triangle */
    orr_model_free(&m);
}

/* Tangents made by us against those in a published file, which has mirrored uvs. "_" hides the attribute's
 * name. */
static void generates_tangents_like_the_published(void **state) {
    (void)state;
    char folder[4096];
    size_t size = 0;
    uint8_t *bytes = real_bytes("conformance/NormalTangentMirrorTest.glb", folder, &size);
    if (!bytes) skip();
    orr_model given, made;
    assert_int_equal(orr_model_decode(bytes, size, "given", NULL, NULL, &given, NULL), ORR_OK);
    for (size_t i = 0; i + 9 < size; i++)
        if (memcmp(bytes + i, "\"TANGENT\"", 9) == 0) bytes[i + 1] = '_';
    assert_int_equal(orr_model_decode(bytes, size, "made", NULL, NULL, &made, NULL), ORR_OK);
    const orr_model_primitive *a = &given.primitives[0], *b = &made.primitives[0];
    assert_true(a->has_tangents && b->has_tangents && a->vertex_count == b->vertex_count);
    uint32_t same_sign = 0, near = 0;
    for (uint32_t i = 0; i < a->vertex_count; i++) {
        float s[3], t[3];
        same_sign += orr_unpack_tangent(a->vertices[i].tangent_oct, s) ==
                     orr_unpack_tangent(b->vertices[i].tangent_oct, t);
        near += s[0] * t[0] + s[1] * t[1] + s[2] * t[2] > 0.95f;
    }
    assert_in_range(same_sign, a->vertex_count * 99 / 100, a->vertex_count);
    assert_in_range(near, a->vertex_count * 95 / 100, a->vertex_count);
    orr_model_free(&given);
    orr_model_free(&made);
    free(bytes);
}

/* --- real models ----------------------------------------------------------------------------------- */
static void reads_published_models(void **state) {
    (void)state;
    static const struct {
        const char *file;
        uint32_t triangles, vertices, draws, meshes, materials, images, nodes, skins, joints, animations;
    } rows[] = {
        {"FlightHelmet/FlightHelmet.gltf", 94722, 55392, 6, 6, 6, 15, 6, 0, 0, 0},
        {"dutch_ship_medium/dutch_ship_medium_1k.gltf", 69162, 64544, 3, 3, 3, 9, 3, 0, 0, 0},
        {"AlphaBlendModeTest.glb", 61, 137, 9, 9, 6, 4, 9, 0, 0, 0},
        {"TextureTransformMultiTest.glb", 3956, 2302, 29, 29, 29, 4, 29, 0, 0, 0},
        {"MetalRoughSpheresNoTextures.glb", 1040409, 528291, 123, 102, 98, 0, 119, 0, 0, 0},
        {"Fox.glb", 576, 1728, 1, 1, 1, 1, 26, 1, 24, 3},
        {"CesiumMan.glb", 4672, 3273, 1, 1, 1, 1, 22, 1, 19, 1},
        {"conformance/NormalTangentMirrorTest.glb", 5240, 2770, 1, 1, 1, 3, 1, 0, 0, 0},
        {"conformance/InterpolationTest.glb", 110, 220, 10, 10, 10, 1, 12, 0, 0, 9},
        {"conformance/UnlitTest.glb", 88, 192, 2, 2, 2, 0, 2, 0, 0, 0},
        {"conformance/NegativeScaleTest.glb", 7724, 3958, 11, 8, 6, 2, 14, 0, 0, 0},
        {"conformance/TextureSettingsTest.glb", 72, 144, 10, 10, 10, 3, 11, 0, 0, 0},
        {"conformance/TextureCoordinateTest.glb", 10, 20, 5, 5, 5, 1, 5, 0, 0, 0},
        {"conformance/AnimatedMorphCube.glb", 12, 24, 1, 1, 1, 0, 1, 0, 0, 1},
        {"conformance/Box With Spaces/Box With Spaces.gltf", 12, 24, 1, 1, 1, 3, 1, 0, 0, 0},
        {"conformance/SimpleSparseAccessor/SimpleSparseAccessor.gltf", 12, 36, 1, 1, 0, 0, 1, 0, 0, 0},
        {"conformance/MeshPrimitiveModes/MeshPrimitiveModes.gltf", 16, 48, 3, 7, 0, 0, 7, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        orr_model m;
        if (!real_model(rows[i].file, &m)) skip();
        uint64_t vertices = 0, draws = 0;
        for (uint32_t n = 0; n < m.node_count; n++) {
            const orr_model_mesh *mesh = m.nodes[n].mesh == ORR_NONE ? NULL : &m.meshes[m.nodes[n].mesh];
            for (uint32_t k = 0; mesh && k < mesh->primitive_count; k++, draws++)
                vertices += m.primitives[mesh->first_primitive + k].vertex_count;
        }
        bool right = m.triangle_count == rows[i].triangles && vertices == rows[i].vertices &&
                     draws == rows[i].draws && m.mesh_count == rows[i].meshes &&
                     m.material_count == rows[i].materials && m.image_count == rows[i].images &&
                     m.node_count == rows[i].nodes && m.skin_count == rows[i].skins &&
                     m.animation_count == rows[i].animations &&
                     (!rows[i].joints || m.skins[0].joint_count == rows[i].joints);
        if (!right)
            fail_msg("%s: %llu triangles, %llu vertices, %llu draws, %u images, %u nodes", rows[i].file,
                     (unsigned long long)m.triangle_count, (unsigned long long)vertices,
                     (unsigned long long)draws, m.image_count, m.node_count);
        orr_model_free(&m);
    }
}

/* A million triangles in 291 KB: shared accessors must stay shared. */
static void shares_the_spheres(void **state) {
    (void)state;
    orr_model m;
    if (!real_model("MetalRoughSpheresNoTextures.glb", &m)) skip();
    assert_in_range(m.arena.used_bytes, 1, 1 << 20);
    orr_model_free(&m);
}

static void reads_sparse_positions(void **state) {
    (void)state;
    orr_model m;
    if (!real_model("conformance/SimpleSparseAccessor/SimpleSparseAccessor.gltf", &m)) skip();
    assert_float_equal(m.primitives[0].bounds_max[1], 4, 0); /* without the sparse values it would be 1 */
    orr_model_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_a_triangle),
        cmocka_unit_test(refuses_damaged_json),
        cmocka_unit_test(refuses_damaged_data),
        cmocka_unit_test(refuses_damaged_containers),
        cmocka_unit_test(refuses_memory_bombs),
        cmocka_unit_test(expands_strips_and_fans),
        cmocka_unit_test(shares_equal_accessors),
        cmocka_unit_test(reads_small_components),
        cmocka_unit_test(reads_materials),
        cmocka_unit_test(orders_nodes_parents_first),
        cmocka_unit_test(reads_uris),
        cmocka_unit_test(generates_tangents_like_the_published),
        cmocka_unit_test(reads_published_models),
        cmocka_unit_test(shares_the_spheres),
        cmocka_unit_test(reads_sparse_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
