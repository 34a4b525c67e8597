#include "render/graph.h"

#include <stdlib.h>
#include <string.h>

typedef struct compiler {
    const orr_graph_desc *desc;
    orr_graph *graph;
    orr_graph_pass *passes; /* ordered copies, dead ones too */
    bool *needed;           /* per texture */
    bool *crosses;          /* per texture: read in frame scope, made in sub-frame scope */
    int32_t *producer;      /* per texture: pass, in order */
    uint64_t *slot_bytes;   /* per slot of memory: its largest texture */
    uint32_t texture_capacity;
} compiler;

orr_status orr_access_parse(const char *text, orr_access *access, orr_error *err) {
    static const char *const names[] = {"read", "read_optional", "create", "modify"};
    for (int i = 0; i < 4; i++)
        if (text && !strcmp(text, names[i])) return *access = (orr_access)i, ORR_OK;
    return orr_fail(err, ORR_E_GRAPH, NULL,
                    "'%s' is not an access: use read, read_optional, create or modify", text ? text : "");
}

/* --- order
 * ------------------------------------------------------------------------------------------------------------
 */

static bool in_list(const char *list, const char *name) { /* "a|b" */
    size_t length = strlen(name);
    for (const char *p = list; p && *p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (!strncmp(p, name, length) && (p[length] == '|' || p[length] == '\0')) return true;
    return false;
}

static int32_t order_place(const orr_graph_desc *desc, const char *name) {
    for (uint32_t i = 0; i < desc->order_count; i++)
        if (!strcmp(desc->order[i], name)) return (int32_t)i;
    return -1;
}

/* Whether a must come before b, both in one stage. */
static bool directly_before(const orr_graph_desc *desc, const orr_graph_pass *a, const orr_graph_pass *b) {
    if (in_list(b->after, a->name)) return true;
    int32_t pa = order_place(desc, a->name), pb = order_place(desc, b->name);
    return pa >= 0 && pb >= 0 && pa < pb;
}

static bool touches_same(const orr_graph_pass *a, const orr_graph_pass *b, const char **channel) {
    for (uint32_t i = 0; i < a->use_count; i++)
        for (uint32_t k = 0; k < b->use_count; k++) {
            bool writes = a->uses[i].access == ORR_ACCESS_MODIFY || b->uses[k].access == ORR_ACCESS_MODIFY;
            bool pinned = (a->uses[i].at && a->uses[i].access <= ORR_ACCESS_READ_OPTIONAL) ||
                          (b->uses[k].at && b->uses[k].access <= ORR_ACCESS_READ_OPTIONAL);
            bool creates = a->uses[i].access == ORR_ACCESS_CREATE || b->uses[k].access == ORR_ACCESS_CREATE;
            if (writes && !pinned && !creates && !strcmp(a->uses[i].channel, b->uses[k].channel))
                return *channel = a->uses[i].channel, true;
        }
    return false;
}

/* Reachability inside one stage of `count` passes: before[a * count + b] = a comes before b by some chain of
 * rules. A creator comes before those who use what it creates. */
static void stage_rules(const compiler *c, const orr_graph_pass *passes, uint32_t count, bool *before) {
    for (uint32_t a = 0; a < count; a++)
        for (uint32_t b = 0; b < count; b++) {
            before[a * count + b] = a != b && directly_before(c->desc, &passes[a], &passes[b]);
            for (uint32_t i = 0; a != b && i < passes[a].use_count; i++)
                for (uint32_t k = 0; passes[a].uses[i].access == ORR_ACCESS_CREATE && k < passes[b].use_count;
                     k++)
                    if (passes[b].uses[k].access != ORR_ACCESS_CREATE &&
                        !strcmp(passes[a].uses[i].channel, passes[b].uses[k].channel))
                        before[a * count + b] = true;
        }
    for (uint32_t via = 0; via < count; via++)
        for (uint32_t a = 0; a < count; a++)
            for (uint32_t b = 0; b < count; b++)
                if (before[a * count + via] && before[via * count + b]) before[a * count + b] = true;
}

static orr_status order_stage(const compiler *c, orr_graph_pass *passes, uint32_t count, orr_error *err) {
    if (count < 2) return ORR_OK;
    bool *before = orr_calloc((size_t)count * count, sizeof *before);
    orr_graph_pass *sorted = orr_calloc(count, sizeof *sorted);
    bool *taken = orr_calloc(count, sizeof *taken);
    orr_status status = before && sorted && taken
                            ? ORR_OK
                            : orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the frame graph");
    if (!status) stage_rules(c, passes, count, before);
    for (uint32_t a = 0; !status && a < count; a++)
        for (uint32_t b = 0; !status && b < count; b++) {
            const char *channel;
            if (before[a * count + b] && before[b * count + a])
                status = orr_fail(err, ORR_E_GRAPH, passes[a].name,
                                  "'%s' and '%s' each must come after the other: remove one `after`",
                                  passes[a].name, passes[b].name);
            else if (a < b && !before[a * count + b] && !before[b * count + a] &&
                     touches_same(&passes[a], &passes[b], &channel))
                status = orr_fail(err, ORR_E_GRAPH, passes[a].name,
                                  "'%s' and '%s' both use '%s' in stage '%s' and nothing says which comes "
                                  "first: add\n    order = { \"%s\", \"%s\" }\n"
                                  "to orrery.sequence, or\n    after = \"%s\"\nto the pass '%s' in its "
                                  "module; or the other way round",
                                  passes[a].name, passes[b].name, channel, passes[a].stage, passes[a].name,
                                  passes[b].name, passes[a].name, passes[b].name);
        }
    for (uint32_t n = 0; !status && n < count; n++)
        for (uint32_t a = 0; a < count; a++) { /* first pass that nothing left must precede: stable */
            bool free_now = !taken[a];
            for (uint32_t b = 0; b < count && free_now; b++) free_now = taken[b] || !before[b * count + a];
            if (!free_now) continue;
            taken[a] = true;
            sorted[n] = passes[a];
            break;
        }
    if (!status) memcpy(passes, sorted, count * sizeof *passes);
    free(before), free(sorted), free(taken);
    return status;
}

static const orr_graph_pass *find_pass(const orr_graph_desc *desc, const char *name) {
    for (uint32_t i = 0; i < desc->pass_count; i++)
        if (!strcmp(desc->passes[i].name, name)) return &desc->passes[i];
    return NULL; /* known, but not on */
}

/* Stages go before `order`: a list that wants it otherwise would have no effect. */
static orr_status check_order(const orr_graph_desc *desc, orr_error *err) {
    const orr_graph_pass *last = NULL;
    for (uint32_t i = 0; i < desc->order_count; i++) {
        const orr_graph_pass *pass = find_pass(desc, desc->order[i]);
        if (last && pass && orr_stage_find(pass->stage) < orr_stage_find(last->stage))
            return orr_fail(err, ORR_E_GRAPH, pass->name,
                            "order: '%s' cannot come before '%s': its stage '%s' comes after the stage '%s'",
                            last->name, pass->name, last->stage, pass->stage);
        if (pass) last = pass;
    }
    return ORR_OK;
}

static orr_status order_passes(compiler *c, orr_error *err) {
    uint32_t n = c->desc->pass_count, stage_count, filled = 0;
    (void)orr_stage_table(&stage_count);
    for (uint32_t i = 0; i < n; i++)
        if (orr_stage_find(c->desc->passes[i].stage) < 0)
            return orr_fail(err, ORR_E_GRAPH, c->desc->passes[i].name, "pass '%s': there is no stage '%s'",
                            c->desc->passes[i].name, c->desc->passes[i].stage);
    orr_status checked = check_order(c->desc, err);
    if (checked) return checked;
    for (int32_t stage = 0; stage < (int32_t)stage_count; stage++) {
        uint32_t begin = filled;
        for (uint32_t i = 0; i < n; i++)
            if (orr_stage_find(c->desc->passes[i].stage) == stage) {
                c->passes[filled] = c->desc->passes[i];
                c->passes[filled++].stage_index = stage;
            }
        orr_status status = order_stage(c, c->passes + begin, filled - begin, err);
        if (status) return status;
    }
    return ORR_OK;
}

/* --- versions
 * -----------------------------------------------------------------------------------------------------------
 */

static bool per_frame(const orr_graph_pass *pass) {
    uint32_t count;
    return orr_stage_table(&count)[pass->stage_index].per_frame;
}

static int32_t new_texture(compiler *c, uint32_t pass, const orr_graph_use *use, int32_t version) {
    orr_graph *g = c->graph;
    int32_t index = (int32_t)g->texture_count++;
    const orr_channel_info *info = orr_channel_find(use->channel);
    orr_graph_texture *t = &g->textures[index];
    int32_t shift = -c->passes[pass].scale_log2;
    *t = (orr_graph_texture){
        .channel = use->channel,
        .attachment = use->attachment,
        .format = use->format != ORR_FORMAT_NONE || !info ? use->format : orr_format_from_glsl(info->format),
        .width = shift > 0 ? (c->desc->width + (1u << shift) - 1) >> shift : c->desc->width,
        .height = shift > 0 ? (c->desc->height + (1u << shift) - 1) >> shift : c->desc->height};
    (void)orr_format(t->name, sizeof t->name, "%s#%d", use->channel, version);
    c->producer[index] = (int32_t)pass;
    return index;
}

/* The version of a channel that a pass at `pass` sees: the newest made before it, or by stage `at` or an
 * earlier one. */
static int32_t current(const compiler *c, uint32_t pass, const char *channel, const char *at,
                       int32_t *version) {
    int32_t found = ORR_GRAPH_NO_TEXTURE, stage = at ? orr_stage_find(at) : -1;
    *version = 0;
    for (uint32_t i = 0; i < pass; i++)
        for (uint32_t k = 0; k < c->passes[i].use_count; k++) {
            const orr_graph_use *use = &c->passes[i].uses[k];
            if (use->access < ORR_ACCESS_CREATE || strcmp(use->channel, channel)) continue;
            if (use->out == ORR_GRAPH_NO_TEXTURE || (at && c->passes[i].stage_index > stage)) continue;
            found = use->out, (*version)++;
        }
    return found;
}

static bool older_version_is_read(const compiler *c, uint32_t pass, const char *channel) {
    for (uint32_t i = pass + 1; i < c->desc->pass_count; i++)
        for (uint32_t k = 0; k < c->passes[i].use_count; k++) {
            const orr_graph_use *use = &c->passes[i].uses[k];
            if (use->at && !strcmp(use->channel, channel) &&
                orr_stage_find(use->at) < c->passes[pass].stage_index)
                return true;
        }
    return false;
}

static orr_status resolve_use(compiler *c, uint32_t pass, orr_graph_use *use, orr_error *err) {
    const char *name = c->passes[pass].name;
    int32_t version;
    if (!orr_channel_find(use->channel) && !strchr(use->channel, '.'))
        return orr_fail(err, ORR_E_GRAPH, name,
                        "pass '%s': there is no channel '%s' (a private image is called module.name)", name,
                        use->channel);
    if (use->at && orr_stage_find(use->at) < 0)
        return orr_fail(err, ORR_E_GRAPH, name, "pass '%s': there is no stage '%s'", name, use->at);
    use->in = use->out = ORR_GRAPH_NO_TEXTURE;
    int32_t before = current(c, pass, use->channel, use->at, &version);
    if (use->access == ORR_ACCESS_CREATE) {
        if (before >= 0)
            return orr_fail(err, ORR_E_GRAPH, name,
                            "'%s' creates '%s', which '%s' creates already: a channel has one creator", name,
                            use->channel, c->passes[c->producer[before]].name);
        use->out = new_texture(c, pass, use, 1);
        if (c->graph->textures[use->out].format == ORR_FORMAT_NONE)
            return orr_fail(err, ORR_E_GRAPH, name, "pass '%s' creates '%s' without a known format", name,
                            use->channel);
        return ORR_OK;
    }
    if (before < 0 && use->access != ORR_ACCESS_READ_OPTIONAL)
        return orr_fail(err, ORR_E_GRAPH, name,
                        "pass '%s' (stage %s) needs '%s', which nothing before it creates", name,
                        c->passes[pass].stage, use->channel);
    use->in = before;
    if (use->access != ORR_ACCESS_MODIFY) return ORR_OK;
    bool in_place = (c->passes[pass].pointwise || use->attachment) &&
                    !older_version_is_read(c, pass, use->channel) &&
                    per_frame(&c->passes[c->producer[before]]) == per_frame(&c->passes[pass]);
    if (in_place) {
        if (use->attachment) c->graph->textures[before].attachment = true;
        use->out = before;
        return ORR_OK;
    }
    orr_graph_use copy = *use;
    copy.format = c->graph->textures[before].format;
    use->out = new_texture(c, pass, &copy, version + 1);
    return ORR_OK;
}

/* --- liveness
 * -----------------------------------------------------------------------------------------------------------
 */

static orr_status mark_live(compiler *c, orr_error *err) {
    for (uint32_t o = 0; o < c->desc->output_count; o++) {
        int32_t version, t = current(c, c->desc->pass_count, c->desc->outputs[o], NULL, &version);
        if (t < 0)
            return orr_fail(err, ORR_E_GRAPH, NULL, "output '%s' was asked for, but no pass creates it",
                            c->desc->outputs[o]);
        c->needed[t] = c->crosses[t] = true;
    }
    for (uint32_t i = c->desc->pass_count; i-- > 0;) {
        orr_graph_pass *pass = &c->passes[i];
        pass->live = pass->root;
        for (uint32_t k = 0; k < pass->use_count; k++)
            pass->live |= pass->uses[k].out >= 0 && c->needed[pass->uses[k].out];
        for (uint32_t k = 0; pass->live && k < pass->use_count; k++) {
            orr_graph_use *use = &pass->uses[k];
            if (use->in < 0) continue;
            c->needed[use->in] = true;
            if (per_frame(pass)) c->crosses[use->in] = true;
        }
    }
    for (uint32_t i = 0; i < c->desc->pass_count; i++)
        for (uint32_t k = 0; k < c->passes[i].use_count; k++) {
            orr_graph_use *use = &c->passes[i].uses[k];
            if (use->optional && use->out >= 0 && !c->needed[use->out]) use->out = ORR_GRAPH_NO_TEXTURE;
        }
    return ORR_OK;
}

/* --- accumulation, lives, memory
 * ------------------------------------------------------------------------------------------ */

static void add_accumulators(compiler *c) {
    orr_graph *g = c->graph;
    uint32_t before = g->texture_count;
    for (uint32_t t = 0; t < before; t++) {
        const orr_graph_pass *maker = &c->passes[c->producer[t]];
        if (c->desc->samples < 2 || !c->crosses[t] || !maker->live || per_frame(maker)) continue;
        const orr_channel_info *info = orr_channel_find(g->textures[t].channel);
        bool whole = g->textures[t].format == ORR_FORMAT_R32_UINT ||
                     g->textures[t].format == ORR_FORMAT_RG32_UINT ||
                     g->textures[t].format == ORR_FORMAT_RGBA32_UINT;
        bool mean = info ? !strcmp(info->combine, "mean") : !whole; /* whole numbers have no mean */
        orr_graph_texture sum = g->textures[t];
        (void)orr_format(sum.name, sizeof sum.name, "%s#frame", sum.channel);
        sum.attachment = false;
        if (mean) sum.format = ORR_FORMAT_RGBA32_SFLOAT;
        uint32_t to = g->texture_count++;
        g->textures[to] = sum;
        c->needed[to] = true, c->producer[to] = c->producer[t];
        g->accumulates[g->accumulate_count++] = (orr_graph_accumulate){(int32_t)t, (int32_t)to, mean};
        for (uint32_t i = 0; i < c->desc->pass_count; i++)
            for (uint32_t k = 0; per_frame(&c->passes[i]) && k < c->passes[i].use_count; k++)
                if (c->passes[i].uses[k].in == (int32_t)t) c->passes[i].uses[k].in = (int32_t)to;
    }
}

static void live_passes(compiler *c) {
    orr_graph *g = c->graph;
    for (uint32_t i = 0; i < c->desc->pass_count; i++) {
        if (!c->passes[i].live) continue;
        if (!per_frame(&c->passes[i])) g->sub_frame_passes++;
        g->passes[g->pass_count++] = c->passes[i];
    }
}

static void lives(compiler *c) {
    orr_graph *g = c->graph;
    for (uint32_t t = 0; t < g->texture_count; t++)
        g->textures[t].first = INT32_MAX, g->textures[t].last = -1;
    for (uint32_t i = 0; i < g->pass_count; i++)
        for (uint32_t k = 0; k < g->passes[i].use_count; k++) {
            int32_t touched[2] = {g->passes[i].uses[k].in, g->passes[i].uses[k].out};
            for (int side = 0; side < 2; side++) {
                if (touched[side] < 0) continue;
                orr_graph_texture *t = &g->textures[touched[side]];
                if ((int32_t)i < t->first) t->first = (int32_t)i;
                if ((int32_t)i > t->last) t->last = (int32_t)i;
            }
        }
    for (uint32_t a = 0; a < g->accumulate_count; a++) {
        g->textures[g->accumulates[a].from].last = (int32_t)g->sub_frame_passes;
        g->textures[g->accumulates[a].to].first = 0,
        g->textures[g->accumulates[a].to].last = (int32_t)g->pass_count;
    }
    for (uint32_t o = 0; o < c->desc->output_count; o++) {
        int32_t t = orr_graph_final(g, c->desc->outputs[o]);
        if (t >= 0) g->textures[t].last = (int32_t)g->pass_count;
    }
}

static uint64_t texture_bytes(const orr_graph_texture *t) {
    return (uint64_t)t->width * t->height * orr_format_bytes(t->format);
}

static bool slot_is_free(const orr_graph *g, uint32_t texture, uint32_t slot) {
    const orr_graph_texture *a = &g->textures[texture];
    for (uint32_t u = 0; u < texture; u++) {
        const orr_graph_texture *b = &g->textures[u];
        if (b->last >= 0 && b->slot == slot && a->first <= b->last && b->first <= a->last) return false;
    }
    return true;
}

/* Greedy interval colouring in order of creation: a texture takes the first slot that is free for its whole
 * life. */
static void share_memory(compiler *c) {
    orr_graph *g = c->graph;
    for (uint32_t t = 0; t < g->texture_count; t++) {
        orr_graph_texture *a = &g->textures[t];
        if (a->last < 0) continue;
        a->slot = 0;
        while (a->slot < g->slot_count && !slot_is_free(g, t, a->slot)) a->slot++;
        if (a->slot == g->slot_count) c->slot_bytes[g->slot_count++] = 0;
        uint64_t bytes = texture_bytes(a), *largest = &c->slot_bytes[a->slot];
        g->unaliased_bytes += bytes;
        if (bytes > *largest) g->transient_bytes += bytes - *largest, *largest = bytes;
    }
}

static orr_status allocate(compiler *c, orr_error *err) {
    uint32_t uses = 0;
    for (uint32_t i = 0; i < c->desc->pass_count; i++) uses += c->desc->passes[i].use_count;
    orr_arena *arena = &c->graph->arena;
    c->texture_capacity = uses * 2 + 1;
    c->graph->textures = ORR_ARENA_NEW(arena, orr_graph_texture, c->texture_capacity);
    c->graph->accumulates = ORR_ARENA_NEW(arena, orr_graph_accumulate, c->texture_capacity);
    c->graph->passes = ORR_ARENA_NEW(arena, orr_graph_pass, c->desc->pass_count + 1);
    c->passes = ORR_ARENA_NEW(arena, orr_graph_pass, c->desc->pass_count + 1);
    c->needed = ORR_ARENA_NEW(arena, bool, c->texture_capacity);
    c->crosses = ORR_ARENA_NEW(arena, bool, c->texture_capacity);
    c->producer = ORR_ARENA_NEW(arena, int32_t, c->texture_capacity);
    c->slot_bytes = ORR_ARENA_NEW(arena, uint64_t, c->texture_capacity);
    if (!c->graph->textures || !c->graph->accumulates || !c->graph->passes || !c->passes || !c->needed ||
        !c->crosses || !c->producer || !c->slot_bytes)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the frame graph");
    return ORR_OK;
}

orr_status orr_graph_compile(const orr_graph_desc *desc, orr_graph *graph, orr_error *err) {
    *graph = (orr_graph){.width = desc->width, .height = desc->height, .samples = desc->samples};
    compiler c = {.desc = desc, .graph = graph};
    orr_status status = allocate(&c, err);
    if (!status) status = order_passes(&c, err);
    for (uint32_t i = 0; !status && i < desc->pass_count; i++) {
        for (uint32_t k = 0; k < c.passes[i].use_count; k++)
            c.passes[i].uses[k].in = c.passes[i].uses[k].out = ORR_GRAPH_NO_TEXTURE;
        for (uint32_t k = 0; !status && k < c.passes[i].use_count; k++)
            status = resolve_use(&c, i, &c.passes[i].uses[k], err);
    }
    if (!status) status = mark_live(&c, err);
    if (status) return orr_graph_free(graph), status;
    add_accumulators(&c);
    live_passes(&c);
    lives(&c);
    share_memory(&c);
    return ORR_OK;
}

void orr_graph_free(orr_graph *graph) {
    orr_arena_free(&graph->arena);
    *graph = (orr_graph){0};
}

int32_t orr_graph_final(const orr_graph *graph, const char *channel) {
    int32_t found = ORR_GRAPH_NO_TEXTURE;
    for (uint32_t i = 0; i < graph->pass_count; i++)
        for (uint32_t k = 0; k < graph->passes[i].use_count; k++) {
            const orr_graph_use *use = &graph->passes[i].uses[k];
            if (use->out >= 0 && !strcmp(use->channel, channel)) found = use->out;
        }
    for (uint32_t a = 0; a < graph->accumulate_count; a++)
        if (graph->accumulates[a].from == found) found = graph->accumulates[a].to;
    return found;
}
