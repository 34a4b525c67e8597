/* Pictures against physics, on the device, under validation: what a pixel holds is computed here from the
 * formulas of light, geometry and photography, and compared. Scenes are small Lua texts; exposure is `none`,
 * so that the linear image is in nit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gpu_support.h"

#include "base/platform/platform.h"
#include "image/image.h"
#include "render/target.h"
#include "scene/revision.h"
#include "script/script.h"

enum { W = 64, H = 36 };
static const double pi = 3.14159265358979323846;

typedef struct fixture {
    char folder[64], cache[64];
    orr_engine *engine;
    orr_renderer *renderer;
} fixture;
static fixture g; /* one device for all tests: layers and drivers take long to load */

static int set_up(void **state) {
    static const orr_log log = {print_log, NULL, ORR_LOG_INFO};
    orr_error err = {0};
    (void)snprintf(g.folder, sizeof g.folder, "/tmp/orrery-render-XXXXXX");
    if (!mkdtemp(g.folder)) return -1;
    OK(orr_engine_create(&(orr_engine_params){.app = "test",
                                              .device = getenv("ORRERY_TEST_DEVICE"),
                                              .threads = 2,
                                              .validation = true,
                                              .sync_validation = true,
                                              .log = &log},
                         &g.engine, &err));
    OK(orr_manifests_load(g.engine, &err));
    orr_status status = orr_engine_renderer(g.engine, &g.renderer, &err);
    if (status == ORR_E_NO_DEVICE)
        printf("skipped: %s\n", err.message);
    else
        OK(status);
    keep_drivers();
    *state = &g;
    return 0;
}

static int tear_down(void **state) {
    char first[512];
    orr_gpu *gpu = NULL;
    const char *argv[] = {"rm", "-rf", g.folder, NULL};
    int code = 0, errors = 0;
    (void)state;
    if (g.renderer && orr_engine_gpu(g.engine, &gpu, NULL) == ORR_OK) {
        errors = (int)orr_gpu_validation_errors(gpu, first, sizeof first);
        if (errors) fprintf(stderr, "%s\n", first);
    }
    orr_engine_destroy(&g.engine);
    return orr_process_run(argv, &code, NULL) == ORR_OK && !code && !errors ? 0 : -1;
}

/* --- one picture
 * ----------------------------------------------------------------------------------------------------------
 */

typedef struct shot {
    uint32_t width, height, passes, draws;
    uint64_t transient_bytes;
    float *hdr, *depth, *normal, *albedo; /* 4 floats a pixel; depth one */
    uint32_t (*id)[2];
    uint8_t *ldr;
} shot;

static float *floats(const orr_frame_output *o) {
    size_t count = (size_t)o->width * o->height * (o->format == ORR_FORMAT_R32_SFLOAT ? 1 : 4);
    float *out = malloc(count * sizeof *out);
    assert_non_null(out);
    assert_true(o->format == ORR_FORMAT_R32_SFLOAT || o->format == ORR_FORMAT_RGBA32_SFLOAT ||
                o->format == ORR_FORMAT_RGBA16_SFLOAT);
    for (size_t i = 0; i < count; i++)
        out[i] = o->format == ORR_FORMAT_RGBA16_SFLOAT ? orr_f16_to_f32(((const uint16_t *)o->pixels)[i])
                                                       : ((const float *)o->pixels)[i];
    return out;
}

static void keep(shot *s, const orr_frame_result *result) {
    for (uint32_t i = 0; i < result->output_count; i++) {
        const orr_frame_output *o = &result->outputs[i];
        s->width = o->width, s->height = o->height;
        if (!strcmp(o->channel, "hdr")) s->hdr = floats(o);
        if (!strcmp(o->channel, "depth")) s->depth = floats(o);
        if (!strcmp(o->channel, "normal")) s->normal = floats(o);
        if (!strcmp(o->channel, "albedo")) s->albedo = floats(o);
        void **raw = !strcmp(o->channel, "id")    ? (void **)&s->id
                     : !strcmp(o->channel, "ldr") ? (void **)&s->ldr
                                                  : NULL;
        if (!raw) continue;
        assert_non_null(*raw = malloc(o->size_bytes));
        memcpy(*raw, o->pixels, o->size_bytes);
    }
    s->draws = result->draws;
}

static void forget(shot *s) {
    free(s->hdr), free(s->depth), free(s->normal), free(s->albedo), free(s->id), free(s->ldr);
    *s = (shot){0};
}

static const char prelude[] =
    "scene = orrery.scene()\n"
    "function card(o) o.shape = orrery.plane{ width_m = o.width or 100, depth_m = o.depth or 100 } o.width = "
    "nil o.depth = nil\n"
    "  o.material = scene:material(o.paint) o.paint = nil return scene:mesh(o) end\n"
    "function chalk(v) return { base_colour = {v, v, v}, roughness = 1, ior = 1 } end\n" /* ior 1: nothing
                                                                                            mirrored, Lambert
                                                                                            alone */
    "function above(m, ortho) return scene:camera{ position_m = {0, m, 0}, rotation_deg = {-90, 0, 0}, "
    "vfov_deg = 30, ortho_height_m = ortho } end\n"
    "function show(camera, o) o = o or {} o.scene = scene o.camera = camera o.name = 'test' o.size = o.size "
    "or {64, 36} o.samples = o.samples or 1\n"
    "  o.modules = o.modules or {} o.modules.exposure = o.modules.exposure or { mode = 'none' } return "
    "orrery.sequence(o) end\n";

