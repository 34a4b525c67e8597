/* The lines of gizmos: from lights of a pose to pixels. */
#include <string.h>

#include "base/round.h"
#include "render/gizmos.h"

enum { CIRCLE_STEPS = 48, EDGE_PX = 4 }; /* EDGE_PX: how far beyond the picture lines are kept */
static const double far_away_m = 1e7;    /* where a body of the sky is drawn */

static const float white[3] = {0.9f, 0.9f, 0.9f}, yellow[3] = {1.0f, 0.72f, 0.05f},
                   orange[3] = {1.0f, 0.3f, 0.02f}, cyan[3] = {0.05f, 0.6f, 0.9f},
                   pale[3] = {0.45f, 0.55f, 0.9f};
static const float axis_colours[3][3] = {{0.9f, 0.06f, 0.06f}, {0.1f, 0.7f, 0.08f}, {0.06f, 0.2f, 1.0f}};

typedef struct drawer {
    const orr_gizmo_view *view;
    orr_arena *arena;
    orr_gizmo_line *lines;
    uint32_t count, capacity;
    bool no_memory;
} drawer;

static void add(double out[3], const double a[3], double k, const double b[3]) { /* a + k b */
    for (int i = 0; i < 3; i++) out[i] = a[i] + k * b[i];
}

/* --- from the world to pixels ---------------------------------------------------------------------- */

static void put_line(drawer *d, const orr_gizmo_line *line) {
    if (d->count == d->capacity) {
        uint32_t wanted = d->capacity ? d->capacity * 2 : 256;
        orr_gizmo_line *larger = ORR_ARENA_NEW(d->arena, orr_gizmo_line, wanted);
        if (!larger) {
            d->no_memory = true;
            return;
        }
        if (d->count) memcpy(larger, d->lines, d->count * sizeof *larger);
        d->lines = larger, d->capacity = wanted;
    }
    d->lines[d->count++] = *line;
}

static void to_clip(const double m[16], const double p[3], double out[4]) {
    for (int row = 0; row < 4; row++)
        out[row] = m[row] * p[0] + m[4 + row] * p[1] + m[8 + row] * p[2] + m[12 + row];
}

/* Distance to the planes that lines are cut at, negative outside: the near one, then the picture's edges. */
static void distances(const drawer *d, const double c[4], double out[5]) {
    double wide = 1.0 + 2.0 * EDGE_PX / d->view->width, high = 1.0 + 2.0 * EDGE_PX / d->view->height;
    out[0] = c[3] - c[2];
    out[1] = wide * c[3] - c[0], out[2] = wide * c[3] + c[0];
    out[3] = high * c[3] - c[1], out[4] = high * c[3] + c[1];
}

/* A line of the world, relative to the camera. Cut in clip space (Blinn & Newell 1978), before the division.
 */
static void draw(drawer *d, const double a[3], const double b[3], const float colour[3], double width_px) {
    double ca[4], cb[4], da[5], db[5], begin = 0.0, end = 1.0;
    to_clip(d->view->view_proj, a, ca), to_clip(d->view->view_proj, b, cb);
    distances(d, ca, da), distances(d, cb, db);
    for (int i = 0; i < 5; i++) {
        if (da[i] < 0.0 && db[i] < 0.0) return;
        if (da[i] < 0.0) begin = fmax(begin, da[i] / (da[i] - db[i]));
        if (db[i] < 0.0) end = fmin(end, da[i] / (da[i] - db[i]));
    }
    if (!(begin <= end)) return; /* aside of a corner, or no number */
    orr_gizmo_line line = {.half_width_px = (float)(0.5 * width_px)};
    memcpy(line.colour, colour, sizeof line.colour);
    float *const out[2] = {line.from, line.to};
    const double at[2] = {begin, end};
    for (int i = 0; i < 2; i++) {
        double w = ca[3] + at[i] * (cb[3] - ca[3]);
        double x = (ca[0] + at[i] * (cb[0] - ca[0])) / w, y = (ca[1] + at[i] * (cb[1] - ca[1])) / w;
        out[i][0] = (float)((0.5 + 0.5 * x) * d->view->width);
        out[i][1] = (float)((0.5 - 0.5 * y) * d->view->height);
    }
    put_line(d, &line);
}

/* Metres at a point that are `size` of the picture's height. */
static double symbol_m(const drawer *d, const double p[3]) {
    const orr_pose_camera *c = &d->view->pose->camera;
    double depth = c->ortho_height_m > 0.0 ? 1.0 : fmax(orr_dot3(p, c->forward), c->near_m);
    return 2.0 * d->view->half_y * depth * d->view->size;
}

/* --- shapes ------------------------------------------------------------------------------------------ */

static void circle(drawer *d, const double centre[3], const double x[3], const double y[3],
                   const float colour[3], double width_px) {
    double last[3] = {0}, here[3];
    for (int i = 0; i <= CIRCLE_STEPS; i++) {
        double angle = 2.0 * ORR_PI * (i % CIRCLE_STEPS) / CIRCLE_STEPS;
        add(here, centre, orr_cos40(angle), x), add(here, here, orr_sin40(angle), y);
        if (i) draw(d, last, here, colour, width_px);
        memcpy(last, here, sizeof last);
    }
}

