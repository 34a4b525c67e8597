/* orrery.orbit, orrery.path, and the rigs they make. */
#include "script/private.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/round.h"

typedef struct orr_lua_rig {
    orr_rig *rig;
} orr_lua_rig; /* track.c reads the pointer */

static void rig_destroy(void *object) {
    orr_rig_destroy(&((orr_lua_rig *)object)->rig);
}
const orr_lua_class orr_class_rig = {"rig", "The way of a camera through space, as a function of t.",
                                     sizeof(orr_lua_rig), rig_destroy, NULL};

#define AT(type, field)                                                                                      \
    .offset = (uint32_t)offsetof(type, field), .size = (uint32_t)sizeof(((type *)0)->field)

/* clang-format off */
static const orr_param_row orbit_rows[] = {
    {.name = "center", .type = ORR_PARAM_VEC3, AT(orr_orbit_params, center_m), .def = "0 0 0", .doc = "Point to circle and look at, in metres"},
    {.name = "radius_m", .type = ORR_PARAM_F64, AT(orr_orbit_params, radius_m), .flags = ORR_PARAM_REQUIRED, .min = "1e-6", .max = "1e9", .doc = "Radius of the circle; with elevation_deg the distance from the centre"},
    {.name = "height_m", .type = ORR_PARAM_F64, AT(orr_orbit_params, height_m), .def = "0", .doc = "Height above the centre"},
    {.name = "elevation_deg", .type = ORR_PARAM_F64, AT(orr_orbit_params, elevation_deg), .def = "0", .min = "-89.9", .max = "89.9", .doc = "Angle above the horizon as seen from the centre, instead of height_m"},
    {.name = "start_deg", .type = ORR_PARAM_F64, AT(orr_orbit_params, start_deg), .def = "180", .doc = "Azimuth at t = 0, clockwise from north (-Z); 180 is the front (+Z)"},
    {.name = "turns", .type = ORR_PARAM_F64, AT(orr_orbit_params, turns), .def = "1", .doc = "Turns in duration_s, clockwise from above; negative the other way"},
    {.name = "duration_s", .type = ORR_PARAM_F64, AT(orr_orbit_params, duration_s), .flags = ORR_PARAM_REQUIRED, .min = "1e-6", .max = "1e9", .doc = "Time for all turns"},
};
static const orr_param_row path_rows[] = {
    {.name = "curve", .type = ORR_PARAM_ENUM, AT(orr_path_params, curve), .def = "catmull_rom", .choices = "catmull_rom|linear|bezier", .doc = "How the points are joined; Catmull-Rom (centripetal) goes through all of them"},
    {.name = "ease", .type = ORR_PARAM_ENUM, AT(orr_path_params, ease), .def = "linear", .choices = "linear|smooth", .doc = "Constant speed, or a start and an end at rest"},
    {.name = "duration_s", .type = ORR_PARAM_F64, AT(orr_path_params, duration_s), .flags = ORR_PARAM_REQUIRED, .min = "1e-6", .max = "1e9", .doc = "Time from the first point to the last"},
    {.name = "look_ahead_s", .type = ORR_PARAM_F64, AT(orr_path_params, look_ahead_s), .def = "1", .min = "0", .max = "1e6", .doc = "It looks at where it will be this much later"},
    {.name = "look_below_m", .type = ORR_PARAM_F64, AT(orr_path_params, look_below_m), .def = "0", .doc = "It looks this far below that point"},
    {.name = "bank_deg", .type = ORR_PARAM_F64, AT(orr_path_params, bank_deg), .def = "0", .min = "-90", .max = "90", .doc = "Roll into the sharpest turn; gentler turns roll less"},
    {.name = "clearance_m", .type = ORR_PARAM_F64, AT(orr_path_params, clearance_m), .def = "0", .min = "0", .max = "1e6", .doc = "Height kept above the terrain"},
    {.name = "smooth_m", .type = ORR_PARAM_F64, AT(orr_path_params, smooth_m), .def = "0", .min = "0", .max = "1e7", .doc = "Distance over which the height follows the ground; 0: a twelfth of the way"},
};
/* clang-format on */
static const orr_param_table orbit_table = ORR_PARAM_TABLE(orbit_rows, "orrery.orbit");
static const orr_param_table path_table = ORR_PARAM_TABLE(path_rows, "orrery.path");
static const orr_param_table *orbit_options(const orr_call *call) {
    return (void)call, &orbit_table;
}
static const orr_param_table *path_options(const orr_call *call) {
    return (void)call, &path_table;
}
static const orr_lua_extra path_extras[] = {
    {"points", "number[][]",
     "{ {x, y, z}, … } in metres; { {x, z}, … } over a terrain takes the heights from it", true},
    {"terrain", "node", "Terrain to keep clearance_m above", false},
};

