#include "render/effects.h"

#include <stdlib.h>
#include <string.h>

#include "base/platform/platform.h"
#include "render/renderer_private.h"
#include "vfs/vfs.h"

enum { BINDING_PARAMS, BINDING_FRAME, BINDING_FIRST };
enum { MAX_SPECS = 64 /* of a pipeline, engine/gpu */ };

bool orr_effect_is_neutral(const orr_effect_settings *settings, const orr_param_value *values) {
    bool has_strength = false;
    for (uint32_t i = 0; i < settings->effect->table.count; i++) {
        orr_param_row row;
        orr_param_row_get(&settings->effect->table, i, &row);
        if (!row.neutral) continue;
        if (settings->animated[i] || !orr_param_is_neutral(&row, &values[i])) return false;
        has_strength = true;
    }
    return has_strength;
}

/* A channel's name as an identifier: "vignette.mask" is vignette_mask. */
static void identifier(const char *channel, char out[64]) {
    (void)orr_format(out, 64, "%s", channel);
    for (char *p = out; *p; p++)
        if (*p == '.') *p = '_';
}

static const char *format_of(const orr_effect *effect, const orr_pass_bind *bind) {
    const orr_channel_info *info = orr_channel_find(bind->channel);
    if (info) return info->format;
    for (uint32_t p = 0; !bind->format && p < effect->module.pass_count; p++) /* private: its creator says */
        for (uint32_t b = 0; b < effect->module.passes[p].bind_count; b++) {
            const orr_pass_bind *other = &effect->module.passes[p].binds[b];
            if (other->format && !strcmp(other->channel, bind->channel)) return other->format;
        }
    return bind->format ? bind->format : "rgba16f";
}

/* Everything an author need not write; docs/module-author.md lists it. */
static void preamble(const orr_effect_pass *pass, orr_text *out) {
    const orr_pass_row *row = &pass->effect->module.passes[pass->row];
    orr_text_puts(out, "layout(local_size_x = 16, local_size_y = 16) in;\n");
    orr_param_block_glsl(&pass->effect->table, BINDING_PARAMS, out);
    orr_text_printf(out,
                    "layout(set = 0, binding = %d, std140) uniform orr_frame_block {\n    uvec2 size;\n    "
                    "uint seed, frame, sub_frame;\n"
                    "    float t_s, exposure;\n} frame;\n",
                    BINDING_FRAME);
    for (uint32_t i = 0; i < row->bind_count; i++) {
        const orr_pass_bind *bind = &row->binds[i];
        const char *format = format_of(pass->effect, bind);
        char name[64], upper[64];
        identifier(bind->channel, name);
        memcpy(upper, name, sizeof upper);
        for (char *p = upper; *p; p++)
            if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 32);
        bool whole = strstr(format, "ui") != NULL, reads = pass->access[i] != ORR_ACCESS_CREATE,
             writes = pass->access[i] >= ORR_ACCESS_CREATE;
        const char *u = whole ? "u" : "";
        uint32_t in = BINDING_FIRST + 2 * i, image = in + 1;
        if (pass->access[i] == ORR_ACCESS_READ_OPTIONAL)
            orr_text_printf(out, "const bool HAS_%s = %s;\n", upper, pass->present[i] ? "true" : "false");
        bool in_place = pass->access[i] == ORR_ACCESS_MODIFY && !pass->pingpong[i];
        if (reads && !in_place && pass->present[i]) {
            orr_text_printf(out,
                            "layout(set = 0, binding = %u) uniform %ssampler2D orr_in_%s;\n%svec4 "
                            "%s_read(ivec2 p) { return texelFetch(orr_in_%s, p, 0); }\n",
                            in, u, name, u, name, name);
            if (!writes && !whole)
                orr_text_printf(out, "vec4 %s_sample(vec2 uv) { return textureLod(orr_in_%s, uv, 0.0); }\n",
                                name, name);
        } else if (reads && !pass->present[i]) {
            orr_text_printf(out, "%svec4 %s_read(ivec2 p) { return %svec4(0); }\n", u, name, u);
            if (!whole) orr_text_printf(out, "vec4 %s_sample(vec2 uv) { return vec4(0.0); }\n", name);
        }
        if (!writes) continue;
        orr_text_printf(out, "layout(set = 0, binding = %u, %s) uniform %s%simage2D orr_out_%s;\n", image,
                        format, in_place ? "" : "writeonly ", u, name);
        if (in_place)
            orr_text_printf(out, "%svec4 %s_read(ivec2 p) { return imageLoad(orr_out_%s, p); }\n", u, name,
                            name);
        orr_text_printf(out, "void %s_write(ivec2 p, %svec4 v) { imageStore(orr_out_%s, p, v); }\n", name, u,
                        name);
    }
}

