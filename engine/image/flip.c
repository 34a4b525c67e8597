/* LDR-FLIP and HDR-FLIP, written from the papers named in compare.h.
 *
 * Both filters are separable (the blue-yellow one is a sum of two Gaussians, each of which is). A row of the
 * map is made by filtering down the columns into row buffers, then along those rows: no intermediate images.
 */
#include "image/flip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static const double PI = 3.14159265358979323846;
enum { BAND_ROWS = 16 };

/* --- colour ------------------------------------------------------------------------------------------ */

/* Linear Rec.709 to XYZ and back (IEC 61966-2-1 primaries and D65 white, to float precision). */
static const float TO_XYZ[3][3] = {{0.4123908f, 0.3575843f, 0.1804808f},
                                   {0.2126390f, 0.7151687f, 0.0721923f},
                                   {0.0193308f, 0.1191948f, 0.9505322f}};
static const float FROM_XYZ[3][3] = {{3.2409699f, -1.5373832f, -0.4986108f},
                                     {-0.9692436f, 1.8759675f, 0.0415551f},
                                     {0.0556301f, -0.2039770f, 1.0569715f}};

static void multiply(const float m[3][3], const float v[3], float out[3]) {
    for (int i = 0; i < 3; i++) out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
}

static float white(int i) {
    return TO_XYZ[i][0] + TO_XYZ[i][1] + TO_XYZ[i][2];
}

/* XYZ over the white point. */
static void to_relative_xyz(const float rgb[3], float xyz[3]) {
    multiply(TO_XYZ, rgb, xyz);
    for (int i = 0; i < 3; i++) xyz[i] /= white(i);
}

/* The linearised CIELAB that the contrast sensitivity filters work in. */
static void to_ycxcz(const float rgb[3], float out[3]) {
    float xyz[3];
    to_relative_xyz(rgb, xyz);
    out[0] = 116.0f * xyz[1] - 16.0f;
    out[1] = 500.0f * (xyz[0] - xyz[1]);
    out[2] = 200.0f * (xyz[1] - xyz[2]);
}

static void from_ycxcz(const float in[3], float rgb[3]) {
    float y = (in[0] + 16.0f) / 116.0f;
    float xyz[3] = {(y + in[1] / 500.0f) * white(0), y * white(1), (y - in[2] / 200.0f) * white(2)};
    multiply(FROM_XYZ, xyz, rgb);
}

static float clamp01(float value) {
    return value > 0.0f ? (value < 1.0f ? value : 1.0f) : 0.0f;
}

static float lab_curve(float t) {
    const float delta = 6.0f / 29.0f;
    return t > delta * delta * delta ? cbrtf(t) : t / (3.0f * delta * delta) + 4.0f / 29.0f;
}

/* CIELAB with the Hunt adjustment: chroma matters less in the dark. */
static void to_hunt_lab(const float rgb[3], float lab[3]) {
    float xyz[3];
    to_relative_xyz(rgb, xyz);
    float x = lab_curve(xyz[0]), y = lab_curve(xyz[1]), z = lab_curve(xyz[2]);
    lab[0] = 116.0f * y - 16.0f;
    lab[1] = 0.01f * lab[0] * 500.0f * (x - y);
    lab[2] = 0.01f * lab[0] * 200.0f * (y - z);
}

static float hyab(const float a[3], const float b[3]) {
    float u = a[1] - b[1], v = a[2] - b[2];
    return fabsf(a[0] - b[0]) + sqrtf(u * u + v * v);
}

/* --- filters ------------------------------------------------------------------------------------------ */

/* Constants of the LDR paper: exponents and the knee of the colour error, exponent and width of the feature
 * error. */
static const float Q_COLOUR = 0.7f, KNEE = 0.4f, KNEE_ERROR = 0.95f, Q_FEATURE = 0.5f;
static const double FEATURE_WIDTH_DEG = 0.082;

/* Contrast sensitivity of the eye, table 1 of the LDR paper: a exp(-pi^2 x^2 / b) with x in degrees. */
static const double CSF_B[4] = {0.0047, 0.0053, 0.04, 0.025}; /* Y, Cx, and the two of Cz */
static const double CSF_A_CZ[2] = {34.1, 13.5};

enum { Y, CX, CZ_WIDE, CZ_NARROW, SPATIAL }; /* spatial filters */
enum { SMOOTH, EDGE, POINT, FEATURE };       /* feature filters: Gaussian, its first and second derivative */

