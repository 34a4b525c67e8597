/* orrery.check: what a regression scene asks for, as plain data, and running its `expect`. */
#include "script/private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LIST = 256, MAX_FRAMES = 4096, MAX_TEXT = 4096 }; /* frames: what a golden may have */
static const int64_t MAX_FRAME = 10000000;

static void *make(orr_call *call, size_t count, size_t size) {
    void *memory = orr_arena_alloc(&call->script->arena, count ? count : 1, size);
    if (!memory) orr_bind_fail(call, ORR_E_MEMORY, "no memory for orrery.check");
    return memory;
}

static const char *keep(orr_call *call, const char *text) {
    char *copy = orr_arena_strdup(&call->script->arena, text);
    if (!copy) orr_bind_fail(call, ORR_E_MEMORY, "no memory for orrery.check");
    return copy;
}

/* A list's length: a table of items 1 to n and nothing else. */
static uint32_t list_length(orr_call *call, int index, const char *what) {
    lua_State *L = call->L;
    if (!lua_istable(L, index))
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: %s is a list { … }, not a %s", call->row->name, what,
                      luaL_typename(L, index));
    int keys = orr_bind_sorted_keys(L, index);
    lua_pop(L, 1);
    size_t length = lua_objlen(L, index);
    if ((size_t)keys != length)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: %s is a list { … } without names", call->row->name, what);
    if (length > MAX_LIST)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: %s has more than %d items", call->row->name, what, MAX_LIST);
    return (uint32_t)length;
}

/* A finite number from `min` to `max` at `index`. */
static double number_at(orr_call *call, int index, const char *what, double min, double max) {
    double value = lua_type(call->L, index) == LUA_TNUMBER ? lua_tonumber(call->L, index) : NAN;
    if (!(value >= min && value <= max))
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: %s is a number from %g to %g", what, min, max);
    return value;
}

static const char *text_at(orr_call *call, int index, const char *what) {
    size_t length = 0;
    const char *text =
        lua_type(call->L, index) == LUA_TSTRING ? lua_tolstring(call->L, index, &length) : NULL;
    if (!text || length > MAX_TEXT || strlen(text) != length)
        orr_bind_fail(call, ORR_E_SCRIPT, "%s: %s is a text", call->row->name, what);
    return keep(call, text);
}

/* --- frames, size, tags -------------------------------------------------------------------------- */

static int64_t frame_at(orr_call *call, int index) {
    double frame = number_at(call, index, "a frame", (double)-MAX_FRAME, (double)MAX_FRAME);
    if (frame - floor(frame) != 0)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: frame %g is not a whole number", frame);
    return (int64_t)frame;
}

static void read_frames(orr_call *call, orr_check_spec *spec) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, "frames");
    if (!index) return;
    int64_t *frames = NULL;
    if (lua_type(L, index) == LUA_TSTRING) {
        orr_error err = {0};
        int64_t *list = NULL;
        if (orr_frames_parse(lua_tostring(L, index), -MAX_FRAME, 2 * MAX_FRAME, &list, &spec->frame_count,
                             &err) != ORR_OK)
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: frames: %s", err.message);
        if (spec->frame_count > MAX_FRAMES) {
            free(list);
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: frames: %u frames are more than %d",
                          spec->frame_count, MAX_FRAMES);
        }
        frames = orr_arena_alloc(&call->script->arena, spec->frame_count, sizeof *frames);
        if (frames) memcpy(frames, list, spec->frame_count * sizeof *frames);
        free(list);
        if (!frames) orr_bind_fail(call, ORR_E_MEMORY, "no memory for orrery.check");
    } else if (lua_type(L, index) == LUA_TNUMBER) {
        frames = make(call, 1, sizeof *frames);
        frames[spec->frame_count++] = frame_at(call, index);
    } else {
        uint32_t count = list_length(call, index, "frames");
        frames = make(call, count, sizeof *frames);
        for (uint32_t i = 0; i < count; i++) {
            lua_rawgeti(L, index, (int)i + 1);
            frames[spec->frame_count++] = frame_at(call, lua_gettop(L));
            lua_pop(L, 1);
        }
    }
    if (!spec->frame_count) orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: frames names no frame");
    for (uint32_t i = 0; i < spec->frame_count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (frames[i] == frames[k])
                orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: frame %lld is named twice",
                              (long long)frames[i]);
    spec->frames = frames;
}

