#include "cli/check_scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/check_inputs.h"

/* A scene under way. What the results point to lives in the result's arena. */
typedef struct scene {
    const orr_check_scene_params *params;
    const orr_check_spec *spec;
    const orr_sequence *sequence;
    orr_renderer *renderer;
    orr_check_result *result;
    orr_golden_device device;
    orr_golden old; /* the golden as it is; empty when there is none */
    bool has_old;
    orr_golden next; /* as it will be, for golden_out */
    orr_golden_frame *written;
    bool changed; /* a picture is not as it was */
    orr_sequence_options options;
    const char *channels[ORR_CHECK_AOV_COUNT];
    orr_sequence_report report;
} scene;

static void *make(scene *s, size_t count, size_t size) {
    return orr_arena_alloc(&s->result->arena, count ? count : 1, size);
}

static const char *keep(scene *s, const char *text) {
    const char *copy = orr_arena_strdup(&s->result->arena, text);
    return copy ? copy : "";
}

static orr_status no_memory(orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a regression scene");
}

static void weigh(orr_verdict *verdict, orr_verdict other) {
    if (other > *verdict) *verdict = other;
}

orr_golden_device orr_check_device(const orr_gpu_device_info *device, const char *fingerprint) {
    return (orr_golden_device){.name = device->name,
                               .driver = device->driver,
                               .tier = device->kind == ORR_GPU_CPU ? "lavapipe" : "gpu",
                               .fingerprint = fingerprint ? fingerprint : ""};
}

/* --- what differs, for the eye ------------------------------------------------------------------------ */

static orr_status write_png(scene *s, const orr_image *image, int64_t frame, const char *aov,
                            const char *what, const char **file, orr_error *err) {
    char path[2048], name[96];
    uint8_t *data = NULL;
    size_t size = 0;
    orr_format(name, sizeof name, "%04lld-%s-%s.png", (long long)frame, aov, what);
    orr_path_join(path, sizeof path, s->params->work, name);
    orr_status status = orr_png_encode(image, &(orr_png_params){0}, &data, &size, err);
    if (status == ORR_OK) status = orr_file_write(path, data, size, err);
    free(data);
    if (status == ORR_OK) *file = keep(s, path);
    return status;
}

static orr_status write_pictures(scene *s, orr_check_aov aov, int64_t frame, const orr_image *golden,
                                 const orr_image *test, const orr_image *heat, orr_check_image *image,
                                 orr_error *err) {
    const struct {
        const char *what;
        const orr_image *from;
        const char **file;
    } rows[] = {{"golden", golden, &image->golden_file}, {"test", test, &image->test_file}};
    orr_status status = orr_folder_create(s->params->work, err);
    for (int i = 0; i < 2 && status == ORR_OK; i++) {
        orr_image picture = {0};
        if (!rows[i].from || !rows[i].from->pixels) continue;
        status = orr_check_picture(aov, rows[i].from, &picture, err);
        if (status == ORR_OK)
            status = write_png(s, &picture, frame, image->aov, rows[i].what, rows[i].file, err);
        orr_image_free(&picture);
    }
    if (status == ORR_OK && heat && heat->pixels)
        status = write_png(s, heat, frame, image->aov, "heat", &image->heat_file, err);
    return status;
}

/* --- one image ---------------------------------------------------------------------------------------------
 */

static void missing(scene *s, orr_check_image *image, const char *reason) {
    image->verdict = ORR_VERDICT_MISSING;
    image->rule = "";
    image->reason = keep(s, reason);
}

/* Without a golden to hold it against. */
static orr_status judge_alone(scene *s, orr_check_aov aov, int64_t frame, const orr_image *test,
                              orr_check_image *image, orr_error *err) {
    char reason[200];
    if (!s->has_old)
        orr_format(reason, sizeof reason, "there is no golden: `orrery check --update` writes one");
    else
        orr_format(reason, sizeof reason, "the golden has no %s of frame %lld: --update adds it", image->aov,
                   (long long)frame);
    missing(s, image, reason);
    if (!s->params->work || s->params->golden_out) return ORR_OK;
    return write_pictures(s, aov, frame, NULL, test, NULL, image, err);
}

