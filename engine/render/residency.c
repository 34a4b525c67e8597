/* A revision's geometry and materials on the device: one vertex, index and material buffer for everything. */
#include <stdlib.h>
#include <string.h>

#include "render/renderer_private.h"

enum { MATERIAL_WORDS = 14 * 4 }; /* MATERIAL_TEXELS of shaders/material.glsl */

void orr_residency_free(orr_renderer *r) {
    orr_residency *res = &r->residency;
    orr_gpu_buffer_destroy(r->gpu, &res->vertices);
    orr_gpu_buffer_destroy(r->gpu, &res->indices);
    orr_gpu_buffer_destroy(r->gpu, &res->uv1s);
    orr_gpu_buffer_destroy(r->gpu, &res->materials);
    for (uint32_t i = 0; i < ORR_MAX_TEXTURE_ARRAYS; i++) orr_gpu_texture_destroy(r->gpu, &res->arrays[i]);
    free(res->first_index), free(res->vertex_offset), free(res->uv1_offset);
    *res = (orr_residency){0};
}

static orr_status make_buffer(orr_renderer *r, const char *label, uint64_t bytes, bool vertex, bool index,
                              orr_gpu_buffer *out, orr_error *err) {
    orr_gpu_buffer_params params = {.label = label,
                                    .size_bytes = bytes ? bytes : 32,
                                    .memory = ORR_MEMORY_DEVICE,
                                    .vertex = vertex,
                                    .index = index,
                                    .texel = true};
    return orr_gpu_buffer_create(r->gpu, &params, out, err);
}

/* Vertices that a pose deforms are rewritten every frame, after the static ones. How many there can be: one
 * copy per model node that uses a skinned or morphed primitive. */
static uint32_t deform_vertices(const orr_revision *rev) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < rev->node_count; i++) {
        if (rev->nodes[i].kind != ORR_NODE_MODEL) continue;
        const orr_model *model = orr_assets_model(rev->assets, rev->nodes[i].asset);
        for (uint32_t n = 0; n < model->node_count; n++) {
            if (model->nodes[n].mesh == ORR_NONE) continue;
            const orr_model_mesh *mesh = &model->meshes[model->nodes[n].mesh];
            for (uint32_t k = 0; k < mesh->primitive_count; k++) {
                const orr_model_primitive *p = &model->primitives[mesh->first_primitive + k];
                if (p->morph_count || (p->joints && model->nodes[n].skin != ORR_NONE))
                    total += p->vertex_count;
            }
        }
    }
    return total > UINT32_MAX ? UINT32_MAX : (uint32_t)total;
}

static orr_status load_geometry(orr_renderer *r, const orr_revision *rev, orr_error *err) {
    orr_residency *res = &r->residency;
    uint64_t vertices = 0, indices = 0, uv1s = 0;
    res->first_index = orr_calloc(rev->primitive_count + 1, sizeof *res->first_index);
    res->vertex_offset = orr_calloc(rev->primitive_count + 1, sizeof *res->vertex_offset);
    res->uv1_offset = orr_calloc(rev->primitive_count + 1, sizeof *res->uv1_offset);
    if (!res->first_index || !res->vertex_offset || !res->uv1_offset)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for geometry tables");
    for (uint32_t i = 0; i < rev->primitive_count; i++) {
        const orr_rev_primitive *p = &rev->primitives[i];
        res->vertex_offset[i] = (uint32_t)vertices, res->first_index[i] = (uint32_t)indices;
        res->uv1_offset[i] = p->uv1 ? (uint32_t)uv1s : ORR_NONE;
        vertices += p->vertex_count, indices += p->index_count, uv1s += p->uv1 ? p->vertex_count : 0;
    }
    if (uv1s) res->variant |= ORR_VARIANT_UV1;
    res->deform_first = (uint32_t)vertices, res->deform_capacity = deform_vertices(rev);
    vertices += res->deform_capacity;
    res->vertex_count = (uint32_t)vertices;
    uint64_t limit = orr_gpu_get_limits(r->gpu)->max_texel_buffer_elements;
    if (vertices * 2 > limit || indices > limit)
        return orr_fail(err, ORR_E_LIMIT, NULL,
                        "the scene has %llu vertices and %llu indices; this device takes %llu and %llu",
                        (unsigned long long)vertices, (unsigned long long)indices,
                        (unsigned long long)limit / 2, (unsigned long long)limit);
    orr_status status =
        make_buffer(r, "vertices", vertices * sizeof(orr_vertex), true, false, &res->vertices, err);
    if (!status) status = make_buffer(r, "indices", indices * 4, false, true, &res->indices, err);
    if (!status) status = make_buffer(r, "second uv set", uv1s * 8, false, false, &res->uv1s, err);
    for (uint32_t i = 0; !status && i < rev->primitive_count; i++) {
        const orr_rev_primitive *p = &rev->primitives[i];
        status =
            orr_gpu_upload_buffer(r->gpu, res->vertices, (uint64_t)res->vertex_offset[i] * sizeof(orr_vertex),
                                  p->vertices, (uint64_t)p->vertex_count * sizeof(orr_vertex), err);
        if (!status)
            status = orr_gpu_upload_buffer(r->gpu, res->indices, (uint64_t)res->first_index[i] * 4,
                                           p->indices, (uint64_t)p->index_count * 4, err);
        if (!status && p->uv1)
            status = orr_gpu_upload_buffer(r->gpu, res->uv1s, (uint64_t)res->uv1_offset[i] * 8, p->uv1,
                                           (uint64_t)p->vertex_count * 8, err);
    }
    return status;
}

