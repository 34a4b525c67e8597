/* SRTM .hgt tiles: raw big-endian int16, square, named after the centre of their south-west sample.
 * USGS, SRTM Topography (SRTM_Topo.txt, 2015): -32768 is void; 1201 samples are 3, 3601 are 1 arc second. */
#include "image/dem_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int digits(const char *text, int count) {
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (!isdigit((unsigned char)text[i])) return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* "N36W085…" at the start of the file name. */
static bool parse_corner(const char *name, double *lat_deg, double *lon_deg) {
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    int ns = toupper((unsigned char)base[0]);
    if (ns != 'N' && ns != 'S') return false;
    int lat = digits(base + 1, 2); /* stops at the first that is no digit, the terminator too */
    if (lat < 0) return false;
    int ew = toupper((unsigned char)base[3]);
    if (ew != 'E' && ew != 'W') return false;
    int lon = digits(base + 4, 3);
    if (lon < 0 || lat > 89 || lon > 180) return false;
    *lat_deg = ns == 'S' ? -lat : lat;
    *lon_deg = ew == 'W' ? -lon : lon;
    return true;
}

orr_status orr_dem_decode_hgt(const orr_dem_job *job, const uint8_t *data, size_t size, const char *name) {
    uint32_t side = size == (size_t)1201 * 1201 * 2 ? 1201 : size == (size_t)3601 * 3601 * 2 ? 3601 : 0;
    if (!side) {
        return orr_dem_fail(
            job, ORR_E_BAD_DATA,
            "a .hgt tile is 2884802 bytes (1201 x 1201) or 25934402 (3601 x 3601); this one is %zu", size);
    }
    double lat, lon;
    bool placed = parse_corner(name, &lat, &lon);
    if (!placed && job->params->spacing_m == 0.0) {
        return orr_dem_fail(
            job, ORR_E_BAD_DATA,
            "a .hgt tile's name must say its corner, as N36W085.hgt does; '%s' does not: rename it or "
            "give the spacing in metres",
            name);
    }
    orr_status status = orr_dem_begin(job, side, side);
    if (status) return status;
    orr_dem_format format = orr_dem_format_of(job, ORR_DEM_INT, 2, true);
    if (!format.has_nodata) {
        format.has_nodata = true;
        format.nodata = -32768.0;
    }
    for (uint32_t y = 0; y < side; y++) {
        orr_dem_convert(&format, data + (size_t)y * side * 2, 2, side,
                        job->out->heights_m + (size_t)y * side);
    }
    orr_format(job->out->source, sizeof job->out->source, "HGT int16");
    if (!placed) return ORR_OK;
    double step = 1.0 / (side - 1);
    return orr_dem_set_degrees(job, step, step, lat + 0.5, lon + 0.5, "EPSG:4326");
}

orr_status orr_dem_decode_hgt_zip(const orr_dem_job *job) {
    orr_dem_zip zip;
    orr_status status = orr_dem_zip_open(job, &zip);
    if (status) return status;
    for (uint32_t i = 0; i < zip.count; i++) {
        const orr_dem_member *member = &zip.members[i];
        if (!orr_dem_has_suffix(member->name, ".hgt")) continue;
        uint8_t *bytes = NULL;
        status = orr_dem_zip_read(job, member, &bytes);
        if (!status) status = orr_dem_decode_hgt(job, bytes, member->bytes, member->name);
        free(bytes);
        return status;
    }
    return orr_dem_fail(job, ORR_E_BAD_DATA, "the zip archive holds no .hgt file");
}
