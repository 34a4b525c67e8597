/* A small walker over SPIR-V (the Khronos specification, unified1): names, offsets and uses of what a shader
 * binds. SPIR-V is outside data: every word count, id and string is checked before it is used. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "gpu/glsl.h"

#define MAGIC     0x07230203u
#define HEADER    5u
#define MOST_IDS  (1u << 20)
#define MOST_NEST 16u

enum {
    OP_MEMBER_NAME = 6,
    OP_EXT_INST = 12,
    OP_TYPE_BOOL = 20,
    OP_TYPE_INT = 21,
    OP_TYPE_FLOAT = 22,
    OP_TYPE_VECTOR = 23,
    OP_TYPE_MATRIX = 24,
    OP_TYPE_ARRAY = 28,
    OP_TYPE_STRUCT = 30,
    OP_TYPE_POINTER = 32,
    OP_CONSTANT = 43,
    OP_SPEC_CONSTANT_TRUE = 48,
    OP_SPEC_CONSTANT_FALSE = 49,
    OP_SPEC_CONSTANT = 50,
    OP_SPEC_CONSTANT_OP = 52,
    OP_FUNCTION = 54,
    OP_FUNCTION_CALL = 57,
    OP_VARIABLE = 59,
    OP_IMAGE_TEXEL_POINTER = 60,
    OP_LOAD = 61,
    OP_STORE = 62,
    OP_COPY_MEMORY = 63,
    OP_ACCESS_CHAIN = 65,
    OP_IN_BOUNDS_ACCESS_CHAIN = 66,
    OP_PTR_ACCESS_CHAIN = 67,
    OP_ARRAY_LENGTH = 68,
    OP_DECORATE = 71,
    OP_MEMBER_DECORATE = 72,
    OP_GROUP_DECORATE = 74,
    OP_VECTOR_SHUFFLE = 79,
    OP_COMPOSITE_EXTRACT = 81,
    OP_COMPOSITE_INSERT = 82,
    OP_COPY_OBJECT = 83,
    OP_LOOP_MERGE = 246,
    OP_SELECTION_MERGE = 247,
    OP_SWITCH = 251,
    OP_NO_LINE = 317,
    OP_DECORATE_ID = 332
};
enum {
    DECORATION_SPEC_ID = 1,
    DECORATION_BUFFER_BLOCK = 3,
    DECORATION_ROW_MAJOR = 4,
    DECORATION_ARRAY_STRIDE = 6,
    DECORATION_MATRIX_STRIDE = 7,
    DECORATION_BINDING = 33,
    DECORATION_SET = 34,
    DECORATION_OFFSET = 35
};
enum { CLASS_UNIFORM_CONSTANT = 0, CLASS_UNIFORM = 2, CLASS_STORAGE_BUFFER = 12 };

typedef struct id_info {
    uint32_t at; /* word of the instruction that defines it; 0 = none */
    uint32_t binding, set, array_stride, spec_id;
    uint32_t size; /* of a struct, once `sized` */
    bool has_binding, has_spec_id, buffer_block, used, sized;
} id_info;

typedef struct walker {
    const uint32_t *words;
    size_t count;
    uint32_t bound;
    id_info *ids;
    orr_error *err;
} walker;

typedef struct instruction {
    const uint32_t *words; /* words[0] is the opcode word */
    uint32_t count, op;
} instruction;

static orr_status bad(const walker *w, size_t at, const char *what) {
    return orr_fail(w->err, ORR_E_BAD_DATA, NULL, "SPIR-V, word %zu: %s", at, what);
}

/* The instruction at *at; moves *at behind it. */
static orr_status next(const walker *w, size_t *at, instruction *out) {
    uint32_t count = w->words[*at] >> 16;
    if (count == 0) return bad(w, *at, "an instruction without length");
    if (count > w->count - *at)
        return orr_fail(w->err, ORR_E_TRUNCATED, NULL,
                        "SPIR-V, word %zu: the module ends inside an instruction", *at);
    *out = (instruction){.words = w->words + *at, .count = count, .op = w->words[*at] & 0xffffu};
    *at += count;
    return ORR_OK;
}

static id_info *id_of(const walker *w, uint32_t id) {
    return id < w->bound ? &w->ids[id] : NULL;
}

