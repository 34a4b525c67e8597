/* The frame graph, compiled from tables: order, versions, culling, accumulation, shared memory. No GPU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "render/graph.h"

#define CREATE(name)                                                                                         \
    { .channel = name, .access = ORR_ACCESS_CREATE }
#define OPTIONAL(name)                                                                                       \
    { .channel = name, .access = ORR_ACCESS_CREATE, .optional = true }
#define PRIVATE(name, f)                                                                                     \
    { .channel = name, .access = ORR_ACCESS_CREATE, .format = f }
#define READ(name)                                                                                           \
    { .channel = name, .access = ORR_ACCESS_READ }
#define READ_AT(name, st)                                                                                    \
    { .channel = name, .access = ORR_ACCESS_READ, .at = st }
#define MAYBE(name)                                                                                          \
    { .channel = name, .access = ORR_ACCESS_READ_OPTIONAL }
#define MODIFY(name)                                                                                         \
    { .channel = name, .access = ORR_ACCESS_MODIFY }
#define USES(...)                                                                                            \
    .uses = {__VA_ARGS__}, .use_count = sizeof((orr_graph_use[]){__VA_ARGS__}) / sizeof(orr_graph_use)

static orr_graph_desc describe(const orr_graph_pass *passes, uint32_t count, const char *const *outputs,
                               uint32_t samples) {
    orr_graph_desc desc = {.passes = passes,
                           .pass_count = count,
                           .outputs = outputs,
                           .width = 65,
                           .height = 33,
                           .samples = samples};
    while (outputs && outputs[desc.output_count]) desc.output_count++;
    return desc;
}

static void compile(const orr_graph_desc *desc, orr_graph *graph) {
    orr_error err = {0};
    if (orr_graph_compile(desc, graph, &err)) fail_msg("%s", err.message);
}

/* A failure must say all of `words` (NULL-terminated). */
static void refused(const orr_graph_desc *desc, const char *const *words) {
    orr_graph graph;
    orr_error err = {0};
    assert_int_equal(orr_graph_compile(desc, &graph, &err), ORR_E_GRAPH);
    for (; *words; words++)
        if (!strstr(err.message, *words)) fail_msg("'%s' is not in: %s", *words, err.message);
    assert_int_equal(graph.texture_count, 0);
}

/* The live passes in order, as "a b c". */
static const char *order_of(const orr_graph *graph, char text[512]) {
    text[0] = '\0';
    for (uint32_t i = 0; i < graph->pass_count; i++) {
        if (i) strcat(text, " ");
        strcat(text, graph->passes[i].name);
    }
    return text;
}

static const orr_graph_pass *pass_of(const orr_graph *graph, const char *name) {
    for (uint32_t i = 0; i < graph->pass_count; i++)
        if (!strcmp(graph->passes[i].name, name)) return &graph->passes[i];
    fail_msg("pass '%s' is not alive", name);
    return NULL;
}

static const char *const ldr_output[] = {"ldr", NULL};
static const char *const hdr_output[] = {"hdr", NULL};

static void test_stages(void **state) {
    (void)state;
    const orr_graph_pass passes[] = {
        {.name = "tone", .stage = "tonemap", USES(READ("hdr"), CREATE("ldr"))},
        {.name = "light", .stage = "lighting", USES(READ("depth"), CREATE("hdr"))},
        {.name = "geometry", .stage = "resolve", USES(CREATE("depth"))},
        {.name = "grain", .stage = "lens", .pointwise = true, USES(MODIFY("ldr"))},
    };
    orr_graph_desc desc = describe(passes, 4, ldr_output, 1);
    orr_graph graph;
    char text[512];
    compile(&desc, &graph);
    assert_string_equal(order_of(&graph, text), "geometry light tone grain");
    assert_int_equal(graph.sub_frame_passes, 2);
    assert_int_equal(graph.accumulate_count, 0);
    orr_graph_free(&graph);
}

