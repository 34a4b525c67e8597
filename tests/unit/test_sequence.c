/* Sequences to files: any frame stands alone, whatever the order, the threads, the shards; what is in an EXR;
 * contact sheets; stopping. */
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

#include "sequence_support.h"

#include "image/exr.h"

enum { W = 64, H = 36, FRAMES = 9 };

typedef struct fixture {
    char folder[64];
    orr_engine *engine;
    orr_renderer *renderer;
} fixture;

static int set_up(void **state) {
    static fixture f;
    (void)snprintf(f.folder, sizeof f.folder, "/tmp/orrery-sequence-XXXXXX");
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

static orr_status render(const fixture *f, orr_engine *engine, orr_renderer *renderer, const char *text,
                         const orr_sequence_options *options, orr_sequence_report *report, orr_error *err) {
    return render_text(f->folder, engine, renderer, text, options, report, err);
}

/* Everything that moves: nodes by functions and keys, sun, sky, lamp, camera, a module's parameter; panes and
 * shadows. */
static const char moving[] =
    "local scene = orrery.scene()\n"
    "local arm = scene:group{ rotation_deg = function(t) return 0, 140 * t, 0 end }\n"
    "scene:mesh{ shape = orrery.sphere{ radius_m = 0.3 }, parent = arm, position_m = {1.2, 0.3, 0} }\n"
    "scene:mesh{ shape = orrery.box{ size_m = 0.5 }, position_m = { {t = 0, v = {0, 0.25, 0}}, {t = 1, v = "
    "{0, 1.25, 0}} }, scale = function(t) return 1, 1, t < 0.5 and 1 or -1 end }\n"
    "for i = 1, 3 do scene:mesh{ shape = orrery.box{ size_m = 0.4 }, position_m = function(t) return "
    "math.cos(i * 2 + 4 * t), 1, math.sin(i * 2 + 4 * t) end,\n"
    "  material = scene:material{ base_colour = {0.3 * i, 0.5, 0.2, 0.5}, alpha_mode = 'blend' } } end\n"
    "scene:mesh{ shape = orrery.plane{ width_m = 8, depth_m = 8 } }\n"
    "scene:point{ intensity_cd = function(t) return 9000 * t end, position_m = {1, 1, 1} }\n"
    "scene:sun{ azimuth_deg = 200, elevation_deg = function(t) return 30 - 60 * math.abs(math.sin(9 * t)) "
    "end }\n"
    "scene:environment{ zenith_nit = function(t) return 2000, 3000, 6000 * t end }\n"
    "local camera = scene:camera{ rig = orrery.orbit{ center = {0, 0.5, 0}, radius_m = 5, elevation_deg = "
    "25, turns = 0.25, duration_s = 2 } }\n"
    "return orrery.sequence{ name = 'moving', scene = scene, camera = camera, size = {64, 36}, fps = 9, "
    "duration_s = 1, samples = 2, modules = { vignette = { strength = function(t) return t end } } }\n";

static void same_file(const char *a, const char *b) {
    uint8_t *x = NULL, *y = NULL;
    size_t m = 0, n = 0;
    orr_error err = {0};
    OK(orr_file_read(a, 1 << 24, &x, &m, &err));
    OK(orr_file_read(b, 1 << 24, &y, &n, &err));
    if (m != n || memcmp(x, y, m)) fail_msg("%s and %s differ", a, b);
    free(x), free(y);
}

static const char *frame_name(const fixture *f, const char *folder, int frame) {
    char name[64];
    (void)snprintf(name, sizeof name, "%s/%04d.png", folder, frame);
    return in(f, name);
}

static void whole_sequence(const fixture *f) {
    orr_error err;
    orr_sequence_report report;
    if (orr_file_exists(frame_name(f, "whole", FRAMES - 1))) return;
    OK(render(f, f->engine, f->renderer, moving, &(orr_sequence_options){.out = in(f, "whole/####.png")},
              &report, &err));
    assert_true(report.rendered == FRAMES && !report.skipped && !report.failed);
    for (int i = 1; i < FRAMES; i++) { /* they are not all one */
        uint8_t *a = NULL, *b = NULL;
        size_t m = 0, n = 0;
        OK(orr_file_read(frame_name(f, "whole", i - 1), 1 << 24, &a, &m, &err));
        OK(orr_file_read(frame_name(f, "whole", i), 1 << 24, &b, &n, &err));
        assert_true(m != n || memcmp(a, b, m));
        free(a), free(b);
    }
}

/* Alone, out of order, on a fresh engine with another number of threads: the same bytes. */
static void test_alone(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    whole_sequence(f);
    orr_error err;
    orr_sequence_report report;
    const int64_t shuffled[] = {7, 0, 5, 8, 2, 1, 6, 3, 4};
    OK(render(
        f, f->engine, f->renderer, moving,
        &(orr_sequence_options){.out = in(f, "shuffled/####.png"), .frames = shuffled, .frame_count = FRAMES},
        &report, &err));
    for (int i = 0; i < FRAMES; i++) same_file(frame_name(f, "whole", i), frame_name(f, "shuffled", i));
    for (uint32_t threads = 1; threads <= 4; threads += 3) {
        orr_renderer *renderer = NULL;
        orr_engine *engine = open_engine(threads, &renderer);
        const int64_t alone[] = {6};
        OK(render(f, engine, renderer, moving,
                  &(orr_sequence_options){.out = in(f, "alone/####.png"), .frames = alone, .frame_count = 1},
                  &report, &err));
        same_file(frame_name(f, "whole", 6), frame_name(f, "alone", 6));
        close_engine(engine);
    }
}

static void test_shards(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    whole_sequence(f);
    orr_error err;
    orr_sequence_report report;
    uint32_t rendered = 0;
    for (uint32_t i = 1; i <= 3; i++, rendered += report.rendered)
        OK(render(
            f, f->engine, f->renderer, moving,
            &(orr_sequence_options){.out = in(f, "shards/####.png"), .shard_index = i, .shard_count = 3},
            &report, &err));
    assert_int_equal(rendered, FRAMES);
    for (int i = 0; i < FRAMES; i++) same_file(frame_name(f, "whole", i), frame_name(f, "shards", i));
    assert_int_equal(render(f, f->engine, f->renderer, moving,
                            &(orr_sequence_options){.shard_index = 4, .shard_count = 3}, &report, &err),
                     ORR_E_USAGE);
}

/* Skinned vertices are written anew for each frame while others are in flight. */
static void test_skinned(void **state) {
    fixture *f = *state;
    const char *data = getenv("ORRERY_TEST_DATA");
    if (!data) print_message("skipped: no test data\n");
    if (!f->engine || !data) skip();
    orr_text text = {0};
    orr_error err;
    orr_sequence_report report;
    orr_text_printf(
        &text,
        "local scene = orrery.scene() scene:model{ path = '%s/models/CesiumMan.glb', animation = '0' } "
        "scene:sun{} scene:environment{}\n"
        "return orrery.sequence{ name = 'walk', scene = scene, camera = scene:camera{ position_m = {1, 1, "
        "3}, look_at_m = {0, 0.8, 0} }, size = {64, 36}, fps = 8, duration_s = 1, samples = 1 }\n",
        data);
    OK(render(f, f->engine, f->renderer, orr_text_cstr(&text),
              &(orr_sequence_options){.out = in(f, "walk/####.png")}, &report, &err));
    for (int64_t i = 0; i < 8; i++) {
        OK(render(f, f->engine, f->renderer, orr_text_cstr(&text),
                  &(orr_sequence_options){.out = in(f, "step/####.png"), .frames = &i, .frame_count = 1},
                  &report, &err));
        same_file(frame_name(f, "walk", (int)i), frame_name(f, "step", (int)i));
    }
    orr_text_free(&text);
}

/* --- what is in the files
 * -------------------------------------------------------------------------------------------------- */

static const char measured[] =
    "local scene = orrery.scene()\n"
    "scene:mesh{ shape = orrery.plane{ width_m = 20, depth_m = 2 }, material = scene:material{ base_colour = "
    "{0.25, 0.5, 0.75}, roughness = 0.25, emissive_nit = {1, 2, 3}, ior = 1 } }\n"
    "return orrery.sequence{ name = 'measured', scene = scene, camera = scene:camera{ position_m = {0, 5, "
    "0}, rotation_deg = {-90, 0, 0}, ortho_height_m = 4 }, size = {64, 36}, fps = 24000 / 1000, frames = 3,\n"
    "  samples = 4, modules = { exposure = { mode = 'none' } } }\n";

static const void *plane_of(const orr_exr_image *image, const char *name, orr_pixel_type type) {
    for (uint32_t i = 0; i < image->plane_count; i++)
        if (!strcmp(image->planes[i].name, name)) {
            if (image->planes[i].type != type) fail_msg("channel %s has another type", name);
            return image->planes[i].pixels;
        }
    fail_msg("there is no channel %s", name);
    return NULL;
}
static double half_at(const orr_exr_image *image, const char *name, uint32_t pixel) {
    return (double)orr_f16_to_f32(((const uint16_t *)plane_of(image, name, ORR_PIXEL_F16))[pixel]);
}

static void read_exr(const char *path, orr_exr_image *image) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    OK(orr_file_read(path, 1 << 24, &data, &size, &err));
    OK(orr_exr_decode(data, size, path, NULL, image, &err));
    free(data);
}

