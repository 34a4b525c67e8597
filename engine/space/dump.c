/* Subtrees as text: dump, diff, load. The form:
 *     orrery space 1
 *     schema camera {ev100: double, position: vec3}
 *     main/camera = camera{ev100: 12.0, position: vec3(0, 1, 2)}
 *     "odd name" = true
 *     # main/redraw: exec
 * The path "." is the top of the subtree itself. Blank lines and lines that begin with '#' are skipped. */
#include "space/space_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "space/value_parse.h"

#define FIRST_LINE "orrery space 1"

/* --- taking one state ---------------------------------------------------------------------------------- */

typedef struct entry {
    char *path; /* relative; "." for the top */
    const orr_value *value;
    size_t queued;
    bool has_queue;
} entry;

typedef struct entries {
    entry *rows;
    size_t count, capacity;
} entries;

static void entries_free(entries *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->rows[i].path);
        orr_value_release(list->rows[i].value);
    }
    free(list->rows);
    *list = (entries){0};
}

static bool take_node(entries *list, const orr_node *node, const char *path) {
    const orr_value *value = atomic_load(&((orr_node *)node)->value);
    if (!value && !node->queue) return true;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        entry *rows = orr_realloc(list->rows, capacity, sizeof *rows);
        if (!rows) return false;
        list->rows = rows;
        list->capacity = capacity;
    }
    char *copy = malloc(strlen(path) + 1);
    if (!copy) return false;
    memcpy(copy, path, strlen(path) + 1);
    list->rows[list->count++] = (entry){.path = copy,
                                        .value = orr_value_retain(value),
                                        .queued = node->queue ? orr_queue_count(node->queue) : 0,
                                        .has_queue = node->queue != NULL};
    return true;
}

/* Depth first, children by name; `path` is where `node` is and comes back as it was. */
static bool take_below(entries *list, const orr_node *node, orr_text *path) {
    orr_node **children = NULL;
    size_t count = 0, length = path->length;
    if (!take_node(list, node, length ? path->data : ".")) return false;
    bool whole = orr_node_sorted(node, &children, &count);
    for (size_t i = 0; i < count && whole; i++) {
        if (length) orr_text_puts(path, "/");
        orr_text_puts(path, children[i]->name);
        whole = !path->failed && take_below(list, children[i], path);
        path->length = length;
        if (path->data) path->data[length] = 0;
    }
    free(children);
    return whole;
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const entry *)a)->path, ((const entry *)b)->path);
}

/* All there is at and below `path`, sorted bytewise by relative path. Nothing there is fine: no entries. */
static orr_status take_state(orr_space *space, const char *path, entries *list, orr_error *err) {
    orr_text at = {0};
    orr_status status = orr_path_check(path, err);
    if (status) return status;
    orr_space_begin(space);
    const orr_node *node = orr_space_find(space, path);
    bool whole = !node || take_below(list, node, &at);
    orr_space_end(space);
    orr_text_free(&at);
    if (!whole) {
        entries_free(list);
        return orr_fail(err, ORR_E_MEMORY, path, "no memory to read the subtree '%s'", path);
    }
    if (list->count) qsort(list->rows, list->count, sizeof *list->rows, by_path);
    return ORR_OK;
}

/* --- writing ----------------------------------------------------------------------------------------- */

static void print_path(orr_text *out, const char *path) {
    bool plain = path[0] != '#' && strcmp(path, "schema") != 0;
    for (const char *p = path; *p && plain; p++)
        plain = (unsigned char)*p >= 0x80 || (*p > ' ' && *p != '"' && *p != '=' && *p != '\\');
    if (plain)
        orr_text_puts(out, path);
    else
        orr_value_print_string(out, path, strlen(path));
}

static bool holds_exec(const orr_value *value) {
    for (size_t i = 0; i < orr_value_count(value); i++)
        if (holds_exec(orr_value_item(value, i))) return true;
    return orr_value_type(value) == ORR_TYPE_EXEC;
}

static void print_entry(orr_text *out, const char *mark, const entry *row) {
    if (row->has_queue) {
        orr_text_printf(out, "%s# ", mark);
        print_path(out, row->path);
        orr_text_printf(out, ": queue of %zu\n", row->queued);
    }
    if (!row->value) return;
    bool exec = holds_exec(row->value);
    orr_text_printf(out, "%s%s", mark, exec ? "# " : "");
    print_path(out, row->path);
    orr_text_puts(out, exec ? ": " : " = ");
    orr_value_print(out, row->value);
    orr_text_puts(out, "\n");
}

