/* Access tracking: which barrier a use of a resource needs. Pure: no device, no Vulkan types, tested as a
 * table.
 *
 * A resource (a buffer, or one mip level of a texture) is in a state: who wrote it last, who has read it
 * since, and in which layout it is. A use names what will touch it next. One function decides the barrier and
 * the new state.
 *
 * Commands are recorded before it is known what comes before them, so each command keeps a *local* state per
 * resource (orr_track_local): the uses before its first barrier are only noted, and resolved against the
 * resource's real state when the command is submitted. So commands may be recorded in any order, and uploads
 * slip in between. */
#ifndef ORR_GPU_TRACK_H
#define ORR_GPU_TRACK_H

#include <stdbool.h>
#include <stdint.h>

/* Who touches the resource, one bit each. */
typedef enum orr_use {
    ORR_USE_INDIRECT = 1u << 0,
    ORR_USE_VERTEX = 1u << 1,        /* vertex buffer */
    ORR_USE_INDEX = 1u << 2,         /* index buffer */
    ORR_USE_COMPUTE_READ = 1u << 3,  /* any shader read: uniform, storage, texel, sampled, image */
    ORR_USE_GRAPHICS_READ = 1u << 4, /* same, by vertex and fragment shaders */
    ORR_USE_DEPTH_READ = 1u << 5,    /* depth test without writing */
    ORR_USE_COPY_READ = 1u << 6,     /* copies and blits */
    ORR_USE_HOST_READ = 1u << 7,
    ORR_USE_COMPUTE_WRITE = 1u << 8,  /* storage, written and maybe read */
    ORR_USE_GRAPHICS_WRITE = 1u << 9, /* same, by vertex and fragment shaders */
    ORR_USE_COLOUR = 1u << 10,        /* colour attachment */
    ORR_USE_DEPTH = 1u << 11,         /* depth attachment, written */
    ORR_USE_COPY_WRITE = 1u << 12,    /* copies, fills, clears and blits */
    ORR_USE_BITS = 13,
    ORR_USE_WRITES = 0x1f00u
} orr_use;

typedef enum orr_layout {
    ORR_LAYOUT_UNDEFINED, /* textures: contents are not defined; buffers: always */
    ORR_LAYOUT_GENERAL,
    ORR_LAYOUT_READ, /* sampled */
    ORR_LAYOUT_COLOUR,
    ORR_LAYOUT_DEPTH,
    ORR_LAYOUT_DEPTH_READ, /* tested and sampled */
    ORR_LAYOUT_COPY_FROM,
    ORR_LAYOUT_COPY_TO,
    ORR_LAYOUT_HOST, /* textures that the host fills itself, before anything else touches them */
    ORR_LAYOUT_COUNT
} orr_layout;

typedef struct orr_track { /* zeroed: never used */
    uint32_t writer;       /* uses that wrote it last, or that its last layout change was made for */
    uint32_t readers;      /* uses that have read it since, and need no further barrier */
    orr_layout layout;
} orr_track;

typedef struct orr_track_barrier {
    uint32_t from, to; /* uses to wait for (0 = nobody) and to let through */
    orr_layout old_layout, new_layout;
} orr_track_barrier;

/* Applies a use (several read bits, or one write bit) to `state`. True: `barrier` must come first. */
bool orr_track_use(orr_track *state, uint32_t use, orr_layout layout, orr_track_barrier *barrier);

typedef struct orr_track_local { /* zeroed: not yet used by this command */
    orr_track state;
    uint32_t first; /* uses before the command's first barrier on it */
    orr_layout first_layout;
    bool inside; /* nothing to resolve: an aliased texture that took its memory over inside the command */
    bool closed; /* a barrier inside the command, or a write, ended the first phase */
} orr_track_local;

/* Applies a use inside a command. True: `barrier` must be recorded into it first. */
bool orr_track_local_use(orr_track_local *local, uint32_t use, orr_layout layout, orr_track_barrier *barrier);
/* At submission: brings the resource's real state to what the command ends with. True: `barrier` must be
 * executed before the command. */
bool orr_track_resolve(orr_track *state, const orr_track_local *local, orr_track_barrier *barrier);

#endif
