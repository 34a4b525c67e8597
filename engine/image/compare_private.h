/* What the parts of the comparison share. Private to engine/image. */
#ifndef ORR_IMAGE_COMPARE_PRIVATE_H
#define ORR_IMAGE_COMPARE_PRIVATE_H

#include "image/compare.h"

/* One task: a rectangle that with all its buffers fits the cache of a core. */
typedef struct orr_tile {
    uint32_t x0, y0, x1, y1;
} orr_tile;

/* One of the two images, and how its values become floats. */
typedef struct orr_source {
    const orr_image *image;
    float *stored, *linear; /* by code of u8, u16, f16: as stored, and decoded (the same table unless the
                               image is sRGB); NULL for f32 */
} orr_source;

/* Red, green or blue (grey: its value) of `count` pixels from (x, y), through `table`, which is one of the
 * source's; what is not finite is 0. */
void orr_source_row(const orr_source *source, const float *table, uint32_t channel, uint32_t x, uint32_t y,
                    uint32_t count, float *out);

/* Calls `task` for 0 … count-1, on the threads of `jobs` or, without, on this one. */
void orr_compare_run(orr_jobs *jobs, uint32_t count, void (*task)(void *, uint32_t), void *argument);

/* --- SSIM: compare_ssim.c --------------------------------------------------------------------------------
 */
enum { ORR_SSIM_RADIUS = 5 };

typedef struct orr_ssim {
    const orr_source *sources;           /* two */
    uint32_t width, height;              /* of the images */
    uint32_t x_edge, y_edge;             /* left out on each side */
    double peak;                         /* of the stored values */
    double weights[ORR_SSIM_RADIUS + 1]; /* by distance */
    bool wide;                           /* wide vectors may be used */
} orr_ssim;

void orr_ssim_prepare(orr_ssim *ssim, const orr_source *sources, double peak, bool wide);
/* How many windows have their centre in the tile. */
double orr_ssim_windows(const orr_ssim *ssim, const orr_tile *tile);
/* The sum over these windows; NaN: no memory. */
double orr_ssim_tile(const orr_ssim *ssim, const orr_tile *tile);

/* --- FLIP: flip.c prepares, flip_tile.c does the work ------------------------------------------------------
 */
enum { ORR_FLIP_Y, ORR_FLIP_CX, ORR_FLIP_CZ_WIDE, ORR_FLIP_CZ_NARROW, ORR_FLIP_SPATIAL };
enum { ORR_FLIP_SMOOTH, ORR_FLIP_EDGE, ORR_FLIP_POINT, ORR_FLIP_FEATURE };

/* Weights by distance, 0 … radius; those of an edge change sign to the left. */
typedef struct orr_flip_filter {
    int radius;
    float *weights;
} orr_flip_filter;

typedef struct orr_flip {
    const orr_source *sources; /* two */
    uint32_t width, height;
    orr_flip_filter spatial[ORR_FLIP_SPATIAL], feature[ORR_FLIP_FEATURE];
    uint32_t reach;     /* the largest radius */
    float colour_max;   /* largest possible colour error to the power it is given */
    uint32_t exposures; /* 0: LDR */
    float *gains;       /* factor of each exposure */
    float *map;         /* width * height, or NULL: only sums are asked for */
    bool wide;          /* wide vectors may be used */
    float *weights;     /* what those of the filters point into */
} orr_flip;

/* HDR as result->hdr says; then it fills the three exposure figures of `result`. */
ORR_MUST_CHECK orr_status orr_flip_prepare(orr_flip *flip, const orr_source *sources,
                                           double pixels_per_degree, orr_jobs *jobs, bool wide,
                                           orr_compare_result *result, orr_error *err);
void orr_flip_free(orr_flip *flip);
/* Sum of the map over the tile, which goes to flip->map as well; NaN: no memory. */
double orr_flip_tile(const orr_flip *flip, const orr_tile *tile);
/* The distance that the knee of the colour error is measured by: HyAB of two linear colours, to the power. */
float orr_flip_colour_distance(const float a[3], const float b[3]);

#endif