/* The instruction that defines `id`, if it is an `op` of at least `count` words. */
static const uint32_t *definition(const walker *w, uint32_t id, uint32_t op, uint32_t count) {
    const id_info *info = id_of(w, id);
    if (info == NULL || info->at == 0) return NULL;
    const uint32_t *words = w->words + info->at;
    return (words[0] & 0xffffu) == op && words[0] >> 16 >= count ? words : NULL;
}

/* Which word of an instruction is the id it defines; 0 = none that matters here. */
static uint32_t result_word(uint32_t op) {
    switch (op) {
    case OP_TYPE_BOOL:
    case OP_TYPE_INT:
    case OP_TYPE_FLOAT:
    case OP_TYPE_VECTOR:
    case OP_TYPE_MATRIX:
    case OP_TYPE_ARRAY:
    case OP_TYPE_STRUCT:
    case OP_TYPE_POINTER:
        return 1;
    case OP_CONSTANT:
    case OP_SPEC_CONSTANT_TRUE:
    case OP_SPEC_CONSTANT_FALSE:
    case OP_SPEC_CONSTANT:
    case OP_VARIABLE:
        return 2;
    default:
        return 0;
    }
}

static void decorate(const walker *w, const instruction *in) {
    id_info *info = in->count >= 3 ? id_of(w, in->words[1]) : NULL;
    if (info == NULL) return;
    uint32_t value = in->count >= 4 ? in->words[3] : 0;
    switch (in->words[2]) {
    case DECORATION_SPEC_ID:
        info->spec_id = value;
        info->has_spec_id = true;
        break;
    case DECORATION_BUFFER_BLOCK:
        info->buffer_block = true;
        break;
    case DECORATION_ARRAY_STRIDE:
        info->array_stride = value;
        break;
    case DECORATION_SET:
        info->set = value;
        break;
    case DECORATION_BINDING:
        info->binding = value;
        info->has_binding = true;
        break;
    default:
        break;
    }
}

static void mark_used(const walker *w, const instruction *in, uint32_t first, uint32_t last) {
    for (uint32_t i = first; i <= last && i < in->count; i++) {
        id_info *info = id_of(w, in->words[i]);
        if (info != NULL) info->used = true;
    }
}

static void note_uses(const walker *w, const instruction *in) {
    switch (in->op) {
    case OP_LOAD:
    case OP_COPY_OBJECT:
    case OP_ACCESS_CHAIN:
    case OP_IN_BOUNDS_ACCESS_CHAIN:
    case OP_PTR_ACCESS_CHAIN:
    case OP_IMAGE_TEXEL_POINTER:
    case OP_ARRAY_LENGTH:
        mark_used(w, in, 3, 3);
        break;
    case OP_STORE:
    case OP_COPY_MEMORY:
        mark_used(w, in, 1, 2);
        break;
    case OP_FUNCTION_CALL:
        mark_used(w, in, 4, UINT32_MAX);
        break;
    default:
        break;
    }
}

static orr_status scan(walker *w) {
    for (size_t at = HEADER; at < w->count;) {
        size_t start = at;
        instruction in = {0};
        orr_status status = next(w, &at, &in);
        if (status != ORR_OK) return status;
        uint32_t result = result_word(in.op);
        if (result != 0) {
            id_info *info = in.count > result ? id_of(w, in.words[result]) : NULL;
            if (info == NULL) return bad(w, start, "an id past the module's bound");
            if (info->at != 0) return bad(w, start, "an id defined twice");
            info->at = (uint32_t)start;
        } else if (in.op == OP_DECORATE) {
            decorate(w, &in);
        } else {
            note_uses(w, &in);
        }
    }
    return ORR_OK;
}

static orr_status open(walker *w, const uint32_t *spirv, size_t bytes, orr_error *err) {
    *w = (walker){.words = spirv, .count = bytes / 4, .err = err};
    if (spirv == NULL || bytes % 4 != 0 || w->count < HEADER || spirv[0] != MAGIC)
        return orr_fail(err, ORR_E_BAD_DATA, NULL, "not SPIR-V: %zu bytes without its header", bytes);
    w->bound = spirv[3];
    if (w->bound > MOST_IDS || w->count > UINT32_MAX)
        return orr_fail(err, ORR_E_LIMIT, NULL, "SPIR-V with %u ids: at most %u", w->bound, MOST_IDS);
    w->ids = orr_calloc((size_t)w->bound + 1u, sizeof *w->ids);
    if (w->ids == NULL) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory to reflect a shader");
    orr_status status = scan(w);
    if (status != ORR_OK) free(w->ids);
    return status;
}

