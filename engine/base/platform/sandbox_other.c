/* Systems without a lock of ours: what a bundle's script may do is held by Lua's own limits (engine/script),
 * by the limits of its process and by the time it is given. docs/trust.md says so. */
#include "base/platform/sandbox.h"

orr_status orr_sandbox_enter(orr_error *err) {
    (void)err;
    return ORR_OK;
}

const char *orr_sandbox_name(void) {
    return NULL;
}
