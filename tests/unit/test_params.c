/* Parameter rows: text to value and back, ranges, C structs, the generated uniform block, and what a bad
 * table says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/params.h"

typedef struct sample_params {
    bool on;
    int32_t count;
    uint32_t operator_index;
    float strength;
    double ev;
    float colour[3];
    double position[3];
    const char *title;
} sample_params;

#define AT(member) .offset = offsetof(sample_params, member), .size = sizeof(((sample_params *)0)->member)
static const orr_param_row k_rows[] = {
    {.name = "on", .doc = "d", .type = ORR_PARAM_BOOL, .def = "true", AT(on)},
    {.name = "count", .doc = "d", .type = ORR_PARAM_I32, .def = "3", .min = "-4", .max = "12", AT(count)},
    {.name = "operator",
     .doc = "d",
     .type = ORR_PARAM_ENUM,
     .choices = "none|reinhard|aces_fitted",
     .def = "aces_fitted",
     .rebuild = ORR_REBUILD_SPEC,
     AT(operator_index)},
    {.name = "strength",
     .doc = "d",
     .aliases = "amount|power",
     .type = ORR_PARAM_F32,
     .def = "0.35",
     .neutral = "0",
     .min = "0",
     .max = "1",
     AT(strength)},
    {.name = "ev", .doc = "d", .type = ORR_PARAM_F64, .def = "14.64", .flags = ORR_PARAM_CPU, AT(ev)},
    {.name = "colour",
     .doc = "d",
     .type = ORR_PARAM_VEC3,
     .def = "1",
     .neutral = "1 1 1",
     .min = "0",
     AT(colour)},
    {.name = "position_m", .doc = "d", .type = ORR_PARAM_VEC3, .def = "0 1.5 -2", AT(position)},
    {.name = "title", .doc = "d", .type = ORR_PARAM_STRING, .def = "", .flags = ORR_PARAM_CPU, AT(title)},
};
static const orr_param_table k_table = ORR_PARAM_TABLE(k_rows, "sample");

static const orr_param_row *row(const char *name) {
    int32_t i = orr_param_find(&k_table, name);
    assert_true(i >= 0);
    return &k_rows[i];
}

static orr_param_value parsed(const char *name, const char *text) {
    orr_param_value value;
    orr_error err = {0};
    if (orr_param_parse(row(name), text, NULL, &value, &err)) fail_msg("%s", err.message);
    return value;
}

static void refused(const char *name, const char *text, orr_status code, const char *part) {
    orr_param_value value;
    orr_error err = {0};
    assert_int_equal(orr_param_parse(row(name), text, NULL, &value, &err), code);
    if (!strstr(err.message, part)) fail_msg("'%s' lacks '%s'", err.message, part);
    assert_non_null(strstr(err.message, name));
}

static void test_parse(void **state) {
    (void)state;
    assert_float_equal(parsed("strength", " 0.25 ").number[0], 0.25, 0);
    assert_float_equal(parsed("count", "-4").number[0], -4, 0);
    assert_float_equal(parsed("on", "off").number[0], 0, 0);
    assert_float_equal(parsed("operator", "reinhard").number[0], 1, 0);
    assert_string_equal(parsed("title", " kept as it is ").text, " kept as it is ");
    orr_param_value vec = parsed("position_m", "1, 2 ,3.5");
    assert_float_equal(vec.number[2], 3.5, 0);
    vec = parsed("colour", "0.5");
    assert_float_equal(vec.number[1], 0.5, 0);
    vec = parsed("colour", "#ff8000"); /* 128/255 in sRGB is 0.2158605 linear */
    assert_float_equal(vec.number[0], 1, 1e-12);
    assert_float_equal(vec.number[1], 0.21586050011389926, 1e-12);
    assert_float_equal(vec.number[2], 0, 0);
    orr_param_row rgba = {.name = "tint", .type = ORR_PARAM_VEC4};
    orr_param_value tint;
    assert_int_equal(orr_param_parse(&rgba, "#00000080", NULL, &tint, NULL), ORR_OK);
    assert_float_equal(tint.number[3], 128 / 255.0, 1e-12);
}