/* --- sizes --------------------------------------------------------------------------------------------- */

/* A decoration of one member of a struct; `otherwise` when it has none. */
static uint32_t member_decoration(const walker *w, uint32_t type, uint32_t member, uint32_t decoration,
                                  uint32_t otherwise) {
    for (size_t at = HEADER; at < w->count;) {
        instruction in = {0};
        if (next(w, &at, &in) != ORR_OK) break;
        if (in.op == OP_MEMBER_DECORATE && in.count >= 4 && in.words[1] == type && in.words[2] == member &&
            in.words[3] == decoration)
            return in.count >= 5 ? in.words[4] : 1;
    }
    return otherwise;
}

static uint32_t clamp_size(uint64_t size) {
    return size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
}

static uint32_t size_of(const walker *w, uint32_t type, uint32_t matrix_stride, bool row_major,
                        uint32_t depth);

static uint32_t struct_size(const walker *w, uint32_t type, const uint32_t *words, uint32_t depth) {
    id_info *info = id_of(w, type);
    if (info->sized) return info->size;
    info->sized = true; /* before the walk: a struct inside itself ends here */
    uint64_t size = 0;
    uint32_t members = (words[0] >> 16) - 2;
    for (uint32_t i = 0; i < members && i < 256; i++) {
        uint32_t stride = member_decoration(w, type, i, DECORATION_MATRIX_STRIDE, 0);
        bool rows = member_decoration(w, type, i, DECORATION_ROW_MAJOR, 0) != 0;
        uint64_t end = (uint64_t)member_decoration(w, type, i, DECORATION_OFFSET, 0) +
                       size_of(w, words[2 + i], stride, rows, depth + 1);
        if (end > size) size = end;
    }
    return info->size = clamp_size(size);
}

static uint32_t size_of(const walker *w, uint32_t type, uint32_t matrix_stride, bool row_major,
                        uint32_t depth) {
    const uint32_t *d = NULL;
    if (depth > MOST_NEST) return 0;
    if (definition(w, type, OP_TYPE_BOOL, 2) != NULL) return 4;
    if ((d = definition(w, type, OP_TYPE_INT, 3)) != NULL ||
        (d = definition(w, type, OP_TYPE_FLOAT, 3)) != NULL)
        return d[2] / 8;
    if ((d = definition(w, type, OP_TYPE_VECTOR, 4)) != NULL)
        return clamp_size((uint64_t)size_of(w, d[2], 0, false, depth + 1) * d[3]);
    if ((d = definition(w, type, OP_TYPE_MATRIX, 4)) != NULL) {
        const uint32_t *column = definition(w, d[2], OP_TYPE_VECTOR, 4);
        uint32_t vectors = row_major && column != NULL ? column[3] : d[3];
        return clamp_size((uint64_t)matrix_stride * vectors);
    }
    if ((d = definition(w, type, OP_TYPE_ARRAY, 4)) != NULL) {
        const uint32_t *length = definition(w, d[3], OP_CONSTANT, 4);
        return length == NULL ? 0 : clamp_size((uint64_t)length[3] * id_of(w, type)->array_stride);
    }
    if ((d = definition(w, type, OP_TYPE_STRUCT, 2)) != NULL) return struct_size(w, type, d, depth);
    return 0;
}

/* --- the block ----------------------------------------------------------------------------------------- */

/* The uniform block variable at (set 0, binding) and its struct type; 0 = none. */
static uint32_t find_block(const walker *w, uint32_t binding, uint32_t *type, bool *array) {
    for (uint32_t id = 1; id < w->bound; id++) {
        const uint32_t *variable = definition(w, id, OP_VARIABLE, 4);
        if (variable == NULL || variable[3] != CLASS_UNIFORM) continue;
        const id_info *info = &w->ids[id];
        if (!info->has_binding || info->binding != binding || info->set != 0) continue;
        const uint32_t *pointer = definition(w, variable[1], OP_TYPE_POINTER, 4);
        if (pointer == NULL) continue;
        *type = pointer[3];
        const uint32_t *elements = definition(w, *type, OP_TYPE_ARRAY, 4);
        *array = elements != NULL;
        if (elements != NULL) *type = elements[2];
        if (definition(w, *type, OP_TYPE_STRUCT, 2) != NULL && !id_of(w, *type)->buffer_block) return id;
    }
    return 0;
}

