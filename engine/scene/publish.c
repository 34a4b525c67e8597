/* The snapshot builder: authoring nodes to an immutable, flat revision. */
#include <stdlib.h>
#include <string.h>

#include "scene/scene_private.h"

typedef struct builder {
    orr_scene *scene;
    orr_revision *rev;
    uint32_t *order; /* slots, parents first */
    uint32_t primitive_capacity, texture_capacity;
    uint32_t *table; /* open hash of primitives by (vertices, indices): index + 1 */
    uint32_t table_mask;
} builder;

/* Parents before children, otherwise in slot order, so that equal scenes give equal revisions. */
static void order_below(builder *b, uint32_t parent, uint32_t parent_index) {
    for (uint32_t slot = 0; slot < b->scene->node_count; slot++) {
        const orr_node_slot *n = &b->scene->nodes[slot];
        if (!(n->generation & 1u) || n->parent != parent) continue;
        uint32_t index = b->rev->node_count++;
        b->order[index] = slot;
        b->rev->nodes[index].parent = parent_index;
    }
}

static orr_status order_nodes(builder *b, orr_error *err) {
    uint32_t count = b->scene->node_count ? b->scene->node_count : 1;
    b->order = orr_calloc(count, sizeof *b->order);
    b->rev->nodes = ORR_ARENA_NEW(&b->rev->arena, orr_rev_node, count);
    if (!b->order || !b->rev->nodes)
        return orr_fail(err, ORR_E_MEMORY, b->scene->name, "no memory for a revision of %u nodes", count);
    order_below(b, ORR_NONE, ORR_NONE);
    for (uint32_t i = 0; i < b->rev->node_count; i++)
        order_below(b, b->order[i], i); /* breadth first: the list grows */
    return ORR_OK;
}

/* Strings of the props are copied, so that a later edit cannot reach a revision. */
static orr_status copy_props(builder *b, orr_rev_node *node, const orr_node_slot *from, orr_error *err) {
    node->props = orr_arena_alloc(&b->rev->arena, 1, orr_node_props_size(from->kind));
    node->name = orr_arena_strdup(&b->rev->arena, from->name);
    node->shown = orr_arena_strdup(&b->rev->arena, from->shown ? from->shown : from->name);
    node->where = from->where ? orr_arena_strdup(&b->rev->arena, from->where) : NULL;
    if (!node->props || !node->name || !node->shown || (from->where && !node->where))
        return orr_fail(err, ORR_E_MEMORY, b->scene->name, "no memory for a revision");
    memcpy(node->props, from->props, orr_node_props_size(from->kind));
    const orr_param_table *table = orr_node_table(from->kind);
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        if (row.type != ORR_PARAM_STRING && row.type != ORR_PARAM_ASSET) continue;
        orr_param_value value;
        orr_param_load(&row, node->props, &value);
        value.text = orr_arena_strdup(&b->rev->arena, value.text ? value.text : "");
        orr_param_store(&row, &value, node->props);
    }
    return ORR_OK;
}

static orr_status make_table(builder *b, uint32_t capacity, orr_error *err) {
    uint32_t size = 16;
    while (size < capacity * 2) size *= 2;
    b->table = orr_calloc(size, sizeof *b->table);
    b->table_mask = size - 1;
    b->primitive_capacity = capacity;
    b->rev->primitives = ORR_ARENA_NEW(&b->rev->arena, orr_rev_primitive, capacity ? capacity : 1);
    if (!b->table || !b->rev->primitives)
        return orr_fail(err, ORR_E_MEMORY, b->scene->name, "no memory for %u meshes", capacity);
    return ORR_OK;
}

static uint32_t add_primitive(builder *b, const orr_rev_primitive *p) {
    const void *key[2] = {p->vertices, p->indices};
    uint32_t at = (uint32_t)orr_hash64(key, sizeof key, 0) & b->table_mask;
    for (; b->table[at]; at = (at + 1) & b->table_mask) {
        const orr_rev_primitive *q = &b->rev->primitives[b->table[at] - 1];
        if (q->vertices == p->vertices && q->indices == p->indices && q->uv1 == p->uv1)
            return b->table[at] - 1;
    }
    b->rev->primitives[b->rev->primitive_count] = *p;
    b->table[at] = ++b->rev->primitive_count;
    return b->table[at] - 1;
}

