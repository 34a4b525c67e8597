/* Accessors: the only code that touches the bytes of buffers. Every range is checked once, when an accessor
 * is first asked for; the readers then trust it. Reads go through memcpy, so alignment does not matter; glTF
 * is little-endian, and so is every machine Orrery runs on. */
#include "resource/gltf_private.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "glTF buffers are read in place: a little-endian machine is needed"
#endif

static const uint32_t bufferless_limit = 1u << 24; /* elements of an accessor that no bytes stand behind */

static uint32_t component_bytes(uint32_t component) {
    switch (component) {
    case GLTF_I8:
    case GLTF_U8:
        return 1;
    case GLTF_I16:
    case GLTF_U16:
        return 2;
    case GLTF_U32:
    case GLTF_F32:
        return 4;
    default:
        return 0;
    }
}

static const char *component_name(uint32_t component) {
    switch (component) {
    case GLTF_I8:
        return "byte";
    case GLTF_U8:
        return "unsigned byte";
    case GLTF_I16:
        return "short";
    case GLTF_U16:
        return "unsigned short";
    case GLTF_U32:
        return "unsigned int";
    default:
        return "float";
    }
}

static const char *type_of_width(uint32_t width) {
    return width == 1 ? "SCALAR" : width == 2 ? "VEC2" : width == 3 ? "VEC3" : width == 4 ? "VEC4" : "MAT4";
}

static uint32_t width_of_type(gltf *g, uint32_t index, const char *type) {
    static const struct {
        const char *name;
        uint32_t width;
    } types[] = {{"SCALAR", 1}, {"VEC2", 2}, {"VEC3", 3}, {"VEC4", 4}, {"MAT4", 16}};
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i].name) == 0) return types[i].width;
    (void)gltf_fail(g, ORR_E_BAD_DATA,
                    "accessor %u has type \"%.20s\"; SCALAR, VEC2, VEC3, VEC4 or MAT4 can be used here",
                    index, type ? type : "");
    return 0;
}

/* Where `count` elements of `element` bytes, `stride` apart (0 = tight), start in a view; checks that they
 * fit. */
static const uint8_t *span(gltf *g, uint32_t index, const char *what, uint32_t view_index, uint64_t offset,
                           uint32_t count, uint32_t element, uint32_t *stride) {
    gltf_view view;
    if (!gltf_view_get(g, view_index, &view)) return NULL;
    uint32_t step = stride && view.stride ? view.stride : element;
    uint64_t end = offset + (uint64_t)(count - 1) * step + element; /* < 2^41 + 2^40: cannot wrap */
    if (step < element) {
        (void)gltf_fail(g, ORR_E_BAD_DATA,
                        "accessor %u: byteStride %u of bufferView %u is less than one element, %u bytes",
                        index, step, view_index, element);
    } else if (end > view.size) {
        (void)gltf_fail(g, ORR_E_OUT_OF_RANGE,
                        "accessor %u: its %s end at byte %llu of bufferView %u, which has %llu", index, what,
                        (unsigned long long)end, view_index, (unsigned long long)view.size);
    }
    if (stride) *stride = step;
    return g->status == ORR_OK ? view.bytes + offset : NULL;
}

static uint32_t read_uint(const uint8_t *at, uint32_t component) {
    uint16_t half;
    uint32_t full;
    switch (component) {
    case GLTF_U8:
        return at[0];
    case GLTF_U16:
        return memcpy(&half, at, 2), half;
    default:
        return memcpy(&full, at, 4), full;
    }
}

