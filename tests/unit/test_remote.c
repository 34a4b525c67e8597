/* Scripts of bundles in a process of their own: they come to the very same as the user's own, whatever they
 * may do; what they may not do ends them. The program is its own child. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "base/platform/process.h"
#include "base/platform/sandbox.h"
#include "base/text.h"
#include "gpu_support.h"
#include "render/target.h"
#include "scene/revision.h"
#include "script/remote.h"

static char folder[64] = "/tmp/orrery-remote-XXXXXX";

/* --- helpers ------------------------------------------------------------------------------------- */

/* A script that ran, with an engine of its own. */
typedef struct run {
    orr_engine *engine;
    orr_bundle *bundle;
    orr_script *script;
    orr_status status;
    orr_error err;
} run;

static orr_engine *new_engine(void) {
    orr_engine *engine = NULL;
    orr_error err = {0};
    OK(orr_engine_create(&(orr_engine_params){.app = "test", .cache_folder = "", .threads = 2}, &engine,
                         &err));
    OK(orr_manifests_load(engine, &err));
    return engine;
}

static void end(run *r) {
    orr_script_destroy(&r->script);
    orr_engine_destroy(&r->engine);
    orr_bundle_close(&r->bundle);
}

static run run_bundle(const orr_bundle_source *sources, uint32_t count, const char *entry,
                      const orr_script_params *extra) {
    char path[256];
    run r = {.engine = new_engine()};
    orr_error err = {0};
    const orr_bundle_entry entries[] = {{.script = entry}};
    const orr_bundle_pack_params pack = {
        .sources = sources, .source_count = count, .entries = entries, .entry_count = 1};
    static unsigned number; /* a mount's name is taken until its engine is destroyed */
    snprintf(path, sizeof path, "%s/%u.zip", folder, number++);
    OK(orr_bundle_pack(&pack, path, NULL, &err));
    OK(orr_bundle_open(path, &r.bundle, &err));
    orr_file_remove(path);
    OK(orr_vfs_mount_bundle(orr_engine_vfs(r.engine), orr_bundle_fd(r.bundle), path, "", &err));
    orr_script_params params = extra ? *extra : (orr_script_params){0};
    params.trust = ORR_TRUST_BUNDLE;
    params.engine = r.engine;
    params.bundle = r.bundle;
    r.status = orr_manifests_load_bundle(r.engine, r.bundle, NULL, &r.err);
    if (r.status != ORR_OK) return r;
    OK(orr_script_create(&params, &r.script, &err));
    r.status = orr_script_run(r.script, entry, &r.err);
    return r;
}

static run run_text(const char *text, const orr_script_params *extra) {
    const orr_bundle_source sources[] = {{.name = "main.lua", .data = text, .size = strlen(text)}};
    return run_bundle(sources, 1, "main.lua", extra);
}

static void expect_ok(const char *text) {
    run r = run_text(text, NULL);
    if (r.status != ORR_OK) fail_msg("%s\n--- in\n%s", r.err.message, text);
    end(&r);
}

static void expect_error(const char *text, const orr_script_params *extra, orr_status code,
                         const char *part) {
    run r = run_text(text, extra);
    if (r.status != code) fail_msg("status %d, not %d: %s\n--- in\n%s", r.status, code, r.err.message, text);
    if (!strstr(r.err.message, part)) fail_msg("'%s' does not say '%s'", r.err.message, part);
    assert_int_equal(r.err.code, code);
    end(&r);
}

#define SCENE  "local scene = orrery.scene() local camera = scene:camera{}\n"
#define RETURN "return orrery.sequence{ scene = scene, camera = camera, frames = 48, fps = 24 }"

/* --- the same as here ---------------------------------------------------------------------------- */

/* Scripts of Orrery's own, with what they read, as `bundle pack` would lay them out. */
typedef struct shipped {
    char names[6][64], paths[6][1200];
    orr_bundle_source sources[6];
    uint32_t count;
} shipped;

static void add_file(shipped *s, const char *root, const char *name) {
    snprintf(s->names[s->count], sizeof s->names[0], "%s", name);
    orr_path_join(s->paths[s->count], sizeof s->paths[0], root, name);
    s->sources[s->count] = (orr_bundle_source){.name = s->names[s->count], .path = s->paths[s->count]};
    s->count++;
}

static run run_here(const char *path, const orr_script_params *extra) {
    run r = {.engine = new_engine()};
    orr_error err = {0};
    orr_script_params params = extra ? *extra : (orr_script_params){0};
    params.engine = r.engine;
    OK(orr_script_create(&params, &r.script, &err));
    r.status = orr_script_run(r.script, path, &r.err);
    if (r.status != ORR_OK) fail_msg("%s", r.err.message);
    return r;
}

