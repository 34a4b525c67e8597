/* The process of a bundle's script: locks itself in before it reads a byte of the bundle, runs the script,
 * and answers the process that renders. There is no way back: whatever goes wrong here ends here. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/process.h"
#include "base/platform/sandbox.h"
#include "script/remote.h"

enum { THREADS = 2 };
#define MAX_REQUEST (UINT64_C(1) << 30) /* pictures of a frame */

typedef struct child {
    orr_arena arena;    /* of the first request */
    bool reads_modules; /* that is all of it */
    const char *entry, *bundle;
    orr_engine_params engine_params;
    orr_script_params script_params;
    orr_script_override *overrides;
    uint32_t override_count;
    double frame_s;
    orr_cage cage;
    orr_engine *engine;
    orr_script *script;
    size_t said;
} child;

/* --- talking ------------------------------------------------------------------------------------- */

/* When the other end is gone there is nobody to work for. */
static void answer(orr_wire_type type, orr_text *message) {
    orr_error err = {0};
    orr_status status = orr_wire_send(ORR_CHILD_CHANNEL_FD, type, message,
                                      type == ORR_WIRE_SCENE ? ORR_REMOTE_MAX_BYTES : MAX_REQUEST, 0, &err);
    orr_text_free(message);
    if (status != ORR_OK) _Exit(1);
}

static void answer_error(const orr_error *error) {
    orr_text message = {0};
    orr_wire_put_u32(&message, (uint32_t)error->code);
    orr_wire_put_text(&message, error->path);
    orr_wire_put_text(&message, error->message);
    answer(ORR_WIRE_ERROR, &message);
}

/* What print says. After ORR_WIRE_MAX_PRINT bytes it says no more. */
static void say(void *context, const char *text, size_t length) {
    static const char enough[] = "(the script prints too much: the rest is left out)\n";
    child *c = context;
    orr_text message = {0};
    if (c->said > ORR_WIRE_MAX_PRINT) return;
    bool last = length > ORR_WIRE_MAX_PRINT - c->said;
    while (length && !last) {
        size_t part = length < ORR_WIRE_MAX_TEXT ? length : ORR_WIRE_MAX_TEXT;
        orr_wire_put_u32(&message, (uint32_t)part);
        orr_wire_put_bytes(&message, text, part);
        answer(ORR_WIRE_PRINT, &message);
        message = (orr_text){0};
        text += part;
        length -= part;
        c->said += part;
    }
    if (!last) return;
    c->said = ORR_WIRE_MAX_PRINT + 1;
    orr_wire_put_text(&message, enough);
    answer(ORR_WIRE_PRINT, &message);
}

/* --- the first request --------------------------------------------------------------------------- */

static const char **get_list(orr_wire_reader *reader, orr_arena *arena, uint32_t *count) {
    *count = orr_wire_get_count(reader, UINT32_MAX, 4, "items");
    const char **list = ORR_ARENA_NEW(arena, const char *, (size_t)*count + 1);
    for (uint32_t i = 0; list && i < *count; i++) list[i] = orr_wire_get_text(reader, SIZE_MAX);
    if (!list) orr_wire_wrong(reader, "more than there is memory for");
    return list;
}

static void get_overrides(child *c, orr_wire_reader *reader) {
    uint32_t count = orr_wire_get_count(reader, UINT32_MAX, 20, "items");
    c->overrides = ORR_ARENA_NEW(&c->arena, orr_script_override, (size_t)count + 1);
    if (!c->overrides) orr_wire_wrong(reader, "more than there is memory for");
    for (uint32_t i = 0; i < count && !reader->wrong; i++) {
        orr_script_override *o = &c->overrides[c->override_count++];
        o->name = orr_wire_get_text(reader, SIZE_MAX);
        o->text = orr_wire_get_text(reader, SIZE_MAX);
        o->where = orr_wire_get_text(reader, SIZE_MAX);
        o->preset = orr_wire_get_text_or_null(reader, SIZE_MAX);
        o->wrong = (orr_status)orr_wire_get_u32(reader);
    }
}

