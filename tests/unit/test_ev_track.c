/* Exposure that follows the light over a sequence: any frame stands alone, steps stay small, tracks are
 * recorded and read again. */
#include "sequence_support.h"

#include <math.h>
#include <unistd.h>

#include "render/ev_track.h"

enum { FRAMES = 24, MOST = 512 };
static const double most_step_ev = 0.2;

typedef struct fixture {
    char folder[64];
    orr_engine *engine;
    orr_renderer *renderer;
} fixture;

static int set_up(void **state) {
    static fixture f;
    (void)snprintf(f.folder, sizeof f.folder, "/tmp/orrery-ev-XXXXXX");
    if (!mkdtemp(f.folder)) return -1;
    f.engine = open_engine(2, &f.renderer);
    *state = &f;
    return 0;
}
static int tear_down(void **state) {
    fixture *f = *state;
    const char *argv[] = {"rm", "-rf", f->folder, NULL};
    int code = 0;
    if (f->engine) close_engine(f->engine);
    return orr_process_run(argv, &code, NULL) == ORR_OK ? code : -1;
}

static const char *in(const fixture *f, const char *name) { /* four at a time */
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", f->folder, name);
    return path;
}

/* What each frame was exposed by, in order of rendering. */
typedef struct seen {
    int count;
    double applied[MOST], metered[MOST], light[MOST]; /* light: mean log2 of the frame itself, in nit */
} seen;

static double mean_ev(const orr_frame_histogram *h) {
    double weight = 0, sum = 0;
    for (int b = 0; b < ORR_HISTOGRAM_BINS; b++) {
        weight += (double)h->weights[b];
        sum += b * (double)h->weights[b] + (double)h->offsets[b] / ORR_HISTOGRAM_STEPS;
    }
    return h->min_ev + (h->max_ev - h->min_ev) / ORR_HISTOGRAM_BINS * sum / weight;
}

static orr_status note(void *context, const orr_frame_result *result, double t_s, orr_error *err) {
    seen *s = context;
    (void)t_s, (void)err;
    assert_true(s->count < MOST);
    assert_true(result->ev100 == result->ev.applied_ev100 && result->histogram);
    s->metered[s->count] = result->ev.metered_ev100, s->light[s->count] = mean_ev(result->histogram);
    s->applied[s->count++] = result->ev100;
    return ORR_OK;
}

/* A lamp is switched on, and off again, over a ball in a dim room; the speeds themselves are functions of
 * time. */
static const char lamp[] =
    "local scene = orrery.scene()\n"
    "scene:mesh{ shape = orrery.sphere{ radius_m = 1 } }\n"
    "scene:environment{ source = 'constant', luminance_nit = function(t) return (t < 0.2 or t > 0.7) and 20 "
    "or 2000 end }\n"
    "return orrery.sequence{ name = 'lamp', scene = scene, camera = scene:camera{ position_m = {0, 0, 4}, "
    "look_at_m = {0, 0, "
    "0} }, size = {64, 36}, fps = 24, frames = 24, samples = 2,\n"
    "  modules = { exposure = { mode = 'auto', speed_up = function(t) return 3 + t end } } }\n";

static orr_status render(const fixture *f, const char *text, const orr_sequence_options *options,
                         orr_sequence_report *report, orr_error *err) {
    return render_text(f->folder, f->engine, f->renderer, text, options, report, err);
}

static void same_frame(const fixture *f, const char *folder, int frame) {
    char name[64];
    uint8_t *x = NULL, *y = NULL;
    size_t m = 0, n = 0;
    orr_error err = {0};
    (void)snprintf(name, sizeof name, "whole/%04d.exr", frame);
    OK(orr_file_read(in(f, name), 1 << 24, &x, &m, &err));
    (void)snprintf(name, sizeof name, "%s/%04d.exr", folder, frame);
    OK(orr_file_read(in(f, name), 1 << 24, &y, &n, &err));
    if (m != n || memcmp(x, y, m)) fail_msg("%s: differs from the whole sequence's", name);
    free(x), free(y);
}

/* Alone, in shards, resumed, by a recorded track, from a fresh engine with another number of threads: the
 * same bytes. (EXR: its attributes hold the EVs.) */
