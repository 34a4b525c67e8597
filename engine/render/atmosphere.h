/* Tables of the atmosphere: what shaders/atmosphere.glsl reads, when each is made, and questions put to them.
 * Model: Hillaire 2020, "A Scalable and Production Ready Sky and Atmosphere Rendering Technique". */
#ifndef ORR_RENDER_ATMOSPHERE_H
#define ORR_RENDER_ATMOSPHERE_H

#include "gpu/gpu.h"
#include "scene/revision.h"

/* SkyBlock of shaders/atmosphere.glsl, std140; what its members mean is said there. */
typedef struct orr_sky_block {
    float rayleigh[4], mie[4], mie_extinction[4], ozone[4], ground[4], planet[4], camera[4];
    float sun[4], moon[4], elevation[4], sun_light[4], moon_light[4], sun_aerial[4], moon_aerial[4];
} orr_sky_block;

typedef enum orr_sky_table {
    ORR_SKY_TRANSMITTANCE, /* of the air alone */
    ORR_SKY_MULTIPLE,      /* of the air alone */
    ORR_SKY_VIEW,          /* of the camera's altitude and the lights' elevations; not from above the air */
    ORR_SKY_AERIAL,        /* of the camera and the lights; not from above the air */
    ORR_SKY_TABLE_COUNT
} orr_sky_table;
const char *orr_sky_table_name(orr_sky_table table); /* of its time scope: "sky transmittance" */

typedef struct orr_sky_image {
    orr_gpu_texture texture;
    uint32_t width, height, depth; /* depth 0: 2D */
} orr_sky_image;
typedef struct orr_sky_gpu {
    orr_sky_image images[5];            /* the tables in order, the last in two: light and transmittance */
    uint64_t keys[ORR_SKY_TABLE_COUNT]; /* a table is made again when the key of what it depends on changes */
    uint32_t made[ORR_SKY_TABLE_COUNT]; /* how often each was, for tests and measurements */
} orr_sky_gpu;

/* What of a pose the sky depends on. */
typedef struct orr_sky_input {
    const orr_atmosphere_props *air;
    double camera_y_m;                                                 /* world */
    double sun_direction[3], moon_direction[3], sun_lx[3], moon_lx[3]; /* above the air, times its colour */
    double sun_radius_rad, moon_radius_rad;
    bool has_moon;
    double exposure;
} orr_sky_input;
void orr_sky_block_fill(const orr_sky_input *input, orr_sky_block *block);

#endif
