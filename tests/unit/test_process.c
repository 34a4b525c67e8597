#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/platform/platform.h"
#include "base/platform/process.h"

#define LONG_NS (120 * (uint64_t)1000000000)

/* --- a scratch file, and children that are this program again ------------------------------------------- */

static char scratch[256], output[512], messages[512], self[1024];

static int setup(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/orrery-process-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(scratch)) return 1;
    snprintf(output, sizeof output, "%s/out", scratch);
    snprintf(messages, sizeof messages, "%s/err", scratch);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    unlink(output);
    unlink(messages);
    return rmdir(scratch);
}

static void assert_file(const char *path, const char *text) {
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(orr_file_read(path, 1 << 20, &data, &size, NULL), ORR_OK);
    assert_string_equal((const char *)data, text);
    free(data);
}

static orr_child_end run(const orr_child_params *params) {
    orr_child *child = NULL;
    orr_child_end end = {0};
    orr_error err = {0};
    if (orr_child_start(params, &child, &err) != ORR_OK) fail_msg("%s", err.message);
    assert_true(orr_child_wait(child, LONG_NS, &end));
    assert_true(orr_child_poll(child, &end)); /* it stays ended */
    assert_int_equal(orr_child_rss_bytes(child), 0);
    orr_child_destroy(&child);
    assert_null(child);
    return end;
}

/* The child shares nothing with the parent's tests: what it does is chosen by its first argument. */
static int echo_bytes(void) {
    unsigned char byte = 0;
    while (orr_channel_read(ORR_CHILD_CHANNEL_FD, &byte, 1, 0, NULL) == ORR_OK)
        if (orr_channel_write(ORR_CHILD_CHANNEL_FD, &byte, 1, 0, NULL) != ORR_OK) return 1;
    return 7;
}

static int list_descriptors(void) {
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0) printf("%d ", fd);
    return 0;
}

static int hold_memory(void) {
    const size_t size = 256u << 20;
    char *memory = malloc(size);
    if (!memory) return 9;
    for (size_t i = 0; i < size; i += 4096) *(volatile char *)(memory + i) = 1;
    free(memory);
    return 0;
}

_Noreturn static void burn(void) {
    signal(SIGXCPU, SIG_IGN); /* only the harder limit ends this one */
    for (volatile unsigned i = 0;; i++) {
    }
}

static int child_main(const char *what) {
    if (strcmp(what, "--echo") == 0) return echo_bytes();
    if (strcmp(what, "--list") == 0) return list_descriptors();
    if (strcmp(what, "--hold") == 0) return hold_memory();
    if (strcmp(what, "--burn") == 0) burn();
    return 99;
}

/* --- the tests --------------------------------------------------------------------------------------------
 */

static void ends_and_writes(void **state) {
    (void)state;
    const char *argv[] = {"sh", "-c", "echo out; echo err >&2; cat; exit 3", NULL};
    orr_child_end end = run(&(orr_child_params){.argv = argv, .output = output, .messages = messages});
    assert_int_equal(end.exit_code, 3);
    assert_int_equal(end.signal, 0);
    assert_true(end.wall_s > 0 && end.cpu_s >= 0 && end.peak_rss_bytes > 100000);
    assert_file(output, "out\n");
    assert_file(messages, "err\n");
}

static void says_what_cannot_start(void **state) {
    (void)state;
    const char *missing[] = {"no-such-program-orrery", NULL}, *absent[] = {"/no/such/program", NULL},
               *folder[] = {"/tmp", NULL}, *fine[] = {"/bin/sh", "-c", ":", NULL};
    orr_child *child = NULL;
    orr_error err = {0};
    assert_int_equal(orr_child_start(&(orr_child_params){.argv = missing}, &child, &err), ORR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "no-such-program-orrery"));
    assert_int_equal(orr_child_start(&(orr_child_params){.argv = absent}, &child, &err), ORR_E_NOT_FOUND);
    assert_int_equal(orr_child_start(&(orr_child_params){.argv = folder}, &child, &err), ORR_E_PROCESS);
    assert_int_equal(
        orr_child_start(&(orr_child_params){.argv = fine, .output = "/no/folder/out"}, &child, &err),
        ORR_E_WRITE);
    assert_non_null(strstr(err.message, "/no/folder/out"));
    assert_null(child);
}

static void tells_the_signal(void **state) {
    (void)state;
    const char *argv[] = {"/bin/sh", "-c", "kill -SEGV $$", NULL};
    orr_child_end end = run(&(orr_child_params){.argv = argv});
    assert_int_equal(end.signal, SIGSEGV);
    assert_int_equal(end.exit_code, 128 + SIGSEGV);
    assert_string_equal(orr_signal_name(end.signal), "SIGSEGV");
    assert_string_equal(orr_signal_name(12345), "signal");
}

