/* Whether a sequence's functions of time depend on time alone: what any frame that stands alone rests on. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "cli/check_scene.h"

enum { MOST_FRAMES = 4096 }; /* of a longer sequence, its first */

typedef struct purity {
    const orr_sequence *sequence;
    orr_param_value *values; /* of all tracks at one time */
    uint64_t *seen;          /* a digest per frame and track */
    bool again;
} purity;

static uint64_t digest_of(const orr_param_value *value) {
    const uint64_t text = value->text ? orr_hash64(value->text, strlen(value->text), 0) : 0;
    return orr_hash64(value->number, sizeof value->number, text);
}

static orr_status visit(const purity *p, uint32_t index, orr_error *err) {
    const orr_sequence *s = p->sequence;
    const double t_s = orr_sequence_time(s, s->first_frame + index);
    uint64_t *seen = p->seen + (size_t)index * s->track_count;
    memset(p->values, 0, s->track_count * sizeof *p->values);
    orr_status status = s->evaluate(s->context, t_s, p->values, err);
    for (uint32_t i = 0; status == ORR_OK && i < s->track_count; i++) {
        const uint64_t digest = digest_of(&p->values[i]);
        if (p->again && seen[i] != digest)
            return orr_fail(err, ORR_E_SCRIPT, NULL,
                            "a function of time for '%s' gives another value at t = %g s when the frames are "
                            "asked for in another order: it must depend on t alone",
                            s->tracks[i].param, t_s);
        seen[i] = digest;
    }
    return status;
}

orr_status orr_check_pure(const orr_sequence *sequence, orr_error *err) {
    const uint32_t tracks = sequence->track_count, count = sequence->frame_count < MOST_FRAMES
                                                               ? (uint32_t)sequence->frame_count
                                                               : MOST_FRAMES;
    purity p = {.sequence = sequence};
    if (!tracks) return ORR_OK;
    p.values = orr_calloc(tracks, sizeof *p.values);
    p.seen = orr_calloc((size_t)count * tracks, sizeof *p.seen);
    orr_status status =
        p.values && p.seen ? ORR_OK : orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a check");
    for (uint32_t i = 0; status == ORR_OK && i < count; i++) status = visit(&p, i, err);
    p.again = true;
    for (uint32_t odd = 0; odd < 2; odd++) /* backwards, every other one: no frame has the one before it */
        for (uint32_t i = count; status == ORR_OK && i-- > 0;)
            if (i % 2 == odd) status = visit(&p, i, err);
    free(p.values);
    free(p.seen);
    return status;
}
