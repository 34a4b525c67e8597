/* Licences of files: a text file LICENCES in a folder, `PATTERN = WORDS` a line, "#" begins a comment. */
#ifndef ORR_CLI_BUNDLE_LICENCES_H
#define ORR_CLI_BUNDLE_LICENCES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct orr_licence {
    const char *pattern, *words; /* SPDX identifier, or words */
} orr_licence;

/* That file of `folder`; none is none. Strings live in the arena. ORR_E_BAD_DATA with the line. */
ORR_MUST_CHECK orr_status orr_licences_read(const char *folder, orr_arena *arena, const orr_licence **list,
                                            uint32_t *count, orr_error *err);
/* "*" stands for any text, '/' included, "?" for one character. */
bool orr_licence_matches(const char *pattern, const char *name);

#endif