typedef struct flip_filters {
    int spatial_radius, feature_radius;
    float *spatial[SPATIAL], *feature[FEATURE]; /* 2 * radius + 1 weights each, in one block */
    float *block;
    float colour_max; /* largest possible colour error: green against blue */
} flip_filters;

static void fill_spatial(flip_filters *filters, double ppd) {
    int radius = filters->spatial_radius;
    double sum[SPATIAL] = {0}, scale[SPATIAL];
    for (int k = 0; k < SPATIAL; k++) {
        for (int i = -radius; i <= radius; i++) sum[k] += exp(-PI * PI * i * i / (ppd * ppd) / CSF_B[k]);
    }
    /* In two dimensions each Cz Gaussian weighs a sqrt(pi / b) sum^2, and both together 1; half goes to each
     * axis. */
    double wide = CSF_A_CZ[0] * sqrt(PI / CSF_B[CZ_WIDE]), narrow = CSF_A_CZ[1] * sqrt(PI / CSF_B[CZ_NARROW]);
    double both = wide * sum[CZ_WIDE] * sum[CZ_WIDE] + narrow * sum[CZ_NARROW] * sum[CZ_NARROW];
    scale[Y] = 1.0 / sum[Y];
    scale[CX] = 1.0 / sum[CX];
    scale[CZ_WIDE] = sqrt(wide / both);
    scale[CZ_NARROW] = sqrt(narrow / both);
    for (int k = 0; k < SPATIAL; k++) {
        for (int i = -radius; i <= radius; i++) {
            filters->spatial[k][i + radius] =
                (float)(scale[k] * exp(-PI * PI * i * i / (ppd * ppd) / CSF_B[k]));
        }
    }
}

/* Weights of each sign sum to 1 (the Gaussian: all of them). */
static void normalise(float *weights, int count) {
    double positive = 0.0, negative = 0.0;
    for (int i = 0; i < count; i++) *(weights[i] > 0.0f ? &positive : &negative) += weights[i];
    for (int i = 0; i < count; i++)
        weights[i] = (float)(weights[i] / (weights[i] > 0.0f ? positive : -negative));
}

static void fill_feature(flip_filters *filters, double ppd) {
    int radius = filters->feature_radius;
    double sigma = 0.5 * FEATURE_WIDTH_DEG * ppd;
    for (int i = -radius; i <= radius; i++) {
        double g = exp(-i * i / (2.0 * sigma * sigma));
        filters->feature[SMOOTH][i + radius] = (float)g;
        filters->feature[EDGE][i + radius] = (float)(-i * g);
        filters->feature[POINT][i + radius] = (float)((i * i / (sigma * sigma) - 1.0) * g);
    }
    for (int k = 0; k < FEATURE; k++) normalise(filters->feature[k], 2 * radius + 1);
}

static orr_status make_filters(flip_filters *filters, double ppd, orr_error *err) {
    filters->spatial_radius = (int)ceil(3.0 * sqrt(CSF_B[CZ_WIDE] / (2.0 * PI * PI)) * ppd);
    filters->feature_radius = (int)ceil(3.0 * 0.5 * FEATURE_WIDTH_DEG * ppd);
    size_t spatial = 2 * (size_t)filters->spatial_radius + 1,
           feature = 2 * (size_t)filters->feature_radius + 1;
    filters->block = orr_calloc(SPATIAL * spatial + FEATURE * feature, sizeof(float));
    if (!filters->block) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the filters of FLIP");
    for (int k = 0; k < SPATIAL; k++) filters->spatial[k] = filters->block + (size_t)k * spatial;
    for (int k = 0; k < FEATURE; k++)
        filters->feature[k] = filters->block + SPATIAL * spatial + (size_t)k * feature;
    fill_spatial(filters, ppd);
    fill_feature(filters, ppd);
    float green[3], blue[3];
    to_hunt_lab((const float[3]){0, 1, 0}, green);
    to_hunt_lab((const float[3]){0, 0, 1}, blue);
    filters->colour_max = powf(hyab(green, blue), Q_COLOUR);
    return ORR_OK;
}

/* --- one row -------------------------------------------------------------------------------------------- */

typedef struct flip_pass {
    uint32_t width, height;
    const flip_filters *filters;
    float *planes[2][3]; /* Y, Cx, Cz of reference and test */
    float *map;
    bool *failed; /* a band that found no memory */
    bool keep_larger;
} flip_pass;

