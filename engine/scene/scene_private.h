/* Authoring state shared by scene.c, publish.c and bounds.c. */
#ifndef ORR_SCENE_PRIVATE_H
#define ORR_SCENE_PRIVATE_H

#include "scene/revision.h"

typedef struct orr_node_slot {
    uint32_t generation; /* odd while alive */
    orr_node_kind kind;
    uint32_t parent;                /* slot, or ORR_NONE */
    uint32_t set_rows, edited_rows; /* edited: last written through the space, which wins over a track */
    char *name;
    void *props;
    orr_asset asset;
    orr_mesh mesh;
    orr_material material;
    const char *where; /* its author made it; NULL = not known */
    const char *shown; /* its name in the space, unique in the scene; NULL = not shown yet */
} orr_node_slot;
typedef struct orr_mesh_slot {
    char *name;
    orr_mesh_data data; /* own copy */
    double bounds_min[3], bounds_max[3];
} orr_mesh_slot;
typedef struct orr_material_slot {
    char *name;
    orr_material_props props;
    orr_asset maps[ORR_MAP_COUNT];
} orr_material_slot;

struct orr_scene {
    char name[64], app_root[128];
    orr_assets *assets;
    struct orr_space *space;
    char at[256];                /* the scene's place in the space; "" = none */
    struct orr_space *shown;     /* what its `src` shows since the last publish */
    struct orr_watch *watch;     /* of what others write there */
    uint64_t edits, shown_edits; /* counts of changes to nodes: made, and shown */
    uint64_t shown_at;           /* revision of the space that showing made, if known */
    bool look_again;             /* the last look at what others wrote failed */
    orr_arena arena; /* names and strings: they live as long as the scene, so revisions copy them */
    uint64_t next_revision;
    orr_node_slot *nodes;
    uint32_t node_count, node_capacity;
    uint32_t first_free; /* no slot before it is free */
    orr_mesh_slot *meshes;
    uint32_t mesh_count, mesh_capacity;
    orr_material_slot *materials;
    uint32_t material_count, material_capacity;
};

ORR_MUST_CHECK orr_status orr_scene_slot(orr_scene *scene, orr_node node, uint32_t *slot, orr_error *err);
static inline orr_node orr_scene_id(const orr_scene *scene, uint32_t slot) {
    return (orr_node){(uint64_t)scene->nodes[slot].generation << 32 | (slot + 1u)};
}
/* Local matrix of a place. */
void orr_place_matrix(const orr_place *place, double m[16]);
/* The scene in the space (space_view.c); all of them do nothing without one. */
ORR_MUST_CHECK orr_status orr_scene_view_open(orr_scene *scene, orr_error *err);
void orr_scene_view_close(orr_scene *scene);
/* Takes over what others wrote since the last time, then shows the nodes. */
ORR_MUST_CHECK orr_status orr_scene_exchange(orr_scene *scene, orr_error *err);
ORR_MUST_CHECK orr_status orr_scene_show(orr_scene *scene, const orr_revision *revision, orr_error *err);

#endif
