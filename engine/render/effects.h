/* Modules in the frame graph: their passes, the GLSL that the host generates for them, their uniform blocks.
 */
#ifndef ORR_RENDER_EFFECTS_H
#define ORR_RENDER_EFFECTS_H

#include "render/graph.h"

enum { ORR_EFFECT_MAX_ROWS = 256 /* that the host lets a module have */ };

typedef struct orr_effect_pass {
    const orr_effect *effect;
    const orr_effect_settings *settings;
    uint32_t row;
    orr_renderer *renderer;
    orr_gpu_pipeline pipeline;
    orr_gpu_slot slots[2 + 2 * ORR_GRAPH_MAX_USES];
    uint32_t slot_count;
    orr_access access[ORR_GRAPH_MAX_USES];
    bool pingpong[ORR_GRAPH_MAX_USES], present[ORR_GRAPH_MAX_USES];
    bool *read; /* one per row: its shader reads the parameter; known once the pipeline is made */
    char name[96];
    /* per frame */
    const orr_param_value *values;
    struct orr_effect_frame {
        uint32_t size[2], seed, frame, sub_frame;
        float t_s, exposure, unused;
    } frame;
} orr_effect_pass;

/* Adds the passes of one enabled effect to `passes`; those of an effect at its neutral values are left out.
 */
ORR_MUST_CHECK orr_status orr_effect_add(orr_renderer *renderer, const orr_effect_settings *settings,
                                         orr_arena *arena, orr_graph_pass *passes, uint32_t *count,
                                         uint32_t capacity, orr_error *err);
/* After the graph is compiled: makes the pipeline for the textures that the pass got. */
ORR_MUST_CHECK orr_status orr_effect_finish(const orr_graph *graph, const orr_graph_pass *pass,
                                            orr_error *err);
/* After all pipelines are made: a parameter that none of the module's passes reads is an error. `passes` are
 * its live ones. */
ORR_MUST_CHECK orr_status orr_effect_check(const orr_effect_pass *const *passes, uint32_t count,
                                           const orr_effect *effect, orr_error *err);
void orr_effect_pass_free(orr_effect_pass *pass);
bool orr_effect_is_neutral(const orr_effect_settings *settings, const orr_param_value *values);
orr_status orr_effect_record(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err);

#endif
