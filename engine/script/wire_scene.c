/* The authored world as a message: assets by their paths, meshes, materials, nodes. What the one half writes
 * the other reads, and makes again through the same functions that a script in this process calls. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scene/revision.h"
#include "script/remote.h"

_Static_assert(sizeof(orr_vertex) == 32, "vertices are sent as they lie in memory: without padding");

void orr_world_free(orr_world *world) {
    orr_arena_free(&world->arena);
}

static orr_status too_many(const char *what, uint32_t count, uint32_t max, orr_error *err) {
    if (count <= max) return ORR_OK;
    return orr_fail(err, ORR_E_LIMIT, NULL, "the scene has %u %s; a bundle's script may make %u", count, what,
                    max);
}

/* --- assets: the kind, the path as the script wrote it, and how to read an elevation model ------- */

static orr_status put_assets(orr_world *world, orr_text *out, orr_error *err) {
    orr_script *script = world->script;
    orr_status status = too_many("files", script->load_count, ORR_REMOTE_MAX_ASSETS, err);
    if (status != ORR_OK) return status;
    world->asset_count = script->load_count;
    world->assets = ORR_ARENA_NEW(&world->arena, orr_asset, world->asset_count + 1);
    if (!world->assets) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a message");
    orr_wire_put_u32(out, world->asset_count);
    uint32_t i = 0;
    for (const orr_script_asset *load = script->loads; load; load = load->next, i++) {
        world->assets[i] = load->asset;
        orr_wire_put_u32(out, load->kind);
        orr_wire_put_text(out, load->path);
        for (uint32_t row = 0; load->kind == ORR_ASSET_DEM && row < orr_dem_table.count; row++)
            orr_wire_put_value(out, &orr_dem_table.rows[row], &load->dem[row]);
    }
    return ORR_OK;
}

static orr_status get_asset(orr_world *world, orr_wire_reader *reader, uint32_t i, orr_error *err) {
    orr_asset_kind kind = (orr_asset_kind)orr_wire_get_index(reader, ORR_ASSET_IMAGE + 1, "kinds of files");
    const char *path = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    orr_param_value dem[ORR_DEM_ROWS] = {0};
    for (uint32_t row = 0; kind == ORR_ASSET_DEM && row < ORR_DEM_ROWS; row++)
        orr_wire_get_value(reader, &orr_dem_table.rows[row], &dem[row]);
    if (reader->wrong) return ORR_OK;
    orr_dem_params params = orr_dem_options(dem);
    world->asset_kinds[i] = kind;
    return orr_assets_load(orr_engine_assets(world->script->engine), kind, path,
                           kind == ORR_ASSET_DEM ? &params : NULL, &world->assets[i], err);
}

static orr_status get_assets(orr_world *world, orr_wire_reader *reader, orr_error *err) {
    world->asset_count = orr_wire_get_count(reader, ORR_REMOTE_MAX_ASSETS, 8, "files");
    world->assets = ORR_ARENA_NEW(&world->arena, orr_asset, world->asset_count + 1);
    world->asset_kinds = ORR_ARENA_NEW(&world->arena, orr_asset_kind, world->asset_count + 1);
    orr_status status = ORR_OK;
    if (!world->assets || !world->asset_kinds)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a message");
    for (uint32_t i = 0; i < world->asset_count && status == ORR_OK && !reader->wrong; i++)
        status = get_asset(world, reader, i, err);
    return status;
}

/* Its place in the list, from 1; 0 = none. */
static void put_asset_use(const orr_world *world, orr_asset asset, orr_text *out) {
    uint32_t use = 0;
    for (uint32_t i = 0; asset.id && i < world->asset_count && !use; i++)
        if (world->assets[i].id == asset.id) use = i + 1;
    orr_wire_put_u32(out, use);
}

static orr_asset get_asset_use(const orr_world *world, orr_wire_reader *reader, orr_asset_kind kind) {
    uint32_t use = orr_wire_get_index(reader, world->asset_count + 1, "files");
    if (use && world->asset_kinds[use - 1] != kind)
        orr_wire_wrong(reader, "a file of another kind than is wanted");
    return use && !reader->wrong ? world->assets[use - 1] : (orr_asset){0};
}

/* --- meshes -------------------------------------------------------------------------------------- */

