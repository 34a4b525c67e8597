#include "vfs/fd_io.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/platform/platform.h"

typedef struct shared_fd {
    atomic_uint users;
    int fd;
    uint64_t size;
} shared_fd;

typedef struct fd_io {
    PHYSFS_Io io; /* first: PhysFS hands back its address */
    shared_fd *shared;
    uint64_t at;
} fd_io;

static PHYSFS_sint64 io_read(PHYSFS_Io *io, void *buffer, PHYSFS_uint64 bytes) {
    fd_io *file = (fd_io *)io;
    uint64_t left = file->shared->size - file->at;
    if (bytes > left) bytes = left;
    if (orr_fd_read(file->shared->fd, "", file->at, buffer, (size_t)bytes, NULL) != ORR_OK) {
        PHYSFS_setErrorCode(PHYSFS_ERR_IO);
        return -1;
    }
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
