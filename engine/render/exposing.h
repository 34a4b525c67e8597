/* The module of the role exposure, called with the values of one frame. What it answers is rounded to 40
 * bits. */
#ifndef ORR_RENDER_EXPOSING_H
#define ORR_RENDER_EXPOSING_H

#include "render/target.h"
#include "scene/revision.h"

typedef struct orr_exposer {
    const orr_effect
        *effect;    /* NULL: there is none; then everything is exposed by 1 and nothing is metered */
    uint32_t index; /* of its settings */
    bool may_meter; /* some frame may be: it has the functions, and its values may ask for it */
} orr_exposer;
/* ORR_E_OUT_OF_RANGE and the module's own words when it refuses its values. */
ORR_MUST_CHECK orr_status orr_exposer_find(const orr_settings *settings, orr_exposer *out, orr_error *err);

/* `values`: of the exposer's effect, one per row. `ev` may be NULL for a frame that is not metered. */
ORR_MUST_CHECK orr_status orr_exposer_expose(const orr_exposer *exposer, const orr_param_value *values,
                                             const orr_pose_camera *camera, double t_s,
                                             const orr_frame_ev *ev, orr_expose_out *out, orr_error *err);
/* How a frame is metered; metering is ORR_METERING_OFF when it is not. */
ORR_MUST_CHECK orr_status orr_exposer_meter(const orr_exposer *exposer, const orr_param_value *values,
                                            orr_meter *out, orr_error *err);
ORR_MUST_CHECK orr_status orr_exposer_metered(const orr_exposer *exposer, const orr_param_value *values,
                                              const orr_histogram *histogram, double *ev100, orr_error *err);
/* `previous`: NULL for the first. */
ORR_MUST_CHECK orr_status orr_exposer_adapt(const orr_exposer *exposer, const orr_param_value *values,
                                            double metered_ev100, const double *previous_ev100, double step_s,
                                            double *ev100, orr_error *err);

#endif
