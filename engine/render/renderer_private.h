/* The renderer's parts, shared by the files of engine/render alone. */
#ifndef ORR_RENDER_PRIVATE_H
#define ORR_RENDER_PRIVATE_H

#include "render/atmosphere.h"
#include "image/hdri.h"
#include "render/graph.h"
#include "render/target.h"
#include "scene/revision.h"

/* Mirrors FrameBlock of shaders/frame.glsl, std140. */
typedef struct orr_frame_block {
    float view_proj[16], shadow_matrix[16], terrain_to_world[16], world_to_terrain[16];
    float base_x[4], base_y[4], base_0[4], dir_x[4], dir_y[4], dir_0[4];
    float sun_direction[4], sun_light[4], shadow_params[4];
    float sh[9][4];
    float env_zenith[4], env_horizon[4], env_ground[4], env_params[4], background[4];
    float depth_params[4], params[4], terrain_extent[4], terrain_shade[4], terrain_lod[4], clusters[4];
    uint32_t size[4], ids[4];
} orr_frame_block;

/* --- core pipelines (pipelines.c)
 * ----------------------------------------------------------------------------------- */
typedef enum orr_core {
    ORR_CORE_VISIBILITY,
    ORR_CORE_VISIBILITY_TWO_SIDED,
    ORR_CORE_VISIBILITY_MIRRORED,
    ORR_CORE_VISIBILITY_MASK,
    ORR_CORE_TERRAIN,
    ORR_CORE_TERRAIN_HOLES,
    ORR_CORE_SHADOW,
    ORR_CORE_SHADOW_MASK,
    ORR_CORE_RESOLVE,
    ORR_CORE_RESOLVE_ID,
    ORR_CORE_LIGHTING,
    ORR_CORE_TRANSPARENT,
    ORR_CORE_TRANSPARENT_TWO_SIDED,
    ORR_CORE_TRANSPARENT_MIRRORED,
    ORR_CORE_ACCUMULATE,
    ORR_CORE_GIZMOS,
    ORR_CORE_ENCODE,
    ORR_CORE_HISTOGRAM,
    ORR_CORE_DFG,
    ORR_CORE_TERRAIN_GRADIENT,
    ORR_CORE_TERRAIN_SUN,
    ORR_CORE_SKY_TRANSMITTANCE,
    ORR_CORE_SKY_MULTIPLE,
    ORR_CORE_SKY_VIEW,
    ORR_CORE_SKY_AERIAL,
    ORR_CORE_LIGHT_CLUSTERS,
    ORR_CORE_SKY_QUERY,
    ORR_CORE_LIGHT_SEEN,
    ORR_CORE_SKY,
    ORR_CORE_SKY_STARS,
    ORR_CORE_SKY_GROUND,
    ORR_CORE_SKY_CAPTURE,
    ORR_CORE_SKY_GLOW,
    ORR_CORE_SKY_GLOW_TWO_SIDED,
    ORR_CORE_SKY_GLOW_MIRRORED,
    ORR_CORE_SKY_IRRADIANCE,
    ORR_CORE_SKY_PREFILTER,
    ORR_CORE_COUNT
} orr_core;
enum { ORR_MAX_TEXTURE_ARRAYS = 8, ORR_ARRAYS_OF_KIND = 4 }; /* 0-3 sRGB, 4-7 linear */

/* What a scene has: VARIANT of shaders/frame.glsl, one specialisation constant by which the rest is folded
 * away. */
