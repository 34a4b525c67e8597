/* What a script came to, as a message: its parameters, its check, and the sequence with its settings and
 * tracks. What the one half writes the other reads, and makes again through the functions that a script in
 * this process calls. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/gizmos.h"
#include "render/target.h"
#include "script/remote.h"

static orr_status no_memory(orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for what the script's process sent");
}

/* --- parameters ---------------------------------------------------------------------------------- */

static void put_params(const orr_script *script, orr_text *out) {
    orr_wire_put_u32(out, script->declared_count);
    for (uint32_t i = 0; i < script->declared_count; i++) {
        const orr_param_row *row = &script->rows[i];
        const orr_script_param *declared = &script->declared[i];
        const char *const texts[] = {row->name, row->doc,     row->def,        row->min,
                                     row->max,  row->choices, declared->preset};
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++) orr_wire_put_text(out, texts[t]);
        orr_wire_put_u32(out, row->type);
        orr_wire_put_u32(out, row->flags & ORR_PARAM_REQUIRED ? 1 : 0);
        orr_wire_put_u32(out, declared->source);
        /* --help leaves what is required without a value */
        bool has_value = orr_param_check(row, &declared->value, NULL) == ORR_OK;
        orr_wire_put_u32(out, has_value);
        if (has_value) orr_wire_put_value(out, row, &declared->value);
    }
}

static void get_param(orr_wire_reader *reader, orr_param_row *row, orr_script_param *declared) {
    row->name = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    row->doc = orr_wire_get_text(reader, ORR_WIRE_MAX_TEXT);
    const char **const texts[] = {&row->def, &row->min, &row->max, &row->choices, &declared->preset};
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
        *texts[t] = orr_wire_get_text_or_null(reader, ORR_WIRE_MAX_TEXT);
    row->type = (orr_param_type)orr_wire_get_index(reader, ORR_PARAM_ASSET + 1, "types");
    row->flags = ORR_PARAM_CPU | (orr_wire_get_bool(reader) ? ORR_PARAM_REQUIRED : 0);
    declared->source = (orr_value_source)orr_wire_get_index(reader, ORR_FROM_CLI + 1, "sources");
    declared->value = (orr_param_value){.type = row->type, .text = ""};
}

static orr_status get_params(orr_script *script, orr_wire_reader *reader, orr_error *err) {
    uint32_t count = orr_wire_get_count(reader, ORR_REMOTE_MAX_LIST, 44, "parameters");
    script->rows = ORR_ARENA_NEW(&script->arena, orr_param_row, count + 1);
    script->declared = ORR_ARENA_NEW(&script->arena, orr_script_param, count + 1);
    if (!script->rows || !script->declared) return no_memory(err);
    for (uint32_t i = 0; i < count && !reader->wrong; i++) {
        orr_error wrong = {0};
        get_param(reader, &script->rows[i], &script->declared[i]);
        /* the whole table so far: of this row, and that no other has its name */
        const orr_param_table table = {script->rows, i + 1, (uint32_t)sizeof(orr_param_row), "the script"};
        if (!reader->wrong && orr_param_table_check(&table, 0, &wrong) != ORR_OK)
            orr_wire_wrong(reader, "a parameter that cannot be: %s", wrong.message);
        if (orr_wire_get_bool(reader))
            orr_wire_get_value(reader, &script->rows[i], &script->declared[i].value);
        script->table = table;
        script->declared_count = i + 1;
    }
    return ORR_OK;
}

/* --- what it is checked by ----------------------------------------------------------------------- */

static void put_tolerance(const orr_check_tolerance *t, orr_text *out) {
    const bool flags[] = {t->given, t->exact, t->ignored};
    const double bounds[] = {t->flip, t->max, t->psnr_db, t->ssim, t->ulp, t->differing};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) orr_wire_put_u32(out, flags[i]);
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) orr_wire_put_f64(out, bounds[i]);
}

