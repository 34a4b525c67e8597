/* Meshes: primitives to interleaved vertices and triangle lists. Whatever two primitives read the same way is
 * decoded once and shared: `gltf_memo` remembers vertices, index lists and whole primitives by the accessors
 * they came from. */
#include "resource/gltf_private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/round.h"
#include "resource/vertex.h"

enum { POSITION, NORMAL, TANGENT, UV0, UV1, COLOUR, JOINTS, WEIGHTS, JOINTS1, WEIGHTS1, ATTRIBUTES };
enum { MEMO_VERTICES = 2, MEMO_TRIANGLES, MEMO_PRIMITIVE }; /* first key words; 1 is the accessors' */
enum { MODE_TRIANGLES = 4, MODE_STRIP = 5, MODE_FAN = 6 };
static const char *const attribute_names[ATTRIBUTES] = {"POSITION",   "NORMAL",   "TANGENT",  "TEXCOORD_0",
                                                        "TEXCOORD_1", "COLOR_0",  "JOINTS_0", "WEIGHTS_0",
                                                        "JOINTS_1",   "WEIGHTS_1"};

typedef struct triangles {
    const uint32_t *index;
    uint32_t count, largest;
    uint32_t accessor; /* ORR_NONE = not indexed */
} triangles;

typedef struct vertices { /* what primitives share */
    orr_vertex *vertex;
    float (*uv1)[2];
    uint16_t (*joints)[4];
    float (*weights)[4];
    orr_morph_target *morphs;
    uint32_t count, max_joint;
    bool has_tangents;
} vertices;

typedef struct job { /* one primitive in the making */
    const json_t *json;
    char where[160]; /* of the primitive */
    uint32_t accessor[ATTRIBUTES], indices, mode, material;
    uint32_t target_count;
    uint32_t *targets;                 /* 3 accessors each: position, normal, tangent */
    uint32_t source_count;             /* vertices in the file */
    uint32_t count;                    /* vertices made: more when they are un-shared for flat normals */
    const uint32_t *order;             /* source of each vertex, NULL = the same */
    const orr_texture_use *normal_map; /* tangents must be generated for it, or NULL */
    triangles *list;
} job;

/* --- what a primitive asks for --------------------------------------------------------------------- */
static uint32_t canonical(gltf *g, uint32_t accessor) {
    const gltf_accessor *a = accessor == ORR_NONE ? NULL : gltf_accessor_get(g, accessor);
    return a ? a->canonical : ORR_NONE;
}

static uint32_t attribute_index(gltf *g, const job *j, const json_t *attributes, const char *name) {
    gltf_where(g, "%s", j->where);
    uint32_t index = gltf_index(g, attributes, name, g->accessor_count, "accessor");
    if (index == ORR_NONE) return ORR_NONE;
    gltf_where(g, "%s %s", j->where, name);
    const gltf_accessor *a = gltf_accessor_get(g, index);
    if (a && j->source_count && a->count != j->source_count)
        (void)gltf_fail(g, ORR_E_BAD_DATA, "accessor %u has %u elements; POSITION has %u, and all must agree",
                        index, a->count, j->source_count);
    return canonical(g, index);
}

static void read_targets(gltf *g, job *j) {
    const json_t *array = gltf_array(g, j->json, "targets", &j->target_count);
    j->targets = gltf_scratch(g, j->target_count, 3 * sizeof *j->targets);
    for (uint32_t i = 0; g->status == ORR_OK && i < j->target_count; i++) {
        const json_t *target = gltf_item(g, array, i, "morph target");
        for (int k = 0; k < 3; k++)
            j->targets[3 * i + (uint32_t)k] = attribute_index(g, j, target, attribute_names[k]);
    }
}

/* Tangents are made only when a normal map wants them and the file has none that can be used. */
static void decide_tangents(gltf *g, job *j) {
    if (j->accessor[NORMAL] == ORR_NONE) j->accessor[TANGENT] = ORR_NONE; /* the specification: ignored */
    if (j->material == ORR_NONE || j->accessor[TANGENT] != ORR_NONE) return;
    const orr_texture_use *map = &g->model->materials[j->material].normal_map;
    if (map->image != ORR_NONE && j->accessor[map->uv_set ? UV1 : UV0] != ORR_NONE) j->normal_map = map;
}

