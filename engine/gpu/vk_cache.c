/* The driver's pipeline cache on disk: one file per driver, with a header of our own and a checksum, since
 * drivers do not survive every corrupt blob. Written atomically, and only when its content changed. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/text.h"
#include "gpu/vk.h"

#define CACHE_MAGIC   0x43504f52u /* "ORPC" */
#define CACHE_VERSION 1u
#define CACHE_MOST    (256ull << 20)

typedef struct cache_header {
    uint32_t magic, version;
    uint64_t size, checksum;
    char uuid[40];
} cache_header;

static const char *problem(const orr_gpu *gpu, const uint8_t *data, size_t size) {
    cache_header header;
    if (size < sizeof header) return "is too short";
    memcpy(&header, data, sizeof header);
    if (header.magic != CACHE_MAGIC || header.version != CACHE_VERSION)
        return "is not a pipeline cache of this version";
    if (memcmp(header.uuid, gpu->info.uuid, sizeof gpu->info.uuid) != 0) return "is of another driver";
    if (header.size != size - sizeof header) return "is cut short";
    if (header.checksum != orr_hash64(data + sizeof header, size - sizeof header, 0)) return "is corrupt";
    return NULL;
}

void orr_vk_cache_load(orr_gpu *gpu, const char *folder) {
    VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
    uint8_t *data = NULL;
    size_t size = 0;
    if (folder != NULL && folder[0] != '\0') {
        char name[64];
        (void)orr_format(name, sizeof name, "pipelines-%s.bin", gpu->info.uuid);
        orr_path_join(gpu->cache_path, sizeof gpu->cache_path, folder, name);
        if (orr_file_exists(gpu->cache_path) &&
            orr_file_read(gpu->cache_path, CACHE_MOST, &data, &size, NULL) == ORR_OK) {
            const char *wrong = problem(gpu, data, size);
            if (wrong != NULL)
                orr_log_write(gpu->log, ORR_LOG_WARNING, "pipeline cache '%s' %s: dropped", gpu->cache_path,
                              wrong);
            else {
                info.pInitialData = data + sizeof(cache_header);
                info.initialDataSize = size - sizeof(cache_header);
                gpu->cache_hash = orr_hash64(info.pInitialData, info.initialDataSize, 0);
            }
        }
    }
    if (gpu->vk.vkCreatePipelineCache(gpu->device, &info, NULL, &gpu->cache) != VK_SUCCESS) {
        info.initialDataSize = 0;
        gpu->cache_hash = 0;
        if (gpu->vk.vkCreatePipelineCache(gpu->device, &info, NULL, &gpu->cache) != VK_SUCCESS)
            gpu->cache = VK_NULL_HANDLE;
    }
    if (gpu->cache != VK_NULL_HANDLE)
        orr_vk_name(gpu, VK_OBJECT_TYPE_PIPELINE_CACHE, ORR_VK_HANDLE(gpu->cache), "pipeline cache");
    free(data);
}

static void write_file(orr_gpu *gpu, uint8_t *file, size_t size) {
    cache_header header = {.magic = CACHE_MAGIC, .version = CACHE_VERSION, .size = size};
    header.checksum = orr_hash64(file + sizeof header, size, 0);
    if (header.checksum == gpu->cache_hash) return;
    memcpy(header.uuid, gpu->info.uuid, sizeof gpu->info.uuid);
    memcpy(file, &header, sizeof header);
    char folder[1024];
    orr_error err = {0};
    orr_path_folder(folder, sizeof folder, gpu->cache_path);
    orr_status status = orr_folder_create(folder, &err);
    if (status == ORR_OK) status = orr_file_write(gpu->cache_path, file, sizeof header + size, &err);
    if (status != ORR_OK)
        orr_log_write(gpu->log, ORR_LOG_WARNING, "the pipeline cache was not saved: %s", err.message);
}

void orr_vk_cache_save(orr_gpu *gpu) {
    if (gpu->cache == VK_NULL_HANDLE) return;
    size_t size = 0;
    if (gpu->cache_path[0] != '\0' && !atomic_load(&gpu->lost) &&
        gpu->vk.vkGetPipelineCacheData(gpu->device, gpu->cache, &size, NULL) == VK_SUCCESS && size > 0 &&
        size < CACHE_MOST) {
        uint8_t *file = orr_calloc(1, sizeof(cache_header) + size);
        if (file != NULL && gpu->vk.vkGetPipelineCacheData(gpu->device, gpu->cache, &size,
                                                           file + sizeof(cache_header)) == VK_SUCCESS)
            write_file(gpu, file, size);
        free(file);
    }
    gpu->vk.vkDestroyPipelineCache(gpu->device, gpu->cache, NULL);
    gpu->cache = VK_NULL_HANDLE;
}
