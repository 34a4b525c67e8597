/* The command line, declared once: the tables here feed parsing, --help, and shell completion. */
#ifndef ORR_CLI_OPTIONS_H
#define ORR_CLI_OPTIONS_H

#include <stdbool.h>

#include "script/script.h"

typedef struct orr_cli orr_cli;

typedef struct orr_command {
    const char *name;  /* of two words, "bundle pack", when it is one of several of a kind */
    const char *words; /* for the usage line: "[SCRIPT]" */
    uint32_t min_words, max_words;
    const char *doc;
    int (*run)(orr_cli *cli);
    bool hidden;          /* not listed */
    const char *complete; /* what the words are: "file:lua", "module", "command", "text:a|b" */
} orr_command;
const orr_command *orr_command_table(uint32_t *count);

/* What was asked for. Strings belong to argv. */
struct orr_cli {
    const orr_command *command;
    const char *kind; /* of --help: "bundle", whose commands to list; NULL = all */
    const char **words;
    uint32_t word_count;
    orr_overlay *overlays; /* --set, --preset, --enable, --disable in their order */
    uint32_t overlay_count;
    bool help, json, quiet;
    /* the engine */
    const char **modules; /* folders of modules, as --modules gives them */
    uint32_t module_count;
    const char *device, *root;
    uint32_t threads;
    bool validation, sync_validation, no_cache;
    /* rendering */
    const char *frames, *out, *aovs, *exr_compression, *stats, *ev_record, *ev_track, *contact_sheet, *video,
        *script, *gizmos;
    uint32_t width, height, samples, shard_index, shard_count;
    uint64_t seed;
    bool has_seed, has_light_cutoff, resume, png16;
    double timeout_s, frame_timeout_s, light_cutoff, gizmo_size;
    /* diff */
    const char *heatmap;
    bool hdr, ldr;
    /* api, modules */
    bool stubs, markdown, names;
    /* bundle */
    const char *entry, *key, *sign, *base, *from_trace;
    const char **licences; /* as --licence gives them */
    uint32_t licence_count;
    bool compress, no_render;
    /* check */
    const char *filter, *tag, *data, *junit, *html, *history, *label, *result, *name, *fingerprint,
        *golden_out;
    uint32_t jobs, calibrate, mutation;
    bool list, update, mutate, budgets;
    double memory_mib;
    /* bench */
    const char *model, *peer;
    uint32_t repeats;
};

typedef enum orr_cli_kind {
    ORR_CLI_FLAG,
    ORR_CLI_TEXT,
    ORR_CLI_U32,
    ORR_CLI_SEED,
    ORR_CLI_SECONDS,
    ORR_CLI_CUTOFF,
    ORR_CLI_SIZE,
    ORR_CLI_SHARD,
    ORR_CLI_MODULES,
    ORR_CLI_LICENCE,
    ORR_CLI_OVERLAY
} orr_cli_kind;
typedef struct orr_cli_option {
    const char *name;     /* without -- */
    const char *argument; /* "FILE"; NULL = a flag */
    orr_cli_kind kind;
    uint32_t offset;      /* in orr_cli; of overlays: their kind */
    const char *commands; /* "render bundle.pack": those that take it; NULL = all */
    const char *complete; /* as orr_command.complete */
    const char *doc;
    bool hidden;
} orr_cli_option;
const orr_cli_option *orr_cli_option_table(uint32_t *count);
bool orr_cli_takes(const orr_command *command, const orr_cli_option *option);

/* ORR_E_USAGE for an unknown command, option or word, with the nearest one. orr_cli_free it in any case. */
ORR_MUST_CHECK orr_status orr_cli_parse(int argc, char **argv, orr_cli *cli, orr_error *err);
void orr_cli_free(orr_cli *cli);

void orr_cli_help(const orr_command *command, const char *kind, orr_text *out); /* NULL: of the program */
/* The same tables as JSON; `params`: of a script, or NULL. */
void orr_cli_help_json(const orr_command *command, const orr_param_table *params, orr_text *out);
void orr_cli_completion(orr_text *out); /* a bash script */

#endif
