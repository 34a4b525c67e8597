#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "render/target_private.h"

/* --- the graph
 * ----------------------------------------------------------------------------------------------------------
 */

#define CREATE(name)                                                                                         \
    { .channel = name, .access = ORR_ACCESS_CREATE }
#define READ(name)                                                                                           \
    { .channel = name, .access = ORR_ACCESS_READ }

static uint32_t core_passes(orr_target *t, orr_graph_pass *passes) {
    uint32_t n = 0;
    passes[n++] = (orr_graph_pass){.name = "visibility",
                                   .stage = "visibility",
                                   .record = orr_record_visibility,
                                   .context = t,
                                   .use_count = 2,
                                   .uses = {{.channel = "core.seen",
                                             .access = ORR_ACCESS_CREATE,
                                             .format = ORR_FORMAT_RG32_UINT,
                                             .attachment = true},
                                            {.channel = "core.zbuffer",
                                             .access = ORR_ACCESS_CREATE,
                                             .format = ORR_FORMAT_D32_SFLOAT,
                                             .attachment = true}}};
    passes[n++] =
        (orr_graph_pass){.name = "resolve",
                         .stage = "resolve",
                         .record = orr_record_resolve,
                         .context = t,
                         .use_count = 8,
                         .uses = {READ("core.seen"),
                                  READ("core.zbuffer"),
                                  CREATE("depth"),
                                  CREATE("normal"),
                                  CREATE("albedo"),
                                  CREATE("material"),
                                  CREATE("emission"),
                                  {.channel = "id", .access = ORR_ACCESS_CREATE, .optional = true}}};
    passes[n++] = (orr_graph_pass){.name = "lighting",
                                   .stage = "lighting",
                                   .record = orr_record_lighting,
                                   .context = t,
                                   .use_count = 6,
                                   .uses = {READ("depth"), READ("normal"), READ("albedo"), READ("material"),
                                            READ("emission"), CREATE("hdr")}};
    if (t->renderer->residency.any_air)
        passes[n++] =
            (orr_graph_pass){.name = "sky",
                             .stage = "sky",
                             .record = orr_record_sky,
                             .context = t,
                             .pointwise = true,
                             .use_count = 2,
                             .uses = {READ("depth"), {.channel = "hdr", .access = ORR_ACCESS_MODIFY}}};
    if (t->renderer->residency.any_blend)
        passes[n++] =
            (orr_graph_pass){.name = "transparent",
                             .stage = "transparent",
                             .record = orr_record_transparent,
                             .context = t,
                             .use_count = 2,
                             .uses = {{.channel = "hdr", .access = ORR_ACCESS_MODIFY, .attachment = true},
                                      READ("core.zbuffer")}};
    if (t->exposer.may_meter) /* before white balance: a meter looks at the light as it comes */
        passes[n++] = (orr_graph_pass){.name = "histogram",
                                       .stage = "accumulation",
                                       .record = orr_record_histogram,
                                       .context = t,
                                       .root = true,
                                       .use_count = 1,
                                       .uses = {READ("hdr")}};
    if (t->encodes && t->params.gizmos)
        passes[n++] = (orr_graph_pass){.name = "gizmos",
                                       .stage = "overlay",
                                       .record = orr_record_gizmos,
                                       .context = t,
                                       .use_count = 1,
                                       .uses = {{.channel = "ldr", .access = ORR_ACCESS_MODIFY}}};
    if (t->encodes)
        passes[n++] = (orr_graph_pass){.name = "encode",
                                       .stage = "encode",
                                       .record = orr_record_encode,
                                       .context = t,
                                       .root = true,
                                       .use_count = 1,
                                       .uses = {READ("ldr")}};
    return n;
}

static const char *listed(const void *context, size_t i) {
    return ((const char *const *)context)[i];
}

