/* The GPU layer on a real device (lavapipe where there is no other), with validation and synchronization
 * validation fatal. */
#include "gpu_support.h"

#include <unistd.h>

#include "base/platform/platform.h"

/* --- compute ---------------------------------------------------------------------------------------------
 */

static void test_compute(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    enum { N = 1000 };
    uint32_t data[N], zero[N] = {0};
    for (uint32_t i = 0; i < N; i++) data[i] = i * 7u;
    orr_gpu_pipeline add = make_adder(gpu);
    orr_gpu_buffer a = make_buffer(gpu, sizeof data, ORR_MEMORY_DEVICE),
                   b = make_buffer(gpu, sizeof data, ORR_MEMORY_DEVICE);
    orr_gpu_buffer back = make_buffer(gpu, sizeof data, ORR_MEMORY_READBACK);
    OK(orr_gpu_upload_buffer(gpu, a, 0, data, sizeof data, &err));
    OK(orr_gpu_upload_buffer(gpu, b, 0, zero, sizeof zero, &err));
    orr_cmd *cmd = begin(gpu);
    uint32_t count = N;
    for (uint32_t round = 0; round < 3; round++) { /* each reads what the one before wrote */
        const uint32_t uniform[2] = {3, round};
        const orr_gpu_bind binds[] = {{.binding = 0, .buffer = a},
                                      {.binding = 1, .buffer = b},
                                      {.binding = 2, .data = uniform, .size = sizeof uniform}};
        orr_cmd_dispatch(cmd, add, binds, 3, &count, sizeof count, (N + 63) / 64, 1, 1);
    }
    orr_cmd_copy_buffer(cmd, b, 0, back, 0, sizeof data);
    finish(gpu, cmd);
    const uint32_t *result = orr_gpu_buffer_map(gpu, back);
    for (uint32_t i = 0; i < N; i++) assert_int_equal(result[i], data[i] * 9u + 3u);
    orr_gpu_pipeline_destroy(gpu, &add);
    orr_gpu_buffer_destroy(gpu, &a);
    orr_gpu_buffer_destroy(gpu, &b);
    orr_gpu_buffer_destroy(gpu, &back);
    assert_null(orr_gpu_buffer_map(gpu, back));
    close_gpu(gpu);
}

/* --- textures --------------------------------------------------------------------------------------------
 */

/* Every format, every layer and mip, survives upload and readback bit for bit. */
static void test_formats(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    enum { W = 13, H = 7, LAYERS = 2, MIPS = 3 };
    for (int f = ORR_FORMAT_R8_UNORM; f < ORR_FORMAT_COUNT; f++) {
        orr_gpu_format format = (orr_gpu_format)f;
        if (format == ORR_FORMAT_RGB32_SFLOAT) continue; /* of vertices and texel buffers alone */
        uint32_t texel = orr_format_bytes(format);
        orr_gpu_texture texture = make_texture(
            gpu,
            (orr_gpu_texture_params){
                .width = W, .height = H, .layers = LAYERS, .mips = MIPS, .format = format, .sampled = true});
        assert_int_equal(orr_gpu_texture_mips(gpu, texture), MIPS);
        orr_gpu_buffer back = make_buffer(gpu, 16384, ORR_MEMORY_READBACK);
        uint8_t data[16384];
        for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i % 59u); /* no NaN as half or float */
        if (texel == 1 || texel == 2) memset(data, 0x2a, sizeof data);
        orr_cmd *cmd = begin(gpu);
        for (uint32_t layer = 0, at = 0; layer < LAYERS; layer++)
            for (uint32_t mip = 0; mip < MIPS; mip++, at += 2048) {
                uint32_t size = (W >> mip) * (H >> mip) * texel;
                OK(orr_gpu_upload_texture(gpu, texture, layer, mip, data + at, size, &err));
                orr_cmd_copy_to_buffer(cmd, texture, layer, mip, back, at);
            }
        finish(gpu, cmd);
        const uint8_t *result = orr_gpu_buffer_map(gpu, back);
        for (uint32_t layer = 0, at = 0; layer < LAYERS; layer++)
            for (uint32_t mip = 0; mip < MIPS; mip++, at += 2048)
                assert_memory_equal(result + at, data + at, (size_t)((W >> mip) * (H >> mip)) * texel);
        orr_gpu_texture_destroy(gpu, &texture);
        orr_gpu_buffer_destroy(gpu, &back);
    }
    assert_string_equal(orr_format_glsl(ORR_FORMAT_RGBA16_SFLOAT), "rgba16f");
    assert_null(orr_format_glsl(ORR_FORMAT_D32_SFLOAT));
    close_gpu(gpu);
}

