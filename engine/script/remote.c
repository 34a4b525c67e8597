/* A bundle's script, from the process that renders: starts the one that runs it, asks, and believes nothing.
 * An answer that is malformed, late, or none ends that process. */
#include "script/remote.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform/process.h"
#include "base/platform/sandbox.h"

struct orr_remote {
    orr_child *child;
    atomic_int *stop; /* as orr_script_params… */
    bool talks;
    double load_s, frame_s;
    uint64_t memory_bytes;
    size_t printed;
};

static uint64_t nanoseconds(double seconds) {
    return (uint64_t)(seconds * 1e9);
}

/* --- its end ------------------------------------------------------------------------------------- */

static const char *signal_words(int number) {
    switch (number) {
    case SIGSEGV:
    case SIGABRT:
        return "it crashed: calls went too deep, or memory ran out where that cannot be told";
#ifdef SIGSYS
    case SIGSYS:
        return "it tried to do what its sandbox forbids";
#endif
#ifdef SIGBUS
    case SIGBUS:
        return "it crashed";
#endif
#ifdef SIGKILL
    case SIGKILL:
        return "it was killed, as a system does that has no memory left";
#endif
    default:
        return "it was ended";
    }
}

/* It closed the channel: says what became of it. */
static orr_status gone(orr_remote *remote, orr_error *err) {
    orr_child_end end = {0};
    if (!orr_child_wait(remote->child, nanoseconds(1), &end)) {
        orr_child_kill(remote->child);
        return orr_fail(err, ORR_E_BAD_DATA, NULL, "the script's process closed its channel, and was ended");
    }
    if (end.signal)
        return orr_fail(err, ORR_E_SCRIPT, NULL, "the script's process is gone: %s (signal %d)",
                        signal_words(end.signal), end.signal);
    return orr_fail(err, ORR_E_SCRIPT, NULL, "the script's process ended by itself, with exit code %d",
                    end.exit_code);
}

static orr_status late(orr_remote *remote, double timeout_s, orr_error *err) {
    orr_child_kill(remote->child);
    return orr_fail(err, ORR_E_SCRIPT_TIMEOUT, NULL,
                    "the script was still inside one call after %g s (--timeout), and its process was ended",
                    timeout_s);
}

/* --- its answers --------------------------------------------------------------------------------- */

static void print(orr_remote *remote, const char *text) {
    FILE *stream = remote->talks ? stdout : stderr;
    size_t length = strlen(text);
    if (remote->printed + length > 2 * (size_t)ORR_WIRE_MAX_PRINT) return;
    remote->printed += length;
    fwrite(text, 1, length, stream);
}

/* An error that it tells of: any code but those that speak of this process. */
static orr_status told(orr_wire_reader *reader, orr_error *err) {
    orr_status code = (orr_status)orr_wire_get_index(reader, 10000, "errors");
    const char *path = orr_wire_get_text(reader, sizeof err->path);
    const char *message = orr_wire_get_text(reader, sizeof err->message);
    int exit_code = orr_status_exit_code(code);
    orr_status status = orr_wire_end(reader, err);
    if (status != ORR_OK) return status;
    if (code == ORR_OK || exit_code == 3 || exit_code == 130) code = ORR_E_SCRIPT;
    return orr_fail(err, code, path, "%s", message);
}

/* Reads messages until one of type `wanted` is there; the caller frees `*data`. */
static orr_status await(orr_remote *remote, orr_wire_type wanted, double timeout_s, double limit_s,
                        uint8_t **data, size_t *size, orr_error *err) {
    uint64_t until = orr_time_ns() + nanoseconds(limit_s);
    for (;;) {
        uint32_t type = 0;
        orr_status status = orr_wire_receive(orr_child_channel(remote->child), ORR_REMOTE_MAX_BYTES, until,
                                             remote->stop, &type, data, size, err);
        if (status == ORR_E_TIMEOUT) return late(remote, timeout_s, err);
        if (status == ORR_E_PROCESS) return gone(remote, err);
        if (status != ORR_OK) return status;
        if (type == wanted) return ORR_OK;
        orr_arena arena = {0};
        orr_wire_reader reader = {.data = *data, .size = *size, .arena = &arena};
        if (type == ORR_WIRE_PRINT) {
            const char *text = orr_wire_get_lines(&reader, ORR_WIRE_MAX_TEXT);
            status = orr_wire_end(&reader, err);
            if (status == ORR_OK) print(remote, text);
        } else if (type == ORR_WIRE_ERROR) {
            status = told(&reader, err);
        } else {
            orr_wire_wrong(&reader, "a message of type %u, when %u was asked for", type, (unsigned)wanted);
            status = orr_wire_end(&reader, err);
        }
        orr_arena_free(&arena);
        free(*data);
        *data = NULL;
        if (status != ORR_OK) return status;
    }
}

