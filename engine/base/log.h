/* The log. Nothing prints except through the log the caller gave. Thread-safe; writers never block on I/O
 * longer than one write. */
#ifndef ORR_BASE_LOG_H
#define ORR_BASE_LOG_H

#include <stdbool.h>

#include "orrery/status.h"

typedef enum orr_log_level { ORR_LOG_DEBUG, ORR_LOG_INFO, ORR_LOG_WARNING, ORR_LOG_ERROR } orr_log_level;

/* A log is a sink function with its context. A NULL log swallows everything. `line` has no newline. */
typedef struct orr_log {
    void (*write)(void *context, orr_log_level level, const char *line);
    void *context;
    orr_log_level threshold; /* lines below it are not formatted */
} orr_log;
void orr_log_write(const orr_log *log, orr_log_level level, const char *format, ...) ORR_PRINTF(3, 4);

#endif
