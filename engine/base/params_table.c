/* Checking a table of parameter rows once, when its module is loaded. */
#include <stdio.h>
#include <string.h>

#include "base/params.h"

enum { ROW_LIMIT = 256, NAME_LIMIT = 63, CHOICE_LIMIT = 32, DISTANCE_LIMIT = 1 << 20 };

/* Lower-case identifiers: they become Lua keys, command-line words and GLSL names. */
static bool name_ok(const char *name, size_t length, bool digit_first) {
    if (length == 0 || length > NAME_LIMIT) return false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool letter = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
        if (!letter && !(digit && (i || digit_first)) && !(c == '_' && i)) return false;
    }
    return strncmp(name, "gl_", 3) != 0 && !strstr(name, "__");
}

/* Words of GLSL that a parameter might well want to be called: they cannot name a member of the uniform
 * block. */
static bool is_glsl_word(const char *name) {
    static const char *const k_words[] = {
        "active",  "attribute", "buffer",  "cast",      "centroid",      "coherent",  "common",    "const",
        "discard", "double",    "enum",    "external",  "filter",        "fixed",     "flat",      "float",
        "half",    "highp",     "inline",  "input",     "int",           "interface", "invariant", "layout",
        "lowp",    "mat4",      "mediump", "namespace", "noperspective", "output",    "partition", "patch",
        "precise", "precision", "public",  "resource",  "sample",        "sampler",   "shared",    "sizeof",
        "smooth",  "static",    "struct",  "switch",    "template",      "this",      "uint",      "uniform",
        "union",   "using",     "varying", "vec2",      "vec3",          "vec4",      "volatile"};
    for (size_t i = 0; i < sizeof k_words / sizeof k_words[0]; i++)
        if (strcmp(name, k_words[i]) == 0) return true;
    return false;
}

typedef struct checker {
    const orr_param_table *table;
    uint32_t index, params_size;
    orr_param_row row;
    orr_error *err;
} checker;

static orr_status say(const checker *c, const char *what) {
    const char *owner = c->table->owner ? c->table->owner : "?";
    return orr_fail(c->err, ORR_E_MODULE, NULL, "%s: parameter row %u ('%.63s') %s", owner, c->index,
                    c->row.name ? c->row.name : "", what);
}

static orr_status check_names(const checker *c) {
    const orr_param_row *row = &c->row;
    if (!row->name || !name_ok(row->name, strlen(row->name), false))
        return say(c, "needs a name of lower-case letters, digits and underscores, at most 63 bytes, "
                      "beginning with a letter");
    if (strcmp(row->name, "enable") == 0)
        return say(c, "may not be called 'enable': every module has that from the host");
    if (is_glsl_word(row->name)) return say(c, "has a name that is a reserved word of GLSL: choose another");
    if (!row->doc || !*row->doc) return say(c, "has no doc: say in one line what it does");
    if (strchr(row->doc, '\n')) return say(c, "has a doc of several lines: one line only");
    for (const char *alias = row->aliases; alias && *alias;) {
        size_t length = strcspn(alias, "|");
        if (!name_ok(alias, length, false)) return say(c, "has an alias that is not a name");
        alias += length + (alias[length] == '|');
    }
    for (uint32_t other = 0; other < c->index; other++) {
        orr_param_row before;
        orr_param_row_get(c->table, other, &before);
        const orr_param_table single = {&before, 1, sizeof before, NULL};
        if (orr_param_find(&single, row->name) >= 0) return say(c, "has the name or alias of an earlier row");
        for (const char *alias = row->aliases; alias && *alias;) {
            char name[NAME_LIMIT + 1];
            size_t length = strcspn(alias, "|");
            orr_format(name, sizeof name, "%.*s", (int)length, alias);
            if (orr_param_find(&single, name) >= 0) return say(c, "has an alias that an earlier row has too");
            alias += length + (alias[length] == '|');
        }
    }
    return ORR_OK;
}

