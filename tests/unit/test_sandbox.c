/* The lock: what is allowed goes on working on all threads, and everything else fails or ends the process.
 * The program starts itself, locks itself in, and tries. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/ptrace.h>
#endif

#include <cmocka.h>

#include "base/platform/platform.h"
#include "base/platform/process.h"
#include "base/platform/sandbox.h"

enum { LOCKED_OUT = 7, LET_THROUGH = 8, NOT_LOCKED = 9 };
static char self[1024];

/* --- the trials: 0 = what was asked was done ----------------------------------------------------- */

static int try_open(void) {
    return open("/etc/passwd", O_RDONLY) < 0;
}
static int try_create(void) {
    return open("/tmp/orrery_escaped", O_WRONLY | O_CREAT, 0600) < 0;
}
static int try_stat(void) {
    struct stat info;
    return stat("/etc/passwd", &info) != 0;
}
static int try_socket(void) {
    return socket(AF_INET, SOCK_STREAM, 0) < 0;
}
static int try_exec(void) {
    char *const argv[] = {(char[]){"/bin/true"}, NULL};
    return execve("/bin/true", argv, argv + 1);
}
static int try_fork(void) {
    return fork() < 0;
}
static void *nothing(void *argument) {
    return argument;
}
static int try_thread(void) {
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL);
}
static int try_kill(void) {
    return kill(getppid(), SIGTERM);
}
static int try_exec_memory(void) {
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
}
static int try_protect(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0;
}
static int try_ioctl(void) {
    return isatty(0) == 0;
}
static int try_stderr(void) {
    return write(2, "escaped\n", 8) != 8;
}
static int try_stdin(void) {
    char byte;
    return read(0, &byte, 1) < 0;
}
static int try_unlink(void) {
    return unlink("/tmp/orrery_no_such_file");
}
#ifdef __linux__
static int try_trace(void) {
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0;
}
#endif

static const struct trial {
    const char *name;
    int (*run)(void);
} trials[] = {
    {"open", try_open},
    {"create", try_create},
    {"stat", try_stat},
    {"socket", try_socket},
    {"exec", try_exec},
    {"fork", try_fork},
    {"thread", try_thread},
    {"kill", try_kill},
    {"executable memory", try_exec_memory},
    {"executable page", try_protect},
    {"unlink", try_unlink},
#ifdef __linux__
    {"trace", try_trace},
#endif
    {"ioctl", try_ioctl},
    {"stderr", try_stderr},
    {"stdin", try_stdin},
};

/* --- in the process that is locked in ------------------------------------------------------------ */

typedef struct beside {
    orr_mutex *mutex;
    orr_cond *cond;
    const struct trial *trial; /* once it is locked in */
    int result;
} beside;

/* A thread that was there before is locked in too. */
static void run_beside(void *context) {
    beside *b = context;
    orr_mutex_lock(b->mutex);
    while (!b->trial) orr_cond_wait(b->cond, b->mutex);
    b->result = b->trial->run();
    orr_mutex_unlock(b->mutex);
}

static int locked_trial(const struct trial *trial, bool on_thread) {
    beside b = {orr_mutex_create(), orr_cond_create(), NULL, 0};
    orr_thread *thread = NULL;
    if (orr_thread_create(run_beside, &b, "beside", &thread, NULL) != ORR_OK) return NOT_LOCKED;
    if (orr_sandbox_enter(NULL) != ORR_OK) _Exit(NOT_LOCKED);
    int result = on_thread ? 0 : trial->run();
    static const struct trial none = {"nothing", try_stat};
    orr_mutex_lock(b.mutex);
    b.trial = on_thread ? trial : &none;
    orr_cond_signal(b.cond);
    orr_mutex_unlock(b.mutex);
    orr_thread_join(&thread);
    if (on_thread) result = b.result;
    _Exit(result ? LOCKED_OUT : LET_THROUGH);
}

