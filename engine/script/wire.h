/* Messages between the process that renders and the one that runs a bundle's script.
 *
 * Both ends are this one program on one machine, so numbers are in its own byte order. What a script's
 * process sends is read as hostile data all the same: every length is checked against what is left, counts
 * against a cap, values by their parameter rows, and texts lose what a terminal would act on. The first thing
 * that is wrong is kept, and all that is read after it is zero: look once, at the end. */
#ifndef ORR_SCRIPT_WIRE_H
#define ORR_SCRIPT_WIRE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/params.h"
#include "base/text.h"

typedef enum orr_wire_type {
    ORR_WIRE_LOAD = 1, /* to the script's process: what to run, and within which bounds */
    ORR_WIRE_EVALUATE, /* to: t */
    ORR_WIRE_EXPECT,   /* to: a finished frame */
    ORR_WIRE_LOCKED,   /* from: nothing of the bundle was read before, and the lock is on */
    ORR_WIRE_SCENE,    /* from: what the script authored */
    ORR_WIRE_VALUES,   /* from: one value per track */
    ORR_WIRE_FAILURES, /* from: what `expect` found */
    ORR_WIRE_ERROR,    /* from: instead of an answer */
    ORR_WIRE_PRINT,    /* from: at any time before an answer */
    ORR_WIRE_MODULES   /* to, instead of the first: what manifests to read; from: what they say */
} orr_wire_type;

enum {
    ORR_WIRE_MAX_NAME = 1024,     /* bytes of a name or a path */
    ORR_WIRE_MAX_TEXT = 64 << 10, /* of any other text */
    ORR_WIRE_MAX_PRINT = 64 << 10 /* of all that a script prints */
};

/* --- writing: the message is the bytes of an orr_text -------------------------------------------- */
void orr_wire_put_u32(orr_text *out, uint32_t value);
void orr_wire_put_u64(orr_text *out, uint64_t value);
void orr_wire_put_f64(orr_text *out, double value);
void orr_wire_put_bytes(orr_text *out, const void *bytes, size_t size); /* no length: the reader knows it */
void orr_wire_put_text(orr_text *out, const char *text);                /* NULL is another text than "" */
void orr_wire_put_value(orr_text *out, const orr_param_row *row, const orr_param_value *value);

/* --- reading ------------------------------------------------------------------------------------- */
typedef struct orr_wire_reader {
    const uint8_t *data;
    size_t size, at;
    orr_arena *arena; /* borrowed: texts go there */
    bool trusted;     /* of the process that renders: texts stay as they are */
    bool wrong;
    char reason[400]; /* of `wrong`: "sent …" */
} orr_wire_reader;

/* Keeps the first reason: "a mesh of 0 vertices". */
void orr_wire_wrong(orr_wire_reader *reader, const char *format, ...) ORR_PRINTF(2, 3);
uint32_t orr_wire_get_u32(orr_wire_reader *reader);
uint64_t orr_wire_get_u64(orr_wire_reader *reader);
double orr_wire_get_f64(orr_wire_reader *reader);                            /* finite */
double orr_wire_get_number(orr_wire_reader *reader, double min, double max); /* in range */
bool orr_wire_get_bool(orr_wire_reader *reader);
/* A whole number below `end`; `what` is for the reason: "node". */
uint32_t orr_wire_get_index(orr_wire_reader *reader, uint32_t end, const char *what);
/* How many items follow: at most `max`, and no more than can be there when each takes `item_bytes`. */
uint32_t orr_wire_get_count(orr_wire_reader *reader, uint32_t max, size_t item_bytes, const char *what);
const void *orr_wire_get_bytes(orr_wire_reader *reader, size_t size); /* in the message; NULL when wrong */
/* In the arena, at most `max` bytes, cleaned (orr_text_clean). Never NULL… */
const char *orr_wire_get_text(orr_wire_reader *reader, size_t max);
const char *orr_wire_get_text_or_null(orr_wire_reader *reader, size_t max); /* …and this one may be */
const char *orr_wire_get_lines(orr_wire_reader *reader, size_t max);        /* line breaks and tabs stay */
/* Checked by the row, text included. */
void orr_wire_get_value(orr_wire_reader *reader, const orr_param_row *row, orr_param_value *value);
/* ORR_E_BAD_DATA "the script's process sent …" when something was wrong, or is left over. */
ORR_MUST_CHECK orr_status orr_wire_end(orr_wire_reader *reader, orr_error *err);

/* --- whole messages over a channel (base/platform/process.h) ------------------------------------- */
/* ORR_E_MEMORY when the message is incomplete, ORR_E_LIMIT when it has more than `max` bytes; the channel's
 * own errors. */
ORR_MUST_CHECK orr_status orr_wire_send(int fd, orr_wire_type type, const orr_text *message, uint64_t max,
                                        uint64_t timeout_ns, orr_error *err);
/* A malloc'd message of at most `max` bytes; `until_ns` on the clock of orr_time_ns, 0 = no end. Whatever
 * number `type` is, is the caller's to judge. ORR_E_BAD_DATA for what is no message, ORR_E_INTERRUPTED when
 * `stop` (may be NULL) was raised before it began; the channel's own errors. */
ORR_MUST_CHECK orr_status orr_wire_receive(int fd, uint64_t max, uint64_t until_ns, const atomic_int *stop,
                                           uint32_t *type, uint8_t **data, size_t *size, orr_error *err);

#endif