static void same_params(const orr_script *a, const orr_script *b) {
    const orr_param_table *t = orr_script_param_table(a), *u = orr_script_param_table(b);
    assert_int_equal(t->count, u->count);
    for (uint32_t i = 0; i < t->count; i++) {
        assert_string_equal(t->rows[i].name, u->rows[i].name);
        assert_string_equal(t->rows[i].doc, u->rows[i].doc);
        assert_int_equal(t->rows[i].type, u->rows[i].type);
        assert_int_equal(orr_script_param_source(a, i), orr_script_param_source(b, i));
        assert_true(orr_param_equal(orr_script_param_value(a, i), orr_script_param_value(b, i)));
    }
}

static void same_settings(const orr_settings *a, const orr_settings *b) {
    assert_int_equal(a->effect_count, b->effect_count);
    for (uint32_t i = 0; i < a->effect_count; i++) {
        const orr_effect_settings *e = &a->effects[i], *f = &b->effects[i];
        assert_string_equal(e->effect->module.name, f->effect->module.name);
        assert_int_equal(e->enabled, f->enabled);
        assert_int_equal(e->enabled_by, f->enabled_by);
        for (uint32_t p = 0; p < e->effect->table.count; p++) {
            assert_int_equal(e->sources[p], f->sources[p]);
            assert_int_equal(e->animated[p], f->animated[p]);
            assert_true(orr_param_equal(&e->values[p], &f->values[p]));
        }
    }
}

static void same_values(const orr_sequence *a, const orr_sequence *b) {
    orr_error err = {0};
    assert_int_equal(a->track_count, b->track_count);
    orr_param_value *v = calloc(a->track_count + 1, sizeof *v), *w = calloc(a->track_count + 1, sizeof *w);
    for (int64_t frame = 0; frame < 5; frame++) {
        double t_s = orr_sequence_time(a, a->first_frame + frame * (a->frame_count - 1) / 4);
        OK(a->evaluate(a->context, t_s, v, &err));
        OK(b->evaluate(b->context, t_s, w, &err));
        for (uint32_t i = 0; i < a->track_count; i++) {
            assert_string_equal(a->tracks[i].param, b->tracks[i].param);
            assert_int_equal(a->tracks[i].node.id, b->tracks[i].node.id);
            assert_int_equal(v[i].type, w[i].type);
            assert_memory_equal(v[i].number, w[i].number, 8 * orr_param_components(v[i].type));
        }
    }
    free(v);
    free(w);
}

static void same_world(const orr_sequence *a, const orr_sequence *b) {
    orr_error err = {0};
    orr_revision *r = NULL, *s = NULL;
    OK(orr_scene_publish(a->scene, &r, &err));
    OK(orr_scene_publish(b->scene, &s, &err));
    orr_digest one = orr_revision_digest(r), other = orr_revision_digest(s);
    assert_true(orr_digest_equal(&one, &other));
    orr_revision_release(&r);
    orr_revision_release(&s);
}

static void same_scripts(const run *a, const run *b) {
    const orr_sequence *s = orr_script_sequence(a->script), *t = orr_script_sequence(b->script);
    char one[65], other[65];
    orr_script_digest(a->script, one);
    orr_script_digest(b->script, other);
    assert_string_equal(one, other);
    same_params(a->script, b->script);
    assert_true((s != NULL) == (t != NULL));
    if (!s) return;
    assert_string_equal(s->name, t->name);
    assert_int_equal(s->width, t->width);
    assert_int_equal(s->height, t->height);
    assert_int_equal(s->fps_num, t->fps_num);
    assert_int_equal(s->fps_den, t->fps_den);
    assert_int_equal(s->first_frame, t->first_frame);
    assert_int_equal(s->frame_count, t->frame_count);
    assert_int_equal(s->samples, t->samples);
    assert_int_equal(s->seed, t->seed);
    assert_int_equal(s->camera.id, t->camera.id);
    assert_int_equal(s->order_count, t->order_count);
    same_settings(orr_script_settings(a->script), orr_script_settings(b->script));
    same_values(s, t);
    same_world(s, t);
}

