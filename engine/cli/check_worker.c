/* The processes that `orrery check` starts: check-list declares scenes, check-scene runs one. No script runs
 * in the program that a person called, so that none can take it along. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/check.h"
#include "cli/check_scene.h"

const char *orr_check_data_folder(const orr_cli *cli) {
    const char *folder = cli->data ? cli->data : getenv("ORRERY_TEST_DATA");
    return folder && folder[0] ? folder : NULL;
}

/* --- check-list ------------------------------------------------------------------------------------ */

static void print_spec(const orr_check_spec *spec, orr_text *out) {
    orr_text_puts(out, "{\"tags\": [");
    for (uint32_t i = 0; i < spec->tag_count; i++) {
        if (i) orr_text_puts(out, ", ");
        orr_text_json_string(out, spec->tags[i]);
    }
    orr_text_printf(out, "], \"timeout_s\": %.17g, \"memory_mib\": %.17g, \"golden\": ", spec->timeout_s,
                    spec->memory_mib);
    if (spec->golden)
        orr_text_json_string(out, spec->golden);
    else
        orr_text_puts(out, "null");
    orr_text_puts(out, ", \"mutations\": [");
    for (uint32_t i = 0; i < spec->mutation_count; i++) {
        if (i) orr_text_puts(out, ", ");
        orr_text_json_string(out, spec->mutations[i].name);
    }
    orr_text_puts(out, "]}\n");
}

/* Adds a line to the file: it has to be there when the next script takes the process down. */
static orr_status add_line(const char *path, orr_text *line, orr_error *err) {
    FILE *file = line->failed ? NULL : fopen(path, "ab");
    bool ok = file && fwrite(line->data, 1, line->length, file) == line->length;
    if (file && fclose(file) != 0) ok = false;
    orr_text_free(line);
    return ok ? ORR_OK : orr_fail(err, ORR_E_WRITE, path, "cannot write what scenes declare to %s", path);
}

static orr_status declare_device(orr_cli *cli, orr_engine *engine, orr_error *err) {
    orr_gpu *gpu = NULL;
    orr_text line = {0};
    char fingerprint[65] = "";
    orr_status status = orr_engine_gpu(engine, &gpu, err);
    if (status == ORR_OK) status = orr_cli_fingerprint(engine, fingerprint, err);
    if (status != ORR_OK) return status;
    orr_golden_device device = orr_check_device(orr_gpu_device(gpu), fingerprint);
    orr_text_puts(&line, "{\"device\": ");
    orr_text_json_string(&line, device.name);
    orr_cli_json_text(&line, "driver", device.driver);
    orr_cli_json_text(&line, "tier", device.tier);
    orr_cli_json_text(&line, "fingerprint", device.fingerprint);
    orr_text_puts(&line, "}\n");
    return add_line(cli->result, &line, err);
}

/* A script that fails here fails in its own process too, and says why there. */
static orr_status declare(orr_cli *cli, orr_engine *engine, const char *path, orr_error *err) {
    orr_script *script = NULL;
    orr_error why = {0};
    orr_text line = {0};
    orr_cli one = *cli;
    one.help = true; /* up to its first call that builds or loads */
    one.word_count = 1;
    orr_status status = orr_cli_script(&one, engine, path, &script, &why);
    const orr_check_spec *spec = script ? orr_script_check(script) : NULL;
    if (spec && (status == ORR_OK || spec->data_missing))
        print_spec(spec, &line);
    else
        orr_text_puts(&line, status == ORR_OK ? "false\n" : "null\n");
    orr_script_destroy(&script);
    return add_line(cli->result, &line, err);
}

int orr_cmd_check_list(orr_cli *cli) {
    orr_engine *engine = NULL;
    orr_error err = {0};
    orr_status status = cli->result ? orr_cli_engine(cli, &engine, &err)
                                    : orr_fail(&err, ORR_E_USAGE, NULL, "check-list needs --result");
    if (status == ORR_OK && !cli->list) status = declare_device(cli, engine, &err);
    for (uint32_t i = 0; i < cli->word_count && status == ORR_OK; i++)
        status = declare(cli, engine, cli->words[i], &err);
    if (engine) orr_engine_destroy(&engine);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}

/* --- check-scene ------------------------------------------------------------------------------------ */

typedef struct worker {
    orr_cli *cli;
    orr_engine *engine;
    orr_script *script;
    char folder[2048], golden[2048], fingerprint[65];
} worker;

static orr_status plant(worker *w, const orr_check_spec *spec, orr_error *err) {
    uint32_t i = w->cli->mutation;
    if (!i) return ORR_OK;
    if (i > spec->mutation_count)
        return orr_fail(err, ORR_E_USAGE, NULL, "the scene plants %u faults", spec->mutation_count);
    const orr_check_mutation *m = &spec->mutations[i - 1];
    return orr_shaders_edit(orr_engine_shaders(w->engine), m->file, m->find, m->replace, err);
}