orr_status orr_effect_add(orr_renderer *r, const orr_effect_settings *settings, orr_arena *arena,
                          orr_graph_pass *passes, uint32_t *count, uint32_t capacity, orr_error *err) {
    const orr_module_desc *module = &settings->effect->module;
    if (!settings->enabled || orr_effect_is_neutral(settings, settings->values)) return ORR_OK;
    for (uint32_t p = 0; p < module->pass_count; p++) {
        const orr_pass_row *row = &module->passes[p];
        if (*count == capacity || row->bind_count > ORR_GRAPH_MAX_USES)
            return orr_fail(err, ORR_E_LIMIT, module->name, "module '%s': too many passes or binds",
                            module->name);
        orr_effect_pass *pass = ORR_ARENA_NEW(arena, orr_effect_pass, 1);
        bool *read = ORR_ARENA_NEW(arena, bool, settings->effect->table.count + 1);
        if (!pass || !read) return orr_fail(err, ORR_E_MEMORY, module->name, "no memory for a pass");
        *pass = (orr_effect_pass){.read = read,
                                  .effect = settings->effect,
                                  .settings = settings,
                                  .row = p,
                                  .renderer = r,
                                  .values = settings->values};
        (void)orr_format(pass->name, sizeof pass->name, "%s.%s", module->name, row->name);
        orr_graph_pass *g = &passes[(*count)++];
        *g = (orr_graph_pass){.name = pass->name,
                              .stage = row->stage,
                              .after = row->after,
                              .pointwise = row->pointwise != 0,
                              .scale_log2 = row->scale_log2,
                              .use_count = row->bind_count,
                              .record = orr_effect_record,
                              .context = pass};
        for (uint32_t b = 0; b < row->bind_count; b++) {
            orr_status status = orr_access_parse(row->binds[b].access, &pass->access[b], err);
            if (status) return orr_error_prefix(err, "pass '%s'", pass->name);
            g->uses[b] = (orr_graph_use){
                .channel = row->binds[b].channel,
                .access = pass->access[b],
                .at = row->binds[b].at,
                .format = orr_channel_find(row->binds[b].channel)
                              ? ORR_FORMAT_NONE
                              : orr_format_from_glsl(format_of(settings->effect, &row->binds[b]))};
        }
    }
    return ORR_OK;
}

static orr_shader_ref shader_ref(const orr_effect_pass *pass, const orr_text *text) {
    return (orr_shader_ref){.name = pass->effect->module.passes[pass->row].shader,
                            .folder = pass->effect->folder,
                            .preamble = orr_text_cstr(text),
                            .stage = ORR_GLSL_COMPUTE};
}

/* Messages of the compiler begin with the name of a file: here it gets the module's folder, so that it can be
 * opened. */
static orr_status shader_error(const orr_effect *effect, orr_error *err) {
    if (!err) return ORR_E_SHADER;
    orr_text text = {0};
    for (const char *line = err->message; *line;) {
        char name[200], path[1200];
        size_t length = strcspn(line, "\n"), colon = strcspn(line, ":\n");
        bool own = orr_format(name, sizeof name, "%.*s", (int)colon, line) &&
                   orr_format(path, sizeof path, "%s/%s", effect->folder, name) && orr_file_exists(path);
        orr_text_printf(&text, "%s%s%s%.*s", text.length ? "\n" : "", own ? effect->folder : "",
                        own ? "/" : "", (int)length, line);
        line += length + (line[length] == '\n');
    }
    (void)orr_format(err->message, sizeof err->message, "module '%s': %s", effect->module.name,
                     orr_text_cstr(&text));
    orr_text_free(&text);
    return err->code;
}

