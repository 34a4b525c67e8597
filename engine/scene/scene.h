/* Scenes: authoring nodes, immutable revisions, and poses (the world at one time t).
 *
 * Authoring edits an orr_scene; orr_scene_publish makes an immutable revision; orr_revision_pose evaluates a
 * revision at a time with a pose block (values of the animated properties), into flat arrays that the
 * renderer reads. A frame latches one revision. Space: right-handed, Y up, metres, north -Z, east +X, azimuth
 * clockwise from north; cameras look along -Z; doubles here. Threads: one author at a time per scene;
 * revisions and poses are immutable and may be read by any thread. */
#ifndef ORR_SCENE_SCENE_H
#define ORR_SCENE_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/params.h"
#include "resource/assets.h"
#include "resource/primitive.h"

typedef struct orr_scene orr_scene;
typedef struct orr_revision orr_revision;
typedef struct orr_node {
    uint64_t id;
} orr_node; /* generational; 0 = none */
typedef struct orr_mesh {
    uint32_t id;
} orr_mesh; /* of one scene; 0 = none */
typedef struct orr_material {
    uint32_t id;
} orr_material; /* of one scene; 0 = the default material */

typedef enum orr_node_kind {
    ORR_NODE_GROUP,
    ORR_NODE_MESH,
    ORR_NODE_MODEL,
    ORR_NODE_TERRAIN,
    ORR_NODE_CAMERA,
    ORR_NODE_SUN,
    ORR_NODE_POINT,
    ORR_NODE_SPOT,
    ORR_NODE_ENVIRONMENT,
    ORR_NODE_DIRECTIONAL,
    ORR_NODE_AREA,
    ORR_NODE_MOON,
    ORR_NODE_ATMOSPHERE,
    ORR_NODE_KIND_COUNT
} orr_node_kind;
const char *orr_node_kind_name(orr_node_kind kind); /* "mesh", "sun" */

/* The properties of a kind, the one declaration that the Lua API, the docs and animation read. All are VALUE
 * rows: every number can be a function of time; strings and assets cannot. The first rows (position_m,
 * rotation, rotation_deg, scale, visible) are the same for all kinds that have a place. */
const orr_param_table *orr_node_table(orr_node_kind kind);
const orr_param_table *orr_material_table(void);

/* --- authoring
 * -------------------------------------------------------------------------------------------------- */
typedef struct orr_scene_params {
    const char *name;        /* "main" */
    orr_assets *assets;      /* borrowed */
    struct orr_space *space; /* borrowed, may be NULL: where the scene shows itself */
    const char *app_root;    /* "/apps/orrery" */
} orr_scene_params;
ORR_MUST_CHECK orr_status orr_scene_create(const orr_scene_params *params, orr_scene **out, orr_error *err);
void orr_scene_destroy(orr_scene **scene);

/* The node of that kind (ORR_NODE_KIND_COUNT: of any) after `node` (none = the first), in the order of their
 * slots; false at the end. */
bool orr_scene_next(orr_scene *scene, orr_node_kind kind, orr_node *node);
/* `parent` none = the root. `name` need not be unique; NULL gives "<kind> <n>". A second ENVIRONMENT or SUN
 * is an error. */
ORR_MUST_CHECK orr_status orr_scene_node(orr_scene *scene, orr_node_kind kind, const char *name,
                                         orr_node parent, orr_node *out, orr_error *err);
/* Where its author made it ("turntable.lua:12"), for messages. */
ORR_MUST_CHECK orr_status orr_node_set_where(orr_scene *scene, orr_node node, const char *where,
                                             orr_error *err);
ORR_MUST_CHECK orr_status orr_node_remove(orr_scene *scene, orr_node node,
                                          orr_error *err); /* and its children */
ORR_MUST_CHECK orr_status orr_node_set_parent(orr_scene *scene, orr_node node, orr_node parent,
                                              orr_error *err); /* refuses a cycle by name */