static orr_status check_kind(const checker *c) {
    const orr_param_row *row = &c->row;
    bool number = row->type == ORR_PARAM_I32 || row->type == ORR_PARAM_U32 || row->type == ORR_PARAM_F32;
    bool scalar = number || row->type == ORR_PARAM_BOOL || row->type == ORR_PARAM_ENUM;
    if (row->type <= ORR_PARAM_NONE || row->type > ORR_PARAM_ASSET)
        return say(c, "has no type that this host knows");
    if ((unsigned)row->rebuild > ORR_REBUILD_GRAPH) return say(c, "has an unknown 'rebuild'");
    if ((unsigned)row->interp > ORR_INTERP_LOG) return say(c, "has an unknown 'interp'");
    if (row->flags & ~(uint32_t)(ORR_PARAM_CPU | ORR_PARAM_REQUIRED))
        return say(c, "has flags that this host does not know");
    if (row->rebuild == ORR_REBUILD_SPEC && !scalar)
        return say(c, "is SPEC, so it must be a bool, i32, u32, f32 or enum: that is what a specialisation "
                      "constant holds");
    return ORR_OK;
}

static orr_status check_choices(const checker *c) {
    const orr_param_row *row = &c->row;
    if (row->type != ORR_PARAM_ENUM) return row->choices ? say(c, "has choices but is no enum") : ORR_OK;
    if (!row->choices || !*row->choices) return say(c, "is an enum without choices");
    uint32_t count = 0;
    for (const char *choice = row->choices; choice; count++) {
        size_t length = strcspn(choice, "|");
        if (!name_ok(choice, length, true))
            return say(c, "has a choice that is not lower-case letters, digits and underscores");
        for (const char *before = row->choices; before < choice; before += strcspn(before, "|") + 1)
            if (strcspn(before, "|") == length && memcmp(before, choice, length) == 0)
                return say(c, "has a choice twice");
        choice = choice[length] == '|' ? choice + length + 1 : NULL;
    }
    return count <= CHOICE_LIMIT ? ORR_OK : say(c, "has more than 32 choices");
}

/* A text field of the row, read as the parameter itself is. */
static orr_status check_text(const checker *c, const char *what, const char *text, bool in_range) {
    orr_param_row row = c->row;
    orr_param_value value;
    orr_error inner = {0};
    uint32_t components = orr_param_components(row.type);
    if (!text) return ORR_OK;
    if (!in_range) {
        bool ordered = components >= 1 && row.type != ORR_PARAM_BOOL && row.type != ORR_PARAM_ENUM;
        if (!ordered) return say(c, "has a range but is of a type that has none");
        row.min = row.max = NULL;
        row.choices = NULL;
        double one;
        if (components > 1 && orr_parse_f64(text, &one)) return ORR_OK; /* one bound for all components */
    }
    if (!orr_param_parse(&row, text, NULL, &value, &inner)) return ORR_OK;
    char message[256];
    orr_format(message, sizeof message, "has a bad '%s': %.160s", what, inner.message);
    return say(c, message);
}

static orr_status check_texts(const checker *c) {
    const orr_param_row *row = &c->row;
    orr_status status = check_text(c, "min", row->min, false);
    if (!status) status = check_text(c, "max", row->max, false);
    if (!status) status = check_text(c, "soft_min", row->soft_min, false);
    if (!status) status = check_text(c, "soft_max", row->soft_max, false);
    if (status) return status;
    double min, max;
    bool both = row->min && row->max && orr_parse_f64(row->min, &min) && orr_parse_f64(row->max, &max);
    if (both && min > max) return say(c, "has a 'min' above its 'max'");
    if (!row->def && !(row->flags & ORR_PARAM_REQUIRED))
        return say(c, "has no 'def': give one, or flag it as required");
    status = check_text(c, "def", row->def, true);
    return status ? status : check_text(c, "neutral", row->neutral, true);
}

