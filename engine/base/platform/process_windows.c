/* Watched child processes on Windows: started in a job object that limits them and ends with its handle. What
 * needs inherited descriptors or another environment is refused; the channel does not exist. */
#include "base/platform/windows_private.h"

#include <psapi.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/platform/platform.h"
#include "base/platform/process.h"

struct orr_child {
    HANDLE job, process;
    uint64_t started_ns;
};

static orr_status cannot(const char *name, orr_error *err) {
    DWORD code = GetLastError();
    bool missing = code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
    return orr_fail(err, missing ? ORR_E_NOT_FOUND : ORR_E_PROCESS, name,
                    "cannot start program '%s': system error %lu", name, code);
}

/* The handle of a stream: the file, the null device, or the caller's own stream (`own`). */
static HANDLE open_stream(const char *path, DWORD own) {
    if (!path && own) return GetStdHandle(own);
    wchar_t *wide = orr_windows_wide(path ? path : "NUL");
    HANDLE file = wide ? orr_windows_open_inherited(wide, GENERIC_WRITE, path ? CREATE_ALWAYS : OPEN_EXISTING)
                       : INVALID_HANDLE_VALUE;
    free(wide);
    return file;
}

static BOOL start_in_job(const orr_child_params *params, HANDLE output, HANDLE messages, orr_child *child) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    PROCESS_INFORMATION process = {0};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (params->data_bytes) {
        limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_PROCESS_MEMORY;
        limits.ProcessMemoryLimit = (SIZE_T)params->data_bytes;
    }
    if (params->cpu_s) {
        limits.BasicLimitInformation.LimitFlags |= JOB_OBJECT_LIMIT_PROCESS_TIME;
        limits.BasicLimitInformation.PerProcessUserTimeLimit.QuadPart = (LONGLONG)params->cpu_s * 10000000;
    }
    child->job = CreateJobObjectW(NULL, NULL);
    if (!child->job ||
        !SetInformationJobObject(child->job, JobObjectExtendedLimitInformation, &limits, sizeof limits))
        return FALSE;
    if (!orr_windows_start(params->argv, output, messages, CREATE_SUSPENDED, &process)) return FALSE;
    child->process = process.hProcess;
    BOOL running =
        AssignProcessToJobObject(child->job, process.hProcess) && ResumeThread(process.hThread) != (DWORD)-1;
    if (!running) TerminateProcess(process.hProcess, 127);
    CloseHandle(process.hThread);
    return running;
}

orr_status orr_child_start(const orr_child_params *params, orr_child **out, orr_error *err) {
    const char *name = params->argv[0];
    *out = NULL;
    if (params->channel || params->pass_fd > 0 || params->clean_env || (params->env && params->env[0]))
        return orr_fail(err, ORR_E_UNSUPPORTED, name,
                        "on Windows a watched program cannot be given a channel, a descriptor or another "
                        "environment");
    orr_child *child = calloc(1, sizeof *child);
    if (!child) return orr_fail(err, ORR_E_MEMORY, name, "cannot start '%s': out of memory", name);
    HANDLE output = open_stream(params->output, 0);
    HANDLE messages = open_stream(params->messages, STD_ERROR_HANDLE);
    child->started_ns = orr_time_ns();
    orr_status status = ORR_OK;
    if (output == INVALID_HANDLE_VALUE || messages == INVALID_HANDLE_VALUE)
        status = orr_fail(err, ORR_E_WRITE, params->output,
                          "cannot write the output of '%s': system error %lu", name, GetLastError());
    else if (!start_in_job(params, output, messages, child))
        status = cannot(name, err);
    if (output != INVALID_HANDLE_VALUE) CloseHandle(output);
    if (params->messages && messages != INVALID_HANDLE_VALUE) CloseHandle(messages);
    if (status == ORR_OK)
        *out = child;
    else
        orr_child_destroy(&child);
    return status;
}

void orr_child_destroy(orr_child **child) {
    if (!*child) return;
    if ((*child)->job) {
        TerminateJobObject((*child)->job, 137);
        CloseHandle((*child)->job);
    }
    if ((*child)->process) {
        WaitForSingleObject((*child)->process, INFINITE);
        CloseHandle((*child)->process);
    }
    free(*child);
    *child = NULL;
}

bool orr_child_wait(orr_child *child, uint64_t timeout_ns, orr_child_end *end) {
    uint64_t ms = timeout_ns / 1000000u + (timeout_ns % 1000000u != 0);
    FILETIME created, ended, kernel = {0}, user = {0};
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    DWORD code = 1;
    if (WaitForSingleObject(child->process, ms >= INFINITE ? INFINITE - 1 : (DWORD)ms) != WAIT_OBJECT_0)
        return false;
    GetExitCodeProcess(child->process, &code);
    GetProcessTimes(child->process, &created, &ended, &kernel, &user);
    GetProcessMemoryInfo(child->process, &memory, sizeof memory);
    *end = (orr_child_end){
        .exit_code = (int)code,
        .wall_s = (double)(orr_time_ns() - child->started_ns) * 1e-9,
        .cpu_s = (double)(orr_windows_filetime_ns(kernel) + orr_windows_filetime_ns(user)) * 1e-9,
        .peak_rss_bytes = memory.PeakWorkingSetSize};
    return true;
}

bool orr_child_poll(orr_child *child, orr_child_end *end) {
    return orr_child_wait(child, 0, end);
}

void orr_child_kill(orr_child *child) {
    TerminateJobObject(child->job, 137);
}

uint64_t orr_child_rss_bytes(const orr_child *child) {
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    return GetProcessMemoryInfo(child->process, &memory, sizeof memory) ? memory.WorkingSetSize : 0;
}

const char *orr_signal_name(int signal) {
    (void)signal;
    return "signal"; /* nothing ends by one there */
}

int orr_child_channel(const orr_child *child) {
    (void)child;
    return -1;
}

orr_status orr_channel_write(int fd, const void *data, size_t size, uint64_t timeout_ns, orr_error *err) {
    (void)fd, (void)data, (void)size, (void)timeout_ns;
    return orr_fail(err, ORR_E_UNSUPPORTED, NULL, "there are no channels between processes on Windows");
}

orr_status orr_channel_read(int fd, void *data, size_t size, uint64_t timeout_ns, orr_error *err) {
    (void)fd, (void)data, (void)size, (void)timeout_ns;
    return orr_fail(err, ORR_E_UNSUPPORTED, NULL, "there are no channels between processes on Windows");
}
