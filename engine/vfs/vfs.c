#include "vfs/vfs.h"

#include <errno.h>
#include <physfs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/platform/platform.h"
#include "base/text.h"
#include "vfs/fd_io.h"

#define PATH_BYTES 4096

/* One entry of the process's mount table, or one orr_vfs's share of it: how often `source` is mounted. */
typedef struct mount {
    char *source; /* canonical; of a descriptor: the name it was given */
    char *point;  /* "" = the root */
    uint32_t count;
    bool by_descriptor;
} mount;

typedef struct mount_table {
    mount *entries;
    size_t count;
} mount_table;

struct orr_vfs {
    mount_table mounts;
    char write_folder[PATH_BYTES]; /* canonical; "" = none */
};

/* PhysFS is process-wide, so its bookkeeping is too: the only globals of this layer. The lock guards them and
 * every orr_vfs's own table; it is held for as long as a mount takes, which is rare and short. */
static struct {
    atomic_flag locked;
    uint32_t users;
    mount_table mounts;
} shared = {.locked = ATOMIC_FLAG_INIT};

static void lock(void) {
    while (atomic_flag_test_and_set_explicit(&shared.locked, memory_order_acquire)) orr_thread_yield();
}
static void unlock(void) {
    atomic_flag_clear_explicit(&shared.locked, memory_order_release);
}

static const char *physfs_words(void) {
    return PHYSFS_getErrorByCode(PHYSFS_getLastErrorCode());
}

static orr_status physfs_failed(orr_error *err, const char *path, const char *what) {
    PHYSFS_ErrorCode code = PHYSFS_getLastErrorCode();
    orr_status status = ORR_E_READ;
    if (code == PHYSFS_ERR_NOT_FOUND) status = ORR_E_NOT_FOUND;
    if (code == PHYSFS_ERR_OUT_OF_MEMORY) status = ORR_E_MEMORY;
    if (code == PHYSFS_ERR_PERMISSION) status = ORR_E_PERMISSION;
    if (code == PHYSFS_ERR_SYMLINK_FORBIDDEN || code == PHYSFS_ERR_BAD_FILENAME) status = ORR_E_ESCAPE;
    if (code == PHYSFS_ERR_CORRUPT || code == PHYSFS_ERR_UNSUPPORTED) status = ORR_E_BAD_DATA;
    const char *words = PHYSFS_getErrorByCode(code);
    return orr_fail(err, status, path, "cannot %s '%s': %s", what, path,
                    words != NULL ? words : "unknown reason");
}

/* --- the table ------------------------------------------------------------------------------------------ */

static mount *find_mount(const mount_table *table, const char *source) {
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->entries[i].source, source) == 0) return &table->entries[i];
    return NULL;
}

static mount *add_mount(mount_table *table, const char *source, const char *point) {
    mount *grown = orr_realloc(table->entries, table->count + 1, sizeof *grown);
    if (grown == NULL) return NULL;
    table->entries = grown;
    mount *added = &grown[table->count];
    *added = (mount){.source = strdup(source), .point = strdup(point)};
    if (added->source == NULL || added->point == NULL) {
        free(added->source);
        free(added->point);
        return NULL;
    }
    table->count++;
    return added;
}

static void remove_mount(mount_table *table, mount *gone) {
    free(gone->source);
    free(gone->point);
    size_t index = (size_t)(gone - table->entries);
    memmove(gone, gone + 1, (table->count - index - 1) * sizeof *gone);
    if (--table->count == 0) {
        free(table->entries);
        table->entries = NULL;
    }
}

/* Takes `times` off the process's count of `source`; unmounts at none. Fails while a file of it is open. */
static bool release_shared(const char *source, uint32_t times) {
    mount *entry = find_mount(&shared.mounts, source);
    if (entry->count == times) {
        if (!PHYSFS_unmount(source)) return false;
        remove_mount(&shared.mounts, entry);
    } else {
        entry->count -= times;
    }
    return true;
}

