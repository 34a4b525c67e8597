/* The API as text, from the binding tables: JSON, LuaLS stubs, Markdown. */
#include "script/private.h"

#include <string.h>

/* --- walking the rows ---------------------------------------------------------------------------- */

static const orr_lua_row *row_at(uint32_t i) {
    for (const orr_lua_group *const *group = orr_lua_groups; *group; group++) {
        if (i < (*group)->row_count) return &(*group)->rows[i];
        i -= (*group)->row_count;
    }
    return NULL;
}

uint32_t orr_api_count(void) {
    uint32_t count = 0;
    while (row_at(count)) count++;
    return count;
}
const char *orr_api_name(uint32_t i) {
    return row_at(i)->name;
}
const char *orr_api_example(uint32_t i) {
    return row_at(i)->example;
}

static bool takes_options(const orr_lua_row *row) {
    return row->options || row->more || row->extras;
}

/* Calls `visit` for every value row of a function. */
static void each_option(const orr_lua_row *row,
                        void (*visit)(orr_text *out, const orr_lua_row *, const orr_param_row *),
                        orr_text *out) {
    const orr_param_table *tables[2] = {row->options ? row->options(NULL) : NULL, row->more};
    for (int t = 0; t < 2; t++) {
        for (uint32_t i = 0; tables[t] && i < tables[t]->count; i++) {
            orr_param_row param;
            orr_param_row_get(tables[t], i, &param);
            visit(out, row, &param);
        }
    }
}

/* "number" of "number the height". */
static void split_returns(const char *returns, char *type, size_t size, const char **words) {
    const char *space = returns;
    int depth = 0; /* a LuaLS type may have spaces inside braces, and after commas */
    while (*space && !(*space == ' ' && depth == 0 && space[-1] != ',')) {
        depth += (*space == '{') - (*space == '}');
        space++;
    }
    orr_format(type, size, "%.*s", (int)(space - returns), returns);
    *words = *space ? space + 1 : "";
}

static const char *limits(const orr_lua_row *row) {
    return row->flags & ORR_LUA_HOST ? " Not for scripts of bundles." : "";
}

/* --- JSON ---------------------------------------------------------------------------------------- */

static void json_field(orr_text *out, const char *name, const char *value) {
    if (!value) return;
    orr_text_printf(out, ", \"%s\": ", name);
    orr_text_json_string(out, value);
}

static void json_param(orr_text *out, const orr_lua_row *row, const orr_param_row *param) {
    (void)row;
    orr_text_puts(out, "\n        {\"name\": ");
    orr_text_json_string(out, param->name);
    json_field(out, "type", orr_param_type_name(param->type));
    json_field(out, "def", param->def);
    json_field(out, "min", param->min);
    json_field(out, "max", param->max);
    json_field(out, "choices", param->choices);
    json_field(out, "aliases", param->aliases);
    json_field(out, "used_when", param->used_when);
    orr_text_printf(out, ", \"required\": %s", param->flags & ORR_PARAM_REQUIRED ? "true" : "false");
    json_field(out, "doc", param->doc);
    orr_text_puts(out, "},");
}

static void json_extras(orr_text *out, const orr_lua_extra *extras, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        orr_text_puts(out, "\n        {\"name\": ");
        orr_text_json_string(out, extras[i].name);
        json_field(out, "type", extras[i].type);
        orr_text_printf(out, ", \"required\": %s", extras[i].required ? "true" : "false");
        json_field(out, "doc", extras[i].doc);
        orr_text_puts(out, "},");
    }
}

/* JSON has no comma after the last item. */
static void end_list(orr_text *out, const char *end) {
    if (out->length && out->data[out->length - 1] == ',') out->data[--out->length] = '\0';
    orr_text_puts(out, end);
}

