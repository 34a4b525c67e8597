#include "scene/celestial.h"
#include "scene/scene_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

orr_status orr_scene_create(const orr_scene_params *params, orr_scene **out, orr_error *err) {
    orr_scene *scene = orr_calloc(1, sizeof *scene);
    if (!scene) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a scene");
    (void)orr_format(scene->name, sizeof scene->name, "%s", params->name ? params->name : "main");
    (void)orr_format(scene->app_root, sizeof scene->app_root, "%s",
                     params->app_root ? params->app_root : "/apps/orrery");
    scene->assets = params->assets;
    scene->space = params->space;
    scene->next_revision = 1;
    orr_status status = orr_scene_view_open(scene, err);
    if (status) return orr_scene_destroy(&scene), status;
    *out = scene;
    return ORR_OK;
}

void orr_scene_destroy(orr_scene **scene_io) {
    orr_scene *scene = *scene_io;
    if (!scene) return;
    orr_scene_view_close(scene);
    for (uint32_t i = 0; i < scene->node_count; i++) free(scene->nodes[i].props);
    for (uint32_t i = 0; i < scene->mesh_count; i++)
        free(scene->meshes[i].data.vertices), free(scene->meshes[i].data.indices);
    free(scene->nodes), free(scene->meshes), free(scene->materials);
    orr_arena_free(&scene->arena);
    free(scene);
    *scene_io = NULL;
}

static orr_status grow(void **items, uint32_t count, uint32_t *capacity, size_t size, orr_error *err) {
    if (count < *capacity) return ORR_OK;
    uint32_t wanted = *capacity ? *capacity * 2 : 16;
    void *larger = wanted > *capacity ? orr_realloc(*items, wanted, size) : NULL;
    if (!larger) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u scene entries", wanted);
    *items = larger, *capacity = wanted;
    return ORR_OK;
}

orr_status orr_scene_slot(orr_scene *scene, orr_node node, uint32_t *slot, orr_error *err) {
    uint32_t index = (uint32_t)(node.id & 0xffffffffu), generation = (uint32_t)(node.id >> 32);
    *slot = 0; /* a caller that lives on after a failure sees a number, and compilers see that it does */
    if (index == 0 || index > scene->node_count || scene->nodes[index - 1].generation != generation ||
        !(generation & 1u))
        return orr_fail(err, ORR_E_STALE, scene->name, "this node was removed, or belongs to another scene");
    *slot = index - 1;
    return ORR_OK;
}

static bool kind_exists(const orr_scene *scene, orr_node_kind kind) {
    for (uint32_t i = 0; i < scene->node_count; i++)
        if ((scene->nodes[i].generation & 1u) && scene->nodes[i].kind == kind) return true;
    return false;
}

bool orr_scene_next(orr_scene *scene, orr_node_kind kind, orr_node *node) {
    uint32_t slot = 0;
    if (node->id && orr_scene_slot(scene, *node, &slot, NULL)) return false;
    for (slot += node->id ? 1 : 0; slot < scene->node_count; slot++)
        if ((scene->nodes[slot].generation & 1u) &&
            (scene->nodes[slot].kind == kind || kind == ORR_NODE_KIND_COUNT))
            return *node = orr_scene_id(scene, slot), true;
    return false;
}

orr_status orr_scene_node(orr_scene *scene, orr_node_kind kind, const char *name, orr_node parent,
                          orr_node *out, orr_error *err) {
    uint32_t parent_slot = ORR_NONE;
    orr_status status = parent.id ? orr_scene_slot(scene, parent, &parent_slot, err) : ORR_OK;
    if (status) return status;
    bool single = kind == ORR_NODE_SUN || kind == ORR_NODE_MOON || kind == ORR_NODE_ENVIRONMENT ||
                  kind == ORR_NODE_ATMOSPHERE;
    if (single && kind_exists(scene, kind))
        return orr_fail(err, ORR_E_EXISTS, scene->name,
                        "the scene has a %s already: a scene has one at most; change it with set{}",
                        orr_node_kind_name(kind));
    uint32_t slot = scene->first_free; /* a freed slot is used again under a new generation */
    while (slot < scene->node_count && (scene->nodes[slot].generation & 1u)) slot++;
    if (slot == scene->node_count) {
        if ((status = grow((void **)&scene->nodes, scene->node_count, &scene->node_capacity,
                           sizeof *scene->nodes, err)))
            return status;
        scene->nodes[scene->node_count++] = (orr_node_slot){0};
    }
    orr_node_slot *node = &scene->nodes[slot];
    void *props = orr_calloc(1, orr_node_props_size(kind));
    if (!props) return orr_fail(err, ORR_E_MEMORY, scene->name, "no memory for a node");
    if ((status = orr_params_init(orr_node_table(kind), props, err))) return free(props), status;
    char fallback[64];
    (void)orr_format(fallback, sizeof fallback, "%s %u", orr_node_kind_name(kind), slot + 1);
    *node = (orr_node_slot){.generation = node->generation + 1,
                            .kind = kind,
                            .parent = parent_slot,
                            .props = props,
                            .name = orr_arena_strdup(&scene->arena, name && *name ? name : fallback)};
    *out = orr_scene_id(scene, slot);
    scene->first_free = slot + 1;
    scene->edits++;
    return ORR_OK;
}