static void mark_read(orr_glsl_member *members, uint32_t count, uint32_t member) {
    for (uint32_t i = 0; i < count; i++)
        if (member == UINT32_MAX || i == member) members[i].read = true;
}

static void find_reads(const walker *w, uint32_t variable, bool array, orr_glsl_member *members,
                       uint32_t count) {
    for (size_t at = HEADER; at < w->count;) {
        instruction in = {0};
        if (next(w, &at, &in) != ORR_OK) return;
        bool chain =
            in.op == OP_ACCESS_CHAIN || in.op == OP_IN_BOUNDS_ACCESS_CHAIN || in.op == OP_PTR_ACCESS_CHAIN;
        if (chain && in.count >= 4 && in.words[3] == variable) {
            uint32_t index = 4u + (array ? 1u : 0u) + (in.op == OP_PTR_ACCESS_CHAIN ? 1u : 0u);
            const uint32_t *constant =
                index < in.count ? definition(w, in.words[index], OP_CONSTANT, 4) : NULL;
            mark_read(members, count, constant != NULL ? constant[3] : UINT32_MAX);
        } else if ((in.op == OP_LOAD || in.op == OP_COPY_OBJECT) && in.count >= 4 &&
                   in.words[3] == variable) {
            mark_read(members, count, UINT32_MAX);
        } else if (in.op == OP_COPY_MEMORY && in.count >= 3 && in.words[2] == variable) {
            mark_read(members, count, UINT32_MAX);
        } else if (in.op == OP_FUNCTION_CALL) {
            for (uint32_t i = 4; i < in.count; i++)
                if (in.words[i] == variable) mark_read(members, count, UINT32_MAX);
        }
    }
}

static void copy_name(char out[64], const instruction *in) {
    const char *text = (const char *)(in->words + 3);
    size_t most = (size_t)(in->count - 3) * 4, n = 0;
    while (n < most && n < 63 && text[n] != '\0') n++;
    memcpy(out, text, n);
    out[n] = '\0';
}

/* Names and decorations of the members, in one pass. */
static void describe(const walker *w, uint32_t type, const uint32_t *words, orr_glsl_member *members,
                     uint32_t count) {
    for (size_t at = HEADER; at < w->count;) {
        instruction in = {0};
        if (next(w, &at, &in) != ORR_OK) return;
        if (in.count < 4 || in.words[1] != type || in.words[2] >= count) continue;
        orr_glsl_member *member = &members[in.words[2]];
        if (in.op == OP_MEMBER_NAME) copy_name(member->name, &in);
        if (in.op == OP_MEMBER_DECORATE && in.words[3] == DECORATION_OFFSET && in.count >= 5)
            member->offset = in.words[4];
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t stride = member_decoration(w, type, i, DECORATION_MATRIX_STRIDE, 0);
        bool rows = member_decoration(w, type, i, DECORATION_ROW_MAJOR, 0) != 0;
        members[i].size = size_of(w, words[2 + i], stride, rows, 0);
    }
}

orr_status orr_glsl_reflect_block(const uint32_t *spirv, size_t spirv_bytes, uint32_t binding,
                                  orr_glsl_member *members, uint32_t capacity, uint32_t *count,
                                  orr_error *err) {
    walker w;
    *count = 0;
    orr_status status = open(&w, spirv, spirv_bytes, err);
    if (status != ORR_OK) return status;
    uint32_t type = 0;
    bool array = false;
    uint32_t variable = find_block(&w, binding, &type, &array);
    if (variable != 0) {
        const uint32_t *words = definition(&w, type, OP_TYPE_STRUCT, 2);
        *count = (words[0] >> 16) - 2;
        uint32_t filled = *count < capacity ? *count : capacity;
        if (filled > 0) memset(members, 0, filled * sizeof *members);
        describe(&w, type, words, members, filled);
        find_reads(&w, variable, array, members, filled);
    }
    free(w.ids);
    return ORR_OK;
}

