/* Where sun and moon stand: date and place to azimuth and elevation. Pure, thread-safe; libm through
 * base/round.h, so that every machine gets the same angles. */
#ifndef ORR_SCENE_CELESTIAL_H
#define ORR_SCENE_CELESTIAL_H

#include <stdbool.h>

#include "base/error.h"

/* "2026-06-21T18:00Z", "2026-06-21T20:00:30.5+02:00": ISO 8601 of the years 1900 to 2100, Gregorian, with a
 * zone always. `days_utc` counts days of 86 400 s since 2000-01-01T12:00Z. ORR_E_BAD_DATA with the text and
 * what is right. */
ORR_MUST_CHECK orr_status orr_date_parse(const char *text, double *days_utc, orr_error *err);
/* Whether a count of days is within those years, where the formulas below hold. */
bool orr_date_in_range(double days_utc);

typedef struct orr_horizontal {
    double azimuth_rad; /* clockwise from north */
    double elevation_rad;
} orr_horizontal;

/* The apparent place (of the disk's centre) as seen from sea level at a geodetic latitude and an eastern
 * longitude: with nutation, aberration, parallax and refraction at 1010 hPa and 10 degrees C. UTC is taken as
 * UT1, which it follows within 0.9 s, 0.004 deg of the sky's turn.
 * Sun: within 0.01 deg. The earth's heliocentric place by the leading terms of VSOP87 (Bretagnon & Francou
 * 1988; as in Reda & Andreas 2004, "Solar position algorithm", table A4.2), nutation and the rest by Meeus
 * 1998, "Astronomical Algorithms", ch. 22, 25, 12, 40; delta T by Espenak & Meeus 2006. */
void orr_sun_place(double days_utc, double latitude_deg, double longitude_deg, orr_horizontal *out);
/* Moon: within 0.05 deg by the main terms of Meeus ch. 47. `phase_rad` is the angle at the moon between sun
 * and viewer: 0 full, pi new. */
void orr_moon_place(double days_utc, double latitude_deg, double longitude_deg, orr_horizontal *out,
                    double *phase_rad);

/* What refraction adds to a true elevation, in degrees: Saemundsson 1986 (Meeus 16.4) down to where the
 * disk's centre is seen on the horizon; below, where nobody sees it, it dies away as 1 / tan, without a step,
 * as the solar calculator of NOAA has it (Zimmerman 1981). */
double orr_refraction_deg(double elevation_deg);

#endif
