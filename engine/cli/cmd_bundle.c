/* orrery bundle pack, list, diff, apply, keys. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/bundle.h"

/* --- pack ------------------------------------------------------------------------------------- */

typedef struct packing {
    orr_engine *engine;
    orr_jobs *jobs; /* the engine's, or those of a folder's packing */
    orr_jobs *own_jobs;
    orr_trace trace;
    orr_bundle_sources sources;
    orr_bundle_pack_report report;
} packing;

static orr_status check_usage(const orr_cli *cli, orr_error *err) {
    bool folder = cli->word_count && orr_folder_exists(cli->words[0]);
    if (!cli->out) return orr_fail(err, ORR_E_USAGE, NULL, "name the bundle to write: --out FILE.zip");
    if (!cli->word_count == !cli->from_trace)
        return orr_fail(err, ORR_E_USAGE, NULL,
                        "name a script, a folder, or a trace with --from-trace; one of them");
    if (cli->entry && !folder)
        return orr_fail(err, ORR_E_USAGE, NULL,
                        "--entry is for a folder; a script is its bundle's own entry");
    if (cli->from_trace && cli->overlay_count)
        return orr_fail(err, ORR_E_USAGE, NULL,
                        "--set belongs to `bundle trace`, whose file --from-trace packs");
    for (uint32_t i = 0; i < cli->licence_count; i++) {
        const char *equals = strchr(cli->licences[i], '=');
        if (!equals || equals == cli->licences[i] || !equals[1])
            return orr_fail(err, ORR_E_USAGE, NULL,
                            "--licence %s: write --licence 'PATTERN=WORDS', as in 'content/*=CC0-1.0'",
                            cli->licences[i]);
    }
    return ORR_OK;
}

static orr_status read_trace(const char *path, orr_trace *trace, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status = orr_file_read(path, ORR_TRACE_MAX_BYTES, &data, &size, err);
    if (status == ORR_OK) status = orr_trace_parse((const char *)data, size, path, trace, err);
    free(data);
    return status;
}

/* A folder is packed as it is: no script runs, so there is no engine. */
static orr_status gather_folder(const orr_cli *cli, packing *p, orr_error *err) {
    const orr_jobs_params jobs = {.threads = cli->threads ? cli->threads : orr_cpu_count()};
    orr_status status = orr_jobs_create(&jobs, &p->own_jobs, err);
    p->jobs = p->own_jobs;
    orr_bundle_set *sets = ORR_ARENA_NEW(&p->sources.arena, orr_bundle_set, cli->overlay_count + 1);
    if (status == ORR_OK && !sets) status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a bundle");
    for (uint32_t i = 0; i < cli->overlay_count && status == ORR_OK; i++) {
        const char *text = cli->overlays[i].text, *equals = strchr(text, '=');
        if (!equals || equals == text)
            return orr_fail(err, ORR_E_USAGE, NULL, "--set %s: write --set name=value", text);
        sets[i] =
            (orr_bundle_set){orr_arena_strndup(&p->sources.arena, text, (size_t)(equals - text)), equals + 1};
        if (!sets[i].name) status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a bundle");
    }
    p->sources.sets = sets;
    p->sources.set_count = cli->overlay_count;
    if (status != ORR_OK) return status;
    return orr_bundle_of_folder(cli->words[0], cli->entry, cli->out, &p->sources, err);
}

static orr_status gather(const orr_cli *cli, packing *p, orr_error *err) {
    p->sources.licences = cli->licences;
    p->sources.licence_count = cli->licence_count;
    if (cli->word_count && orr_folder_exists(cli->words[0])) return gather_folder(cli, p, err);
    orr_status status = orr_cli_engine(cli, &p->engine, err);
    if (status != ORR_OK) return status;
    p->jobs = orr_engine_jobs(p->engine);
    status = cli->from_trace ? read_trace(cli->from_trace, &p->trace, err)
                             : orr_trace_run(cli, p->engine, cli->words[0], &p->trace, err);
    return status == ORR_OK ? orr_bundle_of_trace(&p->trace, p->engine, &p->sources, err) : status;
}

