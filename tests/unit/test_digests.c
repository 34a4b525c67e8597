/* Digests of passes: equal renders have equal ones, a planted fault shows first where it was planted, and
 * asking for them changes no pixel. */
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

enum { MOST = 64 };

/* Opaque and blended draws, a terrain in its own shade, a shadow map, an effect, several sub-frames. */
static const char scene[] =
    "local scene = orrery.scene()\n"
    "scene:terrain{ dem = 'hill.npy', spacing_m = 0.5, exaggeration = 1, position_m = {0, -1, 0} }\n"
    "scene:mesh{ shape = orrery.sphere{ radius_m = 0.5 }, position_m = function(t) return t, 1, 0 end }\n"
    "scene:mesh{ shape = orrery.box{ size_m = 0.5 }, position_m = {-0.8, 1, 0},\n"
    "  material = scene:material{ base_colour = {0.9, 0.5, 0.2, 0.5}, alpha_mode = 'blend' } }\n"
    "scene:sun{ azimuth_deg = 200, elevation_deg = 30 } scene:environment{}\n"
    "return orrery.sequence{ name = 'digested', scene = scene, camera = scene:camera{ position_m = {0, 2, "
    "5}, "
    "look_at_m = {0, 1, 0} },\n"
    "  size = {64, 36}, fps = 4, frames = 3, samples = %d, modules = { vignette = { strength = 0.5 } } }\n";

static const char open_air[] =
    "local scene = orrery.scene()\n"
    "scene:atmosphere{} scene:sun{ elevation_deg = 10 } scene:environment{ source = 'gradient' }\n"
    "scene:mesh{ shape = orrery.sphere{} }\n"
    "return orrery.sequence{ name = 'aired', scene = scene, camera = scene:camera{ position_m = {0, 1, 5} "
    "},\n"
    "  size = {64, 36}, frames = 1, samples = %d }\n";

typedef struct record {
    orr_pass_digest digests[3][MOST];
    uint32_t counts[3], frames;
    uint8_t *pixels[3];
    size_t bytes;
} record;

static orr_status note(void *context, const orr_frame_result *result, double t_s, orr_error *err) {
    record *r = context;
    (void)t_s, (void)err;
    assert_true(r->frames < 3 && result->digest_count <= MOST);
    if (result->digest_count)
        memcpy(r->digests[r->frames], result->digests, result->digest_count * sizeof *result->digests);
    r->counts[r->frames] = result->digest_count;
    r->bytes = result->outputs[0].size_bytes;
    r->pixels[r->frames] = malloc(r->bytes);
    memcpy(r->pixels[r->frames++], result->outputs[0].pixels, r->bytes);
    return ORR_OK;
}

static void drop(record *r) {
    for (uint32_t i = 0; i < r->frames; i++) free(r->pixels[i]);
    *r = (record){0};
}

typedef struct planted {
    const char *file, *find, *replace;
} planted;

/* On an engine of its own: nothing is left from another. */
static void render_text_of(const char *folder, const char *what, int samples, const planted *fault,
                           orr_sequence_options options, record *out) {
    char text[2000];
    orr_error err = {0};
    orr_sequence_report report;
    orr_renderer *renderer = NULL;
    orr_engine *engine = open_engine(2, &renderer);
    if (!engine) skip();
    (void)snprintf(text, sizeof text, what, samples);
    if (fault)
        OK(orr_shaders_edit(orr_engine_shaders(engine), fault->file, fault->find, fault->replace, &err));
    drop(out);
    options.frame = note, options.frame_context = out;
    OK(render_text(folder, engine, renderer, text, &options, &report, &err));
    OK(orr_shaders_edits_met(orr_engine_shaders(engine), &err));
    close_engine(engine);
}

static void render_scene(const char *folder, int samples, const planted *fault, orr_sequence_options options,
                         record *out) {
    render_text_of(folder, scene, samples, fault, options, out);
}