static void test_refuse(void **state) {
    (void)state;
    refused("strength", "1.01", ORR_E_OUT_OF_RANGE, "between 0 and 1");
    refused("strength", "nan", ORR_E_TYPE, "a number");
    refused("strength", "1e999", ORR_E_TYPE, "a number");
    refused("strength", "0.1 0.2", ORR_E_TYPE, "a number");
    refused("strength", "", ORR_E_TYPE, "a number");
    refused("count", "2.5", ORR_E_TYPE, "whole");
    refused("count", "13", ORR_E_OUT_OF_RANGE, "12");
    refused("on", "maybe", ORR_E_TYPE, "true or false");
    refused("operator", "aces_fited", ORR_E_OUT_OF_RANGE, "did you mean 'aces_fitted'");
    refused("operator", "none|reinhard", ORR_E_OUT_OF_RANGE, "one of: none, reinhard, aces_fitted");
    refused("operator", "", ORR_E_OUT_OF_RANGE, "one of");
    refused("colour", "1 2", ORR_E_TYPE, "3 numbers");
    refused("colour", "1 2 3 4", ORR_E_TYPE, "3 numbers");
    refused("colour", "#ff80", ORR_E_TYPE, "#rrggbb");
    refused("colour", "#ff80zz", ORR_E_TYPE, "#rrggbb");
    refused("colour", "0.5 -0.5 0", ORR_E_OUT_OF_RANGE, "at least 0");
    refused("position_m", "1 2 x", ORR_E_TYPE, "3 numbers");
    char numbers[200] = "";
    for (int i = 0; i < 40; i++) strcat(numbers, "1 ");
    refused("position_m", numbers, ORR_E_TYPE, "3 numbers");
    orr_param_row quat = {.name = "rotation", .type = ORR_PARAM_QUAT};
    orr_param_value value;
    assert_int_equal(orr_param_parse(&quat, "0 0 0 0", NULL, &value, NULL), ORR_E_OUT_OF_RANGE);
    value = (orr_param_value){.type = ORR_PARAM_F32, .number = {INFINITY}};
    assert_int_equal(orr_param_check(row("strength"), &value, NULL), ORR_E_OUT_OF_RANGE);
    value.number[0] = 1e300; /* finite as a double, not as the float it will be */
    orr_param_row open = {.name = "open", .type = ORR_PARAM_F32};
    assert_int_equal(orr_param_check(&open, &value, NULL), ORR_E_OUT_OF_RANGE);
    value = (orr_param_value){.type = ORR_PARAM_ENUM, .number = {3}};
    assert_int_equal(orr_param_check(row("operator"), &value, NULL), ORR_E_OUT_OF_RANGE);
    value = (orr_param_value){.type = ORR_PARAM_I32};
    assert_int_equal(orr_param_check(row("strength"), &value, NULL), ORR_E_TYPE);
}

static void test_names(void **state) {
    (void)state;
    assert_int_equal(orr_param_find(&k_table, "power"), 3);
    assert_int_equal(orr_param_find(&k_table, "pow"), -1);
    assert_int_equal(orr_param_find(&k_table, ""), -1);
    orr_error err = {0};
    assert_int_equal(orr_param_unknown(&k_table, "operatr", &err), ORR_E_UNKNOWN_KEY);
    assert_string_equal(err.message, "sample has no parameter 'operatr': did you mean 'operator'?");
    assert_int_equal(orr_param_unknown(&k_table, "zzzzzzzzzz", &err), ORR_E_UNKNOWN_KEY);
    assert_non_null(strstr(err.message, "it has: on, count, operator"));
    for (int type = ORR_PARAM_BOOL; type <= ORR_PARAM_ASSET; type++)
        assert_int_equal(orr_param_type_of(orr_param_type_name((orr_param_type)type)), type);
    assert_int_equal(orr_param_type_of("f16"), ORR_PARAM_NONE);
    assert_int_equal(orr_param_components(ORR_PARAM_MAT4), 16);
    assert_int_equal(orr_param_components(ORR_PARAM_STRING), 0);
    char buffer[32];
    assert_string_equal(orr_param_choice(row("operator"), 1, buffer, sizeof buffer), "reinhard");
    assert_string_equal(orr_param_choice(row("operator"), 3, buffer, sizeof buffer), "");
}