static void get_tolerance(orr_wire_reader *reader, orr_check_tolerance *t) {
    bool *const flags[] = {&t->given, &t->exact, &t->ignored};
    double *const bounds[] = {&t->flip, &t->max, &t->psnr_db, &t->ssim, &t->ulp, &t->differing};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) *flags[i] = orr_wire_get_bool(reader);
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        *bounds[i] = orr_wire_get_number(reader, -1, 1e30);
}

static void put_check(const orr_check_spec *spec, orr_text *out) {
    orr_wire_put_u32(out, spec->frame_count);
    for (uint32_t i = 0; i < spec->frame_count; i++) orr_wire_put_f64(out, (double)spec->frames[i]);
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) {
        orr_wire_put_u32(out, spec->aovs[aov]);
        put_tolerance(&spec->tolerances[aov], out);
    }
    orr_wire_put_text(out, spec->golden);
    orr_wire_put_u32(out, spec->width);
    orr_wire_put_u32(out, spec->height);
    orr_wire_put_u32(out, spec->samples);
    orr_wire_put_f64(out, spec->timeout_s);
    orr_wire_put_f64(out, spec->memory_mib);
    orr_wire_put_u32(out, spec->tag_count);
    for (uint32_t i = 0; i < spec->tag_count; i++) orr_wire_put_text(out, spec->tags[i]);
    orr_wire_put_u32(out, spec->mutation_count);
    for (uint32_t i = 0; i < spec->mutation_count; i++) {
        const orr_check_mutation *m = &spec->mutations[i];
        const char *const texts[] = {m->name, m->file, m->find, m->replace};
        for (int t = 0; t < 4; t++) orr_wire_put_text(out, texts[t]);
    }
    orr_wire_put_u32(out, spec->budget_count);
    for (uint32_t i = 0; i < spec->budget_count; i++) {
        orr_wire_put_text(out, spec->budgets[i].name);
        orr_wire_put_f64(out, spec->budgets[i].limit);
    }
    orr_wire_put_u32(out, spec->data_count);
    for (uint32_t i = 0; i < spec->data_count; i++) {
        orr_wire_put_text(out, spec->data[i].parameter);
        orr_wire_put_text(out, spec->data[i].file);
    }
    orr_wire_put_u32(out, spec->data_missing);
    orr_wire_put_u32(out, spec->expect != NULL);
}

/* `frames`: their count is known to be there. */
static void get_frames(orr_wire_reader *reader, orr_check_spec *spec, int64_t *frames) {
    for (uint32_t i = 0; i < spec->frame_count; i++) {
        double frame = orr_wire_get_number(reader, -1e7, 1e7);
        if (frame - floor(frame) != 0) orr_wire_wrong(reader, "frame %g", frame);
        frames[i] = (int64_t)frame;
    }
    spec->frames = spec->frame_count ? frames : NULL;
}

bool orr_path_leaves(const char *path) {
    return path[0] == '/' || strpbrk(path, "\\:") || orr_path_has_parent(path);
}

static const char *get_inside(orr_wire_reader *reader) {
    const char *path = orr_wire_get_text_or_null(reader, ORR_WIRE_MAX_NAME);
    bool leaves = path && orr_path_leaves(path);
    if (leaves) orr_wire_wrong(reader, "a path that leaves the bundle: '%.200s'", path);
    return leaves ? NULL : path;
}

static void *make_list(orr_wire_reader *reader, uint32_t *count, size_t item_bytes, size_t size,
                       const char *what) {
    *count = orr_wire_get_count(reader, ORR_REMOTE_MAX_LIST, item_bytes, what);
    void *list = orr_arena_alloc(reader->arena, *count + 1, size);
    if (!list) {
        orr_wire_wrong(reader, "more %s than there is memory for", what);
        *count = 0;
    }
    return list;
}

