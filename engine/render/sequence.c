#include "render/gizmos.h"
#include "render/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/version.h"
#include "render/ev_track.h"
#include "render/renderer_private.h"
#include "render/run_record.h"
#include "render/sink.h"

static const uint64_t flight_bytes = 2ull << 30; /* of host memory for frames that wait for their encoder */

enum { MAX_SAMPLES = 65536 }; /* no picture tells more apart; a slip of the finger would render for days */

/* A frame between submission and its file. */
typedef struct flight {
    struct run *run;
    bool used, collected;
    uint32_t slot, index; /* index: in the list of frames */
    int64_t frame;
    orr_pose pose;
    orr_frame_result result;
    char path[1024];
    orr_job_counter counter;
    orr_status status;
    orr_error error;
    uint64_t encode_ns, hash; /* hash: of the file */
} flight;

typedef struct run {
    orr_renderer *renderer;
    const orr_sequence *sequence;
    const orr_settings *settings;
    const orr_sequence_options *options;
    orr_sequence_report *report;
    uint32_t width, height, samples, gizmos;
    double gizmo_size;
    uint64_t seed, started_ns;
    double light_cutoff;
    int64_t *frames; /* of this shard */
    uint32_t frame_count;
    orr_output_format format;
    orr_exr_compression compression;
    uint32_t file_outputs; /* of the outputs, the first so many are the file's */
    orr_revision *revision;
    orr_bound_track *bound;
    uint32_t bound_count;
    orr_param_value *values;        /* one per track */
    orr_param_value *flight_values; /* the same of every flight, to be shown when it has landed */
    orr_param_value *
        *effect_values; /* per effect: a copy of the settings' values, or NULL where nothing is animated */
    orr_target *target;
    orr_target_params shown; /* what it was made of */
    orr_exposer exposer;
    orr_ev_track track; /* empty until it was read, or frames were metered */
    orr_sheet sheet;
    bool has_sheet;
    uint32_t empty_cells; /* of the sheet: frames finished before whose files cannot be shown */
    orr_run_record record;
    bool recorded, begun; /* begun: frames are being made */
    bool refused;         /* by the caller's `frame` */
    orr_parallel parallel;
    flight *flights; /* a ring, one per slot of the target */
    uint32_t slots, done, next_flight;
    orr_text frame_stats;
} run;

/* --- what is rendered
 * -------------------------------------------------------------------------------------------------------- */

static orr_status choose_frames(run *r, orr_error *err) {
    const orr_sequence_options *o = r->options;
    uint32_t total = o->frames ? o->frame_count : (uint32_t)r->sequence->frame_count,
             shards = o->shard_count ? o->shard_count : 1;
    if (shards > 1 && (o->shard_index < 1 || o->shard_index > shards))
        return orr_fail(err, ORR_E_USAGE, NULL, "shard %u/%u: the first number goes from 1 to the second",
                        o->shard_index, shards);
    r->frames = orr_calloc(total + 1, sizeof *r->frames);
    if (!r->frames) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a list of %u frames", total);
    for (uint32_t i = 0; i < total; i++)
        if (shards < 2 || i % shards == o->shard_index - 1)
            r->frames[r->frame_count++] = o->frames ? o->frames[i] : r->sequence->first_frame + i;
    if (o->out && !strchr(o->out, '#') && o->resume)
        return orr_fail(err, ORR_E_USAGE, o->out, "--resume needs numbered files: put #### into --out");
    if (o->out && !strchr(o->out, '#') && r->frame_count > 1)
        return orr_fail(err, ORR_E_USAGE, o->out, "%u frames need numbered files: put #### into --out",
                        r->frame_count);
    return ORR_OK;
}

/* Options that the files asked for would not heed. */
static orr_status check_kinds(const run *r, orr_error *err) {
    const orr_sequence_options *o = r->options;
    const char *dot = o->contact_sheet ? strrchr(o->contact_sheet, '.') : NULL;
    if (o->contact_sheet && (!dot || strcmp(dot, ".png")))
        return orr_fail(err, ORR_E_USAGE, o->contact_sheet, "a contact sheet is a PNG: end its name in .png");
    if (o->png16 && r->format == ORR_OUTPUT_EXR)
        return orr_fail(err, ORR_E_USAGE, o->out, "--png16 is for PNG files: end --out in .png");
    if (o->exr_compression && r->format != ORR_OUTPUT_EXR)
        return orr_fail(err, ORR_E_USAGE, o->out, "--exr-compression is for EXR files: end --out in .exr");
    if (r->samples > MAX_SAMPLES)
        return orr_fail(err, o->samples ? ORR_E_USAGE : ORR_E_SCRIPT, NULL,
                        "%u samples: at most %u a pixel are taken", r->samples, MAX_SAMPLES);
    return ORR_OK;
}

