/* Messages between processes: what is put comes out, and what is not whole, too large, out of range or made
 * to fool a terminal is refused or cleaned. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "script/remote.h"

static const orr_param_row rows[] = {
    {.name = "on", .type = ORR_PARAM_BOOL},
    {.name = "count", .type = ORR_PARAM_I32, .min = "-5", .max = "5"},
    {.name = "kind", .type = ORR_PARAM_ENUM, .choices = "a|b"},
    {.name = "place", .type = ORR_PARAM_VEC3},
    {.name = "turn", .type = ORR_PARAM_QUAT},
    {.name = "title", .type = ORR_PARAM_STRING},
};
static const orr_param_value values[] = {
    {.type = ORR_PARAM_BOOL, .number = {1}},       {.type = ORR_PARAM_I32, .number = {-3}},
    {.type = ORR_PARAM_ENUM, .number = {1}},       {.type = ORR_PARAM_VEC3, .number = {1, -2.5, 1e300}},
    {.type = ORR_PARAM_QUAT, .number = {0, 0, 1}}, {.type = ORR_PARAM_STRING, .text = "grün"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static orr_text all(void) {
    orr_text out = {0};
    orr_wire_put_u32(&out, 7);
    orr_wire_put_u64(&out, UINT64_MAX);
    orr_wire_put_f64(&out, -0.1);
    orr_wire_put_text(&out, NULL);
    orr_wire_put_text(&out, "");
    orr_wire_put_text(&out, "two\nlines");
    orr_wire_put_u32(&out, 1);
    for (int i = 0; i < ROWS; i++) orr_wire_put_value(&out, &rows[i], &values[i]);
    orr_wire_put_bytes(&out, "tail", 4);
    return out;
}

/* Reads it all; the status at the end. `checked`: the values are looked at. */
static orr_status read_all(const char *data, size_t size, bool checked, orr_error *err) {
    orr_arena arena = {0};
    orr_wire_reader r = {.data = (const uint8_t *)data, .size = size, .arena = &arena};
    uint32_t small = orr_wire_get_index(&r, 8, "things");
    uint64_t large = orr_wire_get_u64(&r);
    double number = orr_wire_get_number(&r, -1, 1);
    const char *none = orr_wire_get_text_or_null(&r, 10), *empty = orr_wire_get_text_or_null(&r, 10),
               *lines = orr_wire_get_lines(&r, 9);
    bool flag = orr_wire_get_bool(&r);
    for (int i = 0; i < ROWS; i++) {
        orr_param_value value;
        orr_wire_get_value(&r, &rows[i], &value);
        if (checked) assert_true(orr_param_equal(&value, &values[i]));
    }
    const char *tail = orr_wire_get_bytes(&r, 4);
    if (checked) {
        assert_int_equal(small, 7);
        assert_true(large == UINT64_MAX && number == -0.1 && flag);
        assert_null(none);
        assert_string_equal(empty, "");
        assert_string_equal(lines, "two\nlines");
        assert_memory_equal(tail, "tail", 4);
    }
    orr_status status = orr_wire_end(&r, err);
    orr_arena_free(&arena);
    return status;
}

static void comes_out(void **state) {
    (void)state;
    orr_error err = {0};
    orr_text message = all();
    if (read_all(message.data, message.length, true, &err) != ORR_OK) fail_msg("%s", err.message);
    /* Not a byte may be missing, and none be left. */
    for (size_t size = 0; size < message.length; size++) {
        char *part = malloc(size + 1); /* of its own, so that a reader past the end is noticed */
        memcpy(part, message.data, size);
        assert_int_equal(read_all(part, size, false, &err), ORR_E_BAD_DATA);
        assert_non_null(strstr(err.message, "the script's process sent "));
        free(part);
    }
    orr_wire_put_u32(&message, 0);
    assert_int_equal(read_all(message.data, message.length, false, &err), ORR_E_BAD_DATA);
    assert_non_null(strstr(err.message, "4 bytes more"));
    orr_text_free(&message);
}

/* --- what is wrong ------------------------------------------------------------------------------- */

static orr_arena scratch;
static orr_text sent;

static orr_wire_reader reader_of(void) {
    return (orr_wire_reader){
        .data = (const uint8_t *)orr_text_cstr(&sent), .size = sent.length, .arena = &scratch};
}
static void refused(orr_wire_reader *r, const char *why) {
    orr_error err = {0};
    assert_int_equal(orr_wire_end(r, &err), ORR_E_BAD_DATA);
    if (!strstr(err.message, why)) fail_msg("'%s' does not say '%s'", err.message, why);
    orr_text_free(&sent);
    sent = (orr_text){0};
}

