/* The Lua binding: its reader, its errors, ordered pairs, time limits, purity, manifests, and every example
 * of the reference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/platform/platform.h"
#include "base/text.h"
#include "gpu_support.h"
#include "scene/nodes.h"
#include "script/private.h"

static orr_engine *engine;

/* --- helpers ------------------------------------------------------------------------------------- */

typedef struct run {
    orr_script *script;
    orr_status status;
    orr_error err;
} run;

static run run_with(const char *text, const orr_script_params *extra) {
    run r = {0};
    orr_script_params params = extra ? *extra : (orr_script_params){0};
    params.engine = engine;
    r.status = orr_script_create(&params, &r.script, &r.err);
    if (r.status == ORR_OK)
        r.status = orr_script_run_text(r.script, text, strlen(text), "test.lua", ".", &r.err);
    return r;
}

static void expect_ok(const char *text) {
    run r = run_with(text, NULL);
    if (r.status != ORR_OK) fail_msg("%s\n--- in\n%s", r.err.message, text);
    orr_script_destroy(&r.script);
}

/* The script fails with `code`, and the message starts with `start` and has `part` in it. */
static void expect_error(const char *text, orr_status code, const char *start, const char *part) {
    run r = run_with(text, NULL);
    if (r.status != code) fail_msg("status %d, not %d: %s\n--- in\n%s", r.status, code, r.err.message, text);
    if (strncmp(r.err.message, start, strlen(start)) != 0)
        fail_msg("'%s' does not start with '%s'", r.err.message, start);
    if (!strstr(r.err.message, part)) fail_msg("'%s' does not say '%s'", r.err.message, part);
    assert_int_equal(r.err.code, code);
    orr_script_destroy(&r.script);
}

#define SCENE  "local scene = orrery.scene() local camera = scene:camera{}\n"
#define RETURN "return orrery.sequence{ scene = scene, camera = camera, frames = 48, fps = 24 }"

/* --- the reader ---------------------------------------------------------------------------------- */

static void test_options(void **state) {
    (void)state;
    expect_ok("local box = orrery.box{ size_m = 2 } assert(box.triangles == 12)");
    expect_ok("local s = orrery.scene() s:material{ base_colour = {1, 0, 0} } s:material{ base_colour = "
              "'#ff8000' }");
    expect_error("\norrery.box{ siz_m = 2 }", ORR_E_SCRIPT, "test.lua:2: orrery.box",
                 "did you mean 'size_m'");
    expect_error("orrery.scene():mesh{ shap = orrery.box{} }", ORR_E_SCRIPT, "test.lua:1: scene:mesh",
                 "did you mean 'shape'");
    expect_error("orrery.scene():mesh{}", ORR_E_SCRIPT, "test.lua:1: scene:mesh needs 'shape'",
                 "What to show");
    expect_error("orrery.box{ size_m = {1, 2} }", ORR_E_SCRIPT, "test.lua:1:", "3 numbers");
    expect_error("orrery.box{ size_m = {1, 2, 'x'} }", ORR_E_SCRIPT, "test.lua:1:", "item 3");
    expect_error("orrery.sphere{ segments = 1.5 }", ORR_E_SCRIPT, "test.lua:1:", "whole number");
    expect_error("orrery.sphere{ radius_m = 0/0 }", ORR_E_SCRIPT, "test.lua:1:", "radius_m");
    expect_error("orrery.sphere{ radius_m = '1' }", ORR_E_SCRIPT, "test.lua:1:", "must be a number");
    expect_error("orrery.cylinder{ open = 1 }", ORR_E_SCRIPT, "test.lua:1:", "true or false");
    expect_error("orrery.path{ points = {{0,0,0},{1,0,0}}, duration_s = 1, curve = 'linaer' }", ORR_E_SCRIPT,
                 "test.lua:1:", "linear");
    expect_error("orrery.box(3)", ORR_E_SCRIPT, "test.lua:1:", "one table of options");
    expect_error("orrery.box{ 3 }", ORR_E_SCRIPT, "test.lua:1:", "has no name");
    expect_error("orrery.scene():mesh{ shape = orrery.scene() }", ORR_E_SCRIPT,
                 "test.lua:1:", "must be a shape");
    expect_error("local s = orrery.scene() s.mesh{ shape = orrery.box{} }", ORR_E_SCRIPT,
                 "test.lua:1:", "with a colon");
    expect_error("orrery.random()", ORR_E_SCRIPT, "test.lua:1:", "needs 'seed'");
    expect_error("orrery.random(1, 2)", ORR_E_SCRIPT, "test.lua:1:", "takes 1 argument");
    /* Of two mistakes the same one is reported in every run. */
    expect_error("orrery.box{ zzz = 1, aaa = 2 }", ORR_E_SCRIPT, "test.lua:1:", "'aaa'");
}

static void test_names(void **state) {
    (void)state;
    expect_error("orrery.bxo{}", ORR_E_SCRIPT, "test.lua:1: orrery has no 'bxo'", "'box'");
    expect_error("orrery.scene():camra{}", ORR_E_SCRIPT, "test.lua:1: scene has no 'camra'", "'camera'");
    expect_ok("orrery.scene():camera{ aperture_f = 4, focal_length_mm = 35 }"); /* former names */
    expect_error("orrery.scene():camera{ aperture_f = 4, f_stop = 4 }", ORR_E_SCRIPT,
                 "test.lua:1: scene:camera", "'aperture_f' and 'f_stop' are the same option");
    expect_error("orrery.box = 1", ORR_E_SCRIPT, "test.lua:1:", "cannot be assigned");
    expect_error("prnt(1)", ORR_E_SCRIPT, "test.lua:1:", "there is no variable 'prnt'");
    expect_ok("assert(getmetatable(orrery) == false and tostring(orrery.scene()) == 'scene')");
    expect_ok("local a, b = orrery.scene(), orrery.scene()\n"
              "assert(not pcall(a.mesh, a, { shape = orrery.box{}, parent = b:group{} }))");
}

