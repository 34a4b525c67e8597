/* Statistics of regions, widths of edges, distances in last places. */
#include "image/region.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { SAMPLES_PER_PIXEL = 4, MAX_LINES = 1024 };
static const double LEAST_CONTRAST = 1e-6;

/* --- values and regions ----------------------------------------------------------------------------------
 */

static double stored(const orr_image *image, size_t i) {
    switch (image->type) {
    case ORR_PIXEL_U8:
        return ((const uint8_t *)image->pixels)[i] / 255.0;
    case ORR_PIXEL_U16:
        return ((const uint16_t *)image->pixels)[i] / 65535.0;
    case ORR_PIXEL_F16:
        return orr_f16_to_f32(((const uint16_t *)image->pixels)[i]);
    case ORR_PIXEL_F32:
        return ((const float *)image->pixels)[i];
    case ORR_PIXEL_U32:
        return ((const uint32_t *)image->pixels)[i];
    }
    return 0.0;
}

static orr_status check_channel(const orr_image *image, uint32_t channel, orr_error *err) {
    if (channel < image->channels) return ORR_OK;
    return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                    "channel %" PRIu32 " of an image that has %" PRIu32 "; they count from 0", channel,
                    image->channels);
}

static orr_status resolve(const orr_image *image, const orr_roi *roi, orr_roi *out, orr_error *err) {
    *out = roi && roi->width ? *roi : (orr_roi){.width = image->width, .height = image->height};
    bool inside = out->height > 0 && out->x < image->width && out->y < image->height &&
                  out->width <= image->width - out->x && out->height <= image->height - out->y;
    if (inside) return ORR_OK;
    return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                    "the region of %" PRIu32 " x %" PRIu32 " pixels at (%" PRIu32 ", %" PRIu32
                    ") does not lie inside the image, which has %" PRIu32 " x %" PRIu32,
                    out->width, out->height, out->x, out->y, image->width, image->height);
}

/* --- statistics ------------------------------------------------------------------------------------------
 */

typedef struct moments {
    double sum, squares, min, max;
    uint64_t finite;
} moments;

/* Sums of the finite values of the region less `centre`, and of their squares. */
static moments sum_region(const orr_image *image, const orr_roi *roi, uint32_t channel, double centre) {
    moments m = {.min = INFINITY, .max = -INFINITY};
    for (uint32_t y = roi->y; y < roi->y + roi->height; y++) {
        for (uint32_t x = roi->x; x < roi->x + roi->width; x++) {
            double value = stored(image, ((size_t)y * image->width + x) * image->channels + channel);
            if (!isfinite(value)) continue;
            m.finite++;
            m.sum += value - centre;
            m.squares += (value - centre) * (value - centre);
            if (value < m.min) m.min = value;
            if (value > m.max) m.max = value;
        }
    }
    return m;
}

orr_status orr_region_stats(const orr_image *image, const orr_roi *roi, uint32_t channel,
                            orr_region_figures *out, orr_error *err) {
    orr_roi region;
    orr_status status = check_channel(image, channel, err);
    if (status == ORR_OK) status = resolve(image, roi, &region, err);
    if (status != ORR_OK) return status;
    moments first = sum_region(image, &region, channel, 0.0);
    double count = (double)first.finite, mean = first.sum / count;
    moments second = sum_region(image, &region, channel, mean); /* about the mean: nothing cancels */
    bool any = first.finite > 0;
    *out = (orr_region_figures){.mean = any ? mean : NAN,
                                .variance = any ? second.squares / count : NAN,
                                .min = any ? first.min : NAN,
                                .max = any ? first.max : NAN,
                                .count = (uint64_t)region.width * region.height};
    out->non_finite = out->count - first.finite;
    return ORR_OK;
}

/* --- edges -----------------------------------------------------------------------------------------------
 */

typedef struct edge_walk {
    const orr_image *image;
    uint32_t channel;
    double x, y, dx, dy; /* beginning, and the step between two samples */
    uint32_t count;      /* samples; at least 9 */
} edge_walk;

static double pixel_at(const edge_walk *walk, double x, double y) {
    const orr_image *image = walk->image;
    double right = image->width - 1.0, bottom = image->height - 1.0;
    x = x < 0.0 ? 0.0 : x > right ? right : x; /* edges are repeated */
    y = y < 0.0 ? 0.0 : y > bottom ? bottom : y;
    return stored(image, ((size_t)y * image->width + (size_t)x) * image->channels + walk->channel);
}