static uint32_t add_texture(builder *b, orr_asset asset, uint32_t image, bool srgb) {
    for (uint32_t i = 0; i < b->rev->texture_count; i++) {
        const orr_rev_texture *t = &b->rev->textures[i];
        if (t->asset.id == asset.id && t->image == image && t->srgb == srgb) return i;
    }
    b->rev->textures[b->rev->texture_count] = (orr_rev_texture){asset, image, srgb};
    return b->rev->texture_count++;
}

/* offset * rotation * scale of KHR_texture_transform. */
static orr_rev_map model_map(builder *b, orr_asset asset, const orr_texture_use *use, bool srgb) {
    orr_rev_map map = {.texture = ORR_NONE, .uv = {1, 0, 0, 0, 1, 0}};
    if (use->image == ORR_NONE) return map;
    float c = (float)orr_cos40((double)use->rotation_rad), s = (float)orr_sin40((double)use->rotation_rad);
    float uv[6] = {c * use->scale[0],  s * use->scale[1], use->offset[0],
                   -s * use->scale[0], c * use->scale[1], use->offset[1]};
    map = (orr_rev_map){
        add_texture(b, asset, use->image, srgb), use->uv_set, use->wrap_s, use->wrap_t, use->nearest, {0}};
    memcpy(map.uv, uv, sizeof uv);
    return map;
}

static void model_materials(builder *b, orr_asset asset, const orr_model *model,
                            const orr_model_props *props) {
    for (uint32_t i = 0; i < model->material_count; i++) {
        const orr_model_material *m = &model->materials[i];
        orr_rev_material *r = &b->rev->materials[b->rev->material_count++];
        *r = (orr_rev_material){.metallic = m->metallic,
                                .roughness = m->roughness,
                                .ior = m->ior,
                                .normal_scale = m->normal_scale,
                                .occlusion_strength = m->occlusion_strength,
                                .alpha_cutoff = m->alpha_cutoff,
                                .alpha_mode = m->alpha_mode,
                                .double_sided = m->double_sided,
                                .unlit = m->unlit};
        memcpy(r->base_colour, m->base_colour, sizeof r->base_colour);
        for (int k = 0; k < 3; k++) r->emissive_nit[k] = m->emissive[k] * (float)props->emissive_nit;
        r->maps[ORR_MAP_BASE_COLOUR] = model_map(b, asset, &m->base_colour_map, true);
        r->maps[ORR_MAP_METAL_ROUGH] = model_map(b, asset, &m->metal_rough_map, false);
        r->maps[ORR_MAP_NORMAL] = model_map(b, asset, &m->normal_map, false);
        r->maps[ORR_MAP_OCCLUSION] = model_map(b, asset, &m->occlusion_map, false);
        r->maps[ORR_MAP_EMISSIVE] = model_map(b, asset, &m->emissive_map, true);
    }
}

static void scene_material(builder *b, const orr_material_slot *m, orr_rev_material *r) {
    const orr_material_props *p = &m->props;
    *r = (orr_rev_material){.metallic = (float)p->metallic,
                            .roughness = (float)p->roughness,
                            .ior = (float)p->ior,
                            .normal_scale = (float)p->normal_scale,
                            .occlusion_strength = (float)p->occlusion_strength,
                            .alpha_cutoff = (float)p->alpha_cutoff,
                            .alpha_mode = (orr_alpha_mode)p->alpha_mode,
                            .double_sided = p->double_sided,
                            .unlit = p->unlit};
    memcpy(r->base_colour, p->base_colour, sizeof r->base_colour);
    memcpy(r->emissive_nit, p->emissive_nit, sizeof r->emissive_nit);
    for (int k = 0; k < ORR_MAP_COUNT; k++) {
        r->maps[k] = (orr_rev_map){.texture = ORR_NONE, .uv = {1, 0, 0, 0, 1, 0}};
        if (m->maps[k].id)
            r->maps[k].texture =
                add_texture(b, m->maps[k], ORR_NONE, k == ORR_MAP_BASE_COLOUR || k == ORR_MAP_EMISSIVE);
    }
}

