/* orrery.box, orrery.sphere …: the engine's primitives (resource/primitive.h) as shape objects. */
#include "script/private.h"

#include <stddef.h>
#include <string.h>

#include "base/round.h"

typedef struct shape {
    orr_lua_shape base; /* first: what scene:mesh reads */
    orr_arena arena;
} shape;

static void shape_destroy(void *object) {
    orr_arena_free(&((shape *)object)->arena);
}
static const char *shape_describe(const void *object) {
    return ((const shape *)object)->base.kind;
}
const orr_lua_class orr_class_shape = {"shape", "A mesh in memory, to be shown by scene:mesh.", sizeof(shape),
                                       shape_destroy, shape_describe};

static shape *new_shape(orr_call *call) {
    shape *object = orr_bind_new(call, &orr_class_shape);
    object->base.kind = strchr(call->row->name, '.') + 1;
    return object;
}

/* --- options ------------------------------------------------------------------------------------- */

#define AT(T, f) .offset = (uint32_t)offsetof(T, f), .size = (uint32_t)sizeof(((T *)0)->f)
#define LENGTH(T, f, d, words)                                                                               \
    { .name = #f, .type = ORR_PARAM_F64, AT(T, f), .def = d, .min = "0", .max = "1e6", .doc = words }
#define COUNT(T, f, d, words)                                                                                \
    { .name = #f, .type = ORR_PARAM_U32, AT(T, f), .def = d, .min = "1", .max = "8192", .doc = words }
#define FLAG(T, f, words)                                                                                    \
    { .name = #f, .type = ORR_PARAM_BOOL, AT(T, f), .def = "false", .doc = words }

static const orr_param_row plane_rows[] = {LENGTH(orr_plane_params, width_m, "1", "Size along x"),
                                           LENGTH(orr_plane_params, depth_m, "1", "Size along z"),
                                           COUNT(orr_plane_params, columns, "1", "Quads along x"),
                                           COUNT(orr_plane_params, rows, "1", "Quads along z")};
static const orr_param_row box_rows[] = {
    {.name = "size_m",
     .type = ORR_PARAM_VEC3,
     AT(orr_box_params, size_m),
     .def = "1 1 1",
     .min = "0",
     .max = "1e6",
     .doc = "Size along x, y, z; one number for a cube"},
    LENGTH(orr_box_params, bevel_m, "0",
           "Radius of rounded edges, less than half the smallest side; 0: sharp"),
    COUNT(orr_box_params, bevel_segments, "4", "Facets of a rounded edge")};
static const orr_param_row sphere_rows[] = {
    LENGTH(orr_sphere_params, radius_m, "0.5", "Radius"),
    COUNT(orr_sphere_params, segments, "48", "Facets around"),
    COUNT(orr_sphere_params, rings, "24", "Facets from pole to pole")};
static const orr_param_row icosphere_rows[] = {LENGTH(orr_icosphere_params, radius_m, "0.5", "Radius"),
                                               {.name = "splits",
                                                .type = ORR_PARAM_U32,
                                                AT(orr_icosphere_params, splits),
                                                .def = "8",
                                                .min = "1",
                                                .max = "512",
                                                .doc = "Parts of each edge: 20 splits^2 triangles"}};
static const orr_param_row cylinder_rows[] = {
    LENGTH(orr_cylinder_params, radius_m, "0.5", "Radius at the bottom; 0: a cone on its tip"),
    LENGTH(orr_cylinder_params, top_radius_m, "0.5", "Radius at the top; radius_m when not given; 0: a cone"),
    LENGTH(orr_cylinder_params, height_m, "1", "Height along y"),
    COUNT(orr_cylinder_params, segments, "48", "Facets around"),
    COUNT(orr_cylinder_params, rows, "1", "Facets along the height"),
    FLAG(orr_cylinder_params, open, "Without caps")};
static const orr_param_row torus_rows[] = {
    LENGTH(orr_torus_params, radius_m, "0.5", "From the middle to the tube's centre"),
    LENGTH(orr_torus_params, tube_radius_m, "0", "Radius of the tube; 0: a quarter of radius_m"),
    COUNT(orr_torus_params, segments, "64", "Facets around"),
    COUNT(orr_torus_params, tube_segments, "24", "Facets around the tube")};
static const orr_param_row ring_rows[] = {
    LENGTH(orr_ring_params, outer_radius_m, "0.5", "Outer radius"),
    LENGTH(orr_ring_params, inner_radius_m, "0", "Inner radius; 0: 0.8 of the outer"),
    LENGTH(orr_ring_params, height_m, "0.1", "Height along y"),
    COUNT(orr_ring_params, segments, "64", "Facets around")};
static const orr_param_row lathe_rows[] = {FLAG(orr_lathe_params, closed, "The last point joins the first"),
                                           {.name = "crease_deg",
                                            .type = ORR_PARAM_F64,
                                            AT(orr_lathe_params, crease_rad),
                                            .def = "30",
                                            .min = "0.001",
                                            .max = "180",
                                            .doc = "Corners sharper than this stay sharp"},
                                           COUNT(orr_lathe_params, segments, "64", "Facets around")};
static const orr_param_row gear_rows[] = {
    {.name = "teeth",
     .type = ORR_PARAM_U32,
     AT(orr_gear_params, teeth),
     .def = "24",
     .min = "3",
     .max = "2048",
     .doc = "How many teeth"},
    LENGTH(orr_gear_params, radius_m, "0.5", "Radius to the tips"),
    LENGTH(orr_gear_params, tooth_height_m, "0", "Height of a tooth; 0: the usual full-depth tooth"),
    LENGTH(orr_gear_params, thickness_m, "0.1", "Thickness along y"),
    LENGTH(orr_gear_params, bore_radius_m, "0", "Radius of the hole; 0: a quarter of radius_m"),
    FLAG(orr_gear_params, solid, "Without a hole")};
static const orr_param_row heightfield_rows[] = {
    {.name = "columns",
     .type = ORR_PARAM_U32,
     AT(orr_heightfield_params, columns),
     .def = "65",
     .min = "2",
     .max = "4097",
     .doc = "Samples along x"},
    {.name = "rows",
     .type = ORR_PARAM_U32,
     AT(orr_heightfield_params, rows),
     .def = "65",
     .min = "2",
     .max = "4097",
     .doc = "Samples along z"},
    LENGTH(orr_heightfield_params, width_m, "1", "Size along x"),
    LENGTH(orr_heightfield_params, depth_m, "1", "Size along z")};
static const orr_lua_extra lathe_extras[] = {
    {"profile", "number[][]",
     "{ {radius, y}, … } in metres, walked with the solid on the right hand: down the outside of a vase",
     true}};
static const orr_lua_extra heightfield_extras[] = {
    {"height", "function", "function(x, z) that gives the height in metres", true}};

#define SHAPE_TABLE(name)                                                                                    \
    static const orr_param_table name##_table = ORR_PARAM_TABLE(name##_rows, "orrery." #name);               \
    static const orr_param_table *name##_options(const orr_call *call) {                                     \
        return (void)call, &name##_table;                                                                    \
    }
#define SIMPLE_SHAPE(name)                                                                                   \
    SHAPE_TABLE(name)                                                                                        \
    static int shape_##name(orr_call *call) {                                                                \
        orr_##name##_params params = {0};                                                                    \
        orr_error err = {0};                                                                                 \
        orr_call_store(call, 0, &params);                                                                    \
        shape *object = new_shape(call);                                                                     \
        if (orr_mesh_##name(&object->arena, &params, &object->base.data, &err) != ORR_OK)                    \
            orr_bind_raise(call, &err);                                                                      \
        return 1;                                                                                            \
    }
SIMPLE_SHAPE(plane)
SIMPLE_SHAPE(box)
SIMPLE_SHAPE(sphere)
SIMPLE_SHAPE(icosphere)
SIMPLE_SHAPE(torus)
SIMPLE_SHAPE(ring)
SIMPLE_SHAPE(gear)
SHAPE_TABLE(cylinder)
SHAPE_TABLE(lathe)
SHAPE_TABLE(heightfield)

static int shape_cylinder(orr_call *call) {
    orr_cylinder_params params = {0};
    orr_error err = {0};
    orr_call_store(call, 0, &params);
    if (!orr_call_given(call, "top_radius_m")) params.top_radius_m = params.radius_m;
    shape *object = new_shape(call);
    if (orr_mesh_cylinder(&object->arena, &params, &object->base.data, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    return 1;
}

static double profile_number(orr_call *call, int point, int i) {
    lua_State *L = call->L;
    lua_rawgeti(L, -1, i);
    if (lua_type(L, -1) != LUA_TNUMBER)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.lathe: point %d of the profile is not {radius, y}", point);
    double number = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return number;
}

static int shape_lathe(orr_call *call) {
    lua_State *L = call->L;
    orr_lathe_params params = {0};
    orr_error err = {0};
    orr_call_store(call, 0, &params);
    params.crease_rad *= 3.14159265358979323846 / 180.0;
    int list = orr_call_extra(call, "profile");
    size_t count = lua_istable(L, list) ? lua_objlen(L, list) : 0;
    if (count < 2 || count > 100000)
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "orrery.lathe: profile is a list of 2 to 100000 points {radius, y}");
    shape *object = new_shape(call);
    double(*profile)[2] = orr_arena_alloc(&object->arena, count, sizeof *profile);
    if (!profile) orr_bind_fail(call, ORR_E_MEMORY, "no memory for a profile");
    for (int i = 0; i < (int)count; i++) {
        lua_rawgeti(L, list, i + 1);
        if (!lua_istable(L, -1) || lua_objlen(L, -1) != 2)
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.lathe: point %d of the profile is not {radius, y}",
                          i + 1);
        for (int k = 0; k < 2; k++) profile[i][k] = profile_number(call, i + 1, k + 1);
        lua_pop(L, 1);
    }
    params.profile = (const double(*)[2])profile;
    params.profile_count = (uint32_t)count;
    if (orr_mesh_lathe(&object->arena, &params, &object->base.data, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    return 1;
}

static int shape_heightfield(orr_call *call) {
    lua_State *L = call->L;
    orr_heightfield_params params = {0};
    orr_error err = {0};
    orr_call_store(call, 0, &params);
    int height = orr_call_extra(call, "height");
    shape *object = new_shape(call);
    float *heights = ORR_ARENA_NEW(&object->arena, float, (size_t)params.columns *params.rows);
    if (!heights) orr_bind_fail(call, ORR_E_MEMORY, "no memory for a heightfield");
    for (uint32_t r = 0; r < params.rows; r++) {
        for (uint32_t c = 0; c < params.columns; c++) {
            lua_pushvalue(L, height);
            lua_pushnumber(L, params.width_m * (c / (double)(params.columns - 1) - 0.5));
            lua_pushnumber(L, params.depth_m * (r / (double)(params.rows - 1) - 0.5));
            lua_call(L, 2, 1);
            if (lua_type(L, -1) != LUA_TNUMBER)
                orr_bind_fail(call, ORR_E_SCRIPT, "orrery.heightfield: 'height' gave a %s, not a number",
                              luaL_typename(L, -1));
            heights[(size_t)r * params.columns + c] = (float)orr_round40(lua_tonumber(L, -1));
            lua_pop(L, 1);
        }
    }
    params.heights_m = heights;
    if (orr_mesh_heightfield(&object->arena, &params, &object->base.data, &err) != ORR_OK)
        orr_bind_raise(call, &err);
    return 1;
}

static int shape_triangles(orr_call *call) {
    lua_pushnumber(call->L, ((shape *)call->self)->base.data.index_count / 3);
    return 1;
}

#define SHAPE_ROW(shape_name)                                                                                \
    .name = "orrery." #shape_name, .call = shape_##shape_name, .options = shape_name##_options,              \
    .returns = "shape the shape"

static const orr_lua_row rows[] = {
    {SHAPE_ROW(plane), .doc = "A rectangle in x and z that faces up.",
     .example = "local ground = orrery.plane{ width_m = 20, depth_m = 20 }"},
    {SHAPE_ROW(box), .doc = "A box, with sharp or rounded edges.",
     .example = "local plinth = orrery.box{ size_m = {2, 0.2, 2}, bevel_m = 0.02 }"},
    {SHAPE_ROW(sphere), .doc = "A sphere of rings and segments.",
     .example = "local ball = orrery.sphere{ radius_m = 0.3 }"},
    {SHAPE_ROW(icosphere), .doc = "A sphere of nearly equal triangles.",
     .example = "assert(orrery.icosphere{ splits = 4 }.triangles == 320)"},
    {SHAPE_ROW(cylinder), .doc = "A cylinder or cone along y, its middle at the origin.",
     .example = "local cone = orrery.cylinder{ radius_m = 0.5, top_radius_m = 0, height_m = 2 }"},
    {SHAPE_ROW(torus), .doc = "A ring with a round cross-section, about y.",
     .example = "local ring = orrery.torus{ radius_m = 1, tube_radius_m = 0.02 }"},
    {SHAPE_ROW(ring), .doc = "A washer, or a tube when it is high.",
     .example = "local washer = orrery.ring{ outer_radius_m = 1, inner_radius_m = 0.9, height_m = 0.05 }"},
    {SHAPE_ROW(lathe), ORR_LUA_EXTRAS(lathe_extras), .doc = "A profile turned about y.",
     .example = "local vase = orrery.lathe{ profile = { {0, 1}, {0.2, 1}, {0.1, 0.6}, {0.4, 0}, {0, 0} } }"},
    {SHAPE_ROW(gear), .doc = "A toothed wheel, about y.",
     .example = "local wheel = orrery.gear{ teeth = 32, radius_m = 0.4, thickness_m = 0.05 }"},
    {SHAPE_ROW(heightfield), ORR_LUA_EXTRAS(heightfield_extras), .doc = "A surface y = height(x, z).",
     .example = "local waves = orrery.heightfield{ width_m = 4, depth_m = 4,\n  height = function(x, z) "
                "return 0.1 * math.sin(5 * x) * math.cos(5 * z) end }"},
    {.name = "shape.triangles",
     .call = shape_triangles,
     .flags = ORR_LUA_FIELD,
     .doc = "How many triangles it has.",
     .returns = "integer triangles",
     .example = "assert(orrery.plane{}.triangles == 2)"},
};
static const orr_lua_class *const classes[] = {&orr_class_shape, NULL};
const orr_lua_group orr_lua_shapes_group = ORR_LUA_GROUP("Shapes", rows, classes);
