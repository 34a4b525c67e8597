/* orrery check: runs regression scenes, each in a process of its own, and says what came of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "check/report.h"
#include "cli/check.h"

typedef struct check {
    const orr_cli *cli;
    char work[1024];
    bool temporary; /* the work folder is ours, and goes unless something failed */
    bool judged;    /* every scene has a result */
    orr_check_list list;
    orr_arena arena; /* words and paths of jobs */
    orr_check_job *jobs;
    uint32_t job_count;
    orr_check_result *results; /* one a job; first the scenes', in the list's order */
    orr_bar bar;
    uint64_t started_ns;
    double wall_s;
} check;

enum { MAX_REPEATS = 1000 };

static orr_status no_memory(orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the checks");
}

/* --- jobs -------------------------------------------------------------------------------------------------
 */

/* '~' is for those that tell names and kinds apart. */
static char plain(char c) {
    return c && strchr("/\\:*?\"<>|~", c) ? '_' : c;
}

/* "sub/lights" as the name of a folder, "sub_lights", and "sub_lights~2" where an earlier scene has that. */
static void folder_name(const orr_check_list *list, const orr_check_item *item, char *out, size_t size) {
    uint32_t twins = 0;
    size_t length = strlen(item->name);
    for (const orr_check_item *other = list->items; other < item; other++) {
        size_t i = 0;
        while (other->name[i] && plain(other->name[i]) == plain(item->name[i])) i++;
        twins += i == length && !other->name[i];
    }
    orr_format(out, size, "%s", item->name);
    for (char *c = out; *c; c++) *c = plain(*c);
    length = strlen(out);
    if (twins) orr_format(out + length, size - length, "~%u", twins + 1);
}

static uint32_t parallel_jobs(const check *c) {
    return c->cli->jobs ? c->cli->jobs : orr_cpu_count();
}

/* One process a core, or all cores for the one that runs alone. */
static uint32_t threads_of(const check *c, uint32_t job_count) {
    if (c->cli->threads) return c->cli->threads;
    return job_count > 1 && parallel_jobs(c) > 1 ? 1 : 0;
}

typedef struct job_kind {
    const char *suffix; /* of its folder: "", "~fault-1" */
    uint32_t mutation;  /* 0 = none */
    uint32_t threads;
} job_kind;

static orr_status add_job(check *c, const orr_check_item *item, const job_kind *kind, orr_error *err) {
    const orr_cli *cli = c->cli;
    char name[600], folder[2048], number[16];
    orr_check_words words;
    orr_check_job *job = &c->jobs[c->job_count++];
    folder_name(&c->list, item, name, sizeof name);
    orr_format(folder, sizeof folder, "%s/%s%s", c->work, name, kind->suffix);
    orr_status status =
        orr_check_job_begin(cli, &c->list, item, folder, kind->threads, &c->arena, job, &words, err);
    if (status != ORR_OK) return status;
    orr_check_words_pair(&words, "--out", folder);
    orr_format(number, sizeof number, "%u", kind->mutation);
    orr_check_words_pair(&words, "--mutation", kind->mutation ? number : NULL);
    if (cli->update) orr_check_words_add(&words, "--update");
    if (cli->budgets && !kind->mutation) orr_check_words_add(&words, "--budgets");
    job->argv = words.argv;
    return words.failed ? no_memory(err) : ORR_OK;
}

/* Scenes first, in their order; then their planted faults. */
static orr_status make_jobs(check *c, orr_error *err) {
    uint32_t total = 0;
    for (uint32_t i = 0; i < c->list.count; i++)
        total += 1 + (c->cli->mutate ? c->list.items[i].mutation_count : 0);
    c->jobs = orr_calloc(total, sizeof *c->jobs);
    c->results = orr_calloc(total, sizeof *c->results);
    if (!c->jobs || !c->results) return no_memory(err);
    job_kind kind = {.suffix = "", .threads = threads_of(c, total)};
    orr_status status = ORR_OK;
    for (uint32_t i = 0; i < c->list.count && status == ORR_OK; i++)
        status = add_job(c, &c->list.items[i], &kind, err);
    for (uint32_t i = 0; i < c->list.count && status == ORR_OK && c->cli->mutate; i++)
        for (uint32_t m = 0; m < c->list.items[i].mutation_count && status == ORR_OK; m++) {
            char suffix[32];
            orr_format(suffix, sizeof suffix, "~fault-%u", m + 1);
            kind.suffix = suffix;
            kind.mutation = m + 1;
            status = add_job(c, &c->list.items[i], &kind, err);
        }
    return status;
}