/* --- life ----------------------------------------------------------------------------------------------- */

/* Folders and zip only: PhysFS's other archive readers are code that outside data need not reach. */
static void keep_zip_only(void) {
    const PHYSFS_ArchiveInfo **types = PHYSFS_supportedArchiveTypes();
    for (;;) { /* the list changes under us: start over after each removal */
        const char *other = NULL;
        for (size_t i = 0; types[i] != NULL && other == NULL; i++)
            if (strcmp(types[i]->extension, "ZIP") != 0) other = types[i]->extension;
        if (other == NULL || !PHYSFS_deregisterArchiver(other)) return;
        types = PHYSFS_supportedArchiveTypes();
    }
}

static bool start_physfs(void) {
    char program[PATH_BYTES];
    if (!PHYSFS_init(orr_path_program(program, sizeof program) ? program : NULL)) return false;
    PHYSFS_permitSymbolicLinks(0);
    keep_zip_only();
    return true;
}

orr_status orr_vfs_create(orr_vfs **out, orr_error *err) {
    orr_vfs *vfs = orr_calloc(1, sizeof *vfs);
    if (vfs == NULL) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the virtual file system");
    lock();
    bool started = shared.users > 0 || start_physfs();
    if (started) shared.users++;
    unlock();
    if (!started) {
        free(vfs);
        return orr_fail(err, ORR_E_LIBRARY, NULL, "PhysFS does not start: %s", physfs_words());
    }
    *out = vfs;
    return ORR_OK;
}

void orr_vfs_destroy(orr_vfs **vfs) {
    if (*vfs == NULL) return;
    lock();
    mount_table *mine = &(*vfs)->mounts;
    while (mine->count > 0) {
        (void)release_shared(mine->entries[0].source, mine->entries[0].count);
        remove_mount(mine, &mine->entries[0]);
    }
    if (--shared.users == 0) {
        while (shared.mounts.count > 0) remove_mount(&shared.mounts, &shared.mounts.entries[0]);
        PHYSFS_deinit();
    }
    unlock();
    free(*vfs);
    *vfs = NULL;
}

/* --- paths ---------------------------------------------------------------------------------------------- */

static bool is_plain_name(const char *name, size_t length) {
    if (length == 0 || (length == 1 && name[0] == '.') || (length == 2 && memcmp(name, "..", 2) == 0))
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 32 || c == 127 || c == '\\' || c == ':') return false;
    }
    return true;
}

/* Every name between the slashes must be plain. "" (the root) passes. */
static orr_status check_path(const char *path, orr_error *err) {
    size_t length = strlen(path);
    bool good = length < PATH_BYTES / 2;
    for (size_t at = 0; good && length > 0 && at <= length;) {
        size_t name = strcspn(path + at, "/");
        good = is_plain_name(path + at, name);
        at += name + 1;
    }
    if (good) return ORR_OK;
    return orr_fail(
        err, ORR_E_ESCAPE, path,
        "'%s' is not a path inside the mounted folders; write it like 'folder/name', without '..', '.', "
        "backslash, colon or a leading '/'",
        path);
}

const char *orr_vfs_inside(const char *path) {
    size_t length = sizeof ORR_VFS_SCHEME - 1;
    return strncmp(path, ORR_VFS_SCHEME, length) == 0 ? path + length : NULL;
}

/* --- mounting ------------------------------------------------------------------------------------------- */

/* PhysFS tells formats by content, but accepts anything with a zip's end record: insist on its beginning too.
 */
static orr_status check_source(const char *source, orr_error *err) {
    if (orr_folder_exists(source)) return ORR_OK;
    FILE *file = fopen(source, "rb");
    if (file == NULL) return orr_fail_errno(err, errno, source, "open");
    unsigned char magic[4] = {0};
    size_t got = fread(magic, 1, sizeof magic, file);
    fclose(file);
    if (got == 4 && (memcmp(magic, "PK\3\4", 4) == 0 || memcmp(magic, "PK\5\6", 4) == 0)) return ORR_OK;
    return orr_fail(err, ORR_E_UNSUPPORTED, source, "'%s' is neither a folder nor a zip bundle", source);
}

