/* shaders/white_balance.glsl on the device, against the published formulas worked out here in double, and
 * those against published numbers. */
#include "glsl_run.h"

#include <math.h>

/* --- the reference ----------------------------------------------------------------------------------------
 */

typedef struct mat {
    double m[3][3]; /* rows */
} mat;
static const mat rec709_to_xyz = {{{0.41239079926595923, 0.357584339383878, 0.18048078840183432},
                                   {0.21263900587151022, 0.715168678767756, 0.07219231536073373},
                                   {0.019330818715591818, 0.11919477979462598, 0.9505321522496608}}};
static const mat cones[2] = {
    {{{0.401288, 0.650173, -0.051461}, {-0.250268, 1.204414, 0.045854}, {-0.002079, 0.048952, 0.953127}}},
    {{{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}}};
enum { CAT16, BRADFORD };

static mat mul(mat a, mat b) {
    mat r = {{{0}}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 3; k++) r.m[i][j] += a.m[i][k] * b.m[k][j];
    return r;
}
static mat inverse(mat a) {
    mat r;
    double det = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            int u = (j + 1) % 3, v = (j + 2) % 3, s = (i + 1) % 3, t = (i + 2) % 3;
            r.m[i][j] = a.m[u][s] * a.m[v][t] - a.m[u][t] * a.m[v][s]; /* cofactor of a[j][i] */
        }
    for (int k = 0; k < 3; k++) det += a.m[0][k] * r.m[k][0];
    for (int i = 0; i < 9; i++) r.m[i / 3][i % 3] /= det;
    return r;
}
static void apply(mat a, const double v[3], double out[3]) {
    for (int i = 0; i < 3; i++) out[i] = a.m[i][0] * v[0] + a.m[i][1] * v[1] + a.m[i][2] * v[2];
}

static void white_at(double t, double xy[2]) {
    if (t < 4000) {
        double x = -0.2661239e9 / pow(t, 3) - 0.2343589e6 / pow(t, 2) + 0.8776956e3 / t + 0.179910;
        xy[0] = x;
        xy[1] = t < 2222 ? -1.1063814 * pow(x, 3) - 1.34811020 * x * x + 2.18555832 * x - 0.20219683
                         : -0.9549476 * pow(x, 3) - 1.37418593 * x * x + 2.09137015 * x - 0.16748867;
    } else {
        double x = t < 7000 ? -4.6070e9 / pow(t, 3) + 2.9678e6 / pow(t, 2) + 0.09911e3 / t + 0.244063
                            : -2.0064e9 / pow(t, 3) + 1.9018e6 / pow(t, 2) + 0.24748e3 / t + 0.237040;
        xy[0] = x, xy[1] = -3 * x * x + 2.870 * x - 0.275;
    }
}
static void to_uv(const double xy[2], double uv[2]) {
    double d = -2 * xy[0] + 12 * xy[1] + 3;
    uv[0] = 4 * xy[0] / d, uv[1] = 6 * xy[1] / d;
}
static void white_of(double t, double tint, double xy[2]) {
    double uv[2], near[2], close[2], step = t >= 4000 && t < 4010 ? 0.5 : -0.5;
    white_at(t, xy);
    to_uv(xy, uv);
    white_at(t + step, near);
    to_uv(near, close);
    double du = (close[0] - uv[0]) / step, dv = (close[1] - uv[1]) / step, length = hypot(du, dv);
    /* Towards green: v grows. */
    double n[2] = {-dv / length, du / length};
    if (n[1] < 0) n[0] = -n[0], n[1] = -n[1];
    uv[0] += tint / 3000 * n[0], uv[1] += tint / 3000 * n[1];
    double d = 2 * uv[0] - 8 * uv[1] + 4;
    xy[0] = 3 * uv[0] / d, xy[1] = 2 * uv[1] / d;
}

