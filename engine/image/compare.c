/* Image comparison: the plain figures, and the tiles that SSIM and FLIP are taken by. */
#include "image/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "image/compare_private.h"
#include "image/image_internal.h"

/* The papers' viewing conditions: 0.7 m before a 3840-pixel screen 0.7 m wide, 3840 pi / 180 pixels a degree.
 */
static const double DEFAULT_PPD = 67.020643276582255;

/* --- the pair --------------------------------------------------------------------------------------------
 */

static bool is_float(const orr_image *image) {
    return image->type == ORR_PIXEL_F16 || image->type == ORR_PIXEL_F32;
}

static orr_status check_pair(const orr_image *a, const orr_image *b, orr_error *err) {
    if (a->width != b->width || a->height != b->height) {
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "the images differ in size: %u x %u and %u x %u", a->width,
                        a->height, b->width, b->height);
    }
    if (a->channels != b->channels) {
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "the images differ in channels: %u and %u", a->channels,
                        b->channels);
    }
    if (a->type == ORR_PIXEL_U32 || b->type == ORR_PIXEL_U32) {
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "images of 32-bit ids have no distance; compare them for equality");
    }
    if (is_float(a) != is_float(b) || a->srgb != b->srgb) {
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "one image is %s, the other %s: convert one of them first",
                        is_float(a) ? "float"
                        : a->srgb   ? "sRGB integer"
                                    : "linear integer",
                        is_float(b) ? "float"
                        : b->srgb   ? "sRGB integer"
                                    : "linear integer");
    }
    if (a->channels < 1 || a->channels > 4 || a->width == 0 || a->height == 0) {
        return orr_fail(err, ORR_E_ARGUMENT, NULL, "images of %u x %u with %u channels cannot be compared",
                        a->width, a->height, a->channels);
    }
    return ORR_OK;
}

static size_t value_count(const orr_image *image) {
    return (size_t)image->width * image->height * image->channels;
}

static orr_status no_memory(const orr_image *image, orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory to compare images of %u x %u", image->width,
                    image->height);
}

/* --- values ----------------------------------------------------------------------------------------------
 */

static float *half_table(void) {
    float *table = orr_calloc(65536, sizeof *table);
    for (uint32_t i = 0; table && i < 65536; i++) table[i] = orr_f16_to_f32((uint16_t)i);
    return table;
}

/* `twin` is a source whose tables serve this one too where the types are the same, or NULL. */
static bool open_source(orr_source *source, const orr_image *image, const orr_source *twin) {
    *source = (orr_source){.image = image};
    if (image->type == ORR_PIXEL_F32) return true;
    if (twin && twin->image->type == image->type) {
        source->stored = twin->stored;
        source->linear = twin->linear;
        return true;
    }
    uint32_t bits = image->type == ORR_PIXEL_U8 ? 8 : 16;
    source->stored = image->type == ORR_PIXEL_F16 ? half_table() : orr_image_code_table(bits, false);
    source->linear = image->srgb ? orr_image_code_table(bits, true) : source->stored;
    return source->stored && source->linear;
}

static void close_source(orr_source *source) {
    if (source->linear != source->stored) free(source->linear);
    free(source->stored);
}

void orr_source_row(const orr_source *source, const float *table, uint32_t channel, uint32_t x, uint32_t y,
                    uint32_t count, float *out) {
    const orr_image *image = source->image;
    size_t step = image->channels,
           first = ((size_t)y * image->width + x) * step + (image->channels < 3 ? 0 : channel);
    if (image->type == ORR_PIXEL_F32) {
        const float *in = (const float *)image->pixels + first;
        for (size_t i = 0; i < count; i++) out[i] = in[i * step];
    } else if (image->type == ORR_PIXEL_U8) {
        const uint8_t *in = (const uint8_t *)image->pixels + first;
        for (size_t i = 0; i < count; i++) out[i] = table[in[i * step]];
    } else {
        const uint16_t *in = (const uint16_t *)image->pixels + first;
        for (size_t i = 0; i < count; i++) out[i] = table[in[i * step]];
    }
    for (size_t i = 0; is_float(image) && i < count; i++)
        out[i] = fabsf(out[i]) <= 3.4028235e38f ? out[i] : 0.0f; /* neither infinite nor NaN */
}

/* --- largest difference, PSNR ------------------------------------------------------------------------------
 */

enum { BLOCK = 256, LANES = 8 };

