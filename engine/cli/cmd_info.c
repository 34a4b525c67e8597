/* orrery info, modules, params, version, api, completion, build-shaders: questions about the engine
 * itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/platform/sandbox.h"
#include "cli/cli.h"

/* --- info ---------------------------------------------------------------------------------------- */

static const char *const kinds[] = {"other", "cpu", "virtual", "integrated", "discrete"};

/* A folder of the cache. */
typedef struct cache {
    const char *name, *holds;
    uint32_t files;
    uint64_t bytes;
} cache;

typedef struct facts {
    orr_gpu_device_info *devices;
    uint32_t device_count;
    const orr_gpu_device_info *chosen;
    orr_gpu_memory_stats memory;
    const orr_gpu_limits *limits;
    cache caches[2];
    char fingerprint[65], problem[1024];
} facts;

static void count_cache(const char *root, cache *c) {
    char folder[1200], path[1500], **names = NULL;
    size_t count = 0;
    orr_path_join(folder, sizeof folder, root, c->name);
    if (!root[0] || orr_folder_list(folder, &names, &count, NULL) != ORR_OK) return;
    for (size_t i = 0; i < count; i++) {
        uint8_t *data = NULL;
        size_t size = 0;
        orr_path_join(path, sizeof path, folder, names[i]);
        if (orr_file_read(path, 1 << 30, &data, &size, NULL) != ORR_OK) continue;
        free(data);
        c->files++;
        c->bytes += size;
    }
    orr_names_free(&names, count);
}

static orr_status gather(orr_engine *engine, facts *f, orr_error *err) {
    orr_gpu *gpu = NULL;
    orr_error problem = {0};
    orr_status status = orr_gpu_list(&f->devices, &f->device_count, err);
    if (status != ORR_OK) return status;
    f->caches[0] = (cache){.name = "shaders", .holds = "SPIR-V"};
    f->caches[1] = (cache){.name = "pipelines", .holds = "pipeline caches"};
    for (int i = 0; i < 2; i++) count_cache(orr_engine_cache_folder(engine), &f->caches[i]);
    if (orr_engine_gpu(engine, &gpu, &problem) != ORR_OK) { /* to say so is what `info` is for */
        orr_format(f->problem, sizeof f->problem, "%s", problem.message);
        return ORR_OK;
    }
    f->chosen = orr_gpu_device(gpu);
    f->limits = orr_gpu_get_limits(gpu);
    orr_gpu_memory(gpu, &f->memory);
    return orr_cli_fingerprint(engine, f->fingerprint, err);
}

/* What a device has and can, one row each: --json and the text are made of it. */
typedef struct limit {
    const char *name, *doc;
    uint64_t value;
    bool feature; /* yes or no */
} limit;
enum { LIMIT_COUNT = 11 };

static void list_limits(const orr_gpu_limits *l, limit rows[LIMIT_COUNT]) {
    const limit all[LIMIT_COUNT] = {
        {"max_image_side", "pixels of a side of an image", l->max_image_side, false},
        {"max_layers", "layers of an image", l->max_layers, false},
        {"max_texel_buffer_elements", "texels of a buffer", l->max_texel_buffer_elements, false},
        {"max_storage_bytes", "bytes of a storage buffer", l->max_storage_bytes, false},
        {"max_workgroup_invocations", "invocations of a workgroup", l->max_workgroup_invocations, false},
        {"subgroup_size", "invocations of a subgroup", l->subgroup_size, false},
        {"timestamp_bits", "bits of a timestamp; 0 = passes are not timed", l->timestamp_bits, false},
        {"primitive_id", "triangles known by number", l->primitive_id, true},
        {"depth_clamp", "depth clamped: shadows of what lies outside the light's range", l->depth_clamp,
         true},
        {"push_descriptors", "descriptors without pools", l->push_descriptors, true},
        {"unified_memory", "one memory for device and host", l->unified_memory, true},
    };
    memcpy(rows, all, sizeof all);
}

