/* Pictures against geometry: where surfaces, shadows and terrain are, computed here and compared. */
#include "render_support.h"

/* --- geometry
 * ---------------------------------------------------------------------------------------------------------------
 */

static void test_depth(void **state) {
    (void)state;
    for (int ortho = 0; ortho < 2; ortho++) {
        shot s = render(TEXT("card{ paint = chalk(0.5), width = 4, depth = 100 } return show(scene:camera{ "
                             "position_m = {1000, 7.25, 0}, rotation_deg = {-90, 0, 0}, vfov_deg = 60, "
                             "near_m = 0.1, ortho_height_m = %d })",
                             ortho * 3));
        for (uint32_t i = 0; i < W * H; i++) assert_true(s.depth[i] == 1e10f); /* beside it: nothing */
        forget(&s);
        s = render(TEXT("card{ paint = chalk(0.5), position_m = {1000, 0, 0} } return show(scene:camera{ "
                        "position_m = {1000, 7.25, 0}, rotation_deg = {-90, 0, 0}, vfov_deg = 60, near_m = "
                        "0.1, ortho_height_m = %d })",
                        ortho * 3));
        for (uint32_t i = 0; i < W * H; i++) WITHIN((double)s.depth[i], 7.25, 2e-6);
        forget(&s);
    }
    /* A slope: the axis distance of each pixel's own point. */
    shot s = render("card{ paint = chalk(0.5), rotation_deg = {60, 0, 0} } return show(scene:camera{ "
                    "position_m = {0, 0, 5}, vfov_deg = 40 })");
    for (uint32_t y = 0; y < H; y++) { /* plane: n = (0, cos 60, sin 60), through the origin */
        double up = tan(20 * pi / 180) * (1 - 2 * (y + 0.5) / H),
               d = 5 * sin(pi / 3) / (sin(pi / 3) - up * cos(pi / 3));
        WITHIN((double)s.depth[y * W + 10], d, 1e-4);
    }
    forget(&s);
}

static void test_attributes(void **state) {
    (void)state;
    shot s = render(
        "local a = card{ paint = { base_colour = {0.25, 0.5, 0.75} }, width = 2, depth = 2, position_m = "
        "{-2, 0, 0} }\n"
        "card{ paint = chalk(1), width = 2, depth = 2, position_m = {2, 0, 0}, rotation_deg = {0, 0, 45} }\n"
        "return show(above(10, 4))");
    uint32_t left = (H / 2) * W + 14, right = (H / 2) * W + W - 14, nothing = 3 * W + W / 2;
    assert_true(s.id[left][0] && s.id[right][0] && s.id[left][0] != s.id[right][0]);
    assert_true(s.id[left][1] && s.id[right][1] && s.id[left][1] != s.id[right][1]);
    assert_true(s.id[nothing][0] == 0 && s.id[nothing][1] == 0 && s.depth[nothing] == 1e10f);
    for (int c = 0; c < 3; c++) {
        assert_true(fabs((double)s.albedo[left * 4 + (uint32_t)c] - 0.25 * (c + 1)) < 1e-3);
        assert_true(s.normal[nothing * 4 + (uint32_t)c] == 0.0f &&
                    s.albedo[nothing * 4 + (uint32_t)c] == 0.0f);
    }
    assert_true(fabs((double)s.normal[left * 4 + 1] - 1) < 1e-3);
    assert_true(fabs((double)s.normal[right * 4] + sqrt(0.5)) < 1e-3 &&
                fabs((double)s.normal[right * 4 + 1] - sqrt(0.5)) < 1e-3); /* about +z: up leans west */
    forget(&s);
}

/* A picture as a map: grey, RGB and RGBA files, colours as sRGB; and again after its pixels left this side.
 */
static void test_maps(void **state) {
    (void)state;
    for (uint32_t channels = 1; channels <= 4; channels++) {
        orr_error err = {0};
        orr_image image;
        uint8_t *data = NULL;
        size_t size = 0;
        char path[96], name[16];
        OK(orr_image_create(4, 4, channels, ORR_PIXEL_U8, &image, &err));
        memset(image.pixels, 188, image.size_bytes); /* 0.5029 linear */
        OK(orr_png_encode(&image, NULL, &data, &size, &err));
        (void)snprintf(name, sizeof name, "map%u.png", channels);
        (void)snprintf(path, sizeof path, "%s/%s", g.folder, name);
        OK(orr_file_write(path, data, size, &err));
        for (int again = 0; again < 2; again++) {
            shot s = render(TEXT("card{ paint = { base_colour = {1, 0.5, 1}, base_colour_map = '%s' } } "
                                 "return show(above(10))",
                                 name));
            WITHIN((double)s.albedo[(W * H / 2) * 4], 0.5029, 0.003);
            WITHIN((double)s.albedo[(W * H / 2) * 4 + 1], 0.25145, 0.003);
            forget(&s);
        }
        free(data);
        orr_image_free(&image);
    }
}

