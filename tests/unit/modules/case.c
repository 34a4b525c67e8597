/* Small modules for tests/unit/test_modules.c: one good, the others each wrong in one way. CASE_<name> picks.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "orrery/module.h"

typedef struct case_params {
    float strength;
    uint32_t kind;
} case_params;

static orr_status say(orr_error *err, orr_status code, const char *message) {
    if (!err) return code;
    memset(err, 0, sizeof *err);
    err->code = code;
    snprintf(err->message, sizeof err->message, "%s", message);
    return code;
}

static orr_status create(const orr_host *host, void **instance, orr_error *err) {
    static int k_instance;
#if defined(CASE_nocreate)
    return say(err, ORR_E_MODULE, "it is tired");
#endif
    const orr_log_api_v1 *log = host->api(host, "orr.log/1");
    if (!log || host->api(host, "orr.nothing/1")) return say(err, ORR_E_MODULE, "services are mixed up");
    log->write(host, ORR_SEVERITY_WARNING, "made");
    *instance = &k_instance;
    return ORR_OK;
}

static void destroy(const orr_host *host, void *instance) {
    const orr_log_api_v1 *log = host->api(host, "orr.log/1");
    log->write(host, ORR_SEVERITY_WARNING, instance ? "ended" : "ended without an instance");
}

static orr_status build(const orr_host *host, void *instance, const void *params, orr_error *err) {
    const case_params *p = params;
    (void)host;
    if (!instance) return say(err, ORR_E_MODULE, "no instance");
    if (p->kind == 1 && p->strength > 0.5f) return say(err, ORR_E_OUT_OF_RANGE, "round is never that strong");
    return ORR_OK;
}

#if defined(CASE_badrow)
#define STRENGTH_DEF "7"
#else
#define STRENGTH_DEF "0.25"
#endif
#define ROWS                                                                                                 \
    {.name = "strength",                                                                                     \
     .doc = "how much",                                                                                      \
     .type = ORR_PARAM_F32,                                                                                  \
     .def = STRENGTH_DEF,                                                                                    \
     .neutral = "0",                                                                                         \
     .min = "0",                                                                                             \
     .max = "1",                                                                                             \
     .offset = offsetof(case_params, strength),                                                              \
     .size = sizeof(float)},                                                                                 \
    {                                                                                                        \
        .name = "kind", .doc = "which", .type = ORR_PARAM_ENUM, .choices = "square|round", .def = "square",  \
        .offset = offsetof(case_params, kind), .size = sizeof(uint32_t)                                      \
    }

#if defined(CASE_longrow) || defined(CASE_zerorow)
/* Rows of a later minor version: one more member at the end. */
typedef struct long_row {
    orr_param_row row;
    const char *unit;
} long_row;
static const orr_param_row k_short[] = {ROWS};
static long_row k_rows[2];
static void __attribute__((constructor)) fill(void) {
    for (int i = 0; i < 2; i++) k_rows[i].row = k_short[i];
#if defined(CASE_longrow)
    k_rows[1].unit = "m";
#endif
}
#define ROW_TABLE &k_rows[0].row
#else
static const orr_param_row k_rows[] = {ROWS};
#define ROW_TABLE k_rows
#endif

#if defined(CASE_needs)
static const char *const k_needs[] = {"orr.log/1", "orr.teapot/1", NULL};
#elif defined(CASE_newlog)
static const char *const k_needs[] = {"orr.log/2", NULL};
#else
static const char *const k_needs[] = {"orr.log/1", NULL};
#endif

#if defined(CASE_tiny)
#define STRUCT_SIZE 16
#elif defined(CASE_early)
#define STRUCT_SIZE offsetof(orr_module_desc, passes) /* its author knew nothing of what follows */
#else
#define STRUCT_SIZE sizeof(exported)
#endif
#if defined(CASE_stride)
#define STRIDE 8
#else
#define STRIDE sizeof k_rows[0]
#endif
#if defined(CASE_major2)
#define MAJOR 2
#else
#define MAJOR ORR_ABI_MAJOR
#endif
#if defined(CASE_tail) || defined(CASE_zerotail)
#define MINOR 7
#else
#define MINOR ORR_ABI_MINOR
#endif
#if defined(CASE_wrongname)
#define NAME "other"
#else
#define NAME CASE_NAME
#endif

typedef struct exported {
    orr_module_desc module;
#if defined(CASE_tail) || defined(CASE_zerotail)
    uint64_t later;
#endif
} exported;

#if defined(CASE_symbol2)
#define orr_module_v1 orr_module_v2
#elif defined(CASE_nosymbol)
#define orr_module_v1 something_else
#endif
ORR_MODULE_EXPORT const exported orr_module_v1 = {
    .module = {.struct_size = (uint32_t)(STRUCT_SIZE),
               .abi_major = MAJOR,
               .abi_minor = MINOR,
               .name = NAME,
               .version = "1.2.3",
               .doc = "a test module",
               .needs = k_needs,
               .params = ROW_TABLE,
               .param_count = 2,
               .param_stride = (uint32_t)(STRIDE),
               .params_size = sizeof(case_params),
               .create = create,
               .destroy = destroy,
               .build = build},
#if defined(CASE_tail)
    .later = 1,
#endif
};
