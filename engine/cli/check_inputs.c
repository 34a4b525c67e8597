#include "cli/check_inputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"

/* The part of `path` below `folder`; NULL when it lies elsewhere. */
static const char *below(const char *path, const char *folder) {
    char real[2048];
    if (!folder || !orr_path_real(folder, real, sizeof real)) return NULL;
    if (!orr_path_is_below(real, path)) return NULL;
    const char *rest = path + strlen(real);
    return *rest == '/' ? rest + 1 : rest; /* the root folder ends with one */
}

static void name_of(const orr_read *read, const orr_check_places *places, char *out, size_t size) {
    const struct {
        const char *prefix, *folder;
    } rows[] = {{"", places->script}, {"data:", places->data}, {"orrery:", places->root}};
    const char *kind = orr_read_kind_name(read->kind);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *rest = below(read->path, rows[i].folder);
        if (!rest) continue;
        orr_format(out, size, "%s %s%s", kind, rows[i].prefix, rest);
        return;
    }
    orr_format(out, size, "%s %s", kind,
               orr_path_is_absolute(read->asked) ? orr_path_name(read->path) : read->asked);
}

static int by_name(const void *a, const void *b) {
    const orr_golden_input *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->sha256, y->sha256);
}

static bool add(orr_arena *arena, orr_golden_input *inputs, uint32_t *count, const char *name,
                const orr_digest *digest) {
    char hex[65];
    orr_digest_hex(digest, hex);
    orr_golden_input *input = &inputs[(*count)++];
    *input = (orr_golden_input){orr_arena_strdup(arena, name), orr_arena_strdup(arena, hex)};
    return input->name && input->sha256;
}

/* A parameter that is a file is one of the files; its path is this machine's. */
static bool add_params(const orr_script *script, orr_arena *arena, orr_golden_input *inputs,
                       uint32_t *count) {
    const orr_param_table *table = orr_script_param_table(script);
    bool full = true;
    for (uint32_t i = 0; full && i < table->count; i++) {
        orr_param_row row;
        orr_text text = {0};
        char name[160];
        orr_param_row_get(table, i, &row);
        if (row.type == ORR_PARAM_ASSET) continue;
        orr_text_printf(&text, "%s=", row.name); /* equal values of two are not one input */
        orr_param_format(&row, orr_script_param_value(script, i), &text);
        orr_format(name, sizeof name, "parameter %s", row.name);
        orr_digest digest = orr_digest_of(orr_text_cstr(&text), text.length);
        full = !text.failed && add(arena, inputs, count, name, &digest);
        orr_text_free(&text);
    }
    return full;
}

orr_status orr_check_inputs(orr_reads *reads, const orr_script *script, const orr_check_places *places,
                            orr_arena *arena, orr_golden *golden, orr_error *err) {
    const orr_read *list = NULL;
    uint32_t count = 0, kept = 0, named = 0;
    orr_status status = orr_reads_list(reads, &list, &count, err);
    if (status != ORR_OK) return status;
    orr_golden_input *inputs =
        ORR_ARENA_NEW(arena, orr_golden_input, (size_t)count + orr_script_param_table(script)->count + 1);
    bool full = inputs && add_params(script, arena, inputs, &named);
    for (uint32_t i = 0; full && i < count; i++) {
        if (list[i].kind == ORR_READ_MODULE) continue; /* code, which is what a check is for */
        char name[1024];
        name_of(&list[i], places, name, sizeof name);
        full = add(arena, inputs, &named, name, &list[i].digest);
    }
    if (!full) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the inputs of a scene");
    qsort(inputs, named, sizeof *inputs, by_name);
    for (uint32_t i = 0; i < named; i++) /* a file that was asked for in two ways is one input */
        if (!kept || strcmp(inputs[kept - 1].name, inputs[i].name) != 0) inputs[kept++] = inputs[i];
    golden->inputs = inputs;
    golden->input_count = kept;
    return ORR_OK;
}

/* By name; else by content: a file that only lies elsewhere, as in a bundle, is the same input. */
static const orr_golden_input *find(const orr_golden *golden, const orr_golden_input *input) {
    for (uint32_t i = 0; i < golden->input_count; i++)
        if (!strcmp(golden->inputs[i].name, input->name)) return &golden->inputs[i];
    for (uint32_t i = 0; i < golden->input_count; i++)
        if (!strcmp(golden->inputs[i].sha256, input->sha256)) return &golden->inputs[i];
    return NULL;
}

orr_status orr_check_inputs_changed(const orr_golden *old, const orr_golden *now, orr_arena *arena,
                                    const char ***changed, uint32_t *count, orr_error *err) {
    const char **list = ORR_ARENA_NEW(arena, const char *, (size_t)old->input_count + now->input_count + 1);
    uint32_t n = 0;
    bool full = list != NULL;
    for (uint32_t side = 0; full && side < 2; side++) {
        const orr_golden *from = side ? old : now, *other = side ? now : old;
        for (uint32_t i = 0; full && i < from->input_count; i++) {
            const orr_golden_input *input = &from->inputs[i], *twin = find(other, input);
            if (twin && (side || !strcmp(twin->sha256, input->sha256))) continue;
            char text[1100];
            orr_format(text, sizeof text, "%s%s", input->name,
                       twin   ? ""
                       : side ? " (no longer read)"
                              : " (new)");
            full = (list[n++] = orr_arena_strdup(arena, text)) != NULL;
        }
    }
    if (!full) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the inputs of a scene");
    *changed = list;
    *count = n;
    return ORR_OK;
}
