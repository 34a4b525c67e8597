/* Local lights on the device against what photometry says of them: area lights against integrals over their
 * surface, clusters against every light, shadows against where they have to fall; and the table of area
 * lights against brute force. Exposure is 1, so that pictures are in nit. */
#include "render_support.h"

#include "render/lights.h"
#include "render/ltc_table.h"

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

/* --- area lights -----------------------------------------------------------------------------------------
 */

#define DOWN "position_m = {0, %g, 0}, look_at_m = {0, 0, 0}, casts_shadow = false, luminance_nit = 500"
static const char floor_and[] = "card{ paint = chalk(1) } scene:area{ %s } return show(above(20, 0.01))";

static double lit_by(const char *format, ...) ORR_PRINTF(1, 2);
static double lit_by(const char *format, ...) { /* lx at the origin, on the ground */
    char area[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(area, sizeof area, format, args);
    va_end(args);
    char text[1024];
    (void)snprintf(text, sizeof text, floor_and, area);
    return pi * middle_of(text);
}

/* On the axis: closed forms. */
static void test_on_axis(void **state) {
    (void)state;
    if (!g.renderer) skip();
    double worst = 0;
    for (double d = 0.1; d < 8; d *= 2) {
        double r = 0.7, disc = lit_by("shape = 'disc', radius_m = 0.7, " DOWN, d),
               exact = pi * 500 * r * r / (r * r + d * d);
        WITHIN(disc, exact, 0.005);
        worst = fmax(worst, fabs(disc / exact - 1));
        double x = 0.9 / d, y = 0.4 / d, a = x / sqrt(1 + x * x), b = y / sqrt(1 + y * y);
        double rect = lit_by("shape = 'rect', width_m = 1.8, height_m = 0.8, " DOWN, d);
        exact = 2 * 500 * (a * atan(y / sqrt(1 + x * x)) + b * atan(x / sqrt(1 + y * y)));
        WITHIN(rect, exact, 0.005);
        worst = fmax(worst, fabs(rect / exact - 1));
        double centre = d + r,
               sphere = lit_by("shape = 'sphere', seen = false, radius_m = 0.7, " DOWN, centre);
        exact = pi * 500 * r * r / (centre * centre);
        WITHIN(sphere, exact, 0.005);
        worst = fmax(worst, fabs(sphere / exact - 1));
    }
    print_message("area lights on their axis: off by %.3g at most\n", worst);
}

/* Over a surface spanned by half axes x, y around c that shines along `along`: integral of L cos cos / d2 at
 * the origin of a plane that faces up. `round`: a disc. */
static double panel_lx(const double c[3], const double x[3], const double y[3], const double along[3],
                       bool round) {
    enum { N = 800 };
    double sum = 0, cross[3];
    orr_cross3(x, y, cross);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) {
            double u = 2 * (i + 0.5) / N - 1, v = 2 * (k + 0.5) / N - 1, p[3];
            if (round && u * u + v * v > 1) continue;
            for (int n = 0; n < 3; n++) p[n] = c[n] + u * x[n] + v * y[n];
            double d2 = orr_dot3(p, p), up = p[1], front = -orr_dot3(p, along);
            if (up > 0 && front > 0) sum += up * front / (d2 * d2);
        }
    return sum * 4 / ((double)N * N) * orr_length3(cross);
}

/* Off the axis, tilted, partly under the horizon. */
static void test_off_axis(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double places[][6] = {{1, 1, 0, 0, 0, 0},        {2, 0.3, 0.5, 0, 0.3, 0},
                                       {-1, 0.4, 1, 0, 0.1, 0.2}, {0.5, 0.1, 0, 0, 0.1, 0},
                                       {0, 0.8, -2, 0, 0, 0},     {1.5, 0.0, 0, 0, 0, 0}};
    double worst = 0;
    for (int i = 0; i < 6; i++)
        for (int round = 0; round < 2; round++) {
            const double *q = places[i];
            double got =
                lit_by("shape = %s, seen = false, "
                       "luminance_nit = 500, casts_shadow = false, position_m = {%g, %g, %g}, look_at_m "
                       "= {%g, %g, %g}",
                       round ? "'disc', radius_m = 0.5" : "'rect'", q[0], q[1], q[2], q[3], q[4], q[5]);
            double along[3] = {q[3] - q[0], q[4] - q[1], q[5] - q[2]}, x[3], y[3], up[3] = {0, 1, 0};
            orr_normalize3(along);
            orr_cross3(along, up, x), orr_normalize3(x), orr_cross3(x, along, y);
            for (int k = 0; k < 3; k++) x[k] *= 0.5, y[k] *= 0.5;
            double exact = 500 * panel_lx(q, x, y, along, round);
            WITHIN(got, exact, 0.005);
            worst = fmax(worst, fabs(got / exact - 1));
        }
    for (double x = 0.5; x < 5; x *= 2) { /* a sphere above the horizon: as its middle's intensity */
        double got = lit_by(
                   "shape = 'sphere', radius_m = 0.5, seen = false, luminance_nit = 500, casts_shadow = "
                   "false, position_m = {%g, 1, 0}",
                   x),
               d2 = x * x + 1, exact = 500 * pi * 0.25 / d2 / sqrt(d2);
        WITHIN(got, exact, 0.005);
        worst = fmax(worst, fabs(got / exact - 1));
    }
    print_message("area lights off their axis: off by %.3g at most\n", worst);
}

