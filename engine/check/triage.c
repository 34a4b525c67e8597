/* Which pass is the first to differ. */
#include <string.h>

#include "check/judge.h"

static const orr_pass_digest *find(const orr_pass_digest *list, uint32_t count, const orr_pass_digest *like) {
    for (uint32_t i = 0; i < count; i++)
        if (!strcmp(list[i].pass, like->pass) && !strcmp(list[i].channel, like->channel)) return &list[i];
    return NULL;
}

static void say(orr_check_result *result, const char *pass, const char *channel, const char *how) {
    result->diverging_pass = pass ? orr_arena_strdup(&result->arena, pass) : NULL;
    result->diverging_channel = orr_arena_strdup(&result->arena, channel);
    result->diverging_how = orr_arena_strdup(&result->arena, how);
}

bool orr_check_triage_passes(const orr_golden_frame *golden, const orr_pass_digest *now, uint32_t count,
                             orr_check_result *result) {
    char how[400];
    const char *before = NULL, *same = NULL; /* the pass before, and this one's own earlier images */
    for (uint32_t i = 0; i < count; i++) {
        const orr_pass_digest *was = find(golden->passes, golden->pass_count, &now[i]);
        if (was && was->hash == now[i].hash) {
            if (same && strcmp(same, now[i].pass) != 0) before = same;
            same = now[i].pass;
            continue;
        }
        if (same && strcmp(same, now[i].pass) != 0) before = same;
        if (!was)
            orr_format(how, sizeof how,
                       "by the digests of its passes: '%s' did not write %s when the golden was made",
                       now[i].pass, now[i].channel);
        else if (before)
            orr_format(how, sizeof how, "by the digests of its passes: all is alike up to '%s'", before);
        else
            orr_format(how, sizeof how, "by the digests of its passes: it is the first of all");
        say(result, now[i].pass, now[i].channel, how);
        return true;
    }
    return false;
}

/* What may have changed when an AOV is the first to differ. */
static const char *const writers[ORR_CHECK_AOV_COUNT] = {
    [ORR_CHECK_Z] = "geometry, transforms, the camera",
    [ORR_CHECK_N] = "normals and normal maps",
    [ORR_CHECK_ALBEDO] = "base colours and textures",
    [ORR_CHECK_ID] = "which object or material is seen",
    [ORR_CHECK_BEAUTY] = "lighting, shadows, the environment, what is transparent",
    [ORR_CHECK_DISPLAY] = "what comes after lighting, unless beauty was not captured",
};

void orr_check_triage_aovs(orr_check_result *result) {
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++) {
        const char *name = orr_check_aov_name((orr_check_aov)aov);
        for (uint32_t f = 0; f < result->frame_count; f++)
            for (uint32_t i = 0; i < result->frames[f].image_count; i++) {
                const orr_check_image *image = &result->frames[f].images[i];
                if (strcmp(image->aov, name) != 0 || image->verdict == ORR_VERDICT_PASSED) continue;
                char how[400];
                orr_format(how, sizeof how, "by its stored AOVs: %s is the first that differs; look at %s",
                           name, writers[aov]);
                say(result, NULL, orr_check_aov_channel((orr_check_aov)aov), how);
                return;
            }
    }
}
