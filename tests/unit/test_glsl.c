/* GLSL: includes, messages, digests, reflection. No device. */
#include "gpu_support.h"

typedef struct files {
    const char *const (*entries)[2];
    size_t count;
} files;

static orr_status fetch(void *context, const char *name, char **text, orr_error *err) {
    const files *f = context;
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->entries[i][0], name) != 0) continue;
        *text = strdup(f->entries[i][1]);
        return ORR_OK;
    }
    return orr_fail(err, ORR_E_NOT_FOUND, name, "no such shader file");
}

static orr_status build(const char *text, const char *preamble, const files *f, orr_glsl_stage stage,
                        uint32_t **words, size_t *bytes, orr_error *err) {
    char *expanded = NULL;
    union {
        const void *in;
        void *out;
    } context = {.in = f};
    orr_glsl_source source = {.name = "main.comp",
                              .text = text,
                              .preamble = preamble,
                              .stage = stage,
                              .fetch = f != NULL ? fetch : NULL,
                              .context = context.out};
    orr_status status = orr_glsl_expand(&source, &expanded, err);
    if (status == ORR_OK) status = orr_glsl_compile(expanded, "main.comp", stage, words, bytes, err);
    free(expanded);
    return status;
}

static void expect(const char *text, const char *preamble, const files *f, orr_status want,
                   const char *message) {
    orr_error err = {0};
    uint32_t *words = NULL;
    size_t bytes = 0;
    assert_int_equal(build(text, preamble, f, ORR_GLSL_COMPUTE, &words, &bytes, &err), want);
    assert_null(words);
    if (strstr(err.message, message) == NULL) fail_msg("'%s' does not say '%s'", err.message, message);
}

static const char *const library[][2] = {
    {"a.glsl", "#include \"b.glsl\"\nfloat a() { return b(); }\n"},
    {"b.glsl", "float b() { return SCALE; }\n"},
    {"bad.glsl", "float fine() { return 1.0; }\n\nfloat broken() { return nothing; }\n"},
    {"loop.glsl", "#include \"deep0.glsl\"\n"},
    {"versioned.glsl", "#version 460\n"},
    {"missing.glsl", "\n#include \"nowhere.glsl\"\n"},
};
static const files lib = {library, sizeof library / sizeof library[0]};

static void test_includes(void **state) {
    (void)state;
    orr_error err = {0};
    uint32_t *words = NULL;
    size_t bytes = 0;
    OK(build(
        "// a comment first\n#version 460\n#include \"a.glsl\"\n#include \"b.glsl\" // once more: skipped\n"
        "/* #include \"nowhere.glsl\"\n#include \"nowhere.glsl\"\n*/\n"
        "layout(local_size_x = 1) in;\nlayout(binding = 0) buffer O { float o; };\nvoid main() { o = a() + "
        "b(); }\n",
        "#define SCALE 2.0", &lib, ORR_GLSL_COMPUTE, &words, &bytes, &err));
    assert_int_equal(words[0], 0x07230203);
    free(words);
    OK(build("layout(local_size_x = 1) in;\nvoid main() {}", NULL, NULL, ORR_GLSL_COMPUTE, &words, &bytes,
             &err)); /* no #version */
    free(words);
}

static void test_messages(void **state) {
    (void)state;
    expect("#version 460\n\n\nvoid main() { x = 1; }\n", NULL, NULL, ORR_E_SHADER, "main.comp:4: 'x'");
    expect("#version 460\n#include \"bad.glsl\"\nvoid main() {}\n", NULL, &lib, ORR_E_SHADER,
           "bad.glsl:3: 'nothing'");
    expect("#version 460\n#include \"b.glsl\"\n\nvoid main() { y = 1; }\n", "#define SCALE 1.0", &lib,
           ORR_E_SHADER, "main.comp:4: 'y'");
    expect("#version 460\nvoid main() {}\n", "int z = q;", NULL, ORR_E_SHADER, "preamble:1: 'q'");
    expect("void main() { w = 1; }\n", NULL, NULL, ORR_E_SHADER, "main.comp:1: 'w'");
    expect("#version 460\n\n#include \"missing.glsl\"\nvoid main() {}\n", NULL, &lib, ORR_E_NOT_FOUND,
           "missing.glsl:2: #include \"nowhere.glsl\": no such");
    expect("#version 460\n#include \"a.glsl\"\nvoid main() {}\n", NULL, NULL, ORR_E_SHADER,
           "main.comp:2: #include \"a.glsl\": no includes");
    expect("#version 460\n#include <a.glsl>\nvoid main() {}\n", NULL, &lib, ORR_E_SHADER,
           "main.comp:2: #include takes");
    expect("#version 460\n#include \"versioned.glsl\"\nvoid main() {}\n", NULL, &lib, ORR_E_SHADER,
           "versioned.glsl:1: #version");
    expect("#version 460\nvoid f();\nvoid main() { f(); }\n", NULL, NULL, ORR_E_SHADER,
           "main.comp: Linking compute stage: No function definition (body) found: f(");
}

