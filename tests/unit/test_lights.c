/* Local lights on the device: clusters against every light, where a light ends, shadows against where they
 * have to fall, what is refused. Exposure is 1, so that pictures are in nit. */
#include "render_support.h"

#include "render/lights.h"

/* --- pictures with lights cut off ----------------------------------------------------------------------- */

static shot render_cut(const char *text, double cutoff, bool every_light) {
    static const orr_output all[] = {{.channel = "hdr"}, {.channel = "depth"}, {.channel = "id"}};
    orr_error err = {0};
    orr_revision *rev = NULL;
    orr_target *target = NULL;
    orr_script *script = run_script(text);
    const orr_sequence *q = orr_script_sequence(script);
    OK(orr_scene_publish(q->scene, &rev, &err));
    OK(orr_modules_build(orr_engine_modules(g.engine), orr_script_settings(script), &err));
    orr_target_params params = {.label = "test",
                                .width = q->width,
                                .height = q->height,
                                .samples = q->samples,
                                .outputs = all,
                                .output_count = 3,
                                .light_cutoff = cutoff,
                                .every_light = every_light,
                                .settings = orr_script_settings(script),
                                .revision = rev};
    shot s = {0};
    OK(orr_target_create(g.renderer, &params, &target, &err));
    render_frame(script, rev, NULL, 0, target, 0, &s);
    orr_target_destroy(&target);
    orr_renderer_forget(g.renderer, rev);
    orr_revision_release(&rev);
    orr_script_destroy(&script);
    return s;
}

/* --- clusters and the cut ---------------------------------------------------------------------------------
 */

static const char many[] =
    "card{ paint = { base_colour = {0.7, 0.7, 0.7}, roughness = 0.4 }, width = 60, depth = 60 }\n"
    "scene:mesh{ shape = orrery.icosphere{ radius_m = 2 }, position_m = {0, 2, 0} }\n"
    "scene:mesh{ shape = orrery.plane{ width_m = 8, depth_m = 8 }, position_m = {6, 1, 4}, material = "
    "scene:material{ base_colour = {1, 1, 1, 0.5}, alpha_mode = 'blend' } }\n"
    "local random = orrery.random(7)\n"
    "for i = 1, 300 do\n"
    "  local o = { position_m = {random:at(4 * i) * 50 - 25, 0.2 + random:at(4 * i + 1) * 2, "
    "random:at(4 * i + 2) * 50 "
    "- 25}, casts_shadow = false, colour = {random:at(4 * i + 3), 0.5, 0.3} }\n"
    "  if i %% 7 == 0 then o.inner_deg, o.outer_deg, o.intensity_cd = 20, 40, 30 o.rotation_deg = {-70, i, "
    "0} "
    "scene:spot(o)\n"
    "  elseif i %% 50 == 0 then o.luminance_nit = 20 o.shape = 'sphere' o.radius_m = 0.2 scene:area(o)\n"
    "  else o.intensity_cd = 2 scene:point(o) end\n"
    "end\n"
    "return show(scene:camera{ %s }, { size = {200, 120}, samples = 2 })";

static void test_clusters(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const char *cameras[] = {
        "position_m = {3, 6, 24}, look_at_m = {0, 0, 0}, vfov_deg = 60",
        "position_m = {0, 1, 1}, look_at_m = {9, 0, 9}, vfov_deg = 110",
        "position_m = {3, 20, 30}, look_at_m = {0, 0, 0}, ortho_height_m = 18",
    };
    for (int i = 0; i < 3; i++) {
        char text[4096];
        (void)snprintf(text, sizeof text, many, cameras[i]);
        shot culled = render_cut(text, 0.02, false), all = render_cut(text, 0.02, true),
             exact = render_cut(text, 0, false);
        size_t bytes = (size_t)culled.width * culled.height * 4 * sizeof(float);
        assert_memory_equal(culled.hdr, all.hdr, bytes);
        assert_memory_not_equal(culled.hdr, exact.hdr, bytes);
        double most = 0;
        for (size_t p = 0; p < bytes / sizeof(float); p++)
            most = fmax(most, (double)fabsf(culled.hdr[p] - exact.hdr[p]));
        print_message("300 lights: clusters change nothing; cut at 0.02, pictures differ by %.3g at most\n",
                      most);
        forget(&culled), forget(&all), forget(&exact);
    }
}

