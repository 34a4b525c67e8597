/* Child processes that are watched: started, talked to over a byte channel, measured, killed.
 *
 * One implementation per system: process_posix.c, process_windows.c. For a program that is just run and
 * waited for there is orr_process_run (platform.h). One thread at a time per child. */
#ifndef ORR_BASE_PROCESS_H
#define ORR_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orrery/status.h"

typedef struct orr_child orr_child;

enum { ORR_CHILD_CHANNEL_FD = 3, ORR_CHILD_PASSED_FD = 4 }; /* what the child finds them as */

typedef struct orr_child_params {
    const char *const *argv; /* NULL-terminated; argv[0] is a path, or a name on PATH */
    const char *const *env;  /* "NAME=value" beside the caller's own; NULL-terminated; may be NULL */
    bool clean_env;          /* nothing of the caller's environment: `env` alone */
    const char *output;      /* file for its standard output; NULL = dropped */
    const char *messages;    /* file for its standard error; NULL = the caller's */
    bool channel;            /* a two-way byte stream, its end being ORR_CHILD_CHANNEL_FD in the child */
    int pass_fd;             /* handed to the child as ORR_CHILD_PASSED_FD; -1 (and 0) = none */
    uint64_t data_bytes;     /* most memory it may allocate (RLIMIT_DATA); 0 = as the caller */
    uint32_t cpu_s;          /* most processor time, then it is killed; 0 = as the caller */
    bool dies_with_caller;   /* killed when the thread that started it ends (Linux alone) */
} orr_child_params;

typedef struct orr_child_end {
    int exit_code; /* 128 + the signal's number when a signal ended it */
    int signal;    /* 0 = it ended by itself */
    double wall_s, cpu_s;
    uint64_t peak_rss_bytes;
} orr_child_end;

/* Nothing but the named descriptors and 0, 1, 2 is inherited, no signal is blocked; stdin is null. It leads a
 * process group of its own: Ctrl-C does not reach it. Windows refuses env, channel and pass_fd.
 * ORR_E_NOT_FOUND, ORR_E_PROCESS, ORR_E_UNSUPPORTED, those of writing a file. Owner destroys with
 * orr_child_destroy, which kills and reaps what still runs. */
ORR_MUST_CHECK orr_status orr_child_start(const orr_child_params *params, orr_child **out, orr_error *err);
void orr_child_destroy(orr_child **child);
/* True once it has ended; `end` is filled then, and what it started and left in its process group is killed.
 * Never waits. */
bool orr_child_poll(orr_child *child, orr_child_end *end);
/* Waits at most timeout_ns for its end. False: it still runs. */
bool orr_child_wait(orr_child *child, uint64_t timeout_ns, orr_child_end *end);
void orr_child_kill(orr_child *child); /* at once, and whatever it started in its process group */
uint64_t orr_child_rss_bytes(const orr_child *child); /* resident now; 0 = unknown or ended */

const char *orr_signal_name(int signal); /* "SIGSEGV"; "signal" when it has no name here */

/* The channel, either end: whole messages of `size` bytes. ORR_E_TIMEOUT after `timeout_ns` (0 = none) in
 * total, ORR_E_PROCESS when the other end is closed. A sandbox has to leave them recv, send and poll. */
int orr_child_channel(const orr_child *child); /* the caller's end; -1 = none */
ORR_MUST_CHECK orr_status orr_channel_write(int fd, const void *data, size_t size, uint64_t timeout_ns,
                                            orr_error *err);
ORR_MUST_CHECK orr_status orr_channel_read(int fd, void *data, size_t size, uint64_t timeout_ns,
                                           orr_error *err);
#endif
