/* What a script read, ready to be packed: `orrery bundle trace --json`, and back. */
#ifndef ORR_BUNDLE_TRACE_H
#define ORR_BUNDLE_TRACE_H

#include "base/text.h"
#include "bundle/bundle.h"
#include "vfs/reads.h"

enum { ORR_TRACE_MAX_BYTES = 64 << 20 };

/* Strings and lists live in the arena, which the owner frees. */
typedef struct orr_trace {
    orr_arena arena;
    const char *script;         /* host path; its folder is canonical */
    const char *sequence;       /* name of what it returned; NULL = none */
    const char *golden;         /* folder of its check's golden, relative to the script's; NULL = none */
    const orr_bundle_set *sets; /* of --set, in their order */
    uint32_t set_count;
    const orr_bundle_set *assets; /* its parameters that name a file, and the path each came to */
    uint32_t asset_count;
    const orr_read *reads;
    uint32_t read_count;
} orr_trace;

void orr_trace_print(const orr_trace *trace, orr_text *out); /* JSON; parses to the same */
/* Strict and bounded. ORR_E_BAD_DATA with the place; `name` is the file's, for messages. Free the arena in
 * any case. */
ORR_MUST_CHECK orr_status orr_trace_parse(const char *text, size_t size, const char *name, orr_trace *trace,
                                          orr_error *err);

#endif
