/* Pictures against physics, on the device, under validation: what a pixel holds is computed here from the
 * formulas of light and photography, and compared. */
#include "render_support.h"

/* --- light
 * ------------------------------------------------------------------------------------------------------------------
 */

/* L = albedo / pi * E * cos, from whatever side the sun comes; nothing from below the card. */
static void test_lambert(void **state) {
    (void)state;
    static const double elevations[] = {90, 60, 30, 10};
    for (int i = 0; i < 4; i++)
        for (int azimuth = 0; azimuth < 360; azimuth += 120) {
            double l = middle_of(TEXT("card{ paint = chalk(0.5) } scene:sun{ elevation_deg = %g, azimuth_deg "
                                      "= %d, illuminance_lx = 1000 } return show(above(10))",
                                      elevations[i], azimuth));
            WITHIN(l, 0.5 / pi * 1000 * sin(elevations[i] * pi / 180), 0.005);
        }
    assert_true(middle_of("card{ paint = chalk(0.5) } scene:sun{ elevation_deg = -20, illuminance_lx = 1000 "
                          "} return show(above(10))") == 0.0);
}

static void test_lamps(void **state) {
    (void)state;
    for (double d = 0.5; d < 9; d *= 2) /* inverse square, straight below */
        WITHIN(middle_of(TEXT("card{ paint = chalk(0.8) } scene:point{ intensity_cd = 300, position_m = {0, "
                              "%g, 0} } return show(above(10, 0.01))",
                              d)),
               0.8 / pi * 300 / (d * d), 0.005);
    /* Lumens: over the whole sphere, or over the cone. */
    WITHIN(middle_of("card{ paint = chalk(0.8) } scene:point{ flux_lm = 1000, position_m = {0, 2, 0} } "
                     "return show(above(10, 0.01))"),
           0.8 / pi * 1000 / (4 * pi) / 4, 0.005);
    WITHIN(middle_of("card{ paint = chalk(0.8) } scene:spot{ flux_lm = 1000, inner_deg = 20, outer_deg = 40, "
                     "position_m = {0, 2, 0}, look_at_m = {0, 0, 0} } return show(above(10, 0.01))"),
           0.8 / pi * 1000 / (2 * pi * (1 - cos(40 * pi / 180))) / 4, 0.005);
    /* Cosine and distance off the axis: 3 m aside, 4 m up: 5 m away. */
    WITHIN(middle_of("card{ paint = chalk(0.8) } scene:point{ intensity_cd = 300, position_m = {3, 4, 0} } "
                     "return show(above(10, 0.01))"),
           0.8 / pi * 300 * 4 / 125, 0.005);
    /* A spot that looks elsewhere lights nothing here; a range ends the light by (1 - (d/r)^4)^2. */
    assert_true(middle_of("card{ paint = chalk(0.8) } scene:spot{ intensity_cd = 300, position_m = {0, 2, "
                          "0}, look_at_m = {9, 0, 0} } return show(above(10, 0.01))") == 0.0);
    WITHIN(middle_of("card{ paint = chalk(0.8) } scene:point{ intensity_cd = 300, range_m = 4, position_m = "
                     "{0, 2, 0} } return show(above(10, 0.01))"),
           0.8 / pi * 300 / 4 * pow(1 - pow(0.5, 4), 2), 0.005);
    assert_true(middle_of("card{ paint = chalk(0.8) } scene:point{ intensity_cd = 300, range_m = 1.9, "
                          "position_m = {0, 2, 0} } return show(above(10, 0.01))") == 0.0);
}

/* A flat .hdr of radiance 1: RGBE, not run-length coded. */
static void write_flat_hdr(void) {
    enum { SIDE = 32 };
    uint8_t file[128 + SIDE * SIDE * 2];
    int n =
        snprintf((char *)file, 128, "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n", SIDE / 2, SIDE);
    for (int i = 0; i < SIDE * SIDE / 2; i++)
        memcpy(file + n + i * 4, (const uint8_t[]){128, 128, 128, 129}, 4);
    char path[96];
    orr_error err = {0};
    (void)snprintf(path, sizeof path, "%s/flat.hdr", g.folder);
    OK(orr_file_write(path, file, (size_t)n + SIDE * SIDE * 2, &err));
}

