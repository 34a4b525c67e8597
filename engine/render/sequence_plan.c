/* What a run of a sequence is to render: frames, outputs, tracks, the target. */
#include "render/sequence_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/version.h"

static const uint64_t flight_bytes = 2ull << 30; /* of host memory for frames that wait for their encoder */

enum { MAX_SAMPLES = 65536 }; /* no picture tells more apart; a slip of the finger would render for days */

static orr_status choose_frames(orr_run *r, orr_error *err) {
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
static orr_status check_kinds(const orr_run *r, orr_error *err) {
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

static orr_status choose_outputs(orr_run *r, orr_output *outputs, uint32_t *count, orr_error *err) {
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
static orr_status bind_module_tracks(orr_run *r, orr_error *err) {
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

static void sequence_digest(const orr_run *r, char hex[65]) {
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

/* Of an output as it is read back: sums of sub-frames are float32. */
static uint32_t pixel_bytes(const orr_run *r, const orr_output *output) {
    if (!strcmp(output->channel, "ldr")) return output->wide ? 8 : 4;
    const orr_channel_info *channel = orr_channel_find(output->channel);
    uint32_t bytes = orr_format_bytes(orr_format_from_glsl(channel->format));
    return r->samples > 1 && !strcmp(channel->combine, "mean") ? 2 * bytes : bytes;
}

/* Twice as many as there are encoders, within a bound on memory: while this thread helps with one picture,
 * the others must not run out of them. */
static orr_status make_ring(orr_run *r, const orr_output *outputs, uint32_t output_count, orr_error *err) {
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

static orr_status check_size(const orr_run *r, orr_error *err) {
    uint32_t side = orr_gpu_get_limits(orr_renderer_gpu(r->renderer))->max_image_side;
    if (r->width <= side && r->height <= side) return ORR_OK;
    return orr_fail(err, r->options->width ? ORR_E_USAGE : ORR_E_SCRIPT, NULL,
                    "%s%ux%u pixels: each side must be 1 to %u on this device",
                    r->options->width ? "--size " : "a sequence of ", r->width, r->height, side);
}

/* A display image is what a module of the role tonemap makes. */
static orr_status check_display(const orr_run *r, const orr_output *outputs, uint32_t count, orr_error *err) {
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

static orr_status prepare_track(orr_run *r, orr_error *err) {
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

static orr_status check_video(const orr_run *r, orr_error *err) {
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

static orr_status prepare_folders(orr_run *r, orr_error *err) {
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

/* What cannot be posed cannot be rendered: found before there is a folder for it. */
static orr_status check_first(orr_run *r, orr_error *err) {
    orr_pose pose;
    if (!r->frame_count) return ORR_OK;
    orr_status status = orr_run_pose(r, r->frames[0], &pose, err);
    if (!status) orr_pose_free(&pose);
    return status;
}

orr_status orr_run_prepare(orr_run *r, orr_error *err) {
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
    if (!status) status = check_first(r, err);
    if (!status) status = prepare_folders(r, err); /* last: what fails before leaves nothing behind */
    r->begun = !status;
    return status;
}
