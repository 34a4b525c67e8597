/* Gizmos: lights drawn over the picture as lines, to see where they are, which way and how far they shine.
 * Off by default; then no pass, no pipeline and no memory of them exists.
 *
 * The lines are made on the CPU from a pose and projected to pixels; shaders/gizmos.comp draws them over
 * `ldr`, at stage overlay, from lists of what touches each tile of the picture. */
#ifndef ORR_RENDER_GIZMOS_H
#define ORR_RENDER_GIZMOS_H

#include "base/arena.h"
#include "scene/revision.h"

enum { /* kinds, as bits of a set */
       ORR_GIZMO_POSITION = 1,
       ORR_GIZMO_CONE = 2,
       ORR_GIZMO_RANGE = 4,
       ORR_GIZMO_SHAPE = 8,
       ORR_GIZMO_DIRECTION = 16,
       ORR_GIZMO_AXES = 32,
       ORR_GIZMO_ALL = 63
};
#define ORR_GIZMO_SIZE      0.08 /* of the picture's height, when nobody says */
#define ORR_GIZMO_SIZE_MIN  0.005
#define ORR_GIZMO_SIZE_MAX  1.0
#define ORR_GIZMO_KINDS_DOC "position, cone, range, shape, direction, axes; or all, or none"

/* A comma-separated list of kinds, "all" or "none". ORR_E_ARGUMENT names what is not one, and the nearest. */
ORR_MUST_CHECK orr_status orr_gizmos_parse(const char *text, uint32_t *kinds, orr_error *err);

typedef struct orr_gizmo_line { /* in pixels from the top left corner; two texels of the shader's lists */
    float from[2], to[2];
    float colour[3]; /* display-linear Rec.709 */
    float half_width_px;
} orr_gizmo_line;

typedef struct orr_gizmo_view { /* what the lines are seen with */
    const orr_pose *pose;
    const double *view_proj; /* 16: camera-relative world to clip, without jitter; depth reversed */
    double half_y;           /* of the view: a tangent, or metres when orthographic */
    uint32_t width, height;
    uint32_t kinds;
    double size; /* of symbols that have no size in metres: part of the picture's height */
} orr_gizmo_view;

/* The lines that are inside of the picture, cut off at its edges and at the near plane. Pure. In the arena.
 */
ORR_MUST_CHECK orr_status orr_gizmos_lines(const orr_gizmo_view *view, orr_arena *arena,
                                           orr_gizmo_line **lines, uint32_t *count, orr_error *err);

enum { ORR_GIZMO_TILE = 16 /* pixels a side; also the workgroup */ };
/* What the shader reads, uvec4 texels: for each tile of the picture, row by row, first texel and number of
 * its lines; then the lines of the tiles, in the order of `lines`. In the arena. */
ORR_MUST_CHECK orr_status orr_gizmos_bin(const orr_gizmo_line *lines, uint32_t count, uint32_t width,
                                         uint32_t height, orr_arena *arena, uint32_t **words,
                                         uint64_t *word_count, orr_error *err);

#endif
