/* The sky as it is seen and as it lights, on the device, under validation: against what is computed here. */
#include "render_support.h"

#include "render/sky_query.h"

#define VACUUM                                                                                               \
    "rayleigh_scattering_per_km = {0, 0, 0}, mie_scattering_per_km = {0, 0, 0}, mie_absorption_per_km = "    \
    "{0, "                                                                                                   \
    "0, 0}, ozone_absorption_per_km = {0, 0, 0}"
#define FROM_BELOW "scene:camera{ position_m = {0, -10, 0}, rotation_deg = {90, 0, 0}, vfov_deg = 30 }"

/* 100 000 lx from the zenith on ground of albedo 1, without the sky's part: 31 830.99 nit arrive at what
 * faces down, rough or mirroring. */
static void test_lit_ground(void **state) {
    (void)state;
    WITHIN(middle_of("card{ rotation_deg = {180, 0, 0}, paint = chalk(1) } scene:sun{ elevation_deg = 90, "
                     "illuminance_lx = 100000 } scene:atmosphere{ " VACUUM
                     ", ground_albedo = {1, 1, 1} } scene:environment{ ground_sky_light = false } return "
                     "show(" FROM_BELOW ")"),
           31830.99, 1e-3);
    WITHIN(middle_of("card{ rotation_deg = {180, 0, 0}, paint = { base_colour = {1, 1, 1}, metallic = 1, "
                     "roughness = 0 } } scene:sun{ elevation_deg = 90, illuminance_lx = 100000 } "
                     "scene:atmosphere{ " VACUUM
                     ", ground_albedo = {1, 1, 1} } scene:environment{ ground_sky_light = false } return "
                     "show(" FROM_BELOW ")"),
           31830.99, 1e-3);
    /* Through air: what arrives at the ground is what counts. */
    double without =
        middle_of("card{ rotation_deg = {180, 0, 0}, paint = { base_colour = {1, 1, 1}, metallic = 1, "
                  "roughness = 0 } } scene:sun{ elevation_deg = 90, illuminance_lx = 100000, at = 'ground' } "
                  "scene:atmosphere{ ground_albedo = {0.5, 0.5, 0.5} } scene:environment{ ground_sky_light = "
                  "false } return show(" FROM_BELOW ")");
    double with =
        middle_of("card{ rotation_deg = {180, 0, 0}, paint = { base_colour = {1, 1, 1}, metallic = 1, "
                  "roughness = 0 } } scene:sun{ elevation_deg = 90, illuminance_lx = 100000, at = 'ground' } "
                  "scene:atmosphere{ ground_albedo = {0.5, 0.5, 0.5} } return show(" FROM_BELOW ")");
    WITHIN(without, 0.5 * 31830.99, 0.01);
    printf("the sky adds %.1f %% to the light on the ground\n", (with / without - 1) * 100);
    assert_true(with > without * 1.05 && with < without * 1.5);
}

/* A lamp all around the point of capture is all of the light, once, with its own nit; outside of it there is
 * nothing. */
static void test_glow(void **state) {
    (void)state;
    static const char scene[] =
        "card{ width = 2, depth = 2, paint = chalk(1) } scene:mesh{ shape = orrery.sphere{ radius_m = 40 }, "
        "material = scene:material{ base_colour = {0, 0, 0}, ior = 1, double_sided = %s, emissive_nit = "
        "{500, 500, 500} } } scene:sun{ illuminance_lx = 0 } scene:atmosphere{} scene:environment{ "
        "capture_emissive = %s, capture_m = {%s} } return show(above(10))";
    WITHIN(middle_of(TEXT(scene, "true", "true", "0, 0, 0")), 500, 2e-3);
    WITHIN(middle_of(TEXT(scene, "true", "true", "0, 35, -3")), 500, 2e-3);
    assert_true(middle_of(TEXT(scene, "true", "false", "0, 0, 0")) == 0.0);
    assert_true(middle_of(TEXT(scene, "false", "true", "0, 0, 0")) == 0.0); /* its front faces outwards */
    shot s = render(TEXT(scene, "true", "true", "0, 0, 0"));
    WITHIN(luminance(&s, 0, 0), 500, 1e-3); /* the lamp itself, through 40 m of air */
    forget(&s);
    /* What is a light already is not captured: it would light twice. */
    static const char panel[] =
        "card{ width = 2, depth = 2, paint = chalk(1) } scene:mesh{ shape = orrery.plane{ width_m = 2, "
        "depth_m = 2 }, position_m = {0, 50, 0}, rotation_deg = {180, 0, 0}, emits_light = %s, material = "
        "scene:material{ base_colour = {0, 0, 0}, ior = 1, emissive_nit = {1e6, 1e6, 1e6} } } scene:sun{ "
        "illuminance_lx = 0 } scene:atmosphere{} scene:environment{ capture_m = {0, 49, 0} } return "
        "show(above(3))";
    double light = 1e6 * 4 / (50 * 50) / pi; /* 4 m2 at 50 m, on a white card */
    WITHIN(middle_of(TEXT(panel, "true")), light, 0.01);
    assert_true(middle_of(TEXT(panel, "false")) > 1e4); /* seen from 1 m below, far from where the card is */
    /* Half of the directions: a hemisphere's worth from a great card above, none from below. */
    WITHIN(middle_of("card{ width = 2, depth = 2, paint = chalk(1) } scene:mesh{ shape = orrery.plane{ "
                     "width_m = 2000, depth_m = 2000 }, position_m = {0, 5, 0}, rotation_deg = {180, 0, 0}, "
                     "material = scene:material{ base_colour = {0, 0, 0}, ior = 1, emissive_nit = {500, 500, "
                     "500} } } scene:sun{ illuminance_lx = 0 } scene:atmosphere{} return show(above(3))"),
           500, 0.01);
}

