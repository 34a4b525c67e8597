#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "check/runner.h"
#include "check_sample.h"

enum { MOST = 12 };

/* --- scenes that are shell scripts ------------------------------------------------------------------------
 */

static char scratch[256], log_file[300], self[1024];

typedef struct stage {
    orr_check_job jobs[MOST];
    orr_check_result results[MOST];
    char names[MOST][16], result_files[MOST][320], messages_files[MOST][320], scripts[MOST][1024];
    const char *argv[MOST][4];
    uint32_t count, ended[MOST], ended_count;
    atomic_int *stop;
    orr_error err;
} stage;

/* `script` finds its result's place in $R and the log in $LOG, and the sample's passing result in $OK. */
static orr_check_job *add(stage *s, const char *script) {
    uint32_t i = s->count++;
    snprintf(s->names[i], sizeof s->names[i], "scene%u", i);
    snprintf(s->result_files[i], sizeof s->result_files[i], "%s/%u.json", scratch, i);
    snprintf(s->messages_files[i], sizeof s->messages_files[i], "%s/%u.err", scratch, i);
    orr_format(s->scripts[i], sizeof s->scripts[i], "R=%s LOG=%s OK=%s/ok.json N=%u; %s", s->result_files[i],
               log_file, scratch, i, script);
    const char **argv = s->argv[i];
    argv[0] = "/bin/sh";
    argv[1] = "-c";
    argv[2] = s->scripts[i];
    argv[3] = NULL;
    s->jobs[i] = (orr_check_job){.name = s->names[i],
                                 .file = "scenes/x.lua",
                                 .argv = argv,
                                 .result_file = s->result_files[i],
                                 .messages_file = s->messages_files[i],
                                 .timeout_s = 120};
    return &s->jobs[i];
}

static void note_end(void *context, uint32_t index, const orr_check_result *result, uint32_t done) {
    stage *s = context;
    s->ended[s->ended_count++] = index;
    assert_int_equal(done, s->ended_count);
    assert_string_equal(result->name, s->names[index]);
    if (s->stop) atomic_store(s->stop, 1);
}

static orr_status run(stage *s, uint32_t parallel, uint64_t memory_bytes) {
    const orr_check_runner_params params = {.jobs = s->jobs,
                                            .job_count = s->count,
                                            .parallel = parallel,
                                            .memory_bytes = memory_bytes,
                                            .stop = s->stop,
                                            .ended = note_end,
                                            .context = s};
    return orr_check_run(&params, s->results, &s->err);
}

static void done(stage *s) {
    for (uint32_t i = 0; i < s->count; i++) {
        orr_check_result_free(&s->results[i]);
        orr_file_remove(s->result_files[i]);
        orr_file_remove(s->messages_files[i]);
    }
    orr_file_remove(log_file);
}

