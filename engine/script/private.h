/* Inside of a script, for the files of this folder. */
#ifndef ORR_SCRIPT_PRIVATE_H
#define ORR_SCRIPT_PRIVATE_H

#include "base/platform/platform.h"
#include "base/text.h"
#include "script/bind.h"
#include "script/rig.h"

/* A declared parameter of the script. */
typedef struct orr_script_param {
    orr_param_value value;
    orr_value_source source;
    const char *preset; /* the file that said so; NULL = none */
} orr_script_param;

/* `--set name=value`, or such a line of a preset: what it says of the script's own parameters. */
typedef struct orr_script_override {
    const char *name, *text, *where; /* where: "--set", or the preset's "file:line" */
    const char *preset;              /* its file; NULL = none */
    orr_status wrong;                /* what a wrong name or value is: wrong usage, or bad data */
    bool used;
} orr_script_override;

/* A bundle's script in its own process (child.c): what Lua gives it is less (cage.c). */
typedef struct orr_cage {
    uint64_t memory_bytes;                                       /* of Lua */
    void (*say)(void *context, const char *text, size_t length); /* what print does */
    void *context;
} orr_cage;
/* The other process, from here (remote.h). */
typedef struct orr_remote orr_remote;

/* Whether a path may lead out of the folder that it is looked up from: absolute, or with "..". */
bool orr_path_leaves(const char *path);
/* A file that a node or a material shows: as the script named it, in a cage. */
enum { ORR_DEM_SPACING, ORR_DEM_SCALE, ORR_DEM_ARRAY, ORR_DEM_ROWS };
typedef struct orr_script_asset {
    orr_asset asset;
    orr_asset_kind kind;
    const char *path;
    orr_param_value dem[ORR_DEM_ROWS]; /* of ORR_ASSET_DEM */
    struct orr_script_asset *next;
} orr_script_asset;

typedef enum orr_curve {
    ORR_CURVE_FUNCTION,
    ORR_CURVE_KEYS,
    ORR_CURVE_RIG_POSITION,
    ORR_CURVE_RIG_LOOK_AT,
    ORR_CURVE_RIG_ROLL
} orr_curve;
typedef enum orr_ease { ORR_EASE_LINEAR, ORR_EASE_SMOOTH, ORR_EASE_STEP } orr_ease;
typedef struct orr_key {
    double t_s;
    orr_ease ease;
    orr_param_value value;
} orr_key;

/* One animated property: how its value follows from t. In the script's arena. */
typedef struct orr_script_track {
    orr_track track;
    uint32_t row;       /* of the node's table, or the module's */
    orr_param_row rule; /* that row */
    const char *label;  /* "mesh 'mars'.position_m", for messages */
    const char *where;  /* "turntable.lua:31" */
    orr_curve curve;
    int function; /* registry reference */
    orr_key *keys;
    uint32_t key_count;
    const orr_rig *rig;
    int rig_reference;             /* keeps the rig alive */
    struct orr_script_track *next; /* of the scene */
} orr_script_track;

/* A scene and what moves in it; owned by the script. */
typedef struct orr_script_scene {
    orr_scene *scene;
    orr_script_track *tracks, **tail;
    struct orr_script_scene *next;
} orr_script_scene;

/* A sequence that a script made; owned by the script. */
typedef struct orr_script_sequence_object {
    orr_script *script;
    orr_sequence sequence;
    orr_settings *settings;
    orr_script_scene *scene;
    orr_script_track *module_tracks; /* what the script animates of modules… */
    orr_script_track **tracks;       /* …and all, as in sequence.tracks */
    bool sealed;
    struct orr_script_sequence_object *next;
} orr_script_sequence_object;

/* What orrery.check declared (lua_check.c); in the script's arena. */
typedef struct orr_script_check_state {
    orr_check_spec spec;
    int expect;         /* registry reference */
    orr_text *failures; /* while `expect` runs */
} orr_script_check_state;

struct orr_script {
    lua_State *L;  /* NULL of a bundle's, which runs in another process */
    lua_State *at; /* the coroutine that called a function of ours last, and waits for it */
    orr_script_params params;
    orr_engine *engine;
    orr_arena arena;
    char folder[1024];          /* of the script: relative paths start here */
    char name[512];             /* of its file… */
    uint32_t last_line;         /* …whose last statement is here */
    bool in_chunk;              /* it runs, and not one of its functions of t */
    orr_digest_builder *digest; /* of the Lua files loaded */
    char digest_hex[65];

