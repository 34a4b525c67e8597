/* The air's tables on the device, under validation: against numbers of a brute-force integration that shares
 * no code with ours (tests/reference), for what holds whatever the air, and for when they are made. */
#include "render_support.h"

#include "render/renderer_private.h"
#include "render/sky_query.h"

static const double deg = 3.14159265358979323846 / 180.0;

/* The earth's air with a sun; the camera in that altitude. */
static orr_pose place(double altitude_km, double sun_elevation_deg) {
    orr_error err = {0};
    orr_pose pose = {.has_atmosphere = true, .has_sun = true, .camera.position_m = {0, altitude_km * 1e3, 0}};
    OK(orr_params_init(orr_node_table(ORR_NODE_ATMOSPHERE), &pose.atmosphere, &err));
    OK(orr_params_init(orr_node_table(ORR_NODE_SUN), &pose.sun, &err));
    pose.sun.at = ORR_SUN_SPACE, pose.sun.illuminance_lx = 133312.0;
    pose.sun_direction[0] = cos(sun_elevation_deg * deg),
    pose.sun_direction[1] = sin(sun_elevation_deg * deg);
    return pose;
}

static void towards(double elevation_deg, double azimuth_deg, float out[3]) {
    double across = cos(elevation_deg * deg);
    out[0] = (float)(across * cos(azimuth_deg * deg)), out[1] = (float)sin(elevation_deg * deg);
    out[2] = (float)(across * sin(azimuth_deg * deg));
}

static void ask_one(const orr_pose *pose, orr_sky_ask ask, double elevation_deg, double azimuth_deg,
                    float rgb[3]) {
    orr_error err = {0};
    float direction[1][3];
    towards(elevation_deg, azimuth_deg, direction[0]);
    OK(orr_sky_query(g.renderer, pose, ask, (const float(*)[3])direction, 1, (float(*)[3])rgb, &err));
}

/* --- against the reference -------------------------------------------------------------------------------
 */

static FILE *reference(const char *path) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    return file;
}

static void test_transmittance(void **state) {
    (void)state;
    if (!g.renderer) skip();
    FILE *file = reference("tests/reference/atmosphere_transmittance.csv");
    char line[256];
    int rows = 0;
    double worst = 0.0, worst_low = 0.0; /* of what is allowed */
    while (fgets(line, sizeof line, file)) {
        double altitude, elevation, expected[3];
        float got[3];
        if (sscanf(line, "%lf,%lf,%lf,%lf,%lf", &altitude, &elevation, &expected[0], &expected[1],
                   &expected[2]) != 5)
            continue; /* comments, the head */
        orr_pose pose = place(altitude, 90);
        ask_one(&pose, ORR_SKY_ASK_TRANSMITTANCE, elevation, 0, got);
        for (int c = 0; c < 3; c++) {
            double off = fabs((double)got[c] - expected[c]), part = off / expected[c],
                   allowed = elevation >= 2.0 ? 0.01 : 0.03, *into = elevation >= 2.0 ? &worst : &worst_low;
            if (off <= 1e-3 && part > allowed) part = 0.0; /* the absolute bar holds */
            *into = fmax(*into, part);
        }
        rows++;
    }
    (void)fclose(file);
    print_message("transmittance: %d rows, worst deviation %.3f %%, below 2 deg %.3f %%\n", rows, worst * 100,
                  worst_low * 100);
    assert_int_equal(rows, 19);
    assert_true(worst <= 0.01 && worst_low <= 0.03);
}

static void test_single_scattering(void **state) {
    (void)state;
    if (!g.renderer) skip();
    FILE *file = reference("tests/reference/atmosphere_single_scattering.csv");
    char line[256];
    int rows = 0;
    double worst[2] = {0.0, 0.0}; /* through the table, marched */
    while (fgets(line, sizeof line, file)) {
        double altitude, sun, view, azimuth, expected[3];
        float got[3];
        if (sscanf(line, "%lf,%lf,%lf,%lf,%lf,%lf,%lf", &altitude, &sun, &view, &azimuth, &expected[0],
                   &expected[1], &expected[2]) != 7)
            continue;
        orr_pose pose = place(altitude, sun);
        pose.atmosphere.multiple_scattering = false;
        for (int way = 0; way < 2; way++) {
            ask_one(&pose, way ? ORR_SKY_ASK_MARCHED : ORR_SKY_ASK_LUMINANCE, view, azimuth, got);
            for (int c = 0; c < 3; c++)
                worst[way] = fmax(worst[way], fabs((double)got[c] / expected[c] - 1.0));
        }
        rows++;
    }
    (void)fclose(file);
    print_message("single scattering: %d rows, worst deviation %.3f %% through the table, %.3f %% marched\n",
                  rows, worst[0] * 100, worst[1] * 100);
    assert_int_equal(rows, 32);
    assert_true(worst[0] <= 0.03 && worst[1] <= 0.03);
}

/* --- whatever the air ------------------------------------------------------------------------------------
 */

