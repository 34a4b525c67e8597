/* The frame graph: orders passes by what they read and write, makes versions of channels, culls what no
 * output needs, and shares memory between transients whose lives do not overlap. Compiling is pure (no GPU),
 * so tests drive it with tables.
 *
 * Passes of stages before accumulation run once per sub-frame, later ones once per frame. A channel that
 * crosses from the one to the other goes through an accumulator when there are several sub-frames (mean in
 * float32, or the first). */
#ifndef ORR_RENDER_GRAPH_H
#define ORR_RENDER_GRAPH_H

#include "render/render.h"

int32_t orr_stage_find(const char *name); /* -1 = none */
const orr_channel_info *orr_channel_find(const char *name);
orr_gpu_format orr_format_from_glsl(const char *name); /* "rgba16f"; NONE when unknown */

typedef enum orr_access {
    ORR_ACCESS_READ,
    ORR_ACCESS_READ_OPTIONAL,
    ORR_ACCESS_CREATE,
    ORR_ACCESS_MODIFY
} orr_access;
ORR_MUST_CHECK orr_status orr_access_parse(const char *text, orr_access *access, orr_error *err);

enum { ORR_GRAPH_MAX_USES = 12, ORR_GRAPH_NO_TEXTURE = -1 };

typedef struct orr_graph_use {
    const char *channel; /* of the table, or private "module.name" */
    orr_access access;
    const char *at; /* stage whose version is read; NULL = the newest before this pass */
    orr_gpu_format
        format; /* of a private image created here, or a channel's other than the table's (NONE = table) */
    bool attachment; /* a render target or depth buffer: not a storage image */
    bool optional;   /* CREATE: skipped (texture -1) when nothing reads it */
    /* filled by compile: indices into textures, or ORR_GRAPH_NO_TEXTURE */
    int32_t in, out;
} orr_graph_use;

struct orr_pass_io;
typedef orr_status (*orr_record_fn)(void *context, orr_cmd *cmd, const struct orr_pass_io *io,
                                    orr_error *err);

typedef struct orr_graph_pass {
    const char *name; /* "resolve", "vignette.main" */
    const char *stage;
    const char *after; /* "a|b", or NULL */
    bool pointwise;    /* a modify may happen in place */
    bool root;         /* wanted whatever reads it (it writes outside the graph) */
    int32_t scale_log2;
    orr_graph_use uses[ORR_GRAPH_MAX_USES];
    uint32_t use_count;
    orr_record_fn record;
    void *context;
    /* filled by compile */
    int32_t stage_index;
    bool live;
} orr_graph_pass;

typedef struct orr_graph_texture {
    char name[64]; /* "hdr#2" */
    const char *channel;
    orr_gpu_format format;
    uint32_t width, height;
    bool attachment;
    int32_t first, last; /* steps of its life */
    uint32_t slot;       /* memory it shares */
} orr_graph_texture;

typedef struct orr_graph_accumulate { /* one channel crossing into frame scope with several sub-frames */
    int32_t from, to;                 /* textures */
    bool mean;                        /* else the first sub-frame's */
} orr_graph_accumulate;

typedef struct orr_graph {
    orr_arena arena;
    uint32_t width, height, samples;
    orr_graph_pass *passes;                /* in execution order, live ones alone */
    uint32_t pass_count, sub_frame_passes; /* the first so many run per sub-frame */
    orr_graph_texture *textures;
    uint32_t texture_count, slot_count;
    orr_graph_accumulate *accumulates;
    uint32_t accumulate_count;
    uint64_t transient_bytes, unaliased_bytes;
} orr_graph;

typedef struct orr_graph_desc {
    const orr_graph_pass *passes; /* in the order that breaks no rule: core first, then modules by name */
    uint32_t pass_count;
    const char *const *outputs; /* channels that must exist at the end */
    uint32_t output_count;
    const char *const *order; /* the target's `order` list of pass names, or NULL */
    uint32_t order_count;
    uint32_t width, height, samples;
} orr_graph_desc;

ORR_MUST_CHECK orr_status orr_graph_compile(const orr_graph_desc *desc, orr_graph *graph, orr_error *err);
void orr_graph_free(orr_graph *graph);
/* The texture that holds the last version of a channel at the end of the frame; -1 = none. */
int32_t orr_graph_final(const orr_graph *graph, const char *channel);

/* What a pass records with. */
typedef struct orr_pass_io {
    const orr_graph_pass *pass;
    const orr_gpu_texture *textures; /* of the graph, by index */
    uint32_t width, height;          /* of this pass */
    uint32_t sub_frame;
} orr_pass_io;
static inline orr_gpu_texture orr_io_in(const orr_pass_io *io, uint32_t use) {
    int32_t t = io->pass->uses[use].in;
    return t < 0 ? (orr_gpu_texture){0} : io->textures[t];
}
static inline orr_gpu_texture orr_io_out(const orr_pass_io *io, uint32_t use) {
    int32_t t = io->pass->uses[use].out;
    return t < 0 ? (orr_gpu_texture){0} : io->textures[t];
}

#endif