static void same_checks(const orr_script *a, const orr_script *b) {
    const orr_check_spec *s = orr_script_check(a), *t = orr_script_check(b);
    assert_true(s && t);
    assert_int_equal(s->frame_count, t->frame_count);
    assert_memory_equal(s->frames, t->frames, s->frame_count * sizeof *s->frames);
    assert_memory_equal(s->aovs, t->aovs, sizeof s->aovs);
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++)
        assert_true(s->tolerances[aov].given == t->tolerances[aov].given &&
                    s->tolerances[aov].flip == t->tolerances[aov].flip &&
                    s->tolerances[aov].ulp == t->tolerances[aov].ulp);
    assert_string_equal(s->golden, t->golden);
    assert_true(s->width == t->width && s->height == t->height && s->samples == t->samples &&
                s->timeout_s == t->timeout_s && s->memory_mib == t->memory_mib);
    assert_true(s->tag_count == 1 && t->tag_count == 1 && s->mutation_count == 1 && t->mutation_count == 1);
    assert_string_equal(s->tags[0], t->tags[0]);
    assert_string_equal(s->mutations[0].name, t->mutations[0].name);
    assert_true(s->budget_count == 1 && t->budget_count == 1 && t->budgets[0].limit == s->budgets[0].limit);
    for (int i = 0; i < 2; i++) { /* depths that are right, and that are not */
        orr_check_frame frame = {.frame = 3, .width = 8, .height = 4};
        orr_text one = {0}, other = {0};
        orr_error err = {0};
        OK(orr_image_create(8, 4, 1, ORR_PIXEL_F32, &frame.images[ORR_CHECK_Z], &err));
        for (int k = 0; k < 32; k++) ((float *)frame.images[ORR_CHECK_Z].pixels)[k] = i ? 2.25f : 3;
        OK(s->expect(s->expect_context, &frame, &one, &err));
        OK(t->expect(t->expect_context, &frame, &other, &err));
        assert_string_equal(strstr(orr_text_cstr(&one), "main.lua") ? strstr(orr_text_cstr(&one), "main.lua")
                                                                    : "",
                            orr_text_cstr(&other));
        assert_true((other.length == 0) == (i == 1));
        orr_text_free(&one);
        orr_text_free(&other);
        orr_image_free(&frame.images[ORR_CHECK_Z]);
    }
}

typedef struct picture {
    uint8_t *pixels;
    size_t size;
} picture;

static orr_status keep_picture(void *context, const struct orr_frame_result *result, double t_s,
                               orr_error *err) {
    picture *p = context;
    (void)t_s, (void)err;
    const orr_frame_output *image = &result->outputs[0];
    p->pixels = malloc(image->size_bytes);
    p->size = image->size_bytes;
    memcpy(p->pixels, image->pixels, image->size_bytes);
    return ORR_OK;
}

/* False where there is no device. */
static bool draw(run *r, picture *p) {
    static const char *const channels[] = {"ldr"};
    orr_renderer *renderer = NULL;
    orr_error err = {0};
    const orr_sequence *sequence = orr_script_sequence(r->script);
    const int64_t frame = sequence->first_frame + sequence->frame_count / 3;
    const orr_sequence_options options = {.frames = &frame,
                                          .frame_count = 1,
                                          .width = 64,
                                          .height = 36,
                                          .samples = 2,
                                          .channels = channels,
                                          .channel_count = 1,
                                          .frame = keep_picture,
                                          .frame_context = p};
    orr_sequence_report report;
    orr_status status = orr_engine_renderer(r->engine, &renderer, &err);
    if (status == ORR_E_NO_DEVICE) return false;
    OK(status);
    OK(orr_sequence_render(renderer, sequence, orr_script_settings(r->script), &options, &report, &err));
    return true;
}

static void same_pictures(run *a, run *b) {
    picture p = {0}, q = {0};
    if (!draw(a, &p) || !draw(b, &q)) {
        print_message("skipped: no device to render with\n");
        return;
    }
    assert_int_equal(p.size, q.size);
    assert_memory_equal(p.pixels, q.pixels, p.size);
    free(p.pixels);
    free(q.pixels);
}

static void same_as_here(const char *name, shipped *files, const orr_script_params *extra) {
    char path[1200];
    orr_engine *engine = new_engine();
    orr_path_join(path, sizeof path, orr_engine_root(engine), name);
    orr_engine_destroy(&engine);
    run here = run_here(path, extra), there = run_bundle(files->sources, files->count, name, extra);
    if (there.status != ORR_OK) fail_msg("%s", there.err.message);
    same_scripts(&here, &there);
    same_pictures(&here, &there);
    end(&here);
    end(&there);
}

static void turntable(void **state) {
    (void)state;
    shipped files = {0};
    orr_engine *engine = new_engine();
    add_file(&files, orr_engine_root(engine), "scripts/turntable.lua");
    add_file(&files, orr_engine_root(engine), "scripts/lib/brass_orrery.lua");
    add_file(&files, orr_engine_root(engine), "content/hdri/studio.hdr");
    orr_engine_destroy(&engine);
    same_as_here("scripts/turntable.lua", &files, NULL);
}

static void flythrough(void **state) {
    (void)state;
    static const orr_overlay overlays[] = {{ORR_OVERLAY_SET, "ramp=desert"},
                                           {ORR_OVERLAY_SET, "vignette.strength=0.4"},
                                           {ORR_OVERLAY_SET, "seconds=2"}};
    const orr_script_params extra = {.overlays = overlays, .overlay_count = 3};
    shipped files = {0};
    orr_engine *engine = new_engine();
    add_file(&files, orr_engine_root(engine), "scripts/flythrough.lua");
    add_file(&files, orr_engine_root(engine), "content/dem/jacksboro_fault.tif");
    orr_engine_destroy(&engine);
    same_as_here("scripts/flythrough.lua", &files, &extra);
}