static int orbit(orr_call *call) {
    orr_orbit_params params = {0};
    orr_error err = {0};
    orr_call_store(call, 0, &params);
    params.has_elevation = orr_call_given(call, "elevation_deg");
    if (params.has_elevation && orr_call_given(call, "height_m"))
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.orbit takes height_m or elevation_deg, not both");
    orr_lua_rig *rig = orr_bind_new(call, &orr_class_rig);
    if (orr_rig_orbit(&params, &rig->rig, &err) != ORR_OK) orr_bind_raise(call, &err);
    return 1;
}

/* One point; true when it is x and z alone. */
static bool read_point(orr_call *call, int list, int i, double out_m[3]) {
    lua_State *L = call->L;
    lua_rawgeti(L, list, i);
    size_t n = lua_istable(L, -1) ? lua_objlen(L, -1) : 0;
    if (n != 2 && n != 3) orr_bind_fail(call, ORR_E_SCRIPT, "orrery.path: point %d is not {x, y, z}", i);
    for (int k = 0; k < (int)n; k++) {
        lua_rawgeti(L, -1, k + 1);
        if (lua_type(L, -1) != LUA_TNUMBER || lua_tonumber(L, -1) - lua_tonumber(L, -1) != 0)
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.path: point %d has something else than a finite number",
                          i);
        out_m[n == 2 && k == 1 ? 2 : k] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return n == 2;
}

static void read_points(orr_call *call, orr_path_params *params) {
    lua_State *L = call->L;
    int list = orr_call_extra(call, "points");
    size_t count = lua_istable(L, list) ? lua_objlen(L, list) : 0;
    if (count < 2 || count > 2000)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.path: points is a list of 2 to 2000 points");
    double(*points)[3] = lua_newuserdata(L, sizeof *points * count);
    memset(points, 0, sizeof *points * count);
    for (int i = 1; i <= (int)count; i++) {
        bool flat = read_point(call, list, i, points[i - 1]);
        if (i > 1 && flat != params->flat)
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.path: points have all 2 numbers or all 3");
        params->flat = flat;
    }
    params->points_m = (const double(*)[3])points;
    params->point_count = (uint32_t)count;
}

typedef struct terrain {
    const orr_lua_node *node;
    orr_error err;
} terrain;

static bool ground_height(void *context, double x_m, double z_m, double *height_m) {
    terrain *ground = context;
    bool inside = false;
    if (ground->err.code != ORR_OK) return false;
    if (orr_terrain_height(ground->node->scene->scene, ground->node->node, x_m, z_m, height_m, &inside,
                           &ground->err) != ORR_OK)
        return false;
    return inside;
}

static int path(orr_call *call) {
    orr_path_params params = {0};
    terrain ground = {0};
    orr_error err = {0};
    orr_call_store(call, 0, &params);
    read_points(call, &params);
    int index = orr_call_extra(call, "terrain");
    if (index) {
        ground.node = orr_bind_object(call->L, index, &orr_class_node);
        params.ground = ground_height;
        params.context = &ground;
    } else if (params.flat || params.clearance_m > 0) {
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.path: %s without terrain = node",
                      params.flat ? "points without heights" : "clearance_m");
    }
    orr_lua_rig *rig = orr_bind_new(call, &orr_class_rig);
    orr_status status = orr_rig_path(&params, &rig->rig, &err);
    if (ground.err.code != ORR_OK) orr_bind_raise_data(call, &ground.err);
    if (status != ORR_OK) orr_bind_raise(call, &err);
    return 1;
}

