/* The lock on Linux: an allow-list of system calls. */
#include "base/platform/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/platform/process.h"

/* clang-format off */
/* Computing, memory, waiting, clocks; reading and closing what is open. A thread that was made just before has
 * yet to begin. */
static const int allowed[] = {
    SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(close),
    SCMP_SYS(poll), SCMP_SYS(ppoll),
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(membarrier), SCMP_SYS(rseq), SCMP_SYS(set_robust_list),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
    SCMP_SYS(exit), SCMP_SYS(exit_group),
};
/* What libraries try in passing, and do without: files, threads, questions about the system. */
static const int refused[] = {
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(ioctl), SCMP_SYS(dup), SCMP_SYS(fadvise64),
    SCMP_SYS(clone), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(prctl),
    SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), SCMP_SYS(getrusage), SCMP_SYS(times), SCMP_SYS(getcpu),
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
};
/* clang-format on */

static const int report_fd = ORR_SANITIZED ? STDERR_FILENO : ORR_CHILD_CHANNEL_FD;

static int add_lists(scmp_filter_ctx filter) {
    int failure = 0;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0] && !failure; i++)
        failure = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0] && !failure; i++)
        failure = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
    /* As on a kernel that has neither: glibc then tries clone, and says nothing of processors. */
    if (!failure) failure = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (!failure) failure = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(sched_getaffinity), 0);
    return failure;
}

typedef struct scmp_arg_cmp condition;

static condition equals(unsigned argument, scmp_datum_t value) {
    return (condition){argument, SCMP_CMP_EQ, value, 0};
}
static condition differs(unsigned argument, scmp_datum_t value) {
    return (condition){argument, SCMP_CMP_NE, value, 0};
}
static condition has_bits(unsigned argument, scmp_datum_t mask, scmp_datum_t bits) {
    return (condition){argument, SCMP_CMP_MASKED_EQ, mask, bits};
}

/* Only the channel is read in order and written to (stderr may be a terminal), only memory that cannot be
 * executed is mapped, only itself is signalled. */
static int add_conditions(scmp_filter_ctx filter) {
    const uint32_t no = SCMP_ACT_ERRNO(EACCES);
    const condition channel = equals(0, ORR_CHILD_CHANNEL_FD), itself = equals(0, (scmp_datum_t)getpid());
    const condition plain = has_bits(2, PROT_EXEC, 0), code = has_bits(2, PROT_EXEC, PROT_EXEC);
    const condition keeping = equals(1, F_DUPFD_CLOEXEC), else_ = differs(1, F_DUPFD_CLOEXEC);
    const condition transfer[] = {channel,
                                  equals(4, 0)}; /* no address: the channel's other end is the only one */
    const condition others = differs(0, ORR_CHILD_CHANNEL_FD);
    const int reads[] = {SCMP_SYS(read), SCMP_SYS(readv)}, writes[] = {SCMP_SYS(write), SCMP_SYS(writev)};
    const int transfers[] = {SCMP_SYS(sendto), SCMP_SYS(recvfrom)};
    const int maps[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)}; /* LuaJIT does without machine code */
    int failure = 0;
    for (size_t i = 0; i < 2 && !failure; i++) {
        failure = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, reads[i], 1, &channel);
        if (!failure) failure = seccomp_rule_add_array(filter, no, reads[i], 1, &others);
        if (!failure) failure = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, writes[i], 1, &channel);
        for (int fd = 0; fd < ORR_CHILD_CHANNEL_FD && !failure; fd++) { /* a complaint is lost: no matter */
            const condition stream = equals(0, (scmp_datum_t)fd);
            failure =
                seccomp_rule_add_array(filter, fd == report_fd ? SCMP_ACT_ALLOW : no, writes[i], 1, &stream);
        }
        if (!failure) failure = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, transfers[i], 2, transfer);
        if (!failure) failure = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, maps[i], 1, &plain);
        if (!failure) failure = seccomp_rule_add_array(filter, no, maps[i], 1, &code);
    }
    /* to keep what is open, and nothing else about a descriptor; abort() */
    if (!failure) failure = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, &keeping);
    if (!failure) failure = seccomp_rule_add_array(filter, no, SCMP_SYS(fcntl), 1, &else_);
    if (!failure) failure = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &itself);
    return failure;
}

static int limit(int resource) {
    const struct rlimit none = {0};
    return setrlimit(resource, &none) == 0 ? 0 : -errno;
}

orr_status orr_sandbox_enter(orr_error *err) {
    int failure = limit(RLIMIT_FSIZE);
    if (!failure) failure = limit(RLIMIT_CORE);
    if (!failure) failure = limit(RLIMIT_NPROC);
    if (!failure && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) failure = -errno;
    scmp_filter_ctx filter = failure ? NULL : seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!failure && !filter) failure = -ENOMEM;
    if (!failure) failure = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); /* all threads */
    if (!failure) failure = add_lists(filter);
    if (!failure) failure = add_conditions(filter);
    if (!failure) failure = seccomp_load(filter);
    if (filter) seccomp_release(filter);
    if (!failure) return ORR_OK;
    return orr_fail(err, ORR_E_UNSUPPORTED, NULL,
                    "this system has no seccomp filters (%s), so a script that is not trusted cannot be run",
                    strerror(-failure));
}

const char *orr_sandbox_name(void) {
    return "seccomp";
}