/* Every kind of thing at once. */
static void everything(void **state) {
    (void)state;
    static const char text[] =
        "orrery.check{ frames = {0, 3}, aovs = {'display', 'Z'}, golden = 'golden/all', size = {8, 4},\n"
        "  tolerance = { display = { flip = 0.01 }, Z = { ulp = 2 } }, tags = {'fast'}, budget = { gpu_ms = "
        "5 },\n"
        "  mutate = { { file = 'lighting.comp', find = 'a', replace = 'b' } },\n"
        "  expect = function(frame) frame:near(frame:mean{ aov = 'Z' }, 2, 0.5, 'depth') "
        "end }\n"
        "local size = orrery.param{ name = 'size', type = 'vec3', def = {1, 2, 3}, doc = 'Size' }\n"
        "local scene = orrery.scene()\n"
        "local late = scene:group{ name = 'late' }\n"
        "local arm = scene:group{ rotation_deg = function(t) return {0, 90 * t, 0} end }\n"
        "late:set{ parent = scene:group{ name = 'younger', scale = 2 } }\n"
        "local brass = scene:material{ name = 'brass', base_colour = '#d9a441', metallic = 1 }\n"
        "local ball = orrery.sphere{ segments = 12, rings = 6 }\n"
        "scene:mesh{ shape = ball, material = brass, position_m = {2, 0, 0}, parent = arm }\n"
        "scene:mesh{ shape = ball, parent = late, visible = { {t=0, v=true}, {t=1, v=false} } }\n"
        "scene:mesh{ shape = orrery.box{ size_m = size } }\n"
        "scene:sun{ azimuth_deg = 220, elevation_deg = { {t=0, v=5}, {t=10, v=40, ease='smooth'} } }\n"
        "scene:point{ flux_lm = 100, colour = {1, 0.8, 0.6} }\n"
        "scene:spot{ flux_lm = 100, look_at_m = {0, 0, 0} }\n"
        "scene:environment{ zenith_nit = {1, 2, 3} }\n"
        "local orbit = orrery.orbit{ radius_m = 8, elevation_deg = 20, duration_s = 6 }\n"
        "local camera = scene:camera{ rig = orbit, vfov_deg = function(t) return 30 + math.sin(t) end }\n"
        "return orrery.sequence{ name = 'all', scene = scene, camera = camera, size = {64, 36}, fps = "
        "{24000, 1001},\n"
        "  frames = 20, first_frame = -3, samples = 2, seed = 7,\n"
        "  modules = { exposure = { mode = 'manual', ev = function(t) return 12 + t end }, vignette = { "
        "strength = 0.3 } } }\n";
    char path[256];
    orr_error err = {0};
    snprintf(path, sizeof path, "%s/main.lua", folder);
    OK(orr_file_write(path, text, sizeof text - 1, &err));
    static const orr_overlay overlays[] = {{ORR_OVERLAY_SET, "size=1 1 2"}};
    const orr_script_params extra = {.overlays = overlays, .overlay_count = 1};
    run here = run_here(path, &extra), there = run_text(text, &extra);
    if (there.status != ORR_OK) fail_msg("%s", there.err.message);
    same_scripts(&here, &there);
    same_checks(here.script, there.script);
    same_pictures(&here, &there);
    end(&here);
    end(&there);
    orr_file_remove(path);
}

/* Every kind of light, and an atmosphere's preset, which travels as any file that was read. */
static void light(void **state) {
    (void)state;
    static const char text[] =
        "local scene = orrery.scene()\n"
        "scene:sun{ date = '2026-06-21T18:00Z', latitude_deg = 48, longitude_deg = 11,\n"
        "  time_s = function(t) return 600 * t end, at = 'ground', illuminance_lx = 20000, ground_m = 10 }\n"
        "scene:moon{ azimuth_deg = 90, elevation_deg = 30, phase_deg = 40 }\n"
        "scene:atmosphere{ preset = 'mars', turbidity = { {t=0, v=1}, {t=1, v=2} } }\n"
        "scene:environment{ capture_m = {0, 1, 0} }\n"
        "scene:directional{ illuminance_lx = 5, colour = {1, 0.5, 0} }\n"
        "scene:area{ shape = 'sphere', radius_m = 0.2, luminance_nit = 100, position_m = {0, 1, 0} }\n"
        "scene:mesh{ shape = orrery.box{}, emits_light = true, material = scene:material{ emissive_nit = 9 } "
        "}\n"
        "local camera = scene:camera{ position_m = {0, 1, 4}, focal_mm = 35, sensor = 'aps_c', f_stop = 4 }\n"
        "return orrery.sequence{ scene = scene, camera = camera, size = {64, 36}, frames = 6 }\n";
    char path[256];
    orr_error err = {0};
    shipped files = {0};
    orr_engine *engine = new_engine();
    add_file(&files, orr_engine_root(engine), "content/atmospheres/mars.preset");
    orr_engine_destroy(&engine);
    files.sources[files.count++] =
        (orr_bundle_source){.name = "main.lua", .data = text, .size = sizeof text - 1};
    snprintf(path, sizeof path, "%s/main.lua", folder);
    OK(orr_file_write(path, text, sizeof text - 1, &err));
    run here = run_here(path, NULL), there = run_bundle(files.sources, files.count, "main.lua", NULL);
    if (there.status != ORR_OK) fail_msg("%s", there.err.message);
    same_scripts(&here, &there);
    same_pictures(&here, &there);
    end(&here);
    end(&there);
    orr_file_remove(path);
}

