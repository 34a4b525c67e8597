/* orrery.sequence and orrery.render: what a script returns, and rendering it from inside a script. */
#include "check/judge.h"
#include "script/private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "render/gizmos.h"
#include "render/target.h"

const orr_lua_class orr_class_sequence = {"sequence",
                                          "A shot: scene, camera, size, time, and the effects on it.",
                                          sizeof(orr_lua_sequence), NULL, NULL};

/* --- what the script says ------------------------------------------------------------------------ */

/* {a, b} of whole numbers above 0, or one number and `b` as given. */
static void read_pair(orr_call *call, const char *name, uint32_t max, uint32_t *a, uint32_t *b) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, name);
    if (!index) return;
    double v[2] = {0, *b};
    if (lua_type(L, index) == LUA_TNUMBER) {
        v[0] = lua_tonumber(L, index);
    } else if (lua_istable(L, index) && lua_objlen(L, index) == 2) {
        for (int i = 0; i < 2; i++) {
            lua_rawgeti(L, index, i + 1);
            v[i] = lua_tonumber(L, -1);
            lua_pop(L, 1);
        }
    }
    for (int i = 0; i < 2; i++)
        if (!(v[i] >= 1 && v[i] <= max) || v[i] - floor(v[i]) != 0)
            orr_bind_fail(call, ORR_E_SCRIPT, "%s: '%s' takes whole numbers from 1 to %u: %s",
                          call->row->name, name, max,
                          strcmp(name, "fps") == 0 ? "24, or {24000, 1001}" : "{640, 360}");
    *a = (uint32_t)v[0];
    *b = (uint32_t)v[1];
}

static void read_time(orr_call *call, orr_sequence *sequence) {
    sequence->fps_num = 24;
    sequence->fps_den = 1;
    read_pair(call, "fps", 1000000, &sequence->fps_num, &sequence->fps_den);
    sequence->first_frame = (int64_t)orr_call_number(call, "first_frame");
    bool frames = orr_call_given(call, "frames"), duration = orr_call_given(call, "duration_s");
    if (frames && duration)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence takes frames or duration_s, not both");
    double count = orr_call_number(call, "frames");
    if (duration) count = rint(orr_call_number(call, "duration_s") * sequence->fps_num / sequence->fps_den);
    if (!(count >= 1 && count <= 1e7))
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: %g frames; 1 to 10000000 are possible", count);
    sequence->frame_count = (int64_t)count;
}

char orr_sequence_name_fault(const char *name) {
    for (; *name; name++)
        if (strchr("/\\:*?\"<>|#%", *name) || (unsigned char)*name < 32) return *name;
    return '\0';
}

static void read_name(orr_call *call, orr_sequence *sequence) {
    const char *name = orr_call_text(call, "name");
    char fault = orr_sequence_name_fault(name);
    if (fault)
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "orrery.sequence: the name '%s' is used for files, so it cannot have '%c'", name,
                      fault);
    sequence->name = orr_arena_strdup(&call->script->arena, name);
    if (!sequence->name) orr_bind_fail(call, ORR_E_MEMORY, "no memory for a sequence");
}

/* --- modules ------------------------------------------------------------------------------------- */

static bool is_keyframes(lua_State *L, int index) {
    if (!lua_istable(L, index)) return false;
    lua_rawgeti(L, index, 1);
    bool keys = lua_istable(L, -1);
    lua_pop(L, 1);
    return keys;
}

/* One `param = value` of a module; the value is on top of the stack. */
static void set_param(orr_call *call, orr_script_sequence_object *object, const orr_effect *effect,
                      const char *name) {
    lua_State *L = call->L;
    orr_error err = {0};
    int32_t at = orr_param_find(&effect->table, name);
    if (at < 0) {
        orr_param_unknown(&effect->table, name, &err);
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: modules: %s", err.message);
    }
    orr_param_row row;
    orr_param_value value;
    orr_param_row_get(&effect->table, (uint32_t)at, &row);
    int index = lua_gettop(L);
    if (lua_isfunction(L, index) || is_keyframes(L, index)) {
        char label[200];
        orr_format(label, sizeof label, "%s.%s", effect->module.name, row.name);
        orr_script_track *track = orr_track_new(call, index, &row, (uint32_t)at, label);
        track->track.module = effect->module.name;
        track->next = object->module_tracks;
        object->module_tracks = track;
        if (orr_settings_animate(object->settings, effect->module.name, row.name, ORR_FROM_SCRIPT, &err) !=
            ORR_OK)
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: modules.%s: %s", effect->module.name,
                          err.message);
        return;
    }
    if (orr_bind_value(L, index, &row, &value, &err) != ORR_OK ||
        orr_settings_set(object->settings, effect->module.name, row.name, &value, ORR_FROM_SCRIPT, &err) !=
            ORR_OK)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: modules.%s: %s", effect->module.name,
                      err.message);
}