/* A light adds its cut's worth where it begins to fade, less and less from there, and nothing at its end. */
static void test_cut(void **state) {
    (void)state;
    if (!g.renderer) skip();
    orr_pose_light l = {.intensity_cd = 100, .colour = {0.5f, 1, 0.2f}, .cos_outer = -2};
    double reach = orr_light_reach_m(&l, 2.0, 0.25);
    WITHIN(100 * 2.0 / (reach * reach) / pi * 1.1 * 1.1, 0.25, 1e-12);
    l.range_m = 3;
    assert_true(orr_light_reach_m(&l, 2.0, 0.25) == 3 &&
                isinf(orr_light_reach_m(&(orr_pose_light){0}, 1, 0)));
    const char *scene =
        "card{ paint = chalk(1) } scene:point{ intensity_cd = 100, position_m = {0, %g, 0} } return "
        "show(above(40, 0.01))";
    reach = sqrt(100 / (pi * 0.25));
    static const double at[] = {0.999, 1.02, 1.05, 1.08, 1.101}; /* of where it adds as much as the cut */
    double last = 0.2625, seen = 0.0;
    for (int i = 0; i < 5; i++, last = seen) {
        shot s = render_cut(TEXT(scene, reach * at[i]), 0.25, false);
        seen = middle(&s);
        forget(&s);
        if (i == 0) WITHIN(seen, 0.25, 0.005);
        assert_true(i < 4 ? seen > 0.0 && seen < last : seen == 0.0);
    }
    /* What is cut off of an area light is less than the cut, however near its edge the point is. */
    orr_pose_light area = {.shape = ORR_LIGHT_RECT,
                           .luminance_nit = 50,
                           .axis_x = {2, 0, 0},
                           .axis_y = {0, 0, 1},
                           .colour = {1, 1, 1}};
    reach = orr_light_reach_m(&area, 1.0, 0.25) / 1.1;
    double x = 2 / reach, y = 1 / reach, a = x / sqrt(1 + x * x), b = y / sqrt(1 + y * y);
    assert_true(2 * 50 * (a * atan(y / sqrt(1 + x * x)) + b * atan(x / sqrt(1 + y * y))) / pi < 0.25);
}

/* --- surfaces and shadows ---------------------------------------------------------------------------------
 */

static void test_seen(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const char *shapes[] = {"rect", "disc", "sphere"};
    for (int i = 0; i < 3; i++) {
        const char *scene =
            "local a = scene:area{ shape = '%s', luminance_nit = 123, position_m = {0, 0, %g}, "
            "rotation_deg = {0, %d, 0}, seen = %s } return show(scene:camera{ vfov_deg = 5, "
            "rotation_deg = {0, 0, 0}, ortho_height_m = %g })";
        for (int ortho = 0; ortho < 2; ortho++) {
            shot s = render(TEXT(scene, shapes[i], -4.0, 180, "true", 0.1 * ortho));
            size_t p = (s.height / 2) * s.width + s.width / 2;
            WITHIN(middle(&s), 123, 1e-3);
            WITHIN((double)s.depth[p], i == 2 ? 3.5 : 4, 2e-3);
            assert_true(s.id[p][0] != 0 && s.id[p][1] == 0);
            forget(&s);
        }
        assert_true(middle_of(TEXT(scene, shapes[i], -4.0, 180, "false", 0.0)) == 0.0);
        if (i < 2) assert_true(middle_of(TEXT(scene, shapes[i], -4.0, 0, "true", 0.0)) == 0.0); /* its back */
    }
}

/* A box half a metre above the ground, lit from straight above: dark inside its shadow, lit outside, for
 * every kind of light; the middle of an area light's penumbra is half lit. */