/* Every function that a script can reach is a row's, and every row can be reached. */
static void test_rows_alone(void **state) {
    (void)state;
    run r = run_with("", NULL);
    assert_int_equal(r.status, ORR_OK);
    lua_State *L = r.script->L;
    uint32_t found = 0;
    for (lua_pushnil(L); lua_next(L, LUA_REGISTRYINDEX); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || strncmp(lua_tostring(L, -2), "orr.members.", 12) != 0) continue;
        char owner[64], name[128];
        snprintf(owner, sizeof owner, "%s", lua_tostring(L, -2) + 12);
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            const orr_lua_row *row = orr_bind_row(L, -1);
            if (!row && strcmp(owner, "orrery") == 0 && strcmp(lua_tostring(L, -2), "space") == 0)
                continue; /* a table of rows */
            if (!row) fail_msg("%s.%s is not bound by a row", owner, lua_tostring(L, -2));
            snprintf(name, sizeof name, "%s%c%s", owner, strchr(row->name, ':') ? ':' : '.',
                     lua_tostring(L, -2));
            assert_string_equal(name, row->name);
            assert_true(row->doc && row->doc[0] && row->example && row->example[0]);
            found++;
        }
    }
    assert_int_equal(found, orr_api_count());
    orr_script_destroy(&r.script);
    /* No other global than `orrery` is new. */
    expect_ok("local known = {}\n"
              "for name in ('_G _VERSION arg assert bit collectgarbage coroutine debug dofile error gcinfo "
              "getfenv getmetatable io ipairs jit load '..\n"
              "  'loadfile loadstring math module newproxy next orrery os package pairs pcall print rawequal "
              "rawget rawlen rawset require select '..\n"
              "  'setfenv setmetatable string table tonumber tostring type unpack xpcall'):gmatch('%S+') do "
              "known[name] = true end\n"
              "for name in pairs(_G) do assert(known[name], name) end");
}

/* --- Lua itself ---------------------------------------------------------------------------------- */

static void test_pairs(void **state) {
    (void)state;
    expect_ok("local t = { b = 1, a = 2, [10] = 3, [2] = 4, [-1.5] = 5, B = 6, aa = 7 }\n"
              "local keys = {}\n"
              "for k, v in pairs(t) do keys[#keys + 1] = tostring(k) assert(t[k] == v) end\n"
              "assert(table.concat(keys, ' ') == '-1.5 2 10 B a aa b', table.concat(keys, ' '))\n"
              "local more, k = {}, nil\n"
              "repeat k = next(t, k) more[#more + 1] = tostring(k) until k == nil\n"
              "assert(table.concat(more, ' ') == '-1.5 2 10 B a aa b nil')\n"
              "for k in pairs(t) do t[k] = nil end\n"
              "assert(next(t) == nil)");
    expect_ok("local t = { 1, 2, 3 } for i in pairs(t) do t[3] = nil assert(i < 3) end");
    expect_error("\n\nfor k in pairs{ [{}] = 1, [print] = 2 } do end", ORR_E_SCRIPT,
                 "test.lua:3:", "no order");
}

static void test_clock(void **state) {
    (void)state;
    expect_error("os.time()", ORR_E_SCRIPT, "test.lua:1: os.time", "use t");
    expect_error("local x = math.random()", ORR_E_SCRIPT, "test.lua:1: math.random", "orrery.random");
    expect_ok("assert(type(io.open) == 'function' and type(require('ffi').new) == 'function')");
    expect_ok("local a, b = orrery.random(3), orrery.random(3)\n"
              "for i = 1, 100 do local x = a:number() assert(x == b:number() and x >= 0 and x < 1) end\n"
              "assert(orrery.random(4):number() ~= orrery.random(3):number())");
}

static void test_errors(void **state) {
    (void)state;
    expect_error("local x = = 2", ORR_E_SCRIPT, "test.lua:1:", "unexpected");
    expect_error("\nerror('boo')", ORR_E_SCRIPT, "test.lua:2: boo", "boo");
    expect_error("error{}", ORR_E_SCRIPT, "an error that is a table", "table");
    expect_error("return 5", ORR_E_SCRIPT, "the script returned a number", "orrery.sequence");
    expect_error("local function f() error('deep') end\nlocal function g() f() end\ng()", ORR_E_SCRIPT,
                 "test.lua:1: deep", "[test.lua:1 in f < test.lua:2 in g");
    expect_error("\033LJ\002", ORR_E_SCRIPT, "", "mode");
    expect_error("orrery.scene():model{ path = 'no.glb' }", ORR_E_NOT_FOUND, "test.lua:1: scene:model",
                 "no.glb");
    expect_error("local s = orrery.scene() s:sun{} s:sun{}", ORR_E_SCRIPT, "test.lua:1: scene:sun", "");
    /* A tail call has no line of its own; the chunk's last one stands for it. */
    expect_error(SCENE "return orrery.sequence{ scene = scene, camera = scene:group{} }\n\n", ORR_E_SCRIPT,
                 "test.lua:2: orrery.sequence", "group");
    /* A caught error is no error, and a caught and changed one is the script's own. */
    expect_ok("local ok, why = pcall(orrery.box, { siz_m = 1 }) assert(not ok and why:find('siz_m'))");
    expect_error(
        "local ok, why = pcall(function() orrery.scene():model{ path = 'no.glb' } end) error('mine')",
        ORR_E_SCRIPT, "test.lua:1: mine", "");
}

static void test_timeout(void **state) {
    (void)state;
    const char *const endless[] = {
        "while true do end", "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()", "local function f() return f() end f()"};
    for (size_t i = 0; i < sizeof endless / sizeof endless[0]; i++) {
        run r = run_with(endless[i], &(orr_script_params){.timeout_s = 0.05});
        assert_int_equal(r.status, ORR_E_SCRIPT_TIMEOUT);
        assert_non_null(strstr(r.err.message, "--timeout 0.05"));
        orr_script_destroy(&r.script);
    }
    run r = run_with("local x = 0 for i = 1, 1e5 do x = x + i end", &(orr_script_params){.timeout_s = 60});
    assert_int_equal(r.status, ORR_OK);
    orr_script_destroy(&r.script);
}