/* Its modules too come out of the other process, and into the registry as if read here. */
static void modules(void **state) {
    (void)state;
    static const char text[] =
        SCENE "return orrery.sequence{ scene = scene, camera = camera, modules = { stripes = { "
              "width_px = 3, mode = 'soft' } } }";
    static const char shader[] =
        "void main() {\n"
        "    ivec2 p = ivec2(gl_GlobalInvocationID.xy);\n"
        "    if (any(greaterThanEqual(p, ivec2(frame.size)))) return;\n"
        "    vec4 c = ldr_read(p) * params.width_px + depth_read(p).x * float(SPEC_MODE);\n"
        "    ldr_write(p, vec4(c.rgb * params.tint, c.a));\n"
        "}\n";
    static const char manifest[] =
        "return { name = 'stripes', abi = 1, doc = 'Stripes', version = '1.2.3',\n"
        "  params = { { name = 'width_px', type = 'f32', def = 2, min = 1, max = 9, neutral = 1, doc = "
        "'Width' },\n"
        "    { name = 'mode', type = 'enum', choices = { 'hard', 'soft' }, def = 'hard', doc = 'Edge', "
        "rebuild = 'spec' },\n"
        "    { name = 'tint', type = 'vec3', def = { 1, 0.5, 0 }, aliases = 'hue', doc = 'Colour', interp = "
        "'log',\n"
        "      used_when = 'mode=soft' } },\n"
        "  passes = { { name = 'main', stage = 'lens', shader = 's.comp', size_of = 'ldr', pointwise = "
        "true,\n"
        "    after = 'vignette.main', binds = { { 'ldr', 'modify' }, { 'depth', 'read', at = 'sky' } } } } }";
    const orr_bundle_source sources[] = {
        {.name = "main.lua", .data = text, .size = strlen(text)},
        {.name = "modules/stripes/stripes.lua", .data = manifest, .size = strlen(manifest)},
        {.name = "modules/stripes/s.comp", .data = shader, .size = strlen(shader)}};
    run r = run_bundle(sources, 3, "main.lua", NULL);
    if (r.status != ORR_OK) fail_msg("%s", r.err.message);
    orr_arena arena = {0};
    orr_module_desc here;
    orr_text one = {0}, other = {0};
    orr_error err = {0};
    OK(orr_manifest_read(manifest, strlen(manifest), "stripes.lua", &arena, &here, &err));
    const orr_modules *registry = orr_engine_modules(r.engine);
    int32_t at = orr_modules_find(registry, "stripes");
    assert_true(at >= 0);
    const orr_effect *effect = orr_modules_get(registry, (uint32_t)at);
    assert_string_equal(effect->folder, "bundle:/modules/stripes");
    orr_module_put(&here, &one);
    orr_module_put(&effect->module, &other);
    assert_int_equal(one.length, other.length);
    assert_memory_equal(one.data, other.data, one.length);
    bool enabled = false;
    const orr_settings *settings = orr_script_settings(r.script);
    for (uint32_t i = 0; i < settings->effect_count; i++)
        if (settings->effects[i].effect == effect)
            enabled = settings->effects[i].enabled && settings->effects[i].values[0].number[0] == 3;
    assert_true(enabled);
    orr_text_free(&one);
    orr_text_free(&other);
    orr_arena_free(&arena);
    end(&r);
    const orr_bundle_source evil[] = {
        {.name = "main.lua", .data = "return", .size = 6},
        {.name = "modules/stripes/stripes.lua", .data = "while true do end", .size = 17}};
    r = run_bundle(evil, 2, "main.lua", NULL);
    assert_int_equal(r.status, ORR_E_BAD_DATA);
    assert_non_null(strstr(r.err.message, "runs for more than"));
    end(&r);
}

/* --- its limits ---------------------------------------------------------------------------------- */