static void json_row(orr_text *out, const orr_lua_row *row) {
    orr_text_puts(out, "\n    {\"name\": ");
    orr_text_json_string(out, row->name);
    json_field(out, "kind",
               row->flags & ORR_LUA_FIELD ? "field"
               : strchr(row->name, ':')   ? "method"
                                          : "function");
    json_field(out, "doc", row->doc);
    orr_text_printf(out, ", \"bundles\": %s", row->flags & ORR_LUA_HOST ? "false" : "true");
    json_field(out, "returns", row->returns);
    json_field(out, "example", row->example);
    if (takes_options(row)) {
        orr_text_printf(out, ", \"animated\": %s, \"options\": [",
                        row->flags & ORR_LUA_ANIMATED ? "true" : "false");
        each_option(row, json_param, out);
        json_extras(out, row->extras, row->extra_count);
        end_list(out, "]");
    } else if (row->args) {
        orr_text_puts(out, ", \"arguments\": [");
        json_extras(out, row->args, row->arg_count);
        end_list(out, "]");
    }
    orr_text_puts(out, "},");
}

void orr_api_json(orr_text *out) {
    orr_text_printf(out, "{\n  \"orrery\": ");
    orr_text_json_string(out, orr_version());
    orr_text_puts(out, ",\n  \"classes\": [");
    for (const orr_lua_group *const *group = orr_lua_groups; *group; group++) {
        for (const orr_lua_class *const *class = (*group)->classes; class && *class; class ++) {
            orr_text_puts(out, "\n    {\"name\": ");
            orr_text_json_string(out, (*class)->name);
            json_field(out, "doc", (*class)->doc);
            orr_text_puts(out, "},");
        }
    }
    end_list(out, "],\n  \"functions\": [");
    for (uint32_t i = 0; row_at(i); i++) json_row(out, row_at(i));
    end_list(out, "]\n}\n");
}

/* --- LuaLS stubs --------------------------------------------------------------------------------- */

static const char *lua_type_of(const orr_param_row *param) {
    switch (param->type) {
    case ORR_PARAM_BOOL:
        return "boolean";
    case ORR_PARAM_I32:
    case ORR_PARAM_U32:
        return "integer";
    case ORR_PARAM_F32:
    case ORR_PARAM_F64:
        return "number";
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        return "string";
    case ORR_PARAM_VEC3:
    case ORR_PARAM_VEC4:
        return "number[]|number|string";
    default:
        return "number[]";
    }
}

static void option_class(const orr_lua_row *row, orr_text *out) {
    orr_text_puts(out, "orrery.");
    const char *name = strncmp(row->name, "orrery.", 7) == 0 ? row->name + 7 : row->name;
    for (const char *c = name; *c; c++) orr_text_printf(out, "%c", *c == ':' || *c == '.' ? '_' : *c);
    orr_text_puts(out, "_options");
}

static void stub_param(orr_text *out, const orr_lua_row *row, const orr_param_row *param) {
    bool required = param->flags & ORR_PARAM_REQUIRED;
    orr_text_printf(out, "---@field %s%s ", param->name, required ? "" : "?");
    if (param->type == ORR_PARAM_ENUM && param->choices) {
        orr_text_puts(out, "\"");
        for (const char *c = param->choices; *c; c++)
            orr_text_puts(out, *c == '|' ? "\"|\"" : (char[]){*c, '\0'});
        orr_text_puts(out, "\"");
    } else {
        orr_text_puts(out, lua_type_of(param));
    }
    bool text = param->type == ORR_PARAM_STRING || param->type == ORR_PARAM_ASSET;
    if ((row->flags & ORR_LUA_ANIMATED) && !text) orr_text_puts(out, "|orrery.animated");
    orr_text_printf(out, " %s", param->doc);
    if (param->def && param->def[0]) orr_text_printf(out, " (%s)", param->def);
    orr_text_puts(out, "\n");
}