static void test_alone(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    orr_error err;
    orr_sequence_report report;
    seen s = {0};
    OK(render(f, lamp,
              &(orr_sequence_options){.out = in(f, "whole/####.exr"),
                                      .ev_record = in(f, "track.json"),
                                      .frame = note,
                                      .frame_context = &s},
              &report, &err));
    assert_true(s.applied[FRAMES / 2] > s.applied[0] + 1 &&
                s.applied[FRAMES - 1] < s.applied[FRAMES / 2 + 4]);
    const int64_t alone[] = {17, 3};
    for (uint32_t i = 1; i <= 3; i++)
        OK(render(
            f, lamp,
            &(orr_sequence_options){.out = in(f, "shards/####.exr"), .shard_index = i, .shard_count = 3},
            &report, &err));
    OK(render(f, lamp,
              &(orr_sequence_options){.out = in(f, "alone/####.exr"), .frames = alone, .frame_count = 2},
              &report, &err));
    OK(render(f, lamp,
              &(orr_sequence_options){.out = in(f, "read/####.exr"), .ev_track = in(f, "track.json")},
              &report, &err));
    for (int i = 0; i < FRAMES; i++) same_frame(f, "shards", i), same_frame(f, "read", i);
    same_frame(f, "alone", 17), same_frame(f, "alone", 3);
    assert_int_equal(unlink(in(f, "alone/0017.exr")), 0);
    OK(render(f, lamp,
              &(orr_sequence_options){
                  .out = in(f, "alone/####.exr"), .frames = alone, .frame_count = 2, .resume = true},
              &report, &err));
    assert_true(report.rendered == 1 && report.skipped == 1);
    same_frame(f, "alone", 17);
    orr_renderer *renderer = NULL;
    orr_engine *engine = open_engine(1, &renderer);
    OK(render_text(f->folder, engine, renderer, lamp,
                   &(orr_sequence_options){.out = in(f, "other/####.exr"), .frames = alone, .frame_count = 1},
                   &report, &err));
    same_frame(f, "other", 17);
    close_engine(engine);
}

/* What a frame was metered at is where the target's outputs are, and in the statistics. */
static void test_shown(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    static const char *const leaves[] = {"metered_ev", "applied_ev", "histogram/min_ev", "histogram/max_ev",
                                         "histogram/weights"};
    static const char *const keys[] = {"\"metered_ev\": ", "\"applied_ev\": ",
                                       "\"histogram\": {\"min_ev\": -10, \"max_ev\": 20, \"weights\": [0,"};
    orr_error err;
    orr_sequence_report report;
    uint8_t *stats = NULL;
    size_t size = 0;
    const int64_t frame = 2;
    seen s = {0};
    OK(render(f, lamp,
              &(orr_sequence_options){.frames = &frame,
                                      .frame_count = 1,
                                      .stats = in(f, "stats.json"),
                                      .frame = note,
                                      .frame_context = &s},
              &report, &err));
    for (int i = 0; i < 5; i++) {
        char path[200];
        const orr_value *value = NULL;
        double number = 0;
        (void)snprintf(path, sizeof path,
                       "/apps/test/renderers/main/targets/textures/lamp/output/v1/common/%s", leaves[i]);
        OK(orr_space_get(orr_engine_space(f->engine), path, &value, &err));
        if (i == 1) assert_true(orr_value_as_double(value, &number) && number == s.applied[0]);
        if (i == 4) assert_int_equal(orr_value_count(value), ORR_HISTOGRAM_BINS);
        orr_value_release(value);
    }
    OK(orr_file_read(in(f, "stats.json"), 1 << 24, &stats, &size, &err));
    for (int i = 0; i < 3; i++)
        if (!strstr((const char *)stats, keys[i])) fail_msg("the statistics lack %s", keys[i]);
    free(stats);
}

/* --- steps ------------------------------------------------------------------------------------------------
 */

