/* What goes into a bundle, and under which name.
 *
 * A file keeps its place relative to where it was found: the script's folder is scripts/, Orrery's content is
 * content/, its library of Lua scripts/lib/, a module's folder modules/<name>/. So what a script writes finds
 * in the bundle what it found outside. A file that --set names lies anywhere; it goes to assets/<parameter>/,
 * with what it refers to beside it, and the bundle's entry sets the parameter to that. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "cli/bundle.h"

enum { PATH_BYTES = 4096, MAX_DEPTH = 32 };

static orr_status no_memory(orr_error *err) {
    return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the files of a bundle");
}

void orr_bundle_sources_free(orr_bundle_sources *sources) {
    free(sources->places);
    free(sources->list);
    orr_arena_free(&sources->arena);
    memset(sources, 0, sizeof *sources);
}

/* --- places and files ------------------------------------------------------------------------- */

static orr_status add_place(orr_bundle_sources *s, const char *host, const char *inside, orr_error *err) {
    for (uint32_t i = 0; i < s->place_count; i++)
        if (!strcmp(s->places[i].host, host) && !strcmp(s->places[i].inside, inside)) return ORR_OK;
    if (s->place_count == s->place_capacity) {
        uint32_t wanted = s->place_capacity ? 2 * s->place_capacity : 16;
        orr_bundle_place *grown = orr_realloc(s->places, wanted, sizeof *grown);
        if (!grown) return no_memory(err);
        s->places = grown;
        s->place_capacity = wanted;
    }
    orr_bundle_place *place = &s->places[s->place_count];
    *place =
        (orr_bundle_place){orr_arena_strdup(&s->arena, host), orr_arena_strdup(&s->arena, inside), NULL, 0};
    if (!place->host || !place->inside) return no_memory(err);
    s->place_count++;
    return orr_licences_read(host, &s->arena, &place->licences, &place->licence_count, err);
}

/* "a/./b" as the VFS writes it: "a/b". False when it climbs or is absolute. */
static bool clean(const char *name, char *out, size_t size) {
    size_t length = 0;
    bool ok = !orr_path_is_absolute(name);
    for (const char *part = name; ok && *part;) {
        size_t n = strcspn(part, "/");
        if (n && !(n == 1 && part[0] == '.')) {
            ok = !(n == 2 && part[0] == '.' && part[1] == '.') && length + n + 2 < size;
            if (!ok) break;
            if (length) out[length++] = '/';
            memcpy(out + length, part, n);
            length += n;
        }
        part += n + (part[n] == '/');
    }
    out[length] = '\0';
    return ok && length;
}

static bool join_inside(char *out, size_t size, const char *folder, const char *name) {
    return orr_format(out, size, "%s%s%s", folder, *folder ? "/" : "", name);
}

/* The last of --licence that matches the name in the bundle, else what LICENCES of its place says. */
static const char *licence_of(const orr_bundle_sources *s, const orr_bundle_place *place, const char *name,
                              const char *below) {
    const char *found = NULL;
    for (uint32_t i = 0; place && i < place->licence_count; i++)
        if (orr_licence_matches(place->licences[i].pattern, below)) found = place->licences[i].words;
    for (uint32_t i = 0; i < s->licence_count; i++) {
        const char *equals = strchr(s->licences[i], '=');
        char pattern[512];
        if (orr_format(pattern, sizeof pattern, "%.*s", (int)(equals - s->licences[i]), s->licences[i]) &&
            orr_licence_matches(pattern, name))
            found = equals + 1;
    }
    return found;
}

/* One entry, from a host file or memory (which the arena must own). */
static orr_status add_entry(orr_bundle_sources *s, const orr_bundle_place *place, const char *below,
                            const orr_bundle_source *what, orr_error *err) {
    char name[PATH_BYTES];
    if (!join_inside(name, sizeof name, place->inside, below))
        return orr_fail(err, ORR_E_LIMIT, below, "the name of '%.200s…' is too long", below);
    for (uint32_t i = 0; i < s->count; i++) {
        const orr_bundle_source *other = &s->list[i];
        if (strcmp(other->name, name) != 0) continue;
        bool stale = what->expected && other->expected && !orr_digest_equal(what->expected, other->expected);
        if (what->path && other->path && !strcmp(other->path, what->path) && !stale) return ORR_OK;
        if (stale)
            return orr_fail(err, ORR_E_STALE, name, "'%s' was changed while the script read it", what->path);
        return orr_fail(err, ORR_E_EXISTS, name, "two files would be '%s' in the bundle: '%s' and '%s'", name,
                        other->path ? other->path : "SPIR-V", what->path ? what->path : "SPIR-V");
    }
    if (s->count == s->capacity) {
        uint32_t wanted = s->capacity ? 2 * s->capacity : 64;
        orr_bundle_source *grown = orr_realloc(s->list, wanted, sizeof *grown);
        if (!grown) return no_memory(err);
        s->list = grown;
        s->capacity = wanted;
    }
    orr_bundle_source *source = &s->list[s->count];
    *source = *what;
    source->licence = licence_of(s, place, name, below);
    source->name = orr_arena_strdup(&s->arena, name);
    if (what->path) source->path = orr_arena_strdup(&s->arena, what->path);
    if (!source->name || (what->path && !source->path)) return no_memory(err);
    s->count++;
    return ORR_OK;
}

