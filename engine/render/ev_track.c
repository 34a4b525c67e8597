/* EV tracks, and as files. */
#include "render/ev_track.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"

enum { FORMAT = 1, MAX_BYTES = 1 << 30, MOST_FRAMES = 10000000 /* of a sequence */ };
static const double most_ev = 64;

void orr_ev_track_free(orr_ev_track *track) {
    free(track->frames);
    *track = (orr_ev_track){0};
}

const orr_frame_ev *orr_ev_track_at(const orr_ev_track *track, int64_t frame) {
    if (frame < track->first || frame - track->first >= (int64_t)track->count) return NULL;
    return &track->frames[frame - track->first];
}

/* --- out ----------------------------------------------------------------------------------------------- */

void orr_ev_track_print(const orr_ev_track *track, uint32_t fps_num, uint32_t fps_den, orr_text *out) {
    const char *between = "\n";
    orr_text_printf(out, "{\"orrery_ev_track\": %d, \"fps\": [%u, %u], \"frames\": [", FORMAT, fps_num,
                    fps_den);
    for (uint32_t i = 0; i < track->count; i++) {
        char metered[32], applied[32];
        if (!track->frames[i].metered) continue;
        orr_format_f64(metered, sizeof metered, track->frames[i].metered_ev100);
        orr_format_f64(applied, sizeof applied, track->frames[i].applied_ev100);
        orr_text_printf(out, "%s{\"frame\": %lld, \"metered_ev\": %s, \"applied_ev\": %s}", between,
                        (long long)(track->first + i), metered, applied);
        between = ",\n";
    }
    orr_text_puts(out, "\n]}\n");
}

orr_status orr_ev_track_write(const char *path, const orr_ev_track *track, uint32_t fps_num, uint32_t fps_den,
                              orr_error *err) {
    orr_text t = {0};
    orr_ev_track_print(track, fps_num, fps_den, &t);
    orr_status status =
        t.failed ? orr_fail(err, ORR_E_MEMORY, path, "no memory for a track of %u frames", track->count)
                 : orr_file_write(path, t.data, t.length, err);
    orr_text_free(&t);
    return status;
}

/* --- in ------------------------------------------------------------------------------------------------ */

typedef struct reader {
    const char *path;
    orr_error *err;
} reader;

/* The members of an object are those named, no more and no fewer. */
static orr_status members(const reader *r, const char *where, json_t *object, const char *const *names) {
    size_t count = 0;
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return orr_fail(r->err, ORR_E_BAD_DATA, r->path, "%s: %s: an object was expected", r->path, where);
    for (; names[count]; count++)
        if (!json_object_get(object, names[count]))
            return orr_fail(r->err, ORR_E_BAD_DATA, r->path, "%s: %s: '%s' is missing", r->path, where,
                            names[count]);
    json_object_foreach(object, key, value) {
        size_t i = 0;
        while (i < count && strcmp(names[i], key)) i++;
        if (i == count)
            return orr_fail(r->err, ORR_E_BAD_DATA, r->path, "%s: %s: there is no '%.80s' in an EV track",
                            r->path, where, key);
    }
    return ORR_OK;
}

static orr_status read_ev(const reader *r, const char *where, json_t *object, const char *name, double *out) {
    json_t *value = json_object_get(object, name);
    *out = json_number_value(value);
    if (json_is_number(value) && fabs(*out) <= most_ev) return ORR_OK;
    return orr_fail(r->err, ORR_E_BAD_DATA, r->path, "%s: %s: '%s' must be a number from -%g to %g", r->path,
                    where, name, most_ev, most_ev);
}