static void on_ended(void *context, uint32_t index, const orr_check_result *result, uint32_t done) {
    check *c = context;
    (void)index;
    const orr_progress progress = {
        .done = done, .total = c->job_count, .elapsed_s = (double)(orr_time_ns() - c->started_ns) * 1e-9};
    orr_bar_draw(&c->bar, &progress);
    (void)result;
}

static orr_status run_jobs(check *c, orr_error *err) {
    const orr_check_runner_params params = {.jobs = c->jobs,
                                            .job_count = c->job_count,
                                            .parallel = parallel_jobs(c),
                                            .stop = orr_cli_stop(),
                                            .ended = on_ended,
                                            .context = c};
    c->bar.on = !c->cli->quiet && !c->cli->json && orr_stream_is_terminal(2);
    c->bar.unit = "scenes";
    c->started_ns = orr_time_ns();
    orr_status status = orr_check_run(&params, c->results, err);
    c->wall_s = (double)(orr_time_ns() - c->started_ns) * 1e-9;
    orr_bar_clear(&c->bar);
    return status;
}

/* --- planted faults ---------------------------------------------------------------------------------------
 */

static const char *keep(orr_check_result *result, const char *text) {
    const char *copy = orr_arena_strdup(&result->arena, text);
    return copy ? copy : "";
}

static void judge_fault(orr_check_result *scene, const orr_check_result *tried, const char *name) {
    orr_check_mutation_result *out = &scene->mutations[scene->mutation_count++];
    bool caught = tried->verdict == ORR_VERDICT_FAILED || tried->verdict == ORR_VERDICT_STALE;
    bool passed = !orr_verdict_is_failure(tried->verdict);
    out->name = keep(scene, name);
    out->verdict = caught ? ORR_VERDICT_PASSED : passed ? ORR_VERDICT_SURVIVED : ORR_VERDICT_ERROR;
    out->caught_by = keep(scene, passed ? "" : tried->message);
    if (caught || orr_verdict_is_failure(scene->verdict)) return;
    char text[900];
    orr_format(text, sizeof text, "the planted fault '%s' %s%s", name,
               passed ? "was not noticed" : "could not be tried: ", passed ? "" : tried->message);
    scene->verdict = out->verdict;
    scene->message = keep(scene, text);
}

/* A scene that fails by itself proves nothing about its faults. */
static void judge_faults(check *c) {
    uint32_t at = c->list.count;
    for (uint32_t i = 0; i < c->list.count && c->cli->mutate; i++) {
        const orr_check_item *item = &c->list.items[i];
        orr_check_result *scene = &c->results[i];
        bool sound = scene->verdict == ORR_VERDICT_PASSED || scene->verdict == ORR_VERDICT_OVER_BUDGET;
        scene->mutations = ORR_ARENA_NEW(&scene->arena, orr_check_mutation_result, item->mutation_count + 1);
        for (uint32_t m = 0; m < item->mutation_count; m++, at++)
            if (sound && scene->mutations) judge_fault(scene, &c->results[at], item->mutations[m]);
    }
}

/* --- what came of it --------------------------------------------------------------------------------------
 */

static bool is_failure(const check *c, const orr_check_result *result) {
    return orr_check_is_failure(result, &(orr_check_run_info){.budgets = c->cli->budgets});
}