/* Waits for assets and counts, so that every array is allocated once. */
static orr_status count_parts(builder *b, orr_error *err) {
    uint32_t primitives = b->scene->mesh_count, materials = 1 + b->scene->material_count,
             textures = b->scene->material_count * ORR_MAP_COUNT;
    uint32_t model_primitives = 0;
    for (uint32_t i = 0; i < b->rev->node_count; i++) {
        const orr_node_slot *n = &b->scene->nodes[b->order[i]];
        if (!n->asset.id) continue;
        orr_status status = orr_assets_wait(b->scene->assets, n->asset, err);
        if (status) return status;
        const orr_model *model =
            n->kind == ORR_NODE_MODEL ? orr_assets_model(b->scene->assets, n->asset) : NULL;
        if (!model) continue;
        primitives += model->primitive_count, model_primitives += model->primitive_count;
        materials += model->material_count, textures += model->material_count * ORR_MAP_COUNT;
    }
    b->rev->materials = ORR_ARENA_NEW(&b->rev->arena, orr_rev_material, materials);
    b->rev->textures = ORR_ARENA_NEW(&b->rev->arena, orr_rev_texture, textures ? textures : 1);
    b->rev->primitive_of_model =
        ORR_ARENA_NEW(&b->rev->arena, uint32_t, model_primitives ? model_primitives : 1);
    if (!b->rev->materials || !b->rev->textures || !b->rev->primitive_of_model)
        return orr_fail(err, ORR_E_MEMORY, b->scene->name, "no memory for %u materials", materials);
    return make_table(b, primitives, err);
}

static void add_model(builder *b, orr_rev_node *node, uint32_t *model_primitive_count) {
    const orr_model *model = orr_assets_model(b->scene->assets, node->asset);
    node->first_material = b->rev->material_count;
    model_materials(b, node->asset, model, node->props);
    node->first_primitive = *model_primitive_count;
    for (uint32_t k = 0; k < model->primitive_count; k++) {
        const orr_model_primitive *p = &model->primitives[k];
        orr_rev_primitive q = {.vertices = p->vertices,
                               .uv1 = p->uv1,
                               .indices = p->indices,
                               .vertex_count = p->vertex_count,
                               .index_count = p->index_count};
        for (int c = 0; c < 3; c++)
            q.bounds_min[c] = (double)p->bounds_min[c], q.bounds_max[c] = (double)p->bounds_max[c];
        b->rev->primitive_of_model[(*model_primitive_count)++] =
            p->index_count ? add_primitive(b, &q) : ORR_NONE;
    }
}

static orr_status fill_node(builder *b, uint32_t i, uint32_t *model_primitive_count, orr_error *err) {
    const orr_node_slot *from = &b->scene->nodes[b->order[i]];
    orr_rev_node *node = &b->rev->nodes[i];
    node->id = orr_scene_id(b->scene, b->order[i]);
    node->kind = from->kind, node->set_rows = from->set_rows, node->edited_rows = from->edited_rows,
    node->asset = from->asset;
    node->primitive = ORR_NONE;
    orr_status status = copy_props(b, node, from, err);
    if (status) return status;
    if (from->kind == ORR_NODE_MESH && from->mesh.id) {
        const orr_mesh_slot *mesh = &b->scene->meshes[from->mesh.id - 1];
        orr_rev_primitive q = {.vertices = mesh->data.vertices,
                               .indices = mesh->data.indices,
                               .vertex_count = mesh->data.vertex_count,
                               .index_count = mesh->data.index_count};
        memcpy(q.bounds_min, mesh->bounds_min, sizeof q.bounds_min);
        memcpy(q.bounds_max, mesh->bounds_max, sizeof q.bounds_max);
        node->primitive = add_primitive(b, &q);
        node->material = from->material.id;
    }
    if ((from->kind == ORR_NODE_MODEL || from->kind == ORR_NODE_TERRAIN) && !from->asset.id)
        return orr_fail(err, ORR_E_NOT_READY, b->scene->name, "the %s '%s' has no file: give it one",
                        orr_node_kind_name(from->kind), from->name);
    if (from->kind == ORR_NODE_MODEL) add_model(b, node, model_primitive_count);
    return ORR_OK;
}

/* Props as text, so that the digest does not depend on pointers or padding. */
static void digest_node(orr_digest_builder *d, const orr_revision *rev, const orr_rev_node *node) {
    orr_text text = {0};
    const orr_param_table *table = orr_node_table(node->kind);
    orr_text_printf(&text, "%s|%s|%d|%u|%u|", table->owner, node->name, (int)node->parent, node->primitive,
                    node->material);
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_value value;
        orr_param_row_get(table, i, &row);
        orr_param_load(&row, node->props, &value);
        orr_param_format(&row, &value, &text);
        orr_text_puts(&text, node->edited_rows >> i & 1u ? "^" : node->set_rows >> i & 1u ? "!" : ";");
    }
    orr_digest_add_text(d, orr_text_cstr(&text));
    orr_text_free(&text);
    if (!node->asset.id) return;
    orr_digest asset = orr_assets_digest(rev->assets, node->asset);
    orr_digest_add(d, asset.bytes, sizeof asset.bytes);
}