/* Uploads larger than the staging chunks, while a command is open. */
static void test_large_upload(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    enum { SIDE = 1600 };
    uint32_t *pixels = malloc(SIDE * SIDE * 4);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) pixels[i] = i * 2654435761u;
    orr_gpu_texture texture =
        make_texture(gpu, (orr_gpu_texture_params){
                              .width = SIDE, .height = SIDE, .format = ORR_FORMAT_R32_UINT, .sampled = true});
    orr_gpu_buffer back = make_buffer(gpu, SIDE * SIDE * 4, ORR_MEMORY_READBACK);
    orr_gpu_buffer busy = make_buffer(gpu, SIDE * SIDE * 4, ORR_MEMORY_DEVICE),
                   out = make_buffer(gpu, SIDE * SIDE * 4, ORR_MEMORY_READBACK);
    orr_cmd *cmd = begin(gpu);
    orr_cmd_fill_buffer(cmd, busy, 0, 0, 7);
    uint64_t value = 0;
    OK(orr_gpu_submit(gpu, &cmd, &value,
                      &err)); /* `busy` is in flight: its upload may not overtake the fill */
    OK(orr_gpu_upload_buffer(gpu, busy, 0, pixels, SIDE * SIDE * 4, &err));
    cmd = begin(gpu);
    orr_cmd_copy_to_buffer(cmd, texture, 0, 0, back, 0);
    orr_cmd_copy_buffer(cmd, busy, 0, out, 0, SIDE * SIDE * 4);
    OK(orr_gpu_upload_texture(gpu, texture, 0, 0, pixels, SIDE * SIDE * 4, &err));
    finish(gpu, cmd);
    assert_memory_equal(orr_gpu_buffer_map(gpu, back), pixels, SIDE * SIDE * 4);
    assert_memory_equal(orr_gpu_buffer_map(gpu, out), pixels, SIDE * SIDE * 4);
    orr_gpu_memory_stats stats;
    orr_gpu_memory(gpu, &stats);
    assert_true(stats.peak_bytes < 6ull * SIDE * SIDE * 4); /* staging stays small */
    orr_gpu_buffer_destroy(gpu, &back);
    orr_gpu_buffer_destroy(gpu, &busy);
    orr_gpu_buffer_destroy(gpu, &out);
    orr_gpu_texture_destroy(gpu, &texture);
    free(pixels);
    close_gpu(gpu);
}

static void test_mips(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    /* Blits: the average of four. */
    orr_gpu_texture t = make_texture(gpu, (orr_gpu_texture_params){.width = 4,
                                                                   .height = 4,
                                                                   .mips = ORR_MIPS_ALL,
                                                                   .format = ORR_FORMAT_R32_SFLOAT,
                                                                   .sampled = true,
                                                                   .storage = true});
    assert_int_equal(orr_gpu_texture_mips(gpu, t), 3);
    float pixels[16];
    for (int i = 0; i < 16; i++) pixels[i] = (float)i;
    OK(orr_gpu_upload_texture(gpu, t, 0, 0, pixels, sizeof pixels, &err));
    orr_gpu_buffer back = make_buffer(gpu, 256, ORR_MEMORY_READBACK);
    orr_cmd *cmd = begin(gpu);
    orr_cmd_generate_mips(cmd, t);
    orr_cmd_copy_to_buffer(cmd, t, 0, 1, back, 0);
    orr_cmd_copy_to_buffer(cmd, t, 0, 2, back, 64);
    finish(gpu, cmd);
    const float *result = orr_gpu_buffer_map(gpu, back);
    assert_float_equal(result[0], 2.5f, 1e-6f);
    assert_float_equal(result[3], 12.5f, 1e-6f);
    assert_float_equal(result[16], 7.5f, 1e-6f);
    /* Compute: one mip is sampled while the next is written. */
    static const orr_gpu_slot slots[] = {{0, ORR_BIND_SAMPLED, 0}, {1, ORR_BIND_IMAGE_WRITE, 0}};
    orr_gpu_pipeline p = make_compute(
        gpu,
        "#version 460\nlayout(local_size_x = 8, local_size_y = 8) in;\n"
        "layout(binding = 0) uniform sampler2D from;\n"
        "layout(binding = 1, r32f) uniform writeonly image2D to;\n"
        "void main() { ivec2 p = ivec2(gl_GlobalInvocationID.xy);\n"
        "  if (all(lessThan(p, imageSize(to)))) {\n"
        "    float m = 0.0;\n"
        "    for (int i = 0; i < 4; i++) m = max(m, texelFetch(from, 2 * p + ivec2(i & 1, i >> 1), 0).r);\n"
        "    imageStore(to, p, vec4(m)); } }\n",
        slots, 2, 0);
    cmd = begin(gpu);
    for (uint32_t mip = 1; mip < 3; mip++) {
        const orr_gpu_bind binds[] = {{.binding = 0, .texture = t, .mip = mip - 1, .mip_single = true},
                                      {.binding = 1, .texture = t, .mip = mip}};
        orr_cmd_dispatch(cmd, p, binds, 2, NULL, 0, 1, 1, 1);
    }
    orr_cmd_copy_to_buffer(cmd, t, 0, 1, back, 0);
    orr_cmd_copy_to_buffer(cmd, t, 0, 2, back, 64);
    finish(gpu, cmd);
    const float want[4] = {5, 7, 13, 15};
    assert_memory_equal(result, want, sizeof want);
    assert_float_equal(result[16], 15.0f, 0.0f);
    orr_gpu_pipeline_destroy(gpu, &p);
    orr_gpu_texture_destroy(gpu, &t);
    orr_gpu_buffer_destroy(gpu, &back);
    close_gpu(gpu);
}

