/* What Orrery asks of an operating system: threads, time, files, dynamic libraries, folders.
 * One implementation per system: platform_posix.c, platform_windows.c. */
#ifndef ORR_BASE_PLATFORM_H
#define ORR_BASE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orrery/status.h"

/* --- time ------------------------------------------------------------------------------------- */
uint64_t orr_time_ns(void);           /* monotonic */
void orr_sleep_ns(uint64_t ns);       /* at least */
uint64_t orr_cpu_time_ns(void);       /* of this process, all threads */
uint64_t orr_peak_rss_bytes(void);    /* highest resident set so far */
uint64_t orr_rss_bytes(void);         /* resident set now */
uint64_t orr_memory_free_bytes(void); /* what can still be had of machine and container; 0 = unknown */
/* A hint: all of this fresh memory is about to be written, so large pages pay (a page fault per 2 MiB, not
 * per 4 KiB). */
void orr_memory_will_fill(void *memory, size_t bytes);

/* --- threads (pthreads: TSan does not know <threads.h>) ----------------------------------------- */
typedef struct orr_thread orr_thread;
typedef struct orr_mutex orr_mutex;
typedef struct orr_cond orr_cond;
ORR_MUST_CHECK orr_status orr_thread_create(void (*run)(void *), void *argument, const char *name,
                                            orr_thread **out, orr_error *err);
void orr_thread_join(orr_thread **thread); /* joins, frees, nulls */
uint64_t orr_thread_id(void);
void orr_thread_yield(void);
void orr_thread_pause(void);       /* tells the CPU that this is a spin loop */
unsigned orr_cpu_count(void);      /* that this process may use, >= 1 */
orr_mutex *orr_mutex_create(void); /* aborts when memory is out: nothing sane can go on */
void orr_mutex_destroy(orr_mutex **mutex);
void orr_mutex_lock(orr_mutex *mutex);
void orr_mutex_unlock(orr_mutex *mutex);
orr_cond *orr_cond_create(void);
void orr_cond_destroy(orr_cond **cond);
void orr_cond_wait(orr_cond *cond, orr_mutex *mutex);
bool orr_cond_wait_ns(orr_cond *cond, orr_mutex *mutex, uint64_t timeout_ns); /* false: timed out */
void orr_cond_signal(orr_cond *cond);
void orr_cond_broadcast(orr_cond *cond);

/* --- files (host paths; UTF-8) ------------------------------------------------------------------ */
/* Whole file into malloc'd memory with a NUL after the last byte (not counted). Refuses more than `max_bytes`
 * with ORR_E_LIMIT, folders and devices with ORR_E_READ. Caller frees `*data`. */
ORR_MUST_CHECK orr_status orr_file_read(const char *path, uint64_t max_bytes, uint8_t **data, size_t *size,
                                        orr_error *err);
/* Atomic: writes `path` + ".part-<pid>-<n>", flushes, checks, renames. Nothing is left behind on failure. */
ORR_MUST_CHECK orr_status orr_file_write(const char *path, const void *data, size_t size, orr_error *err);
/* Would orr_file_write find a place for `path`? Tries, and leaves nothing behind. */
ORR_MUST_CHECK orr_status orr_file_probe(const char *path, orr_error *err);
/* A file that must not be there yet (ORR_E_EXISTS); `secret`: nobody but its owner may read it. */
ORR_MUST_CHECK orr_status orr_file_create(const char *path, const void *data, size_t size, bool secret,
                                          orr_error *err);
bool orr_file_exists(const char *path);
bool orr_folder_exists(const char *path);
ORR_MUST_CHECK orr_status orr_folder_create(const char *path,
                                            orr_error *err); /* with parents; fine if there */
/* A new folder that nobody else has, for what is thrown away: "/tmp/<prefix>-x7Qk2a". */
ORR_MUST_CHECK orr_status orr_folder_temporary(const char *prefix, char *out, size_t size, orr_error *err);
void orr_folder_remove(const char *path); /* with all that is in it, as far as it can; follows no links */
void orr_file_remove(const char *path);
/* Replaces `to` if it is there. */
ORR_MUST_CHECK orr_status orr_file_rename(const char *from, const char *to, orr_error *err);
uint64_t orr_file_mtime_ns(const char *path); /* 0 = no such file */
/* Names (not paths) in a folder, sorted bytewise, without . and ..; caller frees with orr_names_free. */
ORR_MUST_CHECK orr_status orr_folder_list(const char *path, char ***names, size_t *count, orr_error *err);
void orr_names_free(char ***names, size_t count);
bool orr_path_real(const char *path, char *out, size_t size); /* canonical absolute path of what exists */
bool orr_path_is_absolute(const char *path);
void orr_path_join(char *out, size_t size, const char *folder, const char *name); /* name alone if absolute */
void orr_path_folder(char *out, size_t size, const char *path);                   /* "." when none */
const char *orr_path_name(const char *path);   /* after the last separator */
bool orr_path_program(char *out, size_t size); /* this executable */
/* What this executable was linked from: the linker's build id, in hex. False where it has none. */
bool orr_program_id(char *out, size_t size);
bool orr_path_cache(char *out, size_t size); /* per-user cache folder for Orrery (XDG_CACHE_HOME) */