/* Two modifiers of one stage: an error that names the line to add, unless `after` or the target's list
 * decides. */
static void test_ambiguity(void **state) {
    (void)state;
    orr_graph_pass passes[] = {
        {.name = "tone", .stage = "tonemap", USES(CREATE("ldr"))},
        {.name = "bloom.add", .stage = "lens", .pointwise = true, USES(MODIFY("ldr"))},
        {.name = "vignette.main", .stage = "lens", .pointwise = true, USES(MODIFY("ldr"))},
    };
    orr_graph_desc desc = describe(passes, 3, ldr_output, 1);
    const char *const words[] = {"bloom.add",
                                 "vignette.main",
                                 "'ldr'",
                                 "stage 'lens'",
                                 "\n    order = { \"bloom.add\", \"vignette.main\" }\nto orrery.sequence",
                                 "\n    after = \"bloom.add\"\nto the pass 'vignette.main'",
                                 NULL};
    refused(&desc, words);

    orr_graph graph;
    char text[512];
    passes[2].after = "bloom.add"; /* as the message says */
    compile(&desc, &graph);
    assert_string_equal(order_of(&graph, text), "tone bloom.add vignette.main");
    orr_graph_free(&graph);
    passes[2].after = NULL, passes[1].after = "lens.dirt|vignette.main";
    compile(&desc, &graph);
    assert_string_equal(order_of(&graph, text), "tone vignette.main bloom.add");
    orr_graph_free(&graph);

    passes[1].after = NULL;
    const char *const order[] = {"vignette.main", "bloom.add"};
    desc.order = order, desc.order_count = 2;
    compile(&desc, &graph);
    assert_string_equal(order_of(&graph, text), "tone vignette.main bloom.add");
    orr_graph_free(&graph);

    /* Stages cannot be turned round; a pass that is not on says nothing. */
    const char *const across[] = {"vignette.main", "absent.main", "bloom.add", "tone"};
    desc.order = across, desc.order_count = 4;
    refused(&desc,
            (const char *const[]){"'bloom.add' cannot come before 'tone'", "'lens'", "'tonemap'", NULL});
    desc.order_count = 3;
    compile(&desc, &graph);
    assert_string_equal(order_of(&graph, text), "tone vignette.main bloom.add");
    orr_graph_free(&graph);

    /* The beginning of a name is not the name. */
    desc.order = NULL, desc.order_count = 0;
    passes[1].after = "vignette.main2|vignette";
    refused(&desc, words);

    /* A reader beside a modifier is as open as two modifiers; one that says `at` is not. */
    orr_graph_pass reader[] = {
        passes[0],
        {.name = "scope", .stage = "lens", .root = true, USES(READ("ldr"))},
        passes[2],
    };
    desc = describe(reader, 3, ldr_output, 1);
    refused(&desc, (const char *const[]){"scope", "vignette.main", NULL});
    reader[1].uses[0].at = "tonemap";
    compile(&desc, &graph);
    orr_graph_free(&graph);
}

/* Chains of `after` order passes that do not name each other; contradictions are refused. */
static void test_after(void **state) {
    (void)state;
    orr_graph_pass passes[] = {
        {.name = "tone", .stage = "tonemap", USES(CREATE("ldr"))},
        {.name = "a", .stage = "lens", .after = "b", USES(MODIFY("ldr"))},
        {.name = "b", .stage = "lens", .after = "c", USES(MODIFY("ldr"))},
        {.name = "c", .stage = "lens", USES(MODIFY("ldr"))},
    };
    orr_graph_desc desc = describe(passes, 4, ldr_output, 1);
    orr_graph graph;
    char text[512];
    compile(&desc, &graph);
    assert_string_equal(order_of(&graph, text), "tone c b a");
    orr_graph_free(&graph);
    passes[3].after = "a";
    refused(&desc, (const char *const[]){"must come after the other", "`after`", NULL});
    passes[3].after = NULL; /* the list against an `after` */
    const char *const order[] = {"a", "c"};
    desc.order = order, desc.order_count = 2;
    refused(&desc, (const char *const[]){"must come after the other", NULL});
}

