#include "image/hdri.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/round.h"
#include "base/text.h"

static const double PI = 3.14159265358979323846;

static double luminance(const float *rgb) {
    return 0.2126 * (double)rgb[0] + 0.7152 * (double)rgb[1] + 0.0722 * (double)rgb[2];
}

orr_hdri_weights orr_hdri_row_weights(uint32_t width, uint32_t height, uint32_t row) {
    double top = orr_cos40(PI * row / height), bottom = orr_cos40(PI * (row + 1) / height);
    double above = fmax(top, 0.0), below = fmax(bottom, 0.0);
    return (orr_hdri_weights){2.0 * PI / width * (top - bottom),
                              PI / width * (above * above - below * below)};
}

/* Towards the middle of a pixel: x east, y up, z south. */
static void pixel_direction(const orr_image *map, uint32_t column, uint32_t row, double d[3]) {
    double theta = PI * (row + 0.5) / map->height, phi = 2.0 * PI * ((column + 0.5) / map->width - 0.5);
    double across = orr_sin40(theta);
    d[0] = across * orr_sin40(phi), d[1] = orr_cos40(theta), d[2] = -across * orr_cos40(phi);
}
static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
static double degrees(double rad) {
    return rad * 180.0 / PI;
}

/* --- opening ----------------------------------------------------------------------------------------------
 */

static orr_status check_values(orr_image *map, const char *name, orr_hdri_figures *figures, orr_error *err) {
    float *values = map->pixels;
    for (size_t i = 0; i < (size_t)map->width * map->height * 3; i++) {
        if (!isfinite(values[i]))
            return orr_fail(err, ORR_E_BAD_DATA, NULL,
                            "the environment map '%s' holds %g at column %zu, row %zu: radiance is finite; "
                            "was it clipped, or "
                            "written as half floats above 65504?",
                            name, (double)values[i], i / 3 % map->width, i / 3 / map->width);
        if (values[i] < 0.0f) values[i] = 0.0f, figures->negative++;
    }
    return ORR_OK;
}

static void measure(const orr_image *map, orr_hdri_figures *figures) {
    const float *pixel = map->pixels;
    figures->illuminance = figures->peak = 0.0;
    for (uint32_t y = 0; y < map->height; y++) {
        double weight = orr_hdri_row_weights(map->width, map->height, y).cosine_sr;
        for (uint32_t x = 0; x < map->width; x++, pixel += 3) {
            figures->illuminance += luminance(pixel) * weight;
            figures->peak = fmax(figures->peak, (double)fmaxf(pixel[0], fmaxf(pixel[1], pixel[2])));
        }
    }
}

orr_status orr_hdri_open(const orr_image *file, const char *name, orr_image *map, orr_hdri_figures *figures,
                         orr_error *err) {
    *figures = (orr_hdri_figures){0};
    *map = (orr_image){0};
    if (file->height < 2 || file->width != (uint64_t)file->height * 2)
        return orr_fail(err, ORR_E_BAD_DATA, NULL,
                        "the environment map '%s' is %u x %u pixels: a latitude-longitude map is twice as "
                        "wide as high, and 4 x 2 at "
                        "least",
                        name, file->width, file->height);
    orr_status status = orr_image_to_f32(file, 3, map, err);
    if (!status) status = check_values(map, name, figures, err);
    if (!status) measure(map, figures);
    /* The cosine of the rows at the horizon rounds to next to nothing, not to nothing. */
    if (!status && !(figures->illuminance > figures->peak * 1e-9))
        status = orr_fail(err, ORR_E_BAD_DATA, NULL,
                          "the environment map '%s' gives %g lx: its upper %u rows, all above the horizon, "
                          "are black; a map has light "
                          "there",
                          name, figures->illuminance, map->height / 2);
    if (status) orr_image_free(map);
    return status;
}

double orr_hdri_factor(const orr_hdri_figures *figures, double gain, double target_lx) {
    return target_lx > 0.0 ? target_lx / figures->illuminance : gain;
}

