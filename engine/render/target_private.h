#ifndef ORR_RENDER_TARGET_PRIVATE_H
#define ORR_RENDER_TARGET_PRIVATE_H

#include "render/effects.h"
#include "render/exposing.h"
#include "render/frame.h"
#include "render/gizmos.h"
#include "render/target.h"
#include "render/target_view.h"

enum { ORR_MAX_PASSES = 64, ORR_MAX_SUBMITS = 16 };

typedef struct orr_digest_span {
    uint64_t offset, bytes;
} orr_digest_span;
/* Copies of what the passes of one frame wrote (digests.c). Empty unless digests were asked for. */
typedef struct orr_target_digests {
    orr_gpu_buffer buffer;
    uint64_t capacity, used;
    orr_pass_digest *digests;
    orr_digest_span *spans;
    uint32_t count, room;
} orr_target_digests;

typedef struct orr_target_slot {
    bool busy;
    orr_frame_buffers buffers;
    orr_gpu_buffer readback[ORR_MAX_OUTPUTS];
    uint64_t values[ORR_MAX_SUBMITS]; /* of the last sub-frames' submissions */
    uint32_t submits;                 /* all of them */
    uint64_t submitted_ns;
    orr_frame_result result;                          /* but for what is known when it is collected */
    uint64_t seen_bytes, blended_bytes, caster_bytes; /* geometry of its draws */
    uint32_t blended_count;
    orr_target_digests digests;
    orr_meter meter; /* metering is ORR_METERING_OFF of a frame that is not metered */
    orr_gpu_buffer bins;
    orr_frame_histogram histogram;
} orr_target_slot;

struct orr_target {
    orr_renderer *renderer;
    orr_target_params params;
    char label[64];
    orr_output outputs[ORR_MAX_OUTPUTS];
    bool wide, encodes;
    orr_arena arena;
    orr_graph graph;
    orr_gpu_texture *textures;
    orr_gpu_buffer encoded, gizmos; /* gizmos: of the slot that is being recorded */
    orr_gpu_buffer bins;            /* of the histogram, when frames may be metered */
    orr_exposer exposer;
    orr_meter meter; /* of the frame being recorded */
    double exposure; /* likewise */
    orr_target_slot slots[ORR_TARGET_SLOTS];
    orr_frame_data data; /* of the frame being recorded */
    orr_target_view view;
    uint64_t ended_ns;             /* when a frame was last seen to have ended */
    orr_target_digests *digesting; /* while a frame is recorded whose passes are digested */
};

size_t orr_target_output_bytes(const orr_target *t, const orr_output *output);
/* Passes [first, end) of the graph, each with its timing; the accumulators of one sub-frame. */
orr_status orr_target_record(orr_target *t, orr_cmd *cmd, uint32_t first, uint32_t end, uint32_t sub_frame,
                             orr_error *err);
orr_status orr_target_accumulate(orr_target *t, orr_cmd *cmd, uint32_t sub_frame, orr_error *err);
/* digests.c: after the products of a frame; after a pass; after the accumulators' last sub-frame; when the
 * frame has been collected. */
orr_status orr_digests_begin(orr_target *t, orr_target_digests *digests, orr_cmd *cmd, orr_error *err);
void orr_digests_pass(orr_target *t, orr_target_digests *digests, orr_cmd *cmd, const orr_graph_pass *pass);
void orr_digests_accumulated(orr_target *t, orr_target_digests *digests, orr_cmd *cmd);
void orr_digests_read(orr_target *t, orr_target_slot *slot, orr_frame_result *result);
void orr_digests_free(orr_renderer *renderer, orr_target_digests *digests);
/* histogram.c: the buffers, the pass, the way back. */
orr_status orr_histogram_create(orr_target *t, orr_error *err);
void orr_histogram_destroy(orr_target *t);
orr_status orr_record_histogram(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err);
void orr_histogram_read_back(orr_target *t, orr_cmd *cmd, orr_target_slot *slot);
void orr_histogram_collect(orr_target *t, orr_target_slot *slot, orr_frame_result *result);
/* measure.c */
void orr_target_count_geometry(const orr_target *t, orr_target_slot *slot); /* of the frame being recorded */
uint64_t orr_target_pass_bytes(const orr_target *t, const orr_target_slot *slot,
                               const char *name); /* of a whole frame; 0: not known */
orr_core orr_target_draw_core(const orr_revision *revision, const orr_pose_draw *draw);
orr_status orr_record_visibility(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err);
orr_status orr_record_resolve(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err);
orr_status orr_record_lighting(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err);
orr_status orr_record_sky(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err);
orr_status orr_record_transparent(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err);
/* gizmos.c: their pass among all; the lists of the frame in `data`; drawing them */
orr_status orr_gizmos_come_last(orr_target *t, orr_graph_pass *passes, uint32_t count, orr_error *err);
orr_status orr_gizmos_prepare(orr_target *t, orr_frame_buffers *buffers, orr_arena *arena, orr_error *err);
orr_status orr_record_gizmos(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err);
orr_status orr_record_encode(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err);

#endif