/* One `module = {…}`, `module = true` or `module = false`; the value is on top of the stack. Naming one
 * enables it. */
static void set_module(orr_call *call, orr_script_sequence_object *object, const char *name) {
    lua_State *L = call->L;
    orr_modules *modules = orr_engine_modules(call->script->engine);
    int32_t at = orr_modules_find(modules, name);
    if (at < 0) {
        orr_error err = {0};
        (void)orr_modules_unknown(modules, name, &err);
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: %s", err.message);
    }
    bool off = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
    if (!lua_isboolean(L, -1) && !lua_istable(L, -1))
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: modules.%s is { parameters }, true or false",
                      name);
    orr_error err = {0};
    if (orr_settings_enable(object->settings, name, !off, ORR_FROM_SCRIPT, &err) != ORR_OK)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: modules.%s: %s", name, err.message);
    if (!lua_istable(L, -1)) return;
    int table = lua_gettop(L), count = orr_bind_sorted_keys(L, table);
    for (int k = 1; k <= count; k++) {
        lua_rawgeti(L, table + 1, k);
        if (lua_type(L, -1) != LUA_TSTRING)
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: modules.%s is written { name = value }",
                          name);
        lua_getfield(L, table, lua_tostring(L, -1));
        set_param(call, object, orr_modules_get(modules, (uint32_t)at), lua_tostring(L, -2));
        lua_settop(L, table + 1);
    }
    lua_pop(L, 1);
}

static void read_modules(orr_call *call, orr_script_sequence_object *object) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, "modules");
    if (!index) return;
    int count = orr_bind_sorted_keys(L, index), keys = lua_gettop(L);
    for (int k = 1; k <= count; k++) {
        lua_rawgeti(L, keys, k);
        if (lua_type(L, -1) != LUA_TSTRING)
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: modules is written { tonemap = { … } }");
        lua_getfield(L, index, lua_tostring(L, -1));
        set_module(call, object, lua_tostring(L, -2));
        lua_settop(L, keys);
    }
    lua_pop(L, 1);
}

/* A preset counts where it is named: below the modules that stand beside it. */
static void read_preset(orr_call *call, orr_script_sequence_object *object) {
    const char *name = orr_call_text(call, "preset");
    if (!name[0]) return;
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    orr_status status = orr_script_read(call->script, ORR_READ_PRESET, call->script->folder, name, 1 << 20,
                                        &data, &size, &err);
    if (status == ORR_OK)
        status =
            orr_preset_apply((const char *)data, size, name, object->settings, ORR_FROM_PRESET, NULL, &err);
    free(data);
    if (status != ORR_OK) orr_bind_fail(call, err.code, "orrery.sequence: preset: %s", err.message);
}

static void order_is_a_list(orr_call *call) {
    orr_bind_fail(call, ORR_E_SCRIPT,
                  "orrery.sequence: order is a list of names of passes: {\"grain.main\", \"vignette.main\"}");
}

static void read_order(orr_call *call, orr_script_sequence_object *object) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, "order");
    if (!index) return;
    int keys = lua_istable(L, index) ? orr_bind_sorted_keys(L, index) : -1;
    uint32_t count = keys < 0 ? 0 : (uint32_t)lua_objlen(L, index);
    if (keys != (int)count) order_is_a_list(call);
    lua_pop(L, 1);
    const char **order = ORR_ARENA_NEW(&call->script->arena, const char *, count + 1);
    if (!order) orr_bind_fail(call, ORR_E_MEMORY, "no memory for a sequence");
    for (uint32_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (int)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING) order_is_a_list(call);
        if (!(order[i] = orr_arena_strdup(&call->script->arena, lua_tostring(L, -1))))
            orr_bind_fail(call, ORR_E_MEMORY, "no memory for a sequence");
        lua_pop(L, 1);
    }
    orr_error err = {0};
    if (orr_order_check(object->settings, order, count, &err) != ORR_OK)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: %s", err.message);
    object->sequence.order = order;
    object->sequence.order_count = count;
}