static void ball(drawer *d, const double centre[3], double radius, const float colour[3], double width_px) {
    const double x[3] = {radius, 0, 0}, y[3] = {0, radius, 0}, z[3] = {0, 0, radius};
    circle(d, centre, x, y, colour, width_px);
    circle(d, centre, y, z, colour, width_px);
    circle(d, centre, z, x, colour, width_px);
}

/* Two unit vectors across a third, always the same. */
static void across(const double along[3], double x[3], double y[3]) {
    const double up[3] = {0, 1, 0}, north[3] = {0, 0, -1};
    orr_cross3(along, fabs(along[1]) < 0.999 ? up : north, x);
    orr_normalize3(x);
    orr_cross3(x, along, y);
}

static void arrow(drawer *d, const double tail[3], const double along[3], double length,
                  const float colour[3]) {
    double head[3], x[3], y[3], back[3], barb[3];
    add(head, tail, length, along);
    draw(d, tail, head, colour, 2.0);
    across(along, x, y);
    add(back, head, -0.25 * length, along);
    for (int i = 0; i < 4; i++) {
        add(barb, back, (i & 1 ? 0.12 : -0.12) * length, i & 2 ? x : y);
        draw(d, head, barb, colour, 2.0);
    }
}

static void triad(drawer *d, const double at[3], double axes[3][3], double length) {
    for (int i = 0; i < 3; i++) {
        double end[3];
        add(end, at, length, axes[i]);
        draw(d, at, end, axis_colours[i], 1.5);
    }
}

/* --- lights ------------------------------------------------------------------------------------------ */

static void cone(drawer *d, const orr_pose_light *l, const double at[3], double length) {
    double x[3], y[3];
    across(l->direction, x, y);
    for (int inner = 0; inner < 2; inner++) {
        double c = inner ? l->cos_inner : l->cos_outer, s = sqrt(fmax(1.0 - c * c, 0.0)), rim[3], rx[3],
               ry[3];
        add(rim, at, length * c, l->direction);
        for (int k = 0; k < 3; k++) rx[k] = length * s * x[k], ry[k] = length * s * y[k];
        circle(d, rim, rx, ry, inner ? yellow : orange, inner ? 1.0 : 1.5);
        for (int side = 0; !inner && side < 4; side++) {
            double end[3];
            add(end, rim, side & 1 ? 1.0 : -1.0, side & 2 ? rx : ry);
            draw(d, at, end, orange, 1.5);
        }
    }
}

static void outline(drawer *d, const orr_pose_light *l, const double at[3]) {
    double corner[4][3];
    switch (l->shape) {
    case ORR_LIGHT_RECT:
        for (int i = 0; i < 4; i++) {
            add(corner[i], at, i == 0 || i == 3 ? -1.0 : 1.0, l->axis_x);
            add(corner[i], corner[i], i < 2 ? -1.0 : 1.0, l->axis_y);
        }
        for (int i = 0; i < 4; i++) draw(d, corner[i], corner[(i + 1) % 4], yellow, 2.0);
        break;
    case ORR_LIGHT_DISC:
        circle(d, at, l->axis_x, l->axis_y, yellow, 2.0);
        break;
    case ORR_LIGHT_SPHERE:
        ball(d, at, l->axis_x[0], yellow, 1.5);
        break;
    case ORR_LIGHT_TRIANGLE:
        memcpy(corner[0], at, sizeof corner[0]);
        add(corner[1], at, 1.0, l->axis_x), add(corner[2], at, 1.0, l->axis_y);
        for (int i = 0; i < 3; i++) draw(d, corner[i], corner[(i + 1) % 3], yellow, 1.0);
        break;
    default:
        break;
    }
}

/* The axes of a light, -Z where it shines; those of the world where it has no direction. */
static void light_axes(const orr_pose_light *l, double axes[3][3]) {
    bool flat = l->shape == ORR_LIGHT_RECT || l->shape == ORR_LIGHT_DISC;
    memset(axes, 0, 9 * sizeof(double));
    for (int i = 0; i < 3; i++) axes[i][i] = 1.0;
    if (!flat && l->cos_outer <= -2.0) return;
    across(l->direction, axes[0], axes[1]);
    if (flat) {
        memcpy(axes[0], l->axis_x, sizeof axes[0]), memcpy(axes[1], l->axis_y, sizeof axes[1]);
        orr_normalize3(axes[0]), orr_normalize3(axes[1]);
    }
    for (int k = 0; k < 3; k++) axes[2][k] = -l->direction[k];
}