static void test_wrong_tables(void **state) {
    (void)state;
    orr_graph_pass twice[] = {
        {.name = "one", .stage = "lighting", USES(CREATE("hdr"))},
        {.name = "two", .stage = "sky", USES(CREATE("hdr"))},
    };
    orr_graph_desc desc = describe(twice, 2, hdr_output, 1);
    refused(&desc, (const char *const[]){"'two'", "'one'", "'hdr'", "one creator", NULL});

    orr_graph_pass pass = {.name = "x", .stage = "lighting", USES(CREATE("hdr"), READ("depth"))};
    desc = describe(&pass, 1, hdr_output, 1);
    refused(&desc, (const char *const[]){"'x'", "'depth'", "nothing before it creates", NULL});
    pass.uses[1] = (orr_graph_use)MODIFY("depth");
    refused(&desc, (const char *const[]){"'depth'", NULL});
    pass.uses[1] = (orr_graph_use)READ("dpeth");
    refused(&desc, (const char *const[]){"no channel 'dpeth'", "module.name", NULL});
    pass.uses[1] = (orr_graph_use)CREATE("x.private"); /* nobody says what it is made of */
    refused(&desc, (const char *const[]){"'x.private'", "format", NULL});
    pass.uses[1] = (orr_graph_use)READ_AT("hdr", "nowhere");
    refused(&desc, (const char *const[]){"no stage 'nowhere'", NULL});
    pass.use_count = 1;
    pass.stage = "lightning";
    refused(&desc, (const char *const[]){"no stage 'lightning'", NULL});
    pass.stage = "lighting";
    desc.outputs = (const char *const[]){"id"};
    refused(&desc, (const char *const[]){"'id'", "no pass creates it", NULL});

    /* What a later stage makes cannot be read by an earlier one. */
    const orr_graph_pass backwards[] = {
        {.name = "light", .stage = "lighting", USES(READ("ldr"), CREATE("hdr"))},
        {.name = "tone", .stage = "tonemap", USES(READ("hdr"), CREATE("ldr"))},
    };
    desc = describe(backwards, 2, ldr_output, 1);
    refused(&desc, (const char *const[]){"'light'", "'ldr'", NULL});

    orr_access access;
    orr_error err = {0};
    assert_int_equal(orr_access_parse("modify", &access, &err), ORR_OK);
    assert_int_equal(access, ORR_ACCESS_MODIFY);
    assert_int_equal(orr_access_parse("write", &access, &err), ORR_E_GRAPH);
    assert_int_equal(orr_access_parse(NULL, &access, &err), ORR_E_GRAPH);
}

/* A reader gets its own stage's version, or the one it names; a pointwise modifier works in place only when
 * no one wants the old one. */
