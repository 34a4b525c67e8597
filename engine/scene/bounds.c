/* Questions a script asks of a scene while authoring it: bounds, ground height. */
#include <stdlib.h>
#include <string.h>

#include "scene/scene_private.h"

static void world_of(const orr_scene *scene, uint32_t slot, double m[16]) {
    orr_mat_identity(m);
    for (uint32_t s = slot; s != ORR_NONE; s = scene->nodes[s].parent) {
        double local[16];
        if (!orr_node_has_place(scene->nodes[s].kind)) continue;
        orr_place_matrix(scene->nodes[s].props, local);
        orr_mat_mul(local, m, m);
    }
}

static void grow_box(double lo[3], double hi[3], const double min_m[3], const double max_m[3],
                     const double world[16]) {
    for (int corner = 0; corner < 8; corner++) {
        double p[3] = {corner & 1 ? max_m[0] : min_m[0], corner & 2 ? max_m[1] : min_m[1],
                       corner & 4 ? max_m[2] : min_m[2]},
               w[3];
        orr_mat_point(world, p, w);
        for (int k = 0; k < 3; k++) lo[k] = fmin(lo[k], w[k]), hi[k] = fmax(hi[k], w[k]);
    }
}

/* Skins deform: the box of a skinned model is that of its joints' rest pose applied to every vertex. */
static orr_status model_box(const orr_model *model, const double world[16], double lo[3], double hi[3],
                            orr_error *err) {
    uint32_t weight_count = orr_model_weight_count(model);
    double(*pose)[16] = orr_calloc(model->node_count ? model->node_count : 1, sizeof *pose);
    float *weights = orr_calloc(weight_count ? weight_count : 1, sizeof *weights);
    orr_status status =
        pose && weights ? ORR_OK : orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a model's bounds");
    if (!status) orr_model_pose(model, ORR_NONE, 0.0, false, &pose[0][0], weight_count ? weights : NULL);
    for (uint32_t n = 0; !status && n < model->node_count; n++) {
        if (model->nodes[n].mesh == ORR_NONE) continue;
        const orr_model_mesh *mesh = &model->meshes[model->nodes[n].mesh];
        double placed[16];
        orr_mat_mul(world, pose[n], placed);
        for (uint32_t k = 0; !status && k < mesh->primitive_count; k++) {
            const orr_model_primitive *p = &model->primitives[mesh->first_primitive + k];
            double a[3], b[3];
            for (int c = 0; c < 3; c++) a[c] = (double)p->bounds_min[c], b[c] = (double)p->bounds_max[c];
            bool deforms = p->morph_count || (p->joints && model->nodes[n].skin != ORR_NONE);
            if (!deforms) {
                if (p->vertex_count) grow_box(lo, hi, a, b, placed);
                continue;
            }
            orr_vertex *deformed = orr_calloc(p->vertex_count, sizeof *deformed);
            if (!deformed) {
                status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a model's bounds");
                break;
            }
            orr_model_deform(model, n, p, &pose[0][0], weights, deformed);
            for (uint32_t v = 0; v < p->vertex_count; v++) {
                double at[3] = {(double)deformed[v].position[0], (double)deformed[v].position[1],
                                (double)deformed[v].position[2]};
                grow_box(lo, hi, at, at, placed);
            }
            free(deformed);
        }
    }
    free(pose), free(weights);
    return status;
}

