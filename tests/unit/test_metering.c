/* Metering of frames: the histogram of the device and the module's formula, against a reference in double
 * that sorts the very pixels of the frame. Bar: 0.001 EV. */
#include "sequence_support.h"

#include <math.h>

#include "image/image.h"
#include "render/exposing.h"

enum { W = 192, H = 108, PIXELS = W * H };
static const double bar_ev = 0.001;

static orr_engine *engine;
static orr_renderer *renderer;
static double worst_ev;

static int set_up(void **state) {
    (void)state;
    engine = open_engine(2, &renderer);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    if (engine) close_engine(engine);
    return 0;
}

typedef struct rule {
    const char *what, *values; /* of the module, as a script writes them */
    orr_metering metering;
    double low_percent, high_percent, min_ev, max_ev, spot[3];
} rule;

/* --- the reference ---------------------------------------------------------------------------------------
 */

typedef struct pixel {
    double ev, weight;
} pixel;
static int by_ev(const void *a, const void *b) {
    double x = ((const pixel *)a)->ev, y = ((const pixel *)b)->ev;
    return (x > y) - (x < y);
}

static double weight_of(const rule *r, int x, int y) {
    double at[2] = {x + 0.5, y + 0.5};
    if (r->metering == ORR_METERING_AVERAGE) return 1;
    if (r->metering == ORR_METERING_SPOT)
        return hypot(at[0] - r->spot[0] * W, at[1] - r->spot[1] * H) <= r->spot[2] * H;
    double dx = 2 * at[0] - W, dy = 2 * at[1] - H, k = 1 - (dx * dx + dy * dy) / (W * W + H * H);
    return floor(64 * pow(k, 4) + 0.5);
}

/* The weighted mean of log2 L between the trimmed ends, every pixel in its place. */
static double reference(const rule *r, const orr_frame_output *hdr, double exposure) {
    static pixel pixels[PIXELS];
    const uint16_t *half = hdr->pixels;
    int n = 0;
    double total = 0, before = 0, kept = 0, sum = 0;
    assert_true(hdr->format == ORR_FORMAT_RGBA16_SFLOAT && hdr->width == W && hdr->height == H);
    for (int i = 0; i < PIXELS; i++) {
        double l = 0.2126 * (double)orr_f16_to_f32(half[i * 4]) +
                   0.7152 * (double)orr_f16_to_f32(half[i * 4 + 1]) +
                   0.0722 * (double)orr_f16_to_f32(half[i * 4 + 2]);
        if (!(l > 0)) continue;
        pixels[n] = (pixel){fmin(fmax(log2(l / exposure), r->min_ev), r->max_ev), weight_of(r, i % W, i / W)};
        total += pixels[n++].weight;
    }
    qsort(pixels, (size_t)n, sizeof *pixels, by_ev);
    for (int i = 0; i < n; i++) {
        double from = fmax(before, total * r->low_percent / 100);
        before += pixels[i].weight;
        double part = fmin(before, total * (1 - r->high_percent / 100)) - from;
        if (part > 0) sum += part * pixels[i].ev, kept += part;
    }
    return sum / kept + 3; /* log2(100 / 12.5) */
}

/* --- a frame ---------------------------------------------------------------------------------------------
 */

typedef struct check {
    const rule *rule;
    const orr_settings *settings;
    const char *scene;
    double metered_ev; /* of the track: of a smaller picture */
} check;

static orr_status look(void *context, const orr_frame_result *result, double t_s, orr_error *error) {
    check *c = context;
    const orr_frame_histogram *h = result->histogram;
    orr_exposer exposer;
    double metered;
    (void)t_s, (void)error;
    orr_error err = {0};
    assert_non_null(h);
    OK(orr_exposer_find(c->settings, &exposer, &err));
    const orr_histogram histogram = {.struct_size = sizeof histogram,
                                     .bin_count = ORR_HISTOGRAM_BINS,
                                     .min_ev = h->min_ev,
                                     .max_ev = h->max_ev,
                                     .weights = h->weights,
                                     .offsets = h->offsets,
                                     .parts = h->parts};
    OK(orr_exposer_metered(&exposer, c->settings->effects[exposer.index].values, &histogram, &metered, &err));
    double expected = reference(c->rule, &result->outputs[0], result->exposure),
           off = fabs(metered - expected);
    if (off > worst_ev) worst_ev = off;
    if (!(off <= bar_ev))
        fail_msg("%s, %s: metered %.6f, reference %.6f: %.6f apart", c->scene, c->rule->what, metered,
                 expected, off);
    assert_true(result->ev.metered);
    c->metered_ev = result->ev.metered_ev100;
    return ORR_OK;
}

