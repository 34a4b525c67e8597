/* orrery check: finding scenes, what they declare, and running them. */
#ifndef ORR_CLI_CHECK_H
#define ORR_CLI_CHECK_H

#include <stdio.h>

#include "check/runner.h"
#include "cli/cli.h"

/* A regression scene as its script declared it. Strings live in the list's arena. */
typedef struct orr_check_item {
    const char *name, *file; /* "sub/lights": below the folder that was given, without .lua */
    const char **tags;
    uint32_t tag_count;
    double timeout_s, memory_mib;
    const char *golden; /* folder; NULL = none */
    const char **mutations;
    uint32_t mutation_count;
    bool undeclared; /* its script did not come that far: its own process will say why */
} orr_check_item;

typedef struct orr_check_list {
    orr_arena arena;
    orr_check_item *items;
    uint32_t count;
    /* of the device that all run on; empty with --list */
    char device[256], driver[128], tier[16], fingerprint[65];
} orr_check_list;

/* The folder with test data; NULL = none. */
const char *orr_check_data_folder(const orr_cli *cli);
/* Finds the scenes that the command line names, and reads what they declare, in a process of its own that
 * `work` has the files of. ORR_E_USAGE for a file that is no scene, ORR_E_NO_DEVICE. */
ORR_MUST_CHECK orr_status orr_check_find(const orr_cli *cli, const char *work, orr_check_list *list,
                                         orr_error *err);
void orr_check_list_free(orr_check_list *list);

/* The words of a process of this program: its path, `command`, and the options that say which engine. Adds at
 * most ORR_CHECK_WORDS. */
enum { ORR_CHECK_WORDS = 48 };
typedef struct orr_check_words {
    const char **argv; /* NULL-terminated, in `arena` */
    uint32_t count, capacity;
    orr_arena *arena;
    bool failed; /* no memory */
} orr_check_words;
void orr_check_words_begin(const orr_cli *cli, const char *command, uint32_t threads, uint32_t more,
                           orr_arena *arena, orr_check_words *out);
void orr_check_words_add(orr_check_words *words, const char *word);
void orr_check_words_pair(orr_check_words *words, const char *option, const char *value); /* NULL: not */

/* The process of one scene: its result and messages go beside `folder` ("<folder>.json", ".txt"). The caller
 * adds words of its own before it hands `words->argv` to the job. ORR_E_MEMORY. */
ORR_MUST_CHECK orr_status orr_check_job_begin(const orr_cli *cli, const orr_check_list *list,
                                              const orr_check_item *item, const char *folder,
                                              uint32_t threads, orr_arena *arena, orr_check_job *job,
                                              orr_check_words *words, orr_error *err);

/* Renders each scene with a golden cli->calibrate times with 1 and as often with 2 threads, and records in
 * golden.json how far this device lies from it. `*results`: one a scene, freed by the caller in any case. */
ORR_MUST_CHECK orr_status orr_check_calibrate(const orr_cli *cli, const char *work,
                                              const orr_check_list *list, orr_check_result **results,
                                              double *wall_s, orr_error *err);

#endif
