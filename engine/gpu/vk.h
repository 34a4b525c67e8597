/* What the files of the Vulkan backend share. Private to engine/gpu. One object per file:
 *   vk_device  instance, choice, creation      vk_cmd     recording: begin, tracking, dispatch, copies
 *   vk_memory  sub-allocator                   vk_render  recording: raster passes
 *   vk_buffer, vk_texture, vk_sampler          vk_bind    descriptors
 *   vk_pipeline                                vk_submit  submission, retirement, waiting
 *   vk_upload  staging                         vk_time    timestamps       vk_cache  pipeline cache on disk
 *   vk_watch   what the device is at
 *   table      generational ids                dummy      the device that executes nothing */
#ifndef ORR_GPU_VK_H
#define ORR_GPU_VK_H

#include <stdatomic.h>

#include <volk.h>

#include "base/platform/platform.h"
#include "gpu/gpu.h"
#include "gpu/table.h"
#include "gpu/track.h"

#define ORR_VK_MIPS        16u  /* 32 768 pixels; more than any device's image side */
#define ORR_VK_DESCRIPTORS 64u  /* of one pipeline, array elements counted */
#define ORR_VK_PUSH_BYTES  128u /* what every device has */
#define ORR_VK_SCOPES      256u
#define ORR_VK_SCOPE_DEPTH 4u
#define ORR_VK_TIMINGS     16u /* submissions whose timings are kept */
#define ORR_VK_LABEL       48u

/* --- memory -------------------------------------------------------------------------------------------- */
typedef struct orr_vk_block orr_vk_block;
typedef struct orr_vk_memory { /* a piece of a block; block NULL = none */
    orr_vk_block *block;
    uint64_t offset, size;
} orr_vk_memory;
typedef struct orr_vk_heap {
    orr_vk_block *blocks;
    uint64_t allocated, used, peak, budget;
    uint32_t allocations;
} orr_vk_heap;

typedef enum orr_vk_tiling { ORR_VK_LINEAR, ORR_VK_OPTIMAL } orr_vk_tiling;
orr_status orr_vk_memory_alloc(orr_gpu *gpu, const VkMemoryRequirements *need, orr_gpu_memory_kind kind,
                               orr_vk_tiling tiling, const char *label, orr_vk_memory *out, orr_error *err);
void orr_vk_memory_free(orr_gpu *gpu, orr_vk_memory *memory);
VkDeviceMemory orr_vk_memory_handle(const orr_vk_memory *memory);
void *orr_vk_memory_map(const orr_vk_memory *memory); /* NULL = not host-visible */
void orr_vk_memory_close(orr_gpu *gpu);               /* frees what is left */
void orr_vk_memory_budget(orr_gpu *gpu);              /* asks the driver, unless the caller fixed it */

/* --- objects ------------------------------------------------------------------------------------------- */
/* Where the command that is recording keeps its local states of a resource. */
typedef struct orr_vk_touch {
    uint64_t serial; /* of the command */
    uint32_t entry;
} orr_vk_touch;

typedef struct orr_vk_buffer_view {
    VkBufferView handle;
    VkFormat format;
    uint64_t offset, size;
} orr_vk_buffer_view;

typedef struct orr_vk_buffer {
    orr_item item;
    orr_vk_touch touch;
    orr_track state;
    VkBuffer handle;
    orr_vk_memory memory;
    void *mapped;
    uint64_t size;
    orr_gpu_memory_kind kind;
    bool staged, texel; /* `staged`: an upload of it waits to be submitted */
    orr_vk_buffer_view *views;
    uint32_t view_count;
    char label[ORR_VK_LABEL];
} orr_vk_buffer;

/* Memory that several textures share; the last one used owns the contents. One open command at a time may use
 * them. */
typedef struct orr_vk_alias {
    orr_vk_memory memory;
    uint32_t references;
    struct orr_vk_texture *owner; /* as of the last submission */
    struct orr_vk_texture *local; /* inside command `serial` */
    uint64_t serial;
} orr_vk_alias;

typedef enum orr_vk_view_kind {
    ORR_VK_VIEW_SAMPLED,
    ORR_VK_VIEW_STORAGE,
    ORR_VK_VIEW_ATTACHMENT
} orr_vk_view_kind;
typedef struct orr_vk_image_view {
    VkImageView handle;
    orr_vk_view_kind kind;
    uint32_t mip, layer; /* UINT32_MAX = all */
} orr_vk_image_view;