/* --- what shaders read
 * ------------------------------------------------------------------------------------------------------ */

/* Marks in `read`, one per row, the parameters that a shader of the module reads. */
static orr_status note_reads(const orr_effect *effect, const orr_gpu_shader *shader, bool *read,
                             orr_error *err) {
    orr_glsl_member members[ORR_EFFECT_MAX_ROWS];
    orr_glsl_spec specs[ORR_EFFECT_MAX_ROWS];
    uint32_t member_count = 0, spec_count = 0;
    orr_status status = orr_glsl_reflect_block(shader->spirv, shader->spirv_bytes, BINDING_PARAMS, members,
                                               ORR_EFFECT_MAX_ROWS, &member_count, err);
    if (!status)
        status = orr_glsl_reflect_specs(shader->spirv, shader->spirv_bytes, specs, ORR_EFFECT_MAX_ROWS,
                                        &spec_count, err);
    if (!status && (member_count > ORR_EFFECT_MAX_ROWS || spec_count > ORR_EFFECT_MAX_ROWS))
        status =
            orr_fail(err, ORR_E_LIMIT, NULL,
                     "a shader with %u parameters and %u specialisation constants: at most %d are possible",
                     member_count, spec_count, ORR_EFFECT_MAX_ROWS);
    for (uint32_t i = 0; !status && i < effect->table.count; i++) {
        orr_param_row row;
        orr_param_row_get(&effect->table, i, &row);
        uint32_t offset = orr_param_block_offset(&effect->table, i);
        for (uint32_t k = 0; row.rebuild == ORR_REBUILD_SPEC && k < spec_count; k++)
            read[i] |= specs[k].id == i && specs[k].read;
        for (uint32_t m = 0; offset != UINT32_MAX && m < member_count; m++) {
            if (strcmp(members[m].name, row.name)) continue;
            read[i] |= members[m].read;
            if (members[m].offset != offset)
                return orr_fail(err, ORR_E_SHADER, NULL,
                                "'%s' sits at byte %u of the shader's block, but at %u of the host's",
                                row.name, members[m].offset, offset);
        }
    }
    return status;
}

/* A parameter that no pass of the module reads is a mistake of its author: an error, unless the row is
 * flagged for the CPU. What no shader can read (texts, GRAPH) is for the module's C, if it has any. */
static orr_status check_reads(const orr_effect *effect, const bool *read, orr_error *err) {
    for (uint32_t i = 0; i < effect->table.count; i++) {
        orr_param_row row;
        orr_param_row_get(&effect->table, i, &row);
        bool shader =
            row.rebuild == ORR_REBUILD_SPEC || orr_param_block_offset(&effect->table, i) != UINT32_MAX;
        if (read[i] || (row.flags & ORR_PARAM_CPU) || (!shader && effect->module.params_size)) continue;
        return orr_fail(err, ORR_E_MODULE, effect->module.name,
                        "no pass of '%s' reads its parameter '%s': remove the row, or flag it for the CPU",
                        effect->module.name, row.name);
    }
    return ORR_OK;
}

orr_status orr_effect_check(const orr_effect_pass *const *passes, uint32_t count, const orr_effect *effect,
                            orr_error *err) {
    bool read[ORR_EFFECT_MAX_ROWS] = {false};
    for (uint32_t p = 0; p < count; p++) {
        for (uint32_t b = 0; b < effect->module.passes[passes[p]->row].bind_count; b++)
            if (!passes[p]->present[b])
                return ORR_OK; /* what is read beside an input that is not there cannot be seen */
        for (uint32_t i = 0; i < effect->table.count; i++) read[i] |= passes[p]->read[i];
    }
    return count == effect->module.pass_count ? check_reads(effect, read, err)
                                              : ORR_OK; /* culled passes were not compiled */
}

