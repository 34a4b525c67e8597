/* orrery.atmosphere, and questions to it: sky:transmittance, sky:luminance. The device answers, through what
 * a frame uses. */
#include "script/private.h"

#include <stddef.h>

#include "base/round.h"
#include "render/sky_query.h"
#include "scene/mathd.h"

typedef struct atmosphere {
    orr_atmosphere_props props;
} atmosphere;
static const orr_lua_class atmosphere_class = {"atmosphere", "The air around a planet, to be asked about.",
                                               sizeof(atmosphere), NULL, NULL};

static const orr_param_table *atmosphere_options(const orr_call *call) {
    return (void)call, orr_node_table(ORR_NODE_ATMOSPHERE);
}

static int atmosphere_new(orr_call *call) {
    atmosphere *object = orr_bind_new(call, &atmosphere_class);
    orr_atmosphere_preset(call);
    orr_call_store(call, 0, &object->props);
    object->props.preset = NULL; /* text of Lua's; the rows hold what it said */
    return 1;
}

/* --- questions ----------------------------------------------------------------------------------- */

#define ALTITUDE                                                                                             \
    {                                                                                                        \
        .name = "altitude_km", .type = ORR_PARAM_F64, .def = "0", .min = "0", .max = "1e6",                  \
        .doc = "Height of the eye above sea level"                                                           \
    }
