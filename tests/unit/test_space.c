/* The space: values and their two forms, the tree, watches, queues, subtrees, applications, logs, readers
 * that never wait. ORRERY_HAMMER_OPS raises the operations of the hammer test from 10^6. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/platform/platform.h"
#include "space/space.h"
#include "space/space_log.h"

static orr_error err;

static void ok(orr_status status) {
    if (status) print_error("%s: %s\n", orr_status_name(status), err.message);
    assert_int_equal(status, ORR_OK);
}

static orr_space *fresh(void) {
    orr_space *space = NULL;
    ok(orr_space_create(NULL, &space, &err));
    return space;
}

static const orr_value *get(orr_space *space, const char *path) {
    const orr_value *value = NULL;
    ok(orr_space_get(space, path, &value, &err));
    return value;
}

static int64_t get_int(orr_space *space, const char *path) {
    const orr_value *value = get(space, path);
    int64_t number = 0;
    assert_true(orr_value_as_int(value, &number));
    orr_value_release(value);
    return number;
}

static bool has(orr_space *space, const char *path) {
    const orr_value *value = NULL;
    if (orr_space_get(space, path, &value, NULL)) return false;
    orr_value_release(value);
    return true;
}

static void set_int(orr_space *space, const char *path, int64_t number) {
    ok(orr_space_set(space, path, orr_value_int(number), &err));
}

/* --- values ------------------------------------------------------------------------------------------ */

static const orr_schema *camera_schema(orr_schemas *schemas) {
    const orr_schema_field fields[] = {
        {"ev100", ORR_TYPE_DOUBLE}, {"position", ORR_TYPE_VEC3}, {"tags", ORR_TYPE_LIST}};
    const orr_schema *schema = NULL;
    ok(orr_schemas_add(schemas, "camera", fields, 3, &schema, &err));
    return schema;
}

/* One value of every type but exec, some twice. */
static size_t samples(const orr_schema *camera, const orr_value **out) {
    const double four[] = {0.1, -0.0, 1e300, 5e-324};
    double sixteen[16];
    for (int i = 0; i < 16; i++) sixteen[i] = i / 7.0;
    const double zero = 0;
    size_t n = 0;
    out[n++] = orr_value_bool(true);
    out[n++] = orr_value_bool(false);
    out[n++] = orr_value_int(INT64_MIN);
    out[n++] = orr_value_int(INT64_MAX);
    out[n++] = orr_value_uint(UINT64_MAX);
    out[n++] = orr_value_uint(0);
    out[n++] = orr_value_double(3);
    out[n++] = orr_value_double(-0.0);
    out[n++] = orr_value_double(0.1 + 0.2);
    out[n++] = orr_value_double(zero / zero);
    out[n++] = orr_value_double(1 / zero);
    out[n++] = orr_value_double(-1 / zero);
    out[n++] = orr_value_string("");
    out[n++] = orr_value_string("a \"b\" \\ \n\r\t\x01\x7f \xc3\xa9 \xf0\x9f\x98\x80");
    out[n++] = orr_value_blob("\0\xff\x10", 3);
    out[n++] = orr_value_blob(NULL, 0);
    out[n++] = orr_value_vec(four, 2);
    out[n++] = orr_value_vec(four, 3);
    out[n++] = orr_value_vec(four, 4);
    out[n++] = orr_value_quat(four);
    out[n++] = orr_value_mat4(sixteen);
    const orr_value *items[] = {orr_value_int(1), orr_value_string("two"), orr_value_list(NULL, 0)};
    out[n++] = orr_value_list(items, 3);
    const orr_value *fields[] = {orr_value_double(12), orr_value_vec(four, 3), orr_value_list(NULL, 0)};
    ok(orr_value_record(camera, fields, 3, &out[n++], &err));
    return n;
}

static void test_round_trip(void **state) {
    (void)state;
    orr_schemas *schemas = orr_schemas_create();
    const orr_value *values[32];
    size_t count = samples(camera_schema(schemas), values);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(values[i]);
        orr_text text = {0}, again = {0}, binary = {0};
        const orr_value *read = NULL, *decoded = NULL;
        orr_value_print(&text, values[i]);
        ok(orr_value_parse(orr_text_cstr(&text), text.length, schemas, &read, &err));
        assert_true(orr_value_equal(read, values[i]));
        orr_value_print(&again, read);
        assert_string_equal(text.data, again.data);
        ok(orr_value_encode(&binary, values[i], &err));
        ok(orr_value_decode(binary.data, binary.length, schemas, &decoded, &err));
        assert_true(orr_value_equal(decoded, values[i]));
        for (size_t cut = 0; cut < binary.length; cut++) { /* every prefix is refused */
            const orr_value *none = NULL;
            assert_int_not_equal(orr_value_decode(binary.data, cut, schemas, &none, &err), ORR_OK);
            assert_null(none);
        }
        for (size_t j = 0; j < count; j++) assert_int_equal(orr_value_equal(values[i], values[j]), i == j);
        orr_value_release(read);
        orr_value_release(decoded);
        orr_text_free(&text);
        orr_text_free(&again);
        orr_text_free(&binary);
    }
    orr_schemas_destroy(&schemas); /* records keep their schema */
    for (size_t i = 0; i < count; i++) orr_value_release(values[i]);
}