static void lua_is_less(void **state) {
    (void)state;
    expect_error("require 'ffi'", NULL, ORR_E_SCRIPT, "main.lua:1: 'ffi' is not available");
    expect_error("io.open('/etc/passwd')", NULL, ORR_E_SCRIPT, "main.lua:1: 'io' is not available");
    expect_error("os.execute('true')", NULL, ORR_E_SCRIPT, "main.lua:1: 'os' is not available");
    expect_error("string.dump(print)", NULL, ORR_E_SCRIPT, "string.dump is not available");
    expect_error("local s = orrery.scene() orrery.render{ sequence = orrery.sequence{ scene = s, camera = "
                 "s:camera{} }, out = 'x.png' }",
                 NULL, ORR_E_SCRIPT, "orrery.render is not available");
    expect_ok("assert(load('return 3')() == 3 and not load('\\27LJ\\2'))\n"
              "local n = 0 assert(load(function() n = n + 1 return ({'return ', '4'})[n] end)() == 4)\n"
              "assert(load('return x', 'c', 't', { x = 5 })() == 5)\n"
              "assert(getmetatable('') == false and collectgarbage('count') > 0)\n"
              "assert(not pcall(require, 'nothing'))");
}

static void ends(void **state) {
    (void)state;
    const orr_script_params brief = {.timeout_s = 0.5};
    expect_error("while true do end", &brief, ORR_E_SCRIPT_TIMEOUT,
                 "main.lua:1: the script was still running");
    expect_error("while true do pcall(function() while true do end end) end", &brief, ORR_E_SCRIPT_TIMEOUT,
                 "still running");
    expect_error("local s = ('a'):rep(200000) s:find('.-.-.-.-b')", &brief, ORR_E_SCRIPT_TIMEOUT,
                 "still inside one call");
    expect_error("local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end", NULL, ORR_E_MEMORY,
                 "more than the 256 MiB");
    expect_error(SCENE "local moon = scene:group{ position_m = function(t) while t > 0 do end return {0, 0, "
                       "0} end }\n" RETURN,
                 &brief, ORR_E_SCRIPT_TIMEOUT, "still running");
    expect_error("local function f() return (('x'):gsub('x', f)) end f()", NULL, ORR_E_SCRIPT, "");
}

/* A function that works when it is looked at, and not later. */
static void fails_later(void **state) {
    (void)state;
    orr_error err = {0};
    const orr_script_params brief = {.timeout_s = 2};
    run r = run_text(
        SCENE "scene:group{ scale = function(t) if t == 1 then error({}) end if t == 0.5 then while true "
              "do end end return {1, 1, 1} end }\n" RETURN,
        &brief);
    if (r.status != ORR_OK) fail_msg("%s", r.err.message);
    const orr_sequence *s = orr_script_sequence(r.script);
    orr_param_value value;
    assert_int_equal(s->track_count, 1);
    OK(s->evaluate(s->context, 0.25, &value, &err));
    assert_int_equal(s->evaluate(s->context, 0.5, &value, &err), ORR_E_SCRIPT_TIMEOUT);
    /* It was ended: there is nobody to ask. */
    assert_int_equal(s->evaluate(s->context, 0.25, &value, &err), ORR_E_SCRIPT);
    assert_non_null(strstr(err.message, "is gone"));
    end(&r);
}

/* Every example of the reference, as a bundle's: it works, or is refused by name. */
static void examples(void **state) {
    (void)state;
    shipped files = {0};
    orr_engine *engine = new_engine();
    files.count = 1;
    add_file(&files, orr_engine_root(engine), "content/dem/jacksboro_fault.tif");
    add_file(&files, orr_engine_root(engine), "content/models/tetrahedron.gltf");
    add_file(&files, orr_engine_root(engine), "content/hdri/studio.hdr");
    add_file(&files, orr_engine_root(engine), "content/atmospheres/hazy.preset");
    add_file(&files, orr_engine_root(engine), "content/atmospheres/earth.preset");
    orr_engine_destroy(&engine);
    for (uint32_t i = 0; i < orr_api_count(); i++) {
        const char *text = orr_api_example(i);
        files.sources[0] = (orr_bundle_source){.name = "main.lua", .data = text, .size = strlen(text)};
        run r = run_bundle(files.sources, files.count, "main.lua", NULL);
        static const char *const of_the_host[] = {"orrery.render", "image_diff", "space.set",
                                                  ":transmittance", ":luminance"};
        bool refused = false;
        for (size_t k = 0; k < sizeof of_the_host / sizeof of_the_host[0]; k++)
            refused = refused || strstr(text, of_the_host[k]);
        if (refused ? !strstr(r.err.message, "is not available") : r.status != ORR_OK)
            fail_msg("the example of %s: %s\n%s", orr_api_name(i), r.err.message, text);
        end(&r);
    }
}