static orr_status choose_outputs(run *r, orr_output *outputs, uint32_t *count, orr_error *err) {
    const orr_sequence_options *o = r->options;
    orr_status status = o->out ? orr_output_format_of(o->out, o->png16, &r->format, err) : ORR_OK;
    if (!status && o->aovs && (!o->out || r->format != ORR_OUTPUT_EXR))
        status = orr_fail(err, ORR_E_USAGE, o->out, "AOVs go into EXR files: end --out in .exr");
    if (!status) status = check_kinds(r, err);
    if (!status && o->exr_compression) {
        int c = ORR_EXR_ZIP;
        while (c <= ORR_EXR_B44A &&
               strcmp(orr_exr_compression_name((orr_exr_compression)c), o->exr_compression))
            c++;
        if (c > ORR_EXR_B44A || !orr_exr_can_write((orr_exr_compression)c))
            status = orr_fail(
                err, ORR_E_USAGE, NULL,
                "EXR compression '%s' cannot be written by this build (%s): use none, rle, zips, zip or piz",
                o->exr_compression, orr_exr_backend());
        else
            r->compression = (orr_exr_compression)c;
    }
    if (status) return status;
    *count = 0;
    if (o->out && r->format == ORR_OUTPUT_EXR) {
        outputs[(*count)++] = (orr_output){.channel = "hdr"};
        status = orr_aovs_parse(o->aovs, outputs, count, err);
    }
    bool display = o->out ? r->format != ORR_OUTPUT_EXR : !o->channel_count;
    if (display || o->contact_sheet)
        outputs[(*count)++] = (orr_output){"ldr", r->format == ORR_OUTPUT_PNG16 && o->out};
    r->file_outputs = *count;
    return status ? status : orr_channels_add(o->channels, o->channel_count, outputs, count, err);
}

/* Module parameters that change with time get a copy of the module's values to change. */
static orr_status bind_module_tracks(run *r, orr_error *err) {
    uint32_t effects = r->settings->effect_count;
    r->effect_values = orr_calloc(effects + 1, sizeof *r->effect_values);
    if (!r->effect_values) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for animated parameters");
    for (uint32_t i = 0; i < r->sequence->track_count; i++) {
        const orr_track *track = &r->sequence->tracks[i];
        if (track->node.id) continue;
        uint32_t e = 0;
        while (e < effects && strcmp(r->settings->effects[e].effect->module.name, track->module)) e++;
        if (e == effects)
            return orr_fail(err, ORR_E_UNKNOWN_KEY, NULL, "there is no module '%s' to animate",
                            track->module);
        const orr_param_table *table = &r->settings->effects[e].effect->table;
        int32_t row_index = orr_param_find(table, track->param);
        if (row_index < 0) return orr_param_unknown(table, track->param, err);
        orr_param_row row;
        orr_param_row_get(table, (uint32_t)row_index, &row);
        if (row.rebuild != ORR_REBUILD_VALUE)
            return orr_fail(err, ORR_E_ARGUMENT, NULL,
                            "%s.%s changes how the frame is built and cannot be a function of time",
                            track->module, track->param);
        if (r->effect_values[e]) continue;
        if (!(r->effect_values[e] = orr_calloc(table->count, sizeof(orr_param_value))))
            return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for animated parameters");
        memcpy(r->effect_values[e], r->settings->effects[e].values, table->count * sizeof(orr_param_value));
    }
    return ORR_OK;
}

static orr_status set_module_values(run *r, orr_error *err) {
    for (uint32_t i = 0; i < r->sequence->track_count; i++) {
        const orr_track *track = &r->sequence->tracks[i];
        if (track->node.id) continue;
        uint32_t e = 0;
        while (strcmp(r->settings->effects[e].effect->module.name, track->module)) e++;
        const orr_param_table *table = &r->settings->effects[e].effect->table;
        int32_t row_index = orr_param_find(table, track->param);
        orr_param_row row;
        orr_param_row_get(table, (uint32_t)row_index, &row);
        orr_status status = orr_param_check(&row, &r->values[i], err);
        if (status) return orr_error_prefix(err, "module '%s'", track->module);
        r->effect_values[e][row_index] = r->values[i];
    }
    return ORR_OK;
}

/* --- what it was made from
 * ------------------------------------------------------------------------------------------------------ */

static void digest_settings(orr_digest_builder *d, const orr_settings *settings) {
    for (uint32_t e = 0; e < settings->effect_count; e++) {
        const orr_effect_settings *s = &settings->effects[e];
        if (!s->enabled) continue;
        orr_text text = {0};
        orr_text_printf(&text, "%s %s", s->effect->module.name, s->effect->module.version);
        for (uint32_t i = 0; i < s->effect->table.count; i++) {
            orr_param_row row;
            orr_param_row_get(&s->effect->table, i, &row);
            orr_text_printf(&text, "|%s=", row.name);
            orr_param_format(&row, &s->values[i], &text);
        }
        orr_digest_add_text(d, orr_text_cstr(&text));
        orr_text_free(&text);
    }
}