/* A field whose luminance is `formula` of t. */
static void watch(const fixture *f, const char *formula, int fps, int duration_s, seen *out) {
    char text[700];
    orr_error err;
    orr_sequence_report report;
    *out = (seen){0};
    (void)snprintf(text, sizeof text,
                   "local scene = orrery.scene()\n"
                   "scene:environment{ source = 'constant', luminance_nit = function(t) return %s end }\n"
                   "return orrery.sequence{ name = 'field', scene = scene, camera = scene:camera{}, size = "
                   "{16, 9}, samples = "
                   "1, fps = %d, duration_s = %d, modules = { exposure = { mode = 'auto' } } }\n",
                   formula, fps, duration_s);
    OK(render(f, text, &(orr_sequence_options){.frame = note, .frame_context = out}, &report, &err));
}

/* Ten stops up and down at once: no frame is more than 0.2 EV from its neighbour, and light is followed as
 * fast as the speeds say. */
static void test_steps(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    static const int rates[] = {24, 30, 60};
    static const char *const jumps[] = {"t < 0.5 and 2 or 2000", "t < 0.5 and 2000 or 2"};
    static const double speeds[] = {3, -1.5}; /* defaults, EV/s */
    seen s;
    for (int k = 0; k < 2; k++)
        for (int r = 0; r < 3; r++) {
            double most = 0;
            watch(f, jumps[k], rates[r], 2, &s);
            for (int i = 1; i < s.count; i++) most = fmax(most, fabs(s.applied[i] - s.applied[i - 1]));
            if (!(most <= most_step_ev))
                fail_msg("%s at %d fps: a step of %.4f EV", jumps[k], rates[r], most);
            assert_float_equal(most, fabs(speeds[k]) / rates[r], 1e-6);
            double followed = s.applied[s.count - 1] - s.applied[0];
            assert_float_equal(followed, speeds[k] * (s.count - rates[r] / 2) / rates[r], 1e-6);
        }
}

/* A sunrise in eight seconds: light grows by ten stops, ever faster and slower again. What is shown never
 * moves by more than the scene itself does, and lies at the key throughout. */
static void test_sunrise(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    seen s;
    watch(f, "0.5 * 2 ^ (5 - 5 * math.cos(math.pi * t / 8))", 24, 8, &s);
    assert_int_equal(s.count, 192);
    for (int i = 1; i < s.count; i++) {
        double scene = s.metered[i] - s.metered[i - 1],
               shown = scene - (s.applied[i] - s.applied[i - 1]); /* in stops: light over exposure */
        if (!(fabs(shown) <= 2 * fabs(scene) + 1e-6))
            fail_msg("frame %d: what is shown steps by %.5f EV, the scene by %.5f", i, shown, scene);
    }
}

/* The same of the sun that comes up through an atmosphere, over ground and a ball: what the frames hold, not
 * what the small pictures were metered at. */
static void test_atmosphere(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    static const char text[] =
        "local scene = orrery.scene()\n"
        "scene:atmosphere{}\n"
        "scene:sun{ azimuth_deg = 20, elevation_deg = function(t) return -4 + 3 * t end }\n"
        "scene:mesh{ shape = orrery.plane{ width_m = 400, depth_m = 400 } }\n"
        "scene:mesh{ shape = orrery.sphere{ radius_m = 1 }, position_m = {0, 1, -6} }\n"
        "return orrery.sequence{ name = 'sunrise', scene = scene, camera = scene:camera{ position_m = {0, "
        "1.7, 0}, look_at_m = "
        "{0, 2, -6} }, size = {48, 27}, samples = 1, fps = 24, frames = 24, modules = { exposure = { mode = "
        "'auto' } } }\n";
    orr_error err;
    orr_sequence_report report;
    seen s = {0};
    double most = 0, own = 0;
    OK(render(f, text, &(orr_sequence_options){.frame = note, .frame_context = &s}, &report, &err));
    for (int i = 1; i < s.count; i++) {
        double scene = s.light[i] - s.light[i - 1], shown = scene - (s.applied[i] - s.applied[i - 1]);
        most = fmax(most, fabs(shown)), own = fmax(own, fabs(scene));
        if (!(fabs(shown) <= 2 * fabs(scene)))
            fail_msg("frame %d: what is shown steps by %.5f EV, the scene by %.5f", i, shown, scene);
        assert_true(fabs(s.applied[i] - s.applied[i - 1]) <= most_step_ev);
    }
    assert_true(s.light[s.count - 1] - s.light[0] > 1);
    print_message("the scene steps by up to %.4f EV a frame, what is shown by %.4f\n", own, most);
}