static void test_environment(void **state) {
    (void)state;
    shot s = render("card{ paint = chalk(1), width = 2, depth = 2 } scene:environment{ source = 'constant', "
                    "luminance_nit = 1 } return show(above(10))");
    WITHIN(middle(&s), 1, 0.002);
    WITHIN(luminance(&s, 0, 0), 1, 0.001); /* the sky itself */
    forget(&s);
    write_flat_hdr();
    WITHIN(middle_of("card{ paint = chalk(1) } scene:environment{ source = 'hdri', hdri = 'flat.hdr', gain = "
                     "3 } return show(above(10))"),
           3, 0.002);
    s = render(TEXT("card{ paint = chalk(1), width = 2, depth = 2 } scene:environment{ source = 'hdri', hdri "
                    "= 'flat.hdr', target_lx = %.9g } return show(above(10))",
                    pi));
    WITHIN(middle(&s), 1, 0.002); /* a constant 1-nit map measures pi lx */
    WITHIN(luminance(&s, 0, 0), 1, 0.001);
    forget(&s);
    /* The gradient: upwards the zenith, and a card sees the upper half alone. */
    double up = middle_of("scene:environment{ zenith_nit = {5, 6, 7}, horizon_nit = {1, 2, 3}, ground_nit = "
                          "{0, 0, 0} } return show(scene:camera{ rotation_deg = {90, 0, 0}, vfov_deg = 1 })");
    WITHIN(up, 6, 0.002);
    double sum = 0; /* integral of L cos over the hemisphere, over pi */
    for (int i = 0; i < 1000; i++) {
        double c = (i + 0.5) / 1000;
        sum += (2 + 4 * pow(c, 0.45)) * c * 2 / 1000;
    }
    WITHIN(middle_of("card{ paint = chalk(1) } scene:environment{ zenith_nit = {5, 6, 7}, horizon_nit = {1, "
                     "2, 3}, ground_nit = {0, 0, 0} } return show(above(10))"),
           sum, 0.03);
    /* Another colour behind than the light that falls in. */
    s = render(
        "card{ paint = chalk(1), width = 2, depth = 2 } scene:environment{ source = 'constant', "
        "luminance_nit = 2, background = 'colour', background_nit = {3, 4, 5} } return show(above(10))");
    WITHIN(middle(&s), 2, 0.002);
    WITHIN(luminance(&s, 0, 0), 4, 0.001);
    forget(&s);
}

/* In a uniform world nothing that reflects everything can be seen. */
static void test_white_furnace(void **state) {
    (void)state;
    double worst = 0;
    for (int metallic = 0; metallic < 2; metallic++)
        for (int i = 0; i <= 10; i++) {
            shot s =
                render(TEXT("scene:mesh{ shape = orrery.sphere{ radius_m = 1 }, material = scene:material{ "
                            "base_colour = {1, 1, 1}, roughness = %g, metallic = %d } }\n"
                            "scene:environment{ source = 'constant', luminance_nit = 10 } return "
                            "show(scene:camera{ position_m = {0, 0, 3}, vfov_deg = 45 })",
                            i / 10.0, metallic));
            for (uint32_t p = 0; p < s.width * s.height; p++)
                worst = fmax(worst, fabs((double)s.hdr[p * 4] / 10 - 1));
            forget(&s);
        }
    print_message("white furnace: off by %.3g at most\n", worst);
    assert_true(worst < 0.01);
}

/* Light from one direction is not made more by reflection: the sphere of all suns, summed, is a furnace as
 * well. */
