/* golden.json, in and out. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "check/golden.h"

enum { FORMAT = 1, MAX_JSON_BYTES = 16 << 20, MAX_STRING = 4096, MAX_INPUTS = 65536, MAX_PASSES = 1024 };

static const char *const metric_names[] = {"max", "flip", "psnr_db", "ssim", "ulp", "differing"};
enum { METRICS = sizeof metric_names / sizeof metric_names[0] };

static double *metric(orr_check_metrics *m, int i) {
    double *fields[METRICS] = {&m->max, &m->flip, &m->psnr_db, &m->ssim, &m->ulp, &m->differing};
    return fields[i];
}

/* --- out ------------------------------------------------------------------------------------------- */

static void print_text(orr_text *out, const char *name, const char *value) {
    orr_text_printf(out, "\"%s\": ", name);
    orr_text_json_string(out, value);
}

static void print_device(orr_text *out, const orr_golden_device *device) {
    print_text(out, "device", device->name);
    orr_text_puts(out, ", ");
    print_text(out, "driver", device->driver);
    orr_text_puts(out, ", ");
    print_text(out, "tier", device->tier);
    orr_text_puts(out, ", ");
    print_text(out, "fingerprint", device->fingerprint);
}

static void print_metrics(orr_text *out, const orr_check_metrics *metrics) {
    orr_check_metrics m = *metrics;
    const char *between = "{";
    for (int i = 0; i < METRICS; i++) {
        double value = *metric(&m, i);
        char number[32];
        if (isnan(value)) continue;
        orr_format_f64(number, sizeof number, value);
        orr_text_printf(out, "%s\"%s\": %s%s%s", between, metric_names[i], isfinite(value) ? "" : "\"",
                        isfinite(value) ? number
                        : value > 0     ? "inf"
                                        : "-inf",
                        isfinite(value) ? "" : "\"");
        between = ", ";
    }
    orr_text_puts(out, *between == '{' ? "{}" : "}");
}

static void print_frame(orr_text *out, const orr_golden_frame *frame) {
    orr_text_printf(out, "\n    {\"frame\": %lld", (long long)frame->frame);
    const char *const files[][2] = {{"png", frame->png}, {"exr", frame->exr}};
    for (int i = 0; i < 2; i++) {
        if (!files[i][1]) continue;
        orr_text_puts(out, ", ");
        print_text(out, files[i][0], files[i][1]);
    }
    orr_text_puts(out, ", \"passes\": [");
    for (uint32_t i = 0; i < frame->pass_count; i++) {
        const orr_pass_digest *pass = &frame->passes[i];
        orr_text_puts(out, i ? ",\n      [" : "\n      [");
        orr_text_json_string(out, pass->pass);
        orr_text_puts(out, ", ");
        orr_text_json_string(out, pass->channel);
        orr_text_printf(out, ", \"%016llx\"]", (unsigned long long)pass->hash);
    }
    orr_text_puts(out, "]}");
}

static void print_measured(orr_text *out, const orr_golden_measured *m) {
    orr_text_puts(out, "\n    {");
    print_device(out, &m->device);
    orr_text_printf(out, ",\n     \"repeats\": %u, ", m->repeats);
    print_text(out, "threads", m->threads);
    orr_text_puts(out, ", \"aovs\": {");
    const char *between = "";
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) {
        if (!m->given[aov]) continue;
        orr_text_printf(out, "%s\"%s\": ", between, orr_check_aov_name((orr_check_aov)aov));
        print_metrics(out, &m->aovs[aov]);
        between = ", ";
    }
    orr_text_puts(out, "}}");
}