static void check_exr(const orr_exr_image *image) {
    const uint32_t on = (H / 2) * W + 5, off = 2 * W + 5; /* on the card; beside it */
    assert_int_equal(image->plane_count, 4 + 1 + 3 + 3 + 2 + 3 + 3);
    for (uint32_t i = 1; i < image->plane_count; i++)
        assert_true(strcmp(image->planes[i - 1].name, image->planes[i].name) < 0);
    const float *z = plane_of(image, "Z", ORR_PIXEL_F32);
    assert_true(fabsf(z[on] - 5.0f) < 1e-5f && z[off] == 1e10f);
    const uint32_t *object = plane_of(image, "id.object", ORR_PIXEL_U32),
                   *material = plane_of(image, "id.material", ORR_PIXEL_U32);
    assert_true(object[on] && material[on] && !object[off] && !material[off]);
    static const struct {
        const char *name;
        double on;
    } rows[] = {
        {"R", 1},
        {"G", 2},
        {"B", 3},
        {"A", 1},
        {"N.X", 0},
        {"N.Y", 1},
        {"N.Z", 0},
        {"albedo.R", 0.25},
        {"albedo.G", 0.5},
        {"albedo.B", 0.75},
        {"roughness", 0.25},
        {"metallic", 0},
        {"ao", 1},
        {"emission.R", 1},
        {"emission.G", 2},
        {"emission.B", 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (fabs(half_at(image, rows[i].name, on) - rows[i].on) > 2e-3)
            fail_msg("%s is %g, not %g", rows[i].name, half_at(image, rows[i].name, on), rows[i].on);
        if (half_at(image, rows[i].name, off) != 0.0)
            fail_msg("%s is %g where nothing is", rows[i].name, half_at(image, rows[i].name, off));
    }
}

static void test_exr(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    orr_error err;
    orr_sequence_report report;
    static const char *const kinds[] = {"none", "rle", "zips", "zip", "piz"};
    static const char aovs[] = "depth,normal,albedo,id,material,emission";
    for (int k = 0; k < 5; k++) {
        orr_exr_image image;
        const int64_t last = 2;
        OK(render(f, f->engine, f->renderer, measured,
                  &(orr_sequence_options){.out = in(f, "m####.exr"),
                                          .aovs = aovs,
                                          .exr_compression = kinds[k],
                                          .frames = &last,
                                          .frame_count = 1},
                  &report, &err));
        read_exr(in(f, "m0002.exr"), &image);
        assert_string_equal(orr_exr_compression_name(image.compression), kinds[k]);
        check_exr(&image);
        uint32_t found = 0;
        for (uint32_t i = 0; i < image.attribute_count; i++) {
            const orr_exr_attribute *a = &image.attributes[i];
            if (!strcmp(a->name, "framesPerSecond")) found += a->values[0] / a->values[1] == 24.0;
            if (!strcmp(a->name, "orrery.frame")) found += a->values[0] == 2;
            if (!strcmp(a->name, "orrery.exposure")) found += a->values[0] == 1;
            if (!strcmp(a->name, "chromaticities")) found += fabs(a->values[0] - 0.64) < 1e-6;
        }
        assert_int_equal(found, 4);
        orr_exr_free(&image);
    }
    orr_exr_image image; /* without AOVs: the beauty alone */
    const int64_t first = 0;
    OK(render(f, f->engine, f->renderer, measured,
              &(orr_sequence_options){.out = in(f, "plain.exr"), .frames = &first, .frame_count = 1}, &report,
              &err));
    read_exr(in(f, "plain.exr"), &image);
    assert_int_equal(image.plane_count, 4);
    orr_exr_free(&image);
    /* What cannot be is refused before anything is rendered. */
    static const struct {
        orr_sequence_options options;
        const char *says;
    } wrong[] = {
        {{.out = "x####.png", .aovs = "depth"}, "EXR"},
        {{.out = "x####.exr", .aovs = "dpeth"}, "did you mean 'depth'?"},
        {{.out = "x.png"}, "####"},
        {{.out = "x####.tga"}, ".png or .exr"},
        {{.out = "x####.exr", .exr_compression = "b44"}, "b44"},
        {{.out = "x####.exr", .exr_compression = "gzip"}, "gzip"},
        {{.out = "x####.exr", .video = "x.mp4"}, ""},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_not_equal(render(f, f->engine, f->renderer, measured, &wrong[i].options, &report, &err),
                             ORR_OK);
        if (!strstr(err.message, wrong[i].says)) fail_msg("'%s' is not in: %s", wrong[i].says, err.message);
        assert_int_equal(report.rendered, 0);
    }
}

/* Five frames of one colour each: three columns, two rows, thumbnails in order. */
static void test_contact_sheet(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    static const char flat[] =
        "local scene = orrery.scene() scene:environment{ source = 'constant', luminance_nit = function(t) "
        "return 0.1 + 0.2 * t end }\n"
        "return orrery.sequence{ name = 'flat', scene = scene, camera = scene:camera{}, size = {64, 36}, fps "
        "= 1, frames = 5, samples = 1,\n"
        "  modules = { exposure = { mode = 'none' }, tonemap = { operator = 'none' } } }\n";
    orr_error err;
    orr_sequence_report report;
    OK(render(f, f->engine, f->renderer, flat, &(orr_sequence_options){.contact_sheet = in(f, "sheet.png")},
              &report, &err));
    assert_int_equal(report.rendered, 5);
    uint8_t *data = NULL;
    size_t size = 0;
    orr_image sheet;
    OK(orr_file_read(in(f, "sheet.png"), 1 << 24, &data, &size, &err));
    OK(orr_image_decode(data, size, "sheet.png", 0, NULL, &sheet, &err));
    free(data);
    assert_true(sheet.width == 3 * (W + 4) + 4 && sheet.height == 2 * (H + 4) + 4);
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t x = 4 + i % 3 * (W + 4) + W / 2, y = 4 + i / 3 * (H + 4) + H / 2;
        double c = 0.1 + 0.2 * i, encoded = (1.055 * pow(c, 1 / 2.4) - 0.055) * 255;
        double got = ((const uint8_t *)sheet.pixels)[(y * sheet.width + x) * sheet.channels];
        if (fabs(got - encoded) > 1.01) fail_msg("thumbnail %u is %g, not %g", i, got, encoded);
    }
    orr_image_free(&sheet);
}