/* A 3D texture written by a shader, copied whole, filtered along its depth; and what it cannot be. */
static void test_volume(void **state) {
    (void)state;
    enum { SIDE = 4, DEPTH = 6 };
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    const orr_gpu_texture_params params = {.label = "volume",
                                           .width = SIDE,
                                           .height = SIDE,
                                           .depth = DEPTH,
                                           .format = ORR_FORMAT_RGBA16_SFLOAT,
                                           .sampled = true,
                                           .storage = true};
    orr_gpu_texture volume = make_texture(gpu, params), copied = make_texture(gpu, params);
    assert_int_equal(orr_gpu_texture_bytes(gpu, volume), SIDE * SIDE * DEPTH * 8);
    orr_gpu_buffer back = make_buffer(gpu, SIDE * SIDE * DEPTH * 8, ORR_MEMORY_READBACK),
                   read = make_buffer(gpu, 64, ORR_MEMORY_READBACK);
    static const orr_gpu_slot write_slots[] = {{0, ORR_BIND_IMAGE_WRITE, 0}},
                              read_slots[] = {{0, ORR_BIND_SAMPLED, 0}, {1, ORR_BIND_STORAGE_WRITE, 0}};
    orr_gpu_pipeline writer = make_compute(
        gpu,
        "#version 460\nlayout(local_size_x = 4, local_size_y = 4) in;\n"
        "layout(binding = 0, rgba16f) uniform writeonly image3D v;\n"
        "void main() { imageStore(v, ivec3(gl_GlobalInvocationID), vec4(gl_GlobalInvocationID, 1)); }\n",
        write_slots, 1, 0);
    orr_gpu_pipeline reader =
        make_compute(gpu,
                     "#version 460\nlayout(local_size_x = 1) in;\nlayout(binding = 0) uniform sampler3D v;\n"
                     "layout(binding = 1, std430) buffer Out { vec4 o[]; };\n"
                     "void main() { o[0] = textureLod(v, vec3(0.5, 0.5, 3.0 / 6.0), 0.0); }\n",
                     read_slots, 2, 0);
    orr_gpu_sampler sampler = {0};
    OK(orr_gpu_sampler_create(gpu, &(orr_gpu_sampler_params){.label = "linear", .clamp = true}, &sampler,
                              &err));
    orr_cmd *cmd = begin(gpu);
    orr_cmd_dispatch(cmd, writer, &(orr_gpu_bind){.binding = 0, .texture = volume}, 1, NULL, 0, 1, 1, DEPTH);
    orr_cmd_copy_texture(cmd, volume, copied);
    orr_cmd_copy_to_buffer(cmd, copied, 0, 0, back, 0);
    const orr_gpu_bind binds[] = {{.binding = 0, .texture = copied, .sampler = sampler},
                                  {.binding = 1, .buffer = read}};
    orr_cmd_dispatch(cmd, reader, binds, 2, NULL, 0, 1, 1, 1);
    finish(gpu, cmd);
    const uint16_t(*texels)[4] = orr_gpu_buffer_map(gpu, back);
    assert_int_equal(texels[SIDE * SIDE * DEPTH - 1][2], 0x4500); /* 5, the last slice */
    assert_int_equal(texels[SIDE * SIDE + 1][0], 0x3c00);         /* 1 */
    const float *result = orr_gpu_buffer_map(gpu, read);
    assert_float_equal(result[2], 2.5f, 1e-2f);
    assert_float_equal(result[0], 1.5f, 1e-2f);
    orr_gpu_texture none;
    orr_gpu_texture_params wrong = params;
    wrong.layers = 2;
    assert_int_equal(orr_gpu_texture_create(gpu, &wrong, &none, &err), ORR_E_ARGUMENT);
    wrong = params, wrong.depth = 1u << 20;
    assert_int_equal(orr_gpu_texture_create(gpu, &wrong, &none, &err), ORR_E_LIMIT);
    assert_int_equal(orr_gpu_upload_texture(gpu, volume, 0, 0, "", 0, &err), ORR_E_ARGUMENT);
    orr_gpu_sampler_destroy(gpu, &sampler);
    orr_gpu_pipeline_destroy(gpu, &writer), orr_gpu_pipeline_destroy(gpu, &reader);
    orr_gpu_texture_destroy(gpu, &volume), orr_gpu_texture_destroy(gpu, &copied);
    orr_gpu_buffer_destroy(gpu, &back), orr_gpu_buffer_destroy(gpu, &read);
    close_gpu(gpu);
}