static void read_size(orr_call *call, orr_check_spec *spec) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, "size");
    if (!index) return;
    if (list_length(call, index, "size") != 2)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: size is {width, height}");
    uint32_t *sides[2] = {&spec->width, &spec->height};
    for (int i = 0; i < 2; i++) {
        lua_rawgeti(L, index, i + 1);
        double side = number_at(call, lua_gettop(L), "a side of size", 1, 65536);
        if (side - floor(side) != 0)
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: a side of size is a whole number, not %g", side);
        *sides[i] = (uint32_t)side;
        lua_pop(L, 1);
    }
}

static void read_tags(orr_call *call, orr_check_spec *spec) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, "tags");
    if (!index) return;
    uint32_t count = list_length(call, index, "tags");
    const char **tags = make(call, count, sizeof *tags);
    for (uint32_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (int)i + 1);
        tags[i] = text_at(call, lua_gettop(L), "a tag");
        if (!tags[i][0] || strpbrk(tags[i], " ,\t\n"))
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: a tag is one word, not '%s'", tags[i]);
        lua_pop(L, 1);
    }
    spec->tags = tags;
    spec->tag_count = count;
}

/* --- AOVs and tolerances -------------------------------------------------------------------------- */

static const char *aov_name(const void *context, size_t i) {
    (void)context;
    return orr_check_aov_name((orr_check_aov)i);
}

static orr_check_aov aov_named(orr_call *call, const char *name, const char *what) {
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++)
        if (!strcmp(name, orr_check_aov_name((orr_check_aov)aov))) return (orr_check_aov)aov;
    const char *near = orr_nearest_name(name, ORR_CHECK_AOV_COUNT, aov_name, NULL);
    orr_bind_fail(call, ORR_E_SCRIPT, "%s: %s: there is no AOV '%s'%s%s%s", call->row->name, what, name,
                  near ? ": did you mean '" : "; there are Z, N, albedo, id, beauty and display",
                  near ? near : "", near ? "'?" : "");
}

void orr_read_aovs(orr_call *call, const char *option, bool aovs[ORR_CHECK_AOV_COUNT]) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, option);
    uint32_t count = index ? list_length(call, index, option) : 0;
    for (uint32_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (int)i + 1);
        aovs[aov_named(call, text_at(call, lua_gettop(L), "an AOV"), option)] = true;
        lua_pop(L, 1);
    }
    if (!count) aovs[ORR_CHECK_DISPLAY] = true;
}

/* Reads bound `name` of the table on the stack; negative when it is not there. */
static double read_bound(orr_call *call, int table, const char *aov, const char *name, double max) {
    lua_State *L = call->L;
    double bound = -1;
    lua_getfield(L, table, name);
    if (!lua_isnil(L, -1)) {
        char what[64];
        orr_format(what, sizeof what, "tolerance.%s.%s", aov, name);
        bound = number_at(call, lua_gettop(L), what, 0, max);
    }
    lua_pop(L, 1);
    return bound;
}

static void read_bounds(orr_call *call, orr_check_aov aov, orr_check_tolerance *t) {
    static const char *const picture[] = {"flip", "max", "psnr_db", "ssim", "ulp", "differing", NULL},
                             *const numbers[] = {"max", "ulp", "differing", NULL},
                             *const id[] = {"differing", NULL};
    int table = lua_gettop(call->L);
    const char *name = orr_check_aov_name(aov);
    char what[64];
    orr_format(what, sizeof what, "tolerance.%s", name);
    orr_bind_check_keys(call, table, what,
                        aov == ORR_CHECK_ID                        ? id
                        : aov == ORR_CHECK_Z || aov == ORR_CHECK_N ? numbers
                                                                   : picture);
    t->flip = read_bound(call, table, name, "flip", 1);
    t->max = read_bound(call, table, name, "max", 1e30);
    t->psnr_db = read_bound(call, table, name, "psnr_db", 1000);
    t->ssim = read_bound(call, table, name, "ssim", 1);
    t->ulp = read_bound(call, table, name, "ulp", 4294967295.0);
    t->differing = read_bound(call, table, name, "differing", 1);
    t->given =
        t->flip >= 0 || t->max >= 0 || t->psnr_db >= 0 || t->ssim >= 0 || t->ulp >= 0 || t->differing >= 0;
    if (!t->given)
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "orrery.check: tolerance.%s bounds nothing: leave it out to have it exact", name);
}

