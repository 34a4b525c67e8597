#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hands `text` to the sink line by line; cuts `text` up. */
static void write_lines(const orr_log *log, orr_log_level level, char *text) {
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) text[--length] = '\0';
    for (char *line = text; line;) {
        char *end = strchr(line, '\n');
        if (end) *end = '\0';
        log->write(log->context, level, line);
        line = end ? end + 1 : NULL;
    }
}

void orr_log_write(const orr_log *log, orr_log_level level, const char *format, ...) {
    if (!log || !log->write || level < log->threshold) return;
    char small[1024], *text = small;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(small, sizeof small, format, args);
    if (length >= (int)sizeof small) {
        char *large = malloc((size_t)length + 1);
        if (large) {
            vsnprintf(large, (size_t)length + 1, format, again);
            text = large;
        }
    }
    va_end(again);
    va_end(args);
    if (length >= 0) write_lines(log, level, text);
    if (text != small) free(text);
}
