/* orrery bundle render, and the running of a bundle's scripts. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/bundle.h"

enum { FRAME_TIMEOUT_S = 600 };

/* --- opening ---------------------------------------------------------------------------------- */

static orr_status fail_entry(const orr_bundle *bundle, const char *why, orr_error *err) {
    const orr_bundle_manifest *m = orr_bundle_get_manifest(bundle);
    orr_text names = {0};
    for (uint32_t i = 0; i < m->entry_count; i++)
        orr_text_printf(&names, "%s%s", i ? ", " : "", m->entries[i].script);
    orr_fail(err, ORR_E_USAGE, NULL, "%s; '%s' has: %s", why, orr_bundle_path(bundle),
             names.length ? orr_text_cstr(&names) : "none");
    orr_text_free(&names);
    return ORR_E_USAGE;
}

orr_status orr_bundle_find_entry(const orr_bundle *bundle, const char *name, const orr_bundle_entry **out,
                                 orr_error *err) {
    const orr_bundle_manifest *m = orr_bundle_get_manifest(bundle);
    char words[300];
    uint32_t found = 0;
    *out = NULL;
    for (uint32_t i = 0; i < m->entry_count; i++) {
        const char *script = m->entries[i].script;
        if (name && strcmp(script, name) != 0 && strcmp(orr_path_name(script), name) != 0) continue;
        *out = &m->entries[i];
        found++;
        if (name && strcmp(script, name) == 0) return ORR_OK;
    }
    if (found == 1) return ORR_OK;
    if (!name) return fail_entry(bundle, "say with --entry which script to start with", err);
    orr_format(words, sizeof words, found ? "--entry %.200s names several" : "there is no entry '%.200s'",
               name);
    return fail_entry(bundle, words, err);
}

orr_status orr_opened_bundle(const orr_cli *cli, orr_opened *o, orr_error *err) {
    orr_status status = orr_bundle_open(cli->words[0], &o->bundle, err);
    if (status != ORR_OK) return status;
    if (orr_bundle_get_manifest(o->bundle)->base_digest)
        return orr_fail(err, ORR_E_UNSUPPORTED, cli->words[0],
                        "'%s' is a delta: make a whole bundle of it first, with `orrery bundle apply`",
                        cli->words[0]);
    status = orr_cli_engine(cli, &o->engine, err);
    if (status == ORR_OK) status = orr_bundle_verify(o->bundle, cli->key, orr_engine_jobs(o->engine), err);
    if (status == ORR_OK)
        status =
            orr_vfs_mount_bundle(orr_engine_vfs(o->engine), orr_bundle_fd(o->bundle), cli->words[0], "", err);
    return status == ORR_OK ? orr_manifests_load_bundle(o->engine, o->bundle, orr_cli_stop(), err) : status;
}

void orr_opened_close(orr_opened *o) {
    if (o->engine) orr_engine_destroy(&o->engine);
    orr_bundle_close(&o->bundle);
}

/* --- running a script of it ------------------------------------------------------------------- */

/* What the packer set comes first, so that the command line has the last word. */
static orr_status add_sets(const orr_cli *cli, const orr_bundle_entry *entry, orr_arena *arena,
                           orr_script_params *params, orr_error *err) {
    orr_overlay *overlays = ORR_ARENA_NEW(arena, orr_overlay, entry->set_count + cli->overlay_count + 1);
    if (!overlays) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the parameters of the script");
    for (uint32_t i = 0; i < entry->set_count; i++) {
        size_t size = strlen(entry->sets[i].name) + strlen(entry->sets[i].value) + 2;
        char *text = orr_arena_alloc(arena, size, 1);
        if (!text) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the parameters of the script");
        orr_format(text, size, "%s=%s", entry->sets[i].name, entry->sets[i].value);
        overlays[i] = (orr_overlay){ORR_OVERLAY_SET, text};
    }
    if (cli->overlay_count)
        memcpy(overlays + entry->set_count, cli->overlays, cli->overlay_count * sizeof *overlays);
    params->overlays = overlays;
    params->overlay_count = entry->set_count + cli->overlay_count;
    return ORR_OK;
}

orr_status orr_opened_run(const orr_cli *cli, const orr_opened *o, const orr_bundle_entry *entry,
                          orr_running *run, orr_error *err) {
    orr_script_params params = orr_cli_script_params(cli, o->engine);
    params.trust = ORR_TRUST_BUNDLE;
    params.bundle = o->bundle;
    orr_status status = add_sets(cli, entry, &run->arena, &params, err);
    if (status == ORR_OK) status = orr_script_create(&params, &run->script, err);
    return status == ORR_OK ? orr_script_run(run->script, entry->script, err) : status;
}

void orr_running_end(orr_running *run) {
    orr_script_destroy(&run->script);
    orr_arena_free(&run->arena);
}

/* --- render ----------------------------------------------------------------------------------- */

static int render_help(const orr_cli *cli, const orr_bundle_entry *entry, const orr_running *run) {
    orr_text text = {0};
    if (cli->json)
        orr_cli_help_json(cli->command, orr_script_param_table(run->script), &text);
    else
        orr_cli_help_params(run->script, &text);
    for (uint32_t i = 0; !cli->json && i < entry->set_count; i++)
        orr_text_printf(&text, "%s  %s=%s\n",
                        i ? "" : "\nThe bundle itself sets, below any --set of yours:\n", entry->sets[i].name,
                        entry->sets[i].value);
    orr_cli_print(&text);
    return 0;
}

int orr_cmd_bundle_render(orr_cli *cli) {
    orr_opened o = {0};
    orr_running run = {0};
    const orr_bundle_entry *entry = NULL;
    orr_error err = {0};
    char digest[65] = "";
    int code = 0;
    if (cli->frame_timeout_s <= 0)
        cli->frame_timeout_s = FRAME_TIMEOUT_S; /* its shaders are someone else's */
    orr_status status = orr_opened_bundle(cli, &o, &err);
    if (status == ORR_OK) status = orr_bundle_find_entry(o.bundle, cli->entry, &entry, &err);
    if (status == ORR_OK && !cli->help) orr_engine_start_gpu(o.engine);
    if (status == ORR_OK) status = orr_opened_run(cli, &o, entry, &run, &err);
    if (status == ORR_OK) orr_bundle_manifest_digest(o.bundle, digest);
    if (status != ORR_OK)
        code = orr_cli_fail(cli, &err);
    else if (cli->help)
        code = render_help(cli, entry, &run);
    else
        code = orr_cli_render(cli, o.engine, run.script, entry->script, digest);
    orr_running_end(&run);
    orr_opened_close(&o);
    return code;
}
