#include <stdlib.h>
#include <string.h>

#include "render/renderer_private.h"
#include "render/effects.h"
#include "space/space_log.h"

static orr_status make_sampler(orr_renderer *r, const orr_gpu_sampler_params *params, orr_gpu_sampler *out,
                               orr_error *err) {
    return orr_gpu_sampler_create(r->gpu, params, out, err);
}

static orr_status make_samplers(orr_renderer *r, orr_error *err) {
    orr_status status =
        make_sampler(r, &(orr_gpu_sampler_params){.label = "trilinear repeat", .mip_linear = true},
                     &r->linear_repeat, err);
    if (!status)
        status = make_sampler(
            r, &(orr_gpu_sampler_params){.label = "trilinear clamp", .mip_linear = true, .clamp = true},
            &r->linear_clamp, err);
    if (!status)
        status = make_sampler(
            r, &(orr_gpu_sampler_params){.label = "nearest clamp", .nearest = true, .clamp = true},
            &r->nearest_clamp, err);
    if (!status)
        status = make_sampler(
            r, &(orr_gpu_sampler_params){.label = "sky map", .mip_linear = true, .clamp_v = true}, &r->sky,
            err);
    if (!status)
        status = make_sampler(
            r, &(orr_gpu_sampler_params){.label = "shadow", .clamp = true, .compare_greater = true},
            &r->shadow, err);
    return status;
}

/* Stand-ins keep every descriptor valid when a scene lacks what it stands for; the shaders do not look at
 * them then. */
static orr_status make_stand_ins(orr_renderer *r, orr_error *err) {
    static const uint32_t white = 0xffffffffu;
    orr_gpu_texture_params flat = {.label = "white",
                                   .width = 1,
                                   .height = 1,
                                   .format = ORR_FORMAT_RGBA8_UNORM,
                                   .sampled = true},
                           array = flat, cube, depth, volume = flat, dfg;
    array.label = "white array", array.array = true;
    volume.label = "white volume", volume.depth = 1;
    cube = (orr_gpu_texture_params){.label = "no environment",
                                    .width = 1,
                                    .height = 1,
                                    .layers = 6,
                                    .cube = true,
                                    .format = ORR_FORMAT_RGBA8_UNORM,
                                    .sampled = true};
    depth = (orr_gpu_texture_params){.label = "no shadow",
                                     .width = 1,
                                     .height = 1,
                                     .format = ORR_FORMAT_D32_SFLOAT,
                                     .sampled = true,
                                     .attachment = true};
    dfg = (orr_gpu_texture_params){.label = "dfg table",
                                   .width = 64,
                                   .height = 64,
                                   .format = ORR_FORMAT_RGBA16_SFLOAT,
                                   .sampled = true,
                                   .storage = true};
    orr_status status = orr_gpu_texture_create(r->gpu, &flat, &r->white, err);
    if (!status) status = orr_gpu_texture_create(r->gpu, &array, &r->white_array, err);
    if (!status) status = orr_gpu_texture_create(r->gpu, &cube, &r->grey_cube, err);
    if (!status) status = orr_gpu_texture_create(r->gpu, &depth, &r->dark_depth, err);
    if (!status) status = orr_gpu_texture_create(r->gpu, &volume, &r->white_volume, err);
    if (!status) status = orr_gpu_texture_create(r->gpu, &dfg, &r->dfg, err);
    if (!status) status = orr_gpu_upload_texture(r->gpu, r->white, 0, 0, &white, 4, err);
    if (!status) status = orr_gpu_upload_texture(r->gpu, r->white_array, 0, 0, &white, 4, err);
    if (!status) status = orr_gpu_upload_texture(r->gpu, r->white_volume, 0, 0, &white, 4, err);
    for (uint32_t face = 0; !status && face < 6; face++)
        status = orr_gpu_upload_texture(r->gpu, r->grey_cube, face, 0, &white, 4, err);
    if (!status)
        status = orr_gpu_buffer_create(
            r->gpu, &(orr_gpu_buffer_params){.label = "nothing", .size_bytes = 64, .texel = true}, &r->empty,
            err);
    /* Terrain patches are one grid of quads: two triangles each, 17 vertices a row. */
    uint32_t grid[ORR_PATCH_QUADS * ORR_PATCH_QUADS * 6], n = 0;
    for (uint32_t y = 0; y < ORR_PATCH_QUADS; y++)
        for (uint32_t x = 0; x < ORR_PATCH_QUADS; x++) {
            uint32_t a = y * (ORR_PATCH_QUADS + 1) + x, b = a + ORR_PATCH_QUADS + 1;
            const uint32_t quad[6] = {a, b, a + 1, a + 1, b, b + 1};
            memcpy(&grid[n], quad, sizeof quad), n += 6;
        }
    if (!status)
        status = orr_gpu_buffer_create(
            r->gpu, &(orr_gpu_buffer_params){.label = "patch grid", .size_bytes = sizeof grid, .index = true},
            &r->patch_grid, err);
    return status ? status : orr_gpu_upload_buffer(r->gpu, r->patch_grid, 0, grid, sizeof grid, err);
}

