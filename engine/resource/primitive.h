/* Procedural meshes: the shapes a script can build without a file.
 *
 * Each function takes a params struct whose zero fields give the defaults stated beside them, and writes
 * arrays that live in the caller's arena (which owns them). Axis of revolution +Y, centre at the origin,
 * metres. Triangles are counter- clockwise seen from outside; normals are unit; seen from outside u grows to
 * the right and v downwards; tangents follow u. Sizes that are negative, not finite or above 1e6 m, and
 * meshes of more than 2^25 vertices, are refused with ORR_E_OUT_OF_RANGE or ORR_E_LIMIT. Deterministic.
 * Thread-safe as far as the arena is the caller's own. */
#ifndef ORR_RESOURCE_PRIMITIVE_H
#define ORR_RESOURCE_PRIMITIVE_H

#include "base/arena.h"
#include "resource/model.h"

typedef struct orr_mesh_data {
    orr_vertex *vertices;
    uint32_t vertex_count;
    uint32_t *indices; /* triangles */
    uint32_t index_count;
} orr_mesh_data;

typedef struct orr_plane_params { /* in x and z, facing +Y */
    double width_m, depth_m;      /* along x (1), along z (1) */
    uint32_t columns, rows;       /* quads (1, 1) */
} orr_plane_params;

typedef struct orr_box_params {
    double size_m[3];        /* (1, 1, 1) */
    double bevel_m;          /* radius of rounded edges, less than half the smallest side; 0 = sharp */
    uint32_t bevel_segments; /* (4) */
} orr_box_params;

typedef struct orr_sphere_params { /* rings of latitude: texture-friendly */
    double radius_m;               /* (0.5) */
    uint32_t segments, rings;      /* around (48), pole to pole (24) */
} orr_sphere_params;

typedef struct orr_icosphere_params { /* triangles of nearly one size */
    double radius_m;                  /* (0.5) */
    uint32_t splits; /* parts of each of the icosahedron's edges (8): 20 * splits^2 triangles */
} orr_icosphere_params;

typedef struct orr_cylinder_params {
    double radius_m, top_radius_m; /* bottom and top; both 0 = 0.5; one of them 0 = a cone */
    double height_m;               /* (1) */
    uint32_t segments, rows;       /* around (48), along the height (1) */
    bool open;                     /* no caps */
} orr_cylinder_params;

typedef struct orr_torus_params {
    double radius_m, tube_radius_m;   /* to the tube's centre (0.5); of the tube (a quarter of it) */
    uint32_t segments, tube_segments; /* (64, 24) */
} orr_torus_params;

typedef struct orr_ring_params { /* annulus with thickness: a washer, or a tube when it is high */
    double outer_radius_m;       /* (0.5) */
    double inner_radius_m;       /* (0.8 of the outer) */
    double height_m;             /* (0.1) */
    uint32_t segments;           /* (64) */
} orr_ring_params;

typedef struct orr_lathe_params {
    const double (*profile)[2]; /* radius >= 0 and y, in metres; walked so that the solid lies on the right
                                   hand, r to the right and y up: down the outside of a vase */
    uint32_t profile_count;     /* at least 2 */
    bool closed;                /* the last point joins the first (a ring's cross-section) */
    double crease_rad;          /* corners sharper than this stay sharp (0.5236, 30 degrees) */
    uint32_t segments;          /* (64) */
} orr_lathe_params;

typedef struct orr_gear_params {
    uint32_t teeth;        /* (24), at least 3 */
    double radius_m;       /* to the tips (0.5) */
    double tooth_height_m; /* (2.25 * 2 * radius / (teeth + 2): the usual full-depth tooth; at most 0.4 of the
                              radius) */
    double thickness_m;    /* (0.1) */
    double bore_radius_m;  /* hole in the middle (a quarter of the radius, at most half the root's) */
    bool solid;            /* no hole */
} orr_gear_params;

typedef struct orr_heightfield_params {
    const float *heights_m;  /* rows * columns; row 0 is north (-Z), column 0 west (-X) */
    uint32_t columns, rows;  /* samples, at least 2 */
    double width_m, depth_m; /* between the outer samples, along x and z (1, 1) */
    double scale;            /* of the heights (1) */
} orr_heightfield_params;

#define ORR_MESH_FUNCTION(name)                                                                              \
    ORR_MUST_CHECK orr_status orr_mesh_##name(orr_arena *arena, const orr_##name##_params *params,           \
                                              orr_mesh_data *out, orr_error *err)
ORR_MESH_FUNCTION(plane);
ORR_MESH_FUNCTION(box);
ORR_MESH_FUNCTION(sphere);
ORR_MESH_FUNCTION(icosphere);
ORR_MESH_FUNCTION(cylinder);
ORR_MESH_FUNCTION(torus);
ORR_MESH_FUNCTION(ring);
ORR_MESH_FUNCTION(lathe);
ORR_MESH_FUNCTION(gear);
ORR_MESH_FUNCTION(heightfield);
#undef ORR_MESH_FUNCTION

#endif
