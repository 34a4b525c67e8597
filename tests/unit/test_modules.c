/* The module host: what it takes, what it refuses and how it says so, and the settings over what it loaded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "host/modules.h"
#include "space/space.h"

/* --- fixture ---------------------------------------------------------------------------------------------
 */

typedef struct fixture {
    orr_modules *modules;
    orr_space *space;
    orr_log log;
    char lines[4096];
} fixture;

static void keep_line(void *context, orr_log_level level, const char *line) {
    fixture *f = context;
    size_t used = strlen(f->lines);
    (void)level;
    (void)orr_format(f->lines + used, sizeof f->lines - used, "%s\n", line);
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->log = (orr_log){keep_line, f, ORR_LOG_DEBUG};
    const orr_space_params space = {.label = "test"};
    assert_int_equal(orr_space_create(&space, &f->space, NULL), ORR_OK);
    const orr_modules_params params = {.log = &f->log, .space = f->space, .app_root = "/apps/test"};
    assert_int_equal(orr_modules_create(&params, &f->modules, NULL), ORR_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    orr_modules_destroy(&f->modules);
    orr_space_destroy(&f->space);
    free(f);
    return 0;
}

static orr_status add_case(fixture *f, const char *name, orr_error *err) {
    char path[1024];
    assert_true(orr_format(path, sizeof path, "%s/%s%s", ORR_TEST_MODULES, name, ORR_LIBRARY_SUFFIX));
    return orr_modules_add_library(f->modules, path, NULL, err);
}

static void says(const orr_error *err, const char *part) {
    if (!strstr(err->message, part)) fail_msg("'%s' lacks '%s'", err->message, part);
}

static void shows(fixture *f, const char *path, const char *part) {
    const orr_value *value = NULL;
    char full[256];
    orr_error err = {0};
    (void)orr_format(full, sizeof full, "/apps/test/modules/%s", path);
    if (orr_space_get(f->space, full, &value, &err)) fail_msg("%s", err.message);
    orr_text text = {0};
    orr_value_print(&text, value);
    if (!strstr(orr_text_cstr(&text), part))
        fail_msg("%s holds %s, not %s", full, orr_text_cstr(&text), part);
    orr_text_free(&text);
    orr_value_release(value);
}

static void refuses_case(fixture *f, const char *name, orr_status code, const char *part, const char *part2) {
    orr_error err = {0};
    assert_int_equal(add_case(f, name, &err), code);
    says(&err, part);
    says(&err, part2);
    assert_int_equal(orr_modules_find(f->modules, name), -1);
    char path[80];
    (void)orr_format(path, sizeof path, "%s/status", name);
    shows(f, path, "failed");
    (void)orr_format(path, sizeof path, "%s/diagnostics", name);
    shows(f, path, part);
}

/* --- libraries
 * ---------------------------------------------------------------------------------------------- */

static void test_good(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    if (add_case(f, "good", &err)) fail_msg("%s", err.message);
    assert_int_equal(orr_modules_find(f->modules, "good"), 0);
    const orr_effect *effect = orr_modules_get(f->modules, 0);
    assert_string_equal(effect->module.version, "1.2.3");
    assert_int_equal(effect->table.count, 2);
    assert_non_null(effect->instance);
    assert_string_equal(f->lines, "made\n");
    shows(f, "good/status", "ready");
    shows(f, "good/version", "1.2.3");
    assert_int_equal(add_case(f, "good", &err), ORR_E_EXISTS);
    shows(f, "good/status", "ready"); /* the second one does not speak for the first */
    orr_modules_destroy(&f->modules);
    assert_non_null(strstr(f->lines, "ended\n"));
}

static void test_refused(void **state) {
    fixture *f = *state;
    refuses_case(f, "major2", ORR_E_VERSION, "ABI 2.2", "1.2");
    refuses_case(f, "symbol2", ORR_E_VERSION, "orr_module_v2", "ABI 1.2");
    refuses_case(f, "nosymbol", ORR_E_LIBRARY, "no Orrery module", "orr_module_v1");
    refuses_case(f, "tail", ORR_E_VERSION, "ABI 1.7", "1.2");
    refuses_case(f, "tiny", ORR_E_MODULE, "16 bytes", "struct_size");
    refuses_case(f, "stride", ORR_E_MODULE, "8 bytes apart", "parameter rows");
    refuses_case(f, "longrow", ORR_E_VERSION, "parameter rows", "1.2");
    refuses_case(f, "badrow", ORR_E_MODULE, "strength", "between 0 and 1");
    refuses_case(f, "needs", ORR_E_MODULE, "orr.teapot/1", "orr.log/1");
    refuses_case(f, "newlog", ORR_E_VERSION, "orr.log/2", "orr.log/1");
    refuses_case(f, "wrongname", ORR_E_MODULE, "other", "name of its file");
    assert_string_equal(f->lines, ""); /* none of their code ran */
    refuses_case(f, "nocreate", ORR_E_MODULE, "it is tired", "nocreate");
    assert_null(strstr(f->lines, "ended"));
    orr_error err = {0};
    assert_int_not_equal(add_case(f, "absent", &err), ORR_OK);
    says(&err, "absent");
}

/* Older and newer structs whose difference is zero are the same module. */
static void test_grown_and_short(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    static const char *const k_names[] = {"zerotail", "zerorow"};
    for (int i = 0; i < 2; i++)
        if (add_case(f, k_names[i], &err)) fail_msg("%s", err.message);
    if (add_case(f, "early", &err)) fail_msg("%s", err.message);
    const orr_effect *effect = orr_modules_get(f->modules, 0);
    assert_string_equal(effect->module.name, "early"); /* sorted by name */
    assert_null(effect->instance);
    assert_true(effect->module.create == NULL && effect->module.pass_count == 0);
    effect = orr_modules_get(f->modules, (uint32_t)orr_modules_find(f->modules, "zerorow"));
    orr_param_row row;
    orr_param_row_get(&effect->table, 1, &row);
    assert_string_equal(row.name, "kind");
}

/* A module that could not be loaded answers to its name with the reason. */
static void test_failed_by_name(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_settings *settings = NULL;
    assert_int_equal(add_case(f, "major2", &err), ORR_E_VERSION);
    assert_int_equal(add_case(f, "good", NULL), ORR_OK);
    assert_int_equal(orr_settings_create(f->modules, &settings, NULL), ORR_OK);
    assert_int_equal(orr_settings_enable(settings, "major2", true, ORR_FROM_CLI, &err), ORR_E_MODULE);
    says(&err, "could not be loaded");
    says(&err, "ABI 2.2");
    assert_int_equal(orr_settings_enable(settings, "godo", true, ORR_FROM_CLI, &err), ORR_E_UNKNOWN_KEY);
    says(&err, "did you mean 'good'");
    const orr_error unreadable = {.code = ORR_E_BAD_DATA, .message = "mist.lua:3: what is this"};
    orr_modules_add_failed(f->modules, "mist", &unreadable);
    orr_modules_add_failed(f->modules, "mist", &unreadable);
    assert_int_equal(orr_settings_set_text(settings, "mist.density", "1", ORR_FROM_CLI, &err), ORR_E_MODULE);
    says(&err, "module 'mist' could not be loaded: mist.lua:3");
    shows(f, "mist/status", "failed");
    orr_settings_destroy(&settings);
}

static void test_build(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_settings *settings = NULL;
    assert_int_equal(add_case(f, "good", NULL), ORR_OK);
    assert_int_equal(orr_settings_create(f->modules, &settings, NULL), ORR_OK);
    assert_int_equal(orr_settings_set_text(settings, "good.kind", "round", ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_settings_set_text(settings, "good.strength", "0.75", ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_modules_build(f->modules, settings, &err), ORR_OK); /* off: nobody asks it */
    shows(f, "good/params/strength", "0.75");
    shows(f, "good/params/kind", "round");
    assert_int_equal(orr_settings_enable(settings, "good", true, ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_modules_build(f->modules, settings, &err), ORR_E_OUT_OF_RANGE);
    says(&err, "module 'good': round is never that strong");
    shows(f, "good/status", "failed");
    shows(f, "good/diagnostics", "never that strong");
    assert_int_equal(orr_settings_set_text(settings, "good.strength", "0.5", ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_modules_build(f->modules, settings, &err), ORR_OK);
    shows(f, "good/status", "ready");
    orr_settings_destroy(&settings);
}

static orr_module_desc descriptor(const char *name) {
    return (orr_module_desc){.struct_size = sizeof(orr_module_desc),
                             .abi_major = ORR_ABI_MAJOR,
                             .abi_minor = ORR_ABI_MINOR,
                             .name = name,
                             .version = "1.0.0",
                             .doc = "made by a test"};
}

/* What was set and does not count is said; what was left alone, or may count later, is not. */
static void test_unused(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_settings *settings = NULL, *copy = NULL;
    const orr_param_row rows[] = {
        {.name = "mode", .doc = "d", .type = ORR_PARAM_ENUM, .choices = "off|hand", .def = "off"},
        {.name = "ev", .doc = "d", .type = ORR_PARAM_F32, .def = "1", .used_when = "mode=hand"},
    };
    orr_module_desc module = descriptor("meter");
    module.params = rows;
    module.param_count = 2;
    module.param_stride = sizeof rows[0];
    if (orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err)) fail_msg("%s", err.message);
    assert_int_equal(orr_settings_create(f->modules, &settings, NULL), ORR_OK);
    assert_int_equal(orr_settings_enable(settings, "meter", true, ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_modules_build(f->modules, settings, &err), ORR_OK);
    assert_int_equal(orr_settings_set_text(settings, "meter.ev", "1", ORR_FROM_PRESET, NULL), ORR_OK);
    assert_int_equal(orr_modules_build(f->modules, settings, &err), ORR_E_OUT_OF_RANGE);
    says(&err, "module 'meter': 'ev' was set (preset)");
    says(&err, "only with mode=hand, and 'mode' is 'off'");
    assert_int_equal(orr_settings_enable(settings, "meter", false, ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_modules_build(f->modules, settings, &err), ORR_OK);
    assert_int_equal(orr_settings_enable(settings, "meter", true, ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_settings_animate(settings, "meter", "mode", ORR_FROM_SCRIPT, &err), ORR_OK);
    assert_int_equal(orr_settings_copy(settings, &copy, &err), ORR_OK);
    assert_int_equal(orr_modules_build(f->modules, copy, &err), ORR_OK);
    assert_int_equal(orr_settings_set_text(copy, "meter.mode", "off", ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_modules_build(f->modules, copy, &err), ORR_E_OUT_OF_RANGE);
    assert_int_equal(orr_settings_set_text(copy, "meter.mode", "hand", ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_modules_build(f->modules, copy, &err), ORR_OK);
    assert_int_equal(orr_settings_animate(settings, "meter", "e", ORR_FROM_SCRIPT, &err), ORR_E_UNKNOWN_KEY);
    orr_settings_destroy(&copy);
    orr_settings_destroy(&settings);
}

/* --- passes
 * ---------------------------------------------------------------------------------------------------- */

static orr_status expose(const void *instance, const void *params, const orr_expose_in *in,
                         orr_expose_out *out, orr_error *err) {
    (void)instance, (void)params, (void)in, (void)err;
    out->exposure = 1;
    return ORR_OK;
}

static orr_status adapt(const void *instance, const void *params, const orr_adapt_in *in, double *ev100,
                        orr_error *err) {
    (void)instance, (void)params, (void)err;
    *ev100 = in->metered_ev100;
    return ORR_OK;
}

static void refuses_pass(fixture *f, const orr_pass_row *row, const char *part) {
    orr_module_desc module = descriptor("wrong");
    orr_error err = {0};
    module.passes = row;
    module.pass_count = 1;
    module.pass_stride = sizeof *row;
    assert_int_equal(orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err), ORR_E_MODULE);
    says(&err, part);
    says(&err, "wrong.");
}

static void test_passes(void **state) {
    fixture *f = *state;
    orr_pass_bind binds[2] = {{.channel = "ldr", .access = "modify"}, {.channel = "depth", .access = "read"}};
    const orr_pass_row good = {.name = "main",
                               .stage = "lens",
                               .shader = "a.comp",
                               .size_of = "ldr",
                               .binds = binds,
                               .bind_count = 2,
                               .bind_stride = sizeof binds[0]};
    orr_pass_row row = good;
#define BAD(change, part)                                                                                    \
    do {                                                                                                     \
        row = good;                                                                                          \
        change;                                                                                              \
        refuses_pass(f, &row, part);                                                                         \
        binds[0] = (orr_pass_bind){.channel = "ldr", .access = "modify"};                                    \
        binds[1] = (orr_pass_bind){.channel = "depth", .access = "read"};                                    \
    } while (0)
    BAD(row.stage = "lense", "did you mean 'lens'");
    BAD(row.stage = "breakfast", "there are: shadow");
    BAD(row.stage = NULL, "stage");
    BAD(row.name = "Main", "lower-case");
    BAD(row.shader = NULL, "no shader");
    BAD(row.shader = "../a.comp", "inside");
    BAD(row.scale_log2 = 1, "scale_log2");
    BAD(row.after = "main", "module.pass");
    BAD(row.size_of = "lrd", "did you mean 'ldr'");
    BAD(row.bind_count = 0, "no effect");
    BAD(binds[0].channel = "dept", "did you mean 'depth'");
    BAD(binds[0].access = "write", "unknown access");
    BAD(binds[0].access = "read", "no effect");
    BAD(binds[1].channel = "ldr", "twice");
    BAD(binds[0].at = "lens", "only a read");
    BAD(binds[1].at = "somewhere", "stage of a bind");
    BAD(binds[0].channel = "other.image", "another module's");
    BAD((binds[0].channel = "wrong.image", binds[0].access = "create"), "without a format");
    BAD(binds[0].format = "rgba16f", "format");
    orr_module_desc module = descriptor("right");
    orr_error err = {0};
    row = good;
    module.passes = &row;
    module.pass_count = 1;
    module.pass_stride = sizeof row;
    if (orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err)) fail_msg("%s", err.message);
    /* The registry keeps its own rows: the author's may go. */
    memset(&row, 0, sizeof row);
    const orr_effect *effect = orr_modules_get(f->modules, (uint32_t)orr_modules_find(f->modules, "right"));
    assert_string_equal(effect->module.passes[0].binds[1].channel, "depth");
    module = descriptor("shaderless");
    row = good;
    module.passes = &row;
    module.pass_count = 1;
    module.pass_stride = sizeof row;
    assert_int_equal(orr_modules_add_descriptor(f->modules, &module, "/nowhere", NULL, &err), ORR_E_MODULE);
    says(&err, "no such file");
}

static void test_descriptor_fields(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_module_desc module = descriptor("role");
    module.role = "cook";
    assert_int_equal(orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err), ORR_E_MODULE);
    says(&err, "cook");
    module.role = "exposure";
    assert_int_equal(orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err), ORR_E_MODULE);
    says(&err, "expose()");
    module.expose = expose, module.adapt = adapt;
    assert_int_equal(orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err), ORR_E_MODULE);
    says(&err, "go together");
    module = descriptor("roleless");
    module.adapt = adapt;
    assert_int_equal(orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err), ORR_E_MODULE);
    says(&err, "metering functions");
    module = descriptor("product");
    const orr_product_row product = {.name = "lut"};
    module.products = &product;
    module.product_count = 1;
    module.product_stride = sizeof product;
    assert_int_equal(orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err), ORR_E_UNSUPPORTED);
    module = descriptor("Capital");
    assert_int_equal(orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err), ORR_E_MODULE);
    module = descriptor(NULL);
    assert_int_equal(orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err), ORR_E_MODULE);
    module = descriptor("undocumented");
    module.doc = "";
    assert_int_equal(orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err), ORR_E_MODULE);
    says(&err, "no doc");
}