static void limits_text(const orr_gpu_limits *l, orr_text *out) {
    limit rows[LIMIT_COUNT];
    if (!l) return;
    list_limits(l, rows);
    orr_text_puts(out, "  limits and features of the device in use\n");
    for (int i = 0; i < LIMIT_COUNT; i++) {
        char value[24];
        orr_format(value, sizeof value, "%llu", (unsigned long long)rows[i].value);
        orr_text_printf(out, "    %-26s %-12s %s\n", rows[i].name,
                        !rows[i].feature ? value
                        : rows[i].value  ? "yes"
                                         : "no",
                        rows[i].doc);
    }
}

static void limits_json(const facts *f, orr_text *out) {
    limit rows[LIMIT_COUNT];
    if (f->limits) list_limits(f->limits, rows);
    for (int features = 0; features < 2; features++) {
        const char *between = "";
        orr_text_printf(out, ",\n \"%s\": {", features ? "features" : "limits");
        for (int i = 0; f->limits && i < LIMIT_COUNT; i++) {
            if (rows[i].feature != (features == 1)) continue;
            orr_text_printf(out, "%s\"%s\": ", between, rows[i].name);
            if (features)
                orr_text_puts(out, rows[i].value ? "true" : "false");
            else
                orr_text_printf(out, "%llu", (unsigned long long)rows[i].value);
            between = ", ";
        }
        orr_text_puts(out, "}");
    }
    orr_text_puts(out, ",\n \"caches\": {");
    for (int i = 0; i < 2; i++)
        orr_text_printf(out, "%s\"%s\": {\"files\": %u, \"bytes\": %llu}", i ? ", " : "", f->caches[i].name,
                        f->caches[i].files, (unsigned long long)f->caches[i].bytes);
    orr_text_puts(out, "}");
}

static void info_text(const orr_engine *engine, const facts *f, orr_text *out) {
    orr_text_printf(out, "orrery %s\n", orr_version());
    for (uint32_t i = 0; i < f->device_count; i++) {
        const orr_gpu_device_info *d = &f->devices[i];
        bool chosen = f->chosen && strcmp(f->chosen->name, d->name) == 0;
        orr_text_printf(out, "%s device %u: %s, %s, %s, Vulkan %u.%u.%u, %.1f GiB%s%s\n", chosen ? "*" : " ",
                        i, d->name, kinds[d->kind], d->driver, d->vulkan_major, d->vulkan_minor,
                        d->vulkan_patch, (double)d->device_bytes / (1 << 30), d->usable ? "" : "; lacks ",
                        d->usable ? "" : d->missing);
    }
    if (f->problem[0]) orr_text_printf(out, "  no device in use: %s\n", f->problem);
    orr_text_printf(
        out,
        "  processors   %u\n  memory       %.0f MiB resident now\n  root         %s\n  cache        %s\n",
        orr_cpu_count(), (double)orr_rss_bytes() / (1 << 20), orr_engine_root(engine),
        orr_engine_cache_folder(engine)[0] ? orr_engine_cache_folder(engine) : "none");
    for (int i = 0; i < 2; i++)
        orr_text_printf(out, "    %-10s %u files, %.1f KiB of %s\n", f->caches[i].name, f->caches[i].files,
                        (double)f->caches[i].bytes / 1024, f->caches[i].holds);
    orr_text_printf(out, "  sandbox      %s\n",
                    orr_sandbox_name()
                        ? orr_sandbox_name()
                        : "none of the system's: Lua's limits, memory and time (docs/trust.md)");
    limits_text(f->limits, out);
    if (f->fingerprint[0]) orr_text_printf(out, "  fingerprint  %s\n", f->fingerprint);
}

