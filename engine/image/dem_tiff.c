/* GeoTIFF through libtiff and libgeotiff, from memory, without a PROJ database and without a word on stderr.
 *
 * Tags and keys: OGC 19-008r4, GeoTIFF 1.1. The nodata tag is GDAL's (42113, ASCII). Orientation says nothing
 * once a file is georeferenced: raster space is the stored order (OGC 19-008r4, clause 7.4), and the sign of
 * the steps says which row is north. */
#include "image/dem_private.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <geotiff.h>
#include <geovalues.h>
#include <tiffio.h>
#include <xtiffio.h>

#include "base/arena.h"
#include "base/text.h"

enum { TAG_GDAL_NODATA = 42113, EPSG_USER_DEFINED = 32767 };

/* --- a file in memory ------------------------------------------------------------------------------ */

typedef struct tiff_source {
    const orr_dem_job *job;
    toff_t at;
    char message[256]; /* libtiff's first complaint */
} tiff_source;

static tmsize_t source_read(thandle_t handle, void *buffer, tmsize_t size) {
    tiff_source *source = handle;
    size_t left = source->at < source->job->size ? source->job->size - (size_t)source->at : 0;
    size_t count = size < 0 ? 0 : (size_t)size < left ? (size_t)size : left;
    if (count) memcpy(buffer, source->job->data + source->at, count);
    source->at += count;
    return (tmsize_t)count;
}

static tmsize_t source_write(thandle_t handle, void *buffer, tmsize_t size) {
    (void)handle, (void)buffer, (void)size;
    return -1; /* opened for reading */
}

static toff_t source_seek(thandle_t handle, toff_t offset, int whence) {
    tiff_source *source = handle;
    toff_t base = whence == SEEK_CUR ? source->at : whence == SEEK_END ? source->job->size : 0;
    source->at = base + offset;
    return source->at;
}

static int source_close(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t source_size(thandle_t handle) {
    return ((tiff_source *)handle)->job->size;
}

static int source_map(thandle_t handle, void **base, toff_t *size) {
    const tiff_source *source = handle;
    *base = (void *)(uintptr_t)source->job->data; /* libtiff does not write to a file opened with "r" */
    *size = source->job->size;
    return 1;
}

static void source_unmap(thandle_t handle, void *base, toff_t size) {
    (void)handle, (void)base, (void)size;
}

static int keep_error(TIFF *tif, void *user, const char *module, const char *format, va_list args) {
    (void)tif, (void)module;
    tiff_source *source = user;
    if (!source->message[0]) vsnprintf(source->message, sizeof source->message, format, args);
    orr_dem_printable(source->message);
    return 1; /* handled: the process-wide handler, which prints, is not called */
}

static int drop_warning(TIFF *tif, void *user, const char *module, const char *format, va_list args) {
    (void)tif, (void)user, (void)module, (void)format, (void)args;
    return 1;
}

static void drop_geotiff(GTIF *gtif, int level, const char *format, ...) {
    (void)gtif, (void)level, (void)format;
}

/* libgeotiff teaches libtiff its tags through a process-wide hook: this once is the one global here. */
static pthread_once_t geo_tags_once = PTHREAD_ONCE_INIT;

static TIFF *open_tiff(tiff_source *source) {
    pthread_once(&geo_tags_once, XTIFFInitialize);
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) return NULL;
    /* One block of the widest raster we take, and never more than the samples of the whole. */
    uint64_t side = source->job->max_side;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)(side * side * 8 + (1u << 20)));
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep_error, source);
    TIFFOpenOptionsSetWarningHandlerExtR(options, drop_warning, NULL);
    TIFF *tif = TIFFClientOpenExt(source->job->name, "r", source, source_read, source_write, source_seek,
                                  source_close, source_size, source_map, source_unmap, options);
    TIFFOpenOptionsFree(options);
    return tif;
}

