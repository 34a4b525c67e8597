#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/platform/platform.h"

/* Takes a half-cut UTF-8 character off the end of a text that filled its buffer. */
static void trim_cut_character(char *text) {
    size_t length = strlen(text), start = length, tail = 0;
    while (start > 0 && tail < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) start--, tail++;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (need > tail) text[start - 1] = '\0';
}

static void copy_bounded(char *out, size_t size, const char *text) {
    size_t length = strlen(text);
    if (length < size) {
        memmove(out, text, length + 1);
        return;
    }
    memmove(out, text, size - 1);
    out[size - 1] = '\0';
    trim_cut_character(out);
}

static orr_severity severity_of(orr_status code) {
    switch (code) {
    case ORR_OK:
        return ORR_SEVERITY_INFO;
    case ORR_E_INTERNAL:
    case ORR_E_MEMORY:
    case ORR_E_NO_DEVICE:
    case ORR_E_DEVICE_LOST:
        return ORR_SEVERITY_FATAL;
    default:
        return ORR_SEVERITY_RECOVERABLE;
    }
}

orr_status orr_fail_v(orr_error *err, orr_status code, const char *path, const char *format, va_list args) {
    if (!err) return code;
    /* Formatted aside first: an argument may well be the old message of `err` itself. */
    char message[sizeof err->message], place[sizeof err->path];
    int length = vsnprintf(message, sizeof message, format, args);
    if (length < 0) message[0] = '\0';
    if (length >= (int)sizeof message) trim_cut_character(message);
    copy_bounded(place, sizeof place, path ? path : "");
    memset(err, 0, sizeof *err);
    err->code = code;
    err->severity = severity_of(code);
    err->time_ns = orr_time_ns();
    copy_bounded(err->path, sizeof err->path, place);
    copy_bounded(err->message, sizeof err->message, message);
    return code;
}

orr_status orr_fail(orr_error *err, orr_status code, const char *path, const char *format, ...) {
    va_list args;
    va_start(args, format);
    orr_fail_v(err, code, path, format, args);
    va_end(args);
    return code;
}

/* What a failed system call means to the caller: a status, and words that say what would be right. */
typedef struct errno_words {
    int number;
    orr_status code;
    const char *words;
} errno_words;

static const errno_words k_errno_words[] = {
    {ENOENT, ORR_E_NOT_FOUND, "no such file or folder"},
    {ENOTDIR, ORR_E_NOT_FOUND, "a part of the path is not a folder"},
    {EACCES, ORR_E_PERMISSION, "permission denied; check the rights of the file and its folder"},
    {EPERM, ORR_E_PERMISSION, "not permitted"},
    {EROFS, ORR_E_PERMISSION, "the file system is read-only"},
    {ENOSPC, ORR_E_NO_SPACE, "the disk is full; free some space or choose another folder"},
#ifdef EDQUOT
    {EDQUOT, ORR_E_NO_SPACE, "the disk quota is used up; free some space or choose another folder"},
#endif
    {EFBIG, ORR_E_NO_SPACE, "larger than this file system or the process limit allows"},
    {EEXIST, ORR_E_EXISTS, "already exists"},
    {ENOMEM, ORR_E_MEMORY, "out of memory"},
    {EMFILE, ORR_E_LIMIT, "too many open files in this process (see ulimit -n)"},
    {ENFILE, ORR_E_LIMIT, "too many open files on this machine"},
    {ENAMETOOLONG, ORR_E_LIMIT, "the name is too long for the file system"},
#ifdef ELOOP
    {ELOOP, ORR_E_READ, "too many symbolic links"},
#endif
};

orr_status orr_fail_errno(orr_error *err, int errno_value, const char *path, const char *what) {
    orr_status code = ORR_E_READ;
    const char *words = NULL;
    for (size_t i = 0; i < sizeof k_errno_words / sizeof k_errno_words[0]; i++) {
        if (k_errno_words[i].number != errno_value) continue;
        code = k_errno_words[i].code;
        words = k_errno_words[i].words;
        break;
    }
    /* A place that cannot be written to is a failed write, whatever keeps it from being one. */
    bool writes = strstr(what, "write") || strstr(what, "create") || strstr(what, "rename");
    if (writes && code != ORR_E_NO_SPACE && code != ORR_E_MEMORY) code = ORR_E_WRITE;
    char number[32];
    if (!words) {
        snprintf(number, sizeof number, "system error %d", errno_value);
        words = number;
        if (errno_value == EISDIR) words = "it is a folder";
        if (errno_value == EIO) words = "the device reported an I/O error";
    }
    return orr_fail(err, code, path, "cannot %s '%s': %s", what, path ? path : "", words);
}