/* gizmos = true, "cone,range" or { "cone", "range" }. */
static void read_gizmos(orr_call *call, orr_sequence *sequence) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, "gizmos");
    sequence->gizmo_size = orr_call_number(call, "gizmo_size");
    if (!index || lua_isboolean(L, index)) {
        sequence->gizmos = index && lua_toboolean(L, index) ? ORR_GIZMO_ALL : 0;
        return;
    }
    orr_error err = {0};
    size_t count = lua_istable(L, index) ? lua_objlen(L, index) : 1;
    for (size_t i = 1; i <= count; i++) {
        uint32_t kinds = 0;
        if (lua_istable(L, index))
            lua_rawgeti(L, index, (int)i);
        else
            lua_pushvalue(L, index);
        const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
        if (!text)
            orr_bind_fail(
                call, ORR_E_SCRIPT,
                "orrery.sequence: gizmos is true, false or a list of kinds: { \"cone\", \"range\" }");
        if (orr_gizmos_parse(text, &kinds, &err) != ORR_OK)
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: gizmos: %s", err.message);
        sequence->gizmos |= kinds;
        lua_pop(L, 1);
    }
}

/* --- sequences ----------------------------------------------------------------------------------- */

static orr_status evaluate(void *context, double t_s, orr_param_value *values, orr_error *err) {
    const orr_script_sequence_object *object = context;
    for (uint32_t i = 0; i < object->sequence.track_count; i++) {
        orr_status status = orr_track_evaluate(object->script, object->tracks[i], t_s, &values[i], err);
        if (status != ORR_OK) return status;
    }
    return ORR_OK;
}