static void sequence_digest(const run *r, char hex[65]) {
    orr_digest_builder *d = orr_digest_begin();
    const orr_gpu_device_info *device = orr_gpu_device(orr_renderer_gpu(r->renderer));
    orr_digest_add_text(d, orr_version());
    orr_digest_add_text(d, device->name), orr_digest_add_text(d, device->driver),
        orr_digest_add_text(d, device->uuid);
    orr_digest_add_text(d, r->options->script_digest ? r->options->script_digest : "");
    orr_digest_add_text(d, r->options->aovs ? r->options->aovs : "");
    orr_digest revision = orr_revision_digest(r->revision);
    orr_digest_add(d, revision.bytes, sizeof revision.bytes);
    uint64_t numbers[] = {r->width,
                          r->height,
                          r->samples,
                          r->seed,
                          r->format,
                          r->compression,
                          r->sequence->fps_num,
                          r->sequence->fps_den,
                          r->sequence->camera.id};
    orr_digest_add(d, numbers, sizeof numbers);
    orr_digest_add(d, &r->light_cutoff, sizeof r->light_cutoff);
    if (r->gizmos) /* a sequence without any keeps the digest that it had */
        orr_digest_add(d, &r->gizmos, sizeof r->gizmos),
            orr_digest_add(d, &r->gizmo_size, sizeof r->gizmo_size);
    digest_settings(d, r->settings);
    for (uint32_t i = 0; i < r->track.count;
         i++) { /* one that was read; what is measured follows from the rest */
        const orr_frame_ev *ev = &r->track.frames[i];
        const double evs[] = {ev->metered, ev->metered_ev100, ev->applied_ev100};
        orr_digest_add(d, evs, sizeof evs);
    }
    for (uint32_t i = 0; i < r->sequence->order_count; i++) orr_digest_add_text(d, r->sequence->order[i]);
    orr_code_digest(r->renderer, r->settings, d);
    orr_digest digest = orr_digest_end(d);
    orr_digest_hex(&digest, hex);
}

/* --- encoding
 * -------------------------------------------------------------------------------------------------------------------
 */

typedef struct parallel_call {
    void (*fn)(void *, uint32_t);
    void *arg;
} parallel_call;
static void parallel_range(void *context, size_t begin, size_t end) {
    const parallel_call *call = context;
    for (size_t i = begin; i < end; i++) call->fn(call->arg, (uint32_t)i);
}
static void parallel_run(void *jobs, uint32_t count, void (*fn)(void *, uint32_t), void *arg) {
    parallel_call call = {fn, arg};
    orr_jobs_parallel_for(jobs, count, 1, parallel_range, &call);
}

static void encode(void *argument) {
    flight *f = argument;
    run *r = f->run;
    uint64_t begin = orr_time_ns();
    if (r->has_sheet)
        for (uint32_t i = 0; i < f->result.output_count; i++)
            if (!strcmp(f->result.outputs[i].channel, "ldr"))
                orr_sheet_add(&r->sheet, f->index, &f->result.outputs[i]);
    if (r->options->out) {
        const orr_pose_camera *c = &f->pose.camera;
        orr_sink_frame sink = {.result = &f->result,
                               .output_count = r->file_outputs,
                               .path = f->path,
                               .format = r->format,
                               .compression = r->compression,
                               .fps_num = r->sequence->fps_num,
                               .fps_den = r->sequence->fps_den,
                               .seed = r->seed,
                               .device = orr_gpu_device(orr_renderer_gpu(r->renderer))->name,
                               .aperture_f = c->aperture_f,
                               .shutter_s = c->shutter_s,
                               .iso = c->iso,
                               .parallel = &r->parallel};
        f->status = orr_sink_write(&sink, &f->hash, &f->error);
    }
    f->encode_ns = orr_time_ns() - begin;
}

static orr_param_value *values_of(const run *r, const flight *f) {
    return &r->flight_values[(size_t)(f - r->flights) * r->sequence->track_count];
}

/* What functions of time came to, beside what was authored. */
static void show_evaluated(const run *r, const flight *f) {
    const orr_param_value *values = values_of(r, f);
    orr_param_row row;
    for (uint32_t i = 0; i < r->bound_count; i++) {
        const orr_rev_node *node = &r->revision->nodes[r->bound[i].node];
        orr_param_row_get(orr_node_table(node->kind), r->bound[i].row, &row);
        orr_target_show_value(r->target, "evaluated", node->shown, &row, &values[r->bound[i].value]);
    }
    for (uint32_t i = 0; i < r->sequence->track_count; i++) {
        const orr_track *track = &r->sequence->tracks[i];
        uint32_t e = 0;
        if (track->node.id) continue;
        while (strcmp(r->settings->effects[e].effect->module.name, track->module)) e++;
        const orr_param_table *table = &r->settings->effects[e].effect->table;
        orr_param_row_get(table, (uint32_t)orr_param_find(table, track->param), &row);
        orr_target_show_value(r->target, "evaluated_settings", track->module, &row, &values[i]);
    }
}

static orr_status collect(run *r, flight *f, orr_error *err) {
    if (f->collected) return ORR_OK;
    f->collected = true;
    f->status = orr_target_collect(r->target, f->slot, &f->result, &f->error);
    if (f->status && err) *err = f->error;
    if (f->status) return f->status;
    show_evaluated(r, f);
    if (r->options->out || r->has_sheet)
        orr_jobs_run(orr_renderer_jobs(r->renderer), encode, f, &f->counter, ORR_JOB_LOW);
    return ORR_OK;
}

