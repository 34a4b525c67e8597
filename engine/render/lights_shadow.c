/* Shadow maps of local lights: tiles of one depth atlas. A cone has one tile; what shines all around has the
 * six faces of a cube, what shines to one side the five of them that it reaches; light from afar has one
 * orthographic tile over all that casts. The triangles of one mesh share the cube around its middle. All maps
 * of a kind have one size, and neither size nor place follows the camera: shadows do not jump as it moves,
 * and the atlas is drawn again only when a light or a caster moved. */
#include <stdlib.h>

#include "render/lights.h"

enum {
    ATLAS_LEAST = 512,
    ATLAS_MOST = 4096,
    BASE_LEAST = 512, /* small pictures, and those that are metered, are lit as larger ones */
    BASE_MOST = 2048,
    SIDE_LEAST = 64,
    BORDER = 4
};
static const double near_m = 0.005; /* what is nearer still casts: depth is clamped */

static bool casts(const orr_revision *rev, const orr_pose_draw *d) {
    return d->casts_shadow && rev->materials[d->material].alpha_mode != ORR_ALPHA_BLEND;
}

static uint32_t object_of(const orr_revision *rev, uint32_t node) {
    return (uint32_t)(rev->nodes[node].id.id & 0xffffffffu);
}

/* --- what each light has ---------------------------------------------------------------------------------
 */

static void axes_around(const double z[3], const double towards_x[3], orr_light_map *m) {
    double upright[3] = {fabs(z[1]) < 0.99 ? 0.0 : 1.0, fabs(z[1]) < 0.99 ? 1.0 : 0.0, 0.0}, x[3];
    if (towards_x)
        memcpy(x, towards_x, sizeof x);
    else
        orr_cross3(upright, z, x);
    double along = orr_dot3(x, z);
    for (int k = 0; k < 3; k++) x[k] -= along * z[k];
    orr_normalize3(x);
    memcpy(m->z, z, sizeof m->z), memcpy(m->x, x, sizeof m->x);
    orr_cross3(m->z, m->x, m->y);
}

/* Over all that casts, seen along the light. */
static void fit_afar(const orr_revision *rev, const orr_pose *pose, orr_light_map *m) {
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY};
    const double *axes[3] = {m->x, m->y, m->z};
    for (uint32_t i = 0; i < pose->draw_count; i++) {
        const orr_pose_draw *d = &pose->draws[i];
        if (!casts(rev, d)) continue;
        for (int k = 0; k < 3; k++) {
            double at = orr_dot3(d->centre, axes[k]);
            lo[k] = fmin(lo[k], at - d->radius), hi[k] = fmax(hi[k], at + d->radius);
        }
    }
    double half = fmax(0.5 * fmax(hi[0] - lo[0], hi[1] - lo[1]) * 1.01, 1e-6);
    m->scale = 1.0 / half, m->near_m = fmax((hi[2] - lo[2]) * 1.01, 1e-6);
    for (int k = 0; k < 3; k++)
        m->origin_m[k] = 0.5 * (lo[0] + hi[0]) * m->x[k] + 0.5 * (lo[1] + hi[1]) * m->y[k] + lo[2] * m->z[k];
}

/* The middle of a mesh whose triangles shine, and that it is not in its own way. */
static void around_mesh(const orr_revision *rev, const orr_pose *pose, uint32_t node, orr_light_map *m) {
    m->skipped_object = object_of(rev, node);
    for (uint32_t i = 0; i < pose->draw_count; i++)
        if (pose->draws[i].object_id == m->skipped_object)
            memcpy(m->origin_m, pose->draws[i].centre, sizeof m->origin_m);
}

