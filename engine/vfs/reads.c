#include "vfs/reads.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/platform/platform.h"

struct orr_reads {
    orr_mutex *mutex; /* guards what follows */
    orr_arena arena;  /* strings */
    orr_read *list;
    uint32_t count, capacity;
    bool failed; /* memory ran out: the list is not whole */
};

const char *orr_read_kind_name(orr_read_kind kind) {
    static const char *const names[] = {"script", "asset", "preset", "module", "other"};
    return names[kind];
}

orr_status orr_reads_create(orr_reads **out, orr_error *err) {
    *out = orr_calloc(1, sizeof **out);
    if (!*out) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the list of files read");
    (*out)->mutex = orr_mutex_create();
    return ORR_OK;
}

void orr_reads_destroy(orr_reads **reads) {
    if (!*reads) return;
    orr_mutex_destroy(&(*reads)->mutex);
    orr_arena_free(&(*reads)->arena);
    free((*reads)->list);
    free(*reads);
    *reads = NULL;
}

static int order(const orr_read *a, const orr_read *b) {
    int by = strcmp(a->path, b->path);
    if (!by) by = (int)a->kind - (int)b->kind;
    if (!by) by = strcmp(a->under, b->under);
    if (!by) by = strcmp(a->asked, b->asked);
    return by ? by : memcmp(a->digest.bytes, b->digest.bytes, sizeof a->digest.bytes);
}

static bool grow(orr_reads *reads) {
    if (reads->count < reads->capacity) return true;
    uint32_t wanted = reads->capacity ? reads->capacity * 2 : 32;
    orr_read *larger = orr_realloc(reads->list, wanted, sizeof *larger);
    if (!larger) return false;
    reads->list = larger;
    reads->capacity = wanted;
    return true;
}

static bool add(orr_reads *reads, const orr_read *read) {
    if (!grow(reads)) return false;
    orr_read *kept = &reads->list[reads->count];
    *kept = *read;
    kept->asked = orr_arena_strdup(&reads->arena, read->asked);
    kept->path = orr_arena_strdup(&reads->arena, read->path);
    kept->under = orr_arena_strdup(&reads->arena, read->under);
    if (!kept->asked || !kept->path || !kept->under) return false;
    reads->count++;
    return true;
}

void orr_reads_add(orr_reads *reads, orr_read_kind kind, const char *asked, const char *path,
                   const char *under, const void *data, size_t size) {
    if (!reads) return;
    const orr_read read = {kind, asked, path, under, size, orr_digest_of(data, size)};
    orr_mutex_lock(reads->mutex);
    uint32_t i = 0; /* digests first: they differ at once, where paths are long alike */
    while (i < reads->count &&
           (!orr_digest_equal(&reads->list[i].digest, &read.digest) || order(&reads->list[i], &read)))
        i++;
    if (i == reads->count) reads->failed |= !add(reads, &read);
    orr_mutex_unlock(reads->mutex);
}

static int by_path(const void *a, const void *b) {
    return order(a, b);
}

orr_status orr_reads_list(orr_reads *reads, const orr_read **out, uint32_t *count, orr_error *err) {
    *out = NULL;
    *count = 0;
    if (!reads) return ORR_OK;
    orr_mutex_lock(reads->mutex);
    if (reads->count) qsort(reads->list, reads->count, sizeof *reads->list, by_path);
    *out = reads->list;
    *count = reads->count;
    bool failed = reads->failed;
    orr_mutex_unlock(reads->mutex);
    return failed ? orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the list of files read") : ORR_OK;
}
