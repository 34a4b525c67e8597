/* Materials with their texture uses, punctual lights, cameras. */
#include "resource/gltf_private.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* --- textures ------------------------------------------------------------------------------------- */
static orr_wrap read_wrap(gltf *g, const json_t *sampler, const char *key) {
    uint64_t mode = gltf_size(g, sampler, key, 10497, 0, UINT32_MAX);
    if (mode == 33071) return ORR_WRAP_CLAMP;
    if (mode == 33648) return ORR_WRAP_MIRROR;
    if (mode != 10497)
        (void)gltf_fail(g, ORR_E_BAD_DATA, "sampler %s is %llu; it must be 10497, 33071 or 33648", key,
                        (unsigned long long)mode);
    return ORR_WRAP_REPEAT;
}

static void read_transform(gltf *g, const json_t *json, orr_texture_use *use, uint64_t *uv_set) {
    if (!json) return;
    double offset[2] = {0, 0}, scale[2] = {1, 1};
    (void)gltf_numbers(g, json, "offset", 2, offset);
    (void)gltf_numbers(g, json, "scale", 2, scale);
    for (int k = 0; k < 2; k++) {
        use->offset[k] = (float)offset[k];
        use->scale[k] = (float)scale[k];
    }
    use->rotation_rad = (float)gltf_number(g, json, "rotation", 0, -FLT_MAX, FLT_MAX);
    *uv_set = gltf_size(g, json, "texCoord", *uv_set, 0, UINT32_MAX);
}

/* The texture info object `key` of `parent`; returns it for the caller's own keys, NULL = absent. */
static const json_t *read_texture(gltf *g, const json_t *parent, const char *key, bool srgb,
                                  orr_texture_use *use) {
    *use = (orr_texture_use){.image = ORR_NONE, .scale = {1, 1}};
    const json_t *info = gltf_object(g, parent, key);
    if (!info) return NULL;
    uint32_t index = gltf_index(g, info, "index", g->texture_count, "texture");
    uint64_t uv_set = gltf_size(g, info, "texCoord", 0, 0, UINT32_MAX);
    read_transform(g, gltf_extension(g, info, "KHR_texture_transform"), use, &uv_set);
    if (uv_set > 1)
        (void)gltf_fail(g, ORR_E_UNSUPPORTED, "%s uses TEXCOORD_%llu; Orrery reads TEXCOORD_0 and TEXCOORD_1",
                        key, (unsigned long long)uv_set);
    if (g->status != ORR_OK || index == ORR_NONE) {
        (void)gltf_fail(g, ORR_E_BAD_DATA, "%s has no \"index\" of a texture", key);
        return info;
    }
    use->uv_set = (uint32_t)uv_set;
    const json_t *texture = gltf_item(g, g->textures_json, index, "texture");
    uint32_t image_count = (uint32_t)json_array_size(g->images_json), sampler_count = 0;
    const json_t *samplers = gltf_array(g, g->root, "samplers", &sampler_count);
    uint32_t sampler_index = gltf_index(g, texture, "sampler", sampler_count, "sampler");
    uint32_t image = gltf_index(g, texture, "source", image_count, "image");
    if (sampler_index != ORR_NONE) {
        const json_t *sampler = gltf_item(g, samplers, sampler_index, "sampler");
        use->wrap_s = read_wrap(g, sampler, "wrapS");
        use->wrap_t = read_wrap(g, sampler, "wrapT");
        use->nearest = gltf_size(g, sampler, "magFilter", 9729, 0, UINT32_MAX) == 9728;
    }
    if (image != ORR_NONE)
        use->image = gltf_image(g, image, srgb);
    else
        (void)gltf_fail(g, ORR_E_UNSUPPORTED, "%s: texture %u has no PNG or JPEG \"source\"", key, index);
    return info;
}

/* --- materials ------------------------------------------------------------------------------------ */
static void read_factors(gltf *g, const json_t *parent, const char *key, uint32_t count, double high,
                         float *out) {
    double values[4] = {0};
    if (!gltf_numbers(g, parent, key, count, values)) return;
    for (uint32_t i = 0; i < count; i++) {
        if (values[i] < 0 || values[i] > high)
            (void)gltf_fail(g, ORR_E_OUT_OF_RANGE, "\"%s\" element %u is %g; it must be in 0..%g", key, i,
                            values[i], high);
        out[i] = (float)values[i];
    }
}