/* --- frames handed to the caller
 * --------------------------------------------------------------------------------------------------
 */

typedef struct seen {
    int64_t frames[FRAMES];
    uint32_t count, refuse_at; /* refuse_at: the how manieth is an error, from 1 */
    orr_frame_output outputs[ORR_MAX_OUTPUTS];
    uint32_t output_count;
    double t_s;
    double hdr[3], depth;
    uint32_t object, grey;
} seen;

static orr_status look(void *context, const orr_frame_result *result, double t_s, orr_error *err) {
    seen *s = context;
    const uint32_t on = (H / 2) * W + 5;
    assert_true(s->count < FRAMES);
    s->frames[s->count++] = result->frame, s->t_s = t_s;
    s->output_count = result->output_count;
    memcpy(s->outputs, result->outputs, sizeof s->outputs);
    for (uint32_t i = 0; i < result->output_count; i++) {
        const orr_frame_output *o = &result->outputs[i];
        assert_non_null(o->pixels);
        for (int c = 0; !strcmp(o->channel, "hdr") && c < 3; c++)
            s->hdr[c] = (double)((const float *)o->pixels)[on * 4 + c];
        if (!strcmp(o->channel, "depth")) s->depth = (double)((const float *)o->pixels)[on];
        if (!strcmp(o->channel, "id")) s->object = ((const uint32_t *)o->pixels)[on * 2];
        if (!strcmp(o->channel, "ldr")) s->grey = ((const uint8_t *)o->pixels)[on * 4];
    }
    return s->count == s->refuse_at ? orr_fail(err, ORR_E_CANCELLED, NULL, "enough of it") : ORR_OK;
}

