#include "gpu/shader_edits.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"

enum { MOST_PATH = 2048 };

/* Whether `file` is the path's last name, or its last names: "main.comp", "vignette/main.comp". */
static bool names_path(const char *file, const char *path) {
    size_t length = strlen(file), whole = strlen(path);
    return length <= whole && strcmp(path + whole - length, file) == 0 &&
           (length == whole || path[whole - length - 1] == '/');
}

orr_status orr_shader_edits_add(orr_shader_edits *edits, const char *file, const char *find,
                                const char *replace, orr_error *err) {
    if (!*file || !*find)
        return orr_fail(err, ORR_E_ARGUMENT, NULL,
                        "an edit of a shader takes a file's name and the text to replace, neither empty");
    for (uint32_t i = 0; i < edits->read_count; i++)
        if (names_path(file, edits->read[i]))
            return orr_fail(err, ORR_E_ARGUMENT, file,
                            "edit of '%s': a shader was made of it already; edit before the first frame",
                            file);
    orr_shader_edit *edit = ORR_ARENA_NEW(&edits->arena, orr_shader_edit, 1), **last = &edits->first;
    if (edit)
        *edit = (orr_shader_edit){.file = orr_arena_strdup(&edits->arena, file),
                                  .find = orr_arena_strdup(&edits->arena, find),
                                  .replace = orr_arena_strdup(&edits->arena, replace)};
    if (!edit || !edit->file || !edit->find || !edit->replace)
        return orr_fail(err, ORR_E_MEMORY, file, "no memory for an edit of '%s'", file);
    while (*last) last = &(*last)->next;
    *last = edit;
    return ORR_OK;
}

static orr_status note_read(orr_shader_edits *edits, const char *path, orr_error *err) {
    for (uint32_t i = 0; i < edits->read_count; i++)
        if (!strcmp(edits->read[i], path)) return ORR_OK;
    if (edits->read_count == edits->read_capacity) {
        uint32_t capacity = edits->read_capacity ? edits->read_capacity * 2 : 32;
        const char **grown = orr_realloc(edits->read, capacity, sizeof *grown);
        if (!grown) return orr_fail(err, ORR_E_MEMORY, path, "no memory to read '%s'", path);
        edits->read = grown, edits->read_capacity = capacity;
    }
    const char *copy = orr_arena_strdup(&edits->arena, path);
    if (!copy) return orr_fail(err, ORR_E_MEMORY, path, "no memory to read '%s'", path);
    edits->read[edits->read_count++] = copy;
    return ORR_OK;
}

static orr_status make_one(orr_shader_edit *edit, char **text, orr_error *err) {
    uint32_t count = 0;
    const char *found = NULL;
    for (const char *at = *text; (at = strstr(at, edit->find)) != NULL; at++, count++)
        if (!count) found = at;
    if (count != 1)
        return orr_fail(err, ORR_E_ARGUMENT, edit->file,
                        "edit of '%s': the text to replace stands there %u times, and must exactly once: "
                        "'%.200s'",
                        edit->file, count, edit->find);
    orr_text edited = {0};
    orr_text_append(&edited, *text, (size_t)(found - *text));
    orr_text_puts(&edited, edit->replace);
    orr_text_puts(&edited, found + strlen(edit->find));
    if (edited.failed || !edited.data) {
        orr_text_free(&edited);
        return orr_fail(err, ORR_E_MEMORY, edit->file, "no memory for an edit of '%s'", edit->file);
    }
    free(*text);
    *text = edited.data;
    edit->met = true;
    return ORR_OK;
}

orr_status orr_shader_edits_make(orr_shader_edits *edits, const char *folder, const char *name, char **text,
                                 orr_error *err) {
    char path[MOST_PATH];
    orr_path_join(path, sizeof path, folder, name);
    orr_status status = note_read(edits, path, err);
    for (orr_shader_edit *e = edits->first; e && !status; e = e->next)
        if (names_path(e->file, path)) status = make_one(e, text, err);
    return status;
}

static const char *read_name(const void *context, size_t i) {
    const char *path = ((const char *const *)context)[i], *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

orr_status orr_shader_edits_met(const orr_shader_edits *edits, orr_error *err) {
    const orr_shader_edit *e = edits->first;
    while (e && e->met) e = e->next;
    if (!e) return ORR_OK;
    const char *near = orr_nearest_name(e->file, edits->read_count, read_name, edits->read);
    return orr_fail(err, ORR_E_NOT_FOUND, e->file,
                    "edit of '%s': no shader that was made reads a file of this name%s%s%s", e->file,
                    near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

void orr_shader_edits_digest(const orr_shader_edits *edits, orr_digest_builder *digest) {
    for (const orr_shader_edit *e = edits->first; e; e = e->next)
        orr_digest_add_text(digest, e->file), orr_digest_add_text(digest, e->find),
            orr_digest_add_text(digest, e->replace);
}

void orr_shader_edits_free(orr_shader_edits *edits) {
    free(edits->read);
    orr_arena_free(&edits->arena);
}