static void test_text_form(void **state) {
    (void)state;
    static const char *const forms[][2] = {
        {"3.0", "3.0"},
        {"+4.5e1", "45.0"},
        {" 7u ", "7u"},
        {"[1,2 , 3,]", NULL},
        {"[ 1 , 2 ]", "[1, 2]"},
        {"vec2(1,.5)", "vec2(1, 0.5)"},
        {"\"\\u{1f600}\\u{41}\"", "\"\xf0\x9f\x98\x80"
                                  "A\""},
        {"blob(DEad)", "blob(dead)"},
        {"inf", "inf"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const orr_value *value = NULL;
        orr_text text = {0};
        orr_status status = orr_value_parse(forms[i][0], strlen(forms[i][0]), NULL, &value, &err);
        assert_int_equal(status == ORR_OK, forms[i][1] != NULL);
        if (status) continue;
        orr_value_print(&text, value);
        assert_string_equal(text.data, forms[i][1]);
        orr_text_free(&text);
        orr_value_release(value);
    }
}

static void test_bad_text(void **state) {
    (void)state;
    orr_schemas *schemas = orr_schemas_create();
    camera_schema(schemas);
    static const struct {
        const char *text;
        orr_status code;
        const char *says;
    } bad[] = {
        {"", ORR_E_TRUNCATED, "byte 0: the text ends where a value should follow"},
        {"vec3(1, 2)", ORR_E_BAD_DATA, "byte 9: ')' where ',' and the next number should stand"},
        {"vec3(1, 2", ORR_E_TRUNCATED, "byte 9"},
        {"hello", ORR_E_BAD_DATA, "'hello' is no value; a string needs quotes"},
        {"1 2", ORR_E_BAD_DATA, "byte 2: '2' where the end of the text should stand"},
        {"9223372036854775808", ORR_E_OUT_OF_RANGE, "does not fit a signed integer of 64 bits"},
        {"-1u", ORR_E_OUT_OF_RANGE, "unsigned"},
        {"1e999", ORR_E_BAD_DATA, "'1e999' is no number"},
        {"\"a", ORR_E_TRUNCATED, "the closing '\"'"},
        {"\"\\q\"", ORR_E_BAD_DATA, "byte 1: unknown escape"},
        {"\"\\u{d800}\"", ORR_E_BAD_DATA, "no character"},
        {"\"\\u{0}\"", ORR_E_BAD_DATA, "no character"},
        {"\"\xff\"", ORR_E_BAD_DATA, "byte 0xff where UTF-8"},
        {"blob(0)", ORR_E_BAD_DATA, "a pair of hex digits"},
        {"exec", ORR_E_UNSUPPORTED, "cannot be read from text"},
        {"lens{}", ORR_E_UNKNOWN_KEY, "no schema named 'lens'"},
        {"camera{ev: 1.0}", ORR_E_UNKNOWN_KEY, "byte 7: record 'camera' has no field 'ev'"},
        {"camera{ev100: 1.0}", ORR_E_BAD_DATA, "lacks the field 'position'"},
        {"camera{ev100: 1.0, ev100: 2.0}", ORR_E_BAD_DATA, "twice"},
        {"camera{ev100: 1, position: vec3(0,0,0), tags: []}", ORR_E_TYPE,
         "field 'ev100' is of type double, not int"},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", ORR_E_LIMIT, "nested deeper than 32"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const orr_value *value = NULL;
        orr_status status = orr_value_parse(bad[i].text, strlen(bad[i].text), schemas, &value, &err);
        assert_null(value);
        if (status != bad[i].code || !strstr(err.message, bad[i].says))
            fail_msg("%s: %s: %s", bad[i].text, orr_status_name(status), err.message);
    }
    orr_schemas_destroy(&schemas);
}

static void test_bad_binary(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        orr_status code;
    } bad[] = {
        {"", 0, ORR_E_TRUNCATED},
        {"\x63", 1, ORR_E_BAD_DATA},                         /* no such type */
        {"\x01\x02", 2, ORR_E_BAD_DATA},                     /* a bool of 2 */
        {"\x01\x01\x00", 3, ORR_E_BAD_DATA},                 /* a byte too many */
        {"\x05\xff\xff\xff\xff", 5, ORR_E_TRUNCATED},        /* a string of 4 GiB */
        {"\x05\x01\x00\x00\x00\xff", 6, ORR_E_BAD_DATA},     /* no UTF-8 */
        {"\x0d\xff\xff\xff\x7f\x01", 6, ORR_E_TRUNCATED},    /* a list of 2 G items */
        {"\x0c\x01x\x00\x00\x00\x00", 7, ORR_E_UNKNOWN_KEY}, /* a record of no known schema */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const orr_value *value = NULL;
        assert_int_equal(orr_value_decode(bad[i].bytes, bad[i].size, NULL, &value, &err), bad[i].code);
        assert_null(value);
        assert_non_null(strstr(err.message, "byte "));
    }
}

