#include "cli/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/cli.h"
#include "render/gizmos.h"

#define FIELD(f) (uint32_t) offsetof(orr_cli, f)
#define RENDER   "render bundle.render"
#define CHECK    "check check-scene check-list"
#define DEVICE   CHECK " bundle.verify bundle.render render run info params space bench build-shaders"
#define ENGINE   "bundle.trace bundle.pack " DEVICE
#define SCRIPTED "bundle.render render run params space bench"

/* clang-format off */
static const orr_cli_option options[] = {
    {"frames", "LIST", ORR_CLI_TEXT, FIELD(frames), RENDER " space", NULL, "Which frames: 0-47,96 or 0-90x10", false},
    {"size", "WxH", ORR_CLI_SIZE, FIELD(width), RENDER " bench", "text:640x360|1280x720|1920x1080|3840x2160", "Size in pixels, 1 to 65536 a side", false},
    {"out", "PATTERN", ORR_CLI_TEXT, FIELD(out), RENDER, "file:", "Files to write; #### becomes the number; .png or .exr", false},
    {"out", "FILE", ORR_CLI_TEXT, FIELD(out), "api bundle.trace", "file:", "Write there instead of to standard output", false},
    {"out", "FILE", ORR_CLI_TEXT, FIELD(out), "bundle.pack bundle.apply", "file:zip", "The bundle to write", false},
    {"out", "FOLDER", ORR_CLI_TEXT, FIELD(out), "build-shaders", "file:", "Where the SPIR-V goes", false},
    {"out", "FOLDER", ORR_CLI_TEXT, FIELD(out), "check check-scene", "file:", "Keep pictures of what differs, and messages, there", false},
    {"set", "NAME=VALUE", ORR_CLI_OVERLAY, ORR_OVERLAY_SET, SCRIPTED " bundle.trace bundle.pack " CHECK, NULL, "The script's parameter, or a module's: module.param=value (may repeat)", false},
    {"preset", "FILE", ORR_CLI_OVERLAY, ORR_OVERLAY_PRESET, SCRIPTED " " CHECK, "file:", "Apply a preset, here among the --set; it beats the script and what stands before it (may repeat)", false},
    {"enable", "MODULE", ORR_CLI_OVERLAY, ORR_OVERLAY_ENABLE, SCRIPTED " " CHECK, "module", "Turn a module on (may repeat)", false},
    {"disable", "MODULE", ORR_CLI_OVERLAY, ORR_OVERLAY_DISABLE, SCRIPTED " " CHECK, "module", "Turn a module off (may repeat)", false},
    {"script", "FILE", ORR_CLI_TEXT, FIELD(script), "params space bench", "file:lua", "The script to ask about", false},
    {"samples", "N", ORR_CLI_U32, FIELD(samples), RENDER " bench", NULL, "Samples per pixel", false},
    {"light-cutoff", "PART", ORR_CLI_CUTOFF, FIELD(light_cutoff), RENDER, "text:0", "Local lights end where they would add less than this part of display white, 0 to 1; 0: nowhere", false},
    {"seed", "N", ORR_CLI_SEED, FIELD(seed), RENDER, NULL, "Seed of all sampling", false},
    {"shard", "I/N", ORR_CLI_SHARD, FIELD(shard_index), RENDER, NULL, "Render part I of N of the frames", false},
    {"resume", NULL, ORR_CLI_FLAG, FIELD(resume), RENDER, NULL, "Keep frames that are finished; refuses a folder made with other inputs", false},
    {"aovs", "LIST", ORR_CLI_TEXT, FIELD(aovs), RENDER, "text:depth|normal|albedo|id", "More channels in an EXR: depth,normal,albedo,id", false},
    {"exr-compression", "NAME", ORR_CLI_TEXT, FIELD(exr_compression), RENDER, "text:none|rle|zips|zip|piz|pxr24", "none, rle, zips, zip, piz or pxr24", false},
    {"gizmos", "KINDS", ORR_CLI_TEXT, FIELD(gizmos), RENDER, "text:all|none|position|cone|range|shape|direction|axes", "Draw the lights over the picture: " ORR_GIZMO_KINDS_DOC, false},
    {"gizmo-size", "PART", ORR_CLI_SECONDS, FIELD(gizmo_size), RENDER, NULL, "Size of their symbols, 0.005 to 1 of the picture's height", false},
    {"png16", NULL, ORR_CLI_FLAG, FIELD(png16), RENDER, NULL, "PNG with 16 bits a channel", false},
    {"contact-sheet", "FILE", ORR_CLI_TEXT, FIELD(contact_sheet), RENDER, "file:", "One PNG with all frames, small", false},
    {"video", "FILE", ORR_CLI_TEXT, FIELD(video), RENDER, "file:", "A video, made by the ffmpeg program", false},
    {"stats", "FILE", ORR_CLI_TEXT, FIELD(stats), RENDER, "file:json", "Times, memory and settings as JSON", false},
    {"ev-record", "FILE", ORR_CLI_TEXT, FIELD(ev_record), RENDER, "file:json", "Write the EV of each frame that an automatic exposure came to", false},
    {"ev-track", "FILE", ORR_CLI_TEXT, FIELD(ev_track), RENDER, "file:json", "Expose by what --ev-record wrote there instead of metering", false},
    {"timeout", "S", ORR_CLI_SECONDS, FIELD(timeout_s), SCRIPTED " bundle.trace bundle.pack", NULL, "Stop a script that runs longer than this", false},
    {"frame-timeout", "S", ORR_CLI_SECONDS, FIELD(frame_timeout_s), RENDER " check-scene", NULL, "Give up when the device needs longer than this for one frame, naming the pass it is in", false},
    {"timeout", "S", ORR_CLI_SECONDS, FIELD(timeout_s), "check", NULL, "Stop each scene after this long, whatever its timeout_s says", false},
    {"memory", "MIB", ORR_CLI_SECONDS, FIELD(memory_mib), "check", NULL, "Stop each scene that takes more, whatever its memory_mib says", false},
    {"filter", "TEXT", ORR_CLI_TEXT, FIELD(filter), "check", NULL, "Only scenes with this in their name", false},
    {"tag", "TAG", ORR_CLI_TEXT, FIELD(tag), "check", NULL, "Only scenes with this tag", false},
    {"jobs", "N", ORR_CLI_U32, FIELD(jobs), "check", NULL, "How many scenes at a time; the cores when not given", false},
    {"data", "FOLDER", ORR_CLI_TEXT, FIELD(data), CHECK, "file:", "Where test data lies that scenes name (also ORRERY_TEST_DATA)", false},
    {"list", NULL, ORR_CLI_FLAG, FIELD(list), "check check-list", NULL, "Name the scenes, and run none", false},
    {"update", NULL, ORR_CLI_FLAG, FIELD(update), "check check-scene", NULL, "Write new goldens, and show what differs from the old", false},
    {"calibrate", "N", ORR_CLI_U32, FIELD(calibrate), "check", NULL, "Render each N times with 1 and with 2 threads, and record how far this device lies from the golden", false},
    {"mutate", NULL, ORR_CLI_FLAG, FIELD(mutate), "check", NULL, "Also plant each fault that a scene declares: the scene has to fail then", false},
    {"budgets", NULL, ORR_CLI_FLAG, FIELD(budgets), "check check-scene", NULL, "Also judge times and memory", false},
    {"junit", "FILE", ORR_CLI_TEXT, FIELD(junit), "check", "file:xml", "The results as JUnit XML", false},
    {"html", "FILE", ORR_CLI_TEXT, FIELD(html), "check", "file:html", "The results as one page with pictures", false},
    {"history", "FILE", ORR_CLI_TEXT, FIELD(history), "check", "file:jsonl", "Add a line with the results to this file, which --html plots", false},
    {"label", "TEXT", ORR_CLI_TEXT, FIELD(label), "check", NULL, "What that line is called: a commit, a date", false},
    {"result", "FILE", ORR_CLI_TEXT, FIELD(result), "check-scene check-list", "file:", "Where the answer goes", true},
    {"name", "TEXT", ORR_CLI_TEXT, FIELD(name), "check-scene", NULL, "What the scene is called", true},
    {"fingerprint", "HEX", ORR_CLI_TEXT, FIELD(fingerprint), "check-scene", NULL, "Of this machine's numbers, when it is known", true},
    {"mutation", "N", ORR_CLI_U32, FIELD(mutation), "check-scene", NULL, "Which fault to plant, from 1", true},
    {"golden-out", "FOLDER", ORR_CLI_TEXT, FIELD(golden_out), "check-scene", "file:", "Write a golden there", true},
    {"heatmap", "FILE", ORR_CLI_TEXT, FIELD(heatmap), "diff", "file:png", "Where the images differ, as a PNG", false},
    {"hdr", NULL, ORR_CLI_FLAG, FIELD(hdr), "diff", NULL, "FLIP for high dynamic range (the default for EXR and HDR)", false},
    {"ldr", NULL, ORR_CLI_FLAG, FIELD(ldr), "diff", NULL, "FLIP for displayed images (the default for PNG and JPEG)", false},
    {"stubs", NULL, ORR_CLI_FLAG, FIELD(stubs), "api", NULL, "LuaLS stubs for editors", false},
    {"markdown", NULL, ORR_CLI_FLAG, FIELD(markdown), "api", NULL, "The Lua reference", false},
    {"names", NULL, ORR_CLI_FLAG, FIELD(names), "modules", NULL, "Names only, one a line", false},
    {"from-trace", "FILE", ORR_CLI_TEXT, FIELD(from_trace), "bundle.pack", "file:json", "Pack what `bundle trace --json` wrote there, provided that it is still the same", false},
    {"entry", "SCRIPT", ORR_CLI_TEXT, FIELD(entry), "bundle.pack bundle.verify bundle.render", NULL, "The script to start with: its name in the bundle, or its file name alone", false},
    {"compress", NULL, ORR_CLI_FLAG, FIELD(compress), "bundle.pack", NULL, "Deflate the entries", false},
    {"sign", "KEY", ORR_CLI_TEXT, FIELD(sign), "bundle.pack", "file:key", "Sign with this secret key (orrery bundle keys)", false},
    {"base", "BUNDLE", ORR_CLI_TEXT, FIELD(base), "bundle.pack", "file:zip", "Write only what differs from this bundle: a delta", false},
    {"licence", "PATTERN=WORDS", ORR_CLI_LICENCE, 0, "bundle.pack", NULL, "The licence of the files whose names in the bundle match (may repeat; the last that matches)", false},
    {"key", "KEY", ORR_CLI_TEXT, FIELD(key), "bundle.verify bundle.render", "file:pub", "The public key that the bundle must be signed with", false},
    {"no-render", NULL, ORR_CLI_FLAG, FIELD(no_render), "bundle.verify", NULL, "Check digests, and with --key the signature, and nothing else", false},
    {"repeats", "N", ORR_CLI_U32, FIELD(repeats), "bench", NULL, "How often to measure, or how many frames", false},
    {"model", "FILE", ORR_CLI_TEXT, FIELD(model), "bench", "file:", "The glTF file that cold and turntable show", false},
    {"peer", "PROGRAM", ORR_CLI_TEXT, FIELD(peer), "bench", NULL, "What to compare them with, called as f3d is (f3d)", false},
    {"device", "NAME", ORR_CLI_TEXT, FIELD(device), DEVICE, "text:cpu", "Part of a device's name, its number in `orrery info`, or cpu", false},
    {"threads", "N", ORR_CLI_U32, FIELD(threads), ENGINE, NULL, "CPU threads, those of a CPU device included", false},
    {"root", "FOLDER", ORR_CLI_TEXT, FIELD(root), ENGINE " modules", "file:", "Where modules/, shaders/, scripts/ and content/ are", true},
    {"modules", "FOLDER", ORR_CLI_MODULES, 0, ENGINE " modules", "file:", "More modules: the folder of their folders (may repeat; also ORRERY_MODULES)", false},
    {"no-cache", NULL, ORR_CLI_FLAG, FIELD(no_cache), ENGINE, NULL, "Neither read nor write caches on disk", false},
    {"validation", NULL, ORR_CLI_FLAG, FIELD(validation), DEVICE, NULL, "Vulkan validation layers; what they report is an error", false},
    {"sync-validation", NULL, ORR_CLI_FLAG, FIELD(sync_validation), DEVICE, NULL, "Synchronization validation too", true},
    {"json", NULL, ORR_CLI_FLAG, FIELD(json), NULL, NULL, "Answer in JSON on standard output", false},
    {"quiet", NULL, ORR_CLI_FLAG, FIELD(quiet), NULL, NULL, "Print errors only", false},
    {"help", NULL, ORR_CLI_FLAG, FIELD(help), NULL, NULL, "This help; after a script also its parameters", false},
};
/* clang-format on */

