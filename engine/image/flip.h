/* FLIP on linear Rec.709 pixels: what compare.c calls. Private to engine/image. */
#ifndef ORR_IMAGE_FLIP_H
#define ORR_IMAGE_FLIP_H

#include "image/compare.h"

typedef struct orr_flip_job {
    const float *reference, *test; /* width * height * 3, linear, finite */
    uint32_t width, height;
    double pixels_per_degree;
    const orr_compare_parallel *parallel;
    float *map; /* out: width * height, 0..1 */
} orr_flip_job;

ORR_MUST_CHECK orr_status orr_flip_ldr(const orr_flip_job *job, orr_error *err);
/* Fills the three exposure figures of `result` too. */
ORR_MUST_CHECK orr_status orr_flip_hdr(const orr_flip_job *job, orr_compare_result *result, orr_error *err);

/* Calls `task` for 0 … count-1: through `parallel`, or here when it has no run. */
void orr_compare_run(const orr_compare_parallel *parallel, uint32_t count, void (*task)(void *, uint32_t),
                     void *argument);

#endif
