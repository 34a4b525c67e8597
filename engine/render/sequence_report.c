/* What is told of a run while it goes on and when it has ended. */
#include "render/sequence_private.h"

#include <string.h>

#include "base/platform/platform.h"
#include "base/version.h"

/* What functions of time came to, beside what was authored. */
void orr_run_show_evaluated(const orr_run *r, const orr_flight *f) {
    const orr_param_value *values = orr_run_values(r, f);
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

void orr_run_add_stats(orr_run *r, const orr_flight *f) {
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

void orr_run_tell_progress(orr_run *r, const orr_flight *f) {
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

orr_status orr_run_write_stats(orr_run *r, orr_error *err) {
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
