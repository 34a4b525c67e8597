/* Lights at one time: what a light node or a model's own light means to the renderer. */
#include <string.h>

#include "orrery/photometry.h"
#include "scene/pose_private.h"

/* glTF lights shine along -Z; lux and candela come as they are (KHR_lights_punctual).
 * A directional one is the sun when there is none yet. */
void orr_pose_model_light(orr_poser *p, uint32_t node, const orr_model_light *from, const double m[16]) {
    double along[3] = {-m[8], -m[9], -m[10]};
    orr_normalize3(along);
    bool afar = from->kind == ORR_LIGHT_DIRECTIONAL;
    if (afar && p->sun == ORR_NONE && !p->pose->has_sun) {
        p->pose->has_sun = true;
        /* lx of the receiver, air or not; one that shines upwards has no ground to arrive at */
        p->pose->sun = (orr_sun_props){.illuminance_lx = from->intensity,
                                       .at = along[1] < 0.0 ? ORR_SUN_GROUND : ORR_SUN_AUTO,
                                       .angular_diameter_deg = 0.545,
                                       .casts_shadow = 1};
        memcpy(p->pose->sun.colour, from->colour, sizeof from->colour);
        for (int k = 0; k < 3; k++) p->pose->sun_direction[k] = -along[k];
        return;
    }
    orr_pose_light *light = &p->pose->lights[p->pose->light_count++];
    *light = (orr_pose_light){.shape = afar ? ORR_LIGHT_FROM_AFAR : ORR_LIGHT_AT_POINT,
                              .position_m = {m[12], m[13], m[14]},
                              .intensity_cd = afar ? 0.0 : from->intensity,
                              .illuminance_lx = afar ? from->intensity : 0.0,
                              .range_m = from->range_m,
                              .cos_inner = -1.0,
                              .cos_outer = -2.0,
                              .casts_shadow = afar,
                              .node = node};
    memcpy(light->direction, along, sizeof along);
    memcpy(light->colour, from->colour, sizeof from->colour);
    if (from->kind == ORR_LIGHT_SPOT)
        light->cos_inner = orr_cos40(from->inner_rad), light->cos_outer = orr_cos40(from->outer_rad);
}

orr_status orr_pose_point(orr_poser *p, uint32_t index, orr_error *err) {
    bool spot = p->rev->nodes[index].kind == ORR_NODE_SPOT;
    const orr_spot_props *s = p->props[index];
    const orr_point_props *q = p->props[index];
    double flux = spot ? s->flux_lm : q->flux_lm, candela = spot ? s->intensity_cd : q->intensity_cd;
    if (flux > 0.0 && candela > 0.0)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "light '%s' has both flux_lm (%.6g) and intensity_cd (%.6g): give one of them",
                        p->rev->nodes[index].name, flux, candela);
    orr_pose_light *light = &p->pose->lights[p->pose->light_count++];
    const double *m = p->world[index];
    *light = (orr_pose_light){.position_m = {m[12], m[13], m[14]},
                              .direction = {-m[8], -m[9], -m[10]},
                              .cos_inner = -1.0,
                              .cos_outer = -2.0,
                              .casts_shadow = spot ? s->casts_shadow : q->casts_shadow,
                              .node = index,
                              .range_m = spot ? s->range_m : q->range_m,
                              .intensity_cd = candela};
    memcpy(light->colour, spot ? s->colour : q->colour, sizeof light->colour);
    if (spot) {
        if (orr_poser_set(p, index, "look_at_m"))
            for (int k = 0; k < 3; k++) light->direction[k] = s->look_at_m[k] - light->position_m[k];
        if (s->inner_deg >= s->outer_deg)
            return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                            "spot '%s': inner_deg %.6g must be below outer_deg %.6g",
                            p->rev->nodes[index].name, s->inner_deg, s->outer_deg);
        light->cos_inner = orr_cos40(ORR_RAD(s->inner_deg)),
        light->cos_outer = orr_cos40(ORR_RAD(s->outer_deg));
        if (flux > 0.0) light->intensity_cd = orr_spot_intensity_cd(flux, light->cos_outer);
    } else if (flux > 0.0) {
        light->intensity_cd = orr_point_intensity_cd(flux);
    }
    orr_normalize3(light->direction);
    return ORR_OK;
}

void orr_pose_directional(orr_poser *p, uint32_t index) {
    const orr_directional_props *d = p->props[index];
    orr_pose_light *light = &p->pose->lights[p->pose->light_count++];
    *light = (orr_pose_light){.shape = ORR_LIGHT_FROM_AFAR,
                              .illuminance_lx = d->illuminance_lx,
                              .cos_inner = -1.0,
                              .cos_outer = -2.0,
                              .casts_shadow = d->casts_shadow,
                              .node = index};
    memcpy(light->colour, d->colour, sizeof light->colour);
    orr_sky_direction(d->azimuth_deg, d->elevation_deg, light->direction);
    for (int k = 0; k < 3; k++) light->direction[k] = -light->direction[k];
}