/* Cube, array, comparison and texel access, clears and copies, from compute. */
static void test_sampling(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    orr_gpu_texture cube = make_texture(
        gpu, (orr_gpu_texture_params){
                 .width = 2, .height = 2, .cube = true, .format = ORR_FORMAT_R32_SFLOAT, .sampled = true});
    orr_gpu_texture layers = make_texture(
        gpu, (orr_gpu_texture_params){
                 .width = 2, .height = 2, .array = true, .format = ORR_FORMAT_RGBA8_SRGB, .sampled = true});
    orr_gpu_texture source =
        make_texture(gpu, (orr_gpu_texture_params){.width = 2, .height = 2, .format = ORR_FORMAT_R32_SFLOAT});
    orr_gpu_texture copied = make_texture(
        gpu,
        (orr_gpu_texture_params){.width = 2, .height = 2, .format = ORR_FORMAT_R32_SFLOAT, .sampled = true});
    for (uint32_t face = 0; face < 6; face++) {
        const float values[4] = {(float)face, (float)face, (float)face, (float)face};
        OK(orr_gpu_upload_texture(gpu, cube, face, 0, values, sizeof values, &err));
    }
    const uint8_t white[16] = {255, 255, 255, 255, 188, 188, 188, 255, 0, 0, 0, 255, 0, 0, 0, 255};
    OK(orr_gpu_upload_texture(gpu, layers, 0, 0, white, sizeof white, &err));
    orr_gpu_buffer texels = make_buffer(gpu, 1024, ORR_MEMORY_DEVICE),
                   back = make_buffer(gpu, 64, ORR_MEMORY_READBACK);
    const uint32_t words[4] = {11, 22, 33, 44};
    OK(orr_gpu_upload_buffer(gpu, texels, 256, words, sizeof words, &err));
    orr_gpu_sampler sampler = {0};
    OK(orr_gpu_sampler_create(
        gpu, &(orr_gpu_sampler_params){.label = "linear", .mip_linear = true, .clamp_v = true}, &sampler,
        &err));
    static const orr_gpu_slot slots[] = {{0, ORR_BIND_SAMPLED, 0},
                                         {1, ORR_BIND_SAMPLED, 0},
                                         {2, ORR_BIND_SAMPLED, 0},
                                         {3, ORR_BIND_TEXEL, 0},
                                         {4, ORR_BIND_STORAGE_WRITE, 0}};
    orr_gpu_pipeline p = make_compute(gpu,
                                      "#version 460\nlayout(local_size_x = 1) in;\n"
                                      "layout(binding = 0) uniform samplerCube cube;\n"
                                      "layout(binding = 1) uniform sampler2DArray layers;\n"
                                      "layout(binding = 2) uniform sampler2D copied;\n"
                                      "layout(binding = 3) uniform usamplerBuffer texels;\n"
                                      "layout(binding = 4, std430) buffer Out { float o[]; };\n"
                                      "void main() { o[0] = textureLod(cube, vec3(0, 0, -1), 0.0).r;\n"
                                      "  o[1] = texelFetch(layers, ivec3(1, 0, 0), 0).r;\n"
                                      "  o[2] = textureLod(copied, vec2(0.5), 0.0).r;\n"
                                      "  o[3] = float(texelFetch(texels, 2).r);\n"
                                      "  o[4] = textureLod(layers, vec3(0.5, 0.25, 0), 0.0).r; }\n",
                                      slots, 5, 0);
    orr_cmd *cmd = begin(gpu);
    orr_cmd_clear_texture(cmd, source, (const float[4]){0.375f, 0, 0, 0});
    orr_cmd_copy_texture(cmd, source, copied);
    const orr_gpu_bind binds[] = {
        {.binding = 0, .texture = cube, .sampler = sampler},
        {.binding = 1, .texture = layers, .sampler = sampler},
        {.binding = 2, .texture = copied}, /* no sampler: nearest */
        {.binding = 3, .buffer = texels, .offset = 256, .size = 16, .format = ORR_FORMAT_R32_UINT},
        {.binding = 4, .buffer = back}};
    orr_cmd_dispatch(cmd, p, binds, 5, NULL, 0, 1, 1, 1);
    finish(gpu, cmd);
    const float *result = orr_gpu_buffer_map(gpu, back);
    assert_float_equal(result[0], 5.0f, 0.0f);
    assert_float_equal(result[1], 0.5029f, 2e-3f);
    assert_float_equal(result[2], 0.375f, 0.0f);
    assert_float_equal(result[3], 33.0f, 0.0f);
    assert_float_equal(result[4], 0.7514f, 5e-3f);
    orr_gpu_sampler_destroy(gpu, &sampler);
    orr_gpu_pipeline_destroy(gpu, &p);
    orr_gpu_texture_destroy(gpu, &cube);
    orr_gpu_texture_destroy(gpu, &layers);
    orr_gpu_texture_destroy(gpu, &source);
    orr_gpu_texture_destroy(gpu, &copied);
    orr_gpu_buffer_destroy(gpu, &texels);
    orr_gpu_buffer_destroy(gpu, &back);
    close_gpu(gpu);
}

/* --- raster ------------------------------------------------------------------------------------------------
 */

static const char *const vertex_text = "#version 460\n"
                                       "layout(location = 0) in vec3 position;\n"
                                       "layout(push_constant) uniform P { vec4 scale; } p;\n"
                                       "void main() { gl_Position = vec4(position * p.scale.xyz, 1.0); }\n";
