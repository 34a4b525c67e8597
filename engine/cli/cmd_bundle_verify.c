/* orrery bundle verify: digests, signature, SPIR-V, goldens. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/bundle.h"
#include "cli/check_scene.h"

enum { MAX_SPIRV_BYTES = 16 << 20 };

/* What was found, for people and for programs. */
typedef struct findings {
    orr_text text, modules, entries;
    uint32_t files, module_count, entry_count;
    const char *signature;
    bool failed; /* a golden differs */
} findings;

/* --- modules ---------------------------------------------------------------------------------- */

typedef struct spirv_context {
    const orr_opened *o;
    const char *module;
    uint32_t equal, other; /* shader variants whose SPIR-V is inside, and the rest */
} spirv_context;

static orr_status compare_spirv(void *context, const orr_shader_ref *ref, const orr_gpu_shader *shader,
                                orr_error *err) {
    spirv_context *c = context;
    char name[600];
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status = orr_bundle_spirv_name(c->o->engine, ref, c->module, name, sizeof name, err);
    if (status != ORR_OK) return status;
    if (orr_vfs_exists(orr_engine_vfs(c->o->engine), name) != ORR_VFS_FILE) {
        c->other++;
        return ORR_OK;
    }
    status = orr_bundle_read(c->o->bundle, name, MAX_SPIRV_BYTES, &data, &size, err);
    if (status == ORR_OK && (size != shader->spirv_bytes || memcmp(data, shader->spirv, size) != 0))
        status = orr_fail(err, ORR_E_BAD_DATA, name, "'%s' is not what its GLSL compiles to", name);
    free(data);
    c->equal += status == ORR_OK;
    return status;
}

/* The modules of the bundle compile, and the SPIR-V that travels with them is theirs. Its name has the digest
 * of the whole source and the compiler, so that of another compiler or engine is not looked at. */
static orr_status verify_modules(const orr_opened *o, findings *found, orr_error *err) {
    orr_modules *modules = orr_engine_modules(o->engine);
    for (uint32_t i = 0; i < orr_modules_count(modules); i++) {
        const orr_effect *effect = orr_modules_get(modules, i);
        if (!orr_vfs_inside(effect->folder)) continue;
        spirv_context c = {o, effect->module.name, 0, 0};
        orr_status status =
            orr_module_shaders(orr_engine_shaders(o->engine), effect, true, compare_spirv, &c, err);
        if (status != ORR_OK) return status;
        orr_text_printf(
            &found->text, "module %s: SPIR-V is that of its GLSL for %u of %u shader variants%s\n", c.module,
            c.equal, c.equal + c.other,
            c.other ? "; the others were made by another compiler or engine, and are not used" : "");
        orr_text_puts(&found->modules, found->module_count++ ? ", {\"name\": " : "{\"name\": ");
        orr_text_json_string(&found->modules, c.module);
        orr_text_printf(&found->modules, ", \"variants\": %u, \"equal\": %u}", c.equal + c.other, c.equal);
    }
    return ORR_OK;
}

/* --- goldens ---------------------------------------------------------------------------------- */

/* A golden inside the bundle. */
typedef struct golden_place {
    const orr_bundle *bundle;
    char folder[1024];
} golden_place;

static orr_status read_golden(void *context, const char *name, uint8_t **data, size_t *size, orr_error *err) {
    const golden_place *place = context;
    char path[1400];
    orr_path_join(path, sizeof path, place->folder, name);
    return orr_bundle_read(place->bundle, path, ORR_GOLDEN_MAX_BYTES, data, size, err);
}

static void note_entry(findings *found, const char *script, const char *verdict, const char *message) {
    orr_text_printf(&found->text, "entry %s: %s%s%s\n", script, verdict, *message ? ": " : "", message);
    orr_text_puts(&found->entries, found->entry_count++ ? ", {\"script\": " : "{\"script\": ");
    orr_text_json_string(&found->entries, script);
    orr_cli_json_text(&found->entries, "verdict", verdict);
    orr_cli_json_text(&found->entries, "message", message);
    orr_text_puts(&found->entries, "}");
}

/* Renders what the script's check asks for, and judges it as `orrery check` does. */
static orr_status check_entry(const orr_opened *o, const char *name, orr_script *script, golden_place *place,
                              findings *found, orr_error *err) {
    char fingerprint[65];
    orr_check_result result = {0};
    const orr_golden_source golden = {read_golden, place};
    const orr_check_scene_params params = {.engine = o->engine,
                                           .script = script,
                                           .golden = &golden,
                                           .folder = "",
                                           .fingerprint = fingerprint,
                                           .stop = orr_cli_stop()};
    orr_status status = orr_cli_fingerprint(o->engine, fingerprint, err);
    if (status == ORR_OK) status = orr_check_scene(&params, &result, err);
    if (status == ORR_OK) {
        note_entry(found, name, orr_verdict_name(result.verdict), result.message ? result.message : "");
        if (result.diverging_pass)
            orr_text_printf(&found->text, "  first to differ: pass '%s'\n", result.diverging_pass);
        found->failed = found->failed || orr_verdict_is_failure(result.verdict);
    }
    orr_check_result_free(&result);
    return status;
}