/* Before memory for the message is taken. */
static orr_status weigh_meshes(const orr_world *world, orr_error *err) {
    uint64_t bytes = 0;
    for (uint32_t id = 1; id <= world->mesh_count; id++) {
        const char *name = NULL;
        const orr_mesh_data *data = orr_scene_mesh_look(world->scene->scene, (orr_mesh){id}, &name);
        bytes += (uint64_t)data->vertex_count * sizeof *data->vertices +
                 (uint64_t)data->index_count * sizeof *data->indices;
    }
    if (bytes <= ORR_REMOTE_MAX_BYTES) return ORR_OK;
    return orr_fail(err, ORR_E_LIMIT, NULL,
                    "the scene's meshes take %llu MiB; a bundle's script may make %llu MiB of them",
                    (unsigned long long)(bytes >> 20), (unsigned long long)(ORR_REMOTE_MAX_BYTES >> 20));
}

static orr_status put_meshes(orr_world *world, orr_text *out, orr_error *err) {
    const orr_scene *scene = world->scene->scene;
    world->mesh_count = orr_scene_mesh_count(scene);
    orr_status status = too_many("meshes", world->mesh_count, ORR_REMOTE_MAX_MESHES, err);
    if (status == ORR_OK) status = weigh_meshes(world, err);
    if (status != ORR_OK) return status;
    orr_wire_put_u32(out, world->mesh_count);
    for (uint32_t id = 1; id <= world->mesh_count; id++) {
        const char *name = NULL;
        const orr_mesh_data *data = orr_scene_mesh_look(scene, (orr_mesh){id}, &name);
        orr_wire_put_text(out, name);
        orr_wire_put_u32(out, data->vertex_count);
        orr_wire_put_u32(out, data->index_count);
        orr_wire_put_bytes(out, data->vertices, data->vertex_count * sizeof *data->vertices);
        orr_wire_put_bytes(out, data->indices, data->index_count * sizeof *data->indices);
    }
    return ORR_OK;
}

/* An aligned copy of what lies anywhere in the message. */
static void *copy_bytes(orr_wire_reader *reader, uint32_t count, size_t size) {
    const void *bytes = orr_wire_get_bytes(reader, count * size);
    void *copy = bytes ? orr_calloc(count ? count : 1, size) : NULL;
    if (bytes && !copy) orr_wire_wrong(reader, "more than there is memory for");
    if (copy) memcpy(copy, bytes, count * size);
    return copy;
}

static void get_mesh(orr_world *world, orr_wire_reader *reader, uint32_t id) {
    const char *name = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    orr_mesh_data data = {0};
    orr_mesh mesh = {0};
    orr_error err = {0};
    data.vertex_count = orr_wire_get_count(reader, UINT32_MAX, sizeof *data.vertices, "vertices");
    data.index_count = orr_wire_get_count(reader, UINT32_MAX, sizeof *data.indices, "indices");
    data.vertices = copy_bytes(reader, data.vertex_count, sizeof *data.vertices);
    data.indices = copy_bytes(reader, data.index_count, sizeof *data.indices);
    for (uint32_t i = 0; i < data.vertex_count && !reader->wrong; i++)
        if (!isfinite(data.vertices[i].uv0[0]) || !isfinite(data.vertices[i].uv0[1]))
            orr_wire_wrong(reader, "a mesh with texture coordinates that are not finite");
    if (!reader->wrong && orr_scene_mesh(world->scene->scene, name, &data, &mesh, &err) != ORR_OK)
        orr_wire_wrong(reader, "a mesh that cannot be: %s", err.message);
    if (!reader->wrong && mesh.id != id) orr_wire_wrong(reader, "a mesh out of order");
    free(data.vertices);
    free(data.indices);
}

static void get_meshes(orr_world *world, orr_wire_reader *reader) {
    world->mesh_count = orr_wire_get_count(reader, ORR_REMOTE_MAX_MESHES, 12, "meshes");
    for (uint32_t id = 1; id <= world->mesh_count && !reader->wrong; id++) get_mesh(world, reader, id);
}

/* --- materials ----------------------------------------------------------------------------------- */

static orr_status put_materials(orr_world *world, orr_text *out, orr_error *err) {
    const orr_scene *scene = world->scene->scene;
    const orr_param_table *table = orr_material_table();
    world->material_count = orr_scene_material_count(scene);
    orr_wire_put_u32(out, world->material_count);
    for (uint32_t id = 1; id <= world->material_count; id++) {
        orr_param_value values[ORR_MAX_ROWS];
        orr_asset maps[ORR_MAP_COUNT];
        const char *name = NULL;
        orr_scene_material_look(scene, (orr_material){id}, &name, values, maps);
        orr_wire_put_text(out, name);
        for (uint32_t i = 0; i < table->count; i++) orr_wire_put_value(out, &table->rows[i], &values[i]);
        for (int k = 0; k < ORR_MAP_COUNT; k++) put_asset_use(world, maps[k], out);
    }
    return too_many("materials", world->material_count, ORR_REMOTE_MAX_MATERIALS, err);
}

