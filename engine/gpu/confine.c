/* What somebody else's shader may be made of. SPIR-V as glslang writes it: types, constants and decorations
 * stand before what uses them. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "gpu/glsl.h"

enum {
    MAX_WORDS = 1 << 20,
    MAX_WEIGHT = 1 << 17,  /* instructions, a function's as often as it is called: drivers inline */
    MAX_SCALARS = 1 << 14, /* of variables, counted alike: they lie on a stack, once for each lane */
    MAX_FUNCTIONS = 1024,
    HEADER_WORDS = 5
};
enum {
    OP_EXTENSION = 10,
    OP_EXT_INST_IMPORT = 11,
    OP_CAPABILITY = 17,
    OP_TYPE_BOOL = 20,
    OP_TYPE_VECTOR = 23,
    OP_TYPE_MATRIX = 24,
    OP_TYPE_ARRAY = 28,
    OP_TYPE_STRUCT = 30,
    OP_TYPE_POINTER = 32,
    OP_CONSTANT = 43,
    OP_FUNCTION = 54,
    OP_FUNCTION_END = 56,
    OP_FUNCTION_CALL = 57,
    OP_VARIABLE = 59,
    OP_DECORATE = 71
};
enum { DECORATION_BINDING = 33, DECORATION_SET = 34 };
enum {
    CLASS_UNIFORM_CONSTANT = 0,
    CLASS_INPUT = 1,
    CLASS_UNIFORM = 2,
    CLASS_PRIVATE = 6,
    CLASS_FUNCTION = 7
};

typedef struct id_info {
    uint32_t scalars;      /* of a type, or of what a pointer points to */
    uint32_t constant;     /* its value, when it has one */
    uint32_t binding, set; /* binding: + 1; 0 = none */
    uint32_t weight, room; /* of a function, with all that it calls */
} id_info;

typedef struct checker {
    const uint32_t *words;
    size_t count;
    id_info *ids;
    uint32_t bound;
    const uint32_t *in; /* the instruction that is looked at */
    uint32_t length;
    bool damaged;
    const uint32_t *bindings;
    uint32_t binding_count;
    uint64_t taken;   /* a bit for each binding that is declared */
    uint32_t outside; /* scalars of variables outside functions */
    orr_error *err;
} checker;

static orr_status refuse(const checker *c, const char *what) {
    return orr_fail(c->err, ORR_E_SHADER, NULL, "a shader of a bundle %s", what);
}

