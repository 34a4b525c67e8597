/* The approximation of multiple scattering (Hillaire 2020: light scattered more than once is the same in all
 * directions) against followed light paths: tests/reference/atmosphere_paths.c. The deviations are published
 * in docs/sky.md and must not become larger. */
#include "render_support.h"

#include "render/sky_query.h"

static const double deg = 3.14159265358979323846 / 180.0;

/* Percent, by sun elevation: what docs/sky.md says, rounded to its one decimal. */
static const double ROUNDING = 0.05;
static const struct {
    double sun_deg, mean, worst;
} published[] = {{90, 1.1, 2.5}, {60, 1.2, 2.8}, {30, 2.2, 6.3},  {10, 3.2, 10.2}, {5, 3.6, 13.3},
                 {2, 3.8, 17.2}, {0, 4.1, 21.4}, {-2, 4.6, 23.0}, {-4, 4.4, 20.4}, {-6, 5.7, 20.6}};
enum { SUNS = sizeof published / sizeof published[0], VIEWS = 8 };

typedef struct row {
    double altitude_km, sun_deg, view_deg, azimuth_deg, rgb[3], error[3];
} row;

static int read_rows(row *rows) {
    FILE *file = fopen("tests/reference/atmosphere_multiple_scattering.csv", "r");
    assert_non_null(file);
    char line[256];
    int count = 0;
    while (fgets(line, sizeof line, file)) {
        row r;
        if (sscanf(line, "%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &r.altitude_km, &r.sun_deg, &r.view_deg,
                   &r.azimuth_deg, &r.rgb[0], &r.rgb[1], &r.rgb[2], &r.error[0], &r.error[1],
                   &r.error[2]) != 10)
            continue; /* comments, the head */
        assert_true(count < SUNS * VIEWS);
        rows[count++] = r;
    }
    (void)fclose(file);
    return count;
}

/* What the earth's air as it comes, under a sun of 133 312 lx above it, sends a camera. */
static void ask(const row *r, float rgb[3]) {
    orr_error err = {0};
    orr_pose pose = {
        .has_atmosphere = true, .has_sun = true, .camera.position_m = {0, r->altitude_km * 1e3, 0}};
    OK(orr_params_init(orr_node_table(ORR_NODE_ATMOSPHERE), &pose.atmosphere, &err));
    OK(orr_params_init(orr_node_table(ORR_NODE_SUN), &pose.sun, &err));
    pose.sun.at = ORR_SUN_SPACE, pose.sun.illuminance_lx = 133312.0;
    pose.sun_direction[0] = cos(r->sun_deg * deg), pose.sun_direction[1] = sin(r->sun_deg * deg);
    double across = cos(r->view_deg * deg);
    const float direction[1][3] = {{(float)(across * cos(r->azimuth_deg * deg)),
                                    (float)sin(r->view_deg * deg),
                                    (float)(across * sin(r->azimuth_deg * deg))}};
    OK(orr_sky_query(g.renderer, &pose, ORR_SKY_ASK_LUMINANCE, direction, 1, (float(*)[3])rgb, &err));
}

static void test_multiple_scattering(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static row rows[SUNS * VIEWS];
    assert_int_equal(read_rows(rows), SUNS * VIEWS);
    double noise = 0.0;
    bool worse = false;
    for (int s = 0; s < SUNS; s++) {
        double mean = 0.0, bias = 0.0, worst = 0.0;
        for (int v = 0; v < VIEWS; v++) {
            const row *r = &rows[s * VIEWS + v];
            float got[3];
            assert_true(r->sun_deg == published[s].sun_deg);
            ask(r, got);
            for (int c = 0; c < 3; c++) {
                double off = ((double)got[c] / r->rgb[c] - 1.0) * 100.0;
                mean += fabs(off) / (VIEWS * 3), bias += off / (VIEWS * 3), worst = fmax(worst, fabs(off));
                noise = fmax(noise, r->error[c] / r->rgb[c] * 100.0);
            }
        }
        print_message(
            "sun at %3g deg: off by %.1f %% in the mean (%+.1f), %.1f %% at most; published %.1f and %.1f\n",
            published[s].sun_deg, mean, bias, worst, published[s].mean, published[s].worst);
        worse = worse || mean > published[s].mean + ROUNDING || worst > published[s].worst + ROUNDING;
    }
    print_message("standard errors of the paths: %.2f %% at most\n", noise);
    assert_false(worse);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_multiple_scattering)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
