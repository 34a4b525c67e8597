/* GLSL to SPIR-V at run time, through glslang's C API, and reflection of the result.
 * `#include "x"` is expanded here, with `#line n "file"` so that messages name the author's file and line. */
#ifndef ORR_GPU_GLSL_H
#define ORR_GPU_GLSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"

typedef enum orr_glsl_stage { ORR_GLSL_COMPUTE, ORR_GLSL_VERTEX, ORR_GLSL_FRAGMENT } orr_glsl_stage;

/* Fetches an included file's text by the name written in the #include; malloc'd, NUL-terminated. */
typedef orr_status (*orr_glsl_fetch)(void *context, const char *name, char **text, orr_error *err);

typedef struct orr_glsl_source {
    const char *name; /* for messages: "vignette.comp" */
    const char *text;
    const char *preamble; /* put after #version: generated declarations; NULL = none */
    orr_glsl_stage stage;
    orr_glsl_fetch fetch; /* NULL: no includes allowed */
    void *context;
} orr_glsl_source;

/* Expands includes and the preamble into one text (malloc'd). Each file is included once. Depth <= 16, text
 * <= 4 MiB. */
ORR_MUST_CHECK orr_status orr_glsl_expand(const orr_glsl_source *source, char **text, orr_error *err);
/* Digest that names the SPIR-V of an expanded text: covers text, stage and the compiler's version and
 * options. */
orr_digest orr_glsl_digest(const char *expanded, orr_glsl_stage stage);
/* Compiles an expanded text. On failure the message is "file:line: what", one per line, first error first.
 * malloc'd words; any thread, at once. */
ORR_MUST_CHECK orr_status orr_glsl_compile(const char *expanded, const char *name, orr_glsl_stage stage,
                                           uint32_t **spirv, size_t *spirv_bytes, orr_error *err);

/* Members of the uniform block at (set 0, binding) of a SPIR-V module: name, byte offset, size, and whether
 * any instruction of the shader reads it. At most `capacity` are written; *count gets the real number; no
 * such block: 0. */
typedef struct orr_glsl_member {
    char name[64];
    uint32_t offset, size;
    bool read;
} orr_glsl_member;
ORR_MUST_CHECK orr_status orr_glsl_reflect_block(const uint32_t *spirv, size_t spirv_bytes, uint32_t binding,
                                                 orr_glsl_member *members, uint32_t capacity, uint32_t *count,
                                                 orr_error *err);
/* Specialisation constants of a SPIR-V module, and whether anything is computed from them, sorted by id.
 * Counted as the members above. */
typedef struct orr_glsl_spec {
    uint32_t id; /* constant_id */
    bool read;
} orr_glsl_spec;
ORR_MUST_CHECK orr_status orr_glsl_reflect_specs(const uint32_t *spirv, size_t spirv_bytes,
                                                 orr_glsl_spec *specs, uint32_t capacity, uint32_t *count,
                                                 orr_error *err);
/* Bindings of set 0 that the shader declares and uses, sorted. */
ORR_MUST_CHECK orr_status orr_glsl_reflect_bindings(const uint32_t *spirv, size_t spirv_bytes,
                                                    uint32_t *bindings, uint32_t capacity, uint32_t *count,
                                                    orr_error *err);
/* Whether a shader of somebody who is not trusted may be given to a driver. A device that is the processor
 * (lavapipe) shares its memory with this program and checks few addresses, so there is nothing in it that
 * could leave its own variables: no extension, buffer reference, shared memory, buffer or push constant; of
 * set 0 the `bindings` (at most 64) alone, each declared once; and variables and calls within bounds, so that
 * a driver can compile it. ORR_E_SHADER "a shader of a bundle …"; ORR_E_BAD_DATA, ORR_E_LIMIT. */
ORR_MUST_CHECK orr_status orr_glsl_confine(const uint32_t *spirv, size_t spirv_bytes,
                                           const uint32_t *bindings, uint32_t binding_count, orr_error *err);

#endif