static void get_lists(orr_wire_reader *reader, orr_check_spec *spec) {
    const char **tags = make_list(reader, &spec->tag_count, 4, sizeof *tags, "tags");
    for (uint32_t i = 0; i < spec->tag_count; i++) tags[i] = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    orr_check_mutation *mutations =
        make_list(reader, &spec->mutation_count, 16, sizeof *mutations, "planted faults");
    for (uint32_t i = 0; i < spec->mutation_count; i++) {
        const char **const texts[] = {&mutations[i].name, &mutations[i].file, &mutations[i].find,
                                      &mutations[i].replace};
        for (int t = 0; t < 4; t++) *texts[t] = orr_wire_get_lines(reader, ORR_WIRE_MAX_TEXT);
    }
    orr_check_budget *budgets = make_list(reader, &spec->budget_count, 12, sizeof *budgets, "budgets");
    for (uint32_t i = 0; i < spec->budget_count; i++) {
        budgets[i].name = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
        budgets[i].limit = orr_wire_get_number(reader, 0, 1e9);
    }
    orr_check_data *data = make_list(reader, &spec->data_count, 8, sizeof *data, "files of test data");
    for (uint32_t i = 0; i < spec->data_count; i++) {
        data[i].parameter = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
        data[i].file = get_inside(reader);
    }
    spec->tags = tags;
    spec->mutations = mutations;
    spec->budgets = budgets;
    spec->data = data;
}

static orr_status get_check(orr_script *script, orr_wire_reader *reader, orr_error *err) {
    script->check = ORR_ARENA_NEW(&script->arena, orr_script_check_state, 1);
    if (!script->check) return no_memory(err);
    orr_check_spec *spec = &script->check->spec;
    int64_t *frames = make_list(reader, &spec->frame_count, 8, sizeof *frames, "frames");
    get_frames(reader, spec, frames);
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) {
        spec->aovs[aov] = orr_wire_get_bool(reader);
        get_tolerance(reader, &spec->tolerances[aov]);
    }
    spec->golden = get_inside(reader);
    spec->width = orr_wire_get_index(reader, 65537, "pixels");
    spec->height = orr_wire_get_index(reader, 65537, "pixels");
    spec->samples = orr_wire_get_index(reader, 65537, "samples");
    spec->timeout_s = orr_wire_get_number(reader, 0, 86400);
    spec->memory_mib = orr_wire_get_number(reader, 0, 1048576);
    get_lists(reader, spec);
    spec->data_missing = orr_wire_get_bool(reader);
    if (orr_wire_get_bool(reader)) {
        spec->expect = orr_remote_expect;
        spec->expect_context = script;
    }
    return ORR_OK;
}

/* --- settings: what is not the default, enabled modules first ------------------------------------ */

static bool is_changed(const orr_effect_settings *e) {
    bool changed = e->enabled_by != ORR_FROM_DEFAULT;
    for (uint32_t i = 0; i < e->effect->table.count; i++) changed |= e->sources[i] != ORR_FROM_DEFAULT;
    return changed;
}

static void put_effect(const orr_effect_settings *e, orr_text *out) {
    uint32_t changed = 0;
    for (uint32_t i = 0; i < e->effect->table.count; i++) changed += e->sources[i] != ORR_FROM_DEFAULT;
    orr_wire_put_text(out, e->effect->module.name);
    orr_wire_put_u32(out, e->enabled_by);
    orr_wire_put_u32(out, e->enabled);
    orr_wire_put_u32(out, changed);
    for (uint32_t i = 0; i < e->effect->table.count; i++) {
        orr_param_row row;
        if (e->sources[i] == ORR_FROM_DEFAULT) continue;
        orr_param_row_get(&e->effect->table, i, &row);
        bool has_value = orr_param_check(&row, &e->values[i], NULL) == ORR_OK;
        orr_wire_put_text(out, row.name);
        orr_wire_put_u32(out, e->sources[i]);
        orr_wire_put_u32(out, e->animated[i]);
        orr_wire_put_u32(out, has_value);
        if (has_value) orr_wire_put_value(out, &row, &e->values[i]);
    }
}

