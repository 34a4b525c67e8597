/* Memory arenas: allocate many, free all at once.
 *
 * Owner frees the arena; everything allocated from it dies with it (or at orr_arena_reset).
 * Not thread-safe: one arena, one thread at a time. Memory comes zeroed. */
#ifndef ORR_BASE_ARENA_H
#define ORR_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "orrery/status.h"

typedef struct orr_arena_block orr_arena_block;
typedef struct orr_arena {
    orr_arena_block *head;
    size_t block_bytes; /* size of a fresh block; 0 = 64 KiB */
    size_t used_bytes;  /* handed out since the last reset */
} orr_arena;            /* zero-initialised is an empty, usable arena */

/* `count * size` zeroed bytes aligned to 16. NULL when memory is out or the product overflows. */
void *orr_arena_alloc(orr_arena *arena, size_t count, size_t size);
char *orr_arena_strdup(orr_arena *arena, const char *text);
char *orr_arena_strndup(orr_arena *arena, const char *text, size_t length);
void orr_arena_reset(orr_arena *arena); /* frees all blocks but one */
void orr_arena_free(orr_arena *arena);  /* frees everything; the arena is empty and usable again */

#define ORR_ARENA_NEW(arena, type, count) ((type *)orr_arena_alloc((arena), (count), sizeof(type)))

/* calloc/realloc with overflow checks, for what outlives an arena. */
void *orr_calloc(size_t count, size_t size);
void *orr_realloc(void *memory, size_t count, size_t size); /* old block stays on failure */

/* `count * size` zeroed bytes aligned to `alignment` (a power of two), for what must not share a cache line;
 * NULL when memory is out or the product overflows. Free with orr_aligned_free (C's aligned_alloc is missing
 * on Windows). */
void *orr_aligned_calloc(size_t alignment, size_t count, size_t size);
void orr_aligned_free(void *memory);

#endif