const orr_cli_option *orr_cli_option_table(uint32_t *count) {
    *count = (uint32_t)(sizeof options / sizeof options[0]);
    return options;
}

static const uint32_t option_total = (uint32_t)(sizeof options / sizeof options[0]);

/* "bundle.pack" in the tables is the command "bundle pack". */
bool orr_cli_takes(const orr_command *command, const orr_cli_option *option) {
    if (!option->commands) return true;
    size_t length = strlen(command->name);
    for (const char *at = option->commands; *at; at += strcspn(at, " "), at += *at == ' ') {
        size_t k = 0;
        while (k < length && at[k] == (command->name[k] == ' ' ? '.' : command->name[k])) k++;
        if (k == length && (at[k] == ' ' || !at[k])) return true;
    }
    return false;
}

/* --- parsing ------------------------------------------------------------------------------------- */

static const char *command_name(const void *context, size_t i) {
    (void)context;
    uint32_t count;
    const orr_command *table = orr_command_table(&count);
    return table[i].hidden ? "" : table[i].name;
}

/* The word that several commands begin with: "bundle". */
static bool is_kind(const char *word) {
    uint32_t count;
    const orr_command *table = orr_command_table(&count);
    size_t length = strlen(word);
    for (uint32_t i = 0; i < count; i++)
        if (!strncmp(table[i].name, word, length) && table[i].name[length] == ' ') return true;
    return false;
}