/* Field by field: structs have padding. */
static void digest_material(orr_digest_builder *d, const orr_rev_material *m) {
    orr_digest_add(d, m, offsetof(orr_rev_material, alpha_mode)); /* floats alone up to there */
    uint32_t modes[3] = {m->alpha_mode, m->double_sided, m->unlit};
    orr_digest_add(d, modes, sizeof modes);
    for (int k = 0; k < ORR_MAP_COUNT; k++) {
        const orr_rev_map *map = &m->maps[k];
        uint32_t use[5] = {map->texture, map->uv_set, map->wrap_s, map->wrap_t, map->nearest};
        orr_digest_add(d, use, sizeof use);
        orr_digest_add(d, map->uv, sizeof map->uv);
    }
}

static orr_digest digest_revision(const orr_revision *rev) {
    orr_digest_builder *d = orr_digest_begin();
    for (uint32_t i = 0; i < rev->node_count; i++) digest_node(d, rev, &rev->nodes[i]);
    for (uint32_t i = 0; i < rev->primitive_count; i++) {
        const orr_rev_primitive *p = &rev->primitives[i];
        uint64_t hash[2] = {orr_hash64(p->vertices, p->vertex_count * sizeof *p->vertices, 0),
                            orr_hash64(p->indices, p->index_count * sizeof *p->indices, 0)};
        orr_digest_add(d, hash, sizeof hash);
    }
    for (uint32_t i = 0; i < rev->material_count; i++) digest_material(d, &rev->materials[i]);
    for (uint32_t i = 0; i < rev->texture_count; i++) {
        orr_digest asset = orr_assets_digest(rev->assets, rev->textures[i].asset);
        uint32_t use[2] = {rev->textures[i].image, rev->textures[i].srgb};
        orr_digest_add(d, asset.bytes, sizeof asset.bytes);
        orr_digest_add(d, use, sizeof use);
    }
    return orr_digest_end(d);
}

static orr_status build(builder *b, orr_error *err) {
    orr_status status = order_nodes(b, err);
    if (!status) status = count_parts(b, err);
    if (status) return status;
    static const orr_rev_material plain = {.base_colour = {0.8f, 0.8f, 0.8f, 1.0f},
                                           .roughness = 0.5f,
                                           .ior = 1.5f,
                                           .normal_scale = 1.0f,
                                           .occlusion_strength = 1.0f,
                                           .alpha_cutoff = 0.5f};
    b->rev->materials[0] = plain;
    for (int k = 0; k < ORR_MAP_COUNT; k++)
        b->rev->materials[0].maps[k] = (orr_rev_map){.texture = ORR_NONE, .uv = {1, 0, 0, 0, 1, 0}};
    b->rev->material_count = 1;
    for (uint32_t i = 0; i < b->scene->material_count; i++)
        scene_material(b, &b->scene->materials[i], &b->rev->materials[b->rev->material_count++]);
    for (uint32_t i = 0, model_primitives = 0; i < b->rev->node_count && !status; i++)
        status = fill_node(b, i, &model_primitives, err);
    return status;
}

orr_status orr_scene_publish(orr_scene *scene, orr_revision **out, orr_error *err) {
    orr_revision *rev = orr_calloc(1, sizeof *rev);
    if (!rev) return orr_fail(err, ORR_E_MEMORY, scene->name, "no memory for a revision");
    builder b = {.scene = scene, .rev = rev};
    atomic_init(&rev->references, 1);
    rev->assets = scene->assets;
    rev->number = scene->next_revision;
    rev->scene = orr_arena_strdup(&rev->arena, scene->at);
    orr_status status = orr_scene_exchange(scene, err);
    if (!status) status = build(&b, err);
    free(b.order), free(b.table);
    if (!status) rev->digest = digest_revision(rev);
    if (!status) status = orr_scene_show(scene, rev, err);
    if (status) return orr_revision_release(&rev), status;
    scene->next_revision++;
    *out = rev;
    return ORR_OK;
}

void orr_revision_release(orr_revision **revision) {
    orr_revision *rev = *revision;
    *revision = NULL;
    if (!rev || atomic_fetch_sub_explicit(&rev->references, 1, memory_order_acq_rel) != 1) return;
    orr_arena_free(&rev->arena);
    free(rev);
}

uint64_t orr_revision_number(const orr_revision *revision) {
    return revision->number;
}
orr_digest orr_revision_digest(const orr_revision *revision) {
    return revision->digest;
}