static void describe(const orr_revision *rev, const orr_pose *pose, const orr_pose_light *l,
                     orr_light_map *m) {
    static const double world_x[3] = {1, 0, 0}, world_z[3] = {0, 0, 1};
    static const double narrow = 0.5; /* cosine of the widest cone that one tile serves */
    bool cone = l->shape == ORR_LIGHT_AT_POINT && l->cos_outer > -2.0;
    bool flat = l->shape == ORR_LIGHT_RECT || l->shape == ORR_LIGHT_DISC;
    memset(m, 0, sizeof *m); /* padding too: it is hashed */
    m->near_m = near_m, m->scale = 1.0;
    m->kind = l->shape == ORR_LIGHT_FROM_AFAR  ? ORR_MAP_AFAR
              : cone && l->cos_outer >= narrow ? ORR_MAP_CONE
                                               : ORR_MAP_CUBE;
    m->faces = m->kind != ORR_MAP_CUBE ? 1 : cone || (flat && !l->two_sided) ? 31 : 63;
    memcpy(m->origin_m, l->position_m, sizeof m->origin_m);
    bool aimed = cone || flat || m->kind == ORR_MAP_AFAR;
    axes_around(aimed ? l->direction : world_z, flat ? l->axis_x : aimed ? NULL : world_x, m);
    if (m->kind == ORR_MAP_CONE) m->scale = l->cos_outer / sqrt(1.0 - l->cos_outer * l->cos_outer);
    if (m->kind == ORR_MAP_AFAR) fit_afar(rev, pose, m);
    if (l->shape == ORR_LIGHT_TRIANGLE) around_mesh(rev, pose, l->node, m);
}

/* --- places in the atlas ---------------------------------------------------------------------------------
 */

static uint32_t base_side(uint32_t longer_px) {
    uint32_t side = BASE_LEAST;
    while (side < BASE_MOST && side < longer_px) side *= 2;
    return side;
}

/* Row by row, one kind after the other, since those are equally high. Whether all find room. */
static bool place(orr_light_map *maps, uint32_t count, uint32_t base, uint32_t atlas) {
    static const orr_light_map_kind order[] = {ORR_MAP_AFAR, ORR_MAP_CONE, ORR_MAP_CUBE};
    uint32_t column = 0, row = 0, high = 0;
    for (int k = 0; k < 3; k++)
        for (uint32_t i = 0; i < count; i++) {
            orr_light_map *m = &maps[i];
            if (m->kind != order[k]) continue;
            m->side = m->kind == ORR_MAP_AFAR ? base * 2 : m->kind == ORR_MAP_CONE ? base : base / 2;
            uint32_t wide = m->kind == ORR_MAP_CUBE ? 3 * m->side : m->side,
                     tall = m->kind == ORR_MAP_CUBE ? 2 * m->side : m->side;
            if (column + wide > atlas) column = 0, row += high, high = 0;
            if (wide > atlas || row + tall > atlas) return false;
            m->column = column, m->row = row;
            column += wide;
            high = tall > high ? tall : high;
        }
    return true;
}

static orr_status settle(uint32_t longer_px, orr_light_map *maps, uint32_t count, uint32_t *atlas_side,
                         orr_error *err) {
    for (uint32_t base = base_side(longer_px); base >= 2 * SIDE_LEAST; base /= 2)
        for (*atlas_side = ATLAS_LEAST; *atlas_side <= ATLAS_MOST; *atlas_side *= 2) {
            if (!place(maps, count, base, *atlas_side)) continue;
            for (uint32_t i = 0; i < count; i++) /* a border, so that filters stay inside a tile */
                if (maps[i].kind != ORR_MAP_AFAR) maps[i].scale *= 1.0 - (double)BORDER / maps[i].side;
            return ORR_OK;
        }
    return orr_fail(err, ORR_E_LIMIT, NULL,
                    "%u lights cast shadows, more than there is room for (about 680 that shine all around): "
                    "give the less important ones casts_shadow = false",
                    count);
}