static orr_status add_file(orr_bundle_sources *s, const orr_bundle_place *place, const char *below,
                           const char *path, const orr_digest *expected, orr_error *err) {
    const orr_bundle_source what = {.path = path, .expected = expected};
    return add_entry(s, place, below, &what, err);
}

/* --- folders ---------------------------------------------------------------------------------- */

/* All files below `folder`/`below`, in order of their names. */
static orr_status add_folder(orr_bundle_sources *s, const orr_bundle_place *place, const char *below,
                             int depth, orr_error *err) {
    char path[PATH_BYTES], name[PATH_BYTES], real[PATH_BYTES];
    char **names = NULL;
    size_t count = 0;
    orr_path_join(path, sizeof path, place->host, below);
    if (!*below) orr_format(path, sizeof path, "%s", place->host);
    if (depth > MAX_DEPTH)
        return orr_fail(err, ORR_E_LIMIT, path, "'%s' is more than %d folders deep", path, MAX_DEPTH);
    orr_status status = orr_folder_list(path, &names, &count, err);
    for (size_t i = 0; i < count && status == ORR_OK; i++) {
        bool fits = orr_format(name, sizeof name, "%s%s%s", below, *below ? "/" : "", names[i]) &&
                    orr_format(path, sizeof path, "%s/%s", place->host, name);
        if (!fits)
            status = orr_fail(err, ORR_E_LIMIT, names[i], "the path of '%.200s' is too long", names[i]);
        else if (!orr_path_real(path, real, sizeof real) || strcmp(real, path) != 0)
            status = orr_fail(err, ORR_E_UNSUPPORTED, path,
                              "'%s' is a symbolic link: put the file itself there", path);
        else if (orr_folder_exists(path))
            status = add_folder(s, place, name, depth + 1, err);
        else
            status = add_file(s, place, name, path, NULL, err);
    }
    orr_names_free(&names, count);
    return status;
}

orr_status orr_bundle_of_folder(const char *folder, const char *entry, const char *written,
                                orr_bundle_sources *out, orr_error *err) {
    char real[PATH_BYTES], name[PATH_BYTES], to[PATH_BYTES], real_to[PATH_BYTES];
    if (!orr_path_real(folder, real, sizeof real))
        return orr_fail(err, ORR_E_NOT_FOUND, folder, "there is no folder '%s'", folder);
    orr_path_folder(to, sizeof to, written);
    if (orr_path_real(to, real_to, sizeof real_to) &&
        (!strcmp(real_to, real) || orr_path_is_below(real, real_to)))
        return orr_fail(err, ORR_E_USAGE, NULL, "--out %s would be packed into itself: write it elsewhere",
                        written);
    if (!clean(entry ? entry : "main.lua", name, sizeof name))
        return orr_fail(err, ORR_E_USAGE, NULL, "--entry %s: write its path from the top of '%s'", entry,
                        folder);
    orr_status status = add_place(out, real, "", err);
    if (status == ORR_OK) status = add_folder(out, &out->places[0], "", 0, err);
    uint32_t i = 0;
    while (i < out->count && strcmp(out->list[i].name, name) != 0) i++;
    if (status == ORR_OK && i == out->count)
        return orr_fail(err, ORR_E_USAGE, NULL,
                        "'%s' has no %s to start with: name a script of it with --entry", folder, name);
    if (status == ORR_OK && !(out->entry = orr_arena_strdup(&out->arena, name))) status = no_memory(err);
    return status;
}

/* --- what a trace tells of -------------------------------------------------------------------- */

static const orr_bundle_place *place_of(const orr_bundle_sources *s, const char *host, uint32_t *from) {
    for (; *from < s->place_count; (*from)++)
        if (strcmp(s->places[*from].host, host) == 0) return &s->places[(*from)++];
    return NULL;
}