static void test_values_as_typed(void **state) {
    (void)state;
    static const struct {
        orr_type type;
        const char *text, *reads; /* NULL: refused */
    } rows[] = {
        {ORR_TYPE_STRING, "plain words", "\"plain words\""},
        {ORR_TYPE_STRING, "\"quoted\"", "\"quoted\""},
        {ORR_TYPE_BOOL, "off", "false"},
        {ORR_TYPE_BOOL, "2", NULL},
        {ORR_TYPE_DOUBLE, "12", "12.0"},
        {ORR_TYPE_INT, "12.0", "12"},
        {ORR_TYPE_INT, "12.5", NULL},
        {ORR_TYPE_UINT, "-1", NULL},
        {ORR_TYPE_VEC3, "1, 2, 3", "vec3(1, 2, 3)"},
        {ORR_TYPE_VEC3, "[1, 2, 3.5]", "vec3(1, 2, 3.5)"},
        {ORR_TYPE_VEC3, "1,2", NULL},
        {ORR_TYPE_QUAT, "vec4(0,0,0,1)", "quat(0, 0, 0, 1)"},
        {ORR_TYPE_STRING, "\xff", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const orr_value *value = NULL;
        orr_text text = {0};
        orr_status status = orr_value_parse_as(rows[i].type, rows[i].text, &value, &err);
        assert_int_equal(status == ORR_OK, rows[i].reads != NULL);
        if (status) continue;
        assert_int_equal(orr_value_type(value), rows[i].type);
        orr_value_print(&text, value);
        assert_string_equal(text.data, rows[i].reads);
        orr_text_free(&text);
        orr_value_release(value);
    }
}

static void test_values_refused(void **state) {
    (void)state;
    const orr_value *deep = orr_value_list(NULL, 0);
    for (int i = 1; i < ORR_VALUE_MAX_DEPTH; i++) deep = orr_value_list(&deep, 1);
    assert_non_null(deep);
    assert_null(orr_value_list(&deep, 1)); /* and released */
    const orr_value *holey[] = {orr_value_int(1), NULL};
    assert_null(orr_value_list(holey, 2));
    assert_null(orr_value_vec((const double[]){1}, 1));
    const orr_value *cleaned = orr_value_string("a\xff\xc3z\xed\xa0\x80");
    assert_string_equal(orr_value_cstr(cleaned),
                        "a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    orr_value_release(cleaned);
    orr_schemas *schemas = orr_schemas_create();
    camera_schema(schemas);
    camera_schema(schemas); /* the same again is fine */
    const orr_schema_field other[] = {{"ev100", ORR_TYPE_INT}},
                           twice[] = {{"a", ORR_TYPE_INT}, {"a", ORR_TYPE_INT}};
    assert_int_equal(orr_schemas_add(schemas, "camera", other, 1, NULL, &err), ORR_E_EXISTS);
    assert_int_equal(orr_schemas_add(schemas, "pair", twice, 2, NULL, &err), ORR_E_ARGUMENT);
    assert_int_equal(orr_schemas_add(schemas, "vec3", other, 1, NULL, &err), ORR_E_ARGUMENT);
    assert_int_equal(orr_schemas_add(schemas, "no good", other, 1, NULL, &err), ORR_E_ARGUMENT);
    orr_schemas_destroy(&schemas);
}

/* --- the tree ---------------------------------------------------------------------------------------- */

static void test_set_get_list_remove(void **state) {
    (void)state;
    orr_space *space = fresh();
    assert_int_equal(orr_space_revision(space), 0);
    set_int(space, "/b/x", 1);
    set_int(space, "/a", 2);
    set_int(space, "/b", 3); /* a node may have a value and children */
    set_int(space, "/b/x", 4);
    assert_int_equal(orr_space_revision(space), 4);
    assert_int_equal(get_int(space, "/b/x"), 4);
    assert_int_equal(get_int(space, "/b"), 3);
    char **names = NULL;
    size_t count = 0;
    ok(orr_space_list(space, "/", &names, &count, &err));
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "b");
    orr_names_free(&names, count);
    ok(orr_space_remove(space, "/b", &err));
    assert_false(has(space, "/b"));
    assert_false(has(space, "/b/x"));
    assert_int_equal(orr_space_remove(space, "/b", &err), ORR_E_NOT_FOUND);
    assert_int_equal(orr_space_remove(space, "/", &err), ORR_E_ARGUMENT);
    const orr_value *kept = get(space, "/a");
    set_int(space, "/a", 9);
    int64_t number = 0;
    assert_true(orr_value_as_int(kept, &number)); /* what was read stays as it was */
    assert_int_equal(number, 2);
    orr_space_destroy(&space);
    assert_null(space);
    orr_value_release(kept); /* outlives the space */
}

static void test_bad_paths(void **state) {
    (void)state;
    orr_space *space = fresh();
    char deep[2 * (ORR_SPACE_MAX_DEPTH + 1) + 1] = "", long_name[300];
    for (int i = 0; i <= ORR_SPACE_MAX_DEPTH; i++) memcpy(deep + 2 * (size_t)i, "/d", 3);
    memset(long_name, 'n', sizeof long_name);
    long_name[0] = '/';
    long_name[sizeof long_name - 1] = 0;
    const char *bad[] = {"", "a", "//", "/a/", "/a//b", "/.", "/a/..", "/\xff", "/a\nb", deep, long_name};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const orr_value *value = NULL;
        orr_status status = i < 9 ? ORR_E_ARGUMENT : ORR_E_LIMIT;
        assert_int_equal(orr_space_set(space, bad[i], orr_value_int(1), &err), status);
        assert_int_equal(orr_space_get(space, bad[i], &value, &err), status);
        assert_int_equal(orr_space_remove(space, bad[i], &err), status);
    }
    assert_int_equal(orr_space_set(space, NULL, orr_value_int(1), &err), ORR_E_ARGUMENT);
    assert_int_equal(orr_space_set(space, "/a", NULL, &err), ORR_E_MEMORY);
    assert_int_equal(orr_space_revision(space), 0);
    set_int(space, "/..hidden/.x y/\xc3\xa9", 1); /* odd but fine */
    orr_space_destroy(&space);
}

