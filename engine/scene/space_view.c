/* A scene in the space, both ways: <app>/scenes/<id>/
 *
 *   src/<node>/{kind,parent}   what a node is, and the node it hangs under ("" = none); not for writing
 *   src/<node>/<property>      what was authored, by the rows of nodes.c; what nobody set is absent
 *   builds/<revision>/…        what the last three revisions hold; leases and collection come beside them
 *   current_revision           the last one that is whole
 *
 * A node of a name that is taken becomes "name~2". Each publish first takes over what was written to src
 * since the last one (a value sets the property and wins over its track, removing it puts the default and the
 * track back, removing a node removes it with all below), then shows the result at once. What is written
 * while a publish is under way waits for the next one, but for the microseconds between the two steps. */
#include <string.h>

#include "base/platform/platform.h"
#include "scene/scene_private.h"
#include "space/space.h"
#include "space/value_param.h"

enum { PATH = 1024, NAME = ORR_SPACE_MAX_NAME + 1, SUFFIX = 16, BUILDS_KEPT = 3 };

/* --- names --------------------------------------------------------------------------------------------- */

/* The value at `path`, the caller's, or NULL. */
static const orr_value *value_at(orr_space *space, const char *path) {
    const orr_value *value = NULL;
    return orr_space_get(space, path, &value, NULL) ? NULL : value;
}

static bool has_value(orr_space *space, const char *path) {
    const orr_value *value = value_at(space, path);
    orr_value_release(value);
    return value != NULL;
}

/* Whether `folder`/`name`, or name~n for n above 1, is taken. */
static bool taken(orr_space *space, const char *folder, const char *name, uint32_t n, const char *leaf) {
    char path[PATH], suffix[SUFFIX] = "";
    if (n > 1) (void)orr_format(suffix, sizeof suffix, "~%u", n);
    (void)orr_format(path, sizeof path, "%s/%s%s/%s", folder, name, suffix, leaf);
    return has_value(space, path);
}

/* The first free of name, name~2, name~3 … if they are taken in order, else any free one: by doubling and
 * halving, for a thousand leaves all called "leaf". A thing is taken when it has a value at `leaf`. */
static void free_name(orr_space *space, const char *folder, const char *wanted, const char *leaf,
                      char out[NAME]) {
    orr_space_name(wanted, out, NAME - SUFFIX);
    uint32_t low = 0, high = 1; /* low is taken */
    while (taken(space, folder, out, high, leaf)) low = high, high *= 2;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (taken(space, folder, out, middle, leaf))
            low = middle;
        else
            high = middle;
    }
    size_t length = strlen(out);
    if (high > 1) (void)orr_format(out + length, NAME - length, "~%u", high);
}

orr_status orr_scene_view_open(orr_scene *scene, orr_error *err) {
    char folder[PATH], name[NAME], src[PATH];
    if (!scene->space) return ORR_OK;
    (void)orr_format(folder, sizeof folder, "%s/scenes", scene->app_root);
    free_name(scene->space, folder, scene->name, "current_revision", name);
    (void)orr_format(scene->at, sizeof scene->at, "%s/%s", folder, name);
    (void)orr_format(src, sizeof src, "%s/current_revision", scene->at);
    orr_status status = orr_space_set(scene->space, src, orr_value_uint(0), err);
    (void)orr_format(src, sizeof src, "%s/src", scene->at);
    if (!status) status = orr_space_create(NULL, &scene->shown, err);
    return status ? status : orr_watch_create(scene->space, src, &scene->watch, err);
}

void orr_scene_view_close(orr_scene *scene) {
    if (scene->shown) orr_space_destroy(&scene->shown);
    if (!scene->at[0]) return;
    orr_watch_destroy(&scene->watch);
    orr_status gone =
        orr_space_remove(scene->space, scene->at, NULL); /* the application may have ended before */
    (void)gone;
}

/* --- from the space ------------------------------------------------------------------------------------ */

static orr_status refuse(orr_status status, const char *path, orr_error *err) {
    if (!err) return status;
    (void)orr_format(err->path, sizeof err->path, "%s", path);
    return orr_error_prefix(err, "%s", path);
}