orr_status orr_order_check(const orr_settings *settings, const char *const *order, uint32_t count,
                           orr_error *err) {
    static const char *const core[] = {"visibility",  "resolve",   "lighting", "sky",
                                       "transparent", "histogram", "gizmos",   "encode"};
    orr_arena arena = {0};
    uint32_t n = 0, most = sizeof core / sizeof core[0];
    for (uint32_t e = 0; e < settings->effect_count; e++)
        most += settings->effects[e].effect->module.pass_count;
    const char **names = ORR_ARENA_NEW(&arena, const char *, most);
    orr_status status =
        names ? ORR_OK : orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the order of passes");
    for (uint32_t e = 0; !status && e < settings->effect_count; e++)
        for (uint32_t p = 0; !status && p < settings->effects[e].effect->module.pass_count; p++) {
            const orr_module_desc *module = &settings->effects[e].effect->module;
            char name[160];
            (void)orr_format(name, sizeof name, "%s.%s", module->name, module->passes[p].name);
            if (!(names[n++] = orr_arena_strdup(&arena, name)))
                status = orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the order of passes");
        }
    for (uint32_t i = 0; !status && i < sizeof core / sizeof core[0]; i++) names[n++] = core[i];
    for (uint32_t i = 0; !status && i < count; i++) {
        uint32_t at = 0, before = 0;
        while (at < n && strcmp(names[at], order[i])) at++;
        while (before < i && strcmp(order[before], order[i])) before++;
        const char *nearest = at < n ? NULL : orr_nearest_name(order[i], n, listed, names);
        if (at == n)
            status = orr_fail(err, ORR_E_UNKNOWN_KEY, NULL, "order: there is no pass '%.80s'%s%s%s", order[i],
                              nearest ? ": did you mean '" : "; a module's pass is called module.pass",
                              nearest ? nearest : "", nearest ? "'?" : "");
        else if (before < i)
            status = orr_fail(err, ORR_E_ARGUMENT, NULL, "order: '%s' is named twice", order[i]);
    }
    orr_arena_free(&arena);
    return status;
}

static const orr_graph_pass *live_pass(const orr_graph *graph, const char *name) {
    for (uint32_t i = 0; i < graph->pass_count; i++)
        if (!strcmp(graph->passes[i].name, name)) return &graph->passes[i];
    return NULL;
}

/* An enabled module none of whose passes feeds an output would be a silent no-op. The tonemapper is exempt: a
 * scene-linear output does without it by design. */
static orr_status check_culled(const orr_target *t, const orr_graph_pass *passes, uint32_t first,
                               uint32_t count, orr_error *err) {
    for (uint32_t i = first; i < count; i++) {
        const orr_effect_pass *pass = passes[i].context;
        if (!t->encodes || live_pass(&t->graph, passes[i].name) || pass->effect->module.role) continue;
        return orr_fail(err, ORR_E_GRAPH, passes[i].name,
                        "module '%s' is enabled, but nothing that is asked for uses its pass '%s': disable "
                        "it, or ask for an output that needs it",
                        pass->effect->module.name, passes[i].name);
    }
    return ORR_OK;
}

/* Every parameter of an effect that is on is read by something. */
static orr_status check_reads(const orr_target *t, orr_error *err) {
    orr_status status = ORR_OK;
    for (uint32_t e = 0; !status && e < t->params.settings->effect_count; e++) {
        const orr_effect_settings *s = &t->params.settings->effects[e];
        const orr_effect_pass *live[ORR_MAX_PASSES];
        uint32_t count = 0;
        for (uint32_t i = 0; i < t->graph.pass_count; i++) {
            if (t->graph.passes[i].record != orr_effect_record) continue;
            const orr_effect_pass *pass = t->graph.passes[i].context;
            if (pass->settings == s) live[count++] = pass;
        }
        if (count || (s->enabled && !s->effect->module.pass_count))
            status = orr_effect_check(live, count, s->effect, err);
    }
    return status;
}

static orr_status build_graph(orr_target *t, orr_error *err) {
    orr_graph_pass *passes = ORR_ARENA_NEW(&t->arena, orr_graph_pass, ORR_MAX_PASSES);
    if (!passes) return orr_fail(err, ORR_E_MEMORY, t->label, "no memory for the frame graph");
    uint32_t core = core_passes(t, passes), count = core, output_count = 0;
    orr_status status = orr_order_check(t->params.settings, t->params.order, t->params.order_count, err);
    for (uint32_t i = 0; !status && i < t->params.settings->effect_count; i++)
        status = orr_effect_add(t->renderer, &t->params.settings->effects[i], &t->arena, passes, &count,
                                ORR_MAX_PASSES, err);
    if (!status) status = orr_gizmos_come_last(t, passes, count, err);
    const char *outputs[ORR_MAX_OUTPUTS];
    for (uint32_t i = 0; i < t->params.output_count; i++)
        if (strcmp(t->outputs[i].channel, "ldr")) outputs[output_count++] = t->outputs[i].channel;
    orr_graph_desc desc = {.order = t->params.order,
                           .order_count = t->params.order_count,
                           .passes = passes,
                           .pass_count = count,
                           .outputs = outputs,
                           .output_count = output_count,
                           .width = t->params.width,
                           .height = t->params.height,
                           .samples = t->params.samples};
    if (!status) status = orr_graph_compile(&desc, &t->graph, err);
    if (!status) status = check_culled(t, passes, core, count, err);
    for (uint32_t i = 0; !status && i < t->graph.pass_count; i++)
        if (t->graph.passes[i].record == orr_effect_record)
            status = orr_effect_finish(&t->graph, &t->graph.passes[i], err);
    if (!status) status = check_reads(t, err);
    return status;
}