/* `count` values from index `first`: integers in units of 1 / 65535, floats as they are. */
static void read_values(const orr_source *source, size_t first, size_t count, double *out) {
    const orr_image *image = source->image;
    const uint8_t *bytes = (const uint8_t *)image->pixels + first * orr_pixel_bytes(image->type);
    const uint16_t *words = (const uint16_t *)(const void *)bytes;
    switch (image->type) {
    case ORR_PIXEL_U8:
        for (size_t i = 0; i < count; i++) out[i] = bytes[i] * 257;
        break;
    case ORR_PIXEL_U16:
        for (size_t i = 0; i < count; i++) out[i] = words[i];
        break;
    case ORR_PIXEL_F16:
        for (size_t i = 0; i < count; i++) out[i] = source->stored[words[i]];
        break;
    default:
        for (size_t i = 0; i < count; i++) out[i] = ((const float *)(const void *)bytes)[i];
        break;
    }
}

/* Distances of `count` values, a multiple of LANES: their squares are added to `sum`, the largest kept. */
static void measure_block(const double *u, const double *v, size_t count, double *sum, double *largest) {
    for (size_t i = 0; i < count; i += LANES) {
        for (int k = 0; k < LANES; k++) {
            double a = u[i + k], b = v[i + k], distance = fabs(a - b);
            distance = distance <= 1.7976931348623157e308 ? distance : INFINITY; /* NaN as well */
            distance = a == b || (a != a && b != b) ? 0.0 : distance;
            sum[k] += distance * distance;
            largest[k] = distance > largest[k] ? distance : largest[k];
        }
    }
}

typedef struct tile_sums {
    double squares, largest, ssim, flip;
} tile_sums;

static void measure_plain(const orr_source *sources, const orr_tile *tile, tile_sums *out) {
    double sum[LANES] = {0}, largest[LANES] = {0}, u[BLOCK], v[BLOCK];
    const orr_image *image = sources[0].image;
    for (uint32_t y = tile->y0; y < tile->y1; y++) {
        size_t at = ((size_t)y * image->width + tile->x0) * image->channels,
               end = ((size_t)y * image->width + tile->x1) * image->channels;
        for (; at < end; at += BLOCK) {
            size_t count = end - at < BLOCK ? end - at : BLOCK, whole = (count + LANES - 1) / LANES * LANES;
            read_values(&sources[0], at, count, u);
            read_values(&sources[1], at, count, v);
            for (size_t i = count; i < whole; i++) u[i] = v[i] = 0.0;
            measure_block(u, v, whole, sum, largest);
        }
    }
    for (int k = 0; k < LANES; k++) {
        out->squares += sum[k];
        if (largest[k] > out->largest) out->largest = largest[k];
    }
}

/* --- tiles -------------------------------------------------------------------------------------------------
 */

enum { TILE_COLUMNS = 480, TILE_ROWS = 96, SLICES = 32 };

typedef struct comparison {
    orr_source sources[2];
    uint32_t width, height, columns, rows; /* of the images, and how many tiles */
    bool wide;
    orr_ssim ssim;
    orr_flip flip;
    tile_sums *sums; /* per tile */
    double peaks[SLICES];
} comparison;

static orr_tile tile_at(const comparison *c, uint32_t index) {
    uint32_t x = index % c->columns * TILE_COLUMNS, y = index / c->columns * TILE_ROWS;
    return (orr_tile){x, y, c->width - x > TILE_COLUMNS ? x + TILE_COLUMNS : c->width,
                      c->height - y > TILE_ROWS ? y + TILE_ROWS : c->height};
}

/* Whether the bytes of the tile and of all that the filters see around it are the same. */
static bool equal_about(const comparison *c, const orr_tile *tile) {
    const orr_image *a = c->sources[0].image, *b = c->sources[1].image;
    uint32_t reach = c->flip.reach > ORR_SSIM_RADIUS ? c->flip.reach : ORR_SSIM_RADIUS;
    uint32_t x0 = tile->x0 > reach ? tile->x0 - reach : 0, y0 = tile->y0 > reach ? tile->y0 - reach : 0;
    uint32_t x1 = c->width - tile->x1 > reach ? tile->x1 + reach : c->width,
             y1 = c->height - tile->y1 > reach ? tile->y1 + reach : c->height;
    size_t pixel = a->channels * orr_pixel_bytes(a->type);
    bool equal = a->type == b->type;
    for (uint32_t y = y0; y < y1 && equal; y++) {
        size_t at = ((size_t)y * c->width + x0) * pixel;
        equal =
            memcmp((const uint8_t *)a->pixels + at, (const uint8_t *)b->pixels + at, (x1 - x0) * pixel) == 0;
    }
    return equal;
}

