/* orrery render and orrery run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/cli.h"
#include "render/gizmos.h"

/* --- the parameters of a script, for --help ------------------------------------------------------ */

void orr_cli_help_params(const orr_script *script, orr_text *out) {
    const orr_param_table *table = orr_script_param_table(script);
    if (!table->count) {
        orr_text_puts(out, "\nThe script has no parameters.\n");
        return;
    }
    orr_text_puts(out, "\nParameters of the script, for --set:\n");
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        char name[160];
        orr_param_row_get(table, i, &row);
        orr_format(name, sizeof name, "%s=%s", row.name,
                   row.flags & ORR_PARAM_REQUIRED ? "…"
                   : row.def && row.def[0]        ? row.def
                                                  : "\"\"");
        orr_text_printf(out, "  %-26s %s (%s", name, row.doc,
                        row.choices ? row.choices : orr_param_type_name(row.type));
        if (row.min || row.max)
            orr_text_printf(out, ", %s to %s", row.min ? row.min : "…", row.max ? row.max : "…");
        orr_text_puts(out, row.flags & ORR_PARAM_REQUIRED ? ", required)\n" : ")\n");
    }
}

static int script_help(orr_cli *cli) {
    orr_engine *engine = NULL;
    orr_script *script = NULL;
    orr_error err = {0};
    orr_text text = {0};
    orr_status status = orr_cli_engine(cli, &engine, &err);
    if (status == ORR_OK) status = orr_cli_script(cli, engine, cli->words[0], &script, &err);
    if (status == ORR_OK && cli->json)
        orr_cli_help_json(cli->command, orr_script_param_table(script), &text);
    else if (status == ORR_OK)
        orr_cli_help_params(script, &text);
    orr_cli_print(&text);
    orr_script_destroy(&script);
    if (engine) orr_engine_destroy(&engine);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}

/* --- render -------------------------------------------------------------------------------------- */

typedef struct job {
    orr_engine *engine;
    const orr_script *script;
    const char *inputs; /* as of orr_cli_render */
    orr_renderer *renderer;
    int64_t *frames;
    uint32_t gizmos;
    orr_sequence_options options;
    orr_sequence_report report;
    orr_bar bar;
    char out[512], sheet[512], digest[65];
} job;

/* Where files go when nobody says: out/<name>_####.png, and a contact sheet of all frames beside them. */
static void choose_outputs(const orr_cli *cli, const orr_sequence *sequence, job *j) {
    orr_sequence_options *o = &j->options;
    o->out = cli->out;
    o->contact_sheet = cli->contact_sheet;
    if (cli->out) return;
    orr_format(j->out, sizeof j->out, "out/%s_####.%s", sequence->name, cli->aovs ? "exr" : "png");
    o->out = j->out;
    if (o->contact_sheet || cli->shard_count || cli->frames) return;
    orr_format(j->sheet, sizeof j->sheet, "out/%s.png", sequence->name);
    o->contact_sheet = j->sheet;
}

static void digest_inputs(job *j) {
    orr_script_digest(j->script, j->digest);
    if (!j->inputs) return;
    orr_digest_builder *builder = orr_digest_begin();
    orr_digest_add_text(builder, j->digest);
    orr_digest_add_text(builder, j->inputs);
    orr_digest digest = orr_digest_end(builder);
    orr_digest_hex(&digest, j->digest);
}

static orr_status fill_gizmos(const orr_cli *cli, job *j, orr_error *err) {
    j->options.gizmo_size = cli->gizmo_size;
    if (cli->gizmo_size > 0 &&
        !(cli->gizmo_size >= ORR_GIZMO_SIZE_MIN && cli->gizmo_size <= ORR_GIZMO_SIZE_MAX))
        return orr_fail(err, ORR_E_USAGE, NULL,
                        "--gizmo-size %g: it is a part of the picture's height, %g to %g", cli->gizmo_size,
                        ORR_GIZMO_SIZE_MIN, ORR_GIZMO_SIZE_MAX);
    if (!cli->gizmos) return ORR_OK;
    j->options.gizmos = &j->gizmos;
    if (orr_gizmos_parse(cli->gizmos, &j->gizmos, err) == ORR_OK) return ORR_OK;
    orr_error_prefix(err, "--gizmos %s", cli->gizmos);
    err->code = ORR_E_USAGE;
    return ORR_E_USAGE;
}