/* The command that argv[*at] names, or that one and the next do; *at is its last word then. */
static orr_status find_command(int argc, char **argv, int *at, orr_cli *cli, orr_error *err) {
    uint32_t count;
    const orr_command *table = orr_command_table(&count);
    char name[64];
    bool kind = is_kind(argv[*at]);
    if (kind && (*at + 1 >= argc || argv[*at + 1][0] == '-')) {
        cli->kind = argv[*at];
        cli->help = *at + 1 < argc && (!strcmp(argv[*at + 1], "--help") || !strcmp(argv[*at + 1], "-h"));
        if (cli->help || !strcmp(argv[1], "help")) return ORR_OK;
        return orr_fail(err, ORR_E_USAGE, NULL,
                        "`orrery %s` is several commands; `orrery %s --help` lists them", argv[*at],
                        argv[*at]);
    }
    orr_format(name, sizeof name, "%s%s%s", argv[*at], kind ? " " : "", kind ? argv[*at + 1] : "");
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0) cli->command = &table[i];
    *at += kind;
    if (cli->command) return ORR_OK;
    const char *near_name = orr_nearest_name(name, count, command_name, NULL);
    bool found = near_name && near_name[0];
    return orr_fail(err, ORR_E_USAGE, NULL, "there is no command '%s'%s%s%s", name,
                    found ? ": did you mean '" : "; `orrery --help` lists them", found ? near_name : "",
                    found ? "'?" : "");
}