static int set_up(void **state) { /* a folder with a hill in it */
    static char folder[64];
    enum { SIDE = 24 };
    char path[128], header[128];
    static uint8_t file[128 + SIDE * SIDE * 4];
    strcpy(folder, "/tmp/orrery-digests-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }",
                   SIDE, SIDE);
    memset(file, ' ', 128);
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(file + 10, header, strlen(header));
    file[127] = '\n';
    for (int i = 0; i < SIDE * SIDE; i++) {
        int x = i % SIDE - SIDE / 2, y = i / SIDE - SIDE / 2;
        float height = 8.0f / (float)(8 + x * x + y * y);
        memcpy(file + 128 + i * 4, &height, 4);
    }
    (void)snprintf(path, sizeof path, "%s/hill.npy", folder);
    *state = folder;
    return orr_file_write(path, file, sizeof file, NULL) == ORR_OK ? 0 : -1;
}

static int tear_down(void **state) {
    const char *argv[] = {"rm", "-rf", *state, NULL};
    int code = 0;
    return orr_process_run(argv, &code, NULL) == ORR_OK ? code : -1;
}

static void same(const orr_pass_digest *a, const orr_pass_digest *b, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(&a[i], &b[i], sizeof *a))
            fail_msg("%s, %s: %llx is not %llx", a[i].pass, a[i].channel, (unsigned long long)a[i].hash,
                     (unsigned long long)b[i].hash);
}

/* All passes are there, in their order; a second render has the same; a frame alone too; no pixel changes. */
static void test_equal(void **state) {
    static const char *const order[][2] = {{"dfg table", "dfg"},
                                           {"terrain gradient", "gradient"},
                                           {"terrain shade", "shade"},
                                           {"shadow", "depth"},
                                           {"visibility", "core.seen"},
                                           {"visibility", "core.zbuffer"},
                                           {"resolve", "depth"},
                                           {"resolve", "normal"},
                                           {"resolve", "albedo"},
                                           {"resolve", "material"},
                                           {"resolve", "emission"},
                                           {"lighting", "hdr"},
                                           {"transparent", "hdr"},
                                           {"accumulate", "hdr"},
                                           {"tonemap.main", "ldr"},
                                           {"vignette.main", "ldr"},
                                           {"encode", "ldr"}};
    enum { COUNT = sizeof order / sizeof order[0] };
    record first = {0}, second = {0}, alone = {0}, plain = {0};
    render_scene(*state, 2, NULL, (orr_sequence_options){.digest_passes = true}, &first);
    for (uint32_t i = 0; i < first.counts[0] || i < COUNT; i++)
        if (i >= COUNT || i >= first.counts[0] || strcmp(order[i][0], first.digests[0][i].pass) ||
            strcmp(order[i][1], first.digests[0][i].channel))
            fail_msg("digest %u is of %s, %s, not of %s, %s", i, first.digests[0][i].pass,
                     first.digests[0][i].channel, i < COUNT ? order[i][0] : "", i < COUNT ? order[i][1] : "");
    render_scene(*state, 2, NULL, (orr_sequence_options){.digest_passes = true}, &second);
    for (uint32_t f = 0; f < 3; f++) {
        assert_int_equal(first.counts[f], COUNT);
        same(first.digests[f], second.digests[f], COUNT);
    }
    assert_true(first.digests[0][11].hash != first.digests[1][11].hash); /* the sphere moves */
    const int64_t last = 2;
    render_scene(*state, 2, NULL,
                 (orr_sequence_options){.digest_passes = true, .frames = &last, .frame_count = 1}, &alone);
    same(alone.digests[0], first.digests[2], COUNT);
    render_scene(*state, 2, NULL, (orr_sequence_options){0}, &plain);
    for (uint32_t f = 0; f < 3; f++) {
        assert_int_equal(plain.counts[f], 0);
        assert_memory_equal(plain.pixels[f], first.pixels[f], plain.bytes);
    }
    drop(&first), drop(&second), drop(&alone), drop(&plain);
}

