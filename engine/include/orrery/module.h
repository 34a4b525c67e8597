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
#define ORR_ABI_MINOR     2 /* 1.1: orr_param_row.used_when; 1.2: metering */
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
    /* ABI 1.2. Of a frame that the module metered (orr_module_desc.meter): the EV that adapt() came to. */
    double adapted_ev100;
    uint32_t has_adapted;
} orr_expose_in;
typedef struct orr_expose_out {
    uint32_t struct_size;
    double ev100;    /* applied, compensation not included */
    double exposure; /* factor from nit to the pre-exposed scale */
} orr_expose_out;

/* --- metering, ABI 1.2 -----------------------------------------------------------------------------------
 * An exposure that follows the scene's light is made of a measurement and a fold, so that any frame stands
 * alone. The measurement is of one frame and of nothing else: the host renders it small, counts its pixels
 * into a histogram as meter() says, and metered_ev() says what EV that is. The fold goes over the
 * measurements on the CPU, from the first frame of the sequence on: adapt() says what EV each frame gets, and
 * expose() is handed that. The module owns the formulas, the host the passes, the order and the track. All
 * three functions or none; role "exposure" alone; RECORD, pure; answers are rounded to 40 bits like those of
 * expose(). */

/* How much each pixel counts. r: distance from the picture's centre, 1 in its corners. */
typedef enum orr_metering {
    ORR_METERING_OFF,             /* this frame is not metered: expose() knows its EV */
    ORR_METERING_AVERAGE,         /* 1 */
    ORR_METERING_CENTER_WEIGHTED, /* (1 - r^2)^4, in 64ths */
    ORR_METERING_SPOT             /* 1 within the spot, 0 outside of it */
} orr_metering;
typedef struct orr_meter {
    uint32_t struct_size;
    uint32_t metering;     /* an orr_metering */
    double min_ev, max_ev; /* range of the histogram: log2 of luminance in nit */
    double spot_x, spot_y,
        spot_radius; /* from the picture's upper left, in its width and height; in its heights */
} orr_meter;

/* Luminance (Rec.709) of a frame, in equal bins of log2. What lies below or above the range counts as its
 * end; pixels without light do not count. Bin b begins at min_ev + b * (max_ev - min_ev) / bin_count. */
enum { ORR_HISTOGRAM_BINS = 256, ORR_HISTOGRAM_PARTS = 4, ORR_HISTOGRAM_STEPS = 4096 };
typedef struct orr_histogram {
    uint32_t struct_size;
    uint32_t bin_count;
    double min_ev, max_ev;
    const uint64_t *weights; /* per bin: sum of what its pixels count */
    const uint64_t
        *offsets;          /* per bin: sum of the same times how far above the bin's beginning each lies, in
                              ORR_HISTOGRAM_STEPS to a bin: sum / (STEPS * weight) is where in the bin its mean is */
    const uint64_t *parts; /* weights of each ORR_HISTOGRAM_PARTS-th of a bin: for those who cut one */
} orr_histogram;

typedef struct orr_adapt_in {
    uint32_t struct_size;
    uint32_t has_previous; /* 0: the first frame that is metered */
    double metered_ev100;
    double previous_ev100; /* what adapt() answered for the frame before */
    double step_s;         /* since that frame */
} orr_adapt_in;

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
    /* ABI 1.2; see metering above. */
    orr_status (*meter)(const void *instance, const void *params, orr_meter *out, orr_error *err);
    orr_status (*metered_ev)(const void *instance, const void *params, const orr_histogram *histogram,
                             double *ev100, orr_error *err);
    orr_status (*adapt)(const void *instance, const void *params, const orr_adapt_in *in, double *ev100,
                        orr_error *err);
} orr_module_desc;

#ifdef __cplusplus
}
#define ORR_MODULE_EXPORT extern "C" ORR_EXPORT
#else
#define ORR_MODULE_EXPORT ORR_EXPORT
#endif

#endif
