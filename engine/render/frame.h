/* Everything of one frame that the core passes read: filled on the CPU from a pose. */
#ifndef ORR_RENDER_FRAME_H
#define ORR_RENDER_FRAME_H

#include "render/renderer_private.h"

/* The buffers of one slot that are written anew each frame; they grow and never shrink. */
typedef struct orr_frame_buffers {
    orr_gpu_buffer draws, patches, gizmos;
    uint64_t draws_bytes, patches_bytes, gizmos_bytes;
} orr_frame_buffers;

/* Culls, chooses terrain detail, writes the slot's buffers, and fills all of `data` but what depends on the
 * sub-frame. */
ORR_MUST_CHECK orr_status orr_frame_prepare(orr_renderer *renderer, orr_frame_buffers *buffers,
                                            orr_arena *arena, const orr_pose *pose, uint32_t width,
                                            uint32_t height, int64_t frame, double exposure,
                                            orr_frame_data *data, orr_error *err);
/* After the products are up to date: environment, shadow and terrain parts of the block. */
void orr_frame_products(const orr_renderer *renderer, orr_frame_data *data, double exposure);
/* The part of a sub-frame: `jitter` in pixels. */
void orr_frame_sub(orr_frame_data *data, uint32_t sub_frame, const double jitter[2]);
/* Offset of sub-frame i of n in the pixel, -0.5..0.5: Hammersley points, turned by the seed. One sample sits
 * in the middle. */
void orr_frame_jitter(uint64_t seed, uint32_t i, uint32_t n, double out[2]);
/* Makes `buffer` hold at least `bytes`, as texels that the CPU writes. */
ORR_MUST_CHECK orr_status orr_frame_room(orr_renderer *renderer, const char *label, uint64_t bytes,
                                         orr_gpu_buffer *buffer, uint64_t *have, orr_error *err);
void orr_frame_buffers_free(orr_renderer *renderer, orr_frame_buffers *buffers);

#endif
