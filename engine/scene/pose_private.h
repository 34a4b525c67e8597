/* A pose in the making: shared by pose.c (geometry, camera), pose_light.c and pose_sky.c. */
#ifndef ORR_SCENE_POSE_PRIVATE_H
#define ORR_SCENE_POSE_PRIVATE_H

#include "scene/scene_private.h"

#define ORR_RAD(deg) ((deg) * (ORR_PI / 180.0))

typedef struct orr_poser {
    const orr_revision *rev;
    orr_pose *pose;
    const orr_bound_track *bound;
    uint32_t bound_count;
    void **props; /* per node: the revision's, or an evaluated copy */
    uint32_t *set_rows;
    double (*world)[16];
    bool *visible;
    uint32_t draw_capacity;
    uint32_t triangle_lights;                    /* so far */
    uint32_t sun, moon, atmosphere, environment; /* the scene's one node of that kind, or ORR_NONE */
    uint32_t at;                                 /* the node being posed, which is to blame for what fails */
} orr_poser;

/* Whether the author, the space or a track set this row. */
static inline bool orr_poser_set(const orr_poser *p, uint32_t node, const char *row) {
    return p->set_rows[node] >> orr_node_row(p->rev->nodes[node].kind, row) & 1u;
}

/* Whether each row that is set counts with these properties (`used_when`): if not, an error names both rows.
 */
ORR_MUST_CHECK orr_status orr_poser_check_used(const orr_poser *p, uint32_t node, const void *props,
                                               orr_error *err);

/* pose_light.c. Room for every light is there: one a node, those that models bring, and triangles. */
uint32_t orr_pose_model_lights(const orr_revision *revision);
void orr_pose_model_light(orr_poser *p, uint32_t node, const orr_model_light *from, const double world[16]);
ORR_MUST_CHECK orr_status orr_pose_point(orr_poser *p, uint32_t node, orr_error *err); /* a spot too */
ORR_MUST_CHECK orr_status orr_pose_area(orr_poser *p, uint32_t node, orr_error *err);
void orr_pose_directional(orr_poser *p, uint32_t node);
/* Each triangle of a mesh whose material emits is a light. */
enum { ORR_MOST_TRIANGLE_LIGHTS = 256 }; /* of a scene */
ORR_MUST_CHECK orr_status orr_pose_mesh_lights(orr_poser *p, uint32_t node, orr_error *err);

/* pose_sky.c: sun, moon, atmosphere and environment, which speak of one another; after all other nodes. */
ORR_MUST_CHECK orr_status orr_pose_sky(orr_poser *p, orr_error *err);
/* The unit vector towards what stands there: azimuth clockwise from north (-Z). */
void orr_sky_direction(double azimuth_deg, double elevation_deg, double out[3]);

#endif
