/* Logs and errors of an application, in the space.
 *
 *   <root>/io/log/error    ring of strings: warnings and errors      (10 000 lines)
 *   <root>/io/log/info     ring of strings                           (20 000 lines)
 *   <root>/io/log/debug    ring of strings                           (20 000 lines)
 *   <root>/io/log/status   record log_status: lines written and dropped per ring, as of the last mirror call
 *   <root>/io/stdout, <root>/io/stderr   record log_mirror: what orr_space_log_mirror has shown, and lost
 *   <at>/diagnostics/errors/live      record error: the latest
 *   <at>/diagnostics/errors/history   ring of them (256)
 *
 * Lines are cleaned to UTF-8 (U+FFFD for what is none) and whole: a text of several lines becomes several. A
 * full ring drops its oldest line and counts it. Writing never waits for whoever reads or shows the lines.
 * Ownership: orr_space_log_destroy, before the space; the rings stay in the tree.
 * Thread-safety: all but create, destroy and mirror from any thread; one thread at a time mirrors. */
#ifndef ORR_SPACE_SPACE_LOG_H
#define ORR_SPACE_SPACE_LOG_H

#include "base/log.h"
#include "space/space.h"

typedef struct orr_space_log orr_space_log;
typedef struct orr_space_log_params {
    size_t error_lines, info_lines, debug_lines; /* bounds of the rings; 0 = 10 000, 20 000, 20 000 */
    size_t max_bytes;                            /* of each ring; 0 = 16 MiB */
    uint64_t max_age_ns;                         /* 0 = lines do not age */
    orr_log_level threshold;                     /* of the sink; 0 = all */
} orr_space_log_params;

/* Makes the rings below `root` (an absolute path, "/apps/demo") and registers the schemas. `params` may be
 * NULL. */
ORR_MUST_CHECK orr_status orr_space_log_create(orr_space *space, const char *root,
                                               const orr_space_log_params *params, orr_space_log **out,
                                               orr_error *err);
void orr_space_log_destroy(orr_space_log **log);
/* The sink to hand to whoever logs: alive as long as `log`. */
const orr_log *orr_space_log_sink(const orr_space_log *log);

/* Records `error` at <at>/diagnostics/errors/{live,history} and writes its line to the ring that its severity
 * belongs to. `at` is a node, "/apps/demo/renderers/main", NULL = the log's root; `correlation` (say
 * "main:preview:73") and `detail` may be NULL. */
ORR_MUST_CHECK orr_status orr_space_log_error(orr_space_log *log, const char *at, const orr_error *error,
                                              const char *correlation, const char *detail, orr_error *err);

/* Shows the lines that came since the last call: info and debug to `out`, warnings and errors to `errors`
 * (either may be NULL), oldest first, each ring on its own. Updates io/stdout, io/stderr and io/log/status.
 */
ORR_MUST_CHECK orr_status orr_space_log_mirror(orr_space_log *log, const orr_log *out, const orr_log *errors,
                                               orr_error *err);

#endif
