/* Runs scenes as processes. One thread: starts what fits, looks every few milliseconds at what runs. */
#include "check/runner.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/platform/process.h"

enum {
    TICK_NS = 5000000,
    RESULT_LIMIT = 16 << 20,
    MESSAGES_LIMIT = 64 << 20,
    TAIL_BYTES = 16 << 10, /* of what a scene wrote to its standard error that a result keeps */
    TIMEOUT_S = 120,
    MEMORY_MIB = 1024
};

typedef enum progress { WAITING, RUNNING, DONE } progress;

typedef struct scene {
    const orr_check_job *job;
    progress progress;
    orr_child *child;
    uint64_t deadline_ns, memory_bytes;
    orr_verdict killed; /* why we ended it; PASSED = we did not */
    uint64_t rss_bytes; /* when we ended it */
} scene;

typedef struct run {
    const orr_check_runner_params *params;
    orr_check_result *results;
    scene *scenes;
    uint32_t parallel, running, done;
    uint64_t memory_bytes, admitted_bytes;
} run;

static double job_timeout_s(const orr_check_job *job) {
    return job->timeout_s > 0 ? job->timeout_s : TIMEOUT_S;
}

static double job_memory_mib(const orr_check_job *job) {
    return job->memory_mib > 0 ? job->memory_mib : MEMORY_MIB;
}

/* --- what came of one -------------------------------------------------------------------------------------
 */

/* What the scene wrote to its standard error: the last of it, from the beginning of a line. */
static const char *read_messages(const char *path, orr_arena *arena) {
    uint8_t *data = NULL;
    size_t size = 0;
    if (!path || orr_file_read(path, MESSAGES_LIMIT, &data, &size, NULL) != ORR_OK) return "";
    const char *text = (const char *)data, *tail = text;
    if (size > TAIL_BYTES) {
        tail = text + size - TAIL_BYTES;
        const char *line = memchr(tail, '\n', TAIL_BYTES - 1);
        if (line) tail = line + 1;
    }
    char *kept = orr_arena_strndup(arena, tail, size - (size_t)(tail - text));
    free(data);
    return kept ? kept : "";
}

/* ": " and the last line of the messages that is not blank, or nothing. */
static void append_last_line(const char *messages, orr_text *out) {
    static const char k_blank[] = " \t\r\n";
    size_t end = strlen(messages);
    while (end && strchr(k_blank, messages[end - 1])) end--;
    size_t begin = end;
    while (begin && messages[begin - 1] != '\n') begin--;
    if (end == begin) return;
    orr_text_puts(out, ": ");
    orr_text_append(out, messages + begin, end - begin < 400 ? end - begin : 400);
}

static void set_message(orr_check_result *result, orr_verdict verdict, orr_text *text) {
    char *message = orr_arena_strdup(&result->arena, orr_text_cstr(text));
    result->verdict = verdict;
    result->message = message ? message : "out of memory";
    orr_text_free(text);
}

/* A scene that told nothing: why, from how its process ended. */
static void judge_end(const scene *s, const orr_child_end *end, const orr_error *unread,
                      orr_check_result *result) {
    orr_text text = {0};
    orr_verdict verdict = ORR_VERDICT_ERROR;
    if (s->killed == ORR_VERDICT_TIMEOUT) {
        orr_text_printf(&text, "ended after %g s, its time limit (timeout_s)", job_timeout_s(s->job));
    } else if (s->killed == ORR_VERDICT_MEMORY) {
        orr_text_printf(&text, "ended when it held %.0f MiB: it may take %g MiB (memory_mib)",
                        (double)s->rss_bytes / (1 << 20), job_memory_mib(s->job));
    } else if (end->signal) {
        verdict = ORR_VERDICT_CRASHED;
        orr_text_printf(&text, "ended by %s (%d)", orr_signal_name(end->signal), end->signal);
    } else if (unread->code == ORR_E_NOT_FOUND) {
        orr_text_printf(&text, "ended with exit code %d and wrote no result", end->exit_code);
    } else if (unread->code != ORR_OK) {
        orr_text_printf(&text, "its result cannot be read: %s", unread->message);
    } else {
        orr_text_printf(&text, "ended with exit code %d after its result", end->exit_code);
    }
    append_last_line(result->messages_text, &text);
    set_message(result, s->killed ? s->killed : verdict, &text);
}

static orr_status read_result(const orr_check_job *job, orr_check_result *result, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status = orr_file_read(job->result_file, RESULT_LIMIT, &data, &size, err);
    if (status == ORR_OK)
        status = orr_check_result_parse((const char *)data, size, job->result_file, result, err);
    free(data);
    return status;
}

/* Every string of a result is there, whatever it was made of; who it is, the job says. */
static void complete(const orr_check_job *job, orr_check_result *result) {
    const char **texts[] = {&result->message, &result->messages_text, &result->device, &result->driver,
                            &result->fingerprint};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!*texts[i]) *texts[i] = "";
    const char *name = orr_arena_strdup(&result->arena, job->name);
    const char *file = orr_arena_strdup(&result->arena, job->file);
    result->name = name ? name : "";
    result->file = file ? file : "";
}