static const char *const fragment_text = "#version 460\n"
                                         "layout(location = 0) out uvec2 id;\n"
                                         "layout(constant_id = 3) const uint tag = 1;\n"
                                         "void main() { id = uvec2(tag, uint(gl_PrimitiveID)); }\n";

typedef struct raster_case {
    orr_gpu *gpu;
    orr_gpu_texture colour, depth;
    orr_gpu_buffer vertices, indices, back, depth_back;
} raster_case;

enum { SIDE = 16 };

static orr_gpu_pipeline make_raster(orr_gpu *gpu, orr_gpu_cull cull, uint32_t tag, bool test) {
    orr_error err = {0};
    const orr_gpu_attribute attribute = {0, 0, ORR_FORMAT_RGB32_SFLOAT};
    const orr_gpu_spec spec = {3, tag};
    orr_gpu_raster_params params = {.label = "triangle",
                                    .specs = &spec,
                                    .spec_count = 1,
                                    .push_bytes = 16,
                                    .vertex_stride = 12,
                                    .attributes = &attribute,
                                    .attribute_count = 1,
                                    .colours = {ORR_FORMAT_RG32_UINT},
                                    .colour_count = 1,
                                    .depth = ORR_FORMAT_D32_SFLOAT,
                                    .depth_test = test,
                                    .depth_write = test,
                                    .cull = cull};
    uint32_t *v = compile(vertex_text, ORR_GLSL_VERTEX, &params.vertex.spirv_bytes);
    uint32_t *f = compile(fragment_text, ORR_GLSL_FRAGMENT, &params.fragment.spirv_bytes);
    params.vertex.spirv = v;
    params.fragment.spirv = f;
    orr_gpu_pipeline pipeline = {0};
    OK(orr_gpu_raster_create(gpu, &params, &pipeline, &err));
    free(v);
    free(f);
    return pipeline;
}

static void open_raster(raster_case *c) {
    orr_error err = {0};
    c->gpu = open_gpu((orr_gpu_params){0});
    c->colour = make_texture(c->gpu, (orr_gpu_texture_params){.width = SIDE,
                                                              .height = SIDE,
                                                              .format = ORR_FORMAT_RG32_UINT,
                                                              .attachment = true,
                                                              .sampled = true});
    c->depth = make_texture(c->gpu, (orr_gpu_texture_params){.width = SIDE,
                                                             .height = SIDE,
                                                             .format = ORR_FORMAT_D32_SFLOAT,
                                                             .attachment = true,
                                                             .sampled = true});
    /* Counter-clockwise as seen, y up: the upper left half, z = 0.5 (reversed depth: 1 is near). */
    const float positions[12] = {-1, -1, 0.5f, 1, 1, 0.5f, -1, 1, 0.5f, 1, -1, 0.5f};
    const uint32_t indices[6] = {0, 1, 2, 0, 3, 1};
    c->vertices = make_buffer(c->gpu, sizeof positions, ORR_MEMORY_DEVICE);
    c->indices = make_buffer(c->gpu, sizeof indices, ORR_MEMORY_DEVICE);
    c->back = make_buffer(c->gpu, SIDE * SIDE * 8, ORR_MEMORY_READBACK);
    c->depth_back = make_buffer(c->gpu, SIDE * SIDE * 4, ORR_MEMORY_READBACK);
    OK(orr_gpu_upload_buffer(c->gpu, c->vertices, 0, positions, sizeof positions, &err));
    OK(orr_gpu_upload_buffer(c->gpu, c->indices, 0, indices, sizeof indices, &err));
}

static void close_raster(raster_case *c) {
    orr_gpu_texture_destroy(c->gpu, &c->colour);
    orr_gpu_texture_destroy(c->gpu, &c->depth);
    orr_gpu_buffer_destroy(c->gpu, &c->vertices);
    orr_gpu_buffer_destroy(c->gpu, &c->indices);
    orr_gpu_buffer_destroy(c->gpu, &c->back);
    orr_gpu_buffer_destroy(c->gpu, &c->depth_back);
    close_gpu(c->gpu);
}

/* Draws `count` indices scaled by (x, y, z) into a cleared or loaded pass. */
static void draw(raster_case *c, orr_cmd *cmd, orr_gpu_pipeline pipeline, float x, float y, float z,
                 uint32_t count, bool load) {
    const float scale[4] = {x, y, z, 0};
    orr_cmd_render_begin(
        cmd, &(orr_gpu_render_params){
                 .label = "pass",
                 .width = SIDE,
                 .height = SIDE,
                 .colours = {{.texture = c->colour, .load = load, .clear_uint = {0xffffffffu, 9}}},
                 .colour_count = 1,
                 .depth = {.texture = c->depth, .load = load}});
    orr_cmd_bind_raster(cmd, pipeline, NULL, 0);
    orr_cmd_vertices(cmd, c->vertices, 0, c->indices, 0);
    orr_cmd_push(cmd, scale, sizeof scale);
    orr_cmd_draw_indexed(cmd, count, 1, 0, 0, 0);
    orr_cmd_render_end(cmd);
}

