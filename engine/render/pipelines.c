/* The core pipelines, one row each: shaders, interface, fixed state. Made when first needed. */
#include <stdlib.h>
#include <string.h>

#include "render/renderer_private.h"

#define S(slot) ORR_SLOT_BIT(slot)
#define GEOMETRY                                                                                             \
    (S(ORR_SLOT_FRAME) | S(ORR_SLOT_DRAWS) | S(ORR_SLOT_INDICES) | S(ORR_SLOT_VERTICES) | S(ORR_SLOT_UV1))
#define MATERIAL (S(ORR_SLOT_MATERIALS) | S(ORR_SLOT_TEXTURES))
#define AIR      (S(ORR_SLOT_SKY_BLOCK) | S(ORR_SLOT_SKY_TRANSMITTANCE))
#define LIGHTING                                                                                             \
    (S(ORR_SLOT_HEIGHTS) | S(ORR_SLOT_TERRAIN_SUN) | S(ORR_SLOT_SHADOW) | S(ORR_SLOT_ENVIRONMENT) |          \
     S(ORR_SLOT_DFG) | S(ORR_SLOT_SKY) | S(ORR_SLOT_LIGHTS) | S(ORR_SLOT_CLUSTERS) |                         \
     S(ORR_SLOT_LIGHT_SHADOWS) | S(ORR_SLOT_LTC) | S(ORR_SLOT_SKY_LIGHT) | AIR)
#define MARCH  (AIR | S(ORR_SLOT_SKY_MULTIPLE))
#define AERIAL (MARCH | S(ORR_SLOT_AERIAL_LIGHT) | S(ORR_SLOT_AERIAL_TRANSMITTANCE))

typedef struct core_row {
    const char *compute, *vertex, *fragment, *define;
    orr_slot_mask scene; /* of the shared slots */
    orr_gpu_slot own[10];
    uint32_t push_bytes;
    uint32_t vertex_inputs; /* of orr_vertex: 1 the position, 3 uv and colour too (WITH_UV) */
    orr_gpu_format colour, depth;
    bool depth_write;
    orr_gpu_blend blend;
    orr_gpu_cull cull;
    float bias_constant, bias_slope;
    bool depth_clamp, holes;
    uint32_t variant; /* bits of VARIANT that its shaders look at */
} core_row;

#define P(i)              (ORR_SLOT_PASS + (i))
#define RASTER_VISIBILITY .colour = ORR_FORMAT_RG32_UINT, .depth = ORR_FORMAT_D32_SFLOAT, .depth_write = true
#define RESOLVE_SLOTS                                                                                        \
    {P(0), ORR_BIND_SAMPLED, 0}, {P(1), ORR_BIND_SAMPLED, 0}, {P(2), ORR_BIND_IMAGE_WRITE, 0},               \
        {P(3), ORR_BIND_IMAGE_WRITE, 0}, {P(4), ORR_BIND_IMAGE_WRITE, 0}, {P(5), ORR_BIND_IMAGE_WRITE, 0}, { \
        P(6), ORR_BIND_IMAGE_WRITE, 0                                                                        \
    }
#define RESOLVE_VARIANT                                                                                      \
    (ORR_VARIANT_TEXTURES | ORR_VARIANT_MESH | ORR_VARIANT_TERRAIN | ORR_VARIANT_SEEN_LIGHTS)
#define RESOLVE_SCENE                                                                                        \
    (GEOMETRY | MATERIAL | S(ORR_SLOT_HEIGHTS) | S(ORR_SLOT_GRADIENT) | S(ORR_SLOT_RAMP) | S(ORR_SLOT_LIGHTS))
/* Slopes of reversed depth are negative: the bias pushes away from the light. */
#define SHADOW_STATE                                                                                         \
    .depth = ORR_FORMAT_D32_SFLOAT, .depth_write = true, .bias_constant = -2.0f, .bias_slope = -2.5f,        \
    .depth_clamp = true
#define RASTER_TRANSPARENT                                                                                   \
    .vertex = "transparent.vert", .fragment = "transparent.frag",                                            \
    .variant = ORR_VARIANT_TEXTURES | ORR_VARIANT_LIGHTING | ORR_VARIANT_AIR,                                \
    .scene = GEOMETRY | MATERIAL | LIGHTING | AERIAL, .push_bytes = 4, .vertex_inputs = 1,                   \
    .colour = ORR_FORMAT_RGBA16_SFLOAT, .depth = ORR_FORMAT_D32_SFLOAT, .blend = ORR_BLEND_PREMULTIPLIED