/* --- parameters ---------------------------------------------------------------------------------- */

static const char params_script[] =
    "local turns = orrery.param{ name = 'turns', def = 1.5, min = 0, max = 10, doc = 'Turns' }\n"
    "local metal = orrery.param{ name = 'metal', type = 'enum', def = 'brass', choices = {'brass', 'steel'}, "
    "doc = 'Metal' }\n"
    "local tint = orrery.param{ name = 'tint', type = 'vec3', def = {1, 0.5, 0}, doc = 'Tint' }\n"
    "local path = orrery.param{ name = 'path', type = 'asset', def = '', doc = 'File' }\n";

static void test_params(void **state) {
    (void)state;
    char text[2000];
    snprintf(text, sizeof text,
             "%sassert(turns == 1.5 and metal == 'brass' and tint[2] == 0.5 and path == nil)", params_script);
    expect_ok(text);
    const orr_overlay sets[] = {{ORR_OVERLAY_SET, "turns=2"},
                                {ORR_OVERLAY_SET, "metal=steel"},
                                {ORR_OVERLAY_SET, "turns=3"},
                                {ORR_OVERLAY_SET, "path=a/b.glb"}};
    snprintf(text, sizeof text,
             "%sassert(turns == 3 and metal == 'steel' and path:match('^/.*/a/b%%.glb$'), path)",
             params_script);
    run r = run_with(text, &(orr_script_params){.overlays = sets, .overlay_count = 4});
    if (r.status != ORR_OK) fail_msg("%s", r.err.message);
    assert_int_equal(orr_script_param_table(r.script)->count, 4);
    assert_int_equal(orr_script_param_source(r.script, 0), ORR_FROM_CLI);
    assert_int_equal(orr_script_param_source(r.script, 2), ORR_FROM_DEFAULT);
    orr_script_destroy(&r.script);

    const struct {
        const char *set, *part;
    } wrong[] = {{"turn=2", "did you mean 'turns'"},
                 {"turns=20", "between 0 and 10"},
                 {"turns=x", "turns"},
                 {"metal=gold", "metal"},
                 {"turns", "name=value"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        orr_overlay set = {ORR_OVERLAY_SET, wrong[i].set};
        r = run_with(params_script, &(orr_script_params){.overlays = &set, .overlay_count = 1});
        if (r.status != ORR_E_USAGE || !strstr(r.err.message, wrong[i].part))
            fail_msg("%s: %d %s", wrong[i].set, r.status, r.err.message);
        orr_script_destroy(&r.script);
    }
    r = run_with("orrery.param{ name = 'must', type = 'asset', doc = 'A file' }", NULL);
    assert_int_equal(r.status, ORR_E_USAGE);
    assert_non_null(strstr(r.err.message, "--set must="));
    orr_script_destroy(&r.script);
    expect_error("orrery.param{ name = 'a', def = 5, max = 3, doc = 'd' }", ORR_E_SCRIPT,
                 "test.lua:1:", "def");
    expect_error("orrery.param{ name = 'A b', def = 5, doc = 'd' }", ORR_E_SCRIPT, "test.lua:1:", "no name");
    expect_error("for i = 1, 2 do orrery.param{ name = 'a', def = 5, doc = 'd' } end", ORR_E_SCRIPT,
                 "test.lua:1:", "twice");
}

/* --help ends the run at the first call that would load something, and reports what was declared. */
static void test_help(void **state) {
    (void)state;
    char text[2000];
    snprintf(
        text, sizeof text,
        "%slocal random = orrery.random(1)\norrery.scene():model{ path = 'no.glb' }\nerror('not reached')",
        params_script);
    run r = run_with(text, &(orr_script_params){.help = true});
    if (r.status != ORR_OK) fail_msg("%s", r.err.message);
    assert_int_equal(orr_script_param_table(r.script)->count, 4);
    assert_null(orr_script_sequence(r.script));
    orr_script_destroy(&r.script);
    r = run_with("orrery.param{ name = 'must', type = 'asset', doc = 'A file' }\npcall(orrery.scene)\n",
                 &(orr_script_params){.help = true});
    assert_int_equal(r.status, ORR_OK);
    orr_script_destroy(&r.script);
}

/* --- animation ----------------------------------------------------------------------------------- */

/* Values of the sequence's only track at a time. */
static void expect_track(const char *text, double t_s, const double *wanted, uint32_t count) {
    run r = run_with(text, NULL);
    if (r.status != ORR_OK) fail_msg("%s\n--- in\n%s", r.err.message, text);
    const orr_sequence *sequence = orr_script_sequence(r.script);
    assert_non_null(sequence);
    assert_int_equal(sequence->track_count, 1);
    orr_param_value value;
    orr_status status = sequence->evaluate(sequence->context, t_s, &value, &r.err);
    if (status != ORR_OK) fail_msg("%s", r.err.message);
    for (uint32_t i = 0; i < count; i++)
        if (fabs(value.number[i] - wanted[i]) > 1e-9)
            fail_msg("component %u is %.17g, not %.17g", i, value.number[i], wanted[i]);
    orr_script_destroy(&r.script);
}

#define KEYS(ease)                                                                                           \
    SCENE "camera:set{ vfov_deg = { {t=0, v=10, ease='" ease "'}, {t=1, v=20, ease='" ease                   \
          "'}, {t=2, v=60} } }\n" RETURN

static void test_tracks(void **state) {
    (void)state;
    expect_track(SCENE "camera:set{ position_m = function(t) return t, 2 * t, 0 end }\n" RETURN, 0.5,
                 (double[]){0.5, 1, 0}, 3);
    expect_track(SCENE "camera:set{ position_m = function(t) return {t, 2 * t, 0} end }\n" RETURN, 0.5,
                 (double[]){0.5, 1, 0}, 3);
    expect_track(KEYS("linear"), 0.25, (double[]){12.5}, 1);
    expect_track(KEYS("linear"), 1.5, (double[]){40}, 1);
    expect_track(KEYS("linear"), -1, (double[]){10}, 1);
    expect_track(KEYS("linear"), 9, (double[]){60}, 1);
    expect_track(KEYS("smooth"), 0.25, (double[]){10 + 10 * 0.15625}, 1);
    expect_track(KEYS("step"), 0.99, (double[]){10}, 1);
    expect_track(KEYS("step"), 1, (double[]){20}, 1);
    expect_track(SCENE "camera:set{ vfov_deg = function(t) return 5 end } camera:set{ vfov_deg = function(t) "
                       "return 7 end }\n" RETURN,
                 0, (double[]){7}, 1);
    expect_track(SCENE "camera:set{ focal_length_mm = function(t) return 35 + t end }\n" RETURN, 0.5,
                 (double[]){35.5}, 1);
    expect_error(SCENE "camera:set{ vfov_deg = function(t) return 500 end }\n" RETURN, ORR_E_SCRIPT,
                 "test.lua:2: camera 'camera 1'.vfov_deg at t = 0 s", "170");
    expect_error(SCENE "camera:set{ vfov_deg = function(t) error('bang') end }\n" RETURN, ORR_E_SCRIPT,
                 "test.lua:2: camera", "bang");
    expect_error(SCENE "camera:set{ vfov_deg = function(t) end }\n" RETURN, ORR_E_SCRIPT,
                 "test.lua:2: camera", "must be a number");
    expect_error(SCENE "camera:set{ vfov_deg = { {t=1, v=2}, {t=1, v=3} } }\n" RETURN, ORR_E_SCRIPT,
                 "test.lua:2:", "in order");
    expect_error(SCENE "camera:set{ vfov_deg = { {t=1, w=2} } }\n" RETURN, ORR_E_SCRIPT,
                 "test.lua:2:", "no key 'w'");
    expect_error(SCENE "camera:set{ vfov_deg = { {t=1, v=2, ease='fast'} } }\n" RETURN, ORR_E_SCRIPT,
                 "test.lua:2:", "ease");
}

static void test_purity(void **state) {
    (void)state;
    expect_error(SCENE "local n = 0\ncamera:set{ vfov_deg = function(t) n = n + 1 return n end }\n" RETURN,
                 ORR_E_SCRIPT, "test.lua:3: camera 'camera 1'.vfov_deg", "depend on t alone");
    /* Impure at the last frame only. */
    expect_error(SCENE "local n = 0\ncamera:set{ vfov_deg = function(t) if t > 1.9 then n = n + 1 end return "
                       "30 + n end }\n" RETURN,
                 ORR_E_SCRIPT, "test.lua:3: camera 'camera 1'.vfov_deg", "depend on t alone");
}

static void test_modules_of_a_sequence(void **state) {
    (void)state;
#define MODULES(text)                                                                                        \
    SCENE "return orrery.sequence{ scene = scene, camera = camera, frames = 48, modules = { " text " } }"
    if (orr_modules_find(orr_engine_modules(engine), "vignette") < 0) {
        print_message("skipped: the module vignette is not built\n");
        skip();
    }
    run r = run_with(MODULES("vignette = { strength = 0.5 }"), NULL);
    if (r.status != ORR_OK) fail_msg("%s", r.err.message);
    const orr_settings *settings = orr_script_settings(r.script);
    int32_t at = orr_modules_find(orr_engine_modules(engine), "vignette");
    assert_true(settings->effects[at].enabled && settings->effects[at].values[0].number[0] == 0.5);
    assert_int_equal(settings->effects[at].sources[0], ORR_FROM_SCRIPT);
    orr_script_destroy(&r.script);
    expect_track(MODULES("vignette = { strength = function(t) return t / 4 end }"), 1, (double[]){0.25}, 1);
    expect_error(MODULES("vignete = true"), ORR_E_SCRIPT, "test.lua:2:", "'vignette'");
    expect_error(MODULES("vignette = { strenth = 1 }"), ORR_E_SCRIPT, "test.lua:2:", "strength");
    expect_error(MODULES("vignette = { strength = 2 }"), ORR_E_SCRIPT, "test.lua:2:", "strength");
    expect_error(MODULES("vignette = 1"), ORR_E_SCRIPT, "test.lua:2:", "true or false");
    /* The command line is the later word, also over an animation. */
    orr_overlay set[] = {{ORR_OVERLAY_SET, "vignette.strength=0.125"}, {ORR_OVERLAY_DISABLE, "vignette"}};
    r = run_with(MODULES("vignette = { strength = function(t) return t / 4 end }"),
                 &(orr_script_params){.overlays = set, .overlay_count = 2});
    if (r.status != ORR_OK) fail_msg("%s", r.err.message);
    assert_int_equal(orr_script_sequence(r.script)->track_count, 0);
    settings = orr_script_settings(r.script);
    assert_true(!settings->effects[at].enabled && settings->effects[at].values[0].number[0] == 0.125);
    orr_script_destroy(&r.script);
}

/* --- rigs ---------------------------------------------------------------------------------------- */

static void test_orbit(void **state) {
    (void)state;
    orr_rig *rig = NULL;
    orr_error err = {0};
    double p[3];
    orr_orbit_params params = {
        .center_m = {1, 2, 3}, .radius_m = 4, .height_m = 1, .start_deg = 180, .turns = 1, .duration_s = 8};
    assert_int_equal(orr_rig_orbit(&params, &rig, &err), ORR_OK);
    orr_rig_position(rig, 0, p);
    assert_true(fabs(p[0] - 1) < 1e-9 && p[1] == 3 && fabs(p[2] - 7) < 1e-9); /* in front: +Z */
    orr_rig_position(rig, 2, p); /* a quarter turn clockwise from the south: the west */
    assert_true(fabs(p[0] + 3) < 1e-9 && fabs(p[2] - 3) < 1e-9);
    double again[3];
    orr_rig_position(rig, 8, p);
    orr_rig_position(rig, 0, again);
    assert_memory_equal(p, again, sizeof p); /* a whole turn is exactly none */
    orr_rig_destroy(&rig);
    params.has_elevation = 1;
    params.elevation_deg = 30;
    assert_int_equal(orr_rig_orbit(&params, &rig, &err), ORR_OK);
    orr_rig_position(rig, 1, p);
    assert_true(fabs(p[1] - 4) < 1e-9 &&
                fabs(sqrt((p[0] - 1) * (p[0] - 1) + (p[1] - 2) * (p[1] - 2) + (p[2] - 3) * (p[2] - 3)) - 4) <
                    1e-9);
    orr_rig_destroy(&rig);
    params.radius_m = 0;
    assert_int_equal(orr_rig_orbit(&params, &rig, &err), ORR_E_ARGUMENT);
}

static double span(const double a[3], const double b[3]) {
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
                (a[2] - b[2]) * (a[2] - b[2]));
}

