#include "space/space_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/platform/platform.h"

enum { RING_ERROR, RING_INFO, RING_DEBUG, RING_COUNT };
enum { HISTORY = 256, MIRROR_RUN = 64 };

struct orr_space_log {
    orr_space *space;
    orr_log sink;
    char *root;
    char *ring[RING_COUNT]; /* their paths */
    const orr_schema *error_schema, *mirror_schema, *status_schema;
    uint64_t offset[RING_COUNT], lost[RING_COUNT]; /* of the mirror */
};

static const char *const ring_names[RING_COUNT] = {"error", "info", "debug"};

static const orr_schema_field error_fields[] = {
    {"code", ORR_TYPE_INT},       {"name", ORR_TYPE_STRING},        {"severity", ORR_TYPE_STRING},
    {"message", ORR_TYPE_STRING}, {"path", ORR_TYPE_STRING},        {"revision", ORR_TYPE_UINT},
    {"time_ns", ORR_TYPE_UINT},   {"correlation", ORR_TYPE_STRING}, {"detail", ORR_TYPE_STRING},
};
static const orr_schema_field mirror_fields[] = {{"shown", ORR_TYPE_UINT}, {"lost", ORR_TYPE_UINT}};
static const orr_schema_field status_fields[] = {
    {"error_written", ORR_TYPE_UINT}, {"error_dropped", ORR_TYPE_UINT}, {"info_written", ORR_TYPE_UINT},
    {"info_dropped", ORR_TYPE_UINT},  {"debug_written", ORR_TYPE_UINT}, {"debug_dropped", ORR_TYPE_UINT},
};
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* `root` + `tail` in fresh memory; NULL when it is out. */
static char *join(const char *root, const char *tail) {
    orr_text text = {0};
    orr_text_printf(&text, "%s%s", strcmp(root, "/") == 0 ? "" : root, tail);
    if (!text.failed) return text.data;
    orr_text_free(&text);
    return NULL;
}

/* One line into a ring. A log has nobody to complain to: a line that memory refuses is gone. */
static void put_line(orr_space_log *log, int ring, const char *line, size_t length) {
    orr_status status = orr_space_push(log->space, log->ring[ring], orr_value_string_n(line, length), NULL);
    (void)status;
}

static void write_line(void *context, orr_log_level level, const char *line) {
    orr_space_log *log = context;
    int ring = level >= ORR_LOG_WARNING ? RING_ERROR : level == ORR_LOG_INFO ? RING_INFO : RING_DEBUG;
    for (;;) {
        size_t length = strcspn(line, "\n"), shown = length;
        while (shown && line[shown - 1] == '\r') shown--;
        put_line(log, ring, line, shown);
        if (!line[length] || !line[length + 1]) return;
        line += length + 1;
    }
}

static orr_status make_rings(orr_space_log *log, const orr_space_log_params *params, orr_error *err) {
    const size_t lines[RING_COUNT] = {params->error_lines ? params->error_lines : 10000,
                                      params->info_lines ? params->info_lines : 20000,
                                      params->debug_lines ? params->debug_lines : 20000};
    for (int i = 0; i < RING_COUNT; i++) {
        char tail[32];
        orr_format(tail, sizeof tail, "/io/log/%s", ring_names[i]);
        log->ring[i] = join(log->root, tail);
        if (!log->ring[i]) return orr_fail(err, ORR_E_MEMORY, log->root, "no memory for a log");
        orr_queue_params queue = {.capacity = lines[i],
                                  .max_bytes = params->max_bytes ? params->max_bytes : (size_t)16 << 20,
                                  .max_age_ns = params->max_age_ns,
                                  .drop_oldest = true};
        orr_status status = orr_space_queue(log->space, log->ring[i], &queue, err);
        if (status) return status;
    }
    return ORR_OK;
}

orr_status orr_space_log_create(orr_space *space, const char *root, const orr_space_log_params *params,
                                orr_space_log **out, orr_error *err) {
    const orr_space_log_params defaults = {0};
    orr_schemas *schemas = orr_space_schemas(space);
    orr_space_log *log = orr_calloc(1, sizeof *log);
    if (!params) params = &defaults;
    if (!log || !(log->root = join(root, ""))) {
        free(log);
        return orr_fail(err, ORR_E_MEMORY, root, "no memory for a log");
    }
    log->space = space;
    log->sink = (orr_log){.write = write_line, .context = log, .threshold = params->threshold};
    orr_status status = make_rings(log, params, err);
    if (!status)
        status =
            orr_schemas_add(schemas, "error", error_fields, COUNT_OF(error_fields), &log->error_schema, err);
    if (!status)
        status = orr_schemas_add(schemas, "log_mirror", mirror_fields, COUNT_OF(mirror_fields),
                                 &log->mirror_schema, err);
    if (!status)
        status = orr_schemas_add(schemas, "log_status", status_fields, COUNT_OF(status_fields),
                                 &log->status_schema, err);
    if (status)
        orr_space_log_destroy(&log);
    else
        *out = log;
    return status;
}

void orr_space_log_destroy(orr_space_log **log) {
    if (!log || !*log) return;
    for (int i = 0; i < RING_COUNT; i++) free((*log)->ring[i]);
    free((*log)->root);
    free(*log);
    *log = NULL;
}

const orr_log *orr_space_log_sink(const orr_space_log *log) {
    return &log->sink;
}

/* --- errors ------------------------------------------------------------------------------------------ */