/* Row buffers of one band, each `pad` floats longer on both sides. */
typedef struct flip_rows {
    size_t pad;
    float *column[SPATIAL + FEATURE]; /* filtered down the columns */
    float *colour[2][SPATIAL];        /* filtered both ways */
    float *feature[2][4];             /* edge x, edge y, point x, point y */
    float *block;
} flip_rows;

static uint32_t clamp_index(int64_t index, uint32_t count) {
    return index < 0 ? 0 : index >= count ? count - 1 : (uint32_t)index;
}

/* out[x] = sum of weights[i] * plane[y + i - radius][x]; then the edges are repeated into the padding. */
static void filter_down(const flip_pass *pass, const float *plane, uint32_t y, const float *weights,
                        int radius, size_t pad, float *out) {
    uint32_t width = pass->width;
    memset(out, 0, width * sizeof(float));
    for (int i = -radius; i <= radius; i++) {
        const float *row = plane + (size_t)clamp_index((int64_t)y + i, pass->height) * width;
        float weight = weights[i + radius];
        for (uint32_t x = 0; x < width; x++) out[x] += weight * row[x];
    }
    for (size_t p = 1; p <= pad; p++) {
        *(out - p) = out[0];
        out[width - 1 + p] = out[width - 1];
    }
}

static void filter_along(const float *row, uint32_t width, const float *weights, int radius, float *out) {
    memset(out, 0, width * sizeof(float));
    for (int i = -radius; i <= radius; i++) {
        const float *shifted = row + i;
        float weight = weights[i + radius];
        for (uint32_t x = 0; x < width; x++) out[x] += weight * shifted[x];
    }
}

static void filter_row(const flip_pass *pass, const flip_rows *rows, uint32_t y, int image) {
    const flip_filters *filters = pass->filters;
    static const int plane_of[SPATIAL] = {0, 1, 2, 2};
    for (int k = 0; k < SPATIAL; k++) {
        filter_down(pass, pass->planes[image][plane_of[k]], y, filters->spatial[k], filters->spatial_radius,
                    rows->pad, rows->column[k]);
        filter_along(rows->column[k], pass->width, filters->spatial[k], filters->spatial_radius,
                     rows->colour[image][k]);
    }
    for (int k = 0; k < FEATURE; k++) {
        filter_down(pass, pass->planes[image][0], y, filters->feature[k], filters->feature_radius, rows->pad,
                    rows->column[SPATIAL + k]);
    }
    static const int down[4] = {SMOOTH, EDGE, SMOOTH, POINT}, along[4] = {EDGE, SMOOTH, POINT, SMOOTH};
    for (int k = 0; k < 4; k++) {
        filter_along(rows->column[SPATIAL + down[k]], pass->width, filters->feature[along[k]],
                     filters->feature_radius, rows->feature[image][k]);
    }
}

static float colour_error(const flip_pass *pass, const flip_rows *rows, uint32_t x) {
    float lab[2][3];
    for (int image = 0; image < 2; image++) {
        float *const *c = rows->colour[image];
        float rgb[3];
        from_ycxcz((const float[3]){c[Y][x], c[CX][x], c[CZ_WIDE][x] + c[CZ_NARROW][x]}, rgb);
        for (int i = 0; i < 3; i++) rgb[i] = clamp01(rgb[i]);
        to_hunt_lab(rgb, lab[image]);
    }
    float error = powf(hyab(lab[0], lab[1]), Q_COLOUR);
    float most = pass->filters->colour_max, knee = KNEE * most;
    return error < knee ? error * KNEE_ERROR / knee
                        : KNEE_ERROR + (error - knee) / (most - knee) * (1.0f - KNEE_ERROR);
}

static float feature_error(const flip_rows *rows, uint32_t x) {
    float strength[2][2];
    for (int image = 0; image < 2; image++) {
        for (int k = 0; k < 2; k++) {
            /* Luminance 0..1 is (Y + 16) / 116; the offset drops out of a derivative. */
            float u = rows->feature[image][2 * k][x] / 116.0f,
                  v = rows->feature[image][2 * k + 1][x] / 116.0f;
            strength[image][k] = sqrtf(u * u + v * v);
        }
    }
    float edge = fabsf(strength[0][0] - strength[1][0]), point = fabsf(strength[0][1] - strength[1][1]);
    return powf((edge > point ? edge : point) * 0.70710678f, Q_FEATURE);
}

