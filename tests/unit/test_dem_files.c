#include "test_dem_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <geotiff.h>
#include <geovalues.h>
#include <tiffio.h>
#include <xtiffio.h>
#include <zlib.h>

#include "base/platform/platform.h"
#include "image/image.h"

bytes read_whole(const char *path) {
    bytes file = {0};
    orr_error err = {0};
    if (orr_file_read(path, 1u << 30, &file.data, &file.size, &err)) fail_msg("%s: %s", path, err.message);
    return file;
}

uint8_t *find_bytes(const bytes *file, const char *wanted, size_t length) {
    for (size_t i = 0; i + length <= file->size; i++) {
        if (memcmp(file->data + i, wanted, length) == 0) return file->data + i;
    }
    fail_msg("bytes not found");
    return NULL;
}

/* --- growing memory --------------------------------------------------------------------------------- */

typedef struct sink {
    bytes file;
    size_t at;
} sink;

static void put(sink *out, const void *data, size_t size) {
    if (out->at + size > out->file.size) {
        out->file.data = realloc(out->file.data, out->at + size);
        memset(out->file.data + out->file.size, 0, out->at + size - out->file.size);
        out->file.size = out->at + size;
    }
    memcpy(out->file.data + out->at, data, size);
    out->at += size;
}

static void put_le(sink *out, uint32_t value, int count) {
    for (int i = 0; i < count; i++) put(out, &(uint8_t){(uint8_t)(value >> 8 * i)}, 1);
}

/* --- TIFF ---------------------------------------------------------------------------------------------- */

static tmsize_t sink_read(thandle_t handle, void *buffer, tmsize_t size) {
    sink *out = handle;
    size_t left = out->at < out->file.size ? out->file.size - out->at : 0;
    size_t count = (size_t)size < left ? (size_t)size : left;
    if (count) memcpy(buffer, out->file.data + out->at, count);
    out->at += count;
    return (tmsize_t)count;
}

static tmsize_t sink_write(thandle_t handle, void *buffer, tmsize_t size) {
    put(handle, buffer, (size_t)size);
    return size;
}

static toff_t sink_seek(thandle_t handle, toff_t offset, int whence) {
    sink *out = handle;
    out->at = (size_t)offset + (whence == SEEK_CUR ? out->at : whence == SEEK_END ? out->file.size : 0);
    return out->at;
}

static int sink_close(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t sink_size(thandle_t handle) {
    return ((sink *)handle)->file.size;
}

double ramp(const tiff_recipe *recipe, uint32_t x, uint32_t y) {
    double value = (double)((y * recipe->width + x) % 251);
    if (recipe->bits > 8) value = value * 37.0 + y;
    if (recipe->format != 1) value -= 4000.0;
    if (recipe->format == 3) value += 0.25;
    return value;
}

static double height_at(const tiff_recipe *recipe, uint32_t x, uint32_t y) {
    return recipe->heights ? recipe->heights[y * recipe->width + x] : ramp(recipe, x, y);
}

static void encode_sample(const tiff_recipe *recipe, double value, uint8_t *out) {
    float real = (float)value;
    int64_t whole = recipe->format == 3 ? 0 : (int64_t)value;
    if (recipe->format == 3)
        memcpy(out, recipe->bits == 32 ? (void *)&real : (void *)&value, (size_t)recipe->bits / 8);
    else if (recipe->bits == 8)
        out[0] = (uint8_t)whole;
    else if (recipe->bits == 16)
        memcpy(out, &(uint16_t){(uint16_t)whole}, 2);
    else
        memcpy(out, &(uint32_t){(uint32_t)whole}, 4);
}

static void set_layout(TIFF *tif, const tiff_recipe *recipe) {
    TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, recipe->width);
    TIFFSetField(tif, TIFFTAG_IMAGELENGTH, recipe->height);
    TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, recipe->bits);
    TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tif, TIFFTAG_SAMPLEFORMAT, recipe->format);
    TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tif, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tif, TIFFTAG_COMPRESSION, recipe->compression ? recipe->compression : COMPRESSION_NONE);
    if (recipe->orientation) TIFFSetField(tif, TIFFTAG_ORIENTATION, recipe->orientation);
    if (recipe->tiled) {
        TIFFSetField(tif, TIFFTAG_TILEWIDTH, 16);
        TIFFSetField(tif, TIFFTAG_TILELENGTH, 16);
    } else {
        TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, 5);
    }
    if (recipe->nodata) {
        static char name[] = "GDALNoData"; /* libtiff keeps the pointer, and asks for char * */
        TIFFFieldInfo field = {42113, -1, -1, TIFF_ASCII, FIELD_CUSTOM, 1, 0, name};
        TIFFMergeFieldInfo(tif, &field, 1);
        TIFFSetField(tif, 42113, recipe->nodata);
    }
}

