/* A revision at one time: world transforms, draws, lights, camera. Pure. */
#include <stdlib.h>
#include <string.h>

#include "scene/pose_private.h"

void orr_place_matrix(const orr_place *place, double m[16]) {
    double q[4], e[4];
    memcpy(q, place->rotation, sizeof q);
    static const int axes[3] = {1, 0, 2}; /* y * x * z: heading, pitch, roll */
    for (int i = 0; i < 3; i++)
        if (place->rotation_deg[axes[i]] != 0.0) {
            orr_quat_axis(axes[i], ORR_RAD(place->rotation_deg[axes[i]]), e);
            orr_quat_mul(q, e, q);
        }
    orr_mat_from_trs(place->position_m, q, place->scale, m);
}

void orr_bounds_sphere(const double min_m[3], const double max_m[3], const double world[16], double centre[3],
                       double *radius) {
    double middle[3], half[3];
    for (int k = 0; k < 3; k++)
        middle[k] = 0.5 * (min_m[k] + max_m[k]), half[k] = 0.5 * (max_m[k] - min_m[k]);
    orr_mat_point(world, middle, centre);
    *radius = 0.0;
    for (int corner = 0; corner < 4; corner++) { /* the four diagonals; the other corners mirror them */
        double d[3] = {half[0], corner & 1 ? -half[1] : half[1], corner & 2 ? -half[2] : half[2]}, w[3];
        orr_mat_direction(world, d, w);
        *radius = fmax(*radius, orr_length3(w));
    }
}

orr_status orr_revision_bind(const orr_revision *revision, const orr_track *tracks, uint32_t track_count,
                             orr_bound_track **out, uint32_t *count, orr_error *err) {
    orr_bound_track *bound = orr_calloc(track_count ? track_count : 1, sizeof *bound);
    if (!bound) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u tracks", track_count);
    uint32_t n = 0;
    for (uint32_t i = 0; i < track_count; i++) {
        if (!tracks[i].node.id) continue;
        uint32_t node = 0;
        while (node < revision->node_count && revision->nodes[node].id.id != tracks[i].node.id) node++;
        if (node == revision->node_count) {
            free(bound);
            return orr_fail(err, ORR_E_STALE, NULL,
                            "the animated property '%s' belongs to a node that was removed", tracks[i].param);
        }
        uint32_t row = orr_node_row(revision->nodes[node].kind, tracks[i].param);
        if (row == ORR_NONE) {
            free(bound);
            return orr_param_unknown(orr_node_table(revision->nodes[node].kind), tracks[i].param, err);
        }
        if (revision->nodes[node].edited_rows >> row & 1u) continue;
        bound[n++] = (orr_bound_track){node, row, i};
    }
    *out = bound, *count = n;
    return ORR_OK;
}

static orr_status apply_tracks(orr_poser *p, const orr_bound_track *bound, uint32_t bound_count,
                               const orr_param_value *values, orr_error *err) {
    for (uint32_t i = 0; i < bound_count; i++) {
        const orr_rev_node *node = &p->rev->nodes[bound[i].node];
        if (p->props[bound[i].node] == node->props) {
            void *copy = orr_arena_alloc(&p->pose->arena, 1, orr_node_props_size(node->kind));
            if (!copy) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a pose");
            memcpy(copy, node->props, orr_node_props_size(node->kind));
            p->props[bound[i].node] = copy;
        }
        orr_param_row row;
        orr_param_row_get(orr_node_table(node->kind), bound[i].row, &row);
        orr_status status = orr_param_check(&row, &values[bound[i].value], err);
        if (status) return orr_error_prefix(err, "'%s' at t = %.6g s", node->name, p->pose->t_s);
        orr_param_store(&row, &values[bound[i].value], p->props[bound[i].node]);
        p->set_rows[bound[i].node] |= UINT32_C(1) << bound[i].row;
    }
    return ORR_OK;
}

static bool tracked(const orr_poser *p, uint32_t node, int32_t row) {
    for (uint32_t i = 0; i < p->bound_count; i++)
        if (p->bound[i].node == node && p->bound[i].row == (uint32_t)row) return true;
    return false;
}

