/* Reports of a run: JUnit XML, one self-contained HTML page, and a time series across runs. */
#ifndef ORR_CHECK_REPORT_H
#define ORR_CHECK_REPORT_H

#include "check/result.h"

typedef struct orr_check_run_info {
    const char *title;   /* "regression scenes" */
    const char *version; /* of the program */
    double wall_s;
    bool budgets;      /* over budget counts as a failure */
    const char *label; /* of this run in the history: a commit, a date; "" = none. Never invented */
} orr_check_run_info;

/* Does this verdict make the run fail? */
bool orr_check_is_failure(const orr_check_result *result, const orr_check_run_info *info);

/* JUnit XML as CI systems read it: a testsuite per folder, a testcase per scene, its failure's text. Valid
 * UTF-8 and XML 1.0 whatever the messages hold. */
ORR_MUST_CHECK orr_status orr_check_junit(const orr_check_result *results, uint32_t count,
                                          const orr_check_run_info *info, const char *path, orr_error *err);
/* One page with everything in it, no network: before/after slider, heat map, metrics, pass times against
 * budget, filter, and the history's plot when `history` (the file of --history; may be NULL) holds one. */
ORR_MUST_CHECK orr_status orr_check_html(const orr_check_result *results, uint32_t count,
                                         const orr_check_run_info *info, const char *history,
                                         const char *path, orr_error *err);
/* Appends one line of JSON: label, device, and per scene its verdict, wall and GPU time, memory, flip. A
 * damaged line of the file is left alone, and the page says how many there are: never a reason to lose the
 * run. The file is replaced whole: two runs that write at the same moment keep one line. */
ORR_MUST_CHECK orr_status orr_check_history_append(const orr_check_result *results, uint32_t count,
                                                   const orr_check_run_info *info, const char *path,
                                                   orr_error *err);

#endif
