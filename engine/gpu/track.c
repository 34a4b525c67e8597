#include "gpu/track.h"

bool orr_track_use(orr_track *state, uint32_t use, orr_layout layout, orr_track_barrier *barrier) {
    bool write = (use & ORR_USE_WRITES) != 0;
    bool change = layout != state->layout;
    *barrier = (orr_track_barrier){.to = use, .old_layout = state->layout, .new_layout = layout};
    if (!write && !change) {
        /* Reads wait for the writer, once for each kind of reader. */
        uint32_t fresh = use & ~state->readers;
        state->readers |= use;
        barrier->from = state->writer;
        barrier->to = fresh;
        return state->writer != 0 && fresh != 0;
    }
    /* A write, or a layout change, which is one: waits for everybody. Later readers chain on `use` alone. */
    barrier->from = state->writer | state->readers;
    state->writer = use;
    state->readers = write ? 0 : use;
    state->layout = layout;
    return barrier->from != 0 || change;
}

bool orr_track_local_use(orr_track_local *local, uint32_t use, orr_layout layout,
                         orr_track_barrier *barrier) {
    bool write = (use & ORR_USE_WRITES) != 0;
    if (local->first == 0) {
        local->first = use;
        local->first_layout = layout;
        local->closed = write;
        local->state = (orr_track){.writer = write ? use : 0, .readers = write ? 0 : use, .layout = layout};
        return false;
    }
    if (!local->closed && !write && layout == local->first_layout) {
        local->first |= use;
        local->state.readers |= use;
        return false;
    }
    local->closed = true;
    return orr_track_use(&local->state, use, layout, barrier);
}

bool orr_track_resolve(orr_track *state, const orr_track_local *local, orr_track_barrier *barrier) {
    if (local->first == 0) return false;
    bool needed = !local->inside && orr_track_use(state, local->first, local->first_layout, barrier);
    if (local->closed) *state = local->state;
    return needed;
}