static const uint32_t *read_pixels(raster_case *c, orr_cmd *cmd) {
    orr_cmd_copy_to_buffer(cmd, c->colour, 0, 0, c->back, 0);
    orr_cmd_copy_to_buffer(cmd, c->depth, 0, 0, c->depth_back, 0);
    finish(c->gpu, cmd);
    return orr_gpu_buffer_map(c->gpu, c->back);
}

static void test_triangle(void **state) {
    (void)state;
    raster_case c;
    open_raster(&c);
    orr_gpu_pipeline back = make_raster(c.gpu, ORR_CULL_BACK, 5, true),
                     front = make_raster(c.gpu, ORR_CULL_FRONT, 6, true);
    orr_cmd *cmd = begin(c.gpu);
    draw(&c, cmd, back, 1, 1, 1, 3, false);
    const uint32_t *pixels = read_pixels(&c, cmd);
    const float *depth = orr_gpu_buffer_map(c.gpu, c.depth_back);
    for (uint32_t y = 0; y < SIDE; y++)
        for (uint32_t x = 0; x < SIDE; x++) {
            if (x + y == SIDE - 1) continue; /* on the edge */
            bool inside = x < SIDE - 1 - y;  /* row 0 is the top: upper left */
            assert_int_equal(pixels[2 * (y * SIDE + x)], inside ? 5u : 0xffffffffu);
            assert_int_equal(pixels[2 * (y * SIDE + x) + 1], inside ? 0u : 9u);
            assert_float_equal(depth[y * SIDE + x], inside ? 0.5f : 0.0f, 0.0f);
        }
    cmd = begin(c.gpu);
    draw(&c, cmd, front, 1, 1, 1, 3, false); /* the front face is culled */
    pixels = read_pixels(&c, cmd);
    assert_int_equal(pixels[0], 0xffffffffu);
    cmd = begin(c.gpu);
    draw(&c, cmd, back, 1, 1, 1, 6, false);     /* both triangles, near */
    draw(&c, cmd, front, -1, 1, 0.5f, 6, true); /* mirrored, so front becomes back, and farther: hidden */
    pixels = read_pixels(&c, cmd);
    assert_int_equal(pixels[0], 5);
    assert_int_equal(pixels[1], 0);
    assert_int_equal(pixels[2 * (SIDE * SIDE - 1)], 5);
    assert_int_equal(pixels[2 * (SIDE * SIDE - 1) + 1], 1); /* gl_PrimitiveID */
    cmd = begin(c.gpu);
    draw(&c, cmd, back, 1, 1, 0.5f, 6, false);
    draw(&c, cmd, front, -1, 1, 1.5f, 6, true); /* nearer: seen */
    pixels = read_pixels(&c, cmd);
    assert_int_equal(pixels[0], 6);
    orr_gpu_pipeline_destroy(c.gpu, &back);
    orr_gpu_pipeline_destroy(c.gpu, &front);
    close_raster(&c);
}

/* Depth is sampled by the draws that test against it; what a draw reads and was written before must be
 * declared. */
static void test_pass_reads(void **state) {
    (void)state;
    orr_error err = {0};
    raster_case c;
    open_raster(&c);
    orr_gpu_pipeline near = make_raster(c.gpu, ORR_CULL_NONE, 5, true);
    static const orr_gpu_slot slot = {0, ORR_BIND_SAMPLED, 0};
    orr_gpu_texture sum = make_texture(
        c.gpu, (orr_gpu_texture_params){
                   .width = SIDE, .height = SIDE, .format = ORR_FORMAT_R32_SFLOAT, .attachment = true});
    orr_gpu_raster_params params = {.label = "reads depth",
                                    .slots = &slot,
                                    .slot_count = 1,
                                    .colours = {ORR_FORMAT_R32_SFLOAT},
                                    .colour_count = 1,
                                    .depth = ORR_FORMAT_D32_SFLOAT,
                                    .depth_test = true};
    uint32_t *v = compile(
        "#version 460\nvoid main() { vec2 p = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1) * 4.0 - 1.0;\n"
        "  gl_Position = vec4(p, 0.25, 1.0); }\n",
        ORR_GLSL_VERTEX, &params.vertex.spirv_bytes);
    uint32_t *f = compile(
        "#version 460\nlayout(location = 0) out float o;\nlayout(binding = 0) uniform sampler2D depth;\n"
        "void main() { o = texelFetch(depth, ivec2(gl_FragCoord.xy), 0).r + 1.0; }\n",
        ORR_GLSL_FRAGMENT, &params.fragment.spirv_bytes);
    params.vertex.spirv = v;
    params.fragment.spirv = f;
    orr_gpu_pipeline reader = {0};
    OK(orr_gpu_raster_create(c.gpu, &params, &reader, &err));
    const orr_gpu_bind bind = {.binding = 0, .texture = c.depth};
    orr_gpu_render_params pass = {.label = "second",
                                  .width = SIDE,
                                  .height = SIDE,
                                  .colours = {{.texture = sum}},
                                  .colour_count = 1,
                                  .depth = {.texture = c.depth, .load = true},
                                  .depth_read_only = true,
                                  .reads = &bind,
                                  .read_slots = &slot,
                                  .read_count = 1};
    for (int declared = 1; declared >= 0; declared--) {
        pass.read_count = (uint32_t)declared;
        orr_cmd *cmd = begin(c.gpu);
        draw(&c, cmd, near, 1, 1, 1, 3, false);
        orr_cmd_render_begin(cmd, &pass);
        orr_cmd_bind_raster(cmd, reader, &bind, 1);
        orr_cmd_draw(cmd, 3, 1, 0, 0);
        orr_cmd_render_end(cmd);
        orr_cmd_copy_to_buffer(cmd, sum, 0, 0, c.back, 0);
        if (declared) {
            finish(c.gpu, cmd);
            const float *result = orr_gpu_buffer_map(c.gpu, c.back);
            assert_float_equal(result[0], 0.0f, 0.0f);               /* hidden behind the triangle */
            assert_float_equal(result[SIDE * SIDE - 1], 1.0f, 0.0f); /* seen: depth there is 0 */
        } else {
            uint64_t value = 0;
            assert_int_equal(orr_gpu_submit(c.gpu, &cmd, &value, &err), ORR_E_ARGUMENT);
            assert_non_null(strstr(err.message, "reads"));
        }
    }
    free(v);
    free(f);
    orr_gpu_texture_destroy(c.gpu, &sum);
    orr_gpu_pipeline_destroy(c.gpu, &near);
    orr_gpu_pipeline_destroy(c.gpu, &reader);
    close_raster(&c);
}