static void stub_type(orr_text *out, const char *type) {
    bool class = false;
    for (const orr_lua_group *const *group = orr_lua_groups; *group; group++)
        for (const orr_lua_class *const *c = (*group)->classes; c && *c; c++)
            class = class || strcmp((*c)->name, type) == 0;
    orr_text_printf(out, "%s%s", class ? "orrery." : "", type);
}

static void stub_options(orr_text *out, const orr_lua_row *row) {
    orr_text_puts(out, "---@class ");
    option_class(row, out);
    orr_text_puts(out, "\n");
    each_option(row, stub_param, out);
    for (uint32_t i = 0; i < row->extra_count; i++) {
        const orr_lua_extra *extra = &row->extras[i];
        orr_text_printf(out, "---@field %s%s ", extra->name, extra->required ? "" : "?");
        stub_type(out, extra->type);
        orr_text_printf(out, " %s\n", extra->doc);
    }
    orr_text_puts(out, "\n");
}

/* "orrery_scene" for methods of scene: the local that carries them in the stub. */
static void stub_function(orr_text *out, const orr_lua_row *row) {
    orr_text_printf(out, "---%s%s\n", row->doc, limits(row));
    if (takes_options(row)) {
        orr_text_puts(out, "---@param options ");
        option_class(row, out);
        orr_text_puts(out, "\n");
    }
    for (uint32_t i = 0; i < row->arg_count; i++) {
        orr_text_printf(out, "---@param %s%s ", row->args[i].name, row->args[i].required ? "" : "?");
        stub_type(out, row->args[i].type);
        orr_text_printf(out, " %s\n", row->args[i].doc);
    }
    if (row->returns) {
        char type[200];
        const char *words;
        split_returns(row->returns, type, sizeof type, &words);
        orr_text_puts(out, "---@return ");
        stub_type(out, type);
        orr_text_printf(out, "%s%s\n", strchr(type, ',') ? " # " : " ", words);
    }
    orr_text_printf(out, "function %s(", row->name);
    if (takes_options(row)) orr_text_puts(out, "options");
    for (uint32_t i = 0; i < row->arg_count; i++)
        orr_text_printf(out, "%s%s", i ? ", " : "", row->args[i].name);
    orr_text_puts(out, ") end\n\n");
}

static bool owned_by(const orr_lua_row *row, const char *class) {
    size_t length = strlen(class);
    return strncmp(row->name, class, length) == 0 && (row->name[length] == ':' || row->name[length] == '.');
}

static void stub_fields(orr_text *out, const char *owner) {
    for (uint32_t i = 0; row_at(i); i++) {
        const orr_lua_row *row = row_at(i);
        if (!(row->flags & ORR_LUA_FIELD) || !owned_by(row, owner)) continue;
        char type[200];
        const char *words;
        split_returns(row->returns, type, sizeof type, &words);
        orr_text_printf(out, "---@field %s %s %s\n", strchr(row->name, '.') + 1, type, row->doc);
    }
}

void orr_api_stubs(orr_text *out) {
    orr_text_puts(out, "---@meta orrery\n-- Written by `orrery api --stubs` from the binding tables.\n\n"
                       "---A function of t in seconds, or keyframes { {t = 0, v = value, ease = "
                       "\"linear\"|\"smooth\"|\"step\"}, … }.\n"
                       "---@alias orrery.animated (fun(t: number): any, any, any, any)|{t: number, v: any, "
                       "ease?: string}[]|orrery.rig\n\n");
    for (const orr_lua_group *const *group = orr_lua_groups; *group; group++) {
        for (const orr_lua_class *const *class = (*group)->classes; class && *class; class ++) {
            orr_text_printf(out, "---%s\n---@class orrery.%s\n", (*class)->doc, (*class)->name);
            stub_fields(out, (*class)->name);
            orr_text_printf(out, "local %s = {}\n\n", (*class)->name);
        }
    }
    orr_text_puts(out, "---@class orrerylib\n");
    stub_fields(out, "orrery");
    orr_text_puts(out, "orrery = {}\norrery.space = {}\n\n");
    for (uint32_t i = 0; row_at(i); i++) {
        if (row_at(i)->flags & ORR_LUA_FIELD) continue;
        if (takes_options(row_at(i))) stub_options(out, row_at(i));
        stub_function(out, row_at(i));
    }
}

