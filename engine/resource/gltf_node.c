/* The node hierarchy of the default scene, parents first, and its skins. */
#include "resource/gltf_private.h"

#include <math.h>
#include <string.h>

/* --- transforms ----------------------------------------------------------------------------------- */
/* True when the columns are at right angles: then translation, rotation and scale say the same as the matrix.
 */
static bool decompose(const double m[16], orr_model_node *node) {
    double r[3][3], scale[3]; /* r[column][row] */
    for (int c = 0; c < 3; c++) {
        const double *col = m + 4 * c;
        scale[c] = sqrt(col[0] * col[0] + col[1] * col[1] + col[2] * col[2]);
        if (!(scale[c] > 1e-30)) return false;
        for (int k = 0; k < 3; k++) r[c][k] = col[k] / scale[c];
    }
    for (int c = 0; c < 3; c++) {
        const double *a = r[c], *b = r[(c + 1) % 3];
        if (fabs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) > 1e-5) return false; /* sheared */
    }
    double det = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
                 r[1][0] * (r[0][1] * r[2][2] - r[0][2] * r[2][1]) +
                 r[2][0] * (r[0][1] * r[1][2] - r[0][2] * r[1][1]);
    if (det < 0) { /* a mirror: one axis carries the sign */
        scale[0] = -scale[0];
        for (int k = 0; k < 3; k++) r[0][k] = -r[0][k];
    }
    /* Shepperd's method: the largest of the four components is found first */
    double trace = r[0][0] + r[1][1] + r[2][2], q[4];
    int i = r[0][0] >= r[1][1] && r[0][0] >= r[2][2] ? 0
            : r[1][1] >= r[2][2]                     ? 1
                                                     : 2,
        j = (i + 1) % 3, k = (i + 2) % 3;
    if (trace > r[i][i]) {
        q[3] = 1 + trace;
        for (int c = 0; c < 3; c++) q[c] = r[(c + 1) % 3][(c + 2) % 3] - r[(c + 2) % 3][(c + 1) % 3];
    } else {
        q[i] = 1 + r[i][i] - r[j][j] - r[k][k];
        q[j] = r[i][j] + r[j][i];
        q[k] = r[i][k] + r[k][i];
        q[3] = r[j][k] - r[k][j];
    }
    double length = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    for (int c = 0; c < 4; c++) node->rotation[c] = q[c] / length;
    memcpy(node->translation, m + 12, sizeof node->translation);
    memcpy(node->scale, scale, sizeof scale);
    return true;
}

static void read_transform(gltf *g, const json_t *json, orr_model_node *node) {
    double *m = node->matrix, *q = node->rotation;
    node->rotation[3] = node->scale[0] = node->scale[1] = node->scale[2] = 1;
    m[0] = m[5] = m[10] = m[15] = 1;
    if (gltf_numbers(g, json, "matrix", 16, m)) {
        if (m[3] != 0 || m[7] != 0 || m[11] != 0 || m[15] != 1)
            (void)gltf_fail(g, ORR_E_BAD_DATA,
                            "the last row of \"matrix\" is %g %g %g %g; it must be 0 0 0 1", m[3], m[7],
                            m[11], m[15]);
        node->has_matrix = !decompose(m, node);
        return;
    }
    (void)gltf_numbers(g, json, "translation", 3, node->translation);
    (void)gltf_numbers(g, json, "scale", 3, node->scale);
    if (!gltf_numbers(g, json, "rotation", 4, q)) return;
    double length = sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
    if (fabs(length - 1) > 0.01)
        (void)gltf_fail(g, ORR_E_OUT_OF_RANGE,
                        "\"rotation\" has length %g; it must be a unit quaternion x y z w", length);
    for (int k = 0; k < 4 && length > 0; k++) q[k] /= length;
}

/* --- hierarchy ------------------------------------------------------------------------------------ */
typedef struct tree {
    const json_t *array;
    uint32_t count;
    uint32_t *parent; /* of file nodes */
    uint32_t *order;  /* file nodes, parents first */
    uint32_t ordered;
} tree;

static void read_parents(gltf *g, tree *t) {
    for (uint32_t i = 0; g->status == ORR_OK && i < t->count; i++) {
        uint32_t count = 0;
        const json_t *json = gltf_item(g, t->array, i, "node");
        gltf_where_item(g, "node", i, json);
        const json_t *children = gltf_array(g, json, "children", &count);
        for (uint32_t k = 0; g->status == ORR_OK && k < count; k++) {
            uint32_t child = gltf_index_value(g, json_array_get(children, k), "children", t->count, "node");
            if (child == ORR_NONE) return;
            if (child == i)
                (void)gltf_fail(g, ORR_E_BAD_DATA, "it is its own child: the nodes form a cycle");
            else if (t->parent[child] != ORR_NONE)
                (void)gltf_fail(g, ORR_E_BAD_DATA,
                                "its child %u is a child of node %u already; a node has one parent", child,
                                t->parent[child]);
            t->parent[child] = i;
        }
    }
    gltf_where(g, "%s", "");
}

