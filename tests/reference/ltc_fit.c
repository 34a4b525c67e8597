/* Makes engine/render/ltc_table.c: linearly transformed cosines (Heitz, Dupuy, Hill, Neubelt 2016, "Real-Time
 * Polygonal-Light Shading with Linearly Transformed Cosines") fitted to the GGX lobe of shaders/brdf.glsl.
 *
 *     cc -O2 -o ltc_fit tests/reference/ltc_fit.c -lm && ./ltc_fit > engine/render/ltc_table.c
 *
 * A cell holds the four entries that are not fixed of the inverse matrix, scaled so that its middle is 1:
 *     | a 0 b |
 *     | 0 1 0 |     applied to directions in (tangent towards the viewer, bitangent, normal).
 *     | c 0 d |
 * Columns: sqrt(1 - view cosine); rows: perceptual roughness; 0 and 1 are the outer cells themselves. The fit
 * minimises the cube of the difference between lobe and cosine over samples of both, from rough to smooth and
 * from the normal outward, each cell from its neighbour's result. No random numbers: the same table each
 * time. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIDE = 32, GRID = 32 };
static const double pi = 3.14159265358979323846;

typedef struct vec {
    double x, y, z;
} vec;
static double dot(vec a, vec b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}
static vec unit(vec a) {
    double k = 1.0 / sqrt(dot(a, a));
    return (vec){a.x * k, a.y * k, a.z * k};
}

/* --- the lobe: D V n.l of brdf.glsl, without Fresnel -----------------------------------------------------
 */

static double lobe(vec v, vec l, double a) {
    if (l.z <= 0.0) return 0.0;
    vec h = unit((vec){v.x + l.x, v.y + l.y, v.z + l.z});
    double d = h.z * h.z * (a * a - 1.0) + 1.0, nv = v.z;
    double smith = nv * sqrt(l.z * l.z * (1.0 - a * a) + a * a) + l.z * sqrt(nv * nv * (1.0 - a * a) + a * a);
    return a * a / (pi * d * d) * 0.5 / fmax(smith, 1e-9) * l.z;
}
static vec half_sample(double u1, double u2, double a) {
    double c = sqrt((1.0 - u1) / (1.0 + (a * a - 1.0) * u1)), s = sqrt(fmax(1.0 - c * c, 0.0));
    return (vec){s * cos(2.0 * pi * u2), s * sin(2.0 * pi * u2), c};
}
static vec reflected(vec v, vec h) {
    double k = 2.0 * dot(v, h);
    return (vec){k * h.x - v.x, k * h.y - v.y, k * h.z - v.z};
}
static double half_density(vec v, vec h, double a) { /* of reflected(v, h) over solid angle */
    double d = h.z * h.z * (a * a - 1.0) + 1.0;
    return a * a / (pi * d * d) * h.z / (4.0 * fmax(dot(v, h), 1e-9));
}

/* --- the cosine under a matrix ---------------------------------------------------------------------------
 */

typedef struct cosine {
    double m[3][3], inverse[3][3], det, weight;
} cosine;

static void set(cosine *c, vec x, vec z, const double p[3],
                double weight) { /* columns x, y, z of the frame */
    double frame[3][3] = {{x.x, 0, z.x}, {x.y, 1, z.y}, {x.z, 0, z.z}};
    double shape[3][3] = {{p[0], 0, p[2]}, {0, p[1], 0}, {0, 0, 1}};
    for (int r = 0; r < 3; r++)
        for (int k = 0; k < 3; k++) {
            c->m[r][k] = 0;
            for (int i = 0; i < 3; i++) c->m[r][k] += frame[r][i] * shape[i][k];
        }
    double(*m)[3] = c->m;
    c->det = m[1][1] * (m[0][0] * m[2][2] - m[0][2] * m[2][0]);
    double k = m[1][1] / c->det;
    double inverse[3][3] = {
        {m[2][2] * k, 0, -m[0][2] * k}, {0, 1.0 / m[1][1], 0}, {-m[2][0] * k, 0, m[0][0] * k}};
    memcpy(c->inverse, inverse, sizeof inverse);
    c->weight = weight;
}
static vec times(double m[3][3], vec v) {
    return (vec){m[0][0] * v.x + m[0][1] * v.y + m[0][2] * v.z, m[1][0] * v.x + m[1][1] * v.y + m[1][2] * v.z,
                 m[2][0] * v.x + m[2][1] * v.y + m[2][2] * v.z};
}
static double cosine_value(cosine *c, vec l) {
    vec o = times(c->inverse, l);
    double length = sqrt(dot(o, o)), jacobian = 1.0 / (fabs(c->det) * length * length * length);
    return c->weight * fmax(o.z / length, 0.0) / pi * jacobian;
}
static vec cosine_sample(cosine *c, double u1, double u2) {
    double s = sqrt(u1), angle = 2.0 * pi * u2;
    return unit(times(c->m, (vec){s * cos(angle), s * sin(angle), sqrt(1.0 - u1)}));
}