static void test_many_children(void **state) {
    (void)state;
    enum { N = 5000 };
    orr_space *space = fresh();
    char path[32];
    for (int i = 0; i < N; i++) snprintf(path, sizeof path, "/n/%d", i), set_int(space, path, i);
    for (int i = 0; i < N; i += 2)
        snprintf(path, sizeof path, "/n/%d", i), ok(orr_space_remove(space, path, &err));
    for (int i = 0; i < N; i += 4) snprintf(path, sizeof path, "/n/%d", i), set_int(space, path, -i);
    for (int i = 0; i < N; i++) {
        snprintf(path, sizeof path, "/n/%d", i);
        assert_int_equal(has(space, path), i % 2 == 1 || i % 4 == 0);
        if (has(space, path)) assert_int_equal(get_int(space, path), i % 4 == 0 ? -i : i);
    }
    orr_space_destroy(&space);
}

static void test_handles(void **state) {
    (void)state;
    orr_space *space = fresh();
    orr_handle handle, again, below;
    const orr_value *value = NULL;
    assert_int_equal(orr_space_resolve(space, "/a/b", &handle, &err), ORR_E_NOT_FOUND);
    set_int(space, "/a/b", 1);
    ok(orr_space_resolve(space, "/a", &handle, &err));
    ok(orr_space_resolve(space, "/a/b", &below, &err));
    assert_int_equal(orr_space_get_at(space, handle, &value, &err), ORR_E_NOT_FOUND);
    ok(orr_space_set_at(space, below, orr_value_int(2), &err));
    assert_int_equal(get_int(space, "/a/b"), 2);
    ok(orr_space_remove(space, "/a", &err));
    assert_int_equal(orr_space_get_at(space, below, &value, &err), ORR_E_STALE);
    assert_int_equal(orr_space_set_at(space, handle, orr_value_int(1), &err), ORR_E_STALE);
    for (int i = 0; i < 200; i++) { /* the slot comes back, the handle does not */
        set_int(space, "/a/b", i);
        ok(orr_space_resolve(space, "/a/b", &again, &err));
        assert_int_equal(orr_space_get_at(space, below, &value, NULL), ORR_E_STALE);
        ok(orr_space_remove(space, "/a", &err));
    }
    assert_true(again.index < 16); /* slots are used again: 400 nodes went through */
    assert_int_equal(orr_space_get_at(space, (orr_handle){0}, &value, &err), ORR_E_STALE);
    assert_int_equal(orr_space_get_at(space, (orr_handle){UINT32_MAX, 1}, &value, &err), ORR_E_STALE);
    orr_space_destroy(&space);
}

static orr_status add_one(void *context, const orr_value *argument, const orr_value **result,
                          orr_error *error) {
    int64_t number = 0;
    ++*(int *)context;
    if (!orr_value_as_int(argument, &number)) return orr_fail(error, ORR_E_TYPE, NULL, "an int, please");
    *result = orr_value_int(number + 1);
    return ORR_OK;
}

static void dropped(void *context) {
    *(int *)context = -1;
}

