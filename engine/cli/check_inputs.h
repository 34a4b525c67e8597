/* What a regression scene was made of: every file that was read, by a name without a path of this machine. */
#ifndef ORR_CLI_CHECK_INPUTS_H
#define ORR_CLI_CHECK_INPUTS_H

#include "check/golden.h"
#include "script/script.h"

/* Folders that names start from; any may be NULL. */
typedef struct orr_check_places {
    const char *script, *data, *root; /* "a.lua", "data:models/man.glb", "orrery:content/sky.hdr" */
} orr_check_places;

/* Fills inputs of `golden`, sorted, in `arena`: the files in `reads`, and the parameters of the script but
 * for those that are files. */
ORR_MUST_CHECK orr_status orr_check_inputs(orr_reads *reads, const orr_script *script,
                                           const orr_check_places *places, orr_arena *arena,
                                           orr_golden *golden, orr_error *err);
/* What is another in `now` than in `old`, or is there in one alone; `*count` 0 = all alike. */
ORR_MUST_CHECK orr_status orr_check_inputs_changed(const orr_golden *old, const orr_golden *now,
                                                   orr_arena *arena, const char ***changed, uint32_t *count,
                                                   orr_error *err);

#endif
