#include "gpu/shaders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/platform/platform.h"
#include "base/text.h"
#include "gpu/shader_edits.h"

enum { SOURCE_LIMIT = 4 << 20, SPIRV_LIMIT = 16 << 20, PATH_BYTES = 1024, SPIRV_MAGIC = 0x07230203 };

/* A stored .spv begins with this; the SPIR-V words follow. A file that was cut or changed is then known as
 * such before a driver, which need not check anything, sees it. Native byte order: the cache is this
 * machine's. */
typedef struct spirv_header {
    char magic[8];
    uint64_t bytes; /* of the words */
    uint64_t check; /* XXH3 of the words */
} spirv_header;
static const char k_magic[8] = "ORRSPV1";

typedef struct entry {
    orr_digest digest;
    uint32_t *spirv; /* malloc'd, or inside `file` */
    uint8_t *file;   /* malloc'd, NULL when compiled now */
    size_t bytes;
    struct entry *next;
} entry;

/* A shared source in memory. */
typedef struct kept {
    const char *folder, *name;
    uint8_t *data; /* of the arena */
    size_t size;
    struct kept *next;
} kept;

struct orr_shaders {
    orr_arena arena; /* folder names, kept sources; immutable after create and keep_sources */
    kept *kept;
    bool keeps;
    const char **source_folders, **spirv_folders;
    const char *cache_folder;
    const orr_log *log;
    orr_vfs *vfs;
    orr_reads *reads;
    const char *const *own_folders;
    orr_mutex *mutex; /* guards what follows */
    entry *entries;
    orr_shader_edits edits;
};

/* --- creation ----------------------------------------------------------------------------------------- */

