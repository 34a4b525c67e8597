/* The tone curves of shaders/tonemap.glsl, run on the device, against values worked out from the published
 * formulas in double precision by a separate program (white_point 4 for reinhard_extended). */
#include "glsl_run.h"

enum { COLOURS = 5, OPERATORS = 7 };

static const float k_colours[COLOURS][4] = {{0.18f, 0.18f, 0.18f, 1},
                                            {1, 0.5f, 0.25f, 1},
                                            {4, 4, 4, 1},
                                            {20, 0.1f, 0.05f, 1},
                                            {0.05f, 0.3f, 0.9f, 1}};

/* In the order of the module's choices. */
static const struct {
    const char *name;
    double expected[COLOURS][3];
} k_operators[OPERATORS] = {
    {"none", {{0.18, 0.18, 0.18}, {1, 0.5, 0.25}, {1, 1, 1}, {1, 0.1, 0.05}, {0.05, 0.3, 0.9}}},
    {"reinhard",
     {{0.152542373, 0.152542373, 0.152542373},
      {0.6296238, 0.3148119, 0.15740595},
      {0.8, 0.8, 0.8},
      {1, 0.018771834, 0.00938591699},
      {0.0387545827, 0.232527496, 0.697582489}}},
    {"reinhard_extended",
     {{0.154258475, 0.154258475, 0.154258475},
      {0.652772312, 0.326386156, 0.163193078},
      {1, 1, 1},
      {1, 0.0238485944, 0.0119242972},
      {0.0394574213, 0.236744528, 0.710233584}}},
    {"filmic",
     {{0.128338449, 0.128338449, 0.128338449},
      {0.492918546, 0.304300561, 0.171969642},
      {0.918030079, 0.918030079, 0.918030079},
      {1, 0.0742147024, 0.0379294202},
      {0.0379294202, 0.201196813, 0.461214018}}},
    {"aces_fitted",
     {{0.105591247, 0.105591247, 0.105590191},
      {0.634990375, 0.384600075, 0.203160361},
      {0.909013768, 0.909013768, 0.909004678},
      {1, 0.734145624, 0.429865786},
      {0.0204462331, 0.21262328, 0.567258897}}},
    {"agx",
     {{0.214467431, 0.214532669, 0.214536728},
      {0.61011424, 0.431148649, 0.29167595},
      {0.860622386, 0.861002947, 0.861026631},
      {1, 0.557289194, 0.544861018},
      {0.134223234, 0.328989304, 0.591838711}}},
    {"pbr_neutral",
     {{0.14, 0.14, 0.14},
      {0.869090909, 0.422528876, 0.19924786},
      {0.983255814, 0.983255814, 0.983255814},
      {0.997037894, 0.738601929, 0.737952593},
      {0.018985419, 0.258503057, 0.833345389}}},
};

static const char k_shader[] =
    "#include \"tonemap.glsl\"\n"
    "layout(local_size_x = 1) in;\n"
    "layout(set = 0, binding = 0, std430) readonly buffer In { vec4 colours[]; } given;\n"
    "layout(set = 0, binding = 1, std430) writeonly buffer Out { vec4 colours[]; } made;\n"
    "layout(push_constant) uniform Push { uint count; } push;\n"
    "void main() {\n"
    "    uint i = gl_GlobalInvocationID.x, n = push.count;\n"
    "    vec3 c = given.colours[i].rgb;\n"
    "    made.colours[i] = vec4(tonemap_none(c), 1.0);\n"
    "    made.colours[n + i] = vec4(tonemap_reinhard(c), 1.0);\n"
    "    made.colours[2 * n + i] = vec4(tonemap_reinhard_extended(c, 4.0), 1.0);\n"
    "    made.colours[3 * n + i] = vec4(tonemap_filmic(c), 1.0);\n"
    "    made.colours[4 * n + i] = vec4(tonemap_aces_fitted(c), 1.0);\n"
    "    made.colours[5 * n + i] = vec4(tonemap_agx(c), 1.0);\n"
    "    made.colours[6 * n + i] = vec4(tonemap_pbr_neutral(c), 1.0);\n"
    "}\n";

/* Runs every curve over `count` colours; the caller frees the OPERATORS * count results. */
static float (*run(orr_gpu *gpu, const float (*colours)[4], uint32_t count))[4] {
    return glsl_run(gpu, k_shader, colours, count * sizeof *colours, OPERATORS * count * sizeof *colours,
                    count);
}

static void test_published_values(void **state) {
    (void)state;
    orr_gpu *gpu = open_gpu((orr_gpu_params){.label = "tonemap"});
    float(*results)[4] = run(gpu, k_colours, COLOURS);
    for (int o = 0; o < OPERATORS; o++) {
        for (int c = 0; c < COLOURS; c++) {
            for (int k = 0; k < 3; k++) {
                double got = results[o * COLOURS + c][k], expected = k_operators[o].expected[c][k];
                /* agx ends in a power, the least exact of the functions a driver has; the rest is plain
                 * arithmetic */
                if (!(got - expected < 1e-5 && expected - got < 1e-5))
                    fail_msg("%s of colour %d, channel %d: %.9g, expected %.9g", k_operators[o].name, c, k,
                             got, expected);
            }
        }
    }
    free(results);
    close_gpu(gpu);
}

/* Every curve stays in 0..1, never falls as grey rises, and takes black and negative light to black (agx:
 * nearly). */
static void test_shape(void **state) {
    (void)state;
    enum { STEPS = 512 };
    static float greys[STEPS][4];
    for (int i = 0; i < STEPS; i++) {
        float level = i == 0 ? -1.0f : i == 1 ? 0.0f : 0.0001f * (float)(i * i);
        for (int k = 0; k < 3; k++) greys[i][k] = level;
    }
    orr_gpu *gpu = open_gpu((orr_gpu_params){.label = "tonemap"});
    float(*results)[4] = run(gpu, (const float(*)[4])greys, STEPS);
    for (int o = 0; o < OPERATORS; o++) {
        for (int i = 0; i < STEPS; i++) {
            float y = results[o * STEPS + i][1];
            if (!(y >= 0.0f && y <= 1.0f))
                fail_msg("%s leaves 0..1 at step %d: %g", k_operators[o].name, i, (double)y);
            if (i < 2) assert_true(y < 1e-4f);
            if (i > 0 && y < results[o * STEPS + i - 1][1] - 1e-4f)
                fail_msg("%s falls at step %d", k_operators[o].name, i);
        }
    }
    free(results);
    close_gpu(gpu);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_published_values), cmocka_unit_test(test_shape)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
