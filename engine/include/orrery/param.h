/* One row per parameter: the single declaration that feeds C, Lua, the command line, presets, the editor and
 * the docs. Clean as C17 and as C++17. Rows are static data; strings live as long as the module. */
#ifndef ORRERY_PARAM_H
#define ORRERY_PARAM_H

#include <stddef.h> /* offsetof, for the rows */
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum orr_param_type {
    ORR_PARAM_NONE = 0,
    ORR_PARAM_BOOL,
    ORR_PARAM_I32,
    ORR_PARAM_U32,
    ORR_PARAM_F32,
    ORR_PARAM_F64,
    ORR_PARAM_VEC2,
    ORR_PARAM_VEC3,
    ORR_PARAM_VEC4,
    ORR_PARAM_QUAT, /* x y z w */
    ORR_PARAM_MAT4, /* column-major */
    ORR_PARAM_ENUM, /* stored as the index of the choice */
    ORR_PARAM_STRING,
    ORR_PARAM_ASSET /* a file of the script's folder or a mount; stored as its path */
} orr_param_type;

/* What changing it rebuilds. Animating SPEC or GRAPH is an error. */
typedef enum orr_param_rebuild {
    ORR_REBUILD_VALUE = 0, /* a member of the uniform block */
    ORR_REBUILD_SPEC,      /* a specialisation constant */
    ORR_REBUILD_GRAPH      /* topology or sizes of the frame graph */
} orr_param_rebuild;

typedef enum orr_param_interp { ORR_INTERP_LINEAR = 0, ORR_INTERP_STEP, ORR_INTERP_LOG } orr_param_interp;

enum {
    ORR_PARAM_CPU = 1u << 0,     /* read by C code, not by a shader: no uniform member is expected */
    ORR_PARAM_REQUIRED = 1u << 1 /* must be given: there is no sensible default */
};

/* `def`, `neutral`, `min` … are text as presets and the command line write it: "0.35", "1 0.5 0", "true",
 * "aces_fitted". In a C struct (offset, size) bool is a uint8_t/bool, enum a uint32_t, string and asset a
 * `const char *`, vectors and matrices float[n] or double[n] by `size`. Offset and size are ignored in
 * manifests. */
typedef struct orr_param_row {
    const char *name; /* its unit is the suffix: focus_m, strength, illuminance_lx */
    const char *doc;  /* one line */
    const char *group;
    const char *aliases; /* former names, "a|b" */
    const char *def, *neutral, *min, *max, *soft_min, *soft_max;
    const char *choices; /* "none|reinhard|aces_fitted" */
    orr_param_type type;
    orr_param_rebuild rebuild;
    orr_param_interp interp;
    uint32_t flags;
    uint32_t offset, size;
    /* ABI 1.1 */
    const char *used_when; /* "mode=manual|camera": counts only while that parameter has one of these values;
                              NULL = always. Setting it while it does not count is an error */
} orr_param_row;

#ifdef __cplusplus
}
#endif
#endif