static bool read_job(gltf *g, job *j) {
    j->material = gltf_index(g, j->json, "material", g->model->material_count, "material");
    j->indices = gltf_index(g, j->json, "indices", g->accessor_count, "accessor");
    const json_t *attributes = gltf_object(g, j->json, "attributes");
    for (int i = 0; i < ATTRIBUTES && g->status == ORR_OK; i++) {
        j->accessor[i] = attribute_index(g, j, attributes, attribute_names[i]);
        if (i != POSITION || g->status != ORR_OK) continue;
        if (j->accessor[POSITION] == ORR_NONE)
            (void)gltf_fail(g, ORR_E_BAD_DATA, "it has no POSITION; every primitive needs one");
        else
            j->source_count = g->accessors[j->accessor[POSITION]].count;
    }
    if (g->status == ORR_OK) read_targets(g, j);
    gltf_where(g, "%s", j->where);
    for (int set = JOINTS; set <= JOINTS1 && g->status == ORR_OK; set += 2)
        if ((j->accessor[set] == ORR_NONE) != (j->accessor[set + 1] == ORR_NONE))
            (void)gltf_fail(g, ORR_E_BAD_DATA, "it has only one of %s and %s; a skin needs both",
                            attribute_names[set], attribute_names[set + 1]);
    if (g->status == ORR_OK && j->accessor[JOINTS] == ORR_NONE)
        j->accessor[JOINTS1] = j->accessor[WEIGHTS1] = ORR_NONE;
    if (g->status == ORR_OK) decide_tangents(g, j);
    return g->status == ORR_OK;
}

/* --- triangles ------------------------------------------------------------------------------------ */
static uint32_t *expand(gltf *g, uint32_t mode, const uint32_t *in, uint32_t count, uint32_t *out_count) {
    uint32_t made = count < 3                ? 0
                    : mode == MODE_TRIANGLES ? count / 3
                                             : count - 2; /* a rest of 1 or 2 is dropped */
    uint32_t *out = gltf_new(g, made, 3 * sizeof *out);
    for (uint32_t t = 0; out && t < made; t++) {
        uint32_t a = mode == MODE_TRIANGLES ? 3 * t : t, b = a + 1, c = a + 2;
        if (mode == MODE_STRIP && t % 2) b = t + 2, c = t + 1; /* every second triangle is turned round */
        if (mode == MODE_FAN) a = t + 1, b = t + 2, c = 0;
        out[3 * t] = in ? in[a] : a;
        out[3 * t + 1] = in ? in[b] : b;
        out[3 * t + 2] = in ? in[c] : c;
    }
    *out_count = 3 * made;
    return out;
}

static triangles *make_triangles(gltf *g, const job *j) {
    triangles *list = gltf_temp(g, 1, sizeof *list);
    uint32_t *in = NULL, count = j->source_count;
    if (j->indices != ORR_NONE) {
        const gltf_accessor *a = gltf_accessor_get(g, j->indices);
        bool in_place = a && j->mode == MODE_TRIANGLES && a->count % 3 == 0;
        count = a ? a->count : 0;
        in = in_place ? gltf_new(g, count, sizeof *in) : gltf_scratch(g, count, sizeof *in);
        if (!gltf_read_indices(g, j->indices, in) || !list) return NULL;
        list->index = in;
        list->count = count;
        if (!in_place) list->index = expand(g, j->mode, in, count, &list->count);
    } else if (list) {
        if (count > ORR_NONE / 3)
            (void)gltf_fail(g, ORR_E_LIMIT, "it has %u vertices; the limit without indices is %u", count,
                            ORR_NONE / 3);
        else
            list->index = expand(g, j->mode, NULL, count, &list->count);
    }
    if (g->status != ORR_OK) return NULL;
    list->accessor = j->indices;
    for (uint32_t i = 0; i < list->count; i++)
        if (list->index[i] > list->largest) list->largest = list->index[i];
    return list;
}

static bool find_triangles(gltf *g, job *j) {
    uint32_t key[] = {MEMO_TRIANGLES, canonical(g, j->indices), j->mode,
                      j->indices == ORR_NONE ? j->source_count : 0};
    void **known = gltf_memo_find(g, key, 4);
    if (!known) return false;
    triangles *list = *known ? *known : make_triangles(g, j);
    if (!list) return false;
    *known = j->list = list; /* nothing was added to the table meanwhile: the slot is where it was */
    if (list->count == 0 || list->largest < j->source_count) return true;
    (void)gltf_fail(g, ORR_E_OUT_OF_RANGE,
                    "accessor %u names vertex %u; the primitive has %u, so indices must be below that",
                    j->indices, list->largest, j->source_count);
    return false;
}

