/* Made-up results of regression scenes, one of every kind, for the tests of what reads and shows them.
 * Pictures are named, not made. */
#ifndef CHECK_SAMPLE_H
#define CHECK_SAMPLE_H

#include <math.h>

#include "check/result.h"

#define SAMPLE_NASTY                                                                                         \
    "</script><script>document.title='owned'</script>]]>&\"'\x01\x1b[31m\xff\xfe \xe2\x80\xa8 <!--"

enum { SAMPLE_COUNT = 9 };

#define SAMPLE_PASSED(what, number)                                                                          \
    {                                                                                                        \
        .aov = what, .verdict = ORR_VERDICT_PASSED, .rule = "exact", .reason = "", .max = 0, .flip = 0,      \
        .psnr_db = INFINITY, .ssim = 1, .ulp = NAN, .differing = 0, .golden_file = number "-golden.png",     \
        .test_file = number "-test.png"                                                                      \
    }

/* Valid until the next call. */
static inline orr_check_result *sample_results(void) {
    static orr_check_image failed[] = {
        {.aov = "display",
         .verdict = ORR_VERDICT_FAILED,
         .rule = "flip <= 0.002, max <= 0.02 (measured, 20 runs)",
         .reason = "flip is 0.041, at most 0.002 was allowed; 3.1 % of the pixels differ",
         .max = 0.219,
         .flip = 0.0412,
         .psnr_db = 31.72,
         .ssim = 0.9312,
         .ulp = NAN,
         .differing = 0.0312,
         .golden_file = "1-golden.png",
         .test_file = "1-test.png",
         .heat_file = "1-heat.png"},
        {.aov = "Z",
         .verdict = ORR_VERDICT_PASSED,
         .rule = "ulp <= 4",
         .reason = "",
         .max = 4.7e-7,
         .flip = NAN,
         .psnr_db = 141.2,
         .ssim = NAN,
         .ulp = 2,
         .differing = 0.0002,
         .golden_file = "0-golden.png",
         .test_file = "0-test.png"}};
    static orr_check_image first[] = {SAMPLE_PASSED("display", "0")};
    static orr_check_image stale[] = {
        {.aov = "display",
         .verdict = ORR_VERDICT_STALE,
         .rule = "exact",
         .reason = "it differs, and so do the inputs that the golden was made of",
         .max = 0.11,
         .flip = 0.012,
         .psnr_db = 36.1,
         .ssim = 0.97,
         .ulp = NAN,
         .differing = 0.08,
         .golden_file = "2-golden.png",
         .test_file = "2-test.png",
         .heat_file = "2-heat.png"}};
    static orr_check_image missing[] = {{.aov = "display",
                                         .verdict = ORR_VERDICT_MISSING,
                                         .rule = "exact",
                                         .reason = "there is no golden: run "
                                                   "orrery check --update",
                                         .max = NAN,
                                         .flip = NAN,
                                         .psnr_db = NAN,
                                         .ssim = NAN,
                                         .ulp = NAN,
                                         .differing = NAN,
                                         .test_file = "3-test.png"}};
    static orr_check_image budget[] = {SAMPLE_PASSED("display", "4")};
    static orr_check_pass passes[] = {{"shadow", 1.9, 2.5},  {"visibility", 3.2, 0}, {"resolve", 2.1, 0},
                                      {"lighting", 11.4, 9}, {"tonemap", 0.6, 1},    {"vignette", 0.3, 0.5}};
    static const char *assertions[] = {
        "lights.lua:31: the mean of the left half is 0.118, expected at least 0.15",
        "lights.lua:34: edge_width is 3.4 px, at most 2 was expected"};
    static orr_check_frame_result lights[] = {
        {.frame = 0,
         .gpu_ms = 19.5,
         .images = failed,
         .image_count = 2,
         .passes = passes,
         .pass_count = 6,
         .failures = assertions,
         .failure_count = 2},
        {.frame = 24, .gpu_ms = 18.1, .images = first, .image_count = 1, .passes = passes, .pass_count = 6}};
    static orr_check_frame_result passing[] = {
        {.frame = 0, .gpu_ms = 8.25, .images = first, .image_count = 1, .passes = passes, .pass_count = 6}};
    static orr_check_frame_result aged[] = {
        {.frame = 0, .gpu_ms = 9.75, .images = stale, .image_count = 1, .passes = passes, .pass_count = 3}};
    static orr_check_frame_result bare[] = {{.frame = 0, .gpu_ms = 7.5, .images = missing, .image_count = 1}};
    static orr_check_frame_result costly[] = {
        {.frame = 0, .gpu_ms = 31, .images = budget, .image_count = 1, .passes = passes, .pass_count = 6}};
    static orr_check_budget_result budgets[] = {{"gpu_ms", "ms", 31, 25}, {"memory_mib", "MiB", 310, 512}};
    static orr_check_mutation_result mutations[] = {
        {"swap the light's colour", ORR_VERDICT_PASSED, "display of frame 0: flip 0.13"},
        {"vignette.comp: 1.0 for 2.0", ORR_VERDICT_SURVIVED, ""}};
    static const char *tags[] = {"light", "slow"}, *hostile_tags[] = {SAMPLE_NASTY}, *few[] = {"terrain"};
    static const char *inputs[] = {"scripts/lib/rig.lua", "content/studio.hdr"};
    static const char *nasty_failures[] = {SAMPLE_NASTY};
    static orr_check_frame_result nasty[] = {
        {.frame = -3, .gpu_ms = NAN, .failures = nasty_failures, .failure_count = 1}};
    static orr_check_result results[SAMPLE_COUNT];
    const orr_check_result made[SAMPLE_COUNT] = {
        {.name = "lights",
         .file = "tests/scenes/lights.lua",
         .tags = tags,
         .tag_count = 2,
         .verdict = ORR_VERDICT_FAILED,
         .message =
             "display of frame 0: flip is 0.041, at most 0.002 was allowed; 3.1 % of the pixels differ",
         .messages_text = "orrery: warning: light 'key': 40 000 lm is more than a lamp of its size gives\n",
         .wall_s = 1.84,
         .frames = lights,
         .frame_count = 2,
         .diverging_pass = "lighting",
         .diverging_channel = "hdr",
         .diverging_how = "its digest differs; those of all passes before it are equal"},
        {.name = "gltf",
         .file = "tests/scenes/gltf.lua",
         .verdict = ORR_VERDICT_PASSED,
         .message = "",
         .messages_text = "",
         .wall_s = 0.62,
         .frames = passing,
         .frame_count = 1},
        {.name = "materials",
         .file = "tests/scenes/materials.lua",
         .tags = tags,
         .tag_count = 1,
         .verdict = ORR_VERDICT_STALE,
         .message = "display of frame 0 differs, and so do 2 inputs of its golden",
         .messages_text = "",
         .wall_s = 0.7,
         .frames = aged,
         .frame_count = 1,
         .stale_inputs = inputs,
         .stale_count = 2},
        {.name = "terrain",
         .file = "tests/scenes/terrain.lua",
         .tags = few,
         .tag_count = 1,
         .verdict = ORR_VERDICT_MISSING,
         .message = "display of frame 0: there is no golden: run orrery check --update",
         .messages_text = "",
         .wall_s = 0.9,
         .frames = bare,
         .frame_count = 1},
        {.name = "vignette",
         .file = "tests/scenes/vignette.lua",
         .verdict = ORR_VERDICT_SURVIVED,
         .message = "the planted fault 'vignette.comp: 1.0 for 2.0' was not noticed",
         .messages_text = "",
         .wall_s = 1.2,
         .frames = costly,
         .frame_count = 1,
         .budgets = budgets,
         .budget_count = 2,
         .mutations = mutations,
         .mutation_count = 2},
        {.name = "primitives",
         .file = "tests/scenes/primitives.lua",
         .verdict = ORR_VERDICT_OVER_BUDGET,
         .message = "gpu_ms is 31 ms, at most 25 ms was allowed",
         .messages_text = "",
         .wall_s = 0.8,
         .frames = costly,
         .frame_count = 1,
         .budgets = budgets,
         .budget_count = 2},
        {.name = "crash",
         .file = "demo/crash.lua",
         .verdict = ORR_VERDICT_CRASHED,
         .message = "ended by SIGSEGV: Segmentation fault",
         .messages_text = "first line\nSegmentation fault\n",
         .wall_s = 0.1},
        {.name = "absent",
         .file = "demo/absent.lua",
         .verdict = ORR_VERDICT_SKIPPED,
         .message = "there is no test data",
         .messages_text = "",
         .wall_s = 0.01},
        {.name = SAMPLE_NASTY,
         .file = "demo/" SAMPLE_NASTY ".lua",
         .tags = hostile_tags,
         .tag_count = 1,
         .verdict = ORR_VERDICT_ERROR,
         .message = SAMPLE_NASTY,
         .messages_text = SAMPLE_NASTY "\n",
         .wall_s = 0.05,
         .frames = nasty,
         .frame_count = 1,
         .diverging_pass = SAMPLE_NASTY,
         .diverging_channel = SAMPLE_NASTY,
         .diverging_how = SAMPLE_NASTY},
    };
    for (uint32_t i = 0; i < SAMPLE_COUNT; i++) {
        results[i] = made[i];
        results[i].peak_rss_bytes = (uint64_t)(120 + 31 * i) << 20;
        results[i].device = "llvmpipe (LLVM 15.0.6, 256 bits)";
        results[i].driver = "llvmpipe Mesa 22.3.6 (LLVM 15.0.6)";
        results[i].fingerprint = "5f3c9a1e07b2d846";
    }
    return results;
}

#endif