static void set_ground(TIFF *tif, const tiff_recipe *recipe) {
    double scale[3] = {recipe->scale_x, recipe->scale_y, 0};
    double tie[6] = {0, 0, 0, recipe->tie_x, recipe->tie_y, 0};
    if (recipe->matrix) TIFFSetField(tif, TIFFTAG_GEOTRANSMATRIX, 16, recipe->matrix);
    if (recipe->scale_x != 0) {
        TIFFSetField(tif, TIFFTAG_GEOPIXELSCALE, 3, scale);
        TIFFSetField(tif, TIFFTAG_GEOTIEPOINTS, 6, tie);
    }
    if (!recipe->model) return;
    GTIF *gtif = GTIFNew(tif);
    GTIFKeySet(gtif, GTModelTypeGeoKey, TYPE_SHORT, 1, recipe->model);
    GTIFKeySet(gtif, GTRasterTypeGeoKey, TYPE_SHORT, 1, recipe->pixel_is_point ? 2 : 1);
    GTIFKeySet(gtif, recipe->model == 2 ? GeographicTypeGeoKey : ProjectedCSTypeGeoKey, TYPE_SHORT, 1,
               recipe->crs);
    if (recipe->linear_unit) GTIFKeySet(gtif, ProjLinearUnitsGeoKey, TYPE_SHORT, 1, recipe->linear_unit);
    if (recipe->vertical_unit) GTIFKeySet(gtif, VerticalUnitsGeoKey, TYPE_SHORT, 1, recipe->vertical_unit);
    GTIFWriteKeys(gtif);
    GTIFFree(gtif);
}

static bool write_rows(TIFF *tif, const tiff_recipe *recipe) {
    size_t sample = (size_t)recipe->bits / 8;
    uint8_t *row = calloc(recipe->width, sample);
    bool fine = true;
    for (uint32_t y = 0; y < recipe->height && fine; y++) {
        for (uint32_t x = 0; x < recipe->width; x++)
            encode_sample(recipe, height_at(recipe, x, y), row + x * sample);
        fine = TIFFWriteScanline(tif, row, y, 0) == 1;
    }
    free(row);
    return fine;
}

static bool write_tiles(TIFF *tif, const tiff_recipe *recipe) {
    size_t sample = (size_t)recipe->bits / 8;
    bool fine = true;
    for (uint32_t ty = 0; ty < recipe->height; ty += 16) {
        for (uint32_t tx = 0; tx < recipe->width && fine; tx += 16) {
            uint8_t tile[16 * 16 * 8] = {0};
            for (uint32_t i = 0; i < 256; i++) {
                uint32_t x = tx + i % 16, y = ty + i / 16;
                if (x < recipe->width && y < recipe->height) {
                    encode_sample(recipe, height_at(recipe, x, y), tile + i * sample);
                }
            }
            fine = TIFFWriteTile(tif, tile, tx, ty, 0, 0) > 0;
        }
    }
    return fine;
}

bytes make_tiff(const tiff_recipe *recipe) {
    sink out = {0};
    if (recipe->compression && !TIFFIsCODECConfigured((uint16_t)recipe->compression)) return out.file;
    XTIFFInitialize();
    TIFFSetWarningHandler(NULL); /* it warns of the older deflate code, which is wanted here */
    TIFF *tif = TIFFClientOpen("made.tif", recipe->big_endian ? "wb" : "wl", &out, sink_read, sink_write,
                               sink_seek, sink_close, sink_size, NULL, NULL);
    assert_non_null(tif);
    set_layout(tif, recipe);
    set_ground(tif, recipe);
    bool fine = recipe->tiled ? write_tiles(tif, recipe) : write_rows(tif, recipe);
    XTIFFClose(tif);
    if (!fine) {
        free(out.file.data);
        return (bytes){0};
    }
    return out.file;
}

/* --- NumPy ------------------------------------------------------------------------------------------------
 */

static void put_header(sink *out, const char *header, int version) {
    put(out, "\x93NUMPY", 6);
    put_le(out, (uint32_t)version, 2);
    put_le(out, (uint32_t)strlen(header) + 1, version == 1 ? 2 : 4);
    put(out, header, strlen(header));
    put(out, "\n", 1);
}

bytes make_npy_with(const char *header, size_t sample_bytes) {
    sink out = {0};
    put_header(&out, header, 1);
    for (size_t i = 0; i < sample_bytes; i++) put(&out, "\1", 1);
    return out.file;
}

