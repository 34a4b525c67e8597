/* Dates, and where sun and moon stand, against another program's numbers (tests/reference). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene/celestial.h"
#include "scene/mathd.h"

#define DEG (180.0 / ORR_PI)

static double days(const char *text) {
    orr_error err = {0};
    double out = NAN;
    if (orr_date_parse(text, &out, &err)) fail_msg("%s", err.message);
    return out;
}

static void test_dates(void **state) {
    (void)state;
    assert_true(days("2000-01-01T12:00Z") == 0.0);
    assert_true(fabs(days("2000-01-01T12:00:30Z") * 86400.0 - 30.0) < 1e-9);
    assert_true(fabs(days("2000-01-01T12:00:00.25Z") * 86400.0 - 0.25) < 1e-9);
    assert_true(days("2000-03-01T12:00Z") == 60.0); /* a leap year, although it ends a century */
    assert_true(days("1999-12-31T12:00Z") == -1.0);
    assert_true(days("1900-03-01T00:00Z") == -36465.5); /* not one: JD 2415079.5 */
    assert_true(days("2026-06-21T20:00+02:00") == days("2026-06-21T18:00Z"));
    assert_true(days("2026-06-21T12:30-05:30") == days("2026-06-21T18:00Z"));
    assert_true(days("2100-12-31T23:59:59Z") > 36889.0);
}

static void test_bad_dates(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"", "does not begin with year"},
        {"yesterday", "does not begin with year"},
        {"26-06-21T18:00Z", "does not begin with year"},
        {"2026/06/21T18:00Z", "does not begin with year"},
        {" 2026-06-21T18:00Z", "does not begin with year"},
        {"2026-06-21", "a time of day"},
        {"2026-06-21 18:00Z", "a time of day"},
        {"2026-06-21T18Z", "a time of day"},
        {"2026-06-21T18:00", "no zone"},
        {"2026-06-21T18:00z", "its zone"},
        {"2026-06-21T18:00Z ", "its zone"},
        {"2026-06-21T18:00+0200", "its zone"},
        {"2026-06-21T18:00+15:00", "its zone"},
        {"2026-06-21T18:00+02:60", "its zone"},
        {"2026-06-31T18:00Z", "no such day"},
        {"2026-02-29T18:00Z", "no such day"},
        {"2100-02-29T18:00Z", "no such day"},
        {"2026-13-01T18:00Z", "no such day"},
        {"2026-00-01T18:00Z", "no such day"},
        {"2026-06-21T24:00Z", "no such time"},
        {"2026-06-21T18:60Z", "no such time"},
        {"2026-06-21T18:00:60Z", "no such time"},
        {"2026-06-21T18:00:5Z", "no such time"},
        {"2026-06-21T18:00:05.Z", "no such time"},
        {"2026-06-21T18:00:05.1234567890Z", "its zone"},
        {"1899-12-31T23:00Z", "its year is out of range"},
        {"2101-01-01T00:00Z", "its year is out of range"},
        {"1900-01-01T00:00+01:00", "its year is out of range"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        orr_error err = {0};
        double out;
        assert_int_equal(orr_date_parse(rows[i].text, &out, &err), ORR_E_BAD_DATA);
        if (!strstr(err.message, rows[i].part) || !strstr(err.message, rows[i].text) ||
            !strstr(err.message, "2026-06-21T18:00Z"))
            fail_msg("'%s': %s", rows[i].text, err.message);
    }
}

typedef struct place_row {
    char date[32];
    double latitude, longitude, azimuth, airless, apparent, illuminated;
} place_row;

static bool next_row(FILE *file, place_row *row) {
    char line[256];
    while (fgets(line, sizeof line, file))
        if (line[0] != '#')
            return sscanf(line, "%31[^,],%lf,%lf,%lf,%lf,%lf,%lf", row->date, &row->latitude, &row->longitude,
                          &row->azimuth, &row->airless, &row->apparent, &row->illuminated) >= 6;
    return false;
}