/* --- vertices ------------------------------------------------------------------------------------- */
/* An attribute as floats in the order of the vertices made; in the model when `keep`, else in scratch. NULL =
 * absent. */
static float *attribute(gltf *g, const job *j, const char *name, uint32_t accessor, uint32_t width,
                        gltf_kind kind, bool keep) {
    if (accessor == ORR_NONE) return NULL;
    gltf_where(g, "%s %s", j->where, name);
    if (!gltf_accessor_expect(g, accessor, width, kind)) return NULL;
    bool direct = keep && !j->order;
    size_t total = (size_t)j->source_count * width;
    float *read = direct ? gltf_new(g, total, sizeof *read) : gltf_scratch(g, total, sizeof *read);
    if (!gltf_read_floats(g, accessor, read)) return NULL;
    gltf_where(g, "%s", j->where);
    if (!j->order) return read;
    total = (size_t)j->count * width;
    float *out = keep ? gltf_new(g, total, sizeof *out) : gltf_scratch(g, total, sizeof *out);
    for (size_t i = 0; out && i < j->count; i++)
        memcpy(out + i * width, read + j->order[i] * (size_t)width, width * sizeof *out);
    return out;
}

static void pack_colours(gltf *g, const job *j, vertices *v) {
    uint32_t accessor = j->accessor[COLOUR];
    if (accessor == ORR_NONE) {
        for (uint32_t i = 0; i < v->count; i++) v->vertex[i].colour_rgba8 = 0xffffffff;
        return;
    }
    uint32_t width = g->accessors[accessor].width == 3 ? 3 : 4;
    const float *colour = attribute(g, j, "COLOR_0", accessor, width, GLTF_UNIT, false);
    for (uint32_t i = 0; colour && i < v->count; i++) {
        const float *c = colour + (size_t)i * width;
        v->vertex[i].colour_rgba8 = orr_pack_rgba8((float[4]){c[0], c[1], c[2], width == 4 ? c[3] : 1});
    }
}

typedef struct influence {
    float weight, joint;
} influence;

/* The four strongest of eight come first; in the file's order where they are equal. */
static void strongest_first(influence eight[8]) {
    for (int k = 0; k < 4; k++)
        for (int i = 7; i > k; i--)
            if (eight[i].weight > eight[i - 1].weight) {
                influence moved = eight[i];
                eight[i] = eight[i - 1];
                eight[i - 1] = moved;
            }
}

static void bind_vertex(vertices *v, uint32_t i, const influence *bound) {
    double sum = (double)bound[0].weight + bound[1].weight + bound[2].weight + bound[3].weight;
    for (int k = 0; k < 4; k++) { /* a vertex without weight is bound to its first joint */
        float weight = sum > 0 ? (float)(bound[k].weight / sum) : k == 0 ? 1.0f : 0.0f;
        uint32_t joint = weight > 0 ? (uint32_t)bound[k].joint : 0;
        if (joint > v->max_joint) v->max_joint = joint;
        v->weights[i][k] = weight;
        v->joints[i][k] = (uint16_t)joint;
    }
}

/* Of two sets of four influences (JOINTS_1, WEIGHTS_1) the four strongest are kept. */
static void bind_joints(gltf *g, const job *j, vertices *v) {
    const float *joints[2], *weights[2];
    for (int s = 0; s < 2; s++) {
        int set = s ? JOINTS1 : JOINTS;
        joints[s] = attribute(g, j, attribute_names[set], j->accessor[set], 4, GLTF_JOINT, false);
        weights[s] = attribute(g, j, attribute_names[set + 1], j->accessor[set + 1], 4, GLTF_UNIT, false);
    }
    if (!joints[0] || g->status != ORR_OK) return;
    v->joints = gltf_new(g, v->count, sizeof *v->joints);
    v->weights = gltf_new(g, v->count, sizeof *v->weights);
    for (uint32_t i = 0; g->status == ORR_OK && i < v->count; i++) {
        influence bound[8] = {{0, 0}};
        for (size_t k = 0; k < (joints[1] ? 8u : 4u); k++) {
            size_t at = 4 * (size_t)i + k % 4;
            bound[k] = (influence){weights[k / 4][at], joints[k / 4][at]};
            if (bound[k].weight < 0)
                (void)gltf_fail(g, ORR_E_OUT_OF_RANGE,
                                "WEIGHTS_%zu of vertex %u has a negative weight; all must be at least 0",
                                k / 4, i);
        }
        if (joints[1]) strongest_first(bound);
        bind_vertex(v, i, bound);
    }
}