static double sample(const edge_walk *walk, uint32_t i) {
    double x = walk->x + i * walk->dx - 0.5, y = walk->y + i * walk->dy - 0.5;
    double left = floor(x), top = floor(y), u = x - left, v = y - top;
    double above = pixel_at(walk, left, top), below = pixel_at(walk, left, top + 1);
    if (u > 0.0) { /* a weight of 0 must not read a NaN beside the line */
        above = above * (1.0 - u) + pixel_at(walk, left + 1, top) * u;
        below = below * (1.0 - u) + pixel_at(walk, left + 1, top + 1) * u;
    }
    return v > 0.0 ? above * (1.0 - v) + below * v : above;
}

static double level(const edge_walk *walk, uint32_t first, uint32_t count) {
    double sum = 0.0;
    for (uint32_t i = 0; i < count; i++) sum += sample(walk, first + i);
    return sum / count;
}

/* Where, in samples, the profile passes `share` going from sample `from` by `step`; negative: nowhere. */
static double crossing(const edge_walk *walk, double low, double high, double share, uint32_t from,
                       int step) {
    double last = (sample(walk, from) - low) / (high - low);
    for (int64_t i = (int64_t)from + step; i >= 0 && i < walk->count; i += step) {
        double value = (sample(walk, (uint32_t)i) - low) / (high - low);
        if (step > 0 ? value >= share : value <= share)
            return (double)i - step * (value == last ? 0.0 : (value - share) / (value - last));
        last = value;
    }
    return -1.0;
}

/* In samples. */
static orr_status walk_edge(const edge_walk *walk, double *width, orr_error *err) {
    uint32_t eighth = walk->count / 8;
    double low = level(walk, 0, eighth), high = level(walk, walk->count - eighth, eighth);
    for (uint32_t i = 0; i < walk->count; i++) {
        if (!isfinite(sample(walk, i)))
            return orr_fail(err, ORR_E_BAD_DATA, NULL,
                            "the edge's line crosses a value that is not finite at (%g, %g)",
                            walk->x + i * walk->dx, walk->y + i * walk->dy);
    }
    if (!(fabs(high - low) >= LEAST_CONTRAST))
        return orr_fail(err, ORR_E_BAD_DATA, NULL,
                        "there is no edge: the line begins at a level of %g and ends at %g", low, high);
    double middle = crossing(walk, low, high, 0.5, 0, 1);
    double end = middle < 0.0 ? -1.0 : crossing(walk, low, high, 0.9, (uint32_t)middle, 1);
    double begin = middle < 0.0 ? -1.0 : crossing(walk, low, high, 0.1, (uint32_t)ceil(middle), -1);
    if (begin < 0.0 || end < 0.0)
        return orr_fail(
            err, ORR_E_BAD_DATA, NULL,
            "there is no whole edge on the line between its levels %g and %g: make the line longer", low,
            high);
    *width = end - begin;
    return ORR_OK;
}

static orr_status check_line(const orr_image *image, const orr_edge_line *line, double length,
                             orr_error *err) {
    if (line->lines > MAX_LINES)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "an edge is averaged over 1 to %d lines, not %" PRIu32,
                        MAX_LINES, line->lines);
    if (!(length >= 2.0 && length <= 1e6))
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                        "the edge's line is %g pixels long; it needs at least 2 in an image of %" PRIu32
                        " x %" PRIu32,
                        length, image->width, image->height);
    return ORR_OK;
}

static bool inside(const orr_image *image, double x, double y) {
    return x >= 0.0 && y >= 0.0 && x <= image->width && y <= image->height;
}

orr_status orr_image_edge_width(const orr_image *image, const orr_edge_line *line, uint32_t channel,
                                double *width_px, orr_error *err) {
    double dx = line->x1 - line->x0, dy = line->y1 - line->y0, length = hypot(dx, dy), sum = 0.0;
    uint32_t lines = line->lines ? line->lines : 1;
    orr_status status = check_channel(image, channel, err);
    if (status == ORR_OK) status = check_line(image, line, length, err);
    if (status != ORR_OK) return status;
    double across_x = -dy / length, across_y = dx / length, step = 1.0 / (SAMPLES_PER_PIXEL * length);
    for (uint32_t i = 0; i < lines; i++) {
        double offset = i - (lines - 1) / 2.0, width = 0.0;
        edge_walk walk = {.image = image, .channel = channel, .dx = dx * step, .dy = dy * step};
        walk.x = line->x0 + offset * across_x;
        walk.y = line->y0 + offset * across_y;
        walk.count = (uint32_t)(length * SAMPLES_PER_PIXEL + 1e-9) + 1;
        if (!inside(image, walk.x, walk.y) || !inside(image, walk.x + dx, walk.y + dy))
            return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL,
                            "the edge's line from (%g, %g) to (%g, %g) leaves the image, which has %" PRIu32
                            " x %" PRIu32,
                            walk.x, walk.y, walk.x + dx, walk.y + dy, image->width, image->height);
        status = walk_edge(&walk, &width, err);
        if (status != ORR_OK) return status;
        sum += width;
    }
    *width_px = sum / lines / SAMPLES_PER_PIXEL;
    return ORR_OK;
}