static void test_versions(void **state) {
    (void)state;
    orr_graph_pass passes[] = {
        {.name = "light", .stage = "lighting", USES(CREATE("hdr"))},
        {.name = "fog", .stage = "volume", .pointwise = true, USES(MODIFY("hdr"))},
        {.name = "blur", .stage = "dof", USES(MODIFY("hdr"))},
        {.name = "tone", .stage = "tonemap", USES(READ("hdr"), READ_AT("hdr", "lighting"), CREATE("ldr"))},
    };
    orr_graph_desc desc = describe(passes, 4, ldr_output, 1);
    orr_graph graph;
    compile(&desc, &graph);
    const orr_graph_pass *light = pass_of(&graph, "light"), *fog = pass_of(&graph, "fog"),
                         *blur = pass_of(&graph, "blur"), *tone = pass_of(&graph, "tone");
    assert_int_equal(fog->uses[0].in, light->uses[0].out);
    assert_int_not_equal(fog->uses[0].out, fog->uses[0].in); /* tone still wants lighting's version */
    assert_int_equal(blur->uses[0].in, fog->uses[0].out);
    assert_int_not_equal(blur->uses[0].out, blur->uses[0].in); /* not pointwise */
    assert_int_equal(tone->uses[0].in, blur->uses[0].out);
    assert_int_equal(tone->uses[1].in, light->uses[0].out);
    assert_string_equal(graph.textures[light->uses[0].out].name, "hdr#1");
    assert_string_equal(graph.textures[blur->uses[0].out].name, "hdr#3");
    assert_int_equal(graph.textures[blur->uses[0].out].format, graph.textures[light->uses[0].out].format);
    orr_graph_free(&graph);

    passes[3].uses[1] = (orr_graph_use)MAYBE("hdr"); /* nobody wants the old one now */
    compile(&desc, &graph);
    fog = pass_of(&graph, "fog");
    assert_int_equal(fog->uses[0].out, fog->uses[0].in);
    orr_graph_free(&graph);
}

static void test_culling(void **state) {
    (void)state;
    const orr_graph_pass passes[] = {
        {.name = "geometry", .stage = "resolve", USES(CREATE("depth"), OPTIONAL("id"), OPTIONAL("normal"))},
        {.name = "occlusion",
         .stage = "inputs",
         USES(READ("normal"), PRIVATE("ao.map", ORR_FORMAT_R32_SFLOAT))},
        {.name = "light", .stage = "lighting", USES(READ("depth"), MAYBE("gone.map"), CREATE("hdr"))},
        {.name = "late", .stage = "dof", .pointwise = true, USES(MODIFY("depth"))},
        {.name = "probe", .stage = "overlay", .root = true, USES(READ("hdr"))},
    };
    orr_graph_desc desc = describe(passes, 5, hdr_output, 1);
    orr_graph graph;
    char text[512];
    compile(&desc, &graph);
    assert_string_equal(order_of(&graph, text),
                        "geometry light probe"); /* a modification that nobody sees is not made */
    const orr_graph_pass *geometry = pass_of(&graph, "geometry");
    assert_int_equal(geometry->uses[1].out, ORR_GRAPH_NO_TEXTURE);
    assert_int_equal(geometry->uses[2].out, ORR_GRAPH_NO_TEXTURE); /* its reader is dead */
    assert_int_equal(pass_of(&graph, "light")->uses[1].in, ORR_GRAPH_NO_TEXTURE);
    assert_int_equal(orr_graph_final(&graph, "id"), ORR_GRAPH_NO_TEXTURE);
    orr_graph_free(&graph);

    const char *const more[] = {"hdr", "ao.map", "id", NULL};
    desc = describe(passes, 5, more, 1);
    compile(&desc, &graph);
    assert_string_equal(order_of(&graph, text), "geometry occlusion light probe");
    assert_true(orr_graph_final(&graph, "id") >= 0);
    assert_int_equal(graph.textures[orr_graph_final(&graph, "id")].format, orr_format_from_glsl("rg32ui"));
    orr_graph_free(&graph);
}

/* With several sub-frames what crosses into frame scope is accumulated, once per version: the mean in
 * float32, or the first. */
