#include "script/rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/round.h"

enum { SAMPLES = 1024, STEPS = 512 /* of the arc length table, per segment */, MAX_POINTS = 2000 };
static const double pi = 3.14159265358979323846;

typedef struct segment {
    double b[4][3];
} segment; /* a cubic Bezier */

struct orr_rig {
    bool orbit;
    orr_orbit_params circle;
    segment *segments;
    uint32_t segment_count;
    double *lengths; /* segment_count * STEPS + 1: arc length up to each step */
    double length_m, duration_s, look_ahead_m, look_below_m, bank_deg;
    bool ease, follows;
    double height_m[SAMPLES + 1]; /* where it follows a terrain: by equal distances */
    double turn[SAMPLES + 1];     /* of the path, -1..1: right is positive */
};

/* --- orbit --------------------------------------------------------------------------------------- */

static void sin_cos_deg(double degrees, double *s, double *c) {
    double radians = fmod(degrees, 360.0) * (pi / 180.0);
    *s = orr_sin40(radians);
    *c = orr_cos40(radians);
}

orr_status orr_rig_orbit(const orr_orbit_params *params, orr_rig **out, orr_error *err) {
    *out = NULL;
    if (!(params->radius_m > 0) || !(params->duration_s > 0))
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "an orbit needs radius_m and duration_s above 0");
    orr_rig *rig = orr_calloc(1, sizeof *rig);
    if (!rig) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for an orbit");
    rig->orbit = true;
    rig->circle = *params;
    rig->duration_s = params->duration_s;
    if (params->has_elevation) { /* the circle's own radius and height */
        double s, c;
        sin_cos_deg(params->elevation_deg, &s, &c);
        rig->circle.height_m = params->radius_m * s;
        rig->circle.radius_m = params->radius_m * c;
    }
    rig->length_m = 2 * pi * rig->circle.radius_m * fabs(params->turns);
    *out = rig;
    return ORR_OK;
}

static void orbit_position(const orr_rig *rig, double t_s, double out_m[3]) {
    const orr_orbit_params *p = &rig->circle;
    double s, c;
    sin_cos_deg(p->start_deg + 360.0 * fmod(p->turns * t_s / p->duration_s, 1.0), &s, &c);
    out_m[0] = p->center_m[0] + p->radius_m * s;
    out_m[1] = p->center_m[1] + p->height_m;
    out_m[2] = p->center_m[2] - p->radius_m * c;
}

/* --- path: geometry ------------------------------------------------------------------------------ */

static double distance(const double a[3], const double b[3]) {
    double sum = 0;
    for (int i = 0; i < 3; i++) sum += (b[i] - a[i]) * (b[i] - a[i]);
    return sqrt(sum);
}

static void bezier(const segment *s, double u, double out[3]) {
    double v = 1 - u;
    for (int i = 0; i < 3; i++)
        out[i] = v * v * v * s->b[0][i] + 3 * v * v * u * s->b[1][i] + 3 * v * u * u * s->b[2][i] +
                 u * u * u * s->b[3][i];
}

/* The inner control point beside `p1` of a centripetal Catmull-Rom segment p1 p2, with p0 before it (Yuksel,
 * Schaefer, Keyser 2011, in Bezier form). */
static void inner_point(const double p0[3], const double p1[3], const double p2[3], double out[3]) {
    double d1 = distance(p0, p1), d2 = distance(p1, p2), r1 = sqrt(d1), r2 = sqrt(d2);
    for (int i = 0; i < 3; i++)
        out[i] = (d1 * p2[i] - d2 * p0[i] + (2 * d1 + 3 * r1 * r2 + d2) * p1[i]) / (3 * r1 * (r1 + r2));
}

static void catmull_rom(const double (*p)[3], uint32_t count, uint32_t k, segment *s) {
    double before[3], after[3]; /* beyond the ends the path goes straight on */
    for (int i = 0; i < 3; i++) {
        before[i] = k ? p[k - 1][i] : 2 * p[0][i] - p[1][i];
        after[i] = k + 2 < count ? p[k + 2][i] : 2 * p[k + 1][i] - p[k][i];
    }
    memcpy(s->b[0], p[k], sizeof s->b[0]);
    memcpy(s->b[3], p[k + 1], sizeof s->b[3]);
    inner_point(before, p[k], p[k + 1], s->b[1]);
    inner_point(after, p[k + 1], p[k], s->b[2]);
}

static void make_segment(const orr_path_params *params, uint32_t k, segment *s) {
    const double(*p)[3] = params->points_m;
    switch (params->curve) {
    case ORR_PATH_BEZIER:
        memcpy(s->b, p[3 * k], sizeof s->b);
        break;
    case ORR_PATH_LINEAR:
        for (int j = 0; j < 4; j++)
            for (int i = 0; i < 3; i++) s->b[j][i] = p[k][i] + (p[k + 1][i] - p[k][i]) * j / 3.0;
        break;
    default:
        catmull_rom(p, params->point_count, k, s);
    }
}

