/* Text replaced in shader sources as they are read. Private to engine/gpu; whoever owns it locks. */
#ifndef ORR_GPU_SHADER_EDITS_H
#define ORR_GPU_SHADER_EDITS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"

typedef struct orr_shader_edit {
    const char *file, *find, *replace;
    bool met;
    struct orr_shader_edit *next;
} orr_shader_edit;
/* Zero-initialised is empty. */
typedef struct orr_shader_edits {
    orr_arena arena;
    orr_shader_edit *first; /* in the order they were asked for, which is the order they are made in */
    const char **read;      /* paths of the sources read so far, each once; the array is malloc'd */
    uint32_t read_count, read_capacity;
} orr_shader_edits;

ORR_MUST_CHECK orr_status orr_shader_edits_add(orr_shader_edits *edits, const char *file, const char *find,
                                               const char *replace, orr_error *err);
/* Edits what was read from <folder>/<name>: *text is malloc'd, and another one afterwards if anything
 * changed. On failure it is still the caller's. */
ORR_MUST_CHECK orr_status orr_shader_edits_make(orr_shader_edits *edits, const char *folder, const char *name,
                                                char **text, orr_error *err);
ORR_MUST_CHECK orr_status orr_shader_edits_met(const orr_shader_edits *edits, orr_error *err);
void orr_shader_edits_digest(const orr_shader_edits *edits, orr_digest_builder *digest);
void orr_shader_edits_free(orr_shader_edits *edits);

#endif