typedef struct orr_vk_texture {
    orr_item item;
    orr_vk_touch touch;
    VkImage handle;
    orr_vk_memory memory;
    orr_vk_alias *alias; /* NULL: owns its memory */
    uint32_t width, height, layers, mips;
    uint32_t volume; /* slices of a 3D texture; 0: it is 2D */
    bool array, cube, sampled, storage, attachment, depth;
    bool linear,
        staged; /* linear: rows lie in mapped memory; staged: an upload of it waits to be submitted */
    orr_gpu_format format;
    orr_track states[ORR_VK_MIPS];
    orr_vk_image_view *views;
    uint32_t view_count;
    char label[ORR_VK_LABEL];
} orr_vk_texture;

typedef struct orr_vk_sampler {
    orr_item item;
    VkSampler handle;
} orr_vk_sampler;

typedef struct orr_vk_slot {
    uint32_t binding, count, first; /* first: index of element 0 among the pipeline's descriptors */
    orr_bind_kind kind;
    VkDescriptorType type;
} orr_vk_slot;
typedef struct orr_vk_pipeline {
    orr_item item;
    VkPipeline handle;
    VkPipelineLayout layout;
    VkDescriptorSetLayout set_layout; /* owned by the layout cache */
    orr_vk_slot *slots;
    uint32_t slot_count, descriptor_count, push_bytes;
    VkShaderStageFlags stages;
    bool raster, push_set; /* push_set: descriptors are pushed, not allocated */
    uint32_t vertex_stride;
    bool depth, depth_write;
    char label[ORR_VK_LABEL];
} orr_vk_pipeline;

typedef enum orr_vk_kind { ORR_VK_BUFFER, ORR_VK_TEXTURE, ORR_VK_SAMPLER, ORR_VK_PIPELINE } orr_vk_kind;
typedef struct orr_vk_dead { /* waits for the timeline before it is destroyed */
    orr_vk_kind kind;
    orr_item *item;
    uint64_t serial; /* commands begun up to it may still use the object… */
    uint64_t value;  /* …and submissions up to it; 0 = not known while such commands are open */
} orr_vk_dead;
void orr_vk_retire(orr_gpu *gpu, orr_vk_kind kind, orr_item *item);
void orr_vk_collect(orr_gpu *gpu, uint64_t completed, bool everything);
void orr_vk_buffer_free(orr_gpu *gpu, orr_vk_buffer *buffer);
void orr_vk_texture_free(orr_gpu *gpu, orr_vk_texture *texture);
void orr_vk_sampler_free(orr_gpu *gpu, orr_vk_sampler *sampler);
void orr_vk_pipeline_free(orr_gpu *gpu, orr_vk_pipeline *pipeline);

VkBufferView orr_vk_buffer_view_get(orr_gpu *gpu, orr_vk_buffer *buffer, VkFormat format, uint64_t offset,
                                    uint64_t size);
VkImageView orr_vk_image_view_get(orr_gpu *gpu, orr_vk_texture *texture, orr_vk_view_kind kind, uint32_t mip,
                                  uint32_t layer);
VkFormat orr_vk_format(orr_gpu_format format);
VkImageAspectFlags orr_vk_aspect(const orr_vk_texture *texture);
VkImageLayout orr_vk_layout(orr_layout layout);

typedef struct orr_vk_set_layout {
    VkDescriptorSetLayout handle;
    uint64_t key;
    bool push;
} orr_vk_set_layout;
void orr_vk_layouts_close(orr_gpu *gpu);

/* --- commands ---------------------------------------------------------------------------------------------
 */
typedef struct orr_vk_entry { /* a resource that a command uses */
    orr_item *object;
    uint32_t first_state, state_count;
    bool texture, takes_over; /* takes_over: the first of its alias in this command, which may have to wait
                                 for another */
} orr_vk_entry;
typedef struct orr_vk_scope {
    char name[48];
    uint32_t depth, begin_query, end_query;
} orr_vk_scope;
typedef struct orr_vk_chunk { /* transient uniform data or staging */
    orr_gpu_buffer buffer;
    VkBuffer handle;
    uint8_t *mapped;
    uint64_t size, used, value;
    struct orr_vk_chunk *next;
} orr_vk_chunk;

typedef struct orr_vk_batch { /* barriers to place before the next command */
    VkImageMemoryBarrier2 images[64];
    uint32_t image_count;
    uint32_t from, to; /* uses, of everything that keeps its layout */
} orr_vk_batch;