static void test_depth(void **state) {
    (void)state;
    enum { DEPTH = 20 };
    char names[DEPTH][32], texts[DEPTH][64];
    const char *entries[DEPTH][2];
    for (int i = 0; i < DEPTH; i++) {
        snprintf(names[i], sizeof names[i], "deep%d.glsl", i);
        snprintf(texts[i], sizeof texts[i], "#include \"deep%d.glsl\"\n", (i + 1) % DEPTH);
        entries[i][0] = names[i];
        entries[i][1] = texts[i];
    }
    files f = {(const char *const(*)[2])entries, DEPTH};
    expect("#version 460\n#include \"deep0.glsl\"\nvoid main() {}\n", NULL, &f, ORR_E_LIMIT,
           "more than 16 files deep");
    char *big = malloc((size_t)5 << 20);
    memset(big, ' ', (size_t)5 << 20);
    big[((size_t)5 << 20) - 1] = '\0';
    expect(big, NULL, NULL, ORR_E_LIMIT, "larger than");
    free(big);
}

static void test_digest(void **state) {
    (void)state;
    orr_digest a = orr_glsl_digest("void main() {}", ORR_GLSL_COMPUTE),
               b = orr_glsl_digest("void main() {}", ORR_GLSL_COMPUTE);
    assert_true(orr_digest_equal(&a, &b));
    b = orr_glsl_digest("void main() {}", ORR_GLSL_VERTEX);
    assert_false(orr_digest_equal(&a, &b));
    b = orr_glsl_digest("void main() { }", ORR_GLSL_COMPUTE);
    assert_false(orr_digest_equal(&a, &b));
}

/* --- reflection -------------------------------------------------------------------------------------------
 */

static const char *const block_text =
    "#version 460\n"
    "layout(local_size_x = 1) in;\n"
    "struct Pair { vec3 x; float y; };\n"
    "layout(binding = 3, std140) uniform Params {\n"
    "    float strength; vec3 tint; bool on; mat4 m; mat3 n; vec2 a[3]; Pair pairs[2]; uint unused;\n"
    "} u;\n"
    "layout(binding = 7, rgba16f) uniform writeonly image2D image;\n"
    "layout(binding = 1) uniform sampler2D textures[2];\n"
    "layout(binding = 5) uniform sampler2D idle;\n"
    "layout(binding = 2, std430) readonly buffer B { float b[]; };\n"
    "layout(binding = 9, set = 1) uniform sampler2D other;\n"
    "void main() {\n"
    "    vec4 v = u.m * vec4(u.tint * u.strength, b[0] + float(b.length())) + texelFetch(textures[1], "
    "ivec2(0), 0);\n"
    "    if (u.on) v.xy += u.a[gl_LocalInvocationIndex] + u.pairs[1].x.xy;\n"
    "    imageStore(image, ivec2(0), v + texelFetch(other, ivec2(0), 0));\n"
    "}\n";

