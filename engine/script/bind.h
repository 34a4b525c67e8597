/* The binding: one table row per function of the Lua API. Rows give its name, C function, docs, options and a
 * runnable example; the reader below fills options by parameter rows and refuses unknown keys. Functions are
 * registered by rows alone. */
#ifndef ORR_SCRIPT_BIND_H
#define ORR_SCRIPT_BIND_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "script/script.h"

enum { ORR_LUA_MAX_OPTIONS = 64, ORR_LUA_MAX_EXTRAS = 16 };

/* An argument, or an option that is no plain value. `type` is a class ("node"), a Lua type, or a LuaLS type
 * that the function checks by itself ("number[][]", "node|rig"). */
typedef struct orr_lua_extra {
    const char *name, *type, *doc;
    bool required;
} orr_lua_extra;

typedef struct orr_call orr_call;

enum {
    ORR_LUA_HELP = 1u << 0,     /* may run in help mode: loads nothing */
    ORR_LUA_FIELD = 1u << 1,    /* a value read without a call: dem.width */
    ORR_LUA_ANIMATED = 1u << 2, /* options of the first table take functions of t and keyframes */
    ORR_LUA_HOST = 1u << 3      /* reaches the device or the host's files: not for scripts of bundles */
};

typedef struct orr_lua_row {
    const char *name; /* "orrery.box", "scene:mesh", "orrery.space.get"; fields: "dem.width" */
    int (*call)(orr_call *call);
    const char *doc;     /* a sentence or two */
    const char *returns; /* LuaLS type and words: "node the new node" */
    const char *example; /* a whole script */
    uint32_t flags;
    /* Either options: one table argument… */
    const orr_param_table *(*options)(
        const orr_call *call); /* `call` NULL: for the docs; may give NULL then */
    const orr_param_table *more;
    const orr_lua_extra *extras;
    uint32_t extra_count;
    /* …or arguments by position. */
    const orr_lua_extra *args;
    uint32_t arg_count;
} orr_lua_row;

#define ORR_LUA_EXTRAS(array) .extras = (array), .extra_count = (uint32_t)(sizeof(array) / sizeof((array)[0]))
#define ORR_LUA_ARGS(array)   .args = (array), .arg_count = (uint32_t)(sizeof(array) / sizeof((array)[0]))

/* A class of objects. Userdata of `size` bytes; `destroy` when Lua drops it. */
typedef struct orr_lua_class {
    const char *name, *doc;
    size_t size;
    void (*destroy)(void *object);
    const char *(*describe)(const void *object); /* for tostring; may be NULL */
} orr_lua_class;

/* What one lua_*.c file binds. */
typedef struct orr_lua_group {
    const char *title; /* in the reference */
    const orr_lua_row *rows;
    uint32_t row_count;
    const orr_lua_class *const *classes; /* NULL-terminated */
} orr_lua_group;
#define ORR_LUA_GROUP(title_, rows_, classes_)                                                               \
    { (title_), (rows_), (uint32_t)(sizeof(rows_) / sizeof((rows_)[0])), (classes_) }
extern const orr_lua_group *const orr_lua_groups[]; /* NULL-terminated, in the order of the reference */

typedef enum orr_option_state {
    ORR_OPTION_ABSENT,
    ORR_OPTION_CONSTANT,
    ORR_OPTION_ANIMATED
} orr_option_state;
typedef struct orr_option {
    orr_option_state state;
    int index;             /* stack position of an animated one */
    orr_param_value value; /* constant or default; text is borrowed from Lua for the time of the call */
} orr_option;

/* One call under way. */
struct orr_call {
    orr_script *script;
    lua_State *L;
    const orr_lua_row *row;
    void *self; /* of a method */
    const orr_param_table *tables[2];
    orr_option *options;            /* of tables[0], then of tables[1] */
    int extras[ORR_LUA_MAX_EXTRAS]; /* stack positions, 0 = absent; of args likewise */
};

/* Registers everything: builds `orrery` and the classes. */
void orr_bind_open(orr_script *script, lua_State *L);
/* The row behind a bound function on the stack, or NULL: the test that nothing is registered any other way.
 */
const orr_lua_row *orr_bind_row(lua_State *L, int index);

/* --- objects ------------------------------------------------------------------------------------- */
void *orr_bind_new(orr_call *call, const orr_lua_class *class);             /* zeroed, pushed */
void *orr_bind_object(lua_State *L, int index, const orr_lua_class *class); /* NULL = something else */

/* --- options, by name (a name that the row lacks is a bug, and aborts) --------------------------- */
const orr_option *orr_call_option(const orr_call *call, const char *name);
bool orr_call_given(const orr_call *call, const char *name);
double orr_call_number(const orr_call *call, const char *name); /* enums: the index */
const char *orr_call_text(const orr_call *call, const char *name);
int orr_call_extra(const orr_call *call, const char *name); /* stack position or 0 */
/* Stores the options of tables[t] into the struct that its rows point into. */
void orr_call_store(const orr_call *call, uint32_t t, void *params);

/* The Lua value at `index` as a value of the row's type, checked. Text is borrowed. */
ORR_MUST_CHECK orr_status orr_bind_value(lua_State *L, int index, const orr_param_row *row,
                                         orr_param_value *value, orr_error *err);
/* The other way: a number, boolean, string, or table of numbers. */
void orr_bind_push_value(lua_State *L, const orr_param_row *row, const orr_param_value *value);
/* Keys of the table at `index`, sorted (numbers, then strings bytewise), as a new array table on the stack;
 * returns the count. Any other key is an error of the script. */
int orr_bind_sorted_keys(lua_State *L, int index);
/* All keys are strings of `names` (NULL-terminated): else an error that suggests the nearest. */
void orr_bind_check_keys(orr_call *call, int index, const char *what, const char *const *names);

/* --- errors: raised in Lua with the script's file:line in front ---------------------------------- */
ORR_NORETURN void orr_bind_fail(orr_call *call, orr_status code, const char *format, ...) ORR_PRINTF(3, 4);
/* An error of the engine about what the script asked for: ORR_E_SCRIPT, unless it is about the machine. */
ORR_NORETURN void orr_bind_raise(orr_call *call, const orr_error *err);
/* An error of the engine about a file or a render: keeps its code. */
ORR_NORETURN void orr_bind_raise_data(orr_call *call, const orr_error *err);
/* The same without a call: plain errors of Lua. Where there is no script (manifests) too. */
ORR_NORETURN void orr_bind_throw(lua_State *L, const char *format, ...) ORR_PRINTF(2, 3);
/* "turntable.lua:12" of the Lua code that is running; "" when there is none. */
void orr_bind_where(lua_State *L, char *out, size_t size);

#endif
