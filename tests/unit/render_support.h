/* What the tests of pictures share: one engine under validation, and a small Lua text's frames as numbers.
 * Exposure is `none`, so that the linear image is in nit. */
#ifndef ORR_TEST_RENDER_SUPPORT_H
#define ORR_TEST_RENDER_SUPPORT_H

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

static inline int set_up(void **state) {
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

static inline int tear_down(void **state) {
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

static inline float *floats(const orr_frame_output *o) {
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

static inline void keep(shot *s, const orr_frame_result *result) {
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

static inline void forget(shot *s) {
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

static inline orr_script *run_script(const char *text) {
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

static inline void render_frame(const orr_script *script, const orr_revision *rev,
                                const orr_bound_track *bound, uint32_t bound_count, orr_target *target,
                                int64_t frame, shot *s) {
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
static inline void render_frames(const char *text, const int64_t *frames, uint32_t count, bool ldr,
                                 shot *shots) {
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
static inline shot render(const char *text) {
    shot s;
    render_frames(text, (const int64_t[]){0}, 1, false, &s);
    return s;
}
static inline shot render_ldr(const char *text) {
    shot s;
    render_frames(text, (const int64_t[]){0}, 1, true, &s);
    return s;
}

#define TEXT(...) text_of((char[4096]){0}, __VA_ARGS__)
static inline const char *text_of(char *buffer, const char *format, ...) ORR_PRINTF(2, 3);
static inline const char *text_of(char *buffer, const char *format, ...) {
    va_list args;
    va_start(args, format);
    assert_true(vsnprintf(buffer, 4096, format, args) < 4096);
    va_end(args);
    return buffer;
}

static inline double luminance(const shot *s, uint32_t x, uint32_t y) {
    return (double)s->hdr[(y * s->width + x) * 4 + 1];
}
static inline double middle(const shot *s) {
    return luminance(s, s->width / 2, s->height / 2);
}
static inline double middle_of(const char *text) {
    shot s = render(text);
    double l = middle(&s);
    forget(&s);
    return l;
}
static inline void within(double got, double expected, double part, int line) {
    if (!(fabs(got - expected) <= part * fabs(expected)))
        fail_msg("line %d: %.7g, not %.7g within %g", line, got, expected, part);
}
#define WITHIN(got, expected, part) within(got, expected, part, __LINE__)

#endif