/* `io`: what to read it by, and then it is nowhere mounted yet; PhysFS's own when mounted. NULL = the host
 * path `source`. */
static bool mount_physfs(const char *source, PHYSFS_Io *io, const char *point, orr_vfs_order order) {
    int last = order == ORR_VFS_LAST;
    return (io != NULL ? PHYSFS_mountIo(io, source, point, last) : PHYSFS_mount(source, point, last)) != 0;
}

static orr_status mount_locked(orr_vfs *vfs, const char *source, PHYSFS_Io *io, const char *point,
                               orr_vfs_order order, orr_error *err) {
    mount *entry = find_mount(&shared.mounts, source);
    if (entry != NULL && (io != NULL || entry->by_descriptor))
        return orr_fail(err, ORR_E_EXISTS, source, "'%s' is already mounted at '/%s'", source, entry->point);
    if (entry != NULL && strcmp(entry->point, point) != 0)
        return orr_fail(err, ORR_E_EXISTS, source,
                        "'%s' is already mounted at '/%s'; it cannot stand at '/%s' too", source,
                        entry->point, point);
    mount *mine = find_mount(&vfs->mounts, source);
    if (mine == NULL) mine = add_mount(&vfs->mounts, source, point);
    if (mine != NULL && entry == NULL) {
        entry = add_mount(&shared.mounts, source, point);
        if (entry != NULL && !mount_physfs(source, io, point, order)) {
            orr_status status = physfs_failed(err, source, "mount");
            remove_mount(&shared.mounts, entry);
            remove_mount(&vfs->mounts, mine);
            return status;
        }
    }
    if (mine == NULL || entry == NULL) {
        if (mine != NULL && mine->count == 0) remove_mount(&vfs->mounts, mine);
        return orr_fail(err, ORR_E_MEMORY, source, "no memory to mount '%s'", source);
    }
    entry->by_descriptor = io != NULL;
    mine->count++;
    entry->count++;
    return ORR_OK;
}

orr_status orr_vfs_mount(orr_vfs *vfs, const char *source, const char *point, orr_vfs_order order,
                         orr_error *err) {
    char real[PATH_BYTES];
    if (point == NULL) point = "";
    orr_status status = check_path(point, err);
    if (status != ORR_OK) return status;
    if (!orr_path_real(source, real, sizeof real))
        return orr_fail(err, ORR_E_NOT_FOUND, source, "there is no folder or bundle '%s' to mount", source);
    status = check_source(real, err);
    if (status != ORR_OK) return status;
    lock();
    status = mount_locked(vfs, real, NULL, point, order, err);
    unlock();
    return status;
}

orr_status orr_vfs_mount_bundle(orr_vfs *vfs, int fd, const char *name, const char *point, orr_error *err) {
    PHYSFS_Io *io = NULL;
    orr_status status = check_path(point, err);
    if (status == ORR_OK) status = orr_fd_io_create(fd, name, &io, err);
    if (status != ORR_OK) return status;
    lock();
    status = mount_locked(vfs, name, io, point, ORR_VFS_LAST, err);
    unlock();
    if (status != ORR_OK) io->destroy(io);
    return status;
}

orr_status orr_vfs_unmount(orr_vfs *vfs, const char *source, orr_error *err) {
    char real[PATH_BYTES];
    if (!orr_path_real(source, real, sizeof real))
        orr_format(real, sizeof real, "%s", source); /* gone meanwhile */
    orr_status status = ORR_OK;
    lock();
    mount *mine = find_mount(&vfs->mounts, source); /* of a descriptor */
    if (mine == NULL) mine = find_mount(&vfs->mounts, real);
    if (mine == NULL)
        status = orr_fail(err, ORR_E_NOT_FOUND, source, "'%s' is not mounted", source);
    else if (!release_shared(mine->source, 1))
        status = physfs_failed(err, source, "unmount");
    else if (--mine->count == 0)
        remove_mount(&vfs->mounts, mine);
    unlock();
    return status;
}