static orr_status judge(scene *s, orr_check_aov aov, int64_t frame, const orr_image *golden,
                        const orr_image *test, orr_check_image *image, orr_error *err) {
    orr_image heat = {0};
    orr_check_metrics metrics;
    orr_check_rule rule;
    if (!golden->pixels) return judge_alone(s, aov, frame, test, image, err);
    if (golden->width != test->width || golden->height != test->height) {
        char reason[160];
        orr_format(reason, sizeof reason, "it is %ux%u pixels, and the golden %ux%u", test->width,
                   test->height, golden->width, golden->height);
        image->verdict = ORR_VERDICT_FAILED;
        image->rule = "";
        image->reason = keep(s, reason);
        return s->params->work ? write_pictures(s, aov, frame, golden, test, NULL, image, err) : ORR_OK;
    }
    bool show = s->params->work && !s->params->verdict_alone;
    orr_status status = orr_check_measure(aov, golden, test, &metrics, show ? &heat : NULL, err);
    if (status == ORR_OK) {
        orr_check_rule_make(&s->old, &s->device, aov, &s->spec->tolerances[aov], &rule);
        orr_check_judge(&rule, &metrics, &s->result->arena, image);
        bool told = image->verdict != ORR_VERDICT_PASSED || (s->params->golden_out && metrics.differing > 0);
        if (show && told) status = write_pictures(s, aov, frame, golden, test, &heat, image, err);
    }
    orr_image_free(&heat);
    return status;
}

/* --- one frame
 * ---------------------------------------------------------------------------------------------- */

static bool compared(const scene *s, int aov) {
    return s->spec->aovs[aov] && s->spec->golden && !s->spec->tolerances[aov].ignored;
}

static orr_status judge_images(scene *s, int64_t frame, const orr_image *images, orr_check_frame_result *out,
                               orr_error *err) {
    orr_image golden[ORR_CHECK_AOV_COUNT] = {0};
    orr_status status = ORR_OK;
    out->images = make(s, ORR_CHECK_AOV_COUNT, sizeof *out->images);
    if (!out->images) return no_memory(err);
    if (s->has_old && orr_golden_find(&s->old, frame))
        status = orr_golden_images(&s->old, s->params->golden, frame, golden, err);
    if (s->params->golden_out) status = ORR_OK; /* what cannot be read is replaced */
    for (int aov = ORR_CHECK_AOV_COUNT - 1; aov >= 0 && status == ORR_OK; aov--) {
        if (!compared(s, aov)) continue;
        orr_check_image *image = &out->images[out->image_count++];
        *image = (orr_check_image){.aov = orr_check_aov_name((orr_check_aov)aov),
                                   .max = NAN,
                                   .flip = NAN,
                                   .psnr_db = NAN,
                                   .ssim = NAN,
                                   .ulp = NAN,
                                   .differing = NAN,
                                   .rule = "",
                                   .reason = ""};
        status = judge(s, (orr_check_aov)aov, frame, &golden[aov], &images[aov], image, err);
        s->changed |= image->verdict == ORR_VERDICT_MISSING || !(image->differing <= 0);
        if (s->params->golden_out) image->verdict = ORR_VERDICT_PASSED;
    }
    orr_check_images_free(golden);
    return status;
}

static orr_status split_failures(scene *s, const orr_text *failures, orr_check_frame_result *out,
                                 orr_error *err) {
    uint32_t lines = 0;
    for (size_t i = 0; i < failures->length; i++) lines += failures->data[i] == '\n';
    out->failures = make(s, lines, sizeof *out->failures);
    if (!out->failures || failures->failed) return no_memory(err);
    const char *at = orr_text_cstr(failures);
    for (uint32_t i = 0; i < lines; i++) {
        size_t length = strcspn(at, "\n");
        const char *line = orr_arena_strndup(&s->result->arena, at, length);
        if (!line) return no_memory(err);
        out->failures[out->failure_count++] = line;
        at += length + 1;
    }
    return ORR_OK;
}

static orr_status expect(scene *s, const orr_frame_result *result, double t_s, const orr_image *images,
                         orr_check_frame_result *out, orr_error *err) {
    orr_text failures = {0};
    orr_check_frame frame = {0};
    if (!s->spec->expect) return ORR_OK;
    orr_status status = orr_check_frame_make(result, t_s, images, &frame, err);
    if (status == ORR_OK) status = s->spec->expect(s->spec->expect_context, &frame, &failures, err);
    if (status == ORR_OK) status = split_failures(s, &failures, out, err);
    orr_check_images_free(frame.images);
    orr_text_free(&failures);
    return status;
}