static void read_sparse(gltf *g, uint32_t index, const json_t *json, gltf_accessor *a) {
    const json_t *indices = gltf_object(g, json, "indices"), *values = gltf_object(g, json, "values");
    a->sparse_count = (uint32_t)gltf_size(g, json, "count", 0, 1, a->count);
    a->sparse_component = (uint32_t)gltf_size(g, indices, "componentType", 0, GLTF_U8, GLTF_U32);
    uint32_t index_view = gltf_index(g, indices, "bufferView", g->view_count, "bufferView");
    uint32_t value_view = gltf_index(g, values, "bufferView", g->view_count, "bufferView");
    uint64_t index_offset = gltf_size(g, indices, "byteOffset", 0, 0, (uint64_t)1 << 40);
    uint64_t value_offset = gltf_size(g, values, "byteOffset", 0, 0, (uint64_t)1 << 40);
    uint32_t size = component_bytes(a->sparse_component);
    if (g->status != ORR_OK) return;
    if (!a->sparse_count || index_view == ORR_NONE || value_view == ORR_NONE ||
        a->sparse_component == GLTF_I16 || !size) {
        (void)gltf_fail(g, ORR_E_BAD_DATA,
                        "accessor %u: sparse needs a count, indices (unsigned, with a bufferView) and values",
                        index);
        return;
    }
    a->sparse_indices =
        span(g, index, "sparse indices", index_view, index_offset, a->sparse_count, size, NULL);
    a->sparse_values = span(g, index, "sparse values", value_view, value_offset, a->sparse_count,
                            a->width * component_bytes(a->component), NULL);
    int64_t last = -1;
    for (uint32_t i = 0; g->status == ORR_OK && i < a->sparse_count; i++) {
        uint32_t at = read_uint(a->sparse_indices + (size_t)i * size, a->sparse_component);
        if ((int64_t)at <= last || at >= a->count)
            (void)gltf_fail(g, ORR_E_OUT_OF_RANGE,
                            "accessor %u: sparse index %u is %u; they must increase and stay below %u", index,
                            i, at, a->count);
        last = at;
    }
}

static void canonicalise(gltf *g, uint32_t index, gltf_accessor *a) {
    uint64_t where[3] = {(uint64_t)(uintptr_t)a->bytes, (uint64_t)(uintptr_t)a->sparse_indices,
                         (uint64_t)(uintptr_t)a->sparse_values};
    uint32_t key[14] = {
        1, a->count, a->width, a->component, a->stride, a->sparse_count, a->sparse_component, a->normalised};
    memcpy(key + 8, where, sizeof where);
    a->canonical = index;
    void **known = gltf_memo_find(g, key, 14);
    if (!known) return;
    if (*known)
        a->canonical = (uint32_t)((gltf_accessor *)*known - g->accessors);
    else
        *known = a;
}

const gltf_accessor *gltf_accessor_get(gltf *g, uint32_t index) {
    gltf_accessor *a = &g->accessors[index];
    if (a->ready || g->status != ORR_OK) return g->status == ORR_OK ? a : NULL;
    const json_t *json = gltf_item(g, g->accessors_json, index, "accessor");
    a->count = (uint32_t)gltf_size(g, json, "count", 0, 1, UINT32_MAX / 4);
    a->component = (uint32_t)gltf_size(g, json, "componentType", 0, GLTF_I8, GLTF_F32);
    a->normalised = gltf_bool(g, json, "normalized");
    a->width = width_of_type(g, index, gltf_string(g, json, "type"));
    uint32_t element = a->stride = a->width * component_bytes(a->component);
    uint32_t view = gltf_index(g, json, "bufferView", g->view_count, "bufferView");
    uint64_t offset = gltf_size(g, json, "byteOffset", 0, 0, (uint64_t)1 << 40);
    const json_t *sparse = gltf_object(g, json, "sparse");
    if (g->status != ORR_OK) {
        return NULL;
    } else if (!a->count || !element) {
        (void)gltf_fail(g, ORR_E_BAD_DATA, "accessor %u has %s", index,
                        a->count ? "no valid componentType (5120-5123, 5125, 5126)"
                                 : "no count; at least 1 is needed");
    } else if (view != ORR_NONE) {
        a->bytes = span(g, index, "elements", view, offset, a->count, element, &a->stride);
    } else if (a->count > bufferless_limit) {
        (void)gltf_fail(g, ORR_E_LIMIT,
                        "accessor %u has %u elements and no bufferView; the limit for zeros is %u", index,
                        a->count, bufferless_limit);
    }
    if (sparse && g->status == ORR_OK) read_sparse(g, index, sparse, a);
    if (g->status == ORR_OK) canonicalise(g, index, a);
    a->ready = g->status == ORR_OK;
    return a->ready ? a : NULL;
}