static const char *option_name(const void *context, size_t i) {
    const orr_cli *cli = context;
    return orr_cli_takes(cli->command, &options[i]) && !options[i].hidden ? options[i].name : "";
}

static orr_status unknown_option(const orr_cli *cli, const char *name, orr_error *err) {
    for (uint32_t i = 0; i < option_total; i++)
        if (strcmp(options[i].name, name) == 0)
            return orr_fail(err, ORR_E_USAGE, NULL, "`orrery %s` does not take --%s; these do: %s",
                            cli->command->name, name, options[i].commands);
    const char *near_name = orr_nearest_name(name, option_total, option_name, cli);
    bool found = near_name && near_name[0];
    return orr_fail(err, ORR_E_USAGE, NULL, "there is no option --%s%s%s%s%s", name,
                    found ? ": did you mean --" : "; `orrery ", found ? near_name : cli->command->name,
                    found ? "?" : " --help` lists them", "");
}

static bool parse_pair(const char *text, char separator, uint32_t out[2]) {
    const char *middle = strchr(text, separator);
    char first[24];
    uint64_t a = 0, b = 0;
    if (!middle || !orr_format(first, sizeof first, "%.*s", (int)(middle - text), text)) return false;
    bool ok = orr_parse_u64(first, &a) && orr_parse_u64(middle + 1, &b) && a >= 1 && b >= 1 &&
              a <= UINT32_MAX && b <= UINT32_MAX;
    out[0] = (uint32_t)a;
    out[1] = (uint32_t)b;
    return ok;
}