struct orr_cmd {
    orr_gpu *gpu;
    orr_cmd *next;
    uint64_t serial, value;
    char label[ORR_VK_LABEL];
    orr_error error; /* the first one; code 0 = none */
    VkCommandPool pool;
    VkCommandBuffer before, body; /* `before`: uploads and the barriers that lead into the body */
    bool before_open;
    orr_vk_batch batch;
    orr_vk_entry *entries;
    uint32_t entry_count, entry_capacity;
    orr_track_local *states;
    uint32_t state_count, state_capacity;
    VkDescriptorPool *descriptor_pools;
    uint32_t descriptor_pool_count, descriptor_pool_capacity, descriptor_pool_current;
    orr_vk_chunk *uniforms, *staging; /* given back when the submission has ended */
    VkQueryPool queries;
    uint32_t query_count;
    orr_vk_scope *scopes;
    uint32_t scope_count, scope_stack[ORR_VK_SCOPE_DEPTH], scope_depth;
    /* state of the pass being recorded */
    bool rendering, depth_read_only;
    uint32_t pass_height;
    orr_vk_pipeline *raster;
    const orr_vk_pipeline *bound;
    bool vertices_bound, indices_bound;
};
void orr_cmd_fail(orr_cmd *cmd, orr_status code, const char *format, ...) ORR_PRINTF(3, 4);
/* Notes a use of mips [mip, mip + count) of a texture, or of a buffer; barriers gather in cmd->batch. */
void orr_cmd_use_texture(orr_cmd *cmd, orr_vk_texture *texture, uint32_t mip, uint32_t count, uint32_t use,
                         orr_layout layout);
void orr_cmd_use_buffer(orr_cmd *cmd, orr_vk_buffer *buffer, uint32_t use);
void orr_cmd_flush(orr_cmd *cmd, VkCommandBuffer into);
void orr_cmd_use_bind(orr_cmd *cmd, const orr_gpu_bind *bind, orr_bind_kind kind, bool compute);
bool orr_cmd_bind(orr_cmd *cmd, orr_vk_pipeline *pipeline, const orr_gpu_bind *binds, uint32_t count);
void orr_cmd_push_bytes(orr_cmd *cmd, const orr_vk_pipeline *pipeline, const void *push, uint32_t bytes);
uint32_t orr_vk_track_mask(const orr_track *state);
void orr_vk_batch_add(orr_cmd *cmd, VkCommandBuffer into, const orr_vk_texture *texture, uint32_t mip,
                      const orr_track_barrier *barrier);
VkCommandBuffer orr_cmd_before(orr_cmd *cmd); /* opens it */
void orr_cmd_recycle(orr_cmd *cmd);
void orr_cmd_free(orr_cmd *cmd);
orr_status orr_vk_submit(orr_cmd *cmd, uint64_t *value, orr_error *err);

/* --- uploads ------------------------------------------------------------------------------------------- */
typedef struct orr_vk_copy {
    uint64_t object;         /* id: the target may die before the copy is recorded */
    bool texture, continues; /* continues: the rest of the copy before it, so no barrier between them */
    uint32_t layer, mip, row, rows;
    uint64_t offset, size; /* offset in the target buffer */
    VkBuffer staging;
    uint64_t staging_offset;
} orr_vk_copy;
typedef struct orr_vk_uploads {
    orr_vk_copy *copies;
    uint32_t count, capacity;
    orr_vk_chunk *chunks; /* of the copies that wait */
    uint64_t pending_bytes;
    uint64_t last_flush; /* timeline value of the last submission made for uploads alone */
} orr_vk_uploads;
void orr_vk_uploads_record(orr_gpu *gpu, orr_cmd *cmd); /* into cmd's `before` */
void orr_vk_uploads_close(orr_gpu *gpu);
/* A mapped chunk of at least `size` bytes from `free`, or a new one. */
orr_status orr_vk_chunk_take(orr_gpu *gpu, orr_vk_chunk **list, uint64_t size, uint64_t usual,
                             const char *label, orr_vk_chunk **out, orr_error *err);
void orr_vk_chunks_give(orr_vk_chunk **to, orr_vk_chunk **from);
void orr_vk_chunks_close(orr_gpu *gpu, orr_vk_chunk **list);

/* --- times --------------------------------------------------------------------------------------------- */
typedef struct orr_vk_times {
    uint64_t value; /* 0 = unused */
    uint32_t count;
    orr_gpu_timing *scopes;
} orr_vk_times;
void orr_vk_times_read(orr_cmd *cmd);
/* Marks that the device is in the command's innermost open scope now, or in none (vk_watch.c). */
void orr_vk_mark(orr_cmd *cmd);

