/* Light from afar at one time: sun, moon, atmosphere, environment, and what follows from which. No GPU. */
#include "scene_support.h"

#include "scene/air.h"

static orr_atmosphere_props earth(void) {
    orr_error err;
    orr_atmosphere_props air;
    OK(orr_params_init(orr_node_table(ORR_NODE_ATMOSPHERE), &air, &err));
    return air;
}

/* tests/reference/atmosphere_transmittance.csv: a brute-force integration that shares no code with ours. */
static void test_transmittance(void **state) {
    (void)state;
    const orr_atmosphere_props air = earth();
    FILE *file = fopen("tests/reference/atmosphere_transmittance.csv", "r");
    assert_non_null(file);
    char line[256];
    int rows = 0;
    double worst = 0.0;
    while (fgets(line, sizeof line, file)) {
        double altitude, elevation, expected[3], got[3];
        if (sscanf(line, "%lf,%lf,%lf,%lf,%lf", &altitude, &elevation, &expected[0], &expected[1],
                   &expected[2]) != 5)
            continue; /* comments, the head */
        orr_air_transmittance(&air, altitude, elevation * ORR_PI / 180.0, got);
        for (int c = 0; c < 3; c++) worst = fmax(worst, fabs(got[c] / expected[c] - 1.0));
        rows++;
    }
    (void)fclose(file);
    print_message("transmittance: %d rows, worst deviation %.5f %%\n", rows, worst * 100.0);
    assert_true(rows >= 19);
    assert_true(worst <= 0.005);
}

static void test_transmittance_places(void **state) {
    (void)state;
    const orr_atmosphere_props air = earth();
    double a[3], b[3];
    orr_air_transmittance(&air, 0.0, -0.01, a); /* the ground is in the way */
    NEAR3(a, 0, 0, 0);
    orr_air_transmittance(&air, -3.0, 0.5, a); /* below the ground counts as on it */
    orr_air_transmittance(&air, 0.0, 0.5, b);
    NEAR3(a, b[0], b[1], b[2]);
    orr_air_transmittance(&air, 200.0, 0.5, a); /* out of the air, away from it */
    NEAR3(a, 1, 1, 1);
    orr_air_transmittance(&air, 2000.0, -0.2, a); /* past the planet, above the air */
    NEAR3(a, 1, 1, 1);
    /* From above, a line that grazes the ground passes all the air twice. */
    double r = 6560.0, dip = acos(6360.001 / r);
    orr_air_transmittance(&air, r - 6360.0, -dip, a);
    orr_air_transmittance(&air, 0.001, 0.0, b);
    for (int c = 0; c < 3; c++) NEAR(a[c], b[c] * b[c], 2e-4);
    orr_air_transmittance(&air, r - 6360.0, -dip - 1e-3, a);
    NEAR3(a, 0, 0, 0);
}

static void expect(fixture *f, orr_node camera, orr_status status, const char *part, int line) {
    orr_error err;
    orr_status got = pose_fails(f, camera, &err);
    if (got != status || !strstr(err.message, part))
        fail_msg("line %d: status %d, \"%s\" instead of status %d, \"%s\"", line, got, err.message, status,
                 part);
}
#define EXPECT(status, part) expect(f, camera, status, part, __LINE__)

