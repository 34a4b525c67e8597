/* orrery/photometry.h against the numbers of the project's page on light (ISO 2720:1974, K = 12.5, C = 250),
 * and shaders/photometry.glsl on the device against both. */
#include "glsl_run.h"

#include <math.h>

#include "orrery/photometry.h"

#define RAD(deg) ((deg) * (ORR_PHOTOMETRY_PI / 180.0))

/* One call of each function: the same numbers go through C, and through GLSL. `expected` is worked out by
 * hand or copied from the page; `within` is relative, or absolute where a logarithm comes out. */
typedef enum which {
    POINT,
    SPOT,
    ILLUMINANCE,
    WINDOW,
    LAMBERT,
    SOLID_ANGLE,
    DISC,
    CAMERA,
    EXPOSURE,
    UNIT,
    REFLECTED,
    INCIDENT
} which;
static const struct {
    const char *what;
    which which;
    double in[3], expected, within;
} k_rows[] = {
    {"1 000 lm at a point", POINT, {1000}, 79.57747154594767, 1e-6},
    {"1 000 lm in a half space", SPOT, {1000, 0}, 159.15494309189535, 1e-6},
    {"1 000 lm in a cone of 30 degrees half angle", SPOT, {1000, 0.8660254037844387}, 1187.942003, 1e-5},
    {"100 cd at 2 m, turned by 60 degrees", ILLUMINANCE, {100, 0.5, 2}, 12.5, 1e-6},
    {"range not reached", WINDOW, {1, 2}, 0.87890625, 1e-6},
    {"past the range", WINDOW, {9, 2}, 0, 0},
    {"no range", WINDOW, {1e6, 0}, 1, 0},
    {"white in 100 000 lx", LAMBERT, {1, 100000}, 31830.99, 1e-6},
    {"white in 10 000 lx", LAMBERT, {1, 10000}, 3183.10, 1e-5},
    {"white in 500 lx", LAMBERT, {1, 500}, 159.15, 1e-4},
    {"white in 0.25 lx", LAMBERT, {1, 0.25}, 0.0796, 1e-3},
    {"the sun's solid angle", SOLID_ANGLE, {RAD(0.545)}, 7.106e-5, 1e-4},
    {"half the sky", SOLID_ANGLE, {ORR_PHOTOMETRY_PI}, 6.283185307179586, 1e-6},
    {"the sun's disc", DISC, {133312, RAD(0.545)}, 1.876e9, 1e-4},
    {"sunny 16", CAMERA, {16, 0.01, 100}, 14.643856189774724, 1e-5},
    {"sunny 16 at ISO 200", CAMERA, {16, 0.01, 200}, 13.643856189774724, 1e-5},
    {"f/1, 1 s", CAMERA, {1, 1, 100}, 0, 1e-6},
    {"key 18 at EV 0", EXPOSURE, {0, 0, 18}, 1.44, 1e-6},
    {"a stop up", EXPOSURE, {14, 1, 18}, 1.7578125e-4, 1e-5},
    {"factor 1", UNIT, {18}, 0.5260688116675876, 1e-6},
    {"noon, reflected", REFLECTED, {5729.577951308232}, 15.484, 5e-4},
    {"overcast, reflected", REFLECTED, {572.9577951308232}, 12.162, 5e-4},
    {"office, reflected", REFLECTED, {28.64788975654116}, 7.840, 5e-4},
    {"full moon, reflected", REFLECTED, {0.01432394487827058}, -3.125, 5e-4},
    {"noon, incident", INCIDENT, {100000}, 15.288, 5e-4},
    {"overcast, incident", INCIDENT, {10000}, 11.966, 5e-4},
    {"office, incident", INCIDENT, {500}, 7.644, 5e-4},
    {"full moon, incident", INCIDENT, {0.25}, -3.322, 5e-4},
};
enum { ROWS = sizeof k_rows / sizeof k_rows[0] };

static double in_c(which formula, const double *v) {
    switch (formula) {
    case POINT:
        return orr_point_intensity_cd(v[0]);
    case SPOT:
        return orr_spot_intensity_cd(v[0], v[1]);
    case ILLUMINANCE:
        return orr_illuminance_lx(v[0], v[1], v[2]);
    case WINDOW:
        return orr_range_window(v[0], v[1]);
    case LAMBERT:
        return orr_lambert_luminance_nit(v[0], v[1]);
    case SOLID_ANGLE:
        return orr_disc_solid_angle_sr(v[0]);
    case DISC:
        return orr_disc_luminance_nit(v[0], v[1]);
    case CAMERA:
        return orr_camera_ev100(v[0], v[1], v[2]);
    case EXPOSURE:
        return orr_exposure(v[0], v[1], v[2]);
    case UNIT:
        return orr_unit_ev100(v[0]);
    case REFLECTED:
        return orr_reflected_ev100(v[0]);
    default:
        return orr_incident_ev100(v[0]);
    }
}

