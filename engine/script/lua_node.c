/* Methods of nodes: node:set, node:bounds, node:height, and how options become properties. */
#include "script/private.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

const orr_lua_class orr_class_node = {"node", "Something in a scene.", sizeof(orr_lua_node), NULL, NULL};

/* --- properties ---------------------------------------------------------------------------------- */

static void drop_track(orr_script_scene *scene, orr_node node, uint32_t row) {
    for (orr_script_track **at = &scene->tracks; *at; at = &(*at)->next) {
        if ((*at)->track.node.id != node.id || (*at)->row != row) continue;
        if (scene->tail == &(*at)->next) scene->tail = at;
        *at = (*at)->next;
        return;
    }
}

static void add_track(orr_script_scene *scene, const orr_lua_node *node, orr_script_track *track) {
    drop_track(scene, node->node, track->row);
    track->track.node = node->node;
    *scene->tail = track;
    scene->tail = &track->next;
}

static void label_of(const orr_lua_node *node, const char *property, char *out, size_t size) {
    orr_format(out, size, "%s '%s'.%s", orr_node_kind_name(node->kind),
               orr_node_name(node->scene->scene, node->node), property);
}

static void apply_rig(orr_call *call, const orr_lua_node *node, int rig) {
    static const struct {
        const char *row;
        orr_curve curve;
    } parts[] = {{"position_m", ORR_CURVE_RIG_POSITION},
                 {"look_at_m", ORR_CURVE_RIG_LOOK_AT},
                 {"roll_deg", ORR_CURVE_RIG_ROLL}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int32_t row = orr_param_find(call->tables[0], parts[i].row);
        if (row < 0 || call->options[row].state != ORR_OPTION_ABSENT)
            continue; /* what the script says itself wins */
        orr_param_row rule;
        char label[200];
        orr_param_row_get(call->tables[0], (uint32_t)row, &rule);
        label_of(node, rule.name, label, sizeof label);
        add_track(node->scene, node,
                  orr_track_of_rig(call, rig, parts[i].curve, &rule, (uint32_t)row, label));
    }
}

void orr_node_apply(orr_call *call, const orr_lua_node *node) {
    orr_error err = {0};
    if (node->kind == ORR_NODE_ATMOSPHERE) orr_atmosphere_preset(call);
    for (uint32_t i = 0; i < call->tables[0]->count; i++) {
        const orr_option *option = &call->options[i];
        if (option->state == ORR_OPTION_CONSTANT) {
            drop_track(node->scene, node->node, i);
            if (orr_node_set(node->scene->scene, node->node, i, &option->value, &err) != ORR_OK)
                orr_bind_raise(call, &err);
        } else if (option->state == ORR_OPTION_ANIMATED) {
            orr_param_row rule;
            char label[200];
            orr_param_row_get(call->tables[0], i, &rule);
            label_of(node, rule.name, label, sizeof label);
            add_track(node->scene, node, orr_track_new(call, option->index, &rule, i, label));
        }
    }
    for (uint32_t i = 0; i < call->row->extra_count; i++)
        if (strcmp(call->row->extras[i].name, "rig") == 0 && call->extras[i])
            apply_rig(call, node, call->extras[i]);
}

static int node_set(orr_call *call) {
    const orr_lua_node *node = call->self;
    static const char *const loads[] = {"dem", "hdri"};
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++)
        if (orr_param_find(call->tables[0], loads[i]) >= 0 && orr_call_given(call, loads[i]))
            orr_bind_fail(call, ORR_E_SCRIPT, "node:set: '%s' is chosen when the node is made", loads[i]);
    orr_node_apply(call, node);
    int parent = orr_call_extra(call, "parent");
    orr_error err = {0};
    if (parent) {
        const orr_lua_node *other = orr_bind_object(call->L, parent, &orr_class_node);
        if (other->scene != node->scene)
            orr_bind_fail(call, ORR_E_SCRIPT, "node:set: 'parent' is a node of another scene");
        if (orr_node_set_parent(node->scene->scene, node->node, other->node, &err) != ORR_OK)
            orr_bind_raise(call, &err);
    }
    return 0;
}

/* --- questions ----------------------------------------------------------------------------------- */

