/* Parameter values in memory: the C struct of a module, and the uniform block of its shaders. */
#include "base/params.h"

#include <string.h>

/* --- C struct --------------------------------------------------------------------------------------- */

static void store_numbers(const orr_param_row *row, const orr_param_value *value, char *at) {
    uint32_t components = orr_param_components(row->type);
    bool wide = row->size >= components * sizeof(double);
    for (uint32_t i = 0; i < components; i++) {
        float narrow = (float)value->number[i];
        if (wide)
            memcpy(at + i * sizeof(double), &value->number[i], sizeof(double));
        else
            memcpy(at + i * sizeof(float), &narrow, sizeof(float));
    }
}

void orr_param_store(const orr_param_row *row, const orr_param_value *value, void *params) {
    char *at = (char *)params + row->offset;
    const char *text = value->text ? value->text : "";
    int32_t i32 = row->type == ORR_PARAM_I32 ? (int32_t)value->number[0] : 0;
    uint32_t u32 = row->type == ORR_PARAM_U32 || row->type == ORR_PARAM_ENUM ? (uint32_t)value->number[0] : 0;
    switch (row->type) {
    case ORR_PARAM_NONE:
        return;
    case ORR_PARAM_BOOL:
        *at = value->number[0] != 0;
        return;
    case ORR_PARAM_I32:
        memcpy(at, &i32, sizeof i32);
        return;
    case ORR_PARAM_U32:
    case ORR_PARAM_ENUM:
        memcpy(at, &u32, sizeof u32);
        return;
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        memcpy(at, &text, sizeof text);
        return;
    default:
        store_numbers(row, value, at);
    }
}

static void load_numbers(const orr_param_row *row, const char *at, orr_param_value *value) {
    uint32_t components = orr_param_components(row->type);
    bool wide = row->size >= components * sizeof(double);
    for (uint32_t i = 0; i < components; i++) {
        float narrow = 0;
        if (wide) {
            memcpy(&value->number[i], at + i * sizeof(double), sizeof(double));
        } else {
            memcpy(&narrow, at + i * sizeof(float), sizeof(float));
            value->number[i] = narrow;
        }
    }
}

void orr_param_load(const orr_param_row *row, const void *params, orr_param_value *value) {
    const char *at = (const char *)params + row->offset;
    int32_t i32 = 0;
    uint32_t u32 = 0;
    *value = (orr_param_value){.type = row->type};
    switch (row->type) {
    case ORR_PARAM_NONE:
        return;
    case ORR_PARAM_BOOL:
        value->number[0] = *at != 0;
        return;
    case ORR_PARAM_I32:
        memcpy(&i32, at, sizeof i32);
        value->number[0] = i32;
        return;
    case ORR_PARAM_U32:
    case ORR_PARAM_ENUM:
        memcpy(&u32, at, sizeof u32);
        value->number[0] = u32;
        return;
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        memcpy(&value->text, at, sizeof value->text);
        return;
    default:
        load_numbers(row, at, value);
    }
}

orr_status orr_params_init(const orr_param_table *table, void *params, orr_error *err) {
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_value value;
        orr_param_row_get(table, i, &row);
        orr_status status = orr_param_default(&row, &value, err);
        if (status) return status;
        orr_param_store(&row, &value, params);
    }
    return ORR_OK;
}

/* --- uniform block ------------------------------------------------------------------------------------ */

/* GLSL type, size and alignment of a block member. Without arrays, and with nothing narrower than 32 bits,
 * std140 and std430 agree on these. */
typedef struct member {
    const char *glsl;
    uint32_t size, align;
} member;

/* glsl is NULL when the row is no member. */
static member member_of(const orr_param_row *row) {
    if (row->rebuild != ORR_REBUILD_VALUE || row->flags & ORR_PARAM_CPU) return (member){0};
    switch (row->type) {
    case ORR_PARAM_BOOL:
    case ORR_PARAM_U32:
    case ORR_PARAM_ENUM:
        return (member){"uint", 4, 4};
    case ORR_PARAM_I32:
        return (member){"int", 4, 4};
    case ORR_PARAM_F32:
    case ORR_PARAM_F64:
        return (member){"float", 4, 4};
    case ORR_PARAM_VEC2:
        return (member){"vec2", 8, 8};
    case ORR_PARAM_VEC3:
        return (member){"vec3", 12, 16};
    case ORR_PARAM_VEC4:
    case ORR_PARAM_QUAT:
        return (member){"vec4", 16, 16};
    case ORR_PARAM_MAT4:
        return (member){"mat4", 64, 16};
    default:
        return (member){0};
    }
}

