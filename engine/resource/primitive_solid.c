/* The procedural meshes that are neither grids nor turned: icosphere and gear. */
#include "resource/primitive.h"

#include <math.h>
#include <string.h>

#include "base/round.h"
#include "resource/vertex.h"

static const double turn = 6.283185307179586, size_limit_m = 1e6;

static orr_vertex vertex(const double position[3], const double normal[3], const double tangent[3], double u,
                         double v) {
    orr_vertex out = {.uv0 = {(float)u, (float)v}, .colour_rgba8 = 0xffffffff};
    float n[3], t[3];
    for (int k = 0; k < 3; k++) {
        out.position[k] = (float)position[k];
        n[k] = (float)normal[k];
        t[k] = (float)tangent[k];
    }
    out.normal_oct = orr_pack_normal(n);
    out.tangent_oct = orr_pack_tangent(t, 1);
    return out;
}

static bool allocate(orr_arena *arena, uint64_t vertices, uint64_t indices, orr_mesh_data *out) {
    out->vertices = ORR_ARENA_NEW(arena, orr_vertex, (size_t)vertices);
    out->indices = ORR_ARENA_NEW(arena, uint32_t, (size_t)indices);
    return out->vertices && out->indices;
}

/* --- icosphere ------------------------------------------------------------------------------------ */
/* Corner i of an icosahedron that stands on a vertex: the poles (0, 11) and two rings of five. */
static void corner(uint32_t i, double out[3]) {
    double y = sqrt(0.2), r = 2 * y, angle = turn * ((i - 1) % 5 + (i > 5 ? 0.5 : 0)) / 5;
    out[0] = i == 0 || i == 11 ? 0 : r * orr_sin40(angle);
    out[1] = i == 0 ? 1 : i == 11 ? -1 : i < 6 ? y : -y;
    out[2] = i == 0 || i == 11 ? 0 : r * orr_cos40(angle);
}

/* Corners of face f, counter-clockwise from outside: five at the top, ten round the middle, five at the
 * bottom. */
static void face_corners(uint32_t f, uint32_t out[3]) {
    uint32_t k = f % 5, next = (k + 1) % 5;
    const uint32_t faces[4][3] = {
        {0, 1 + k, 1 + next}, {1 + k, 6 + k, 1 + next}, {1 + next, 6 + k, 6 + next}, {11, 6 + next, 6 + k}};
    memcpy(out, faces[f / 5], sizeof faces[0]);
}

/* Longitude and latitude; u is unwrapped to within half a turn of `centre`, which the poles take over. */
static orr_vertex sphere_vertex(const double unit[3], double radius, double centre) {
    double across = orr_hypot40(unit[0], unit[2]),
           u = across > 1e-12 ? orr_atan2_40(unit[0], unit[2]) / turn : centre;
    u -= floor(u - centre + 0.5);
    double position[3] = {radius * unit[0], radius * unit[1], radius * unit[2]};
    double tangent[3] = {orr_cos40(turn * u), 0, -orr_sin40(turn * u)}, y = unit[1] > 1    ? 1
                                                                            : unit[1] < -1 ? -1
                                                                                           : unit[1];
    return vertex(position, unit, tangent, u, orr_acos40(y) / (turn / 2));
}