static void test_shadows(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const struct {
        const char *light;
        double edge, penumbra; /* of the shadow of a box of half side 0.5 at 1 m, in metres from the middle */
    } cases[] = {
        {"scene:point{ casts_shadow = true, intensity_cd = 100, position_m = {0, 3, 0} }", 0.75, 0},
        {"scene:spot{ casts_shadow = true, intensity_cd = 100, position_m = {0, 3, 0}, look_at_m = {0, 0, "
         "0}, inner_deg = 40, "
         "outer_deg = "
         "50 }",
         0.75, 0},
        {"scene:spot{ casts_shadow = true, intensity_cd = 100, position_m = {0, 3, 0}, look_at_m = {0, 0, "
         "0}, inner_deg = 40, "
         "outer_deg = "
         "80 }",
         0.75, 0},
        {"scene:directional{ illuminance_lx = 100, elevation_deg = 90 }", 0.5, 0},
        {"scene:area{ shape = 'rect', width_m = 0.6, height_m = 0.6, luminance_nit = 100, position_m = {0, "
         "3, 0}, "
         "look_at_m = {0, 0, 0} }",
         0.75, 0.15},
        {"scene:area{ shape = 'disc', radius_m = 0.3, luminance_nit = 100, position_m = {0, 3, 0}, look_at_m "
         "= {0, 0, "
         "0} }",
         0.75, 0.15},
        {"scene:area{ shape = 'sphere', radius_m = 0.3, luminance_nit = 100, position_m = {0, 3, 0}, seen = "
         "false }",
         0.75, 0.15},
        {"scene:mesh{ shape = orrery.plane{ width_m = 0.6, depth_m = 0.6 }, emits_light = true, material = "
         "scene:material{ base_colour = {0, 0, 0}, emissive_nit = {100, 100, 100} }, position_m = {0, 3, 0}, "
         "rotation_deg = {180, 0, 0} }",
         0.75, 0.15},
    };
    const char *scene =
        "card{ paint = chalk(1), width = 20, depth = 20 } scene:mesh{ shape = orrery.box{ size_m = {1, "
        "0.002, 1} }, position_m = {0, 1, 0}, casts_shadow = %s } %s\n"
        "return show(scene:camera{ position_m = {%g, 0.5, 0.0}, rotation_deg = {-90, 0, 0}, "
        "ortho_height_m = 0.01 })";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double soft = fmax(cases[i].penumbra, 0.05), at[3];
        for (int k = 0; k < 3; k++) {
            double x = cases[i].edge + (k - 1) * 1.6 * soft;
            double free = middle_of(TEXT(scene, "false", cases[i].light, x));
            at[k] = middle_of(TEXT(scene, "true", cases[i].light, x)) / free;
        }
        print_message("shadow %zu: %.3f inside, %.3f at its edge, %.3f outside\n", i, at[0], at[1], at[2]);
        assert_true(at[0] < 0.02 && at[2] > 0.98);
        assert_true(fabs(at[1] - 0.5) < (cases[i].penumbra > 0 ? 0.15 : 0.5));
    }
}

/* What a mask cuts away casts no shadow, and a pane casts none at all. */
static void test_masked_shadows(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const struct {
        const char *mode;
        double alpha;
        bool dark;
    } cases[] = {{"mask", 0.8, true}, {"mask", 0.2, false}, {"blend", 0.8, false}};
    for (int i = 0; i < 3; i++) {
        double l = middle_of(
            TEXT("card{ paint = chalk(1), width = 20, depth = 20 } scene:mesh{ shape = orrery.plane{}, "
                 "position_m = {0, 1, 0}, material = scene:material{ base_colour = {1, 1, 1, %g}, "
                 "alpha_mode = '%s' } } scene:point{ casts_shadow = true, intensity_cd = 100, position_m = "
                 "{0.1, 3, 0} } return "
                 "show(scene:camera{ position_m = {0, 0.5, 0}, rotation_deg = {-90, 0, 0}, "
                 "ortho_height_m = 0.01 })",
                 cases[i].alpha, cases[i].mode));
        assert_true(cases[i].dark ? l == 0.0 : fabs(l - 100 / (9 * pi)) < 0.05);
    }
}

/* Nothing shades itself: a bare scene is the same with and without its own shadows. */
static void test_no_acne(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const char *lights[] = {
        "scene:point{ intensity_cd = 100, position_m = {3, 1.5, 0}, casts_shadow = %s }",
        "scene:spot{ intensity_cd = 100, position_m = {4, 1, 0}, look_at_m = {0, 0, 0}, casts_shadow = %s }",
        "scene:directional{ illuminance_lx = 100, elevation_deg = 12, casts_shadow = %s }",
        "scene:area{ shape = 'disc', luminance_nit = 100, radius_m = 0.4, position_m = {3, 1.2, 0}, "
        "look_at_m = {0, 0, "
        "0}, casts_shadow = %s }",
    };
    for (int i = 0; i < 4; i++) {
        char light[512];
        shot s[2];
        for (int k = 0; k < 2; k++) {
            (void)snprintf(light, sizeof light, lights[i], k ? "true" : "false");
            s[k] = render(
                TEXT("card{ paint = chalk(1), width = 8, depth = 8 } %s return show(above(9))", light));
        }
        double worst = 0;
        for (uint32_t p = 0; p < s[0].width * s[0].height; p++) {
            double a = (double)s[0].hdr[p * 4 + 1], b = (double)s[1].hdr[p * 4 + 1];
            if (a > 1e-3) worst = fmax(worst, fabs(b / a - 1));
        }
        print_message("light %d over bare ground: its own shadows take %.3g at most\n", i, worst);
        assert_true(worst < 0.02);
        forget(&s[0]), forget(&s[1]);
    }
}

