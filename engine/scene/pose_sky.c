/* Sun, moon, atmosphere and environment at one time: what each is when it does not say, from the others. */
#include <string.h>

#include "scene/air.h"
#include "scene/celestial.h"
#include "scene/pose_private.h"

/* Illuminance of a plane that faces the sun above the atmosphere (spec/light.md, "Earth atmosphere"). */
#define SUN_IN_SPACE_LX 133312.0

static void direction_of(double azimuth_rad, double elevation_rad, double out[3]) {
    out[0] = orr_sin40(azimuth_rad) * orr_cos40(elevation_rad);
    out[1] = orr_sin40(elevation_rad);
    out[2] = -orr_cos40(azimuth_rad) * orr_cos40(elevation_rad);
}

void orr_sky_direction(double azimuth_deg, double elevation_deg, double out[3]) {
    direction_of(ORR_RAD(azimuth_deg), ORR_RAD(elevation_deg), out);
}

/* A body stands by two angles or by date and place: half of one with half of the other is an error. */
static orr_status check_place(const orr_poser *p, uint32_t node, bool dated, orr_error *err) {
    static const char *const angles[] = {"azimuth_deg", "elevation_deg"}, *const where[] = {"latitude_deg",
                                                                                            "longitude_deg"};
    const char *kind = orr_node_kind_name(p->rev->nodes[node].kind);
    for (int i = 0; i < 2; i++) {
        if (dated && orr_poser_set(p, node, angles[i]))
            return orr_fail(
                err, ORR_E_ARGUMENT, NULL,
                "the %s has both date and %s: give date, latitude_deg and longitude_deg, or the two "
                "angles",
                kind, angles[i]);
        if (dated && !orr_poser_set(p, node, where[i]))
            return orr_fail(err, ORR_E_ARGUMENT, NULL,
                            "the %s has a date, but no %s to be seen from: give it", kind, where[i]);
        if (!dated && orr_poser_set(p, node, where[i]))
            return orr_fail(
                err, ORR_E_ARGUMENT, NULL,
                "the %s has %s, but no date: give it one, or azimuth_deg and elevation_deg instead", kind,
                where[i]);
    }
    if (!dated && orr_poser_set(p, node, "time_s"))
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "the %s has time_s, but no date that it is added to",
                        kind);
    return ORR_OK;
}

/* The direction towards sun or moon; of a moon with a date its phase too, or NAN. */
static orr_status celestial_direction(const orr_poser *p, uint32_t node, const orr_celestial *place,
                                      double direction[3], double *phase_rad, orr_error *err) {
    bool dated = place->date && *place->date;
    orr_status status = check_place(p, node, dated, err);
    *phase_rad = NAN;
    if (status) return status;
    if (!dated) return orr_sky_direction(place->azimuth_deg, place->elevation_deg, direction), ORR_OK;
    const orr_rev_node *n = &p->rev->nodes[node];
    double days;
    if ((status = orr_date_parse(place->date, &days, err)))
        return orr_error_prefix(err, "the %s", orr_node_kind_name(n->kind));
    days += place->time_s / 86400.0;
    if (!orr_date_in_range(days))
        return orr_fail(
            err, ORR_E_OUT_OF_RANGE, NULL,
            "the %s: date '%s' with time_s = %.6g (t = %.6g s) is not within the years 1900 to 2100",
            orr_node_kind_name(n->kind), place->date, place->time_s, p->pose->t_s);
    orr_horizontal at;
    if (n->kind == ORR_NODE_MOON)
        orr_moon_place(days, place->latitude_deg, place->longitude_deg, &at, phase_rad);
    else
        orr_sun_place(days, place->latitude_deg, place->longitude_deg, &at);
    direction_of(at.azimuth_rad, at.elevation_rad, direction);
    return ORR_OK;
}

static void resolve_atmosphere(orr_poser *p) {
    if (p->atmosphere == ORR_NONE) return;
    p->pose->has_atmosphere = true;
    memcpy(&p->pose->atmosphere, p->props[p->atmosphere], sizeof p->pose->atmosphere);
}