static void environment(void **state) {
    (void)state;
    const char *argv[] = {"/bin/sh", "-c", "echo \"$ORR_A $ORR_B $ORR_C\"", NULL};
    const char *env[] = {"ORR_A=a", "ORR_B=new", NULL};
    orr_setenv("ORR_B", "old", true);
    orr_setenv("ORR_C", "c", true);
    (void)run(&(orr_child_params){.argv = argv, .env = env, .output = output});
    assert_file(output, "a new c\n");
    (void)run(&(orr_child_params){.argv = argv, .env = env, .clean_env = true, .output = output});
    assert_file(output, "a new \n");
}

static void inherits_nothing_else(void **state) {
    (void)state;
    const char *argv[] = {self, "--list", NULL};
    int extra = dup(STDERR_FILENO), low = open("/dev/null", O_RDONLY);
    assert_true(extra >= 0 && low >= 0);
    (void)run(&(orr_child_params){.argv = argv, .output = output});
    assert_file(output, "0 1 2 ");
    (void)run(&(orr_child_params){.argv = argv, .output = output, .channel = true});
    assert_file(output, "0 1 2 3 ");
    (void)run(&(orr_child_params){.argv = argv, .output = output, .pass_fd = low});
    assert_file(output, "0 1 2 4 ");
    (void)run(&(orr_child_params){.argv = argv, .output = output, .pass_fd = low, .channel = true});
    assert_file(output, "0 1 2 3 4 ");
    close(extra);
    close(low);
}

static void passes_a_descriptor(void **state) {
    (void)state;
    const char *argv[] = {"/bin/sh", "-c", "cat <&4", NULL};
    assert_int_equal(orr_file_write(messages, "passed", 6, NULL), ORR_OK);
    int fd = open(messages, O_RDONLY);
    assert_true(fd > 0);
    assert_int_equal(run(&(orr_child_params){.argv = argv, .output = output, .pass_fd = fd}).exit_code, 0);
    assert_file(output, "passed");
    close(fd);
}

static void talks(void **state) {
    (void)state;
    const char *argv[] = {self, "--echo", NULL};
    orr_child *child = NULL;
    orr_child_end end;
    orr_error err = {0};
    static char sent[20000], got[sizeof sent];
    for (size_t i = 0; i < sizeof sent; i++) sent[i] = (char)(i * 31);
    assert_int_equal(orr_child_start(&(orr_child_params){.argv = argv, .channel = true}, &child, &err),
                     ORR_OK);
    int fd = orr_child_channel(child);
    assert_int_equal(orr_channel_write(fd, sent, sizeof sent, LONG_NS, &err), ORR_OK);
    assert_int_equal(orr_channel_read(fd, got, sizeof got, LONG_NS, &err), ORR_OK);
    assert_memory_equal(sent, got, sizeof sent);
    assert_int_equal(orr_channel_read(fd, got, 1, 1000000, &err), ORR_E_TIMEOUT);
    assert_false(orr_child_poll(child, &end));
    assert_true(orr_child_rss_bytes(child) > 0);
    orr_child_kill(child);
    assert_true(orr_child_wait(child, LONG_NS, &end));
    assert_int_equal(end.signal, SIGKILL);
    assert_int_equal(orr_channel_read(fd, got, 1, LONG_NS, &err), ORR_E_PROCESS);
    assert_int_equal(orr_channel_write(fd, got, 1, LONG_NS, &err), ORR_E_PROCESS);
    orr_child_destroy(&child);
}

/* One that nobody reads from: writing has to give up in time, not when the buffer is full. */
static void gives_up_writing(void **state) {
    (void)state;
    const char *argv[] = {"/bin/sh", "-c", "sleep 60", NULL};
    orr_child *child = NULL;
    static char much[4 << 20];
    assert_int_equal(orr_child_start(&(orr_child_params){.argv = argv, .channel = true}, &child, NULL),
                     ORR_OK);
    assert_int_equal(orr_channel_write(orr_child_channel(child), much, sizeof much, 20000000, NULL),
                     ORR_E_TIMEOUT);
    orr_child_destroy(&child);
}

/* The writing end of a pipe is held by everything a child started: it closes when all of them are gone, long
 * before they would end by themselves. */
static void assert_closes(int fd) {
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    char byte;
    assert_int_equal(poll(&entry, 1, 60000), 1);
    assert_int_equal(read(fd, &byte, 1), 0);
    close(fd);
}