static orr_status make_textures(orr_target *t, orr_error *err) {
    const orr_graph *g = &t->graph;
    orr_gpu_texture_params *params = ORR_ARENA_NEW(&t->arena, orr_gpu_texture_params, g->texture_count + 1);
    orr_gpu_texture *made = ORR_ARENA_NEW(&t->arena, orr_gpu_texture, g->texture_count + 1);
    uint32_t *slots = ORR_ARENA_NEW(&t->arena, uint32_t, g->texture_count + 1),
             *index = ORR_ARENA_NEW(&t->arena, uint32_t, g->texture_count + 1), n = 0;
    t->textures = ORR_ARENA_NEW(&t->arena, orr_gpu_texture, g->texture_count + 1);
    if (!params || !made || !slots || !index || !t->textures)
        return orr_fail(err, ORR_E_MEMORY, t->label, "no memory for the frame graph");
    for (uint32_t i = 0; i < g->texture_count; i++) {
        const orr_graph_texture *x = &g->textures[i];
        if (x->last < 0) continue;
        params[n] = (orr_gpu_texture_params){.label = x->name,
                                             .width = x->width,
                                             .height = x->height,
                                             .format = x->format,
                                             .sampled = true,
                                             .attachment = x->attachment,
                                             .storage = x->format != ORR_FORMAT_D32_SFLOAT};
        slots[n] = x->slot, index[n++] = i;
    }
    orr_status status = orr_gpu_texture_create_aliased(t->renderer->gpu, params, n, slots, made, err);
    for (uint32_t i = 0; !status && i < n; i++) t->textures[index[i]] = made[i];
    return status;
}

size_t orr_target_output_bytes(const orr_target *t, const orr_output *output) {
    size_t pixels = (size_t)t->params.width * t->params.height;
    if (!strcmp(output->channel, "ldr")) return pixels * (output->wide ? 8 : 4);
    return pixels * orr_format_bytes(t->graph.textures[orr_graph_final(&t->graph, output->channel)].format);
}

static orr_status make_buffers(orr_target *t, orr_error *err) {
    orr_gpu *gpu = t->renderer->gpu;
    orr_status status = ORR_OK;
    if (t->encodes)
        status = orr_gpu_buffer_create(
            gpu,
            &(orr_gpu_buffer_params){.label = "encoded",
                                     .size_bytes =
                                         (uint64_t)t->params.width * t->params.height * (t->wide ? 8 : 4)},
            &t->encoded, err);
    for (uint32_t s = 0; s < t->params.slots; s++)
        for (uint32_t i = 0; !status && i < t->params.output_count; i++) {
            orr_gpu_buffer_params params = {.label = "readback",
                                            .size_bytes = orr_target_output_bytes(t, &t->outputs[i]),
                                            .memory = ORR_MEMORY_READBACK};
            status = orr_gpu_buffer_create(gpu, &params, &t->slots[s].readback[i], err);
        }
    return status;
}