static void test_direct_furnace(void **state) {
    (void)state;
    double worst = 0;
    for (int i = 4; i <= 10; i += 2) { /* sharper lobes fall between so few suns */
        double sum = 0;
        enum { SUNS = 400 };
        orr_text text = {0};
        orr_text_printf(&text, "card{ paint = { base_colour = {1, 1, 1}, metallic = 1, roughness = %g } }\n",
                        i / 10.0);
        orr_text_puts(&text, "scene:sun{ illuminance_lx = 1000, elevation_deg = function(t) local i = "
                             "math.floor(t + 0.5) return math.deg(math.asin((i + 0.5) / 400)) end,\n"
                             "  azimuth_deg = function(t) return math.floor(t + 0.5) * 137.50776405 end }\n"
                             "return show(scene:camera{ position_m = {0, 5, 5}, look_at_m = {0, 0, 0}, "
                             "vfov_deg = 5 }, { size = {2, 2}, fps = 1, duration_s = 400 })");
        static shot shots[SUNS];
        int64_t frames[SUNS];
        for (int k = 0; k < SUNS; k++) frames[k] = k;
        render_frames(orr_text_cstr(&text), frames, SUNS, false, shots);
        for (int k = 0; k < SUNS; k++)
            sum += (double)shots[k].hdr[1] / 1000 * 2 * pi / SUNS, forget(&shots[k]);
        worst = fabs(sum - 1) > fabs(worst) ? sum - 1 : worst;
        orr_text_free(&text);
    }
    print_message("white furnace, direct light: off by %.3g at most\n", worst);
    assert_true(fabs(worst) < 0.01);
}

/* The index of refraction sets how much a dielectric mirrors, straight on: ((n - 1) / (n + 1))^2. */
static void test_ior(void **state) {
    (void)state;
    static const double iors[] = {1.2, 1.5, 2.4};
    for (int i = 0; i < 3; i++) {
        double f0 = pow((iors[i] - 1) / (iors[i] + 1), 2);
        WITHIN(middle_of(TEXT(
                   "card{ paint = { base_colour = {0, 0, 0}, roughness = 0, ior = %g } } scene:environment{ "
                   "source = 'constant', luminance_nit = 100 } return show(above(10))",
                   iors[i])),
               100 * f0, 0.02);
    }
}

static void test_emission(void **state) {
    (void)state;
    WITHIN(middle_of("card{ paint = { base_colour = {0, 0, 0}, ior = 1, emissive_nit = {10, 250, 30} } } "
                     "return show(above(10))"),
           250, 0.001);
    /* Exposure is a factor on everything: EV 10 by hand. */
    WITHIN(middle_of("card{ paint = { base_colour = {0, 0, 0}, ior = 1, emissive_nit = {10, 250, 30} } } "
                     "return show(above(10), { modules = { exposure = { mode = 'manual', ev = 3 } } })"),
           250 * 18 / 12.5 / 8, 0.001);
}

/* --- effects and repetition
 * ------------------------------------------------------------------------------------------------------ */

static const char still_life[] =
    "scene:mesh{ shape = orrery.torus{}, position_m = {0, 0.3, 0}, rotation_deg = {20, 0, 30}, material = "
    "scene:material{ base_colour = {0.9, 0.6, 0.3}, metallic = 1, roughness = 0.3 } }\n"
    "card{ paint = { base_colour = {0.4, 0.4, 0.4} }, width = 4, depth = 4 } scene:mesh{ shape = "
    "orrery.icosphere{}, position_m = {0.6, 0.8, 0}, material = scene:material{ base_colour = {0.2, 0.4, "
    "0.9, 0.5}, alpha_mode = 'blend' } }\n"
    "scene:sun{} scene:environment{} scene:point{ intensity_cd = 30000, position_m = {-1, 1, 1} }\n"
    "return show(scene:camera{ position_m = {1, 2, 3}, look_at_m = {0, 0.3, 0} }, { samples = %d, modules = "
    "{ exposure = { mode = 'camera' }%s } })";

/* Every module that has a neutral value: neutral is off, bit for bit, and takes no pass and no memory; its
 * defaults are not neutral. */