static void icosphere_face(uint32_t face, double radius, uint32_t splits, orr_mesh_data *out) {
    uint32_t corners[3], first = out->vertex_count;
    double c[3][3], middle[3];
    face_corners(face, corners);
    for (int i = 0; i < 3; i++) corner(corners[i], c[i]);
    for (int k = 0; k < 3; k++) middle[k] = c[0][k] + c[1][k] + c[2][k];
    double centre = orr_atan2_40(middle[0], middle[2]) / turn;
    for (uint32_t row = 0; row <= splits; row++) { /* row 0 is corner 0; row i has i + 1 vertices */
        for (uint32_t column = 0; column <= row; column++) {
            double w[3] = {splits - row, row - column, column}, p[3], length = 0;
            for (int k = 0; k < 3;
                 k++) { /* whole weights: neighbours get the very same sums on a shared edge */
                p[k] = w[0] * c[0][k] + w[1] * c[1][k] + w[2] * c[2][k];
                length += p[k] * p[k];
            }
            for (int k = 0; k < 3; k++) p[k] /= sqrt(length);
            out->vertices[out->vertex_count++] = sphere_vertex(p, radius, centre);
        }
    }
    for (uint32_t row = 0; row < splits; row++) {
        for (uint32_t column = 0; column <= row; column++) {
            uint32_t a = first + row * (row + 1) / 2 + column, below = a + row + 1;
            const uint32_t pair[6] = {a, below, below + 1, a, below + 1, a + 1};
            uint32_t count = column < row ? 6 : 3;
            memcpy(out->indices + out->index_count, pair, count * sizeof *pair);
            out->index_count += count;
        }
    }
}

orr_status orr_mesh_icosphere(orr_arena *arena, const orr_icosphere_params *params, orr_mesh_data *out,
                              orr_error *err) {
    *out = (orr_mesh_data){0};
    double radius = params->radius_m == 0 ? 0.5 : params->radius_m;
    uint64_t splits = params->splits ? params->splits : 8;
    if (!(radius > 0 && radius <= size_limit_m))
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                        "icosphere: radius_m is %g; it must be above 0 and at most 1e6", radius);
    if (splits > 1024)
        return orr_fail(err, ORR_E_LIMIT, NULL, "icosphere: splits is %u; the limit is 1024", params->splits);
    if (!allocate(arena, 20 * (splits + 1) * (splits + 2) / 2, 60 * splits * splits, out))
        return *out = (orr_mesh_data){0}, orr_fail(err, ORR_E_MEMORY, NULL, "icosphere: out of memory");
    for (uint32_t face = 0; face < 20; face++) icosphere_face(face, radius, (uint32_t)splits, out);
    return ORR_OK;
}

/* --- gear ----------------------------------------------------------------------------------------- */
typedef struct gear {
    uint32_t points;              /* of the outline: four a tooth */
    double tip, root, bore, half; /* radii, half the thickness */
    orr_mesh_data *out;
} gear;

/* Outline point i and the bore's point below it, as x and z. A tooth: up the flank, over the tip, down, along
 * the root. */
static void outline(const gear *g, uint32_t i, double outer[2], double inner[2]) {
    static const double at[4] = {0, 0.16, 0.40, 0.56}; /* in pitches */
    i %= g->points;
    double angle = turn * (i / 4 + at[i % 4]) / (g->points / 4),
           r = i % 4 == 1 || i % 4 == 2 ? g->tip : g->root;
    outer[0] = r * orr_sin40(angle);
    outer[1] = r * orr_cos40(angle);
    inner[0] = g->bore * orr_sin40(angle);
    inner[1] = g->bore * orr_cos40(angle);
}

static void add_quad(orr_mesh_data *out, const orr_vertex corners[4], uint32_t count) {
    static const uint32_t order[6] = {0, 1, 2, 2, 1, 3}; /* top left, bottom left, top right, bottom right */
    for (uint32_t i = 0; i < (count - 2) * 3; i++)
        out->indices[out->index_count++] = out->vertex_count + order[i];
    memcpy(out->vertices + out->vertex_count, corners, count * sizeof *corners);
    out->vertex_count += count;
}

/* The part of the flat face (side +1 top, -1 bottom) between two outline points. */
static void face_part(const gear *g, uint32_t i, double side) {
    double o[2][2], n[2][2], normal[3] = {0, side, 0}, tangent[3] = {1, 0, 0};
    outline(g, i, o[0], n[0]);
    outline(g, i + 1, o[1], n[1]);
    int a = side > 0 ? 0 : 1, b = 1 - a;
    const double *places[4] = {n[a], o[a], n[b], o[b]};
    if (g->bore == 0) places[2] = o[b]; /* a fan round the middle */
    orr_vertex corners[4];
    for (int k = 0; k < 4; k++) {
        double p[3] = {places[k][0], side * g->half, places[k][1]};
        corners[k] = vertex(p, normal, tangent, 0.5 + p[0] / (2 * g->tip), 0.5 + side * p[2] / (2 * g->tip));
    }
    add_quad(g->out, corners, g->bore == 0 ? 3 : 4);
}