static void put_settings(const orr_settings *settings, orr_text *out) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < settings->effect_count; i++) count += is_changed(&settings->effects[i]);
    orr_wire_put_u32(out, count);
    for (int enabled = 1; enabled >= 0; enabled--)
        for (uint32_t i = 0; i < settings->effect_count; i++)
            if (settings->effects[i].enabled == (enabled != 0) && is_changed(&settings->effects[i]))
                put_effect(&settings->effects[i], out);
}

/* The row of a module's parameter, named next in the message; NULL when it is wrong. */
static const orr_effect *get_row(const orr_script *script, orr_wire_reader *reader, const char *module,
                                 uint32_t *index, orr_param_row *row) {
    const orr_modules *modules = orr_engine_modules(script->engine);
    const char *name = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    int32_t at = orr_modules_find(modules, module);
    const orr_effect *effect = at < 0 ? NULL : orr_modules_get(modules, (uint32_t)at);
    int32_t found = effect ? orr_param_find(&effect->table, name) : -1;
    if (found < 0) {
        orr_wire_wrong(reader, "a value of '%.80s.%.80s', which is no parameter here", module, name);
        return NULL;
    }
    *index = (uint32_t)found;
    orr_param_row_get(&effect->table, *index, row);
    return effect;
}

static void get_setting(const orr_script *script, orr_settings *settings, orr_wire_reader *reader,
                        const char *module) {
    orr_param_row row;
    orr_param_value value;
    uint32_t index = 0;
    orr_error wrong = {0};
    orr_status status = ORR_OK;
    if (!get_row(script, reader, module, &index, &row)) return;
    orr_value_source source =
        (orr_value_source)orr_wire_get_index(reader, ORR_FROM_SCRIPT + 1, "sources of a script");
    bool animated = orr_wire_get_bool(reader), has_value = orr_wire_get_bool(reader);
    if (has_value) orr_wire_get_value(reader, &row, &value);
    if (reader->wrong) return;
    if (has_value) status = orr_settings_set(settings, module, row.name, &value, source, &wrong);
    if (animated && status == ORR_OK)
        status = orr_settings_animate(settings, module, row.name, source, &wrong);
    if (status != ORR_OK) orr_wire_wrong(reader, "a setting that cannot be: %s", wrong.message);
}

static void get_effect(const orr_script *script, orr_settings *settings, orr_wire_reader *reader) {
    orr_error wrong = {0};
    const char *module = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    orr_value_source by =
        (orr_value_source)orr_wire_get_index(reader, ORR_FROM_SCRIPT + 1, "sources of a script");
    bool enabled = orr_wire_get_bool(reader);
    if (!reader->wrong && by != ORR_FROM_DEFAULT &&
        orr_settings_enable(settings, module, enabled, by, &wrong) != ORR_OK)
        orr_wire_wrong(reader, "a module that cannot be on or off: %s", wrong.message);
    uint32_t count = orr_wire_get_count(reader, ORR_REMOTE_MAX_LIST, 16, "settings");
    for (uint32_t i = 0; i < count && !reader->wrong; i++) get_setting(script, settings, reader, module);
}

/* --- tracks -------------------------------------------------------------------------------------- */

static void put_tracks(const orr_world *world, const orr_script_sequence_object *object, orr_text *out) {
    orr_wire_put_u32(out, object->sequence.track_count);
    for (uint32_t i = 0; i < object->sequence.track_count; i++) {
        const orr_script_track *track = object->tracks[i];
        bool of_node = track->track.node.id != 0;
        orr_wire_put_u32(out, of_node ? orr_world_place(world, track->track.node) + 1 : 0);
        if (of_node) orr_wire_put_u32(out, track->row);
        if (!of_node) orr_wire_put_text(out, track->track.module);
        if (!of_node) orr_wire_put_text(out, track->track.param);
        orr_wire_put_text(out, track->label);
        orr_wire_put_text(out, track->where);
    }
}

