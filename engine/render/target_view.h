/* A target in the space (target_view.c): <app>/renderers/main/targets/textures/<label>/
 *
 *   scene                          path of the scene it shows
 *   status                         "live", and "ended" when the target is gone: its outputs stay to be read
 *   desc/{width,height,samples,outputs}
 *   settings/seed, settings/<module>/{enable,<parameter>}
 *   output/v1/common/{frame_index,revision,render_ms,gpu_ms,exposure,ev100,draws,culled,patches,last_error}
 *   output/v1/common/{metered_ev,applied_ev}, output/v1/common/histogram/{min_ev,max_ev,weights}   of a
 * metered frame output/v1/common/passes/<pass>_ms,
 * output/v1/common/memory/{gpu_bytes,gpu_peak_bytes,transient_bytes} output/v1/evaluated/<node>/<property>
 * what functions of time came to in that frame output/v1/evaluated_settings/<module>/<parameter>
 *
 * A label that a live target has becomes "label~2". The outputs are of the frame collected last. All of this
 * costs nothing without a space, and no image depends on it: what cannot be shown is left out. */
#ifndef ORR_RENDER_TARGET_VIEW_H
#define ORR_RENDER_TARGET_VIEW_H

#include "render/target.h"
#include "space/space.h"

typedef struct orr_view_cell {
    char *leaf;
    orr_handle handle;
} orr_view_cell;
typedef struct orr_target_view {
    orr_space *space; /* NULL: nothing is shown */
    char at[512];
    orr_view_cell *cells; /* in the order in which a frame writes them */
    uint32_t count, capacity, next;
    orr_gpu_timing
        passes[ORR_MAX_TIMINGS]; /* every pass of any frame so far; one that a frame lacks took 0 */
    uint32_t pass_count;
} orr_target_view;

void orr_target_view_open(orr_target *target);
void orr_target_view_close(orr_target *target);
void orr_target_view_frame(orr_target *target, const orr_frame_result *result, double render_ms);
/* A frame failed: puts its number before the message, shows that, and returns `status`. */
orr_status orr_target_view_error(orr_target *target, int64_t frame, orr_status status, orr_error *err);

#endif