static void get_materials(orr_world *world, orr_wire_reader *reader) {
    const orr_param_table *table = orr_material_table();
    world->material_count = orr_wire_get_count(reader, ORR_REMOTE_MAX_MATERIALS, 4, "materials");
    for (uint32_t id = 1; id <= world->material_count && !reader->wrong; id++) {
        orr_param_value values[ORR_MAX_ROWS];
        orr_asset maps[ORR_MAP_COUNT];
        orr_material material = {0};
        orr_error err = {0};
        const char *name = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
        for (uint32_t i = 0; i < table->count; i++) orr_wire_get_value(reader, &table->rows[i], &values[i]);
        for (int k = 0; k < ORR_MAP_COUNT; k++) maps[k] = get_asset_use(world, reader, ORR_ASSET_IMAGE);
        if (!reader->wrong &&
            orr_scene_material(world->scene->scene, name, values, maps, &material, &err) != ORR_OK)
            orr_wire_wrong(reader, "a material that cannot be: %s", err.message);
    }
}

/* --- nodes --------------------------------------------------------------------------------------- */

static orr_status list_nodes(orr_world *world, orr_error *err) {
    orr_scene *scene = world->scene->scene;
    uint32_t count = 0;
    for (orr_node node = {0}; orr_scene_next(scene, ORR_NODE_KIND_COUNT, &node);) count++;
    orr_status status = too_many("nodes", count, ORR_REMOTE_MAX_NODES, err);
    if (status != ORR_OK) return status;
    world->nodes = ORR_ARENA_NEW(&world->arena, orr_node, count + 1);
    if (!world->nodes) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a message");
    for (orr_node node = {0}; orr_scene_next(scene, ORR_NODE_KIND_COUNT, &node);)
        world->nodes[world->node_count++] = node;
    return ORR_OK;
}

