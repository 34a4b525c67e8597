#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_ALIGN = 16, ARENA_BLOCK_BYTES = 64 * 1024 };

struct orr_arena_block {
    orr_arena_block *next;
    size_t capacity, used; /* bytes after the header */
    size_t padding;        /* keeps the header a multiple of 16 on 64-bit systems */
};

static size_t header_bytes(void) {
    return (sizeof(orr_arena_block) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

static unsigned char *block_data(orr_arena_block *block) {
    return (unsigned char *)block + header_bytes();
}

/* A block of at least `need` bytes. An oversized one goes behind the head, so that the head's free space
 * stays in use. */
static orr_arena_block *add_block(orr_arena *arena, size_t need) {
    size_t normal = arena->block_bytes ? arena->block_bytes : ARENA_BLOCK_BYTES;
    size_t capacity = need > normal ? need : normal;
    if (capacity > SIZE_MAX - header_bytes()) return NULL;
    orr_arena_block *block = malloc(header_bytes() + capacity);
    if (!block) return NULL;
    *block = (orr_arena_block){.capacity = capacity};
    if (arena->head && need > normal) {
        block->next = arena->head->next;
        arena->head->next = block;
    } else {
        block->next = arena->head;
        arena->head = block;
    }
    return block;
}

void *orr_arena_alloc(orr_arena *arena, size_t count, size_t size) {
    if (size && count > (SIZE_MAX - ARENA_ALIGN) / size) return NULL;
    size_t need = (count * size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (need == 0) need = ARENA_ALIGN; /* every allocation has an address of its own */
    orr_arena_block *block = arena->head;
    if (!block || block->capacity - block->used < need) {
        block = add_block(arena, need);
        if (!block) return NULL;
    }
    void *memory = block_data(block) + block->used;
    block->used += need;
    arena->used_bytes += need;
    return memset(memory, 0, need);
}

char *orr_arena_strndup(orr_arena *arena, const char *text, size_t length) {
    if (length == SIZE_MAX) return NULL;
    char *copy = orr_arena_alloc(arena, length + 1, 1);
    if (copy && length) memcpy(copy, text, length);
    return copy;
}

char *orr_arena_strdup(orr_arena *arena, const char *text) {
    return orr_arena_strndup(arena, text, strlen(text));
}

static void free_chain(orr_arena_block *block) {
    while (block) {
        orr_arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void orr_arena_reset(orr_arena *arena) {
    if (arena->head) {
        free_chain(arena->head->next);
        arena->head->next = NULL;
        arena->head->used = 0;
    }
    arena->used_bytes = 0;
}

void orr_arena_free(orr_arena *arena) {
    free_chain(arena->head);
    arena->head = NULL;
    arena->used_bytes = 0;
}

void *orr_calloc(size_t count, size_t size) {
    return calloc(count ? count : 1, size ? size : 1);
}

void *orr_realloc(void *memory, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    size_t bytes = count * size;
    return realloc(memory, bytes ? bytes : 1);
}

/* The block of calloc is kept just below the aligned address. */
void *orr_aligned_calloc(size_t alignment, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    size_t bytes = count * size, extra = alignment + sizeof(void *);
    if (bytes > SIZE_MAX - extra) return NULL;
    unsigned char *block = calloc(1, bytes + extra);
    if (!block) return NULL;
    uintptr_t first = (uintptr_t)block + sizeof(void *);
    unsigned char *memory = block + sizeof(void *) + (size_t)(-first & (alignment - 1));
    memcpy(memory - sizeof(void *), &block, sizeof block);
    return memory;
}

void orr_aligned_free(void *memory) {
    if (!memory) return;
    unsigned char *block = NULL;
    memcpy(&block, (unsigned char *)memory - sizeof(void *), sizeof block);
    free(block);
}