static void read_tolerances(orr_call *call, orr_check_spec *spec) {
    lua_State *L = call->L;
    for (int aov = 0; aov < ORR_CHECK_AOV_COUNT; aov++)
        spec->tolerances[aov] = (orr_check_tolerance){
            .flip = -1, .max = -1, .psnr_db = -1, .ssim = -1, .ulp = -1, .differing = -1};
    int index = orr_call_extra(call, "tolerance");
    if (!index) return;
    int count = orr_bind_sorted_keys(L, index), keys = lua_gettop(L);
    for (int k = 1; k <= count; k++) {
        lua_rawgeti(L, keys, k);
        const char *name = text_at(call, lua_gettop(L), "the name of an AOV in tolerance");
        orr_check_aov aov = aov_named(call, name, "tolerance");
        orr_check_tolerance *t = &spec->tolerances[aov];
        if (!spec->aovs[aov])
            orr_bind_fail(call, ORR_E_SCRIPT,
                          "orrery.check: tolerance.%s: that AOV is not captured; name it in aovs", name);
        lua_getfield(L, index, name);
        if (lua_istable(L, -1))
            read_bounds(call, aov, t);
        else if (lua_type(L, -1) == LUA_TSTRING && !strcmp(lua_tostring(L, -1), "exact"))
            t->given = t->exact = true;
        else if (lua_isboolean(L, -1) && !lua_toboolean(L, -1))
            t->ignored = true;
        else
            orr_bind_fail(
                call, ORR_E_SCRIPT,
                "orrery.check: tolerance.%s is { flip = … }, \"exact\", or false (for expect alone)", name);
        lua_settop(L, keys);
    }
    lua_pop(L, 1);
}

/* --- budgets, faults, data ------------------------------------------------------------------------ */

/* Adds the numbers of the table at `index` to the budgets, but for the one called `other` (may be NULL). */
static void read_limits(orr_call *call, orr_check_spec *spec, orr_check_budget *budgets, int index,
                        const char *other) {
    lua_State *L = call->L;
    int count = orr_bind_sorted_keys(L, index), keys = lua_gettop(L);
    for (int k = 1; k <= count; k++) {
        lua_rawgeti(L, keys, k);
        const char *name = text_at(call, lua_gettop(L), "the name of a budget");
        lua_getfield(L, index, name);
        if (!other || strcmp(name, other) != 0) {
            char what[128];
            orr_format(what, sizeof what, "budget '%.80s'", name);
            if (spec->budget_count == MAX_LIST)
                orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: more than %d budgets", MAX_LIST);
            budgets[spec->budget_count++] =
                (orr_check_budget){name, number_at(call, lua_gettop(L), what, 1e-6, 1e9)};
        }
        lua_settop(L, keys);
    }
    lua_pop(L, 1);
}

static void read_budgets(orr_call *call, orr_check_spec *spec) {
    static const char *const known[] = {"gpu_ms", "memory_mib", "passes", NULL};
    lua_State *L = call->L;
    int index = orr_call_extra(call, "budget");
    if (!index) return;
    orr_bind_check_keys(call, index, "budget", known);
    orr_check_budget *budgets = make(call, MAX_LIST, sizeof *budgets);
    read_limits(call, spec, budgets, index, "passes");
    lua_getfield(L, index, "passes");
    if (!lua_isnil(L, -1)) {
        if (!lua_istable(L, -1))
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: budget.passes is { lighting = 2.5 }, in ms");
        read_limits(call, spec, budgets, lua_gettop(L), NULL);
    }
    lua_pop(L, 1);
    spec->budgets = budgets;
}