static void test_round_trip(void **state) {
    (void)state;
    static const struct {
        const char *name, *text;
    } k_cases[] = {{"on", "false"},   {"count", "-3"},          {"operator", "none"}, {"strength", "0.1"},
                   {"ev", "-1e-310"}, {"colour", "0.1 0.25 3"}, {"title", "a b # c"}};
    for (size_t i = 0; i < sizeof k_cases / sizeof k_cases[0]; i++) {
        orr_param_value value = parsed(k_cases[i].name, k_cases[i].text), again;
        orr_text text = {0};
        orr_param_format(row(k_cases[i].name), &value, &text);
        again = parsed(k_cases[i].name, orr_text_cstr(&text));
        assert_true(orr_param_equal(&value, &again));
        orr_text_free(&text);
    }
}

static void test_struct(void **state) {
    (void)state;
    sample_params params;
    memset(&params, 0xee, sizeof params);
    assert_int_equal(orr_params_init(&k_table, &params, NULL), ORR_OK);
    assert_true(params.on);
    assert_int_equal(params.count, 3);
    assert_int_equal(params.operator_index, 2);
    assert_true(params.strength == 0.35f && params.ev == 14.64);
    assert_true(params.colour[2] == 1.0f && params.position[1] == 1.5);
    assert_string_equal(params.title, "");
    for (uint32_t i = 0; i < k_table.count; i++) {
        orr_param_value value, loaded;
        assert_int_equal(orr_param_default(&k_rows[i], &value, NULL), ORR_OK);
        orr_param_load(&k_rows[i], &params, &loaded);
        if (k_rows[i].type == ORR_PARAM_F32) value.number[0] = (float)value.number[0];
        assert_true(orr_param_equal(&value, &loaded));
    }
}

static void test_neutral(void **state) {
    (void)state;
    orr_param_value value = parsed("strength", "0");
    assert_true(orr_param_is_neutral(row("strength"), &value));
    value = parsed("strength", "1e-6");
    assert_false(orr_param_is_neutral(row("strength"), &value));
    value = parsed("count", "3");
    assert_false(orr_param_is_neutral(row("count"), &value)); /* a row without neutral is never neutral */
    orr_param_row tenth = {.name = "x", .type = ORR_PARAM_F32, .neutral = "0.1"};
    value = (orr_param_value){.type = ORR_PARAM_F32, .number = {(double)0.1f}};
    assert_true(orr_param_is_neutral(&tenth, &value));
}

