/* Paths: what is a name, and the application's own corner of the tree. */
#include "space/space_private.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

bool orr_path_name_ok(const char *name, size_t length) {
    if (length == 0 || length > ORR_SPACE_MAX_NAME) return false;
    if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'))) return false;
    for (size_t i = 0, n; i < length; i += n) {
        n = orr_utf8_next(name + i, length - i, NULL);
        if (n == 0 || (unsigned char)name[i] < 0x20 || name[i] == 0x7f || name[i] == '/') return false;
    }
    return true;
}

void orr_space_name(const char *text, char *out, size_t size) {
    size_t length = 0;
    for (size_t end = strlen(text), i = 0, n; i < end; i += n ? n : 1) {
        n = orr_utf8_next(text + i, end - i, NULL);
        bool good = orr_path_name_ok(text + i, n) || text[i] == '.';
        if (length + (good ? n : 1) >= size) break;
        memcpy(out + length, good ? text + i : "_", good ? n : 1);
        length += good ? n : 1;
    }
    out[length] = 0;
    if (!orr_path_name_ok(out, length)) (void)orr_format(out, size, "_");
}

static orr_status bad_name(const char *path, const char *name, size_t length, orr_error *err) {
    if (length == 0)
        return orr_fail(err, ORR_E_ARGUMENT, path,
                        "the path '%s' has an empty part (a doubled or a last slash)", path);
    if (length > ORR_SPACE_MAX_NAME)
        return orr_fail(err, ORR_E_LIMIT, path, "a name of %zu bytes in a path; at most %d are allowed",
                        length, ORR_SPACE_MAX_NAME);
    if (name[0] == '.')
        return orr_fail(err, ORR_E_ARGUMENT, path,
                        "the path '%s' has a '%.*s' part; paths of the space are plain", path, (int)length,
                        name);
    return orr_fail(err, ORR_E_ARGUMENT, path,
                    "a name in the path '%s' is not UTF-8 or has control characters", path);
}

orr_status orr_path_check(const char *path, orr_error *err) {
    if (!path || path[0] != '/')
        return orr_fail(err, ORR_E_ARGUMENT, path, "'%s' is no path of the space: it must begin with '/'",
                        path ? path : "(null)");
    size_t depth = 0;
    for (const char *p = path; path[1] && *p == '/';) {
        size_t length = strcspn(++p, "/");
        if (!orr_path_name_ok(p, length)) return bad_name(path, p, length, err);
        if (++depth > ORR_SPACE_MAX_DEPTH)
            return orr_fail(err, ORR_E_LIMIT, path, "the path is deeper than %d names", ORR_SPACE_MAX_DEPTH);
        p += length;
    }
    return ORR_OK;
}

size_t orr_path_depth(const char *path) {
    size_t depth = 0;
    for (const char *p = path; path[1] && *p; p++) depth += *p == '/';
    return depth;
}

uint64_t orr_path_hash(const char *path) {
    uint64_t hash = 0;
    for (const char *p = path; path[1] && *p == '/';) {
        size_t length = strcspn(++p, "/");
        hash = orr_hash64(p, length, hash);
        p += length;
    }
    return hash;
}

orr_status orr_space_missing(const char *path, orr_error *err) {
    orr_status status = orr_path_check(path, err);
    if (status || !err) return status ? status : ORR_E_NOT_FOUND;
    return orr_fail(err, ORR_E_NOT_FOUND, path, "there is no value at '%s'", path);
}

/* --- applications ------------------------------------------------------------------------------------ */

orr_status orr_space_app_init(orr_space_app *app, orr_space *space, const char *name, orr_error *err) {
    if (!name || !orr_path_name_ok(name, strlen(name)))
        return orr_fail(
            err, ORR_E_ARGUMENT, NULL,
            "'%s' is no name for an application: 1 to %d bytes of UTF-8 without '/', not '.' or '..'",
            name ? name : "(null)", ORR_SPACE_MAX_NAME);
    app->space = space;
    orr_format(app->root, sizeof app->root, "/apps/%s", name);
    return ORR_OK;
}

/* Would following `path` from the root step above it at any point? */
static bool climbs_out(const char *path) {
    size_t depth = 0;
    for (const char *p = path;; p++) {
        size_t length = strcspn(p, "/");
        bool up = length == 2 && p[0] == '.' && p[1] == '.',
             here = length == 0 || (length == 1 && p[0] == '.');
        if (up && depth-- == 0) return true;
        depth += !up && !here;
        p += length;
        if (!*p) return false;
    }
}

orr_status orr_space_app_path(const orr_space_app *app, const char *path, char *out, size_t size,
                              orr_error *err) {
    size_t root = strlen(app->root);
    const char *inside = path;
    if (path[0] == '/') {
        bool within = strncmp(path, app->root, root) == 0 && (path[root] == '/' || path[root] == 0);
        inside = within ? path + root + (path[root] == '/') : NULL;
    }
    if (!inside || climbs_out(inside))
        return orr_fail(err, ORR_E_ESCAPE, path,
                        "the path '%s' leaves '%s'; an application uses its own paths only", path, app->root);
    bool whole = strcmp(inside, ".") == 0 || (path != inside && !*inside && path[root] == 0);
    if (!orr_format(out, size, "%s%s%s", app->root, whole ? "" : "/", whole ? "" : inside))
        return orr_fail(err, ORR_E_LIMIT, path, "the path is longer than the %zu bytes given for it",
                        size - 1);
    return orr_path_check(out, err);
}

orr_status orr_space_app_set(const orr_space_app *app, const char *path, const orr_value *value,
                             orr_error *err) {
    char full[1024];
    orr_status status = orr_space_app_path(app, path, full, sizeof full, err);
    if (!status) return orr_space_set(app->space, full, value, err);
    orr_value_release(value);
    return status;
}

orr_status orr_space_app_get(const orr_space_app *app, const char *path, const orr_value **out,
                             orr_error *err) {
    char full[1024];
    orr_status status = orr_space_app_path(app, path, full, sizeof full, err);
    return status ? status : orr_space_get(app->space, full, out, err);
}

void orr_space_app_end(orr_space_app *app) {
    orr_status status = app->space ? orr_space_remove(app->space, app->root, NULL) : ORR_OK;
    (void)status; /* not found: the application never wrote anything */
    *app = (orr_space_app){0};
}
