/* What a regression scene asks for: `orrery.check { … }` of its script, as plain data.
 *
 * Filled by engine/script; all strings live as long as the script. Read-only afterwards. */
#ifndef ORR_CHECK_SPEC_H
#define ORR_CHECK_SPEC_H

#include "image/image.h"
#include "render/sequence.h"

/* --- what is captured ------------------------------------------------------------------------------ */
/* The AOVs a check can name, in pipeline order (the order in which triage believes them). */
typedef enum orr_check_aov {
    ORR_CHECK_Z,       /* channel depth: metres along the view axis, f32; exact by ulps */
    ORR_CHECK_N,       /* channel normal, world space */
    ORR_CHECK_ALBEDO,  /* channel albedo */
    ORR_CHECK_ID,      /* channel id: u32 object and material */
    ORR_CHECK_BEAUTY,  /* channel hdr: pre-exposed, scene-linear */
    ORR_CHECK_DISPLAY, /* channel ldr: the 8-bit picture that a PNG shows; what a check has when it names none
                        */
    ORR_CHECK_AOV_COUNT
} orr_check_aov;
const char *orr_check_aov_name(orr_check_aov aov);    /* "Z", "N", "albedo", "id", "beauty", "display" */
const char *orr_check_aov_channel(orr_check_aov aov); /* of the frame graph */

/* --- how far an AOV may lie from its golden --------------------------------------------------------------
 */
/* Exact unless a bound is given; every bound given must hold. The bounds are for another numeric fingerprint
 * than the golden's too, where they widen to what was measured there (golden.h); never by hand. */
typedef struct orr_check_tolerance {
    bool given;       /* false: exact */
    bool exact;       /* "exact": equal on every device */
    bool ignored;     /* captured for `expect` alone: neither compared nor stored */
    double flip;      /* mean FLIP at most; negative = not asked */
    double max;       /* largest difference of a channel; negative = not asked */
    double psnr_db;   /* at least; negative = not asked */
    double ssim;      /* at least; negative = not asked */
    double ulp;       /* of every float, as the type is stored; negative = not asked */
    double differing; /* share of pixels that may differ at all, 0..1; negative = not asked */
} orr_check_tolerance;

/* --- planted faults ------------------------------------------------------------------------------------- */
/* A one-line sabotage: `find` must stand exactly once in the shader `file`. The check must then fail. */
typedef struct orr_check_mutation {
    const char *name; /* for reports; the file and text when the script gives none */
    const char *file; /* "lighting.comp", "vignette.comp" */
    const char *find, *replace;
} orr_check_mutation;

/* --- test data ------------------------------------------------------------------------------------------ */
/* A parameter of the script that is set to a file of the folder with test data. */
typedef struct orr_check_data {
    const char *parameter, *file; /* "model", "models/CesiumMan.glb" */
} orr_check_data;

/* --- what it may cost: judged with --budgets alone -------------------------------------------------------
 */
typedef struct orr_check_budget {
    const char *name; /* "gpu_ms", "memory_mib", or a pass */
    double limit;     /* milliseconds, mebibytes */
} orr_check_budget;

/* --- numeric assertions -----------------------------------------------------------------------------------
 */
/* A finished frame, in float: what `expect=function(frame)` reads. Owned by the caller of `expect`. */
typedef struct orr_check_frame {
    int64_t frame;
    double t_s, exposure, ev100;
    uint32_t width, height;
    orr_image
        images[ORR_CHECK_AOV_COUNT]; /* empty where not captured. Z, N, albedo, beauty: f32 (beauty in
                                        nit, not pre-exposed, with alpha); id: u32 x2; display: u8 x3 sRGB */
} orr_check_frame;

typedef struct orr_check_spec {
    const int64_t *frames; /* NULL: the first one */
    uint32_t frame_count;
    bool aovs[ORR_CHECK_AOV_COUNT];
    orr_check_tolerance tolerances[ORR_CHECK_AOV_COUNT];
    const char
        *golden; /* folder, relative to the script's, or in the bundle; NULL: no golden, `expect` alone */
    uint32_t width, height, samples; /* 0 = the sequence's */
    const char *const *tags;
    uint32_t tag_count;
    double timeout_s;  /* of the whole scene; 0 = 120 */
    double memory_mib; /* what its process may take; 0 = 1024 */
    const orr_check_mutation *mutations;
    uint32_t mutation_count;
    const orr_check_budget *budgets;
    uint32_t budget_count;
    const orr_check_data *data;
    uint32_t data_count;
    bool data_missing; /* there is no folder with test data, and the script was stopped at its declaration */
    /* NULL: none. Runs the script's assertions; each that fails is one line in `failures` ("lights.lua:31:
     * …"), separated by '\n'. An error is an error of the script. */
    orr_status (*expect)(void *context, const orr_check_frame *frame, orr_text *failures, orr_error *err);
    void *expect_context;
} orr_check_spec;

#endif