static void direction(double azimuth_rad, double elevation_rad, double out[3]) {
    out[0] = cos(elevation_rad) * sin(azimuth_rad), out[1] = cos(elevation_rad) * cos(azimuth_rad),
    out[2] = sin(elevation_rad);
}

/* The angle between where a body stands by us and by the table, in degrees. */
static double apart_deg(const orr_horizontal *got, const place_row *row) {
    double a[3], b[3], c[3];
    bool seen = row->apparent > 0.0; /* for the others the table has no refraction */
    double expected = seen ? row->apparent : row->airless + orr_refraction_deg(row->airless);
    direction(got->azimuth_rad, got->elevation_rad, a);
    direction(row->azimuth / DEG, expected / DEG, b);
    orr_cross3(a, b, c);
    return atan2(orr_length3(c), orr_dot3(a, b)) * DEG;
}

static void test_sun(void **state) {
    (void)state;
    FILE *file = fopen("tests/reference/solar_positions.csv", "r");
    assert_non_null(file);
    place_row row;
    int rows = 0;
    double worst = 0.0, worst_high = 0.0; /* high: where what there is of refraction does not hide the rest */
    while (next_row(file, &row)) {
        orr_horizontal got;
        orr_sun_place(days(row.date), row.latitude, row.longitude, &got);
        double apart = apart_deg(&got, &row);
        worst = fmax(worst, apart);
        if (fabs(row.airless) > 15.0) worst_high = fmax(worst_high, apart);
        rows++;
    }
    (void)fclose(file);
    print_message("sun: %d places, worst deviation %.5f deg; above 15 deg %.5f\n", rows, worst, worst_high);
    assert_true(rows == 120);
    assert_true(worst <= 0.01);
    assert_true(worst_high <= 0.002);
}

static void test_moon(void **state) {
    (void)state;
    FILE *file = fopen("tests/reference/lunar_positions.csv", "r");
    assert_non_null(file);
    place_row row;
    int rows = 0;
    double worst = 0.0, worst_phase = 0.0;
    while (next_row(file, &row)) {
        orr_horizontal got;
        double phase;
        orr_moon_place(days(row.date), row.latitude, row.longitude, &got, &phase);
        worst = fmax(worst, apart_deg(&got, &row));
        worst_phase = fmax(worst_phase, fabs(50.0 * (1.0 + cos(phase)) - row.illuminated));
        rows++;
    }
    (void)fclose(file);
    print_message("moon: %d places, worst deviation %.5f deg; lit part %.3f percent points\n", rows, worst,
                  worst_phase);
    assert_true(rows == 25);
    assert_true(worst <= 0.05);
    assert_true(worst_phase <= 1.0); /* the table's is seen from the earth's centre */
}

/* Meeus, example 16.a's table and ch. 16: 28.98' for a true elevation of 0, 5.3' at 10 deg; about 34' where a
 * body is seen on the horizon. No steps anywhere: a sun that sets does not jump. */
static void test_refraction(void **state) {
    (void)state;
    assert_true(fabs(orr_refraction_deg(0.0) * 60.0 - 28.98) < 0.01);
    assert_true(fabs(orr_refraction_deg(-0.575) * 60.0 - 34.4) < 0.2);
    assert_true(fabs(orr_refraction_deg(10.0) * 60.0 - 5.4) < 0.1);
    assert_true(fabs(orr_refraction_deg(90.0)) < 1e-4);
    assert_true(fabs(orr_refraction_deg(-90.0)) < 1e-9);
    for (double h = -90.0; h < 90.0; h += 0.01) {
        double step = orr_refraction_deg(h + 0.01) - orr_refraction_deg(h);
        if (!(fabs(step) < 0.011)) fail_msg("a step of %g deg at %g deg", step, h);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates), cmocka_unit_test(test_bad_dates),  cmocka_unit_test(test_sun),
        cmocka_unit_test(test_moon),  cmocka_unit_test(test_refraction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
