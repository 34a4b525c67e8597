/* Procedural meshes: closed, turned outwards, with unit normals, tangents that follow u, and the bounds asked
 * for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "resource/primitive.h"
#include "resource/vertex.h"

typedef struct edge {
    uint32_t from, to;
} edge;

static const orr_mesh_data *sorting; /* qsort has no context */
static int by_position(const void *a, const void *b) {
    const float *p = sorting->vertices[*(const uint32_t *)a].position,
                *q = sorting->vertices[*(const uint32_t *)b].position;
    for (int k = 0; k < 3; k++)
        if (p[k] != q[k]) return p[k] < q[k] ? -1 : 1;
    return 0;
}
static int by_edge(const void *a, const void *b) {
    const edge *p = a, *q = b;
    if (p->from != q->from) return p->from < q->from ? -1 : 1;
    return p->to < q->to ? -1 : p->to > q->to;
}

/* One number for all the vertices in one place. */
static uint32_t *welded(const orr_mesh_data *m) {
    uint32_t *order = malloc(m->vertex_count * sizeof *order), *id = malloc(m->vertex_count * sizeof *id);
    assert_true(order && id);
    for (uint32_t i = 0; i < m->vertex_count; i++) order[i] = i;
    sorting = m;
    qsort(order, m->vertex_count, sizeof *order, by_position);
    for (uint32_t i = 0; i < m->vertex_count; i++)
        id[order[i]] = i > 0 && by_position(&order[i], &order[i - 1]) == 0 ? id[order[i - 1]] : i;
    free(order);
    return id;
}

/* Every edge is there once in each direction. */
static void check_closed(const orr_mesh_data *m, const char *what) {
    uint32_t *id = welded(m);
    edge *edges = malloc(m->index_count * sizeof *edges);
    assert_non_null(edges);
    for (uint32_t i = 0; i < m->index_count; i++) {
        uint32_t next = i % 3 == 2 ? i - 2 : i + 1;
        edges[i] = (edge){id[m->indices[i]], id[m->indices[next]]};
    }
    qsort(edges, m->index_count, sizeof *edges, by_edge);
    for (uint32_t i = 0; i < m->index_count; i++) {
        edge back = {edges[i].to, edges[i].from};
        if (!bsearch(&back, edges, m->index_count, sizeof *edges, by_edge))
            fail_msg("%s: an edge is open", what);
        if (i > 0 && by_edge(&edges[i], &edges[i - 1]) == 0) fail_msg("%s: an edge is there twice", what);
    }
    free(edges);
    free(id);
}

static double volume(const orr_mesh_data *m) {
    double six = 0;
    for (uint32_t i = 0; i < m->index_count; i += 3) {
        const float *a = m->vertices[m->indices[i]].position, *b = m->vertices[m->indices[i + 1]].position,
                    *c = m->vertices[m->indices[i + 2]].position;
        six += a[0] * ((double)b[1] * c[2] - (double)b[2] * c[1]) +
               a[1] * ((double)b[2] * c[0] - (double)b[0] * c[2]) +
               a[2] * ((double)b[0] * c[1] - (double)b[1] * c[0]);
    }
    return six / 6;
}

