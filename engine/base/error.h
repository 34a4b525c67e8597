/* Filling and reading error records. Thread-safe: touches only its arguments. */
#ifndef ORR_BASE_ERROR_H
#define ORR_BASE_ERROR_H

#include <stdarg.h>

#include "orrery/status.h"

/* Fills `err` (may be NULL) and returns `code`, so that a failure reads `return orr_fail(err, …);`.
 * `path` (may be NULL) is the file or space path concerned. Long texts are cut at a character boundary. */
orr_status orr_fail(orr_error *err, orr_status code, const char *path, const char *format, ...)
    ORR_PRINTF(4, 5);
orr_status orr_fail_v(orr_error *err, orr_status code, const char *path, const char *format, va_list args);

/* As orr_fail for a failed system call: picks the code and the words from `errno_value`
 * (ENOENT, EACCES, ENOSPC, …); `what` says what was tried: "open", "write". Of writing, creating and renaming
 * it is ORR_E_WRITE, a full disk and memory apart. */
orr_status orr_fail_errno(orr_error *err, int errno_value, const char *path, const char *what);

/* Puts `format` and ": " before the message already in `err`; keeps its code. Returns err's code. */
orr_status orr_error_prefix(orr_error *err, const char *format, ...) ORR_PRINTF(2, 3);

/* "not_found" for ORR_E_NOT_FOUND …: stable, lower case. */
const char *orr_status_name(orr_status code);

/* The documented process exit code of a status (docs/exit-codes.md): 0 done, 1 a frame or test failed,
 * 2 wrong usage, 3 no usable device, 4 bad input, 5 script error, 6 script timeout, 130 interrupted. */
int orr_status_exit_code(orr_status code);

#endif