static uint32_t capped(uint64_t value) {
    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

/* --- one instruction ------------------------------------------------------------------------------------ */

static bool next(checker *c, size_t *at) {
    if (*at >= c->count || c->damaged) return false;
    c->in = c->words + *at;
    c->length = c->in[0] >> 16;
    c->damaged = !c->length || c->length > c->count - *at;
    *at += c->length;
    return !c->damaged;
}

static uint32_t op(const checker *c) {
    return c->in[0] & 0xffffu;
}

static uint32_t word(checker *c, uint32_t i) {
    if (i < c->length) return c->in[i];
    c->damaged = true;
    return 0;
}

static id_info *id(checker *c, uint32_t i) {
    uint32_t number = word(c, i);
    if (number < c->bound) return &c->ids[number];
    c->damaged = true;
    return &c->ids[0]; /* which is nothing's */
}

/* --- declarations --------------------------------------------------------------------------------------- */

static bool is_allowed(uint32_t capability) {
    static const uint32_t allowed[] = {0 /* Matrix */, 1 /* Shader */, 49 /* StorageImageExtendedFormats */,
                                       50 /* ImageQuery */};
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (allowed[i] == capability) return true;
    return false;
}

/* Scalars of the type that this instruction makes. */
static uint32_t scalars(checker *c) {
    uint64_t sum = 0;
    switch (op(c)) {
    case OP_TYPE_VECTOR:
    case OP_TYPE_MATRIX:
        return capped((uint64_t)id(c, 2)->scalars * word(c, 3));
    case OP_TYPE_ARRAY: /* no plain constant: not known before there is a pipeline */
        return id(c, 3)->constant ? capped((uint64_t)id(c, 2)->scalars * id(c, 3)->constant) : UINT32_MAX;
    case OP_TYPE_STRUCT:
        for (uint32_t i = 2; i < c->length; i++) sum += id(c, i)->scalars;
        return capped(sum);
    case OP_TYPE_POINTER:
        return id(c, 3)->scalars;
    default:
        return 1;
    }
}

/* A binding that the host fills, by the one variable that its preamble declares. */
static orr_status check_binding(checker *c, const id_info *variable) {
    for (uint32_t i = 0; variable->binding && !variable->set && i < c->binding_count; i++) {
        if (c->bindings[i] != variable->binding - 1 || (c->taken >> i & 1u)) continue;
        c->taken |= UINT64_C(1) << i;
        return ORR_OK;
    }
    return refuse(c, "declares no images and blocks itself: what its manifest binds is all it has");
}

static orr_status check_variable(checker *c) {
    switch (word(c, 3)) {
    case CLASS_UNIFORM_CONSTANT:
    case CLASS_UNIFORM:
        return check_binding(c, id(c, 2));
    case CLASS_PRIVATE:
        c->outside = capped((uint64_t)c->outside + id(c, 1)->scalars);
        return ORR_OK;
    case CLASS_INPUT:
    case CLASS_FUNCTION:
        return ORR_OK;
    default:
        return refuse(c, "has no shared memory, no buffers and no push constants");
    }
}

static orr_status check_declaration(checker *c) {
    static const char plain[] = "uses no extension and no other numbers than those of 32 bits";
    switch (op(c)) {
    case OP_EXTENSION:
        return refuse(c, plain);
    case OP_EXT_INST_IMPORT:
        return c->length == 6 && memcmp(c->in + 2, "GLSL.std.450", 13) == 0 ? ORR_OK : refuse(c, plain);
    case OP_CAPABILITY:
        return is_allowed(word(c, 1)) ? ORR_OK : refuse(c, plain);
    case OP_DECORATE:
        if (word(c, 2) == DECORATION_BINDING) id(c, 1)->binding = word(c, 3) + 1;
        if (word(c, 2) == DECORATION_SET) id(c, 1)->set = word(c, 3);
        return ORR_OK;
    case OP_CONSTANT:
        id(c, 2)->constant = word(c, 3);
        return ORR_OK;
    case OP_VARIABLE:
        return check_variable(c);
    default:
        break;
    }
    if (op(c) < OP_TYPE_BOOL || op(c) > OP_TYPE_POINTER) return ORR_OK;
    uint32_t count = id(c, 1)->scalars = scalars(c);
    return count <= MAX_SCALARS ? ORR_OK : refuse(c, "has at most 16384 numbers in an array");
}

/* --- functions ------------------------------------------------------------------------------------------ */

/* A function is weighed with what is known of those it calls, which may stand behind it: done again until
 * nothing changes, which is at most as often as calls are deep. */
static orr_status weigh(checker *c, bool *changed) {
    id_info *function = NULL, sum = {0};
    uint32_t functions = 0;
    *changed = false;
    for (size_t at = HEADER_WORDS; next(c, &at);) {
        if (op(c) == OP_FUNCTION) {
            function = id(c, 2);
            sum = (id_info){0};
            functions++;
        }
        if (!function) continue;
        if (op(c) == OP_VARIABLE) sum.room = capped((uint64_t)sum.room + id(c, 1)->scalars);
        if (op(c) == OP_FUNCTION_CALL) {
            sum.room = capped((uint64_t)sum.room + id(c, 3)->room);
            sum.weight = capped((uint64_t)sum.weight + id(c, 3)->weight);
        }
        sum.weight = capped((uint64_t)sum.weight + 1);
        if (sum.weight > MAX_WEIGHT || functions > MAX_FUNCTIONS)
            return refuse(c,
                          "has at most 131072 instructions, those of its calls counted each time, and 1024 "
                          "functions");
        if ((uint64_t)sum.room + c->outside > MAX_SCALARS)
            return refuse(c, "has at most 16384 numbers in variables, those of its calls counted each time");
        if (op(c) != OP_FUNCTION_END) continue;
        *changed = *changed || function->weight != sum.weight || function->room != sum.room;
        function->weight = sum.weight;
        function->room = sum.room;
        function = NULL;
    }
    return ORR_OK;
}

static orr_status check(checker *c) {
    orr_status status = ORR_OK;
    for (size_t at = HEADER_WORDS; status == ORR_OK && next(c, &at);) status = check_declaration(c);
    for (bool changed = true; changed && status == ORR_OK && !c->damaged;) status = weigh(c, &changed);
    return status == ORR_OK && c->damaged ? orr_fail(c->err, ORR_E_BAD_DATA, NULL, "SPIR-V that is damaged")
                                          : status;
}

orr_status orr_glsl_confine(const uint32_t *spirv, size_t spirv_bytes, const uint32_t *bindings,
                            uint32_t binding_count, orr_error *err) {
    checker c = {.words = spirv,
                 .count = spirv_bytes / 4,
                 .bindings = bindings,
                 .binding_count = binding_count,
                 .err = err};
    if (c.count < HEADER_WORDS || c.count > MAX_WORDS || spirv[3] > MAX_WORDS || binding_count > 64)
        return orr_fail(err, ORR_E_SHADER, NULL, "a shader of a bundle has at most 4 MiB of SPIR-V");
    c.bound = spirv[3];
    c.ids = orr_calloc((size_t)c.bound + 1, sizeof *c.ids);
    if (!c.ids) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory to check a shader");
    orr_status status = check(&c);
    free(c.ids);
    return status;
}