/* From one white to another, on XYZ. */
static mat adaptation(const double from[2], const double to[2], int method) {
    mat scale = {{{0}}};
    double a[3], b[3];
    apply(cones[method], (double[3]){from[0] / from[1], 1, (1 - from[0] - from[1]) / from[1]}, a);
    apply(cones[method], (double[3]){to[0] / to[1], 1, (1 - to[0] - to[1]) / to[1]}, b);
    for (int i = 0; i < 3; i++) scale.m[i][i] = fmax(b[i], 0.1) / fmax(a[i], 0.1);
    return mul(inverse(cones[method]), mul(scale, cones[method]));
}

static mat balance(double t, double tint, int method) {
    double from[2], to[2];
    white_of(t, tint, from);
    white_at(6504, to);
    return mul(inverse(rec709_to_xyz), mul(adaptation(from, to, method), rec709_to_xyz));
}

/* Lindbloom's table of Bradford matrices, D50 to D65 (ASTM E308-01 whites): the reference is Bradford's. */
static void test_reference(void **state) {
    (void)state;
    static const double published[3][3] = {{0.9555766, -0.0230393, 0.0631636},
                                           {-0.0282895, 1.0099416, 0.0210077},
                                           {0.0122982, -0.0204830, 1.3299098}};
    const double d50[3] = {0.96422, 1, 0.82521}, d65[3] = {0.95047, 1, 1.08883};
    const double from[2] = {d50[0] / (d50[0] + 1 + d50[2]), 1 / (d50[0] + 1 + d50[2])},
                 to[2] = {d65[0] / (d65[0] + 1 + d65[2]), 1 / (d65[0] + 1 + d65[2])};
    mat m = adaptation(from, to, BRADFORD);
    for (int i = 0; i < 9; i++) assert_float_equal(m.m[i / 3][i % 3], published[i / 3][i % 3], 2e-6);
    double xy[2];
    white_at(5003, xy); /* D50 and D65 of CIE 15; a black body of illuminant A's temperature, whose white is
                           (0.44757, 0.40745) */
    assert_float_equal(xy[0], 0.34567, 1e-4);
    assert_float_equal(xy[1], 0.35850, 2e-4);
    white_at(6504, xy);
    assert_float_equal(xy[0], 0.31272, 1e-4);
    assert_float_equal(xy[1], 0.32903, 2e-4);
    white_at(2856, xy);
    assert_float_equal(xy[0], 0.44757, 6e-4);
    assert_float_equal(xy[1], 0.40745, 6e-4);
}

/* --- the device --------------------------------------------------------------------------------------------
 */

static const char k_shader[] =
    "#include \"white_balance.glsl\"\n"
    "layout(local_size_x = 1) in;\n"
    "layout(set = 0, binding = 0, std430) readonly buffer In { vec4 rows[]; } given;\n"
    "layout(set = 0, binding = 1, std430) writeonly buffer Out { vec4 columns[]; } made;\n"
    "layout(push_constant) uniform Push { uint count; } push;\n"
    "void main() {\n"
    "    uint i = gl_GlobalInvocationID.x;\n"
    "    vec4 v = given.rows[i];\n"
    "    mat3 m = white_balance(v.x, v.y, v.z > 0.5);\n"
    "    for (int c = 0; c < 3; c++) made.columns[3u * i + uint(c)] = vec4(m[c], float(push.count));\n"
    "}\n";

static const double temperatures[] = {1667, 2000, 2221, 2223, 2856, 3200,  3999,  4000,
                                      4005, 5003, 6000, 6504, 7001, 10000, 20000, 25000},
                    tints[] = {0, 10, -10, 60, -150};
enum {
    TEMPERATURES = sizeof temperatures / sizeof temperatures[0],
    TINTS = sizeof tints / sizeof tints[0],
    ROWS = 2 * TEMPERATURES * TINTS
};