static void add_metered(orr_text *t, const orr_frame_result *result) {
    const orr_frame_histogram *h = result->histogram;
    if (!h) return;
    orr_text_printf(t,
                    "\"metered_ev\": %.9g, \"applied_ev\": %.9g, \"histogram\": {\"min_ev\": %.9g, "
                    "\"max_ev\": %.9g, \"weights\": [",
                    result->ev.metered_ev100, result->ev.applied_ev100, h->min_ev, h->max_ev);
    for (uint32_t b = 0; b < ORR_HISTOGRAM_BINS; b++)
        orr_text_printf(t, "%s%llu", b ? "," : "", (unsigned long long)h->weights[b]);
    orr_text_puts(t, "]}, ");
}

static void add_frame_stats(run *r, const flight *f) {
    orr_text *t = &r->frame_stats;
    orr_text_printf(t,
                    "%s\n    {\"frame\": %lld, \"gpu_ms\": %.4f, \"encode_ms\": %.4f, \"ev100\": %.9g, "
                    "\"exposure\": %.9g, \"draws\": %u, \"culled\": %u, \"patches\": %u, ",
                    t->length ? "," : "", (long long)f->frame, f->result.gpu_ms, (double)f->encode_ns * 1e-6,
                    f->result.ev100, f->result.exposure, f->result.draws, f->result.culled,
                    f->result.patches);
    add_metered(t, &f->result);
    orr_text_puts(t, "\"passes\": {");
    bool first = true;
    for (uint32_t i = 0; i < f->result.timing_count; i++) {
        if (f->result.timings[i].depth) continue;
        orr_text_printf(t, "%s", first ? "" : ", ");
        orr_text_json_string(t, f->result.timings[i].name);
        orr_text_printf(t, ": %.4f", (double)f->result.timings[i].ns * 1e-6);
        first = false;
    }
    orr_text_puts(t, "}}");
}

static void tell_progress(run *r, const flight *f) {
    if (!r->options->progress) return;
    orr_progress p = {.frame = f->frame,
                      .done = r->done,
                      .total = r->frame_count,
                      .skipped = r->report->skipped,
                      .elapsed_s = (double)(orr_time_ns() - r->started_ns) * 1e-9,
                      .result = &f->result};
    for (uint32_t i = 0; i < f->result.timing_count; i++) {
        double ms = (double)f->result.timings[i].ns * 1e-6;
        if (!f->result.timings[i].depth && ms > p.slowest_pass_ms)
            p.slowest_pass_ms = ms, p.slowest_pass = f->result.timings[i].name;
    }
    r->options->progress(r->options->progress_context, &p);
}

/* With workers enough this thread sleeps rather than helps: while it sat in an encoder for a frame's whole
 * time, the device would run dry, and the workers after it. */
static void wait_encoder(orr_jobs *jobs, orr_job_counter *counter) {
    while (orr_jobs_threads(jobs) > 3 && !orr_jobs_done(counter)) orr_sleep_ns(200000);
    orr_jobs_wait(jobs, counter);
}

/* Shows a frame to the caller, unless an earlier one was enough. */
static void hand_out(run *r, flight *f) {
    const orr_sequence_options *o = r->options;
    if (!o->frame || f->status || r->refused) return;
    f->status = o->frame(o->frame_context, &f->result, orr_sequence_time(r->sequence, f->frame), &f->error);
    r->refused = f->status != ORR_OK;
}

/* Ends the oldest flight: its file is whole afterwards, or its error is the sequence's. */
static orr_status finish(run *r, flight *f, orr_error *err) {
    if (!f->used) return ORR_OK;
    if (!collect(r, f, err)) wait_encoder(orr_renderer_jobs(r->renderer), &f->counter);
    hand_out(r, f);
    orr_target_release(r->target, f->slot);
    orr_pose_free(&f->pose);
    f->used = false;
    if (f->status) {
        r->report->failed++;
        if (err) *err = f->error;
        return f->status;
    }
    r->done++, r->report->rendered++;
    r->report->gpu_s += f->result.gpu_ms * 1e-3, r->report->encode_s += (double)f->encode_ns * 1e-9;
    if (!r->report->first_file[0]) memcpy(r->report->first_file, f->path, sizeof f->path);
    memcpy(r->report->last_file, f->path, sizeof f->path);
    if (r->options->stats) add_frame_stats(r, f);
    tell_progress(r, f);
    return r->recorded ? orr_run_record_add(&r->record, f->frame, f->hash, err) : ORR_OK;
}

/* --- the loop
 * --------------------------------------------------------------------------------------------------------------------
 */

double orr_sequence_time(const orr_sequence *sequence, int64_t frame) {
    return (double)(frame - sequence->first_frame) * sequence->fps_den /
           sequence->fps_num; /* never by adding up */
}

/* The world at a frame: what functions of time come to, in `values` and `effect_values`, and its pose. */
static orr_status pose_frame(void *context, int64_t frame, orr_pose *pose, orr_error *err) {
    run *r = context;
    double t_s = orr_sequence_time(r->sequence, frame);
    orr_status status = ORR_OK;
    if (r->sequence->track_count) status = r->sequence->evaluate(r->sequence->context, t_s, r->values, err);
    if (!status) status = set_module_values(r, err);
    if (!status)
        status = orr_revision_pose(r->revision, r->sequence->camera, t_s, r->bound, r->bound_count, r->values,
                                   pose, err);
    return status;
}

