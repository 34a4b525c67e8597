/* Access tracking, as a table: no device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gpu/track.h"

enum {
    CR = ORR_USE_COMPUTE_READ,
    CW = ORR_USE_COMPUTE_WRITE,
    GR = ORR_USE_GRAPHICS_READ,
    COL = ORR_USE_COLOUR,
    DEP = ORR_USE_DEPTH,
    DR = ORR_USE_DEPTH_READ,
    XR = ORR_USE_COPY_READ,
    XW = ORR_USE_COPY_WRITE,
    HR = ORR_USE_HOST_READ
};
#define UNDEF ORR_LAYOUT_UNDEFINED
#define GEN   ORR_LAYOUT_GENERAL
#define READ  ORR_LAYOUT_READ
#define LCOL  ORR_LAYOUT_COLOUR
#define LDEP  ORR_LAYOUT_DEPTH
#define LDR   ORR_LAYOUT_DEPTH_READ
#define FROM  ORR_LAYOUT_COPY_FROM
#define TO    ORR_LAYOUT_COPY_TO

typedef struct row {
    const char *what;
    orr_track before;
    uint32_t use;
    orr_layout layout;
    bool needed;
    uint32_t from, to;
    orr_track after;
} row;

static const row rows[] = {
    /* buffers: the layout is always undefined */
    {"first read", {0, 0, UNDEF}, CR, UNDEF, false, 0, 0, {0, CR, UNDEF}},
    {"first write", {0, 0, UNDEF}, CW, UNDEF, false, 0, 0, {CW, 0, UNDEF}},
    {"read after read", {0, CR, UNDEF}, GR, UNDEF, false, 0, 0, {0, CR | GR, UNDEF}},
    {"read after write", {CW, 0, UNDEF}, CR, UNDEF, true, CW, CR, {CW, CR, UNDEF}},
    {"same read again", {CW, CR, UNDEF}, CR, UNDEF, false, 0, 0, {CW, CR, UNDEF}},
    {"another reader", {CW, CR, UNDEF}, XR, UNDEF, true, CW, XR, {CW, CR | XR, UNDEF}},
    {"two readers, one new", {CW, CR, UNDEF}, CR | GR, UNDEF, true, CW, GR, {CW, CR | GR, UNDEF}},
    {"write after read", {0, CR | GR, UNDEF}, CW, UNDEF, true, CR | GR, CW, {CW, 0, UNDEF}},
    {"write after write", {CW, 0, UNDEF}, CW, UNDEF, true, CW, CW, {CW, 0, UNDEF}},
    {"write after both", {XW, CR, UNDEF}, CW, UNDEF, true, XW | CR, CW, {CW, 0, UNDEF}},
    {"host reads", {XW, 0, UNDEF}, HR, UNDEF, true, XW, HR, {XW, HR, UNDEF}},
    /* textures */
    {"first upload", {0, 0, UNDEF}, XW, TO, true, 0, XW, {XW, 0, TO}},
    {"sampled after upload", {XW, 0, TO}, CR, READ, true, XW, CR, {CR, CR, READ}},
    {"sampled by another stage", {CR, CR, READ}, GR, READ, true, CR, GR, {CR, CR | GR, READ}},
    {"sampled again", {CR, CR | GR, READ}, GR, READ, false, 0, 0, {CR, CR | GR, READ}},
    {"stored after sampled", {CR, CR | GR, READ}, CW, GEN, true, CR | GR, CW, {CW, 0, GEN}},
    {"stored twice", {CW, 0, GEN}, CW, GEN, true, CW, CW, {CW, 0, GEN}},
    {"image read after store", {CW, 0, GEN}, CR, GEN, true, CW, CR, {CW, CR, GEN}},
    {"drawn after sampled", {CR, CR, READ}, COL, LCOL, true, CR, COL, {COL, 0, LCOL}},
    {"drawn again", {COL, 0, LCOL}, COL, LCOL, true, COL, COL, {COL, 0, LCOL}},
    {"depth tested, then read only", {DEP, 0, LDEP}, DR, LDR, true, DEP, DR, {DR, DR, LDR}},
    {"depth sampled while tested", {DR, DR, LDR}, GR, LDR, true, DR, GR, {DR, DR | GR, LDR}},
    {"copied out", {COL, 0, LCOL}, XR, FROM, true, COL, XR, {XR, XR, FROM}},
    {"read, other layout", {0, CR, READ}, XR, FROM, true, CR, XR, {XR, XR, FROM}},
};