/* --- settings
 * ----------------------------------------------------------------------------------------------------- */

static const orr_param_row k_rows[] = {
    {.name = "strength",
     .doc = "d",
     .aliases = "amount",
     .type = ORR_PARAM_F32,
     .def = "0.35",
     .neutral = "0",
     .min = "0",
     .max = "1"},
    {.name = "title", .doc = "d", .type = ORR_PARAM_STRING, .def = "", .flags = ORR_PARAM_CPU},
};

static void add_plain(fixture *f, const char *name, const char *role) {
    orr_module_desc module = descriptor(name);
    orr_error err = {0};
    module.role = role;
    module.params = k_rows;
    module.param_count = 2;
    module.param_stride = sizeof k_rows[0];
    if (role && strcmp(role, "exposure") == 0)
        module.expose = expose, module.params_size = 0, module.param_count = 0;
    if (orr_modules_add_descriptor(f->modules, &module, NULL, NULL, &err)) fail_msg("%s", err.message);
}

static orr_settings *three(fixture *f) {
    orr_settings *settings = NULL;
    add_plain(f, "vignette", NULL);
    add_plain(f, "tonemap", "tonemap");
    add_plain(f, "alternative", "tonemap");
    add_plain(f, "exposure", "exposure");
    assert_int_equal(orr_settings_create(f->modules, &settings, NULL), ORR_OK);
    return settings;
}

