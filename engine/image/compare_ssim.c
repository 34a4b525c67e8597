/* SSIM of one tile, in double: each row's moments are filtered along once into a ring, then down the ring. */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "image/compare_private.h"

/* Of the two lumas: a, b, aa + bb, ab. SSIM never needs the two squares apart. */
enum { LANES = 8, RADIUS = ORR_SSIM_RADIUS, TAPS = 2 * RADIUS + 1, MOMENTS = 4 };

typedef struct ssim_tile {
    const orr_ssim *ssim;
    orr_tile tile;       /* centres of windows */
    size_t pitch, width; /* doubles of a row with and without borders, rounded up to LANES */
    float *channel;
    double *luma[2], *moments[MOMENTS], *ring[MOMENTS], *filtered[MOMENTS];
} ssim_tile;

void orr_ssim_prepare(orr_ssim *ssim, const orr_source *sources, double peak, bool wide) {
    double total = 0.0;
    *ssim = (orr_ssim){.sources = sources, .peak = peak, .wide = wide};
    ssim->width = sources->image->width;
    ssim->height = sources->image->height;
    ssim->x_edge = ssim->width < TAPS ? 0 : RADIUS;
    ssim->y_edge = ssim->height < TAPS ? 0 : RADIUS;
    for (int i = 0; i <= RADIUS; i++) {
        ssim->weights[i] = exp(-i * i / (2.0 * 1.5 * 1.5));
        total += i ? 2.0 * ssim->weights[i] : 1.0;
    }
    for (int i = 0; i <= RADIUS; i++) ssim->weights[i] /= total;
}

/* Rec.709 luma of the stored values over the peak, of row y; the edge columns are repeated. */
static void read_luma(const ssim_tile *t, int image, uint32_t y) {
    static const double weights[3] = {0.2126, 0.7152, 0.0722};
    const orr_source *source = &t->ssim->sources[image];
    uint32_t x0 = t->tile.x0 > RADIUS ? t->tile.x0 - RADIUS : 0;
    uint32_t x1 = t->ssim->width - t->tile.x1 > RADIUS ? t->tile.x1 + RADIUS : t->ssim->width;
    size_t left = RADIUS - (t->tile.x0 - x0), right = left + (x1 - x0);
    double *luma = t->luma[image];
    for (uint32_t c = 0; c < 3; c++) {
        double weight = weights[c] / t->ssim->peak;
        orr_source_row(source, source->stored, c, x0, y, x1 - x0, t->channel);
        for (size_t i = left; i < right; i++) luma[i] = (c ? luma[i] : 0.0) + weight * t->channel[i - left];
    }
    for (size_t i = left; i < right; i++) { /* squares stay far from overflow */
        luma[i] = luma[i] > -1e6 ? luma[i] : -1e6;
        luma[i] = luma[i] < 1e6 ? luma[i] : 1e6;
    }
    for (size_t i = 0; i < left; i++) luma[i] = luma[left];
    for (size_t i = right; i < t->pitch; i++) luma[i] = luma[right - 1];
}

static ORR_INLINE void make_moments(const ssim_tile *t) {
    const double *a = t->luma[0], *b = t->luma[1];
    double *squares = t->moments[2], *products = t->moments[3];
    for (size_t x = 0; x < t->pitch; x += LANES) {
        for (int i = 0; i < LANES; i++) squares[x + i] = a[x + i] * a[x + i] + b[x + i] * b[x + i];
        for (int i = 0; i < LANES; i++) products[x + i] = a[x + i] * b[x + i];
    }
}

/* taps[k][x] for -RADIUS <= k <= RADIUS is the value at distance k from x. */
static ORR_INLINE void fold(const double *const *taps, size_t count, const double *weights, double *out) {
    for (size_t x = 0; x < count; x += LANES) {
        double sum[LANES];
        for (int i = 0; i < LANES; i++) sum[i] = weights[0] * taps[0][x + i];
        for (int k = 1; k <= RADIUS; k++) {
            const double *left = taps[-k] + x, *right = taps[k] + x;
            for (int i = 0; i < LANES; i++) sum[i] += weights[k] * (left[i] + right[i]);
        }
        for (int i = 0; i < LANES; i++) out[x + i] = sum[i];
    }
}

static ORR_INLINE void ssim_row_in(const ssim_tile *t, uint32_t y) {
    make_moments(t);
    for (int m = 0; m < MOMENTS; m++) {
        const double *taps[TAPS], *row = m < 2 ? t->luma[m] : t->moments[m];
        for (int k = 0; k < TAPS; k++) taps[k] = row + k;
        fold(taps + RADIUS, t->width, t->ssim->weights, t->ring[m] + y % TAPS * t->width);
    }
}

