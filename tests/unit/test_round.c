/* Rounding to 40 bits: exact values, ties, what does not move; the sRGB curve. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/round.h"

static void assert_same(double a, double b) {
    assert_memory_equal(&a, &b, sizeof a);
}

static void test_forty_bits(void **state) {
    (void)state;
    const double last = 0x1p-39; /* of 40 bits from 1 down */
    assert_same(orr_round40(1.0 + last), 1.0 + last);
    assert_same(orr_round40(1.0 + last * 0.49), 1.0);
    assert_same(orr_round40(1.0 + last * 0.51), 1.0 + last);
    assert_same(orr_round40(-1.0 - last * 0.51), -1.0 - last);
    assert_same(orr_round40(1.0 + last * 0.5), 1.0); /* ties to even */
    assert_same(orr_round40(1.0 + last * 1.5), 1.0 + 2 * last);
    assert_same(orr_round40(-1.0 - last * 2.5), -1.0 - 2 * last);
    assert_same(orr_round40(2.0 - last * 0.25), 2.0); /* into the next power of two */
    assert_same(orr_round40(1e300 * (1.0 + 0x1p-52)), orr_round40(1e300));
}

static void test_what_stays(void **state) {
    (void)state;
    const double same[] = {0.0,       -0.0,     1.0,       -3.5,
                           0x1p-1022, INFINITY, -INFINITY, 1099511627775.0 /* 2^40 - 1 */};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) assert_same(orr_round40(same[i]), same[i]);
    assert_true(isnan(orr_round40(NAN)));
    for (int i = 1; i < 1000; i++) {
        double once = orr_round40(i / 7.0);
        assert_same(orr_round40(once), once);
        assert_true(fabs(once - i / 7.0) <= i / 7.0 * 0x1p-40);
    }
}

/* Two neighbours of a double are what two libms answer: both are cut to one value, but for a rare boundary.
 */
static void test_two_libms(void **state) {
    (void)state;
    int differ = 0;
    for (int i = 0; i < 4000; i++) {
        double x = sin(i / 37.0);
        differ += orr_round40(nextafter(x, 2.0)) != orr_sin40(i / 37.0);
    }
    assert_in_range(differ, 0, 4);
}

static void test_functions(void **state) {
    (void)state;
    assert_same(orr_cos40(0.0), 1.0);
    assert_same(orr_exp2_40(-3.0), 0.125);
    assert_same(orr_log2_40(1024.0), 10.0);
    assert_same(orr_pow40(3.0, 4.0), 81.0);
    assert_same(orr_hypot40(3.0, 4.0), 5.0);
    const double pairs[][2] = {{orr_sin40(0.7), sin(0.7)},
                               {orr_tan40(0.7), tan(0.7)},
                               {orr_atan40(0.7), atan(0.7)},
                               {orr_atan2_40(0.7, -2.0), atan2(0.7, -2.0)},
                               {orr_acos40(0.7), acos(0.7)}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_same(pairs[i][0], orr_round40(pairs[i][1]));
        assert_same(pairs[i][0], orr_round40(pairs[i][0]));
    }
}

static void test_srgb(void **state) {
    (void)state;
    assert_same(orr_srgb_decode(0.0), 0.0);
    assert_same(orr_srgb_decode(1.0), 1.0);
    assert_true(fabs(orr_srgb_decode(0.5) - 0.21404114048223255) < 1e-12); /* IEC 61966-2-1 */
    assert_true(fabs(orr_srgb_decode(0.04045) - 0.04045 / 12.92) < 1e-15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forty_bits), cmocka_unit_test(test_what_stays),
        cmocka_unit_test(test_two_libms),  cmocka_unit_test(test_functions),
        cmocka_unit_test(test_srgb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