void orr_golden_print(const orr_golden *golden, orr_text *out) {
    orr_text_printf(out, "{\n  \"format\": %d,\n  ", FORMAT);
    print_text(out, "engine", golden->engine);
    orr_text_puts(out, ",\n  \"made_on\": {");
    print_device(out, &golden->device);
    orr_text_printf(out, "},\n  \"size\": [%u, %u],\n  \"samples\": %u,\n  \"aovs\": [", golden->width,
                    golden->height, golden->samples);
    const char *between = "";
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) {
        if (!golden->aovs[aov]) continue;
        orr_text_printf(out, "%s\"%s\"", between, orr_check_aov_name((orr_check_aov)aov));
        between = ", ";
    }
    orr_text_puts(out, "],\n  \"inputs\": {");
    for (uint32_t i = 0; i < golden->input_count; i++) {
        orr_text_puts(out, i ? ",\n    " : "\n    ");
        orr_text_json_string(out, golden->inputs[i].name);
        orr_text_puts(out, ": ");
        orr_text_json_string(out, golden->inputs[i].sha256);
    }
    orr_text_puts(out, "},\n  \"frames\": [");
    for (uint32_t i = 0; i < golden->frame_count; i++) {
        if (i) orr_text_puts(out, ",");
        print_frame(out, &golden->frames[i]);
    }
    orr_text_puts(out, "],\n  \"measured\": [");
    for (uint32_t i = 0; i < golden->measured_count; i++) {
        if (i) orr_text_puts(out, ",");
        print_measured(out, &golden->measured[i]);
    }
    orr_text_puts(out, "]\n}\n");
}

/* --- in -------------------------------------------------------------------------------------------- */

/* The first thing that is wrong ends it: `failed` is looked at once, at the end. */
typedef struct reader {
    orr_golden *golden;
    const char *name;
    orr_error *err;
    orr_status status;
} reader;

static void bad(reader *r, const char *where, const char *what) {
    if (r->status == ORR_OK)
        r->status = orr_fail(r->err, ORR_E_BAD_DATA, r->name, "%s: '%s' %s", r->name, where, what);
}

static const char *name_of(const void *context, size_t i) {
    return ((const char *const *)context)[i];
}

/* All keys are in `known` (NULL-terminated). */
static void keys(reader *r, json_t *object, const char *where, const char *const *known) {
    const char *key;
    json_t *value;
    size_t count = 0;
    while (known[count]) count++;
    if (!json_is_object(object)) {
        bad(r, where, "is not an object");
        return;
    }
    json_object_foreach(object, key, value) {
        size_t i = 0;
        while (i < count && strcmp(known[i], key)) i++;
        if (i < count || r->status != ORR_OK) continue;
        const char *near = orr_nearest_name(key, count, name_of, known);
        r->status =
            orr_fail(r->err, ORR_E_BAD_DATA, r->name, "%s: '%s' has an unknown key '%.100s'%s%s%s", r->name,
                     where, key, near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
}

static void *make(reader *r, size_t count, size_t size) {
    void *memory = orr_arena_alloc(&r->golden->arena, count ? count : 1, size);
    if (!memory && r->status == ORR_OK)
        r->status = orr_fail(r->err, ORR_E_MEMORY, NULL, "no memory for a golden");
    return memory;
}

static const char *keep(reader *r, const json_t *value, const char *where) {
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) > MAX_STRING) {
        bad(r, where, "is not a text");
        return "";
    }
    char *copy = orr_arena_strdup(&r->golden->arena, text);
    if (!copy && r->status == ORR_OK)
        r->status = orr_fail(r->err, ORR_E_MEMORY, NULL, "no memory for a golden");
    return copy ? copy : "";
}

static const char *text(reader *r, const json_t *object, const char *key) {
    return keep(r, json_object_get(object, key), key);
}

static bool is_hex(const char *text, size_t length) {
    return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

static const char *sha256(reader *r, const json_t *value, const char *where) {
    const char *hex = keep(r, value, where);
    if (!is_hex(hex, 64)) bad(r, where, "is not a SHA-256 in hex");
    return hex;
}

static int64_t integer(reader *r, const json_t *value, const char *where, int64_t min, int64_t max) {
    if (!json_is_integer(value) || json_integer_value(value) < min || json_integer_value(value) > max) {
        bad(r, where, "is not a whole number in range");
        return min > 0 ? min : 0;
    }
    return json_integer_value(value);
}

static size_t items(reader *r, const json_t *array, const char *where, size_t max) {
    if (!json_is_array(array) || json_array_size(array) > max) {
        bad(r, where, "is not a list, or a very long one");
        return 0;
    }
    return json_array_size(array);
}

static void read_device(reader *r, const json_t *object, orr_golden_device *out) {
    out->name = text(r, object, "device");
    out->driver = text(r, object, "driver");
    out->tier = text(r, object, "tier");
    out->fingerprint = text(r, object, "fingerprint");
    if (strcmp(out->tier, "lavapipe") != 0 && strcmp(out->tier, "gpu") != 0)
        bad(r, "tier", "is neither lavapipe nor gpu");
    if (out->fingerprint[0] && !is_hex(out->fingerprint, 64)) bad(r, "fingerprint", "is not 64 hex digits");
}

static int aov_named(const char *name) {
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++)
        if (!strcmp(name, orr_check_aov_name((orr_check_aov)aov))) return aov;
    return -1;
}

