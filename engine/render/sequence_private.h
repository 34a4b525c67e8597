/* A run of a sequence, shared by sequence.c (the loop), sequence_plan.c (what is rendered, checked before
 * anything is) and sequence_report.c (what is told of it). */
#ifndef ORR_RENDER_SEQUENCE_PRIVATE_H
#define ORR_RENDER_SEQUENCE_PRIVATE_H

#include "render/ev_track.h"
#include "render/renderer_private.h"
#include "render/run_record.h"
#include "render/sequence.h"
#include "render/sink.h"

/* A frame between submission and its file. */
typedef struct orr_flight {
    struct orr_run *run;
    bool used, collected;
    uint32_t slot, index; /* index: in the list of frames */
    int64_t frame;
    orr_pose pose;
    orr_frame_result result;
    char path[1024];
    orr_job_counter counter;
    orr_status status;
    orr_error error;
    uint64_t encode_ns, hash; /* hash: of the file */
} orr_flight;

typedef struct orr_run {
    orr_renderer *renderer;
    const orr_sequence *sequence;
    const orr_settings *settings;
    const orr_sequence_options *options;
    orr_sequence_report *report;
    uint32_t width, height, samples, gizmos;
    double gizmo_size;
    uint64_t seed, started_ns;
    double light_cutoff;
    int64_t *frames; /* of this shard */
    uint32_t frame_count;
    orr_output_format format;
    orr_exr_compression compression;
    uint32_t file_outputs; /* of the outputs, the first so many are the file's */
    orr_revision *revision;
    orr_bound_track *bound;
    uint32_t bound_count;
    orr_param_value *values;        /* one per track */
    orr_param_value *flight_values; /* the same of every flight, to be shown when it has landed */
    orr_param_value *
        *effect_values; /* per effect: a copy of the settings' values, or NULL where nothing is animated */
    orr_target *target;
    orr_target_params shown; /* what it was made of */
    orr_exposer exposer;
    orr_ev_track track; /* empty until it was read, or frames were metered */
    orr_sheet sheet;
    bool has_sheet;
    uint32_t empty_cells; /* of the sheet: frames finished before whose files cannot be shown */
    orr_run_record record;
    bool recorded, begun; /* begun: frames are being made */
    bool refused;         /* by the caller's `frame` */
    orr_parallel parallel;
    orr_flight *flights; /* a ring, one per slot of the target */
    uint32_t slots, done, next_flight;
    orr_text frame_stats;
} orr_run;

/* Everything up to the first frame. What fails in here leaves nothing behind. */
ORR_MUST_CHECK orr_status orr_run_prepare(orr_run *run, orr_error *err);

/* The world at a frame: what functions of time come to, in `values` and `effect_values` of the orr_run
 * `context`, and its pose, which the caller frees. Pure. */
ORR_MUST_CHECK orr_status orr_run_pose(void *context, int64_t frame, orr_pose *pose, orr_error *err);
/* The values of functions of time in a frame, one per track of the sequence. */
orr_param_value *orr_run_values(const orr_run *run, const orr_flight *flight);
/* What functions of time came to, beside what was authored. */
void orr_run_show_evaluated(const orr_run *run, const orr_flight *flight);
void orr_run_add_stats(orr_run *run, const orr_flight *flight);
ORR_MUST_CHECK orr_status orr_run_write_stats(orr_run *run, orr_error *err);
void orr_run_tell_progress(orr_run *run, const orr_flight *flight);

#endif
