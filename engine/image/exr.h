/* OpenEXR in and out of memory: multi-channel images with attributes.
 *
 * One interface, two backends chosen at configure time (ORRERY_EXR): OpenEXRCore, or tinyexr for builds
 * without it. What the backend at hand cannot do is refused by name before it is reached. Files written hold
 * no time stamp: equal input gives equal bytes, for every number of threads. All functions are thread-safe.
 */
#ifndef ORR_IMAGE_EXR_H
#define ORR_IMAGE_EXR_H

#include "image/image.h"

/* Runs fn(arg, 0) … fn(arg, count - 1), in any order and at the same time, and returns when all are done. A
 * NULL orr_parallel means one after the other. */
typedef struct orr_parallel {
    void (*run)(void *ctx, uint32_t count, void (*fn)(void *arg, uint32_t index), void *arg);
    void *ctx;
} orr_parallel;

/* Zero is the default. tinyexr writes none, rle, zips, zip, piz and reads the same. */
typedef enum orr_exr_compression {
    ORR_EXR_ZIP, /* 16 lines; the default */
    ORR_EXR_NONE,
    ORR_EXR_RLE,
    ORR_EXR_ZIPS, /* 1 line */
    ORR_EXR_PIZ,
    ORR_EXR_PXR24, /* floats lose 8 bits */
    ORR_EXR_B44,   /* read only: lossy, halves only */
    ORR_EXR_B44A   /* read only */
} orr_exr_compression;
const char *orr_exr_compression_name(orr_exr_compression compression); /* "zip" */
bool orr_exr_can_write(orr_exr_compression compression);               /* with the backend of this build */
const char *orr_exr_backend(void);                                     /* "openexr" or "tinyexr" */

/* Pixels [x, x + width) x [y, y + height). */
typedef struct orr_exr_window {
    int32_t x, y;
    uint32_t width, height;
} orr_exr_window;

typedef enum orr_exr_attribute_type {
    ORR_EXR_STRING,
    ORR_EXR_INT,
    ORR_EXR_FLOAT,
    ORR_EXR_DOUBLE,
    ORR_EXR_V2F,
    ORR_EXR_V3F,
    ORR_EXR_RATIONAL,      /* values: numerator, denominator */
    ORR_EXR_CHROMATICITIES /* values: red, green, blue, white x and y */
} orr_exr_attribute_type;

/* A header attribute, such as framesPerSecond (rational) or chromaticities. `text` of strings, else `values`.
 */
typedef struct orr_exr_attribute {
    const char *name;
    orr_exr_attribute_type type;
    const char *text;
    double values[8];
} orr_exr_attribute;

/* --- writing ------------------------------------------------------------------------------------------ */

/* One channel to write; the pixels are borrowed. `type` is ORR_PIXEL_F16, _F32 or _U32. */
typedef struct orr_exr_channel {
    const char *name; /* "R", "N.X", "id.object": 1-255 bytes, unique */
    orr_pixel_type type;
    const void *pixels;
    size_t pixel_stride_bytes; /* 0 = tight */
    size_t row_stride_bytes;   /* 0 = width * pixel stride */
} orr_exr_channel;

typedef struct orr_exr_params {
    uint32_t width, height;          /* of the data window */
    int32_t x, y;                    /* its origin */
    orr_exr_window display;          /* zero-sized = the data window */
    const orr_exr_channel *channels; /* in any order; the file has them sorted */
    uint32_t channel_count;
    orr_exr_compression compression;
    int zip_level; /* 1-9; 0 = 4 (docs/performance.md); tinyexr has one level only and ignores it */
    float pixel_aspect_ratio; /* 0 = 1 */
    const orr_exr_attribute *attributes;
    uint32_t attribute_count;
    const orr_parallel *parallel; /* NULL = this thread; tinyexr uses this thread only */
} orr_exr_params;

/* A single-part scanline file in malloc'd `*data`; the caller frees it, and writes it atomically. */
ORR_MUST_CHECK orr_status orr_exr_encode(const orr_exr_params *params, uint8_t **data, size_t *size,
                                         orr_error *err);

/* --- reading ------------------------------------------------------------------------------------------ */

typedef struct orr_exr_plane {
    const char *name;
    orr_pixel_type type; /* F16, F32 or U32 */
    void *pixels;        /* width * height of the data window, tight; NULL when not asked for */
} orr_exr_plane;

/* Owner frees with orr_exr_free, which frees all that it points to. */
typedef struct orr_exr_image {
    orr_exr_window data, display;
    float pixel_aspect_ratio;
    orr_exr_compression compression;
    bool tiled;
    orr_exr_plane *planes; /* sorted by name */
    uint32_t plane_count;
    orr_exr_attribute
        *attributes; /* those of the types above, in file order; not those the fields above tell */
    uint32_t attribute_count;
    struct orr_exr_memory *memory;
} orr_exr_image;

typedef struct orr_exr_read_params {
    const orr_image_limits *limits; /* NULL = the defaults; max_bytes counts the planes asked for */
    const char *const *channels;    /* names wanted, NULL-terminated; NULL = all. Missing ones are no error */
    const orr_parallel *parallel;   /* as in orr_exr_params */
} orr_exr_read_params;

/* The first part of a scanline or tiled file (of tiles: the full-resolution level), flat and without
 * subsampled channels. `name` is for messages; `params` may be NULL. */
ORR_MUST_CHECK orr_status orr_exr_decode(const void *data, size_t size, const char *name,
                                         const orr_exr_read_params *params, orr_exr_image *out,
                                         orr_error *err);
void orr_exr_free(orr_exr_image *image);

#endif
