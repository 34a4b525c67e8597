/* Reading and writing values by parameter rows (orrery/param.h): one parser for C, Lua, manifests, the
 * command line, presets. */
#ifndef ORR_BASE_PARAMS_H
#define ORR_BASE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "orrery/param.h"

/* A value of any row type. Numbers sit in `number` (bool 0/1, enum index); string and asset in `text`, which
 * belongs to the caller's arena. */
typedef struct orr_param_value {
    orr_param_type type;
    double number[16];
    const char *text;
} orr_param_value;

/* A table of rows with the stride its author compiled with (rows of a newer or older minor version are larger
 * or smaller: what is missing reads as zero). */
typedef struct orr_param_table {
    const orr_param_row *rows;
    uint32_t count, stride;
    const char *owner; /* for messages: "tonemap", "camera" */
} orr_param_table;
#define ORR_PARAM_TABLE(rows_, owner_)                                                                       \
    { (rows_), (uint32_t)(sizeof(rows_) / sizeof((rows_)[0])), (uint32_t)sizeof((rows_)[0]), (owner_) }

uint32_t orr_param_components(orr_param_type type); /* numbers in a value: vec3 3, mat4 16, string 0 */
const char *orr_param_type_name(orr_param_type type);
orr_param_type orr_param_type_of(const char *name); /* NONE = no such type */
/* Copies row i, zero-filled beyond the author's stride. */
void orr_param_row_get(const orr_param_table *table, uint32_t i, orr_param_row *row);
/* By name or alias; -1 = none. */
int32_t orr_param_find(const orr_param_table *table, const char *name);
/* ORR_E_UNKNOWN_KEY with the nearest name as remedy: "tonemap has no parameter 'operatr': did you mean
 * 'operator'?" */
orr_status orr_param_unknown(const orr_param_table *table, const char *name, orr_error *err);

/* Text to value, checked: type, finiteness, range, choice. Numbers are separated by spaces or commas; a
 * vec3/vec4 also takes one number for all components and #rrggbb[aa] (sRGB, decoded to linear). */
ORR_MUST_CHECK orr_status orr_param_parse(const orr_param_row *row, const char *text, orr_arena *arena,
                                          orr_param_value *value, orr_error *err);
/* Range, finiteness and choice of a value that came by another way (Lua). */
ORR_MUST_CHECK orr_status orr_param_check(const orr_param_row *row, const orr_param_value *value,
                                          orr_error *err);
void orr_param_format(const orr_param_row *row, const orr_param_value *value,
                      orr_text *out); /* round-trips through parse */
/* The row's default; a REQUIRED row or one without `def` gives zero / "". */
ORR_MUST_CHECK orr_status orr_param_default(const orr_param_row *row, orr_param_value *value, orr_error *err);
bool orr_param_equal(const orr_param_value *a, const orr_param_value *b);
/* Whether row i counts with these values (one per row): its `used_when` holds, or it has none. `condition`,
 * when not NULL, gets the row that decides, or -1. */
bool orr_param_is_used(const orr_param_table *table, uint32_t i, const orr_param_value *values,
                       int32_t *condition);
bool orr_param_is_neutral(const orr_param_row *row,
                          const orr_param_value *value); /* false when the row has no neutral */
const char *orr_param_choice(const orr_param_row *row, uint32_t index, char *buffer,
                             size_t size); /* "" when out of range */

/* To and from the C struct the rows point into (offset, size). */
void orr_param_store(const orr_param_row *row, const orr_param_value *value, void *params);
void orr_param_load(const orr_param_row *row, const void *params, orr_param_value *value);
/* Fills a whole struct with defaults. */
ORR_MUST_CHECK orr_status orr_params_init(const orr_param_table *table, void *params, orr_error *err);
/* Checks a table once: names, types, that defaults parse and lie in range, that offsets and sizes fit
 * `params_size` (0: no struct) and do not overlap. What a module author got wrong is said by row. */
ORR_MUST_CHECK orr_status orr_param_table_check(const orr_param_table *table, uint32_t params_size,
                                                orr_error *err);

/* The uniform block generated from the VALUE rows that are not CPU: std140, bool and enum as uint, f64 as
 * float. */
uint32_t orr_param_block_size(const orr_param_table *table); /* multiple of 16; 0 = no member */
void orr_param_block_pack(const orr_param_table *table, const orr_param_value *values, void *block);
uint32_t orr_param_block_offset(const orr_param_table *table, uint32_t row); /* UINT32_MAX: not a member */
/* GLSL of that block: "layout(set=0, binding=B, std140) uniform …", and constants for SPEC rows (constant_id
 * = row index). */
void orr_param_block_glsl(const orr_param_table *table, uint32_t binding, orr_text *out);

#endif
