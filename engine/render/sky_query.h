/* Questions to the sky: what the tables and shader functions of a frame (shaders/atmosphere.glsl) answer,
 * evaluated on the device. */
#ifndef ORR_RENDER_SKY_QUERY_H
#define ORR_RENDER_SKY_QUERY_H

#include "render/render.h"
#include "scene/revision.h"

typedef enum orr_sky_ask {
    ORR_SKY_ASK_TRANSMITTANCE, /* from the camera to space, 0..1; 0 where the ground is in the way */
    ORR_SKY_ASK_LUMINANCE, /* nit that the air scatters towards the camera on the way to the ground or space;
                              neither the ground nor the disks of sun and moon. Through the sky table, or
                              marched where the camera stands above the air, as in a frame */
    ORR_SKY_ASK_MARCHED,   /* the same, marched wherever it stands */
    ORR_SKY_ASK_UNTIL      /* the same, marched until a point: the directions lead there, in km */
} orr_sky_ask;

/* `rgb`: answers (linear Rec.709) from the camera of `pose`, of which its atmosphere, sun, moon and the
 * camera's height count, into `count` world `directions`, of unit length but where said. ORR_E_ARGUMENT: the
 * pose has no atmosphere. Waits for the device; tables that frames and questions do not share are made again.
 */
ORR_MUST_CHECK orr_status orr_sky_query(orr_renderer *renderer, const orr_pose *pose, orr_sky_ask ask,
                                        const float (*directions)[3], uint32_t count, float (*rgb)[3],
                                        orr_error *err);

#endif