/* --- finding the sun --------------------------------------------------------------------------------------
 */

static const double RING_FROM_DEG = 5.0, RING_TO_DEG = 15.0, MOST_RADIUS_DEG = 5.0, LEAST_CONTRAST = 100.0,
                    LEAST_SHARE = 0.1;

static orr_status no_memory(orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory to take the sun out of an environment map");
}

enum { OUTSIDE, INSIDE, RIM };
typedef struct blob {
    orr_image *map;
    double from_deg, to_deg; /* the ring about the peak that counts as its surroundings */
    double centre[3], peak, around,
        least; /* the brightest pixel; median luminance around it; what still belongs */
    uint32_t column, row;
    uint8_t *mask;
    uint32_t *list, count, capacity; /* pixels inside, as row * width + column */
    uint32_t *rim, rim_count, rim_capacity;
    bool wide;
} blob;

static const float *pixel_at(const blob *b, uint32_t index) {
    return (const float *)b->map->pixels + (size_t)index * 3;
}
static void direction_of(const blob *b, uint32_t index, double d[3]) {
    pixel_direction(b->map, index % b->map->width, index / b->map->width, d);
}

static void find_peak(blob *b) {
    uint32_t best = 0;
    b->peak = -1.0;
    for (uint32_t i = 0; i < b->map->width * (b->map->height / 2); i++) {
        double l = luminance(pixel_at(b, i));
        if (l > b->peak) b->peak = l, best = i;
    }
    b->column = best % b->map->width, b->row = best / b->map->width;
    direction_of(b, best, b->centre);
}

