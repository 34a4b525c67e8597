/* Time, threads, dynamic libraries and processes on POSIX systems (Linux; macOS where the two differ little).
 */
#include "base/platform/platform.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <elf.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#else
#include <mach/mach.h>
extern char **environ; /* Linux declares it in unistd.h */
#endif

#include "base/error.h"

/* --- time --------------------------------------------------------------------------------------- */

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t orr_time_ns(void) {
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t orr_cpu_time_ns(void) {
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void orr_sleep_ns(uint64_t ns) {
    struct timespec left = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

#ifdef __linux__
/* The number after a field's name in a file of lines "name: number" or "name number", or 0. */
static uint64_t read_field(const char *path, const char *field) {
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    char line[256];
    unsigned long long value = 0;
    size_t length = strlen(field);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, field, length) == 0 && (line[length] == ':' || line[length] == ' ')) {
            value = strtoull(line + length + 1, NULL, 10);
            break;
        }
    fclose(file);
    return value;
}

static bool read_number(const char *path, uint64_t *value) {
    unsigned long long number = 0;
    FILE *file = fopen(path, "re");
    if (!file) return false;
    bool read = fscanf(file, "%llu", &number) == 1; /* "max" reads as none */
    fclose(file);
    *value = number;
    return read;
}

/* The container's bound counts pages of files too, of which those not used lately can be had back. */
uint64_t orr_memory_free_bytes(void) {
    uint64_t available = read_field("/proc/meminfo", "MemAvailable") * 1024, limit, used;
    if (read_number("/sys/fs/cgroup/memory.max", &limit) &&
        read_number("/sys/fs/cgroup/memory.current", &used)) {
        uint64_t reclaimable = read_field("/sys/fs/cgroup/memory.stat", "inactive_file");
        used -= reclaimable < used ? reclaimable : used;
        uint64_t left = limit > used ? limit - used : 1;
        if (left < available) available = left;
    }
    return available;
}

/* Not ru_maxrss: that one survives exec, so it may tell the peak of the shell that started us. */
uint64_t orr_peak_rss_bytes(void) {
    return read_field("/proc/self/status", "VmHWM") * 1024;
}

uint64_t orr_rss_bytes(void) {
    return read_field("/proc/self/status", "VmRSS") * 1024;
}
#else
uint64_t orr_peak_rss_bytes(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss : 0;
}

uint64_t orr_rss_bytes(void) {
    struct mach_task_basic_info info;
    mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
    if (task_info(mach_task_self(), MACH_TASK_BASIC_INFO, (task_info_t)&info, &count) != KERN_SUCCESS)
        return 0;
    return info.resident_size;
}

uint64_t orr_memory_free_bytes(void) {
    vm_statistics64_data_t statistics;
    mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
    if (host_statistics64(mach_host_self(), HOST_VM_INFO64, (host_info64_t)&statistics, &count) !=
        KERN_SUCCESS)
        return 0;
    return ((uint64_t)statistics.free_count + statistics.inactive_count) * (uint64_t)sysconf(_SC_PAGESIZE);
}
#endif

void orr_memory_will_fill(void *memory, size_t bytes) {
#if defined(MADV_HUGEPAGE)
    const uintptr_t large = (uintptr_t)2 << 20;
    uintptr_t start = ((uintptr_t)memory + large - 1) & ~(large - 1);
    uintptr_t end = ((uintptr_t)memory + bytes) & ~(large - 1);
    if (end > start) (void)madvise((void *)start, end - start, MADV_HUGEPAGE);
#else
    (void)memory, (void)bytes;
#endif
}

/* --- threads ------------------------------------------------------------------------------------ */

/* Waiting jobs run other jobs on the same stack, so it has to be deep; macOS gives 512 KiB unasked. */
enum { THREAD_STACK_BYTES = 8 << 20 };

struct orr_thread {
    pthread_t handle;
    void (*run)(void *);
    void *argument;
    char name[16]; /* the limit of Linux, with its NUL */
};

struct orr_mutex {
    pthread_mutex_t mutex;
};

struct orr_cond {
    pthread_cond_t cond;
};

static void *thread_main(void *argument) {
    orr_thread *thread = argument;
#ifdef __linux__
    pthread_setname_np(pthread_self(), thread->name);
#else
    pthread_setname_np(thread->name);
#endif
    thread->run(thread->argument);
    return NULL;
}

/* Signals sent to the process (Ctrl-C) go to the threads the embedder made, never to ours: those that a
 * thread raises by its own fault stay open. */
static void block_process_signals(sigset_t *old) {
    sigset_t all;
    sigfillset(&all);
    static const int k_own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPROF, SIGSYS};
    for (size_t i = 0; i < sizeof k_own / sizeof k_own[0]; i++) sigdelset(&all, k_own[i]);
    pthread_sigmask(SIG_BLOCK, &all, old);
}