orr_status orr_target_create(orr_renderer *r, const orr_target_params *params, orr_target **out,
                             orr_error *err) {
    uint32_t side = orr_gpu_get_limits(r->gpu)->max_image_side;
    if (!params->width || !params->height || params->width > side || params->height > side)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, params->label,
                        "a target of %u x %u pixels: each side must be 1 to %u on this device", params->width,
                        params->height, side);
    if (params->output_count > ORR_MAX_OUTPUTS || !params->samples)
        return orr_fail(err, ORR_E_OUT_OF_RANGE, params->label,
                        "a target takes at least one sample and at most %d outputs", ORR_MAX_OUTPUTS);
    orr_target *t = orr_calloc(1, sizeof *t);
    if (!t) return orr_fail(err, ORR_E_MEMORY, params->label, "no memory for a target");
    t->renderer = r, t->params = *params;
    t->params.slots = !params->slots                     ? 3
                      : params->slots < ORR_TARGET_SLOTS ? params->slots
                                                         : ORR_TARGET_SLOTS;
    (void)orr_format(t->label, sizeof t->label, "%s", params->label ? params->label : "target");
    for (uint32_t i = 0; i < params->output_count; i++) {
        t->outputs[i] = params->outputs[i];
        if (!strcmp(params->outputs[i].channel, "ldr")) t->encodes = true, t->wide = params->outputs[i].wide;
    }
    orr_status status = orr_residency_load(r, params->revision, err);
    if (!status) status = orr_exposer_find(params->settings, &t->exposer, err);
    if (!status) status = build_graph(t, err);
    if (!status) status = make_textures(t, err);
    if (!status) status = make_buffers(t, err);
    if (!status && t->exposer.may_meter) status = orr_histogram_create(t, err);
    if (status) return orr_target_destroy(&t), status;
    if (!params->unseen) orr_target_view_open(t);
    *out = t;
    return ORR_OK;
}

void orr_target_destroy(orr_target **target) {
    orr_target *t = *target;
    if (!t) return;
    orr_gpu *gpu = t->renderer->gpu;
    orr_target_view_close(t);
    for (uint32_t i = 0; i < t->graph.pass_count; i++)
        if (t->graph.passes[i].record == orr_effect_record) orr_effect_pass_free(t->graph.passes[i].context);
    for (uint32_t i = 0; t->textures && i < t->graph.texture_count; i++)
        orr_gpu_texture_destroy(gpu, &t->textures[i]);
    orr_gpu_buffer_destroy(gpu, &t->encoded);
    orr_histogram_destroy(t);
    for (uint32_t s = 0; s < ORR_TARGET_SLOTS; s++) {
        orr_frame_buffers_free(t->renderer, &t->slots[s].buffers);
        orr_digests_free(t->renderer, &t->slots[s].digests);
        for (uint32_t i = 0; i < ORR_MAX_OUTPUTS; i++) orr_gpu_buffer_destroy(gpu, &t->slots[s].readback[i]);
    }
    orr_graph_free(&t->graph);
    orr_arena_free(&t->arena);
    free(t);
    *target = NULL;
}

void orr_target_get_info(const orr_target *t, orr_target_info *info) {
    *info = (orr_target_info){t->graph.pass_count, t->graph.transient_bytes, t->graph.unaliased_bytes};
}

/* --- a frame
 * ----------------------------------------------------------------------------------------------------------------
 */

static const orr_param_value *values_of(const orr_target *t, const orr_frame_input *input, uint32_t effect) {
    const orr_param_value *given = input->effect_values ? input->effect_values[effect] : NULL;
    return given ? given : t->params.settings->effects[effect].values;
}

static orr_status expose(orr_target *t, const orr_frame_input *input, orr_target_slot *slot, orr_error *err) {
    const orr_exposer *x = &t->exposer;
    const orr_param_value *values = x->effect ? values_of(t, input, x->index) : NULL;
    orr_expose_out out = {.exposure = input->exposure};
    orr_status status = ORR_OK;
    slot->meter = (orr_meter){.metering = ORR_METERING_OFF};
    if (x->may_meter) status = orr_exposer_meter(x, values, &slot->meter, err);
    if (slot->meter.metering != ORR_METERING_OFF) slot->result.ev = input->ev;
    if (!status && !(input->exposure > 0.0))
        status = orr_exposer_expose(x, values, &input->pose->camera, input->pose->t_s, &slot->result.ev, &out,
                                    err);
    slot->result.exposure = t->exposure = out.exposure, slot->result.ev100 = out.ev100;
    t->meter = slot->meter;
    return status;
}

