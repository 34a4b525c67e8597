/* The container: .glb chunks or plain JSON, the asset header, required extensions, then section by section.
 */
#include "resource/gltf_private.h"

#include <string.h>

enum { JSON_DEPTH_LIMIT = 64 };
static const size_t json_limit_bytes = (size_t)512 << 20;

/* --- container ------------------------------------------------------------------------------------ */
static uint32_t read_u32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The chunk at `*offset` of a GLB of `end` bytes; moves the offset past it. False at the end, or with status.
 */
static bool next_chunk(gltf *g, const uint8_t *file, size_t end, size_t *offset, uint32_t *type,
                       const uint8_t **bytes, size_t *size) {
    if (end - *offset < 8) return false;
    uint32_t length = read_u32(file + *offset);
    *type = read_u32(file + *offset + 4);
    if (length > end - *offset - 8) {
        (void)gltf_fail(g, ORR_E_TRUNCATED,
                        "the chunk at byte %zu has %u bytes; the file ends after %zu of them", *offset,
                        length, end - *offset - 8);
        return false;
    }
    *bytes = file + *offset + 8;
    *size = length;
    *offset += 8 + (size_t)length;
    return true;
}

static void open_glb(gltf *g, const uint8_t *file, size_t size, const char **json, size_t *json_size) {
    if (size < 12) {
        (void)gltf_fail(g, ORR_E_TRUNCATED, "a .glb has a header of 12 bytes; the file ends after %zu", size);
        return;
    }
    uint32_t version = read_u32(file + 4), length = read_u32(file + 8), type = 0;
    if (version != 2)
        (void)gltf_fail(g, ORR_E_VERSION, "it is a .glb of version %u; Orrery reads version 2", version);
    if (length > size)
        (void)gltf_fail(g, ORR_E_TRUNCATED, "the .glb says it has %u bytes; the file ends after %zu", length,
                        size);
    if (g->status != ORR_OK) return;
    size_t offset = 12, chunk_size = 0, end = length < 12 ? 12 : length;
    const uint8_t *chunk = NULL;
    if (next_chunk(g, file, end, &offset, &type, &chunk, &chunk_size) && type == 0x4e4f534au) {
        *json = (const char *)chunk;
        *json_size = chunk_size;
    } else {
        (void)gltf_fail(g, ORR_E_BAD_DATA, "the .glb does not begin with a JSON chunk");
        return;
    }
    if (next_chunk(g, file, end, &offset, &type, &chunk, &chunk_size) && type == 0x004e4942u) {
        g->bin = chunk;
        g->bin_size = chunk_size;
    }
}

/* jansson recurses; deep nesting is refused before it starts. */
static bool shallow(const char *json, size_t size) {
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        char c = json[i];
        if (in_string) {
            if (c == '\\') i++;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_LIMIT) return false;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

static void open_container(gltf *g, const uint8_t *file, size_t size) {
    const char *json = (const char *)file;
    size_t json_size = size;
    if (size == 0) {
        (void)gltf_fail(g, ORR_E_TRUNCATED, "the file is empty; a glTF 2.0 model was expected");
        return;
    }
    if (size >= 4 && memcmp(file, "glTF", 4) == 0) open_glb(g, file, size, &json, &json_size);
    if (g->status != ORR_OK) return;
    if (json_size >= 3 && memcmp(json, "\xef\xbb\xbf", 3) == 0)
        json += 3, json_size -= 3; /* a byte order mark */
    size_t space = 0;
    while (space < json_size && strchr(" \t\r\n", json[space]) && json[space]) space++;
    if (space == json_size || json[space] != '{') {
        (void)gltf_fail(g, ORR_E_BAD_DATA, "it is no glTF: a .gltf begins with '{', a .glb with \"glTF\"");
    } else if (json_size > json_limit_bytes) {
        (void)gltf_fail(g, ORR_E_LIMIT, "its JSON has %zu bytes; the limit is %zu", json_size,
                        json_limit_bytes);
    } else if (!shallow(json, json_size)) {
        (void)gltf_fail(g, ORR_E_LIMIT, "its JSON is nested deeper than %d levels", JSON_DEPTH_LIMIT);
    }
    if (g->status != ORR_OK) return;
    json_error_t error;
    g->root = json_loadb(json, json_size, JSON_REJECT_DUPLICATES, &error);
    if (!g->root)
        (void)gltf_fail(g, ORR_E_BAD_DATA, "JSON line %d column %d: %s", error.line, error.column,
                        error.text);
}

/* --- what the file asks for ------------------------------------------------------------------------ */
static void check_version(gltf *g) {
    const json_t *asset = gltf_object(g, g->root, "asset");
    const char *version = gltf_string(g, asset, "version"), *least = gltf_string(g, asset, "minVersion");
    const char *wanted = least ? least : version;
    if (!wanted)
        (void)gltf_fail(g, ORR_E_BAD_DATA, "it has no asset.version; a glTF 2.0 model was expected");
    else if (strncmp(wanted, "2.", 2) != 0 || (least && strcmp(least, "2.0") != 0))
        (void)gltf_fail(g, ORR_E_VERSION, "it is glTF %.20s; Orrery reads glTF 2.0", wanted);
}

static void check_extensions(gltf *g) {
    static const char *const known[] = {
        "KHR_mesh_quantization", "KHR_texture_transform", "KHR_materials_emissive_strength",
        "KHR_materials_ior",     "KHR_materials_unlit",   "KHR_lights_punctual"};
    uint32_t count = 0;
    const json_t *array = gltf_array(g, g->root, "extensionsRequired", &count);
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++) {
        const char *name = json_string_value(json_array_get(array, i));
        bool found = false;
        for (size_t k = 0; name && k < sizeof known / sizeof *known; k++)
            found = found || strcmp(name, known[k]) == 0;
        if (!found)
            (void)gltf_fail(
                g, ORR_E_UNSUPPORTED,
                "it requires the extension \"%.60s\", which Orrery does not read; export it without",
                name ? name : "(not a string)");
    }
}

orr_status orr_model_decode(const void *data, size_t size, const char *name, orr_model_fetch fetch,
                            void *context, orr_model *out, orr_error *err) {
    *out = (orr_model){0};
    gltf g = {
        .name = name ? name : "model", .model = out, .err = err, .fetch = fetch, .fetch_context = context};
    g.budget_bytes = ((uint64_t)64 << 20) + 256 * (uint64_t)size;
    static void (*const steps[])(gltf *) = {
        check_version,     check_extensions, gltf_read_buffers, gltf_read_materials, gltf_read_lights,
        gltf_read_cameras, gltf_read_meshes, gltf_read_nodes,   gltf_read_skins,     gltf_read_animations};
    open_container(&g, data, size);
    for (size_t i = 0; g.status == ORR_OK && i < sizeof steps / sizeof *steps; i++) steps[i](&g);
    gltf_free_buffers(&g);
    json_decref(g.root);
    orr_arena_free(&g.temp);
    orr_arena_free(&g.scratch);
    if (g.status != ORR_OK) orr_model_free(out);
    return g.status;
}

void orr_model_free(orr_model *model) {
    if (!model) return;
    orr_arena_free(&model->arena);
    *model = (orr_model){0};
}
