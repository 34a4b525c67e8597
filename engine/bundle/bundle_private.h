/* Inside of bundles, for the files of this folder. */
#ifndef ORR_BUNDLE_PRIVATE_H
#define ORR_BUNDLE_PRIVATE_H

#include "bundle/bundle.h"

/* Whether `name` can be an entry's name on every system. ORR_E_ESCAPE. */
ORR_MUST_CHECK orr_status orr_bundle_check_name(const char *name, size_t length, orr_error *err);

#endif