static ORR_INLINE double ssim_row_out(const ssim_tile *t, uint32_t y) {
    for (int m = 0; m < MOMENTS; m++) {
        const double *taps[TAPS];
        for (int k = 0; k < TAPS; k++) {
            int64_t row = (int64_t)y + k - RADIUS, last = (int64_t)t->ssim->height - 1;
            taps[k] = t->ring[m] + (size_t)((row < 0 ? 0 : row > last ? last : row) % TAPS) * t->width;
        }
        fold(taps + RADIUS, t->width, t->ssim->weights, t->filtered[m]);
    }
    const double *a = t->filtered[0], *b = t->filtered[1], *squares = t->filtered[2],
                 *products = t->filtered[3];
    const double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
    double *out = t->moments[2], sum = 0.0;
    for (size_t x = 0; x < t->width; x += LANES) {
        for (int i = 0; i < LANES; i++) {
            double means = a[x + i] * b[x + i], power = a[x + i] * a[x + i] + b[x + i] * b[x + i];
            double variances = squares[x + i] - power, covariance = products[x + i] - means;
            out[x + i] = (2.0 * means + c1) * (2.0 * covariance + c2) / ((power + c1) * (variances + c2));
        }
    }
    for (size_t x = 0; x < t->tile.x1 - t->tile.x0; x++) sum += out[x];
    return sum;
}

ORR_WIDE_VECTORS static void row_in_wide(const ssim_tile *t, uint32_t y) {
    ssim_row_in(t, y);
}
static void row_in_narrow(const ssim_tile *t, uint32_t y) {
    ssim_row_in(t, y);
}
ORR_WIDE_VECTORS static double row_out_wide(const ssim_tile *t, uint32_t y) {
    return ssim_row_out(t, y);
}
static double row_out_narrow(const ssim_tile *t, uint32_t y) {
    return ssim_row_out(t, y);
}

static double sum_tile(const ssim_tile *t) {
    double sum = 0.0;
    uint32_t filled = t->tile.y0 > RADIUS ? t->tile.y0 - RADIUS : 0;
    for (uint32_t y = t->tile.y0; y < t->tile.y1; y++) {
        uint32_t need = t->ssim->height - y > RADIUS + 1 ? y + RADIUS + 1 : t->ssim->height;
        for (; filled < need; filled++) {
            for (int image = 0; image < 2; image++) read_luma(t, image, filled);
            (t->ssim->wide ? row_in_wide : row_in_narrow)(t, filled);
        }
        sum += (t->ssim->wide ? row_out_wide : row_out_narrow)(t, y);
    }
    return sum;
}

static uint32_t within(uint32_t value, uint32_t least, uint32_t most) {
    return value < least ? least : value > most ? most : value;
}

/* The centres of windows in the tile. */
static orr_tile centres(const orr_ssim *ssim, const orr_tile *tile) {
    return (orr_tile){within(tile->x0, ssim->x_edge, ssim->width - ssim->x_edge),
                      within(tile->y0, ssim->y_edge, ssim->height - ssim->y_edge),
                      within(tile->x1, ssim->x_edge, ssim->width - ssim->x_edge),
                      within(tile->y1, ssim->y_edge, ssim->height - ssim->y_edge)};
}

double orr_ssim_windows(const orr_ssim *ssim, const orr_tile *tile) {
    orr_tile t = centres(ssim, tile);
    return (double)(t.x1 - t.x0) * (t.y1 - t.y0);
}

double orr_ssim_tile(const orr_ssim *ssim, const orr_tile *tile) {
    ssim_tile t = {.ssim = ssim, .tile = centres(ssim, tile)};
    if (t.tile.x0 == t.tile.x1 || t.tile.y0 == t.tile.y1) return 0.0;
    t.width = ((size_t)t.tile.x1 - t.tile.x0 + LANES - 1) / LANES * LANES;
    t.pitch = (t.width + 2 * RADIUS + LANES - 1) / LANES * LANES;
    size_t rows = 2 + 2 + 1; /* luma, the two products, a channel */
    double *block = orr_aligned_calloc(64, rows * t.pitch + MOMENTS * (TAPS + 1) * t.width, sizeof(double)),
           *next = block;
    if (!block) return NAN;
    for (int i = 0; i < 2; i++, next += t.pitch) t.luma[i] = next;
    for (int i = 2; i < MOMENTS; i++, next += t.pitch) t.moments[i] = next;
    t.channel = (float *)next;
    next += t.pitch;
    for (int i = 0; i < MOMENTS; i++, next += TAPS * t.width) t.ring[i] = next;
    for (int i = 0; i < MOMENTS; i++, next += t.width) t.filtered[i] = next;
    double sum = sum_tile(&t);
    orr_aligned_free(block);
    return sum;
}