static void test_sides_and_range(void **state) {
    (void)state;
    if (!g.renderer) skip();
    const char *up =
        "shape = 'rect', seen = false, casts_shadow = false, luminance_nit = 500, position_m = {0, 2, "
        "0}, look_at_m = {0, 9, 0}";
    assert_true(lit_by("%s", up) == 0.0);
    double both = lit_by("%s, two_sided = true", up), down = lit_by("shape = 'rect', " DOWN, 2.0);
    WITHIN(both, down, 1e-4);
    WITHIN(lit_by("shape = 'rect', range_m = 4, " DOWN, 2.0), down * pow(1 - pow(0.5, 4), 2), 1e-3);
    assert_true(lit_by("shape = 'rect', range_m = 1.9, " DOWN, 2.0) == 0.0);
}

/* A mesh of two triangles that shines is the rect that they make up. */
static void test_emissive_mesh(void **state) {
    (void)state;
    if (!g.renderer) skip();
    double worst = 0;
    for (int i = 0; i < 4; i++) {
        double x = 0.6 * i, rough = 0.15 + 0.25 * i;
        const char *scene =
            "card{ paint = { base_colour = {0.5, 0.5, 0.5}, metallic = 0.5, roughness = %g } } %s "
            "return show(scene:camera{ position_m = {0, 3, 4}, look_at_m = {0, 0, 0}, vfov_deg = 1 })";
        char mesh[512], rect[512];
        (void)snprintf(
            mesh, sizeof mesh,
            "scene:mesh{ shape = orrery.plane{ width_m = 1, depth_m = 1.5 }, emits_light = true, material = "
            "scene:material{ base_colour = {0, 0, 0}, emissive_nit = {500, 400, 300} }, position_m = {%g, "
            "1.5, -2}, rotation_deg = {100, 0, 0} }",
            x);
        (void)snprintf(
            rect, sizeof rect,
            "scene:area{ shape = 'rect', width_m = 1, height_m = 1.5, luminance_nit = 500, colour = {1, "
            "0.8, 0.6}, position_m = {%g, 1.5, -2}, rotation_deg = {190, 0, 0} }",
            x);
        double a = middle_of(TEXT(scene, rough, mesh)), b = middle_of(TEXT(scene, rough, rect));
        assert_true(b > 0.1);
        WITHIN(a, b, 0.005);
        worst = fmax(worst, fabs(a / b - 1));
    }
    print_message("a shining mesh of two triangles against a rect: off by %.3g at most\n", worst);
}

/* --- the table -------------------------------------------------------------------------------------------
 */

static double lobe(const double v[3], const double l[3], double a) { /* D V n.l of shaders/brdf.glsl, n = z */
    if (l[2] <= 0) return 0;
    double h[3] = {v[0] + l[0], v[1] + l[1], v[2] + l[2]};
    orr_normalize3(h);
    double d = h[2] * h[2] * (a * a - 1) + 1;
    double smith =
        v[2] * sqrt(l[2] * l[2] * (1 - a * a) + a * a) + l[2] * sqrt(v[2] * v[2] * (1 - a * a) + a * a);
    return a * a / (pi * d * d) * 0.5 / smith * l[2];
}