static void set_vector(lua_State *L, const char *key, const double v[3]) {
    lua_createtable(L, 3, 0);
    for (int i = 0; i < 3; i++) {
        lua_pushnumber(L, v[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, key);
}

static int node_bounds(orr_call *call) {
    const orr_lua_node *node = call->self;
    lua_State *L = call->L;
    double min[3], max[3], center[3], square = 0;
    orr_error err = {0};
    orr_status status = orr_scene_settle(call->script, node->scene, &err);
    orr_script_pause(call->script);
    if (status == ORR_OK) status = orr_node_bounds(node->scene->scene, node->node, min, max, &err);
    orr_script_resume(call->script);
    if (status != ORR_OK) orr_bind_raise_data(call, &err);
    if (min[0] > max[0]) {
        lua_pushnil(L);
        return 1;
    }
    for (int i = 0; i < 3; i++) {
        center[i] = (min[i] + max[i]) / 2;
        square += (max[i] - center[i]) * (max[i] - center[i]);
    }
    lua_createtable(L, 0, 4);
    set_vector(L, "min", min);
    set_vector(L, "max", max);
    set_vector(L, "center", center);
    lua_pushnumber(L, sqrt(square));
    lua_setfield(L, -2, "radius");
    return 1;
}

static int node_height(orr_call *call) {
    const orr_lua_node *node = call->self;
    if (node->kind != ORR_NODE_TERRAIN)
        orr_bind_fail(call, ORR_E_SCRIPT, "node:height is for terrains; this is a %s",
                      orr_node_kind_name(node->kind));
    double x = lua_tonumber(call->L, orr_call_extra(call, "x")),
           z = lua_tonumber(call->L, orr_call_extra(call, "z")), height = 0;
    bool inside = false;
    orr_error err = {0};
    if (orr_terrain_height(node->scene->scene, node->node, x, z, &height, &inside, &err) != ORR_OK)
        orr_bind_raise_data(call, &err);
    if (inside)
        lua_pushnumber(call->L, height);
    else
        lua_pushnil(call->L);
    return 1;
}

static int node_name(orr_call *call) {
    const orr_lua_node *node = call->self;
    lua_pushstring(call->L, orr_node_name(node->scene->scene, node->node));
    return 1;
}

static int node_kind(orr_call *call) {
    lua_pushstring(call->L, orr_node_kind_name(((const orr_lua_node *)call->self)->kind));
    return 1;
}

static const orr_param_table *own_options(const orr_call *call) {
    return call ? orr_node_table(((const orr_lua_node *)call->self)->kind) : NULL;
}
static const orr_lua_extra set_extras[] = {{"parent", "node", "Moves it under another node", false},
                                           {"rig", "rig", "For cameras", false}};
static const orr_lua_extra height_args[] = {{"x", "number", "World x in metres", true},
                                            {"z", "number", "World z in metres", true}};

static const orr_lua_row rows[] = {
    {.name = "node:set",
     .call = node_set,
     .flags = ORR_LUA_ANIMATED,
     .options = own_options,
     ORR_LUA_EXTRAS(set_extras),
     .doc = "Changes properties: those of the node's own kind, as scene:<kind> lists them. A constant ends "
            "an animation.",
     .returns = NULL,
     .example = "local scene = orrery.scene()\nlocal ball = scene:mesh{ shape = orrery.sphere{} }\n"
                "ball:set{ position_m = {0, 1, 0}, visible = function(t) return t > 1 end }"},
    {.name = "node:bounds",
     .call = node_bounds,
     .doc = "The box in world space around the node and all below it, at t = 0: {min=, max=, center=, "
            "radius=}; nil when there is nothing to see.",
     .returns = "{min: number[], max: number[], center: number[], radius: number}? box",
     .example = "local scene = orrery.scene()\nlocal ball = scene:mesh{ shape = orrery.sphere{}, position_m "
                "= {0, 1, 0} }\n"
                "assert(math.abs(ball:bounds().center[2] - 1) < 1e-6)"},
    {.name = "node:height",
     .call = node_height,
     ORR_LUA_ARGS(height_args),
     .doc = "Height of a terrain's ground at world x, z; nil outside it and where there is no data.",
     .returns = "number? metres",
     .example =
         "local scene = orrery.scene()\nlocal ground = scene:terrain{ dem = \"dem/jacksboro_fault.tif\" }\n"
         "assert(ground:height(0, 0) and not ground:height(1e7, 0))"},
    {.name = "node.name",
     .call = node_name,
     .flags = ORR_LUA_FIELD,
     .doc = "Its name.",
     .returns = "string name",
     .example = "local scene = orrery.scene()\nassert(scene:group{ name = \"arm\" }.name == \"arm\")"},
    {.name = "node.kind",
     .call = node_kind,
     .flags = ORR_LUA_FIELD,
     .doc = "\"group\", \"mesh\", \"model\" …",
     .returns = "string kind",
     .example = "assert(orrery.scene():sun().kind == \"sun\")"},
};
static const orr_lua_class *const classes[] = {&orr_class_node, NULL};
const orr_lua_group orr_lua_node_group = ORR_LUA_GROUP("Nodes", rows, classes);