static bool store_number(orr_cli *cli, const orr_cli_option *option, const char *text) {
    char *field = (char *)cli + option->offset;
    uint64_t number = 0;
    double value = 0;
    uint32_t pair[2];
    switch (option->kind) {
    case ORR_CLI_U32:
        if (!orr_parse_u64(text, &number) || number < 1 || number > UINT32_MAX) return false;
        *(uint32_t *)(void *)field = (uint32_t)number;
        return true;
    case ORR_CLI_SEED:
        if (!orr_parse_u64(text, &number)) return false;
        *(uint64_t *)(void *)field = number;
        return cli->has_seed = true;
    case ORR_CLI_CUTOFF:
        if (!orr_parse_f64(text, &value) || !(value >= 0 && value <= 1)) return false;
        *(double *)(void *)field = value;
        return cli->has_light_cutoff = true;
    case ORR_CLI_SECONDS:
        if (!orr_parse_f64(text, &value) || !(value > 0 && value < 1e8)) return false;
        *(double *)(void *)field = value;
        return true;
    default:
        if (!parse_pair(text, option->kind == ORR_CLI_SIZE ? 'x' : '/', pair)) return false;
        if (option->kind == ORR_CLI_SIZE && (pair[0] > 65536 || pair[1] > 65536)) return false;
        if (option->kind == ORR_CLI_SHARD && pair[0] > pair[1]) return false;
        memcpy(field, pair, sizeof pair); /* width and height, index and count stand side by side */
        return true;
    }
}

static orr_status store(orr_cli *cli, const orr_cli_option *option, const char *text, orr_error *err) {
    char *field = (char *)cli + option->offset;
    switch (option->kind) {
    case ORR_CLI_FLAG:
        *(bool *)(void *)field = true;
        return ORR_OK;
    case ORR_CLI_TEXT:
        *(const char **)(void *)field = text;
        return text[0] ? ORR_OK
                       : orr_fail(err, ORR_E_USAGE, NULL, "--%s is empty; it takes %s", option->name,
                                  option->argument);
    case ORR_CLI_MODULES:
        cli->modules[cli->module_count++] = text;
        return ORR_OK;
    case ORR_CLI_LICENCE:
        cli->licences[cli->licence_count++] = text;
        return ORR_OK;
    case ORR_CLI_OVERLAY:
        cli->overlays[cli->overlay_count++] = (orr_overlay){(orr_overlay_kind)option->offset, text};
        return ORR_OK;
    default:
        if (store_number(cli, option, text)) return ORR_OK;
        return orr_fail(err, ORR_E_USAGE, NULL, "--%s %s: it takes %s (%s)", option->name, text,
                        option->argument, option->doc);
    }
}