static orr_status pack(const orr_cli *cli, packing *p, orr_error *err) {
    orr_status status = check_usage(cli, err);
    if (status == ORR_OK) status = orr_file_probe(cli->out, err); /* nothing is gathered for naught */
    if (status == ORR_OK) status = gather(cli, p, err);
    if (status != ORR_OK) return status;
    const orr_bundle_entry entry = {p->sources.entry, p->sources.sets, p->sources.set_count};
    const orr_bundle_pack_params params = {.sources = p->sources.list,
                                           .source_count = p->sources.count,
                                           .entries = &entry,
                                           .entry_count = 1,
                                           .compress = cli->compress,
                                           .secret_key = cli->sign,
                                           .base = cli->base,
                                           .jobs = p->jobs};
    return orr_bundle_pack(&params, cli->out, &p->report, err);
}

static void say_packed(const orr_cli *cli, const orr_bundle_pack_report *report) {
    orr_text text = {0};
    if (cli->json) {
        orr_text_puts(&text, "{\"bundle\": ");
        orr_text_json_string(&text, cli->out);
        orr_text_printf(&text,
                        ", \"files\": %u, \"content_bytes\": %llu, \"bundle_bytes\": %llu, "
                        "\"manifest_sha256\": \"%s\"}\n",
                        report->file_count, (unsigned long long)report->content_bytes,
                        (unsigned long long)report->bundle_bytes, report->manifest_digest);
    } else if (!cli->quiet) {
        orr_text_printf(&text, "%s: %u file%s, %llu bytes (%llu of content)\n  manifest       sha256 %s\n",
                        cli->out, report->file_count, report->file_count == 1 ? "" : "s",
                        (unsigned long long)report->bundle_bytes, (unsigned long long)report->content_bytes,
                        report->manifest_digest);
    }
    orr_cli_print(&text);
}

int orr_cmd_bundle_pack(orr_cli *cli) {
    packing p = {0};
    orr_error err = {0};
    orr_status status = pack(cli, &p, &err);
    if (status == ORR_OK) say_packed(cli, &p.report);
    orr_bundle_sources_free(&p.sources);
    orr_arena_free(&p.trace.arena);
    if (p.own_jobs) orr_jobs_destroy(&p.own_jobs);
    if (p.engine) orr_engine_destroy(&p.engine);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}

/* --- list ------------------------------------------------------------------------------------------------
 */

static void list_json(const orr_bundle *bundle, orr_text *out) {
    const orr_bundle_manifest *m = orr_bundle_get_manifest(bundle);
    char hex[65];
    orr_bundle_manifest_digest(bundle, hex);
    orr_text_puts(out, "{\"engine\": ");
    orr_text_json_string(out, m->engine_version);
    orr_text_printf(out, ", \"abi\": \"%u.%u\", \"manifest_sha256\": \"%s\", \"signed\": %s", m->abi_major,
                    m->abi_minor, hex, orr_bundle_is_signed(bundle) ? "true" : "false");
    orr_cli_json_text(out, "base", m->base_digest);
    orr_text_puts(out, ",\n \"entries\": [");
    for (uint32_t i = 0; i < m->entry_count; i++) {
        orr_text_puts(out, i ? ",\n  {\"script\": " : "\n  {\"script\": ");
        orr_text_json_string(out, m->entries[i].script);
        orr_text_puts(out, ", \"set\": {");
        for (uint32_t k = 0; k < m->entries[i].set_count; k++) {
            if (k) orr_text_puts(out, ", ");
            orr_text_json_string(out, m->entries[i].sets[k].name);
            orr_text_puts(out, ": ");
            orr_text_json_string(out, m->entries[i].sets[k].value);
        }
        orr_text_puts(out, "}}");
    }
    orr_text_puts(out, "],\n \"removed\": [");
    for (uint32_t i = 0; i < m->removed_count; i++) {
        if (i) orr_text_puts(out, ", ");
        orr_text_json_string(out, m->removed[i]);
    }
    orr_text_puts(out, "],\n \"files\": [");
    for (uint32_t i = 0; i < m->file_count; i++) {
        orr_digest_hex(&m->files[i].digest, hex);
        orr_text_puts(out, i ? ",\n  {\"name\": " : "\n  {\"name\": ");
        orr_text_json_string(out, m->files[i].name);
        orr_text_printf(out, ", \"size_bytes\": %llu, \"sha256\": \"%s\"",
                        (unsigned long long)m->files[i].size_bytes, hex);
        orr_cli_json_text(out, "licence", m->files[i].licence[0] ? m->files[i].licence : NULL);
        orr_text_puts(out, "}");
    }
    orr_text_puts(out, "\n ]}\n");
}