/* What is made again depends on the pose alone: a frame after others has the bytes of that frame alone. */
static void test_alone(void **state) {
    (void)state;
    static const char scene[] =
        "card{ paint = chalk(0.5) } scene:sun{ azimuth_deg = 180, elevation_deg = function(t) return 5 + 20 "
        "* "
        "t end } scene:atmosphere{} return show(scene:camera{ position_m = {0, 2, 9}, look_at_m = {0, 1, 0} "
        "}, { fps = 1, frames = 3, modules = { exposure = { mode = 'manual', ev = function(t) return 12 + t "
        "end } } })";
    shot run[3], alone;
    render_frames(scene, (const int64_t[]){0, 1, 2}, 3, false, run);
    render_frames(scene, (const int64_t[]){2}, 1, false, &alone);
    assert_memory_equal(run[2].hdr, alone.hdr, (size_t)alone.width * alone.height * 4 * sizeof(float));
    assert_true(memcmp(run[0].hdr, run[2].hdr, (size_t)alone.width * alone.height * 4 * sizeof(float)));
    for (int i = 0; i < 3; i++) forget(&run[i]);
    forget(&alone);
}

/* Exposure is a factor on all that is seen, on what the sky lights too. */
static void test_exposure(void **state) {
    (void)state;
    static const char scene[] =
        "card{ width = 4, depth = 4, paint = chalk(0.5) } scene:sun{ elevation_deg = 20 } "
        "scene:atmosphere{} return show(scene:camera{ position_m = {0, 2, 9}, look_at_m = {0, 1, 0} }, { "
        "modules = { exposure = { %s } } })";
    shot nit = render(TEXT(scene, "mode = 'none'")),
         exposed = render(TEXT(scene, "mode = 'manual', ev = 10"));
    for (uint32_t i = 0; i < nit.width * nit.height * 4; i++)
        if (i % 4 != 3) WITHIN((double)exposed.hdr[i], 18 / 12.5 / 1024 * (double)nit.hdr[i], 4e-3);
    forget(&nit), forget(&exposed);
}

/* Off means absent: no pass without an atmosphere. A background that is asked for stays. */
static void test_off(void **state) {
    (void)state;
    shot without =
        render("card{ paint = chalk(0.5) } scene:sun{} scene:environment{} return show(above(10))");
    shot with = render("card{ width = 1, depth = 1, paint = chalk(0.5) } scene:sun{} scene:atmosphere{} "
                       "scene:environment{ background = 'colour', background_nit = {7, 7, 7} } return "
                       "show(above(10))");
    assert_int_equal(with.passes, without.passes + 1);
    WITHIN(luminance(&with, 0, 0), 7, 1e-3);
    forget(&without), forget(&with);
}

