/* Metering a sequence ahead of its frames: small pictures, one after the other, folded into the EV of each.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "orrery/photometry.h"
#include "render/ev_track.h"
#include "render/renderer_private.h"

enum {
    SIDE = 160, /* pixels of the longer side: enough for a mean, and little beside any frame */
    RING = 3,
    MOST_TRIES = 6
};
/* Half floats reach from 2^-24 (2^-14 in full precision) to 2^16. A picture whose mean is brought to 2^-5 has
 * 21 stops above it and 9 to 19 below; as far as `far` off the mean is still well inside, and is not taken
 * again. */
static const int mean_at = -5;
static const double far = 6;

typedef struct flight {
    int64_t frame;
    orr_pose pose;
    orr_param_value *values; /* the exposer's, of that frame */
    uint32_t slot;
    int guess; /* log2 of nit that the picture was exposed for */
} flight;

typedef struct prepass {
    const orr_ev_prepass *p;
    orr_ev_track *track;
    orr_target *target;
    flight flights[RING];
    uint32_t begun, ended; /* how many */
    size_t value_bytes;
} prepass;

/* As the camera is set, which is as good a guess as any that looks at this frame alone. */
static int first_guess(const orr_pose_camera *c) {
    double ev = orr_camera_ev100(c->aperture_f, c->shutter_s, c->iso);
    return isfinite(ev) ? (int)fmin(fmax(rint(ev - orr_reflected_ev100(1)), -20), 24) : 0;
}

static orr_status submit(prepass *m, flight *f, orr_error *err) {
    const orr_frame_input input = {.frame = f->frame,
                                   .pose = &f->pose,
                                   .effect_values = m->p->effect_values,
                                   .exposure = ldexp(1.0, mean_at - f->guess)};
    return orr_target_submit(m->target, &input, &f->slot, err);
}

/* Takes the picture again: the frame is posed anew, as others were posed since. */
static orr_status again(prepass *m, flight *f, int guess, orr_error *err) {
    orr_target_release(m->target, f->slot);
    orr_pose_free(&f->pose);
    f->guess = guess;
    orr_status status = m->p->pose(m->p->context, f->frame, &f->pose, err);
    return status ? status : submit(m, f, err);
}

/* The EV of one picture, taken again until its exposure was fit for it. */
static orr_status measure(prepass *m, flight *f, double *ev100, orr_error *err) {
    for (int tries = 1;; tries++) {
        orr_frame_result result;
        orr_status status = orr_target_collect(m->target, f->slot, &result, err);
        if (status) return status;
        const orr_histogram h = {.struct_size = sizeof h,
                                 .bin_count = ORR_HISTOGRAM_BINS,
                                 .min_ev = result.histogram->min_ev,
                                 .max_ev = result.histogram->max_ev,
                                 .weights = result.histogram->weights,
                                 .offsets = result.histogram->offsets,
                                 .parts = result.histogram->parts};
        status = orr_exposer_metered(m->p->exposer, f->values, &h, ev100, err);
        double mean = *ev100 - orr_reflected_ev100(1);
        if (status || fabs(mean - f->guess) <= far || tries == MOST_TRIES) {
            orr_target_release(m->target, f->slot);
            return status;
        }
        status = again(m, f, (int)rint(fmin(fmax(mean, -100), 100)), err);
        if (status) return status;
    }
}

/* Ends the oldest flight: frames are folded in their order. */
static orr_status settle(prepass *m, orr_error *err) {
    flight *f = &m->flights[m->ended++ % RING];
    orr_frame_ev *ev = &m->track->frames[f->frame - m->track->first],
                 *before = f->frame > m->track->first ? ev - 1 : NULL;
    orr_status status = measure(m, f, &ev->metered_ev100, err);
    if (!status)
        status = orr_exposer_adapt(m->p->exposer, f->values, ev->metered_ev100,
                                   before && before->metered ? &before->applied_ev100 : NULL, m->p->step_s,
                                   &ev->applied_ev100, err);
    ev->metered = !status;
    orr_pose_free(&f->pose);
    return status;
}

/* Begins a frame, unless its values say that it is not metered. */
static orr_status begin(prepass *m, int64_t frame, orr_error *err) {
    const orr_exposer *x = m->p->exposer;
    flight *f = &m->flights[m->begun % RING];
    orr_meter meter;
    f->frame = frame;
    orr_status status = m->p->pose(m->p->context, frame, &f->pose, err);
    if (status) return status;
    const orr_param_value *given = m->p->effect_values ? m->p->effect_values[x->index] : NULL;
    memcpy(f->values, given ? given : m->p->target.settings->effects[x->index].values, m->value_bytes);
    f->guess = first_guess(&f->pose.camera);
    status = orr_exposer_meter(x, f->values, &meter, err);
    if (!status && meter.metering != ORR_METERING_OFF) {
        status = submit(m, f, err);
        if (!status) return m->begun++, ORR_OK;
    }
    orr_pose_free(&f->pose);
    return status;
}

static orr_status make_target(prepass *m, orr_error *err) {
    orr_target_params params = m->p->target;
    uint32_t longer = params.width > params.height ? params.width : params.height;
    if (longer > SIDE) {
        params.width = (uint32_t)fmax(rint((double)params.width * SIDE / longer), 1);
        params.height = (uint32_t)fmax(rint((double)params.height * SIDE / longer), 1);
    }
    params.samples = 1, params.slots = RING;
    params.outputs = NULL, params.output_count = 0;
    params.light_cutoff = 0.0; /* what shows is not known before there is an exposure */
    params.digest_passes = false, params.unseen = true;
    return orr_target_create(m->p->renderer, &params, &m->target, err);
}

static orr_status allocate(prepass *m, orr_error *err) {
    const orr_exposer *x = m->p->exposer;
    m->value_bytes = x->effect->table.count * sizeof(orr_param_value);
    m->track->first = m->p->first, m->track->count = (uint32_t)(m->p->last - m->p->first + 1);
    m->track->frames = orr_calloc(m->track->count, sizeof *m->track->frames);
    bool ok = m->track->frames != NULL;
    for (uint32_t i = 0; i < RING; i++) ok &= (m->flights[i].values = malloc(m->value_bytes)) != NULL;
    return ok ? ORR_OK : orr_fail(err, ORR_E_MEMORY, NULL, "no memory to meter %u frames", m->track->count);
}

orr_status orr_ev_track_measure(const orr_ev_prepass *p, orr_ev_track *out, orr_error *err) {
    prepass m = {.p = p, .track = out};
    *out = (orr_ev_track){0};
    orr_status status = allocate(&m, err);
    if (!status) status = make_target(&m, err);
    for (int64_t frame = p->first; !status && frame <= p->last; frame++) {
        if (p->stop && atomic_load_explicit(p->stop, memory_order_relaxed))
            status = orr_fail(err, ORR_E_INTERRUPTED, NULL, "interrupted while the frames were metered");
        if (!status && m.begun - m.ended == RING) status = settle(&m, err);
        if (!status) status = begin(&m, frame, err);
    }
    while (!status && m.ended < m.begun) status = settle(&m, err);
    for (; m.ended < m.begun; m.ended++) orr_pose_free(&m.flights[m.ended % RING].pose);
    for (uint32_t i = 0; i < RING; i++) free(m.flights[i].values);
    orr_target_destroy(&m.target);
    if (status) orr_ev_track_free(out);
    return status;
}
