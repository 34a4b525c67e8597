/* A target: where frames of one size are made. It latches a revision and settings, compiles the frame graph
 * for them, renders sub-frames, and reads results back through a ring of slots, so that the GPU does not wait
 * for the CPU.
 *
 * Owner destroys, before the renderer. One thread at a time. */
#ifndef ORR_RENDER_TARGET_H
#define ORR_RENDER_TARGET_H

#include "render/render.h"

typedef struct orr_target orr_target;
typedef struct orr_pose orr_pose; /* scene/revision.h */

enum { ORR_MAX_OUTPUTS = 12, ORR_TARGET_SLOTS = 64, ORR_MAX_TIMINGS = 64, ORR_DIGEST_BYTES = 512 << 20 };

/* "ldr" is encoded for display (RGBA, 8 or 16 bits); other channels come as they are stored. */
typedef struct orr_output {
    const char *channel;
    bool wide; /* ldr: 16 bits */
} orr_output;

typedef struct orr_target_params {
    const char *label;
    uint32_t width, height, samples;
    uint64_t seed;
    const orr_output *outputs;
    uint32_t output_count;
    uint32_t slots; /* frames that may be in flight or being read at once; 0 = 3, at most ORR_TARGET_SLOTS */
    const char *const *order; /* names of passes, "grain.main": of two of one stage the one named first comes
                                 first; borrowed */
    uint32_t order_count;
    uint32_t gizmos;    /* kinds drawn over ldr (gizmos.h); 0 = none, and no pass for them */
    double gizmo_size;  /* of the picture's height, with gizmos alone */
    bool digest_passes; /* fill the results' digests; takes at most ORR_DIGEST_BYTES a slot */
    double
        frame_timeout_s; /* of the device, per frame; 0 = none. Collecting then fails with
                            ORR_E_FRAME_TIMEOUT, names the pass that did not end, and gives the device up */
    double light_cutoff; /* part of display white at which a local light ends (docs/lights.md); 0 = nowhere */
    bool every_light;    /* no clusters: each pixel looks at each light. The same image, for measurements */
    bool unseen;         /* not shown in the space: a target of the renderer's own */
    const orr_settings *settings; /* borrowed: must outlive the target, and not change */
    const orr_revision *revision; /* borrowed likewise */
} orr_target_params;

/* Whether each name of an `order` list is that of a pass, of a module that is on or off, and there once. The
 * message gives the nearest. */
ORR_MUST_CHECK orr_status orr_order_check(const orr_settings *settings, const char *const *order,
                                          uint32_t count, orr_error *err);

/* Fails with the ready contract: what is missing, by name, before any frame. */
ORR_MUST_CHECK orr_status orr_target_create(orr_renderer *renderer, const orr_target_params *params,
                                            orr_target **out, orr_error *err);
void orr_target_destroy(orr_target **target);

/* What a frame was metered at, and the EV that the fold over all frames came to (render/ev_track.h). */
typedef struct orr_frame_ev {
    bool metered; /* else nothing of this counts */
    double metered_ev100, applied_ev100;
} orr_frame_ev;
/* Luminance of a metered frame, as orr_histogram of orrery/module.h. */
typedef struct orr_frame_histogram {
    double min_ev, max_ev; /* log2 of nit */
    uint64_t weights[ORR_HISTOGRAM_BINS], offsets[ORR_HISTOGRAM_BINS],
        parts[ORR_HISTOGRAM_BINS * ORR_HISTOGRAM_PARTS];
} orr_frame_histogram;

typedef struct orr_frame_input {
    int64_t frame;
    const orr_pose *pose;
    const orr_param_value *const
        *effect_values; /* per effect of the settings: evaluated values; NULL entry = the settings' own */
    orr_frame_ev ev;    /* of a frame that the module of the role exposure meters */
    double exposure;    /* instead of that module's: a factor from nit; 0 = the module's */
} orr_frame_input;

/* What came back. Pixels belong to the slot until it is released. */
typedef struct orr_frame_output {
    const char *channel;
    orr_gpu_format format; /* of `pixels`; ldr: RGBA8_UNORM, or RGBA16 as 4 x u16 with format NONE */
    uint32_t width, height;
    const void *pixels;
    size_t size_bytes;
} orr_frame_output;
/* What a pass wrote, digested, in the order the passes run in: first the tables and maps that the frame rests
 * on ("dfg table", "terrain gradient", "terrain shade", "shadow", "light shadows"), passes of sub-frames by
 * their first, "accumulate" after the last, passes of the frame. Where two renders part is the first that
 * differs. */
typedef struct orr_pass_digest {
    char pass[64], channel[64]; /* "lighting", "hdr" */
    uint64_t hash;              /* XXH3 of the image's bytes: mip 0, layer 0 */
} orr_pass_digest;
typedef struct orr_frame_result {
    int64_t frame;
    double exposure, ev100;
    orr_frame_ev ev;
    const orr_frame_histogram *histogram; /* of the slot, as the pixels; NULL = not metered */
    orr_frame_output outputs[ORR_MAX_OUTPUTS];
    uint32_t output_count;
    orr_gpu_timing timings[ORR_MAX_TIMINGS]; /* summed over sub-frames, by pass */
    /* What each pass must at least move: its images in and out, the geometry it draws. Material maps, terrain
     * heights and the reads of the shadow map are left out: how much of them a frame touches is its view's.
     * 0: not known. */
    uint64_t pass_bytes[ORR_MAX_TIMINGS];
    uint32_t timing_count;
    double gpu_ms;
    uint32_t draws, culled, patches;
    const orr_pass_digest *digests; /* of the slot, as the pixels; NULL = not asked for */
    uint32_t digest_count;
} orr_frame_result;

/* Submits a frame into a free slot; ORR_E_LIMIT when all slots are taken (release one first). */
ORR_MUST_CHECK orr_status orr_target_submit(orr_target *target, const orr_frame_input *input, uint32_t *slot,
                                            orr_error *err);
/* Waits for a slot's frame. */
ORR_MUST_CHECK orr_status orr_target_collect(orr_target *target, uint32_t slot, orr_frame_result *result,
                                             orr_error *err);
void orr_target_release(orr_target *target, uint32_t slot);
/* Shows what a function of time came to in the frame collected last, at output/v1/<folder>/<owner>/<row's
 * name> below the target's place in the space (target_view.h). Call it in the same order for each frame. */
void orr_target_show_value(orr_target *target, const char *folder, const char *owner,
                           const orr_param_row *row, const orr_param_value *value);

typedef struct orr_target_info {
    uint32_t pass_count;
    uint64_t transient_bytes, unaliased_bytes;
} orr_target_info;
/* For benchmarks: GPU seconds of `repeats` (at most 200) recordings of one pass in a single submission, and
 * the bytes that one must move. "accumulate" or a pass of a stage after it: those need no scene. */
ORR_MUST_CHECK orr_status orr_target_time_pass(orr_target *target, const char *name, uint32_t repeats,
                                               double *seconds, uint64_t *bytes, orr_error *err);
void orr_target_get_info(const orr_target *target, orr_target_info *info);

#endif