static void get_place(child *c, orr_wire_reader *reader) {
    c->entry = orr_wire_get_text(reader, SIZE_MAX);
    c->bundle = orr_wire_get_text(reader, SIZE_MAX);
    c->engine_params.root = orr_wire_get_text(reader, SIZE_MAX);
    c->engine_params.modules = get_list(reader, &c->arena, &c->engine_params.module_count);
    c->engine_params.threads = THREADS;
    c->engine_params.cache_folder = "";
    c->engine_params.record_reads = true; /* told to the process that renders */
    c->script_params.trust = ORR_TRUST_BUNDLE;
    c->script_params.timeout_s = orr_wire_get_f64(reader);
    c->frame_s = orr_wire_get_f64(reader);
    c->cage = (orr_cage){.memory_bytes = orr_wire_get_u64(reader), .say = say, .context = c};
}

static void get_script(child *c, orr_wire_reader *reader) {
    c->script_params.args = get_list(reader, &c->arena, &c->script_params.arg_count);
    c->script_params.help = orr_wire_get_bool(reader);
    get_overrides(c, reader);
}

static orr_status receive_request(child *c, orr_error *err) {
    uint32_t type = 0;
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status =
        orr_wire_receive(ORR_CHILD_CHANNEL_FD, MAX_REQUEST, 0, NULL, &type, &data, &size, err);
    if (status != ORR_OK) return status;
    orr_wire_reader reader = {.data = data, .size = size, .arena = &c->arena, .trusted = true};
    if (type != ORR_WIRE_LOAD && type != ORR_WIRE_MODULES) orr_wire_wrong(&reader, "another request first");
    c->reads_modules = type == ORR_WIRE_MODULES;
    get_place(c, &reader);
    if (!c->reads_modules) get_script(c, &reader);
    status = orr_wire_end(&reader, err);
    free(data);
    return status;
}

/* --- running it ---------------------------------------------------------------------------------- */

/* All that needs files, libraries and threads of the host. */
static orr_status prepare(child *c, orr_error *err) {
    orr_status status = orr_engine_create(&c->engine_params, &c->engine, err);
    if (status == ORR_OK) status = orr_manifests_load(c->engine, err);
    if (status == ORR_OK && c->reads_modules)
        status = orr_shaders_keep_sources(orr_engine_shaders(c->engine), err);
    if (status == ORR_OK) orr_assets_leave_pixels(orr_engine_assets(c->engine)); /* nothing is drawn here */
    c->script_params.engine = c->engine;
    if (status == ORR_OK) status = orr_script_create_in(&c->script_params, &c->cage, &c->script, err);
    if (status != ORR_OK) return status;
    c->script->overrides = c->overrides;
    c->script->override_count = c->override_count;
    return orr_sandbox_enter(err);
}

/* A compiler can be made to run for ever, or out of stack, by what it compiles: whatever does that, does it
 * here. The process that renders compiles again what went well. */
static orr_status compile_modules(const child *c, orr_error *err) {
    const orr_modules *modules = orr_engine_modules(c->engine);
    orr_status status = ORR_OK;
    for (uint32_t i = 0; i < orr_modules_count(modules) && status == ORR_OK; i++)
        if (orr_vfs_inside(orr_modules_get(modules, i)->folder))
            status = orr_module_shaders(orr_engine_shaders(c->engine), orr_modules_get(modules, i), true,
                                        NULL, NULL, err);
    return status;
}

static void answer_modules(const child *c) {
    const orr_modules *modules = orr_engine_modules(c->engine);
    orr_text message = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < orr_modules_count(modules); i++)
        count += orr_vfs_inside(orr_modules_get(modules, i)->folder) != NULL;
    orr_wire_put_u32(&message, count);
    for (uint32_t i = 0; i < orr_modules_count(modules); i++)
        if (orr_vfs_inside(orr_modules_get(modules, i)->folder))
            orr_module_put(&orr_modules_get(modules, i)->module, &message);
    answer(ORR_WIRE_MODULES, &message);
}