static void test_environment(void **state) {
    fixture *f = *state;
    orr_error err;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none);
    orr_pose pose;
    orr_revision *rev = look(f, camera, &pose);
    assert_false(pose.has_environment || pose.has_atmosphere || pose.has_sun || pose.has_moon);
    orr_pose_free(&pose), orr_revision_release(&rev);

    orr_node air = add(f->scene, ORR_NODE_ATMOSPHERE, none);
    EXPECT(ORR_E_ARGUMENT, "a sky without a sun direction is an error");
    (void)add(f->scene, ORR_NODE_SUN, none);
    rev = look(f, camera, &pose); /* no environment was made: the sky is one */
    assert_true(pose.has_environment && pose.has_atmosphere);
    assert_int_equal(pose.environment.source, ORR_ENV_SKY);
    assert_true(pose.environment.ground_sky_light && pose.environment.capture_emissive);
    NEAR(pose.atmosphere.planet_radius_km, 6360, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);

    orr_node environment = add(f->scene, ORR_NODE_ENVIRONMENT, none);
    rev = look(f, camera, &pose);
    assert_int_equal(pose.environment.source, ORR_ENV_SKY);
    orr_pose_free(&pose), orr_revision_release(&rev);
    set(f, environment, "source", "constant");
    rev = look(f, camera, &pose);
    assert_int_equal(pose.environment.source, ORR_ENV_CONSTANT);
    orr_pose_free(&pose), orr_revision_release(&rev);
    set(f, environment, "source", "sky");
    OK(orr_node_remove(f->scene, air, &err));
    EXPECT(ORR_E_ARGUMENT, "source is 'sky', but the scene has no atmosphere");
}

/* The illuminance that arrives, of a plane facing the sun, with a pose's numbers. */
static double arriving_lx(const orr_pose *pose, double altitude_km) {
    double t[3];
    orr_air_transmittance(&pose->atmosphere, altitude_km, asin(pose->sun_direction[1]), t);
    return pose->sun.illuminance_lx *
           (0.2126 * t[0] * (double)pose->sun.colour[0] + 0.7152 * t[1] * (double)pose->sun.colour[1] +
            0.0722 * t[2] * (double)pose->sun.colour[2]);
}

static void test_sun_at(void **state) {
    fixture *f = *state;
    orr_error err;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), sun = add(f->scene, ORR_NODE_SUN, none);
    orr_pose pose;
    orr_revision *rev = look(f, camera, &pose);
    assert_int_equal(pose.sun.at, ORR_SUN_GROUND);
    NEAR(pose.sun.illuminance_lx, 100000, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);
    set(f, sun, "at", "space");
    EXPECT(ORR_E_ARGUMENT, "given at 'space', but the scene has no atmosphere");

    orr_node air = add(f->scene, ORR_NODE_ATMOSPHERE, none);
    for (int i = 0; i < 2; i++) { /* space and auto are the same under an atmosphere */
        set(f, sun, "at", i ? "auto" : "space");
        rev = look(f, camera, &pose);
        assert_int_equal(pose.sun.at, ORR_SUN_SPACE);
        NEAR(pose.sun.illuminance_lx, 133312, 0);
        orr_pose_free(&pose), orr_revision_release(&rev);
    }
    set(f, sun, "illuminance_lx", "50000");
    rev = look(f, camera, &pose);
    NEAR(pose.sun.illuminance_lx, 50000, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, sun, "at", "ground"), set(f, sun, "elevation_deg", "20"), set(f, sun, "ground_m", "500"),
        set(f, air, "altitude_m", "1500");
    rev = look(f, camera, &pose);
    assert_int_equal(pose.sun.at, ORR_SUN_SPACE);
    assert_true(pose.sun.illuminance_lx > 60000.0);
    NEAR(arriving_lx(&pose, 2.0), 50000, 1e-3);
    orr_pose_free(&pose), orr_revision_release(&rev);
    set(f, sun, "colour", "1 0.5 0.25"); /* brings as much as without air */
    rev = look(f, camera, &pose);
    NEAR(arriving_lx(&pose, 2.0), 50000 * (0.2126 + 0.7152 * 0.5 + 0.0722 * 0.25), 1e-3);
    orr_pose_free(&pose), orr_revision_release(&rev);

    set(f, sun, "elevation_deg", "-5");
    EXPECT(ORR_E_OUT_OF_RANGE, "its elevation is -5 deg (t = 0 s), below the horizon");
    set(f, sun, "elevation_deg", "0"), set(f, sun, "ground_m", "-1500"), set(f, air, "turbidity", "64");
    EXPECT(ORR_E_OUT_OF_RANGE, "hardly any light comes through the air");
    OK(orr_node_remove(f->scene, air, &err));
    set(f, sun, "elevation_deg", "-5"); /* without air there is no horizon */
    rev = look(f, camera, &pose);
    orr_pose_free(&pose), orr_revision_release(&rev);
}

