/* Time, threads, dynamic libraries and processes on Windows. Texts are UTF-8 outside, UTF-16 at the system.
 */
#include "base/platform/windows_private.h"

#include <errno.h>
#include <io.h>
#include <process.h>
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/platform/platform.h"
#include "base/text.h"

/* --- text and errors ---------------------------------------------------------------------------- */

wchar_t *orr_windows_wide(const char *text) {
    int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *wide = length > 0 ? calloc((size_t)length, sizeof *wide) : NULL;
    if (wide) MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, length);
    return wide;
}

bool orr_windows_utf8(const wchar_t *wide, char *out, size_t size) {
    if (size == 0 || size > INT32_MAX) return false;
    out[0] = '\0';
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, out, (int)size, NULL, NULL) > 0;
}

int orr_windows_errno(DWORD code) {
    switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_NETPATH:
    case ERROR_INVALID_DRIVE:
        return ENOENT;
    case ERROR_DIRECTORY:
        return ENOTDIR;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
        return EACCES;
    case ERROR_WRITE_PROTECT:
        return EROFS;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
        return ENOSPC;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
        return EEXIST;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return ENOMEM;
    case ERROR_TOO_MANY_OPEN_FILES:
        return EMFILE;
    case ERROR_FILENAME_EXCED_RANGE:
        return ENAMETOOLONG;
    default:
        return EIO;
    }
}

/* --- time --------------------------------------------------------------------------------------- */

uint64_t orr_time_ns(void) {
    LARGE_INTEGER frequency, count;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&count);
    uint64_t f = (uint64_t)frequency.QuadPart, c = (uint64_t)count.QuadPart;
    return c / f * 1000000000u + c % f * 1000000000u / f;
}

void orr_sleep_ns(uint64_t ns) {
    uint64_t ms = ns / 1000000u + (ns % 1000000u != 0);
    while (ms > 0) {
        DWORD part = ms > 1000000 ? 1000000 : (DWORD)ms;
        Sleep(part);
        ms -= part;
    }
}

uint64_t orr_windows_filetime_ns(FILETIME time) {
    return (((uint64_t)time.dwHighDateTime << 32) | time.dwLowDateTime) * 100;
}

uint64_t orr_cpu_time_ns(void) {
    FILETIME created, ended, kernel, user;
    if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user)) return 0;
    return orr_windows_filetime_ns(kernel) + orr_windows_filetime_ns(user);
}

uint64_t orr_peak_rss_bytes(void) {
    PROCESS_MEMORY_COUNTERS memory;
    return GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory) ? memory.PeakWorkingSetSize : 0;
}

void orr_memory_will_fill(void *memory, size_t bytes) {
    (void)memory, (void)bytes; /* large pages need a privilege there */
}

uint64_t orr_rss_bytes(void) {
    PROCESS_MEMORY_COUNTERS memory;
    return GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory) ? memory.WorkingSetSize : 0;
}

uint64_t orr_memory_free_bytes(void) {
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    return GlobalMemoryStatusEx(&memory) ? memory.ullAvailPhys : 0;
}

/* --- threads ------------------------------------------------------------------------------------ */

/* Waiting jobs run other jobs on the same stack, so it has to be deep. */
enum { THREAD_STACK_BYTES = 8 << 20 };

struct orr_thread {
    HANDLE handle;
    void (*run)(void *);
    void *argument;
};

struct orr_mutex {
    SRWLOCK lock;
};

struct orr_cond {
    CONDITION_VARIABLE variable;
};

static unsigned __stdcall thread_main(void *argument) {
    orr_thread *thread = argument;
    thread->run(thread->argument);
    return 0;
}

/* Thread names came with Windows 10: the function is asked for, not linked. */
static void name_thread(HANDLE handle, const char *name) {
    typedef HRESULT(WINAPI * set_description)(HANDLE, const wchar_t *);
    set_description set = NULL;
    FARPROC found = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "SetThreadDescription");
    memcpy(&set, &found, sizeof set);
    wchar_t *wide = set && name ? orr_windows_wide(name) : NULL;
    if (wide) set(handle, wide);
    free(wide);
}