/* --- the device ---------------------------------------------------------------------------------------- */
typedef struct orr_vk_instance {
    VkInstance handle;
    VkDebugUtilsMessengerEXT messenger;
    bool debug_utils, layer_found;
    PFN_vkDestroyInstance destroy;
    PFN_vkEnumeratePhysicalDevices enumerate;
    PFN_vkGetPhysicalDeviceProperties2 properties;
    PFN_vkGetPhysicalDeviceFeatures2 features;
    PFN_vkGetPhysicalDeviceMemoryProperties2 memory;
    PFN_vkGetPhysicalDeviceQueueFamilyProperties queues;
    PFN_vkGetPhysicalDeviceFormatProperties formats;
    PFN_vkGetPhysicalDeviceImageFormatProperties image_formats;
    PFN_vkEnumerateDeviceExtensionProperties extensions;
    PFN_vkCreateDevice create_device;
    PFN_vkCreateDebugUtilsMessengerEXT create_messenger;
    PFN_vkDestroyDebugUtilsMessengerEXT destroy_messenger;
    PFN_vkSetDebugUtilsObjectNameEXT set_name;
} orr_vk_instance;

typedef struct orr_vk_caps {
    VkPhysicalDeviceLimits limits;
    VkPhysicalDeviceMemoryProperties memory;
    VkFormatProperties formats[ORR_FORMAT_COUNT];
    uint32_t queue_family, max_push_descriptors, timestamp_bits;
    bool core13, push_descriptors, memory_budget, geometry, depth_clamp, int64, pipeline_cache_useful,
        fragment_writes;
} orr_vk_caps;

struct orr_gpu {
    struct VolkDeviceTable vk;
    orr_vk_instance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    VkQueue queue;
    orr_vk_caps caps;
    orr_gpu_device_info info;
    orr_gpu_limits limits;
    const orr_log *log;
    bool dummy, unified; /* unified: device-local memory is host-visible too */
    bool fixed_budget;
    char label[ORR_VK_LABEL];

    VkSemaphore timeline;
    _Atomic uint64_t submitted; /* last value handed out */
    _Atomic bool lost, given_up;

    orr_table buffers, textures, samplers, pipelines;
    orr_vk_heap heap;
    orr_mutex *mutex; /* set layouts: pipelines may be created from any thread */
    orr_vk_set_layout *set_layouts;
    uint32_t set_layout_count;
    orr_gpu_sampler fallback_sampler; /* for SAMPLED binds without one: nearest, clamp */

    uint64_t serial; /* commands begun */
    orr_cmd *open, *in_flight, *in_flight_last, *idle;
    orr_vk_dead *dead;
    uint32_t dead_count, dead_capacity;
    orr_vk_chunk *free_uniforms, *free_staging;
    orr_vk_uploads uploads;
    orr_vk_times times[ORR_VK_TIMINGS];
    uint32_t next_times;
    uint64_t patience_ns; /* 0: not watched */
    orr_gpu_buffer marks; /* the last mark: two words, of the command and its scope */

    VkPipelineCache cache;
    char cache_path[1024];
    uint64_t cache_hash; /* of what the file holds */

    orr_mutex *validation_mutex;
    uint32_t validation_errors, validation_reported;
    char validation_first[1024];
};

orr_status orr_vk_fail(orr_gpu *gpu, orr_error *err, VkResult result, const char *what, const char *label);
void orr_vk_name(orr_gpu *gpu, VkObjectType type, uint64_t handle, const char *label);
void orr_vk_copy_label(char *label, const char *from, const char *otherwise);
orr_status orr_vk_check_validation(orr_gpu *gpu, orr_error *err);

orr_status orr_vk_instance_open(orr_vk_instance *instance, const orr_gpu_params *params, orr_gpu *owner,
                                orr_error *err);
void orr_vk_instance_close(orr_vk_instance *instance);
orr_status orr_vk_device_choose(orr_gpu *gpu, const char *device, orr_error *err);
orr_status orr_vk_device_open(orr_gpu *gpu, orr_error *err);
void orr_vk_cache_load(orr_gpu *gpu, const char *folder);
void orr_vk_cache_save(orr_gpu *gpu);
void orr_vk_dummy_open(orr_gpu *gpu);

/* A Vulkan handle as the 64-bit number that names want: handles are pointers or integers by platform. */
#define ORR_VK_HANDLE(handle) ((uint64_t)(uintptr_t)(handle))

#endif
