/* The virtual file system: folders and zip bundles mounted into one tree of read-only files, and one folder
 * to write to.
 *
 * Paths are relative to the root of the tree, UTF-8, with '/' between names: "models/helmet.gltf". A path
 * that is absolute, or holds "..", ".", an empty name, a backslash, a colon or a control character is refused
 * with ORR_E_ESCAPE, and symbolic links inside mounts and inside the write folder are never followed. What a
 * mount is made from (`source`) and the write folder itself are host paths, and may be or pass through links.
 *
 * PhysFS, below, has one mount table for the whole process. So all orr_vfs of a process see all mounts; the
 * table counts them, and a mount goes when the last orr_vfs that made it unmounts it or is destroyed. The
 * write folder belongs to its orr_vfs. Thread-safe: any thread may call anything but orr_vfs_destroy of what
 * another is using. */
#ifndef ORR_VFS_VFS_H
#define ORR_VFS_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct orr_vfs orr_vfs;

ORR_MUST_CHECK orr_status orr_vfs_create(orr_vfs **out, orr_error *err);
void orr_vfs_destroy(orr_vfs **vfs); /* with its mounts; nulls */

/* Where a host path is expected, a path of the tree can be said as "bundle:/modules/grain". Gives the path in
 * the tree; NULL when `path` is a host path. */
const char *orr_vfs_inside(const char *path);
#define ORR_VFS_SCHEME "bundle:/"

/* Where a new mount stands among those already there, when several have a file of one name. */
typedef enum orr_vfs_order { ORR_VFS_LAST, ORR_VFS_FIRST } orr_vfs_order;

/* Mounts the folder or zip file `source` at `point` ("" or NULL = the root). One source can stand at one
 * point only (ORR_E_EXISTS); mounting it there again counts, and keeps the order it has. */
ORR_MUST_CHECK orr_status orr_vfs_mount(orr_vfs *vfs, const char *source, const char *point,
                                        orr_vfs_order order, orr_error *err);
/* Undoes one orr_vfs_mount of this orr_vfs. ORR_E_NOT_FOUND when there is none left. */
ORR_MUST_CHECK orr_status orr_vfs_unmount(orr_vfs *vfs, const char *source, orr_error *err);

/* The zip file behind an open descriptor, at `point`, after what stands there; `name` is for orr_vfs_unmount
 * and must be no mount's yet (ORR_E_EXISTS). Keeps a duplicate of the descriptor, and nothing is opened or
 * looked up by name any more, not when its files are read either. */
ORR_MUST_CHECK orr_status orr_vfs_mount_bundle(orr_vfs *vfs, int fd, const char *name, const char *point,
                                               orr_error *err);

/* The folder that orr_vfs_write writes below; it must exist. NULL = none. It is not mounted for reading. */
ORR_MUST_CHECK orr_status orr_vfs_set_write_folder(orr_vfs *vfs, const char *folder, orr_error *err);

/* Whole file into malloc'd memory with a NUL after the last byte (not counted); the caller frees `*data`.
 * More than `max_bytes` is refused with ORR_E_LIMIT. */
ORR_MUST_CHECK orr_status orr_vfs_read(orr_vfs *vfs, const char *path, uint64_t max_bytes, uint8_t **data,
                                       size_t *size, orr_error *err);
/* Writes a whole file below the write folder, atomically; makes the folders it needs. */
ORR_MUST_CHECK orr_status orr_vfs_write(orr_vfs *vfs, const char *path, const void *data, size_t size,
                                        orr_error *err);

typedef enum orr_vfs_kind { ORR_VFS_NONE, ORR_VFS_FILE, ORR_VFS_FOLDER } orr_vfs_kind;
orr_vfs_kind orr_vfs_exists(orr_vfs *vfs, const char *path); /* "" = the root; NONE also for refused paths */

/* Names in a folder ("" = the root), of all mounts together, sorted bytewise, each once. Free with
 * orr_names_free (base/platform). */
ORR_MUST_CHECK orr_status orr_vfs_list(orr_vfs *vfs, const char *path, char ***names, size_t *count,
                                       orr_error *err);

/* The host path of a file or folder; false when there is none (not there, inside a bundle, or too long for
 * `out`). */
bool orr_vfs_real_path(orr_vfs *vfs, const char *path, char *out, size_t size);

#endif