static int sequence_new(orr_call *call) {
    orr_script *script = call->script;
    orr_lua_sequence *lua = orr_bind_new(call, &orr_class_sequence);
    orr_script_sequence_object *object = ORR_ARENA_NEW(&script->arena, orr_script_sequence_object, 1);
    if (!object) orr_bind_fail(call, ORR_E_MEMORY, "no memory for a sequence");
    lua->object = object;
    object->script = script;
    object->next = script->sequences;
    script->sequences = object;
    object->scene =
        ((orr_lua_scene *)orr_bind_object(call->L, orr_call_extra(call, "scene"), &orr_class_scene))->scene;
    const orr_lua_node *camera = orr_bind_object(call->L, orr_call_extra(call, "camera"), &orr_class_node);
    if (camera->kind != ORR_NODE_CAMERA)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: 'camera' is a %s",
                      orr_node_kind_name(camera->kind));
    if (camera->scene != object->scene)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.sequence: 'camera' is a node of another scene");
    orr_sequence *sequence = &object->sequence;
    read_name(call, sequence);
    sequence->width = 640;
    sequence->height = 360;
    read_pair(call, "size", 65536, &sequence->width, &sequence->height);
    read_time(call, sequence);
    sequence->samples = (uint32_t)orr_call_number(call, "samples");
    sequence->seed = (uint64_t)orr_call_number(call, "seed");
    sequence->light_cutoff = orr_call_number(call, "light_cutoff");
    sequence->scene = object->scene->scene;
    sequence->camera = camera->node;
    sequence->evaluate = evaluate;
    sequence->context = object;
    orr_error err = {0};
    if (orr_settings_create(orr_engine_modules(script->engine), &object->settings, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    read_preset(call, object);
    read_modules(call, object);
    read_order(call, object);
    read_gizmos(call, sequence);
    return 1;
}

/* The command line is the later word: what it set is no longer animated. */
static bool set_by_cli(const orr_settings *settings, const orr_script_track *track) {
    for (uint32_t i = 0; track->track.module && i < settings->effect_count; i++)
        if (strcmp(settings->effects[i].effect->module.name, track->track.module) == 0)
            return settings->effects[i].sources[track->row] >= ORR_FROM_CLI;
    return false;
}

static orr_status list_tracks(orr_script_sequence_object *object, orr_error *err) {
    uint32_t count = 0;
    for (const orr_script_track *t = object->scene->tracks; t; t = t->next) count++;
    for (const orr_script_track *t = object->module_tracks; t; t = t->next) count++;
    orr_track *tracks = ORR_ARENA_NEW(&object->script->arena, orr_track, count + 1);
    object->tracks = ORR_ARENA_NEW(&object->script->arena, orr_script_track *, count + 1);
    if (!tracks || !object->tracks)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u tracks", count);
    uint32_t n = 0;
    for (orr_script_track *t = object->scene->tracks; t; t = t->next) object->tracks[n++] = t;
    for (orr_script_track *t = object->module_tracks; t; t = t->next)
        if (!set_by_cli(object->settings, t)) object->tracks[n++] = t;
    for (uint32_t i = 0; i < n; i++) tracks[i] = object->tracks[i]->track;
    object->sequence.tracks = tracks;
    object->sequence.track_count = n;
    return ORR_OK;
}

static orr_status seal_settings(orr_script_sequence_object *object, orr_error *err) {
    orr_script *script = object->script;
    orr_status status = orr_overlays_apply(script->engine, script->params.overlays,
                                           script->params.overlay_count, object->settings, err);
    if (status == ORR_OK)
        status = orr_modules_build(orr_engine_modules(script->engine), object->settings, err);
    if (status == ORR_OK) orr_modules_tell(script->engine, object->settings);
    return status;
}

orr_status orr_sequence_seal(orr_script_sequence_object *object, orr_error *err) {
    orr_script *script = object->script;
    const orr_sequence *sequence = &object->sequence;
    if (object->sealed) return ORR_OK;
    /* Of a bundle's script one half is done in each process: the settings where there is a renderer… */
    orr_status status = script->cage ? ORR_OK : seal_settings(object, err);
    if (status == ORR_OK) status = list_tracks(object, err);
    if (status == ORR_OK && script->remote) {
        object->sealed = true; /* …and its functions where they can be called */
        return ORR_OK;
    }
    int64_t first = sequence->first_frame, last = first + sequence->frame_count - 1;
    for (uint32_t i = 0; status == ORR_OK && i < sequence->track_count; i++) {
        status = orr_track_check_pure(script, object->tracks[i], orr_sequence_time(sequence, first), err);
        if (status == ORR_OK)
            status = orr_track_check_pure(script, object->tracks[i], orr_sequence_time(sequence, last), err);
    }
    if (status == ORR_OK) status = orr_scene_settle(script, object->scene, err);
    object->sealed = status == ORR_OK;
    return status;
}

/* --- rendering from a script --------------------------------------------------------------------- */

static void push_report(lua_State *L, const orr_sequence_report *report) {
    lua_createtable(L, 0, 5);
    lua_pushnumber(L, report->rendered);
    lua_setfield(L, -2, "rendered");
    lua_pushnumber(L, report->skipped);
    lua_setfield(L, -2, "skipped");
    lua_pushnumber(L, report->wall_s);
    lua_setfield(L, -2, "wall_s");
    lua_pushstring(L, report->first_file);
    lua_setfield(L, -2, "first_file");
    lua_pushstring(L, report->last_file);
    lua_setfield(L, -2, "last_file");
}

static const char *text_or_null(const orr_call *call, const char *name) {
    const char *text = orr_call_text(call, name);
    return text[0] ? text : NULL;
}

/* Keeps the pixels of a frame that a script asked to see. */
typedef struct look {
    bool aovs[ORR_CHECK_AOV_COUNT];
    const char *channels[ORR_CHECK_AOV_COUNT];
    orr_lua_frame *frame;
    int index; /* of that object, on the stack */
} look;

static orr_status keep_pixels(void *context, const orr_frame_result *result, double t_s, orr_error *err) {
    look *l = context;
    orr_image images[ORR_CHECK_AOV_COUNT] = {0};
    orr_check_frame frame = {0};
    orr_status status = orr_check_capture_all(result, l->aovs, images, err);
    if (status == ORR_OK) status = orr_check_frame_make(result, t_s, images, &frame, err);
    if (status == ORR_OK) status = orr_lua_frame_fill(l->frame, &frame, err);
    orr_check_images_free(images);
    orr_check_images_free(frame.images);
    return status;
}

/* Leaves a frame object on the stack, which rendering fills. */
static void ask_for_pixels(orr_call *call, look *l, orr_sequence_options *options) {
    if (orr_call_given(call, "frames"))
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "orrery.render: 'pixels' are of one frame: give 'frame', not 'frames'");
    orr_read_aovs(call, "pixels", l->aovs);
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++)
        if (l->aovs[aov]) l->channels[options->channel_count++] = orr_check_aov_channel((orr_check_aov)aov);
    l->frame = orr_bind_new(call, &orr_class_frame);
    l->index = lua_gettop(call->L);
    options->channels = l->channels;
    options->frame = keep_pixels;
    options->frame_context = l;
}