orr_status orr_renderer_create(const orr_renderer_params *params, orr_renderer **out, orr_error *err) {
    orr_renderer *r = orr_calloc(1, sizeof *r);
    if (!r) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a renderer");
    r->gpu = params->gpu, r->jobs = params->jobs, r->assets = params->assets, r->shaders = params->shaders,
    r->log = params->log, r->space = params->space, r->errors = params->errors;
    (void)orr_format(r->app_root, sizeof r->app_root, "%s",
                     params->app_root ? params->app_root : "/apps/orrery");
    orr_status status = make_samplers(r, err);
    if (!status) status = make_stand_ins(r, err);
    if (status) return orr_renderer_destroy(&r), status;
    *out = r;
    return ORR_OK;
}

void orr_renderer_destroy(orr_renderer **renderer) {
    orr_renderer *r = *renderer;
    if (!r) return;
    orr_residency_free(r);
    orr_terrain_free(r), orr_sky_free(r), orr_sky_capture_free(r), orr_lights_free(r);
    orr_core_destroy(r);
    orr_gpu_texture *textures[] = {
        &r->environment.cube, &r->environment.sky, &r->shadow_map.map, &r->white, &r->white_array,
        &r->grey_cube,        &r->dark_depth,      &r->white_volume,   &r->dfg};
    for (size_t i = 0; i < sizeof textures / sizeof textures[0]; i++)
        orr_gpu_texture_destroy(r->gpu, textures[i]);
    orr_gpu_sampler *samplers[] = {&r->linear_repeat, &r->linear_clamp, &r->nearest_clamp, &r->sky,
                                   &r->shadow};
    for (size_t i = 0; i < sizeof samplers / sizeof samplers[0]; i++)
        orr_gpu_sampler_destroy(r->gpu, samplers[i]);
    orr_gpu_buffer_destroy(r->gpu, &r->empty);
    orr_gpu_buffer_destroy(r->gpu, &r->patch_grid);
    free(r);
    *renderer = NULL;
}

static orr_gpu_buffer or_empty(const orr_renderer *r, orr_gpu_buffer buffer) {
    return buffer.id ? buffer : r->empty;
}
static orr_gpu_texture or_texture(orr_gpu_texture texture, orr_gpu_texture stand_in) {
    return texture.id ? texture : stand_in;
}

