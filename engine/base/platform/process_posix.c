/* Watched child processes on POSIX systems. fork and exec, not posix_spawn: limits, the process group and the
 * tie to the caller have to be set in the child. Between the two only async-signal-safe calls are made, since
 * the caller may have threads: all memory is ready before. */
#include "base/platform/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#else
extern char **environ; /* Linux declares it in unistd.h */
#endif

#include "base/arena.h"
#include "base/error.h"
#include "base/platform/platform.h"
#include "base/text.h"

enum { PATH_LIMIT = 4096, SAFE_FD = 16 }; /* SAFE_FD: above what the child finds at fixed numbers */

struct orr_child {
    pid_t pid;
    int channel;
    uint64_t started_ns;
    bool ended;
    orr_child_end end;
};

/* --- what the child is made of ----------------------------------------------------------------------------
 */

/* Everything the child needs between fork and exec. */
typedef struct launch {
    const orr_child_params *params;
    const char *name;
    char program[PATH_LIMIT];
    const char **env;
    int input, output, messages; /* messages: -1 = the caller's */
    int channel[2];              /* ours, the child's */
    int report[2];               /* the child tells here why it could not start: closed by exec */
    pid_t caller;
} launch;

/* execve takes char *const *, yet never writes: the copy of a pointer through void drops the const. */
static char *const *unconst(const char *const *strings) {
    char *const *out = NULL;
    memcpy(&out, &strings, sizeof out);
    return out;
}

static bool find_program(launch *l) {
    const char *folders = getenv("PATH");
    if (strchr(l->name, '/')) return orr_format(l->program, sizeof l->program, "%s", l->name);
    for (size_t length; folders && *folders; folders += length + (folders[length] == ':')) {
        length = strcspn(folders, ":");
        if (orr_format(l->program, sizeof l->program, "%.*s/%s", (int)length, folders, l->name) &&
            access(l->program, X_OK) == 0)
            return true;
    }
    return false;
}

static bool names_same(const char *a, const char *b) {
    size_t length = strcspn(a, "=");
    return strncmp(a, b, length) == 0 && b[length] == '=';
}

/* The caller's environment with `env` over it. NULL: out of memory. */
static const char **merge_env(const char *const *env, bool clean) {
    size_t own = 0, given = 0, used = 0;
    while (!clean && environ[own]) own++;
    while (env && env[given]) given++;
    const char **merged = orr_calloc(own + given + 1, sizeof *merged);
    for (size_t i = 0; merged && i < given; i++) merged[used++] = env[i];
    for (size_t i = 0; merged && i < own; i++) {
        bool replaced = false;
        for (size_t j = 0; j < given; j++) replaced |= names_same(env[j], environ[i]);
        if (!replaced) merged[used++] = environ[i];
    }
    return merged;
}

/* Moves a descriptor above the fixed numbers, so that placing one cannot overwrite another. */
static bool lift(int *fd) {
    int lifted = fcntl(*fd, F_DUPFD_CLOEXEC, SAFE_FD);
    close(*fd);
    *fd = lifted;
    return lifted >= 0;
}

static int open_output(const char *path) {
    int fd = open(path ? path : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return fd >= 0 && lift(&fd) ? fd : -1;
}

/* Closed by exec from the first moment where the system can: another thread may start a program just now. */
static bool open_pair(int fds[2], bool stream) {
#ifdef __linux__
    bool open =
        (stream ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) : pipe2(fds, O_CLOEXEC)) == 0;
#else
    bool open = (stream ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds) : pipe(fds)) == 0;
#endif
    return open && lift(&fds[0]) && lift(&fds[1]);
}