static int render(orr_call *call) {
    orr_script *script = call->script;
    orr_script_sequence_object *object =
        ((orr_lua_sequence *)orr_bind_object(call->L, orr_call_extra(call, "sequence"), &orr_class_sequence))
            ->object;
    orr_error err = {0};
    orr_renderer *renderer = NULL;
    orr_sequence_report report = {0};
    look wanted = {0};
    orr_sequence_options options = {.out = text_or_null(call, "out"),
                                    .aovs = text_or_null(call, "aovs"),
                                    .stop = script->params.stop,
                                    .samples = (uint32_t)orr_call_number(call, "samples")};
    uint32_t size[2] = {0, 0};
    read_pair(call, "size", 65536, &size[0], &size[1]);
    options.width = size[0];
    options.height = size[1];
    int64_t frame = orr_call_given(call, "frame") ? (int64_t)orr_call_number(call, "frame")
                                                  : object->sequence.first_frame,
            *frames = NULL;
    options.frames = &frame;
    options.frame_count = 1;
    if (orr_call_extra(call, "pixels"))
        ask_for_pixels(call, &wanted, &options);
    else if (!options.out)
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "orrery.render needs 'out', the file to write, or 'pixels' to look at");
    if (options.aovs && !options.out)
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "orrery.render: 'aovs' are channels of a file: give 'out', or 'pixels'");
    orr_status status = orr_sequence_seal(object, &err);
    if (status == ORR_OK && orr_call_given(call, "frames")) {
        status = orr_frames_parse(orr_call_text(call, "frames"), object->sequence.first_frame,
                                  object->sequence.frame_count, &frames, &options.frame_count, &err);
        options.frames = frames;
    }
    orr_script_pause(script);
    if (status == ORR_OK) status = orr_engine_renderer(script->engine, &renderer, &err);
    if (status == ORR_OK)
        status = orr_sequence_render(renderer, &object->sequence, object->settings, &options, &report, &err);
    orr_script_resume(script);
    free(frames);
    if (status != ORR_OK) orr_bind_raise_data(call, &err);
    push_report(call->L, &report);
    if (wanted.frame) {
        lua_pushvalue(call->L, wanted.index);
        lua_setfield(call->L, -2, "frame");
    }
    return 1;
}

/* --- rows ---------------------------------------------------------------------------------------- */

/* clang-format off */
static const orr_param_row sequence_rows[] = {
    {.name = "name", .type = ORR_PARAM_STRING, .def = "sequence", .doc = "What files are named after"},
    {.name = "frames", .type = ORR_PARAM_U32, .def = "1", .min = "1", .max = "10000000", .doc = "How many frames; or give duration_s"},
    {.name = "duration_s", .type = ORR_PARAM_F64, .def = "0", .min = "0", .max = "1e6", .doc = "How long it is; or give frames"},
    {.name = "first_frame", .type = ORR_PARAM_I32, .def = "0", .doc = "Number of the first frame; t is frame / fps"},
    {.name = "samples", .type = ORR_PARAM_U32, .def = "16", .min = "1", .max = "65536", .doc = "Samples per pixel and frame"},
    {.name = "seed", .type = ORR_PARAM_U32, .def = "0", .doc = "Seed of all sampling"},
    {.name = "light_cutoff", .type = ORR_PARAM_F64, .def = "0.0009765625", .min = "0", .max = "1", .doc = "A local light ends where it would add less than this part of display white; 0: nowhere"},
    {.name = "preset", .type = ORR_PARAM_ASSET, .def = "", .doc = "A preset file; `modules` is the later word"},
    {.name = "gizmo_size", .type = ORR_PARAM_F64, .def = "0.08", .min = "0.005", .max = "1", .doc = "Size of the symbols of gizmos, as a part of the picture's height"},
};
static const orr_lua_extra sequence_extras[] = {
    {"scene", "scene", "What to render", true},
    {"camera", "node", "From where", true},
    {"size", "integer[]", "{width, height} in pixels; {640, 360} when not given", false},
    {"fps", "number|integer[]", "Frames a second: 24, or a ratio as {24000, 1001}; 24 when not given", false},
    {"order", "string[]", "Which of two passes of one stage comes first: {\"grain.main\", \"vignette.main\"}", false},
    {"gizmos", "boolean|string[]", "Draws the lights over the picture: true, or which kinds: " ORR_GIZMO_KINDS_DOC, false},
    {"modules", "table", "Effects: { tonemap = { operator = \"agx\" }, vignette = true, exposure = { … } }; naming one enables it, false disables it", false},
};
static const orr_param_row render_rows[] = {
    {.name = "out", .type = ORR_PARAM_STRING, .def = "", .doc = "File to write; #### becomes the frame's number"},
    {.name = "frame", .type = ORR_PARAM_I32, .def = "0", .doc = "Which frame; the first one when not given"},
    {.name = "frames", .type = ORR_PARAM_STRING, .def = "", .doc = "Or several: \"0-47,96\""},
    {.name = "samples", .type = ORR_PARAM_U32, .def = "0", .max = "65536", .doc = "0: as the sequence says"},
    {.name = "aovs", .type = ORR_PARAM_STRING, .def = "", .doc = "More channels of an EXR: \"depth,normal,albedo,id\""},
};
static const orr_lua_extra render_extras[] = {
    {"sequence", "sequence", "What to render", true},
    {"size", "integer[]", "{width, height}; the sequence's when not given", false},
    {"pixels", "string[]", "Of one frame, what the report's `frame` shows: display, beauty (nit, before exposure), albedo, N, Z, id", false},
};
/* clang-format on */
static const orr_param_table sequence_table = ORR_PARAM_TABLE(sequence_rows, "orrery.sequence"),
                             render_table = ORR_PARAM_TABLE(render_rows, "orrery.render");
