#include "scene/celestial.h"

#include <stdint.h>

#include "scene/mathd.h"

#define RAD(deg)        ((deg) * (ORR_PI / 180.0))
#define ARCSEC(seconds) RAD((seconds) / 3600.0)
#define CENTURY_DAYS    36525.0
#define EARTH_RADIUS_KM 6378.137
#define AU_EARTH_RADII  (149597870.7 / EARTH_RADIUS_KM)

bool orr_date_in_range(double days_utc) {
    return days_utc >= -36524.5 && days_utc < 36889.5; /* 1900-01-01T00:00Z up to 2101-01-01T00:00Z */
}

/* TT - UT1 in seconds: Espenak & Meeus 2006, "Five Millennium Canon of Solar Eclipses", section 2.7. */
static double delta_t_s(double year) {
    static const struct {
        double until, from; /* polynomial in year - from */
        double k[8];
    } pieces[] = {
        {1920, 1900, {-2.79, 1.494119, -0.0598939, 0.0061966, -0.000197}},
        {1941, 1920, {21.20, 0.84493, -0.076100, 0.0020936}},
        {1961, 1950, {29.07, 0.407, -1.0 / 233.0, 1.0 / 2547.0}},
        {1986, 1975, {45.45, 1.067, -1.0 / 260.0, -1.0 / 718.0}},
        {2005, 2000, {63.86, 0.3345, -0.060374, 0.0017275, 0.000651814, 0.00002373599}},
        {2050, 2000, {62.92, 0.32217, 0.005589}},
    };
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        if (year >= pieces[i].until) continue;
        double sum = 0.0;
        for (int k = 7; k >= 0; k--) sum = sum * (year - pieces[i].from) + pieces[i].k[k];
        return sum;
    }
    double u = (year - 1820.0) / 100.0;
    return -20.0 + 32.0 * u * u - 0.5628 * (2150.0 - year);
}

/* --- the earth and its axis --------------------------------------------------------------------------- */

typedef struct moment {
    double days;          /* since J2000.0, TT */
    double t;             /* the same in Julian centuries */
    double obliquity_rad; /* true */
    double nutation_rad;  /* in longitude */
    double sidereal_rad;  /* apparent, at Greenwich */
} moment;

static moment moment_of(double days_utc) {
    moment m = {.days = days_utc + delta_t_s(2000.0 + days_utc / 365.25) / 86400.0};
    double t = m.t = m.days / CENTURY_DAYS, ut = days_utc / CENTURY_DAYS;
    double node = RAD(125.04452 - 1934.136261 * t), sun = RAD(280.4665 + 36000.7698 * t),
           moon = RAD(218.3165 + 481267.8813 * t);
    m.nutation_rad = ARCSEC(-17.20 * orr_sin40(node) - 1.32 * orr_sin40(2.0 * sun) -
                            0.23 * orr_sin40(2.0 * moon) + 0.21 * orr_sin40(2.0 * node));
    m.obliquity_rad =
        ARCSEC(84381.448 - 46.8150 * t - 0.00059 * t * t + 0.001813 * t * t * t + 9.20 * orr_cos40(node) +
               0.57 * orr_cos40(2.0 * sun) + 0.10 * orr_cos40(2.0 * moon) - 0.09 * orr_cos40(2.0 * node));
    m.sidereal_rad =
        RAD(280.46061837 + 360.98564736629 * days_utc + 0.000387933 * ut * ut - ut * ut * ut / 38710000.0) +
        m.nutation_rad * orr_cos40(m.obliquity_rad);
    return m;
}

/* Geocentric equatorial coordinates of date, in the unit of `distance`. */
static void equatorial(const moment *m, double longitude_rad, double latitude_rad, double distance,
                       double out[3]) {
    double x = orr_cos40(latitude_rad) * orr_cos40(longitude_rad),
           y = orr_cos40(latitude_rad) * orr_sin40(longitude_rad), z = orr_sin40(latitude_rad);
    double c = orr_cos40(m->obliquity_rad), s = orr_sin40(m->obliquity_rad);
    out[0] = distance * x;
    out[1] = distance * (y * c - z * s);
    out[2] = distance * (y * s + z * c);
}