static void read_morphs(gltf *g, const job *j, vertices *v) {
    v->morphs = gltf_new(g, j->target_count, sizeof *v->morphs);
    for (uint32_t i = 0; g->status == ORR_OK && i < j->target_count; i++) {
        const uint32_t *t = j->targets + 3 * (size_t)i;
        v->morphs[i].position = (const float(*)[3])attribute(g, j, "morph POSITION", t[0], 3, GLTF_ANY, true);
        v->morphs[i].normal = (const float(*)[3])attribute(g, j, "morph NORMAL", t[1], 3, GLTF_ANY, true);
        v->morphs[i].tangent = (const float(*)[3])attribute(g, j, "morph TANGENT", t[2], 3, GLTF_ANY, true);
    }
}

/* Generated tangents follow the normal map's own texture coordinates, its rotation and mirroring included. */
static const float *generated_tangents(gltf *g, const job *j, const float *position, const float *normal,
                                       const float *uv) {
    const orr_texture_use *map = j->normal_map;
    float(*turned)[2] = gltf_scratch(g, j->count, sizeof *turned);
    float(*sums)[3] = gltf_scratch(g, j->count, 2 * sizeof *sums);
    float(*out)[4] = gltf_scratch(g, j->count, sizeof *out);
    uint32_t *sequence = NULL;
    const uint32_t *index = j->list->index;
    if (j->order) { /* un-shared: every three vertices are a triangle */
        index = sequence = gltf_scratch(g, j->count, sizeof *sequence);
        for (uint32_t i = 0; sequence && i < j->count; i++) sequence[i] = i;
    }
    if (g->status != ORR_OK) return NULL;
    float c = (float)orr_cos40((double)map->rotation_rad), s = (float)orr_sin40((double)map->rotation_rad);
    for (size_t i = 0; i < j->count; i++) {
        float u = uv[2 * i] * map->scale[0], w = uv[2 * i + 1] * map->scale[1];
        turned[i][0] = c * u + s * w;
        turned[i][1] = c * w - s * u;
    }
    gltf_tangents((const float(*)[3])position, (const float(*)[3])normal, (const float(*)[2])turned, j->count,
                  index, j->list->count, sums, out);
    return &out[0][0];
}

static const float *normals_of(gltf *g, const job *j, const float *position) {
    if (j->accessor[NORMAL] != ORR_NONE)
        return attribute(g, j, "NORMAL", j->accessor[NORMAL], 3, GLTF_ANY, false);
    float(*flat)[3] = gltf_scratch(g, j->count, sizeof *flat);
    if (flat) gltf_flat_normals((const float(*)[3])position, j->count, flat);
    return flat ? &flat[0][0] : NULL;
}

static vertices *make_vertices(gltf *g, const job *j) {
    vertices *v = gltf_temp(g, 1, sizeof *v);
    orr_vertex *out = gltf_new(g, j->count, sizeof *out);
    if (!v || !out) return NULL;
    *v = (vertices){.vertex = out, .count = j->count};
    const float *position = attribute(g, j, "POSITION", j->accessor[POSITION], 3, GLTF_ANY, false);
    const float *normal = position ? normals_of(g, j, position) : NULL;
    const float *uv0 = attribute(g, j, "TEXCOORD_0", j->accessor[UV0], 2, GLTF_ANY, false);
    v->uv1 = (float(*)[2])attribute(g, j, "TEXCOORD_1", j->accessor[UV1], 2, GLTF_ANY, true);
    const float *tangent = attribute(g, j, "TANGENT", j->accessor[TANGENT], 4, GLTF_ANY, false);
    if (g->status != ORR_OK) return NULL;
    if (j->normal_map)
        tangent = generated_tangents(g, j, position, normal, j->normal_map->uv_set ? &v->uv1[0][0] : uv0);
    if (g->status != ORR_OK) return NULL;
    v->has_tangents = tangent != NULL;
    for (size_t i = 0; i < j->count; i++) {
        memcpy(out[i].position, position + 3 * i, sizeof out[i].position);
        out[i].normal_oct = orr_pack_normal(normal + 3 * i);
        if (uv0) memcpy(out[i].uv0, uv0 + 2 * i, sizeof out[i].uv0);
        if (tangent) out[i].tangent_oct = orr_pack_tangent(tangent + 4 * i, tangent[4 * i + 3]);
    }
    pack_colours(g, j, v);
    bind_joints(g, j, v);
    read_morphs(g, j, v);
    return g->status == ORR_OK ? v : NULL;
}