static const char *field_text(orr_call *call, int table, const char *name, bool required) {
    lua_State *L = call->L;
    const char *text = NULL;
    lua_getfield(L, table, name);
    if (!lua_isnil(L, -1))
        text = text_at(call, lua_gettop(L), name);
    else if (required)
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: an item of mutate needs '%s'", name);
    lua_pop(L, 1);
    return text;
}

static void read_mutations(orr_call *call, orr_check_spec *spec) {
    static const char *const known[] = {"file", "find", "replace", "name", NULL};
    lua_State *L = call->L;
    int index = orr_call_extra(call, "mutate");
    if (!index) return;
    uint32_t count = list_length(call, index, "mutate");
    orr_check_mutation *list = make(call, count, sizeof *list);
    for (uint32_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (int)i + 1);
        int item = lua_gettop(L);
        if (!lua_istable(L, item))
            orr_bind_fail(call, ORR_E_SCRIPT,
                          "orrery.check: an item of mutate is { file = …, find = …, replace = … }");
        orr_bind_check_keys(call, item, "an item of mutate", known);
        orr_check_mutation *m = &list[i];
        m->file = field_text(call, item, "file", true);
        m->find = field_text(call, item, "find", true);
        m->replace = field_text(call, item, "replace", true);
        m->name = field_text(call, item, "name", false);
        if (!m->find[0] || !strcmp(m->find, m->replace))
            orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: an item of mutate of %s changes nothing",
                          m->file);
        if (!m->name) {
            char name[300];
            orr_format(name, sizeof name, "%.80s: %.100s -> %.100s", m->file, m->find, m->replace);
            m->name = keep(call, name);
        }
        lua_pop(L, 1);
    }
    spec->mutations = list;
    spec->mutation_count = count;
}

/* Sets a parameter to its file, unless the command line says otherwise. */
static void set_data(orr_call *call, const orr_check_data *data) {
    orr_script *script = call->script;
    char path[2048];
    if (orr_param_find(&script->table, data->parameter) >= 0)
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "orrery.check: data names '%s', which is declared already: put orrery.check above it",
                      data->parameter);
    if (!script->params.checking) return;
    for (uint32_t i = 0; i < script->override_count; i++)
        if (!strcmp(script->overrides[i].name, data->parameter)) return;
    if (!script->params.data_folder) {
        script->check->spec.data_missing = true;
        return;
    }
    orr_script_override *list = make(call, script->override_count + 1, sizeof *list);
    if (script->override_count) memcpy(list, script->overrides, sizeof *list * script->override_count);
    orr_path_join(path, sizeof path, script->params.data_folder, data->file);
    list[script->override_count++] = (orr_script_override){.name = data->parameter,
                                                           .text = keep(call, path),
                                                           .where = "orrery.check: data",
                                                           .wrong = ORR_E_SCRIPT};
    script->overrides = list;
}

static void read_data(orr_call *call, orr_check_spec *spec) {
    lua_State *L = call->L;
    int index = orr_call_extra(call, "data");
    if (!index) return;
    int count = orr_bind_sorted_keys(L, index), keys = lua_gettop(L);
    orr_check_data *list = make(call, (size_t)count, sizeof *list);
    for (int k = 1; k <= count; k++) {
        lua_rawgeti(L, keys, k);
        list[k - 1].parameter = text_at(call, lua_gettop(L), "the name of a parameter in data");
        lua_getfield(L, index, list[k - 1].parameter);
        list[k - 1].file = text_at(call, lua_gettop(L), "a file of data");
        lua_settop(L, keys);
        set_data(call, &list[k - 1]);
    }
    lua_pop(L, 1);
    spec->data = list;
    spec->data_count = (uint32_t)count;
}

/* --- expect ---------------------------------------------------------------------------------------- */

typedef struct expectation {
    orr_script *script;
    const orr_check_frame *frame;
} expectation;