static void test_channels(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    orr_error err;
    orr_sequence_report report;
    const char *names[] = {"hdr", "depth", "id", "ldr", "depth"};
    seen all = {0};
    OK(render(
        f, f->engine, f->renderer, measured,
        &(orr_sequence_options){.channels = names, .channel_count = 5, .frame = look, .frame_context = &all},
        &report, &err));
    assert_true(all.count == 3 && all.output_count == 4); /* each once */
    for (int i = 0; i < 3; i++) assert_int_equal(all.frames[i], i);
    assert_true(fabs(all.t_s - 2.0 / 24.0) < 1e-12);
    for (int c = 0; c < 3; c++) assert_true(fabs(all.hdr[c] - (c + 1)) < 1e-2);
    assert_true(fabs(all.depth - 5.0) < 1e-5 && all.object && all.grey);
    assert_true(all.outputs[0].format == ORR_FORMAT_RGBA32_SFLOAT && all.outputs[2].width == W);

    seen none = {0}; /* nothing asked for by name and no files: the picture, as ever */
    OK(render(f, f->engine, f->renderer, measured,
              &(orr_sequence_options){.frame = look, .frame_context = &none}, &report, &err));
    assert_true(none.output_count == 1 && none.grey == all.grey);
    seen raw = {0};
    OK(render(
        f, f->engine, f->renderer, measured,
        &(orr_sequence_options){.channels = names, .channel_count = 1, .frame = look, .frame_context = &raw},
        &report, &err));
    assert_true(raw.output_count == 1 && !strcmp(raw.outputs[0].channel, "hdr"));

    const char *wrong[] = {"hdr", "detph"};
    assert_int_equal(render(f, f->engine, f->renderer, measured,
                            &(orr_sequence_options){.channels = wrong, .channel_count = 2}, &report, &err),
                     ORR_E_UNKNOWN_KEY);
    assert_non_null(strstr(err.message, "did you mean 'depth'?"));
}