enum {
    ORR_VARIANT_SRGB = 0,
    ORR_VARIANT_LINEAR = 4,
    ORR_VARIANT_MAPS = 8, /* shifts: array counts, maps in use */
    ORR_VARIANT_UV1 = 1 << 13,
    ORR_VARIANT_MESH = 1 << 14,
    ORR_VARIANT_TERRAIN = 1 << 15,
    ORR_VARIANT_LIGHTS = 1 << 16,
    ORR_VARIANT_SHADOW = 1 << 17,
    ORR_VARIANT_SHADE = 1 << 18,
    ORR_VARIANT_SUN = 1 << 19,
    ORR_VARIANT_SKY_GRADIENT = 1 << 20,
    ORR_VARIANT_SKY_MAP = 1 << 21,
    ORR_VARIANT_SKY = 1 << 22,       /* an atmosphere: what is behind everything, and the sun through air */
    ORR_VARIANT_SKY_LIGHT = 1 << 23, /* lit by the captured sky */
    ORR_VARIANT_AERIAL = 1 << 24,
    ORR_VARIANT_CLUSTERS = 1 << 25,
    ORR_VARIANT_LIGHT_SHADOWS = 1 << 26,
    ORR_VARIANT_AREA_LIGHTS = 1 << 27,
    ORR_VARIANT_MOON = 1 << 28,        /* lights the air too */
    ORR_VARIANT_SEEN_LIGHTS = 1 << 29, /* area lights whose surface the camera sees */
    ORR_VARIANT_ABOVE_AIR = 1 << 30,   /* the camera is */
    ORR_VARIANT_TEXTURES = 0x1fff | ORR_VARIANT_UV1,
    ORR_VARIANT_LIGHTING = ORR_VARIANT_LIGHTS | ORR_VARIANT_SHADOW | ORR_VARIANT_SHADE | ORR_VARIANT_SUN |
                           ORR_VARIANT_SKY_GRADIENT | ORR_VARIANT_SKY_MAP | ORR_VARIANT_SKY |
                           ORR_VARIANT_SKY_LIGHT | ORR_VARIANT_CLUSTERS | ORR_VARIANT_LIGHT_SHADOWS |
                           ORR_VARIANT_AREA_LIGHTS | ORR_VARIANT_MOON
};
/* The last bit: something is farther away than the aerial table reaches. */
#define ORR_VARIANT_BEYOND_AERIAL (UINT32_C(1) << 31)
#define ORR_VARIANT_AIR                                                                                      \
    (ORR_VARIANT_AERIAL | ORR_VARIANT_MOON | ORR_VARIANT_ABOVE_AIR | ORR_VARIANT_BEYOND_AERIAL)
typedef struct orr_core_made {
    orr_core which;
    uint32_t variant;
    orr_gpu_pipeline pipeline;
} orr_core_made;

/* Bindings shared by the core shaders; the rest are each pass's own. */
enum {
    ORR_SLOT_FRAME,
    ORR_SLOT_DRAWS,
    ORR_SLOT_INDICES,
    ORR_SLOT_VERTICES,
    ORR_SLOT_UV1,
    ORR_SLOT_MATERIALS,
    ORR_SLOT_TEXTURES,
    ORR_SLOT_HEIGHTS = 14,
    ORR_SLOT_GRADIENT,
    ORR_SLOT_RAMP,
    ORR_SLOT_TERRAIN_SUN,
    ORR_SLOT_SHADOW,
    ORR_SLOT_ENVIRONMENT,
    ORR_SLOT_DFG,
    ORR_SLOT_SKY,
    ORR_SLOT_LIGHTS,
    ORR_SLOT_PATCHES,
    ORR_SLOT_SKY_BLOCK, /* of shaders/atmosphere.glsl: all below up to SKY_LIGHT exist with an atmosphere
                           alone */
    ORR_SLOT_SKY_TRANSMITTANCE,
    ORR_SLOT_SKY_MULTIPLE,
    ORR_SLOT_SKY_VIEW,
    ORR_SLOT_AERIAL_LIGHT,
    ORR_SLOT_AERIAL_TRANSMITTANCE,
    ORR_SLOT_SKY_LIGHT,     /* cube: the captured sky's irradiance over pi */
    ORR_SLOT_CLUSTERS,      /* texels: which lights reach which part of the view */
    ORR_SLOT_LIGHT_SHADOWS, /* atlas of the local lights' shadow maps */
    ORR_SLOT_LTC,
    ORR_SLOT_SKY_GROUND, /* the sky's light on the planet's ground, of shaders/ground.glsl */
    ORR_SLOT_PASS = 40   /* PASS of shaders/frame.glsl */
};
enum { ORR_MOST_BINDS = ORR_SLOT_PASS + 16 }; /* of one pipeline */
typedef uint64_t orr_slot_mask;
#define ORR_SLOT_BIT(slot) (UINT64_C(1) << (slot))

typedef struct orr_environment_gpu {
    uint64_t key; /* of the props and the map: the product is rebuilt when it changes */
    orr_gpu_texture cube, sky;
    uint32_t mips;
    float sh[9][4];           /* in the source's own scale */
    double scale;             /* the source's own value for a stored 1 */
    double factor;            /* nit for a stored 1 */
    orr_hdri_figures figures; /* of the map as it is used */
} orr_environment_gpu;

typedef struct orr_terrain_gpu {
    orr_asset asset;
    orr_gpu_texture heights, gradient, ramp, sun;
    uint64_t ramp_key, sun_key;
    bool holes;
} orr_terrain_gpu;