orr_status orr_error_prefix(orr_error *err, const char *format, ...) {
    if (!err) return ORR_E_INTERNAL; /* no record, no code: see the header */
    char prefix[sizeof err->message], joined[2 * sizeof err->message + 4];
    va_list args;
    va_start(args, format);
    if (vsnprintf(prefix, sizeof prefix, format, args) < 0) prefix[0] = '\0';
    va_end(args);
    snprintf(joined, sizeof joined, "%s: %s", prefix, err->message);
    copy_bounded(err->message, sizeof err->message, joined);
    return err->code;
}

const char *orr_status_name(orr_status code) {
    switch (code) {
    case ORR_OK:
        return "ok";
    case ORR_E_INTERNAL:
        return "internal";
    case ORR_E_ARGUMENT:
        return "argument";
    case ORR_E_MEMORY:
        return "memory";
    case ORR_E_NOT_FOUND:
        return "not_found";
    case ORR_E_EXISTS:
        return "exists";
    case ORR_E_TIMEOUT:
        return "timeout";
    case ORR_E_CANCELLED:
        return "cancelled";
    case ORR_E_LIMIT:
        return "limit";
    case ORR_E_UNSUPPORTED:
        return "unsupported";
    case ORR_E_BAD_DATA:
        return "bad_data";
    case ORR_E_TRUNCATED:
        return "truncated";
    case ORR_E_UNKNOWN_KEY:
        return "unknown_key";
    case ORR_E_OUT_OF_RANGE:
        return "out_of_range";
    case ORR_E_TYPE:
        return "type";
    case ORR_E_STALE:
        return "stale";
    case ORR_E_VERSION:
        return "version";
    case ORR_E_READ:
        return "read";
    case ORR_E_WRITE:
        return "write";
    case ORR_E_NO_SPACE:
        return "no_space";
    case ORR_E_PERMISSION:
        return "permission";
    case ORR_E_ESCAPE:
        return "escape";
    case ORR_E_LIBRARY:
        return "library";
    case ORR_E_PROCESS:
        return "process";
    case ORR_E_NO_DEVICE:
        return "no_device";
    case ORR_E_DEVICE_LOST:
        return "device_lost";
    case ORR_E_GPU_MEMORY:
        return "gpu_memory";
    case ORR_E_SHADER:
        return "shader";
    case ORR_E_GPU:
        return "gpu";
    case ORR_E_VALIDATION:
        return "validation";
    case ORR_E_MODULE:
        return "module";
    case ORR_E_GRAPH:
        return "graph";
    case ORR_E_NOT_READY:
        return "not_ready";
    case ORR_E_FRAME:
        return "frame";
    case ORR_E_DIGEST:
        return "digest";
    case ORR_E_FRAME_TIMEOUT:
        return "frame_timeout";
    case ORR_E_SCRIPT:
        return "script";
    case ORR_E_SCRIPT_TIMEOUT:
        return "script_timeout";
    case ORR_E_USAGE:
        return "usage";
    case ORR_E_INTERRUPTED:
        return "interrupted";
    }
    return "unknown";
}

int orr_status_exit_code(orr_status code) {
    switch (code) {
    case ORR_OK:
        return 0;
    case ORR_E_USAGE:
        return 2;
    case ORR_E_NO_DEVICE:
        return 3;
    case ORR_E_NOT_FOUND:
    case ORR_E_LIMIT:
    case ORR_E_UNSUPPORTED:
    case ORR_E_BAD_DATA:
    case ORR_E_TRUNCATED:
    case ORR_E_UNKNOWN_KEY:
    case ORR_E_OUT_OF_RANGE:
    case ORR_E_TYPE:
    case ORR_E_VERSION:
    case ORR_E_READ:
    case ORR_E_PERMISSION:
    case ORR_E_ESCAPE:
    case ORR_E_DIGEST:
        return 4;
    case ORR_E_SCRIPT:
        return 5;
    case ORR_E_SCRIPT_TIMEOUT:
        return 6;
    case ORR_E_INTERRUPTED:
        return 130; /* 128 + SIGINT, as shells report it */
    default:
        return 1;
    }
}