static void test_device(void **state) {
    (void)state;
    float given[ROWS][4];
    for (int i = 0; i < ROWS; i++) {
        given[i][0] = (float)temperatures[i / 2 % TEMPERATURES],
        given[i][1] = (float)tints[i / 2 / TEMPERATURES];
        given[i][2] = (float)(i % 2), given[i][3] = 0;
    }
    orr_gpu *gpu = open_gpu((orr_gpu_params){.label = "white balance"});
    float(*made)[3][4] = glsl_run(gpu, k_shader, given, sizeof given, ROWS * sizeof *made, ROWS);
    double worst = 0;
    for (int i = 0; i < ROWS; i++) {
        mat expected = balance((double)given[i][0], (double)given[i][1], i % 2);
        bool neutral = given[i][0] == 6504.0f && given[i][1] == 0.0f;
        double largest = 0;
        for (int k = 0; k < 9; k++) largest = fmax(largest, fabs(expected.m[k / 3][k % 3]));
        for (int k = 0; k < 9; k++) {
            double got = (double)made[i][k % 3][k / 3], off = fabs(got - expected.m[k / 3][k % 3]) / largest;
            worst = fmax(worst, off);
            /* The tangent of the locus is a difference of floats: what tint takes from it is less exact. */
            if (!(off <= (given[i][1] == 0.0f ? 2e-5 : 2e-3)))
                fail_msg("%g K, tint %g, method %d, element %d: %.9g, not %.9g", (double)given[i][0],
                         (double)given[i][1], i % 2, k, got, expected.m[k / 3][k % 3]);
            if (neutral) assert_true(got == (k % 4 ? 0.0 : 1.0));
        }
    }
    print_message("worst difference from the reference: %.2g of the largest element\n", worst);
    free(made);
    close_gpu(gpu);
}

/* What is white in a light comes out white: illuminant A, D50, a bluish sky, a greenish tube. */
static void test_white(void **state) {
    (void)state;
    static const struct {
        const char *what;
        double xy[2], kelvin, tint, within;
    } lights[] = {{"illuminant A", {0.44757, 0.40745}, 2856, 0, 6e-3},
                  {"D50", {0.34567, 0.35850}, 5003, 0, 2e-3},
                  {"D75", {0.29902, 0.31485}, 7504, 0, 2e-3},
                  {"D65", {0.3127, 0.3290}, 6504, 0, 1e-3}};
    enum { LIGHTS = sizeof lights / sizeof lights[0] };
    float given[2 * LIGHTS][4];
    for (int i = 0; i < 2 * LIGHTS; i++)
        given[i][0] = (float)lights[i / 2].kelvin, given[i][1] = (float)lights[i / 2].tint,
        given[i][2] = (float)(i % 2), given[i][3] = 0;
    orr_gpu *gpu = open_gpu((orr_gpu_params){.label = "white balance"});
    float(*made)[3][4] = glsl_run(gpu, k_shader, given, sizeof given, 2 * LIGHTS * sizeof *made, 2 * LIGHTS);
    for (int i = 0; i < 2 * LIGHTS; i++) {
        const double *xy = lights[i / 2].xy;
        double rgb[3], seen[3];
        apply(inverse(rec709_to_xyz), (double[3]){xy[0] / xy[1], 1, (1 - xy[0] - xy[1]) / xy[1]}, rgb);
        for (int k = 0; k < 3; k++)
            seen[k] = (double)made[i][0][k] * rgb[0] + (double)made[i][1][k] * rgb[1] +
                      (double)made[i][2][k] * rgb[2];
        for (int k = 0; k < 3; k++)
            if (!(fabs(seen[k] - 1) <= lights[i / 2].within))
                fail_msg("white in %s, method %d: %.5f %.5f %.5f", lights[i / 2].what, i % 2, seen[0],
                         seen[1], seen[2]);
    }
    free(made);
    close_gpu(gpu);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reference), cmocka_unit_test(test_device),
                                       cmocka_unit_test(test_white)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