/* --- sun ------------------------------------------------------------------------------------------------ */

typedef struct periodic {
    double amplitude, phase_rad, rate; /* 1e-8 rad or 1e-8 au; rate per 1000 years */
} periodic;
static const periodic longitude_0[] = {
    {175347046, 0, 0},           {3341656, 4.6692568, 6283.07585},
    {34894, 4.6261, 12566.1517}, {3497, 2.7441, 5753.3849},
    {3418, 2.8289, 3.5231},      {3136, 3.6277, 77713.7715},
    {2676, 4.4181, 7860.4194},   {2343, 6.1352, 3930.2097},
    {1324, 0.7425, 11506.7698},  {1273, 2.0371, 529.691},
    {1199, 1.1096, 1577.3435},   {990, 5.233, 5884.927},
    {902, 2.045, 26.298},        {857, 3.508, 398.149},
    {780, 1.179, 5223.694},      {753, 2.533, 5507.553},
    {505, 4.583, 18849.228},     {492, 4.205, 775.523},
    {357, 2.92, 0.067},          {317, 5.849, 11790.629},
    {284, 1.899, 796.298},       {271, 0.315, 10977.079},
    {243, 0.345, 5486.778},      {206, 4.806, 2544.314},
    {205, 1.869, 5573.143},      {202, 2.458, 6069.777},
    {156, 0.833, 213.299},       {132, 3.411, 2942.463},
    {126, 1.083, 20.775},        {115, 0.645, 0.98},
    {103, 0.636, 4694.003},
};
static const periodic longitude_1[] = {
    {628331966747.0, 0, 0}, {206059, 2.678235, 6283.07585}, {4303, 2.6351, 12566.1517},
    {425, 1.59, 3.523},     {119, 5.796, 26.298},           {109, 2.966, 1577.344},
};
static const periodic longitude_2[] = {{52919, 0, 0}, {8720, 1.0721, 6283.0758}, {309, 0.867, 12566.152}};
static const periodic latitude_0[] = {{280, 3.199, 84334.662}, {102, 5.422, 5507.553}};
static const periodic radius_0[] = {
    {100013989, 0, 0},          {1670700, 3.0984635, 6283.07585}, {13956, 3.05525, 12566.1517},
    {3084, 5.1985, 77713.7715}, {1628, 1.1739, 5753.3849},        {1576, 2.8469, 7860.4194},
};
static const periodic radius_1[] = {{103019, 1.10749, 6283.07585}, {1721, 1.0644, 12566.1517}};

static double series(const periodic *terms, size_t count, double millennia) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += terms[i].amplitude * orr_cos40(terms[i].phase_rad + terms[i].rate * millennia);
    return sum * 1e-8;
}
#define SERIES(terms, millennia) series(terms, sizeof(terms) / sizeof(terms)[0], millennia)

/* Where the sun is, geocentric, apparent; in earth radii. */
static void sun_vector(const moment *m, double out[3]) {
    double t = m->t / 10.0;
    double longitude =
        SERIES(longitude_0, t) + t * (SERIES(longitude_1, t) + t * SERIES(longitude_2, t)) + ORR_PI;
    double radius_au = SERIES(radius_0, t) + t * SERIES(radius_1, t);
    longitude += ARCSEC(-0.09033); /* to the axes of FK5 */
    longitude -= ARCSEC(20.4898) / radius_au;
    equatorial(m, longitude + m->nutation_rad, -SERIES(latitude_0, t), radius_au * AU_EARTH_RADII, out);
}

/* --- moon ------------------------------------------------------------------------------------------------
 */

