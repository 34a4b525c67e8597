/* Area lights on the device against integrals over their surface and over the lobe, and the table behind them
 * against brute force. Exposure is 1, so that pictures are in nit. */
#include "render_support.h"

#include "render/ltc_table.h"
#include "scene/mathd.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_axis),         cmocka_unit_test(test_off_axis),
        cmocka_unit_test(test_sides_and_range), cmocka_unit_test(test_emissive_mesh),
        cmocka_unit_test(test_table),           cmocka_unit_test(test_mirrored),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