static void map_row(const flip_pass *pass, const flip_rows *rows, uint32_t y) {
    filter_row(pass, rows, y, 0);
    filter_row(pass, rows, y, 1);
    float *map = pass->map + (size_t)y * pass->width;
    for (uint32_t x = 0; x < pass->width; x++) {
        float error = powf(colour_error(pass, rows, x), 1.0f - clamp01(feature_error(rows, x)));
        if (!pass->keep_larger || error > map[x]) map[x] = clamp01(error);
    }
}

static void map_band(void *argument, uint32_t band) {
    flip_pass *pass = argument;
    const flip_filters *filters = pass->filters;
    flip_rows rows = {.pad = (size_t)(filters->spatial_radius > filters->feature_radius
                                          ? filters->spatial_radius
                                          : filters->feature_radius)};
    size_t pitch = pass->width + 2 * rows.pad, count = SPATIAL + FEATURE + 2 * SPATIAL + 2 * 4;
    rows.block = orr_calloc(count * pitch, sizeof(float));
    if (!rows.block) {
        pass->failed[band] = true;
        return;
    }
    float *next = rows.block + rows.pad;
    for (int k = 0; k < SPATIAL + FEATURE; k++, next += pitch) rows.column[k] = next;
    for (int k = 0; k < 2 * SPATIAL; k++, next += pitch) rows.colour[k / SPATIAL][k % SPATIAL] = next;
    for (int k = 0; k < 2 * 4; k++, next += pitch) rows.feature[k / 4][k % 4] = next;
    uint32_t end = (band + 1) * BAND_ROWS < pass->height ? (band + 1) * BAND_ROWS : pass->height;
    for (uint32_t y = band * BAND_ROWS; y < end; y++) map_row(pass, &rows, y);
    free(rows.block);
}

/* --- the whole ---------------------------------------------------------------------------------------------
 */

void orr_compare_run(const orr_compare_parallel *parallel, uint32_t count, void (*task)(void *, uint32_t),
                     void *argument) {
    if (parallel && parallel->run) {
        parallel->run(parallel->context, count, task, argument);
        return;
    }
    for (uint32_t i = 0; i < count; i++) task(argument, i);
}

/* Filters `pass->planes` into the map. */
static orr_status run_pass(const orr_flip_job *job, flip_pass *pass, orr_error *err) {
    uint32_t bands = (pass->height + BAND_ROWS - 1) / BAND_ROWS;
    pass->failed = orr_calloc(bands, sizeof(bool));
    bool failed = !pass->failed;
    if (!failed) {
        orr_compare_run(job->parallel, bands, map_band, pass);
        for (uint32_t i = 0; i < bands; i++) failed = failed || pass->failed[i];
    }
    free(pass->failed);
    return failed ? orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the rows of FLIP") : ORR_OK;
}

static orr_status begin_pass(const orr_flip_job *job, flip_filters *filters, flip_pass *pass, float **planes,
                             orr_error *err) {
    size_t count = (size_t)job->width * job->height;
    *pass = (flip_pass){.width = job->width, .height = job->height, .filters = filters, .map = job->map};
    *planes = orr_calloc(count, 6 * sizeof(float));
    if (!*planes)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for FLIP of %u x %u", job->width, job->height);
    for (int i = 0; i < 6; i++) pass->planes[i / 3][i % 3] = *planes + (size_t)i * count;
    orr_status status = make_filters(filters, job->pixels_per_degree, err);
    if (status) free(*planes);
    return status;
}

static void end_pass(flip_filters *filters, float *planes) {
    free(filters->block);
    free(planes);
}

/* The tone mapper of HDR-FLIP: K. Narkowicz's fit of the ACES filmic curve, exposed by 0.6. */
static const double ACES[6] = {0.6 * 0.6 * 2.51, 0.6 * 0.03, 0.0, 0.6 * 0.6 * 2.43, 0.6 * 0.59, 0.14};

static float tone_map(double value) {
    return (float)((value * value * ACES[0] + value * ACES[1] + ACES[2]) /
                   (value * value * ACES[3] + value * ACES[4] + ACES[5]));
}

/* Fills the planes; `gain` 0 = LDR, no tone mapping. */
static void fill_planes(const orr_flip_job *job, flip_pass *pass, double gain) {
    size_t count = (size_t)job->width * job->height;
    const float *sources[2] = {job->reference, job->test};
    for (int image = 0; image < 2; image++) {
        for (size_t i = 0; i < count; i++) {
            float rgb[3], ycxcz[3];
            for (int c = 0; c < 3; c++) {
                float value = sources[image][i * 3 + (size_t)c];
                rgb[c] = clamp01(gain == 0.0 ? value : tone_map((value > 0.0f ? value : 0.0f) * gain));
            }
            to_ycxcz(rgb, ycxcz);
            for (int c = 0; c < 3; c++) pass->planes[image][c][i] = ycxcz[c];
        }
    }
}

