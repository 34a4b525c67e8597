/* Files, folders and paths on POSIX systems. */
#include "base/platform/platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif
#ifdef __linux__
#include <elf.h>
#include <link.h>
#endif

#include "base/error.h"
#include "base/text.h"

enum { PATH_LIMIT = 4096 };

/* --- reading ------------------------------------------------------------------------------------ */

/* Reads `fd` to its end; `expected` bytes are likely. The size may change under our feet, and files under
 * /proc tell a size of 0, so only the end of the file ends the reading. */
static int read_all(int fd, uint64_t expected, uint64_t max_bytes, uint8_t **data, size_t *size) {
    size_t capacity = (size_t)(expected < max_bytes ? expected : max_bytes) + 2, used = 0;
    uint8_t *bytes = malloc(capacity);
    if (!bytes) return ENOMEM;
    for (;;) {
        if (capacity - used < 2) {
            uint8_t *larger = capacity > SIZE_MAX / 2 ? NULL : realloc(bytes, capacity * 2);
            if (!larger) {
                free(bytes);
                return ENOMEM;
            }
            bytes = larger;
            capacity *= 2;
        }
        size_t ask = capacity - used - 1;
        ssize_t got = read(fd, bytes + used, ask > (1u << 30) ? (1u << 30) : ask);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            int failure = errno;
            free(bytes);
            return failure;
        }
        used += (size_t)got;
        if (got == 0 || used > max_bytes) break;
    }
    bytes[used] = 0;
    *data = bytes;
    *size = used;
    return 0;
}

static orr_status read_open_file(int fd, const char *path, uint64_t max_bytes, uint8_t **data, size_t *size,
                                 orr_error *err) {
    struct stat info;
    if (fstat(fd, &info) != 0) return orr_fail_errno(err, errno, path, "read");
    if (S_ISDIR(info.st_mode)) return orr_fail(err, ORR_E_READ, path, "'%s' is a folder, not a file", path);
    if (!S_ISREG(info.st_mode)) return orr_fail(err, ORR_E_READ, path, "'%s' is not a regular file", path);
    uint64_t expected = info.st_size > 0 ? (uint64_t)info.st_size : 0;
    if (max_bytes > SIZE_MAX / 4) max_bytes = SIZE_MAX / 4;
    if (expected <= max_bytes) {
        int failure = read_all(fd, expected, max_bytes, data, size);
        if (failure) return orr_fail_errno(err, failure, path, "read");
        if (*size <= max_bytes) return ORR_OK;
        expected = *size;
        free(*data);
        *data = NULL;
        *size = 0;
    }
    return orr_fail(err, ORR_E_LIMIT, path, "'%s' has %llu bytes or more; at most %llu are accepted here",
                    path, (unsigned long long)expected, (unsigned long long)max_bytes);
}

orr_status orr_file_read(const char *path, uint64_t max_bytes, uint8_t **data, size_t *size, orr_error *err) {
    *data = NULL;
    *size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not blocking: a named pipe must not hang us */
    if (fd < 0) return orr_fail_errno(err, errno, path, "read");
    orr_status status = read_open_file(fd, path, max_bytes, data, size, err);
    close(fd);
    return status;
}

/* --- writing ------------------------------------------------------------------------------------ */

/* 0 or the errno. Some failures (quota, network disks) only show at the flush or at the close. */
static int write_and_close(int fd, const uint8_t *bytes, size_t size, bool flush) {
    int failure = 0;
    while (size > 0 && !failure) {
        ssize_t put = write(fd, bytes, size > (1u << 30) ? (1u << 30) : size);
        if (put < 0) {
            failure = errno == EINTR ? 0 : errno;
        } else {
            bytes += put;
            size -= (size_t)put;
        }
    }
    if (!failure && flush && fsync(fd) != 0 && errno != EINVAL && errno != ENOSYS) failure = errno;
    if (close(fd) != 0 && !failure && errno != EINTR) failure = errno;
    return failure;
}

