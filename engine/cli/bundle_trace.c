/* orrery bundle trace: what a script reads, found by running it. */
#include <string.h>

#include "base/platform/platform.h"
#include "cli/bundle.h"

static const char *keep(orr_trace *trace, const char *text) {
    return text ? orr_arena_strdup(&trace->arena, text) : NULL;
}

static orr_status no_memory(orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the list of files read");
}

/* --- by running it ---------------------------------------------------------------------------- */

/* The scene is published, which waits for its assets, and the modules that others wrote are compiled. */
orr_status orr_trace_read_all(orr_engine *engine, const orr_script *script, orr_error *err) {
    const orr_sequence *sequence = orr_script_sequence(script);
    const orr_settings *settings = orr_script_settings(script);
    orr_revision *revision = NULL;
    orr_status status = sequence ? orr_scene_publish(sequence->scene, &revision, err) : ORR_OK;
    if (status == ORR_OK) status = orr_assets_wait_all(orr_engine_assets(engine), err);
    if (revision) orr_revision_release(&revision);
    for (uint32_t i = 0; status == ORR_OK && settings && i < settings->effect_count; i++) {
        const orr_effect *effect = settings->effects[i].effect;
        if (settings->effects[i].enabled && !orr_engine_module_is_own(engine, effect->folder))
            status = orr_module_shaders(orr_engine_shaders(engine), effect, false, NULL, NULL, err);
    }
    return status;
}

static orr_status keep_sets(const orr_cli *cli, orr_trace *trace, orr_error *err) {
    orr_bundle_set *sets = ORR_ARENA_NEW(&trace->arena, orr_bundle_set, cli->overlay_count + 1);
    if (!sets) return no_memory(err);
    for (uint32_t i = 0; i < cli->overlay_count; i++) {
        const char *text = cli->overlays[i].text, *equals = strchr(text, '='); /* orr_script_create checked */
        sets[i] = (orr_bundle_set){orr_arena_strndup(&trace->arena, text, (size_t)(equals - text)),
                                   keep(trace, equals + 1)};
        if (!sets[i].name || !sets[i].value) return no_memory(err);
    }
    trace->sets = sets;
    trace->set_count = cli->overlay_count;
    return ORR_OK;
}

static orr_status keep_assets(const orr_script *script, orr_trace *trace, orr_error *err) {
    const orr_param_table *table = orr_script_param_table(script);
    orr_bundle_set *assets = ORR_ARENA_NEW(&trace->arena, orr_bundle_set, table->count + 1);
    if (!assets) return no_memory(err);
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        const orr_param_value *value = orr_script_param_value(script, i);
        orr_param_row_get(table, i, &row);
        if (row.type != ORR_PARAM_ASSET || !value->text || !value->text[0]) continue;
        orr_bundle_set *asset = &assets[trace->asset_count++];
        *asset = (orr_bundle_set){keep(trace, row.name), keep(trace, value->text)};
        if (!asset->name || !asset->value) return no_memory(err);
    }
    trace->assets = assets;
    return ORR_OK;
}

static orr_status keep_reads(orr_engine *engine, orr_trace *trace, orr_error *err) {
    const orr_read *list = NULL;
    orr_status status = orr_reads_list(orr_engine_reads(engine), &list, &trace->read_count, err);
    if (status != ORR_OK) return status;
    orr_read *reads = ORR_ARENA_NEW(&trace->arena, orr_read, trace->read_count + 1);
    if (!reads) return no_memory(err);
    for (uint32_t i = 0; i < trace->read_count; i++) {
        reads[i] = list[i];
        reads[i].asked = keep(trace, list[i].asked);
        reads[i].path = keep(trace, list[i].path);
        reads[i].under = keep(trace, list[i].under);
        if (!reads[i].asked || !reads[i].path || !reads[i].under) return no_memory(err);
    }
    trace->reads = reads;
    return ORR_OK;
}

static orr_status keep_script(const orr_script *script, const char *path, orr_trace *trace, orr_error *err) {
    char folder[4096], real[4096], file[4096];
    const orr_sequence *sequence = orr_script_sequence(script);
    const orr_check_spec *check = orr_script_check(script);
    orr_path_folder(folder, sizeof folder, path); /* the file may be a link: its place is where that is */
    orr_path_join(file, sizeof file, orr_path_real(folder, real, sizeof real) ? real : folder,
                  orr_path_name(path));
    trace->script = keep(trace, file);
    if (sequence && !(trace->sequence = keep(trace, sequence->name))) return no_memory(err);
    if (check && check->golden && !(trace->golden = keep(trace, check->golden))) return no_memory(err);
    return trace->script ? ORR_OK : no_memory(err);
}

orr_status orr_trace_run(const orr_cli *cli, orr_engine *engine, const char *path, orr_trace *trace,
                         orr_error *err) {
    orr_script *script = NULL;
    const orr_script_params params = orr_cli_script_params(cli, engine);
    orr_status status = orr_script_create(&params, &script, err);
    if (status == ORR_OK) status = orr_script_run(script, path, err);
    if (status == ORR_OK) status = orr_trace_read_all(engine, script, err);
    if (status == ORR_OK) status = keep_script(script, path, trace, err);
    if (status == ORR_OK) status = keep_sets(cli, trace, err);
    if (status == ORR_OK) status = keep_assets(script, trace, err);
    if (status == ORR_OK) status = keep_reads(engine, trace, err);
    orr_script_destroy(&script);
    return status;
}

/* --- the command ------------------------------------------------------------------------------ */

/* A line for each file; one that was asked for in two ways is still one. */
static void list_files(const orr_trace *trace, orr_text *out) {
    for (uint32_t i = 0; i < trace->read_count; i++) {
        const orr_read *read = &trace->reads[i], *before = i ? read - 1 : NULL;
        char hex[65];
        if (before && before->kind == read->kind && !strcmp(before->path, read->path) &&
            orr_digest_equal(&before->digest, &read->digest))
            continue;
        orr_digest_hex(&read->digest, hex);
        orr_text_printf(out, "%-7s %12llu  %s  %s\n", orr_read_kind_name(read->kind),
                        (unsigned long long)read->size_bytes, hex, read->path);
    }
}

int orr_cmd_bundle_trace(orr_cli *cli) {
    orr_engine *engine = NULL;
    orr_trace trace = {0};
    orr_error err = {0};
    orr_text text = {0};
    orr_status status = orr_cli_engine(cli, &engine, &err);
    if (status == ORR_OK) status = orr_trace_run(cli, engine, cli->words[0], &trace, &err);
    if (status == ORR_OK && cli->json)
        orr_trace_print(&trace, &text);
    else if (status == ORR_OK)
        list_files(&trace, &text);
    if (status == ORR_OK && text.failed) status = no_memory(&err);
    if (status == ORR_OK && cli->out)
        status = orr_file_write(cli->out, orr_text_cstr(&text), text.length, &err);
    else if (status == ORR_OK)
        orr_cli_print(&text);
    orr_text_free(&text);
    orr_arena_free(&trace.arena);
    if (engine) orr_engine_destroy(&engine);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}
