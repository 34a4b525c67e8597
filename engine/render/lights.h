/* Local lights, all but the sun, between the files lights*.c of engine/render. */
#ifndef ORR_RENDER_LIGHTS_H
#define ORR_RENDER_LIGHTS_H

#include "render/renderer_private.h"

enum {
    ORR_LIGHT_TEXELS = 5,  /* of a light, LIGHT_TEXELS of shaders/lights.glsl */
    ORR_SHADOW_TEXELS = 4, /* of a shadow map, SHADOW_TEXELS of shaders/light_shadows.glsl */
    ORR_MOST_LIGHTS = 16384
};
/* Bits of a light beside its shape (orr_light_shape, bits 0-2); from ORR_LIGHT_MAP on the number of its
 * shadow map, from 1. */
enum {
    ORR_LIGHT_CONE = 1 << 3,
    ORR_LIGHT_WINDOW = 1 << 4,
    ORR_LIGHT_TWO_SIDED = 1 << 5,
    ORR_LIGHT_AIR = 1 << 6,
    ORR_LIGHT_FADE = 1 << 7, /* it ends by the cut */
    ORR_LIGHT_MAP = 8        /* a shift */
};

/* Where the light ends: a tenth beyond where it would add less than `cutoff` of display white to a white
 * diffuse surface that faces it, and at its range. Over that tenth it fades: an edge would show in dark
 * pictures. Metres from its centre (orr_light_centre); INFINITY: nowhere. An area
 * light is taken for a point at its nearest, of its area's whole intensity: never too near. */
double orr_light_reach_m(const orr_pose_light *light, double exposure, double cutoff);
/* The point that its reach is measured from; absolute. A triangle's is its centroid. */
void orr_light_centre(const orr_pose_light *light, double out[3]);
/* `map`: its shadow map's number from 1, 0 = none. The record's layout is that of shaders/lights.glsl. */
void orr_light_pack(const orr_pose_light *light, const double camera_m[3], double exposure, double cutoff,
                    uint32_t map, uint32_t object_id, float record[ORR_LIGHT_TEXELS][4]);

/* Draws the surfaces that the camera sees into the open visibility pass. */
ORR_MUST_CHECK orr_status orr_lights_draw_seen(orr_renderer *renderer, orr_cmd *cmd,
                                               const orr_frame_data *data, orr_error *err);

/* --- shadow maps (lights_shadow.c) -----------------------------------------------------------------------
 */

typedef enum orr_light_map_kind { ORR_MAP_CONE, ORR_MAP_CUBE, ORR_MAP_AFAR } orr_light_map_kind;
typedef struct orr_light_map {
    orr_light_map_kind kind;
    double origin_m[3]; /* the light; AFAR: the middle of the map's near plane. Absolute */
    double x[3], y[3], z[3];
    double near_m;                     /* AFAR: depth of the map in metres */
    double scale;                      /* of x and y: 1 / tangent of the half angle; AFAR: 1 / half side */
    uint32_t side, column, row, faces; /* texels of a tile, where the first one is; which faces: bits */
    uint32_t skipped_object;           /* casts no shadow here: the mesh that shines; 0 = none */
} orr_light_map;
/* Which lights have maps, where they are in the atlas; map_of[i]: from 1, 0 = none. A pure function of the
 * pose and of the picture's longer side in pixels. ORR_E_LIMIT when the atlas is full. */
ORR_MUST_CHECK orr_status orr_light_maps_plan(const orr_revision *revision, const orr_pose *pose,
                                              uint32_t longer_px, orr_light_map *maps, uint32_t *count,
                                              uint32_t *map_of, uint32_t *atlas_side, orr_error *err);
void orr_light_map_pack(const orr_light_map *map, const double camera_m[3],
                        float record[ORR_SHADOW_TEXELS][4]);
/* Absolute world to clip of one face: reversed depth, infinitely far but for AFAR. */
void orr_light_map_matrix(const orr_light_map *map, uint32_t face, double out[16]);
ORR_MUST_CHECK orr_status orr_light_maps_draw(orr_renderer *renderer, orr_cmd *cmd,
                                              const orr_frame_data *data, const orr_light_map *maps,
                                              uint32_t count, uint32_t atlas_side, orr_error *err);

/* --- clusters (lights_clusters.c) ------------------------------------------------------------------------
 */

/* Assigns lights to tiles and slices of the view. The records are on the device. */
ORR_MUST_CHECK orr_status orr_light_clusters(orr_renderer *renderer, orr_cmd *cmd, orr_frame_data *data,
                                             orr_error *err);

#endif