orr_status orr_poser_check_used(const orr_poser *p, uint32_t node, const void *props, orr_error *err) {
    const orr_param_table *table = orr_node_table(p->rev->nodes[node].kind);
    orr_param_value values[ORR_MAX_ROWS];
    orr_param_row row, other;
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row_get(table, i, &row);
        orr_param_load(&row, props, &values[i]);
    }
    for (uint32_t i = 0; i < table->count; i++) {
        int32_t by;
        if (!(p->set_rows[node] >> i & 1u) || orr_param_is_used(table, i, values, &by)) continue;
        if (tracked(p, node, by)) continue; /* it may count later */
        orr_param_row_get(table, i, &row);
        orr_param_row_get(table, (uint32_t)by, &other);
        orr_text value = {0};
        orr_param_format(&other, &values[by], &value);
        orr_status status = orr_fail(
            err, ORR_E_ARGUMENT, NULL,
            "%s '%s': '%s' was set, but it counts only with %s, and '%s' is '%s': change '%s', or leave "
            "'%s' out",
            table->owner, p->rev->nodes[node].name, row.name, row.used_when, other.name,
            orr_text_cstr(&value), other.name, row.name);
        orr_text_free(&value);
        return status;
    }
    return ORR_OK;
}

static orr_pose_draw *new_draw(orr_poser *p) {
    if (p->pose->draw_count == p->draw_capacity) {
        uint32_t wanted = p->draw_capacity ? p->draw_capacity * 2 : 64;
        orr_pose_draw *larger = ORR_ARENA_NEW(&p->pose->arena, orr_pose_draw, wanted);
        if (!larger) return NULL;
        if (p->pose->draw_count) memcpy(larger, p->pose->draws, p->pose->draw_count * sizeof *larger);
        p->pose->draws = larger, p->draw_capacity = wanted;
    }
    return &p->pose->draws[p->pose->draw_count++];
}

static orr_status add_draw(orr_poser *p, uint32_t node, const double world[16], uint32_t primitive,
                           uint32_t material, bool casts_shadow, const orr_vertex *deformed, orr_error *err) {
    orr_pose_draw *draw = new_draw(p);
    if (!draw) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a pose");
    const orr_rev_primitive *q = &p->rev->primitives[primitive];
    *draw = (orr_pose_draw){.primitive = primitive,
                            .material = material,
                            .object_id = (uint32_t)(p->rev->nodes[node].id.id & 0xffffffffu),
                            .casts_shadow = casts_shadow,
                            .deformed = deformed,
                            .mirrored = orr_mat_det3(world) < 0.0};
    memcpy(draw->world, world, sizeof draw->world);
    double lo[3], hi[3];
    memcpy(lo, q->bounds_min, sizeof lo), memcpy(hi, q->bounds_max, sizeof hi);
    for (uint32_t v = 0; deformed && v < q->vertex_count; v++)
        for (int k = 0; k < 3; k++) {
            double x = (double)deformed[v].position[k];
            lo[k] = v ? fmin(lo[k], x) : x, hi[k] = v ? fmax(hi[k], x) : x;
        }
    orr_bounds_sphere(lo, hi, world, draw->centre, &draw->radius);
    return ORR_OK;
}

static orr_status pick_animation(const orr_model *model, const char *wanted, const char *node,
                                 uint32_t *animation, orr_error *err) {
    *animation = ORR_NONE;
    if (!wanted || !*wanted) return ORR_OK;
    uint64_t number;
    if (orr_parse_u64(wanted, &number) && number < model->animation_count)
        return *animation = (uint32_t)number, ORR_OK;
    for (uint32_t i = 0; i < model->animation_count; i++)
        if (model->animations[i].name && !strcmp(model->animations[i].name, wanted))
            return *animation = i, ORR_OK;
    orr_text names = {0};
    for (uint32_t i = 0; i < model->animation_count; i++)
        orr_text_printf(&names, "%s%s", i ? ", " : "",
                        model->animations[i].name ? model->animations[i].name : "(unnamed)");
    orr_status status = orr_fail(err, ORR_E_NOT_FOUND, NULL, "model '%s' has no animation '%s'; it has: %s",
                                 node, wanted, model->animation_count ? orr_text_cstr(&names) : "none");
    orr_text_free(&names);
    return status;
}

static orr_status pose_model(orr_poser *p, uint32_t index, double (**world)[16], float **weights,
                             orr_error *err) {
    const orr_rev_node *node = &p->rev->nodes[index];
    const orr_model_props *props = p->props[index];
    const orr_model *model = orr_assets_model(p->rev->assets, node->asset);
    uint32_t animation, weight_count = orr_model_weight_count(model);
    orr_status status = pick_animation(model, props->animation, node->name, &animation, err);
    if (status) return status;
    *world = orr_arena_alloc(&p->pose->arena, model->node_count ? model->node_count : 1, sizeof **world);
    *weights = weight_count ? ORR_ARENA_NEW(&p->pose->arena, float, weight_count) : NULL;
    if (!*world || (weight_count && !*weights))
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the pose of '%s'", node->name);
    orr_model_pose(model, animation, orr_poser_set(p, index, "time_s") ? props->time_s : p->pose->t_s,
                   props->loop, &(*world)[0][0], *weights);
    return ORR_OK;
}