static void test_accumulation(void **state) {
    (void)state;
    const orr_graph_pass passes[] = {
        {.name = "geometry",
         .stage = "resolve",
         USES(CREATE("depth"), CREATE("id"), CREATE("normal"), PRIVATE("x.count", ORR_FORMAT_R32_UINT))},
        {.name = "light", .stage = "lighting", USES(READ("normal"), CREATE("hdr"))},
        {.name = "tone",
         .stage = "tonemap",
         USES(READ("hdr"), READ("depth"), READ("x.count"), CREATE("ldr"))},
        {.name = "lens", .stage = "lens", .pointwise = true, USES(MODIFY("ldr"), READ("hdr"))},
    };
    const char *const outputs[] = {"ldr", "id", NULL};
    orr_graph_desc desc = describe(passes, 4, outputs, 4);
    orr_graph graph;
    compile(&desc, &graph);
    assert_int_equal(graph.sub_frame_passes, 2);
    assert_int_equal(graph.accumulate_count, 4); /* depth, id, x.count, hdr; normal stays inside */
    for (uint32_t i = 0; i < graph.accumulate_count; i++) {
        const orr_graph_accumulate *a = &graph.accumulates[i];
        const orr_graph_texture *from = &graph.textures[a->from], *to = &graph.textures[a->to];
        bool mean = !strcmp(from->channel, "hdr");
        assert_int_equal(a->mean, mean); /* whole numbers have no mean */
        assert_int_equal(to->format, mean ? ORR_FORMAT_RGBA32_SFLOAT : from->format);
        assert_true(to->first == 0 && to->last == (int32_t)graph.pass_count); /* alive over all sub-frames */
    }
    const orr_graph_pass *light = pass_of(&graph, "light"), *tone = pass_of(&graph, "tone"),
                         *lens = pass_of(&graph, "lens");
    assert_int_not_equal(tone->uses[0].in, light->uses[1].out); /* the sum, not the sub-frame */
    assert_string_equal(graph.textures[tone->uses[0].in].name, "hdr#frame");
    assert_int_equal(lens->uses[1].in, tone->uses[0].in);
    assert_int_equal(lens->uses[0].out, lens->uses[0].in);
    assert_string_equal(graph.textures[orr_graph_final(&graph, "id")].name, "id#frame");
    assert_string_equal(graph.textures[orr_graph_final(&graph, "hdr")].name, "hdr#frame");
    assert_string_equal(graph.textures[orr_graph_final(&graph, "ldr")].name, "ldr#1");
    orr_graph_free(&graph);

    desc.samples = 1;
    compile(&desc, &graph);
    assert_int_equal(graph.accumulate_count, 0);
    assert_int_equal(pass_of(&graph, "tone")->uses[0].in, pass_of(&graph, "light")->uses[1].out);
    orr_graph_free(&graph);
}

/* Half resolution is rounded up: 65 x 33 becomes 33 x 17, then 17 x 9. */
static void test_half_size(void **state) {
    (void)state;
    const orr_graph_pass passes[] = {
        {.name = "light", .stage = "lighting", USES(CREATE("hdr"))},
        {.name = "half",
         .stage = "dof",
         .scale_log2 = -1,
         USES(READ("hdr"), PRIVATE("x.half", ORR_FORMAT_RGBA16_SFLOAT))},
        {.name = "quarter",
         .stage = "dof",
         .scale_log2 = -2,
         USES(READ("x.half"), PRIVATE("x.quarter", ORR_FORMAT_RGBA16_SFLOAT))},
        {.name = "join", .stage = "tonemap", USES(READ("x.quarter"), READ("hdr"), CREATE("ldr"))},
    };
    orr_graph_desc desc = describe(passes, 4, ldr_output, 1);
    orr_graph graph;
    compile(&desc, &graph);
    const orr_graph_texture *half = &graph.textures[orr_graph_final(&graph, "x.half")],
                            *quarter = &graph.textures[orr_graph_final(&graph, "x.quarter")];
    assert_true(half->width == 33 && half->height == 17);
    assert_true(quarter->width == 17 && quarter->height == 9);
    orr_graph_free(&graph);
}

/* --- random graphs
 * --------------------------------------------------------------------------------------------------- */

enum { MOST_PASSES = 120 };
typedef struct maker {
    uint64_t random;
    orr_graph_pass passes[MOST_PASSES];
    char names[MOST_PASSES][24], channels[MOST_PASSES * 3][24];
    uint32_t count, channel_count;
} maker;

