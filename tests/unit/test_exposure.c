/* The exposure module against the project's table of scenarios (ISO 2720:1974 constants K = 12.5, C = 250).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "host/modules.h"

static const double k_pi = 3.14159265358979323846;

typedef struct fixture {
    orr_modules *modules;
    orr_settings *settings;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    char path[1024];
    orr_error err = {0};
    const orr_modules_params params = {0};
    assert_non_null(f);
    assert_int_equal(orr_modules_create(&params, &f->modules, NULL), ORR_OK);
    (void)orr_format(path, sizeof path, "%s/exposure/exposure%s", ORR_BUILD_MODULES, ORR_LIBRARY_SUFFIX);
    if (orr_modules_add_library(f->modules, path, NULL, &err)) fail_msg("%s", err.message);
    assert_int_equal(orr_settings_create(f->modules, &f->settings, NULL), ORR_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    orr_settings_destroy(&f->settings);
    orr_modules_destroy(&f->modules);
    free(f);
    return 0;
}

static void set(fixture *f, const char *key, const char *text) {
    orr_error err = {0};
    if (orr_settings_set_text(f->settings, key, text, ORR_FROM_SCRIPT, &err)) fail_msg("%s", err.message);
}

static orr_status expose(fixture *f, orr_expose_in in, orr_expose_out *out, orr_error *err) {
    const orr_effect *effect = f->settings->effects[0].effect;
    double params[32] = {0}; /* aligned as any C struct needs */
    assert_true(effect->module.params_size <= sizeof params);
    for (uint32_t i = 0; i < effect->table.count; i++) {
        orr_param_row row;
        orr_param_row_get(&effect->table, i, &row);
        orr_param_store(&row, &f->settings->effects[0].values[i], params);
    }
    in.struct_size = sizeof in;
    *out = (orr_expose_out){.struct_size = sizeof *out};
    return effect->module.expose(effect->instance, params, &in, out, err);
}

static orr_expose_out exposed(fixture *f, double aperture_f, double shutter_s, double iso) {
    orr_expose_out out;
    orr_error err = {0};
    const orr_expose_in in = {.aperture_f = aperture_f, .shutter_s = shutter_s, .iso = iso};
    if (expose(f, in, &out, &err)) fail_msg("%s", err.message);
    return out;
}

static orr_expose_out manual(fixture *f, double ev) {
    char text[40];
    orr_format_f64(text, sizeof text, ev);
    set(f, "exposure.mode", "manual");
    set(f, "exposure.ev", text);
    return exposed(f, 1, 1, 100);
}

static void test_camera(void **state) {
    fixture *f = *state;
    /* sunny 16: EV100 = log2(16^2 * 100) = 14.6439 */
    orr_expose_out out = exposed(f, 16, 0.01, 100);
    assert_float_equal(out.ev100, 14.643856189774724, 1e-12);
    assert_float_equal(out.exposure, 1.44 / 25600, 1e-15);
    assert_float_equal(exposed(f, 16, 0.01, 200).ev100, 13.643856189774724, 1e-12);
    set(f, "exposure.compensation_ev", "1.5");
    assert_float_equal(exposed(f, 16, 0.01, 100).exposure, 1.44 / 25600 * 2.8284271247461903, 1e-15);
    assert_float_equal(exposed(f, 16, 0.01, 100).ev100, 14.643856189774724,
                       1e-12); /* compensation not included */
}

/* E, white diffuser, incident EV, reflected EV of the card, preset, the card's exposed value under the
 * preset. */
static const struct {
    const char *preset;
    double lux, white_nit, incident_ev, reflected_ev, preset_ev, card;
} k_table[] = {
    {"high_noon", 100000, 31830.99, 15.288, 15.484, 14.64, 0.323},
    {"overcast", 10000, 3183.10, 11.966, 12.162, 11.32, 0.323},
    {"office", 500, 159.15, 7.644, 7.840, 6.97, 0.329},
    {"full_moon", 0.25, 0.0796, -3.322, -3.125, -2.00, 0.083},
};

static void test_table(void **state) {
    fixture *f = *state;
    for (size_t i = 0; i < sizeof k_table / sizeof k_table[0]; i++) {
        double white = k_table[i].lux / k_pi, card = 0.18 * white;
        double reflected = log2(card * 100 / 12.5), incident = log2(k_table[i].lux * 100 / 250);
        assert_float_equal(white / k_table[i].white_nit, 1, 1e-3);
        assert_float_equal(reflected, k_table[i].reflected_ev, 5e-4);
        assert_float_equal(incident, k_table[i].incident_ev, 5e-4);
        assert_float_equal(card * manual(f, reflected).exposure, 0.180, 1e-3);
        assert_float_equal(card * manual(f, incident).exposure, 0.206, 5e-4);
        set(f, "exposure.mode", k_table[i].preset);
        orr_expose_out out = exposed(f, 1, 1, 100);
        assert_float_equal(out.ev100, k_table[i].preset_ev, 0);
        assert_float_equal(card * out.exposure, k_table[i].card, 5e-4);
    }
}

static void test_none(void **state) {
    fixture *f = *state;
    set(f, "exposure.mode", "none");
    set(f, "exposure.compensation_ev", "3");
    orr_expose_out out = exposed(f, 0, 0, 0); /* no camera is asked */
    assert_true(out.exposure == 1.0);
    assert_float_equal(out.ev100, log2(1.44), 1e-12);
}

static void test_bad_camera(void **state) {
    fixture *f = *state;
    static const orr_expose_in k_bad[] = {{.aperture_f = 0, .shutter_s = 1, .iso = 100},
                                          {.aperture_f = 8, .shutter_s = -1, .iso = 100},
                                          {.aperture_f = 8, .shutter_s = 1, .iso = 0},
                                          {.aperture_f = 8, .shutter_s = INFINITY, .iso = 100},
                                          {.aperture_f = NAN, .shutter_s = 1, .iso = 100}};
    static const char *const k_words[] = {"f-number", "shutter", "ISO", "shutter", "f-number"};
    for (int i = 0; i < 5; i++) {
        orr_expose_out out;
        orr_error err = {0};
        assert_int_equal(expose(f, k_bad[i], &out, &err), ORR_E_OUT_OF_RANGE);
        assert_non_null(strstr(err.message, k_words[i]));
    }
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_camera), TEST(test_table), TEST(test_none),
                                       TEST(test_bad_camera)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
