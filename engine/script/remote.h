/* Scripts of bundles, for the files of this folder: what the process that renders (remote.c) and the one that
 * runs the script (child.c) share. */
#ifndef ORR_SCRIPT_REMOTE_H
#define ORR_SCRIPT_REMOTE_H

#include "script/private.h"
#include "script/wire.h"

/* What a bundle's script may make. */
enum {
    ORR_REMOTE_MAX_NODES = 20000,
    ORR_REMOTE_MAX_TRACKS = 20000,
    ORR_REMOTE_MAX_MESHES = 20000,
    ORR_REMOTE_MAX_MATERIALS = 4096,
    ORR_REMOTE_MAX_ASSETS = 4096,
    ORR_REMOTE_MAX_LIST = 1024 /* parameters, passes in order, frames and tags of a check … */
};
#define ORR_REMOTE_MAX_BYTES (UINT64_C(256) << 20) /* of one message from its process */
#define ORR_REMOTE_MEMORY    (UINT64_C(256) << 20) /* of Lua, when nobody says… */
#define ORR_REMOTE_BESIDE                                                                                    \
    (UINT64_C(768) << 20)       /* …and of all else in its process: meshes, assets, threads                \
                                 */
#define ORR_REMOTE_START_S 20.0 /* for its process to start and lock itself in */
#define ORR_REMOTE_LOAD_S  30.0 /* for the script to answer, when nobody says… */
#define ORR_REMOTE_FRAME_S 10.0 /* …and for one answer of its functions */
#define ORR_REMOTE_GRACE_S 2.0  /* after which a script that did not stop by itself is ended */

/* --- the authored world (wire_scene.c) and the sequence (wire_sequence.c) ------------------------ */
/* Both sides list assets, meshes, materials and nodes in one order, and name them by their place in it. */
typedef struct orr_world {
    orr_script *script;
    orr_script_scene *scene;
    orr_asset *assets;
    orr_asset_kind *asset_kinds;
    uint32_t asset_count;
    uint32_t mesh_count, material_count; /* ids are 1..count */
    orr_node *nodes;                     /* in the order of their slots */
    uint32_t node_count;
    orr_arena arena; /* of these lists */
} orr_world;
void orr_world_free(orr_world *world);
uint32_t orr_world_place(const orr_world *world, orr_node node); /* in the list of nodes: it is there */

ORR_MUST_CHECK orr_status orr_world_put(orr_world *world, orr_text *out, orr_error *err);
/* Makes the scene of it in `world->script`. What the bytes say wrongly is kept in the reader; the status is
 * of what went wrong otherwise: an asset that is missing, memory. */
ORR_MUST_CHECK orr_status orr_world_get(orr_world *world, orr_wire_reader *reader, orr_error *err);

/* The script's parameters, digest, sequence, settings, tracks and check: all that orr_script_* tell. */
ORR_MUST_CHECK orr_status orr_result_put(orr_script *script, orr_text *out, orr_error *err);
/* Makes them in `script`, the sequence not yet sealed. Status and reader as above. */
ORR_MUST_CHECK orr_status orr_result_get(orr_script *script, orr_wire_reader *reader, orr_error *err);

/* What a manifest says (wire_module.c); the registry checks it like any. */
void orr_module_put(const orr_module_desc *module, orr_text *out);
void orr_module_get(orr_wire_reader *reader, orr_module_desc *module);

/* A finished frame (wire_frame.c). What `get` gives is malloc'd where it is large: orr_frame_free. */
void orr_frame_put(const orr_check_frame *frame, orr_text *out);
ORR_MUST_CHECK orr_status orr_frame_get(orr_wire_reader *reader, orr_check_frame *frame, orr_error *err);
void orr_frame_free(orr_check_frame *frame);

/* As orr_manifests_load_bundle, in this process. */
ORR_MUST_CHECK orr_status orr_manifests_load_inside(orr_engine *engine, orr_error *err);

/* --- the other process, from here (remote.c) ----------------------------------------------------- */
/* Starts it, has it run the script of that name in the bundle, and makes of `script` what it answers. */
ORR_MUST_CHECK orr_status orr_remote_run(orr_script *script, const char *name, orr_error *err);
void orr_remote_destroy(orr_remote **remote);
/* As orr_evaluate_fn, of a sequence of that script; `context` is the sequence's object. */
ORR_MUST_CHECK orr_status orr_remote_evaluate(void *context, double t_s, orr_param_value *values,
                                              orr_error *err);
/* As orr_check_spec.expect; `context` is the script. */
ORR_MUST_CHECK orr_status orr_remote_expect(void *context, const orr_check_frame *frame, orr_text *failures,
                                            orr_error *err);

#endif