/* The EV of every frame up to the last that is asked for, unless a track was given. */
static orr_status meter_frames(run *r, orr_error *err) {
    const orr_sequence_options *o = r->options;
    if (!r->exposer.may_meter || r->track.frames) return ORR_OK;
    orr_ev_prepass prepass = {.renderer = r->renderer,
                              .exposer = &r->exposer,
                              .target = r->shown,
                              .first = r->sequence->first_frame,
                              .last = r->sequence->first_frame,
                              .step_s = (double)r->sequence->fps_den / r->sequence->fps_num,
                              .stop = o->stop,
                              .pose = pose_frame,
                              .context = r,
                              .effect_values = (const orr_param_value *const *)r->effect_values};
    for (uint32_t i = 0; i < r->frame_count; i++)
        if (r->frames[i] > prepass.last) prepass.last = r->frames[i];
    orr_log_write(r->renderer->log, ORR_LOG_INFO, "metering frames %lld to %lld", (long long)prepass.first,
                  (long long)prepass.last);
    orr_status status = orr_ev_track_measure(&prepass, &r->track, err);
    if (status) return orr_error_prefix(err, "metering");
    if (!o->ev_record) return ORR_OK;
    return orr_ev_track_write(o->ev_record, &r->track, r->sequence->fps_num, r->sequence->fps_den, err);
}

/* What a frame is exposed by, when it is metered. A track that was read has to reach there. */
static orr_status find_ev(const run *r, int64_t frame, orr_frame_ev *ev, orr_error *err) {
    const orr_frame_ev *found = orr_ev_track_at(&r->track, frame);
    if (found) *ev = *found;
    if (!r->options->ev_track || (found && found->metered)) return ORR_OK;
    orr_meter meter;
    const orr_param_value *values = r->effect_values[r->exposer.index];
    if (!values) values = r->settings->effects[r->exposer.index].values;
    orr_status status = orr_exposer_meter(&r->exposer, values, &meter, err);
    if (status || meter.metering == ORR_METERING_OFF) return status;
    return orr_fail(err, ORR_E_NOT_FOUND, r->options->ev_track,
                    "%s: the EV track has no frame %lld: record it anew (--ev-record)", r->options->ev_track,
                    (long long)frame);
}

static orr_status start_frame(run *r, flight *f, uint32_t index, orr_error *err) {
    *f = (flight){.run = r, .index = index, .frame = r->frames[index]};
    orr_frame_ev ev = {0};
    orr_status status =
        r->options->out ? orr_frame_path(r->options->out, f->frame, f->path, sizeof f->path, err) : ORR_OK;
    if (!status) status = meter_frames(r, err);
    if (!status) status = pose_frame(r, f->frame, &f->pose, err);
    if (status) return status;
    status = find_ev(r, f->frame, &ev, err);
    if (status) return orr_pose_free(&f->pose), status;
    orr_frame_input input = {.frame = f->frame,
                             .pose = &f->pose,
                             .ev = ev,
                             .effect_values = (const orr_param_value *const *)r->effect_values};
    status = orr_target_submit(r->target, &input, &f->slot, err);
    if (status) return orr_pose_free(&f->pose), status;
    if (r->sequence->track_count)
        memcpy(values_of(r, f), r->values, r->sequence->track_count * sizeof *r->values);
    f->used = true;
    return ORR_OK;
}

/* A frame that the record vouches for is not made again; its cell of the contact sheet comes from its file.
 */
static orr_status skip_finished(run *r, uint32_t index, bool *skipped, orr_error *err) {
    char path[1024];
    *skipped = false;
    if (!r->options->resume || !r->recorded) return ORR_OK;
    orr_status status = orr_frame_path(r->options->out, r->frames[index], path, sizeof path, err);
    if (status || !orr_run_record_has(&r->record, r->frames[index], path)) return status;
    *skipped = true;
    r->report->skipped++, r->done++;
    if (!r->has_sheet || !orr_sheet_shows(&r->sheet, index)) return ORR_OK;
    if (r->format != ORR_OUTPUT_EXR) return orr_sheet_add_file(&r->sheet, index, path, err);
    r->empty_cells++;
    return ORR_OK;
}

/* One frame on the device, the others being encoded: the ring is what keeps the one from waiting for the
 * others. */
static orr_status loop(run *r, orr_error *err) {
    orr_status status = ORR_OK;
    uint32_t in_flight = 0;
    for (uint32_t i = 0; !status && i < r->frame_count; i++) {
        if (r->options->stop && atomic_load_explicit(r->options->stop, memory_order_relaxed)) {
            status = orr_fail(err, ORR_E_INTERRUPTED, NULL,
                              "interrupted; the frames written are whole, and --resume goes on");
            break;
        }
        bool skipped = false;
        status = skip_finished(r, i, &skipped, err);
        if (status || skipped) continue;
        while (!status && in_flight) { /* those that are done leave at once; the oldest is waited for when the
                                          ring is full */
            flight *oldest = &r->flights[(r->next_flight - in_flight) % r->slots];
            if (in_flight < r->slots && !(oldest->collected && orr_jobs_done(&oldest->counter))) break;
            status = finish(r, oldest, err), in_flight--;
        }
        if (!status) status = start_frame(r, &r->flights[r->next_flight % r->slots], i, err);
        if (status) break;
        in_flight++;
        if (r->next_flight++ > 0)
            status = collect(r, &r->flights[(r->next_flight + r->slots - 2) % r->slots], err);
    }
    for (uint32_t k = 0; k < r->slots;
         k++) { /* what is in flight is finished, oldest first, whatever happened */
        orr_status last = finish(r, &r->flights[(r->next_flight + k) % r->slots], status ? NULL : err);
        if (!status) status = last;
    }
    return status;
}

