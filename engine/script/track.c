/* Tracks: animated properties as functions of t, keyframes or rigs. */
#include "script/private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/round.h"
#include "base/text.h"

enum { MAX_KEYS = 100000 };

/* --- making -------------------------------------------------------------------------------------- */

static orr_ease read_ease(orr_call *call, const char *label) {
    lua_State *L = call->L;
    lua_getfield(L, -1, "ease");
    const char *name = lua_isnil(L, -1) ? "linear" : lua_tostring(L, -1);
    orr_ease ease = ORR_EASE_LINEAR;
    if (name && strcmp(name, "smooth") == 0)
        ease = ORR_EASE_SMOOTH;
    else if (name && strcmp(name, "step") == 0)
        ease = ORR_EASE_STEP;
    else if (!name || strcmp(name, "linear") != 0)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: ease is 'linear', 'smooth' or 'step', not '%s'", label,
                      name ? name : luaL_typename(L, -1));
    lua_pop(L, 1);
    return ease;
}

/* { t = seconds, v = value, ease = "smooth" } on top of the stack. */
static void read_key(orr_call *call, orr_script_track *track, uint32_t i) {
    static const char *const names[] = {"t", "v", "ease", NULL};
    lua_State *L = call->L;
    if (!lua_istable(L, -1))
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: keyframe %u is not a table { t = …, v = … }", track->label,
                      i + 1);
    orr_bind_check_keys(call, lua_gettop(L), "a keyframe", names);
    orr_key *key = &track->keys[i];
    lua_getfield(L, -1, "t");
    if (lua_type(L, -1) != LUA_TNUMBER)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: keyframe %u needs t, in seconds", track->label, i + 1);
    key->t_s = lua_tonumber(L, -1);
    lua_pop(L, 1);
    if (!isfinite(key->t_s) || (i && !(key->t_s > key[-1].t_s)))
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: keyframes come in order of t; number %u does not",
                      track->label, i + 1);
    key->ease = read_ease(call, track->label);
    lua_getfield(L, -1, "v");
    orr_error err = {0};
    if (orr_bind_value(L, lua_gettop(L), &track->rule, &key->value, &err) != ORR_OK)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: keyframe %u: %s", track->label, i + 1, err.message);
    lua_pop(L, 1);
}

static void read_keys(orr_call *call, orr_script_track *track, int index) {
    lua_State *L = call->L;
    size_t count = lua_objlen(L, index);
    if (count > MAX_KEYS)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s has %zu keyframes; %d are allowed", track->label, count,
                      MAX_KEYS);
    track->curve = ORR_CURVE_KEYS;
    track->key_count = (uint32_t)count;
    track->keys = ORR_ARENA_NEW(&call->script->arena, orr_key, count);
    if (!track->keys) orr_bind_fail(call, ORR_E_MEMORY, "no memory for keyframes");
    for (uint32_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (int)i + 1);
        read_key(call, track, i);
        lua_pop(L, 1);
    }
}

static orr_script_track *new_track(orr_call *call, const orr_param_row *rule, uint32_t row,
                                   const char *label) {
    if (rule->type == ORR_PARAM_STRING || rule->type == ORR_PARAM_ASSET)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s is a %s, which cannot be animated", label,
                      orr_param_type_name(rule->type));
    if (rule->rebuild != ORR_REBUILD_VALUE)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s decides how the frame graph is built, so it cannot be animated",
                      label);
    orr_arena *arena = &call->script->arena;
    orr_script_track *track = ORR_ARENA_NEW(arena, orr_script_track, 1);
    char where[300];
    orr_bind_where(call->L, where, sizeof where);
    if (track) track->label = orr_arena_strdup(arena, label);
    if (track) track->where = orr_arena_strdup(arena, where);
    if (!track || !track->label || !track->where)
        orr_bind_fail(call, ORR_E_MEMORY, "no memory for %s", label);
    track->rule = *rule;
    track->row = row;
    track->track.param = rule->name;
    return track;
}

orr_script_track *orr_track_of_rig(orr_call *call, int index, orr_curve curve, const orr_param_row *rule,
                                   uint32_t row, const char *label) {
    orr_script_track *track = new_track(call, rule, row, label);
    track->curve = curve;
    track->rig = *(orr_rig *const *)orr_bind_object(call->L, index, &orr_class_rig);
    lua_pushvalue(call->L, index);
    track->rig_reference = luaL_ref(call->L, LUA_REGISTRYINDEX);
    return track;
}

orr_script_track *orr_track_new(orr_call *call, int index, const orr_param_row *rule, uint32_t row,
                                const char *label) {
    if (orr_bind_object(call->L, index, &orr_class_rig))
        return orr_track_of_rig(call, index, ORR_CURVE_RIG_POSITION, rule, row, label);
    orr_script_track *track = new_track(call, rule, row, label);
    if (lua_isfunction(call->L, index)) {
        lua_pushvalue(call->L, index);
        track->curve = ORR_CURVE_FUNCTION;
        track->function = luaL_ref(call->L, LUA_REGISTRYINDEX);
    } else {
        read_keys(call, track, index);
    }
    return track;
}

/* --- evaluating ---------------------------------------------------------------------------------- */

/* x, y, z as three results are as good as a table of them. */
static void gather_results(lua_State *L, int base, uint32_t count) {
    int results = lua_gettop(L) - base;
    if (count < 2 || results != (int)count) {
        lua_settop(L, base + 1);
        return;
    }
    lua_createtable(L, results, 0);
    lua_insert(L, base + 1);
    for (int i = results; i > 0; i--) lua_rawseti(L, base + 1, i);
}