static orr_status model_draws(orr_poser *p, uint32_t index, orr_error *err) {
    const orr_rev_node *node = &p->rev->nodes[index];
    const orr_model_props *props = p->props[index];
    const orr_model *model = orr_assets_model(p->rev->assets, node->asset);
    orr_arena *arena = &p->pose->arena;
    double(*world)[16];
    float *weights;
    orr_status status = pose_model(p, index, &world, &weights, err);
    if (status) return status;
    for (uint32_t n = 0; n < model->node_count; n++) {
        double placed[16];
        orr_mat_mul(p->world[index], world[n], placed);
        if (props->lights && model->nodes[n].light != ORR_NONE)
            orr_pose_model_light(p, index, &model->lights[model->nodes[n].light], placed);
        if (model->nodes[n].mesh == ORR_NONE) continue;
        const orr_model_mesh *mesh = &model->meshes[model->nodes[n].mesh];
        for (uint32_t k = 0; k < mesh->primitive_count; k++) {
            uint32_t which = mesh->first_primitive + k;
            const orr_model_primitive *primitive = &model->primitives[which];
            uint32_t uploaded = p->rev->primitive_of_model[node->first_primitive + which];
            if (uploaded == ORR_NONE) continue;
            orr_vertex *deformed = NULL;
            if (primitive->morph_count || (primitive->joints && model->nodes[n].skin != ORR_NONE)) {
                if (!(deformed = ORR_ARENA_NEW(arena, orr_vertex, primitive->vertex_count)))
                    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory to deform '%s'", node->name);
                orr_model_deform(model, n, primitive, &world[0][0], weights, deformed);
            }
            uint32_t material =
                primitive->material == ORR_NONE ? 0 : node->first_material + primitive->material;
            if ((status = add_draw(p, index, placed, uploaded, material, props->casts_shadow, deformed, err)))
                return status;
        }
    }
    return ORR_OK;
}

static orr_status terrain_pose(orr_poser *p, uint32_t index, orr_error *err) {
    (void)err;
    const orr_dem *dem = orr_assets_dem(p->rev->assets, p->rev->nodes[index].asset);
    orr_pose_terrain *terrain = &p->pose->terrains[p->pose->terrain_count++];
    *terrain = (orr_pose_terrain){.asset = p->rev->nodes[index].asset,
                                  .node = index,
                                  .object_id = (uint32_t)(p->rev->nodes[index].id.id & 0xffffffffu)};
    memcpy(&terrain->props, p->props[index], sizeof terrain->props);
    memcpy(terrain->world, p->world[index], sizeof terrain->world);
    if (!orr_poser_set(p, index, "ramp_min_m")) terrain->props.ramp_min_m = dem->min_m;
    if (!orr_poser_set(p, index, "ramp_max_m")) terrain->props.ramp_max_m = dem->max_m;
    return ORR_OK;
}

/* A camera that a model brings: where its node is at this time, and its lens. */
static orr_status model_camera(orr_poser *p, uint32_t index, const char *wanted, double world[16],
                               orr_camera_props *lens, orr_error *err) {
    const orr_rev_node *node = &p->rev->nodes[index];
    if (node->parent == ORR_NONE || p->rev->nodes[node->parent].kind != ORR_NODE_MODEL)
        return orr_fail(
            err, ORR_E_ARGUMENT, NULL,
            "camera '%s' asks for a model's camera, but its parent is no model: give it parent = the model",
            node->name);
    const orr_model *model = orr_assets_model(p->rev->assets, p->rev->nodes[node->parent].asset);
    uint64_t number = UINT64_MAX;
    uint32_t found = ORR_NONE;
    (void)orr_parse_u64(wanted, &number);
    for (uint32_t n = 0; n < model->node_count; n++) {
        uint32_t camera = model->nodes[n].camera;
        if (camera == ORR_NONE) continue;
        if (camera == number || !strcmp(model->cameras[camera].name, wanted) ||
            !strcmp(model->nodes[n].name, wanted))
            found = n;
    }
    if (found == ORR_NONE)
        return orr_fail(err, ORR_E_NOT_FOUND, NULL, "model '%s' has no camera '%s'; it has %u",
                        p->rev->nodes[node->parent].name, wanted, model->camera_count);
    double(*posed)[16];
    float *weights;
    orr_status status = pose_model(p, node->parent, &posed, &weights, err);
    if (status) return status;
    orr_mat_mul(p->world[node->parent], posed[found], world);
    const orr_model_camera *from = &model->cameras[model->nodes[found].camera];
    lens->near_m = from->znear > 0.0 ? from->znear : lens->near_m;
    if (from->orthographic)
        lens->ortho_height_m = 2.0 * from->ymag;
    else
        lens->vfov_deg = from->yfov_rad * (180.0 / ORR_PI), lens->focal_mm = 0.0;
    return ORR_OK;
}