static const orr_effect_settings *of(const orr_settings *settings, const char *name) {
    for (uint32_t i = 0; i < settings->effect_count; i++)
        if (strcmp(settings->effects[i].effect->module.name, name) == 0) return &settings->effects[i];
    fail_msg("no %s", name);
    return NULL;
}

static void test_roles(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_settings *s = three(f);
    assert_true(of(s, "tonemap")->enabled && of(s, "exposure")->enabled);
    assert_false(of(s, "alternative")->enabled || of(s, "vignette")->enabled);
    assert_int_equal(orr_settings_enable(s, "alternative", true, ORR_FROM_SCRIPT, NULL), ORR_OK);
    assert_true(of(s, "alternative")->enabled && !of(s, "tonemap")->enabled);
    assert_int_equal(orr_settings_enable(s, "alternative", false, ORR_FROM_CLI, &err), ORR_E_MODULE);
    says(&err, "always on");
    assert_int_equal(orr_settings_enable(s, "tonemap", true, ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_settings_enable(s, "alternative", true, ORR_FROM_SCRIPT, NULL), ORR_OK);
    assert_true(of(s, "tonemap")->enabled &&
                !of(s, "alternative")->enabled); /* the command line wins over the script */
    orr_settings_destroy(&s);
}

static void test_precedence(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    orr_settings *s = three(f), *copy = NULL;
    const orr_effect_settings *v = of(s, "vignette");
    assert_int_equal(v->sources[0], ORR_FROM_DEFAULT);
    assert_int_equal(orr_settings_set_text(s, "vignette.strength", "0.5", ORR_FROM_CLI, NULL), ORR_OK);
    assert_int_equal(orr_settings_set_text(s, "vignette.strength", "0.6", ORR_FROM_SCRIPT, NULL), ORR_OK);
    assert_true(v->values[0].number[0] == 0.5 && v->sources[0] == ORR_FROM_CLI);
    assert_int_equal(orr_settings_set_text(s, "vignette.amount", "0.7", ORR_FROM_CLI, NULL),
                     ORR_OK); /* by alias; later wins */
    assert_true(v->values[0].number[0] == 0.7);
    assert_int_equal(orr_settings_set_text(s, "vignette.title", "first", ORR_FROM_SCRIPT, NULL), ORR_OK);
    assert_int_equal(orr_settings_copy(s, &copy, NULL), ORR_OK);
    assert_int_equal(orr_settings_set_text(s, "vignette.title", "second", ORR_FROM_SCRIPT, NULL), ORR_OK);
    orr_settings_destroy(&s);
    assert_string_equal(of(copy, "vignette")->values[1].text, "first"); /* a copy is independent */
    assert_int_equal(of(copy, "vignette")->sources[0], ORR_FROM_CLI);
    assert_int_equal(orr_settings_set_text(copy, "vignette.enable", "on", ORR_FROM_CLI, NULL), ORR_OK);
    assert_true(of(copy, "vignette")->enabled);
    assert_int_equal(orr_settings_set_text(copy, "vignette.strengt", "1", ORR_FROM_CLI, &err),
                     ORR_E_UNKNOWN_KEY);
    says(&err, "vignette has no parameter 'strengt': did you mean 'strength'?");
    assert_int_equal(orr_settings_set_text(copy, "vignete.strength", "1", ORR_FROM_CLI, &err),
                     ORR_E_UNKNOWN_KEY);
    says(&err, "did you mean 'vignette'");
    assert_int_equal(orr_settings_set_text(copy, "vignette.strength", "2", ORR_FROM_CLI, &err),
                     ORR_E_OUT_OF_RANGE);
    says(&err, "vignette: 'strength' must lie between 0 and 1, not 2");
    assert_int_equal(orr_settings_set_text(copy, "strength", "1", ORR_FROM_CLI, &err), ORR_E_UNKNOWN_KEY);
    orr_param_value value = {.type = ORR_PARAM_F32, .number = {5}};
    assert_int_equal(orr_settings_set(copy, "vignette", "strength", &value, ORR_FROM_EDITOR, &err),
                     ORR_E_OUT_OF_RANGE);
    value.number[0] = 0.25;
    assert_int_equal(orr_settings_set(copy, "vignette", "strength", &value, ORR_FROM_EDITOR, NULL), ORR_OK);
    assert_string_equal(orr_value_source_name(of(copy, "vignette")->sources[0]), "editor");
    orr_settings_destroy(&copy);
}

/* --- presets
 * ----------------------------------------------------------------------------------------------------------
 */

static orr_status script_set(void *context, const char *name, const char *text, unsigned line,
                             orr_error *err) {
    (void)err;
    return orr_format(context, 64, "%u: %s=%s", line, name, text) ? ORR_OK : ORR_E_LIMIT;
}

static void refuses_preset(orr_settings *s, const char *text, orr_status code, const char *part) {
    orr_error err = {0};
    assert_int_equal(orr_preset_apply(text, strlen(text), "dusk.preset", s, ORR_FROM_PRESET, NULL, &err),
                     code);
    says(&err, part);
}

static void test_preset(void **state) {
    fixture *f = *state;
    orr_error err = {0};
    char got[64] = "";
    orr_settings *s = three(f);
    static const char k_text[] = "# dusk\n\n  vignette.strength = 0.5 \r\nenable = "
                                 "vignette\n\tvignette.title = a = b # c\nmodel=ship.glb";
    const orr_preset_sink sink = {script_set, got};
    if (orr_preset_apply(k_text, strlen(k_text), "dusk.preset", s, ORR_FROM_PRESET, &sink, &err))
        fail_msg("%s", err.message);
    assert_true(of(s, "vignette")->enabled && of(s, "vignette")->values[0].number[0] == 0.5);
    assert_string_equal(of(s, "vignette")->values[1].text, "a = b # c"); /* a comment is a line of its own */
    assert_string_equal(got, "6: model=ship.glb");
    assert_int_equal(orr_preset_apply(NULL, 0, "empty", s, ORR_FROM_PRESET, NULL, NULL), ORR_OK);
    refuses_preset(s, "vignette.strength = 0.5\n\nvignette.strenght = 1\n", ORR_E_UNKNOWN_KEY,
                   "dusk.preset:3: ");
    refuses_preset(s, "vignette.strength", ORR_E_BAD_DATA, "dusk.preset:1: ");
    refuses_preset(s, " = 4", ORR_E_BAD_DATA, "no name");
    refuses_preset(s, "model = ship.glb", ORR_E_UNKNOWN_KEY, "no script");
    refuses_preset(s, "enable = vinegar", ORR_E_UNKNOWN_KEY, "vinegar");
    refuses_preset(s, "disable = tonemap", ORR_E_MODULE, "always on");
    refuses_preset(s, "vignette.strength = much", ORR_E_TYPE, "a number");
    assert_int_equal(orr_preset_apply("a\0b", 3, "zero", s, ORR_FROM_PRESET, NULL, &err), ORR_E_BAD_DATA);
    char *large = malloc((1 << 20) + 1);
    memset(large, ' ', (1 << 20) + 1);
    assert_int_equal(orr_preset_apply(large, (1 << 20) + 1, "large", s, ORR_FROM_PRESET, NULL, &err),
                     ORR_E_LIMIT);
    memset(large, 'x', 1 << 20);
    assert_int_equal(orr_preset_apply(large, 1 << 20, "long", s, ORR_FROM_PRESET, NULL, &err),
                     ORR_E_BAD_DATA);
    large[500000] = '=';
    assert_int_equal(orr_preset_apply(large, 1 << 20, "long", s, ORR_FROM_PRESET, NULL, &err), ORR_E_LIMIT);
    free(large);
    orr_settings_destroy(&s);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_good),  TEST(test_refused),    TEST(test_grown_and_short), TEST(test_failed_by_name),
        TEST(test_build), TEST(test_unused),     TEST(test_passes),          TEST(test_descriptor_fields),
        TEST(test_roles), TEST(test_precedence), TEST(test_preset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
