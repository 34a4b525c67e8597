/* The judge of the sky's multiple scattering: the same equations as the tables of shaders/atmosphere.glsl
 * (the constants are those of the Earth, docs/sky.md), solved by following light paths instead. A path starts
 * at the eye, and at every place where it turns the sun's light is added through the air between. Distances
 * are drawn from the ray's own scattering, marched in steps that grow from its lowest point; directions from
 * the phase functions. Nothing is cut off but by Russian roulette, which keeps the mean.
 *
 *   atmosphere_paths [--orders N] [--error E] [--paths N] [--first N] [--rows N]
 *
 * --orders 1 is single scattering, which has a reference of its own. A row ends when the standard errors of
 * its three channels are below E of their values (0.0025), or after N paths (6e6). The random numbers of a
 * row follow from its sun and view alone: rows can be made one by one, in any order (--first, from 0;
 * --rows). Made without options, they are those of atmosphere_multiple_scattering.csv, in about half an
 * hour. Built on request, never run by the tests: `cmake --build build/release --target atmosphere_paths`. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

enum { STEPS = 64, BATCH = 256, ROWS = 512, COLUMNS = 512, TABLE_STEPS = 400 };

/* Kilometres and their inverses. */
static const double GROUND = 6360.0, TOP = 6460.0, RAYLEIGH_SCALE = 8.0, MIE_SCALE = 1.2, MIE_G = 0.8;
static const double RAYLEIGH[3] = {5.802e-3, 13.558e-3, 33.1e-3}, OZONE[3] = {0.650e-3, 1.881e-3, 0.085e-3};
static const double MIE_SCATTERING = 3.996e-3, MIE_ABSORPTION = 4.405e-4;
static const double ALBEDO = 0.1, SUN_LX = 133312.0, EYE_ALTITUDE = 0.2;

typedef struct vec {
    double x, y, z;
} vec;
typedef struct rgb {
    double c[3];
} rgb;

static vec along(vec p, vec d, double s) {
    return (vec){p.x + d.x * s, p.y + d.y * s, p.z + d.z * s};
}
static double dot(vec a, vec b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}
static double length(vec a) {
    return sqrt(dot(a, a));
}

/* --- random numbers: PCG32 (O'Neill 2014), seeded by SplitMix64 -------------------------------------------
 */

typedef struct random {
    uint64_t state;
} random;

static double next(random *r) { /* 0 <= u < 1 */
    uint64_t old = r->state;
    r->state = old * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint32_t shifted = (uint32_t)(((old >> 18u) ^ old) >> 27u), turn = (uint32_t)(old >> 59u);
    return ((shifted >> turn) | (shifted << ((32u - turn) & 31u))) * 0x1p-32;
}
static random seeded(uint64_t seed) {
    uint64_t z = seed + UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (random){z ^ (z >> 31)};
}

/* --- the air -------------------------------------------------------------------------------------------- */

/* Relative density of molecules, aerosol and ozone; over a path: kilometres of air at the density of the
 * ground. */
typedef struct amount {
    double rayleigh, mie, ozone;
} amount;

static amount density(double h) {
    double ozone = h < 25.0 ? (h - 10.0) / 15.0 : (40.0 - h) / 15.0;
    return (amount){exp(-h / RAYLEIGH_SCALE), exp(-h / MIE_SCALE), fmax(ozone, 0.0)};
}
static void add(amount *sum, amount a, double k) {
    sum->rayleigh += a.rayleigh * k, sum->mie += a.mie * k, sum->ozone += a.ozone * k;
}
static rgb transmitted(amount a) {
    rgb t;
    for (int c = 0; c < 3; c++)
        t.c[c] =
            exp(-(RAYLEIGH[c] * a.rayleigh + (MIE_SCATTERING + MIE_ABSORPTION) * a.mie + OZONE[c] * a.ozone));
    return t;
}

static double to_top(double r, double mu) {
    return -r * mu + sqrt(fmax(r * r * (mu * mu - 1.0) + TOP * TOP, 0.0));
}
static bool hits_ground(double r, double mu) {
    return mu < 0.0 && r * r * (mu * mu - 1.0) + GROUND * GROUND >= 0.0;
}
static double to_ground(double r, double mu) {
    return fmax(-r * mu - sqrt(fmax(r * r * (mu * mu - 1.0) + GROUND * GROUND, 0.0)), 0.0);
}

/* Distance at the fraction `u` of a ray's steps: they grow from `low`, where the ray is lowest and the air
 * thick. */
static double step_edge(double end, double low, double u) {
    if (low <= 0.0) return end * u * u;
    if (low >= end) return end - end * (1.0 - u) * (1.0 - u);
    double v = 2.0 * u - 1.0;
    return u < 0.5 ? low - low * v * v : low + (end - low) * v * v;
}
static double height(double r, double mu, double s) {
    return fmax(sqrt(r * r + s * s + 2.0 * r * mu * s) - GROUND, 0.0);
}