/* A fault shows first in the pass that it was planted in. */
static void test_first_difference(void **state) {
    static const struct {
        planted fault;
        const char *pass;
    } cases[] = {
        {{"lighting.comp", "vec3(65504.0)), result.a", "vec3(65504.0)) * 0.5, result.a"}, "lighting"},
        {{"tonemap.comp", "vec4(tonemap(c.rgb), c.a)", "vec4(tonemap(c.bgr), c.a)"}, "tonemap.main"},
        {{"vignette.comp", "c.rgb * left", "c.rgb * left * 0.5"}, "vignette.main"},
        {{"terrain_sun.comp", "vec4(best)", "vec4(best + 1.0)"}, "terrain shade"},
        {{"shadow.vert", "vec4(position, 1.0)", "vec4(position * 0.5, 1.0)"}, "shadow"},
        {{"accumulate.comp", "value /= float(push.samples)", "value *= 0.25"}, "accumulate"},
        {{"encode.comp", "vec3 c = encode", "vec3 c = 0.5 * encode"}, "encode"},
    };
    record sound = {0}, faulty = {0};
    render_scene(*state, 2, NULL, (orr_sequence_options){.digest_passes = true}, &sound);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const int64_t first = 0;
        uint32_t at = 0;
        render_scene(*state, 2, &cases[c].fault,
                     (orr_sequence_options){.digest_passes = true, .frames = &first, .frame_count = 1},
                     &faulty);
        assert_int_equal(faulty.counts[0], sound.counts[0]);
        while (at < sound.counts[0] && sound.digests[0][at].hash == faulty.digests[0][at].hash) at++;
        if (at == sound.counts[0] || strcmp(sound.digests[0][at].pass, cases[c].pass))
            fail_msg("a fault in %s shows first in %s, not in %s", cases[c].fault.file,
                     at < sound.counts[0] ? sound.digests[0][at].pass : "nothing", cases[c].pass);
    }
    drop(&sound), drop(&faulty);
}

/* The atmosphere's tables are products too. */
static void test_open_air(void **state) {
    static const struct {
        planted fault;
        const char *pass;
    } cases[] = {
        {{"sky_transmittance.comp", "exp(-depth)", "exp(-0.99 * depth)"}, "sky transmittance"},
        {{"sky_multiple.comp", "max(mu, 0.0)", "0.0"}, "sky multiple"},
        {{"sky_view.comp", "air_pack(sum)", "air_pack(sum * 0.9)"}, "sky view"},
        {{"sky_aerial.comp", "vec4(through, 1.0)", "vec4(sqrt(through), 1.0)"}, "sky aerial"},
    };
    record sound = {0}, faulty = {0};
    render_text_of(*state, open_air, 1, NULL, (orr_sequence_options){.digest_passes = true}, &sound);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        uint32_t at = 0;
        render_text_of(*state, open_air, 1, &cases[c].fault, (orr_sequence_options){.digest_passes = true},
                       &faulty);
        assert_int_equal(faulty.counts[0], sound.counts[0]);
        while (at < sound.counts[0] && sound.digests[0][at].hash == faulty.digests[0][at].hash) at++;
        assert_string_equal(at < sound.counts[0] ? sound.digests[0][at].pass : "", cases[c].pass);
    }
    drop(&sound), drop(&faulty);
}

/* Copies are bounded: the message says what size can be had. */
static void test_too_large(void **state) {
    char text[2000];
    orr_error err = {0};
    orr_sequence_report report;
    orr_renderer *renderer = NULL;
    orr_engine *engine = open_engine(2, &renderer);
    if (!engine) skip();
    (void)snprintf(text, sizeof text, scene, 1);
    const int64_t first = 0;
    orr_sequence_options options = {
        .digest_passes = true, .width = 4096, .height = 2304, .frames = &first, .frame_count = 1};
    assert_int_equal(render_text(*state, engine, renderer, text, &options, &report, &err), ORR_E_LIMIT);
    assert_non_null(strstr(err.message, "4096x2304"));
    uint32_t width = 0, height = 0;
    const char *advice = strstr(err.message, "render at ");
    assert_non_null(advice);
    assert_int_equal(sscanf(advice, "render at %ux%u", &width, &height), 2);
    assert_true(width > 1000 && width < 4096 && height > 500 && height < 2304);
    /* That frame failed with its tables and maps recorded but not made: the next one must not think they are.
     */
    record after = {0}, fresh = {0};
    options = (orr_sequence_options){
        .digest_passes = true, .frames = &first, .frame_count = 1, .frame = note, .frame_context = &after};
    OK(render_text(*state, engine, renderer, text, &options, &report, &err));
    close_engine(engine);
    render_scene(*state, 1, NULL, options, &fresh);
    assert_int_equal(after.counts[0], fresh.counts[0]);
    same(after.digests[0], fresh.digests[0], fresh.counts[0]);
    drop(&after), drop(&fresh);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_first_difference),
        cmocka_unit_test(test_open_air),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