orr_status orr_target_record(orr_target *t, orr_cmd *cmd, uint32_t first, uint32_t end, uint32_t sub_frame,
                             orr_error *err) {
    for (uint32_t i = first; i < end; i++) {
        const orr_graph_pass *pass = &t->graph.passes[i];
        uint32_t width = t->params.width, height = t->params.height;
        for (uint32_t u = 0; u < pass->use_count; u++)
            if (pass->uses[u].out >= 0)
                width = t->graph.textures[pass->uses[u].out].width,
                height = t->graph.textures[pass->uses[u].out].height;
        orr_pass_io io = {
            .pass = pass, .textures = t->textures, .width = width, .height = height, .sub_frame = sub_frame};
        orr_cmd_time_begin(cmd, pass->name);
        orr_status status = pass->record(pass->context, cmd, &io, err);
        orr_cmd_time_end(cmd);
        if (status) return status;
        if (t->digesting && (sub_frame == 0 || i >= t->graph.sub_frame_passes))
            orr_digests_pass(t, t->digesting, cmd, pass);
    }
    return ORR_OK;
}

orr_status orr_target_accumulate(orr_target *t, orr_cmd *cmd, uint32_t sub_frame, orr_error *err) {
    if (!t->graph.accumulate_count) return ORR_OK;
    orr_gpu_pipeline pipeline;
    orr_status status = orr_core_get(t->renderer, ORR_CORE_ACCUMULATE, 0, &pipeline, err);
    if (status) return status;
    orr_cmd_time_begin(cmd, "accumulate");
    for (uint32_t i = 0; i < t->graph.accumulate_count; i++) {
        const orr_graph_accumulate *a = &t->graph.accumulates[i];
        if (!a->mean) {
            if (sub_frame == 0) orr_cmd_copy_texture(cmd, t->textures[a->from], t->textures[a->to]);
            continue;
        }
        uint32_t width = t->graph.textures[a->to].width, height = t->graph.textures[a->to].height;
        uint32_t push[4] = {width, height, sub_frame, t->params.samples};
        orr_gpu_bind binds[2] = {
            {.binding = 0, .texture = t->textures[a->from], .sampler = t->renderer->nearest_clamp},
            {.binding = 1, .texture = t->textures[a->to]}};
        orr_cmd_dispatch(cmd, pipeline, binds, 2, push, sizeof push, (width + 15) / 16, (height + 15) / 16,
                         1);
    }
    orr_cmd_time_end(cmd);
    return ORR_OK;
}

static orr_status record_products(orr_target *t, orr_cmd *cmd, double exposure, orr_error *err) {
    orr_renderer *r = t->renderer;
    const orr_pose *pose = t->data.pose;
    orr_status status = orr_dfg_update(r, cmd, err);
    if (!status) status = orr_environment_update(r, pose, err);
    if (!status) status = orr_terrain_update(r, cmd, pose, err);
    if (!status) status = orr_shadow_update(r, cmd, pose, &t->data, err);
    if (!status) orr_frame_products(r, &t->data, exposure);
    if (!status) status = orr_sky_update(r, cmd, &t->data, err);
    if (!status) status = orr_sky_capture_update(r, cmd, &t->data, err);
    if (!status) status = orr_lights_update(r, cmd, &t->data, err);
    return status;
}

/* What a command would have made that was never submitted is to be made again. */
static void forget_products(orr_renderer *r) {
    r->dfg_ready = false;
    r->shadow_map.key = 0;
    orr_terrain_free(r), orr_sky_free(r), orr_sky_capture_free(r), orr_lights_free(r);
}

static void record_readback(orr_target *t, orr_cmd *cmd, orr_target_slot *slot) {
    orr_cmd_time_begin(cmd, "readback");
    for (uint32_t i = 0; i < t->params.output_count; i++) {
        bool ldr = !strcmp(t->outputs[i].channel, "ldr");
        if (ldr)
            orr_cmd_copy_buffer(cmd, t->encoded, 0, slot->readback[i], 0,
                                orr_target_output_bytes(t, &t->outputs[i]));
        else
            orr_cmd_copy_to_buffer(cmd, t->textures[orr_graph_final(&t->graph, t->outputs[i].channel)], 0, 0,
                                   slot->readback[i], 0);
    }
    orr_histogram_read_back(t, cmd, slot);
    orr_cmd_time_end(cmd);
}

static void effect_frames(orr_target *t, const orr_frame_input *input, const orr_frame_result *result) {
    for (uint32_t i = 0; i < t->graph.pass_count; i++) {
        if (t->graph.passes[i].record != orr_effect_record) continue;
        orr_effect_pass *pass = t->graph.passes[i].context;
        uint32_t effect = 0;
        while (t->params.settings->effects[effect].effect != pass->effect) effect++;
        pass->values = values_of(t, input, effect);
        pass->frame.seed = (uint32_t)t->params.seed, pass->frame.frame = (uint32_t)input->frame;
        pass->frame.t_s = (float)input->pose->t_s, pass->frame.exposure = (float)result->exposure;
    }
}