/* What the vertices depend on: the accessors, and the triangles too when normals or tangents come from them.
 */
static uint32_t *vertex_key(gltf *g, const job *j, uint32_t *words) {
    uint32_t *key = gltf_scratch(g, ATTRIBUTES + 8 + 3 * (size_t)j->target_count, sizeof *key), n = 0;
    if (!key) return NULL;
    key[n++] = MEMO_VERTICES;
    for (int i = 0; i < ATTRIBUTES; i++) key[n++] = j->accessor[i];
    if (j->accessor[NORMAL] == ORR_NONE || j->normal_map) {
        key[n++] = canonical(g, j->indices);
        key[n++] = j->mode;
    }
    if (j->normal_map) {
        key[n++] = j->normal_map->uv_set;
        memcpy(key + n,
               (float[3]){j->normal_map->scale[0], j->normal_map->scale[1], j->normal_map->rotation_rad}, 12);
        n += 3;
    }
    if (j->target_count) memcpy(key + n, j->targets, 12 * (size_t)j->target_count);
    *words = n + 3 * j->target_count;
    return key;
}

static vertices *find_vertices(gltf *g, job *j) {
    uint32_t words = 0, *key = vertex_key(g, j, &words);
    void **known = key ? gltf_memo_find(g, key, words) : NULL;
    if (!known) return NULL;
    if (*known) return *known;
    return *known = make_vertices(g, j); /* the accessors were all seen before: the table did not move */
}

/* --- primitives ----------------------------------------------------------------------------------- */
static void bounds(orr_model_primitive *p) {
    float low[3] = {FLT_MAX, FLT_MAX, FLT_MAX}, high[3] = {-FLT_MAX, -FLT_MAX, -FLT_MAX};
    for (uint32_t i = 0; i < p->index_count; i++) {
        const float *at = p->vertices[p->indices[i]].position;
        for (int k = 0; k < 3; k++) {
            low[k] = at[k] < low[k] ? at[k] : low[k];
            high[k] = at[k] > high[k] ? at[k] : high[k];
        }
    }
    memcpy(p->bounds_min, low, sizeof low);
    memcpy(p->bounds_max, high, sizeof high);
}

/* Un-shared vertices are used one after the other. */
static bool use_sequence(gltf *g, job *j) {
    job plain = *j;
    plain.indices = ORR_NONE;
    plain.mode = MODE_TRIANGLES;
    plain.source_count = j->count;
    if (!find_triangles(g, &plain)) return false;
    j->list = plain.list;
    return true;
}

static void fill_primitive(gltf *g, job *j, orr_model_primitive *p) {
    const vertices *v = find_vertices(g, j);
    if (!v || (j->order && !use_sequence(g, j))) return;
    *p = (orr_model_primitive){.vertices = v->vertex,
                               .uv1 = (const float(*)[2])v->uv1,
                               .joints = (const uint16_t(*)[4])v->joints,
                               .weights = (const float(*)[4])v->weights,
                               .vertex_count = v->count,
                               .indices = j->list->index,
                               .index_count = j->list->count,
                               .morphs = v->morphs,
                               .morph_count = j->target_count,
                               .has_tangents = v->has_tangents};
    g->max_joint[g->model->primitive_count] = v->joints ? v->max_joint : 0;
    uint64_t pointers[2] = {(uint64_t)(uintptr_t)p->vertices, (uint64_t)(uintptr_t)p->indices};
    uint32_t key[5] = {MEMO_PRIMITIVE};
    memcpy(key + 1, pointers, sizeof pointers);
    void **known = gltf_memo_find(g, key, 5);
    if (!known) return;
    const orr_model_primitive *twin = *known;
    if (twin) {
        memcpy(p->bounds_min, twin->bounds_min, sizeof p->bounds_min);
        memcpy(p->bounds_max, twin->bounds_max, sizeof p->bounds_max);
    } else {
        *known = p;
        bounds(p);
    }
    p->material = j->material;
}