bool gltf_accessor_expect(gltf *g, uint32_t index, uint32_t width, gltf_kind kind) {
    const gltf_accessor *a = gltf_accessor_get(g, index);
    if (!a) return false;
    bool is_float = a->component == GLTF_F32,
         is_unsigned = a->component == GLTF_U8 || a->component == GLTF_U16;
    bool right = kind == GLTF_JOINT  ? is_unsigned && !a->normalised
                 : kind == GLTF_UNIT ? is_float || (a->normalised && a->component != GLTF_U32)
                 : kind == GLTF_ANY  ? a->component != GLTF_U32
                                     : is_float;
    static const char *const wanted[] = {"float", "float, or normalized bytes or shorts",
                                         "float, bytes or shorts",
                                         "unsigned byte or unsigned short, not normalized"};
    if (a->width == width && right) return true;
    (void)gltf_fail(g, ORR_E_TYPE, "accessor %u is %s of %s%s; it must be %s of %s", index,
                    type_of_width(a->width), a->normalised ? "normalized " : "", component_name(a->component),
                    type_of_width(width), wanted[kind]);
    return false;
}

/* --- reading -------------------------------------------------------------------------------------- */
/* One component as float; normalised integers by the formulas of the glTF specification, 3.11. */
static float read_float(const uint8_t *at, uint32_t component, bool normalised) {
    float value = 0, top = 1;
    int16_t i16;
    uint16_t u16;
    switch (component) {
    case GLTF_I8:
        value = (float)(int8_t)at[0], top = 127;
        break;
    case GLTF_U8:
        value = (float)at[0], top = 255;
        break;
    case GLTF_I16:
        memcpy(&i16, at, 2), value = (float)i16, top = 32767;
        break;
    case GLTF_U16:
        memcpy(&u16, at, 2), value = (float)u16, top = 65535;
        break;
    default:
        memcpy(&value, at, 4);
        return value;
    }
    if (!normalised) return value;
    value /= top;
    return value < -1 ? -1 : value;
}

static void read_element(const gltf_accessor *a, const uint8_t *at, float *out) {
    if (a->component == GLTF_F32) {
        memcpy(out, at, a->width * 4);
        return;
    }
    uint32_t size = component_bytes(a->component);
    for (uint32_t c = 0; c < a->width; c++) out[c] = read_float(at + c * size, a->component, a->normalised);
}

static void read_dense(const gltf_accessor *a, float *out) {
    size_t width = a->width, count = a->count, stride = a->stride;
    if (!a->bytes) {
        memset(out, 0, count * width * sizeof *out);
    } else if (a->component == GLTF_F32 && stride == width * 4) {
        memcpy(out, a->bytes, count * stride);
    } else {
        for (size_t i = 0; i < count; i++) read_element(a, a->bytes + i * stride, out + i * width);
    }
}

/* Finite check without branches in the loop: the exponent of a float is all ones only for infinities and NaN.
 */
static bool all_finite(const float *values, size_t count) {
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], 4);
        bad |= (uint32_t)((bits & 0x7f800000u) == 0x7f800000u);
    }
    return !bad;
}

