/* A glTF 2.0 model, decoded: plain arrays that the scene can place and the renderer can upload.
 *
 * Owner frees with orr_model_free; everything is in one arena. Immutable once read: any thread may look.
 * Right-handed, Y up, metres, as glTF. Textures stay encoded here (`orr_model_image`): the loader decodes
 * them as jobs. */
#ifndef ORR_RESOURCE_MODEL_H
#define ORR_RESOURCE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define ORR_NONE UINT32_MAX /* "no index" */

/* One vertex as the GPU reads it: 32 bytes, two uvec4 texels. */
typedef struct orr_vertex {
    float position[3];
    uint32_t normal_oct; /* octahedral, 2 x snorm16 (x low half) */
    float uv0[2];
    uint32_t
        tangent_oct; /* octahedral, x snorm16 low half, y snorm15 in bits 16-30, bit 31 set = handedness -1 */
    uint32_t colour_rgba8; /* linear, r in the low byte; 0xffffffff when the file has none */
} orr_vertex;

typedef struct orr_morph_target { /* deltas, one per vertex of the primitive; NULL when the target has none */
    const float (*position)[3];
    const float (*normal)[3];
    const float (*tangent)[3];
} orr_morph_target;

/* One draw: indexed triangles (strips, fans and non-indexed ones are expanded; points and lines are skipped
 * and counted). */
typedef struct orr_model_primitive {
    const orr_vertex *vertices;
    const float (*uv1)[2];       /* TEXCOORD_1, NULL = none */
    const uint16_t (*joints)[4]; /* JOINTS_0, NULL = not skinned */
    const float (*weights)[4];   /* normalised to sum 1 */
    uint32_t vertex_count;
    const uint32_t *indices;
    uint32_t index_count; /* multiple of 3, every index < vertex_count */
    uint32_t material;    /* index, or ORR_NONE: the default material */
    const orr_morph_target *morphs;
    uint32_t morph_count;
    float bounds_min[3], bounds_max[3]; /* of the rest pose, computed from the data */
    bool has_tangents;                  /* from the file, or generated because a normal map needs them */
} orr_model_primitive;

/* Primitives whose accessors are the same bytes share `vertices`/`indices` pointers: upload each pointer
 * once. */
typedef struct orr_model_mesh {
    const char *name;
    uint32_t first_primitive, primitive_count;
    const float *morph_weights; /* defaults */
    uint32_t morph_weight_count;
} orr_model_mesh;

typedef enum orr_wrap { ORR_WRAP_REPEAT, ORR_WRAP_CLAMP, ORR_WRAP_MIRROR } orr_wrap;
typedef struct orr_texture_use {
    uint32_t image;  /* index into images, ORR_NONE = no texture */
    uint32_t uv_set; /* 0 or 1 */
    orr_wrap wrap_s, wrap_t;
    bool nearest;
    float offset[2], scale[2], rotation_rad; /* KHR_texture_transform; identity: 0, 1, 0 */
} orr_texture_use;

typedef enum orr_alpha_mode { ORR_ALPHA_OPAQUE, ORR_ALPHA_MASK, ORR_ALPHA_BLEND } orr_alpha_mode;
typedef struct orr_model_material {
    const char *name;
    float base_colour[4]; /* linear */
    float metallic, roughness;
    float emissive[3]; /* linear factor times KHR_materials_emissive_strength */
    float normal_scale, occlusion_strength;
    float ior; /* KHR_materials_ior, default 1.5 */
    orr_alpha_mode alpha_mode;
    float alpha_cutoff;
    bool double_sided, unlit;
    orr_texture_use base_colour_map, metal_rough_map, normal_map, occlusion_map, emissive_map;
} orr_model_material;

typedef struct orr_model_image {
    const char *name;     /* file name or "image 3 of model.glb", for messages */
    const uint8_t *bytes; /* encoded PNG or JPEG */
    size_t size;
    bool srgb; /* used as base colour or emissive; an image used both ways is listed twice */
} orr_model_image;

typedef struct orr_model_node {
    const char *name;
    uint32_t parent; /* ORR_NONE = root; always a smaller index than the node's own: parents come first */
    double translation[3], rotation[4],
        scale[3]; /* quaternion x y z w; a matrix in the file is decomposed when it can be… */
    bool has_matrix;
    double matrix[16];                  /* …and kept as it is, column-major, when it cannot (shear) */
    uint32_t mesh, skin, camera, light; /* ORR_NONE = none */
    const float *morph_weights;         /* override of the mesh's, or NULL */
} orr_model_node;

