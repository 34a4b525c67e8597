#include "scene/air.h"

#include "base/round.h"

static void extinction(const orr_atmosphere_props *air, double height_km, double out[3]) {
    double rayleigh = orr_exp40(-height_km / air->rayleigh_height_km);
    double mie = orr_exp40(-height_km / air->mie_height_km) * air->turbidity;
    double ozone = fmax(0.0, 1.0 - fabs(height_km - air->ozone_centre_km) / air->ozone_half_width_km);
    for (int c = 0; c < 3; c++)
        out[c] = (double)air->rayleigh_scattering_per_km[c] * rayleigh +
                 ((double)air->mie_scattering_per_km[c] + (double)air->mie_absorption_per_km[c]) * mie +
                 (double)air->ozone_absorption_per_km[c] * ozone;
}

void orr_air_transmittance(const orr_atmosphere_props *air, double altitude_km, double elevation_rad,
                           double out[3]) {
    enum { STEPS = 2000 };
    double ground = air->planet_radius_km, top = ground + air->height_km;
    double r = ground + fmax(altitude_km, 0.0), mu = orr_sin40(elevation_rad);
    double closest2 = r * r * (1.0 - mu * mu); /* of the line to the centre, squared */
    double depth[3] = {0.0, 0.0, 0.0};
    bool blocked = mu < 0.0 && closest2 <= ground * ground;
    if (!blocked && closest2 < top * top && (mu < 0.0 || r < top)) {
        double half = sqrt(top * top - closest2);
        double begin = fmax(0.0, -r * mu - half), length = -r * mu + half - begin, before = 0.0;
        for (int i = 0; i < STEPS; i++) {
            double u = (i + 1.0) / STEPS, after = u * u, along = begin + 0.5 * (before + after) * length;
            double here[3], distance = sqrt(r * r + along * along + 2.0 * r * mu * along);
            extinction(air, distance - ground, here);
            for (int c = 0; c < 3; c++) depth[c] += here[c] * (after - before) * length;
            before = after;
        }
    }
    for (int c = 0; c < 3; c++) out[c] = blocked ? 0.0 : orr_exp40(-depth[c]);
}
