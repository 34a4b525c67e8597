/* The environment's cube: perceptual roughness in its mips, each filtered by the GGX lobe of that roughness
 * seen straight on (Karis 2013). Filtered on the CPU, as jobs: so it is the same on every device, and a cold
 * start waits for no pipeline. */
#ifndef ORR_RENDER_ENVIRONMENT_FILTER_H
#define ORR_RENDER_ENVIRONMENT_FILTER_H

#include "image/image.h"
#include "render/renderer_private.h"

/* Fills renderer->environment.cube, of faces of side * side texels, from a latitude-longitude map of float
 * RGB within half range. */
ORR_MUST_CHECK orr_status orr_environment_filter_map(orr_renderer *renderer, const orr_image *map,
                                                     uint32_t side, orr_error *err);
/* The same from radiance that depends on the height alone: `sky` at heights y = -1 to 1, evenly. */
enum { ORR_ENVIRONMENT_RINGS = 129 };
ORR_MUST_CHECK orr_status orr_environment_filter_rings(orr_renderer *renderer,
                                                       const double sky[ORR_ENVIRONMENT_RINGS][3],
                                                       uint32_t side, orr_error *err);

#endif
