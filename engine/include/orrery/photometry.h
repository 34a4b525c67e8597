/* Photometry: the formulas that turn what an author states (lm, cd, lx, nit, EV) into one another.
 *
 * Each stands here once for C and once, under the same name without the prefix, in shaders/photometry.glsl;
 * tests/unit/test_photometry.c holds the two against each other and against published numbers. Pure, any
 * thread; what comes from libm is not rounded here (the engine does that with base/round.h). Angles in
 * radians, lengths in metres. Sources: Lagarde & de Rousiers 2014, "Moving Frostbite to Physically Based
 * Rendering", sections 4.1 to 4.7 and 5.1; ISO 2720:1974 for K and C. Clean as C17 and as C++17. */
#ifndef ORRERY_PHOTOMETRY_H
#define ORRERY_PHOTOMETRY_H

#include <math.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ORR_PHOTOMETRY_PI 3.14159265358979323846
#define ORR_METER_K       12.5  /* of a reflected-light meter, cd s / (m^2 ISO) */
#define ORR_METER_C       250.0 /* of an incident-light meter with a flat receptor, lx s / ISO */
#define ORR_METER_KEY                                                                                        \
    18.0 /* percent that a metered average is brought to, unless somebody says otherwise                     \
          */

/* --- lights -------------------------------------------------------------------------------------------- */

/* A point light's intensity: the flux spread over the whole sphere. */
static inline double orr_point_intensity_cd(double flux_lm) {
    return flux_lm / (4.0 * ORR_PHOTOMETRY_PI);
}
/* A spot's, spread evenly over its outer cone; cos_outer is the cosine of the cone's half angle, below 1. */
static inline double orr_spot_intensity_cd(double flux_lm, double cos_outer) {
    return flux_lm / (2.0 * ORR_PHOTOMETRY_PI * (1.0 - cos_outer));
}
/* On a surface whose normal is turned from the light by acos(cos_theta). */
static inline double orr_illuminance_lx(double intensity_cd, double cos_theta, double distance_m) {
    return intensity_cd * cos_theta / (distance_m * distance_m);
}
/* What of a light with a range is left at a squared distance: 1 near it, smoothly 0 at the range. Not physics
 * but a bound on how far a light must be looked for. range_m 0: no bound. */
static inline double orr_range_window(double distance2_m2, double range_m) {
    if (!(range_m > 0.0)) return 1.0;
    double r2 = distance2_m2 / (range_m * range_m), k = 1.0 - r2 * r2;
    return k > 0.0 ? k * k : 0.0;
}
/* A perfectly diffuse surface of this albedo under this illuminance; the same from all sides. */
static inline double orr_lambert_luminance_nit(double albedo, double illuminance_lx) {
    return albedo / ORR_PHOTOMETRY_PI * illuminance_lx;
}
/* The solid angle of a disc in the sky: 2 pi (1 - cos(diameter / 2)), written so that nothing cancels. */
static inline double orr_disc_solid_angle_sr(double diameter_rad) {
    double s = sin(0.25 * diameter_rad);
    return 4.0 * ORR_PHOTOMETRY_PI * s * s;
}
/* The luminance of such a disc, the sun's, that gives this illuminance on a plane facing it. */
static inline double orr_disc_luminance_nit(double illuminance_lx, double diameter_rad) {
    return illuminance_lx / orr_disc_solid_angle_sr(diameter_rad);
}

/* --- exposure ------------------------------------------------------------------------------------------ */

/* log2(N^2 / t) - log2(S / 100). */
static inline double orr_camera_ev100(double aperture_f, double shutter_s, double iso) {
    return log2(aperture_f * aperture_f / shutter_s) - log2(iso / 100.0);
}
/* The factor from nit to the pre-exposed scale: a luminance metered at ev100 comes out at key / 100. */
static inline double orr_exposure(double ev100, double compensation_ev, double key_percent) {
    return key_percent / ORR_METER_K * exp2(compensation_ev - ev100);
}
/* The EV at which that factor is 1, without compensation. */
static inline double orr_unit_ev100(double key_percent) {
    return log2(key_percent / ORR_METER_K);
}
/* What a meter pointed at a luminance reads, and one held into a light. log2(100 / K) is exactly 3. */
static inline double orr_reflected_ev100(double luminance_nit) {
    return log2(luminance_nit * 100.0 / ORR_METER_K);
}
static inline double orr_incident_ev100(double illuminance_lx) {
    return log2(illuminance_lx * 100.0 / ORR_METER_C);
}

#ifdef __cplusplus
}
#endif
#endif
