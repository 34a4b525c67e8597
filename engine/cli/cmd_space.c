/* orrery space: the tree of values, as an engine has it when a script has run, its scene is published, and
 * the frames that --frames names are rendered (to nowhere). */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/cli.h"

typedef struct look {
    orr_engine *engine;
    orr_script *script;
    orr_revision *revision;
    int64_t *frames;
} look;

static orr_status render(const orr_cli *cli, look *l, const orr_sequence *sequence, orr_error *err) {
    orr_renderer *renderer = NULL;
    orr_sequence_report report;
    orr_sequence_options options = {.stop = orr_cli_stop()};
    orr_status status = orr_frames_parse(cli->frames, sequence->first_frame, sequence->frame_count,
                                         &l->frames, &options.frame_count, err);
    if (status != ORR_OK) return orr_error_prefix(err, "--frames");
    options.frames = l->frames;
    status = orr_engine_renderer(l->engine, &renderer, err);
    if (status != ORR_OK) return status;
    return orr_sequence_render(renderer, sequence, orr_script_settings(l->script), &options, &report, err);
}

/* Brings the tree to life. */
static orr_status play(const orr_cli *cli, look *l, orr_error *err) {
    orr_cli without = *cli;
    without.word_count = 0; /* the words are not the script's */
    if (!cli->script)
        return cli->frames ? orr_fail(err, ORR_E_USAGE, NULL, "--frames needs --script FILE") : ORR_OK;
    orr_status status = orr_cli_script(&without, l->engine, cli->script, &l->script, err);
    if (status != ORR_OK) return status;
    const orr_sequence *sequence = orr_script_sequence(l->script);
    if (cli->frames)
        return sequence ? render(cli, l, sequence, err)
                        : orr_fail(err, ORR_E_SCRIPT, cli->script, "%s returned no sequence to render",
                                   cli->script);
    return sequence ? orr_scene_publish(sequence->scene, &l->revision, err) : ORR_OK;
}

static orr_status answer(orr_space *space, const char *what, const char *path, orr_text *out,
                         orr_error *err) {
    if (strcmp(what, "dump") == 0) return orr_space_dump(space, path, out, err);
    if (strcmp(what, "get") == 0) {
        const orr_value *value = NULL;
        orr_status status = orr_space_get(space, path, &value, err);
        if (status == ORR_OK) orr_value_print(out, value);
        orr_text_puts(out, "\n");
        orr_value_release(value);
        return status;
    }
    char **names = NULL;
    size_t count = 0;
    orr_status status = orr_space_list(space, path, &names, &count, err);
    for (size_t i = 0; i < count; i++) orr_text_printf(out, "%s\n", names[i]);
    orr_names_free(&names, count);
    return status;
}

/* The absolute path of the second word: "/" when there is none, inside the application when it is relative.
 */
static orr_status place(const orr_cli *cli, const look *l, char path[1024], orr_error *err) {
    const char *word = cli->word_count > 1 ? cli->words[1] : "/";
    orr_space_app app = {.space = orr_engine_space(l->engine)};
    orr_format(app.root, sizeof app.root, "%s", orr_engine_app_root(l->engine));
    if (*word != '/') return orr_space_app_path(&app, word, path, 1024, err);
    return orr_format(path, 1024, "%s", word) ? ORR_OK
                                              : orr_fail(err, ORR_E_LIMIT, NULL, "that path is too long");
}

static orr_status run(const orr_cli *cli, look *l, orr_text *out, orr_error *err) {
    const char *what = cli->words[0];
    char path[1024];
    if (strcmp(what, "ls") != 0 && strcmp(what, "get") != 0 && strcmp(what, "dump") != 0)
        return orr_fail(err, ORR_E_USAGE, NULL, "orrery space does ls, get or dump, not '%s'", what);
    orr_status status = orr_cli_engine(cli, &l->engine, err);
    if (status == ORR_OK) status = place(cli, l, path, err);
    if (status != ORR_OK) return status;
    /* What a failure left behind is worth looking at too. */
    status = play(cli, l, err);
    orr_status looked = answer(orr_engine_space(l->engine), what, path, out, status == ORR_OK ? err : NULL);
    return status == ORR_OK ? looked : status;
}

int orr_cmd_space(orr_cli *cli) {
    look l = {0};
    orr_error err = {0};
    orr_text text = {0};
    orr_status status = run(cli, &l, &text, &err);
    orr_cli_print(&text);
    int code = status == ORR_OK ? 0 : orr_cli_fail(cli, &err);
    orr_revision_release(&l.revision);
    free(l.frames);
    orr_script_destroy(&l.script);
    if (l.engine) orr_engine_destroy(&l.engine);
    return code;
}