#define SEEN_SKY                                                                                             \
    .variant = ORR_VARIANT_AIR,                                                                              \
    .scene = S(ORR_SLOT_FRAME) | AERIAL | S(ORR_SLOT_SKY_VIEW) | S(ORR_SLOT_SKY_GROUND),                     \
    .own = {{P(0), ORR_BIND_SAMPLED, 0}, {P(1), ORR_BIND_IMAGE_RW, 0}}, .push_bytes = 80
#define RASTER_SKY_GLOW                                                                                      \
    .vertex = "shadow.vert", .fragment = "sky_glow.frag", .define = "#define WITH_UV\n",                     \
    .variant = ORR_VARIANT_TEXTURES, .scene = GEOMETRY | MATERIAL, .push_bytes = 68, .vertex_inputs = 3,     \
    .colour = ORR_FORMAT_RGBA32_SFLOAT, .depth = ORR_FORMAT_D32_SFLOAT, .depth_write = true

static const core_row rows[ORR_CORE_COUNT] = {
    [ORR_CORE_VISIBILITY] = {.vertex = "visibility.vert",
                             .fragment = "visibility.frag",
                             .scene = GEOMETRY,
                             .push_bytes = 4,
                             .vertex_inputs = 1,
                             RASTER_VISIBILITY,
                             .cull = ORR_CULL_BACK},
    [ORR_CORE_VISIBILITY_TWO_SIDED] = {.vertex = "visibility.vert",
                                       .fragment = "visibility.frag",
                                       .scene = GEOMETRY,
                                       .push_bytes = 4,
                                       .vertex_inputs = 1,
                                       RASTER_VISIBILITY},
    [ORR_CORE_VISIBILITY_MIRRORED] = {.vertex = "visibility.vert",
                                      .fragment = "visibility.frag",
                                      .scene = GEOMETRY,
                                      .push_bytes = 4,
                                      .vertex_inputs = 1,
                                      RASTER_VISIBILITY,
                                      .cull = ORR_CULL_FRONT},
    [ORR_CORE_VISIBILITY_MASK] = {.vertex = "visibility.vert",
                                  .fragment = "visibility_mask.frag",
                                  .define = "#define WITH_UV\n",
                                  .scene = GEOMETRY | MATERIAL,
                                  .push_bytes = 4,
                                  .variant = ORR_VARIANT_TEXTURES,
                                  .vertex_inputs = 3,
                                  RASTER_VISIBILITY},
    [ORR_CORE_TERRAIN] = {.vertex = "terrain.vert",
                          .fragment = "terrain.frag",
                          .scene = S(ORR_SLOT_FRAME) | S(ORR_SLOT_HEIGHTS) | S(ORR_SLOT_PATCHES),
                          RASTER_VISIBILITY},
    [ORR_CORE_TERRAIN_HOLES] = {.vertex = "terrain.vert",
                                .fragment = "terrain.frag",
                                .scene = S(ORR_SLOT_FRAME) | S(ORR_SLOT_HEIGHTS) | S(ORR_SLOT_PATCHES),
                                RASTER_VISIBILITY,
                                .holes = true},
    [ORR_CORE_SHADOW] =
        {.vertex = "shadow.vert", .scene = GEOMETRY, .push_bytes = 68, .vertex_inputs = 1, SHADOW_STATE},
    [ORR_CORE_SHADOW_MASK] = {.vertex = "shadow.vert",
                              .fragment = "shadow_mask.frag",
                              .define = "#define WITH_UV\n",
                              .scene = GEOMETRY | MATERIAL,
                              .push_bytes = 68,
                              .variant = ORR_VARIANT_TEXTURES,
                              .vertex_inputs = 3,
                              SHADOW_STATE},
    [ORR_CORE_RESOLVE] = {.compute = "resolve.comp",
                          .variant = RESOLVE_VARIANT,
                          .scene = RESOLVE_SCENE,
                          .own = {RESOLVE_SLOTS}},
    [ORR_CORE_RESOLVE_ID] = {.compute = "resolve.comp",
                             .define = "#define WITH_ID\n",
                             .variant = RESOLVE_VARIANT,
                             .scene = RESOLVE_SCENE,
                             .own = {RESOLVE_SLOTS, {P(7), ORR_BIND_IMAGE_WRITE, 0}}},
    [ORR_CORE_LIGHTING] = {.compute = "lighting.comp",
                           .variant = ORR_VARIANT_LIGHTING,
                           .scene = S(ORR_SLOT_FRAME) | LIGHTING,
                           .own = {{P(0), ORR_BIND_SAMPLED, 0},
                                   {P(1), ORR_BIND_SAMPLED, 0},
                                   {P(2), ORR_BIND_SAMPLED, 0},
                                   {P(3), ORR_BIND_SAMPLED, 0},
                                   {P(4), ORR_BIND_SAMPLED, 0},
                                   {P(5), ORR_BIND_IMAGE_WRITE, 0}}},
    [ORR_CORE_TRANSPARENT] = {RASTER_TRANSPARENT, .cull = ORR_CULL_BACK},
    [ORR_CORE_TRANSPARENT_TWO_SIDED] = {RASTER_TRANSPARENT},
    [ORR_CORE_TRANSPARENT_MIRRORED] = {RASTER_TRANSPARENT, .cull = ORR_CULL_FRONT},
    [ORR_CORE_ACCUMULATE] = {.compute = "accumulate.comp",
                             .own = {{0, ORR_BIND_SAMPLED, 0}, {1, ORR_BIND_IMAGE_RW, 0}},
                             .push_bytes = 16},
    [ORR_CORE_GIZMOS] = {.compute = "gizmos.comp",
                         .own = {{0, ORR_BIND_SAMPLED, 0},
                                 {1, ORR_BIND_IMAGE_WRITE, 0},
                                 {2, ORR_BIND_TEXEL, 0}},
                         .push_bytes = 12},
    [ORR_CORE_ENCODE] = {.compute = "encode.comp",
                         .own = {{0, ORR_BIND_SAMPLED, 0}, {1, ORR_BIND_STORAGE_WRITE, 0}},
                         .push_bytes = 12},
    [ORR_CORE_HISTOGRAM] = {.compute = "histogram.comp",
                            .own = {{0, ORR_BIND_SAMPLED, 0}, {1, ORR_BIND_STORAGE_WRITE, 0}},
                            .push_bytes = 32},
    [ORR_CORE_DFG] = {.compute = "dfg.comp", .own = {{1, ORR_BIND_IMAGE_WRITE, 0}}},
    [ORR_CORE_TERRAIN_GRADIENT] = {.compute = "terrain_gradient.comp",
                                   .own = {{0, ORR_BIND_SAMPLED, 0}, {1, ORR_BIND_IMAGE_WRITE, 0}},
                                   .push_bytes = 8},
    [ORR_CORE_SKY] = {.compute = "sky.comp", SEEN_SKY},
    [ORR_CORE_SKY_STARS] = {.compute = "sky.comp", .define = "#define WITH_STARS\n", SEEN_SKY},
    [ORR_CORE_SKY_GROUND] = {.compute = "sky_ground.comp",
                             .scene = S(ORR_SLOT_FRAME) | MARCH,
                             .own = {{P(0), ORR_BIND_IMAGE_WRITE, 0}}},
    [ORR_CORE_SKY_CAPTURE] = {.compute = "sky_capture.comp",
                              .variant = ORR_VARIANT_MOON,
                              .scene = S(ORR_SLOT_FRAME) | MARCH | S(ORR_SLOT_SKY_GROUND),
                              .own = {{P(0), ORR_BIND_IMAGE_WRITE, 0}},
                              .push_bytes = 12},
    [ORR_CORE_SKY_GLOW] = {RASTER_SKY_GLOW, .cull = ORR_CULL_FRONT},
    [ORR_CORE_SKY_GLOW_TWO_SIDED] = {RASTER_SKY_GLOW},
    [ORR_CORE_SKY_GLOW_MIRRORED] = {RASTER_SKY_GLOW, .cull = ORR_CULL_BACK},
    [ORR_CORE_SKY_IRRADIANCE] = {.compute = "sky_irradiance.comp",
                                 .own = {{0, ORR_BIND_IMAGE_READ, 0}, {1, ORR_BIND_IMAGE_WRITE, 0}},
                                 .push_bytes = 8},
    [ORR_CORE_SKY_PREFILTER] = {.compute = "sky_prefilter.comp",
                                .own = {{0, ORR_BIND_SAMPLED, 0}, {1, ORR_BIND_IMAGE_WRITE, 0}},
                                .push_bytes = 16},
    [ORR_CORE_TERRAIN_SUN] = {.compute = "terrain_sun.comp",
                              .own = {{0, ORR_BIND_SAMPLED, 0}, {1, ORR_BIND_IMAGE_WRITE, 0}},
                              .push_bytes = 24},
    [ORR_CORE_SKY_TRANSMITTANCE] = {.compute = "sky_transmittance.comp",
                                    .scene = S(ORR_SLOT_SKY_BLOCK),
                                    .own = {{P(0), ORR_BIND_IMAGE_WRITE, 0}}},
    [ORR_CORE_SKY_MULTIPLE] = {.compute = "sky_multiple.comp",
                               .scene = AIR,
                               .own = {{P(0), ORR_BIND_IMAGE_WRITE, 0}}},
    [ORR_CORE_SKY_VIEW] = {.compute = "sky_view.comp",
                           .scene = AIR | S(ORR_SLOT_SKY_MULTIPLE),
                           .own = {{P(0), ORR_BIND_IMAGE_WRITE, 0}},
                           .push_bytes = 4,
                           .variant = ORR_VARIANT_MOON},
    [ORR_CORE_SKY_AERIAL] = {.compute = "sky_aerial.comp",
                             .scene = AIR | S(ORR_SLOT_SKY_MULTIPLE),
                             .own = {{P(0), ORR_BIND_IMAGE_WRITE, 0}, {P(1), ORR_BIND_IMAGE_WRITE, 0}},
                             .push_bytes = 96,
                             .variant = ORR_VARIANT_MOON},
    [ORR_CORE_LIGHT_SEEN] = {.vertex = "light_seen.vert",
                             .fragment = "light_seen.frag",
                             .scene = S(ORR_SLOT_FRAME) | S(ORR_SLOT_LIGHTS),
                             .push_bytes = 8,
                             RASTER_VISIBILITY},
    [ORR_CORE_LIGHT_CLUSTERS] = {.compute = "light_clusters.comp",
                                 .scene = S(ORR_SLOT_FRAME) | S(ORR_SLOT_LIGHTS),
                                 .own = {{P(0), ORR_BIND_STORAGE_WRITE, 0}},
                                 .push_bytes = 12},
    [ORR_CORE_SKY_QUERY] = {.compute = "sky_query.comp",
                            .scene = AIR | S(ORR_SLOT_SKY_MULTIPLE) | S(ORR_SLOT_SKY_VIEW),
                            .own = {{P(0), ORR_BIND_TEXEL, 0}, {P(1), ORR_BIND_STORAGE_WRITE, 0}},
                            .push_bytes = 8,
                            .variant = ORR_VARIANT_MOON | ORR_VARIANT_ABOVE_AIR},
};