/* How the camera is set is no part of what a meter sees: neither of a room by lamplight, where a lamp ends by
 * the exposure, nor beside something that glows. */
static void test_camera_is_no_part(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    static const char *const cameras[] = {"f_stop = 1.4, iso = 6400", "f_stop = 16, iso = 100"};
    static const double glows[] = {0, 1e3, 1e6};
    double metered[3][2];
    orr_error err;
    orr_sequence_report report;
    for (int i = 0; i < 6; i++) {
        char text[1024];
        seen s = {0};
        (void)snprintf(text, sizeof text,
                       "local scene = orrery.scene()\n"
                       "scene:mesh{ shape = orrery.plane{ width_m = 12, depth_m = 12 } }\n"
                       "scene:mesh{ shape = orrery.sphere{ radius_m = 0.03 }, position_m = {0.5, 0.2, 0}, "
                       "material = scene:material{ emissive_nit = {%g, %g, %g} } }\n"
                       "scene:point{ flux_lm = 200, position_m = {0, 2, 0} }\n"
                       "return orrery.sequence{ name = 'room', scene = scene, camera = scene:camera{ "
                       "position_m = {0, 3, 4}, look_at_m = {0, 0, 0}, %s }, size = {96, 54}, samples = 1, "
                       "frames = 1, modules = { exposure = { mode = 'auto' } } }\n",
                       glows[i / 2], glows[i / 2], glows[i / 2], cameras[i % 2]);
        OK(render(f, text, &(orr_sequence_options){.frame = note, .frame_context = &s}, &report, &err));
        metered[i / 2][i % 2] = s.metered[0];
    }
    for (int i = 0; i < 3; i++) {
        print_message("beside %g nit: EV %.4f and %.4f\n", glows[i], metered[i][0], metered[i][1]);
        if (!(fabs(metered[i][0] - metered[i][1]) < 0.01 && fabs(metered[i][0] - metered[0][0]) < 0.1))
            fail_msg("%g nit: EV %.4f and %.4f, without %.4f", glows[i], metered[i][0], metered[i][1],
                     metered[0][0]);
    }
}

/* --- tracks as files --------------------------------------------------------------------------------------
 */

static void refuses(const fixture *f, const char *content, orr_status code, const char *part) {
    orr_ev_track track;
    orr_error err = {0};
    const char *path = in(f, "bad.json");
    OK(orr_file_write(path, content, strlen(content), &err));
    orr_status status = orr_ev_track_read(path, 24, 1, &track, &err);
    if (status != code || !strstr(err.message, part) || !strstr(err.message, "bad.json"))
        fail_msg("%s: status %d, '%s'; expected %d and '%s'", content, status, err.message, code, part);
    assert_null(track.frames);
}

