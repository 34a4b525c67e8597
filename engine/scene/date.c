/* ISO 8601 dates, strictly. */
#include <string.h>

#include "scene/celestial.h"

/* `count` digits at *at; moves it on. -1: something else stands there. */
static int digits(const char **at, int count) {
    int number = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9') return -1;
        number = number * 10 + (**at - '0');
    }
    return number;
}

static bool skip(const char **at, char c) {
    return **at == c && (*at)++;
}

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Days from 2000-01-01 to a day of the years 1900 to 2100. */
static int day_number(int year, int month, int day) {
    int number = day - 1;
    for (int m = 1; m < month; m++) number += days_in(year, m);
    for (int y = 2000; y < year; y++) number += 337 + days_in(y, 2);
    for (int y = year; y < 2000; y++) number -= 337 + days_in(y, 2);
    return number;
}

/* Seconds with up to nine decimals after "hh:mm"; 0 when there are none. -1: bad. */
static double seconds(const char **at) {
    if (!skip(at, ':')) return 0.0;
    int whole = digits(at, 2);
    if (whole < 0 || whole > 59) return -1.0;
    double fraction = 0.0, unit = 0.1;
    if (!skip(at, '.')) return whole;
    if (**at < '0' || **at > '9') return -1.0;
    for (int i = 0; i < 9 && **at >= '0' && **at <= '9'; i++, unit *= 0.1)
        fraction += unit * (*(*at)++ - '0');
    return whole + fraction;
}

/* Minutes that the zone is ahead of UTC. */
static bool zone(const char **at, int *minutes) {
    *minutes = 0;
    if (skip(at, 'Z')) return true;
    int sign = skip(at, '+') ? 1 : skip(at, '-') ? -1 : 0;
    int hours = sign ? digits(at, 2) : -1, rest = hours >= 0 && skip(at, ':') ? digits(at, 2) : -1;
    if (hours < 0 || hours > 14 || rest < 0 || rest > 59) return false;
    *minutes = sign * (hours * 60 + rest);
    return true;
}

static orr_status fail(const char *text, const char *what, orr_error *err) {
    return orr_fail(err, ORR_E_BAD_DATA, NULL,
                    "'%.40s' is no date: %s; write it as \"2026-06-21T18:00Z\" (UTC) or "
                    "\"2026-06-21T20:00:00+02:00\", years 1900 to 2100",
                    text, what);
}

orr_status orr_date_parse(const char *text, double *days_utc, orr_error *err) {
    const char *at = text;
    int year = digits(&at, 4), month = year >= 0 && skip(&at, '-') ? digits(&at, 2) : -1,
        day = month >= 0 && skip(&at, '-') ? digits(&at, 2) : -1;
    if (day < 0) return fail(text, "it does not begin with year, month and day", err);
    if (year < 1900 || year > 2100) return fail(text, "its year is out of range", err);
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return fail(text, "there is no such day", err);
    int hour = skip(&at, 'T') ? digits(&at, 2) : -1,
        minute = hour >= 0 && skip(&at, ':') ? digits(&at, 2) : -1;
    if (minute < 0) return fail(text, "a time of day as T18:00 must follow the day", err);
    double second = seconds(&at);
    if (hour > 23 || minute > 59 || second < 0.0) return fail(text, "there is no such time of day", err);
    int ahead;
    if (!*at) return fail(text, "it has no zone", err);
    if (!zone(&at, &ahead) || *at) return fail(text, "its zone is neither Z nor as +02:00", err);
    *days_utc =
        day_number(year, month, day) - 0.5 + (hour * 3600.0 + (minute - ahead) * 60.0 + second) / 86400.0;
    if (!orr_date_in_range(*days_utc)) return fail(text, "its year is out of range", err);
    return ORR_OK;
}
