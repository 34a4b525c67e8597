/* Procedural meshes. Two builders do nearly all of it: `grid` (rows and columns of vertices from a function)
 * and the lathe, which is a grid of a profile turned round the axis. Angles are taken modulo a full turn by
 * index, so that seams close exactly. */
#include "resource/primitive.h"

#include <math.h>
#include <string.h>

#include "base/round.h"
#include "resource/vertex.h"

static const double turn = 6.283185307179586, size_limit_m = 1e6;
static const uint32_t vertex_limit = 1u << 25;

typedef struct builder {
    orr_mesh_data *mesh;
    uint64_t vertex_capacity, index_capacity;
    const char *shape;
    orr_error *err;
    orr_status status; /* the first failure stays */
} builder;

/* --- parameters ----------------------------------------------------------------------------------- */
static double size_or(builder *b, double value, double fallback, const char *name) {
    if (value == 0) return fallback;
    if (value > 0 && value <= size_limit_m) return value;
    if (b->status == ORR_OK)
        b->status =
            orr_fail(b->err, ORR_E_OUT_OF_RANGE, NULL, "%s: %s is %g; it must be above 0 and at most %g",
                     b->shape, name, value, size_limit_m);
    return fallback;
}

static uint32_t count_or(builder *b, uint32_t value, uint32_t fallback, uint32_t low, const char *name) {
    uint32_t count = value ? value : fallback;
    if (count >= low && count <= 65536) return count;
    if (b->status == ORR_OK)
        b->status = orr_fail(b->err, ORR_E_OUT_OF_RANGE, NULL, "%s: %s is %u; it must be in %u..65536",
                             b->shape, name, count, low);
    return fallback;
}

static void refuse(builder *b, bool wrong, const char *what) {
    if (wrong && b->status == ORR_OK)
        b->status = orr_fail(b->err, ORR_E_OUT_OF_RANGE, NULL, "%s: %s", b->shape, what);
}

static builder builder_for(orr_mesh_data *out, const char *shape, orr_error *err) {
    *out = (orr_mesh_data){0};
    return (builder){.mesh = out, .shape = shape, .err = err};
}

static bool reserve(builder *b, orr_arena *arena, uint64_t vertices, uint64_t triangles) {
    if (b->status != ORR_OK) return false;
    if (vertices > vertex_limit || triangles > 2 * (uint64_t)vertex_limit) {
        b->status = orr_fail(b->err, ORR_E_LIMIT, NULL,
                             "%s: it would have %llu vertices; the limit is %u: use fewer segments", b->shape,
                             (unsigned long long)vertices, vertex_limit);
        return false;
    }
    b->vertex_capacity = vertices;
    b->index_capacity = 3 * triangles;
    b->mesh->vertices = ORR_ARENA_NEW(arena, orr_vertex, (size_t)vertices);
    b->mesh->indices = ORR_ARENA_NEW(arena, uint32_t, 3 * (size_t)triangles);
    if (!b->mesh->vertices || !b->mesh->indices)
        b->status = orr_fail(b->err, ORR_E_MEMORY, NULL, "%s: out of memory for %llu vertices", b->shape,
                             (unsigned long long)vertices);
    return b->status == ORR_OK;
}

static orr_status finish(builder *b) {
    if (b->status != ORR_OK) *b->mesh = (orr_mesh_data){0};
    return b->status;
}

/* --- vertices and grids --------------------------------------------------------------------------- */
typedef struct point { /* the tangent follows u; the normal is unit */
    double position[3], normal[3], tangent[3], uv[2];
} point;

static void add_vertex(builder *b, const point *p) {
    if (b->mesh->vertex_count >= b->vertex_capacity) return; /* cannot be: capacities are computed before */
    orr_vertex *v = &b->mesh->vertices[b->mesh->vertex_count++];
    float normal[3], tangent[3];
    double along = 0;
    for (int k = 0; k < 3; k++) along += p->normal[k] * p->tangent[k];
    for (int k = 0; k < 3; k++) {
        v->position[k] = (float)p->position[k];
        normal[k] = (float)p->normal[k];
        tangent[k] = (float)(p->tangent[k] - along * p->normal[k]);
    }
    v->normal_oct = orr_pack_normal(normal);
    v->tangent_oct = orr_pack_tangent(tangent, 1);
    v->uv0[0] = (float)p->uv[0];
    v->uv0[1] = (float)p->uv[1];
    v->colour_rgba8 = 0xffffffff;
}