static orr_status open_files(launch *l, orr_error *err) {
    const orr_child_params *p = l->params;
    l->input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (l->input < 0 || !lift(&l->input)) return orr_fail_errno(err, errno, "/dev/null", "open");
    l->output = open_output(p->output);
    if (l->output < 0) return orr_fail_errno(err, errno, p->output ? p->output : "/dev/null", "write");
    if (p->messages) {
        l->messages = open_output(p->messages);
        if (l->messages < 0) return orr_fail_errno(err, errno, p->messages, "write");
    }
    bool fine = open_pair(l->report, false) && (!p->channel || open_pair(l->channel, true));
    return fine ? ORR_OK : orr_fail_errno(err, errno, l->name, "start");
}

static void close_fd(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void launch_free(launch *l) {
    free(l->env);
    close_fd(&l->input);
    close_fd(&l->output);
    close_fd(&l->messages);
    for (int i = 0; i < 2; i++) {
        close_fd(&l->channel[i]);
        close_fd(&l->report[i]);
    }
}

/* --- in the child, up to exec -----------------------------------------------------------------------------
 */

static void close_others_on_exec(void) {
#if defined(__linux__) && defined(SYS_close_range)
    const unsigned close_on_exec = 1u << 2; /* CLOSE_RANGE_CLOEXEC */
    if (syscall(SYS_close_range, 3u, ~0u, close_on_exec) == 0) return;
#endif
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > 65536) limit = 65536;
    for (int fd = 3; fd < (int)limit; fd++) (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static bool limit_to(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit now;
    if (getrlimit(resource, &now) != 0) return false;
    if (now.rlim_max != RLIM_INFINITY && hard > now.rlim_max) hard = now.rlim_max;
    const struct rlimit limit = {.rlim_cur = soft < hard ? soft : hard, .rlim_max = hard};
    return setrlimit(resource, &limit) == 0;
}

static bool set_limits(const launch *l) {
    const orr_child_params *p = l->params;
#ifdef __linux__
    /* The caller may have ended before this was set: then nobody would ever end us. */
    if (p->dies_with_caller && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != l->caller))
        return false;
#endif
    if (p->data_bytes && !limit_to(RLIMIT_DATA, p->data_bytes, p->data_bytes)) return false;
    /* The first limit ends it by SIGXCPU, which tells why; the second one that which ignores it. */
    return !p->cpu_s || limit_to(RLIMIT_CPU, p->cpu_s, (uint64_t)p->cpu_s + 1);
}

static bool place_files(const launch *l) {
    int passed = l->params->pass_fd;
    if (passed > 0 && (passed = fcntl(passed, F_DUPFD_CLOEXEC, SAFE_FD)) < 0) return false;
    close_others_on_exec(); /* dup2 clears it again on what it places */
    return dup2(l->input, STDIN_FILENO) >= 0 && dup2(l->output, STDOUT_FILENO) >= 0 &&
           (l->messages < 0 || dup2(l->messages, STDERR_FILENO) >= 0) &&
           (l->channel[1] < 0 || dup2(l->channel[1], ORR_CHILD_CHANNEL_FD) >= 0) &&
           (passed <= 0 || dup2(passed, ORR_CHILD_PASSED_FD) >= 0);
}

_Noreturn static void become(const launch *l, const sigset_t *unblocked) {
    static const int k_reset[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD, SIGXCPU};
    for (size_t i = 0; i < sizeof k_reset / sizeof k_reset[0]; i++) signal(k_reset[i], SIG_DFL);
    setpgid(0, 0);
    if (place_files(l) && set_limits(l)) {
        sigprocmask(SIG_SETMASK, unblocked, NULL);
        execve(l->program, unconst(l->params->argv), unconst(l->env));
    }
    int failure = errno ? errno : ESRCH;
    ssize_t put = write(l->report[1], &failure, sizeof failure);
    _exit(put == (ssize_t)sizeof failure ? 127 : 126);
}

/* --- in the caller ----------------------------------------------------------------------------------------
 */

/* What the child reports until exec closes the pipe: 0, or why it could not start. */
static int read_report(int fd) {
    int failure = 0;
    ssize_t got;
    do got = read(fd, &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof failure ? failure : 0;
}

static orr_status fork_child(launch *l, orr_child *child, orr_error *err) {
    sigset_t all, none, old;
    sigfillset(&all);
    sigemptyset(&none);
    l->caller = getpid();
    child->started_ns = orr_time_ns();
    pthread_sigmask(SIG_SETMASK, &all, &old); /* no handler of the caller's may run in the child */
    child->pid = fork();
    if (child->pid == 0) {
        errno = 0;
        become(l, &none);
    }
    int failure = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (child->pid < 0) return orr_fail_errno(err, failure, l->name, "start");
    (void)setpgid(child->pid, child->pid); /* the child does it too: whoever comes first */
    close_fd(&l->report[1]);
    close_fd(&l->channel[1]);
    failure = read_report(l->report[0]);
    if (!failure) return ORR_OK;
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    if (failure == ENOENT)
        return orr_fail(err, ORR_E_NOT_FOUND, l->name, "program '%s' does not exist", l->program);
    return orr_fail(err, ORR_E_PROCESS, l->name, "cannot start program '%s': %s", l->program,
                    strerror(failure));
}

orr_status orr_child_start(const orr_child_params *params, orr_child **out, orr_error *err) {
    launch l = {.params = params,
                .name = params->argv[0],
                .input = -1,
                .output = -1,
                .messages = -1,
                .channel = {-1, -1},
                .report = {-1, -1}};
    *out = NULL;
    if (!find_program(&l))
        return orr_fail(err, ORR_E_NOT_FOUND, l.name, "program '%s' is not installed (not found on PATH)",
                        l.name);
    orr_child *child = calloc(1, sizeof *child);
    l.env = merge_env(params->env, params->clean_env);
    orr_status status = child && l.env
                            ? open_files(&l, err)
                            : orr_fail(err, ORR_E_MEMORY, l.name, "cannot start '%s': out of memory", l.name);
    if (status == ORR_OK) status = fork_child(&l, child, err);
    if (status == ORR_OK) {
        child->channel = l.channel[0];
        l.channel[0] = -1;
        *out = child;
    } else {
        free(child);
    }
    launch_free(&l);
    return status;
}

static double seconds(const struct timeval *time) {
    return (double)time->tv_sec + (double)time->tv_usec * 1e-6;
}

static void reap(orr_child *child) {
    struct rusage usage = {0};
    int status = 0;
    /* While it is not reaped its number cannot belong to others: what it started and left ends with it. */
    kill(-child->pid, SIGKILL);
    while (wait4(child->pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    child->ended = true;
    child->end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    child->end.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    child->end.wall_s = (double)(orr_time_ns() - child->started_ns) * 1e-9;
    child->end.cpu_s = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
#ifdef __linux__
    child->end.peak_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
#else
    child->end.peak_rss_bytes = (uint64_t)usage.ru_maxrss;
#endif
}

void orr_child_destroy(orr_child **child) {
    if (!*child) return;
    if (!(*child)->ended) reap(*child);
    close_fd(&(*child)->channel);
    free(*child);
    *child = NULL;
}

bool orr_child_poll(orr_child *child, orr_child_end *end) {
    if (!child->ended) {
        siginfo_t info = {0};
        int result = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT);
        if (result == 0 && info.si_pid == 0) return false;
        if (result != 0 && errno == EINTR) return false;
        reap(child);
    }
    *end = child->end;
    return true;
}

bool orr_child_wait(orr_child *child, uint64_t timeout_ns, orr_child_end *end) {
    uint64_t begin = orr_time_ns(), pause = 100000;
    while (!orr_child_poll(child, end)) {
        uint64_t passed = orr_time_ns() - begin;
        if (passed >= timeout_ns) return false;
        orr_sleep_ns(pause < timeout_ns - passed ? pause : timeout_ns - passed);
        if (pause < 5000000) pause *= 2;
    }
    return true;
}

void orr_child_kill(orr_child *child) {
    if (!child->ended) kill(-child->pid, SIGKILL);
}

uint64_t orr_child_rss_bytes(const orr_child *child) {
    unsigned long long pages = 0;
#ifdef __linux__
    char path[64];
    orr_format(path, sizeof path, "/proc/%ld/statm", (long)child->pid);
    FILE *file = child->ended ? NULL : fopen(path, "re");
    if (!file) return 0;
    if (fscanf(file, "%*u %llu", &pages) != 1) pages = 0;
    fclose(file);
#else
    (void)child;
#endif
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

const char *orr_signal_name(int signal) {
    static const struct {
        int signal;
        const char *name;
    } k_names[] = {{SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGILL, "SIGILL"},
                   {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"},
                   {SIGHUP, "SIGHUP"},   {SIGPIPE, "SIGPIPE"}, {SIGTRAP, "SIGTRAP"}, {SIGSYS, "SIGSYS"},
                   {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"}, {SIGQUIT, "SIGQUIT"}, {SIGALRM, "SIGALRM"}};
    for (size_t i = 0; i < sizeof k_names / sizeof k_names[0]; i++)
        if (k_names[i].signal == signal) return k_names[i].name;
    return "signal";
}

/* --- the channel ------------------------------------------------------------------------------------------
 */

int orr_child_channel(const orr_child *child) {
    return child->channel;
}

#ifdef MSG_NOSIGNAL
enum { SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL };
#else
enum { SEND_FLAGS = MSG_DONTWAIT }; /* macOS: the caller ignores SIGPIPE */
#endif

static orr_status closed(orr_error *err) {
    return orr_fail(err, ORR_E_PROCESS, NULL, "the other process ended or closed the channel");
}

/* Waits until `fd` can be read or written, at most until `until_ns` (0 = for ever). */
static orr_status wait_ready(int fd, short events, uint64_t until_ns, orr_error *err) {
    for (;;) {
        struct pollfd entry = {.fd = fd, .events = events};
        uint64_t now = orr_time_ns(), left_ms = until_ns > now ? (until_ns - now) / 1000000u + 1 : 0;
        if (until_ns && !left_ms)
            return orr_fail(err, ORR_E_TIMEOUT, NULL, "the other process did not %s in time",
                            events == POLLIN ? "answer" : "read");
        int ready = poll(&entry, 1, until_ns ? (left_ms > 60000 ? 60000 : (int)left_ms) : -1);
        if (ready > 0) return ORR_OK; /* an error or a hang-up too: the call that follows tells */
        if (ready < 0 && errno != EINTR) return orr_fail_errno(err, errno, NULL, "wait for the channel");
    }
}

static orr_status transfer(int fd, bool out, uint8_t *bytes, const uint8_t *source, size_t size,
                           uint64_t timeout_ns, orr_error *err) {
    uint64_t until = timeout_ns ? orr_time_ns() + timeout_ns : 0;
    for (size_t done = 0; done < size;) {
        ssize_t moved = out ? send(fd, source + done, size - done, SEND_FLAGS)
                            : recv(fd, bytes + done, size - done, MSG_DONTWAIT);
        if (moved > 0) {
            done += (size_t)moved;
        } else if (moved == 0 || errno == EPIPE || errno == ECONNRESET) {
            return closed(err);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            orr_status status = wait_ready(fd, out ? POLLOUT : POLLIN, until, err);
            if (status != ORR_OK) return status;
        } else if (errno != EINTR) {
            return orr_fail(err, ORR_E_PROCESS, NULL, "the channel to the other process failed: %s",
                            strerror(errno));
        }
    }
    return ORR_OK;
}

orr_status orr_channel_write(int fd, const void *data, size_t size, uint64_t timeout_ns, orr_error *err) {
    return transfer(fd, true, NULL, data, size, timeout_ns, err);
}

orr_status orr_channel_read(int fd, void *data, size_t size, uint64_t timeout_ns, orr_error *err) {
    return transfer(fd, false, data, NULL, size, timeout_ns, err);
}