static void test_moon(void **state) {
    fixture *f = *state;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), moon = add(f->scene, ORR_NODE_MOON, none);
    orr_pose pose;
    (void)add(f->scene, ORR_NODE_ATMOSPHERE, none); /* a moon alone makes a sky too */
    orr_revision *rev = look(f, camera, &pose);
    assert_true(pose.has_moon && !pose.has_sun);
    NEAR(pose.moon_phase_rad, 0, 0);
    assert_int_equal(pose.light_count, 1);
    const orr_pose_light *light = &pose.lights[0];
    assert_int_equal(light->shape, ORR_LIGHT_FROM_AFAR);
    assert_true(light->through_air && light->casts_shadow);
    NEAR(light->illuminance_lx, 0.25, 0);
    double h = sqrt(0.5);
    NEAR3(pose.moon_direction, -0.5, h, 0.5);
    NEAR3(light->direction, 0.5, -h, -0.5);
    orr_pose_free(&pose), orr_revision_release(&rev);

    /* Krisciunas & Schaefer 1991: 0.026 a + 4e-9 a^4 magnitudes; a = 90 deg: 2.6024. */
    set(f, moon, "phase_deg", "90");
    rev = look(f, camera, &pose);
    NEAR(pose.moon.illuminance_lx, 0.25 * pow(10, -0.4 * 2.60244), 1e-10);
    NEAR(pose.lights[0].illuminance_lx, pose.moon.illuminance_lx, 0);
    orr_pose_free(&pose), orr_revision_release(&rev);
}

static void test_moon_by_sun(void **state) {
    fixture *f = *state;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), moon = add(f->scene, ORR_NODE_MOON, none),
             sun = add(f->scene, ORR_NODE_SUN, none);
    static const struct {
        const char *moon, *sun;
        double phase_deg;
    } rows[] = {{"90", "270", 0}, {"90", "90", 180}, {"90", "180", 90}, {"60", "90", 150}};
    set(f, moon, "elevation_deg", "0"), set(f, sun, "elevation_deg", "0");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        orr_pose pose;
        set(f, moon, "azimuth_deg", rows[i].moon), set(f, sun, "azimuth_deg", rows[i].sun);
        orr_revision *rev = look(f, camera, &pose);
        NEAR(pose.moon_phase_rad, rows[i].phase_deg * ORR_PI / 180.0, 3e-6);
        orr_pose_free(&pose), orr_revision_release(&rev);
    }
}

/* By date and place: midsummer noon in Greenwich, sun in the south at 90 - 51.48 + 23.44 degrees. */
static void test_dated_sun(void **state) {
    fixture *f = *state;
    orr_error err;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), sun = add(f->scene, ORR_NODE_SUN, none);
    set(f, sun, "latitude_deg", "51.48");
    EXPECT(ORR_E_ARGUMENT, "the sun has latitude_deg, but no date");
    set(f, sun, "date", "2026-06-21T12:02Z");
    EXPECT(ORR_E_ARGUMENT, "the sun has a date, but no longitude_deg");
    set(f, sun, "longitude_deg", "0");
    orr_pose pose;
    orr_revision *rev = look(f, camera, &pose);
    NEAR(asin(pose.sun_direction[1]) * 180 / ORR_PI, 61.97, 0.02);
    NEAR(pose.sun_direction[0], 0, 2e-3);
    assert_true(pose.sun_direction[2] > 0.0);
    orr_pose_free(&pose), orr_revision_release(&rev);
    set(f, sun, "time_s", "43200"); /* midnight: below the northern horizon */
    rev = look(f, camera, &pose);
    assert_true(pose.sun_direction[1] < -0.2 && pose.sun_direction[2] < 0.0);
    orr_pose_free(&pose), orr_revision_release(&rev);
    set(f, sun, "time_s", "1e10");
    EXPECT(ORR_E_OUT_OF_RANGE, "with time_s = 1e+10 (t = 0 s) is not within the years 1900 to 2100");
    set(f, sun, "time_s", "0"), set(f, sun, "elevation_deg", "10");
    EXPECT(ORR_E_ARGUMENT, "the sun has both date and elevation_deg");
    assert_int_equal(try_set(f, f->scene, sun, "date", "noon", &err), ORR_E_BAD_DATA);
    assert_non_null(strstr(err.message, "'noon' is no date"));
}

