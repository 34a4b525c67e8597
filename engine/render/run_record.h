/* The record beside the numbered files of a run: which frames are finished, and from what they were made.
 *
 * `.turntable_####.png.orrery` next to the frames of that pattern: the digest of everything that a frame
 * depends on, and of every frame finished under it a hash of its file. --resume keeps a frame only when it is
 * listed and its file still has that hash; so a file of another run, a cut one, or one that the record was
 * not yet told of is rendered again. Runs of one digest (shards) may write into one folder at a time. Owner
 * frees; one thread at a time. */
#ifndef ORR_RENDER_RUN_RECORD_H
#define ORR_RENDER_RUN_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "orrery/status.h"

typedef struct orr_recorded {
    int64_t frame;
    uint64_t hash;
} orr_recorded; /* hash: XXH3 of the file */
typedef struct orr_run_record {
    char path[1100], digest[65];
    orr_recorded *frames; /* by number, each once */
    size_t count, capacity;
    bool on_disk; /* what is on disk has this digest */
    uint64_t saved_ns;
} orr_run_record;

/* Reads what stands beside the files of pattern `out`; writes nothing. With `resume` another digest is
 * ORR_E_DIGEST; without, and where the record is missing or damaged, the list begins empty. */
ORR_MUST_CHECK orr_status orr_run_record_open(orr_run_record *record, const char *out, const char *digest,
                                              bool resume, orr_error *err);
void orr_run_record_free(orr_run_record *record);
/* Before the first frame: from here on the files of other runs are no longer vouched for. */
ORR_MUST_CHECK orr_status orr_run_record_begin(orr_run_record *record, orr_error *err);
/* `file` is frame `frame` of this digest, whole and unchanged. */
bool orr_run_record_has(const orr_run_record *record, int64_t frame, const char *file);
/* Lists a finished frame; saved a few times a second, so that a killed run loses little. */
ORR_MUST_CHECK orr_status orr_run_record_add(orr_run_record *record, int64_t frame, uint64_t hash,
                                             orr_error *err);
/* Writes the list, joined with what others of this digest have written meanwhile. */
ORR_MUST_CHECK orr_status orr_run_record_save(orr_run_record *record, orr_error *err);

#endif
