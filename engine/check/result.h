/* What came of one regression scene, and its JSON: written by the process that rendered it, read by the one
 * that reports. Strings and arrays live in the result's arena; orr_check_result_free. */
#ifndef ORR_CHECK_RESULT_H
#define ORR_CHECK_RESULT_H

#include "base/arena.h"
#include "check/spec.h"

/* In order of weight: a scene has the heaviest of its parts. */
typedef enum orr_verdict {
    ORR_VERDICT_PASSED,
    ORR_VERDICT_SKIPPED,     /* its data is not there (and the caller allowed that) */
    ORR_VERDICT_OVER_BUDGET, /* pixels are right; counts with --budgets alone */
    ORR_VERDICT_STALE,       /* differs, and so do the inputs from those the golden was made of */
    ORR_VERDICT_FAILED,      /* a picture or an assertion */
    ORR_VERDICT_MISSING,     /* no golden */
    ORR_VERDICT_SURVIVED,    /* a planted fault was not noticed */
    ORR_VERDICT_ERROR,       /* the script or the renderer said no */
    ORR_VERDICT_TIMEOUT,
    ORR_VERDICT_MEMORY, /* killed for taking more than it may */
    ORR_VERDICT_CRASHED
} orr_verdict;
const char *orr_verdict_name(orr_verdict verdict); /* "passed", "over budget", … */
bool orr_verdict_is_failure(orr_verdict verdict);

typedef struct orr_check_image {
    const char *aov; /* "display" */
    orr_verdict verdict;
    const char *rule;   /* what was asked, in words: "exact", "flip <= 0.01, max <= 0.02 (measured on …)" */
    const char *reason; /* of a verdict that is not passed, in words */
    double max, flip, psnr_db, ssim, ulp, differing; /* NaN = not computed; psnr infinite when equal */
    const char *golden_file, *test_file, *heat_file; /* PNGs for the eye, in the work folder; NULL = none */
} orr_check_image;

typedef struct orr_check_pass {
    const char *name;
    double ms, budget_ms; /* budget 0 = none */
} orr_check_pass;

typedef struct orr_check_frame_result {
    int64_t frame;
    double gpu_ms;
    orr_check_image *images;
    uint32_t image_count;
    orr_check_pass *passes;
    uint32_t pass_count;
    const char **failures; /* of expect: "file:line: …" */
    uint32_t failure_count;
} orr_check_frame_result;

typedef struct orr_check_budget_result {
    const char *name, *unit; /* "ms", "MiB" */
    double value, limit;
} orr_check_budget_result;

typedef struct orr_check_mutation_result {
    const char *name;
    orr_verdict verdict;   /* PASSED: it was caught; SURVIVED; ERROR */
    const char *caught_by; /* "display of frame 0: flip 0.13", or the error */
} orr_check_mutation_result;

typedef struct orr_check_result {
    orr_arena arena;
    const char *name, *file; /* of the scene; file as it was given */
    const char **tags;
    uint32_t tag_count;
    orr_verdict verdict;
    const char *message;       /* one line: why; "" when passed */
    const char *messages_text; /* what the process wrote to standard error; "" = nothing */
    double wall_s;
    uint64_t peak_rss_bytes;
    const char *device, *driver, *fingerprint;
    orr_check_frame_result *frames;
    uint32_t frame_count;
    const char *diverging_pass;    /* triage: the first pass whose images differ; NULL = not known… */
    const char *diverging_channel; /* …the image of it… */
    const char *diverging_how;     /* …and by what that is known, in words */
    const char **stale_inputs;     /* inputs that changed since the golden was made */
    uint32_t stale_count;
    orr_check_budget_result *budgets;
    uint32_t budget_count;
    orr_check_mutation_result *mutations;
    uint32_t mutation_count;
} orr_check_result;

void orr_check_result_free(orr_check_result *result);
/* JSON of a result, deterministic; numbers that are not finite as strings ("inf", "nan"). */
void orr_check_result_print(const orr_check_result *result, orr_text *out);
/* Bounded and strict. ORR_E_BAD_DATA with the place. */
ORR_MUST_CHECK orr_status orr_check_result_parse(const char *text, size_t size, const char *name,
                                                 orr_check_result *out, orr_error *err);

#endif
