/* Digests of what each pass wrote: a copy of every image right after its pass, before anything else gets its
 * memory, hashed when the frame is collected. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/target_private.h"

static uint64_t aligned(uint64_t bytes) {
    return (bytes + 15) & ~(uint64_t)15; /* more than any texel */
}

/* Images that passes share and keep: made again only when what they depend on changes, but what a frame rests
 * on in any case. */
typedef struct product {
    const char *pass, *channel;
    orr_gpu_texture texture;
} product;
enum { MOST_PRODUCTS = 11 };

static uint32_t products_of(const orr_target *t, product out[MOST_PRODUCTS]) {
    const orr_renderer *r = t->renderer;
    uint32_t n = 0;
    out[n++] = (product){"dfg table", "dfg", r->dfg};
    if (t->data.pose->terrain_count)
        out[n++] = (product){"terrain gradient", "gradient", r->terrain.gradient};
    if (t->data.variant & ORR_VARIANT_SHADE) out[n++] = (product){"terrain shade", "shade", r->terrain.sun};
    if (t->data.variant & ORR_VARIANT_SHADOW) out[n++] = (product){"shadow", "depth", r->shadow_map.map};
    static const char *const channels[] = {"air", "air", "sky", "light", "transmittance"};
    for (uint32_t image = 0; t->data.variant & ORR_VARIANT_SKY && image < 5; image++) {
        orr_sky_table table = image < ORR_SKY_AERIAL ? (orr_sky_table)image : ORR_SKY_AERIAL;
        if (orr_sky_has(&t->data, table))
            out[n++] =
                (product){orr_sky_table_name(table), channels[image], r->sky_tables.images[image].texture};
    }
    if (t->data.variant & ORR_VARIANT_SKY_LIGHT)
        out[n++] = (product){"sky capture", "seen", r->sky_capture.seen};
    if (t->data.variant & ORR_VARIANT_LIGHT_SHADOWS)
        out[n++] = (product){"light shadows", "depth", r->lights.atlas};
    return n;
}

/* An image that nothing reads is not there. */
static bool writes(const orr_target *t, const orr_graph_use *use) {
    return use->access >= ORR_ACCESS_CREATE && use->out >= 0 && t->textures[use->out].id;
}

/* What a frame's copies take, and how many they are: of products, and of the graph's images, which grow with
 * the picture. */
static void measure(const orr_target *t, const product *products, uint32_t product_count, uint64_t *fixed,
                    uint64_t *growing, uint32_t *count) {
    const orr_gpu *gpu = t->renderer->gpu;
    *fixed = *growing = 0;
    *count = product_count + t->graph.accumulate_count + t->encodes;
    for (uint32_t i = 0; i < product_count; i++)
        *fixed += aligned(orr_gpu_texture_bytes(gpu, products[i].texture));
    for (uint32_t i = 0; i < t->graph.pass_count; i++)
        for (uint32_t u = 0; u < t->graph.passes[i].use_count; u++) {
            const orr_graph_use *use = &t->graph.passes[i].uses[u];
            if (!writes(t, use)) continue;
            *growing += aligned(orr_gpu_texture_bytes(gpu, t->textures[use->out]));
            ++*count;
        }
    for (uint32_t i = 0; i < t->graph.accumulate_count; i++)
        *growing += aligned(orr_gpu_texture_bytes(gpu, t->textures[t->graph.accumulates[i].to]));
}

static orr_status too_large(const orr_target *t, uint64_t fixed, uint64_t growing, orr_error *err) {
    double mib = 1.0 / (1 << 20), k = sqrt(((double)ORR_DIGEST_BYTES - (double)fixed) / (double)growing);
    uint32_t width = t->params.width, height = t->params.height;
    if (fixed >= ORR_DIGEST_BYTES)
        return orr_fail(
            err, ORR_E_LIMIT, t->label,
            "digests of the passes: terrain and shadow map alone are %.0f MiB, and at most %d MiB "
            "are used: take a smaller terrain",
            (double)fixed * mib, ORR_DIGEST_BYTES >> 20);
    return orr_fail(
        err, ORR_E_LIMIT, t->label,
        "digests of the passes at %ux%u pixels take %.0f MiB, and at most %d MiB are used: render "
        "at %ux%u",
        width, height, (double)(fixed + growing) * mib, ORR_DIGEST_BYTES >> 20,
        (uint32_t)fmax(k * width, 1.0), (uint32_t)fmax(k * height, 1.0));
}