static int compare_floats(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Median luminance of the sky's pixels in the ring; of a coarse map it is as wide as some pixels are. */
static orr_status measure_ring(blob *b, orr_error *err) {
    double pixel_deg = 180.0 / b->map->height;
    b->from_deg = fmax(RING_FROM_DEG, 1.5 * pixel_deg),
    b->to_deg = fmin(fmax(RING_TO_DEG, 4.5 * pixel_deg), 180.0);
    uint32_t width = b->map->width, half = b->map->height / 2, reach = (uint32_t)(b->to_deg / pixel_deg) + 1;
    uint32_t first = b->row > reach ? b->row - reach : 0,
             last = b->row + reach < half ? b->row + reach : half;
    double inner = orr_cos40(b->from_deg * PI / 180.0), outer = orr_cos40(b->to_deg * PI / 180.0), d[3];
    float *values = malloc((size_t)(last - first) * width * sizeof *values);
    if (!values) return no_memory(err);
    size_t count = 0;
    for (uint32_t i = first * width; i < last * width; i++) {
        direction_of(b, i, d);
        double c = dot(d, b->centre);
        if (c <= inner && c >= outer) values[count++] = (float)luminance(pixel_at(b, i));
    }
    qsort(values, count, sizeof *values, compare_floats);
    b->around = count ? (double)values[count / 2] : 0.0;
    free(values);
    b->around = fmax(b->around, b->peak * 1e-6); /* a black sky has a sun as well */
    b->least = sqrt(b->peak * b->around);
    return ORR_OK;
}

static orr_status push(uint32_t **list, uint32_t *count, uint32_t *capacity, uint32_t value, orr_error *err) {
    if (*count == *capacity) {
        uint32_t more = *capacity ? *capacity * 2 : 256;
        uint32_t *grown = realloc(*list, (size_t)more * sizeof **list);
        if (!grown) return no_memory(err);
        *list = grown, *capacity = more;
    }
    (*list)[(*count)++] = value;
    return ORR_OK;
}

/* The eight neighbours of a pixel; around the poles there are fewer. */
static uint32_t neighbours(const orr_image *map, uint32_t index, uint32_t out[8]) {
    uint32_t column = index % map->width, row = index / map->width, count = 0;
    for (uint32_t dy = 0; dy < 3; dy++)
        for (uint32_t dx = 0; dx < 3; dx++) {
            uint32_t y = row + dy; /* + 1 */
            if ((dx == 1 && dy == 1) || y == 0 || y > map->height) continue;
            out[count++] = (y - 1) * map->width + (column + map->width + dx - 1) % map->width;
        }
    return count;
}

static orr_status grow(blob *b, orr_error *err) {
    double edge = orr_cos40(MOST_RADIUS_DEG * PI / 180.0), d[3];
    uint32_t seed = b->row * b->map->width + b->column, near[8];
    if (b->peak < LEAST_CONTRAST * b->around) return ORR_OK; /* no sun: half the sky might belong */
    orr_status status = push(&b->list, &b->count, &b->capacity, seed, err);
    b->mask[seed] = INSIDE;
    for (uint32_t i = 0; !status && !b->wide && i < b->count; i++) {
        direction_of(b, b->list[i], d);
        b->wide = dot(d, b->centre) < edge;
        uint32_t n = neighbours(b->map, b->list[i], near);
        for (uint32_t k = 0; !status && k < n; k++) {
            if (b->mask[near[k]] || luminance(pixel_at(b, near[k])) < b->least) continue;
            b->mask[near[k]] = INSIDE;
            status = push(&b->list, &b->count, &b->capacity, near[k], err);
        }
    }
    return status;
}

/* One pixel more all around, which the disk's edge shares; then the rim, from which the gap is filled. */
static orr_status widen(blob *b, orr_error *err) {
    uint32_t near[8], found = b->count;
    orr_status status = ORR_OK;
    for (uint32_t i = 0; !status && i < b->count; i++) {
        uint32_t n = neighbours(b->map, b->list[i], near);
        for (uint32_t k = 0; !status && k < n; k++) {
            if (b->mask[near[k]]) continue;
            if (i < found) {
                b->mask[near[k]] = INSIDE;
                status = push(&b->list, &b->count, &b->capacity, near[k], err);
            } else {
                b->mask[near[k]] = RIM;
                status = push(&b->rim, &b->rim_count, &b->rim_capacity, near[k], err);
            }
        }
    }
    return status;
}

/* What the region gives a plane that faces it, less what the sky behind it does. */
static double facing(const blob *b) {
    double sum = 0.0;
    for (uint32_t i = 0; i < b->count; i++)
        sum += (luminance(pixel_at(b, b->list[i])) - b->around) *
               orr_hdri_row_weights(b->map->width, b->map->height, b->list[i] / b->map->width).solid_sr;
    return sum;
}

/* ORR_OK, or which of a sun's marks the brightest place lacks. */
static orr_status judge(const blob *b, const char *name, double illuminance, orr_error *err) {
    char why[160];
    double contrast = b->peak / b->around, share = facing(b) / illuminance;
    if (!(contrast >= LEAST_CONTRAST))
        orr_format(why, sizeof why,
                   "is %.3g times as bright as what lies %g to %g degrees off; a sun is %g times or more",
                   contrast, b->from_deg, b->to_deg, LEAST_CONTRAST);
    else if (b->wide)
        orr_format(why, sizeof why, "reaches farther than %g degrees, as a window does; a sun stays within",
                   MOST_RADIUS_DEG);
    else if (!(share >= LEAST_SHARE))
        orr_format(
            why, sizeof why,
            "gives a plane facing it %.3g times what the map gives the ground; a sun gives %g times or more",
            share, LEAST_SHARE);
    else
        return ORR_OK;
    double azimuth = fmod(360.0 * ((b->column + 0.5) / b->map->width - 0.5) + 360.0, 360.0),
           elevation = 90.0 - 180.0 * (b->row + 0.5) / b->map->height;
    return orr_fail(err, ORR_E_BAD_DATA, NULL,
                    "neutralize_sun finds no sun in '%s': the brightest place above the horizon, at azimuth "
                    "%.1f and elevation %.1f "
                    "degrees, %s",
                    name, azimuth, elevation, why);
}

/* --- taking it out ----------------------------------------------------------------------------------------
 */

static orr_status fill(const blob *b, float *filled, orr_error *err) {
    double(*rim)[3] = orr_calloc(b->rim_count, sizeof *rim);
    if (!rim) return no_memory(err);
    for (uint32_t k = 0; k < b->rim_count; k++) direction_of(b, b->rim[k], rim[k]);
    for (uint32_t i = 0; i < b->count; i++) {
        double d[3], sum[3] = {0}, weight = 0.0;
        direction_of(b, b->list[i], d);
        for (uint32_t k = 0; k < b->rim_count; k++) {
            double off[3] = {rim[k][0] - d[0], rim[k][1] - d[1], rim[k][2] - d[2]}, w = 1.0 / dot(off, off);
            const float *value = pixel_at(b, b->rim[k]);
            for (int c = 0; c < 3; c++) sum[c] += w * (double)value[c];
            weight += w;
        }
        for (int c = 0; c < 3; c++) /* never brighter than it was */
            filled[i * 3 + (uint32_t)c] = fminf((float)(sum[c] / weight), pixel_at(b, b->list[i])[c]);
    }
    free(rim);
    return ORR_OK;
}

/* The light lost as a vector: what a plane loses is its product with the plane's normal. Its part along the
 * zenith is summed as the map's illuminance is, so that sun and sky together give exactly what the map gave.
 */
static void replace(const blob *b, const float *filled, orr_hdri_sun *sun) {
    double vector[3] = {0}, rgb[3] = {0}, flux = 0.0, squares = 0.0, d[3];
    for (uint32_t i = 0; i < b->count; i++) {
        uint32_t row = b->list[i] / b->map->width;
        orr_hdri_weights w = orr_hdri_row_weights(b->map->width, b->map->height, row);
        float *pixel = (float *)b->map->pixels + (size_t)b->list[i] * 3, lost[3];
        for (uint32_t c = 0; c < 3; c++) {
            lost[c] = pixel[c] - filled[i * 3 + c], pixel[c] = filled[i * 3 + c];
            rgb[c] += (double)lost[c] * w.solid_sr;
        }
        direction_of(b, b->list[i], d);
        double l = luminance(lost), up = row < b->map->height / 2 ? w.cosine_sr : d[1] * w.solid_sr;
        vector[0] += l * d[0] * w.solid_sr, vector[1] += l * up, vector[2] += l * d[2] * w.solid_sr;
        flux += l * w.solid_sr, squares += l * l * w.solid_sr;
    }
    double across = sqrt(vector[0] * vector[0] + vector[2] * vector[2]);
    sun->illuminance = sqrt(dot(vector, vector));
    sun->azimuth_deg = fmod(degrees(orr_atan2_40(vector[0], -vector[2])) + 360.0, 360.0);
    sun->elevation_deg = degrees(orr_atan2_40(vector[1], across));
    sun->angular_diameter_deg = degrees(2.0 * sqrt(flux * flux / squares / PI));
    for (int c = 0; c < 3; c++) sun->colour[c] = rgb[c] / flux;
    sun->contrast = b->peak / b->around;
}

/* Everything but the change itself. */
static orr_status find_sun(blob *b, const char *name, double illuminance, orr_error *err) {
    find_peak(b);
    orr_status status = measure_ring(b, err);
    if (!status) status = grow(b, err);
    if (!status) status = judge(b, name, illuminance, err);
    return status ? status : widen(b, err);
}

orr_status orr_hdri_neutralize(orr_image *map, const char *name, orr_hdri_figures *figures, orr_hdri_sun *sun,
                               orr_error *err) {
    blob b = {.map = map, .mask = orr_calloc((size_t)map->width * map->height, 1)};
    *sun = (orr_hdri_sun){0};
    orr_status status = b.mask ? find_sun(&b, name, figures->illuminance, err) : no_memory(err);
    float *filled = status ? NULL : orr_calloc((size_t)b.count * 3, sizeof *filled);
    if (!status) status = filled ? fill(&b, filled, err) : no_memory(err);
    if (!status) replace(&b, filled, sun), measure(map, figures);
    free(filled);
    free(b.mask);
    free(b.list);
    free(b.rim);
    return status;
}