static void test_files(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_ev_track track, back;
    orr_frame_ev frames[] = {{true, 12.0625, 12}, {false, 0, 0}, {true, 1 / 3.0, -7.1}};
    track = (orr_ev_track){.first = -2, .count = 3, .frames = frames};
    OK(orr_ev_track_write(in(f, "t.json"), &track, 24000, 1001, &err));
    OK(orr_ev_track_read(in(f, "t.json"), 24000, 1001, &back, &err));
    assert_true(back.first == -2 && back.count == 3);
    for (int i = 0; i < 3; i++) {
        const orr_frame_ev *ev = orr_ev_track_at(&back, i - 2);
        assert_true(ev && ev->metered == frames[i].metered && ev->metered_ev100 == frames[i].metered_ev100 &&
                    ev->applied_ev100 == frames[i].applied_ev100);
    }
    assert_null(orr_ev_track_at(&back, 1));
    assert_null(orr_ev_track_at(&back, -3));
    orr_ev_track_free(&back);
#define OPEN "{\"orrery_ev_track\": 1, \"fps\": [24, 1], \"frames\": ["
#define ONE  "{\"frame\": 3, \"metered_ev\": 1, \"applied_ev\": 1}"
    refuses(f, "", ORR_E_BAD_DATA, "");
    refuses(f, "{\"orrery_ev_track\": 1,", ORR_E_BAD_DATA, ":1:");
    refuses(f, "[]", ORR_E_BAD_DATA, "object");
    refuses(f, "{\"orrery_ev_track\": 2, \"fps\": [24, 1], \"frames\": []}", ORR_E_VERSION, "version");
    refuses(f, "{\"orrery_ev_track\": 1, \"frames\": []}", ORR_E_BAD_DATA, "'fps' is missing");
    refuses(f, "{\"orrery_ev_track\": 1, \"fps\": 24, \"frames\": []}", ORR_E_BAD_DATA, "'fps'");
    refuses(f, "{\"orrery_ev_track\": 1, \"fps\": [25, 1], \"frames\": []}", ORR_E_ARGUMENT, "25/1");
    refuses(f, "{\"orrery_ev_track\": 1, \"fps\": [24, 1], \"frames\": 7}", ORR_E_BAD_DATA, "list");
    refuses(f, "{\"orrery_ev_track\": 1, \"orrery_ev_track\": 1, \"fps\": [24, 1], \"frames\": []}",
            ORR_E_BAD_DATA, "duplicate");
    refuses(f, OPEN ONE "], \"more\": 1}", ORR_E_BAD_DATA, "'more'");
    refuses(f, OPEN ONE ", " ONE "]}", ORR_E_BAD_DATA, "entry 2");
    refuses(f, OPEN "{\"frame\": 3.5, \"metered_ev\": 1, \"applied_ev\": 1}]}", ORR_E_BAD_DATA,
            "whole number");
    refuses(f, OPEN "{\"frame\": 9007199254740993, \"metered_ev\": 1, \"applied_ev\": 1}]}", ORR_E_BAD_DATA,
            "entry 1");
    refuses(f, OPEN "{\"frame\": 3, \"metered_ev\": 1}]}", ORR_E_BAD_DATA, "'applied_ev' is missing");
    refuses(f, OPEN "{\"frame\": 3, \"metered_ev\": 1, \"applied_ev\": 65}]}", ORR_E_BAD_DATA, "-64 to 64");
    refuses(f, OPEN "{\"frame\": 3, \"metered_ev\": \"1\", \"applied_ev\": 1}]}", ORR_E_BAD_DATA,
            "'metered_ev'");
    refuses(f, OPEN "{\"frame\": 3, \"metered_ev\": 1, \"applied_ev\": 1, \"ev\": 2}]}", ORR_E_BAD_DATA,
            "'ev'");
}

/* What does not fit together is said before a frame is made. */
static void test_options(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    static const char plain[] =
        "local scene = orrery.scene() return orrery.sequence{ scene = scene, camera = "
        "scene:camera{}, size = {16, 9}, samples = 1, modules = { exposure = { %s } } }";
    char text[400];
    orr_error err;
    orr_sequence_report report;
    const char *path = in(f, "short.json");
    static const char short_track[] = OPEN ONE "]}";
    (void)snprintf(text, sizeof text, plain, "mode = 'manual'");
    assert_int_equal(render(f, text, &(orr_sequence_options){.ev_record = in(f, "x.json")}, &report, &err),
                     ORR_E_USAGE);
    assert_non_null(strstr(err.message, "--ev-record"));
    assert_non_null(strstr(err.message, "exposure.mode=auto"));
    assert_false(orr_file_exists(in(f, "x.json")));
    (void)snprintf(text, sizeof text, plain, "mode = 'auto'");
    OK(orr_file_write(path, short_track, strlen(short_track), &err));
    assert_int_equal(render(f, text, &(orr_sequence_options){.ev_track = path}, &report, &err),
                     ORR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "no frame 0"));
    assert_non_null(strstr(err.message, "short.json"));
    assert_int_equal(
        render(f, text, &(orr_sequence_options){.ev_track = path, .ev_record = path}, &report, &err),
        ORR_E_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alone),
                                       cmocka_unit_test(test_shown),
                                       cmocka_unit_test(test_steps),
                                       cmocka_unit_test(test_sunrise),
                                       cmocka_unit_test(test_camera_is_no_part),
                                       cmocka_unit_test(test_atmosphere),
                                       cmocka_unit_test(test_files),
                                       cmocka_unit_test(test_options)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