static void test_path(void **state) {
    (void)state;
    const double points[][3] = {{0, 0, 0}, {10, 0, 0}, {10, 5, -30}, {-20, 0, -30}, {-21, 0, -29}};
    orr_rig *rig = NULL;
    orr_error err = {0};
    for (uint32_t curve = 0; curve < 2; curve++) {
        orr_path_params params = {.points_m = points,
                                  .point_count = 5,
                                  .curve = curve,
                                  .duration_s = 10,
                                  .look_ahead_s = 1,
                                  .bank_deg = 20};
        assert_int_equal(orr_rig_path(&params, &rig, &err), ORR_OK);
        double a[3], b[3], step = orr_rig_length_m(rig) / 500;
        orr_rig_position(rig, 0, a);
        assert_true(span(a, points[0]) < 1e-9);
        orr_rig_position(rig, 10, b);
        assert_true(span(b, points[4]) < 1e-6);
        for (int i = 1; i <= 500;
             i++) { /* constant speed: chords can only be shorter, at bends of the linear one */
            orr_rig_position(rig, i / 50.0, b);
            double chord = span(a, b);
            if (chord > step * 1.001 || (curve == ORR_PATH_CATMULL_ROM && chord < step * 0.97))
                fail_msg("step %d is %g, not %g", i, chord, step);
            memcpy(a, b, sizeof a);
        }
        double most = 0;
        for (int i = 0; i <= 100; i++) most = fmax(most, fabs(orr_rig_roll_deg(rig, i / 10.0)));
        assert_true(most > 15 && most <= 20 + 1e-6);
        orr_rig_look_at(rig, 4, a);
        orr_rig_position(rig, 5, b);
        assert_true(span(a, b) < 1e-9);
        orr_rig_look_at(rig, 10, a); /* beyond the end: straight on */
        assert_true(span(a, points[4]) > 5);
        orr_rig_destroy(&rig);
    }
    const double twice[][3] = {{0, 0, 0}, {0, 0, 0}};
    assert_int_equal(
        orr_rig_path(&(orr_path_params){.points_m = twice, .point_count = 2, .duration_s = 1}, &rig, &err),
        ORR_E_ARGUMENT);
    assert_int_equal(orr_rig_path(
                         &(orr_path_params){
                             .points_m = points, .point_count = 5, .curve = ORR_PATH_BEZIER, .duration_s = 1},
                         &rig, &err),
                     ORR_E_ARGUMENT);
}