static void read_alpha(gltf *g, const json_t *json, orr_model_material *m) {
    const char *mode = gltf_string(g, json, "alphaMode");
    m->alpha_cutoff = (float)gltf_number(g, json, "alphaCutoff", 0.5, 0, FLT_MAX);
    if (!mode || strcmp(mode, "OPAQUE") == 0)
        m->alpha_mode = ORR_ALPHA_OPAQUE;
    else if (strcmp(mode, "MASK") == 0)
        m->alpha_mode = ORR_ALPHA_MASK;
    else if (strcmp(mode, "BLEND") == 0)
        m->alpha_mode = ORR_ALPHA_BLEND;
    else
        (void)gltf_fail(g, ORR_E_BAD_DATA, "\"alphaMode\" is \"%.20s\"; it must be OPAQUE, MASK or BLEND",
                        mode);
}

static void read_material(gltf *g, const json_t *json, orr_model_material *m) {
    *m = (orr_model_material){.name = gltf_name(g, json), .base_colour = {1, 1, 1, 1}};
    const json_t *pbr = gltf_object(g, json, "pbrMetallicRoughness");
    read_factors(g, pbr, "baseColorFactor", 4, 1, m->base_colour);
    m->metallic = (float)gltf_number(g, pbr, "metallicFactor", 1, 0, 1);
    m->roughness = (float)gltf_number(g, pbr, "roughnessFactor", 1, 0, 1);
    (void)read_texture(g, pbr, "baseColorTexture", true, &m->base_colour_map);
    (void)read_texture(g, pbr, "metallicRoughnessTexture", false, &m->metal_rough_map);
    const json_t *info = read_texture(g, json, "normalTexture", false, &m->normal_map);
    m->normal_scale = (float)gltf_number(g, info, "scale", 1, -FLT_MAX, FLT_MAX);
    info = read_texture(g, json, "occlusionTexture", false, &m->occlusion_map);
    m->occlusion_strength = (float)gltf_number(g, info, "strength", 1, 0, 1);
    (void)read_texture(g, json, "emissiveTexture", true, &m->emissive_map);
    /* above 1 is found in older exports, from before KHR_materials_emissive_strength; its meaning is plain */
    read_factors(g, json, "emissiveFactor", 3, FLT_MAX, m->emissive);
    const json_t *strength = gltf_extension(g, json, "KHR_materials_emissive_strength");
    double factor = gltf_number(g, strength, "emissiveStrength", 1, 0, FLT_MAX);
    for (int k = 0; k < 3; k++) {
        double nit = m->emissive[k] * factor;
        m->emissive[k] = nit > FLT_MAX ? FLT_MAX : (float)nit;
    }
    m->ior = (float)gltf_number(g, gltf_extension(g, json, "KHR_materials_ior"), "ior", 1.5, 0, FLT_MAX);
    if (m->ior != 0 && m->ior < 1)
        (void)gltf_fail(g, ORR_E_OUT_OF_RANGE, "\"ior\" is %g; it must be 0 or at least 1", (double)m->ior);
    m->unlit = gltf_extension(g, json, "KHR_materials_unlit") != NULL;
    m->double_sided = gltf_bool(g, json, "doubleSided");
    read_alpha(g, json, m);
}

void gltf_read_materials(gltf *g) {
    uint32_t image_count = 0, count = 0;
    g->images_json = gltf_array(g, g->root, "images", &image_count);
    g->textures_json = gltf_array(g, g->root, "textures", &g->texture_count);
    const json_t *array = gltf_array(g, g->root, "materials", &count);
    g->image_map = gltf_temp(g, image_count, 2 * sizeof *g->image_map);
    g->model->images = gltf_new(g, image_count, 2 * sizeof *g->model->images);
    g->model->materials = gltf_new(g, count, sizeof *g->model->materials);
    if (g->status != ORR_OK) return;
    memset(g->image_map, 0xff, 2 * sizeof *g->image_map * image_count); /* ORR_NONE */
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++) {
        const json_t *json = gltf_item(g, array, i, "material");
        gltf_where_item(g, "material", i, json);
        read_material(g, json, &g->model->materials[i]);
    }
    g->model->material_count = count;
    gltf_where(g, "%s", "");
}