orr_slot_mask orr_core_mask(orr_core which) {
    return rows[which].scene;
}

orr_bind_kind orr_scene_kind(uint32_t slot) {
    if (slot == ORR_SLOT_FRAME || slot == ORR_SLOT_SKY_BLOCK) return ORR_BIND_UNIFORM;
    if (slot <= ORR_SLOT_MATERIALS || slot == ORR_SLOT_LIGHTS || slot == ORR_SLOT_PATCHES ||
        slot == ORR_SLOT_CLUSTERS)
        return ORR_BIND_TEXEL;
    return ORR_BIND_SAMPLED;
}

static uint32_t slots_of(const core_row *row, orr_gpu_slot *slots) {
    uint32_t n = 0;
    for (uint32_t slot = 0; slot < ORR_SLOT_PASS; slot++) {
        if (!(row->scene & S(slot))) continue;
        for (uint32_t k = 0; k < (slot == ORR_SLOT_TEXTURES ? (uint32_t)ORR_MAX_TEXTURE_ARRAYS : 1u); k++)
            slots[n++] = (orr_gpu_slot){slot + k, orr_scene_kind(slot), 0};
    }
    for (uint32_t i = 0; i < 10 && (row->own[i].binding || row->own[i].kind); i++) slots[n++] = row->own[i];
    return n;
}