static uint32_t count_failures(const check *c) {
    uint32_t failures = 0;
    for (uint32_t i = 0; i < c->list.count; i++) failures += is_failure(c, &c->results[i]);
    return failures;
}

/* Of --update: what is new, beside what was. */
static bool has_pictures(const check *c) {
    bool found = false;
    for (uint32_t i = 0; c->results && i < c->list.count; i++)
        for (uint32_t f = 0; f < c->results[i].frame_count; f++)
            for (uint32_t k = 0; k < c->results[i].frames[f].image_count; k++)
                found |= c->results[i].frames[f].images[k].heat_file != NULL;
    return found;
}

static void say_details(const orr_check_result *r, orr_text *out) {
    const char *indent = "                   ";
    for (uint32_t f = 0; f < r->frame_count; f++)
        for (uint32_t i = 0; i < r->frames[f].failure_count; i++)
            if (!strstr(r->message, r->frames[f].failures[i]))
                orr_text_printf(out, "%s%s\n", indent, r->frames[f].failures[i]);
    if (r->diverging_channel)
        orr_text_printf(out, "%sfirst to differ: %s%s%s%s, %s\n", indent, r->diverging_pass ? "pass '" : "",
                        r->diverging_pass ? r->diverging_pass : "", r->diverging_pass ? "', writing " : "",
                        r->diverging_channel, r->diverging_how ? r->diverging_how : "");
    for (uint32_t i = 0; i < r->stale_count; i++)
        orr_text_printf(out, "%schanged since the golden was made: %s\n", indent, r->stale_inputs[i]);
    for (uint32_t f = 0; f < r->frame_count; f++)
        for (uint32_t i = 0; i < r->frames[f].image_count; i++)
            if (r->frames[f].images[i].heat_file)
                orr_text_printf(out, "%spictures: %s\n", indent, r->frames[f].images[i].heat_file);
}

static void say_text(check *c, orr_text *out) {
    uint32_t counts[ORR_VERDICT_CRASHED + 1] = {0}, faults = 0, unplanted = 0;
    for (uint32_t i = 0; i < c->list.count; i++) {
        const orr_check_result *r = &c->results[i];
        counts[r->verdict]++;
        faults += r->mutation_count;
        unplanted += c->cli->mutate && !c->list.items[i].mutation_count;
        bool told =
            is_failure(c, r) || r->verdict == ORR_VERDICT_SKIPPED || c->cli->update || c->cli->calibrate;
        if (!told || (c->cli->quiet && !is_failure(c, r))) continue;
        orr_text_printf(out, "%-18s %s%s%s\n", orr_verdict_name(r->verdict), r->name,
                        r->message && r->message[0] ? ": " : "", r->message ? r->message : "");
        if (is_failure(c, r) || c->cli->update) say_details(r, out);
    }
    if (c->cli->quiet) return;
    orr_text_printf(out, "%u scene%s on %s in %.1f s:", c->list.count, c->list.count == 1 ? "" : "s",
                    c->list.device, c->wall_s);
    const char *between = " ";
    for (int v = 0; v <= ORR_VERDICT_CRASHED; v++) {
        if (!counts[v]) continue;
        orr_text_printf(out, "%s%u %s", between, counts[v], orr_verdict_name((orr_verdict)v));
        between = ", ";
    }
    if (faults) orr_text_printf(out, "; %u planted fault%s tried", faults, faults == 1 ? "" : "s");
    if (unplanted)
        orr_text_printf(out, "; %u scene%s no fault to try", unplanted, unplanted == 1 ? " has" : "s have");
    orr_text_puts(out, "\n");
    if (count_failures(c) || has_pictures(c)) orr_text_printf(out, "pictures and messages: %s\n", c->work);
}

