/* Terrain files made in memory, for test_dem.c. Every `bytes` belongs to the caller, who frees data. */
#ifndef TEST_DEM_FILES_H
#define TEST_DEM_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct bytes {
    uint8_t *data;
    size_t size;
} bytes;

bytes read_whole(const char *path);
uint8_t *find_bytes(const bytes *file, const char *wanted, size_t length);

/* A GeoTIFF; what is zero is left out. */
typedef struct tiff_recipe {
    uint32_t width, height;
    int format, bits; /* format 1 unsigned, 2 signed, 3 float */
    int compression;  /* 0 = 1, none */
    bool tiled, big_endian, pixel_is_point;
    int orientation;
    const char *nodata;
    const double *heights; /* NULL = ramp */
    int model, crs, linear_unit, vertical_unit;
    double scale_x, scale_y, tie_x, tie_y;
    const double *matrix; /* 16 */
} tiff_recipe;
bytes make_tiff(const tiff_recipe *recipe); /* data NULL: libtiff cannot write this */
double ramp(const tiff_recipe *recipe, uint32_t x, uint32_t y);

/* .npy of samples 1, 2, 3 … in reading order; `version` 1 to 3. */
bytes make_npy(const char *descr, bool fortran, uint32_t rows, uint32_t columns, int version);
bytes make_npy_with(const char *header, size_t sample_bytes);
bytes make_scalar(double value);

typedef struct zip_entry {
    const char *name;
    bytes file;
} zip_entry;
bytes make_zip(const zip_entry *entries, uint32_t count, bool deflated);

/* Samples 1, 2, 3 … */
bytes make_png(uint32_t width, uint32_t height, int bits, uint32_t channels);

#endif
