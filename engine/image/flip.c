/* LDR-FLIP and HDR-FLIP, written from the papers named in compare.h: filters and exposures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "image/compare_private.h"

static const double PI = 3.14159265358979323846;

/* --- filters ------------------------------------------------------------------------------------------ */

/* Width of the feature detectors, in degrees. */
static const double FEATURE_WIDTH_DEG = 0.082;

/* Contrast sensitivity of the eye, table 1 of the LDR paper: a exp(-pi^2 x^2 / b) with x in degrees. */
static const double CSF_B[ORR_FLIP_SPATIAL] = {0.0047, 0.0053, 0.04, 0.025}; /* Y, Cx, and the two of Cz */
static const double CSF_A_CZ[2] = {34.1, 13.5};

/* Sum of a symmetric filter's weights, given by distance, over both sides. */
static double both_sides(const double *weights, int radius) {
    double sum = weights[0];
    for (int i = 1; i <= radius; i++) sum += 2.0 * weights[i];
    return sum;
}

/* Weights below a hundred millionth of the largest change no float that they are added to. */
static void keep_filter(orr_flip_filter *filter, const double *weights, int radius, double scale) {
    filter->radius = radius;
    for (int i = 0; i <= radius; i++) filter->weights[i] = (float)(scale * weights[i]);
    while (filter->radius > 0 && fabs(weights[filter->radius]) < 1e-8 * fabs(weights[0])) filter->radius--;
}

static void fill_spatial(orr_flip *flip, double ppd, int radius, double *weights) {
    double sum[ORR_FLIP_SPATIAL];
    for (int k = 0; k < ORR_FLIP_SPATIAL; k++) {
        double *w = weights + (size_t)k * ((size_t)radius + 1);
        for (int i = 0; i <= radius; i++) w[i] = exp(-PI * PI * i * i / (ppd * ppd) / CSF_B[k]);
        sum[k] = both_sides(w, radius);
    }
    /* In two dimensions each Cz Gaussian weighs a sqrt(pi / b) sum^2, and both together 1; half goes to each
     * axis. */
    double wide = CSF_A_CZ[0] * sqrt(PI / CSF_B[ORR_FLIP_CZ_WIDE]),
           narrow = CSF_A_CZ[1] * sqrt(PI / CSF_B[ORR_FLIP_CZ_NARROW]);
    double both = wide * sum[ORR_FLIP_CZ_WIDE] * sum[ORR_FLIP_CZ_WIDE] +
                  narrow * sum[ORR_FLIP_CZ_NARROW] * sum[ORR_FLIP_CZ_NARROW];
    const double scale[ORR_FLIP_SPATIAL] = {1.0 / sum[ORR_FLIP_Y], 1.0 / sum[ORR_FLIP_CX], sqrt(wide / both),
                                            sqrt(narrow / both)};
    for (int k = 0; k < ORR_FLIP_SPATIAL; k++)
        keep_filter(&flip->spatial[k], weights + (size_t)k * ((size_t)radius + 1), radius, scale[k]);
}

/* Scaled so that the weights of each sign sum to 1 (of a Gaussian: all of them). */
static void fill_feature(orr_flip *flip, double ppd, int radius) {
    double sigma = 0.5 * FEATURE_WIDTH_DEG * ppd;
    double sum[ORR_FLIP_FEATURE] = {0}, negative = 0.0; /* the edge's: of one side */
    for (int i = -radius; i <= radius; i++) {
        double g = exp(-i * i / (2.0 * sigma * sigma)), point = (i * i / (sigma * sigma) - 1.0) * g;
        sum[ORR_FLIP_SMOOTH] += g;
        if (i > 0) sum[ORR_FLIP_EDGE] += i * g;
        *(point > 0.0 ? &sum[ORR_FLIP_POINT] : &negative) += point;
    }
    for (int i = 0; i <= radius; i++) {
        double g = exp(-i * i / (2.0 * sigma * sigma)), point = (i * i / (sigma * sigma) - 1.0) * g;
        flip->feature[ORR_FLIP_SMOOTH].weights[i] = (float)(g / sum[ORR_FLIP_SMOOTH]);
        flip->feature[ORR_FLIP_EDGE].weights[i] = (float)(i > 0 ? -i * g / sum[ORR_FLIP_EDGE] : 0.0);
        flip->feature[ORR_FLIP_POINT].weights[i] =
            (float)(point / (point > 0.0 ? sum[ORR_FLIP_POINT] : -negative));
    }
    for (int k = 0; k < ORR_FLIP_FEATURE; k++) flip->feature[k].radius = radius;
}