static int setup(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    char path[512];
    orr_text text = {0};
    snprintf(scratch, sizeof scratch, "%s/orrery-runner-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(scratch) || !orr_path_program(self, sizeof self)) return 1;
    snprintf(log_file, sizeof log_file, "%s/log", scratch);
    snprintf(path, sizeof path, "%s/ok.json", scratch);
    orr_check_result_print(&sample_results()[1], &text);
    int failed = orr_file_write(path, text.data, text.length, NULL) != ORR_OK;
    orr_text_free(&text);
    return failed;
}

static int teardown(void **state) {
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/ok.json", scratch);
    orr_file_remove(path);
    return rmdir(scratch);
}

static void expect(const stage *s, uint32_t i, orr_verdict verdict, const char *message) {
    const orr_check_result *r = &s->results[i];
    if (r->verdict != verdict || !strstr(r->message, message))
        fail_msg("%s: %s, '%s'; expected %s, '%s'", r->name, orr_verdict_name(r->verdict), r->message,
                 orr_verdict_name(verdict), message);
}

/* --- tests
 * -------------------------------------------------------------------------------------------------- */

static void every_end(void **state) {
    (void)state;
    stage s = {0};
    add(&s, "echo hello >&2; cp $OK $R");
    add(&s, "echo some words >&2; echo >&2; echo 'the last words' >&2; kill -SEGV $$");
    add(&s, "echo no device >&2; exit 3");
    add(&s, "echo '{\"name\":7}' >$R");
    add(&s, ": >$R");
    add(&s, "cp $OK $R; exit 23");
    add(&s, ":")->argv = (const char *const[]){"/no/such/program", NULL};
    assert_int_equal(run(&s, 2, 0), ORR_OK);
    expect(&s, 0, ORR_VERDICT_PASSED, "");
    assert_string_equal(s.results[0].messages_text, "hello\n");
    assert_string_equal(s.results[0].name, "scene0"); /* the job's, whatever the file says */
    assert_true(s.results[0].wall_s > 0 && s.results[0].peak_rss_bytes > 100000);
    assert_int_equal(s.results[0].frame_count, 1);
    expect(&s, 1, ORR_VERDICT_CRASHED, "ended by SIGSEGV (11): the last words");
    assert_string_equal(s.results[1].messages_text, "some words\n\nthe last words\n");
    assert_string_equal(s.results[1].device, "");
    expect(&s, 2, ORR_VERDICT_ERROR, "exit code 3 and wrote no result: no device");
    expect(&s, 3, ORR_VERDICT_ERROR, "its result cannot be read: ");
    expect(&s, 3, ORR_VERDICT_ERROR, "name: a string was expected");
    expect(&s, 4, ORR_VERDICT_ERROR, "its result cannot be read: ");
    expect(&s, 5, ORR_VERDICT_ERROR, "ended with exit code 23 after its result");
    expect(&s, 6, ORR_VERDICT_ERROR, "/no/such/program");
    assert_int_equal(s.ended_count, 7);
    done(&s);
}

static void old_results_do_not_count(void **state) {
    (void)state;
    stage s = {0};
    add(&s, "exit 0");
    assert_int_equal(orr_file_write(s.result_files[0], "{}", 2, NULL), ORR_OK);
    assert_int_equal(run(&s, 1, 0), ORR_OK);
    expect(&s, 0, ORR_VERDICT_ERROR, "exit code 0 and wrote no result");
    done(&s);
}

static void too_long(void **state) {
    (void)state;
    stage s = {0};
    add(&s, "sleep 1000; cp $OK $R")->timeout_s = 0.3;
    add(&s, "trap '' TERM INT; while :; do :; done")->timeout_s = 0.2;
    add(&s, "cp $OK $R");
    assert_int_equal(run(&s, 2, 0), ORR_OK);
    expect(&s, 0, ORR_VERDICT_TIMEOUT, "ended after 0.3 s, its time limit");
    expect(&s, 1, ORR_VERDICT_TIMEOUT, "ended after 0.2 s, its time limit");
    expect(&s, 2, ORR_VERDICT_PASSED, "");
    done(&s);
}

/* This program again, holding 200 MiB. */
static int hold_memory(void) {
    const size_t size = 200u << 20;
    char *memory = malloc(size);
    for (size_t i = 0; memory && i < size; i += 4096) *(volatile char *)(memory + i) = 1;
    sleep(100);
    free(memory);
    return 0;
}

static void too_much(void **state) {
    (void)state;
#ifndef __linux__
    skip(); /* what a process holds is not known there */
#endif
    stage s = {0};
    orr_check_job *job = add(&s, ":");
    job->argv = (const char *const[]){self, "--hold", NULL};
    job->memory_mib = 100;
    assert_int_equal(run(&s, 1, 0), ORR_OK);
    expect(&s, 0, ORR_VERDICT_MEMORY, "it may take 100 MiB (memory_mib)");
    done(&s);
}

static char *read_log(void) {
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(orr_file_read(log_file, 1 << 20, &data, &size, NULL), ORR_OK);
    return (char *)data;
}

/* The most scenes that ran at one time, by their own account. */
static uint32_t most_at_a_time(const char *log) {
    uint32_t now = 0, most = 0;
    for (const char *s = log; *s; s++) {
        if (*s == '+') now++;
        if (*s == '-') now--;
        if (now > most) most = now;
    }
    return most;
}

static void within_memory(void **state) {
    (void)state;
    static const double k_mib[] = {400, 400, 900, 5000, 100, 100};
    static const struct {
        uint32_t parallel;
        uint64_t memory_mib;
        uint32_t most;
    } k_cases[] = {{1, 100000, 1}, {3, 100000, 3}, {6, 850, 3}, {6, 50, 1}};
    for (size_t c = 0; c < sizeof k_cases / sizeof k_cases[0]; c++) {
        stage s = {0};
        for (size_t i = 0; i < 6; i++)
            add(&s, "echo + >>$LOG; sleep 0.05; echo - >>$LOG; cp $OK $R")->memory_mib = k_mib[i];
        assert_int_equal(run(&s, k_cases[c].parallel, k_cases[c].memory_mib << 20), ORR_OK);
        for (uint32_t i = 0; i < 6; i++) expect(&s, i, ORR_VERDICT_PASSED, "");
        char *log = read_log();
        assert_true(most_at_a_time(log) <= k_cases[c].most);
        free(log);
        done(&s);
    }
}

/* The small one goes past the one that has to wait, or the first would wait for it in vain; the results keep
 * the order of the jobs. */
static void order(void **state) {
    (void)state;
    stage s = {0};
    add(&s, "until [ -e $LOG ]; do sleep 0.01; done; cp $OK $R")->memory_mib = 600;
    add(&s, "cp $OK $R")->memory_mib = 600;
    add(&s, "echo 2 >>$LOG; cp $OK $R")->memory_mib = 100;
    assert_int_equal(run(&s, 4, (uint64_t)1000 << 20), ORR_OK);
    for (uint32_t i = 0; i < 3; i++) {
        expect(&s, i, ORR_VERDICT_PASSED, "");
        assert_string_equal(s.results[i].name, s.names[i]);
    }
    done(&s);
}

static void interrupted(void **state) {
    (void)state;
    atomic_int stop = 0;
    stage s = {.stop = &stop};
    add(&s, "cp $OK $R");
    add(&s, "sleep 1000");
    add(&s, "cp $OK $R")->memory_mib = 3000;
    assert_int_equal(run(&s, 2, (uint64_t)2100 << 20), ORR_E_INTERRUPTED);
    assert_non_null(strstr(s.err.message, "interrupted after 1 of 3 scenes"));
    expect(&s, 0, ORR_VERDICT_PASSED, "");
    expect(&s, 1, ORR_VERDICT_ERROR, "interrupted");
    expect(&s, 2, ORR_VERDICT_ERROR, "interrupted");
    assert_string_equal(s.results[2].name, "scene2");
    done(&s);
}

static void nothing_to_do(void **state) {
    (void)state;
    stage s = {0};
    assert_int_equal(run(&s, 0, 0), ORR_OK);
    assert_int_equal(s.ended_count, 0);
}

/* A scene that writes without end: the end of it is kept, cut at a line. */
static void long_messages(void **state) {
    (void)state;
    stage s = {0};
    add(&s, "i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1");
    assert_int_equal(run(&s, 1, 0), ORR_OK);
    expect(&s, 0, ORR_VERDICT_ERROR, ": line 2999");
    size_t length = strlen(s.results[0].messages_text);
    assert_true(length > 15000 && length <= 16384);
    assert_memory_equal(s.results[0].messages_text, "line ", 5);
    done(&s);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--hold") == 0) return hold_memory();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_end),     cmocka_unit_test(old_results_do_not_count),
        cmocka_unit_test(too_long),      cmocka_unit_test(too_much),
        cmocka_unit_test(within_memory), cmocka_unit_test(order),
        cmocka_unit_test(interrupted),   cmocka_unit_test(nothing_to_do),
        cmocka_unit_test(long_messages),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
