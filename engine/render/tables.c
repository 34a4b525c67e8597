/* The two ordered tables that every pass refers to by name: stages (the pipeline's order) and channels. */
#include "render/graph.h"

#include <string.h>

static const orr_stage_info stages[] = {
    {"shadow", "shadow maps and sun visibility", false},
    {"visibility", "which triangle each pixel sees", false},
    {"resolve", "surface attributes of the visible triangle", false},
    {"inputs", "ambient occlusion, screen-space bounces and reflections", false},
    {"denoise", "denoising of those inputs", false},
    {"lighting", "direct and image-based light, background", false},
    {"composite", "indirect light joined to direct light", false},
    {"sky", "sky and aerial perspective", false},
    {"transparent", "blended surfaces, back to front", false},
    {"volume", "volumetrics", false},
    {"dof", "depth of field", false},
    {"accumulation", "sub-frames become one frame", true},
    {"white_balance", "white balance", true},
    {"tonemap", "scene-linear to display-linear", true},
    {"lens", "lens and sensor effects", true},
    {"overlay", "overlays", true},
    {"encode", "display encoding and readback", true},
};
static const orr_channel_info channels[] = {
    {"hdr", "scene-linear radiance, pre-exposed", "rgba16f", "nit x exposure", "mean"},
    {"depth", "distance along the view axis; 1e10 where nothing is seen", "r32f", "m", "first"},
    {"normal", "world-space shading normal; 0 where nothing is seen", "rgba16f", "", "mean"},
    {"albedo", "base colour; w: what a dielectric reflects straight back", "rgba16f", "", "mean"},
    {"material", "roughness, metallic, ambient occlusion, 1 = unlit", "rgba16f", "", "mean"},
    {"emission", "emitted radiance, pre-exposed", "rgba16f", "nit x exposure", "mean"},
    {"id", "object and material number; 0 where nothing is seen", "rg32ui", "", "first"},
    {"ldr", "display-linear Rec.709, 0 to 1", "rgba16f", "", "mean"},
};

const orr_stage_info *orr_stage_table(uint32_t *count) {
    *count = sizeof stages / sizeof stages[0];
    return stages;
}

const orr_channel_info *orr_channel_table(uint32_t *count) {
    *count = sizeof channels / sizeof channels[0];
    return channels;
}

int32_t orr_stage_find(const char *name) {
    for (uint32_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        if (!strcmp(stages[i].name, name)) return (int32_t)i;
    return -1;
}

const orr_channel_info *orr_channel_find(const char *name) {
    for (uint32_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
        if (!strcmp(channels[i].name, name)) return &channels[i];
    return NULL;
}

orr_gpu_format orr_format_from_glsl(const char *name) {
    for (int f = ORR_FORMAT_NONE + 1; f < ORR_FORMAT_COUNT; f++) {
        const char *glsl = orr_format_glsl((orr_gpu_format)f);
        if (glsl && name && !strcmp(glsl, name)) return (orr_gpu_format)f;
    }
    return ORR_FORMAT_NONE;
}
