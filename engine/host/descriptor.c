#include "host/descriptor.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/params.h"
#include "base/platform/platform.h"

enum {
    STRUCT_LIMIT = 1 << 16,
    STRIDE_LIMIT = 4096,
    ROW_LIMIT = 256,
    BIND_LIMIT = 12 /* of a graph pass, render/graph.h */,
    NAME_LIMIT = 63
};

/* --- copying ------------------------------------------------------------------------------------------ */

typedef struct reader {
    const char *place;
    uint32_t major, minor; /* of the module */
    orr_arena *arena;
    orr_error *err;
} reader;

static bool all_zero(const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i]) return false;
    return true;
}

static orr_status fail_tail(const reader *r, const char *what) {
    return orr_fail(r->err, ORR_E_VERSION, r->place,
                    "'%s' uses %s that came after this Orrery: it is built for module ABI %u.%u, this "
                    "program knows %d.%d. "
                    "Update Orrery, or build the module against its headers",
                    r->place, what, r->major, r->minor, ORR_ABI_MAJOR, ORR_ABI_MINOR);
}

/* A table of `count` rows, `stride` bytes apart as their author compiled them, into rows of `size` bytes. */
static orr_status copy_rows(const reader *r, const char *what, const void *rows, uint32_t count,
                            uint32_t stride, uint32_t limit, uint32_t least, size_t size, void **out) {
    *out = NULL;
    if (count == 0) return ORR_OK;
    if (!rows || count > limit)
        return orr_fail(r->err, ORR_E_MODULE, r->place, "'%s' has %u %s %s", r->place, count, what,
                        rows ? "which is too many" : "at no address");
    if (stride < least || stride > STRIDE_LIMIT || stride % sizeof(uint32_t))
        return orr_fail(
            r->err, ORR_E_MODULE, r->place,
            "'%s' says its %s are %u bytes apart (this build: %zu): set the stride to sizeof of the row",
            r->place, what, stride, size);
    char *copy = orr_arena_alloc(r->arena, count, size);
    if (!copy) return orr_fail(r->err, ORR_E_MEMORY, r->place, "'%s': out of memory", r->place);
    for (uint32_t i = 0; i < count; i++) {
        const char *row = (const char *)rows + (size_t)i * stride;
        memcpy(copy + i * size, row, stride < size ? stride : size);
        if (stride > size && !all_zero(row + size, stride - size)) return fail_tail(r, what);
    }
    *out = copy;
    return ORR_OK;
}

/* The least a row can be: up to the end of the members that ABI 1.0 cannot do without. */
#define THROUGH(type, member) (uint32_t)(offsetof(type, member) + sizeof(((type *)0)->member))

static orr_status copy_passes(const reader *r, orr_module_desc *module) {
    void *rows = NULL;
    orr_status status = copy_rows(r, "pass rows", module->passes, module->pass_count, module->pass_stride,
                                  ROW_LIMIT, THROUGH(orr_pass_row, bind_stride), sizeof(orr_pass_row), &rows);
    orr_pass_row *passes = rows;
    for (uint32_t i = 0; !status && i < module->pass_count; i++) {
        status = copy_rows(r, "pass binds", passes[i].binds, passes[i].bind_count, passes[i].bind_stride,
                           BIND_LIMIT, THROUGH(orr_pass_bind, access), sizeof(orr_pass_bind), &rows);
        passes[i].binds = rows;
        passes[i].bind_stride = sizeof(orr_pass_bind);
    }
    module->passes = passes;
    module->pass_stride = sizeof(orr_pass_row);
    return status;
}

static orr_status copy_tables(const reader *r, orr_module_desc *module) {
    void *rows = NULL;
    orr_status status =
        copy_rows(r, "parameter rows", module->params, module->param_count, module->param_stride, ROW_LIMIT,
                  THROUGH(orr_param_row, type), sizeof(orr_param_row), &rows);
    module->params = rows;
    module->param_stride = sizeof(orr_param_row);
    if (!status) status = copy_passes(r, module);
    if (!status)
        status = copy_rows(r, "product rows", module->products, module->product_count, module->product_stride,
                           ROW_LIMIT, THROUGH(orr_product_row, shader), sizeof(orr_product_row), &rows);
    module->products = status ? NULL : rows;
    module->product_stride = sizeof(orr_product_row);
    return status;
}

