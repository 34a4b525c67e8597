/* The JSON of a result. One table per struct says what its keys are; printing and reading follow it. */
#include "check/result.h"

#include <math.h>
#include <string.h>

#include <jansson.h>

enum { SIZE_LIMIT = 16 << 20, ITEM_LIMIT = 65536, PLACE_LIMIT = 160 };

typedef enum kind {
    TEXT,         /* const char *; NULL is printed as "" */
    TEXT_OR_NULL, /* NULL: the key is not there */
    NUMBER,       /* double, not finite as a string */
    FRAME,        /* int64_t */
    BYTES,        /* uint64_t */
    VERDICT,
    TEXTS,  /* const char **, uint32_t */
    OBJECTS /* an array of structs, uint32_t */
} kind;

typedef struct field {
    const char *name;
    kind kind;
    size_t offset, count_offset; /* count: of TEXTS and OBJECTS */
    const struct shape *of;      /* of OBJECTS */
} field;

typedef struct shape {
    size_t size;
    const field *fields;
    size_t field_count;
} shape;

/* --- the tables -------------------------------------------------------------------------------------------
 */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define F(type, name, kind)                                                                                  \
    { #name, kind, offsetof(type, name), 0, NULL }
#define MANY(type, name, count)                                                                              \
    { #name, TEXTS, offsetof(type, name), offsetof(type, count), NULL }
#define PART(type, name, count, shape)                                                                       \
    { #name, OBJECTS, offsetof(type, name), offsetof(type, count), shape }

static const field image_fields[] = {
    F(orr_check_image, aov, TEXT),
    F(orr_check_image, verdict, VERDICT),
    F(orr_check_image, rule, TEXT),
    F(orr_check_image, reason, TEXT),
    F(orr_check_image, max, NUMBER),
    F(orr_check_image, flip, NUMBER),
    F(orr_check_image, psnr_db, NUMBER),
    F(orr_check_image, ssim, NUMBER),
    F(orr_check_image, ulp, NUMBER),
    F(orr_check_image, differing, NUMBER),
    F(orr_check_image, golden_file, TEXT_OR_NULL),
    F(orr_check_image, test_file, TEXT_OR_NULL),
    F(orr_check_image, heat_file, TEXT_OR_NULL),
};
static const shape image_shape = {sizeof(orr_check_image), image_fields, COUNT(image_fields)};

static const field pass_fields[] = {
    F(orr_check_pass, name, TEXT),
    F(orr_check_pass, ms, NUMBER),
    F(orr_check_pass, budget_ms, NUMBER),
};
static const shape pass_shape = {sizeof(orr_check_pass), pass_fields, COUNT(pass_fields)};

static const field frame_fields[] = {
    F(orr_check_frame_result, frame, FRAME),
    F(orr_check_frame_result, gpu_ms, NUMBER),
    PART(orr_check_frame_result, images, image_count, &image_shape),
    PART(orr_check_frame_result, passes, pass_count, &pass_shape),
    MANY(orr_check_frame_result, failures, failure_count),
};
static const shape frame_shape = {sizeof(orr_check_frame_result), frame_fields, COUNT(frame_fields)};

static const field budget_fields[] = {
    F(orr_check_budget_result, name, TEXT),
    F(orr_check_budget_result, unit, TEXT),
    F(orr_check_budget_result, value, NUMBER),
    F(orr_check_budget_result, limit, NUMBER),
};
static const shape budget_shape = {sizeof(orr_check_budget_result), budget_fields, COUNT(budget_fields)};

static const field mutation_fields[] = {
    F(orr_check_mutation_result, name, TEXT),
    F(orr_check_mutation_result, verdict, VERDICT),
    F(orr_check_mutation_result, caught_by, TEXT),
};
static const shape mutation_shape = {sizeof(orr_check_mutation_result), mutation_fields,
                                     COUNT(mutation_fields)};

static const field result_fields[] = {
    F(orr_check_result, name, TEXT),
    F(orr_check_result, file, TEXT),
    MANY(orr_check_result, tags, tag_count),
    F(orr_check_result, verdict, VERDICT),
    F(orr_check_result, message, TEXT),
    F(orr_check_result, messages_text, TEXT),
    F(orr_check_result, wall_s, NUMBER),
    F(orr_check_result, peak_rss_bytes, BYTES),
    F(orr_check_result, device, TEXT),
    F(orr_check_result, driver, TEXT),
    F(orr_check_result, fingerprint, TEXT),
    PART(orr_check_result, frames, frame_count, &frame_shape),
    F(orr_check_result, diverging_pass, TEXT_OR_NULL),
    F(orr_check_result, diverging_channel, TEXT_OR_NULL),
    F(orr_check_result, diverging_how, TEXT_OR_NULL),
    MANY(orr_check_result, stale_inputs, stale_count),
    PART(orr_check_result, budgets, budget_count, &budget_shape),
    PART(orr_check_result, mutations, mutation_count, &mutation_shape),
};
static const shape result_shape = {sizeof(orr_check_result), result_fields, COUNT(result_fields)};

/* --- printing ---------------------------------------------------------------------------------------------
 */

static void print_object(const void *object, const shape *of, orr_text *out);

static void print_number(double value, orr_text *out) {
    char text[40];
    orr_format_f64(text, sizeof text, value);
    orr_text_printf(out, isfinite(value) ? "%s" : "\"%s\"", text);
}

static void print_texts(const char *const *texts, uint32_t count, orr_text *out) {
    orr_text_puts(out, "[");
    for (uint32_t i = 0; i < count; i++) {
        if (i) orr_text_puts(out, ",");
        orr_text_json_string(out, texts[i]);
    }
    orr_text_puts(out, "]");
}

static void print_objects(const char *objects, uint32_t count, const shape *of, orr_text *out) {
    orr_text_puts(out, "[");
    for (uint32_t i = 0; i < count; i++) {
        orr_text_puts(out, i ? ",\n" : "\n");
        print_object(objects + i * of->size, of, out);
    }
    orr_text_puts(out, "]");
}

static void print_value(const char *object, const field *f, orr_text *out) {
    const void *at = object + f->offset;
    const void *count_at = object + f->count_offset;
    const char *text = NULL;
    switch (f->kind) {
    case TEXT:
    case TEXT_OR_NULL:
        memcpy(&text, at, sizeof text);
        orr_text_json_string(out, text ? text : "");
        break;
    case NUMBER:
        print_number(*(const double *)at, out);
        break;
    case FRAME:
        orr_text_printf(out, "%lld", (long long)*(const int64_t *)at);
        break;
    case BYTES:
        orr_text_printf(out, "%llu", (unsigned long long)*(const uint64_t *)at);
        break;
    case VERDICT:
        orr_text_json_string(out, orr_verdict_name(*(const orr_verdict *)at));
        break;
    case TEXTS:
        print_texts(*(const char *const *const *)at, *(const uint32_t *)count_at, out);
        break;
    case OBJECTS:
        memcpy(&text, at, sizeof text);
        print_objects(text, *(const uint32_t *)count_at, f->of, out);
        break;
    }
}

static void print_object(const void *object, const shape *of, orr_text *out) {
    const char *first = "{";
    for (size_t i = 0; i < of->field_count; i++) {
        const field *f = &of->fields[i];
        const char *text = NULL;
        if (f->kind == TEXT_OR_NULL) {
            memcpy(&text, (const char *)object + f->offset, sizeof text);
            if (!text) continue;
        }
        orr_text_printf(out, "%s\"%s\":", first, f->name);
        print_value(object, f, out);
        first = ",";
    }
    orr_text_puts(out, "}");
}

void orr_check_result_print(const orr_check_result *result, orr_text *out) {
    print_object(result, &result_shape, out);
    orr_text_puts(out, "\n");
}

/* --- reading ----------------------------------------------------------------------------------------------
 */

typedef struct reader {
    orr_arena *arena;
    const char *name;
    char place[PLACE_LIMIT]; /* "frames[2].images[0]" */
    orr_error *err;
} reader;

static orr_status read_object(reader *r, const json_t *json, const shape *of, void *object);

static orr_status refuse(reader *r, const char *key, const char *what) {
    return orr_fail(r->err, ORR_E_BAD_DATA, r->name, "%s: %s%s%s: %s", r->name, r->place,
                    r->place[0] && key[0] ? "." : "", key, what);
}

static orr_status out_of_memory(reader *r) {
    return orr_fail(r->err, ORR_E_MEMORY, r->name, "%s: out of memory", r->name);
}

/* The size of an array, looked at before anything is allocated for it. */
static orr_status read_count(reader *r, const char *key, const json_t *json, size_t *size) {
    if (!json_is_array(json)) return refuse(r, key, "an array was expected");
    *size = json_array_size(json);
    return *size <= ITEM_LIMIT ? ORR_OK : refuse(r, key, "it has more items than a result may have (65536)");
}

static orr_status read_text(reader *r, const char *key, const json_t *json, const char **out) {
    if (!json_is_string(json)) return refuse(r, key, "a string was expected");
    *out = orr_arena_strdup(r->arena, json_string_value(json));
    return *out ? ORR_OK : out_of_memory(r);
}

static orr_status read_number(reader *r, const char *key, const json_t *json, double *out) {
    const char *word = json_string_value(json);
    if (json_is_number(json))
        *out = json_number_value(json);
    else if (word && strcmp(word, "nan") == 0)
        *out = NAN;
    else if (word && strcmp(word, "inf") == 0)
        *out = INFINITY;
    else if (word && strcmp(word, "-inf") == 0)
        *out = -INFINITY;
    else
        return refuse(r, key, "a number was expected, or \"nan\", \"inf\", \"-inf\"");
    return ORR_OK;
}

static orr_status read_verdict(reader *r, const char *key, const json_t *json, orr_verdict *out) {
    const char *word = json_is_string(json) ? json_string_value(json) : "";
    for (int i = ORR_VERDICT_PASSED; i <= ORR_VERDICT_CRASHED; i++) {
        if (strcmp(word, orr_verdict_name((orr_verdict)i)) != 0) continue;
        *out = (orr_verdict)i;
        return ORR_OK;
    }
    return refuse(r, key, "there is no such verdict");
}

static orr_status read_texts(reader *r, const char *key, const json_t *json, const char ***out,
                             uint32_t *count) {
    size_t size = 0;
    orr_status status = read_count(r, key, json, &size);
    if (status != ORR_OK) return status;
    const char **texts = ORR_ARENA_NEW(r->arena, const char *, size + 1);
    if (!texts) return out_of_memory(r);
    for (size_t i = 0; i < size && status == ORR_OK; i++)
        status = read_text(r, key, json_array_get(json, i), &texts[i]);
    *out = texts;
    *count = (uint32_t)size;
    return status;
}

static orr_status read_objects(reader *r, const field *f, const json_t *json, void *at, uint32_t *count) {
    size_t size = 0, length = strlen(r->place);
    orr_status status = read_count(r, f->name, json, &size);
    if (status != ORR_OK) return status;
    char *objects = orr_arena_alloc(r->arena, size + 1, f->of->size);
    if (!objects) return out_of_memory(r);
    for (size_t i = 0; i < size && status == ORR_OK; i++) {
        orr_format(r->place + length, sizeof r->place - length, "%s%s[%zu]", length ? "." : "", f->name, i);
        status = read_object(r, json_array_get(json, i), f->of, objects + i * f->of->size);
    }
    if (status == ORR_OK) r->place[length] = '\0';
    memcpy(at, &objects, sizeof objects);
    *count = (uint32_t)size;
    return status;
}

static orr_status read_value(reader *r, const field *f, const json_t *json, char *object) {
    void *at = object + f->offset, *count_at = object + f->count_offset;
    switch (f->kind) {
    case TEXT:
    case TEXT_OR_NULL:
        return read_text(r, f->name, json, at);
    case NUMBER:
        return read_number(r, f->name, json, at);
    case FRAME:
        if (!json_is_integer(json)) return refuse(r, f->name, "a whole number was expected");
        *(int64_t *)at = json_integer_value(json);
        return ORR_OK;
    case BYTES:
        if (!json_is_integer(json) || json_integer_value(json) < 0)
            return refuse(r, f->name, "a whole number of at least 0 was expected");
        *(uint64_t *)at = (uint64_t)json_integer_value(json);
        return ORR_OK;
    case VERDICT:
        return read_verdict(r, f->name, json, at);
    case TEXTS:
        return read_texts(r, f->name, json, at, count_at);
    case OBJECTS:
        return read_objects(r, f, json, at, count_at);
    }
    return ORR_E_INTERNAL;
}

static orr_status read_object(reader *r, const json_t *json, const shape *of, void *object) {
    size_t known = 0;
    if (!json_is_object(json)) return refuse(r, "", "an object was expected");
    for (size_t i = 0; i < of->field_count; i++) {
        const field *f = &of->fields[i];
        const json_t *value = json_object_get(json, f->name);
        if (!value && f->kind == TEXT_OR_NULL) continue;
        if (!value) return refuse(r, f->name, "it is missing");
        orr_status status = read_value(r, f, value, object);
        if (status != ORR_OK) return status;
        known++;
    }
    return known == json_object_size(json) ? ORR_OK
                                           : refuse(r, "", "it has a key that a result does not have");
}

orr_status orr_check_result_parse(const char *text, size_t size, const char *name, orr_check_result *out,
                                  orr_error *err) {
    orr_arena arena = {0};
    reader r = {.arena = &arena, .name = name, .err = err};
    json_error_t error;
    *out = (orr_check_result){0};
    if (size > SIZE_LIMIT)
        return orr_fail(err, ORR_E_BAD_DATA, name, "%s: it has %zu bytes; a result has at most %d", name,
                        size, SIZE_LIMIT);
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return orr_fail(err, ORR_E_BAD_DATA, name, "%s: JSON line %d column %d: %s", name, error.line,
                        error.column, error.text);
    orr_status status = read_object(&r, root, &result_shape, out);
    json_decref(root);
    out->arena = arena;
    if (status != ORR_OK) orr_check_result_free(out);
    return status;
}

void orr_check_result_free(orr_check_result *result) {
    orr_arena arena = result->arena;
    orr_arena_free(&arena);
    *result = (orr_check_result){0};
}