/* --- open files: what is too large to hold whole, by descriptor ----------------------------------- */
/* For reading, regular files alone. Nothing has a position: any thread may read, several at once. `name` is
 * for messages. */
ORR_MUST_CHECK orr_status orr_fd_open(const char *path, int *fd, orr_error *err);
ORR_MUST_CHECK orr_status orr_fd_size(int fd, const char *name, uint64_t *bytes, orr_error *err);
/* Exactly `size` bytes, or ORR_E_TRUNCATED. One system call as a rule: pread. */
ORR_MUST_CHECK orr_status orr_fd_read(int fd, const char *name, uint64_t offset, void *data, size_t size,
                                      orr_error *err);
int orr_fd_duplicate(int fd); /* -1 = the system has none left */
void orr_fd_close(int *fd);   /* and sets it to -1, which is fine to close */

/* A file written in pieces, at any offset, by any thread: under another name beside `path`, and in its place
 * only at orr_part_commit, which checks and renames. Both ends free it and null; without the commit nothing
 * is left behind. `flush`: wait until it is on the disk, so that not even a power failure leaves half of it.
 */
typedef struct orr_part orr_part;
ORR_MUST_CHECK orr_status orr_part_begin(const char *path, orr_part **out, orr_error *err);
ORR_MUST_CHECK orr_status orr_part_write(orr_part *part, uint64_t offset, const void *data, size_t size,
                                         orr_error *err);
ORR_MUST_CHECK orr_status orr_part_truncate(orr_part *part, uint64_t bytes, orr_error *err);
int orr_part_fd(const orr_part *part); /* to read back; the part's own */
ORR_MUST_CHECK orr_status orr_part_commit(orr_part **part, bool flush, orr_error *err);
void orr_part_drop(orr_part **part);

/* --- dynamic libraries ---------------------------------------------------------------------------- */
typedef struct orr_library orr_library;
ORR_MUST_CHECK orr_status orr_library_open(const char *path, orr_library **out, orr_error *err);
void *orr_library_symbol(orr_library *library, const char *name); /* NULL = none */
void orr_library_close(orr_library **library);
#if defined(_WIN32)
#define ORR_LIBRARY_SUFFIX ".dll"
#define ORR_PATH_SEPARATOR ';' /* between the folders of a list, as in PATH */
#elif defined(__APPLE__)
#define ORR_LIBRARY_SUFFIX ".dylib"
#define ORR_PATH_SEPARATOR ':'
#else
#define ORR_LIBRARY_SUFFIX ".so"
#define ORR_PATH_SEPARATOR ':'
#endif

/* --- processes ------------------------------------------------------------------------------------ */
/* Runs a program found on PATH with arguments (argv[0] first, NULL last), no shell; waits. stdin: null.
 * `*exit_code` gets its code. ORR_E_NOT_FOUND when there is no such program. */
ORR_MUST_CHECK orr_status orr_process_run(const char *const *argv, int *exit_code, orr_error *err);
/* The same, with its standard output written to a file (`output` NULL = dropped, and its messages with it),
 * and what it took. The peak counts this process's own when that is higher: measure from a small one. */
typedef struct orr_process_cost {
    int exit_code;
    double wall_s, cpu_s; /* cpu: user and system, of all threads */
    uint64_t peak_rss_bytes;
} orr_process_cost;
ORR_MUST_CHECK orr_status orr_process_measure(const char *const *argv, const char *output,
                                              orr_process_cost *cost, orr_error *err);
bool orr_program_exists(const char *name); /* on PATH, and runnable */
bool orr_stream_is_terminal(int fd);       /* 0, 1, 2 */
void orr_setenv(const char *name, const char *value, bool overwrite);

#endif
