#include "resource/gltf_private.h"

#include <math.h>
#include <string.h>

#include "resource/vertex.h"

static void cross(const float a[3], const float b[3], float out[3]) {
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static float dot(const float a[3], const float b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Doubles for the lengths: positions may be as large as a float gets. */
static bool normalise(float v[3]) {
    double length = sqrt((double)v[0] * v[0] + (double)v[1] * v[1] + (double)v[2] * v[2]);
    if (!(length > 1e-30) || !isfinite(length)) return false;
    for (int k = 0; k < 3; k++) v[k] = (float)(v[k] / length);
    return true;
}

void gltf_flat_normals(const float (*position)[3], uint32_t count, float (*normal)[3]) {
    for (uint32_t i = 0; i + 2 < count; i += 3) {
        float a[3], b[3], n[3];
        for (int k = 0; k < 3; k++) {
            a[k] = position[i + 1][k] - position[i][k];
            b[k] = position[i + 2][k] - position[i][k];
        }
        /* unit edges, so that the cross product of a tiny or huge triangle stays in range */
        bool good = normalise(a) && normalise(b);
        cross(a, b, n);
        if (!good || !normalise(n)) n[0] = n[1] = 0, n[2] = 1; /* no area: never seen */
        for (int v = 0; v < 3; v++) memcpy(normal[i + (uint32_t)v], n, sizeof n);
    }
}

/* The directions in which u and v grow over a triangle, scaled by twice its area in uv; after Lengyel,
 * "Computing Tangent Space Basis Vectors for an Arbitrary Mesh". */
static bool triangle_frame(const float (*position)[3], const float (*uv)[2], const uint32_t *corner,
                           float s[3], float t[3]) {
    const float *p0 = position[corner[0]], *p1 = position[corner[1]], *p2 = position[corner[2]];
    const float *w0 = uv[corner[0]], *w1 = uv[corner[1]], *w2 = uv[corner[2]];
    float s1 = w1[0] - w0[0], s2 = w2[0] - w0[0], t1 = w1[1] - w0[1], t2 = w2[1] - w0[1];
    float sign = s1 * t2 - s2 * t1 < 0 ? -1.0f : 1.0f;
    for (int k = 0; k < 3; k++) {
        float q1 = p1[k] - p0[k], q2 = p2[k] - p0[k];
        s[k] = sign * (t2 * q1 - t1 * q2);
        t[k] = sign * (s1 * q2 - s2 * q1);
    }
    return normalise(s) && normalise(t);
}

void gltf_tangents(const float (*position)[3], const float (*normal)[3], const float (*uv)[2], uint32_t count,
                   const uint32_t *indices, uint32_t index_count, float (*sums)[3], float (*tangent)[4]) {
    float(*sum_s)[3] = sums, (*sum_t)[3] = sums + count;
    for (uint32_t i = 0; i + 2 < index_count; i += 3) {
        float s[3], t[3], a[3], b[3], n[3];
        if (!triangle_frame(position, uv, indices + i, s, t)) continue;
        for (int k = 0; k < 3; k++) {
            a[k] = position[indices[i + 1]][k] - position[indices[i]][k];
            b[k] = position[indices[i + 2]][k] - position[indices[i]][k];
        }
        cross(a, b, n);
        float area = sqrtf(dot(n, n)); /* large triangles count for more */
        if (!isfinite(area)) area = 1;
        for (int v = 0; v < 3; v++) {
            for (int k = 0; k < 3; k++) {
                sum_s[indices[i + (uint32_t)v]][k] += s[k] * area;
                sum_t[indices[i + (uint32_t)v]][k] += t[k] * area;
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        float n[3] = {normal[i][0], normal[i][1], normal[i][2]}, t[3], c[3];
        if (!normalise(n)) n[0] = n[1] = 0, n[2] = 1;
        float along = dot(n, sum_s[i]);
        for (int k = 0; k < 3; k++) t[k] = sum_s[i][k] - n[k] * along;
        if (!normalise(t)) orr_perpendicular(n, t);
        cross(n, t, c);
        memcpy(tangent[i], t, sizeof t);
        /* v grows downwards in glTF and a normal map's green points up: the bitangent runs against v */
        tangent[i][3] = dot(c, sum_t[i]) > 0 ? -1.0f : 1.0f;
    }
}
