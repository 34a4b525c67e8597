/* Licences of files: a text file LICENCES in a folder, `PATTERN = WORDS` a line, "#" begins a comment. */
#ifndef ORR_BUNDLE_LICENCES_H
#define ORR_BUNDLE_LICENCES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct orr_licence {
    const char *pattern, *words; /* SPDX identifier, or words */
} orr_licence;

/* ORR_E_BAD_DATA with the line. Strings live in the arena; `name` is the file's, for messages. */
ORR_MUST_CHECK orr_status orr_licences_parse(const char *text, size_t size, const char *name,
                                             orr_arena *arena, const orr_licence **list, uint32_t *count,
                                             orr_error *err);
/* That file of `folder`; none is none. */
ORR_MUST_CHECK orr_status orr_licences_read(const char *folder, orr_arena *arena, const orr_licence **list,
                                            uint32_t *count, orr_error *err);
/* "*" stands for any text, '/' included, "?" for one character. */
bool orr_licence_matches(const char *pattern, const char *name);

#endif