static void measure(orr_rig *rig) {
    double from[3], to[3], sum = 0;
    bezier(&rig->segments[0], 0, from);
    for (uint32_t k = 0; k < rig->segment_count; k++) {
        for (uint32_t j = 0; j < STEPS; j++) {
            bezier(&rig->segments[k], (j + 1) / (double)STEPS, to);
            sum += distance(from, to);
            rig->lengths[k * STEPS + j + 1] = sum;
            memcpy(from, to, sizeof from);
        }
    }
    rig->length_m = sum;
}

/* The curve's own point at a distance from its start; straight on beyond its ends. */
static void point_at(const orr_rig *rig, double s, double out[3]) {
    double inside = s < 0 ? 0 : s > rig->length_m ? rig->length_m : s;
    uint32_t low = 0, high = rig->segment_count * STEPS;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (rig->lengths[middle] <= inside)
            low = middle;
        else
            high = middle;
    }
    double span = rig->lengths[low + 1] - rig->lengths[low];
    double u = span > 0 ? (inside - rig->lengths[low]) / span : 0;
    bezier(&rig->segments[low / STEPS], (low % STEPS + u) / STEPS, out);
    if (inside - s == 0) return;
    double back[3], step = rig->length_m * 1e-4;
    point_at(rig, s < 0 ? step : rig->length_m - step, back);
    double reach = fabs(s - inside) / distance(back, out);
    for (int i = 0; i < 3; i++) out[i] += (out[i] - back[i]) * reach;
}

/* --- path: what is sampled along it -------------------------------------------------------------- */

/* Cubic interpolation of samples at equal distances. */
static double sampled(const orr_rig *rig, const double *samples, double s) {
    double x = s / rig->length_m * SAMPLES;
    x = x < 0 ? 0 : x > SAMPLES ? SAMPLES : x;
    int i = x >= SAMPLES ? SAMPLES - 1 : (int)x;
    double u = x - i, a = samples[i], b = samples[i + 1];
    double slope_a = i ? (b - samples[i - 1]) / 2 : b - a,
           slope_b = i + 2 <= SAMPLES ? (samples[i + 2] - a) / 2 : b - a;
    double v = 1 - u;
    return a * v * v * (1 + 2 * u) + b * u * u * (3 - 2 * u) + u * v * (slope_a * v - slope_b * u);
}

/* Means over a window of raised-cosine weights, half width `half` samples. */
static void smooth(const double *in, double *out, int half) {
    for (int i = 0; i <= SAMPLES; i++) {
        double sum = 0, weights = 0;
        for (int k = -half; k <= half; k++) {
            int j = i + k < 0 ? 0 : i + k > SAMPLES ? SAMPLES : i + k;
            double x = k / (double)(half + 1), w = (1 - x * x) * (1 - x * x);
            sum += w * in[j];
            weights += w;
        }
        out[i] = sum / weights;
    }
}

/* Heights that clear the ground: the highest ground within the window, then the mean over the same window,
 * which is nowhere below the ground it started from. */
static orr_status follow_ground(orr_rig *rig, const orr_path_params *params, int half, orr_error *err) {
    double ground[SAMPLES + 1], highest[SAMPLES + 1], known = 0;
    int first = -1;
    for (int i = 0; i <= SAMPLES; i++) {
        double p[3], height = 0;
        point_at(rig, rig->length_m * i / SAMPLES, p);
        if (params->ground(params->context, p[0], p[2], &height)) {
            known = height + params->clearance_m;
            if (first < 0) first = i;
        }
        ground[i] = known; /* off the terrain: as at its edge */
        if (!params->flat && ground[i] < p[1]) ground[i] = p[1];
    }
    if (first < 0) return orr_fail(err, ORR_E_ARGUMENT, NULL, "no part of the path is over the terrain");
    for (int i = 0; i < first; i++) ground[i] = ground[first];
    for (int i = 0; i <= SAMPLES; i++) {
        highest[i] = ground[i];
        for (int j = i - half; j <= i + half; j++)
            if (j >= 0 && j <= SAMPLES && ground[j] > highest[i]) highest[i] = ground[j];
    }
    smooth(highest, rig->height_m, half);
    rig->follows = true;
    return ORR_OK;
}

/* How sharply the path turns, as a share of its sharpest turn. */
static void find_turns(orr_rig *rig, int half) {
    double turns[SAMPLES + 1], a[3], b[3], c[3], most = 0, step = rig->length_m / SAMPLES;
    for (int i = 0; i <= SAMPLES; i++) {
        point_at(rig, (i - 1) * step, a);
        point_at(rig, i * step, b);
        point_at(rig, (i + 1) * step, c);
        double x1 = b[0] - a[0], z1 = b[2] - a[2], x2 = c[0] - b[0], z2 = c[2] - b[2];
        double lengths = sqrt((x1 * x1 + z1 * z1) * (x2 * x2 + z2 * z2));
        turns[i] = lengths > 0 ? (x1 * z2 - z1 * x2) / lengths : 0;
    }
    smooth(turns, rig->turn, half);
    for (int i = 0; i <= SAMPLES; i++) most = fabs(rig->turn[i]) > most ? fabs(rig->turn[i]) : most;
    for (int i = 0; i <= SAMPLES; i++) rig->turn[i] = most > 1e-9 ? rig->turn[i] / most : 0;
}