static void test_block(void **state) {
    (void)state;
    orr_error err = {0};
    size_t bytes = 0;
    uint32_t *words = compile(block_text, ORR_GLSL_COMPUTE, &bytes), count = 0;
    const orr_glsl_member want[] = {{"strength", 0, 4, true}, {"tint", 16, 12, true},   {"on", 28, 4, true},
                                    {"m", 32, 64, true},      {"n", 96, 48, false},     {"a", 144, 48, true},
                                    {"pairs", 192, 32, true}, {"unused", 224, 4, false}};
    orr_glsl_member members[16];
    OK(orr_glsl_reflect_block(words, bytes, 3, members, 16, &count, &err));
    assert_int_equal(count, 8);
    for (uint32_t i = 0; i < count; i++) {
        assert_string_equal(members[i].name, want[i].name);
        assert_int_equal(members[i].offset, want[i].offset);
        assert_int_equal(members[i].size, want[i].size);
        if (members[i].read != want[i].read) fail_msg("%s: read is %d", want[i].name, members[i].read);
    }
    OK(orr_glsl_reflect_block(words, bytes, 3, members, 2, &count, &err)); /* fewer fit */
    assert_int_equal(count, 8);
    OK(orr_glsl_reflect_block(words, bytes, 2, members, 16, &count, &err)); /* a storage block is none */
    assert_int_equal(count, 0);
    uint32_t bindings[8];
    OK(orr_glsl_reflect_bindings(words, bytes, bindings, 8, &count, &err));
    assert_int_equal(count, 4); /* neither the idle one nor that of set 1 */
    assert_int_equal(bindings[0], 1);
    assert_int_equal(bindings[1], 2);
    assert_int_equal(bindings[2], 3);
    assert_int_equal(bindings[3], 7);
    OK(orr_glsl_reflect_bindings(words, bytes, bindings, 2, &count, &err));
    assert_int_equal(count, 4);
    assert_int_equal(bindings[1], 2);
    free(words);
}

static const char *const spec_text = "#version 460\n"
                                     "layout(local_size_x = 1) in;\n"
                                     "layout(constant_id = 5) const uint IDLE = 3;\n"
                                     "layout(constant_id = 2) const uint KIND = 0;\n"
                                     "layout(constant_id = 9) const bool ON = true;\n"
                                     "layout(constant_id = 1) const bool OFF = false;\n"
                                     "layout(constant_id = 3) const float SCALE = 1.0;\n"
                                     "layout(constant_id = 4) const int COUNT = 4;\n"
                                     "layout(binding = 0, rgba16f) uniform writeonly image2D image;\n"
                                     "void main() {\n"
                                     "    float taps[COUNT];\n"
                                     "    taps[0] = KIND == 1u ? SCALE : 0.0;\n"
                                     "    if (ON) imageStore(image, ivec2(0), vec4(taps[0]));\n"
                                     "}\n";

static void test_specs(void **state) {
    (void)state;
    orr_error err = {0};
    size_t bytes = 0;
    uint32_t *words = compile(spec_text, ORR_GLSL_COMPUTE, &bytes), count = 0;
    orr_glsl_spec specs[8];
    OK(orr_glsl_reflect_specs(words, bytes, specs, 8, &count, &err));
    static const orr_glsl_spec want[] = {{1, false}, {2, true}, {3, true}, {4, true}, {5, false}, {9, true}};
    assert_int_equal(count, 6);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(specs[i].id, want[i].id);
        if (specs[i].read != want[i].read) fail_msg("constant %u: read is %d", specs[i].id, specs[i].read);
    }
    OK(orr_glsl_reflect_specs(words, bytes, specs, 2, &count, &err)); /* fewer fit */
    assert_int_equal(count, 6);
    assert_int_equal(specs[1].id, 2);
    static const uint32_t values[] = {0, 1, 0x10000, 0xffffffff, 0x00040034, 2};
    for (size_t i = 0; i < bytes / 4; i++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            uint32_t kept = words[i];
            words[i] = values[v];
            (void)!orr_glsl_reflect_specs(words, bytes, specs, 8, &count, &err);
            words[i] = kept;
        }
    free(words);
}

/* A shader of a bundle: `text` in main, `outside` before it; bindings 0 and 1 are the host's. "" = fine. */
static void expect_confined(const char *outside, const char *text, const char *message) {
    static const char preamble[] =
        "layout(local_size_x = 16) in;\nlayout(binding = 0) uniform B { vec4 v; } b;\n"
        "layout(binding = 1, rgba16f) uniform image2D image;\n";
    static const uint32_t bindings[] = {0, 1};
    char source[2000];
    orr_error err = {0};
    uint32_t *words = NULL;
    size_t bytes = 0;
    assert_true(
        (size_t)snprintf(source, sizeof source,
                         "%s\nvoid main() {\n ivec2 p = ivec2(gl_GlobalInvocationID.xy);\n vec4 c = b.v "
                         "+ imageLoad(image, p);\n %s\n imageStore(image, p, c);\n}\n",
                         outside, text) < sizeof source);
    OK(build(source, preamble, NULL, ORR_GLSL_COMPUTE, &words, &bytes, &err));
    orr_status status = orr_glsl_confine(words, bytes, bindings, 2, &err);
    if (status != (*message ? ORR_E_SHADER : ORR_OK) || !strstr(err.message, message))
        fail_msg("'%s' '%s': '%s' does not say '%s'", outside, text, err.message, message);
    static const uint32_t values[] = {0, 1, 0x10000, 0xffffffff, 0x0004003b};
    for (size_t i = 0; i < bytes / 4; i++) /* with any word changed it is refused or read */
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            uint32_t kept = words[i];
            words[i] = values[v];
            (void)!orr_glsl_confine(words, bytes, bindings, 2, &err);
            words[i] = kept;
        }
    free(words);
}