static bool same_place(const orr_vertex *a, const orr_vertex *b) {
    return a->position[0] == b->position[0] && a->position[1] == b->position[1] &&
           a->position[2] == b->position[2];
}

/* Triangles without area (at poles) are left out. */
static void add_triangle(builder *b, uint32_t i, uint32_t j, uint32_t k) {
    const orr_vertex *v = b->mesh->vertices;
    if (same_place(v + i, v + j) || same_place(v + j, v + k) || same_place(v + k, v + i)) return;
    if (b->mesh->index_count + 3 > b->index_capacity) return; /* cannot be */
    uint32_t *out = b->mesh->indices + b->mesh->index_count;
    out[0] = i, out[1] = j, out[2] = k;
    b->mesh->index_count += 3;
}

/* (columns + 1) * (rows + 1) vertices from `at`; column grows with u (to the right), row with v (downwards).
 */
static void grid(builder *b, uint32_t columns, uint32_t rows,
                 void (*at)(const void *shape, uint32_t column, uint32_t row, point *out),
                 const void *shape) {
    uint32_t first = b->mesh->vertex_count, stride = columns + 1;
    for (uint32_t row = 0; row <= rows; row++) {
        for (uint32_t column = 0; column <= columns; column++) {
            point p = {.uv = {(double)column / columns, (double)row / rows}};
            at(shape, column, row, &p);
            add_vertex(b, &p);
        }
    }
    for (uint32_t row = 0; row < rows; row++) {
        for (uint32_t column = 0; column < columns; column++) {
            uint32_t a = first + row * stride + column, below = a + stride;
            add_triangle(b, a, below, a + 1);
            add_triangle(b, a + 1, below, below + 1);
        }
    }
}

static uint64_t grid_vertices(uint64_t columns, uint64_t rows) {
    return (columns + 1) * (rows + 1);
}

/* --- plane, heightfield --------------------------------------------------------------------------- */
static void field_at(const void *shape, uint32_t column, uint32_t row, point *out) {
    const orr_heightfield_params *f = shape;
    const float *h = f->heights_m;
    uint32_t w = column > 0 ? column - 1 : 0, e = column + 1 < f->columns ? column + 1 : column;
    uint32_t n = row > 0 ? row - 1 : 0, s = row + 1 < f->rows ? row + 1 : row;
    size_t stride = f->columns;
    double dx = f->width_m / (f->columns - 1), dz = f->depth_m / (f->rows - 1);
    double slope_x = f->scale * ((double)h[row * stride + e] - (double)h[row * stride + w]) / ((e - w) * dx);
    double slope_z =
        f->scale * ((double)h[s * stride + column] - (double)h[n * stride + column]) / ((s - n) * dz);
    double length = sqrt(slope_x * slope_x + 1 + slope_z * slope_z), along = sqrt(1 + slope_x * slope_x);
    out->position[0] = f->width_m * (out->uv[0] - 0.5);
    out->position[1] = f->scale * h[row * stride + column];
    out->position[2] = f->depth_m * (out->uv[1] - 0.5);
    out->normal[0] = -slope_x / length;
    out->normal[1] = 1 / length;
    out->normal[2] = -slope_z / length;
    out->tangent[0] = 1 / along;
    out->tangent[1] = slope_x / along;
}

orr_status orr_mesh_heightfield(orr_arena *arena, const orr_heightfield_params *params, orr_mesh_data *out,
                                orr_error *err) {
    builder b = builder_for(out, "heightfield", err);
    orr_heightfield_params f = *params;
    f.width_m = size_or(&b, f.width_m, 1, "width_m");
    f.depth_m = size_or(&b, f.depth_m, 1, "depth_m");
    if (f.scale == 0) f.scale = 1;
    refuse(&b, !isfinite(f.scale) || fabs(f.scale) > size_limit_m, "scale must be finite, at most 1e6");
    refuse(&b,
           !f.heights_m || f.columns < 2 || f.rows < 2 || f.columns > vertex_limit || f.rows > vertex_limit,
           "it needs heights, at least 2 columns and 2 rows of them");
    if (!reserve(&b, arena, (uint64_t)f.columns * f.rows, 2 * (uint64_t)f.columns * f.rows))
        return finish(&b);
    for (size_t i = 0; i < (size_t)f.columns * f.rows; i++) {
        if (fabs((double)f.heights_m[i]) <= size_limit_m) continue;
        b.status =
            orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                     "heightfield: the height in row %zu, column %zu is %g; it must be finite, within 1e6",
                     i / f.columns, i % f.columns, (double)f.heights_m[i]);
        return finish(&b);
    }
    grid(&b, f.columns - 1, f.rows - 1, field_at, &f);
    return finish(&b);
}

