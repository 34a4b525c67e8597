/* The property structs of each node kind; their rows (nodes.c) are the one declaration of names, units,
 * ranges and docs. */
#ifndef ORR_SCENE_NODES_H
#define ORR_SCENE_NODES_H

#include "scene/scene.h"

/* First member of every kind that has a place. World = parent * T(position) * R(rotation * euler) * S(scale).
 */
typedef struct orr_place {
    double position_m[3], rotation[4], rotation_deg[3], scale[3];
    uint8_t visible;
} orr_place;
/* Rows 0-4 of every kind with a place. */
enum {
    ORR_ROW_POSITION,
    ORR_ROW_ROTATION,
    ORR_ROW_ROTATION_DEG,
    ORR_ROW_SCALE,
    ORR_ROW_VISIBLE,
    ORR_PLACE_ROWS
};

typedef struct orr_group_props {
    orr_place place;
} orr_group_props;
typedef struct orr_mesh_props {
    orr_place place;
    uint8_t casts_shadow, emits_light;
} orr_mesh_props;
typedef struct orr_model_props {
    orr_place place;
    uint8_t casts_shadow, loop, lights;
    const char *animation;
    double time_s, emissive_nit;
} orr_model_props;
typedef enum orr_ramp {
    ORR_RAMP_ALPINE,
    ORR_RAMP_HYPSOMETRIC,
    ORR_RAMP_DESERT,
    ORR_RAMP_MOON,
    ORR_RAMP_GREY,
    ORR_RAMP_COUNT
} orr_ramp;
typedef struct orr_terrain_props {
    orr_place place;
    uint8_t casts_shadow;
    uint32_t ramp, nodata;
    double exaggeration, roughness, ramp_min_m, ramp_max_m, detail_px;
    const char *dem;
} orr_terrain_props;
typedef enum orr_sensor {
    ORR_SENSOR_CUSTOM,
    ORR_SENSOR_FULL_FRAME,
    ORR_SENSOR_APS_C,
    ORR_SENSOR_SUPER_35,
    ORR_SENSOR_MICRO_FOUR_THIRDS,
    ORR_SENSOR_ONE_INCH,
    ORR_SENSOR_MEDIUM_FORMAT,
    ORR_SENSOR_IMAX_70,
    ORR_SENSOR_COUNT
} orr_sensor;
typedef struct orr_camera_props {
    orr_place place;
    double look_at_m[3], up[3];
    double vfov_deg, focal_mm, sensor_height_mm, ortho_height_m, roll_deg, near_m;
    double f_stop, shutter_s, iso;
    uint32_t sensor;
    const char *model_camera;
} orr_camera_props;
/* Where a body of the sky stands: by two angles, or by when and where one looks. */
typedef struct orr_celestial {
    double azimuth_deg, elevation_deg;
    const char *date; /* "2026-06-21T18:00Z"; "" = the angles count */
    double time_s, latitude_deg, longitude_deg;
} orr_celestial;
typedef enum orr_sun_at { ORR_SUN_AUTO, ORR_SUN_GROUND, ORR_SUN_SPACE } orr_sun_at;
typedef struct orr_sun_props {
    orr_celestial place;
    double illuminance_lx, angular_diameter_deg, ground_m;
    uint32_t at;
    float colour[3];
    uint8_t casts_shadow;
} orr_sun_props;
typedef struct orr_moon_props {
    orr_celestial place;
    double illuminance_lx, angular_diameter_deg, phase_deg;
    uint8_t casts_shadow;
} orr_moon_props;
typedef struct orr_directional_props {
    double azimuth_deg, elevation_deg, illuminance_lx;
    float colour[3];
    uint8_t casts_shadow;
} orr_directional_props;
typedef struct orr_point_props {
    orr_place place;
    double flux_lm, intensity_cd, range_m;
    float colour[3];
    uint8_t casts_shadow;
} orr_point_props;
typedef struct orr_spot_props {
    orr_place place;
    double flux_lm, intensity_cd, range_m, inner_deg, outer_deg;
    double look_at_m[3];
    float colour[3];
    uint8_t casts_shadow;
} orr_spot_props;
typedef enum orr_area_shape { ORR_AREA_RECT, ORR_AREA_DISC, ORR_AREA_SPHERE } orr_area_shape;
typedef struct orr_area_props {
    orr_place place;
    uint32_t shape;
    double luminance_nit, width_m, height_m, radius_m, range_m;
    double look_at_m[3];
    float colour[3];
    uint8_t two_sided, seen, casts_shadow;
} orr_area_props;
typedef enum orr_env_source { ORR_ENV_GRADIENT, ORR_ENV_CONSTANT, ORR_ENV_HDRI, ORR_ENV_SKY } orr_env_source;
typedef struct orr_environment_props {
    uint32_t source, background;
    float zenith_nit[3], horizon_nit[3], ground_nit[3], background_nit[3];
    double luminance_nit, gain, target_lx, rotation_deg;
    const char *hdri;
    uint8_t neutralize_sun, capture_emissive, ground_sky_light;
    double capture_m[3];
} orr_environment_props;
/* The air around a planet (shaders/atmosphere.glsl). Lengths in km, coefficients per km at sea level. */
typedef struct orr_atmosphere_props {
    const char *preset;
    double planet_radius_km, height_km;
    float rayleigh_scattering_per_km[3], mie_scattering_per_km[3], mie_absorption_per_km[3],
        ozone_absorption_per_km[3], ground_albedo[3];
    double rayleigh_height_km, mie_height_km, mie_g, turbidity, ozone_centre_km, ozone_half_width_km;
    double altitude_m, aerial_range_km;
    uint8_t multiple_scattering, aerial_perspective, sun_disk, stars;
    uint32_t transmittance_width, transmittance_height, multiple_size, sky_width, sky_height, aerial_size;
} orr_atmosphere_props;

typedef struct orr_material_props {
    float base_colour[4], emissive_nit[3];
    double metallic, roughness, ior, normal_scale, occlusion_strength, alpha_cutoff;
    uint32_t alpha_mode;
    uint8_t double_sided, unlit;
    const char *maps[5]; /* base colour, metallic-roughness, normal, occlusion, emissive */
} orr_material_props;

size_t orr_node_props_size(orr_node_kind kind);
bool orr_node_has_place(orr_node_kind kind);
uint32_t orr_node_row(orr_node_kind kind, const char *name); /* the row of that name; it must exist */
double orr_sensor_height_mm(const orr_camera_props *camera);
#define ORR_MAX_ROWS 32 /* of one kind: sets of rows are 32-bit masks */

#endif