static orr_status add_places(const orr_trace *trace, orr_engine *engine, orr_bundle_sources *s,
                             orr_error *err) {
    static const char *const own[][2] = {{"content", "content"}, {"scripts/lib", "scripts/lib"}};
    char folder[PATH_BYTES], real[PATH_BYTES];
    orr_path_folder(folder, sizeof folder, trace->script);
    orr_status status = add_place(s, folder, "scripts", err);
    for (int i = 0; i < 2 && status == ORR_OK; i++) {
        orr_path_join(folder, sizeof folder, orr_engine_root(engine), own[i][0]);
        if (orr_path_real(folder, real, sizeof real)) status = add_place(s, real, own[i][1], err);
    }
    for (uint32_t i = 0; i < trace->read_count && status == ORR_OK; i++) {
        if (trace->reads[i].kind != ORR_READ_MODULE) continue;
        orr_format(folder, sizeof folder, "modules/%s", orr_path_name(trace->reads[i].under));
        status = add_place(s, trace->reads[i].under, folder, err);
    }
    return status;
}

/* What cannot be found again in a bundle. */
static orr_status cannot_travel(const orr_read *read, orr_error *err) {
    switch (read->kind) {
    case ORR_READ_ASSET:
        return orr_fail(err, ORR_E_UNSUPPORTED, read->asked,
                        "the script names '%s', which lies outside its folder: declare it as a parameter, "
                        "orrery.param{ type = \"asset\", … }, and give it with --set",
                        read->asked);
    case ORR_READ_PRESET:
    case ORR_READ_SCRIPT:
        return orr_fail(
            err, ORR_E_UNSUPPORTED, read->asked,
            "the script names '%s', which lies outside its folder: put it below the folder, and write "
            "its path from there",
            read->asked);
    default:
        return orr_fail(
            err, ORR_E_UNSUPPORTED, read->asked,
            "the script opens '%s' by itself, which a script of a bundle cannot: make it a Lua file for "
            "require or dofile",
            read->asked);
    }
}

/* An absolute path: of a parameter it is given another value in the bundle. */
static orr_status add_parameter_file(const orr_trace *trace, const orr_read *read, orr_bundle_sources *s,
                                     const char **values, orr_error *err) {
    char folder[PATH_BYTES], inside[PATH_BYTES], name[PATH_BYTES];
    const char *file = orr_path_name(read->asked);
    uint32_t first = 0;
    while (first < trace->asset_count && strcmp(trace->assets[first].value, read->asked) != 0) first++;
    if (first == trace->asset_count) return cannot_travel(read, err);
    const char *parameter = trace->assets[first].name;
    orr_path_folder(name, sizeof name, read->asked);
    if (!orr_path_real(name, folder, sizeof folder)) orr_format(folder, sizeof folder, "%s", name);
    const char *below = NULL, *top = NULL;
    for (uint32_t i = 0; i < s->place_count && !below; i++) { /* scripts/ and content/ have a place for it */
        const orr_bundle_place *place = &s->places[i];
        bool here = !strncmp(place->inside, "scripts", 7) || !strcmp(place->inside, "content");
        if (here && !strcmp(place->host, folder)) below = "", top = place->inside;
        if (here && orr_path_is_below(place->host, folder))
            below = folder + strlen(place->host) + 1, top = place->inside;
    }
    bool fits = below ? orr_format(inside, sizeof inside, "%s%s%s", top, *below ? "/" : "", below)
                      : orr_format(inside, sizeof inside, "assets/%s", parameter);
    if (!fits || !join_inside(name, sizeof name, inside, file))
        return orr_fail(err, ORR_E_LIMIT, read->asked, "the path '%.200s…' is too long", read->asked);
    orr_status status = add_place(s, folder, inside, err);
    if (status != ORR_OK) return status;
    uint32_t at = 0;
    while (at < s->place_count &&
           (strcmp(s->places[at].host, folder) || strcmp(s->places[at].inside, inside)))
        at++;
    for (uint32_t i = first; i < trace->asset_count; i++)
        if (!strcmp(trace->assets[i].value, read->asked) && !(values[i] = orr_arena_strdup(&s->arena, name)))
            return no_memory(err);
    return add_file(s, &s->places[at], file, read->path, &read->digest, err);
}