static orr_status tiff_fail(const tiff_source *source, const char *doing) {
    bool early = strstr(source->message, "Read error") || strstr(source->message, "ot enough data") ||
                 strstr(source->message, "an not read");
    return orr_dem_fail(source->job, early ? ORR_E_TRUNCATED : ORR_E_BAD_DATA, "%s failed: %s", doing,
                        source->message[0] ? source->message : "no reason given");
}

/* --- layout of the samples --------------------------------------------------------------------------- */

typedef struct tiff_layout {
    uint32_t width, height;
    orr_dem_format format;
    bool undeclared_voids; /* no nodata tag */
} tiff_layout;

static void read_nodata(TIFF *tif, orr_dem_format *format, bool *undeclared) {
    *undeclared = !format->has_nodata;
    if (format->has_nodata) return; /* the caller knows better */
    const TIFFField *field = TIFFFindField(tif, TAG_GDAL_NODATA, TIFF_ASCII);
    char *text = NULL;
    uint32_t count = 0;
    /* libtiff knows the tag only as "some ASCII", and such are got with their length. */
    if (!field || !TIFFFieldPassCount(field) || TIFFFieldReadCount(field) != TIFF_VARIABLE2) return;
    if (!TIFFGetField(tif, TAG_GDAL_NODATA, &count, &text) || !text) return;
    char trimmed[64];
    size_t length = 0;
    for (uint32_t i = 0; i < count && text[i] && length + 1 < sizeof trimmed; i++) {
        if (text[i] != ' ') trimmed[length++] = text[i];
    }
    trimmed[length] = '\0';
    /* "nan" and the like need no rule: what is not finite is void anyway. */
    format->has_nodata = orr_parse_f64(trimmed, &format->nodata);
    *undeclared = !format->has_nodata;
}

static orr_status read_type(const orr_dem_job *job, TIFF *tif, orr_dem_format *format) {
    uint16_t samples = 1, bits = 1, kind = SAMPLEFORMAT_UINT, photometric = PHOTOMETRIC_MINISBLACK;
    TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tif, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(tif, TIFFTAG_SAMPLEFORMAT, &kind);
    TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &photometric);
    if (samples != 1 || (photometric != PHOTOMETRIC_MINISBLACK && photometric != PHOTOMETRIC_MINISWHITE)) {
        return orr_dem_fail(
            job, ORR_E_UNSUPPORTED,
            "the TIFF is a picture (%u channel(s), photometric %u); a terrain has one channel of heights",
            samples, photometric);
    }
    bool integer =
        (kind == SAMPLEFORMAT_INT || kind == SAMPLEFORMAT_UINT) && (bits == 8 || bits == 16 || bits == 32);
    bool real = kind == SAMPLEFORMAT_IEEEFP && (bits == 32 || bits == 64);
    if (!integer && !real) {
        return orr_dem_fail(
            job, ORR_E_UNSUPPORTED,
            "the TIFF has %u-bit samples of format %u; 8-, 16-, 32-bit integers and 32-, 64-bit floats "
            "are read",
            bits, kind);
    }
    orr_dem_kind sort = real ? ORR_DEM_FLOAT : kind == SAMPLEFORMAT_INT ? ORR_DEM_INT : ORR_DEM_UINT;
    *format = orr_dem_format_of(job, sort, bits / 8u, orr_dem_native_big_endian());
    static const char *const names[] = {"int", "uint", "float"};
    orr_format(job->out->source, sizeof job->out->source, "GeoTIFF %s%u", names[sort], bits);
    return ORR_OK;
}

/* --- strips and tiles -------------------------------------------------------------------------------- */