static void finish(run *r, uint32_t index, const orr_check_result *result) {
    r->results[index] = *result;
    complete(r->scenes[index].job, &r->results[index]);
    r->scenes[index].progress = DONE;
    r->done++;
    if (r->params->ended) r->params->ended(r->params->context, index, &r->results[index], r->done);
}

static void collect(run *r, uint32_t index, const orr_child_end *end) {
    scene *s = &r->scenes[index];
    orr_check_result result = {0};
    orr_error unread = {0};
    bool whole = !s->killed && !end->signal;
    whole = whole && read_result(s->job, &result, &unread) == ORR_OK &&
            (end->exit_code == 0 || orr_verdict_is_failure(result.verdict));
    result.messages_text = read_messages(s->job->messages_file, &result.arena);
    result.wall_s = end->wall_s;
    result.peak_rss_bytes = end->peak_rss_bytes;
    if (!whole) judge_end(s, end, &unread, &result);
    orr_child_destroy(&s->child);
    r->running--;
    r->admitted_bytes -= s->memory_bytes;
    finish(r, index, &result);
}

/* --- starting and watching --------------------------------------------------------------------------------
 */

static void start(run *r, uint32_t index) {
    scene *s = &r->scenes[index];
    orr_error err = {0};
    const orr_child_params params = {
        .argv = s->job->argv, .messages = s->job->messages_file, .dies_with_caller = true};
    orr_file_remove(s->job->result_file); /* of an earlier run */
    if (orr_child_start(&params, &s->child, &err) == ORR_OK) {
        s->progress = RUNNING;
        s->deadline_ns = orr_time_ns() + (uint64_t)(job_timeout_s(s->job) * 1e9);
        r->running++;
        r->admitted_bytes += s->memory_bytes;
        return;
    }
    orr_check_result result = {0};
    orr_text text = {0};
    orr_text_puts(&text, err.message);
    set_message(&result, ORR_VERDICT_ERROR, &text);
    finish(r, index, &result);
}

/* In the order of the jobs; a later one may pass one that has to wait for memory. */
static void start_what_fits(run *r) {
    for (uint32_t i = 0; i < r->params->job_count && r->running < r->parallel; i++) {
        const scene *s = &r->scenes[i];
        bool fits = r->running == 0 || r->admitted_bytes + s->memory_bytes <= r->memory_bytes;
        if (s->progress == WAITING && fits) start(r, i);
    }
}

static void watch(run *r, uint32_t index) {
    scene *s = &r->scenes[index];
    orr_child_end end;
    if (orr_child_poll(s->child, &end)) {
        collect(r, index, &end);
        return;
    }
    if (s->killed) return;
    s->rss_bytes = orr_child_rss_bytes(s->child);
    if (s->rss_bytes > s->memory_bytes)
        s->killed = ORR_VERDICT_MEMORY;
    else if (orr_time_ns() >= s->deadline_ns)
        s->killed = ORR_VERDICT_TIMEOUT;
    if (s->killed) orr_child_kill(s->child);
}

static bool stopped(const run *r) {
    return r->params->stop && atomic_load(r->params->stop) != 0;
}

/* What runs ends at once; what did not end by itself has a result that says so. */
static void stop_all(run *r) {
    for (uint32_t i = 0; i < r->params->job_count; i++) {
        scene *s = &r->scenes[i];
        orr_child_destroy(&s->child);
        if (s->progress == DONE) continue;
        orr_text text = {0};
        orr_text_puts(&text, "the run was interrupted");
        set_message(&r->results[i], ORR_VERDICT_ERROR, &text);
        complete(s->job, &r->results[i]);
    }
}

static void prepare(run *r) {
    const orr_check_runner_params *p = r->params;
    r->parallel = p->parallel ? p->parallel : orr_cpu_count();
    r->memory_bytes = p->memory_bytes ? p->memory_bytes : orr_memory_free_bytes() / 4 * 3;
    for (uint32_t i = 0; i < p->job_count; i++) {
        r->results[i] = (orr_check_result){0};
        r->scenes[i].job = &p->jobs[i];
        r->scenes[i].memory_bytes = (uint64_t)(job_memory_mib(&p->jobs[i]) * (1 << 20));
    }
}

orr_status orr_check_run(const orr_check_runner_params *params, orr_check_result *results, orr_error *err) {
    run r = {.params = params, .results = results};
    r.scenes = orr_calloc(params->job_count ? params->job_count : 1, sizeof *r.scenes);
    if (!r.scenes) {
        for (uint32_t i = 0; i < params->job_count; i++) results[i] = (orr_check_result){0};
        return orr_fail(err, ORR_E_MEMORY, NULL, "cannot run %u scenes: out of memory", params->job_count);
    }
    prepare(&r);
    while (r.done < params->job_count && !stopped(&r)) {
        uint32_t done = r.done;
        start_what_fits(&r);
        for (uint32_t i = 0; i < params->job_count; i++)
            if (r.scenes[i].progress == RUNNING) watch(&r, i);
        if (r.done == done) orr_sleep_ns(TICK_NS);
    }
    bool interrupted = r.done < params->job_count;
    if (interrupted) stop_all(&r);
    free(r.scenes);
    return interrupted ? orr_fail(err, ORR_E_INTERRUPTED, NULL, "interrupted after %u of %u scenes", r.done,
                                  params->job_count)
                       : ORR_OK;
}