static orr_status fill_options(const orr_cli *cli, const orr_sequence *sequence, job *j, orr_error *err) {
    orr_sequence_options *o = &j->options;
    choose_outputs(cli, sequence, j);
    o->width = cli->width;
    o->height = cli->height;
    o->samples = cli->samples;
    o->has_seed = cli->has_seed;
    o->seed = cli->seed;
    o->has_light_cutoff = cli->has_light_cutoff;
    o->light_cutoff = cli->light_cutoff;
    o->png16 = cli->png16;
    o->aovs = cli->aovs;
    o->exr_compression = cli->exr_compression;
    o->shard_index = cli->shard_index;
    o->shard_count = cli->shard_count;
    o->resume = cli->resume;
    o->video = cli->video;
    o->stats = cli->stats;
    o->ev_record = cli->ev_record;
    o->ev_track = cli->ev_track;
    o->frame_timeout_s = cli->frame_timeout_s;
    o->stop = orr_cli_stop();
    o->progress = orr_bar_draw;
    o->progress_context = &j->bar;
    digest_inputs(j);
    o->script_digest = j->digest;
    j->bar.on = !cli->quiet && !cli->json && orr_stream_is_terminal(2);
    orr_status status = fill_gizmos(cli, j, err);
    if (status != ORR_OK || !cli->frames) return status;
    status = orr_frames_parse(cli->frames, sequence->first_frame, sequence->frame_count, &j->frames,
                              &o->frame_count, err);
    o->frames = j->frames;
    if (status == ORR_OK || status == ORR_E_MEMORY) return status;
    orr_error_prefix(err, "--frames %s", cli->frames);
    err->code = ORR_E_USAGE;
    return ORR_E_USAGE;
}

static orr_status render(const orr_cli *cli, const char *name, job *j, orr_error *err) {
    const orr_sequence *sequence = orr_script_sequence(j->script);
    if (!sequence)
        return orr_fail(
            err, ORR_E_SCRIPT, name,
            "%s returned no sequence: end it with `return orrery.sequence{ … }`, or use `orrery run`", name);
    orr_status status = fill_options(cli, sequence, j, err);
    if (status == ORR_OK) status = orr_engine_renderer(j->engine, &j->renderer, err);
    if (status != ORR_OK) return status;
    orr_gpu *gpu = NULL;
    if (!cli->quiet && !cli->json && orr_engine_gpu(j->engine, &gpu, err) == ORR_OK)
        fprintf(stderr, "device %s\n", orr_gpu_device(gpu)->name);
    status = orr_sequence_render(j->renderer, sequence, orr_script_settings(j->script), &j->options,
                                 &j->report, err);
    orr_bar_clear(&j->bar);
    return status;
}

static void say_json(const job *j, const orr_sequence *sequence, orr_text *out) {
    const orr_sequence_report *r = &j->report;
    orr_text_puts(out, "{\"name\": ");
    orr_text_json_string(out, sequence->name);
    orr_text_printf(out, ", \"rendered\": %u, \"skipped\": %u, \"failed\": %u, \"wall_s\": ", r->rendered,
                    r->skipped, r->failed);
    orr_cli_json_number(out, r->wall_s);
    orr_text_puts(out, ", \"gpu_s\": ");
    orr_cli_json_number(out, r->gpu_s);
    orr_text_puts(out, ", \"encode_s\": ");
    orr_cli_json_number(out, r->encode_s);
    orr_text_printf(out, ", \"peak_rss_bytes\": %llu, \"gpu_peak_bytes\": %llu, \"first_file\": ",
                    (unsigned long long)r->peak_rss_bytes, (unsigned long long)r->gpu_peak_bytes);
    orr_text_json_string(out, r->first_file);
    orr_text_puts(out, ", \"last_file\": ");
    orr_text_json_string(out, r->last_file);
    const char *const more[][2] = {{"contact_sheet", j->options.contact_sheet},
                                   {"video", j->options.video},
                                   {"stats", j->options.stats},
                                   {"ev_record", j->options.ev_record}};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        if (!more[i][1]) continue;
        orr_text_printf(out, ", \"%s\": ", more[i][0]);
        orr_text_json_string(out, more[i][1]);
    }
    orr_text_puts(out, "}\n");
}