static const char **copy_folders(orr_arena *arena, const char *const *folders) {
    size_t count = 0;
    while (folders && folders[count]) count++;
    const char **copy = orr_arena_alloc(arena, count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        if (!(copy[i] = orr_arena_strdup(arena, folders[i]))) return NULL;
    return copy;
}

orr_status orr_shaders_create(const orr_shaders_params *params, orr_shaders **out, orr_error *err) {
    *out = NULL;
    orr_shaders *shaders = orr_calloc(1, sizeof *shaders);
    if (!shaders) return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for the shader store");
    shaders->log = params->log;
    shaders->vfs = params->vfs;
    shaders->reads = params->reads;
    shaders->own_folders = params->own_folders;
    shaders->mutex = orr_mutex_create();
    shaders->source_folders = copy_folders(&shaders->arena, params->source_folders);
    shaders->spirv_folders = copy_folders(&shaders->arena, params->spirv_folders);
    bool caches = params->cache_folder && *params->cache_folder;
    if (caches) shaders->cache_folder = orr_arena_strdup(&shaders->arena, params->cache_folder);
    if (!shaders->source_folders || !shaders->spirv_folders || (caches && !shaders->cache_folder)) {
        orr_shaders_destroy(&shaders);
        return orr_fail(err, ORR_E_MEMORY, NULL, "out of memory for the shader store");
    }
    orr_error inner = {0};
    if (caches && orr_folder_create(params->cache_folder, &inner)) {
        orr_log_write(shaders->log, ORR_LOG_WARNING, "no shader cache: %s", inner.message);
        shaders->cache_folder = NULL;
    }
    *out = shaders;
    return ORR_OK;
}

static void entry_free(entry *e) {
    if (e->file)
        free(e->file);
    else
        free(e->spirv);
    free(e);
}

void orr_shaders_destroy(orr_shaders **shaders) {
    if (!*shaders) return;
    for (entry *e = (*shaders)->entries, *next; e; e = next) {
        next = e->next;
        entry_free(e);
    }
    orr_mutex_destroy(&(*shaders)->mutex);
    orr_shader_edits_free(&(*shaders)->edits);
    orr_arena_free(&(*shaders)->arena);
    free(*shaders);
    *shaders = NULL;
}

/* --- sources -------------------------------------------------------------------------------------------- */

const char *const *orr_shaders_source_folders(const orr_shaders *shaders) {
    return shaders->source_folders;
}

/* A name stays inside the folders: relative, no "..", no backslash or drive. */
static bool name_stays_inside(const char *name) {
    return *name && !orr_path_is_absolute(name) && !strpbrk(name, "\\:") && !orr_path_has_parent(name);
}

static orr_status keep(orr_shaders *shaders, const char *folder, const char *name, orr_error *err) {
    char path[2 * PATH_BYTES];
    uint8_t *data = NULL;
    size_t size = 0;
    orr_path_join(path, sizeof path, folder, name);
    if (!orr_file_exists(path)) return ORR_OK;
    orr_status status = orr_file_read(path, SOURCE_LIMIT, &data, &size, err);
    if (status) return status;
    kept *file = ORR_ARENA_NEW(&shaders->arena, kept, 1);
    uint8_t *copy = orr_arena_alloc(&shaders->arena, size + 1, 1);
    const char *copied = orr_arena_strdup(&shaders->arena, name);
    if (file && copy && copied) {
        memcpy(copy, data, size);
        *file = (kept){folder, copied, copy, size, shaders->kept};
        shaders->kept = file;
    } else {
        status = orr_fail(err, ORR_E_MEMORY, path, "no memory for '%s'", path);
    }
    free(data);
    return status;
}

orr_status orr_shaders_keep_sources(orr_shaders *shaders, orr_error *err) {
    orr_status status = ORR_OK;
    for (const char **folder = shaders->source_folders; *folder && !status; folder++) {
        char **names = NULL;
        size_t count = 0;
        if (orr_folder_exists(*folder)) status = orr_folder_list(*folder, &names, &count, err);
        for (size_t i = 0; i < count && !status; i++) status = keep(shaders, *folder, names[i], err);
        orr_names_free(&names, count);
    }
    shaders->keeps = true;
    return status;
}

/* ORR_E_NOT_FOUND, without words, when it was not there. */
static orr_status read_kept(const orr_shaders *shaders, const char *folder, const char *name, uint8_t **data,
                            size_t *size, orr_error *err) {
    const kept *file = shaders->kept;
    while (file && (strcmp(file->folder, folder) != 0 || strcmp(file->name, name) != 0)) file = file->next;
    if (!file) return ORR_E_NOT_FOUND;
    *data = malloc(file->size + 1);
    if (!*data) return orr_fail(err, ORR_E_MEMORY, name, "no memory for '%s'", name);
    memcpy(*data, file->data, file->size + 1); /* the arena's memory is zero: the NUL too */
    *size = file->size;
    return ORR_OK;
}

typedef struct search {
    orr_shaders *shaders;
    const char *folder;
} search;

static orr_status fail_missing(const search *where, const char *name, orr_error *err) {
    orr_text folders = {0};
    if (where->folder) orr_text_printf(&folders, "'%s'", where->folder);
    for (const char **folder = where->shaders->source_folders; *folder; folder++)
        orr_text_printf(&folders, "%s'%s'", folders.length ? ", " : "", *folder);
    orr_fail(err, ORR_E_NOT_FOUND, name, "no shader file '%s' in %s", name,
             folders.length ? orr_text_cstr(&folders) : "any folder: none is given");
    orr_text_free(&folders);
    return ORR_E_NOT_FOUND;
}

/* A module that Orrery did not come with is an input of what is rendered. */
static void record(const orr_shaders *shaders, const char *name, const char *folder, const char *path,
                   const uint8_t *data, size_t size) {
    char real[4 * PATH_BYTES], under[4 * PATH_BYTES];
    for (const char *const *own = shaders->own_folders; own && *own; own++)
        if (orr_path_is_below(*own, folder)) return;
    if (orr_path_real(path, real, sizeof real)) path = real;
    if (orr_path_real(folder, under, sizeof under)) folder = under;
    orr_reads_add(shaders->reads, ORR_READ_MODULE, name, path, folder, data, size);
}

/* One file of a folder. ORR_E_NOT_FOUND, without words, when it is not there. */
static orr_status read_source(const orr_shaders *shaders, const char *folder, const char *name,
                              bool of_module, uint8_t **data, size_t *size, orr_error *err) {
    char path[2 * PATH_BYTES];
    const char *inside = orr_vfs_inside(folder);
    if (!inside && shaders->keeps) return read_kept(shaders, folder, name, data, size, err);
    orr_path_join(path, sizeof path, inside ? inside : folder, name);
    bool there =
        inside ? shaders->vfs && orr_vfs_exists(shaders->vfs, path) == ORR_VFS_FILE : orr_file_exists(path);
    if (!there) return ORR_E_NOT_FOUND;
    orr_status status = inside ? orr_vfs_read(shaders->vfs, path, SOURCE_LIMIT, data, size, err)
                               : orr_file_read(path, SOURCE_LIMIT, data, size, err);
    if (status) return status;
    if (memchr(*data, 0, *size)) {
        free(*data);
        return orr_fail(err, ORR_E_BAD_DATA, path, "'%s' is no GLSL: it holds a zero byte", path);
    }
    if (of_module) record(shaders, name, folder, path, *data, *size);
    return ORR_OK;
}

static orr_status edit(orr_shaders *shaders, const char *folder, const char *name, uint8_t **data,
                       orr_error *err) {
    char *text = (char *)*data;
    orr_mutex_lock(shaders->mutex);
    orr_status status = orr_shader_edits_make(&shaders->edits, folder, name, &text, err);
    orr_mutex_unlock(shaders->mutex);
    if (status) free(text);
    *data = (uint8_t *)text;
    return status;
}

/* The text of a file by its name: the module's own folder first, then the shared ones. */
static orr_status fetch(void *context, const char *name, char **text, orr_error *err) {
    const search *where = context;
    const char *only[2] = {where->folder, NULL};
    const char *const *lists[2] = {only, where->shaders->source_folders};
    if (!name_stays_inside(name))
        return orr_fail(err, ORR_E_ESCAPE, name,
                        "shader file '%s' would leave its folder: use a relative name without '..'", name);
    for (int list = 0; list < 2; list++) {
        for (const char *const *folder = lists[list]; *folder; folder++) {
            uint8_t *data = NULL;
            size_t size = 0;
            orr_status status = read_source(where->shaders, *folder, name, list == 0, &data, &size, err);
            if (status == ORR_E_NOT_FOUND) continue;
            if (!status) status = edit(where->shaders, *folder, name, &data, err);
            if (!status) *text = (char *)data;
            return status;
        }
    }
    return fail_missing(where, name, err);
}

static orr_status expand(orr_shaders *shaders, const orr_shader_ref *ref, char **expanded, orr_error *err) {
    search where = {shaders, ref->folder};
    char *text = NULL;
    orr_status status = fetch(&where, ref->name, &text, err);
    if (status) return status;
    const orr_glsl_source source = {ref->name, text, ref->preamble, ref->stage, fetch, &where};
    status = orr_glsl_expand(&source, expanded, err);
    free(text);
    return status;
}

/* --- SPIR-V on disk ---------------------------------------------------------------------------------------
 */

static void spirv_path(char path[PATH_BYTES], const char *folder, const orr_digest *digest) {
    char hex[65], name[80];
    orr_digest_hex(digest, hex);
    orr_format(name, sizeof name, "%s.spv", hex);
    orr_path_join(path, PATH_BYTES, folder, name);
}

static bool spirv_sound(const uint8_t *data, size_t size, spirv_header *header) {
    if (size < sizeof *header) return false;
    memcpy(header, data, sizeof *header);
    const uint8_t *words = data + sizeof *header;
    uint32_t first = 0;
    if (memcmp(header->magic, k_magic, sizeof k_magic) != 0 || header->bytes != size - sizeof *header)
        return false;
    if (header->bytes < 20 || header->bytes % 4 ||
        orr_hash64(words, (size_t)header->bytes, 0) != header->check)
        return false;
    memcpy(&first, words, sizeof first);
    return first == SPIRV_MAGIC;
}

/* NULL when the folder has none that is sound; a corrupt file is dropped and said so. */
static entry *load_from(orr_shaders *shaders, const char *folder, const orr_digest *digest, bool drop) {
    char path[PATH_BYTES];
    uint8_t *data = NULL;
    size_t size = 0;
    spirv_header header;
    spirv_path(path, folder, digest);
    if (!orr_file_exists(path) || orr_file_read(path, SPIRV_LIMIT, &data, &size, NULL)) return NULL;
    if (!spirv_sound(data, size, &header)) {
        orr_log_write(shaders->log, ORR_LOG_WARNING, "'%s' is damaged; the shader is compiled again", path);
        free(data);
        if (drop) orr_file_remove(path);
        return NULL;
    }
    entry *loaded = orr_calloc(1, sizeof *loaded);
    if (!loaded) {
        free(data);
        return NULL;
    }
    *loaded = (entry){.digest = *digest, .file = data, .bytes = (size_t)header.bytes};
    loaded->spirv = (uint32_t *)(void *)(data + sizeof header);
    return loaded;
}

static orr_status save_to(const char *folder, const entry *e, orr_error *err) {
    char path[PATH_BYTES];
    spirv_path(path, folder, &e->digest);
    spirv_header header = {.bytes = e->bytes, .check = orr_hash64(e->spirv, e->bytes, 0)};
    memcpy(header.magic, k_magic, sizeof k_magic);
    uint8_t *file = orr_calloc(1, sizeof header + e->bytes);
    if (!file) return orr_fail(err, ORR_E_MEMORY, path, "out of memory writing '%s'", path);
    memcpy(file, &header, sizeof header);
    memcpy(file + sizeof header, e->spirv, e->bytes);
    orr_status status = orr_file_write(path, file, sizeof header + e->bytes, err);
    free(file);
    return status;
}

/* --- the store
 * ------------------------------------------------------------------------------------------------ */

static const entry *find(orr_shaders *shaders, const orr_digest *digest) {
    orr_mutex_lock(shaders->mutex);
    const entry *e = shaders->entries;
    while (e && !orr_digest_equal(&e->digest, digest)) e = e->next;
    orr_mutex_unlock(shaders->mutex);
    return e;
}

/* Puts `fresh` in, unless another thread was first: then that one is returned and `fresh` freed. */
static const entry *insert(orr_shaders *shaders, entry *fresh) {
    orr_mutex_lock(shaders->mutex);
    entry *e = shaders->entries;
    while (e && !orr_digest_equal(&e->digest, &fresh->digest)) e = e->next;
    if (!e) {
        fresh->next = shaders->entries;
        shaders->entries = fresh;
    }
    orr_mutex_unlock(shaders->mutex);
    if (!e) return fresh;
    entry_free(fresh);
    return e;
}

static orr_status compile(orr_shaders *shaders, const orr_shader_ref *ref, const char *expanded,
                          const orr_digest *digest, entry **out, orr_error *err) {
    uint32_t *spirv = NULL;
    size_t bytes = 0;
    orr_status status = orr_glsl_compile(expanded, ref->name, ref->stage, &spirv, &bytes, err);
    if (status) return status;
    entry *fresh = orr_calloc(1, sizeof *fresh);
    if (!fresh) {
        free(spirv);
        return orr_fail(err, ORR_E_MEMORY, ref->name, "out of memory for shader '%s'", ref->name);
    }
    *fresh = (entry){.digest = *digest, .spirv = spirv, .bytes = bytes};
    orr_error inner = {0};
    if (shaders->cache_folder && save_to(shaders->cache_folder, fresh, &inner))
        orr_log_write(shaders->log, ORR_LOG_WARNING, "shader '%s' is not cached: %s", ref->name,
                      inner.message);
    *out = fresh;
    return ORR_OK;
}

static orr_status get_entry(orr_shaders *shaders, const orr_shader_ref *ref, const entry **out,
                            orr_error *err) {
    char *expanded = NULL;
    orr_status status = expand(shaders, ref, &expanded, err);
    if (status) return status;
    orr_digest digest = orr_glsl_digest(expanded, ref->stage);
    *out = find(shaders, &digest);
    entry *fresh = NULL;
    for (const char **folder = shaders->spirv_folders; !*out && !fresh && *folder; folder++)
        fresh = load_from(shaders, *folder, &digest, false);
    if (!*out && !fresh && shaders->cache_folder)
        fresh = load_from(shaders, shaders->cache_folder, &digest, true);
    if (!*out && !fresh) status = compile(shaders, ref, expanded, &digest, &fresh, err);
    free(expanded);
    if (fresh) *out = insert(shaders, fresh);
    return status;
}

orr_status orr_shaders_get(orr_shaders *shaders, const orr_shader_ref *ref, orr_gpu_shader *out,
                           orr_error *err) {
    const entry *e = NULL;
    orr_status status = get_entry(shaders, ref, &e, err);
    if (!status) *out = (orr_gpu_shader){e->spirv, e->bytes};
    return status;
}

orr_status orr_shaders_digest(orr_shaders *shaders, const orr_shader_ref *ref, orr_digest *digest,
                              orr_error *err) {
    char *expanded = NULL;
    orr_status status = expand(shaders, ref, &expanded, err);
    if (!status) *digest = orr_glsl_digest(expanded, ref->stage);
    free(expanded);
    return status;
}

orr_status orr_shaders_edit(orr_shaders *shaders, const char *file, const char *find, const char *replace,
                            orr_error *err) {
    orr_mutex_lock(shaders->mutex);
    orr_status status = orr_shader_edits_add(&shaders->edits, file, find, replace, err);
    orr_mutex_unlock(shaders->mutex);
    return status;
}

orr_status orr_shaders_edits_met(const orr_shaders *shaders, orr_error *err) {
    orr_mutex_lock(shaders->mutex);
    orr_status status = orr_shader_edits_met(&shaders->edits, err);
    orr_mutex_unlock(shaders->mutex);
    return status;
}

void orr_shaders_edits_digest(const orr_shaders *shaders, orr_digest_builder *digest) {
    orr_mutex_lock(shaders->mutex);
    orr_shader_edits_digest(&shaders->edits, digest);
    orr_mutex_unlock(shaders->mutex);
}

orr_status orr_shaders_build(orr_shaders *shaders, const orr_shader_ref *ref, const char *folder,
                             orr_error *err) {
    const entry *e = NULL;
    orr_status status = get_entry(shaders, ref, &e, err);
    if (!status) status = orr_folder_create(folder, err);
    return status ? status : save_to(folder, e, err);
}