/* With one parent each, a node that never reaches a root lies on a cycle or below one. Nodes known to reach a
 * root are marked, so every node is walked over once. */
static void refuse_cycles(gltf *g, const tree *t) {
    uint32_t *seen = gltf_temp(g, t->count, sizeof *seen); /* number of the walk that came by, from 1 */
    for (uint32_t i = 0; seen && i < t->count; i++) {
        uint32_t at = i;
        while (at != ORR_NONE && !seen[at]) {
            seen[at] = i + 1;
            at = t->parent[at];
        }
        if (at == ORR_NONE || seen[at] != i + 1) continue;
        (void)gltf_fail(g, ORR_E_BAD_DATA,
                        "node %u is below its own child %u: the nodes form a cycle; they must form trees", at,
                        t->parent[at]);
        return;
    }
}

/* Appends `root` and what is below it, parents first, children in the file's order. */
static void append_tree(gltf *g, tree *t, uint32_t root, uint32_t *stack) {
    uint32_t depth = 0;
    stack[depth++] = root;
    while (depth > 0) {
        uint32_t at = stack[--depth], count = 0;
        g->node_map[at] = t->ordered;
        t->order[t->ordered++] = at;
        const json_t *children = gltf_array(g, json_array_get(t->array, at), "children", &count);
        for (uint32_t k = count; k-- > 0;)
            stack[depth++] =
                (uint32_t)json_number_value(json_array_get(children, k)); /* checked by read_parents */
    }
}

static void order_nodes(gltf *g, tree *t) {
    uint32_t scene_count = 0, root_count = 0;
    uint32_t *stack = gltf_temp(g, t->count, sizeof *stack);
    const json_t *scenes = gltf_array(g, g->root, "scenes", &scene_count);
    uint32_t scene = gltf_index(g, g->root, "scene", scene_count, "scene");
    if (!stack || g->status != ORR_OK) return;
    if (scene_count == 0) { /* a library of nodes: all of it */
        for (uint32_t i = 0; i < t->count; i++)
            if (t->parent[i] == ORR_NONE) append_tree(g, t, i, stack);
        return;
    }
    if (scene == ORR_NONE) scene = 0;
    const json_t *json = gltf_item(g, scenes, scene, "scene");
    gltf_where_item(g, "scene", scene, json);
    const json_t *roots = gltf_array(g, json, "nodes", &root_count);
    for (uint32_t i = 0; g->status == ORR_OK && i < root_count; i++) {
        uint32_t root = gltf_index_value(g, json_array_get(roots, i), "nodes", t->count, "node");
        if (root == ORR_NONE) return;
        if (t->parent[root] != ORR_NONE)
            (void)gltf_fail(g, ORR_E_BAD_DATA, "its node %u is a child of node %u; a scene lists root nodes",
                            root, t->parent[root]);
        else if (g->node_map[root] != ORR_NONE)
            (void)gltf_fail(g, ORR_E_BAD_DATA, "it lists node %u twice", root);
        else
            append_tree(g, t, root, stack);
    }
    gltf_where(g, "%s", "");
}

/* --- nodes ---------------------------------------------------------------------------------------- */
static void read_node_weights(gltf *g, const json_t *json, orr_model_node *node) {
    uint32_t count = 0, wanted = node->mesh == ORR_NONE ? 0 : g->model->meshes[node->mesh].morph_weight_count;
    const json_t *array = gltf_array(g, json, "weights", &count);
    if (!array) return;
    if (count != wanted)
        (void)gltf_fail(g, ORR_E_BAD_DATA,
                        "it has %u weights; its mesh has %u morph targets, and they must agree", count,
                        wanted);
    float *weights = gltf_new(g, count, sizeof *weights);
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++) {
        weights[i] = (float)json_number_value(json_array_get(array, i));
        if (!isfinite(weights[i])) (void)gltf_fail(g, ORR_E_OUT_OF_RANGE, "weight %u must be finite", i);
    }
    node->morph_weights = weights;
}

static void read_node(gltf *g, const json_t *json, uint32_t parent, uint32_t skin_count,
                      orr_model_node *node) {
    const orr_model *model = g->model;
    *node = (orr_model_node){.name = gltf_name(g, json), .parent = parent};
    read_transform(g, json, node);
    node->mesh = gltf_index(g, json, "mesh", model->mesh_count, "mesh");
    node->skin = gltf_index(g, json, "skin", skin_count, "skin");
    node->camera = gltf_index(g, json, "camera", model->camera_count, "camera");
    node->light =
        gltf_index(g, gltf_extension(g, json, "KHR_lights_punctual"), "light", model->light_count, "light");
    if (g->status == ORR_OK) read_node_weights(g, json, node);
    if (g->status != ORR_OK || node->mesh == ORR_NONE) return;
    const orr_model_mesh *mesh = &model->meshes[node->mesh];
    for (uint32_t i = 0; i < mesh->primitive_count; i++)
        g->model->triangle_count += model->primitives[mesh->first_primitive + i].index_count / 3;
}