orr_status orr_flip_ldr(const orr_flip_job *job, orr_error *err) {
    flip_filters filters;
    flip_pass pass;
    float *planes = NULL;
    orr_status status = begin_pass(job, &filters, &pass, &planes, err);
    if (status) return status;
    fill_planes(job, &pass, 0.0);
    status = run_pass(job, &pass, err);
    end_pass(&filters, planes);
    return status;
}

/* --- exposures
 * ---------------------------------------------------------------------------------------------- */

static float luminance(const float *rgb) {
    float value = 0.2126f * rgb[0] + 0.7152f * rgb[1] + 0.0722f * rgb[2];
    return value > 0.0f ? value : 0.0f;
}

static uint32_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The value of rank `rank` among the luminances above `floor`. Bits of positive floats sort like the floats:
 * two histograms, of the upper and of the lower half, find it without sorting. */
static float select_luminance(const orr_flip_job *job, size_t rank, float floor, uint32_t *histogram) {
    size_t count = (size_t)job->width * job->height;
    uint32_t upper = 0, lower = 0;
    for (int half = 0; half < 2; half++) {
        memset(histogram, 0, 65536 * sizeof *histogram);
        for (size_t i = 0; i < count; i++) {
            float value = luminance(job->reference + i * 3);
            uint32_t bits = float_bits(value);
            if (value < floor || (half == 1 && bits >> 16 != upper)) continue;
            histogram[half ? bits & 0xffff : bits >> 16]++;
        }
        uint32_t bin = 0;
        for (; bin < 65535 && rank >= histogram[bin]; bin++) rank -= histogram[bin];
        *(half ? &lower : &upper) = bin;
    }
    uint32_t bits = upper << 16 | lower;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Start: the brightest pixel is mapped to 0.85; stop: the median one. A reference more than half black (which
 * the paper leaves open: its median maps nowhere) takes the median of its lit pixels. */
static orr_status find_exposures(const orr_flip_job *job, orr_compare_result *result, orr_error *err) {
    size_t count = (size_t)job->width * job->height, lit = 0;
    float brightest = 0.0f;
    for (size_t i = 0; i < count; i++) {
        float value = luminance(job->reference + i * 3);
        if (value > 0.0f) lit++;
        if (value > brightest) brightest = value;
    }
    result->start_exposure = result->stop_exposure = 0.0;
    result->exposures = 2;
    if (lit == 0) return ORR_OK;
    uint32_t *histogram = orr_calloc(65536, sizeof *histogram);
    if (!histogram) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the exposures of FLIP");
    float median = select_luminance(job, count / 2, 0.0f, histogram);
    if (median <= 0.0f) median = select_luminance(job, lit / 2, 1.4e-45f, histogram);
    free(histogram);
    double t = 0.85, a = ACES[0] - t * ACES[3], b = ACES[1] - t * ACES[4], c = ACES[2] - t * ACES[5];
    double centre = -0.5 * b / a, mapped = centre + sqrt(centre * centre - c / a);
    result->start_exposure = log2(mapped / brightest);
    result->stop_exposure = log2(mapped / median);
    double steps = ceil((float)result->stop_exposure - (float)result->start_exposure);
    result->exposures = steps > 2.0 ? (uint32_t)steps : 2;
    return ORR_OK;
}

orr_status orr_flip_hdr(const orr_flip_job *job, orr_compare_result *result, orr_error *err) {
    flip_filters filters;
    flip_pass pass;
    float *planes = NULL;
    orr_status status = find_exposures(job, result, err);
    if (!status) status = begin_pass(job, &filters, &pass, &planes, err);
    if (status) return status;
    pass.keep_larger = true;
    memset(job->map, 0, (size_t)job->width * job->height * sizeof(float));
    double step = (result->stop_exposure - result->start_exposure) / (result->exposures - 1);
    for (uint32_t i = 0; i < result->exposures && !status; i++) {
        fill_planes(job, &pass, exp2(result->start_exposure + i * step));
        status = run_pass(job, &pass, err);
    }
    end_pass(&filters, planes);
    return status;
}