static void test_block(void **state) {
    (void)state;
    /* on 0, count 4, (operator: SPEC), strength 8, (ev: CPU), colour 16..28, position 32..44, (title) */
    static const uint32_t k_offsets[] = {0, 4, UINT32_MAX, 8, UINT32_MAX, 16, 32, UINT32_MAX};
    for (uint32_t i = 0; i < k_table.count; i++)
        assert_int_equal(orr_param_block_offset(&k_table, i), k_offsets[i]);
    assert_int_equal(orr_param_block_size(&k_table), 48);
    orr_param_value values[8];
    for (uint32_t i = 0; i < k_table.count; i++)
        assert_int_equal(orr_param_default(&k_rows[i], &values[i], NULL), ORR_OK);
    union {
        uint32_t u[12];
        int32_t i[12];
        float f[12];
    } block;
    memset(&block, 0xee, sizeof block);
    orr_param_block_pack(&k_table, values, &block);
    assert_int_equal(block.u[0], 1);
    assert_int_equal(block.i[1], 3);
    assert_true(block.f[2] == 0.35f && block.f[6] == 1.0f && block.f[9] == 1.5f && block.f[10] == -2.0f);
    assert_int_equal(block.u[3], 0); /* padding is zero, so that equal values give equal bytes */
    orr_text glsl = {0};
    orr_param_block_glsl(&k_table, 0, &glsl);
    assert_string_equal(orr_text_cstr(&glsl),
                        "#define OPERATOR_NONE 0u\n"
                        "#define OPERATOR_REINHARD 1u\n"
                        "#define OPERATOR_ACES_FITTED 2u\n"
                        "layout(constant_id = 2) const uint SPEC_OPERATOR = 2u;\n"
                        "layout(set = 0, binding = 0, std140) uniform orr_params_block {\n"
                        "    uint on;\n"
                        "    int count;\n"
                        "    float strength;\n"
                        "    vec3 colour;\n"
                        "    vec3 position_m;\n"
                        "} params;\n");
    orr_text_free(&glsl);
}

/* A scalar may sit in the fourth component of a vec3's slot: std140 as it is, not as it is often remembered.
 */
static void test_block_vec3_tail(void **state) {
    (void)state;
    static const orr_param_row k_tail[] = {{.name = "a", .type = ORR_PARAM_VEC3},
                                           {.name = "b", .type = ORR_PARAM_F32},
                                           {.name = "c", .type = ORR_PARAM_VEC2},
                                           {.name = "d", .type = ORR_PARAM_MAT4}};
    const orr_param_table table = ORR_PARAM_TABLE(k_tail, "tail");
    static const uint32_t k_offsets[] = {0, 12, 16, 32};
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(orr_param_block_offset(&table, i), k_offsets[i]);
    assert_int_equal(orr_param_block_size(&table), 96);
}

/* Rows of an older, smaller struct read as zero beyond what their author knew. */
static void test_stride(void **state) {
    (void)state;
    enum { OLD = offsetof(orr_param_row, interp) };
    char rows[2 * OLD];
    orr_param_row got;
    memcpy(rows, &k_rows[0], OLD);
    memcpy(rows + OLD, &k_rows[3], OLD);
    orr_param_table table = {(const orr_param_row *)(const void *)rows, 2, OLD, "old"};
    orr_param_row_get(&table, 1, &got);
    assert_string_equal(got.name, "strength");
    assert_int_equal(got.size, 0);
    orr_param_row_get(&table, 2, &got);
    assert_null(got.name);
}

static void check_refused(orr_param_row bad, const char *part) {
    orr_param_row rows[2] = {
        {.name = "first", .aliases = "erst", .doc = "d", .type = ORR_PARAM_F32, .def = "0", .size = 4}, bad};
    orr_param_table table = ORR_PARAM_TABLE(rows, "broken");
    orr_error err = {0};
    assert_int_equal(orr_param_table_check(&table, 8, &err), ORR_E_MODULE);
    if (!strstr(err.message, part)) fail_msg("'%s' lacks '%s'", err.message, part);
    assert_non_null(strstr(err.message, "broken"));
}

