/* Digital elevation models from GeoTIFF, 16-bit PNG, .npy, .npz and .hgt, always in metres.
 *
 * Owner frees with orr_dem_free. Immutable once read: any thread may look. */
#ifndef ORR_IMAGE_DEM_H
#define ORR_IMAGE_DEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Heights row-major from the north-west corner: row 0 is the northernmost, column 0 the westernmost. */
typedef struct orr_dem {
    uint32_t width, height; /* samples, >= 2 each, <= 16384 */
    float *heights_m;       /* width * height; NaN where there is no data */
    double spacing_x_m;     /* ground distance between columns, at the centre's latitude */
    double spacing_y_m;     /* between rows */
    double min_m, max_m;    /* of the valid samples */
    uint64_t nodata_count;
    double centre_lat_deg, centre_lon_deg; /* NaN when the file does not say */
    char crs[96]; /* "EPSG:4326", "EPSG:26910", or "" when unknown: then spacing is a stated default */
    bool spacing_assumed; /* the file gives no georeference; spacing is params->spacing_m or 30 m */
    char source[128];     /* format and stored type, "GeoTIFF int16" */
} orr_dem;

typedef struct orr_dem_params {
    double spacing_m;    /* overrides the file's when > 0 */
    double height_scale; /* metres per stored unit; 0 = 1 (for PNG: 0 = 1 m per step) */
    double nodata;       /* used when has_nodata; else the file's own */
    bool has_nodata;
    const char *array; /* which array of an .npz; NULL = "elevation", else the only 2-D one, else an error
                          naming all */
    uint32_t max_side; /* 0 = 16384 */
} orr_dem_params;

/* `name` is for messages and picks .hgt (whose bytes have no magic). */
ORR_MUST_CHECK orr_status orr_dem_decode(const void *data, size_t size, const char *name,
                                         const orr_dem_params *params, orr_dem *out, orr_error *err);
void orr_dem_free(orr_dem *dem);

#endif