/* Where the member at `row` begins, when the ones before it end at *end; moves *end behind it. UINT32_MAX =
 * no member. */
static uint32_t place(const orr_param_row *row, uint32_t *end) {
    member m = member_of(row);
    if (!m.glsl) return UINT32_MAX;
    uint32_t offset = (*end + m.align - 1) / m.align * m.align;
    *end = offset + m.size;
    return offset;
}

uint32_t orr_param_block_size(const orr_param_table *table) {
    uint32_t end = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        place(&row, &end);
    }
    return (end + 15) / 16 * 16;
}

uint32_t orr_param_block_offset(const orr_param_table *table, uint32_t index) {
    uint32_t end = 0, offset = UINT32_MAX;
    for (uint32_t i = 0; i <= index && i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        offset = place(&row, &end);
    }
    return index < table->count ? offset : UINT32_MAX;
}

void orr_param_block_pack(const orr_param_table *table, const orr_param_value *values, void *block) {
    uint32_t end = 0;
    memset(block, 0, orr_param_block_size(table));
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        uint32_t offset = place(&row, &end);
        if (offset == UINT32_MAX) continue;
        /* In the block everything is four bytes wide, whatever the C struct holds. */
        row.offset = offset;
        row.size = 4 * orr_param_components(row.type);
        uint32_t on = values[i].number[0] != 0;
        if (row.type == ORR_PARAM_BOOL)
            memcpy((char *)block + offset, &on, sizeof on);
        else
            orr_param_store(&row, &values[i], block);
    }
}

static void put_upper(orr_text *out, const char *name) {
    for (; *name; name++) {
        char c = *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
        orr_text_append(out, &c, 1);
    }
}

static void put_choices(const orr_param_row *row, orr_text *out) {
    char choice[80];
    for (uint32_t i = 0; *orr_param_choice(row, i, choice, sizeof choice); i++) {
        orr_text_puts(out, "#define ");
        put_upper(out, row->name);
        orr_text_puts(out, "_");
        put_upper(out, choice);
        orr_text_printf(out, " %uu\n", i);
    }
}

static void put_spec(const orr_param_row *row, uint32_t id, orr_text *out) {
    orr_param_value value;
    if (orr_param_default(row, &value, NULL)) return; /* the table was checked: its defaults parse */
    bool real = row->type == ORR_PARAM_F32 || row->type == ORR_PARAM_F64;
    bool whole = row->type == ORR_PARAM_I32;
    orr_text_printf(out, "layout(constant_id = %u) const %s SPEC_", id,
                    real    ? "float"
                    : whole ? "int"
                            : "uint");
    put_upper(out, row->name);
    char number[40];
    orr_format_f64(number, sizeof number, value.number[0]);
    orr_text_printf(out, real ? " = float(%s);\n" : whole ? " = %s;\n" : " = %su;\n", number);
}

void orr_param_block_glsl(const orr_param_table *table, uint32_t binding, orr_text *out) {
    bool open = false;
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        if (row.flags & ORR_PARAM_CPU) continue;
        if (row.type == ORR_PARAM_ENUM) put_choices(&row, out);
        if (row.rebuild == ORR_REBUILD_SPEC) put_spec(&row, i, out);
    }
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_row row;
        orr_param_row_get(table, i, &row);
        member m = member_of(&row);
        if (!m.glsl) continue;
        if (!open)
            orr_text_printf(out, "layout(set = 0, binding = %u, std140) uniform orr_params_block {\n",
                            binding);
        open = true;
        orr_text_printf(out, "    %s %s;\n", m.glsl, row.name);
    }
    if (open) orr_text_puts(out, "} params;\n");
}
