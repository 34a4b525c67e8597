/* Sequences: what a render script returns, and rendering its frames to files.
 *
 * Any frame stands alone: frame n is a pure function of (sequence, n, seed, samples). Evaluation of the
 * script's functions of time happens on the caller's thread, ahead of the frame; the GPU, readback and the
 * encoders overlap. */
#ifndef ORR_RENDER_SEQUENCE_H
#define ORR_RENDER_SEQUENCE_H

#include <stdatomic.h>

#include "render/render.h"

/* Fills `values[i]` for track i at time t_s. Called on the thread that called orr_sequence_render; must be
 * pure. */
typedef orr_status (*orr_evaluate_fn)(void *context, double t_s, orr_param_value *values, orr_error *err);

typedef struct orr_sequence {
    const char *name; /* file-name friendly: "turntable" */
    uint32_t width, height;
    uint32_t fps_num, fps_den; /* rational frames a second */
    int64_t first_frame, frame_count;
    uint32_t samples; /* per pixel and frame */
    uint64_t seed;
    double light_cutoff; /* as orr_target_params.light_cutoff */
    orr_scene *scene;
    orr_node camera;
    const orr_track *tracks;
    uint32_t track_count;
    orr_evaluate_fn evaluate;
    void *context;
    const char *const *order; /* as orr_target_params.order */
    uint32_t order_count;
    uint32_t gizmos;   /* as orr_target_params.gizmos */
    double gizmo_size; /* of the picture's height */
} orr_sequence;

typedef enum orr_output_format { ORR_OUTPUT_PNG8, ORR_OUTPUT_PNG16, ORR_OUTPUT_EXR } orr_output_format;

typedef struct orr_progress {
    int64_t frame;
    uint32_t done, total, skipped;
    double elapsed_s;
    const char *slowest_pass;
    double slowest_pass_ms;
    const struct orr_frame_result *result; /* until the call returns, without its pixels */
} orr_progress;

typedef struct orr_sequence_options {
    const int64_t *frames; /* in this order; NULL = all of the sequence */
    uint32_t frame_count;
    uint32_t width, height, samples; /* 0 = the sequence's */
    bool has_seed, has_light_cutoff, every_light;
    uint64_t seed;
    double light_cutoff;
    const char *out; /* "out/turntable_####.png"; NULL = no frame files. The extension picks the format */
    bool png16;
    const uint32_t *gizmos;            /* NULL = the sequence's */
    double gizmo_size;                 /* 0 = the sequence's */
    const char *aovs;                  /* "depth,normal,albedo,id" for EXR; NULL = beauty alone */
    const char *exr_compression;       /* NULL = "zip" */
    uint32_t shard_index, shard_count; /* 1-based I of N; 0 = no sharding */
    bool resume;
    const char
        *script_digest; /* hex; part of the recorded digest, with settings, assets, engine and driver */
    const char *contact_sheet; /* PNG path; NULL = none */
    const char *video;         /* path for ffmpeg; NULL = none */
    const char *stats;         /* JSON path; NULL = none */
    /* Of a sequence whose exposure follows its light: the EV track (ev_track.h) that is used instead of a
     * measured one, and where the one that was used is written. Errors when nothing is metered. NULL = none
     */
    const char *ev_track, *ev_record;
    atomic_int *stop; /* set non-zero by a signal: finish the frame in flight, then ORR_E_INTERRUPTED */
    void (*progress)(void *context, const orr_progress *progress);
    void *progress_context;
    /* Channels to read back beside what the files need ("hdr", "depth"), for `frame`. */
    const char *const *channels;
    uint32_t channel_count;
    /* Called on the caller's thread as each frame is done, with its pixels; they go when it returns. An error
     * ends the sequence. */
    orr_status (*frame)(void *context, const struct orr_frame_result *result, double t_s, orr_error *err);
    void *frame_context;
    bool digest_passes; /* fill orr_frame_result.digests: what each pass wrote, in order */
    /* Of the device, per frame; 0 = none. ORR_E_FRAME_TIMEOUT names the pass that did not end. Nothing waits
     * for the device after that, and the process has to end by _Exit (orr_gpu_give_up). */
    double frame_timeout_s;
} orr_sequence_options;

typedef struct orr_sequence_report {
    uint32_t rendered, skipped, failed;
    double wall_s, gpu_s, encode_s; /* gpu: sum of GPU time; encode: sum of CPU time in encoders */
    /* gpu_peak: of the device while this sequence was rendered, with what it held already; the ring of frames
     * in flight is part of it, and grows with the threads that encode. transient: of the images that passes
     * hand to each other, whatever the threads. */
    uint64_t peak_rss_bytes, gpu_peak_bytes, transient_bytes;
    char first_file[1024], last_file[1024];
} orr_sequence_report;

ORR_MUST_CHECK orr_status orr_sequence_render(orr_renderer *renderer, const orr_sequence *sequence,
                                              const orr_settings *settings,
                                              const orr_sequence_options *options,
                                              orr_sequence_report *report, orr_error *err);

/* Time of a frame, from its number and the rational rate. */
double orr_sequence_time(const orr_sequence *sequence, int64_t frame);

/* "0-47,96,100-110x5" to frame numbers, within [first, first + count); malloc'd. */
ORR_MUST_CHECK orr_status orr_frames_parse(const char *text, int64_t first, int64_t count, int64_t **frames,
                                           uint32_t *frame_count, orr_error *err);
/* Replaces the run of # by the zero-padded number. A pattern without # is fine for a single frame. */
ORR_MUST_CHECK orr_status orr_frame_path(const char *pattern, int64_t frame, char *out, size_t size,
                                         orr_error *err);

#endif