orr_status orr_node_set_where(orr_scene *scene, orr_node node, const char *where, orr_error *err) {
    uint32_t slot;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    if (status) return status;
    scene->nodes[slot].where = orr_arena_strdup(&scene->arena, where);
    return scene->nodes[slot].where ? ORR_OK
                                    : orr_fail(err, ORR_E_MEMORY, scene->name, "no memory for a node");
}

static void remove_slot(orr_scene *scene, uint32_t slot) {
    for (uint32_t i = 0; i < scene->node_count; i++)
        if ((scene->nodes[i].generation & 1u) && scene->nodes[i].parent == slot) remove_slot(scene, i);
    free(scene->nodes[slot].props);
    scene->nodes[slot].props = NULL;
    scene->nodes[slot].generation++;
    if (slot < scene->first_free) scene->first_free = slot;
    scene->edits++;
}

orr_status orr_node_remove(orr_scene *scene, orr_node node, orr_error *err) {
    uint32_t slot;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    if (!status) remove_slot(scene, slot);
    return status;
}

orr_status orr_node_set_parent(orr_scene *scene, orr_node node, orr_node parent, orr_error *err) {
    uint32_t slot, parent_slot = ORR_NONE;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    if (!status && parent.id) status = orr_scene_slot(scene, parent, &parent_slot, err);
    if (status) return status;
    for (uint32_t up = parent_slot; up != ORR_NONE; up = scene->nodes[up].parent)
        if (up == slot)
            return orr_fail(err, ORR_E_ARGUMENT, scene->name,
                            "'%s' cannot be under '%s', which is below it: a node graph has no cycles",
                            scene->nodes[slot].name, scene->nodes[parent_slot].name);
    scene->nodes[slot].parent = parent_slot;
    scene->edits++;
    return ORR_OK;
}

orr_status orr_node_set(orr_scene *scene, orr_node node, uint32_t row_index, const orr_param_value *value,
                        orr_error *err) {
    uint32_t slot;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    if (status) return status;
    orr_node_slot *n = &scene->nodes[slot];
    const orr_param_table *table = orr_node_table(n->kind);
    if (row_index >= table->count)
        return orr_fail(err, ORR_E_ARGUMENT, scene->name, "a %s has no property number %u", table->owner,
                        row_index);
    orr_param_row row;
    orr_param_row_get(table, row_index, &row);
    status = orr_param_check(&row, value, err);
    if (!status && !strcmp(row.name, "date") && *value->text) { /* said where it is written, not at a frame */
        double days;
        status = orr_date_parse(value->text, &days, err);
    }
    if (status) return orr_error_prefix(err, "%s '%s'", table->owner, n->name);
    orr_param_value copy = *value;
    if (copy.text) copy.text = orr_arena_strdup(&scene->arena, copy.text);
    orr_param_store(&row, &copy, n->props);
    n->set_rows |= UINT32_C(1) << row_index;
    scene->edits++;
    return ORR_OK;
}

orr_status orr_node_get(orr_scene *scene, orr_node node, uint32_t row_index, orr_param_value *value,
                        orr_error *err) {
    uint32_t slot;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    if (status) return status;
    const orr_param_table *table = orr_node_table(scene->nodes[slot].kind);
    if (row_index >= table->count)
        return orr_fail(err, ORR_E_ARGUMENT, scene->name, "a %s has no property number %u", table->owner,
                        row_index);
    orr_param_row row;
    orr_param_row_get(table, row_index, &row);
    orr_param_load(&row, scene->nodes[slot].props, value);
    return ORR_OK;
}

orr_status orr_node_kind_of(orr_scene *scene, orr_node node, orr_node_kind *kind, orr_error *err) {
    uint32_t slot;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    if (!status) *kind = scene->nodes[slot].kind;
    return status;
}

orr_status orr_node_look(orr_scene *scene, orr_node node, orr_node_parts *out, orr_error *err) {
    uint32_t slot;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    if (status) return status;
    const orr_node_slot *n = &scene->nodes[slot];
    *out = (orr_node_parts){.kind = n->kind,
                            .mesh = n->mesh,
                            .material = n->material,
                            .asset = n->asset,
                            .set_rows = n->set_rows,
                            .where = n->where};
    if (n->parent != ORR_NONE) out->parent = orr_scene_id(scene, n->parent);
    return ORR_OK;
}

const char *orr_node_name(orr_scene *scene, orr_node node) {
    uint32_t slot;
    return orr_scene_slot(scene, node, &slot, NULL) ? "" : scene->nodes[slot].name;
}

orr_status orr_node_set_mesh(orr_scene *scene, orr_node node, orr_mesh mesh, orr_material material,
                             orr_error *err) {
    uint32_t slot;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    if (status) return status;
    if (scene->nodes[slot].kind != ORR_NODE_MESH)
        return orr_fail(err, ORR_E_TYPE, scene->name, "'%s' is not a mesh node", scene->nodes[slot].name);
    if (mesh.id > scene->mesh_count || material.id > scene->material_count)
        return orr_fail(err, ORR_E_STALE, scene->name,
                        "the mesh or material given to '%s' belongs to another scene",
                        scene->nodes[slot].name);
    scene->nodes[slot].mesh = mesh, scene->nodes[slot].material = material;
    return ORR_OK;
}