/* --- path: creation ------------------------------------------------------------------------------ */

static orr_status check_path(const orr_path_params *params, orr_error *err) {
    uint32_t n = params->point_count;
    if (n < 2 || n > MAX_POINTS)
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "a path has 2 to %d points, not %u", MAX_POINTS, n);
    if (params->curve == ORR_PATH_BEZIER && n % 3 != 1)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "a bezier path has 4, 7, 10 … points (ends and two handles each), not %u", n);
    if (!(params->duration_s > 0))
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "a path needs duration_s above 0");
    for (uint32_t i = 0; i + 1 < n && params->curve != ORR_PATH_BEZIER; i++)
        if (!(distance(params->points_m[i], params->points_m[i + 1]) > 0))
            return orr_fail(err, ORR_E_ARGUMENT, NULL, "points %u and %u of the path are the same", i + 1,
                            i + 2);
    return ORR_OK;
}

orr_status orr_rig_path(const orr_path_params *params, orr_rig **out, orr_error *err) {
    *out = NULL;
    orr_status status = check_path(params, err);
    if (status != ORR_OK) return status;
    uint32_t count =
        params->curve == ORR_PATH_BEZIER ? (params->point_count - 1) / 3 : params->point_count - 1;
    orr_rig *rig = orr_calloc(1, sizeof *rig);
    if (rig) rig->segments = orr_calloc(count, sizeof *rig->segments);
    if (rig) rig->lengths = orr_calloc((size_t)count * STEPS + 1, sizeof *rig->lengths);
    if (!rig || !rig->segments || !rig->lengths) {
        orr_rig_destroy(&rig);
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a path");
    }
    rig->segment_count = count;
    for (uint32_t k = 0; k < count; k++) make_segment(params, k, &rig->segments[k]);
    measure(rig);
    rig->duration_s = params->duration_s;
    rig->ease = params->ease != 0;
    rig->bank_deg = params->bank_deg;
    rig->look_below_m = params->look_below_m;
    rig->look_ahead_m = params->look_ahead_s * rig->length_m / params->duration_s;
    double window = params->smooth_m > 0 ? params->smooth_m : rig->length_m / 12;
    int half = (int)(window / rig->length_m * SAMPLES / 2);
    half = half < 1 ? 1 : half > SAMPLES ? SAMPLES : half;
    if (!(rig->length_m > 0)) status = orr_fail(err, ORR_E_ARGUMENT, NULL, "the path has no length");
    if (status == ORR_OK) find_turns(rig, half);
    if (status == ORR_OK && params->ground) status = follow_ground(rig, params, half, err);
    if (status != ORR_OK) orr_rig_destroy(&rig);
    *out = rig;
    return status;
}

void orr_rig_destroy(orr_rig **rig_) {
    orr_rig *rig = *rig_;
    *rig_ = NULL;
    if (!rig) return;
    free(rig->segments);
    free(rig->lengths);
    free(rig);
}

/* --- evaluation ---------------------------------------------------------------------------------- */

static double way(const orr_rig *rig, double t_s) {
    double x = t_s / rig->duration_s;
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    return rig->length_m * (rig->ease ? x * x * (3 - 2 * x) : x);
}

static void path_point(const orr_rig *rig, double s, double out_m[3]) {
    point_at(rig, s, out_m);
    if (rig->follows) out_m[1] = sampled(rig, rig->height_m, s);
}

void orr_rig_position(const orr_rig *rig, double t_s, double out_m[3]) {
    if (rig->orbit)
        orbit_position(rig, t_s, out_m);
    else
        path_point(rig, way(rig, t_s), out_m);
}

void orr_rig_look_at(const orr_rig *rig, double t_s, double out_m[3]) {
    if (rig->orbit) {
        memcpy(out_m, rig->circle.center_m, sizeof rig->circle.center_m);
        return;
    }
    double ahead = rig->look_ahead_m > 0 ? rig->look_ahead_m : rig->length_m * 1e-3;
    path_point(rig, way(rig, t_s) + ahead, out_m);
    out_m[1] -= rig->look_below_m;
}

double orr_rig_roll_deg(const orr_rig *rig, double t_s) {
    return rig->orbit ? 0 : rig->bank_deg * sampled(rig, rig->turn, way(rig, t_s));
}

double orr_rig_duration_s(const orr_rig *rig) {
    return rig->duration_s;
}
double orr_rig_length_m(const orr_rig *rig) {
    return rig->length_m;
}