static void put_entry(const orr_bundle_entry *entry, orr_text *out) {
    orr_text_puts(out, entry->script);
    for (uint32_t i = 0; i < entry->set_count; i++)
        orr_text_printf(out, "  %s=%s", entry->sets[i].name, entry->sets[i].value);
}

static void list_text(const orr_bundle *bundle, orr_text *out) {
    const orr_bundle_manifest *m = orr_bundle_get_manifest(bundle);
    char hex[65];
    orr_bundle_manifest_digest(bundle, hex);
    orr_text_printf(out, "packed by     Orrery %s, for modules of ABI %u.%u\n", m->engine_version,
                    m->abi_major, m->abi_minor);
    orr_text_printf(out, "manifest      sha256 %s, %s\n", hex,
                    orr_bundle_is_signed(bundle) ? "signed (check it with `bundle verify --key`)"
                                                 : "not signed");
    if (m->base_digest)
        orr_text_printf(out, "delta over    the bundle with manifest sha256 %s\n", m->base_digest);
    for (uint32_t i = 0; i < m->entry_count; i++) {
        orr_text_puts(out, "entry         ");
        put_entry(&m->entries[i], out);
        orr_text_puts(out, "\n");
    }
    for (uint32_t i = 0; i < m->file_count; i++)
        orr_text_printf(out, "%12llu  %-20s %s\n", (unsigned long long)m->files[i].size_bytes,
                        m->files[i].licence[0] ? m->files[i].licence : "not stated", m->files[i].name);
    for (uint32_t i = 0; i < m->removed_count; i++) orr_text_printf(out, "     removed  %s\n", m->removed[i]);
}

int orr_cmd_bundle_list(orr_cli *cli) {
    orr_bundle *bundle = NULL;
    orr_error err = {0};
    orr_text text = {0};
    orr_status status = orr_bundle_open(cli->words[0], &bundle, &err);
    if (status == ORR_OK && cli->json)
        list_json(bundle, &text);
    else if (status == ORR_OK)
        list_text(bundle, &text);
    orr_cli_print(&text);
    orr_bundle_close(&bundle);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}

/* --- diff ------------------------------------------------------------------------------------------------
 */

static void say_differences(const orr_cli *cli, const orr_bundle_difference *list, uint32_t count,
                            orr_text *out) {
    static const char *const words[] = {"added", "removed", "changed"};
    if (cli->json) orr_text_puts(out, "{\"differences\": [");
    for (uint32_t i = 0; i < count; i++) {
        const orr_bundle_difference *d = &list[i];
        if (!cli->json) {
            orr_text_printf(out, "%-8s %12llu -> %-12llu %s\n", words[d->change],
                            (unsigned long long)d->old_bytes, (unsigned long long)d->new_bytes, d->name);
            continue;
        }
        orr_text_printf(out, "%s\n  {\"change\": \"%s\"", i ? "," : "", words[d->change]);
        orr_cli_json_text(out, "name", d->name);
        orr_text_printf(out, ", \"old_bytes\": %llu, \"new_bytes\": %llu}", (unsigned long long)d->old_bytes,
                        (unsigned long long)d->new_bytes);
    }
    if (cli->json) orr_text_puts(out, "],\n \"entries\": [");
}

