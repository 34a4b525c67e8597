/* orrery check --calibrate N: how far the pictures of this device lie from the goldens, and from each other.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "check/golden.h"
#include "check/judge.h"
#include "cli/check.h"
#include "cli/check_inputs.h"

enum { THREADS = 2 }; /* 1 and 2: what depends on their number shows */

typedef struct calibration {
    const orr_cli *cli;
    const orr_check_list *list;
    orr_arena arena;
    const char **folders; /* of the repeats, scene by scene */
    uint32_t each;        /* repeats of a scene */
} calibration;

/* What came of the repeats of one scene. */
typedef struct measured {
    orr_golden_measured entry;
    orr_check_metrics noise[ORR_CHECK_AOV_COUNT]; /* between repeats */
} measured;

static const orr_check_metrics unknown = {NAN, NAN, NAN, NAN, NAN, NAN};

/* Adds how far the frames of `b` lie from those of `a`. */
static orr_status add_distance(const char *a_folder, const orr_golden *a, const char *b_folder,
                               const orr_golden *b, orr_check_metrics *worst, bool *given, orr_error *err) {
    const orr_golden_source sources[2] = {orr_golden_folder(a_folder), orr_golden_folder(b_folder)};
    orr_status status = ORR_OK;
    for (uint32_t f = 0; f < b->frame_count && status == ORR_OK; f++) {
        orr_image left[ORR_CHECK_AOV_COUNT] = {0}, right[ORR_CHECK_AOV_COUNT] = {0};
        const int64_t frame = b->frames[f].frame;
        status = orr_golden_images(a, &sources[0], frame, left, err);
        if (status == ORR_OK) status = orr_golden_images(b, &sources[1], frame, right, err);
        for (int aov = 0; aov < ORR_CHECK_AOV_COUNT && status == ORR_OK; aov++) {
            orr_check_metrics m;
            if (!left[aov].pixels || !right[aov].pixels) continue;
            status = orr_check_measure((orr_check_aov)aov, &left[aov], &right[aov], &m, NULL, err);
            if (status != ORR_OK) break;
            orr_check_worse(&worst[aov], &m);
            if (given) given[aov] = true;
        }
        orr_check_images_free(left);
        orr_check_images_free(right);
    }
    return status;
}

/* The distance has to be the device's. */
static orr_status refuse_stale(const orr_golden *golden, orr_golden *now, orr_error *err) {
    const char **changed = NULL;
    uint32_t count = 0;
    orr_status status = orr_check_inputs_changed(golden, now, &now->arena, &changed, &count, err);
    if (status != ORR_OK || !count) return status;
    return orr_fail(
        err, ORR_E_STALE, NULL,
        "the golden was made of other inputs (%s), and the distance would measure that: --update first",
        changed[0]);
}

static orr_status measure(const calibration *c, const char *const *folders, const char *golden_folder,
                          const orr_golden *golden, measured *out, orr_error *err) {
    orr_golden first = {0};
    const orr_golden_source source = orr_golden_folder(folders[0]);
    orr_status status = orr_golden_open(&source, &first, err);
    if (status == ORR_OK) status = refuse_stale(golden, &first, err);
    for (uint32_t i = 0; i < c->each && status == ORR_OK; i++) {
        orr_golden repeat = {0};
        const orr_golden_source other = orr_golden_folder(folders[i]);
        status = orr_golden_open(&other, &repeat, err);
        if (status == ORR_OK)
            status = add_distance(golden_folder, golden, folders[i], &repeat, out->entry.aovs,
                                  out->entry.given, err);
        if (status == ORR_OK && i)
            status = add_distance(folders[0], &first, folders[i], &repeat, out->noise, NULL, err);
        orr_golden_free(&repeat);
    }
    orr_golden_free(&first);
    return status;
}