static const orr_param_table *sequence_options(const orr_call *call) {
    return (void)call, &sequence_table;
}
static const orr_param_table *render_options(const orr_call *call) {
    return (void)call, &render_table;
}

static int sequence_name(orr_call *call) {
    lua_pushstring(call->L, ((orr_lua_sequence *)call->self)->object->sequence.name);
    return 1;
}
static int sequence_frames(orr_call *call) {
    lua_pushnumber(call->L, (double)((orr_lua_sequence *)call->self)->object->sequence.frame_count);
    return 1;
}

#define EXAMPLE_SCENE                                                                                        \
    "local scene = orrery.scene()\n"                                                                         \
    "scene:mesh{ shape = orrery.sphere{} }\n"                                                                \
    "scene:sun{}\nscene:environment{}\n"                                                                     \
    "local camera = scene:camera{ position_m = {0, 0, 5}, look_at_m = {0, 0, 0} }\n"

static const orr_lua_row rows[] = {
    {.name = "orrery.sequence",
     .call = sequence_new,
     .options = sequence_options,
     ORR_LUA_EXTRAS(sequence_extras),
     .doc = "A shot, which a render script returns. Parameters of modules can be functions of t and "
            "keyframes too.",
     .returns = "sequence the sequence",
     .example = EXAMPLE_SCENE "return orrery.sequence{ name = \"ball\", scene = scene, camera = camera, size "
                              "= {320, 180}, fps = 24, frames = 48,\n"
                              "  modules = { tonemap = true, vignette = { strength = 0.3 } } }"},
    {.name = "orrery.render",
     .call = render,
     .flags = ORR_LUA_HOST,
     .options = render_options,
     ORR_LUA_EXTRAS(render_extras),
     .doc = "Renders a frame, or some, to files or to look at: for `orrery run`. Gives {rendered=, skipped=, "
            "wall_s=, "
            "first_file=, last_file=, frame=}.",
     .returns = "table report",
     .example = EXAMPLE_SCENE
     "local shot = orrery.sequence{ scene = scene, camera = camera, size = {64, 36}, samples = 1 }\n"
     "local report = orrery.render{ sequence = shot, frame = 0, out = \"ball.png\", pixels = {\"beauty\"} }\n"
     "assert(report.rendered == 1)\nprint(report.frame:pixel(32, 18, \"beauty\"))"},
    {.name = "sequence.name",
     .call = sequence_name,
     .flags = ORR_LUA_FIELD,
     .doc = "Its name.",
     .returns = "string name",
     .example = EXAMPLE_SCENE
     "assert(orrery.sequence{ name = \"ball\", scene = scene, camera = camera }.name == \"ball\")"},
    {.name = "sequence.frames",
     .call = sequence_frames,
     .flags = ORR_LUA_FIELD,
     .doc = "How many frames it has.",
     .returns = "integer frames",
     .example = EXAMPLE_SCENE
     "assert(orrery.sequence{ scene = scene, camera = camera, duration_s = 2 }.frames == 48)"},
};
static const orr_lua_class *const classes[] = {&orr_class_sequence, NULL};
const orr_lua_group orr_lua_sequence_group = ORR_LUA_GROUP("Sequences", rows, classes);