static void info_json(const orr_engine *engine, const facts *f, orr_text *out) {
    orr_text_puts(out, "{\"version\": ");
    orr_text_json_string(out, orr_version());
    orr_text_puts(out, ", \"devices\": [");
    for (uint32_t i = 0; i < f->device_count; i++) {
        const orr_gpu_device_info *d = &f->devices[i];
        orr_text_printf(out, "%s\n  {\"index\": %u, \"name\": ", i ? "," : "", i);
        orr_text_json_string(out, d->name);
        orr_text_printf(out, ", \"kind\": \"%s\", \"driver\": ", kinds[d->kind]);
        orr_text_json_string(out, d->driver);
        orr_text_printf(out,
                        ", \"vulkan\": \"%u.%u.%u\", \"device_bytes\": %llu, \"usable\": %s, \"missing\": ",
                        d->vulkan_major, d->vulkan_minor, d->vulkan_patch,
                        (unsigned long long)d->device_bytes, d->usable ? "true" : "false");
        orr_text_json_string(out, d->missing);
        orr_text_puts(out, "}");
    }
    orr_text_puts(out, "],\n \"device\": ");
    if (f->chosen)
        orr_text_json_string(out, f->chosen->name);
    else
        orr_text_puts(out, "null");
    orr_text_printf(
        out, ", \"gpu_allocated_bytes\": %llu, \"processors\": %u, \"rss_bytes\": %llu, \"root\": ",
        (unsigned long long)f->memory.allocated_bytes, orr_cpu_count(), (unsigned long long)orr_rss_bytes());
    orr_text_json_string(out, orr_engine_root(engine));
    orr_text_puts(out, ", \"cache\": ");
    orr_text_json_string(out, orr_engine_cache_folder(engine));
    orr_cli_json_text(out, "sandbox", orr_sandbox_name());
    limits_json(f, out);
    orr_text_puts(out, ", \"fingerprint\": ");
    if (f->fingerprint[0])
        orr_text_json_string(out, f->fingerprint);
    else
        orr_text_puts(out, "null");
    orr_text_puts(out, "}\n");
}

int orr_cmd_info(orr_cli *cli) {
    orr_engine *engine = NULL;
    orr_error err = {0};
    orr_text text = {0};
    facts f = {0};
    orr_status status = orr_cli_engine(cli, &engine, &err);
    if (status == ORR_OK) status = gather(engine, &f, &err);
    if (status == ORR_OK) (cli->json ? info_json : info_text)(engine, &f, &text);
    orr_cli_print(&text);
    free(f.devices);
    if (engine) orr_engine_destroy(&engine);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}

/* --- modules ------------------------------------------------------------------------------------- */

void orr_cli_json_text(orr_text *out, const char *name, const char *value) {
    orr_text_printf(out, ", \"%s\": ", name);
    if (value)
        orr_text_json_string(out, value);
    else
        orr_text_puts(out, "null");
}

void orr_cli_json_params(orr_text *out, const orr_param_table *table) {
    orr_text_puts(out, "[");
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        orr_text_puts(out, i ? ",\n    {\"name\": " : "\n    {\"name\": ");
        orr_text_json_string(out, row.name);
        orr_cli_json_text(out, "type", orr_param_type_name(row.type));
        orr_cli_json_text(out, "def", row.def);
        orr_cli_json_text(out, "min", row.min);
        orr_cli_json_text(out, "max", row.max);
        orr_cli_json_text(out, "neutral", row.neutral);
        orr_cli_json_text(out, "choices", row.choices);
        orr_cli_json_text(out, "used_when", row.used_when);
        orr_cli_json_text(out, "doc", row.doc);
        orr_text_puts(out, "}");
    }
    orr_text_puts(out, "]");
}

static void module_json(const orr_effect *effect, orr_text *out) {
    orr_text_puts(out, "{\"name\": ");
    orr_text_json_string(out, effect->module.name);
    orr_cli_json_text(out, "version", effect->module.version);
    orr_cli_json_text(out, "role", effect->module.role);
    orr_cli_json_text(out, "folder", effect->folder);
    orr_cli_json_text(out, "doc", effect->module.doc);
    orr_text_puts(out, ", \"params\": ");
    orr_cli_json_params(out, &effect->table);
    orr_text_puts(out, "}");
}

