/* Generational ids: an id names a slot and its generation, so an id whose object is gone is noticed, never
 * followed. Slots never move. Adding is safe from any thread; an item is looked up by the thread that owns
 * it. */
#ifndef ORR_GPU_TABLE_H
#define ORR_GPU_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/platform/platform.h"

#define ORR_TABLE_CHUNK  256u
#define ORR_TABLE_CHUNKS 1024u

typedef struct orr_item { /* first member of every object in a table */
    uint32_t index, generation, next_free;
    bool live, retired; /* retired: not live, and no open command uses it any more */
    uint64_t last_use;  /* timeline value of the last submission that used it */
} orr_item;

typedef struct orr_table {
    size_t item_bytes;
    orr_mutex *mutex;
    _Atomic(char *) chunks[ORR_TABLE_CHUNKS];
    uint32_t count, free_head, live; /* free_head: index + 1 */
} orr_table;

void orr_table_open(orr_table *table, size_t item_bytes);
void orr_table_close(orr_table *table); /* frees the slots, not what they hold */
/* A zeroed item; it can be found by its id once it is published. */
ORR_MUST_CHECK orr_status orr_table_add(orr_table *table, const char *what, orr_item **out, orr_error *err);
uint64_t orr_table_publish(orr_item *item);
void *orr_table_get(const orr_table *table, uint64_t id);       /* NULL: none, or stale */
void *orr_table_peek(const orr_table *table, uint64_t id);      /* as get, but finds it until it is retired */
void orr_table_unpublish(orr_item *item);                       /* its id is stale from now on */
void orr_table_remove(orr_table *table, orr_item *item);        /* the slot may be used again */
orr_item *orr_table_at(const orr_table *table, uint32_t index); /* live item or NULL; index < count */

#endif
