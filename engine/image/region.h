/* Figures of parts of images: what a regression scene asserts without a golden picture.
 *
 * All values are the stored ones: f16 and f32 as they are, u8 and u16 scaled to 0..1 and not decoded where
 * the image is sRGB, u32 as they are. Sums run in double, in row order: equal pixels give equal bits. Pure
 * functions; thread-safe. */
#ifndef ORR_IMAGE_REGION_H
#define ORR_IMAGE_REGION_H

#include "image/image.h"

/* A rectangle of pixels from the top left; all zero, or width 0, is the whole image. */
typedef struct orr_roi {
    uint32_t x, y, width, height;
} orr_roi;

typedef struct orr_region_figures {
    double mean, variance, min, max; /* of the finite values; NaN when there is none. Variance over n */
    uint64_t count, non_finite;      /* values of the region; how many of them are left out above */
} orr_region_figures;

/* Of channel `channel` (from 0) inside `roi` (NULL = whole). ORR_E_OUT_OF_RANGE names the image's size. */
ORR_MUST_CHECK orr_status orr_region_stats(const orr_image *image, const orr_roi *roi, uint32_t channel,
                                           orr_region_figures *out, orr_error *err);

/* A line in pixels, x right and y down from the top left corner: pixel (i, j) has its centre at i + 0.5,
 * j + 0.5. */
typedef struct orr_edge_line {
    double x0, y0, x1, y1;
    uint32_t lines; /* parallel ones, a pixel apart and centred on this one, whose widths are averaged;
                       0 = 1, at most 1024 */
} orr_edge_line;

/* Width in pixels of the step that the line crosses: from 10 to 90 % of the way between the level at its
 * beginning and that at its end (each the mean of an eighth of the line, so begin and end on the flat), along
 * bilinear samples a quarter of a pixel apart. The transition measured is the one about the first crossing of
 * 50 %. Fails with ORR_E_OUT_OF_RANGE for a line that leaves the image or is shorter than two pixels, and
 * with ORR_E_BAD_DATA where there is no edge: levels less than 1e-6 apart, or a value that is not finite. */
ORR_MUST_CHECK orr_status orr_image_edge_width(const orr_image *image, const orr_edge_line *line,
                                               uint32_t channel, double *width_px, orr_error *err);

#define ORR_ULPS_NEVER UINT64_MAX /* no number of steps leads from one value to the other */

typedef struct orr_ulps {
    uint64_t max;           /* largest distance in units in the last place of the type; integers: difference.
                               ORR_ULPS_NEVER: a NaN against other bits, or an infinity against a finite value */
    double differing_share; /* 0..1: pixels of which any bit differs (so 0 against -0 counts, at 0 ulps) */
    uint32_t x, y;          /* the pixel that holds `max`, the first in row order; 0, 0 when none differs */
} orr_ulps;

/* ORR_E_ARGUMENT when size, channels, type or encoding differ. */
ORR_MUST_CHECK orr_status orr_image_ulps(const orr_image *reference, const orr_image *test, orr_ulps *out,
                                         orr_error *err);

/* A copy of `roi` (NULL = whole) with the image's type and encoding. Caller frees `*out`. */
ORR_MUST_CHECK orr_status orr_image_crop(const orr_image *image, const orr_roi *roi, orr_image *out,
                                         orr_error *err);

#endif