static orr_script *run_script(const char *text) {
    orr_error err = {0};
    orr_script *script = NULL;
    size_t size = strlen(prelude) + strlen(text) + 1;
    char *whole = malloc(size);
    assert_non_null(whole);
    (void)snprintf(whole, size, "%s%s", prelude, text);
    OK(orr_script_create(&(orr_script_params){.engine = g.engine}, &script, &err));
    OK(orr_script_run_text(script, whole, size - 1, "test.lua", g.folder, &err));
    free(whole);
    return script;
}

static void render_frame(const orr_script *script, const orr_revision *rev, const orr_bound_track *bound,
                         uint32_t bound_count, orr_target *target, int64_t frame, shot *s) {
    const orr_sequence *q = orr_script_sequence(script);
    orr_error err = {0};
    orr_param_value *values = calloc(q->track_count + 1, sizeof *values);
    double t_s = orr_sequence_time(q, frame);
    orr_pose pose;
    uint32_t slot;
    orr_frame_result result;
    assert_non_null(values);
    if (q->track_count) OK(q->evaluate(q->context, t_s, values, &err));
    OK(orr_revision_pose(rev, q->camera, t_s, bound, bound_count, values, &pose, &err));
    OK(orr_target_submit(target, &(orr_frame_input){.frame = frame, .pose = &pose}, &slot, &err));
    OK(orr_target_collect(target, slot, &result, &err));
    keep(s, &result);
    orr_target_release(target, slot);
    orr_pose_free(&pose);
    free(values);
}

/* Renders the frames `first` to `first + count - 1` of the text's sequence, in this order, on one target. */
static void render_frames(const char *text, const int64_t *frames, uint32_t count, bool ldr, shot *shots) {
    if (!g.renderer) skip();
    static const orr_output all[] = {{.channel = "hdr"},
                                     {.channel = "depth"},
                                     {.channel = "normal"},
                                     {.channel = "albedo"},
                                     {.channel = "id"}};
    static const orr_output display[] = {{.channel = "ldr"}};
    orr_error err = {0};
    orr_revision *rev = NULL;
    orr_target *target = NULL;
    orr_bound_track *bound = NULL;
    uint32_t bound_count = 0;
    orr_script *script = run_script(text);
    const orr_sequence *q = orr_script_sequence(script);
    OK(orr_scene_publish(q->scene, &rev, &err));
    OK(orr_revision_bind(rev, q->tracks, q->track_count, &bound, &bound_count, &err));
    OK(orr_modules_build(orr_engine_modules(g.engine), orr_script_settings(script), &err));
    orr_target_params params = {.label = "test",
                                .width = q->width,
                                .height = q->height,
                                .samples = q->samples,
                                .seed = q->seed,
                                .outputs = ldr ? display : all,
                                .output_count = ldr ? 1 : 5,
                                .settings = orr_script_settings(script),
                                .revision = rev};
    OK(orr_target_create(g.renderer, &params, &target, &err));
    orr_target_info info;
    orr_target_get_info(target, &info);
    for (uint32_t i = 0; i < count; i++) {
        shots[i] = (shot){.passes = info.pass_count, .transient_bytes = info.transient_bytes};
        render_frame(script, rev, bound, bound_count, target, frames[i], &shots[i]);
    }
    orr_target_destroy(&target);
    orr_renderer_forget(g.renderer, rev);
    free(bound);
    orr_revision_release(&rev);
    orr_script_destroy(&script);
}
static shot render(const char *text) {
    shot s;
    render_frames(text, (const int64_t[]){0}, 1, false, &s);
    return s;
}
static shot render_ldr(const char *text) {
    shot s;
    render_frames(text, (const int64_t[]){0}, 1, true, &s);
    return s;
}

#define TEXT(...) text_of((char[4096]){0}, __VA_ARGS__)
static const char *text_of(char *buffer, const char *format, ...) ORR_PRINTF(2, 3);
static const char *text_of(char *buffer, const char *format, ...) {
    va_list args;
    va_start(args, format);
    assert_true(vsnprintf(buffer, 4096, format, args) < 4096);
    va_end(args);
    return buffer;
}

static double luminance(const shot *s, uint32_t x, uint32_t y) {
    return (double)s->hdr[(y * s->width + x) * 4 + 1];
}
static double middle(const shot *s) {
    return luminance(s, s->width / 2, s->height / 2);
}
static double middle_of(const char *text) {
    shot s = render(text);
    double l = middle(&s);
    forget(&s);
    return l;
}
static void within(double got, double expected, double part, int line) {
    if (!(fabs(got - expected) <= part * fabs(expected)))
        fail_msg("line %d: %.7g, not %.7g within %g", line, got, expected, part);
}
#define WITHIN(got, expected, part) within(got, expected, part, __LINE__)

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
        cmocka_unit_test(test_emission),       cmocka_unit_test(test_depth),
        cmocka_unit_test(test_attributes),     cmocka_unit_test(test_shadow),
        cmocka_unit_test(test_maps),           cmocka_unit_test(test_shadow_alone),
        cmocka_unit_test(test_alpha),          cmocka_unit_test(test_mirrored),
        cmocka_unit_test(test_two_sided),      cmocka_unit_test(test_terrain_shape),
        cmocka_unit_test(test_terrain_shade),  cmocka_unit_test(test_neutral),
        cmocka_unit_test(test_again),          cmocka_unit_test(test_accumulation),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