/* golden.json with the entry of this device, new or in the place of its last. */
static orr_status record(calibration *c, const char *folder, orr_golden *golden,
                         const orr_golden_measured *entry, orr_error *err) {
    orr_golden_measured *list = ORR_ARENA_NEW(&c->arena, orr_golden_measured, golden->measured_count + 1);
    uint32_t n = 0;
    if (!list) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for what was measured");
    for (uint32_t i = 0; i < golden->measured_count; i++)
        if (!orr_golden_same_numbers(&golden->measured[i].device, &entry->device))
            list[n++] = golden->measured[i];
    if (n == ORR_GOLDEN_MAX_MEASURED)
        return orr_fail(err, ORR_E_LIMIT, NULL, "%d devices were measured already", ORR_GOLDEN_MAX_MEASURED);
    list[n++] = *entry;
    golden->measured = list;
    golden->measured_count = n;
    return orr_golden_write(folder, golden, NULL, err);
}

static void say_metrics(orr_text *out, const orr_check_metrics *m) {
    if (!isnan(m->max)) orr_text_printf(out, " max %.4g", m->max);
    if (!isnan(m->flip)) orr_text_printf(out, " flip %.4g", m->flip);
    if (isnan(m->flip) && !isnan(m->differing)) orr_text_printf(out, " differing %.4g", m->differing);
}

/* "display max 0.1 flip 0.003 from the golden, repeats alike". */
static void say(const measured *m, orr_text *out) {
    bool noisy = false;
    for (int aov = ORR_CHECK_AOV_COUNT - 1; aov >= 0; aov--) {
        if (!m->entry.given[aov]) continue;
        orr_text_printf(out, "%s%s", out->length ? ", " : "", orr_check_aov_name((orr_check_aov)aov));
        say_metrics(out, &m->entry.aovs[aov]);
        noisy |= m->noise[aov].differing > 0;
    }
    orr_text_puts(out, " from the golden; repeats ");
    if (!noisy) orr_text_puts(out, "alike");
    for (int aov = ORR_CHECK_AOV_COUNT - 1; aov >= 0 && noisy; aov--) {
        if (!(m->noise[aov].differing > 0)) continue;
        orr_text_printf(out, "differ: %s", orr_check_aov_name((orr_check_aov)aov));
        say_metrics(out, &m->noise[aov]);
    }
}

/* On the very numbers that the golden was made on, any distance is a change, or noise that the script has to
 * allow in its own words: recording it would hide that. */
static bool is_apart(const measured *m) {
    bool apart = false;
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++)
        apart |= m->entry.given[aov] && m->entry.aovs[aov].differing > 0;
    return apart;
}

/* A NaN against a number is no distance: nothing would be too far any more. */
static bool is_boundless(const measured *m) {
    bool boundless = false;
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++)
        boundless |= m->entry.given[aov] && isinf(m->entry.aovs[aov].max);
    return boundless;
}

static orr_status calibrate(calibration *c, uint32_t index, orr_text *said, bool *refused, orr_error *err) {
    const orr_check_item *item = &c->list->items[index];
    measured m = {.entry = {.device = {c->list->device, c->list->driver, c->list->tier, c->list->fingerprint},
                            .repeats = c->each,
                            .threads = "1, 2"}};
    orr_golden golden = {0};
    const orr_golden_source source = orr_golden_folder(item->golden);
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) m.entry.aovs[aov] = m.noise[aov] = unknown;
    orr_status status = orr_golden_open(&source, &golden, err);
    if (status == ORR_OK)
        status = measure(c, c->folders + (size_t)index * c->each, item->golden, &golden, &m, err);
    if (status == ORR_OK) {
        say(&m, said);
        bool own = orr_golden_same_numbers(&golden.device, &m.entry.device);
        *refused = (own && is_apart(&m)) || is_boundless(&m);
        if (!*refused)
            status = record(c, item->golden, &golden, &m.entry, err);
        else if (is_boundless(&m))
            orr_text_puts(said, "; not recorded: a NaN or infinity stands against a number");
        else
            orr_text_puts(said, "; not recorded: this is what the golden was made on, so it has changed "
                                "(--update), or its noise needs a `tolerance`");
    }
    orr_golden_free(&golden);
    return status;
}