static void kills_the_group(void **state) {
    (void)state;
    static const char *k_how[] = {"sleep 100 & sleep 100", "sleep 100 & exit 0"};
    for (size_t i = 0; i < 2; i++) {
        const char *argv[] = {"/bin/sh", "-c", k_how[i], NULL};
        orr_child *child = NULL;
        orr_child_end end;
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(orr_child_start(&(orr_child_params){.argv = argv, .pass_fd = ends[1]}, &child, NULL),
                         ORR_OK);
        close(ends[1]);
        if (i == 0) {
            assert_false(orr_child_wait(child, 1000000, &end));
            orr_child_kill(child);
        }
        assert_true(
            orr_child_wait(child, LONG_NS, &end)); /* the second ends by itself; its sleep goes along */
        assert_closes(ends[0]);
        orr_child_destroy(&child);
    }
}

static void destroy_kills(void **state) {
    (void)state;
    const char *argv[] = {"/bin/sh", "-c", "sleep 100", NULL};
    orr_child *child = NULL;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(orr_child_start(&(orr_child_params){.argv = argv, .pass_fd = ends[1]}, &child, NULL),
                     ORR_OK);
    close(ends[1]);
    orr_child_destroy(&child);
    assert_closes(ends[0]);
}

#ifdef __linux__
/* The shell in between starts a grandchild that is tied to it, and ends without a word. */
static void dies_with_its_caller(void **state) {
    (void)state;
    const char *argv[] = {self, "--orphan", NULL};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(run(&(orr_child_params){.argv = argv, .pass_fd = ends[1]}).exit_code, 0);
    close(ends[1]);
    assert_closes(ends[0]);
}

static int orphan(void) {
    const char *argv[] = {"sleep", "100", NULL};
    orr_child *child = NULL;
    /* A group of its own: only the tie can end it. */
    bool started =
        orr_child_start(
            &(orr_child_params){.argv = argv, .pass_fd = ORR_CHILD_PASSED_FD, .dies_with_caller = true},
            &child, NULL) == ORR_OK;
    _exit(started ? 0 : 1);
}
#endif

/* ASan and TSan take terabytes of their own; a limit on data means nothing there. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static void limits_memory(void **state) {
    (void)state;
#if defined(SANITIZED) || !defined(__linux__)
    skip();
#else
    const char *argv[] = {self, "--hold", NULL};
    assert_int_equal(run(&(orr_child_params){.argv = argv}).exit_code, 0);
    assert_int_equal(run(&(orr_child_params){.argv = argv, .data_bytes = 64u << 20}).exit_code, 9);
    assert_true(run(&(orr_child_params){.argv = argv}).peak_rss_bytes > 256u << 20);
#endif
}

static void limits_time(void **state) {
    (void)state;
    const char *plain[] = {"/bin/sh", "-c", "while :; do :; done", NULL},
               *stubborn[] = {self, "--burn", NULL};
    assert_int_equal(run(&(orr_child_params){.argv = plain, .cpu_s = 1}).signal, SIGXCPU);
    orr_child_end end = run(&(orr_child_params){.argv = stubborn, .cpu_s = 1});
    assert_int_equal(end.signal, SIGKILL);
    assert_true(end.cpu_s >= 1);
}

static void knows_free_memory(void **state) {
    (void)state;
    uint64_t free_bytes = orr_memory_free_bytes();
    assert_true(free_bytes > 0 && free_bytes < (uint64_t)1 << 48);
}

/* What the caller ignores or blocks is not ignored or blocked in the child. */
static void signals_are_as_new(void **state) {
    (void)state;
    const char *argv[] = {"/bin/sh", "-c", "kill -TERM $$; exit 0", NULL};
    sigset_t blocked, old;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &old);
    void (*before)(int) = signal(SIGTERM, SIG_IGN);
    orr_child_end end = run(&(orr_child_params){.argv = argv});
    signal(SIGTERM, before);
    sigprocmask(SIG_SETMASK, &old, NULL);
    assert_int_equal(end.signal, SIGTERM);
}

int main(int argc, char **argv) {
    if (argc == 2) {
#ifdef __linux__
        if (strcmp(argv[1], "--orphan") == 0) return orphan();
#endif
        return child_main(argv[1]);
    }
    if (!orr_path_program(self, sizeof self)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_and_writes),
        cmocka_unit_test(says_what_cannot_start),
        cmocka_unit_test(tells_the_signal),
        cmocka_unit_test(environment),
        cmocka_unit_test(inherits_nothing_else),
        cmocka_unit_test(passes_a_descriptor),
        cmocka_unit_test(talks),
        cmocka_unit_test(gives_up_writing),
        cmocka_unit_test(kills_the_group),
        cmocka_unit_test(destroy_kills),
#ifdef __linux__
        cmocka_unit_test(dies_with_its_caller),
#endif
        cmocka_unit_test(limits_memory),
        cmocka_unit_test(limits_time),
        cmocka_unit_test(signals_are_as_new),
        cmocka_unit_test(knows_free_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