    orr_param_row *rows; /* of orrery.param */
    orr_script_param *declared;
    uint32_t declared_count;
    orr_param_table table;
    orr_script_override *overrides;
    uint32_t override_count;

    orr_script_scene *scenes;
    orr_script_sequence_object *sequences, *result;

    const orr_cage *cage; /* NULL = none */
    size_t memory_used;   /* of the cage's */
    orr_script_asset *loads, **loads_end;
    uint32_t load_count;
    orr_remote *remote;              /* NULL = it runs in this process, or did not start yet */
    orr_script_track *remote_tracks; /* what its functions of t give, in the order in which it comes */
    uint32_t remote_track_count;

    orr_script_check_state *check; /* NULL: none was declared */
    bool built;                    /* it called something that builds or loads: declarations come before */
    bool help_done, timed_out;
    uint32_t entered;                 /* depth of entries into Lua */
    uint64_t budget_ns, entered_ns;   /* of the timeout */
    atomic_uint_fast64_t hopeless_ns; /* when the watchdog gives up on the call that runs; 0 = none runs */
    orr_thread *watchdog;
    orr_mutex *watch_mutex;
    orr_cond *watch_end;
    bool watch_ended;       /* under watch_mutex */
    orr_status raised_code; /* of the last error that C code raised in Lua… */
    char raised[1200];      /* …and its text, to recognise it at the top */
};

/* Calls the function below `args` arguments on the stack with the timeout's clock running; the error record
 * gets file:line, a short traceback and the right code. Results stay on the stack. */
ORR_MUST_CHECK orr_status orr_script_call(orr_script *script, int args, int results, orr_error *err);
/* Stops the timeout's clock while the engine works for the script. */
void orr_script_pause(orr_script *script);
void orr_script_resume(orr_script *script);
/* A script in this process whatever its trust: `cage` NULL, or for the process of a bundle's, kept. */
ORR_MUST_CHECK orr_status orr_script_create_in(const orr_script_params *params, const orr_cage *cage,
                                               orr_script **out, orr_error *err);
/* Sets the timeout's clock to what one more request may take. */
void orr_script_allow(orr_script *script, double timeout_s);
/* math, os, pairs, require …: what a deterministic script may not have is replaced (sandbox.c). */
void orr_script_prepare(orr_script *script, lua_State *L);
/* <library>.<name> answers with an error: "… is not available: <why>". `library` NULL: a global. */
void orr_lua_refuse(lua_State *L, const char *library, const char *name, const char *why);
/* The libraries of a cage, and then what it may not have (cage.c). */
void orr_cage_open(lua_State *L);
void orr_cage_close(lua_State *L);
const char *
orr_cage_lacks(const char *global); /* why there is no such library in a cage; NULL = no library */
/* Reads a Lua file and leaves the chunk on the stack. */
ORR_MUST_CHECK orr_status orr_script_load(orr_script *script, const char *folder, const char *name,
                                          orr_error *err);

/* --- what a script reads (files.c) --------------------------------------------------------------- */
enum { ORR_SCRIPT_PATH = 3072 };
/* `name` below `folder`; "" = as it stands: below the current folder, or from the top of the bundle. */
void orr_script_path(const char *folder, const char *name, char *out, size_t size);
/* Both look on the host, or for ORR_TRUST_BUNDLE in the VFS alone. What is read enters the engine's reads and
 * the script's digest. malloc'd. */
bool orr_script_finds(const orr_script *script, const char *folder, const char *name);
ORR_MUST_CHECK orr_status orr_script_read(orr_script *script, orr_read_kind kind, const char *folder,
                                          const char *name, uint64_t max_bytes, uint8_t **data, size_t *size,
                                          orr_error *err);
/* The script is about to open this file for reading: so it is read here too. That it cannot be read is the
 * script's to find out; an error is that it is too large to be told of. */
ORR_MUST_CHECK orr_status orr_script_opens(orr_script *script, const char *name, orr_error *err);
/* A preset of the command line: a host file, or "bundle:/…" (vfs.h). malloc'd. */
ORR_MUST_CHECK orr_status orr_preset_read(orr_engine *engine, const char *path, uint8_t **data, size_t *size,
                                          orr_error *err);
