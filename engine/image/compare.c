/* Image comparison: the plain figures, SSIM, and the doors to FLIP. */
#include "image/compare.h"
#include "image/flip.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"

/* The papers' viewing conditions: 0.7 m before a 3840-pixel screen 0.7 m wide, 3840 pi / 180 pixels a degree.
 */
static const double DEFAULT_PPD = 67.020643276582255;

/* --- stored values -----------------------------------------------------------------------------------------
 */

static bool is_float(const orr_image *image) {
    return image->type == ORR_PIXEL_F16 || image->type == ORR_PIXEL_F32;
}

/* Value `i` as it is stored; integers scaled to 0..1. */
static double stored(const orr_image *image, size_t i) {
    switch (image->type) {
    case ORR_PIXEL_U8:
        return ((const uint8_t *)image->pixels)[i] / 255.0;
    case ORR_PIXEL_U16:
        return ((const uint16_t *)image->pixels)[i] / 65535.0;
    case ORR_PIXEL_F16:
        return orr_f16_to_f32(((const uint16_t *)image->pixels)[i]);
    default:
        return ((const float *)image->pixels)[i];
    }
}

static size_t value_count(const orr_image *image) {
    return (size_t)image->width * image->height * image->channels;
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

/* --- largest difference, PSNR
 * --------------------------------------------------------------------------------- */

/* Largest finite value of a float image, 1 for integers and for images that are nowhere positive. */
static double peak_of(const orr_image *image) {
    double peak = 0.0;
    if (!is_float(image)) return 1.0;
    for (size_t i = 0, count = value_count(image); i < count; i++) {
        double value = stored(image, i);
        if (isfinite(value) && value > peak) peak = value;
    }
    return peak > 0.0 ? peak : 1.0;
}

static void measure_plain(const orr_image *a, const orr_image *b, double peak, orr_compare_result *out) {
    double sum = 0.0, largest = 0.0;
    size_t count = value_count(a);
    for (size_t i = 0; i < count; i++) {
        double u = stored(a, i), v = stored(b, i);
        double difference = u == v || (isnan(u) && isnan(v)) ? 0.0 : fabs(u - v);
        if (isnan(difference)) difference = INFINITY;
        if (difference > largest) largest = difference;
        sum += difference * difference;
    }
    out->max = largest;
    out->psnr_db = sum > 0.0 ? 10.0 * log10(peak * peak * (double)count / sum) : INFINITY;
}

/* --- SSIM
 * ---------------------------------------------------------------------------------------------------------
 */

enum { SSIM_RADIUS = 5, SSIM_TAPS = 2 * SSIM_RADIUS + 1, MOMENTS = 5 }; /* a, b, aa, bb, ab */

typedef struct ssim_pass {
    uint32_t width, height, x_edge, y_edge; /* edge: left out on each side */
    const float *luma[2];
    double weights[SSIM_TAPS];
    double *row_sums; /* per row; NaN: no memory */
} ssim_pass;

static uint32_t clamp_index(int64_t index, uint32_t count) {
    return index < 0 ? 0 : index >= count ? count - 1 : (uint32_t)index;
}

/* Moments of the columns about row y. */
static void moments_down(const ssim_pass *pass, uint32_t y, double *columns) {
    for (size_t i = 0; i < (size_t)pass->width * MOMENTS; i++) columns[i] = 0.0;
    for (int tap = -SSIM_RADIUS; tap <= SSIM_RADIUS; tap++) {
        size_t row = (size_t)clamp_index((int64_t)y + tap, pass->height) * pass->width;
        double weight = pass->weights[tap + SSIM_RADIUS];
        for (uint32_t x = 0; x < pass->width; x++) {
            double a = pass->luma[0][row + x], b = pass->luma[1][row + x], *m = columns + (size_t)x * MOMENTS;
            m[0] += weight * a;
            m[1] += weight * b;
            m[2] += weight * a * a;
            m[3] += weight * b * b;
            m[4] += weight * a * b;
        }
    }
}

static double ssim_at(const ssim_pass *pass, const double *columns, uint32_t x) {
    double m[MOMENTS] = {0};
    for (int tap = -SSIM_RADIUS; tap <= SSIM_RADIUS; tap++) {
        const double *column = columns + (size_t)clamp_index((int64_t)x + tap, pass->width) * MOMENTS;
        for (int k = 0; k < MOMENTS; k++) m[k] += pass->weights[tap + SSIM_RADIUS] * column[k];
    }
    const double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
    double var_a = m[2] - m[0] * m[0], var_b = m[3] - m[1] * m[1], cov = m[4] - m[0] * m[1];
    return (2.0 * m[0] * m[1] + c1) * (2.0 * cov + c2) /
           ((m[0] * m[0] + m[1] * m[1] + c1) * (var_a + var_b + c2));
}

static void ssim_row(void *argument, uint32_t index) {
    ssim_pass *pass = argument;
    double *columns = orr_calloc((size_t)pass->width * MOMENTS, sizeof(double));
    double sum = columns ? 0.0 : NAN;
    if (columns) {
        moments_down(pass, index + pass->y_edge, columns);
        for (uint32_t x = pass->x_edge; x < pass->width - pass->x_edge; x++) sum += ssim_at(pass, columns, x);
    }
    pass->row_sums[index] = sum;
    free(columns);
}

/* Rec.709 luma of the stored values over the peak. */
static float *luma_of(const orr_image *image, double peak) {
    size_t count = (size_t)image->width * image->height;
    float *luma = orr_calloc(count, sizeof(float));
    static const double weights[3] = {0.2126, 0.7152, 0.0722};
    for (size_t i = 0; luma && i < count; i++) {
        double sum = 0.0;
        for (uint32_t c = 0; c < 3; c++) {
            double value = stored(image, i * image->channels + (image->channels < 3 ? 0 : c));
            if (isfinite(value)) sum += weights[c] * value;
        }
        luma[i] = (float)fmax(-1e6, fmin(1e6, sum / peak)); /* squares stay far from overflow */
    }
    return luma;
}

static orr_status measure_ssim(const orr_image *a, const orr_image *b, double peak,
                               const orr_compare_params *params, orr_compare_result *out, orr_error *err) {
    ssim_pass pass = {.width = a->width, .height = a->height};
    pass.x_edge = a->width < SSIM_TAPS ? 0 : SSIM_RADIUS;
    pass.y_edge = a->height < SSIM_TAPS ? 0 : SSIM_RADIUS;
    double total = 0.0, sum = 0.0;
    for (int i = 0; i < SSIM_TAPS; i++) {
        double x = i - SSIM_RADIUS;
        pass.weights[i] = exp(-x * x / (2.0 * 1.5 * 1.5));
        total += pass.weights[i];
    }
    for (int i = 0; i < SSIM_TAPS; i++) pass.weights[i] /= total;
    uint32_t rows = a->height - 2 * pass.y_edge, columns = a->width - 2 * pass.x_edge;
    float *luma_a = luma_of(a, peak), *luma_b = luma_of(b, peak);
    pass.row_sums = orr_calloc(rows, sizeof(double));
    pass.luma[0] = luma_a;
    pass.luma[1] = luma_b;
    bool ready = luma_a && luma_b && pass.row_sums;
    if (ready) orr_compare_run(&params->parallel, rows, ssim_row, &pass);
    for (uint32_t y = 0; ready && y < rows; y++) sum += pass.row_sums[y];
    free(luma_a);
    free(luma_b);
    free(pass.row_sums);
    if (!ready || isnan(sum))
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for SSIM of %u x %u", a->width, a->height);
    out->ssim = sum / ((double)rows * columns);
    return ORR_OK;
}

/* --- FLIP
 * ---------------------------------------------------------------------------------------------------------
 */

/* Linear RGB with everything that is not finite at 0. */
static orr_status linear_of(const orr_image *image, orr_image *out, orr_error *err) {
    orr_status status = orr_image_to_f32(image, 3, out, err);
    if (status) return status;
    float *values = out->pixels;
    for (size_t i = 0, count = value_count(out); i < count; i++) {
        if (!isfinite(values[i])) values[i] = 0.0f;
    }
    return ORR_OK;
}

static orr_status run_flip(const orr_image *a, const orr_image *b, const orr_compare_params *params,
                           orr_compare_result *out, orr_error *err) {
    double ppd = params->pixels_per_degree == 0.0 ? DEFAULT_PPD : params->pixels_per_degree;
    orr_flip_job job = {.reference = a->pixels, .test = b->pixels, .width = a->width, .height = a->height};
    job.pixels_per_degree = ppd;
    job.parallel = &params->parallel;
    job.map = out->flip_map.pixels;
    out->hdr = params->range == ORR_COMPARE_HDR;
    orr_status status = out->hdr ? orr_flip_hdr(&job, out, err) : orr_flip_ldr(&job, err);
    if (status) return status;
    double sum = 0.0;
    size_t count = (size_t)a->width * a->height;
    for (size_t i = 0; i < count; i++) sum += job.map[i];
    out->flip = sum / (double)count;
    return ORR_OK;
}

static orr_status measure_flip(const orr_image *a, const orr_image *b, const orr_compare_params *params,
                               orr_compare_result *out, orr_error *err) {
    orr_image linear_a = {0}, linear_b = {0};
    orr_status status = linear_of(a, &linear_a, err);
    if (!status) status = linear_of(b, &linear_b, err);
    if (!status) status = orr_image_create(a->width, a->height, 1, ORR_PIXEL_F32, &out->flip_map, err);
    if (!status) status = run_flip(&linear_a, &linear_b, params, out, err);
    orr_image_free(&linear_a);
    orr_image_free(&linear_b);
    if (!params->keep_map) orr_image_free(&out->flip_map);
    return status;
}

/* --- the whole
 * ------------------------------------------------------------------------------------------------------ */

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
    if (status) return status;
    double peak = peak_of(reference);
    measure_plain(reference, test, peak, &result);
    status = measure_ssim(reference, test, peak, &used, &result, err);
    if (!status) status = measure_flip(reference, test, &used, &result, err);
    if (status) {
        orr_compare_result_free(&result);
        return status;
    }
    *out = result;
    return ORR_OK;
}

void orr_compare_result_free(orr_compare_result *result) {
    if (!result) return;
    orr_image_free(&result->flip_map);
    *result = (orr_compare_result){0};
}

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
