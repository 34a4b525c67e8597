/* Digital elevation models: which reader, stored samples to metres, degrees to metres. */
#include "image/dem_private.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/round.h"
#include "base/text.h"
#include "image/image.h"

enum { SIDE_MAX = 16384 };

static const double DEFAULT_SPACING_M = 30.0; /* SRTM's one arc second, the commonest case */
static const double HEIGHT_LIMIT = 1e30;      /* stored magnitudes beyond it stand for "no data" */

orr_status orr_dem_fail(const orr_dem_job *job, orr_status code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    orr_status status = orr_fail_v(job->err, code, job->name, format, args);
    va_end(args);
    return status;
}

void orr_dem_printable(char *text) {
    for (; *text; text++) {
        if (*text < 0x20 || *text > 0x7e) *text = '?';
    }
}

bool orr_dem_has_suffix(const char *name, const char *suffix) {
    size_t length = strlen(name), tail = strlen(suffix);
    if (length < tail) return false;
    for (size_t i = 0; i < tail; i++) {
        if (tolower((unsigned char)name[length - tail + i]) != tolower((unsigned char)suffix[i]))
            return false;
    }
    return true;
}

orr_status orr_dem_begin(const orr_dem_job *job, uint64_t width, uint64_t height) {
    if (width < 2 || height < 2) {
        return orr_dem_fail(job, ORR_E_BAD_DATA,
                            "the raster is %llu x %llu samples; a terrain needs at least 2 x 2",
                            (unsigned long long)width, (unsigned long long)height);
    }
    if (width > job->max_side || height > job->max_side) {
        return orr_dem_fail(
            job, ORR_E_LIMIT,
            "the raster is %llu x %llu samples; at most %u a side are read: cut or resample it first",
            (unsigned long long)width, (unsigned long long)height, job->max_side);
    }
    job->out->heights_m = orr_calloc((size_t)width * (size_t)height, sizeof(float));
    if (!job->out->heights_m) {
        return orr_dem_fail(job, ORR_E_MEMORY, "no memory for %llu x %llu heights", (unsigned long long)width,
                            (unsigned long long)height);
    }
    job->out->width = (uint32_t)width;
    job->out->height = (uint32_t)height;
    return ORR_OK;
}

/* --- samples ------------------------------------------------------------------------------------ */

bool orr_dem_native_big_endian(void) {
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 0;
}

orr_dem_format orr_dem_format_of(const orr_dem_job *job, orr_dem_kind kind, uint32_t bytes, bool big_endian) {
    const orr_dem_params *params = job->params;
    return (orr_dem_format){
        .kind = kind,
        .bytes = bytes,
        .big_endian = big_endian,
        .has_nodata = params->has_nodata,
        .nodata = params->nodata,
        .void_below = -HUGE_VAL,
        .metres = params->height_scale != 0.0 ? params->height_scale : 1.0,
    };
}

static double signed_value(uint64_t bits, uint32_t bytes) {
    switch (bytes) {
    case 1:
        return (int8_t)(uint8_t)bits;
    case 2:
        return (int16_t)(uint16_t)bits;
    case 4:
        return (int32_t)(uint32_t)bits;
    default:
        return (double)(int64_t)bits;
    }
}

static double float_value(uint64_t bits, uint32_t bytes) {
    if (bytes == 4) {
        uint32_t word = (uint32_t)bits;
        float value;
        memcpy(&value, &word, sizeof value);
        return value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double orr_dem_sample(const orr_dem_format *format, const uint8_t *bytes) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < format->bytes; i++) {
        bits = bits << 8 | bytes[format->big_endian ? i : format->bytes - 1 - i];
    }
    switch (format->kind) {
    case ORR_DEM_INT:
        return signed_value(bits, format->bytes);
    case ORR_DEM_UINT:
        return (double)bits;
    default:
        return float_value(bits, format->bytes);
    }
}

