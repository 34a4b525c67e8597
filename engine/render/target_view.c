#include "render/target_view.h"

#include <stdlib.h>
#include <string.h>

#include "render/renderer_private.h"
#include "render/target_private.h"
#include "space/value_param.h"

/* --- once ---------------------------------------------------------------------------------------------- */

/* Under which nobody lives: the label, or the label and a number. */
static void choose_place(orr_target *t) {
    orr_target_view *view = &t->view;
    char name[ORR_SPACE_MAX_NAME + 1], status[600];
    bool live = true;
    orr_space_name(t->label, name, sizeof name);
    for (uint32_t n = 1; live; n++) {
        char suffix[16] = "";
        const orr_value *value = NULL;
        if (n > 1) (void)orr_format(suffix, sizeof suffix, "~%u", n);
        (void)orr_format(view->at, sizeof view->at, "%s/renderers/main/targets/textures/%s%s",
                         t->renderer->app_root, name, suffix);
        (void)orr_format(status, sizeof status, "%s/status", view->at);
        live = !orr_space_get(view->space, status, &value, NULL) && orr_value_cstr(value) &&
               !strcmp(orr_value_cstr(value), "live");
        orr_value_release(value);
    }
}

static orr_status put_settings(const orr_target *t, orr_space *aside, orr_error *err) {
    orr_status status = orr_space_set(aside, "/settings/seed", orr_value_uint(t->params.seed), err);
    for (uint32_t e = 0; !status && e < t->params.settings->effect_count; e++) {
        const orr_effect_settings *s = &t->params.settings->effects[e];
        char path[512];
        (void)orr_format(path, sizeof path, "/settings/%s/enable", s->effect->module.name);
        status = orr_space_set(aside, path, orr_value_bool(s->enabled), err);
        for (uint32_t i = 0; !status && i < s->effect->table.count; i++) {
            orr_param_row row;
            orr_param_row_get(&s->effect->table, i, &row);
            (void)orr_format(path, sizeof path, "/settings/%s/%s", s->effect->module.name, row.name);
            status = orr_space_set(aside, path, orr_value_of_param(&row, &s->values[i]), err);
        }
    }
    return status;
}

static orr_status put_desc(const orr_target *t, orr_space *aside, orr_error *err) {
    const orr_value *outputs[ORR_MAX_OUTPUTS];
    for (uint32_t i = 0; i < t->params.output_count; i++)
        outputs[i] = orr_value_string(t->outputs[i].channel);
    const struct {
        const char *path;
        const orr_value *value;
    } values[] = {{"/status", orr_value_string("live")},
                  {"/scene", orr_value_string(t->params.revision->scene)},
                  {"/desc/width", orr_value_uint(t->params.width)},
                  {"/desc/height", orr_value_uint(t->params.height)},
                  {"/desc/samples", orr_value_uint(t->params.samples)},
                  {"/desc/outputs", orr_value_list(outputs, t->params.output_count)}};
    orr_status status = ORR_OK;
    for (size_t i = 0; i < sizeof values / sizeof values[0];
         i++) { /* each value is taken, whatever happened */
        orr_status set = orr_space_set(aside, values[i].path, values[i].value, status ? NULL : err);
        if (!status) status = set;
    }
    return status;
}

/* What cannot be shown is worth a line in the log and nothing more. */
static void warn(const orr_target *t, orr_status status, const orr_error *err) {
    if (status)
        orr_log_write(t->renderer->log, ORR_LOG_WARNING, "target '%s' is not shown: %s", t->label,
                      err->message);
}

void orr_target_view_open(orr_target *t) {
    if (!t->renderer->space) return;
    orr_space *aside = NULL;
    orr_error err = {0};
    t->view.space = t->renderer->space;
    choose_place(t);
    orr_status status = orr_space_create(NULL, &aside, &err);
    if (!status) status = put_desc(t, aside, &err);
    if (!status) status = put_settings(t, aside, &err);
    if (!status) status = orr_space_mount(t->view.space, t->view.at, aside, &err);
    orr_space_destroy(&aside);
    warn(t, status, &err);
    if (status) t->view.space = NULL;
}

void orr_target_view_close(orr_target *t) {
    orr_target_view *view = &t->view;
    if (view->space) {
        char path[600];
        orr_error err = {0};
        (void)orr_format(path, sizeof path, "%s/status", view->at);
        warn(t, orr_space_set(view->space, path, orr_value_string("ended"), &err), &err);
    }
    for (uint32_t i = 0; i < view->count; i++) free(view->cells[i].leaf);
    free(view->cells);
    *view = (orr_target_view){0};
}

/* --- every frame --------------------------------------------------------------------------------------- */

static bool grow(orr_target_view *view) {
    if (view->next < view->capacity) return true;
    uint32_t wanted = view->capacity ? view->capacity * 2 : 64;
    orr_view_cell *larger = orr_realloc(view->cells, wanted, sizeof *larger);
    if (!larger) return false;
    view->cells = larger, view->capacity = wanted;
    return true;
}