static void table_at(double roughness, double nv, double out[4]) { /* as the sampler filters it */
    double u = sqrt(1 - nv) * (ORR_LTC_SIDE - 1), v = roughness * (ORR_LTC_SIDE - 1);
    int i = (int)fmin(u, ORR_LTC_SIDE - 2), k = (int)fmin(v, ORR_LTC_SIDE - 2);
    for (int n = 0; n < 4; n++) {
        double at[2][2];
        for (int y = 0; y < 2; y++)
            for (int x = 0; x < 2; x++) at[y][x] = (double)orr_f16_to_f32(orr_ltc_table[k + y][i + x][n]);
        double low = at[0][0] + (at[0][1] - at[0][0]) * (u - i),
               high = at[1][0] + (at[1][1] - at[1][0]) * (u - i);
        out[n] = low + (high - low) * (v - k);
    }
}

/* Shares of the lobe, and of the transformed cosine, inside a cone of half angle `size` around the mirrored
 * direction turned by `aside`: by a fine grid over the hemisphere. What of the cosine is under the horizon is
 * lost, as it is when polygons are clipped. */
static void shares(double roughness, double angle, double aside, double size, double *exact, double *table) {
    enum { POLAR = 400, ROUND = 800 };
    double v[3] = {sin(angle), 0, cos(angle)}, a = fmax(roughness * roughness, 2e-3), e[4];
    double around[3] = {-sin(angle + aside), 0, cos(angle + aside)}, in = 0, all = 0, cosine = 0;
    table_at(roughness, cos(angle), e);
    double det = fabs(e[0] * e[3] - e[1] * e[2]);
    for (int i = 0; i < POLAR; i++)
        for (int k = 0; k < ROUND; k++) {
            double c = (i + 0.5) / POLAR, s = sqrt(1 - c * c), t = 2 * pi * (k + 0.5) / ROUND;
            double l[3] = {s * cos(t), s * sin(t), c}, f = lobe(v, l, a);
            double o[3] = {e[0] * l[0] + e[1] * l[2], l[1], e[2] * l[0] + e[3] * l[2]}, o2 = orr_dot3(o, o);
            bool inside = orr_dot3(l, around) > cos(size);
            all += f;
            if (inside) in += f, cosine += fmax(o[2], 0) / (o2 * o2);
        }
    *exact = in / all, *table = cosine * det / pi * 2 * pi / (POLAR * ROUND);
}

static void test_table(void **state) {
    (void)state;
    static const double roughnesses[] = {0.25, 0.4, 0.6, 0.8, 1.0}, angles[] = {0, 25, 50, 70, 80};
    double steep = 0, grazing = 0, sum = 0; /* grazing lobes are no transformed cosines */
    int count = 0;
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 5; k++)
            for (int n = 0; n < 2; n++) {
                double exact, table, angle = angles[k] * pi / 180;
                shares(roughnesses[i], angle, n ? -0.3 : 0, 0.35, &exact, &table);
                print_message("roughness %.2f, %2.0f deg%s: %.4f of the lobe, %.4f of the table's\n",
                              roughnesses[i], angles[k], n ? ", aside" : "", exact, table);
                double off = fabs(exact - table), *worst = angles[k] <= 50 ? &steep : &grazing;
                *worst = fmax(*worst, off), sum += off, count++;
            }
    print_message(
        "table of area lights: off by %.4f of the lobe at most up to 50 degrees, %.4f at 70 and 80, "
        "%.4f in the mean\n",
        steep, grazing, sum / count);
    assert_true(steep < 0.03 && grazing < 0.1 && sum / count < 0.015);
}

/* On a mirror of metal all that comes is the lobe's share of the panel: what the table makes of it, on the
 * device, against the lobe summed over the panel. Seen and lit from places that no symmetry joins. */
static double panel_share(const double eye[3], const double middle[3], const double half[2],
                          double roughness) {
    enum { N = 300, POLAR = 300, ROUND = 600 };
    double v[3] = {eye[0], eye[2], eye[1]}, a = roughness * roughness, in = 0,
           all = 0; /* up is z for the lobe */
    orr_normalize3(v);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) { /* upright, facing +z of the world */
            double p[3] = {middle[0] + half[0] * (2 * (i + 0.5) / N - 1),
                           middle[1] + half[1] * (2 * (k + 0.5) / N - 1), middle[2]},
                   d2 = orr_dot3(p, p), d = sqrt(d2), l[3] = {p[0] / d, p[2] / d, p[1] / d};
            in += lobe(v, l, a) * -p[2] / (d2 * d) * 4 * half[0] * half[1] / (N * N);
        }
    for (int i = 0; i < POLAR; i++)
        for (int k = 0; k < ROUND; k++) {
            double c = (i + 0.5) / POLAR, s = sqrt(1 - c * c), t = 2 * pi * (k + 0.5) / ROUND,
                   l[3] = {s * cos(t), s * sin(t), c};
            all += lobe(v, l, a) * 2 * pi / (POLAR * ROUND);
        }
    return in / all;
}