orr_status orr_vfs_set_write_folder(orr_vfs *vfs, const char *folder, orr_error *err) {
    char real[PATH_BYTES] = "";
    if (folder != NULL && (!orr_path_real(folder, real, sizeof real) || !orr_folder_exists(real)))
        return orr_fail(err, ORR_E_NOT_FOUND, folder, "there is no folder '%s' to write to; create it first",
                        folder);
    lock();
    memcpy(vfs->write_folder, real, sizeof real);
    unlock();
    return ORR_OK;
}

/* --- reading -------------------------------------------------------------------------------------------- */

static orr_status read_open(PHYSFS_File *file, const char *path, uint64_t max_bytes, uint8_t **data,
                            size_t *size, orr_error *err) {
    PHYSFS_sint64 length = PHYSFS_fileLength(file);
    if (length < 0) return physfs_failed(err, path, "read");
    if ((uint64_t)length > max_bytes || (uint64_t)length > SIZE_MAX / 2)
        return orr_fail(err, ORR_E_LIMIT, path, "'%s' has %lld bytes; at most %llu are accepted", path,
                        (long long)length, (unsigned long long)max_bytes);
    uint8_t *bytes = malloc((size_t)length + 1);
    if (bytes == NULL)
        return orr_fail(err, ORR_E_MEMORY, path, "no memory for the %lld bytes of '%s'", (long long)length,
                        path);
    PHYSFS_sint64 got = PHYSFS_readBytes(file, bytes, (PHYSFS_uint64)length);
    if (got != length) {
        free(bytes);
        if (got < 0) return physfs_failed(err, path, "read");
        return orr_fail(err, ORR_E_TRUNCATED, path, "'%s' ends at byte %lld of %lld", path, (long long)got,
                        (long long)length);
    }
    bytes[length] = 0;
    *data = bytes;
    *size = (size_t)length;
    return ORR_OK;
}

orr_status orr_vfs_read(orr_vfs *vfs, const char *path, uint64_t max_bytes, uint8_t **data, size_t *size,
                        orr_error *err) {
    (void)vfs;
    orr_status status = check_path(path, err);
    if (status != ORR_OK) return status;
    if (orr_vfs_exists(vfs, path) == ORR_VFS_FOLDER)
        return orr_fail(err, ORR_E_READ, path, "'%s' is a folder, not a file", path);
    PHYSFS_File *file = PHYSFS_openRead(path);
    if (file == NULL) return physfs_failed(err, path, "open");
    status = read_open(file, path, max_bytes, data, size, err);
    PHYSFS_close(file);
    return status;
}