ORR_MUST_CHECK orr_status orr_node_set(orr_scene *scene, orr_node node, uint32_t row,
                                       const orr_param_value *value, orr_error *err);
ORR_MUST_CHECK orr_status orr_node_get(orr_scene *scene, orr_node node, uint32_t row, orr_param_value *value,
                                       orr_error *err);
ORR_MUST_CHECK orr_status orr_node_kind_of(orr_scene *scene, orr_node node, orr_node_kind *kind,
                                           orr_error *err);
ORR_MUST_CHECK orr_status orr_node_set_mesh(orr_scene *scene, orr_node node, orr_mesh mesh,
                                            orr_material material, orr_error *err);
ORR_MUST_CHECK orr_status orr_node_set_asset(orr_scene *scene, orr_node node, orr_asset asset,
                                             orr_error *err); /* MODEL, TERRAIN, ENVIRONMENT (hdri) */
const char *orr_node_name(orr_scene *scene, orr_node node);   /* "" when stale */

/* What a node is made of, beside the values of its rows. */
typedef struct orr_node_parts {
    orr_node_kind kind;
    orr_node parent; /* none = the root */
    orr_mesh mesh;
    orr_material material;
    orr_asset asset;
    uint32_t set_rows; /* bit i: row i was set by the author */
    const char *where; /* NULL = not known */
} orr_node_parts;
ORR_MUST_CHECK orr_status orr_node_look(orr_scene *scene, orr_node node, orr_node_parts *out, orr_error *err);

/* Copies the data. Vertices must be finite, indices in range. */
ORR_MUST_CHECK orr_status orr_scene_mesh(orr_scene *scene, const char *name, const orr_mesh_data *data,
                                         orr_mesh *out, orr_error *err);
/* `values`: one per row of orr_material_table(). Asset rows hold the path for messages; the assets come in
 * `maps` (base colour, metallic-roughness, normal, occlusion, emissive; id 0 = none). */
ORR_MUST_CHECK orr_status orr_scene_material(orr_scene *scene, const char *name,
                                             const orr_param_value *values, const orr_asset maps[5],
                                             orr_material *out, orr_error *err);
/* Meshes and materials that were made, ids 1..count. What comes back belongs to the scene, and holds until
 * the next is made. `values`: room for one per row. */
uint32_t orr_scene_mesh_count(const orr_scene *scene);
const orr_mesh_data *orr_scene_mesh_look(const orr_scene *scene, orr_mesh mesh, const char **name);
uint32_t orr_scene_material_count(const orr_scene *scene);
void orr_scene_material_look(const orr_scene *scene, orr_material material, const char **name,
                             orr_param_value *values, orr_asset maps[5]);

/* World-space box of a node and its children as authored (animation at t = 0), assets waited for. Empty: min
 * > max. */
ORR_MUST_CHECK orr_status orr_node_bounds(orr_scene *scene, orr_node node, double min_m[3], double max_m[3],
                                          orr_error *err);
/* Ground height of a terrain node at world x, z (bilinear, exaggeration included); false outside or over no
 * data. */
ORR_MUST_CHECK orr_status orr_terrain_height(orr_scene *scene, orr_node node, double x_m, double z_m,
                                             double *height_m, bool *inside, orr_error *err);

/* --- revisions
 * ---------------------------------------------------------------------------------------------------- */
ORR_MUST_CHECK orr_status orr_scene_publish(orr_scene *scene, orr_revision **out,
                                            orr_error *err); /* waits for its assets */
void orr_revision_release(orr_revision **revision);          /* reference-counted; any thread */
uint64_t orr_revision_number(const orr_revision *revision);
orr_digest
orr_revision_digest(const orr_revision *revision); /* of everything a frame depends on, assets included */

/* --- animation
 * ---------------------------------------------------------------------------------------------------- */
/* A track addresses (instance, parameter name): a node's property or a module's parameter. */
typedef struct orr_track {
    orr_node node;      /* or none: then */
    const char *module; /* the module's name */
    const char *param;  /* property or parameter */
} orr_track;

#endif