/* One "--name", "--name=value" or "--name value" at argv[*i]. */
static orr_status parse_option(int argc, char **argv, int *i, orr_cli *cli, orr_error *err) {
    const char *text = strcmp(argv[*i], "-h") == 0 ? "help" : argv[*i] + 2;
    const char *equals = strchr(text, '=');
    char name[64];
    orr_format(name, sizeof name, "%.*s", (int)(equals ? equals - text : (ptrdiff_t)strlen(text)), text);
    const orr_cli_option *option = NULL;
    for (uint32_t k = 0; k < option_total; k++)
        if (strcmp(options[k].name, name) == 0 && orr_cli_takes(cli->command, &options[k]))
            option = &options[k];
    if (!option) return unknown_option(cli, name, err);
    if (!option->argument) {
        if (equals) return orr_fail(err, ORR_E_USAGE, NULL, "--%s takes no value", name);
        return store(cli, option, "", err);
    }
    if (!equals && *i + 1 >= argc)
        return orr_fail(err, ORR_E_USAGE, NULL, "--%s needs %s: %s", name, option->argument, option->doc);
    return store(cli, option, equals ? equals + 1 : argv[++*i], err);
}

static orr_status check_words(const orr_cli *cli, orr_error *err) {
    const orr_command *command = cli->command;
    if (cli->help) return ORR_OK;
    if (cli->word_count < command->min_words)
        return orr_fail(err, ORR_E_USAGE, NULL, "usage: orrery %s %s", command->name, command->words);
    if (cli->word_count > command->max_words)
        return orr_fail(err, ORR_E_USAGE, NULL, "'%s' is one word too many; usage: orrery %s %s",
                        cli->words[command->max_words], command->name, command->words);
    return ORR_OK;
}

orr_status orr_cli_parse(int argc, char **argv, orr_cli *cli, orr_error *err) {
    memset(cli, 0, sizeof *cli);
    int at = 1;
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        cli->json = argc > 2 && strcmp(argv[argc - 1], "--json") == 0;
        argc -= cli->json;
        at = 2;
        orr_status status = argc < 3 ? ORR_OK : find_command(argc, argv, &at, cli, err);
        cli->help = true;
        return status;
    }
    static char version[] = "version";
    if (strcmp(argv[1], "--version") == 0) argv[1] = version;
    orr_status status = find_command(argc, argv, &at, cli, err);
    if (status != ORR_OK || !cli->command) return status;
    cli->words = orr_calloc((size_t)argc, sizeof *cli->words);
    cli->overlays = orr_calloc((size_t)argc, sizeof *cli->overlays);
    cli->modules = orr_calloc((size_t)argc, sizeof *cli->modules);
    cli->licences = orr_calloc((size_t)argc, sizeof *cli->licences);
    if (!cli->words || !cli->overlays || !cli->modules || !cli->licences)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the command line");
    bool ended = false;
    for (int i = at + 1; i < argc && status == ORR_OK; i++) {
        bool option = !ended && (strncmp(argv[i], "--", 2) == 0 || strcmp(argv[i], "-h") == 0);
        if (option && strcmp(argv[i], "--") == 0)
            ended = true;
        else if (option)
            status = parse_option(argc, argv, &i, cli, err);
        else
            cli->words[cli->word_count++] = argv[i];
    }
    return status == ORR_OK ? check_words(cli, err) : status;
}

void orr_cli_free(orr_cli *cli) {
    free(cli->words);
    free(cli->overlays);
    free(cli->modules);
    free(cli->licences);
    memset(cli, 0, sizeof *cli);
}

/* --- help ---------------------------------------------------------------------------------------- */

