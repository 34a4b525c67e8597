/* What a run read: every input file once, with its digest. For `orrery bundle trace`, and for goldens that
 * are older than their inputs. Thread-safe; owner destroys. */
#ifndef ORR_VFS_READS_H
#define ORR_VFS_READS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/hash.h"

typedef enum orr_read_kind {
    ORR_READ_SCRIPT, /* Lua that was loaded: the script, require, dofile */
    ORR_READ_ASSET,  /* a model, what it refers to, an elevation model, an image */
    ORR_READ_PRESET,
    ORR_READ_MODULE, /* manifest and GLSL of a module that is no part of the program */
    ORR_READ_OTHER   /* io.open and its kin */
} orr_read_kind;
const char *orr_read_kind_name(orr_read_kind kind);

typedef struct orr_read {
    orr_read_kind kind;
    const char *asked; /* as the script wrote it, or the model's own uri */
    const char *path;  /* the host path found, canonical; or the path in the VFS */
    const char *under; /* the folder it was looked up from and found in: the script's, content/, the model's;
                          "" = none */
    uint64_t size_bytes;
    orr_digest digest;
} orr_read;

typedef struct orr_reads orr_reads;
ORR_MUST_CHECK orr_status orr_reads_create(orr_reads **out, orr_error *err);
void orr_reads_destroy(orr_reads **reads);
/* NULL `reads` does nothing. The same read of the same bytes is not added again. */
void orr_reads_add(orr_reads *reads, orr_read_kind kind, const char *asked, const char *path,
                   const char *under, const void *data, size_t size);
/* Of NULL: none. Sorted by path, then kind, under, asked; the array and its strings belong to `reads` and
 * hold until the next add. */
ORR_MUST_CHECK orr_status orr_reads_list(orr_reads *reads, const orr_read **out, uint32_t *count,
                                         orr_error *err);

#endif
