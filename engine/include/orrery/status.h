/* Status codes and the error record: how every fallible function of Orrery reports.
 *
 * A fallible function returns `orr_status` (the compiler insists it is looked at) and takes, as its last
 * argument, a caller-owned `orr_error *` that may be NULL. On failure it fills the record; on success it
 * leaves it alone. Codes are stable: 0-999 core, 1000-1999 system, 2000-2999 renderer, 3000-3999 UI,
 * 4000-4999 application. Clean as C17 and as C++17. */
#ifndef ORRERY_STATUS_H
#define ORRERY_STATUS_H

#include <stdint.h>

#include "orrery/attributes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum orr_status {
    ORR_OK = 0,
    /* core */
    ORR_E_INTERNAL = 1,      /* a broken promise of Orrery itself: please report */
    ORR_E_ARGUMENT = 2,      /* the caller passed something the function does not accept */
    ORR_E_MEMORY = 3,        /* the system refused memory */
    ORR_E_NOT_FOUND = 4,     /* no such file, path, name, id */
    ORR_E_EXISTS = 5,        /* already there */
    ORR_E_TIMEOUT = 6,       /* a wait ended without its event */
    ORR_E_CANCELLED = 7,     /* asked to stop */
    ORR_E_LIMIT = 8,         /* a stated bound would be passed */
    ORR_E_UNSUPPORTED = 9,   /* valid, but not something Orrery does; the message names it */
    ORR_E_BAD_DATA = 10,     /* malformed outside data */
    ORR_E_TRUNCATED = 11,    /* outside data ends early */
    ORR_E_UNKNOWN_KEY = 12,  /* a key, option or parameter that nothing reads */
    ORR_E_OUT_OF_RANGE = 13, /* a number outside its declared range, or not finite */
    ORR_E_TYPE = 14,         /* a value of another type than declared */
    ORR_E_STALE = 15,        /* a handle whose object is gone */
    ORR_E_VERSION = 16,      /* another version than this one understands */
    /* system */
    ORR_E_READ = 1001,
    ORR_E_WRITE = 1002,
    ORR_E_NO_SPACE = 1003,
    ORR_E_PERMISSION = 1004,
    ORR_E_ESCAPE = 1005, /* a path that would leave its root */
    ORR_E_LIBRARY = 1006,
    ORR_E_PROCESS = 1007,
    /* renderer */
    ORR_E_NO_DEVICE = 2001,
    ORR_E_DEVICE_LOST = 2002,
    ORR_E_GPU_MEMORY = 2003,
    ORR_E_SHADER = 2004,
    ORR_E_GPU = 2005,        /* any other Vulkan failure */
    ORR_E_VALIDATION = 2006, /* a validation layer spoke */
    ORR_E_MODULE = 2007,
    ORR_E_GRAPH = 2008,
    ORR_E_NOT_READY = 2009,
    ORR_E_FRAME = 2010,
    ORR_E_DIGEST = 2011, /* a folder recorded with other inputs */
    ORR_E_FRAME_TIMEOUT =
        2012, /* the device does not end a frame: it can be neither used nor closed any more */
    /* application */
    ORR_E_SCRIPT = 4001,
    ORR_E_SCRIPT_TIMEOUT = 4002,
    ORR_E_USAGE = 4003,
    ORR_E_INTERRUPTED = 4004
} orr_status;

typedef enum orr_severity {
    ORR_SEVERITY_INFO = 0,
    ORR_SEVERITY_WARNING = 1,
    ORR_SEVERITY_RECOVERABLE = 2,
    ORR_SEVERITY_FATAL = 3
} orr_severity;

/* One error. Plain data: copy it freely. `path` is a file, or a path of the space, or empty;
 * `message` says what is wrong, where, and what would be right, in one line of UTF-8. */
typedef struct orr_error {
    orr_status code;
    orr_severity severity;
    uint64_t revision; /* of the scene it concerns; 0 = none */
    uint64_t time_ns;  /* monotonic */
    char path[256];
    char message[1024];
} orr_error;

#ifdef __cplusplus
}
#endif
#endif