/* The schemas of a value, in order of first use, into `list` (of pointers). */
static void collect_schemas(orr_text *list, const orr_value *value) {
    const orr_schema *schema = orr_value_schema(value);
    for (size_t i = 0; i < orr_value_count(value); i++) collect_schemas(list, orr_value_item(value, i));
    if (!schema) return;
    const orr_schema **known = (void *)list->data;
    for (size_t i = 0; i < list->length / sizeof *known; i++)
        if (strcmp(orr_schema_name(known[i]), orr_schema_name(schema)) == 0) return;
    orr_text_append(list, (const char *)&schema, sizeof schema);
}

static void print_schemas(orr_text *out, const entries *list) {
    orr_text found = {0};
    for (size_t i = 0; i < list->count; i++)
        if (!holds_exec(list->rows[i].value)) collect_schemas(&found, list->rows[i].value);
    const orr_schema **schemas = (void *)found.data;
    for (size_t i = 0; i < found.length / sizeof *schemas; i++) {
        orr_text_printf(out, "schema %s {", orr_schema_name(schemas[i]));
        for (size_t f = 0; f < orr_schema_count(schemas[i]); f++) {
            orr_schema_field field = orr_schema_field_at(schemas[i], f);
            orr_text_printf(out, "%s%s: %s", f ? ", " : "", field.name, orr_type_name(field.type));
        }
        orr_text_puts(out, "}\n");
    }
    if (found.failed) out->failed = true;
    orr_text_free(&found);
}

static orr_status printed(const orr_text *out, const char *path, orr_error *err) {
    return out->failed ? orr_fail(err, ORR_E_MEMORY, path, "no memory for the text of '%s'", path) : ORR_OK;
}

orr_status orr_space_dump(orr_space *space, const char *path, orr_text *out, orr_error *err) {
    entries list = {0};
    orr_status status = take_state(space, path, &list, err);
    if (status) return status;
    orr_text_puts(out, FIRST_LINE "\n");
    print_schemas(out, &list);
    for (size_t i = 0; i < list.count; i++) print_entry(out, "", &list.rows[i]);
    entries_free(&list);
    return printed(out, path, err);
}

orr_status orr_space_diff(orr_space *a, const char *path_a, orr_space *b, const char *path_b, orr_text *out,
                          orr_error *err) {
    entries left = {0}, right = {0};
    orr_status status = take_state(a, path_a, &left, err);
    if (!status) status = take_state(b, path_b, &right, err);
    for (size_t i = 0, j = 0; !status && (i < left.count || j < right.count);) {
        entry *l = i < left.count ? &left.rows[i] : NULL, *r = j < right.count ? &right.rows[j] : NULL;
        int order = !l ? 1 : !r ? -1 : strcmp(l->path, r->path);
        bool same = order == 0 && orr_value_equal(l->value, r->value);
        if (l) l->has_queue = false; /* queues are traffic, not state */
        if (r) r->has_queue = false;
        if (order <= 0 && !same) print_entry(out, "- ", l);
        if (order >= 0 && !same) print_entry(out, "+ ", r);
        i += order <= 0;
        j += order >= 0;
    }
    entries_free(&left);
    entries_free(&right);
    return status ? status : printed(out, path_a, err);
}

/* --- reading ----------------------------------------------------------------------------------------- */

static size_t blanks(const char *text, size_t size) {
    size_t n = 0;
    while (n < size && (text[n] == ' ' || text[n] == '\t')) n++;
    return n;
}

static orr_status bad_schema(const char *what, orr_error *err) {
    return orr_fail(err, ORR_E_BAD_DATA, NULL, "%s; a schema reads: schema name {field: type, field: type}",
                    what);
}

/* A name up to one of `ends`, with blanks around it, copied out. Returns the bytes used, 0 when it does not
 * fit. */
static size_t take_word(const char *text, size_t size, const char *ends, char word[ORR_SCHEMA_MAX_NAME + 1]) {
    size_t start = blanks(text, size), end = start;
    while (end < size && text[end] && !strchr(ends, text[end]) && text[end] != ' ' && text[end] != '\t')
        end++;
    size_t length = end - start, next = end + blanks(text + end, size - end);
    if (length == 0 || length > ORR_SCHEMA_MAX_NAME || next >= size || !text[next] ||
        !strchr(ends, text[next]))
        return 0;
    memcpy(word, text + start, length);
    word[length] = 0;
    return next + 1;
}