/* Right, up, forward from a look-at, or from the node's own axes (-Z forward). */
static orr_status camera_pose(orr_poser *p, uint32_t index, orr_error *err) {
    orr_camera_props own = *(const orr_camera_props *)p->props[index];
    const orr_camera_props *c = &own;
    double m[16];
    if (c->focal_mm > 0.0 && orr_poser_set(p, index, "vfov_deg"))
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "camera '%s' has both focal_mm and vfov_deg: give one of them",
                        p->rev->nodes[index].name);
    memcpy(m, p->world[index], sizeof m);
    if (c->model_camera && *c->model_camera) {
        orr_status status = model_camera(p, index, c->model_camera, m, &own, err);
        if (status) return status;
    }
    orr_pose_camera *out = &p->pose->camera;
    *out = (orr_pose_camera){.position_m = {m[12], m[13], m[14]},
                             .ortho_height_m = c->ortho_height_m,
                             .near_m = c->near_m,
                             .aperture_f = c->f_stop,
                             .shutter_s = c->shutter_s,
                             .iso = c->iso,
                             .vfov_rad = ORR_RAD(c->vfov_deg)};
    if (c->focal_mm > 0.0) out->vfov_rad = 2.0 * orr_atan40(0.5 * orr_sensor_height_mm(c) / c->focal_mm);
    double up[3];
    if (orr_poser_set(p, index, "look_at_m")) {
        for (int k = 0; k < 3; k++) out->forward[k] = c->look_at_m[k] - out->position_m[k];
        memcpy(up, c->up, sizeof up);
        if (orr_length3(out->forward) < 1e-9)
            return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                            "camera '%s' looks at the point it stands on (t = %.6g s)",
                            p->rev->nodes[index].name, p->pose->t_s);
    } else {
        for (int k = 0; k < 3; k++) out->forward[k] = -m[8 + k], up[k] = m[4 + k];
    }
    orr_normalize3(out->forward);
    orr_cross3(out->forward, up, out->right);
    if (orr_length3(out->right) < 1e-9) { /* looking along `up`: any right will do, the same one always */
        double other[3] = {0.0, 0.0, -1.0};
        orr_cross3(out->forward, fabs(out->forward[2]) < 0.9 ? other : (double[3]){1.0, 0.0, 0.0},
                   out->right);
    }
    orr_normalize3(out->right);
    orr_cross3(out->right, out->forward, out->up);
    if (c->roll_deg != 0.0) {
        double s = orr_sin40(ORR_RAD(c->roll_deg)), k = orr_cos40(ORR_RAD(c->roll_deg));
        for (int i = 0; i < 3; i++) {
            double r = out->right[i], u = out->up[i];
            out->right[i] = k * r - s * u, out->up[i] = s * r + k * u;
        }
    }
    return ORR_OK;
}