static void read_aovs(reader *r, const json_t *array) {
    size_t count = items(r, array, "aovs", ORR_CHECK_AOV_COUNT);
    for (size_t i = 0; i < count; i++) {
        int aov = aov_named(keep(r, json_array_get(array, i), "aovs"));
        if (aov < 0)
            bad(r, "aovs", "names an AOV that there is not");
        else
            r->golden->aovs[aov] = true;
    }
}

static void read_inputs(reader *r, json_t *object) {
    const char *key;
    json_t *value;
    if (!json_is_object(object) || json_object_size(object) > MAX_INPUTS) {
        bad(r, "inputs", "is not an object");
        return;
    }
    orr_golden_input *inputs = make(r, json_object_size(object), sizeof *inputs);
    if (!inputs) return;
    json_object_foreach(object, key, value) {
        char *copy = strlen(key) > MAX_STRING ? NULL : orr_arena_strdup(&r->golden->arena, key);
        if (!copy) bad(r, "inputs", "has a name that is too long");
        inputs[r->golden->input_count++] = (orr_golden_input){copy ? copy : "", sha256(r, value, "inputs")};
    }
    r->golden->inputs = inputs;
}

static void read_passes(reader *r, const json_t *array, orr_golden_frame *frame) {
    size_t count = items(r, array, "passes", MAX_PASSES);
    orr_pass_digest *passes = make(r, count, sizeof *passes);
    for (size_t i = 0; passes && i < count; i++) {
        const json_t *item = json_array_get(array, i);
        const char *texts[3] = {"", "", ""};
        if (items(r, item, "passes", 3) != 3) bad(r, "passes", "is not a list of [pass, channel, hash]");
        for (size_t k = 0; k < 3 && r->status == ORR_OK; k++)
            texts[k] = keep(r, json_array_get(item, k), "passes");
        if (r->status == ORR_OK && !is_hex(texts[2], 16))
            bad(r, "passes", "has a hash that is not 16 hex digits");
        if (r->status != ORR_OK) return;
        if (!orr_format(passes[i].pass, sizeof passes[i].pass, "%s", texts[0]) ||
            !orr_format(passes[i].channel, sizeof passes[i].channel, "%s", texts[1]))
            bad(r, "passes", "has a name that is too long");
        for (const char *c = texts[2]; *c; c++)
            passes[i].hash = passes[i].hash << 4 | (uint64_t)(*c <= '9' ? *c - '0' : *c - 'a' + 10);
    }
    frame->passes = passes;
    frame->pass_count = (uint32_t)count;
}

static void read_frames(reader *r, const json_t *array) {
    static const char *const known[] = {"frame", "png", "exr", "passes", NULL};
    size_t count = items(r, array, "frames", ORR_GOLDEN_MAX_FRAMES);
    orr_golden_frame *frames = make(r, count, sizeof *frames);
    if (!frames) return;
    for (size_t i = 0; i < count && r->status == ORR_OK; i++) {
        json_t *item = json_array_get(array, i);
        keys(r, item, "frames", known);
        frames[i].frame = integer(r, json_object_get(item, "frame"), "frame", INT32_MIN, INT32_MAX);
        for (size_t k = 0; k < i; k++)
            if (frames[k].frame == frames[i].frame) bad(r, "frame", "is there twice");
        if (json_object_get(item, "png")) frames[i].png = sha256(r, json_object_get(item, "png"), "png");
        if (json_object_get(item, "exr")) frames[i].exr = sha256(r, json_object_get(item, "exr"), "exr");
        read_passes(r, json_object_get(item, "passes"), &frames[i]);
    }
    r->golden->frames = frames;
    r->golden->frame_count = (uint32_t)count;
}

