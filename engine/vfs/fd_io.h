/* A descriptor as PhysFS reads it. */
#ifndef ORR_VFS_FD_IO_H
#define ORR_VFS_FD_IO_H

#include <physfs.h>

#include "base/error.h"

/* PhysFS duplicates what it is given for each file that it opens. All duplicates share one descriptor, made
 * here, and read it at offsets of their own: reading a mounted file opens nothing. PhysFS destroys it. */
ORR_MUST_CHECK orr_status orr_fd_io_create(int fd, const char *name, PHYSFS_Io **out, orr_error *err);

#endif
