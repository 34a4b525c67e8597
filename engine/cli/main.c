/* The program: the table of commands, and what they share. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/platform/platform.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "script/wire.h"

static int run_script_child(orr_cli *cli) {
    (void)cli;
    return orr_script_child();
}

/* clang-format off */
static const orr_command commands[] = {
    {"render", "[SCRIPT]", 0, 1, "Render a script's frames; without one, the default turntable", orr_cmd_render, false, "file:lua"},
    {"run", "SCRIPT [WORDS]", 1, 1000, "Run a script that answers on standard output", orr_cmd_run, false, "file:lua"},
    {"info", "", 0, 0, "Devices, memory, folders, and the numeric fingerprint of this machine", orr_cmd_info, false, NULL},
    {"modules", "", 0, 0, "The effect modules that are installed", orr_cmd_modules, false, NULL},
    {"params", "[MODULE]", 0, 1, "Each parameter's value and where it came from", orr_cmd_params, false, "module"},
    {"check", "[FILES|FOLDERS]", 0, 100000, "Run regression scenes, and compare them with their goldens", orr_cmd_check, false, "file:lua"},
    {"check-list", "FILES", 0, 100000, "What scenes declare (started by check)", orr_cmd_check_list, true, NULL},
    {"check-scene", "FILE", 1, 1, "One scene (started by check)", orr_cmd_check_scene, true, NULL},
    {"diff", "A B", 2, 2, "How far two images lie apart: max, PSNR, SSIM, FLIP", orr_cmd_diff, false, "file:"},
    {"bench", "[NAME]", 0, 1, "Measure: cold start, sequences, passes, memory, comparison, bundles, checks", orr_cmd_bench, false, "text:cold|turntable|sequence|passes|pointwise|memory|jobs|compare|bundle|check|all"},
    {"api", "", 0, 0, "The Lua API as JSON, editor stubs or Markdown", orr_cmd_api, false, NULL},
    {"space", "ls|get|dump [PATH]", 1, 2, "Look at the engine's tree of values", orr_cmd_space, false, "text:ls|get|dump"},
    {"completion", "bash", 1, 1, "Completion for a shell: source <(orrery completion bash)", orr_cmd_completion, false, "text:bash"},
    {"version", "", 0, 0, "The version", orr_cmd_version, false, NULL},
    {"bundle pack", "[SCRIPT|FOLDER]", 0, 1, "Pack a script and all that it reads, or a folder, into one file", orr_cmd_bundle_pack, false, "file:lua"},
    {"bundle verify", "BUNDLE", 1, 1, "Check digests and signature, and render again what has goldens inside", orr_cmd_bundle_verify, false, "file:zip"},
    {"bundle list", "BUNDLE", 1, 1, "What is inside: names, sizes, licences", orr_cmd_bundle_list, false, "file:zip"},
    {"bundle trace", "SCRIPT", 1, 1, "What a script reads, without rendering", orr_cmd_bundle_trace, false, "file:lua"},
    {"bundle render", "BUNDLE", 1, 1, "Render a script of a bundle, which it cannot look out of", orr_cmd_bundle_render, false, "file:zip"},
    {"bundle diff", "A B", 2, 2, "What differs between two bundles", orr_cmd_bundle_diff, false, "file:zip"},
    {"bundle apply", "BASE DELTA", 2, 2, "The whole bundle of a base and a delta over it", orr_cmd_bundle_apply, false, "file:zip"},
    {"bundle keys", "NAME", 1, 1, "Make a pair of keys to sign with: NAME.key and NAME.pub", orr_cmd_bundle_keys, false, NULL},
    {"build-shaders", "", 0, 0, "Compile all shaders ahead of time (for the build)", orr_cmd_build_shaders, true, NULL},
    {ORR_SCRIPT_CHILD, "", 0, 0, "Run a bundle's script, locked in (for the program itself)", run_script_child, true, NULL},
};
/* clang-format on */

const orr_command *orr_command_table(uint32_t *count) {
    *count = (uint32_t)(sizeof commands / sizeof commands[0]);
    return commands;
}

/* --- signals ------------------------------------------------------------------------------------- */

static atomic_int stop; /* a signal handler has no argument to find it by */