static uint32_t draw(maker *m, uint32_t below) { /* xorshift64*, Vigna 2016 */
    m->random ^= m->random >> 12, m->random ^= m->random << 25, m->random ^= m->random >> 27;
    return (uint32_t)((m->random * UINT64_C(2685821657736338717)) >> 33) % below;
}

/* Passes chained by `after`, spread over the stages in order, with private channels created, read and
 * modified at will. */
static void make_graph(maker *m, uint64_t seed, uint32_t passes) {
    uint32_t stage_count;
    const orr_stage_info *stages = orr_stage_table(&stage_count);
    static const orr_gpu_format formats[] = {ORR_FORMAT_R32_SFLOAT, ORR_FORMAT_RGBA16_SFLOAT,
                                             ORR_FORMAT_RGBA32_SFLOAT, ORR_FORMAT_R32_UINT};
    memset(m, 0, sizeof *m);
    m->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    m->count = passes;
    for (uint32_t i = 0; i < passes; i++) {
        orr_graph_pass *p = &m->passes[i];
        (void)snprintf(m->names[i], sizeof m->names[i], "pass%u", i);
        *p = (orr_graph_pass){.name = m->names[i],
                              .stage = stages[i * stage_count / passes].name,
                              .after = i ? m->names[i - 1] : NULL,
                              .pointwise = draw(m, 2) != 0,
                              .root = draw(m, 12) == 0,
                              .scale_log2 = -(int32_t)draw(m, 2)};
        uint32_t reads = draw(m, 4), known = m->channel_count;
        for (uint32_t k = 0; known && k < reads; k++) {
            orr_graph_use use = {.channel = m->channels[draw(m, known)],
                                 .access = draw(m, 4) ? ORR_ACCESS_READ : ORR_ACCESS_MODIFY};
            bool again = false;
            for (uint32_t u = 0; u < p->use_count; u++) again |= !strcmp(p->uses[u].channel, use.channel);
            if (!again) p->uses[p->use_count++] = use;
        }
        for (uint32_t k = draw(m, 3) + (i == 0); k > 0; k--) {
            char *name = m->channels[m->channel_count];
            (void)snprintf(name, sizeof m->channels[0], "m.c%u", m->channel_count++);
            p->uses[p->use_count++] = (orr_graph_use){.channel = name,
                                                      .access = ORR_ACCESS_CREATE,
                                                      .format = formats[draw(m, 4)],
                                                      .optional = draw(m, 4) == 0};
        }
    }
}

static void accumulate(const orr_graph *g, uint32_t sub, uint32_t *slots) {
    for (uint32_t a = 0; a < g->accumulate_count; a++) {
        const orr_graph_accumulate *x = &g->accumulates[a];
        assert_int_equal(slots[g->textures[x->from].slot], x->from);
        if (sub) assert_int_equal(slots[g->textures[x->to].slot], x->to); /* the sum so far */
        slots[g->textures[x->to].slot] = (uint32_t)x->to;
    }
}

static void run_passes(const orr_graph *g, uint32_t first, uint32_t end, uint32_t *slots) {
    for (uint32_t step = first; step < end; step++) {
        const orr_graph_pass *p = &g->passes[step];
        for (uint32_t u = 0; u < p->use_count; u++)
            if (p->uses[u].in >= 0) assert_int_equal(slots[g->textures[p->uses[u].in].slot], p->uses[u].in);
        for (uint32_t u = 0; u < p->use_count; u++)
            if (p->uses[u].out >= 0) slots[g->textures[p->uses[u].out].slot] = (uint32_t)p->uses[u].out;
        for (uint32_t u = 0; u < p->use_count; u++) /* what a pass reads and writes shares nothing */
            if (p->uses[u].in >= 0) assert_int_equal(slots[g->textures[p->uses[u].in].slot], p->uses[u].in);
    }
}

/* Executes the compiled order on memory slots, as a target does: every read must find what its version's
 * maker left there. */