orr_status orr_descriptor_copy(const void *symbol, const char *place, orr_arena *arena, orr_module_desc *out,
                               orr_error *err) {
    uint32_t head[3];
    memcpy(head, symbol, sizeof head); /* struct_size, abi_major, abi_minor */
    reader r = {place, head[1], head[2], arena, err};
    memset(out, 0, sizeof *out);
    if (head[1] != ORR_ABI_MAJOR)
        return orr_fail(err, ORR_E_VERSION, place,
                        "'%s' is built for module ABI %u.%u, this Orrery needs %d.%d: build it against this "
                        "version's headers",
                        place, head[1], head[2], ORR_ABI_MAJOR, ORR_ABI_MINOR);
    if (head[0] < THROUGH(orr_module_desc, doc) || head[0] > STRUCT_LIMIT)
        return orr_fail(err, ORR_E_MODULE, place,
                        "'%s' says its descriptor has %u bytes (this build: %zu): set struct_size to "
                        "sizeof(orr_module_desc)",
                        place, head[0], sizeof *out);
    memcpy(out, symbol, head[0] < sizeof *out ? head[0] : sizeof *out);
    if (head[0] > sizeof *out && !all_zero((const char *)symbol + sizeof *out, head[0] - sizeof *out))
        return fail_tail(&r, "fields of the descriptor");
    out->struct_size = sizeof *out;
    return copy_tables(&r, out);
}

/* --- checking ------------------------------------------------------------------------------------------- */

static bool name_ok(const char *name) {
    size_t length = name ? strlen(name) : 0;
    bool ok = length > 0 && length <= NAME_LIMIT && name[0] >= 'a' && name[0] <= 'z';
    for (size_t i = 0; ok && i < length; i++)
        ok = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '_';
    return ok;
}

static orr_status check_role(const orr_module_desc *m, orr_error *err) {
    bool exposure = m->role && strcmp(m->role, "exposure") == 0;
    bool tonemap = m->role && strcmp(m->role, "tonemap") == 0;
    if (m->role && !exposure && !tonemap)
        return orr_fail(err, ORR_E_MODULE, NULL,
                        "module '%s' has the unknown role '%.40s': it is 'exposure', 'tonemap' or none",
                        m->name, m->role);
    if (exposure != (m->expose != NULL))
        return orr_fail(err, ORR_E_MODULE, NULL, "module '%s' %s", m->name,
                        exposure ? "has the role 'exposure' but no function expose()"
                                 : "has expose() but not the role 'exposure'");
    int metering = (m->meter != NULL) + (m->metered_ev != NULL) + (m->adapt != NULL);
    if (metering && (metering < 3 || !exposure))
        return orr_fail(err, ORR_E_MODULE, NULL, "module '%s' %s", m->name,
                        exposure ? "has one or two of meter(), metered_ev() and adapt(): they go together"
                                 : "has metering functions but not the role 'exposure'");
    if (m->param_count && m->params_size == 0 && (m->build || m->expose))
        return orr_fail(err, ORR_E_MODULE, NULL,
                        "module '%s' has C functions that take its parameters, but params_size is 0: set it "
                        "to sizeof of the struct",
                        m->name);
    return ORR_OK;
}

/* "orr.gpu/1" and "orr.gpu/2" are two versions of one service. */
static bool same_service(const char *a, const char *b) {
    size_t length = strcspn(a, "/");
    return length == strcspn(b, "/") && memcmp(a, b, length) == 0;
}

static orr_status check_needs(const orr_module_desc *m, const char *const *services, orr_error *err) {
    for (const char *const *need = m->needs; need && *need; need++) {
        const char *near = NULL;
        bool found = false;
        for (const char *const *service = services; *service && !found; service++) {
            found = strcmp(*service, *need) == 0;
            if (same_service(*service, *need)) near = *service;
        }
        if (found) continue;
        orr_text all = {0};
        for (const char *const *service = services; *service; service++)
            orr_text_printf(&all, "%s%s", all.length ? ", " : "", *service);
        if (near)
            orr_fail(err, ORR_E_VERSION, NULL,
                     "module '%s' needs the host service '%.60s'; this Orrery has '%s'", m->name, *need,
                     near);
        else
            orr_fail(
                err, ORR_E_MODULE, NULL,
                "module '%s' needs the host service '%.60s', which this Orrery does not have (it has: %s)",
                m->name, *need, orr_text_cstr(&all));
        orr_text_free(&all);
        return near ? ORR_E_VERSION : ORR_E_MODULE;
    }
    return ORR_OK;
}

orr_status orr_descriptor_check(const orr_module_desc *m, const char *folder, const char *const *services,
                                orr_error *err) {
    if (!name_ok(m->name))
        return orr_fail(
            err, ORR_E_MODULE, NULL,
            "a module's name is lower-case letters, digits and underscores, at most 63 bytes, not '%.80s'",
            m->name ? m->name : "");
    if (!m->version || !*m->version)
        return orr_fail(err, ORR_E_MODULE, NULL, "module '%s' states no version", m->name);
    if (!m->doc || !*m->doc)
        return orr_fail(err, ORR_E_MODULE, NULL, "module '%s' has no doc: say in one line what it does",
                        m->name);
    if (m->product_count)
        return orr_fail(err, ORR_E_UNSUPPORTED, NULL,
                        "module '%s' declares products (look-up tables), which this Orrery does not make yet",
                        m->name);
    const orr_param_table table = {m->params, m->param_count, m->param_stride, m->name};
    orr_status status = check_role(m, err);
    if (!status) status = check_needs(m, services, err);
    if (!status) status = orr_param_table_check(&table, m->params_size, err);
    return status ? status : orr_passes_check(m, folder, err);
}