static void test_call(void **state) {
    (void)state;
    orr_space *space = fresh();
    int calls = 0;
    int64_t number = 0;
    const orr_exec exec = {.call = add_one, .drop = dropped, .context = &calls};
    const orr_value *argument = orr_value_int(41), *result = NULL;
    ok(orr_space_set(space, "/f", orr_value_exec(&exec), &err));
    set_int(space, "/i", 1);
    ok(orr_space_call(space, "/f", argument, &result, &err));
    assert_true(orr_value_as_int(result, &number));
    assert_int_equal(number, 42);
    orr_value_release(result);
    ok(orr_space_call(space, "/f", argument, NULL, &err));
    assert_int_equal(orr_space_call(space, "/f", NULL, &result, &err), ORR_E_TYPE);
    assert_int_equal(orr_space_call(space, "/i", argument, &result, &err), ORR_E_TYPE);
    assert_int_equal(orr_space_call(space, "/none", argument, &result, &err), ORR_E_NOT_FOUND);
    assert_int_equal(calls, 3);
    orr_value_release(argument);
    ok(orr_space_remove(space, "/f", &err));
    assert_int_equal(calls, -1); /* a removed subtree goes at once when nobody reads */
    orr_space_destroy(&space);
}

/* --- watches ----------------------------------------------------------------------------------------- */

static void test_watch(void **state) {
    (void)state;
    orr_space *space = fresh(), *aside = fresh();
    orr_watch *watch = NULL, *top = NULL, *deep = NULL;
    uint64_t revision = 0;
    set_int(space, "/apps/a/x", 1);
    ok(orr_watch_create(space, "/apps/a", &watch, &err));
    ok(orr_watch_create(space, "/", &top, &err));
    ok(orr_watch_create(space, "/apps/a/q/r", &deep, &err)); /* not there yet */
    assert_false(orr_watch_poll(watch, &revision));
    set_int(space, "/apps/ab", 1); /* beside, not below */
    assert_false(orr_watch_poll(watch, &revision));
    assert_true(orr_watch_poll(top, NULL));
    set_int(space, "/apps/a/x", 2);
    set_int(space, "/apps/a/q/r/s", 3);
    assert_true(orr_watch_poll(watch, &revision)); /* two changes, one notification */
    assert_int_equal(revision, orr_space_revision(space));
    assert_false(orr_watch_poll(watch, NULL));
    assert_true(orr_watch_poll(deep, NULL));
    ok(orr_space_remove(space, "/apps", &err)); /* from above */
    assert_true(orr_watch_poll(watch, NULL));
    assert_true(orr_watch_poll(deep, NULL));
    set_int(aside, "/q/r", 4);
    ok(orr_space_mount(space, "/apps/a", aside, &err));
    assert_true(orr_watch_poll(watch, &revision));
    assert_int_equal(revision, orr_space_revision(space));
    assert_true(orr_watch_poll(deep, NULL));
    assert_false(orr_watch_wait(deep, 0, NULL));
    assert_int_equal(orr_watch_create(space, "a", &watch, &err), ORR_E_ARGUMENT);
    orr_watch_destroy(&watch);
    orr_watch_destroy(&top);
    orr_watch_destroy(&deep);
    orr_space_destroy(&aside);
    orr_space_destroy(&space);
}

static void set_later(void *context) {
    set_int(context, "/a/b", 7);
}

static void test_wait(void **state) {
    (void)state;
    orr_space *space = fresh();
    orr_thread *thread = NULL;
    const orr_value *value = NULL;
    assert_int_equal(orr_space_wait(space, "/a/b", 1, &value, &err), ORR_E_TIMEOUT);
    assert_int_equal(orr_space_wait(space, "a", 1, &value, &err), ORR_E_ARGUMENT);
    ok(orr_thread_create(set_later, space, "setter", &thread, &err));
    ok(orr_space_wait(space, "/a/b", UINT64_MAX, &value, &err));
    orr_value_release(value);
    orr_thread_join(&thread);
    ok(orr_space_wait(space, "/a/b", 0, &value, &err));
    orr_value_release(value);
    orr_space_destroy(&space);
}

/* --- queues ------------------------------------------------------------------------------------------ */

static int64_t pop_int(orr_space *space, const char *path) {
    const orr_value *value = NULL;
    int64_t number = 0;
    ok(orr_space_pop(space, path, 0, &value, &err));
    assert_true(orr_value_as_int(value, &number));
    orr_value_release(value);
    return number;
}

static void test_queue_ages(void **state) {
    (void)state;
    orr_space *space = fresh();
    const orr_queue_params aging = {.max_age_ns = 1};
    const orr_value *value = NULL;
    orr_queue_stats stats;
    ok(orr_space_queue(space, "/q", &aging, &err));
    ok(orr_space_push(space, "/q", orr_value_int(1), &err));
    orr_sleep_ns(1000); /* at least */
    assert_int_equal(orr_space_pop(space, "/q", 0, &value, &err), ORR_E_TIMEOUT);
    ok(orr_space_queue_stats(space, "/q", &stats, &err));
    assert_int_equal(stats.dropped, 1);
    orr_space_destroy(&space);
}

static void push_later(void *context) {
    ok(orr_space_push(context, "/late", orr_value_int(5), &err));
}

