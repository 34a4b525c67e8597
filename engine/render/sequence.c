#include "render/sequence_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "render/gizmos.h"

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
    orr_flight *f = argument;
    orr_run *r = f->run;
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

orr_param_value *orr_run_values(const orr_run *r, const orr_flight *f) {
    return &r->flight_values[(size_t)(f - r->flights) * r->sequence->track_count];
}

static orr_status collect(orr_run *r, orr_flight *f, orr_error *err) {
    if (f->collected) return ORR_OK;
    f->collected = true;
    f->status = orr_target_collect(r->target, f->slot, &f->result, &f->error);
    if (f->status && err) *err = f->error;
    if (f->status) return f->status;
    orr_run_show_evaluated(r, f);
    if (r->options->out || r->has_sheet)
        orr_jobs_run(orr_renderer_jobs(r->renderer), encode, f, &f->counter, ORR_JOB_LOW);
    return ORR_OK;
}

/* With workers enough this thread sleeps rather than helps: while it sat in an encoder for a frame's whole
 * time, the device would run dry, and the workers after it. */
static void wait_encoder(orr_jobs *jobs, orr_job_counter *counter) {
    while (orr_jobs_threads(jobs) > 3 && !orr_jobs_done(counter)) orr_sleep_ns(200000);
    orr_jobs_wait(jobs, counter);
}

/* Shows a frame to the caller, unless an earlier one was enough. */
static void hand_out(orr_run *r, orr_flight *f) {
    const orr_sequence_options *o = r->options;
    if (!o->frame || f->status || r->refused) return;
    f->status = o->frame(o->frame_context, &f->result, orr_sequence_time(r->sequence, f->frame), &f->error);
    r->refused = f->status != ORR_OK;
}

/* Ends the oldest flight: its file is whole afterwards, or its error is the sequence's. */
static orr_status finish(orr_run *r, orr_flight *f, orr_error *err) {
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
    if (r->options->stats) orr_run_add_stats(r, f);
    orr_run_tell_progress(r, f);
    return r->recorded ? orr_run_record_add(&r->record, f->frame, f->hash, err) : ORR_OK;
}

/* --- the loop
 * --------------------------------------------------------------------------------------------------------------------
 */

double orr_sequence_time(const orr_sequence *sequence, int64_t frame) {
    return (double)(frame - sequence->first_frame) * sequence->fps_den /
           sequence->fps_num; /* never by adding up */
}

static orr_status set_module_values(orr_run *r, orr_error *err) {
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

orr_status orr_run_pose(void *context, int64_t frame, orr_pose *pose, orr_error *err) {
    orr_run *r = context;
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
static orr_status meter_frames(orr_run *r, orr_error *err) {
    const orr_sequence_options *o = r->options;
    if (!r->exposer.may_meter || r->track.frames) return ORR_OK;
    orr_ev_prepass prepass = {.renderer = r->renderer,
                              .exposer = &r->exposer,
                              .target = r->shown,
                              .first = r->sequence->first_frame,
                              .last = r->sequence->first_frame,
                              .step_s = (double)r->sequence->fps_den / r->sequence->fps_num,
                              .stop = o->stop,
                              .pose = orr_run_pose,
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
static orr_status find_ev(const orr_run *r, int64_t frame, orr_frame_ev *ev, orr_error *err) {
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

static orr_status start_frame(orr_run *r, orr_flight *f, uint32_t index, orr_error *err) {
    *f = (orr_flight){.run = r, .index = index, .frame = r->frames[index]};
    orr_frame_ev ev = {0};
    orr_status status =
        r->options->out ? orr_frame_path(r->options->out, f->frame, f->path, sizeof f->path, err) : ORR_OK;
    if (!status) status = meter_frames(r, err);
    if (!status) status = orr_run_pose(r, f->frame, &f->pose, err);
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
        memcpy(orr_run_values(r, f), r->values, r->sequence->track_count * sizeof *r->values);
    f->used = true;
    return ORR_OK;
}

/* A frame that the record vouches for is not made again; its cell of the contact sheet comes from its file.
 */
static orr_status skip_finished(orr_run *r, uint32_t index, bool *skipped, orr_error *err) {
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
static orr_status loop(orr_run *r, orr_error *err) {
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
            orr_flight *oldest = &r->flights[(r->next_flight - in_flight) % r->slots];
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

static orr_status after(orr_run *r, orr_status status, orr_error *err) {
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
        orr_status wrote = orr_run_write_stats(r, status ? NULL : err);
        if (!status) status = wrote;
    }
    return status;
}

static void clean_up(orr_run *r) {
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
    orr_run *r = orr_calloc(1, sizeof *r);
    if (!r) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a sequence");
    *r = (orr_run){.renderer = renderer,
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
    orr_status status = orr_run_prepare(r, err);
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
