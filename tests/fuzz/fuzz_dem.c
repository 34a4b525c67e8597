/* libFuzzer target: the first byte picks the file name, the rest goes through the terrain readers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/dem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool printable(const char *text) {
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return false;
    }
    return true;
}

/* What a reader may promise: sides within bounds, a ground to stand on, a range that is one. */
static void check(const orr_dem *dem) {
    size_t count = (size_t)dem->width * dem->height, voids = 0;
    if (dem->width < 2 || dem->height < 2 || dem->width > 512 || dem->height > 512) abort();
    for (size_t i = 0; i < count; i++) {
        float height = dem->heights_m[i];
        if (isnan(height))
            voids++;
        else if (!(height >= (float)dem->min_m && height <= (float)dem->max_m))
            abort();
    }
    if (voids != dem->nodata_count || voids == count) abort();
    if (!(dem->spacing_x_m > 0.0 && dem->spacing_y_m > 0.0)) abort();
    if (!isfinite(dem->spacing_x_m) || !isfinite(dem->spacing_y_m)) abort();
    if (isnan(dem->centre_lat_deg) != isnan(dem->centre_lon_deg)) abort();
    if (!memchr(dem->crs, 0, sizeof dem->crs) || !memchr(dem->source, 0, sizeof dem->source)) abort();
    if (!printable(dem->crs)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"a.tif",       "a.npy",           "a.npz", "a.png",
                                        "N36W085.hgt", "N36W085.hgt.zip", ""};
    if (size == 0) return 0;
    orr_dem_params params = {.max_side = 512, .spacing_m = data[0] & 0x80 ? 10.0 : 0.0};
    orr_dem dem;
    orr_error err = {0};
    const char *name = names[(data[0] & 0x7f) % (sizeof names / sizeof names[0])];
    if (orr_dem_decode(data + 1, size - 1, name, &params, &dem, &err) == ORR_OK) {
        check(&dem);
    } else if (!err.message[0] || !printable(err.message) || dem.heights_m) {
        abort(); /* a refusal says why in one line, and leaves nothing */
    }
    orr_dem_free(&dem);
    return 0;
}
