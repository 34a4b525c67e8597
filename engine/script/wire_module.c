/* Modules of a bundle as a message: what their manifests say, read where nothing can come of it. */
#include <string.h>

#include "script/remote.h"

static void put_texts(orr_text *out, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++) orr_wire_put_text(out, list[i]);
}

static void get_texts(orr_wire_reader *reader, const char **const *list, size_t count) {
    for (size_t i = 0; i < count; i++) *list[i] = orr_wire_get_text_or_null(reader, ORR_WIRE_MAX_TEXT);
}
#define LENGTH(list) (sizeof(list) / sizeof(list)[0])

static void *get_list(orr_wire_reader *reader, uint32_t *count, size_t item_bytes, size_t size,
                      const char *what) {
    *count = orr_wire_get_count(reader, ORR_REMOTE_MAX_LIST, item_bytes, what);
    void *list = orr_arena_alloc(reader->arena, *count + 1, size);
    if (list) return list;
    orr_wire_wrong(reader, "more %s than there is memory for", what);
    *count = 0;
    return NULL;
}

/* --- parameters ---------------------------------------------------------------------------------- */

static void put_param(const orr_param_row *row, orr_text *out) {
    const char *const list[] = {row->name,     row->doc,      row->group,   row->aliases,
                                row->def,      row->neutral,  row->min,     row->max,
                                row->soft_min, row->soft_max, row->choices, row->used_when};
    put_texts(out, list, LENGTH(list));
    orr_wire_put_u32(out, row->type);
    orr_wire_put_u32(out, row->rebuild);
    orr_wire_put_u32(out, row->interp);
    orr_wire_put_u32(out, row->flags & ORR_PARAM_CPU ? 1 : 0);
}

static void get_param(orr_wire_reader *reader, orr_param_row *row) {
    const char **const list[] = {&row->name,     &row->doc,      &row->group,   &row->aliases,
                                 &row->def,      &row->neutral,  &row->min,     &row->max,
                                 &row->soft_min, &row->soft_max, &row->choices, &row->used_when};
    get_texts(reader, list, LENGTH(list));
    row->type = (orr_param_type)orr_wire_get_index(reader, ORR_PARAM_ASSET + 1, "types");
    row->rebuild =
        (orr_param_rebuild)orr_wire_get_index(reader, ORR_REBUILD_GRAPH + 1, "kinds of rebuilding");
    row->interp = (orr_param_interp)orr_wire_get_index(reader, ORR_INTERP_LOG + 1, "interpolations");
    row->flags = orr_wire_get_bool(reader) ? ORR_PARAM_CPU : 0;
}

/* --- passes -------------------------------------------------------------------------------------- */

static void put_pass(const orr_pass_row *pass, orr_text *out) {
    const char *const list[] = {pass->name, pass->stage, pass->shader, pass->after, pass->size_of};
    put_texts(out, list, LENGTH(list));
    orr_wire_put_u32(out, (uint32_t)-pass->scale_log2); /* 0 to 16 */
    orr_wire_put_u32(out, pass->pointwise ? 1 : 0);
    orr_wire_put_u32(out, pass->bind_count);
    for (uint32_t i = 0; i < pass->bind_count; i++) {
        const orr_pass_bind *bind = &pass->binds[i];
        const char *const words[] = {bind->channel, bind->access, bind->at, bind->format};
        put_texts(out, words, LENGTH(words));
    }
}

static void get_pass(orr_wire_reader *reader, orr_pass_row *pass) {
    const char **const list[] = {&pass->name, &pass->stage, &pass->shader, &pass->after, &pass->size_of};
    get_texts(reader, list, LENGTH(list));
    pass->scale_log2 = -(int32_t)orr_wire_get_index(reader, 17, "scales");
    pass->pointwise = orr_wire_get_bool(reader);
    orr_pass_bind *binds = get_list(reader, &pass->bind_count, 16, sizeof *binds, "channels of a pass");
    for (uint32_t i = 0; i < pass->bind_count; i++) {
        const char **const words[] = {&binds[i].channel, &binds[i].access, &binds[i].at, &binds[i].format};
        get_texts(reader, words, LENGTH(words));
    }
    pass->binds = binds;
    pass->bind_stride = (uint32_t)sizeof *binds;
}

/* --- products ------------------------------------------------------------------------------------ */

static void put_product(const orr_product_row *product, orr_text *out) {
    const char *const list[] = {product->name, product->doc,    product->keys,
                                product->rate, product->format, product->shader};
    put_texts(out, list, LENGTH(list));
    orr_wire_put_u32(out, product->width);
    orr_wire_put_u32(out, product->height);
    orr_wire_put_u32(out, product->depth);
}

static void get_product(orr_wire_reader *reader, orr_product_row *product) {
    const char **const list[] = {&product->name, &product->doc,    &product->keys,
                                 &product->rate, &product->format, &product->shader};
    get_texts(reader, list, LENGTH(list));
    product->width = orr_wire_get_index(reader, 16385, "texels");
    product->height = orr_wire_get_index(reader, 16385, "texels");
    product->depth = orr_wire_get_index(reader, 2049, "texels");
}

/* --- all of it ----------------------------------------------------------------------------------- */

void orr_module_put(const orr_module_desc *module, orr_text *out) {
    const char *const list[] = {module->name, module->version, module->doc, module->role};
    put_texts(out, list, LENGTH(list));
    orr_wire_put_u32(out, module->param_count);
    for (uint32_t i = 0; i < module->param_count; i++) put_param(&module->params[i], out);
    orr_wire_put_u32(out, module->pass_count);
    for (uint32_t i = 0; i < module->pass_count; i++) put_pass(&module->passes[i], out);
    orr_wire_put_u32(out, module->product_count);
    for (uint32_t i = 0; i < module->product_count; i++) put_product(&module->products[i], out);
}

void orr_module_get(orr_wire_reader *reader, orr_module_desc *module) {
    *module = (orr_module_desc){.struct_size = (uint32_t)sizeof *module, .abi_major = ORR_ABI_MAJOR};
    const char **const list[] = {&module->name, &module->version, &module->doc, &module->role};
    get_texts(reader, list, LENGTH(list));
    if (!module->name || !module->version || !module->doc) orr_wire_wrong(reader, "a module without a name");
    orr_param_row *params = get_list(reader, &module->param_count, 64, sizeof *params, "parameters");
    for (uint32_t i = 0; i < module->param_count; i++) get_param(reader, &params[i]);
    orr_pass_row *passes = get_list(reader, &module->pass_count, 32, sizeof *passes, "passes");
    for (uint32_t i = 0; i < module->pass_count; i++) get_pass(reader, &passes[i]);
    orr_product_row *products = get_list(reader, &module->product_count, 36, sizeof *products, "products");
    for (uint32_t i = 0; i < module->product_count; i++) get_product(reader, &products[i]);
    module->params = params;
    module->param_stride = (uint32_t)sizeof *params;
    module->passes = passes;
    module->pass_stride = (uint32_t)sizeof *passes;
    module->products = products;
    module->product_stride = (uint32_t)sizeof *products;
}