static orr_status read_strips(const tiff_source *source, TIFF *tif, const tiff_layout *layout) {
    const orr_dem_job *job = source->job;
    tmsize_t row_bytes = TIFFScanlineSize(tif);
    if (row_bytes < (tmsize_t)((size_t)layout->width * layout->format.bytes))
        return tiff_fail(source, "sizing a row");
    uint8_t *row = orr_calloc((size_t)row_bytes, 1);
    if (!row)
        return orr_dem_fail(job, ORR_E_MEMORY, "no memory for a row of %lld bytes", (long long)row_bytes);
    orr_status status = ORR_OK;
    for (uint32_t y = 0; y < layout->height && !status; y++) {
        if (TIFFReadScanline(tif, row, y, 0) < 0) {
            status = tiff_fail(source, "reading a row");
            if (job->err) status = orr_error_prefix(job->err, "row %u of %u", y, layout->height);
            break;
        }
        orr_dem_convert(&layout->format, row, layout->format.bytes, layout->width,
                        job->out->heights_m + (size_t)y * layout->width);
    }
    free(row);
    return status;
}

typedef struct tiff_tile {
    uint32_t width, height; /* of a whole one */
    uint32_t x, y;          /* where it starts */
    uint8_t *samples;
    tmsize_t bytes;
} tiff_tile;

static orr_status read_tile(const tiff_source *source, TIFF *tif, const tiff_layout *layout,
                            const tiff_tile *tile) {
    const orr_dem_job *job = source->job;
    uint32_t columns = layout->width - tile->x < tile->width ? layout->width - tile->x : tile->width;
    uint32_t rows = layout->height - tile->y < tile->height ? layout->height - tile->y : tile->height;
    size_t pitch = (size_t)tile->width * layout->format.bytes;
    uint32_t index = TIFFComputeTile(tif, tile->x, tile->y, 0, 0);
    /* A sparse file leaves tiles out: offset and size 0 mean nothing but voids. */
    bool sparse = TIFFGetStrileByteCount(tif, index) == 0 && TIFFGetStrileOffset(tif, index) == 0;
    if (!sparse && TIFFReadEncodedTile(tif, index, tile->samples, tile->bytes) < (tmsize_t)(rows * pitch)) {
        orr_status status = tiff_fail(source, "reading a tile");
        return job->err ? orr_error_prefix(job->err, "tile at %u, %u", tile->x, tile->y) : status;
    }
    for (uint32_t y = 0; y < rows; y++) {
        float *heights = job->out->heights_m + (size_t)(tile->y + y) * layout->width + tile->x;
        if (sparse) {
            for (uint32_t x = 0; x < columns; x++) heights[x] = NAN;
        } else {
            orr_dem_convert(&layout->format, tile->samples + y * pitch, layout->format.bytes, columns,
                            heights);
        }
    }
    return ORR_OK;
}

static orr_status read_tiles(const tiff_source *source, TIFF *tif, const tiff_layout *layout) {
    const orr_dem_job *job = source->job;
    tiff_tile tile = {.bytes = TIFFTileSize(tif)};
    if (!TIFFGetField(tif, TIFFTAG_TILEWIDTH, &tile.width) ||
        !TIFFGetField(tif, TIFFTAG_TILELENGTH, &tile.height) || tile.width == 0 || tile.height == 0 ||
        tile.width > 65536 || tile.height > 65536 ||
        tile.bytes < (tmsize_t)((uint64_t)tile.width * tile.height * layout->format.bytes)) {
        return orr_dem_fail(job, ORR_E_BAD_DATA, "tiles of %u x %u samples make no sense", tile.width,
                            tile.height);
    }
    uint64_t room = (uint64_t)job->max_side * job->max_side * 8;
    tile.samples = (uint64_t)tile.bytes <= room ? orr_calloc((size_t)tile.bytes, 1) : NULL;
    if (!tile.samples)
        return orr_dem_fail(job, ORR_E_MEMORY, "no memory for a tile of %lld bytes", (long long)tile.bytes);
    orr_status status = ORR_OK;
    for (tile.y = 0; tile.y < layout->height && !status; tile.y += tile.height) {
        for (tile.x = 0; tile.x < layout->width && !status; tile.x += tile.width) {
            status = read_tile(source, tif, layout, &tile);
        }
    }
    free(tile.samples);
    return status;
}

/* --- georeference ------------------------------------------------------------------------------------ */