/* A card 1 m above the ground, the sun 45 degrees high in the east: its shadow lies 1 m to the west. */
static void test_shadow(void **state) {
    (void)state;
    static const char scene[] =
        "card{ paint = chalk(0.5), casts_shadow = false } card{ paint = { base_colour = {0, 0, 0}, ior = 1%s "
        "}, width = 1, depth = 1, position_m = {0, 1, 0}, casts_shadow = %s }\n"
        "scene:sun{ elevation_deg = 45, azimuth_deg = 90, illuminance_lx = 1000, casts_shadow = %s } return "
        "show(above(10, 2.25))";
    double lit = 0.5 / pi * 1000 * sin(pi / 4), dark = 0;
    shot s = render(TEXT(scene, "", "true", "true"));
    for (uint32_t x = 0; x < W; x++) {
        double at = ((x + 0.5) / W - 0.5) * 4, l = luminance(&s, x, H / 2); /* metres to the east */
        if (at > -0.5 && at < 0.5) continue;                                /* the card itself */
        if (at > -1.45 && at < -0.5) assert_true(l == 0.0);
        if (at < -1.55 || at > 0.55) WITHIN(l, lit, 0.005);
        dark += at < -0.5 ? (lit - l) / lit * 4 / W : 0;
    }
    WITHIN(dark, 1.0, 0.03);                                                   /* as long as the card */
    for (uint32_t x = 0; x < 16; x++) WITHIN(luminance(&s, x, 2), lit, 0.005); /* north of it: none */
    forget(&s);
    static const char *const without[][3] = {
        {"", "false", "true"},
        {"", "true", "false"},
        {", alpha_mode = 'mask', base_colour = {0, 0, 0, 0.4}", "true", "true"}};
    for (int i = 0; i < 3; i++) {
        s = render(TEXT(scene, without[i][0], without[i][1], without[i][2]));
        WITHIN(luminance(&s, W / 2 - 16, H / 2), lit, 0.005);
        forget(&s);
    }
    s = render(TEXT(scene, ", alpha_mode = 'mask', base_colour = {0, 0, 0, 0.6}", "true", "true"));
    assert_true(luminance(&s, W / 2 - 16, H / 2) == 0.0);
    forget(&s);
}

/* The shadow is what this frame's sun makes, whatever was rendered before: night, another scene, the same
 * again. */
static void test_shadow_alone(void **state) {
    (void)state;
    static const char scene[] =
        "card{ paint = chalk(0.5) } scene:mesh{ shape = orrery.sphere{ radius_m = %s }, position_m = {0, 1, "
        "0} }\n"
        "scene:sun{ elevation_deg = function(t) return ({30, -5, 30, 60})[math.floor(t + 0.5) + 1] end } "
        "return show(above(10, 4), { fps = 1, duration_s = 4 })";
    shot sequence[4], alone[2];
    render_frames(TEXT(scene, "0.5"), (const int64_t[]){0, 1, 2, 3}, 4, false, sequence);
    render_frames(TEXT(scene, "0.9"), (const int64_t[]){2}, 1, false, &alone[0]);
    render_frames(TEXT(scene, "0.5"), (const int64_t[]){2}, 1, false, &alone[1]);
    size_t bytes = (size_t)W * H * 4 * sizeof(float);
    assert_memory_equal(sequence[0].hdr, sequence[2].hdr, bytes);
    assert_memory_equal(sequence[2].hdr, alone[1].hdr, bytes);
    assert_true(memcmp(sequence[2].hdr, alone[0].hdr, bytes) &&
                memcmp(sequence[2].hdr, sequence[3].hdr, bytes));
    for (int i = 0; i < 4; i++) forget(&sequence[i]);
    for (int i = 0; i < 2; i++) forget(&alone[i]);
}