static orr_status verify_entry(const orr_cli *cli, const orr_opened *o, const orr_bundle_entry *entry,
                               findings *found, orr_error *err) {
    orr_running run = {0};
    golden_place place = {.bundle = o->bundle};
    char folder[512];
    bool inside = false;
    orr_status status = orr_opened_run(cli, o, entry, &run, err);
    const orr_check_spec *check = status == ORR_OK ? orr_script_check(run.script) : NULL;
    if (check && check->golden) {
        orr_path_folder(folder, sizeof folder, entry->script);
        orr_path_join(place.folder, sizeof place.folder, strcmp(folder, ".") ? folder : "", check->golden);
        inside = orr_vfs_exists(orr_engine_vfs(o->engine), place.folder) == ORR_VFS_FOLDER;
    }
    if (status == ORR_OK && !inside) status = orr_trace_read_all(o->engine, run.script, err);
    if (inside)
        status = check_entry(o, entry->script, run.script, &place, found, err);
    else if (status == ORR_OK)
        note_entry(found, entry->script, "runs", "no golden is inside to compare it with");
    orr_running_end(&run);
    return status;
}

/* --- the whole -------------------------------------------------------------------------------- */

static void note_digests(const orr_cli *cli, const orr_bundle *bundle, findings *found) {
    bool is_signed = orr_bundle_is_signed(bundle);
    found->files = orr_bundle_get_manifest(bundle)->file_count;
    found->signature = cli->key ? "checked" : is_signed ? "not checked" : "none";
    orr_text_printf(&found->text, "%u file%s: all as the manifest says\nsignature: %s\n", found->files,
                    found->files == 1 ? "" : "s",
                    cli->key    ? "of this key"
                    : is_signed ? "there is one; --key FILE.pub checks whose"
                                : "none");
}

/* No engine: it takes no device and no script to compare digests. */
static orr_status verify_digests(const orr_cli *cli, findings *found, orr_error *err) {
    orr_bundle *bundle = NULL;
    orr_jobs *jobs = NULL;
    const orr_jobs_params threads = {.threads = cli->threads ? cli->threads : orr_cpu_count()};
    orr_status status = orr_jobs_create(&threads, &jobs, err);
    if (status == ORR_OK) status = orr_bundle_open(cli->words[0], &bundle, err);
    if (status == ORR_OK) status = orr_bundle_verify(bundle, cli->key, jobs, err);
    if (status == ORR_OK) note_digests(cli, bundle, found);
    orr_bundle_close(&bundle);
    if (jobs) orr_jobs_destroy(&jobs);
    return status;
}

static orr_status verify_all(const orr_cli *cli, orr_opened *o, findings *found, orr_error *err) {
    const orr_bundle_entry *only = NULL;
    orr_status status = orr_opened_bundle(cli, o, err);
    if (status != ORR_OK) return status;
    note_digests(cli, o->bundle, found);
    const orr_bundle_manifest *m = orr_bundle_get_manifest(o->bundle);
    if (cli->entry) status = orr_bundle_find_entry(o->bundle, cli->entry, &only, err);
    if (status == ORR_OK) status = verify_modules(o, found, err);
    for (uint32_t i = 0; i < m->entry_count && status == ORR_OK; i++)
        if (!only || only == &m->entries[i]) status = verify_entry(cli, o, &m->entries[i], found, err);
    return status;
}

static void say(const orr_cli *cli, findings *found) {
    orr_text json = {0};
    if (cli->json) {
        orr_text_printf(
            &json, "{\"files\": %u, \"signature\": \"%s\", \"modules\": [%s], \"entries\": [%s]}\n",
            found->files, found->signature, orr_text_cstr(&found->modules), orr_text_cstr(&found->entries));
        orr_cli_print(&json);
    } else if (!cli->quiet) {
        orr_cli_print(&found->text);
    }
}

int orr_cmd_bundle_verify(orr_cli *cli) {
    orr_opened o = {0};
    findings found = {0};
    orr_error err = {0};
    orr_status status =
        cli->no_render ? verify_digests(cli, &found, &err) : verify_all(cli, &o, &found, &err);
    if (status == ORR_OK) say(cli, &found);
    orr_text_free(&found.text);
    orr_text_free(&found.modules);
    orr_text_free(&found.entries);
    orr_opened_close(&o);
    if (status != ORR_OK) return orr_cli_fail(cli, &err);
    return found.failed ? 1 : 0;
}