orr_status orr_pose_area(orr_poser *p, uint32_t index, orr_error *err) {
    const orr_area_props *a = p->props[index];
    const double *m = p->world[index];
    orr_pose_light *light = &p->pose->lights[p->pose->light_count++];
    *light = (orr_pose_light){.shape = (orr_light_shape)(ORR_LIGHT_RECT + a->shape),
                              .position_m = {m[12], m[13], m[14]},
                              .direction = {-m[8], -m[9], -m[10]},
                              .luminance_nit = a->luminance_nit,
                              .range_m = a->range_m,
                              .cos_inner = -1.0,
                              .cos_outer = -2.0,
                              .casts_shadow = a->casts_shadow,
                              .two_sided = a->two_sided,
                              .seen = a->seen,
                              .node = index};
    memcpy(light->colour, a->colour, sizeof light->colour);
    double x[3] = {m[0], m[1], m[2]}, y[3] = {m[4], m[5], m[6]};
    if (orr_poser_set(p, index, "look_at_m")) {
        for (int k = 0; k < 3; k++) light->direction[k] = a->look_at_m[k] - light->position_m[k];
        if (orr_length3(light->direction) < 1e-9)
            return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "area light '%s' looks at the point it stands at",
                            p->rev->nodes[index].name);
        orr_normalize3(light->direction);
        double up[3] = {0, 1, 0}, other[3] = {0, 0, -1}, length_x = orr_length3(x), length_y = orr_length3(y);
        orr_cross3(light->direction, fabs(light->direction[1]) < 0.999 ? up : other, x);
        orr_normalize3(x);
        orr_cross3(x, light->direction, y);
        for (int k = 0; k < 3; k++) x[k] *= length_x, y[k] *= length_y;
    } else {
        orr_normalize3(light->direction);
    }
    bool rect = a->shape == ORR_AREA_RECT;
    for (int k = 0; k < 3; k++) {
        light->axis_x[k] = x[k] * (rect ? 0.5 * a->width_m : a->radius_m);
        light->axis_y[k] = y[k] * (rect ? 0.5 * a->height_m : a->radius_m);
    }
    if (a->shape == ORR_AREA_SPHERE) light->axis_x[0] = a->radius_m * cbrt(fabs(orr_mat_det3(m)));
    return ORR_OK;
}

static orr_status triangle_limits(const orr_poser *p, const orr_rev_node *node, uint32_t count,
                                  orr_error *err) {
    const orr_rev_material *m = &p->rev->materials[node->material];
    if (m->maps[ORR_MAP_EMISSIVE].texture != ORR_NONE)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "mesh '%s' has emits_light, but its material has an emissive_map: only an even "
                        "emissive_nit can light others",
                        node->name);
    if (!(m->emissive_nit[0] > 0.0f || m->emissive_nit[1] > 0.0f || m->emissive_nit[2] > 0.0f))
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "mesh '%s' has emits_light, but its material's emissive_nit is 0", node->name);
    if (p->triangle_lights + count > ORR_MOST_TRIANGLE_LIGHTS)
        return orr_fail(
            err, ORR_E_LIMIT, NULL,
            "mesh '%s' has emits_light and %u triangles: with it the scene has %u that shine, and "
            "takes at most %d; use a coarser mesh or an area light",
            node->name, count, p->triangle_lights + count, ORR_MOST_TRIANGLE_LIGHTS);
    return ORR_OK;
}

static void triangle_light(orr_poser *p, uint32_t index, const double corners[3][3], bool mirrored) {
    const orr_rev_material *m = &p->rev->materials[p->rev->nodes[index].material];
    float peak = fmaxf(fmaxf(m->emissive_nit[0], m->emissive_nit[1]), m->emissive_nit[2]);
    orr_pose_light light = {.shape = ORR_LIGHT_TRIANGLE,
                            .luminance_nit = (double)peak,
                            .cos_inner = -1.0,
                            .cos_outer = -2.0,
                            .casts_shadow = true,
                            .two_sided = m->double_sided,
                            .node = index};
    for (int k = 0; k < 3; k++) {
        light.position_m[k] = corners[0][k];
        light.axis_x[k] = corners[1][k] - corners[0][k], light.axis_y[k] = corners[2][k] - corners[0][k];
        light.colour[k] = m->emissive_nit[k] / peak;
    }
    orr_cross3(light.axis_x, light.axis_y, light.direction);
    if (orr_length3(light.direction) == 0.0) return; /* a triangle without area */
    orr_normalize3(light.direction);
    for (int k = 0; mirrored && k < 3; k++) light.direction[k] = -light.direction[k];
    p->pose->lights[p->pose->light_count++] = light;
}

orr_status orr_pose_mesh_lights(orr_poser *p, uint32_t index, orr_error *err) {
    const orr_rev_node *node = &p->rev->nodes[index];
    const orr_rev_primitive *q = &p->rev->primitives[node->primitive];
    uint32_t count = q->index_count / 3;
    orr_status status = triangle_limits(p, node, count, err);
    if (status) return status;
    bool mirrored = orr_mat_det3(p->world[index]) < 0.0;
    for (uint32_t i = 0; i < count; i++) {
        double corners[3][3];
        for (int c = 0; c < 3; c++) {
            const float *at = q->vertices[q->indices[i * 3 + (uint32_t)c]].position;
            double local[3] = {(double)at[0], (double)at[1], (double)at[2]};
            orr_mat_point(p->world[index], local, corners[c]);
        }
        triangle_light(p, index, (const double(*)[3])corners, mirrored);
    }
    p->triangle_lights += count;
    return ORR_OK;
}

uint32_t orr_pose_model_lights(const orr_revision *revision) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < revision->node_count; i++) {
        if (revision->nodes[i].kind != ORR_NODE_MODEL) continue;
        const orr_model *model = orr_assets_model(revision->assets, revision->nodes[i].asset);
        for (uint32_t n = 0; n < model->node_count; n++) count += model->nodes[n].light != ORR_NONE;
    }
    return count;
}
