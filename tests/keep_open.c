/* Linked into programs built with AddressSanitizer: libraries stay open, so that a leak inside the Vulkan
 * driver still names the driver when the process ends, and tests/lsan.supp can tell it from one of ours. */
#include <dlfcn.h>

#include "orrery/attributes.h"

ORR_EXPORT int dlclose(void *library) {
    (void)library;
    return 0;
}