/* Raster column, row (fractional, 0 at the outer edge) to model space. */
typedef struct tiff_ground {
    double x0, y0, x_step, y_step, x_shear, y_shear;
    bool known;
} tiff_ground;

static tiff_ground read_ground(TIFF *tif, bool pixel_is_point) {
    tiff_ground ground = {0};
    double *values = NULL;
    uint16_t count = 0, scales = 0;
    double *scale = NULL;
    double half = pixel_is_point ? 0.5 : 0.0; /* then 0, 0 is the middle of the first sample */
    if (TIFFGetField(tif, TIFFTAG_GEOTRANSMATRIX, &count, &values) && count >= 8) {
        ground = (tiff_ground){.x0 = values[3],
                               .y0 = values[7],
                               .x_step = values[0],
                               .y_step = values[5],
                               .x_shear = values[1],
                               .y_shear = values[4],
                               .known = true};
    } else if (TIFFGetField(tif, TIFFTAG_GEOPIXELSCALE, &scales, &scale) && scales >= 2 &&
               TIFFGetField(tif, TIFFTAG_GEOTIEPOINTS, &count, &values) && count >= 6) {
        ground = (tiff_ground){.x0 = values[3] - values[0] * scale[0],
                               .y0 = values[4] + values[1] * scale[1],
                               .x_step = scale[0],
                               .y_step = -scale[1],
                               .known = true};
    }
    ground.x0 -= half * ground.x_step;
    ground.y0 -= half * ground.y_step;
    return ground;
}

/* EPSG unit codes, in metres or degrees; 0 = unknown. */
static double linear_unit_m(unsigned code) {
    switch (code) {
    case 9001:
        return 1.0;
    case 9002:
        return 0.3048;
    case 9003:
        return 1200.0 / 3937.0; /* US survey foot */
    case 9036:
        return 1000.0;
    default:
        return 0.0;
    }
}

static double angular_unit_deg(unsigned code) {
    switch (code) {
    case 9102:
    case 9122:
        return 1.0;
    case 9101:
        return 180.0 / 3.14159265358979323846;
    case 9105:
    case 9106:
        return 0.9;
    default:
        return 0.0;
    }
}

static unsigned geo_code(GTIF *gtif, geokey_t key, unsigned fallback) {
    unsigned short value;
    return GTIFKeyGetSHORT(gtif, key, &value, 0, 1) == 1 ? value : fallback;
}

/* The unit of `key`, by its code or, when user-defined, by the size in `size_key` times `size_unit`. */
static orr_status read_unit(const orr_dem_job *job, GTIF *gtif, geokey_t key, geokey_t size_key,
                            double size_unit, unsigned fallback, double (*known)(unsigned), double *unit) {
    unsigned code = geo_code(gtif, key, fallback);
    double size = 0.0;
    *unit = known(code);
    if (*unit == 0.0 && GTIFKeyGetDOUBLE(gtif, size_key, &size, 0, 1) == 1) *unit = size * size_unit;
    if (*unit > 0.0 && *unit <= 1e6) return ORR_OK;
    return orr_dem_fail(
        job, ORR_E_UNSUPPORTED,
        "the GeoTIFF's unit (key %d, EPSG code %u) is not one that is known; reproject it to metres",
        (int)key, code);
}

static void read_crs(const orr_dem_job *job, GTIF *gtif, unsigned code) {
    char *crs = job->out->crs;
    if (code > 0 && code < EPSG_USER_DEFINED) {
        orr_format(crs, sizeof job->out->crs, "EPSG:%u", code);
    } else if (!GTIFKeyGetASCII(gtif, GTCitationGeoKey, crs, (int)sizeof job->out->crs) || !crs[0]) {
        orr_format(crs, sizeof job->out->crs, "user-defined");
    }
    orr_dem_printable(crs);
}

