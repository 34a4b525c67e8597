/* Gizmos: their kinds, the lists of lines for each tile, and the pass that draws them. */
#include "render/gizmos.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "render/target_private.h"

static const char *const kind_names[] = {"position",  "cone", "range", "shape",
                                         "direction", "axes", "all",   "none"};
enum { KIND_COUNT = 6, NAME_COUNT = 8, ALL = 6 };

static const char *kind_name(const void *context, size_t i) {
    return (void)context, kind_names[i];
}

orr_status orr_gizmos_parse(const char *text, uint32_t *kinds, orr_error *err) {
    *kinds = 0;
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ","), kind = 0;
        char word[24] = "";
        (void)orr_format(word, sizeof word, "%.*s", (int)(length < 20 ? length : 20), at);
        while (kind < NAME_COUNT && strcmp(word, kind_names[kind])) kind++;
        const char *nearest = kind < NAME_COUNT ? NULL : orr_nearest_name(word, NAME_COUNT, kind_name, NULL);
        if (kind == NAME_COUNT)
            return orr_fail(err, ORR_E_ARGUMENT, NULL, "there is no kind of gizmo '%s'%s%s%s; there are %s",
                            word, nearest ? ": did you mean '" : "", nearest ? nearest : "",
                            nearest ? "'?" : "", ORR_GIZMO_KINDS_DOC);
        *kinds |= kind < KIND_COUNT ? 1u << kind : kind == ALL ? ORR_GIZMO_ALL : 0;
        at += length;
        if (!*at) return ORR_OK;
    }
}

/* --- lists of the tiles -------------------------------------------------------------------------------- */

enum { TILE_WORDS = 4, LINE_WORDS = sizeof(orr_gizmo_line) / sizeof(uint32_t) };

typedef struct tiles {
    uint32_t columns, rows;
} tiles;

/* Whether a line, with its dark edge and a pixel of antialiasing, may touch a tile: by the tile's circle. */
static bool touches(const orr_gizmo_line *l, uint32_t column, uint32_t row) {
    double x = (column + 0.5) * ORR_GIZMO_TILE - (double)l->from[0],
           y = (row + 0.5) * ORR_GIZMO_TILE - (double)l->from[1];
    double dx = (double)l->to[0] - (double)l->from[0], dy = (double)l->to[1] - (double)l->from[1],
           square = dx * dx + dy * dy;
    double t = square > 0.0 ? fmin(fmax((x * dx + y * dy) / square, 0.0), 1.0) : 0.0;
    double reach = 0.5 * sqrt(2.0) * ORR_GIZMO_TILE + (double)l->half_width_px + 2.0;
    x -= t * dx, y -= t * dy;
    return x * x + y * y <= reach * reach;
}

static uint32_t tile_of(double pixel, uint32_t count) {
    double tile = floor(pixel / ORR_GIZMO_TILE);
    return tile <= 0.0 ? 0 : tile >= count ? count - 1 : (uint32_t)tile;
}

/* Calls for each tile that a line touches: counts it in `words`, or copies the line to where its list ends.
 */
static void walk(const orr_gizmo_line *l, tiles grid, uint32_t *words, bool copy) {
    double reach = (double)l->half_width_px + 2.0;
    uint32_t first_x = tile_of(fmin((double)l->from[0], (double)l->to[0]) - reach, grid.columns),
             last_x = tile_of(fmax((double)l->from[0], (double)l->to[0]) + reach, grid.columns),
             first_y = tile_of(fmin((double)l->from[1], (double)l->to[1]) - reach, grid.rows),
             last_y = tile_of(fmax((double)l->from[1], (double)l->to[1]) + reach, grid.rows);
    for (uint32_t y = first_y; y <= last_y; y++)
        for (uint32_t x = first_x; x <= last_x; x++) {
            if (!touches(l, x, y)) continue;
            uint32_t *tile = &words[((size_t)y * grid.columns + x) * TILE_WORDS];
            if (copy) memcpy(&words[(size_t)tile[0] * 4 + (size_t)tile[1] * LINE_WORDS], l, sizeof *l);
            tile[1]++;
        }
}