#define ANGLE(name_, low, high, words, ...)                                                                  \
    { .name = #name_, .type = ORR_PARAM_F64, .min = low, .max = high, .doc = words, __VA_ARGS__ }

static const orr_param_row transmittance_rows[] = {
    ALTITUDE,
    ANGLE(elevation_deg, "-90", "90", "Direction, above the horizontal", .flags = ORR_PARAM_REQUIRED)};
static const orr_param_row luminance_rows[] = {
    ALTITUDE,
    ANGLE(sun_elevation_deg, "-90", "90", "The sun's direction, above the horizontal",
          .flags = ORR_PARAM_REQUIRED),
    ANGLE(view_elevation_deg, "-90", "90", "Where the eye looks, above the horizontal",
          .flags = ORR_PARAM_REQUIRED),
    ANGLE(relative_azimuth_deg, "-360", "360", "Where the eye looks, from the sun's azimuth", .def = "0"),
    {.name = "multiple_scattering",
     .type = ORR_PARAM_BOOL,
     .def = "true",
     .doc = "Whether light that was scattered more than once counts; as in orrery.atmosphere when not given"},
    {.name = "sun_illuminance_lx",
     .type = ORR_PARAM_F64,
     .def = "133312",
     .min = "0",
     .max = "1e9",
     .doc = "What the sun gives above the air"},
};
static const orr_param_table transmittance_table = ORR_PARAM_TABLE(transmittance_rows, "sky:transmittance"),
                             luminance_table = ORR_PARAM_TABLE(luminance_rows, "sky:luminance");
static const orr_param_table *transmittance_options(const orr_call *call) {
    return (void)call, &transmittance_table;
}
static const orr_param_table *luminance_options(const orr_call *call) {
    return (void)call, &luminance_table;
}

/* Unit vector; azimuths count from +X, where the sun stands. */
static void towards(double elevation_deg, double azimuth_deg, double out[3]) {
    double e = elevation_deg * (ORR_PI / 180.0), a = azimuth_deg * (ORR_PI / 180.0);
    out[0] = orr_cos40(e) * orr_cos40(a), out[1] = orr_sin40(e), out[2] = orr_cos40(e) * orr_sin40(a);
}

/* Pushes the answer: r, g, b. */
static int answer(orr_call *call, const orr_pose *pose, orr_sky_ask ask, const double direction[3]) {
    orr_renderer *renderer = NULL;
    orr_error err = {0};
    const float asked[1][3] = {{(float)direction[0], (float)direction[1], (float)direction[2]}};
    float rgb[1][3];
    orr_script_pause(call->script);
    orr_status status = orr_engine_renderer(call->script->engine, &renderer, &err);
    if (status == ORR_OK) status = orr_sky_query(renderer, pose, ask, asked, 1, rgb, &err);
    orr_script_resume(call->script);
    if (status != ORR_OK) orr_bind_raise_data(call, &err);
    for (int c = 0; c < 3; c++) lua_pushnumber(call->L, (double)rgb[0][c]);
    return 3;
}

static orr_pose pose_at(const orr_call *call) {
    orr_pose pose = {.has_atmosphere = true, .atmosphere = ((const atmosphere *)call->self)->props};
    pose.atmosphere.altitude_m = 0.0; /* the question says how high */
    pose.camera.position_m[1] = orr_call_number(call, "altitude_km") * 1e3;
    return pose;
}

static int sky_transmittance(orr_call *call) {
    orr_pose pose = pose_at(call);
    double direction[3];
    towards(orr_call_number(call, "elevation_deg"), 0.0, direction);
    return answer(call, &pose, ORR_SKY_ASK_TRANSMITTANCE, direction);
}

static int sky_luminance(orr_call *call) {
    orr_pose pose = pose_at(call);
    orr_error err = {0};
    double direction[3];
    if (orr_params_init(orr_node_table(ORR_NODE_SUN), &pose.sun, &err) != ORR_OK) orr_bind_raise(call, &err);
    pose.has_sun = true, pose.sun.at = ORR_SUN_SPACE;
    pose.sun.illuminance_lx = orr_call_number(call, "sun_illuminance_lx");
    if (orr_call_given(call, "multiple_scattering"))
        pose.atmosphere.multiple_scattering = orr_call_number(call, "multiple_scattering") > 0.0;
    towards(orr_call_number(call, "sun_elevation_deg"), 0.0, pose.sun_direction);
    towards(orr_call_number(call, "view_elevation_deg"), orr_call_number(call, "relative_azimuth_deg"),
            direction);
    return answer(call, &pose, ORR_SKY_ASK_LUMINANCE, direction);
}

static const orr_lua_row rows[] = {
    {.name = "orrery.atmosphere",
     .call = atmosphere_new,
     .options = atmosphere_options,
     .doc = "The air by itself, without a scene: what scene:atmosphere takes, to be asked about. "
            "`altitude_m`, the range of the aerial perspective and what is seen besides the air do not "
            "matter to "
            "the answers.",
     .returns = "atmosphere the air",
     .example = "local sky = orrery.atmosphere{ preset = \"earth\" }"},
    {.name = "atmosphere:transmittance",
     .call = sky_transmittance,
     .flags = ORR_LUA_HOST,
     .options = transmittance_options,
     .doc =
         "What part of light comes through the air from beyond it, for linear red, green and blue; 0 where "
         "the ground is in the way.",
     .returns = "number, number, number r, g, b from 0 to 1",
     .example = "local sky = orrery.atmosphere{}\n"
                "local r, g, b = sky:transmittance{ altitude_km = 0.2, elevation_deg = 30 }\n"
                "assert(r > g and g > b)"},
    {.name = "atmosphere:luminance",
     .call = sky_luminance,
     .flags = ORR_LUA_HOST,
     .options = luminance_options,
     .doc =
         "Luminance of the air in nit, for linear red, green and blue: what it scatters of the sun's light "
         "towards the eye, on the way to the ground or to space. Neither the ground itself nor the sun's "
         "disk "
         "is in it.",
     .returns = "number, number, number r, g, b in nit",
     .example =
         "local sky = orrery.atmosphere{}\n"
         "local r, g, b = sky:luminance{ altitude_km = 0.2, sun_elevation_deg = 30, view_elevation_deg = "
         "45, relative_azimuth_deg = 90, multiple_scattering = false }\n"
         "assert(b > g and g > r)"},
};
static const orr_lua_class *const classes[] = {&atmosphere_class, NULL};
const orr_lua_group orr_lua_atmosphere_group = ORR_LUA_GROUP("Air", rows, classes);
