/* Assets: files read, digested and decoded once, as jobs, however many scenes use them.
 *
 * orr_assets_load returns at once; reading and decoding go on in the job system. A decode failure is
 * remembered by digest and comes out of the wait. Decoded data is immutable and lives until
 * orr_assets_destroy. Thread-safe. */
#ifndef ORR_RESOURCE_ASSETS_H
#define ORR_RESOURCE_ASSETS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "image/dem.h"
#include "image/image.h"
#include "jobs/jobs.h"
#include "resource/model.h"
#include "vfs/reads.h"
#include "vfs/vfs.h"

typedef struct orr_assets orr_assets;
typedef struct orr_asset {
    uint32_t id;
} orr_asset; /* 0 = none */
typedef enum orr_asset_kind { ORR_ASSET_MODEL, ORR_ASSET_DEM, ORR_ASSET_IMAGE } orr_asset_kind;

typedef struct orr_assets_params {
    orr_jobs *jobs;          /* borrowed */
    orr_vfs *vfs;            /* borrowed; may be NULL: host files alone */
    const orr_log *log;      /* borrowed */
    uint64_t max_file_bytes; /* 0 = 2 GiB */
    orr_reads *reads;        /* borrowed: where every file that is read is told of; may be NULL */
} orr_assets_params;

ORR_MUST_CHECK orr_status orr_assets_create(const orr_assets_params *params, orr_assets **out,
                                            orr_error *err);
void orr_assets_destroy(orr_assets **assets); /* waits for its jobs */
/* Folders in which a relative path is looked up, in order, before the mounts of the VFS: the script's own
 * folder, then content. */
ORR_MUST_CHECK orr_status orr_assets_add_folder(orr_assets *assets, const char *folder, orr_error *err);

/* For scripts of a bundle: from now on files are found in the VFS alone, `folder` ("" = its top) being the
 * script's place in it; they are looked for there, then in content/, then from its top. Folders added before
 * are dropped. */
ORR_MUST_CHECK orr_status orr_assets_confine(orr_assets *assets, const char *folder, orr_error *err);

/* From now on pictures are read and digested, but not decoded, and a damaged one is not noticed: for who asks
 * about structure alone. orr_assets_image and orr_assets_model_image give NULL. Before the first load. */
void orr_assets_leave_pixels(orr_assets *assets);

/* Starts loading. The same path with the same options gives the same id. A missing file is an error here,
 * with the folders that were searched; a damaged one is found by the wait. `dem` is read for ORR_ASSET_DEM
 * (NULL = defaults). */
ORR_MUST_CHECK orr_status orr_assets_load(orr_assets *assets, orr_asset_kind kind, const char *path,
                                          const orr_dem_params *dem, orr_asset *out, orr_error *err);
/* Until its structure is decoded (a model's meshes and nodes; a DEM or image whole). */
ORR_MUST_CHECK orr_status orr_assets_wait(orr_assets *assets, orr_asset asset, orr_error *err);
/* Until everything loaded so far is decoded, textures of models included: the ready contract. First failure
 * wins (by id). */
ORR_MUST_CHECK orr_status orr_assets_wait_all(orr_assets *assets, orr_error *err);

/* After a successful wait; NULL when the asset is of another kind. */
const orr_model *orr_assets_model(orr_assets *assets, orr_asset asset);
const orr_dem *orr_assets_dem(orr_assets *assets, orr_asset asset);
const orr_image *orr_assets_image(orr_assets *assets, orr_asset asset);
/* Image `index` of a model, decoded to RGBA u8; after orr_assets_wait_all. */
const orr_image *orr_assets_model_image(orr_assets *assets, orr_asset asset, uint32_t index);
/* Frees decoded pixels of a model's images, or of an image, once they are on the device. Later calls give
 * NULL. */
void orr_assets_drop_pixels(orr_assets *assets, orr_asset asset);
/* Decodes again what was dropped, and waits for it; what is there stays. For the thread that drops. */
ORR_MUST_CHECK orr_status orr_assets_restore_pixels(orr_assets *assets, orr_asset asset, orr_error *err);
/* SHA-256 over the file and all it refers to; after the wait. */
orr_digest orr_assets_digest(orr_assets *assets, orr_asset asset);
const char *orr_assets_path(orr_assets *assets,
                            orr_asset asset);        /* the host path found, or the path in the VFS */
uint32_t orr_assets_count(const orr_assets *assets); /* ids are 1..count */

#endif