static void help_program(const char *kind, orr_text *out) {
    uint32_t count;
    const orr_command *table = orr_command_table(&count);
    size_t length = kind ? strlen(kind) : 0;
    if (kind)
        orr_text_printf(out, "usage: orrery %s COMMAND [WORDS] [OPTIONS]\n\n", kind);
    else
        orr_text_printf(out,
                        "Orrery %s renders turntables and fly-throughs from Lua scripts.\n\nusage: orrery "
                        "COMMAND [WORDS] [OPTIONS]\n\n",
                        orr_version());
    for (uint32_t i = 0; i < count; i++)
        if (!table[i].hidden &&
            (!kind || (!strncmp(table[i].name, kind, length) && table[i].name[length] == ' ')))
            orr_text_printf(out, "  %-14s %s\n", table[i].name, table[i].doc);
    orr_text_puts(
        out, "\n`orrery COMMAND --help` lists the options of a command. Exit codes: docs/exit-codes.md.\n");
}

void orr_cli_help(const orr_command *command, const char *kind, orr_text *out) {
    if (!command) {
        help_program(kind, out);
        return;
    }
    orr_text_printf(out, "usage: orrery %s%s%s [OPTIONS]\n\n%s\n\n", command->name,
                    command->words[0] ? " " : "", command->words, command->doc);
    for (uint32_t i = 0; i < option_total; i++) {
        if (options[i].hidden || !orr_cli_takes(command, &options[i])) continue;
        char name[64];
        orr_format(name, sizeof name, "--%s%s%s", options[i].name, options[i].argument ? " " : "",
                   options[i].argument ? options[i].argument : "");
        orr_text_printf(out, "  %-26s %s\n", name, options[i].doc);
    }
}

void orr_cli_help_json(const orr_command *command, const orr_param_table *params, orr_text *out) {
    uint32_t count;
    const orr_command *table = orr_command_table(&count);
    orr_text_puts(out, "{\"version\": ");
    orr_text_json_string(out, orr_version());
    if (!command) {
        const char *between = "\n  {\"name\": ";
        orr_text_puts(out, ", \"commands\": [");
        for (uint32_t i = 0; i < count; i++) {
            if (table[i].hidden) continue;
            orr_text_puts(out, between);
            orr_text_json_string(out, table[i].name);
            orr_cli_json_text(out, "words", table[i].words);
            orr_cli_json_text(out, "doc", table[i].doc);
            between = "},\n  {\"name\": ";
        }
        orr_text_puts(out, "}\n]}\n");
        return;
    }
    orr_cli_json_text(out, "command", command->name);
    orr_cli_json_text(out, "words", command->words);
    orr_cli_json_text(out, "doc", command->doc);
    const char *between = "\n  {\"name\": ";
    orr_text_puts(out, ", \"options\": [");
    for (uint32_t i = 0; i < option_total; i++) {
        if (options[i].hidden || !orr_cli_takes(command, &options[i])) continue;
        orr_text_puts(out, between);
        orr_text_json_string(out, options[i].name);
        orr_cli_json_text(out, "argument", options[i].argument);
        orr_cli_json_text(out, "doc", options[i].doc);
        between = "},\n  {\"name\": ";
    }
    orr_text_puts(out, "}\n]");
    if (params) {
        orr_text_puts(out, ", \"params\": ");
        orr_cli_json_params(out, params);
    }
    orr_text_puts(out, "}\n");
}

/* --- completion ---------------------------------------------------------------------------------- */

/* The bash words that complete `what`: "file:lua", "module", "text:a|b". */
static void completion_of(orr_text *out, const char *what) {
    if (!what) {
        orr_text_puts(out, "COMPREPLY=()");
    } else if (strncmp(what, "file:", 5) == 0) {
        orr_text_puts(out, "_orrery_files");
        if (what[5]) orr_text_printf(out, " %s", what + 5);
    } else if (strcmp(what, "module") == 0) {
        orr_text_puts(out, "_orrery_words \"$(\"${COMP_WORDS[0]}\" modules --names 2>/dev/null)\"");
    } else {
        orr_text_puts(out, "_orrery_words '");
        for (const char *c = what + 5; *c; c++) orr_text_puts(out, *c == '|' ? " " : (char[]){*c, '\0'});
        orr_text_puts(out, "'");
    }
}