/* The cell of `leaf` made or found again: frames write the same leaves in the same order, nearly always. */
static orr_status show_by_path(orr_target_view *view, const char *leaf, const orr_value *value,
                               orr_error *err) {
    char path[1200];
    size_t size = strlen(leaf) + 1;
    orr_view_cell cell = {0};
    (void)orr_format(path, sizeof path, "%s/output/v1/%s", view->at, leaf);
    orr_status status = orr_space_set(view->space, path, orr_value_retain(value), err);
    if (!status) status = orr_space_resolve(view->space, path, &cell.handle, err);
    if (!status && (!grow(view) || !(cell.leaf = malloc(size))))
        status = orr_fail(err, ORR_E_MEMORY, path, "no memory to show a frame");
    if (status) return status;
    memcpy(cell.leaf, leaf, size);
    if (view->next < view->count)
        free(view->cells[view->next].leaf);
    else
        view->count++;
    view->cells[view->next++] = cell;
    return ORR_OK;
}

static void show(orr_target *t, const char *leaf, const orr_value *value) {
    orr_target_view *view = &t->view;
    orr_error err = {0};
    const orr_view_cell *cell = view->next < view->count ? &view->cells[view->next] : NULL;
    if (cell && !strcmp(cell->leaf, leaf) &&
        !orr_space_set_at(view->space, cell->handle, orr_value_retain(value), NULL))
        view->next++;
    else
        warn(t, show_by_path(view, leaf, value, &err), &err);
    orr_value_release(value);
}

static void show_passes(orr_target *t, const orr_frame_result *result) {
    orr_target_view *view = &t->view;
    for (uint32_t i = 0; i < view->pass_count; i++) view->passes[i].ns = 0;
    for (uint32_t i = 0; i < result->timing_count; i++) {
        uint32_t at = 0;
        if (result->timings[i].depth) continue;
        while (at < view->pass_count && strcmp(view->passes[at].name, result->timings[i].name)) at++;
        if (at == ORR_MAX_TIMINGS) continue;
        if (at == view->pass_count) view->pass_count++;
        view->passes[at] = result->timings[i];
    }
    for (uint32_t i = 0; i < view->pass_count; i++) {
        char name[ORR_SPACE_MAX_NAME + 1], leaf[320];
        orr_space_name(view->passes[i].name, name, sizeof name);
        (void)orr_format(leaf, sizeof leaf, "common/passes/%s_ms", name);
        show(t, leaf, orr_value_double((double)view->passes[i].ns * 1e-6));
    }
}

static void show_metered(orr_target *t, const orr_frame_result *result) {
    const orr_value *weights[ORR_HISTOGRAM_BINS];
    const orr_frame_histogram *h = result->histogram;
    if (!h) return;
    for (uint32_t b = 0; b < ORR_HISTOGRAM_BINS; b++) weights[b] = orr_value_uint(h->weights[b]);
    show(t, "common/metered_ev", orr_value_double(result->ev.metered_ev100));
    show(t, "common/applied_ev", orr_value_double(result->ev.applied_ev100));
    show(t, "common/histogram/min_ev", orr_value_double(h->min_ev));
    show(t, "common/histogram/max_ev", orr_value_double(h->max_ev));
    show(t, "common/histogram/weights", orr_value_list(weights, ORR_HISTOGRAM_BINS));
}

void orr_target_view_frame(orr_target *t, const orr_frame_result *result, double render_ms) {
    if (!t->view.space) return;
    orr_gpu_memory_stats memory;
    orr_gpu_memory(t->renderer->gpu, &memory);
    t->view.next = 0;
    show(t, "common/revision", orr_value_uint(t->params.revision->number));
    show(t, "common/render_ms", orr_value_double(render_ms));
    show(t, "common/gpu_ms", orr_value_double(result->gpu_ms));
    show(t, "common/exposure", orr_value_double(result->exposure));
    show(t, "common/ev100", orr_value_double(result->ev100));
    show_metered(t, result);
    show(t, "common/draws", orr_value_uint(result->draws));
    show(t, "common/culled", orr_value_uint(result->culled));
    show(t, "common/patches", orr_value_uint(result->patches));
    show(t, "common/memory/gpu_bytes", orr_value_uint(memory.used_bytes));
    show(t, "common/memory/gpu_peak_bytes", orr_value_uint(memory.peak_bytes));
    show(t, "common/memory/transient_bytes", orr_value_uint(t->graph.transient_bytes));
    show_passes(t, result);
    show(t, "common/last_error", orr_value_string(""));
    show(t, "common/frame_index", orr_value_int(result->frame)); /* last: who waits for it finds the rest */
}

orr_status orr_target_view_error(orr_target *t, int64_t frame, orr_status status, orr_error *err) {
    if (err) (void)orr_error_prefix(err, "frame %lld", (long long)frame);
    if (!t->view.space) return status;
    char path[600];
    orr_error own = {0};
    (void)orr_format(path, sizeof path, "%s/output/v1/common/last_error", t->view.at);
    const orr_value *message = orr_value_string(err ? err->message : orr_status_name(status));
    warn(t, orr_space_set(t->view.space, path, message, &own), &own);
    return status;
}

void orr_target_show_value(orr_target *t, const char *folder, const char *owner, const orr_param_row *row,
                           const orr_param_value *value) {
    char leaf[700];
    if (!t->view.space) return;
    (void)orr_format(leaf, sizeof leaf, "%s/%s/%s", folder, owner, row->name);
    show(t, leaf, orr_value_of_param(row, value));
}