/* Of an output as it is read back: sums of sub-frames are float32. */
static uint32_t pixel_bytes(const run *r, const orr_output *output) {
    if (!strcmp(output->channel, "ldr")) return output->wide ? 8 : 4;
    const orr_channel_info *channel = orr_channel_find(output->channel);
    uint32_t bytes = orr_format_bytes(orr_format_from_glsl(channel->format));
    return r->samples > 1 && !strcmp(channel->combine, "mean") ? 2 * bytes : bytes;
}

/* Twice as many as there are encoders, within a bound on memory: while this thread helps with one picture,
 * the others must not run out of them. */
static orr_status make_ring(run *r, const orr_output *outputs, uint32_t output_count, orr_error *err) {
    uint64_t frame_bytes = 0;
    for (uint32_t i = 0; i < output_count; i++)
        frame_bytes += (uint64_t)r->width * r->height * pixel_bytes(r, &outputs[i]);
    uint64_t most = flight_bytes / (frame_bytes ? frame_bytes : 1);
    uint32_t wanted = 2 * orr_jobs_threads(orr_renderer_jobs(r->renderer)) + 2;
    if (wanted > most) wanted = most < 3 ? 3 : (uint32_t)most;
    if (wanted > r->frame_count) wanted = r->frame_count ? r->frame_count : 1;
    r->slots = wanted < ORR_TARGET_SLOTS ? wanted : ORR_TARGET_SLOTS;
    if (r->options->digest_passes) r->slots = 1; /* the copies of one frame are many */
    r->flights = orr_calloc(r->slots, sizeof *r->flights);
    return r->flights ? ORR_OK
                      : orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u frames in flight", r->slots);
}

static orr_status check_size(const run *r, orr_error *err) {
    uint32_t side = orr_gpu_get_limits(orr_renderer_gpu(r->renderer))->max_image_side;
    if (r->width <= side && r->height <= side) return ORR_OK;
    return orr_fail(err, r->options->width ? ORR_E_USAGE : ORR_E_SCRIPT, NULL,
                    "%s%ux%u pixels: each side must be 1 to %u on this device",
                    r->options->width ? "--size " : "a sequence of ", r->width, r->height, side);
}

/* A display image is what a module of the role tonemap makes. */
static orr_status check_display(const run *r, const orr_output *outputs, uint32_t count, orr_error *err) {
    bool wanted = false, there = false;
    for (uint32_t i = 0; i < count; i++) wanted |= !strcmp(outputs[i].channel, "ldr");
    for (uint32_t e = 0; e < r->settings->effect_count; e++) {
        const char *role = r->settings->effects[e].effect->module.role;
        there |= r->settings->effects[e].enabled && role && !strcmp(role, "tonemap");
    }
    if (!wanted || there) return ORR_OK;
    return orr_fail(err, ORR_E_MODULE, NULL,
                    "no module of the role 'tonemap' is installed, and a PNG needs one: `orrery modules` "
                    "lists what is there");
}

static orr_status prepare_track(run *r, orr_error *err) {
    const orr_sequence_options *o = r->options;
    orr_status status = orr_exposer_find(r->settings, &r->exposer, err);
    if (status || !(o->ev_track || o->ev_record)) return status;
    const char *option = o->ev_track ? "--ev-track" : "--ev-record";
    if (o->ev_track && o->ev_record)
        return orr_fail(err, ORR_E_USAGE, o->ev_record,
                        "--ev-record writes what is measured, --ev-track is there "
                        "instead of measuring: give one of them");
    if (!r->exposer.may_meter)
        return orr_fail(
            err, ORR_E_USAGE, o->ev_track ? o->ev_track : o->ev_record,
            "%s is for an exposure that follows the light, and this one does not: --set exposure.mode=auto",
            option);
    if (!o->ev_track) return ORR_OK;
    return orr_ev_track_read(o->ev_track, r->sequence->fps_num, r->sequence->fps_den, &r->track, err);
}

static orr_status check_video(const run *r, orr_error *err) {
    const orr_sequence_options *o = r->options;
    if (!o->video) return ORR_OK;
    orr_status status = orr_video_check(err);
    if (status) return status;
    if (!o->out || r->format == ORR_OUTPUT_EXR)
        return orr_fail(err, ORR_E_USAGE, o->video, "a video is made from PNG frames: end --out in .png");
    for (uint32_t i = 1; i < r->frame_count; i++)
        if (r->frames[i] != r->frames[i - 1] + 1)
            return orr_fail(err, ORR_E_USAGE, o->video,
                            "a video needs frames that follow each other: %lld comes after %lld",
                            (long long)r->frames[i], (long long)r->frames[i - 1]);
    return ORR_OK;
}