/* What the camera sees of the air is what the sky answers to the same direction, from the ground to space. */
static void test_seen(void **state) {
    (void)state;
    static const double altitudes_m[] = {0, 3000, 150e3}, suns[] = {60, 5, -4};
    enum { WIDE = 48, HIGH = 27 };
    double worst = 0;
    for (int i = 0; i < 9; i++) {
        double altitude_m = altitudes_m[i % 3], elevation = suns[i / 3];
        shot s = render(TEXT("scene:sun{ azimuth_deg = 30, elevation_deg = %g } scene:atmosphere{ altitude_m "
                             "= %g, sun_disk = false } return show(scene:camera{ vfov_deg = 60, rotation_deg "
                             "= {%d, 0, 0} }, { size = {48, 27}, modules = { exposure = { mode = 'manual', "
                             "ev = %g } } })",
                             elevation, altitude_m, altitude_m > 100e3 ? -12 : 31, elevation > 0 ? 14 : 6.0));
        double tilt = (altitude_m > 100e3 ? -12 : 31) * pi / 180, half = tan(30 * pi / 180),
               exposure = 18 / 12.5 * pow(2, -(elevation > 0 ? 14 : 6.0));
        orr_error err = {0};
        orr_pose pose = {.has_atmosphere = true, .has_sun = true};
        OK(orr_params_init(orr_node_table(ORR_NODE_ATMOSPHERE), &pose.atmosphere, &err));
        OK(orr_params_init(orr_node_table(ORR_NODE_SUN), &pose.sun, &err));
        pose.sun.illuminance_lx = 133312.0, pose.atmosphere.altitude_m = altitude_m;
        pose.sun_direction[0] = cos(elevation * pi / 180) * 0.5,
        pose.sun_direction[1] = sin(elevation * pi / 180),
        pose.sun_direction[2] = -cos(elevation * pi / 180) * sqrt(0.75);
        for (int y = 1; y < 14; y += 3)
            for (int x = 1; x < WIDE; x += 5) {
                double u = ((x + 0.5) / WIDE * 2 - 1) * half * WIDE / HIGH,
                       v = (1 - (y + 0.5) / HIGH * 2) * half, l = sqrt(1 + u * u + v * v);
                float d[1][3] = {{(float)(u / l), (float)((sin(tilt) + v * cos(tilt)) / l),
                                  (float)((-cos(tilt) + v * sin(tilt)) / l)}},
                      rgb[1][3];
                OK(orr_sky_query(g.renderer, &pose, ORR_SKY_ASK_LUMINANCE, (const float(*)[3])d, 1, rgb,
                                 &err));
                for (int c = 0; c < 3; c++) {
                    double got = (double)s.hdr[(y * WIDE + x) * 4 + c], asked = (double)rgb[0][c] * exposure;
                    if (asked < 1e-3) continue; /* black space, and what half floats round */
                    worst = fmax(worst, fabs(got / asked - 1));
                }
            }
        forget(&s);
    }
    printf("the sky in a frame is off what it answers by %.3f %% at most\n", worst * 100);
    assert_true(worst < 0.01);
}

/* Illuminance that a square picture of `half` (tangent of half its angle) shows, in units of its numbers. */
static double light_of(const shot *s, double half) {
    double sum = 0;
    for (uint32_t y = 0; y < s->height; y++)
        for (uint32_t x = 0; x < s->width; x++) {
            double u = ((x + 0.5) / s->width * 2 - 1) * half, v = ((y + 0.5) / s->height * 2 - 1) * half;
            sum += luminance(s, x, y) * pow(1 + u * u + v * v, -1.5);
        }
    return sum * 4 * half * half / (s->width * s->height);
}

/* The moon gives the light of its phase, whatever part of its face is lit; from above the air. */
static void test_moon(void **state) {
    (void)state;
    static const double phases[] = {0, 40, 90, 130};
    for (int i = 0; i < 4; i++) {
        double a = phases[i], factor = pow(10, -0.4 * (0.026 * a + 4e-9 * a * a * a * a));
        shot s = render(TEXT("scene:moon{ azimuth_deg = 0, elevation_deg = 30, phase_deg = %g } scene:sun{ "
                             "azimuth_deg = 90, elevation_deg = -10, illuminance_lx = 0 } scene:atmosphere{ "
                             "altitude_m = 4e5 } return show(scene:camera{ rotation_deg = {30, 0, 0}, "
                             "vfov_deg = 1 }, { size = {64, 64} })",
                             a));
        WITHIN(light_of(&s, tan(0.5 * pi / 180)), 0.25 * factor, 0.01);
        uint32_t left = 0, right = 0; /* the sun stands to the right: that is where the moon is lit */
        for (uint32_t k = 0; k < 64 * 64; k++) *(k % 64 < 32 ? &left : &right) += s.hdr[k * 4 + 1] > 0.0f;
        assert_true(a < 90 || right > left * 3);
        forget(&s);
    }
}