/* The air between a point and the top along a ray that misses the ground, tabulated over Bruneton's mapping
 * (Bruneton & Neyret 2008): distances to the horizon and to the top, so that the table is dense where the
 * light grazes. */
static amount g_air[ROWS][COLUMNS];

static void fill_table(void) {
    double reach = sqrt(TOP * TOP - GROUND * GROUND);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++) {
            double rho = reach * i / (ROWS - 1), r = sqrt(rho * rho + GROUND * GROUND), least = TOP - r;
            double d = least + (rho + reach - least) * j / (COLUMNS - 1);
            double mu = d > 0.0 ? fmin((reach * reach - rho * rho - d * d) / (2.0 * r * d), 1.0) : 1.0;
            amount sum = {0};
            for (int k = 0; k < TABLE_STEPS; k++) {
                double a = step_edge(d, -r * mu, (double)k / TABLE_STEPS),
                       b = step_edge(d, -r * mu, (k + 1.0) / TABLE_STEPS);
                add(&sum, density(height(r, mu, 0.5 * (a + b))), b - a);
            }
            g_air[i][j] = sum;
        }
}

/* Of the sun, a point at infinity; 0 in the planet's shadow. */
static rgb sun_transmittance(double r, double mu) {
    if (hits_ground(r, mu)) return (rgb){{0}};
    double reach = sqrt(TOP * TOP - GROUND * GROUND), rho = sqrt(fmax(r * r - GROUND * GROUND, 0.0)),
           least = TOP - r;
    double x = fmin(rho / reach, 1.0) * (ROWS - 1),
           y = fmin(fmax((to_top(r, mu) - least) / (rho + reach - least), 0.0), 1.0) * (COLUMNS - 1);
    int i = x >= ROWS - 1 ? ROWS - 2 : (int)x, j = y >= COLUMNS - 1 ? COLUMNS - 2 : (int)y;
    amount sum = {0};
    for (int k = 0; k < 4; k++)
        add(&sum, g_air[i + (k & 1)][j + (k >> 1)],
            (k & 1 ? x - i : 1.0 - x + i) * (k >> 1 ? y - j : 1.0 - y + j));
    return transmitted(sum);
}

/* --- phase functions ------------------------------------------------------------------------------------ */

static double phase_rayleigh(double c) {
    return 3.0 / (16.0 * PI) * (1.0 + c * c);
}
static double phase_mie(double c) { /* Cornette & Shanks 1992 */
    double g2 = MIE_G * MIE_G, d = 1.0 + g2 - 2.0 * MIE_G * c;
    return 3.0 / (8.0 * PI) * (1.0 - g2) * (1.0 + c * c) / ((2.0 + g2) * d * sqrt(d));
}
static double draw_rayleigh(random *r) {
    for (;;) {
        double c = 2.0 * next(r) - 1.0;
        if (2.0 * next(r) < 1.0 + c * c) return c;
    }
}
static double draw_mie(random *r) { /* Henyey-Greenstein, thinned by 1 + c^2 */
    for (;;) {
        double k = (1.0 - MIE_G * MIE_G) / (1.0 - MIE_G + 2.0 * MIE_G * next(r)),
               c = (1.0 + MIE_G * MIE_G - k * k) / (2.0 * MIE_G);
        if (2.0 * next(r) < 1.0 + c * c) return c;
    }
}
/* At the cosine `c` from `d`, anywhere around it (basis: Duff et al. 2017). */
static vec turned(vec d, double c, random *r) {
    double sign = copysign(1.0, d.z), a = -1.0 / (sign + d.z), b = d.x * d.y * a, phi = 2.0 * PI * next(r);
    vec t = {1.0 + sign * d.x * d.x * a, sign * b, -sign * d.x}, u = {b, sign + d.y * d.y * a, -d.y};
    double s = sqrt(fmax(1.0 - c * c, 0.0)), x = s * cos(phi), y = s * sin(phi);
    return (vec){t.x * x + u.x * y + d.x * c, t.y * x + u.y * y + d.y * c, t.z * x + u.z * y + d.z * c};
}

/* --- one path ------------------------------------------------------------------------------------------- */

typedef struct march { /* of one ray: where it may turn, and how likely; the last place is the ground */
    double edge[STEPS + 1], odds[STEPS + 1];
    amount before[STEPS + 1];
    bool ground;
} march;

static double weigh(rgb a, rgb b, rgb c) {
    return a.c[0] * b.c[0] * c.c[0] + a.c[1] * b.c[1] * c.c[1] + a.c[2] * b.c[2] * c.c[2];
}
static rgb scattering(amount a) {
    rgb s;
    for (int c = 0; c < 3; c++) s.c[c] = RAYLEIGH[c] * a.rayleigh + MIE_SCATTERING * a.mie;
    return s;
}

