/* A module's pass rows against the tables of stages and channels: what the frame graph can rely on
 * afterwards. */
#include <stdio.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "host/descriptor.h"
#include "render/render.h"
#include "vfs/vfs.h"

enum { NAME_LIMIT = 63, SCALE_LEAST = -6 };

typedef struct context {
    const orr_module_desc *module;
    const orr_pass_row *pass;
    const char *folder;
    orr_error *err;
} context;

static orr_status say(const context *c, const char *format, ...) ORR_PRINTF(2, 3);
static orr_status say(const context *c, const char *format, ...) {
    va_list args;
    va_start(args, format);
    orr_error inner = {0};
    orr_fail_v(&inner, ORR_E_MODULE, NULL, format, args);
    va_end(args);
    return orr_fail(c->err, ORR_E_MODULE, NULL, "pass '%s.%.63s' %.800s", c->module->name,
                    c->pass->name ? c->pass->name : "", inner.message);
}

static const char *stage_at(const void *unused, size_t i) {
    (void)unused;
    uint32_t count;
    return orr_stage_table(&count)[i].name;
}

static const char *channel_at(const void *unused, size_t i) {
    (void)unused;
    uint32_t count;
    return orr_channel_table(&count)[i].name;
}

static bool is_in(const char *name, size_t count, const char *(*at)(const void *, size_t)) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(at(NULL, i), name) == 0) return true;
    return false;
}

static orr_status check_stage(const context *c, const char *stage, const char *what) {
    uint32_t count;
    orr_stage_table(&count);
    if (stage && is_in(stage, count, stage_at)) return ORR_OK;
    const char *nearest = stage ? orr_nearest_name(stage, count, stage_at, NULL) : NULL;
    if (nearest) return say(c, "has the unknown %s '%.63s': did you mean '%s'?", what, stage, nearest);
    orr_text all = {0};
    for (uint32_t i = 0; i < count; i++) orr_text_printf(&all, "%s%s", i ? ", " : "", stage_at(NULL, i));
    orr_status status =
        say(c, "has the unknown %s '%.63s'; there are: %s", what, stage ? stage : "", orr_text_cstr(&all));
    orr_text_free(&all);
    return status;
}

/* A private image is called "<module>.<name>"; anybody may read it, only its module may make or change it. */
static bool is_private(const char *channel) {
    return strchr(channel, '.') != NULL;
}

static bool is_own(const context *c, const char *channel) {
    size_t length = strlen(c->module->name);
    return strncmp(channel, c->module->name, length) == 0 && channel[length] == '.';
}