static orr_status prepare_folders(run *r, orr_error *err) {
    const orr_sequence_options *o = r->options;
    const char *files[] = {o->out, o->contact_sheet, o->video, o->stats, o->ev_record};
    char folder[1024];
    orr_status status = ORR_OK;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && !status; i++) {
        if (!files[i]) continue;
        orr_path_folder(folder, sizeof folder, files[i]);
        status = orr_folder_create(folder, err);
        if (!status) status = orr_file_probe(files[i], err); /* nothing is rendered for naught */
    }
    return status || !r->recorded ? status : orr_run_record_begin(&r->record, err);
}

static orr_status prepare(run *r, orr_error *err) {
    const orr_sequence_options *o = r->options;
    orr_output outputs[ORR_MAX_OUTPUTS];
    uint32_t output_count;
    char digest[65];
    orr_status status = choose_frames(r, err);
    if (!status) status = choose_outputs(r, outputs, &output_count, err);
    if (!status) status = make_ring(r, outputs, output_count, err);
    if (!status) status = check_video(r, err);
    if (!status) status = check_size(r, err);
    if (!status) status = check_display(r, outputs, output_count, err);
    if (!status) status = prepare_track(r, err);
    if (!status) status = orr_scene_publish(r->sequence->scene, &r->revision, err);
    if (!status)
        status = orr_revision_bind(r->revision, r->sequence->tracks, r->sequence->track_count, &r->bound,
                                   &r->bound_count, err);
    if (!status) status = bind_module_tracks(r, err);
    if (!status && !(r->values = orr_calloc(r->sequence->track_count + 1, sizeof *r->values)))
        status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for tracks");
    if (!status &&
        !(r->flight_values = orr_calloc((size_t)r->slots * r->sequence->track_count + 1, sizeof *r->values)))
        status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for tracks");
    if (status) return status;
    if (o->out && strchr(o->out, '#')) {
        sequence_digest(r, digest);
        status = orr_run_record_open(&r->record, o->out, digest, o->resume, err);
        r->recorded = !status;
    }
    if (!status && o->contact_sheet) {
        status = orr_sheet_create(r->frame_count, r->width, r->height, &r->sheet, err);
        r->has_sheet = !status;
    }
    orr_target_params target = {.label = r->sequence->name,
                                .width = r->width,
                                .height = r->height,
                                .samples = r->samples,
                                .seed = r->seed,
                                .light_cutoff = r->light_cutoff,
                                .every_light = o->every_light,
                                .outputs = outputs,
                                .output_count = output_count,
                                .slots = r->slots,
                                .gizmos = r->gizmos,
                                .gizmo_size = r->gizmo_size,
                                .digest_passes = o->digest_passes,
                                .frame_timeout_s = o->frame_timeout_s,
                                .order = r->sequence->order,
                                .order_count = r->sequence->order_count,
                                .settings = r->settings,
                                .revision = r->revision};
    r->shown = target, r->shown.outputs = NULL, r->shown.output_count = 0;
    if (!status) status = orr_target_create(r->renderer, &target, &r->target, err);
    if (!status) status = prepare_folders(r, err); /* last: what fails before leaves nothing behind */
    r->begun = !status;
    return status;
}

static orr_status write_stats(run *r, orr_error *err) {
    orr_target_info info;
    orr_target_get_info(r->target, &info);
    orr_gpu_memory_stats memory;
    orr_gpu_memory(orr_renderer_gpu(r->renderer), &memory);
    const orr_gpu_device_info *device = orr_gpu_device(orr_renderer_gpu(r->renderer));
    orr_text t = {0};
    orr_text_puts(&t, "{\n  \"version\": ");
    orr_text_json_string(&t, orr_version());
    orr_text_puts(&t, ",\n  \"device\": ");
    orr_text_json_string(&t, device->name);
    orr_text_puts(&t, ",\n  \"driver\": ");
    orr_text_json_string(&t, device->driver);
    orr_text_printf(&t, ",\n  \"width\": %u, \"height\": %u, \"samples\": %u, \"seed\": %llu,\n", r->width,
                    r->height, r->samples, (unsigned long long)r->seed);
    orr_text_printf(&t,
                    "  \"rendered\": %u, \"skipped\": %u, \"failed\": %u,\n  \"wall_s\": %.6f, \"gpu_s\": "
                    "%.6f, \"encode_s\": %.6f,\n",
                    r->report->rendered, r->report->skipped, r->report->failed, r->report->wall_s,
                    r->report->gpu_s, r->report->encode_s);
    orr_text_printf(&t,
                    "  \"peak_rss_bytes\": %llu, \"gpu_peak_bytes\": %llu, \"transient_bytes\": %llu, "
                    "\"transient_unaliased_bytes\": %llu,\n",
                    (unsigned long long)r->report->peak_rss_bytes, (unsigned long long)memory.peak_bytes,
                    (unsigned long long)info.transient_bytes, (unsigned long long)info.unaliased_bytes);
    orr_text_puts(&t, "  \"modules_off_but_set\": [");
    bool first = true;
    for (uint32_t e = 0; e < r->settings->effect_count; e++) { /* legal, but worth saying */
        const orr_effect_settings *s = &r->settings->effects[e];
        bool set = false;
        for (uint32_t i = 0; i < s->effect->table.count; i++) set |= s->sources[i] != ORR_FROM_DEFAULT;
        if (s->enabled || !set) continue;
        orr_text_puts(&t, first ? "" : ", ");
        orr_text_json_string(&t, s->effect->module.name);
        first = false;
    }
    orr_text_printf(&t, "],\n  \"frames\": [%s\n  ]\n}\n", orr_text_cstr(&r->frame_stats));
    orr_status status = t.failed
                            ? orr_fail(err, ORR_E_MEMORY, r->options->stats, "no memory for the statistics")
                            : orr_file_write(r->options->stats, t.data, t.length, err);
    orr_text_free(&t);
    return status;
}