static void test_confined(void **state) {
    (void)state;
    expect_confined("const float k[4] = float[](1, 2, 3, 4); float f(float x) { return sin(x); }",
                    "float a[64]; a[p.x & 63] = f(c.r); c.g += a[p.y & 63] + k[p.x & 3];", "");
    expect_confined(
        "#extension GL_EXT_buffer_reference : require\n#extension GL_EXT_buffer_reference_uvec2 : "
        "require\nlayout(buffer_reference, std430) buffer R { uint v[]; };",
        "R r = R(uvec2(4096u, 0u)); r.v[p.x] = 7u;", "uses no extension");
    expect_confined("shared float s[4];", "s[p.x] = 1.0; c.r += s[p.y];", "no shared memory");
    expect_confined("layout(binding = 9) buffer O { uint v[]; } o;", "o.v[p.x] = 7u;", "no buffers");
    expect_confined("layout(push_constant) uniform P { vec4 v; } q;", "c += q.v;", "no push constants");
    expect_confined("layout(binding = 7) uniform sampler2D t[9];", "c += texture(t[p.x], vec2(0));",
                    "declares no images");
    expect_confined("layout(binding = 0) uniform sampler2D t;", "c += texture(t, vec2(0));",
                    "declares no images"); /* the host's block, taken for an image */
    expect_confined("layout(set = 1, binding = 1) uniform sampler2D t;", "c += texture(t, vec2(0));",
                    "declares no images");
    expect_confined("", "double d = c.r; c.r = float(d * d);", "other numbers");
    expect_confined("", "float a[16385]; a[p.x] = 1.0; c.r += a[p.y];", "numbers in an array");
    expect_confined("float f(int x) { float a[9000]; a[x] = 1.0; return a[x / 2]; }",
                    "c.r += f(p.x) + f(p.y);", "numbers in variables");
    expect_confined(
        "float f(float x) { return sin(x); }\n#define F(a, b) float a(float x) { return b(x) + b(x + "
        "1.0) + b(x + 2.0) + b(x + 3.0); }\nF(f1, f) F(f2, f1) F(f3, f2) F(f4, f3) F(f5, f4) F(f6, f5) "
        "F(f7, f6) F(f8, f7)",
        "c.r += f8(c.g);", "instructions");
}

/* Cut anywhere, or with any word changed, a module is refused or read, never trusted. */
static void test_damaged(void **state) {
    (void)state;
    size_t bytes = 0;
    uint32_t *words = compile(block_text, ORR_GLSL_COMPUTE, &bytes), count = 0, bindings[4];
    orr_error err = {0};
    orr_glsl_member members[4];
    assert_int_equal(orr_glsl_reflect_block(words, 7, 3, members, 4, &count, &err), ORR_E_BAD_DATA);
    for (size_t cut = 0; cut < bytes; cut += 4) {
        uint32_t *copy = malloc(cut + 4);
        memcpy(copy, words, cut);
        orr_status status = orr_glsl_reflect_block(copy, cut, 3, members, 4, &count, &err);
        assert_true(status == ORR_OK || status == ORR_E_BAD_DATA || status == ORR_E_TRUNCATED);
        free(copy);
    }
    static const uint32_t values[] = {0, 1, 0x10000, 0xffffffff, 0x0007001e, 2};
    for (size_t i = 0; i < bytes / 4; i++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            uint32_t kept = words[i];
            words[i] = values[v];
            (void)!orr_glsl_reflect_block(words, bytes, 3, members, 4, &count, &err);
            (void)!orr_glsl_reflect_bindings(words, bytes, bindings, 4, &count, &err);
            words[i] = kept;
        }
    free(words);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_includes), cmocka_unit_test(test_messages), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_digest),   cmocka_unit_test(test_block),    cmocka_unit_test(test_specs),
        cmocka_unit_test(test_damaged),  cmocka_unit_test(test_confined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