/* Argument: the expectation. Runs under orr_script_call, so whatever fails here is caught there. */
static int call_expect(lua_State *L) {
    const expectation *e = lua_touserdata(L, 1);
    orr_error err = {0};
    orr_call call = {.L = L, .script = e->script};
    lua_settop(L, 0);
    lua_rawgeti(L, LUA_REGISTRYINDEX, e->script->check->expect);
    orr_lua_frame *object = orr_bind_new(&call, &orr_class_frame);
    if (orr_lua_frame_fill(object, e->frame, &err) != ORR_OK) orr_bind_throw(L, "%s", err.message);
    lua_call(L, 1, 0);
    return 0;
}

/* "lights.lua:31" of the function itself: for errors that say no line. */
static void where_declared(orr_script *script, char *out, size_t size) {
    lua_Debug at = {0};
    lua_rawgeti(script->L, LUA_REGISTRYINDEX, script->check->expect);
    lua_getinfo(script->L, ">S", &at);
    orr_format(out, size, "%s:%d: ", at.source && at.source[0] == '@' ? at.source + 1 : at.short_src,
               at.linedefined);
}

static bool says_line(const char *message) {
    for (const char *c = message; (c = strchr(c, ':')); c++)
        if (c[1] >= '0' && c[1] <= '9') return true;
    return false;
}

static orr_status run_expect(void *context, const orr_check_frame *frame, orr_text *failures,
                             orr_error *err) {
    orr_script *script = context;
    orr_error own = {0};
    expectation e = {script, frame};
    if (!lua_checkstack(script->L, 8)) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for `expect`");
    script->check->failures = failures;
    lua_pushcfunction(script->L, call_expect);
    lua_pushlightuserdata(script->L, &e);
    orr_status status = orr_script_call(script, 1, 0, &own);
    script->check->failures = NULL;
    lua_gc(script->L, LUA_GCCOLLECT, 0); /* frames own pixels that Lua does not count */
    if (status == ORR_OK) return ORR_OK;
    if (status == ORR_E_MEMORY || status == ORR_E_SCRIPT_TIMEOUT || status == ORR_E_INTERRUPTED)
        return orr_fail(err, status, NULL, "expect: %s", own.message);
    char where[600] = "";
    if (!says_line(own.message)) where_declared(script, where, sizeof where);
    orr_text_puts(failures, where);
    for (const char *c = own.message; *c; c++) orr_text_append(failures, *c == '\n' ? " " : c, 1);
    orr_text_puts(failures, "\n");
    return ORR_OK;
}

/* --- the declaration ------------------------------------------------------------------------------- */

static void check_once(orr_call *call) {
    if (call->script->check) orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check is declared twice");
    if (call->script->built)
        orr_bind_fail(call, ORR_E_SCRIPT,
                      "orrery.check comes first, above what builds or loads, like orrery.param");
}

static int check(orr_call *call) {
    orr_script *script = call->script;
    check_once(call);
    orr_script_check_state *state = make(call, 1, sizeof *state);
    orr_check_spec *spec = &state->spec;
    script->check = state;
    read_frames(call, spec);
    read_size(call, spec);
    read_tags(call, spec);
    orr_read_aovs(call, "aovs", spec->aovs);
    read_tolerances(call, spec);
    read_budgets(call, spec);
    read_mutations(call, spec);
    spec->samples = (uint32_t)orr_call_number(call, "samples");
    spec->timeout_s = orr_call_number(call, "timeout_s");
    spec->memory_mib = orr_call_number(call, "memory_mib");
    const char *golden = orr_call_text(call, "golden");
    if (script->cage && orr_path_leaves(golden))
        orr_bind_fail(call, ORR_E_SCRIPT, "orrery.check: golden '%.200s' leads out of the script's folder",
                      golden);
    if (golden[0]) spec->golden = keep(call, golden);
    int expect = orr_call_extra(call, "expect");
    if (expect) {
        lua_pushvalue(call->L, expect);
        state->expect = luaL_ref(call->L, LUA_REGISTRYINDEX);
        spec->expect = run_expect;
        spec->expect_context = script;
    }
    if (!spec->golden && !spec->expect)
        orr_bind_fail(
            call, ORR_E_SCRIPT,
            "orrery.check checks nothing: give golden = \"golden/name\", expect = function(frame) … "
            "end, or both");
    read_data(call, spec);
    if (spec->data_missing && !script->params.help) { /* nothing more can come of this run */
        script->help_done = true;
        orr_bind_fail(call, ORR_E_CANCELLED, "no test data");
    }
    return 0;
}