static bool hills(void *context, double x, double z, double *height) {
    (void)context;
    *height = 100 + 40 * sin(x / 7) * cos(z / 11);
    return fabs(x) < 900;
}

static void test_clearance(void **state) {
    (void)state;
    const double points[][3] = {{-800, 0, 0}, {0, 0, 200}, {1000, 0, -100}};
    orr_rig *rig = NULL;
    orr_error err = {0};
    orr_path_params params = {.points_m = points,
                              .point_count = 3,
                              .duration_s = 10,
                              .clearance_m = 25,
                              .flat = true,
                              .ground = hills};
    assert_int_equal(orr_rig_path(&params, &rig, &err), ORR_OK);
    for (int i = 0; i <= 1000; i++) {
        double p[3], ground;
        orr_rig_position(rig, i / 100.0, p);
        if (hills(NULL, p[0], p[2], &ground) && p[1] < ground + 24.5)
            fail_msg("at %d only %g m above the ground", i, p[1] - ground);
    }
    orr_rig_destroy(&rig);
    const double outside[][3] = {{2000, 0, 0}, {3000, 0, 0}};
    params.points_m = outside;
    params.point_count = 2;
    assert_int_equal(orr_rig_path(&params, &rig, &err), ORR_E_ARGUMENT);
}

/* --- manifests ----------------------------------------------------------------------------------- */

#define MANIFEST(more) "return { name = 'm', abi = 1, version = '1.0', doc = 'd', " more " }"
#define PARAM(more)    MANIFEST("params = { { name = 'p', type = 'f32', def = 0.5, doc = 'd', " more " } }")

static void bad_manifest(const char *text, const char *part) {
    orr_arena arena = {0};
    orr_module_desc module;
    orr_error err = {0};
    orr_status status = orr_manifest_read(text, strlen(text), "m.lua", &arena, &module, &err);
    if (status != ORR_E_BAD_DATA || strncmp(err.message, "m.lua", 5) != 0 || !strstr(err.message, part))
        fail_msg("%d '%s' for %s", status, err.message, text);
    orr_arena_free(&arena);
}