static orr_shader_ref reference(const core_row *row, const char *name, orr_glsl_stage stage) {
    return (orr_shader_ref){.name = name, .preamble = row->define, .stage = stage};
}

static orr_status make_compute(orr_renderer *r, const core_row *row, const orr_gpu_slot *slots,
                               uint32_t slot_count, const orr_gpu_spec *specs, orr_gpu_pipeline *out,
                               orr_error *err) {
    orr_shader_ref ref = reference(row, row->compute, ORR_GLSL_COMPUTE);
    orr_gpu_compute_params params = {.label = row->compute,
                                     .slots = slots,
                                     .slot_count = slot_count,
                                     .push_bytes = row->push_bytes,
                                     .specs = specs,
                                     .spec_count = row->variant ? 1 : 0};
    orr_status status = orr_shaders_get(r->shaders, &ref, &params.shader, err);
    return status ? status : orr_gpu_compute_create(r->gpu, &params, out, err);
}

static orr_status make_raster(orr_renderer *r, const core_row *row, const orr_gpu_slot *slots,
                              uint32_t slot_count, const orr_gpu_spec *specs, orr_gpu_pipeline *out,
                              orr_error *err) {
    static const orr_gpu_attribute attributes[] = {
        {0, offsetof(orr_vertex, position), ORR_FORMAT_RGB32_SFLOAT},
        {1, offsetof(orr_vertex, uv0), ORR_FORMAT_RG32_SFLOAT},
        {2, offsetof(orr_vertex, colour_rgba8), ORR_FORMAT_RGBA8_UNORM}};
    orr_gpu_raster_params params = {.label = row->fragment ? row->fragment : row->vertex,
                                    .slots = slots,
                                    .slot_count = slot_count,
                                    .specs = specs,
                                    .spec_count = 2,
                                    .push_bytes = row->push_bytes,
                                    .vertex_stride = row->vertex_inputs ? sizeof(orr_vertex) : 0,
                                    .attributes = attributes,
                                    .attribute_count = row->vertex_inputs,
                                    .colours = {row->colour},
                                    .colour_count = row->colour != ORR_FORMAT_NONE,
                                    .depth = row->depth,
                                    .depth_test = true,
                                    .depth_write = row->depth_write,
                                    .blend = row->blend,
                                    .cull = row->cull,
                                    .depth_bias_constant = row->bias_constant,
                                    .depth_bias_slope = row->bias_slope,
                                    .depth_clamp = row->depth_clamp};
    orr_shader_ref vertex = reference(row, row->vertex, ORR_GLSL_VERTEX),
                   fragment = reference(row, row->fragment, ORR_GLSL_FRAGMENT);
    orr_status status = orr_shaders_get(r->shaders, &vertex, &params.vertex, err);
    if (!status && row->fragment) status = orr_shaders_get(r->shaders, &fragment, &params.fragment, err);
    return status ? status : orr_gpu_raster_create(r->gpu, &params, out, err);
}