static void test_table_check(void **state) {
    (void)state;
    orr_error err = {0};
    if (orr_param_table_check(&k_table, sizeof(sample_params), &err)) fail_msg("%s", err.message);
    const orr_param_row good = {
        .name = "second", .doc = "d", .type = ORR_PARAM_F32, .def = "0", .offset = 4, .size = 4};
    orr_param_row bad = good;
#define BAD(change, part)                                                                                    \
    do {                                                                                                     \
        bad = good;                                                                                          \
        change;                                                                                              \
        check_refused(bad, part);                                                                            \
    } while (0)
    BAD(bad.name = "Second", "lower-case");
    BAD(bad.name = NULL, "lower-case");
    BAD(bad.name = "enable", "host");
    BAD(bad.name = "sample", "GLSL");
    BAD(bad.name = "erst", "earlier row");
    BAD(bad.aliases = "x|first", "earlier row");
    BAD(bad.doc = "", "doc");
    BAD(bad.type = (orr_param_type)77, "type");
    BAD(bad.flags = 1u << 9, "flags");
    BAD(bad.def = NULL, "'def'");
    BAD(bad.def = "x", "'def'");
    BAD((bad.def = "2", bad.max = "1"), "'def'");
    BAD(bad.neutral = "1 2", "'neutral'");
    BAD((bad.min = "2", bad.max = "1"), "above");
    BAD(bad.min = "low", "'min'");
    BAD(bad.choices = "a|b", "no enum");
    BAD((bad.type = ORR_PARAM_ENUM, bad.def = "a", bad.choices = "a|b|a"), "twice");
    BAD((bad.type = ORR_PARAM_ENUM, bad.def = "a", bad.choices = "a||b"), "choice");
    BAD((bad.type = ORR_PARAM_ENUM, bad.def = "a"), "without choices");
    BAD((bad.type = ORR_PARAM_VEC3, bad.rebuild = ORR_REBUILD_SPEC), "SPEC");
    BAD(bad.size = 8, "size");
    BAD(bad.offset = 6, "struct of 8");
    BAD(bad.offset = UINT32_MAX, "struct of 8");
    BAD(bad.offset = 2, "overlaps 'first'");
    BAD(bad.used_when = "first", "bad 'used_when'");
    BAD(bad.used_when = "second=1", "no other parameter");
    BAD(bad.used_when = "third=1", "no other parameter");
    BAD(bad.used_when = "first=1", "neither an enum nor a bool");
}

static void test_used_when(void **state) {
    (void)state;
    orr_param_row rows[] = {
        {.name = "mode", .doc = "d", .type = ORR_PARAM_ENUM, .choices = "off|hand|auto", .def = "off"},
        {.name = "on", .doc = "d", .type = ORR_PARAM_BOOL, .def = "false"},
        {.name = "ev", .doc = "d", .type = ORR_PARAM_F32, .def = "0", .used_when = "mode=hand|auto"},
        {.name = "bias", .doc = "d", .type = ORR_PARAM_F32, .def = "0", .used_when = "on=true"},
    };
    const orr_param_table table = ORR_PARAM_TABLE(rows, "m");
    orr_param_value values[4];
    orr_error err = {0};
    int32_t by;
    if (orr_param_table_check(&table, 0, &err)) fail_msg("%s", err.message);
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(orr_param_default(&rows[i], &values[i], NULL), ORR_OK);
    assert_true(orr_param_is_used(&table, 0, values, &by));
    assert_int_equal(by, -1);
    assert_false(orr_param_is_used(&table, 2, values, &by));
    assert_int_equal(by, 0);
    values[0].number[0] = 1;
    assert_true(orr_param_is_used(&table, 2, values, NULL));
    values[0].number[0] = 2;
    assert_true(orr_param_is_used(&table, 2, values, NULL));
    assert_false(orr_param_is_used(&table, 3, values, &by));
    assert_int_equal(by, 1);
    values[1].number[0] = 1;
    assert_true(orr_param_is_used(&table, 3, values, NULL));
    rows[2].used_when = "mode=hand|never";
    assert_int_equal(orr_param_table_check(&table, 0, &err), ORR_E_MODULE);
    assert_non_null(strstr(err.message, "cannot have"));
    rows[2].used_when = "mode=";
    assert_int_equal(orr_param_table_check(&table, 0, &err), ORR_E_MODULE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),     cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_names),     cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_struct),    cmocka_unit_test(test_neutral),
        cmocka_unit_test(test_block),     cmocka_unit_test(test_block_vec3_tail),
        cmocka_unit_test(test_stride),    cmocka_unit_test(test_table_check),
        cmocka_unit_test(test_used_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