orr_status orr_gizmos_bin(const orr_gizmo_line *lines, uint32_t count, uint32_t width, uint32_t height,
                          orr_arena *arena, uint32_t **out, uint64_t *word_count, orr_error *err) {
    tiles grid = {(width + ORR_GIZMO_TILE - 1) / ORR_GIZMO_TILE,
                  (height + ORR_GIZMO_TILE - 1) / ORR_GIZMO_TILE};
    size_t tile_count = (size_t)grid.columns * grid.rows;
    uint32_t *counts = ORR_ARENA_NEW(arena, uint32_t, tile_count * TILE_WORDS);
    if (!counts) return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for the lines of gizmos");
    for (uint32_t i = 0; i < count; i++) walk(&lines[i], grid, counts, false);
    uint64_t total = tile_count * TILE_WORDS;
    for (size_t i = 0; i < tile_count; i++) {
        counts[i * TILE_WORDS] = (uint32_t)(total / 4);
        total += (uint64_t)counts[i * TILE_WORDS + 1] * LINE_WORDS;
        counts[i * TILE_WORDS + 1] = 0;
    }
    uint32_t *words = total / 4 < UINT32_MAX ? ORR_ARENA_NEW(arena, uint32_t, total) : NULL;
    if (!words)
        return orr_fail(err, ORR_E_MEMORY, NULL, "no memory for %llu bytes of lines of gizmos",
                        (unsigned long long)(total * sizeof *words));
    memcpy(words, counts, tile_count * TILE_WORDS * sizeof *words);
    for (uint32_t i = 0; i < count; i++) walk(&lines[i], grid, words, true);
    *out = words, *word_count = total;
    return ORR_OK;
}

/* --- the pass, after all others of its stage unless `order` says otherwise: whoever asks for gizmos on the
 * command line cannot tell the script how they stand to its overlays
 * --------------------------------------------------------------------------------------------
 */

orr_status orr_gizmos_come_last(orr_target *t, orr_graph_pass *passes, uint32_t count, orr_error *err) {
    orr_graph_pass *gizmos = NULL;
    orr_text others = {0};
    for (uint32_t i = 0; i < t->params.order_count; i++)
        if (!strcmp(t->params.order[i], "gizmos")) return ORR_OK;
    for (uint32_t i = 0; i < count; i++) {
        if (passes[i].record == orr_record_gizmos)
            gizmos = &passes[i];
        else if (!strcmp(passes[i].stage, "overlay"))
            orr_text_printf(&others, "%s%s", others.length ? "|" : "", passes[i].name);
    }
    orr_status status = ORR_OK;
    if (gizmos && others.length && !(gizmos->after = orr_arena_strdup(&t->arena, orr_text_cstr(&others))))
        status = orr_fail(err, ORR_E_MEMORY, t->label, "no memory for the frame graph");
    orr_text_free(&others);
    return status;
}

orr_status orr_gizmos_prepare(orr_target *t, orr_frame_buffers *buffers, orr_arena *arena, orr_error *err) {
    orr_gizmo_view view = {.pose = t->data.pose,
                           .view_proj = t->data.view_proj,
                           .half_y = t->data.half[1],
                           .width = t->params.width,
                           .height = t->params.height,
                           .kinds = t->params.gizmos,
                           .size = t->params.gizmo_size};
    orr_gizmo_line *lines;
    uint32_t count, *words;
    uint64_t word_count;
    orr_status status = orr_gizmos_lines(&view, arena, &lines, &count, err);
    if (!status)
        status = orr_gizmos_bin(lines, count, view.width, view.height, arena, &words, &word_count, err);
    if (!status)
        status = orr_frame_room(t->renderer, "gizmos", word_count * sizeof *words, &buffers->gizmos,
                                &buffers->gizmos_bytes, err);
    if (status) return status;
    memcpy(orr_gpu_buffer_map(t->renderer->gpu, buffers->gizmos), words, word_count * sizeof *words);
    t->gizmos = buffers->gizmos;
    return ORR_OK;
}

orr_status orr_record_gizmos(void *context, orr_cmd *cmd, const orr_pass_io *io, orr_error *err) {
    orr_target *t = context;
    orr_gpu_pipeline pipeline;
    orr_status status = orr_core_get(t->renderer, ORR_CORE_GIZMOS, 0, &pipeline, err);
    if (status) return status;
    uint32_t columns = (io->width + ORR_GIZMO_TILE - 1) / ORR_GIZMO_TILE,
             rows = (io->height + ORR_GIZMO_TILE - 1) / ORR_GIZMO_TILE,
             push[3] = {io->width, io->height, columns};
    orr_gpu_bind binds[3] = {
        {.binding = 0, .texture = orr_io_in(io, 0), .sampler = t->renderer->nearest_clamp},
        {.binding = 1, .texture = orr_io_out(io, 0)},
        {.binding = 2, .buffer = t->gizmos, .format = ORR_FORMAT_RGBA32_UINT}};
    orr_cmd_dispatch(cmd, pipeline, binds, 3, push, sizeof push, columns, rows, 1);
    return ORR_OK;
}
