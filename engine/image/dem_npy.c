/* NumPy's .npy and .npz. Format: NEP 1 (numpy.lib.format), versions 1 to 3: a magic, a header that is a
 * Python dictionary literal with the keys descr, fortran_order and shape, then the bare samples.
 *
 * An .npz may state its ground: arrays dx and dy are steps in degrees, xmin, xmax, ymin, ymax the outer
 * edges. Row 0 is the northernmost whichever of ymin and ymax is greater (matplotlib's Jacksboro file has
 * ymin at the top), so the two only say where the centre is. */
#include "image/dem_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

typedef struct npy_array {
    orr_dem_kind kind;
    uint32_t bytes; /* of a sample */
    bool big_endian, fortran;
    uint32_t dimensions;
    uint64_t shape[2];
    const uint8_t *samples;
} npy_array;

/* A cursor over the header text; `label` is the file or the member. */
typedef struct npy_text {
    const orr_dem_job *job;
    const char *label;
    const char *at, *end;
} npy_text;

static orr_status header_fail(const npy_text *text, const char *what) {
    return orr_dem_fail(text->job, ORR_E_BAD_DATA, "the .npy header of '%s' is damaged: %s", text->label,
                        what);
}

static void skip_space(npy_text *text) {
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\n')) text->at++;
}

static bool take(npy_text *text, char wanted) {
    skip_space(text);
    if (text->at == text->end || *text->at != wanted) return false;
    text->at++;
    return true;
}

static bool take_word(npy_text *text, const char *word) {
    skip_space(text);
    size_t length = strlen(word);
    if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0) return false;
    text->at += length;
    return true;
}

/* 'quoted' or "quoted", without escapes. */
static bool take_string(npy_text *text, char *out, size_t size) {
    skip_space(text);
    if (text->at == text->end || (*text->at != '\'' && *text->at != '"')) return false;
    char quote = *text->at++;
    size_t length = 0;
    while (text->at < text->end && *text->at != quote) {
        if (length + 1 >= size) return false;
        out[length++] = *text->at++;
    }
    out[length] = '\0';
    orr_dem_printable(out);
    return take(text, quote);
}

static bool take_number(npy_text *text, uint64_t *value) {
    skip_space(text);
    const char *start = text->at;
    for (*value = 0; text->at < text->end && *text->at >= '0' && *text->at <= '9'; text->at++) {
        if (*value > UINT32_MAX) return false;
        *value = *value * 10 + (uint64_t)(*text->at - '0');
    }
    return text->at > start;
}

/* "<f4": byte order, kind, size. */
static orr_status parse_descr(npy_text *text, npy_array *array) {
    char descr[32];
    if (!take_string(text, descr, sizeof descr)) {
        return orr_dem_fail(text->job, ORR_E_UNSUPPORTED,
                            "the array '%s' has structured samples; plain numbers are needed", text->label);
    }
    static const char *const known[] = {"i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"};
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        found = found || (descr[0] && strcmp(descr + 1, known[i]) == 0);
    }
    bool order = descr[0] == '<' || descr[0] == '>' || (descr[0] == '|' && descr[1] && descr[2] == '1');
    if (!found || !order) {
        return orr_dem_fail(
            text->job, ORR_E_UNSUPPORTED,
            "the array '%s' has samples of type '%s'; integers and float32 or float64 are read%s",
            text->label, descr, descr[0] && descr[1] == 'O' ? ", Python objects never" : "");
    }
    array->kind = descr[1] == 'f' ? ORR_DEM_FLOAT : descr[1] == 'u' ? ORR_DEM_UINT : ORR_DEM_INT;
    array->bytes = (uint32_t)(descr[2] - '0');
    array->big_endian = descr[0] == '>';
    return ORR_OK;
}

static orr_status parse_shape(npy_text *text, npy_array *array) {
    if (!take(text, '(')) return header_fail(text, "shape is no tuple");
    array->dimensions = 0;
    while (!take(text, ')')) {
        uint64_t side;
        if (array->dimensions && !take(text, ',')) return header_fail(text, "shape is no tuple of integers");
        if (array->dimensions && take(text, ')')) break;
        if (!take_number(text, &side)) return header_fail(text, "shape is no tuple of integers");
        if (array->dimensions < 2) array->shape[array->dimensions] = side;
        if (++array->dimensions > 32) return header_fail(text, "shape has more than 32 sides");
    }
    return ORR_OK;
}