/* `name {a: int, b: vec3}` after the word `schema`. */
static orr_status load_schema(orr_space *space, const char *text, size_t size, orr_error *err) {
    char name[ORR_SCHEMA_MAX_NAME + 1], type[ORR_SCHEMA_MAX_NAME + 1];
    char(*names)[ORR_SCHEMA_MAX_NAME + 1] = orr_calloc(ORR_SCHEMA_MAX_FIELDS, sizeof *names);
    orr_schema_field fields[ORR_SCHEMA_MAX_FIELDS];
    size_t count = 0, used = take_word(text, size, "{", name), at = used;
    orr_status status = !names ? orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a schema")
                        : used ? ORR_OK
                               : bad_schema("no name", err);
    bool empty = at + blanks(text + at, size - at) < size && text[at + blanks(text + at, size - at)] == '}';
    if (empty) at += blanks(text + at, size - at) + 1;
    for (bool more = !empty; more && !status; count++) {
        if (count == ORR_SCHEMA_MAX_FIELDS) {
            status =
                orr_fail(err, ORR_E_LIMIT, NULL, "a schema with more than %d fields", ORR_SCHEMA_MAX_FIELDS);
            break;
        }
        used = take_word(text + at, size - at, ":", names[count]);
        at += used;
        size_t used_type = used ? take_word(text + at, size - at, ",}", type) : 0;
        at += used_type;
        if (!used_type)
            status = bad_schema("no field and type", err);
        else
            fields[count] = (orr_schema_field){names[count], orr_type_from_name(type, strlen(type))};
        if (!status && fields[count].type == ORR_TYPE_NONE)
            status = orr_fail(err, ORR_E_TYPE, NULL, "there is no type '%s'", type);
        more = !status && text[at - 1] == ',';
    }
    if (!status && at + blanks(text + at, size - at) != size) status = bad_schema("text after '}'", err);
    if (!status) status = orr_schemas_add(space->schemas, name, fields, count, NULL, err);
    free(names);
    return status;
}

/* `path = value` into the space aside. */
static orr_status load_value(orr_space *aside, const char *text, size_t size, orr_error *err) {
    orr_text path = {0};
    const orr_value *value = NULL;
    size_t used = 0;
    orr_status status = ORR_OK;
    orr_text_puts(&path, "/");
    if (text[0] == '"') {
        status = orr_value_parse_quoted(text, size, &path, &used, err);
    } else {
        while (used < size && text[used] != ' ' && text[used] != '\t' && text[used] != '=') used++;
        orr_text_append(&path, text, used);
    }
    used += blanks(text + used, size - used);
    if (!status && (used >= size || text[used] != '='))
        status = orr_fail(err, ORR_E_BAD_DATA, NULL, "expected 'path = value', a schema or a comment");
    if (!status && (path.length == 1 || memchr(path.data, 0, path.length)))
        status = orr_fail(err, ORR_E_BAD_DATA, NULL, "no path before '='");
    if (!status && path.failed) status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for a path");
    if (!status) status = orr_value_parse(text + used + 1, size - used - 1, aside->schemas, &value, err);
    const char *to = status || strcmp(path.data, "/.") != 0 ? path.data : "/";
    if (!status && orr_space_find(aside, to) && atomic_load(&orr_space_find(aside, to)->value)) {
        status = orr_fail(err, ORR_E_BAD_DATA, NULL, "the path '%s' is given twice", to + 1);
        orr_value_release(value);
    } else if (!status) {
        status = orr_space_set(aside, to, value, err);
    }
    orr_text_free(&path);
    return status;
}

static orr_status load_line(orr_space *aside, const char *line, size_t size, orr_error *err) {
    size_t start = blanks(line, size);
    line += start;
    size -= start;
    while (size && strchr(" \t\r", line[size - 1]) && line[size - 1]) size--;
    if (size == 0 || line[0] == '#') return ORR_OK;
    if (size > 7 && memcmp(line, "schema ", 7) == 0 && line[7 + blanks(line + 7, size - 7)] != '=')
        return load_schema(aside, line + 7, size - 7, err);
    return load_value(aside, line, size, err);
}

static orr_status load_lines(orr_space *aside, const char *text, size_t size, orr_error *err) {
    size_t first = strlen(FIRST_LINE), number = 1;
    if (size < first || memcmp(text, FIRST_LINE, first) != 0 ||
        (size > first && text[first] != '\n' && text[first] != '\r'))
        return orr_fail(err, ORR_E_VERSION, NULL, "line 1: expected '%s'", FIRST_LINE);
    for (size_t at = first; at < size; number++) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t end = newline ? (size_t)(newline - text) : size;
        orr_status status = load_line(aside, text + at, end - at, err);
        if (status) return orr_error_prefix(err, "line %zu", number), status;
        at = end + 1;
    }
    return ORR_OK;
}

orr_status orr_space_load(orr_space *space, const char *path, const char *text, size_t size, orr_error *err) {
    orr_space *aside = NULL;
    orr_space_params params = {.label = "load", .schemas = space->schemas};
    orr_status status = orr_path_check(path, err);
    if (!status) status = orr_space_create(&params, &aside, err);
    if (!status) status = load_lines(aside, text, size, err);
    if (!status) status = orr_space_mount(space, path, aside, err);
    orr_space_destroy(&aside);
    return status;
}