void gltf_read_nodes(gltf *g) {
    tree t = {0};
    uint32_t skin_count = 0;
    (void)gltf_array(g, g->root, "skins", &skin_count);
    t.array = gltf_array(g, g->root, "nodes", &t.count);
    t.parent = gltf_temp(g, t.count, sizeof *t.parent);
    t.order = gltf_temp(g, t.count, sizeof *t.order);
    g->node_map = gltf_temp(g, t.count, sizeof *g->node_map);
    if (g->status != ORR_OK) return;
    memset(t.parent, 0xff, t.count * sizeof *t.parent); /* ORR_NONE */
    memset(g->node_map, 0xff, t.count * sizeof *g->node_map);
    read_parents(g, &t);
    if (g->status == ORR_OK) refuse_cycles(g, &t);
    if (g->status == ORR_OK) order_nodes(g, &t);
    orr_model_node *nodes = g->model->nodes = gltf_new(g, t.ordered, sizeof *nodes);
    for (uint32_t i = 0; g->status == ORR_OK && i < t.ordered; i++) {
        uint32_t at = t.order[i], parent = t.parent[at];
        const json_t *json = json_array_get(t.array, at);
        gltf_where_item(g, "node", at, json);
        read_node(g, json, parent == ORR_NONE ? ORR_NONE : g->node_map[parent], skin_count, &nodes[i]);
    }
    g->model->node_count = t.ordered;
    gltf_where(g, "%s", "");
}

/* --- skins ---------------------------------------------------------------------------------------- */
static const float *identity_matrices(gltf *g, uint32_t count) {
    float(*m)[16] = gltf_new(g, count, sizeof *m);
    for (uint32_t i = 0; m && i < count; i++) m[i][0] = m[i][5] = m[i][10] = m[i][15] = 1;
    return m ? &m[0][0] : NULL;
}

/* A skin whose joints the scene does not hold is left empty: an error only when a node uses it. */
static void read_skin(gltf *g, const json_t *json, uint32_t file_nodes, orr_model_skin *skin) {
    uint32_t count = 0;
    const json_t *joints = gltf_array(g, json, "joints", &count);
    uint32_t *mapped = gltf_new(g, count, sizeof *mapped),
             bind = gltf_index(g, json, "inverseBindMatrices", g->accessor_count, "accessor");
    if (count == 0) (void)gltf_fail(g, ORR_E_BAD_DATA, "it has no joints; at least one is needed");
    bool whole = true;
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++) {
        uint32_t joint = gltf_index_value(g, json_array_get(joints, i), "joints", file_nodes, "node");
        if (joint == ORR_NONE) return;
        mapped[i] = g->node_map[joint];
        whole = whole && mapped[i] != ORR_NONE;
    }
    if (g->status != ORR_OK || !whole) return;
    if (bind == ORR_NONE) {
        skin->inverse_bind = identity_matrices(g, count);
    } else if (gltf_accessor_expect(g, bind, 16, GLTF_FLOAT)) {
        if (gltf_accessor_get(g, bind)->count < count)
            (void)gltf_fail(g, ORR_E_BAD_DATA,
                            "accessor %u has %u inverse bind matrices; its %u joints need one each", bind,
                            gltf_accessor_get(g, bind)->count, count);
        skin->inverse_bind = gltf_floats(g, bind);
    }
    skin->joints = mapped;
    skin->joint_count = count;
}

static void check_skinned_node(gltf *g, uint32_t index) {
    const orr_model *model = g->model;
    const orr_model_node *node = &model->nodes[index];
    if (node->skin == ORR_NONE || node->mesh == ORR_NONE) return;
    const orr_model_skin *skin = &model->skins[node->skin];
    const orr_model_mesh *mesh = &model->meshes[node->mesh];
    gltf_where(g, "skin %u", node->skin);
    if (skin->joint_count == 0)
        (void)gltf_fail(g, ORR_E_BAD_DATA,
                        "a joint of it is outside the scene that uses it; joints must be in the same scene");
    for (uint32_t i = 0; i < mesh->primitive_count; i++)
        if (g->max_joint[mesh->first_primitive + i] >= skin->joint_count)
            (void)gltf_fail(g, ORR_E_OUT_OF_RANGE,
                            "mesh %u primitive %u JOINTS_0 names joint %u; the skin has %u", node->mesh, i,
                            g->max_joint[mesh->first_primitive + i], skin->joint_count);
}

void gltf_read_skins(gltf *g) {
    uint32_t count = 0, file_nodes = 0;
    const json_t *array = gltf_array(g, g->root, "skins", &count);
    (void)gltf_array(g, g->root, "nodes", &file_nodes);
    g->model->skins = gltf_new(g, count, sizeof *g->model->skins);
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++) {
        const json_t *json = gltf_item(g, array, i, "skin");
        gltf_where_item(g, "skin", i, json);
        read_skin(g, json, file_nodes, &g->model->skins[i]);
    }
    g->model->skin_count = count;
    for (uint32_t i = 0; g->status == ORR_OK && i < g->model->node_count; i++) check_skinned_node(g, i);
    gltf_where(g, "%s", "");
}
