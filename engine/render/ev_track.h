/* The EV of every frame of a sequence whose exposure follows its light: a measurement of each frame by
 * itself, from a small picture of it, and one fold over them all from the first frame on (orrery/module.h,
 * metering). So frame 73 has the same exposure alone, in a shard, or after a crash. A track can be recorded
 * and used again instead of being measured. */
#ifndef ORR_RENDER_EV_TRACK_H
#define ORR_RENDER_EV_TRACK_H

#include <stdatomic.h>

#include "base/text.h"
#include "render/exposing.h"

typedef struct orr_ev_track {
    int64_t first; /* frame */
    uint32_t count;
    orr_frame_ev *frames; /* owned */
} orr_ev_track;
void orr_ev_track_free(orr_ev_track *track);
/* NULL: the track does not reach there. */
const orr_frame_ev *orr_ev_track_at(const orr_ev_track *track, int64_t frame);

/* As a file (ev_track.c): {"orrery_ev_track": 1, "fps": [24, 1], "frames": [{"frame": 0, "metered_ev": 12.25,
 * "applied_ev": 12.25}, …]}; a frame that was not metered is left out. Reading is strict: unknown, missing or
 * doubled keys, frames out of order and numbers outside of -64..64 are ORR_E_BAD_DATA, another rate than the
 * sequence's is ORR_E_ARGUMENT; messages name file and place. */
ORR_MUST_CHECK orr_status orr_ev_track_write(const char *path, const orr_ev_track *track, uint32_t fps_num,
                                             uint32_t fps_den, orr_error *err);
ORR_MUST_CHECK orr_status orr_ev_track_read(const char *path, uint32_t fps_num, uint32_t fps_den,
                                            orr_ev_track *out, orr_error *err);

/* What those two do, of text. */
void orr_ev_track_print(const orr_ev_track *track, uint32_t fps_num, uint32_t fps_den, orr_text *out);
ORR_MUST_CHECK orr_status orr_ev_track_parse(const char *text, size_t size, const char *path,
                                             uint32_t fps_num, uint32_t fps_den, orr_ev_track *out,
                                             orr_error *err);

/* Measuring (ev_prepass.c). */
typedef struct orr_ev_prepass {
    orr_renderer *renderer;
    const orr_exposer *exposer;
    orr_target_params target; /* of the sequence: what it shows, its size, order, limit for a frame */
    int64_t first, last;      /* frames, both measured */
    double step_s;            /* between frames */
    const atomic_int *stop;   /* may be NULL: as orr_sequence_options.stop */
    /* Fills the pose of a frame (the caller's to free), and `effect_values` below with that frame's values.
     * Pure. */
    orr_status (*pose)(void *context, int64_t frame, orr_pose *pose, orr_error *err);
    void *context;
    const orr_param_value *const *effect_values; /* as orr_frame_input; of the frame posed last */
} orr_ev_prepass;
ORR_MUST_CHECK orr_status orr_ev_track_measure(const orr_ev_prepass *prepass, orr_ev_track *out,
                                               orr_error *err);

#endif