static void test_queue(void **state) {
    (void)state;
    orr_space *space = fresh();
    const orr_value *value = NULL, *items[8];
    const orr_queue_params two = {.capacity = 2}, ring = {.capacity = 3, .drop_oldest = true};
    ok(orr_space_queue(space, "/q", &two, &err));
    for (int i = 0; i < 2; i++) ok(orr_space_push(space, "/q", orr_value_int(i), &err));
    assert_int_equal(orr_space_push(space, "/q", orr_value_int(2), &err), ORR_E_LIMIT);
    assert_int_equal(pop_int(space, "/q"), 0);
    ok(orr_space_push(space, "/q", orr_value_int(3), &err));
    assert_int_equal(pop_int(space, "/q"), 1);
    assert_int_equal(pop_int(space, "/q"), 3);
    assert_int_equal(orr_space_pop(space, "/q", 0, &value, &err), ORR_E_TIMEOUT);
    assert_int_equal(orr_space_pop(space, "/nothing", 1, &value, &err), ORR_E_TIMEOUT);
    assert_int_equal(orr_space_pop(space, "q", 0, &value, &err), ORR_E_ARGUMENT);
    ok(orr_space_queue(space, "/r", &ring, &err));
    for (int i = 0; i < 10; i++) ok(orr_space_push(space, "/r", orr_value_int(i), &err));
    uint64_t offset = 2, lost = 0;
    size_t count = 0;
    ok(orr_space_tail(space, "/r", &offset, &lost, items, 2, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(offset, 9);
    assert_int_equal(lost, 5); /* 2 to 6 are gone */
    for (size_t i = 0; i < count; i++) orr_value_release(items[i]);
    orr_queue_stats stats;
    ok(orr_space_queue_stats(space, "/r", &stats, &err));
    assert_int_equal(stats.pushed, 10);
    assert_int_equal(stats.dropped, 7);
    assert_int_equal(stats.count, 3);
    assert_int_equal(orr_space_queue_stats(space, "/none", &stats, &err), ORR_E_NOT_FOUND);
    orr_thread *thread = NULL;
    ok(orr_thread_create(push_later, space, "pusher", &thread, &err));
    ok(orr_space_pop(space, "/late", UINT64_MAX, &value, &err));
    orr_value_release(value);
    orr_thread_join(&thread);
    const orr_queue_params bytes = {.max_bytes = orr_value_size_bytes(NULL) + 200, .drop_oldest = true};
    char text[101];
    memset(text, 'x', 100);
    text[100] = 0;
    ok(orr_space_queue(space, "/b", &bytes, &err));
    for (int i = 0; i < 5; i++) ok(orr_space_push(space, "/b", orr_value_string(text), &err));
    ok(orr_space_queue_stats(space, "/b", &stats, &err));
    assert_int_equal(stats.count, 1);
    orr_space_destroy(&space);
}

/* --- subtrees ---------------------------------------------------------------------------------------- */

static void test_dump_load_diff(void **state) {
    (void)state;
    orr_space *space = fresh(), *other = fresh();
    const orr_schema *camera = camera_schema(orr_space_schemas(space));
    const orr_value *values[32];
    size_t count = samples(camera, values);
    char path[64];
    int calls = 0;
    const orr_exec exec = {.call = add_one, .context = &calls};
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "/s/v a=\"\\%zu/x", i);
        ok(orr_space_set(space, path, values[i], &err));
    }
    set_int(space, "/s", 1);
    set_int(space, "/s/#", 2);
    set_int(space, "/s/schema", 3);
    ok(orr_space_set(space, "/s/f", orr_value_exec(&exec), &err));
    ok(orr_space_push(space, "/s/q", orr_value_int(1), &err));
    orr_text text = {0}, again = {0}, diff = {0};
    ok(orr_space_dump(space, "/s", &text, &err));
    assert_non_null(strstr(text.data, "schema camera {ev100: double, position: vec3, tags: list}\n"));
    assert_non_null(strstr(text.data, "# f: exec\n"));
    ok(orr_space_load(other, "/t", text.data, text.length, &err));
    ok(orr_space_diff(space, "/s", other, "/t", &diff, &err));
    assert_string_equal(orr_text_cstr(&diff), "- # f: exec\n");
    ok(orr_space_remove(space, "/s/f", &err));
    ok(orr_space_remove(space, "/s/q", &err));
    orr_text_free(&text);
    ok(orr_space_dump(space, "/s", &text, &err));
    ok(orr_space_dump(other, "/t", &again, &err));
    assert_string_equal(text.data, again.data);
    orr_text_free(&diff);
    set_int(other, "/t/new", 5);
    set_int(other, "/t/schema", 4);
    ok(orr_space_remove(other, "/t/#", &err));
    ok(orr_space_diff(space, "/s", other, "/t", &diff, &err));
    assert_string_equal(diff.data, "- \"#\" = 2\n+ new = 5\n- \"schema\" = 3\n+ \"schema\" = 4\n");
    orr_text_free(&text);
    orr_text_free(&again);
    orr_text_free(&diff);
    orr_space_destroy(&other);
    orr_space_destroy(&space);
}

