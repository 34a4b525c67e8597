/* Files, folders and paths on Windows. Both separators are understood; paths made here use '/'. */
#include "base/platform/windows_private.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/platform/platform.h"
#include "base/text.h"

enum { PATH_LIMIT = 4096 };

static orr_status fail_windows(orr_error *err, DWORD code, const char *path, const char *what) {
    return orr_fail_errno(err, orr_windows_errno(code), path, what);
}

static DWORD attributes_of(const char *path) {
    wchar_t *wide = orr_windows_wide(path);
    DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
    free(wide);
    return attributes;
}

bool orr_file_exists(const char *path) {
    DWORD attributes = attributes_of(path);
    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

bool orr_folder_exists(const char *path) {
    DWORD attributes = attributes_of(path);
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

static HANDLE open_file(const char *path, DWORD access, DWORD creation, DWORD flags) {
    wchar_t *wide = orr_windows_wide(path);
    if (!wide) {
        SetLastError(ERROR_OUTOFMEMORY);
        return INVALID_HANDLE_VALUE;
    }
    DWORD sharing = FILE_SHARE_READ | FILE_SHARE_DELETE | (access == GENERIC_WRITE ? 0 : FILE_SHARE_WRITE);
    HANDLE file = CreateFileW(wide, access, sharing, NULL, creation, FILE_ATTRIBUTE_NORMAL | flags, NULL);
    DWORD code = GetLastError();
    free(wide);
    SetLastError(code);
    return file;
}

/* --- reading ------------------------------------------------------------------------------------ */

static DWORD read_exactly(HANDLE file, uint8_t *bytes, size_t size, size_t *got) {
    *got = 0;
    while (*got < size) {
        DWORD part = size - *got > (1u << 30) ? (1u << 30) : (DWORD)(size - *got), done = 0;
        if (!ReadFile(file, bytes + *got, part, &done, NULL)) return GetLastError();
        if (done == 0) break;
        *got += done;
    }
    return 0;
}

static orr_status read_open_file(HANDLE file, const char *path, uint64_t max_bytes, uint8_t **data,
                                 size_t *size, orr_error *err) {
    LARGE_INTEGER length;
    if (GetFileType(file) != FILE_TYPE_DISK)
        return orr_fail(err, ORR_E_READ, path, "'%s' is not a regular file", path);
    if (!GetFileSizeEx(file, &length)) return fail_windows(err, GetLastError(), path, "read");
    uint64_t bytes = (uint64_t)length.QuadPart;
    if (bytes > max_bytes || bytes > SIZE_MAX / 4)
        return orr_fail(err, ORR_E_LIMIT, path, "'%s' has %llu bytes; at most %llu are accepted here", path,
                        (unsigned long long)bytes, (unsigned long long)max_bytes);
    uint8_t *memory = malloc((size_t)bytes + 1);
    if (!memory) return orr_fail_errno(err, ENOMEM, path, "read");
    DWORD code = read_exactly(file, memory, (size_t)bytes, size);
    if (code) {
        free(memory);
        *size = 0;
        return fail_windows(err, code, path, "read");
    }
    memory[*size] = 0;
    *data = memory;
    return ORR_OK;
}

orr_status orr_file_read(const char *path, uint64_t max_bytes, uint8_t **data, size_t *size, orr_error *err) {
    *data = NULL;
    *size = 0;
    if (orr_folder_exists(path)) return orr_fail(err, ORR_E_READ, path, "'%s' is a folder, not a file", path);
    HANDLE file = open_file(path, GENERIC_READ, OPEN_EXISTING, 0);
    if (file == INVALID_HANDLE_VALUE) return fail_windows(err, GetLastError(), path, "read");
    orr_status status = read_open_file(file, path, max_bytes, data, size, err);
    CloseHandle(file);
    return status;
}

/* --- writing ------------------------------------------------------------------------------------ */

/* Opens a fresh file beside `path`; a name left by a dead process of the same id is stepped over. */
static HANDLE open_part(const char *path, DWORD access, char *part, size_t size) {
    for (unsigned n = 0; n < 1000; n++) {
        if (!orr_format(part, size, "%s.part-%lu-%u", path, GetCurrentProcessId(), n)) {
            SetLastError(ERROR_FILENAME_EXCED_RANGE);
            return INVALID_HANDLE_VALUE;
        }
        HANDLE file = open_file(part, access, CREATE_NEW, 0);
        if (file != INVALID_HANDLE_VALUE || GetLastError() != ERROR_FILE_EXISTS) return file;
    }
    return INVALID_HANDLE_VALUE;
}

static DWORD write_and_close(HANDLE file, const uint8_t *bytes, size_t size) {
    DWORD code = 0;
    while (size > 0 && !code) {
        DWORD part = size > (1u << 30) ? (1u << 30) : (DWORD)size, done = 0;
        if (!WriteFile(file, bytes, part, &done, NULL)) code = GetLastError();
        bytes += done;
        size -= done;
    }
    if (!code && !FlushFileBuffers(file)) code = GetLastError();
    if (!CloseHandle(file) && !code) code = GetLastError();
    return code;
}

static DWORD move_file(const char *from, const char *to) {
    wchar_t *wide_from = orr_windows_wide(from), *wide_to = orr_windows_wide(to);
    DWORD code = ERROR_OUTOFMEMORY;
    if (wide_from && wide_to)
        code = MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)
                   ? 0
                   : GetLastError();
    free(wide_from);
    free(wide_to);
    return code;
}

orr_status orr_file_write(const char *path, const void *data, size_t size, orr_error *err) {
    char part[PATH_LIMIT];
    if (orr_folder_exists(path))
        return orr_fail(err, ORR_E_WRITE, path, "cannot write '%s': it is a folder", path);
    HANDLE file = open_part(path, GENERIC_WRITE, part, sizeof part);
    if (file == INVALID_HANDLE_VALUE) return fail_windows(err, GetLastError(), path, "write");
    DWORD code = write_and_close(file, data, size);
    if (!code) code = move_file(part, path);
    if (code) {
        orr_file_remove(part);
        return fail_windows(err, code, path, "write");
    }
    return ORR_OK;
}

orr_status orr_file_probe(const char *path, orr_error *err) {
    char part[PATH_LIMIT];
    if (orr_folder_exists(path))
        return orr_fail(err, ORR_E_WRITE, path, "cannot write '%s': it is a folder", path);
    HANDLE file = open_part(path, GENERIC_WRITE, part, sizeof part);
    if (file == INVALID_HANDLE_VALUE) return fail_windows(err, GetLastError(), path, "write");
    CloseHandle(file);
    orr_file_remove(part);
    return ORR_OK;
}

/* `secret` needs nothing here: what a user's folders hold is not open to other users. */
orr_status orr_file_create(const char *path, const void *data, size_t size, bool secret, orr_error *err) {
    (void)secret;
    HANDLE file = open_file(path, GENERIC_WRITE, CREATE_NEW, 0);
    if (file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_EXISTS)
        return orr_fail(err, ORR_E_EXISTS, path, "'%s' is there already", path);
    if (file == INVALID_HANDLE_VALUE) return fail_windows(err, GetLastError(), path, "create");
    DWORD code = write_and_close(file, data, size);
    if (!code) return ORR_OK;
    orr_file_remove(path);
    return fail_windows(err, code, path, "write");
}

/* --- open files --------------------------------------------------------------------------------- */

orr_status orr_fd_open(const char *path, int *fd, orr_error *err) {
    *fd = -1;
    if (orr_folder_exists(path)) return orr_fail(err, ORR_E_READ, path, "'%s' is a folder, not a file", path);
    HANDLE file = open_file(path, GENERIC_READ, OPEN_EXISTING, 0);
    if (file == INVALID_HANDLE_VALUE) return fail_windows(err, GetLastError(), path, "read");
    if (GetFileType(file) == FILE_TYPE_DISK) *fd = _open_osfhandle((intptr_t)file, _O_RDONLY | _O_BINARY);
    if (*fd >= 0) return ORR_OK;
    CloseHandle(file);
    return orr_fail(err, ORR_E_READ, path, "'%s' is not a regular file", path);
}

static HANDLE handle_of(int fd) {
    return (HANDLE)_get_osfhandle(fd);
}

orr_status orr_fd_size(int fd, const char *name, uint64_t *bytes, orr_error *err) {
    LARGE_INTEGER length;
    if (!GetFileSizeEx(handle_of(fd), &length)) return fail_windows(err, GetLastError(), name, "read");
    *bytes = (uint64_t)length.QuadPart;
    return ORR_OK;
}

static OVERLAPPED place_of(uint64_t offset) {
    OVERLAPPED place = {0};
    place.Offset = (DWORD)offset;
    place.OffsetHigh = (DWORD)(offset >> 32);
    return place;
}

orr_status orr_fd_read(int fd, const char *name, uint64_t offset, void *data, size_t size, orr_error *err) {
    uint8_t *bytes = data;
    while (size > 0) {
        OVERLAPPED place = place_of(offset);
        DWORD piece = size > (1u << 30) ? (1u << 30) : (DWORD)size, done = 0;
        DWORD code = ReadFile(handle_of(fd), bytes, piece, &done, &place) ? 0 : GetLastError();
        if (code && code != ERROR_HANDLE_EOF) return fail_windows(err, code, name, "read");
        if (done == 0)
            return orr_fail(err, ORR_E_TRUNCATED, name, "'%s' ends at byte %llu; %zu more were expected",
                            name, (unsigned long long)offset, size);
        bytes += done;
        offset += done;
        size -= done;
    }
    return ORR_OK;
}

int orr_fd_duplicate(int fd) {
    return _dup(fd);
}

void orr_fd_close(int *fd) {
    if (*fd >= 0) _close(*fd);
    *fd = -1;
}

struct orr_part {
    int fd;
    char path[PATH_LIMIT], name[PATH_LIMIT];
};

orr_status orr_part_begin(const char *path, orr_part **out, orr_error *err) {
    if (orr_folder_exists(path))
        return orr_fail(err, ORR_E_WRITE, path, "cannot write '%s': it is a folder", path);
    orr_part *part = calloc(1, sizeof *part);
    if (!part) return orr_fail_errno(err, ENOMEM, path, "write");
    HANDLE file = orr_format(part->path, sizeof part->path, "%s", path)
                      ? open_part(path, GENERIC_READ | GENERIC_WRITE, part->name, sizeof part->name)
                      : INVALID_HANDLE_VALUE;
    DWORD code = GetLastError();
    part->fd = file == INVALID_HANDLE_VALUE ? -1 : _open_osfhandle((intptr_t)file, _O_BINARY);
    if (part->fd < 0) {
        free(part);
        return fail_windows(err, code, path, "write");
    }
    *out = part;
    return ORR_OK;
}

orr_status orr_part_write(orr_part *part, uint64_t offset, const void *data, size_t size, orr_error *err) {
    const uint8_t *bytes = data;
    while (size > 0) {
        OVERLAPPED place = place_of(offset);
        DWORD piece = size > (1u << 30) ? (1u << 30) : (DWORD)size, done = 0;
        if (!WriteFile(handle_of(part->fd), bytes, piece, &done, &place))
            return fail_windows(err, GetLastError(), part->path, "write");
        bytes += done;
        offset += done;
        size -= done;
    }
    return ORR_OK;
}

orr_status orr_part_truncate(orr_part *part, uint64_t bytes, orr_error *err) {
    LARGE_INTEGER end = {.QuadPart = (LONGLONG)bytes};
    HANDLE file = handle_of(part->fd);
    if (SetFilePointerEx(file, end, NULL, FILE_BEGIN) && SetEndOfFile(file)) return ORR_OK;
    return fail_windows(err, GetLastError(), part->path, "write");
}

int orr_part_fd(const orr_part *part) {
    return part->fd;
}

orr_status orr_part_commit(orr_part **part, bool flush, orr_error *err) {
    orr_part *p = *part;
    DWORD code = !flush || FlushFileBuffers(handle_of(p->fd)) ? 0 : GetLastError();
    orr_fd_close(&p->fd);
    if (!code) code = move_file(p->name, p->path);
    orr_status status = code ? fail_windows(err, code, p->path, "write") : ORR_OK;
    if (code) orr_file_remove(p->name);
    free(p);
    *part = NULL;
    return status;
}

void orr_part_drop(orr_part **part) {
    if (!*part) return;
    orr_fd_close(&(*part)->fd);
    orr_file_remove((*part)->name);
    free(*part);
    *part = NULL;
}

orr_status orr_folder_temporary(const char *prefix, char *out, size_t size, orr_error *err) {
    wchar_t wide[MAX_PATH + 1];
    char folder[MAX_PATH * 3 + 1];
    if (!GetTempPathW(MAX_PATH + 1, wide) || !orr_windows_utf8(wide, folder, sizeof folder))
        return fail_windows(err, GetLastError(), prefix, "create folder");
    for (unsigned i = 0;; i++) {
        if (!orr_format(out, size, "%s%s-%lu-%u", folder, prefix, (unsigned long)GetCurrentProcessId(), i))
            return orr_fail_errno(err, ENAMETOOLONG, folder, "create folder");
        wchar_t *path = orr_windows_wide(out);
        BOOL made = path && CreateDirectoryW(path, NULL);
        DWORD code = GetLastError();
        free(path);
        if (made) return ORR_OK;
        if (code != ERROR_ALREADY_EXISTS) return fail_windows(err, code, out, "create folder");
    }
}

void orr_folder_remove(const char *path) {
    char **names = NULL, inner[PATH_LIMIT];
    size_t count = 0;
    wchar_t *wide = orr_windows_wide(path);
    DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
    bool folder = attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
    if (folder && !(attributes & FILE_ATTRIBUTE_REPARSE_POINT) &&
        orr_folder_list(path, &names, &count, NULL) == ORR_OK)
        for (size_t i = 0; i < count; i++)
            if (orr_format(inner, sizeof inner, "%s/%s", path, names[i])) orr_folder_remove(inner);
    orr_names_free(&names, count);
    if (folder) RemoveDirectoryW(wide);
    if (!folder && wide) DeleteFileW(wide);
    free(wide);
}

void orr_file_remove(const char *path) {
    wchar_t *wide = orr_windows_wide(path);
    if (wide) DeleteFileW(wide);
    free(wide);
}

uint64_t orr_file_mtime_ns(const char *path) {
    WIN32_FILE_ATTRIBUTE_DATA data = {0};
    wchar_t *wide = orr_windows_wide(path);
    BOOL found = wide && GetFileAttributesExW(wide, GetFileExInfoStandard, &data);
    free(wide);
    if (!found) return 0;
    uint64_t ticks =
        ((uint64_t)data.ftLastWriteTime.dwHighDateTime << 32) | data.ftLastWriteTime.dwLowDateTime;
    const uint64_t epoch = 116444736000000000u; /* 1601 to 1970, in steps of 100 ns */
    return ticks > epoch ? (ticks - epoch) * 100 : 1;
}

/* --- folders ------------------------------------------------------------------------------------ */

static bool is_separator(char c) {
    return c == '/' || c == '\\';
}

orr_status orr_folder_create(const char *path, orr_error *err) {
    char partial[PATH_LIMIT];
    if (!path[0]) return orr_fail(err, ORR_E_ARGUMENT, path, "cannot create a folder without a name");
    if (!orr_format(partial, sizeof partial, "%s", path))
        return orr_fail_errno(err, ENAMETOOLONG, path, "create folder");
    for (char *s = partial + 1;; s++) {
        if (!is_separator(*s) && *s != '\0') continue;
        char kept = *s;
        *s = '\0';
        bool drive = s[-1] == ':' || is_separator(s[-1]);
        wchar_t *wide = orr_windows_wide(partial);
        BOOL made = wide && CreateDirectoryW(wide, NULL);
        DWORD code = GetLastError();
        free(wide);
        if (!made && !drive && !orr_folder_exists(partial))
            return code == ERROR_ALREADY_EXISTS ? orr_fail_errno(err, ENOTDIR, partial, "create folder")
                                                : fail_windows(err, code, partial, "create folder");
        if (kept == '\0') return ORR_OK;
        *s = kept;
    }
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Appends one name; false when memory is out. */
static bool add_name(const wchar_t *wide, char ***names, size_t *count, size_t *capacity) {
    char name[4 * MAX_PATH];
    if (!orr_windows_utf8(wide, name, sizeof name) || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return true;
    if (*count == *capacity) {
        size_t more = *capacity ? *capacity * 2 : 32;
        char **larger = realloc(*names, more * sizeof **names);
        if (!larger) return false;
        *names = larger;
        *capacity = more;
    }
    size_t length = strlen(name) + 1;
    char *copy = malloc(length);
    if (!copy) return false;
    memcpy(copy, name, length);
    (*names)[(*count)++] = copy;
    return true;
}

orr_status orr_folder_list(const char *path, char ***names, size_t *count, orr_error *err) {
    *names = NULL;
    *count = 0;
    char pattern[PATH_LIMIT];
    orr_path_join(pattern, sizeof pattern, path, "*");
    wchar_t *wide = orr_windows_wide(pattern);
    if (!wide) return orr_fail_errno(err, ENOMEM, path, "list folder");
    WIN32_FIND_DATAW entry;
    HANDLE search = FindFirstFileW(wide, &entry);
    DWORD code = GetLastError();
    free(wide);
    if (search == INVALID_HANDLE_VALUE) return fail_windows(err, code, path, "list folder");
    size_t capacity = 0;
    bool stored = true;
    do {
        stored = add_name(entry.cFileName, names, count, &capacity);
    } while (stored && FindNextFileW(search, &entry));
    FindClose(search);
    if (!stored) {
        orr_names_free(names, *count);
        *count = 0;
        return orr_fail_errno(err, ENOMEM, path, "list folder");
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

/* UTF-16 to a path with '/' and without the "\\?\" that the system puts before final names. */
static bool store_path(const wchar_t *wide, char *out, size_t size) {
    if (wcsncmp(wide, L"\\\\?\\", 4) == 0 && wide[4] != L'U') wide += 4;
    if (!orr_windows_utf8(wide, out, size)) return false;
    for (char *s = out; *s; s++)
        if (*s == '\\') *s = '/';
    return true;
}

bool orr_path_real(const char *path, char *out, size_t size) {
    HANDLE file = open_file(path, 0, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    if (file == INVALID_HANDLE_VALUE) return false;
    wchar_t wide[PATH_LIMIT];
    DWORD length = GetFinalPathNameByHandleW(file, wide, PATH_LIMIT, FILE_NAME_NORMALIZED);
    CloseHandle(file);
    return length > 0 && length < PATH_LIMIT && store_path(wide, out, size);
}

bool orr_path_is_absolute(const char *path) {
    bool letter = (path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z');
    return is_separator(path[0]) || (letter && path[1] == ':');
}

void orr_path_join(char *out, size_t size, const char *folder, const char *name) {
    size_t length = strlen(folder);
    if (length == 0 || orr_path_is_absolute(name))
        orr_format(out, size, "%s", name);
    else
        orr_format(out, size, "%s%s%s", folder, is_separator(folder[length - 1]) ? "" : "/", name);
}

const char *orr_path_name(const char *path) {
    const char *name = path;
    for (const char *s = path; *s; s++)
        if (is_separator(*s)) name = s + 1;
    return name;
}

void orr_path_folder(char *out, size_t size, const char *path) {
    size_t length = (size_t)(orr_path_name(path) - path);
    if (length == 0)
        orr_format(out, size, ".");
    else
        orr_format(out, size, "%.*s", length == 1 || path[length - 2] == ':' ? (int)length : (int)length - 1,
                   path);
}

bool orr_program_id(char *out, size_t size) {
    (void)out, (void)size;
    return false;
}

bool orr_path_program(char *out, size_t size) {
    wchar_t wide[PATH_LIMIT];
    DWORD length = GetModuleFileNameW(NULL, wide, PATH_LIMIT);
    return length > 0 && length < PATH_LIMIT && store_path(wide, out, size);
}

bool orr_path_cache(char *out, size_t size) {
    char base[PATH_LIMIT];
    const wchar_t *cache = _wgetenv(L"XDG_CACHE_HOME"), *local = _wgetenv(L"LOCALAPPDATA");
    if (cache && store_path(cache, base, sizeof base) && orr_path_is_absolute(base))
        return orr_format(out, size, "%s/orrery", base);
    if (local && store_path(local, base, sizeof base) && orr_path_is_absolute(base))
        return orr_format(out, size, "%s/orrery/cache", base);
    wchar_t temp[MAX_PATH + 1]; /* per user on Windows */
    DWORD length = GetTempPathW(MAX_PATH + 1, temp);
    return length > 0 && length <= MAX_PATH && store_path(temp, base, sizeof base) &&
           orr_format(out, size, "%s/orrery", base);
}

orr_status orr_file_rename(const char *from, const char *to, orr_error *err) {
    DWORD code = move_file(from, to);
    return code ? fail_windows(err, code, to, "rename a file to") : ORR_OK;
}

bool orr_program_exists(const char *name) {
    wchar_t *wide = orr_windows_wide(name), found[MAX_PATH];
    bool there = wide && SearchPathW(NULL, wide, L".exe", MAX_PATH, found, NULL) > 0;
    free(wide);
    return there;
}
