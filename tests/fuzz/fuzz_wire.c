/* libFuzzer target: what the process of a bundle's script may send, as the scene it authored. Whatever gets
 * in has to be a scene that can be published and shown, or be refused with a message. */
#include <stdlib.h>
#include <string.h>

#include "script/remote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static orr_engine *the_engine(void) {
    static orr_engine *engine;
    if (!engine &&
        (orr_engine_create(&(orr_engine_params){.app = "fuzz", .cache_folder = "", .threads = 1}, &engine,
                           NULL) ||
         orr_manifests_load(engine, NULL) || orr_assets_confine(orr_engine_assets(engine), "", NULL)))
        abort();
    return engine;
}

/* Every number that is in the scene by now is one that its row allows. */
static void look_at(orr_scene *scene) {
    for (orr_node node = {0}; orr_scene_next(scene, ORR_NODE_KIND_COUNT, &node);) {
        orr_node_parts parts;
        if (orr_node_look(scene, node, &parts, NULL)) abort();
        const orr_param_table *table = orr_node_table(parts.kind);
        for (uint32_t i = 0; i < table->count; i++) {
            orr_param_value value;
            if (orr_node_get(scene, node, i, &value, NULL) || orr_param_check(&table->rows[i], &value, NULL))
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const orr_script_params params = {.trust = ORR_TRUST_BUNDLE, .engine = the_engine()};
    orr_script *script = NULL;
    orr_error err = {0};
    if (orr_script_create(&params, &script, NULL)) abort();
    orr_wire_reader reader = {.data = data, .size = size, .arena = &script->arena};
    orr_status status = orr_result_get(script, &reader, &err);
    if (status == ORR_OK) status = orr_wire_end(&reader, &err);
    if (status != ORR_OK && !err.message[0]) abort();
    if (status == ORR_OK && strlen(script->digest_hex) != 64) abort();
    if (status == ORR_OK && script->result) {
        orr_revision *revision = NULL;
        look_at(script->result->scene->scene);
        if (orr_scene_publish(script->result->scene->scene, &revision, &err) == ORR_OK)
            orr_revision_release(&revision);
    }
    orr_script_destroy(&script);
    return 0;
}
