/* The GPU, as the rest of the engine sees it. No Vulkan type crosses this header; engine/gpu/ is the only
 * folder that includes Vulkan or glslang.
 *
 * Model: one device, one queue, one timeline. Work is recorded into an `orr_cmd`, submitted, and identified
 * by the timeline value the submission signals. Barriers and layouts are tracked, never written by hand:
 * every use of a resource goes through a bind or a copy that states its access, and one pure function
 * (gpu/track.h) decides the barrier. Objects are generational 64-bit ids in one-field structs (0 = none);
 * destroying one is deferred until the last submission that used it has ended. Ownership: the caller destroys
 * what it creates; orr_gpu_destroy reports what was left (debug builds). Threads: one thread at a time per
 * orr_gpu, except where a line says "any thread". */
#ifndef ORR_GPU_GPU_H
#define ORR_GPU_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"

typedef struct orr_gpu orr_gpu;
typedef struct orr_cmd orr_cmd;
typedef struct orr_gpu_buffer {
    uint64_t id;
} orr_gpu_buffer;
typedef struct orr_gpu_texture {
    uint64_t id;
} orr_gpu_texture;
typedef struct orr_gpu_sampler {
    uint64_t id;
} orr_gpu_sampler;
typedef struct orr_gpu_pipeline {
    uint64_t id;
} orr_gpu_pipeline;

/* --- device -------------------------------------------------------------------------------------------- */

typedef enum orr_gpu_kind {
    ORR_GPU_OTHER,
    ORR_GPU_CPU,
    ORR_GPU_VIRTUAL,
    ORR_GPU_INTEGRATED,
    ORR_GPU_DISCRETE
} orr_gpu_kind;

typedef struct orr_gpu_device_info {
    char name[256];   /* "llvmpipe (LLVM 15.0.6, 256 bits)" */
    char driver[128]; /* driver name and version, "llvmpipe Mesa 22.3.6 (LLVM 15.0.6)" */
    char uuid[33];    /* pipeline cache UUID, hex: changes with the driver */
    orr_gpu_kind kind;
    uint32_t vulkan_major, vulkan_minor, vulkan_patch;
    uint64_t device_bytes; /* device-local heap */
    bool usable;           /* has everything Orrery needs… */
    char missing[256];     /* …or what it lacks, by name */
} orr_gpu_device_info;

typedef struct orr_gpu_params {
    const char *label;
    const char *device;       /* name part (case-insensitive), index, "cpu", or NULL: discrete > integrated >
                                 virtual > cpu */
    const char *cache_folder; /* pipeline cache; NULL = none. Keyed by driver; a corrupt file is dropped with
                                 a warning */
    uint64_t memory_budget_bytes; /* refuse allocations past it; 0 = what the heap holds */
    bool validation; /* validation layers when installed; their errors make the next submit or wait fail */
    bool sync_validation; /* synchronization validation too */
    bool dummy;           /* no device: records and tracks, executes nothing (unit tests) */
    const orr_log *log;   /* borrowed; may be NULL */
} orr_gpu_params;

/* ORR_E_NO_DEVICE when there is no loader, no device, or none that matches: the message lists what was found.
 */
ORR_MUST_CHECK orr_status orr_gpu_create(const orr_gpu_params *params, orr_gpu **out, orr_error *err);
void orr_gpu_destroy(orr_gpu **gpu); /* waits for the timeline, saves the pipeline cache */
const orr_gpu_device_info *orr_gpu_device(const orr_gpu *gpu);
/* All devices of this machine; caller frees *infos with free(). No device is an empty list, not an error. */
ORR_MUST_CHECK orr_status orr_gpu_list(orr_gpu_device_info **infos, uint32_t *count, orr_error *err);

typedef struct orr_gpu_limits {
    uint32_t max_image_side, max_volume_side, max_layers, max_texel_buffer_elements;
    uint64_t max_storage_bytes;
    uint32_t max_workgroup_invocations, subgroup_size, timestamp_bits;
    bool primitive_id, depth_clamp, push_descriptors,
        unified_memory; /* features that are used where they are there */
} orr_gpu_limits;
const orr_gpu_limits *orr_gpu_get_limits(const orr_gpu *gpu);

