/* Lights of a pose as the shaders read them. */
#include "render/lights.h"

static const double fade = 1.1; /* FADE of shaders/lights.glsl */

static double peak(const orr_pose_light *l) {
    return fmax(fmax((double)l->colour[0], (double)l->colour[1]), (double)l->colour[2]);
}

/* Of what shines of an area light towards one side, and the radius of a sphere around it. */
static double area_m2(const orr_pose_light *l, double *radius) {
    double cross[3], x = orr_length3(l->axis_x), y = orr_length3(l->axis_y);
    orr_cross3(l->axis_x, l->axis_y, cross);
    switch (l->shape) {
    case ORR_LIGHT_RECT:
        return *radius = sqrt(x * x + y * y + 2.0 * fabs(orr_dot3(l->axis_x, l->axis_y))),
               4.0 * orr_length3(cross);
    case ORR_LIGHT_DISC:
        return *radius = sqrt(x * x + y * y), ORR_PI * orr_length3(cross);
    case ORR_LIGHT_SPHERE:
        return *radius = l->axis_x[0], ORR_PI * l->axis_x[0] * l->axis_x[0];
    default: /* triangle: its sides from the centroid are no longer than its edges */
        return *radius = fmax(x, y), 0.5 * orr_length3(cross);
    }
}

void orr_light_centre(const orr_pose_light *l, double out[3]) {
    double k = l->shape == ORR_LIGHT_TRIANGLE ? 1.0 / 3.0 : 0.0;
    for (int i = 0; i < 3; i++) out[i] = l->position_m[i] + k * (l->axis_x[i] + l->axis_y[i]);
}

double orr_light_reach_m(const orr_pose_light *l, double exposure, double cutoff) {
    double reach = INFINITY, radius = 0.0, candela = l->intensity_cd;
    if (l->shape == ORR_LIGHT_FROM_AFAR) return reach;
    if (l->shape != ORR_LIGHT_AT_POINT) candela = l->luminance_nit * area_m2(l, &radius);
    if (cutoff > 0.0) reach = fade * (radius + sqrt(candela * peak(l) * exposure / (ORR_PI * cutoff)));
    return l->range_m > 0.0 ? fmin(reach, l->range_m) : reach;
}

/* Axes by which the light is the image of a regular polygon, of which one corner lies on the first axis
 * (shaders/area_lights.glsl). */
static void polygon_axes(const orr_pose_light *l, double x[3], double y[3]) {
    const double third = 1.0 / 3.0, root = sqrt(1.0 / 3.0);
    double round = sqrt(2.0 * ORR_PI / (16.0 * orr_sin40(ORR_PI / 8.0))); /* 16 corners, the disc's area */
    for (int k = 0; k < 3; k++) {
        double a = l->axis_x[k], b = l->axis_y[k];
        switch (l->shape) {
        case ORR_LIGHT_RECT:
            x[k] = a + b, y[k] = b - a;
            break;
        case ORR_LIGHT_TRIANGLE:
            x[k] = -(a + b) * third, y[k] = (a - b) * root;
            break;
        case ORR_LIGHT_SPHERE: /* its radius; axes are the shading point's own */
            x[k] = k ? 0.0 : a * round, y[k] = k ? 0.0 : a;
            break;
        default:
            x[k] = a * round, y[k] = b * round;
        }
    }
}

bool orr_light_seen(const orr_pose_light *l, const orr_pose_camera *camera) {
    if (!l->seen || l->shape < ORR_LIGHT_RECT || l->shape > ORR_LIGHT_SPHERE) return false;
    if (l->shape == ORR_LIGHT_SPHERE || l->two_sided) return true;
    double towards[3];
    for (int k = 0; k < 3; k++)
        towards[k] =
            camera->ortho_height_m > 0.0 ? -camera->forward[k] : camera->position_m[k] - l->position_m[k];
    return orr_dot3(towards, l->direction) > 0.0;
}

static void texel(float out[4], const double xyz[3], double scale, double w) {
    for (int k = 0; k < 3; k++) out[k] = (float)(xyz[k] * scale);
    out[3] = (float)w;
}

void orr_light_pack(const orr_pose_light *l, const double camera[3], double exposure, double cutoff,
                    uint32_t map, uint32_t object_id, float record[ORR_LIGHT_TEXELS][4]) {
    bool area = l->shape >= ORR_LIGHT_RECT, cone = l->cos_outer > -2.0;
    double reach = orr_light_reach_m(l, exposure, cutoff), centre[3], x[3] = {l->cos_inner, l->cos_outer, 0},
           y[3] = {0},
           strength = l->shape == ORR_LIGHT_AT_POINT    ? l->intensity_cd
                      : l->shape == ORR_LIGHT_FROM_AFAR ? l->illuminance_lx
                                                        : l->luminance_nit;
    uint32_t bits = (uint32_t)l->shape | (cone ? ORR_LIGHT_CONE : 0) |
                    (l->range_m > 0.0 ? ORR_LIGHT_WINDOW : 0) | (l->two_sided ? ORR_LIGHT_TWO_SIDED : 0) |
                    (l->through_air ? ORR_LIGHT_AIR : 0) | map << ORR_LIGHT_MAP |
                    (isfinite(reach) && reach != l->range_m ? ORR_LIGHT_FADE : 0);
    orr_light_centre(l, centre);
    for (int k = 0; k < 3; k++) centre[k] = l->shape == ORR_LIGHT_FROM_AFAR ? 0.0 : centre[k] - camera[k];
    if (area) polygon_axes(l, x, y);
    texel(record[0], centre, 1.0, fmin(reach * reach, 3e38));
    double colour[3] = {(double)l->colour[0], (double)l->colour[1], (double)l->colour[2]},
           k = strength * exposure;
    texel(record[1], colour, k, 0.0);
    memcpy(&record[1][3], &bits, sizeof bits);
    texel(record[2], l->direction, 1.0, l->range_m);
    texel(record[3], x, 1.0, 0.0);
    memcpy(&record[3][3], &object_id, sizeof object_id);
    texel(record[4], y, 1.0, 0.0);
}