/* What is read back beside a file does not change it, and is not in it. */
static void test_channels_beside_files(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    orr_error err;
    orr_sequence_report report;
    const char *names[] = {"albedo", "hdr", "ldr"};
    seen s = {0};
    orr_sequence_options options = {.out = in(f, "bare/####.exr"), .aovs = "depth"};
    OK(render(f, f->engine, f->renderer, measured, &options, &report, &err));
    options.out = in(f, "rich/####.exr");
    options.channels = names, options.channel_count = 3, options.frame = look, options.frame_context = &s;
    OK(render(f, f->engine, f->renderer, measured, &options, &report, &err));
    assert_true(s.count == 3 && s.output_count == 4);
    same_file(in(f, "bare/0001.exr"), in(f, "rich/0001.exr"));
}

/* The peak of the device's memory is this sequence's, not the largest one's so far. */
static void test_memory(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    orr_error err;
    orr_sequence_report large, small;
    const int64_t first = 0;
    orr_sequence_options options = {.frames = &first, .frame_count = 1, .width = 1024, .height = 576};
    OK(render(f, f->engine, f->renderer, measured, &options, &large, &err));
    options.width = 64, options.height = 36;
    OK(render(f, f->engine, f->renderer, measured, &options, &small, &err));
    assert_true(small.gpu_peak_bytes + 8 * 1024 * 576 < large.gpu_peak_bytes);
    assert_int_equal(large.transient_bytes, 256 * small.transient_bytes);
    assert_true(small.transient_bytes > 8 * 64 * 36 && small.gpu_peak_bytes > small.transient_bytes);
}