/* Opens a fresh file beside `path`; a name left by a dead process of the same id is stepped over. */
static int open_part(const char *path, int access, char *part, size_t size) {
    for (unsigned n = 0; n < 1000; n++) {
        if (!orr_format(part, size, "%s.part-%ld-%u", path, (long)getpid(), n)) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int fd = open(part, access | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

orr_status orr_file_write(const char *path, const void *data, size_t size, orr_error *err) {
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode))
        return orr_fail(err, ORR_E_WRITE, path, "cannot write '%s': it is a folder", path);
    if (exists && !S_ISREG(info.st_mode)) { /* a device or a pipe: renaming over it would destroy it */
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        int failure = fd < 0 ? errno : write_and_close(fd, data, size, false);
        return failure ? orr_fail_errno(err, failure, path, "write") : ORR_OK;
    }
    char part[PATH_LIMIT];
    int fd = open_part(path, O_WRONLY, part, sizeof part);
    if (fd < 0) return orr_fail_errno(err, errno, path, "write");
    int failure = write_and_close(fd, data, size, true);
    if (!failure && rename(part, path) != 0) failure = errno;
    if (failure) {
        unlink(part);
        return orr_fail_errno(err, failure, path, "write");
    }
    return ORR_OK;
}

orr_status orr_file_probe(const char *path, orr_error *err) {
    char part[PATH_LIMIT];
    struct stat info;
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode))
        return orr_fail(err, ORR_E_WRITE, path, "cannot write '%s': it is a folder", path);
    if (exists && !S_ISREG(info.st_mode))
        return access(path, W_OK) == 0 ? ORR_OK : orr_fail_errno(err, errno, path, "write");
    int fd = open_part(path, O_WRONLY, part, sizeof part);
    if (fd < 0) return orr_fail_errno(err, errno, path, "write");
    close(fd);
    unlink(part);
    return ORR_OK;
}

orr_status orr_file_create(const char *path, const void *data, size_t size, bool secret, orr_error *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0666);
    if (fd < 0 && errno == EEXIST) return orr_fail(err, ORR_E_EXISTS, path, "'%s' is there already", path);
    if (fd < 0) return orr_fail_errno(err, errno, path, "create");
    int failure = write_and_close(fd, data, size, true);
    if (!failure) return ORR_OK;
    unlink(path);
    return orr_fail_errno(err, failure, path, "write");
}

/* --- open files --------------------------------------------------------------------------------- */

orr_status orr_fd_open(const char *path, int *fd, orr_error *err) {
    struct stat info;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* as in orr_file_read */
    if (*fd < 0) return orr_fail_errno(err, errno, path, "read");
    if (fstat(*fd, &info) == 0 && S_ISREG(info.st_mode)) return ORR_OK;
    bool folder = S_ISDIR(info.st_mode);
    orr_fd_close(fd);
    return orr_fail(err, ORR_E_READ, path, "'%s' is %s", path,
                    folder ? "a folder, not a file" : "not a regular file");
}

orr_status orr_fd_size(int fd, const char *name, uint64_t *bytes, orr_error *err) {
    off_t end = lseek(fd, 0, SEEK_END); /* a sandboxed process has no fstat; all reading says its offset */
    if (end < 0) return orr_fail_errno(err, errno, name, "read");
    *bytes = (uint64_t)end;
    return ORR_OK;
}