#define HEAD "local scene = orrery.scene()\n"
static const struct {
    const char *name, *text;
} scenes[] = {
    {"noon", HEAD "scene:sun{ azimuth_deg = 210, elevation_deg = 50, illuminance_lx = 100000 }\n"
                  "scene:environment{ zenith_nit = {3000, 5000, 9000}, horizon_nit = {9000, 9500, 10000}, "
                  "ground_nit = {900, 800, 700} }\n"
                  "for i = -4, 4 do scene:mesh{ shape = orrery.sphere{ radius_m = 0.5 }, position_m = {i, 0, "
                  "0}, material = "
                  "scene:material{ base_colour = {0.1 + 0.1 * math.abs(i), 0.3, 0.2}, roughness = 0.2 + 0.1 "
                  "* math.abs(i) } } end\n"},
    {"night",
     HEAD "scene:environment{ source = 'constant', luminance_nit = 0.002 }\n"
          "scene:point{ intensity_cd = 0.6, position_m = {1, 1, 2} }\n"
          "scene:mesh{ shape = orrery.plane{ width_m = 40, depth_m = 40 }, position_m = {0, -0.5, 0} }\n"
          "scene:mesh{ shape = orrery.sphere{ radius_m = 1 } }\n"},
    {"room",
     HEAD "scene:point{ intensity_cd = 400, position_m = {-2, 2, 3} }\n"
          "scene:mesh{ shape = orrery.plane{ width_m = 40, depth_m = 40 }, position_m = {0, -0.7, 0} }\n"
          "scene:mesh{ shape = orrery.sphere{ radius_m = 0.7 }, material = scene:material{ base_colour = "
          "{0.8, 0.2, 0.1} } }\n"
          "scene:mesh{ shape = orrery.box{ size_m = 0.2 }, position_m = {1.5, 0.5, 0}, material = "
          "scene:material{ emissive_nit = {9000, 9000, 9000} } }\n"},
    {"cards",
     HEAD "scene:environment{ source = 'constant', luminance_nit = 300 }\n"
          "scene:mesh{ shape = orrery.box{ size_m = 1.1 }, material = scene:material{ base_colour = {0, 0, "
          "0}, ior = 1, emissive_nit = {54, 54, 54} } }\n"
          "scene:mesh{ shape = orrery.box{ size_m = 0.9 }, position_m = {2, 0, 0}, material = "
          "scene:material{ base_colour = {0, 0, 0}, ior = 1, emissive_nit = {2000, 2000, 2000} } }\n"},
};
static const rule rules[] = {
    {"average", "", ORR_METERING_AVERAGE, 10, 10, -10, 20, {0}},
    {"average, all of it",
     "trim_low_percent = 0, trim_high_percent = 0",
     ORR_METERING_AVERAGE,
     0,
     0,
     -10,
     20,
     {0}},
    {"average, uneven trims",
     "trim_low_percent = 35, trim_high_percent = 2",
     ORR_METERING_AVERAGE,
     35,
     2,
     -10,
     20,
     {0}},
    {"centre", "metering = 'center_weighted'", ORR_METERING_CENTER_WEIGHTED, 10, 10, -10, 20, {0}},
    {"centre, uneven trims",
     "metering = 'center_weighted', trim_low_percent = 5, trim_high_percent = 50",
     ORR_METERING_CENTER_WEIGHTED,
     5,
     50,
     -10,
     20,
     {0}},
    {"spot",
     "metering = 'spot', spot_position = {0.45, 0.55}, spot_radius = 0.1",
     ORR_METERING_SPOT,
     10,
     10,
     -10,
     20,
     {0.45, 0.55, 0.1}},
    {"a narrow range",
     "histogram_min_ev = -2, histogram_max_ev = 12",
     ORR_METERING_AVERAGE,
     10,
     10,
     -2,
     12,
     {0}},
};

static double meter(const char *scene, const char *text, const rule *r) {
    char script[4096];
    static const char *const channels[] = {"hdr"};
    orr_error err = {0};
    orr_script *made = NULL;
    orr_sequence_report report;
    (void)snprintf(script, sizeof script,
                   "%sreturn orrery.sequence{ name = 'metered', scene = scene, camera = scene:camera{ "
                   "position_m = {0, 0.6, "
                   "5}, look_at_m = {0, 0, 0} }, size = {%d, %d}, samples = 1, modules = { exposure = { mode "
                   "= 'auto', %s } } }",
                   text, W, H, r->values);
    OK(orr_script_create(&(orr_script_params){.engine = engine}, &made, &err));
    OK(orr_script_run_text(made, script, strlen(script), "test.lua", ".", &err));
    check c = {.rule = r, .settings = orr_script_settings(made), .scene = scene};
    const orr_sequence_options options = {
        .channels = channels, .channel_count = 1, .frame = look, .frame_context = &c};
    OK(orr_modules_build(orr_engine_modules(engine), c.settings, &err));
    OK(orr_sequence_render(renderer, orr_script_sequence(made), c.settings, &options, &report, &err));
    orr_script_destroy(&made);
    return c.metered_ev;
}

static void test_against_reference(void **state) {
    (void)state;
    if (!engine) skip();
    for (size_t s = 0; s < sizeof scenes / sizeof scenes[0]; s++)
        for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++)
            meter(scenes[s].name, scenes[s].text, &rules[r]);
    print_message("worst difference from the reference: %.6f EV\n", worst_ev);
}

/* An even field of any luminance, from starlight to the sun's glare, far from what the camera is set for: the
 * small picture is exposed anew until half floats hold it. */
static void test_levels(void **state) {
    (void)state;
    if (!engine) skip();
    static const double levels[] = {0.002, 0.05, 1, 318.3, 3183, 31831, 900000};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        char text[200];
        (void)snprintf(text, sizeof text,
                       HEAD "scene:environment{ source = 'constant', luminance_nit = %g }\n", levels[i]);
        double expected = log2(levels[i]) + 3, metered = meter("a field", text, &rules[0]);
        if (!(fabs(metered - expected) <= bar_ev))
            fail_msg("%g nit is metered at %.6f EV, not %.6f", levels[i], metered, expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_reference),
                                       cmocka_unit_test(test_levels)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