static orr_status record_sub_frame(orr_target *t, orr_target_slot *slot, const orr_frame_result *result,
                                   uint32_t sub, orr_error *err) {
    orr_cmd *cmd;
    orr_status status = orr_cmd_begin(t->renderer->gpu, t->label, &cmd, err);
    if (status) return status;
    if (sub == 0) status = record_products(t, cmd, result->exposure, err);
    if (sub == 0 && !status && t->digesting) status = orr_digests_begin(t, t->digesting, cmd, err);
    double jitter[2];
    orr_frame_jitter(t->params.seed, sub, t->params.samples, jitter);
    orr_frame_sub(&t->data, sub, jitter);
    if (!status) status = orr_target_record(t, cmd, 0, t->graph.sub_frame_passes, sub, err);
    if (!status) status = orr_target_accumulate(t, cmd, sub, err);
    if (!status && sub + 1 == t->params.samples) {
        if (t->digesting) orr_digests_accumulated(t, t->digesting, cmd);
        status = orr_target_record(t, cmd, t->graph.sub_frame_passes, t->graph.pass_count, sub, err);
        if (!status) record_readback(t, cmd, slot);
    }
    if (status)
        orr_cmd_abandon(&cmd);
    else
        status =
            orr_gpu_submit(t->renderer->gpu, &cmd, &slot->values[slot->submits++ % ORR_MAX_SUBMITS], err);
    if (status && sub == 0) forget_products(t->renderer);
    return status;
}

static uint64_t patience_ns(const orr_target *t) {
    return (uint64_t)(t->params.frame_timeout_s * 1e9);
}

/* Says which pass the device is in when that is why a frame failed, and gives up one that does not end it. */
static orr_status name_pass(orr_target *t, orr_status status, orr_error *err) {
    if (!patience_ns(t) || (status != ORR_E_TIMEOUT && status != ORR_E_DEVICE_LOST)) return status;
    char pass[48];
    orr_gpu_watched(t->renderer->gpu, pass);
    const char *in = pass[0] ? " in pass '" : " outside of all passes", *end = pass[0] ? "'" : "";
    if (status == ORR_E_DEVICE_LOST)
        return orr_fail(err, status, t->label, "the device was lost%s%s%s", in, pass, end);
    orr_gpu_give_up(t->renderer->gpu);
    return orr_fail(err, ORR_E_FRAME_TIMEOUT, t->label,
                    "it did not end within %g s: the device is still%s%s%s", t->params.frame_timeout_s, in,
                    pass, end);
}

orr_status orr_target_submit(orr_target *t, const orr_frame_input *input, uint32_t *slot_index,
                             orr_error *err) {
    uint32_t s = 0;
    while (s < t->params.slots && t->slots[s].busy) s++;
    if (s == t->params.slots)
        return orr_fail(err, ORR_E_LIMIT, t->label,
                        "all %u frames in flight are taken: collect and release one first", t->params.slots);
    orr_target_slot *slot = &t->slots[s];
    slot->submits = 0, slot->submitted_ns = orr_time_ns();
    slot->result = (orr_frame_result){.frame = input->frame};
    orr_arena arena = {0};
    orr_status status = orr_residency_load(t->renderer, t->params.revision,
                                           err); /* another target may have shown another revision */
    if (!status) status = orr_gpu_watch(t->renderer->gpu, patience_ns(t), err);
    if (!status) status = expose(t, input, slot, err);
    if (!status)
        status = orr_frame_prepare(t->renderer, &slot->buffers, &arena, input->pose, t->params.width,
                                   t->params.height, input->frame, slot->result.exposure, &t->data, err);
    t->data.light_cutoff = t->params.light_cutoff, t->data.every_light = t->params.every_light;
    if (!status && t->encodes && t->params.gizmos)
        status = orr_gizmos_prepare(t, &slot->buffers, &arena, err);
    if (!status) effect_frames(t, input, &slot->result);
    t->digesting = t->params.digest_passes ? &slot->digests : NULL;
    for (uint32_t sub = 0; !status && sub < t->params.samples; sub++)
        status = record_sub_frame(t, slot, &slot->result, sub, err);
    t->digesting = NULL;
    slot->result.draws = t->data.visible_count + t->data.blended_count,
    slot->result.patches = t->data.patch_count;
    slot->result.culled = input->pose->draw_count - slot->result.draws;
    if (!status) orr_target_count_geometry(t, slot);
    orr_arena_free(&arena);
    if (status) status = name_pass(t, status, err);
    if (status) return orr_target_view_error(t, input->frame, status, err);
    slot->busy = true;
    *slot_index = s;
    return ORR_OK;
}