orr_status orr_core_get(orr_renderer *r, orr_core which, uint32_t variant, orr_gpu_pipeline *out,
                        orr_error *err) {
    const core_row *row = &rows[which];
    variant &= row->variant;
    for (uint32_t i = 0; i < r->made_count; i++)
        if (r->made[i].which == which && r->made[i].variant == variant)
            return *out = r->made[i].pipeline, ORR_OK;
    if (r->made_count == r->made_capacity) {
        uint32_t wanted = r->made_capacity ? r->made_capacity * 2 : 32;
        orr_core_made *larger = orr_realloc(r->made, wanted, sizeof *larger);
        if (!larger) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %u pipelines", wanted);
        r->made = larger, r->made_capacity = wanted;
    }
    orr_gpu_slot slots[ORR_SLOT_PASS + 16];
    uint32_t slot_count = slots_of(row, slots);
    orr_gpu_spec specs[2] = {{0, variant}, {1, row->holes}};
    orr_status status = row->compute ? make_compute(r, row, slots, slot_count, specs, out, err)
                                     : make_raster(r, row, slots, slot_count, specs, out, err);
    if (!status) r->made[r->made_count++] = (orr_core_made){which, variant, *out};
    return status;
}

void orr_core_destroy(orr_renderer *r) {
    for (uint32_t i = 0; i < r->made_count; i++) orr_gpu_pipeline_destroy(r->gpu, &r->made[i].pipeline);
    free(r->made);
}

orr_status orr_core_build(orr_shaders *shaders, const char *folder, uint32_t *count, orr_error *err) {
    for (int i = 0; i < ORR_CORE_COUNT; i++) {
        const char *names[3] = {rows[i].compute, rows[i].vertex, rows[i].fragment};
        static const orr_glsl_stage stages[3] = {ORR_GLSL_COMPUTE, ORR_GLSL_VERTEX, ORR_GLSL_FRAGMENT};
        for (int k = 0; k < 3; k++) {
            if (!names[k]) continue;
            orr_shader_ref ref = reference(&rows[i], names[k], stages[k]);
            orr_status status = orr_shaders_build(shaders, &ref, folder, err);
            if (status) return status;
            (*count)++;
        }
    }
    return ORR_OK;
}
