/* Where an engine's files are: beside the program when it is installed, in the source and build trees when it
 * was just built. */
#ifndef ORR_HOST_ROOTS_H
#define ORR_HOST_ROOTS_H

#include "base/error.h"

typedef struct orr_roots {
    char root[1024];    /* shaders/ scripts/ content/ are under it */
    char shaders[1056]; /* GLSL that modules and passes include */
    char modules[1056]; /* <name>/<name>.so */
    char spirv[1056];   /* built ahead; need not exist */
    char cache[1056];   /* "" = none */
} orr_roots;

/* `root` and `cache` as in orr_engine_params. ORR_E_NOT_FOUND with what was looked for. */
ORR_MUST_CHECK orr_status orr_roots_find(const char *root, const char *cache, orr_roots *out, orr_error *err);

#endif