/* --- the repeats ------------------------------------------------------------------------------------------
 */

static const char *keep(orr_arena *arena, const char *text) {
    const char *copy = orr_arena_strdup(arena, text);
    return copy ? copy : "";
}

static orr_status make_job(calibration *c, const char *work, uint32_t index, uint32_t repeat,
                           orr_check_job *job, orr_error *err) {
    const orr_check_item *item = &c->list->items[index];
    char folder[2048];
    orr_check_words words;
    orr_format(folder, sizeof folder, "%s/calibrate-%u-%u", work, index, repeat);
    c->folders[(size_t)index * c->each + repeat] = keep(&c->arena, folder);
    orr_status status =
        orr_check_job_begin(c->cli, c->list, item, folder, repeat % THREADS + 1, &c->arena, job, &words, err);
    if (status != ORR_OK) return status;
    orr_check_words_pair(&words, "--golden-out", folder);
    job->argv = words.argv;
    return words.failed ? orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the repeats") : ORR_OK;
}

/* The scene's result is that of its first repeat, or of the first that failed. */
static void gather(calibration *c, orr_check_result *runs, orr_check_result *results) {
    for (uint32_t i = 0; i < c->list->count; i++) {
        uint32_t chosen = 0;
        for (uint32_t r = 0; r < c->each; r++)
            if (runs[(size_t)i * c->each + r].verdict > runs[(size_t)i * c->each + chosen].verdict)
                chosen = r;
        for (uint32_t r = 0; r < c->each; r++)
            if (r != chosen) orr_check_result_free(&runs[(size_t)i * c->each + r]);
        orr_check_result *result = &results[i];
        *result = runs[(size_t)i * c->each + chosen];
        if (result->verdict != ORR_VERDICT_PASSED || !c->list->items[i].golden) continue;
        orr_text said = {0};
        orr_error err = {0};
        bool refused = false;
        orr_status status = calibrate(c, i, &said, &refused, &err);
        result->message = keep(&result->arena, status == ORR_OK ? orr_text_cstr(&said) : err.message);
        if (refused) result->verdict = ORR_VERDICT_FAILED;
        if (status != ORR_OK)
            result->verdict = status == ORR_E_NOT_FOUND ? ORR_VERDICT_MISSING
                              : status == ORR_E_STALE   ? ORR_VERDICT_STALE
                                                        : ORR_VERDICT_ERROR;
        orr_text_free(&said);
    }
}

orr_status orr_check_calibrate(const orr_cli *cli, const char *work, const orr_check_list *list,
                               orr_check_result **results, double *wall_s, orr_error *err) {
    calibration c = {.cli = cli, .list = list, .each = cli->calibrate * THREADS};
    const uint32_t total = list->count * c.each;
    orr_check_job *jobs = orr_calloc(total, sizeof *jobs);
    orr_check_result *runs = orr_calloc(total, sizeof *runs);
    *results = orr_calloc(list->count, sizeof **results);
    c.folders = orr_calloc(total, sizeof *c.folders);
    orr_status status = jobs && runs && *results && c.folders
                            ? ORR_OK
                            : orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the repeats");
    for (uint32_t i = 0; i < total && status == ORR_OK; i++)
        status = make_job(&c, work, i / c.each, i % c.each, &jobs[i], err);
    const uint64_t started_ns = orr_time_ns();
    const orr_check_runner_params params = {
        .jobs = jobs, .job_count = total, .parallel = cli->jobs, .stop = orr_cli_stop()};
    if (status == ORR_OK) status = orr_check_run(&params, runs, err);
    if (status == ORR_OK)
        gather(&c, runs, *results);
    else
        for (uint32_t i = 0; runs && i < total; i++) orr_check_result_free(&runs[i]);
    *wall_s = (double)(orr_time_ns() - started_ns) * 1e-9;
    free(jobs);
    free(runs);
    free(c.folders);
    orr_arena_free(&c.arena);
    return status;
}
