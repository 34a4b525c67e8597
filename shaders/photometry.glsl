// Photometry: what an author states (lm, cd, lx, nit, EV) turned into one another. The same formulas, with sources and units,
// are in engine/include/orrery/photometry.h; tests/unit/test_photometry.c holds the two against each other on the device.
const float PHOTOMETRY_PI = 3.14159265358979;
const float METER_K = 12.5, METER_C = 250.0;

float point_intensity_cd(float flux_lm) { return flux_lm / (4.0 * PHOTOMETRY_PI); }
float spot_intensity_cd(float flux_lm, float cos_outer) { return flux_lm / (2.0 * PHOTOMETRY_PI * (1.0 - cos_outer)); }
float illuminance_lx(float intensity_cd, float cos_theta, float distance_m) { return intensity_cd * cos_theta / (distance_m * distance_m); }
// 1 near the light, smoothly 0 at its range; range_m 0: no bound.
float range_window(float distance2_m2, float range_m) {
    if (!(range_m > 0.0)) return 1.0;
    float r2 = distance2_m2 / (range_m * range_m), k = clamp(1.0 - r2 * r2, 0.0, 1.0);
    return k * k;
}
float lambert_luminance_nit(float albedo, float illuminance_lx) { return albedo / PHOTOMETRY_PI * illuminance_lx; }
float disc_solid_angle_sr(float diameter_rad) {
    float s = sin(0.25 * diameter_rad);
    return 4.0 * PHOTOMETRY_PI * s * s;
}
float disc_luminance_nit(float illuminance_lx, float diameter_rad) { return illuminance_lx / disc_solid_angle_sr(diameter_rad); }

float camera_ev100(float aperture_f, float shutter_s, float iso) { return log2(aperture_f * aperture_f / shutter_s) - log2(iso / 100.0); }
float exposure_of(float ev100, float compensation_ev, float key_percent) { return key_percent / METER_K * exp2(compensation_ev - ev100); }
float unit_ev100(float key_percent) { return log2(key_percent / METER_K); }
float reflected_ev100(float luminance_nit) { return log2(luminance_nit * 100.0 / METER_K); }
float incident_ev100(float illuminance_lx) { return log2(illuminance_lx * 100.0 / METER_C); }