/* A map's scale is given once: by what a stored 1 means, or by the illuminance that it is to give. */
static orr_status resolve_map_scale(orr_poser *p, orr_error *err) {
    if (!orr_poser_set(p, p->environment, "gain")) return ORR_OK;
    if (orr_poser_set(p, p->environment, "target_lx"))
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "the environment has both gain and target_lx: give one of them");
    p->pose->environment.target_lx = 0.0;
    return ORR_OK;
}

/* Under an atmosphere the sky lights the scene unless another source is asked for. */
static orr_status resolve_environment(orr_poser *p, orr_error *err) {
    orr_environment_props *environment = &p->pose->environment;
    bool authored = p->environment != ORR_NONE;
    if (!authored && !p->pose->has_atmosphere) return ORR_OK;
    orr_status status = ORR_OK;
    if (authored) {
        memcpy(environment, p->props[p->environment], sizeof *environment);
        p->pose->environment_asset = p->rev->nodes[p->environment].asset;
        if (!orr_poser_set(p, p->environment, "source") && p->pose->has_atmosphere)
            environment->source = ORR_ENV_SKY;
        status = orr_poser_check_used(p, p->environment, environment, err);
        if (!status) status = resolve_map_scale(p, err);
    } else {
        status = orr_params_init(orr_node_table(ORR_NODE_ENVIRONMENT), environment, err);
        environment->source = ORR_ENV_SKY;
    }
    if (status) return status;
    p->pose->has_environment = true;
    if (environment->source == ORR_ENV_SKY && !p->pose->has_atmosphere)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "the environment's source is 'sky', but the scene has no atmosphere: add "
                        "scene:atmosphere{}, or choose another source");
    return ORR_OK;
}

static double luminance(const double rgb[3]) { /* of linear Rec.709 */
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

/* What the sun must give above the atmosphere for its stated illuminance to arrive at the ground. Without an
 * atmosphere a coloured sun brings illuminance_lx times the luminance of its colour: so it does here. */
static orr_status lift_to_space(orr_poser *p, orr_error *err) {
    orr_pose *pose = p->pose;
    orr_sun_props *sun = &pose->sun;
    const double *d = pose->sun_direction;
    double elevation = orr_atan2_40(d[1], orr_hypot40(d[0], d[2]));
    double altitude_km = (pose->atmosphere.altitude_m + sun->ground_m) / 1000.0;
    double transmittance[3], colour[3], arriving[3];
    orr_air_transmittance(&pose->atmosphere, altitude_km, elevation, transmittance);
    bool black = sun->colour[0] + sun->colour[1] + sun->colour[2] <= 0.0f;
    for (int c = 0; c < 3; c++) {
        colour[c] = black ? 1.0 : (double)sun->colour[c];
        arriving[c] = colour[c] * transmittance[c];
    }
    double weakened = luminance(arriving) / luminance(colour);
    if (!(sun->illuminance_lx <= 1e9 * weakened))
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                        "the sun cannot bring %.6g lx to the ground (at = 'ground', ground_m = %.6g): its "
                        "elevation is %.6g deg (t = %.6g s), %s; raise it, or say at = 'space'",
                        sun->illuminance_lx, sun->ground_m, elevation * (180.0 / ORR_PI), pose->t_s,
                        weakened > 0.0 ? "and hardly any light comes through the air" : "below the horizon");
    sun->illuminance_lx = weakened > 0.0 ? sun->illuminance_lx / weakened : 0.0;
    sun->at = ORR_SUN_SPACE;
    return ORR_OK;
}