typedef struct lunar {
    int8_t d, m, mm, f;   /* multiples of elongation, sun's and moon's anomaly, argument of latitude */
    int32_t sine, cosine; /* 1e-6 deg of longitude or latitude; 1e-3 km of distance */
} lunar;
static const lunar lunar_longitude[] = {
    {0, 0, 1, 0, 6288774, -20905355}, {2, 0, -1, 0, 1274027, -3699111}, {2, 0, 0, 0, 658314, -2955968},
    {0, 0, 2, 0, 213618, -569925},    {0, 1, 0, 0, -185116, 48888},     {0, 0, 0, 2, -114332, -3149},
    {2, 0, -2, 0, 58793, 246158},     {2, -1, -1, 0, 57066, -152138},   {2, 0, 1, 0, 53322, -170733},
    {2, -1, 0, 0, 45758, -204586},    {0, 1, -1, 0, -40923, -129620},   {1, 0, 0, 0, -34720, 108743},
    {0, 1, 1, 0, -30383, 104755},     {2, 0, 0, -2, 15327, 10321},      {0, 0, 1, 2, -12528, 0},
    {0, 0, 1, -2, 10980, 79661},      {4, 0, -1, 0, 10675, -34782},     {0, 0, 3, 0, 10034, -23210},
    {4, 0, -2, 0, 8548, -21636},      {2, 1, -1, 0, -7888, 24208},      {2, 1, 0, 0, -6766, 30824},
    {1, 0, -1, 0, -5163, -8379},      {1, 1, 0, 0, 4987, -16675},       {2, -1, 1, 0, 4036, -12831},
    {2, 0, 2, 0, 3994, -10445},       {4, 0, 0, 0, 3861, -11650},       {2, 0, -3, 0, 3665, 14403},
    {0, 1, -2, 0, -2689, -7003},      {2, 0, -1, 2, -2602, 0},          {2, -1, -2, 0, 2390, 10056},
    {1, 0, 1, 0, -2348, 6322},        {2, -2, 0, 0, 2236, -9884},       {0, 1, 2, 0, -2120, 5751},
    {0, 2, 0, 0, -2069, 0},           {2, -2, -1, 0, 2048, -4950},
};
static const lunar lunar_latitude[] = {
    {0, 0, 0, 1, 5128122, 0}, {0, 0, 1, 1, 280602, 0},  {0, 0, 1, -1, 277693, 0}, {2, 0, 0, -1, 173237, 0},
    {2, 0, -1, 1, 55413, 0},  {2, 0, -1, -1, 46271, 0}, {2, 0, 0, 1, 32573, 0},   {0, 0, 2, 1, 17198, 0},
    {2, 0, 1, -1, 9266, 0},   {0, 0, 2, -1, 8822, 0},   {2, -1, 0, -1, 8216, 0},  {2, 0, -2, -1, 4324, 0},
    {2, 0, 1, 1, 4200, 0},    {2, 1, 0, -1, -3359, 0},  {2, -1, -1, 1, 2463, 0},  {2, -1, 0, 1, 2211, 0},
    {2, -1, -1, -1, 2065, 0},
};

typedef struct lunar_angles {
    double d, m, mm, f, eccentricity;
} lunar_angles;

/* Terms with the sun's anomaly shrink with the eccentricity of the earth's orbit. */
static void lunar_sum(const lunar *terms, size_t count, const lunar_angles *a, double *sines,
                      double *cosines) {
    for (size_t i = 0; i < count; i++) {
        double angle = terms[i].d * a->d + terms[i].m * a->m + terms[i].mm * a->mm + terms[i].f * a->f;
        double weight = terms[i].m == 0                ? 1.0
                        : terms[i].m * terms[i].m == 1 ? a->eccentricity
                                                       : a->eccentricity * a->eccentricity;
        *sines += weight * terms[i].sine * orr_sin40(angle);
        *cosines += weight * terms[i].cosine * orr_cos40(angle);
    }
}