static void test_bad_loads(void **state) {
    (void)state;
    static const struct {
        const char *text;
        orr_status code;
        const char *says;
    } bad[] = {
        {"", ORR_E_VERSION, "line 1"},
        {"orrery space 2\n", ORR_E_VERSION, "line 1"},
        {"orrery space 1\na\n", ORR_E_BAD_DATA, "line 2: expected 'path = value'"},
        {"orrery space 1\n= 1\n", ORR_E_BAD_DATA, "line 2: no path"},
        {"orrery space 1\n\n# fine\na = 1\nb = x\n", ORR_E_BAD_DATA, "line 5: byte 1: 'x' is no value"},
        {"orrery space 1\na = 1\na = 2\n", ORR_E_BAD_DATA, "line 3: the path 'a' is given twice"},
        {"orrery space 1\na/../b = 1\n", ORR_E_ARGUMENT, "line 2"},
        {"orrery space 1\n\"a = 1\n", ORR_E_TRUNCATED, "line 2"},
        {"orrery space 1\nschema x {a: num}\n", ORR_E_TYPE, "line 2: there is no type 'num'"},
        {"orrery space 1\nschema x {a}\n", ORR_E_BAD_DATA, "line 2: no field and type"},
        {"orrery space 1\nschema x {a: int} y\n", ORR_E_BAD_DATA, "line 2: text after"},
    };
    orr_space *space = fresh();
    set_int(space, "/t", 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        orr_status status = orr_space_load(space, "/t", bad[i].text, strlen(bad[i].text), &err);
        if (status != bad[i].code || !strstr(err.message, bad[i].says))
            fail_msg("%s: %s: %s", bad[i].text, orr_status_name(status), err.message);
        assert_int_equal(get_int(space, "/t"), 1); /* all or nothing */
    }
    const char *empty = "orrery space 1\nschema nothing {}\nv = nothing{}";
    ok(orr_space_load(space, "/t", empty, strlen(empty), &err));
    assert_false(has(space, "/t"));
    orr_space_destroy(&space);
}

static void test_mount(void **state) {
    (void)state;
    orr_space *space = fresh(), *aside = fresh();
    orr_handle old;
    const orr_value *value = NULL;
    set_int(space, "/m/old", 1);
    ok(orr_space_resolve(space, "/m/old", &old, &err));
    set_int(aside, "/x/y", 2);
    set_int(aside, "/", 3);
    ok(orr_space_push(aside, "/q", orr_value_int(4), &err));
    ok(orr_space_mount(space, "/m", aside, &err));
    assert_int_equal(get_int(space, "/m/x/y"), 2);
    assert_int_equal(get_int(space, "/m"), 3);
    assert_int_equal(pop_int(space, "/m/q"), 4);
    assert_int_equal(pop_int(aside, "/q"), 4); /* unchanged aside */
    assert_false(has(space, "/m/old"));
    assert_int_equal(orr_space_get_at(space, old, &value, &err), ORR_E_STALE);
    ok(orr_space_mount(space, "/new/place", aside, &err));
    assert_int_equal(get_int(space, "/new/place/x/y"), 2);
    ok(orr_space_mount(space, "/", aside, &err));
    assert_int_equal(get_int(space, "/x/y"), 2);
    assert_false(has(space, "/m"));
    assert_int_equal(orr_space_mount(space, "/m", space, &err), ORR_E_ARGUMENT);
    char deep[2 * ORR_SPACE_MAX_DEPTH + 1] = "";
    for (int i = 0; i < ORR_SPACE_MAX_DEPTH - 1; i++) memcpy(deep + 2 * (size_t)i, "/d", 3);
    assert_int_equal(orr_space_mount(space, deep, aside, &err), ORR_E_LIMIT);
    assert_false(has(space, deep));
    orr_space_destroy(&aside);
    orr_space_destroy(&space);
}

/* --- applications and logs ----------------------------------------------------------------------------- */