static void test_linear(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double suns[] = {-12, -3, 5, 60};
    double worst = 0.0;
    for (int s = 0; s < 4; s++)
        for (int view = 0; view <= 90; view += 15) {
            float one[3], many[3];
            orr_pose pose = place(0.5, suns[s]);
            pose.sun.illuminance_lx = 1.0;
            ask_one(&pose, ORR_SKY_ASK_LUMINANCE, view, 40, one);
            pose.sun.illuminance_lx = 133312.0;
            ask_one(&pose, ORR_SKY_ASK_LUMINANCE, view, 40, many);
            for (int c = 0; c < 3; c++) {
                assert_true(one[c] > 0.0f);
                worst = fmax(worst, fabs((double)many[c] / ((double)one[c] * 133312.0) - 1.0));
            }
        }
    print_message("linear in the sun's illuminance: worst deviation %.2g %%\n", worst * 100);
    assert_true(worst <= 0.001);
}

enum { AZIMUTHS = 9, VIEWS = 49, MOST_DIRECTIONS = AZIMUTHS * VIEWS + 64 };

/* All around, and dense about the horizon that the camera sees. */
static uint32_t all_around(double altitude_km, float directions[MOST_DIRECTIONS][3]) {
    uint32_t n = 0;
    double dip = acos(6360.0 / (6360.0 + altitude_km)) / deg;
    for (int v = 0; v < VIEWS; v++)
        for (int a = 0; a < AZIMUTHS; a++)
            towards(-90 + 180.0 * v / (VIEWS - 1), 180.0 * a / (AZIMUTHS - 1), directions[n++]);
    for (int k = 0; k < 16; k++)
        for (int a = 0; a < 4; a++)
            towards(-dip + (k % 2 ? 1 : -1) * pow(10.0, -k / 2.5), 60 * a, directions[n++]);
    return n;
}

static void test_finite(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double altitudes[] = {0, 0.002, 2, 12, 60, 99.99, 100, 100.01, 400, 2000};
    static const double suns[] = {-18, -12, -6, -2, -0.3, 0, 0.3, 6, 30, 90};
    float directions[MOST_DIRECTIONS][3], rgb[MOST_DIRECTIONS][3];
    orr_error err = {0};
    double brightest = 0.0;
    uint64_t count = 0;
    for (size_t h = 0; h < sizeof altitudes / sizeof altitudes[0]; h++) {
        uint32_t n = all_around(altitudes[h], directions);
        for (size_t s = 0; s < sizeof suns / sizeof suns[0]; s++) {
            orr_pose pose = place(altitudes[h], suns[s]);
            for (orr_sky_ask ask = ORR_SKY_ASK_TRANSMITTANCE; ask <= ORR_SKY_ASK_MARCHED; ask++) {
                OK(orr_sky_query(g.renderer, &pose, ask, (const float(*)[3])directions, n, rgb, &err));
                for (uint32_t i = 0; i < n; i++)
                    for (int c = 0; c < 3; c++) {
                        assert_true(isfinite(rgb[i][c]) && rgb[i][c] >= 0.0f);
                        brightest = fmax(brightest, (double)rgb[i][c]);
                        assert_true(ask != ORR_SKY_ASK_TRANSMITTANCE || rgb[i][c] <= 1.0f);
                    }
                count += n;
            }
        }
    }
    print_message("%llu answers, all finite; the brightest %.4g nit\n", (unsigned long long)count, brightest);
    assert_true(brightest < 133312.0);
}

/* The table and marching are two ways to one thing. */
static void test_ways_agree(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double altitudes[] = {0.002, 2, 12, 60}, suns[] = {-6, 0.3, 6, 30, 80};
    float directions[MOST_DIRECTIONS][3], rgb[2][MOST_DIRECTIONS][3];
    orr_error err = {0};
    double worst = 0.0;
    for (int h = 0; h < 4; h++) {
        uint32_t n = all_around(altitudes[h], directions);
        for (int s = 0; s < 5; s++) {
            orr_pose pose = place(altitudes[h], suns[s]);
            double brightest = 0.0;
            for (int way = 0; way < 2; way++)
                OK(orr_sky_query(g.renderer, &pose, way ? ORR_SKY_ASK_MARCHED : ORR_SKY_ASK_LUMINANCE,
                                 (const float(*)[3])directions, n, rgb[way], &err));
            for (uint32_t i = 0; i < n; i++)
                for (int c = 0; c < 3; c++) brightest = fmax(brightest, (double)rgb[1][i][c]);
            for (uint32_t i = 0; i < AZIMUTHS * VIEWS; i++)
                for (int c = 0; c < 3; c++) {
                    double marched = (double)rgb[1][i][c];
                    worst = fmax(worst, fabs((double)rgb[0][i][c] - marched) / (marched + 0.01 * brightest));
                }
        }
    }
    print_message("table against marching: worst deviation %.2f %%\n", worst * 100);
    assert_true(worst <= 0.03);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transmittance), cmocka_unit_test(test_single_scattering),
        cmocka_unit_test(test_linear),        cmocka_unit_test(test_finite),
        cmocka_unit_test(test_ways_agree),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