static orr_status run(child *c, orr_error *err) {
    orr_text message = {0};
    orr_vfs *vfs = orr_engine_vfs(c->engine);
    orr_status status = orr_vfs_mount_bundle(vfs, ORR_CHILD_PASSED_FD, c->bundle, "", err);
    if (status == ORR_OK) status = orr_manifests_load_inside(c->engine, err);
    if (status == ORR_OK && c->reads_modules) status = compile_modules(c, err);
    if (status == ORR_OK && c->reads_modules) {
        answer_modules(c);
        return ORR_OK;
    }
    if (status == ORR_OK) status = orr_script_run(c->script, c->entry, err);
    if (status == ORR_OK) status = orr_result_put(c->script, &message, err);
    if (status == ORR_OK && message.failed)
        status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory to send the scene of %s", c->entry);
    if (status == ORR_OK && message.length > ORR_REMOTE_MAX_BYTES)
        status = orr_fail(err, ORR_E_LIMIT, NULL, "the scene takes %zu MiB; a bundle's script may send %llu",
                          message.length >> 20, (unsigned long long)(ORR_REMOTE_MAX_BYTES >> 20));
    if (status == ORR_OK)
        answer(ORR_WIRE_SCENE, &message);
    else
        orr_text_free(&message);
    return status;
}

/* --- the other requests -------------------------------------------------------------------------- */

static orr_status evaluate(child *c, orr_wire_reader *reader, orr_error *err) {
    const orr_script_sequence_object *object = c->script->result;
    orr_text message = {0};
    double t_s = orr_wire_get_f64(reader);
    orr_status status = orr_wire_end(reader, err);
    for (uint32_t i = 0; object && i < object->sequence.track_count && status == ORR_OK; i++) {
        orr_param_value value;
        status = orr_track_evaluate(c->script, object->tracks[i], t_s, &value, err);
        if (status == ORR_OK) orr_wire_put_value(&message, &object->tracks[i]->rule, &value);
    }
    if (status == ORR_OK)
        answer(ORR_WIRE_VALUES, &message);
    else
        orr_text_free(&message);
    return status;
}

static orr_status expect(child *c, orr_wire_reader *reader, orr_error *err) {
    const orr_check_spec *spec = orr_script_check(c->script);
    orr_check_frame frame;
    orr_text failures = {0}, message = {0};
    orr_status status = orr_frame_get(reader, &frame, err);
    if (status == ORR_OK) status = orr_wire_end(reader, err);
    if (status == ORR_OK && spec && spec->expect)
        status = spec->expect(spec->expect_context, &frame, &failures, err);
    orr_frame_free(&frame);
    if (failures.length > ORR_WIRE_MAX_TEXT) failures.data[ORR_WIRE_MAX_TEXT] = '\0';
    if (status == ORR_OK) orr_wire_put_text(&message, orr_text_cstr(&failures));
    if (status == ORR_OK) answer(ORR_WIRE_FAILURES, &message);
    orr_text_free(&failures);
    return status;
}

static orr_status serve(child *c, orr_error *err) {
    orr_arena arena = {0};
    uint32_t type = 0;
    uint8_t *data = NULL;
    size_t size = 0;
    orr_status status =
        orr_wire_receive(ORR_CHILD_CHANNEL_FD, MAX_REQUEST, 0, NULL, &type, &data, &size, err);
    if (status != ORR_OK) _Exit(status == ORR_E_PROCESS ? 0 : 1); /* the other process is done with us */
    orr_wire_reader reader = {.data = data, .size = size, .arena = &arena, .trusted = true};
    orr_script_allow(c->script, c->frame_s);
    if (type == ORR_WIRE_EVALUATE)
        status = evaluate(c, &reader, err);
    else if (type == ORR_WIRE_EXPECT)
        status = expect(c, &reader, err);
    else
        status = orr_fail(err, ORR_E_INTERNAL, NULL, "a request of number %u", type);
    free(data);
    orr_arena_free(&arena);
    return status;
}

int orr_script_child(void) {
    child c = {0};
    orr_error err = {0};
    orr_text message = {0};
    orr_status status = receive_request(&c, &err);
    if (status == ORR_OK) status = prepare(&c, &err);
    if (status == ORR_OK) {
        answer(ORR_WIRE_LOCKED, &message);
        status = run(&c, &err);
    }
    while (status == ORR_OK) {
        orr_error own = {0};
        if (serve(&c, &own) != ORR_OK) answer_error(&own);
    }
    answer_error(&err);
    _Exit(
        0); /* its threads, and what a library would do at the end, are not worth the rights it would take */
}