static orr_status spec_values(const orr_effect_pass *pass, orr_gpu_spec *specs, uint32_t *count,
                              orr_error *err) {
    for (uint32_t i = 0; i < pass->effect->table.count; i++) {
        orr_param_row row;
        orr_param_row_get(&pass->effect->table, i, &row);
        if (row.rebuild != ORR_REBUILD_SPEC || (row.flags & ORR_PARAM_CPU)) continue;
        if (*count == MAX_SPECS)
            return orr_fail(err, ORR_E_LIMIT, pass->name, "module '%s' has more than %d 'spec' parameters",
                            pass->effect->module.name, MAX_SPECS);
        float f = (float)pass->values[i].number[0];
        uint32_t bits = (uint32_t)(int64_t)pass->values[i].number[0];
        if (row.type == ORR_PARAM_F32 || row.type == ORR_PARAM_F64) memcpy(&bits, &f, 4);
        specs[(*count)++] = (orr_gpu_spec){i, bits};
    }
    return ORR_OK;
}

/* What its shader binds: known once `access`, `pingpong` and `present` are. */
static void list_slots(orr_effect_pass *pass) {
    uint32_t bind_count = pass->effect->module.passes[pass->row].bind_count;
    if (orr_param_block_size(&pass->effect->table))
        pass->slots[pass->slot_count++] = (orr_gpu_slot){BINDING_PARAMS, ORR_BIND_UNIFORM, 0};
    pass->slots[pass->slot_count++] = (orr_gpu_slot){BINDING_FRAME, ORR_BIND_UNIFORM, 0};
    for (uint32_t b = 0; b < bind_count; b++) {
        bool in_place = pass->access[b] == ORR_ACCESS_MODIFY && !pass->pingpong[b];
        if (pass->access[b] != ORR_ACCESS_CREATE && !in_place && pass->present[b])
            pass->slots[pass->slot_count++] = (orr_gpu_slot){BINDING_FIRST + 2 * b, ORR_BIND_SAMPLED, 0};
        if (pass->access[b] >= ORR_ACCESS_CREATE)
            pass->slots[pass->slot_count++] = (orr_gpu_slot){
                BINDING_FIRST + 2 * b + 1, in_place ? ORR_BIND_IMAGE_RW : ORR_BIND_IMAGE_WRITE, 0};
    }
}

/* A bundle's shader is somebody else's. */
static orr_status check_shader(const orr_effect_pass *pass, const orr_gpu_shader *shader, bool confined,
                               orr_error *err) {
    uint32_t bindings[2 + 2 * ORR_GRAPH_MAX_USES];
    if (!confined && !orr_vfs_inside(pass->effect->folder)) return ORR_OK;
    for (uint32_t i = 0; i < pass->slot_count; i++) bindings[i] = pass->slots[i].binding;
    return orr_glsl_confine(shader->spirv, shader->spirv_bytes, bindings, pass->slot_count, err);
}

orr_status orr_effect_finish(const orr_graph *graph, const orr_graph_pass *g, orr_error *err) {
    (void)graph;
    orr_effect_pass *pass = g->context;
    orr_renderer *r = pass->renderer;
    for (uint32_t b = 0; b < g->use_count; b++) {
        pass->pingpong[b] = pass->access[b] == ORR_ACCESS_MODIFY && g->uses[b].in != g->uses[b].out;
        pass->present[b] = g->uses[b].in >= 0 || pass->access[b] == ORR_ACCESS_CREATE;
    }
    list_slots(pass);
    orr_text text = {0};
    preamble(pass, &text);
    orr_shader_ref ref = shader_ref(pass, &text);
    orr_gpu_spec specs[MAX_SPECS];
    uint32_t spec_count = 0;
    orr_status status = spec_values(pass, specs, &spec_count, err);
    orr_gpu_compute_params params = {.label = pass->name,
                                     .slots = pass->slots,
                                     .slot_count = pass->slot_count,
                                     .specs = specs,
                                     .spec_count = spec_count};
    if (!status && (status = orr_shaders_get(r->shaders, &ref, &params.shader, err)))
        (void)shader_error(pass->effect, err);
    bool compiled = status == ORR_OK;
    if (!status) status = check_shader(pass, &params.shader, false, err);
    if (!status) status = note_reads(pass->effect, &params.shader, pass->read, err);
    if (status && compiled) (void)orr_error_prefix(err, "module '%s'", pass->effect->module.name);
    if (!status) status = orr_gpu_compute_create(r->gpu, &params, &pass->pipeline, err);
    orr_text_free(&text);
    return status;
}