orr_status orr_thread_create(void (*run)(void *), void *argument, const char *name, orr_thread **out,
                             orr_error *err) {
    *out = NULL;
    orr_thread *thread = calloc(1, sizeof *thread);
    if (!thread) return orr_fail(err, ORR_E_MEMORY, NULL, "cannot start thread '%s': out of memory", name);
    thread->run = run;
    thread->argument = argument;
    uintptr_t handle = _beginthreadex(NULL, THREAD_STACK_BYTES, thread_main, thread,
                                      STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (handle == 0) {
        free(thread);
        return orr_fail(err, ORR_E_LIMIT, NULL, "cannot start thread '%s': the system refuses more threads",
                        name);
    }
    thread->handle = (HANDLE)handle;
    name_thread(thread->handle, name);
    *out = thread;
    return ORR_OK;
}

void orr_thread_join(orr_thread **thread) {
    if (!*thread) return;
    WaitForSingleObject((*thread)->handle, INFINITE);
    CloseHandle((*thread)->handle);
    free(*thread);
    *thread = NULL;
}

uint64_t orr_thread_id(void) {
    return GetCurrentThreadId();
}

void orr_thread_yield(void) {
    SwitchToThread();
}

void orr_thread_pause(void) {
    YieldProcessor();
}

unsigned orr_cpu_count(void) {
    DWORD_PTR process = 0, system = 0;
    unsigned count = 0;
    if (GetProcessAffinityMask(GetCurrentProcess(), &process, &system))
        for (; process; process &= process - 1) count++;
    /* A process spread over several processor groups has a mask of zero. */
    if (count == 0) count = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    return count ? count : 1;
}

static void *alloc_or_abort(size_t size) {
    void *memory = calloc(1, size);
    if (!memory) abort();
    return memory;
}

orr_mutex *orr_mutex_create(void) {
    orr_mutex *mutex = alloc_or_abort(sizeof *mutex);
    InitializeSRWLock(&mutex->lock);
    return mutex;
}

void orr_mutex_destroy(orr_mutex **mutex) {
    free(*mutex);
    *mutex = NULL;
}

void orr_mutex_lock(orr_mutex *mutex) {
    AcquireSRWLockExclusive(&mutex->lock);
}

void orr_mutex_unlock(orr_mutex *mutex) {
    ReleaseSRWLockExclusive(&mutex->lock);
}

orr_cond *orr_cond_create(void) {
    orr_cond *cond = alloc_or_abort(sizeof *cond);
    InitializeConditionVariable(&cond->variable);
    return cond;
}

void orr_cond_destroy(orr_cond **cond) {
    free(*cond);
    *cond = NULL;
}

void orr_cond_wait(orr_cond *cond, orr_mutex *mutex) {
    SleepConditionVariableSRW(&cond->variable, &mutex->lock, INFINITE, 0);
}

bool orr_cond_wait_ns(orr_cond *cond, orr_mutex *mutex, uint64_t timeout_ns) {
    uint64_t ms = timeout_ns / 1000000u + (timeout_ns % 1000000u != 0);
    DWORD timeout = ms >= INFINITE ? INFINITE - 1 : (DWORD)ms;
    return SleepConditionVariableSRW(&cond->variable, &mutex->lock, timeout, 0) ||
           GetLastError() != ERROR_TIMEOUT;
}

void orr_cond_signal(orr_cond *cond) {
    WakeConditionVariable(&cond->variable);
}

void orr_cond_broadcast(orr_cond *cond) {
    WakeAllConditionVariable(&cond->variable);
}

/* --- dynamic libraries -------------------------------------------------------------------------- */

struct orr_library {
    HMODULE handle;
};

orr_status orr_library_open(const char *path, orr_library **out, orr_error *err) {
    *out = NULL;
    wchar_t *wide = orr_windows_wide(path);
    orr_library *library = calloc(1, sizeof *library);
    if (!library || !wide) {
        free(library);
        free(wide);
        return orr_fail(err, ORR_E_MEMORY, path, "cannot load library '%s': out of memory", path);
    }
    library->handle = LoadLibraryW(wide);
    DWORD code = GetLastError();
    free(wide);
    if (!library->handle) {
        free(library);
        return orr_fail(err, ORR_E_LIBRARY, path, "cannot load library '%s': system error %lu", path, code);
    }
    *out = library;
    return ORR_OK;
}

void *orr_library_symbol(orr_library *library, const char *name) {
    FARPROC found = GetProcAddress(library->handle, name);
    void *symbol = NULL;
    memcpy(&symbol, &found, sizeof symbol); /* ISO C has no cast from a function to an object */
    return symbol;
}

void orr_library_close(orr_library **library) {
    if (!*library) return;
    FreeLibrary((*library)->handle);
    free(*library);
    *library = NULL;
}

/* --- processes ---------------------------------------------------------------------------------- */

/* One argument, quoted as CommandLineToArgvW reads it: backslashes count double only before a quote. */
static void append_quoted(orr_text *line, const char *argument) {
    if (line->length) orr_text_puts(line, " ");
    orr_text_puts(line, "\"");
    size_t slashes = 0;
    for (const char *s = argument; *s; s++) {
        if (*s == '"')
            for (size_t i = 0; i <= slashes; i++) orr_text_puts(line, "\\");
        slashes = *s == '\\' ? slashes + 1 : 0;
        orr_text_append(line, s, 1);
    }
    for (size_t i = 0; i < slashes; i++) orr_text_puts(line, "\\");
    orr_text_puts(line, "\"");
}

HANDLE orr_windows_open_inherited(const wchar_t *path, DWORD access, DWORD how) {
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof inherit, .bInheritHandle = TRUE};
    return CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit, how, 0, NULL);
}