static void plane_at(const void *shape, uint32_t column, uint32_t row, point *out) {
    (void)column;
    (void)row;
    const orr_plane_params *p = shape;
    out->position[0] = p->width_m * (out->uv[0] - 0.5);
    out->position[2] = p->depth_m * (out->uv[1] - 0.5);
    out->normal[1] = out->tangent[0] = 1;
}

orr_status orr_mesh_plane(orr_arena *arena, const orr_plane_params *params, orr_mesh_data *out,
                          orr_error *err) {
    builder b = builder_for(out, "plane", err);
    orr_plane_params p = *params;
    p.width_m = size_or(&b, p.width_m, 1, "width_m");
    p.depth_m = size_or(&b, p.depth_m, 1, "depth_m");
    p.columns = count_or(&b, p.columns, 1, 1, "columns");
    p.rows = count_or(&b, p.rows, 1, 1, "rows");
    if (reserve(&b, arena, grid_vertices(p.columns, p.rows), 2 * (uint64_t)p.columns * p.rows))
        grid(&b, p.columns, p.rows, plane_at, &p);
    return finish(&b);
}

/* --- box ------------------------------------------------------------------------------------------ */
typedef struct box_face {
    const orr_box_params *box;
    int axis[3];    /* normal, right, down */
    double sign[3]; /* of each */
} box_face;

/* Slope of the surface's direction at sample i of 2 * (segments + 1): -1..0 over the first edge, 0..1 over
 * the second. */
static double bevel_slope(uint32_t i, uint32_t segments) {
    uint32_t from_end = i <= segments ? segments - i : i - segments - 1;
    double slope = segments == 0 ? 0 : from_end == segments ? 1 : orr_tan40(turn / 8 * from_end / segments);
    return i <= segments ? -slope : slope;
}

static void box_at(const void *shape, uint32_t column, uint32_t row, point *out) {
    const box_face *f = shape;
    const orr_box_params *box = f->box;
    uint32_t segments = box->bevel_segments, sample[3] = {0, column, row};
    double direction[3], inner[3], squares = 0;
    for (int k = 0; k < 3; k++) {
        double slope = k == 0 ? 1 : bevel_slope(sample[k], segments),
               side = k > 0 && sample[k] <= segments ? -1 : 1;
        direction[f->axis[k]] = slope * f->sign[k];
        inner[f->axis[k]] = side * f->sign[k] * (box->size_m[f->axis[k]] / 2 - box->bevel_m);
    }
    for (int k = 0; k < 3; k++) squares += direction[k] * direction[k];
    for (int k = 0; k < 3; k++) {
        out->normal[k] = direction[k] / sqrt(squares);
        out->position[k] = inner[k] + box->bevel_m * out->normal[k];
    }
    for (int k = 1; k < 3; k++)
        out->uv[k - 1] = 0.5 + f->sign[k] * out->position[f->axis[k]] / box->size_m[f->axis[k]];
    out->tangent[f->axis[1]] = f->sign[1];
}

