/* Animations: samplers are checked and decoded once per accessor; a channel points into them. */
#include "resource/gltf_private.h"

#include <string.h>

static bool read_path(gltf *g, const json_t *target, orr_anim_path *path) {
    static const char *const names[] = {"translation", "rotation", "scale", "weights"};
    const char *text = gltf_string(g, target, "path");
    for (int i = 0; text && i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *path = (orr_anim_path)i;
            return true;
        }
    }
    (void)gltf_fail(g, ORR_E_UNSUPPORTED,
                    "target path \"%.20s\" must be translation, rotation, scale or weights",
                    text ? text : "");
    return false;
}

static void read_interpolation(gltf *g, const json_t *sampler, orr_model_channel *channel) {
    const char *text = gltf_string(g, sampler, "interpolation");
    channel->interp = ORR_ANIM_LINEAR;
    if (text && strcmp(text, "STEP") == 0)
        channel->interp = ORR_ANIM_STEP;
    else if (text && strcmp(text, "CUBICSPLINE") == 0)
        channel->interp = ORR_ANIM_CUBIC;
    else if (text && strcmp(text, "LINEAR") != 0)
        (void)gltf_fail(g, ORR_E_BAD_DATA, "interpolation \"%.20s\" must be STEP, LINEAR or CUBICSPLINE",
                        text);
}

static void read_times(gltf *g, uint32_t input, orr_model_channel *channel) {
    if (!gltf_accessor_expect(g, input, 1, GLTF_FLOAT)) return;
    const float *times = gltf_floats(g, input);
    channel->times_s = times;
    channel->key_count = gltf_accessor_get(g, input) ? g->accessors[input].count : 0;
    if (times && times[0] < 0)
        (void)gltf_fail(g, ORR_E_OUT_OF_RANGE,
                        "accessor %u: the first key is at %g s; keys start at 0 or later", input,
                        (double)times[0]);
    for (uint32_t i = 1; g->status == ORR_OK && i < channel->key_count; i++)
        if (times[i] <= times[i - 1])
            (void)gltf_fail(g, ORR_E_OUT_OF_RANGE,
                            "accessor %u: key %u at %g s does not follow key %u at %g s; times must increase",
                            input, i, (double)times[i], i - 1, (double)times[i - 1]);
}

static void read_values(gltf *g, uint32_t output, orr_model_channel *channel) {
    bool weights = channel->path == ORR_ANIM_WEIGHTS;
    bool small =
        weights || channel->path == ORR_ANIM_ROTATION; /* what may be stored as normalised integers */
    uint32_t element = weights ? 1 : channel->width;
    if (!gltf_accessor_expect(g, output, element, small ? GLTF_UNIT : GLTF_ANY)) return;
    uint64_t per_key = (uint64_t)(weights ? channel->width : 1) * (channel->interp == ORR_ANIM_CUBIC ? 3 : 1);
    uint32_t count = gltf_accessor_get(g, output)->count;
    if (count != per_key * channel->key_count) {
        (void)gltf_fail(g, ORR_E_BAD_DATA, "accessor %u has %u values; %u keys of %llu each need %llu",
                        output, count, channel->key_count, (unsigned long long)per_key,
                        (unsigned long long)(per_key * channel->key_count));
        return;
    }
    channel->values = gltf_floats(g, output);
}

/* False when the channel moves nothing that the scene holds. */
static bool read_channel(gltf *g, const json_t *json, const json_t *samplers, uint32_t sampler_count,
                         uint32_t file_nodes, orr_model_channel *channel) {
    const json_t *target = gltf_object(g, json, "target");
    uint32_t node = gltf_index(g, target, "node", file_nodes, "node");
    uint32_t index = gltf_index(g, json, "sampler", sampler_count, "sampler");
    if (g->status != ORR_OK || node == ORR_NONE || g->node_map[node] == ORR_NONE) return false;
    if (!read_path(g, target, &channel->path)) return false;
    channel->node = g->node_map[node];
    const orr_model_node *moved = &g->model->nodes[channel->node];
    channel->width = channel->path == ORR_ANIM_ROTATION ? 4 : 3;
    if (channel->path == ORR_ANIM_WEIGHTS)
        channel->width = moved->mesh == ORR_NONE ? 0 : g->model->meshes[moved->mesh].morph_weight_count;
    const json_t *sampler = index == ORR_NONE ? NULL : gltf_item(g, samplers, index, "sampler");
    read_interpolation(g, sampler, channel);
    uint32_t input = gltf_index(g, sampler, "input", g->accessor_count, "accessor");
    uint32_t output = gltf_index(g, sampler, "output", g->accessor_count, "accessor");
    if (input == ORR_NONE || output == ORR_NONE)
        (void)gltf_fail(g, ORR_E_BAD_DATA, "it needs a sampler with an input and an output");
    else if (channel->width == 0)
        (void)gltf_fail(g, ORR_E_BAD_DATA, "it moves the weights of node %u, which has no morph targets",
                        node);
    else if (moved->has_matrix && channel->path != ORR_ANIM_WEIGHTS)
        (void)gltf_fail(
            g, ORR_E_BAD_DATA,
            "it moves node %u, whose sheared matrix cannot be animated; use translation, rotation, scale",
            node);
    if (g->status == ORR_OK) read_times(g, input, channel);
    if (g->status == ORR_OK) read_values(g, output, channel);
    return g->status == ORR_OK;
}

static void read_animation(gltf *g, uint32_t index, const json_t *json, uint32_t file_nodes,
                           orr_model_animation *animation) {
    uint32_t count = 0, sampler_count = 0, kept = 0;
    gltf_where_item(g, "animation", index, json);
    *animation = (orr_model_animation){.name = gltf_name(g, json)};
    const json_t *array = gltf_array(g, json, "channels", &count);
    const json_t *samplers = gltf_array(g, json, "samplers", &sampler_count);
    orr_model_channel *channels = gltf_new(g, count, sizeof *channels);
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++) {
        const json_t *item = gltf_item(g, array, i, "channel");
        gltf_where(g, "animation %u channel %u", index, i);
        if (!read_channel(g, item, samplers, sampler_count, file_nodes, &channels[kept])) continue;
        double end = channels[kept].times_s[channels[kept].key_count - 1];
        if (end > animation->duration_s) animation->duration_s = end;
        kept++;
    }
    animation->channels = channels;
    animation->channel_count = kept;
}

void gltf_read_animations(gltf *g) {
    uint32_t count = 0, file_nodes = 0;
    const json_t *array = gltf_array(g, g->root, "animations", &count);
    (void)gltf_array(g, g->root, "nodes", &file_nodes);
    g->model->animations = gltf_new(g, count, sizeof *g->model->animations);
    for (uint32_t i = 0; g->status == ORR_OK && i < count; i++)
        read_animation(g, i, gltf_item(g, array, i, "animation"), file_nodes, &g->model->animations[i]);
    g->model->animation_count = count;
    gltf_where(g, "%s", "");
}