static void get_track_of_node(const orr_world *world, orr_wire_reader *reader, uint32_t place,
                              orr_script_track *track) {
    orr_node_parts parts;
    if (orr_node_look(world->scene->scene, world->nodes[place], &parts, NULL) != ORR_OK) return;
    const orr_param_table *table = orr_node_table(parts.kind);
    track->row = orr_wire_get_index(reader, table->count, "properties");
    orr_param_row_get(table, track->row, &track->rule);
    track->track.node = world->nodes[place];
}

/* Evaluated over there: `function` is its number in what comes back. */
static void get_track(const orr_world *world, orr_wire_reader *reader, uint32_t i, orr_script_track *track) {
    uint32_t place = orr_wire_get_index(reader, world->node_count + 1, "nodes");
    if (reader->wrong) return;
    if (place) {
        get_track_of_node(world, reader, place - 1, track);
    } else {
        const char *module = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
        const orr_effect *effect = get_row(world->script, reader, module, &track->row, &track->rule);
        if (effect) track->track.module = effect->module.name;
    }
    track->track.param = track->rule.name;
    track->function = (int)i;
    track->label = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    track->where = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    if (!reader->wrong && !orr_param_components(track->rule.type))
        orr_wire_wrong(reader, "values of '%s', which is a text", track->rule.name);
    if (!reader->wrong && track->rule.rebuild != ORR_REBUILD_VALUE)
        orr_wire_wrong(reader, "values of '%s', which cannot be animated", track->rule.name);
}

static orr_status get_tracks(orr_world *world, orr_script_sequence_object *object, orr_wire_reader *reader,
                             orr_error *err) {
    uint32_t count = orr_wire_get_count(reader, ORR_REMOTE_MAX_TRACKS, 16, "animated properties");
    orr_script_track *tracks = ORR_ARENA_NEW(&world->script->arena, orr_script_track, count + 1);
    orr_script_track **module_tail = &object->module_tracks;
    if (!tracks) return no_memory(err);
    for (uint32_t i = 0; i < count && !reader->wrong; i++) {
        get_track(world, reader, i, &tracks[i]);
        if (tracks[i].track.node.id && object->module_tracks)
            orr_wire_wrong(reader, "animated properties out of order");
        orr_script_track ***tail = tracks[i].track.node.id ? &world->scene->tail : &module_tail;
        **tail = &tracks[i];
        *tail = &tracks[i].next;
    }
    world->script->remote_tracks = tracks;
    world->script->remote_track_count = count;
    return ORR_OK;
}

/* --- the sequence -------------------------------------------------------------------------------- */

static void put_shot(const orr_world *world, const orr_sequence *s, orr_text *out) {
    orr_wire_put_text(out, s->name);
    orr_wire_put_u32(out, s->width);
    orr_wire_put_u32(out, s->height);
    orr_wire_put_u32(out, s->fps_num);
    orr_wire_put_u32(out, s->fps_den);
    orr_wire_put_f64(out, (double)s->first_frame);
    orr_wire_put_f64(out, (double)s->frame_count);
    orr_wire_put_u32(out, s->samples);
    orr_wire_put_u64(out, s->seed);
    orr_wire_put_f64(out, s->light_cutoff);
    orr_wire_put_u32(out, orr_world_place(world, s->camera));
    orr_wire_put_u32(out, s->order_count);
    for (uint32_t i = 0; i < s->order_count; i++) orr_wire_put_text(out, s->order[i]);
    orr_wire_put_u32(out, s->gizmos);
    orr_wire_put_f64(out, s->gizmo_size);
}

static uint32_t get_side(orr_wire_reader *reader, uint32_t max) {
    return orr_wire_get_index(reader, max + 1, "pixels, samples or frames a second");
}