orr_status orr_mesh_box(orr_arena *arena, const orr_box_params *params, orr_mesh_data *out, orr_error *err) {
    static const char *const names[3] = {"size_m[0]", "size_m[1]", "size_m[2]"};
    static const struct {
        int axis[3];
        double sign[3];
    } faces[6] = {{{2, 0, 1}, {1, 1, -1}},  {{2, 0, 1}, {-1, -1, -1}}, {{0, 2, 1}, {1, -1, -1}},
                  {{0, 2, 1}, {-1, 1, -1}}, {{1, 0, 2}, {1, 1, 1}},    {{1, 0, 2}, {-1, 1, -1}}};
    builder b = builder_for(out, "box", err);
    orr_box_params box = *params;
    double smallest = size_limit_m;
    for (int k = 0; k < 3; k++)
        smallest = fmin(smallest, box.size_m[k] = size_or(&b, box.size_m[k], 1, names[k]));
    refuse(&b, !(box.bevel_m >= 0 && box.bevel_m < smallest / 2),
           "bevel_m must be at least 0 and less than half the smallest side");
    box.bevel_segments = box.bevel_m > 0 ? count_or(&b, box.bevel_segments, 4, 1, "bevel_segments") : 0;
    uint32_t quads = 2 * box.bevel_segments + 1;
    if (!reserve(&b, arena, 6 * grid_vertices(quads, quads), 12 * (uint64_t)quads * quads)) return finish(&b);
    for (int i = 0; i < 6; i++) {
        box_face face = {.box = &box};
        memcpy(face.axis, faces[i].axis, sizeof face.axis);
        memcpy(face.sign, faces[i].sign, sizeof face.sign);
        grid(&b, quads, quads, box_at, &face);
    }
    return finish(&b);
}

/* --- lathe ---------------------------------------------------------------------------------------- */
typedef struct lathe_row { /* one circle of vertices */
    double r, y, normal_r, normal_y, v;
} lathe_row;
typedef struct lathe {
    const lathe_row *rows;
    uint32_t segments;
} lathe;

static void lathe_at(const void *shape, uint32_t column, uint32_t row, point *out) {
    const lathe *l = shape;
    const lathe_row *at = &l->rows[row];
    double angle = turn * (column % l->segments) / l->segments, s = orr_sin40(angle), c = orr_cos40(angle);
    out->position[0] = at->r * s;
    out->position[1] = at->y;
    out->position[2] = at->r * c;
    out->normal[0] = at->normal_r * s;
    out->normal[1] = at->normal_y;
    out->normal[2] = at->normal_r * c;
    out->tangent[0] = c;
    out->tangent[2] = -s;
    out->uv[1] = at->v;
}

/* Unit direction from a to b in the profile's plane; false when they are one point. */
static bool direction(const double a[2], const double b[2], double out[2]) {
    double x = b[0] - a[0], y = b[1] - a[1], length = sqrt(x * x + y * y);
    if (!(length > 0)) return false;
    out[0] = x / length;
    out[1] = y / length;
    return true;
}

typedef struct profile { /* what a lathe turns: checked points, and how sharp its corners may be */
    const double (*points)[2];
    uint32_t count, segments;
    bool closed;
    double crease_rad;
} profile;

/* The directions in which the profile comes to and leaves point i. At an open end the one there is stands for
 * both; on the axis the surface goes on beyond it, as the profile's mirror image. */
static void directions_at(const profile *p, uint32_t i, double in[2], double out[2]) {
    uint32_t last = p->count - 1;
    bool has_in = i > 0 || p->closed, has_out = i < last || p->closed;
    if (has_in) (void)direction(p->points[i > 0 ? i - 1 : last], p->points[i], in);
    if (has_out) (void)direction(p->points[i], p->points[i < last ? i + 1 : 0], out);
    double mirror = p->points[i][0] == 0 ? -1 : 1;
    if (!has_in) in[0] = out[0], in[1] = mirror * out[1];
    if (!has_out) out[0] = in[0], out[1] = mirror * in[1];
}

static lathe_row row_facing(const profile *p, uint32_t i, const double along[2]) {
    return (lathe_row){
        .r = p->points[i][0], .y = p->points[i][1], .normal_r = -along[1], .normal_y = along[0]};
}

/* The rows of one smooth run, from point `first` to where the profile bends sharply or ends; v runs 0..1
 * along it. `rows` has room for all. Returns the number of rows, at least 2. */