static void test_manifest(void **state) {
    (void)state;
    orr_arena arena = {0};
    orr_module_desc module;
    orr_error err = {0};
    const char *good = MANIFEST(
        "params = { { name = 'p', type = 'vec3', def = {1, 0.5, 0}, min = 0, choices "
        "= nil, doc = 'd', rebuild = 'spec' },"
        "{ name = 'q', type = 'enum', def = 'a', choices = {'a', 'b'}, doc = 'd', used_when = 'r=true' } },"
        "passes = { { name = 'main', stage = 'lens', shader = 'm.comp', size_of = "
        "'ldr', scale_log2 = -1, pointwise = true,"
        "binds = { {'ldr', 'modify'}, {'depth', 'read', at = 'sky'} } } }");
    assert_int_equal(orr_manifest_read(good, strlen(good), "m.lua", &arena, &module, &err), ORR_OK);
    assert_string_equal(module.name, "m");
    assert_int_equal(module.struct_size, sizeof module);
    assert_int_equal(module.abi_major, 1);
    assert_int_equal(module.param_count, 2);
    assert_string_equal(module.params[0].def, "1 0.5 0");
    assert_string_equal(module.params[0].min, "0");
    assert_int_equal(module.params[0].rebuild, ORR_REBUILD_SPEC);
    assert_string_equal(module.params[1].choices, "a|b");
    assert_string_equal(module.params[1].used_when, "r=true");
    assert_null(module.params[0].used_when);
    assert_int_equal(module.pass_count, 1);
    assert_int_equal(module.passes[0].scale_log2, -1);
    assert_int_equal(module.passes[0].bind_count, 2);
    assert_string_equal(module.passes[0].binds[1].channel, "depth");
    assert_string_equal(module.passes[0].binds[1].at, "sky");
    orr_arena_free(&arena);

    bad_manifest("return 5", "one table");
    bad_manifest("return {", "eof");
    bad_manifest("\033LJ\002", "mode");
    bad_manifest("return { name = os.getenv('HOME') }", "os");
    bad_manifest("local s = ('x'):rep(10) return { name = s }", "index");
    bad_manifest("while true do end", "instructions");
    bad_manifest("local t = {} while true do t = {t} end", "");
    bad_manifest("local s = 'x' while true do s = s .. s end", "");
    bad_manifest("return { name = 'm', abi = 2, doc = 'd' }", "abi = 2");
    bad_manifest("return { name = 'm', doc = 'd' }", "abi");
    bad_manifest(MANIFEST("nme = 1"), "unknown key 'nme'");
    bad_manifest(PARAM("mni = 1"), "params[1]");
    bad_manifest(PARAM("min = {'x'}"), "finite numbers");
    bad_manifest(PARAM("min = 0/0"), "finite numbers");
    bad_manifest(PARAM("rebuild = 'never'"), "'spec'");
    bad_manifest(PARAM("group = 3"), "must be a string");
    bad_manifest(MANIFEST("params = { { name = 'p', type = 'f23', doc = 'd' } }"), "f23");
    bad_manifest(MANIFEST("params = { p = { } }"), "list");
    bad_manifest(MANIFEST("params = { 3 }"), "params[1]");
    bad_manifest(MANIFEST("passes = { { name = 'a', stage = 'lens', shader = 'x', binds = { {'ldr'} } } }"),
                 "passes[1].binds[1]");
    bad_manifest(MANIFEST("passes = { { name = 'a', stage = 'lens', shader = 'x', scale_log2 = 0.5 } }"),
                 "whole number");
}

/* --- atmospheres ---------------------------------------------------------------------------------- */

/* A row of the only atmosphere that a script made. */
static double air(const char *text, const char *row) {
    run r = run_with(text, NULL);
    if (r.status != ORR_OK) fail_msg("%s\n--- in\n%s", r.err.message, text);
    orr_node node = {0};
    orr_param_value value;
    assert_true(orr_scene_next(r.script->scenes->scene, ORR_NODE_ATMOSPHERE, &node));
    assert_int_equal(
        orr_node_get(r.script->scenes->scene, node, orr_node_row(ORR_NODE_ATMOSPHERE, row), &value, &r.err),
        ORR_OK);
    orr_script_destroy(&r.script);
    return value.number[0];
}

static void put(const char *place, const char *name, const char *text);

#define AIR "orrery.scene():atmosphere"
static void test_atmospheres(void **state) {
    (void)state;
    assert_true(air(AIR "{ preset = 'mars' }", "planet_radius_km") == 3389.5);
    assert_true(air(AIR "{ preset = 'mars', planet_radius_km = 3000 }", "planet_radius_km") ==
                3000); /* rows win */
    assert_true(air("local a = " AIR "{ preset = 'mars' } a:set{ preset = 'hazy' }", "mie_g") == 0.7);
    assert_true(air(AIR "{ preset = 'high_altitude' }", "altitude_m") == 4205);
    assert_true(air(AIR "{ preset = 'clear' }", "turbidity") == 0.5);
    /* `earth` is what the rows say anyway. */
    const orr_param_table *table = orr_node_table(ORR_NODE_ATMOSPHERE);
    run r = run_with(AIR "{ preset = 'earth' }", NULL);
    orr_node node = {0};
    assert_true(r.status == ORR_OK && orr_scene_next(r.script->scenes->scene, ORR_NODE_ATMOSPHERE, &node));
    for (uint32_t i = 0; i < table->count; i++) {
        orr_param_value value, usual;
        assert_int_equal(orr_node_get(r.script->scenes->scene, node, i, &value, &r.err), ORR_OK);
        assert_int_equal(orr_param_default(&table->rows[i], &usual, &r.err), ORR_OK);
        for (int k = 0; k < 3; k++)
            if ((float)value.number[k] != (float)usual.number[k]) /* as they are kept */
                fail_msg("earth.preset has another %s", table->rows[i].name);
    }
    orr_script_destroy(&r.script);
    /* One beside the script comes first. */
    static const struct {
        const char *text, *part;
    } bad[] = {{"turbidity = 3\n\nturbdity = 4", "hazy.preset:3: atmosphere has no parameter 'turbdity'"},
               {"turbidity = 65", "hazy.preset:1: 'turbidity' must lie between 0 and 64, not 65"},
               {"mie_g = nan", "hazy.preset:1: 'mie_g'"},
               {"mie_g = 0\nmie_g = 0", "hazy.preset:2: 'mie_g' is given a second time"},
               {"preset = earth", "hazy.preset:1: 'preset' cannot be given by a preset"},
               {"turbidity", "hazy.preset:1: a line is 'name = value'"}};
    put(".", "hazy.preset", "# mine\nturbidity = 3\n");
    assert_true(air(AIR "{ preset = 'hazy' }", "turbidity") == 3);
    assert_true(air(AIR "{ preset = 'hazy.preset' }", "mie_g") == 0.8);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put(".", "hazy.preset", bad[i].text);
        r = run_with(AIR "{ preset = 'hazy' }", NULL);
        if (r.status == ORR_OK || !strstr(r.err.message, bad[i].part)) fail_msg("%s", r.err.message);
        orr_script_destroy(&r.script);
    }
    orr_file_remove("hazy.preset");
    expect_error(AIR "{ preset = 'venus' }", ORR_E_NOT_FOUND,
                 "test.lua:1: scene:atmosphere: preset: there is no",
                 "'venus': there are clear, earth, hazy, high_altitude, mars");
    expect_error(AIR "{ preset = function(t) return 'mars' end }", ORR_E_SCRIPT, "test.lua:1:", "preset");
}