static orr_status note_passes(scene *s, const orr_frame_result *result, orr_check_frame_result *out,
                              orr_error *err) {
    out->gpu_ms = result->gpu_ms;
    out->pass_count = 0;
    out->passes = make(s, result->timing_count, sizeof *out->passes);
    if (!out->passes) return no_memory(err);
    for (uint32_t i = 0; i < result->timing_count; i++) {
        orr_check_pass *pass = &out->passes[out->pass_count++];
        *pass =
            (orr_check_pass){.name = keep(s, result->timings[i].name), .ms = result->timings[i].ns * 1e-6};
        for (uint32_t b = 0; b < s->spec->budget_count; b++)
            if (!strcmp(s->spec->budgets[b].name, pass->name)) pass->budget_ms = s->spec->budgets[b].limit;
    }
    return ORR_OK;
}

/* The frame's part of a new golden. */
static orr_status write_golden_frame(scene *s, const orr_frame_result *result, const orr_image *images,
                                     orr_error *err) {
    orr_image stored[ORR_CHECK_AOV_COUNT] = {0};
    orr_golden_frame *out = &s->written[s->next.frame_count];
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++)
        if (compared(s, aov)) stored[aov] = images[aov]; /* borrowed */
    orr_status status = orr_golden_write_frame(s->params->golden_out, result->frame, result->exposure, stored,
                                               &s->result->arena, out, err);
    if (status != ORR_OK) return status;
    orr_pass_digest *passes = make(s, result->digest_count, sizeof *passes);
    if (!passes) return no_memory(err);
    if (result->digest_count) memcpy(passes, result->digests, result->digest_count * sizeof *passes);
    out->passes = passes;
    out->pass_count = result->digest_count;
    s->next.frame_count++;
    return ORR_OK;
}

static orr_status on_frame(void *context, const orr_frame_result *result, double t_s, orr_error *err) {
    scene *s = context;
    orr_image images[ORR_CHECK_AOV_COUNT] = {0};
    orr_check_frame_result *out = &s->result->frames[s->result->frame_count];
    *out = (orr_check_frame_result){.frame = result->frame};
    orr_status status = orr_check_capture_all(result, s->spec->aovs, images, err);
    if (status == ORR_OK) status = note_passes(s, result, out, err);
    if (status == ORR_OK && s->spec->golden) status = judge_images(s, result->frame, images, out, err);
    if (status == ORR_OK) status = expect(s, result, t_s, images, out, err);
    if (status == ORR_OK && s->params->golden_out) status = write_golden_frame(s, result, images, err);
    if (status == ORR_OK) s->result->frame_count++;
    orr_check_images_free(images);
    return status;
}

/* --- the scene
 * ------------------------------------------------------------------------------------------------ */

static orr_status fill_options(scene *s, orr_error *err) {
    orr_sequence_options *o = &s->options;
    const orr_check_spec *spec = s->spec;
    int64_t *first = make(s, 1, sizeof *first);
    if (!first) return no_memory(err);
    *first = s->sequence->first_frame;
    o->frames = spec->frames ? spec->frames : first;
    o->frame_count = spec->frames ? spec->frame_count : 1;
    for (uint32_t i = 0; i < o->frame_count; i++)
        if (o->frames[i] < s->sequence->first_frame ||
            o->frames[i] >= s->sequence->first_frame + s->sequence->frame_count)
            return orr_fail(err, ORR_E_SCRIPT, NULL,
                            "orrery.check: frame %lld: the sequence has frames %lld to %lld",
                            (long long)o->frames[i], (long long)s->sequence->first_frame,
                            (long long)(s->sequence->first_frame + s->sequence->frame_count - 1));
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++)
        if (spec->aovs[aov]) s->channels[o->channel_count++] = orr_check_aov_channel((orr_check_aov)aov);
    o->channels = s->channels;
    o->width = spec->width;
    o->height = spec->height;
    o->samples = spec->samples;
    o->stop = s->params->stop;
    o->frame_timeout_s = s->params->frame_timeout_s;
    o->frame = on_frame;
    o->frame_context = s;
    o->digest_passes = s->params->golden_out != NULL;
    s->result->frames = make(s, o->frame_count, sizeof *s->result->frames);
    s->written = make(s, o->frame_count, sizeof *s->written);
    return s->result->frames && s->written ? ORR_OK : no_memory(err);
}

static orr_status open_golden(scene *s, orr_error *err) {
    orr_error why = {0};
    if (!s->params->golden || !s->spec->golden) return ORR_OK;
    orr_status status = orr_golden_open(s->params->golden, &s->old, &why);
    s->has_old = status == ORR_OK;
    if (status == ORR_OK || status == ORR_E_NOT_FOUND) return ORR_OK;
    if (s->params->golden_out) return ORR_OK; /* what cannot be read is replaced */
    return orr_fail(err, status, NULL, "the golden: %s", why.message);
}