/* Sets a property to what was written at `path`. */
static orr_status take_value(orr_scene *scene, uint32_t slot, const char *path, const char *name,
                             const orr_value *value, orr_error *err) {
    const orr_param_table *table = orr_node_table(scene->nodes[slot].kind);
    int32_t index = orr_param_find(table, name);
    orr_param_row row;
    orr_param_value read;
    if (!strcmp(name, "kind") || !strcmp(name, "parent"))
        return orr_fail(err, ORR_E_UNSUPPORTED, path, "%s: the %s of a node is chosen by the script", path,
                        name);
    if (index < 0) return refuse(orr_param_unknown(table, name, err), path, err);
    orr_param_row_get(table, (uint32_t)index, &row);
    if (row.type == ORR_PARAM_ASSET)
        return orr_fail(err, ORR_E_UNSUPPORTED, path,
                        "%s: a file is chosen when the node is made, by the script", path);
    orr_status status = orr_value_to_param(&row, value, &read, err);
    if (!status) status = orr_node_set(scene, orr_scene_id(scene, slot), (uint32_t)index, &read, err);
    if (status) return refuse(status, path, err);
    scene->nodes[slot].edited_rows |= UINT32_C(1) << index;
    return ORR_OK;
}

/* Puts the defaults back of properties that are gone from the space. */
static orr_status take_removals(orr_scene *scene, uint32_t slot, const char *node_path, orr_error *err) {
    orr_node_slot *node = &scene->nodes[slot];
    const orr_param_table *table = orr_node_table(node->kind);
    for (uint32_t i = 0; i < table->count; i++) {
        char shown[PATH], live[PATH];
        orr_param_row row;
        orr_param_value fallback;
        if (!(node->set_rows >> i & 1u)) continue;
        orr_param_row_get(table, i, &row);
        (void)orr_format(shown, sizeof shown, "/%s/%s", node->shown, row.name);
        (void)orr_format(live, sizeof live, "%s/%s", node_path, row.name);
        /* what nothing shows yet, the script has set meanwhile */
        if (!has_value(scene->shown, shown) || has_value(scene->space, live)) continue;
        orr_status status = orr_param_default(&row, &fallback, err);
        if (status) return status;
        if (fallback.text) fallback.text = orr_arena_strdup(&scene->arena, fallback.text);
        orr_param_store(&row, &fallback, node->props);
        node->set_rows &= ~(UINT32_C(1) << i);
        node->edited_rows &= ~(UINT32_C(1) << i);
        scene->edits++;
    }
    return ORR_OK;
}

/* Values are immutable and shared by what shows them: another pointer means that somebody wrote. */
static orr_status take_node(orr_scene *scene, uint32_t slot, orr_error *err) {
    char node_path[PATH], **names = NULL;
    size_t count = 0;
    (void)orr_format(node_path, sizeof node_path, "%s/src/%s", scene->at, scene->nodes[slot].shown);
    if (orr_space_list(scene->space, node_path, &names, &count, NULL))
        return orr_node_remove(scene, orr_scene_id(scene, slot), err);
    orr_status status = ORR_OK;
    for (size_t i = 0; i < count && !status; i++) {
        char live[PATH], shown[PATH];
        (void)orr_format(live, sizeof live, "%s/%s", node_path, names[i]);
        (void)orr_format(shown, sizeof shown, "/%s/%s", scene->nodes[slot].shown, names[i]);
        const orr_value *now = value_at(scene->space, live), *then = value_at(scene->shown, shown);
        if (now && now != then && !(then && orr_value_equal(now, then)))
            status = take_value(scene, slot, live, names[i], now, err);
        orr_value_release(now), orr_value_release(then);
    }
    orr_names_free(&names, count);
    return status ? status : take_removals(scene, slot, node_path, err);
}

/* A node that nobody made would be an edit without effect. */
static orr_status refuse_strangers(orr_scene *scene, orr_error *err) {
    char src[PATH], **names = NULL;
    size_t count = 0;
    orr_status status = ORR_OK;
    (void)orr_format(src, sizeof src, "%s/src", scene->at);
    if (orr_space_list(scene->space, src, &names, &count, NULL)) return ORR_OK; /* all of it was removed */
    for (size_t i = 0; i < count && !status; i++)
        if (!taken(scene->shown, "", names[i], 1, "kind"))
            status = orr_fail(
                err, ORR_E_UNKNOWN_KEY, src,
                "%s/%s: the scene has no such node, or has not shown it yet: nodes are made by the script, "
                "and shown when it publishes",
                src, names[i]);
    orr_names_free(&names, count);
    return status;
}

static orr_status take_edits(orr_scene *scene, orr_error *err) {
    uint64_t revision = 0;
    bool written = orr_watch_poll(scene->watch, &revision) && revision != scene->shown_at;
    if (!written && !scene->look_again) return ORR_OK;
    orr_status status = refuse_strangers(scene, err);
    for (uint32_t i = 0; i < scene->node_count && !status; i++)
        if ((scene->nodes[i].generation & 1u) && scene->nodes[i].shown) status = take_node(scene, i, err);
    scene->look_again = status != ORR_OK;
    return status;
}

/* --- to the space -------------------------------------------------------------------------------------- */