/* --help, and a script that returns nothing. */
static void declares(void **state) {
    (void)state;
    const orr_script_params help = {.help = true};
    run r =
        run_text("orrery.param{ name = 'a', doc = 'One' }\norrery.param{ name = 'b', def = 2, doc = 'Two' }\n"
                 "orrery.scene() error('not reached')",
                 &help);
    if (r.status != ORR_OK) fail_msg("%s", r.err.message);
    assert_int_equal(orr_script_param_table(r.script)->count, 2);
    assert_null(orr_script_sequence(r.script));
    end(&r);
    static const orr_overlay unknown[] = {{ORR_OVERLAY_SET, "x=1"}};
    expect_error("orrery.param{ name = 'y', def = 2, doc = 'Y' }",
                 &(orr_script_params){.overlays = unknown, .overlay_count = 1}, ORR_E_USAGE,
                 "no parameter 'x'");
}

/* --- a process that means harm: what stands in for it is chosen by the entry's name --------------- */

static void say(orr_wire_type type, const void *bytes, size_t size) {
    orr_text message = {0};
    orr_wire_put_bytes(&message, bytes, size);
    if (orr_wire_send(ORR_CHILD_CHANNEL_FD, type, &message, SIZE_MAX, 0, NULL) != ORR_OK) _Exit(1);
    orr_text_free(&message);
}

static void say_error(uint32_t code, const char *text) {
    orr_text message = {0};
    orr_wire_put_u32(&message, code);
    orr_wire_put_text(&message, "\033[2Jpath");
    orr_wire_put_text(&message, text);
    say(ORR_WIRE_ERROR, message.data, message.length);
    orr_text_free(&message);
}

static void flood(void) {
    static char text[ORR_WIRE_MAX_TEXT];
    orr_text message = {0};
    memset(text, 'x', sizeof text);
    orr_wire_put_u32(&message, sizeof text);
    orr_wire_put_bytes(&message, text, sizeof text);
    for (int i = 0; i < 1000; i++) say(ORR_WIRE_PRINT, message.data, message.length);
    orr_text_free(&message);
}

static int evil(const char *name) {
    static const struct {
        uint32_t magic, type;
        uint64_t size;
    } huge = {0x4f525731, ORR_WIRE_SCENE, UINT64_MAX}, half = {0x4f525731, ORR_WIRE_SCENE, 1000};
    bool early = strcmp(name, "early.lua") == 0;
    if (!early) say(ORR_WIRE_LOCKED, "", 0);
    if (early) say(ORR_WIRE_SCENE, "", 0);
    if (!strcmp(name, "garbage.lua")) (void)!write(ORR_CHILD_CHANNEL_FD, "0123456789abcdef", 16);
    if (!strcmp(name, "huge.lua")) (void)!write(ORR_CHILD_CHANNEL_FD, &huge, sizeof huge);
    if (!strcmp(name, "half.lua")) (void)!write(ORR_CHILD_CHANNEL_FD, &half, sizeof half);
    if (!strcmp(name, "type.lua")) say((orr_wire_type)77, "", 0);
    if (!strcmp(name, "values.lua")) say(ORR_WIRE_VALUES, "", 0);
    if (!strcmp(name, "empty.lua")) say(ORR_WIRE_SCENE, "", 0);
    if (!strcmp(name, "print.lua")) flood();
    if (!strcmp(name, "okay.lua")) say_error(ORR_OK, "all is well");
    if (!strcmp(name, "stop.lua")) say_error(ORR_E_INTERRUPTED, "stop");
    if (!strcmp(name, "code.lua")) say_error(123456, "code");
    if (!strcmp(name, "escape.lua")) say_error(ORR_E_SCRIPT, "\033[2J\nescaped");
    if (!strcmp(name, "exit.lua")) _Exit(3);
    if (!strcmp(name, "crash.lua")) abort();
    if (!strcmp(name, "close.lua")) close(ORR_CHILD_CHANNEL_FD);
    orr_sleep_ns(UINT64_C(100000000000));
    return 0;
}

/* The entry's name stands first in the first message. */
static bool is_evil(char name[64]) {
    char head[16 + 4 + 64];
    uint32_t length = 0;
    ssize_t got = recv(ORR_CHILD_CHANNEL_FD, head, sizeof head, MSG_PEEK | MSG_WAITALL);
    if (got != sizeof head) return false;
    memcpy(&length, head + 16, 4);
    if (length >= 64 || length < 5 || memcmp(head + 20, "evil/", 5) != 0) return false;
    snprintf(name, 64, "%.*s", (int)length - 5, head + 25);
    return true;
}