static orr_status render(scene *s, orr_error *err) {
    const orr_settings *settings = orr_script_settings(s->params->script);
    orr_status status = orr_sequence_render(s->renderer, s->sequence, settings, &s->options, &s->report, err);
    if (status != ORR_E_LIMIT || !s->options.digest_passes || s->result->frame_count) return status;
    s->options.digest_passes = false; /* too large for them: such a golden has none, and AOVs have to tell */
    return orr_sequence_render(s->renderer, s->sequence, settings, &s->options, &s->report, err);
}

/* --- triage
 * --------------------------------------------------------------------------------------------------- */

typedef struct digests {
    const orr_golden_frame *golden;
    orr_check_result *result;
    bool found;
} digests;

static orr_status on_digests(void *context, const orr_frame_result *result, double t_s, orr_error *err) {
    digests *d = context;
    (void)t_s, (void)err;
    d->found = orr_check_triage_passes(d->golden, result->digests, result->digest_count, d->result);
    return ORR_OK;
}

static const orr_golden_frame *first_failed(const scene *s) {
    for (uint32_t f = 0; f < s->result->frame_count; f++)
        for (uint32_t i = 0; i < s->result->frames[f].image_count; i++)
            if (s->result->frames[f].images[i].verdict == ORR_VERDICT_FAILED)
                return orr_golden_find(&s->old, s->result->frames[f].frame);
    return NULL;
}

/* Equal numbers, or there is nothing to compare digests with: then the AOVs have to tell. */
static orr_status triage(scene *s, orr_error *err) {
    const orr_golden_frame *frame = s->params->verdict_alone ? NULL : first_failed(s);
    if (!frame) return ORR_OK;
    digests d = {.golden = frame, .result = s->result};
    orr_sequence_options again = s->options;
    orr_status status = ORR_OK;
    if (frame->pass_count && orr_golden_same_numbers(&s->device, &s->old.device)) {
        again.frames = &frame->frame;
        again.frame_count = 1;
        again.digest_passes = true;
        again.frame = on_digests;
        again.frame_context = &d;
        status = orr_sequence_render(s->renderer, s->sequence, orr_script_settings(s->params->script), &again,
                                     &s->report, err);
    }
    if (status == ORR_OK && !d.found) orr_check_triage_aovs(s->result);
    return status;
}

/* --- budgets
 * ---------------------------------------------------------------------------------------------------- */

typedef struct costs {
    scene *s;
    double gpu_ms;
    double *limits; /* of each budget: the slowest frame's; negative = no such pass */
} costs;

static orr_status on_cost(void *context, const orr_frame_result *result, double t_s, orr_error *err) {
    costs *c = context;
    const orr_check_spec *spec = c->s->spec;
    orr_status status = ORR_OK;
    (void)t_s;
    for (uint32_t f = 0; f < c->s->result->frame_count && status == ORR_OK;
         f++) /* these are the times to tell */
        if (c->s->result->frames[f].frame == result->frame)
            status = note_passes(c->s, result, &c->s->result->frames[f], err);
    c->gpu_ms = fmax(c->gpu_ms, result->gpu_ms);
    for (uint32_t b = 0; b < spec->budget_count; b++)
        for (uint32_t i = 0; i < result->timing_count; i++)
            if (!strcmp(spec->budgets[b].name, result->timings[i].name))
                c->limits[b] = fmax(c->limits[b], result->timings[i].ns * 1e-6);
    return status;
}

static const char *pass_name(const void *context, size_t i) {
    return ((const orr_check_frame_result *)context)->passes[i].name;
}

