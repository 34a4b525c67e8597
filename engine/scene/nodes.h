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
    uint8_t casts_shadow;
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
typedef struct orr_camera_props {
    orr_place place;
    double look_at_m[3], up[3];
    double vfov_deg, focal_length_mm, sensor_height_mm, ortho_height_m, roll_deg, near_m;
    double aperture_f, shutter_s, iso;
    const char *model_camera;
} orr_camera_props;
typedef struct orr_sun_props {
    double azimuth_deg, elevation_deg, illuminance_lx, angular_diameter_deg;
    float colour[3];
    uint8_t casts_shadow;
} orr_sun_props;
typedef struct orr_point_props {
    orr_place place;
    double flux_lm, intensity_cd, range_m;
    float colour[3];
} orr_point_props;
typedef struct orr_spot_props {
    orr_place place;
    double flux_lm, intensity_cd, range_m, inner_deg, outer_deg;
    double look_at_m[3];
    float colour[3];
} orr_spot_props;
typedef enum orr_env_source { ORR_ENV_GRADIENT, ORR_ENV_CONSTANT, ORR_ENV_HDRI } orr_env_source;
typedef struct orr_environment_props {
    uint32_t source, background;
    float zenith_nit[3], horizon_nit[3], ground_nit[3], background_nit[3];
    double luminance_nit, gain, target_lx, rotation_deg;
    const char *hdri;
} orr_environment_props;

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
#define ORR_MAX_ROWS 32                                      /* of one kind: sets of rows are 32-bit masks */

#endif