/* --- the fit ---------------------------------------------------------------------------------------------
 */

typedef struct cell {
    vec v, x, z;
    double a, weight;
    int round;
} cell;

static double difference(const cell *cell, const double p[3]) {
    double q[3] = {fmax(p[0], 1e-7), fmax(cell->round ? p[0] : p[1], 1e-7), cell->round ? 0.0 : p[2]},
           sum = 0;
    cosine c;
    set(&c, cell->x, cell->z, q, cell->weight);
    for (int j = 0; j < GRID; j++)
        for (int i = 0; i < GRID; i++) {
            double u1 = (i + 0.5) / GRID, u2 = (j + 0.5) / GRID;
            vec both[2] = {cosine_sample(&c, u1, u2), reflected(cell->v, half_sample(u1, u2, cell->a))};
            for (int k = 0; k < 2; k++) {
                if (both[k].z <= 0.0) continue;
                vec l = both[k], h = unit((vec){cell->v.x + l.x, cell->v.y + l.y, cell->v.z + l.z});
                double f = lobe(cell->v, l, cell->a), g = cosine_value(&c, l), e = fabs(f - g);
                sum += e * e * e / (half_density(cell->v, h, cell->a) + g / cell->weight);
            }
        }
    return sum;
}

/* Nelder & Mead 1965. */
static void minimise(const cell *cell, double p[3]) {
    double at[4][3], f[4];
    for (int i = 0; i < 4; i++) {
        memcpy(at[i], p, 3 * sizeof(double));
        if (i) at[i][i - 1] += 0.05 * fmax(fabs(p[i - 1]), i == 3 ? 0.1 * p[0] : 0.0);
        f[i] = difference(cell, at[i]);
    }
    for (int step = 0; step < 160; step++) {
        for (int i = 1; i < 4; i++)
            for (int k = i; k > 0 && f[k] < f[k - 1]; k--) {
                double t[3], g = f[k];
                memcpy(t, at[k], sizeof t), memcpy(at[k], at[k - 1], sizeof t),
                    memcpy(at[k - 1], t, sizeof t);
                f[k] = f[k - 1], f[k - 1] = g;
            }
        if (f[3] - f[0] <= 1e-7 * fabs(f[0])) break;
        double tries[4][3], g[4];
        static const double along[4] = {1.0, 2.0, 0.5, -0.5}; /* reflect, expand, contract outside, inside */
        for (int n = 0; n < 4; n++)
            for (int k = 0; k < 3; k++) {
                double middle = (at[0][k] + at[1][k] + at[2][k]) / 3.0;
                tries[n][k] = middle + along[n] * (middle - at[3][k]);
            }
        g[0] = difference(cell, tries[0]);
        int taken = -1;
        if (g[0] < f[0]) {
            g[1] = difference(cell, tries[1]);
            taken = g[1] < g[0];
        } else if (g[0] < f[2]) {
            taken = 0;
        } else {
            int n = g[0] < f[3] ? 2 : 3;
            g[n] = difference(cell, tries[n]);
            if (g[n] < fmin(g[0], f[3])) taken = n;
        }
        if (taken >= 0) {
            memcpy(at[3], tries[taken], sizeof at[3]), f[3] = g[taken];
            continue;
        }
        for (int i = 1; i < 4; i++) {
            for (int k = 0; k < 3; k++) at[i][k] = 0.5 * (at[i][k] + at[0][k]);
            f[i] = difference(cell, at[i]);
        }
    }
    int best = 0;
    for (int i = 1; i < 4; i++)
        if (f[i] < f[best]) best = i;
    memcpy(p, at[best], 3 * sizeof(double));
}

