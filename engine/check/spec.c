#include "check/spec.h"

#include "check/result.h"

static const char *const aovs[ORR_CHECK_AOV_COUNT][2] = {
    [ORR_CHECK_Z] = {"Z", "depth"},
    [ORR_CHECK_N] = {"N", "normal"},
    [ORR_CHECK_ALBEDO] = {"albedo", "albedo"},
    [ORR_CHECK_ID] = {"id", "id"},
    [ORR_CHECK_BEAUTY] = {"beauty", "hdr"},
    [ORR_CHECK_DISPLAY] = {"display", "ldr"},
};

const char *orr_check_aov_name(orr_check_aov aov) {
    return aovs[aov][0];
}
const char *orr_check_aov_channel(orr_check_aov aov) {
    return aovs[aov][1];
}

static const char *const verdicts[] = {
    [ORR_VERDICT_PASSED] = "passed",
    [ORR_VERDICT_SKIPPED] = "skipped",
    [ORR_VERDICT_OVER_BUDGET] = "over budget",
    [ORR_VERDICT_STALE] = "stale reference",
    [ORR_VERDICT_FAILED] = "failed",
    [ORR_VERDICT_MISSING] = "golden missing",
    [ORR_VERDICT_SURVIVED] = "planted fault survived",
    [ORR_VERDICT_ERROR] = "error",
    [ORR_VERDICT_TIMEOUT] = "timeout",
    [ORR_VERDICT_MEMORY] = "out of memory",
    [ORR_VERDICT_CRASHED] = "crashed",
};

const char *orr_verdict_name(orr_verdict verdict) {
    return verdicts[verdict];
}
bool orr_verdict_is_failure(orr_verdict verdict) {
    return verdict > ORR_VERDICT_OVER_BUDGET;
}