static orr_status resolve_sun(orr_poser *p, orr_error *err) {
    orr_pose *pose = p->pose;
    orr_sun_props *sun = &pose->sun;
    if (p->sun != ORR_NONE) {
        *sun = *(const orr_sun_props *)p->props[p->sun];
        pose->has_sun = true;
        double no_phase;
        orr_status status = celestial_direction(p, p->sun, &sun->place, pose->sun_direction, &no_phase, err);
        if (status) return status;
    }
    if (!pose->has_sun) return ORR_OK;
    if (sun->at == ORR_SUN_AUTO) sun->at = pose->has_atmosphere ? ORR_SUN_SPACE : ORR_SUN_GROUND;
    if (sun->at == ORR_SUN_SPACE && !pose->has_atmosphere)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "the sun's illuminance is given at 'space', but the scene has no atmosphere to be "
                        "above of: add scene:atmosphere{}, or say at = 'ground'");
    if (sun->at == ORR_SUN_SPACE && p->sun != ORR_NONE && !orr_poser_set(p, p->sun, "illuminance_lx"))
        sun->illuminance_lx = SUN_IN_SPACE_LX;
    return sun->at == ORR_SUN_GROUND && pose->has_atmosphere ? lift_to_space(p, err) : ORR_OK;
}

/* How much of the full moon's illuminance is left at a phase angle: Krisciunas & Schaefer 1991, "A model of
 * the brightness of moonlight", PASP 103, equation 20, without the surge in the last degrees before full. */
static double moon_phase_factor(double phase_rad) {
    double a = phase_rad * (180.0 / ORR_PI);
    return orr_pow40(10.0, -0.4 * (0.026 * a + 4e-9 * (a * a) * (a * a)));
}

/* The phase angle from the angle between moon and sun as seen from here; the sun is taken as infinitely far,
 * which is wrong by 0.15 deg at most. */
static double phase_from_sun(const double moon[3], const double sun[3]) {
    return ORR_PI - orr_acos40(fmin(fmax(orr_dot3(moon, sun), -1.0), 1.0));
}

static orr_status resolve_moon(orr_poser *p, orr_error *err) {
    orr_pose *pose = p->pose;
    orr_moon_props *moon = &pose->moon;
    if (p->moon == ORR_NONE) return ORR_OK;
    *moon = *(const orr_moon_props *)p->props[p->moon];
    pose->has_moon = true;
    double phase_rad;
    orr_status status = celestial_direction(p, p->moon, &moon->place, pose->moon_direction, &phase_rad, err);
    if (status) return status;
    if (orr_poser_set(p, p->moon, "phase_deg"))
        pose->moon_phase_rad = ORR_RAD(moon->phase_deg);
    else if (isfinite(phase_rad))
        pose->moon_phase_rad = phase_rad;
    else if (pose->has_sun)
        pose->moon_phase_rad = phase_from_sun(pose->moon_direction, pose->sun_direction);
    moon->illuminance_lx *= moon_phase_factor(pose->moon_phase_rad);
    orr_pose_light *light = &pose->lights[pose->light_count++];
    *light = (orr_pose_light){.shape = ORR_LIGHT_FROM_AFAR,
                              .illuminance_lx = moon->illuminance_lx,
                              .colour = {1.0f, 1.0f, 1.0f},
                              .cos_inner = -1.0,
                              .cos_outer = -2.0,
                              .casts_shadow = moon->casts_shadow,
                              .through_air = true,
                              .node = p->moon};
    for (int k = 0; k < 3; k++) light->direction[k] = -pose->moon_direction[k];
    return ORR_OK;
}

orr_status orr_pose_sky(orr_poser *p, orr_error *err) {
    resolve_atmosphere(p);
    p->at = p->environment;
    orr_status status = resolve_environment(p, err);
    if (!status) p->at = p->sun, status = resolve_sun(p, err);
    if (!status) p->at = p->moon, status = resolve_moon(p, err);
    if (status) return status;
    p->at = p->atmosphere;
    if (p->pose->has_atmosphere && !p->pose->has_sun && !p->pose->has_moon)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "the scene has an atmosphere, but neither sun nor moon to light it: a sky without a "
                        "sun direction is an error; add scene:sun{}");
    return ORR_OK;
}