static const char *severity_name(orr_severity severity) {
    static const char *const names[] = {"info", "warning", "recoverable", "fatal"};
    return (unsigned)severity < COUNT_OF(names) ? names[severity] : "fatal";
}

static orr_status error_record(const orr_space_log *log, const orr_error *error, const char *correlation,
                               const char *detail, const orr_value **out, orr_error *err) {
    const orr_value *values[COUNT_OF(error_fields)] = {
        orr_value_int((int64_t)error->code),
        orr_value_string(orr_status_name(error->code)),
        orr_value_string(severity_name(error->severity)),
        orr_value_string(error->message),
        orr_value_string(error->path),
        orr_value_uint(error->revision),
        orr_value_uint(error->time_ns),
        orr_value_string(correlation ? correlation : ""),
        orr_value_string(detail ? detail : ""),
    };
    return orr_value_record(log->error_schema, values, COUNT_OF(values), out, err);
}

/* `record` (kept by the caller) to both places below `at`. */
static orr_status file_error(orr_space_log *log, const char *at, const orr_value *record, orr_error *err) {
    char *live = join(at, "/diagnostics/errors/live"), *history = join(at, "/diagnostics/errors/history");
    orr_queue_params ring = {.capacity = HISTORY, .drop_oldest = true};
    orr_status status = live && history ? orr_space_queue(log->space, history, &ring, err)
                                        : orr_fail(err, ORR_E_MEMORY, at, "no memory to record an error");
    if (!status) status = orr_space_push(log->space, history, orr_value_retain(record), err);
    if (!status) status = orr_space_set(log->space, live, orr_value_retain(record), err);
    free(live);
    free(history);
    return status;
}

orr_status orr_space_log_error(orr_space_log *log, const char *at, const orr_error *error,
                               const char *correlation, const char *detail, orr_error *err) {
    const orr_value *record = NULL;
    orr_status status = error_record(log, error, correlation, detail, &record, err);
    if (status) return status;
    status = file_error(log, at ? at : log->root, record, err);
    orr_value_release(record);
    bool mark = correlation && *correlation;
    orr_log_write(&log->sink,
                  error->severity == ORR_SEVERITY_INFO      ? ORR_LOG_INFO
                  : error->severity == ORR_SEVERITY_WARNING ? ORR_LOG_WARNING
                                                            : ORR_LOG_ERROR,
                  "%s: %s%s%s%s", orr_status_name(error->code), error->message, mark ? " (" : "",
                  mark ? correlation : "", mark ? ")" : "");
    return status;
}

/* --- mirrors ----------------------------------------------------------------------------------------- */

static orr_status show_ring(orr_space_log *log, int ring, const orr_log *to, orr_error *err) {
    static const orr_log_level levels[RING_COUNT] = {ORR_LOG_ERROR, ORR_LOG_INFO, ORR_LOG_DEBUG};
    const orr_value *lines[MIRROR_RUN];
    size_t count = MIRROR_RUN;
    while (count == MIRROR_RUN) {
        orr_status status = orr_space_tail(log->space, log->ring[ring], &log->offset[ring], &log->lost[ring],
                                           lines, MIRROR_RUN, &count, err);
        if (status) return status;
        for (size_t i = 0; i < count; i++) {
            if (orr_value_cstr(lines[i])) orr_log_write(to, levels[ring], "%s", orr_value_cstr(lines[i]));
            orr_value_release(lines[i]);
        }
    }
    return ORR_OK;
}

/* A record of counters, set at root + tail. */
static orr_status set_counters(orr_space_log *log, const char *tail, const orr_schema *schema,
                               const uint64_t *numbers, orr_error *err) {
    const orr_value *values[2 * RING_COUNT], *record = NULL;
    size_t count = orr_schema_count(schema);
    char *path = join(log->root, tail);
    if (!path) return orr_fail(err, ORR_E_MEMORY, log->root, "no memory to count log lines");
    for (size_t i = 0; i < count; i++) values[i] = orr_value_uint(numbers[i]);
    orr_status status = orr_value_record(schema, values, count, &record, err);
    if (!status) status = orr_space_set(log->space, path, record, err);
    free(path);
    return status;
}

orr_status orr_space_log_mirror(orr_space_log *log, const orr_log *out, const orr_log *errors,
                                orr_error *err) {
    uint64_t counters[2 * RING_COUNT];
    orr_status status = show_ring(log, RING_INFO, out, err);
    if (!status) status = show_ring(log, RING_DEBUG, out, err);
    if (!status) status = show_ring(log, RING_ERROR, errors, err);
    const uint64_t to_out[2] = {log->offset[RING_INFO] + log->offset[RING_DEBUG] - log->lost[RING_INFO] -
                                    log->lost[RING_DEBUG],
                                log->lost[RING_INFO] + log->lost[RING_DEBUG]};
    const uint64_t to_errors[2] = {log->offset[RING_ERROR] - log->lost[RING_ERROR], log->lost[RING_ERROR]};
    if (!status) status = set_counters(log, "/io/stdout", log->mirror_schema, to_out, err);
    if (!status) status = set_counters(log, "/io/stderr", log->mirror_schema, to_errors, err);
    for (int i = 0; i < RING_COUNT && !status; i++) {
        orr_queue_stats stats;
        status = orr_space_queue_stats(log->space, log->ring[i], &stats, err);
        if (status) return status;
        counters[2 * i] = stats.pushed;
        counters[2 * i + 1] = stats.dropped;
    }
    return status ? status : set_counters(log, "/io/log/status", log->status_schema, counters, err);
}