static double dot(const double a[3], const float b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Normals look to the outer side of their triangles, tangents along growing u, bitangents against growing v.
 */
static void check_triangle(const orr_mesh_data *m, const uint32_t *index, const char *what) {
    const orr_vertex *v[3];
    double e[2][3], n[3], u[3], w[3];
    for (int i = 0; i < 3; i++) {
        assert_true(index[i] < m->vertex_count);
        v[i] = &m->vertices[index[i]];
    }
    double s1 = v[1]->uv0[0] - v[0]->uv0[0], s2 = v[2]->uv0[0] - v[0]->uv0[0],
           t1 = v[1]->uv0[1] - v[0]->uv0[1], t2 = v[2]->uv0[1] - v[0]->uv0[1], det = s1 * t2 - s2 * t1;
    for (int k = 0; k < 3; k++) {
        e[0][k] = (double)v[1]->position[k] - v[0]->position[k];
        e[1][k] = (double)v[2]->position[k] - v[0]->position[k];
        u[k] = (t2 * e[0][k] - t1 * e[1][k]) / det;
        w[k] = (s1 * e[1][k] - s2 * e[0][k]) / det;
    }
    for (int k = 0; k < 3; k++)
        n[k] = e[0][(k + 1) % 3] * e[1][(k + 2) % 3] - e[0][(k + 2) % 3] * e[1][(k + 1) % 3];
    double area = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    if (!(area > 0)) fail_msg("%s: a triangle without area", what);
    if (!(det < 0))
        fail_msg("%s: uvs are mirrored or without area (%g)", what, det); /* v downwards: clockwise in uv */
    for (int i = 0; i < 3; i++) {
        float normal[3], tangent[3];
        orr_unpack_normal(v[i]->normal_oct, normal);
        float sign = orr_unpack_tangent(v[i]->tangent_oct, tangent);
        double up[3];
        for (int k = 0; k < 3; k++)
            up[k] = (double)sign * ((double)normal[(k + 1) % 3] * tangent[(k + 2) % 3] -
                                    (double)normal[(k + 2) % 3] * tangent[(k + 1) % 3]);
        float up_float[3] = {(float)up[0], (float)up[1], (float)up[2]};
        double facing = dot(n, normal) / area;
        if (facing < 0.3) fail_msg("%s: a normal is %g off its triangle", what, facing);
        if (dot(u, tangent) <= 0 || dot(w, up_float) >= 0)
            fail_msg("%s: a tangent does not follow its uv", what);
        assert_true(fabs((double)normal[0] * tangent[0] + (double)normal[1] * tangent[1] +
                         (double)normal[2] * tangent[2]) < 1e-3);
    }
}

static void check(const orr_mesh_data *m, const char *what, double x, double y, double z) {
    assert_true(m->index_count > 0 && m->index_count % 3 == 0);
    for (uint32_t i = 0; i < m->index_count; i += 3) check_triangle(m, m->indices + i, what);
    double size[3] = {0};
    for (uint32_t i = 0; i < m->vertex_count; i++)
        for (int k = 0; k < 3; k++) size[k] = fmax(size[k], fabs((double)m->vertices[i].position[k]));
    if (fabs(size[0] - x) > 1e-6 || fabs(size[1] - y) > 1e-6 || fabs(size[2] - z) > 1e-6)
        fail_msg("%s: half sizes %g %g %g", what, size[0], size[1], size[2]);
}

static void check_solid(const orr_mesh_data *m, const char *what, double x, double y, double z,
                        double expected, double tolerance) {
    check(m, what, x, y, z);
    check_closed(m, what);
    double have = volume(m);
    if (fabs(have - expected) > tolerance * expected)
        fail_msg("%s: volume %g, expected %g", what, have, expected);
}

#define MAKE(kind, ...)                                                                                      \
    assert_int_equal(orr_mesh_##kind(&arena, &(orr_##kind##_params){__VA_ARGS__}, &m, NULL), ORR_OK)
static const double pi = 3.14159265358979;

static void solids_are_closed_and_outward(void **state) {
    (void)state;
    orr_arena arena = {0};
    orr_mesh_data m;
    MAKE(box, .bevel_m = 0);
    assert_int_equal(m.vertex_count, 24);
    check_solid(&m, "box", 0.5, 0.5, 0.5, 1, 1e-6);
    MAKE(box, .size_m = {1, 2, 3}, .bevel_m = 0.2, .bevel_segments = 5);
    check_solid(&m, "bevelled box", 0.5, 1, 1.5,
                6 - (1 - pi / 4) * 4 * 0.04 * (0.6 + 1.6 + 2.6) - (8 - 4 * pi / 3) * 0.008, 2e-3);
    MAKE(sphere, .radius_m = 0);
    check_solid(&m, "sphere", 0.5, 0.5, 0.5, pi / 6, 1e-2);
    float normal[3];
    orr_unpack_normal(m.vertices[0].normal_oct, normal);
    assert_true(m.vertices[0].position[1] == 0.5f && normal[1] == 1); /* smooth over the pole */
    MAKE(sphere, .radius_m = 2, .segments = 4, .rings = 3);
    check_closed(&m, "coarse sphere");
    MAKE(icosphere, .radius_m = 0);
    check_closed(&m, "icosphere");
    assert_int_equal(m.index_count, 60 * 64);
    assert_true(fabs(volume(&m) - pi / 6) < 0.01);
    MAKE(cylinder, .radius_m = 0);
    check_solid(&m, "cylinder", 0.5, 0.5, 0.5, pi / 4, 1e-2);
    MAKE(cylinder, .radius_m = 1, .height_m = 3, .rows = 3);
    check_solid(&m, "cone", 1, 1.5, 1, pi, 1e-2);
    MAKE(cylinder, .top_radius_m = 1, .height_m = 3, .segments = 24);
    check_solid(&m, "upturned cone", 1, 1.5, 1, pi, 2e-2);
    MAKE(torus, .radius_m = 0);
    check_solid(&m, "torus", 0.625, 0.125, 0.625, 2 * pi * pi * 0.5 * 0.125 * 0.125, 2e-2);
    MAKE(ring, .height_m = 0.2);
    check_solid(&m, "ring", 0.5, 0.1, 0.5, pi * (0.25 - 0.16) * 0.2, 1e-2);
    MAKE(gear, .teeth = 0);
    check_closed(&m, "gear");
    MAKE(gear, .teeth = 8, .solid = true, .radius_m = 1, .tooth_height_m = 0.2);
    check_closed(&m, "solid gear");
    assert_true(volume(&m) > pi * 0.64 * 0.1 * 0.9 && volume(&m) < pi * 0.1);
    orr_arena_free(&arena);
}

static void gears_of_all_sizes(void **state) {
    (void)state;
    orr_arena arena = {0};
    orr_mesh_data m;
    for (uint32_t teeth = 3; teeth < 80; teeth++) {
        MAKE(gear, .teeth = teeth);
        check_closed(&m, "gear");
        for (uint32_t i = 0; i < m.index_count; i += 3) check_triangle(&m, m.indices + i, "gear");
        assert_true(volume(&m) > 0);
        orr_arena_reset(&arena);
    }
    orr_arena_free(&arena);
}

static void lathe_creases_where_it_should(void **state) {
    (void)state;
    static const double vase[][2] = {{0.3, 1}, {0.5, 0.5}, {0.4, 0}, {0, 0}},
                        cross_section[][2] = {{2, 0.5}, {2, 0}, {1, 0}};
    orr_arena arena = {0};
    orr_mesh_data m;
    MAKE(lathe, .profile = vase, .profile_count = 4, .segments = 32);
    check(&m, "vase", 0.5, 1, 0.5);
    assert_int_equal(m.vertex_count,
                     33 * (2 + 2 + 2)); /* three creases of more than 30 degrees: three runs */
    MAKE(lathe, .profile = vase, .profile_count = 4, .segments = 32, .crease_rad = 1);
    assert_int_equal(m.vertex_count, 33 * (3 + 2)); /* the middle is smooth now, the foot still sharp */
    MAKE(lathe, .profile = cross_section, .profile_count = 3, .closed = true, .segments = 12);
    check_solid(&m, "wedge ring", 2, 0.5, 2, 2 * pi * (5.0 / 3) * 0.25, 6e-2);
    orr_arena_free(&arena);
}

static void surfaces(void **state) {
    (void)state;
    static const float heights[] = {0, 1, 2, 0, 1, 2};
    orr_arena arena = {0};
    orr_mesh_data m;
    MAKE(plane, .width_m = 4, .rows = 3);
    check(&m, "plane", 2, 0, 0.5);
    assert_int_equal(m.vertex_count, 8);
    MAKE(cylinder, .open = true, .rows = 4);
    check(&m, "pipe", 0.5, 0.5, 0.5);
    MAKE(heightfield, .heights_m = heights, .columns = 3, .rows = 2, .width_m = 4, .scale = 0.5);
    check(&m, "slope", 2, 1, 0.5);
    float normal[3];
    orr_unpack_normal(m.vertices[4].normal_oct, normal); /* rises 1 m over 4 m eastwards */
    assert_true(fabs(normal[0] + 0.25 / sqrt(1 + 0.0625)) < 1e-3);
    assert_true(m.vertices[0].position[2] == -0.5f &&
                m.vertices[0].position[0] == -2.0f); /* row 0 is north, column 0 west */
    MAKE(icosphere, .splits = 3);
    for (uint32_t i = 0; i < m.index_count; i += 3) check_triangle(&m, m.indices + i, "icosphere");
    orr_arena_free(&arena);
}

#define REFUSE(kind, code, text, ...)                                                                        \
    do {                                                                                                     \
        orr_error err = {0};                                                                                 \
        orr_status got = orr_mesh_##kind(&arena, &(orr_##kind##_params){__VA_ARGS__}, &m, &err);             \
        if (got != (code) || !strstr(err.message, text)) fail_msg("%s: %d %s", #kind, got, err.message);     \
        assert_true(!m.vertices && !m.index_count);                                                          \
    } while (0)

static void absurd_sizes_are_refused(void **state) {
    (void)state;
    static const double backwards[][2] = {{-1, 0}, {1, 0}}, stuck[][2] = {{1, 0}, {1, 0}},
                        axis[][2] = {{0, 0}, {0, 1}};
    static const float holes[] = {0, NAN, 0, 0};
    orr_arena arena = {0};
    orr_mesh_data m;
    REFUSE(plane, ORR_E_OUT_OF_RANGE, "plane: width_m is -1; it must be above 0", .width_m = -1);
    REFUSE(plane, ORR_E_OUT_OF_RANGE, "rows is 70000", .rows = 70000);
    REFUSE(plane, ORR_E_LIMIT, "use fewer segments", .rows = 60000, .columns = 60000);
    REFUSE(box, ORR_E_OUT_OF_RANGE, "box: size_m[1] is nan", .size_m = {1, NAN, 1});
    REFUSE(box, ORR_E_OUT_OF_RANGE, "bevel_m must be", .bevel_m = 0.5);
    REFUSE(sphere, ORR_E_OUT_OF_RANGE, "sphere: radius_m is inf", .radius_m = INFINITY);
    REFUSE(sphere, ORR_E_OUT_OF_RANGE, "segments is 2", .segments = 2);
    REFUSE(icosphere, ORR_E_OUT_OF_RANGE, "icosphere: radius_m", .radius_m = NAN);
    REFUSE(icosphere, ORR_E_LIMIT, "splits is 5000", .splits = 5000);
    REFUSE(cylinder, ORR_E_OUT_OF_RANGE, "cylinder: height_m is 1e+07", .height_m = 1e7);
    REFUSE(torus, ORR_E_OUT_OF_RANGE, "tube_radius_m must be less", .tube_radius_m = 1);
    REFUSE(ring, ORR_E_OUT_OF_RANGE, "inner_radius_m must be less", .inner_radius_m = 1);
    REFUSE(lathe, ORR_E_OUT_OF_RANGE, "at least 2 points", .segments = 8);
    REFUSE(lathe, ORR_E_OUT_OF_RANGE, "point 0 is (-1, 0)", .profile = backwards, .profile_count = 2);
    REFUSE(lathe, ORR_E_OUT_OF_RANGE, "points 0 and 1 enclose no surface", .profile = stuck,
           .profile_count = 2);
    REFUSE(lathe, ORR_E_OUT_OF_RANGE, "points 0 and 1 enclose no surface", .profile = axis,
           .profile_count = 2);
    REFUSE(gear, ORR_E_OUT_OF_RANGE, "teeth must be", .teeth = 2);
    REFUSE(gear, ORR_E_OUT_OF_RANGE, "bore_radius_m must stay", .bore_radius_m = 0.49);
    REFUSE(gear, ORR_E_OUT_OF_RANGE, "thickness_m", .thickness_m = NAN);
    REFUSE(heightfield, ORR_E_OUT_OF_RANGE, "it needs heights", .columns = 2, .rows = 2);
    REFUSE(heightfield, ORR_E_OUT_OF_RANGE, "row 0, column 1 is nan", .heights_m = holes, .columns = 2,
           .rows = 2);
    orr_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solids_are_closed_and_outward), cmocka_unit_test(gears_of_all_sizes),
        cmocka_unit_test(lathe_creases_where_it_should), cmocka_unit_test(surfaces),
        cmocka_unit_test(absurd_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
