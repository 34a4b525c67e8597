/* What a script read: found by running it, told of as text or JSON, and read back from that. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/bundle.h"

enum { MAX_TRACE_BYTES = 64 << 20, MAX_ROWS = 65536 };

static const char *keep(orr_trace *trace, const char *text) {
    return text ? orr_arena_strdup(&trace->arena, text) : NULL;
}

static orr_status no_memory(orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the list of files read");
}

/* --- by running it ---------------------------------------------------------------------------- */

/* The scene is published, which waits for its assets, and the modules that others wrote are compiled: so all
 * is read that rendering would read. */
static orr_status read_all(orr_engine *engine, const orr_script *script, orr_error *err) {
    const orr_sequence *sequence = orr_script_sequence(script);
    const orr_settings *settings = orr_script_settings(script);
    orr_revision *revision = NULL;
    orr_status status = sequence ? orr_scene_publish(sequence->scene, &revision, err) : ORR_OK;
    if (status == ORR_OK) status = orr_assets_wait_all(orr_engine_assets(engine), err);
    if (revision) orr_revision_release(&revision);
    for (uint32_t i = 0; status == ORR_OK && settings && i < settings->effect_count; i++) {
        const orr_effect *effect = settings->effects[i].effect;
        if (settings->effects[i].enabled && !orr_engine_module_is_own(engine, effect->folder))
            status = orr_module_shaders(orr_engine_shaders(engine), effect, NULL, NULL, err);
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
    char real[4096];
    const orr_sequence *sequence = orr_script_sequence(script);
    const orr_check_spec *check = orr_script_check(script);
    trace->script = keep(trace, orr_path_real(path, real, sizeof real) ? real : path);
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
    if (status == ORR_OK) status = read_all(engine, script, err);
    if (status == ORR_OK) status = keep_script(script, path, trace, err);
    if (status == ORR_OK) status = keep_sets(cli, trace, err);
    if (status == ORR_OK) status = keep_assets(script, trace, err);
    if (status == ORR_OK) status = keep_reads(engine, trace, err);
    orr_script_destroy(&script);
    return status;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void print_sets(orr_text *out, const char *name, const orr_bundle_set *sets, uint32_t count) {
    orr_text_printf(out, ",\n \"%s\": [", name);
    for (uint32_t i = 0; i < count; i++) {
        orr_text_puts(out, i ? ",\n  {\"name\": " : "\n  {\"name\": ");
        orr_text_json_string(out, sets[i].name);
        orr_cli_json_text(out, "value", sets[i].value);
        orr_text_puts(out, "}");
    }
    orr_text_puts(out, "]");
}

void orr_trace_print(const orr_trace *trace, orr_text *out) {
    orr_text_puts(out, "{\"script\": ");
    orr_text_json_string(out, trace->script);
    orr_cli_json_text(out, "sequence", trace->sequence);
    orr_cli_json_text(out, "golden", trace->golden);
    print_sets(out, "sets", trace->sets, trace->set_count);
    print_sets(out, "assets", trace->assets, trace->asset_count);
    orr_text_puts(out, ",\n \"files\": [");
    for (uint32_t i = 0; i < trace->read_count; i++) {
        const orr_read *read = &trace->reads[i];
        char hex[65];
        orr_digest_hex(&read->digest, hex);
        orr_text_printf(out, "%s\n  {\"kind\": \"%s\"", i ? "," : "", orr_read_kind_name(read->kind));
        orr_cli_json_text(out, "path", read->path);
        orr_text_printf(out, ", \"size_bytes\": %llu, \"sha256\": \"%s\"",
                        (unsigned long long)read->size_bytes, hex);
        orr_cli_json_text(out, "asked", read->asked);
        orr_cli_json_text(out, "under", read->under);
        orr_text_puts(out, "}");
    }
    orr_text_puts(out, "\n ]}\n");
}

typedef struct reader {
    orr_trace *trace;
    const char *name;
    orr_error *err;
    orr_status status;
} reader;

static void wrong(reader *r, const char *what, const char *why) {
    if (r->status == ORR_OK)
        r->status =
            orr_fail(r->err, ORR_E_BAD_DATA, r->name,
                     "%s: %s %s: this is not what `orrery bundle trace --json` writes", r->name, what, why);
}

/* An object with these keys, all of them and no more. */
static bool has_keys(reader *r, const json_t *object, const char *what, const char *const *keys) {
    size_t count = 0;
    for (; keys[count]; count++)
        if (!json_object_get(object, keys[count])) wrong(r, what, "lacks a key");
    if (!json_is_object(object) || json_object_size(object) != count) wrong(r, what, "has other keys");
    return r->status == ORR_OK;
}

static const char *text_of(reader *r, const json_t *object, const char *key, bool optional) {
    const json_t *value = json_object_get(object, key);
    if (optional && json_is_null(value)) return NULL;
    const char *text = json_string_value(value);
    if (!text || strlen(text) != json_string_length(value)) wrong(r, key, "is no text");
    const char *kept = text ? keep(r->trace, text) : NULL;
    if (text && !kept && r->status == ORR_OK) r->status = no_memory(r->err);
    return kept;
}

static size_t rows_of(reader *r, const json_t *object, const char *key) {
    const json_t *array = json_object_get(object, key);
    if (!json_is_array(array) || json_array_size(array) > MAX_ROWS)
        wrong(r, key, "is no list of at most 65536");
    return r->status == ORR_OK ? json_array_size(array) : 0;
}

static const orr_bundle_set *sets_of(reader *r, const json_t *object, const char *key, uint32_t *count) {
    static const char *const keys[] = {"name", "value", NULL};
    size_t rows = rows_of(r, object, key);
    orr_bundle_set *sets = ORR_ARENA_NEW(&r->trace->arena, orr_bundle_set, rows + 1);
    for (size_t i = 0; sets && i < rows; i++) {
        const json_t *row = json_array_get(json_object_get(object, key), i);
        if (!has_keys(r, row, key, keys)) break;
        sets[i] = (orr_bundle_set){text_of(r, row, "name", false), text_of(r, row, "value", false)};
    }
    if (!sets && r->status == ORR_OK) r->status = no_memory(r->err);
    *count = (uint32_t)rows;
    return sets;
}

static bool parse_digest(const char *hex, orr_digest *digest) {
    if (!hex || strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64) return false;
    for (int i = 0; i < 32; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        digest->bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

static void read_file(reader *r, const json_t *row, orr_read *read) {
    static const char *const keys[] = {"kind", "path", "size_bytes", "sha256", "asked", "under", NULL};
    if (!has_keys(r, row, "files", keys)) return;
    const char *kind = text_of(r, row, "kind", false);
    bool known = false;
    for (int k = ORR_READ_SCRIPT; kind && k <= ORR_READ_OTHER; k++) {
        if (strcmp(orr_read_kind_name((orr_read_kind)k), kind) != 0) continue;
        read->kind = (orr_read_kind)k;
        known = true;
    }
    if (!known) wrong(r, "kind", "is none that there is");
    read->path = text_of(r, row, "path", false);
    read->asked = text_of(r, row, "asked", false);
    read->under = text_of(r, row, "under", false);
    json_int_t size = json_integer_value(json_object_get(row, "size_bytes"));
    if (!json_is_integer(json_object_get(row, "size_bytes")) || size < 0)
        wrong(r, "size_bytes", "is no size");
    read->size_bytes = (uint64_t)size;
    if (!parse_digest(text_of(r, row, "sha256", false), &read->digest)) wrong(r, "sha256", "is no digest");
}

static void read_trace(reader *r, const json_t *root) {
    static const char *const keys[] = {"script", "sequence", "golden", "sets", "assets", "files", NULL};
    orr_trace *trace = r->trace;
    if (!has_keys(r, root, "the object", keys)) return;
    trace->script = text_of(r, root, "script", false);
    trace->sequence = text_of(r, root, "sequence", true);
    trace->golden = text_of(r, root, "golden", true);
    trace->sets = sets_of(r, root, "sets", &trace->set_count);
    trace->assets = sets_of(r, root, "assets", &trace->asset_count);
    size_t rows = rows_of(r, root, "files");
    orr_read *reads = ORR_ARENA_NEW(&trace->arena, orr_read, rows + 1);
    if (!reads && r->status == ORR_OK) r->status = no_memory(r->err);
    for (size_t i = 0; i < rows && r->status == ORR_OK; i++)
        read_file(r, json_array_get(json_object_get(root, "files"), i), &reads[i]);
    trace->reads = reads;
    trace->read_count = (uint32_t)rows;
}

orr_status orr_trace_parse(const char *text, size_t size, const char *name, orr_trace *trace,
                           orr_error *err) {
    json_error_t problem;
    if (size > MAX_TRACE_BYTES)
        return orr_fail(err, ORR_E_LIMIT, name, "%s: a trace of %zu bytes; %d are accepted", name, size,
                        MAX_TRACE_BYTES);
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
    if (!root) return orr_fail(err, ORR_E_BAD_DATA, name, "%s:%d: %s", name, problem.line, problem.text);
    reader r = {trace, name, err, ORR_OK};
    read_trace(&r, root);
    json_decref(root);
    return r.status;
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