static void take(orr_target_digests *d, orr_target *t, orr_cmd *cmd, const char *pass, const char *channel,
                 orr_gpu_texture texture) {
    uint64_t bytes = orr_gpu_texture_bytes(t->renderer->gpu, texture);
    if (d->count == d->room || d->used + bytes > d->capacity) return; /* measured: never */
    orr_pass_digest *out = &d->digests[d->count];
    *out = (orr_pass_digest){0};
    (void)orr_format(out->pass, sizeof out->pass, "%s", pass);
    (void)orr_format(out->channel, sizeof out->channel, "%s", channel);
    d->spans[d->count++] = (orr_digest_span){d->used, bytes};
    orr_cmd_copy_to_buffer(cmd, texture, 0, 0, d->buffer, d->used);
    d->used += aligned(bytes);
}

orr_status orr_digests_begin(orr_target *t, orr_target_digests *d, orr_cmd *cmd, orr_error *err) {
    product products[MOST_PRODUCTS];
    uint32_t product_count = products_of(t, products), count;
    uint64_t fixed, growing;
    measure(t, products, product_count, &fixed, &growing, &count);
    if (fixed + growing > ORR_DIGEST_BYTES) return too_large(t, fixed, growing, err);
    if (count > d->room) {
        orr_pass_digest *digests = orr_realloc(d->digests, count, sizeof *digests);
        if (digests) d->digests = digests;
        orr_digest_span *spans = orr_realloc(d->spans, count, sizeof *spans);
        if (spans) d->spans = spans;
        if (!digests || !spans)
            return orr_fail(err, ORR_E_MEMORY, t->label, "no memory for digests of the passes");
        d->room = count;
    }
    if (fixed + growing > d->capacity) {
        orr_gpu_buffer_destroy(t->renderer->gpu, &d->buffer);
        d->capacity = 0;
        orr_gpu_buffer_params params = {
            .label = "digests", .size_bytes = fixed + growing, .memory = ORR_MEMORY_READBACK};
        orr_status status = orr_gpu_buffer_create(t->renderer->gpu, &params, &d->buffer, err);
        if (status) return status;
        d->capacity = fixed + growing;
    }
    d->count = 0, d->used = 0;
    for (uint32_t i = 0; i < product_count; i++)
        take(d, t, cmd, products[i].pass, products[i].channel, products[i].texture);
    return ORR_OK;
}

void orr_digests_pass(orr_target *t, orr_target_digests *d, orr_cmd *cmd, const orr_graph_pass *pass) {
    for (uint32_t u = 0; u < pass->use_count; u++)
        if (writes(t, &pass->uses[u]))
            take(d, t, cmd, pass->name, pass->uses[u].channel, t->textures[pass->uses[u].out]);
}

void orr_digests_accumulated(orr_target *t, orr_target_digests *d, orr_cmd *cmd) {
    for (uint32_t i = 0; i < t->graph.accumulate_count; i++) {
        int32_t to = t->graph.accumulates[i].to;
        take(d, t, cmd, "accumulate", t->graph.textures[to].channel, t->textures[to]);
    }
}

void orr_digests_read(orr_target *t, orr_target_slot *slot, orr_frame_result *result) {
    orr_target_digests *d = &slot->digests;
    const uint8_t *bytes = orr_gpu_buffer_map(t->renderer->gpu, d->buffer);
    uint32_t count = d->count;
    for (uint32_t i = 0; i < count; i++)
        d->digests[i].hash = orr_hash64(bytes + d->spans[i].offset, d->spans[i].bytes, 0);
    for (uint32_t i = 0; i < t->params.output_count; i++) /* no image, but read back anyway */
        if (!strcmp(t->outputs[i].channel, "ldr"))
            d->digests[count++] =
                (orr_pass_digest){"encode", "ldr",
                                  orr_hash64(orr_gpu_buffer_map(t->renderer->gpu, slot->readback[i]),
                                             orr_target_output_bytes(t, &t->outputs[i]), 0)};
    result->digests = d->digests, result->digest_count = count;
}

void orr_digests_free(orr_renderer *r, orr_target_digests *d) {
    orr_gpu_buffer_destroy(r->gpu, &d->buffer);
    free(d->digests), free(d->spans);
}