typedef struct orr_shadow_gpu {
    orr_gpu_texture map;
    uint64_t key;
    double matrix[16]; /* absolute world to clip: made camera-relative per frame */
    double texel_m;
    uint32_t side;
    bool any, told; /* told: that the map is too coarse for some casters */
} orr_shadow_gpu;

typedef struct orr_lights_gpu {
    orr_gpu_texture ltc, atlas;       /* table of area lights; shadow maps */
    orr_gpu_buffer records, clusters; /* of the frame recorded last */
    uint64_t records_bytes, clusters_bytes, shadow_key;
    uint32_t atlas_side;
    bool ltc_ready;
} orr_lights_gpu;
typedef struct orr_sky_capture_gpu {
    uint64_t key, ground_key;
    orr_gpu_texture seen, depth; /* the cube as captured, box-filtered; for what glows in it */
    orr_gpu_texture cube;        /* prefiltered: mip = perceptual roughness */
    orr_gpu_texture irradiance;
    orr_gpu_texture ground; /* ORR_SLOT_SKY_GROUND */
} orr_sky_capture_gpu;

typedef struct orr_residency { /* one revision on the device */
    const orr_revision *revision;
    orr_gpu_buffer vertices, indices, uv1s, materials;
    uint32_t *first_index, *vertex_offset, *uv1_offset; /* per primitive */
    uint32_t vertex_count, deform_first,
        deform_capacity; /* the last `deform_capacity` vertices are rewritten per frame */
    orr_gpu_texture arrays[ORR_MAX_TEXTURE_ARRAYS];
    uint32_t variant; /* the part that materials decide */
    bool any_blend, any_mask, any_air;
} orr_residency;

struct orr_renderer {
    orr_gpu *gpu;
    orr_jobs *jobs;
    orr_assets *assets;
    orr_shaders *shaders;
    const orr_log *log;
    struct orr_space *space;
    char app_root[128];
    struct orr_space_log *errors;
    orr_core_made *made;
    uint32_t made_count, made_capacity;
    orr_gpu_sampler linear_repeat, linear_clamp, nearest_clamp, sky, shadow;
    orr_gpu_texture white, white_array, grey_cube, dark_depth, white_volume,
        dfg; /* stand-ins for what a scene lacks, never sampled for effect */
    bool dfg_ready;
    orr_gpu_buffer empty, patch_grid;
    orr_residency residency;
    orr_environment_gpu environment;
    orr_terrain_gpu terrain;
    orr_shadow_gpu shadow_map;
    orr_sky_gpu sky_tables;
    orr_lights_gpu lights;
    orr_sky_capture_gpu sky_capture;
};

ORR_MUST_CHECK orr_status orr_core_get(orr_renderer *renderer, orr_core which, uint32_t variant,
                                       orr_gpu_pipeline *out, orr_error *err);
void orr_core_destroy(orr_renderer *renderer);
ORR_MUST_CHECK orr_status orr_core_build(orr_shaders *shaders, const char *folder, uint32_t *count,
                                         orr_error *err);

ORR_MUST_CHECK orr_status orr_residency_load(orr_renderer *renderer, const orr_revision *revision,
                                             orr_error *err);
void orr_residency_free(orr_renderer *renderer);
ORR_MUST_CHECK orr_status orr_textures_load(orr_renderer *renderer, const orr_revision *revision,
                                            uint32_t *references, orr_error *err);

/* Products: recorded into `cmd` only when their keys changed. */
/* The map of an environment before the first frame: what is wrong with it is said before anything is written.
 */
ORR_MUST_CHECK orr_status orr_environment_load(orr_renderer *renderer, const orr_revision *revision,
                                               orr_error *err);
ORR_MUST_CHECK orr_status orr_environment_update(orr_renderer *renderer, const orr_pose *pose,
                                                 orr_error *err);
ORR_MUST_CHECK orr_status orr_terrain_update(orr_renderer *renderer, orr_cmd *cmd, const orr_pose *pose,
                                             orr_error *err);
ORR_MUST_CHECK orr_status orr_dfg_update(orr_renderer *renderer, orr_cmd *cmd, orr_error *err);
struct orr_frame_data;
/* The sky: tables of the atmosphere, and the environment captured from it (atmosphere.c). */
ORR_MUST_CHECK orr_status orr_sky_update(orr_renderer *renderer, orr_cmd *cmd, struct orr_frame_data *data,
                                         orr_error *err);
/* The first part of it alone. */
ORR_MUST_CHECK orr_status orr_sky_tables_update(orr_renderer *renderer, orr_cmd *cmd,
                                                struct orr_frame_data *data, orr_error *err);
bool orr_sky_has(const struct orr_frame_data *data,
                 orr_sky_table table); /* whether a frame reads that table */