orr_status orr_node_set_asset(orr_scene *scene, orr_node node, orr_asset asset, orr_error *err) {
    uint32_t slot;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    if (status) return status;
    orr_node_kind kind = scene->nodes[slot].kind;
    if (kind != ORR_NODE_MODEL && kind != ORR_NODE_TERRAIN && kind != ORR_NODE_ENVIRONMENT)
        return orr_fail(err, ORR_E_TYPE, scene->name, "a %s takes no asset", orr_node_kind_name(kind));
    scene->nodes[slot].asset = asset;
    return ORR_OK;
}

orr_status orr_scene_mesh(orr_scene *scene, const char *name, const orr_mesh_data *data, orr_mesh *out,
                          orr_error *err) {
    if (!data->vertex_count || !data->index_count || data->index_count % 3)
        return orr_fail(err, ORR_E_BAD_DATA, name,
                        "a mesh needs vertices and whole triangles; this one has %u vertices and %u indices",
                        data->vertex_count, data->index_count);
    for (uint32_t i = 0; i < data->index_count; i++)
        if (data->indices[i] >= data->vertex_count)
            return orr_fail(err, ORR_E_OUT_OF_RANGE, name, "index %u is %u, but the mesh has %u vertices", i,
                            data->indices[i], data->vertex_count);
    orr_status status =
        grow((void **)&scene->meshes, scene->mesh_count, &scene->mesh_capacity, sizeof *scene->meshes, err);
    if (status) return status;
    orr_mesh_slot mesh = {.name = orr_arena_strdup(&scene->arena, name ? name : "mesh"), .data = *data};
    for (int k = 0; k < 3; k++) mesh.bounds_min[k] = INFINITY, mesh.bounds_max[k] = -INFINITY;
    for (uint32_t i = 0; i < data->vertex_count; i++)
        for (int k = 0; k < 3; k++) {
            double x = (double)data->vertices[i].position[k];
            if (!isfinite(x)) return orr_fail(err, ORR_E_BAD_DATA, name, "vertex %u is not finite", i);
            mesh.bounds_min[k] = fmin(mesh.bounds_min[k], x),
            mesh.bounds_max[k] = fmax(mesh.bounds_max[k], x);
        }
    mesh.data.vertices = orr_calloc(data->vertex_count, sizeof *data->vertices);
    mesh.data.indices = orr_calloc(data->index_count, sizeof *data->indices);
    if (!mesh.data.vertices || !mesh.data.indices) {
        free(mesh.data.vertices), free(mesh.data.indices);
        return orr_fail(err, ORR_E_MEMORY, name, "no memory for %u vertices", data->vertex_count);
    }
    memcpy(mesh.data.vertices, data->vertices, data->vertex_count * sizeof *data->vertices);
    memcpy(mesh.data.indices, data->indices, data->index_count * sizeof *data->indices);
    scene->meshes[scene->mesh_count++] = mesh;
    out->id = scene->mesh_count;
    return ORR_OK;
}

orr_status orr_scene_material(orr_scene *scene, const char *name, const orr_param_value *values,
                              const orr_asset maps[5], orr_material *out, orr_error *err) {
    orr_status status = grow((void **)&scene->materials, scene->material_count, &scene->material_capacity,
                             sizeof *scene->materials, err);
    if (status) return status;
    orr_material_slot material = {.name = orr_arena_strdup(&scene->arena, name ? name : "material")};
    const orr_param_table *table = orr_material_table();
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        if ((status = orr_param_check(&row, &values[i], err)))
            return orr_error_prefix(err, "material '%s'", material.name);
        orr_param_value copy = values[i];
        if (copy.text) copy.text = orr_arena_strdup(&scene->arena, copy.text);
        orr_param_store(&row, &copy, &material.props);
    }
    if (maps) memcpy(material.maps, maps, sizeof material.maps);
    scene->materials[scene->material_count++] = material;
    out->id = scene->material_count;
    return ORR_OK;
}

uint32_t orr_scene_mesh_count(const orr_scene *scene) {
    return scene->mesh_count;
}
const orr_mesh_data *orr_scene_mesh_look(const orr_scene *scene, orr_mesh mesh, const char **name) {
    *name = scene->meshes[mesh.id - 1].name;
    return &scene->meshes[mesh.id - 1].data;
}

uint32_t orr_scene_material_count(const orr_scene *scene) {
    return scene->material_count;
}
void orr_scene_material_look(const orr_scene *scene, orr_material material, const char **name,
                             orr_param_value *values, orr_asset maps[5]) {
    const orr_material_slot *slot = &scene->materials[material.id - 1];
    const orr_param_table *table = orr_material_table();
    *name = slot->name;
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        orr_param_load(&row, &slot->props, &values[i]);
    }
    memcpy(maps, slot->maps, sizeof slot->maps);
}
