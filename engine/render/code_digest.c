/* What code a frame comes from: the program, the shared shaders, and the folders of the modules that are on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/platform/platform.h"
#include "render/renderer_private.h"

enum { CODE_BYTES = 1 << 30, DEEPEST = 8 };

static void add_file(orr_digest_builder *d, const char *path, const char *name) {
    uint8_t *data = NULL;
    size_t size = 0;
    orr_digest_add_text(d, name);
    uint64_t hash = orr_file_read(path, CODE_BYTES, &data, &size, NULL) ? 0 : orr_hash64(data, size, 0);
    orr_digest_add(d, &hash, sizeof hash);
    free(data);
}

static void add_folder(orr_digest_builder *d, const char *folder, int depth) {
    char **names = NULL, path[1400];
    size_t count = 0;
    if (depth > DEEPEST || orr_folder_list(folder, &names, &count, NULL)) return;
    for (size_t i = 0; i < count; i++) {
        orr_path_join(path, sizeof path, folder, names[i]);
        if (orr_folder_exists(path))
            add_folder(d, path, depth + 1);
        else if (strchr(names[i], '.')) /* in a build tree, a module's test programs lie beside it */
            add_file(d, path, names[i]);
    }
    orr_names_free(&names, count);
}

void orr_code_digest(const orr_renderer *renderer, const orr_settings *settings, orr_digest_builder *d) {
    char program[1024]; /* a version number does not tell two builds apart */
    if (orr_program_id(program, sizeof program))
        orr_digest_add_text(d, program);
    else if (orr_path_program(program, sizeof program))
        add_file(d, program, "program");
    for (const char *const *folder = orr_shaders_source_folders(renderer->shaders); *folder; folder++)
        add_folder(d, *folder, 0);
    orr_shaders_edits_digest(renderer->shaders, d);
    for (uint32_t e = 0; e < settings->effect_count; e++)
        if (settings->effects[e].enabled && settings->effects[e].effect->folder[0])
            add_folder(d, settings->effects[e].effect->folder, 0);
}
