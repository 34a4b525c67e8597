/* Runs regression scenes, one process each, some at a time, within bounds of memory and time. */
#ifndef ORR_CHECK_RUNNER_H
#define ORR_CHECK_RUNNER_H

#include "check/result.h"

/* One scene to run: a command whose process writes the result's JSON to `result_file`, and ends with 0 unless
 * that is a failure. */
typedef struct orr_check_job {
    const char *name, *file;
    const char *const *argv;      /* NULL-terminated */
    const char *result_file;      /* in the work folder */
    const char *messages_file;    /* its standard error goes here, and into the result */
    double timeout_s, memory_mib; /* 0 = 120 s, 1024 MiB. What is resident counts (Linux alone knows it) */
} orr_check_job;

typedef struct orr_check_runner_params {
    const orr_check_job *jobs;
    uint32_t job_count;
    uint32_t parallel;     /* scenes at a time; 0 = the cores */
    uint64_t memory_bytes; /* the sum of memory_mib of those that run stays below; 0 = three quarters of what
                              is free. A scene that wants more than all of it runs alone */
    atomic_int *stop;      /* a signal: what runs is killed, ORR_E_INTERRUPTED; may be NULL */
    /* On the caller's thread, as each scene ends, in the order in which they end. */
    void (*ended)(void *context, uint32_t index, const orr_check_result *result, uint32_t done);
    void *context;
} orr_check_runner_params;

/* `results`: one per job, in their order, freed by the caller whatever comes back. A scene that crashes, runs
 * too long, takes too much or writes no result is a result with that verdict, not an error. No scene is tried
 * twice. */
ORR_MUST_CHECK orr_status orr_check_run(const orr_check_runner_params *params, orr_check_result *results,
                                        orr_error *err);

#endif