static orr_status make_filters(orr_flip *flip, double ppd, orr_error *err) {
    int spatial = (int)ceil(3.0 * sqrt(CSF_B[ORR_FLIP_CZ_WIDE] / (2.0 * PI * PI)) * ppd);
    int feature = (int)ceil(3.0 * 0.5 * FEATURE_WIDTH_DEG * ppd);
    size_t count = ORR_FLIP_SPATIAL * ((size_t)spatial + 1),
           all = count + ORR_FLIP_FEATURE * ((size_t)feature + 1);
    double *weights = orr_calloc(count, sizeof(double));
    flip->weights = orr_calloc(all, sizeof(float));
    if (!weights || !flip->weights) {
        free(weights);
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the filters of FLIP");
    }
    for (int k = 0; k < ORR_FLIP_SPATIAL; k++)
        flip->spatial[k].weights = flip->weights + (size_t)k * ((size_t)spatial + 1);
    for (int k = 0; k < ORR_FLIP_FEATURE; k++)
        flip->feature[k].weights = flip->weights + count + (size_t)k * ((size_t)feature + 1);
    fill_spatial(flip, ppd, spatial, weights);
    fill_feature(flip, ppd, feature);
    free(weights);
    flip->reach = (uint32_t)feature;
    for (int k = 0; k < ORR_FLIP_SPATIAL; k++)
        if (flip->spatial[k].radius > (int)flip->reach) flip->reach = (uint32_t)flip->spatial[k].radius;
    flip->colour_max = orr_flip_colour_distance((const float[3]){0, 1, 0}, (const float[3]){0, 0, 1});
    return ORR_OK;
}

/* --- exposures ------------------------------------------------------------------------------------------ */

/* Luminances of the reference, cut into slices for the threads. */
enum { MAX_SLICES = 32, BINS = 65536, SLICE_PIXELS = 1 << 17 };

typedef struct light {
    const orr_source *source;
    uint32_t slices;
    float *luminance;    /* per pixel */
    uint32_t *histogram; /* slices * BINS */
    float floor;         /* what is less is left out */
    uint32_t upper;      /* upper half of the bits looked for, or BINS: still unknown */
    float brightest[MAX_SLICES];
    size_t lit[MAX_SLICES];
    bool failed[MAX_SLICES];
} light;

static void measure_light(void *argument, uint32_t slice) {
    light *l = argument;
    const orr_image *image = l->source->image;
    uint64_t height = image->height;
    float *rgb = orr_calloc(image->width, 3 * sizeof(float));
    l->failed[slice] = rgb == NULL;
    for (uint64_t y = height * slice / l->slices; rgb && y < height * (slice + 1) / l->slices; y++) {
        float *out = l->luminance + (size_t)y * image->width;
        for (uint32_t c = 0; c < 3; c++)
            orr_source_row(l->source, l->source->linear, c, 0, (uint32_t)y, image->width,
                           rgb + (size_t)c * image->width);
        for (size_t x = 0; x < image->width; x++) {
            float value = 0.2126f * rgb[x] + 0.7152f * rgb[x + image->width] +
                          0.0722f * rgb[x + 2 * (size_t)image->width];
            out[x] = value > 0.0f ? value : 0.0f;
            if (value > 0.0f) l->lit[slice]++;
            if (value > l->brightest[slice]) l->brightest[slice] = value;
        }
    }
    free(rgb);
}

static void count_light(void *argument, uint32_t slice) {
    light *l = argument;
    uint64_t count = (uint64_t)l->source->image->width * l->source->image->height;
    uint32_t *histogram = l->histogram + (size_t)slice * BINS;
    memset(histogram, 0, BINS * sizeof *histogram);
    for (uint64_t i = count * slice / l->slices; i < count * (slice + 1) / l->slices; i++) {
        float value = l->luminance[i];
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        if (value < l->floor || (l->upper < BINS && bits >> 16 != l->upper)) continue;
        histogram[l->upper < BINS ? bits & 0xffff : bits >> 16]++;
    }
}

/* The value of rank `rank` among the luminances from `floor` up. Bits of positive floats sort like the
 * floats: two histograms, of the upper and of the lower half, find it without sorting. */