/* A wall between two outline points: flat and outwards, or the bore, smooth and inwards. */
static void wall_part(const gear *g, uint32_t i, bool bore) {
    double o[2][2], n[2][2];
    outline(g, i, o[0], n[0]);
    outline(g, i + 1, o[1], n[1]);
    const double *left = bore ? n[1] : o[0], *right = bore ? n[0] : o[1];
    double x = right[0] - left[0], z = right[1] - left[1], length = orr_hypot40(x, z);
    double flat_normal[3] = {-z / length, 0, x / length}, flat_tangent[3] = {x / length, 0, z / length};
    double u0 = (double)i / g->points, u1 = (i + 1.0) / g->points;
    orr_vertex corners[4];
    for (int k = 0; k < 4; k++) {
        const double *at = k < 2 ? left : right;
        double p[3] = {at[0], k % 2 ? -g->half : g->half, at[1]}, r = orr_hypot40(at[0], at[1]);
        double round_normal[3] = {-at[0] / r, 0, -at[1] / r}, round_tangent[3] = {-at[1] / r, 0, at[0] / r};
        double u = k < 2 ? (bore ? 1 - u1 : u0) : (bore ? 1 - u0 : u1);
        corners[k] =
            vertex(p, bore ? round_normal : flat_normal, bore ? round_tangent : flat_tangent, u, k % 2);
    }
    add_quad(g->out, corners, 4);
}

static orr_status check_gear(const gear *g, uint32_t teeth, orr_error *err) {
    const char *wrong =
        teeth < 3 || teeth > 65536                  ? "teeth must be in 3..65536"
        : !(g->tip > 0 && g->tip <= size_limit_m)   ? "radius_m must be above 0 and at most 1e6"
        : !(g->half > 0 && g->half <= size_limit_m) ? "thickness_m must be above 0 and at most 1e6"
        : !(g->root > 0 && g->root < g->tip)        ? "tooth_height_m must be above 0 and less than radius_m"
        : !(g->bore >= 0 && g->bore < g->root * orr_cos40(turn / 4 / teeth))
            ? "bore_radius_m must stay below the roots of the teeth"
            : NULL;
    return wrong ? orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "gear: %s", wrong) : ORR_OK;
}

orr_status orr_mesh_gear(orr_arena *arena, const orr_gear_params *params, orr_mesh_data *out,
                         orr_error *err) {
    *out = (orr_mesh_data){0};
    uint32_t teeth = params->teeth ? params->teeth : 24;
    gear g = {.points = 4 * teeth, .out = out};
    g.tip = params->radius_m == 0 ? 0.5 : params->radius_m;
    double usual = fmin(4.5 * g.tip / (teeth + 2.0), 0.4 * g.tip);
    g.root = g.tip - (params->tooth_height_m == 0 ? usual : params->tooth_height_m);
    g.half = params->thickness_m == 0 ? 0.05 : params->thickness_m / 2;
    g.bore = params->solid                ? 0
             : params->bore_radius_m == 0 ? fmin(g.tip / 4, g.root / 2)
                                          : params->bore_radius_m;
    orr_status status = check_gear(&g, teeth, err);
    if (status != ORR_OK) return status;
    if (!allocate(arena, 16 * (uint64_t)g.points, 24 * (uint64_t)g.points, out))
        return *out = (orr_mesh_data){0}, orr_fail(err, ORR_E_MEMORY, NULL, "gear: out of memory");
    for (uint32_t i = 0; i < g.points; i++) {
        face_part(&g, i, 1);
        face_part(&g, i, -1);
        wall_part(&g, i, false);
        if (g.bore > 0) wall_part(&g, i, true);
    }
    return ORR_OK;
}