static void read_metrics(reader *r, json_t *object, orr_check_metrics *out) {
    static const char *const known[] = {"max", "flip", "psnr_db", "ssim", "ulp", "differing", NULL};
    keys(r, object, "aovs", known);
    for (int i = 0; i < METRICS; i++) {
        const json_t *value = json_object_get(object, metric_names[i]);
        const char *special = json_string_value(value);
        double *field = metric(out, i);
        *field = NAN;
        if (!value) continue;
        if (special && !strcmp(special, "inf"))
            *field = INFINITY;
        else if (special && !strcmp(special, "-inf"))
            *field = -INFINITY;
        else if (json_is_number(value))
            *field = json_number_value(value);
        else
            bad(r, metric_names[i], "is not a number");
    }
}

static void read_measured(reader *r, const json_t *array) {
    static const char *const known[] = {"device",  "driver",  "tier", "fingerprint",
                                        "repeats", "threads", "aovs", NULL};
    size_t count = items(r, array, "measured", ORR_GOLDEN_MAX_MEASURED);
    orr_golden_measured *measured = make(r, count, sizeof *measured);
    if (!measured) return;
    for (size_t i = 0; i < count && r->status == ORR_OK; i++) {
        json_t *item = json_array_get(array, i), *aovs = json_object_get(item, "aovs"), *value;
        const char *key;
        keys(r, item, "measured", known);
        read_device(r, item, &measured[i].device);
        measured[i].repeats = (uint32_t)integer(r, json_object_get(item, "repeats"), "repeats", 1, 1000000);
        measured[i].threads = text(r, item, "threads");
        if (!json_is_object(aovs)) bad(r, "aovs", "is not an object");
        json_object_foreach(aovs, key, value) {
            int aov = aov_named(key);
            if (aov < 0) {
                bad(r, "measured", "names an AOV that there is not");
                break;
            }
            measured[i].given[aov] = true;
            read_metrics(r, value, &measured[i].aovs[aov]);
        }
    }
    r->golden->measured = measured;
    r->golden->measured_count = (uint32_t)count;
}

static void read_all(reader *r, json_t *root) {
    static const char *const known[] = {"format", "engine", "made_on", "size",     "samples",
                                        "aovs",   "inputs", "frames",  "measured", NULL};
    static const char *const device[] = {"device", "driver", "tier", "fingerprint", NULL};
    orr_golden *g = r->golden;
    if (json_is_object(root) && json_integer_value(json_object_get(root, "format")) != FORMAT) {
        bad(r, "format", "is not 1: the golden is of another Orrery; write it anew with --update");
        return;
    }
    keys(r, root, "golden", known);
    if (r->status != ORR_OK) return;
    json_t *made_on = json_object_get(root, "made_on"), *size = json_object_get(root, "size");
    keys(r, made_on, "made_on", device);
    read_device(r, made_on, &g->device);
    g->engine = text(r, root, "engine");
    if (items(r, size, "size", 2) != 2) bad(r, "size", "is not [width, height]");
    g->width = (uint32_t)integer(r, json_array_get(size, 0), "size", 1, 65536);
    g->height = (uint32_t)integer(r, json_array_get(size, 1), "size", 1, 65536);
    g->samples = (uint32_t)integer(r, json_object_get(root, "samples"), "samples", 1, 65536);
    read_aovs(r, json_object_get(root, "aovs"));
    read_inputs(r, json_object_get(root, "inputs"));
    read_frames(r, json_object_get(root, "frames"));
    read_measured(r, json_object_get(root, "measured"));
}

orr_status orr_golden_parse(const char *json, size_t size, const char *name, orr_golden *out,
                            orr_error *err) {
    json_error_t wrong;
    *out = (orr_golden){0};
    if (size > MAX_JSON_BYTES) return orr_fail(err, ORR_E_LIMIT, name, "%s is larger than 16 MiB", name);
    json_t *root = json_loadb(json, size, JSON_REJECT_DUPLICATES, &wrong);
    if (!root)
        return orr_fail(err, ORR_E_BAD_DATA, name, "%s:%d:%d: %s", name, wrong.line, wrong.column,
                        wrong.text);
    reader r = {.golden = out, .name = name, .err = err};
    read_all(&r, root);
    json_decref(root);
    if (r.status != ORR_OK) orr_golden_free(out);
    return r.status;
}