static void test_app(void **state) {
    (void)state;
    orr_space *space = fresh();
    orr_space_app app;
    char path[64];
    assert_int_equal(orr_space_app_init(&app, space, "a/b", &err), ORR_E_ARGUMENT);
    assert_int_equal(orr_space_app_init(&app, space, "..", &err), ORR_E_ARGUMENT);
    ok(orr_space_app_init(&app, space, "demo", &err));
    static const struct {
        const char *path, *full;
        orr_status code;
    } rows[] = {
        {"scenes/main", "/apps/demo/scenes/main", ORR_OK},
        {".", "/apps/demo", ORR_OK},
        {"/apps/demo", "/apps/demo", ORR_OK},
        {"/apps/demo/x", "/apps/demo/x", ORR_OK},
        {"/apps/demo2/x", NULL, ORR_E_ESCAPE},
        {"/apps", NULL, ORR_E_ESCAPE},
        {"/", NULL, ORR_E_ESCAPE},
        {"..", NULL, ORR_E_ESCAPE},
        {"a/../../b", NULL, ORR_E_ESCAPE},
        {"./../b", NULL, ORR_E_ESCAPE},
        {"/apps/demo/../other", NULL, ORR_E_ESCAPE},
        {"a/../b", NULL, ORR_E_ARGUMENT},
        {".hidden/../..x", NULL, ORR_E_ARGUMENT},
        {"", NULL, ORR_E_ARGUMENT},
        {"a/", NULL, ORR_E_ARGUMENT},
        {"0123456789012345678901234567890123456789012345678901234567890123", NULL, ORR_E_LIMIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        orr_status status = orr_space_app_path(&app, rows[i].path, path, sizeof path, &err);
        if (status != rows[i].code) fail_msg("%s: %s", rows[i].path, orr_status_name(status));
        if (rows[i].full) assert_string_equal(path, rows[i].full);
    }
    const orr_value *value = NULL;
    ok(orr_space_app_set(&app, "x", orr_value_int(1), &err));
    assert_int_equal(orr_space_app_set(&app, "../x", orr_value_int(1), &err), ORR_E_ESCAPE);
    ok(orr_space_app_get(&app, "x", &value, &err));
    orr_value_release(value);
    assert_true(has(space, "/apps/demo/x"));
    orr_space_app_end(&app);
    assert_false(has(space, "/apps/demo/x"));
    orr_space_destroy(&space);
}

typedef struct lines {
    char text[4096];
} lines;

static void keep_line(void *context, orr_log_level level, const char *line) {
    lines *kept = context;
    size_t length = strlen(kept->text);
    snprintf(kept->text + length, sizeof kept->text - length, "%d %s\n", (int)level, line);
}

static void test_log(void **state) {
    (void)state;
    orr_space *space = fresh();
    orr_space_log *log = NULL;
    const orr_space_log_params params = {.info_lines = 3};
    lines out = {""}, errors = {""};
    const orr_log to_out = {keep_line, &out, ORR_LOG_DEBUG}, to_errors = {keep_line, &errors, ORR_LOG_DEBUG};
    ok(orr_space_log_create(space, "/apps/demo", &params, &log, &err));
    const orr_log *sink = orr_space_log_sink(log);
    for (int i = 0; i < 5; i++) orr_log_write(sink, ORR_LOG_INFO, "line %d", i);
    sink->write(sink->context, ORR_LOG_DEBUG, "two\r\nlines \xff");
    orr_log_write(sink, ORR_LOG_WARNING, "careful");
    orr_error error = {.severity = ORR_SEVERITY_FATAL};
    ORR_UNUSED orr_status status = orr_fail(&error, ORR_E_FRAME, "/apps/demo/renderers/r", "it broke");
    error.severity = ORR_SEVERITY_FATAL;
    error.revision = 7;
    ok(orr_space_log_error(log, "/apps/demo/renderers/r", &error, "r:preview:73", NULL, &err));
    ok(orr_space_log_error(log, NULL, &error, NULL, "{}", &err));
    ok(orr_space_log_mirror(log, &to_out, &to_errors, &err));
    assert_string_equal(out.text, "1 line 2\n1 line 3\n1 line 4\n0 two\n0 lines \xef\xbf\xbd\n");
    assert_string_equal(errors.text, "3 careful\n3 frame: it broke (r:preview:73)\n3 frame: it broke\n");
    const orr_value *live = get(space, "/apps/demo/renderers/r/diagnostics/errors/live");
    assert_string_equal(orr_value_cstr(orr_value_field(live, "message")), "it broke");
    assert_string_equal(orr_value_cstr(orr_value_field(live, "severity")), "fatal");
    assert_string_equal(orr_value_cstr(orr_value_field(live, "correlation")), "r:preview:73");
    orr_value_release(live);
    orr_queue_stats stats;
    ok(orr_space_queue_stats(space, "/apps/demo/diagnostics/errors/history", &stats, &err));
    assert_int_equal(stats.count, 1);
    uint64_t number = 0;
    const orr_value *mirror = get(space, "/apps/demo/io/stdout"),
                    *counts = get(space, "/apps/demo/io/log/status");
    assert_true(orr_value_as_uint(orr_value_field(mirror, "lost"), &number));
    assert_int_equal(number, 2);
    assert_true(orr_value_as_uint(orr_value_field(counts, "info_dropped"), &number));
    assert_int_equal(number, 2);
    orr_value_release(mirror);
    orr_value_release(counts);
    out.text[0] = 0;
    ok(orr_space_log_mirror(log, &to_out, NULL, &err)); /* nothing twice */
    assert_string_equal(out.text, "");
    orr_space_log_destroy(&log);
    orr_space_destroy(&space);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_text_form),
        cmocka_unit_test(test_bad_text),
        cmocka_unit_test(test_bad_binary),
        cmocka_unit_test(test_values_as_typed),
        cmocka_unit_test(test_values_refused),
        cmocka_unit_test(test_set_get_list_remove),
        cmocka_unit_test(test_bad_paths),
        cmocka_unit_test(test_many_children),
        cmocka_unit_test(test_handles),
        cmocka_unit_test(test_call),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_wait),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_queue_ages),
        cmocka_unit_test(test_dump_load_diff),
        cmocka_unit_test(test_bad_loads),
        cmocka_unit_test(test_mount),
        cmocka_unit_test(test_app),
        cmocka_unit_test(test_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