orr_status orr_thread_create(void (*run)(void *), void *argument, const char *name, orr_thread **out,
                             orr_error *err) {
    *out = NULL;
    orr_thread *thread = calloc(1, sizeof *thread);
    if (!thread) return orr_fail(err, ORR_E_MEMORY, NULL, "cannot start thread '%s': out of memory", name);
    thread->run = run;
    thread->argument = argument;
    snprintf(thread->name, sizeof thread->name, "%s", name ? name : "orrery");
    sigset_t old;
    block_process_signals(&old);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    int result = pthread_create(&thread->handle, &attributes, thread_main, thread);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (result != 0) {
        orr_fail(err, ORR_E_LIMIT, NULL,
                 "cannot start thread '%s': the system refuses more threads (error %d)", thread->name,
                 result);
        free(thread);
        return ORR_E_LIMIT;
    }
    *out = thread;
    return ORR_OK;
}

void orr_thread_join(orr_thread **thread) {
    if (!*thread) return;
    pthread_join((*thread)->handle, NULL);
    free(*thread);
    *thread = NULL;
}

uint64_t orr_thread_id(void) {
#ifdef __linux__
    return (uint64_t)syscall(SYS_gettid);
#else
    uint64_t id = 0;
    pthread_threadid_np(NULL, &id);
    return id;
#endif
}

void orr_thread_yield(void) {
    sched_yield();
}

void orr_thread_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#ifdef __linux__
/* CPUs that the container's quota (control groups, version 2) amounts to, rounded up; 0 = no quota. */
static unsigned quota_cpus(void) {
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (!file) return 0;
    unsigned long long quota = 0, period = 0;
    int fields = fscanf(file, "%llu %llu", &quota, &period); /* "max 100000" reads as no field */
    fclose(file);
    if (fields != 2 || period == 0) return 0;
    unsigned long long cpus = quota / period + (quota % period != 0);
    return cpus < 1 ? 1 : cpus > 4096 ? 0 : (unsigned)cpus;
}
#endif

unsigned orr_cpu_count(void) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = online < 1 ? 1 : (unsigned)online;
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) count = (unsigned)CPU_COUNT(&set);
    unsigned quota = quota_cpus();
    if (quota && quota < count) count = quota;
#endif
    return count;
}

static void *alloc_or_abort(size_t size) {
    void *memory = calloc(1, size);
    if (!memory) abort();
    return memory;
}

orr_mutex *orr_mutex_create(void) {
    orr_mutex *mutex = alloc_or_abort(sizeof *mutex);
    if (pthread_mutex_init(&mutex->mutex, NULL) != 0) abort();
    return mutex;
}

void orr_mutex_destroy(orr_mutex **mutex) {
    if (!*mutex) return;
    pthread_mutex_destroy(&(*mutex)->mutex);
    free(*mutex);
    *mutex = NULL;
}

void orr_mutex_lock(orr_mutex *mutex) {
    if (pthread_mutex_lock(&mutex->mutex) != 0) abort();
}

void orr_mutex_unlock(orr_mutex *mutex) {
    if (pthread_mutex_unlock(&mutex->mutex) != 0) abort();
}

orr_cond *orr_cond_create(void) {
    orr_cond *cond = alloc_or_abort(sizeof *cond);
#ifdef __linux__
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) abort();
    pthread_condattr_setclock(&attributes,
                              CLOCK_MONOTONIC); /* a changed wall clock must not stretch a wait */
    if (pthread_cond_init(&cond->cond, &attributes) != 0) abort();
    pthread_condattr_destroy(&attributes);
#else
    if (pthread_cond_init(&cond->cond, NULL) != 0) abort();
#endif
    return cond;
}

void orr_cond_destroy(orr_cond **cond) {
    if (!*cond) return;
    pthread_cond_destroy(&(*cond)->cond);
    free(*cond);
    *cond = NULL;
}

void orr_cond_wait(orr_cond *cond, orr_mutex *mutex) {
    pthread_cond_wait(&cond->cond, &mutex->mutex);
}

bool orr_cond_wait_ns(orr_cond *cond, orr_mutex *mutex, uint64_t timeout_ns) {
#ifdef __linux__
    uint64_t now = orr_time_ns(), until = timeout_ns > INT64_MAX - now ? INT64_MAX : now + timeout_ns;
    struct timespec at = {.tv_sec = (time_t)(until / 1000000000u), .tv_nsec = (long)(until % 1000000000u)};
    return pthread_cond_timedwait(&cond->cond, &mutex->mutex, &at) != ETIMEDOUT;
#else
    struct timespec at = {.tv_sec = (time_t)(timeout_ns / 1000000000u),
                          .tv_nsec = (long)(timeout_ns % 1000000000u)};
    return pthread_cond_timedwait_relative_np(&cond->cond, &mutex->mutex, &at) != ETIMEDOUT;
#endif
}

void orr_cond_signal(orr_cond *cond) {
    pthread_cond_signal(&cond->cond);
}

void orr_cond_broadcast(orr_cond *cond) {
    pthread_cond_broadcast(&cond->cond);
}

/* --- dynamic libraries -------------------------------------------------------------------------- */