static void get_camera(const orr_world *world, orr_wire_reader *reader, orr_sequence *s) {
    uint32_t place = orr_wire_get_index(reader, world->node_count, "nodes");
    orr_node_parts parts = {0};
    if (reader->wrong) return;
    s->camera = world->nodes[place];
    if (orr_node_look(world->scene->scene, s->camera, &parts, NULL) != ORR_OK ||
        parts.kind != ORR_NODE_CAMERA)
        orr_wire_wrong(reader, "a camera that is a %s", orr_node_kind_name(parts.kind));
}

static void get_shot(const orr_world *world, orr_wire_reader *reader, orr_sequence *s) {
    s->name = orr_wire_get_text(reader, 200);
    s->width = get_side(reader, 65536);
    s->height = get_side(reader, 65536);
    s->fps_num = get_side(reader, 1000000);
    s->fps_den = get_side(reader, 1000000);
    s->first_frame = (int64_t)orr_wire_get_number(reader, INT32_MIN, INT32_MAX);
    s->frame_count = (int64_t)orr_wire_get_number(reader, 1, 1e7);
    s->samples = get_side(reader, 65536);
    s->seed = orr_wire_get_u64(reader);
    s->light_cutoff = orr_wire_get_number(reader, 0, 1);
    get_camera(world, reader, s);
    const char **order = make_list(reader, &s->order_count, 4, sizeof *order, "names of passes");
    for (uint32_t i = 0; i < s->order_count; i++) order[i] = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    s->order = order;
    s->gizmos = orr_wire_get_index(reader, ORR_GIZMO_ALL + 1, "kinds of gizmos");
    s->gizmo_size = orr_wire_get_number(reader, ORR_GIZMO_SIZE_MIN, ORR_GIZMO_SIZE_MAX);
    if (!s->width || !s->height || !s->fps_num || !s->fps_den || !s->samples)
        orr_wire_wrong(reader, "a sequence of no size, rate or samples");
    if (orr_sequence_name_fault(s->name)) orr_wire_wrong(reader, "a sequence whose name is no file's");
}

static orr_status put_sequence(const orr_script *script, orr_text *out, orr_error *err) {
    const orr_script_sequence_object *object = script->result;
    orr_world world = {.script = script->result->script, .scene = object->scene};
    orr_status status = orr_world_put(&world, out, err);
    if (status == ORR_OK && object->sequence.track_count > ORR_REMOTE_MAX_TRACKS)
        status =
            orr_fail(err, ORR_E_LIMIT, NULL, "%u properties are animated; a bundle's script may animate %d",
                     object->sequence.track_count, ORR_REMOTE_MAX_TRACKS);
    if (status == ORR_OK) {
        put_shot(&world, &object->sequence, out);
        put_settings(object->settings, out);
        put_tracks(&world, object, out);
    }
    orr_world_free(&world);
    return status;
}

static orr_status get_sequence(orr_world *world, orr_script_sequence_object *object, orr_wire_reader *reader,
                               orr_error *err) {
    orr_script *script = world->script;
    orr_sequence *s = &object->sequence;
    orr_status status = orr_world_get(world, reader, err);
    if (status == ORR_OK && !reader->wrong)
        status = orr_settings_create(orr_engine_modules(script->engine), &object->settings, err);
    if (status != ORR_OK || reader->wrong) return status;
    get_shot(world, reader, s);
    uint32_t count = orr_wire_get_count(reader, ORR_REMOTE_MAX_LIST, 16, "modules");
    for (uint32_t i = 0; i < count && !reader->wrong; i++) get_effect(script, object->settings, reader);
    orr_error wrong = {0};
    if (!reader->wrong && orr_order_check(object->settings, s->order, s->order_count, &wrong) != ORR_OK)
        orr_wire_wrong(reader, "an order of passes that cannot be: %s", wrong.message);
    object->scene = world->scene;
    s->scene = world->scene->scene;
    s->evaluate = orr_remote_evaluate;
    s->context = object;
    return get_tracks(world, object, reader, err);
}

