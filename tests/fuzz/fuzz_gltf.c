/* libFuzzer target: any bytes through the glTF reader, then through poses and deformation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "resource/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* Half of the time only a digit is changed: the JSON stays JSON and its numbers go wrong, which is where the
 * checks are. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    if (size == 0 || seed % 2) return LLVMFuzzerMutate(data, size, max_size);
    size_t at = seed / 2 % size;
    for (size_t tried = 0; tried < size && (data[at] < '0' || data[at] > '9'); tried++) at = (at + 1) % size;
    if (data[at] >= '0' && data[at] <= '9') data[at] = (uint8_t)('0' + seed / 7 % 10);
    return size;
}

/* Every uri yields its own text. */
static orr_status fetch(void *context, const char *uri, uint8_t **data, size_t *size, orr_error *err) {
    (void)err;
    size_t length = strlen(uri) < *(const size_t *)context ? strlen(uri) : *(const size_t *)context;
    *data = malloc(length + 1);
    if (!*data) return ORR_E_MEMORY;
    memcpy(*data, uri, length);
    *size = length;
    return ORR_OK;
}

static void deform(const orr_model *model, uint32_t node, const double *world, const float *weights) {
    const orr_model_mesh *mesh = &model->meshes[model->nodes[node].mesh];
    for (uint32_t i = 0; i < mesh->primitive_count; i++) {
        const orr_model_primitive *p = &model->primitives[mesh->first_primitive + i];
        for (uint32_t k = 0; k < p->index_count; k++)
            if (p->indices[k] >= p->vertex_count) abort();
        orr_vertex *out = p->vertex_count < 100000 ? malloc(p->vertex_count * sizeof *out) : NULL;
        if (out) orr_model_deform(model, node, p, world, weights, out);
        free(out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    orr_model model;
    orr_error err = {0};
    if (orr_model_decode(data, size, "fuzz", fetch, &size, &model, &err) != ORR_OK) {
        if (!err.message[0] || model.arena.head) abort(); /* a refusal says why and leaves nothing */
        return 0;
    }
    double *world = malloc(((size_t)model.node_count + 1) * 16 * sizeof *world);
    float *weights = malloc(((size_t)orr_model_weight_count(&model) + 1) * sizeof *weights);
    for (uint32_t a = 0; world && weights && a <= model.animation_count && a < 4; a++) {
        orr_model_pose(&model, a < model.animation_count ? a : ORR_NONE, 0.3 + a, a % 2, world, weights);
        for (uint32_t n = 0; n < model.node_count && n < 64; n++) {
            if (model.nodes[n].parent != ORR_NONE && model.nodes[n].parent >= n) abort();
            if (model.nodes[n].mesh != ORR_NONE) deform(&model, n, world, weights);
        }
    }
    free(world);
    free(weights);
    orr_model_free(&model);
    return 0;
}
