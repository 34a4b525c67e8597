/* What the renderer reads: revisions (immutable, flat) and poses (one revision at one time). */
#ifndef ORR_SCENE_REVISION_H
#define ORR_SCENE_REVISION_H

#include <stdatomic.h>

#include "scene/mathd.h"
#include "scene/nodes.h"

enum {
    ORR_MAP_BASE_COLOUR,
    ORR_MAP_METAL_ROUGH,
    ORR_MAP_NORMAL,
    ORR_MAP_OCCLUSION,
    ORR_MAP_EMISSIVE,
    ORR_MAP_COUNT
};

typedef struct orr_rev_texture { /* one per (image, colour space) */
    orr_asset asset;
    uint32_t image; /* of a model; ORR_NONE: the asset is an image itself */
    bool srgb;
} orr_rev_texture;
typedef struct orr_rev_map {
    uint32_t texture; /* index into textures; ORR_NONE */
    uint32_t uv_set;
    orr_wrap wrap_s, wrap_t;
    bool nearest;
    float uv[6]; /* u' = uv[0] u + uv[1] v + uv[2]; v' = uv[3] u + uv[4] v + uv[5] */
} orr_rev_map;
typedef struct orr_rev_material {
    float base_colour[4], emissive_nit[3];
    float metallic, roughness, ior, normal_scale, occlusion_strength, alpha_cutoff;
    orr_alpha_mode alpha_mode;
    bool double_sided, unlit;
    orr_rev_map maps[ORR_MAP_COUNT];
} orr_rev_material;

typedef struct orr_rev_primitive { /* uploaded once; primitives with the same arrays are one */
    const orr_vertex *vertices;
    const float (*uv1)[2];
    const uint32_t *indices;
    uint32_t vertex_count, index_count;
    double bounds_min[3], bounds_max[3];
} orr_rev_primitive;

typedef struct orr_rev_node {
    orr_node id;
    orr_node_kind kind;
    uint32_t parent;          /* always smaller, or ORR_NONE */
    const char *name, *shown; /* shown: its name in the space */
    const char *where;        /* its author made it, for messages; NULL = not known */
    void *props;
    uint32_t set_rows;    /* bit i: row i was set by the author */
    uint32_t edited_rows; /* … through the space: such a value wins over a track */
    orr_asset asset;
    uint32_t primitive, material; /* MESH */
    uint32_t first_material;      /* MODEL: of the model's own materials */
    uint32_t first_primitive;     /* MODEL */
} orr_rev_node;

struct orr_revision {
    atomic_uint references;
    orr_arena arena;
    orr_assets *assets;
    uint64_t number;
    const char *scene; /* its place in the space; "" = none */
    orr_rev_node *nodes;
    uint32_t node_count;
    orr_rev_primitive *primitives;
    uint32_t primitive_count;
    orr_rev_material *materials;
    uint32_t material_count; /* 0 is the default */
    orr_rev_texture *textures;
    uint32_t texture_count;
    uint32_t *
        primitive_of_model; /* model primitives to revision primitives, per MODEL node from first_primitive */
    orr_digest digest;
};

/* --- poses
 * ----------------------------------------------------------------------------------------------------------
 */
typedef struct orr_bound_track { /* a node track, resolved in a revision */
    uint32_t node, row, value;   /* value: index into the pose block */
} orr_bound_track;
/* Resolves the node tracks of `tracks`; left out are module tracks, and properties edited in the space.
 * malloc'd. */
ORR_MUST_CHECK orr_status orr_revision_bind(const orr_revision *revision, const orr_track *tracks,
                                            uint32_t track_count, orr_bound_track **out, uint32_t *count,
                                            orr_error *err);

typedef struct orr_pose_draw {
    double world[16];
    double centre[3], radius; /* world-space bounding sphere */
    uint32_t primitive, material, object_id;
    bool casts_shadow, mirrored; /* mirrored: the transform turns the winding */
    bool emits_light;            /* its triangles are lights too */
    const orr_vertex *deformed;  /* skinned or morphed vertices, NULL = the primitive's own */
} orr_pose_draw;
typedef enum orr_light_shape { /* what the lights table of shaders/lights.glsl tells apart */
                               ORR_LIGHT_AT_POINT,  /* point and spot: intensity_cd */
                               ORR_LIGHT_FROM_AFAR, /* directional: illuminance_lx */
                               ORR_LIGHT_RECT,      /* the rest: luminance_nit */
                               ORR_LIGHT_DISC,
                               ORR_LIGHT_SPHERE,
                               ORR_LIGHT_TRIANGLE
} orr_light_shape;
typedef struct orr_pose_light {
    orr_light_shape shape;
    double position_m[3], direction[3]; /* its centre (triangle: first corner); direction it shines along */
    double axis_x[3], axis_y[3]; /* rect: half sides; disc: radii; sphere: axis_x[0] is the radius; triangle:
                                    edges from the first corner */
    float colour[3];
    double intensity_cd, illuminance_lx, luminance_nit; /* the one of its shape */
    double range_m, cos_inner, cos_outer;               /* no cone: cos_outer = -2 */
    bool casts_shadow, two_sided;
    bool seen;        /* the camera sees its surface (rect, disc, sphere) */
    bool through_air; /* from above the atmosphere: weakened by it where it arrives */
    uint32_t node;    /* of the revision */
} orr_pose_light;
typedef struct orr_pose_terrain {
    double world[16]; /* local metres, y = height * exaggeration, origin at the DEM's centre, to world */
    orr_asset asset;
    uint32_t object_id, node;
    orr_terrain_props props; /* ramp range resolved */
} orr_pose_terrain;
typedef struct orr_pose_camera {
    double position_m[3], right[3], up[3], forward[3];
    double vfov_rad, ortho_height_m, near_m;
    double aperture_f, shutter_s, iso;
} orr_pose_camera;

typedef struct orr_pose {
    orr_arena arena;
    double t_s;
    orr_pose_camera camera;
    bool has_sun;
    double sun_direction[3]; /* towards it */
    orr_sun_props sun;       /* illuminance_lx is resolved, at too: never ORR_SUN_AUTO */
    bool has_moon;
    double moon_direction[3], moon_phase_rad; /* towards it; 0 = full */
    orr_moon_props moon;                      /* illuminance_lx is that of the phase */
    bool has_atmosphere;
    orr_atmosphere_props atmosphere;
    bool has_environment;
    orr_environment_props environment;
    orr_asset environment_asset;
    orr_pose_draw *draws;
    uint32_t draw_count;
    orr_pose_light *lights;
    uint32_t light_count;
    orr_pose_terrain *terrains;
    uint32_t terrain_count;
} orr_pose;

/* The world at t_s. `values` is the pose block that `bound` indexes. Pure. The caller frees it with
 * orr_pose_free. */
ORR_MUST_CHECK orr_status orr_revision_pose(const orr_revision *revision, orr_node camera, double t_s,
                                            const orr_bound_track *bound, uint32_t bound_count,
                                            const orr_param_value *values, orr_pose *pose, orr_error *err);
void orr_pose_free(orr_pose *pose);

/* Bounding sphere of a box under a matrix. */
void orr_bounds_sphere(const double min_m[3], const double max_m[3], const double world[16], double centre[3],
                       double *radius);

#endif