/* Entries with what is set for them are in no file. The list of one that lacks them is shorter. */
static void say_entries(const orr_cli *cli, const orr_bundle *a, const orr_bundle *b, orr_text *out) {
    const orr_bundle_manifest *x = orr_bundle_get_manifest(a), *y = orr_bundle_get_manifest(b);
    for (uint32_t i = 0, said = 0; i < x->entry_count || i < y->entry_count; i++) {
        orr_text old = {0}, new = {0};
        if (i < x->entry_count) put_entry(&x->entries[i], &old);
        if (i < y->entry_count) put_entry(&y->entries[i], &new);
        bool same = strcmp(orr_text_cstr(&old), orr_text_cstr(&new)) == 0;
        if (!same && cli->json) {
            orr_text_puts(out, said++ ? ",\n  {\"old\": " : "\n  {\"old\": ");
            orr_text_json_string(out, orr_text_cstr(&old));
            orr_cli_json_text(out, "new", orr_text_cstr(&new));
            orr_text_puts(out, "}");
        } else if (!same) {
            orr_text_printf(out, "entry    %s -> %s\n", old.length ? orr_text_cstr(&old) : "none",
                            new.length ? orr_text_cstr(&new) : "none");
        }
        orr_text_free(&old);
        orr_text_free(&new);
    }
}

int orr_cmd_bundle_diff(orr_cli *cli) {
    orr_bundle *a = NULL, *b = NULL;
    orr_bundle_difference *list = NULL;
    uint32_t count = 0;
    orr_error err = {0};
    orr_text text = {0};
    orr_status status = orr_bundle_open(cli->words[0], &a, &err);
    if (status == ORR_OK) status = orr_bundle_open(cli->words[1], &b, &err);
    if (status == ORR_OK) status = orr_bundle_diff(a, b, &list, &count, &err);
    if (status == ORR_OK) {
        say_differences(cli, list, count, &text);
        say_entries(cli, a, b, &text);
        if (cli->json) orr_text_puts(&text, "]}\n");
    }
    orr_cli_print(&text);
    free(list);
    orr_bundle_close(&a);
    orr_bundle_close(&b);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}

/* --- apply, keys ------------------------------------------------------------------------------------------
 */

int orr_cmd_bundle_apply(orr_cli *cli) {
    orr_bundle *base = NULL, *delta = NULL;
    orr_bundle_pack_report report = {0};
    orr_error err = {0};
    orr_status status =
        cli->out ? ORR_OK : orr_fail(&err, ORR_E_USAGE, NULL, "name the bundle to write: --out FILE.zip");
    if (status == ORR_OK) status = orr_bundle_open(cli->words[0], &base, &err);
    if (status == ORR_OK) status = orr_bundle_open(cli->words[1], &delta, &err);
    if (status == ORR_OK) status = orr_bundle_apply(base, delta, cli->out, &report, &err);
    if (status == ORR_OK) say_packed(cli, &report);
    orr_bundle_close(&base);
    orr_bundle_close(&delta);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}

int orr_cmd_bundle_keys(orr_cli *cli) {
    orr_error err = {0};
    orr_status status = orr_bundle_make_keys(cli->words[0], &err);
    if (status != ORR_OK) return orr_cli_fail(cli, &err);
    orr_text text = {0};
    if (cli->json) {
        char path[4096];
        orr_format(path, sizeof path, "%s.key", cli->words[0]);
        orr_text_puts(&text, "{\"secret\": ");
        orr_text_json_string(&text, path);
        orr_format(path, sizeof path, "%s.pub", cli->words[0]);
        orr_cli_json_text(&text, "public", path);
        orr_text_puts(&text, "}\n");
    } else if (!cli->quiet) {
        orr_text_printf(&text,
                        "%s.key  sign with it, and give it to nobody\n%s.pub  give it to those who verify\n",
                        cli->words[0], cli->words[0]);
    }
    orr_cli_print(&text);
    return 0;
}
