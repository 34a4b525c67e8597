/* The histogram of a metered frame: its buffers, the pass over the finished picture, and the way back. */
#include <string.h>

#include "base/round.h"
#include "render/target_private.h"

enum { /* as shaders/histogram.comp has them */
       PARTS = ORR_HISTOGRAM_BINS * ORR_HISTOGRAM_PARTS,
       WORDS = 2 * (PARTS + ORR_HISTOGRAM_BINS),
       BLOCKS_X = 8 * 16,
       BLOCKS_Y = 4 * 16
};
static const uint64_t bins_bytes = WORDS * sizeof(uint32_t);

typedef struct push {
    uint32_t size[2], metering;
    float begin_ev, bins_per_ev, spot_radius2, spot[2];
} push;

orr_status orr_histogram_create(orr_target *t, orr_error *err) {
    const orr_exposer *x = &t->exposer;
    orr_gpu_buffer_params bins = {.label = "histogram", .size_bytes = bins_bytes},
                          back = {.label = "histogram read",
                                  .size_bytes = bins_bytes,
                                  .memory = ORR_MEMORY_READBACK};
    t->exposure = 1; /* until there is a frame: for who times the pass alone */
    orr_status status = orr_exposer_meter(x, t->params.settings->effects[x->index].values, &t->meter, err);
    if (!status) status = orr_gpu_buffer_create(t->renderer->gpu, &bins, &t->bins, err);
    for (uint32_t s = 0; !status && s < t->params.slots; s++)
        status = orr_gpu_buffer_create(t->renderer->gpu, &back, &t->slots[s].bins, err);
    return status;
}

void orr_histogram_destroy(orr_target *t) {
    orr_gpu_buffer_destroy(t->renderer->gpu, &t->bins);
    for (uint32_t s = 0; s < ORR_TARGET_SLOTS; s++)
        orr_gpu_buffer_destroy(t->renderer->gpu, &t->slots[s].bins);
}

orr_status orr_record_histogram(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err) {
    orr_target *t = context;
    orr_gpu_pipeline pipeline;
    const orr_meter *m = &t->meter;
    if (m->metering == ORR_METERING_OFF) return ORR_OK;
    orr_status status = orr_core_get(t->renderer, ORR_CORE_HISTOGRAM, 0, &pipeline, err);
    if (status) return status;
    double radius = m->spot_radius * io->height;
    const push values = {.size = {io->width, io->height},
                         .metering = m->metering,
                         .begin_ev = (float)(m->min_ev + orr_log2_40(t->exposure)),
                         .bins_per_ev = (float)(ORR_HISTOGRAM_BINS / (m->max_ev - m->min_ev)),
                         .spot_radius2 = (float)(radius * radius),
                         .spot = {(float)fmin(m->spot_x * io->width, io->width - 1e-3),
                                  (float)fmin(m->spot_y * io->height, io->height - 1e-3)}};
    orr_gpu_bind binds[2] = {
        {.binding = 0, .texture = orr_io_in(io, 0), .sampler = t->renderer->nearest_clamp},
        {.binding = 1, .buffer = t->bins}};
    orr_cmd_fill_buffer(cmd, t->bins, 0, 0, 0);
    orr_cmd_dispatch(cmd, pipeline, binds, 2, &values, sizeof values, (io->width + BLOCKS_X - 1) / BLOCKS_X,
                     (io->height + BLOCKS_Y - 1) / BLOCKS_Y, 1);
    return ORR_OK;
}

void orr_histogram_read_back(orr_target *t, orr_cmd *cmd, orr_target_slot *slot) {
    if (slot->meter.metering != ORR_METERING_OFF)
        orr_cmd_copy_buffer(cmd, t->bins, 0, slot->bins, 0, bins_bytes);
}

void orr_histogram_collect(orr_target *t, orr_target_slot *slot, orr_frame_result *result) {
    if (slot->meter.metering == ORR_METERING_OFF) return;
    const uint32_t *words = orr_gpu_buffer_map(t->renderer->gpu, slot->bins);
    orr_frame_histogram *h = &slot->histogram;
    h->min_ev = slot->meter.min_ev, h->max_ev = slot->meter.max_ev;
    memset(h->weights, 0, sizeof h->weights);
    for (uint32_t i = 0; i < PARTS; i++, words += 2) {
        h->parts[i] = words[0] | (uint64_t)words[1] << 32;
        h->weights[i / ORR_HISTOGRAM_PARTS] += h->parts[i];
    }
    for (uint32_t b = 0; b < ORR_HISTOGRAM_BINS; b++, words += 2)
        h->offsets[b] = words[0] | (uint64_t)words[1] << 32;
    result->histogram = h;
}