static bool size_ok(const orr_param_row *row) {
    uint32_t components = orr_param_components(row->type);
    switch (row->type) {
    case ORR_PARAM_BOOL:
        return row->size == 1;
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        return row->size == sizeof(const char *);
    case ORR_PARAM_F64:
        return row->size == sizeof(double);
    case ORR_PARAM_I32:
    case ORR_PARAM_U32:
    case ORR_PARAM_F32:
    case ORR_PARAM_ENUM:
        return row->size == 4;
    default:
        return row->size == components * sizeof(float) || row->size == components * sizeof(double);
    }
}

static orr_status check_place(const checker *c) {
    const orr_param_row *row = &c->row;
    char message[160];
    if (c->params_size == 0) return ORR_OK;
    if (!size_ok(row)) {
        orr_format(message, sizeof message, "has size %u, which is not that of %s in C", row->size,
                   orr_param_type_name(row->type));
        return say(c, message);
    }
    if (row->offset > c->params_size || row->size > c->params_size - row->offset) {
        orr_format(message, sizeof message, "lies at bytes %u..%u of a struct of %u", row->offset,
                   row->offset + row->size, c->params_size);
        return say(c, message);
    }
    for (uint32_t other = 0; other < c->index; other++) {
        orr_param_row before;
        orr_param_row_get(c->table, other, &before);
        if (row->offset >= before.offset + before.size || before.offset >= row->offset + row->size) continue;
        orr_format(message, sizeof message, "overlaps '%.63s' in the C struct", before.name);
        return say(c, message);
    }
    return ORR_OK;
}

/* "name=value|value", of another row of a type whose values are plain words. */
static orr_status check_condition(const checker *c) {
    char name[NAME_LIMIT + 1], word[256];
    const char *condition = c->row.used_when;
    if (!condition) return ORR_OK;
    size_t length = strcspn(condition, "=");
    bool named = condition[length] == '=' && length <= NAME_LIMIT &&
                 orr_format(name, sizeof name, "%.*s", (int)length, condition);
    int32_t found = named ? orr_param_find(c->table, name) : -1;
    if (!named) return say(c, "has a bad 'used_when': write parameter=value, or parameter=value|value");
    if (found < 0 || found == (int32_t)c->index)
        return say(c, "has a 'used_when' that names no other parameter of its module");
    orr_param_row other;
    orr_param_row_get(c->table, (uint32_t)found, &other);
    if (other.type != ORR_PARAM_ENUM && other.type != ORR_PARAM_BOOL)
        return say(c, "has a 'used_when' of a parameter that is neither an enum nor a bool");
    for (const char *at = condition + length; *at++; at += length) {
        orr_param_value value;
        length = strcspn(at, "|");
        if (!orr_format(word, sizeof word, "%.*s", (int)length, at) ||
            orr_param_parse(&other, word, NULL, &value, NULL))
            return say(c, "has a 'used_when' with a value that the other parameter cannot have");
    }
    return ORR_OK;
}

orr_status orr_param_table_check(const orr_param_table *table, uint32_t params_size, orr_error *err) {
    checker c = {.table = table, .params_size = params_size, .err = err};
    const char *owner = table->owner ? table->owner : "?";
    if (table->count > ROW_LIMIT)
        return orr_fail(err, ORR_E_LIMIT, NULL, "%s: %u parameters are more than the %u a module may have",
                        owner, table->count, ROW_LIMIT);
    if (table->count && !table->rows)
        return orr_fail(err, ORR_E_MODULE, NULL, "%s: %u parameter rows at no address", owner, table->count);
    if (params_size > DISTANCE_LIMIT)
        return orr_fail(err, ORR_E_LIMIT, NULL, "%s: a parameter struct of %u bytes is too large", owner,
                        params_size);
    for (c.index = 0; c.index < table->count; c.index++) {
        orr_param_row_get(table, c.index, &c.row);
        orr_status status = check_names(&c);
        if (!status) status = check_kind(&c);
        if (!status) status = check_choices(&c);
        if (!status) status = check_texts(&c);
        if (!status) status = check_place(&c);
        if (!status) status = check_condition(&c);
        if (status) return status;
    }
    return ORR_OK;
}