static void read_primitive(gltf *g, const json_t *json, uint32_t *target_count, bool first) {
    job j = {.json = json, .material = ORR_NONE};
    memcpy(j.where, g->where, sizeof j.where - 1);
    j.mode = (uint32_t)gltf_size(g, json, "mode", MODE_TRIANGLES, 0, 6);
    (void)gltf_array(g, json, "targets", &j.target_count);
    if (!first && j.target_count != *target_count)
        (void)gltf_fail(g, ORR_E_BAD_DATA,
                        "it has %u morph targets; the mesh's first primitive has %u, and all must agree",
                        j.target_count, *target_count);
    *target_count = j.target_count;
    if (g->status != ORR_OK) return;
    if (j.mode < MODE_TRIANGLES) {
        g->model->skipped_primitives++;
        return;
    }
    if (!read_job(g, &j) || !find_triangles(g, &j)) return;
    if (j.list->count == 0) { /* fewer than three indices */
        g->model->skipped_primitives++;
        return;
    }
    j.count = j.source_count;
    if (j.accessor[NORMAL] == ORR_NONE) {
        j.order = j.list->index;
        j.count = j.list->count;
    }
    orr_model_primitive *p = &g->model->primitives[g->model->primitive_count];
    fill_primitive(g, &j, p);
    if (g->status == ORR_OK) g->model->primitive_count++;
}

static void read_weights(gltf *g, const json_t *json, uint32_t target_count, orr_model_mesh *mesh) {
    uint32_t count = 0;
    const json_t *array = gltf_array(g, json, "weights", &count);
    float *weights = gltf_new(g, target_count, sizeof *weights);
    if (array && count != target_count)
        (void)gltf_fail(g, ORR_E_BAD_DATA, "it has %u weights and %u morph targets; they must agree", count,
                        target_count);
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++)
        weights[i] = (float)json_number_value(json_array_get(array, i));
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++)
        if (!isfinite(weights[i])) (void)gltf_fail(g, ORR_E_OUT_OF_RANGE, "weight %u must be finite", i);
    mesh->morph_weights = weights;
    mesh->morph_weight_count = target_count;
}

static void read_mesh(gltf *g, uint32_t index, const json_t *json, orr_model_mesh *mesh) {
    uint32_t count = 0, target_count = 0;
    gltf_where_item(g, "mesh", index, json);
    char where[120];
    memcpy(where, g->where, sizeof where - 1);
    where[sizeof where - 1] = 0;
    *mesh = (orr_model_mesh){.name = gltf_name(g, json), .first_primitive = g->model->primitive_count};
    const json_t *array = gltf_array(g, json, "primitives", &count);
    if (count == 0) (void)gltf_fail(g, ORR_E_BAD_DATA, "it has no primitives; at least one is needed");
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++) {
        gltf_where(g, "%s primitive %u", where, i);
        read_primitive(g, gltf_item(g, array, i, "primitive"), &target_count, i == 0);
        orr_arena_reset(&g->scratch);
    }
    mesh->primitive_count = g->model->primitive_count - mesh->first_primitive;
    if (g->status == ORR_OK) gltf_where(g, "%s", where);
    read_weights(g, json, target_count, mesh);
}

void gltf_read_meshes(gltf *g) {
    uint32_t count = 0, primitives = 0;
    g->accessors_json = gltf_array(g, g->root, "accessors", &g->accessor_count);
    const json_t *array = gltf_array(g, g->root, "meshes", &count);
    for (uint32_t i = 0; i < count; i++)
        primitives += (uint32_t)json_array_size(json_object_get(json_array_get(array, i), "primitives"));
    orr_model *model = g->model;
    g->accessors = gltf_temp(g, g->accessor_count, sizeof *g->accessors);
    g->max_joint = gltf_temp(g, primitives, sizeof *g->max_joint);
    model->primitives = gltf_new(g, primitives, sizeof *model->primitives);
    model->meshes = gltf_new(g, count, sizeof *model->meshes);
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++)
        read_mesh(g, i, gltf_item(g, array, i, "mesh"), &model->meshes[i]);
    model->mesh_count = count;
    gltf_where(g, "%s", "");
}