static void test_mirrored(void **state) {
    (void)state;
    if (!g.renderer) skip();
    static const double roughnesses[] = {0.25, 0.45, 0.7},
                        eyes[][3] = {{0.2, 3, 1}, {1.2, 2, 2.4}, {-2, 2, 1.5}},
                        middles[][3] = {{0, 1, -1.2}, {-0.8, 0.9, -1.5}, {0.6, 0.6, -2}};
    double worst = 0, half[2] = {0.5, 0.4};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            for (int n = 0; n < 3; n++) {
                const double *e = eyes[k], *m = middles[n];
                double got = middle_of(TEXT(
                           "card{ paint = { base_colour = {1, 1, 1}, metallic = 1, roughness = %g } } "
                           "scene:area{ width_m = 1, height_m = 0.8, luminance_nit = 1, position_m = {%g, "
                           "%g, %g}, rotation_deg = {0, 180, 0}, casts_shadow = false } return "
                           "show(scene:camera{ position_m = {%g, %g, %g}, look_at_m = {0, 0, 0}, vfov_deg "
                           "= 0.05 })",
                           roughnesses[i], m[0], m[1], m[2], e[0], e[1], e[2])),
                       exact = panel_share(e, m, half, roughnesses[i]);
                worst = fmax(worst, fabs(got - exact));
            }
    print_message("panels in rough mirrors: off by %.4f of the lobe at most\n", worst);
    assert_true(worst < 0.03);
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

/* A light adds its cut's worth just inside of its reach, and nothing outside. */
static void test_cut(void **state) {
    (void)state;
    if (!g.renderer) skip();
    orr_pose_light l = {.intensity_cd = 100, .colour = {0.5f, 1, 0.2f}, .cos_outer = -2};
    double reach = orr_light_reach_m(&l, 2.0, 0.25);
    WITHIN(100 * 2.0 / (reach * reach) / pi, 0.25, 1e-12);
    l.range_m = 3;
    assert_true(orr_light_reach_m(&l, 2.0, 0.25) == 3 &&
                isinf(orr_light_reach_m(&(orr_pose_light){0}, 1, 0)));
    const char *scene =
        "card{ paint = chalk(1) } scene:point{ intensity_cd = 100, position_m = {0, %g, 0} } return "
        "show(above(40, 0.01))";
    reach = sqrt(100 / (pi * 0.25));
    shot in = render_cut(TEXT(scene, reach * 0.999), 0.25, false),
         out = render_cut(TEXT(scene, reach * 1.001), 0.25, false);
    WITHIN(middle(&in), 0.25, 0.005);
    assert_true(middle(&out) == 0.0);
    forget(&in), forget(&out);
    /* What is cut off of an area light is less than the cut, however near its edge the point is. */
    orr_pose_light area = {.shape = ORR_LIGHT_RECT,
                           .luminance_nit = 50,
                           .axis_x = {2, 0, 0},
                           .axis_y = {0, 0, 1},
                           .colour = {1, 1, 1}};
    reach = orr_light_reach_m(&area, 1.0, 0.25);
    double c[3] = {0, reach, 0}, x[3] = {2, 0, 0}, y[3] = {0, 0, 1}, along[3] = {0, -1, 0};
    assert_true(50 * panel_lx(c, x, y, along, false) / pi < 0.25);
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
        {"scene:point{ intensity_cd = 100, position_m = {0, 3, 0} }", 0.75, 0},
        {"scene:spot{ intensity_cd = 100, position_m = {0, 3, 0}, look_at_m = {0, 0, 0}, inner_deg = 40, "
         "outer_deg = "
         "50 }",
         0.75, 0},
        {"scene:spot{ intensity_cd = 100, position_m = {0, 3, 0}, look_at_m = {0, 0, 0}, inner_deg = 40, "
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
        cmocka_unit_test(test_on_axis),
        cmocka_unit_test(test_off_axis),
        cmocka_unit_test(test_sides_and_range),
        cmocka_unit_test(test_emissive_mesh),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_mirrored),
        cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_seen),
        cmocka_unit_test(test_shadows),
        cmocka_unit_test(test_no_acne),
        cmocka_unit_test(test_moon_through_air),
        cmocka_unit_test(test_mesh_limits),
        cmocka_unit_test(test_map_plan),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
