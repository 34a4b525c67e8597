/* `#include "x"` and the preamble, expanded into one text whose `#line n "file"` keeps messages true. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gpu/glsl.h"

#define MOST_DEPTH 16u
#define MOST_BYTES ((size_t)4 << 20)
#define MOST_FILES 256u

typedef struct expander {
    const orr_glsl_source *source;
    orr_text out;
    char *seen[MOST_FILES];
    uint32_t seen_count;
    orr_error *err;
} expander;

typedef struct reader { /* of one file */
    const char *name, *at;
    uint32_t line;
    bool in_comment; /* inside a block comment that began on an earlier line */
} reader;

static const char *skip_blanks(const char *at) {
    while (*at == ' ' || *at == '\t') at++;
    return at;
}

/* After "#" and blanks: the directive's argument, or NULL when it is another directive. */
static const char *directive(const char *line, const char *word) {
    line = skip_blanks(line);
    if (*line != '#') return NULL;
    line = skip_blanks(line + 1);
    size_t length = strlen(word);
    if (strncmp(line, word, length) != 0 || isalnum((unsigned char)line[length]) || line[length] == '_')
        return NULL;
    return skip_blanks(line + length);
}

/* Whether a block comment is open at the end of the line. */
static bool comment_after(const char *line, size_t length, bool open) {
    for (size_t i = 0; i < length; i++) {
        bool pair = i + 1 < length;
        if (open) {
            if (pair && line[i] == '*' && line[i + 1] == '/') {
                open = false;
                i++;
            }
        } else if (pair && line[i] == '/' && line[i + 1] == '/') {
            return false;
        } else if (pair && line[i] == '/' && line[i + 1] == '*') {
            open = true;
            i++;
        }
    }
    return open;
}

static void put_line_mark(expander *e, uint32_t line, const char *name) {
    orr_text_printf(&e->out, "#line %u \"%s\"\n", line, name);
}

static orr_status expand_file(expander *e, const char *name, const char *text, uint32_t line, uint32_t depth);

static orr_status include(expander *e, const reader *r, const char *argument, uint32_t depth) {
    char name[256];
    size_t length = argument[0] == '"' ? strcspn(argument + 1, "\"\n") : 0;
    if (length == 0 || argument[1 + length] != '"' || length >= sizeof name)
        return orr_fail(e->err, ORR_E_SHADER, r->name, "%s:%u: #include takes a file name in double quotes",
                        r->name, r->line);
    memcpy(name, argument + 1, length);
    name[length] = '\0';
    if (e->source->fetch == NULL)
        return orr_fail(e->err, ORR_E_SHADER, r->name, "%s:%u: #include \"%s\": no includes are allowed here",
                        r->name, r->line, name);
    if (depth >= MOST_DEPTH)
        return orr_fail(e->err, ORR_E_LIMIT, r->name, "%s:%u: #include \"%s\": more than %u files deep",
                        r->name, r->line, name, MOST_DEPTH);
    for (uint32_t i = 0; i < e->seen_count; i++)
        if (strcmp(e->seen[i], name) == 0) { /* each file once */
            orr_text_puts(&e->out, "\n");
            return ORR_OK;
        }
    char *text = NULL;
    orr_status status = e->source->fetch(e->source->context, name, &text, e->err);
    if (status != ORR_OK) {
        if (e->err != NULL) return orr_error_prefix(e->err, "%s:%u: #include \"%s\"", r->name, r->line, name);
        return status;
    }
    put_line_mark(e, 1, name);
    status = expand_file(e, name, text, 1, depth + 1);
    free(text);
    put_line_mark(e, r->line + 1, r->name);
    return status;
}

static orr_status remember(expander *e, const char *name) {
    size_t length = strlen(name) + 1;
    char *copy = e->seen_count < MOST_FILES ? malloc(length) : NULL;
    if (copy == NULL)
        return orr_fail(e->err, ORR_E_LIMIT, name, "%s: more than %u included files", name, MOST_FILES);
    memcpy(copy, name, length);
    e->seen[e->seen_count++] = copy;
    return ORR_OK;
}

static orr_status expand_file(expander *e, const char *name, const char *text, uint32_t line,
                              uint32_t depth) {
    orr_status status = remember(e, name);
    reader r = {.name = name, .at = text, .line = line};
    while (status == ORR_OK && *r.at != '\0') {
        size_t length = strcspn(r.at, "\n");
        const char *argument = r.in_comment ? NULL : directive(r.at, "include");
        const char *version = r.in_comment ? NULL : directive(r.at, "version");
        if (argument != NULL) {
            status = include(e, &r, argument, depth);
        } else if (version != NULL && depth > 0) {
            status = orr_fail(e->err, ORR_E_SHADER, name,
                              "%s:%u: #version belongs into the including file alone", name, r.line);
        } else {
            orr_text_append(&e->out, r.at, length);
            orr_text_puts(&e->out, "\n");
        }
        r.in_comment = comment_after(r.at, length, r.in_comment);
        r.at += length;
        if (*r.at == '\n') r.at++;
        r.line++;
        if (status == ORR_OK && e->out.length > MOST_BYTES)
            status = orr_fail(e->err, ORR_E_LIMIT, name, "%s: the expanded shader is larger than %zu bytes",
                              name, MOST_BYTES);
    }
    return status;
}

/* Bytes of what comes before and including the #version line (blank lines and comments may precede it); 0 =
 * there is none. */
static size_t version_end(const char *text, uint32_t *lines) {
    bool in_comment = false;
    const char *at = text;
    for (*lines = 1; *at != '\0'; (*lines)++) {
        size_t length = strcspn(at, "\n");
        bool found = !in_comment && directive(at, "version") != NULL;
        const char *first = skip_blanks(at);
        bool code = !in_comment && *first != '\n' && *first != '\r' && *first != '\0' && *first != '/' &&
                    *first != '*';
        if (code && !found) return 0;
        in_comment = comment_after(at, length, in_comment);
        at += length;
        if (*at == '\n') at++;
        if (found) return (size_t)(at - text);
    }
    return 0;
}

orr_status orr_glsl_expand(const orr_glsl_source *source, char **text, orr_error *err) {
    expander e = {.source = source, .err = err};
    uint32_t lines = 0;
    *text = NULL;
    size_t head = version_end(source->text, &lines);
    if (head > 0) {
        orr_text_append(&e.out, source->text, head);
        if (source->text[head - 1] != '\n') orr_text_puts(&e.out, "\n");
    } else {
        orr_text_puts(&e.out, "#version 460\n");
        lines = 0;
    }
    orr_text_puts(&e.out, "#extension GL_GOOGLE_cpp_style_line_directive : require\n");
    if (source->preamble != NULL && source->preamble[0] != '\0') {
        put_line_mark(&e, 1, "preamble");
        orr_text_puts(&e.out, source->preamble);
        orr_text_puts(&e.out, "\n");
    }
    put_line_mark(&e, lines + 1, source->name);
    orr_status status = expand_file(&e, source->name, source->text + head, lines + 1, 0);
    for (uint32_t i = 0; i < e.seen_count; i++) free(e.seen[i]);
    if (status == ORR_OK && e.out.failed)
        status = orr_fail(err, ORR_E_MEMORY, source->name, "%s: no memory to expand it", source->name);
    if (status != ORR_OK) {
        orr_text_free(&e.out);
        return status;
    }
    *text = e.out.data;
    return ORR_OK;
}
