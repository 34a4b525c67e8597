/* How far two images lie apart: largest difference, PSNR, SSIM, and FLIP as published, with its heat map.
 *
 * Every sum is taken in double in an order that the size alone decides, and all arithmetic is spelled out:
 * the figures are the same for every number of threads and every width of vectors. */
#ifndef ORR_IMAGE_COMPARE_H
#define ORR_IMAGE_COMPARE_H

#include "image/image.h"
#include "jobs/jobs.h"

typedef enum orr_compare_range {
    ORR_COMPARE_AUTO, /* by the type: f16 and f32 are HDR */
    ORR_COMPARE_LDR,
    ORR_COMPARE_HDR
} orr_compare_range;

typedef struct orr_compare_params {
    orr_compare_range range;
    double pixels_per_degree; /* of visual angle; 0 = 67.02: 0.7 m from a 0.7 m wide 3840-pixel screen */
    bool keep_map;            /* fill result.flip_map */
    orr_jobs *jobs;           /* whose threads help; NULL = this thread alone */
    bool narrow;              /* keep to the vectors that every CPU has: the same bits, slower */
} orr_compare_params;

typedef struct orr_compare_result {
    double max;     /* largest absolute difference of a channel; integers scaled to 0..1, floats as they are;
                       infinite when a NaN or infinity stands against anything but itself */
    double psnr_db; /* over all channels; the peak is 1 for integers, the reference's largest value for
                       floats; +infinity when equal, -infinity where max is infinite */
    double ssim;    /* of the luma of the stored values; 1 when equal */
    double flip;    /* mean of the map, 0..1; 0 when equal */
    bool hdr;       /* which FLIP it is */
    double start_exposure, stop_exposure; /* of HDR-FLIP, in stops, from the reference */
    uint32_t exposures;
    orr_image flip_map; /* f32, one channel, 0..1; empty unless keep_map. Freed by orr_compare_result_free */
} orr_compare_result;

/* Compares `test` with `reference`. Both need the same size, channels, encoding, and be both of integers (u8,
 * u16) or both of floats (f16, f32), else ORR_E_ARGUMENT says which differs. Alpha counts for max and PSNR
 * only; where a float is not finite, SSIM and FLIP see 0. `out` is filled on success alone. Thread-safe.
 *
 * SSIM: Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
 * Similarity", IEEE TIP 13(4), 2004: 11 x 11 Gaussian of sigma 1.5, K1 0.01, K2 0.03, whole windows only
 * (edges are repeated in images with a side below 11). FLIP: Andersson et al., "FLIP: A Difference Evaluator
 * for Alternating Images", HPG 2020; HDR: Andersson et al., "Visualizing Errors in Rendered High Dynamic
 * Range Images", Eurographics 2021, with the ACES tone mapper. */
ORR_MUST_CHECK orr_status orr_compare(const orr_image *reference, const orr_image *test,
                                      const orr_compare_params *params, orr_compare_result *out,
                                      orr_error *err);
void orr_compare_result_free(orr_compare_result *result);

/* Turns a one-channel f32 map of 0..1 into a picture in the magma colours: u8, three channels, sRGB. */
ORR_MUST_CHECK orr_status orr_heat_map(const orr_image *map, orr_image *out, orr_error *err);

#endif