int orr_cmd_modules(orr_cli *cli) {
    orr_engine *engine = NULL;
    orr_error err = {0};
    orr_text text = {0};
    if (orr_cli_engine(cli, &engine, &err) != ORR_OK) return orr_cli_fail(cli, &err);
    const orr_modules *modules = orr_engine_modules(engine);
    if (cli->json) orr_text_puts(&text, "[");
    for (uint32_t i = 0; i < orr_modules_count(modules); i++) {
        const orr_effect *effect = orr_modules_get(modules, i);
        const orr_module_desc *m = &effect->module;
        if (cli->json) {
            orr_text_puts(&text, i ? ",\n  " : "\n  ");
            module_json(effect, &text);
        } else if (cli->names) {
            orr_text_printf(&text, "%s\n", m->name);
        } else {
            orr_text_printf(&text, "%-12s %-8s %s%s%s%s\n", m->name, m->version, m->doc,
                            m->role ? " (always one " : "", m->role ? m->role : "", m->role ? ")" : "");
        }
    }
    if (cli->json) orr_text_puts(&text, "\n]\n");
    orr_cli_print(&text);
    orr_engine_destroy(&engine);
    return 0;
}

/* --- params -------------------------------------------------------------------------------------- */

static void param_line(const orr_cli *cli, orr_text *out, bool *first, const char *name,
                       const orr_param_row *row, const orr_param_value *value, orr_value_source source,
                       const char *preset, bool animated) {
    orr_text text = {0}, from = {0};
    orr_param_format(row, value, &text);
    orr_text_printf(&from, "%s%s%s", preset ? "preset " : orr_value_source_name(source), preset ? preset : "",
                    animated ? " (animated)" : "");
    if (cli->json) {
        orr_text_puts(out, *first ? "\n  {\"name\": " : ",\n  {\"name\": ");
        orr_text_json_string(out, name);
        orr_cli_json_text(out, "value", orr_text_cstr(&text));
        orr_cli_json_text(out, "from", orr_text_cstr(&from));
        orr_cli_json_text(out, "type", orr_param_type_name(row->type));
        orr_cli_json_text(out, "doc", row->doc);
        orr_text_puts(out, "}");
    } else {
        orr_text_printf(out, "%-32s %-20s %-12s %s\n", name, orr_text_cstr(&text), orr_text_cstr(&from),
                        row->doc);
    }
    *first = false;
    orr_text_free(&from);
    orr_text_free(&text);
}

static void effect_lines(const orr_cli *cli, const orr_effect_settings *e, orr_text *out, bool *first) {
    char name[200];
    orr_param_row enable = {.name = "enable", .type = ORR_PARAM_BOOL, .doc = e->effect->module.doc};
    orr_param_value on = {.type = ORR_PARAM_BOOL, .number = {e->enabled}};
    orr_format(name, sizeof name, "%s.enable", e->effect->module.name);
    param_line(cli, out, first, name, &enable, &on, e->enabled_by, e->enabled_preset, false);
    for (uint32_t i = 0; i < e->effect->table.count; i++) {
        orr_param_row row;
        orr_param_row_get(&e->effect->table, i, &row);
        orr_format(name, sizeof name, "%s.%s", e->effect->module.name, row.name);
        param_line(cli, out, first, name, &row, &e->values[i], e->sources[i], e->presets[i], e->animated[i]);
    }
}

static orr_status unknown_module(const orr_modules *modules, const char *name, orr_error *err) {
    orr_settings *settings = NULL; /* whose messages know the nearest name, and why a module did not load */
    orr_status status = orr_settings_create(modules, &settings, err);
    if (status == ORR_OK) status = orr_settings_enable(settings, name, true, ORR_FROM_CLI, err);
    orr_settings_destroy(&settings);
    if (err) err->code = ORR_E_USAGE;
    return ORR_E_USAGE;
}