typedef struct orr_gpu_memory_stats {
    uint64_t allocated_bytes; /* from the driver */
    uint64_t used_bytes;      /* by live resources */
    uint64_t peak_bytes, budget_bytes;
    uint32_t allocation_count, buffer_count, texture_count;
} orr_gpu_memory_stats;
void orr_gpu_memory(const orr_gpu *gpu, orr_gpu_memory_stats *out);
void orr_gpu_memory_restart_peak(orr_gpu *gpu); /* peak_bytes counts from here */

/* --- resources ----------------------------------------------------------------------------------------- */

typedef enum orr_gpu_format {
    ORR_FORMAT_NONE,
    ORR_FORMAT_R8_UNORM,
    ORR_FORMAT_RG8_UNORM,
    ORR_FORMAT_RGBA8_UNORM,
    ORR_FORMAT_RGBA8_SRGB,
    ORR_FORMAT_R16_SFLOAT,
    ORR_FORMAT_RG16_SFLOAT,
    ORR_FORMAT_RGBA16_SFLOAT,
    ORR_FORMAT_R32_SFLOAT,
    ORR_FORMAT_RG32_SFLOAT,
    ORR_FORMAT_RGB32_SFLOAT,
    ORR_FORMAT_RGBA32_SFLOAT,
    ORR_FORMAT_R32_UINT,
    ORR_FORMAT_RG32_UINT,
    ORR_FORMAT_RGBA32_UINT,
    ORR_FORMAT_D32_SFLOAT,
    ORR_FORMAT_COUNT
} orr_gpu_format;
uint32_t orr_format_bytes(orr_gpu_format format);
const char *orr_format_glsl(orr_gpu_format format); /* "rgba16f" for image layouts, NULL when it has none */

typedef enum orr_gpu_memory_kind {
    ORR_MEMORY_DEVICE,  /* fastest for the GPU; mapped only on unified memory */
    ORR_MEMORY_UPLOAD,  /* host writes, mapped */
    ORR_MEMORY_READBACK /* host reads, mapped, cached */
} orr_gpu_memory_kind;

typedef struct orr_gpu_buffer_params {
    const char *label;
    uint64_t size_bytes;
    orr_gpu_memory_kind memory;
    bool vertex, index, texel, indirect; /* extra uses; uniform, storage and copies are always allowed */
} orr_gpu_buffer_params;
ORR_MUST_CHECK orr_status orr_gpu_buffer_create(orr_gpu *gpu, const orr_gpu_buffer_params *params,
                                                orr_gpu_buffer *out, orr_error *err);
void orr_gpu_buffer_destroy(orr_gpu *gpu, orr_gpu_buffer *buffer);
void *orr_gpu_buffer_map(orr_gpu *gpu, orr_gpu_buffer buffer); /* persistent; NULL when not host-visible */

typedef struct orr_gpu_texture_params {
    const char *label;
    uint32_t width, height;
    uint32_t layers; /* 0 = 1; more than 1, or `array`, makes a 2D array view */
    uint32_t depth;  /* more than 0: a 3D texture of so many slices, one layer, one mip; filled by shaders and
                        clears, or by one upload when it is one slice */
    uint32_t mips;   /* 0 = 1; ORR_MIPS_ALL = the whole chain */
    bool array;      /* array view even with one layer (sampler2DArray) */
    bool cube;       /* 6 layers, cube view for sampling, array view for storage */
    orr_gpu_format format;
    bool sampled, storage, attachment; /* uses; copies are always allowed */
} orr_gpu_texture_params;
#define ORR_MIPS_ALL UINT32_MAX
ORR_MUST_CHECK orr_status orr_gpu_texture_create(orr_gpu *gpu, const orr_gpu_texture_params *params,
                                                 orr_gpu_texture *out, orr_error *err);
void orr_gpu_texture_destroy(orr_gpu *gpu, orr_gpu_texture *texture);
uint32_t orr_gpu_texture_mips(const orr_gpu *gpu, orr_gpu_texture texture);
uint64_t orr_gpu_texture_bytes(const orr_gpu *gpu,
                               orr_gpu_texture texture); /* mip 0 of one layer, all slices, tight */