static orr_status place_projected(const orr_dem_job *job, GTIF *gtif, const tiff_ground *ground) {
    double unit;
    orr_status status = read_unit(job, gtif, ProjLinearUnitsGeoKey, ProjLinearUnitSizeGeoKey, 1.0, 9001,
                                  linear_unit_m, &unit);
    if (status) return status;
    job->out->spacing_x_m = fabs(ground->x_step) * unit;
    job->out->spacing_y_m = fabs(ground->y_step) * unit;
    read_crs(job, gtif, geo_code(gtif, ProjectedCSTypeGeoKey, 0));
    return ORR_OK;
}

static orr_status place_geographic(const orr_dem_job *job, GTIF *gtif, const tiff_ground *ground) {
    double unit;
    orr_status status = read_unit(job, gtif, GeogAngularUnitsGeoKey, GeogAngularUnitSizeGeoKey,
                                  180.0 / 3.14159265358979323846, 9102, angular_unit_deg, &unit);
    if (status) return status;
    double lon = (ground->x0 + ground->x_step * job->out->width * 0.5) * unit;
    double lat = (ground->y0 + ground->y_step * job->out->height * 0.5) * unit;
    status = orr_dem_set_degrees(job, fabs(ground->x_step) * unit, fabs(ground->y_step) * unit, lat, lon, "");
    if (!status) read_crs(job, gtif, geo_code(gtif, GeographicTypeGeoKey, 0));
    return status;
}

static orr_status check_ground(const orr_dem_job *job, const tiff_ground *ground) {
    double diagonal = fabs(ground->x_step) + fabs(ground->y_step);
    double shear = fabs(ground->x_shear) + fabs(ground->y_shear);
    if (!isfinite(diagonal + shear + ground->x0 + ground->y0) || diagonal > 1e9 || ground->x_step == 0.0 ||
        ground->y_step == 0.0 || shear > 1e-6 * diagonal) {
        return orr_dem_fail(
            job, ORR_E_UNSUPPORTED,
            "the GeoTIFF's grid is rotated or degenerate (steps %g, %g; shear %g, %g): warp it to a "
            "north-up grid first",
            ground->x_step, ground->y_step, ground->x_shear, ground->y_shear);
    }
    return ORR_OK;
}

static void swap_columns(orr_dem *dem) {
    for (size_t y = 0; y < dem->height; y++) {
        float *row = dem->heights_m + y * dem->width;
        for (uint32_t a = 0, b = dem->width - 1; a < b; a++, b--) {
            float keep = row[a];
            row[a] = row[b];
            row[b] = keep;
        }
    }
}

static void swap_rows(orr_dem *dem) {
    for (size_t a = 0, b = dem->height - 1; a < b; a++, b--) {
        float *upper = dem->heights_m + a * dem->width, *lower = dem->heights_m + b * dem->width;
        for (uint32_t x = 0; x < dem->width; x++) {
            float keep = upper[x];
            upper[x] = lower[x];
            lower[x] = keep;
        }
    }
}

/* Without a georeference the orientation tag is all there is to say which row is the top. */
static orr_status orient(const orr_dem_job *job, TIFF *tif) {
    uint16_t orientation = ORIENTATION_TOPLEFT;
    TIFFGetFieldDefaulted(tif, TIFFTAG_ORIENTATION, &orientation);
    if (orientation > ORIENTATION_BOTLEFT) {
        return orr_dem_fail(job, ORR_E_UNSUPPORTED,
                            "the TIFF is stored sideways (orientation %u): rotate it first", orientation);
    }
    if (orientation == ORIENTATION_TOPRIGHT || orientation == ORIENTATION_BOTRIGHT) swap_columns(job->out);
    if (orientation == ORIENTATION_BOTLEFT || orientation == ORIENTATION_BOTRIGHT) swap_rows(job->out);
    return ORR_OK;
}