/* clang-format off */
static const orr_param_row check_rows[] = {
    {.name = "golden", .type = ORR_PARAM_STRING, .def = "", .doc = "Folder of the golden pictures, seen from the script; `orrery check --update` writes it"},
    {.name = "samples", .type = ORR_PARAM_U32, .def = "0", .max = "65536", .doc = "Samples per pixel; 0: as the sequence says"},
    {.name = "timeout_s", .type = ORR_PARAM_F64, .def = "120", .min = "0.1", .max = "86400", .doc = "The scene is stopped, and has failed, after this long"},
    {.name = "memory_mib", .type = ORR_PARAM_F64, .def = "1024", .min = "128", .max = "1048576", .doc = "The scene is stopped, and has failed, when its process takes more"},
};
static const orr_lua_extra check_extras[] = {
    {"frames", "integer|integer[]|string", "Which frames: 3, {0, 7} or \"0-3,7\"; the first one when not given", false},
    {"aovs", "string[]", "What is captured: display, beauty, albedo, N, Z, id; display when not given", false},
    {"tolerance", "table", "How far an AOV may lie from its golden: { display = { flip =, max =, psnr_db =, ssim =, ulp =, differing = }, id = \"exact\" }; every bound given must hold, none is exact; false: captured for `expect` alone", false},
    {"expect", "function", "function(frame): assertions on numbers; assert, error, frame:near and frame:expect", false},
    {"budget", "table", "What it may cost, judged by --budgets alone: { gpu_ms =, memory_mib =, passes = { lighting = 2.5 } }", false},
    {"size", "integer[]", "{width, height} in pixels; the sequence's when not given", false},
    {"tags", "string[]", "Words to choose scenes by: --tag", false},
    {"mutate", "table[]", "One-line faults that the check must notice (--mutate): { { file = \"lighting.comp\", find =, replace =, name = } }", false},
    {"data", "table", "Parameters that are files of the folder with test data (--data, ORRERY_TEST_DATA): { model = \"models/man.glb\" }", false},
};
/* clang-format on */
static const orr_param_table check_table = ORR_PARAM_TABLE(check_rows, "orrery.check");
static const orr_param_table *check_options(const orr_call *call) {
    return (void)call, &check_table;
}

static const orr_lua_row rows[] = {
    {.name = "orrery.check",
     .call = check,
     .flags = ORR_LUA_HELP,
     .options = check_options,
     ORR_LUA_EXTRAS(check_extras),
     .doc = "Makes the script a regression scene for `orrery check`: what is captured, what it is compared "
            "with, and how far it may be off. Stands above what builds the scene, and above the parameters "
            "that its `data` sets; `orrery render` takes no notice of it. Once in a script.",
     .returns = "nil nothing",
     .example =
         "orrery.check{ frames = 0, aovs = { \"display\", \"Z\" }, golden = \"golden/ball\", size = {64, "
         "64}, samples = 2,\n"
         "  tolerance = { display = { flip = 0.01 }, Z = { ulp = 2 } },\n"
         "  expect = function(frame) frame:near(frame:min{ aov = \"Z\" }, 4.5, 0.1, \"nearest point\") end "
         "}\n"
         "local scene = orrery.scene()\n"
         "scene:mesh{ shape = orrery.sphere{} }\n"
         "scene:environment{}\n"
         "local camera = scene:camera{ position_m = {0, 0, 5}, look_at_m = {0, 0, 0} }\n"
         "return orrery.sequence{ scene = scene, camera = camera }"},
};
const orr_lua_group orr_lua_check_group = ORR_LUA_GROUP("Regression scenes", rows, NULL);
