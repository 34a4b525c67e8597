/* FLIP of one tile: the hot loops.
 *
 * The tile's pixels, with a border as wide as the filters, become linear floats once. For each exposure they
 * become opponent colours, row by row just before they are needed; a row of the map is made by filtering down
 * the columns into row buffers, then along those rows. All filters are separable, and fold about their
 * middle.
 *
 * Loops run over LANES floats side by side without regard to each other, so that they become vectors of any
 * width with the same results: cube roots and powers are plain arithmetic for the same reason, and where one
 * of two values is chosen neither takes long to make, or compilers would branch. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "image/compare_private.h"

enum {
    LANES = 32,

    CACHE_LINE = 16 /* floats */,
    DOWN = ORR_FLIP_SPATIAL + ORR_FLIP_FEATURE
};
/* Filtered both ways: the spatial ones, then edge and point along x, edge and point along y. */
enum { EDGE_X = ORR_FLIP_SPATIAL, POINT_X, EDGE_Y, POINT_Y, FILTERED };

typedef struct flip_tile {
    const orr_flip *flip;
    orr_tile tile;
    uint32_t first, end; /* rows of the image that `linear` holds */
    uint32_t rows;       /* of `planes`: those of the tile and `reach` more on each side */
    size_t width;        /* of the tile, rounded up to LANES */
    size_t padded;       /* the same with borders */
    size_t pitch;        /* floats from row to row of them: an odd multiple of a cache line, or rows would
                            drive each other out */
    float *linear[2][3], *planes[2][3];
    float *down[DOWN], *filtered[2][FILTERED], *lab[2][3], *map;
} flip_tile;

/* --- arithmetic ------------------------------------------------------------------------------------------
 */

