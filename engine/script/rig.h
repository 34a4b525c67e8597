/* Camera rigs: an orbit and a path, as closed forms of t. No Lua, no libm beyond sqrt, sin and cos (whose
 * results are rounded). Immutable after creation: any thread may evaluate. Owner: orr_rig_destroy. */
#ifndef ORR_SCRIPT_RIG_H
#define ORR_SCRIPT_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

typedef struct orr_rig orr_rig;

/* A circle about a vertical axis. Azimuth is clockwise from north (-Z), seen from above. */
typedef struct orr_orbit_params {
    double center_m[3], radius_m, height_m;
    double elevation_deg; /* instead of height_m: then radius_m is the distance from the centre */
    uint8_t has_elevation;
    double start_deg, turns, duration_s;
} orr_orbit_params;
ORR_MUST_CHECK orr_status orr_rig_orbit(const orr_orbit_params *params, orr_rig **out, orr_error *err);

typedef enum orr_path_curve { ORR_PATH_CATMULL_ROM, ORR_PATH_LINEAR, ORR_PATH_BEZIER } orr_path_curve;
typedef struct orr_path_params {
    const double (*points_m)[3]; /* copied; consecutive ones differ. Bezier: 3 n + 1 of them */
    uint32_t point_count;
    uint32_t curve; /* orr_path_curve; Catmull-Rom is centripetal */
    uint32_t ease;  /* 0: constant speed; 1: starts and ends at rest */
    double duration_s, look_ahead_s, look_below_m, bank_deg;
    double clearance_m,
        smooth_m; /* above the ground; distance over which the height is smoothed, 0 = length / 12 */
    bool flat;    /* the points have no heights of their own; else the path is nowhere below them */
    /* Ground height at x, z; false where there is none. NULL: no terrain, heights are those of the points. */
    bool (*ground)(void *context, double x_m, double z_m, double *height_m);
    void *context;
} orr_path_params;
/* Speed is constant by arc length (over the ground, where the path follows a terrain). */
ORR_MUST_CHECK orr_status orr_rig_path(const orr_path_params *params, orr_rig **out, orr_error *err);

void orr_rig_destroy(orr_rig **rig);
void orr_rig_position(const orr_rig *rig, double t_s, double out_m[3]);
void orr_rig_look_at(const orr_rig *rig, double t_s, double out_m[3]);
double orr_rig_roll_deg(const orr_rig *rig, double t_s);
double orr_rig_duration_s(const orr_rig *rig);
double orr_rig_length_m(const orr_rig *rig);

#endif
