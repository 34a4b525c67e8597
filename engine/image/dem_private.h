/* What the DEM readers share: samples of any stored type, the grid being filled, the ground under it. */
#ifndef ORR_IMAGE_DEM_PRIVATE_H
#define ORR_IMAGE_DEM_PRIVATE_H

#include "image/dem.h"

/* One decode in progress. Borrowed from the caller of orr_dem_decode; lives as long as that call. */
typedef struct orr_dem_job {
    const uint8_t *data;
    size_t size;
    const char *name; /* never NULL */
    const orr_dem_params *params;
    uint32_t max_side;
    orr_dem *out;
    orr_error *err;
} orr_dem_job;

typedef enum orr_dem_kind { ORR_DEM_INT, ORR_DEM_UINT, ORR_DEM_FLOAT } orr_dem_kind;

/* How samples lie in the file, and which of them are no heights. */
typedef struct orr_dem_format {
    orr_dem_kind kind;
    uint32_t bytes; /* 1, 2, 4, 8; floats 4, 8 */
    bool big_endian;
    bool has_nodata;
    double nodata;     /* in stored units */
    double void_below; /* stored values at or below it are void too; -HUGE_VAL = none */
    double metres;     /* per stored unit */
} orr_dem_format;

/* Fails with `code`, the job's name, and a message. */
orr_status orr_dem_fail(const orr_dem_job *job, orr_status code, const char *format, ...) ORR_PRINTF(3, 4);

/* Puts '?' for every byte of outside text that is not printable ASCII, before it is shown to anyone. */
void orr_dem_printable(char *text);

/* Checks the sides and allocates `out->heights_m`. */
ORR_MUST_CHECK orr_status orr_dem_begin(const orr_dem_job *job, uint64_t width, uint64_t height);

/* A format with the caller's nodata and height scale over the file's own. */
orr_dem_format orr_dem_format_of(const orr_dem_job *job, orr_dem_kind kind, uint32_t bytes, bool big_endian);

bool orr_dem_native_big_endian(void);

/* One stored sample as a number. */
double orr_dem_sample(const orr_dem_format *format, const uint8_t *bytes);

/* `count` samples, `stride` bytes apart, to metres; NaN where there is no data. */
void orr_dem_convert(const orr_dem_format *format, const uint8_t *bytes, size_t stride, uint32_t count,
                     float *heights_m);

/* Spacing, centre and CRS from steps in degrees about a centre (WGS 84). */
ORR_MUST_CHECK orr_status orr_dem_set_degrees(const orr_dem_job *job, double step_x_deg, double step_y_deg,
                                              double lat_deg, double lon_deg, const char *crs);

ORR_MUST_CHECK orr_status orr_dem_decode_tiff(const orr_dem_job *job);
ORR_MUST_CHECK orr_status orr_dem_decode_npy(const orr_dem_job *job, const uint8_t *data, size_t size);
ORR_MUST_CHECK orr_status orr_dem_decode_hgt(const orr_dem_job *job, const uint8_t *data, size_t size,
                                             const char *name);
ORR_MUST_CHECK orr_status orr_dem_decode_npz(const orr_dem_job *job);
ORR_MUST_CHECK orr_status orr_dem_decode_hgt_zip(const orr_dem_job *job);

/* --- zip members (dem_zip.c) ------------------------------------------------------------------- */

#define ORR_DEM_MEMBERS_MAX 64

typedef struct orr_dem_member {
    char name[128];
    uint32_t packed_bytes, bytes, crc;
    uint32_t offset; /* of the local header */
    uint16_t method; /* 0 stored, 8 deflated */
} orr_dem_member;

typedef struct orr_dem_zip {
    orr_dem_member members[ORR_DEM_MEMBERS_MAX];
    uint32_t count;
} orr_dem_zip;

/* Reads the central directory. */
ORR_MUST_CHECK orr_status orr_dem_zip_open(const orr_dem_job *job, orr_dem_zip *zip);

/* The bytes of one member, checked against its CRC, in malloc'd memory that the caller frees. */
ORR_MUST_CHECK orr_status orr_dem_zip_read(const orr_dem_job *job, const orr_dem_member *member,
                                           uint8_t **bytes);

/* Whether `name` ends in `suffix`, in any case. */
bool orr_dem_has_suffix(const char *name, const char *suffix);

#endif