/* --- memory -------------------------------------------------------------------------------------------- */

/* Three textures take turns in one piece of memory, inside a command and across commands. */
static void test_aliasing(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    enum { W = 256, BYTES = W * W * 4 };
    orr_gpu_texture_params params[4];
    const uint32_t slots[4] = {1, 1, 2, 1};
    orr_gpu_memory_stats before, after;
    for (int i = 0; i < 4; i++)
        params[i] = (orr_gpu_texture_params){
            .label = "transient", .width = W, .height = W, .format = ORR_FORMAT_R32_UINT, .storage = true};
    orr_gpu_texture t[4];
    orr_gpu_memory(gpu, &before);
    OK(orr_gpu_texture_create_aliased(gpu, params, 4, slots, t, &err));
    orr_gpu_memory(gpu, &after);
    assert_in_range(after.used_bytes - before.used_bytes, 2 * BYTES, 2 * BYTES + 65536); /* not four */
    orr_gpu_buffer back = make_buffer(gpu, 4 * BYTES, ORR_MEMORY_READBACK);
    uint32_t count = 1;
    for (int round = 0; round < 2; round++) {
        orr_cmd *cmd = begin(gpu);
        for (uint32_t i = 0; i < 4; i++, count++) {
            const float value[4] = {(float)count};
            orr_cmd_clear_texture(cmd, t[i], value);
            orr_cmd_copy_to_buffer(cmd, t[i], 0, 0, back, (uint64_t)i * BYTES);
        }
        finish(gpu, cmd);
        const uint32_t *result = orr_gpu_buffer_map(gpu, back);
        for (uint32_t i = 0; i < 4; i++) {
            assert_int_equal(result[i * W * W], count - 4 + i);
            assert_int_equal(result[i * W * W + W * W - 1], count - 4 + i);
        }
    }
    assert_int_equal(orr_gpu_upload_texture(gpu, t[0], 0, 0, &count, 4, &err), ORR_E_ARGUMENT);
    for (int i = 0; i < 4; i++) orr_gpu_texture_destroy(gpu, &t[i]);
    orr_gpu_buffer_destroy(gpu, &back);
    orr_gpu_memory(gpu, &after);
    assert_int_equal(after.used_bytes, before.used_bytes);
    close_gpu(gpu);
}