static void run_graph(const orr_graph *g, uint32_t samples) {
    uint32_t slots[512];
    assert_true(g->slot_count <= 512);
    for (uint32_t i = 0; i < 512; i++) slots[i] = UINT32_MAX;
    for (uint32_t sub = 0; sub < samples; sub++) {
        run_passes(g, 0, g->sub_frame_passes, slots);
        accumulate(g, sub, slots);
    }
    run_passes(g, g->sub_frame_passes, g->pass_count, slots);
}

static void check_memory(const orr_graph *g, uint64_t *saved) {
    uint64_t whole = 0;
    for (uint32_t a = 0; a < g->texture_count; a++) {
        const orr_graph_texture *x = &g->textures[a];
        if (x->last < 0) continue;
        whole += (uint64_t)x->width * x->height * orr_format_bytes(x->format);
        assert_true(x->first <= x->last && x->slot < g->slot_count);
        for (uint32_t b = 0; b < a; b++) {
            const orr_graph_texture *y = &g->textures[b];
            if (y->last < 0 || x->slot != y->slot) continue;
            assert_true(x->first > y->last || y->first > x->last);
        }
    }
    assert_int_equal(whole, g->unaliased_bytes);
    assert_true(g->transient_bytes <= g->unaliased_bytes);
    *saved += g->unaliased_bytes - g->transient_bytes;
}

static void test_random_graphs(void **state) {
    (void)state;
    static maker m;
    uint64_t saved = 0;
    uint32_t live = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        make_graph(&m, seed, 3 + (uint32_t)(seed * 7 % (MOST_PASSES - 3)));
        const char *outputs[] = {m.channels[m.channel_count - 1], m.channels[m.channel_count / 2], NULL};
        orr_graph_desc desc = describe(m.passes, m.count, outputs, seed % 3 ? 3 : 1);
        desc.width = 640, desc.height = 360;
        orr_graph graph;
        compile(&desc, &graph);
        check_memory(&graph, &saved);
        run_graph(&graph, desc.samples);
        live += graph.pass_count;
        orr_graph_free(&graph);
    }
    assert_true(live > 400 && saved > 0);
}

/* More images alive at once than any fixed number of slots. */
static void test_many_live(void **state) {
    (void)state;
    static maker m;
    memset(&m, 0, sizeof m);
    m.count = 41;
    for (uint32_t i = 0; i < 40; i++) {
        orr_graph_pass *p = &m.passes[i];
        (void)snprintf(m.names[i], sizeof m.names[i], "pass%u", i);
        *p = (orr_graph_pass){.name = m.names[i], .stage = "inputs", .root = true, .use_count = 2};
        for (uint32_t k = 0; k < 2; k++) {
            (void)snprintf(m.channels[i * 2 + k], sizeof m.channels[0], "m.c%u", i * 2 + k);
            p->uses[k] = (orr_graph_use){.channel = m.channels[i * 2 + k],
                                         .access = ORR_ACCESS_CREATE,
                                         .format = ORR_FORMAT_R32_SFLOAT};
        }
    }
    const char *outputs[81] = {0};
    for (uint32_t i = 0; i < 80; i++) outputs[i] = m.channels[i];
    orr_graph_desc desc = describe(m.passes, 40, outputs, 1);
    orr_graph graph;
    uint64_t saved = 0;
    compile(&desc, &graph);
    check_memory(&graph, &saved);
    assert_int_equal(graph.slot_count, 80);
    assert_int_equal(saved, 0);
    orr_graph_free(&graph);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages),        cmocka_unit_test(test_ambiguity),
        cmocka_unit_test(test_after),         cmocka_unit_test(test_wrong_tables),
        cmocka_unit_test(test_versions),      cmocka_unit_test(test_culling),
        cmocka_unit_test(test_accumulation),  cmocka_unit_test(test_half_size),
        cmocka_unit_test(test_random_graphs), cmocka_unit_test(test_many_live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