static orr_status list_params(const orr_cli *cli, orr_engine *engine, orr_script **script, orr_text *out,
                              orr_error *err) {
    const orr_modules *modules = orr_engine_modules(engine);
    orr_settings *own = NULL;
    orr_status status = ORR_OK;
    const char *only = cli->word_count ? cli->words[0] : NULL;
    if (only && orr_modules_find(modules, only) < 0) return unknown_module(modules, only, err);
    orr_cli without = *cli; /* the word is a module, not the script's */
    without.word_count = 0;
    if (cli->script) status = orr_cli_script(&without, engine, cli->script, script, err);
    if (status != ORR_OK) return status;
    bool first = true;
    const orr_param_table *table = *script ? orr_script_param_table(*script) : NULL;
    for (uint32_t i = 0; table && !only && i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        param_line(cli, out, &first, row.name, &row, orr_script_param_value(*script, i),
                   orr_script_param_source(*script, i), orr_script_param_preset(*script, i), false);
    }
    const orr_settings *settings = *script ? orr_script_settings(*script) : NULL;
    if (!settings) {
        status = orr_settings_create(modules, &own, err);
        if (status == ORR_OK)
            status = orr_overlays_apply(engine, cli->overlays, cli->overlay_count, own, err);
        settings = own;
    }
    for (uint32_t i = 0; status == ORR_OK && i < settings->effect_count; i++)
        if (!only || strcmp(settings->effects[i].effect->module.name, only) == 0)
            effect_lines(cli, &settings->effects[i], out, &first);
    orr_settings_destroy(&own);
    return status;
}

int orr_cmd_params(orr_cli *cli) {
    orr_engine *engine = NULL;
    orr_script *script = NULL;
    orr_error err = {0};
    orr_text text = {0};
    orr_status status = orr_cli_engine(cli, &engine, &err);
    if (cli->json) orr_text_puts(&text, "[");
    if (status == ORR_OK) status = list_params(cli, engine, &script, &text, &err);
    if (cli->json) orr_text_puts(&text, "\n]\n");
    if (status == ORR_OK)
        orr_cli_print(&text);
    else
        orr_text_free(&text);
    orr_script_destroy(&script);
    if (engine) orr_engine_destroy(&engine);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}

/* --- without an engine --------------------------------------------------------------------------- */

int orr_cmd_version(orr_cli *cli) {
    orr_text text = {0};
    orr_text_printf(&text, cli->json ? "{\"orrery\": \"%s\"}\n" : "orrery %s\n", orr_version());
    orr_cli_print(&text);
    return 0;
}

int orr_cmd_api(orr_cli *cli) {
    orr_text text = {0};
    if (cli->stubs)
        orr_api_stubs(&text);
    else if (cli->markdown)
        orr_api_markdown(&text);
    else
        orr_api_json(&text);
    if (!cli->out) {
        orr_cli_print(&text);
        return 0;
    }
    orr_error err = {0};
    orr_status status = orr_file_write(cli->out, orr_text_cstr(&text), text.length, &err);
    orr_text_free(&text);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}

int orr_cmd_completion(orr_cli *cli) {
    orr_error err = {0};
    orr_text text = {0};
    if (strcmp(cli->words[0], "bash") != 0) {
        orr_fail(&err, ORR_E_USAGE, NULL, "there is completion for bash, not for '%s'", cli->words[0]);
        return orr_cli_fail(cli, &err);
    }
    orr_cli_completion(&text);
    orr_cli_print(&text);
    return 0;
}

int orr_cmd_build_shaders(orr_cli *cli) {
    orr_engine *engine = NULL;
    orr_settings *settings = NULL;
    orr_error err = {0};
    uint32_t count = 0;
    orr_status status =
        cli->out ? ORR_OK : orr_fail(&err, ORR_E_USAGE, NULL, "usage: orrery build-shaders --out FOLDER");
    if (status == ORR_OK) status = orr_cli_engine(cli, &engine, &err);
    if (status == ORR_OK) status = orr_settings_create(orr_engine_modules(engine), &settings, &err);
    if (status == ORR_OK)
        status = orr_renderer_build_shaders(orr_engine_shaders(engine), settings, cli->out, &count, &err);
    if (status == ORR_OK && !cli->quiet) printf("%u shaders in %s\n", count, cli->out);
    orr_settings_destroy(&settings);
    if (engine) orr_engine_destroy(&engine);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}