/* Makes `count` textures, of which those with one number in `slots` share memory: for transients of a frame
 * graph whose lives do not overlap. What one holds is lost once another of its slot is written. Each is
 * destroyed like any other. */
ORR_MUST_CHECK orr_status orr_gpu_texture_create_aliased(orr_gpu *gpu, const orr_gpu_texture_params *params,
                                                         uint32_t count, const uint32_t *slots,
                                                         orr_gpu_texture *out, orr_error *err);

typedef struct orr_gpu_sampler_params {
    const char *label;
    bool nearest;         /* filter inside a mip */
    bool mip_linear;      /* between mips */
    bool clamp;           /* else repeat */
    bool clamp_v;         /* clamp vertically, repeat horizontally (latitude-longitude maps) */
    bool compare_greater; /* shadow sampler: reference >= texel passes (reversed depth) */
} orr_gpu_sampler_params;
ORR_MUST_CHECK orr_status orr_gpu_sampler_create(orr_gpu *gpu, const orr_gpu_sampler_params *params,
                                                 orr_gpu_sampler *out, orr_error *err);
void orr_gpu_sampler_destroy(orr_gpu *gpu, orr_gpu_sampler *sampler);

/* --- pipelines ----------------------------------------------------------------------------------------- */

typedef enum orr_bind_kind {
    ORR_BIND_UNIFORM,       /* uniform block */
    ORR_BIND_STORAGE_READ,  /* readonly buffer block */
    ORR_BIND_STORAGE_WRITE, /* buffer block, written (and maybe read) */
    ORR_BIND_TEXEL,       /* uniform texel buffer (samplerBuffer, usamplerBuffer): far faster than a block on
                             lavapipe */
    ORR_BIND_SAMPLED,     /* combined image sampler */
    ORR_BIND_IMAGE_READ,  /* readonly storage image */
    ORR_BIND_IMAGE_WRITE, /* writeonly storage image */
    ORR_BIND_IMAGE_RW     /* storage image read and written at the same texel */
} orr_bind_kind;
/* A pipeline's interface: set 0 alone; `count` > 1 is a fixed descriptor array (constant indices only on
 * lavapipe). */
typedef struct orr_gpu_slot {
    uint32_t binding;
    orr_bind_kind kind;
    uint32_t count; /* 0 = 1 */
} orr_gpu_slot;

typedef struct orr_gpu_shader {
    const uint32_t *spirv;
    size_t spirv_bytes;
} orr_gpu_shader;
typedef struct orr_gpu_spec { /* specialisation constant: `value` holds the bits of a uint, int, float or bool
                               */
    uint32_t id, value;
} orr_gpu_spec;

typedef struct orr_gpu_compute_params {
    const char *label;
    orr_gpu_shader shader;
    const orr_gpu_slot *slots;
    uint32_t slot_count;
    const orr_gpu_spec *specs;
    uint32_t spec_count;
    uint32_t push_bytes; /* <= 128 */
} orr_gpu_compute_params;
/* Pipelines are created on any thread, at the same time as others; the objects of the params are only read.
 */
ORR_MUST_CHECK orr_status orr_gpu_compute_create(orr_gpu *gpu, const orr_gpu_compute_params *params,
                                                 orr_gpu_pipeline *out, orr_error *err);

typedef struct orr_gpu_attribute {
    uint32_t location, offset_bytes;
    orr_gpu_format format;
} orr_gpu_attribute;
typedef enum orr_gpu_blend { ORR_BLEND_NONE, ORR_BLEND_PREMULTIPLIED } orr_gpu_blend;
typedef enum orr_gpu_cull { ORR_CULL_NONE, ORR_CULL_BACK, ORR_CULL_FRONT } orr_gpu_cull;
typedef struct orr_gpu_raster_params {
    const char *label;
    orr_gpu_shader vertex, fragment; /* fragment may be empty: depth only */
    const orr_gpu_slot *slots;
    uint32_t slot_count;
    const orr_gpu_spec *specs; /* for both stages */
    uint32_t spec_count;
    uint32_t push_bytes;    /* visible to both stages */
    uint32_t vertex_stride; /* one vertex buffer; 0 = none */
    const orr_gpu_attribute *attributes;
    uint32_t attribute_count;
    orr_gpu_format colours[8];
    uint32_t colour_count;
    orr_gpu_format depth;         /* NONE = no depth */
    bool depth_test, depth_write; /* compare GREATER_OR_EQUAL: depth is reversed */
    orr_gpu_blend blend;          /* of colour 0 */
    orr_gpu_cull
        cull; /* front faces are counter-clockwise in glTF's sense (the backend flips for Vulkan's y) */
    float depth_bias_constant, depth_bias_slope;
    bool depth_clamp;
} orr_gpu_raster_params;
ORR_MUST_CHECK orr_status orr_gpu_raster_create(orr_gpu *gpu, const orr_gpu_raster_params *params,
                                                orr_gpu_pipeline *out, orr_error *err);