static orr_status parse_header(npy_text *text, npy_array *array) {
    bool has_descr = false, has_order = false, has_shape = false;
    if (!take(text, '{')) return header_fail(text, "no dictionary");
    while (!take(text, '}')) {
        char key[32];
        orr_status status = ORR_OK;
        if (!take_string(text, key, sizeof key) || !take(text, ':')) return header_fail(text, "no key");
        if (strcmp(key, "descr") == 0) {
            status = parse_descr(text, array);
            has_descr = true;
        } else if (strcmp(key, "fortran_order") == 0) {
            array->fortran = take_word(text, "True");
            if (!array->fortran && !take_word(text, "False"))
                return header_fail(text, "fortran_order is no bool");
            has_order = true;
        } else if (strcmp(key, "shape") == 0) {
            status = parse_shape(text, array);
            has_shape = true;
        } else {
            return header_fail(text, "a key other than descr, fortran_order, shape");
        }
        if (status) return status;
        if (!take(text, ',') && !(text->at < text->end && *text->at == '}'))
            return header_fail(text, "no comma");
    }
    return has_descr && has_order && has_shape
               ? ORR_OK
               : header_fail(text, "descr, fortran_order or shape is missing");
}

/* Header and bounds: the samples are all there. */
static orr_status read_array(const orr_dem_job *job, const char *label, const uint8_t *data, size_t size,
                             npy_array *array) {
    *array = (npy_array){0};
    npy_text text = {.job = job, .label = label};
    if (size < 12 || memcmp(data, "\x93NUMPY", 6) != 0) return header_fail(&text, "no magic, or cut short");
    if (data[6] < 1 || data[6] > 3) {
        return orr_dem_fail(job, ORR_E_VERSION, "'%s' is .npy version %u.%u; 1.0 to 3.0 are read", label,
                            data[6], data[7]);
    }
    size_t start = data[6] == 1 ? 10 : 12;
    size_t length = (size_t)data[8] | (size_t)data[9] << 8;
    if (data[6] > 1) length |= (size_t)data[10] << 16 | (size_t)data[11] << 24;
    if (length > size - start) return header_fail(&text, "it is longer than the file");
    text.at = (const char *)data + start;
    text.end = text.at + length;
    orr_status status = parse_header(&text, array);
    if (status) return status;
    array->samples = data + start + length;
    uint64_t room = (size - start - length) / array->bytes, count = 1;
    for (uint32_t i = 0; i < array->dimensions && i < 2; i++) {
        if (array->shape[i] && count > UINT64_MAX / array->shape[i])
            count = UINT64_MAX;
        else
            count *= array->shape[i];
    }
    if (count > room && array->dimensions <= 2) {
        return orr_dem_fail(job, ORR_E_TRUNCATED, "'%s' ends early: %llu samples of %llu are there", label,
                            (unsigned long long)room, (unsigned long long)count);
    }
    return ORR_OK;
}

static orr_status fill(const orr_dem_job *job, const char *container, const char *label,
                       const npy_array *array) {
    if (array->dimensions != 2) {
        return orr_dem_fail(job, ORR_E_BAD_DATA,
                            "the array '%s' has %u dimensions; heights need 2 (rows, columns)", label,
                            array->dimensions);
    }
    uint64_t height = array->shape[0], width = array->shape[1];
    orr_status status = orr_dem_begin(job, width, height);
    if (status) return status;
    orr_dem_format format = orr_dem_format_of(job, array->kind, array->bytes, array->big_endian);
    size_t column = (array->fortran ? (size_t)height : 1) * array->bytes;
    size_t row = (array->fortran ? 1 : (size_t)width) * array->bytes;
    for (size_t y = 0; y < height; y++) {
        orr_dem_convert(&format, array->samples + y * row, column, (uint32_t)width,
                        job->out->heights_m + y * width);
    }
    static const char *const kinds[] = {"int", "uint", "float"};
    orr_format(job->out->source, sizeof job->out->source, "%s %s%u", container, kinds[array->kind],
               array->bytes * 8);
    return ORR_OK;
}

orr_status orr_dem_decode_npy(const orr_dem_job *job, const uint8_t *data, size_t size) {
    npy_array array;
    orr_status status =
        read_array(job, orr_dem_has_suffix(job->name, ".npy") ? job->name : "array", data, size, &array);
    return status ? status : fill(job, "NPY", job->name, &array);
}

/* --- .npz ------------------------------------------------------------------------------------------ */

/* Member "NAME.npy" is the array NAME. */
static bool is_array(const orr_dem_member *member, const char *name) {
    size_t length = strlen(member->name);
    return length == strlen(name) + 4 && orr_dem_has_suffix(member->name, ".npy") &&
           memcmp(member->name, name, length - 4) == 0;
}