static const char k_shader[] =
    "#include \"photometry.glsl\"\n"
    "layout(local_size_x = 1) in;\n"
    "layout(set = 0, binding = 0, std430) readonly buffer In { vec4 rows[]; } given;\n"
    "layout(set = 0, binding = 1, std430) writeonly buffer Out { float results[]; } made;\n"
    "layout(push_constant) uniform Push { uint count; } push;\n"
    "void main() {\n"
    "    uint i = gl_GlobalInvocationID.x;\n"
    "    vec4 v = given.rows[i];\n"
    "    float r = 0.0;\n"
    "    switch (int(v.w)) {\n"
    "    case 0: r = point_intensity_cd(v.x); break;\n"
    "    case 1: r = spot_intensity_cd(v.x, v.y); break;\n"
    "    case 2: r = illuminance_lx(v.x, v.y, v.z); break;\n"
    "    case 3: r = range_window(v.x, v.y); break;\n"
    "    case 4: r = lambert_luminance_nit(v.x, v.y); break;\n"
    "    case 5: r = disc_solid_angle_sr(v.x); break;\n"
    "    case 6: r = disc_luminance_nit(v.x, v.y); break;\n"
    "    case 7: r = camera_ev100(v.x, v.y, v.z); break;\n"
    "    case 8: r = exposure_of(v.x, v.y, v.z); break;\n"
    "    case 9: r = unit_ev100(v.x); break;\n"
    "    case 10: r = reflected_ev100(v.x); break;\n"
    "    case 11: r = incident_ev100(v.x); break;\n"
    "    }\n"
    "    made.results[i] = i < push.count ? r : 0.0;\n"
    "}\n";

static void near(const char *where, const char *what, double got, double expected, double within) {
    if (!(fabs(got - expected) <= within * fmax(1e-300, fabs(expected) > 1 ? fabs(expected) : 1)))
        fail_msg("%s: %s is %.9g, not %.9g within %g", where, what, got, expected, within);
}

/* A logarithm is off by an absolute amount, everything else by a relative one. */
static double relative(which formula, double value) {
    return formula >= CAMERA && formula != EXPOSURE ? 1.0 : value;
}

static void test_c(void **state) {
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        double scale = relative(k_rows[i].which, k_rows[i].expected != 0 ? k_rows[i].expected : 1);
        near("C", k_rows[i].what, in_c(k_rows[i].which, k_rows[i].in) / scale, k_rows[i].expected / scale,
             k_rows[i].within);
    }
}

static void test_device(void **state) {
    (void)state;
    float given[ROWS][4];
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < 3; k++) given[i][k] = (float)k_rows[i].in[k];
        given[i][3] = (float)k_rows[i].which;
    }
    orr_gpu *gpu = open_gpu((orr_gpu_params){.label = "photometry"});
    float *made = glsl_run(gpu, k_shader, given, sizeof given, ROWS * sizeof *made, ROWS);
    for (int i = 0; i < ROWS; i++) {
        double exact = in_c(k_rows[i].which, k_rows[i].in),
               scale = relative(k_rows[i].which, exact != 0 ? exact : 1);
        near("GLSL against C", k_rows[i].what, (double)made[i] / scale, exact / scale, 1e-5);
        scale = relative(k_rows[i].which, k_rows[i].expected != 0 ? k_rows[i].expected : 1);
        near("GLSL", k_rows[i].what, (double)made[i] / scale, k_rows[i].expected / scale,
             fmax(k_rows[i].within, 1e-5));
    }
    free(made);
    close_gpu(gpu);
}

/* The table of scenarios: what an 18 % card comes out at when it is metered, and under the named presets. */
static void test_card(void **state) {
    (void)state;
    static const struct {
        double lux, preset_ev, under_preset;
    } rows[] = {{100000, 14.64, 0.323}, {10000, 11.32, 0.323}, {500, 6.97, 0.329}, {0.25, -2.00, 0.083}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double card = orr_lambert_luminance_nit(0.18, rows[i].lux);
        near("C", "a card metered reflected",
             card * orr_exposure(orr_reflected_ev100(card), 0, ORR_METER_KEY), 0.180, 1e-3);
        near("C", "a card metered incident", card * orr_exposure(orr_incident_ev100(rows[i].lux), 0, 18),
             0.206, 5e-4);
        near("C", "a card under a preset", card * orr_exposure(rows[i].preset_ev, 0, 18),
             rows[i].under_preset, 5e-4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_c), cmocka_unit_test(test_device),
                                       cmocka_unit_test(test_card)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