/* --- pixels of a frame ----------------------------------------------------------------------------- */

#define LOOK                                                                                                 \
    "local scene = orrery.scene() scene:environment{ source = 'constant', luminance_nit = 3000 }\n"          \
    "local camera = scene:camera{ position_m = {0, 0, 5} }\n"                                                \
    "scene:mesh{ shape = orrery.box{ size_m = {1, 1, 2} } }\n"                                               \
    "local shot = orrery.sequence{ scene = scene, camera = camera, frames = 3, size = {32, 18}, samples = "  \
    "1, "                                                                                                    \
    "modules = { exposure = { mode = 'manual', ev = function(t) return 12 + t end } } }\n"

/* What a script of `orrery run` sees: nit, whatever the exposure, and metres. */
static void test_pixels(void **state) {
    (void)state;
    run r = run_with(
        LOOK "for number = 0, 2 do\n"
             "  local report = orrery.render{ sequence = shot, frame = number, pixels = {'beauty', 'Z'} }\n"
             "  local frame = report.frame\n"
             "  assert(report.rendered == 1 and frame.number == number and frame.width == 32)\n"
             "  local r, g, b, a = frame:pixel(0, 0, 'beauty')\n"
             "  assert(math.abs(r / 3000 - 1) < 1e-3 and r == g and g == b and a == 0)\n"
             "  assert(math.abs(frame:pixel(16, 9, 'Z') - 4) < 1e-3)\n"
             "  assert(not pcall(frame.pixel, frame, 0, 0))\n"
             "  assert(math.abs(frame.ev100 - 12 - number / 24) < 1e-6)\n"
             "end",
        NULL);
    if (r.status == ORR_E_NO_DEVICE)
        print_message("skipped: no device to render with\n");
    else if (r.status != ORR_OK)
        fail_msg("%s", r.err.message);
    orr_script_destroy(&r.script);
    expect_error(LOOK "orrery.render{ sequence = shot }", ORR_E_SCRIPT, "test.lua:5:", "needs 'out'");
    expect_error(LOOK "orrery.render{ sequence = shot, frames = '0-1', pixels = {'Z'} }", ORR_E_SCRIPT,
                 "test.lua:5:", "of one frame");
    expect_error(LOOK "orrery.render{ sequence = shot, pixels = {'depth'} }", ORR_E_SCRIPT,
                 "test.lua:5:", "no AOV 'depth'");
    expect_error(LOOK "orrery.render{ sequence = shot, pixels = {'Z'}, aovs = 'depth' }", ORR_E_SCRIPT,
                 "test.lua:5:", "channels of a file");
}

/* --- the reference ------------------------------------------------------------------------------- */

static void test_api_texts(void **state) {
    (void)state;
    orr_text json = {0}, stubs = {0}, markdown = {0};
    orr_api_json(&json);
    orr_api_stubs(&stubs);
    orr_api_markdown(&markdown);
    assert_false(json.failed || stubs.failed || markdown.failed);
    for (uint32_t i = 0; i < orr_api_count(); i++) {
        char wanted[128];
        snprintf(wanted, sizeof wanted, "\"name\": \"%s\"", orr_api_name(i));
        if (!strstr(orr_text_cstr(&json), wanted)) fail_msg("no %s in the JSON", orr_api_name(i));
        snprintf(wanted, sizeof wanted, "### `%s", orr_api_name(i));
        if (!strstr(orr_text_cstr(&markdown), wanted)) fail_msg("no %s in the reference", orr_api_name(i));
    }
    /* The stubs are Lua. */
    lua_State *L = luaL_newstate();
    if (luaL_loadstring(L, orr_text_cstr(&stubs)) != 0) fail_msg("%s", lua_tostring(L, -1));
    lua_close(L);
    orr_text_free(&json);
    orr_text_free(&stubs);
    orr_text_free(&markdown);
}

static void test_examples(void **state) {
    (void)state;
    for (uint32_t i = 0; i < orr_api_count(); i++) {
        run r = run_with(orr_api_example(i), NULL);
        if (r.status == ORR_E_NO_DEVICE)
            print_message("skipped: the example of %s needs a device\n", orr_api_name(i));
        else if (r.status != ORR_OK)
            fail_msg("the example of %s: %s\n%s", orr_api_name(i), r.err.message, orr_api_example(i));
        orr_script_destroy(&r.script);
    }
}

/* --- life ---------------------------------------------------------------------------------------- */

static char folder[64] = "/tmp/orrery-script-XXXXXX";

static int start(void **state) {
    (void)state;
    orr_error err = {0};
    if (!mkdtemp(folder) || chdir(folder) != 0) return -1; /* examples write files */
    orr_status status =
        orr_engine_create(&(orr_engine_params){.app = "test", .cache_folder = ""}, &engine, &err);
    if (status == ORR_OK) status = orr_manifests_load(engine, &err);
    if (status != ORR_OK) print_message("%s\n", err.message);
    return status == ORR_OK ? 0 : -1;
}

