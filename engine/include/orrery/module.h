/* The binary contract between Orrery and an effect module (docs/module-author.md is the guide).
 *
 * A module is a shared library that exports one data symbol, ORR_MODULE_SYMBOL, of type orr_module_desc.
 * Everything about it but its behaviour — version, doc, parameters, passes — is read from that data before
 * any of its code runs. A module never links against the program: what it needs of the host it asks for by id
 * (`host->api("orr.log/1")`). Every struct that crosses begins with struct_size and grows at its end; zero
 * means the old behaviour. Thread tags: MAIN (the engine's main thread), BUILD (any thread, one call per
 * instance), RECORD (any thread, concurrent, instance const), ANY. Clean as C17 and as C++17. */
#ifndef ORRERY_MODULE_H
#define ORRERY_MODULE_H

#include <stdint.h>

#include "orrery/attributes.h"
#include "orrery/param.h"
#include "orrery/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ORR_ABI_MAJOR     1
#define ORR_ABI_MINOR     1 /* 1.1: orr_param_row.used_when */
#define ORR_MODULE_SYMBOL "orr_module_v1"

/* One use of a channel (or of a private image `module.name`) by a pass.
 * access: "read" | "read_optional" | "create" | "modify". `at`: read the version of that stage instead of the
 * pass's own. */
typedef struct orr_pass_bind {
    const char *channel;
    const char *access;
    const char *at;
    const char *format; /* of a private image that this bind creates, "rgba16f"; NULL for channels: their
                           table says */
} orr_pass_bind;

/* One compute pass. The host generates what every shader needs (docs/module-author.md): the workgroup size,
 * the uniform block `params` of the VALUE rows, constants `SPEC_<NAME>` and `<NAME>_<CHOICE>` of the SPEC
 * rows, the block `frame`, and for every bind X the functions X_read(ivec2), X_sample(vec2 uv) and
 * X_write(ivec2, vec4). */
typedef struct orr_pass_row {
    const char *name;
    const char *stage;   /* a row of the stages table, "tonemap" */
    const char *shader;  /* file in the module's folder */
    const char *after;   /* "other.main|another.main": order inside the stage */
    const char *size_of; /* channel whose size the pass covers; NULL = the target */
    int32_t scale_log2;  /* -1: half of that */
    uint32_t pointwise;  /* non-zero: reads of what it modifies are at the written texel alone, so in place is
                            allowed */
    const orr_pass_bind *binds;
    uint32_t bind_count;
    uint32_t bind_stride; /* sizeof(orr_pass_bind) as the module was built */
} orr_pass_row;

/* A look-up table computed from declared keys and reused while their bits are the same. None of the first
 * modules has one; the rows are part of the contract from the start. */
typedef struct orr_product_row {
    const char *name, *doc;
    const char *keys; /* "sun_direction|ozone" : parameter names */
    const char *rate; /* "shot" | "frame" | "sub_frame" */
    const char *format;
    uint32_t width, height, depth;
    const char *shader;
} orr_product_row;

/* Host services, by id. */
typedef struct orr_host {
    uint32_t struct_size;
    uint32_t abi_major, abi_minor;
    /* The table of a service, or NULL when this host has none of that id. ANY. */
    const void *(*api)(const struct orr_host *host, const char *id);
    void *context; /* the host's own */
} orr_host;

/* "orr.log/1" */
typedef struct orr_log_api_v1 {
    uint32_t struct_size;
    void (*write)(const orr_host *host, orr_severity severity, const char *line); /* ANY */
} orr_log_api_v1;

/* What the exposure module sees and answers, once per frame, before anything is recorded. RECORD: pure. The
 * host rounds the answer to 40 bits of mantissa, so that another libm does not make another picture. */
typedef struct orr_expose_in {
    uint32_t struct_size;
    double aperture_f; /* f-number N of the camera */
    double shutter_s;
    double iso;
    double t_s;
} orr_expose_in;
typedef struct orr_expose_out {
    uint32_t struct_size;
    double ev100;    /* applied, compensation not included */
    double exposure; /* factor from nit to the pre-exposed scale */
} orr_expose_out;

typedef struct orr_module_desc {
    uint32_t struct_size;
    uint32_t abi_major, abi_minor;
    const char *name;    /* as in modules/<name>/ */
    const char *version; /* "1.0.0" */
    const char *doc;
    const char *role;         /* NULL, or "exposure" / "tonemap": exactly one of each is enabled at a time */
    const char *const *needs; /* service ids, NULL-terminated; NULL = none */

    const orr_param_row *params;
    uint32_t param_count, param_stride;
    uint32_t params_size; /* of the C struct the rows point into; 0 = the module has no C side */
    const orr_pass_row *passes;
    uint32_t pass_count, pass_stride;
    const orr_product_row *products;
    uint32_t product_count, product_stride;

    /* All may be NULL. Instance memory is cache: no image depends on it. */
    orr_status (*create)(const orr_host *host, void **instance, orr_error *err); /* MAIN */
    void (*destroy)(const orr_host *host, void *instance);                       /* MAIN */
    /* Looks at the parameters together, before a graph is built with them: what a row cannot say. BUILD. */
    orr_status (*build)(const orr_host *host, void *instance, const void *params, orr_error *err);
    /* role "exposure" alone. RECORD. */
    orr_status (*expose)(const void *instance, const void *params, const orr_expose_in *in,
                         orr_expose_out *out, orr_error *err);
} orr_module_desc;

#ifdef __cplusplus
}
#define ORR_MODULE_EXPORT extern "C" ORR_EXPORT
#else
#define ORR_MODULE_EXPORT ORR_EXPORT
#endif

#endif