static orr_status read_rate(const reader *r, json_t *root, uint32_t fps_num, uint32_t fps_den) {
    json_t *fps = json_object_get(root, "fps"), *num = json_array_get(fps, 0), *den = json_array_get(fps, 1);
    if (json_array_size(fps) != 2 || !json_is_integer(num) || !json_is_integer(den))
        return orr_fail(r->err, ORR_E_BAD_DATA, r->path, "%s: 'fps' must be two whole numbers, [24, 1]",
                        r->path);
    if (json_integer_value(num) == (json_int_t)fps_num && json_integer_value(den) == (json_int_t)fps_den)
        return ORR_OK;
    return orr_fail(r->err, ORR_E_ARGUMENT, r->path,
                    "%s: the track is of %lld/%lld frames a second, the sequence has %u/%u: record it anew",
                    r->path, (long long)json_integer_value(num), (long long)json_integer_value(den), fps_num,
                    fps_den);
}

static orr_status read_frame(const reader *r, size_t i, json_t *object, orr_ev_track *track) {
    static const char *const names[] = {"frame", "metered_ev", "applied_ev", NULL};
    char where[48];
    orr_frame_ev ev = {.metered = true};
    (void)orr_format(where, sizeof where, "entry %zu of 'frames'", i + 1);
    orr_status status = members(r, where, object, names);
    if (status) return status;
    json_t *number = json_object_get(object, "frame");
    int64_t frame = json_integer_value(number);
    bool ok = json_is_integer(number) && frame >= INT32_MIN && frame <= INT32_MAX;
    if (ok && !i) track->first = frame;
    ok = ok && frame >= track->first + (int64_t)track->count && frame < track->first + MOST_FRAMES;
    if (!ok)
        return orr_fail(r->err, ORR_E_BAD_DATA, r->path,
                        "%s: %s: 'frame' must be a whole number above that of the entry before", r->path,
                        where);
    status = read_ev(r, where, object, "metered_ev", &ev.metered_ev100);
    if (!status) status = read_ev(r, where, object, "applied_ev", &ev.applied_ev100);
    if (status) return status;
    uint32_t at = (uint32_t)(frame - track->first);
    orr_frame_ev *larger = orr_realloc(track->frames, at + 1, sizeof *larger);
    if (!larger) return orr_fail(r->err, ORR_E_MEMORY, r->path, "no memory for a track of %u frames", at + 1);
    memset(larger + track->count, 0, (at - track->count) * sizeof *larger); /* those left out: not metered */
    larger[at] = ev;
    track->frames = larger, track->count = at + 1;
    return ORR_OK;
}

orr_status orr_ev_track_parse(const char *text, size_t size, const char *path, uint32_t fps_num,
                              uint32_t fps_den, orr_ev_track *out, orr_error *err) {
    static const char *const names[] = {"orrery_ev_track", "fps", "frames", NULL};
    const reader r = {path, err};
    json_error_t problem;
    *out = (orr_ev_track){0};
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    if (!root)
        return orr_fail(err, ORR_E_BAD_DATA, path, "%s:%d:%d: %s", path, problem.line, problem.column,
                        problem.text);
    orr_status status = members(&r, "the file", root, names);
    json_t *frames = json_object_get(root, "frames");
    if (!status && json_integer_value(json_object_get(root, "orrery_ev_track")) != FORMAT)
        status = orr_fail(err, ORR_E_VERSION, path, "%s: 'orrery_ev_track' must be %d, the version read here",
                          path, FORMAT);
    if (!status) status = read_rate(&r, root, fps_num, fps_den);
    if (!status && !json_is_array(frames))
        status = orr_fail(err, ORR_E_BAD_DATA, path, "%s: 'frames' must be a list", path);
    for (size_t i = 0; !status && i < json_array_size(frames); i++)
        status = read_frame(&r, i, json_array_get(frames, i), out);
    json_decref(root);
    if (status) orr_ev_track_free(out);
    return status;
}

orr_status orr_ev_track_read(const char *path, uint32_t fps_num, uint32_t fps_den, orr_ev_track *out,
                             orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    *out = (orr_ev_track){0};
    orr_status status = orr_file_read(path, MAX_BYTES, &data, &size, err);
    if (!status) status = orr_ev_track_parse((const char *)data, size, path, fps_num, fps_den, out, err);
    free(data);
    return status;
}