static bool identifier(const char *name) {
    size_t length = strlen(name), dots = 0;
    bool ok =
        length > 0 && length <= NAME_LIMIT && name[0] >= 'a' && name[0] <= 'z' && name[length - 1] != '.';
    for (size_t i = 0; ok && i < length; i++) {
        bool word =
            (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '_';
        dots += name[i] == '.';
        ok = word || (name[i] == '.' && dots == 1);
    }
    return ok;
}

static orr_status check_channel(const context *c, const char *channel) {
    uint32_t count;
    orr_channel_table(&count);
    if (channel && is_in(channel, count, channel_at)) return ORR_OK;
    if (channel && is_private(channel) && identifier(channel)) return ORR_OK;
    const char *nearest = channel ? orr_nearest_name(channel, count, channel_at, NULL) : NULL;
    if (nearest) return say(c, "binds the unknown channel '%.63s': did you mean '%s'?", channel, nearest);
    return say(c, "binds the unknown channel '%.63s'; a private image is called '%s.<name>'",
               channel ? channel : "", c->module->name);
}

static orr_status check_bind(const context *c, const orr_pass_bind *bind) {
    orr_status status = check_channel(c, bind->channel);
    if (status) return status;
    const char *access = bind->access ? bind->access : "";
    bool create = strcmp(access, "create") == 0, modify = strcmp(access, "modify") == 0;
    bool read = strcmp(access, "read") == 0 || strcmp(access, "read_optional") == 0;
    if (!create && !modify && !read)
        return say(c,
                   "binds '%s' with the unknown access '%.40s': it is read, read_optional, create or modify",
                   bind->channel, access);
    if (bind->at && !read)
        return say(c, "says at = '%.63s' for '%s', which only a read can have", bind->at, bind->channel);
    if (bind->at && (status = check_stage(c, bind->at, "stage of a bind"))) return status;
    bool private = is_private(bind->channel);
    if (private && !read && !is_own(c, bind->channel))
        return say(c, "would %s '%s', which is another module's own image", access, bind->channel);
    if (private && create && (!bind->format || !*bind->format))
        return say(c, "creates '%s' without a format: say, for example, rgba16f", bind->channel);
    if (bind->format && (!private || !create))
        return say(c,
                   "gives a format for '%s': only a private image that is created has one, the channel table "
                   "states the others",
                   bind->channel);
    return ORR_OK;
}

static orr_status check_binds(const context *c) {
    bool writes = false;
    for (uint32_t i = 0; i < c->pass->bind_count; i++) {
        const orr_pass_bind *bind = &c->pass->binds[i];
        orr_status status = check_bind(c, bind);
        if (status) return status;
        writes = writes || strcmp(bind->access, "create") == 0 || strcmp(bind->access, "modify") == 0;
        for (uint32_t before = 0; before < i; before++)
            if (strcmp(c->pass->binds[before].channel, bind->channel) == 0)
                return say(c, "binds '%s' twice", bind->channel);
    }
    return writes ? ORR_OK : say(c, "creates and modifies nothing: it would have no effect");
}

static orr_status check_shader(const context *c) {
    const char *shader = c->pass->shader;
    char path[1024];
    if (!shader || !*shader) return say(c, "names no shader");
    if (orr_path_is_absolute(shader) || strstr(shader, "..") || strpbrk(shader, "\\:"))
        return say(c, "has the shader '%.120s', which is not inside the module's folder", shader);
    if (!c->folder || orr_vfs_inside(c->folder)) return ORR_OK; /* in a bundle: looking for it tells */
    orr_path_join(path, sizeof path, c->folder, shader);
    return orr_file_exists(path)
               ? ORR_OK
               : say(c, "has the shader '%.120s', but there is no such file in '%s'", shader, c->folder);
}

/* "other.main|another.main" */
static orr_status check_after(const context *c) {
    const char *after = c->pass->after;
    while (after && *after) {
        char name[2 * NAME_LIMIT + 2];
        size_t length = strcspn(after, "|");
        bool whole =
            orr_format(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name), after);
        bool core = strcmp(name, "transparent") == 0; /* Orrery's own pass that modifies a channel */
        if (!whole || !identifier(name) || (!is_private(name) && !core))
            return say(c, "says after = '%.120s': write module.pass, several with | between", c->pass->after);
        after += length + (after[length] == '|');
    }
    return ORR_OK;
}

static orr_status check_pass(const context *c, uint32_t index) {
    const orr_pass_row *pass = c->pass;
    if (!pass->name || !identifier(pass->name) || is_private(pass->name))
        return say(c, "needs a name of lower-case letters, digits and underscores");
    for (uint32_t before = 0; before < index; before++)
        if (strcmp(c->module->passes[before].name, pass->name) == 0) return say(c, "is there twice");
    if (pass->scale_log2 > 0 || pass->scale_log2 < SCALE_LEAST)
        return say(c, "has scale_log2 = %d: it lies between %d and 0", pass->scale_log2, SCALE_LEAST);
    orr_status status = check_stage(c, pass->stage, "stage");
    if (!status && pass->size_of) status = check_channel(c, pass->size_of);
    if (!status) status = check_binds(c);
    if (!status) status = check_after(c);
    return status ? status : check_shader(c);
}

orr_status orr_passes_check(const orr_module_desc *module, const char *folder, orr_error *err) {
    context c = {module, NULL, folder, err};
    for (uint32_t i = 0; i < module->pass_count; i++) {
        c.pass = &module->passes[i];
        orr_status status = check_pass(&c, i);
        if (status) return status;
    }
    return ORR_OK;
}