uint32_t orr_world_place(const orr_world *world, orr_node node) {
    uint32_t low = 0, high = world->node_count; /* slots ascend; they are the lower half of an id */
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if ((uint32_t)world->nodes[middle].id <= (uint32_t)node.id)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static orr_status put_node(orr_world *world, orr_node node, orr_text *out, orr_error *err) {
    orr_scene *scene = world->scene->scene;
    orr_node_parts parts;
    orr_status status = orr_node_look(scene, node, &parts, err);
    if (status != ORR_OK) return status;
    const orr_param_table *table = orr_node_table(parts.kind);
    orr_wire_put_u32(out, parts.kind);
    orr_wire_put_text(out, orr_node_name(scene, node));
    orr_wire_put_text(out, parts.where ? parts.where : "");
    orr_wire_put_u32(out, parts.parent.id ? orr_world_place(world, parts.parent) + 1 : 0);
    orr_wire_put_u32(out, parts.set_rows);
    for (uint32_t i = 0; i < table->count && status == ORR_OK; i++) {
        orr_param_value value;
        if (!(parts.set_rows >> i & 1u)) continue;
        status = orr_node_get(scene, node, i, &value, err);
        if (status == ORR_OK) orr_wire_put_value(out, &table->rows[i], &value);
    }
    orr_wire_put_u32(out, parts.mesh.id);
    orr_wire_put_u32(out, parts.material.id);
    put_asset_use(world, parts.asset, out);
    return status;
}

static void get_rows(orr_world *world, orr_wire_reader *reader, orr_node node, orr_node_kind kind) {
    const orr_param_table *table = orr_node_table(kind);
    uint32_t set_rows = orr_wire_get_u32(reader);
    orr_error err = {0};
    if (set_rows >> (table->count - 1) >> 1)
        orr_wire_wrong(reader, "properties that a %s has not", table->owner);
    for (uint32_t i = 0; i < table->count && !reader->wrong; i++) {
        orr_param_value value;
        if (!(set_rows >> i & 1u)) continue;
        orr_wire_get_value(reader, &table->rows[i], &value);
        if (!reader->wrong && orr_node_set(world->scene->scene, node, i, &value, &err) != ORR_OK)
            orr_wire_wrong(reader, "a property that cannot be: %s", err.message);
    }
}

static void get_parts(orr_world *world, orr_wire_reader *reader, orr_node node, orr_node_kind kind) {
    static const orr_asset_kind wanted[ORR_NODE_KIND_COUNT] = {
        [ORR_NODE_MODEL] = ORR_ASSET_MODEL,
        [ORR_NODE_TERRAIN] = ORR_ASSET_DEM,
        [ORR_NODE_ENVIRONMENT] = ORR_ASSET_IMAGE}; /* the others are refused below */
    orr_scene *scene = world->scene->scene;
    orr_error err = {0};
    orr_mesh mesh = {orr_wire_get_index(reader, world->mesh_count + 1, "meshes")};
    orr_material material = {orr_wire_get_index(reader, world->material_count + 1, "materials")};
    orr_asset asset = get_asset_use(world, reader, wanted[kind]);
    orr_status status = ORR_OK;
    if (reader->wrong) return;
    if (mesh.id || material.id) status = orr_node_set_mesh(scene, node, mesh, material, &err);
    if (status == ORR_OK && asset.id) status = orr_node_set_asset(scene, node, asset, &err);
    if (status != ORR_OK) orr_wire_wrong(reader, "a node that cannot be: %s", err.message);
}

/* `later`: a parent that comes after it in the list, from 1. */
static void get_node(orr_world *world, orr_wire_reader *reader, uint32_t i, uint32_t count, uint32_t *later) {
    orr_node_kind kind = (orr_node_kind)orr_wire_get_index(reader, ORR_NODE_KIND_COUNT, "kinds of nodes");
    const char *name = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    const char *where = orr_wire_get_text(reader, ORR_WIRE_MAX_NAME);
    uint32_t parent = orr_wire_get_index(reader, count + 1, "nodes");
    orr_error err = {0};
    if (reader->wrong) return;
    if (parent > i) *later = parent;
    if (orr_scene_node(world->scene->scene, kind, name,
                       parent && parent <= i ? world->nodes[parent - 1] : (orr_node){0}, &world->nodes[i],
                       &err) != ORR_OK ||
        orr_node_set_where(world->scene->scene, world->nodes[i], where, &err) != ORR_OK) {
        orr_wire_wrong(reader, "a node that cannot be: %s", err.message);
        return;
    }
    get_rows(world, reader, world->nodes[i], kind);
    get_parts(world, reader, world->nodes[i], kind);
}

static orr_status get_nodes(orr_world *world, orr_wire_reader *reader, orr_error *err) {
    enum {
        MAX_LATER = 1000
    }; /* nodes that node:set moved below a younger one: looking for cycles takes time */
    uint32_t count = orr_wire_get_count(reader, ORR_REMOTE_MAX_NODES, 28, "nodes"), later = 0;
    world->nodes = ORR_ARENA_NEW(&world->arena, orr_node, count + 1);
    uint32_t *parents = ORR_ARENA_NEW(&world->arena, uint32_t, count + 1);
    if (!world->nodes || !parents) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a scene");
    for (uint32_t i = 0; i < count && !reader->wrong; i++) {
        get_node(world, reader, i, count, &parents[i]);
        world->node_count = i + 1;
        if ((later += parents[i] != 0) > MAX_LATER)
            orr_wire_wrong(reader, "more than %d nodes below ones that were made after them", MAX_LATER);
    }
    orr_error wrong = {0};
    for (uint32_t i = 0; i < count && !reader->wrong; i++)
        if (parents[i] && orr_node_set_parent(world->scene->scene, world->nodes[i],
                                              world->nodes[parents[i] - 1], &wrong) != ORR_OK)
            orr_wire_wrong(reader, "nodes below each other: %s", wrong.message);
    return ORR_OK;
}

/* --- all of it ----------------------------------------------------------------------------------- */

orr_status orr_world_put(orr_world *world, orr_text *out, orr_error *err) {
    orr_status status = list_nodes(world, err);
    if (status == ORR_OK) status = put_assets(world, out, err);
    if (status == ORR_OK) status = put_meshes(world, out, err);
    if (status == ORR_OK) status = put_materials(world, out, err);
    if (status == ORR_OK) orr_wire_put_u32(out, world->node_count);
    for (uint32_t i = 0; i < world->node_count && status == ORR_OK; i++)
        status = put_node(world, world->nodes[i], out, err);
    return status;
}

orr_status orr_world_get(orr_world *world, orr_wire_reader *reader, orr_error *err) {
    orr_status status = orr_script_add_scene(world->script, &world->scene, err);
    if (status == ORR_OK) status = get_assets(world, reader, err);
    if (status != ORR_OK || reader->wrong) return status;
    get_meshes(world, reader);
    get_materials(world, reader);
    return get_nodes(world, reader, err);
}