static orr_status put(orr_space *aside, const char *node, const char *leaf, const orr_value *value,
                      orr_error *err) {
    char path[PATH];
    (void)orr_format(path, sizeof path, "/%s/%s", node, leaf);
    return orr_space_set(aside, path, value, err);
}

static orr_status put_node(const orr_scene *scene, orr_space *aside, uint32_t slot, orr_error *err) {
    const orr_node_slot *node = &scene->nodes[slot];
    const orr_param_table *table = orr_node_table(node->kind);
    const char *parent = node->parent == ORR_NONE ? "" : scene->nodes[node->parent].shown;
    orr_status status = put(aside, node->shown, "parent", orr_value_string(parent), err);
    for (uint32_t i = 0; i < table->count && !status; i++) {
        orr_param_row row;
        orr_param_value value;
        if (!(node->set_rows >> i & 1u)) continue;
        orr_param_row_get(table, i, &row);
        orr_param_load(&row, node->props, &value);
        status = put(aside, node->shown, row.name, orr_value_of_param(&row, &value), err);
    }
    return status;
}

/* Names stay with their nodes; a new node gets one that is free. */
static orr_status put_names(orr_scene *scene, orr_space *aside, orr_error *err) {
    orr_status status = ORR_OK;
    for (int fresh = 0; fresh < 2; fresh++)
        for (uint32_t i = 0; i < scene->node_count && !status; i++) {
            orr_node_slot *node = &scene->nodes[i];
            char name[NAME];
            if (!(node->generation & 1u) || (node->shown != NULL) == fresh) continue;
            if (fresh) {
                free_name(aside, "", node->name, "kind", name);
                node->shown = orr_arena_strdup(&scene->arena, name);
            }
            status = node->shown ? put(aside, node->shown, "kind",
                                       orr_value_string(orr_node_kind_name(node->kind)), err)
                                 : orr_fail(err, ORR_E_MEMORY, scene->at, "no memory to show a scene");
        }
    return status;
}

static orr_status show_nodes(orr_scene *scene, orr_error *err) {
    char src[PATH];
    orr_space *aside = NULL;
    if (scene->edits == scene->shown_edits) return ORR_OK;
    orr_status status = orr_space_create(NULL, &aside, err);
    if (!status) status = put_names(scene, aside, err);
    for (uint32_t i = 0; i < scene->node_count && !status; i++)
        if (scene->nodes[i].generation & 1u) status = put_node(scene, aside, i, err);
    (void)orr_format(src, sizeof src, "%s/src", scene->at);
    uint64_t before = orr_space_revision(scene->space);
    if (!status) status = orr_space_mount(scene->space, src, aside, err);
    if (status) return orr_space_destroy(&aside), status;
    /* When nobody wrote meanwhile, the mount's own notification is known, and is no edit. */
    scene->shown_at = orr_space_revision(scene->space) == before + 1 ? before + 1 : 0;
    orr_space_destroy(&scene->shown);
    scene->shown = aside;
    scene->shown_edits = scene->edits;
    return ORR_OK;
}

orr_status orr_scene_exchange(orr_scene *scene, orr_error *err) {
    if (!scene->space) return ORR_OK;
    orr_status status = take_edits(scene, err);
    return status ? status : show_nodes(scene, err);
}

orr_status orr_scene_show(orr_scene *scene, const orr_revision *revision, orr_error *err) {
    if (!scene->space) return ORR_OK;
    char path[PATH], digest[65];
    orr_space *aside = NULL;
    orr_digest_hex(&revision->digest, digest);
    orr_status status = orr_space_create(NULL, &aside, err);
    const struct {
        const char *path;
        uint32_t count;
    } counts[] = {{"/nodes", revision->node_count},
                  {"/primitives", revision->primitive_count},
                  {"/materials", revision->material_count},
                  {"/textures", revision->texture_count}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && !status; i++)
        status = orr_space_set(aside, counts[i].path, orr_value_uint(counts[i].count), err);
    if (!status) status = orr_space_set(aside, "/digest", orr_value_string(digest), err);
    (void)orr_format(path, sizeof path, "%s/builds/%llu", scene->at, (unsigned long long)revision->number);
    if (!status) status = orr_space_mount(scene->space, path, aside, err);
    orr_space_destroy(&aside);
    (void)orr_format(path, sizeof path, "%s/current_revision", scene->at);
    if (!status) status = orr_space_set(scene->space, path, orr_value_uint(revision->number), err);
    if (status || revision->number <= BUILDS_KEPT) return status;
    (void)orr_format(path, sizeof path, "%s/builds/%llu", scene->at,
                     (unsigned long long)revision->number - BUILDS_KEPT);
    orr_status gone = orr_space_remove(scene->space, path, NULL); /* somebody may have removed it before */
    (void)gone;
    return ORR_OK;
}