static void refuses(void **state) {
    (void)state;
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        orr_wire_put_f64(&sent, odd[i]);
        orr_wire_reader r = reader_of();
        assert_true(orr_wire_get_f64(&r) == 0);
        refused(&r, "not finite");
    }
    orr_wire_put_u32(&sent, 3);
    orr_wire_reader r = reader_of();
    assert_int_equal(orr_wire_get_index(&r, 3, "nodes"), 0);
    refused(&r, "number 3 of nodes");
    orr_wire_put_u32(&sent, 2);
    r = reader_of();
    assert_false(orr_wire_get_bool(&r));
    refused(&r, "true or false");
    orr_wire_put_f64(&sent, 1.5);
    r = reader_of();
    assert_true(orr_wire_get_number(&r, 0, 1) == 0);
    refused(&r, "1.5 where 0 to 1");
    /* A claim is no reason to reserve memory. */
    orr_wire_put_u32(&sent, 1000000);
    r = reader_of();
    assert_int_equal(orr_wire_get_count(&r, 2000000, 12, "tracks"), 0);
    refused(&r, "too short for its 1000000 tracks");
    orr_wire_put_u32(&sent, 11);
    r = reader_of();
    assert_int_equal(orr_wire_get_count(&r, 10, 1, "tracks"), 0);
    refused(&r, "at most 10");
    orr_wire_put_u32(&sent, UINT32_MAX - 1);
    r = reader_of();
    assert_string_equal(orr_wire_get_text(&r, SIZE_MAX), "");
    refused(&r, "ends early");
    orr_wire_put_text(&sent, "long");
    r = reader_of();
    assert_string_equal(orr_wire_get_text(&r, 3), "");
    refused(&r, "4 bytes; at most 3");
    /* The first reason stays. */
    r = reader_of();
    orr_wire_wrong(&r, "one");
    orr_wire_wrong(&r, "two");
    refused(&r, "sent one");
}