/* The full moon of 2026-03-03 at its greatest eclipse (11:34 UTC): in the earth's shadow, over the Pacific.
 */
static void test_dated_moon(void **state) {
    fixture *f = *state;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), moon = add(f->scene, ORR_NODE_MOON, none);
    set(f, moon, "time_s", "5");
    EXPECT(ORR_E_ARGUMENT, "the moon has time_s, but no date");
    set(f, moon, "time_s", "0"), set(f, moon, "date", "2026-03-03T11:34Z"), set(f, moon, "latitude_deg", "6"),
        set(f, moon, "longitude_deg", "-170");
    orr_pose pose;
    orr_revision *rev = look(f, camera, &pose);
    assert_true(pose.moon_direction[1] > 0.99);
    assert_true(pose.moon_phase_rad * 180 / ORR_PI < 1.0);
    orr_pose_free(&pose), orr_revision_release(&rev);
}

/* glTF: the first directional light is the sun of a scene without one; the others shine from afar. */
static void test_model_suns(void **state) {
    fixture *f = *state;
    static const char model[] =
        "{\"asset\":{\"version\":\"2.0\"},\"extensionsUsed\":[\"KHR_lights_punctual\"],\"extensions\":{"
        "\"KHR_lights_punctual\":{\"lights\":[{\"type\":\"directional\",\"intensity\":900},{\"type\":"
        "\"directional\",\"intensity\":300,\"color\":[1,0.5,0]}]}},\"scene\":0,\"scenes\":[{\"nodes\":[0,1]}]"
        ","
        "\"nodes\":[{\"extensions\":{\"KHR_lights_punctual\":{\"light\":0}}},{\"extensions\":{"
        "\"KHR_lights_punctual\":{\"light\":1}}}]}";
    write_file(f, "suns.gltf", model, sizeof model - 1);
    orr_error err;
    orr_node camera = add(f->scene, ORR_NODE_CAMERA, none), node = add(f->scene, ORR_NODE_MODEL, none);
    orr_pose pose;
    OK(orr_node_set_asset(f->scene, node, load(f, ORR_ASSET_MODEL, "suns.gltf"), &err));
    orr_revision *rev = look(f, camera, &pose);
    assert_true(pose.has_sun);
    assert_int_equal(pose.sun.at, ORR_SUN_GROUND);
    NEAR(pose.sun.illuminance_lx, 900, 0);
    assert_int_equal(pose.light_count, 1);
    assert_int_equal(pose.lights[0].shape, ORR_LIGHT_FROM_AFAR);
    NEAR(pose.lights[0].illuminance_lx, 300, 0);
    NEAR((double)pose.lights[0].colour[1], 0.5, 0);
    NEAR3(pose.lights[0].direction, 0, 0, -1);
    orr_pose_free(&pose), orr_revision_release(&rev);

    (void)add(f->scene, ORR_NODE_SUN, none); /* the scene's own sun is the sun */
    rev = look(f, camera, &pose);
    NEAR(pose.sun.illuminance_lx, 100000, 0);
    assert_int_equal(pose.light_count, 2);
    orr_pose_free(&pose), orr_revision_release(&rev);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transmittance),
        cmocka_unit_test(test_transmittance_places),
        TEST(test_environment),
        TEST(test_sun_at),
        TEST(test_moon),
        TEST(test_moon_by_sun),
        TEST(test_dated_sun),
        TEST(test_dated_moon),
        TEST(test_model_suns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