static orr_status box_below(orr_scene *scene, uint32_t slot, double lo[3], double hi[3], orr_error *err) {
    const orr_node_slot *n = &scene->nodes[slot];
    double world[16];
    world_of(scene, slot, world);
    orr_status status = n->asset.id ? orr_assets_wait(scene->assets, n->asset, err) : ORR_OK;
    if (!status && n->kind == ORR_NODE_MESH && n->mesh.id)
        grow_box(lo, hi, scene->meshes[n->mesh.id - 1].bounds_min, scene->meshes[n->mesh.id - 1].bounds_max,
                 world);
    if (!status && n->kind == ORR_NODE_MODEL && n->asset.id)
        status = model_box(orr_assets_model(scene->assets, n->asset), world, lo, hi, err);
    if (!status && n->kind == ORR_NODE_TERRAIN && n->asset.id) {
        const orr_dem *dem = orr_assets_dem(scene->assets, n->asset);
        const orr_terrain_props *props = n->props;
        double half[2] = {0.5 * (dem->width - 1) * dem->spacing_x_m,
                          0.5 * (dem->height - 1) * dem->spacing_y_m};
        grow_box(lo, hi, (double[3]){-half[0], dem->min_m * props->exaggeration, -half[1]},
                 (double[3]){half[0], dem->max_m * props->exaggeration, half[1]}, world);
    }
    for (uint32_t i = 0; !status && i < scene->node_count; i++)
        if ((scene->nodes[i].generation & 1u) && scene->nodes[i].parent == slot)
            status = box_below(scene, i, lo, hi, err);
    return status;
}

orr_status orr_node_bounds(orr_scene *scene, orr_node node, double min_m[3], double max_m[3],
                           orr_error *err) {
    uint32_t slot;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    for (int k = 0; k < 3; k++) min_m[k] = INFINITY, max_m[k] = -INFINITY;
    return status ? status : box_below(scene, slot, min_m, max_m, err);
}

orr_status orr_terrain_height(orr_scene *scene, orr_node node, double x_m, double z_m, double *height_m,
                              bool *inside, orr_error *err) {
    uint32_t slot;
    orr_status status = orr_scene_slot(scene, node, &slot, err);
    if (!status && scene->nodes[slot].kind != ORR_NODE_TERRAIN)
        status = orr_fail(err, ORR_E_TYPE, scene->name, "'%s' is not a terrain", scene->nodes[slot].name);
    if (!status && !scene->nodes[slot].asset.id)
        status = orr_fail(err, ORR_E_NOT_READY, scene->name, "the terrain '%s' has no file",
                          scene->nodes[slot].name);
    if (!status) status = orr_assets_wait(scene->assets, scene->nodes[slot].asset, err);
    if (status) return status;
    const orr_dem *dem = orr_assets_dem(scene->assets, scene->nodes[slot].asset);
    const orr_terrain_props *props = scene->nodes[slot].props;
    double world[16];
    world_of(scene, slot, world);
    /* A terrain is placed upright (turned about y alone, if at all): invert the x-z part of its matrix. */
    double det = world[0] * world[10] - world[8] * world[2], dx = x_m - world[12], dz = z_m - world[14];
    if (fabs(det) < 1e-12)
        return orr_fail(err, ORR_E_ARGUMENT, scene->name, "the terrain '%s' is tipped or flattened",
                        scene->nodes[slot].name);
    double lx = (world[10] * dx - world[8] * dz) / det, lz = (world[0] * dz - world[2] * dx) / det;
    double u = lx / dem->spacing_x_m + 0.5 * (dem->width - 1),
           v = lz / dem->spacing_y_m + 0.5 * (dem->height - 1);
    *inside = u >= 0.0 && v >= 0.0 && u <= dem->width - 1 && v <= dem->height - 1;
    *height_m = 0.0;
    if (!*inside) return ORR_OK;
    uint32_t c = (uint32_t)u, r = (uint32_t)v;
    if (c > dem->width - 2) c = dem->width - 2;
    if (r > dem->height - 2) r = dem->height - 2;
    const float *h = &dem->heights_m[(size_t)r * dem->width + c];
    double fu = u - c, fv = v - r;
    double top = (double)h[0] + fu * ((double)h[1] - (double)h[0]);
    double bottom = (double)h[dem->width] + fu * ((double)h[dem->width + 1] - (double)h[dem->width]);
    *height_m = (top + fv * (bottom - top)) * props->exaggeration * world[5] + world[13];
    *inside = isfinite(*height_m);
    if (!*inside) *height_m = 0.0;
    return ORR_OK;
}
