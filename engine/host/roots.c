#include "host/roots.h"

#include <stdio.h>
#include <string.h>

#include "base/platform/platform.h"
#include "base/text.h"

/* A root is told by what it must hold. */
static bool is_root(const char *folder) {
    char shaders[1200];
    orr_path_join(shaders, sizeof shaders, folder, "shaders");
    return orr_folder_exists(shaders);
}

static orr_status set(orr_roots *out, const char *root, const char *modules, const char *spirv,
                      orr_error *err) {
    bool fits = orr_format(out->root, sizeof out->root, "%s", root) &&
                orr_format(out->shaders, sizeof out->shaders, "%s/shaders", root) &&
                orr_format(out->modules, sizeof out->modules, "%s", modules) &&
                orr_format(out->spirv, sizeof out->spirv, "%s", spirv);
    return fits ? ORR_OK : orr_fail(err, ORR_E_LIMIT, root, "the path of the program's folder is too long");
}

/* <prefix>/share/orrery, with <prefix>/lib/orrery/modules. */
static orr_status set_installed(orr_roots *out, const char *root, orr_error *err) {
    char modules[1200], spirv[1200];
    if (!orr_format(modules, sizeof modules, "%s/../../lib/orrery/modules", root)) modules[0] = '\0';
    if (!orr_folder_exists(modules)) (void)orr_format(modules, sizeof modules, "%s/modules", root);
    (void)orr_format(spirv, sizeof spirv, "%s/spirv", root);
    return set(out, root, modules, spirv, err);
}

static orr_status find_root(const char *root, orr_roots *out, orr_error *err) {
    char program[1024], folder[1024], near[1200], real[1024];
    if (root) {
        if (is_root(root)) return set_installed(out, root, err);
        return orr_fail(err, ORR_E_NOT_FOUND, root,
                        "'%s' is no folder of Orrery's files: it has no shaders/ in it", root);
    }
    if (orr_path_program(program, sizeof program)) {
        orr_path_folder(folder, sizeof folder, program);
        (void)orr_format(near, sizeof near, "%s/../share/orrery", folder);
        if (is_root(near) && orr_path_real(near, real, sizeof real)) return set_installed(out, real, err);
    }
    /* Just built, not installed. */
    if (is_root(ORRERY_SOURCE_ROOT))
        return set(out, ORRERY_SOURCE_ROOT, ORRERY_BUILD_ROOT "/modules", ORRERY_BUILD_ROOT "/spirv", err);
    return orr_fail(err, ORR_E_NOT_FOUND, NULL,
                    "Orrery's files (shaders, scripts, content) are not beside the program, in "
                    "../share/orrery: reinstall it, or name their "
                    "folder");
}

orr_status orr_roots_find(const char *root, const char *cache, orr_roots *out, orr_error *err) {
    memset(out, 0, sizeof *out);
    orr_status status = find_root(root, out, err);
    if (status) return status;
    if (!cache)
        (void)orr_path_cache(out->cache, sizeof out->cache); /* a user without a home has no cache */
    else if (!orr_format(out->cache, sizeof out->cache, "%s", cache))
        return orr_fail(err, ORR_E_LIMIT, NULL, "the path of the cache folder is too long");
    return ORR_OK;
}