/* A model has a place of its own for what it refers to, wherever its folder goes. */
static orr_status add_place_of_model(orr_bundle_sources *s, const orr_read *read, const char *inside,
                                     orr_error *err) {
    char file[PATH_BYTES], folder[PATH_BYTES], real[PATH_BYTES], name[PATH_BYTES];
    orr_path_join(file, sizeof file, read->under, read->asked);
    orr_path_folder(folder, sizeof folder, file);
    if (!orr_path_real(folder, real, sizeof real)) return ORR_OK;
    orr_path_folder(name, sizeof name, inside);
    return add_place(s, real, name, err);
}

static orr_status add_found(const orr_read *read, orr_bundle_sources *s, orr_error *err) {
    char below[PATH_BYTES], name[PATH_BYTES];
    uint32_t from = 0;
    const orr_bundle_place *place = place_of(s, read->under, &from);
    if (!place || read->kind == ORR_READ_OTHER || !clean(read->asked, below, sizeof below))
        return cannot_travel(read, err);
    orr_status status = ORR_OK;
    for (; place && status == ORR_OK; place = place_of(s, read->under, &from)) {
        uint32_t index = (uint32_t)(place - s->places);
        status = add_file(s, place, below, read->path, &read->digest, err);
        if (status == ORR_OK && read->kind == ORR_READ_ASSET) {
            (void)join_inside(name, sizeof name, s->places[index].inside, below);
            status = add_place_of_model(s, read, name, err);
        }
    }
    return status;
}

/* Files that were asked for by their own path come first, then those found from a search folder, then what
 * models among them refer to: each adds the places where the next are looked up. */
static orr_status add_reads(const orr_trace *trace, orr_bundle_sources *s, const char **values,
                            orr_error *err) {
    orr_status status = ORR_OK;
    bool *done = orr_calloc((size_t)trace->read_count + 1, sizeof *done);
    if (!done) return no_memory(err);
    for (uint32_t i = 0; i < trace->read_count && status == ORR_OK; i++) {
        const orr_read *read = &trace->reads[i];
        if (read->kind != ORR_READ_ASSET || read->under[0]) continue;
        status = add_parameter_file(trace, read, s, values, err);
        done[i] = true;
    }
    for (bool more = true; more && status == ORR_OK;) {
        more = false;
        for (uint32_t i = 0; i < trace->read_count && status == ORR_OK; i++) {
            uint32_t from = 0;
            if (done[i] || !place_of(s, trace->reads[i].under, &from)) continue;
            status = add_found(&trace->reads[i], s, err);
            done[i] = more = true;
        }
    }
    for (uint32_t i = 0; i < trace->read_count && status == ORR_OK; i++)
        if (!done[i]) status = cannot_travel(&trace->reads[i], err);
    free(done);
    return status;
}

/* --- modules ---------------------------------------------------------------------------------- */

typedef struct module_context {
    orr_engine *engine;
    orr_bundle_sources *sources;
    const char *module;
} module_context;

orr_status orr_bundle_spirv_name(orr_engine *engine, const orr_shader_ref *ref, const char *module, char *out,
                                 size_t size, orr_error *err) {
    orr_digest digest;
    char hex[65];
    orr_status status = orr_shaders_digest(orr_engine_shaders(engine), ref, &digest, err);
    if (status != ORR_OK) return status;
    orr_digest_hex(&digest, hex);
    return orr_format(out, size, "modules/%s/%s.%.16s.spv", module, ref->name, hex)
               ? ORR_OK
               : orr_fail(err, ORR_E_LIMIT, ref->name, "the name of shader '%s' is too long", ref->name);
}

static orr_status add_spirv(void *context, const orr_shader_ref *ref, const orr_gpu_shader *shader,
                            orr_error *err) {
    module_context *m = context;
    char name[PATH_BYTES], place[PATH_BYTES];
    orr_status status = orr_bundle_spirv_name(m->engine, ref, m->module, name, sizeof name, err);
    if (status != ORR_OK) return status;
    orr_format(place, sizeof place, "modules/%s", m->module);
    uint32_t at = 0;
    while (at < m->sources->place_count && strcmp(m->sources->places[at].inside, place) != 0) at++;
    for (uint32_t i = 0; i < m->sources->count; i++) /* two variants that expand to one text */
        if (strcmp(m->sources->list[i].name, name) == 0) return ORR_OK;
    const orr_bundle_source what = {.data = shader->spirv, .size = shader->spirv_bytes}; /* the engine's */
    return add_entry(m->sources, &m->sources->places[at], name + strlen(place) + 1, &what, err);
}

