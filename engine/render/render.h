/* The renderer: one revision, one settings value and the poses of a frame in; images out.
 *
 * Owner destroys with orr_renderer_destroy, after its targets. One thread at a time. */
#ifndef ORR_RENDER_RENDER_H
#define ORR_RENDER_RENDER_H

#include "gpu/gpu.h"
#include "gpu/shaders.h"
#include "render/effect.h"
#include "scene/scene.h"

typedef struct orr_renderer orr_renderer;

typedef struct orr_renderer_params {
    orr_gpu *gpu; /* borrowed, like all below */
    orr_jobs *jobs;
    orr_assets *assets;
    orr_shaders *shaders; /* sources and SPIR-V */
    const orr_log *log;
    struct orr_space *space; /* may be NULL */
    const char *app_root;
    struct orr_space_log *errors; /* may be NULL: where failures are filed */
} orr_renderer_params;

ORR_MUST_CHECK orr_status orr_renderer_create(const orr_renderer_params *params, orr_renderer **out,
                                              orr_error *err);
void orr_renderer_destroy(orr_renderer **renderer);

orr_gpu *orr_renderer_gpu(orr_renderer *renderer);
orr_jobs *orr_renderer_jobs(orr_renderer *renderer);
/* Files a failure at <app>/diagnostics/errors; `correlation` says of what ("turntable"). Nothing without
 * `errors`. Any thread. */
void orr_renderer_report(const orr_renderer *renderer, const orr_error *error, const char *correlation);
/* Drops what the device holds of a revision; call before the revision is released. */
void orr_renderer_forget(orr_renderer *renderer, const orr_revision *revision);

/* The GLSL of every pipeline this renderer and these modules can ask for, compiled into `folder` (orrery
 * build-shaders). */
ORR_MUST_CHECK orr_status orr_renderer_build_shaders(orr_shaders *shaders, const orr_settings *settings,
                                                     const char *folder, uint32_t *count, orr_error *err);

/* Compiles every variant of every shader of one module, whichever a graph may ask for, and shows each to
 * `each` (may be NULL). With `confined` each is held to what a bundle's shader may be (orr_glsl_confine), as
 * those that lie in a bundle are in any case. */
typedef orr_status (*orr_module_shader_fn)(void *context, const orr_shader_ref *ref,
                                           const orr_gpu_shader *shader, orr_error *err);
ORR_MUST_CHECK orr_status orr_module_shaders(orr_shaders *shaders, const orr_effect *effect, bool confined,
                                             orr_module_shader_fn each, void *context, orr_error *err);

/* The tables of stages and channels, in order, for docs and messages. */
typedef struct orr_stage_info {
    const char *name, *doc;
    bool per_frame;
} orr_stage_info;
typedef struct orr_channel_info {
    const char *name, *doc, *format, *unit, *combine;
} orr_channel_info;
const orr_stage_info *orr_stage_table(uint32_t *count);
const orr_channel_info *orr_channel_table(uint32_t *count);

#endif