orr_status orr_light_maps_plan(const orr_revision *rev, const orr_pose *pose, uint32_t longer_px,
                               orr_light_map *maps, uint32_t *count, uint32_t *map_of, uint32_t *atlas_side,
                               orr_error *err) {
    bool any = false;
    for (uint32_t i = 0; i < pose->draw_count; i++) any = any || casts(rev, &pose->draws[i]);
    *count = 0;
    for (uint32_t i = 0; i < pose->light_count; i++) {
        const orr_pose_light *l = &pose->lights[i];
        map_of[i] = 0;
        if (!any || !l->casts_shadow) continue;
        bool shared =
            i && l->shape == ORR_LIGHT_TRIANGLE && l[-1].shape == ORR_LIGHT_TRIANGLE && l[-1].node == l->node;
        if (!shared) describe(rev, pose, l, &maps[(*count)++]);
        map_of[i] = *count;
    }
    return *count ? settle(longer_px, maps, *count, atlas_side, err) : ORR_OK;
}

void orr_light_map_pack(const orr_light_map *m, const double camera[3], float out[ORR_SHADOW_TEXELS][4]) {
    for (int k = 0; k < 3; k++) {
        out[0][k] = (float)(m->origin_m[k] - camera[k]);
        out[1][k] = (float)m->x[k], out[2][k] = (float)m->y[k];
    }
    out[0][3] = (float)(m->kind == ORR_MAP_AFAR ? 1.0 / m->near_m : m->near_m);
    out[1][3] = (float)m->scale, out[2][3] = (float)m->side;
    out[3][0] = (float)m->column, out[3][1] = (float)m->row, out[3][2] = (float)m->kind, out[3][3] = 0.0f;
}

/* --- drawing ---------------------------------------------------------------------------------------------
 */

/* Axes of a face, by which of the map's own each is and its sign; as shadow_texel of light_shadows.glsl. */
static void face_axes(const orr_light_map *m, uint32_t face, double a[3], double b[3], double along[3]) {
    static const int table[6][3] = {{1, 2, 3}, {-3, 2, 1}, {3, 2, -1}, {1, -3, 2}, {1, 3, -2}, {-1, 2, -3}};
    const double *axes[3] = {m->x, m->y, m->z};
    double *out[3] = {a, b, along};
    for (int i = 0; i < 3; i++) {
        int which = table[face][i];
        for (int k = 0; k < 3; k++) out[i][k] = which < 0 ? -axes[-which - 1][k] : axes[which - 1][k];
    }
}

void orr_light_map_matrix(const orr_light_map *m, uint32_t face, double out[16]) {
    double a[3], b[3], along[3], rows[4][3] = {{0}};
    face_axes(m, face, a, b, along);
    bool afar = m->kind == ORR_MAP_AFAR;
    for (int k = 0; k < 3; k++) {
        rows[0][k] = a[k] * m->scale, rows[1][k] = b[k] * m->scale;
        rows[2][k] = afar ? -along[k] / m->near_m : 0.0, rows[3][k] = afar ? 0.0 : along[k];
    }
    for (int row = 0; row < 4; row++) {
        for (int k = 0; k < 3; k++) out[k * 4 + row] = rows[row][k];
        out[12 + row] = -orr_dot3(rows[row], m->origin_m);
    }
    out[14] += afar ? 1.0 : m->near_m, out[15] += afar;
}

/* Whether a sphere is outside of what a face sees. */
static bool outside(const orr_light_map *m, uint32_t face, const double centre[3], double radius) {
    double a[3], b[3], along[3], to[3], slant = sqrt(1.0 + m->scale * m->scale);
    if (m->kind == ORR_MAP_AFAR) return false;
    face_axes(m, face, a, b, along);
    for (int k = 0; k < 3; k++) to[k] = centre[k] - m->origin_m[k];
    double depth = orr_dot3(to, along), side = fmax(fabs(orr_dot3(to, a)), fabs(orr_dot3(to, b)));
    return depth - m->scale * side < -radius * slant;
}

