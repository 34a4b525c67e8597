/* Double-precision vectors and column-major matrices for authoring and snapshots (cglm is float).
 * Header-only, pure. */
#ifndef ORR_SCENE_MATHD_H
#define ORR_SCENE_MATHD_H

#include <math.h>
#include <string.h>

#include "base/round.h"

#define ORR_PI 3.14159265358979323846

static inline double orr_dot3(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
static inline void orr_cross3(const double a[3], const double b[3], double out[3]) {
    double x = a[1] * b[2] - a[2] * b[1], y = a[2] * b[0] - a[0] * b[2], z = a[0] * b[1] - a[1] * b[0];
    out[0] = x, out[1] = y, out[2] = z;
}
static inline double orr_length3(const double a[3]) {
    return sqrt(orr_dot3(a, a));
}
static inline void orr_normalize3(double a[3]) { /* leaves a null vector as it is */
    double length = orr_length3(a);
    if (length > 0.0) a[0] /= length, a[1] /= length, a[2] /= length;
}
static inline void orr_mat_identity(double m[16]) {
    memset(m, 0, 16 * sizeof(double));
    m[0] = m[5] = m[10] = m[15] = 1.0;
}
static inline void orr_mat_mul(const double a[16], const double b[16],
                               double out[16]) { /* out = a * b; may alias */
    double r[16];
    for (int c = 0; c < 4; c++)
        for (int i = 0; i < 4; i++)
            r[c * 4 + i] = a[i] * b[c * 4] + a[4 + i] * b[c * 4 + 1] + a[8 + i] * b[c * 4 + 2] +
                           a[12 + i] * b[c * 4 + 3];
    memcpy(out, r, sizeof r);
}
static inline void orr_mat_point(const double m[16], const double p[3], double out[3]) {
    double x = p[0], y = p[1], z = p[2];
    for (int i = 0; i < 3; i++) out[i] = m[i] * x + m[4 + i] * y + m[8 + i] * z + m[12 + i];
}
static inline void orr_mat_direction(const double m[16], const double d[3], double out[3]) {
    double x = d[0], y = d[1], z = d[2];
    for (int i = 0; i < 3; i++) out[i] = m[i] * x + m[4 + i] * y + m[8 + i] * z;
}
static inline double orr_mat_det3(const double m[16]) {
    return m[0] * (m[5] * m[10] - m[9] * m[6]) - m[4] * (m[1] * m[10] - m[9] * m[2]) +
           m[8] * (m[1] * m[6] - m[5] * m[2]);
}
static inline void orr_quat_mul(const double a[4], const double b[4],
                                double out[4]) { /* x y z w; may alias */
    double r[4] = {a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
                   a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
                   a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
                   a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2]};
    memcpy(out, r, sizeof r);
}
static inline void orr_quat_axis(int axis, double angle_rad, double out[4]) {
    out[0] = out[1] = out[2] = 0.0;
    out[axis] = orr_sin40(angle_rad * 0.5), out[3] = orr_cos40(angle_rad * 0.5);
}
static inline void orr_mat_from_trs(const double t[3], const double q_in[4], const double s[3],
                                    double m[16]) {
    double n = sqrt(q_in[0] * q_in[0] + q_in[1] * q_in[1] + q_in[2] * q_in[2] + q_in[3] * q_in[3]);
    double k = n > 0.0 ? 1.0 / n : 0.0, x = q_in[0] * k, y = q_in[1] * k, z = q_in[2] * k,
           w = n > 0.0 ? q_in[3] * k : 1.0;
    double r[9] = {1 - 2 * (y * y + z * z), 2 * (x * y + z * w),     2 * (x * z - y * w),
                   2 * (x * y - z * w),     1 - 2 * (x * x + z * z), 2 * (y * z + x * w),
                   2 * (x * z + y * w),     2 * (y * z - x * w),     1 - 2 * (x * x + y * y)};
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < 3; i++) m[c * 4 + i] = r[c * 3 + i] * s[c];
        m[c * 4 + 3] = 0.0;
    }
    m[12] = t[0], m[13] = t[1], m[14] = t[2], m[15] = 1.0;
}
#endif