static void put_sample(sink *out, const char *descr, double value) {
    size_t size = (size_t)(descr[2] - '0');
    uint8_t sample[8];
    float real = (float)value;
    int64_t whole = (int64_t)value;
    if (descr[1] == 'f')
        memcpy(sample, size == 4 ? (void *)&real : (void *)&value, size);
    else
        for (size_t i = 0; i < size; i++) sample[i] = (uint8_t)(whole >> 8 * i);
    for (size_t i = 0; i < size; i++) put(out, &sample[descr[0] == '>' ? size - 1 - i : i], 1);
}

bytes make_npy(const char *descr, bool fortran, uint32_t rows, uint32_t columns, int version) {
    sink out = {0};
    char header[128];
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': (%u, %u), }", descr,
             fortran ? "True" : "False", rows, columns);
    put_header(&out, header, version);
    for (uint32_t i = 0; i < rows * columns; i++) {
        put_sample(&out, descr, fortran ? i % rows * columns + i / rows + 1 : i + 1);
    }
    return out.file;
}

bytes make_scalar(double value) {
    sink out = {0};
    put_header(&out, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }", 1);
    put_sample(&out, "<f8", value);
    return out.file;
}

/* --- zip
 * ----------------------------------------------------------------------------------------------------- */

static bytes deflate_raw(bytes file) {
    bytes packed = {malloc(file.size + file.size / 100 + 64), 0};
    z_stream stream = {.next_in = file.data, .avail_in = (uInt)file.size, .next_out = packed.data};
    stream.avail_out = (uInt)(file.size + file.size / 100 + 64);
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.size = stream.total_out;
    deflateEnd(&stream);
    return packed;
}

/* The fields that local header and directory share, from "version needed" to the lengths. */
static void put_shared(sink *out, const zip_entry *entry, size_t packed, bool deflated) {
    put_le(out, 20, 4); /* version, flags */
    put_le(out, deflated ? 8 : 0, 2);
    put_le(out, 0, 4); /* time */
    put_le(out, (uint32_t)crc32(0, entry->file.data, (uInt)entry->file.size), 4);
    put_le(out, (uint32_t)packed, 4);
    put_le(out, (uint32_t)entry->file.size, 4);
    put_le(out, (uint32_t)strlen(entry->name), 2);
    put_le(out, 0, 2);
}

bytes make_zip(const zip_entry *entries, uint32_t count, bool deflated) {
    sink out = {0}, directory = {0};
    for (uint32_t i = 0; i < count; i++) {
        bytes packed = deflated ? deflate_raw(entries[i].file) : entries[i].file;
        put(&directory, "PK\1\2\24\0", 6);
        put_shared(&directory, &entries[i], packed.size, deflated);
        put_le(&directory, 0, 4); /* comment, disk */
        put_le(&directory, 0, 2);
        put_le(&directory, 0, 4);
        put_le(&directory, (uint32_t)out.at, 4);
        put(&directory, entries[i].name, strlen(entries[i].name));
        put(&out, "PK\3\4", 4);
        put_shared(&out, &entries[i], packed.size, deflated);
        put(&out, entries[i].name, strlen(entries[i].name));
        put(&out, packed.data, packed.size);
        if (deflated) free(packed.data);
    }
    uint32_t start = (uint32_t)out.at;
    if (directory.at) put(&out, directory.file.data, directory.at);
    put(&out, "PK\5\6\0\0\0\0", 8);
    put_le(&out, count, 2);
    put_le(&out, count, 2);
    put_le(&out, (uint32_t)directory.at, 4);
    put_le(&out, start, 4);
    put_le(&out, 0, 2);
    free(directory.file.data);
    return out.file;
}

/* --- PNG
 * ------------------------------------------------------------------------------------------------------ */

bytes make_png(uint32_t width, uint32_t height, int bits, uint32_t channels) {
    orr_image image = {0};
    bytes file = {0};
    orr_pixel_type type = bits == 16 ? ORR_PIXEL_U16 : ORR_PIXEL_U8;
    assert_int_equal(orr_image_create(width, height, channels, type, &image, NULL), ORR_OK);
    for (uint32_t i = 0; i < width * height * channels; i++) {
        if (bits == 16)
            ((uint16_t *)image.pixels)[i] = (uint16_t)(i + 1);
        else
            ((uint8_t *)image.pixels)[i] = (uint8_t)(i + 1);
    }
    assert_int_equal(orr_png_encode(&image, NULL, &file.data, &file.size, NULL), ORR_OK);
    orr_image_free(&image);
    return file;
}