static void test_alpha(void **state) {
    (void)state;
    static const char scene[] = "card{ paint = { base_colour = {0, 0, 0, %s}, ior = 1, emissive_nit = {100, "
                                "100, 100}, alpha_mode = '%s' } }\n"
                                "scene:environment{ source = 'constant', luminance_nit = 0, background = "
                                "'colour', background_nit = {40, 40, 40} } return show(above(10))";
    WITHIN(middle_of(TEXT(scene, "0.25", "opaque")), 100, 0.001);
    WITHIN(middle_of(TEXT(scene, "0.4", "mask")), 40, 0.001);
    WITHIN(middle_of(TEXT(scene, "0.6", "mask")), 100, 0.001);
    WITHIN(middle_of(TEXT(scene, "0.25", "blend")), 0.25 * 100 + 0.75 * 40, 0.002);
    WITHIN(middle_of(TEXT(scene, "0", "blend")), 40, 0.001);
    /* Far to near, whatever the order of the scene; and an opaque thing in front hides both. */
    static const char two[] =
        "function pane(y, nit, mode) card{ position_m = {0, y, 0}, paint = { base_colour = {0, 0, 0, 0.5}, "
        "ior = 1, emissive_nit = {nit, nit, nit}, alpha_mode = mode } } end\n"
        "%s return show(above(10))";
    WITHIN(middle_of(TEXT(two, "pane(1, 100, 'blend') pane(2, 300, 'blend')")), 150 + 0.5 * 50, 0.002);
    WITHIN(middle_of(TEXT(two, "pane(2, 300, 'blend') pane(1, 100, 'blend')")), 150 + 0.5 * 50, 0.002);
    WITHIN(middle_of(TEXT(two, "pane(2, 300, 'blend') pane(3, 7, 'opaque') pane(1, 100, 'blend')")), 7,
           0.001);
}

static bool near_equal(const float *a, const float *b, uint32_t count, float part) {
    for (uint32_t i = 0; i < count; i++)
        if (fabsf(a[i] - b[i]) > part * fmaxf(1.0f, fabsf(a[i]))) return false;
    return true;
}

/* A mirrored box is that box; its surfaces face outward still, opaque, cut out or blended. */
static void test_mirrored(void **state) {
    (void)state;
    static const char *const modes[] = {"opaque", "mask", "blend"};
    for (int m = 0; m < 3; m++) {
        shot s[2];
        for (int k = 0; k < 2; k++)
            s[k] = render(TEXT("scene:mesh{ shape = orrery.box{}, scale = {%s}, material = scene:material{ "
                               "base_colour = {0.7, 0.5, 0.3, 0.9}, alpha_mode = '%s' } }\n"
                               "scene:sun{ azimuth_deg = 40, elevation_deg = 30, illuminance_lx = 1000, "
                               "casts_shadow = false } scene:environment{ zenith_nit = {90, 80, 70}, "
                               "horizon_nit = {10, 9, 8}, ground_nit = {1, 2, 3} }\n"
                               "return show(scene:camera{ position_m = {2, 2, 3}, look_at_m = {0, 0, 0} })",
                               k ? "-1, 1, 1" : "1, 1, 1", modes[m]));
        if (!near_equal(s[0].hdr, s[1].hdr, W * H * 4, 0.01f))
            fail_msg("a mirrored %s box looks otherwise", modes[m]);
        assert_true(near_equal(s[0].normal, s[1].normal, W * H * 4, 0.002f));
        forget(&s[0]), forget(&s[1]);
    }
}

static void test_two_sided(void **state) {
    (void)state;
    static const char scene[] =
        "card{ paint = { base_colour = {0.5, 0.5, 0.5%s}, ior = 1, roughness = 1, double_sided = %s, "
        "alpha_mode = '%s' } } scene:environment{ source = 'constant', luminance_nit = 2,\n"
        "background = 'colour', background_nit = {9, 9, 9} } return show(scene:camera{ position_m = {0, -5, "
        "0}, rotation_deg = {90, 0, 0} })";
    shot s;
    for (int mask = 0; mask < 2; mask++) { /* from below: not there */
        s = render(TEXT(scene, "", "false", mask ? "mask" : "opaque"));
        WITHIN(middle(&s), 9, 0.001);
        assert_true(s.id[W * H / 2][0] == 0);
        forget(&s);
    }
    s = render(TEXT(scene, "", "true", "opaque")); /* there, and turned to who looks at it */
    WITHIN(middle(&s), 1, 0.005);
    assert_true(fabs((double)s.normal[(W * H / 2) * 4 + 1] + 1) < 1e-3);
    forget(&s);
    s = render(TEXT(scene, "", "true", "mask"));
    WITHIN(middle(&s), 1, 0.005);
    forget(&s);
    s = render(TEXT(scene, ", 0.5", "true", "blend"));
    WITHIN(middle(&s), 0.5 * 1 + 0.5 * 9, 0.005);
    forget(&s);
    s = render(TEXT(scene, ", 0.5", "false", "blend"));
    WITHIN(middle(&s), 9, 0.001);
    forget(&s);
}

/* --- terrain
 * ------------------------------------------------------------------------------------------------------------------
 */