static void test_neutral(void **state) {
    (void)state;
    if (!g.renderer) skip();
    shot off = render_ldr(TEXT(still_life, 2, ""));
    const orr_modules *modules = orr_engine_modules(g.engine);
    uint32_t tried = 0;
    for (uint32_t i = 0; i < orr_modules_count(modules); i++) {
        const orr_effect *effect = orr_modules_get(modules, i);
        orr_text neutral = {0};
        bool any = false;
        orr_text_printf(&neutral, ", %s = {", effect->module.name);
        for (uint32_t k = 0; k < effect->table.count; k++) {
            orr_param_row row;
            orr_param_row_get(&effect->table, k, &row);
            if (!row.neutral) continue;
            orr_text_printf(&neutral, "%s%s = %s", any ? ", " : " ", row.name, row.neutral);
            any = true;
        }
        orr_text_puts(&neutral, " }");
        if (any) {
            shot s = render_ldr(TEXT(still_life, 2, orr_text_cstr(&neutral)));
            if (memcmp(s.ldr, off.ldr, (size_t)W * H * 4))
                fail_msg("module '%s' at its neutral values changes the picture", effect->module.name);
            assert_true(s.passes == off.passes && s.transient_bytes == off.transient_bytes);
            forget(&s);
            char on[96];
            (void)snprintf(on, sizeof on, ", %s = true", effect->module.name);
            s = render_ldr(TEXT(still_life, 2, on));
            if (!memcmp(s.ldr, off.ldr, (size_t)W * H * 4))
                fail_msg("module '%s' does nothing", effect->module.name);
            assert_true(s.passes > off.passes);
            forget(&s);
            tried++;
        }
        orr_text_free(&neutral);
    }
    assert_true(tried >= 1);
    forget(&off);
}

/* A frame is a function of its inputs: made again, after others, on a new target, it has the same bytes; one
 * sample is one sample. */
static void test_again(void **state) {
    (void)state;
    shot s[3], other;
    for (int samples = 1; samples <= 3; samples += 2) {
        for (int i = 0; i < 3; i++) {
            s[i] = render_ldr(TEXT(still_life, samples, ""));
            if (i == 1)
                other =
                    render_ldr("scene:environment{} return show(above(3), { size = {16, 9}, samples = 2 })"),
                forget(&other);
        }
        for (int i = 1; i < 3; i++) assert_memory_equal(s[0].ldr, s[i].ldr, (size_t)W * H * 4);
        for (int i = 0; i < 3; i++) forget(&s[i]);
    }
    other = render_ldr(TEXT(still_life, 1, "")), s[0] = render_ldr(TEXT(still_life, 3, ""));
    assert_true(memcmp(other.ldr, s[0].ldr, (size_t)W * H * 4));
    forget(&other), forget(&s[0]);
}

/* The mean of the sub-frames is exact: a vertical edge that covers 3/8 of its pixels weighs 3/8 in 8 samples.
 */
static void test_accumulation(void **state) {
    (void)state;
    /* 64 x 36 pixels over 6.4 m x 3.6 m: 10 pixels a metre; the card ends 3/8 of a pixel into column 32. */
    shot s =
        render("card{ width = 3.2, depth = 3.6, position_m = {-1.5625, 0, 0}, paint = { base_colour = {0, 0, "
               "0}, ior = 1, emissive_nit = {80, 80, 80} } } return show(above(10, 3.6), { samples = 8 })");
    for (uint32_t y = 1; y < H - 1; y++) {
        assert_true(luminance(&s, 31, y) == 80.0 && luminance(&s, 33, y) == 0.0);
        WITHIN(luminance(&s, 32, y), 30, 1e-6);
        assert_true(s.depth[y * W + 31] == s.depth[y * W + 20]); /* of the first sub-frame, not a mean */
    }
    forget(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lambert),        cmocka_unit_test(test_lamps),
        cmocka_unit_test(test_environment),    cmocka_unit_test(test_white_furnace),
        cmocka_unit_test(test_direct_furnace), cmocka_unit_test(test_ior),
        cmocka_unit_test(test_emission),       cmocka_unit_test(test_neutral),
        cmocka_unit_test(test_again),          cmocka_unit_test(test_accumulation),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