static void say(const job *j, const orr_sequence *sequence, orr_text *out) {
    const orr_sequence_report *r = &j->report;
    const orr_sequence_options *o = &j->options;
    orr_text_printf(out, "%s: %u frame%s of %ux%u in %.1f s", sequence->name, r->rendered,
                    r->rendered == 1 ? "" : "s", o->width ? o->width : sequence->width,
                    o->height ? o->height : sequence->height, r->wall_s);
    if (r->skipped) orr_text_printf(out, ", %u were finished already", r->skipped);
    orr_text_puts(out, "\n");
    if (r->first_file[0])
        orr_text_printf(out, "  frames         %s%s%s\n", r->first_file,
                        strcmp(r->first_file, r->last_file) ? " … " : "",
                        strcmp(r->first_file, r->last_file) ? r->last_file : "");
    if (o->contact_sheet) orr_text_printf(out, "  contact sheet  %s\n", o->contact_sheet);
    if (o->video) orr_text_printf(out, "  video          %s\n", o->video);
    if (o->stats) orr_text_printf(out, "  stats          %s\n", o->stats);
    if (o->ev_record) orr_text_printf(out, "  EV track       %s\n", o->ev_record);
}

int orr_cli_render(const orr_cli *cli, orr_engine *engine, const orr_script *script, const char *name,
                   const char *inputs) {
    job j = {.engine = engine, .script = script, .inputs = inputs};
    orr_error err = {0};
    orr_status status = render(cli, name, &j, &err);
    orr_text text = {0};
    if (status == ORR_OK && cli->json)
        say_json(&j, orr_script_sequence(script), &text);
    else if (status == ORR_OK && !cli->quiet)
        say(&j, orr_script_sequence(script), &text);
    orr_cli_print(&text);
    free(j.frames);
    return status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
}

int orr_cmd_render(orr_cli *cli) {
    if (cli->help) return script_help(cli);
    char standard[1200];
    const char *path = cli->word_count ? cli->words[0] : NULL;
    orr_engine *engine = NULL;
    orr_script *script = NULL;
    orr_error err = {0};
    orr_status status = orr_cli_engine(cli, &engine, &err);
    if (status == ORR_OK) {
        orr_engine_start_gpu(engine); /* beside the script and its assets */
        if (!path) path = orr_cli_default_script(engine, standard, sizeof standard);
        status = orr_cli_script(cli, engine, path, &script, &err);
    }
    int code = status == ORR_OK ? orr_cli_render(cli, engine, script, path, NULL) : orr_cli_fail(cli, &err);
    orr_script_destroy(&script);
    if (engine) orr_engine_destroy(&engine);
    return code;
}

/* --- run ----------------------------------------------------------------------------------------- */

int orr_cmd_run(orr_cli *cli) {
    if (cli->help) return script_help(cli);
    orr_engine *engine = NULL;
    orr_script *script = NULL;
    orr_error err = {0};
    orr_status status = orr_cli_engine(cli, &engine, &err);
    if (status == ORR_OK) status = orr_cli_script(cli, engine, cli->words[0], &script, &err);
    int code = status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
    orr_script_destroy(&script);
    if (engine) orr_engine_destroy(&engine);
    return code;
}