typedef struct orr_model_skin {
    const uint32_t *joints;    /* node indices */
    const float *inverse_bind; /* 16 floats each, column-major */
    uint32_t joint_count;
} orr_model_skin;

typedef struct orr_model_camera {
    const char *name;
    bool orthographic;
    double yfov_rad, aspect, znear, zfar; /* aspect 0 = the target's; zfar 0 = infinite */
    double xmag, ymag;
} orr_model_camera;

typedef enum orr_light_kind { ORR_LIGHT_DIRECTIONAL, ORR_LIGHT_POINT, ORR_LIGHT_SPOT } orr_light_kind;
typedef struct orr_model_light {
    const char *name;
    orr_light_kind kind;
    float colour[3];
    double intensity;            /* lx for directional, cd for point and spot: imported as it is */
    double range_m;              /* 0 = infinite */
    double inner_rad, outer_rad; /* spot half angles */
} orr_model_light;

typedef enum orr_anim_path {
    ORR_ANIM_TRANSLATION,
    ORR_ANIM_ROTATION,
    ORR_ANIM_SCALE,
    ORR_ANIM_WEIGHTS
} orr_anim_path;
typedef enum orr_anim_interp { ORR_ANIM_STEP, ORR_ANIM_LINEAR, ORR_ANIM_CUBIC } orr_anim_interp;
typedef struct orr_model_channel {
    uint32_t node;
    orr_anim_path path;
    orr_anim_interp interp;
    const float *times_s; /* key_count, increasing */
    const float *values;  /* key_count * width (* 3 for cubic: in-tangent, value, out-tangent) */
    uint32_t key_count, width;
} orr_model_channel;
typedef struct orr_model_animation {
    const char *name;
    const orr_model_channel *channels;
    uint32_t channel_count;
    double duration_s;
} orr_model_animation;

typedef struct orr_model {
    orr_arena arena;
    orr_model_primitive *primitives;
    uint32_t primitive_count;
    orr_model_mesh *meshes;
    uint32_t mesh_count;
    orr_model_material *materials;
    uint32_t material_count;
    orr_model_image *images;
    uint32_t image_count;
    orr_model_node *nodes;
    uint32_t node_count;
    orr_model_skin *skins;
    uint32_t skin_count;
    orr_model_camera *cameras;
    uint32_t camera_count;
    orr_model_light *lights;
    uint32_t light_count;
    orr_model_animation *animations;
    uint32_t animation_count;
    uint32_t skipped_primitives; /* points and lines */
    uint64_t triangle_count;     /* as placed by the default scene's nodes */
} orr_model;

/* Fetches what a .gltf refers to. `uri` is percent-decoded and relative; the callee must refuse to leave the
 * model's folder. Fills malloc'd *data. */
typedef orr_status (*orr_model_fetch)(void *context, const char *uri, uint8_t **data, size_t *size,
                                      orr_error *err);

/* Decodes .gltf (JSON) or .glb by its first bytes. `name` is for messages. Every accessor, index, node and
 * parent is checked; a cycle, NaN vertex, index out of range, accessor past its buffer, or an unsupported
 * extensionsRequired is refused by name. */
ORR_MUST_CHECK orr_status orr_model_decode(const void *data, size_t size, const char *name,
                                           orr_model_fetch fetch, void *context, orr_model *out,
                                           orr_error *err);
void orr_model_free(orr_model *model);

/* --- pose: pure functions of (model, animation, t) -------------------------------------------------- */
/* World matrices (16 doubles each, column-major, relative to the model's root) of every node at time t_s of
 * `animation` (ORR_NONE = rest pose; t wraps at the duration when `loop`, clamps otherwise), and the morph
 * weights of every node (weights[weight_offset[node]…]); `weights` may be NULL when the model has no morphs.
 */
void orr_model_pose(const orr_model *model, uint32_t animation, double t_s, bool loop, double *world,
                    float *weights);
uint32_t orr_model_weight_offset(const orr_model *model,
                                 uint32_t node);         /* first weight of the node in `weights` */
uint32_t orr_model_weight_count(const orr_model *model); /* length of `weights` */
/* Deformed vertices of one primitive: morphs, then skin (matrices world[joint] * inverse_bind, relative to
 * the mesh node's own world as glTF says). Writes vertex_count vertices. */
void orr_model_deform(const orr_model *model, uint32_t node, const orr_model_primitive *primitive,
                      const double *world, const float *weights, orr_vertex *out);

#endif