static void say_json(check *c, orr_text *out) {
    orr_text_puts(out, "{\"device\": ");
    orr_text_json_string(out, c->list.device);
    orr_cli_json_text(out, "driver", c->list.driver);
    orr_cli_json_text(out, "fingerprint", c->list.fingerprint);
    bool kept = !c->temporary || count_failures(c) || has_pictures(c);
    orr_cli_json_text(out, "work", kept ? c->work : NULL);
    orr_text_printf(out, ", \"failed\": %u, \"wall_s\": ", count_failures(c));
    orr_cli_json_number(out, c->wall_s);
    orr_text_puts(out, ", \"scenes\": [");
    for (uint32_t i = 0; i < c->list.count; i++) {
        orr_text_puts(out, i ? ",\n" : "\n");
        orr_check_result_print(&c->results[i], out);
    }
    orr_text_puts(out, "]}\n");
}

static orr_status write_reports(check *c, orr_error *err) {
    const orr_cli *cli = c->cli;
    const orr_check_run_info info = {.title = "Regression scenes",
                                     .version = orr_version(),
                                     .wall_s = c->wall_s,
                                     .budgets = cli->budgets,
                                     .label = cli->label ? cli->label : ""};
    orr_status status = ORR_OK;
    if (cli->history) status = orr_check_history_append(c->results, c->list.count, &info, cli->history, err);
    if (status == ORR_OK && cli->junit)
        status = orr_check_junit(c->results, c->list.count, &info, cli->junit, err);
    if (status == ORR_OK && cli->html)
        status = orr_check_html(c->results, c->list.count, &info, cli->history, cli->html, err);
    return status;
}

/* --- --list
 * ------------------------------------------------------------------------------------------------- */

static void list_scenes(const check *c, orr_text *out) {
    const orr_check_list *list = &c->list;
    if (c->cli->json) orr_text_puts(out, "[");
    for (uint32_t i = 0; i < list->count; i++) {
        const orr_check_item *item = &list->items[i];
        if (c->cli->json) {
            orr_text_puts(out, i ? ",\n {\"name\": " : "\n {\"name\": ");
            orr_text_json_string(out, item->name);
            orr_cli_json_text(out, "file", item->file);
            orr_cli_json_text(out, "golden", item->golden);
            orr_text_printf(out, ", \"mutations\": %u, \"tags\": [", item->mutation_count);
        } else {
            const char *what = item->undeclared ? "broken" : item->golden ? "golden" : "asserts alone";
            orr_text_printf(out, "%-28s %s%s", item->name, what, item->tag_count ? "  " : "");
        }
        for (uint32_t t = 0; t < item->tag_count; t++) {
            if (t) orr_text_puts(out, c->cli->json ? ", " : " ");
            if (c->cli->json)
                orr_text_json_string(out, item->tags[t]);
            else
                orr_text_puts(out, item->tags[t]);
        }
        orr_text_puts(out, c->cli->json ? "]}" : "\n");
    }
    if (c->cli->json) orr_text_puts(out, "\n]\n");
}

/* --- the command
 * -------------------------------------------------------------------------------------------- */

/* A script's own parameters are inputs, which a golden tells of; what modules are set to is not. */
static bool sets_modules(const orr_cli *cli) {
    bool sets = false;
    for (uint32_t i = 0; i < cli->overlay_count; i++) {
        const char *text = cli->overlays[i].text;
        sets |= cli->overlays[i].kind != ORR_OVERLAY_SET || strcspn(text, ".") < strcspn(text, "=");
    }
    return sets;
}

static orr_status refuse_mixtures(const orr_cli *cli, orr_error *err) {
    if (cli->update && (cli->mutate || cli->calibrate || cli->budgets))
        return orr_fail(
            err, ORR_E_USAGE, NULL,
            "--update writes goldens, and judges nothing: leave --mutate, --calibrate and --budgets out");
    if (cli->calibrate && (cli->mutate || cli->budgets || cli->threads))
        return orr_fail(err, ORR_E_USAGE, NULL,
                        "--calibrate measures with 1 and 2 threads, without --mutate and --budgets");
    if (cli->calibrate > MAX_REPEATS)
        return orr_fail(err, ORR_E_USAGE, NULL, "--calibrate renders each scene at most %d times",
                        MAX_REPEATS);
    if ((cli->update || cli->calibrate) && sets_modules(cli))
        return orr_fail(err, ORR_E_USAGE, NULL,
                        "goldens are of what scenes say themselves: --update and --calibrate take no "
                        "--preset, --enable, --disable, nor --set of a module's parameter");
    if (cli->list && (cli->update || cli->calibrate || cli->mutate || cli->budgets || cli->junit ||
                      cli->html || cli->history))
        return orr_fail(err, ORR_E_USAGE, NULL, "--list runs nothing: leave the other options out");
    if (cli->label && !cli->history)
        return orr_fail(err, ORR_E_USAGE, NULL, "--label is for a line of --history FILE");
    return ORR_OK;
}