static uint32_t smooth_run(const profile *p, uint32_t first, lathe_row *rows) {
    uint32_t made = 0, total = p->count + p->closed; /* a closed profile comes back to point 0 */
    double length = 0, limit = orr_cos40(p->crease_rad) - 1e-9;
    for (uint32_t k = first; k < total; k++) {
        uint32_t i = k % p->count;
        double in[2] = {0}, out[2] = {0}, middle[2];
        directions_at(p, i, in, out);
        bool smooth = in[0] * out[0] + in[1] * out[1] >= limit;
        const double sum[2] = {in[0] + out[0], in[1] + out[1]}, zero[2] = {0, 0};
        bool starts = k == first, ends = k == total - 1 || (!starts && !smooth);
        if (!smooth || !direction(zero, sum, middle)) memcpy(middle, starts ? out : in, sizeof middle);
        rows[made] = row_facing(p, i, middle);
        if (made) length += orr_hypot40(rows[made].r - rows[made - 1].r, rows[made].y - rows[made - 1].y);
        rows[made++].v = length;
        if (ends && !starts) break;
    }
    for (uint32_t i = 0; i < made && length > 0; i++) rows[i].v /= length;
    return made;
}

static void turn_profile(builder *b, orr_arena *arena, const profile *p) {
    uint32_t spans = p->count - 1 + p->closed, row_count = 0;
    orr_arena temporary = {0};
    lathe_row *rows = ORR_ARENA_NEW(&temporary, lathe_row, (size_t)spans + 1);
    if (!rows) b->status = orr_fail(b->err, ORR_E_MEMORY, NULL, "%s: out of memory", b->shape);
    for (uint32_t at = 0, made; rows && at < spans; at += made - 1)
        row_count += made = smooth_run(p, at, rows);
    if (reserve(b, arena, (uint64_t)row_count * (p->segments + 1), 2 * (uint64_t)spans * p->segments)) {
        for (uint32_t at = 0, made; at < spans; at += made - 1) {
            made = smooth_run(p, at, rows);
            grid(b, p->segments, made - 1, lathe_at, &(lathe){.rows = rows, .segments = p->segments});
        }
    }
    orr_arena_free(&temporary);
}

orr_status orr_mesh_lathe(orr_arena *arena, const orr_lathe_params *params, orr_mesh_data *out,
                          orr_error *err) {
    builder b = builder_for(out, "lathe", err);
    uint32_t segments = count_or(&b, params->segments, 64, 3, "segments"), count = params->profile_count;
    double crease = params->crease_rad == 0 ? turn / 12 : params->crease_rad;
    refuse(&b, !params->profile || count < 2u + params->closed || count > 65536,
           "its profile needs at least 2 points (3 when closed), and at most 65536");
    refuse(&b, !(crease > 0 && crease <= turn / 2), "crease_rad must be above 0 and at most pi");
    for (uint32_t i = 0; b.status == ORR_OK && i < count; i++) {
        const double *at = params->profile[i], *next = params->profile[i + 1 < count ? i + 1 : 0];
        double along[2];
        bool last = i + 1 == count && !params->closed;
        if (!(at[0] >= 0 && at[0] <= size_limit_m && fabs(at[1]) <= size_limit_m))
            b.status =
                orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                         "lathe: profile point %u is (%g, %g); the radius must be in 0..1e6, y within 1e6", i,
                         at[0], at[1]);
        else if (!last && (!direction(at, next, along) || (at[0] == 0 && next[0] == 0)))
            b.status = orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                                "lathe: profile points %u and %u enclose no surface; leave one out", i,
                                (i + 1) % count);
    }
    if (b.status == ORR_OK)
        turn_profile(&b, arena, &(profile){params->profile, count, segments, params->closed, crease});
    return finish(&b);
}

/* --- shapes of revolution -------------------------------------------------------------------------- */
static const double always_smooth = 3.14159265358979323846, always_sharp = 1e-4;

/* Points of a circle, clockwise from the top: `count` of them over `part` of a turn. */
static double (*arc(builder *b, orr_arena *temporary, double radius, double centre_r, double part,
                    uint32_t count, uint32_t divisions))[2] {
    double(*points)[2] = orr_arena_alloc(temporary, count, sizeof *points);
    if (!points) b->status = orr_fail(b->err, ORR_E_MEMORY, NULL, "%s: out of memory", b->shape);
    for (uint32_t i = 0; points && i < count; i++) {
        double angle = turn * part * i / divisions;
        points[i][0] = centre_r + radius * orr_sin40(angle);
        points[i][1] = radius * orr_cos40(angle);
    }
    return points;
}