static float select_light(light *l, orr_jobs *jobs, size_t rank, float floor) {
    uint32_t found[2] = {0};
    l->floor = floor;
    l->upper = BINS;
    for (int half = 0; half < 2; half++) {
        orr_compare_run(jobs, l->slices, count_light, l);
        for (uint32_t bin = 0; bin < BINS; bin++) {
            size_t count = 0;
            for (size_t slice = 0; slice < l->slices; slice++) count += l->histogram[slice * BINS + bin];
            found[half] = bin;
            if (rank < count) break;
            rank -= count;
        }
        l->upper = found[0];
    }
    uint32_t bits = found[0] << 16 | found[1];
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The tone mapper's inverse at 0.85 (its curve: flip_tile.c). */
static double mapped_to_085(void) {
    double t = 0.85, a = 0.36 * 2.51 - t * 0.36 * 2.43, b = 0.6 * 0.03 - t * 0.6 * 0.59, c = -t * 0.14;
    double centre = -0.5 * b / a;
    return centre + sqrt(centre * centre - c / a);
}

/* Start: the brightest pixel is mapped to 0.85; stop: the median one. A reference more than half black (which
 * the paper leaves open: its median maps nowhere) takes the median of its lit pixels. */
static void find_exposures(light *l, orr_jobs *jobs, orr_compare_result *result) {
    size_t count = (size_t)l->source->image->width * l->source->image->height, lit = 0;
    float brightest = 0.0f;
    for (uint32_t i = 0; i < l->slices; i++) {
        lit += l->lit[i];
        if (l->brightest[i] > brightest) brightest = l->brightest[i];
    }
    result->start_exposure = result->stop_exposure = 0.0;
    result->exposures = 2;
    if (lit == 0) return;
    float median = select_light(l, jobs, count / 2, 0.0f);
    if (median <= 0.0f) median = select_light(l, jobs, lit / 2, 1.4e-45f);
    result->start_exposure = log2(mapped_to_085() / brightest);
    result->stop_exposure = log2(mapped_to_085() / median);
    double steps = ceil((float)result->stop_exposure - (float)result->start_exposure);
    result->exposures = steps > 2.0 ? (uint32_t)steps : 2;
}

static orr_status make_exposures(orr_flip *flip, orr_jobs *jobs, orr_compare_result *result, orr_error *err) {
    light l = {.source = &flip->sources[0]};
    size_t count = (size_t)flip->width * flip->height;
    bool failed = false;
    l.slices = count / SLICE_PIXELS < MAX_SLICES ? (uint32_t)(count / SLICE_PIXELS) + 1 : MAX_SLICES;
    l.luminance = orr_calloc(count, sizeof(float));
    l.histogram = orr_calloc(l.slices, BINS * sizeof *l.histogram);
    if (l.luminance && l.histogram) orr_compare_run(jobs, l.slices, measure_light, &l);
    for (uint32_t i = 0; i < l.slices; i++) failed = failed || l.failed[i];
    if (l.luminance && l.histogram && !failed) {
        find_exposures(&l, jobs, result);
        flip->gains = orr_calloc(result->exposures, sizeof(float));
    }
    free(l.luminance);
    free(l.histogram);
    if (!flip->gains) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the exposures of FLIP");
    flip->exposures = result->exposures;
    double step = (result->stop_exposure - result->start_exposure) / (flip->exposures - 1);
    for (uint32_t i = 0; i < flip->exposures; i++)
        flip->gains[i] = (float)exp2(result->start_exposure + i * step);
    return ORR_OK;
}

/* --- the whole -------------------------------------------------------------------------------------------
 */

orr_status orr_flip_prepare(orr_flip *flip, const orr_source *sources, double pixels_per_degree,
                            orr_jobs *jobs, bool wide, orr_compare_result *result, orr_error *err) {
    *flip = (orr_flip){
        .sources = sources, .wide = wide, .width = sources->image->width, .height = sources->image->height};
    orr_status status = make_filters(flip, pixels_per_degree, err);
    if (status == ORR_OK && result->hdr) status = make_exposures(flip, jobs, result, err);
    if (status != ORR_OK) orr_flip_free(flip);
    return status;
}

void orr_flip_free(orr_flip *flip) {
    free(flip->weights);
    free(flip->gains);
    flip->weights = flip->gains = NULL;
}