bool gltf_read_floats(gltf *g, uint32_t index, float *out) {
    const gltf_accessor *a = gltf_accessor_get(g, index);
    if (!a || !out) return false;
    read_dense(a, out);
    uint32_t index_size = component_bytes(a->sparse_component),
             value_size = a->width * component_bytes(a->component);
    for (uint32_t i = 0; i < a->sparse_count; i++) {
        uint32_t at = read_uint(a->sparse_indices + (size_t)i * index_size, a->sparse_component);
        read_element(a, a->sparse_values + (size_t)i * value_size, out + (size_t)at * a->width);
    }
    size_t total = (size_t)a->count * a->width;
    if (a->component != GLTF_F32 || all_finite(out, total)) return true;
    size_t bad = 0;
    while (bad < total && isfinite(out[bad])) bad++;
    (void)gltf_fail(g, ORR_E_OUT_OF_RANGE,
                    "accessor %u: component %zu of element %zu is %s; every number must be finite", index,
                    bad % a->width, bad / a->width, isnan(out[bad]) ? "NaN" : "infinite");
    return false;
}

bool gltf_read_indices(gltf *g, uint32_t index, uint32_t *out) {
    const gltf_accessor *a = gltf_accessor_get(g, index);
    if (!a || !out) return false;
    bool right = a->component == GLTF_U8 || a->component == GLTF_U16 || a->component == GLTF_U32;
    if (a->width != 1 || a->normalised || !right) {
        (void)gltf_fail(g, ORR_E_TYPE,
                        "accessor %u is %s of %s; indices must be SCALAR of unsigned byte, short or int",
                        index, type_of_width(a->width), component_name(a->component));
        return false;
    }
    for (size_t i = 0; i < a->count; i++)
        out[i] = a->bytes ? read_uint(a->bytes + i * a->stride, a->component) : 0;
    uint32_t index_size = component_bytes(a->sparse_component), value_size = component_bytes(a->component);
    for (uint32_t i = 0; i < a->sparse_count; i++) {
        uint32_t at = read_uint(a->sparse_indices + (size_t)i * index_size, a->sparse_component);
        out[at] = read_uint(a->sparse_values + (size_t)i * value_size, a->component);
    }
    return true;
}

const float *gltf_floats(gltf *g, uint32_t index) {
    if (!gltf_accessor_get(g, index)) return NULL;
    gltf_accessor *a = &g->accessors[g->accessors[index].canonical];
    if (a->floats) return a->floats;
    float *out = gltf_new(g, (size_t)a->count * a->width, sizeof *out);
    return gltf_read_floats(g, index, out) ? (a->floats = out) : NULL;
}

/* --- memo ----------------------------------------------------------------------------------------- */
static void memo_grow(gltf *g) {
    gltf_memo *memo = &g->memo, old = *memo;
    uint32_t capacity = old.capacity ? 2 * old.capacity : 256;
    struct gltf_memo_slot *slots = gltf_temp(g, capacity, sizeof *slots);
    if (!slots) return;
    *memo = (gltf_memo){.slots = slots, .capacity = capacity, .used = old.used};
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (!old.slots[i].key) continue;
        uint32_t at =
            (uint32_t)orr_hash64(old.slots[i].key, 4 * (size_t)old.slots[i].words, 0) & (capacity - 1);
        while (slots[at].key) at = (at + 1) & (capacity - 1);
        slots[at] = old.slots[i];
    }
}

void **gltf_memo_find(gltf *g, const uint32_t *key, uint32_t words) {
    gltf_memo *memo = &g->memo;
    if (2 * memo->used >= memo->capacity) memo_grow(g);
    if (g->status != ORR_OK) return NULL;
    uint32_t at = (uint32_t)orr_hash64(key, 4 * (size_t)words, 0) & (memo->capacity - 1);
    for (; memo->slots[at].key; at = (at + 1) & (memo->capacity - 1)) {
        const struct gltf_memo_slot *slot = &memo->slots[at];
        if (slot->words == words && memcmp(slot->key, key, 4 * (size_t)words) == 0)
            return &memo->slots[at].value;
    }
    uint32_t *copy = gltf_temp(g, words, sizeof *copy);
    if (!copy) return NULL;
    memcpy(copy, key, 4 * (size_t)words);
    memo->used++;
    memo->slots[at].key = copy;
    memo->slots[at].words = words;
    return &memo->slots[at].value;
}