/* Half of the odds follow what is scattered, half what is scattered of the sun's direct light: at dusk the
 * first alone would stay in the shadow for ever. */
static void march_ray(march *m, vec p, vec d, vec sun, rgb carried) {
    double r = length(p), mu = dot(p, d) / r, any[STEPS + 1] = {0}, lit[STEPS + 1] = {0}, all = 0.0,
           all_lit = 0.0;
    m->ground = hits_ground(r, mu);
    double end = m->ground ? to_ground(r, mu) : to_top(r, mu);
    amount sum = {0};
    for (int i = 0; i <= STEPS; i++) m->edge[i] = step_edge(end, -r * mu, (double)i / STEPS);
    for (int i = 0; i < STEPS + m->ground; i++) {
        bool last = i == STEPS;
        double size = last ? 0.0 : m->edge[i + 1] - m->edge[i], s = last ? end : m->edge[i] + 0.5 * size;
        vec q = along(p, d, s);
        double r_q = last ? GROUND : fmax(length(q), GROUND), mu_sun = dot(q, sun) / length(q);
        amount here = density(r_q - GROUND);
        m->before[i] = sum;
        add(&sum, here, 0.5 * size);
        rgb t = transmitted(sum), scatter = scattering(here), direct = sun_transmittance(r_q, mu_sun);
        for (int c = 0; c < 3; c++) scatter.c[c] = last ? ALBEDO : scatter.c[c] * size;
        any[i] = weigh(carried, t, scatter);
        for (int c = 0; c < 3; c++) scatter.c[c] *= direct.c[c] * (last ? fmax(mu_sun, 0.0) : 1.0);
        lit[i] = weigh(carried, t, scatter);
        add(&sum, here, 0.5 * size);
        all += any[i], all_lit += lit[i];
    }
    for (int i = 0; i <= STEPS; i++)
        m->odds[i] = all_lit > 0.0 ? 0.5 * any[i] / all + 0.5 * lit[i] / all_lit : any[i] / all;
}
static int choose(const march *m, double u) {
    int i = 0, last = m->ground ? STEPS : STEPS - 1;
    while (i < last && u >= m->odds[i]) u -= m->odds[i++];
    return i;
}

/* Light scattered at `p` towards the path's last point: the sun's, through `carried`; then on in a new
 * direction. */
static void scatter_air(vec p, vec *d, vec sun, rgb *carried, rgb *light, random *rng) {
    double r = length(p), c = dot(*d, sun), molecules = 0.0, aerosol = 0.0;
    amount here = density(r - GROUND);
    rgb direct = sun_transmittance(r, dot(p, sun) / r);
    for (int k = 0; k < 3; k++) {
        double a = RAYLEIGH[k] * here.rayleigh, b = MIE_SCATTERING * here.mie;
        light->c[k] += carried->c[k] * direct.c[k] * (a * phase_rayleigh(c) + b * phase_mie(c));
        molecules += carried->c[k] * a, aerosol += carried->c[k] * b;
    }
    double share = molecules / (molecules + aerosol);
    double turn = next(rng) < share ? draw_rayleigh(rng) : draw_mie(rng);
    double pdf = share * phase_rayleigh(turn) + (1.0 - share) * phase_mie(turn);
    for (int k = 0; k < 3; k++)
        carried->c[k] *= (RAYLEIGH[k] * here.rayleigh * phase_rayleigh(turn) +
                          MIE_SCATTERING * here.mie * phase_mie(turn)) /
                         pdf;
    *d = turned(*d, turn, rng);
}
static void reflect_ground(vec p, vec *d, vec sun, rgb *carried, rgb *light, random *rng) {
    vec up = {p.x / GROUND, p.y / GROUND, p.z / GROUND};
    double mu = dot(up, sun);
    rgb direct = sun_transmittance(GROUND, mu);
    for (int k = 0; k < 3; k++) {
        carried->c[k] *= ALBEDO;
        light->c[k] += carried->c[k] * direct.c[k] * fmax(mu, 0.0) / PI;
    }
    *d = turned(up, sqrt(1.0 - next(rng)), rng); /* by the cosine: weight 1 */
}

