/* Values of parameter rows (base/params.h) as values of the space, and back: one meaning for modules, nodes
 * and targets. Thread-safe: touches only its arguments. */
#ifndef ORR_SPACE_VALUE_PARAM_H
#define ORR_SPACE_VALUE_PARAM_H

#include "base/params.h"
#include "space/value.h"

/* bool, int, uint, double, vec, quat, mat4; a choice as its name, a file as a string. The caller owns it;
 * NULL when memory is out. */
const orr_value *orr_value_of_param(const orr_param_row *row, const orr_param_value *value);
/* The reverse, for any value that converts without loss, checked against the row. Text in `out` is borrowed
 * from `value`. ORR_E_TYPE, and what orr_param_check refuses. */
ORR_MUST_CHECK orr_status orr_value_to_param(const orr_param_row *row, const orr_value *value,
                                             orr_param_value *out, orr_error *err);

#endif