/* --- last places -----------------------------------------------------------------------------------------
 */

/* Distance of two floats given by their bits: sign, then a magnitude that counts in last places. */
static uint64_t float_steps(uint32_t a, uint32_t b, uint32_t sign, uint32_t infinity) {
    if (a == b) return 0;
    uint32_t m = a & ~sign, n = b & ~sign;
    if (m > infinity || n > infinity || (m == infinity) != (n == infinity)) return ORR_ULPS_NEVER;
    if ((a & sign) != (b & sign)) return m == infinity ? ORR_ULPS_NEVER : (uint64_t)m + n;
    return m > n ? m - n : n - m;
}

static uint32_t stored_bits(const orr_image *image, size_t i) {
    switch (orr_pixel_bytes(image->type)) {
    case 1:
        return ((const uint8_t *)image->pixels)[i];
    case 2:
        return ((const uint16_t *)image->pixels)[i];
    default:
        return ((const uint32_t *)image->pixels)[i];
    }
}

static uint64_t steps(orr_pixel_type type, uint32_t a, uint32_t b) {
    if (type == ORR_PIXEL_F16) return float_steps(a, b, 0x8000u, 0x7c00u);
    if (type == ORR_PIXEL_F32) return float_steps(a, b, 0x80000000u, 0x7f800000u);
    return a > b ? a - b : b - a;
}

/* Steps of the channel of pixel `p` that is furthest off. */
static uint64_t pixel_steps(const orr_image *a, const orr_image *b, size_t p) {
    uint64_t most = 0;
    for (size_t i = p * a->channels; i < (p + 1) * a->channels; i++) {
        uint64_t distance = steps(a->type, stored_bits(a, i), stored_bits(b, i));
        if (distance > most) most = distance;
    }
    return most;
}

orr_status orr_image_ulps(const orr_image *reference, const orr_image *test, orr_ulps *out, orr_error *err) {
    const orr_image *a = reference, *b = test;
    if (a->width != b->width || a->height != b->height || a->channels != b->channels)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "the images differ in size: %" PRIu32 " x %" PRIu32 " x %" PRIu32
                        " channels and %" PRIu32 " x %" PRIu32 " x %" PRIu32,
                        a->width, a->height, a->channels, b->width, b->height, b->channels);
    if (a->type != b->type || a->srgb != b->srgb)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "the images differ in type or encoding: last places have no common measure");
    size_t pixels = (size_t)a->width * a->height, pixel_bytes = a->channels * orr_pixel_bytes(a->type);
    const uint8_t *u = a->pixels, *v = b->pixels;
    orr_ulps result = {0};
    uint64_t differing = 0;
    for (size_t p = 0; p < pixels; p++) {
        if (memcmp(u + p * pixel_bytes, v + p * pixel_bytes, pixel_bytes) == 0) continue;
        uint64_t distance = pixel_steps(a, b, p);
        if (differing++ == 0 || distance > result.max) {
            result.max = distance;
            result.x = (uint32_t)(p % a->width);
            result.y = (uint32_t)(p / a->width);
        }
    }
    result.differing_share = pixels ? (double)differing / (double)pixels : 0.0;
    *out = result;
    return ORR_OK;
}

/* --- crop -------------------------------------------------------------------------------------------------
 */

orr_status orr_image_crop(const orr_image *image, const orr_roi *roi, orr_image *out, orr_error *err) {
    orr_roi region;
    orr_image result;
    orr_status status = resolve(image, roi, &region, err);
    if (status == ORR_OK)
        status = orr_image_create(region.width, region.height, image->channels, image->type, &result, err);
    if (status != ORR_OK) return status;
    size_t pixel_bytes = image->channels * orr_pixel_bytes(image->type), row = region.width * pixel_bytes;
    for (uint32_t y = 0; y < region.height; y++) {
        const uint8_t *from =
            (const uint8_t *)image->pixels + ((size_t)(region.y + y) * image->width + region.x) * pixel_bytes;
        memcpy((uint8_t *)result.pixels + y * row, from, row);
    }
    result.srgb = image->srgb;
    *out = result;
    return ORR_OK;
}