void orr_dem_convert(const orr_dem_format *format, const uint8_t *bytes, size_t stride, uint32_t count,
                     float *heights_m) {
    double nodata = format->nodata;
    /* A nodata value written in decimal for float32 samples names the nearest float. */
    if (format->kind == ORR_DEM_FLOAT && format->bytes == 4 && fabs(nodata) < 3.4e38) nodata = (float)nodata;
    for (uint32_t i = 0; i < count; i++) {
        double value = orr_dem_sample(format, bytes + (size_t)i * stride);
        double height = value * format->metres;
        bool valid = !(format->has_nodata && value == nodata) && value > format->void_below &&
                     fabs(value) < HEIGHT_LIMIT && fabs(height) < HEIGHT_LIMIT;
        heights_m[i] = valid ? (float)height : NAN;
    }
}

/* --- ground ------------------------------------------------------------------------------------- */

/* Arc lengths on the WGS 84 ellipsoid at a latitude: radius of curvature in the meridian M, and of the
 * parallel N cos(lat). J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395 (1987),
 * eq. 4-18 to 4-21; a and 1/f from NGA.STND.0036 (2014). */
static void degree_lengths_m(double lat_deg, double *along_parallel, double *along_meridian) {
    const double a = 6378137.0, f = 1.0 / 298.257223563, e2 = f * (2.0 - f);
    const double radian = 3.14159265358979323846 / 180.0;
    double s = orr_sin40(lat_deg * radian), w2 = 1.0 - e2 * s * s, w = sqrt(w2);
    *along_meridian = a * (1.0 - e2) / (w2 * w) * radian;
    *along_parallel = a / w * orr_cos40(lat_deg * radian) * radian;
}

orr_status orr_dem_set_degrees(const orr_dem_job *job, double step_x_deg, double step_y_deg, double lat_deg,
                               double lon_deg, const char *crs) {
    orr_dem *out = job->out;
    double span_x = step_x_deg * out->width, span_y = step_y_deg * out->height;
    if (!(step_x_deg > 0.0 && step_y_deg > 0.0 && span_x <= 361.0 && span_y <= 181.0)) {
        return orr_dem_fail(job, ORR_E_BAD_DATA,
                            "steps of %g x %g degrees over %u x %u samples do not fit on the globe; give the "
                            "spacing in metres instead",
                            step_x_deg, step_y_deg, out->width, out->height);
    }
    if (!(fabs(lat_deg) < 89.9 && fabs(lon_deg) <= 720.0)) {
        return orr_dem_fail(
            job, ORR_E_BAD_DATA,
            "the centre lies at latitude %g, longitude %g; a terrain within 89.9 degrees of the "
            "equator is needed: reproject it to metres",
            lat_deg, lon_deg);
    }
    double x_m, y_m;
    degree_lengths_m(lat_deg, &x_m, &y_m);
    out->spacing_x_m = step_x_deg * x_m;
    out->spacing_y_m = step_y_deg * y_m;
    out->centre_lat_deg = lat_deg;
    out->centre_lon_deg = lon_deg;
    orr_format(out->crs, sizeof out->crs, "%s", crs);
    return ORR_OK;
}

/* --- 16-bit PNG --------------------------------------------------------------------------------- */

static orr_status convert_png(const orr_dem_job *job, const orr_image *image) {
    if (image->type != ORR_PIXEL_U16 || image->channels != 1) {
        return orr_dem_fail(job, ORR_E_UNSUPPORTED,
                            "the PNG has %u channel(s) of %s; heights need 16-bit greyscale without alpha",
                            image->channels,
                            image->type == ORR_PIXEL_U8 ? "8 bits, only 256 steps" : "16 bits");
    }
    orr_status status = orr_dem_begin(job, image->width, image->height);
    if (status) return status;
    orr_dem_format format = orr_dem_format_of(job, ORR_DEM_UINT, 2, orr_dem_native_big_endian());
    for (uint32_t y = 0; y < image->height; y++) {
        const uint8_t *row = (const uint8_t *)image->pixels + (size_t)y * image->width * 2;
        orr_dem_convert(&format, row, 2, image->width, job->out->heights_m + (size_t)y * image->width);
    }
    orr_format(job->out->source, sizeof job->out->source, "PNG uint16");
    return ORR_OK;
}

static orr_status decode_png(const orr_dem_job *job) {
    orr_image_limits limits = {.max_side = job->max_side};
    orr_image image = {0};
    orr_status status = orr_image_decode(job->data, job->size, job->name, 0, &limits, &image, job->err);
    if (status) return status;
    status = convert_png(job, &image);
    orr_image_free(&image);
    return status;
}