/* The module whose manifest this is: its SPIR-V goes beside its GLSL. */
static orr_status add_module(const orr_read *read, orr_engine *engine, orr_bundle_sources *s,
                             orr_error *err) {
    const char *name = orr_path_name(read->under);
    size_t length = strlen(name);
    if (strncmp(read->asked, name, length) != 0) return ORR_OK;
    if (strcmp(read->asked + length, ORR_LIBRARY_SUFFIX) == 0)
        return orr_fail(err, ORR_E_UNSUPPORTED, read->path,
                        "module '%s' is native code (%s), and a bundle holds none: a module of manifest and "
                        "GLSL can travel",
                        name, read->path);
    if (strcmp(read->asked + length, ".lua") != 0) return ORR_OK;
    orr_modules *modules = orr_engine_modules(engine);
    int32_t index = orr_modules_find(modules, name);
    const orr_effect *effect = index < 0 ? NULL : orr_modules_get(modules, (uint32_t)index);
    char real[PATH_BYTES];
    if (!effect || !orr_path_real(effect->folder, real, sizeof real) || strcmp(real, read->under) != 0)
        return orr_fail(
            err, ORR_E_NOT_FOUND, read->path,
            "module '%s' is not loaded from '%s': name the folder of its folder with --modules, as "
            "for the trace",
            name, read->under);
    module_context context = {engine, s, name};
    return orr_module_shaders(orr_engine_shaders(engine), effect, true, add_spirv, &context, err);
}

/* --- the whole -------------------------------------------------------------------------------------------
 */

/* The entry's sets: what the packer set, with the bundle's names for files. */
static orr_status set_parameters(const orr_trace *trace, orr_bundle_sources *s, const char *const *values,
                                 orr_error *err) {
    s->sets = ORR_ARENA_NEW(&s->arena, orr_bundle_set, trace->set_count + trace->asset_count + 1);
    if (!s->sets) return no_memory(err);
    for (uint32_t i = 0; i < trace->set_count; i++) {
        bool is_file = false;
        for (uint32_t k = 0; k < trace->asset_count; k++)
            is_file = is_file || !strcmp(trace->assets[k].name, trace->sets[i].name);
        if (!is_file) s->sets[s->set_count++] = trace->sets[i];
    }
    for (uint32_t k = 0; k < trace->asset_count; k++) {
        bool given = false;
        for (uint32_t i = 0; i < trace->set_count; i++)
            given = given || !strcmp(trace->assets[k].name, trace->sets[i].name);
        if (given && !values[k])
            return orr_fail(err, ORR_E_USAGE, NULL,
                            "--set %s=%s names a file that the script does not read: leave it out",
                            trace->assets[k].name, trace->assets[k].value);
        if (values[k]) s->sets[s->set_count++] = (orr_bundle_set){trace->assets[k].name, values[k]};
    }
    return ORR_OK;
}

static orr_status add_golden(const orr_trace *trace, orr_bundle_sources *s, orr_error *err) {
    char below[PATH_BYTES], path[PATH_BYTES];
    if (!trace->golden) return ORR_OK;
    if (!clean(trace->golden, below, sizeof below))
        return orr_fail(err, ORR_E_UNSUPPORTED, trace->golden,
                        "the golden of the script's check, '%s', lies outside its folder: put it below",
                        trace->golden);
    orr_path_join(path, sizeof path, s->places[0].host, below);
    return orr_folder_exists(path) ? add_folder(s, &s->places[0], below, 0, err) : ORR_OK;
}

orr_status orr_bundle_of_trace(const orr_trace *trace, orr_engine *engine, orr_bundle_sources *out,
                               orr_error *err) {
    char entry[PATH_BYTES];
    if (!trace->sequence)
        return orr_fail(err, ORR_E_SCRIPT, trace->script,
                        "%s returned no sequence: there is nothing to render in a bundle of it",
                        trace->script);
    const char **values = ORR_ARENA_NEW(&out->arena, const char *, trace->asset_count + 1);
    orr_format(entry, sizeof entry, "scripts/%s", orr_path_name(trace->script));
    out->entry = orr_arena_strdup(&out->arena, entry);
    if (!values || !out->entry) return no_memory(err);
    orr_status status = add_places(trace, engine, out, err);
    if (status == ORR_OK) status = add_reads(trace, out, values, err);
    if (status == ORR_OK) status = set_parameters(trace, out, values, err);
    if (status == ORR_OK) status = add_golden(trace, out, err);
    for (uint32_t i = 0; i < trace->read_count && status == ORR_OK; i++)
        if (trace->reads[i].kind == ORR_READ_MODULE) status = add_module(&trace->reads[i], engine, out, err);
    return status;
}