static orr_status after(run *r, orr_status status, orr_error *err) {
    const orr_sequence_options *o = r->options;
    r->report->wall_s = (double)(orr_time_ns() - r->started_ns) * 1e-9;
    r->report->peak_rss_bytes = orr_peak_rss_bytes();
    orr_gpu_memory_stats memory;
    orr_gpu_memory(orr_renderer_gpu(r->renderer), &memory);
    r->report->gpu_peak_bytes = memory.peak_bytes;
    orr_target_info info;
    orr_target_get_info(r->target, &info);
    r->report->transient_bytes = info.transient_bytes;
    if (r->recorded) { /* also of a run that failed or was stopped */
        orr_status saved = orr_run_record_save(&r->record, status ? NULL : err);
        if (!status) status = saved;
    }
    if (r->empty_cells)
        orr_log_write(r->renderer->log, ORR_LOG_WARNING,
                      "%s: the cells of %u frames that were finished before stay empty, as an EXR holds no "
                      "displayed image: render without --resume for all",
                      o->contact_sheet, r->empty_cells);
    if (!status && r->has_sheet) status = orr_sheet_write(&r->sheet, o->contact_sheet, err);
    if (!status && o->video) {
        if (!status && r->frame_count)
            status = orr_video_write(o->video, o->out, r->frames[0], r->sequence->fps_num,
                                     r->sequence->fps_den, err);
    }
    if (o->stats && r->target) { /* also of a run that failed */
        orr_status wrote = write_stats(r, status ? NULL : err);
        if (!status) status = wrote;
    }
    return status;
}

static void clean_up(run *r) {
    orr_target_destroy(&r->target);
    orr_revision_release(&r->revision);
    for (uint32_t e = 0; r->effect_values && e < r->settings->effect_count; e++) free(r->effect_values[e]);
    free(r->effect_values), free(r->values), free(r->flight_values), free(r->bound), free(r->frames),
        free(r->flights);
    if (r->has_sheet) orr_sheet_free(&r->sheet);
    orr_run_record_free(&r->record);
    orr_ev_track_free(&r->track);
    orr_text_free(&r->frame_stats);
}

static orr_status render(orr_renderer *renderer, const orr_sequence *sequence, const orr_settings *settings,
                         const orr_sequence_options *options, orr_sequence_report *report, orr_error *err) {
    *report = (orr_sequence_report){0};
    run *r = orr_calloc(1, sizeof *r);
    if (!r) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a sequence");
    *r = (run){.renderer = renderer,
               .sequence = sequence,
               .settings = settings,
               .options = options,
               .report = report,
               .started_ns = orr_time_ns(),
               .width = options->width ? options->width : sequence->width,
               .height = options->height ? options->height : sequence->height,
               .samples = options->samples    ? options->samples
                          : sequence->samples ? sequence->samples
                                              : 1,
               .gizmos = options->gizmos ? *options->gizmos : sequence->gizmos,
               .gizmo_size = options->gizmo_size > 0.0    ? options->gizmo_size
                             : sequence->gizmo_size > 0.0 ? sequence->gizmo_size
                                                          : ORR_GIZMO_SIZE,
               .seed = options->has_seed ? options->seed : sequence->seed,
               .light_cutoff = options->has_light_cutoff ? options->light_cutoff : sequence->light_cutoff,
               .parallel = {parallel_run, orr_renderer_jobs(renderer)}};
    orr_gpu_memory_restart_peak(orr_renderer_gpu(renderer));
    orr_status status = prepare(r, err);
    if (!status && options->ev_record)
        status = meter_frames(r, err); /* also when no frame is left to render */
    if (!status) status = loop(r, err);
    if (r->begun) status = after(r, status, err);
    orr_renderer_forget(renderer, r->revision);
    clean_up(r);
    free(r);
    return status;
}

orr_status orr_sequence_render(orr_renderer *renderer, const orr_sequence *sequence,
                               const orr_settings *settings, const orr_sequence_options *options,
                               orr_sequence_report *report, orr_error *err) {
    orr_error own = {0}, *error = err ? err : &own;
    orr_status status = render(renderer, sequence, settings, options, report, error);
    if (status) orr_renderer_report(renderer, error, sequence->name);
    return status;
}