static bool same_map(const orr_rev_map *a, const orr_rev_map *b) {
    return a->texture == b->texture && a->uv_set == b->uv_set && a->wrap_s == b->wrap_s &&
           a->wrap_t == b->wrap_t && a->nearest == b->nearest && !memcmp(a->uv, b->uv, sizeof a->uv);
}

static void pack_material(const orr_rev_material *m, const uint32_t *references,
                          uint32_t out[MATERIAL_WORDS]) {
    float f[16] = {m->base_colour[0],
                   m->base_colour[1],
                   m->base_colour[2],
                   m->base_colour[3],
                   m->emissive_nit[0],
                   m->emissive_nit[1],
                   m->emissive_nit[2],
                   0.0f,
                   m->metallic,
                   m->roughness,
                   m->normal_scale,
                   m->occlusion_strength,
                   m->ior,
                   m->alpha_cutoff,
                   0.0f,
                   0.0f};
    memset(out, 0, MATERIAL_WORDS * 4);
    memcpy(out, f, sizeof f);
    out[7] = (m->double_sided ? 1u : 0u) | (m->unlit ? 2u : 0u) |
             (m->alpha_mode == ORR_ALPHA_MASK ? 4u : 0u) | (m->alpha_mode == ORR_ALPHA_BLEND ? 8u : 0u);
    for (uint32_t k = 0; k < ORR_MAP_COUNT; k++) {
        const orr_rev_map *map = &m->maps[k];
        if (map->texture == ORR_NONE) continue;
        if (k == ORR_MAP_OCCLUSION && same_map(map, &m->maps[ORR_MAP_METAL_ROUGH])) {
            out[15] |= 1u << 5; /* one image for both: sampled once */
            continue;
        }
        out[15] |= 1u << k;
        uint32_t *w = &out[16 + k * 8];
        w[0] = references[map->texture] | (map->uv_set & 1u) << 20 | (uint32_t)map->wrap_s << 21 |
               (uint32_t)map->wrap_t << 23 | (map->nearest ? 1u << 25 : 0u);
        memcpy(&w[1], map->uv, 3 * sizeof(float));
        memcpy(&w[4], map->uv + 3, 3 * sizeof(float));
    }
}

static orr_status load_materials(orr_renderer *r, const orr_revision *rev, const uint32_t *references,
                                 orr_error *err) {
    uint32_t(*packed)[MATERIAL_WORDS] = orr_calloc(rev->material_count, sizeof *packed);
    if (!packed) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u materials", rev->material_count);
    for (uint32_t i = 0; i < rev->material_count; i++) {
        pack_material(&rev->materials[i], references, packed[i]);
        r->residency.variant |= (packed[i][15] & 31u) << ORR_VARIANT_MAPS;
        r->residency.any_blend |= rev->materials[i].alpha_mode == ORR_ALPHA_BLEND;
        r->residency.any_mask |= rev->materials[i].alpha_mode == ORR_ALPHA_MASK;
    }
    orr_status status = make_buffer(r, "materials", rev->material_count * sizeof *packed, false, false,
                                    &r->residency.materials, err);
    if (!status)
        status = orr_gpu_upload_buffer(r->gpu, r->residency.materials, 0, packed,
                                       rev->material_count * sizeof *packed, err);
    free(packed);
    return status;
}

orr_status orr_residency_load(orr_renderer *r, const orr_revision *rev, orr_error *err) {
    if (r->residency.revision == rev) return ORR_OK;
    orr_residency_free(r);
    orr_status status = load_geometry(r, rev, err); /* first: it overlaps with the decoding of textures */
    if (!status) status = orr_assets_wait_all(r->assets, err);
    uint32_t *references = orr_calloc(rev->texture_count + 1, sizeof *references);
    if (!status && !references) status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for texture tables");
    if (!status) status = orr_textures_load(r, rev, references, err);
    if (!status) status = load_materials(r, rev, references, err);
    if (!status) status = orr_environment_load(r, rev, err);
    free(references);
    if (status) return orr_residency_free(r), status;
    for (uint32_t i = 0; i < rev->node_count; i++)
        r->residency.any_air |= rev->nodes[i].kind == ORR_NODE_ATMOSPHERE;
    r->residency.revision = rev;
    return ORR_OK;
}