orr_vfs_kind orr_vfs_exists(orr_vfs *vfs, const char *path) {
    (void)vfs;
    PHYSFS_Stat stat;
    if (check_path(path, NULL) != ORR_OK || !PHYSFS_stat(path, &stat)) return ORR_VFS_NONE;
    if (stat.filetype == PHYSFS_FILETYPE_REGULAR) return ORR_VFS_FILE;
    return stat.filetype == PHYSFS_FILETYPE_DIRECTORY ? ORR_VFS_FOLDER : ORR_VFS_NONE;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool copy_names(char **from, size_t count, char **to) {
    for (size_t i = 0; i < count; i++)
        if ((to[i] = strdup(from[i])) == NULL) return false;
    return true;
}

orr_status orr_vfs_list(orr_vfs *vfs, const char *path, char ***names, size_t *count, orr_error *err) {
    orr_status status = check_path(path, err);
    if (status != ORR_OK) return status;
    orr_vfs_kind kind = orr_vfs_exists(vfs, path);
    if (kind != ORR_VFS_FOLDER)
        return orr_fail(err, kind == ORR_VFS_NONE ? ORR_E_NOT_FOUND : ORR_E_READ, path,
                        "there is no folder '%s'", path);
    char **found = PHYSFS_enumerateFiles(path); /* NULL for a bundle whose entries lead outside it */
    if (found == NULL) return physfs_failed(err, path, "list");
    size_t n = 0;
    while (found[n] != NULL) n++;
    char **copy = orr_calloc(n + 1, sizeof *copy);
    bool copied = copy != NULL && copy_names(found, n, copy);
    PHYSFS_freeList(found);
    if (!copied) {
        if (copy != NULL) orr_names_free(&copy, n);
        return orr_fail(err, ORR_E_MEMORY, path, "no memory to list '%s'", path);
    }
    qsort(copy, n, sizeof *copy, by_bytes);
    *names = copy;
    *count = n;
    return ORR_OK;
}

bool orr_vfs_real_path(orr_vfs *vfs, const char *path, char *out, size_t size) {
    if (orr_vfs_exists(vfs, path) == ORR_VFS_NONE) return false;
    char host[PATH_BYTES] = "";
    lock(); /* PhysFS hands out pointers into its table */
    const char *source = PHYSFS_getRealDir(path);
    const mount *entry = source != NULL ? find_mount(&shared.mounts, source) : NULL;
    size_t skip = entry != NULL ? strlen(entry->point) : 0;
    if (entry != NULL && !entry->by_descriptor && strncmp(path, entry->point, skip) == 0) {
        const char *rest = path + skip + (path[skip] == '/' ? 1 : 0);
        if (!orr_format(host, sizeof host, "%s%s%s", source, rest[0] != 0 ? "/" : "", rest)) host[0] = 0;
    }
    unlock();
    return host[0] != 0 && (orr_file_exists(host) || orr_folder_exists(host)) &&
           orr_format(out, size, "%s", host);
}

/* --- writing -------------------------------------------------------------------------------------------- */

static orr_status escapes(const char *path, orr_error *err) {
    return orr_fail(err, ORR_E_ESCAPE, path, "'%s' would leave the write folder through a symbolic link",
                    path);
}

/* Creates the folders above `host` (which lies below `root` by its text) one by one; each must still be
 * inside once its links are resolved, and be no link itself. */
static orr_status make_folders(char *host, const char *root, const char *path, orr_error *err) {
    char real[PATH_BYTES];
    for (char *slash = strchr(host + strlen(root) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        orr_status status = orr_folder_create(host, err);
        bool same = status == ORR_OK && orr_path_real(host, real, sizeof real) && strcmp(real, host) == 0;
        *slash = '/';
        if (status != ORR_OK) return status;
        if (!same) return escapes(path, err);
    }
    return ORR_OK;
}

orr_status orr_vfs_write(orr_vfs *vfs, const char *path, const void *data, size_t size, orr_error *err) {
    char root[PATH_BYTES], host[PATH_BYTES + PATH_BYTES / 2], real[PATH_BYTES];
    orr_status status = check_path(path, err);
    if (status != ORR_OK) return status;
    if (path[0] == 0) return orr_fail(err, ORR_E_ARGUMENT, path, "a file to write needs a name");
    lock();
    memcpy(root, vfs->write_folder, sizeof root);
    unlock();
    if (root[0] == 0) return orr_fail(err, ORR_E_PERMISSION, path, "'%s': no write folder is set", path);
    if (!orr_format(host, sizeof host, "%s/%s", strcmp(root, "/") == 0 ? "" : root, path) ||
        strlen(host) >= sizeof real)
        return orr_fail(err, ORR_E_LIMIT, path, "'%s': the path is too long", path);
    status = make_folders(host, strcmp(root, "/") == 0 ? "" : root, path, err);
    if (status != ORR_OK) return status;
    /* The rename at the end replaces a link rather than following it; refusing says what is going on. */
    if (orr_path_real(host, real, sizeof real) && strcmp(real, host) != 0) return escapes(path, err);
    return orr_file_write(host, data, size, err);
}