static orr_status pose_node(orr_poser *p, uint32_t i, orr_node camera, orr_error *err) {
    const orr_rev_node *node = &p->rev->nodes[i];
    p->visible[i] = node->parent == ORR_NONE || p->visible[node->parent];
    if (orr_node_has_place(node->kind)) {
        const orr_place *place = p->props[i];
        orr_place_matrix(place, p->world[i]);
        if (node->parent != ORR_NONE) orr_mat_mul(p->world[node->parent], p->world[i], p->world[i]);
        p->visible[i] = p->visible[i] && place->visible;
    } else if (node->parent != ORR_NONE) {
        memcpy(p->world[i], p->world[node->parent], sizeof p->world[i]);
    } else {
        orr_mat_identity(p->world[i]);
    }
    if (node->kind != ORR_NODE_ENVIRONMENT) { /* its source is not known yet: orr_pose_sky */
        orr_status status = orr_poser_check_used(p, i, p->props[i], err);
        if (status) return status;
    }
    switch (node->kind) {
    case ORR_NODE_CAMERA:
        return node->id.id == camera.id ? camera_pose(p, i, err) : ORR_OK;
    case ORR_NODE_MESH: {
        const orr_mesh_props *mesh = p->props[i];
        if (!p->visible[i] || node->primitive == ORR_NONE) return ORR_OK;
        orr_status status = mesh->emits_light ? orr_pose_mesh_lights(p, i, err) : ORR_OK;
        if (!status)
            status =
                add_draw(p, i, p->world[i], node->primitive, node->material, mesh->casts_shadow, NULL, err);
        if (!status) p->pose->draws[p->pose->draw_count - 1].emits_light = mesh->emits_light;
        return status;
    }
    case ORR_NODE_MODEL:
        return p->visible[i] ? model_draws(p, i, err) : ORR_OK;
    case ORR_NODE_TERRAIN:
        return p->visible[i] ? terrain_pose(p, i, err) : ORR_OK;
    case ORR_NODE_POINT:
    case ORR_NODE_SPOT:
        return p->visible[i] ? orr_pose_point(p, i, err) : ORR_OK;
    case ORR_NODE_AREA:
        return p->visible[i] ? orr_pose_area(p, i, err) : ORR_OK;
    case ORR_NODE_DIRECTIONAL:
        orr_pose_directional(p, i);
        return ORR_OK;
    default: /* sun, moon, atmosphere, environment: orr_pose_sky */
        return ORR_OK;
    }
}

/* What cannot be is a mistake of the script that said so, at the line that made the node. */
static orr_status blame(const orr_poser *p, orr_status status, orr_error *err) {
    const char *where = p->at == ORR_NONE ? NULL : p->rev->nodes[p->at].where;
    if (!where || !err) return status;
    if (err->code == ORR_E_ARGUMENT) err->code = ORR_E_SCRIPT;
    return orr_error_prefix(err, "%s", where);
}

orr_status orr_revision_pose(const orr_revision *revision, orr_node camera, double t_s,
                             const orr_bound_track *bound, uint32_t bound_count,
                             const orr_param_value *values, orr_pose *pose, orr_error *err) {
    *pose = (orr_pose){.t_s = t_s};
    uint32_t n = revision->node_count ? revision->node_count : 1;
    orr_poser p = {.rev = revision,
                   .pose = pose,
                   .bound = bound,
                   .bound_count = bound_count,
                   .sun = ORR_NONE,
                   .moon = ORR_NONE,
                   .atmosphere = ORR_NONE,
                   .environment = ORR_NONE};
    p.props = ORR_ARENA_NEW(&pose->arena, void *, n);
    p.set_rows = ORR_ARENA_NEW(&pose->arena, uint32_t, n);
    p.world = orr_arena_alloc(&pose->arena, n, sizeof *p.world);
    p.visible = ORR_ARENA_NEW(&pose->arena, bool, n);
    pose->lights = ORR_ARENA_NEW(&pose->arena, orr_pose_light,
                                 n + ORR_MOST_TRIANGLE_LIGHTS + orr_pose_model_lights(revision));
    pose->terrains = ORR_ARENA_NEW(&pose->arena, orr_pose_terrain, n);
    orr_status status = ORR_OK;
    if (!p.props || !p.set_rows || !p.world || !p.visible || !pose->lights || !pose->terrains)
        status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a pose of %u nodes", n);
    bool camera_found = false;
    for (uint32_t i = 0; !status && i < revision->node_count; i++) {
        p.props[i] = revision->nodes[i].props;
        p.set_rows[i] = revision->nodes[i].set_rows;
        camera_found |= revision->nodes[i].id.id == camera.id;
        switch (revision->nodes[i].kind) {
        case ORR_NODE_SUN:
            p.sun = i;
            break;
        case ORR_NODE_MOON:
            p.moon = i;
            break;
        case ORR_NODE_ATMOSPHERE:
            p.atmosphere = i;
            break;
        case ORR_NODE_ENVIRONMENT:
            p.environment = i;
            break;
        default:
            break;
        }
    }
    if (!status && !camera_found)
        status = orr_fail(err, ORR_E_STALE, NULL, "the sequence's camera is not in its scene");
    if (!status) status = apply_tracks(&p, bound, bound_count, values, err);
    p.at = ORR_NONE;
    for (uint32_t i = 0; !status && i < revision->node_count; i++)
        status = pose_node(&p, p.at = i, camera, err);
    if (!status) status = orr_pose_sky(&p, err);
    if (status) orr_pose_free(pose);
    return status ? blame(&p, status, err) : ORR_OK;
}

void orr_pose_free(orr_pose *pose) {
    orr_arena_free(&pose->arena);
}