static rgb follow(vec p, vec d, vec sun, int orders, double first, random *rng) {
    rgb light = {{0}}, carried = {{1.0, 1.0, 1.0}};
    march m;
    for (int order = 1; order <= orders; order++) {
        march_ray(&m, p, d, sun, carried);
        int i = choose(&m, order == 1 ? first : next(rng));
        if (i == STEPS) {
            rgb t = transmitted(m.before[i]);
            for (int k = 0; k < 3; k++) carried.c[k] *= t.c[k] / m.odds[i];
            p = along(p, d, m.edge[STEPS]);
            double r = length(p); /* exactly on the ground, whatever was rounded */
            p = (vec){p.x * GROUND / r, p.y * GROUND / r, p.z * GROUND / r};
            reflect_ground(p, &d, sun, &carried, &light, rng);
        } else {
            double size = m.edge[i + 1] - m.edge[i], part = next(rng) * size;
            amount before = m.before[i];
            add(&before, density(fmax(length(along(p, d, m.edge[i] + 0.5 * part)) - GROUND, 0.0)), part);
            rgb t = transmitted(before);
            for (int k = 0; k < 3; k++) carried.c[k] *= t.c[k] * size / m.odds[i];
            p = along(p, d, m.edge[i] + part);
            scatter_air(p, &d, sun, &carried, &light, rng);
        }
        double most = fmax(carried.c[0], fmax(carried.c[1], carried.c[2])), live = fmin(1.0, most * 10.0);
        if (order < 3) continue;
        if (next(rng) >= live) break;
        for (int k = 0; k < 3; k++) carried.c[k] /= live;
    }
    return light;
}

/* --- rows ----------------------------------------------------------------------------------------------- */

typedef struct request {
    int orders, first, rows;
    double error, most_paths;
} request;

static vec direction(double elevation_deg, double azimuth_deg) {
    double e = elevation_deg * PI / 180.0, a = azimuth_deg * PI / 180.0;
    return (vec){cos(e) * cos(a), sin(e), cos(e) * sin(a)};
}

/* Batches are stratified over the first turn; their means are independent, so their spread is the error. */
static void row(double sun_deg, double view_deg, double azimuth_deg, const request *q) {
    vec eye = {0.0, GROUND + EYE_ALTITUDE, 0.0}, sun = direction(sun_deg, 0.0),
        view = direction(view_deg, azimuth_deg);
    random rng = seeded((uint64_t)((sun_deg + 90.0) * 1e6 + view_deg * 1e3 + azimuth_deg));
    double sum[3] = {0}, squares[3] = {0}, error[3] = {0}, n = 0.0;
    for (bool done = false; !done;) {
        rgb mean = {{0}};
        for (int k = 0; k < BATCH; k++) {
            rgb light = follow(eye, view, sun, q->orders, (k + next(&rng)) / BATCH, &rng);
            for (int c = 0; c < 3; c++) mean.c[c] += light.c[c] / BATCH;
        }
        n += 1.0, done = n >= 64.0;
        for (int c = 0; c < 3; c++) {
            sum[c] += mean.c[c], squares[c] += mean.c[c] * mean.c[c];
            error[c] = sqrt(fmax(squares[c] / n - sum[c] / n * sum[c] / n, 0.0) / fmax(n - 1.0, 1.0));
            done = done && error[c] <= q->error * sum[c] / n;
        }
        done = done || n * BATCH >= q->most_paths;
    }
    printf("%g,%g,%g,%g", EYE_ALTITUDE, sun_deg, view_deg, azimuth_deg);
    for (int c = 0; c < 3; c++) printf(",%.6g", sum[c] / n * SUN_LX);
    for (int c = 0; c < 3; c++) printf(",%.3g", error[c] * SUN_LX);
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv) {
    static const double suns[] = {90, 60, 30, 10, 5, 2, 0, -2, -4, -6};
    static const double views[][2] = {{90, 0}, {45, 0},  {45, 90},  {45, 180},
                                      {10, 0}, {10, 90}, {10, 180}, {2, 90}};
    enum { SUNS = sizeof suns / sizeof suns[0], VIEWS = sizeof views / sizeof views[0] };
    request q = {.orders = 1000, .error = 0.0025, .most_paths = 6e6, .rows = SUNS * VIEWS};
    for (int i = 1; i < argc; i += 2) {
        double value = i + 1 < argc ? strtod(argv[i + 1], NULL) : -1.0;
        if (!strcmp(argv[i], "--orders") && value >= 1.0)
            q.orders = (int)value;
        else if (!strcmp(argv[i], "--error") && value > 0.0)
            q.error = value;
        else if (!strcmp(argv[i], "--paths") && value > 0.0)
            q.most_paths = value;
        else if (!strcmp(argv[i], "--first") && value >= 0.0)
            q.first = (int)value;
        else if (!strcmp(argv[i], "--rows") && value >= 0.0)
            q.rows = (int)value;
        else
            return fprintf(stderr, "atmosphere_paths: '%s' is no option, or has no number\n", argv[i]), 2;
    }
    fill_table();
    for (int i = q.first; i < q.first + q.rows && i < SUNS * VIEWS; i++)
        row(suns[i / VIEWS], views[i % VIEWS][0], views[i % VIEWS][1], &q);
    return 0;
}