static void is_not_believed(void **state) {
    (void)state;
    static const struct {
        const char *entry;
        orr_status code;
        const char *says;
    } cases[] = {{"evil/early.lua", ORR_E_BAD_DATA, "a message of type 5, when 4 was asked for"},
                 {"evil/garbage.lua", ORR_E_BAD_DATA, "something that is no message"},
                 {"evil/huge.lua", ORR_E_BAD_DATA, "at most 256 can be"},
                 {"evil/half.lua", ORR_E_SCRIPT_TIMEOUT, "still inside one call after 0.1 s"},
                 {"evil/silent.lua", ORR_E_SCRIPT_TIMEOUT, "still inside one call after 0.1 s"},
                 {"evil/type.lua", ORR_E_BAD_DATA, "a message of type 77"},
                 {"evil/values.lua", ORR_E_BAD_DATA, "a message of type 6, when 5 was asked for"},
                 {"evil/empty.lua", ORR_E_BAD_DATA, "ends early"},
                 {"evil/print.lua", ORR_E_SCRIPT_TIMEOUT, "still inside"},
                 {"evil/okay.lua", ORR_E_SCRIPT, "all is well"},
                 {"evil/stop.lua", ORR_E_SCRIPT, "stop"},
                 {"evil/code.lua", ORR_E_BAD_DATA, "number 123456 of errors"},
                 {"evil/escape.lua", ORR_E_SCRIPT, "?[2J?escaped"},
                 {"evil/exit.lua", ORR_E_SCRIPT, "exit code 3"},
                 {"evil/crash.lua", ORR_E_SCRIPT, "it crashed"},
                 {"evil/close.lua", ORR_E_BAD_DATA, "closed its channel"}};
    int messages = dup(2), nothing = open("/dev/null", O_WRONLY); /* what print.lua says is no news */
    dup2(nothing, 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const orr_bundle_source sources[] = {{.name = cases[i].entry, .data = "return", .size = 6}};
        const orr_script_params params = {.timeout_s = cases[i].code == ORR_E_SCRIPT_TIMEOUT ? 0.1 : 60};
        run r = run_bundle(sources, 1, cases[i].entry, &params);
        if (r.status != cases[i].code || !strstr(r.err.message, cases[i].says) || strchr(r.err.path, 27)) {
            dup2(messages, 2);
            fail_msg("%s: status %d: %s", cases[i].entry, r.status, r.err.message);
        }
        end(&r);
    }
    dup2(messages, 2);
    close(messages);
    close(nothing);
}

/* --- the lock ------------------------------------------------------------------------------------ */

static bool file_says(const char *path, const char *text) {
    uint8_t *bytes = NULL;
    size_t length = 0;
    if (orr_file_read(path, 1 << 20, &bytes, &length, NULL) != ORR_OK) return false;
    bool says = strstr((const char *)bytes, text) != NULL;
    free(bytes);
    return says;
}

/* While it waits for a request every thread of it is under the filter, and its memory is limited. */
static void is_locked_in(void **state) {
    (void)state;
    char path[128], *rest = NULL, **threads = NULL;
    uint8_t *children = NULL;
    size_t length = 0, count = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    if (!orr_sandbox_name() || !orr_file_exists(path)) skip();
    run r = run_text(SCENE RETURN, NULL);
    assert_int_equal(r.status, ORR_OK);
    assert_int_equal(orr_file_read(path, 4096, &children, &length, NULL), ORR_OK);
    long child = strtol((const char *)children, &rest, 10);
    assert_true(child > 0 && strtol(rest, NULL, 10) == 0);
    snprintf(path, sizeof path, "/proc/%ld/task", child);
    assert_int_equal(orr_folder_list(path, &threads, &count, NULL), ORR_OK);
    assert_true(count > 1);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "/proc/%ld/task/%s/status", child, threads[i]);
        assert_true(file_says(path, "Seccomp:\t2") && file_says(path, "NoNewPrivs:\t1"));
    }
    snprintf(path, sizeof path, "/proc/%ld/limits", child);
    assert_true(ORR_SANITIZED || file_says(path, "Max data size             1073741824"));
    assert_true(file_says(path, "Max file size             0"));
    snprintf(path, sizeof path, "/proc/%ld/environ", child);
    assert_false(file_says(path, "HOME="));
    orr_names_free(&threads, count);
    free(children);
    end(&r);
}

/* --- life ---------------------------------------------------------------------------------------- */

static int start(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    keep_drivers();
    return rmdir(folder) != 0 ? 0 : 0; /* a file left over is no failure */
}

int main(int argc, char **argv) {
    char name[64];
    if (argc == 2 && strcmp(argv[1], ORR_SCRIPT_CHILD) == 0)
        return is_evil(name) ? evil(name) : orr_script_child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything),   cmocka_unit_test(light),
        cmocka_unit_test(turntable),    cmocka_unit_test(flythrough),
        cmocka_unit_test(modules),      cmocka_unit_test(lua_is_less),
        cmocka_unit_test(ends),         cmocka_unit_test(fails_later),
        cmocka_unit_test(declares),     cmocka_unit_test(is_not_believed),
        cmocka_unit_test(is_locked_in), cmocka_unit_test(examples),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