static const orr_dem_member *find_array(const orr_dem_zip *zip, const char *name) {
    for (uint32_t i = 0; i < zip->count; i++) {
        if (is_array(&zip->members[i], name)) return &zip->members[i];
    }
    return NULL;
}

/* The number in a scalar or one-element array; false when there is none of that name. */
static orr_status read_scalar(const orr_dem_job *job, const orr_dem_zip *zip, const char *name,
                              double *value) {
    const orr_dem_member *member = find_array(zip, name);
    if (!member) return ORR_OK;
    uint8_t *bytes = NULL;
    npy_array array;
    orr_status status = orr_dem_zip_read(job, member, &bytes);
    if (!status) status = read_array(job, name, bytes, member->bytes, &array);
    if (!status && array.dimensions <= 1 && (array.dimensions == 0 || array.shape[0] == 1)) {
        orr_dem_format format = orr_dem_format_of(job, array.kind, array.bytes, array.big_endian);
        *value = orr_dem_sample(&format, array.samples);
    }
    free(bytes);
    return status;
}

/* Names of all members, for messages. */
static void list_arrays(const orr_dem_zip *zip, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < zip->count && used + 1 < size; i++) {
        orr_format(text + used, size - used, "%s%s", i ? ", " : "", zip->members[i].name);
        used += strlen(text + used);
    }
}

/* The only two-dimensional array. */
static orr_status only_grid(const orr_dem_job *job, const orr_dem_zip *zip, const orr_dem_member **found) {
    uint32_t grids = 0;
    for (uint32_t i = 0; i < zip->count; i++) {
        const orr_dem_member *member = &zip->members[i];
        if (!orr_dem_has_suffix(member->name, ".npy")) continue;
        uint8_t *bytes = NULL;
        npy_array array = {0};
        orr_status status = orr_dem_zip_read(job, member, &bytes);
        if (status) return status;
        /* An array that is not numbers is no candidate, and no error either. */
        status = read_array(&(orr_dem_job){.name = job->name}, member->name, bytes, member->bytes, &array);
        free(bytes);
        if (status || array.dimensions != 2) continue;
        grids++;
        *found = member;
    }
    if (grids == 1) return ORR_OK;
    char names[512];
    list_arrays(zip, names, sizeof names);
    return orr_dem_fail(
        job, ORR_E_NOT_FOUND,
        "the archive has %u two-dimensional arrays and none is called 'elevation'; name one of: %s", grids,
        names[0] ? names : "(it is empty)");
}

static orr_status choose(const orr_dem_job *job, const orr_dem_zip *zip, const orr_dem_member **found) {
    const char *wanted = job->params->array;
    *found = find_array(zip, wanted ? wanted : "elevation");
    if (*found) return ORR_OK;
    if (!wanted) return only_grid(job, zip, found);
    char names[512];
    list_arrays(zip, names, sizeof names);
    return orr_dem_fail(job, ORR_E_NOT_FOUND, "the archive has no array '%s'; it has: %s", wanted, names);
}

static orr_status place(const orr_dem_job *job, const orr_dem_zip *zip) {
    static const char *const names[6] = {"dx", "dy", "xmin", "xmax", "ymin", "ymax"};
    double value[6];
    for (int i = 0; i < 6; i++) {
        value[i] = NAN;
        orr_status status = read_scalar(job, zip, names[i], &value[i]);
        if (status) return status;
    }
    /* Without a latitude the steps say nothing in metres; with the caller's spacing they need not. */
    if (job->params->spacing_m > 0.0 || isnan(value[0]) || isnan(value[1])) return ORR_OK;
    double dx = fabs(value[0]), dy = fabs(value[1]);
    double lon = isnan(value[3]) ? value[2] + dx * job->out->width * 0.5 : (value[2] + value[3]) * 0.5;
    double lat = isnan(value[5]) ? value[4] + dy * job->out->height * 0.5 : (value[4] + value[5]) * 0.5;
    if (isnan(lat) || isnan(lon)) return ORR_OK;
    return orr_dem_set_degrees(job, dx, dy, lat, lon, "EPSG:4326");
}

orr_status orr_dem_decode_npz(const orr_dem_job *job) {
    orr_dem_zip zip;
    const orr_dem_member *member = NULL;
    orr_status status = orr_dem_zip_open(job, &zip);
    if (!status) status = choose(job, &zip, &member);
    if (status) return status;
    uint8_t *bytes = NULL;
    npy_array array;
    status = orr_dem_zip_read(job, member, &bytes);
    if (!status) status = read_array(job, member->name, bytes, member->bytes, &array);
    if (!status) status = fill(job, "NPZ", member->name, &array);
    free(bytes);
    return status ? status : place(job, &zip);
}