void orr_gpu_pipeline_destroy(orr_gpu *gpu, orr_gpu_pipeline *pipeline);

/* --- uploads: staged through a ring; they take effect before the next submission's commands ------------ */
ORR_MUST_CHECK orr_status orr_gpu_upload_buffer(orr_gpu *gpu, orr_gpu_buffer buffer, uint64_t offset,
                                                const void *data, uint64_t size, orr_error *err);
/* One whole mip level of one layer, rows tightly packed. */
ORR_MUST_CHECK orr_status orr_gpu_upload_texture(orr_gpu *gpu, orr_gpu_texture texture, uint32_t layer,
                                                 uint32_t mip, const void *data, uint64_t size,
                                                 orr_error *err);

/* --- recording ----------------------------------------------------------------------------------------- */

/* What a slot is bound to. One entry per slot and array element. */
typedef struct orr_gpu_bind {
    uint32_t binding, element;
    orr_gpu_buffer buffer;   /* buffer kinds */
    uint64_t offset, size;   /* size 0 = to the end */
    orr_gpu_format format;   /* TEXEL */
    const void *data;        /* UNIFORM: `size` bytes copied into a transient ring instead of `buffer` */
    orr_gpu_texture texture; /* texture kinds */
    orr_gpu_sampler sampler; /* SAMPLED; none: nearest, clamp */
    uint32_t mip;            /* storage images, or the base mip with `mip_single` */
    bool mip_single;         /* SAMPLED: only that mip is visible (to read one mip while writing the next) */
} orr_gpu_bind;

/* Several commands may be open, and submitted in any order: barriers follow the order of submission. (Aliased
 * textures: one open command at a time.) */
ORR_MUST_CHECK orr_status orr_cmd_begin(orr_gpu *gpu, const char *label, orr_cmd **out, orr_error *err);
void orr_cmd_abandon(orr_cmd **cmd); /* instead of submitting */

/* Errors while recording stick to the command and come out of orr_gpu_submit; recording functions return
 * nothing. */
void orr_cmd_dispatch(orr_cmd *cmd, orr_gpu_pipeline pipeline, const orr_gpu_bind *binds, uint32_t bind_count,
                      const void *push, uint32_t push_bytes, uint32_t groups_x, uint32_t groups_y,
                      uint32_t groups_z);

typedef struct orr_gpu_attachment {
    orr_gpu_texture texture;
    uint32_t layer;
    bool load;      /* else clear */
    float clear[4]; /* for uint formats the bits are taken from clear_uint */
    uint32_t clear_uint[4];
} orr_gpu_attachment;
typedef struct orr_gpu_render_params {
    const char *label;
    uint32_t width, height;
    orr_gpu_attachment colours[8];
    uint32_t colour_count;
    orr_gpu_attachment depth; /* texture id 0 = none; reversed depth clears to 0 */
    bool depth_read_only;     /* tested, not written; may be sampled by the same draws */
    /* Resources the draws will read, so that barriers are placed before the pass begins (none can be inside
     * it). */
    const orr_gpu_bind *reads;
    const orr_gpu_slot *read_slots; /* kinds of `reads`, same order */
    uint32_t read_count;
} orr_gpu_render_params;
void orr_cmd_render_begin(orr_cmd *cmd, const orr_gpu_render_params *params);
void orr_cmd_bind_raster(orr_cmd *cmd, orr_gpu_pipeline pipeline, const orr_gpu_bind *binds,
                         uint32_t bind_count);
void orr_cmd_vertices(orr_cmd *cmd, orr_gpu_buffer vertices, uint64_t offset, orr_gpu_buffer indices,
                      uint64_t index_offset); /* 32-bit indices; either may be none */