/* Whoever sends one wrong thing is not asked again. */
static orr_status distrust(orr_remote *remote, orr_status status) {
    if (status != ORR_OK && remote->child) orr_child_kill(remote->child);
    return status;
}

static orr_status ask(orr_remote *remote, orr_wire_type type, orr_text *message, orr_wire_type wanted,
                      uint8_t **data, size_t *size, orr_error *err) {
    double limit_s = remote->frame_s + ORR_REMOTE_GRACE_S;
    orr_status status = orr_wire_send(orr_child_channel(remote->child), type, message, UINT64_C(1) << 30,
                                      nanoseconds(limit_s), err);
    orr_text_free(message);
    if (status == ORR_E_PROCESS) return gone(remote, err);
    if (status == ORR_E_TIMEOUT) return late(remote, remote->frame_s, err);
    if (status != ORR_OK) return status;
    return await(remote, wanted, remote->frame_s, limit_s, data, size, err);
}

/* --- its beginning ------------------------------------------------------------------------------- */

/* One of Orrery's own may hold nothing, which would be a mistake of somebody who names it. */
static bool is_used(orr_engine *engine, const char *folder) {
    char inside[1600];
    const orr_modules *modules = orr_engine_modules(engine);
    orr_path_join(inside, sizeof inside, folder, "x");
    if (!orr_engine_module_is_own(engine, inside)) return true;
    for (uint32_t i = 0; i < orr_modules_count(modules); i++)
        if (orr_path_is_below(folder, orr_modules_get(modules, i)->folder)) return true;
    return false;
}

/* The folders that modules are found in here, Orrery's own too: one registry for both processes. */
static void put_module_folders(orr_engine *engine, orr_text *out) {
    orr_text list = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; orr_engine_module_folder(engine, i); i++) {
        if (!is_used(engine, orr_engine_module_folder(engine, i))) continue;
        orr_wire_put_text(&list, orr_engine_module_folder(engine, i));
        count++;
    }
    orr_wire_put_u32(out, count);
    orr_wire_put_bytes(out, orr_text_cstr(&list), list.length);
    out->failed = out->failed || list.failed;
    orr_text_free(&list);
}

/* What both kinds of request begin with. */
static void put_place(const orr_remote *remote, orr_engine *engine, const orr_bundle *bundle,
                      const char *name, orr_text *out) {
    orr_wire_put_text(out, name);
    orr_wire_put_text(out, orr_bundle_path(bundle));
    orr_wire_put_text(out, orr_engine_root(engine));
    put_module_folders(engine, out);
    orr_wire_put_f64(out, remote->load_s);
    orr_wire_put_f64(out, remote->frame_s);
    orr_wire_put_u64(out, remote->memory_bytes);
}

static void put_script(const orr_script *script, orr_text *out) {
    orr_wire_put_u32(out, script->params.arg_count);
    for (uint32_t i = 0; i < script->params.arg_count; i++) orr_wire_put_text(out, script->params.args[i]);
    orr_wire_put_u32(out, script->params.help);
    orr_wire_put_u32(out, script->override_count);
    for (uint32_t i = 0; i < script->override_count; i++) {
        const orr_script_override *o = &script->overrides[i];
        orr_wire_put_text(out, o->name);
        orr_wire_put_text(out, o->text);
        orr_wire_put_text(out, o->where);
        orr_wire_put_text(out, o->preset);
        orr_wire_put_u32(out, (uint32_t)o->wrong);
    }
}

/* What this program needs to start, and no more of the caller's environment. */
static const char **environment(orr_arena *arena) {
    static const char *const names[] = {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SystemRoot",  "ASAN_OPTIONS",
                                        "UBSAN_OPTIONS",   "TSAN_OPTIONS",      "LSAN_OPTIONS"};
    enum { COUNT = sizeof names / sizeof names[0] };
    const char **list = ORR_ARENA_NEW(arena, const char *, COUNT + 1);
    for (size_t i = 0, n = 0; list && i < COUNT; i++) {
        orr_text entry = {0};
        if (!getenv(names[i])) continue;
        orr_text_printf(&entry, "%s=%s", names[i], getenv(names[i]));
        list[n++] = orr_arena_strdup(arena, orr_text_cstr(&entry));
        orr_text_free(&entry);
    }
    return list;
}