/* Objects destroyed while a command that uses them is open, or in flight, live as long as they must. */
static void test_deferred(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){0});
    orr_gpu_memory_stats start, stats;
    orr_gpu_pipeline add = make_adder(gpu);
    orr_gpu_buffer a = make_buffer(gpu, 256, ORR_MEMORY_DEVICE),
                   b = make_buffer(gpu, 256, ORR_MEMORY_READBACK);
    const uint32_t ones[64] = {1, 1, 1, 1}, uniform[2] = {4, 2};
    OK(orr_gpu_upload_buffer(gpu, a, 0, ones, sizeof ones, &err));
    orr_cmd *cmd = begin(gpu), *other = begin(gpu);
    orr_cmd_fill_buffer(other, b, 0, 0,
                        100); /* recorded later or sooner: only the order of submission counts */
    const uint32_t count = 64;
    const orr_gpu_bind binds[] = {
        {.binding = 0, .buffer = a}, {.binding = 1, .buffer = b}, {.binding = 2, .data = uniform, .size = 8}};
    orr_cmd_dispatch(cmd, add, binds, 3, &count, 4, 1, 1, 1);
    orr_gpu_memory(gpu, &start); /* a, b, the uniforms, and staging where memory is not unified */
    orr_gpu_buffer gone = a;
    orr_gpu_buffer_destroy(gpu, &a);
    orr_gpu_pipeline_destroy(gpu, &add);
    assert_int_equal(a.id, 0);
    orr_gpu_memory(gpu, &stats);
    assert_int_equal(stats.buffer_count, start.buffer_count); /* all are still there */
    finish(gpu, other);
    finish(gpu, cmd);
    const uint32_t *result = orr_gpu_buffer_map(gpu, b);
    assert_int_equal(result[0], 106);
    assert_int_equal(result[63], 102);
    orr_cmd *next = begin(gpu); /* here what has ended is collected */
    orr_gpu_memory(gpu, &stats);
    assert_int_equal(stats.buffer_count, start.buffer_count - 1);
    /* An upload that waits reaches a texture that is destroyed before the command that reads it is submitted.
     */
    orr_gpu_texture texture = make_texture(
        gpu,
        (orr_gpu_texture_params){.width = 8, .height = 8, .format = ORR_FORMAT_R32_UINT, .attachment = true});
    orr_gpu_texture unread = make_texture(
        gpu,
        (orr_gpu_texture_params){.width = 8, .height = 8, .format = ORR_FORMAT_R32_UINT, .attachment = true});
    OK(orr_gpu_upload_texture(gpu, unread, 0, 0, ones, sizeof ones, &err));
    OK(orr_gpu_upload_texture(gpu, texture, 0, 0, ones, sizeof ones, &err));
    orr_cmd_copy_to_buffer(next, texture, 0, 0, b, 0);
    orr_gpu_texture_destroy(gpu, &texture);
    orr_gpu_texture_destroy(gpu, &unread);
    finish(gpu, next);
    assert_memory_equal(result, ones, sizeof ones);
    unread = make_texture(
        gpu,
        (orr_gpu_texture_params){.width = 8, .height = 8, .format = ORR_FORMAT_R32_UINT, .attachment = true});
    OK(orr_gpu_upload_texture(gpu, unread, 0, 0, ones, sizeof ones, &err));
    orr_gpu_texture_destroy(gpu, &unread); /* nobody reads it: the upload is dropped with it */
    next = begin(gpu);
    /* A stale id is an error that says so, at submission, and the command is gone. */
    orr_cmd_copy_buffer(next, gone, 0, b, 0, 4);
    orr_cmd_fill_buffer(next, b, 0, 4, 0); /* after the error nothing more is recorded */
    uint64_t value = 0;
    assert_int_equal(orr_gpu_submit(gpu, &next, &value, &err), ORR_E_STALE);
    assert_null(next);
    assert_int_equal(orr_gpu_upload_buffer(gpu, gone, 0, ones, 4, &err), ORR_E_STALE);
    orr_gpu_buffer_destroy(gpu, &gone); /* harmless */
    orr_gpu_buffer_destroy(gpu, &b);
    close_gpu(gpu);
}

static void test_budget(void **state) {
    (void)state;
    orr_error err = {0};
    orr_gpu *gpu = open_gpu((orr_gpu_params){.memory_budget_bytes = 8u << 20});
    orr_gpu_buffer small = make_buffer(gpu, 1u << 20, ORR_MEMORY_DEVICE), large = {0};
    assert_int_equal(orr_gpu_buffer_create(gpu,
                                           &(orr_gpu_buffer_params){.label = "huge", .size_bytes = 16u << 20},
                                           &large, &err),
                     ORR_E_GPU_MEMORY);
    assert_non_null(strstr(err.message, "huge"));
    assert_non_null(strstr(err.message, "16777216"));
    assert_non_null(strstr(err.message, "8388608"));
    assert_int_equal(large.id, 0);
    orr_gpu_texture texture = {0};
    assert_int_equal(orr_gpu_texture_create(gpu,
                                            &(orr_gpu_texture_params){.label = "wide",
                                                                      .width = 4096,
                                                                      .height = 4096,
                                                                      .format = ORR_FORMAT_RGBA32_SFLOAT},
                                            &texture, &err),
                     ORR_E_GPU_MEMORY);
    orr_gpu_buffer rest = make_buffer(gpu, 6u << 20, ORR_MEMORY_DEVICE); /* what is left can be used */
    orr_gpu_memory_stats stats;
    orr_gpu_memory(gpu, &stats);
    assert_int_equal(stats.budget_bytes, 8u << 20);
    assert_true(stats.allocated_bytes <= stats.budget_bytes);
    assert_true(stats.used_bytes >= 7u << 20);
    orr_gpu_buffer_destroy(gpu, &small);
    orr_gpu_buffer_destroy(gpu, &rest);
    close_gpu(gpu);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compute),      cmocka_unit_test(test_formats),
        cmocka_unit_test(test_large_upload), cmocka_unit_test(test_mips),
        cmocka_unit_test(test_volume),       cmocka_unit_test(test_sampling),
        cmocka_unit_test(test_triangle),     cmocka_unit_test(test_pass_reads),
        cmocka_unit_test(test_aliasing),     cmocka_unit_test(test_deferred),
        cmocka_unit_test(test_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
