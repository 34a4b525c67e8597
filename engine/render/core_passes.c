/* Recording of the core passes. Their uses stand in the order of target.c's rows. */
#include "base/round.h"
#include "render/lights.h"
#include "orrery/photometry.h"
#include "render/target_private.h"

/* The pipeline that draws something. A mirrored transform turns the winding: its front faces are the others.
 */
orr_core orr_target_draw_core(const orr_revision *rev, const orr_pose_draw *d) {
    const orr_rev_material *m = &rev->materials[d->material];
    if (m->alpha_mode == ORR_ALPHA_BLEND)
        return m->double_sided ? ORR_CORE_TRANSPARENT_TWO_SIDED
               : d->mirrored   ? ORR_CORE_TRANSPARENT_MIRRORED
                               : ORR_CORE_TRANSPARENT;
    if (m->alpha_mode == ORR_ALPHA_MASK) return ORR_CORE_VISIBILITY_MASK;
    return m->double_sided ? ORR_CORE_VISIBILITY_TWO_SIDED
           : d->mirrored   ? ORR_CORE_VISIBILITY_MIRRORED
                           : ORR_CORE_VISIBILITY;
}

static orr_status bind_core(orr_target *t, orr_cmd *cmd, orr_core which, orr_error *err) {
    orr_renderer *r = t->renderer;
    orr_gpu_bind binds[ORR_MOST_BINDS];
    orr_gpu_pipeline pipeline;
    orr_status status = orr_core_get(r, which, t->data.variant, &pipeline, err);
    if (status) return status;
    orr_cmd_bind_raster(cmd, pipeline, binds, orr_scene_binds(r, &t->data, orr_core_mask(which), binds));
    orr_cmd_vertices(cmd, r->residency.vertices, 0, r->residency.indices, 0);
    return ORR_OK;
}

static void draw_one(orr_target *t, orr_cmd *cmd, uint32_t index) {
    const orr_residency *res = &t->renderer->residency;
    uint32_t primitive = t->data.pose->draws[index].primitive;
    orr_cmd_push(cmd, &index, 4);
    orr_cmd_draw_indexed(cmd, res->revision->primitives[primitive].index_count, 1,
                         res->first_index[primitive], (int32_t)t->data.vertex_offsets[index], 0);
}

/* Those of the visible draws that `which` draws; it is bound, and made, only when there are any. */
static orr_status draw_list(orr_target *t, orr_cmd *cmd, orr_core which, orr_error *err) {
    const orr_revision *rev = t->renderer->residency.revision;
    bool bound = false;
    for (uint32_t i = 0; i < t->data.visible_count; i++) {
        if (orr_target_draw_core(rev, &t->data.pose->draws[t->data.visible[i]]) != which) continue;
        orr_status status = bound ? ORR_OK : bind_core(t, cmd, which, err);
        if (status) return status;
        bound = true;
        draw_one(t, cmd, t->data.visible[i]);
    }
    return ORR_OK;
}

static orr_status draw_terrain(orr_target *t, orr_cmd *cmd, orr_error *err) {
    orr_renderer *r = t->renderer;
    if (!t->data.patch_count) return ORR_OK;
    orr_core which = r->terrain.holes && t->data.pose->terrains[0].props.nodata == 0 ? ORR_CORE_TERRAIN_HOLES
                                                                                     : ORR_CORE_TERRAIN;
    orr_gpu_pipeline pipeline;
    orr_gpu_bind binds[ORR_MOST_BINDS];
    orr_status status = orr_core_get(r, which, 0, &pipeline, err);
    if (status) return status;
    orr_cmd_bind_raster(cmd, pipeline, binds, orr_scene_binds(r, &t->data, orr_core_mask(which), binds));
    orr_cmd_vertices(cmd, (orr_gpu_buffer){0}, 0, r->patch_grid, 0);
    orr_cmd_draw_indexed(cmd, ORR_PATCH_QUADS * ORR_PATCH_QUADS * 6, t->data.patch_count, 0, 0, 0);
    return ORR_OK;
}