/* Tells the engine's reads of the manifests of modules that are on and are not Orrery's own. */
void orr_modules_tell(orr_engine *engine, const orr_settings *settings);

/* --- tracks (track.c) ---------------------------------------------------------------------------- */
/* Makes a track from the function, keyframes or rig at `index`. `label` is copied. */
orr_script_track *orr_track_new(orr_call *call, int index, const orr_param_row *rule, uint32_t row,
                                const char *label);
orr_script_track *orr_track_of_rig(orr_call *call, int index, orr_curve curve, const orr_param_row *rule,
                                   uint32_t row, const char *label);
/* The value at t_s, rounded to 40 bits and checked by its row. */
ORR_MUST_CHECK orr_status orr_track_evaluate(orr_script *script, const orr_script_track *track, double t_s,
                                             orr_param_value *value, orr_error *err);
/* Evaluates twice; a difference is an error that names the property. */
ORR_MUST_CHECK orr_status orr_track_check_pure(orr_script *script, const orr_script_track *track, double t_s,
                                               orr_error *err);
/* Gives the nodes of a scene the values that their tracks have at t = 0, for bounds. */
ORR_MUST_CHECK orr_status orr_scene_settle(orr_script *script, orr_script_scene *scene, orr_error *err);

/* --- scenes -------------------------------------------------------------------------------------- */
/* A new, empty one, owned by the script. */
ORR_MUST_CHECK orr_status orr_script_add_scene(orr_script *script, orr_script_scene **out, orr_error *err);
extern const orr_param_table orr_dem_table; /* ORR_DEM_ROWS of them: how an elevation model is read */
orr_dem_params orr_dem_options(const orr_param_value values[ORR_DEM_ROWS]);
/* The first character that a sequence's name cannot have, since files are named after it; 0 = fine. */
char orr_sequence_name_fault(const char *name);

/* --- classes ------------------------------------------------------------------------------------- */
extern const orr_lua_class orr_class_scene, orr_class_node, orr_class_material, orr_class_shape,
    orr_class_rig, orr_class_sequence, orr_class_random, orr_class_dem, orr_class_frame;
typedef struct orr_lua_scene {
    orr_script_scene *scene;
} orr_lua_scene;
typedef struct orr_lua_node {
    orr_script_scene *scene;
    orr_node node;
    orr_node_kind kind;
} orr_lua_node;
typedef struct orr_lua_material {
    orr_script_scene *scene;
    orr_material material;
} orr_lua_material;
typedef struct orr_lua_shape {
    orr_mesh_data data;
    orr_script_scene *scene; /* where it was last used, and as which mesh */
    orr_mesh mesh;
    const char *kind;
} orr_lua_shape;
typedef struct orr_lua_sequence {
    orr_script_sequence_object *object;
} orr_lua_sequence;
/* A finished frame: images are copies of its own, so that a script may keep it. */
typedef struct orr_lua_frame {
    orr_check_frame frame;
    char label[32];
} orr_lua_frame;
/* A list of AOVs by name; display when it is empty or not given. Raises. */
void orr_read_aovs(orr_call *call, const char *option, bool aovs[ORR_CHECK_AOV_COUNT]);
/* Fills a frame object with copies. */
ORR_MUST_CHECK orr_status orr_lua_frame_fill(orr_lua_frame *object, const orr_check_frame *frame,
                                             orr_error *err);

/* For calls whose options are the rows of an atmosphere: those that are absent get the values of the file
 * that `preset` names, if it is given. Raises. */
void orr_atmosphere_preset(orr_call *call);
/* Applies the options of a node: constants are set, functions and keyframes become tracks. */
void orr_node_apply(orr_call *call, const orr_lua_node *node);
/* Gathers a sequence's tracks, checks that they are pure, and applies the command line to its settings. At
 * its first use. */
ORR_MUST_CHECK orr_status orr_sequence_seal(orr_script_sequence_object *object, orr_error *err);

extern const orr_lua_group orr_lua_orrery_group, orr_lua_scene_group, orr_lua_node_group,
    orr_lua_shapes_group, orr_lua_rig_group, orr_lua_sequence_group, orr_lua_assets_group,
    orr_lua_space_group, orr_lua_atmosphere_group, orr_lua_check_group, orr_lua_frame_group;

#endif