BOOL orr_windows_start(const char *const *argv, HANDLE output, HANDLE messages, DWORD flags,
                       PROCESS_INFORMATION *process) {
    orr_text line = {0};
    for (size_t i = 0; argv[i]; i++) append_quoted(&line, argv[i]);
    wchar_t *wide = line.failed ? NULL : orr_windows_wide(orr_text_cstr(&line));
    orr_text_free(&line);
    if (!wide) {
        SetLastError(ERROR_OUTOFMEMORY);
        return FALSE;
    }
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    startup.hStdInput = orr_windows_open_inherited(L"NUL", GENERIC_READ, OPEN_EXISTING);
    startup.hStdOutput = output;
    startup.hStdError = messages;
    BOOL started = CreateProcessW(NULL, wide, NULL, NULL, TRUE, flags, NULL, NULL, &startup, process);
    DWORD code = GetLastError();
    if (startup.hStdInput != INVALID_HANDLE_VALUE) CloseHandle(startup.hStdInput);
    free(wide);
    SetLastError(code);
    return started;
}

static orr_status cannot_start(const char *name, orr_error *err) {
    DWORD code = GetLastError();
    if (orr_windows_errno(code) == ENOENT)
        return orr_fail(err, ORR_E_NOT_FOUND, name, "program '%s' is not installed (not found on PATH)",
                        name);
    return orr_fail(err, ORR_E_PROCESS, name, "cannot start program '%s': system error %lu", name, code);
}

static int wait_for(PROCESS_INFORMATION *process) {
    DWORD code = 1;
    WaitForSingleObject(process->hProcess, INFINITE);
    GetExitCodeProcess(process->hProcess, &code);
    CloseHandle(process->hThread);
    return (int)code;
}

orr_status orr_process_run(const char *const *argv, int *exit_code, orr_error *err) {
    PROCESS_INFORMATION process = {0};
    if (!orr_windows_start(argv, GetStdHandle(STD_OUTPUT_HANDLE), GetStdHandle(STD_ERROR_HANDLE), 0,
                           &process))
        return cannot_start(argv[0], err);
    *exit_code = wait_for(&process);
    CloseHandle(process.hProcess);
    return ORR_OK;
}

orr_status orr_process_measure(const char *const *argv, const char *output, orr_process_cost *cost,
                               orr_error *err) {
    PROCESS_INFORMATION process = {0};
    FILETIME created, ended, kernel = {0}, user = {0};
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
    wchar_t *path = orr_windows_wide(output ? output : "NUL");
    if (!path) return orr_fail(err, ORR_E_MEMORY, argv[0], "cannot start '%s': out of memory", argv[0]);
    HANDLE file = orr_windows_open_inherited(path, GENERIC_WRITE, output ? CREATE_ALWAYS : OPEN_EXISTING);
    free(path);
    if (file == INVALID_HANDLE_VALUE)
        return orr_fail(err, ORR_E_WRITE, output, "%s: cannot be written: system error %lu",
                        output ? output : "NUL", GetLastError());
    uint64_t begin = orr_time_ns();
    BOOL started = orr_windows_start(argv, file, output ? GetStdHandle(STD_ERROR_HANDLE) : file, 0, &process);
    orr_status status = started ? ORR_OK : cannot_start(argv[0], err);
    if (started) {
        cost->exit_code = wait_for(&process);
        cost->wall_s = (double)(orr_time_ns() - begin) * 1e-9;
        GetProcessTimes(process.hProcess, &created, &ended, &kernel, &user);
        GetProcessMemoryInfo(process.hProcess, &memory, sizeof memory);
        cost->cpu_s = (double)(orr_windows_filetime_ns(kernel) + orr_windows_filetime_ns(user)) * 1e-9;
        cost->peak_rss_bytes = memory.PeakWorkingSetSize;
        CloseHandle(process.hProcess);
    }
    CloseHandle(file);
    return status;
}

bool orr_stream_is_terminal(int fd) {
    static const DWORD k_streams[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    DWORD mode;
    return fd >= 0 && fd <= 2 && GetConsoleMode(GetStdHandle(k_streams[fd]), &mode);
}

void orr_setenv(const char *name, const char *value, bool overwrite) {
    wchar_t *wide_name = orr_windows_wide(name), *wide_value = orr_windows_wide(value);
    if (wide_name && wide_value && (overwrite || !_wgetenv(wide_name))) _wputenv_s(wide_name, wide_value);
    free(wide_name);
    free(wide_value);
}