atomic_int *orr_cli_stop(void) {
    return &stop;
}

static void on_signal(int number) {
    (void)number;
    if (atomic_exchange(&stop, 1)) _Exit(130);
}

void orr_cli_catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* `orrery api | head` is no crash */
    signal(SIGXFSZ, SIG_IGN); /* a file over the process's limit is an error of that write */
}

/* --- shared -------------------------------------------------------------------------------------- */

static void write_log(void *context, orr_log_level level, const char *line) {
    const orr_cli *cli = context;
    if (cli->quiet && level < ORR_LOG_ERROR) return;
    fprintf(stderr, "orrery: %s%s\n", level == ORR_LOG_WARNING ? "warning: " : "", line);
}

static orr_log make_log(orr_cli *cli) {
    return (orr_log){.write = write_log, .context = cli, .threshold = ORR_LOG_WARNING};
}

/* Folders of modules: those of --modules in their order, then those of ORRERY_MODULES. */
static orr_status find_modules(const orr_cli *cli, orr_arena *arena, orr_engine_params *params,
                               orr_error *err) {
    const char *list = getenv("ORRERY_MODULES"), separator[] = {ORR_PATH_SEPARATOR, '\0'};
    uint32_t most = cli->module_count + 1;
    for (const char *c = list; c && *c; c++) most += *c == ORR_PATH_SEPARATOR;
    const char **folders = ORR_ARENA_NEW(arena, const char *, most);
    char *rest = orr_arena_strdup(arena, list ? list : "");
    if (!folders || !rest) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the folders of modules");
    for (uint32_t i = 0; i < cli->module_count; i++) folders[params->module_count++] = cli->modules[i];
    while (*rest) {
        size_t length = strcspn(rest, separator);
        bool more = rest[length] != '\0';
        rest[length] = '\0';
        if (length) folders[params->module_count++] = rest;
        rest += length + more;
    }
    params->modules = folders;
    return ORR_OK;
}

/* Those that answer with what was read, or judge by it. */
static bool records_reads(const orr_command *command) {
    return command->run == orr_cmd_check_scene || command->run == orr_cmd_bundle_trace ||
           command->run == orr_cmd_bundle_pack || command->run == orr_cmd_bundle_verify;
}

orr_status orr_cli_engine(const orr_cli *cli, orr_engine **out, orr_error *err) {
    static orr_log log; /* outlives the engine; one command a process */
    static orr_cli kept;
    kept = *cli;
    log = make_log(&kept);
    orr_engine_params params = {.device = cli->device,
                                .threads = cli->threads,
                                .validation = cli->validation || cli->sync_validation,
                                .sync_validation = cli->sync_validation,
                                .root = cli->root,
                                .cache_folder = cli->no_cache ? "" : NULL,
                                .record_reads = records_reads(cli->command),
                                .log = &log};
    orr_arena arena = {0};
    orr_status status = find_modules(cli, &arena, &params, err);
    if (status == ORR_OK) status = orr_engine_create(&params, out, err);
    orr_arena_free(&arena);
    if (status == ORR_OK) status = orr_manifests_load(*out, err);
    if (status != ORR_OK && *out) orr_engine_destroy(out);
    return status;
}

/* Nothing is half written: files appear by renaming, and the script is not at work while frames are. */
static void stuck(double timeout_s) {
    fprintf(
        stderr,
        "orrery: the script was still inside one call after --timeout %g s, and could not be stopped there\n",
        timeout_s);
    _Exit(orr_status_exit_code(ORR_E_SCRIPT_TIMEOUT));
}

orr_script_params orr_cli_script_params(const orr_cli *cli, orr_engine *engine) {
    return (orr_script_params){.engine = engine,
                               .overlays = cli->overlays,
                               .overlay_count = cli->overlay_count,
                               .timeout_s = cli->timeout_s,
                               .stuck = stuck,
                               .help = cli->help,
                               .checking = cli->result != NULL,
                               .data_folder = orr_check_data_folder(cli),
                               .talks = cli->command->run == orr_cmd_run,
                               .stop = &stop};
}