static orr_status check(worker *w, orr_check_result *result, orr_error *err) {
    orr_cli *cli = w->cli;
    orr_check_scene_params params = {.engine = w->engine,
                                     .script = w->script,
                                     .golden_out = cli->golden_out,
                                     .work = cli->out,
                                     .folder = w->folder,
                                     .data_folder = orr_check_data_folder(cli),
                                     .fingerprint = w->fingerprint,
                                     .budgets = cli->budgets,
                                     .verdict_alone = cli->mutation > 0,
                                     .frame_timeout_s = cli->frame_timeout_s,
                                     .stop = orr_cli_stop()};
    const orr_check_spec *spec = orr_script_check(w->script);
    orr_golden_source source = {0};
    if (spec->golden) {
        orr_path_join(w->golden, sizeof w->golden, w->folder, spec->golden);
        source = orr_golden_folder(w->golden);
        params.golden = &source;
        if (cli->update) params.golden_out = w->golden;
    } else {
        params.golden_out = NULL;
    }
    orr_status status = plant(w, spec, err);
    if (status == ORR_OK && !cli->mutation) status = orr_check_pure(orr_script_sequence(w->script), err);
    if (status == ORR_OK) status = orr_check_scene(&params, result, err);
    if (status == ORR_OK && cli->mutation) status = orr_shaders_edits_met(orr_engine_shaders(w->engine), err);
    return status;
}

static orr_status run(worker *w, orr_check_result *result, orr_error *err) {
    const char *path = w->cli->words[0];
    orr_path_folder(w->folder, sizeof w->folder, path);
    orr_status status = orr_cli_engine(w->cli, &w->engine, err);
    if (status != ORR_OK) return status;
    orr_engine_start_gpu(w->engine); /* beside the script and its assets */
    status = orr_cli_script(w->cli, w->engine, path, &w->script, err);
    const orr_check_spec *spec = w->script ? orr_script_check(w->script) : NULL;
    if (spec && spec->data_missing) {
        result->verdict = ORR_VERDICT_SKIPPED;
        result->message = "skipped: no test data (--data FOLDER, or ORRERY_TEST_DATA)";
        return ORR_OK;
    }
    if (status != ORR_OK) return status;
    if (!spec) return orr_fail(err, ORR_E_SCRIPT, path, "the script declares no orrery.check{ … }");
    if (!orr_script_sequence(w->script))
        return orr_fail(err, ORR_E_SCRIPT, path, "the script returned no sequence to check");
    if (w->cli->fingerprint)
        orr_format(w->fingerprint, sizeof w->fingerprint, "%s", w->cli->fingerprint);
    else
        status = orr_cli_fingerprint(w->engine, w->fingerprint, err);
    return status == ORR_OK ? check(w, result, err) : status;
}

static orr_status write_result(const orr_cli *cli, const orr_check_result *result, orr_error *err) {
    orr_text text = {0};
    orr_check_result_print(result, &text);
    orr_status status = text.failed ? orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a result")
                                    : orr_file_write(cli->result, text.data, text.length, err);
    orr_text_free(&text);
    return status;
}

int orr_cmd_check_scene(orr_cli *cli) {
    worker w = {.cli = cli};
    orr_check_result result = {0};
    orr_error err = {0};
    uint64_t started_ns = orr_time_ns();
    result.name = cli->name ? cli->name : cli->words[0];
    result.file = cli->words[0];
    result.message = result.messages_text = result.device = result.driver = result.fingerprint = "";
    orr_status status = cli->result ? run(&w, &result, &err)
                                    : orr_fail(&err, ORR_E_USAGE, NULL, "check-scene needs --result");
    result.wall_s = (double)(orr_time_ns() - started_ns) * 1e-9;
    result.peak_rss_bytes = orr_peak_rss_bytes();
    if (status != ORR_OK) {
        result.verdict = status == ORR_E_FRAME_TIMEOUT ? ORR_VERDICT_TIMEOUT : ORR_VERDICT_ERROR;
        result.message = err.message;
    }
    orr_error unwritten = {0};
    orr_status written = cli->result ? write_result(cli, &result, &unwritten) : ORR_OK;
    int code = status == ORR_OK ? 0 : orr_cli_fail(cli, &err); /* ends the program where the device hangs */
    if (written != ORR_OK) code = orr_cli_fail(cli, &unwritten);
    orr_script_destroy(&w.script);
    if (w.engine) orr_engine_destroy(&w.engine);
    orr_check_result_free(&result);
    return code;
}