static void measure_tile(void *argument, uint32_t index) {
    comparison *c = argument;
    orr_tile tile = tile_at(c, index);
    tile_sums *sums = &c->sums[index];
    if (equal_about(c, &tile)) { /* as in most of most pairs: the figures are known, the map is 0 */
        sums->ssim = orr_ssim_windows(&c->ssim, &tile);
        return;
    }
    measure_plain(c->sources, &tile, sums);
    sums->ssim = orr_ssim_tile(&c->ssim, &tile);
    sums->flip = orr_flip_tile(&c->flip, &tile);
}

/* Largest finite value of a slice of the reference. */
static void measure_peak(void *argument, uint32_t slice) {
    comparison *c = argument;
    size_t count = value_count(c->sources[0].image), end = count * (slice + 1) / SLICES;
    double values[BLOCK], peak = 0.0;
    for (size_t at = count * slice / SLICES; at < end; at += BLOCK) {
        size_t block = end - at < BLOCK ? end - at : BLOCK;
        read_values(&c->sources[0], at, block, values);
        for (size_t i = 0; i < block; i++)
            peak = values[i] > peak && values[i] <= 1.7976931348623157e308 ? values[i] : peak;
    }
    c->peaks[slice] = peak;
}

/* Of floats; 1 for integers and for images that are nowhere positive. */
static double peak_of(comparison *c, orr_jobs *jobs) {
    double peak = 0.0;
    if (!is_float(c->sources[0].image)) return 1.0;
    orr_compare_run(jobs, SLICES, measure_peak, c);
    for (int i = 0; i < SLICES; i++) peak = c->peaks[i] > peak ? c->peaks[i] : peak;
    return peak > 0.0 ? peak : 1.0;
}

static void add_up(const comparison *c, double peak, orr_compare_result *out) {
    tile_sums all = {0};
    double values = (double)value_count(c->sources[0].image),
           unit = is_float(c->sources[0].image) ? 1.0 : 65535.0;
    for (uint32_t i = 0; i < c->columns * c->rows; i++) {
        all.squares += c->sums[i].squares;
        all.largest = c->sums[i].largest > all.largest ? c->sums[i].largest : all.largest;
        all.ssim += c->sums[i].ssim;
        all.flip += c->sums[i].flip;
    }
    double noise = all.squares / (unit * unit);
    out->max = all.largest / unit;
    out->psnr_db = noise > 0.0 ? 10.0 * log10(peak * peak * values / noise) : INFINITY;
    out->ssim = all.ssim / orr_ssim_windows(&c->ssim, &(orr_tile){0, 0, c->width, c->height});
    out->flip = all.flip / ((double)c->width * c->height);
}

typedef struct loop {
    void (*task)(void *, uint32_t);
    void *argument;
} loop;

static void run_range(void *context, size_t begin, size_t end) {
    const loop *l = context;
    for (size_t i = begin; i < end; i++) l->task(l->argument, (uint32_t)i);
}

void orr_compare_run(orr_jobs *jobs, uint32_t count, void (*task)(void *, uint32_t), void *argument) {
    loop l = {task, argument};
    if (jobs)
        orr_jobs_parallel_for(jobs, count, 1, run_range, &l);
    else
        run_range(&l, 0, count);
}

/* --- the whole ---------------------------------------------------------------------------------------------
 */

static orr_status run(comparison *c, const orr_compare_params *params, orr_compare_result *out,
                      orr_error *err) {
    double ppd = params->pixels_per_degree == 0.0 ? DEFAULT_PPD : params->pixels_per_degree;
    double peak = peak_of(c, params->jobs);
    out->hdr = params->range == ORR_COMPARE_HDR;
    orr_ssim_prepare(&c->ssim, c->sources, peak, c->wide);
    orr_status status = orr_flip_prepare(&c->flip, c->sources, ppd, params->jobs, c->wide, out, err);
    if (status == ORR_OK && params->keep_map)
        status = orr_image_create(c->width, c->height, 1, ORR_PIXEL_F32, &out->flip_map, err);
    if (status != ORR_OK) return status;
    c->flip.map = out->flip_map.pixels;
    orr_compare_run(params->jobs, c->columns * c->rows, measure_tile, c);
    add_up(c, peak, out);
    return isnan(out->ssim) || isnan(out->flip) ? no_memory(c->sources[0].image, err) : ORR_OK;
}

