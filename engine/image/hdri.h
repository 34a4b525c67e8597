/* Latitude-longitude maps of radiance: what they measure, and their sun.
 *
 * A map's columns run from south through west to north (-Z), which is in its middle, to east and south again;
 * its rows from the zenith down. Its values are relative until a factor makes them nit; illuminances here are
 * in the map's own unit times sr, which the same factor makes lx. Pure functions; thread-safe; sums run in
 * double and row order, libm's results are rounded: equal maps give equal bits. */
#ifndef ORR_IMAGE_HDRI_H
#define ORR_IMAGE_HDRI_H

#include "image/image.h"

typedef struct orr_hdri_figures {
    double illuminance; /* of a plane facing up: the integral of L cos over the upper hemisphere, every
                           pixel's exactly */
    double peak;        /* largest value of a channel */
    uint64_t negative;  /* values below 0, which count as 0 */
} orr_hdri_figures;

/* What was taken out. A directional light of this illuminance, direction and colour gives a horizontal plane,
 * and any other that sees the whole disk, the light that the map lost. */
typedef struct orr_hdri_sun {
    double azimuth_deg, elevation_deg; /* of its middle; clockwise from north */
    double illuminance;                /* of a plane facing it */
    double colour[3];                  /* linear, of luminance 1 */
    double angular_diameter_deg; /* of an even disk with the same sums of L and L^2: the map's pixels bound it
                                    below */
    double contrast;             /* how many times its peak is as bright as what surrounds it */
} orr_hdri_sun;

/* `file` as float RGB, checked and measured. Negative values become 0. ORR_E_BAD_DATA for a map that is not
 * twice as wide as high, holds a value that is not finite, or gives no light from above the horizon. `name`
 * is for messages. */
ORR_MUST_CHECK orr_status orr_hdri_open(const orr_image *file, const char *name, orr_image *map,
                                        orr_hdri_figures *figures, orr_error *err);

/* Takes the sun out of an opened map and fills the gap with the sky around it (Shepard 1968: the rim's
 * values, weighted by the inverse square of their distance). The sun is the connected region about the
 * brightest pixel above the horizon whose luminance lies nearer, in stops, to the peak's than to the
 * surroundings': the median from 5 to 15 degrees off. `figures` become those of what is left. ORR_E_BAD_DATA
 * when that is no sun: less than 100 times as bright as its surroundings, farther than 5 degrees from its
 * middle to its edge, or giving a plane that faces it less than a tenth of what the map gives the ground. Map
 * and figures are untouched then. */
ORR_MUST_CHECK orr_status orr_hdri_neutralize(orr_image *map, const char *name, orr_hdri_figures *figures,
                                              orr_hdri_sun *sun, orr_error *err);

/* nit for a value of 1: `gain`, or with `target_lx` above 0 what makes the map's illuminance that. The
 * figures of a map whose sun was taken out are those of the sky that is left: target_lx then means the sky
 * alone. */
double orr_hdri_factor(const orr_hdri_figures *figures, double gain, double target_lx);

/* Weights of a pixel of row `row` of a map: its solid angle, and the integral of the cosine with the zenith
 * over it (0 below the horizon). */
typedef struct orr_hdri_weights {
    double solid_sr, cosine_sr;
} orr_hdri_weights;
orr_hdri_weights orr_hdri_row_weights(uint32_t width, uint32_t height, uint32_t row);

#endif