orr_status orr_glsl_reflect_bindings(const uint32_t *spirv, size_t spirv_bytes, uint32_t *bindings,
                                     uint32_t capacity, uint32_t *count, orr_error *err) {
    walker w;
    *count = 0;
    orr_status status = open(&w, spirv, spirv_bytes, err);
    if (status != ORR_OK) return status;
    uint32_t written = 0;
    for (uint32_t id = 1; id < w.bound; id++) {
        const id_info *info = &w.ids[id];
        const uint32_t *variable = definition(&w, id, OP_VARIABLE, 4);
        if (variable == NULL || !info->used || !info->has_binding || info->set != 0) continue;
        if (variable[3] != CLASS_UNIFORM && variable[3] != CLASS_UNIFORM_CONSTANT &&
            variable[3] != CLASS_STORAGE_BUFFER)
            continue;
        uint32_t at = 0;
        while (at < written && bindings[at] < info->binding) at++;
        if (at < written && bindings[at] == info->binding) continue;
        (*count)++;
        if (at >= capacity) continue;
        uint32_t last = written < capacity ? written : capacity - 1;
        memmove(bindings + at + 1, bindings + at, (last - at) * sizeof *bindings);
        bindings[at] = info->binding;
        if (written < capacity) written++;
    }
    free(w.ids);
    return ORR_OK;
}

/* --- specialisation constants ----------------------------------------------------------------------------
 */

/* How many words of an instruction, from its second on, can be the id of a constant that is computed with;
 * what comes behind them are literal numbers. Opcodes up to OpSpecConstantOp are names, types and constants.
 */
static uint32_t operand_words(const instruction *in) {
    switch (in->op) {
    case OP_TYPE_ARRAY: /* its length */
    case OP_SPEC_CONSTANT_OP:
    case OP_EXT_INST:
        return UINT32_MAX;
    case OP_LOAD:
    case OP_COMPOSITE_EXTRACT:
        return 3;
    case OP_STORE:
        return 2;
    case OP_VECTOR_SHUFFLE:
    case OP_COMPOSITE_INSERT:
        return 4;
    case OP_SWITCH:
        return 1;
    case OP_FUNCTION:
    case OP_LOOP_MERGE:
    case OP_SELECTION_MERGE:
    case OP_NO_LINE:
    case OP_DECORATE_ID:
        return 0;
    default:
        return in->op <= OP_SPEC_CONSTANT || (in->op >= OP_DECORATE && in->op <= OP_GROUP_DECORATE + 1)
                   ? 0
                   : UINT32_MAX;
    }
}

static bool is_read(const walker *w, uint32_t id) {
    for (size_t at = HEADER; at < w->count;) {
        instruction in = {0};
        if (next(w, &at, &in) != ORR_OK) return false;
        uint32_t words = operand_words(&in);
        for (uint32_t i = 1; i < in.count && i <= words; i++) {
            bool literal = (in.op == OP_SPEC_CONSTANT_OP && i == 3) || (in.op == OP_EXT_INST && i == 4);
            if (in.words[i] == id && !literal) return true;
        }
    }
    return false;
}

orr_status orr_glsl_reflect_specs(const uint32_t *spirv, size_t spirv_bytes, orr_glsl_spec *specs,
                                  uint32_t capacity, uint32_t *count, orr_error *err) {
    walker w;
    *count = 0;
    orr_status status = open(&w, spirv, spirv_bytes, err);
    if (status != ORR_OK) return status;
    uint32_t written = 0;
    for (uint32_t id = 1; id < w.bound; id++) {
        const id_info *info = &w.ids[id];
        bool constant = definition(&w, id, OP_SPEC_CONSTANT, 3) ||
                        definition(&w, id, OP_SPEC_CONSTANT_TRUE, 3) ||
                        definition(&w, id, OP_SPEC_CONSTANT_FALSE, 3);
        if (!constant || !info->has_spec_id) continue;
        (*count)++;
        uint32_t at = 0;
        while (at < written && specs[at].id < info->spec_id) at++;
        if (at >= capacity) continue;
        uint32_t last = written < capacity ? written : capacity - 1;
        memmove(specs + at + 1, specs + at, (last - at) * sizeof *specs);
        specs[at] = (orr_glsl_spec){info->spec_id, is_read(&w, id)};
        if (written < capacity) written++;
    }
    free(w.ids);
    return ORR_OK;
}