void orr_sky_bind(const orr_renderer *renderer, const struct orr_frame_data *data, orr_gpu_bind *bind);
void orr_sky_free(orr_renderer *renderer);
/* The sky's light, captured where ORR_VARIANT_SKY_LIGHT asks for it, and that on the planet's ground
 * (sky_capture.c). */
ORR_MUST_CHECK orr_status orr_sky_capture_update(orr_renderer *renderer, orr_cmd *cmd,
                                                 const struct orr_frame_data *data, orr_error *err);
uint32_t orr_sky_capture_mips(void);
void orr_sky_capture_free(orr_renderer *renderer);
/* Local lights: which of them reach what, their shadow maps, the table of area lights (lights.c). */
ORR_MUST_CHECK orr_status orr_lights_update(orr_renderer *renderer, orr_cmd *cmd, struct orr_frame_data *data,
                                            orr_error *err);
void orr_lights_bind(const orr_renderer *renderer, const struct orr_frame_data *data, orr_gpu_bind *bind);
void orr_lights_free(orr_renderer *renderer);
/* Whether the camera sees the light's own surface: never the back of one that shines to one side. */
bool orr_light_seen(const orr_pose_light *light, const orr_pose_camera *camera);
/* What shadow maps depend on beside their light: all that casts, where it is. `seed`: the rest of a key. */
uint64_t orr_casters_key(const orr_renderer *renderer, const orr_pose *pose, uint64_t seed);
/* Below the horizon of y = 0 the sun is seen through air from a height; without air there is no horizon, and
 * it shines unshaded from below. */
static inline bool orr_sun_shades(const orr_pose *pose) {
    return pose->has_sun && pose->sun.casts_shadow && (pose->sun_direction[1] > 0.0 || pose->has_atmosphere);
}
ORR_MUST_CHECK orr_status orr_shadow_update(orr_renderer *renderer, orr_cmd *cmd, const orr_pose *pose,
                                            const struct orr_frame_data *data, orr_error *err);

/* Everything of one frame that the core passes read (frame.c fills it). */
typedef struct orr_frame_data {
    orr_frame_block block;
    orr_sky_block sky;             /* with an atmosphere */
    orr_gpu_buffer draws, patches; /* of the frame's slot */
    double exposure, light_cutoff; /* orr_target_params.light_cutoff */
    bool every_light;              /* orr_target_params.every_light */
    const orr_pose *pose;
    uint32_t *visible;
    uint32_t visible_count; /* indices into pose->draws, opaque and masked */
    uint32_t *blended;
    uint32_t blended_count;   /* back to front */
    uint32_t *vertex_offsets; /* per draw: the primitive's, or where its deformed vertices are */
    uint32_t patch_count;
    uint32_t variant;     /* ORR_VARIANT_ bits */
    double view_proj[16]; /* without jitter, relative world */
    double half[2];       /* of the view: tangents, or metres when orthographic */
} orr_frame_data;

typedef struct orr_patch {
    uint32_t column, row, level, unused;
} orr_patch;
enum { ORR_PATCH_QUADS = 16 };
/* Level of detail: patches of 16 x 16 quads by distance from the camera, in the grid's plane (Strugar 2009).
 */
ORR_MUST_CHECK orr_status orr_terrain_select(const orr_dem *dem, const float lod[4],
                                             const double planes[6][4], const double to_world[16],
                                             orr_arena *arena, orr_patch **patches, uint32_t *count,
                                             orr_error *err);
uint32_t orr_terrain_level_count(const orr_dem *dem);

/* Binds of the scene for a pipeline: `which` is a mask of slots (ORR_SLOT_BIT; TEXTURES stands for all
 * eight). */
uint32_t orr_scene_binds(orr_renderer *renderer, const orr_frame_data *data, orr_slot_mask which,
                         orr_gpu_bind *binds);
/* The same without the frame block, with their kinds: what a raster pass declares that its draws read. */
uint32_t orr_scene_reads(orr_renderer *renderer, const orr_frame_data *data, orr_slot_mask which,
                         orr_gpu_bind *binds, orr_gpu_slot *kinds);
orr_bind_kind orr_scene_kind(uint32_t slot);
void orr_terrain_free(orr_renderer *renderer);
/* Adds the content of all code that frames of these settings come from: program, shaders, modules. */
void orr_code_digest(const orr_renderer *renderer, const orr_settings *settings, orr_digest_builder *digest);
orr_slot_mask orr_core_mask(orr_core which); /* the scene slots that a core pipeline has */

#endif