void orr_cmd_push(orr_cmd *cmd, const void *data, uint32_t bytes);
void orr_cmd_viewport(orr_cmd *cmd, float x, float y, float width,
                      float height); /* default: the whole pass */
void orr_cmd_draw(orr_cmd *cmd, uint32_t vertex_count, uint32_t instance_count, uint32_t first_vertex,
                  uint32_t first_instance);
void orr_cmd_draw_indexed(orr_cmd *cmd, uint32_t index_count, uint32_t instance_count, uint32_t first_index,
                          int32_t vertex_offset, uint32_t first_instance);
void orr_cmd_render_end(orr_cmd *cmd);

void orr_cmd_copy_buffer(orr_cmd *cmd, orr_gpu_buffer from, uint64_t from_offset, orr_gpu_buffer to,
                         uint64_t to_offset, uint64_t size);
void orr_cmd_copy_to_buffer(orr_cmd *cmd, orr_gpu_texture from, uint32_t layer, uint32_t mip,
                            orr_gpu_buffer to, uint64_t offset); /* tight rows; all slices of a 3D one */
void orr_cmd_copy_texture(orr_cmd *cmd, orr_gpu_texture from,
                          orr_gpu_texture to); /* same size, mip 0, layer 0 */
void orr_cmd_clear_texture(orr_cmd *cmd, orr_gpu_texture texture,
                           const float value[4]); /* all mips and layers; not depth */
void orr_cmd_fill_buffer(orr_cmd *cmd, orr_gpu_buffer buffer, uint64_t offset, uint64_t size,
                         uint32_t value);                          /* size 0 = to the end */
void orr_cmd_generate_mips(orr_cmd *cmd, orr_gpu_texture texture); /* linear blits from mip 0, all layers */

/* GPU time of what is recorded between; nests at most 4 deep, <= 256 scopes a command. */
void orr_cmd_time_begin(orr_cmd *cmd, const char *name); /* the name is copied */
void orr_cmd_time_end(orr_cmd *cmd);

/* --- submitting and waiting ---------------------------------------------------------------------------- */
/* Submits (uploads first); frees the command; *value is the timeline value it will signal. */
ORR_MUST_CHECK orr_status orr_gpu_submit(orr_gpu *gpu, orr_cmd **cmd, uint64_t *value, orr_error *err);
uint64_t orr_gpu_completed(orr_gpu *gpu); /* any thread */
ORR_MUST_CHECK orr_status orr_gpu_wait(orr_gpu *gpu, uint64_t value, uint64_t timeout_ns,
                                       orr_error *err); /* any thread; ORR_E_TIMEOUT */

/* From now on commands leave a mark in memory as the device enters and leaves each time scope, so that one
 * that does not end can be named; scopes then run one after the other. And recording fails with ORR_E_TIMEOUT
 * where it has to wait for the device and no submission ends for so long. 0: neither, as at first. */
ORR_MUST_CHECK orr_status orr_gpu_watch(orr_gpu *gpu, uint64_t patience_ns, orr_error *err);
/* The innermost scope that the device is in, or was in when it was lost; "" when it is in none, or nothing is
 * watched. */
void orr_gpu_watched(const orr_gpu *gpu, char name[48]);
/* For a device that does not end its work: from now on nothing waits for it, and orr_gpu_destroy leaves it
 * and all that it may still be using to the end of the process. As drivers may wait for their threads at
 * exit, end it with _Exit. */
void orr_gpu_give_up(orr_gpu *gpu);

typedef struct orr_gpu_timing {
    char name[48];
    uint32_t depth;    /* nesting */
    uint64_t ns;       /* duration on the device */
    uint64_t begin_ns; /* since the first timestamp of the submission */
} orr_gpu_timing;
/* Timings of a completed submission, kept for the last 16; returns how many were written. */
uint32_t orr_gpu_timings(orr_gpu *gpu, uint64_t value, orr_gpu_timing *out, uint32_t capacity);

/* Number of validation errors so far (0 without the layers) and the first one's text. */
uint32_t orr_gpu_validation_errors(const orr_gpu *gpu, char *first, size_t size);

#endif