static orr_status place_by_model(const orr_dem_job *job, TIFF *tif, GTIF *gtif) {
    tiff_ground ground =
        read_ground(tif, geo_code(gtif, GTRasterTypeGeoKey, RasterPixelIsArea) == RasterPixelIsPoint);
    unsigned model = geo_code(gtif, GTModelTypeGeoKey, 0);
    if (model == 0 && geo_code(gtif, ProjectedCSTypeGeoKey, 0)) model = ModelTypeProjected;
    if (model == 0 && geo_code(gtif, GeographicTypeGeoKey, 0)) model = ModelTypeGeographic;
    if (!ground.known || model == 0 || model == EPSG_USER_DEFINED) return orient(job, tif);
    if (model == ModelTypeGeocentric) {
        return orr_dem_fail(job, ORR_E_UNSUPPORTED,
                            "the GeoTIFF is in geocentric coordinates: reproject it to metres");
    }
    orr_status status = check_ground(job, &ground);
    if (status) return status;
    if (ground.y_step > 0.0) swap_rows(job->out);
    if (ground.x_step < 0.0) swap_columns(job->out);
    return model == ModelTypeGeographic ? place_geographic(job, gtif, &ground)
                                        : place_projected(job, gtif, &ground);
}

/* --- the whole --------------------------------------------------------------------------------------- */

/* All that libtiff has for numbers. The others (fax, JPEG, WebP, logarithmic light) hold pictures of 1 to 8
 * bits, or lose precision: no heights. */
static orr_status check_compression(const orr_dem_job *job, TIFF *tif) {
    static const uint16_t known[] = {COMPRESSION_NONE,          COMPRESSION_LZW,     COMPRESSION_PACKBITS,
                                     COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE, COMPRESSION_LZMA,
                                     COMPRESSION_ZSTD,          COMPRESSION_LERC};
    uint16_t compression = COMPRESSION_NONE;
    TIFFGetFieldDefaulted(tif, TIFFTAG_COMPRESSION, &compression);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (compression == known[i] && TIFFIsCODECConfigured(compression)) return ORR_OK;
    }
    return orr_dem_fail(
        job, ORR_E_UNSUPPORTED,
        "the TIFF's compression %u is for pictures, or not in this build of libtiff; deflate, LZW, "
        "PackBits, LZMA, Zstandard and LERC are read",
        compression);
}

static orr_status decode_open(const tiff_source *source, TIFF *tif, GTIF *gtif) {
    const orr_dem_job *job = source->job;
    tiff_layout layout = {0};
    TIFFGetField(tif, TIFFTAG_IMAGEWIDTH, &layout.width);
    TIFFGetField(tif, TIFFTAG_IMAGELENGTH, &layout.height);
    orr_status status = read_type(job, tif, &layout.format);
    if (status) return status;
    read_nodata(tif, &layout.format, &layout.undeclared_voids);
    /* Heights at or below -32767 m exist nowhere; files without a nodata tag use -32768 and -32767 for voids.
     */
    if (layout.undeclared_voids && layout.format.kind == ORR_DEM_INT) layout.format.void_below = -32767.0;
    unsigned vertical = geo_code(gtif, VerticalUnitsGeoKey, 9001);
    if (job->params->height_scale == 0.0) {
        layout.format.metres = linear_unit_m(vertical);
        if (layout.format.metres == 0.0) layout.format.metres = 1.0;
    }
    status = check_compression(job, tif);
    if (status) return status;
    status = orr_dem_begin(job, layout.width, layout.height);
    if (!status)
        status = TIFFIsTiled(tif) ? read_tiles(source, tif, &layout) : read_strips(source, tif, &layout);
    return status ? status : place_by_model(job, tif, gtif);
}

orr_status orr_dem_decode_tiff(const orr_dem_job *job) {
    tiff_source source = {.job = job};
    TIFF *tif = open_tiff(&source);
    if (!tif) return tiff_fail(&source, "opening the TIFF");
    GTIF *gtif = GTIFNewEx(tif, drop_geotiff, NULL);
    orr_status status =
        gtif ? decode_open(&source, tif, gtif) : tiff_fail(&source, "reading the GeoTIFF keys");
    if (gtif) GTIFFree(gtif);
    XTIFFClose(tif);
    return status;
}