static const char completion_head[] =
    "# bash completion for orrery; load it with: source <(orrery completion bash)\n"
    "_orrery_words() { COMPREPLY=($(compgen -W \"$1\" -- \"$current\")); }\n"
    "_orrery_files() {\n"
    "    local IFS=$'\\n'\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    COMPREPLY=($(compgen -d -- \"$current\"))\n"
    "    if [ -n \"$1\" ]; then COMPREPLY+=($(compgen -f -X \"!*.$1\" -- \"$current\")); else "
    "COMPREPLY+=($(compgen -f -- \"$current\")); fi\n"
    "}\n"
    "_orrery() {\n"
    "    local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" "
    "command=\"${COMP_WORDS[1]}\"\n";

static void complete_options(orr_text *out, const orr_command *table, uint32_t count) {
    orr_text_puts(out, "    case \"$previous\" in\n");
    for (uint32_t i = 0; i < option_total; i++) {
        if (!options[i].argument) continue;
        orr_text_printf(out, "    --%s) ", options[i].name);
        completion_of(out, options[i].complete);
        orr_text_puts(out, "; return ;;\n");
    }
    orr_text_puts(out, "    esac\n    if [[ \"$current\" == -* ]]; then\n        case \"$command\" in\n");
    for (uint32_t c = 0; c < count; c++) {
        if (table[c].hidden) continue;
        orr_text_printf(out, "        '%s') _orrery_words '", table[c].name);
        for (uint32_t i = 0; i < option_total; i++)
            if (!options[i].hidden && orr_cli_takes(&table[c], &options[i]))
                orr_text_printf(out, "--%s ", options[i].name);
        orr_text_puts(out, "' ;;\n");
    }
    orr_text_puts(out, "        esac\n        return\n    fi\n");
}

/* The first words of commands, each once; of a kind of commands, "bundle", the second words. */
static void complete_names(orr_text *out, const orr_command *table, uint32_t count) {
    const char *kind = "";
    orr_text_puts(out, "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        _orrery_words '--help ");
    for (uint32_t i = 0; i < count; i++) {
        size_t length = strcspn(table[i].name, " ");
        bool again = table[i].name[length] && strncmp(kind, table[i].name, length + 1) == 0;
        if (table[i].name[length]) kind = table[i].name;
        if (!table[i].hidden && !again) orr_text_printf(out, "%.*s ", (int)length, table[i].name);
    }
    orr_text_puts(out, "'\n        return\n    fi\n");
    for (uint32_t i = 0; i < count; i++) {
        size_t length = strcspn(table[i].name, " ") + 1;
        if (!table[i].name[length - 1] || (i && !strncmp(table[i - 1].name, table[i].name, length))) continue;
        orr_text_printf(
            out, "    if [ \"$command\" = %.*s ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n        _orrery_words '",
            (int)length - 1, table[i].name);
        for (uint32_t k = i; k < count && !strncmp(table[k].name, table[i].name, length); k++)
            orr_text_printf(out, "%s ", table[k].name + length);
        orr_text_printf(out,
                        "'\n        return\n    fi\n    [ \"$command\" = %.*s ] && command=\"$command "
                        "${COMP_WORDS[2]}\"\n",
                        (int)length - 1, table[i].name);
    }
}

void orr_cli_completion(orr_text *out) {
    uint32_t count;
    const orr_command *table = orr_command_table(&count);
    orr_text_puts(out, completion_head);
    complete_names(out, table, count);
    complete_options(out, table, count);
    orr_text_puts(out, "    case \"$command\" in\n");
    for (uint32_t i = 0; i < count; i++) {
        if (table[i].hidden) continue;
        orr_text_printf(out, "    '%s') ", table[i].name);
        completion_of(out, table[i].complete);
        orr_text_puts(out, " ;;\n");
    }
    orr_text_puts(out, "    esac\n}\ncomplete -F _orrery orrery\n");
}