/* --- the objects --------------------------------------------------------------------------------- */

static int push_point(orr_call *call, void (*point)(const orr_rig *, double, double[3])) {
    double p[3];
    point(((orr_lua_rig *)call->self)->rig, lua_tonumber(call->L, orr_call_extra(call, "t")), p);
    for (int i = 0; i < 3; i++) lua_pushnumber(call->L, orr_round40(p[i]));
    return 3;
}
static int rig_position(orr_call *call) {
    return push_point(call, orr_rig_position);
}
static int rig_look_at(orr_call *call) {
    return push_point(call, orr_rig_look_at);
}

static int rig_duration(orr_call *call) {
    lua_pushnumber(call->L, orr_rig_duration_s(((orr_lua_rig *)call->self)->rig));
    return 1;
}
static int rig_length(orr_call *call) {
    lua_pushnumber(call->L, orr_round40(orr_rig_length_m(((orr_lua_rig *)call->self)->rig)));
    return 1;
}

static const orr_lua_extra t_args[] = {{"t", "number", "Time in seconds", true}};

static const orr_lua_row rows[] = {
    {.name = "orrery.orbit",
     .call = orbit,
     .options = orbit_options,
     .doc = "A camera rig that circles a point and looks at it: a turntable.",
     .returns = "rig the rig",
     .example = "local scene = orrery.scene()\n"
                "local orbit = orrery.orbit{ radius_m = 3, elevation_deg = 20, duration_s = 6 }\n"
                "local camera = scene:camera{ rig = orbit, vfov_deg = 30 }"},
    {.name = "orrery.path",
     .call = path,
     .options = path_options,
     ORR_LUA_EXTRAS(path_extras),
     .doc = "A camera rig that flies along points at constant speed, looks ahead, banks into turns, and "
            "keeps clear of a terrain.",
     .returns = "rig the rig",
     .example = "local scene = orrery.scene()\n"
                "local flight = orrery.path{ points = { {0, 2, 9}, {4, 3, 0}, {0, 2, -9} }, duration_s = 8, "
                "bank_deg = 10 }\n"
                "local camera = scene:camera{ rig = flight }"},
    {.name = "rig:position",
     .call = rig_position,
     ORR_LUA_ARGS(t_args),
     .doc = "Where the rig is at time t.",
     .returns = "number, number, number x, y, z",
     .example = "local orbit = orrery.orbit{ radius_m = 3, height_m = 1, duration_s = 6 }\n"
                "local x, y, z = orbit:position(0)\nassert(y == 1 and z == 3)"},
    {.name = "rig:look_at",
     .call = rig_look_at,
     ORR_LUA_ARGS(t_args),
     .doc = "The point it looks at, at time t.",
     .returns = "number, number, number x, y, z",
     .example = "local orbit = orrery.orbit{ center = {0, 1, 0}, radius_m = 3, duration_s = 6 }\n"
                "local x, y, z = orbit:look_at(2)\nassert(y == 1)"},
    {.name = "rig.duration_s",
     .call = rig_duration,
     .flags = ORR_LUA_FIELD,
     .doc = "Seconds the rig takes.",
     .returns = "number seconds",
     .example = "assert(orrery.orbit{ radius_m = 3, duration_s = 6 }.duration_s == 6)"},
    {.name = "rig.length_m",
     .call = rig_length,
     .flags = ORR_LUA_FIELD,
     .doc = "Length of its way.",
     .returns = "number metres",
     .example = "local flight = orrery.path{ points = { {0, 0, 0}, {0, 0, -9} }, curve = \"linear\", "
                "duration_s = 3 }\n"
                "assert(math.abs(flight.length_m - 9) < 1e-6)"},
};
static const orr_lua_class *const classes[] = {&orr_class_rig, NULL};
const orr_lua_group orr_lua_rig_group = ORR_LUA_GROUP("Camera rigs", rows, classes);