static void draw_face(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data, const orr_light_map *m,
                      uint32_t face, orr_alpha_mode mode) {
    const orr_residency *res = &r->residency;
    double matrix[16], clip[16];
    orr_light_map_matrix(m, face, matrix);
    orr_cmd_viewport(cmd, (float)(m->column + face % 3 * m->side), (float)(m->row + face / 3 * m->side),
                     (float)m->side, (float)m->side);
    for (uint32_t i = 0; i < data->pose->draw_count; i++) {
        const orr_pose_draw *d = &data->pose->draws[i];
        struct {
            float light[16];
            uint32_t draw;
        } push = {.draw = i};
        if (!casts(res->revision, d) || res->revision->materials[d->material].alpha_mode != mode ||
            (m->skipped_object && d->object_id == m->skipped_object) ||
            outside(m, face, d->centre, d->radius))
            continue;
        orr_mat_mul(matrix, d->world, clip);
        for (int k = 0; k < 16; k++) push.light[k] = (float)clip[k];
        orr_cmd_push(cmd, &push, 68);
        orr_cmd_draw_indexed(cmd, res->revision->primitives[d->primitive].index_count, 1,
                             res->first_index[d->primitive], (int32_t)data->vertex_offsets[i], 0);
    }
}

static orr_status draw_maps(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data,
                            const orr_light_map *maps, uint32_t count, orr_error *err) {
    for (int masked = 0; masked < (r->residency.any_mask ? 2 : 1); masked++) {
        orr_core which = masked ? ORR_CORE_SHADOW_MASK : ORR_CORE_SHADOW;
        orr_gpu_pipeline pipeline;
        orr_gpu_bind binds[ORR_MOST_BINDS];
        orr_status status = orr_core_get(r, which, data->variant, &pipeline, err);
        if (status) return status;
        orr_cmd_bind_raster(cmd, pipeline, binds, orr_scene_binds(r, data, orr_core_mask(which), binds));
        orr_cmd_vertices(cmd, r->residency.vertices, 0, r->residency.indices, 0);
        for (uint32_t i = 0; i < count; i++)
            for (uint32_t face = 0; face < 6; face++)
                if (maps[i].faces >> face & 1u)
                    draw_face(r, cmd, data, &maps[i], face, masked ? ORR_ALPHA_MASK : ORR_ALPHA_OPAQUE);
    }
    return ORR_OK;
}

static orr_status make_atlas(orr_renderer *r, uint32_t side, orr_error *err) {
    orr_lights_gpu *lights = &r->lights;
    if (lights->atlas.id && lights->atlas_side == side) return ORR_OK;
    orr_gpu_texture_destroy(r->gpu, &lights->atlas);
    lights->atlas_side = side, lights->shadow_key = 0;
    return orr_gpu_texture_create(r->gpu,
                                  &(orr_gpu_texture_params){.label = "shadows of lights",
                                                            .width = side,
                                                            .height = side,
                                                            .format = ORR_FORMAT_D32_SFLOAT,
                                                            .sampled = true,
                                                            .attachment = true},
                                  &lights->atlas, err);
}

orr_status orr_light_maps_draw(orr_renderer *r, orr_cmd *cmd, const orr_frame_data *data,
                               const orr_light_map *maps, uint32_t count, uint32_t atlas_side,
                               orr_error *err) {
    orr_status status = make_atlas(r, atlas_side, err);
    uint64_t key = orr_casters_key(r, data->pose, orr_hash64(maps, count * sizeof *maps, atlas_side));
    if (status || r->lights.shadow_key == key) return status;
    orr_gpu_bind reads[ORR_MOST_BINDS];
    orr_gpu_slot kinds[ORR_MOST_BINDS];
    orr_gpu_render_params pass = {.label = "light shadows",
                                  .width = atlas_side,
                                  .height = atlas_side,
                                  .depth = {.texture = r->lights.atlas},
                                  .reads = reads,
                                  .read_slots = kinds};
    pass.read_count = orr_scene_reads(r, data, orr_core_mask(ORR_CORE_SHADOW_MASK), reads, kinds);
    orr_cmd_time_begin(cmd, "light shadows");
    orr_cmd_render_begin(cmd, &pass);
    status = draw_maps(r, cmd, data, maps, count, err);
    orr_cmd_render_end(cmd);
    orr_cmd_time_end(cmd);
    r->lights.shadow_key = status ? 0 : key;
    return status;
}