static orr_status start(orr_remote *remote, const orr_bundle *bundle, orr_error *err) {
    char program[4096];
    orr_arena arena = {0};
    if (!orr_path_program(program, sizeof program))
        return orr_fail(err, ORR_E_PROCESS, NULL, "this program cannot find itself to run a bundle's script");
    const char *const argv[] = {program, ORR_SCRIPT_CHILD, NULL};
    const orr_child_params params = {
        .argv = argv,
        .env = environment(&arena),
        .clean_env = true,
        .channel = true,
        .pass_fd = orr_bundle_fd(bundle),
        .data_bytes = ORR_SANITIZED ? 0 : remote->memory_bytes + ORR_REMOTE_BESIDE,
        .dies_with_caller = true,
    };
    orr_status status = orr_child_start(&params, &remote->child, err);
    orr_arena_free(&arena);
    return status;
}

/* Starts it with its first request, which is freed, and waits until it is locked in, and then for its answer.
 */
static orr_status begin(orr_remote *remote, const orr_bundle *bundle, orr_wire_type type, orr_text *request,
                        orr_wire_type wanted, uint8_t **data, size_t *size, orr_error *err) {
    orr_status status = start(remote, bundle, err);
    if (status == ORR_OK) {
        status = orr_wire_send(orr_child_channel(remote->child), type, request, UINT64_C(1) << 30,
                               nanoseconds(ORR_REMOTE_START_S), err);
        if (status == ORR_E_PROCESS) status = gone(remote, err);
    }
    orr_text_free(request);
    if (status == ORR_OK)
        status = await(remote, ORR_WIRE_LOCKED, ORR_REMOTE_START_S, ORR_REMOTE_START_S, data, size, err);
    free(*data);
    *data = NULL;
    if (status != ORR_OK) return status;
    return await(remote, wanted, remote->load_s, remote->load_s + ORR_REMOTE_GRACE_S, data, size, err);
}

static orr_remote new_remote(double timeout_s, uint64_t memory_bytes) {
    if (timeout_s > 1e9) timeout_s = 1e9; /* thirty years: nanoseconds have to fit */
    return (orr_remote){.load_s = timeout_s > 0 ? timeout_s : ORR_REMOTE_LOAD_S,
                        .frame_s = timeout_s > 0 ? timeout_s : ORR_REMOTE_FRAME_S,
                        .memory_bytes = memory_bytes ? memory_bytes : ORR_REMOTE_MEMORY};
}

orr_status orr_remote_run(orr_script *script, const char *name, orr_error *err) {
    const orr_script_params *params = &script->params;
    orr_text request = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    if (script->remote || !params->bundle)
        return orr_fail(err, ORR_E_ARGUMENT, name,
                        "a script of a bundle needs the bundle it is in, and is run once");
    orr_remote *remote = script->remote = orr_calloc(1, sizeof *script->remote);
    if (!remote) return orr_fail(err, ORR_E_MEMORY, name, "no memory for a script");
    *remote = new_remote(params->timeout_s, params->memory_bytes);
    remote->stop = params->stop;
    remote->talks = params->talks;
    put_place(remote, script->engine, params->bundle, name, &request);
    put_script(script, &request);
    orr_status status =
        begin(remote, params->bundle, ORR_WIRE_LOAD, &request, ORR_WIRE_SCENE, &data, &size, err);
    if (status == ORR_OK) {
        orr_wire_reader reader = {.data = data, .size = size, .arena = &script->arena};
        status = orr_result_get(script, &reader, err);
        if (status == ORR_OK) status = orr_wire_end(&reader, err);
    }
    free(data);
    return distrust(remote, status);
}

/* --- modules of a bundle ------------------------------------------------------------------------- */

/* One of them; its texts and rows go into an arena that the registry takes over. */
static orr_status add_module(orr_engine *engine, orr_wire_reader *reader, orr_error *err) {
    orr_arena arena = {0};
    orr_module_desc module;
    char folder[ORR_WIRE_MAX_NAME];
    reader->arena = &arena;
    orr_module_get(reader, &module);
    bool fits = !reader->wrong && orr_format(folder, sizeof folder, ORR_VFS_SCHEME "modules/%s", module.name);
    if (!fits || orr_vfs_exists(orr_engine_vfs(engine), orr_vfs_inside(folder)) != ORR_VFS_FOLDER) {
        orr_wire_wrong(reader, "a module that the bundle has not");
        orr_arena_free(&arena);
        return ORR_OK;
    }
    return orr_modules_add_descriptor(orr_engine_modules(engine), &module, folder, &arena, err);
}

