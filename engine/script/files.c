/* What a script reads: Lua, presets, what io.open and its kin open. All of it goes through here, so that the
 * engine's list of reads and the script's digest are whole, and so that a script of a bundle gets at nothing
 * but the bundle. */
#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "script/private.h"

void orr_script_path(const char *folder, const char *name, char *out, size_t size) {
    orr_path_join(out, size, folder, name); /* an absolute name stays; the VFS refuses it later */
}

bool orr_script_finds(const orr_script *script, const char *folder, const char *name) {
    char path[ORR_SCRIPT_PATH];
    orr_script_path(folder, name, path, sizeof path);
    return script->params.trust == ORR_TRUST_BUNDLE
               ? orr_vfs_exists(orr_engine_vfs(script->engine), path) == ORR_VFS_FILE
               : orr_file_exists(path);
}

static orr_status read_inside(orr_engine *engine, const char *path, uint64_t max_bytes, uint8_t **data,
                              size_t *size, orr_error *err) {
    orr_vfs *vfs = orr_engine_vfs(engine);
    orr_status status = orr_vfs_read(vfs, path, max_bytes, data, size, err);
    return status == ORR_E_NOT_FOUND
               ? orr_fail(err, status, path, "there is no file '%.600s' in the bundle", path)
               : status;
}

static void tell(orr_engine *engine, orr_read_kind kind, const char *name, const char *path,
                 const char *folder, const uint8_t *data, size_t size, bool inside) {
    char real_path[4096], real_folder[4096];
    if (!inside && orr_path_real(path, real_path, sizeof real_path)) path = real_path;
    if (!inside && *folder && orr_path_real(folder, real_folder, sizeof real_folder)) folder = real_folder;
    orr_reads_add(orr_engine_reads(engine), kind, name, path, folder, data, size);
}

orr_status orr_script_read(orr_script *script, orr_read_kind kind, const char *folder, const char *name,
                           uint64_t max_bytes, uint8_t **data, size_t *size, orr_error *err) {
    char path[ORR_SCRIPT_PATH];
    bool inside = script->params.trust == ORR_TRUST_BUNDLE;
    orr_script_path(folder, name, path, sizeof path);
    orr_status status = inside ? read_inside(script->engine, path, max_bytes, data, size, err)
                               : orr_file_read(path, max_bytes, data, size, err);
    if (status != ORR_OK) return status;
    if (script->digest) orr_digest_add(script->digest, *data, *size);
    tell(script->engine, kind, name, path, folder, *data, *size, inside);
    return ORR_OK;
}

orr_status orr_script_opens(orr_script *script, const char *name, orr_error *err) {
    uint8_t *data = NULL;
    size_t size = 0;
    if (script->digest) orr_digest_add_text(script->digest, name);
    orr_status status =
        orr_script_read(script, ORR_READ_OTHER, "", name, UINT64_C(2) << 30, &data, &size, err);
    free(data);
    if (status == ORR_E_LIMIT || status == ORR_E_MEMORY) return status;
    if (status != ORR_OK && script->digest) orr_digest_add_text(script->digest, "cannot be read");
    return ORR_OK;
}

orr_status orr_preset_read(orr_engine *engine, const char *path, uint8_t **data, size_t *size,
                           orr_error *err) {
    enum { MAX_PRESET_BYTES = 1 << 20 };
    const char *inside = orr_vfs_inside(path);
    orr_status status = inside ? read_inside(engine, inside, MAX_PRESET_BYTES, data, size, err)
                               : orr_file_read(path, MAX_PRESET_BYTES, data, size, err);
    if (status == ORR_OK)
        tell(engine, ORR_READ_PRESET, path, inside ? inside : path, "", *data, *size, inside != NULL);
    return status;
}

void orr_modules_tell(orr_engine *engine, const orr_settings *settings) {
    static const char *const suffixes[] = {".lua", ORR_LIBRARY_SUFFIX};
    for (uint32_t i = 0; i < settings->effect_count; i++) {
        const orr_effect *effect = settings->effects[i].effect;
        if (!settings->effects[i].enabled || !effect->folder[0]) continue;
        const char *inside = orr_vfs_inside(effect->folder), *folder = inside ? inside : effect->folder;
        if (!inside && orr_engine_module_is_own(engine, folder)) continue;
        for (int k = 0; k < 2; k++) {
            char name[128], path[ORR_SCRIPT_PATH];
            uint8_t *data = NULL;
            size_t size = 0;
            orr_format(name, sizeof name, "%s%s", effect->module.name, suffixes[k]);
            orr_script_path(folder, name, path, sizeof path);
            orr_status status = inside
                                    ? orr_vfs_read(orr_engine_vfs(engine), path, 1 << 30, &data, &size, NULL)
                                    : orr_file_read(path, 1 << 30, &data, &size, NULL);
            if (status == ORR_OK)
                tell(engine, ORR_READ_MODULE, name, path, folder, data, size, inside != NULL);
            free(data);
        }
    }
}