static orr_status get_result(orr_script *script, orr_wire_reader *reader, orr_error *err) {
    orr_script_sequence_object *object = ORR_ARENA_NEW(&script->arena, orr_script_sequence_object, 1);
    orr_world world = {.script = script};
    if (!object) return no_memory(err);
    object->script = script;
    script->sequences = object;
    orr_status status = get_sequence(&world, object, reader, err);
    orr_world_free(&world);
    if (status == ORR_OK && !reader->wrong) script->result = object;
    return status;
}

/* --- what it read: Lua and presets; assets are read here ------------------------------------------ */

static bool is_read_there(orr_read_kind kind) {
    return kind == ORR_READ_SCRIPT || kind == ORR_READ_PRESET;
}

static orr_status put_reads(const orr_script *script, orr_text *out, orr_error *err) {
    const orr_read *list = NULL;
    uint32_t count = 0, sent = 0;
    orr_status status = orr_reads_list(orr_engine_reads(script->engine), &list, &count, err);
    for (uint32_t i = 0; i < count && status == ORR_OK; i++) sent += is_read_there(list[i].kind);
    orr_wire_put_u32(out, sent);
    for (uint32_t i = 0; i < count && status == ORR_OK; i++) {
        if (!is_read_there(list[i].kind)) continue;
        orr_wire_put_u32(out, (uint32_t)list[i].kind);
        orr_wire_put_text(out, list[i].asked);
        orr_wire_put_text(out, list[i].path);
        orr_wire_put_text(out, list[i].under);
    }
    return status;
}

/* Names are believed as far as the bundle has such a file: its bytes are read here. */
static void get_reads(orr_script *script, orr_wire_reader *reader) {
    enum { MAX_BYTES = 16 << 20 };
    uint32_t count = orr_wire_get_count(reader, ORR_REMOTE_MAX_LIST, 16, "files");
    for (uint32_t i = 0; i < count && !reader->wrong; i++) {
        orr_read_kind kind = (orr_read_kind)orr_wire_get_index(reader, ORR_READ_OTHER, "kind of file");
        const char *asked = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME),
                   *path = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME),
                   *under = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
        uint8_t *data = NULL;
        size_t size = 0;
        if (reader->wrong || !is_read_there(kind) ||
            orr_vfs_read(orr_engine_vfs(script->engine), path, MAX_BYTES, &data, &size, NULL) != ORR_OK)
            orr_wire_wrong(reader, "a file that it cannot have read");
        else
            orr_reads_add(orr_engine_reads(script->engine), kind, asked, path, under, data, size);
        free(data);
    }
}

/* --- all of it ----------------------------------------------------------------------------------- */

orr_status orr_result_put(orr_script *script, orr_text *out, orr_error *err) {
    orr_wire_put_text(out, script->digest_hex);
    put_params(script, out);
    orr_wire_put_u32(out, script->check != NULL);
    if (script->check) put_check(&script->check->spec, out);
    orr_status status = put_reads(script, out, err);
    orr_wire_put_u32(out, script->result != NULL);
    return status == ORR_OK && script->result ? put_sequence(script, out, err) : status;
}

orr_status orr_result_get(orr_script *script, orr_wire_reader *reader, orr_error *err) {
    const char *digest = orr_wire_get_text(reader, 64);
    if (strlen(digest) != 64 || strspn(digest, "0123456789abcdef") != 64)
        orr_wire_wrong(reader, "a digest that is none");
    if (!reader->wrong) memcpy(script->digest_hex, digest, 65);
    orr_status status = get_params(script, reader, err);
    if (status == ORR_OK && orr_wire_get_bool(reader)) status = get_check(script, reader, err);
    if (status == ORR_OK) get_reads(script, reader);
    if (status == ORR_OK && orr_wire_get_bool(reader)) status = get_result(script, reader, err);
    return status;
}