static orr_gpu_bind scene_bind(orr_renderer *r, const orr_frame_data *data, uint32_t slot) {
    const orr_residency *res = &r->residency;
    orr_gpu_bind bind = {.binding = slot, .format = ORR_FORMAT_RGBA32_UINT, .sampler = r->linear_clamp};
    switch (slot) {
    case ORR_SLOT_FRAME:
        bind.data = &data->block, bind.size = sizeof data->block;
        break;
    case ORR_SLOT_DRAWS:
        bind.buffer = or_empty(r, data->draws);
        break;
    case ORR_SLOT_INDICES:
        bind.buffer = or_empty(r, res->indices), bind.format = ORR_FORMAT_R32_UINT;
        break;
    case ORR_SLOT_VERTICES:
        bind.buffer = or_empty(r, res->vertices);
        break;
    case ORR_SLOT_UV1:
        bind.buffer = or_empty(r, res->uv1s), bind.format = ORR_FORMAT_RG32_UINT;
        break;
    case ORR_SLOT_MATERIALS:
        bind.buffer = or_empty(r, res->materials);
        break;
    case ORR_SLOT_LIGHTS:
        bind.buffer = or_empty(r, r->lights.records);
        break;
    case ORR_SLOT_PATCHES:
        bind.buffer = or_empty(r, data->patches);
        break;
    case ORR_SLOT_HEIGHTS:
        bind.texture = or_texture(r->terrain.heights, r->white);
        break;
    case ORR_SLOT_GRADIENT:
        bind.texture = or_texture(r->terrain.gradient, r->white);
        break;
    case ORR_SLOT_RAMP:
        bind.texture = or_texture(r->terrain.ramp, r->white);
        break;
    case ORR_SLOT_TERRAIN_SUN:
        bind.texture = or_texture(r->terrain.sun, r->white);
        break;
    case ORR_SLOT_SHADOW:
        bind.texture = or_texture(r->shadow_map.map, r->dark_depth), bind.sampler = r->shadow;
        break;
    case ORR_SLOT_ENVIRONMENT:
        bind.texture = or_texture(
            data->variant & ORR_VARIANT_SKY_LIGHT ? r->sky_capture.cube : r->environment.cube, r->grey_cube);
        break;
    case ORR_SLOT_DFG:
        bind.texture = r->dfg;
        break;
    case ORR_SLOT_SKY:
        bind.texture = or_texture(r->environment.sky, r->white), bind.sampler = r->sky;
        break;
    case ORR_SLOT_SKY_BLOCK:
    case ORR_SLOT_SKY_TRANSMITTANCE:
    case ORR_SLOT_SKY_MULTIPLE:
    case ORR_SLOT_SKY_VIEW:
    case ORR_SLOT_AERIAL_LIGHT:
    case ORR_SLOT_AERIAL_TRANSMITTANCE:
        orr_sky_bind(r, data, &bind);
        break;
    case ORR_SLOT_SKY_LIGHT:
        bind.texture = or_texture(r->sky_capture.irradiance, r->grey_cube);
        break;
    case ORR_SLOT_SKY_GROUND:
        bind.texture = or_texture(r->sky_capture.ground, r->white);
        break;
    case ORR_SLOT_CLUSTERS:
    case ORR_SLOT_LIGHT_SHADOWS:
    case ORR_SLOT_LTC:
        orr_lights_bind(r, data, &bind);
        break;
    default: /* textures */
        bind.texture = or_texture(res->arrays[slot - ORR_SLOT_TEXTURES], r->white_array);
        bind.sampler = r->linear_repeat;
    }
    return bind;
}

uint32_t orr_scene_binds(orr_renderer *r, const orr_frame_data *data, orr_slot_mask which,
                         orr_gpu_bind *binds) {
    uint32_t n = 0;
    for (uint32_t slot = 0; slot < ORR_SLOT_PASS; slot++) {
        if (!(which & ORR_SLOT_BIT(slot))) continue;
        for (uint32_t k = 0; k < (slot == ORR_SLOT_TEXTURES ? (uint32_t)ORR_MAX_TEXTURE_ARRAYS : 1u); k++)
            binds[n++] = scene_bind(r, data, slot + k);
    }
    return n;
}

uint32_t orr_scene_reads(orr_renderer *r, const orr_frame_data *data, orr_slot_mask which,
                         orr_gpu_bind *binds, orr_gpu_slot *kinds) {
    uint32_t n = orr_scene_binds(r, data, which & ~ORR_SLOT_BIT(ORR_SLOT_FRAME), binds);
    for (uint32_t i = 0; i < n; i++)
        kinds[i] = (orr_gpu_slot){binds[i].binding, orr_scene_kind(binds[i].binding), 0};
    return n;
}

typedef struct build_context {
    orr_shaders *shaders;
    const char *folder;
    uint32_t *count;
} build_context;

static orr_status build_shader(void *context, const orr_shader_ref *ref, const orr_gpu_shader *shader,
                               orr_error *err) {
    build_context *build = context;
    (void)shader;
    (*build->count)++;
    return orr_shaders_build(build->shaders, ref, build->folder, err);
}

orr_status orr_renderer_build_shaders(orr_shaders *shaders, const orr_settings *settings, const char *folder,
                                      uint32_t *count, orr_error *err) {
    *count = 0;
    build_context build = {shaders, folder, count};
    orr_status status = orr_core_build(shaders, folder, count, err);
    for (uint32_t i = 0; !status && settings && i < settings->effect_count; i++)
        status = orr_module_shaders(shaders, settings->effects[i].effect, false, build_shader, &build, err);
    return status;
}

orr_gpu *orr_renderer_gpu(orr_renderer *r) {
    return r->gpu;
}
orr_jobs *orr_renderer_jobs(orr_renderer *r) {
    return r->jobs;
}
void orr_renderer_report(const orr_renderer *r, const orr_error *error, const char *correlation) {
    orr_error err = {0};
    if (r->errors && orr_space_log_error(r->errors, NULL, error, correlation, NULL, &err))
        orr_log_write(r->log, ORR_LOG_WARNING, "%s", err.message);
}
void orr_renderer_forget(orr_renderer *r, const orr_revision *revision) {
    if (revision && r->residency.revision == revision) orr_residency_free(r);
}