/* All stars together are as bright as 9 096 drawn from the catalogue's counts, which the few brightest make
 * uncertain by a tenth. */
static void test_stars(void **state) {
    (void)state;
    static const char *const turns[] = {"0, 0", "0, 90", "0, 180", "0, 270", "90, 0", "-90, 0"};
    double all = 0;
    for (int i = 0; i < 6; i++) {
        shot s = render(TEXT("scene:sun{ illuminance_lx = 0 } scene:atmosphere{ altitude_m = 2e6, " VACUUM
                             ", planet_radius_km = 100, stars = true } return show(scene:camera{ "
                             "rotation_deg = {%s, 0}, vfov_deg = 90 }, { size = {512, 512}, modules = { "
                             "exposure = { mode = 'manual', ev = -10 } } })",
                             turns[i]));
        all += light_of(&s, 1) / (18 / 12.5 * 1024);
        forget(&s);
    }
    double faintest = pow(10, -0.4 * (6.5 + 13.98)), k = 0.4 / 0.506, /* light goes with count^-k */
        brightest = pow(10, 0.506 * (-1.46 - 6.5)),                   /* of a star, by how many outshine it */
        expected = 9096 * faintest * ((1 - pow(brightest, 1 - k)) / (1 - k) + pow(brightest, 1 - k));
    printf("all stars give %.3g lx, of %.3g expected\n", all, expected);
    WITHIN(all, expected, 0.15);
}

/* Every pixel of a parallel view looks the same way: it sees one colour of sky, and through as much air to a
 * wall across the view, blended surfaces too. */
static void test_parallel(void **state) {
    (void)state;
    static const char *const walls[] = {"{0, 0, 0}", "{0, 0, 0, 0.999}, alpha_mode = 'blend'"};
    for (int i = 0; i < 2; i++) {
        shot w = render(
            TEXT("scene:sun{} scene:atmosphere{ turbidity = 4 } scene:mesh{ shape = orrery.plane{ width_m = "
                 "40000, depth_m = 2000 }, position_m = {0, 1000, -1000}, rotation_deg = {90, 0, 0}, "
                 "material = scene:material{ base_colour = %s, ior = 1, emissive_nit = {1e5, 1e5, 1e5} } } "
                 "return show(scene:camera{ position_m = {0, 1000, 0}, ortho_height_m = 1000 }, { size = "
                 "{320, 16} })",
                 walls[i]));
        for (uint32_t x = 0; x < w.width; x += 13) WITHIN(luminance(&w, x, 8), luminance(&w, 160, 8), 2e-3);
        forget(&w);
    }
    shot s = render("scene:sun{} scene:atmosphere{} return show(scene:camera{ position_m = {0, 2, 0}, "
                    "rotation_deg = {30, 0, 0}, ortho_height_m = 10 })");
    assert_true(luminance(&s, 1, 1) > 100);
    for (uint32_t i = 0; i < s.width * s.height; i++)
        WITHIN((double)s.hdr[i * 4 + 1], luminance(&s, 1, 1), 1e-3);
    forget(&s);
}

/* No direction, height or hour has anything but numbers, and none below 0. */
static void test_finite(void **state) {
    (void)state;
    static const double altitudes[] = {0, 1, 2000, 60e3, 99999, 100001, 400e3, 2000e3};
    for (int a = 0; a < 8; a++)
        for (int e = -18; e <= 90; e += 27) {
            shot s = render(TEXT("card{ width = 1, depth = 1, position_m = {0, -1, 0}, paint = chalk(0.5) } "
                                 "scene:sun{ elevation_deg = %d } scene:moon{} scene:atmosphere{ stars = "
                                 "true, altitude_m = %g } return show(scene:camera{ rotation_deg = {-20, 0, "
                                 "0}, vfov_deg = 150 }, { size = {48, 27} })",
                                 e, altitudes[a]));
            for (uint32_t i = 0; i < s.width * s.height * 4; i++) assert_true(s.hdr[i] >= 0.0f);
            forget(&s);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lit_ground), cmocka_unit_test(test_glow),  cmocka_unit_test(test_alone),
        cmocka_unit_test(test_exposure),   cmocka_unit_test(test_off),   cmocka_unit_test(test_seen),
        cmocka_unit_test(test_moon),       cmocka_unit_test(test_stars), cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_finite),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
