#include "base/version.h"

const char *orr_version(void) {
    return ORRERY_VERSION;
}
