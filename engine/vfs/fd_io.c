#include "vfs/fd_io.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"

typedef struct shared_fd {
    atomic_uint users;
    int fd;
    uint64_t size;
} shared_fd;

typedef struct fd_io {
    PHYSFS_Io io; /* first: PhysFS hands back its address */
    shared_fd *shared;
    uint64_t at, ahead_at;
    size_t ahead_bytes;
    uint8_t ahead[4096]; /* PhysFS reads a directory two and four bytes at a time */
} fd_io;

static bool read_at(const shared_fd *shared, uint64_t at, void *buffer, size_t bytes) {
    if (orr_fd_read(shared->fd, "", at, buffer, bytes, NULL) == ORR_OK) return true;
    PHYSFS_setErrorCode(PHYSFS_ERR_IO);
    return false;
}

/* Small reads come from what is read ahead. */
static bool read_small(fd_io *file, void *buffer, size_t bytes) {
    uint64_t end = file->ahead_at + file->ahead_bytes, left = file->shared->size - file->at;
    if (file->at < file->ahead_at || file->at + bytes > end) {
        file->ahead_bytes = 0;
        size_t ask = left < sizeof file->ahead ? (size_t)left : sizeof file->ahead;
        if (!read_at(file->shared, file->at, file->ahead, ask)) return false;
        file->ahead_at = file->at;
        file->ahead_bytes = ask;
    }
    memcpy(buffer, file->ahead + (file->at - file->ahead_at), bytes);
    return true;
}

static PHYSFS_sint64 io_read(PHYSFS_Io *io, void *buffer, PHYSFS_uint64 bytes) {
    fd_io *file = (fd_io *)io;
    uint64_t left = file->shared->size - file->at;
    if (bytes > left) bytes = left;
    bool small = bytes < sizeof file->ahead / 8;
    bool done = small ? read_small(file, buffer, (size_t)bytes)
                      : read_at(file->shared, file->at, buffer, (size_t)bytes);
    if (!done) return -1;
    file->at += bytes;
    return (PHYSFS_sint64)bytes;
}

static int io_seek(PHYSFS_Io *io, PHYSFS_uint64 offset) {
    fd_io *file = (fd_io *)io;
    if (offset > file->shared->size) {
        PHYSFS_setErrorCode(PHYSFS_ERR_PAST_EOF);
        return 0;
    }
    file->at = offset;
    return 1;
}

static PHYSFS_sint64 io_tell(PHYSFS_Io *io) {
    return (PHYSFS_sint64)((fd_io *)io)->at;
}

static PHYSFS_sint64 io_length(PHYSFS_Io *io) {
    return (PHYSFS_sint64)((fd_io *)io)->shared->size;
}

static PHYSFS_Io *make(shared_fd *shared);

static PHYSFS_Io *io_duplicate(PHYSFS_Io *io) {
    PHYSFS_Io *copy = make(((fd_io *)io)->shared);
    if (!copy) PHYSFS_setErrorCode(PHYSFS_ERR_OUT_OF_MEMORY);
    return copy;
}

static void io_destroy(PHYSFS_Io *io) {
    shared_fd *shared = ((fd_io *)io)->shared;
    free(io);
    if (atomic_fetch_sub_explicit(&shared->users, 1, memory_order_acq_rel) != 1) return;
    orr_fd_close(&shared->fd);
    free(shared);
}

static PHYSFS_Io *make(shared_fd *shared) {
    fd_io *file = calloc(1, sizeof *file);
    if (!file) return NULL;
    atomic_fetch_add_explicit(&shared->users, 1, memory_order_relaxed);
    file->shared = shared;
    file->io.read = io_read;
    file->io.seek = io_seek;
    file->io.tell = io_tell;
    file->io.length = io_length;
    file->io.duplicate = io_duplicate;
    file->io.destroy = io_destroy;
    return &file->io;
}

orr_status orr_fd_io_create(int fd, const char *name, PHYSFS_Io **out, orr_error *err) {
    shared_fd *shared = calloc(1, sizeof *shared);
    if (!shared) return orr_fail(err, ORR_E_MEMORY, name, "no memory to mount '%s'", name);
    orr_status status = orr_fd_size(fd, name, &shared->size, err);
    if (status == ORR_OK && (shared->fd = orr_fd_duplicate(fd)) < 0)
        status = orr_fail(err, ORR_E_LIMIT, name, "cannot mount '%s': too many open files", name);
    if (status == ORR_OK && !(*out = make(shared))) {
        orr_fd_close(&shared->fd);
        status = orr_fail(err, ORR_E_MEMORY, name, "no memory to mount '%s'", name);
    }
    if (status != ORR_OK) free(shared);
    return status;
}