void orr_effect_pass_free(orr_effect_pass *pass) {
    orr_gpu_pipeline_destroy(pass->renderer->gpu, &pass->pipeline);
}

orr_status orr_effect_record(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err) {
    (void)err;
    orr_effect_pass *pass = context;
    orr_renderer *r = pass->renderer;
    uint8_t block[4096];
    uint32_t bytes = orr_param_block_size(&pass->effect->table), n = 0;
    orr_gpu_bind binds[2 + 2 * ORR_GRAPH_MAX_USES];
    if (bytes > sizeof block)
        return orr_fail(err, ORR_E_LIMIT, pass->name,
                        "the parameters of '%s' take %u bytes; 4096 is the limit", pass->name, bytes);
    if (bytes) {
        orr_param_block_pack(&pass->effect->table, pass->values, block);
        binds[n++] = (orr_gpu_bind){.binding = BINDING_PARAMS, .data = block, .size = bytes};
    }
    pass->frame.size[0] = io->width, pass->frame.size[1] = io->height, pass->frame.sub_frame = io->sub_frame;
    binds[n++] = (orr_gpu_bind){.binding = BINDING_FRAME, .data = &pass->frame, .size = sizeof pass->frame};
    for (uint32_t s = n; s < pass->slot_count; s++) {
        uint32_t use = (pass->slots[s].binding - BINDING_FIRST) / 2;
        bool input = pass->slots[s].kind == ORR_BIND_SAMPLED;
        binds[n++] = (orr_gpu_bind){.binding = pass->slots[s].binding,
                                    .texture = input ? orr_io_in(io, use) : orr_io_out(io, use),
                                    .sampler = r->linear_clamp};
    }
    orr_cmd_dispatch(cmd, pass->pipeline, binds, n, NULL, 0, (io->width + 15) / 16, (io->height + 15) / 16,
                     1);
    return ORR_OK;
}

/* Ahead of time the graph is not known: both ways of a modify are built for pointwise passes; optional inputs
 * as absent and present. */
orr_status orr_module_shaders(orr_shaders *shaders, const orr_effect *effect, bool confined,
                              orr_module_shader_fn each, void *context, orr_error *err) {
    bool read[ORR_EFFECT_MAX_ROWS] = {false};
    for (uint32_t p = 0; p < effect->module.pass_count; p++) {
        const orr_pass_row *row = &effect->module.passes[p];
        for (uint32_t variant = 0; variant < 4; variant++) {
            orr_effect_pass pass = {.effect = effect, .row = p};
            bool matters[2] = {false, false};
            for (uint32_t b = 0; b < row->bind_count; b++) {
                orr_status status = orr_access_parse(row->binds[b].access, &pass.access[b], err);
                if (status) return status;
                bool optional = pass.access[b] == ORR_ACCESS_READ_OPTIONAL,
                     modify = pass.access[b] == ORR_ACCESS_MODIFY;
                pass.present[b] = !optional || (variant & 1u);
                pass.pingpong[b] = modify && (!row->pointwise || (variant & 2u));
                matters[0] |= optional, matters[1] |= modify && row->pointwise;
            }
            if (((variant & 1u) && !matters[0]) || ((variant & 2u) && !matters[1])) continue;
            list_slots(&pass);
            orr_text text = {0};
            preamble(&pass, &text);
            orr_shader_ref ref = shader_ref(&pass, &text);
            orr_gpu_shader shader = {0};
            orr_status status = orr_shaders_get(shaders, &ref, &shader, err);
            bool compiled = status == ORR_OK;
            if (compiled) status = check_shader(&pass, &shader, confined, err);
            if (!status) status = note_reads(effect, &shader, read, err);
            if (!status && each) status = each(context, &ref, &shader, err);
            orr_text_free(&text);
            if (!compiled) return shader_error(effect, err);
            if (status) return orr_error_prefix(err, "module '%s'", effect->module.name);
        }
    }
    return check_reads(effect, read, err);
}