/* Sums the passes over the sub-frames; when there were more than are remembered, the sum is scaled up. */
static void sum_timings(orr_target *t, const orr_target_slot *slot, orr_frame_result *result) {
    uint32_t known = slot->submits < ORR_MAX_SUBMITS ? slot->submits : ORR_MAX_SUBMITS;
    orr_gpu_timing scopes[256];
    for (uint32_t i = 0; i < known; i++) {
        uint32_t n = orr_gpu_timings(t->renderer->gpu, slot->values[i], scopes, 256);
        for (uint32_t k = 0; k < n; k++) {
            uint32_t at = 0;
            while (at < result->timing_count && strcmp(result->timings[at].name, scopes[k].name)) at++;
            if (at == ORR_MAX_TIMINGS) continue;
            if (at == result->timing_count)
                result->timings[result->timing_count++] = (orr_gpu_timing){.depth = scopes[k].depth};
            memcpy(result->timings[at].name, scopes[k].name, sizeof scopes[k].name);
            result->timings[at].ns += scopes[k].ns;
        }
    }
    for (uint32_t k = 0; k < result->timing_count; k++) {
        result->pass_bytes[k] = orr_target_pass_bytes(t, slot, result->timings[k].name);
        result->timings[k].ns = result->timings[k].ns * slot->submits / (known ? known : 1);
        if (!result->timings[k].depth) result->gpu_ms += (double)result->timings[k].ns * 1e-6;
    }
}

/* A frame's time begins when the one before it has ended: the device takes them in turn. */
static orr_status wait_frame(orr_target *t, const orr_target_slot *slot, orr_error *err) {
    orr_gpu *gpu = t->renderer->gpu;
    uint64_t value = slot->values[(slot->submits - 1) % ORR_MAX_SUBMITS], now = orr_time_ns(),
             begin = slot->submitted_ns > t->ended_ns ? slot->submitted_ns : t->ended_ns,
             most = patience_ns(t);
    if (!most) return orr_gpu_wait(gpu, value, UINT64_MAX, err);
    orr_status status = orr_gpu_wait(gpu, value, begin + most > now ? begin + most - now : 0, err);
    return status ? name_pass(t, status, err) : ORR_OK;
}

orr_status orr_target_collect(orr_target *t, uint32_t s, orr_frame_result *result, orr_error *err) {
    orr_target_slot *slot = &t->slots[s];
    if (s >= ORR_TARGET_SLOTS || !slot->busy)
        return orr_fail(err, ORR_E_ARGUMENT, t->label, "slot %u holds no frame", s);
    orr_status status = wait_frame(t, slot, err);
    if (status) return orr_target_view_error(t, slot->result.frame, status, err);
    t->ended_ns = orr_time_ns();
    *result = slot->result;
    orr_histogram_collect(t, slot, result);
    sum_timings(t, slot, result);
    orr_target_view_frame(t, result, (double)(orr_time_ns() - slot->submitted_ns) * 1e-6);
    if (t->params.digest_passes) orr_digests_read(t, slot, result);
    result->output_count = t->params.output_count;
    for (uint32_t i = 0; i < t->params.output_count; i++) {
        bool ldr = !strcmp(t->outputs[i].channel, "ldr");
        result->outputs[i] = (orr_frame_output){
            .channel = t->outputs[i].channel,
            .width = t->params.width,
            .height = t->params.height,
            .pixels = orr_gpu_buffer_map(t->renderer->gpu, slot->readback[i]),
            .size_bytes = orr_target_output_bytes(t, &t->outputs[i]),
            .format = ldr ? (t->wide ? ORR_FORMAT_NONE : ORR_FORMAT_RGBA8_UNORM)
                          : t->graph.textures[orr_graph_final(&t->graph, t->outputs[i].channel)].format};
    }
    return ORR_OK;
}

void orr_target_release(orr_target *t, uint32_t slot) {
    if (slot < ORR_TARGET_SLOTS) t->slots[slot].busy = false;
}
