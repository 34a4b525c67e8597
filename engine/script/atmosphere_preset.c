/* Atmospheres by name: presets ("name = value" lines) of content/atmospheres, or of the script's own. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "scene/nodes.h"
#include "script/private.h"

#define SUFFIX ".preset"

typedef struct filling {
    orr_call *call;
    const orr_param_table *table;
    bool seen[ORR_MAX_ROWS];
} filling;

static orr_status take_row(void *context, const char *key, const char *value, unsigned line, orr_error *err) {
    (void)line;
    filling *f = context;
    int32_t at = orr_param_find(f->table, key);
    orr_param_row row;
    orr_param_value parsed;
    if (at < 0) return orr_param_unknown(f->table, key, err);
    orr_param_row_get(f->table, (uint32_t)at, &row);
    if (!orr_param_components(row.type))
        return orr_fail(err, ORR_E_BAD_DATA, NULL, "'%s' cannot be given by a preset", row.name);
    if (f->seen[at]) return orr_fail(err, ORR_E_BAD_DATA, NULL, "'%s' is given a second time", row.name);
    f->seen[at] = true;
    orr_status status = orr_param_parse(&row, value, NULL, &parsed, err);
    orr_option *option = &f->call->options[at];
    if (status == ORR_OK && option->state == ORR_OPTION_ABSENT) /* what the script says itself wins */
        option->state = ORR_OPTION_CONSTANT, option->value = parsed;
    return status;
}

static bool has_suffix(const char *name) {
    size_t length = strlen(name), suffix = strlen(SUFFIX);
    return length > suffix && !strcmp(name + length - suffix, SUFFIX);
}

static orr_status list_folder(const orr_script *script, const char *folder, char ***names, size_t *count) {
    return script->params.trust == ORR_TRUST_BUNDLE
               ? orr_vfs_list(orr_engine_vfs(script->engine), folder, names, count, NULL)
               : orr_folder_list(folder, names, count, NULL);
}

static orr_status unknown(const orr_script *script, const char *name, const char *file, const char *folder,
                          orr_error *err) {
    char **names = NULL;
    size_t count = 0;
    orr_text known = {0};
    if (list_folder(script, folder, &names, &count) == ORR_OK)
        for (size_t i = 0; i < count; i++)
            if (has_suffix(names[i]))
                orr_text_printf(&known, "%s%.*s", orr_text_cstr(&known)[0] ? ", " : "",
                                (int)(strlen(names[i]) - strlen(SUFFIX)), names[i]);
    orr_names_free(&names, count);
    orr_status status =
        orr_fail(err, ORR_E_NOT_FOUND, NULL,
                 "there is no atmosphere '%s': there are %s, and what lies beside the script as '%s'", name,
                 orr_text_cstr(&known)[0] ? orr_text_cstr(&known) : "none", file);
    orr_text_free(&known);
    return status;
}

/* Beside the script first, as all that a script names; then in content/atmospheres. */
static orr_status read_preset(orr_script *script, const char *name, char file[ORR_SCRIPT_PATH],
                              uint8_t **data, size_t *size, orr_error *err) {
    char shipped[ORR_SCRIPT_PATH], content[ORR_SCRIPT_PATH], folder[ORR_SCRIPT_PATH];
    if (!orr_format(file, ORR_SCRIPT_PATH, "%s%s", name, has_suffix(name) ? "" : SUFFIX) ||
        !orr_format(shipped, sizeof shipped, "atmospheres/%s", file))
        return orr_fail(err, ORR_E_LIMIT, NULL, "the name of the preset is too long");
    if (script->params.trust == ORR_TRUST_BUNDLE)
        orr_format(content, sizeof content, "content");
    else
        orr_path_join(content, sizeof content, orr_engine_root(script->engine), "content");
    const size_t limit = 1 << 20;
    if (orr_script_finds(script, script->folder, file))
        return orr_script_read(script, ORR_READ_PRESET, script->folder, file, limit, data, size, err);
    if (orr_script_finds(script, content, shipped))
        return orr_script_read(script, ORR_READ_PRESET, content, shipped, limit, data, size, err);
    orr_path_join(folder, sizeof folder, content, "atmospheres");
    return unknown(script, name, file, folder, err);
}

void orr_atmosphere_preset(orr_call *call) {
    if (orr_call_option(call, "preset")->state != ORR_OPTION_CONSTANT)
        return; /* a function of t is refused later */
    char file[ORR_SCRIPT_PATH];
    filling f = {.call = call, .table = orr_node_table(ORR_NODE_ATMOSPHERE)};
    uint8_t *data = NULL;
    size_t size = 0;
    orr_error err = {0};
    orr_status status = read_preset(call->script, orr_call_text(call, "preset"), file, &data, &size, &err);
    if (status == ORR_OK) status = orr_preset_lines((const char *)data, size, file, take_row, &f, &err);
    free(data);
    if (status != ORR_OK) orr_bind_fail(call, err.code, "%s: preset: %s", call->row->name, err.message);
}