static ORR_INLINE float as_float(int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static ORR_INLINE int32_t as_bits(float value) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static ORR_INLINE float clamp01(float value) {
    value = value > 0.0f ? value : 0.0f;
    return value < 1.0f ? value : 1.0f;
}

/* Of a positive normal number: a third of the exponent, then Halley's iteration twice, to 2 last places. */
static ORR_INLINE float cube_root(float t) {
    float y = as_float((int32_t)((float)as_bits(t) * (1.0f / 3.0f)) + 709958130);
    for (int i = 0; i < 2; i++) {
        float cube = y * y * y;
        y = y * (cube + 2.0f * t) / (2.0f * cube + t);
    }
    return y;
}

/* x to the power p for 0 < x < 2^64, 0 <= p <= 1, to 1e-6 of the result: 2^(p log2 x). */
static ORR_INLINE float power(float x, float p) {
    int32_t bits = as_bits(x),
            exponent = (bits - 0x3f3504f3) >> 23; /* mantissa between sqrt(1/2) and sqrt(2) */
    float m = as_float(bits - exponent * (1 << 23)), s = (m - 1.0f) / (m + 1.0f), ss = s * s;
    float log2_m =
        s * (2.8853900818f +
             ss * (0.9617966939f + ss * (0.5770780164f + ss * (0.4121985831f + ss * 0.3205988980f))));
    float y = p * ((float)exponent + log2_m);
    y = y > -126.0f ? y : -126.0f;
    int32_t whole = (int32_t)(y + 256.5f) - 256;
    float f = y - (float)whole;
    float e =
        1.0f +
        f * (0.6931471806f +
             f * (0.2402265070f +
                  f * (0.0555041087f +
                       f * (0.0096181291f + f * (0.0013333558f + f * (0.0001540353f + f * 1.52527e-5f))))));
    return e * as_float((whole + 127) * (1 << 23));
}

/* --- colour ----------------------------------------------------------------------------------------------
 */

/* Linear Rec.709 to XYZ (IEC 61966-2-1 primaries and D65 white, to float precision), and back. */
#define WHITE_X (0.4123908f + 0.3575843f + 0.1804808f)
#define WHITE_Y (0.2126390f + 0.7151687f + 0.0721923f)
#define WHITE_Z (0.0193308f + 0.1191948f + 0.9505322f)

/* XYZ over the white point. */
static ORR_INLINE void to_xyz(float r, float g, float b, float *x, float *y, float *z) {
    *x = (0.4123908f / WHITE_X) * r + (0.3575843f / WHITE_X) * g + (0.1804808f / WHITE_X) * b;
    *y = (0.2126390f / WHITE_Y) * r + (0.7151687f / WHITE_Y) * g + (0.0721923f / WHITE_Y) * b;
    *z = (0.0193308f / WHITE_Z) * r + (0.1191948f / WHITE_Z) * g + (0.9505322f / WHITE_Z) * b;
}

static ORR_INLINE void to_rgb(float x, float y, float z, float *r, float *g, float *b) {
    *r = (3.2409699f * WHITE_X) * x + (-1.5373832f * WHITE_Y) * y + (-0.4986108f * WHITE_Z) * z;
    *g = (-0.9692436f * WHITE_X) * x + (1.8759675f * WHITE_Y) * y + (0.0415551f * WHITE_Z) * z;
    *b = (0.0556301f * WHITE_X) * x + (-0.2039770f * WHITE_Y) * y + (1.0569715f * WHITE_Z) * z;
}

/* The cube root, and below (6/29)^3 its tangent there. */
static ORR_INLINE float lab_curve(float t) {
    const float knee = 216.0f / 24389.0f;
    float missing = knee - t > 0.0f ? knee - t : 0.0f;
    return cube_root(t > knee ? t : knee) - missing * (841.0f / 108.0f);
}

/* CIELAB with the Hunt adjustment: chroma matters less in the dark. */
static ORR_INLINE void to_lab(float r, float g, float b, float *l, float *a, float *bb) {
    float x, y, z;
    to_xyz(r, g, b, &x, &y, &z);
    x = lab_curve(x);
    y = lab_curve(y);
    z = lab_curve(z);
    *l = 116.0f * y - 16.0f;
    *a = *l * 5.0f * (x - y);
    *bb = *l * 2.0f * (y - z);
}

/* HyAB, to the power that the LDR paper gives it. */
static ORR_INLINE float colour_distance(float l, float a, float b) {
    float distance = fabsf(l) + sqrtf(a * a + b * b), any = distance > 0.0f ? 1.0f : 0.0f;
    return any * power(distance > 1e-30f ? distance : 1e-30f, 0.7f);
}

float orr_flip_colour_distance(const float u[3], const float v[3]) {
    float a[3], b[3];
    to_lab(u[0], u[1], u[2], &a[0], &a[1], &a[2]);
    to_lab(v[0], v[1], v[2], &b[0], &b[1], &b[2]);
    return colour_distance(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/* The tone mapper of HDR-FLIP: K. Narkowicz's fit of the ACES filmic curve, exposed by 0.6. Above 1e4 it
 * is 1. */
static ORR_INLINE float tone_map(float v) {
    v = v > 0.0f ? v : 0.0f;
    v = v < 1e4f ? v : 1e4f;
    return v * (v * (0.36f * 2.51f) + 0.6f * 0.03f) / (v * (v * (0.36f * 2.43f) + 0.6f * 0.59f) + 0.14f);
}

/* The linearised CIELAB that the contrast sensitivity filters work in, less its scales and its offset, which
 * these filters keep: y, x - y, y - z. */
static ORR_INLINE void to_opponents(float *const rgb[3], size_t from, size_t count, bool hdr, float gain,
                                    float *const out[3], size_t to) {
    for (size_t x = 0; x < count; x += LANES) {
        const float *red = rgb[0] + from + x, *green = rgb[1] + from + x, *blue = rgb[2] + from + x;
        float u[LANES], v[LANES], w[LANES];
        for (int i = 0; i < LANES; i++) {
            float r = red[i], g = green[i], b = blue[i];
            if (hdr) r = tone_map(r * gain), g = tone_map(g * gain), b = tone_map(b * gain);
            to_xyz(clamp01(r), clamp01(g), clamp01(b), &u[i], &v[i], &w[i]);
        }
        for (int i = 0; i < LANES; i++) out[0][to + x + i] = v[i];
        for (int i = 0; i < LANES; i++) out[1][to + x + i] = u[i] - v[i];
        for (int i = 0; i < LANES; i++) out[2][to + x + i] = v[i] - w[i];
    }
}

/* --- filters ---------------------------------------------------------------------------------------------
 */

/* A filter at work: weights by distance, and the row that it makes. */
typedef struct folded {
    const float *weights;
    float *out;
} folded;

static ORR_INLINE void fold_begin(float *sum, float weight, const float *middle) {
    for (int i = 0; i < LANES; i++) sum[i] = weight * middle[i];
}

static ORR_INLINE void fold_even(float *sum, float weight, const float *left, const float *right) {
    for (int i = 0; i < LANES; i++) sum[i] += weight * (left[i] + right[i]);
}

static ORR_INLINE void fold_odd(float *sum, float weight, const float *left, const float *right) {
    for (int i = 0; i < LANES; i++) sum[i] += weight * (right[i] - left[i]);
}

static ORR_INLINE void fold_end(float *out, const float *sum) {
    for (int i = 0; i < LANES; i++) out[i] = sum[i];
}

/* One or two even filters, or an odd one, over values that lie `step` apart; which is known at compile time.
 */
static ORR_INLINE void fold(const float *in, size_t step, int radius, size_t count, int evens,
                            const folded *f) {
    for (size_t x = 0; x < count; x += LANES) {
        float a[LANES], b[LANES];
        fold_begin(a, evens ? f[0].weights[0] : 0.0f, in + x);
        if (evens > 1) fold_begin(b, f[1].weights[0], in + x);
        const float *left = in + x, *right = left;
        for (int k = 1; k <= radius; k++) {
            left -= step;
            right += step;
            if (evens == 0) fold_odd(a, f[0].weights[k], left, right);
            if (evens > 0) fold_even(a, f[0].weights[k], left, right);
            if (evens > 1) fold_even(b, f[1].weights[k], left, right);
        }
        fold_end(f[0].out + x, a);
        if (evens > 1) fold_end(f[1].out + x, b);
    }
}

static ORR_INLINE void fold_one(const float *in, size_t step, const orr_flip_filter *filter, size_t count,
                                bool odd, float *out) {
    fold(in, step, filter->radius, count, odd ? 0 : 1, &(folded){filter->weights, out});
}

static ORR_INLINE void fold_two(const float *in, size_t step, const orr_flip_filter *a, float *a_out,
                                const orr_flip_filter *b, float *b_out, size_t count) {
    fold(in, step, a->radius > b->radius ? a->radius : b->radius, count, 2,
         (folded[2]){{a->weights, a_out}, {b->weights, b_out}});
}

/* Filters down to row y of the tile. */
static ORR_INLINE void filter_down(const flip_tile *t, int image, uint32_t y) {
    const orr_flip_filter *s = t->flip->spatial, *f = t->flip->feature;
    size_t at = ((size_t)y + t->flip->reach) * t->pitch, pitch = t->pitch, count = t->padded;
    const float *lum = t->planes[image][0] + at, *cx = t->planes[image][1] + at,
                *cz = t->planes[image][2] + at;
    float *const *down = t->down, *const *features = down + ORR_FLIP_SPATIAL;
    fold_one(lum, pitch, &s[ORR_FLIP_Y], count, false, down[ORR_FLIP_Y]);
    fold_one(lum, pitch, &f[ORR_FLIP_EDGE], count, true, features[ORR_FLIP_EDGE]);
    fold_two(lum, pitch, &f[ORR_FLIP_SMOOTH], features[ORR_FLIP_SMOOTH], &f[ORR_FLIP_POINT],
             features[ORR_FLIP_POINT], count);
    fold_one(cx, pitch, &s[ORR_FLIP_CX], count, false, down[ORR_FLIP_CX]);
    fold_two(cz, pitch, &s[ORR_FLIP_CZ_WIDE], down[ORR_FLIP_CZ_WIDE], &s[ORR_FLIP_CZ_NARROW],
             down[ORR_FLIP_CZ_NARROW], count);
}

static ORR_INLINE void filter_along(const flip_tile *t, int image) {
    const orr_flip_filter *s = t->flip->spatial, *f = t->flip->feature;
    float *const *out = t->filtered[image], *const *features = t->down + ORR_FLIP_SPATIAL;
    size_t width = t->width, reach = t->flip->reach;
    for (int k = 0; k < ORR_FLIP_SPATIAL; k++) fold_one(t->down[k] + reach, 1, &s[k], width, false, out[k]);
    fold_one(features[ORR_FLIP_EDGE] + reach, 1, &f[ORR_FLIP_SMOOTH], width, false, out[EDGE_Y]);
    fold_one(features[ORR_FLIP_POINT] + reach, 1, &f[ORR_FLIP_SMOOTH], width, false, out[POINT_Y]);
    fold_one(features[ORR_FLIP_SMOOTH] + reach, 1, &f[ORR_FLIP_EDGE], width, true, out[EDGE_X]);
    fold_one(features[ORR_FLIP_SMOOTH] + reach, 1, &f[ORR_FLIP_POINT], width, false, out[POINT_X]);
}

/* --- errors ----------------------------------------------------------------------------------------------
 */

/* Constants of the LDR paper: the knee of the colour error, in shares of the largest one. */
static const float KNEE = 0.4f, KNEE_ERROR = 0.95f;

static ORR_INLINE void filtered_to_lab(const flip_tile *t, int image) {
    float *const *in = t->filtered[image];
    for (size_t x = 0; x < t->width; x += LANES) {
        const float *lum = in[ORR_FLIP_Y] + x, *cx = in[ORR_FLIP_CX] + x, *wide = in[ORR_FLIP_CZ_WIDE] + x,
                    *narrow = in[ORR_FLIP_CZ_NARROW] + x;
        float l[LANES], a[LANES], b[LANES];
        for (int i = 0; i < LANES; i++) {
            float red, green, blue, y = lum[i];
            to_rgb(y + cx[i], y, y - (wide[i] + narrow[i]), &red, &green, &blue);
            to_lab(clamp01(red), clamp01(green), clamp01(blue), &l[i], &a[i], &b[i]);
        }
        fold_end(t->lab[image][0] + x, l);
        fold_end(t->lab[image][1] + x, a);
        fold_end(t->lab[image][2] + x, b);
    }
}

/* Difference of the strengths of edges or of points. */
static ORR_INLINE float strength(float ux, float uy, float vx, float vy) {
    return fabsf(sqrtf(ux * ux + uy * uy) - sqrtf(vx * vx + vy * vy));
}

/* The colour error over the largest one, in two straight lines, to the power that the feature error leaves.
 */
static ORR_INLINE float join_errors(float colour, float feature, float most) {
    float knee = KNEE * most, below = colour * (KNEE_ERROR / knee),
          above = KNEE_ERROR + (colour - knee) * ((1.0f - KNEE_ERROR) / (most - knee));
    float base = below < above ? below : above;
    base = base < 1.0f ? base : 1.0f;
    float any = base > 0.0f ? 1.0f : 0.0f, one = feature < 1.0f ? 0.0f : 1.0f; /* 0 to the power 0 is 1 */
    float error = any * power(base > 1e-30f ? base : 1e-30f, 1.0f - feature) + (1.0f - any) * one;
    return error < 1.0f ? error : 1.0f;
}

/* Raises the tile's map row to the error where that is larger. */
static ORR_INLINE void raise_map(const flip_tile *t, float *restrict map) {
    float *const *u = t->filtered[0], *const *v = t->filtered[1];
    float *const *a = t->lab[0], *const *b = t->lab[1];
    float most = t->flip->colour_max;
    for (size_t i = 0, width = t->width; i < width; i++) {
        float colour = colour_distance(a[0][i] - b[0][i], a[1][i] - b[1][i], a[2][i] - b[2][i]);
        float edge = strength(u[EDGE_X][i], u[EDGE_Y][i], v[EDGE_X][i], v[EDGE_Y][i]),
              point = strength(u[POINT_X][i], u[POINT_Y][i], v[POINT_X][i], v[POINT_Y][i]);
        float feature = sqrtf((edge > point ? edge : point) * 0.70710678f);
        float error = join_errors(colour, feature < 1.0f ? feature : 1.0f, most);
        map[i] = error > map[i] ? error : map[i];
    }
}

/* --- the tile --------------------------------------------------------------------------------------------
 */

/* Row `row` of the planes as opponent colours; beyond the image its edge rows are repeated. */
static ORR_INLINE void fill_row(const flip_tile *t, uint32_t row, float gain) {
    int64_t y = (int64_t)t->tile.y0 + row - t->flip->reach, last = (int64_t)t->end - 1;
    y = y < t->first ? t->first : y > last ? last : y;
    size_t to = (size_t)row * t->pitch, from = (size_t)(y - t->first) * t->pitch;
    for (int image = 0; image < 2; image++)
        if (t->flip->exposures)
            to_opponents(t->linear[image], from, t->padded, true, gain, t->planes[image], to);
        else
            to_opponents(t->linear[image], from, t->padded, false, gain, t->planes[image], to);
}

static ORR_INLINE void map_exposure(const flip_tile *t, float gain) {
    uint32_t filled = 0;
    for (uint32_t y = 0; y < t->tile.y1 - t->tile.y0; y++) {
        for (; filled <= y + 2 * t->flip->reach; filled++) fill_row(t, filled, gain);
        for (int image = 0; image < 2; image++) {
            filter_down(t, image, y);
            filter_along(t, image);
            filtered_to_lab(t, image);
        }
        raise_map(t, t->map + (size_t)y * t->width);
    }
}

ORR_WIDE_VECTORS static void map_exposure_wide(const flip_tile *t, float gain) {
    map_exposure(t, gain);
}

static void map_exposure_narrow(const flip_tile *t, float gain) {
    map_exposure(t, gain);
}

static void read_rows(const flip_tile *t) {
    uint32_t reach = t->flip->reach, width = t->flip->width;
    uint32_t x0 = t->tile.x0 > reach ? t->tile.x0 - reach : 0;
    uint32_t x1 = width - t->tile.x1 > reach ? t->tile.x1 + reach : width;
    size_t left = reach - (t->tile.x0 - x0), right = left + (x1 - x0);
    for (int plane = 0; plane < 6; plane++) {
        const orr_source *source = &t->flip->sources[plane / 3];
        for (uint32_t y = t->first; y < t->end; y++) {
            float *row = t->linear[plane / 3][plane % 3] + (size_t)(y - t->first) * t->pitch;
            orr_source_row(source, source->linear, (uint32_t)plane % 3, x0, y, x1 - x0, row + left);
            for (size_t i = 0; i < left; i++) row[i] = row[left];
            for (size_t i = right; i < t->padded; i++) row[i] = row[right - 1];
        }
    }
}

/* The next `count` floats of `block`; NULL while only counting. */
static float *take(float *block, size_t *at, size_t count) {
    float *place = block ? block + *at : NULL;
    *at += count;
    return place;
}

/* Cuts the scratch memory up; returns how many floats that takes. */
static size_t place(flip_tile *t, float *block) {
    size_t at = 0, held = (size_t)(t->end - t->first) * t->pitch, all = t->rows * t->pitch;
    for (int i = 0; i < 6; i++) t->linear[i / 3][i % 3] = take(block, &at, held);
    for (int i = 0; i < 6; i++) t->planes[i / 3][i % 3] = take(block, &at, all);
    for (int i = 0; i < DOWN; i++) t->down[i] = take(block, &at, t->pitch);
    for (int i = 0; i < 2 * FILTERED; i++)
        t->filtered[i / FILTERED][i % FILTERED] = take(block, &at, t->width);
    for (int i = 0; i < 6; i++) t->lab[i / 3][i % 3] = take(block, &at, t->width);
    t->map = take(block, &at, t->width * (t->tile.y1 - t->tile.y0));
    return at;
}

/* Sum of the map's rows; into the image as well where there is one. */
static double finish(const flip_tile *t) {
    double sum = 0.0;
    uint32_t width = t->tile.x1 - t->tile.x0;
    for (uint32_t y = t->tile.y0; y < t->tile.y1; y++) {
        const float *row = t->map + (size_t)(y - t->tile.y0) * t->width;
        for (uint32_t x = 0; x < width; x++) sum += row[x];
        if (t->flip->map)
            memcpy(t->flip->map + (size_t)y * t->flip->width + t->tile.x0, row, width * sizeof *row);
    }
    return sum;
}

double orr_flip_tile(const orr_flip *flip, const orr_tile *tile) {
    flip_tile t = {.flip = flip, .tile = *tile};
    t.first = tile->y0 > flip->reach ? tile->y0 - flip->reach : 0;
    t.end = flip->height - tile->y1 > flip->reach ? tile->y1 + flip->reach : flip->height;
    t.rows = tile->y1 - tile->y0 + 2 * flip->reach;
    t.width = ((size_t)tile->x1 - tile->x0 + LANES - 1) / LANES * LANES;
    t.padded = (t.width + 2 * (size_t)flip->reach + LANES - 1) / LANES * LANES;
    t.pitch = t.padded + CACHE_LINE;
    float *block = orr_aligned_calloc(CACHE_LINE * sizeof(float), place(&t, NULL), sizeof(float));
    if (!block) return NAN;
    place(&t, block);
    read_rows(&t);
    for (uint32_t i = 0; i < (flip->exposures ? flip->exposures : 1); i++)
        (flip->wide ? map_exposure_wide : map_exposure_narrow)(&t, flip->exposures ? flip->gains[i] : 0.0f);
    double sum = finish(&t);
    orr_aligned_free(block);
    return sum;
}