static orr_status compare(const orr_image *reference, const orr_image *test, const orr_compare_params *params,
                          orr_compare_result *out, orr_error *err) {
    comparison c = {.width = reference->width, .height = reference->height};
    c.columns = (c.width + TILE_COLUMNS - 1) / TILE_COLUMNS;
    c.rows = (c.height + TILE_ROWS - 1) / TILE_ROWS;
    c.wide = !params->narrow && ORR_HAS_WIDE_VECTORS();
    c.sums = orr_calloc((size_t)c.columns * c.rows, sizeof *c.sums);
    bool ready = open_source(&c.sources[0], reference, NULL);
    ready = open_source(&c.sources[1], test, &c.sources[0]) && ready && c.sums;
    orr_status status = ready ? run(&c, params, out, err) : no_memory(reference, err);
    orr_flip_free(&c.flip);
    if (c.sources[1].stored != c.sources[0].stored) close_source(&c.sources[1]);
    close_source(&c.sources[0]);
    free(c.sums);
    return status;
}

orr_status orr_compare(const orr_image *reference, const orr_image *test, const orr_compare_params *params,
                       orr_compare_result *out, orr_error *err) {
    orr_compare_params used = params ? *params : (orr_compare_params){0};
    if (used.range == ORR_COMPARE_AUTO) used.range = is_float(reference) ? ORR_COMPARE_HDR : ORR_COMPARE_LDR;
    if (used.pixels_per_degree != 0.0 &&
        !(used.pixels_per_degree >= 1.0 && used.pixels_per_degree <= 2000.0)) {
        return orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "pixels_per_degree is %g; it must be 1 to 2000",
                        used.pixels_per_degree);
    }
    orr_compare_result result = {0};
    orr_status status = check_pair(reference, test, err);
    if (status == ORR_OK) status = compare(reference, test, &used, &result, err);
    if (status == ORR_OK)
        *out = result;
    else
        orr_compare_result_free(&result);
    return status;
}

void orr_compare_result_free(orr_compare_result *result) {
    if (!result) return;
    orr_image_free(&result->flip_map);
    *result = (orr_compare_result){0};
}

/* --- the heat map ------------------------------------------------------------------------------------------
 */

/* Polynomials of degree 6 fitted to matplotlib's magma (S. van der Walt, N. Smith, 2015) by M. Zucker,
 * "Fitting polynomials to matplotlib colormaps", shadertoy.com/view/WlfXRN, 2019, CC0. Largest error 0.02.
 */
static uint8_t magma(double t, int channel) {
    static const double c[7][3] = {{-0.002136485053939582, -0.000749655052795221, -0.005386127855323933},
                                   {0.2516605407371642, 0.6775232436837668, 2.494026599312351},
                                   {8.353717279216625, -3.577719514958484, 0.3144679030132573},
                                   {-27.66873308576866, 14.26473078096533, -13.64921318813922},
                                   {52.17613981234068, -27.94360607168351, 12.94416944238394},
                                   {-50.76852536473588, 29.04658282127291, 4.23415299384598},
                                   {18.65570506591883, -11.48977351997711, -5.601961508734096}};
    double value = 0.0;
    for (int i = 6; i >= 0; i--) value = value * t + c[i][channel];
    return (uint8_t)(value <= 0.0 ? 0.0 : value >= 1.0 ? 255.0 : value * 255.0 + 0.5);
}

orr_status orr_heat_map(const orr_image *map, orr_image *out, orr_error *err) {
    if (map->type != ORR_PIXEL_F32 || map->channels != 1) {
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "a heat map is made from one channel of f32, not %u channels", map->channels);
    }
    orr_status status = orr_image_create(map->width, map->height, 3, ORR_PIXEL_U8, out, err);
    if (status) return status;
    out->srgb = true;
    const float *values = map->pixels;
    uint8_t *bytes = out->pixels;
    for (size_t i = 0, count = (size_t)map->width * map->height; i < count; i++) {
        double t = values[i] > 0.0f ? (values[i] < 1.0f ? values[i] : 1.0) : 0.0;
        for (int c = 0; c < 3; c++) bytes[i * 3 + (size_t)c] = magma(t, c);
    }
    return ORR_OK;
}
