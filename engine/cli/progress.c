/* The bar that a person watches: on stderr, and only when that is a terminal. */
#include <stdio.h>

#include "cli/cli.h"

enum { CELLS = 24 };

void orr_bar_draw(void *context, const orr_progress *p) {
    orr_bar *bar = context;
    if (!bar->on || !p->total) return;
    uint32_t made = p->done > p->skipped ? p->done - p->skipped : 0, left = p->total - p->done;
    double rate = p->elapsed_s > 0 ? made / p->elapsed_s : 0, eta_s = rate > 0 ? left / rate : 0;
    char cells[CELLS + 1];
    for (uint32_t i = 0; i < CELLS; i++)
        cells[i] = (uint64_t)i * p->total < (uint64_t)p->done * CELLS ? '#' : '.';
    cells[CELLS] = '\0';
    fprintf(stderr, "\r\033[K[%s] %u/%u  %.2f %s/s  ETA %u:%02u", cells, p->done, p->total, rate,
            bar->unit ? bar->unit : "frames", (unsigned)(eta_s / 60), (unsigned)eta_s % 60);
    if (p->slowest_pass && p->slowest_pass[0])
        fprintf(stderr, "  slowest: %s %.1f ms", p->slowest_pass, p->slowest_pass_ms);
    fflush(stderr);
    bar->drawn = true;
}

void orr_bar_clear(orr_bar *bar) {
    if (bar->drawn) fprintf(stderr, "\r\033[K");
    bar->drawn = false;
}