/* --- the front door ----------------------------------------------------------------------------- */

static bool starts_with(const orr_dem_job *job, const void *magic, size_t length) {
    return job->size >= length && memcmp(job->data, magic, length) == 0;
}

static orr_status decode_any(const orr_dem_job *job) {
    if (orr_dem_has_suffix(job->name, ".hgt"))
        return orr_dem_decode_hgt(job, job->data, job->size, job->name);
    if (starts_with(job, "II*\0", 4) || starts_with(job, "MM\0*", 4) || starts_with(job, "II+\0", 4) ||
        starts_with(job, "MM\0+", 4)) {
        return orr_dem_decode_tiff(job);
    }
    if (starts_with(job, "\x89PNG", 4)) return decode_png(job);
    if (starts_with(job, "\x93NUMPY", 6)) return orr_dem_decode_npy(job, job->data, job->size);
    if (starts_with(job, "PK\3\4", 4)) {
        return orr_dem_has_suffix(job->name, ".hgt.zip") ? orr_dem_decode_hgt_zip(job)
                                                         : orr_dem_decode_npz(job);
    }
    char first[32] = "none, the file is empty";
    for (size_t i = 0; i < job->size && i < 4; i++) snprintf(first + i * 3, 4, "%02x ", job->data[i]);
    return orr_dem_fail(
        job, ORR_E_BAD_DATA,
        "not a terrain: a GeoTIFF, 16-bit PNG, .npy, .npz, .hgt or .hgt.zip is needed (first bytes: %s)",
        first);
}

/* Range, count of voids, and the spacing that the caller or nobody states. */
static orr_status finish(const orr_dem_job *job) {
    orr_dem *out = job->out;
    size_t count = (size_t)out->width * out->height;
    float low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        float height = out->heights_m[i];
        if (isnan(height)) {
            out->nodata_count++;
            continue;
        }
        if (height < low) low = height;
        if (height > high) high = height;
    }
    if (out->nodata_count == count) {
        return orr_dem_fail(job, ORR_E_BAD_DATA, "all %zu samples are void: there is no height in it", count);
    }
    out->min_m = low;
    out->max_m = high;
    bool given = job->params->spacing_m > 0.0;
    if (!given && out->spacing_x_m == 0.0) out->spacing_assumed = true;
    if (given || out->spacing_assumed) {
        out->spacing_x_m = out->spacing_y_m = given ? job->params->spacing_m : DEFAULT_SPACING_M;
    }
    return ORR_OK;
}

static orr_status check_params(const orr_dem_job *job) {
    const orr_dem_params *params = job->params;
    if (!isfinite(params->spacing_m) || params->spacing_m < 0.0 || params->spacing_m > 1e6) {
        return orr_dem_fail(job, ORR_E_OUT_OF_RANGE, "spacing_m is %g; it must be 0 to 1000000",
                            params->spacing_m);
    }
    if (!isfinite(params->height_scale) || fabs(params->height_scale) > 1e9) {
        return orr_dem_fail(job, ORR_E_OUT_OF_RANGE, "height_scale is %g; it must be a number up to 1e9",
                            params->height_scale);
    }
    return ORR_OK;
}

orr_status orr_dem_decode(const void *data, size_t size, const char *name, const orr_dem_params *params,
                          orr_dem *out, orr_error *err) {
    static const orr_dem_params defaults;
    orr_dem_job job = {.data = data, .size = size, .name = name ? name : "", .out = out, .err = err};
    job.params = params ? params : &defaults;
    job.max_side = job.params->max_side;
    if (job.max_side == 0 || job.max_side > SIDE_MAX) job.max_side = SIDE_MAX;
    *out = (orr_dem){.centre_lat_deg = NAN, .centre_lon_deg = NAN};
    orr_status status = check_params(&job);
    if (!status) status = decode_any(&job);
    if (!status) status = finish(&job);
    if (status) orr_dem_free(out);
    return status;
}

void orr_dem_free(orr_dem *dem) {
    if (!dem) return;
    free(dem->heights_m);
    *dem = (orr_dem){0};
}