/* An error of the caller's ends the sequence with it: later frames are not shown. */
static void test_refused(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    orr_error err;
    orr_sequence_report report;
    seen s = {.refuse_at = 2};
    assert_int_equal(render(f, f->engine, f->renderer, moving,
                            &(orr_sequence_options){.frame = look, .frame_context = &s}, &report, &err),
                     ORR_E_CANCELLED);
    assert_string_equal(err.message, "enough of it");
    assert_true(s.count == 2 && report.failed == 1 && report.rendered < FRAMES);
}

/* --- ends before the end
 * ----------------------------------------------------------------------------------------------------------
 */

static void stop_at_once(void *context, const orr_progress *progress) {
    (void)progress;
    atomic_store((atomic_int *)context, 1);
}

static uint32_t whole_files(const fixture *f, const char *folder) {
    uint32_t count = 0;
    for (int i = 0; i < FRAMES; i++) {
        uint8_t *data = NULL;
        size_t size = 0;
        orr_image image;
        orr_error err = {0};
        if (!orr_file_exists(frame_name(f, folder, i))) continue;
        OK(orr_file_read(frame_name(f, folder, i), 1 << 24, &data, &size, &err));
        OK(orr_image_decode(data, size, "frame", 0, NULL, &image, &err));
        free(data);
        orr_image_free(&image);
        count++;
    }
    return count;
}

static void test_stop(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    whole_sequence(f);
    orr_error err;
    orr_sequence_report report;
    atomic_int stop = 0;
    orr_sequence_options options = {.out = in(f, "cut/####.png"),
                                    .stop = &stop,
                                    .progress = stop_at_once,
                                    .progress_context = &stop,
                                    .script_digest = "1"};
    assert_int_equal(render(f, f->engine, f->renderer, moving, &options, &report, &err), ORR_E_INTERRUPTED);
    assert_non_null(strstr(err.message, "--resume"));
    uint32_t left = whole_files(f, "cut");
    assert_true(left >= 1 && left < FRAMES && left == report.rendered);
    options = (orr_sequence_options){.out = in(f, "cut/####.png"), .resume = true, .script_digest = "2"};
    assert_int_equal(render(f, f->engine, f->renderer, moving, &options, &report, &err), ORR_E_DIGEST);
    options.script_digest = "1";
    OK(render(f, f->engine, f->renderer, moving, &options, &report, &err));
    assert_true(report.skipped == left && report.rendered == FRAMES - left);
    for (int i = 0; i < FRAMES; i++) same_file(frame_name(f, "whole", i), frame_name(f, "cut", i));
}

/* A frame whose values are wrong ends the sequence with its time; the frames before it are there, and whole.
 */
static void test_wrong_in_the_middle(void **state) {
    fixture *f = *state;
    if (!f->engine) skip();
    static const char text[] = "local scene = orrery.scene() local camera = scene:camera{ vfov_deg = "
                               "function(t) return t == 5 and 400 or 30 end } scene:environment{}\n"
                               "return orrery.sequence{ name = 'wide', scene = scene, camera = camera, size "
                               "= {64, 36}, fps = 1, frames = 9, samples = 1 }\n";
    orr_error err;
    orr_sequence_report report;
    assert_int_not_equal(render(f, f->engine, f->renderer, text,
                                &(orr_sequence_options){.out = in(f, "wide/####.png")}, &report, &err),
                         ORR_OK);
    assert_non_null(strstr(err.message, "vfov_deg"));
    assert_non_null(strstr(err.message, "t = 5 s"));
    assert_int_equal(whole_files(f, "wide"), 5);
    assert_false(orr_file_exists(frame_name(f, "wide", 5)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_skinned),
        cmocka_unit_test(test_exr),
        cmocka_unit_test(test_contact_sheet),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_channels_beside_files),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_wrong_in_the_middle),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