/* Where the moon is, geocentric, apparent (the series counts the light's way); in earth radii. */
static void moon_vector(const moment *m, double out[3]) {
    double t = m->t, t2 = t * t, t3 = t2 * t;
    double mean = RAD(218.3164477 + 481267.88123421 * t - 0.0015786 * t2 + t3 / 538841.0);
    lunar_angles a = {.d = RAD(297.8501921 + 445267.1114034 * t - 0.0018819 * t2 + t3 / 545868.0),
                      .m = RAD(357.5291092 + 35999.0502909 * t - 0.0001536 * t2),
                      .mm = RAD(134.9633964 + 477198.8675055 * t + 0.0087414 * t2 + t3 / 69699.0),
                      .f = RAD(93.2720950 + 483202.0175233 * t - 0.0036539 * t2),
                      .eccentricity = 1.0 - 0.002516 * t - 0.0000074 * t2};
    double longitude = 0.0, latitude = 0.0, distance = 0.0, none = 0.0;
    lunar_sum(lunar_longitude, sizeof lunar_longitude / sizeof *lunar_longitude, &a, &longitude, &distance);
    lunar_sum(lunar_latitude, sizeof lunar_latitude / sizeof *lunar_latitude, &a, &latitude, &none);
    longitude += 3958.0 * orr_sin40(RAD(119.75 + 131.849 * t)) + 1962.0 * orr_sin40(mean - a.f); /* Venus … */
    latitude -= 2235.0 * orr_sin40(mean); /* … and the flattening of the earth */
    equatorial(m, mean + RAD(longitude * 1e-6) + m->nutation_rad, RAD(latitude * 1e-6),
               (385000.56 + distance * 1e-3) / EARTH_RADIUS_KM, out);
}

/* --- seen from a place ------------------------------------------------------------------------------------
 */

double orr_refraction_deg(double elevation_deg) {
    const double seen_on_horizon = -0.575;
    double h = fmax(elevation_deg, seen_on_horizon);
    double above = 1.02 / 60.0 / orr_tan40(RAD(h + 10.3 / (h + 5.11)));
    if (elevation_deg >= seen_on_horizon) return above;
    return above * orr_tan40(RAD(seen_on_horizon)) / orr_tan40(RAD(elevation_deg));
}

/* From geocentric to as seen from sea level: takes the viewer's place off `body`. Latitude is geodetic (Meeus
 * ch. 11, flattening 1 / 298.257). */
static void see_from(const moment *m, double latitude_deg, double longitude_deg, double body[3],
                     orr_horizontal *out) {
    const double squeeze = 1.0 - 1.0 / 298.257;
    double sin_lat = orr_sin40(RAD(latitude_deg)), cos_lat = orr_cos40(RAD(latitude_deg));
    double local = m->sidereal_rad + RAD(longitude_deg), s = orr_sin40(local), c = orr_cos40(local);
    double normal = 1.0 / sqrt(cos_lat * cos_lat + squeeze * squeeze * sin_lat * sin_lat);
    const double up[3] = {cos_lat * c, cos_lat * s, sin_lat}, east[3] = {-s, c, 0.0},
                 north[3] = {-sin_lat * c, -sin_lat * s, cos_lat};
    for (int k = 0; k < 3; k++) body[k] -= normal * up[k] * (k == 2 ? squeeze * squeeze : 1.0);
    double e = orr_dot3(body, east), n = orr_dot3(body, north), u = orr_dot3(body, up);
    double elevation_deg = orr_atan2_40(u, sqrt(e * e + n * n)) * (180.0 / ORR_PI);
    out->azimuth_rad = orr_atan2_40(e, n);
    if (out->azimuth_rad < 0.0) out->azimuth_rad += 2.0 * ORR_PI;
    out->elevation_rad = RAD(elevation_deg + orr_refraction_deg(elevation_deg));
}

void orr_sun_place(double days_utc, double latitude_deg, double longitude_deg, orr_horizontal *out) {
    moment m = moment_of(days_utc);
    double sun[3];
    sun_vector(&m, sun);
    see_from(&m, latitude_deg, longitude_deg, sun, out);
}

void orr_moon_place(double days_utc, double latitude_deg, double longitude_deg, orr_horizontal *out,
                    double *phase_rad) {
    moment m = moment_of(days_utc);
    double sun[3], moon[3], to_viewer[3], to_sun[3];
    sun_vector(&m, sun);
    moon_vector(&m, moon);
    for (int k = 0; k < 3; k++) to_sun[k] = sun[k] - moon[k];
    see_from(&m, latitude_deg, longitude_deg, moon, out);
    for (int k = 0; k < 3; k++) to_viewer[k] = -moon[k];
    orr_normalize3(to_sun), orr_normalize3(to_viewer);
    *phase_rad = orr_acos40(fmin(fmax(orr_dot3(to_sun, to_viewer), -1.0), 1.0));
}