/* --- lights --------------------------------------------------------------------------------------- */
static void read_light(gltf *g, const json_t *json, orr_model_light *light) {
    *light = (orr_model_light){.name = gltf_name(g, json), .colour = {1, 1, 1}};
    const char *type = gltf_string(g, json, "type");
    if (type && strcmp(type, "directional") == 0)
        light->kind = ORR_LIGHT_DIRECTIONAL;
    else if (type && strcmp(type, "point") == 0)
        light->kind = ORR_LIGHT_POINT;
    else if (type && strcmp(type, "spot") == 0)
        light->kind = ORR_LIGHT_SPOT;
    else
        (void)gltf_fail(g, ORR_E_BAD_DATA, "\"type\" is \"%.20s\"; it must be directional, point or spot",
                        type ? type : "");
    read_factors(g, json, "color", 3, FLT_MAX, light->colour);
    light->intensity = gltf_number(g, json, "intensity", 1, 0, FLT_MAX);
    light->range_m = gltf_number(g, json, "range", 0, 0, FLT_MAX);
    const json_t *spot = gltf_object(g, json, "spot");
    if (light->kind != ORR_LIGHT_SPOT) return;
    light->outer_rad = gltf_number(g, spot, "outerConeAngle", pi / 4, 0, pi / 2 + 1e-6);
    light->inner_rad = gltf_number(g, spot, "innerConeAngle", 0, 0, light->outer_rad);
}

void gltf_read_lights(gltf *g) {
    uint32_t count = 0;
    const json_t *array = gltf_array(g, gltf_extension(g, g->root, "KHR_lights_punctual"), "lights", &count);
    g->model->lights = gltf_new(g, count, sizeof *g->model->lights);
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++) {
        const json_t *json = gltf_item(g, array, i, "light");
        gltf_where_item(g, "light", i, json);
        read_light(g, json, &g->model->lights[i]);
    }
    g->model->light_count = count;
    gltf_where(g, "%s", "");
}

/* --- cameras -------------------------------------------------------------------------------------- */
static void read_camera(gltf *g, const json_t *json, orr_model_camera *camera) {
    *camera = (orr_model_camera){.name = gltf_name(g, json)};
    const char *type = gltf_string(g, json, "type");
    const json_t *lens = gltf_object(g, json, type ? type : "");
    camera->orthographic = type && strcmp(type, "orthographic") == 0;
    if (!lens || (!camera->orthographic && strcmp(type, "perspective") != 0)) {
        (void)gltf_fail(g, ORR_E_BAD_DATA,
                        "it needs \"type\": \"perspective\" or \"orthographic\" and an object of that name");
        return;
    }
    double tiny = DBL_MIN;
    camera->znear = gltf_number(g, lens, "znear", camera->orthographic ? 0 : NAN,
                                camera->orthographic ? 0 : tiny, FLT_MAX);
    if (camera->orthographic) {
        camera->zfar = gltf_number(g, lens, "zfar", NAN, tiny, FLT_MAX);
        camera->xmag = gltf_number(g, lens, "xmag", NAN, -FLT_MAX, FLT_MAX);
        camera->ymag = gltf_number(g, lens, "ymag", NAN, -FLT_MAX, FLT_MAX);
    } else {
        camera->zfar = gltf_number(g, lens, "zfar", 0, tiny, FLT_MAX);
        camera->yfov_rad = gltf_number(g, lens, "yfov", NAN, tiny, pi - 1e-6);
        camera->aspect = gltf_number(g, lens, "aspectRatio", 0, tiny, FLT_MAX);
    }
    if (isnan(camera->znear) || isnan(camera->zfar) || isnan(camera->yfov_rad) || isnan(camera->xmag) ||
        isnan(camera->ymag))
        (void)gltf_fail(g, ORR_E_BAD_DATA,
                        camera->orthographic ? "it needs xmag, ymag, znear and zfar"
                                             : "it needs yfov and znear");
    else if ((camera->zfar != 0 && camera->zfar <= camera->znear) ||
             (camera->orthographic && (!camera->xmag || !camera->ymag)))
        (void)gltf_fail(g, ORR_E_OUT_OF_RANGE, "zfar must be beyond znear, and xmag and ymag not 0");
}

void gltf_read_cameras(gltf *g) {
    uint32_t count = 0;
    const json_t *array = gltf_array(g, g->root, "cameras", &count);
    g->model->cameras = gltf_new(g, count, sizeof *g->model->cameras);
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++) {
        const json_t *json = gltf_item(g, array, i, "camera");
        gltf_where_item(g, "camera", i, json);
        read_camera(g, json, &g->model->cameras[i]);
    }
    g->model->camera_count = count;
    gltf_where(g, "%s", "");
}