static void values_keep_to_their_rows(void **state) {
    (void)state;
    static const struct {
        int row;
        double number;
    } wrong[] = {{0, 0.5}, {0, 1e300}, {0, NAN}, {1, 6},        {1, NAN},
                 {2, 2},   {2, -1},    {2, 0.5}, {3, INFINITY}, {4, 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        orr_param_value value = {.type = rows[wrong[i].row].type, .number = {wrong[i].number}};
        orr_wire_put_value(&sent, &rows[wrong[i].row], &value);
        orr_wire_reader r = reader_of();
        orr_wire_get_value(&r, &rows[wrong[i].row], &value);
        refused(&r, rows[wrong[i].row].name);
    }
}

static void clean_is(const char *text, bool lines, const char *wanted) {
    char copy[64];
    snprintf(copy, sizeof copy, "%s", text);
    orr_text_clean(copy, strlen(copy), lines);
    assert_string_equal(copy, wanted);
}

static void cleans(void **state) {
    (void)state;
    clean_is("plain – grün 日本 \xf0\x9f\x98\x80", false, "plain – grün 日本 \xf0\x9f\x98\x80");
    clean_is("\033[2J\a\x7f", false, "?[2J??");
    clean_is("a\nb\tc\rd", false, "a?b?c?d");
    clean_is("a\nb\tc\rd", true, "a\nb\tc?d");
    clean_is("\xc2\x9b"
             "31m",
             false, "??31m"); /* CSI of Latin-1 */
    clean_is("\xe2\x80\xae"
             "gpj",
             false, "???gpj"); /* right to left from here */
    clean_is("\xc0\xaf\xed\xa0\x80\xf8\xff", false, "???????");
    clean_is("cut \xe6\x97", false, "cut ??");
}

/* --- channels ------------------------------------------------------------------------------------ */

static int ends[2];
static uint32_t type;
static uint8_t *data;
static size_t size;

static orr_status receive(uint64_t max, uint64_t timeout_ns, const atomic_int *stop, orr_error *err) {
    free(data);
    return orr_wire_receive(ends[1], max, timeout_ns ? orr_time_ns() + timeout_ns : 0, stop, &type, &data,
                            &size, err);
}

static void whole_messages(void **state) {
    (void)state;
    orr_error err = {0};
    orr_text message = all(), empty = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(orr_wire_send(ends[0], ORR_WIRE_SCENE, &message, 1000, 0, &err), ORR_OK);
    assert_int_equal(orr_wire_send(ends[0], ORR_WIRE_LOCKED, &empty, 0, 0, &err), ORR_OK);
    assert_int_equal(receive(1000, 0, NULL, &err), ORR_OK);
    assert_true(type == ORR_WIRE_SCENE && size == message.length && !memcmp(data, message.data, size));
    assert_int_equal(receive(0, 0, NULL, &err), ORR_OK);
    assert_true(type == ORR_WIRE_LOCKED && size == 0);
    /* too large: here, and there */
    assert_int_equal(orr_wire_send(ends[0], ORR_WIRE_SCENE, &message, 10, 0, &err), ORR_E_LIMIT);
    assert_int_equal(orr_wire_send(ends[0], ORR_WIRE_SCENE, &message, 1000, 0, &err), ORR_OK);
    assert_int_equal(receive(10, 0, NULL, &err), ORR_E_BAD_DATA);
    close(ends[0]);
    close(ends[1]);
    orr_text_free(&message);
}

static void half_messages(void **state) {
    (void)state;
    orr_error err = {0};
    atomic_int stop = 1;
    const uint64_t brief = 20000000;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(receive(1000, brief, NULL, &err), ORR_E_TIMEOUT);
    assert_int_equal(receive(1000, 0, &stop, &err), ORR_E_INTERRUPTED);
    assert_int_equal(write(ends[0], "1WRO", 4), 4);
    assert_int_equal(receive(1000, brief, NULL, &err), ORR_E_TIMEOUT);
    assert_int_equal(write(ends[0], "0123456789abcdef", 16), 16);
    assert_int_equal(receive(1000, 0, NULL, &err), ORR_E_BAD_DATA);
    close(ends[0]);
    assert_int_equal(receive(1000, 0, NULL, &err), ORR_E_PROCESS);
    close(ends[1]);
}

/* --- frames -------------------------------------------------------------------------------------- */

static void frames(void **state) {
    (void)state;
    orr_error err = {0};
    orr_check_frame frame = {.frame = 7, .t_s = 0.25, .exposure = 2, .ev100 = -1, .width = 3, .height = 2},
                    got;
    assert_int_equal(orr_image_create(3, 2, 3, ORR_PIXEL_U8, &frame.images[ORR_CHECK_DISPLAY], &err), ORR_OK);
    assert_int_equal(orr_image_create(3, 2, 1, ORR_PIXEL_F32, &frame.images[ORR_CHECK_Z], &err), ORR_OK);
    memcpy(frame.images[ORR_CHECK_DISPLAY].pixels, "an image of pixels", 18);
    frame.images[ORR_CHECK_DISPLAY].srgb = true;
    orr_frame_put(&frame, &sent);
    orr_wire_reader r = reader_of();
    assert_int_equal(orr_frame_get(&r, &got, &err), ORR_OK);
    assert_int_equal(orr_wire_end(&r, &err), ORR_OK);
    assert_true(got.frame == 7 && got.t_s == 0.25 && got.exposure == 2 && got.ev100 == -1 && got.width == 3);
    assert_null(got.images[ORR_CHECK_ID].pixels);
    assert_true(got.images[ORR_CHECK_DISPLAY].srgb && got.images[ORR_CHECK_Z].type == ORR_PIXEL_F32);
    assert_memory_equal(got.images[ORR_CHECK_DISPLAY].pixels, "an image of pixels", 18);
    orr_frame_free(&got);
    sent.length -= 3;
    r = reader_of();
    assert_int_equal(orr_frame_get(&r, &got, &err), ORR_OK);
    orr_frame_free(&got);
    refused(&r, "ends early");
    orr_frame_free(&frame);
}

static int clear(void **state) {
    (void)state;
    orr_arena_free(&scratch);
    orr_text_free(&sent);
    free(data);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_out),
        cmocka_unit_test(refuses),
        cmocka_unit_test(values_keep_to_their_rows),
        cmocka_unit_test(cleans),
        cmocka_unit_test(whole_messages),
        cmocka_unit_test(half_messages),
        cmocka_unit_test(frames),
    };
    return cmocka_run_group_tests(tests, NULL, clear);
}