/* Memory, clocks, threads that are there, the channel, a descriptor that was passed. */
static int locked_work(void) {
    char word[6] = "";
    if (orr_sandbox_enter(NULL) != ORR_OK) _Exit(NOT_LOCKED);
    for (size_t size = 1; size < (size_t)64 << 20; size *= 2) {
        char *block = malloc(size);
        if (!block) _Exit(1);
        memset(block, 1, size);
        char *grown = realloc(block, 2 * size);
        if (!grown) _Exit(2);
        free(grown);
    }
    orr_sleep_ns(1000);
    if (!orr_time_ns()) _Exit(3);
    if (pread(ORR_CHILD_PASSED_FD, word, 5, 0) != 5) _Exit(4);
    if (orr_channel_write(ORR_CHILD_CHANNEL_FD, word, 5, 0, NULL) != ORR_OK) _Exit(5);
    if (orr_channel_read(ORR_CHILD_CHANNEL_FD, word, 5, 0, NULL) != ORR_OK) _Exit(6);
    _Exit(memcmp(word, "again", 5) == 0 ? 0 : 7);
}

static int child_main(int argc, char **argv) {
    if (strcmp(argv[1], "work") == 0) return locked_work();
    if (strcmp(argv[1], "abort") == 0) {
        if (orr_sandbox_enter(NULL) == ORR_OK) abort();
        return NOT_LOCKED;
    }
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
        if (strcmp(argv[1], trials[i].name) == 0) return locked_trial(&trials[i], argc > 2);
    return 1;
}

/* --- tests --------------------------------------------------------------------------------------- */

static orr_child_end run_child(const char *name, const char *more) {
    const char *argv[] = {self, name, more, NULL};
    orr_child *child = NULL;
    orr_child_end end = {0};
    orr_error err = {0};
    if (orr_child_start(&(orr_child_params){.argv = argv, .channel = true}, &child, &err) != ORR_OK)
        fail_msg("%s", err.message);
    assert_true(orr_child_wait(child, UINT64_C(60000000000), &end));
    orr_child_destroy(&child);
    return end;
}

static void locks_out(void **state) {
    (void)state;
    if (!orr_sandbox_name()) skip();
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
        for (int other = 0; other < 2; other++) {
            orr_child_end end = run_child(trials[i].name, other ? "beside" : NULL);
            if (ORR_SANITIZED && strcmp(trials[i].name, "stderr") == 0) continue; /* reports go there */
            if (end.signal != SIGSYS && end.exit_code != LOCKED_OUT)
                fail_msg("%s: exit code %d, signal %d", trials[i].name, end.exit_code, end.signal);
        }
    }
}

/* What is started, connected or signalled ends it at once. */
static void kills(void **state) {
    (void)state;
    static const char *const deadly[] = {"socket", "exec", "kill", "unlink", "trace"};
    if (!orr_sandbox_name()) skip();
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        assert_int_equal(run_child(deadly[i], NULL).signal, SIGSYS);
}

static void works_on(void **state) {
    (void)state;
    const char *argv[] = {self, "work", NULL};
    char path[] = "/tmp/orrery_sandbox_XXXXXX", word[6] = "";
    int fd = mkstemp(path);
    orr_child *child = NULL;
    orr_child_end end = {0};
    if (!orr_sandbox_name()) skip();
    assert_true(fd > 0 && write(fd, "hello", 5) == 5);
    unlink(path);
    assert_int_equal(
        orr_child_start(&(orr_child_params){.argv = argv, .channel = true, .pass_fd = fd}, &child, NULL),
        ORR_OK);
    assert_int_equal(orr_channel_read(orr_child_channel(child), word, 5, UINT64_C(60000000000), NULL),
                     ORR_OK);
    assert_string_equal(word, "hello");
    assert_int_equal(orr_channel_write(orr_child_channel(child), "again", 5, 0, NULL), ORR_OK);
    assert_true(orr_child_wait(child, UINT64_C(60000000000), &end));
    assert_int_equal(end.exit_code, 0);
    orr_child_destroy(&child);
    close(fd);
    assert_int_equal(run_child("abort", NULL).signal, SIGABRT);
}

int main(int argc, char **argv) {
    if (argc > 1) return child_main(argc, argv);
    if (!orr_path_program(self, sizeof self)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locks_out),
        cmocka_unit_test(kills),
        cmocka_unit_test(works_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
