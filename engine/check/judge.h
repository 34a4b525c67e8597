/* Judging a captured image by its golden: how far apart the two lie, how far they may, and in words why not;
 * and triage, which pass is the first to differ. */
#ifndef ORR_CHECK_JUDGE_H
#define ORR_CHECK_JUDGE_H

#include "check/golden.h"
#include "check/result.h"

/* A frame's output as the image of an AOV that goldens hold (golden.h): display without its alpha, beauty
 * pre-exposed, half where the file is half. Caller frees with orr_image_free. */
ORR_MUST_CHECK orr_status orr_check_capture(orr_check_aov aov, const orr_frame_output *output, orr_image *out,
                                            orr_error *err);
/* The same for `expect` (spec.h): floats, beauty in nit. */
ORR_MUST_CHECK orr_status orr_check_as_float(orr_check_aov aov, const orr_image *captured, double exposure,
                                             orr_image *out, orr_error *err);
/* Every AOV asked for, of a frame whose channels were read back. Caller frees with orr_check_images_free,
 * after a failure too. */
ORR_MUST_CHECK orr_status orr_check_capture_all(const orr_frame_result *result,
                                                const bool aovs[ORR_CHECK_AOV_COUNT],
                                                orr_image images[ORR_CHECK_AOV_COUNT], orr_error *err);
/* The frame that scripts look at (spec.h), of what was captured. Caller frees out->images likewise. */
ORR_MUST_CHECK orr_status orr_check_frame_make(const orr_frame_result *result, double t_s,
                                               const orr_image images[ORR_CHECK_AOV_COUNT],
                                               orr_check_frame *out, orr_error *err);

/* How far `test` lies from `reference`, both as orr_golden_images gives them. Figures that say nothing of an
 * AOV (FLIP of ids) are NaN. `heat` (may be NULL) gets a picture of where; empty when the two are equal.
 * ORR_E_ARGUMENT when sizes differ. */
ORR_MUST_CHECK orr_status orr_check_measure(orr_check_aov aov, const orr_image *reference,
                                            const orr_image *test, orr_check_metrics *out, orr_image *heat,
                                            orr_error *err);
/* The worse of each figure. */
void orr_check_worse(orr_check_metrics *worst, const orr_check_metrics *other);

/* What an AOV of a device is judged by. */
typedef struct orr_check_rule {
    orr_check_tolerance bounds; /* negative = not asked; all negative = exact */
    bool known;                 /* false: another device than the golden's, which was never measured */
    char words[300];
} orr_check_rule;
/* On the golden's own numeric fingerprint the script's tolerance as it is, exact where it has none. On
 * another one each bound is the wider of the script's and of what was measured for that very device, or else
 * for any of its tier. "exact" stays exact. */
void orr_check_rule_make(const orr_golden *golden, const orr_golden_device *device, orr_check_aov aov,
                         const orr_check_tolerance *tolerance, orr_check_rule *out);
/* Fills verdict, rule, reason and figures of `image`; texts into `arena`. */
void orr_check_judge(const orr_check_rule *rule, const orr_check_metrics *metrics, orr_arena *arena,
                     orr_check_image *image);

/* A picture of an AOV for the eye: u8 x3 sRGB. */
ORR_MUST_CHECK orr_status orr_check_picture(orr_check_aov aov, const orr_image *image, orr_image *out,
                                            orr_error *err);

/* The first pass that wrote something else than when the golden was made; false when all are alike. Texts of
 * `result` are filled in its arena. */
bool orr_check_triage_passes(const orr_golden_frame *golden, const orr_pass_digest *now, uint32_t count,
                             orr_check_result *result);
/* Without digests that can be compared: the first AOV in the pipeline's order that did not pass. */
void orr_check_triage_aovs(orr_check_result *result);

#endif