static void local_light(drawer *d, const orr_pose_light *l) {
    uint32_t kinds = d->view->kinds;
    bool spot = l->cos_outer > -2.0, flat = l->shape == ORR_LIGHT_RECT || l->shape == ORR_LIGHT_DISC;
    double at[3], axes[3][3];
    add(at, l->position_m, -1.0, d->view->pose->camera.position_m);
    double size = symbol_m(d, at);
    if (kinds & ORR_GIZMO_SHAPE) outline(d, l, at);
    if (l->shape == ORR_LIGHT_TRIANGLE) return; /* one of a mesh's many: its outline says it all */
    if ((kinds & ORR_GIZMO_RANGE) && l->range_m > 0.0) ball(d, at, l->range_m, cyan, 1.0);
    if ((kinds & ORR_GIZMO_CONE) && spot) cone(d, l, at, l->range_m > 0.0 ? l->range_m : 2.0 * size);
    if (kinds & ORR_GIZMO_AXES) light_axes(l, axes), triad(d, at, axes, 0.6 * size);
    if ((kinds & ORR_GIZMO_DIRECTION) && (spot || flat)) arrow(d, at, l->direction, size, yellow);
    for (int k = 0; (kinds & ORR_GIZMO_POSITION) && k < 3; k++) {
        double ends[2][3];
        for (int e = 0; e < 2; e++)
            for (int i = 0; i < 3; i++) ends[e][i] = at[i] + (i == k ? (e ? 0.2 : -0.2) * size : 0.0);
        draw(d, ends[0], ends[1], white, 1.5);
    }
}

/* --- what shines from afar: symbols in a row at the lower left, and bodies of the sky where they stand ---
 */

/* The middle of place `i` of the row, on a plane before the camera. */
static void place_in_row(const drawer *d, int i, double out[3]) {
    const orr_gizmo_view *v = d->view;
    const orr_pose_camera *c = &v->pose->camera;
    double depth = 10.0 * c->near_m, half_y = v->half_y * (c->ortho_height_m > 0.0 ? 1.0 : depth),
           step = 2.0 * half_y * v->size, half_x = half_y * v->width / v->height;
    for (int k = 0; k < 3; k++)
        out[k] = c->forward[k] * depth + c->right[k] * (step * (1.0 + 1.5 * i) - half_x) +
                 c->up[k] * (step - half_y);
}

static void from_afar(drawer *d, int *row, const double towards[3], const float colour[3]) {
    if (!(d->view->kinds & ORR_GIZMO_DIRECTION)) return;
    double middle[3], tail[3], along[3];
    place_in_row(d, (*row)++, middle);
    double size = symbol_m(d, middle);
    add(tail, middle, 0.6 * size, towards);
    for (int k = 0; k < 3; k++) along[k] = -towards[k];
    arrow(d, tail, along, 1.2 * size, colour);
}

/* Its disk, or a ring around it when that would be too small to see. Nothing is far away for parallel rays.
 */
static void body(drawer *d, const double towards[3], double diameter_deg, const float colour[3]) {
    if (!(d->view->kinds & ORR_GIZMO_POSITION) || d->view->pose->camera.ortho_height_m > 0.0) return;
    double centre[3] = {0, 0, 0}, x[3], y[3];
    add(centre, centre, far_away_m, towards);
    double radius = fmax(far_away_m * orr_tan40(diameter_deg * (ORR_PI / 360.0)), 0.25 * symbol_m(d, centre));
    across(towards, x, y);
    for (int k = 0; k < 3; k++) x[k] *= radius, y[k] *= radius;
    circle(d, centre, x, y, colour, 2.0);
}

static void sky(drawer *d) {
    const orr_pose *pose = d->view->pose;
    int row = 0;
    if (d->view->kinds & ORR_GIZMO_AXES) {
        double world[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
        double at[3];
        place_in_row(d, row++, at);
        triad(d, at, world, 0.6 * symbol_m(d, at));
    }
    if (pose->has_sun) {
        from_afar(d, &row, pose->sun_direction, yellow);
        body(d, pose->sun_direction, pose->sun.angular_diameter_deg, yellow);
    }
    if (pose->has_moon) {
        from_afar(d, &row, pose->moon_direction, pale);
        body(d, pose->moon_direction, pose->moon.angular_diameter_deg, pale);
    }
    for (uint32_t i = 0; i < pose->light_count; i++) {
        if (pose->lights[i].shape != ORR_LIGHT_FROM_AFAR || pose->lights[i].through_air)
            continue; /* the moon's */
        double towards[3] = {0, 0, 0};
        add(towards, towards, -1.0, pose->lights[i].direction);
        from_afar(d, &row, towards, orange);
    }
}

orr_status orr_gizmos_lines(const orr_gizmo_view *view, orr_arena *arena, orr_gizmo_line **lines,
                            uint32_t *count, orr_error *err) {
    drawer d = {.view = view, .arena = arena};
    for (uint32_t i = 0; i < view->pose->light_count; i++)
        if (view->pose->lights[i].shape != ORR_LIGHT_FROM_AFAR) local_light(&d, &view->pose->lights[i]);
    sky(&d);
    *lines = d.lines, *count = d.count;
    return d.no_memory ? orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the lines of gizmos") : ORR_OK;
}