/* Weight and mean direction of the lobe. */
static void measure(cell *cell) {
    enum { FINE = 64 };
    vec mean = {0, 0, 0};
    cell->weight = 0;
    for (int j = 0; j < FINE; j++)
        for (int i = 0; i < FINE; i++) {
            vec h = half_sample((i + 0.5) / FINE, (j + 0.5) / FINE, cell->a), l = reflected(cell->v, h);
            double density = half_density(cell->v, h, cell->a);
            if (l.z <= 0.0 || density <= 0.0) continue;
            double w = lobe(cell->v, l, cell->a) / density;
            cell->weight += w / (FINE * FINE), mean.x += w * l.x, mean.z += w * l.z;
        }
    cell->z = cell->round ? (vec){0, 0, 1} : unit(mean);
    cell->x = (vec){cell->z.z, 0, -cell->z.x};
}

static uint16_t half(double value) { /* nearest even; no infinities here */
    float f = (float)value;
    uint32_t bits;
    memcpy(&bits, &f, 4);
    uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude < 0x38800000u) return (uint16_t)(sign | (uint32_t)lrint(fabs(value) * 16777216.0));
    magnitude += 0xfffu + (magnitude >> 13 & 1u);
    return (uint16_t)(sign | (magnitude - 0x38000000u) >> 13);
}

int main(void) {
    static uint16_t table[SIDE][SIDE][4];
    double first[3] = {1, 1, 0}; /* of a row, at the normal */
    for (int row = SIDE - 1; row >= 0; row--) {
        double p[3], roughness = (double)row / (SIDE - 1);
        memcpy(p, first, sizeof p);
        for (int column = 0; column < SIDE; column++) {
            double s = (double)column / (SIDE - 1), nv = fmax(1.0 - s * s, 1e-3);
            cell cell = {
                .v = {sqrt(1.0 - nv * nv), 0, nv}, .a = fmax(roughness * roughness, 2e-3), .round = !column};
            measure(&cell);
            minimise(&cell, p);
            p[0] = fmax(p[0], 1e-7), p[1] = fmax(p[1], 1e-7);
            if (cell.round) p[1] = p[0], p[2] = 0.0, memcpy(first, p, sizeof p);
            cosine c;
            set(&c, cell.x, cell.z, p, 1.0);
            double k = 1.0 / c.inverse[1][1];
            double entries[4] = {c.inverse[0][0] * k, c.inverse[0][2] * k, c.inverse[2][0] * k,
                                 c.inverse[2][2] * k};
            for (int i = 0; i < 4; i++) table[row][column][i] = half(entries[i]);
        }
    }
    printf(
        "/* Made by tests/reference/ltc_fit.c: half floats a, b, c, d by roughness, then by sqrt(1 - view\n"
        " * cosine). */\n#include \"render/ltc_table.h\"\n\n/* clang-format off */\n"
        "const uint16_t orr_ltc_table[ORR_LTC_SIDE][ORR_LTC_SIDE][4] = {\n");
    for (int row = 0; row < SIDE; row++) {
        printf("{");
        for (int column = 0; column < SIDE; column++) {
            const uint16_t *t = table[row][column];
            printf("{0x%04x,0x%04x,0x%04x,0x%04x}%s", t[0], t[1], t[2], t[3],
                   column + 1 == SIDE ? ""
                   : column % 4 == 3  ? ",\n"
                                      : ",");
        }
        printf("}%s\n", row + 1 < SIDE ? "," : "");
    }
    printf("};\n/* clang-format on */\n");
    return 0;
}