/* Of two bodies in one place of the sky the air takes the same share. */
static void test_moon_through_air(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double elevations[] = {70, 20, 4};
    const char *scene =
        "card{ paint = chalk(1) } %s scene:environment{ source = 'constant', luminance_nit = 0 } "
        "scene:%s{ azimuth_deg = 120, elevation_deg = %g, illuminance_lx = 1000, %s } return "
        "show(above(2, 0.01))";
    for (int i = 0; i < 3; i++) {
        double bare = middle_of(TEXT(scene, "", "moon", elevations[i], "phase_deg = 0"));
        WITHIN(bare, 1000 / pi * sin(elevations[i] * pi / 180), 0.005);
        double moon = middle_of(TEXT(scene, "scene:atmosphere{}", "moon", elevations[i], "phase_deg = 0"));
        double sun = middle_of(TEXT(scene, "scene:atmosphere{}", "sun", elevations[i], "at = 'space'"));
        print_message("moon %g degrees high: the air leaves %.4f of it, %.4f of the sun\n", elevations[i],
                      moon / bare, sun / bare);
        assert_true(moon < 0.95 * bare);
        WITHIN(moon, sun, 0.01);
    }
}

/* --- limits ----------------------------------------------------------------------------------------------
 */

static void refused(const char *text, const char *words) {
    if (!g.renderer) skip();
    orr_error err = {0};
    orr_revision *rev = NULL;
    orr_pose pose = {0};
    orr_script *script = run_script(text);
    const orr_sequence *q = orr_script_sequence(script);
    OK(orr_scene_publish(q->scene, &rev, &err));
    assert_int_not_equal(orr_revision_pose(rev, q->camera, 0, NULL, 0, NULL, &pose, &err), ORR_OK);
    if (!strstr(err.message, words)) fail_msg("'%s' does not say '%s'", err.message, words);
    orr_pose_free(&pose);
    orr_revision_release(&rev);
    orr_script_destroy(&script);
}

static void test_mesh_limits(void **state) {
    (void)state;
    refused("scene:mesh{ name = 'lamp', shape = orrery.icosphere{}, emits_light = true, material = "
            "scene:material{ "
            "emissive_nit = {1, 1, 1} } } return show(above(1))",
            "'lamp' has emits_light and");
    refused("scene:mesh{ name = 'dull', shape = orrery.plane{}, emits_light = true } return show(above(1))",
            "emissive_nit is 0");
}

/* More maps than the atlas has tiles is an error that says what to do; as many as fit get room. */
static void test_map_plan(void **state) {
    (void)state;
    if (!g.renderer) skip();
    enum { MANY = 800 };
    orr_error err = {0};
    static orr_pose_light lights[MANY];
    static orr_light_map maps[MANY];
    static uint32_t map_of[MANY];
    uint32_t count, side;
    orr_rev_material material = {0};
    orr_revision rev = {.materials = &material, .material_count = 1};
    orr_pose_draw draw = {.casts_shadow = true, .radius = 1};
    orr_pose pose = {.draws = &draw, .draw_count = 1, .lights = lights, .light_count = 600};
    for (int i = 0; i < MANY; i++)
        lights[i] = (orr_pose_light){.casts_shadow = true, .cos_outer = -2, .colour = {1, 1, 1}};
    OK(orr_light_maps_plan(&rev, &pose, 1920, maps, &count, map_of, &side, &err));
    assert_int_equal(count, 600);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(maps[i].column + 3 * maps[i].side <= side && maps[i].row + 2 * maps[i].side <= side);
        for (uint32_t k = 0; k < i; k++)
            assert_true(maps[k].column + 3 * maps[k].side <= maps[i].column ||
                        maps[i].column + 3 * maps[i].side <= maps[k].column ||
                        maps[k].row + 2 * maps[k].side <= maps[i].row ||
                        maps[i].row + 2 * maps[i].side <= maps[k].row);
    }
    pose.light_count = MANY;
    assert_int_equal(orr_light_maps_plan(&rev, &pose, 1920, maps, &count, map_of, &side, &err), ORR_E_LIMIT);
    assert_non_null(strstr(err.message, "casts_shadow = false"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_seen),
        cmocka_unit_test(test_shadows),
        cmocka_unit_test(test_no_acne),
        cmocka_unit_test(test_masked_shadows),
        cmocka_unit_test(test_moon_through_air),
        cmocka_unit_test(test_mesh_limits),
        cmocka_unit_test(test_map_plan),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