static void assert_track(const orr_track *got, const orr_track *want, const char *what) {
    if (got->writer != want->writer || got->readers != want->readers || got->layout != want->layout)
        fail_msg("%s: state is %x %x %d, not %x %x %d", what, got->writer, got->readers, got->layout,
                 want->writer, want->readers, want->layout);
}

static void test_table(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const row *r = &rows[i];
        orr_track track = r->before;
        orr_track_barrier barrier;
        bool needed = orr_track_use(&track, r->use, r->layout, &barrier);
        if (needed != r->needed) fail_msg("%s: barrier %d, not %d", r->what, needed, r->needed);
        if (needed && (barrier.from != r->from || barrier.to != r->to))
            fail_msg("%s: %x to %x, not %x to %x", r->what, barrier.from, barrier.to, r->from, r->to);
        if (needed && (barrier.old_layout != r->before.layout || barrier.new_layout != r->layout))
            fail_msg("%s: layouts %d to %d", r->what, barrier.old_layout, barrier.new_layout);
        assert_track(&track, &r->after, r->what);
    }
}

/* --- inside a command ---------------------------------------------------------------------------------- */

static bool use(orr_track_local *local, uint32_t bits, orr_layout layout, orr_track_barrier *barrier) {
    return orr_track_local_use(local, bits, layout, barrier);
}

static void test_reads_only(void **state) {
    (void)state;
    orr_track_local local = {0};
    orr_track_barrier barrier;
    assert_false(use(&local, CR, READ, &barrier));
    assert_false(use(&local, GR, READ, &barrier)); /* noted: whether it must wait is known at submission */
    orr_track real = {XW, 0, TO};
    assert_true(orr_track_resolve(&real, &local, &barrier));
    assert_int_equal(barrier.from, XW);
    assert_int_equal(barrier.to, CR | GR);
    assert_int_equal(barrier.old_layout, TO);
    assert_int_equal(barrier.new_layout, READ);
    assert_track(&real, &(orr_track){CR | GR, CR | GR, READ}, "after reads");
    assert_false(
        orr_track_resolve(&real, &local, &barrier)); /* the next command that only reads waits for nothing */
}

static void test_write_then_read(void **state) {
    (void)state;
    orr_track_local local = {0};
    orr_track_barrier barrier;
    assert_false(use(&local, CW, GEN, &barrier));
    assert_true(use(&local, CR, READ, &barrier)); /* inside the command */
    assert_int_equal(barrier.from, CW);
    assert_int_equal(barrier.old_layout, GEN);
    orr_track real = {CR, CR, READ};
    assert_true(orr_track_resolve(&real, &local, &barrier));
    assert_int_equal(barrier.from, CR);
    assert_int_equal(barrier.to, CW);
    assert_track(&real, &(orr_track){CR, CR, READ}, "what the command ends with");
}

static void test_read_then_write(void **state) {
    (void)state;
    orr_track_local local = {0};
    orr_track_barrier barrier;
    assert_false(use(&local, CR, UNDEF, &barrier));
    assert_true(use(&local, CW, UNDEF, &barrier));
    assert_int_equal(barrier.from, CR);
    orr_track real = {XW, 0, UNDEF};
    assert_true(orr_track_resolve(&real, &local, &barrier));
    assert_int_equal(barrier.from, XW);
    assert_int_equal(barrier.to, CR);
    assert_track(&real, &(orr_track){CW, 0, UNDEF}, "written");
}

static void test_inside(void **state) {
    (void)state;
    orr_track_local local = {.state = {XW, 0, UNDEF}, .first = CW, .inside = true, .closed = true};
    orr_track_barrier barrier;
    assert_true(use(&local, CW, GEN, &barrier)); /* takes shared memory over from a copy */
    assert_int_equal(barrier.from, XW);
    assert_int_equal(barrier.old_layout, UNDEF);
    orr_track real = {CR, CR, READ};
    assert_false(orr_track_resolve(&real, &local, &barrier));
    assert_track(&real, &(orr_track){CW, 0, GEN}, "taken over");
}

static void test_untouched(void **state) {
    (void)state;
    orr_track_local local = {0};
    orr_track_barrier barrier;
    orr_track real = {COL, 0, LCOL};
    assert_false(orr_track_resolve(&real, &local, &barrier));
    assert_track(&real, &(orr_track){COL, 0, LCOL}, "untouched");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),           cmocka_unit_test(test_reads_only),
        cmocka_unit_test(test_write_then_read), cmocka_unit_test(test_read_then_write),
        cmocka_unit_test(test_inside),          cmocka_unit_test(test_untouched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