orr_status orr_record_visibility(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err) {
    orr_target *t = context;
    orr_renderer *r = t->renderer;
    orr_gpu_bind reads[ORR_MOST_BINDS];
    orr_gpu_slot kinds[ORR_MOST_BINDS];
    static const orr_core which[] = {ORR_CORE_VISIBILITY, ORR_CORE_VISIBILITY_TWO_SIDED,
                                     ORR_CORE_VISIBILITY_MIRRORED, ORR_CORE_VISIBILITY_MASK};
    orr_status status = ORR_OK;
    orr_slot_mask mask =
        orr_core_mask(r->residency.any_mask ? ORR_CORE_VISIBILITY_MASK : ORR_CORE_VISIBILITY);
    if (t->data.patch_count) mask |= orr_core_mask(ORR_CORE_TERRAIN);
    bool lights = t->data.variant & ORR_VARIANT_SEEN_LIGHTS;
    if (lights) mask |= orr_core_mask(ORR_CORE_LIGHT_SEEN);
    orr_gpu_render_params pass = {.label = "visibility",
                                  .width = io->width,
                                  .height = io->height,
                                  .colour_count = 1,
                                  .colours = {{.texture = orr_io_out(io, 0)}},
                                  .depth = {.texture = orr_io_out(io, 1)},
                                  .reads = reads,
                                  .read_slots = kinds};
    pass.read_count = orr_scene_reads(r, &t->data, mask, reads, kinds);
    orr_cmd_render_begin(cmd, &pass);
    for (uint32_t k = 0; !status && k < sizeof which / sizeof which[0]; k++)
        status = draw_list(t, cmd, which[k], err);
    if (!status) status = draw_terrain(t, cmd, err);
    if (!status && lights) status = orr_lights_draw_seen(r, cmd, &t->data, err);
    orr_cmd_render_end(cmd);
    return status;
}

/* Inputs are sampled, outputs written; binding numbers follow the uses. */
static uint32_t pass_binds(const orr_renderer *r, const orr_pass_io *io, orr_gpu_bind *binds, uint32_t n) {
    for (uint32_t u = 0; u < io->pass->use_count; u++) {
        orr_gpu_texture texture =
            io->pass->uses[u].access == ORR_ACCESS_READ ? orr_io_in(io, u) : orr_io_out(io, u);
        if (texture.id)
            binds[n++] =
                (orr_gpu_bind){.binding = ORR_SLOT_PASS + u, .texture = texture, .sampler = r->nearest_clamp};
    }
    return n;
}

static orr_status compute(orr_target *t, orr_cmd *cmd, const orr_pass_io *io, orr_core which,
                          const void *push, uint32_t push_bytes, orr_error *err) {
    orr_renderer *r = t->renderer;
    orr_gpu_pipeline pipeline;
    orr_gpu_bind binds[ORR_MOST_BINDS];
    orr_status status = orr_core_get(r, which, t->data.variant, &pipeline, err);
    if (status) return status;
    uint32_t n = pass_binds(r, io, binds, orr_scene_binds(r, &t->data, orr_core_mask(which), binds));
    orr_cmd_dispatch(cmd, pipeline, binds, n, push, push_bytes, (io->width + 7) / 8, (io->height + 7) / 8, 1);
    return ORR_OK;
}

orr_status orr_record_resolve(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err) {
    return compute(context, cmd, io, orr_io_out(io, 7).id ? ORR_CORE_RESOLVE_ID : ORR_CORE_RESOLVE, NULL, 0,
                   err);
}
orr_status orr_record_lighting(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err) {
    return compute(context, cmd, io, ORR_CORE_LIGHTING, NULL, 0, err);
}

/* Mirrors Celestial of shaders/celestial.glsl. Radii are chords of the unit sphere. */
typedef struct celestial {
    float sun[4], sun_radiance[4], moon[4], moon_light[4], exposure[4];
} celestial;

static double disk(const double direction[3], double diameter_deg, float out[4]) {
    double half = diameter_deg * (ORR_PI / 720.0), chord = 2.0 * orr_sin40(half);
    for (int k = 0; k < 3; k++) out[k] = (float)direction[k];
    out[3] = (float)chord;
    return orr_round40(orr_disc_solid_angle_sr(diameter_deg * (ORR_PI / 180.0)));
}

/* Lommel and Seeliger's phase function (Hapke 2012, "Theory of Reflectance and Emittance
 * Spectroscopy", 6.14): the light of the whole moon, over that of the full one. */