orr_status orr_cli_script(const orr_cli *cli, orr_engine *engine, const char *path, orr_script **out,
                          orr_error *err) {
    orr_script_params params = orr_cli_script_params(cli, engine);
    if (cli->word_count > 1) {
        params.args = cli->words + 1;
        params.arg_count = cli->word_count - 1;
    }
    orr_status status = orr_script_create(&params, out, err);
    return status == ORR_OK ? orr_script_run(*out, path, err) : status;
}

orr_status orr_cli_fingerprint(orr_engine *engine, char hex[65], orr_error *err) {
    char *numbers = NULL;
    orr_status status = orr_script_numbers(&numbers, err);
    if (status == ORR_OK) status = orr_engine_fingerprint(engine, numbers, hex, err);
    free(numbers);
    return status;
}

const char *orr_cli_default_script(const orr_engine *engine, char *out, size_t size) {
    orr_path_join(out, size, orr_engine_root(engine), "scripts/turntable.lua");
    return out;
}

int orr_cli_fail(const orr_cli *cli, const orr_error *err) {
    bool says_path = !err->path[0] || strstr(err->message, err->path);
    int code = orr_status_exit_code(err->code);
    /* A message may quote what somebody else wrote; a terminal is to show it, and not to do it. */
    orr_text line = {0};
    orr_text_printf(&line, "orrery: %s%s%s\n", says_path ? "" : err->path, says_path ? "" : ": ",
                    err->message);
    if (line.data) orr_text_clean(line.data, line.length, true);
    fputs(orr_text_cstr(&line), stderr);
    orr_text_free(&line);
    if (cli->json) {
        orr_text text = {0};
        orr_text_puts(&text, "{\"error\": ");
        orr_text_json_string(&text, orr_status_name(err->code));
        orr_text_puts(&text, ", \"message\": ");
        orr_text_json_string(&text, err->message);
        orr_text_puts(&text, ", \"path\": ");
        orr_text_json_string(&text, err->path);
        orr_text_printf(&text, ", \"exit_code\": %d}\n", code);
        orr_cli_print(&text);
    }
    if (err->code == ORR_E_FRAME_TIMEOUT) { /* a driver may wait at exit for what does not end */
        (void)fflush(stdout);
        _Exit(code);
    }
    return code;
}

/* Standard output may be a file on a full disk. A pipe whose reader has seen enough needs no message. */
static void say_lost(void) {
    if (errno != EPIPE) fprintf(stderr, "orrery: cannot write to standard output: %s\n", strerror(errno));
}

void orr_cli_print(orr_text *text) {
    if (fwrite(orr_text_cstr(text), 1, text->length, stdout) < text->length) say_lost();
    orr_text_free(text);
}

void orr_cli_json_number(orr_text *out, double value) {
    char number[32];
    if (!isfinite(value)) {
        orr_text_puts(out, "null");
        return;
    }
    orr_format_f64(number, sizeof number, value);
    orr_text_puts(out, number);
}

/* --help of a command; a script's own parameters come after it (cmd_render.c). */
static int help(const orr_cli *cli) {
    orr_text text = {0};
    if (cli->json)
        orr_cli_help_json(cli->command, NULL, &text);
    else
        orr_cli_help(cli->command, cli->kind, &text);
    orr_cli_print(&text);
    return 0;
}

int main(int argc, char **argv) {
    orr_cli cli;
    orr_error err = {0};
    orr_cli_catch_signals();
    orr_status status = orr_cli_parse(argc, argv, &cli, &err);
    int code = 0;
    if (status != ORR_OK) {
        code = orr_cli_fail(&cli, &err);
    } else {
        bool script_help = cli.help && cli.word_count &&
                           (cli.command->run == orr_cmd_render || cli.command->run == orr_cmd_run ||
                            cli.command->run == orr_cmd_bundle_render);
        /* a script's help is one JSON object with its parameters, which only the command knows */
        if (cli.help && !(script_help && cli.json)) code = help(&cli);
        if (!cli.help || script_help) code = cli.command->run(&cli);
        if (argc < 2) code = orr_status_exit_code(ORR_E_USAGE);
    }
    orr_cli_free(&cli);
    if (!ferror(stdout) && fflush(stdout) != 0) say_lost();
    return code == 0 && ferror(stdout) ? orr_status_exit_code(ORR_E_WRITE) : code;
}
