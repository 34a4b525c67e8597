/* Tonemap: scene-linear to display-linear. The curves are in shaders/tonemap.glsl. */
#include "orrery/module.h"

static const orr_param_row k_params[] = {
    {.name = "operator",
     .doc =
         "tone curve: none clips, aces_fitted is filmic with a soft shoulder, agx and pbr_neutral keep hues",
     .type = ORR_PARAM_ENUM,
     .choices = "none|reinhard|reinhard_extended|filmic|aces_fitted|agx|pbr_neutral",
     .def = "aces_fitted",
     .rebuild = ORR_REBUILD_SPEC,
     .interp = ORR_INTERP_STEP},
    {.name = "white_point",
     .doc = "exposed luminance that becomes white (reinhard_extended alone); middle grey is 0.18",
     .type = ORR_PARAM_F32,
     .def = "4",
     .min = "0.1",
     .max = "1000",
     .soft_min = "1",
     .soft_max = "16",
     .used_when = "operator=reinhard_extended",
     .interp = ORR_INTERP_LOG},
};

static const orr_pass_bind k_binds[] = {{.channel = "hdr", .access = "read"},
                                        {.channel = "ldr", .access = "create"}};
static const orr_pass_row k_passes[] = {{.name = "main",
                                         .stage = "tonemap",
                                         .shader = "tonemap.comp",
                                         .size_of = "hdr",
                                         .binds = k_binds,
                                         .bind_count = sizeof k_binds / sizeof k_binds[0],
                                         .bind_stride = sizeof k_binds[0]}};

ORR_MODULE_EXPORT const orr_module_desc orr_module_v1 = {
    .struct_size = sizeof(orr_module_desc),
    .abi_major = ORR_ABI_MAJOR,
    .abi_minor = ORR_ABI_MINOR,
    .name = "tonemap",
    .version = "1.0.0",
    .doc = "brings exposed scene-linear light into the range of a display",
    .role = "tonemap",
    .params = k_params,
    .param_count = sizeof k_params / sizeof k_params[0],
    .param_stride = sizeof k_params[0],
    .passes = k_passes,
    .pass_count = sizeof k_passes / sizeof k_passes[0],
    .pass_stride = sizeof k_passes[0],
};