/* --- Markdown ------------------------------------------------------------------------------------ */

static void md_param(orr_text *out, const orr_lua_row *row, const orr_param_row *param) {
    (void)row;
    orr_text_printf(out, "| `%s` | %s | ", param->name, orr_param_type_name(param->type));
    if (param->flags & ORR_PARAM_REQUIRED)
        orr_text_puts(out, "required");
    else if (param->def && param->def[0])
        orr_text_printf(out, "`%s`", param->def);
    orr_text_printf(out, " | %s", param->doc);
    if (param->min || param->max)
        orr_text_printf(out, " [%s, %s]", param->min ? param->min : "…", param->max ? param->max : "…");
    if (param->choices) {
        orr_text_puts(out, ": `");
        for (const char *c = param->choices; *c; c++)
            orr_text_puts(out, *c == '|' ? "`, `" : (char[]){*c, '\0'});
        orr_text_puts(out, "`");
    }
    if (param->used_when) { /* "shape=rect|disc" */
        orr_text_puts(out, "; counts with `");
        for (const char *c = param->used_when; *c; c++)
            orr_text_puts(out, *c == '|' ? "` or `" : *c == '=' ? " = " : (char[]){*c, '\0'});
        orr_text_puts(out, "`");
    }
    orr_text_puts(out, " |\n");
}

static void md_type(orr_text *out, const char *type) {
    for (; *type; type++)
        orr_text_puts(out, *type == '|' ? "\\|" : (char[]){*type, '\0'}); /* a bar would end the cell */
}

static void md_extras(orr_text *out, const orr_lua_extra *extras, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        orr_text_printf(out, "| `%s` | ", extras[i].name);
        md_type(out, extras[i].type);
        orr_text_printf(out, " | %s | %s |\n", extras[i].required ? "required" : "", extras[i].doc);
    }
}

static void md_row(orr_text *out, const orr_lua_row *row) {
    bool field = row->flags & ORR_LUA_FIELD;
    orr_text_printf(out, "### `%s%s`\n\n%s%s\n\n", row->name,
                    field                ? ""
                    : takes_options(row) ? "{ … }"
                                         : "(…)",
                    row->doc, limits(row));
    if (takes_options(row) || row->args)
        orr_text_puts(out, "| option | type | default | |\n|---|---|---|---|\n");
    each_option(row, md_param, out);
    md_extras(out, row->extras, row->extra_count);
    md_extras(out, row->args, row->arg_count);
    if (takes_options(row) || row->args) orr_text_puts(out, "\n");
    if (row->flags & ORR_LUA_ANIMATED)
        orr_text_puts(out, "Every option that is a number, vector, choice or flag can also be a function of "
                           "t, or keyframes.\n\n");
    if (row->returns) orr_text_printf(out, "%s: %s\n\n", field ? "Type" : "Gives", row->returns);
    orr_text_printf(out, "```lua\n%s\n```\n\n", row->example);
}

void orr_api_markdown(orr_text *out) {
    orr_text_puts(out, "# Lua reference\n\nWritten by `orrery api --markdown` from the binding tables. The "
                       "only global is `orrery`. `pairs` goes in "
                       "key order (numbers, then strings; other keys are an error); there is no clock and no "
                       "unseeded random.\n\n");
    for (const orr_lua_group *const *group = orr_lua_groups; *group; group++) {
        for (const orr_lua_class *const *class = (*group)->classes; class && *class; class ++)
            orr_text_printf(out, "## %s\n\n%s\n\n", (*class)->name, (*class)->doc);
        for (uint32_t i = 0; i < (*group)->row_count; i++) md_row(out, &(*group)->rows[i]);
    }
}
