#include "space/value_param.h"

#include <string.h>

#include "base/error.h"

const orr_value *orr_value_of_param(const orr_param_row *row, const orr_param_value *value) {
    char choice[80];
    switch (row->type) {
    case ORR_PARAM_BOOL:
        return orr_value_bool(value->number[0] != 0);
    case ORR_PARAM_I32:
        return orr_value_int((int64_t)value->number[0]);
    case ORR_PARAM_U32:
        return orr_value_uint((uint64_t)value->number[0]);
    case ORR_PARAM_F32:
    case ORR_PARAM_F64:
        return orr_value_double(value->number[0]);
    case ORR_PARAM_ENUM:
        return orr_value_string(orr_param_choice(row, (uint32_t)value->number[0], choice, sizeof choice));
    case ORR_PARAM_QUAT:
        return orr_value_quat(value->number);
    case ORR_PARAM_MAT4:
        return orr_value_mat4(value->number);
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        return orr_value_string(value->text ? value->text : "");
    default:
        return orr_value_vec(value->number, orr_param_components(row->type));
    }
}

static orr_type type_of(const orr_param_row *row) {
    switch (row->type) {
    case ORR_PARAM_BOOL:
        return ORR_TYPE_BOOL;
    case ORR_PARAM_I32:
        return ORR_TYPE_INT;
    case ORR_PARAM_U32:
        return ORR_TYPE_UINT;
    case ORR_PARAM_VEC2:
        return ORR_TYPE_VEC2;
    case ORR_PARAM_VEC3:
        return ORR_TYPE_VEC3;
    case ORR_PARAM_VEC4:
        return ORR_TYPE_VEC4;
    case ORR_PARAM_QUAT:
        return ORR_TYPE_QUAT;
    case ORR_PARAM_MAT4:
        return ORR_TYPE_MAT4;
    case ORR_PARAM_ENUM:
    case ORR_PARAM_STRING:
    case ORR_PARAM_ASSET:
        return ORR_TYPE_STRING;
    default:
        return ORR_TYPE_DOUBLE;
    }
}

orr_status orr_value_to_param(const orr_param_row *row, const orr_value *value, orr_param_value *out,
                              orr_error *err) {
    const orr_value *typed = NULL;
    orr_status status = orr_value_convert(value, type_of(row), &typed, err);
    if (status) return status;
    int64_t whole = 0;
    size_t count = 0;
    bool flag = false;
    const double *numbers = orr_value_numbers(typed, &count);
    *out = (orr_param_value){.type = row->type, .text = orr_value_cstr(typed)};
    if (numbers)
        memcpy(out->number, numbers, count * sizeof *numbers);
    else if (orr_value_as_bool(typed, &flag))
        out->number[0] = flag;
    else if (orr_value_as_int(typed, &whole))
        out->number[0] = (double)whole;
    else if (!out->text) /* an unsigned number past every range */
        status = orr_fail(err, ORR_E_OUT_OF_RANGE, NULL, "'%s' is too large", row->name);
    if (!status && row->type == ORR_PARAM_ENUM)
        status = orr_param_parse(row, out->text, NULL, out, err);
    else if (!status)
        status = orr_param_check(row, out, err);
    orr_value_release(typed); /* a string converts to itself, so `value` keeps the text alive */
    return status;
}