static double moon_phase(double phase_rad) {
    if (phase_rad < 1e-6) return 1.0;
    double half = 0.5 * phase_rad, tangent = orr_tan40(0.5 * half);
    return 1.0 + orr_sin40(half) * orr_tan40(half) * orr_log2_40(tangent) * 0.69314718055994531;
}

static void moon_of(const orr_pose *pose, double exposure, celestial *c) {
    const double *m = pose->moon_direction, *s = pose->sun_direction;
    double solid = disk(m, pose->moon.angular_diameter_deg, c->moon), side[3], towards = orr_dot3(s, m);
    double phase = fmin(pose->moon_phase_rad, 179.0 * (ORR_PI / 180.0));
    for (int k = 0; k < 3; k++) side[k] = s[k] - towards * m[k];
    if (orr_length3(side) < 1e-9) side[0] = 0.0, side[1] = 1.0, side[2] = 0.0;
    orr_normalize3(side);
    for (int k = 0; k < 3; k++)
        c->moon_light[k] = (float)(orr_sin40(phase) * side[k] - orr_cos40(phase) * m[k]);
    c->moon_light[3] = (float)(pose->moon.illuminance_lx * exposure / (solid * moon_phase(phase)));
}

orr_status orr_record_sky(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err) {
    orr_target *t = context;
    const orr_pose *pose = t->data.pose;
    double exposure = (double)t->data.block.params[0];
    celestial c = {.exposure = {(float)exposure}};
    if (pose->has_sun && pose->atmosphere.sun_disk) {
        double luminance = pose->sun.illuminance_lx * exposure /
                           disk(pose->sun_direction, pose->sun.angular_diameter_deg, c.sun);
        for (int k = 0; k < 3; k++) c.sun_radiance[k] = (float)((double)pose->sun.colour[k] * luminance);
    }
    if (pose->has_moon) moon_of(pose, exposure, &c);
    if (orr_io_in(io, 1).id != orr_io_out(io, 1).id)
        orr_cmd_copy_texture(cmd, orr_io_in(io, 1), orr_io_out(io, 1));
    return compute(t, cmd, io, pose->atmosphere.stars ? ORR_CORE_SKY_STARS : ORR_CORE_SKY, &c, sizeof c, err);
}

orr_status orr_record_transparent(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err) {
    orr_target *t = context;
    orr_renderer *r = t->renderer;
    if (!t->data.blended_count) return ORR_OK;
    orr_gpu_bind reads[ORR_MOST_BINDS];
    orr_gpu_slot kinds[ORR_MOST_BINDS];
    orr_status status = ORR_OK;
    orr_gpu_render_params pass = {.label = "transparent",
                                  .width = io->width,
                                  .height = io->height,
                                  .colour_count = 1,
                                  .colours = {{.texture = orr_io_out(io, 0), .load = true}},
                                  .depth = {.texture = orr_io_in(io, 1), .load = true},
                                  .depth_read_only = true,
                                  .reads = reads,
                                  .read_slots = kinds};
    pass.read_count = orr_scene_reads(r, &t->data, orr_core_mask(ORR_CORE_TRANSPARENT), reads, kinds);
    orr_cmd_render_begin(cmd, &pass);
    for (uint32_t i = 0; !status && i < t->data.blended_count;
         i++) { /* the order matters: bind as the sides change */
        uint32_t index = t->data.blended[i];
        status =
            bind_core(t, cmd, orr_target_draw_core(r->residency.revision, &t->data.pose->draws[index]), err);
        if (!status) draw_one(t, cmd, index);
    }
    orr_cmd_render_end(cmd);
    return status;
}

orr_status orr_record_encode(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err) {
    orr_target *t = context;
    orr_gpu_pipeline pipeline;
    orr_status status = orr_core_get(t->renderer, ORR_CORE_ENCODE, 0, &pipeline, err);
    if (status) return status;
    uint32_t push[3] = {io->width, io->height, t->wide};
    orr_gpu_bind binds[2] = {
        {.binding = 0, .texture = orr_io_in(io, 0), .sampler = t->renderer->nearest_clamp},
        {.binding = 1, .buffer = t->encoded}};
    orr_cmd_dispatch(cmd, pipeline, binds, 2, push, sizeof push, (io->width + 31) / 32,
                     (io->height + 31) / 32, 1);
    return ORR_OK;
}