/* Whatever became of that process, there was no script in it: it is the bundle that is wrong. */
static orr_status blame_modules(const orr_bundle *bundle, orr_status status, orr_error *err) {
    const char *path = orr_bundle_path(bundle);
    if (status == ORR_E_SCRIPT_TIMEOUT)
        return orr_fail(err, ORR_E_BAD_DATA, path,
                        "compiling the shaders of '%s' takes more than %g s, and was given up", path,
                        ORR_REMOTE_LOAD_S);
    if (status == ORR_E_SCRIPT)
        return orr_fail(
            err, ORR_E_BAD_DATA, path,
            "compiling the shaders of '%s' ended the process that did it: they nest too deeply, or "
            "take too much memory",
            path);
    if (status != ORR_E_SHADER) return status;
    if (err) err->code = ORR_E_BAD_DATA;
    return ORR_E_BAD_DATA;
}

orr_status orr_manifests_load_bundle(orr_engine *engine, const orr_bundle *bundle, atomic_int *stop,
                                     orr_error *err) {
    orr_remote remote = new_remote(0, 0);
    remote.stop = stop;
    orr_text request = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    if (orr_vfs_exists(orr_engine_vfs(engine), "modules") != ORR_VFS_FOLDER) return ORR_OK;
    put_place(&remote, engine, bundle, "", &request);
    orr_status status =
        begin(&remote, bundle, ORR_WIRE_MODULES, &request, ORR_WIRE_MODULES, &data, &size, err);
    if (status == ORR_OK) {
        orr_wire_reader reader = {.data = data, .size = size};
        uint32_t count = orr_wire_get_count(&reader, ORR_REMOTE_MAX_LIST, 28, "modules");
        for (uint32_t i = 0; i < count && status == ORR_OK && !reader.wrong; i++)
            status = add_module(engine, &reader, err);
        if (status == ORR_OK) status = orr_wire_end(&reader, err);
    }
    free(data);
    orr_child_destroy(&remote.child);
    return status == ORR_OK ? ORR_OK : blame_modules(bundle, status, err);
}

/* --- its end, when nobody wants it any more ------------------------------------------------------ */

void orr_remote_destroy(orr_remote **remote) {
    if (!*remote) return;
    orr_child_destroy(&(*remote)->child);
    free(*remote);
    *remote = NULL;
}

/* --- its functions ------------------------------------------------------------------------------- */

static void get_values(const orr_script_sequence_object *object, orr_wire_reader *reader,
                       orr_param_value *values) {
    const orr_script *script = object->script;
    uint32_t next = 0;
    for (uint32_t i = 0; i < script->remote_track_count; i++) {
        orr_param_value value;
        orr_wire_get_value(reader, &script->remote_tracks[i].rule, &value);
        value.text = NULL;
        /* The command line took some over; the others come in the order in which they were told of. */
        if (next < object->sequence.track_count && object->tracks[next]->function == (int)i)
            values[next++] = value;
    }
}

orr_status orr_remote_evaluate(void *context, double t_s, orr_param_value *values, orr_error *err) {
    const orr_script_sequence_object *object = context;
    orr_script *script = object->script;
    orr_text request = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    if (!script->remote_track_count) return ORR_OK;
    orr_wire_put_f64(&request, t_s);
    orr_status status = ask(script->remote, ORR_WIRE_EVALUATE, &request, ORR_WIRE_VALUES, &data, &size, err);
    if (status == ORR_OK) {
        orr_arena arena = {0};
        orr_wire_reader reader = {.data = data, .size = size, .arena = &arena};
        get_values(object, &reader, values);
        status = orr_wire_end(&reader, err);
        orr_arena_free(&arena);
    }
    free(data);
    return distrust(script->remote, status);
}

orr_status orr_remote_expect(void *context, const orr_check_frame *frame, orr_text *failures,
                             orr_error *err) {
    orr_script *script = context;
    orr_text request = {0};
    uint8_t *data = NULL;
    size_t size = 0;
    orr_frame_put(frame, &request);
    orr_status status = ask(script->remote, ORR_WIRE_EXPECT, &request, ORR_WIRE_FAILURES, &data, &size, err);
    if (status == ORR_OK) {
        orr_arena arena = {0};
        orr_wire_reader reader = {.data = data, .size = size, .arena = &arena};
        const char *text = orr_wire_get_lines(&reader, ORR_WIRE_MAX_TEXT);
        status = orr_wire_end(&reader, err);
        if (status == ORR_OK) orr_text_puts(failures, text);
        orr_arena_free(&arena);
    }
    free(data);
    return distrust(script->remote, status);
}