struct orr_library {
    void *handle;
};

/* The loader maps what the headers say and dies where a file cut short has no bytes. The section table stands
 * at the end of what linkers write: a file that holds it is whole. */
static bool is_whole(const char *path) {
#ifdef __linux__
    Elf64_Ehdr header;
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return true; /* dlopen says why */
    bool known = fstat(fd, &info) == 0 && read(fd, &header, sizeof header) == (ssize_t)sizeof header &&
                 memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64;
    close(fd);
    if (!known) return true;
    uint64_t size = (uint64_t)info.st_size, table = (uint64_t)header.e_shnum * header.e_shentsize;
    return header.e_shoff <= size && table <= size - header.e_shoff;
#else
    (void)path;
    return true;
#endif
}

orr_status orr_library_open(const char *path, orr_library **out, orr_error *err) {
    *out = NULL;
    if (!is_whole(path))
        return orr_fail(err, ORR_E_LIBRARY, path,
                        "cannot load library '%s': the file is cut short; build or install it again", path);
    orr_library *library = calloc(1, sizeof *library);
    if (!library) return orr_fail(err, ORR_E_MEMORY, path, "cannot load library '%s': out of memory", path);
    library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library->handle) {
        const char *reason = dlerror();
        free(library);
        return orr_fail(err, ORR_E_LIBRARY, path, "cannot load library '%s': %s", path,
                        reason ? reason : "no reason given");
    }
    *out = library;
    return ORR_OK;
}

void *orr_library_symbol(orr_library *library, const char *name) {
    return dlsym(library->handle, name);
}

void orr_library_close(orr_library **library) {
    if (!*library) return;
    dlclose((*library)->handle);
    free(*library);
    *library = NULL;
}

/* --- processes ---------------------------------------------------------------------------------- */

static orr_status spawn(const char *const *argv, const posix_spawn_file_actions_t *actions, pid_t *child,
                        orr_error *err) {
    /* posix_spawn wants char *const *, yet never writes: the copy of a pointer through void drops the const.
     */
    char *const *arguments = NULL;
    memcpy(&arguments, &argv, sizeof arguments);
    int result = posix_spawnp(child, argv[0], actions, NULL, arguments, environ);
    if (result == 0) return ORR_OK;
    if (result == ENOENT)
        return orr_fail(err, ORR_E_NOT_FOUND, argv[0], "program '%s' is not installed (not found on PATH)",
                        argv[0]);
    return orr_fail(err, ORR_E_PROCESS, argv[0], "cannot start program '%s': system error %d", argv[0],
                    result);
}

static orr_status wait_for(pid_t child, const char *name, int *exit_code, struct rusage *usage,
                           orr_error *err) {
    int status = 0;
    while (wait4(child, &status, 0, usage) < 0)
        if (errno != EINTR)
            return orr_fail(err, ORR_E_PROCESS, name, "lost track of program '%s': system error %d", name,
                            errno);
    *exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ORR_OK;
}

static orr_status begin_actions(posix_spawn_file_actions_t *actions, const char *name, orr_error *err) {
    if (posix_spawn_file_actions_init(actions) != 0)
        return orr_fail(err, ORR_E_MEMORY, name, "cannot start '%s': out of memory", name);
    posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    return ORR_OK;
}

orr_status orr_process_run(const char *const *argv, int *exit_code, orr_error *err) {
    posix_spawn_file_actions_t actions;
    struct rusage usage;
    pid_t child = 0;
    orr_status status = begin_actions(&actions, argv[0], err);
    if (status != ORR_OK) return status;
    status = spawn(argv, &actions, &child, err);
    posix_spawn_file_actions_destroy(&actions);
    return status == ORR_OK ? wait_for(child, argv[0], exit_code, &usage, err) : status;
}

static double seconds(const struct timeval *time) {
    return (double)time->tv_sec + (double)time->tv_usec * 1e-6;
}

orr_status orr_process_measure(const char *const *argv, const char *output, orr_process_cost *cost,
                               orr_error *err) {
    posix_spawn_file_actions_t actions;
    struct rusage usage = {0};
    pid_t child = 0;
    orr_status status = begin_actions(&actions, argv[0], err);
    if (status != ORR_OK) return status;
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output ? output : "/dev/null",
                                     O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (!output) posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    uint64_t begin = orr_time_ns();
    status = spawn(argv, &actions, &child, err);
    posix_spawn_file_actions_destroy(&actions);
    if (status == ORR_OK) status = wait_for(child, argv[0], &cost->exit_code, &usage, err);
    cost->wall_s = (double)(orr_time_ns() - begin) * 1e-9;
    cost->cpu_s = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
#ifdef __linux__
    cost->peak_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
#else
    cost->peak_rss_bytes = (uint64_t)usage.ru_maxrss;
#endif
    return status;
}

bool orr_stream_is_terminal(int fd) {
    return isatty(fd) == 1;
}

void orr_setenv(const char *name, const char *value, bool overwrite) {
    setenv(name, value, overwrite ? 1 : 0);
}