static orr_status no_such_pass(const scene *s, const char *name, orr_error *err) {
    const orr_check_frame_result *frame = &s->result->frames[0];
    const char *near =
        s->result->frame_count ? orr_nearest_name(name, frame->pass_count, pass_name, frame) : NULL;
    return orr_fail(err, ORR_E_SCRIPT, NULL, "orrery.check: budget.passes: no pass '%s' ran%s%s%s", name,
                    near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Rendered once more, when all pipelines are compiled: the slowest frame counts. */
static orr_status judge_budgets(scene *s, orr_error *err) {
    const orr_check_spec *spec = s->spec;
    costs c = {.s = s};
    if (!s->params->budgets || !spec->budget_count) return ORR_OK;
    c.limits = make(s, spec->budget_count, sizeof *c.limits);
    s->result->budgets = make(s, spec->budget_count, sizeof *s->result->budgets);
    if (!c.limits || !s->result->budgets) return no_memory(err);
    for (uint32_t b = 0; b < spec->budget_count; b++) c.limits[b] = -1;
    orr_sequence_options again = s->options;
    again.digest_passes = false;
    again.frame = on_cost;
    again.frame_context = &c;
    orr_status status = orr_sequence_render(s->renderer, s->sequence, orr_script_settings(s->params->script),
                                            &again, &s->report, err);
    for (uint32_t b = 0; b < spec->budget_count && status == ORR_OK; b++) {
        const orr_check_budget *budget = &spec->budgets[b];
        bool memory = !strcmp(budget->name, "memory_mib"), all = !strcmp(budget->name, "gpu_ms");
        double value = memory ? (double)s->report.gpu_peak_bytes / 1048576 : all ? c.gpu_ms : c.limits[b];
        if (value < 0) return no_such_pass(s, budget->name, err);
        s->result->budgets[s->result->budget_count++] =
            (orr_check_budget_result){keep(s, budget->name), memory ? "MiB" : "ms", value, budget->limit};
        if (value > budget->limit) weigh(&s->result->verdict, ORR_VERDICT_OVER_BUDGET);
    }
    return status;
}

/* --- the verdict
 * ------------------------------------------------------------------------------------------------ */

static void weigh_frames(scene *s) {
    for (uint32_t f = 0; f < s->result->frame_count; f++) {
        const orr_check_frame_result *frame = &s->result->frames[f];
        for (uint32_t i = 0; i < frame->image_count; i++)
            weigh(&s->result->verdict, frame->images[i].verdict);
        if (frame->failure_count) weigh(&s->result->verdict, ORR_VERDICT_FAILED);
    }
}

/* The heaviest thing there is to say, in one line. */
static void say(scene *s) {
    char text[900] = "";
    uint32_t more = 0;
    for (uint32_t f = 0; f < s->result->frame_count; f++) {
        const orr_check_frame_result *frame = &s->result->frames[f];
        for (uint32_t i = 0; i < frame->image_count; i++) {
            const orr_check_image *image = &frame->images[i];
            if (image->verdict == ORR_VERDICT_PASSED) continue;
            if (text[0])
                more++;
            else
                orr_format(text, sizeof text, "frame %lld, %s: %s", (long long)frame->frame, image->aov,
                           image->reason);
        }
        for (uint32_t i = 0; i < frame->failure_count; i++) {
            if (text[0])
                more++;
            else
                orr_format(text, sizeof text, "frame %lld: %s", (long long)frame->frame, frame->failures[i]);
        }
    }
    for (uint32_t b = 0; b < s->result->budget_count && !text[0]; b++) {
        const orr_check_budget_result *budget = &s->result->budgets[b];
        if (budget->value > budget->limit)
            orr_format(text, sizeof text, "%s: %.3g %s of %.3g", budget->name, budget->value, budget->unit,
                       budget->limit);
    }
    size_t used = strlen(text);
    if (more) orr_format(text + used, sizeof text - used, "; and %u more", more);
    s->result->message = keep(s, text);
}

/* Something else is shown than the golden was made of: that is why it differs. */
static orr_status look_for_stale(scene *s, orr_error *err) {
    bool differs = false;
    for (uint32_t f = 0; f < s->result->frame_count; f++) differs |= s->result->frames[f].image_count > 0;
    if (!s->has_old || !differs || s->result->verdict != ORR_VERDICT_FAILED || !first_failed(s))
        return ORR_OK;
    orr_status status = orr_check_inputs_changed(&s->old, &s->next, &s->result->arena,
                                                 &s->result->stale_inputs, &s->result->stale_count, err);
    if (status != ORR_OK || !s->result->stale_count) return status;
    s->result->verdict = ORR_VERDICT_STALE;
    for (uint32_t f = 0; f < s->result->frame_count; f++)
        for (uint32_t i = 0; i < s->result->frames[f].image_count; i++)
            if (s->result->frames[f].images[i].verdict == ORR_VERDICT_FAILED)
                s->result->frames[f].images[i].verdict = ORR_VERDICT_STALE;
    for (uint32_t f = 0; f < s->result->frame_count; f++)
        if (s->result->frames[f].failure_count)
            s->result->verdict = ORR_VERDICT_FAILED; /* asserted all the same */
    return ORR_OK;
}

/* What is known of the pictures now: for comparing with what the golden knows, or for writing it. */
static orr_status describe(scene *s, orr_error *err) {
    orr_golden *g = &s->next;
    g->engine = orr_version();
    g->device = s->device;
    g->width = s->spec->width ? s->spec->width : s->sequence->width;
    g->height = s->spec->height ? s->spec->height : s->sequence->height;
    g->samples = s->spec->samples ? s->spec->samples : s->sequence->samples;
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) g->aovs[aov] = compared(s, aov);
    const orr_check_places places = {s->params->folder, s->params->data_folder,
                                     orr_engine_root(s->params->engine)};
    return orr_check_inputs(orr_engine_reads(s->params->engine), s->params->script, &places,
                            &s->result->arena, g, err);
}

/* What a new golden shows that the old one did not. */
static void say_update(const scene *s, char *out, size_t size) {
    const orr_check_image *first = NULL;
    uint32_t count = 0;
    for (uint32_t f = 0; f < s->result->frame_count; f++)
        for (uint32_t i = 0; i < s->result->frames[f].image_count; i++) {
            const orr_check_image *image = &s->result->frames[f].images[i];
            if (!(image->differing > 0)) continue;
            if (!count++) first = image;
        }
    orr_format(out, size, "golden %s", !s->has_old ? "written" : s->changed ? "replaced" : "is as it was");
    size_t used = strlen(out);
    if (first)
        orr_format(out + used, size - used, ": %s differs, max %.4g, flip %.4g%s", first->aov, first->max,
                   first->flip, count > 1 ? ", and more" : "");
    used = strlen(out);
    if (s->changed && s->has_old && s->old.measured_count)
        orr_format(out + used, size - used,
                   "; what was measured on other devices is dropped: --calibrate there");
}

static orr_status write_golden(scene *s, orr_error *err) {
    orr_golden *g = &s->next;
    char text[300];
    if (!s->params->golden_out) return ORR_OK;
    s->changed |= !s->has_old || s->old.frame_count != g->frame_count;
    g->frames = s->written;
    if (!s->changed) { /* what others measured is still true of these pictures */
        g->measured = s->old.measured;
        g->measured_count = s->old.measured_count;
    }
    orr_status status = orr_golden_write(s->params->golden_out, g, s->has_old ? &s->old : NULL, err);
    if (status != ORR_OK || s->result->message[0]) return status;
    say_update(s, text, sizeof text);
    s->result->message = keep(s, text);
    return ORR_OK;
}

static orr_status run(scene *s, orr_error *err) {
    orr_status status = fill_options(s, err);
    if (status == ORR_OK) status = open_golden(s, err);
    if (status == ORR_OK) status = render(s, err);
    if (status == ORR_OK) status = describe(s, err);
    if (status != ORR_OK) return status;
    weigh_frames(s);
    if (!s->params->golden_out) status = look_for_stale(s, err);
    if (status == ORR_OK && s->result->verdict == ORR_VERDICT_FAILED) status = triage(s, err);
    if (status == ORR_OK) status = judge_budgets(s, err);
    say(s);
    return status == ORR_OK ? write_golden(s, err) : status;
}

orr_status orr_check_scene(const orr_check_scene_params *params, orr_check_result *result, orr_error *err) {
    orr_gpu *gpu = NULL;
    scene *s = orr_calloc(1, sizeof *s);
    if (!s) return no_memory(err);
    *s = (scene){.params = params,
                 .spec = orr_script_check(params->script),
                 .sequence = orr_script_sequence(params->script),
                 .result = result};
    result->message = "";
    result->tag_count = s->spec->tag_count;
    result->tags = make(s, s->spec->tag_count, sizeof *result->tags);
    for (uint32_t i = 0; result->tags && i < result->tag_count; i++)
        result->tags[i] = keep(s, s->spec->tags[i]);
    orr_status status = result->tags ? orr_engine_gpu(params->engine, &gpu, err) : no_memory(err);
    if (status == ORR_OK) status = orr_engine_renderer(params->engine, &s->renderer, err);
    if (status == ORR_OK) {
        s->device = orr_check_device(orr_gpu_device(gpu), params->fingerprint);
        result->device = keep(s, s->device.name);
        result->driver = keep(s, s->device.driver);
        result->fingerprint = keep(s, s->device.fingerprint);
        status = run(s, err);
    }
    if (status != ORR_OK && params->golden_out) orr_golden_abandon(params->golden_out);
    orr_golden_free(&s->old);
    free(s);
    return status;
}