static int finish_tests(void **state) {
    (void)state;
    keep_drivers();
    orr_engine_destroy(&engine);
    const char *const files[] = {"ball.png", "sky.png"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) orr_file_remove(files[i]);
    return chdir("/") != 0 || rmdir(folder) != 0 ? 0 : 0; /* a file left over is no failure */
}

/* --- what a script reads --------------------------------------------------------------------------- */

static void put(const char *place, const char *name, const char *text) {
    char path[512];
    orr_path_join(path, sizeof path, place, name);
    assert_int_equal(orr_file_write(path, text, strlen(text), NULL), ORR_OK);
}

/* Runs main.lua of a place in an engine of its own; how often the engine was told of `name` being read. */
static uint32_t told(const char *place, const char *name, orr_read_kind kind, char digest[65]) {
    const orr_engine_params params = {.app = "reads", .cache_folder = "", .record_reads = true};
    orr_engine *own = NULL;
    orr_script *script = NULL;
    orr_error err = {0};
    const orr_read *list = NULL;
    uint32_t count = 0, found = 0;
    char path[512], real[512];
    if (orr_engine_create(&params, &own, &err) || orr_manifests_load(own, &err)) fail_msg("%s", err.message);
    assert_int_equal(orr_script_create(&(orr_script_params){.engine = own}, &script, &err), ORR_OK);
    orr_path_join(path, sizeof path, place, "main.lua");
    if (orr_script_run(script, path, &err)) fail_msg("%s", err.message);
    orr_script_digest(script, digest);
    assert_int_equal(orr_reads_list(orr_engine_reads(own), &list, &count, &err), ORR_OK);
    orr_path_join(path, sizeof path, place, name);
    if (!orr_path_real(path, real, sizeof real)) snprintf(real, sizeof real, "%s", path);
    for (uint32_t i = 0; i < count; i++) found += list[i].kind == kind && strcmp(list[i].path, real) == 0;
    orr_script_destroy(&script);
    orr_engine_destroy(&own);
    return found;
}

/* Every file that a script reads is told of, and makes its digest another when it changes: what --resume goes
 * by. */
static void test_reads(void **state) {
    (void)state;
    char place[] = "/tmp/orrery-reads-XXXXXX", main[1024], digest[65], again[65], hex[65];
    static const struct {
        const char *name;
        orr_read_kind kind;
    } files[] = {{"main.lua", ORR_READ_SCRIPT},    {"part.lua", ORR_READ_SCRIPT},
                 {"piece.lua", ORR_READ_SCRIPT},   {"chunk.lua", ORR_READ_SCRIPT},
                 {"look.preset", ORR_READ_PRESET}, {"opened.txt", ORR_READ_OTHER},
                 {"lines.txt", ORR_READ_OTHER},    {"input.txt", ORR_READ_OTHER},
                 {"late.txt", ORR_READ_OTHER},     {"both.txt", ORR_READ_OTHER}};
    assert_non_null(mkdtemp(place));
    for (size_t i = 1; i < sizeof files / sizeof files[0]; i++)
        put(place, files[i].name, files[i].kind == ORR_READ_SCRIPT ? "return 1" : "");
    snprintf(main, sizeof main,
             "local at = '%s/'\nrequire 'part' dofile 'piece.lua' loadfile 'chunk.lua'\n"
             "io.open(at .. 'opened.txt'):read() for line in io.lines(at .. 'lines.txt') do end\n"
             "io.input(at .. 'input.txt') io.close(io.input()) io.open(at .. 'none.txt')\n"
             "io.open(at .. 'written.txt', 'w'):close() io.open(at .. 'more.txt', 'a'):close()\n"
             "io.open(at .. 'both.txt', 'a+'):close()\n" SCENE
             "scene:mesh{ shape = orrery.box{}, position_m = function(t) io.open(at .. 'late.txt'):close() "
             "return 0, 0, 0 end }\n"
             "return orrery.sequence{ scene = scene, camera = camera, frames = 2, preset = 'look.preset' }",
             place);
    put(place, "main.lua", main);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (told(place, files[i].name, files[i].kind, digest) != 1)
            fail_msg("%s is not told of", files[i].name);
        (void)told(place, files[i].name, files[i].kind, again);
        assert_string_equal(digest, again);
        orr_text text = {0};
        orr_text_printf(&text, "%s%s", i ? "" : main, files[i].kind == ORR_READ_SCRIPT ? " -- " : "# ");
        put(place, files[i].name, files[i].kind == ORR_READ_SCRIPT && i ? "return 2" : orr_text_cstr(&text));
        orr_text_free(&text);
        (void)told(place, files[i].name, files[i].kind, again);
        if (strcmp(digest, again) == 0) fail_msg("%s is not in the digest", files[i].name);
    }
    assert_int_equal(told(place, "written.txt", ORR_READ_OTHER, hex), 0);
    assert_int_equal(told(place, "more.txt", ORR_READ_OTHER, hex), 0);
    assert_int_equal(told(place, "none.txt", ORR_READ_OTHER, digest), 0);
    put(place, "none.txt", ""); /* a file that was looked for, and comes to be */
    assert_int_equal(told(place, "none.txt", ORR_READ_OTHER, hex), 1);
    assert_string_not_equal(hex, digest);
    const char *argv[] = {"rm", "-rf", place, NULL};
    int code = 0;
    assert_int_equal(orr_process_run(argv, &code, NULL), ORR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_rows_alone), cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_clock),      cmocka_unit_test(test_errors),
        cmocka_unit_test(test_timeout),    cmocka_unit_test(test_params),
        cmocka_unit_test(test_help),       cmocka_unit_test(test_tracks),
        cmocka_unit_test(test_purity),     cmocka_unit_test(test_modules_of_a_sequence),
        cmocka_unit_test(test_orbit),      cmocka_unit_test(test_path),
        cmocka_unit_test(test_clearance),  cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_api_texts),  cmocka_unit_test(test_examples),
        cmocka_unit_test(test_reads),      cmocka_unit_test(test_atmospheres),
        cmocka_unit_test(test_pixels),
    };
    return cmocka_run_group_tests(tests, start, finish_tests);
}