enum { SIDE = 101 };
static void write_dem(const char *name,
                      double (*height)(double x, double z)) { /* metres from the middle, 10 m apart */
    static uint8_t file[128 + SIDE * SIDE * 4];
    char path[96];
    orr_error err = {0};
    memset(file, ' ', 128);
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(file + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (101, 101), }", 63);
    file[127] = '\n';
    for (int i = 0; i < SIDE * SIDE; i++) {
        float h = (float)height((i % SIDE - 50) * 10.0, (i / SIDE - 50) * 10.0);
        memcpy(file + 128 + (size_t)i * 4, &h, 4);
    }
    (void)snprintf(path, sizeof path, "%s/%s", g.folder, name);
    OK(orr_file_write(path, file, sizeof file, &err));
}

static double hill(double x, double z) {
    return 100 * exp(-(x * x + z * z) / (2 * 150 * 150));
}
static double wall(double x, double z) {
    (void)z;
    return x <= -200 ? 100 : 0;
}
static double flat(double x, double z) {
    (void)x, (void)z;
    return 0;
}

static void test_terrain_shape(void **state) {
    (void)state;
    write_dem("hill.npy", hill);
    shot s = render("scene:terrain{ dem = 'hill.npy', spacing_m = 10, exaggeration = 2, ramp = 'grey', "
                    "detail_px = 0.5 } return show(above(1000, 900))");
    double worst_height = 0, worst_normal = 0;
    for (uint32_t y = 0; y < H; y++)
        for (uint32_t x = 0; x < W; x++) {
            double east = ((x + 0.5) / W - 0.5) * 1600, south = ((y + 0.5) / H - 0.5) * 900, n[3] = {0, 1, 0};
            uint32_t i = y * W + x;
            if (fabs(east) > 480 || fabs(south) > 480) {
                if (fabs(east) > 501) assert_true(s.depth[i] == 1e10f);
                continue;
            }
            double h = 2 * hill(east, south);
            n[0] = h * east / (150 * 150), n[2] = h * south / (150 * 150);
            orr_normalize3(n);
            worst_height = fmax(worst_height, fabs(1000 - h - (double)s.depth[i]));
            for (uint32_t c = 0; c < 3; c++)
                worst_normal = fmax(worst_normal, fabs((double)s.normal[i * 4 + c] - n[c]));
            assert_true(s.id[i][0] != 0);
        }
    print_message("terrain: heights within %.3g m of 200, normals within %.3g\n", worst_height, worst_normal);
    assert_true(worst_height < 0.5 && worst_normal < 0.02);
    forget(&s);
}

/* A wall 100 m high, the sun 45 degrees high behind it: 100 m of shade. Twice as tall: 200 m. */
static void test_terrain_shade(void **state) {
    (void)state;
    write_dem("wall.npy", wall), write_dem("flat.npy", flat);
    static const char scene[] =
        "scene:terrain{ dem = '%s.npy', spacing_m = 10, exaggeration = %d, ramp = 'grey', roughness = 1, "
        "casts_shadow = %s } scene:sun{ azimuth_deg = 270, elevation_deg = 45,\n"
        "illuminance_lx = 1000, casts_shadow = %s } return show(above(2000, 500))";
    shot plain = render(TEXT(scene, "flat", 1, "true", "true"));
    double lit = middle(&plain);
    WITHIN(lit, (double)plain.albedo[(W * H / 2) * 4 + 1] / pi * 1000 * sqrt(0.5),
           0.06); /* a little is mirrored away */
    for (int tall = 1; tall <= 2; tall++) {
        shot s = render(TEXT(scene, "wall", tall, "true", "true"));
        double dark = 0;
        for (uint32_t x = 0; x < W; x++) {
            double east = ((x + 0.5) / W - 0.5) * 500 * W / H;
            if (east > -195 && east < 200) dark += 1 - luminance(&s, x, H / 2) / luminance(&plain, x, H / 2);
        }
        dark *= 500.0 / H;
        print_message("a wall of %d m: %.1f m of shade\n", 100 * tall, dark + 5);
        assert_true(fabs(dark + 5 - 100 * tall) <
                    10); /* within a sample; the wall's foot is 5 m before what was counted */
        forget(&s);
    }
    static const char *const without[][2] = {{"false", "true"}, {"true", "false"}};
    for (int i = 0; i < 2; i++) {
        shot s = render(TEXT(scene, "wall", 1, without[i][0], without[i][1]));
        WITHIN(luminance(&s, W / 2 - 8, H / 2), lit, 0.01);
        forget(&s);
    }
    forget(&plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depth),         cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_maps),          cmocka_unit_test(test_shadow),
        cmocka_unit_test(test_shadow_alone),  cmocka_unit_test(test_alpha),
        cmocka_unit_test(test_mirrored),      cmocka_unit_test(test_two_sided),
        cmocka_unit_test(test_terrain_shape), cmocka_unit_test(test_terrain_shade),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