orr_status orr_mesh_sphere(orr_arena *arena, const orr_sphere_params *params, orr_mesh_data *out,
                           orr_error *err) {
    builder b = builder_for(out, "sphere", err);
    double radius = size_or(&b, params->radius_m, 0.5, "radius_m");
    uint32_t segments = count_or(&b, params->segments, 48, 3, "segments"),
             rings = count_or(&b, params->rings, 24, 2, "rings");
    orr_arena temporary = {0};
    double(*points)[2] = b.status == ORR_OK ? arc(&b, &temporary, radius, 0, 0.5, rings + 1, rings) : NULL;
    if (points) {
        points[0][0] = points[rings][0] = 0; /* the poles, exactly */
        turn_profile(&b, arena,
                     &(profile){(const double(*)[2])points, rings + 1, segments, false, always_smooth});
    }
    orr_arena_free(&temporary);
    return finish(&b);
}

orr_status orr_mesh_torus(orr_arena *arena, const orr_torus_params *params, orr_mesh_data *out,
                          orr_error *err) {
    builder b = builder_for(out, "torus", err);
    double radius = size_or(&b, params->radius_m, 0.5, "radius_m");
    double tube = size_or(&b, params->tube_radius_m, radius / 4, "tube_radius_m");
    uint32_t segments = count_or(&b, params->segments, 64, 3, "segments"),
             round = count_or(&b, params->tube_segments, 24, 3, "tube_segments");
    refuse(&b, tube >= radius, "tube_radius_m must be less than radius_m");
    orr_arena temporary = {0};
    double(*points)[2] = b.status == ORR_OK ? arc(&b, &temporary, tube, radius, 1, round, round) : NULL;
    if (points)
        turn_profile(&b, arena, &(profile){(const double(*)[2])points, round, segments, true, always_smooth});
    orr_arena_free(&temporary);
    return finish(&b);
}

orr_status orr_mesh_ring(orr_arena *arena, const orr_ring_params *params, orr_mesh_data *out,
                         orr_error *err) {
    builder b = builder_for(out, "ring", err);
    double outer = size_or(&b, params->outer_radius_m, 0.5, "outer_radius_m");
    double inner = size_or(&b, params->inner_radius_m, 0.8 * outer, "inner_radius_m");
    double half = size_or(&b, params->height_m, 0.1, "height_m") / 2;
    uint32_t segments = count_or(&b, params->segments, 64, 3, "segments");
    refuse(&b, inner >= outer, "inner_radius_m must be less than outer_radius_m");
    const double points[4][2] = {{outer, half}, {outer, -half}, {inner, -half}, {inner, half}};
    if (b.status == ORR_OK) turn_profile(&b, arena, &(profile){points, 4, segments, true, always_sharp});
    return finish(&b);
}

orr_status orr_mesh_cylinder(orr_arena *arena, const orr_cylinder_params *params, orr_mesh_data *out,
                             orr_error *err) {
    builder b = builder_for(out, "cylinder", err);
    bool plain = params->radius_m == 0 && params->top_radius_m == 0;
    double bottom = size_or(&b, params->radius_m, plain ? 0.5 : 0, "radius_m");
    double top = size_or(&b, params->top_radius_m, plain ? 0.5 : 0, "top_radius_m");
    double height = size_or(&b, params->height_m, 1, "height_m");
    uint32_t segments = count_or(&b, params->segments, 48, 3, "segments"),
             rows = count_or(&b, params->rows, 1, 1, "rows"), n = 0;
    orr_arena temporary = {0};
    double(*points)[2] =
        b.status == ORR_OK ? orr_arena_alloc(&temporary, (size_t)rows + 3, sizeof *points) : NULL;
    if (!points && b.status == ORR_OK)
        b.status = orr_fail(err, ORR_E_MEMORY, NULL, "cylinder: out of memory");
    if (points) {
        if (top > 0 && !params->open) points[n][0] = 0, points[n++][1] = height / 2;
        for (uint32_t i = 0; i <= rows; i++) {
            points[n][0] = i == rows ? bottom : top + (bottom - top) * i / rows;
            points[n++][1] = i == rows ? -height / 2 : height / 2 - height * i / rows;
        }
        if (bottom > 0 && !params->open) points[n][0] = 0, points[n++][1] = -height / 2;
        turn_profile(&b, arena, &(profile){(const double(*)[2])points, n, segments, false, always_sharp});
    }
    orr_arena_free(&temporary);
    return finish(&b);
}