static orr_status call_function(orr_script *script, const orr_script_track *track, double t_s,
                                orr_param_value *value, orr_error *err) {
    lua_State *L = script->at;
    int base = lua_gettop(L);
    if (!lua_checkstack(L, 40)) return orr_fail(err, ORR_E_MEMORY, NULL, "no room on the script's stack");
    lua_rawgeti(L, LUA_REGISTRYINDEX, track->function);
    lua_pushnumber(L, t_s);
    orr_status status = orr_script_call(script, 1, LUA_MULTRET, err);
    if (status != ORR_OK) return status;
    gather_results(L, base, orr_param_components(track->rule.type));
    orr_param_row loose = track->rule; /* rounded first, then checked: 1 + 1e-17 is 1 */
    loose.min = loose.max = NULL;
    status = orr_bind_value(L, base + 1, &loose, value, err);
    if (value->text) value->text = NULL;
    lua_settop(L, base);
    return status;
}

static void mix_quat(const orr_param_value *a, const orr_param_value *b, double u, orr_param_value *out) {
    double dot = 0, length = 0; /* normalised linear interpolation: no libm but sqrt */
    for (int i = 0; i < 4; i++) dot += a->number[i] * b->number[i];
    for (int i = 0; i < 4; i++) {
        out->number[i] = a->number[i] * (1 - u) + (dot < 0 ? -b->number[i] : b->number[i]) * u;
        length += out->number[i] * out->number[i];
    }
    for (int i = 0; i < 4 && length > 0; i++) out->number[i] /= sqrt(length);
}

static void mix_keys(const orr_script_track *track, const orr_key *a, const orr_key *b, double u,
                     orr_param_value *out) {
    const orr_param_row *rule = &track->rule;
    bool step = a->ease == ORR_EASE_STEP || rule->interp == ORR_INTERP_STEP || rule->type == ORR_PARAM_BOOL ||
                rule->type == ORR_PARAM_ENUM;
    *out = a->value;
    if (step) return;
    if (a->ease == ORR_EASE_SMOOTH) u = u * u * (3 - 2 * u);
    if (rule->type == ORR_PARAM_QUAT) {
        mix_quat(&a->value, &b->value, u, out);
        return;
    }
    for (uint32_t i = 0; i < orr_param_components(rule->type); i++) {
        double from = a->value.number[i], to = b->value.number[i];
        if (rule->interp == ORR_INTERP_LOG && from > 0 && to > 0)
            out->number[i] = from * orr_exp2_40(u * orr_log2_40(to / from));
        else
            out->number[i] = from * (1 - u) + to * u;
        if (rule->type == ORR_PARAM_I32 || rule->type == ORR_PARAM_U32)
            out->number[i] = floor(out->number[i]);
    }
}

static void evaluate_keys(const orr_script_track *track, double t_s, orr_param_value *value) {
    const orr_key *keys = track->keys;
    uint32_t low = 0, high = track->key_count - 1;
    if (t_s <= keys[0].t_s || t_s >= keys[high].t_s) {
        *value = keys[t_s <= keys[0].t_s ? 0 : high].value;
        return;
    }
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (keys[middle].t_s <= t_s)
            low = middle;
        else
            high = middle;
    }
    mix_keys(track, &keys[low], &keys[high], (t_s - keys[low].t_s) / (keys[high].t_s - keys[low].t_s), value);
}

orr_status orr_track_evaluate(orr_script *script, const orr_script_track *track, double t_s,
                              orr_param_value *value, orr_error *err) {
    orr_status status = ORR_OK;
    memset(value, 0, sizeof *value);
    value->type = track->rule.type;
    switch (track->curve) {
    case ORR_CURVE_FUNCTION:
        status = call_function(script, track, t_s, value, err);
        break;
    case ORR_CURVE_KEYS:
        evaluate_keys(track, t_s, value);
        break;
    case ORR_CURVE_RIG_POSITION:
        orr_rig_position(track->rig, t_s, value->number);
        break;
    case ORR_CURVE_RIG_LOOK_AT:
        orr_rig_look_at(track->rig, t_s, value->number);
        break;
    case ORR_CURVE_RIG_ROLL:
        value->number[0] = orr_rig_roll_deg(track->rig, t_s);
    }
    for (uint32_t i = 0; status == ORR_OK && i < orr_param_components(track->rule.type); i++)
        value->number[i] = orr_round40(value->number[i]);
    if (status == ORR_OK) status = orr_param_check(&track->rule, value, err);
    if (status == ORR_OK) return status;
    orr_error_prefix(err, "%s: %s at t = %g s", track->where, track->label, t_s);
    bool keep = status == ORR_E_SCRIPT_TIMEOUT || status == ORR_E_MEMORY;
    if (err && !keep) err->code = ORR_E_SCRIPT;
    return keep ? status : ORR_E_SCRIPT;
}

orr_status orr_track_check_pure(orr_script *script, const orr_script_track *track, double t_s,
                                orr_error *err) {
    orr_param_value first, again;
    orr_status status = orr_track_evaluate(script, track, t_s, &first, err);
    if (status == ORR_OK) status = orr_track_evaluate(script, track, t_s, &again, err);
    if (status != ORR_OK || orr_param_equal(&first, &again)) return status;
    return orr_fail(
        err, ORR_E_SCRIPT, NULL,
        "%s: %s gave two different values for one t (%g s): a function of time must depend on t alone",
        track->where, track->label, t_s);
}

orr_status orr_scene_settle(orr_script *script, orr_script_scene *scene, orr_error *err) {
    for (const orr_script_track *track = scene->tracks; track; track = track->next) {
        orr_param_value value;
        orr_status status = orr_track_evaluate(script, track, 0, &value, err);
        if (status == ORR_OK) status = orr_node_set(scene->scene, track->track.node, track->row, &value, err);
        if (status != ORR_OK) return status;
    }
    return ORR_OK;
}
