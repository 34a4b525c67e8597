/* Reading a module's descriptor across the binary boundary, for the files of this folder only. */
#ifndef ORR_HOST_DESCRIPTOR_H
#define ORR_HOST_DESCRIPTOR_H

#include "base/arena.h"
#include "base/error.h"
#include "orrery/module.h"

/* Copies a descriptor of any minor version and size: zero-filled where its author's struct ends, row tables
 * and binds laid out as this build has them (strides included), in `arena`. A non-zero part that this build
 * does not know is refused, naming both versions. `place` (the library's path, or "manifest") is for
 * messages. Runs none of the module's code. */
ORR_MUST_CHECK orr_status orr_descriptor_copy(const void *symbol, const char *place, orr_arena *arena,
                                              orr_module_desc *out, orr_error *err);
/* Names, role, needs, parameters, passes against the tables of stages and channels; that shader files exist
 * in `folder` (NULL: not looked for). `services` are the ids the host has, NULL-terminated. */
ORR_MUST_CHECK orr_status orr_descriptor_check(const orr_module_desc *module, const char *folder,
                                               const char *const *services, orr_error *err);
/* The passes of it. */
ORR_MUST_CHECK orr_status orr_passes_check(const orr_module_desc *module, const char *folder, orr_error *err);

#endif
