/* What the commands share. */
#ifndef ORR_CLI_CLI_H
#define ORR_CLI_CLI_H

#include "base/text.h"
#include "cli/options.h"

/* The one stop flag of the program: set by SIGINT and SIGTERM. The first lets the frame in flight finish, the
 * second exits. */
atomic_int *orr_cli_stop(void);
void orr_cli_catch_signals(void);

/* An engine as the options want it, its manifests loaded. */
ORR_MUST_CHECK orr_status orr_cli_engine(const orr_cli *cli, orr_engine **out, orr_error *err);
/* What the options say of a script, for orr_script_create. */
orr_script_params orr_cli_script_params(const orr_cli *cli, orr_engine *engine);
/* The script at `path` run on it. */
ORR_MUST_CHECK orr_status orr_cli_script(const orr_cli *cli, orr_engine *engine, const char *path,
                                         orr_script **out, orr_error *err);
/* Renders the sequence that the script returned, as the options say, and tells of it (cmd_render.c); gives
 * the exit code. `name` is the script's, for messages. `inputs`: hex digest of what else its frames are made
 * of, for --resume; may be NULL. */
int orr_cli_render(const orr_cli *cli, orr_engine *engine, const orr_script *script, const char *name,
                   const char *inputs);
void orr_cli_help_params(const orr_script *script, orr_text *out); /* for --help after a script */
/* Says what went wrong (on stderr; with --json also as an object on stdout) and gives the exit code. */
int orr_cli_fail(const orr_cli *cli, const orr_error *err);
/* The numeric fingerprint of this machine and the engine's device: libm, shaders, LuaJIT. */
ORR_MUST_CHECK orr_status orr_cli_fingerprint(orr_engine *engine, char hex[65], orr_error *err);
void orr_cli_print(orr_text *text); /* to stdout, and frees it */
const char *orr_cli_default_script(const orr_engine *engine, char *out, size_t size);
void orr_cli_json_number(orr_text *out, double value); /* null when not finite */
void orr_cli_json_text(orr_text *out, const char *name,
                       const char *value);                             /* `, "name": "value"`; NULL: null */
void orr_cli_json_params(orr_text *out, const orr_param_table *table); /* an array of rows */

/* A bar on stderr (progress.c). */
typedef struct orr_bar {
    bool on, drawn;
    const char *unit; /* NULL = "frames" */
} orr_bar;
void orr_bar_draw(void *bar, const orr_progress *progress);
void orr_bar_clear(orr_bar *bar);

int orr_cmd_render(orr_cli *cli);
int orr_cmd_run(orr_cli *cli);
int orr_cmd_info(orr_cli *cli);
int orr_cmd_modules(orr_cli *cli);
int orr_cmd_params(orr_cli *cli);
int orr_cmd_diff(orr_cli *cli);
int orr_cmd_bench(orr_cli *cli);
int orr_cmd_check(orr_cli *cli);
int orr_cmd_check_list(orr_cli *cli);  /* started by check */
int orr_cmd_check_scene(orr_cli *cli); /* likewise */
int orr_cmd_api(orr_cli *cli);
int orr_cmd_space(orr_cli *cli);
int orr_cmd_version(orr_cli *cli);
int orr_cmd_completion(orr_cli *cli);
int orr_cmd_build_shaders(orr_cli *cli);
int orr_cmd_bundle_pack(orr_cli *cli);
int orr_cmd_bundle_verify(orr_cli *cli);
int orr_cmd_bundle_list(orr_cli *cli);
int orr_cmd_bundle_trace(orr_cli *cli);
int orr_cmd_bundle_render(orr_cli *cli);
int orr_cmd_bundle_diff(orr_cli *cli);
int orr_cmd_bundle_apply(orr_cli *cli);
int orr_cmd_bundle_keys(orr_cli *cli);

#endif