orr_status orr_fd_read(int fd, const char *name, uint64_t offset, void *data, size_t size, orr_error *err) {
    uint8_t *bytes = data;
    while (size > 0) {
        ssize_t got = pread(fd, bytes, size > (1u << 30) ? (1u << 30) : size, (off_t)offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return orr_fail_errno(err, errno, name, "read");
        if (got == 0)
            return orr_fail(err, ORR_E_TRUNCATED, name, "'%s' ends at byte %llu; %zu more were expected",
                            name, (unsigned long long)offset, size);
        bytes += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return ORR_OK;
}

int orr_fd_duplicate(int fd) {
    return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

void orr_fd_close(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

struct orr_part {
    int fd;
    char path[PATH_LIMIT], name[PATH_LIMIT];
};

orr_status orr_part_begin(const char *path, orr_part **out, orr_error *err) {
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return orr_fail(err, ORR_E_WRITE, path, "cannot write '%s': it is %s", path,
                        S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
    orr_part *part = calloc(1, sizeof *part);
    if (!part) return orr_fail_errno(err, ENOMEM, path, "write");
    part->fd = orr_format(part->path, sizeof part->path, "%s", path)
                   ? open_part(path, O_RDWR, part->name, sizeof part->name)
                   : (errno = ENAMETOOLONG, -1);
    if (part->fd < 0) {
        int failure = errno;
        free(part);
        return orr_fail_errno(err, failure, path, "write");
    }
    *out = part;
    return ORR_OK;
}

orr_status orr_part_write(orr_part *part, uint64_t offset, const void *data, size_t size, orr_error *err) {
    const uint8_t *bytes = data;
    while (size > 0) {
        ssize_t put = pwrite(part->fd, bytes, size > (1u << 30) ? (1u << 30) : size, (off_t)offset);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return orr_fail_errno(err, errno, part->path, "write");
        bytes += put;
        offset += (uint64_t)put;
        size -= (size_t)put;
    }
    return ORR_OK;
}

orr_status orr_part_truncate(orr_part *part, uint64_t bytes, orr_error *err) {
    return ftruncate(part->fd, (off_t)bytes) == 0 ? ORR_OK : orr_fail_errno(err, errno, part->path, "write");
}

int orr_part_fd(const orr_part *part) {
    return part->fd;
}

orr_status orr_part_commit(orr_part **part, bool flush, orr_error *err) {
    orr_part *p = *part;
    int failure = write_and_close(p->fd, NULL, 0, flush);
    p->fd = -1;
    if (!failure && rename(p->name, p->path) != 0) failure = errno;
    orr_status status = failure ? orr_fail_errno(err, failure, p->path, "write") : ORR_OK;
    if (failure) unlink(p->name);
    free(p);
    *part = NULL;
    return status;
}

void orr_part_drop(orr_part **part) {
    if (!*part) return;
    orr_fd_close(&(*part)->fd);
    unlink((*part)->name);
    free(*part);
    *part = NULL;
}

/* --- folders ------------------------------------------------------------------------------------ */

bool orr_file_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

bool orr_folder_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

orr_status orr_folder_create(const char *path, orr_error *err) {
    char partial[PATH_LIMIT];
    if (!path[0]) return orr_fail(err, ORR_E_ARGUMENT, path, "cannot create a folder without a name");
    if (!orr_format(partial, sizeof partial, "%s", path))
        return orr_fail_errno(err, ENAMETOOLONG, path, "create folder");
    for (char *s = partial + 1;; s++) {
        if (*s != '/' && *s != '\0') continue;
        char kept = *s;
        *s = '\0';
        if (mkdir(partial, 0777) != 0 && !orr_folder_exists(partial)) {
            int failure = errno == EEXIST ? ENOTDIR : errno;
            return orr_fail_errno(err, failure, partial, "create folder");
        }
        if (kept == '\0') return ORR_OK;
        *s = kept;
    }
}

orr_status orr_folder_temporary(const char *prefix, char *out, size_t size, orr_error *err) {
    const char *folder = getenv("TMPDIR");
    if (!folder || !folder[0]) folder = "/tmp";
    if (!orr_format(out, size, "%s/%s-XXXXXX", folder, prefix))
        return orr_fail_errno(err, ENAMETOOLONG, folder, "create folder");
    return mkdtemp(out) ? ORR_OK : orr_fail_errno(err, errno, folder, "create folder");
}

void orr_folder_remove(const char *path) {
    char **names = NULL, inner[PATH_LIMIT];
    size_t count = 0;
    struct stat info;
    if (lstat(path, &info) != 0) return;
    if (S_ISDIR(info.st_mode) && orr_folder_list(path, &names, &count, NULL) == ORR_OK)
        for (size_t i = 0; i < count; i++)
            if (orr_format(inner, sizeof inner, "%s/%s", path, names[i])) orr_folder_remove(inner);
    orr_names_free(&names, count);
    if (remove(path) != 0) return; /* as far as it can */
}

void orr_file_remove(const char *path) {
    unlink(path);
}

uint64_t orr_file_mtime_ns(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0) return 0;
#ifdef __APPLE__
    return (uint64_t)info.st_mtimespec.tv_sec * 1000000000u + (uint64_t)info.st_mtimespec.tv_nsec;
#else
    return (uint64_t)info.st_mtim.tv_sec * 1000000000u + (uint64_t)info.st_mtim.tv_nsec;
#endif
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_open_folder(DIR *folder, char ***names, size_t *count) {
    size_t capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry) return errno;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (*count == capacity) {
            size_t more = capacity ? capacity * 2 : 32;
            char **larger = realloc(*names, more * sizeof **names);
            if (!larger) return ENOMEM;
            *names = larger;
            capacity = more;
        }
        char *name = strdup(entry->d_name);
        if (!name) return ENOMEM;
        (*names)[(*count)++] = name;
    }
}

orr_status orr_folder_list(const char *path, char ***names, size_t *count, orr_error *err) {
    *names = NULL;
    *count = 0;
    DIR *folder = opendir(path);
    if (!folder) return orr_fail_errno(err, errno, path, "list folder");
    int failure = list_open_folder(folder, names, count);
    closedir(folder);
    if (failure) {
        orr_names_free(names, *count);
        *count = 0;
        return orr_fail_errno(err, failure, path, "list folder");
    }
    if (*count > 1) qsort(*names, *count, sizeof **names, compare_names);
    return ORR_OK;
}

void orr_names_free(char ***names, size_t count) {
    for (size_t i = 0; *names && i < count; i++) free((*names)[i]);
    free(*names);
    *names = NULL;
}

/* --- paths -------------------------------------------------------------------------------------- */

bool orr_path_real(const char *path, char *out, size_t size) {
    char *real = realpath(path, NULL);
    if (!real) return false;
    bool fits = orr_format(out, size, "%s", real);
    free(real);
    return fits;
}

bool orr_path_is_absolute(const char *path) {
    return path[0] == '/';
}

void orr_path_join(char *out, size_t size, const char *folder, const char *name) {
    size_t length = strlen(folder);
    if (length == 0 || orr_path_is_absolute(name))
        orr_format(out, size, "%s", name);
    else
        orr_format(out, size, "%s%s%s", folder, folder[length - 1] == '/' ? "" : "/", name);
}

void orr_path_folder(char *out, size_t size, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        orr_format(out, size, ".");
    else
        orr_format(out, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

const char *orr_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool orr_path_program(char *out, size_t size) {
#ifdef __APPLE__
    char raw[PATH_LIMIT];
    uint32_t raw_size = sizeof raw;
    return _NSGetExecutablePath(raw, &raw_size) == 0 && orr_path_real(raw, out, size);
#else
    return orr_path_real("/proc/self/exe", out, size);
#endif
}

#ifdef __linux__
typedef struct id_text {
    char *out;
    size_t size;
    bool found;
} id_text;

/* One note of the program in memory; names and contents are padded to four bytes. */
static const char *read_note(const char *at, const char *end, id_text *id) {
    ElfW(Nhdr) note;
    if ((size_t)(end - at) < sizeof note) return end;
    memcpy(&note, at, sizeof note);
    const char *name = at + sizeof note, *content = name + ((note.n_namesz + 3u) & ~3u);
    if (note.n_namesz > (size_t)(end - name) || content > end || note.n_descsz > (size_t)(end - content))
        return end;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
        note.n_descsz * 2 < id->size) {
        for (size_t i = 0; i < note.n_descsz; i++)
            orr_format(id->out + 2 * i, 3, "%02x", (unsigned char)content[i]);
        id->found = note.n_descsz > 0;
    }
    return content + ((note.n_descsz + 3u) & ~3u);
}

static int find_id(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_NOTE) continue;
        const char *at = (const char *)info->dlpi_addr + part->p_vaddr, *end = at + part->p_memsz;
        while (at < end) at = read_note(at, end, context);
    }
    return 1; /* the first is the program itself */
}

bool orr_program_id(char *out, size_t size) {
    id_text id = {out, size, false};
    dl_iterate_phdr(find_id, &id);
    return id.found;
}
#else
bool orr_program_id(char *out, size_t size) {
    (void)out, (void)size;
    return false;
}
#endif

/* A folder of our own under the temporary one, for users without a home. Anybody may write there, so it
 * must be ours and closed to others, or an attacker could feed us cached shaders. */
static bool cache_in_temp(char *out, size_t size) {
    const char *temp = getenv("TMPDIR");
    if (!temp || temp[0] != '/') temp = "/tmp";
    if (!orr_format(out, size, "%s/orrery-%lu", temp, (unsigned long)getuid())) return false;
    struct stat info;
    if (mkdir(out, 0700) != 0 && errno != EEXIST) return false;
    return lstat(out, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == getuid() &&
           !(info.st_mode & 022);
}

bool orr_path_cache(char *out, size_t size) {
    const char *cache = getenv("XDG_CACHE_HOME");
    if (cache && cache[0] == '/') return orr_format(out, size, "%s/orrery", cache);
#ifdef __APPLE__
    static const char k_below_home[] = "Library/Caches";
#else
    static const char k_below_home[] = ".cache";
#endif
    char entry_text[PATH_LIMIT];
    struct passwd entry, *found = NULL;
    const char *home = getenv("HOME");
    if (!home || home[0] != '/') {
        bool known = getpwuid_r(getuid(), &entry, entry_text, sizeof entry_text, &found) == 0 && found;
        home = known ? found->pw_dir : NULL;
    }
    if (home && home[0] == '/' && orr_folder_exists(home))
        return orr_format(out, size, "%s/%s/orrery", home, k_below_home);
    return cache_in_temp(out, size);
}

orr_status orr_file_rename(const char *from, const char *to, orr_error *err) {
    return rename(from, to) == 0 ? ORR_OK : orr_fail_errno(err, errno, to, "rename a file to");
}

bool orr_program_exists(const char *name) {
    const char *folders = getenv("PATH");
    char path[4096];
    for (size_t length; folders && *folders; folders += length + (folders[length] == ':')) {
        length = strcspn(folders, ":");
        if (orr_format(path, sizeof path, "%.*s/%s", (int)length, folders, name) && access(path, X_OK) == 0)
            return true;
    }
    return false;
}