/* Two may be held against the same pictures, but only one can be what they are of. */
static orr_status refuse_twins(const check *c, orr_error *err) {
    const orr_check_item *items = c->list.items;
    for (uint32_t i = 0; i < c->list.count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (items[i].golden && items[k].golden && !strcmp(items[i].golden, items[k].golden))
                return orr_fail(err, ORR_E_USAGE, items[i].golden,
                                "%s and %s have one golden, %s: update one of them, with --filter",
                                items[k].name, items[i].name, items[i].golden);
    return ORR_OK;
}

static orr_status make_work(check *c, orr_error *err) {
    if (c->cli->out) {
        orr_format(c->work, sizeof c->work, "%s", c->cli->out);
        return orr_folder_create(c->work, err);
    }
    c->temporary = true;
    return orr_folder_temporary("orrery-check", c->work, sizeof c->work, err);
}

static orr_status run(check *c, orr_error *err) {
    orr_status status = refuse_mixtures(c->cli, err);
    if (status == ORR_OK) status = make_work(c, err);
    if (status == ORR_OK) status = orr_check_find(c->cli, c->work, &c->list, err);
    if (status == ORR_OK && !c->list.count)
        status = orr_fail(err, ORR_E_USAGE, NULL,
                          c->cli->filter || c->cli->tag
                              ? "no scene fits --filter and --tag"
                              : "no regression scene there: a script with orrery.check{ … }");
    if (status == ORR_OK && (c->cli->update || c->cli->calibrate)) status = refuse_twins(c, err);
    if (status != ORR_OK || c->cli->list) return status;
    if (c->cli->calibrate) {
        status = orr_check_calibrate(c->cli, c->work, &c->list, &c->results, &c->wall_s, err);
    } else {
        status = make_jobs(c, err);
        if (status == ORR_OK) status = run_jobs(c, err);
        if (status == ORR_OK) judge_faults(c);
    }
    if (status != ORR_OK) return status;
    c->judged = true;
    return write_reports(c, err);
}

static void clean_up(check *c, bool keep_work) {
    for (uint32_t i = 0; c->results && i < (c->job_count ? c->job_count : c->list.count); i++)
        orr_check_result_free(&c->results[i]);
    free(c->results);
    free(c->jobs);
    orr_arena_free(&c->arena);
    orr_check_list_free(&c->list);
    if (c->temporary && c->work[0] && !keep_work) orr_folder_remove(c->work);
}

int orr_cmd_check(orr_cli *cli) {
    check c = {.cli = cli};
    orr_error err = {0};
    orr_text text = {0};
    orr_status status = run(&c, &err);
    int code = 0;
    if (status == ORR_OK && cli->list) {
        list_scenes(&c, &text);
    } else if (c.judged) {
        code = count_failures(&c) ? 1 : 0;
        if (!cli->json)
            say_text(&c, &text); /* also where a report could not be written */
        else if (status == ORR_OK)
            say_json(&c, &text);
    }
    /* Messages hold what scripts wrote: nothing in them may talk to the terminal. */
    if (!cli->json && text.data) orr_text_clean(text.data, text.length, true);
    orr_cli_print(&text);
    clean_up(&c, c.judged && (code != 0 || has_pictures(&c)));
    if (status != ORR_OK) code = orr_cli_fail(cli, &err);
    return code;
}
